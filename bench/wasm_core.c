/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the core as a wallet makes them, the same program native and in WebAssembly
 * (bench_wasm.mjs runs both, and says the ratio): hashes and zlib are the core's own, signatures
 * are asked for and answered at once, so that it is the core that is measured. One line a call:
 * its name, microseconds of the best round, and how many make one reading of the clock worth it.
 */
#include <stdio.h>
#include <time.h>

#include "unit/test.h"

#include "jumin/wallet.h"
#include "unit/cred/jose_kit.h"

#define ELEMENTS 20
#define SHOWN 3
#define LIST_OCTETS 125000 /* a million cards, one bit each, one in a hundred set */
#define VCT "urn:jumin:kr:resident:1"
#define ISSUER "https://i.example"
#define AUD "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
#define ROUNDS 20
#define ROUND_S 0.02

static struct {
    struct jm_bytes issuer_signed, presentation, list, query;
    struct jm_sdjwt_context context;
    struct jm_wallet wallet;
    struct jm_answers answers;
    uint8_t *bits;
} B;

static enum jm_status every_signature(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                      struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx, (void)alg, (void)key, (void)data, (void)sig;
    return JM_OK;
}

static void issuer_signed(void)
{
    const struct jm_mdoc_verified *v;

    KIT_MUST(jm_mdoc_verify_issuer_signed(&v, B.issuer_signed, JM_BYTES(KIT_DOCTYPE), &K.ctx,
                                          &B.answers, &K.mem));
    if (jm_mdoc_claims(v, 0) == NULL)
        kit_die(__FILE__, __LINE__);
}

static void sdjwt(void)
{
    const struct jm_sdjwt_verified *v;

    KIT_MUST(jm_sdjwt_verify(&v, B.presentation, &B.context, &B.answers, &K.mem));
    if (jm_sdjwt_claims(v) == NULL)
        kit_die(__FILE__, __LINE__);
}

static void status_list(void)
{
    struct jm_buf out = jm_buf(B.bits, LIST_OCTETS);

    KIT_MUST(jm_crypto_portable.inflate(B.list, &out));
}

static void consent(void)
{
    struct jm_wallet_pick *pick = JM_NEW_N(&K.mem, struct jm_wallet_pick, JM_WALLET_PICKS_MAX);
    const struct jm_json *j;
    struct jm_bytes shown;
    struct jm_dcql q;
    size_t n;

    if (pick == NULL)
        kit_die(__FILE__, __LINE__);
    KIT_MUST(jm_json_parse(&j, B.query, &K.mem, NULL));
    KIT_MUST(jm_dcql_parse(&q, j, &K.mem, NULL));
    KIT_MUST(jm_wallet_choose(pick, &n, &B.wallet, &q, KIT_NOW, &jm_crypto_portable, &K.mem, NULL));
    KIT_MUST(jm_wallet_shown(&shown, pick, n, &K.mem));
}

/* -- what they are called with -- */

static char ids[ELEMENTS][16];

static void make_mdoc(void)
{
    static struct jm_mdoc_element element[ELEMENTS];
    struct jm_mdoc_ns_count counts[2] = {{JM_BYTES(KIT_NS), 28}, {JM_BYTES(KIT_NS_KR), 20}};
    struct jm_mdoc_spec spec = kit_spec(&K);

    for (size_t i = 0; i < ELEMENTS; i++)
        element[i] = (struct jm_mdoc_element){counts[i < 12 ? 0 : 1].ns, jm_str(ids[i]),
                                              JM_BYTES("\x68seoul-si"), false};
    spec.element = element;
    spec.n = ELEMENTS;
    spec.counts = counts;
    spec.n_counts = JM_ARRAY_LEN(counts);
    B.issuer_signed = kit_issue(&K, &spec);
    K.ctx.crypto = &jm_crypto_portable;
}

static struct jm_bytes make_sdjwt(void)
{
    static struct jm_sdjwt_claim claim[ELEMENTS];
    struct jm_cert_spec s = K.dsc_spec;
    struct jm_sdjwt_spec spec = {.vct = JM_BYTES(VCT),
                                 .issuer = JM_BYTES(ISSUER),
                                 .claim = claim,
                                 .n = ELEMENTS,
                                 .iat = KIT_NOW,
                                 .nbf = KIT_NOW,
                                 .exp = KIT_NOW + KIT_DAY,
                                 .n_x5c = 1,
                                 .status_uri = JM_BYTES("https://s.example/l/1"),
                                 .status_idx = 7};
    struct jm_bytes leaf, out;
    struct jm_sdjwt_draft d;
    struct jm_sig sig;

    for (size_t i = 0; i < ELEMENTS; i++)
        claim[i] = (struct jm_sdjwt_claim){jm_str(ids[i]), JM_BYTES("\"seoul-si\"")};
    s.eku[0] = s.eku[1] = jm_none();
    s.eku_critical = false;
    s.uri = JM_BYTES(ISSUER);
    KIT_MUST(jm_key_point(&s.key, K.other_key));
    leaf = kit_cert(&K, &s, K.iaca_key);
    spec.x5c = &leaf;
    KIT_MUST(jm_key_point(&spec.holder, K.device_key));
    KIT_MUST(jm_sdjwt_header(&spec.header, spec.x5c, 1, &K.mem));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &spec, kit_random(&K, jm_sdjwt_random_len(&spec)),
                                  &jm_crypto_portable, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.mem));
    return out;
}

static void make_presentation(struct jm_bytes copy)
{
    const struct jm_sdjwt_binding binding = {JM_BYTES(AUD), JM_BYTES("n"), KIT_NOW,
                                             &jm_crypto_portable};
    struct jm_bytes names[SHOWN];
    struct jm_sdjwt_presentation p;
    struct jm_sig sig;

    for (size_t i = 0; i < SHOWN; i++)
        names[i] = jm_str(ids[4 * i]);
    KIT_MUST(jm_sdjwt_present_begin(&p, copy, names, SHOWN, &binding, &K.mem));
    KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&B.presentation, &p, jm_sig_bytes(&sig), &K.mem));
    B.context = (struct jm_sdjwt_context){.now = KIT_NOW,
                                          .vct = JM_BYTES(VCT),
                                          .anchors = &K.anchors,
                                          .waive_status = true,
                                          .waive_crl = true,
                                          .aud = JM_BYTES(AUD),
                                          .nonce = JM_BYTES("n"),
                                          .crypto = &jm_crypto_portable};
}

/* A card of five copies a format, and a request for three claims of one of them. */
static void make_wallet(struct jm_bytes sdjwt_copy)
{
    static struct jm_wallet_copy copy[10];
    static struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE, .copy = copy, .n = 10};

    for (size_t i = 0; i < 10; i++)
        copy[i] = i < 5 ? (struct jm_wallet_copy){.fmt = JM_FMT_MDOC,
                                                  .type = JM_BYTES(KIT_DOCTYPE),
                                                  .octets = B.issuer_signed,
                                                  .until = KIT_NOW + KIT_DAY}
                        : (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                                  .type = JM_BYTES(VCT),
                                                  .octets = sdjwt_copy,
                                                  .until = KIT_NOW + KIT_DAY};
    B.wallet = (struct jm_wallet){.card = &card, .n_cards = 1};
    B.query = JM_BYTES(
        "{\"credentials\":[{\"id\":\"c\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":"
        "[\"" VCT "\"]},\"claims\":[{\"path\":[\"element_00\"]},{\"path\":[\"element_04\"]}"
        ",{\"path\":[\"element_08\"]}]}]}");
}

static void make_list(void)
{
    struct jm_bytes plain;
    struct jm_buf b;
    uint32_t x = 1;

    B.bits = calloc(LIST_OCTETS, 1);
    for (size_t i = 0; i < LIST_OCTETS * 8 / 100; i++) {
        x = x * UINT32_C(1664525) +
            UINT32_C(1013904223); /* Numerical Recipes: spread, the same each run */
        B.bits[x / 8 % LIST_OCTETS] |= (uint8_t)(1u << x % 8);
    }
    plain = jm_bytes(B.bits, LIST_OCTETS);
    KIT_MUST(jm_alloc_buf(&b, &K.mem, LIST_OCTETS + 1000));
    KIT_MUST(jm_crypto_openssl.deflate(plain, &b));
    B.list = jm_written(b);
}

/* -- the clock -- */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure(const char *name, void (*call)(void))
{
    double best = 1e9;
    unsigned n = 0;

    for (int r = 0; r < ROUNDS; r++) {
        double from = now_s(), spent;

        n = 0;
        do {
            size_t mark = jm_arena_mark(&K.mem);

            call();
            jm_arena_back(&K.mem, mark);
            n++;
            spent = now_s() - from;
        } while (spent < ROUND_S);
        if (spent / n < best)
            best = spent / n;
    }
    printf("%s %.2f %u\n", name, best * 1e6, n);
}

TEST(calls)
{
    kit_begin(&K);
    B.answers = K.answers;
    B.answers.verify = every_signature;
    for (size_t i = 0; i < ELEMENTS; i++)
        (void)snprintf(ids[i], sizeof ids[i], "element_%02u", (unsigned)i);
    make_mdoc();
    struct jm_bytes copy = make_sdjwt();
    make_presentation(copy);
    make_wallet(copy);
    make_list();
    CHECK(true);
    measure("mdoc_issuer_signed", issuer_signed);
    measure("sdjwt_presentation", sdjwt);
    measure("status_list_inflate", status_list);
    measure("dcql_choose", consent);
    free(B.bits);
    kit_end(&K);
}
