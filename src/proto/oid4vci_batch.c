/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of copies, once a round: a nonce, proofs of the keys with it, the request. */
#include "proto/oid4vci_engine.h"

static enum jm_status c_nonce(struct jm_vci *e, const struct jm_answers *a, struct jm_bytes *nonce)
{
    struct jm_vci_wire x = {.h = {.verb = JM_HTTP_POST,
                                  .url = e->s.nonce_endpoint,
                                  .accept = "application/json",
                                  .max_len = 16 * JM_KIB}};

    JM_TRY(jm_vci_exchange(e, a, &x, JM_WALLET_SERVER_UNAVAILABLE));
    if (x.r.status != 200 || jm_json_text(nonce, x.json, "c_nonce", JM_NONCE_TEXT_MAX) != JM_OK)
        return jm_vci_server_refused(e, &x, JM_WALLET_METADATA, "no c_nonce");
    return JM_OK;
}

static enum jm_status request_batch(struct jm_vci *e, const struct jm_answers *a,
                                    const struct jm_vci_round *r, struct jm_bytes attestation,
                                    struct jm_vci_wire *x)
{
    struct jm_bytes id =
        r->identifier.ptr != NULL ? r->identifier : e->s.configuration[r->configuration].id;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch, 512 + attestation.len + 6 * id.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w,
                    r->identifier.ptr != NULL ? "credential_identifier"
                                              : "credential_configuration_id",
                    id);
    jm_json_w_name(&w, "proofs");
    jm_json_w_open(&w, '{');
    jm_json_w_name(&w, "attestation");
    jm_json_w_open(&w, '[');
    jm_json_w_text(&w, attestation);
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    if (e->config.new_loss_code && e->at_round == 0)
        jm_json_w_mbool(&w, "jumin_new_loss_code", true);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    return jm_vci_post_with_token(e, a, e->s.credential_endpoint, jm_written(b), x);
}

/* A fresh c_nonce, proofs of the keys with it, and the request. */
static enum jm_status attested_batch(struct jm_vci *e, const struct jm_answers *a,
                                     const struct jm_vci_round *round, struct jm_vci_span sent,
                                     struct jm_vci_wire *x)
{
    struct jm_bytes nonce, client, attestation;

    JM_TRY(c_nonce(e, a, &nonce));
    JM_TRY(jm_vci_attest(e, a, nonce, sent, &client, &attestation));
    return request_batch(e, a, round, attestation, x);
}

enum jm_status jm_vci_step_batch(struct jm_vci *e, const struct jm_answers *a)
{
    const struct jm_vci_round *round = &e->round[e->at_round];
    const struct jm_vci_configuration *c = &e->s.configuration[round->configuration];
    const struct jm_vci_span sent = {e->at_round * e->config.batch, e->config.batch < c->batch_max
                                                                        ? e->config.batch
                                                                        : c->batch_max};
    struct jm_bytes loss;
    const struct jm_json *list;
    struct jm_vci_wire x;

    if (sent.n > JM_VCI_BATCH_MAX || sent.first + sent.n > e->config.n_keys)
        return JM_E_BUG;
    JM_TRY(attested_batch(e, a, round, sent, &x));
    /* it ran out on the way: once more, with all that hangs on it */
    if (x.r.status == 400 && jm_vci_says(&x, "invalid_nonce"))
        JM_TRY(attested_batch(e, a, round, sent, &x));
    if (x.r.status != 200)
        return jm_vci_issuer_refused(e, &x, JM_WALLET_CREDENTIAL_REFUSED,
                                     "the credential is refused");
    list = jm_json_get(x.json, "credentials");
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0 || list->n > sent.n)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID,
                             "another number of credentials than keys");
    JM_TRY(jm_vci_accept(e, a, c, list, sent));
    if (jm_json_text(&loss, x.json, "jumin_loss_code", JM_VCI_LOSS_MAX) == JM_OK)
        JM_TRY(jm_dup(&e->loss_code, &e->keep, loss));
    if (x.r.dpop_nonce.len != 0)
        JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, x.r.dpop_nonce));
    if (++e->at_round == e->n_rounds)
        e->state = JM_VCI_DONE;
    return JM_OK;
}
