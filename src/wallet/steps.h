/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file steps.h  Room: wallet. What the files of the holder's engine share: holder, which runs the
 * steps → issue, respond, look → ending. Private.
 */
#ifndef JUMIN_WALLET_STEPS_H
#define JUMIN_WALLET_STEPS_H

#include "jumin/holder.h"

#define JM_HOLDER_OWN_IDS UINT32_C(0x80000000) /* of asks that no protocol engine has made */

/* -- ending: how every operation comes to its end -- */

/** The state is made durable, then comes @p after. */
enum jm_status jm_holder_keep_then(struct jm_holder *h, enum jm_holder_step after);
/** Nothing more is asked but that keys be forgotten; the operation ends with @p st. */
enum jm_status jm_holder_finish(struct jm_holder *h, enum jm_status st);
/** The same after the state is durable. */
enum jm_status jm_holder_keep_and_finish(struct jm_holder *h, enum jm_status st);
/** Wipes the card's copies; their keys are forgotten once that is durable. */
void jm_holder_drop_copies(struct jm_holder *h, struct jm_wallet_card *card);
/** Of the fresh keys those that no copy of @p card took; null: all. */
void jm_holder_drop_fresh(struct jm_holder *h, const struct jm_wallet_card *card);
/** In the language of the history. */
struct jm_bytes jm_holder_name(const struct jm_holder *h, const struct jm_i18n *t);
/** By its issuer's name. */
enum jm_status jm_holder_note_card(struct jm_holder *h, const struct jm_wallet_card *card,
                                   const char *outcome);
enum jm_status jm_holder_note(struct jm_holder *h, struct jm_bytes who, struct jm_bytes use,
                              const char *outcome);
struct jm_wallet_card *jm_holder_newest(const struct jm_holder *h);
enum jm_status jm_holder_step_keep(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_forget(struct jm_holder *h, const struct jm_answers *a);

/* -- steps of an issuance, a deletion -- */

enum jm_status jm_holder_step_keys(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_issuing(struct jm_holder *h);
enum jm_status jm_holder_step_code(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_card(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_ordering(struct jm_holder *h);
enum jm_status jm_holder_step_agree_to_delete(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_deleting(struct jm_holder *h);
enum jm_status jm_holder_step_lost(struct jm_holder *h);

/* -- looking -- */

/** Room to look at a list in. @retval JM_E_NO_SPACE there is none */
enum jm_status jm_holder_make_look(struct jm_holder *h);
enum jm_status jm_holder_step_looking(struct jm_holder *h, const struct jm_answers *a);

/* -- steps of a response -- */

enum jm_status jm_holder_begin_response(struct jm_holder *h);
enum jm_status jm_holder_step_judging(struct jm_holder *h);
enum jm_status jm_holder_step_consent(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_signing(struct jm_holder *h);
enum jm_status jm_holder_step_send(struct jm_holder *h);
enum jm_status jm_holder_step_sending(struct jm_holder *h);
enum jm_status jm_holder_step_tell(struct jm_holder *h, const struct jm_answers *a);
enum jm_status jm_holder_step_decline(struct jm_holder *h);
enum jm_status jm_holder_step_telling(struct jm_holder *h);

#endif
