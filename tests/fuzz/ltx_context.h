/* SPDX-License-Identifier: Apache-2.0 */
/* A genesis of three actors and a node for fuzz targets and their seeds, and a ledger of it. A
 * signature that begins with 0 holds. */
#ifndef JM_FUZZ_LTX_CONTEXT_H
#define JM_FUZZ_LTX_CONTEXT_H

#include <stdlib.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/ledger.h"

#define LX_MUST(expr) ((expr) == JM_OK ? (void)0 : abort())
#define LX_CRYPTO (&jm_crypto_portable)
#define LX_NOW UINT64_C(1900000000)

/* gov, reg of roles 2 to 4, ope of roles 5 to 7; their keys are the first multiples of the base
 * point */
static const char lx_digits[] =
    "a8010102656b69742d31031a713f8bf004a5016f6b69742e6578616d706c652f6c6f67021940000319010004"
    "1a00278d0005190e100583a60163676f76020103a162656e63676f760481010581845841046b17d1f2e12c42"
    "47f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33"
    "576b315ececbb6406837bf51f501001b001fffffffffffff0601a60163726567020103a162656e6372656704"
    "830203040582845841047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc476699780777"
    "5510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d101001b001fffffffffffff845841"
    "045ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c8734640c4998ff7e374b06"
    "ce1a64a2ecd82ab036384fb83d9a79b127a27d503202001b001fffffffffffff0601a601636f7065020103a1"
    "62656e636f70650483050607058184584104e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef5093"
    "02446b030852e0f1575a4c633cc719dfee5fda862d764efc96c3f30ee0055c42c23f184ed8c601001b001fff"
    "ffffffffff06010681a901626e31020103636f70650401055820010101010101010101010101010101010101"
    "0101010101010101010101010101060a0768636f7369676e657208636c6f67097268747470733a2f2f6e312e"
    "6578616d706c650741610801";

static uint8_t lx_room[256 * 1024];
static struct jm_arena lx_mem;
static struct jm_bytes lx_octets;
static struct jm_ledger lx;

static inline enum jm_status lx_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                       struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx;
    return alg == JM_ALG_ES256 && key.len == 65 && data.len > 0 && sig.len == 64 && sig.ptr[0] == 0
               ? JM_OK
               : JM_E_SIGNATURE;
}

static const struct jm_ledger_port lx_port = {LX_CRYPTO, lx_verify, NULL};

/* Once. */
static inline void lx_begin(void)
{
    static uint8_t room[256 * 1024];
    struct jm_arena block_mem;
    struct jm_block b;

    if (lx_octets.ptr != NULL)
        return;
    jm_arena_init(&lx_mem, lx_room, sizeof lx_room);
    jm_arena_init(&block_mem, room, sizeof room);
    LX_MUST(jm_hex_decode(&lx_octets, &lx_mem, jm_str(lx_digits)));
    LX_MUST(jm_ledger_genesis(&lx, &b, lx_octets, &lx_port, &lx_mem, &block_mem));
    LX_MUST(jm_block_end(&b));
    LX_MUST(jm_block_commit(&lx, &b));
    jm_arena_reset(&block_mem);
}

/* The parameters anew, signed by gov: needs lx_begin(); lives in @p mem. */
static inline struct jm_bytes lx_params_tx(struct jm_arena *mem)
{
    struct jm_ltx_signature sig = {.sig = {.len = 64}};
    struct jm_ltx x = {.chain_id = lx.chain_id,
                       .type = JM_LTX_GOV_PARAMS,
                       .actor = JM_BYTES("gov"),
                       .seq = 1,
                       .not_after = LX_NOW + 60};
    struct jm_bytes payload, tx;

    LX_MUST(jm_cbor_find_int(&x.body, lx_octets, 4));
    memcpy(sig.kid, lx.keys.row[0].key.ptr, JM_KID_LEN);
    for (size_t i = 0; i < lx.keys.n; i++)
        if (jm_bytes_eq(lx.keys.row[i].value, JM_BYTES("gov")))
            memcpy(sig.kid, lx.keys.row[i].key.ptr, JM_KID_LEN);
    LX_MUST(jm_ltx_payload(&payload, &x, mem));
    LX_MUST(jm_ltx_seal(&tx, payload, &sig, 1, mem));
    return tx;
}

#endif
