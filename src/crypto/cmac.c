/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CMAC (RFC 4493) over the port's CBC: the last block of CBC with IV 0 is the MAC, once the
 * message's last block is mixed with a subkey. */
#include "jumin/crypto.h"

#include <string.h>

#define CHUNK ((size_t)16 * JM_AES_BLOCK)

/* A chain, and what was not yet taken into it: at least one octet once there was one. */
struct mac {
    const struct jm_crypto *c;
    struct jm_bytes key;
    uint8_t chain[JM_AES_BLOCK], held[CHUNK];
    size_t n;
};

static enum jm_status take_in(struct mac *m, size_t len)
{
    enum jm_status st = m->c->cbc(true, m->key, m->chain, m->held, len);

    if (st == JM_OK)
        memcpy(m->chain, m->held + len - JM_AES_BLOCK, JM_AES_BLOCK);
    return st;
}

static enum jm_status add_part(struct mac *m, struct jm_bytes in)
{
    while (in.len > 0) {
        size_t n = CHUNK - m->n < in.len ? CHUNK - m->n : in.len;

        if (n == 0) {
            JM_TRY(take_in(m, CHUNK));
            m->n = 0;
            continue;
        }
        memcpy(m->held + m->n, in.ptr, n);
        m->n += n;
        in = jm_slice(in, n, SIZE_MAX);
    }
    return JM_OK;
}

/* times x in GF(2^128), without a branch on secrets */
static void double_block(uint8_t b[JM_AES_BLOCK])
{
    uint8_t carry = (uint8_t)(0x87 & (0 - (b[0] >> 7)));

    for (size_t i = 0; i + 1 < JM_AES_BLOCK; i++)
        b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
    b[JM_AES_BLOCK - 1] = (uint8_t)(b[JM_AES_BLOCK - 1] << 1 ^ carry);
}

static enum jm_status last_block(struct mac *m)
{
    static const uint8_t zero[JM_AES_BLOCK];
    uint8_t subkey[JM_AES_BLOCK] = {0};
    enum jm_status st = m->c->cbc(true, m->key, zero, subkey, sizeof subkey);

    double_block(subkey);
    if (m->n == 0 || m->n % JM_AES_BLOCK != 0) {
        double_block(subkey);
        m->held[m->n++] = 0x80;
        while (m->n % JM_AES_BLOCK != 0)
            m->held[m->n++] = 0;
    }
    for (size_t i = 0; i < JM_AES_BLOCK; i++)
        m->held[m->n - JM_AES_BLOCK + i] ^= subkey[i];
    jm_wipe(subkey, sizeof subkey);
    return st == JM_OK ? take_in(m, m->n) : st;
}

enum jm_status jm_aes_cmac(const struct jm_crypto *c, struct jm_bytes key,
                           const struct jm_bytes *parts, size_t n, uint8_t out[JM_AES_BLOCK])
{
    struct mac m = {.c = c, .key = key};
    enum jm_status st = JM_OK;

    memset(out, 0, JM_AES_BLOCK);
    for (size_t i = 0; st == JM_OK && i < n; i++)
        st = add_part(&m, parts[i]);
    if (st == JM_OK)
        st = last_block(&m);
    if (st == JM_OK)
        memcpy(out, m.chain, JM_AES_BLOCK);
    jm_wipe(&m, sizeof m);
    return st;
}
