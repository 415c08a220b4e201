/* SPDX-License-Identifier: Apache-2.0 */
/* D-421, D-700: the chain of the audit log, its signed heads, and every way to bend it. */
#include "unit/service/rows.h"

#include "service/audit/audit.h"

#define ROWS 12

static void fill(void)
{
    const struct jm_actor clerk = {JM_BYTES("kim"), JM_BYTES("desk")};
    struct jm_id person = {{1}};

    for (int i = 0; i < ROWS; i++) {
        R.now += 20;
        CHECK_OK(jm_audit(&R.env, &clerk, "CASE_OPEN", i % 2 == 0 ? &person : NULL, JM_BYTES("visit"), "done"));
        if (i % 4 == 3)
            CHECK_OK(jm_audit_sign_head(&R.env, &R.mem));
    }
}

TEST(an_untouched_chain_holds)
{
    const struct jm_actor clerk = {JM_BYTES("kim"), JM_BYTES("desk")};
    struct jm_audit_verdict v;

    rows_begin();
    CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
    CHECK(v.rows == 0 && v.heads == 0 && v.bad_row == 0 && v.bad_head == 0);
    fill();
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem)); /* nothing new: no head */
    CHECK_OK(jm_audit(&R.env, &clerk, "CASE_OPEN", NULL, jm_none(), "done"));
    CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
    CHECK_EQ(v.rows, ROWS + 1);
    CHECK_EQ(v.heads, 3);
    CHECK_EQ(v.last_head, ROWS);
    CHECK_EQ(v.bad_row, 0);
    CHECK_EQ(v.bad_head, 0);
    rows_end();
}

TEST(every_change_is_found)
{
    static const struct {
        const char *name, *sql;
        int64_t row, head;
    } cases[] = {
        {"an actor", "UPDATE audit SET actor = 'lee' WHERE n = 5", 5, 0},
        {"a channel", "UPDATE audit SET channel = 'web' WHERE n = 1", 1, 0},
        {"an act", "UPDATE audit SET act = 'CASE_CANCEL' WHERE n = 12", 12, 0},
        {"a person", "UPDATE audit SET subject = NULL WHERE n = 3", 3, 0},
        {"a reason", "UPDATE audit SET reason = '' WHERE n = 4", 4, 0},
        {"an outcome", "UPDATE audit SET outcome = 'refused' WHERE n = 6", 6, 0},
        {"a time", "UPDATE audit SET at = at + 1 WHERE n = 7", 7, 0},
        {"a hash", "UPDATE audit SET hash = zeroblob(32) WHERE n = 8", 8, 8},
        {"a link", "UPDATE audit SET prev = zeroblob(32) WHERE n = 2", 2, 0},
        {"a row in the middle is gone", "DELETE FROM audit WHERE n = 6", 6, 0},
        {"the first row is gone", "DELETE FROM audit WHERE n = 1", 1, 0},
        {"signed rows at the end are gone", "DELETE FROM audit WHERE n > 9", 0, 12},
        {"all rows are gone", "DELETE FROM audit", 0, 12},
        {"a row is put in", "INSERT INTO audit SELECT 13, at, actor, channel, act, subject, reason, outcome, prev, zeroblob(32) FROM audit WHERE n = 12", 13, 0},
        {"a head of another row", "UPDATE audit_head SET n = 5 WHERE n = 4", 0, 5},
        {"a head's time", "UPDATE audit_head SET at = at + 1 WHERE n = 4", 0, 4},
        {"a head's signature", "UPDATE audit_head SET sig = zeroblob(64) WHERE n = 8", 0, 8},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        struct jm_audit_verdict v;

        rows_begin();
        fill();
        rows_do(cases[i].sql);
        CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
        ROW(CHECK_EQ(v.bad_row, cases[i].row) && CHECK_EQ(v.bad_head, cases[i].head), cases[i].name);
        rows_end();
    }
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
    CHECK_EQ(v.bad_row, 0);
    CHECK_EQ(v.bad_head, 4);
    rows_end();
}
