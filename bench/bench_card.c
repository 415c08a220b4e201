/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One card on one core: a copy of 20 elements minted, a presentation verified, as mdoc and as
 * SD-JWT VC; each as a share of what libcrypto alone does in the same run with one signature or one
 * verification (that is `openssl speed ecdsap256`). "path": the signer's certificate is verified
 * each time; "known chain": by the memo that every verifier's thread has (jumin/memo.h).
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "../bench/rate.h"
#include "jumin/sdjwt.h"
#include "unit/cred/mdoc_kit.h"

#define ELEMENTS 20
#define SHOWN 3
#define VARIANTS 32 /* the same octets again and again would train the processor for them */
#define ISSUER "https://i.example"
#define VCT "urn:jumin:kr:resident:1"
#define AUD "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"

static struct kit K;

static struct {
    struct jm_mdoc_spec mdoc;
    struct jm_sdjwt_spec sdjwt;
    struct jm_sdjwt_context context;
    struct jm_bytes mdoc_random, sdjwt_random, response[VARIANTS], presentation[VARIANTS];
    unsigned turn;
} B;

/* -- what libcrypto does alone -- */

static struct {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign, *verify;
    uint8_t digest[32], sig[80];
    size_t len;
} peer;

static void peer_sign(void *unused)
{
    uint8_t out[80];
    size_t len = sizeof out;

    (void)unused;
    if (EVP_PKEY_sign(peer.sign, out, &len, peer.digest, sizeof peer.digest) != 1)
        kit_die("peer", 0);
}

static void peer_verify(void *unused)
{
    (void)unused;
    if (EVP_PKEY_verify(peer.verify, peer.sig, peer.len, peer.digest, sizeof peer.digest) != 1)
        kit_die("peer", 0);
}

static void peer_begin(void)
{
    peer.len = sizeof peer.sig;
    peer.key = EVP_EC_gen("P-256");
    peer.sign = EVP_PKEY_CTX_new(peer.key, NULL);
    peer.verify = EVP_PKEY_CTX_new(peer.key, NULL);
    if (EVP_PKEY_sign_init(peer.sign) != 1 || EVP_PKEY_verify_init(peer.verify) != 1 ||
        EVP_PKEY_sign(peer.sign, peer.sig, &peer.len, peer.digest, sizeof peer.digest) != 1)
        kit_die("peer", 0);
}

static void peer_end(void)
{
    EVP_PKEY_CTX_free(peer.sign);
    EVP_PKEY_CTX_free(peer.verify);
    EVP_PKEY_free(peer.key);
}

/* -- ours -- */

static void mint_mdoc(void *unused)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_mdoc_draft d;
    struct jm_sig sig;
    struct jm_bytes out;

    (void)unused;
    KIT_MUST(jm_mdoc_issue_begin(&d, &B.mdoc, B.mdoc_random, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.dsc_key, d.to_sign, &sig));
    KIT_MUST(jm_mdoc_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.dsc_der, 1, &K.mem));
    jm_arena_back(&K.mem, mark);
}

static struct jm_bytes minted_sdjwt(void)
{
    struct jm_sdjwt_draft d;
    struct jm_sig sig;
    struct jm_bytes out;

    KIT_MUST(jm_sdjwt_issue_begin(&d, &B.sdjwt, B.sdjwt_random, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.mem));
    return out;
}

static void mint_sdjwt(void *unused)
{
    size_t mark = jm_arena_mark(&K.mem);

    (void)unused;
    (void)minted_sdjwt();
    jm_arena_back(&K.mem, mark);
}

static void verify_mdoc(void *unused)
{
    size_t mark = jm_arena_mark(&K.mem);
    const struct jm_mdoc_verified *v;

    (void)unused;
    KIT_MUST(jm_mdoc_verify(&v, B.response[B.turn++ % VARIANTS], &K.ctx, &K.answers, &K.mem));
    if (jm_mdoc_claims(v, 0) == NULL)
        kit_die("mdoc not accepted", 0);
    jm_arena_back(&K.mem, mark);
}

static void verify_sdjwt(void *unused)
{
    size_t mark = jm_arena_mark(&K.mem);
    const struct jm_sdjwt_verified *v;

    (void)unused;
    KIT_MUST(
        jm_sdjwt_verify(&v, B.presentation[B.turn++ % VARIANTS], &B.context, &K.answers, &K.mem));
    if (jm_sdjwt_claims(v) == NULL)
        kit_die(jm_code_info(jm_report_reason(jm_sdjwt_report(v)))->name, 0);
    jm_arena_back(&K.mem, mark);
}

/* -- the card -- */

static void begin(void)
{
    static struct jm_mdoc_element element[ELEMENTS];
    static struct jm_sdjwt_claim claim[ELEMENTS];
    static char ids[ELEMENTS][16];
    static struct jm_mdoc_ns_count counts[2] = {{{NULL, 0}, 28}, {{NULL, 0}, 20}};
    static struct jm_mdoc_pick pick[SHOWN];
    static struct jm_mdoc_request request;
    static struct jm_bytes leaf;
    struct jm_cert_spec s;
    struct jm_bytes names[SHOWN];

    counts[0].ns = JM_BYTES(KIT_NS);
    counts[1].ns = JM_BYTES(KIT_NS_KR);
    for (size_t i = 0; i < ELEMENTS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "element_%02u", (unsigned)i);
        element[i] = (struct jm_mdoc_element){counts[i < 12 ? 0 : 1].ns, jm_str(ids[i]),
                                              JM_BYTES("\x68seoul-si"), false};
        claim[i] = (struct jm_sdjwt_claim){jm_str(ids[i]), JM_BYTES("\"seoul-si\"")};
    }
    for (size_t i = 0; i < SHOWN; i++) {
        pick[i] = (struct jm_mdoc_pick){element[4 * i].ns, element[4 * i].id};
        names[i] = jm_str(ids[4 * i]);
    }
    B.mdoc = kit_spec(&K);
    B.mdoc.element = element;
    B.mdoc.n = ELEMENTS;
    B.mdoc.counts = counts;
    B.mdoc.n_counts = JM_ARRAY_LEN(counts);
    B.mdoc_random = kit_random(&K, jm_mdoc_random_len(&B.mdoc));
    request = (struct jm_mdoc_request){.doctype = JM_BYTES(KIT_DOCTYPE),
                                       .asked = pick,
                                       .n = SHOWN,
                                       .n_required = SHOWN};
    K.ctx.request = &request;

    s = K.dsc_spec;
    s.eku[0] = s.eku[1] = jm_none();
    s.eku_critical = false;
    s.uri = JM_BYTES(ISSUER);
    KIT_MUST(jm_key_point(&s.key, K.other_key));
    leaf = kit_cert(&K, &s, K.iaca_key);
    B.sdjwt = (struct jm_sdjwt_spec){.vct = JM_BYTES(VCT),
                                     .issuer = JM_BYTES(ISSUER),
                                     .claim = claim,
                                     .n = ELEMENTS,
                                     .iat = KIT_NOW,
                                     .nbf = KIT_NOW,
                                     .exp = KIT_NOW + KIT_DAY,
                                     .x5c = &leaf,
                                     .n_x5c = 1,
                                     .status_uri = JM_BYTES("https://s.example/l/1"),
                                     .status_idx = 7};
    KIT_MUST(jm_key_point(&B.sdjwt.holder, K.device_key));
    KIT_MUST(jm_sdjwt_header(&B.sdjwt.header, B.sdjwt.x5c, 1, &K.mem));
    B.sdjwt_random = kit_random(&K, jm_sdjwt_random_len(&B.sdjwt));
    B.context = (struct jm_sdjwt_context){.now = KIT_NOW,
                                          .vct = JM_BYTES(VCT),
                                          .anchors = &K.anchors,
                                          .waive_status = true,
                                          .waive_crl = true,
                                          .aud = JM_BYTES(AUD),
                                          .nonce = JM_BYTES("n"),
                                          .crypto = &jm_crypto_openssl};
    for (size_t i = 0; i < VARIANTS; i++) {
        struct jm_sdjwt_presentation p;
        struct jm_sig sig;

        B.response[i] = kit_present(&K, kit_issue(&K, &B.mdoc), pick, SHOWN);
        KIT_MUST(
            jm_sdjwt_present_begin(&p, minted_sdjwt(), names, SHOWN,
                                   &(const struct jm_sdjwt_binding){JM_BYTES(AUD), JM_BYTES("n"),
                                                                    KIT_NOW, &jm_crypto_openssl},
                                   &K.mem));
        KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
        KIT_MUST(jm_sdjwt_present_finish(&B.presentation[i], &p, jm_sig_bytes(&sig), &K.mem));
    }
}

static void share(const char *name, void (*op)(void *), void (*of)(void *), const char *unit)
{
    double there, ours;

    rate_both(&there, of, &ours, op);
    printf("%-24s %8.0f /s  %.3f of %s (%.0f /s)\n", name, ours, ours / there, unit, there);
}

int main(void)
{
    kit_begin(&K);
    peer_begin();
    begin();
    share("mdoc_mint", mint_mdoc, peer_sign, "one signature");
    share("sdjwt_mint", mint_sdjwt, peer_sign, "one signature");
    share("mdoc_verify_path", verify_mdoc, peer_verify, "one verification");
    share("sdjwt_verify_path", verify_sdjwt, peer_verify, "one verification");
    K.answers.memo = jm_openssl_memo;
    K.answers.crypto = &jm_crypto_openssl;
    share("mdoc_verify_known", verify_mdoc, peer_verify, "one verification");
    share("sdjwt_verify_known", verify_sdjwt, peer_verify, "one verification");
    peer_end();
    kit_end(&K);
    return 0;
}
