/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet provider: attestation of the instance, and of keys. */
#include "proto/oid4vci_engine.h"

static enum jm_status provider_url(struct jm_vci *e, const char *path, struct jm_bytes *out)
{
    const struct jm_bytes parts[] = {e->s.provider, jm_str(path)};

    return jm_concat(out, &e->scratch, parts, 2);
}

static enum jm_status provider_challenge(struct jm_vci *e, const struct jm_answers *a,
                                         struct jm_bytes *challenge)
{
    struct jm_vci_wire x = {.h = {.verb = JM_HTTP_POST,
                                  .content_type = "application/json",
                                  .body = JM_BYTES("{}"),
                                  .max_len = 16 * JM_KIB}};

    JM_TRY(provider_url(e, "/provider/challenge", &x.h.url));
    JM_TRY(jm_vci_exchange(e, a, &x, JM_WALLET_PROVIDER));
    if (x.r.status != 200 ||
        jm_json_text(challenge, x.json, "challenge", JM_NONCE_TEXT_MAX) != JM_OK)
        return jm_vci_server_refused(e, &x, JM_WALLET_PROVIDER,
                                     "the wallet provider gives no challenge");
    return JM_OK;
}

/* @p n keys from @p first on; 0: the instance alone. */
enum jm_status jm_vci_attest(struct jm_vci *e, const struct jm_answers *a, struct jm_bytes nonce,
                             struct jm_vci_span sent, struct jm_bytes *client,
                             struct jm_bytes *keys)
{
    struct jm_vci_wire x = {
        .h = {.verb = JM_HTTP_POST, .content_type = "application/json", .max_len = 256 * JM_KIB}};
    struct jm_bytes challenge, token;
    struct jm_jws_draft d;
    struct jm_json_w w;
    char jkt[44];
    struct jm_buf b;

    JM_TRY(provider_challenge(e, a, &challenge));
    JM_TRY(jm_jwk_thumbprint_text(jkt, e->config.crypto, &e->config.instance.point));
    const struct jm_instance_proof_spec proof = {e->config.instance.point, e->s.provider, challenge,
                                                 e->config.platform,       nonce,         e->at_s};
    JM_TRY(jm_instance_proof_begin(&d, &proof, &e->scratch));
    JM_TRY(jm_vci_sign_jws(e, a, &d, e->config.instance.handle, &token));
    JM_TRY(jm_alloc_buf(&b, &e->scratch, 64 + token.len + sent.n * 1024));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "proof", token);
    if (sent.n > 0) {
        jm_json_w_name(&w, "keys");
        jm_json_w_open(&w, '[');
        for (size_t i = sent.first; i < sent.first + sent.n; i++) {
            JM_TRY(jm_instance_key_proof_begin(&d, &e->config.key[i].point, challenge, jm_str(jkt),
                                               &e->scratch));
            JM_TRY(jm_vci_sign_jws(e, a, &d, e->config.key[i].handle, &token));
            jm_json_w_text(&w, token);
        }
        jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    x.h.body = jm_written(b);
    JM_TRY(provider_url(e, "/provider/attest", &x.h.url));
    JM_TRY(jm_vci_exchange(e, a, &x, JM_WALLET_PROVIDER));
    if (x.r.status != 200 ||
        jm_json_text(client, x.json, "client_attestation", JM_JWT_MAX) != JM_OK ||
        (sent.n > 0 && jm_json_text(keys, x.json, "key_attestation", JM_JWT_MAX) != JM_OK))
        return jm_vci_server_refused(e, &x, JM_WALLET_PROVIDER,
                                     "the wallet provider does not attest");
    return JM_OK;
}
