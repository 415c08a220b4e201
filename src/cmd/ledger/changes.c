/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/changes.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/trust_proven.h"

#define VALID_S 1800 /* of a transaction; below the shortest window */

enum { BIT_SUPERVISOR = 1u << JM_ACTOR_SUPERVISOR };

/* In the order in which records refer to each other. */
static const struct kind {
    const char *prefix;
    uint64_t put, state;
    bool counts_itself; /* its key 2 is no revision */
} kinds[] = {
    {"schema/", JM_LTX_SCHEMA_PUT, JM_LTX_SCHEMA_STATE, false},
    {"issuer/", JM_LTX_ISSUER_PUT, JM_LTX_ISSUER_STATE, false},
    {"wallet/", JM_LTX_WALLET_PUT, JM_LTX_WALLET_STATE, false},
    {"cert/", JM_LTX_CERT_PUT, JM_LTX_CERT_STATE, false},
    {"list/", JM_LTX_LIST_PUT, JM_LTX_LIST_STATE, false},
    {"rp/", JM_LTX_RP_PUT, JM_LTX_RP_STATE, false},
    {"rpcert/", JM_LTX_RPCERT_PUT, JM_LTX_RPCERT_STATE, false},
    {"use/", JM_LTX_USE_PUT, JM_LTX_USE_STATE, false},
    {"crl/", JM_LTX_CRL_PUT, 0, true},
};

/* -- who may sign -- */

struct signing {
    const struct jm_ledger_acting *a;
    bool supervised; /* people of a supervisor too */
};

static uint64_t roles_of(struct jm_bytes actor_body)
{
    struct jm_bytes list;
    struct jm_cbor r;
    uint64_t roles = 0;

    if (jm_cbor_find_int(&list, actor_body, 4) != JM_OK)
        return 0;
    jm_cbor_init(&r, list);
    for (size_t n = jm_cbor_array(&r); n > 0; n--)
        roles |= UINT64_C(1) << (jm_cbor_uint(&r) & 7);
    return roles;
}

static bool has_kid(struct jm_bytes actor_body, const uint8_t *kid, const struct jm_crypto *c)
{
    struct jm_bytes list;
    struct jm_cbor r;

    if (jm_cbor_find_int(&list, actor_body, 5) != JM_OK)
        return false;
    jm_cbor_init(&r, list);
    for (size_t n = jm_cbor_array(&r); n > 0; n--) {
        uint8_t is[JM_KID_LEN];
        struct jm_cbor entry;

        jm_cbor_init(&entry, jm_cbor_item(&r));
        (void)jm_cbor_array(&entry);
        if (jm_ltx_kid(is, c, jm_cbor_bytes(&entry)) == JM_OK && memcmp(is, kid, sizeof is) == 0)
            return true;
    }
    return false;
}

/* The keys of who acts; where that is not enough, those of a supervisor beside. */
static bool may_sign(const void *ctx, const uint8_t *kid)
{
    const struct signing *s = ctx;
    struct jm_cbor r;

    jm_cbor_init(&r, s->a->facts.actors);
    for (size_t n = jm_cbor_array(&r); n > 0; n--) {
        struct jm_bytes key, record, body;

        (void)jm_cbor_array(&r);
        key = jm_cbor_text(&r);
        record = jm_cbor_bytes(&r);
        if (!jm_bytes_starts(key, JM_BYTES("actor/")) ||
            jm_cbor_find_int(&body, record, 5) != JM_OK || !has_kid(body, kid, s->a->cmd->crypto))
            continue;
        return jm_bytes_eq(jm_slice(key, 6, SIZE_MAX), s->a->actor) ||
               (s->supervised && (roles_of(body) & BIT_SUPERVISOR) != 0);
    }
    return false;
}

static uint64_t last_seq(const struct jm_ledger_acting *a)
{
    const char *want =
        jm_format(a->cmd->mem, "seq/%.*s/0", (int)a->actor.len, (const char *)a->actor.ptr);
    struct jm_cbor r, v;

    jm_cbor_init(&r, a->facts.actors);
    for (size_t n = jm_cbor_array(&r); n > 0; n--) {
        (void)jm_cbor_array(&r);
        bool is = jm_bytes_eq_str(jm_cbor_text(&r), want);

        jm_cbor_init(&v, jm_cbor_bytes(&r));
        if (is)
            return jm_cbor_uint(&v);
    }
    return 0;
}

static enum jm_status send_once(struct jm_ledger_acting *a, uint64_t type, struct jm_bytes body,
                                bool supervised, struct jm_diag *d)
{
    const struct signing s = {a, supervised};
    const struct jm_ltx x = {.chain_id = a->facts.chain_id,
                             .type = type,
                             .actor = a->actor,
                             .seq = a->seq,
                             .not_after = (uint64_t)(a->now + VALID_S),
                             .body = body};
    struct jm_bytes payload, tx;

    JM_TRY(jm_ltx_payload(&payload, &x, a->cmd->mem));
    JM_TRY(jm_ledger_sign(&tx, payload, &a->facts.genesis, a->keys, may_sign, &s, a->cmd->mem, d));
    JM_TRY(a->submit(a->ctx, tx, d));
    a->seq++;
    return JM_OK;
}

/* What a supervisor must sign with is found out by asking. */
static enum jm_status send_change(struct jm_ledger_acting *a, uint64_t type, struct jm_bytes body,
                                  struct jm_diag *d)
{
    struct jm_diag why = {0};
    enum jm_status st;

    if (a->seq == 0)
        a->seq = last_seq(a) + 1;
    st = send_once(a, type, body, false, &why);
    if (why.code == JM_LEDGER_REFUSED && jm_bytes_eq_str(why.detail, "AUTH"))
        return send_once(a, type, body, true, d);
    if (st != JM_OK)
        *d = why;
    return st;
}

/* -- bodies -- */

static struct jm_bytes member_of(struct jm_bytes map, int64_t key)
{
    struct jm_bytes v;

    return jm_cbor_find_int(&v, map, key) == JM_OK ? v : jm_none();
}

static uint64_t uint_of(struct jm_bytes map, int64_t key)
{
    struct jm_cbor r;

    jm_cbor_init(&r, member_of(map, key));
    return jm_cbor_uint(&r);
}

/* The same with another revision. */
static enum jm_status body_with_rev(struct jm_bytes *out, struct jm_bytes body, uint64_t rev,
                                    struct jm_arena *mem)
{
    struct jm_cbor r;
    struct jm_cbor_w w;
    struct jm_buf b;
    size_t n;

    JM_TRY(jm_alloc_buf(&b, mem, body.len + 16));
    jm_cbor_init(&r, body);
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, n = jm_cbor_map(&r));
    for (; n > 0; n--) {
        uint64_t key = jm_cbor_uint(&r);
        struct jm_bytes value = jm_cbor_item(&r);

        jm_cbor_w_uint(&w, key);
        if (key == 2)
            jm_cbor_w_uint(&w, rev);
        else
            jm_cbor_w_raw(&w, value);
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

static void put_hash(struct jm_cbor_w *w, struct jm_bytes hex, struct jm_arena *mem)
{
    struct jm_bytes octets;

    if (jm_hex_decode(&octets, mem, hex) == JM_OK)
        jm_cbor_w_bytes(w, octets);
    else
        w->st = JM_E_MALFORMED;
}

/* {1 id, 2 rev, 3 state, 4 reason, ?5 second id}; what the ids are says the key. */
static enum jm_status state_body(struct jm_bytes *out, struct jm_bytes key, struct jm_bytes body,
                                 uint64_t rev, enum jm_record_state to, struct jm_arena *mem)
{
    struct jm_bytes id = jm_slice(key, jm_bytes_until(key, 0, '/') + 1, SIZE_MAX);
    bool is_schema = jm_bytes_starts(key, JM_BYTES("schema/")),
         is_use = jm_bytes_starts(key, JM_BYTES("use/")),
         is_hash =
             jm_bytes_starts(key, JM_BYTES("cert/")) || jm_bytes_starts(key, JM_BYTES("rpcert/"));
    size_t slash = jm_bytes_until(id, 0, '/');
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 512));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, is_schema || is_use ? 5 : 4);
    jm_cbor_w_uint(&w, 1);
    if (is_hash)
        put_hash(&w, id, mem);
    else if (is_schema)
        jm_cbor_w_raw(&w, member_of(body, 1));
    else
        jm_cbor_w_text(&w, jm_slice(id, 0, slash));
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_uint(&w, rev);
    jm_cbor_w_uint(&w, 3);
    jm_cbor_w_uint(&w, (uint64_t)to);
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_uint(&w, 0);
    if (is_schema || is_use) {
        jm_cbor_w_uint(&w, 5);
        if (is_schema)
            jm_cbor_w_raw(&w, member_of(body, 3));
        else
            jm_cbor_w_text(&w, jm_slice(id, slash + 1, SIZE_MAX));
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

/* -- what differs -- */

struct seen {
    struct jm_bytes body;
    enum jm_record_state state;
    uint64_t rev;
};

/* All zero: not there. */
static struct seen look_up(const struct jm_trust *t, struct jm_bytes key)
{
    struct seen s = {0};

    if (t == NULL || jm_trust_find(&s.body, &s.state, t, key) != JM_OK)
        return (struct seen){0};
    for (size_t i = 0; i < t->n; i++)
        if (jm_bytes_eq(t->entry[i].key, key))
            s.rev = uint_of(t->entry[i].record, 0);
    return s;
}

static bool says_the_same(struct jm_bytes a, struct jm_bytes b, bool counts_itself,
                          struct jm_arena *mem)
{
    struct jm_bytes x, y;

    if (counts_itself)
        return jm_bytes_eq(a, b);
    return body_with_rev(&x, a, 1, mem) == JM_OK && body_with_rev(&y, b, 1, mem) == JM_OK &&
           jm_bytes_eq(x, y);
}

static enum jm_status change_one(struct jm_ledger_acting *a, const struct kind *k,
                                 struct jm_bytes key, struct seen was, struct seen is,
                                 struct jm_diag *d)
{
    struct jm_arena *mem = a->cmd->mem;
    struct jm_bytes body;

    if (is.body.len != 0 &&
        !(was.body.len != 0 && says_the_same(was.body, is.body, k->counts_itself, mem))) {
        body = is.body;
        if (!k->counts_itself)
            JM_TRY(body_with_rev(&body, is.body, was.rev + 1, mem));
        JM_TRY(send_change(a, k->put, body, d));
        was.rev++;
        if (was.body.len == 0)
            was.state = JM_RECORD_ACTIVE;
    }
    if (is.body.len == 0) {
        is.state = JM_RECORD_ENDED;
        is.body = was.body;
    }
    if (k->state == 0 || was.state == is.state)
        return JM_OK;
    JM_TRY(state_body(&body, key, is.body, was.rev + 1, is.state, mem));
    return send_change(a, k->state, body, d);
}

static enum jm_status change_kind(struct jm_ledger_acting *a, const struct kind *k,
                                  const struct jm_trust *now, const struct jm_trust *next,
                                  struct jm_diag *d)
{
    struct jm_bytes prefix = jm_str(k->prefix);

    for (size_t i = 0; i < next->n; i++) {
        struct jm_bytes key = next->entry[i].key;

        if (jm_bytes_starts(key, prefix))
            JM_TRY(change_one(a, k, key, look_up(now, key), look_up(next, key), d));
    }
    for (size_t i = 0; now != NULL && i < now->n; i++) {
        struct jm_bytes key = now->entry[i].key;
        struct seen was = look_up(now, key);

        if (jm_bytes_starts(key, prefix) && was.state != JM_RECORD_ENDED &&
            look_up(next, key).body.len == 0)
            JM_TRY(change_one(a, k, key, was, (struct seen){0}, d));
    }
    return JM_OK;
}

enum jm_status jm_ledger_change(struct jm_ledger_acting *a, const struct jm_trust *now,
                                const struct jm_trust *next, struct jm_diag *d)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(kinds); i++)
        JM_TRY(change_kind(a, &kinds[i], now, next, d));
    return JM_OK;
}

static bool owns_key(struct jm_bytes body, const struct jm_ledger_keys *k,
                     const struct jm_crypto *c)
{
    for (size_t i = 0; i < k->n; i++)
        if (has_kid(body, k->key[i].kid, c))
            return true;
    return false;
}

/* The home's own actor, where one of its keys is at hand; else one of whom there is a key. */
static struct jm_bytes pick_actor(const struct jm_ledger_acting *a, struct jm_bytes own)
{
    struct jm_bytes found = own;
    struct jm_cbor r;

    jm_cbor_init(&r, a->facts.actors);
    for (size_t n = jm_cbor_array(&r); n > 0; n--) {
        struct jm_bytes id, body;

        (void)jm_cbor_array(&r);
        id = jm_cbor_text(&r);
        if (jm_cbor_find_int(&body, jm_cbor_bytes(&r), 5) != JM_OK ||
            !jm_bytes_starts(id, JM_BYTES("actor/")) || !owns_key(body, a->keys, a->cmd->crypto))
            continue;
        id = jm_slice(id, 6, SIZE_MAX);
        if (jm_bytes_eq(id, own))
            return own;
        found = id;
    }
    return found;
}

static enum jm_status submit_link(void *ctx, struct jm_bytes tx, struct jm_diag *d)
{
    return jm_link_submit(ctx, tx, d);
}

static enum jm_status follow_link(struct jm_bytes *octets, const struct jm_home *home,
                                  const struct jm_trust *next, struct jm_link *l,
                                  const struct jm_ledger_keys *keys, struct jm_diag *d)
{
    struct jm_ledger_acting a = {.cmd = home->cmd,
                                 .keys = keys,
                                 .actor = jm_str(home->id),
                                 .now = jm_home_now(home),
                                 .submit = submit_link,
                                 .ctx = l};
    struct jm_bytes root, old, bundle;

    JM_TRY(jm_link_facts(&a.facts, l, d));
    a.actor = pick_actor(&a, a.actor);
    JM_TRY(jm_ledger_change(&a, &home->trust, next, d));
    JM_TRY(jm_link_bundle(&bundle, l, d));
    if (!jm_trust_proven_is(&root, &old, home->trust.octets))
        return JM_E_BUG;
    return jm_trust_proven_write(octets, root, bundle, home->cmd->mem);
}

enum jm_status jm_ledger_follow(struct jm_bytes *octets, const struct jm_home *home,
                                const struct jm_trust *next, struct jm_diag *d)
{
    struct jm_ledger_keys keys;
    struct jm_link *l;
    enum jm_status st;

    *octets = jm_none();
    JM_TRY(jm_ledger_keys_open(&keys, home, d));
    st = jm_link_open(&l, home, d);
    if (st == JM_OK)
        st = follow_link(octets, home, next, l, &keys, d);
    jm_link_close(&l);
    jm_ledger_keys_close(&keys);
    return st;
}
