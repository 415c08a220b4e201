/* SPDX-License-Identifier: Apache-2.0 */
/* The service's side: results, cancelling, keys; and what time does. */
#include <string.h>

#include "base/record.h"
#include "service/presentation/parts.h"

struct lookup {
    const struct jm_id *id;
    struct jm_presentation *p;
    struct jm_bytes report;
    struct jm_arena *mem;
};

static enum jm_status taken_tx(struct jm_tx *tx, void *arg)
{
    const struct lookup *l = arg;

    return jm_presentation_rows_claims_taken(tx, &l->p->id);
}

static enum jm_status erase_tx(struct jm_tx *tx, void *arg)
{
    const struct lookup *l = arg;

    return jm_presentation_rows_erase(tx, &l->p->id, l->report);
}

static enum jm_status cancel_tx(struct jm_tx *tx, void *arg)
{
    const struct lookup *l = arg;

    return jm_presentation_rows_end(tx, l->id, JM_PRESENTATION_CANCELLED, l->report);
}

static void note_expiry(const struct jm_verifier *v, struct jm_presentation *p)
{
    if (p->state <= JM_PRESENTATION_FETCHED && p->expires <= jm_env_now(&v->base.env))
        p->state = JM_PRESENTATION_EXPIRED; /* the sweep will write it down */
}

static enum jm_status find_of_service(struct jm_verifier *v, const struct lookup *l,
                                      struct jm_bytes service, struct jm_diag *d)
{
    enum jm_status st;

    JM_READ(st, tx, &v->base.env, jm_presentation_rows_by_id(tx, l->id, l->p, l->mem));

    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    if (st != JM_OK || !jm_bytes_eq(l->p->service, service))
        return jm_refuse(d, JM_E_ABSENT, JM_VER_UNKNOWN, NULL);
    note_expiry(v, l->p);
    return JM_OK;
}

/* V-07: by the right code alone, once, in its time; whoever comes with another has come into a
 * session that is not his, and what was shown is for nobody. */
static enum jm_status admit_code(struct jm_verifier *v, struct lookup *l, struct jm_bytes code,
                                 struct jm_diag *d)
{
    uint8_t hash[32];

    if (l->p->return_to.len == 0 || code.len == 0)
        return code.len == 0 ? JM_OK : jm_refuse(d, JM_E_RANGE, JM_API_FIELD_FORM, "response_code");
    JM_TRY(jm_sha256(v->base.env.crypto, code, hash));
    if (l->p->claims_until > jm_env_now(&v->base.env) &&
        jm_bytes_eq_ct(l->p->response_code, jm_bytes(hash, sizeof hash)))
        return JM_OK;
    JM_TRY(jm_report_single(&l->report, JM_VER_RESPONSE_CODE, JM_FAIL, jm_none(), l->mem));
    JM_TRY(jm_tx_run(&v->base.env, erase_tx, l));
    return jm_refuse(d, JM_E_DENIED, JM_VER_RESPONSE_CODE, NULL);
}

/* That it was accepted is for the session that the code comes into, too: until then it is answered,
 * and no more is told. */
static void wait_for_code(struct jm_presentation *p)
{
    if (p->response_code.ptr == NULL)
        return;
    p->state = JM_PRESENTATION_ANSWERED;
    p->report = p->claims = jm_none();
}

static enum jm_status tell_report(const struct jm_verifier *v, struct jm_presentation *p,
                                  struct jm_arena *mem)
{
    return p->report.len == 0 ? JM_OK : jm_report_json(&p->report, p->report, v->base.env.say, mem);
}

/* All that can fail comes first: the claims are handed out once. */
static enum jm_status hand_out(struct jm_verifier *v, struct jm_presentation_result *out,
                               struct lookup *l, struct jm_bytes code, struct jm_diag *d)
{
    const struct jm_json *accepted;
    struct jm_bytes opened;
    enum jm_status st;

    JM_TRY(admit_code(v, l, code, d));
    if (code.len == 0)
        wait_for_code(&out->p);
    JM_TRY(tell_report(v, &out->p, l->mem));
    if (out->p.claims.ptr == NULL || out->p.claims_until <= jm_env_now(&v->base.env) ||
        (out->p.return_to.len != 0 && code.len == 0))
        return JM_OK;
    JM_TRY(jm_value_open(&opened, v, "presentation/claims", &out->p.id, out->p.claims, l->mem));
    JM_TRY(jm_json_parse(&accepted, opened, l->mem, NULL));
    st = jm_tx_run(&v->base.env, taken_tx, l);
    if (st == JM_E_CONFLICT)
        return JM_OK; /* somebody else was quicker */
    JM_TRY(st);
    out->claims = jm_json_get(accepted, "claims")->raw;
    if (jm_json_get(accepted, "vp_token") != NULL)
        out->vp_token = jm_json_get(accepted, "vp_token")->raw;
    return JM_OK;
}

enum jm_status jm_presentation_result(struct jm_verifier *v, struct jm_presentation_result *out,
                                      struct jm_bytes service, const struct jm_id *id,
                                      struct jm_bytes response_code, struct jm_arena *mem,
                                      struct jm_diag *d)
{
    struct lookup l = {.id = id, .p = &out->p, .mem = mem};

    memset(out, 0, sizeof *out);
    JM_TRY(find_of_service(v, &l, service, d));
    return hand_out(v, out, &l, response_code, d);
}

enum jm_status jm_presentation_visited(struct jm_verifier *v, struct jm_presentation_result *out,
                                       const uint8_t session[32], struct jm_bytes response_code,
                                       struct jm_arena *mem, struct jm_diag *d)
{
    struct lookup l = {.p = &out->p, .mem = mem};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_READ(st, tx, &v->base.env, jm_presentation_rows_by_session(tx, session, &out->p, mem));
    if (st == JM_E_ABSENT)
        return jm_refuse(d, st, JM_VER_UNKNOWN, NULL);
    JM_TRY(st);
    note_expiry(v, &out->p);
    return hand_out(v, out, &l, response_code, d);
}

enum jm_status jm_presentation_cancel(struct jm_verifier *v, struct jm_bytes service,
                                      const struct jm_id *id, struct jm_arena *mem,
                                      struct jm_diag *d)
{
    struct jm_presentation p;
    struct lookup l = {.id = id, .p = &p, .mem = mem};
    enum jm_status st;

    JM_TRY(find_of_service(v, &l, service, d));
    if (p.state == JM_PRESENTATION_EXPIRED)
        return jm_refuse(d, JM_E_ABSENT, JM_VER_EXPIRED, NULL);
    JM_TRY(jm_report_single(&l.report, JM_VER_CANCELLED, JM_FAIL, jm_none(), mem));
    st = jm_tx_run(&v->base.env, cancel_tx, &l);
    return st == JM_E_CONFLICT ? jm_refuse(d, st, JM_VER_ANSWERED, NULL) : st;
}

/* -- keys -- */

struct key {
    const uint8_t *hash;
    struct jm_bytes service;
    struct jm_bytes *found;
    struct jm_arena *mem;
};

static enum jm_status key_add_tx(struct jm_tx *tx, void *arg)
{
    const struct key *k = arg;

    return jm_presentation_rows_key_add(tx, k->hash, k->service);
}

static enum jm_status key_remove_tx(struct jm_tx *tx, void *arg)
{
    const struct key *k = arg;

    return jm_presentation_rows_key_remove(tx, k->hash, k->service);
}

enum jm_status jm_service_key_add(const struct jm_env *env, struct jm_bytes service,
                                  const uint8_t hash[32])
{
    struct key k = {.hash = hash, .service = service};

    return jm_tx_run(env, key_add_tx, &k);
}

enum jm_status jm_service_key_remove(const struct jm_env *env, struct jm_bytes service,
                                     const uint8_t *hash, struct jm_diag *d)
{
    struct key k = {.hash = hash, .service = service};
    enum jm_status st = jm_tx_run(env, key_remove_tx, &k);

    return st == JM_E_CONFLICT ? jm_refuse(d, JM_E_ABSENT, JM_VER_KEY_NONE, NULL) : st;
}

enum jm_status jm_service_key_find(const struct jm_env *env, struct jm_bytes key,
                                   struct jm_bytes *service, struct jm_arena *mem)
{
    uint8_t hash[32];
    enum jm_status st;

    *service = jm_none();
    JM_TRY(jm_sha256(env->crypto, key, hash));
    JM_READ(st, tx, env, jm_presentation_rows_key_find(tx, hash, service, mem));
    return st;
}

/* -- time -- */

static enum jm_status sweep_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_bytes *report = arg;

    return jm_presentation_rows_sweep(tx, report[0], report[1]);
}

enum jm_status jm_presentation_sweep(struct jm_verifier *v)
{
    struct jm_bytes report[2];
    struct jm_arena mem;
    uint8_t room[2048];

    jm_arena_init(&mem, room, sizeof room);
    JM_TRY(jm_report_single(&report[0], JM_VER_INTERRUPTED, JM_UNKNOWN, jm_none(), &mem));
    JM_TRY(jm_report_single(&report[1], JM_VER_RESPONSE_CODE, JM_FAIL, jm_none(), &mem));
    return jm_tx_run(&v->base.env, sweep_tx, report);
}
