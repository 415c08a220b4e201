/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of credential issuer and authorization server, from the profiles. */
#include <string.h>

#include "service/issuance/parts.h"

static enum jm_status url_of(struct jm_bytes *out, const struct jm_issuer *is, const char *path,
                             struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {is->id, jm_str(path)};

    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

/* -- of the credential issuer -- */

struct display {
    struct jm_bytes name;
    const char *locale;
};
JM_MSG(display, display, false, JM_FIELD(display, name, "name", STR, 0, 0),
       JM_FIELD(display, locale, "locale", WORD, 0, 0));

struct claim {
    struct jm_msg_list path;
    bool mandatory;
};
JM_MSG(claim, claim, false, JM_FIELD(claim, path, "path", TEXTS, 0, 0),
       JM_FIELD(claim, mandatory, "mandatory", BOOL, 0, 0));

struct about {
    struct jm_msg_list display, claims;
};
JM_MSG(about, about, false, JM_FIELD_OF(about, display, "display", LIST, display),
       JM_FIELD_OF(about, claims, "claims", LIST, claim));

#define PROOF                                                                            \
    "{\"proof_signing_alg_values_supported\":[\"ES256\"],\"key_attestations_required\":" \
    "{\"key_storage\":[\"urn:jumin:key-level:1\",\"urn:jumin:key-level:2\","             \
    "\"urn:jumin:key-level:3\"]}}"

struct configuration {
    struct jm_bytes id, doctype, vct, algs, binding;
    const char *format;
    struct about about;
};
JM_MSG(configuration, configuration, false, JM_FIELD(configuration, format, "format", WORD, 0, 0),
       JM_FIELD(configuration, doctype, "doctype", STR, 0, JM_MSG_OPT),
       JM_FIELD(configuration, vct, "vct", STR, 0, JM_MSG_OPT),
       JM_FIELD(configuration, id, "scope", STR, 0, 0),
       JM_FIELD(configuration, algs, "credential_signing_alg_values_supported", VALUE, 0, 0),
       JM_FIELD(configuration, binding, "cryptographic_binding_methods_supported", VALUE, 0, 0),
       JM_FIXED("proof_types_supported", "{\"jwt\":" PROOF ",\"attestation\":" PROOF "}"),
       JM_FIELD_OF(configuration, about, "credential_metadata", OBJECT, about));

struct batch {
    int64_t size;
};
JM_MSG(batch, batch, false, JM_FIELD(batch, size, "batch_size", INT, 0, 0));

#define ENCS "\"enc_values_supported\":[\"A128GCM\",\"A256GCM\"],\"encryption_required\":false}"
#define RESPONSE_ENCRYPTION "{\"alg_values_supported\":[\"ECDH-ES\"]," ENCS

struct metadata {
    struct jm_bytes sub, issuer, credential, deferred, nonce, notification, deletion, orders,
        takeover;
    struct jm_bytes request_encryption; /* JSON */
    int64_t iat, exp;                   /* with sub: in the signed one */
    struct batch batch;
    struct jm_msg_list display, configurations;
};
#define METADATA(member, wire, kind, flags) JM_FIELD(metadata, member, wire, kind, 0, flags)
static const struct jm_msg_field jm_issuer_metadata_res_fields[] = {
    METADATA(sub, "sub", STR, JM_MSG_OPT),
    METADATA(iat, "iat", INT, JM_MSG_OPT),
    METADATA(exp, "exp", INT, JM_MSG_OPT),
    METADATA(issuer, "credential_issuer", STR, 0),
    METADATA(credential, "credential_endpoint", STR, 0),
    METADATA(deferred, "deferred_credential_endpoint", STR, 0),
    METADATA(nonce, "nonce_endpoint", STR, 0),
    METADATA(request_encryption, "credential_request_encryption", VALUE, 0),
    JM_FIXED("credential_response_encryption", RESPONSE_ENCRYPTION),
    METADATA(notification, "notification_endpoint", STR, 0),
    METADATA(deletion, "jumin_deletion_endpoint", STR, 0),
    METADATA(orders, "jumin_orders_endpoint", STR, 0),
    METADATA(takeover, "jumin_takeover_endpoint", STR, 0),
    JM_FIELD_OF(metadata, batch, "batch_credential_issuance", OBJECT, batch),
    JM_FIELD_OF(metadata, display, "display", LIST, display),
    JM_FIELD_OF(metadata, configurations, "credential_configurations_supported", MAP,
                configuration),
};
const struct jm_msg jm_issuer_metadata_res = JM_MSG_DEF(jm_issuer_metadata_res, metadata, false);

static enum jm_status list_display(struct jm_msg_list *out, const struct jm_profile *p,
                                   struct jm_arena *mem)
{
    struct display *d = JM_NEW_N(mem, struct display, 2);

    if (d == NULL)
        return JM_E_NO_SPACE;
    d[0] = (struct display){p->name_ko, "ko-KR"};
    d[1] = (struct display){p->name_en, "en-US"};
    *out = (struct jm_msg_list){d, 2};
    return JM_OK;
}

static enum jm_status list_claims(struct jm_msg_list *out, const struct jm_profile *p, bool mdoc,
                                  struct jm_arena *mem)
{
    struct claim *c = JM_NEW_N(mem, struct claim, p->n);
    struct jm_bytes *path = JM_NEW_N(mem, struct jm_bytes, 2 * p->n);

    if (c == NULL || path == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < p->n; i++, path += 2) {
        const struct jm_profile_claim *e = &p->claim[i];

        path[0] = e->ns;
        path[1] = e->id;
        c[i].path = mdoc ? (struct jm_msg_list){path, 2} : (struct jm_msg_list){e->path, e->n_path};
        c[i].mandatory = !e->optional;
    }
    *out = (struct jm_msg_list){c, p->n};
    return JM_OK;
}

static enum jm_status describe_type(struct configuration *c, const struct jm_profile *p, bool mdoc,
                                    struct jm_arena *mem)
{
    *c = mdoc ? (struct configuration){.id = p->mdoc_configuration,
                                       .format = "mso_mdoc",
                                       .doctype = p->doctype,
                                       .algs = JM_BYTES("[-7]"),
                                       .binding = JM_BYTES("[\"cose_key\"]")}
              : (struct configuration){.id = p->sdjwt_configuration,
                                       .format = "dc+sd-jwt",
                                       .vct = p->vct,
                                       .algs = JM_BYTES("[\"ES256\"]"),
                                       .binding = JM_BYTES("[\"jwk\"]")};
    JM_TRY(list_display(&c->about.display, p, mem));
    return list_claims(&c->about.claims, p, mdoc, mem);
}

static enum jm_status describe_encryption(struct jm_bytes *out, const struct jm_exchange *x,
                                          struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 512));
    JM_TRY(jm_buf_put(&b, JM_BYTES("{\"jwks\":{\"keys\":[")));
    jm_json_w_init(&w, &b);
    jm_jwk_write(&w, &x->point, jm_str(x->kid), "enc", "ECDH-ES");
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_buf_put(&b, JM_BYTES("]}," ENCS)));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status describe_issuer(struct metadata *m, const struct jm_issuer *is,
                                      struct jm_arena *mem)
{
    const struct jm_profile *first = jm_profile_of(&is->types, jm_none());
    struct configuration *c = JM_NEW_N(mem, struct configuration, 2 * is->types.n);

    if (c == NULL)
        return JM_E_NO_SPACE;
    *m = (struct metadata){.issuer = is->id,
                           .batch = {first->batch},
                           .configurations = {c, 2 * is->types.n}};
    JM_TRY(url_of(&m->credential, is, "/credential", mem));
    JM_TRY(url_of(&m->deferred, is, "/deferred_credential", mem));
    JM_TRY(url_of(&m->nonce, is, "/nonce", mem));
    JM_TRY(describe_encryption(&m->request_encryption, &is->exchange, mem));
    JM_TRY(url_of(&m->notification, is, "/notification", mem));
    JM_TRY(url_of(&m->deletion, is, "/card/deletion", mem));
    JM_TRY(url_of(&m->orders, is, "/orders", mem));
    JM_TRY(url_of(&m->takeover, is, "/takeover", mem));
    for (size_t i = 0; i < m->configurations.n; i++)
        JM_TRY(describe_type(&c[i], &is->types.profile[i / 2], i % 2 == 0, mem));
    return list_display(&m->display, first, mem);
}

enum jm_status jm_issuance_metadata(struct jm_issuer *is, struct jm_arena *mem)
{
    struct jm_bytes header, payload;
    struct jm_jws_draft d;
    struct jm_sig sig;
    struct metadata m;

    JM_TRY(describe_issuer(&m, is, mem));
    JM_TRY(jm_msg_text(&is->metadata_json, &jm_issuer_metadata_res, &m, mem));
    m.sub = is->id;
    m.iat = jm_env_now(&is->base.env);
    m.exp = m.iat + 86400;
    JM_TRY(jm_msg_text(&payload, &jm_issuer_metadata_res, &m, mem));
    JM_TRY(jm_jws_header(&header, "openidvci-issuer-metadata+jwt", NULL, is->metadata.der,
                         is->metadata.n, mem));
    JM_TRY(jm_jws_begin(&d, header, payload, mem));
    JM_TRY(jm_sign_one(&is->base.env, JM_PURPOSE_METADATA, d.to_sign, &sig));
    return jm_jws_finish(&is->metadata_signed, &d, jm_sig_bytes(&sig), mem);
}

/* -- of the authorization server -- */

#define SERVER(member, wire, kind) JM_FIELD(jm_as_metadata, member, wire, kind, 0, 0)
static const struct jm_msg_field jm_as_metadata_res_fields[] = {
    SERVER(issuer, "issuer", STR),
    SERVER(authorization, "authorization_endpoint", STR),
    SERVER(par, "pushed_authorization_request_endpoint", STR),
    JM_FIXED("require_pushed_authorization_requests", "true"),
    SERVER(token, "token_endpoint", STR),
    SERVER(challenge, "challenge_endpoint", STR),
    SERVER(renewal, "jumin_renewal_endpoint", STR),
    JM_FIELD(jm_as_metadata, tap, "jumin_tap_endpoint", STR, 0, JM_MSG_OPT),
    JM_FIXED("grant_types_supported",
             "[\"authorization_code\",\"" JM_GRANT_PRE_AUTHORIZED "\",\"refresh_token\"]"),
    JM_FIXED("response_types_supported", "[\"code\"]"),
    JM_FIXED("response_modes_supported", "[\"query\"]"),
    JM_FIXED("code_challenge_methods_supported", "[\"S256\"]"),
    JM_FIXED("authorization_details_types_supported", "[\"openid_credential\"]"),
    JM_FIXED("authorization_response_iss_parameter_supported", "true"),
    JM_FIXED("ui_locales_supported", "[\"ko\",\"en\"]"),
    JM_FIXED("token_endpoint_auth_methods_supported", "[\"attest_jwt_client_auth\"]"),
    JM_FIXED("client_attestation_signing_alg_values_supported", "[\"ES256\"]"),
    JM_FIXED("client_attestation_pop_signing_alg_values_supported", "[\"ES256\"]"),
    JM_FIXED("dpop_signing_alg_values_supported", "[\"ES256\"]"),
    SERVER(scopes, "scopes_supported", TEXTS),
    JM_FIXED("pre-authorized_grant_anonymous_access_supported", "false"),
};
const struct jm_msg jm_as_metadata_res = JM_MSG_DEF(jm_as_metadata_res, jm_as_metadata, false);

enum jm_status jm_issuance_as_metadata(struct jm_as_metadata *out, const struct jm_issuer *is,
                                       struct jm_arena *mem)
{
    struct jm_bytes *scope = JM_NEW_N(mem, struct jm_bytes, 2 * is->types.n);

    if (scope == NULL)
        return JM_E_NO_SPACE;
    out->issuer = is->id;
    out->scopes = (struct jm_msg_list){scope, 2 * is->types.n};
    for (size_t i = 0; i < is->types.n; i++) {
        scope[2 * i] = is->types.profile[i].mdoc_configuration;
        scope[2 * i + 1] = is->types.profile[i].sdjwt_configuration;
    }
    JM_TRY(url_of(&out->authorization, is, "/authorize", mem));
    if (is->card.n != 0)
        JM_TRY(url_of(&out->tap, is, "/tap", mem));
    JM_TRY(url_of(&out->renewal, is, "/renewal", mem));
    JM_TRY(url_of(&out->par, is, "/par", mem));
    JM_TRY(url_of(&out->token, is, "/token", mem));
    return url_of(&out->challenge, is, "/challenge", mem);
}
