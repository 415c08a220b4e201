/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_dpop_check, jm_client_check, jm_proofs_check, jm_instance_check,
 * jm_instance_keys
 *
 * The input is one token: a DPoP proof, an attestation, its PoP, an instance proof; or the JSON of
 * proofs. Signatures count as good. What passes carries what the caller goes on with: a jti, an
 * instance, keys within the batch.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/oauth.h"

static void as_proofs(struct jm_bytes in, const struct jm_reading *r)
{
    const struct jm_proofs_expect x = {.client_id = JM_BYTES("w"), .max = 4};
    const struct jm_json *json;
    struct jm_proofs p;
    struct jm_instance_proof i;

    if (jm_json_parse(&json, in, r->mem, NULL) != JM_OK)
        return;
    if (jm_proofs_check(&p, json, &x, r) == JM_OK)
        MUST(p.n > 0 && p.n <= x.max && p.nonce.len > 0);
    memset(&i, 0, sizeof i);
    if (jm_instance_keys(&i, json, r) == JM_OK)
        MUST(i.n > 0 && i.n <= JM_PROOFS_MAX);
}

static void as_client(struct jm_bytes attestation, struct jm_bytes pop, const struct jm_reading *r)
{
    struct jm_client c;

    if (jm_client_check(&c, attestation, pop, r) == JM_OK)
        MUST(c.sub.len > 0 && c.jti.len > 0 && c.instance.octets[0] == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_reading *r = FUZZ_READING("https://i.example");
    const struct jm_bytes in = jm_bytes(data, size);
    size_t mark, comma = jm_bytes_find(in, JM_BYTES(","));
    struct jm_instance_proof i;
    struct jm_dpop d;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_dpop_check(&d, in, "POST", JM_BYTES("https://i.example/token"), jm_none(), r) == JM_OK)
        MUST(d.jti.len > 0 && d.key.octets[0] == 4);
    if (comma != SIZE_MAX)
        as_client(jm_slice(in, 0, comma), jm_slice(in, comma + 1, SIZE_MAX), r);
    if (jm_instance_check(&i, in, FUZZ_READING("https://p.example")) == JM_OK)
        MUST(i.challenge.len > 0 && i.n == 0);
    as_proofs(in, r);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
