/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES (FIPS 197) in plain C, for where there is no library: no table, no branch and no address
 * depends on key or data. The S-box is worked out for all octets of a block at once, each of its
 * eight bits in a word of its own: the inverse in GF(2^8) as the 254th power, then the affine map.
 */
#include "crypto/aes.h"

#include <string.h>

#define BITS 8
#define ROUNDS_MAX 14

/* Bit i of octet n of a block is bit n of plane i. */
struct planes {
    uint32_t b[BITS];
};

struct schedule {
    uint8_t round[ROUNDS_MAX + 1][JM_AES_BLOCK];
    size_t rounds;
};

/* -- GF(2^8), modulo x^8 + x^4 + x^3 + x + 1 -- */

static void reduce_planes(struct planes *out, uint32_t c[2 * BITS - 1])
{
    for (size_t i = 2 * BITS - 2; i >= BITS; i--) {
        c[i - 4] ^= c[i];
        c[i - 5] ^= c[i];
        c[i - 7] ^= c[i];
        c[i - 8] ^= c[i];
    }
    memcpy(out->b, c, sizeof out->b);
}

static void multiply_planes(struct planes *out, const struct planes *x, const struct planes *y)
{
    uint32_t c[2 * BITS - 1] = {0};

    for (size_t i = 0; i < BITS; i++)
        for (size_t j = 0; j < BITS; j++)
            c[i + j] ^= x->b[i] & y->b[j];
    reduce_planes(out, c);
}

static void square_planes(struct planes *x, unsigned times)
{
    while (times-- > 0) {
        uint32_t c[2 * BITS - 1] = {0};

        for (size_t i = 0; i < BITS; i++)
            c[2 * i] = x->b[i];
        reduce_planes(x, c);
    }
}

/* x^254, which is 1/x, and 0 for 0 */
static void invert_planes(struct planes *x)
{
    struct planes two = *x, three, twelve, r;

    square_planes(&two, 1);
    multiply_planes(&three, &two, x);
    twelve = three;
    square_planes(&twelve, 2);
    multiply_planes(&r, &twelve, &three);
    square_planes(&r, 4); /* 240 */
    multiply_planes(&r, &r, &twelve);
    multiply_planes(x, &r, &two);
}

/* -- the S-box -- */

static void load_planes(struct planes *out, const uint8_t *octets, size_t n)
{
    memset(out, 0, sizeof *out);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < BITS; i++)
            out->b[i] |= ((uint32_t)octets[k] >> i & 1) << k;
}

static void store_planes(uint8_t *octets, const struct planes *in, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint32_t v = 0;

        for (size_t i = 0; i < BITS; i++)
            v |= (in->b[i] >> k & 1) << i;
        octets[k] = (uint8_t)v;
    }
}

/* bit i: the sum of bits i + each of @p turns, and bit i of @p constant */
static void map_planes(struct planes *x, const uint8_t *turns, size_t n, uint8_t constant)
{
    struct planes in = *x;

    for (size_t i = 0; i < BITS; i++) {
        x->b[i] = 0 - ((uint32_t)constant >> i & 1);
        for (size_t k = 0; k < n; k++)
            x->b[i] ^= in.b[(i + turns[k]) % BITS];
    }
}

static void sub_octets(uint8_t *octets, size_t n)
{
    static const uint8_t turns[] = {0, 4, 5, 6, 7};
    struct planes x;

    load_planes(&x, octets, n);
    invert_planes(&x);
    map_planes(&x, turns, sizeof turns, 0x63);
    store_planes(octets, &x, n);
}

static void unsub_octets(uint8_t *octets, size_t n)
{
    static const uint8_t turns[] = {2, 5, 7};
    struct planes x;

    load_planes(&x, octets, n);
    map_planes(&x, turns, sizeof turns, 0x05);
    invert_planes(&x);
    store_planes(octets, &x, n);
}

/* -- rounds -- */

static uint8_t times_x(uint8_t v)
{
    return (uint8_t)(v << 1 ^ (0x1B & (0 - (v >> 7))));
}

static void xor_block(uint8_t *out, const uint8_t *in)
{
    for (size_t i = 0; i < JM_AES_BLOCK; i++)
        out[i] ^= in[i];
}

/* Row r of the block, turned by r columns: to the left, or back. */
static void shift_rows(uint8_t s[JM_AES_BLOCK], bool back)
{
    uint8_t in[JM_AES_BLOCK];

    memcpy(in, s, sizeof in);
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++)
            s[4 * c + r] = in[4 * ((c + (back ? 4 - r : r)) % 4) + r];
    jm_wipe(in, sizeof in);
}

static void mix_columns(uint8_t s[JM_AES_BLOCK])
{
    for (uint8_t *c = s; c < s + JM_AES_BLOCK; c += 4) {
        uint8_t all = c[0] ^ c[1] ^ c[2] ^ c[3], first = c[0];

        for (size_t i = 0; i < 4; i++)
            c[i] ^= all ^ times_x(c[i] ^ (i < 3 ? c[i + 1] : first));
    }
}

/* Its inverse: the same after a step in which even and odd rows are mixed apart. */
static void unmix_columns(uint8_t s[JM_AES_BLOCK])
{
    for (uint8_t *c = s; c < s + JM_AES_BLOCK; c += 4) {
        uint8_t even = times_x(times_x(c[0] ^ c[2])), odd = times_x(times_x(c[1] ^ c[3]));

        c[0] ^= even;
        c[2] ^= even;
        c[1] ^= odd;
        c[3] ^= odd;
    }
    mix_columns(s);
}

static void expand_key(struct schedule *out, struct jm_bytes key)
{
    size_t words = key.len / 4, total = 4 * (words + 7);
    uint8_t *w = &out->round[0][0], rcon = 1;

    out->rounds = words + 6;
    memcpy(w, key.ptr, key.len);
    for (size_t i = words; i < total; i++) {
        uint8_t t[4];

        memcpy(t, w + 4 * i - 4, 4);
        if (i % words == 0) {
            uint8_t first = t[0];

            memmove(t, t + 1, 3);
            t[3] = first;
            sub_octets(t, 4);
            t[0] ^= rcon;
            rcon = times_x(rcon);
        } else if (words > 6 && i % words == 4) {
            sub_octets(t, 4);
        }
        for (size_t k = 0; k < 4; k++)
            w[4 * i + k] = w[4 * (i - words) + k] ^ t[k];
        jm_wipe(t, sizeof t);
    }
}

static void encrypt_block(const struct schedule *key, uint8_t s[JM_AES_BLOCK])
{
    xor_block(s, key->round[0]);
    for (size_t r = 1; r <= key->rounds; r++) {
        sub_octets(s, JM_AES_BLOCK);
        shift_rows(s, false);
        if (r < key->rounds)
            mix_columns(s);
        xor_block(s, key->round[r]);
    }
}

static void decrypt_block(const struct schedule *key, uint8_t s[JM_AES_BLOCK])
{
    for (size_t r = key->rounds; r > 0; r--) {
        xor_block(s, key->round[r]);
        if (r < key->rounds)
            unmix_columns(s);
        shift_rows(s, true);
        unsub_octets(s, JM_AES_BLOCK);
    }
    xor_block(s, key->round[0]);
}

enum jm_status jm_aes_cbc(bool encrypt, struct jm_bytes key, const uint8_t iv[JM_AES_BLOCK],
                          uint8_t *data, size_t len)
{
    uint8_t chain[JM_AES_BLOCK], next[JM_AES_BLOCK];
    struct schedule s;

    if ((key.len != 16 && key.len != 32) || len % JM_AES_BLOCK != 0)
        return JM_E_BUG;
    expand_key(&s, key);
    memcpy(chain, iv, sizeof chain);
    for (uint8_t *block = data; block < data + len; block += JM_AES_BLOCK) {
        memcpy(next, block, sizeof next);
        if (encrypt) {
            xor_block(block, chain);
            encrypt_block(&s, block);
            memcpy(next, block, sizeof next);
        } else {
            decrypt_block(&s, block);
            xor_block(block, chain);
        }
        memcpy(chain, next, sizeof chain);
    }
    jm_wipe(&s, sizeof s);
    jm_wipe(chain, sizeof chain);
    jm_wipe(next, sizeof next);
    return JM_OK;
}
