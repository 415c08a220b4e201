/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet provider: what it attests, and to whom it does not. */
#include "unit/service/office.h"

#include "jumin/json.h"
#include "service/provider/provider.h"

#define BASE "https://provider.example"
#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct jm_provider p;
static struct jm_key *instance, *other, *bound;
static struct jm_diag d;
static struct jm_attest_res res;

static void begin(void)
{
    office_begin("2025-01-15T10:00:30+09:00");
    office_provider_tables();
    memset(&p, 0, sizeof p);
    p.base.env = O->is.base.env;
    p.id = JM_BYTES(BASE);
    p.product = JM_BYTES("kr-wallet");
    p.x5c[0] = JM_BYTES("\x30\x00");
    p.n_x5c = 1;
    jm_nonces_init(&p.nonces);
    MUST(jm_key_generate(&instance));
    MUST(jm_key_generate(&other));
    MUST(jm_key_generate(&bound));
}

static void end(void)
{
    jm_key_free(&instance);
    jm_key_free(&other);
    jm_key_free(&bound);
    office_end();
}

static struct jm_bytes signed_by(const struct jm_key *key, const struct jm_jws_draft *draft)
{
    struct jm_sig sig;
    struct jm_bytes token;

    MUST(jm_key_sign(key, draft->to_sign, &sig));
    MUST(jm_jws_finish(&token, draft, jm_sig_bytes(&sig), &O->mem));
    return token;
}

static struct jm_bytes challenge(enum jm_nonce_kind kind)
{
    struct jm_bytes c;

    MUST(jm_nonce_make(&c, &p.nonces, &p.base.env, kind, &O->mem));
    return c;
}

/* What a liar does otherwise. */
struct lie {
    const char *aud, *challenge_of_key, *platform;
    bool other_kind, key_of_another, key_twice, key_is_instance;
    size_t nonce_len;
    int64_t iat_off, late_s;
};

static enum jm_code attest(struct jm_bytes c, const struct lie *l)
{
    struct jm_jws_draft draft;
    struct jm_attest_req in;
    struct jm_point point, own;
    struct jm_bytes key_proof, json;
    char jkt[44];

    MUST(jm_key_point(&own, instance));
    uint8_t *nonce = test_malloc(4096);
    memset(nonce, 'n', 4096);
    const struct jm_instance_proof_spec proof =
        {.instance = own,
         .aud = l->aud == NULL ? JM_BYTES(BASE) : jm_str(l->aud),
         .challenge = c,
         .platform = jm_str(l->platform == NULL ? "test" : l->platform),
         .nonce = jm_bytes(nonce, l->nonce_len == 0 ? 1 : l->nonce_len),
         .iat = O->now + l->iat_off};
    MUST(jm_instance_proof_begin(&draft, &proof, &O->mem));
    in.proof = signed_by(instance, &draft);
    MUST(jm_key_point(&point, l->key_of_another ? other : instance));
    MUST(jm_jwk_thumbprint_text(jkt, &jm_crypto_openssl, &point));
    MUST(jm_key_point(&point, l->key_is_instance ? instance : bound));
    MUST(jm_instance_key_proof_begin(&draft, &point,
                                     l->challenge_of_key == NULL ? c : jm_str(l->challenge_of_key),
                                     jm_str(jkt), &O->mem));
    key_proof = signed_by(l->key_is_instance ? instance : bound, &draft);
    const struct jm_bytes parts[] = {JM_BYTES("[\""), key_proof,
                                     l->key_twice ? JM_BYTES("\",\"") : JM_BYTES(""),
                                     l->key_twice ? key_proof : JM_BYTES(""), JM_BYTES("\"]")};
    MUST(jm_concat(&json, &O->mem, parts, JM_ARRAY_LEN(parts)));
    MUST(jm_json_parse(&in.keys, json, &O->mem, NULL));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    O->now += l->late_s;
    return jm_provider_attest(&p, &res, &in, &O->mem, &d) == JM_OK ? JM_CODE_NONE : d.code;
}

TEST(attested_once_for_each_challenge)
{
    static const struct lie truth = {.aud = NULL};
    struct jm_jws_unverified u;
    const struct jm_json *claims;
    struct jm_bytes c, v;
    int64_t iat, exp;

    begin();
    c = challenge(JM_NONCE_PROVIDER);
    CHECK_EQ(attest(c, &truth), JM_CODE_NONE);
    MUST(jm_jws_split(&u, res.client_attestation, "oauth-client-attestation+jwt", &O->mem, NULL));
    MUST(jm_json_parse(&claims, u.payload, &O->mem, NULL));
    /* the product, nobody's own name */
    CHECK(jm_json_str(&v, claims, "sub") == JM_OK && jm_bytes_eq_str(v, "kr-wallet"));
    /* D-244 */
    CHECK(jm_json_time(&iat, claims, "iat") == JM_OK && iat % 60 == 0 &&
          jm_json_time(&exp, claims, "exp") == JM_OK && exp - iat <= 86400);
    MUST(jm_jws_split(&u, res.key_attestation, "key-attestation+jwt", &O->mem, NULL));
    MUST(jm_json_parse(&claims, u.payload, &O->mem, NULL));
    CHECK(jm_json_is_str(jm_json_get(claims, "key_storage")->child, "urn:jumin:key-level:1") &&
          jm_json_get(claims, "key_storage")->n == 1);
    CHECK_EQ(jm_json_get(claims, "attested_keys")->n, 1);
    CHECK_EQ(attest(c, &truth), JM_PROVIDER_CHALLENGE);
    end();
}

static unsigned verified;
static enum jm_status counting(void *ctx, enum jm_alg alg, struct jm_bytes key,
                               struct jm_bytes data, struct jm_bytes sig)
{
    verified++;
    return jm_openssl_verify(ctx, alg, key, data, sig);
}

/* Who has no challenge of ours is worth one signature, however many keys he brings. */
TEST(keys_cost_a_challenge)
{
    static const struct lie truth = {.aud = NULL}, other_kind = {.other_kind = true};

    begin();
    O->answers.verify = counting;
    verified = 0;
    CHECK_EQ(attest(challenge(JM_NONCE_CHALLENGE), &other_kind), JM_PROVIDER_CHALLENGE);
    CHECK_EQ(verified, 1);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    CHECK_EQ(verified, 3);
    end();
}

TEST(not_attested)
{
    static const struct {
        const char *name;
        struct lie lie;
        enum jm_code code;
    } rows[] = {
        {"a challenge of another kind", {.other_kind = true}, JM_PROVIDER_CHALLENGE},
        {"a minute later", {.late_s = 61, .iat_off = 61}, JM_PROVIDER_CHALLENGE},
        {"for another provider", {.aud = "https://elsewhere.example"}, JM_PROVIDER_PROOF},
        {"of a clock a minute behind", {.iat_off = -60}, JM_CODE_NONE},
        {"of a clock a minute ahead", {.iat_off = 60}, JM_CODE_NONE},
        {"of long ago", {.iat_off = -61}, JM_PROVIDER_CLOCK},
        {"of the future", {.iat_off = 61}, JM_PROVIDER_CLOCK},
        {"a key of another instance", {.key_of_another = true}, JM_PROVIDER_PROOF},
        {"a key proof of another challenge", {.challenge_of_key = "x"}, JM_PROVIDER_PROOF},
        {"a platform of 65", {.platform = SIXTY_FOUR "x"}, JM_PROVIDER_PROOF},
        {"a platform with a control character", {.platform = "a\x1f"}, JM_PROVIDER_PROOF},
        {"a platform that is not ASCII", {.platform = "a\xc3\xa9"}, JM_PROVIDER_PROOF},
        {"a nonce one too long", {.nonce_len = 2049}, JM_PROVIDER_PROOF},
        {"a key twice", {.key_twice = true}, JM_PROVIDER_KEYS},
        {"the instance's own key", {.key_is_instance = true}, JM_PROVIDER_KEYS},
        {"platform and nonce at their bounds",
         {.platform = SIXTY_FOUR, .nonce_len = 2048},
         JM_CODE_NONE},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(attest(challenge(rows[i].lie.other_kind ? JM_NONCE_CHALLENGE
                                                             : JM_NONCE_PROVIDER),
                            &rows[i].lie),
                     rows[i].code),
            rows[i].name);
    O->behind = true;
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &(struct lie){.aud = NULL}), JM_CMD_CLOCK_BACK);
    O->behind = false;
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &(struct lie){.aud = NULL}), JM_CODE_NONE);
    office_run("UPDATE instance SET state = 2", JM_NO_ARGS);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &(struct lie){.aud = NULL}),
             JM_PROVIDER_WITHDRAWN);
    CHECK(res.client_attestation.len == 0 && res.key_attestation.len == 0);
    end();
}

TEST(rows_of_instances_end)
{
    static const struct lie truth = {.aud = NULL};

    begin();
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    O->now += JM_INSTANCE_ONCE_S - 1;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM instance", JM_NO_ARGS), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM spent", JM_NO_ARGS), 0);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE); /* it came back */
    O->now += JM_INSTANCE_KEEP_S - 1;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM instance", JM_NO_ARGS), 1);
    O->now += 1;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM instance", JM_NO_ARGS), 0);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    O->now += JM_INSTANCE_ONCE_S;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM instance", JM_NO_ARGS), 0); /* never again */
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    office_run("UPDATE instance SET state = 2", JM_NO_ARGS);
    O->now += 10 * (int64_t)JM_INSTANCE_KEEP_S;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_PROVIDER_WITHDRAWN); /* for ever */
    end();
}

TEST(an_instance_is_withdrawn)
{
    static const struct lie truth = {.aud = NULL};
    struct jm_point own;
    uint8_t jkt[32], unknown[32] = {1};

    begin();
    MUST(jm_key_point(&own, instance));
    MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &own));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_provider_withdraw(&p.base.env, jkt, &d), JM_E_ABSENT); /* not seen yet */
    CHECK_EQ(d.code, JM_PROVIDER_INSTANCE);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    CHECK_ST(jm_provider_withdraw(&p.base.env, unknown, &d), JM_E_ABSENT);
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_CODE_NONE);
    CHECK_OK(jm_provider_withdraw(&p.base.env, jkt, &d));
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_PROVIDER_WITHDRAWN);
    CHECK_OK(jm_provider_withdraw(&p.base.env, jkt, &d)); /* it stays so */
    CHECK_EQ(attest(challenge(JM_NONCE_PROVIDER), &truth), JM_PROVIDER_WITHDRAWN);
    end();
}
