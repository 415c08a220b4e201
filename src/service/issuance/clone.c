/* SPDX-License-Identifier: Apache-2.0 */
/* D-244: two phones that are one. Each refresh carries a number, signed by the instance key; a
 * number that repeats or falls came from a copy of the wallet, or from what it was copied from. */
#include "service/issuance/parts.h"
#include "service/notices/notices.h"

static enum jm_status suspect_clone(struct jm_tx *tx, struct jm_redeem *r,
                                    const struct jm_card *card)
{
    const struct jm_actor who = {r->client->sub, JM_BYTES("wallet")};
    const struct jm_change why = {&who, "CLONE", {NULL, 0}};
    struct jm_live live;

    JM_TRY(jm_cards_live_of(tx, &card->person, &live, r->mem));
    for (size_t i = 0; i < live.n; i++)
        if (jm_card_state_at(&live.card[i], jm_tx_now(tx)) != JM_CARD_EXPIRED)
            JM_TRY(jm_card_hold_in(tx, &live.card[i], JM_HOLD_FRAUD, &why));
    JM_TRY(jm_notice_in(tx, &card->person, "CLONE_SUSPECTED", JM_BYTES("post")));
    JM_TRY(jm_notice_in(tx, &card->person, "CLONE_SUSPECTED", JM_BYTES("wallet")));
    r->refusal = JM_VCI_REFRESH_COUNTER;
    r->lists = true;
    return JM_OK; /* the transaction commits what it noted */
}

enum jm_status jm_refresh_counter_in(struct jm_tx *tx, struct jm_redeem *r,
                                     const struct jm_card *card, const struct jm_device *dev)
{
    int64_t got = r->client->counter;

    if (got == 0 && dev->counter == 0)
        return JM_OK; /* a wallet that does not count */
    if (got == 0) {
        r->refusal = JM_VCI_REFRESH_COUNTER;
        return JM_OK;
    }
    return got <= dev->counter ? suspect_clone(tx, r, card)
                               : jm_device_count_in(tx, &dev->id, dev->counter, got);
}
