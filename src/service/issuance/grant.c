/* SPDX-License-Identifier: Apache-2.0 */
/* Whose card a token is of. */
#include <string.h>

#include "service/devices/devices.h"
#include "service/issuance/parts.h"

enum jm_status jm_grant_holder(const struct jm_issuer *is, const struct jm_grant *grant,
                               struct jm_id *person, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct jm_card card;
    struct jm_device dev;
    enum jm_status st;

    if (!grant->has_card)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, "there is no card yet");
    JM_READ(st, tx, env, jm_card_in(tx, &grant->card, &card, mem));
    JM_TRY(st);
    if (jm_card_state_at(&card, jm_env_now(env)) != JM_CARD_ACTIVE)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, NULL);
    JM_READ(st, tx, env, jm_device_in(tx, &card.device, &dev));
    if (!card.has_device || st != JM_OK || dev.state != JM_DEVICE_OPEN ||
        memcmp(dev.jkt, grant->instance, 32) != 0)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_DEVICE_CLOSED, NULL);
    *person = card.person;
    return JM_OK;
}
