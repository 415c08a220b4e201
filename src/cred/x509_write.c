/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/x509.h"

#include <string.h>

#include "jumin/der.h"

#define OID(lit) JM_BYTES(lit)
#define OID_ECDSA_SHA256 OID("\x2a\x86\x48\xce\x3d\x04\x03\x02")

static void put_alg(struct jm_der_w *w)
{
    size_t m = jm_der_w_open(w);

    jm_der_w_put(w, JM_DER_OID, OID_ECDSA_SHA256);
    jm_der_w_close(w, m, JM_DER_SEQ);
}

static void put_attribute(struct jm_der_w *w, struct jm_bytes oid, unsigned tag, struct jm_bytes v)
{
    size_t set = jm_der_w_open(w), seq = set;

    if (v.len == 0)
        return;
    jm_der_w_put(w, JM_DER_OID, oid);
    jm_der_w_put(w, tag, v);
    jm_der_w_close(w, seq, JM_DER_SEQ);
    jm_der_w_close(w, set, JM_DER_SET);
}

enum jm_status jm_name_der(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes country,
                           struct jm_bytes state, struct jm_bytes org, struct jm_bytes cn)
{
    struct jm_buf b;
    struct jm_der_w w;
    size_t m;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, country.len + state.len + org.len + cn.len + 96));
    jm_der_w_init(&w, &b);
    m = jm_der_w_open(&w);
    put_attribute(&w, OID("\x55\x04\x06"), JM_DER_PRINTABLE, country);
    put_attribute(&w, OID("\x55\x04\x08"), JM_DER_UTF8, state);
    put_attribute(&w, OID("\x55\x04\x0a"), JM_DER_UTF8, org);
    put_attribute(&w, OID("\x55\x04\x03"), JM_DER_UTF8, cn);
    jm_der_w_close(&w, m, JM_DER_SEQ);
    JM_TRY(jm_der_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_key_id(uint8_t out[JM_SKI_LEN], const struct jm_crypto *c,
                         const struct jm_point *key)
{
    struct jm_bytes bits = jm_point_bytes(key);

    return c->hash(JM_SHA1, &bits, 1, out);
}

static void put_spki(struct jm_der_w *w, const struct jm_point *key)
{
    size_t seq = jm_der_w_open(w), alg = seq, bits;

    jm_der_w_put(w, JM_DER_OID, OID("\x2a\x86\x48\xce\x3d\x02\x01"));
    jm_der_w_put(w, JM_DER_OID, OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"));
    jm_der_w_close(w, alg, JM_DER_SEQ);
    bits = jm_der_w_open(w);
    jm_der_w_raw(w, jm_bytes("", 1));
    jm_der_w_raw(w, jm_point_bytes(key));
    jm_der_w_close(w, bits, JM_DER_BITS);
    jm_der_w_close(w, seq, JM_DER_SEQ);
}

/* Opens Extension { oid, critical?, OCTET STRING {; close with end_ext. */
struct ext {
    size_t seq, octets;
};

static struct ext begin_ext(struct jm_der_w *w, struct jm_bytes oid, bool critical)
{
    struct ext e;

    e.seq = jm_der_w_open(w);
    jm_der_w_put(w, JM_DER_OID, oid);
    if (critical)
        jm_der_w_put(w, JM_DER_BOOL, JM_BYTES("\xff"));
    e.octets = jm_der_w_open(w);
    return e;
}

static void end_ext(struct jm_der_w *w, struct ext e)
{
    jm_der_w_close(w, e.octets, JM_DER_OCTETS);
    jm_der_w_close(w, e.seq, JM_DER_SEQ);
}

static void put_aki(struct jm_der_w *w, struct jm_bytes id)
{
    struct ext e = begin_ext(w, OID("\x55\x1d\x23"), false);
    size_t m = jm_der_w_open(w);

    jm_der_w_put(w, JM_DER_CTX_P(0), id);
    jm_der_w_close(w, m, JM_DER_SEQ);
    end_ext(w, e);
}

static void put_ku(struct jm_der_w *w, unsigned ku)
{
    struct ext e = begin_ext(w, OID("\x55\x1d\x0f"), true);
    uint8_t bits[2] = {0, 0};

    for (unsigned i = 0; i < 8; i++)
        if (ku & 1u << i) {
            bits[1] = (uint8_t)(bits[1] | 0x80 >> i);
            bits[0] = (uint8_t)(7 - i); /* unused bits after the last one set */
        }
    jm_der_w_put(w, JM_DER_BITS, jm_bytes(bits, 2));
    end_ext(w, e);
}

static void put_names_ext(struct jm_der_w *w, struct jm_bytes oid, unsigned tag, struct jm_bytes v)
{
    struct ext e;
    size_t m;

    if (v.len == 0)
        return;
    e = begin_ext(w, oid, false);
    m = jm_der_w_open(w);
    jm_der_w_put(w, tag, v);
    jm_der_w_close(w, m, JM_DER_SEQ);
    end_ext(w, e);
}

static void put_crldp(struct jm_der_w *w, struct jm_bytes uri)
{
    struct ext e;
    size_t list, dp, name, full;

    if (uri.len == 0)
        return;
    e = begin_ext(w, OID("\x55\x1d\x1f"), false);
    list = dp = name = full = jm_der_w_open(w);
    jm_der_w_put(w, JM_DER_CTX_P(6), uri);
    jm_der_w_close(w, full, JM_DER_CTX(0));
    jm_der_w_close(w, name, JM_DER_CTX(0));
    jm_der_w_close(w, dp, JM_DER_SEQ);
    jm_der_w_close(w, list, JM_DER_SEQ);
    end_ext(w, e);
}

static void put_eku(struct jm_der_w *w, const struct jm_cert_spec *s)
{
    struct ext e;
    size_t m;

    if (s->eku[0].len == 0)
        return;
    e = begin_ext(w, OID("\x55\x1d\x25"), s->eku_critical);
    m = jm_der_w_open(w);
    for (size_t i = 0; i < JM_ARRAY_LEN(s->eku); i++)
        if (s->eku[i].len != 0)
            jm_der_w_put(w, JM_DER_OID, s->eku[i]);
    jm_der_w_close(w, m, JM_DER_SEQ);
    end_ext(w, e);
}

static void put_subject_names(struct jm_der_w *w, const struct jm_cert_spec *s)
{
    struct ext e;
    size_t m;

    if (s->dns.len == 0 && s->uri.len == 0)
        return;
    e = begin_ext(w, OID("\x55\x1d\x11"), false);
    m = jm_der_w_open(w);
    if (s->dns.len != 0)
        jm_der_w_put(w, JM_DER_CTX_P(2), s->dns);
    if (s->uri.len != 0)
        jm_der_w_put(w, JM_DER_CTX_P(6), s->uri);
    jm_der_w_close(w, m, JM_DER_SEQ);
    end_ext(w, e);
}

static void put_extensions(struct jm_der_w *w, const struct jm_cert_spec *s,
                           const uint8_t ski[JM_SKI_LEN])
{
    size_t wrap = jm_der_w_open(w), list = wrap;
    struct ext e = begin_ext(w, OID("\x55\x1d\x0e"), false);

    jm_der_w_put(w, JM_DER_OCTETS, jm_bytes(ski, JM_SKI_LEN));
    end_ext(w, e);
    if (s->authority_key_id.len != 0)
        put_aki(w, s->authority_key_id);
    put_ku(w, s->ku);
    if (s->ca) {
        uint8_t len = (uint8_t)s->path_len;
        size_t m;

        e = begin_ext(w, OID("\x55\x1d\x13"), true);
        m = jm_der_w_open(w);
        jm_der_w_put(w, JM_DER_BOOL, JM_BYTES("\xff"));
        jm_der_w_put(w, JM_DER_INT, jm_bytes(&len, 1));
        jm_der_w_close(w, m, JM_DER_SEQ);
        end_ext(w, e);
    }
    put_eku(w, s);
    put_names_ext(w, OID("\x55\x1d\x12"), JM_DER_CTX_P(6), s->issuer_alt_uri);
    put_subject_names(w, s);
    put_crldp(w, s->crl_uri);
    jm_der_w_close(w, list, JM_DER_SEQ);
    jm_der_w_close(w, wrap, JM_DER_CTX(3));
}

static void put_version(struct jm_der_w *w)
{
    size_t m = jm_der_w_open(w);

    jm_der_w_put(w, JM_DER_INT, JM_BYTES("\x02"));
    jm_der_w_close(w, m, JM_DER_CTX(0));
}

enum jm_status jm_cert_tbs(struct jm_bytes *tbs, const struct jm_crypto *c,
                           const struct jm_cert_spec *s, struct jm_arena *mem)
{
    struct jm_bytes subject = s->subject_der;
    uint8_t ski[JM_SKI_LEN], serial[20];
    struct jm_buf b;
    struct jm_der_w w;
    size_t m, v;

    *tbs = jm_none();
    JM_TRY(jm_key_id(ski, c, &s->key));
    if (subject.len == 0)
        JM_TRY(jm_name_der(&subject, mem, s->country, s->state, s->org, s->cn));
    JM_TRY(jm_alloc_buf(&b, mem, 2048));
    memcpy(serial, s->serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7F) | 0x40);
    jm_der_w_init(&w, &b);
    m = jm_der_w_open(&w);
    put_version(&w);
    jm_der_w_uint(&w, jm_bytes(serial, sizeof serial));
    put_alg(&w);
    jm_der_w_raw(&w, s->issuer_der.len == 0 ? subject : s->issuer_der);
    v = jm_der_w_open(&w);
    jm_der_w_time(&w, s->not_before);
    jm_der_w_time(&w, s->not_after);
    jm_der_w_close(&w, v, JM_DER_SEQ);
    jm_der_w_raw(&w, subject);
    put_spki(&w, &s->key);
    put_extensions(&w, s, ski);
    jm_der_w_close(&w, m, JM_DER_SEQ);
    JM_TRY(jm_der_w_end(&w));
    *tbs = jm_written(b);
    return JM_OK;
}

enum jm_status jm_der_signed(struct jm_bytes *out, struct jm_bytes tbs, struct jm_bytes sig,
                             struct jm_arena *mem)
{
    struct jm_buf b;
    struct jm_der_w w;
    size_t half = jm_sig_len(JM_ALG_ES256) / 2, m, bits, seq;

    *out = jm_none();
    if (sig.len != 2 * half)
        return JM_E_BUG;
    JM_TRY(jm_alloc_buf(&b, mem, tbs.len + sig.len + 64));
    jm_der_w_init(&w, &b);
    m = jm_der_w_open(&w);
    jm_der_w_raw(&w, tbs);
    put_alg(&w);
    bits = jm_der_w_open(&w);
    jm_der_w_raw(&w, jm_bytes("", 1));
    seq = jm_der_w_open(&w);
    jm_der_w_uint(&w, jm_slice(sig, 0, half));
    jm_der_w_uint(&w, jm_slice(sig, half, half));
    jm_der_w_close(&w, seq, JM_DER_SEQ);
    jm_der_w_close(&w, bits, JM_DER_BITS);
    jm_der_w_close(&w, m, JM_DER_SEQ);
    JM_TRY(jm_der_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_csr_tbs(struct jm_bytes *tbs, struct jm_bytes cn, const struct jm_point *key,
                          struct jm_arena *mem)
{
    struct jm_bytes name;
    struct jm_buf b;
    struct jm_der_w w;
    size_t m;

    *tbs = jm_none();
    JM_TRY(jm_name_der(&name, mem, jm_none(), jm_none(), jm_none(), cn));
    JM_TRY(jm_alloc_buf(&b, mem, name.len + 256));
    jm_der_w_init(&w, &b);
    m = jm_der_w_open(&w);
    jm_der_w_put(&w, JM_DER_INT, jm_bytes("", 1));
    jm_der_w_raw(&w, name);
    put_spki(&w, key);
    jm_der_w_put(&w, JM_DER_CTX(0), jm_none());
    jm_der_w_close(&w, m, JM_DER_SEQ);
    JM_TRY(jm_der_w_end(&w));
    *tbs = jm_written(b);
    return JM_OK;
}

static void put_crl_extensions(struct jm_der_w *w, const struct jm_crl_spec *s)
{
    size_t wrap = jm_der_w_open(w), list = wrap;
    uint8_t number[8];
    struct ext e;

    put_aki(w, s->authority_key_id);
    jm_put_u64_be(number, s->number);
    e = begin_ext(w, OID("\x55\x1d\x14"), false);
    jm_der_w_uint(w, jm_bytes(number, 8));
    end_ext(w, e);
    jm_der_w_close(w, list, JM_DER_SEQ);
    jm_der_w_close(w, wrap, JM_DER_CTX(0));
}

enum jm_status jm_crl_tbs(struct jm_bytes *tbs, const struct jm_crl_spec *s, struct jm_arena *mem)
{
    struct jm_buf b;
    struct jm_der_w w;
    size_t m, list;

    *tbs = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 512 + s->issuer_der.len + s->n * 64));
    jm_der_w_init(&w, &b);
    m = jm_der_w_open(&w);
    jm_der_w_put(&w, JM_DER_INT, JM_BYTES("\x01"));
    put_alg(&w);
    jm_der_w_raw(&w, s->issuer_der);
    jm_der_w_time(&w, s->this_update);
    jm_der_w_time(&w, s->next_update);
    list = jm_der_w_open(&w);
    for (size_t i = 0; i < s->n; i++) {
        size_t e = jm_der_w_open(&w);

        jm_der_w_put(&w, JM_DER_INT, s->serials[i]);
        jm_der_w_time(&w, s->this_update);
        jm_der_w_close(&w, e, JM_DER_SEQ);
    }
    if (s->n > 0) /* an empty list is left out altogether */
        jm_der_w_close(&w, list, JM_DER_SEQ);
    put_crl_extensions(&w, s);
    jm_der_w_close(&w, m, JM_DER_SEQ);
    JM_TRY(jm_der_w_end(&w));
    *tbs = jm_written(b);
    return JM_OK;
}
