/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file register.h  Room: service/register. The resident register: persons, names, addresses, photos, plastic cards.
 *
 * History is append-only, "now" is the row without an end. Resident number and photo are sealed by the signer (purpose
 * ROW, AAD table/column/row id) and come out only through jm_register_open(). Spec: spec/domain.md D-100 … D-121
 */
#ifndef JUMIN_SERVICE_REGISTER_H
#define JUMIN_SERVICE_REGISTER_H

#include "jumin/civil.h"
#include "jumin/code.h"
#include "service/eligibility/eligibility.h"
#include "service/env.h"

struct jm_plastic {
    struct jm_bytes serial, authority;
    enum jm_plastic_kind kind;
    enum jm_plastic_state state; /* 0: none */
    struct jm_date issued_on;
};

/** A person as of now; views in the arena. The sealed values are ciphertexts. */
struct jm_person {
    struct jm_id id;
    enum jm_person_kind kind;
    enum jm_person_state state;
    struct jm_date birth;
    int64_t sex; /* ISO 5218 */
    struct jm_bytes surname, given, hanja, surname_latin, given_latin;
    struct jm_bytes region10, road12, building, postal, address, supplement;
    struct jm_date address_since;
    struct jm_id rrn_row, photo_row;
    struct jm_bytes rrn_sealed, photo_sealed;
    struct jm_date photo_taken;
    struct jm_plastic plastic; /* the VALID one, else the latest */
};

/** @retval JM_E_ABSENT */
JM_MUST_CHECK enum jm_status jm_person_in(struct jm_tx *tx, const struct jm_id *id, struct jm_person *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_person_get(const struct jm_env *env, const struct jm_id *id, struct jm_person *out, struct jm_arena *mem);
/** Opens resident number (13 digits) and photo (JPEG) by the signer; not inside a transaction. */
JM_MUST_CHECK enum jm_status jm_person_open(const struct jm_env *env, const struct jm_person *p, struct jm_bytes *rrn, struct jm_bytes *photo,
                                            struct jm_arena *mem);
/** `table/column/hex of the row`: the AAD of a sealed value. */
JM_MUST_CHECK enum jm_status jm_row_aad(struct jm_bytes *out, const char *table_column, const struct jm_id *row, struct jm_arena *mem);
/** Compare and set of a plastic card's state. @retval JM_E_CONFLICT */
JM_MUST_CHECK enum jm_status jm_plastic_move(struct jm_tx *tx, struct jm_bytes serial, enum jm_plastic_state from, enum jm_plastic_state to);

#endif
