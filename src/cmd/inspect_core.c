/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/inspect_core.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/json.h"

/* -- decoding ---------------------------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool all_of(struct jm_bytes text, bool (*ok)(uint8_t))
{
    for (size_t i = 0; i < text.len; i++)
        if (!ok(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool b64_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '/' || c == '=';
}

static bool b64url_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

static enum jm_status without_blanks(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, text.len + 1));
    for (size_t i = 0; i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            b.ptr[b.len++] = text.ptr[i];
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status from_pem(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    size_t head = jm_bytes_find(text, JM_BYTES("-----BEGIN ")), end, line;
    struct jm_bytes rest, body;

    if (head == SIZE_MAX)
        return JM_E_MALFORMED;
    rest = jm_slice(text, head, SIZE_MAX);
    line = jm_bytes_find(rest, JM_BYTES("\n"));
    end = jm_bytes_find(rest, JM_BYTES("-----END "));
    if (line == SIZE_MAX || end == SIZE_MAX || end < line)
        return JM_E_MALFORMED;
    JM_TRY(without_blanks(&body, jm_slice(rest, line, end - line), mem));
    return jm_b64_decode(out, mem, body);
}

enum jm_status jm_inspect_decode(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes plain;

    *out = text;
    if (jm_bytes_find(jm_slice(text, 0, 4096), JM_BYTES("-----BEGIN ")) != SIZE_MAX)
        return from_pem(out, text, mem);
    JM_TRY(without_blanks(&plain, text, mem));
    if (all_of(plain, hex_digit) && plain.len % 2 == 0)
        return jm_hex_decode(out, mem, plain);
    if (all_of(plain, b64url_digit) && jm_b64url_decode(out, mem, plain) == JM_OK)
        return JM_OK;
    if (all_of(plain, b64_digit) && jm_b64_decode(out, mem, plain) == JM_OK)
        return JM_OK;
    *out = text;
    return JM_OK;
}

static bool has_member(struct jm_bytes map, const char *name)
{
    struct jm_bytes v;

    return jm_cbor_find_text(&v, map, name) == JM_OK;
}

static const char *guess_map(struct jm_bytes map)
{
    if (has_member(map, "issuerAuth"))
        return "issuer-signed";
    if (has_member(map, "valueDigests"))
        return "mobile-security-object";
    return has_member(map, "documents") || (has_member(map, "version") && has_member(map, "status")) ? "device-response"
                                                                                                     : NULL;
}

const char *jm_inspect_guess(struct jm_bytes octets)
{
    struct jm_cbor r;
    size_t n;

    if (octets.len > 2 && octets.ptr[0] == 0x30)
        return "certificate";
    jm_cbor_init(&r, octets);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG) {
        uint64_t tag = jm_cbor_tag(&r);

        if (tag == 24) {
            struct jm_bytes in = jm_cbor_bytes(&r);

            jm_cbor_init(&r, in);
            return jm_cbor_peek(&r) == JM_CBOR_MAP ? guess_map(in)
                   : jm_cbor_array(&r) == 3        ? "session-transcript"
                                                   : NULL;
        }
    }
    if (jm_cbor_peek(&r) == JM_CBOR_MAP)
        return guess_map(octets);
    if (jm_cbor_peek(&r) != JM_CBOR_ARRAY)
        return NULL;
    n = jm_cbor_array(&r);
    return n == 4 ? "issuer-auth" : n == 3 ? "session-transcript" : NULL;
}

/* -- one run ------------------------------------------------------------------------------------------------------------- */

struct run {
    const struct jm_inspect_in *in;
    struct jm_arena *mem;
    struct jm_bytes octets, crl, transcript;
    struct jm_anchors anchors;
    struct jm_mdoc_context ctx;
    struct jm_answers answers;
    struct jm_json_w w;
    const char *kind;
    struct jm_report report;
    bool malformed;
    size_t malformed_at;
    const struct jm_mdoc_verified *verified; /* of the mdoc kinds */
    struct jm_cert cert;
    const struct jm_cert *issuer;
};

static enum jm_status load_anchors(struct run *r)
{
    const struct jm_inspect_in *in = r->in;
    size_t n = in->n_anchors + in->n_pinned;
    struct jm_anchor *a = JM_NEW_N(r->mem, struct jm_anchor, n + 1);
    struct jm_cert *c = JM_NEW_N(r->mem, struct jm_cert, n + 1);

    if (a == NULL || c == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        struct jm_bytes der;

        a[i].cert = &c[i];
        a[i].pinned = i >= in->n_anchors;
        if (jm_inspect_decode(&der, a[i].pinned ? in->pinned[i - in->n_anchors] : in->anchor[i], r->mem) != JM_OK ||
            jm_cert_parse(&c[i], der) != JM_OK)
            return JM_E_USAGE;
    }
    r->anchors = (struct jm_anchors){a, n, false};
    return JM_OK;
}

/* Lists given for this address; the one whose subject it is decides. */
static enum jm_status find_list(struct run *r, struct jm_bytes uri, struct jm_answer *out, struct jm_arena *mem)
{
    const struct jm_list_policy policy = {.ca = &r->anchors, .now = r->in->now};

    for (size_t i = 0; i < r->in->n_status; i++) {
        struct jm_status_list *list = JM_NEW(mem, struct jm_status_list);
        struct jm_bytes token = r->in->status[i], text;
        bool cwt;

        if (list == NULL)
            return JM_E_NO_SPACE;
        JM_TRY(without_blanks(&text, token, mem));
        cwt = !jm_bytes_starts(text, JM_BYTES("eyJ"));
        if (cwt)
            JM_TRY(jm_inspect_decode(&text, token, mem));
        JM_TRY(jm_statuslist_open(list, text, cwt, uri, &policy, r->in->crypto, r->in->answers, mem));
        if (out->what == NULL || list->fault != JM_LIST_SUBJECT)
            out->what = list;
    }
    return out->what == NULL ? JM_E_UNAVAILABLE : JM_OK;
}

static enum jm_status find(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out, struct jm_arena *mem)
{
    struct run *r = ctx;

    if (ask->kind == JM_FIND_STATUS_LIST)
        return find_list(r, ask->name, out, mem);
    if (ask->kind != JM_FIND_CRL || r->crl.ptr == NULL)
        return JM_E_UNAVAILABLE;
    out->octets = r->crl;
    return JM_OK;
}

static enum jm_status verify_fn(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                                struct jm_bytes sig)
{
    const struct run *r = ctx;

    return r->in->answers->verify(r->in->answers->ctx, alg, key, data, sig);
}

static enum jm_status agree_fn(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32])
{
    const struct run *r = ctx;

    return r->in->answers->agree == NULL ? JM_E_UNAVAILABLE : r->in->answers->agree(r->in->answers->ctx, key, peer, x);
}

static enum jm_status prepare(struct run *r)
{
    const struct jm_inspect_in *in = r->in;

    JM_TRY(load_anchors(r));
    if (in->crl.ptr != NULL && jm_inspect_decode(&r->crl, in->crl, r->mem) != JM_OK)
        return JM_E_USAGE;
    if (in->transcript.ptr != NULL && (jm_inspect_decode(&r->transcript, in->transcript, r->mem) != JM_OK ||
                                       jm_transcript_bare(&r->transcript, r->transcript) != JM_OK))
        return JM_E_USAGE;
    r->answers = (struct jm_answers){.verify = verify_fn, .agree = agree_fn, .find = find, .ctx = r};
    r->ctx.now = in->now;
    r->ctx.transcript = r->transcript;
    r->ctx.anchors = r->anchors.n == 0 ? NULL : &r->anchors;
    r->ctx.policy = JM_MDOC_POLICY_DEFAULT;
    r->ctx.policy.strict = in->strict;
    r->ctx.policy.demand_status = in->n_status > 0;
    r->ctx.policy.demand_crl = r->crl.ptr != NULL;
    r->ctx.crypto = in->crypto;
    r->ctx.reader_key = in->reader_key;
    return JM_OK;
}

/* -- judging -------------------------------------------------------------------------------------------------------------- */

static void look_for_malformed(struct run *r)
{
    for (size_t i = 0; i < r->report.n; i++) {
        const struct jm_check *c = &r->report.checks[i];
        bool outermost =
            (c->object == 0 && c->code <= JM_MDOC_CBOR_DUPLICATE_KEY) ||
            (c->object == 0 && c->code == JM_MDOC_TYPE && c->offset == 0) ||
            (c->code == JM_MDOC_ISSUER_COSE && strcmp(r->kind, "issuer-auth") == 0) ||
            (c->object == 1 && c->code == JM_MDOC_TYPE && c->offset == 0 && strcmp(r->kind, "issuer-signed") == 0);

        if (c->result == JM_FAIL && outermost && !r->malformed) {
            r->malformed = true;
            r->malformed_at = c->offset;
        }
    }
}

static enum jm_status judge_mdoc(struct run *r)
{
    enum jm_status st =
        strcmp(r->kind, "device-response") == 0 ? jm_mdoc_verify(&r->verified, r->octets, &r->ctx, &r->answers, r->mem)
        : strcmp(r->kind, "issuer-signed") == 0
            ? jm_mdoc_verify_issuer_signed(&r->verified, r->octets, jm_none(), &r->ctx, &r->answers, r->mem)
            : jm_mdoc_verify_issuer_auth(&r->verified, r->octets, &r->ctx, &r->answers, r->mem);

    if (st != JM_OK)
        return st;
    r->report = *jm_mdoc_report(r->verified);
    look_for_malformed(r);
    return JM_OK;
}

static void note(struct jm_findings *f, enum jm_code code, enum jm_result result, const char *detail)
{
    jm_note(f, code, result, true, 0, 0, jm_none(), result == JM_PASS ? NULL : detail);
}

/* Who issued it: the certificate itself, one of the anchors, or nobody that is known. */
static enum jm_result judge_path(struct run *r, struct jm_findings *f)
{
    const struct jm_cert *c = &r->cert;
    const struct jm_anchor *a = NULL;

    if (jm_cert_is_self_signed(c)) {
        r->issuer = c;
    } else if (r->anchors.n == 0) {
        note(f, JM_MDOC_CHAIN_NO_ANCHOR, JM_UNKNOWN, "no trust anchor was given");
        return JM_NOT_RUN;
    } else if ((a = jm_chain_pinned(&r->anchors, c)) != NULL) {
        jm_note(f, JM_MDOC_CHAIN_PINNED, JM_WARN, true, 0, 0, jm_none(),
                "this very certificate is trusted; no path was built");
        return JM_PASS;
    } else if ((a = jm_chain_next(&r->anchors, c, NULL)) == NULL) {
        note(f, JM_MDOC_CHAIN_NO_ANCHOR, JM_FAIL, "no trusted CA has issued the certificate");
        return JM_NOT_RUN;
    } else {
        r->issuer = a->cert;
    }
    note(f, JM_MDOC_CHAIN_NO_ANCHOR, JM_PASS, NULL);
    if (c->sig_alg != JM_SIG_ECDSA_SHA256 || !c->sig_ok || r->issuer->key_alg != JM_KEY_P256 ||
        !r->issuer->key_uncompressed)
        return JM_UNKNOWN;
    return verify_fn(r, JM_ALG_ES256, jm_point_bytes(&r->issuer->point), c->tbs, jm_bytes(c->sig, JM_SIG_LEN)) == JM_OK
               ? JM_PASS
               : JM_FAIL;
}

static enum jm_status judge_certificate(struct run *r)
{
    struct jm_findings f;
    enum jm_result path;
    bool ca;

    JM_TRY(jm_findings_init(&f, r->mem, 64));
    if (jm_cert_parse(&r->cert, r->octets) != JM_OK) {
        r->malformed = true;
        note(&f, JM_MDOC_DSC_PARSE, JM_FAIL, "this is no X.509 certificate in DER");
        return jm_report_of(&r->report, &f);
    }
    ca = jm_x509_profile_of(&r->cert) == JM_PROFILE_IACA;
    note(&f, JM_MDOC_DSC_PARSE, JM_PASS, NULL);
    path = judge_path(r, &f);
    if (path == JM_UNKNOWN)
        note(&f, JM_MDOC_DSC_SIG_ALG, JM_UNKNOWN, "only ecdsa-with-SHA256 by a P-256 key can be verified here");
    else
        note(&f, JM_MDOC_CHAIN_SIGNATURE, path,
             path == JM_FAIL ? "the signature does not hold" : "there is no issuer to verify with");
    note(&f, ca ? JM_MDOC_IACA_NOT_YET_VALID : JM_MDOC_DSC_NOT_YET_VALID,
         r->in->now < r->cert.not_before ? JM_FAIL : JM_PASS, "the certificate is not valid yet");
    note(&f, ca ? JM_MDOC_IACA_EXPIRED : JM_MDOC_DSC_EXPIRED, r->in->now > r->cert.not_after ? JM_FAIL : JM_PASS,
         "the certificate has expired");
    jm_x509_profile(&f, &r->cert, JM_PROFILE_AUTO, r->issuer == &r->cert ? NULL : r->issuer, r->in->crypto, 0,
                    r->in->strict);
    return jm_report_of(&r->report, &f);
}

/* CBOR alone: a transcript, an MSO without its signature. */
static enum jm_status judge_cbor(struct run *r, bool transcript)
{
    struct jm_cbor_fault fault;
    struct jm_findings f;
    struct jm_bytes bare;

    JM_TRY(jm_findings_init(&f, r->mem, 4));
    if (jm_cbor_check(r->octets, NULL, &fault) != JM_OK) {
        r->malformed = true;
        r->malformed_at = fault.at;
        note(&f, fault.kind == JM_CBOR_TRUNCATED ? JM_MDOC_CBOR_TRUNCATED : JM_MDOC_TYPE, JM_FAIL,
             "this is no CBOR item");
    } else if (transcript && jm_transcript_bare(&bare, r->octets) != JM_OK) {
        r->malformed = true;
        note(&f, JM_MDOC_TYPE, JM_FAIL, "a SessionTranscript is an array of three");
    } else {
        note(&f, JM_MDOC_TYPE, JM_PASS, NULL);
        if (!transcript)
            note(&f, JM_MDOC_ISSUER_SIGNATURE, JM_UNKNOWN, "the signature around it was not given");
    }
    return jm_report_of(&r->report, &f);
}

/* -- what is written -------------------------------------------------------------------------------------------------------- */

static void put_time(struct jm_json_w *w, const char *name, int64_t at_s)
{
    char text[21];

    jm_tdate_format(text, at_s);
    jm_json_w_mstr(w, name, text);
}

static void put_hex(struct run *r, const char *name, struct jm_bytes octets)
{
    struct jm_bytes text = jm_none();

    if (jm_hex_encode(&text, r->mem, octets) == JM_OK)
        jm_json_w_mtext(&r->w, name, text);
}

static void put_value(struct jm_json_w *w, struct jm_cbor *c, unsigned depth)
{
    size_t n;

    if (depth > JM_CBOR_DEPTH_MAX) {
        (void)jm_cbor_item(c);
        jm_json_w_null(w);
        return;
    }
    switch (jm_cbor_peek(c)) {
    case JM_CBOR_UINT:
    case JM_CBOR_NINT:
        jm_json_w_int(w, jm_cbor_int(c));
        return;
    case JM_CBOR_BYTES:
        jm_json_w_b64url(w, jm_cbor_bytes(c));
        return;
    case JM_CBOR_TEXT:
        jm_json_w_text(w, jm_cbor_text(c));
        return;
    case JM_CBOR_TRUE:
    case JM_CBOR_FALSE:
        jm_json_w_bool(w, jm_cbor_bool(c));
        return;
    case JM_CBOR_TAG:
        (void)jm_cbor_tag(c);
        put_value(w, c, depth + 1);
        return;
    case JM_CBOR_ARRAY:
        jm_json_w_open(w, '[');
        for (n = jm_cbor_array(c); n > 0; n--)
            put_value(w, c, depth + 1);
        jm_json_w_close(w, ']');
        return;
    case JM_CBOR_MAP:
        jm_json_w_open(w, '{');
        for (n = jm_cbor_map(c); n > 0; n--) {
            if (jm_cbor_peek(c) == JM_CBOR_TEXT) {
                jm_json_w_name_b(w, jm_cbor_text(c));
            } else if (jm_cbor_peek(c) == JM_CBOR_UINT) {
                uint8_t digits[20];
                uint64_t v = jm_cbor_uint(c);
                size_t at = sizeof digits;

                do
                    digits[--at] = (uint8_t)('0' + v % 10);
                while ((v /= 10) != 0);
                jm_json_w_name_b(w, jm_bytes(digits + at, sizeof digits - at));
            } else {
                (void)jm_cbor_item(c);
                jm_json_w_name(w, "?");
            }
            put_value(w, c, depth + 1);
        }
        jm_json_w_close(w, '}');
        return;
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE:
    case JM_CBOR_NONE:
        break;
    }
    (void)jm_cbor_item(c);
    jm_json_w_null(w);
}

static bool masked(const struct run *r, struct jm_bytes id)
{
    return !r->in->show_values &&
           (jm_bytes_eq_str(id, "portrait") || jm_bytes_eq_str(id, "resident_registration_number"));
}

static void put_claims(struct run *r, const struct jm_mdoc_claims *c)
{
    struct jm_json_w *w = &r->w;

    jm_json_w_open(w, '[');
    for (size_t i = 0; i < c->n; i++) {
        struct jm_cbor v;

        jm_json_w_open(w, '{');
        jm_json_w_mtext(w, "namespace", c->claim[i].ns);
        jm_json_w_mtext(w, "element", c->claim[i].id);
        jm_json_w_mstr(w, "signed_by", c->claim[i].device_signed ? "device" : "issuer");
        jm_json_w_name(w, "value");
        jm_cbor_init(&v, c->claim[i].value);
        if (masked(r, c->claim[i].id))
            jm_json_w_text(w, JM_BYTES("***"));
        else
            put_value(w, &v, 1);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static void put_name(struct jm_json_w *w, const char *name, const struct jm_name *n)
{
    jm_json_w_name(w, name);
    jm_json_w_open(w, '{');
    if (jm_utf8_valid(n->country, NULL))
        jm_json_w_mtext(w, "C", n->country);
    if (n->state.len != 0 && jm_utf8_valid(n->state, NULL))
        jm_json_w_mtext(w, "ST", n->state);
    if (n->org.len != 0 && jm_utf8_valid(n->org, NULL))
        jm_json_w_mtext(w, "O", n->org);
    if (jm_utf8_valid(n->cn, NULL))
        jm_json_w_mtext(w, "CN", n->cn);
    jm_json_w_close(w, '}');
}

static void put_certificate(struct run *r, const struct jm_cert *c)
{
    static const char *const profiles[] = {"", "iaca", "document-signer", "reader", "status-signer"};
    struct jm_json_w *w = &r->w;

    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "profile", profiles[jm_x509_profile_of(c)]);
    put_name(w, "subject", &c->subject);
    put_name(w, "issuer", &c->issuer);
    put_hex(r, "serial", c->serial);
    put_time(w, "notBefore", c->not_before);
    put_time(w, "notAfter", c->not_after);
    put_hex(r, "subjectKeyIdentifier", c->ski);
    put_hex(r, "authorityKeyIdentifier", c->aki);
    jm_json_w_close(w, '}');
}

static void put_document(struct run *r, const struct jm_mdoc_claims *c)
{
    struct jm_json_w *w = &r->w;

    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "docType", c->doctype);
    put_time(w, "signed", c->signed_s);
    put_time(w, "validFrom", c->valid_from_s);
    put_time(w, "validUntil", c->valid_until_s);
    if (c->status_uri.ptr != NULL) {
        jm_json_w_name(w, "status");
        jm_json_w_open(w, '{');
        jm_json_w_mint(w, "idx", c->status_idx > INT64_MAX ? INT64_MAX : (int64_t)c->status_idx);
        jm_json_w_mtext(w, "uri", c->status_uri);
        jm_json_w_close(w, '}');
    }
    jm_json_w_mint(w, "msoOctets", (int64_t)c->mso.len);
    if (c->dsc != NULL) {
        jm_json_w_name(w, "signer");
        put_certificate(r, c->dsc);
    }
    jm_json_w_name(w, "elements");
    put_claims(r, c);
    jm_json_w_close(w, '}');
}

static void put_transcript(struct run *r)
{
    struct jm_bytes bare;
    struct jm_cbor c;
    uint8_t hash[32];

    if (jm_transcript_bare(&bare, r->octets) != JM_OK)
        return;
    if (jm_transcript_salt(hash, r->in->crypto, bare) == JM_OK)
        put_hex(r, "sessionTranscriptBytesSha256", jm_bytes(hash, 32));
    if (jm_sha256(r->in->crypto, bare, hash) == JM_OK)
        put_hex(r, "sessionTranscriptSha256", jm_bytes(hash, 32));
    put_hex(r, "bare", bare);
    jm_json_w_name(&r->w, "transcript");
    jm_cbor_init(&c, bare);
    put_value(&r->w, &c, 1);
}

static void put_content(struct run *r)
{
    struct jm_json_w *w = &r->w;
    struct jm_cbor c;

    jm_json_w_name(w, "content");
    jm_json_w_open(w, '{');
    if (r->verified != NULL && !r->malformed) {
        jm_json_w_name(w, "documents");
        jm_json_w_open(w, '[');
        for (size_t i = 0; i < jm_mdoc_documents(r->verified); i++)
            put_document(r, jm_mdoc_unverified(r->verified, i));
        jm_json_w_close(w, ']');
    } else if (!r->malformed && strcmp(r->kind, "certificate") == 0) {
        jm_json_w_name(w, "certificate");
        put_certificate(r, &r->cert);
    } else if (!r->malformed && strcmp(r->kind, "session-transcript") == 0) {
        put_transcript(r);
    } else if (!r->malformed) {
        struct jm_bytes map = r->octets;

        jm_cbor_init(&c, map);
        if (jm_cbor_peek(&c) == JM_CBOR_TAG)
            map = jm_cbor_embedded(&c, NULL);
        jm_json_w_name(w, "mobileSecurityObject");
        jm_cbor_init(&c, map);
        put_value(w, &c, 1);
    }
    jm_json_w_close(w, '}');
}

static const char *result_name(enum jm_result r)
{
    static const char *const names[] =
        {[JM_NOT_RUN] = "skip", [JM_PASS] = "pass", [JM_FAIL] = "fail", [JM_WARN] = "warn", [JM_UNKNOWN] = "unknown"};

    return names[r];
}

static void put_path(struct run *r, const struct jm_check *c)
{
    uint8_t text[] = "documents[00]";
    unsigned i = c->object - 1u;

    if (c->path.len != 0 && jm_utf8_valid(c->path, NULL)) {
        jm_json_w_mtext(&r->w, "path", c->path);
    } else if (c->object == 0 || strcmp(r->kind, "device-response") != 0) {
        jm_json_w_mstr(&r->w, "path", "");
    } else if (i < 10) {
        text[10] = (uint8_t)('0' + i);
        text[11] = ']';
        jm_json_w_mtext(&r->w, "path", jm_bytes(text, 12));
    } else {
        text[10] = (uint8_t)('0' + i / 10);
        text[11] = (uint8_t)('0' + i % 10);
        jm_json_w_mtext(&r->w, "path", jm_bytes(text, 13));
    }
}

static void put_checks(struct run *r)
{
    struct jm_json_w *w = &r->w;

    jm_json_w_name(w, "checks");
    jm_json_w_open(w, '[');
    for (size_t i = 0; i < r->report.n; i++) {
        const struct jm_check *c = &r->report.checks[i];
        const struct jm_code_info *info = jm_code_info(c->code);
        const char *sentence = r->in->sentence == NULL ? NULL : r->in->sentence(r->in->ctx, c->code);
        char by[2] = {info->by, '\0'};

        jm_json_w_open(w, '{');
        jm_json_w_mstr(w, "code", info->name);
        jm_json_w_mstr(w, "check", sentence == NULL ? info->name : sentence);
        jm_json_w_mstr(w, "clause", info->rule);
        jm_json_w_mstr(w, "result", result_name(c->result));
        put_path(r, c);
        jm_json_w_mstr(w, "by", by);
        if (c->result != JM_PASS)
            jm_json_w_mtext(w, "reason", c->detail);
        if (c->offset != 0)
            jm_json_w_mint(w, "offset", c->offset);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

/* Names of the codes with this result, each once, sorted. */
static void put_names(struct run *r, const char *list, enum jm_result result)
{
    const char *last = "";

    jm_json_w_name(&r->w, list);
    jm_json_w_open(&r->w, '[');
    for (;;) {
        const char *next = NULL;

        for (size_t i = 0; i < r->report.n; i++) {
            const char *name = jm_code_info(r->report.checks[i].code)->name;

            if (r->report.checks[i].result == result && strcmp(name, last) > 0 &&
                (next == NULL || strcmp(name, next) < 0))
                next = name;
        }
        if (next == NULL)
            break;
        jm_json_w_text(&r->w, jm_str(next));
        last = next;
    }
    jm_json_w_close(&r->w, ']');
}

static const char *verdict(const struct run *r, int *exit_code)
{
    static const char *const names[] =
        {[JM_UNDECIDED] = "undecided", [JM_ACCEPTED] = "accepted", [JM_REJECTED] = "rejected"};
    static const int codes[] = {[JM_UNDECIDED] = 5, [JM_ACCEPTED] = 0, [JM_REJECTED] = 1};

    *exit_code = r->malformed ? 3 : codes[r->report.verdict];
    return r->malformed ? "malformed" : names[r->report.verdict];
}

static enum jm_status judge(struct run *r)
{
    static const char *const mdoc[] = {"device-response", "issuer-signed", "issuer-auth"};

    for (size_t i = 0; i < JM_ARRAY_LEN(mdoc); i++)
        if (strcmp(r->kind, mdoc[i]) == 0)
            return judge_mdoc(r);
    if (strcmp(r->kind, "certificate") == 0)
        return judge_certificate(r);
    if (strcmp(r->kind, "session-transcript") == 0)
        return judge_cbor(r, true);
    return strcmp(r->kind, "mobile-security-object") == 0 ? judge_cbor(r, false) : JM_E_UNSUPPORTED;
}

enum jm_status jm_inspect(const struct jm_inspect_in *in, struct jm_buf *json, int *exit_code, struct jm_arena *mem)
{
    struct run *r = JM_NEW(mem, struct run);
    const char *word;

    *exit_code = 70;
    if (r == NULL)
        return JM_E_NO_SPACE;
    r->in = in;
    r->mem = mem;
    if (jm_inspect_decode(&r->octets, in->input, mem) != JM_OK)
        r->octets = in->input;
    r->kind = in->kind != NULL ? in->kind : jm_inspect_guess(r->octets);
    if (r->kind == NULL)
        return JM_E_UNSUPPORTED;
    JM_TRY(prepare(r));
    JM_TRY(judge(r));
    word = verdict(r, exit_code);
    jm_json_w_init(&r->w, json);
    jm_json_w_open(&r->w, '{');
    jm_json_w_mstr(&r->w, "kind", r->kind);
    jm_json_w_mstr(&r->w, "verdict", word);
    put_time(&r->w, "at", in->now);
    if (r->malformed)
        jm_json_w_mint(&r->w, "detail", (int64_t)r->malformed_at);
    put_checks(r);
    put_names(r, "fail", JM_FAIL);
    put_names(r, "warn", JM_WARN);
    put_names(r, "undecided", JM_UNKNOWN);
    put_content(r);
    jm_json_w_close(&r->w, '}');
    return jm_json_w_end(&r->w);
}
