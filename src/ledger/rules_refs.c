/* SPDX-License-Identifier: Apache-2.0 */
/* What a body's members say of each other, and what they must refer to: spec/ledger.md 4. */
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/text.h"
#include "ledger/rules.h"

#define GOV JM_BYTES("gov")
#define NODES_FEW 4 /* from so many on the set is guarded */

bool jm_rule_stands(struct jm_state_record *out, const struct jm_block *b, const char *prefix,
                    struct jm_bytes id)
{
    jm_block_record(out, b, prefix, id);
    return out->state == 1 || out->state == 2;
}

unsigned jm_actor_roles(struct jm_bytes body)
{
    unsigned roles = 0;
    size_t n;
    struct jm_cbor r = jm_body_list_at(body, 4, &n);

    for (; n > 0; n--)
        roles |= 1u << (jm_cbor_uint(&r) & 7);
    return roles;
}

/* -- members against each other -- */

static enum jm_ltx_code good_body(bool good)
{
    return good ? JM_LTX_OK : JM_LTX_BODY;
}

/* [pub, holder, not before, not after]…: how many people; 0: a time is wrong. */
static uint64_t holders_of(struct jm_bytes body)
{
    uint8_t seen[256] = {0};
    uint64_t people = 0;
    size_t n;
    struct jm_cbor r = jm_body_list_at(body, 5, &n);

    for (; n > 0; n--) {
        (void)jm_cbor_array(&r);
        (void)jm_cbor_bytes(&r);
        uint64_t holder = jm_cbor_uint(&r), from = jm_cbor_uint(&r), to = jm_cbor_uint(&r);

        if (from >= to)
            return 0;
        people += seen[holder & 0xff]++ == 0;
    }
    return people;
}

/* Two entries of one key. */
static bool has_twin_key(struct jm_bytes body)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(body, 5, &n);

    for (size_t i = 0; i < n; i++) {
        (void)jm_cbor_array(&r);
        struct jm_bytes pub = jm_cbor_bytes(&r);
        struct jm_cbor rest;

        for (int k = 0; k < 3; k++)
            (void)jm_cbor_uint(&r);
        rest = r;
        for (size_t k = i + 1; k < n; k++) {
            (void)jm_cbor_array(&rest);
            if (jm_bytes_eq(jm_cbor_bytes(&rest), pub))
                return true;
            for (int m = 0; m < 3; m++)
                (void)jm_cbor_uint(&rest);
        }
    }
    return false;
}

enum jm_ltx_code jm_actor_cross(struct jm_bytes body)
{
    bool is_gov = jm_bytes_eq(jm_body_text(body, 1), GOV);
    unsigned roles = jm_actor_roles(body), governs = 1u << JM_ACTOR_GOVERNANCE;

    if (is_gov ? roles != governs : (roles & governs) != 0)
        return JM_LTX_BODY;
    return good_body(!has_twin_key(body) && jm_body_uint(body, 6) <= holders_of(body));
}

enum jm_ltx_code jm_cross_actor(struct jm_judging *j)
{
    return jm_actor_cross(j->body);
}

enum jm_ltx_code jm_cross_rotate(struct jm_judging *j)
{
    struct jm_state_record own;

    if (!jm_bytes_eq(jm_body_text(j->body, 1), j->tx->actor) || has_twin_key(j->body))
        return JM_LTX_BODY;
    jm_block_record(&own, j->b, "actor/", j->tx->actor);
    return good_body(jm_body_uint(own.body, 6) <= holders_of(j->body));
}

enum jm_ltx_code jm_cross_node(struct jm_judging *j)
{
    size_t want = jm_body_uint(j->body, 4) == 1 ? 32 : 1952;
    uint64_t kind = jm_body_uint(j->body, 4);

    return good_body((kind == 1 || kind == 4) && jm_body_bytes(j->body, 5).len == want);
}

enum jm_ltx_code jm_cross_cert(struct jm_judging *j)
{
    bool is_iaca = jm_body_uint(j->body, 1) == 1;

    return good_body(is_iaca == jm_body_has(j->body, 5) &&
                     jm_body_uint(j->body, 6) < jm_body_uint(j->body, 7));
}

enum jm_ltx_code jm_cross_use(struct jm_judging *j)
{
    return good_body(jm_body_uint(j->body, 9) < jm_body_uint(j->body, 10));
}

enum jm_ltx_code jm_cross_crl(struct jm_judging *j)
{
    return good_body(jm_body_uint(j->body, 5) < jm_body_uint(j->body, 6));
}

/* versionId: n, a hyphen, something. */
enum jm_ltx_code jm_cross_did(struct jm_judging *j)
{
    struct jm_bytes version = jm_body_text(j->body, 3);
    size_t hyphen = jm_bytes_until(version, 0, '-');
    uint64_t n = 0;

    return good_body(jm_parse_u64(&n, jm_slice(version, 0, hyphen)) == JM_OK &&
                     n == jm_body_uint(j->body, 2) && hyphen + 1 < version.len);
}

enum jm_ltx_code jm_cross_epoch(struct jm_judging *j)
{
    bool later = jm_body_uint(j->body, 2) > 1;

    return good_body(jm_body_has(j->body, 8) == later && jm_body_has(j->body, 9) == later);
}

/* -- references -- */

static enum jm_ltx_code need_found(bool there)
{
    return there ? JM_LTX_OK : JM_LTX_REF;
}

static bool ref_stands(const struct jm_judging *j, const char *prefix, struct jm_bytes id)
{
    struct jm_state_record r;

    return jm_rule_stands(&r, j->b, prefix, id);
}

static bool has_role(const struct jm_judging *j, int64_t field, enum jm_actor_role role)
{
    struct jm_state_record r;

    return jm_rule_stands(&r, j->b, "actor/", jm_body_text(j->body, field)) &&
           (jm_actor_roles(r.body) & 1u << role) != 0;
}

enum jm_ltx_code jm_refs_issuer(struct jm_judging *j)
{
    return need_found(has_role(j, 6, JM_ACTOR_ISSUER));
}

enum jm_ltx_code jm_refs_cert(struct jm_judging *j)
{
    struct jm_bytes owner = jm_body_text(j->body, 3);

    switch (jm_body_uint(j->body, 1)) {
    case 2:
    case 4: return need_found(ref_stands(j, "actor/", owner));
    case 5: return need_found(ref_stands(j, "wallet/", owner));
    default: return need_found(ref_stands(j, "issuer/", owner));
    }
}

enum jm_ltx_code jm_refs_rpcert(struct jm_judging *j)
{
    return need_found(ref_stands(j, "rp/", jm_body_text(j->body, 3)));
}

enum jm_ltx_code jm_refs_rp(struct jm_judging *j)
{
    size_t n = 0;
    struct jm_cbor r = {0};

    if (!has_role(j, 10, JM_ACTOR_SUPERVISOR))
        return JM_LTX_REF;
    if (jm_body_has(j->body, 11))
        r = jm_body_list_at(j->body, 11, &n);
    for (; n > 0; n--)
        if (!ref_stands(j, "rp/", jm_cbor_text(&r)))
            return JM_LTX_REF;
    return JM_LTX_OK;
}

static bool has_schema(const struct jm_judging *j, uint64_t fmt, struct jm_bytes type)
{
    uint8_t room[JM_STATE_KEY_MAX], hash[32];
    struct jm_buf prefix = jm_buf(room, sizeof room);
    const struct jm_state_row *row;
    struct jm_map_walk w;

    if (jm_sha256(j->b->base->port.crypto, type, hash) != JM_OK ||
        jm_buf_put(&prefix, JM_BYTES("schema/")) != JM_OK ||
        jm_hex_put(&prefix, jm_bytes(hash, sizeof hash)) != JM_OK)
        return false;
    w = jm_map_walk_from(&j->b->state, &j->b->base->state, jm_written(prefix));
    while ((row = jm_map_next(&w)) != NULL && jm_bytes_starts(row->key, jm_written(prefix))) {
        struct jm_state_record schema;

        jm_record_read(&schema, row->value);
        if (schema.state == 1 && jm_body_uint(schema.body, 4) == fmt)
            return true;
    }
    return false;
}

enum jm_ltx_code jm_refs_use(struct jm_judging *j)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(j->body, 8, &n);

    if (!ref_stands(j, "rp/", jm_body_text(j->body, 1)))
        return JM_LTX_REF;
    for (; n > 0; n--) {
        (void)jm_cbor_array(&r);
        uint64_t fmt = jm_cbor_uint(&r);

        if (!has_schema(j, fmt, jm_cbor_text(&r)))
            return JM_LTX_REF;
        (void)jm_cbor_item(&r);
    }
    return JM_LTX_OK;
}

enum jm_ltx_code jm_refs_wallet(struct jm_judging *j)
{
    return need_found(ref_stands(j, "actor/", jm_body_text(j->body, 4)));
}

enum jm_ltx_code jm_refs_node(struct jm_judging *j)
{
    return need_found(has_role(j, 3, JM_ACTOR_OPERATOR));
}

enum jm_ltx_code jm_refs_list(struct jm_judging *j)
{
    return need_found(has_role(j, 3, JM_ACTOR_PUBLISHER) &&
                      ref_stands(j, "issuer/", jm_body_text(j->body, 4)));
}

enum jm_ltx_code jm_refs_flag(struct jm_judging *j)
{
    static const char *const prefix[] = {"rp/", "issuer/", "wallet/"};
    uint64_t kind = jm_body_uint(j->body, 1);

    return need_found(ref_stands(j, prefix[(kind - 1) % 3], jm_body_text(j->body, 3)));
}

/* -- nodes -- */

struct nodes {
    uint64_t n, power, highest;
};

static void add_node(struct nodes *x, uint64_t power)
{
    x->n++;
    x->power += power;
    if (power > x->highest)
        x->highest = power;
}

static uint64_t power_of(const struct jm_state_record *r)
{
    return r->state == 1 ? jm_body_uint(r->body, 6) : 0;
}

/* The active ones, with @p power in place of what @p j's own has. */
static struct nodes count_nodes(const struct jm_judging *j, uint64_t power, bool change)
{
    const struct jm_state_row *row;
    struct nodes x = {0};
    struct jm_map_walk w = jm_map_walk_from(&j->b->state, &j->b->base->state, JM_BYTES("node/"));

    while ((row = jm_map_next(&w)) != NULL && jm_bytes_starts(row->key, JM_BYTES("node/"))) {
        struct jm_state_record r;

        jm_record_read(&r, row->value);
        if ((!change || !jm_bytes_eq(row->key, j->key)) && power_of(&r) != 0)
            add_node(&x, power_of(&r));
    }
    if (change && power != 0)
        add_node(&x, power);
    return x;
}

static enum jm_ltx_code change_node(struct jm_judging *j, struct jm_bytes body, uint64_t power)
{
    struct nodes before = count_nodes(j, 0, false), after = count_nodes(j, power, true);

    if (power == power_of(&j->old))
        return JM_LTX_OK;
    if (j->b->has_update && !j->b->unbounded)
        return JM_LTX_NODESET;
    if (after.n == 0 ||
        (before.n >= NODES_FEW && (after.n < NODES_FEW || after.highest * 3 >= after.power)))
        return JM_LTX_NODESET;
    j->b->has_update = true;
    j->b->update = (struct jm_validator_update){.key_type = jm_body_uint(body, 4),
                                                .power = power,
                                                .key = jm_body_bytes(body, 5)};
    return JM_LTX_OK;
}

/* The key of another node. */
static bool key_is_taken(const struct jm_judging *j)
{
    const struct jm_state_row *row;
    struct jm_map_walk w = jm_map_walk_from(&j->b->state, &j->b->base->state, JM_BYTES("node/"));

    while ((row = jm_map_next(&w)) != NULL && jm_bytes_starts(row->key, JM_BYTES("node/"))) {
        struct jm_state_record r;

        jm_record_read(&r, row->value);
        if (!jm_bytes_eq(row->key, j->key) &&
            jm_bytes_eq(jm_body_bytes(r.body, 5), jm_body_bytes(j->body, 5)))
            return true;
    }
    return false;
}

enum jm_ltx_code jm_last_node(struct jm_judging *j)
{
    bool is_active = j->old.state == 0 || j->old.state == 1;

    if (key_is_taken(j))
        return JM_LTX_UNIQUE;
    return change_node(j, j->body, is_active ? jm_body_uint(j->body, 6) : 0);
}

enum jm_ltx_code jm_last_node_state(struct jm_judging *j)
{
    uint64_t to = jm_body_uint(j->body, 3);

    return change_node(j, j->old.body, to == 1 ? jm_body_uint(j->old.body, 6) : 0);
}

/* -- epochs -- */

/* The number, the chain to the record before, the times, the shards. */
enum jm_ltx_code jm_last_epoch(struct jm_judging *j)
{
    const struct jm_block *b = j->b;
    uint64_t iat = jm_body_uint(j->body, 3), skew = b->base->params.epoch_skew;
    struct jm_state_record list;
    uint8_t hash[32] = {0};

    jm_block_record(&list, b, "list/", jm_body_text(j->body, 1));
    if (j->old.state != 0 && jm_sha256(b->base->port.crypto, j->old.octets, hash) != JM_OK)
        return JM_LTX_EPOCH;
    if (jm_body_uint(j->body, 2) != j->old.rev + 1 ||
        !jm_bytes_eq(jm_body_bytes(j->body, 7), jm_bytes(hash, sizeof hash)) ||
        (j->old.state != 0 && iat <= jm_body_uint(j->old.body, 3)) ||
        (iat > b->time ? iat - b->time : b->time - iat) > skew ||
        jm_body_uint(j->body, 5) > jm_body_uint(list.body, 9))
        return JM_LTX_EPOCH;
    return JM_LTX_OK;
}
