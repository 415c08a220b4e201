/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#include "host/openssl/ed25519.h"
#include "jumin/book.h"
#include "jumin/code.h"
#include "jumin/tlog_policy.h"

static struct jm_arena mem;

TEST(vectors_of_policies)
{
    struct jm_arena file = arena(1 << 18);
    const struct jm_json *rows = vector_json("ledger/policies-a.json", &file);
    size_t n = 0;

    for (const struct jm_json *row = child_of(rows); row != NULL; row = row->next, n++) {
        struct jm_policy p;
        struct jm_diag d = {0};
        bool valid = jm_json_is_true(row, "valid");

        mem = arena(1 << 16);
        ROW(CHECK_EQ(jm_policy_read(&p, exact(text_of(row, "policy")), CRYPTO, &mem, &d) == JM_OK,
                     valid) &&
                CHECK_EQ(d.code, valid ? JM_CODE_NONE : JM_LEDGER_POLICY_FORM) &&
                CHECK_EQ(p.n == 0 && p.n_logs == 0, !valid || p.quorum == 0),
            (const char *)text_of(row, "note").ptr);
    }
    CHECK_EQ(n, 12);
}

#define LOG "log.example/a0+1a8c91a5+AXtOgeToftXYvvQVRd1xJ81KIX3IyYQ/vtGgX2FRwScT"
#define X "witness.example/a0+f5b69046+BKjUpoIbbnrIhVrYaIM7s9E7kCHe/DNxPETN6U2AAYQI"
#define Y "witness.example/a1+02643cb3+BBDH2MW0Nrsh/Ag+SispNHcMhuOmiwrXsTj3umGqI8Zk"
#define TWO "witness x " X "\nwitness y " Y "\n"

TEST(lines_of_policies)
{
    static const struct {
        const char *name, *text;
        enum jm_status st;
        size_t line;
    } rows[] = {
        {"a witness alone", "witness x " X "\nquorum x\n", JM_OK, 0},
        {"a log with an address", "log " LOG " https://l\nquorum none\n", JM_OK, 0},
        {"empty", "", JM_E_MALFORMED, 0},
        {"no newline at the end", "quorum none", JM_E_MALFORMED, 0},
        {"no quorum", "log " LOG "\n", JM_E_MISSING, 1},
        {"a quorum of nobody", "quorum\n", JM_E_MALFORMED, 1},
        {"two names", TWO "quorum x y\n", JM_E_MALFORMED, 3},
        {"an unknown quorum", TWO "quorum z\n", JM_E_ABSENT, 3},
        {"a quorum before its witness", "quorum x\n" TWO, JM_E_ABSENT, 1},
        {"two quorums", "quorum none\nquorum none\n", JM_E_DUPLICATE, 2},
        {"a witness named none", "witness none " X "\nquorum none\n", JM_E_MALFORMED, 1},
        {"a witness without a name", "witness\nquorum none\n", JM_E_MALFORMED, 1},
        {"a witness without a key", "witness x\nquorum x\n", JM_E_MALFORMED, 1},
        {"three fields behind the name", "witness x " X " u v\nquorum x\n", JM_E_MALFORMED, 1},
        {"a name twice", "witness x " X "\nwitness x " Y "\nquorum x\n", JM_E_DUPLICATE, 2},
        {"a key twice", "witness x " X "\nwitness y " X "\nquorum x\n", JM_E_DUPLICATE, 2},
        {"a log twice", "log " LOG "\nlog " LOG "\nquorum none\n", JM_E_DUPLICATE, 2},
        {"a log's key cosigns", "witness x " LOG "\nquorum x\n", JM_E_UNSUPPORTED, 1},
        {"a cosigner's key as a log", "log " X "\nquorum none\n", JM_E_UNSUPPORTED, 1},
        {"a group of none", "group g any\nquorum g\n", JM_E_RANGE, 1},
        {"a group without k", "group g\nquorum g\n", JM_E_MALFORMED, 1},
        {"k with a leading zero", TWO "group g 01 x y\nquorum g\n", JM_E_MALFORMED, 3},
        {"k negative", TWO "group g -1 x y\nquorum g\n", JM_E_MALFORMED, 3},
        {"k large", TWO "group g 4294967297 x y\nquorum g\n", JM_E_RANGE, 3},
        {"a member twice", TWO "group g 2 x x\nquorum g\n", JM_E_DUPLICATE, 3},
        {"itself", TWO "group g any g\nquorum g\n", JM_E_ABSENT, 3},
        {"a group's name again", TWO "group x any y\nquorum x\n", JM_E_DUPLICATE, 3},
        {"another word", "quorums none\nquorum none\n", JM_E_MALFORMED, 1},
        {"word in capitals", "Quorum none\n", JM_E_MALFORMED, 1},
        {"carriage return", "quorum none\r\n", JM_E_MALFORMED, 1},
        {"delete in a comment", "# \x7F\nquorum none\n", JM_E_MALFORMED, 1},
        {"form feed", "quorum\fnone\n", JM_E_MALFORMED, 1},
        {"not UTF-8", "# \xFF\nquorum none\n", JM_E_MALFORMED, 0},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_policy p;
        struct jm_diag d = {0};

        mem = arena(1 << 16);
        ROW(CHECK_ST(jm_policy_read(&p, exact(jm_str(rows[i].text)), CRYPTO, &mem, &d),
                     rows[i].st) &&
                CHECK_EQ(d.offset, rows[i].line),
            rows[i].name);
    }
}

TEST(a_key_under_two_names_counts_once)
{
    struct jm_buf b = room(1000);
    struct jm_policy p;
    struct jm_vkey x, other;

    mem = arena(1 << 16);
    CHECK_OK(jm_vkey_read(&x, jm_str(X), CRYPTO, &mem));
    CHECK_OK(jm_vkey_make(&other, JM_BYTES("z"), JM_NOTE_COSIGNATURE, x.key, CRYPTO));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("witness x " X "\nwitness z ")));
    CHECK_OK(jm_vkey_put(&b, &other));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\nquorum none\n")));
    CHECK_ST(jm_policy_read(&p, jm_written(b), CRYPTO, &mem, NULL), JM_E_DUPLICATE);
}

TEST(members_and_logs_have_an_end)
{
    struct jm_buf members = room(JM_POLICY_MAX), logs = room(JM_POLICY_MAX);
    struct jm_policy p;
    char line[40];

    CHECK_OK(jm_buf_put(&members, JM_BYTES("quorum none\nwitness g0 " X "\n")));
    CHECK_OK(jm_buf_put(&logs, JM_BYTES("quorum none\n")));
    for (unsigned i = 1; i <= JM_POLICY_MEMBERS_MAX + 1; i++) {
        uint8_t octets[JM_ED25519_KEY_LEN] = {(uint8_t)i, (uint8_t)(i >> 8)};
        enum jm_status want = i <= JM_POLICY_MEMBERS_MAX ? JM_OK : JM_E_LIMIT;
        struct jm_vkey k;

        mem = arena(1 << 16);
        CHECK_ST(jm_policy_read(&p, jm_written(members), CRYPTO, &mem, NULL), want);
        CHECK_EQ(p.n, want == JM_OK ? i : 0);
        snprintf(line, sizeof line, "group g%u 1 g%u\n", i, i - 1);
        CHECK_OK(jm_buf_put(&members, jm_str(line)));
        CHECK_OK(jm_vkey_make(&k, JM_BYTES("l"), JM_NOTE_ED25519, jm_bytes(octets, sizeof octets),
                              CRYPTO));
        CHECK_OK(jm_buf_put(&logs, JM_BYTES("log ")));
        CHECK_OK(jm_vkey_put(&logs, &k));
        CHECK_OK(jm_buf_put(&logs, JM_BYTES("\n")));
        CHECK_ST(jm_policy_read(&p, jm_written(logs), CRYPTO, &mem, NULL), want);
        CHECK_EQ(p.n_logs, want == JM_OK ? i : 0);
    }
}

TEST(addresses_are_kept)
{
    struct jm_policy p;

    mem = arena(1 << 16);
    CHECK_OK(jm_policy_read(&p,
                            JM_BYTES("log " LOG "\t https://l\nwitness x " X " \nquorum none\n"),
                            CRYPTO, &mem, NULL));
    CHECK_STR(p.log[0].url, "https://l");
    CHECK(p.member[0].url.ptr == NULL && p.quorum == 0);
}

TEST(limits_of_policies)
{
    struct jm_buf b = room(JM_POLICY_MAX + 1);
    struct jm_policy p;

    CHECK_OK(jm_buf_put(&b, JM_BYTES("quorum none\n")));
    while (b.len < JM_POLICY_MAX)
        CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    mem = arena(1 << 16);
    CHECK_OK(jm_policy_read(&p, jm_written(b), CRYPTO, &mem, NULL));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_ST(jm_policy_read(&p, jm_written(b), CRYPTO, &mem, NULL), JM_E_LIMIT);
    mem = arena(1000);
    CHECK_ST(jm_policy_read(&p, JM_BYTES("quorum none\n"), CRYPTO, &mem, NULL), JM_E_NO_SPACE);
}

/* -- checkpoints -- */

static struct jm_policy policy_a(void)
{
    struct jm_policy p;

    CHECK_OK(jm_policy_read(&p, vector("ledger/policy-a.txt"), CRYPTO, &mem, NULL));
    return p;
}

TEST(vectors_of_checkpoints)
{
    struct jm_arena file = arena(1 << 18);
    const struct jm_json *rows = vector_json("ledger/checkpoints-a.json", &file);
    size_t n = 0;

    for (const struct jm_json *row = child_of(rows); row != NULL; row = row->next, n++) {
        struct jm_bytes why = text_of(row, "why");
        struct jm_judged_checkpoint j;
        bool valid = jm_json_is_true(row, "valid");

        mem = arena(1 << 17);
        struct jm_reading r = ledger_reading(&mem);
        struct jm_policy p = policy_a();
        r.now = (int64_t)uint_of(row, "now");
        ROW(CHECK_EQ(jm_checkpoint_judge(&j, exact(text_of(row, "checkpoint")), &p, &r) == JM_OK,
                     valid) &&
                CHECK_EQ(kit_diag.code, valid                            ? JM_CODE_NONE
                                        : jm_bytes_eq_str(why, "quorum") ? JM_LEDGER_BUNDLE_QUORUM
                                                                         : JM_LEDGER_BUNDLE_NOTE),
            (const char *)text_of(row, "note").ptr);
        if (valid)
            CHECK_EQ(j.fresh, uint_of(row, "fresh"));
        CHECK_EQ(j.cp.size, valid ? 19 : 0);
    }
    CHECK_EQ(n, 12);
}

/* The first of the vectors, whole. */
static struct jm_bytes good_checkpoint(void)
{
    struct jm_arena file = arena(1 << 18);

    return exact(text_of(child_of(vector_json("ledger/checkpoints-a.json", &file)), "checkpoint"));
}

static struct jm_policy changes_policy;

static bool accepts_checkpoint(struct jm_bytes octets)
{
    struct jm_arena own = still_arena();
    struct jm_reading r = ledger_reading(&own);
    struct jm_judged_checkpoint j;

    return jm_checkpoint_judge(&j, octets, &changes_policy, &r) == JM_OK;
}

TEST(a_checkpoint_is_refused_changed)
{
    mem = arena(1 << 17);
    changes_policy = policy_a();
    check_refuses_changes(good_checkpoint(), accepts_checkpoint, NULL, 0);
}

TEST(a_checkpoint_of_another_log)
{
    struct jm_judged_checkpoint j;
    struct jm_policy p;

    mem = arena(1 << 17);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_bytes cp = good_checkpoint();
    CHECK_OK(jm_policy_read(&p, JM_BYTES("log " LOG "\nquorum none\n"), CRYPTO, &mem, NULL));
    CHECK_ST(jm_checkpoint_judge(&j, cp, &p, &r), JM_E_DENIED);
    CHECK_EQ(kit_diag.code, JM_LEDGER_BUNDLE_ORIGIN);
}

/* -- quorums of our own, with the time -- */

static const char *const cosigner[] = {"c0", "c1", "c2", "c3"};

static struct jm_vkey make_signer(const char *name, enum jm_note_type type,
                                  struct jm_secret32 *seed)
{
    uint8_t *key = test_malloc(JM_ED25519_KEY_LEN);
    struct jm_vkey k;

    memset(seed, 0, sizeof *seed);
    memcpy(seed->octets, name, strlen(name));
    CHECK_OK(jm_ed25519_public(key, seed));
    CHECK_OK(jm_vkey_make(&k, jm_str(name), type, jm_bytes(key, JM_ED25519_KEY_LEN), CRYPTO));
    return k;
}

static struct jm_policy policy_of(const char *groups)
{
    struct jm_buf *b = JM_NEW(&mem, struct jm_buf);
    struct jm_secret32 seed;
    struct jm_policy p;
    struct jm_vkey k = make_signer("o.example", JM_NOTE_ED25519, &seed);

    *b = room(2000);
    CHECK_OK(jm_buf_put(b, JM_BYTES("log ")));
    CHECK_OK(jm_vkey_put(b, &k));
    for (size_t i = 0; i < JM_ARRAY_LEN(cosigner); i++) {
        k = make_signer(cosigner[i], JM_NOTE_COSIGNATURE, &seed);
        CHECK_OK(jm_buf_put(b, JM_BYTES("\nwitness ")));
        CHECK_OK(jm_buf_put(b, jm_str(cosigner[i])));
        CHECK_OK(jm_buf_put(b, JM_BYTES(" ")));
        CHECK_OK(jm_vkey_put(b, &k));
    }
    CHECK_OK(jm_buf_put(b, JM_BYTES("\n")));
    CHECK_OK(jm_buf_put(b, jm_str(groups)));
    CHECK_OK(jm_policy_read(&p, jm_written(*b), CRYPTO, &mem, NULL));
    return p;
}

/* Times of the four cosigners; 0: has not signed. */
static struct jm_bytes checkpoint_of(const int64_t time[4])
{
    const struct jm_checkpoint cp = {JM_BYTES("o.example"), 5, {{7}}};
    struct jm_buf b = room(2000);
    struct jm_secret32 seed;
    struct jm_vkey k = make_signer("o.example", JM_NOTE_ED25519, &seed);
    struct jm_bytes text, message;
    struct jm_sig sig;

    CHECK_OK(jm_checkpoint_put(&b, &cp));
    text = jm_written(b);
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_OK(jm_ed25519_sign(&sig, &seed, text));
    CHECK_OK(jm_note_put_sig(&b, &k, jm_sig_bytes(&sig)));
    for (size_t i = 0; i < 4; i++) {
        if (time[i] == 0)
            continue;
        k = make_signer(cosigner[i], JM_NOTE_COSIGNATURE, &seed);
        CHECK_OK(jm_cosignature_message(&message, time[i], text, &mem));
        CHECK_OK(jm_ed25519_sign(&sig, &seed, message));
        CHECK_OK(jm_note_put_cosignature(&b, &k, time[i], jm_sig_bytes(&sig)));
    }
    return exact(jm_written(b));
}

TEST(freshness)
{
#define NODES "group n 2 c0 c1 c2\n"
#define ALL NODES "group a all n c3\nquorum a\n"
#define N KIT_LEDGER_NOW
    static const struct {
        const char *name, *groups;
        int64_t time[4], fresh; /* 0: no quorum */
    } rows[] = {
        {"one witness", "quorum c0\n", {10, 0, 0, 0}, 10},
        {"the witness is missing", "quorum c0\n", {0, 20, 20, 20}, 0},
        {"two of three: the older of the newest two", NODES "quorum n\n", {10, 20, 30, 0}, 20},
        {"one of three", NODES "quorum n\n", {0, 0, 30, 99}, 0},
        {"all: the outsider bounds it", ALL, {10, 20, 30, 15}, 15},
        {"all: the nodes bound it", ALL, {10, 20, 30, 40}, 20},
        {"all: no outsider", ALL, {10, 20, 30, 0}, 0},
        {"all: too few nodes", ALL, {10, 0, 0, 40}, 0},
        {"any", "group g any c1 c2\nquorum g\n", {99, 10, 20, 0}, 20},
        {"at the edge of what is to come", "quorum c0\n", {N + 600, 0, 0, 0}, N + 600},
        {"beyond it", "quorum c0\n", {N + 601, 0, 0, 0}, 0},
        {"who is ahead does not count, the others do",
         NODES "quorum n\n",
         {10, 20, N + 601, 0},
         10},
        {"a group that is in no quorum", NODES "quorum c3\n", {0, 0, 0, 7}, 7},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_judged_checkpoint j;

        mem = arena(1 << 17);
        struct jm_reading r = ledger_reading(&mem);
        struct jm_policy p = policy_of(rows[i].groups);
        ROW(CHECK_ST(jm_checkpoint_judge(&j, checkpoint_of(rows[i].time), &p, &r),
                     rows[i].fresh == 0 ? JM_E_DENIED : JM_OK) &&
                CHECK_EQ(j.fresh, rows[i].fresh) &&
                CHECK_EQ(kit_diag.code,
                         rows[i].fresh == 0 ? JM_LEDGER_BUNDLE_QUORUM : JM_CODE_NONE),
            rows[i].name);
    }
}

TEST(no_quorum_is_never_fresh)
{
    static const int64_t times[4] = {10, 20, 30, 40};
    struct jm_judged_checkpoint j;

    mem = arena(1 << 17);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_policy p = policy_of("quorum none\n");
    CHECK_OK(jm_checkpoint_judge(&j, checkpoint_of(times), &p, &r));
    CHECK_EQ(j.fresh, 0);
    CHECK_EQ(j.cp.size, 5);
}

/* -- by promises -- */

TEST(a_checkpoint_is_judged_by_promises)
{
    static struct jm_book book;
    uint8_t *own = test_malloc(1 << 16);
    struct jm_bytes octets;
    struct jm_judged_checkpoint j;
    enum jm_status st;
    size_t asked = 0;

    mem = arena(1 << 17);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_policy p = policy_a();
    octets = good_checkpoint();
    jm_book_init(&book, own, 1 << 16);
    struct jm_answers by = jm_book_answers(&book);
    r.answers = &by;
    while ((st = jm_checkpoint_judge(&j, octets, &p, &r)) == JM_E_PENDING) {
        const struct jm_ask *ask;
        struct jm_answer a = {.kind = JM_ASK_VERIFY};

        CHECK_EQ(jm_book_asks(&book, &ask), 1);
        CHECK(j.cp.size == 0 && ask->kind == JM_ASK_VERIFY && ask->alg == JM_ALG_EDDSA);
        a.st = jm_openssl_verify(NULL, ask->alg, ask->key, ask->data, ask->sig);
        CHECK_OK(jm_book_answer(&book, ask->id, &a));
        jm_book_rewind(&book);
        if (++asked > JM_NOTE_SIGS_MAX)
            break;
    }
    CHECK_OK(st);
    CHECK_EQ(asked, 5);
    CHECK_EQ(j.fresh, 1900001120);
}
