/* SPDX-License-Identifier: Apache-2.0 */
/* D-223: a chip and its PIN do not stop a thief who has both. Where another phone has the card, the
 * new one waits, its owner hears of it on every channel, and may say yes or no at once: with the
 * phone that has the card, or at a desk. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/devices/devices.h"
#include "service/notices/notices.h"
#include "service/tap/parts.h"

/* Is there a phone with a card that is good, and is it another one? */
static enum jm_status is_taken_over(struct jm_tx *tx, const struct jm_id *person,
                                    const uint8_t instance[32], bool *does, struct jm_arena *mem)
{
    struct jm_person p;
    struct jm_device device;
    struct jm_live live;
    bool had;

    *does = false;
    JM_TRY(jm_person_in(tx, person, &p, mem));
    JM_TRY(jm_phone_before_in(tx, &p, instance, &device, &had, &live, mem));
    if (!had || memcmp(device.jkt, instance, 32) == 0)
        return JM_OK;
    for (size_t i = 0; i < live.n; i++)
        *does = *does || jm_card_state_at(&live.card[i], jm_tx_now(tx)) == JM_CARD_ACTIVE;
    return JM_OK;
}

enum jm_status jm_takeover_judge_in(struct jm_tx *tx, const struct jm_issuer *is,
                                    const struct jm_id *person, const uint8_t instance[32],
                                    int64_t *wait_s, struct jm_arena *mem)
{
    int64_t now = jm_tx_now(tx);
    struct jm_takeover t;
    enum jm_status st;
    bool does;

    *wait_s = 0;
    if (is->takeover_cooldown_s == 0)
        return JM_OK;
    JM_TRY(is_taken_over(tx, person, instance, &does, mem));
    if (!does)
        return JM_OK;
    *wait_s = is->takeover_cooldown_s;
    st = jm_takeover_rows_get(tx, person, &t);
    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    if (memcmp(t.instance, instance, 32) != 0 || now >= t.at + JM_TAKEOVER_TTL_S)
        return JM_OK; /* another's turn, or too long ago: from the beginning */
    *wait_s = t.said == JM_TAKEOVER_YES  ? 0
              : t.said == JM_TAKEOVER_NO ? t.at + JM_TAKEOVER_TTL_S - now
                                         : t.at + is->takeover_cooldown_s - now;
    if (*wait_s < 0)
        *wait_s = 0;
    return JM_OK;
}

enum jm_status jm_takeover_ask_in(struct jm_tx *tx, const struct jm_id *person,
                                  const uint8_t instance[32])
{
    struct jm_takeover t;
    enum jm_status st = jm_takeover_rows_get(tx, person, &t);

    if (st == JM_OK && memcmp(t.instance, instance, 32) == 0 &&
        jm_tx_now(tx) < t.at + JM_TAKEOVER_TTL_S)
        return JM_OK; /* asked before */
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    JM_TRY(jm_takeover_rows_put(tx, person, instance));
    JM_TRY(jm_notice_in(tx, person, "TAKEOVER_ASKED", JM_BYTES("post")));
    return jm_notice_in(tx, person, "TAKEOVER_ASKED", JM_BYTES("wallet"));
}

static enum jm_status say_word(struct jm_tx *tx, const struct jm_takeover_saying *s,
                               enum jm_takeover_said said)
{
    struct jm_takeover t;
    enum jm_status st = jm_takeover_rows_get(tx, s->person, &t);

    *s->out = (struct jm_takeover_told){.waiting = false};
    if (st == JM_E_ABSENT || (st == JM_OK && jm_tx_now(tx) >= t.at + JM_TAKEOVER_TTL_S))
        return said == JM_TAKEOVER_OPEN ? JM_OK
                                        : jm_refuse(s->d, JM_E_ABSENT, JM_TAKEOVER_NONE, NULL);
    JM_TRY(st);
    if (said != JM_TAKEOVER_OPEN) {
        JM_TRY(jm_takeover_rows_say(tx, s->person, said));
        JM_TRY(jm_audit_in(tx, &s->who, said == JM_TAKEOVER_YES ? "TAKEOVER_YES" : "TAKEOVER_NO",
                           s->person, jm_none(), "done", NULL));
        t.said = said;
    }
    s->out->waiting = t.said == JM_TAKEOVER_OPEN;
    s->out->at = t.at;
    s->out->until = t.at + s->is->takeover_cooldown_s;
    return JM_OK;
}

enum jm_status jm_takeover_say_in(struct jm_tx *tx, const struct jm_takeover_saying *s)
{
    enum jm_takeover_said said = jm_bytes_eq_str(s->decision, "yes")  ? JM_TAKEOVER_YES
                                 : jm_bytes_eq_str(s->decision, "no") ? JM_TAKEOVER_NO
                                                                      : JM_TAKEOVER_OPEN;

    if (s->decision.len != 0 && said == JM_TAKEOVER_OPEN)
        return jm_refuse(s->d, JM_E_RANGE, JM_API_FIELD_FORM, "decision");
    return say_word(tx, s, said);
}

static enum jm_status say_tx(struct jm_tx *tx, void *arg)
{
    return jm_takeover_say_in(tx, arg);
}

enum jm_status jm_takeover_say(const struct jm_takeover_saying *s)
{
    struct jm_takeover_saying copy = *s;

    return jm_tx_run(&s->is->base.env, say_tx, &copy);
}
