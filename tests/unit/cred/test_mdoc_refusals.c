/* SPDX-License-Identifier: Apache-2.0 */
/* The table of spec/mdoc.md 16: our own signed documents, changed; each row names exactly the codes
 * that must fail. */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

struct row {
    const char *name;
    void (*change)(struct kit *k, struct kit_parts *p);
    enum jm_code fail[4]; /* exactly these; none: accepted, or undecided by open */
    enum jm_code warn;    /* at least this one */
    enum jm_code open;    /* UNKNOWN: the verdict is undecided */
};

/* -- how documents are changed -- */

static struct jm_mdoc_spec spec; /* of the row */
static struct jm_mdoc_request request;
static struct jm_mdoc_pick picks[4];

static void again(struct kit *k, struct kit_parts *p)
{
    *p = kit_parts(k, &spec);
}

static void recertify(struct kit *k, struct kit_parts *p)
{
    k->dsc_spec.issuer_der = jm_none();
    k->dsc_spec.authority_key_id = jm_none();
    kit_certify(k);
    p->unprotected = kit_x5chain(k, &k->dsc_der, 1);
}

static void use_dsc(struct kit *k, struct kit_parts *p, struct jm_bytes der)
{
    k->dsc_der = der;
    p->unprotected = kit_x5chain(k, &k->dsc_der, 1);
}

/* The signer certificate with octets of its TBS replaced, signed again. */
static void patch_dsc(struct kit *k, struct kit_parts *p, const void *from, const void *to,
                      size_t len)
{
    struct jm_bytes tbs;

    KIT_MUST(jm_cert_tbs(&tbs, &jm_crypto_openssl, &k->dsc_spec, &k->mem));
    use_dsc(k, p, kit_sign_der(k, kit_swap(k, tbs, from, to, len), k->iaca_key));
}

/* The MSO with a part replaced, tagged anew. */
static void remso(struct kit *k, struct kit_parts *p, struct jm_bytes from, struct jm_bytes to)
{
    struct jm_cbor r;

    jm_cbor_init(&r, p->payload);
    p->payload = kit_tagged(k, kit_splice(k, jm_cbor_embedded(&r, NULL), from, to));
}

#define S(lit) JM_BYTES(lit)
#define CHANGE(name) static void name(JM_UNUSED struct kit *k, JM_UNUSED struct kit_parts *p)

CHANGE(nothing)
{
}

CHANGE(value)
{
    p->name_spaces = kit_swap(k, p->name_spaces, "Synth", "Xynth", 5);
}

static void set_digest_id(struct kit *k, struct kit_parts *p, uint8_t id)
{
    size_t at = jm_bytes_find(p->name_spaces, S("digestID")) + 8;

    KIT_MUST(jm_dup(&p->name_spaces, &k->mem, p->name_spaces));
    k->mem.base[p->name_spaces.ptr - k->mem.base + (ptrdiff_t)at] = id;
}

CHANGE(digest_id_of_nobody)
{
    set_digest_id(k, p, 0x17);
}

CHANGE(digest_id_of_another)
{
    size_t second =
        jm_bytes_find(jm_slice(p->name_spaces, jm_bytes_find(p->name_spaces, S("digestID")) + 8,
                               SIZE_MAX),
                      S("digestID"));

    set_digest_id(
        k, p, p->name_spaces.ptr[jm_bytes_find(p->name_spaces, S("digestID")) + 8 + second + 8]);
}

CHANGE(namespace_unknown)
{
    p->name_spaces = kit_swap(k, p->name_spaces, KIT_NS_KR, "org.iso.23220.1.kx", 18);
}

/* An item of one namespace shown in the other, where its digestID exists too. */
CHANGE(namespace_swapped)
{
    struct jm_mdoc_copy c;
    struct jm_bytes item = jm_none();

    KIT_MUST(jm_mdoc_copy_read(&c, kit_issuer_signed(k, p), &k->mem));
    for (size_t i = 0; i < c.n; i++)
        if (jm_bytes_eq_str(c.item[i].ns, KIT_NS) && c.item[i].digest_id < 3)
            item = c.item[i].item;
    const struct jm_bytes parts[] = {S("\xa1\x72" KIT_NS_KR "\x81"), item};
    KIT_MUST(jm_concat(&p->name_spaces, &k->mem, parts, 2));
}

CHANGE(doctype_of_document)
{
    p->doctype = S("org.iso.18013.5.1.mDL");
}

CHANGE(doctype_of_mso)
{
    remso(k, p, S("\x77" KIT_DOCTYPE), S("\x75org.iso.18013.5.1.mDL"));
}

CHANGE(expired)
{
    k->ctx.now = spec.valid_until_s + 61;
}

CHANGE(not_quite_expired)
{
    k->ctx.now = spec.valid_until_s + 60;
}

CHANGE(not_yet_valid)
{
    k->ctx.now = spec.valid_from_s - 61;
}

CHANGE(fractional_time)
{
    remso(k, p,
          S("\x74"
            "2026-12-31T00:00:00Z"),
          S("\x78\x18"
            "2026-12-31T00:00:00.500Z"));
    remso(k, p,
          S("validFrom\xc0\x74"
            "2026-12-31T00:00:00Z"),
          S("validFrom\xc0\x74"
            "2026-12-31T00:00:00Z"));
}

CHANGE(time_with_offset)
{
    remso(k, p,
          S("\x74"
            "2026-12-31T00:00:00Z"),
          S("\x78\x19"
            "2026-12-31T09:00:00+09:00"));
}

CHANGE(strict_time_with_offset)
{
    time_with_offset(k, p);
    k->ctx.policy.strict = true;
}

CHANGE(issuer_strict_time_with_offset)
{
    time_with_offset(k, p);
    k->ctx.policy.strict_issuer_form = true;
}

CHANGE(time_of_nowhere)
{
    remso(k, p,
          S("\x74"
            "2026-12-31T00:00:00Z"),
          S("\x74"
            "2026-02-31T00:00:00Z"));
}

CHANGE(time_untagged)
{
    remso(k, p,
          S("\xc0\x74"
            "2026-12-31T00:00:00Z"),
          S("\x74"
            "2026-12-31T00:00:00Z"));
}

CHANGE(times_out_of_order)
{
    remso(k, p,
          S("\x74"
            "2026-12-31T00:00:00Z"),
          S("\x74"
            "2026-12-31T00:00:01Z"));
}

CHANGE(signed_before_dsc)
{
    k->dsc_spec.not_before = spec.signed_s + 1;
    recertify(k, p);
}

CHANGE(signed_as_dsc_begins)
{
    k->dsc_spec.not_before = spec.signed_s;
    recertify(k, p);
}

CHANGE(dsc_expired)
{
    k->dsc_spec.not_after = KIT_NOW - 1;
    recertify(k, p);
}

CHANGE(dsc_not_yet_valid)
{
    k->dsc_spec.not_before = spec.signed_s;
    recertify(k, p);
    k->ctx.now = spec.signed_s - 1; /* within the skew of the MSO, none for certificates */
}

CHANGE(outlives_dsc)
{
    k->dsc_spec.not_after = KIT_NOW + 5 * KIT_DAY;
    recertify(k, p);
}

CHANGE(no_eku)
{
    k->dsc_spec.eku[0] = k->dsc_spec.eku[1] = jm_none();
    recertify(k, p);
}

CHANGE(other_eku)
{
    k->dsc_spec.eku[0] = JM_OID_EKU_MDL_READER;
    k->dsc_spec.eku[1] = jm_none();
    recertify(k, p);
}

CHANGE(photo_id_eku_alone)
{
    k->dsc_spec.eku[0] = JM_OID_EKU_MDOC_DS;
    k->dsc_spec.eku[1] = jm_none();
    recertify(k, p);
}

CHANGE(no_ku)
{
    k->dsc_spec.ku = JM_KU_NON_REPUDIATION;
    recertify(k, p);
}

CHANGE(dsc_is_ca)
{
    k->dsc_spec.ca = true;
    recertify(k, p);
}

CHANGE(too_long)
{
    k->dsc_spec.not_before = KIT_NOW - 30 * KIT_DAY;
    k->dsc_spec.not_after = k->dsc_spec.not_before + 458 * KIT_DAY;
    recertify(k, p);
}

CHANGE(strict_too_long)
{
    too_long(k, p);
    k->ctx.policy.strict_issuer_form = true;
}

CHANGE(strict_just_long_enough)
{
    k->dsc_spec.not_after = k->dsc_spec.not_before + 457 * KIT_DAY;
    recertify(k, p);
    k->ctx.policy.strict = true;
}

CHANGE(country_differs)
{
    k->dsc_spec.country = S("US");
    recertify(k, p);
}

CHANGE(state_differs)
{
    k->iaca_spec.state = S("KR-11");
    k->dsc_spec.state = S("KR-26");
    recertify(k, p);
}

CHANGE(state_of_one_alone)
{
    k->iaca_spec.state = S("KR-11");
    recertify(k, p);
}

CHANGE(unknown_critical)
{
    patch_dsc(k, p, "\x06\x03\x55\x1d\x25\x01\x01\xff", "\x06\x03\x55\x1d\x7f\x01\x01\xff", 8);
}

CHANGE(sha384)
{
    patch_dsc(k, p, "\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x03\x03", 8);
}

CHANGE(sha1)
{
    struct jm_bytes tbs, der;

    KIT_MUST(jm_cert_tbs(&tbs, &jm_crypto_openssl, &k->dsc_spec, &k->mem));
    tbs =
        kit_swap(k, tbs, "\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x01\x02", 8);
    der = kit_sign_der(k, tbs, k->iaca_key);
    use_dsc(k, p,
            kit_swap(k, der, "\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x01\x02",
                     8));
}

CHANGE(rsa_key)
{
    patch_dsc(k, p, "\x2a\x86\x48\xce\x3d\x02\x01", "\x2a\x86\x48\x86\xf7\x0d\x01", 7);
}

CHANGE(other_curve)
{
    patch_dsc(k, p, "\x2a\x86\x48\xce\x3d\x03\x01\x07", "\x2a\x86\x48\xce\x3d\x03\x01\x02", 8);
}

CHANGE(other_curve_and_alg)
{
    other_curve(k, p);
    p->protected_bstr = S("\xa1\x01\x38\x22");
}

CHANGE(compressed_key)
{
    struct jm_bytes point = jm_slice(jm_point_bytes(&k->dsc_spec.key), 0, 8);
    uint8_t changed[8];

    memcpy(changed, point.ptr, 8);
    changed[0] = 2;
    patch_dsc(k, p, point.ptr, changed, 8);
}

CHANGE(off_curve_key)
{
    k->dsc_spec.key.octets[64] ^= 1;
    recertify(k, p);
}

CHANGE(dsc_unreadable)
{
    use_dsc(k, p, jm_slice(k->dsc_der, 0, k->dsc_der.len - 1));
}

CHANGE(aki_elsewhere)
{
    k->dsc_spec.authority_key_id = S("12345678901234567890");
    use_dsc(k, p, kit_cert(k, &k->dsc_spec, k->iaca_key));
}

/* Another CA of the same name; its key identifier is not the one that the signer names. */
CHANGE(same_name_other_key)
{
    struct jm_cert_spec s = k->iaca_spec;

    KIT_MUST(jm_key_point(&s.key, k->other_key));
    KIT_MUST(jm_cert_parse(&k->iaca, kit_cert(k, &s, k->other_key)));
}

/* Without key identifier both are tried: the second one has issued it. */
CHANGE(two_cas_of_one_name)
{
    static struct jm_cert other;
    static struct jm_anchor two[2];
    struct jm_cert_spec s = k->iaca_spec;

    KIT_MUST(jm_key_point(&s.key, k->other_key));
    KIT_MUST(jm_cert_parse(&other, kit_cert(k, &s, k->other_key)));
    two[0] = (struct jm_anchor){.cert = &other, .any_type = true};
    two[1] = k->anchor;
    k->anchors = (struct jm_anchors){.anchor = two, .n = 2};
    k->dsc_spec.authority_key_id = S("");
    k->dsc_spec.authority_key_id.len = 0;
    use_dsc(k, p, kit_cert(k, &k->dsc_spec, k->iaca_key));
}

CHANGE(signed_by_nobody_known)
{
    use_dsc(k, p, kit_cert(k, &k->dsc_spec, k->other_key));
}

CHANGE(name_differs)
{
    struct jm_bytes name;

    KIT_MUST(jm_name_der(&name, &k->mem, S("KR"), jm_none(), jm_none(), S("Another IACA")));
    k->dsc_spec.issuer_der = name;
    use_dsc(k, p, kit_cert(k, &k->dsc_spec, k->iaca_key));
}

CHANGE(intermediate)
{
    struct jm_cert_spec s = k->iaca_spec;
    struct jm_bytes chain[2];
    struct jm_cert c;

    s.cn = S("Between");
    s.issuer_der = k->iaca.subject.der;
    s.authority_key_id = k->iaca.ski;
    KIT_MUST(jm_key_point(&s.key, k->other_key));
    chain[1] = kit_cert(k, &s, k->iaca_key);
    KIT_MUST(jm_cert_parse(&c, chain[1]));
    k->dsc_spec.issuer_der = c.subject.der;
    k->dsc_spec.authority_key_id = c.ski;
    chain[0] = kit_cert(k, &k->dsc_spec, k->other_key);
    p->unprotected = kit_x5chain(k, chain, 2);
}

CHANGE(iaca_expired)
{
    k->iaca_spec.not_after = KIT_NOW - 1;
    recertify(k, p);
}

CHANGE(iaca_not_yet_valid)
{
    k->iaca_spec.not_before = KIT_NOW + 1;
    recertify(k, p);
}

CHANGE(leaf_as_anchor)
{
    KIT_MUST(jm_cert_parse(&k->iaca, k->dsc_der));
}

CHANGE(pinned)
{
    leaf_as_anchor(k, p);
    k->anchor.pinned = true;
}

CHANGE(pinned_without_eku)
{
    no_eku(k, p);
    pinned(k, p);
}

CHANGE(pinned_and_expired)
{
    dsc_expired(k, p);
    pinned(k, p);
}

CHANGE(no_anchor_at_all)
{
    k->anchors.n = 0;
}

CHANGE(no_anchor_given)
{
    k->ctx.anchors = NULL;
}

CHANGE(other_doctypes_only)
{
    static const struct jm_bytes mdl[1] = {{(const uint8_t *)"org.iso.18013.5.1.mDL", 21}};

    k->anchor.types = mdl;
    k->anchor.n_types = 1;
    k->anchor.any_type = false;
}

CHANGE(stale_trust)
{
    k->anchors.stale = true;
}

/* -- COSE -- */

CHANGE(no_x5chain)
{
    p->unprotected = S("\xa0");
}

CHANGE(empty_x5chain)
{
    p->unprotected = S("\xa1\x18\x21\x80");
}

static struct jm_bytes with_array(struct kit *k, size_t n)
{
    struct jm_bytes out,
        parts[12] = {S("\xa1\x18\x21"), jm_bytes(&"\x81\x82\x83\x84\x85\x86"[n - 1], 1)};

    for (size_t i = 0; i < n; i++)
        parts[2 + i] = kit_bstr(k, i == 0             ? k->dsc_der
                                   : i == 1 && n == 2 ? k->iaca_der
                                                      : k->dsc_der);
    KIT_MUST(jm_concat(&out, &k->mem, parts, n + 2));
    return out;
}

CHANGE(array_of_one)
{
    p->unprotected = with_array(k, 1);
}

CHANGE(strict_array_of_one)
{
    array_of_one(k, p);
    k->ctx.policy.strict_issuer_form = true;
}

CHANGE(root_in_chain)
{
    p->unprotected = with_array(k, 2);
}

CHANGE(five_certificates)
{
    p->unprotected = with_array(k, 5);
}

CHANGE(long_certificate)
{
    struct jm_bytes big = kit_random(k, JM_X5CHAIN_CERT_MAX + 1);

    p->unprotected = kit_x5chain(k, &big, 1);
}

CHANGE(unrelated_leaf_first)
{
    struct jm_cert_spec s = k->dsc_spec;

    KIT_MUST(jm_key_point(&s.key, k->other_key));
    use_dsc(k, p, kit_cert(k, &s, k->iaca_key));
}

static struct jm_bytes protected_with(struct kit *k, struct jm_bytes cert)
{
    struct jm_bytes out, parts[2] = {S("\xa2\x01\x26\x18\x21"), kit_bstr(k, cert)};

    KIT_MUST(jm_concat(&out, &k->mem, parts, 2));
    return out;
}

CHANGE(x5chain_in_protected)
{
    p->protected_bstr = protected_with(k, k->dsc_der);
    p->unprotected = S("\xa0");
}

CHANGE(x5chain_in_both)
{
    p->protected_bstr = protected_with(k, k->dsc_der);
}

CHANGE(x5chain_conflict)
{
    p->protected_bstr = protected_with(k, k->iaca_der);
}

CHANGE(no_alg)
{
    p->protected_bstr = S("\xa0");
}

CHANGE(empty_protected)
{
    p->protected_bstr = S("");
}

CHANGE(alg_unprotected)
{
    struct jm_bytes parts[2] = {S("\xa2\x01\x26"), jm_slice(p->unprotected, 1, SIZE_MAX)};

    p->protected_bstr = S("\xa0");
    KIT_MUST(jm_concat(&p->unprotected, &k->mem, parts, 2));
}

CHANGE(alg_eddsa)
{
    p->protected_bstr = S("\xa1\x01\x27");
}

CHANGE(alg_es384)
{
    p->protected_bstr = S("\xa1\x01\x38\x22");
}

CHANGE(alg_hmac)
{
    p->protected_bstr = S("\xa1\x01\x05");
}

CHANGE(alg_text)
{
    p->protected_bstr = S("\xa1\x01\x65"
                          "ES256");
}

CHANGE(alg_fully_specified)
{
    p->protected_bstr = S("\xa1\x01\x28");
}

CHANGE(kid)
{
    p->protected_bstr = S("\xa2\x01\x26\x04\x41\x01");
}

CHANGE(crit)
{
    p->protected_bstr = S("\xa3\x01\x26\x02\x81\x19\x03\xe8\x19\x03\xe8\x01");
}

CHANGE(crit_understood)
{
    p->protected_bstr = S("\xa2\x01\x26\x02\x81\x01");
}

CHANGE(crit_empty)
{
    p->protected_bstr = S("\xa2\x01\x26\x02\x80");
}

static void x5t(struct kit *k, struct kit_parts *p, uint8_t flip)
{
    uint8_t hash[32] = {0};
    struct jm_bytes parts[2] = {S("\xa2\x01\x26\x18\x22\x82\x2f\x58\x20"), jm_bytes(hash, 32)};

    KIT_MUST(jm_sha256(&jm_crypto_openssl, k->dsc_der, hash));
    hash[0] ^= flip;
    KIT_MUST(jm_concat(&p->protected_bstr, &k->mem, parts, 2));
}

CHANGE(right_x5t)
{
    x5t(k, p, 0);
}

CHANGE(wrong_x5t)
{
    x5t(k, p, 1);
}

static void issuer_sig(struct kit *k, struct kit_parts *p, struct jm_sig *sig)
{
    struct jm_bytes data;

    KIT_MUST(jm_cose_sig_structure(&data, &k->mem, p->protected_bstr, p->payload));
    KIT_MUST(jm_key_sign(k->dsc_key, data, sig));
}

static void use_sig(struct kit *k, struct kit_parts *p, const uint8_t *sig, size_t len)
{
    KIT_MUST(jm_dup(&p->sig, &k->mem, jm_bytes(sig, len)));
}

CHANGE(sig_der)
{
    struct jm_bytes der = kit_sign_der(k, S("\x30\x00"), k->dsc_key);
    size_t at = jm_bytes_find(der, S("\x03")); /* BIT STRING */

    p->sig = jm_slice(der, at + 3, SIZE_MAX);
}

static const uint8_t any_sig[JM_SIG_MAX] = {1};

#define SIG_OF(len)                             \
    CHANGE(sig_of_##len)                        \
    {                                           \
        struct jm_sig sig;                      \
                                                \
        issuer_sig(k, p, &sig);                 \
        p->sig = jm_bytes(any_sig, len);        \
        if (len != 0)                           \
            use_sig(k, p, sig.octets, len);     \
    }                                           \
    CHANGE(device_sig_of_##len)                 \
    {                                           \
        (void)k;                                \
        p->device_sig = jm_bytes(any_sig, len); \
    }
SIG_OF(0)
SIG_OF(63)
SIG_OF(65)
SIG_OF(96) /* ES384 */
SIG_OF(132)

CHANGE(sig_r_zero)
{
    struct jm_sig sig;

    issuer_sig(k, p, &sig);
    memset(sig.octets, 0, 32);
    use_sig(k, p, sig.octets, 64);
}

CHANGE(sig_s_zero)
{
    struct jm_sig sig;

    issuer_sig(k, p, &sig);
    memset(sig.octets + 32, 0, 32);
    use_sig(k, p, sig.octets, 64);
}

/* n - s is as good a signature as s. */
CHANGE(sig_other_s)
{
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    struct jm_sig sig;
    int borrow = 0;

    issuer_sig(k, p, &sig);
    for (int i = 31; i >= 0; i--) {
        int d = n[i] - sig.octets[32 + i] - borrow;

        borrow = d < 0;
        sig.octets[32 + i] = (uint8_t)(d + (borrow ? 256 : 0));
    }
    use_sig(k, p, sig.octets, 64);
}

CHANGE(sig_by_another)
{
    p->signer = k->other_key;
}

CHANGE(payload_untagged)
{
    struct jm_cbor r;

    jm_cbor_init(&r, p->payload);
    p->payload = jm_cbor_embedded(&r, NULL);
}

CHANGE(payload_twice_tagged)
{
    p->payload = kit_tagged(k, p->payload);
}

CHANGE(payload_nil)
{
    p->payload_item = S("\xf6");
}

CHANGE(payload_indefinite)
{
    struct jm_bytes parts[3] = {S("\x5f"), kit_bstr(k, p->payload), S("\xff")};

    KIT_MUST(jm_concat(&p->payload_item, &k->mem, parts, 3));
}

CHANGE(payload_cut)
{
    struct jm_cbor r;

    jm_cbor_init(&r, p->payload);
    struct jm_bytes mso = jm_cbor_embedded(&r, NULL);
    p->payload = kit_tagged(k, jm_slice(mso, 0, mso.len - 1));
}

CHANGE(payload_with_more)
{
    struct jm_cbor r;
    struct jm_bytes out, parts[2];

    jm_cbor_init(&r, p->payload);
    parts[0] = jm_cbor_embedded(&r, NULL);
    parts[1] = S("\xf6");
    KIT_MUST(jm_concat(&out, &k->mem, parts, 2));
    p->payload = kit_tagged(k, out);
}

CHANGE(cose_tagged)
{
    struct jm_bytes parts[2] = {S("\xd2"), kit_issuer_auth(k, p)};

    KIT_MUST(jm_concat(&p->issuer_auth, &k->mem, parts, 2));
}

CHANGE(strict_cose_tagged)
{
    cose_tagged(k, p);
    k->ctx.policy.strict_issuer_form = true;
}

CHANGE(cose_other_tag)
{
    struct jm_bytes parts[2] = {S("\xd1"), kit_issuer_auth(k, p)};

    KIT_MUST(jm_concat(&p->issuer_auth, &k->mem, parts, 2));
}

CHANGE(cose_of_three)
{
    p->issuer_auth = S("\x83\x43\xa1\x01\x26\xa0\xf6");
}

/* -- MSO -- */

CHANGE(mso_version_1_9)
{
    remso(k, p,
          S("version\x63"
            "1.0"),
          S("version\x63"
            "1.9"));
}

CHANGE(mso_version_2)
{
    remso(k, p,
          S("version\x63"
            "1.0"),
          S("version\x63"
            "2.0"));
}

CHANGE(digest_alg_loose)
{
    remso(k, p, S("\x67SHA-256"), S("\x66sha256"));
}

CHANGE(digest_alg_sha1)
{
    remso(k, p, S("\x67SHA-256"), S("\x65SHA-1"));
}

CHANGE(digest_alg_longer)
{
    remso(k, p, S("\x67SHA-256"), S("\x67SHA-384"));
}

CHANGE(digest_id_large)
{
    /* a decoy may have any id; the last one of the second namespace is 2 */
    size_t at = jm_bytes_find(p->payload, S("\x72" KIT_NS_KR)) + 20 + 3 * 35 - 35;
    struct jm_bytes old = jm_slice(p->payload, at, 3),
                    parts[2] = {S("\x1a\x80\x00\x00\x00"), jm_slice(old, 1, 2)}, to;
    struct jm_mdoc_copy c;

    KIT_MUST(jm_mdoc_copy_read(&c, kit_issuer_signed(k, p), &k->mem));
    p->name_spaces = jm_none(); /* no item: whichever id it was */
    KIT_MUST(jm_concat(&to, &k->mem, parts, 2));
    struct jm_bytes whole = jm_slice(p->payload, at, 35);
    struct jm_bytes more[2] = {S("\x1a\x80\x00\x00\x00"), jm_slice(whole, 1, SIZE_MAX)};
    KIT_MUST(jm_concat(&to, &k->mem, more, 2));
    remso(k, p, whole, to);
}

CHANGE(device_key_cut)
{
    struct jm_bytes x = jm_bytes(spec.device_key.octets + 1, 32), parts[2] = {S("\x58\x20"), x},
                    from;

    KIT_MUST(jm_concat(&from, &k->mem, parts, 2));
    parts[0] = S("\x58\x1f");
    parts[1] = jm_slice(x, 0, 31);
    struct jm_bytes to;
    KIT_MUST(jm_concat(&to, &k->mem, parts, 2));
    remso(k, p, from, to);
}

CHANGE(device_key_off_curve)
{
    spec.device_key.octets[64] ^= 1;
    again(k, p);
}

CHANGE(device_key_other_curve)
{
    remso(k, p, S("\xa4\x01\x02\x20\x01"), S("\xa4\x01\x02\x20\x02"));
}

CHANGE(member_missing)
{
    remso(k, p,
          S("\x6c"
            "validityInfo"),
          S("\x6c"
            "validityinfo"));
}

CHANGE(member_of_other_type)
{
    remso(k, p,
          S("\x67"
            "docType\x77" KIT_DOCTYPE),
          S("\x67"
            "docType\x57" KIT_DOCTYPE));
}

CHANGE(member_unknown)
{
    remso(k, p, S("\xa7\x67version"), S("\xa8\x63rfu\xa0\x67version"));
}

CHANGE(member_twice)
{
    remso(k, p, S("\xa7\x67version"),
          S("\xa8\x67"
            "docType\x61x\x67version"));
}

CHANGE(member_twice_with_long_head)
{
    remso(k, p, S("\xa7\x67version"),
          S("\xa8\x78\x07version\x63"
            "1.0\x67version"));
}

CHANGE(deep)
{
    remso(k, p, S("\xa7\x67version"),
          S("\xa8\x63rfu\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\xf6\x67versio"
            "n"));
}

CHANGE(huge_count)
{
    remso(k, p, S("\xa7\x67version"),
          S("\xa8\x63rfu\x9b\xff\xff\xff\xff\xff\xff\xff\xff\xf6\x67version"));
}

CHANGE(bad_utf8)
{
    remso(k, p, S("\xa7\x67version"), S("\xa8\x63rfu\x62\xc3\x28\x67version"));
}

CHANGE(reserved)
{
    remso(k, p, S("\xa7\x67version"), S("\xa8\x63rfu\x1c\x67version"));
}

/* -- items -- */

static struct jm_bytes first_item(struct kit *k, struct kit_parts *p)
{
    struct jm_mdoc_copy c;

    KIT_MUST(jm_mdoc_copy_read(&c, kit_issuer_signed(k, p), &k->mem));
    return c.item[0].item;
}

CHANGE(item_twice)
{
    struct jm_bytes item = first_item(k, p), parts[3] = {S("\xa1\x6f" KIT_NS "\x82"), item, item};

    KIT_MUST(jm_concat(&p->name_spaces, &k->mem, parts, 3));
}

CHANGE(item_untagged)
{
    struct jm_bytes item = jm_slice(first_item(k, p), 2, SIZE_MAX),
                    parts[2] = {S("\xa1\x6f" KIT_NS "\x81"), item};

    KIT_MUST(jm_concat(&p->name_spaces, &k->mem, parts, 2));
}

CHANGE(item_without_random)
{
    p->name_spaces = kit_swap(k, p->name_spaces, "random", "rondom", 6);
}

CHANGE(namespace_without_item)
{
    p->name_spaces = S("\xa1\x6f" KIT_NS "\x80");
}

CHANGE(no_items)
{
    p->name_spaces = jm_none();
}

CHANGE(issuing_country_differs)
{
    static struct jm_mdoc_element e[6];
    size_t n;

    memcpy(e, kit_elements(&n), sizeof e);
    e[2].value = S("\x62US");
    spec.element = e;
    again(k, p);
}

CHANGE(issuing_jurisdiction_differs)
{
    static struct jm_mdoc_element e[6];
    size_t n;

    k->iaca_spec.state = k->dsc_spec.state = S("Seoul");
    recertify(k, p);
    memcpy(e, kit_elements(&n), sizeof e);
    e[2].id = S("issuing_jurisdiction");
    e[2].value = S("\x65"
                   "Busan");
    spec.element = e;
    again(k, p);
}

CHANGE(random_of_15)
{
    struct jm_cbor r;
    struct jm_bytes item;
    size_t at, head;

    jm_cbor_init(&r, first_item(k, p));
    item = jm_cbor_embedded(&r, NULL);
    at = jm_bytes_find(item, S("\x66random")) + 7;
    head = item.ptr[at] == 0x58 ? 2 : 1;
    size_t len = head == 2 ? item.ptr[at + 1] : item.ptr[at] & 0x1F;
    const struct jm_bytes cut[] = {jm_slice(item, 0, at), S("\x4f"), jm_slice(item, at + head, 15),
                                   jm_slice(item, at + head + len, SIZE_MAX)};
    struct jm_bytes shorter;
    KIT_MUST(jm_concat(&shorter, &k->mem, cut, 4));
    const struct jm_bytes parts[] = {S("\xa1\x6f" KIT_NS "\x81"), kit_tagged(k, shorter)};
    KIT_MUST(jm_concat(&p->name_spaces, &k->mem, parts, 2));
}

CHANGE(namespace_without_digest)
{
    static const char head[] = "\x72" KIT_NS_KR "\xa3";
    struct jm_bytes mso, digests;
    struct jm_cbor r;

    jm_cbor_init(&r, p->payload);
    mso = jm_cbor_embedded(&r, NULL);
    digests = jm_slice(mso, jm_bytes_find(mso, jm_str(head)) + sizeof head - 2, SIZE_MAX);
    jm_cbor_init(&r, digests);
    remso(k, p, jm_cbor_item(&r), S("\xa0"));
}

/* -- device -- */

CHANGE(no_transcript)
{
    k->ctx.transcript = jm_none();
}

CHANGE(device_other_key)
{
    p->device = k->other_key;
}

CHANGE(device_alg_none)
{
    p->device_protected = S("\xa0");
}

CHANGE(device_alg_es384)
{
    p->device_protected = S("\xa1\x01\x38\x22");
}

CHANGE(device_auth_none)
{
    p->device_auth = S("\xa0");
}

CHANGE(device_auth_both)
{
    struct jm_bytes a = jm_slice(kit_device_auth(k, p), 1, SIZE_MAX), parts[3];

    p->mac = true;
    p->device_protected = S("\xa1\x01\x05");
    parts[0] = S("\xa2");
    parts[1] = a;
    parts[2] = jm_slice(kit_device_auth(k, p), 1, SIZE_MAX);
    KIT_MUST(jm_concat(&p->device_auth, &k->mem, parts, 3));
}

CHANGE(mac)
{
    p->mac = true;
    p->device_protected = S("\xa1\x01\x05");
    k->ctx.reader_key = S("reader");
}

CHANGE(mac_without_reader_key)
{
    mac(k, p);
    k->ctx.reader_key = jm_none();
}

CHANGE(mac_with_another_key)
{
    mac(k, p);
    p->device = k->other_key;
}

CHANGE(mac_cut)
{
    mac(k, p);
    p->device_sig = S("12345678");
}

CHANGE(mac_of_64_bits)
{
    mac(k, p);
    p->device_protected = S("\xa1\x01\x04");
}

CHANGE(attached_equal)
{
    struct jm_bytes own;

    KIT_MUST(jm_mdoc_device_auth(&own, p->transcript, p->doctype, p->device_ns, &k->mem));
    p->device_payload = kit_bstr(k, own);
}

CHANGE(strict_attached_equal)
{
    attached_equal(k, p);
    k->ctx.policy.strict = true;
}

CHANGE(attached_other)
{
    p->device_payload = S("\x43"
                          "abc");
}

#define DEVICE_ITEMS                               \
    S("\xd8\x18\x58\x1b\xa1\x6f" KIT_NS "\xa1\x67" \
      "mailbox\x01")

CHANGE(device_item_unauthorized)
{
    p->device_ns = DEVICE_ITEMS;
}

static void authorize(struct kit *k, struct kit_parts *p, struct jm_bytes what)
{
    struct jm_bytes to, parts[2] = {S("\x6d"
                                      "deviceKeyInfo\xa2\x71keyAuthorizations"),
                                    what};

    KIT_MUST(jm_concat(&to, &k->mem, parts, 2));
    remso(k, p,
          S("\x6d"
            "deviceKeyInfo\xa1"),
          to);
}

CHANGE(device_item_by_namespace)
{
    p->device_ns = DEVICE_ITEMS;
    authorize(k, p, S("\xa1\x6anameSpaces\x81\x6f" KIT_NS));
}

CHANGE(device_item_by_element)
{
    p->device_ns = DEVICE_ITEMS;
    authorize(k, p,
              S("\xa1\x6c"
                "dataElements\xa1\x6f" KIT_NS "\x81\x67mailbox"));
}

CHANGE(device_item_by_other_element)
{
    p->device_ns = DEVICE_ITEMS;
    authorize(k, p,
              S("\xa1\x6c"
                "dataElements\xa1\x6f" KIT_NS "\x81\x67mailbux"));
}

CHANGE(device_item_twice)
{
    p->device_ns = S("\xd8\x18\x58\x1f\xa1\x6f" KIT_NS "\xa1\x6b"
                     "family_name\x01");
    authorize(k, p, S("\xa1\x6anameSpaces\x81\x6f" KIT_NS));
}

CHANGE(keyauth_empty)
{
    authorize(k, p, S("\xa1\x6anameSpaces\x80"));
}

CHANGE(keyauth_overlap)
{
    authorize(k, p,
              S("\xa2\x6anameSpaces\x81\x6f" KIT_NS "\x6c"
                "dataElements\xa1\x6f" KIT_NS "\x81\x61x"));
}

/* -- response -- */

CHANGE(version_1_9)
{
    p->version = "1.9";
}

CHANGE(version_2)
{
    p->version = "2.0";
}

CHANGE(version_strange)
{
    p->version = "1.x";
}

CHANGE(status_11)
{
    p->status = 11;
}

CHANGE(no_documents)
{
    p->documents = S("\x80");
}

CHANGE(seventeen_documents)
{
    struct jm_bytes doc = kit_document(k, p), parts[18] = {S("\x91")};

    for (size_t i = 1; i < 18; i++)
        parts[i] = doc;
    KIT_MUST(jm_concat(&p->documents, &k->mem, parts, 18));
}

CHANGE(two_documents_of_one_type)
{
    struct jm_bytes doc = kit_document(k, p), parts[3] = {S("\x82"), doc, doc};

    KIT_MUST(jm_concat(&p->documents, &k->mem, parts, 3));
    k->ctx.request = &request;
}

CHANGE(document_no_map)
{
    p->documents = S("\x81\x01");
}

/* -- bounds: what is at them is read, one more is refused -- */

/* {name => value, …} or [value, …] of @p n members: names are two letters that count. */
static struct jm_bytes many(struct kit *k, bool map, size_t n, struct jm_bytes value)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, 16 + n * (value.len + 4)));
    jm_cbor_w_init(&w, &b);
    if (map)
        jm_cbor_w_map(&w, n);
    else
        jm_cbor_w_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        const uint8_t name[3] = {(uint8_t)('a' + i / 625), (uint8_t)('a' + i / 25 % 25),
                                 (uint8_t)('a' + i % 25)};

        if (map)
            jm_cbor_w_text(&w, jm_bytes(name, 3));
        jm_cbor_w_raw(&w, value);
    }
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

static struct jm_bytes joined(struct kit *k, struct jm_bytes head, struct jm_bytes tail)
{
    struct jm_bytes out, parts[2] = {head, tail};

    KIT_MUST(jm_concat(&out, &k->mem, parts, 2));
    return out;
}

static struct jm_bytes digests_of(const struct kit_parts *p)
{
    struct jm_bytes mso, v;
    struct jm_cbor r;

    jm_cbor_init(&r, p->payload);
    mso = jm_cbor_embedded(&r, NULL);
    KIT_MUST(jm_cbor_find_text(&v, mso, "valueDigests"));
    return v;
}

/* The card without items, its digests replaced. */
static void redigest(struct kit *k, struct kit_parts *p, struct jm_bytes to)
{
    p->name_spaces = jm_none();
    remso(k, p, digests_of(p), to);
}

CHANGE(digests_no_map)
{
    redigest(k, p, S("\x80"));
}

CHANGE(digests_of_32_namespaces)
{
    redigest(k, p, many(k, true, 32, S("\xa0")));
}

CHANGE(digests_of_33_namespaces)
{
    redigest(k, p, many(k, true, 33, S("\xa0")));
}

static struct jm_bytes digests(struct kit *k, size_t n)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &k->mem, 64 + n * 4));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 2); /* no map of CBOR is as long as that */
    for (size_t ns = 0; ns < 2; ns++) {
        size_t from = ns * (n / 2), to = ns == 0 ? n / 2 : n;

        jm_cbor_w_str(&w, ns == 0 ? "a" : "b");
        jm_cbor_w_map(&w, to - from);
        for (size_t i = from; i < to; i++) {
            jm_cbor_w_uint(&w, i);
            jm_cbor_w_bytes(&w, jm_none());
        }
    }
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

CHANGE(digests_4096)
{
    redigest(k, p, digests(k, JM_MDOC_DIGESTS_MAX));
}

CHANGE(digests_4097)
{
    redigest(k, p, digests(k, JM_MDOC_DIGESTS_MAX + 1));
}

/* The MSO filled up until the payload, tagged, has that length. */
static void payload_of(struct kit *k, struct kit_parts *p, size_t len)
{
    struct kit_parts with;
    size_t fill = len - p->payload.len - 16;

    do {
        with = *p;
        remso(k, &with, S("\xa7\x67version"),
              joined(k, joined(k, S("\xa8\x63rfu"), kit_bstr(k, kit_random(k, fill++))),
                     S("\x67version")));
    } while (with.payload.len < len);
    if (with.payload.len != len)
        kit_die("payload_of", (int)with.payload.len);
    *p = with;
}

CHANGE(payload_64_kib)
{
    payload_of(k, p, JM_MDOC_MSO_MAX);
}

CHANGE(payload_64_kib_and_one)
{
    payload_of(k, p, JM_MDOC_MSO_MAX + 1);
}

CHANGE(authorizes_no_array)
{
    authorize(k, p, S("\xa1\x6anameSpaces\x61x"));
}

CHANGE(authorizes_no_texts)
{
    authorize(k, p, S("\xa1\x6anameSpaces\x81\x01"));
}

CHANGE(authorizes_no_map)
{
    authorize(k, p,
              S("\xa1\x6c"
                "dataElements\x80"));
}

CHANGE(authorizes_no_list)
{
    authorize(k, p,
              S("\xa1\x6c"
                "dataElements\xa1\x6f" KIT_NS "\x61x"));
}

static void device_items(struct kit *k, struct kit_parts *p, struct jm_bytes map)
{
    authorize(k, p,
              joined(k, S("\xa1\x6anameSpaces"),
                     many(k, false, 1,
                          S("\x63"
                            "aaa"))));
    p->device_ns = kit_tagged(k, map);
}

CHANGE(device_namespaces_32)
{
    device_items(k, p, many(k, true, 32, S("\xa0")));
}

CHANGE(device_namespaces_33)
{
    device_items(k, p, many(k, true, 33, S("\xa0")));
}

CHANGE(device_elements_512)
{
    device_items(k, p, many(k, true, 1, many(k, true, 512, S("\x01"))));
}

CHANGE(device_elements_513)
{
    device_items(k, p, many(k, true, 1, many(k, true, 513, S("\x01"))));
}

CHANGE(device_elements_no_map)
{
    device_items(k, p, S("\x80"));
}

CHANGE(device_signed_without_auth)
{
    struct jm_bytes doc = kit_document(k, p), auth = kit_device_auth(k, p);
    size_t at = jm_bytes_find(doc, S("\x6c"
                                     "deviceSigned\xa2")) +
                13;

    p->documents =
        joined(k, S("\x81"),
               joined(k, jm_slice(doc, 0, at), joined(k, S("\xa1\x6anameSpaces"), p->device_ns)));
    (void)auth;
}

CHANGE(documents_no_array)
{
    p->documents = S("\xa0");
}

CHANGE(empty_doctype)
{
    p->doctype = S("");
}

CHANGE(namespaces_no_map)
{
    p->name_spaces = S("\x80");
}

CHANGE(namespaces_32)
{
    p->name_spaces = many(k, true, 32, S("\x80"));
}

CHANGE(namespaces_33)
{
    p->name_spaces = many(k, true, 33, S("\x80"));
}

CHANGE(items_512)
{
    p->name_spaces = many(k, true, 1, many(k, false, 512, S("\xd8\x18\x41\xa0")));
}

CHANGE(items_513)
{
    p->name_spaces = many(k, true, 1, many(k, false, 513, S("\xd8\x18\x41\xa0")));
}

CHANGE(mac_cut_and_no_reader_key)
{
    mac_cut(k, p);
    k->ctx.reader_key = jm_none(); /* not asked for: no key makes a tag of 8 octets whole */
}

CHANGE(mac_with_key_off_curve)
{
    device_key_off_curve(k, p);
    mac(k, p);
}

/* -- status and revocation -- */

static void list(struct kit *k, uint8_t octet)
{
    struct jm_bytes raw = kit_random(k, 64);

    memset(k->mem.base + (raw.ptr - k->mem.base), octet, 64);
    k->list = (struct jm_status_list){.fault = JM_LIST_OK, .iat = KIT_NOW, .bits = 1, .raw = raw};
    k->have_list = true;
}

CHANGE(status_valid)
{
    list(k, 0);
    k->ctx.policy.waive_status = false;
}

CHANGE(status_revoked)
{
    list(k, 0xFF);
}

CHANGE(status_not_to_be_had)
{
    k->ctx.policy.waive_status = false;
}

CHANGE(status_bits_two)
{
    list(k, 0);
    k->list.bits = 2;
}

CHANGE(status_index_outside)
{
    list(k, 0);
    k->list.raw.len = 51; /* 408 places, 412 is wanted */
}

CHANGE(status_bad_signature)
{
    list(k, 0);
    k->list.fault = JM_LIST_SIGNATURE;
}

CHANGE(status_bad_index_fault)
{
    list(k, 0);
    k->list.fault = JM_LIST_EXPIRED;
}

CHANGE(status_stale)
{
    list(k, 0);
    k->list.iat = KIT_NOW - 3601;
    k->ctx.policy.status_max_age_s = 3600;
}

CHANGE(status_just_fresh)
{
    list(k, 0);
    k->list.iat = KIT_NOW - 3600;
    k->ctx.policy.status_max_age_s = 3600;
}

CHANGE(status_none)
{
    spec.status_uri = jm_none();
    again(k, p);
}

CHANGE(status_none_but_demanded)
{
    status_none(k, p);
    k->ctx.policy.waive_status = false;
}

static void crl(struct kit *k, const struct jm_key *key, struct jm_bytes serial, int64_t next)
{
    struct jm_crl_spec s = {k->iaca.subject.der,    k->iaca.ski, 1,
                            KIT_NOW - KIT_DAY,      next,        &serial,
                            serial.len == 0 ? 0 : 1};
    struct jm_bytes tbs;

    KIT_MUST(jm_crl_tbs(&tbs, &s, &k->mem));
    k->crl = kit_sign_der(k, tbs, key);
    k->ctx.policy.waive_crl = false;
}

static struct jm_bytes dsc_serial(struct kit *k)
{
    struct jm_cert c;

    KIT_MUST(jm_cert_parse(&c, k->dsc_der));
    return c.serial;
}

CHANGE(crl_good)
{
    crl(k, k->iaca_key, jm_none(), KIT_NOW + KIT_DAY);
}

CHANGE(crl_other_serial)
{
    crl(k, k->iaca_key, S("\x11\x22"), KIT_NOW + KIT_DAY);
}

CHANGE(crl_lists_it)
{
    crl(k, k->iaca_key, dsc_serial(k), KIT_NOW + KIT_DAY);
}

CHANGE(crl_of_another)
{
    crl(k, k->other_key, dsc_serial(k), KIT_NOW + KIT_DAY);
}

CHANGE(crl_old)
{
    crl(k, k->iaca_key, jm_none(), KIT_NOW - 1);
}

CHANGE(crl_garbage)
{
    k->crl = S("no list");
    k->ctx.policy.waive_crl = false;
}

CHANGE(crl_not_to_be_had)
{
    k->ctx.policy.waive_crl = false;
}

/* -- request -- */

CHANGE(requested)
{
    k->ctx.request = &request;
}

static void want(struct kit *k, const char *ns, const char *id)
{
    k->ctx.request = &request;
    picks[0] = (struct jm_mdoc_pick){jm_str(ns), jm_str(id)};
    request.n = request.n_required = 1;
}

CHANGE(other_doctype_requested)
{
    k->ctx.request = &request;
    request.doctype = S("org.iso.18013.5.1.mDL");
}

CHANGE(element_missing)
{
    want(k, KIT_NS, "given_name");
}

CHANGE(element_of_other_namespace)
{
    want(k, KIT_NS_KR, "family_name");
}

CHANGE(element_optional)
{
    want(k, KIT_NS, "given_name");
    request.n_required = 0;
}

CHANGE(age_nearest)
{
    want(k, KIT_NS, "age_over_14");
}

CHANGE(age_too_high)
{
    want(k, KIT_NS, "age_over_65");
}

CHANGE(card_expired)
{
    k->ctx.request = &request;
    spec.valid_until_s = KIT_NOW + 5000 * KIT_DAY;
    k->dsc_spec.not_after = KIT_NOW + 6000 * KIT_DAY;
    k->iaca_spec.not_after = KIT_NOW + 6000 * KIT_DAY;
    again(k, p);
    recertify(k, p);
    k->ctx.now = INT64_C(1893423600); /* 2029-12-31T15:00:00Z: the next day has begun in Seoul */
}

CHANGE(card_expires_today)
{
    card_expired(k, p);
    k->ctx.now--;
}

CHANGE(element_of_other_type)
{
    static struct jm_mdoc_element e[6];
    size_t n;

    memcpy(e, kit_elements(&n), sizeof e);
    e[1].value = S("\x01");
    spec.element = e;
    again(k, p);
    k->ctx.request = &request;
    k->ctx.schema = &kit_schema;
    k->ctx.n_schemas = 1;
}

/* What nothing is known of has no kind. */
CHANGE(element_of_unknown_type)
{
    element_of_other_type(k, p);
    k->ctx.n_schemas = 0;
}

#define M(x) JM_MDOC_##x
static const struct row rows[] = {
    {"nothing", nothing, {0}, 0, 0},
    {"altered value", value, {M(ITEM_DIGEST_MISMATCH)}, 0, 0},
    {"digest id of nobody", digest_id_of_nobody, {M(ITEM_DIGEST_ID_UNKNOWN)}, 0, 0},
    {"digest id of another",
     digest_id_of_another,
     {M(ITEM_DIGEST_MISMATCH), M(ITEM_DUPLICATE_DIGEST_ID)},
     0,
     0},
    {"namespace unknown", namespace_unknown, {M(ITEM_NAMESPACE_UNKNOWN)}, 0, 0},
    {"namespace swapped", namespace_swapped, {M(ITEM_DIGEST_MISMATCH)}, 0, 0},
    {"docType of the document", doctype_of_document, {M(MSO_DOCTYPE)}, 0, 0},
    {"docType of the MSO", doctype_of_mso, {M(MSO_DOCTYPE)}, 0, 0},
    {"expired", expired, {M(MSO_EXPIRED)}, 0, 0},
    {"within the skew", not_quite_expired, {0}, 0, 0},
    {"not yet valid", not_yet_valid, {M(MSO_NOT_YET_VALID)}, 0, 0},
    {"fractional time", fractional_time, {0}, M(MSO_TIME_FORMAT), 0},
    {"+09:00", time_with_offset, {0}, M(MSO_TIME_FORMAT), 0},
    {"+09:00, strict", strict_time_with_offset, {M(MSO_TIME_FORMAT)}, 0, 0},
    {"+09:00, strict for our own", issuer_strict_time_with_offset, {M(MSO_TIME_FORMAT)}, 0, 0},
    {"30 February", time_of_nowhere, {M(TYPE)}, 0, 0},
    {"time without tag", time_untagged, {M(TYPE)}, 0, 0},
    {"signed after validFrom", times_out_of_order, {0}, M(MSO_TIME_ORDER), 0},
    {"signed before DSC", signed_before_dsc, {M(MSO_SIGNED_OUTSIDE_DSC)}, 0, 0},
    {"signed as DSC begins", signed_as_dsc_begins, {0}, 0, 0},
    {"DSC expired", dsc_expired, {M(DSC_EXPIRED)}, M(MSO_OUTLIVES_DSC), 0},
    {"DSC not yet valid", dsc_not_yet_valid, {M(DSC_NOT_YET_VALID)}, 0, 0},
    {"MSO outlives DSC", outlives_dsc, {0}, M(MSO_OUTLIVES_DSC), 0},
    {"no EKU", no_eku, {M(DSC_EKU)}, JM_X509_EKU_MISSING, 0},
    {"other EKU", other_eku, {M(DSC_EKU)}, JM_X509_EKU_VALUE, 0},
    {"photo ID EKU alone", photo_id_eku_alone, {0}, JM_X509_EKU_VALUE, 0},
    {"no digitalSignature", no_ku, {M(DSC_KEY_USAGE)}, JM_X509_KU_VALUE, 0},
    {"DSC is a CA", dsc_is_ca, {M(DSC_IS_CA)}, JM_X509_LEAF_IS_CA, 0},
    {"458 days", too_long, {0}, JM_X509_LIFETIME, 0},
    {"458 days, strict", strict_too_long, {JM_X509_LIFETIME}, 0, 0},
    {"457 days, strict", strict_just_long_enough, {0}, 0, 0},
    {"C differs", country_differs, {M(DSC_COUNTRY), M(ISSUING_COUNTRY)}, 0, 0},
    {"ST differs", state_differs, {M(DSC_STATE)}, JM_X509_STATE, 0},
    {"ST of one alone", state_of_one_alone, {0}, JM_X509_STATE, 0},
    {"unknown critical extension",
     unknown_critical,
     {M(DSC_CRITICAL_EXT), M(DSC_EKU)},
     JM_X509_EXT_CRITICAL_UNKNOWN,
     0},
    {"SHA-384 inside alone", sha384, {M(DSC_SIG_ALG)}, JM_X509_SIG_ALG, 0},
    {"SHA-1", sha1, {M(DSC_SIG_ALG)}, JM_X509_SIG_ALG, 0},
    {"RSA key", rsa_key, {M(DSC_KEY)}, JM_X509_KEY_ALG, 0},
    {"ES256 with another curve", other_curve, {M(ISSUER_ALG_KEY)}, 0, 0},
    {"ES384 with another curve", other_curve_and_alg, {M(DSC_KEY)}, 0, 0},
    {"compressed key", compressed_key, {M(DSC_KEY)}, JM_X509_KEY_FORM, 0},
    {"key off the curve", off_curve_key, {M(DSC_KEY)}, 0, 0},
    {"DSC unreadable", dsc_unreadable, {M(DSC_PARSE)}, 0, 0},
    {"AKI elsewhere", aki_elsewhere, {M(CHAIN_NO_ANCHOR)}, 0, 0},
    {"same name, other key", same_name_other_key, {M(CHAIN_NO_ANCHOR)}, 0, 0},
    {"two CAs of one name", two_cas_of_one_name, {0}, JM_X509_AKI_MISSING, 0},
    {"signed by nobody known", signed_by_nobody_known, {M(CHAIN_SIGNATURE)}, 0, 0},
    {"name differs", name_differs, {M(CHAIN_NAME)}, 0, 0},
    {"an intermediate CA", intermediate, {M(CHAIN_LENGTH)}, 0, 0},
    {"IACA expired", iaca_expired, {M(IACA_EXPIRED)}, 0, 0},
    {"IACA not yet valid", iaca_not_yet_valid, {M(IACA_NOT_YET_VALID)}, 0, 0},
    {"leaf as anchor", leaf_as_anchor, {M(CHAIN_NO_ANCHOR)}, 0, 0},
    {"pinned", pinned, {0}, M(CHAIN_PINNED), 0},
    {"pinned, no EKU", pinned_without_eku, {0}, M(DSC_EKU), 0},
    {"pinned, expired", pinned_and_expired, {M(DSC_EXPIRED)}, M(CHAIN_PINNED), 0},
    {"no anchor at all", no_anchor_at_all, {M(CHAIN_NO_ANCHOR)}, 0, 0},
    {"no anchor given", no_anchor_given, {0}, 0, M(CHAIN_NO_ANCHOR)},
    {"CA for other docTypes", other_doctypes_only, {M(VICAL_DOCTYPE)}, 0, 0},
    {"stale trust", stale_trust, {0}, 0, M(TRUST_STALE)},
    {"no x5chain", no_x5chain, {M(X5CHAIN_MISSING)}, 0, 0},
    {"empty x5chain", empty_x5chain, {M(X5CHAIN_MISSING)}, 0, 0},
    {"array of one", array_of_one, {0}, M(X5CHAIN_FORM), 0},
    {"array of one, strict", strict_array_of_one, {M(X5CHAIN_FORM)}, 0, 0},
    {"root in x5chain", root_in_chain, {0}, M(X5CHAIN_ROOT), 0},
    {"five certificates", five_certificates, {M(X5CHAIN_LIMIT)}, 0, 0},
    {"certificate over 8 KiB", long_certificate, {M(X5CHAIN_LIMIT)}, 0, 0},
    {"unrelated leaf first", unrelated_leaf_first, {M(ISSUER_SIGNATURE)}, 0, 0},
    {"x5chain in protected", x5chain_in_protected, {0}, 0, 0},
    {"x5chain in both", x5chain_in_both, {0}, 0, 0},
    {"x5chain conflict", x5chain_conflict, {M(X5CHAIN_CONFLICT)}, 0, 0},
    {"no alg", no_alg, {M(ISSUER_ALG)}, 0, 0},
    {"empty protected", empty_protected, {M(ISSUER_ALG)}, 0, 0},
    {"alg unprotected", alg_unprotected, {M(ISSUER_ALG)}, 0, 0},
    {"EdDSA with EC", alg_eddsa, {M(ISSUER_ALG_KEY)}, 0, 0},
    {"ES384 with P-256", alg_es384, {M(ISSUER_ALG_KEY)}, 0, 0},
    {"HMAC", alg_hmac, {M(ISSUER_ALG)}, 0, 0},
    {"alg as text", alg_text, {M(ISSUER_ALG)}, 0, 0},
    {"alg -9", alg_fully_specified, {0}, 0, 0},
    {"kid", kid, {0}, 0, 0},
    {"crit", crit, {M(ISSUER_CRIT)}, 0, 0},
    {"crit understood", crit_understood, {0}, 0, 0},
    {"crit empty", crit_empty, {M(ISSUER_CRIT)}, 0, 0},
    {"right x5t", right_x5t, {0}, 0, 0},
    {"wrong x5t", wrong_x5t, {M(ISSUER_X5T)}, 0, 0},
    {"signature in DER", sig_der, {M(SIGNATURE_FORM)}, 0, 0},
    {"signature of 0 octets", sig_of_0, {M(SIGNATURE_FORM)}, 0, 0},
    {"signature of 63 octets", sig_of_63, {M(SIGNATURE_FORM)}, 0, 0},
    {"signature of 65 octets", sig_of_65, {M(SIGNATURE_FORM)}, 0, 0},
    {"signature of 96 octets", sig_of_96, {M(SIGNATURE_FORM)}, 0, 0},
    {"signature of 132 octets", sig_of_132, {M(SIGNATURE_FORM)}, 0, 0},
    {"r = 0", sig_r_zero, {M(ISSUER_SIGNATURE)}, 0, 0},
    {"s = 0", sig_s_zero, {M(ISSUER_SIGNATURE)}, 0, 0},
    {"n - s", sig_other_s, {0}, 0, 0},
    {"signed by another", sig_by_another, {M(ISSUER_SIGNATURE)}, 0, 0},
    {"payload untagged", payload_untagged, {M(ISSUER_PAYLOAD)}, 0, 0},
    {"payload tagged twice", payload_twice_tagged, {M(ISSUER_PAYLOAD)}, 0, 0},
    {"payload nil", payload_nil, {M(ISSUER_PAYLOAD)}, 0, 0},
    {"payload indefinite", payload_indefinite, {M(CBOR_INDEFINITE)}, 0, 0},
    {"MSO cut", payload_cut, {M(CBOR_TRUNCATED)}, 0, 0},
    {"MSO with more", payload_with_more, {M(CBOR_TRAILING)}, 0, 0},
    {"tag 18", cose_tagged, {0}, M(COSE_TAGGED), 0},
    {"tag 18, strict", strict_cose_tagged, {M(COSE_TAGGED)}, 0, 0},
    {"tag 17", cose_other_tag, {M(ISSUER_COSE)}, 0, 0},
    {"COSE of three", cose_of_three, {M(ISSUER_COSE)}, 0, 0},
    {"MSO 1.9", mso_version_1_9, {0}, 0, 0},
    {"MSO 2.0", mso_version_2, {M(MSO_VERSION)}, 0, 0},
    {"sha256", digest_alg_loose, {0}, M(MSO_DIGEST_ALG_NAME), 0},
    {"SHA-1 digests", digest_alg_sha1, {M(MSO_DIGEST_ALG)}, 0, 0},
    {"SHA-384, digests of 32",
     digest_alg_longer,
     {M(MSO_DIGEST_LENGTH), M(ITEM_DIGEST_MISMATCH)},
     0,
     0},
    {"digest id 2^31", digest_id_large, {0}, M(MSO_DIGEST_ID_RANGE), 0},
    {"device key cut", device_key_cut, {M(MSO_DEVICE_KEY)}, 0, 0},
    {"device key off the curve", device_key_off_curve, {M(MSO_DEVICE_KEY)}, 0, 0},
    {"device key of another curve", device_key_other_curve, {M(MSO_DEVICE_KEY)}, 0, 0},
    {"member missing", member_missing, {M(MISSING)}, 0, 0},
    {"member of another type", member_of_other_type, {M(TYPE)}, 0, 0},
    {"unknown member", member_unknown, {0}, 0, 0},
    {"member twice", member_twice, {M(CBOR_DUPLICATE_KEY)}, 0, 0},
    {"member twice, long head", member_twice_with_long_head, {M(CBOR_DUPLICATE_KEY)}, 0, 0},
    {"too deep", deep, {M(CBOR_DEPTH)}, 0, 0},
    {"2^64 - 1 elements", huge_count, {M(CBOR_LIMIT)}, 0, 0},
    {"bad UTF-8", bad_utf8, {M(CBOR_UTF8)}, 0, 0},
    {"additional information 28", reserved, {M(CBOR_RESERVED)}, 0, 0},
    {"item twice",
     item_twice,
     {M(ITEM_DUPLICATE_DIGEST_ID), M(ITEM_DUPLICATE_ELEMENT)},
     M(ITEM_RANDOM_REPEATED),
     0},
    {"item untagged", item_untagged, {M(ITEM_FORM)}, 0, 0},
    {"item without random", item_without_random, {M(ITEM_FORM)}, 0, 0},
    {"namespace without item", namespace_without_item, {0}, M(EMPTY), 0},
    {"no items", no_items, {0}, 0, 0},
    {"issuing_jurisdiction differs", issuing_jurisdiction_differs, {M(ISSUING_JURISDICTION)}, 0, 0},
    {"random of 15 octets", random_of_15, {M(ITEM_DIGEST_MISMATCH)}, M(ITEM_RANDOM_SHORT), 0},
    {"a namespace without digest",
     namespace_without_digest,
     {M(ITEM_DIGEST_ID_UNKNOWN)},
     M(MSO_DIGESTS_EMPTY),
     0},
    {"issuing_country differs", issuing_country_differs, {M(ISSUING_COUNTRY)}, 0, 0},
    {"no transcript", no_transcript, {0}, 0, M(TRANSCRIPT_NOT_GIVEN)},
    {"another device", device_other_key, {M(DEVICE_SIGNATURE)}, 0, 0},
    {"device signature of 0 octets", device_sig_of_0, {M(SIGNATURE_FORM)}, 0, 0},
    {"device signature of 63 octets", device_sig_of_63, {M(SIGNATURE_FORM)}, 0, 0},
    {"device signature of 65 octets", device_sig_of_65, {M(SIGNATURE_FORM)}, 0, 0},
    {"device signature of 96 octets", device_sig_of_96, {M(SIGNATURE_FORM)}, 0, 0},
    {"device signature of 132 octets", device_sig_of_132, {M(SIGNATURE_FORM)}, 0, 0},
    {"device alg missing", device_alg_none, {M(DEVICE_ALG)}, 0, 0},
    {"device alg ES384", device_alg_es384, {M(DEVICE_ALG_KEY)}, 0, 0},
    {"no device auth", device_auth_none, {M(DEVICE_AUTH_MISSING)}, 0, 0},
    {"both device auths", device_auth_both, {M(DEVICE_AUTH_BOTH)}, 0, 0},
    {"MAC", mac, {0}, 0, 0},
    {"MAC without reader key", mac_without_reader_key, {M(DEVICE_MAC_KEY)}, 0, 0},
    {"MAC with another key", mac_with_another_key, {M(DEVICE_MAC)}, 0, 0},
    {"MAC cut", mac_cut, {M(DEVICE_MAC)}, 0, 0},
    {"MAC of 64 bits", mac_of_64_bits, {M(DEVICE_ALG)}, 0, 0},
    {"attached, equal", attached_equal, {0}, M(DEVICE_AUTH_ATTACHED), 0},
    {"attached, equal, strict", strict_attached_equal, {M(DEVICE_AUTH_ATTACHED)}, 0, 0},
    {"attached, other", attached_other, {M(DEVICE_AUTH_PAYLOAD)}, 0, 0},
    {"device item unauthorized", device_item_unauthorized, {M(DEVICE_ELEMENT_UNAUTHORIZED)}, 0, 0},
    {"device item by namespace", device_item_by_namespace, {0}, 0, 0},
    {"device item by element", device_item_by_element, {0}, 0, 0},
    {"device item by another element",
     device_item_by_other_element,
     {M(DEVICE_ELEMENT_UNAUTHORIZED)},
     0,
     0},
    {"element signed by both", device_item_twice, {M(ITEM_DEVICE_DUPLICATE)}, 0, 0},
    {"keyAuthorizations empty", keyauth_empty, {0}, M(MSO_KEYAUTH_EMPTY), 0},
    {"keyAuthorizations overlap", keyauth_overlap, {0}, M(MSO_KEYAUTH_OVERLAP), 0},
    {"response 1.9", version_1_9, {0}, 0, 0},
    {"response 2.0", version_2, {M(VERSION)}, 0, 0},
    {"response 1.x", version_strange, {M(VERSION)}, 0, 0},
    {"status 11 with documents",
     status_11,
     {M(RESPONSE_STATUS), M(RESPONSE_STATUS_DOCUMENTS)},
     0,
     0},
    {"no documents", no_documents, {M(RESPONSE_EMPTY)}, M(EMPTY), 0},
    {"seventeen documents", seventeen_documents, {M(RESPONSE_LIMIT)}, 0, 0},
    {"two documents of one type", two_documents_of_one_type, {M(DOCUMENT_DUPLICATE)}, 0, 0},
    {"a document that is none", document_no_map, {M(TYPE), M(DEVICE_AUTH_MISSING)}, 0, 0},
    {"valueDigests no map", digests_no_map, {M(TYPE)}, 0, 0},
    {"digests of 32 namespaces", digests_of_32_namespaces, {0}, M(MSO_DIGESTS_EMPTY), 0},
    {"digests of 33 namespaces", digests_of_33_namespaces, {M(RESPONSE_LIMIT)}, 0, 0},
    {"4,096 digests", digests_4096, {M(MSO_DIGEST_LENGTH)}, 0, 0},
    {"4,097 digests", digests_4097, {M(RESPONSE_LIMIT), M(MSO_DIGEST_LENGTH)}, 0, 0},
    {"MSO of 64 KiB", payload_64_kib, {0}, 0, 0},
    {"MSO of 64 KiB and one", payload_64_kib_and_one, {M(RESPONSE_LIMIT)}, 0, 0},
    {"authorized: no array", authorizes_no_array, {M(TYPE)}, 0, 0},
    {"authorized: no texts", authorizes_no_texts, {M(TYPE)}, 0, 0},
    {"authorized: no map", authorizes_no_map, {M(TYPE)}, 0, 0},
    {"authorized: no list", authorizes_no_list, {M(TYPE)}, 0, 0},
    {"32 device-signed namespaces", device_namespaces_32, {0}, M(EMPTY), 0},
    {"33 device-signed namespaces", device_namespaces_33, {M(RESPONSE_LIMIT)}, 0, 0},
    {"512 device-signed elements", device_elements_512, {0}, 0, 0},
    {"513 device-signed elements", device_elements_513, {M(RESPONSE_LIMIT)}, 0, 0},
    {"device-signed: no map", device_elements_no_map, {M(TYPE)}, 0, 0},
    {"deviceSigned without deviceAuth", device_signed_without_auth, {M(DEVICE_AUTH_MISSING)}, 0, 0},
    {"documents no array", documents_no_array, {M(TYPE), M(RESPONSE_EMPTY)}, 0, 0},
    {"docType empty", empty_doctype, {M(TYPE), M(MSO_DOCTYPE)}, 0, 0},
    {"nameSpaces no map", namespaces_no_map, {M(TYPE)}, 0, 0},
    {"32 namespaces", namespaces_32, {0}, M(EMPTY), 0},
    {"33 namespaces", namespaces_33, {M(RESPONSE_LIMIT)}, 0, 0},
    {"512 items", items_512, {M(ITEM_FORM)}, 0, 0},
    {"513 items", items_513, {M(RESPONSE_LIMIT)}, 0, 0},
    {"MAC cut, no reader key", mac_cut_and_no_reader_key, {M(DEVICE_MAC)}, 0, 0},
    {"MAC, key off the curve", mac_with_key_off_curve, {M(MSO_DEVICE_KEY)}, 0, 0},
    {"status valid", status_valid, {0}, 0, 0},
    {"status revoked", status_revoked, {M(STATUS_REVOKED)}, 0, 0},
    {"status list not to be had", status_not_to_be_had, {0}, 0, M(STATUS_UNAVAILABLE)},
    {"status list of two bits", status_bits_two, {0}, 0, M(STATUS_BITS)},
    {"index outside of the list", status_index_outside, {0}, 0, M(STATUS_INDEX)},
    {"status list badly signed", status_bad_signature, {0}, 0, M(STATUS_SIGNATURE)},
    {"status list expired", status_bad_index_fault, {0}, 0, M(STATUS_EXPIRED)},
    {"status list stale", status_stale, {0}, 0, M(STATUS_STALE)},
    {"status list just fresh", status_just_fresh, {0}, 0, 0},
    {"no status", status_none, {0}, M(STATUS_NONE), 0},
    {"no status, demanded", status_none_but_demanded, {M(STATUS_NONE)}, 0, 0},
    {"CRL empty", crl_good, {0}, 0, 0},
    {"CRL lists another", crl_other_serial, {0}, 0, 0},
    {"CRL lists it", crl_lists_it, {M(DSC_REVOKED)}, 0, 0},
    {"CRL signed by another", crl_of_another, {0}, 0, M(DSC_REVOCATION_UNKNOWN)},
    {"CRL old", crl_old, {0}, 0, M(DSC_REVOCATION_UNKNOWN)},
    {"CRL garbage", crl_garbage, {0}, 0, M(DSC_REVOCATION_UNKNOWN)},
    {"CRL not to be had", crl_not_to_be_had, {0}, 0, M(DSC_REVOCATION_UNKNOWN)},
    {"requested", requested, {0}, M(ELEMENT_NOT_REQUESTED), 0},
    {"other docType requested", other_doctype_requested, {M(DOCTYPE_NOT_REQUESTED)}, 0, 0},
    {"element missing", element_missing, {M(ELEMENT_MISSING)}, 0, 0},
    {"element of another namespace", element_of_other_namespace, {M(ELEMENT_MISSING)}, 0, 0},
    {"element optional", element_optional, {0}, 0, 0},
    {"age: nearest answer", age_nearest, {0}, 0, 0},
    {"age: no answer", age_too_high, {M(AGE_ANSWER), M(ELEMENT_MISSING)}, 0, 0},
    {"card expired", card_expired, {M(CARD_EXPIRED)}, 0, 0},
    {"card expires today", card_expires_today, {0}, 0, 0},
    {"element of another type", element_of_other_type, {0}, M(ELEMENT_TYPE), 0},
    {"element of a type that nothing is known of", element_of_unknown_type, {0}, 0, 0},
};

static bool expects(const struct row *r, enum jm_code code)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(r->fail); i++)
        if (r->fail[i] == code)
            return true;
    return false;
}

static bool right(const struct row *r, const struct jm_mdoc_verified *v)
{
    const struct jm_report *rep = jm_mdoc_report(v);
    unsigned before = test_failures;

    for (size_t i = 0; i < rep->n; i++)
        if (rep->checks[i].result == JM_FAIL && !CHECK(expects(r, rep->checks[i].code)))
            printf("    %s %.*s\n", jm_code_info(rep->checks[i].code)->name,
                   (int)rep->checks[i].detail.len, (const char *)rep->checks[i].detail.ptr);
    for (size_t i = 0; i < JM_ARRAY_LEN(r->fail) && r->fail[i] != 0; i++)
        if (!CHECK(jm_report_has(rep, r->fail[i], JM_FAIL)))
            printf("    %s\n", jm_code_info(r->fail[i])->name);
    CHECK(r->warn == 0 || jm_report_has(rep, r->warn, JM_WARN));
    CHECK(r->open == 0 || jm_report_has(rep, r->open, JM_UNKNOWN));
    CHECK_EQ(rep->verdict, r->fail[0] != 0 ? JM_REJECTED
                           : r->open != 0  ? JM_UNDECIDED
                                           : JM_ACCEPTED);
    CHECK((jm_mdoc_claims(v, 0) != NULL) == (rep->verdict == JM_ACCEPTED));
    return test_failures == before;
}

TEST(every_row_of_the_table)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_mdoc_verified *v = NULL;
        struct kit_parts p;
        struct kit k;

        kit_begin(&k);
        spec = kit_spec(&k);
        picks[0] = (struct jm_mdoc_pick){S(KIT_NS), S("family_name")};
        picks[1] = (struct jm_mdoc_pick){S(KIT_NS), S("age_over_19")};
        picks[2] = (struct jm_mdoc_pick){S(KIT_NS), S("expiry_date")};
        request = (struct jm_mdoc_request){.doctype = S(KIT_DOCTYPE),
                                           .asked = picks,
                                           .n = 3,
                                           .n_required = 2};
        again(&k, &p);
        rows[i].change(&k, &p);
        if (CHECK_OK(jm_mdoc_verify(&v, exact(kit_build(&k, &p)), &k.ctx, &k.answers, &k.mem)))
            ROW(right(&rows[i], v), rows[i].name);
        kit_end(&k);
    }
    printf("    %zu rows\n", JM_ARRAY_LEN(rows));
}

static enum jm_code reason_of(struct kit *k, struct jm_bytes response)
{
    const struct jm_mdoc_verified *v = NULL;
    size_t mark = jm_arena_mark(&k->mem);
    enum jm_code code;

    CHECK_OK(jm_mdoc_verify(&v, response, &k->ctx, &k->answers, &k->mem));
    code = jm_report_reason(jm_mdoc_report(v));
    jm_arena_back(&k->mem, mark);
    return code;
}

TEST(a_response_is_a_map_of_at_most_4_mib)
{
    uint8_t *much = test_malloc(JM_MDOC_RESPONSE_MAX + 1);
    struct kit k;

    memset(much, 0x01, JM_MDOC_RESPONSE_MAX + 1);
    kit_begin(&k);
    CHECK_EQ(reason_of(&k, S("\x80")), M(TYPE));
    CHECK_EQ(reason_of(&k, S("\x01")), M(TYPE));
    const struct jm_mdoc_verified *v = NULL;
    /* of its members nothing is said */
    CHECK_OK(jm_mdoc_verify(&v, S("\x80"), &k.ctx, &k.answers, &k.mem));
    CHECK(!jm_report_has(jm_mdoc_report(v), M(MISSING), JM_FAIL) &&
          !jm_report_has(jm_mdoc_report(v), M(RESPONSE_EMPTY), JM_FAIL));
    CHECK_EQ(reason_of(&k, jm_bytes(much, JM_MDOC_RESPONSE_MAX)), M(CBOR_TRAILING));
    CHECK_EQ(reason_of(&k, jm_bytes(much, JM_MDOC_RESPONSE_MAX + 1)), M(RESPONSE_LIMIT));
    kit_end(&k);
}

/* A stored copy is read without being verified: what a verifier would report stops it. */
TEST(a_copy_that_is_broken_is_not_read)
{
    static void (*const broken[])(struct kit *,
                                  struct kit_parts *) = {item_without_random, member_of_other_type,
                                                         digests_no_map, namespaces_no_map,
                                                         item_untagged};
    uint8_t *much = test_malloc(JM_MDOC_RESPONSE_MAX + 1);
    struct jm_mdoc_copy c;
    struct kit_parts p;
    struct kit k;

    memset(much, 0x01, JM_MDOC_RESPONSE_MAX + 1);
    kit_begin(&k);
    spec = kit_spec(&k);
    again(&k, &p);
    struct jm_bytes good = kit_issuer_signed(&k, &p);
    CHECK_OK(jm_mdoc_copy_read(&c, good, &k.mem));
    CHECK_ST(jm_mdoc_copy_read(&c, joined(&k, good, S("\xf6")), &k.mem), JM_E_MALFORMED);
    CHECK_ST(jm_mdoc_copy_read(&c, kit_splice(&k, good, S("\x65Synth"), S("\x65Synt\xff")), &k.mem),
             JM_E_MALFORMED);
    CHECK_EQ(c.n, 0);
    for (size_t i = 0; i < JM_ARRAY_LEN(broken); i++) {
        again(&k, &p);
        broken[i](&k, &p);
        CHECK_ST(jm_mdoc_copy_read(&c, kit_issuer_signed(&k, &p), &k.mem), JM_E_MALFORMED);
        CHECK(c.n == 0 && c.item == NULL);
    }
    again(&k, &p);
    items_513(&k, &p);
    CHECK_ST(jm_mdoc_copy_read(&c, kit_issuer_signed(&k, &p), &k.mem), JM_E_LIMIT);
    CHECK_ST(jm_mdoc_copy_read(&c, jm_bytes(much, JM_MDOC_RESPONSE_MAX), &k.mem), JM_E_MALFORMED);
    CHECK_ST(jm_mdoc_copy_read(&c, jm_bytes(much, JM_MDOC_RESPONSE_MAX + 1), &k.mem), JM_E_LIMIT);
    kit_end(&k);
}

/* A kind of key that is not supported is named so, and not called unreadable. */
TEST(the_device_key_says_what_is_wrong)
{
    const struct {
        void (*change)(struct kit *, struct kit_parts *);
        const char *word;
    } both[] = {{device_key_other_curve, "supported"}, {device_key_cut, "cannot be read"}};

    for (size_t i = 0; i < 2; i++) {
        const struct jm_mdoc_verified *v;
        const struct jm_report *r;
        struct kit_parts p;
        bool told = false;
        struct kit k;

        kit_begin(&k);
        spec = kit_spec(&k);
        again(&k, &p);
        both[i].change(&k, &p);
        CHECK_OK(jm_mdoc_verify(&v, kit_build(&k, &p), &k.ctx, &k.answers, &k.mem));
        r = jm_mdoc_report(v);
        for (size_t n = 0; n < r->n; n++)
            told = told || (r->checks[n].code == M(MSO_DEVICE_KEY) &&
                            jm_bytes_find(r->checks[n].detail, jm_str(both[i].word)) != SIZE_MAX);
        CHECK(told);
        kit_end(&k);
    }
}

/* A response of one session is refused in every other. */
TEST(replay_under_other_transcripts)
{
    struct jm_bytes other[8], response, id = S("x509_san_dns:rp.example"),
                                        nonce = S("nonce-of-this-session"),
                                        uri = S("https://rp.example/r");
    const struct jm_crypto *c = &jm_crypto_openssl;
    const struct jm_mdoc_verified *v;
    struct kit_parts p;
    struct kit k;

    kit_begin(&k);
    spec = kit_spec(&k);
    again(&k, &p);
    response = kit_build(&k, &p);
    /* no prefix */
    KIT_MUST(jm_transcript_oid4vp(&other[0], c, S("rp.example"), nonce, jm_none(), uri, &k.mem));
    KIT_MUST(
        jm_transcript_oid4vp(&other[1], c, id, S("nonce-of-that-session"), jm_none(), uri, &k.mem));
    /* thumbprint, not null */
    KIT_MUST(jm_transcript_oid4vp(&other[2], c, id, nonce, kit_random(&k, 32), uri, &k.mem));
    KIT_MUST(jm_transcript_oid4vp(&other[3], c, id, nonce, jm_none(), S("https://rp.example/r/"),
                                  &k.mem));
    KIT_MUST(jm_transcript_dcapi(&other[4], c, S("https://rp.example"), nonce, jm_none(), &k.mem));
    KIT_MUST(jm_transcript_dcapi(&other[5], c, S("origin:https://rp.example"), nonce, jm_none(),
                                 &k.mem));
    KIT_MUST(jm_transcript_iso_dcapi(&other[6], c, S("abc"), S("https://rp.example"), &k.mem));
    KIT_MUST(jm_transcript_session(&other[7], jm_none(), jm_none(), jm_none(), &k.mem));
    for (size_t i = 0; i < JM_ARRAY_LEN(other); i++) {
        k.ctx.transcript = other[i];
        CHECK_OK(jm_mdoc_verify(&v, response, &k.ctx, &k.answers, &k.mem));
        CHECK_EQ(jm_report_reason(jm_mdoc_report(v)), JM_MDOC_DEVICE_SIGNATURE);
    }
    k.ctx.transcript = S("\x00");
    CHECK_ST(jm_mdoc_verify(&v, response, &k.ctx, &k.answers, &k.mem), JM_E_USAGE);
    kit_end(&k);
}

/* Each check of a document stands once in the report. */
TEST(no_check_twice)
{
    const struct jm_mdoc_verified *v;
    const struct jm_report *r;
    struct kit_parts p;
    struct kit k;

    kit_begin(&k);
    spec = kit_spec(&k);
    again(&k, &p);
    CHECK_OK(jm_mdoc_verify(&v, kit_build(&k, &p), &k.ctx, &k.answers, &k.mem));
    r = jm_mdoc_report(v);
    CHECK_EQ(r->n, 18 + 14 + 1 + (0x16f - 0x112 + 1) + 35);
    for (size_t i = 0; i < r->n; i++)
        for (size_t n = 0; n < i; n++)
            CHECK(r->checks[i].code != r->checks[n].code ||
                  r->checks[i].object != r->checks[n].object);
    kit_end(&k);
}
