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

struct speaking {
    const struct jm_desk *k;
    struct jm_takeover_saying say;
};

static enum jm_status takeover_tx(struct jm_tx *tx, void *arg)
{
    const struct speaking *x = arg;

    JM_TRY(jm_desk_not_own(tx, x->k, x->say.person));
    return jm_takeover_say_in(tx, &x->say);
}

enum jm_status jm_desk_takeover(const struct jm_desk *k, struct jm_takeover_told *out,
                                const struct jm_id *person, struct jm_bytes decision)
{
    struct speaking x = {k,
                         {k->is, person, decision, {k->clerk->name, JM_BYTES("desk")}, out, k->d}};

    return jm_tx_run(&k->is->base.env, takeover_tx, &x);
}

enum jm_status jm_desk_chip(const struct jm_desk *k, struct jm_bytes *serial, struct jm_bytes *puk,
                            const struct jm_id *person, struct jm_bytes reason)
{
    const struct jm_actor who = {k->clerk->name, JM_BYTES("desk")};
    enum jm_status st;

    JM_READ(st, tx, &k->is->base.env, jm_desk_not_own(tx, k, person));
    JM_TRY(st);
    return jm_chip_unlock(k->is, serial, puk, person, &who, reason, k->mem, k->d);
}
