/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of credential issuer and authorization server: built once, from the profile. */
#include <string.h>

#include "service/issuance/parts.h"

#define METADATA_MAX (64 * JM_KIB)

static void member_url(struct jm_json_w *w, const struct jm_issuer *is, const char *name,
                       const char *path, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {is->id, jm_str(path)};
    struct jm_bytes url;

    if (jm_concat(&url, mem, parts, 2) != JM_OK)
        w->st = JM_E_NO_SPACE;
    else
        jm_json_w_mtext(w, name, url);
}

static void put_display(struct jm_json_w *w, const struct jm_profile *p)
{
    jm_json_w_mopen(w, "display", '[');
    for (int i = 0; i < 2; i++) {
        jm_json_w_open(w, '{');
        jm_json_w_mtext(w, "name", i == 0 ? p->name_ko : p->name_en);
        jm_json_w_mstr(w, "locale", i == 0 ? "ko-KR" : "en-US");
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static void put_claims(struct jm_json_w *w, const struct jm_profile *p, bool mdoc)
{
    jm_json_w_mopen(w, "claims", '[');
    for (size_t i = 0; i < p->n; i++) {
        jm_json_w_open(w, '{');
        jm_json_w_mopen(w, "path", '[');
        if (mdoc) {
            jm_json_w_text(w, p->claim[i].ns);
            jm_json_w_text(w, p->claim[i].id);
        }
        for (size_t k = 0; !mdoc && k < p->claim[i].n_path; k++)
            jm_json_w_text(w, p->claim[i].path[k]);
        jm_json_w_close(w, ']');
        jm_json_w_mbool(w, "mandatory", !p->claim[i].optional);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static void put_configuration(struct jm_json_w *w, const struct jm_profile *p, bool mdoc)
{
    static const char proof[] =
        "{\"proof_signing_alg_values_supported\":[\"ES256\"],\"key_attestations_required\":{\"key_"
        "storage\":["
        "\"urn:jumin:key-level:1\",\"urn:jumin:key-level:2\",\"urn:jumin:key-level:3\"]}}";
    struct jm_bytes id = mdoc ? p->mdoc_configuration : p->sdjwt_configuration;

    jm_json_w_name_b(w, id);
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "format", mdoc ? "mso_mdoc" : "dc+sd-jwt");
    jm_json_w_mtext(w, mdoc ? "doctype" : "vct", mdoc ? p->doctype : p->vct);
    jm_json_w_mtext(w, "scope", id);
    jm_json_w_mraw(w, "credential_signing_alg_values_supported",
                   mdoc ? JM_BYTES("[-7]") : JM_BYTES("[\"ES256\"]"));
    jm_json_w_mraw(w, "cryptographic_binding_methods_supported",
                   mdoc ? JM_BYTES("[\"cose_key\"]") : JM_BYTES("[\"jwk\"]"));
    jm_json_w_mopen(w, "proof_types_supported", '{');
    jm_json_w_mraw(w, "jwt", jm_str(proof));
    jm_json_w_mraw(w, "attestation", jm_str(proof));
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "credential_metadata", '{');
    put_display(w, p);
    put_claims(w, p, mdoc);
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

static void put_members(struct jm_json_w *w, struct jm_issuer *is, struct jm_arena *mem)
{
    jm_json_w_mtext(w, "credential_issuer", is->id);
    member_url(w, is, "credential_endpoint", "/credential", mem);
    member_url(w, is, "nonce_endpoint", "/nonce", mem);
    member_url(w, is, "jumin_deletion_endpoint", "/card/deletion", mem);
    jm_json_w_mopen(w, "batch_credential_issuance", '{');
    jm_json_w_mint(w, "batch_size", jm_profile_of(&is->types, jm_none())->batch);
    jm_json_w_close(w, '}');
    put_display(w, jm_profile_of(&is->types, jm_none()));
    jm_json_w_mopen(w, "credential_configurations_supported", '{');
    for (size_t i = 0; i < is->types.n; i++) {
        put_configuration(w, &is->types.profile[i], true);
        put_configuration(w, &is->types.profile[i], false);
    }
    jm_json_w_close(w, '}');
}

enum jm_status jm_issuance_metadata(struct jm_issuer *is, struct jm_arena *mem)
{
    int64_t now = jm_env_now(&is->base.env);
    struct jm_bytes header;
    struct jm_jws_draft d;
    uint8_t sig[JM_SIG_LEN];
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, METADATA_MAX));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    put_members(&w, is, mem);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    is->metadata_json = jm_written(b);
    JM_TRY(jm_alloc_buf(&b, mem, METADATA_MAX + JM_KIB));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "sub", is->id);
    jm_json_w_mint(&w, "iat", now);
    jm_json_w_mint(&w, "exp", now + 86400);
    put_members(&w, is, mem);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_jws_header(&header, "openidvci-issuer-metadata+jwt", NULL, is->metadata.der,
                         is->metadata.n, mem));
    JM_TRY(jm_jws_begin(&d, header, jm_written(b), mem));
    JM_TRY(jm_sign_one(&is->base.env, JM_PURPOSE_METADATA, d.to_sign, sig));
    return jm_jws_finish(&is->metadata_signed, &d, sig, mem);
}

enum jm_status jm_issuance_as_metadata(const struct jm_issuer *is, struct jm_bytes *out,
                                       struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 4 * JM_KIB));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "issuer", is->id);
    member_url(&w, is, "token_endpoint", "/token", mem);
    member_url(&w, is, "challenge_endpoint", "/challenge", mem);
    jm_json_w_mraw(&w, "grant_types_supported",
                   JM_BYTES("[\"" JM_GRANT_PRE_AUTHORIZED "\",\"refresh_token\"]"));
    jm_json_w_mraw(&w, "response_types_supported", JM_BYTES("[]"));
    jm_json_w_mraw(&w, "token_endpoint_auth_methods_supported",
                   JM_BYTES("[\"attest_jwt_client_auth\"]"));
    jm_json_w_mraw(&w, "client_attestation_signing_alg_values_supported", JM_BYTES("[\"ES256\"]"));
    jm_json_w_mraw(&w, "client_attestation_pop_signing_alg_values_supported",
                   JM_BYTES("[\"ES256\"]"));
    jm_json_w_mraw(&w, "dpop_signing_alg_values_supported", JM_BYTES("[\"ES256\"]"));
    jm_json_w_mopen(&w, "scopes_supported", '[');
    for (size_t i = 0; i < is->types.n; i++) {
        jm_json_w_text(&w, is->types.profile[i].mdoc_configuration);
        jm_json_w_text(&w, is->types.profile[i].sdjwt_configuration);
    }
    jm_json_w_close(&w, ']');
    jm_json_w_mbool(&w, "pre-authorized_grant_anonymous_access_supported", false);
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}
