/* SPDX-License-Identifier: Apache-2.0 */
/* Members that say how long a credential lives, each read as itself: what is malformed is never
 * absent. Private to src/cred/sdjwt. */
#ifndef JM_SDJWT_FACTS_H
#define JM_SDJWT_FACTS_H

#include "jumin/sdjwt.h"

/* iat, nbf, exp, each a NumericDate where it is there. @retval JM_E_TYPE | JM_E_RANGE */
enum jm_status jm_sdjwt_times(struct jm_sdjwt_facts *out, const struct jm_json *claims);
/* status.status_list.{uri, idx}. has_status false: no status, or one of another kind. @retval
 * JM_E_TYPE | JM_E_MISSING | JM_E_RANGE */
enum jm_status jm_sdjwt_status(struct jm_sdjwt_facts *out, const struct jm_json *claims);

#endif
