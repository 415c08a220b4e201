/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After warm-up a verification takes no memory of its own: what libcrypto takes is what its bare
 * verification of a signature takes, twice (signer and device), whatever the document. The core
 * cannot take any: it has no malloc (lint.symbols).
 */
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "jumin/sdjwt.h"
#include "unit/cred/mdoc_kit.h"
#include "unit/test.h"

static unsigned long taken;

static void *take(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    taken++;
    return malloc(n);
}

static void *take_again(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    taken++;
    return realloc(p, n);
}

static void give(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

__attribute__((constructor)) static void count(void)
{
    if (CRYPTO_set_mem_functions(take, take_again, give) != 1)
        abort();
}

static struct kit K;

/* Of one bare verification with a context that is there. */
static unsigned long bare(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(key, NULL), *verify = EVP_PKEY_CTX_new(key, NULL);
    uint8_t digest[32] = {1}, sig[80];
    size_t len = sizeof sig;
    unsigned long before;

    CHECK(EVP_PKEY_sign_init(sign) == 1 &&
          EVP_PKEY_sign(sign, sig, &len, digest, sizeof digest) == 1);
    CHECK(EVP_PKEY_verify_init(verify) == 1 &&
          EVP_PKEY_verify(verify, sig, len, digest, sizeof digest) == 1);
    before = taken;
    CHECK(EVP_PKEY_verify(verify, sig, len, digest, sizeof digest) == 1);
    before = taken - before;
    EVP_PKEY_CTX_free(sign);
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_free(key);
    return before;
}

static void begin(void)
{
    kit_begin(&K);
    K.answers.memo = jm_openssl_memo;
    K.answers.crypto = &jm_crypto_openssl;
}

TEST(an_mdoc_takes_nothing_but_two_signatures)
{
    begin();
    struct jm_mdoc_spec s = kit_spec(&K);
    struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("family_name")},
                                  {JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    const struct jm_mdoc_request q = {.doctype = JM_BYTES(KIT_DOCTYPE),
                                      .asked = pick,
                                      .n = 2,
                                      .n_required = 2};
    struct jm_bytes response = kit_present(&K, kit_issue(&K, &s), pick, 2);
    unsigned long one = bare(), before = 0;

    K.ctx.request = &q;
    for (int i = 0; i < 8; i++) {
        const struct jm_mdoc_verified *v;
        size_t mark = jm_arena_mark(&K.mem);

        before = i == 3 ? taken : before; /* warm */
        CHECK_OK(jm_mdoc_verify(&v, response, &K.ctx, &K.answers, &K.mem));
        CHECK(jm_mdoc_claims(v, 0) != NULL);
        jm_arena_back(&K.mem, mark);
    }
    CHECK_EQ(taken - before, 5 * 2 * one);
    kit_end(&K);
}

TEST(an_sdjwt_takes_nothing_but_two_signatures)
{
    begin();
    struct jm_cert_spec ls = K.dsc_spec;
    ls.eku[0] = ls.eku[1] = jm_none();
    ls.eku_critical = false;
    ls.uri = JM_BYTES("https://i.example");
    KIT_MUST(jm_key_point(&ls.key, K.other_key));
    struct jm_bytes leaf = kit_cert(&K, &ls, K.iaca_key), copy, shown, name = JM_BYTES("height");
    const struct jm_sdjwt_claim claim = {name, JM_BYTES("172")};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("urn:x"),
                              .issuer = JM_BYTES("https://i.example"),
                              .claim = &claim,
                              .n = 1,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + 100,
                              .x5c = &leaf,
                              .n_x5c = 1};
    const struct jm_sdjwt_context x = {.now = KIT_NOW,
                                       .vct = JM_BYTES("urn:x"),
                                       .anchors = &K.anchors,
                                       .waive_status = true,
                                       .waive_crl = true,
                                       .aud = JM_BYTES("aud"),
                                       .nonce = JM_BYTES("n"),
                                       .crypto = &jm_crypto_openssl};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_sig sig;
    unsigned long one = bare(), before = 0;

    KIT_MUST(jm_key_point(&s.holder, K.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, jm_sig_bytes(&sig), &K.mem));
    KIT_MUST(jm_sdjwt_present_begin(&p, copy, &name, 1,
                                    &(const struct jm_sdjwt_binding){x.aud, x.nonce, KIT_NOW,
                                                                     &jm_crypto_openssl},
                                    &K.mem));
    KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&shown, &p, jm_sig_bytes(&sig), &K.mem));
    for (int i = 0; i < 8; i++) {
        const struct jm_sdjwt_verified *v;
        size_t mark = jm_arena_mark(&K.mem);

        before = i == 3 ? taken : before;
        CHECK_OK(jm_sdjwt_verify(&v, shown, &x, &K.answers, &K.mem));
        CHECK(jm_sdjwt_claims(v) != NULL);
        jm_arena_back(&K.mem, mark);
    }
    CHECK_EQ(taken - before, 5 * 2 * one);
    kit_end(&K);
}

TEST(hashes_take_nothing)
{
    uint8_t out[64];
    unsigned long before;

    begin();
    for (int h = JM_SHA1; h <= JM_SHA512; h++)
        CHECK_OK(jm_crypto_openssl.hash((enum jm_hash)h, &(struct jm_bytes){out, 0}, 1, out));
    before = taken;
    for (int h = JM_SHA1; h <= JM_SHA512; h++)
        CHECK_OK(jm_crypto_openssl.hash((enum jm_hash)h, &(struct jm_bytes){out, 0}, 1, out));
    CHECK_EQ(taken, before);
    kit_end(&K);
}
