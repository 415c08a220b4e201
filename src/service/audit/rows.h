/* SPDX-License-Identifier: Apache-2.0 */
/** @file rows.h  Room: service/audit. A row as octets, for appending, signing and verifying. */
#ifndef JUMIN_SERVICE_AUDIT_ROWS_H
#define JUMIN_SERVICE_AUDIT_ROWS_H

#include "service/audit/store.h"

/** The row without its last member. @retval JM_E_NO_SPACE longer than a row may be */
JM_MUST_CHECK enum jm_status jm_audit_row(struct jm_bytes *out, const struct jm_audit_entry *e,
                                          uint8_t room[JM_ROW_MAX]);
JM_MUST_CHECK enum jm_status jm_audit_row_hash(uint8_t out[32], const struct jm_audit_entry *e,
                                               const struct jm_crypto *c);
/** The signer's last head; count 0: there is none. @retval JM_E_UNAVAILABLE | JM_E_DENIED the
 * signer does not trust its own */
JM_MUST_CHECK enum jm_status jm_audit_anchor(struct jm_signed_head *out,
                                             const struct jm_signer *signer);
/** Why the store's chain does not lead to @p last: RESTORED, TRUNCATED or REWRITTEN; JM_CODE_NONE:
 * it does. */
JM_MUST_CHECK enum jm_status jm_audit_breach_in(struct jm_tx *tx, const struct jm_signed_head *last,
                                                enum jm_code *out);

#endif
