/* SPDX-License-Identifier: Apache-2.0 */
/* A trust set out of its two lists, wherever they come from. Private to the ledger room. */
#ifndef JM_LEDGER_TRUST_FILL_H
#define JM_LEDGER_TRUST_FILL_H

#include "jumin/trust.h"

/** @p set: [[key, record]...], CBOR that was judged; @p more: ascending, judged. Fills all members
 * that follow from records. @retval JM_OK | JM_E_MALFORMED | JM_E_LIMIT | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_trust_fill(struct jm_trust *t, struct jm_bytes set,
                                           const struct jm_trust_entry *more, size_t n_more,
                                           struct jm_arena *mem);

#endif
