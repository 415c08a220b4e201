/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small authority for tests: IACA, document signer, device, and a document in parts that a test
 * changes before it is put together and signed. Everything is deterministic but the ECDSA nonces.
 */
#ifndef JM_TEST_MDOC_KIT_H
#define JM_TEST_MDOC_KIT_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "host/openssl/openssl.h"
#include "jumin/civil.h"
#include "jumin/mdoc.h"

#define KIT_NOW INT64_C(1798761600) /* 2027-01-01T00:00:00Z */
#define KIT_ROOM (8 * JM_MIB)
#define KIT_DAY ((int64_t)JM_DAY_S)
#define KIT_DOCTYPE "org.iso.23220.photoid.1"
#define KIT_NS "org.iso.23220.1"
#define KIT_NS_KR "org.iso.23220.1.kr"

#define KIT_MUST(st) ((st) == JM_OK ? (void)0 : kit_die(__FILE__, __LINE__))
JM_UNUSED static void kit_die(const char *file, int line)
{
    fprintf(stderr, "%s:%d: the kit itself failed\n", file, line);
    abort();
}

struct kit {
    void *room;
    struct jm_arena mem;
    struct jm_key *iaca_key, *dsc_key, *device_key, *other_key;
    struct jm_cert_spec iaca_spec, dsc_spec;
    struct jm_bytes iaca_der, dsc_der, transcript;
    struct jm_cert iaca;
    struct jm_anchor anchor;
    struct jm_anchors anchors;
    struct jm_mdoc_context ctx;
    struct jm_answers answers;
    struct jm_key *reader_key;
    struct jm_status_list list; /* what FIND gives, when have_list */
    bool have_list;
    struct jm_bytes crl;
};

JM_UNUSED static struct jm_key *kit_key(uint8_t seed)
{
    struct jm_secret32 s;
    struct jm_key *k;

    memset(&s, seed, sizeof s);
    KIT_MUST(jm_key_from_scalar(&k, &s));
    return k;
}

JM_UNUSED static enum jm_status kit_agree(void *ctx, struct jm_bytes key, struct jm_bytes peer,
                                          uint8_t x[32])
{
    const struct kit *k = ctx;

    return jm_bytes_eq_str(key, "reader") ? jm_key_agree(k->reader_key, peer, x) : JM_E_ABSENT;
}

JM_UNUSED static enum jm_status kit_find(void *ctx, const struct jm_find_ask *ask,
                                         struct jm_answer *out, struct jm_arena *mem)
{
    struct kit *k = ctx;

    (void)mem;
    if (ask->kind == JM_FIND_STATUS_LIST && k->have_list)
        out->what = &k->list;
    else if (ask->kind == JM_FIND_CRL && k->crl.ptr != NULL)
        out->octets = k->crl;
    else
        return JM_E_UNAVAILABLE;
    return JM_OK;
}

JM_UNUSED static struct jm_bytes kit_sign_der(struct kit *k, struct jm_bytes tbs,
                                              const struct jm_key *key)
{
    struct jm_sig sig;
    struct jm_bytes der;

    KIT_MUST(jm_key_sign(key, tbs, &sig));
    KIT_MUST(jm_der_signed(&der, tbs, jm_sig_bytes(&sig), &k->mem));
    return der;
}

JM_UNUSED static struct jm_bytes kit_cert(struct kit *k, const struct jm_cert_spec *spec,
                                          const struct jm_key *key)
{
    struct jm_bytes tbs;

    KIT_MUST(jm_cert_tbs(&tbs, &jm_crypto_openssl, spec, &k->mem));
    return kit_sign_der(k, tbs, key);
}

/* Octets of the first place of @p from replaced by @p to of the same length, in a copy. */
JM_UNUSED static struct jm_bytes kit_swap(struct kit *k, struct jm_bytes in, const void *from,
                                          const void *to, size_t len)
{
    size_t at = jm_bytes_find(in, jm_bytes(from, len));
    struct jm_bytes out;
    uint8_t *p;

    if (at == SIZE_MAX)
        kit_die("swap", (int)len);
    KIT_MUST(jm_dup(&out, &k->mem, in));
    p = k->mem.base + (size_t)(out.ptr - k->mem.base);
    memcpy(p + at, to, len);
    return out;
}

/* One place of @p from replaced by @p to of whatever length. */
JM_UNUSED static struct jm_bytes kit_splice(struct kit *k, struct jm_bytes in, struct jm_bytes from,
                                            struct jm_bytes to)
{
    size_t at = jm_bytes_find(in, from);
    struct jm_bytes out,
        parts[3] = {jm_slice(in, 0, at), to, jm_slice(in, at + from.len, SIZE_MAX)};

    if (at == SIZE_MAX)
        kit_die("splice", (int)from.len);
    KIT_MUST(jm_concat(&out, &k->mem, parts, 3));
    return out;
}

/* Makes IACA and DSC anew from their specs. */
JM_UNUSED static void kit_certify(struct kit *k)
{
    struct jm_bytes name;

    KIT_MUST(jm_key_point(&k->iaca_spec.key, k->iaca_key));
    k->iaca_der = kit_cert(k, &k->iaca_spec, k->iaca_key);
    KIT_MUST(jm_cert_parse(&k->iaca, k->iaca_der));
    name = k->iaca.subject.der;
    if (k->dsc_spec.issuer_der.ptr == NULL)
        k->dsc_spec.issuer_der = name;
    if (k->dsc_spec.authority_key_id.ptr == NULL)
        k->dsc_spec.authority_key_id = k->iaca.ski;
    k->dsc_der = kit_cert(k, &k->dsc_spec, k->iaca_key);
}

JM_UNUSED static void kit_begin(struct kit *k)
{
    memset(k, 0, sizeof *k);
    KIT_MUST(jm_openssl_init());
    k->room = malloc(KIT_ROOM);
    jm_arena_init(&k->mem, k->room, KIT_ROOM);
    k->iaca_key = kit_key(1);
    k->dsc_key = kit_key(2);
    k->device_key = kit_key(3);
    k->other_key = kit_key(4);
    k->reader_key = kit_key(5);
    k->iaca_spec = (struct jm_cert_spec){
        .serial = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2},
        .country = JM_BYTES("KR"),
        .org = JM_BYTES("Synthetic"),
        .cn = JM_BYTES("Synthetic IACA"),
        .not_before = KIT_NOW - 400 * KIT_DAY,
        .not_after = KIT_NOW + 3000 * KIT_DAY,
        .ku = JM_KU_KEY_CERT_SIGN | JM_KU_CRL_SIGN,
        .ca = true,
        .issuer_alt_uri = JM_BYTES("https://iaca.example"),
    };
    k->dsc_spec = (struct jm_cert_spec){
        .serial = {9, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2},
        .country = JM_BYTES("KR"),
        .cn = JM_BYTES("Synthetic DSC"),
        .not_before = KIT_NOW - 30 * KIT_DAY,
        .not_after = KIT_NOW + 400 * KIT_DAY,
        .ku = JM_KU_DIGITAL_SIGNATURE,
        .eku = {JM_OID_EKU_MDL_DS, JM_OID_EKU_MDOC_DS},
        .eku_critical = true,
        .issuer_alt_uri = JM_BYTES("https://iaca.example"),
        .crl_uri = JM_BYTES("https://iaca.example/crl"),
    };
    KIT_MUST(jm_key_point(&k->dsc_spec.key, k->dsc_key));
    kit_certify(k);
    k->anchor = (struct jm_anchor){.cert = &k->iaca, .any_type = true};
    k->anchors = (struct jm_anchors){.anchor = &k->anchor, .n = 1};
    KIT_MUST(jm_transcript_oid4vp(&k->transcript, &jm_crypto_openssl,
                                  JM_BYTES("x509_san_dns:rp.example"),
                                  JM_BYTES("nonce-of-this-session"), jm_none(),
                                  JM_BYTES("https://rp.example/r"), &k->mem));
    k->answers = (struct jm_answers){.verify = jm_openssl_verify,
                                     .agree = kit_agree,
                                     .find = kit_find,
                                     .ctx = k};
    k->ctx = (struct jm_mdoc_context){.now = KIT_NOW,
                                      .transcript = k->transcript,
                                      .anchors = &k->anchors,
                                      .policy = JM_MDOC_POLICY_WAIVED,
                                      .crypto = &jm_crypto_openssl};
}

JM_UNUSED static void kit_end(struct kit *k)
{
    jm_arena_reset(&k->mem);
    jm_key_free(&k->iaca_key);
    jm_key_free(&k->dsc_key);
    jm_key_free(&k->device_key);
    jm_key_free(&k->other_key);
    jm_key_free(&k->reader_key);
    jm_arena_init(&k->mem, NULL, 0);
    free(k->room);
}

/* -- a small card -- */

/* What the kit's trust set would know of its type. */
#define KIT_RULE(ns, id, kind) {{JM_BYTES_OF(ns), JM_BYTES_OF(id)}, 2, kind, 0}
#define JM_BYTES_OF(lit) {(const uint8_t *)(lit), sizeof(lit) - 1}
static const struct jm_rule kit_rules[] = {
    KIT_RULE(KIT_NS, "family_name", JM_RULE_TEXT),
    KIT_RULE(KIT_NS, "age_over_19", JM_RULE_BOOL),
    KIT_RULE(KIT_NS, "issuing_country", JM_RULE_TEXT),
    KIT_RULE(KIT_NS, "expiry_date", JM_RULE_DATE),
    KIT_RULE(KIT_NS, "portrait", JM_RULE_BYTES),
    KIT_RULE(KIT_NS_KR, "resident_region", JM_RULE_TEXT),
};
JM_UNUSED static const struct jm_schema kit_schema = {JM_FMT_MDOC, JM_BYTES_OF(KIT_DOCTYPE),
                                                      kit_rules, JM_ARRAY_LEN(kit_rules)};

JM_UNUSED static const struct jm_mdoc_element *kit_elements(size_t *n)
{
    static struct jm_mdoc_element e[6];

    e[0] = (struct jm_mdoc_element){JM_BYTES(KIT_NS), JM_BYTES("family_name"),
                                    JM_BYTES("\x65Synth"), false};
    e[1] = (struct jm_mdoc_element){JM_BYTES(KIT_NS), JM_BYTES("age_over_19"), JM_BYTES("\xf5"),
                                    false};
    e[2] = (struct jm_mdoc_element){JM_BYTES(KIT_NS), JM_BYTES("issuing_country"),
                                    JM_BYTES("\x62KR"), false};
    e[3] = (struct jm_mdoc_element){JM_BYTES(KIT_NS), JM_BYTES("expiry_date"),
                                    JM_BYTES("\xd9\x03\xec\x6a"
                                             "2029-12-31"),
                                    false};
    e[4] = (struct jm_mdoc_element){JM_BYTES(KIT_NS), JM_BYTES("portrait"),
                                    JM_BYTES("\x58\x1e"
                                             "123456789012345678901234567890"),
                                    true};
    e[5] = (struct jm_mdoc_element){JM_BYTES(KIT_NS_KR), JM_BYTES("resident_region"),
                                    JM_BYTES("\x62\x31\x31"), false};
    *n = 6;
    return e;
}

JM_UNUSED static const struct jm_mdoc_ns_count *kit_counts(size_t *n)
{
    static struct jm_mdoc_ns_count c[2];

    c[0] = (struct jm_mdoc_ns_count){JM_BYTES(KIT_NS), 7};
    c[1] = (struct jm_mdoc_ns_count){JM_BYTES(KIT_NS_KR), 3};
    *n = 2;
    return c;
}

JM_UNUSED static struct jm_mdoc_spec kit_spec(struct kit *k)
{
    struct jm_mdoc_spec s = {.doctype = JM_BYTES(KIT_DOCTYPE),
                             .signed_s = KIT_NOW - KIT_DAY,
                             .valid_from_s = KIT_NOW - KIT_DAY,
                             .valid_until_s = KIT_NOW + 27 * KIT_DAY,
                             .status_uri = JM_BYTES("https://status.example/1"),
                             .status_idx = 412};

    s.element = kit_elements(&s.n);
    s.counts = kit_counts(&s.n_counts);
    KIT_MUST(jm_key_point(&s.device_key, k->device_key));
    return s;
}

/* As random as a test needs: SHA-256 of a counter. */
JM_UNUSED static struct jm_bytes kit_random(struct kit *k, size_t len)
{
    uint8_t *p = jm_alloc(&k->mem, len + 32, 1);

    for (size_t i = 0; i < len; i += 32) {
        uint8_t n[4];

        jm_put_u32_be(n, (uint32_t)i);
        KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_bytes(n, 4), p + i));
    }
    return jm_bytes(p, len);
}

JM_UNUSED static struct jm_mdoc_draft kit_draft(struct kit *k, const struct jm_mdoc_spec *s)
{
    struct jm_mdoc_draft d;

    KIT_MUST(jm_mdoc_issue_begin(&d, s, kit_random(k, jm_mdoc_random_len(s)), &jm_crypto_openssl,
                                 &k->mem));
    return d;
}

JM_UNUSED static struct jm_bytes kit_issue(struct kit *k, const struct jm_mdoc_spec *s)
{
    struct jm_mdoc_draft d = kit_draft(k, s);
    struct jm_sig sig;
    struct jm_bytes out;

    KIT_MUST(jm_key_sign(k->dsc_key, d.to_sign, &sig));
    KIT_MUST(jm_mdoc_issue_finish(&out, &d, jm_sig_bytes(&sig), &k->dsc_der, 1, &k->mem));
    return out;
}

JM_UNUSED static struct jm_bytes kit_present(struct kit *k, struct jm_bytes issuer_signed,
                                             const struct jm_mdoc_pick *pick, size_t n)
{
    struct jm_mdoc_presentation p;
    struct jm_sig sig;
    struct jm_bytes out;

    KIT_MUST(jm_mdoc_present_begin(&p, issuer_signed, pick, n, k->transcript, &k->mem));
    KIT_MUST(jm_key_sign(k->device_key, p.to_sign, &sig));
    KIT_MUST(jm_mdoc_present_finish(&out, &p, jm_sig_bytes(&sig), &k->mem));
    return out;
}

/* -- a document in parts -- */

/* Encoded items but where a comment says content. A test changes what it likes; kit_build() signs
 * and assembles. */
struct kit_parts {
    const char *version;
    uint64_t status;
    struct jm_bytes doctype; /* content */
    struct jm_bytes name_spaces;
    struct jm_bytes protected_bstr; /* content */
    struct jm_bytes unprotected;
    struct jm_bytes payload;      /* content: tagged MSO */
    struct jm_bytes payload_item; /* instead of payload, when set */
    struct jm_bytes sig;          /* content; else signed by signer */
    const struct jm_key *signer, *device;
    struct jm_bytes device_ns;
    struct jm_bytes device_protected;                      /* content */
    struct jm_bytes device_payload;                        /* item, f6 */
    struct jm_bytes device_sig;                            /* content; else signed by device */
    struct jm_bytes device_auth;                           /* whole map, instead */
    struct jm_bytes transcript;                            /* what the device signs */
    struct jm_bytes issuer_auth, issuer_signed, documents; /* instead of what is put together */
    bool mac;
};

JM_UNUSED static struct jm_bytes kit_x5chain(struct kit *k, const struct jm_bytes *chain, size_t n)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, 32 * JM_KIB));
    jm_cbor_w_init(&w, &b);
    jm_cose_w_x5chain(&w, chain, n);
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

JM_UNUSED static struct kit_parts kit_parts(struct kit *k, const struct jm_mdoc_spec *s)
{
    struct jm_mdoc_draft d = kit_draft(k, s);
    struct kit_parts p = {.version = "1.0",
                          .doctype = s->doctype,
                          .name_spaces = d.name_spaces,
                          .protected_bstr = JM_BYTES("\xa1\x01\x26"),
                          .unprotected = kit_x5chain(k, &k->dsc_der, 1),
                          .payload = d.payload,
                          .signer = k->dsc_key,
                          .device = k->device_key,
                          .device_ns = JM_BYTES("\xd8\x18\x41\xa0"),
                          .device_protected = JM_BYTES("\xa1\x01\x26"),
                          .device_payload = JM_BYTES("\xf6"),
                          .transcript = k->transcript};

    return p;
}

JM_UNUSED static struct jm_bytes kit_cose(struct kit *k, struct jm_bytes prot,
                                          struct jm_bytes unprot, struct jm_bytes payload_item,
                                          struct jm_bytes sig)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, prot.len + unprot.len + payload_item.len + sig.len + 64));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, prot);
    jm_cbor_w_raw(&w, unprot);
    jm_cbor_w_raw(&w, payload_item);
    jm_cbor_w_bytes(&w, sig);
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

JM_UNUSED static struct jm_bytes kit_bstr(struct kit *k, struct jm_bytes content)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, content.len + 9));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_bytes(&w, content);
    return jm_written(b);
}

JM_UNUSED static struct jm_bytes kit_tagged(struct kit *k, struct jm_bytes content)
{
    struct jm_bytes out, parts[2] = {JM_BYTES("\xd8\x18"), kit_bstr(k, content)};

    KIT_MUST(jm_concat(&out, &k->mem, parts, 2));
    return out;
}

JM_UNUSED static struct jm_bytes kit_issuer_auth(struct kit *k, const struct kit_parts *p)
{
    struct jm_sig sig;
    struct jm_bytes data, use = p->sig;

    if (p->issuer_auth.ptr != NULL)
        return p->issuer_auth;
    if (use.ptr == NULL) {
        KIT_MUST(jm_cose_sig_structure(&data, &k->mem, p->protected_bstr, p->payload));
        KIT_MUST(jm_key_sign(p->signer, data, &sig));
        use = jm_sig_bytes(&sig);
    }
    return kit_cose(k, p->protected_bstr, p->unprotected,
                    p->payload_item.ptr != NULL ? p->payload_item : kit_bstr(k, p->payload), use);
}

JM_UNUSED static struct jm_bytes kit_issuer_signed(struct kit *k, const struct kit_parts *p)
{
    struct jm_bytes out, parts[5] = {JM_BYTES("\xa2\x6anameSpaces"), p->name_spaces,
                                     JM_BYTES("\x6aissuerAuth"), kit_issuer_auth(k, p), jm_none()};

    if (p->issuer_signed.ptr != NULL)
        return p->issuer_signed;
    if (p->name_spaces.ptr == NULL)
        parts[0] = JM_BYTES("\xa1");
    KIT_MUST(jm_concat(&out, &k->mem, parts, 4));
    return out;
}

JM_UNUSED static void kit_mac(struct kit *k, const struct kit_parts *p, struct jm_bytes own,
                              uint8_t tag[32])
{
    struct jm_point reader;
    struct jm_bytes data;
    uint8_t x[32], salt[32], key[32], full[JM_HASH_MAX];

    KIT_MUST(jm_key_point(&reader, k->reader_key));
    KIT_MUST(jm_key_agree(p->device, jm_point_bytes(&reader), x));
    KIT_MUST(jm_transcript_salt(salt, &jm_crypto_openssl, p->transcript));
    KIT_MUST(jm_hkdf_sha256(&jm_crypto_openssl, jm_bytes(x, 32), jm_bytes(salt, 32),
                            JM_BYTES("EMacKey"), key, 32));
    KIT_MUST(jm_cose_mac_structure(&data, &k->mem, p->device_protected, own));
    KIT_MUST(jm_crypto_openssl.hmac(JM_SHA256, jm_bytes(key, 32), &data, 1, full));
    memcpy(tag, full, 32);
}

JM_UNUSED static struct jm_bytes kit_device_auth(struct kit *k, const struct kit_parts *p)
{
    struct jm_bytes own, data, cose, out;
    struct jm_sig sig = {.len = 32};

    if (p->device_auth.ptr != NULL)
        return p->device_auth;
    KIT_MUST(jm_mdoc_device_auth(&own, p->transcript, p->doctype, p->device_ns, &k->mem));
    if (p->mac) {
        kit_mac(k, p, own, sig.octets);
    } else {
        KIT_MUST(jm_cose_sig_structure(&data, &k->mem, p->device_protected, own));
        KIT_MUST(jm_key_sign(p->device, data, &sig));
    }
    cose = kit_cose(k, p->device_protected, JM_BYTES("\xa0"), p->device_payload,
                    p->device_sig.ptr != NULL ? p->device_sig : jm_sig_bytes(&sig));
    const struct jm_bytes parts[] = {p->mac ? JM_BYTES("\xa1\x69"
                                                       "deviceMac")
                                            : JM_BYTES("\xa1\x6f"
                                                       "deviceSignature"),
                                     cose};
    KIT_MUST(jm_concat(&out, &k->mem, parts, 2));
    return out;
}

/* One document as an encoded item. */
JM_UNUSED static struct jm_bytes kit_document(struct kit *k, const struct kit_parts *p)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, 160 * JM_KIB));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_str(&w, "docType");
    jm_cbor_w_text(&w, p->doctype);
    jm_cbor_w_str(&w, "issuerSigned");
    jm_cbor_w_raw(&w, kit_issuer_signed(k, p));
    jm_cbor_w_str(&w, "deviceSigned");
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_str(&w, "nameSpaces");
    jm_cbor_w_raw(&w, p->device_ns);
    jm_cbor_w_str(&w, "deviceAuth");
    jm_cbor_w_raw(&w, kit_device_auth(k, p));
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

JM_UNUSED static struct jm_bytes kit_response(struct kit *k, const char *version,
                                              struct jm_bytes documents, uint64_t status)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, documents.len + 128));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, documents.ptr == NULL ? 2 : 3);
    jm_cbor_w_str(&w, "version");
    jm_cbor_w_str(&w, version);
    if (documents.ptr != NULL) {
        jm_cbor_w_str(&w, "documents");
        jm_cbor_w_raw(&w, documents);
    }
    jm_cbor_w_str(&w, "status");
    jm_cbor_w_uint(&w, status);
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

JM_UNUSED static struct jm_bytes kit_build(struct kit *k, const struct kit_parts *p)
{
    struct jm_bytes docs = p->documents, parts[2] = {JM_BYTES("\x81"), jm_none()};

    if (docs.ptr == NULL) {
        parts[1] = kit_document(k, p);
        KIT_MUST(jm_concat(&docs, &k->mem, parts, 2));
    }
    return kit_response(k, p->version, docs, p->status);
}

#endif
