/* SPDX-License-Identifier: Apache-2.0 */
/* D-421, D-700, D-458: the chain of the audit log, its signed heads, the signer's own, and every
 * way to bend it. */
#include "unit/service/rows.h"

#include "service/audit/parts.h"

#define ROWS 12
#define LOOK(v) CHECK_OK(jm_audit_verify(&R.env, &R.point, &(v), &R.mem))

#define CLERK (&(const struct jm_actor){JM_BYTES("kim"), JM_BYTES("desk")})

static void add_rows(int n, int head_each)
{
    struct jm_id person = {{1}};

    for (int i = 0; i < n; i++) {
        R.now += 20;
        CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", i % 2 == 0 ? &person : NULL,
                          JM_BYTES("visit"), "done"));
        if (i % head_each == head_each - 1)
            CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    }
}

static void fill(void)
{
    add_rows(ROWS, 4);
}

TEST(an_untouched_chain_holds)
{
    struct jm_audit_verdict v;

    rows_begin();
    LOOK(v);
    CHECK(v.rows == 0 && v.heads == 0 && v.code == JM_CODE_NONE);
    fill();
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL)); /* nothing new: no head */
    CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
    LOOK(v);
    CHECK_EQ(v.rows, ROWS + 1);
    CHECK_EQ(v.heads, 3);
    CHECK_EQ(v.count, 3);
    CHECK_EQ(v.last_head, ROWS);
    CHECK_EQ(v.code, JM_CODE_NONE);
    rows_end();
}

/* Somebody who writes rows by the rules: every hash of the chain is right again. */
struct again {
    struct jm_audit_entry e[ROWS];
    uint8_t text[ROWS][6][32], subject[ROWS][16];
    size_t n;
};

static struct jm_bytes copied(uint8_t room[32], struct jm_bytes b)
{
    if (b.len != 0)
        memcpy(room, b.ptr, b.len);
    return jm_bytes(room, b.len);
}

static enum jm_status take(void *ctx, const struct jm_audit_entry *e,
                           const struct jm_signed_head *head)
{
    struct again *a = ctx;
    uint8_t(*t)[32] = a->text[a->n];

    (void)head;
    a->e[a->n] = *e;
    a->e[a->n].actor = copied(t[0], e->actor);
    a->e[a->n].channel = copied(t[1], e->channel);
    a->e[a->n].act = copied(t[2], e->act);
    a->e[a->n].reason = copied(t[3], e->reason);
    a->e[a->n].outcome = copied(t[4], e->outcome);
    a->e[a->n].subject = copied(t[5], e->subject);
    a->n++;
    return JM_OK;
}

static enum jm_status rewrite_tx(struct jm_tx *tx, void *arg)
{
    struct again *a = arg;
    uint8_t prev[32] = {0};

    CHECK_OK(jm_audit_rows_walk(tx, &R.mem, take, a));
    CHECK_OK(jm_sql_run(tx, "DELETE FROM audit", JM_NO_ARGS));
    for (size_t i = 0; i < a->n; i++) {
        if (i == 4)
            a->e[i].actor = JM_BYTES("lee");
        memcpy(a->e[i].prev, prev, sizeof prev);
        CHECK_OK(jm_audit_row_hash(a->e[i].hash, &a->e[i], &jm_crypto_openssl));
        memcpy(prev, a->e[i].hash, sizeof prev);
        CHECK_OK(jm_audit_rows_add(tx, &a->e[i]));
    }
    return JM_OK;
}

static void rewrite(void)
{
    static struct again a;

    memset(&a, 0, sizeof a);
    CHECK_OK(jm_tx_run(&R.env, rewrite_tx, &a));
}

TEST(every_change_is_found_and_told_apart)
{
    static const struct {
        const char *name, *sql[3];
        bool rewritten; /* before the statements */
        enum jm_code code;
        int64_t at;
    } cases[] = {
        {"an actor", {"UPDATE audit SET actor = 'lee' WHERE n = 5"}, false, JM_AUDIT_ROW, 5},
        {"a channel", {"UPDATE audit SET channel = 'web' WHERE n = 1"}, false, JM_AUDIT_ROW, 1},
        {"an act", {"UPDATE audit SET act = 'CASE_CANCEL' WHERE n = 12"}, false, JM_AUDIT_ROW, 12},
        {"a person", {"UPDATE audit SET subject = NULL WHERE n = 3"}, false, JM_AUDIT_ROW, 3},
        {"a reason", {"UPDATE audit SET reason = '' WHERE n = 4"}, false, JM_AUDIT_ROW, 4},
        {"an outcome",
         {"UPDATE audit SET outcome = 'refused' WHERE n = 6"},
         false,
         JM_AUDIT_ROW,
         6},
        {"a time", {"UPDATE audit SET at = at + 1 WHERE n = 7"}, false, JM_AUDIT_ROW, 7},
        {"a hash", {"UPDATE audit SET hash = zeroblob(32) WHERE n = 8"}, false, JM_AUDIT_ROW, 8},
        {"a link", {"UPDATE audit SET prev = zeroblob(32) WHERE n = 2"}, false, JM_AUDIT_ROW, 2},
        {"two rows have changed places",
         {"UPDATE audit SET n = 100 WHERE n = 5", "UPDATE audit SET n = 5 WHERE n = 6",
          "UPDATE audit SET n = 6 WHERE n = 100"},
         false,
         JM_AUDIT_ORDER,
         5},
        {"a row in the middle is gone",
         {"DELETE FROM audit WHERE n = 6"},
         false,
         JM_AUDIT_MISSING,
         6},
        {"the first row is gone", {"DELETE FROM audit WHERE n = 1"}, false, JM_AUDIT_MISSING, 1},
        {"a row is put in",
         {"INSERT INTO audit SELECT 13, at, actor, channel, act, subject, reason, outcome, prev, "
          "zeroblob(32) FROM audit WHERE n = 12"},
         false,
         JM_AUDIT_ROW,
         13},
        {"rows at the end are gone, their head is not",
         {"DELETE FROM audit WHERE n > 9"},
         false,
         JM_AUDIT_TRUNCATED,
         10},
        {"rows at the end are gone with their head",
         {"DELETE FROM audit WHERE n > 8", "DELETE FROM audit_head WHERE n > 8"},
         false,
         JM_AUDIT_TRUNCATED,
         9},
        {"all rows and heads are gone",
         {"DELETE FROM audit", "DELETE FROM audit_head"},
         false,
         JM_AUDIT_TRUNCATED,
         1},
        {"all is as it was before the last head",
         {"DELETE FROM audit WHERE n > 8", "DELETE FROM audit_head WHERE n > 8",
          "UPDATE audit_mark SET count = 2"},
         false,
         JM_AUDIT_RESTORED,
         9},
        {"another store",
         {"DELETE FROM audit", "DELETE FROM audit_head", "DELETE FROM audit_mark"},
         false,
         JM_AUDIT_RESTORED,
         1},
        {"all rows are written anew", {NULL}, true, JM_AUDIT_REWRITTEN, 8},
        {"all rows are written anew, no head is left",
         {"DELETE FROM audit_head"},
         true,
         JM_AUDIT_REWRITTEN,
         12},
        {"a head in the middle is gone",
         {"DELETE FROM audit_head WHERE n = 8"},
         false,
         JM_AUDIT_HEAD_MISSING,
         12},
        {"two heads at the end are gone",
         {"DELETE FROM audit_head WHERE n > 4"},
         false,
         JM_AUDIT_HEAD_MISSING,
         12},
        {"all heads are gone", {"DELETE FROM audit_head"}, false, JM_AUDIT_HEAD_MISSING, 12},
        {"a head of another row",
         {"UPDATE audit_head SET n = 5 WHERE n = 4"},
         false,
         JM_AUDIT_HEAD,
         5},
        {"a head's time",
         {"UPDATE audit_head SET at = at + 1 WHERE n = 4"},
         false,
         JM_AUDIT_HEAD,
         4},
        {"a head's count",
         {"UPDATE audit_head SET count = 9 WHERE n = 4"},
         false,
         JM_AUDIT_HEAD,
         4},
        {"a head's signature",
         {"UPDATE audit_head SET sig = zeroblob(64) WHERE n = 8"},
         false,
         JM_AUDIT_HEAD,
         8},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        struct jm_audit_verdict v;

        rows_begin();
        fill();
        if (cases[i].rewritten)
            rewrite();
        for (size_t k = 0; k < 3 && cases[i].sql[k] != NULL; k++)
            rows_do(cases[i].sql[k]);
        LOOK(v);
        ROW(CHECK_EQ(v.code, cases[i].code) && CHECK_EQ(v.at, cases[i].at), cases[i].name);
        rows_end();
    }
}

/* The answer may be lost between the signer and the store: one head, which the signer gives once
 * more. */
TEST(the_last_head_alone_may_be_on_its_way)
{
    struct jm_audit_verdict v;

    rows_begin();
    fill();
    rows_do("DELETE FROM audit_head WHERE n = 12");
    LOOK(v);
    CHECK_EQ(v.code, JM_CODE_NONE);
    CHECK_EQ(v.heads, 2);
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    LOOK(v);
    CHECK_EQ(v.heads, 3);
    CHECK_EQ(v.code, JM_CODE_NONE);
    rows_end();
}

TEST(heads_are_of_the_key_that_is_known)
{
    struct jm_audit_verdict v;
    struct jm_key *other = NULL;
    struct jm_point point;

    rows_begin();
    fill();
    CHECK_OK(jm_key_generate(&other));
    CHECK_OK(jm_key_point(&point, other));
    jm_key_free(&other);
    CHECK_OK(jm_audit_verify(&R.env, &point, &v, &R.mem));
    CHECK_EQ(v.code, JM_AUDIT_HEAD);
    CHECK_EQ(v.at, 4);
    rows_end();
}

static enum jm_status away(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                           struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    (void)ctx, (void)op, (void)purpose, (void)key, (void)in;
    out->n = 0;
    return JM_E_UNAVAILABLE;
}

TEST(without_the_signer_nothing_is_said_of_the_end)
{
    struct jm_audit_verdict v;
    struct jm_diag d = {0};

    rows_begin();
    fill();
    R.signer.call = away;
    LOOK(v);
    CHECK_EQ(v.code, JM_AUDIT_NO_ANCHOR);
    CHECK_EQ(v.count, 0);
    CHECK_ST(jm_audit_sign_head(&R.env, &R.mem, &d), JM_E_UNAVAILABLE);
    CHECK_ST(jm_audit_continues(&R.env, NULL, &d), JM_E_UNAVAILABLE);
    /* what can be seen is still told first */
    rows_do("UPDATE audit SET actor = 'lee' WHERE n = 5");
    LOOK(v);
    CHECK_EQ(v.code, JM_AUDIT_ROW);
    rows_end();
}

static size_t sig_len;

/* The signature is the last thing that the signer answers. */
static enum jm_status of_another_length(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                        struct jm_bytes key, const struct jm_list *in,
                                        struct jm_list *out)
{
    enum jm_status st = rows_sign(ctx, op, purpose, key, in, out);

    if (st == JM_OK && out->n > 0)
        out->items[out->n - 1].len = sig_len;
    return st;
}

TEST(a_head_has_a_signature_of_its_length)
{
    static const struct {
        size_t len;
        const char *sql;
    } lens[] = {{0, "UPDATE audit_head SET sig = x''"},
                {JM_SIG_LEN - 1, "UPDATE audit_head SET sig = zeroblob(63)"},
                {JM_SIG_LEN + 1, "UPDATE audit_head SET sig = zeroblob(65)"},
                {JM_SIG_MAX, "UPDATE audit_head SET sig = zeroblob(132)"}};
    struct jm_audit_verdict v;

    for (size_t i = 0; i < JM_ARRAY_LEN(lens); i++) {
        rows_begin();
        sig_len = lens[i].len;
        CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
        R.signer.call = of_another_length;
        CHECK_ST(jm_audit_sign_head(&R.env, &R.mem, NULL), JM_E_BUG); /* made, and not taken */
        CHECK_ST(jm_audit_continues(&R.env, NULL, NULL), JM_E_BUG);
        R.signer.call = rows_sign;
        CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
        LOOK(v);
        CHECK_EQ(v.code, JM_CODE_NONE);
        rows_do(lens[i].sql);
        CHECK_ST(jm_audit_verify(&R.env, &R.point, &v, &R.mem), JM_E_TYPE);
        rows_end();
    }
}

TEST(a_signer_that_went_back_is_told)
{
    struct jm_audit_verdict v;
    struct jm_signed_head before;

    rows_begin();
    add_rows(8, 4);
    before = R.head;
    add_rows(4, 4);
    R.head = before;
    LOOK(v);
    CHECK_EQ(v.code, JM_AUDIT_ANCHOR);
    CHECK_EQ(v.at, 12);
    rows_end();
}

TEST(rows_without_a_head_are_told_after_ten_minutes)
{
    struct jm_audit_verdict v;

    rows_begin();
    fill();
    CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
    R.now += JM_AUDIT_LATE_S;
    LOOK(v);
    CHECK_EQ(v.code, JM_CODE_NONE);
    R.now++;
    LOOK(v);
    CHECK_EQ(v.code, JM_AUDIT_HEAD_NONE);
    CHECK_EQ(v.at, ROWS + 1);
    rows_end();
}

/* What one restart later was signed all the same. */
TEST(no_head_is_signed_over_a_chain_that_does_not_continue)
{
    static const struct {
        const char *sql[3];
        bool rewritten;
        enum jm_code code;
    } cases[] = {
        {{"DELETE FROM audit WHERE n > 9"}, false, JM_AUDIT_TRUNCATED},
        {{"DELETE FROM audit WHERE n > 9", "DELETE FROM audit_head WHERE n > 9",
          "UPDATE audit_mark SET count = 2"},
         false,
         JM_AUDIT_RESTORED},
        {{"DELETE FROM audit_head"}, true, JM_AUDIT_REWRITTEN},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        struct jm_diag d = {0};

        rows_begin();
        fill();
        if (cases[i].rewritten)
            rewrite();
        for (size_t k = 0; k < 3 && cases[i].sql[k] != NULL; k++)
            rows_do(cases[i].sql[k]);
        struct jm_signed_head before = R.head;

        CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
        CHECK_ST(jm_audit_sign_head(&R.env, &R.mem, &d), JM_E_DENIED);
        CHECK_EQ(d.code, cases[i].code);
        CHECK(memcmp(&before, &R.head, sizeof before) == 0);
        d = (struct jm_diag){0};
        CHECK_ST(jm_audit_continues(&R.env, NULL, &d), JM_E_DENIED);
        CHECK_EQ(d.code, cases[i].code);
        rows_end();
    }
}

TEST(more_rows_than_a_head_holds_have_more_heads)
{
    struct jm_audit_verdict v;

    rows_begin();
    for (int i = 0; i < JM_HEAD_ROWS_MAX; i++)
        CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    CHECK_EQ(R.head.count, 1);
    for (int i = 0; i < JM_HEAD_ROWS_MAX + 1; i++)
        CHECK_OK(jm_audit(&R.env, CLERK, "CASE_OPEN", NULL, jm_none(), "done"));
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    CHECK_EQ(R.head.count, 3);
    CHECK_EQ(R.head.n, 2 * JM_HEAD_ROWS_MAX + 1);
    LOOK(v);
    CHECK_EQ(v.code, JM_CODE_NONE);
    CHECK_EQ(v.heads, 3);
    rows_end();
}

static enum jm_status gap_tx(struct jm_tx *tx, void *arg)
{
    int64_t lost;

    return jm_audit_gap_in(tx, CLERK, arg, &lost);
}

/* D-458: a restored store goes on from the head that the signer kept, and says for ever which rows
 * it lost. */
TEST(a_restored_chain_goes_on_with_a_gap)
{
    struct jm_audit_verdict v;
    struct jm_signed_head last;
    struct jm_diag d = {0};

    rows_begin();
    fill();
    CHECK_OK(jm_audit_continues(&R.env, &last, &d));
    CHECK_EQ(last.n, ROWS);
    CHECK_ST(jm_tx_run(&R.env, gap_tx, &last), JM_E_CONFLICT); /* nothing is lost here */
    /* nor where heads alone are missing: a gap of no rows would cover them up */
    rows_do("DELETE FROM audit_head WHERE n > 5");
    CHECK_ST(jm_tx_run(&R.env, gap_tx, &last), JM_E_CONFLICT);
    rows_do("DELETE FROM audit WHERE n > 5");
    rows_do("DELETE FROM audit_head WHERE n > 5");
    rows_do("UPDATE audit_mark SET count = 1");
    CHECK_OK(jm_tx_run(&R.env, gap_tx, &last));
    CHECK_OK(jm_audit_continues(&R.env, NULL, NULL));
    add_rows(3, 4);
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    LOOK(v);
    CHECK_EQ(v.code, JM_CODE_NONE);
    CHECK_EQ(v.gaps, 1);
    CHECK_EQ(v.lost, ROWS - 5);
    CHECK_EQ(v.last_head, ROWS + 4);
    rows_do("UPDATE audit SET act = 'CASE_OPEN' WHERE n = 13"); /* a gap that nobody owns up to */
    LOOK(v);
    CHECK_EQ(v.code, JM_AUDIT_MISSING);
    CHECK_EQ(v.at, 6);
    rows_end();
}

TEST(a_gap_needs_the_head_that_the_signer_kept)
{
    static const char *const bent[] = {"DELETE FROM audit_head WHERE n = 12",
                                       "UPDATE audit_head SET sig = zeroblob(64) WHERE n = 12",
                                       "UPDATE audit_head SET hash = zeroblob(32) WHERE n = 12"};

    for (size_t i = 0; i < JM_ARRAY_LEN(bent); i++) {
        struct jm_audit_verdict v;
        struct jm_signed_head last;

        rows_begin();
        fill();
        CHECK_OK(jm_audit_continues(&R.env, &last, NULL));
        rows_do("DELETE FROM audit WHERE n > 5");
        rows_do("DELETE FROM audit_head WHERE n > 5");
        CHECK_OK(jm_tx_run(&R.env, gap_tx, &last));
        rows_do(bent[i]);
        LOOK(v);
        ROW(CHECK_EQ(v.code, JM_AUDIT_MISSING), bent[i]);
        rows_end();
    }
}
