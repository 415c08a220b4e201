/* SPDX-License-Identifier: Apache-2.0 */
/* Who must have signed: spec/ledger.md 4, the column of signatures. */
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/claims.h"
#include "ledger/rules.h"

#define GOV JM_BYTES("gov")
#define STATE_FIELD 3

/* Distinct people of actors that have the role. */
static size_t count_role(const struct jm_judging *j, enum jm_actor_role role)
{
    size_t n = 0;

    for (size_t i = 0; i < j->n_signers; i++) {
        const struct jm_signer_of *s = &j->signer[i];
        size_t k = 0;

        if ((s->roles & 1u << role) == 0)
            continue;
        while (k < i &&
               !((j->signer[k].roles & 1u << role) != 0 && j->signer[k].holder == s->holder &&
                 jm_bytes_eq(j->signer[k].actor, s->actor)))
            k++;
        n += k == i;
    }
    return n;
}

static size_t count_actor(const struct jm_judging *j, struct jm_bytes actor)
{
    size_t n = 0;

    for (size_t i = 0; i < j->n_signers; i++) {
        size_t k = 0;

        if (!jm_bytes_eq(j->signer[i].actor, actor))
            continue;
        while (k < i && !(j->signer[k].holder == j->signer[i].holder &&
                          jm_bytes_eq(j->signer[k].actor, actor)))
            k++;
        n += k == i;
    }
    return n;
}

static enum jm_ltx_code need_that(bool enough)
{
    return enough ? JM_LTX_OK : JM_LTX_AUTH;
}

static bool has_signed(const struct jm_judging *j, struct jm_bytes actor)
{
    return actor.len != 0 && count_actor(j, actor) > 0;
}

static bool is_governed(const struct jm_judging *j)
{
    struct jm_state_record gov;

    jm_block_record(&gov, j->b, "actor/", GOV);
    return gov.state == 1 && count_role(j, JM_ACTOR_GOVERNANCE) >= jm_body_uint(gov.body, 6);
}

enum jm_ltx_code jm_auth_governance(struct jm_judging *j)
{
    return need_that(is_governed(j));
}

enum jm_ltx_code jm_auth_actor_state(struct jm_judging *j)
{
    if (jm_body_uint(j->body, STATE_FIELD) == 2)
        return need_that(count_role(j, JM_ACTOR_GOVERNANCE) >= 1);
    return need_that(is_governed(j));
}

enum jm_ltx_code jm_auth_own(struct jm_judging *j)
{
    struct jm_bytes id = jm_body_text(j->body, 1);
    struct jm_state_record own;

    jm_block_record(&own, j->b, "actor/", id);
    return need_that(own.state == 1 && count_actor(j, id) >= jm_body_uint(own.body, 6));
}

enum jm_ltx_code jm_auth_node(struct jm_judging *j)
{
    return need_that(is_governed(j) && has_signed(j, jm_body_text(j->body, 3)));
}

enum jm_ltx_code jm_auth_two_registrars(struct jm_judging *j)
{
    return need_that(count_role(j, JM_ACTOR_REGISTRAR) >= 2);
}

enum jm_ltx_code jm_auth_registrar_state(struct jm_judging *j)
{
    size_t n = jm_body_uint(j->body, STATE_FIELD) == 1 ? 2 : 1;

    return need_that(count_role(j, JM_ACTOR_REGISTRAR) >= n);
}

enum jm_ltx_code jm_auth_rp(struct jm_judging *j)
{
    return need_that(count_role(j, JM_ACTOR_RP_REGISTRAR) >= 1);
}

enum jm_ltx_code jm_auth_rp_state(struct jm_judging *j)
{
    bool registrar = count_role(j, JM_ACTOR_RP_REGISTRAR) >= 1;
    bool supervisor = count_role(j, JM_ACTOR_SUPERVISOR) >= 1;

    if (jm_body_uint(j->body, STATE_FIELD) == 1)
        return need_that(registrar && supervisor);
    return need_that(registrar || supervisor);
}

enum jm_ltx_code jm_auth_flag(struct jm_judging *j)
{
    return need_that(count_role(j, JM_ACTOR_SUPERVISOR) >= 1 ||
                     count_role(j, JM_ACTOR_REGISTRAR) >= 1);
}

enum jm_ltx_code jm_auth_flag_end(struct jm_judging *j)
{
    return need_that(count_role(j, JM_ACTOR_SUPERVISOR) >= 2 ||
                     count_role(j, JM_ACTOR_REGISTRAR) >= 2);
}

/* -- a use that asks what is protected -- */

/* Does one path begin with all of the other? */
static bool paths_meet(struct jm_bytes a, struct jm_bytes b)
{
    struct jm_cbor x, y;
    size_t n, m;

    jm_cbor_init(&x, a);
    jm_cbor_init(&y, b);
    n = jm_cbor_array(&x);
    m = jm_cbor_array(&y);
    for (size_t k = n < m ? n : m; k > 0; k--)
        if (!jm_bytes_eq(jm_cbor_text(&x), jm_cbor_text(&y)))
            return false;
    return true;
}

static bool meets_any(struct jm_bytes path, struct jm_bytes schema)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(schema, 7, &n);

    for (; n > 0; n--)
        if (paths_meet(path, jm_cbor_item(&r)))
            return true;
    return false;
}

/* Is one of the paths protected by a version of its schema that has not ended? */
static bool asks_protected(const struct jm_judging *j, uint64_t fmt, struct jm_bytes type,
                           struct jm_bytes paths)
{
    uint8_t room[JM_STATE_KEY_MAX], hash[32];
    struct jm_buf prefix = jm_buf(room, sizeof room);
    const struct jm_state_row *row;
    struct jm_map_walk w;

    if (jm_sha256(j->b->base->port.crypto, type, hash) != JM_OK ||
        jm_buf_put(&prefix, JM_BYTES("schema/")) != JM_OK ||
        jm_hex_put(&prefix, jm_bytes(hash, sizeof hash)) != JM_OK)
        return true; /* what cannot be known is not free */
    w = jm_map_walk_from(&j->b->state, &j->b->base->state, jm_written(prefix));
    while ((row = jm_map_next(&w)) != NULL && jm_bytes_starts(row->key, jm_written(prefix))) {
        struct jm_state_record schema;
        struct jm_cbor r;

        jm_record_read(&schema, row->value);
        if (schema.state == 3 || jm_body_uint(schema.body, 4) != fmt)
            continue;
        jm_cbor_init(&r, paths);
        for (size_t n = jm_cbor_array(&r); n > 0; n--)
            if (meets_any(jm_cbor_item(&r), schema.body))
                return true;
    }
    return false;
}

enum jm_ltx_code jm_auth_use(struct jm_judging *j)
{
    bool is_protected = false;
    size_t n;
    struct jm_cbor r = jm_body_list_at(j->body, 8, &n);

    for (; n > 0; n--) {
        (void)jm_cbor_array(&r);
        uint64_t fmt = jm_cbor_uint(&r);
        struct jm_bytes type = jm_cbor_text(&r);

        is_protected = asks_protected(j, fmt, type, jm_cbor_item(&r)) || is_protected;
    }
    return need_that(count_role(j, JM_ACTOR_RP_REGISTRAR) >= 1 &&
                     (!is_protected || count_role(j, JM_ACTOR_SUPERVISOR) >= 1));
}

/* -- signers that are found through a record -- */

static enum jm_ltx_code need_issuers_actor(const struct jm_judging *j, struct jm_bytes issuer)
{
    struct jm_state_record r;

    if (!jm_rule_stands(&r, j->b, "issuer/", issuer))
        return JM_LTX_REF;
    return need_that(has_signed(j, jm_body_text(r.body, 6)));
}

enum jm_ltx_code jm_auth_crl(struct jm_judging *j)
{
    uint8_t hex[2 * 32];
    struct jm_buf h = jm_buf(hex, sizeof hex);
    struct jm_state_record cert;
    struct jm_bytes owner;

    if (jm_hex_put(&h, jm_body_bytes(j->body, 1)) != JM_OK ||
        !jm_rule_stands(&cert, j->b, "cert/", jm_written(h)))
        return JM_LTX_REF;
    owner = jm_body_text(cert.body, 3);
    switch (jm_body_uint(cert.body, 1)) {
    case 1:
    case 6: return need_issuers_actor(j, owner);
    case 2: return need_that(has_signed(j, owner));
    default: return JM_LTX_REF;
    }
}

enum jm_ltx_code jm_auth_did(struct jm_judging *j)
{
    struct jm_bytes owner = jm_body_text(j->body, 5);
    struct jm_state_record rp;

    if (jm_body_uint(j->body, 4) == 1)
        return need_issuers_actor(j, owner);
    if (!jm_rule_stands(&rp, j->b, "rp/", owner))
        return JM_LTX_REF;
    return jm_auth_rp(j);
}

enum jm_ltx_code jm_auth_list(struct jm_judging *j)
{
    return need_that(count_role(j, JM_ACTOR_REGISTRAR) >= 2 &&
                     has_signed(j, jm_body_text(j->body, 3)));
}

enum jm_ltx_code jm_auth_epoch(struct jm_judging *j)
{
    struct jm_state_record list;

    if (!jm_rule_stands(&list, j->b, "list/", jm_body_text(j->body, 1)))
        return JM_LTX_REF;
    return need_that(has_signed(j, jm_body_text(list.body, 3)));
}
