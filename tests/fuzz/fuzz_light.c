/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_light_read_signed_header, jm_light_read_set, jm_light_header_hash,
 * jm_light_set_hash, jm_light_step
 *
 * A step over what CometBFT's RPC said, as an object with `signed_header` and `validators`. A
 * success has more than two thirds of signatures that hold: here none holds that was not asked for.
 */
#include "fuzz/fuzz.h"

#include "jumin/light.h"

static uint8_t memory[1 << 22];
static int64_t asked;

static enum jm_status verify(void *ctx, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig)
{
    (void)ctx;
    MUST(key.len == JM_LIGHT_KEY_LEN && sig.len == JM_LIGHT_SIG_LEN);
    MUST(data.len > 0 && data.len <= JM_LIGHT_SIGN_BYTES_MAX);
    asked++;
    return sig.ptr[0] == 0 ? JM_OK : JM_E_SIGNATURE;
}

static const struct jm_light_port port = {&jm_crypto_portable, verify, NULL};

/* From a header just before, of the same validators. */
static void step_to(const struct jm_light_block *b)
{
    struct jm_light_policy policy = {b->header.time, 1000, 1};
    struct jm_light_trusted from = {b->header, b->set}, out;
    struct jm_light_result r;

    from.header.height = b->header.height < 8 ? 1 : b->header.height / 2;
    from.header.time.s -= 1;
    from.header.next_validators_hash = b->header.validators_hash;
    asked = 0;
    if (jm_light_step(&out, &r, &from, b, &policy, &port) != JM_OK)
        return;
    MUST((r.verdict == JM_LIGHT_SUCCESS) == (r.fault == JM_LIGHT_FINE));
    MUST((out.header.height != 0) == (r.verdict == JM_LIGHT_SUCCESS));
    MUST(r.verdict != JM_LIGHT_SUCCESS || (asked > 0 && (size_t)asked <= b->set.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_light_block b;
    const struct jm_json *o;
    struct jm_hash32 set, hash;
    struct jm_arena mem;

    if (size > 65536)
        return 0;
    jm_arena_init(&mem, memory, sizeof memory);
    if (jm_json_parse(&o, jm_bytes(data, size), &mem, NULL) != JM_OK ||
        jm_light_read_signed_header(&b.header, &b.commit, jm_json_get(o, "signed_header"), &mem) !=
            JM_OK ||
        jm_light_read_set(&b.set, &jm_crypto_portable, jm_json_get(o, "validators"), &mem) != JM_OK)
        return 0;
    b.next = b.set;
    step_to(&b);
    /* the same with hashes that fit, so that signatures are reached */
    MUST(jm_light_set_hash(&set, &jm_crypto_portable, &b.set) == JM_OK);
    b.header.validators_hash = b.header.next_validators_hash = jm_hash32_bytes(&set);
    if (jm_light_header_hash(&hash, &jm_crypto_portable, &b.header) != JM_OK)
        return 0;
    b.commit.block.hash = jm_hash32_bytes(&hash);
    step_to(&b);
    return 0;
}
