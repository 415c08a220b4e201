/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/x509.h"

#include <string.h>

#include "jumin/der.h"
#include "jumin/form.h"

static bool oid_is(struct jm_bytes oid, const char *content, size_t len)
{
    return jm_bytes_eq(oid, jm_bytes(content, len));
}
#define OID_IS(oid, lit) oid_is((oid), lit, sizeof(lit) - 1)

static enum jm_sig_oid read_sig_alg(struct jm_der *r, struct jm_bytes *whole)
{
    struct jm_bytes content = jm_der_take(r, JM_DER_SEQ, whole), oid;
    struct jm_der in;

    jm_der_init(&in, content);
    oid = jm_der_take(&in, JM_DER_OID, NULL);
    if (jm_der_end(&in) != JM_OK) /* parameters must be absent with ECDSA */
        return JM_SIG_OTHER;
    if (OID_IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x02"))
        return JM_SIG_ECDSA_SHA256;
    if (OID_IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x03"))
        return JM_SIG_ECDSA_SHA384;
    return OID_IS(oid, "\x2a\x86\x48\xce\x3d\x04\x03\x04") ? JM_SIG_ECDSA_SHA512 : JM_SIG_OTHER;
}

static void read_name(struct jm_name *n, struct jm_der *r)
{
    struct jm_der rdns = jm_der_enter(r, JM_DER_SEQ);

    while (jm_der_more(&rdns)) {
        struct jm_der set = jm_der_enter(&rdns, JM_DER_SET);

        while (jm_der_more(&set)) {
            struct jm_der atv = jm_der_enter(&set, JM_DER_SEQ);
            struct jm_bytes oid = jm_der_take(&atv, JM_DER_OID, NULL), v;
            unsigned tag;

            v = jm_der_any(&atv, &tag, NULL);
            if (jm_der_end(&atv) != JM_OK)
                jm_der_fail(r, JM_E_MALFORMED);
            if (OID_IS(oid, "\x55\x04\x06")) {
                n->country = v;
                n->country_tag = tag;
            } else if (OID_IS(oid, "\x55\x04\x08")) {
                n->state = v;
            } else if (OID_IS(oid, "\x55\x04\x0a")) {
                n->org = v;
            } else if (OID_IS(oid, "\x55\x04\x03")) {
                n->cn = v;
            }
        }
        jm_der_fail(r, set.st);
    }
    jm_der_fail(r, rdns.st);
}

static void take_name(struct jm_name *n, struct jm_der *r)
{
    struct jm_der again = *r;

    (void)jm_der_take(r, JM_DER_SEQ, &n->der);

    read_name(n, &again);
    jm_der_fail(r, again.st);
}

/* r and s as integers of DER → r ‖ s of ES256. */
static bool ecdsa_raw(struct jm_sig *out, struct jm_bytes der)
{
    size_t len = jm_sig_len(JM_ALG_ES256), half = len / 2;
    struct jm_der r, seq;

    memset(out, 0, sizeof *out);
    jm_der_init(&r, der);
    seq = jm_der_enter(&r, JM_DER_SEQ);
    for (size_t i = 0; i < 2; i++) {
        struct jm_bytes v = jm_der_take(&seq, JM_DER_INT, NULL);

        if (v.len > 1 && v.ptr[0] == 0 && v.ptr[1] & 0x80)
            v = jm_slice(v, 1, SIZE_MAX);
        else if (v.len == 0 || v.ptr[0] & 0x80 || (v.len > 1 && v.ptr[0] == 0))
            return false; /* negative or not minimal */
        if (v.len > half)
            return false;
        memcpy(out->octets + half * i + half - v.len, v.ptr, v.len);
    }
    if (jm_der_end(&seq) != JM_OK || jm_der_end(&r) != JM_OK)
        return false;
    out->len = (uint8_t)len;
    return true;
}

static struct jm_bytes bit_string(struct jm_der *r)
{
    struct jm_bytes v = jm_der_take(r, JM_DER_BITS, NULL);

    if (r->st == JM_OK && (v.len == 0 || v.ptr[0] > 7))
        jm_der_fail(r, JM_E_MALFORMED);
    return v;
}

/* Keys and signatures are whole octets: otherwise one signed certificate would have several
 * encodings. */
static struct jm_bytes octet_string_of_bits(struct jm_der *r)
{
    struct jm_bytes v = bit_string(r);

    if (r->st == JM_OK && v.ptr[0] != 0)
        jm_der_fail(r, JM_E_MALFORMED);
    return jm_slice(v, 1, SIZE_MAX);
}

static void read_spki(enum jm_key_oid *alg, struct jm_bytes *bits, struct jm_point *point,
                      bool *uncompressed, struct jm_der *r)
{
    struct jm_der spki = jm_der_enter(r, JM_DER_SEQ);
    struct jm_der id = jm_der_enter(&spki, JM_DER_SEQ);
    struct jm_bytes oid = jm_der_take(&id, JM_DER_OID, NULL), curve = jm_none();

    *alg = JM_KEY_OTHER;
    if (OID_IS(oid, "\x2a\x86\x48\xce\x3d\x02\x01")) {
        *alg = JM_KEY_EC_OTHER;
        if (jm_der_opt(&id, JM_DER_OID, &curve) &&
            OID_IS(curve, "\x2a\x86\x48\xce\x3d\x03\x01\x07"))
            *alg = JM_KEY_P256;
    } else if (OID_IS(oid, "\x2b\x65\x70") || OID_IS(oid, "\x2b\x65\x71")) {
        *alg = JM_KEY_EDDSA;
    }
    *bits = octet_string_of_bits(&spki);
    if (jm_der_end(&spki) != JM_OK)
        jm_der_fail(r, JM_E_MALFORMED);
    *uncompressed = *alg == JM_KEY_P256 ? jm_point_set(point, JM_CURVE_P256, *bits) == JM_OK
                                        : bits->len > 0 && bits->ptr[0] == 4;
}

static void read_bc(struct jm_cert *c, struct jm_bytes v, bool critical, struct jm_der *outer)
{
    struct jm_der r, s;
    struct jm_bytes b;

    jm_der_init(&r, v);
    s = jm_der_enter(&r, JM_DER_SEQ);
    c->has_bc = true;
    c->bc_critical = critical;
    if (jm_der_opt(&s, JM_DER_BOOL, &b))
        c->is_ca = b.len == 1 && b.ptr[0] != 0;
    if (jm_der_opt(&s, JM_DER_INT, &b)) {
        c->has_path_len = true;
        c->path_len = b.len == 1 ? b.ptr[0] : 255;
    }
    if (jm_der_end(&s) != JM_OK || jm_der_end(&r) != JM_OK)
        jm_der_fail(outer, JM_E_MALFORMED);
}

static void read_ku(struct jm_cert *c, struct jm_bytes v, bool critical, struct jm_der *outer)
{
    struct jm_der r;
    struct jm_bytes b;

    jm_der_init(&r, v);
    b = bit_string(&r);
    c->has_ku = true;
    c->ku_critical = critical;
    for (size_t bit = 0; bit < 9 && bit / 8 + 1 < b.len; bit++)
        if (b.ptr[1 + bit / 8] & 0x80 >> bit % 8)
            c->ku |= 1u << bit;
    if (jm_der_end(&r) != JM_OK)
        jm_der_fail(outer, JM_E_MALFORMED);
}

static struct jm_bytes sequence_content(struct jm_bytes v, bool *bad)
{
    struct jm_der r;
    struct jm_bytes b;

    jm_der_init(&r, v);
    b = jm_der_take(&r, JM_DER_SEQ, NULL);
    *bad = jm_der_end(&r) != JM_OK || b.len == 0;
    return *bad ? jm_none() : b;
}

/* GeneralNames: every element a context tag 0..8 */
static bool general_names_ok(struct jm_bytes content)
{
    struct jm_der r;

    jm_der_init(&r, content);
    while (jm_der_more(&r)) {
        unsigned tag;

        (void)jm_der_any(&r, &tag, NULL);
        if ((tag & 0xC0) != 0x80 || (tag & 0x1F) > 8)
            return false;
    }
    return r.st == JM_OK;
}

static void read_key_ids(struct jm_cert *c, bool ski, struct jm_bytes v, struct jm_der *outer)
{
    struct jm_der r, s;

    jm_der_init(&r, v);
    if (ski) {
        c->has_ski = true;
        c->ski = jm_der_take(&r, JM_DER_OCTETS, NULL);
    } else {
        c->has_aki = true;
        s = jm_der_enter(&r, JM_DER_SEQ);
        (void)jm_der_opt(&s, JM_DER_CTX_P(0), &c->aki);
        jm_der_fail(&r, s.st);
    }
    if (jm_der_end(&r) != JM_OK) /* malformed is not absent */
        jm_der_fail(outer, JM_E_MALFORMED);
}

static void read_extension(struct jm_cert *c, struct jm_bytes oid, bool critical, struct jm_bytes v,
                           struct jm_der *outer)
{
    bool bad = false;

    if (OID_IS(oid, "\x55\x1d\x0e") || OID_IS(oid, "\x55\x1d\x23")) {
        read_key_ids(c, oid.ptr[2] == 0x0e, v, outer);
    } else if (OID_IS(oid, "\x55\x1d\x0f")) {
        read_ku(c, v, critical, outer);
    } else if (OID_IS(oid, "\x55\x1d\x13")) {
        read_bc(c, v, critical, outer);
    } else if (OID_IS(oid, "\x55\x1d\x25")) {
        c->has_eku = true;
        c->eku_critical = critical;
        c->eku = sequence_content(v, &bad);
        if (bad)
            jm_der_fail(outer, JM_E_MALFORMED);
    } else if (OID_IS(oid, "\x55\x1d\x12")) {
        c->has_ian = true;
        c->ian = sequence_content(v, &c->ian_malformed);
        if (!c->ian_malformed && !general_names_ok(c->ian))
            c->ian_malformed = true;
    } else if (OID_IS(oid, "\x55\x1d\x11")) {
        c->san = sequence_content(v, &bad);
        if (bad || !general_names_ok(c->san))
            jm_der_fail(outer, JM_E_MALFORMED);
    } else if (OID_IS(oid, "\x55\x1d\x1f")) {
        c->has_crldp = true;
        c->crldp = sequence_content(v, &c->crldp_malformed);
    } else if (OID_IS(oid, "\x55\x1d\x21") || OID_IS(oid, "\x55\x1d\x1e") ||
               OID_IS(oid, "\x55\x1d\x24") || OID_IS(oid, "\x55\x1d\x36") ||
               OID_IS(oid, "\x55\x1d\x2e")) {
        /* name constraints and policies among them: not processed, so never where critical */
        c->ext_forbidden = true;
        c->ext_critical_unknown = c->ext_critical_unknown || critical;
    } else if (critical) {
        c->ext_critical_unknown = true;
    }
}

static void read_extensions(struct jm_cert *c, struct jm_der *tbs)
{
    struct jm_der wrap = jm_der_enter(tbs, JM_DER_CTX(3));
    struct jm_der list = jm_der_enter(&wrap, JM_DER_SEQ);
    struct jm_bytes seen[32];
    size_t n = 0;

    while (jm_der_more(&list)) {
        struct jm_der e = jm_der_enter(&list, JM_DER_SEQ);
        struct jm_bytes oid = jm_der_take(&e, JM_DER_OID, NULL), b, v;
        bool critical = jm_der_opt(&e, JM_DER_BOOL, &b) && b.len == 1 && b.ptr[0] != 0;

        v = jm_der_take(&e, JM_DER_OCTETS, NULL);
        if (jm_der_end(&e) != JM_OK) {
            jm_der_fail(tbs, JM_E_MALFORMED);
            return;
        }
        for (size_t i = 0; i < n; i++)
            if (jm_bytes_eq(seen[i], oid))
                c->ext_duplicate = true;
        if (n < JM_ARRAY_LEN(seen))
            seen[n++] = oid;
        read_extension(c, oid, critical, v, tbs);
    }
    if (jm_der_end(&list) != JM_OK || jm_der_end(&wrap) != JM_OK || c->ext_duplicate)
        jm_der_fail(tbs, JM_E_MALFORMED);
}

static void read_validity(struct jm_cert *c, struct jm_der *tbs)
{
    struct jm_der v = jm_der_enter(tbs, JM_DER_SEQ);
    int64_t *at[2] = {&c->not_before, &c->not_after};

    for (size_t i = 0; i < 2; i++) {
        unsigned tag;
        struct jm_bytes t = jm_der_any(&v, &tag, NULL);

        if (v.st == JM_OK && jm_der_time(at[i], tag, t) != JM_OK)
            jm_der_fail(tbs, JM_E_MALFORMED);
    }
    if (jm_der_end(&v) != JM_OK)
        jm_der_fail(tbs, JM_E_MALFORMED);
}

/* SEQUENCE { tbs, algorithm, signature }: common to certificates, requests and CRLs. */
static enum jm_status open_signed(struct jm_bytes der, struct jm_bytes *tbs,
                                  struct jm_bytes *tbs_content, enum jm_sig_oid *alg,
                                  struct jm_bytes *alg_der, struct jm_bytes *sig)
{
    struct jm_der r, s;

    if (der.len > JM_CERT_MAX * 512)
        return JM_E_LIMIT;
    jm_der_init(&r, der);
    s = jm_der_enter(&r, JM_DER_SEQ);
    *tbs_content = jm_der_take(&s, JM_DER_SEQ, tbs);
    *alg = read_sig_alg(&s, alg_der);
    *sig = octet_string_of_bits(&s);
    JM_TRY(jm_der_end(&s));
    return jm_der_end(&r);
}

enum jm_status jm_cert_parse(struct jm_cert *c, struct jm_bytes der)
{
    struct jm_bytes content, alg_out, alg_in, sig, b;
    struct jm_der t;

    memset(c, 0, sizeof *c);
    if (der.len > JM_CERT_MAX)
        return JM_E_LIMIT;
    c->der = der;
    JM_TRY(open_signed(der, &c->tbs, &content, &c->sig_alg, &alg_out, &sig));
    c->sig_ok = ecdsa_raw(&c->sig, sig);
    jm_der_init(&t, content);
    c->version = 1;
    if (jm_der_opt(&t, JM_DER_CTX(0), &b))
        c->version = b.len == 3 && b.ptr[0] == JM_DER_INT ? b.ptr[2] + 1 : 0;
    c->serial = jm_der_take(&t, JM_DER_INT, NULL);
    (void)read_sig_alg(&t, &alg_in);
    c->sig_alg_twice_equal = jm_bytes_eq(alg_in, alg_out);
    take_name(&c->issuer, &t);
    read_validity(c, &t);
    take_name(&c->subject, &t);
    read_spki(&c->key_alg, &c->key_bits, &c->point, &c->key_uncompressed, &t);
    (void)jm_der_opt(&t, JM_DER_CTX_P(1), &b);
    (void)jm_der_opt(&t, JM_DER_CTX_P(2), &b);
    if (jm_der_peek(&t) == JM_DER_CTX(3))
        read_extensions(c, &t);
    return jm_der_end(&t);
}

bool jm_cert_has_eku(const struct jm_cert *c, struct jm_bytes oid)
{
    struct jm_der r;

    jm_der_init(&r, c->eku);
    while (jm_der_more(&r))
        if (jm_bytes_eq(jm_der_take(&r, JM_DER_OID, NULL), oid) && r.st == JM_OK)
            return true;
    return false;
}

bool jm_cert_is_self_signed(const struct jm_cert *c)
{
    if (!jm_bytes_eq(c->issuer.der, c->subject.der))
        return false;
    /* Same name, other key: a real-world DSC whose subject repeats its issuer's name. */
    return !(c->has_aki && c->has_ski && !jm_bytes_eq(c->aki, c->ski));
}

static struct jm_bytes general_name(struct jm_bytes content, unsigned want)
{
    struct jm_der r;

    jm_der_init(&r, content);
    while (jm_der_more(&r)) {
        unsigned tag;
        struct jm_bytes v = jm_der_any(&r, &tag, NULL);

        if (r.st == JM_OK && tag == want)
            return v;
    }
    return jm_none();
}

struct jm_bytes jm_cert_dns(const struct jm_cert *c)
{
    return general_name(c->san, JM_DER_CTX_P(2));
}

bool jm_cert_names_uri(const struct jm_cert *c, struct jm_bytes uri)
{
    struct jm_url u;
    struct jm_der r;
    bool https = jm_url_split(&u, uri) == JM_OK && jm_bytes_eq_str(u.scheme, "https");

    jm_der_init(&r, c->san);
    while (jm_der_more(&r)) {
        unsigned tag;
        struct jm_bytes v = jm_der_any(&r, &tag, NULL);

        if (r.st == JM_OK && ((tag == JM_DER_CTX_P(6) && jm_bytes_eq(v, uri)) ||
                              (tag == JM_DER_CTX_P(2) && https && jm_bytes_eq(v, u.host))))
            return true;
    }
    return false;
}

enum jm_status jm_csr_parse(struct jm_csr *out, struct jm_bytes der)
{
    struct jm_bytes content, alg_der, sig, b;
    enum jm_sig_oid alg;
    enum jm_key_oid key_alg;
    bool uncompressed;
    struct jm_der t;

    memset(out, 0, sizeof *out);
    if (der.len > JM_CERT_MAX)
        return JM_E_LIMIT;
    JM_TRY(open_signed(der, &out->tbs, &content, &alg, &alg_der, &sig));
    jm_der_init(&t, content);
    b = jm_der_take(&t, JM_DER_INT, NULL);
    take_name(&out->subject, &t);
    struct jm_bytes bits;
    read_spki(&key_alg, &bits, &out->point, &uncompressed, &t);
    (void)jm_der_opt(&t, JM_DER_CTX(0), &b);
    JM_TRY(jm_der_end(&t));
    if (alg != JM_SIG_ECDSA_SHA256 || key_alg != JM_KEY_P256 || !uncompressed)
        return JM_E_UNSUPPORTED;
    return ecdsa_raw(&out->sig, sig) ? JM_OK : JM_E_MALFORMED;
}

static void read_crl_extensions(struct jm_crl *out, struct jm_der *t)
{
    struct jm_der wrap = jm_der_enter(t, JM_DER_CTX(0));
    struct jm_der list = jm_der_enter(&wrap, JM_DER_SEQ);

    while (jm_der_more(&list)) {
        struct jm_der e = jm_der_enter(&list, JM_DER_SEQ), r, s;
        struct jm_bytes oid = jm_der_take(&e, JM_DER_OID, NULL), b;
        bool critical = jm_der_opt(&e, JM_DER_BOOL, &b);
        struct jm_bytes v = jm_der_take(&e, JM_DER_OCTETS, NULL);

        if (OID_IS(oid, "\x55\x1d\x23")) {
            jm_der_init(&r, v);
            s = jm_der_enter(&r, JM_DER_SEQ);
            (void)jm_der_opt(&s, JM_DER_CTX_P(0), &out->aki);
        } else if (critical) {
            jm_der_fail(t, JM_E_UNSUPPORTED); /* delta or partial lists: not ours to understand */
        }
        jm_der_fail(t, e.st);
    }
    jm_der_fail(t, list.st);
}

enum jm_status jm_crl_parse(struct jm_crl *out, struct jm_bytes der)
{
    struct jm_bytes content, alg_der, inner, sig, b;
    enum jm_sig_oid alg;
    struct jm_name issuer;
    struct jm_der t;
    unsigned tag;

    memset(out, 0, sizeof *out);
    memset(&issuer, 0, sizeof issuer);
    JM_TRY(open_signed(der, &out->tbs, &content, &alg, &alg_der, &sig));
    if (alg != JM_SIG_ECDSA_SHA256)
        return JM_E_UNSUPPORTED;
    if (!ecdsa_raw(&out->sig, sig))
        return JM_E_MALFORMED;
    jm_der_init(&t, content);
    b = jm_der_take(&t, JM_DER_INT, NULL);
    if (t.st == JM_OK && (b.len != 1 || b.ptr[0] != 1))
        return JM_E_UNSUPPORTED; /* v2 only */
    (void)read_sig_alg(&t, &inner);
    take_name(&issuer, &t);
    out->issuer = issuer.der;
    b = jm_der_any(&t, &tag, NULL);
    if (t.st != JM_OK || jm_der_time(&out->this_update, tag, b) != JM_OK)
        return JM_E_MALFORMED;
    tag = jm_der_peek(&t);
    if (tag != JM_DER_UTC && tag != JM_DER_GENTIME)
        return JM_E_MISSING; /* nextUpdate is required by the profile */
    b = jm_der_any(&t, &tag, NULL);
    if (jm_der_time(&out->next_update, tag, b) != JM_OK || !jm_bytes_eq(inner, alg_der))
        return JM_E_MALFORMED;
    (void)jm_der_opt(&t, JM_DER_SEQ, &out->revoked);
    if (jm_der_peek(&t) == JM_DER_CTX(0))
        read_crl_extensions(out, &t);
    return jm_der_end(&t);
}

bool jm_crl_lists(const struct jm_crl *crl, struct jm_bytes serial)
{
    struct jm_der r;

    jm_der_init(&r, crl->revoked);
    while (jm_der_more(&r)) {
        struct jm_der e = jm_der_enter(&r, JM_DER_SEQ);

        if (jm_bytes_eq(jm_der_take(&e, JM_DER_INT, NULL), serial) && e.st == JM_OK)
            return true;
    }
    return r.st != JM_OK; /* an unreadable rest might have listed it: fail closed */
}
