/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call what at the issuer: each kind of route, by each kind of caller, and each proof with
 * one thing wrong (I-13). */
#include "service/web/routes.h"
#include "unit/service/office.h"

#include "jumin/oauth.h"
#include "service/issuance/issuance.h"
#include "service/issuance/parts.h"
#include "service/staff/staff.h"
#include "unit/cred/jose_kit.h"

#define ISSUER "https://issuer.example"
#define PATH "/token"
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct jm_bytes leaf; /* of other_key: the wallet provider */
static struct jm_req q;
static struct jm_res s;
static struct jm_route route;
static struct jm_field fields[8];

static struct jm_trust_entry e[5];

static void trusts(size_t i, const char *id, struct jm_bytes ca, enum jm_record_state state)
{
    const struct jm_wallet_record provider = {.id = jm_str(id),
                                              .name = {{NULL, 0}, JM_BYTES("Provider")},
                                              .base = JM_BYTES("https://wallet.example")};
    struct jm_bytes body;

    MUST(jm_body_cert(&body, JM_CERT_WALLET_CA, jm_str(id), ca, NULL, 0, &K.mem));
    MUST(jm_trust_key_hash(&e[i].key, "cert/", &jm_crypto_openssl, ca, &K.mem));
    MUST(jm_record_write(&e[i].record, 1, JM_RECORD_ACTIVE, body, &K.mem));
    MUST(jm_trust_key(&e[i + 1].key, "wallet/", jm_str(id), &K.mem));
    MUST(jm_body_wallet(&body, &provider, JM_BYTES("kr-x"), &K.mem));
    MUST(jm_record_write(&e[i + 1].record, 1, state, body, &K.mem));
}

static void pin(size_t n)
{
    struct jm_trust_spec spec = {.issued_at = KIT_NOW - 5,
                                 .next_update = KIT_NOW + 1000000,
                                 .version = 1,
                                 .entry = e,
                                 .n = n};
    struct jm_bytes octets;

    MUST(jm_trust_write(&octets, &spec, &K.mem));
    MUST(jm_trust_open(&O->is.trust, octets, &K.mem));
}

/* One provider that is trusted, a clock of KIT_NOW. */
static void begin(void)
{
    office_begin("2027-01-01T09:00:00+09:00");
    kit_begin(&K);
    CHECK_EQ(O->now, KIT_NOW);
    leaf = leaf_of(K.other_key, "Provider");
    trusts(0, "kr-wallet", K.iaca_der, JM_RECORD_ACTIVE);
    pin(2);
    jm_nonces_init(&O->is.nonces);
    MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES("the operator's"), O->is.operator_hash));
}

static void end(void)
{
    kit_end(&K);
    office_end();
}

static void header(const char *name, struct jm_bytes value)
{
    fields[q.n_fields].name = jm_str(name);
    fields[q.n_fields++].value = value;
}

static void ask(enum jm_auth auth, enum jm_act act)
{
    route = (struct jm_route){.auth = auth, .act = act, .method = JM_POST, .path = PATH};
    q = (struct jm_req){.method = JM_POST,
                        .path = JM_BYTES(PATH),
                        .fields = fields,
                        .mem = &O->mem,
                        .now_s = O->now,
                        .svc = &O->is,
                        .route = &route};
    s = (struct jm_res){.mem = &O->mem};
}

static enum jm_code answer(void)
{
    enum jm_status st;

    q.diag = (struct jm_diag){.code = JM_CODE_NONE};
    q.who = (struct jm_principal){.how = (enum jm_auth)0};
    st = jm_issuer_auth(&O->is, &q, &s);
    CHECK_EQ(st == JM_OK, q.diag.code == JM_CODE_NONE);
    if (st != JM_OK)
        /* who is refused is nobody */
        CHECK(q.who.how <= JM_AUTH_PUBLIC && q.who.name.len == 0 && q.who.key.len == 0 &&
              q.who.more == NULL);
    return q.diag.code;
}

static struct jm_bytes nonce(enum jm_nonce_kind kind)
{
    struct jm_bytes n;

    MUST(jm_nonce_make(&n, &O->is.nonces, &O->is.base.env, kind, &O->mem));
    return n;
}

static struct jm_bytes answered_with(const char *name)
{
    for (size_t i = 0; i < s.n_headers; i++)
        if (jm_bytes_eq_str(s.header[i].name, name))
            return s.header[i].value;
    return jm_none();
}

static struct jm_bytes finished(const struct jm_jws_draft *d, const struct jm_key *by)
{
    struct jm_bytes out;
    struct jm_sig sig;

    MUST(jm_key_sign(by, d->to_sign, &sig));
    MUST(jm_jws_finish(&out, d, jm_sig_bytes(&sig), &O->mem));
    return out;
}

/* -- a wallet instance -- */

static const char *product = "wallet";

static struct jm_bytes attestation(void)
{
    struct jm_attestation_spec a = {.sub = jm_str(product),
                                    .iat = KIT_NOW,
                                    .exp = KIT_NOW + 100,
                                    .x5c = &leaf,
                                    .n_x5c = 1};
    struct jm_jws_draft d;

    MUST(jm_key_point(&a.instance, K.device_key));
    MUST(jm_attestation_begin(&d, &a, &O->mem));
    return finished(&d, K.other_key);
}

static struct jm_bytes pop(const char *jti, struct jm_bytes challenge)
{
    const struct jm_pop_spec p = {jm_str(product), JM_BYTES(ISSUER), jm_str(jti),
                                  challenge,       KIT_NOW,          0};
    struct jm_jws_draft d;

    MUST(jm_pop_begin(&d, &p, &O->mem));
    return finished(&d, K.device_key);
}

static enum jm_code instance(enum jm_auth auth, struct jm_bytes a, struct jm_bytes p)
{
    ask(auth, JM_ACT_SELF);
    if (a.ptr != NULL)
        header("OAuth-Client-Attestation", a);
    if (p.ptr != NULL)
        header("OAuth-Client-Attestation-PoP", p);
    return answer();
}

TEST(an_instance_is_attested_and_answers_a_challenge_once)
{
    begin();
    const enum jm_auth at = JM_AUTH_CLIENT_ATTESTATION;
    struct jm_bytes a = attestation(), p = pop("1", nonce(JM_NONCE_CHALLENGE));

    CHECK_EQ(instance(at, a, p), JM_CODE_NONE);
    CHECK_EQ(q.who.how, JM_AUTH_CLIENT_ATTESTATION);
    CHECK_STR(q.who.name, "wallet");
    CHECK_EQ(q.who.key.len, 32);
    CHECK_EQ(instance(at, a, p), JM_OAUTH_POP_REPLAYED);
    CHECK_EQ(instance(at, jm_none(), jm_none()), JM_OAUTH_ATTESTATION_MISSING);
    CHECK_EQ(instance(at, a, jm_none()), JM_OAUTH_ATTESTATION_MISSING);
    CHECK_EQ(instance(at, jm_none(), pop("2", nonce(JM_NONCE_CHALLENGE))),
             JM_OAUTH_ATTESTATION_MISSING);
    CHECK_EQ(instance(at, a, pop("3", jm_none())), JM_OAUTH_CHALLENGE);
    CHECK(answered_with("OAuth-Client-Attestation-Challenge").len != 0);
    CHECK_EQ(instance(at, a, pop("4", JM_BYTES("made up"))), JM_OAUTH_CHALLENGE);
    /* of another kind */
    CHECK_EQ(instance(at, a, pop("5", nonce(JM_NONCE_DPOP))), JM_OAUTH_CHALLENGE);
    CHECK_EQ(instance(at, a, pop("6", answered_with("OAuth-Client-Attestation-Challenge"))),
             JM_CODE_NONE);
    end();
}

static struct jm_bytes another_ca(void)
{
    struct jm_cert_spec ca = K.iaca_spec;
    struct jm_key *own = NULL;
    struct jm_bytes der;

    ca.cn = JM_BYTES("Another CA");
    MUST(jm_key_generate(&own));
    MUST(jm_key_point(&ca.key, own));
    der = kit_cert(&K, &ca, own);
    jm_key_free(&own);
    return der;
}

/* What a wallet of that product gets for keys that kr-wallet's provider attests; the nonce is
 * nobody's and is judged after the chain. */
static enum jm_code keys_by_another(const char *client)
{
    struct jm_grant grant = {.client = jm_str(client)};
    struct jm_key_attestation_spec a = {.n = 1,
                                        .nonce = JM_BYTES("n"),
                                        .key_storage = JM_BYTES("urn:jumin:key-level:1"),
                                        .iat = KIT_NOW,
                                        .exp = KIT_NOW + 100,
                                        .x5c = &leaf,
                                        .n_x5c = 1};
    struct jm_credential_req in = {.configuration = parsed(JM_BYTES("\"resident-sdjwt\""))};
    struct jm_diag d = {.code = JM_CODE_NONE};
    struct jm_credential_res out;
    struct jm_jws_draft draft;
    struct jm_point key;

    MUST(jm_key_point(&key, K.reader_key));
    a.key = &key;
    MUST(jm_key_attestation_begin(&draft, &a, &O->mem));
    struct jm_bytes token = finished(&draft, K.other_key);
    in.proofs = parsed(
        jm_str(text_of("{\"attestation\":[\"%.*s\"]}", (int)token.len, (const char *)token.ptr)));
    CHECK(jm_credential_issue(&O->is, &out, &grant, &in, &O->mem, &d) != JM_OK);
    return d.code;
}

/* Of several providers each attests its own product: by the CA of one nobody speaks for another
 * that is registered. */
TEST(a_product_is_attested_by_its_own_provider)
{
    static const struct {
        const char *product;
        enum jm_code code;
    } rows[] = {{"kr-wallet", JM_CODE_NONE},
                {"eu-wallet", JM_OAUTH_ATTESTATION_CHAIN},
                {"nobody-registered", JM_CODE_NONE}};
    const enum jm_auth at = JM_AUTH_CLIENT_ATTESTATION;

    begin();
    trusts(2, "eu-wallet", another_ca(), JM_RECORD_ACTIVE);
    pin(4);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        product = rows[i].product;
        ROW(CHECK_EQ(instance(at, attestation(), pop(rows[i].product, nonce(JM_NONCE_CHALLENGE))),
                     rows[i].code),
            rows[i].product);
    }
    product = "wallet";
    end();
}

/* A product whose provider was stopped is nobody's: only one that is not registered at all is
 * attested by any of them. */
TEST(a_product_that_was_stopped_is_attested_by_nobody)
{
    static const struct {
        const char *name, *product;
        enum jm_record_state state;
        bool flagged;
        enum jm_code client, keys;
    } rows[] = {
        {"suspended", "eu-wallet", JM_RECORD_SUSPENDED, false, JM_OAUTH_ATTESTATION_CHAIN,
         JM_VCI_KEY_ATTESTATION_CHAIN},
        {"ended", "eu-wallet", JM_RECORD_ENDED, false, JM_OAUTH_ATTESTATION_CHAIN,
         JM_VCI_KEY_ATTESTATION_CHAIN},
        {"flagged", "eu-wallet", JM_RECORD_ACTIVE, true, JM_OAUTH_ATTESTATION_CHAIN,
         JM_VCI_KEY_ATTESTATION_CHAIN},
        {"active, by another", "eu-wallet", JM_RECORD_ACTIVE, false, JM_OAUTH_ATTESTATION_CHAIN,
         JM_VCI_KEY_ATTESTATION_CHAIN},
        {"its own", "kr-wallet", JM_RECORD_SUSPENDED, false, JM_CODE_NONE, JM_VCI_NONCE},
        {"not registered", "eu-walle", JM_RECORD_SUSPENDED, false, JM_CODE_NONE, JM_VCI_NONCE},
    };

    begin();
    const struct jm_bytes ca = another_ca();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        trusts(0, "kr-wallet", K.iaca_der, JM_RECORD_ACTIVE); /* again: pin() sorts them */
        trusts(2, "eu-wallet", ca, rows[i].state);
        e[4].key = JM_BYTES("flag/3/eu-wallet");
        MUST(jm_record_write(&e[4].record, 1, JM_RECORD_ACTIVE, JM_BYTES("\xa1\x01\x01"), &K.mem));
        pin(rows[i].flagged ? 5 : 4);
        product = rows[i].product;
        ROW(CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, attestation(),
                              pop(rows[i].name, nonce(JM_NONCE_CHALLENGE))),
                     rows[i].client),
            rows[i].name);
        ROW(CHECK_EQ(keys_by_another(rows[i].product), rows[i].keys), rows[i].name);
    }
    product = "wallet";
    end();
}

TEST(each_header_once)
{
    begin();
    for (int which = 0; which < 4; which++) {
        struct jm_bytes p = pop("1", nonce(JM_NONCE_CHALLENGE)), a = attestation();

        ask(which < 2 ? JM_AUTH_CLIENT_ATTESTATION : JM_AUTH_PUBLIC, JM_ACT_SELF);
        header("OAuth-Client-Attestation", a);
        header("OAuth-Client-Attestation-PoP", p);
        header(which % 2 == 0 ? "OAuth-Client-Attestation" : "oauth-client-attestation-pop",
               which % 2 == 0 ? a : p);
        CHECK_EQ(answer(), JM_OAUTH_ATTESTATION_FORM);
    }
    end();
}

/* A public route asks nobody who they are; who says it is held to it. */
TEST(a_public_route)
{
    begin();
    CHECK_EQ(instance(JM_AUTH_PUBLIC, jm_none(), jm_none()), JM_CODE_NONE);
    CHECK(q.who.how == JM_AUTH_PUBLIC && q.who.more == NULL);
    CHECK_EQ(instance(JM_AUTH_PUBLIC, attestation(), jm_none()), JM_OAUTH_ATTESTATION_MISSING);
    CHECK_EQ(instance(JM_AUTH_PUBLIC, attestation(), pop("1", JM_BYTES("made up"))),
             JM_OAUTH_CHALLENGE);
    CHECK_EQ(instance(JM_AUTH_PUBLIC, attestation(), pop("1", nonce(JM_NONCE_CHALLENGE))),
             JM_CODE_NONE);
    CHECK_EQ(q.who.how, JM_AUTH_CLIENT_ATTESTATION);
    end();
}

/* -- a token and the key it is bound to -- */

static void grant(const struct jm_key *to)
{
    uint8_t hash[32], jkt[32], none[32] = {0};
    struct jm_id id = {{7}};
    struct jm_point p;

    MUST(jm_key_point(&p, to));
    MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &p));
    MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES(TOKEN), hash));
    office_run("INSERT INTO token (hash, kind, desk_case, instance, jkt, client, created, expires) "
               "VALUES ($1, 1, $2, $3, $4, 'wallet', $5, $6)",
               JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_ID(&id), JM_B(jm_bytes(none, 32)),
                       JM_B(jm_bytes(jkt, 32)), JM_I(O->now), JM_I(O->now + 60)));
}

static struct jm_bytes dpop(const struct jm_key *by, const char *jti, struct jm_bytes fresh,
                            struct jm_bytes token)
{
    struct jm_dpop_spec d = {.htm = "POST",
                             .htu = JM_BYTES(ISSUER PATH),
                             .jti = jm_str(jti),
                             .nonce = fresh,
                             .access_token = token,
                             .iat = KIT_NOW};
    struct jm_jws_draft draft;

    MUST(jm_key_point(&d.key, by));
    MUST(jm_dpop_begin(&draft, &d, &jm_crypto_openssl, &O->mem));
    return finished(&draft, by);
}

static enum jm_code token(const char *authorization, struct jm_bytes proof)
{
    ask(JM_AUTH_DPOP, JM_ACT_SELF);
    if (authorization != NULL)
        header("Authorization", jm_str(authorization));
    if (proof.ptr != NULL)
        header("DPoP", proof);
    return answer();
}

/* I-08: bound to its key; another key, another scheme, no header: refused. */
TEST(a_token_is_one_keys)
{
    const struct jm_bytes t = JM_BYTES(TOKEN);

    begin();
    grant(K.device_key);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "1", nonce(JM_NONCE_DPOP), t)), JM_CODE_NONE);
    CHECK_EQ(q.who.how, JM_AUTH_DPOP);
    CHECK_STR(q.who.name, "wallet");
    CHECK_EQ(token("dpop " TOKEN, dpop(K.device_key, "2", nonce(JM_NONCE_DPOP), t)), JM_CODE_NONE);
    CHECK_EQ(token(NULL, dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t)), JM_OAUTH_TOKEN_MISSING);
    CHECK_EQ(token("DPoP ", dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_TOKEN_MISSING);
    CHECK_EQ(token("DPoX " TOKEN, dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_TOKEN_MISSING);
    CHECK_EQ(token("DPoP" TOKEN, dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_TOKEN_MISSING);
    CHECK_EQ(token("Bearer " TOKEN, dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_TOKEN_SCHEME);
    CHECK_EQ(token("DPoP B" TOKEN,
                   dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), JM_BYTES("B" TOKEN))),
             JM_OAUTH_TOKEN_UNKNOWN);
    CHECK_EQ(token("DPoP " TOKEN, jm_none()), JM_OAUTH_DPOP_MISSING);
    CHECK_EQ(token("DPoP " TOKEN, JM_BYTES("")), JM_OAUTH_DPOP_MISSING);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.other_key, "3", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_DPOP_BINDING);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), jm_none())),
             JM_OAUTH_DPOP_TOKEN);
    CHECK_EQ(token("DPoP " TOKEN,
                   dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), JM_BYTES("B" TOKEN))),
             JM_OAUTH_DPOP_TOKEN);
    O->now += 60;
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "4", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_TOKEN_UNKNOWN);
    end();
}

static enum jm_status sweep_spent(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_spent_sweep_in(tx, jm_tx_now(tx));
}

/* RFC 9449 4.3 (11): with a nonce of ours the proof's age is the nonce's, and no phone is refused
 * for its clock alone. */
TEST(a_proof_of_a_clock_that_differs)
{
    static const int64_t off[] = {45, -45, 300, -300, 86400, -86400};

    begin();
    grant(K.device_key);
    for (size_t i = 0; i < JM_ARRAY_LEN(off); i++) {
        struct jm_dpop_spec d = {.htm = "POST",
                                 .htu = JM_BYTES(ISSUER PATH),
                                 .jti = jm_str(text_of("%d", (int)i)),
                                 .nonce = nonce(JM_NONCE_DPOP),
                                 .access_token = JM_BYTES(TOKEN),
                                 .iat = KIT_NOW + off[i]};
        struct jm_jws_draft draft;

        MUST(jm_key_point(&d.key, K.device_key));
        MUST(jm_dpop_begin(&draft, &d, &jm_crypto_openssl, &O->mem));
        CHECK_EQ(token("DPoP " TOKEN, finished(&draft, K.device_key)), JM_CODE_NONE);
        d.nonce = jm_none();
        MUST(jm_dpop_begin(&draft, &d, &jm_crypto_openssl, &O->mem));
        /* it gets one, whatever its clock says */
        CHECK_EQ(token("DPoP " TOKEN, finished(&draft, K.device_key)), JM_OAUTH_DPOP_NONCE);
    }
    end();
}

TEST(a_proof_is_fresh_and_goes_once)
{
    const struct jm_bytes t = JM_BYTES(TOKEN);
    struct jm_bytes once;

    begin();
    grant(K.device_key);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "1", jm_none(), t)), JM_OAUTH_DPOP_NONCE);
    struct jm_bytes given = answered_with("DPoP-Nonce");
    CHECK(given.len != 0);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "1", JM_BYTES("made up"), t)),
             JM_OAUTH_DPOP_NONCE);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "1", nonce(JM_NONCE_CHALLENGE), t)),
             JM_OAUTH_DPOP_NONCE);
    once = dpop(K.device_key, "1", given, t);
    CHECK_EQ(token("DPoP " TOKEN, once), JM_CODE_NONE);
    CHECK_EQ(token("DPoP " TOKEN, once), JM_OAUTH_DPOP_REPLAYED);
    CHECK_EQ(token("DPoP " TOKEN, dpop(K.device_key, "1", nonce(JM_NONCE_DPOP), t)),
             JM_OAUTH_DPOP_REPLAYED);
    ask(JM_AUTH_DPOP, JM_ACT_SELF);
    header("Authorization", JM_BYTES("DPoP " TOKEN));
    header("DPoP", dpop(K.device_key, "2", nonce(JM_NONCE_DPOP), t));
    header("dpop", dpop(K.device_key, "3", nonce(JM_NONCE_DPOP), t));
    CHECK_EQ(answer(), JM_OAUTH_DPOP_MISSING);
    end();
}

/* C-04: what was used is kept once all else holds, in the store that all processes share, as long
 * as it could come again, and no longer. */
TEST(what_was_used_is_kept_no_longer_than_it_counts)
{
    static const char spent[] = "SELECT count(*) FROM spent";

    begin();
    grant(K.device_key);
    struct jm_bytes a = attestation(), old = pop("1", nonce(JM_NONCE_CHALLENGE)),
                    proof = dpop(K.device_key, "1", nonce(JM_NONCE_DPOP), JM_BYTES(TOKEN));
    for (int i = 0; i < 3; i++) { /* a flood of what is refused leaves nothing */
        CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, a, pop("1", JM_BYTES("made up"))),
                 JM_OAUTH_CHALLENGE);
        CHECK_EQ(token("DPoP " TOKEN,
                       dpop(K.device_key, "1", JM_BYTES("made up"), JM_BYTES(TOKEN))),
                 JM_OAUTH_DPOP_NONCE);
    }
    O->now += JM_CLOCK_SKEW_S + 1;
    /* the time before the jti */
    CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, a, old), JM_OAUTH_POP_TIME);
    CHECK_EQ(office_number(spent, JM_NO_ARGS), 0);
    O->now = KIT_NOW;
    CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, a, old), JM_CODE_NONE);
    CHECK_EQ(token("DPoP " TOKEN, proof), JM_CODE_NONE);
    CHECK(office_number(spent, JM_NO_ARGS) >= 2);
    jm_nonces_init(&O->is.nonces); /* another process, the same store */
    CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, a, old), JM_OAUTH_POP_REPLAYED);
    CHECK_EQ(token("DPoP " TOKEN, proof), JM_OAUTH_DPOP_REPLAYED);
    /* when nothing of it would be taken any more */
    O->now += 2 * JM_NONCE_TTL_S + 2 * JM_CLOCK_SKEW_S;
    MUST(jm_tx_run(&O->is.base.env, sweep_spent, NULL));
    CHECK_EQ(office_number(spent, JM_NO_ARGS), 0);
    CHECK_EQ(instance(JM_AUTH_CLIENT_ATTESTATION, a, old), JM_OAUTH_ATTESTATION_EXPIRED);
    end();
}

/* -- people of the authority, and its operator -- */

#define ORIGIN "https://desk.example"

static struct jm_bytes signed_in(const char *name, enum jm_staff_role role)
{
    struct jm_staff who = {.name = jm_str(name),
                           .centre = JM_BYTES(OFFICE_CENTRE),
                           .role = role,
                           .state = 1};
    char c[44], *out = (char *)test_malloc(44);
    struct jm_diag d = {0};
    struct jm_bytes octets;
    struct jm_sig sig;

    MUST(jm_key_point(&who.key, K.device_key));
    MUST(jm_staff_add(&O->is.base.env, &who, NULL, &O->mem, NULL));
    MUST(jm_staff_challenge(&O->is.base.env, who.name, c));
    MUST(jm_staff_to_sign(&octets, who.name, jm_str(c), JM_BYTES(ORIGIN), &O->mem));
    MUST(jm_key_sign(K.device_key, octets, &sig));
    MUST(jm_staff_session(&O->is.base.env, who.name, jm_str(c), JM_BYTES(ORIGIN),
                          jm_sig_bytes(&sig), out, &O->mem, &d));
    return jm_str(text_of("Bearer %s", out));
}

static enum jm_code staff(struct jm_bytes authorization, enum jm_act act)
{
    ask(JM_AUTH_STAFF_SESSION, act);
    if (authorization.ptr != NULL)
        header("Authorization", authorization);
    return answer();
}

/* D-400 to D-413. domain.md 11: C clerk, S supervisor, A agent, O operator, - nobody alone; the
 * auditor reads the till alone. D-405: an agent never resumes; D-407: only a supervisor voids;
 * D-403: a clerk asks; D-412, D-408, D-410: nobody at all.
 */
TEST(staff_do_what_their_role_may)
{
    static const struct {
        enum jm_act act;
        const char *who;
    } rows[] = {{JM_ACT_D_400, "CS"},  {JM_ACT_D_401, "C"},      {JM_ACT_D_402, "CS"},
                {JM_ACT_D_403, "CS"},  {JM_ACT_D_403_GRANT, ""}, {JM_ACT_D_403_CHIP, "S"},
                {JM_ACT_D_404, "CSA"}, {JM_ACT_D_405, "CS"},     {JM_ACT_D_406, "CS"},
                {JM_ACT_D_407, "CS"},  {JM_ACT_D_407_VOID, "S"}, {JM_ACT_D_407_TILL, "CSU"},
                {JM_ACT_D_408, ""},    {JM_ACT_D_409, ""},       {JM_ACT_D_410, ""},
                {JM_ACT_D_411, "O"},   {JM_ACT_D_412, ""},       {JM_ACT_D_413, "S"},
                {JM_ACT_SELF, "CSAOU"}};
    static const char letters[] = "CSAOU";
    struct jm_bytes session[5];

    begin();
    for (int r = 0; r < 5; r++)
        session[r] = signed_in(text_of("staff%d", r), (enum jm_staff_role)(r + 1));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (int r = 0; r < 5; r++) {
            bool may = strchr(rows[i].who, letters[r]) != NULL;

            /* D-401, D-403: a supervisor who was just proven, see below */
            bool could = (rows[i].act == JM_ACT_D_401 || rows[i].act == JM_ACT_D_403_GRANT) &&
                         letters[r] == 'S';

            could = could || (rows[i].act == JM_ACT_D_403_CHIP && letters[r] == 'C');

            CHECK_EQ(staff(session[r], rows[i].act), may     ? JM_CODE_NONE
                                                     : could ? JM_STAFF_STEP_UP
                                                             : JM_STAFF_ROLE);
            if (may)
                CHECK(q.who.how == JM_AUTH_STAFF_SESSION && q.who.roles == 1u << (r + 1) &&
                      jm_bytes_eq_str(q.who.centre, OFFICE_CENTRE));
        }
    CHECK_EQ(staff(jm_none(), JM_ACT_D_400), JM_STAFF_SESSION);
    CHECK_EQ(staff(JM_BYTES("Bearer "), JM_ACT_D_400), JM_STAFF_SESSION);
    CHECK_EQ(staff(JM_BYTES("Bearer nothing"), JM_ACT_D_400), JM_STAFF_SESSION);
    CHECK_EQ(staff(jm_str(text_of("DPoP %s", (const char *)session[0].ptr + 7)), JM_ACT_D_400),
             JM_STAFF_SESSION);
    O->now += JM_SESSION_IDLE_S + 1;
    CHECK_EQ(staff(session[0], JM_ACT_D_400), JM_STAFF_SESSION);
    end();
}

/* The same of each row of the desk itself: who may, and who may once freshly proven. */
TEST(each_row_of_the_desk_is_its_acts)
{
    static const struct {
        const char *metric, *may, *proven;
    } rows[] = {{"DESK_SESSION", "CSAOU", ""},   {"DESK_SIGN_OUT", "CSAOU", ""},
                {"DESK_FIND", "CS", ""},                                   /* D-400 */
                {"DESK_DAY", "CS", ""},          {"DESK_PHOTO", "C", "S"}, /* D-401 */
                {"DESK_OPEN", "CS", ""},                                   /* D-402 */
                {"DESK_SHOW", "CS", ""},         {"DESK_EVENTS", "CS", ""},
                {"DESK_CODE", "CS", ""},         {"DESK_CANCEL", "CS", ""},
                {"DESK_REFUSE_CASE", "CS", ""},  {"DESK_REFUSE", "CS", ""},
                {"DESK_PHOTO_ASK", "CS", ""}, /* D-403 */
                {"DESK_PHOTO_ASKS", "CS", ""},   {"DESK_PHOTO_GRANT", "", "S"},
                {"DESK_SUSPEND", "CSA", ""},     /* D-404 */
                {"DESK_RESUME", "CS", ""},       /* D-405: an agent never */
                {"DESK_PLASTIC_LOST", "CS", ""}, /* D-406 */
                {"DESK_FEE_PRICE", "CS", ""},    /* D-407 */
                {"DESK_FEE", "CS", ""},          {"DESK_FEE_VOID", "S", ""},
                {"DESK_TILL", "CSU", ""},        {"DESK_CHIP", "S", "C"},
                {"DESK_ORDER", "CS", ""},        {"DESK_ORDERS", "CS", ""}, /* D-406 */
                {"DESK_ORDER_PRICE", "CS", ""},  {"DESK_ORDERS_OF", "CS", ""},
                {"DESK_ORDER_CANCEL", "CS", ""}, {"DESK_ORDER_COLLECT", "CS", ""},
                {"DESK_TAKEOVER", "CS", ""},     {"DESK_APPLICATIONS", "CS", ""}, /* D-402 */
                {"DESK_DECIDE", "CS", ""}};
    static const char letters[] = "CSAOU";
    struct jm_bytes session[5];
    size_t found = 0;

    begin();
    for (int r = 0; r < 5; r++)
        session[r] = signed_in(text_of("staff%d", r), (enum jm_staff_role)(r + 1));
    const struct {
        const struct jm_route *row;
        size_t n;
    } table[] = {{jm_desk_routes, jm_desk_n_routes},
                 {jm_orders_routes, jm_orders_n_routes},
                 {jm_tap_routes, jm_tap_n_routes}};
    for (size_t i = 0, t = 0; t < JM_ARRAY_LEN(table); i++) {
        const struct jm_route *of = &table[t].row[i];
        size_t k = 0;

        if (i == table[t].n) {
            i = SIZE_MAX; /* the next one's first */
            t++;
            continue;
        }

        if (of->auth != JM_AUTH_STAFF_SESSION)
            continue;
        while (k < JM_ARRAY_LEN(rows) && strcmp(rows[k].metric, of->metric) != 0)
            k++;
        ROW(CHECK(k < JM_ARRAY_LEN(rows)), of->metric);
        if (k == JM_ARRAY_LEN(rows))
            continue;
        found++;
        for (int proven = 0; proven < 2; proven++) {
            office_run("UPDATE staff_session SET proven = $1", JM_ARGS(JM_I(proven ? O->now : 0)));
            for (int r = 0; r < 5; r++) {
                bool may = strchr(rows[k].may, letters[r]) != NULL,
                     could = strchr(rows[k].proven, letters[r]) != NULL;

                ask(JM_AUTH_STAFF_SESSION, of->act);
                q.route = of;
                header("Authorization", session[r]);
                ROW(CHECK_EQ(answer(), may || (could && proven) ? JM_CODE_NONE
                                       : could                  ? JM_STAFF_STEP_UP
                                                                : JM_STAFF_ROLE),
                    of->metric);
            }
        }
    }
    CHECK_EQ(found, JM_ARRAY_LEN(rows));
    end();
}

/* D-401: a supervisor sees a photo within five minutes after a passkey, and by no other sign-in. */
TEST(a_supervisor_proves_it_again)
{
    begin();
    struct jm_bytes session = signed_in("chief", JM_ROLE_SUPERVISOR);
    struct jm_bytes other = signed_in("helper", JM_ROLE_AGENT);

    CHECK_EQ(staff(session, JM_ACT_D_401), JM_STAFF_STEP_UP);
    CHECK_EQ(q.who.step_up_s, 0);
    office_run("UPDATE staff_session SET proven = $1", JM_ARGS(JM_I(O->now)));
    CHECK_EQ(staff(session, JM_ACT_D_401), JM_CODE_NONE);
    CHECK_EQ(q.who.step_up_s, O->now);
    CHECK_EQ(staff(other, JM_ACT_D_401), JM_STAFF_ROLE);
    O->now += JM_STEP_UP_S;
    CHECK_EQ(staff(session, JM_ACT_D_401), JM_CODE_NONE);
    O->now++;
    CHECK_EQ(staff(session, JM_ACT_D_401), JM_STAFF_STEP_UP);
    CHECK_EQ(staff(session, JM_ACT_D_400), JM_CODE_NONE);
    end();
}

/* D-420: what a page asks by itself keeps nobody's session awake; all else is a person's deed. */
TEST(a_page_left_open_is_no_activity)
{
    begin();
    for (size_t i = 0; i < jm_desk_n_routes; i++) {
        const struct jm_route *r = &jm_desk_routes[i];
        bool looks = strcmp(r->metric, "DESK_SHOW") == 0 || strcmp(r->metric, "DESK_EVENTS") == 0;

        if (r->auth != JM_AUTH_STAFF_SESSION)
            continue;
        struct jm_bytes session = signed_in(text_of("clerk%d", (int)i), JM_ROLE_CLERK);
        O->now += JM_SESSION_IDLE_S - 1;
        ask(JM_AUTH_STAFF_SESSION, r->act);
        q.route = r;
        header("Authorization", session);
        (void)answer();
        O->now += 2;
        ROW(CHECK_EQ(staff(session, JM_ACT_SELF), looks ? JM_STAFF_SESSION : JM_CODE_NONE),
            r->path);
    }
    end();
}

static enum jm_code by_cookie(enum jm_method method, const char *cookie, const char *origin)
{
    ask(JM_AUTH_STAFF_SESSION, JM_ACT_D_400);
    q.method = method;
    header("Cookie", jm_str(cookie));
    if (origin != NULL)
        header("Origin", jm_str(origin));
    return answer();
}

/* A browser's way to carry the same session: what writes says where it comes from, and the router
 * has compared that. */
TEST(a_cookie_carries_a_session)
{
    static const char own[] = "https://issuer.example";

    begin();
    const char *token = (const char *)signed_in("kim", JM_ROLE_CLERK).ptr + 7;
    const char *cookie = text_of(JM_DESK_COOKIE "=%s", token);

    CHECK_EQ(by_cookie(JM_GET, cookie, NULL), JM_CODE_NONE);
    CHECK(jm_bytes_eq_str(q.who.session, token) && jm_bytes_eq_str(q.who.name, "kim"));
    CHECK_EQ(by_cookie(JM_POST, cookie, own), JM_CODE_NONE);
    CHECK_EQ(by_cookie(JM_POST, cookie, NULL), JM_HTTP_ORIGIN);
    CHECK_EQ(by_cookie(JM_POST, text_of("a=b; " JM_DESK_COOKIE "=%s; c=d", token), own),
             JM_CODE_NONE);
    CHECK_EQ(by_cookie(JM_POST, text_of("x" JM_DESK_COOKIE "=%s", token), own), JM_STAFF_SESSION);
    CHECK_EQ(by_cookie(JM_POST, text_of(JM_DESK_COOKIE "x=%s", token), own), JM_STAFF_SESSION);
    CHECK_EQ(by_cookie(JM_POST, text_of("%s; " JM_DESK_COOKIE "=other", cookie), own),
             JM_STAFF_SESSION);
    CHECK_EQ(by_cookie(JM_POST, text_of(JM_DESK_COOKIE "=other; %s", cookie), own),
             JM_STAFF_SESSION);
    CHECK_EQ(by_cookie(JM_GET, JM_DESK_COOKIE "=", NULL), JM_STAFF_SESSION);
    /* a script's header counts, whatever cookie comes along */
    ask(JM_AUTH_STAFF_SESSION, JM_ACT_D_400);
    header("Authorization", JM_BYTES("Bearer nothing"));
    header("Cookie", jm_str(cookie));
    header("Origin", jm_str(own));
    CHECK_EQ(answer(), JM_STAFF_SESSION);
    O->now += JM_SESSION_IDLE_S + 1;
    CHECK_EQ(by_cookie(JM_GET, cookie, NULL), JM_STAFF_SESSION);
    end();
}

static enum jm_code operator(const char *authorization) {
    ask(JM_AUTH_LOCAL, JM_ACT_D_413);
    if (authorization != NULL) header("Authorization", jm_str(authorization));
    return answer();
}

TEST(the_operator_knows_a_secret)
{
    begin();
    CHECK_EQ(operator("Bearer the operator's"), JM_CODE_NONE);
    CHECK_EQ(q.who.how, JM_AUTH_LOCAL);
    CHECK_EQ(operator("Bearer the operators"), JM_STAFF_SESSION);
    CHECK_EQ(operator("DPoP the operator's"), JM_STAFF_SESSION);
    CHECK_EQ(operator("Bearer "), JM_STAFF_SESSION);
    CHECK_EQ(operator("Bearex the operator's"), JM_STAFF_SESSION);
    CHECK_EQ(operator(NULL), JM_STAFF_SESSION);
    /* Where no secret was made, or that of an empty text, nobody is the operator. */
    MUST(jm_sha256(&jm_crypto_openssl, jm_none(), O->is.operator_hash));
    CHECK_EQ(operator(NULL), JM_STAFF_SESSION);
    CHECK_EQ(operator("Bearer "), JM_STAFF_SESSION);
    end();
}

/* A kind of route that the issuer does not have is answered to nobody. */
TEST(no_other_kind_of_route)
{
    begin();
    ask(JM_AUTH_SERVICE_KEY, JM_ACT_SELF);
    CHECK_ST(jm_issuer_auth(&O->is, &q, &s), JM_E_BUG);
    ask((enum jm_auth)99, JM_ACT_SELF);
    CHECK_ST(jm_issuer_auth(&O->is, &q, &s), JM_E_BUG);
    end();
}
