/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fees.h  Room: service/fees. What a card costs: one pure function over dated rows
 * (data/fees.json), and receipts.
 *
 * The first row that fits decides; rows are ordered in the data, what frees before what costs.
 * Payment is behind an adapter and not here.
 *
 * Spec: spec/domain.md D-070 … D-072
 */
#ifndef JUMIN_SERVICE_FEES_H
#define JUMIN_SERVICE_FEES_H

#include "jumin/arena.h"
#include "jumin/civil.h"
#include "jumin/code.h"
#include "service/eligibility/eligibility.h"
#include "service/env.h"

enum jm_fee_action { JM_FEE_MOBILE = 1, JM_FEE_FIRST, JM_FEE_REPLACE };
/** Why plastic is replaced. LOST stands for every reason that frees nobody. */
enum jm_fee_reason {
    JM_FEE_LOST = 1,
    JM_FEE_NAME_CHANGED,
    JM_FEE_BIRTH_OR_SEX_CHANGED,
    JM_FEE_NATURAL_WEAR,
    JM_FEE_ANNOTATION_FULL,
    JM_FEE_RETURN_FROM_EMIGRATION,
    JM_FEE_DISASTER,
    JM_FEE_AUTHORITY_MISTAKE,
    JM_FEE_CHIP_DEFECT
};
/** 0: unknown. Names of the data: "lost", "name_changed" and so on. */
enum jm_fee_reason jm_fee_reason_of(struct jm_bytes name);

struct jm_fee_row {
    struct jm_bytes rule;
    enum jm_fee_action action;
    unsigned kinds, reasons; /* bit sets 1 << enum; 0: all */
    /* only for people in a relief group; only for the announced cohort */
    bool relief, cohort;
    struct jm_date from, to; /* civil days of Seoul, inclusive; year 0: open */
    int64_t within_years;    /* after the plastic was issued; 0: whenever */
    int64_t card, chip;      /* won */
};
struct jm_fees {
    const struct jm_fee_row *row;
    size_t n;
    /* D-072, as the press has it: born in that year; 0: not this reading */
    int64_t cohort_birth_year;
    /* as the announcement has it: of that age in that year; 0: not this reading */
    int64_t cohort_age, cohort_in;
};
/** data/fees.json. @retval JM_E_MALFORMED JM_DATA_FEES with the fault in @p d */
JM_MUST_CHECK enum jm_status jm_fees_load(struct jm_fees *out, struct jm_bytes json,
                                          struct jm_arena *mem, struct jm_diag *d);

struct jm_fee_facts {
    struct jm_date birth;
    /* basic livelihood, veterans, single parents, two or more minor children, disaster: D-070 F-8
     */
    bool relief;
    struct jm_date issued; /* of the plastic that is replaced; year 0: not known */
};
struct jm_fee {
    struct jm_bytes rule;
    int64_t won, card, chip; /* won = card + chip */
    /* a first card of the cohort: the kind to be offered is chip (D-072) */
    bool offer_chip;
};
/** Pure. @retval JM_E_ABSENT JM_FEE_NO_RULE no row fits, such as a chip before there were any (in
 * @p d, which may be null) */
JM_MUST_CHECK enum jm_status jm_fee_of(struct jm_fee *out, const struct jm_fees *fees,
                                       enum jm_fee_action action, enum jm_plastic_kind kind,
                                       enum jm_fee_reason reason, const struct jm_fee_facts *f,
                                       struct jm_date on, struct jm_diag *d);

/** A receipt, of 0 won too: it says which rule freed it. @p won negative: void. Implemented in
 * service/fees/rows.c. */
JM_MUST_CHECK enum jm_status jm_fee_receipt_in(struct jm_tx *tx, const struct jm_id *person,
                                               struct jm_bytes rule, int64_t won,
                                               struct jm_bytes desk);
/** Sum of the receipts of a desk from @p from to before @p to (s UTC): the till. */
JM_MUST_CHECK enum jm_status jm_fee_till_in(struct jm_tx *tx, struct jm_bytes desk, int64_t from,
                                            int64_t to, int64_t *won);

#endif
