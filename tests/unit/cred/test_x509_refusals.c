/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, requests and CRLs of our own making with one element changed; lengths around it are
 * mended, so that the change is all that is wrong. */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

#include "jumin/der.h"

static struct kit K;

static size_t head_len(struct jm_bytes tlv, size_t *len)
{
    size_t n = tlv.ptr[1] < 0x80 ? 0 : tlv.ptr[1] & 0x7Fu;

    *len = n == 0 ? tlv.ptr[1] : 0;
    for (size_t i = 0; i < n; i++)
        *len = *len << 8 | tlv.ptr[2 + i];
    return 2 + n;
}

static struct jm_bytes tlv_of(uint8_t tag, struct jm_bytes content)
{
    uint8_t head[6] = {tag, (uint8_t)content.len};
    struct jm_bytes out, parts[2];
    size_t n = content.len < 0x80 ? 0 : content.len < 0x100 ? 1 : content.len < 0x10000 ? 2 : 3;

    if (n != 0)
        head[1] = (uint8_t)(0x80 | n);
    for (size_t i = 0; i < n; i++)
        head[2 + i] = (uint8_t)(content.len >> 8 * (n - 1 - i));
    parts[0] = jm_bytes(head, 2 + n);
    parts[1] = content;
    KIT_MUST(jm_concat(&out, &K.mem, parts, 2));
    return out;
}

/* @p cut octets at @p at, whole elements, replaced; each element around them gets its length anew.
 */
static struct jm_bytes regrow(struct jm_bytes tlv, size_t at, size_t cut, struct jm_bytes put)
{
    size_t len, head = head_len(tlv, &len), pos = head;
    struct jm_bytes content, parts[3];

    while (pos < head + len && (tlv.ptr[0] & 0x20 || tlv.ptr[0] == 0x04)) {
        struct jm_bytes child = jm_slice(tlv, pos, SIZE_MAX);
        size_t inner, own = head_len(child, &inner);

        if (at >= pos + own && at + cut <= pos + own + inner) {
            parts[0] = jm_slice(tlv, head, pos - head);
            parts[1] = regrow(jm_slice(tlv, pos, own + inner), at - pos, cut, put);
            parts[2] = jm_slice(tlv, pos + own + inner, head + len - pos - own - inner);
            KIT_MUST(jm_concat(&content, &K.mem, parts, 3));
            return tlv_of(tlv.ptr[0], content);
        }
        pos += own + inner;
    }
    parts[0] = jm_slice(tlv, head, at - head);
    parts[1] = put;
    parts[2] = jm_slice(tlv, at + cut, head + len - at - cut);
    KIT_MUST(jm_concat(&content, &K.mem, parts, 3));
    return tlv_of(tlv.ptr[0], content);
}

/* The element @p from (and @p skip octets on, of @p len) replaced by @p to, or followed by it where
 * it is kept. */
static struct jm_bytes changed(struct jm_bytes der, struct jm_bytes from, size_t skip, size_t len,
                               bool keep, struct jm_bytes to)
{
    size_t at = jm_bytes_find(der, from);
    struct jm_bytes put = to, parts[2];

    if (at == SIZE_MAX)
        kit_die("changed", (int)from.len);
    at += skip;
    if (keep) {
        parts[0] = jm_slice(der, at, len);
        parts[1] = to;
        KIT_MUST(jm_concat(&put, &K.mem, parts, 2));
    }
    return regrow(der, at, len, put);
}

#define B(lit) {(const uint8_t *)lit, sizeof(lit) - 1}
#define KU "\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80"
#define CA_BC "\x30\x06\x01\x01\xff\x02\x01\x00"
#define P256 "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define ECDSA "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define NOTHING "\x05\x00"

static const struct row {
    const char *name;
    bool of_ca;
    struct jm_bytes from;
    size_t skip, len;
    bool keep;
    struct jm_bytes to;
    enum jm_status st;
} rows[] = {
    {"an attribute of a name of three", false, B("\x06\x03\x55\x04\x06\x13\x02KR"), 5, 4, true,
     B(NOTHING), JM_E_MALFORMED},
    {"an attribute of a name of one", false, B("\x06\x03\x55\x04\x06\x13\x02KR"), 5, 4, false,
     B(""), JM_E_MALFORMED},
    {"validity of three times", false, B("\x30\x1e\x17\x0d"), 2, 15, true,
     B("\x17\x0d"
       "270101000000Z"),
     JM_E_MALFORMED},
    {"validity that is no time", false, B("\x30\x1e\x17\x0d"), 2, 15, false,
     B("\x17\x0d"
       "271301000000Z"),
     JM_E_MALFORMED},
    {"a key with more", false, B(P256), 21, 68, true, B(NOTHING), JM_E_MALFORMED},
    {"a key of 7 bits less", false, B(P256), 21, 68, false, B("\x03\x02\x07\x80"), JM_E_MALFORMED},
    {"key usage of 7 unused bits", false, B(KU), 12, 4, false, B("\x03\x02\x07\x80"), JM_OK},
    {"key usage of 8 unused bits", false, B(KU), 12, 4, false, B("\x03\x02\x08\x80"),
     JM_E_MALFORMED},
    {"key usage empty", false, B(KU), 12, 4, false, B("\x03\x00"), JM_E_MALFORMED},
    {"key usage with more", false, B(KU), 12, 4, true, B(NOTHING), JM_E_MALFORMED},
    {"an extension with more", false, B(KU), 10, 6, true, B(NOTHING), JM_E_MALFORMED},
    {"key usage twice", false, B(KU), 0, 16, true, B(KU), JM_E_MALFORMED},
    {"an unknown one twice", false, B(KU), 0, 16, true,
     B("\x30\x06\x06\x02\x2a\x03\x04\x00\x30\x06\x06\x02\x2a\x03\x04\x00"), JM_E_MALFORMED},
    {"an unknown one", false, B(KU), 0, 16, true, B("\x30\x06\x06\x02\x2a\x03\x04\x00"), JM_OK},
    {"basic constraints", true, B(CA_BC), 0, 8, false, B("\x30\x03\x01\x01\xff"), JM_OK},
    {"basic constraints of three", true, B(CA_BC), 5, 3, true, B(NOTHING), JM_E_MALFORMED},
    {"basic constraints with more", true, B(CA_BC), 0, 8, true, B(NOTHING), JM_E_MALFORMED},
};

static void begin(void)
{
    kit_begin(&K);
}

TEST(an_element_changed)
{
    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        struct jm_cert c;

        ROW(CHECK_ST(jm_cert_parse(&c, exact(changed(r->of_ca ? K.iaca_der : K.dsc_der, r->from,
                                                     r->skip, r->len, r->keep, r->to))),
                     r->st),
            r->name);
    }
    kit_end(&K);
}

/* The list of extensions and what holds it: one sequence and nothing beside it. */
TEST(extensions_are_one_list)
{
    struct jm_bytes list, whole;
    struct jm_cert c;
    size_t at, len;

    begin();
    for (at = 0; !(K.dsc_der.ptr[at] == 0xA3 && K.dsc_der.ptr[at + 1] == 0x81 &&
                   K.dsc_der.ptr[at + 3] == 0x30);
         at++)
        ;
    whole = jm_slice(K.dsc_der, at, 3u + K.dsc_der.ptr[at + 2]);
    list = jm_slice(whole, 3, SIZE_MAX);
    (void)head_len(list, &len);
    CHECK_OK(jm_cert_parse(&c, regrow(K.dsc_der, at, whole.len, tlv_of(0xA3, list))));
    CHECK_ST(jm_cert_parse(&c, regrow(K.dsc_der, at, whole.len, tlv_of(0xA3, jm_str("\x05")))),
             JM_E_MALFORMED);
    CHECK_ST(jm_cert_parse(&c, changed(K.dsc_der, list, 0, list.len, true,
                                       (struct jm_bytes)B(NOTHING))),
             JM_E_MALFORMED);
    CHECK_ST(jm_cert_parse(&c, changed(K.dsc_der, list, 0, list.len, false,
                                       (struct jm_bytes)B(NOTHING))),
             JM_E_MALFORMED);
    kit_end(&K);
}

/* -- bounds -- */

/* @p der, in which @p after is followed by an element of the tag and as many zeros as make it @p
 * len octets long. */
static struct jm_bytes grown(struct jm_bytes der, struct jm_bytes after, uint8_t tag,
                             bool extension, size_t len)
{
    size_t fill = len - der.len > 64 ? len - der.len - 64 : 0;
    uint8_t *zeros = test_malloc(len);
    struct jm_bytes out;

    memset(zeros, 0, len);
    do {
        size_t mark = jm_arena_mark(&K.mem);
        struct jm_bytes put = tlv_of(tag, jm_bytes(zeros, fill++));

        if (extension) {
            struct jm_bytes in, parts[2] = {B("\x06\x02\x2a\x03"), put};

            KIT_MUST(jm_concat(&in, &K.mem, parts, 2));
            put = tlv_of(0x30, in);
        }
        out = exact(changed(der, after, 0, after.len, true, put));
        jm_arena_back(&K.mem, mark);
    } while (out.len < len);
    if (out.len != len)
        kit_die("grown", (int)out.len);
    return out;
}

TEST(a_certificate_has_8_kib)
{
    struct jm_cert c;

    begin();
    CHECK_OK(jm_cert_parse(&c, grown(K.dsc_der, (struct jm_bytes)B(KU), 0x04, true, JM_CERT_MAX)));
    CHECK_ST(jm_cert_parse(&c,
                           grown(K.dsc_der, (struct jm_bytes)B(KU), 0x04, true, JM_CERT_MAX + 1)),
             JM_E_LIMIT);
    kit_end(&K);
}

TEST(a_request_has_8_kib)
{
    struct jm_bytes tbs, der;
    struct jm_point key;
    struct jm_csr csr;

    begin();
    KIT_MUST(jm_key_point(&key, K.device_key));
    KIT_MUST(jm_csr_tbs(&tbs, JM_BYTES("Synthetic"), &key, &K.mem));
    der = kit_sign_der(&K, tbs, K.device_key);
    CHECK_OK(jm_csr_parse(&csr, der));
    CHECK_ST(jm_csr_parse(&csr, jm_slice(der, 0, der.len - 1)), JM_E_TRUNCATED);
    struct jm_bytes bits, parts[2] = {B("\x03\x42\x00"), jm_bytes(key.octets, JM_POINT_LEN)};
    KIT_MUST(jm_concat(&bits, &K.mem, parts, 2));
    /* attributes end the request; ours has an empty set of them */
    size_t at = jm_bytes_find(der, bits) + bits.len;
    CHECK_EQ(der.ptr[at], 0xA0);
    struct jm_bytes attributes = jm_slice(der, at, 2);
    for (size_t more = 0; more < 2; more++) {
        uint8_t *zeros = test_malloc(JM_CERT_MAX);
        struct jm_bytes big;

        memset(zeros, 0, JM_CERT_MAX);
        big = regrow(der, at, attributes.len,
                     tlv_of(0xA0, jm_bytes(zeros, JM_CERT_MAX - der.len - 4 + more)));
        size_t off = big.len - JM_CERT_MAX;
        big =
            regrow(der, at, attributes.len,
                   tlv_of(0xA0, jm_bytes(zeros, JM_CERT_MAX - der.len - 4 + more - (off - more))));
        CHECK_EQ(big.len, JM_CERT_MAX + more);
        CHECK_ST(jm_csr_parse(&csr, big), more == 0 ? JM_OK : JM_E_LIMIT);
    }
    kit_end(&K);
}

TEST(a_crl_has_4_mib)
{
    struct jm_crl_spec s;
    struct jm_bytes tbs, der, serial = JM_BYTES("\x11\x22\x33\x44");
    uint8_t *much = test_malloc(JM_CERT_MAX * 512 + 1);
    struct jm_crl crl;

    memset(much, 0x30, JM_CERT_MAX * 512 + 1);
    begin();
    s = (struct jm_crl_spec){K.iaca.subject.der, K.iaca.ski, 1, KIT_NOW - 1,
                             KIT_NOW + KIT_DAY,  &serial,    1};
    KIT_MUST(jm_crl_tbs(&tbs, &s, &K.mem));
    der = kit_sign_der(&K, tbs, K.iaca_key);
    CHECK_OK(jm_crl_parse(&crl, der));
    CHECK(jm_crl_lists(&crl, serial));
    /* Long before a list of that length is read through, its length is judged. */
    CHECK(jm_crl_parse(&crl, jm_bytes(much, JM_CERT_MAX * 512)) != JM_E_LIMIT);
    CHECK_ST(jm_crl_parse(&crl, jm_bytes(much, JM_CERT_MAX * 512 + 1)), JM_E_LIMIT);
    kit_end(&K);
}

/* -- the algorithm of a signature -- */

/* The one inside is signed, the one outside is read: they are the same octets, and of an algorithm
 * that we know. */
TEST(the_algorithm_stands_twice)
{
    static const struct {
        const char *name;
        struct jm_bytes alg;
        enum jm_sig_oid read;
    } algs[] = {
        {"SHA-256", B(ECDSA), JM_SIG_ECDSA_SHA256},
        {"SHA-384", B("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"), JM_SIG_ECDSA_SHA384},
        {"SHA-512", B("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"), JM_SIG_ECDSA_SHA512},
        {"SHA-224", B("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x01"), JM_SIG_OTHER},
        {"SHA-256 with NULL", B("\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"),
         JM_SIG_OTHER},
        {"SHA-1", B("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), JM_SIG_OTHER},
        {"RSA", B("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"), JM_SIG_OTHER},
        {"Ed25519", B("\x30\x05\x06\x03\x2b\x65\x70"), JM_SIG_OTHER},
    };
    struct jm_bytes ours = B(ECDSA);

    for (size_t i = 0; i < JM_ARRAY_LEN(algs); i++) {
        struct jm_cert c;
        struct jm_bytes inside, both;

        begin();
        inside = changed(K.dsc_der, ours, 0, ours.len, false, algs[i].alg);
        CHECK_OK(jm_cert_parse(&c, inside));
        ROW(CHECK_EQ(c.sig_alg, JM_SIG_ECDSA_SHA256) && CHECK_EQ(c.sig_alg_twice_equal, i == 0),
            algs[i].name);
        if (i != 0) {
            both = changed(inside, ours, 0, ours.len, false, algs[i].alg);
            CHECK_OK(jm_cert_parse(&c, both));
            ROW(CHECK_EQ(c.sig_alg, algs[i].read) && CHECK(c.sig_alg_twice_equal), algs[i].name);
        }
        kit_end(&K);
    }
}

/* Ours are of ES256: what an algorithm of 384 or 521 bits makes is none, whatever it says it is. */
TEST(a_signature_of_another_length)
{
    static const struct {
        size_t r, s;
    } ints[] = {{32, 32}, {1, 31}, {33, 32}, {32, 33}, {48, 48}, {66, 66}, {32, 0}, {0, 32}};
    static const uint8_t octets[JM_SIG_MAX] = {1};
    struct jm_bytes der;
    struct jm_cert c;

    begin();
    CHECK_OK(jm_cert_parse(&c, K.dsc_der));
    for (size_t i = 0; i < JM_ARRAY_LEN(ints); i++) {
        struct jm_buf b = room(4096);
        struct jm_der_w w;

        jm_der_w_init(&w, &b);
        size_t all = jm_der_w_open(&w);
        jm_der_w_raw(&w, c.tbs);
        jm_der_w_raw(&w, (struct jm_bytes)B(ECDSA));
        size_t bits = jm_der_w_open(&w);
        jm_der_w_raw(&w, jm_bytes("", 1));
        size_t seq = jm_der_w_open(&w);
        jm_der_w_put(&w, JM_DER_INT, jm_bytes(octets, ints[i].r));
        jm_der_w_put(&w, JM_DER_INT, jm_bytes(octets, ints[i].s));
        jm_der_w_close(&w, seq, JM_DER_SEQ);
        jm_der_w_close(&w, bits, JM_DER_BITS);
        jm_der_w_close(&w, all, JM_DER_SEQ);
        CHECK_OK(jm_der_w_end(&w));
        struct jm_cert read;
        CHECK_OK(jm_cert_parse(&read, jm_written(b)));
        CHECK_EQ(read.sig_ok, i < 2);
        CHECK_EQ(read.sig.len, i < 2 ? JM_SIG_LEN : 0);
    }
    for (size_t len = 0; len <= JM_SIG_MAX; len++)
        CHECK_ST(jm_der_signed(&der, c.tbs, exact(jm_bytes(octets, len)), &K.mem),
                 len == JM_SIG_LEN ? JM_OK : JM_E_BUG);
    kit_end(&K);
}

/* -- requests and revocation lists -- */

#define ECDSA_384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define P384 "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"

TEST(requests_of_one_kind)
{
    static const struct {
        const char *name;
        struct jm_bytes from;
        size_t skip, len;
        struct jm_bytes to;
        enum jm_status st;
    } forms[] = {
        {"signed with SHA-384", B(ECDSA), 0, 12, B(ECDSA_384), JM_E_UNSUPPORTED},
        {"a key of P-384", B(P256), 0, 21, B(P384), JM_E_UNSUPPORTED},
        {"a compressed key", B(P256), 21, 68,
         B("\x03\x22\x00\x02"
           "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
         JM_E_UNSUPPORTED},
        {"no key", B(P256), 21, 68, B("\x03\x01\x00"), JM_E_UNSUPPORTED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(forms); i++) {
        struct jm_bytes tbs, der;
        struct jm_point key;
        struct jm_csr csr;

        begin();
        KIT_MUST(jm_key_point(&key, K.device_key));
        KIT_MUST(jm_csr_tbs(&tbs, JM_BYTES("Synthetic"), &key, &K.mem));
        der = kit_sign_der(&K, tbs, K.device_key);
        CHECK_OK(jm_csr_parse(&csr, der));
        ROW(CHECK_ST(jm_csr_parse(&csr, exact(changed(der, forms[i].from, forms[i].skip,
                                                      forms[i].len, false, forms[i].to))),
                     forms[i].st),
            forms[i].name);
        kit_end(&K);
    }
}

TEST(lists_of_one_kind)
{
#define NUMBER "\x06\x03\x55\x1d\x14\x04"
    static const struct {
        const char *name;
        struct jm_bytes from;
        size_t skip, len;
        bool keep;
        struct jm_bytes to;
        enum jm_status st;
    } forms[] = {
        {"version 1", B("\x02\x01\x01\x30\x0a\x06\x08\x2a"), 0, 3, false, B("\x02\x01\x00"),
         JM_E_UNSUPPORTED},
        {"version 3", B("\x02\x01\x01\x30\x0a\x06\x08\x2a"), 0, 3, false, B("\x02\x01\x02"),
         JM_E_UNSUPPORTED},
        {"an unknown extension", B(NUMBER), 0, 5, false, B("\x06\x03\x55\x1d\x1c"), JM_OK},
        {"an unknown extension that is critical", B(NUMBER), 0, 5, false,
         B("\x06\x03\x55\x1d\x1c\x01\x01\xff"), JM_E_UNSUPPORTED},
        {"another algorithm inside", B(ECDSA), 0, 12, false, B(ECDSA_384), JM_E_MALFORMED},
    };
    struct jm_bytes serial = JM_BYTES("\x11\x22\x33\x44"), ours = B(ECDSA);

    for (size_t i = 0; i < JM_ARRAY_LEN(forms); i++) {
        struct jm_bytes tbs, der;
        struct jm_crl crl;

        begin();
        struct jm_crl_spec s = {K.iaca.subject.der, K.iaca.ski, 1, KIT_NOW - 1,
                                KIT_NOW + KIT_DAY,  &serial,    1};
        KIT_MUST(jm_crl_tbs(&tbs, &s, &K.mem));
        der = kit_sign_der(&K, tbs, K.iaca_key);
        ROW(CHECK_ST(jm_crl_parse(&crl, exact(changed(der, forms[i].from, forms[i].skip,
                                                      forms[i].len, forms[i].keep, forms[i].to))),
                     forms[i].st),
            forms[i].name);
        if (i == 0) {
            /* signed with SHA-384, and said so at both places; without its next update */
            struct jm_bytes both =
                changed(der, ours, 0, ours.len, false, (struct jm_bytes)B(ECDSA_384));
            CHECK_ST(jm_crl_parse(&crl, changed(both, ours, 0, ours.len, false,
                                                (struct jm_bytes)B(ECDSA_384))),
                     JM_E_UNSUPPORTED);
            size_t at = jm_bytes_find(der, JM_BYTES("\x17\x0d"));
            struct jm_bytes next = jm_slice(der, at + 15, 15);
            CHECK_ST(jm_crl_parse(&crl, changed(der, next, 0, 15, false, jm_none())), JM_E_MISSING);
        }
        kit_end(&K);
    }
}
