/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifications and mints of an mdoc per second on one core, beside what their public-key operations alone cost in the
 * same run. The document signer's path is verified each time as well; "chain warm" answers it from memory, as a verifier
 * does that caches by (signer certificate, anchors).
 */
#include <stdio.h>

#include "../bench/rate.h"
#include "unit/cred/mdoc_kit.h"

#define VARIANTS 32 /* the same octets again and again would train the processor for them */

struct bench {
    struct kit k;
    struct jm_bytes response[VARIANTS], random, digest_in, msg;
    struct jm_mdoc_spec spec;
    struct jm_mdoc_request request;
    uint8_t sig[VARIANTS][2][JM_SIG_LEN];
    struct jm_point device, dsc;
    unsigned turn;
};

static struct jm_bytes known_chain; /* TBS whose signature was verified before */

static enum jm_status verify_warm(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                                  struct jm_bytes sig)
{
    if (jm_bytes_eq(data, known_chain))
        return JM_OK;
    return jm_openssl_verify(ctx, alg, key, data, sig);
}

static void verify(void *ctx)
{
    struct bench *b = ctx;
    const struct jm_mdoc_verified *v;
    size_t mark = jm_arena_mark(&b->k.mem);

    KIT_MUST(jm_mdoc_verify(&v, b->response[b->turn++ % VARIANTS], &b->k.ctx, &b->k.answers, &b->k.mem));
    if (jm_mdoc_claims(v, 0) == NULL)
        kit_die("not accepted", 0);
    jm_arena_back(&b->k.mem, mark);
}

static void two_verifications(void *ctx)
{
    struct bench *b = ctx;
    unsigned i = b->turn++ % VARIANTS;

    KIT_MUST(
        jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&b->dsc), b->msg, jm_bytes(b->sig[i][0], JM_SIG_LEN)));
    KIT_MUST(
        jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&b->device), b->msg, jm_bytes(b->sig[i][1], JM_SIG_LEN)));
}

static void mint(void *ctx)
{
    struct bench *b = ctx;
    size_t mark = jm_arena_mark(&b->k.mem);
    struct jm_mdoc_draft d;
    uint8_t sig[JM_SIG_LEN];
    struct jm_bytes out;

    KIT_MUST(jm_mdoc_issue_begin(&d, &b->spec, b->random, &jm_crypto_openssl, &b->k.mem));
    KIT_MUST(jm_key_sign(b->k.dsc_key, d.to_sign, sig));
    KIT_MUST(jm_mdoc_issue_finish(&out, &d, sig, &b->k.dsc_der, 1, &b->k.mem));
    jm_arena_back(&b->k.mem, mark);
}

/* One signature and 27 hashes of 119 octets: what a copy of 27 elements cannot do without. */
static void sign_and_hash(void *ctx)
{
    struct bench *b = ctx;
    uint8_t sig[JM_SIG_LEN], hash[32];

    KIT_MUST(jm_key_sign(b->k.dsc_key, b->digest_in, sig));
    for (int i = 0; i < 27; i++)
        KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_slice(b->digest_in, 0, 119), hash));
}

/* A card as in spec/mdoc.md 15.2: 27 elements, digests 28, 4, 16, a portrait of 20 KiB. */
static void card(struct bench *b)
{
    static struct jm_mdoc_element e[27];
    static struct jm_mdoc_ns_count counts[3];
    static char ids[27][16];
    struct jm_bytes portrait, parts[2];

    counts[0] = (struct jm_mdoc_ns_count){JM_BYTES(KIT_NS), 28};
    counts[1] = (struct jm_mdoc_ns_count){JM_BYTES("org.iso.23220.photoid.1"), 4};
    counts[2] = (struct jm_mdoc_ns_count){JM_BYTES(KIT_NS_KR), 16};
    parts[0] = JM_BYTES("\x59\x50\x00");
    parts[1] = kit_random(&b->k, 20480);
    KIT_MUST(jm_concat(&portrait, &b->k.mem, parts, 2));
    for (size_t i = 0; i < 27; i++) {
        snprintf(ids[i], sizeof ids[i], "element_%02u", (unsigned)i);
        e[i] = (struct jm_mdoc_element){counts[i < 16 ? 0 : 2].ns, jm_str(ids[i]), JM_BYTES("\x68seoul-si"), false};
    }
    e[0].id = JM_BYTES("portrait");
    e[0].value = portrait;
    e[0].exempt = true;
    b->spec = kit_spec(&b->k);
    b->spec.element = e;
    b->spec.n = 27;
    b->spec.counts = counts;
    b->spec.n_counts = 3;
    b->random = kit_random(&b->k, jm_mdoc_random_len(&b->spec));
}

int main(void)
{
    static struct jm_mdoc_pick pick[8];
    static struct bench b;
    struct jm_cert dsc;
    double two, cold, warm, floor_, mints;

    kit_begin(&b.k);
    card(&b);
    for (size_t i = 0; i < 8; i++)
        pick[i] = (struct jm_mdoc_pick){b.spec.element[i + 1].ns, b.spec.element[i + 1].id};
    for (size_t i = 0; i < VARIANTS; i++)
        b.response[i] = kit_present(&b.k, kit_issue(&b.k, &b.spec), pick, 8);
    b.request = (struct jm_mdoc_request){.doctype = JM_BYTES(KIT_DOCTYPE), .wanted = pick, .n = 8, .n_required = 8};
    b.k.ctx.request = &b.request;
    KIT_MUST(jm_cert_parse(&dsc, b.k.dsc_der));
    known_chain = dsc.tbs;
    b.dsc = dsc.point;
    b.msg = kit_random(&b.k, 2200);
    b.digest_in = kit_random(&b.k, 2200);
    b.device = b.spec.device_key;
    for (size_t i = 0; i < VARIANTS; i++) {
        KIT_MUST(jm_key_sign(b.k.dsc_key, b.msg, b.sig[i][0]));
        KIT_MUST(jm_key_sign(b.k.device_key, b.msg, b.sig[i][1]));
    }

    two = rate(two_verifications, &b);
    cold = rate(verify, &b);
    b.k.answers.verify = verify_warm;
    warm = rate(verify, &b);
    floor_ = rate(sign_and_hash, &b);
    mints = rate(mint, &b);
    printf("response of %zu octets, 8 elements, MSO of 48 digests\n", b.response[0].len);
    printf("mdoc_verify_chain_warm  %8.0f /s   %5.1f %% of two P-256 verifications (%.0f /s)\n", warm, 100 * warm / two,
           two);
    printf("mdoc_verify_chain_cold  %8.0f /s   %5.1f %% of three P-256 verifications (%.0f /s)\n", cold,
           100 * cold / (two * 2 / 3), two * 2 / 3);
    printf("mdoc_mint               %8.0f /s   %5.1f %% of one signature and 27 hashes (%.0f /s), %.1f us each\n",
           mints, 100 * mints / floor_, floor_, 1e6 / mints);
    kit_end(&b.k);
    return 0;
}
