/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: tokens in JSON (JWS, JWE, SD-JWT, request objects) and credential offers. */
#include <string.h>

#include "cmd/inspect/inspect_run.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"

#define JOSE_CHECKS_MAX 64

/* -- what is it -- */

static struct jm_bytes trim_blanks(struct jm_bytes t)
{
    while (t.len > 0 && jm_inspect_is_blank(t.ptr[0]))
        t = jm_slice(t, 1, SIZE_MAX);
    while (t.len > 0 && jm_inspect_is_blank(t.ptr[t.len - 1]))
        t.len--;
    return t;
}

static bool is_offer_uri(struct jm_bytes t)
{
    return jm_url_scheme_is(t, "openid-credential-offer") || jm_url_scheme_is(t, "haip-vci");
}

/* Dots of the first part of a token, or 0: it is none. */
static size_t dots_of(struct jm_bytes t)
{
    size_t n = 0;

    if (!jm_inspect_is_of(t, "-_.~="))
        return 0;
    for (size_t i = 0; i < t.len && t.ptr[i] != '~'; i++)
        n += t.ptr[i] == '.';
    return n;
}

static const char *by_typ(struct jm_bytes token, struct jm_arena *mem)
{
    static const struct {
        const char *typ, *kind;
    } rows[] = {{"statuslist+jwt", "status-list-token"}, {"oauth-authz-req+jwt", "request-object"}};
    const struct jm_json *header;
    struct jm_bytes text;

    if (jm_b64url_decode(&text, mem, jm_slice(token, 0, jm_bytes_find(token, JM_BYTES(".")))) !=
            JM_OK ||
        jm_json_parse(&header, text, mem, NULL) != JM_OK || header->type != JM_JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if (jm_json_is_str(jm_json_get(header, "typ"), rows[i].typ))
            return rows[i].kind;
    return "jws";
}

static const char *guess_token(struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes token;
    size_t dots;

    if (jm_inspect_without_blanks(&token, text, mem) != JM_OK || (dots = dots_of(token)) == 0)
        return NULL;
    if (jm_bytes_find(token, JM_BYTES("~")) != SIZE_MAX)
        return "sd-jwt";
    return dots == 4 ? "jwe" : by_typ(token, mem);
}

static const char *guess_json(struct jm_bytes text, struct jm_arena *mem)
{
    const struct jm_json *j;

    if (jm_json_parse(&j, text, mem, NULL) != JM_OK || jm_json_get(j, "credential_issuer") == NULL)
        return NULL;
    return jm_json_get(j, "grants") != NULL ||
                   jm_json_get(j, "credential_configuration_ids") != NULL
               ? "offer"
               : NULL;
}

const char *jm_inspect_guess_text(struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes t = trim_blanks(text);

    if (is_offer_uri(t))
        return "offer";
    return t.len > 0 && t.ptr[0] == '{' ? guess_json(t, mem) : guess_token(t, mem);
}

enum jm_status jm_inspect_trim(struct jm_bytes *out, const char *kind, struct jm_bytes text,
                               struct jm_arena *mem)
{
    *out = trim_blanks(text);
    return strcmp(kind, "offer") == 0 ? JM_OK : jm_inspect_without_blanks(out, text, mem);
}

/* -- parts of every token -- */

static enum jm_status close_report(struct jm_inspect_run *r, const struct jm_findings *f)
{
    return jm_report_of(&r->report, f);
}

static void malformed_by(struct jm_inspect_run *r, enum jm_code code)
{
    for (size_t i = 0; i < r->report.n; i++)
        if (r->report.checks[i].code == code && r->report.checks[i].result == JM_FAIL)
            r->malformed = true;
}

/* The pinned key that signed, or the first: then the failing signature is said of it. */
static const struct jm_point *key_for(struct jm_inspect_run *r, const struct jm_jws_unverified *u)
{
    struct jm_jws jws;

    for (size_t i = 0; i < r->n_keys; i++)
        if (jm_jws_verify(&jws, u, &r->keys[i], &r->answers, r->mem, NULL) == JM_OK)
            return &r->keys[i];
    return r->n_keys > 0 ? &r->keys[0] : NULL;
}

static bool leaf_of(struct jm_inspect_run *r, const struct jm_json *header)
{
    const struct jm_json *x5c = jm_json_get(header, "x5c");
    struct jm_bytes der;

    return x5c != NULL && x5c->child != NULL &&
           jm_b64_decode(&der, r->mem, x5c->child->text) == JM_OK &&
           jm_cert_parse(&r->cert, der) == JM_OK;
}

/* -- JWS -- */

/* Proofs of possession and a wallet's history carry their own key: that they hold is all that they
 * say. */
static bool proves_own_key(const struct jm_json *header)
{
    const struct jm_json *typ = jm_json_get(header, "typ");

    return jm_json_is_str(typ, "openid4vci-proof+jwt") || jm_json_is_str(typ, "dpop+jwt") ||
           jm_json_is_str(typ, "jumin-history+jwt");
}

static enum jm_status signature_by(struct jm_inspect_run *r, struct jm_findings *f,
                                   const struct jm_jws_unverified *u, const struct jm_point *key)
{
    struct jm_diag d = {0};
    struct jm_jws jws;
    enum jm_status st = jm_jws_verify(&jws, u, key, &r->answers, r->mem, &d);

    if (st == JM_E_NO_SPACE)
        return st;
    jm_inspect_note(f, JM_JOSE_SIGNATURE,
                    st == JM_OK || d.code == JM_JOSE_PAYLOAD        ? JM_PASS
                    : st == JM_E_SIGNATURE || d.code == JM_JOSE_KEY ? JM_FAIL
                                                                    : JM_UNKNOWN,
                    st == JM_E_SIGNATURE || d.code == JM_JOSE_KEY ? "the signature does not verify"
                                                                  : "nobody could verify it");
    return JM_OK;
}

static enum jm_status judge_own_key(struct jm_inspect_run *r, struct jm_findings *f,
                                    const struct jm_jws_unverified *u)
{
    struct jm_jwk jwk;

    enum jm_status st = jm_jwk_read(&jwk, jm_json_get(u->header, "jwk"));

    jm_inspect_note(f, JM_JOSE_PRIVATE_KEY, st == JM_E_DENIED ? JM_FAIL : JM_PASS,
                    "the header's jwk has a private member");
    if (st == JM_E_DENIED)
        return JM_OK;
    jm_inspect_note(f, JM_JOSE_KEY, st == JM_OK ? JM_PASS : JM_FAIL,
                    "the header's jwk is no public P-256 key");
    if (st != JM_OK)
        return JM_OK;
    return signature_by(r, f, u, &jwk.point);
}

/* What a token of this type is signed for; of others any purpose will do. */
static enum jm_path_use use_of(const struct jm_json *header)
{
    static const struct {
        const char *typ;
        enum jm_path_use use;
    } rows[] = {{"oauth-client-attestation+jwt", JM_PATH_ATTESTATION},
                {"key-attestation+jwt", JM_PATH_ATTESTATION},
                {"jumin-desk-ticket+jwt", JM_PATH_METADATA},
                {"openidvci-issuer-metadata+jwt", JM_PATH_METADATA}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if (jm_json_is_str(jm_json_get(header, "typ"), rows[i].typ))
            return rows[i].use;
    return JM_PATH_ANY;
}

static enum jm_status judge_x5c(struct jm_inspect_run *r, struct jm_findings *f,
                                const struct jm_jws_unverified *u)
{
    const struct jm_path_spec spec = {.anchors = r->ctx.anchors,
                                      .use = use_of(u->header),
                                      .now = r->in->now,
                                      .waive_crl = r->crl.ptr == NULL};
    struct jm_diag d = {0};
    struct jm_path path;
    enum jm_status st = jm_jws_path(&path, u, &spec, &r->answers, r->mem, &d);

    jm_expect(f, JM_JOSE_SIGNATURE, true, 0, jm_none(), "the signer is not known");
    if (st == JM_E_NO_SPACE)
        return st;
    if (st == JM_OK) {
        jm_path_note(f, &path, jm_path_jose_code, 0);
    } else if (r->ctx.anchors == NULL && d.code == JM_JOSE_X5C_MISSING) {
        jm_inspect_note(f, JM_JOSE_CHAIN_NO_ANCHOR, JM_UNKNOWN,
                        "no trust anchor and no key was given");
    } else {
        jm_inspect_note(f, d.code, JM_FAIL, (const char *)d.detail.ptr);
    }
    if (st == JM_OK && path.n != 0 && path.chain[0].key_alg == JM_KEY_P256)
        return signature_by(r, f, u, &path.chain[0].point);
    return JM_OK;
}

static enum jm_status judge_signature(struct jm_inspect_run *r, struct jm_findings *f,
                                      const struct jm_jws_unverified *u)
{
    const struct jm_point *key = key_for(r, u);

    if (key != NULL) {
        jm_note(f, JM_JOSE_CHAIN_PINNED, JM_WARN, false, 0, 0, jm_none(),
                "a bare key was given as trusted");
        return signature_by(r, f, u, key);
    }
    return proves_own_key(u->header) && r->anchors.n == 0 ? judge_own_key(r, f, u)
                                                          : judge_x5c(r, f, u);
}

static void judge_times(struct jm_inspect_run *r, struct jm_findings *f)
{
    static const enum jm_code codes[] = {JM_JOSE_TIME, JM_JOSE_EXPIRED, JM_JOSE_NOT_YET_VALID};
    struct jm_diag d = {0};
    bool ok = jm_jwt_times(r->claims, r->in->now, false, r->mem, &d) == JM_OK;

    for (size_t i = 0; i < JM_ARRAY_LEN(codes); i++)
        if (ok || codes[i] == d.code)
            jm_inspect_note(f, codes[i], ok ? JM_PASS : JM_FAIL, (const char *)d.detail.ptr);
}

enum jm_status jm_inspect_judge_jws(struct jm_inspect_run *r)
{
    static const enum jm_code form[] = {JM_JOSE_FORM, JM_JOSE_LIMIT, JM_JOSE_ALG, JM_JOSE_CRIT};
    struct jm_jws_unverified u;
    struct jm_diag d = {0};
    struct jm_findings f;
    enum jm_status st;

    JM_TRY(jm_findings_init(&f, r->mem, JOSE_CHECKS_MAX));
    st = jm_jws_split(&u, r->octets, NULL, r->mem, &d);
    r->header = u.header;
    if (st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK) {
        jm_inspect_note(&f, d.code, JM_FAIL, (const char *)d.detail.ptr);
        r->malformed = d.code == JM_JOSE_FORM || d.code == JM_JOSE_LIMIT;
        return close_report(r, &f);
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(form); i++)
        jm_inspect_note(&f, form[i], JM_PASS, NULL);
    JM_TRY(judge_signature(r, &f, &u));
    if (jm_json_parse(&r->claims, u.payload, r->mem, NULL) != JM_OK ||
        r->claims->type != JM_JSON_OBJECT) {
        r->claims = NULL;
        jm_inspect_note(&f, JM_JOSE_PAYLOAD, JM_FAIL, "the payload is no JSON object");
    } else {
        jm_inspect_note(&f, JM_JOSE_PAYLOAD, JM_PASS, NULL);
        judge_times(r, &f);
    }
    return close_report(r, &f);
}

/* -- JWE -- */

enum jm_status jm_inspect_judge_jwe(struct jm_inspect_run *r)
{
    struct jm_jwe_unopened u;
    struct jm_diag d = {0};
    struct jm_findings f;
    struct jm_bytes plain = {NULL, 0};
    uint8_t z[32] = {0};
    enum jm_status st;

    JM_TRY(jm_findings_init(&f, r->mem, JOSE_CHECKS_MAX));
    st = jm_jwe_split(&u, r->octets, JM_VP_RESPONSE_MAX, r->mem, &d);
    if (st == JM_E_NO_SPACE)
        return st;
    jm_inspect_note(&f, st == JM_OK ? JM_JOSE_JWE_FORM : d.code, st == JM_OK ? JM_PASS : JM_FAIL,
                    (const char *)d.detail.ptr);
    if (st != JM_OK) {
        r->malformed = d.code == JM_JOSE_JWE_FORM;
        return close_report(r, &f);
    }
    jm_inspect_note(&f, JM_JOSE_JWE_ALG, JM_PASS, NULL);
    r->header = u.header;
    if (r->in->reader_key.ptr == NULL) {
        jm_inspect_note(&f, JM_JOSE_JWE_OPEN, JM_UNKNOWN, "the recipient's key was not given");
        return close_report(r, &f);
    }
    st = r->answers.agree(r->answers.ctx, r->in->reader_key, jm_point_bytes(&u.epk), z);
    if (st == JM_OK)
        st = jm_jwe_open(&plain, &u, z, r->in->crypto, r->mem);
    jm_wipe(z, sizeof z);
    if (st == JM_E_NO_SPACE)
        return st;
    jm_inspect_note(&f, JM_JOSE_JWE_OPEN, st == JM_OK ? JM_PASS : JM_FAIL,
                    "the key given does not open it");
    if (st == JM_OK && jm_json_parse(&r->claims, plain, r->mem, NULL) != JM_OK)
        r->claims = NULL;
    return close_report(r, &f);
}

/* -- SD-JWT -- */

enum jm_status jm_inspect_judge_sdjwt(struct jm_inspect_run *r)
{
    const struct jm_inspect_in *in = r->in;
    const struct jm_sdjwt_verified *v;
    struct jm_sdjwt_context x = {.now = in->now,
                                 .anchors = r->ctx.anchors,
                                 .aud = in->audience,
                                 .nonce = in->nonce,
                                 .crypto = in->crypto,
                                 .waive_kb = in->audience.ptr == NULL && in->nonce.ptr == NULL,
                                 /* what was given is demanded */
                                 .waive_status = in->n_status == 0,
                                 .waive_crl = r->crl.ptr == NULL,
                                 .ask_whatever_failed = true};
    struct jm_sdjwt s;

    if (jm_sdjwt_split(&s, r->octets, in->crypto, r->mem, NULL) == JM_OK) {
        r->header = s.jws.header;
        x.issuer_key = key_for(r, &s.jws);
    }
    JM_TRY(jm_sdjwt_verify(&v, r->octets, &x, &r->answers, r->mem));
    r->report = *jm_sdjwt_report(v);
    r->claims = jm_sdjwt_unverified(v);
    malformed_by(r, JM_JOSE_FORM);
    if (s.jwt.len == 0)
        malformed_by(r, JM_SDJWT_FORM);
    return JM_OK;
}

/* -- request object -- */

enum jm_status jm_inspect_judge_request(struct jm_inspect_run *r)
{
    struct jm_jws_unverified u;
    struct jm_vp_request request;
    const struct jm_vp_expect x = {.loopback_http = true, .demand_crl = r->crl.ptr != NULL};
    const struct jm_reading by = {r->in->now, &r->answers, r->in->crypto, r->ctx.anchors,
                                  jm_none(),  r->mem,      NULL};
    struct jm_diag d = {0};
    struct jm_findings f;

    JM_TRY(jm_findings_init(&f, r->mem, JOSE_CHECKS_MAX));
    if (jm_jws_split(&u, r->octets, NULL, r->mem, &d) != JM_OK) {
        jm_inspect_note(&f, d.code, JM_FAIL, (const char *)d.detail.ptr);
        r->malformed = d.code == JM_JOSE_FORM || d.code == JM_JOSE_LIMIT;
        return close_report(r, &f);
    }
    r->header = u.header;
    if (jm_json_parse(&r->claims, u.payload, r->mem, NULL) != JM_OK)
        r->claims = NULL;
    JM_TRY(jm_vp_request_judge(&request, &f, r->octets, &x, &by));
    return close_report(r, &f);
}

/* -- offer -- */

static enum jm_status judge_ticket(struct jm_inspect_run *r, struct jm_findings *f,
                                   const struct jm_vci_offer *o)
{
    struct jm_diag d = {0};
    struct jm_bytes jti;
    enum jm_status st;

    if (o->ticket.ptr == NULL) {
        jm_note(f, JM_WALLET_TICKET_MISSING, r->in->strict ? JM_FAIL : JM_WARN, false, 0, 0,
                jm_none(), "no desk ticket: wallets of a desk's country refuse it");
        return JM_OK;
    }
    if (r->anchors.n == 0) {
        jm_inspect_note(f, JM_WALLET_TICKET_INVALID, JM_UNKNOWN, "no trust anchor was given");
        return JM_OK;
    }
    const struct jm_reading by = {r->in->now, &r->answers, r->in->crypto, &r->anchors, jm_none(),
                                  r->mem,     &d};
    st = jm_vci_ticket_read(&jti, o, &by);
    if (st == JM_E_NO_SPACE)
        return st;
    jm_inspect_note(f, JM_WALLET_TICKET_INVALID, st == JM_OK ? JM_PASS : JM_FAIL,
                    (const char *)d.detail.ptr);
    return JM_OK;
}

static enum jm_status judge_offer_json(struct jm_inspect_run *r, struct jm_findings *f,
                                       struct jm_bytes text)
{
    struct jm_vci_offer o;
    struct jm_diag d = {0};
    size_t at = 0;

    if (jm_json_parse(&r->claims, text, r->mem, &at) != JM_OK ||
        r->claims->type != JM_JSON_OBJECT) {
        jm_inspect_note(f, JM_WALLET_OFFER_FORM, JM_FAIL, "the offer is no JSON object");
        r->malformed = true;
        r->malformed_at = at;
        return JM_OK;
    }
    if (jm_vci_offer_read(&o, r->claims, &d) != JM_OK) {
        jm_inspect_note(f, d.code, JM_FAIL, (const char *)d.detail.ptr);
        return JM_OK;
    }
    jm_inspect_note(f, JM_WALLET_OFFER_FORM, JM_PASS, NULL);
    return judge_ticket(r, f, &o);
}

enum jm_status jm_inspect_judge_offer(struct jm_inspect_run *r)
{
    struct jm_diag d = {0};
    struct jm_findings f;
    struct jm_bytes value = r->octets;

    JM_TRY(jm_findings_init(&f, r->mem, JOSE_CHECKS_MAX));
    if (r->octets.len == 0 || r->octets.ptr[0] != '{') {
        if (jm_vci_offer_uri(&r->reference, &value, r->octets, r->mem, &d) != JM_OK) {
            jm_inspect_note(&f, d.code, JM_FAIL, (const char *)d.detail.ptr);
            r->malformed = !is_offer_uri(trim_blanks(r->octets));
            return close_report(r, &f);
        }
        jm_inspect_note(&f, JM_WALLET_OFFER_URI, JM_PASS, NULL);
    }
    if (value.ptr == NULL)
        jm_inspect_note(&f, JM_WALLET_OFFER_FETCH, JM_UNKNOWN,
                        "the offer lies elsewhere; nothing is fetched here");
    else
        JM_TRY(judge_offer_json(r, &f, value));
    return close_report(r, &f);
}

/* -- content -- */

static void put_header(struct jm_inspect_run *r)
{
    struct jm_json_w *w = &r->w;

    if (r->header == NULL || r->header->type != JM_JSON_OBJECT)
        return;
    jm_json_w_mopen(w, "header", '{');
    for (const struct jm_json *m = r->header->child; m != NULL; m = m->next) {
        if (jm_bytes_eq_str(m->name, "x5c"))
            continue;
        jm_json_w_name_b(w, m->name);
        jm_inspect_put_json(r, m, 1);
    }
    jm_json_w_close(w, '}');
    if (!leaf_of(r, r->header))
        return;
    jm_json_w_name(w, "signer");
    jm_inspect_put_cert(r, &r->cert);
}

void jm_inspect_put_token(struct jm_inspect_run *r)
{
    put_header(r);
    if (r->claims == NULL)
        return;
    jm_json_w_name(&r->w, "claims");
    jm_inspect_put_json(r, r->claims, 1);
}

void jm_inspect_put_offer(struct jm_inspect_run *r)
{
    if (r->reference.ptr != NULL)
        jm_json_w_mtext(&r->w, "credential_offer_uri", r->reference);
    if (r->claims == NULL)
        return;
    jm_json_w_name(&r->w, "offer");
    jm_inspect_put_json(r, r->claims, 1);
}
