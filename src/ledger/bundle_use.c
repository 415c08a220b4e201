/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken out of a bundle that was judged, and how one is written. */
#include "jumin/bundle.h"
#include "jumin/cbor.h"

#include "ledger/get.h"

enum jm_status jm_bundle_find(struct jm_bytes *value, const struct jm_bundle *b,
                              struct jm_bytes key)
{
    *value = jm_none();
    for (size_t i = 0; i < b->n; i++)
        if (jm_bytes_eq(b->record[i].key, key)) {
            *value = b->record[i].value;
            return JM_OK;
        }
    return JM_E_ABSENT;
}

bool jm_bundle_proves_absent(const struct jm_bundle *b, struct jm_bytes key)
{
    const struct jm_proven *lower = NULL, *upper = NULL;

    for (size_t i = 0; i < b->n; i++) {
        const struct jm_proven *p = &b->record[i];
        int c = jm_bytes_cmp(p->key, key);

        if (c == 0)
            return false;
        if (c < 0 && (lower == NULL || jm_bytes_cmp(p->key, lower->key) > 0))
            lower = p;
        if (c > 0 && (upper == NULL || jm_bytes_cmp(p->key, upper->key) < 0))
            upper = p;
    }
    if (b->block.state_size == 0)
        return true;
    if (lower == NULL)
        return upper != NULL && upper->position == 0;
    if (upper == NULL)
        return lower->position == b->block.state_size - 1;
    return upper->position == lower->position + 1;
}

/* The record of a key in a trust set: [[key, record]…]. */
static enum jm_status find_in_set(struct jm_bytes *record, struct jm_bytes set, const char *key)
{
    struct jm_cbor r;
    struct jm_bytes found = jm_none();

    jm_cbor_init(&r, set);
    for (size_t n = jm_cbor_array(&r); n > 0 && r.st == JM_OK; n--) {
        struct jm_bytes name, octets;

        if (jm_cbor_array(&r) != 2)
            return JM_E_MALFORMED;
        name = jm_cbor_text(&r);
        octets = jm_cbor_bytes(&r);
        if (jm_bytes_eq_str(name, key))
            found = octets;
    }
    if (jm_cbor_end(&r) != JM_OK)
        return JM_E_MALFORMED;
    *record = found;
    return found.ptr == NULL ? JM_E_ABSENT : JM_OK;
}

enum jm_status jm_bundle_policy(uint64_t *version, struct jm_bytes *text, const struct jm_bundle *b)
{
    enum jm_status st = JM_OK;
    struct jm_bytes record, body;

    *version = 0;
    *text = jm_none();
    if (b->trust.ptr == NULL)
        return JM_E_ABSENT;
    JM_TRY(find_in_set(&record, b->trust, "policy"));
    body = jm_get_raw(record, 5, &st);
    *version = jm_get_uint(body, 1, &st);
    *text = jm_get_string(body, 2, false, &st);
    if (st == JM_OK)
        return JM_OK;
    *version = 0;
    *text = jm_none();
    return JM_E_MALFORMED;
}

static void put_path(struct jm_cbor_w *w, const struct jm_hash32 *path, size_t n)
{
    jm_cbor_w_array(w, n);
    for (size_t i = 0; i < n; i++)
        jm_cbor_w_bytes(w, jm_hash32_bytes(&path[i]));
}

enum jm_status jm_bundle_put(struct jm_buf *out, const struct jm_bundle_spec *spec)
{
    struct jm_cbor_w w;

    if (spec->n > JM_BUNDLE_RECORDS_MAX)
        return JM_E_LIMIT;
    jm_cbor_w_init(&w, out);
    jm_cbor_w_map(&w, spec->trust.ptr == NULL ? 6 : 7);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_bytes(&w, spec->checkpoint);
    jm_cbor_w_uint(&w, 3);
    jm_cbor_w_uint(&w, spec->index);
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_bytes(&w, spec->block);
    jm_cbor_w_uint(&w, 5);
    put_path(&w, spec->path->hash, spec->path->n);
    if (spec->trust.ptr != NULL) {
        jm_cbor_w_uint(&w, 6);
        jm_cbor_w_bytes(&w, spec->trust);
    }
    jm_cbor_w_uint(&w, 7);
    jm_cbor_w_array(&w, spec->n);
    for (size_t i = 0; i < spec->n; i++) {
        const struct jm_proven *p = &spec->record[i];

        jm_cbor_w_array(&w, 4);
        jm_cbor_w_text(&w, p->key);
        jm_cbor_w_bytes(&w, p->value);
        jm_cbor_w_uint(&w, p->position);
        put_path(&w, p->path, p->n);
    }
    return jm_cbor_w_end(&w);
}
