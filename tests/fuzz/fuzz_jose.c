/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_jws_split, jm_jws_verify_x5c, jm_jwt_times, jm_jwk_read, jm_jwe_split
 *
 * Signatures count as good, certificates are judged as they are. What is split is the token's own
 * octets; claims exist only of what was verified; a key that was read can be written and read again
 * as the same point.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/jose.h"

static void as_jws(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_jws_unverified u;
    struct jm_jws jws;

    if (jm_jws_split(&u, in, NULL, mem, NULL) != JM_OK)
        return;
    MUST(u.signing_input.ptr == in.ptr && u.signing_input.len < in.len && u.header != NULL);
    if (jm_jws_verify_x5c(&jws, &u, JM_PATH_SDJWT, FUZZ_READING("")) != JM_OK) {
        MUST(jm_jws_claims(&jws) == NULL);
        return;
    }
    MUST(jm_jws_claims(&jws)->type == JM_JSON_OBJECT && jws.leaf->key_alg == JM_KEY_P256);
    (void)!jm_jwt_times(jm_jws_claims(&jws), KIT_NOW, true, mem, NULL);
}

static void as_jwk(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_json *json, *again;
    struct jm_jwk a, b;
    struct jm_json_w w;
    struct jm_buf out;

    if (jm_json_parse(&json, in, mem, NULL) != JM_OK || jm_jwk_read(&a, json) != JM_OK)
        return;
    MUST(jm_alloc_buf(&out, mem, 512) == JM_OK);
    jm_json_w_init(&w, &out);
    jm_jwk_write(&w, &a.point, jm_none(), "enc", "ECDH-ES");
    MUST(jm_json_w_end(&w) == JM_OK && jm_json_parse(&again, jm_written(out), mem, NULL) == JM_OK &&
         jm_jwk_read(&b, again) == JM_OK);
    MUST(memcmp(a.point.octets, b.point.octets, JM_POINT_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_jwe_unopened jwe;
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    as_jws(in, &fuzz_kit.mem);
    as_jwk(in, &fuzz_kit.mem);
    if (jm_jwe_split(&jwe, in, JM_JWT_MAX, &fuzz_kit.mem, NULL) == JM_OK)
        MUST(jwe.iv.len == 12 && jwe.tag.len == 16 && (jwe.key_len == 16 || jwe.key_len == 32));
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
