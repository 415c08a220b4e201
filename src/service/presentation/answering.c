/* SPDX-License-Identifier: Apache-2.0 */
/* A wallet's answer: found, opened, taken, judged, written down. The network is asked only after
 * the answer was taken. */
#include <string.h>

#include "service/msg.h"
#include "service/presentation/parts.h"

struct answering {
    struct jm_verifier *v;
    struct jm_bytes request;
    uint8_t hash[32]; /* of what came */
    struct jm_presentation p;
    struct jm_bytes plain;
    struct jm_bytes report, claims_sealed;
    struct jm_bytes response_code; /* null view: none is given */
    uint8_t code_hash[32];
    enum jm_presentation_state to;
    int64_t tries;
    bool settles; /* taken and decided at once */
    const struct jm_judging *judging;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static enum jm_status told_tx(struct jm_tx *tx, void *arg)
{
    const struct answering *a = arg;

    return jm_presentation_rows_told(tx, &a->p.id, a->to, a->report);
}

static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    const struct answering *a = arg;

    return jm_presentation_rows_take(tx, &a->p.id, a->hash);
}

static enum jm_status decide_tx(struct jm_tx *tx, void *arg)
{
    const struct answering *a = arg;

    JM_TRY(jm_presentation_rows_decide(tx, &a->p.id, a->to, a->settles ? a->hash : NULL, a->report,
                                       a->claims_sealed,
                                       a->response_code.len != 0
                                           ? jm_bytes(a->code_hash, sizeof a->code_hash)
                                           : jm_none()));
    for (size_t i = 0; a->judging != NULL && i < a->judging->n; i++)
        if (a->judging->presented[i].mso_until != 0)
            JM_TRY(jm_presentation_rows_see(tx, a->judging->presented[i].mso_hash,
                                            a->judging->presented[i].mso_until));
    return JM_OK;
}

/* Too many answers that nobody can read are told, and end nothing: whoever sends them knows its
 * address only, as who saw the QR does. */
static enum jm_status junk_tx(struct jm_tx *tx, void *arg)
{
    struct answering *a = arg;

    JM_TRY(jm_presentation_rows_junk(tx, &a->p.id, &a->tries));
    return a->tries < JM_PRESENTATION_TRIES_MAX
               ? JM_OK
               : jm_presentation_rows_told(tx, &a->p.id, JM_PRESENTATION_REJECTED, a->report);
}

static enum jm_status refuse_gone(struct answering *a)
{
    return jm_refuse(a->d, JM_E_ABSENT, JM_VER_EXPIRED, NULL);
}

static enum jm_status refuse_answered(struct answering *a)
{
    return jm_refuse(a->d, JM_E_CONFLICT, JM_VER_ANSWERED, NULL);
}

static enum jm_status note_junk(struct answering *a, enum jm_status st, enum jm_code code,
                                const char *why)
{
    JM_TRY(jm_report_single(&a->report, JM_VER_TRIES, JM_FAIL, jm_none(), a->mem));
    enum jm_status noted = jm_tx_run(&a->v->base.env, junk_tx, a);
    if (noted == JM_E_CONFLICT)
        return refuse_answered(a);
    JM_TRY(noted);
    return jm_refuse(a->d, st, code, why);
}

/* Unknown, over and withdrawn look alike; only who has the address of an answered one is told so.
 * @p again: it was answered, and the same octets may be looked at. */
static enum jm_status find_presentation(struct answering *a, bool *again)
{
    int64_t now = jm_env_now(&a->v->base.env);
    enum jm_status st;

    *again = false;
    JM_READ(st, tx, &a->v->base.env,
            jm_presentation_rows_by_request(tx, a->request, &a->p, a->mem));
    if (st == JM_E_ABSENT)
        return refuse_gone(a);
    JM_TRY(st);
    if (jm_presentation_answerable(&a->p, now))
        return JM_OK;
    if (a->p.state < JM_PRESENTATION_ANSWERED || a->p.state > JM_PRESENTATION_UNDECIDED)
        return refuse_gone(a);
    *again = a->p.answer.len == sizeof a->hash && a->p.expires > now;
    return *again ? JM_OK : refuse_answered(a);
}

/* Rejected: by the check that failed; a limit that was reached while it was judged is told as one.
 */
static enum jm_status refuse_rejected(const struct answering *a, enum jm_code code, const char *why)
{
    return jm_refuse(a->d, code == JM_VER_LIMIT ? JM_E_LIMIT : JM_E_DENIED, code, why);
}

/* -- the same answer again -- */

/* As it was told the first time: the first check that failed, with its reason. */
static enum jm_status refused_before(struct answering *a)
{
    struct jm_report r;

    JM_TRY(jm_report_read(&r, a->p.report, a->mem));
    for (size_t i = 0; i < r.n; i++) {
        struct jm_bytes why;

        if (r.checks[i].result != JM_FAIL)
            continue;
        JM_TRY(jm_dup(&why, a->mem, r.checks[i].detail));
        return refuse_rejected(a, r.checks[i].code, why.len == 0 ? NULL : (const char *)why.ptr);
    }
    return refuse_answered(a);
}

/* Wallets send a POST again when its reply is lost. Whoever holds the octets that were taken hears
 * what became of them, and only that: nothing is judged or given out again. */
static enum jm_status repeat_outcome(struct answering *a)
{
    if (!jm_bytes_eq_ct(a->p.answer, jm_bytes(a->hash, sizeof a->hash)))
        return refuse_answered(a);
    if (a->p.state == JM_PRESENTATION_ANSWERED)
        return jm_refuse(a->d, JM_E_UNAVAILABLE, JM_VER_JUDGING, NULL);
    return a->p.state == JM_PRESENTATION_REJECTED ? refused_before(a) : JM_OK;
}

/* Somebody was quicker: with the same octets, or with others. */
static enum jm_status on_overtaken(struct answering *a)
{
    bool again;

    JM_TRY(find_presentation(a, &again));
    return again ? repeat_outcome(a) : refuse_answered(a);
}

/* -- the wallet refuses -- */

/* RFC 6749 4.1.2.1: any printable text without quote and backslash; which codes there are grows
 * with the extensions. */
static bool is_error_code(struct jm_bytes e)
{
    for (size_t i = 0; i < e.len; i++)
        if (e.ptr[i] < 0x20 || e.ptr[i] > 0x7e || e.ptr[i] == '"' || e.ptr[i] == '\\')
            return false;
    return e.len > 0 && e.len <= JM_PRESENTATION_ERROR_MAX;
}

/* In the clear or encrypted, a wallet's word is told to the service: nobody was refused, nobody
 * lied. But the key of a request is there for whoever fetches it, so anybody who saw the QR could
 * have said so: an answer that comes all the same is judged (V-09). */
static enum jm_status wallet_refuses(struct answering *a, struct jm_bytes error,
                                     struct jm_bytes state)
{
    enum jm_status st;

    if (!is_error_code(error) || (state.ptr != NULL && !jm_bytes_eq(state, a->request)))
        return note_junk(a, JM_E_DENIED, JM_VP_RESPONSE_FORM, "error or state");
    a->to = JM_PRESENTATION_CANCELLED;
    JM_TRY(jm_report_single(&a->report, JM_VER_WALLET_ERROR, JM_FAIL, error, a->mem));
    st = jm_tx_run(&a->v->base.env, told_tx, a);
    return st == JM_E_CONFLICT ? refuse_answered(a) : st;
}

/* OpenID4VP 1.0 8.3.1: the error of a wallet that can encrypt. Null view: it is none, but an
 * answer. */
static struct jm_bytes encrypted_error(const struct answering *a, struct jm_bytes *state)
{
    const struct jm_json *root;
    struct jm_bytes error = jm_none();

    if (jm_json_parse(&root, a->plain, a->mem, NULL) != JM_OK ||
        jm_json_get(root, "vp_token") != NULL || jm_json_opt_str(&error, root, "error") != JM_OK ||
        jm_json_opt_str(state, root, "state") != JM_OK)
        return jm_none();
    return error;
}

/* -- opening -- */

static enum jm_status open_agreed(struct answering *a, const struct jm_jwe_unopened *u)
{
    const struct jm_env *env = &a->v->base.env;
    struct jm_secret32 scalar;
    struct jm_bytes octets;
    uint8_t z[32];
    enum jm_status st;

    JM_TRY(jm_value_open(&octets, a->v, "presentation/enc", &a->p.id, a->p.enc_sealed, a->mem));
    if (octets.len != sizeof scalar.octets)
        return JM_E_BUG;
    memcpy(scalar.octets, octets.ptr, sizeof scalar.octets);
    st = a->v->agree(a->v->ctx, &scalar, jm_point_bytes(&u->epk), z);
    jm_wipe(&scalar, sizeof scalar);
    if (st == JM_OK)
        st = jm_jwe_open(&a->plain, u, z, env->crypto, a->mem);
    else if (st == JM_E_MALFORMED)
        st = JM_E_SIGNATURE; /* no point of the curve */
    jm_wipe(z, sizeof z);
    return st;
}

static enum jm_status open_answer(struct answering *a, struct jm_bytes jwe)
{
    struct jm_jwe_unopened u;
    struct jm_diag d = {0};
    enum jm_status st = jm_jwe_split(&u, jwe, JM_VP_RESPONSE_MAX, a->mem, &d);

    if (st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return note_junk(a, st, d.code, (const char *)d.detail.ptr);
    if (u.kid.ptr == NULL)
        return note_junk(a, JM_E_DENIED, JM_VP_RESPONSE_KID,
                         "the header has no kid, the request's key has one");
    if (!jm_bytes_eq(u.kid, a->p.kid))
        return note_junk(a, JM_E_DENIED, JM_VP_RESPONSE_KEY, "kid");
    st = open_agreed(a, &u);
    if (st == JM_E_SIGNATURE)
        return note_junk(a, JM_E_DENIED, JM_JOSE_JWE_OPEN, NULL);
    return st;
}

/* -- judging -- */

static bool holds_signature(const struct jm_judging *j, struct jm_bytes key, struct jm_bytes data,
                            struct jm_bytes sig)
{
    for (size_t i = 0; i < j->n_holds; i++)
        if (jm_bytes_eq(j->holds[i].sig, sig) && jm_bytes_eq(j->holds[i].key, key) &&
            jm_bytes_eq(j->holds[i].data, data))
            return true;
    return false;
}

static enum jm_status keep_signature(struct jm_judging *j, struct jm_bytes key,
                                     struct jm_bytes data, struct jm_bytes sig)
{
    size_t i = j->n_holds;

    if (i == JM_HOLDS_MAX)
        return JM_OK;
    JM_TRY(jm_dup(&j->holds[i].key, j->mem, key));
    JM_TRY(jm_dup(&j->holds[i].data, j->mem, data));
    JM_TRY(jm_dup(&j->holds[i].sig, j->mem, sig));
    j->n_holds++;
    return JM_OK;
}

static enum jm_status verify_by_env(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                    struct jm_bytes data, struct jm_bytes sig)
{
    struct jm_judging *j = ctx;
    const struct jm_answers *a = j->v->base.env.answers;

    if (alg == JM_ALG_ES256 && holds_signature(j, key, data, sig))
        return JM_OK;
    JM_TRY(a->verify(a->ctx, alg, key, data, sig));
    return alg == JM_ALG_ES256 ? keep_signature(j, key, data, sig) : JM_OK;
}

static enum jm_status find_by_look(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                                   struct jm_arena *mem)
{
    struct jm_judging *j = ctx;

    return jm_look_find(&j->look, ask, out, mem);
}

static bool all_accepted(const struct jm_judging *j)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->presented[i].claims.root == NULL)
            return false;
    return j->n > 0;
}

static enum jm_status judge_answer(struct answering *a, struct jm_judging *j, struct jm_report *r,
                                   bool stays)
{
    struct jm_verifier *v = a->v;

    j->v = v;
    j->p = &a->p;
    j->mem = a->mem;
    j->now = jm_env_now(&v->base.env);
    j->service = jm_verifier_service(v, a->p.service);
    if (j->service == NULL)
        /* no service of ours any more */
        return jm_refuse(a->d, JM_E_UNAVAILABLE, JM_VER_SERVICE_UNKNOWN, NULL);
    j->look = (struct jm_look){.env = &v->base.env,
                               .trust = &v->trust,
                               .fetch = v->fetch,
                               .fetch_ctx = v->ctx,
                               .cache = &v->cache,
                               .now = j->now,
                               .max_age_s = (int64_t)j->service->status_max_age_s,
                               .stays = stays,
                               .status_age_s = -1};
    j->answers = (struct jm_answers){.verify = verify_by_env,
                                     .find = find_by_look,
                                     .ctx = j,
                                     .memo = v->base.env.answers->memo,
                                     .crypto = v->base.env.crypto};
    enum jm_status st = jm_judge(j, a->plain);
    jm_look_end(&j->look);
    JM_TRY(st);
    JM_TRY(jm_report_of(r, &j->f));
    if (r->verdict == JM_ACCEPTED && !all_accepted(j))
        r->verdict = JM_UNDECIDED;
    return JM_OK;
}

/* What proves that the browser which comes back is the one that was sent (V-07). */
static enum jm_status make_code(struct answering *a)
{
    if (a->p.return_to.len == 0)
        return JM_OK;
    JM_TRY(jm_random_text(&a->response_code, &a->v->base.env, 32, a->mem));
    return jm_sha256(a->v->base.env.crypto, a->response_code, a->code_hash);
}

/* @p stays: nothing is fetched, and it has not been taken yet. @retval JM_E_PENDING something would
 * have to be fetched */
static enum jm_status conclude_answer(struct answering *a, bool stays)
{
    struct jm_judging *j = JM_NEW(a->mem, struct jm_judging);
    const struct jm_env *env = &a->v->base.env;
    struct jm_bytes receipt, accepted;
    struct jm_report r;

    if (j == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(judge_answer(a, j, &r, stays));
    if (j->look.missed)
        return JM_E_PENDING;
    JM_TRY(jm_random_text(&receipt, env, 16, a->mem));
    JM_TRY(jm_report_row(&a->report, j, &r, receipt));
    a->to = r.verdict == JM_ACCEPTED   ? JM_PRESENTATION_ACCEPTED
            : r.verdict == JM_REJECTED ? JM_PRESENTATION_REJECTED
                                       : JM_PRESENTATION_UNDECIDED;
    if (a->to == JM_PRESENTATION_ACCEPTED) {
        JM_TRY(make_code(a));
        JM_TRY(jm_accepted_json(&accepted, j));
        JM_TRY(jm_value_seal(&a->claims_sealed, a->v, "presentation/claims", &a->p.id, accepted,
                             a->mem));
    }
    a->judging = j;
    a->settles = stays;
    JM_TRY(jm_tx_run(env, decide_tx, a));
    if (a->to != JM_PRESENTATION_REJECTED)
        return JM_OK;
    enum jm_code code = jm_report_reason(&r);
    for (size_t i = 0; i < r.n; i++)
        if (r.checks[i].code == code && r.checks[i].result == JM_FAIL)
            return refuse_rejected(a, code, (const char *)r.checks[i].detail.ptr);
    return refuse_rejected(a, code, NULL);
}

/* The answer is spent whatever happened: what broke off on our side leaves it undecided, a limit
 * that it reached refuses it. */
static enum jm_status broke_off(struct answering *a, enum jm_status why)
{
    /* a limit that is reached refuses: who sent so much has shown nothing */
    if (why == JM_E_LIMIT || why == JM_E_NO_SPACE) {
        a->to = JM_PRESENTATION_REJECTED;
        JM_TRY(jm_report_single(&a->report, JM_VER_LIMIT, JM_FAIL, jm_none(), a->mem));
        JM_TRY(jm_tx_run(&a->v->base.env, decide_tx, a));
        return refuse_rejected(a, JM_VER_LIMIT, NULL);
    }
    a->to = JM_PRESENTATION_UNDECIDED;
    if (jm_report_single(&a->report, JM_VER_INTERRUPTED, JM_UNKNOWN, jm_none(), a->mem) == JM_OK &&
        jm_tx_run(&a->v->base.env, decide_tx, a) == JM_OK)
        return JM_OK;
    return why; /* the sweep will find it */
}

static bool is_concluded(const struct answering *a, enum jm_status st)
{
    return st == JM_OK || (a->to == JM_PRESENTATION_REJECTED && a->d->code != JM_CODE_NONE);
}

static void forget_try(struct answering *a, size_t mark)
{
    jm_arena_back(a->mem, mark);
    a->judging = NULL;
    a->settles = false;
    a->claims_sealed = a->response_code = jm_none();
    a->d->code = JM_CODE_NONE;
}

/* What lists and chains are known is often enough: then one transaction takes and decides. Else it
 * is taken first, and nobody can have another judged while the network is asked. */
static enum jm_status spend_answer(struct answering *a)
{
    const struct jm_rp_service *s = jm_verifier_service(a->v, a->p.service);
    size_t mark = jm_arena_mark(a->mem);
    enum jm_status st = JM_E_PENDING;

    if (s != NULL && s->status_max_age_s > 0)
        st = conclude_answer(a, true);
    if (st == JM_E_CONFLICT)
        return on_overtaken(a);
    if (is_concluded(a, st))
        return st;
    forget_try(a, mark);
    st = jm_tx_run(&a->v->base.env, take_tx, a);
    if (st == JM_E_CONFLICT)
        return on_overtaken(a);
    JM_TRY(st);
    st = conclude_answer(a, false);
    if (is_concluded(a, st))
        return st;
    forget_try(a, mark);
    return broke_off(a, st);
}

enum jm_status jm_presentation_look(struct jm_verifier *v, struct jm_bytes request,
                                    struct jm_arena *mem, struct jm_diag *d)
{
    struct answering *a = JM_NEW(mem, struct answering);
    bool again;

    if (a == NULL)
        return JM_E_NO_SPACE;
    *a = (struct answering){.v = v, .request = request, .mem = mem, .d = d};
    return find_presentation(a, &again);
}

struct response_req {
    struct jm_bytes response, vp_token, error, state;
};
/* error_description and error_uri are read by nobody, so whatever a wallet writes there it may. */
static const struct jm_msg_field response_req_fields[] = {
    JM_FIELD(response_req, response, "response", RAW, JM_PRESENTATION_JWE_MAX, JM_MSG_OPT),
    /* refused, as what it is */
    JM_FIELD(response_req, vp_token, "vp_token", RAW, JM_PRESENTATION_JWE_MAX, JM_MSG_OPT),
    JM_FIELD(response_req, error, "error", RAW, JM_PRESENTATION_ERROR_MAX, JM_MSG_OPT),
    JM_FIELD(response_req, state, "state", RAW, 128, JM_MSG_OPT),
};
const struct jm_msg jm_vp_response_req = JM_MSG_DEF(response_req, response_req, true);

static enum jm_status take_answer(struct answering *a, struct jm_bytes body)
{
    struct jm_bytes error, state = jm_none();
    struct jm_diag why = {0};
    struct response_req in;
    bool again;
    enum jm_status st;

    JM_TRY(find_presentation(a, &again));
    JM_TRY(jm_sha256(a->v->base.env.crypto, body, a->hash));
    if (again)
        return repeat_outcome(a);
    if ((st = jm_msg_decode_form(&in, &jm_vp_response_req, body, a->mem, &why)) == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return note_junk(a, JM_E_MALFORMED, JM_VP_RESPONSE_FORM, (const char *)why.detail.ptr);
    if (in.error.ptr != NULL)
        return wallet_refuses(a, in.error, in.state);
    if (in.vp_token.ptr != NULL)
        return note_junk(a, JM_E_DENIED, JM_VP_RESPONSE_PLAIN, NULL);
    if (in.response.len == 0)
        return note_junk(a, JM_E_MALFORMED, JM_VP_RESPONSE_FORM, "response");
    JM_TRY(open_answer(a, in.response));
    error = encrypted_error(a, &state);
    if (error.ptr != NULL)
        return wallet_refuses(a, error, state);
    return spend_answer(a);
}

/* OpenID4VP 1.0 8.2. Who sends the same octets again has had the code. */
static enum jm_status send_back(struct jm_bytes *redirect, const struct answering *a)
{
    const struct jm_bytes parts[] = {a->p.return_to, JM_BYTES("#response_code="), a->response_code};

    return jm_concat(redirect, a->mem, parts, a->response_code.len != 0 ? JM_ARRAY_LEN(parts) : 1);
}

enum jm_status jm_presentation_answer(struct jm_verifier *v, struct jm_bytes request,
                                      struct jm_bytes body, struct jm_bytes *redirect,
                                      struct jm_arena *mem, struct jm_diag *d)
{
    struct answering *a = JM_NEW(mem, struct answering);

    if (a == NULL)
        return JM_E_NO_SPACE;
    *a = (struct answering){.v = v, .request = request, .mem = mem, .d = d};
    JM_TRY(take_answer(a, body));
    return redirect != NULL && a->p.return_to.len != 0 ? send_back(redirect, a) : JM_OK;
}
