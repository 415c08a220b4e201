/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/desk/parts.h"

/* D-422: nobody issues to themselves or to a person they reported for. A loss may be reported by
 * anybody, at any time. */
enum jm_status jm_desk_not_own(struct jm_tx *tx, const struct jm_desk *k,
                               const struct jm_id *person)
{
    bool own;

    if (!k->clerk->has_person)
        return JM_OK;
    own = memcmp(&k->clerk->person, person, sizeof *person) == 0;
    if (!own)
        JM_TRY(jm_loss_reported_by(tx, person, &k->clerk->person, &own));
    return own ? jm_refuse(k->d, JM_E_DENIED, JM_DESK_OWN_CASE, NULL) : JM_OK;
}
