/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/code.h"

static const enum jm_code codes[] = {
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) JM_##area##_##name,
#include "jumin/codes.def"
#undef JM_CODE
};

TEST(numbers_and_names_are_unique_and_found)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(codes); i++) {
        const struct jm_code_info *a = jm_code_info(codes[i]), *b;

        CHECK(a->code != JM_CODE_NONE && a->name != NULL && strncmp(a->name, "JM_", 3) == 0);
        CHECK(strchr("VWIP", a->by) != NULL);
        CHECK(a->severity >= JM_SEV_R && a->severity <= JM_SEV_U);
        CHECK(a->rule[0] != '\0');
        CHECK_EQ(a->code, codes[i]);
        CHECK(jm_code_by_name(jm_str(a->name)) == a);
        for (size_t k = 0; k < i; k++) {
            b = jm_code_info(codes[k]);
            CHECK(b->code != a->code && strcmp(a->name, b->name) != 0);
        }
    }
    CHECK(JM_ARRAY_LEN(codes) > 100);
}

TEST(unknown_ones)
{
    CHECK_EQ(jm_code_info((enum jm_code)0xFFFF)->code, JM_CODE_NONE);
    CHECK(jm_code_by_name(JM_BYTES("JM_MDOC_NOTHING")) == NULL);
    CHECK(jm_code_by_name(JM_BYTES("MDOC_TYPE")) == NULL);
    CHECK(jm_code_by_name(JM_BYTES("JM_MDOC_TYPE ")) == NULL);
    CHECK(jm_code_by_name(jm_none()) == NULL);
}

TEST(the_first_reason_stays)
{
    struct jm_diag d = {JM_CODE_NONE, 0, {NULL, 0}};

    CHECK_ST(jm_refuse(&d, JM_E_DENIED, JM_MDOC_TYPE, "one"), JM_E_DENIED);
    CHECK_ST(jm_refuse(&d, JM_E_LIMIT, JM_MDOC_MISSING, "two"), JM_E_LIMIT);
    CHECK_EQ(d.code, JM_MDOC_TYPE);
    CHECK_STR(d.detail, "one");
    CHECK_ST(jm_refuse(NULL, JM_E_LIMIT, JM_MDOC_MISSING, NULL), JM_E_LIMIT);
}
