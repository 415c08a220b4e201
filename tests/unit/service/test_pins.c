/* SPDX-License-Identifier: Apache-2.0 */
/* D-357: a PIN's tries are counted before they are answered, slow down, end at the tenth; strangers
 * count for nobody; the count falls back by the holder's signature over the count that is. */
#include "unit/service/office.h"

#include "jumin/base64.h"
#include "service/provider/pins.h"

#define BASE "https://provider.example"

static struct jm_provider p;
static struct jm_key *instance, *reset, *other;
static struct jm_diag d;
static struct jm_id id;
static struct jm_pin_try_res res;
static int64_t wait_s;
static const uint8_t auth[32] = {7}, secret_v[32] = {8};

static void begin(void)
{
    office_begin("2025-01-15T10:00:30+09:00");
    office_provider_tables();
    memset(&p, 0, sizeof p);
    p.base.env = O->is.base.env;
    p.id = JM_BYTES(BASE);
    jm_nonces_init(&p.nonces);
    MUST(jm_key_generate(&instance));
    MUST(jm_key_generate(&reset));
    MUST(jm_key_generate(&other));
}

static void end(void)
{
    jm_key_free(&instance);
    jm_key_free(&reset);
    jm_key_free(&other);
    office_end();
}

static struct jm_bytes challenge(void)
{
    struct jm_bytes c;

    MUST(jm_nonce_make(&c, &p.nonces, &p.base.env, JM_NONCE_PROVIDER, &O->mem));
    return c;
}

static struct jm_bytes point_of(const struct jm_key *k)
{
    struct jm_point *point = (struct jm_point *)(void *)test_malloc(sizeof *point);

    MUST(jm_key_point(point, k));
    return jm_point_bytes(point);
}

/* -- set -- */

struct set_lie {
    bool other_key, other_auth, short_auth, short_key, no_nonce, old_challenge;
};

static enum jm_code set_with(struct jm_bytes c, const struct set_lie *l)
{
    const struct jm_bytes said[] = {JM_BYTES("jumin-pin/1"),
                                    jm_bytes(l->other_auth ? secret_v : auth, 32),
                                    point_of(l->other_key ? other : reset)};
    struct jm_pin_set_req in = {.auth = jm_bytes(auth, l->short_auth ? 31 : 32),
                                .key = jm_slice(point_of(reset), 0, l->short_key ? 64 : 65)};
    struct jm_instance_proof_spec proof = {.aud = JM_BYTES(BASE),
                                           .challenge = c,
                                           .platform = JM_BYTES("test"),
                                           .iat = O->now};
    struct jm_pin_set_res out;
    struct jm_jws_draft draft;
    struct jm_sig sig;
    uint8_t hash[32];

    MUST(jm_key_point(&proof.instance, instance));
    MUST(jm_crypto_openssl.hash(JM_SHA256, said, 3, hash));
    if (!l->no_nonce)
        MUST(jm_b64url_encode(&proof.nonce, &O->mem, jm_bytes(hash, 32)));
    MUST(jm_instance_proof_begin(&draft, &proof, &O->mem));
    MUST(jm_key_sign(instance, draft.to_sign, &sig));
    MUST(jm_jws_finish(&in.proof, &draft, jm_sig_bytes(&sig), &O->mem));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    if (jm_pin_set(&p, &out, &in, &O->mem, &d) != JM_OK)
        return d.code;
    id = out.id;
    return JM_CODE_NONE;
}

static void set_pin(void)
{
    static const struct set_lie truth = {.no_nonce = false};

    CHECK_EQ(set_with(challenge(), &truth), JM_CODE_NONE);
}

/* -- try -- */

static enum jm_code try_as(struct jm_bytes c, const uint8_t by[32], const uint8_t v[32])
{
    const struct jm_bytes said[] = {JM_BYTES("jumin-pin-try/1"), jm_bytes(id.octets, 16), c,
                                    jm_bytes(v, 32)};
    struct jm_pin_try_req in = {.id = id, .challenge = c, .v = jm_bytes(v, 32)};
    uint8_t mac[32];

    MUST(jm_crypto_openssl.hmac(JM_SHA256, jm_bytes(by, 32), said, 4, mac));
    in.mac = jm_bytes(mac, 32);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_pin_try(&p, &res, &in, &wait_s, &O->mem, &d) == JM_OK ? JM_CODE_NONE : d.code;
}

static enum jm_code try_pin(void)
{
    return try_as(challenge(), auth, secret_v);
}

static enum jm_code right_by(const struct jm_key *key, struct jm_bytes c, int64_t count,
                             int64_t signed_count)
{
    uint8_t n[4];
    struct jm_bytes said,
        parts[] = {JM_BYTES("jumin-pin-right/1"), jm_bytes(id.octets, 16), c, jm_bytes(n, 4)};
    struct jm_pin_right_req in = {.id = id, .challenge = c, .count = count};
    struct jm_sig sig;

    jm_put_u32_be(n, (uint32_t)signed_count);
    MUST(jm_concat(&said, &O->mem, parts, 4));
    MUST(jm_key_sign(key, said, &sig));
    in.signature = jm_sig_bytes(&sig);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_pin_right(&p, &in, &O->mem, &d) == JM_OK ? JM_CODE_NONE : d.code;
}

static enum jm_code right(int64_t count)
{
    return right_by(reset, challenge(), count, count);
}

TEST(a_share_is_that_of_its_pin)
{
    uint8_t first[32];

    begin();
    set_pin();
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK(res.count == 1 && res.left == 9);
    memcpy(first, res.octets, 32);
    CHECK_EQ(try_as(challenge(), auth, auth), JM_CODE_NONE); /* another PIN */
    CHECK(memcmp(first, res.octets, 32) != 0);
    CHECK_EQ(right(2), JM_CODE_NONE);
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK(memcmp(first, res.octets, 32) == 0 && res.count == 1);
    CHECK_EQ(right(1), JM_CODE_NONE);
    set_pin(); /* a new PIN: another share of the same digits */
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK(memcmp(first, res.octets, 32) != 0 && res.count == 1);
    end();
}

/* A change may break off between any two requests: one of both opens, never neither. */
TEST(a_change_of_the_pin_breaks_off)
{
    struct jm_id old, fresh, third;

    begin();
    set_pin();
    old = id;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(right(1), JM_CODE_NONE);
    set_pin(); /* and here it breaks off */
    fresh = id;
    id = old;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    id = fresh; /* or here, once it was tried */
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    id = old;
    CHECK_EQ(right(1), JM_CODE_NONE); /* the old one is the PIN: the new one is nobody's */
    id = fresh;
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_UNKNOWN);
    set_pin();
    fresh = id;
    set_pin(); /* begun anew: what was never right is gone */
    third = id;
    id = fresh;
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_UNKNOWN);
    id = third;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(right(1), JM_CODE_NONE);
    id = old; /* the new one was right: the old one is nobody's */
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_UNKNOWN);
    CHECK_EQ(right(0), JM_PROVIDER_PIN_UNKNOWN);
    id = third;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM pin", JM_NO_ARGS), 1);
    end();
}

TEST(set_by_the_instance_alone)
{
    static const struct {
        const char *name;
        struct set_lie lie;
    } rows[] = {{"another key", {.other_key = true}},
                {"another auth", {.other_auth = true}},
                {"a short auth", {.short_auth = true}},
                {"a short key", {.short_key = true}},
                {"nothing signed", {.no_nonce = true}}};
    static const struct set_lie truth = {.no_nonce = false};
    struct jm_bytes c;

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(set_with(challenge(), &rows[i].lie), JM_PROVIDER_PIN_PROOF), rows[i].name);
    c = challenge();
    CHECK_EQ(set_with(c, &truth), JM_CODE_NONE);
    CHECK_EQ(set_with(c, &truth), JM_PROVIDER_CHALLENGE);
    c = challenge();
    O->now += JM_PROVIDER_CHALLENGE_TTL_S + 1;
    CHECK_EQ(set_with(c, &truth), JM_PROVIDER_CHALLENGE);
    end();
}

/* 1, 2 free; 30 s, 90 s, 5 min; the tenth is the last. A wait does not count. */
TEST(tries_slow_down_and_end)
{
    static const int64_t waits[] = {0, 0, 30, 90, 300, 300, 300, 300, 300};

    begin();
    set_pin();
    for (size_t i = 0; i < JM_ARRAY_LEN(waits); i++) {
        CHECK_EQ(try_pin(), JM_CODE_NONE);
        CHECK_EQ(res.count, (int64_t)i + 1);
        CHECK_EQ(res.left, 9 - (int64_t)i);
        if (waits[i] == 0)
            continue;
        CHECK_EQ(try_pin(), JM_PROVIDER_PIN_WAIT);
        CHECK_EQ(wait_s, waits[i]);
        O->now += waits[i] - 1;
        CHECK_EQ(try_pin(), JM_PROVIDER_PIN_WAIT);
        CHECK_EQ(wait_s, 1);
        O->now += 1;
    }
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK(res.count == 10 && res.left == 0);
    O->now += 86400;
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_LOCKED);
    CHECK_EQ(right(10), JM_PROVIDER_PIN_LOCKED); /* not even by who had opened it: k is gone */
    set_pin();
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(res.count, 1);
    end();
}

TEST(strangers_count_for_nobody)
{
    struct jm_bytes c;

    begin();
    set_pin();
    for (int i = 0; i < 20; i++)
        CHECK_EQ(try_as(challenge(), secret_v, secret_v), JM_PROVIDER_PIN_PROOF);
    CHECK_EQ(try_as(JM_BYTES("none of ours"), auth, secret_v), JM_PROVIDER_CHALLENGE);
    c = challenge();
    CHECK_EQ(try_as(c, auth, secret_v), JM_CODE_NONE);
    CHECK_EQ(res.count, 1);
    CHECK_EQ(try_as(c, auth, secret_v), JM_PROVIDER_CHALLENGE); /* heard and said again */
    id.octets[3] ^= 1;
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_UNKNOWN);
    CHECK_EQ(right(1), JM_PROVIDER_PIN_UNKNOWN);
    id.octets[3] ^= 1;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(res.count, 2);
    end();
}

/* A fault of ours is no try of the holder's: nothing is counted where nothing can be answered. */
TEST(the_signer_is_away)
{
    begin();
    set_pin();
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    for (int i = 0; i < 12; i++) {
        struct jm_bytes c = challenge();

        O->signer_away = true;
        CHECK_EQ(try_as(c, auth, secret_v), JM_CODE_NONE); /* unavailable: no code of ours */
        CHECK_EQ(office_number("SELECT tries FROM pin", JM_NO_ARGS), 1);
        O->signer_away = false;
    }
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(res.count, 2);
    end();
}

/* Of two tries at once each is judged where it is counted: what was free when the share was asked
 * for may not be any more. */
static bool another_comes;

static enum jm_status meddle(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                             struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    struct jm_pin_try_res mine = res;

    if (another_comes && jm_bytes_starts(in->items[0], JM_BYTES("jumin-pin/1"))) {
        another_comes = false;
        CHECK_EQ(try_pin(), JM_CODE_NONE);
        res = mine;
    }
    return office_sign(ctx, op, purpose, key, in, out);
}

TEST(two_tries_at_once)
{
    struct jm_signer signer = {meddle, NULL};

    begin();
    set_pin();
    p.base.env.signer = &signer;
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    another_comes = true; /* the third, after which one waits */
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_WAIT);
    CHECK(wait_s == 30 && !another_comes);
    CHECK_EQ(office_number("SELECT tries FROM pin", JM_NO_ARGS), 3);
    end();
}

/* The count falls back only by the key, over the count that is. */
TEST(somebody_else_tried)
{
    struct jm_bytes c;

    begin();
    set_pin();
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(right(1), JM_PROVIDER_PIN_COUNT);
    CHECK_EQ(right(3), JM_PROVIDER_PIN_COUNT);
    CHECK_EQ(right_by(other, challenge(), 2, 2), JM_PROVIDER_PIN_PROOF);
    CHECK_EQ(right_by(reset, challenge(), 2, 1), JM_PROVIDER_PIN_PROOF);
    CHECK_EQ(right_by(reset, JM_BYTES("none of ours"), 2, 2), JM_PROVIDER_CHALLENGE);
    c = challenge();
    CHECK_EQ(right_by(reset, c, 2, 2), JM_CODE_NONE);
    CHECK_EQ(try_pin(), JM_CODE_NONE);
    CHECK_EQ(res.count, 1);
    CHECK_EQ(right_by(reset, c, 1, 1), JM_PROVIDER_CHALLENGE); /* heard and said again */
    end();
}

TEST(withdrawn_and_forgotten)
{
    static const struct set_lie truth = {.no_nonce = false};
    uint8_t jkt[32];
    struct jm_point point;

    begin();
    set_pin();
    MUST(jm_key_point(&point, instance));
    MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &point));
    MUST(jm_provider_withdraw(&p.base.env, jkt, NULL));
    CHECK_EQ(try_pin(), JM_PROVIDER_WITHDRAWN);
    CHECK_EQ(right(0), JM_PROVIDER_WITHDRAWN);
    CHECK_EQ(set_with(challenge(), &truth), JM_PROVIDER_WITHDRAWN);
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_UNKNOWN);
    end();
}

/* Who has set a PIN came to stay, though nothing was heard since; not for ever. */
TEST(a_pin_outlives_the_days_of_those_who_came_once)
{
    begin();
    set_pin();
    O->now += JM_INSTANCE_ONCE_S;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM pin", JM_NO_ARGS), 1);
    O->now += JM_INSTANCE_KEEP_S;
    MUST(jm_provider_sweep(&p.base.env));
    CHECK_EQ(office_number("SELECT count(*) FROM pin", JM_NO_ARGS), 0);
    end();
}

/* A clock that fell back shortens no wait. */
TEST(the_clock_falls_back)
{
    static const struct set_lie truth = {.no_nonce = false};

    begin();
    set_pin();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(try_pin(), JM_CODE_NONE);
    O->now -= 20;
    CHECK_EQ(try_pin(), JM_PROVIDER_PIN_WAIT);
    CHECK_EQ(wait_s, 50);
    O->behind = true;
    CHECK_EQ(try_pin(), JM_CMD_CLOCK_BACK);
    CHECK_EQ(right(3), JM_CMD_CLOCK_BACK);
    CHECK_EQ(set_with(challenge(), &truth), JM_CMD_CLOCK_BACK);
    end();
}
