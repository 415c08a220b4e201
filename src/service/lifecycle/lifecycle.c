/* SPDX-License-Identifier: Apache-2.0 */
#include "service/devices/devices.h"
#include "service/lifecycle/parts.h"
#include "service/notices/notices.h"
#include "service/status/status.h"

enum jm_card_state jm_card_state_at(const struct jm_card *c, int64_t now)
{
    if (c->state == JM_CARD_REVOKED)
        return JM_CARD_REVOKED;
    return now >= c->expires ? JM_CARD_EXPIRED : c->state;
}

const char *jm_card_state_name(enum jm_card_state s)
{
    static const char *const name[] = {"NONE",      "PENDING", "ACTIVE",
                                       "SUSPENDED", "REVOKED", "EXPIRED"};

    return (unsigned)s < JM_ARRAY_LEN(name) ? name[s] : name[0];
}

/* One audit row, one event, one notice: for every change of a card. */
static enum jm_status record_change(struct jm_tx *tx, const struct jm_card *c, const char *event,
                                    const struct jm_change *why)
{
    int64_t n;

    JM_TRY(jm_audit_in(tx, why->who, event, &c->person, jm_str(why->reason), "done", &n));
    JM_TRY(jm_lifecycle_rows_event(tx, &c->id, event, why->reason, why->who, n));
    return jm_notice_in(tx, &c->person, event, why->who->channel);
}

enum jm_status jm_card_activate_in(struct jm_tx *tx, const struct jm_card *c,
                                   const struct jm_change *why)
{
    JM_TRY(jm_card_move(tx, &c->id, JM_CARD_PENDING, JM_CARD_ACTIVE));
    return record_change(tx, c, "CARD_ACTIVE", why);
}

enum jm_status jm_card_hold_in(struct jm_tx *tx, const struct jm_card *c, enum jm_hold_kind kind,
                               const struct jm_change *why)
{
    enum jm_card_state at = jm_card_state_at(c, jm_tx_now(tx));
    bool opened;

    if (at != JM_CARD_ACTIVE && at != JM_CARD_SUSPENDED)
        return JM_E_CONFLICT;
    JM_TRY(jm_lifecycle_rows_hold(tx, &c->id, kind, why->who, &opened));
    if (!opened)
        return JM_OK;
    if (at == JM_CARD_ACTIVE)
        JM_TRY(jm_card_move(tx, &c->id, JM_CARD_ACTIVE, JM_CARD_SUSPENDED));
    JM_TRY(jm_copies_invalidate_in(tx, &c->id));
    return record_change(tx, c, "CARD_SUSPENDED", why);
}

enum jm_status jm_card_release_in(struct jm_tx *tx, const struct jm_card *c, unsigned kinds,
                                  const struct jm_change *why, bool *active)
{
    int64_t closed, left;

    *active = false;
    if (jm_card_state_at(c, jm_tx_now(tx)) != JM_CARD_SUSPENDED)
        return JM_E_CONFLICT;
    if (why->evidence.len == 0)
        return JM_E_MISSING; /* a resume has evidence: D-180 (11) */
    JM_TRY(jm_lifecycle_rows_release(tx, &c->id, kinds, why->evidence, &closed, &left));
    if (closed == 0)
        return JM_E_DENIED;
    if (left == 0) {
        JM_TRY(jm_card_move(tx, &c->id, JM_CARD_SUSPENDED, JM_CARD_ACTIVE));
        JM_TRY(jm_lifecycle_rows_due(tx, &c->id, "RESUMED"));
        *active = true;
    }
    return record_change(tx, c, *active ? "CARD_RESUMED" : "HOLD_CLOSED", why);
}

enum jm_status jm_card_revoke_in(struct jm_tx *tx, const struct jm_card *c, bool close_device,
                                 const struct jm_change *why)
{
    enum jm_status st;

    if (c->state == JM_CARD_REVOKED)
        return JM_E_CONFLICT;
    JM_TRY(jm_card_move(tx, &c->id, c->state, JM_CARD_REVOKED));
    JM_TRY(jm_copies_invalidate_in(tx, &c->id));
    if (close_device && c->has_device) {
        st = jm_device_close_in(tx, &c->device);
        if (st != JM_OK && st != JM_E_CONFLICT)
            return st;
    }
    return record_change(tx, c, "CARD_REVOKED", why);
}

enum jm_status jm_card_due_in(struct jm_tx *tx, const struct jm_card *c, const char *due,
                              const struct jm_change *why)
{
    enum jm_card_state at = jm_card_state_at(c, jm_tx_now(tx));

    if (at != JM_CARD_ACTIVE && at != JM_CARD_SUSPENDED)
        return JM_E_CONFLICT;
    JM_TRY(jm_lifecycle_rows_due(tx, &c->id, due));
    JM_TRY(jm_copies_stale_in(tx, &c->id));
    return record_change(tx, c, "REFRESH_DUE", why);
}

enum jm_status jm_card_refreshed_in(struct jm_tx *tx, const struct jm_id *card)
{
    JM_TRY(jm_copies_stale_over_in(tx, card));
    return jm_lifecycle_rows_due(tx, card, NULL);
}

#define OVERDUE_AT_ONCE 256

enum jm_status jm_card_grace_over_in(struct jm_tx *tx, int64_t before, int64_t *n)
{
    struct jm_id card[OVERDUE_AT_ONCE];
    size_t found;

    JM_TRY(jm_lifecycle_rows_overdue(tx, before, card, OVERDUE_AT_ONCE, &found));
    for (size_t i = 0; i < found; i++)
        JM_TRY(jm_copies_stale_over_in(tx, &card[i]));
    if (n != NULL)
        *n = (int64_t)found;
    return JM_OK;
}

enum jm_status jm_cards_warn_in(struct jm_tx *tx, size_t *n, struct jm_arena *mem)
{
    /* the nearest first: whose card ends tomorrow is not also told of ninety days */
    static const struct {
        int64_t days;
        const char *kind;
    } at[] = {{1, "CARD_ENDS_1"}, {7, "CARD_ENDS_7"}, {30, "CARD_ENDS_30"}, {90, "CARD_ENDS_90"}};
    struct jm_warning *w = JM_NEW_N(mem, struct jm_warning, JM_WARNINGS_AT_ONCE);
    size_t found;

    *n = 0;
    if (w == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < JM_ARRAY_LEN(at) && *n < JM_WARNINGS_AT_ONCE; i++) {
        JM_TRY(jm_lifecycle_rows_ending(tx, at[i].days, w, JM_WARNINGS_AT_ONCE - *n, &found));
        for (size_t k = 0; k < found; k++) {
            JM_TRY(jm_notice_in(tx, &w[k].person, at[i].kind, JM_BYTES("post")));
            if (w[k].device)
                JM_TRY(jm_notice_in(tx, &w[k].person, at[i].kind, JM_BYTES("wallet")));
            JM_TRY(jm_lifecycle_rows_told(tx, &w[k].card, at[i].days));
        }
        *n += found;
    }
    return JM_OK;
}

/* -- one phone a person -- */

static bool is_on(const struct jm_card *c, const struct jm_device *d)
{
    return c->has_device && memcmp(&c->device, &d->id, sizeof d->id) == 0;
}

/* Of many phones: what is on this one, and the first card of all where their number is full. */
static void leave_others(struct jm_live *live, const struct jm_device *device, bool had)
{
    size_t n = 0, first = 0;
    bool full = live->n == JM_LIVE_MAX;

    for (size_t i = 1; i < live->n; i++)
        if (live->card[i].issued < live->card[first].issued)
            first = i;
    for (size_t i = 0; i < live->n; i++)
        if ((had && is_on(&live->card[i], device)) || (full && i == first))
            live->card[n++] = live->card[i];
    live->n = n;
}

enum jm_status jm_phone_before_in(struct jm_tx *tx, const struct jm_person *p,
                                  const uint8_t jkt[32], struct jm_device *device, bool *had,
                                  struct jm_live *live, struct jm_arena *mem)
{
    enum jm_status st =
        p->many ? jm_device_of_key(tx, jkt, device) : jm_device_open_of(tx, &p->id, device);

    *had = st == JM_OK && memcmp(&device->person, &p->id, sizeof p->id) == 0;
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    JM_TRY(jm_cards_live_of(tx, &p->id, live, mem));
    if (p->many)
        leave_others(live, device, *had);
    return JM_OK;
}
