/* SPDX-License-Identifier: Apache-2.0 */
/* A small ledger for fuzz targets and their seeds: three entries, a state of three records, one log
 * key and three cosigners, of whom two are enough. A signature of 64 octets that begins with 0
 * holds. */
#ifndef JM_FUZZ_LEDGER_CONTEXT_H
#define JM_FUZZ_LEDGER_CONTEXT_H

#include <stdlib.h>

#include "jumin/base64.h"

#include "jumin/bundle.h"
#include "jumin/cbor.h"
#include "jumin/witness.h"

#define FL_NOW 1900000000
#define FL_MUST(expr) ((expr) == JM_OK ? (void)0 : abort())
#define FL_CRYPTO (&jm_crypto_portable)

struct fl_context {
    struct jm_vkey log, cosigner[3];
    struct jm_bytes policy_text, checkpoint, block, trust;
    struct jm_policy policy;
    struct jm_hash32 leaf[3], state[3], root, two; /* two: the root of the first two entries */
    struct jm_bytes key[3], value[3];
};

static struct fl_context fl;
static struct jm_arena fl_mem;

static inline enum jm_status fl_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                       struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx;
    return alg == JM_ALG_EDDSA && key.len == 32 && data.len > 0 && sig.len == 64 && sig.ptr[0] == 0
               ? JM_OK
               : JM_E_SIGNATURE;
}

static const struct jm_answers fl_answers = {.verify = fl_verify};

static inline struct jm_reading fl_reading(struct jm_arena *mem)
{
    return (
        struct jm_reading){.now = FL_NOW, .answers = &fl_answers, .crypto = FL_CRYPTO, .mem = mem};
}

static inline struct jm_vkey fl_key(const char *name, enum jm_note_type type, uint8_t first)
{
    uint8_t *key = jm_alloc(&fl_mem, 32, 1);
    struct jm_vkey k;

    if (key == NULL)
        abort();
    key[0] = first;
    FL_MUST(jm_vkey_make(&k, jm_str(name), type, jm_bytes(key, 32), FL_CRYPTO));
    return k;
}

static inline struct jm_buf fl_room(size_t len)
{
    struct jm_buf b;

    FL_MUST(jm_alloc_buf(&b, &fl_mem, len));
    return b;
}

static inline void fl_make_policy(void)
{
    static const char *const names[] = {"a.example", "b.example", "c.example"};
    struct jm_buf b = fl_room(1024);

    fl.log = fl_key("o.example", JM_NOTE_ED25519, 1);
    FL_MUST(jm_buf_put(&b, JM_BYTES("# a policy\nlog ")));
    FL_MUST(jm_vkey_put(&b, &fl.log));
    for (uint8_t i = 0; i < 3; i++) {
        fl.cosigner[i] = fl_key(names[i], JM_NOTE_COSIGNATURE, (uint8_t)(2 + i));
        FL_MUST(jm_buf_put(&b, JM_BYTES("\nwitness ")));
        FL_MUST(jm_buf_put(&b, jm_slice(fl.cosigner[i].name, 0, 1)));
        FL_MUST(jm_buf_put(&b, JM_BYTES(" ")));
        FL_MUST(jm_vkey_put(&b, &fl.cosigner[i]));
    }
    FL_MUST(jm_buf_put(&b, JM_BYTES("\ngroup g 2 a b c\nquorum g\n")));
    fl.policy_text = jm_written(b);
    FL_MUST(jm_policy_read(&fl.policy, fl.policy_text, FL_CRYPTO, &fl_mem, NULL));
}

static inline void fl_make_block(void)
{
    struct jm_buf b = fl_room(256);
    struct jm_hash32 state_root, trust_hash;
    struct jm_cbor_w w;

    fl.trust = JM_BYTES("\x81\x82\x66policy\x49\xa1\x05\xa2\x01\x02\x02\x42\x61\x0a");
    FL_MUST(jm_sha256(FL_CRYPTO, fl.trust, trust_hash.octets));
    FL_MUST(jm_merkle_root(&state_root, FL_CRYPTO, fl.state, 3));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 8);
    for (uint64_t i = 2; i < 5; i++)
        jm_cbor_w_uint(&w, i);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 3);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&state_root));
    jm_cbor_w_uint(&w, fl.trust.len);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&trust_hash));
    FL_MUST(jm_cbor_w_end(&w));
    fl.block = jm_written(b);
}

static inline void fl_make_checkpoint(void)
{
    static const uint8_t sig[64] = {0, 1};
    struct jm_checkpoint cp = {JM_BYTES("o.example"), 3, fl.root};
    struct jm_buf b = fl_room(1024);

    FL_MUST(jm_checkpoint_put(&b, &cp));
    FL_MUST(jm_buf_put(&b, JM_BYTES("\n")));
    FL_MUST(jm_note_put_sig(&b, &fl.log, jm_bytes(sig, 64)));
    for (size_t i = 0; i < 2; i++)
        FL_MUST(jm_note_put_cosignature(&b, &fl.cosigner[i], FL_NOW - 5, jm_bytes(sig, 64)));
    fl.checkpoint = jm_written(b);
}

/* Once. */
static inline void fl_begin(void)
{
    static uint8_t own[128 * 1024];
    const struct jm_bytes entry[] = {JM_BYTES("first"), JM_BYTES("second")};

    if (fl.block.ptr != NULL)
        return;
    jm_arena_init(&fl_mem, own, sizeof own);
    fl_make_policy();
    fl.key[0] = JM_BYTES("epoch/a");
    fl.key[1] = JM_BYTES("rp/b");
    fl.key[2] = JM_BYTES("use/b/c");
    for (size_t i = 0; i < 3; i++) {
        fl.value[i] = JM_BYTES("\xa1\x01\x02");
        FL_MUST(jm_state_leaf(&fl.state[i], FL_CRYPTO, fl.key[i], fl.value[i]));
    }
    fl_make_block();
    for (size_t i = 0; i < 2; i++)
        FL_MUST(jm_merkle_leaf(&fl.leaf[i], FL_CRYPTO, &entry[i], 1));
    FL_MUST(jm_merkle_leaf(&fl.leaf[2], FL_CRYPTO, &fl.block, 1));
    FL_MUST(jm_merkle_root(&fl.two, FL_CRYPTO, fl.leaf, 2));
    FL_MUST(jm_merkle_root(&fl.root, FL_CRYPTO, fl.leaf, 3));
    fl_make_checkpoint();
}

#endif
