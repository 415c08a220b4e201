/* SPDX-License-Identifier: Apache-2.0 */
/* What may be signed: one judge a purpose. */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/civil.h"
#include "jumin/jose.h"
#include "jumin/x509.h"
#include "service/signer/signer.h"

struct judge {
    const struct jm_sign_own *own;
    const struct jm_held_key *key;
    struct jm_bytes octets;
    int64_t now;
    const struct jm_crypto *crypto;
    struct jm_arena *mem;
    struct jm_diag *d;
};

#define COSIGN_LEAD "cosignature/v1\ntime "
#define ISSUER 1u
#define PROVIDER 2u
#define VERIFIER 4u
#define OPERATOR 8u
#define LEDGER 16u
#define WITNESS 32u

static const struct {
    const char *name;
    unsigned callers;
    /* items a minute; spec: 800 issues/s of five copies, ten times in bursts are queued before */
    uint32_t ceiling;
} purposes[JM_PURPOSE_LAST + 1] = {
    [JM_PURPOSE_MSO] = {"MSO", ISSUER, 300000},
    [JM_PURPOSE_SDJWT] = {"SDJWT", ISSUER, 300000},
    [JM_PURPOSE_STATUS] = {"STATUS", ISSUER, 20000},
    [JM_PURPOSE_METADATA] = {"METADATA", ISSUER, 600},
    [JM_PURPOSE_TICKET] = {"TICKET", ISSUER, 60000},
    [JM_PURPOSE_ATTESTATION] = {"ATTESTATION", PROVIDER, 60000},
    [JM_PURPOSE_REQUEST] = {"REQUEST", VERIFIER, 600000},
    [JM_PURPOSE_AUDIT] = {"AUDIT", ISSUER | OPERATOR, 60000},
    [JM_PURPOSE_RPCERT] = {"RPCERT", OPERATOR, 60},
    [JM_PURPOSE_CRL] = {"CRL", OPERATOR, 60},
    [JM_PURPOSE_ROW] = {"ROW", ISSUER | PROVIDER | VERIFIER | OPERATOR, 6000000},
    [JM_PURPOSE_LOOKUP] = {"LOOKUP", ISSUER, 6000000},
    [JM_PURPOSE_CODE] = {"CODE", ISSUER | PROVIDER, 600000},
    [JM_PURPOSE_NONCE] = {"NONCE", ISSUER | PROVIDER | VERIFIER | OPERATOR, 600000},
    [JM_PURPOSE_CARD] = {"CARD", ISSUER, 6000},
    [JM_PURPOSE_LOG] = {"LOG", LEDGER | OPERATOR, 6000},
    [JM_PURPOSE_COSIGN] = {"COSIGN", LEDGER | OPERATOR | WITNESS, 6000},
};

static bool is_purpose(enum jm_purpose p)
{
    return (unsigned)p >= 1 && (unsigned)p <= JM_PURPOSE_LAST;
}

bool jm_sign_may(struct jm_bytes caller, enum jm_purpose purpose)
{
    static const struct {
        const char *name;
        unsigned bit;
    } callers[] = {{"issuer", ISSUER},     {"provider", PROVIDER}, {"verifier", VERIFIER},
                   {"operator", OPERATOR}, {"ledger", LEDGER},     {"witness", WITNESS}};

    for (size_t i = 0; i < JM_ARRAY_LEN(callers); i++)
        if (jm_bytes_eq_str(caller, callers[i].name))
            return is_purpose(purpose) && (purposes[purpose].callers & callers[i].bit) != 0;
    return false;
}

uint32_t jm_sign_ceiling(enum jm_purpose purpose)
{
    return is_purpose(purpose) ? purposes[purpose].ceiling : 0;
}

const char *jm_purpose_name(enum jm_purpose purpose)
{
    return is_purpose(purpose) ? purposes[purpose].name : "NONE";
}

static enum jm_status refuse_input(const struct judge *j, enum jm_code code, const char *detail)
{
    return jm_refuse(j->d, JM_E_DENIED, code, detail);
}

/* An end must lie ahead, not further than @p max_s, and before the end of the signer's own
 * certificate. */
static enum jm_status end_ok(const struct judge *j, int64_t end, int64_t max_s)
{
    struct jm_cert cert;

    if (end <= j->now)
        return refuse_input(j, JM_SIGNER_TIME, "ends in the past");
    if (end - j->now > max_s)
        return refuse_input(j, JM_SIGNER_LIFETIME, NULL);
    if (j->key->cert.len == 0)
        return JM_OK;
    if (jm_cert_parse(&cert, j->key->cert) != JM_OK || end >= cert.not_after)
        return refuse_input(j, JM_SIGNER_OUTLIVES_CERT, NULL);
    return JM_OK;
}

static enum jm_status is_near(const struct judge *j, int64_t at, int64_t back_s)
{
    if (at > j->now + JM_SIGN_NEAR_S || at < j->now - back_s)
        return refuse_input(j, JM_SIGNER_TIME, NULL);
    return JM_OK;
}

static bool is_one_of(const struct jm_bytes *list, size_t n, struct jm_bytes v)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].len != 0 && jm_bytes_eq(list[i], v))
            return true;
    return false;
}

/* -- COSE -- */

/* Sig_structure = ["Signature1", protected bstr, external_aad h'', payload bstr] */
static enum jm_status sig_structure(const struct judge *j, struct jm_bytes *head,
                                    struct jm_bytes *payload)
{
    struct jm_cbor_fault fault;
    struct jm_cbor r;

    if (jm_cbor_check(j->octets, NULL, &fault) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "not one CBOR item");
    jm_cbor_init(&r, j->octets);
    if (jm_cbor_array(&r) != 4 || !jm_bytes_eq_str(jm_cbor_text(&r), "Signature1"))
        return refuse_input(j, JM_SIGNER_FORM, "not a Sig_structure");
    *head = jm_cbor_bytes(&r);
    if (jm_cbor_bytes(&r).len != 0)
        return refuse_input(j, JM_SIGNER_FORM, "external_aad");
    *payload = jm_cbor_bytes(&r);
    return jm_cbor_end(&r) == JM_OK ? JM_OK
                                    : refuse_input(j, JM_SIGNER_FORM, "not a Sig_structure");
}

static enum jm_status get_tdate(const struct judge *j, struct jm_bytes map, const char *key,
                                int64_t *out)
{
    struct jm_bytes item;
    struct jm_cbor r;

    if (jm_cbor_find_text(&item, map, key) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, key);
    jm_cbor_init(&r, item);
    if (jm_cbor_tag(&r) != 0 || jm_tdate_parse(out, jm_cbor_text(&r)) != JM_OK ||
        jm_cbor_end(&r) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, key);
    return JM_OK;
}

static bool whole_text(struct jm_bytes *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *out = jm_cbor_text(&r);
    return jm_cbor_end(&r) == JM_OK;
}

static bool text_is(struct jm_bytes map, const char *key, struct jm_bytes *out)
{
    struct jm_bytes item;

    return jm_cbor_find_text(&item, map, key) == JM_OK && whole_text(out, item);
}

static enum jm_status mso_times(const struct judge *j, struct jm_bytes mso)
{
    int64_t signed_at, from, until;
    struct jm_bytes info;

    if (jm_cbor_find_text(&info, mso, "validityInfo") != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "validityInfo");
    JM_TRY(get_tdate(j, info, "signed", &signed_at));
    JM_TRY(get_tdate(j, info, "validFrom", &from));
    JM_TRY(get_tdate(j, info, "validUntil", &until));
    JM_TRY(is_near(j, signed_at, JM_SIGN_BACK_MAX_S));
    if (from < signed_at || until <= from)
        return refuse_input(j, JM_SIGNER_TIME, "validFrom");
    if (until - from > JM_SIGN_COPY_MAX_S)
        return refuse_input(j, JM_SIGNER_LIFETIME, NULL);
    return end_ok(j, until, JM_SIGN_COPY_MAX_S);
}

static enum jm_status judge_mso(const struct judge *j)
{
    struct jm_bytes head, payload, mso, doctype, version, digests;
    struct jm_cbor r;

    JM_TRY(sig_structure(j, &head, &payload));
    if (!jm_bytes_eq(head, JM_BYTES("\xA1\x01\x26")))
        return refuse_input(j, JM_SIGNER_ALG, NULL);
    jm_cbor_init(&r, payload);
    mso = jm_cbor_embedded(&r, NULL);
    if (jm_cbor_end(&r) != JM_OK ||
        jm_cbor_check(payload, NULL, &(struct jm_cbor_fault){0}) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "payload is not tag 24");
    if (!text_is(mso, "version", &version) || !text_is(mso, "docType", &doctype) ||
        jm_cbor_find_text(&digests, mso, "valueDigests") != JM_OK ||
        jm_cbor_find_text(&digests, mso, "deviceKeyInfo") != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "not a MobileSecurityObject");
    if (!jm_bytes_eq_str(version, "1.0"))
        return refuse_input(j, JM_SIGNER_VERSION, NULL);
    if (!is_one_of(j->own->doctype, j->own->n_doctypes, doctype))
        return refuse_input(j, JM_SIGNER_DOCTYPE, NULL);
    return mso_times(j, mso);
}

static enum jm_status card_tdate(const struct judge *j, struct jm_bytes map, int64_t key,
                                 int64_t *out)
{
    struct jm_bytes item;
    struct jm_cbor r;

    if (jm_cbor_find_int(&item, map, key) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "no time");
    jm_cbor_init(&r, item);
    if (jm_cbor_tag(&r) != 0 || jm_tdate_parse(out, jm_cbor_text(&r)) != JM_OK ||
        jm_cbor_end(&r) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "a time");
    return JM_OK;
}

/* The digests and serial of one chip: spec/iccard.md 1.1. */
static enum jm_status judge_card(const struct judge *j)
{
    struct jm_bytes head, payload, version, alg, digests, serial;
    int64_t signed_at, until;
    struct jm_cbor r;

    JM_TRY(sig_structure(j, &head, &payload));
    if (!jm_bytes_eq(head, JM_BYTES("\xA1\x01\x26")))
        return refuse_input(j, JM_SIGNER_ALG, NULL);
    if (jm_cbor_check(payload, NULL, &(struct jm_cbor_fault){0}) != JM_OK ||
        jm_cbor_find_int(&version, payload, 1) != JM_OK ||
        jm_cbor_find_int(&alg, payload, 2) != JM_OK ||
        jm_cbor_find_int(&digests, payload, 3) != JM_OK ||
        jm_cbor_find_int(&serial, payload, 4) != JM_OK || !whole_text(&alg, alg) ||
        !jm_bytes_eq_str(alg, "SHA-256") || !whole_text(&serial, serial) || serial.len == 0)
        return refuse_input(j, JM_SIGNER_FORM, "not a security object of a card");
    jm_cbor_init(&r, digests);
    if (jm_cbor_map(&r) < 4)
        return refuse_input(j, JM_SIGNER_FORM, "digests");
    if (!jm_bytes_eq(version, JM_BYTES("\x01")))
        return refuse_input(j, JM_SIGNER_VERSION, NULL);
    JM_TRY(card_tdate(j, payload, 5, &signed_at));
    JM_TRY(card_tdate(j, payload, 6, &until));
    JM_TRY(is_near(j, signed_at, JM_SIGN_BACK_MAX_S));
    return end_ok(j, until, JM_SIGN_CARD_MAX_S);
}

/* -- JOSE -- */

struct jwt {
    const struct jm_json *header, *claims;
    struct jm_bytes typ;
};

static enum jm_status own_cert(const struct judge *j, const struct jm_json *header,
                               struct jm_bytes *leaf)
{
    const struct jm_json *x5c = jm_json_get(header, "x5c");
    struct jm_cert cert;

    *leaf = jm_none();
    if (x5c == NULL)
        return JM_OK;
    if (x5c->type != JM_JSON_ARRAY || x5c->child == NULL || x5c->child->type != JM_JSON_STRING ||
        jm_b64_decode(leaf, j->mem, x5c->child->text) != JM_OK ||
        jm_cert_parse(&cert, *leaf) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "x5c");
    if (cert.key_alg != JM_KEY_P256 || !jm_point_eq(&cert.point, &j->key->point))
        return refuse_input(j, JM_SIGNER_CERT_FOREIGN, NULL);
    return JM_OK;
}

/* A JWS signing input: BASE64URL(header) "." BASE64URL(payload), both JSON objects. */
static enum jm_status jwt_open(const struct judge *j, struct jwt *out, struct jm_bytes *leaf)
{
    size_t dot = jm_bytes_find(j->octets, JM_BYTES("."));
    struct jm_bytes header, payload, alg;

    memset(out, 0, sizeof *out);
    if (dot == SIZE_MAX ||
        jm_b64url_decode(&header, j->mem, jm_slice(j->octets, 0, dot)) != JM_OK ||
        jm_b64url_decode(&payload, j->mem, jm_slice(j->octets, dot + 1, SIZE_MAX)) != JM_OK ||
        jm_json_parse(&out->header, header, j->mem, NULL) != JM_OK ||
        jm_json_parse(&out->claims, payload, j->mem, NULL) != JM_OK ||
        out->header->type != JM_JSON_OBJECT || out->claims->type != JM_JSON_OBJECT)
        return refuse_input(j, JM_SIGNER_FORM, "not a JWS signing input");
    if (jm_json_str(&alg, out->header, "alg") != JM_OK || !jm_bytes_eq_str(alg, "ES256") ||
        jm_json_get(out->header, "crit") != NULL)
        return refuse_input(j, JM_SIGNER_ALG, NULL);
    if (jm_json_str(&out->typ, out->header, "typ") != JM_OK)
        return refuse_input(j, JM_SIGNER_TYP, NULL);
    return own_cert(j, out->header, leaf);
}

static enum jm_status jwt_typed(const struct judge *j, struct jwt *out, const char *typ)
{
    struct jm_bytes leaf;

    JM_TRY(jwt_open(j, out, &leaf));
    return jm_bytes_eq_str(out->typ, typ) ? JM_OK : refuse_input(j, JM_SIGNER_TYP, NULL);
}

/* The claim is ours; @p need: it must be there. */
static enum jm_status jwt_name(const struct judge *j, const struct jm_json *claims,
                               const char *claim, struct jm_bytes own, bool need)
{
    struct jm_bytes v;

    if (!need && jm_json_get(claims, claim) == NULL)
        return JM_OK;
    if (own.len == 0 || jm_json_str(&v, claims, claim) != JM_OK || !jm_bytes_eq(v, own))
        return refuse_input(j, JM_SIGNER_NAME, claim);
    return JM_OK;
}

static enum jm_status jwt_times(const struct judge *j, const struct jm_json *claims, int64_t back_s,
                                int64_t max_s)
{
    int64_t iat = j->now, nbf = j->now, exp;

    if ((jm_json_get(claims, "iat") != NULL && jm_json_time(&iat, claims, "iat") != JM_OK) ||
        (jm_json_get(claims, "nbf") != NULL && jm_json_time(&nbf, claims, "nbf") != JM_OK) ||
        jm_json_time(&exp, claims, "exp") != JM_OK)
        return refuse_input(j, JM_SIGNER_TIME, "exp");
    JM_TRY(is_near(j, iat, back_s));
    if (nbf < j->now - back_s || nbf >= exp)
        return refuse_input(j, JM_SIGNER_TIME, "nbf");
    return end_ok(j, exp, max_s);
}

static enum jm_status judge_sdjwt(const struct judge *j)
{
    struct jm_bytes vct;
    struct jwt t;

    JM_TRY(jwt_typed(j, &t, "dc+sd-jwt"));
    if (jm_json_str(&vct, t.claims, "vct") != JM_OK || !is_one_of(j->own->vct, j->own->n_vcts, vct))
        return refuse_input(j, JM_SIGNER_VCT, NULL);
    JM_TRY(jwt_name(j, t.claims, "iss", j->own->identifier, false));
    return jwt_times(j, t.claims, JM_SIGN_BACK_MAX_S, JM_SIGN_COPY_MAX_S);
}

static enum jm_status list_uri(const struct judge *j, struct jm_bytes sub)
{
    struct jm_bytes prefix = j->own->list_prefix;
    uint64_t shard;

    if (prefix.len == 0 || !jm_bytes_starts(sub, prefix) ||
        jm_parse_u64(&shard, jm_slice(sub, prefix.len, SIZE_MAX)) != JM_OK)
        return refuse_input(j, JM_SIGNER_LIST_URI, NULL);
    return JM_OK;
}

static enum jm_status status_jwt(const struct judge *j)
{
    struct jm_bytes sub;
    struct jwt t;

    JM_TRY(jwt_typed(j, &t, "statuslist+jwt"));
    if (jm_json_str(&sub, t.claims, "sub") != JM_OK || jm_json_get(t.claims, "status_list") == NULL)
        return refuse_input(j, JM_SIGNER_FORM, "status_list");
    JM_TRY(list_uri(j, sub));
    return jwt_times(j, t.claims, JM_SIGN_NEAR_S, JM_SIGN_STATUS_MAX_S);
}

enum { COSE_ALG = 1, COSE_TYPE = 16, CWT_SUB = 2, CWT_EXP = 4, CWT_IAT = 6, CWT_LIST = 65533 };

static bool map_text(struct jm_bytes map, int64_t key, struct jm_bytes *out)
{
    struct jm_bytes item;

    return jm_cbor_find_int(&item, map, key) == JM_OK && whole_text(out, item);
}

static bool map_int(struct jm_bytes map, int64_t key, int64_t *out)
{
    struct jm_bytes item;
    struct jm_cbor r;

    if (jm_cbor_find_int(&item, map, key) != JM_OK)
        return false;
    jm_cbor_init(&r, item);
    *out = jm_cbor_int(&r);
    return jm_cbor_end(&r) == JM_OK;
}

static enum jm_status status_cwt(const struct judge *j)
{
    struct jm_bytes head, payload, type, sub, list;
    int64_t alg, iat, exp;

    JM_TRY(sig_structure(j, &head, &payload));
    if (jm_cbor_check(head, NULL, &(struct jm_cbor_fault){0}) != JM_OK ||
        jm_cbor_check(payload, NULL, &(struct jm_cbor_fault){0}) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "protected header or payload");
    if (!map_int(head, COSE_ALG, &alg) || (alg != -7 && alg != -9))
        return refuse_input(j, JM_SIGNER_ALG, NULL);
    if (!map_text(head, COSE_TYPE, &type) || !jm_bytes_eq_str(type, "application/statuslist+cwt"))
        return refuse_input(j, JM_SIGNER_TYP, NULL);
    if (!map_text(payload, CWT_SUB, &sub) || jm_cbor_find_int(&list, payload, CWT_LIST) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "status list");
    JM_TRY(list_uri(j, sub));
    if (!map_int(payload, CWT_IAT, &iat) || !map_int(payload, CWT_EXP, &exp))
        return refuse_input(j, JM_SIGNER_TIME, "exp");
    JM_TRY(is_near(j, iat, JM_SIGN_NEAR_S));
    return end_ok(j, exp, JM_SIGN_STATUS_MAX_S);
}

static enum jm_status judge_status(const struct judge *j)
{
    return j->octets.ptr[0] == 0x84 ? status_cwt(j) : status_jwt(j);
}

static enum jm_status judge_metadata(const struct judge *j)
{
    struct jwt t;

    JM_TRY(jwt_typed(j, &t, "openidvci-issuer-metadata+jwt"));
    JM_TRY(jwt_name(j, t.claims, "sub", j->own->identifier, true));
    JM_TRY(jwt_name(j, t.claims, "iss", j->own->identifier, false));
    return jwt_times(j, t.claims, JM_SIGN_NEAR_S, JM_SIGN_DAY_MAX_S);
}

static enum jm_status judge_ticket(const struct judge *j)
{
    struct jwt t;

    JM_TRY(jwt_typed(j, &t, "jumin-desk-ticket+jwt"));
    JM_TRY(jwt_name(j, t.claims, "iss", j->own->identifier, true));
    return jwt_times(j, t.claims, JM_SIGN_NEAR_S, JM_SIGN_TICKET_MAX_S);
}

static enum jm_status judge_attestation(const struct judge *j)
{
    struct jm_bytes leaf;
    struct jwt t;

    JM_TRY(jwt_open(j, &t, &leaf));
    if (!jm_bytes_eq_str(t.typ, "oauth-client-attestation+jwt") &&
        !jm_bytes_eq_str(t.typ, "key-attestation+jwt"))
        return refuse_input(j, JM_SIGNER_TYP, NULL);
    JM_TRY(jwt_name(j, t.claims, "iss", j->own->provider, false));
    return jwt_times(j, t.claims, JM_SIGN_NEAR_S, JM_SIGN_DAY_MAX_S);
}

/* client_id: x509_hash of the leaf in the header, or its own dNSName; the leaf is of this very key
 * (own_cert). */
static enum jm_status client_id(const struct judge *j, const struct jm_json *claims,
                                struct jm_bytes leaf)
{
    struct jm_bytes id, text;
    struct jm_cert cert;
    uint8_t hash[32];

    if (leaf.len == 0 || jm_json_str(&id, claims, "client_id") != JM_OK ||
        jm_cert_parse(&cert, leaf) != JM_OK)
        return refuse_input(j, JM_SIGNER_CLIENT_ID, NULL);
    if (jm_bytes_starts(id, JM_BYTES("x509_hash:"))) {
        JM_TRY(jm_sha256(j->crypto, leaf, hash));
        JM_TRY(jm_b64url_encode(&text, j->mem, jm_bytes(hash, sizeof hash)));
        id = jm_slice(id, 10, SIZE_MAX);
    } else if (jm_bytes_starts(id, JM_BYTES("x509_san_dns:"))) {
        text = jm_cert_dns(&cert);
        id = jm_slice(id, 13, SIZE_MAX);
    } else {
        return refuse_input(j, JM_SIGNER_CLIENT_ID, NULL);
    }
    return text.len != 0 && jm_bytes_eq(id, text) ? JM_OK
                                                  : refuse_input(j, JM_SIGNER_CLIENT_ID, NULL);
}

static enum jm_status judge_request(const struct judge *j)
{
    struct jm_bytes leaf, uri;
    struct jwt t;
    int64_t at;

    JM_TRY(jwt_open(j, &t, &leaf));
    if (!jm_bytes_eq_str(t.typ, "oauth-authz-req+jwt"))
        return refuse_input(j, JM_SIGNER_TYP, NULL);
    JM_TRY(client_id(j, t.claims, leaf));
    if (jm_json_get(t.claims, "redirect_uri") != NULL)
        return refuse_input(j, JM_SIGNER_REDIRECT, "redirect_uri");
    if (jm_json_get(t.claims, "response_uri") != NULL &&
        (jm_json_str(&uri, t.claims, "response_uri") != JM_OK || j->own->verifier.len == 0 ||
         !jm_bytes_starts(uri, j->own->verifier) || uri.len <= j->own->verifier.len ||
         uri.ptr[j->own->verifier.len] != '/'))
        return refuse_input(j, JM_SIGNER_REDIRECT, "response_uri");
    if (jm_json_time(&at, t.claims, "iat") != JM_OK)
        return refuse_input(j, JM_SIGNER_TIME, "iat");
    /* of when it was asked for: fetched again it is the same */
    JM_TRY(is_near(j, at, JM_SIGN_REQUEST_MAX_S));
    if (jm_json_get(t.claims, "exp") == NULL)
        return JM_OK;
    return jwt_times(j, t.claims, JM_SIGN_NEAR_S, JM_SIGN_REQUEST_MAX_S);
}

/* -- X.509, audit -- */

static enum jm_status as_signed(const struct judge *j, struct jm_bytes *der)
{
    struct jm_sig any = {.len = (uint8_t)jm_sig_len(JM_ALG_ES256)};

    memset(any.octets, 1, any.len);
    return jm_der_signed(der, j->octets, jm_sig_bytes(&any), j->mem) == JM_OK
               ? JM_OK
               : refuse_input(j, JM_SIGNER_FORM, "not DER");
}

static bool is_reader(const struct jm_cert *c)
{
    return c->version == 3 && c->sig_alg == JM_SIG_ECDSA_SHA256 && c->key_alg == JM_KEY_P256 &&
           c->key_uncompressed && c->has_ski && c->has_aki && c->has_ku && c->ku_critical &&
           c->ku == JM_KU_DIGITAL_SIGNATURE && c->has_eku && c->eku_critical &&
           jm_cert_has_eku(c, JM_OID_EKU_MDL_READER) && !c->is_ca && !c->ext_forbidden &&
           !c->ext_critical_unknown && !c->ext_duplicate && c->subject.cn.len != 0;
}

/* The extended key usage has the reader's OID and no other: one OID of 7 octets with its head is 9.
 */
static bool is_reader_only(const struct jm_cert *c)
{
    return c->eku.len == 9;
}

static enum jm_status judge_rpcert(const struct judge *j)
{
    struct jm_cert cert, ca;
    struct jm_bytes der;

    JM_TRY(as_signed(j, &der));
    if (jm_cert_parse(&cert, der) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "not a TBSCertificate");
    if (j->key->cert.len == 0 || jm_cert_parse(&ca, j->key->cert) != JM_OK ||
        !jm_bytes_eq(cert.issuer.der, ca.subject.der) || !jm_bytes_eq(cert.aki, ca.ski))
        return refuse_input(j, JM_SIGNER_NAME, "issuer");
    if (!is_reader(&cert) || !is_reader_only(&cert))
        return refuse_input(j, JM_SIGNER_PROFILE, NULL);
    JM_TRY(is_near(j, cert.not_before, JM_SIGN_BACK_MAX_S));
    if (cert.not_after - cert.not_before > JM_SIGN_READER_MAX_S)
        return refuse_input(j, JM_SIGNER_LIFETIME, NULL);
    if (cert.not_after > ca.not_after)
        return refuse_input(j, JM_SIGNER_OUTLIVES_CERT, NULL);
    return cert.not_after > j->now ? JM_OK : refuse_input(j, JM_SIGNER_TIME, NULL);
}

static enum jm_status judge_crl(const struct judge *j)
{
    struct jm_crl crl;
    struct jm_cert ca;
    struct jm_bytes der;

    JM_TRY(as_signed(j, &der));
    if (jm_crl_parse(&crl, der) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "not a TBSCertList");
    if (j->key->cert.len == 0 || jm_cert_parse(&ca, j->key->cert) != JM_OK ||
        !jm_bytes_eq(crl.issuer, ca.subject.der) || !jm_bytes_eq(crl.aki, ca.ski))
        return refuse_input(j, JM_SIGNER_CRL, "issuer");
    JM_TRY(is_near(j, crl.this_update, JM_SIGN_NEAR_S));
    if (crl.next_update <= j->now)
        return refuse_input(j, JM_SIGNER_TIME, "nextUpdate");
    return crl.next_update - crl.this_update > JM_SIGN_CRL_MAX_S
               ? refuse_input(j, JM_SIGNER_LIFETIME, NULL)
               : JM_OK;
}

/* Whether it continues the chain is not the octets' alone to say: jm_sign_chain(). */
static enum jm_status judge_audit(const struct judge *j)
{
    struct jm_signed_head h;

    if (jm_head_read(&h, j->octets) != JM_OK || h.n <= 0 || h.count == 0)
        return refuse_input(j, JM_SIGNER_FORM, "not a head of the audit chain");
    return is_near(j, h.at, JM_SIGN_NEAR_S);
}

/* -- checkpoints of the ledger -- */

enum jm_status jm_sign_checkpoint(struct jm_checkpoint *out, int64_t *time, enum jm_purpose purpose,
                                  struct jm_bytes octets)
{
    struct jm_bytes rest = octets;
    size_t end;
    uint64_t at;

    *time = 0;
    if (purpose == JM_PURPOSE_COSIGN) {
        if (!jm_bytes_starts(rest, JM_BYTES(COSIGN_LEAD)))
            return JM_E_MALFORMED;
        rest = jm_slice(rest, sizeof COSIGN_LEAD - 1, SIZE_MAX);
        end = jm_bytes_until(rest, 0, '\n');
        if (jm_parse_u64(&at, jm_slice(rest, 0, end)) != JM_OK || at > INT64_MAX / 2)
            return JM_E_MALFORMED;
        *time = (int64_t)at;
        rest = jm_slice(rest, end + 1, SIZE_MAX);
    }
    return jm_checkpoint_read(out, rest);
}

/* Whether it goes on from the last one is not the octets' alone to say: calls.c. */
static enum jm_status judge_checkpoint(const struct judge *j)
{
    struct jm_checkpoint cp;
    int64_t time;

    if (jm_sign_checkpoint(&cp, &time, (enum jm_purpose)j->key->purpose, j->octets) != JM_OK)
        return refuse_input(j, JM_SIGNER_FORM, "not a checkpoint");
    if (!is_one_of(j->own->origin, j->own->n_origins, cp.origin))
        return refuse_input(j, JM_SIGNER_NAME, "origin");
    return j->key->purpose == JM_PURPOSE_COSIGN ? is_near(j, time, JM_SIGN_NEAR_S) : JM_OK;
}

static bool is_bare_digest(struct jm_bytes b)
{
    return b.len == 20 || b.len == 28 || b.len == 32 || b.len == 48 || b.len == 64;
}

enum jm_status jm_sign_judge(const struct jm_sign_own *own, const struct jm_held_key *key,
                             struct jm_bytes octets, int64_t now, const struct jm_crypto *crypto,
                             struct jm_arena *mem, struct jm_diag *d)
{
    static enum jm_status (*const judges[JM_PURPOSE_LAST + 1])(const struct judge *) = {
        [JM_PURPOSE_MSO] = judge_mso,           [JM_PURPOSE_SDJWT] = judge_sdjwt,
        [JM_PURPOSE_STATUS] = judge_status,     [JM_PURPOSE_METADATA] = judge_metadata,
        [JM_PURPOSE_TICKET] = judge_ticket,     [JM_PURPOSE_ATTESTATION] = judge_attestation,
        [JM_PURPOSE_REQUEST] = judge_request,   [JM_PURPOSE_AUDIT] = judge_audit,
        [JM_PURPOSE_RPCERT] = judge_rpcert,     [JM_PURPOSE_CRL] = judge_crl,
        [JM_PURPOSE_CARD] = judge_card,         [JM_PURPOSE_LOG] = judge_checkpoint,
        [JM_PURPOSE_COSIGN] = judge_checkpoint,
    };
    struct jm_diag why = {0};
    const struct judge j = {own, key, octets, now, crypto, mem, &why};
    enum jm_status st;

    if (key->purpose > JM_PURPOSE_LAST || judges[key->purpose] == NULL || !key->is_pair)
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_OPERATION, NULL);
    if (octets.len == 0)
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_BARE_DIGEST, NULL);
    st = judges[key->purpose](&j);
    /* A head of the audit chain may be as long as a digest; what is one has no form. */
    if (st != JM_OK && why.code == JM_SIGNER_FORM && is_bare_digest(octets))
        return jm_refuse(d, st, JM_SIGNER_BARE_DIGEST, NULL);
    if (st != JM_OK && d != NULL && d->code == JM_CODE_NONE)
        *d = why;
    return st;
}

enum jm_status jm_sign_chain(struct jm_signed_head *next, const struct jm_signed_head *last,
                             const struct jm_bytes *in, size_t n, const struct jm_crypto *crypto,
                             struct jm_diag *d)
{
    uint8_t hash[32];
    int64_t at = last->n, number;

    memset(next, 0, sizeof *next);
    memcpy(hash, last->hash, sizeof hash);
    for (size_t i = 1; i < n; i++) {
        if (jm_row_number(&number, in[i]) != JM_OK || number != at + 1)
            return jm_refuse(d, JM_E_DENIED, JM_SIGNER_CHAIN, "row");
        JM_TRY(jm_row_hash(hash, in[i], hash, crypto));
        at = number;
    }
    if (n < 2 || jm_head_read(next, in[0]) != JM_OK || next->count != last->count + 1 ||
        next->n != at || memcmp(next->hash, hash, sizeof hash) != 0)
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_CHAIN, "head");
    return JM_OK;
}
