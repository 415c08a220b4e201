/* SPDX-License-Identifier: Apache-2.0 */
/* SD-JWT VC presentations verified and copies minted per second on one core, beside their public-key operations alone. */
#include <stdio.h>

#include "unit/test.h"

#include "../bench/rate.h"
#include "jumin/sdjwt.h"
#include "unit/cred/jose_kit.h"

#define VARIANTS 32
#define CLAIMS 27
#define VCT "urn:jumin:kr:resident:1"
#define AUD "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"

struct bench {
    struct jm_bytes presentation[VARIANTS], random, msg;
    struct jm_sdjwt_spec spec;
    struct jm_key *signer;
    struct jm_bytes leaf;
    struct jm_point key;
    uint8_t sig[VARIANTS][JM_SIG_LEN];
    struct jm_arena mem;
    unsigned turn;
};

static void verify(void *ctx)
{
    static const struct jm_answers answers = {.verify = jm_openssl_verify};
    struct bench *b = ctx;
    struct jm_sdjwt_context x = {.now = KIT_NOW, .vct = JM_BYTES(VCT), .anchors = &K.anchors, .waive_status = true, .waive_crl = true, .aud = JM_BYTES(AUD),
                                 .nonce = JM_BYTES("n"), .crypto = &jm_crypto_openssl};
    const struct jm_sdjwt_verified *v;

    KIT_MUST(jm_sdjwt_verify(&v, b->presentation[b->turn++ % VARIANTS], &x, &answers, &b->mem));
    if (jm_sdjwt_claims(v) == NULL)
        kit_die(jm_code_info(jm_report_reason(jm_sdjwt_report(v)))->name, 0);
    jm_arena_reset(&b->mem);
}

static void one_verification(void *ctx)
{
    struct bench *b = ctx;

    KIT_MUST(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&b->key), b->msg, jm_bytes(b->sig[b->turn++ % VARIANTS], JM_SIG_LEN)));
}

static struct jm_bytes copy_of(struct bench *b, struct jm_arena *mem)
{
    struct jm_sdjwt_draft d;
    uint8_t sig[JM_SIG_LEN];
    struct jm_bytes copy;

    KIT_MUST(jm_sdjwt_issue_begin(&d, &b->spec, b->random, &jm_crypto_openssl, mem));
    KIT_MUST(jm_key_sign(b->signer, d.jws.to_sign, sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, sig, mem));
    return copy;
}

static void mint(void *ctx)
{
    struct bench *b = ctx;

    (void)copy_of(b, &b->mem);
    jm_arena_reset(&b->mem);
}

static void sign(void *ctx)
{
    struct bench *b = ctx;
    uint8_t sig[JM_SIG_LEN];

    KIT_MUST(jm_key_sign(b->signer, b->msg, sig));
}

static void present(struct bench *b, size_t i)
{
    const struct jm_bytes names[] = {JM_BYTES("claim_01"), JM_BYTES("claim_02"), JM_BYTES("claim_03")};
    struct jm_bytes copy = copy_of(b, &K.mem);
    struct jm_sdjwt_presentation p;
    uint8_t sig[JM_SIG_LEN];

    KIT_MUST(jm_sdjwt_present_begin(&p, copy, names, 3, JM_BYTES(AUD), JM_BYTES("n"), KIT_NOW, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, sig));
    KIT_MUST(jm_sdjwt_present_finish(&b->presentation[i], &p, sig, &K.mem));
}

TEST(rates)
{
    static struct jm_sdjwt_claim claim[CLAIMS];
    static char names[CLAIMS][16];
    static struct bench b;
    double one, verified, signed_, minted;

    kit_begin(&K);
    b.mem = arena(8 << 20);
    KIT_MUST(jm_key_generate(&b.signer));
    KIT_MUST(jm_key_point(&b.key, b.signer));
    b.leaf = leaf_of(b.signer, "SD-JWT signer");
    for (size_t i = 0; i < CLAIMS; i++) {
        snprintf(names[i], sizeof names[i], "claim_%02u", (unsigned)i);
        claim[i] = (struct jm_sdjwt_claim){jm_str(names[i]), JM_BYTES("\"서울특별시\"")};
    }
    b.spec = (struct jm_sdjwt_spec){.vct = JM_BYTES(VCT), .claim = claim, .n = CLAIMS, .iat = KIT_NOW - KIT_DAY, .nbf = KIT_NOW - KIT_DAY,
                                    .exp = KIT_NOW + KIT_DAY, .status_uri = JM_BYTES("https://s.example/l/1"), .status_idx = 7, .x5c = &b.leaf,
                                    .n_x5c = 1};
    KIT_MUST(jm_key_point(&b.spec.holder, K.device_key));
    b.random = kit_random(&K, jm_sdjwt_random_len(&b.spec));
    b.msg = kit_random(&K, 2200);
    for (size_t i = 0; i < VARIANTS; i++) {
        present(&b, i);
        KIT_MUST(jm_key_sign(b.signer, b.msg, b.sig[i]));
    }
    one = rate(one_verification, &b);
    verified = rate(verify, &b);
    signed_ = rate(sign, &b);
    minted = rate(mint, &b);
    printf("presentation of %zu octets, 3 of %d claims, key binding\n", b.presentation[0].len, CLAIMS);
    printf("sdjwt_verify_chain_cold %8.0f /s   %5.1f %% of three P-256 verifications (%.0f /s)\n", verified, 100 * verified / (one / 3), one / 3);
    printf("sdjwt_mint              %8.0f /s   %5.1f %% of one signature (%.0f /s), %.1f us each\n", minted, 100 * minted / signed_, signed_,
           1e6 / minted);
    jm_key_free(&b.signer);
    kit_end(&K);
}
