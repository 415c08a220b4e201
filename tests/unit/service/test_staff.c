/* SPDX-License-Identifier: Apache-2.0 */
/* D-304, D-409: two operators approve, each by their own key, and nobody else does. */
#include "unit/service/office.h"

#include "service/staff/parts.h"

static struct jm_key *key[4];
static const char *const names[] = {"kim", "lee", "choi", "han"};
static const enum jm_staff_role roles[] = {JM_ROLE_OPERATOR, JM_ROLE_OPERATOR, JM_ROLE_CLERK,
                                           JM_ROLE_OPERATOR};
static const uint8_t what[32] = {1, 2, 3}, other[32] = {1, 2, 4};

static struct jm_approver by_at(const char *name, size_t with, const uint8_t hash[32], int64_t when)
{
    struct jm_approver a = {jm_str(name), {NULL, 0}, when};
    struct jm_sig *sig = (void *)test_malloc(sizeof *sig);
    struct jm_bytes octets;

    MUST(jm_staff_approval(&octets, a.name, hash, a.at, &O->mem));
    MUST(jm_key_sign(key[with], octets, sig));
    a.sig = jm_sig_bytes(sig);
    return a;
}

static struct jm_approver by(const char *name, size_t with, const uint8_t hash[32])
{
    return by_at(name, with, hash, O->now);
}

/* kim and lee are operators, choi a clerk, han an operator with kim's key: the third one needs the
 * first two. */
static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        struct jm_staff s = {.name = jm_str(names[i]),
                             .centre = JM_BYTES(OFFICE_CENTRE),
                             .role = roles[i],
                             .state = 1};
        uint8_t hash[32];

        MUST(jm_key_generate(&key[i]));
        MUST(jm_key_point(&s.key, key[i == 3 ? 0 : i]));
        MUST(jm_staff_what(hash, true, &s, &jm_crypto_openssl));
        const struct jm_approver two[2] = {by("kim", 0, hash), by("lee", i == 0 ? 0 : 1, hash)};
        MUST(jm_staff_add(&O->is.base.env, &s, i == 3 ? two : NULL, &O->mem, NULL));
    }
}

static enum jm_status ended(const char *name, bool by_two, struct jm_diag *d)
{
    struct jm_staff s = {.name = jm_str(name)};
    uint8_t hash[32];

    MUST(jm_staff_what(hash, false, &s, &jm_crypto_openssl));
    const struct jm_approver two[2] = {by("kim", 0, hash), by("lee", 1, hash)};
    return jm_staff_remove(&O->is.base.env, s.name, by_two ? two : NULL, &O->mem, d);
}

static void end(void)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(key); i++)
        jm_key_free(&key[i]);
    office_end();
}

TEST(two_operators_and_nobody_else)
{
    static const struct {
        const char *name, *first, *second;
        size_t with_first, with_second;
        bool other; /* the second one approves something else */
        enum jm_code code;
    } rows[] = {
        {"two operators", "kim", "lee", 0, 1, false, JM_CODE_NONE},
        {"the same two the other way round", "lee", "kim", 1, 0, false, JM_CODE_NONE},
        {"one of them twice", "kim", "kim", 0, 0, false, JM_RP_SECOND_APPROVER},
        {"one key under two names", "kim", "han", 0, 0, false, JM_RP_SECOND_APPROVER},
        {"a clerk", "kim", "choi", 0, 2, false, JM_STAFF_ROLE},
        {"a clerk first", "choi", "kim", 2, 0, false, JM_STAFF_ROLE},
        {"another's name", "kim", "lee", 0, 0, false, JM_STAFF_SIGNATURE},
        {"approved was something else", "kim", "lee", 0, 1, true, JM_STAFF_SIGNATURE},
        {"nobody of that name", "kim", "park", 0, 1, false, JM_STAFF_SIGNATURE},
        {"no signature", "kim", "lee", 0, SIZE_MAX, false, JM_STAFF_SIGNATURE},
    };
    struct jm_diag gone = {0};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        int64_t before =
            office_number("SELECT count(*) FROM audit WHERE act = 'RP_APPROVE'", JM_NO_ARGS);
        struct jm_approver two[2] = {by(rows[i].first, rows[i].with_first, what),
                                     {jm_str(rows[i].second), {NULL, 0}, O->now}};
        struct jm_diag d = {0};

        if (rows[i].with_second != SIZE_MAX)
            two[1] = by(rows[i].second, rows[i].with_second, rows[i].other ? other : what);
        enum jm_status st = jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d);

        ROW(CHECK_EQ(d.code, rows[i].code) && CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE),
            rows[i].name);
        ROW(CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'RP_APPROVE'",
                                   JM_NO_ARGS) -
                         before,
                     st == JM_OK ? 2 : 0),
            rows[i].name);
    }
    static const size_t lens[] = {0, JM_SIG_LEN - 1, JM_SIG_LEN + 1, JM_SIG_MAX};
    for (size_t i = 0; i < JM_ARRAY_LEN(lens); i++) {
        struct jm_approver two[2] = {by("kim", 0, what), by("lee", 1, what)};
        struct jm_diag d = {0};

        two[1].sig.len = lens[i];
        CHECK_ST(jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d),
                 JM_E_UNAUTHENTICATED);
        CHECK_EQ(d.code, JM_STAFF_SIGNATURE);
    }
    MUST(ended("lee", true, NULL));
    const struct jm_approver two[2] = {by("kim", 0, what), by("lee", 1, what)};

    CHECK_ST(jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &gone),
             JM_E_UNAUTHENTICATED);
    CHECK_EQ(gone.code, JM_STAFF_SIGNATURE);
    end();
}

/* An approval carries its time, and ends. */
TEST(an_approval_ends)
{
    begin();
    const struct {
        const char *name;
        int64_t from_now;
        enum jm_code code;
    } rows[] = {{"ten minutes ago", -JM_APPROVAL_TTL_S, JM_CODE_NONE},
                {"longer ago", -JM_APPROVAL_TTL_S - 1, JM_STAFF_APPROVAL_TIME},
                {"a clock ahead", JM_APPROVAL_SKEW_S, JM_CODE_NONE},
                {"of a time to come", JM_APPROVAL_SKEW_S + 1, JM_STAFF_APPROVAL_TIME}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_approver two[2] = {by("kim", 0, what),
                                     by_at("lee", 1, what, O->now + rows[i].from_now)};
        struct jm_diag d = {0};
        enum jm_status st = jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d);

        ROW(CHECK_EQ(d.code, rows[i].code) && CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE),
            rows[i].name);
        two[1].at = O->now; /* another time than was signed */
        d = (struct jm_diag){0};
        ROW(CHECK_ST(jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d),
                     JM_E_UNAUTHENTICATED),
            rows[i].name);
    }
    end();
}

/* One person with two keys would be two operators: the third comes, and one goes, by two who are
 * there. */
TEST(an_operator_is_not_made_by_one)
{
    struct jm_staff s = {.name = JM_BYTES("yoon"),
                         .centre = JM_BYTES(OFFICE_CENTRE),
                         .role = JM_ROLE_OPERATOR,
                         .state = 1};
    struct jm_diag d = {0};
    uint8_t hash[32];

    begin();
    MUST(jm_key_point(&s.key, key[2]));
    CHECK_ST(jm_staff_add(&O->is.base.env, &s, NULL, &O->mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_SECOND_APPROVER);
    MUST(jm_staff_what(hash, true, &s, &jm_crypto_openssl));
    const struct jm_approver two[2] = {by("kim", 0, hash), by("lee", 1, hash)},
                             alone[2] = {by("kim", 0, hash), by("han", 0, hash)};
    d = (struct jm_diag){0};
    CHECK_ST(jm_staff_add(&O->is.base.env, &s, alone, &O->mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_SECOND_APPROVER);
    struct jm_staff changed = s;

    MUST(jm_key_point(&changed.key, key[1])); /* approved was another key */
    d = (struct jm_diag){0};
    CHECK_ST(jm_staff_add(&O->is.base.env, &changed, two, &O->mem, &d), JM_E_UNAUTHENTICATED);
    changed = s;
    changed.centre = JM_BYTES("1111111111");
    CHECK_ST(jm_staff_add(&O->is.base.env, &changed, two, &O->mem, NULL), JM_E_UNAUTHENTICATED);
    MUST(jm_staff_add(&O->is.base.env, &s, two, &O->mem, NULL));
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_ADD' AND reason LIKE "
                           "'yoon operator " OFFICE_CENTRE " %'",
                           JM_NO_ARGS),
             1);
    d = (struct jm_diag){0};
    CHECK_ST(ended("yoon", false, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_SECOND_APPROVER);
    CHECK_OK(ended("yoon", true, NULL));
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_REMOVE' AND reason LIKE "
                           "'yoon operator %'",
                           JM_NO_ARGS),
             1);
    d = (struct jm_diag){0};
    /* a name never gets another key */
    CHECK_ST(jm_staff_add(&O->is.base.env, &s, two, &O->mem, &d), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_STAFF_EXISTS);
    d = (struct jm_diag){0};
    CHECK_ST(ended("yoon", true, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_STAFF_USER_UNKNOWN);
    CHECK_OK(ended("choi", false, NULL)); /* a clerk goes by one */
    end();
}

/* A signature for one is none for the other. */
TEST(a_sign_in_is_no_approval)
{
    struct jm_bytes octets, hash;
    struct jm_sig sig;
    struct jm_diag d = {0};

    begin();
    struct jm_approver two[2] = {by("kim", 0, what), {JM_BYTES("lee"), {NULL, 0}, O->now}};
    MUST(jm_b64url_encode(&hash, &O->mem, jm_bytes(what, 32)));
    MUST(jm_staff_to_sign(&octets, JM_BYTES("lee"), hash, JM_BYTES("https://issuer.example"),
                          &O->mem));
    MUST(jm_key_sign(key[1], octets, &sig));
    two[1].sig = jm_sig_bytes(&sig);
    CHECK_ST(jm_staff_approve(&O->is.base.env, two, what, "RP_APPROVE", &O->mem, &d),
             JM_E_UNAUTHENTICATED);
    CHECK_EQ(d.code, JM_STAFF_SIGNATURE);
    end();
}

/* -- sign-in -- */

#define ORIGIN "https://issuer.example"

struct sign_in {
    const char *name, *signs_as, *origin;
    size_t with;
    int64_t after_s;
    int longer; /* so many octets of the signature more */
};

/* Asks for a challenge as one, answers as another; gives the code of the refusal. */
static enum jm_code sign_in(const struct sign_in *s, char token[44])
{
    struct jm_diag d = {0};
    struct jm_bytes octets;
    struct jm_sig sig;
    char c[44];

    MUST(jm_staff_challenge(&O->is.base.env, jm_str(s->name), c));
    O->now += s->after_s;
    MUST(jm_staff_to_sign(&octets, jm_str(s->signs_as), jm_str(c), jm_str(s->origin), &O->mem));
    MUST(jm_key_sign(key[s->with], octets, &sig));
    sig.len = (uint8_t)(sig.len + s->longer);
    enum jm_status st = jm_staff_session(&O->is.base.env, jm_str(s->signs_as), jm_str(c),
                                         JM_BYTES(ORIGIN), jm_sig_bytes(&sig), token, &O->mem, &d);
    if (st != JM_OK)
        return d.code;
    /* Once: the same answer again is nobody's. */
    CHECK_ST(jm_staff_session(&O->is.base.env, jm_str(s->signs_as), jm_str(c), JM_BYTES(ORIGIN),
                              jm_sig_bytes(&sig), token + 0, &O->mem, &d),
             JM_E_UNAUTHENTICATED);
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
        {"the clerk", {"choi", "choi", ORIGIN, 2, 0, 0}, JM_CODE_NONE},
        {"after a minute", {"choi", "choi", ORIGIN, 2, 60, 0}, JM_CODE_NONE},
        {"a second later", {"choi", "choi", ORIGIN, 2, 61, 0}, JM_STAFF_CHALLENGE},
        {"another's challenge", {"kim", "choi", ORIGIN, 2, 0, 0}, JM_STAFF_CHALLENGE},
        {"another's key", {"choi", "choi", ORIGIN, 1, 0, 0}, JM_STAFF_SIGNATURE},
        {"dialled elsewhere",
         {"choi", "choi", "https://evil.example", 2, 0, 0},
         JM_STAFF_SIGNATURE},
        /* as for a wrong key: names are not told */
        {"nobody of that name", {"park", "park", ORIGIN, 2, 0, 0}, JM_STAFF_SIGNATURE},
        {"an octet short", {"choi", "choi", ORIGIN, 2, 0, -1}, JM_STAFF_SIGNATURE},
        {"an octet long", {"choi", "choi", ORIGIN, 2, 0, 1}, JM_STAFF_SIGNATURE},
        {"empty", {"choi", "choi", ORIGIN, 2, 0, -JM_SIG_LEN}, JM_STAFF_SIGNATURE},
        {"the longest",
         {"choi", "choi", ORIGIN, 2, 0, JM_SIG_MAX - JM_SIG_LEN},
         JM_STAFF_SIGNATURE},
    };
    char token[44];

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(sign_in(&rows[i].in, token), rows[i].code), rows[i].why);
    end();
}

/* What stands in the row is a point, or nobody signs in by it. */
TEST(a_key_of_another_form_is_no_staff_key)
{
    static const size_t lens[] = {JM_POINT_LEN,
                                  JM_POINT_LEN - 1,
                                  JM_POINT_LEN + 1,
                                  0,
                                  JM_POINT_COMPRESSED_LEN,
                                  JM_POINT_MAX};
    uint8_t octets[JM_POINT_MAX] = {4};
    struct jm_staff s;
    enum jm_status st;

    begin();
    for (size_t i = 0; i <= JM_ARRAY_LEN(lens); i++) {
        octets[0] = i < JM_ARRAY_LEN(lens) ? 4 : 6;
        office_run("UPDATE staff SET key = $1 WHERE name = 'choi'",
                   JM_ARGS(JM_B(jm_bytes(octets, lens[i % JM_ARRAY_LEN(lens)]))));
        JM_READ(st, tx, &O->is.base.env, jm_staff_rows_get(tx, JM_BYTES("choi"), &s, &O->mem));
        CHECK_ST(st, i == 0 ? JM_OK : JM_E_TYPE);
    }
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
    static const struct sign_in clerk = {"choi", "choi", ORIGIN, 2, 0, 0};
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
    struct jm_sig sig;
    char c[44];
    MUST(jm_staff_challenge(&O->is.base.env, JM_BYTES("choi"), c));
    MUST(jm_staff_to_sign(&octets, JM_BYTES("choi"), jm_str(c), JM_BYTES(ORIGIN), &O->mem));
    MUST(jm_key_sign(key[2], octets, &sig));
    CHECK_OK(jm_staff_session(&O->is.base.env, JM_BYTES("choi"), jm_str(c), JM_BYTES(ORIGIN),
                              jm_sig_bytes(&sig), kept, &O->mem, &d));
    CHECK_OK(holds(kept));
    MUST(ended("choi", false, NULL));
    CHECK_ST(holds(kept), JM_E_UNAUTHENTICATED);
    CHECK_EQ(sign_in(&clerk, token), JM_STAFF_SIGNATURE); /* removed: as if never there */
    end();
}
