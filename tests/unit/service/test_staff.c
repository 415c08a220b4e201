/* SPDX-License-Identifier: Apache-2.0 */
/* D-304, D-409: two operators approve, each by their own key, and nobody else does. */
#include "unit/service/office.h"

static struct jm_key *key[4];
static const char *const names[] = {"kim", "lee", "choi", "han"};
static const enum jm_staff_role roles[] = {JM_ROLE_OPERATOR, JM_ROLE_OPERATOR, JM_ROLE_CLERK, JM_ROLE_OPERATOR};
static const uint8_t what[32] = {1, 2, 3}, other[32] = {1, 2, 4};

/* kim and lee are operators, choi a clerk, han an operator with kim's key. */
static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        struct jm_staff s = {.name = jm_str(names[i]), .centre = JM_BYTES(OFFICE_CENTRE), .role = roles[i], .state = 1};

        MUST(jm_key_generate(&key[i]));
        MUST(jm_key_point(&s.key, key[i == 3 ? 0 : i]));
        MUST(jm_staff_add(&O->is.base.env, &s, NULL));
    }
}

static void end(void)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(key); i++)
        jm_key_free(&key[i]);
    office_end();
}

static struct jm_approver by(const char *name, size_t with, const uint8_t hash[32])
{
    struct jm_approver a = {jm_str(name), {NULL, 0}};
    uint8_t *sig = test_malloc(JM_SIG_LEN);
    struct jm_bytes octets;

    MUST(jm_staff_approval(&octets, a.name, hash, &O->mem));
    MUST(jm_key_sign(key[with], octets, sig));
    a.sig = jm_bytes(sig, JM_SIG_LEN);
    return a;
}

TEST(two_operators_and_nobody_else)
{
    begin();
    const struct {
        const char *name;
        struct jm_approver two[2];
        enum jm_code code;
    } rows[] = {
        {"two operators", {by("kim", 0, what), by("lee", 1, what)}, JM_CODE_NONE},
        {"the same two the other way round", {by("lee", 1, what), by("kim", 0, what)}, JM_CODE_NONE},
        {"one of them twice", {by("kim", 0, what), by("kim", 0, what)}, JM_RP_SECOND_APPROVER},
        {"one key under two names", {by("kim", 0, what), by("han", 0, what)}, JM_RP_SECOND_APPROVER},
        {"a clerk", {by("kim", 0, what), by("choi", 2, what)}, JM_STAFF_ROLE},
        {"a clerk first", {by("choi", 2, what), by("kim", 0, what)}, JM_STAFF_ROLE},
        {"another's name", {by("kim", 0, what), by("lee", 0, what)}, JM_STAFF_SIGNATURE},
        {"approved was something else", {by("kim", 0, what), by("lee", 1, other)}, JM_STAFF_SIGNATURE},
        {"nobody of that name", {by("kim", 0, what), by("park", 1, what)}, JM_STAFF_SIGNATURE},
        {"no signature", {by("kim", 0, what), {JM_BYTES("lee"), {NULL, 0}}}, JM_STAFF_SIGNATURE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        int64_t before = office_number("SELECT count(*) FROM audit WHERE act = 'RP_APPROVE'", JM_NO_ARGS);
        struct jm_diag d = {0};
        enum jm_status st = jm_staff_approve(&O->is.base.env, rows[i].two, what, "RP_APPROVE", &O->mem, &d);

        ROW(CHECK_EQ(d.code, rows[i].code) && CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE), rows[i].name);
        ROW(CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'RP_APPROVE'", JM_NO_ARGS) - before, st == JM_OK ? 2 : 0), rows[i].name);
    }
    MUST(jm_staff_remove(&O->is.base.env, JM_BYTES("lee"), NULL));
    struct jm_diag d = {0};
    CHECK_ST(jm_staff_approve(&O->is.base.env, rows[0].two, what, "RP_APPROVE", &O->mem, &d), JM_E_UNAUTHENTICATED);
    CHECK_EQ(d.code, JM_STAFF_SIGNATURE);
    end();
}

/* A signature for one is none for the other. */
TEST(a_sign_in_is_no_approval)
{
    struct jm_bytes octets, hash;
    uint8_t sig[JM_SIG_LEN];
    struct jm_diag d = {0};

    begin();
    struct jm_approver two[2] = {by("kim", 0, what), {JM_BYTES("lee"), {NULL, 0}}};
    MUST(jm_b64url_encode(&hash, &O->mem, jm_bytes(what, 32)));
    MUST(jm_staff_to_sign(&octets, JM_BYTES("lee"), hash, JM_BYTES("https://issuer.example"), &O->mem));
    MUST(jm_key_sign(key[1], octets, sig));
    two[1].sig = jm_bytes(sig, sizeof sig);
    CHECK_ST(jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d), JM_E_UNAUTHENTICATED);
    CHECK_EQ(d.code, JM_STAFF_SIGNATURE);
    end();
}

/* -- sign-in ------------------------------------------------------------------------------------------------------- */

#define ORIGIN "https://issuer.example"

struct sign_in {
    const char *name, *signs_as, *origin;
    size_t with;
    int64_t after_s;
};

/* Asks for a challenge as one, answers as another; gives the code of the refusal. */
static enum jm_code sign_in(const struct sign_in *s, char token[44])
{
    struct jm_diag d = {0};
    struct jm_bytes octets;
    uint8_t sig[JM_SIG_LEN];
    char c[44];

    MUST(jm_staff_challenge(&O->is.base.env, jm_str(s->name), c));
    O->now += s->after_s;
    MUST(jm_staff_to_sign(&octets, jm_str(s->signs_as), jm_str(c), jm_str(s->origin), &O->mem));
    MUST(jm_key_sign(key[s->with], octets, sig));
    enum jm_status st = jm_staff_session(&O->is.base.env, jm_str(s->signs_as), jm_str(c), JM_BYTES(ORIGIN), jm_bytes(sig, sizeof sig), token, &O->mem, &d);
    if (st != JM_OK)
        return d.code;
    /* Once: the same answer again is nobody's. */
    CHECK_ST(jm_staff_session(&O->is.base.env, jm_str(s->signs_as), jm_str(c), JM_BYTES(ORIGIN), jm_bytes(sig, sizeof sig), token + 0, &O->mem, &d), JM_E_UNAUTHENTICATED);
    CHECK_EQ(d.code, JM_STAFF_CHALLENGE);
    return JM_CODE_NONE;
}

TEST(a_challenge_is_its_users_once_for_a_minute)
{
    static const struct {
        const char *why;
        struct sign_in in;
        enum jm_code code;
    } rows[] = {
        {"the clerk", {"choi", "choi", ORIGIN, 2, 0}, JM_CODE_NONE},
        {"after a minute", {"choi", "choi", ORIGIN, 2, 60}, JM_CODE_NONE},
        {"a second later", {"choi", "choi", ORIGIN, 2, 61}, JM_STAFF_CHALLENGE},
        {"another's challenge", {"kim", "choi", ORIGIN, 2, 0}, JM_STAFF_CHALLENGE},
        {"another's key", {"choi", "choi", ORIGIN, 1, 0}, JM_STAFF_SIGNATURE},
        {"dialled elsewhere", {"choi", "choi", "https://evil.example", 2, 0}, JM_STAFF_SIGNATURE},
        {"nobody of that name", {"park", "park", ORIGIN, 2, 0}, JM_STAFF_SIGNATURE}, /* as for a wrong key: names are not told */
    };
    char token[44];

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(sign_in(&rows[i].in, token), rows[i].code), rows[i].why);
    end();
}

static enum jm_status holds(const char *token)
{
    struct jm_staff who;
    enum jm_status st = jm_staff_of_session(&O->is.base.env, jm_str(token), &who, &O->mem);

    if (st == JM_OK)
        CHECK_STR(who.name, "choi");
    return st;
}

TEST(a_session_ends_by_idling_and_with_its_holder)
{
    static const struct sign_in clerk = {"choi", "choi", ORIGIN, 2, 0};
    char token[44], kept[44];

    begin();
    CHECK_EQ(sign_in(&clerk, token), JM_CODE_NONE);
    memcpy(kept, token, sizeof kept);
    CHECK_ST(holds("nothing"), JM_E_UNAUTHENTICATED);
    O->now += JM_SESSION_IDLE_S;
    CHECK_OK(holds(kept)); /* which counts as activity */
    O->now += JM_SESSION_IDLE_S;
    CHECK_OK(holds(kept));
    O->now += JM_SESSION_IDLE_S + 1;
    CHECK_ST(holds(kept), JM_E_UNAUTHENTICATED);
    CHECK_EQ(sign_in(&clerk, kept), JM_CODE_NONE);
    end();

    begin();
    struct jm_diag d = {0};
    struct jm_bytes octets;
    uint8_t sig[JM_SIG_LEN];
    char c[44];
    MUST(jm_staff_challenge(&O->is.base.env, JM_BYTES("choi"), c));
    MUST(jm_staff_to_sign(&octets, JM_BYTES("choi"), jm_str(c), JM_BYTES(ORIGIN), &O->mem));
    MUST(jm_key_sign(key[2], octets, sig));
    CHECK_OK(jm_staff_session(&O->is.base.env, JM_BYTES("choi"), jm_str(c), JM_BYTES(ORIGIN), jm_bytes(sig, sizeof sig), kept, &O->mem, &d));
    CHECK_OK(holds(kept));
    MUST(jm_staff_remove(&O->is.base.env, JM_BYTES("choi"), NULL));
    CHECK_ST(holds(kept), JM_E_UNAUTHENTICATED);
    CHECK_EQ(sign_in(&clerk, token), JM_STAFF_SIGNATURE); /* removed: as if never there */
    end();
}
