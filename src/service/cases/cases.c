/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/cases/parts.h"

const char *jm_case_state_name(enum jm_case_state s)
{
    static const char *const name[] = {"NONE",    "CREATED",  "SCANNED",   "CODE_OK",
                                       "ISSUED",  "EXPIRED",  "CANCELLED", "CODE_EXHAUSTED",
                                       "REFUSED", "ABANDONED"};

    return (unsigned)s < JM_ARRAY_LEN(name) ? name[s] : name[0];
}

enum jm_case_state jm_case_state_at(const struct jm_case *c, int64_t now)
{
    if (c->state == JM_CASE_CREATED && now >= c->scan_by)
        return JM_CASE_EXPIRED;
    if ((c->state == JM_CASE_SCANNED || c->state == JM_CASE_CODE_OK) && now >= c->case_by)
        return JM_CASE_EXPIRED;
    return c->state;
}

bool jm_case_has_match_code(const struct jm_case *c)
{
    static const uint8_t none[32] = {0};

    return memcmp(c->match_mac, none, sizeof none) != 0;
}

int64_t jm_case_waits_until(const struct jm_case *c, int64_t now)
{
    enum jm_case_state at = jm_case_state_at(c, now);

    if (at == JM_CASE_CREATED)
        return c->scan_by;
    return at == JM_CASE_SCANNED || at == JM_CASE_CODE_OK ? c->case_by : 0;
}

enum jm_status jm_case_open_of(struct jm_tx *tx, const struct jm_id *person, struct jm_case *out,
                               struct jm_arena *mem)
{
    JM_TRY(jm_case_rows_open_of(tx, person, out, mem));
    return jm_case_state_at(out, jm_tx_now(tx)) == JM_CASE_EXPIRED ? JM_E_ABSENT : JM_OK;
}

enum jm_status jm_case_bind_in(struct jm_tx *tx, struct jm_case *c, const uint8_t jkt[32],
                               struct jm_bytes sign)
{
    enum jm_case_state at = jm_case_state_at(c, jm_tx_now(tx));

    if (at != JM_CASE_CREATED && at != JM_CASE_SCANNED && at != JM_CASE_CODE_OK)
        return JM_E_GONE;
    if (c->has_jkt)
        return memcmp(c->jkt, jkt, 32) == 0 ? JM_OK : JM_E_CONFLICT;
    if (c->waits != JM_CASE_WAITS) /* a clerk has the time that it was given */
        c->case_by = jm_tx_now(tx) + JM_CASE_TTL_S;
    JM_TRY(jm_case_rows_bind(tx, &c->id, jkt, sign, c->case_by));
    memcpy(c->jkt, jkt, 32);
    c->has_jkt = true;
    c->state = JM_CASE_SCANNED;
    c->sign = sign;
    return JM_OK;
}

enum jm_status jm_case_wrong_match_code(struct jm_tx *tx, const struct jm_id *id, int64_t *tries)
{
    JM_TRY(jm_case_rows_try(tx, id, tries));
    if (*tries >= JM_MATCH_TRIES_MAX)
        return jm_case_end(tx, id, JM_CASE_SCANNED, JM_CASE_CODE_EXHAUSTED, "TX_CODE_EXHAUSTED");
    return JM_OK;
}
