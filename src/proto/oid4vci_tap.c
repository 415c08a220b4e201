/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization-code flow by the tap of an IC resident card (spec/iccard.md 3): the request is
 * pushed, the chip's channel opened with the holder's PIN, the issuer's commands carried to it and
 * its answers back. What they say stays between chip and issuer. */
#include "proto/oid4vci_engine.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define JSON_TYPE "application/json"

void jm_vci_forget_pin(struct jm_vci *e)
{
    jm_card_reader_end(&e->door.reader);
    jm_wipe(e->door.pin, sizeof e->door.pin);
    jm_wipe(e->door.can, sizeof e->door.can);
}

/* What the authority says of card or person is the reason, in its own words for programs. */
static enum jm_status tap_refused(struct jm_vci *e, const struct jm_vci_wire *x, const char *what)
{
    enum jm_code code = jm_vci_code_of(x);
    struct jm_bytes name = jm_str(jm_code_info(code)->name);
    bool own = jm_bytes_starts(name, JM_BYTES("JM_CARD_")) ||
               jm_bytes_starts(name, JM_BYTES("JM_ELIG_")) || code == JM_VCI_RENEW_EARLY;

    return jm_vci_issuer_refused(e, x, own && x->r.status < 500 ? code : JM_WALLET_TAP_REFUSED,
                                 what);
}

/* -- pushed, and a tap begun -- */

/* All that was offered, with a blank between. */
static enum jm_status scope_of(struct jm_vci *e, struct jm_bytes *out)
{
    struct jm_buf b;
    size_t room = 1;

    for (size_t i = 0; i < e->s.n; i++)
        room += e->s.configuration[i].id.len + 1;
    JM_TRY(jm_alloc_buf(&b, &e->scratch, room));
    for (size_t i = 0; i < e->s.n; i++) {
        if (i > 0)
            JM_TRY(jm_buf_put(&b, JM_BYTES(" ")));
        JM_TRY(jm_buf_put(&b, e->s.configuration[i].id));
    }
    *out = jm_written(b);
    return JM_OK;
}

/* Our own attestation names the product, which is the client. */
static enum jm_status client_of(struct jm_vci *e, struct jm_bytes *sub)
{
    struct jm_jws_unverified u;
    const struct jm_json *own;

    return jm_jws_split(&u, e->s.attestation, NULL, &e->scratch, NULL) == JM_OK &&
                   jm_json_parse(&own, u.payload, &e->scratch, NULL) == JM_OK &&
                   jm_json_text(sub, own, "sub", JM_CLIENT_SUB_MAX) == JM_OK
               ? JM_OK
               : jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_PROVIDER,
                               "the attestation cannot be read");
}

static enum jm_status par_form(struct jm_vci *e, struct jm_bytes *out)
{
    struct jm_bytes scope, sub, challenge;
    uint8_t hash[32];
    struct jm_buf b;

    JM_TRY(scope_of(e, &scope));
    JM_TRY(client_of(e, &sub));
    JM_TRY(jm_sha256(e->config.crypto, e->door.verifier, hash));
    JM_TRY(jm_b64url_encode(&challenge, &e->scratch, jm_bytes(hash, sizeof hash)));
    JM_TRY(jm_alloc_buf(&b, &e->scratch, 1024 + 3 * (scope.len + sub.len)));
    JM_TRY(jm_form_put(&b, "response_type", JM_BYTES("code")));
    JM_TRY(jm_form_put(&b, "client_id", sub));
    JM_TRY(jm_form_put(&b, "redirect_uri", JM_BYTES(JM_VCI_TAP_REDIRECT)));
    JM_TRY(jm_form_put(&b, "code_challenge", challenge));
    JM_TRY(jm_form_put(&b, "code_challenge_method", JM_BYTES("S256")));
    JM_TRY(jm_form_put(&b, "scope", scope));
    JM_TRY(jm_form_put(&b, "state", e->door.state));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status push_request(struct jm_vci *e, const struct jm_answers *a,
                                   struct jm_bytes *nonce, struct jm_bytes *request_uri)
{
    struct jm_bytes form;
    struct jm_vci_wire x;

    JM_TRY(par_form(e, &form));
    JM_TRY(jm_vci_post_as_client(e, a, e->door.par, FORM_TYPE, form, nonce, &x));
    if (x.r.status != 201)
        return tap_refused(e, &x, "the request is refused");
    return jm_json_text(request_uri, x.json, "request_uri", JM_URL_MAX) == JM_OK
               ? JM_OK
               : jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_METADATA, "no request_uri");
}

/* The keys of the first batch are said beforehand: no other takes their place. */
static enum jm_status tap_body(struct jm_vci *e, struct jm_bytes request_uri, struct jm_bytes *out)
{
    size_t n = e->config.batch < e->config.n_keys ? e->config.batch : e->config.n_keys;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch, 256 + 6 * request_uri.len + 48 * n));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "request_uri", request_uri);
    jm_json_w_mopen(&w, "keys", '[');
    for (size_t i = 0; i < n; i++) {
        char jkt[44];

        JM_TRY(jm_jwk_thumbprint_text(jkt, e->config.crypto, &e->config.key[i].point));
        jm_json_w_text(&w, jm_str(jkt));
    }
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

static enum jm_status begin_tap(struct jm_vci *e, const struct jm_answers *a,
                                struct jm_bytes *dpop_nonce, struct jm_bytes request_uri)
{
    struct jm_bytes body, tap, nonce;
    struct jm_vci_wire x;

    JM_TRY(tap_body(e, request_uri, &body));
    JM_TRY(jm_vci_post_as_client(e, a, e->door.tap, JSON_TYPE, body, dpop_nonce, &x));
    if (x.r.status != 201)
        return tap_refused(e, &x, "the tap is refused");
    if (jm_json_text(&tap, x.json, "tap", 64) != JM_OK ||
        jm_json_text(&nonce, x.json, "nonce", 64) != JM_OK)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_METADATA, "no tap");
    const struct jm_bytes parts[] = {e->door.tap, JM_BYTES("/"), tap};
    JM_TRY(jm_concat(&e->door.at, &e->keep, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_dup(&e->door.nonce, &e->keep, nonce));
    return jm_dup(&e->dpop_nonce, &e->keep, *dpop_nonce);
}

/* RFC 9207: whose answer it is, and whose request: a code of somebody else's is none (I-07). */
static enum jm_status take_code(struct jm_vci *e, const struct jm_vci_wire *x)
{
    struct jm_bytes iss, state, code;

    if (jm_json_text(&iss, x->json, "iss", JM_URL_MAX) != JM_OK || !jm_bytes_eq(iss, e->s.issuer) ||
        jm_json_text(&state, x->json, "state", 64) != JM_OK || !jm_bytes_eq(state, e->door.state))
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_TAP_REFUSED,
                             "the answer is of another issuer or request");
    if (jm_json_text(&code, x->json, "code", JM_VCI_CODE_MAX) != JM_OK)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_METADATA, "no code");
    return jm_dup(&e->door.code, &e->keep, code);
}

/* D-250: of the phone that has the card nothing more is asked. */
static enum jm_status ask_renewal(struct jm_vci *e, const struct jm_answers *a,
                                  struct jm_bytes *nonce, struct jm_bytes request_uri)
{
    struct jm_vci_wire x;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch, 64 + 6 * request_uri.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "request_uri", request_uri);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_vci_post_as_client(e, a, e->door.renewal, JSON_TYPE, jm_written(b), nonce, &x));
    if (x.r.status != 200)
        return tap_refused(e, &x, "the renewal is refused");
    JM_TRY(take_code(e, &x));
    return jm_dup(&e->dpop_nonce, &e->keep, *nonce);
}

enum jm_status jm_vci_step_door(struct jm_vci *e, const struct jm_answers *a)
{
    const struct jm_vci_span no_keys = {0, 0};
    struct jm_bytes none, nonce = e->dpop_nonce, request_uri;
    struct jm_wallet_record provider;

    if (jm_trust_any_wallet(&provider, e->config.trust) != JM_OK)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, JM_WALLET_PROVIDER,
                             "no wallet provider is registered");
    e->s.provider = provider.base;
    JM_TRY(jm_vci_fetch_metadata(e, a));
    JM_TRY(jm_vci_attest(e, a, jm_none(), no_keys, &e->s.attestation, &none));
    JM_TRY(jm_vci_random_text(e, a, 32, &e->door.verifier));
    JM_TRY(jm_vci_random_text(e, a, 16, &e->door.state));
    JM_TRY(push_request(e, a, &nonce, &request_uri));
    JM_TRY(e->door.renews ? ask_renewal(e, a, &nonce, request_uri)
                          : begin_tap(e, a, &nonce, request_uri));
    if ((e->door.reader_room = jm_alloc(&e->keep, JM_VCI_READER_ROOM, 16)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_vci_keep_saved(e));
    JM_TRY(jm_dup(&e->door.verifier, &e->keep, e->door.verifier));
    JM_TRY(jm_dup(&e->door.state, &e->keep, e->door.state));
    e->state = e->door.renews ? JM_VCI_TOKEN : JM_VCI_TAP;
    return JM_OK;
}

/* -- the card -- */

enum jm_status jm_vci_step_card(struct jm_vci *e)
{
    const struct jm_diag *why = jm_card_reader_diag(&e->door.reader);
    enum jm_card_reader_state at = jm_card_reader_state(&e->door.reader);

    if (at == JM_READER_BUSY)
        return JM_E_PENDING;
    if (at == JM_READER_FAILED) {
        jm_wipe(e->door.pin, sizeof e->door.pin);
        jm_wipe(e->door.can, sizeof e->door.can);
        return jm_vci_refuse(e,
                             jm_code_info(why->code)->class_ == JM_CLASS_UNAVAILABLE
                                 ? JM_E_UNAVAILABLE
                                 : JM_E_DENIED,
                             why->code, NULL);
    }
    if (at == JM_READER_READY && e->state == JM_VCI_CARD) {
        jm_wipe(e->door.pin, sizeof e->door.pin); /* the channel is open */
        jm_wipe(e->door.can, sizeof e->door.can);
        e->state = JM_VCI_OPENING;
        return JM_OK;
    }
    if (at != JM_READER_DONE)
        return JM_E_BUG;
    e->state = JM_VCI_FINISHING;
    return JM_OK;
}

static enum jm_status door_url(struct jm_vci *e, const char *end, struct jm_bytes *out)
{
    const struct jm_bytes parts[] = {e->door.at, jm_str(end)};

    return jm_concat(out, &e->scratch, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status put_octets(struct jm_vci *e, struct jm_json_w *w, struct jm_bytes octets)
{
    struct jm_bytes text;

    JM_TRY(jm_b64url_encode(&text, &e->scratch, octets));
    jm_json_w_text(w, text);
    return JM_OK;
}

static enum jm_status open_body(struct jm_vci *e, struct jm_bytes *out)
{
    struct jm_bytes dg14 = jm_card_reader_file(&e->door.reader, JM_EF_DG14),
                    sod = jm_card_reader_file(&e->door.reader, JM_EF_SOD);
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch, 256 + 2 * (dg14.len + sod.len)));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "nonce", e->door.nonce);
    jm_json_w_name(&w, "dg14");
    JM_TRY(put_octets(e, &w, dg14));
    jm_json_w_name(&w, "sod");
    JM_TRY(put_octets(e, &w, sod));
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

static enum jm_status read_commands(struct jm_vci *e, const struct jm_json *list,
                                    struct jm_bytes out[JM_CARD_SCRIPT_MAX], size_t *n)
{
    *n = 0;
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_CARD_SCRIPT_MAX)
        return JM_E_MALFORMED;
    for (const struct jm_json *i = list->child; i != NULL; i = i->next)
        if (i->type != JM_JSON_STRING ||
            jm_b64url_decode(&out[(*n)++], &e->scratch, i->text) != JM_OK)
            return JM_E_MALFORMED;
    return JM_OK;
}

enum jm_status jm_vci_step_opening(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_bytes url, body, nonce, dpop = e->dpop_nonce, wrap[JM_CARD_SCRIPT_MAX],
                                      opaque[JM_CARD_SCRIPT_MAX];
    size_t n_wrap, n_opaque;
    struct jm_vci_wire x;

    JM_TRY(door_url(e, "/open", &url));
    JM_TRY(open_body(e, &body));
    JM_TRY(jm_vci_post_as_client(e, a, url, JSON_TYPE, body, &dpop, &x));
    if (x.r.status != 200)
        return tap_refused(e, &x, "the card is not accepted");
    if (jm_json_text(&nonce, x.json, "nonce", 64) != JM_OK ||
        read_commands(e, jm_json_get(x.json, "wrap"), wrap, &n_wrap) != JM_OK ||
        read_commands(e, jm_json_get(x.json, "opaque"), opaque, &n_opaque) != JM_OK)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_METADATA, "no script");
    JM_TRY(jm_dup(&e->door.nonce, &e->keep, nonce));
    JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, dpop));
    (void)!jm_card_reader_script(&e->door.reader, wrap, n_wrap, opaque, n_opaque);
    e->state = JM_VCI_SCRIPT;
    return JM_OK;
}

static enum jm_status finish_body(struct jm_vci *e, struct jm_bytes *out)
{
    size_t n, room = 256;
    const struct jm_bytes *rapdu = jm_card_reader_rapdus(&e->door.reader, &n);
    struct jm_json_w w;
    struct jm_buf b;

    for (size_t i = 0; i < n; i++)
        room += 2 * rapdu[i].len + 8;
    JM_TRY(jm_alloc_buf(&b, &e->scratch, room));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "nonce", e->door.nonce);
    jm_json_w_mopen(&w, "rapdus", '[');
    for (size_t i = 0; i < n; i++)
        JM_TRY(put_octets(e, &w, rapdu[i]));
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

enum jm_status jm_vci_step_finishing(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_bytes url, body, dpop = e->dpop_nonce;
    struct jm_vci_wire x;

    JM_TRY(door_url(e, "/finish", &url));
    JM_TRY(finish_body(e, &body));
    JM_TRY(jm_vci_post_as_client(e, a, url, JSON_TYPE, body, &dpop, &x));
    if (x.r.status != 200)
        return tap_refused(e, &x, "the card is not accepted");
    JM_TRY(take_code(e, &x));
    JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, dpop));
    jm_vci_forget_pin(e);
    e->state = JM_VCI_TOKEN;
    return JM_OK;
}
