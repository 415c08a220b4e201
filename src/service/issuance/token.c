/* SPDX-License-Identifier: Apache-2.0 */
/* Token endpoint: grant code with match code, refresh. A failed earlier step consumes
 * nothing. */
#include <string.h>

#include "jumin/base64.h"
#include "service/devices/devices.h"
#include "service/issuance/parts.h"

/* Members of another grant: sent, and not expected (I-03). */
static enum jm_status one_grant(const struct jm_token_req *in, bool pre, bool code, bool refresh,
                                struct jm_diag *d)
{
    bool others =
        (!pre && in->grant_code.ptr != NULL) || (!refresh && in->refresh_token.ptr != NULL) ||
        (!code &&
         (in->code.ptr != NULL || in->redirect_uri.ptr != NULL || in->verifier.ptr != NULL));

    return others ? jm_refuse(d, JM_E_MALFORMED, JM_OAUTH_PARAMETER, "two grants at once") : JM_OK;
}

static enum jm_status new_token(char out[44], uint8_t hash[32], const struct jm_env *env)
{
    struct jm_buf b = jm_buf(out, 43);
    uint8_t r[32];

    JM_TRY(jm_env_random(env, r, sizeof r));
    out[43] = 0;
    JM_TRY(jm_b64url_put(&b, jm_bytes(r, sizeof r)));
    return jm_sha256(env->crypto, jm_bytes(out, 43), hash);
}

static enum jm_status refuse_token(struct jm_redeem *r, enum jm_code code)
{
    r->refusal = code;
    return JM_OK; /* the transaction commits what it noted */
}

/* D-204: a wallet that attests first here is bound here, without a sign. */
static enum jm_status bind_here(struct jm_tx *tx, struct jm_redeem *r)
{
    enum jm_status st = jm_case_bind_in(tx, &r->c, r->client->jkt, JM_BYTES(""));

    if (st == JM_E_CONFLICT) {
        JM_TRY(jm_case_note_second(tx, &r->c.id));
        return refuse_token(r, JM_VCI_TICKET_TAKEN);
    }
    return st == JM_E_GONE ? refuse_token(r, JM_VCI_CODE_EXPIRED) : st;
}

static bool no_match_code_yet(const struct jm_case *c)
{
    static const uint8_t zero[32];

    return memcmp(c->match_mac, zero, 32) == 0;
}

static bool match_code_fits(const struct jm_redeem *r)
{
    return jm_bytes_eq_ct(jm_bytes(r->match_mac, 32), jm_bytes(r->c.match_mac, 32));
}

/* D-455: the bound instance, whose answer was lost on the way, may ask once more with the same
 * codes until it has a card. Its first tokens end. To everybody else the grant code is spent. */
static enum jm_status redeem_again(struct jm_tx *tx, struct jm_redeem *r, enum jm_case_state at)
{
    if (!r->c.has_jkt || memcmp(r->c.jkt, r->client->jkt, 32) != 0) {
        JM_TRY(jm_case_note_second(tx, &r->c.id)); /* the clerk reads it, however late: D-204 */
        return refuse_token(r, JM_VCI_TICKET_TAKEN);
    }
    if (at != JM_CASE_CODE_OK || !match_code_fits(r))
        return refuse_token(r, JM_VCI_CODE_USED);
    JM_TRY(jm_token_rows_replace(tx, &r->c.id));
    r->grant.desk_case = r->c.id;
    r->grant.has_case = true;
    return jm_redeem_tokens_in(tx, r, true);
}

static enum jm_status redeem_case(struct jm_tx *tx, void *arg)
{
    struct jm_redeem *r = arg;
    enum jm_case_state at;
    int64_t tries;

    r->refusal = JM_CODE_NONE;
    enum jm_status st = jm_case_by_grant_code(tx, r->secret_hash, &r->c, r->mem);
    if (st == JM_E_ABSENT)
        return refuse_token(r, JM_VCI_CODE_UNKNOWN);
    JM_TRY(st);
    if (r->c.centre.len == 0) /* a code of the front door: it has a grant type of its own */
        return refuse_token(r, JM_VCI_CODE_UNKNOWN);
    at = jm_case_state_at(&r->c, jm_tx_now(tx));
    if (at == JM_CASE_CODE_OK || at == JM_CASE_ISSUED)
        return redeem_again(tx, r, at);
    if (at == JM_CASE_CODE_EXHAUSTED)
        return refuse_token(r, JM_VCI_TX_CODE_EXHAUSTED);
    JM_TRY(bind_here(tx, r)); /* and nobody to a case that has ended */
    if (r->refusal != JM_CODE_NONE)
        return JM_OK;
    if (no_match_code_yet(&r->c))
        return refuse_token(r, JM_VCI_TX_CODE_NOT_READY);
    /* The match code before the grant code is consumed; a wrong one counts, the grant lives. */
    if (!match_code_fits(r)) {
        JM_TRY(jm_case_wrong_match_code(tx, &r->c.id, &tries));
        return refuse_token(r, tries >= JM_MATCH_TRIES_MAX ? JM_VCI_TX_CODE_EXHAUSTED
                                                           : JM_VCI_TX_CODE_WRONG);
    }
    JM_TRY(jm_case_move(tx, &r->c.id, JM_CASE_SCANNED, JM_CASE_CODE_OK));
    r->grant.desk_case = r->c.id;
    r->grant.has_case = true;
    return jm_redeem_tokens_in(tx, r, true);
}

static enum jm_status find_case(struct jm_tx *tx, struct jm_redeem *r)
{
    enum jm_status st = jm_case_by_grant_code(tx, r->secret_hash, &r->c, r->mem);

    return st == JM_E_ABSENT ? refuse_token(r, JM_VCI_CODE_UNKNOWN) : st;
}

static enum jm_status redeem_pre(struct jm_redeem *r, struct jm_diag *d)
{
    const struct jm_env *env = &r->is->base.env;
    enum jm_status st;

    if (r->in->grant_code.ptr == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_OAUTH_PARAMETER, "pre-authorized_code");
    if (r->in->match_code.ptr == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_VCI_TX_CODE_MISSING, "tx_code");
    JM_TRY(jm_sha256(env->crypto, r->in->grant_code, r->secret_hash));
    JM_READ(st, tx, env, find_case(tx, r));
    JM_TRY(st);
    if (r->refusal == JM_CODE_NONE) {
        if (jm_match_code_mac(r->match_mac, env, &r->c.id, r->in->match_code) == JM_E_MALFORMED)
            /* of another length: a wrong match code, and it counts */
            memset(r->match_mac, 0xFF, sizeof r->match_mac);
        JM_TRY(jm_tx_run(env, redeem_case, r));
    }
    if (r->refusal == JM_CODE_NONE)
        return JM_OK;
    return jm_refuse(d, JM_E_DENIED, r->refusal,
                     r->refusal == JM_VCI_TICKET_TAKEN ? "ticket_taken" : NULL);
}

static enum jm_status redeem_refresh_tx(struct jm_tx *tx, void *arg)
{
    struct jm_redeem *r = arg;
    struct jm_device dev;
    struct jm_card card;
    enum jm_card_state at;
    enum jm_status st = jm_token_rows_find(tx, JM_TOKEN_REFRESH, r->secret_hash, &r->grant, r->mem);

    r->refusal = JM_CODE_NONE;
    if (st == JM_E_ABSENT)
        return refuse_token(r, JM_VCI_REFRESH_UNKNOWN);
    JM_TRY(st);
    if (memcmp(r->grant.instance, r->client->jkt, 32) != 0 ||
        memcmp(r->grant.jkt, r->dpop->jkt, 32) != 0)
        return refuse_token(r, JM_VCI_REFRESH_KEY);
    if (!r->grant.has_card) { /* no copy has come yet: the case must still run */
        JM_TRY(jm_case_in(tx, &r->grant.desk_case, &r->c, r->mem));
        return jm_case_state_at(&r->c, jm_tx_now(tx)) == JM_CASE_CODE_OK
                   ? jm_redeem_tokens_in(tx, r, false)
                   : refuse_token(r, JM_VCI_REFRESH_UNKNOWN);
    }
    JM_TRY(jm_card_in(tx, &r->grant.card, &card, r->mem));
    if (!card.has_device || jm_device_in(tx, &card.device, &dev) != JM_OK ||
        dev.state != JM_DEVICE_OPEN)
        return refuse_token(r, JM_VCI_REFRESH_ENDED);
    at = jm_card_state_at(&card, jm_tx_now(tx));
    /* a suspended card's token lives: resumed, it refreshes */
    if (at == JM_CARD_REVOKED || at == JM_CARD_EXPIRED)
        return refuse_token(r, JM_VCI_REFRESH_ENDED);
    JM_TRY(jm_refresh_counter_in(tx, r, &card, &dev));
    if (r->refusal != JM_CODE_NONE)
        return JM_OK;
    /* Unused it ends within a year, used it lives as long as the card: D-250. */
    int64_t until = jm_tx_now(tx) + JM_REFRESH_TTL_S;
    JM_TRY(jm_token_rows_prolong(tx, r->secret_hash, until < card.expires ? until : card.expires));
    return jm_redeem_tokens_in(tx, r, false);
}

static enum jm_status redeem_refresh(struct jm_redeem *r, struct jm_diag *d)
{
    const struct jm_env *env = &r->is->base.env;

    if (r->in->refresh_token.ptr == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_OAUTH_PARAMETER, "refresh_token");
    if (r->in->match_code.ptr != NULL) /* I-03: sent, and not expected */
        return jm_refuse(d, JM_E_MALFORMED, JM_OAUTH_PARAMETER, "a refresh takes no code");
    /* RFC 6749 6: no more than was granted, and a desk grants no scope */
    if (r->in->scope.ptr != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_OAUTH_SCOPE, "a refresh takes no scope");
    JM_TRY(jm_sha256(env->crypto, r->in->refresh_token, r->secret_hash));
    JM_TRY(jm_tx_run(env, redeem_refresh_tx, r));
    if (r->lists && r->is->wake_publisher != NULL)
        r->is->wake_publisher(r->is->wake_ctx);
    return r->refusal == JM_CODE_NONE ? JM_OK : jm_refuse(d, JM_E_DENIED, r->refusal, NULL);
}

enum jm_status jm_token_redeem(struct jm_issuer *is, struct jm_token_res *out,
                               const struct jm_client *client, const struct jm_dpop *dpop,
                               const struct jm_token_req *in, struct jm_arena *mem,
                               struct jm_diag *d)
{
    struct jm_redeem *r = JM_NEW(mem, struct jm_redeem);
    bool refresh = jm_bytes_eq_str(in->grant_type, "refresh_token");
    bool by_code = jm_bytes_eq_str(in->grant_type, "authorization_code");
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (r == NULL)
        return JM_E_NO_SPACE;
    *r = (struct jm_redeem){.is = is, .client = client, .dpop = dpop, .in = in, .mem = mem};
    if (jm_env_behind(&is->base.env))
        /* before a grant code or a try is consumed */
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL);
    if (in->client_id.ptr != NULL && !jm_bytes_eq(in->client_id, client->sub))
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_CLIENT_ID,
                         "client_id is not sub of the attestation");
    if (memcmp(client->jkt, dpop->jkt, 32) == 0)
        return jm_refuse(d, JM_E_DENIED, JM_OAUTH_KEY_ROLE, "the DPoP key is the instance key");
    if (!refresh && !by_code && !jm_bytes_eq_str(in->grant_type, JM_GRANT_PRE_AUTHORIZED))
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_OAUTH_GRANT_TYPE, NULL);
    JM_TRY(one_grant(in, !refresh && !by_code, by_code, refresh, d));
    JM_TRY(new_token(out->access, r->access_hash, &is->base.env));
    if (!refresh)
        JM_TRY(new_token(out->refresh, r->refresh_hash, &is->base.env));
    st = refresh ? redeem_refresh(r, d) : by_code ? jm_redeem_code(r, d) : redeem_pre(r, d);
    out->details = r->grant.details;
    return st;
}

enum jm_status jm_grant_find(struct jm_issuer *is, struct jm_bytes token, struct jm_grant *out,
                             struct jm_arena *mem)
{
    uint8_t hash[32];
    enum jm_status st;

    JM_TRY(jm_sha256(is->base.env.crypto, token, hash));
    JM_READ(st, tx, &is->base.env, jm_token_rows_find(tx, JM_TOKEN_ACCESS, hash, out, mem));
    return st == JM_E_ABSENT ? JM_E_UNAUTHENTICATED : st;
}
