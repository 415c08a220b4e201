/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fees.h  Room: service/fees. What a card costs: one pure function over dated rows
 * (data/fees.json), and receipts.
 *
 * The first row that fits decides; rows are ordered in the data, what frees before what costs.
 * Whether money came is the clerk's word: a terminal is not asked.
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
enum jm_fee_action jm_fee_action_of(struct jm_bytes name);
enum jm_plastic_kind jm_fee_kind_of(struct jm_bytes name);

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
/* members of its message */
#define JM_FEE_TOLD                                                                     \
    JM_FIELD(jm_fee, rule, "rule", STR, 0, 0), JM_FIELD(jm_fee, won, "won", INT, 0, 0), \
        JM_FIELD(jm_fee, card, "card_won", INT, 0, 0),                                  \
        JM_FIELD(jm_fee, chip, "chip_won", INT, 0, 0)
/** Pure. @retval JM_E_ABSENT JM_FEE_NO_RULE no row fits, such as a chip before there were any (in
 * @p d, which may be null) */
JM_MUST_CHECK enum jm_status jm_fee_of(struct jm_fee *out, const struct jm_fees *fees,
                                       enum jm_fee_action action, enum jm_plastic_kind kind,
                                       enum jm_fee_reason reason, const struct jm_fee_facts *f,
                                       struct jm_date on, struct jm_diag *d);

enum jm_fee_method { JM_FEE_CASH = 1, JM_FEE_CARD };
/** A receipt, of 0 won too: it says which rule freed it. One of less takes another back. */
struct jm_fee_receipt {
    struct jm_id id, person;
    struct jm_id desk_case, voids; /* zero: none; voids: the receipt that this one takes back */
    int64_t at, won;
    enum jm_fee_method method;         /* 0: nothing was paid */
    struct jm_bytes rule, desk, clerk; /* desk: a centre; of the register, what wrote it */
    bool voided;                       /* taken back by another */
};
/** At the transaction's time. @retval JM_E_CONFLICT its id is another's, or what it voids is voided
 * already. Implemented in service/fees/rows.c. */
JM_MUST_CHECK enum jm_status jm_fee_receipt_in(struct jm_tx *tx, const struct jm_fee_receipt *r);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_fee_receipt_get(struct jm_tx *tx, const struct jm_id *id,
                                                struct jm_fee_receipt *out, struct jm_arena *mem);

#define JM_TILL_LIST_MAX 200
/** Receipts of a desk from @p from to before @p to (s UTC); of one clerk, or of all (empty). */
struct jm_till_of {
    struct jm_bytes desk, clerk;
    int64_t from, to;
};
/** Sums of all of them, voids counted; those of more or less than 0 won, the newest first, at most
 * JM_TILL_LIST_MAX. */
struct jm_till {
    int64_t won, cash, card;
    struct jm_fee_receipt *receipt;
    size_t n;
};
/** The till. */
JM_MUST_CHECK enum jm_status jm_fee_till_in(struct jm_tx *tx, const struct jm_till_of *t,
                                            struct jm_till *out, struct jm_arena *mem);

#endif
