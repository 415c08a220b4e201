/* SPDX-License-Identifier: Apache-2.0 */
/* What a wallet says became of a batch (OpenID4VCI 1.0 11; I-16). It may never come, and the same
 * again changes nothing; copies that were not kept are INVALID. */
#include <string.h>

#include "service/issuance/parts.h"

struct telling {
    const struct jm_grant *grant;
    uint8_t batch[32];
    struct jm_bytes event;
    bool gone; /* copies were, and lists change */
    struct jm_diag *d;
};

static enum jm_status tell_tx(struct jm_tx *tx, void *arg)
{
    struct telling *x = arg;
    bool known, said;

    JM_TRY(jm_copies_of_batch_in(tx, &x->grant->card, x->batch, &known));
    if (!known) /* nobody's, or another's: not told apart */
        return jm_refuse(x->d, JM_E_DENIED, JM_VCI_NOTIFICATION_UNKNOWN, NULL);
    JM_TRY(jm_notification_rows_add(tx, x->batch, x->event, &said));
    x->gone = !said && !jm_bytes_eq_str(x->event, "credential_accepted");
    return x->gone ? jm_copies_batch_over_in(tx, x->batch) : JM_OK;
}

enum jm_status jm_notification_take(struct jm_issuer *is, const struct jm_grant *grant,
                                    struct jm_bytes id, struct jm_bytes event, struct jm_diag *d)
{
    static const char *const events[] = {"credential_accepted", "credential_failure",
                                         "credential_deleted"};
    struct telling x = {.grant = grant, .event = event, .d = d};
    bool known = false;

    for (size_t i = 0; i < JM_ARRAY_LEN(events); i++)
        known = known || jm_bytes_eq_str(event, events[i]);
    if (!known)
        return jm_refuse(d, JM_E_MALFORMED, JM_VCI_NOTIFICATION_FORM, "no such event");
    if (!grant->has_card)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_NOTIFICATION_UNKNOWN, NULL);
    JM_TRY(jm_sha256(is->base.env.crypto, id, x.batch));
    JM_TRY(jm_tx_run(&is->base.env, tell_tx, &x));
    if (x.gone && is->wake_publisher != NULL)
        is->wake_publisher(is->wake_ctx);
    return JM_OK;
}
