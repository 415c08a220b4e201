/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/report.h"

static enum jm_verdict verdict(enum jm_result a, bool ra, enum jm_result b, bool rb)
{
    const struct jm_check c[2] = {{.code = JM_MDOC_TYPE, .result = a, .required = ra},
                                  {.code = JM_MDOC_MISSING, .result = b, .required = rb}};

    return jm_verdict_of(c, 2);
}

TEST(one_function_gives_the_verdict)
{
    CHECK_EQ(jm_verdict_of(NULL, 0), JM_UNDECIDED);
    CHECK_EQ(verdict(JM_PASS, true, JM_PASS, false), JM_ACCEPTED);
    CHECK_EQ(verdict(JM_PASS, true, JM_WARN, true), JM_ACCEPTED);
    CHECK_EQ(verdict(JM_PASS, true, JM_NOT_RUN, false), JM_ACCEPTED);
    CHECK_EQ(verdict(JM_PASS, true, JM_NOT_RUN, true), JM_UNDECIDED);
    CHECK_EQ(verdict(JM_PASS, true, JM_UNKNOWN, false), JM_UNDECIDED);
    /* nothing required was proved */
    CHECK_EQ(verdict(JM_PASS, false, JM_PASS, false), JM_UNDECIDED);
    CHECK_EQ(verdict(JM_WARN, true, JM_WARN, true), JM_UNDECIDED);
    CHECK_EQ(verdict(JM_NOT_RUN, false, JM_NOT_RUN, false), JM_UNDECIDED);
    CHECK_EQ(verdict(JM_PASS, true, JM_FAIL, false), JM_REJECTED);
    CHECK_EQ(verdict(JM_UNKNOWN, true, JM_FAIL, true), JM_REJECTED);
}

TEST(the_worst_of_a_check_stays)
{
    struct jm_arena mem = arena(4096);
    struct jm_findings f;
    struct jm_report r;

    CHECK_OK(jm_findings_init(&f, &mem, 3));
    jm_note(&f, JM_MDOC_TYPE, JM_PASS, true, 1, 0, jm_none(), NULL);
    jm_note(&f, JM_MDOC_TYPE, JM_FAIL, false, 1, 7, jm_none(), "first");
    jm_note(&f, JM_MDOC_TYPE, JM_WARN, false, 1, 9, jm_none(), "later");
    jm_note(&f, JM_MDOC_TYPE, JM_FAIL, false, 1, 11, jm_none(), "again");
    jm_note(&f, JM_MDOC_TYPE, JM_PASS, true, 2, 0, jm_none(), NULL); /* another object */
    CHECK_OK(jm_report_of(&r, &f));
    CHECK_EQ(r.n, 2);
    CHECK_EQ(r.checks[0].result, JM_FAIL);
    CHECK(r.checks[0].required);
    CHECK_EQ(r.checks[0].offset, 7);
    CHECK_STR(r.checks[0].detail, "first");
    CHECK_EQ(jm_report_reason(&r), JM_MDOC_TYPE);
    CHECK(jm_report_has(&r, JM_MDOC_TYPE, JM_PASS) && !jm_report_has(&r, JM_MDOC_MISSING, JM_PASS));
    jm_note(&f, JM_MDOC_MISSING, JM_PASS, true, 2, 0, jm_none(), NULL);
    /* no room: never accepted */
    jm_note(&f, JM_MDOC_VERSION, JM_PASS, true, 2, 0, jm_none(), NULL);
    CHECK_ST(jm_report_of(&r, &f), JM_E_LIMIT);
    CHECK_EQ(r.verdict, JM_REJECTED);
}
