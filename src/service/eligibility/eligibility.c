/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/record.h"
#include "jumin/json.h"
#include "jumin/report.h"
#include "service/eligibility/eligibility.h"

static void reason_against(struct jm_eligibility *e, enum jm_code code)
{
    jm_record(code, JM_FAIL);
    if (e->n < JM_ELIGIBILITY_MAX)
        e->code[e->n++] = code;
}

static void judge_person(struct jm_eligibility *e, const struct jm_eligibility_facts *f)
{
    if (f->state == JM_PERSON_DEAD)
        reason_against(e, JM_ELIG_DECEASED);
    else if (f->state != JM_PERSON_ALIVE || f->kind != JM_PERSON_RESIDENT)
        reason_against(e, JM_ELIG_NOT_REGISTERED);
    if (jm_age(f->birth, jm_seoul_date(f->now)) < 17)
        reason_against(e, JM_ELIG_UNDER_17);
}

static void judge_plastic(struct jm_eligibility *e, const struct jm_eligibility_facts *f)
{
    if (f->plastic == JM_PLASTIC_LOST)
        reason_against(e, JM_ELIG_CARD_LOST);
    else if ((int)f->plastic == 0 || f->plastic == JM_PLASTIC_ORDERED ||
             f->plastic == JM_PLASTIC_READY)
        reason_against(e, JM_ELIG_NO_CARD);
    else if (f->plastic != JM_PLASTIC_VALID)
        reason_against(e, JM_ELIG_CARD_NOT_CURRENT);
    else if (f->route == JM_ROUTE_TAP && f->plastic_kind != JM_PLASTIC_IC)
        reason_against(e, JM_ELIG_NOT_IC_CARD);
}

static bool covers_region(const struct jm_phase *p, struct jm_bytes region)
{
    for (size_t i = 0; i < p->n_areas; i++)
        if (jm_bytes_starts(region, p->area[i]))
            return true;
    return p->n_areas == 0;
}

static bool same_municipality(struct jm_bytes a, struct jm_bytes b)
{
    return a.len >= JM_MUNICIPALITY_LEN && b.len >= JM_MUNICIPALITY_LEN &&
           memcmp(a.ptr, b.ptr, JM_MUNICIPALITY_LEN) == 0;
}

/* Any running row that covers address, route and desk opens the door; else the reason is that of
 * the row that comes nearest. */
static void judge_calendar(struct jm_eligibility *e, const struct jm_eligibility_facts *f,
                           const struct jm_rollout *r)
{
    bool region = false, route = false, capped = false;

    for (size_t i = 0; i < r->n; i++) {
        const struct jm_phase *p = &r->phase[i];

        if (f->now < p->from || (p->to != 0 && f->now >= p->to) || p->paused ||
            !covers_region(p, f->region))
            continue;
        region = true;
        if (!(p->routes & 1u << f->route))
            continue;
        route = true;
        if (f->desk_region.ptr != NULL && !p->any_desk &&
            !same_municipality(f->desk_region, f->region))
            continue;
        if (p->daily_cap != 0 && f->issued_today >= p->daily_cap) {
            capped = true;
            continue;
        }
        e->rule = p->id;
        return;
    }
    reason_against(e, !region  ? JM_ELIG_REGION_NOT_OPEN
                      : !route ? JM_ELIG_ROUTE_CLOSED
                      : capped ? JM_ELIG_CAP_REACHED
                               : JM_ELIG_DESK_OUT_OF_SCOPE);
}

void jm_eligible(struct jm_eligibility *out, const struct jm_eligibility_facts *f,
                 const struct jm_rollout *rollout)
{
    memset(out, 0, sizeof *out);
    judge_person(out, f);
    judge_plastic(out, f);
    judge_calendar(out, f, rollout);
    if (f->line_not_own)
        reason_against(out, JM_ELIG_LINE_NOT_OWN);
    if (f->device_unfit)
        reason_against(out, JM_ELIG_DEVICE_UNFIT);
    if (f->case_open)
        reason_against(out, JM_ELIG_CASE_OPEN);
    if (f->photo_mismatch)
        reason_against(out, JM_ELIG_PHOTO_MISMATCH);
    if (out->n > 0)
        out->rule = jm_none();
}

void jm_eligible_to_renew(struct jm_eligibility *out, const struct jm_eligibility_facts *f)
{
    memset(out, 0, sizeof *out);
    judge_person(out, f);
    judge_plastic(out, f);
}

void jm_eligible_to_hold(struct jm_eligibility *out, const struct jm_eligibility_facts *f)
{
    struct jm_eligibility_facts now = *f;

    if (now.kind == JM_PERSON_UNKNOWN_RESIDENCE)
        now.kind = JM_PERSON_RESIDENT; /* D-159: no new card, the old one goes on */
    jm_eligible_to_renew(out, &now);
}

void jm_eligible_to_order(struct jm_eligibility *out, const struct jm_eligibility_facts *f)
{
    memset(out, 0, sizeof *out);
    judge_person(out, f);
}

/* -- data -- */

static enum jm_status bad_phases(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_DATA_ROLLOUT, what);
}

static enum jm_status read_moment(int64_t *out, const struct jm_json *j, const char *name)
{
    struct jm_bytes t;
    struct jm_date day;

    *out = 0;
    JM_TRY(jm_json_str(&t, j, name));
    JM_TRY(jm_date_parse(&day, t));
    *out = jm_seoul_midnight(day); /* 00:00 Asia/Seoul */
    return JM_OK;
}

static enum jm_status read_areas(struct jm_phase *p, const struct jm_json *list,
                                 struct jm_arena *mem)
{
    struct jm_bytes *area;

    if (list == NULL)
        return JM_OK;
    if (list->type != JM_JSON_ARRAY || list->n == 0)
        return JM_E_MALFORMED;
    if ((area = JM_NEW_N(mem, struct jm_bytes, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        uint64_t digits;

        if (e->type != JM_JSON_STRING || e->text.len < 2 || e->text.len > 10 ||
            jm_parse_u64(&digits, e->text) != JM_OK)
            return JM_E_MALFORMED;
        area[p->n_areas++] = e->text;
    }
    p->area = area;
    return JM_OK;
}

static enum jm_status read_phase(struct jm_phase *p, const struct jm_json *j, struct jm_arena *mem,
                                 struct jm_diag *d)
{
    const struct jm_json *routes = jm_json_get(j, "routes"), *cap = jm_json_get(j, "daily_cap"),
                         *paused = jm_json_get(j, "paused");

    if (jm_json_str(&p->id, j, "id") != JM_OK || p->id.len == 0)
        return bad_phases(d, "id");
    if (read_moment(&p->from, j, "from") != JM_OK)
        return bad_phases(d, "from");
    if (jm_json_get(j, "to") != NULL && (read_moment(&p->to, j, "to") != JM_OK || p->to <= p->from))
        return bad_phases(d, "to");
    if (read_areas(p, jm_json_get(j, "areas"), mem) != JM_OK)
        return bad_phases(d, "areas");
    if (routes == NULL || routes->type != JM_JSON_ARRAY || routes->n == 0)
        return bad_phases(d, "routes");
    for (const struct jm_json *e = routes->child; e != NULL; e = e->next)
        p->routes |= jm_json_is_str(e, "QR")    ? 1u << JM_ROUTE_QR
                     : jm_json_is_str(e, "TAP") ? 1u << JM_ROUTE_TAP
                                                : 1u;
    if (p->routes & 1u)
        return bad_phases(d, "routes");
    p->any_desk = jm_json_is_str(jm_json_get(j, "desk"), "ANY");
    if (!p->any_desk && !jm_json_is_str(jm_json_get(j, "desk"), "OWN"))
        return bad_phases(d, "desk");
    if (cap != NULL && (jm_json_int(&p->daily_cap, cap) != JM_OK || p->daily_cap < 1))
        return bad_phases(d, "daily_cap");
    p->paused = paused != NULL && paused->type == JM_JSON_TRUE;
    return JM_OK;
}

enum jm_status jm_rollout_load(struct jm_rollout *out, struct jm_bytes json, struct jm_arena *mem,
                               struct jm_diag *d)
{
    const struct jm_json *j, *list;
    struct jm_phase *phase;

    memset(out, 0, sizeof *out);
    if (jm_json_parse(&j, json, mem, NULL) != JM_OK || (list = jm_json_get(j, "phases")) == NULL ||
        list->type != JM_JSON_ARRAY)
        return bad_phases(d, "phases");
    if ((phase = JM_NEW_N(mem, struct jm_phase, list->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next)
        JM_TRY(read_phase(&phase[out->n++], e, mem, d));
    out->phase = phase;
    return JM_OK;
}
