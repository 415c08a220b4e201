/* SPDX-License-Identifier: Apache-2.0 */
#include "asks.h"

#include <string.h>

#include "jumin/base64.h"

/* -- octets -- */

void jm_wasm_put_octets(struct jm_json_w *w, const char *name, struct jm_bytes octets)
{
    jm_json_w_name(w, name);
    jm_json_w_b64url(w, octets);
}

enum jm_status jm_wasm_octets(struct jm_bytes *out, const struct jm_json *obj, const char *name,
                              struct jm_arena *mem)
{
    struct jm_bytes text;

    JM_TRY(jm_json_str(&text, obj, name));
    return jm_b64url_decode(out, mem, text) == JM_OK ? JM_OK : JM_E_MALFORMED;
}

/* -- asks -- */

static void put_http(struct jm_json_w *w, const struct jm_http_ask *h)
{
    jm_json_w_mstr(w, "method", h->verb == JM_HTTP_POST ? "POST" : "GET");
    jm_json_w_mtext(w, "url", h->url);
    if (h->content_type != NULL)
        jm_json_w_mstr(w, "content_type", h->content_type);
    if (h->accept != NULL)
        jm_json_w_mstr(w, "accept", h->accept);
    jm_wasm_put_octets(w, "body", h->body);
    jm_json_w_mopen(w, "headers", '[');
    for (size_t i = 0; i < h->n_headers; i++) {
        jm_json_w_open(w, '[');
        jm_json_w_text(w, jm_str(h->headers[i].name));
        jm_json_w_text(w, h->headers[i].value);
        jm_json_w_close(w, ']');
    }
    jm_json_w_close(w, ']');
    jm_json_w_mint(w, "max_len", (int64_t)h->max_len);
    jm_json_w_mint(w, "timeout_ms", h->timeout_ms);
    jm_json_w_mint(w, "moves", h->moves);
}

static void put_both(struct jm_json_w *w, const char *name, const struct jm_i18n *t)
{
    jm_json_w_mopen(w, name, '{');
    jm_json_w_mtext(w, "ko", t->ko);
    jm_json_w_mtext(w, "en", t->en);
    jm_json_w_close(w, '}');
}

static void put_consent(struct jm_json_w *w, const struct jm_question *q)
{
    const struct jm_consent *c = q->consent;

    jm_json_w_mint(w, "badge", c->badge);
    put_both(w, "who", &c->who);
    put_both(w, "purpose", &c->purpose);
    jm_json_w_mtext(w, "rp", c->rp);
    jm_json_w_mtext(w, "use", c->use);
    jm_json_w_mtext(w, "legal_basis", c->legal_basis);
    jm_json_w_mtext(w, "privacy_uri", c->privacy_uri);
    jm_json_w_mint(w, "retention_days", c->retention_days);
    jm_json_w_mtext(w, "client_id", q->client_id);
    jm_json_w_mbool(w, "changed", c->changed);
    jm_json_w_mtext(w, "nonce", q->nonce);
    jm_json_w_mopen(w, "ways", '[');
    for (size_t i = 0; i < q->n_ways; i++)
        jm_json_w_text(w, q->way[i]);
    jm_json_w_close(w, ']');
}

static void put_question(struct jm_json_w *w, const struct jm_question *q)
{
    static const char *const kinds[] = {[JM_QUESTION_CODE] = "code",
                                        [JM_QUESTION_CONSENT] = "consent",
                                        [JM_QUESTION_TELL] = "tell",
                                        [JM_QUESTION_DELETE] = "delete",
                                        [JM_QUESTION_CARD] = "card"};

    jm_json_w_mstr(w, "question", kinds[q->kind]);
    if (q->sign != NULL)
        jm_json_w_mstr(w, "sign", q->sign);
    if (q->consent != NULL)
        put_consent(w, q);
    if (q->why != JM_CODE_NONE)
        jm_json_w_mstr(w, "why", jm_code_info(q->why)->name);
    if (q->kind == JM_QUESTION_CARD && q->tries >= 0)
        jm_json_w_mint(w, "tries", q->tries);
}

static const char *ask_name(enum jm_ask_kind k)
{
    static const char *const names[] =
        {[JM_ASK_SIGN] = "sign",        [JM_ASK_VERIFY] = "verify", [JM_ASK_AGREE] = "agree",
         [JM_ASK_RANDOM] = "random",    [JM_ASK_HTTP] = "http",     [JM_ASK_SEND] = "send",
         [JM_ASK_FIND] = "find",        [JM_ASK_HOLDER] = "holder", [JM_ASK_NEW_KEY] = "new_key",
         [JM_ASK_FORGET] = "forget",    [JM_ASK_KEEP] = "keep",     [JM_ASK_SEAL] = "seal",
         [JM_ASK_TRANSMIT] = "transmit"};

    return names[k];
}

void jm_wasm_put_ask(struct jm_json_w *w, const struct jm_ask *ask, struct jm_bytes state)
{
    jm_json_w_name(w, "ask");
    if (ask == NULL) {
        jm_json_w_null(w);
        return;
    }
    jm_json_w_open(w, '{');
    jm_json_w_mint(w, "id", ask->id);
    jm_json_w_mstr(w, "kind", ask_name(ask->kind));
    if (ask->kind == JM_ASK_HTTP) {
        put_http(w, ask->what);
    } else if (ask->kind == JM_ASK_HOLDER) {
        put_question(w, ask->what);
    } else if (ask->kind == JM_ASK_RANDOM) {
        jm_json_w_mint(w, "len", (int64_t)ask->len);
    } else if (ask->kind == JM_ASK_KEEP) {
        jm_wasm_put_octets(w, "state", state);
    } else {
        if (ask->kind == JM_ASK_VERIFY)
            jm_json_w_mstr(w, "alg", ask->alg == JM_ALG_EDDSA ? "EdDSA" : "ES256");
        jm_wasm_put_octets(w, "key", ask->key);
        jm_wasm_put_octets(w, "data", ask->data);
        jm_wasm_put_octets(w, "sig", ask->sig);
    }
    jm_json_w_close(w, '}');
}

/* -- answers -- */

/* What a page may say of an ask; all else is no answer. */
static enum jm_status status_of(const struct jm_json *said)
{
    static const struct {
        const char *name;
        enum jm_status st;
    } all[] =
        {{"ok", JM_OK},           {"signature", JM_E_SIGNATURE},    {"malformed", JM_E_MALFORMED},
         {"absent", JM_E_ABSENT}, {"denied", JM_E_DENIED},          {"limit", JM_E_LIMIT},
         {"gone", JM_E_GONE},     {"unavailable", JM_E_UNAVAILABLE}};

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++)
        if (jm_json_is_str(jm_json_get(said, "st"), all[i].name))
            return all[i].st;
    return JM_E_PENDING;
}

static enum jm_status read_http(struct jm_http_answer *out, const struct jm_json *h,
                                struct jm_arena *mem)
{
    int64_t status;

    JM_TRY(jm_json_int(&status, jm_json_get(h, "status")));
    if (status < 100 || status > 599)
        return JM_E_RANGE;
    out->status = (int)status;
    JM_TRY(jm_wasm_octets(&out->body, h, "body", mem));
    JM_TRY(jm_json_opt_str(&out->content_type, h, "content-type"));
    JM_TRY(jm_json_opt_str(&out->dpop_nonce, h, "dpop-nonce"));
    JM_TRY(jm_json_opt_str(&out->attestation_challenge, h, "oauth-client-attestation-challenge"));
    JM_TRY(jm_json_opt_str(&out->etag, h, "etag"));
    JM_TRY(jm_json_opt_str(&out->retry_after, h, "retry-after"));
    return jm_json_opt_str(&out->www_authenticate, h, "www-authenticate");
}

enum jm_status jm_wasm_read_answer(struct jm_wasm_answer *out, const struct jm_json *said,
                                   const struct jm_ask *ask, struct jm_arena *mem)
{
    int64_t id;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_json_int(&id, jm_json_get(said, "id")));
    if (ask == NULL || id != (int64_t)ask->id)
        return JM_E_CONFLICT;
    out->id = ask->id;
    out->a.kind = ask->kind;
    if ((out->a.st = status_of(said)) == JM_E_PENDING)
        return JM_E_MALFORMED;
    if (jm_json_get(said, "octets") != NULL)
        JM_TRY(jm_wasm_octets(&out->a.octets, said, "octets", mem));
    if (ask->kind == JM_ASK_NEW_KEY && out->a.st == JM_OK)
        JM_TRY(jm_wasm_octets(&out->kept, said, "kept", mem));
    if (ask->kind != JM_ASK_HTTP || out->a.st != JM_OK)
        return JM_OK;
    out->a.what = &out->http;
    return read_http(&out->http, jm_json_get(said, "http"), mem);
}
