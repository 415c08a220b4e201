/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/bundle.h"
#include "jumin/cbor.h"
#include "service/ledger/serve.h"

/* -- which records -- */

static bool is_partys(struct jm_bytes key, struct jm_bytes record, struct jm_bytes party)
{
    struct jm_bytes body, owner, id = jm_slice(key, jm_bytes_until(key, 0, '/') + 1, SIZE_MAX);
    struct jm_cbor r;

    if (jm_bytes_starts(key, JM_BYTES("rp/")))
        return jm_bytes_eq(id, party);
    if (jm_bytes_starts(key, JM_BYTES("use/")))
        return jm_bytes_eq(jm_slice(id, 0, jm_bytes_until(id, 0, '/')), party);
    if (!jm_bytes_starts(key, JM_BYTES("rpcert/")) || jm_cbor_find_int(&body, record, 5) != JM_OK ||
        jm_cbor_find_int(&owner, body, 3) != JM_OK)
        return false;
    jm_cbor_init(&r, owner);
    return jm_bytes_eq(jm_cbor_text(&r), party);
}

/* The row itself, or those beside the place where it would stand. */
static bool is_near(const struct jm_ledger *l, size_t i, struct jm_bytes key)
{
    struct jm_bytes value;
    size_t at;

    if (jm_state_find(&value, &at, &l->state, key) == JM_OK)
        return i == at;
    return i == at || i + 1 == at;
}

static bool is_wished(const struct jm_ledger *l, size_t i, const struct jm_bundle_wish *wish)
{
    static const char *const all[] = {"rp/", "use/", "rpcert/", "crl/"};
    const struct jm_state_row *row = &l->state.row[i];

    if (wish->scope == JM_BUNDLE_KEY)
        return is_near(l, i, wish->key);
    if (jm_bytes_starts(row->key, JM_BYTES("epoch/")))
        return !wish->without_set;
    if (wish->scope == JM_BUNDLE_PARTY)
        return is_partys(row->key, row->value, wish->party);
    for (size_t k = 0; wish->scope == JM_BUNDLE_ALL && k < JM_ARRAY_LEN(all); k++)
        if (jm_bytes_starts(row->key, jm_str(all[k])))
            return true;
    return false;
}

static enum jm_status prove_row(struct jm_proven *out, const struct jm_ledger_engine *e,
                                const struct jm_state_row *row, size_t at, struct jm_arena *mem)
{
    struct jm_proof proof;
    struct jm_hash32 *path;

    JM_TRY(e->state_proof(e->ctx, &proof, at));
    if ((path = JM_NEW_N(mem, struct jm_hash32, proof.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    memcpy(path, proof.hash, proof.n * sizeof *path);
    *out = (struct jm_proven){row->key, row->value, at, path, proof.n};
    return JM_OK;
}

static enum jm_status prove_rows(struct jm_bundle_spec *spec, size_t *room,
                                 const struct jm_ledger_engine *e, const struct jm_ledger *l,
                                 const struct jm_bundle_wish *wish, struct jm_arena *mem)
{
    struct jm_proven *list;
    size_t n = 0;

    for (size_t i = 0; i < l->state.n; i++)
        n += is_wished(l, i, wish);
    if (n > JM_BUNDLE_RECORDS_MAX)
        return JM_E_LIMIT;
    if ((list = JM_NEW_N(mem, struct jm_proven, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    spec->record = list;
    for (size_t i = 0; i < l->state.n; i++) {
        if (!is_wished(l, i, wish))
            continue;
        JM_TRY(prove_row(&list[spec->n], e, &l->state.row[i], i, mem));
        *room += list[spec->n].key.len + list[spec->n].value.len + 34 * list[spec->n].n + 32;
        spec->n++;
    }
    return JM_OK;
}

/* -- the bundle -- */

static enum jm_status make_bundle(struct jm_bytes *out, const struct jm_ledger_engine *e,
                                  const struct jm_ledger_view *v, const struct jm_bundle_wish *wish,
                                  struct jm_arena *mem)
{
    const struct jm_ledger *l = v->state;
    struct jm_bundle_spec spec = {.checkpoint = v->checkpoint, .index = l->log.size - 1};
    struct jm_proof path;
    struct jm_buf b;
    size_t room = 4096 + v->checkpoint.len;

    JM_TRY(e->entry(e->ctx, &spec.block, spec.index, mem));
    JM_TRY(jm_inclusion_make(&path, &v->log, spec.index, l->log.size));
    spec.path = &path;
    if (!wish->without_set)
        JM_TRY(jm_ledger_trust_set(&spec.trust, l, mem));
    JM_TRY(prove_rows(&spec, &room, e, l, wish, mem));
    room += spec.trust.len;
    if (room > JM_BUNDLE_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    JM_TRY(jm_bundle_put(&b, &spec));
    *out = jm_written(b);
    return JM_OK;
}

static bool has_party(const struct jm_ledger *l, struct jm_bytes party)
{
    uint8_t room[3 + JM_LEDGER_ID_MAX];
    struct jm_buf key = jm_buf(room, sizeof room);
    struct jm_bytes value;

    return jm_buf_put(&key, JM_BYTES("rp/")) == JM_OK && jm_buf_put(&key, party) == JM_OK &&
           jm_state_find(&value, NULL, &l->state, jm_written(key)) == JM_OK;
}

enum jm_status jm_ledger_bundle(struct jm_bytes *out, const struct jm_ledger_engine *e,
                                const struct jm_bundle_wish *wish, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct jm_ledger_view v;
    enum jm_status st;

    *out = jm_none();
    e->open(e->ctx, &v);
    if (v.checkpoint.len == 0)
        st = jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_UNSIGNED, NULL);
    else if (wish->scope == JM_BUNDLE_PARTY && !has_party(v.state, wish->party))
        st = jm_refuse(d, JM_E_ABSENT, JM_LEDGER_UNKNOWN, NULL);
    else
        st = make_bundle(out, e, &v, wish, mem);
    e->close(e->ctx);
    return st;
}

/* -- actors -- */

static bool is_actors(struct jm_bytes key)
{
    return jm_bytes_starts(key, JM_BYTES("actor/")) || jm_bytes_starts(key, JM_BYTES("seq/"));
}

static enum jm_status write_actors(struct jm_bytes *out, const struct jm_ledger *l,
                                   struct jm_arena *mem)
{
    size_t n = 0, room = 256;
    struct jm_cbor_w w;
    struct jm_buf b;

    for (size_t i = 0; i < l->state.n; i++)
        if (is_actors(l->state.row[i].key)) {
            n++;
            room += l->state.row[i].key.len + l->state.row[i].value.len + 16;
        }
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 3);
    jm_cbor_w_text(&w, l->chain_id);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&l->genesis));
    jm_cbor_w_array(&w, n);
    for (size_t i = 0; i < l->state.n; i++)
        if (is_actors(l->state.row[i].key)) {
            jm_cbor_w_array(&w, 2);
            jm_cbor_w_text(&w, l->state.row[i].key);
            jm_cbor_w_bytes(&w, l->state.row[i].value);
        }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

enum jm_status jm_ledger_actors(struct jm_bytes *out, const struct jm_ledger_engine *e,
                                struct jm_arena *mem)
{
    struct jm_ledger_view v;
    enum jm_status st;

    *out = jm_none();
    e->open(e->ctx, &v);
    st = write_actors(out, v.state, mem);
    e->close(e->ctx);
    return st;
}
