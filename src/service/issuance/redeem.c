/* SPDX-License-Identifier: Apache-2.0 */
/* What every grant ends in. Grant authorization_code: whose code it is, once, and only with what
 * was pushed before. */
#include <string.h>

#include "jumin/oauth.h"
#include "service/issuance/parts.h"

enum jm_status jm_redeem_tokens_in(struct jm_tx *tx, struct jm_redeem *r, bool refresh)
{
    memcpy(r->grant.instance, r->client->jkt, 32);
    memcpy(r->grant.jkt, r->dpop->jkt, 32);
    r->grant.client = r->client->sub;
    JM_TRY(jm_token_rows_add(tx, JM_TOKEN_ACCESS, r->access_hash, &r->grant,
                             jm_tx_now(tx) + JM_ACCESS_TTL_S));
    return refresh ? jm_token_rows_add(tx, JM_TOKEN_REFRESH, r->refresh_hash, &r->grant,
                                       jm_tx_now(tx) + JM_REFRESH_TTL_S)
                   : JM_OK;
}

static enum jm_status refuse_code(struct jm_redeem *r, enum jm_code code)
{
    r->refusal = code;
    return JM_OK; /* the transaction commits what it noted */
}

/* RFC 7636 4.1: 43 to 128 unreserved characters, of which the challenge is the hash. */
static enum jm_status verifier_fits(bool *fits, const struct jm_redeem *r,
                                    const struct jm_pushed *p)
{
    uint8_t hash[32];

    *fits = false;
    if (r->in->verifier.len < 43 || r->in->verifier.len > 128)
        return JM_OK;
    JM_TRY(jm_sha256(r->is->base.env.crypto, r->in->verifier, hash));
    *fits = memcmp(hash, p->challenge, 32) == 0;
    return JM_OK;
}

static enum jm_status judge_code(struct jm_redeem *r, const struct jm_pushed *p)
{
    bool fits;

    if (!jm_bytes_eq(p->client, r->client->sub) || memcmp(p->instance, r->client->jkt, 32) != 0 ||
        (p->has_jkt && memcmp(p->jkt, r->dpop->jkt, 32) != 0))
        return refuse_code(r, JM_OAUTH_CODE_BINDING);
    if (!jm_bytes_eq(p->redirect_uri, r->in->redirect_uri))
        return refuse_code(r, JM_OAUTH_REDIRECT_OTHER);
    JM_TRY(verifier_fits(&fits, r, p));
    return fits ? JM_OK : refuse_code(r, JM_OAUTH_PKCE_WRONG);
}

static enum jm_status find_pushed(struct jm_tx *tx, struct jm_redeem *r, struct jm_pushed *p)
{
    enum jm_status st = jm_case_by_grant_code(tx, r->secret_hash, &r->c, r->mem);

    if (st == JM_OK)
        st = jm_pushed_rows_of_case(tx, &r->c.id, p, r->mem);
    return st == JM_E_ABSENT ? refuse_code(r, JM_OAUTH_CODE) : st;
}

/* What the code gave ends: its tokens, and the case that has no card yet, so that a request for
 * copies that is being answered commits nothing. */
static enum jm_status end_given(struct jm_tx *tx, struct jm_redeem *r)
{
    JM_TRY(jm_token_rows_end_of(tx, &r->c.id));
    if (r->c.state == JM_CASE_CODE_OK)
        JM_TRY(jm_case_end(tx, &r->c.id, JM_CASE_CODE_OK, JM_CASE_CANCELLED, "CODE_USED"));
    return refuse_code(r, JM_OAUTH_CODE_USED);
}

/* RFC 6749 4.1.2: who redeems a code twice has lost it, or is somebody else with all its keys: what
 * it gave ends. */
static enum jm_status redeem_code_tx(struct jm_tx *tx, void *arg)
{
    struct jm_redeem *r = arg;
    struct jm_pushed p;
    enum jm_case_state at;

    r->refusal = JM_CODE_NONE;
    JM_TRY(find_pushed(tx, r, &p));
    if (r->refusal == JM_CODE_NONE)
        JM_TRY(judge_code(r, &p));
    if (r->refusal != JM_CODE_NONE)
        return JM_OK;
    at = jm_case_state_at(&r->c, jm_tx_now(tx));
    if (r->c.state == JM_CASE_CODE_OK || at == JM_CASE_ISSUED)
        return end_given(tx, r);
    if (at != JM_CASE_SCANNED || jm_tx_now(tx) >= r->c.scan_by)
        return refuse_code(r, JM_OAUTH_CODE);
    JM_TRY(jm_case_move(tx, &r->c.id, JM_CASE_SCANNED, JM_CASE_CODE_OK));
    r->grant.desk_case = r->c.id;
    r->grant.has_case = true;
    r->grant.scope = p.scope;
    r->grant.details = p.details;
    return jm_redeem_tokens_in(tx, r, true);
}

enum jm_status jm_redeem_code(struct jm_redeem *r, struct jm_diag *d)
{
    const struct jm_token_req *in = r->in;

    if (in->code.ptr == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_OAUTH_PARAMETER, "code");
    if (in->redirect_uri.ptr == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_OAUTH_PARAMETER, "redirect_uri");
    if (in->match_code.ptr != NULL) /* I-03: sent, and not expected */
        return jm_refuse(d, JM_E_MALFORMED, JM_OAUTH_PARAMETER, "tx_code is not expected");
    JM_TRY(jm_sha256(r->is->base.env.crypto, in->code, r->secret_hash));
    JM_TRY(jm_tx_run(&r->is->base.env, redeem_code_tx, r));
    return r->refusal == JM_CODE_NONE ? JM_OK : jm_refuse(d, JM_E_DENIED, r->refusal, NULL);
}
