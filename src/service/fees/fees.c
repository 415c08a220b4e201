/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/json.h"
#include "service/fees/fees.h"

static const char *const action_name[] = {"", "mobile", "first", "replace"};
static const char *const kind_name[] = {"", "plain", "ic", "braille"};
static const char *const reason_name[] = {"",
                                          "lost",
                                          "name_changed",
                                          "birth_or_sex_changed",
                                          "natural_wear",
                                          "annotation_full",
                                          "return_from_emigration",
                                          "disaster",
                                          "authority_mistake",
                                          "chip_defect"};

/* 0: none of them. */
static unsigned index_of(const char *const *names, size_t n, struct jm_bytes name)
{
    for (unsigned i = 1; i < n; i++)
        if (jm_bytes_eq_str(name, names[i]))
            return i;
    return 0;
}

enum jm_fee_reason jm_fee_reason_of(struct jm_bytes name)
{
    return index_of(reason_name, JM_ARRAY_LEN(reason_name), name);
}

enum jm_fee_action jm_fee_action_of(struct jm_bytes name)
{
    return index_of(action_name, JM_ARRAY_LEN(action_name), name);
}

enum jm_plastic_kind jm_fee_kind_of(struct jm_bytes name)
{
    return index_of(kind_name, JM_ARRAY_LEN(kind_name), name);
}

/* -- the function -- */

static bool in_cohort(const struct jm_fees *fees, struct jm_date birth)
{
    if (fees->cohort_birth_year != 0)
        return birth.year == fees->cohort_birth_year;
    return fees->cohort_age != 0 && birth.year + fees->cohort_age == fees->cohort_in;
}

/* The first day does not count: a year after the 10th ends with the 10th. */
static bool is_within(const struct jm_fee_row *r, const struct jm_fee_facts *f, struct jm_date on)
{
    return r->within_years == 0 ||
           (f->issued.year != 0 &&
            jm_date_cmp(on, jm_date_add_years(f->issued, (int)r->within_years)) <= 0);
}

static bool row_fits(const struct jm_fee_row *r, enum jm_fee_action action,
                     enum jm_plastic_kind kind, enum jm_fee_reason reason,
                     const struct jm_fee_facts *f, bool cohort, struct jm_date on)
{
    return r->action == action && (r->kinds == 0 || r->kinds & 1u << kind) &&
           (r->reasons == 0 || r->reasons & 1u << reason) && (!r->relief || f->relief) &&
           (!r->cohort || cohort) && (r->from.year == 0 || jm_date_cmp(on, r->from) >= 0) &&
           (r->to.year == 0 || jm_date_cmp(on, r->to) <= 0) && is_within(r, f, on);
}

enum jm_status jm_fee_of(struct jm_fee *out, const struct jm_fees *fees, enum jm_fee_action action,
                         enum jm_plastic_kind kind, enum jm_fee_reason reason,
                         const struct jm_fee_facts *f, struct jm_date on, struct jm_diag *d)
{
    bool cohort = in_cohort(fees, f->birth);

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < fees->n; i++) {
        const struct jm_fee_row *r = &fees->row[i];

        if (action == JM_FEE_FIRST && r->cohort && cohort &&
            (r->from.year == 0 || jm_date_cmp(on, r->from) >= 0))
            out->offer_chip = true;
        if (out->rule.len != 0 || !row_fits(r, action, kind, reason, f, cohort, on))
            continue;
        out->rule = r->rule;
        out->card = r->card;
        out->chip = r->chip;
        out->won = r->card + r->chip;
    }
    return out->rule.len != 0 ? JM_OK : jm_refuse(d, JM_E_ABSENT, JM_FEE_NO_RULE, NULL);
}

/* -- data -- */

static enum jm_status bad_fees(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_DATA_FEES, what);
}

static enum jm_status read_set(unsigned *out, const struct jm_json *list, const char *const *names,
                               size_t n, struct jm_diag *d)
{
    *out = 0;
    if (list == NULL)
        return JM_OK;
    if (list->type != JM_JSON_ARRAY || list->n == 0)
        return bad_fees(d, "kinds or reasons");
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        unsigned i = e->type == JM_JSON_STRING ? index_of(names, n, e->text) : 0;

        if (i == 0)
            return bad_fees(d, "an unknown kind or reason");
        *out |= 1u << i;
    }
    return JM_OK;
}

static enum jm_status read_day(struct jm_date *out, const struct jm_json *row, const char *name,
                               struct jm_diag *d)
{
    struct jm_bytes text;

    memset(out, 0, sizeof *out);
    if (jm_json_get(row, name) == NULL)
        return JM_OK;
    return jm_json_str(&text, row, name) == JM_OK && jm_date_parse(out, text) == JM_OK
               ? JM_OK
               : bad_fees(d, "from or to");
}

static enum jm_status read_won(int64_t *out, const struct jm_json *row, const char *name,
                               bool needed, struct jm_diag *d)
{
    const struct jm_json *v = jm_json_get(row, name);

    *out = 0;
    if (v == NULL)
        return needed ? bad_fees(d, name) : JM_OK;
    return jm_json_int(out, v) == JM_OK && *out >= 0 && *out <= 10000000 ? JM_OK
                                                                         : bad_fees(d, name);
}

static enum jm_status read_row(struct jm_fee_row *r, const struct jm_json *row, struct jm_diag *d)
{
    struct jm_bytes action;

    if (jm_json_str(&r->rule, row, "rule") != JM_OK || r->rule.len == 0 ||
        jm_json_str(&action, row, "action") != JM_OK)
        return bad_fees(d, "rule or action");
    r->action = index_of(action_name, JM_ARRAY_LEN(action_name), action);
    if ((int)r->action == 0)
        return bad_fees(d, "an unknown action");
    JM_TRY(read_set(&r->kinds, jm_json_get(row, "kinds"), kind_name, JM_ARRAY_LEN(kind_name), d));
    JM_TRY(read_set(&r->reasons, jm_json_get(row, "reasons"), reason_name,
                    JM_ARRAY_LEN(reason_name), d));
    JM_TRY(read_day(&r->from, row, "from", d));
    JM_TRY(read_day(&r->to, row, "to", d));
    JM_TRY(read_won(&r->within_years, row, "within_years", false, d));
    JM_TRY(read_won(&r->card, row, "card", true, d));
    JM_TRY(read_won(&r->chip, row, "chip", true, d));
    r->relief = jm_json_is_true(row, "relief");
    r->cohort = jm_json_is_true(row, "cohort");
    return JM_OK;
}

static enum jm_status read_cohort(struct jm_fees *out, const struct jm_json *c, struct jm_diag *d)
{
    if (c == NULL)
        return JM_OK;
    JM_TRY(read_won(&out->cohort_birth_year, c, "birth_year", false, d));
    JM_TRY(read_won(&out->cohort_age, c, "age", out->cohort_birth_year == 0, d));
    return read_won(&out->cohort_in, c, "in", out->cohort_birth_year == 0, d);
}

enum jm_status jm_fees_load(struct jm_fees *out, struct jm_bytes json, struct jm_arena *mem,
                            struct jm_diag *d)
{
    const struct jm_json *j, *list;
    struct jm_fee_row *rows;

    memset(out, 0, sizeof *out);
    if (jm_json_parse(&j, json, mem, NULL) != JM_OK || (list = jm_json_get(j, "fees")) == NULL ||
        list->type != JM_JSON_ARRAY || list->n == 0)
        return bad_fees(d, "fees");
    if ((rows = JM_NEW_N(mem, struct jm_fee_row, list->n)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_cohort(out, jm_json_get(j, "cohort"), d));
    for (const struct jm_json *e = list->child; e != NULL; e = e->next)
        JM_TRY(read_row(&rows[out->n++], e, d));
    out->row = rows;
    return JM_OK;
}
