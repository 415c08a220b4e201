/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"
#include "jumin/report.h"

static const struct jm_code_info table[] = {
    {JM_CODE_NONE, "JM_NONE", JM_CLASS_BUG, 'I', JM_SEV_R, "server_error", ""},
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) \
    {JM_##area##_##name,                                         \
     "JM_" #area "_" #name,                                      \
     JM_CLASS_##class,                                           \
     #by[0],                                                     \
     JM_SEV_##sev,                                               \
     #oauth,                                                     \
     rule},
#include "jumin/codes.def"
#undef JM_CODE
};

/* By number: where its row stands. */
enum row {
    ROW_NONE,
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) ROW_##area##_##name,
#include "jumin/codes.def"
#undef JM_CODE
};
static const uint16_t row_of[] = {
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) [number] = ROW_##area##_##name,
#include "jumin/codes.def"
#undef JM_CODE
};

const struct jm_code_info *jm_code_info(enum jm_code code)
{
    return &table[(size_t)code < JM_ARRAY_LEN(row_of) ? row_of[code] : ROW_NONE];
}

const struct jm_code_info *jm_code_by_name(struct jm_bytes name)
{
    for (size_t i = 1; i < JM_ARRAY_LEN(table); i++)
        if (jm_bytes_eq_str(name, table[i].name))
            return &table[i];
    return NULL;
}

enum jm_status jm_refuse(struct jm_diag *d, enum jm_status st, enum jm_code code,
                         const char *detail)
{
    jm_record(code, JM_FAIL);
    if (jm_class_of(st) == JM_CLASS_UNAVAILABLE)
        jm_record(code, JM_UNKNOWN);
    if (d != NULL && d->code == JM_CODE_NONE) {
        d->code = code;
        d->detail = jm_str(detail);
    }
    return st;
}
