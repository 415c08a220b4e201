/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction against a block's view. Private to the ledger room. */
#ifndef JM_LEDGER_APPLY_H
#define JM_LEDGER_APPLY_H

#include "ledger/rules.h"

/** Judges, and where it is good writes what it changes; @p index: where its entry will stand.
 * @retval JM_OK @p code says | JM_E_NO_SPACE, what the host could not do: the block is dead */
JM_MUST_CHECK enum jm_status jm_ltx_judge(enum jm_ltx_code *code, struct jm_block *b,
                                          struct jm_bytes octets, uint64_t index);
/** Views into @p body, which was judged. */
void jm_params_read(struct jm_ledger_params *out, struct jm_bytes body);

#endif
