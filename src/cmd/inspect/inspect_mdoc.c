/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: mdocs, certificates, and what is CBOR alone. */
#include <string.h>

#include "cmd/inspect/inspect_run.h"

static void look_for_malformed(struct jm_inspect_run *r)
{
    for (size_t i = 0; i < r->report.n; i++) {
        const struct jm_check *c = &r->report.checks[i];
        bool outermost = (c->object == 0 && c->code <= JM_MDOC_CBOR_DUPLICATE_KEY) ||
                         (c->object == 0 && c->code == JM_MDOC_TYPE && c->offset == 0) ||
                         (c->code == JM_MDOC_ISSUER_COSE && strcmp(r->kind, "issuer-auth") == 0) ||
                         (c->object == 1 && c->code == JM_MDOC_TYPE && c->offset == 0 &&
                          strcmp(r->kind, "issuer-signed") == 0);

        if (c->result == JM_FAIL && outermost && !r->malformed) {
            r->malformed = true;
            r->malformed_at = c->offset;
        }
    }
}

enum jm_status jm_inspect_judge_mdoc(struct jm_inspect_run *r)
{
    enum jm_status st =
        strcmp(r->kind, "device-response") == 0
            ? jm_mdoc_verify(&r->verified, r->octets, &r->ctx, &r->answers, r->mem)
        : strcmp(r->kind, "issuer-signed") == 0
            ? jm_mdoc_verify_issuer_signed(&r->verified, r->octets, jm_none(), &r->ctx, &r->answers,
                                           r->mem)
            : jm_mdoc_verify_issuer_auth(&r->verified, r->octets, &r->ctx, &r->answers, r->mem);

    if (st != JM_OK)
        return st;
    r->report = *jm_mdoc_report(r->verified);
    look_for_malformed(r);
    return JM_OK;
}

/* A CA's own times are told as a CA's. */
static enum jm_code code_of_ca(enum jm_path_rule rule)
{
    return rule == JM_PATH_LEAF_FROM    ? JM_MDOC_IACA_NOT_YET_VALID
           : rule == JM_PATH_LEAF_UNTIL ? JM_MDOC_IACA_EXPIRED
                                        : jm_path_mdoc_code(rule);
}

/* A root among the anchors signs itself: that is all there is to verify. */
static enum jm_status judge_self(struct jm_inspect_run *r, struct jm_findings *f)
{
    const struct jm_cert *c = &r->cert;
    enum jm_status st = JM_E_UNSUPPORTED;

    if (c->sig_alg == JM_SIG_ECDSA_SHA256 && c->sig_ok && c->key_alg == JM_KEY_P256 &&
        c->key_uncompressed)
        st = jm_answers_verify(r->in->answers, JM_ALG_ES256, jm_point_bytes(&c->point), c->tbs,
                               jm_sig_bytes(&c->sig));
    if (st == JM_OK || st == JM_E_SIGNATURE)
        jm_inspect_note(f, JM_MDOC_CHAIN_SIGNATURE, st == JM_OK ? JM_PASS : JM_FAIL,
                        "the signature does not hold");
    else
        jm_inspect_note(f, JM_MDOC_DSC_SIG_ALG, JM_UNKNOWN,
                        "only ecdsa-with-SHA256 by a P-256 key can be verified here");
    return st == JM_E_NO_SPACE ? st : JM_OK;
}

enum jm_status jm_inspect_judge_certificate(struct jm_inspect_run *r)
{
    const struct jm_path_spec spec = {.anchors = r->ctx.anchors,
                                      .use = JM_PATH_CERTIFICATE,
                                      .now = r->in->now,
                                      .waive_crl = r->crl.ptr == NULL};
    struct jm_path path;
    struct jm_findings f;

    JM_TRY(jm_findings_init(&f, r->mem, 96));
    JM_TRY(jm_path_judge(&path, &spec, &r->octets, 1, &r->answers, r->mem));
    if (path.n == 0) {
        r->malformed = true;
        jm_inspect_note(&f, JM_MDOC_DSC_PARSE, JM_FAIL, "this is no X.509 certificate in DER");
        return jm_report_of(&r->report, &f);
    }
    r->cert = path.chain[0];
    jm_path_note(&f, &path,
                 jm_x509_profile_of(&r->cert) == JM_PROFILE_IACA ? code_of_ca : jm_path_mdoc_code,
                 0);
    if (jm_cert_is_self_signed(&r->cert))
        JM_TRY(judge_self(r, &f));
    jm_x509_profile(&f, &r->cert, JM_PROFILE_AUTO, path.pinned ? NULL : jm_path_issuer(&path, 0),
                    r->in->crypto, 0, r->in->strict);
    return jm_report_of(&r->report, &f);
}

/* CBOR alone: a transcript, an MSO without its signature. */
enum jm_status jm_inspect_judge_cbor(struct jm_inspect_run *r)
{
    bool transcript = strcmp(r->kind, "session-transcript") == 0;
    struct jm_cbor_fault fault;
    struct jm_findings f;
    struct jm_bytes bare;

    JM_TRY(jm_findings_init(&f, r->mem, 4));
    if (jm_cbor_check(r->octets, NULL, &fault) != JM_OK) {
        r->malformed = true;
        r->malformed_at = fault.at;
        jm_inspect_note(&f, fault.kind == JM_CBOR_TRUNCATED ? JM_MDOC_CBOR_TRUNCATED : JM_MDOC_TYPE,
                        JM_FAIL, "this is no CBOR item");
    } else if (transcript && jm_transcript_bare(&bare, r->octets) != JM_OK) {
        r->malformed = true;
        jm_inspect_note(&f, JM_MDOC_TYPE, JM_FAIL, "a SessionTranscript is an array of three");
    } else {
        jm_inspect_note(&f, JM_MDOC_TYPE, JM_PASS, NULL);
        if (!transcript)
            jm_inspect_note(&f, JM_MDOC_ISSUER_SIGNATURE, JM_UNKNOWN,
                            "the signature around it was not given");
    }
    return jm_report_of(&r->report, &f);
}

/* -- content -- */

static void put_claims(struct jm_inspect_run *r, const struct jm_mdoc_claims *c)
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
        if (jm_inspect_masked(r, c->claim[i].id))
            jm_json_w_text(w, JM_BYTES("***"));
        else
            jm_json_w_cbor(w, &v);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static void put_name(struct jm_json_w *w, const char *name, const struct jm_name *n)
{
    jm_json_w_mopen(w, name, '{');
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

void jm_inspect_put_cert(struct jm_inspect_run *r, const struct jm_cert *c)
{
    static const char *const profiles[] = {"", "iaca", "document-signer", "reader",
                                           "status-signer"};
    struct jm_json_w *w = &r->w;

    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "profile", profiles[jm_x509_profile_of(c)]);
    put_name(w, "subject", &c->subject);
    put_name(w, "issuer", &c->issuer);
    jm_inspect_put_hex(r, "serial", c->serial);
    jm_inspect_put_time(w, "notBefore", c->not_before);
    jm_inspect_put_time(w, "notAfter", c->not_after);
    jm_inspect_put_hex(r, "subjectKeyIdentifier", c->ski);
    jm_inspect_put_hex(r, "authorityKeyIdentifier", c->aki);
    jm_json_w_close(w, '}');
}

static void put_document(struct jm_inspect_run *r, const struct jm_mdoc_claims *c)
{
    struct jm_json_w *w = &r->w;

    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "docType", c->doctype);
    jm_inspect_put_time(w, "signed", c->signed_s);
    jm_inspect_put_time(w, "validFrom", c->valid_from_s);
    jm_inspect_put_time(w, "validUntil", c->valid_until_s);
    if (c->status_uri.ptr != NULL) {
        jm_json_w_mopen(w, "status", '{');
        jm_json_w_mint(w, "idx", c->status_idx > INT64_MAX ? INT64_MAX : (int64_t)c->status_idx);
        jm_json_w_mtext(w, "uri", c->status_uri);
        jm_json_w_close(w, '}');
    }
    jm_json_w_mint(w, "msoOctets", (int64_t)c->mso.len);
    if (c->dsc != NULL) {
        jm_json_w_name(w, "signer");
        jm_inspect_put_cert(r, c->dsc);
    }
    jm_json_w_name(w, "elements");
    put_claims(r, c);
    jm_json_w_close(w, '}');
}

void jm_inspect_put_transcript(struct jm_inspect_run *r)
{
    struct jm_bytes bare;
    struct jm_cbor c;
    uint8_t hash[32];

    if (jm_transcript_bare(&bare, r->octets) != JM_OK)
        return;
    if (jm_transcript_salt(hash, r->in->crypto, bare) == JM_OK)
        jm_inspect_put_hex(r, "sessionTranscriptBytesSha256", jm_bytes(hash, 32));
    if (jm_sha256(r->in->crypto, bare, hash) == JM_OK)
        jm_inspect_put_hex(r, "sessionTranscriptSha256", jm_bytes(hash, 32));
    jm_inspect_put_hex(r, "bare", bare);
    jm_json_w_name(&r->w, "transcript");
    jm_cbor_init(&c, bare);
    jm_json_w_cbor(&r->w, &c);
}

void jm_inspect_put_documents(struct jm_inspect_run *r)
{
    jm_json_w_mopen(&r->w, "documents", '[');
    for (size_t i = 0; i < jm_mdoc_documents(r->verified); i++)
        put_document(r, jm_mdoc_unverified(r->verified, i));
    jm_json_w_close(&r->w, ']');
}

void jm_inspect_put_certificate(struct jm_inspect_run *r)
{
    jm_json_w_name(&r->w, "certificate");
    jm_inspect_put_cert(r, &r->cert);
}

void jm_inspect_put_mso(struct jm_inspect_run *r)
{
    struct jm_bytes map = r->octets;
    struct jm_cbor c;

    jm_cbor_init(&c, map);
    if (jm_cbor_peek(&c) == JM_CBOR_TAG)
        map = jm_cbor_embedded(&c, NULL);
    jm_json_w_name(&r->w, "mobileSecurityObject");
    jm_cbor_init(&c, map);
    jm_json_w_cbor(&r->w, &c);
}
