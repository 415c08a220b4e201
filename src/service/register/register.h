/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file register.h  Room: service/register. The resident register: persons, names, addresses,
 * photos, plastic cards.
 *
 * History is append-only, "now" is the row without an end. Resident number and photo are sealed by
 * the signer (purpose ROW, AAD table/column/row id) and come out only through jm_person_open().
 * Spec: spec/domain.md D-100 … D-121
 */
#ifndef JUMIN_SERVICE_REGISTER_H
#define JUMIN_SERVICE_REGISTER_H

#include "jumin/civil.h"
#include "jumin/code.h"
#include "service/eligibility/eligibility.h"
#include "service/env.h"
#include "service/msg.h"

struct jm_plastic {
    struct jm_bytes serial, authority;
    enum jm_plastic_kind kind;
    enum jm_plastic_state state; /* 0: none */
    struct jm_date issued_on;
    int64_t since; /* of its state, s UTC */
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
    struct jm_plastic plastic; /* the VALID one, else LOST, else on its way, else the latest */
    int64_t version;           /* of the dataset: grows with each change of what a card shows */
    struct jm_bytes relief;    /* group that F-8 frees, or empty */
    bool many;                 /* a test person without a limit of one phone */
    int64_t name_since, rrn_since, address_from; /* since when these are in force, s UTC */
};

/** The first day on which plastic may be dated: the 1st of the month after turning 17 (D-061). */
struct jm_date jm_plastic_first(struct jm_date birth);

/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_person_in(struct jm_tx *tx, const struct jm_id *id,
                                          struct jm_person *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_person_get(const struct jm_env *env, const struct jm_id *id,
                                           struct jm_person *out, struct jm_arena *mem);
/** Opens resident number (13 digits) and photo (JPEG) by the signer; not inside a transaction. */
JM_MUST_CHECK enum jm_status jm_person_open(const struct jm_env *env, const struct jm_person *p,
                                            struct jm_bytes *rrn, struct jm_bytes *photo,
                                            struct jm_arena *mem);

#define JM_PHOTO_MAX 20480    /* as a card carries it: spec/mdoc.md 15.2 */
#define JM_PHOTO_SIDE_MIN 200 /* pixels */
#define JM_PHOTO_SIDE_MAX 1200
/**
 * A JPEG in colour, upright, of sides from JM_PHOTO_SIDE_MIN to _MAX, without what cameras write
 * beside the picture (where, when, whose). The picture itself is not decoded, and whether there is
 * a face on it is for people to see.
 * @retval JM_E_MALFORMED JM_REGISTER_PHOTO_FORM
 */
JM_MUST_CHECK enum jm_status jm_photo_check(struct jm_bytes jpeg, struct jm_diag *d);
/** photo_row and photo_sealed of @p p, by the signer; not inside a transaction. */
JM_MUST_CHECK enum jm_status jm_photo_seal(const struct jm_env *env, struct jm_person *p,
                                           struct jm_bytes jpeg, struct jm_arena *mem);

#define JM_RRN_LEN 13
#define JM_RRN_MASKED_LEN 14

/**
 * A resident number as people write it, as 13 digits. Nothing but the month is judged, the check
 * digit least of all (D-110, D-111).
 * @p out is a secret: the caller wipes it.
 * @retval JM_E_MALFORMED JM_REGISTER_RRN_FORM | JM_E_DENIED JM_REGISTER_RRN_REAL (month 01-12 where
 * @p synthetic), JM_REGISTER_RRN_SYNTHETIC (month above 12 elsewhere) (D-114)
 */
JM_MUST_CHECK enum jm_status jm_rrn_read(uint8_t out[JM_RRN_LEN], struct jm_bytes text,
                                         bool synthetic, struct jm_diag *d);
/** YYMMDD-G****** (D-113). */
void jm_rrn_mask(char out[JM_RRN_MASKED_LEN + 1], struct jm_bytes digits13);
/** The keyed hash by which a number is found, of the signer. Not inside a transaction. */
JM_MUST_CHECK enum jm_status jm_rrn_lookup(const struct jm_env *env, uint8_t out[32],
                                           const uint8_t digits[JM_RRN_LEN]);

/** What `find` asks; false and null views: no condition. */
struct jm_register_find {
    struct jm_id person;
    bool has_person, has_plastic, has_lookup;
    uint8_t lookup[32];                 /* of the number in force */
    struct jm_bytes born_from, born_to; /* YYYY-MM-DD, inclusive */
    struct jm_bytes region;             /* prefix */
    struct jm_bytes name;               /* surname and given name, whole */
    int64_t plastic;                    /* enum jm_plastic_state; 0: none at all */
    int64_t kind;                       /* enum jm_person_kind; 0: whatever */
    int64_t limit;
};
/** Dead and cancelled people are found by id or number only. */
struct jm_register_found {
    struct jm_id person, rrn_row;
    struct jm_bytes name, birth, region, issued_on, authority, rrn_sealed;
    int64_t plastic, kind, state;
    char masked[JM_RRN_MASKED_LEN + 1]; /* empty unless asked for */
};
/**
 * Who fits, one audit row for each of them, or one without a subject where nobody does (D-421).
 * @p masked: numbers are opened by the signer and masked. @p *out in @p mem.
 * @retval JM_E_UNAVAILABLE no signer, and @p masked
 */
struct jm_actor;
JM_MUST_CHECK enum jm_status jm_register_find(const struct jm_env *env,
                                              struct jm_register_found **out, size_t *n,
                                              const struct jm_register_find *f, bool masked,
                                              const struct jm_actor *who, struct jm_bytes reason,
                                              struct jm_arena *mem);

/*
 * What changes the register. The row in force ends at @p at_s and the new one begins; the dataset's
 * version grows. Whether that may be is the caller's to know: a later row than @p at_s in force is
 * JM_E_CONFLICT. Implemented in service/register/rows.c.
 */
/* id and address of @p to */
JM_MUST_CHECK enum jm_status jm_register_move_in(struct jm_tx *tx, const struct jm_person *to,
                                                 int64_t at_s);
/* id, photo_row, photo_sealed of @p to, taken on the day of @p at_s */
JM_MUST_CHECK enum jm_status jm_register_photo_in(struct jm_tx *tx, const struct jm_person *to,
                                                  int64_t at_s);
/* id and names of @p to */
JM_MUST_CHECK enum jm_status jm_register_name_in(struct jm_tx *tx, const struct jm_person *to,
                                                 int64_t at_s);
/** @p to: id, rrn_row, rrn_sealed. @retval JM_E_CONFLICT also where the number stands in the
 * register */
JM_MUST_CHECK enum jm_status jm_register_rrn_in(struct jm_tx *tx, const struct jm_person *to,
                                                const uint8_t lookup[32], const char *reason,
                                                int64_t at_s);
JM_MUST_CHECK enum jm_status jm_rrn_known_in(struct jm_tx *tx, const uint8_t lookup[32],
                                             bool *known);
JM_MUST_CHECK enum jm_status jm_register_record_in(struct jm_tx *tx, const struct jm_id *person,
                                                   struct jm_date birth, int64_t sex);
JM_MUST_CHECK enum jm_status jm_register_status_in(struct jm_tx *tx, const struct jm_id *person,
                                                   enum jm_person_kind kind,
                                                   enum jm_person_state state);
/** D-070 F-8: in that relief group from now on; empty: in none. No card shows it. */
JM_MUST_CHECK enum jm_status jm_register_relief_in(struct jm_tx *tx, const struct jm_id *person,
                                                   struct jm_bytes group);
/** Of a practice country: does this test person have a card on each of many phones? */
JM_MUST_CHECK enum jm_status jm_register_many_in(struct jm_tx *tx, const struct jm_id *person,
                                                 bool many);

struct jm_json_w;
/** People as answers show them: {"found":[…]}. */
struct jm_plastic_row {
    const char *state;
    struct jm_bytes issued_on, authority;
};
struct jm_register_row {
    struct jm_id person;
    struct jm_bytes name, birth, region;
    const char *number, *kind, *state; /* number: masked, or empty */
    struct jm_plastic_row plastic;
};
struct jm_register_rows {
    struct jm_msg_list found;
};
extern const struct jm_msg jm_register_rows_res;
/** @p plastic: with what clerks type from it. */
JM_MUST_CHECK enum jm_status jm_register_put(struct jm_register_rows *out,
                                             const struct jm_register_found *f, size_t n,
                                             bool plastic, struct jm_arena *mem);

/** Compare and set of a plastic card's state, since now. @retval JM_E_CONFLICT it is in another
 * state */
JM_MUST_CHECK enum jm_status jm_plastic_move(struct jm_tx *tx, struct jm_bytes serial,
                                             enum jm_plastic_state from, enum jm_plastic_state to);
/** The same since a moment of the past; @p from may be @p to. */
JM_MUST_CHECK enum jm_status jm_plastic_move_at(struct jm_tx *tx, struct jm_bytes serial,
                                                enum jm_plastic_state from,
                                                enum jm_plastic_state to, int64_t at_s);
/** The person's latest plastic in that state. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_plastic_in_state(struct jm_tx *tx, const struct jm_id *person,
                                                 enum jm_plastic_state state,
                                                 struct jm_plastic *out, struct jm_arena *mem);
/** A new one. @retval JM_E_CONFLICT its serial is known, or another is VALID */
JM_MUST_CHECK enum jm_status jm_plastic_add_in(struct jm_tx *tx, const struct jm_id *person,
                                               const struct jm_plastic *p);

#endif
