/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/json_cbor.h"

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/ledger.h"
#include "jumin/trust.h"

#define ROOM (64 * JM_KIB)
#define MEMBERS_MAX 64

static enum jm_status put_value(struct jm_cbor_w *w, const struct jm_json *v, struct jm_arena *mem);

/* h'…' and b64'…' are octets. */
static enum jm_status put_text(struct jm_cbor_w *w, struct jm_bytes t, struct jm_arena *mem)
{
    bool hex = jm_bytes_starts(t, JM_BYTES("h'")), b64 = jm_bytes_starts(t, JM_BYTES("b64'"));
    size_t lead = hex ? 2 : 4;
    struct jm_bytes inner, octets;

    if ((!hex && !b64) || t.len < lead + 1 || t.ptr[t.len - 1] != '\'') {
        jm_cbor_w_text(w, t);
        return JM_OK;
    }
    inner = jm_slice(t, lead, t.len - lead - 1);
    JM_TRY(hex ? jm_hex_decode(&octets, mem, inner) : jm_b64_decode(&octets, mem, inner));
    jm_cbor_w_bytes(w, octets);
    return JM_OK;
}

static enum jm_status write_key(struct jm_buf *out, struct jm_bytes name, bool numbers)
{
    struct jm_cbor_w w;
    uint64_t u;

    jm_cbor_w_init(&w, out);
    if (!numbers)
        jm_cbor_w_text(&w, name);
    else if (jm_parse_u64(&u, name) == JM_OK)
        jm_cbor_w_uint(&w, u);
    else
        return JM_E_MALFORMED;
    return jm_cbor_w_end(&w);
}

static bool has_numbers(const struct jm_json *object)
{
    uint64_t u;

    for (const struct jm_json *m = object->child; m != NULL; m = m->next)
        if (jm_parse_u64(&u, m->name) != JM_OK)
            return false;
    return true;
}

/* Members in the order of their encoded keys. */
static enum jm_status put_object(struct jm_cbor_w *w, const struct jm_json *v, struct jm_arena *mem)
{
    const struct jm_json *member[MEMBERS_MAX];
    struct jm_bytes key[MEMBERS_MAX];
    bool numbers = has_numbers(v);
    size_t n = 0;

    if (v->n > MEMBERS_MAX)
        return JM_E_MALFORMED;
    for (const struct jm_json *m = v->child; m != NULL; m = m->next) {
        struct jm_buf b;
        size_t k = n++;

        JM_TRY(jm_alloc_buf(&b, mem, m->name.len + 16));
        JM_TRY(write_key(&b, m->name, numbers));
        for (; k > 0 && jm_bytes_cmp(key[k - 1], jm_written(b)) > 0; k--) {
            key[k] = key[k - 1];
            member[k] = member[k - 1];
        }
        key[k] = jm_written(b);
        member[k] = m;
    }
    jm_cbor_w_map(w, n);
    for (size_t i = 0; i < n; i++) {
        jm_cbor_w_raw(w, key[i]);
        JM_TRY(put_value(w, member[i], mem));
    }
    return JM_OK;
}

static enum jm_status put_value(struct jm_cbor_w *w, const struct jm_json *v, struct jm_arena *mem)
{
    int64_t i;

    switch (v->type) {
    case JM_JSON_TRUE:
    case JM_JSON_FALSE: jm_cbor_w_bool(w, v->type == JM_JSON_TRUE); return JM_OK;
    case JM_JSON_NUMBER:
        if (jm_json_int(&i, v) != JM_OK || i < 0)
            return JM_E_MALFORMED;
        jm_cbor_w_uint(w, (uint64_t)i);
        return JM_OK;
    case JM_JSON_STRING: return put_text(w, v->text, mem);
    case JM_JSON_ARRAY:
        jm_cbor_w_array(w, v->n);
        for (const struct jm_json *e = v->child; e != NULL; e = e->next)
            JM_TRY(put_value(w, e, mem));
        return JM_OK;
    case JM_JSON_OBJECT: return put_object(w, v, mem);
    case JM_JSON_NULL: break;
    }
    return JM_E_MALFORMED;
}

enum jm_status jm_json_to_cbor(struct jm_bytes *out, const struct jm_json *tree,
                               struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, ROOM));
    jm_cbor_w_init(&w, &b);
    JM_TRY(put_value(&w, tree, mem));
    JM_TRY(jm_cbor_w_end(&w));
    if (jm_dcbor_check_to(jm_written(b), JM_LTX_ITEMS_MAX) != JM_OK)
        return JM_E_MALFORMED;
    *out = jm_written(b);
    return JM_OK;
}
