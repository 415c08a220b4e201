/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/trust.h"

/* A writer in a room taken from the arena; the room is cut to size at the end. */
struct body {
    struct jm_arena *mem;
    struct jm_buf b;
    struct jm_cbor_w w;
};

static enum jm_status begin_body(struct body *x, struct jm_arena *mem, size_t room)
{
    x->mem = mem;
    JM_TRY(jm_alloc_buf(&x->b, mem, room));
    jm_cbor_w_init(&x->w, &x->b);
    return JM_OK;
}

static enum jm_status end_body(struct jm_bytes *out, const struct body *x)
{
    *out = jm_none();
    JM_TRY(jm_cbor_w_end(&x->w));
    *out = jm_written(x->b);
    return jm_dcbor_check(*out);
}

static void key_uint(struct body *x, uint64_t key, uint64_t v)
{
    jm_cbor_w_uint(&x->w, key);
    jm_cbor_w_uint(&x->w, v);
}

static void key_text(struct body *x, uint64_t key, struct jm_bytes v)
{
    jm_cbor_w_uint(&x->w, key);
    jm_cbor_w_text(&x->w, v);
}

static void key_bytes(struct body *x, uint64_t key, struct jm_bytes v)
{
    jm_cbor_w_uint(&x->w, key);
    jm_cbor_w_bytes(&x->w, v);
}

static void key_bool(struct body *x, uint64_t key, bool v)
{
    jm_cbor_w_uint(&x->w, key);
    jm_cbor_w_bool(&x->w, v);
}

static void key_i18n(struct body *x, uint64_t key, const struct jm_i18n *v)
{
    jm_cbor_w_uint(&x->w, key);
    jm_cbor_w_map(&x->w, (v->en.len != 0) + (size_t)(v->ko.len != 0));
    if (v->en.len != 0) {
        jm_cbor_w_str(&x->w, "en");
        jm_cbor_w_text(&x->w, v->en);
    }
    if (v->ko.len != 0) {
        jm_cbor_w_str(&x->w, "ko");
        jm_cbor_w_text(&x->w, v->ko);
    }
}

static void put_types(struct body *x, const struct jm_type_paths *types, size_t n, bool paths)
{
    jm_cbor_w_array(&x->w, n);
    for (size_t i = 0; i < n; i++) {
        jm_cbor_w_array(&x->w, paths ? 3 : 2);
        jm_cbor_w_uint(&x->w, (uint64_t)types[i].fmt);
        jm_cbor_w_text(&x->w, types[i].type);
        if (!paths)
            continue;
        jm_cbor_w_array(&x->w, types[i].n_paths);
        for (size_t k = 0; k < types[i].n_paths; k++) {
            size_t steps = 0;

            while (steps < JM_TRUST_PATH_MAX && types[i].path[k][steps].ptr != NULL)
                steps++;
            jm_cbor_w_array(&x->w, steps);
            for (size_t s = 0; s < steps; s++)
                jm_cbor_w_text(&x->w, types[i].path[k][s]);
        }
    }
}

enum jm_status jm_record_write(struct jm_bytes *out, uint64_t rev, enum jm_record_state state,
                               struct jm_bytes content, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, content.len + 64));
    jm_cbor_w_map(&x.w, 6);
    key_uint(&x, 0, rev);
    key_uint(&x, 1, (uint64_t)state);
    key_uint(&x, 2, 0);
    key_uint(&x, 3, 0);
    key_uint(&x, 4, 0);
    jm_cbor_w_uint(&x.w, 5);
    jm_cbor_w_raw(&x.w, content);
    return end_body(out, &x);
}

enum jm_status jm_body_issuer(struct jm_bytes *out, const struct jm_issuer_record *r,
                              const struct jm_type_paths *types, size_t n, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 4096));
    jm_cbor_w_map(&x.w, 8);
    key_text(&x, 1, r->id);
    key_uint(&x, 2, 1);
    key_i18n(&x, 3, &r->name);
    key_text(&x, 4, r->country);
    key_bool(&x, 5, r->state_actor);
    key_text(&x, 6, r->id);
    jm_cbor_w_uint(&x.w, 7);
    put_types(&x, types, n, false);
    jm_cbor_w_uint(&x.w, 9);
    jm_cbor_w_array(&x.w, r->n_identifiers);
    for (size_t i = 0; i < r->n_identifiers; i++)
        jm_cbor_w_text(&x.w, r->identifier[i]);
    return end_body(out, &x);
}

enum jm_status jm_body_cert(struct jm_bytes *out, enum jm_cert_purpose purpose,
                            struct jm_bytes owner, struct jm_bytes der,
                            const struct jm_bytes *doctypes, size_t n, struct jm_arena *mem)
{
    struct jm_cert c;
    struct body x;

    JM_TRY(jm_cert_parse(&c, der));
    JM_TRY(begin_body(&x, mem, der.len + 1024));
    jm_cbor_w_map(&x.w, n > 0 ? 8 : 7);
    key_uint(&x, 1, (uint64_t)purpose);
    key_uint(&x, 2, 1);
    key_text(&x, 3, owner);
    key_bytes(&x, 4, der);
    if (n > 0) {
        jm_cbor_w_uint(&x.w, 5);
        jm_cbor_w_array(&x.w, n);
        for (size_t i = 0; i < n; i++)
            jm_cbor_w_text(&x.w, doctypes[i]);
    }
    key_uint(&x, 6, (uint64_t)c.not_before);
    key_uint(&x, 7, (uint64_t)c.not_after);
    key_bytes(&x, 8, c.ski);
    return end_body(out, &x);
}

enum jm_status jm_body_wallet(struct jm_bytes *out, const struct jm_wallet_record *r,
                              struct jm_bytes actor, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 1024 + r->platforms.len));
    jm_cbor_w_map(&x.w, r->keys_unbound ? 7 : 6);
    key_text(&x, 1, r->id);
    key_uint(&x, 2, 1);
    key_i18n(&x, 3, &r->name);
    key_text(&x, 4, actor);
    jm_cbor_w_uint(&x.w, 6);
    if (r->platforms.len != 0)
        jm_cbor_w_raw(&x.w, r->platforms);
    else
        jm_cbor_w_array(&x.w, 0);
    key_text(&x, 7, r->base);
    if (r->keys_unbound) {
        jm_cbor_w_uint(&x.w, 8);
        jm_cbor_w_bool(&x.w, true);
    }
    return end_body(out, &x);
}

enum jm_status jm_body_list(struct jm_bytes *out, const struct jm_list_record *r,
                            struct jm_bytes actor, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 1024));
    jm_cbor_w_map(&x.w, 11);
    key_text(&x, 1, r->id);
    key_uint(&x, 2, 1);
    key_text(&x, 3, actor);
    key_text(&x, 4, r->issuer);
    key_uint(&x, 5, 3);
    key_uint(&x, 6, r->bits);
    key_uint(&x, 7, r->log2);
    key_text(&x, 8, r->prefix);
    key_uint(&x, 9, r->max_shards);
    key_uint(&x, 10, r->ttl);
    key_uint(&x, 11, r->exp);
    return end_body(out, &x);
}

enum jm_status jm_body_rp(struct jm_bytes *out, const struct jm_rp_record *r,
                          struct jm_bytes country, struct jm_bytes identifier,
                          struct jm_bytes supervisor, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 1024));
    jm_cbor_w_map(&x.w, 8);
    key_text(&x, 1, r->id);
    key_uint(&x, 2, 1);
    key_i18n(&x, 3, &r->name);
    jm_cbor_w_uint(&x.w, 5);
    jm_cbor_w_array(&x.w, 1);
    jm_cbor_w_array(&x.w, 2);
    jm_cbor_w_uint(&x.w, 9);
    jm_cbor_w_text(&x.w, identifier);
    key_bool(&x, 6, r->public_body);
    key_text(&x, 7, country);
    key_uint(&x, 9, r->sector);
    key_text(&x, 10, supervisor);
    return end_body(out, &x);
}

enum jm_status jm_body_use(struct jm_bytes *out, const struct jm_use_record *r,
                           const struct jm_type_paths *types, size_t n, struct jm_arena *mem)
{
    struct body x;
    size_t room = 2048;

    for (size_t i = 0; i < n; i++)
        room += 256 + 70 * JM_TRUST_PATH_MAX * types[i].n_paths;
    JM_TRY(begin_body(&x, mem, room));
    jm_cbor_w_map(&x.w, 11);
    key_text(&x, 1, r->rp);
    key_uint(&x, 2, 1);
    key_text(&x, 3, r->id);
    key_i18n(&x, 4, &r->purpose);
    key_text(&x, 5, r->privacy_uri);
    key_text(&x, 6, r->legal_basis);
    key_uint(&x, 7, r->retention_days);
    jm_cbor_w_uint(&x.w, 8);
    put_types(&x, types, n, true);
    key_uint(&x, 9, (uint64_t)r->from);
    key_uint(&x, 10, (uint64_t)r->to);
    key_uint(&x, 11, r->channels);
    return end_body(out, &x);
}

static void put_path(struct body *x, const struct jm_rule *r)
{
    jm_cbor_w_array(&x->w, r->n_path);
    for (size_t k = 0; k < r->n_path; k++)
        jm_cbor_w_text(&x->w, r->path[k]);
}

/* [[path, kind, flags]…]: what key 5 is the hash of. */
static enum jm_status rules_of(struct jm_bytes *out, const struct jm_schema *s,
                               struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 64 + s->n * (16 + 70 * JM_SCHEMA_PATH_MAX)));
    jm_cbor_w_array(&x.w, s->n);
    for (size_t i = 0; i < s->n; i++) {
        jm_cbor_w_array(&x.w, 3);
        put_path(&x, &s->rule[i]);
        jm_cbor_w_uint(&x.w, (uint64_t)s->rule[i].kind);
        jm_cbor_w_uint(&x.w, s->rule[i].flags);
    }
    return end_body(out, &x);
}

enum jm_status jm_body_schema(struct jm_bytes *out, const struct jm_schema *s, struct jm_bytes uri,
                              const struct jm_crypto *c, struct jm_arena *mem)
{
    struct jm_bytes rules;
    uint8_t hash[32];
    size_t n = 0;
    struct body x;

    JM_TRY(rules_of(&rules, s, mem));
    JM_TRY(jm_sha256(c, rules, hash));
    for (size_t i = 0; i < s->n; i++)
        n += (s->rule[i].flags & JM_RULE_PROTECTED) != 0;
    JM_TRY(begin_body(&x, mem, 2048 + 2 * rules.len));
    jm_cbor_w_map(&x.w, 8);
    key_text(&x, 1, s->type);
    key_uint(&x, 2, 1);
    key_uint(&x, 3, 1);
    key_uint(&x, 4, (uint64_t)s->fmt);
    key_bytes(&x, 5, jm_bytes(hash, sizeof hash));
    key_text(&x, 6, uri);
    jm_cbor_w_uint(&x.w, 7);
    jm_cbor_w_array(&x.w, n);
    for (size_t i = 0; i < s->n; i++)
        if ((s->rule[i].flags & JM_RULE_PROTECTED) != 0)
            put_path(&x, &s->rule[i]);
    jm_cbor_w_uint(&x.w, 8);
    jm_cbor_w_raw(&x.w, rules);
    return end_body(out, &x);
}

enum jm_status jm_body_rpcert(struct jm_bytes *out, struct jm_bytes cert_hash, struct jm_bytes rp,
                              struct jm_bytes ski, int64_t not_after, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 256));
    jm_cbor_w_map(&x.w, 5);
    key_bytes(&x, 1, cert_hash);
    key_uint(&x, 2, 1);
    key_text(&x, 3, rp);
    key_bytes(&x, 4, ski);
    key_uint(&x, 5, (uint64_t)not_after);
    return end_body(out, &x);
}

enum jm_status jm_body_crl(struct jm_bytes *out, struct jm_bytes ca_hash,
                           const struct jm_crl_record *r, struct jm_arena *mem)
{
    struct body x;

    JM_TRY(begin_body(&x, mem, 512));
    jm_cbor_w_map(&x.w, 6);
    key_bytes(&x, 1, ca_hash);
    key_uint(&x, 2, r->number);
    key_bytes(&x, 3, r->hash);
    key_text(&x, 4, r->uri);
    key_uint(&x, 5, (uint64_t)r->this_update);
    key_uint(&x, 6, (uint64_t)r->next_update);
    return end_body(out, &x);
}

enum jm_status jm_trust_key(struct jm_bytes *out, const char *prefix, struct jm_bytes id,
                            struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {jm_str(prefix), id};

    return jm_concat(out, mem, parts, 2);
}

enum jm_status jm_trust_key_hash(struct jm_bytes *out, const char *prefix,
                                 const struct jm_crypto *c, struct jm_bytes der,
                                 struct jm_arena *mem)
{
    uint8_t hash[32];
    struct jm_bytes hex;

    *out = jm_none();
    JM_TRY(jm_sha256(c, der, hash));
    JM_TRY(jm_hex_encode(&hex, mem, jm_bytes(hash, sizeof hash)));
    return jm_trust_key(out, prefix, hex, mem);
}

bool jm_trust_set_has(struct jm_bytes key)
{
    static const char *const prefix[] = {"cert/", "circuit/", "flag/",  "issuer/", "list/",
                                         "node/", "param",    "policy", "schema/", "wallet/"};

    for (size_t i = 0; i < JM_ARRAY_LEN(prefix); i++)
        if (jm_bytes_starts(key, jm_str(prefix[i])))
            return true;
    return false;
}

static void sort_entries(struct jm_trust_entry *e, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            struct jm_trust_entry t = e[i];
            size_t k = i;

            for (; k >= gap && jm_bytes_cmp(e[k - gap].key, t.key) > 0; k -= gap)
                e[k] = e[k - gap];
            e[k] = t;
        }
}

static void put_list(struct jm_cbor_w *w, const struct jm_trust_spec *s, bool set)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += jm_trust_set_has(s->entry[i].key) == set;
    jm_cbor_w_array(w, n);
    for (size_t i = 0; i < s->n; i++) {
        if (jm_trust_set_has(s->entry[i].key) != set)
            continue;
        jm_cbor_w_array(w, 2);
        jm_cbor_w_text(w, s->entry[i].key);
        jm_cbor_w_bytes(w, s->entry[i].record);
    }
}

enum jm_status jm_trust_write(struct jm_bytes *out, struct jm_trust_spec *s, struct jm_arena *mem)
{
    size_t room = 256;
    struct body x;

    *out = jm_none();
    sort_entries(s->entry, s->n);
    for (size_t i = 0; i < s->n; i++) {
        room += s->entry[i].key.len + s->entry[i].record.len + 16;
        if (i > 0 && jm_bytes_eq(s->entry[i - 1].key, s->entry[i].key))
            return JM_E_DUPLICATE;
    }
    JM_TRY(begin_body(&x, mem, room));
    jm_cbor_w_map(&x.w, s->clock_start != 0 ? 8 : 7);
    jm_cbor_w_uint(&x.w, 0);
    jm_cbor_w_str(&x.w, "jumin-trust/1");
    jm_cbor_w_uint(&x.w, 1);
    put_list(&x.w, s, true);
    jm_cbor_w_uint(&x.w, 2);
    put_list(&x.w, s, false);
    key_bool(&x, 3, s->synthetic);
    key_uint(&x, 4, (uint64_t)s->issued_at);
    if (s->clock_start != 0) {
        jm_cbor_w_uint(&x.w, 5);
        jm_cbor_w_array(&x.w, 2);
        jm_cbor_w_uint(&x.w, (uint64_t)s->clock_start);
        jm_cbor_w_uint(&x.w, (uint64_t)s->clock_moment);
    }
    key_uint(&x, 6, s->version);
    key_uint(&x, 7, (uint64_t)s->next_update);
    return end_body(out, &x);
}
