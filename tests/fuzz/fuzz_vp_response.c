/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_jwe_split, jm_vp_token_read, jm_sdjwt_verify
 *
 * What a wallet posts, seen as a JWE, as its payload and as one presentation. Signatures count as
 * good, but there is no status list: nothing is ever accepted. What the JWE reader takes has a key
 * of the size that its enc says.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/jose.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"

static const char query[] =
    "{\"credentials\":[{\"id\":\"mdoc\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"a\"}}"
    ","
    "{\"id\":\"sdjwt\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]}}],"
    "\"credential_sets\":[{\"options\":[[\"mdoc\"],[\"sdjwt\"]]}]}";

static void as_token(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_json *j;
    struct jm_vp_token token;
    struct jm_dcql dcql;

    MUST(jm_json_parse(&j, jm_str(query), mem, NULL) == JM_OK &&
         jm_dcql_parse(&dcql, j, mem, NULL) == JM_OK);
    if (jm_vp_token_read(&token, in, &dcql, mem, NULL) != JM_OK)
        return;
    MUST(token.vp_token->n >= 1 && token.vp_token->n <= 2);
    for (const struct jm_json *m = token.vp_token->child; m != NULL; m = m->next)
        MUST(m->n == 1 && m->child->type == JM_JSON_STRING);
}

static void as_sdjwt(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_answers answers = {.verify = fuzz_verify};
    const struct jm_sdjwt_context x = {.now = KIT_NOW,
                                       .anchors = &fuzz_kit.anchors,
                                       .aud = JM_BYTES("x509_hash:a"),
                                       .nonce = JM_BYTES("n"),
                                       .judge_claims = true,
                                       .waive_crl = true,
                                       .crypto = &jm_crypto_openssl};
    const struct jm_sdjwt_verified *v;

    if (jm_sdjwt_verify(&v, in, &x, &answers, mem) == JM_OK)
        MUST(jm_sdjwt_report(v)->verdict != JM_ACCEPTED && jm_sdjwt_claims(v) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_jwe_unopened u;
    struct jm_bytes plain;
    uint8_t z[32] = {1};
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_jwe_split(&u, in, JM_VP_RESPONSE_MAX, &fuzz_kit.mem, NULL) == JM_OK) {
        MUST((u.key_len == 16 || u.key_len == 32) && u.iv.len == 12 && u.tag.len == 16);
        MUST(jm_jwe_open(&plain, &u, z, &jm_crypto_openssl, &fuzz_kit.mem) != JM_OK);
    }
    as_token(in, &fuzz_kit.mem);
    as_sdjwt(in, &fuzz_kit.mem);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
