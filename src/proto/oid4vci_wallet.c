/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's engine: offer → bind → (match code) → token → batches. Each step replays its book;
 * see jumin/book.h. */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/mdoc.h"
#include "jumin/oid4vci.h"
#include "jumin/sdjwt.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

enum jm_status jm_vci_init(struct jm_vci *e, const struct jm_vci_config *config, void *room,
                           size_t len)
{
    size_t quarter = len / 4 & ~(size_t)15;

    memset(e, 0, sizeof *e);
    if (len < 2 * JM_MIB)
        return JM_E_NO_SPACE;
    e->config = *config;
    jm_arena_init(&e->keep, room, quarter);
    jm_arena_init(&e->scratch, (uint8_t *)room + quarter, 2 * quarter);
    jm_arena_init(&e->booked, (uint8_t *)room + 3 * quarter, quarter);
    jm_book_init(&e->book, &e->booked);
    e->credential =
        JM_NEW_N(&e->keep, struct jm_vci_credential, (size_t)JM_VCI_ROUNDS_MAX * JM_VCI_BATCH_MAX);
    e->state = JM_VCI_NEW;
    e->after_token = JM_VCI_ISSUING;
    return e->credential == NULL ? JM_E_NO_SPACE : JM_OK;
}

static enum jm_status refuse(struct jm_vci *e, enum jm_status st, enum jm_code code,
                             const char *what)
{
    return jm_refuse(&e->diag, st, code, what);
}

/* -- exchanges -- */

struct wire {
    struct jm_http_ask h;
    struct jm_http_answer r;
    const struct jm_json *json; /* of the body, null if it is none */
};

static enum jm_status exchange(struct jm_vci *e, const struct jm_answers *a, struct wire *x,
                               enum jm_code unreachable)
{
    enum jm_status st;

    if (!jm_url_allowed(x->h.url, e->config.trust->synthetic))
        return refuse(e, JM_E_DENIED, unreachable, "the address is not https");
    st = a->http(a->ctx, &x->h, &x->r, &e->scratch);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return refuse(e, JM_E_UNAVAILABLE, unreachable, "the server does not answer");
    if (jm_json_parse(&x->json, x->r.body, &e->scratch, NULL) != JM_OK)
        x->json = NULL;
    return JM_OK;
}

static void header(struct wire *x, const char *name, struct jm_bytes v)
{
    x->h.headers[x->h.n_headers].name = name;
    x->h.headers[x->h.n_headers++].value = v;
}

/* Keeps what the server said, for the holder's eyes: error and description, or nothing. */
static enum jm_status server_refused(struct jm_vci *e, const struct wire *x, enum jm_code code,
                                     const char *what)
{
    struct jm_bytes error, text;

    if (x->r.status >= 500)
        return refuse(e, JM_E_UNAVAILABLE, JM_WALLET_SERVER_UNAVAILABLE,
                      "the server has a defect or is overloaded");
    if (jm_json_text(&error, x->json, "error", JM_VCI_ID_MAX) == JM_OK) {
        if (jm_json_opt_text(&text, x->json, "error_description", JM_VCI_DESCRIPTION_MAX) != JM_OK)
            text = jm_none();
        const struct jm_bytes parts[] = {error, JM_BYTES(": "), text};
        JM_TRY(jm_concat(&e->server_says, &e->keep, parts, text.len == 0 ? 1 : 3));
    }
    return refuse(e, JM_E_DENIED, code, what);
}

static enum jm_status random_text(struct jm_vci *e, const struct jm_answers *a,
                                  struct jm_bytes *out)
{
    uint8_t r[16];

    JM_TRY(a->random(a->ctx, r, sizeof r));
    return jm_b64url_encode(out, &e->scratch, jm_bytes(r, sizeof r));
}

static enum jm_status sign_jws(struct jm_vci *e, const struct jm_answers *a,
                               const struct jm_jws_draft *d, struct jm_bytes key,
                               struct jm_bytes *token)
{
    uint8_t sig[JM_SIG_LEN];

    JM_TRY(a->sign(a->ctx, JM_ALG_ES256, key, d->to_sign, sig));
    return jm_jws_finish(token, d, sig, &e->scratch);
}

/* -- the provider: attestation of the instance, and of keys -- */

static enum jm_status provider_url(struct jm_vci *e, const char *path, struct jm_bytes *out)
{
    const struct jm_bytes parts[] = {e->s.provider, jm_str(path)};

    return jm_concat(out, &e->scratch, parts, 2);
}

static enum jm_status provider_challenge(struct jm_vci *e, const struct jm_answers *a,
                                         struct jm_bytes *challenge)
{
    struct wire x = {.h = {.verb = JM_HTTP_POST,
                           .content_type = "application/json",
                           .body = JM_BYTES("{}"),
                           .max_len = 16 * JM_KIB}};

    JM_TRY(provider_url(e, "/provider/challenge", &x.h.url));
    JM_TRY(exchange(e, a, &x, JM_WALLET_PROVIDER));
    if (x.r.status != 200 ||
        jm_json_text(challenge, x.json, "challenge", JM_NONCE_TEXT_MAX) != JM_OK)
        return server_refused(e, &x, JM_WALLET_PROVIDER, "the wallet provider gives no challenge");
    return JM_OK;
}

/* @p n keys from @p first on; 0: the instance alone. */
static enum jm_status attest(struct jm_vci *e, const struct jm_answers *a, struct jm_bytes nonce,
                             size_t first, size_t n, struct jm_bytes *client, struct jm_bytes *keys)
{
    struct wire x = {
        .h = {.verb = JM_HTTP_POST, .content_type = "application/json", .max_len = 256 * JM_KIB}};
    struct jm_bytes challenge, token;
    struct jm_jws_draft d;
    struct jm_json_w w;
    char jkt[44];
    struct jm_buf b;

    JM_TRY(provider_challenge(e, a, &challenge));
    JM_TRY(jm_jwk_thumbprint_text(jkt, e->config.crypto, &e->config.instance.point));
    JM_TRY(jm_instance_proof_begin(&d, &e->config.instance.point, e->s.provider, challenge,
                                   e->config.platform, nonce, e->at_s, &e->scratch));
    JM_TRY(sign_jws(e, a, &d, e->config.instance.handle, &token));
    JM_TRY(jm_alloc_buf(&b, &e->scratch, 64 + token.len + n * 1024));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "proof", token);
    if (n > 0) {
        jm_json_w_name(&w, "keys");
        jm_json_w_open(&w, '[');
        for (size_t i = first; i < first + n; i++) {
            JM_TRY(jm_instance_key_proof_begin(&d, &e->config.key[i].point, challenge, jm_str(jkt),
                                               &e->scratch));
            JM_TRY(sign_jws(e, a, &d, e->config.key[i].handle, &token));
            jm_json_w_text(&w, token);
        }
        jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    x.h.body = jm_written(b);
    JM_TRY(provider_url(e, "/provider/attest", &x.h.url));
    JM_TRY(exchange(e, a, &x, JM_WALLET_PROVIDER));
    if (x.r.status != 200 ||
        jm_json_text(client, x.json, "client_attestation", JM_JWT_MAX) != JM_OK ||
        (n > 0 && jm_json_text(keys, x.json, "key_attestation", JM_JWT_MAX) != JM_OK))
        return server_refused(e, &x, JM_WALLET_PROVIDER, "the wallet provider does not attest");
    return JM_OK;
}

/* OAuth-Client-Attestation and its PoP; a challenge of the server where it runs an endpoint for
 * them. */
static enum jm_status add_client(struct jm_vci *e, const struct jm_answers *a, struct wire *to)
{
    struct wire c = {
        .h = {.verb = JM_HTTP_POST, .url = e->s.challenge_endpoint, .max_len = 16 * JM_KIB}};
    struct jm_bytes challenge = jm_none(), jti, pop;
    struct jm_jws_unverified u;
    const struct jm_json *own;
    struct jm_jws_draft d;
    struct jm_bytes sub;

    if (e->s.challenge_endpoint.len != 0) {
        JM_TRY(exchange(e, a, &c, JM_WALLET_SERVER_UNAVAILABLE));
        if (c.r.status != 200 ||
            jm_json_text(&challenge, c.json, "attestation_challenge", JM_NONCE_TEXT_MAX) != JM_OK)
            return server_refused(e, &c, JM_WALLET_METADATA, "no attestation challenge");
    }
    JM_TRY(random_text(e, a, &jti));
    /* Our own attestation: read for its sub, which names the product. */
    if (jm_jws_split(&u, e->s.attestation, NULL, &e->scratch, NULL) != JM_OK ||
        jm_json_parse(&own, u.payload, &e->scratch, NULL) != JM_OK ||
        jm_json_text(&sub, own, "sub", JM_CLIENT_SUB_MAX) != JM_OK)
        return refuse(e, JM_E_DENIED, JM_WALLET_PROVIDER, "the attestation cannot be read");
    const struct jm_pop_spec pop_spec = {sub, e->s.issuer, jti, challenge, e->at_s};
    JM_TRY(jm_pop_begin(&d, &pop_spec, &e->scratch));
    JM_TRY(sign_jws(e, a, &d, e->config.instance.handle, &pop));
    header(to, "OAuth-Client-Attestation", e->s.attestation);
    header(to, "OAuth-Client-Attestation-PoP", pop);
    return JM_OK;
}

static enum jm_status add_dpop(struct jm_vci *e, const struct jm_answers *a, struct wire *to,
                               struct jm_bytes access_token, struct jm_bytes nonce)
{
    struct jm_dpop_spec s = {e->config.dpop.point, "POST", to->h.url, {NULL, 0}, nonce,
                             access_token,         e->at_s};
    struct jm_bytes proof;
    struct jm_jws_draft d;

    JM_TRY(random_text(e, a, &s.jti));
    JM_TRY(jm_dpop_begin(&d, &s, e->config.crypto, &e->scratch));
    JM_TRY(sign_jws(e, a, &d, e->config.dpop.handle, &proof));
    header(to, "DPoP", proof);
    return JM_OK;
}

/* -- step 1: the offer, without a word about ourselves -- */

static enum jm_status read_ticket(struct jm_vci *e, const struct jm_answers *a,
                                  const struct jm_vci_offer *offer)
{
    struct jm_anchors ca;
    struct jm_bytes jti;

    if (offer->ticket.ptr == NULL)
        return refuse(e, JM_E_DENIED, JM_WALLET_TICKET_MISSING, "the offer carries no desk ticket");
    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_METADATA_CA, e->issuer.id, jm_none(),
                            e->at_s, &e->scratch));
    JM_TRY(jm_vci_ticket_read(&jti, offer, &ca, e->at_s, a, &e->scratch, &e->diag));
    e->s.jti = jti;
    return JM_OK;
}

static bool under(struct jm_bytes url, struct jm_bytes base)
{
    return jm_bytes_starts(url, base) &&
           (url.len == base.len || url.ptr[base.len] == '/' || base.ptr[base.len - 1] == '/');
}

static enum jm_status read_offer(struct jm_vci *e, struct jm_vci_offer *o,
                                 const struct jm_json *json)
{
    JM_TRY(jm_vci_offer_read(o, json, &e->diag));
    if (o->code.ptr == NULL)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_FORM,
                      "not an offer with a pre-authorized code");
    e->s.issuer = o->issuer;
    e->s.code = o->code;
    e->s.tx_code = o->tx_code;
    for (e->s.n = 0; e->s.n < o->n; e->s.n++)
        e->s.configuration[e->s.n].id = o->id[e->s.n];
    if (jm_trust_issuer_by_uri(&e->issuer, e->config.trust, e->s.issuer) != JM_OK)
        return refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN, "the issuer is not registered");
    if (!under(e->s.offer_uri, e->s.issuer))
        return refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                      "the offer lies elsewhere than its issuer");
    return JM_OK;
}

static enum jm_status read_offer_uri(struct jm_vci *e)
{
    struct jm_bytes by_value;

    JM_TRY(jm_vci_offer_uri(&e->s.offer_uri, &by_value, e->url, &e->keep, &e->diag));
    return by_value.ptr == NULL
               ? JM_OK
               : refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_URI, "an offer by reference is wanted");
}

static enum jm_status fetch_offer(struct jm_vci *e, const struct jm_answers *a, bool bind,
                                  struct wire *x)
{
    *x = (struct wire){.h = {.verb = JM_HTTP_GET,
                             .url = e->s.offer_uri,
                             .accept = "application/json",
                             .max_len = JM_VCI_OFFER_MAX}};
    if (bind)
        JM_TRY(add_client(e, a, x));
    JM_TRY(exchange(e, a, x, JM_WALLET_OFFER_FETCH));
    if (x->r.status == 409)
        return refuse(e, JM_E_CONFLICT, JM_WALLET_TICKET_TAKEN,
                      "another phone has taken this ticket");
    if (x->r.status == 404 || x->r.status == 410)
        return refuse(e, JM_E_GONE, JM_WALLET_OFFER_GONE, "the offer has ended");
    if (x->r.status != 200)
        return server_refused(e, x, JM_WALLET_OFFER_FETCH, "the offer is refused");
    return x->json != NULL
               ? JM_OK
               : refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_FORM, "the offer is no JSON");
}

/* Copies every view of the saved facts into memory that stays. */
static enum jm_status keep_saved(struct jm_vci *e)
{
    struct jm_vci_saved *s = &e->s;
    struct jm_bytes *all[] = {&s->issuer,
                              &s->code,
                              &s->jti,
                              &s->offer_uri,
                              &s->token_endpoint,
                              &s->challenge_endpoint,
                              &s->nonce_endpoint,
                              &s->credential_endpoint,
                              &s->provider,
                              &s->attestation,
                              &s->refresh_token,
                              &s->deletion_endpoint};

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++)
        if (all[i]->ptr != NULL)
            JM_TRY(jm_dup(all[i], &e->keep, *all[i]));
    for (size_t i = 0; i < s->n; i++) {
        JM_TRY(jm_dup(&s->configuration[i].id, &e->keep, s->configuration[i].id));
        JM_TRY(jm_dup(&s->configuration[i].type, &e->keep, s->configuration[i].type));
    }
    return JM_OK;
}

static enum jm_status step_offer(struct jm_vci *e)
{
    struct jm_answers a = jm_book_answers(&e->book);
    struct jm_bytes uri = e->s.offer_uri;
    struct jm_vci_offer offer;
    struct wire x;

    memset(&e->s, 0, sizeof e->s);
    e->s.offer_uri = uri;
    JM_TRY(fetch_offer(e, &a, false, &x));
    JM_TRY(read_offer(e, &offer, x.json));
    JM_TRY(read_ticket(e, &a, &offer));
    JM_TRY(keep_saved(e));
    e->state = JM_VCI_BINDING;
    return JM_OK;
}

/* -- step 2: metadata, attestation, binding -- */

static enum jm_status endpoint(struct jm_vci *e, struct jm_bytes *out, const struct jm_json *meta,
                               const char *name, bool needed)
{
    enum jm_status st = jm_json_opt_text(out, meta, name, JM_URL_MAX);

    if (st != JM_OK || (out->ptr == NULL && needed) ||
        (out->ptr != NULL && !jm_url_allowed(*out, e->config.trust->synthetic)))
        return refuse(e, JM_E_DENIED, JM_WALLET_METADATA, name);
    return JM_OK;
}

static enum jm_status read_configuration(struct jm_vci *e, struct jm_vci_configuration *c,
                                         const struct jm_json *meta, struct jm_diag *d)
{
    const struct jm_json *j =
        jm_json_get_b(jm_json_get(meta, "credential_configurations_supported"), c->id);
    struct jm_bytes format;
    int64_t max = 1;

    if (jm_json_str(&format, j, "format") != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA,
                         "the offered card is not in the metadata");
    if (!jm_bytes_eq_str(format, "mso_mdoc") && !jm_bytes_eq_str(format, "dc+sd-jwt"))
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA,
                         "the offered card is in a format that is not known");
    c->fmt = jm_bytes_eq_str(format, "mso_mdoc") ? JM_FMT_MDOC : JM_FMT_SDJWT;
    if (jm_json_text(&c->type, j, c->fmt == JM_FMT_MDOC ? "doctype" : "vct", JM_VCI_ID_MAX) !=
        JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA, "doctype or vct is missing");
    if (!jm_issuer_serves(&e->issuer, c->fmt, c->type))
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                         "the issuer is not registered for this card");
    if (jm_json_int(&max, jm_json_get(jm_json_get(meta, "batch_credential_issuance"),
                                      "batch_size")) != JM_OK ||
        max < 1)
        max = 1;
    c->batch_max = (size_t)max;
    return JM_OK;
}

/* What this wallet does not know is passed over; of nothing that is left the first reason is told.
 */
static enum jm_status read_configurations(struct jm_vci *e, const struct jm_json *meta)
{
    struct jm_diag why = {0};
    size_t n = 0;

    for (size_t i = 0; i < e->s.n; i++)
        if (read_configuration(e, &e->s.configuration[i], meta, &why) == JM_OK)
            e->s.configuration[n++] = e->s.configuration[i];
    e->s.n = n;
    return n > 0 ? JM_OK : refuse(e, JM_E_DENIED, why.code, (const char *)why.detail.ptr);
}

/* A document that is there and says whose it is; a server that is away, or a login page in its
 * place, is not another issuer. */
static enum jm_status metadata_there(struct jm_vci *e, const struct wire *x, const char *name,
                                     const char *other)
{
    struct jm_bytes v;

    if (x->r.status >= 500)
        return server_refused(e, x, JM_WALLET_METADATA, "the metadata are not to be had");
    if (x->r.status != 200)
        return refuse(e, JM_E_UNAVAILABLE, JM_WALLET_METADATA, "the metadata are not there");
    if (x->json == NULL || x->json->type != JM_JSON_OBJECT)
        return refuse(e, JM_E_UNAVAILABLE, JM_WALLET_METADATA, "what is there is no JSON object");
    if (jm_json_str(&v, x->json, name) != JM_OK || !jm_bytes_eq(v, e->s.issuer))
        return refuse(e, JM_E_DENIED, JM_WALLET_METADATA, other);
    return JM_OK;
}

static enum jm_status fetch_metadata(struct jm_vci *e, const struct jm_answers *a)
{
    struct wire x = {.h = {.verb = JM_HTTP_GET,
                           .accept = "application/json",
                           .max_len = JM_VCI_METADATA_MAX}},
                as = x;

    JM_TRY(jm_url_well_known(&x.h.url, &e->scratch, e->s.issuer, "openid-credential-issuer"));
    JM_TRY(exchange(e, a, &x, JM_WALLET_METADATA));
    JM_TRY(metadata_there(e, &x, "credential_issuer", "credential_issuer is another"));
    JM_TRY(endpoint(e, &e->s.credential_endpoint, x.json, "credential_endpoint", true));
    JM_TRY(endpoint(e, &e->s.nonce_endpoint, x.json, "nonce_endpoint", true));
    JM_TRY(endpoint(e, &e->s.deletion_endpoint, x.json, "jumin_deletion_endpoint", false));
    JM_TRY(read_configurations(e, x.json));
    JM_TRY(jm_url_well_known(&as.h.url, &e->scratch, e->s.issuer, "oauth-authorization-server"));
    JM_TRY(exchange(e, a, &as, JM_WALLET_METADATA));
    JM_TRY(metadata_there(e, &as, "issuer", "issuer of the authorization server is another"));
    JM_TRY(endpoint(e, &e->s.token_endpoint, as.json, "token_endpoint", true));
    return endpoint(e, &e->s.challenge_endpoint, as.json, "challenge_endpoint", false);
}

static enum jm_status step_bind(struct jm_vci *e)
{
    struct jm_answers a = jm_book_answers(&e->book);
    struct jm_wallet_record provider;
    struct jm_vci_saved kept = e->s;
    struct jm_bytes none;
    struct wire x;
    char jkt[44];
    enum jm_status st;

    if (jm_trust_any_wallet(&provider, e->config.trust) != JM_OK)
        return refuse(e, JM_E_UNAVAILABLE, JM_WALLET_PROVIDER, "no wallet provider is registered");
    e->s.provider = provider.base;
    st = fetch_metadata(e, &a);
    if (st == JM_OK)
        st = attest(e, &a, jm_none(), 0, 0, &e->s.attestation, &none);
    if (st == JM_OK)
        st = fetch_offer(e, &a, true, &x);
    if (st != JM_OK) {
        e->s = kept; /* views into what is about to be dropped */
        return st;
    }
    JM_TRY(jm_jwk_thumbprint_text(jkt, e->config.crypto, &e->config.instance.point));
    JM_TRY(jm_ticket_sign(e->s.sign, e->s.jti, jm_str(jkt), e->config.crypto));
    JM_TRY(keep_saved(e));
    e->state = JM_VCI_BOUND;
    return JM_OK;
}

/* -- step 3: token -- */

static enum jm_status token_form(struct jm_vci *e, struct jm_bytes *out)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch,
                        1024 + 3 * (e->s.code.len + e->s.refresh_token.len + e->code_typed.len)));
    if (e->s.refresh_token.len != 0) {
        JM_TRY(jm_form_put(&b, "grant_type", JM_BYTES("refresh_token")));
        JM_TRY(jm_form_put(&b, "refresh_token", e->s.refresh_token));
    } else {
        JM_TRY(jm_form_put(&b, "grant_type", JM_BYTES(JM_GRANT_PRE_AUTHORIZED)));
        JM_TRY(jm_form_put(&b, "pre-authorized_code", e->s.code));
        if (e->s.tx_code)
            JM_TRY(jm_form_put(&b, "tx_code", e->code_typed));
    }
    *out = jm_written(b);
    return JM_OK;
}

static bool says(const struct wire *x, const char *error)
{
    return jm_json_is_str(jm_json_get(x->json, "error"), error);
}

static enum jm_status token_refused(struct jm_vci *e, const struct wire *x)
{
    struct jm_bytes text;

    if (jm_json_text(&text, x->json, "error_description", JM_VCI_DESCRIPTION_MAX) == JM_OK) {
        if (jm_bytes_find(text, JM_BYTES("ticket_taken")) != SIZE_MAX)
            return server_refused(e, x, JM_WALLET_TICKET_TAKEN,
                                  "another phone has taken this ticket");
        if (jm_bytes_find(text, JM_BYTES("JM_VCI_TX_CODE_WRONG")) != SIZE_MAX)
            return server_refused(e, x, JM_WALLET_MATCH_CODE_WRONG, "the match code is wrong");
    }
    return server_refused(e, x, JM_WALLET_TOKEN_REFUSED, "the token is refused");
}

static enum jm_status add_round(struct jm_vci *e, size_t configuration, struct jm_bytes identifier)
{
    struct jm_vci_round *r = &e->round[e->n_rounds];

    if (e->n_rounds == JM_VCI_ROUNDS_MAX)
        return refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED,
                      "more cards at once than this wallet takes");
    r->configuration = configuration;
    r->identifier = jm_none();
    if (identifier.ptr != NULL)
        JM_TRY(jm_dup(&r->identifier, &e->keep, identifier));
    e->n_rounds++;
    return JM_OK;
}

static enum jm_status add_identifiers(struct jm_vci *e, size_t configuration,
                                      const struct jm_json *ids)
{
    if (ids == NULL || ids->type != JM_JSON_ARRAY || ids->n == 0)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                      "authorization_details without credential_identifiers");
    for (const struct jm_json *i = ids->child; i != NULL; i = i->next) {
        if (i->type != JM_JSON_STRING || i->text.len == 0 || i->text.len > JM_VCI_ID_MAX)
            return refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                          "a credential identifier is no text, or too long");
        JM_TRY(add_round(e, configuration, i->text));
    }
    return JM_OK;
}

/* OpenID4VCI 1.0 6.2, 8.2: a token that names datasets is asked by their names, one request each;
 * else by configuration. */
static enum jm_status plan_rounds(struct jm_vci *e, const struct jm_json *details)
{
    e->n_rounds = e->at_round = 0;
    for (size_t i = 0; i < e->s.n && details == NULL; i++)
        JM_TRY(add_round(e, i, jm_none()));
    if (details != NULL && details->type != JM_JSON_ARRAY)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                      "authorization_details is no array");
    for (const struct jm_json *d = details == NULL ? NULL : details->child; d != NULL; d = d->next)
        for (size_t i = 0; i < e->s.n; i++) {
            const struct jm_json *id = jm_json_get(d, "credential_configuration_id");

            if (id != NULL && id->type == JM_JSON_STRING &&
                jm_bytes_eq(id->text, e->s.configuration[i].id))
                JM_TRY(add_identifiers(e, i, jm_json_get(d, "credential_identifiers")));
        }
    return e->n_rounds > 0
               ? JM_OK
               : refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED, "the token is for other cards");
}

static bool is_dpop(struct jm_bytes type)
{
    struct jm_bytes want = JM_BYTES("dpop");

    if (type.len != want.len)
        return false;
    for (size_t i = 0; i < type.len; i++)
        if ((type.ptr[i] | 0x20) != want.ptr[i])
            return false;
    return true;
}

static enum jm_status step_token(struct jm_vci *e)
{
    struct jm_answers a = jm_book_answers(&e->book);
    struct jm_bytes form, nonce = e->dpop_nonce, token, refresh, type,
                          attestation = e->s.attestation, none;
    struct wire x;

    if (e->s.refresh_token.len != 0) { /* attestations live a day: a refresh takes a new one */
        JM_TRY(attest(e, &a, jm_none(), 0, 0, &attestation, &none));
        e->s.attestation = attestation;
    }
    JM_TRY(token_form(e, &form));
    for (int tries = 0;; tries++) {
        x = (struct wire){.h = {.verb = JM_HTTP_POST,
                                .url = e->s.token_endpoint,
                                .content_type = FORM_TYPE,
                                .accept = "application/json",
                                .body = form,
                                .max_len = 64 * JM_KIB}};
        JM_TRY(add_client(e, &a, &x));
        JM_TRY(add_dpop(e, &a, &x, jm_none(), nonce));
        JM_TRY(exchange(e, &a, &x, JM_WALLET_SERVER_UNAVAILABLE));
        if (tries == 0 && says(&x, "use_dpop_nonce") && x.r.dpop_nonce.len != 0) {
            nonce = x.r.dpop_nonce;
            continue;
        }
        if (tries == 0 && says(&x, "use_attestation_challenge"))
            continue;
        break;
    }
    if (x.r.status != 200)
        return token_refused(e, &x);
    if (jm_json_text(&token, x.json, "access_token", JM_VCI_TOKEN_MAX) != JM_OK ||
        jm_json_opt_text(&refresh, x.json, "refresh_token", JM_VCI_TOKEN_MAX) != JM_OK)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                      "no access token in the answer, or one too long");
    /* RFC 6749 7.1: not to be used then */
    if (jm_json_str(&type, x.json, "token_type") != JM_OK || !is_dpop(type))
        return refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED, "token_type is not DPoP");
    if (e->after_token == JM_VCI_ISSUING)
        JM_TRY(plan_rounds(e, jm_json_get(x.json, "authorization_details")));
    JM_TRY(jm_dup(&e->access_token, &e->keep, token));
    JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, x.r.dpop_nonce.len != 0 ? x.r.dpop_nonce : nonce));
    JM_TRY(jm_dup(&e->s.attestation, &e->keep, e->s.attestation));
    if (refresh.len != 0)
        JM_TRY(jm_dup(&e->s.refresh_token, &e->keep, refresh));
    e->state = e->after_token;
    return JM_OK;
}

/* -- step 4, once a configuration: a batch -- */

static enum jm_status c_nonce(struct jm_vci *e, const struct jm_answers *a, struct jm_bytes *nonce)
{
    struct wire x = {.h = {.verb = JM_HTTP_POST,
                           .url = e->s.nonce_endpoint,
                           .accept = "application/json",
                           .max_len = 16 * JM_KIB}};

    JM_TRY(exchange(e, a, &x, JM_WALLET_SERVER_UNAVAILABLE));
    if (x.r.status != 200 || jm_json_text(nonce, x.json, "c_nonce", JM_NONCE_TEXT_MAX) != JM_OK)
        return server_refused(e, &x, JM_WALLET_METADATA, "no c_nonce");
    return JM_OK;
}

/* A POST with the access token; once more where the server wants a fresh nonce. */
static enum jm_status post_with_token(struct jm_vci *e, const struct jm_answers *a,
                                      struct jm_bytes url, struct jm_bytes body, struct wire *x)
{
    const struct jm_bytes parts[] = {JM_BYTES("DPoP "), e->access_token};
    struct jm_bytes nonce = e->dpop_nonce, authorization;

    JM_TRY(jm_concat(&authorization, &e->scratch, parts, 2));
    for (int tries = 0;; tries++) {
        *x = (struct wire){.h = {.verb = JM_HTTP_POST,
                                 .url = url,
                                 .content_type = "application/json",
                                 .accept = "application/json",
                                 .body = body,
                                 .max_len = JM_VCI_RESPONSE_MAX}};
        header(x, "Authorization", authorization);
        JM_TRY(add_dpop(e, a, x, e->access_token, nonce));
        JM_TRY(exchange(e, a, x, JM_WALLET_SERVER_UNAVAILABLE));
        bool stale = x->r.status == 401 && x->r.dpop_nonce.len != 0 &&
                     jm_bytes_find(x->r.www_authenticate, JM_BYTES("use_dpop_nonce")) != SIZE_MAX;
        if (tries > 0 || !stale)
            return JM_OK;
        nonce = x->r.dpop_nonce;
    }
}

static enum jm_status request_batch(struct jm_vci *e, const struct jm_answers *a,
                                    const struct jm_vci_round *r, struct jm_bytes attestation,
                                    struct wire *x)
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
    return post_with_token(e, a, e->s.credential_endpoint, jm_written(b), x);
}

static size_t key_of(const struct jm_vci *e, const struct jm_point *p, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        if (memcmp(e->config.key[i].point.octets, p->octets, JM_POINT_LEN) == 0)
            return i;
    return SIZE_MAX;
}

/* A wallet keeps nothing that a verifier would refuse: chain, type, digests, signature, and one of
 * the keys just sent. */
static enum jm_status accept_mdoc(struct jm_vci *e, const struct jm_answers *a,
                                  const struct jm_vci_configuration *c,
                                  struct jm_vci_credential *out, struct jm_bytes text, size_t first,
                                  size_t n)
{
    const struct jm_mdoc_verified *v;
    struct jm_mdoc_context x = {0};
    struct jm_mdoc_copy copy;
    struct jm_anchors ca;

    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_IACA, e->issuer.id, c->type, e->at_s,
                            &e->scratch));
    x.now = e->at_s;
    x.anchors = &ca;
    /* the copies are minutes old, and nobody shows them to anybody yet */
    x.policy = JM_MDOC_POLICY_WAIVED;
    x.policy.strict_issuer_form = true;
    x.crypto = e->config.crypto;
    x.schema = e->config.trust->schema;
    x.n_schemas = e->config.trust->n_schemas;
    if (jm_b64url_decode(&out->octets, &e->scratch, text) != JM_OK)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID, "not base64url");
    JM_TRY(jm_mdoc_verify_issuer_signed(&v, out->octets, c->type, &x, a, &e->scratch));
    if (jm_mdoc_claims(v, 0) == NULL)
        return refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                      jm_code_info(jm_report_reason(jm_mdoc_report(v)))->name);
    JM_TRY(jm_mdoc_copy_read(&copy, out->octets, &e->scratch));
    out->key = key_of(e, &copy.device_key, first, n);
    return JM_OK;
}

static enum jm_status accept_sdjwt(struct jm_vci *e, const struct jm_answers *a,
                                   const struct jm_vci_configuration *c,
                                   struct jm_vci_credential *out, struct jm_bytes text,
                                   size_t first, size_t n)
{
    const struct jm_sdjwt_verified *v;
    struct jm_sdjwt_context x = {0};
    struct jm_sdjwt_facts facts;
    struct jm_anchors ca;

    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_SDJWT_CA, e->issuer.id, c->type, e->at_s,
                            &e->scratch));
    x.now = e->at_s;
    x.anchors = &ca;
    x.vct = c->type;
    x.waive_kb = x.waive_status = x.waive_crl = true;
    x.crypto = e->config.crypto;
    JM_TRY(jm_sdjwt_verify(&v, text, &x, a, &e->scratch));
    if (jm_sdjwt_claims(v) == NULL)
        return refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                      jm_code_info(jm_report_reason(jm_sdjwt_report(v)))->name);
    JM_TRY(jm_sdjwt_facts(&facts, jm_sdjwt_claims(v)));
    out->octets = text;
    out->key = key_of(e, &facts.holder, first, n);
    return JM_OK;
}

/* Status lists are not asked for at receipt: the copies are minutes old. */
static enum jm_status find_nothing(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                                   struct jm_arena *mem)
{
    (void)ctx, (void)ask, (void)out, (void)mem;
    return JM_E_UNAVAILABLE;
}

static enum jm_status accept_all(struct jm_vci *e, const struct jm_answers *asks,
                                 const struct jm_vci_configuration *c, const struct jm_json *list,
                                 size_t first, size_t n)
{
    struct jm_vci_credential got[JM_VCI_BATCH_MAX];
    struct jm_answers a = *asks;
    size_t k = 0;

    a.find = find_nothing;
    memset(got, 0, sizeof got);
    for (const struct jm_json *x = list->child; x != NULL; x = x->next, k++) {
        struct jm_bytes text;

        if (jm_json_str(&text, x, "credential") != JM_OK)
            return refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID,
                          "a credential is no text");
        JM_TRY(c->fmt == JM_FMT_MDOC ? accept_mdoc(e, &a, c, &got[k], text, first, n)
                                     : accept_sdjwt(e, &a, c, &got[k], text, first, n));
        if (got[k].key == SIZE_MAX)
            return refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                          "bound to a key that is not ours");
        for (size_t i = 0; i < k; i++)
            if (got[i].key == got[k].key)
                return refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                              "two copies for one key");
    }
    for (size_t i = 0; i < k; i++) {
        struct jm_vci_credential *to = &e->credential[e->n_credentials++];

        *to = got[i];
        to->fmt = c->fmt;
        to->configuration = c->id;
        to->type = c->type;
        JM_TRY(jm_dup(&to->octets, &e->keep, got[i].octets));
    }
    return JM_OK;
}

/* A fresh c_nonce, proofs of the keys with it, and the request. */
static enum jm_status attested_batch(struct jm_vci *e, const struct jm_answers *a,
                                     const struct jm_vci_round *round, size_t first, size_t n,
                                     struct wire *x)
{
    struct jm_bytes nonce, client, attestation;

    JM_TRY(c_nonce(e, a, &nonce));
    JM_TRY(attest(e, a, nonce, first, n, &client, &attestation));
    return request_batch(e, a, round, attestation, x);
}

static enum jm_status step_issue(struct jm_vci *e)
{
    struct jm_answers a = jm_book_answers(&e->book);
    const struct jm_vci_round *round = &e->round[e->at_round];
    const struct jm_vci_configuration *c = &e->s.configuration[round->configuration];
    size_t n = e->config.batch < c->batch_max ? e->config.batch : c->batch_max,
           first = e->at_round * e->config.batch;
    struct jm_bytes loss;
    const struct jm_json *list;
    struct wire x;

    if (n > JM_VCI_BATCH_MAX || first + n > e->config.n_keys)
        return JM_E_BUG;
    JM_TRY(attested_batch(e, &a, round, first, n, &x));
    /* it ran out on the way: once more, with all that hangs on it */
    if (x.r.status == 400 && says(&x, "invalid_nonce"))
        JM_TRY(attested_batch(e, &a, round, first, n, &x));
    if (x.r.status != 200)
        return server_refused(e, &x, JM_WALLET_CREDENTIAL_REFUSED, "the credential is refused");
    list = jm_json_get(x.json, "credentials");
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0 || list->n > n)
        return refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID,
                      "another number of credentials than keys");
    JM_TRY(accept_all(e, &a, c, list, first, n));
    if (jm_json_text(&loss, x.json, "jumin_loss_code", JM_VCI_LOSS_MAX) == JM_OK)
        JM_TRY(jm_dup(&e->loss_code, &e->keep, loss));
    if (x.r.dpop_nonce.len != 0)
        JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, x.r.dpop_nonce));
    if (++e->at_round == e->n_rounds)
        e->state = JM_VCI_DONE;
    return JM_OK;
}

/* -- the holder ends the card -- */

static enum jm_status step_delete(struct jm_vci *e)
{
    struct jm_answers a = jm_book_answers(&e->book);
    struct wire x;

    JM_TRY(post_with_token(e, &a, e->s.deletion_endpoint, JM_BYTES("{}"), &x));
    if (x.r.status != 200)
        return server_refused(e, &x, JM_WALLET_DELETE_REFUSED, "the issuer does not end the card");
    e->state = JM_VCI_DONE;
    return JM_OK;
}

/* -- driving -- */

static enum jm_status run(struct jm_vci *e)
{
    for (;;) {
        enum jm_vci_state before = e->state;
        size_t at = e->at_round;
        enum jm_status st = JM_OK;

        jm_book_rewind(&e->book);
        switch (e->state) {
        case JM_VCI_OFFER: st = step_offer(e); break;
        case JM_VCI_BINDING: st = step_bind(e); break;
        case JM_VCI_TOKEN: st = step_token(e); break;
        case JM_VCI_ISSUING: st = step_issue(e); break;
        case JM_VCI_DELETING: st = step_delete(e); break;
        case JM_VCI_NEW:
        case JM_VCI_BOUND:
        case JM_VCI_DONE:
        case JM_VCI_FAILED: return JM_OK;
        }
        if (st == JM_E_PENDING)
            return JM_OK;
        jm_diag_keep(&e->diag, &e->keep);
        jm_arena_reset(&e->scratch);
        jm_book_clear(&e->book);
        jm_arena_reset(&e->booked);
        /* A wrong match code ends nothing: the code survives at the issuer, the holder may type
         * again. */
        if (st != JM_OK && before == JM_VCI_TOKEN && e->diag.code == JM_WALLET_MATCH_CODE_WRONG) {
            e->state = JM_VCI_BOUND;
            return st;
        }
        if (st != JM_OK) {
            e->state = JM_VCI_FAILED;
            return st;
        }
        if (e->state == before && e->at_round == at)
            return JM_E_BUG;
    }
}

size_t jm_vci_asks(const struct jm_vci *e, const struct jm_ask **asks)
{
    return jm_book_asks(&e->book, asks);
}

enum jm_status jm_vci_answer(struct jm_vci *e, uint32_t id, const struct jm_answer *a, int64_t at_s)
{
    JM_TRY(jm_book_answer(&e->book, id, a));
    jm_arena_reset(&e->scratch);
    (void)at_s; /* a step keeps the time at which it began: replays must not differ */
    return run(e);
}

/* What each state makes of each event; 0: refused. */
static const uint8_t next_state[JM_VCI_FAILED + 1][JM_EVENT_TIMEOUT + 1] = {
    /*                  -  START         MESSAGE       CANCEL         TIMEOUT */
    [JM_VCI_NEW] = {0, JM_VCI_OFFER, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_OFFER] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_BINDING] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_BOUND] = {0, 0, JM_VCI_TOKEN, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_TOKEN] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_ISSUING] = {0, 0, 0, 0, JM_VCI_FAILED},
    [JM_VCI_DELETING] = {0, 0, 0, 0, JM_VCI_FAILED},
    [JM_VCI_DONE] = {0, 0, 0, 0, 0},
    [JM_VCI_FAILED] = {0, 0, 0, 0, 0},
};

enum jm_status jm_vci_event(struct jm_vci *e, enum jm_event ev, struct jm_bytes octets,
                            int64_t at_s)
{
    enum jm_vci_state to;

    if ((unsigned)e->state > JM_VCI_FAILED || (unsigned)ev > JM_EVENT_TIMEOUT)
        return JM_E_BUG;
    to = (enum jm_vci_state)next_state[e->state][ev];
    if ((int)to == 0)
        return JM_E_CONFLICT;
    e->at_s = at_s;
    memset(&e->diag, 0, sizeof e->diag);
    e->server_says = jm_none();
    if (to == JM_VCI_FAILED) {
        jm_book_clear(&e->book);
        e->state = to;
        return JM_OK;
    }
    if (ev == JM_EVENT_START) {
        JM_TRY(jm_dup(&e->url, &e->keep, octets));
        if (read_offer_uri(e) != JM_OK) {
            e->state = JM_VCI_FAILED;
            return JM_E_MALFORMED;
        }
    } else {
        JM_TRY(jm_dup(&e->code_typed, &e->keep, octets));
    }
    e->state = to;
    return run(e);
}

enum jm_status jm_vci_load(struct jm_vci *e, const struct jm_vci_saved *saved)
{
    if (e->state != JM_VCI_NEW)
        return JM_E_CONFLICT;
    e->s = *saved;
    JM_TRY(keep_saved(e));
    if (jm_trust_issuer_by_uri(&e->issuer, e->config.trust, e->s.issuer) != JM_OK)
        return refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN, "the issuer is not registered");
    e->state = JM_VCI_BOUND;
    return JM_OK;
}

static enum jm_status with_refresh_token(struct jm_vci *e, const struct jm_vci_saved *saved,
                                         enum jm_vci_state then, int64_t at_s)
{
    JM_TRY(jm_vci_load(e, saved));
    if (e->s.refresh_token.len == 0 || (then == JM_VCI_DELETING && e->s.deletion_endpoint.len == 0))
        return JM_E_CONFLICT;
    e->at_s = at_s;
    e->after_token = then;
    e->state = JM_VCI_TOKEN;
    return run(e);
}

enum jm_status jm_vci_refresh(struct jm_vci *e, const struct jm_vci_saved *saved, int64_t at_s)
{
    return with_refresh_token(e, saved, JM_VCI_ISSUING, at_s);
}

enum jm_status jm_vci_delete(struct jm_vci *e, const struct jm_vci_saved *saved, int64_t at_s)
{
    return with_refresh_token(e, saved, JM_VCI_DELETING, at_s);
}

enum jm_vci_state jm_vci_state(const struct jm_vci *e)
{
    return e->state;
}

const char *jm_vci_sign(const struct jm_vci *e)
{
    return e->s.sign;
}

const struct jm_diag *jm_vci_diag(const struct jm_vci *e)
{
    return &e->diag;
}

struct jm_bytes jm_vci_server_says(const struct jm_vci *e)
{
    return e->server_says;
}

const struct jm_vci_saved *jm_vci_saved_of(const struct jm_vci *e)
{
    return &e->s;
}

enum jm_status jm_vci_result(struct jm_vci_result *out, const struct jm_vci *e)
{
    memset(out, 0, sizeof *out);
    if (e->state != JM_VCI_DONE)
        return JM_E_CONFLICT;
    *out = (struct jm_vci_result){e->s.issuer,  e->issuer.name, e->s.refresh_token,
                                  e->loss_code, e->credential,  e->n_credentials};
    return JM_OK;
}
