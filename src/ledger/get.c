/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/get.h"

#include "jumin/cbor.h"

struct jm_bytes jm_get_raw(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    struct jm_bytes v = jm_none();

    if (*st == JM_OK)
        *st = jm_cbor_find_int(&v, map, key);
    return v;
}

struct jm_cbor jm_get_at(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    struct jm_cbor r;

    jm_cbor_init(&r, jm_get_raw(map, key, st));
    if (*st != JM_OK)
        jm_cbor_fail(&r, *st);
    return r;
}

uint64_t jm_get_uint(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    struct jm_cbor r = jm_get_at(map, key, st);
    uint64_t u = jm_cbor_uint(&r);

    *st = jm_cbor_end(&r);
    return u;
}

int64_t jm_get_time(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    uint64_t u = jm_get_uint(map, key, st);

    if (*st == JM_OK && u > INT64_MAX / 4)
        *st = JM_E_RANGE;
    return *st == JM_OK ? (int64_t)u : 0;
}

struct jm_bytes jm_get_string(struct jm_bytes map, int64_t key, bool text, enum jm_status *st)
{
    struct jm_cbor r = jm_get_at(map, key, st);
    struct jm_bytes v = text ? jm_cbor_text(&r) : jm_cbor_bytes(&r);

    *st = jm_cbor_end(&r);
    return *st == JM_OK ? v : jm_none();
}

bool jm_get_bool(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    struct jm_cbor r = jm_get_at(map, key, st);
    bool b = jm_cbor_bool(&r);

    *st = jm_cbor_end(&r);
    return b;
}

static struct jm_bytes text_in(struct jm_bytes map, const char *language)
{
    struct jm_bytes t;
    struct jm_cbor r;

    if (jm_cbor_find_text(&t, map, language) != JM_OK)
        return jm_none();
    jm_cbor_init(&r, t);
    return jm_cbor_text(&r);
}

struct jm_i18n jm_get_i18n(struct jm_bytes map, int64_t key, enum jm_status *st)
{
    struct jm_bytes v = jm_get_raw(map, key, st);
    struct jm_i18n out = {{NULL, 0}, {NULL, 0}};

    if (*st != JM_OK)
        return out;
    out.ko = text_in(v, "ko");
    out.en = text_in(v, "en");
    if (out.ko.len == 0 && out.en.len == 0)
        *st = JM_E_MISSING;
    return out;
}
