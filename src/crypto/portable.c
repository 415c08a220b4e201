/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1, SHA-256, SHA-384/512 (FIPS 180-4) and HMAC (RFC 2104) in plain C. */
#include "jumin/crypto.h"

#include <string.h>

#include "crypto/aes.h"
#include "crypto/inflate.h"
#include "crypto/p256.h"

struct sha {
    enum jm_hash h;
    union {
        uint32_t w32[8];
        uint64_t w64[8];
    } s;
    uint8_t block[128];
    size_t fill;
    uint64_t len;
};

static uint32_t rotate_left(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static uint32_t rotate_right(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

static uint64_t rotate_right64(uint64_t v, unsigned n)
{
    return v >> n | v << (64 - n);
}

static uint64_t u64_be(const uint8_t *p)
{
    return (uint64_t)jm_u32_be(p) << 32 | jm_u32_be(p + 4);
}

/* The round constants of SHA-512; those of SHA-256 are the upper halves of the first 64. */
static const uint64_t K[80] =
    {0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
     0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
     0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
     0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
     0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
     0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
     0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
     0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
     0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
     0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
     0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
     0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
     0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
     0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
     0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
     0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
     0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
     0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
     0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
     0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

static void sha1_block(uint32_t s[5], const uint8_t *p)
{
    uint32_t w[80], a = s[0], b = s[1], c = s[2], d = s[3], e = s[4];

    for (size_t i = 0; i < 16; i++)
        w[i] = jm_u32_be(p + 4 * i);
    for (size_t i = 16; i < 80; i++)
        w[i] = rotate_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (size_t i = 0; i < 80; i++) {
        uint32_t f = i < 20              ? (b & c) | (~b & d)
                     : i < 40 || i >= 60 ? b ^ c ^ d
                                         : (b & c) | (b & d) | (c & d);
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t t = rotate_left(a, 5) + f + e + k + w[i];

        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = t;
    }
    s[0] += a;
    s[1] += b;
    s[2] += c;
    s[3] += d;
    s[4] += e;
    jm_wipe(w, sizeof w); /* what is hashed may be a secret */
}

static void sha256_block(uint32_t s[8], const uint8_t *p)
{
    uint32_t w[64], v[8];

    for (size_t i = 0; i < 16; i++)
        w[i] = jm_u32_be(p + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) + w[i - 7] +
               (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
    memcpy(v, s, sizeof v);
    for (size_t i = 0; i < 64; i++) {
        uint32_t t1 = v[7] +
                      (rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^ rotate_right(v[4], 25)) +
                      ((v[4] & v[5]) ^ (~v[4] & v[6])) + (uint32_t)(K[i] >> 32) + w[i];
        uint32_t t2 = (rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^ rotate_right(v[0], 22)) +
                      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (size_t i = 0; i < 8; i++)
        s[i] += v[i];
    jm_wipe(w, sizeof w);
    jm_wipe(v, sizeof v);
}

static void sha512_block(uint64_t s[8], const uint8_t *p)
{
    uint64_t w[80], v[8];

    for (size_t i = 0; i < 16; i++)
        w[i] = u64_be(p + 8 * i);
    for (size_t i = 16; i < 80; i++) {
        uint64_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (rotate_right64(x, 1) ^ rotate_right64(x, 8) ^ x >> 7) + w[i - 7] +
               (rotate_right64(y, 19) ^ rotate_right64(y, 61) ^ y >> 6);
    }
    memcpy(v, s, sizeof v);
    for (size_t i = 0; i < 80; i++) {
        uint64_t t1 =
            v[7] +
            (rotate_right64(v[4], 14) ^ rotate_right64(v[4], 18) ^ rotate_right64(v[4], 41)) +
            ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint64_t t2 =
            (rotate_right64(v[0], 28) ^ rotate_right64(v[0], 34) ^ rotate_right64(v[0], 39)) +
            ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (size_t i = 0; i < 8; i++)
        s[i] += v[i];
    jm_wipe(w, sizeof w);
    jm_wipe(v, sizeof v);
}

static bool is_wide(enum jm_hash h)
{
    return h == JM_SHA384 || h == JM_SHA512;
}

static bool sha_begin(struct sha *c, enum jm_hash h)
{
    static const uint32_t init1[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    static const uint32_t init256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const uint64_t init384[8] = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                        0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                        0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
    static const uint64_t init512[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                        0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                        0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

    memset(c, 0, sizeof *c);
    c->h = h;
    switch (h) {
    case JM_SHA1: memcpy(c->s.w32, init1, sizeof init1); return true;
    case JM_SHA256: memcpy(c->s.w32, init256, sizeof init256); return true;
    case JM_SHA384: memcpy(c->s.w64, init384, sizeof init384); return true;
    case JM_SHA512: memcpy(c->s.w64, init512, sizeof init512); return true;
    }
    return false;
}

static void one_block(struct sha *c, const uint8_t *p)
{
    if (is_wide(c->h))
        sha512_block(c->s.w64, p);
    else if (c->h == JM_SHA1)
        sha1_block(c->s.w32, p);
    else
        sha256_block(c->s.w32, p);
}

static void sha_add(struct sha *c, struct jm_bytes in)
{
    size_t size = is_wide(c->h) ? 128 : 64;

    c->len += in.len;
    while (in.len > 0) {
        if (c->fill == 0 && in.len >= size) {
            one_block(c, in.ptr);
            in = jm_slice(in, size, SIZE_MAX);
            continue;
        }
        size_t n = size - c->fill < in.len ? size - c->fill : in.len;
        memcpy(c->block + c->fill, in.ptr, n);
        c->fill += n;
        in = jm_slice(in, n, SIZE_MAX);
        if (c->fill == size) {
            one_block(c, c->block);
            c->fill = 0;
        }
    }
}

static void sha_end(struct sha *c, uint8_t *out)
{
    size_t size = is_wide(c->h) ? 128 : 64, len_size = size / 8;
    uint64_t bits = c->len * 8;

    c->block[c->fill++] = 0x80;
    if (c->fill > size - len_size) {
        memset(c->block + c->fill, 0, size - c->fill);
        one_block(c, c->block);
        c->fill = 0;
    }
    memset(c->block + c->fill, 0, size - c->fill);
    jm_put_u64_be(c->block + size - 8, bits);
    one_block(c, c->block);
    for (size_t i = 0; i < jm_hash_len(c->h); i++)
        out[i] = is_wide(c->h) ? (uint8_t)(c->s.w64[i / 8] >> (56 - 8 * (i % 8)))
                               : (uint8_t)(c->s.w32[i / 4] >> (24 - 8 * (i % 4)));
    jm_wipe(c, sizeof *c);
}

static enum jm_status p_hash(enum jm_hash h, const struct jm_bytes *parts, size_t n, uint8_t *out)
{
    struct sha c;

    if (!sha_begin(&c, h))
        return JM_E_BUG;
    for (size_t i = 0; i < n; i++)
        sha_add(&c, parts[i]);
    sha_end(&c, out);
    return JM_OK;
}

static enum jm_status p_hmac(enum jm_hash h, struct jm_bytes key, const struct jm_bytes *parts,
                             size_t n, uint8_t *out)
{
    size_t size = is_wide(h) ? 128 : 64;
    uint8_t pad[128] = {0}, inner[JM_HASH_MAX];
    struct sha c;

    if (key.len > size)
        JM_TRY(p_hash(h, &key, 1, pad));
    else if (key.len > 0)
        memcpy(pad, key.ptr, key.len);
    for (size_t i = 0; i < size; i++)
        pad[i] ^= 0x36;
    if (!sha_begin(&c, h))
        return JM_E_BUG;
    sha_add(&c, jm_bytes(pad, size));
    for (size_t i = 0; i < n; i++)
        sha_add(&c, parts[i]);
    sha_end(&c, inner);
    for (size_t i = 0; i < size; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    (void)sha_begin(&c, h);
    sha_add(&c, jm_bytes(pad, size));
    sha_add(&c, jm_bytes(inner, jm_hash_len(h)));
    sha_end(&c, out);
    jm_wipe(pad, sizeof pad);
    jm_wipe(inner, sizeof inner);
    return JM_OK;
}

static enum jm_status no_cipher(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                                struct jm_bytes in, struct jm_buf *out)
{
    (void)key, (void)iv, (void)aad, (void)in, (void)out;
    return JM_E_UNSUPPORTED;
}

static enum jm_status no_deflate(struct jm_bytes in, struct jm_buf *out)
{
    (void)in, (void)out;
    return JM_E_UNSUPPORTED;
}

const struct jm_crypto jm_crypto_portable = {p_hash,     p_hmac,
                                             no_cipher,  no_cipher,
                                             jm_inflate, no_deflate,
                                             jm_aes_cbc, &jm_portable_ec_map};

size_t jm_hash_len(enum jm_hash h)
{
    static const size_t len[5] = {0, 20, 32, 48, 64};

    return (unsigned)h < 5 ? len[h] : 0;
}

enum jm_status jm_sha256(const struct jm_crypto *c, struct jm_bytes in, uint8_t out[32])
{
    return c->hash(JM_SHA256, &in, 1, out);
}

enum jm_status jm_hkdf_sha256(const struct jm_crypto *c, struct jm_bytes ikm, struct jm_bytes salt,
                              struct jm_bytes info, uint8_t *out, size_t len)
{
    static const uint8_t zero[32];
    uint8_t prk[32], t[32], i = 0;
    size_t at = 0, prev = 0;
    enum jm_status st;

    if (len > 255 * 32)
        return JM_E_BUG;
    st = c->hmac(JM_SHA256, salt.len == 0 ? jm_bytes(zero, 32) : salt, &ikm, 1, prk);
    while (st == JM_OK && at < len) {
        i++;
        const struct jm_bytes parts[3] = {jm_bytes(t, prev), info, jm_bytes(&i, 1)};
        st = c->hmac(JM_SHA256, jm_bytes(prk, 32), parts, 3, t);
        prev = 32;
        for (size_t k = 0; k < 32 && at < len; k++)
            out[at++] = t[k];
    }
    jm_wipe(prk, sizeof prk);
    jm_wipe(t, sizeof t);
    return st;
}
