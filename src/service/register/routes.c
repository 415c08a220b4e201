/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/msg.h"
#include "service/register/generate.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

struct generate_req {
    int64_t count, seed;
};
static const struct jm_msg_field generate_req_fields[] = {
    JM_FIELD(generate_req, count, "count", INT, 100000, 0),
    JM_FIELD(generate_req, seed, "seed", INT, 2147483647, 0),
};
static const struct jm_msg generate_req = JM_MSG_DEF(generate_req, false);

static enum jm_status generate(struct jm_req *q, struct jm_res *s)
{
    struct generate_req in;
    struct jm_reply r;
    struct jm_generated made;

    JM_TRY(jm_msg_decode(&in, &generate_req, q->body, q->mem, &q->diag));
    const struct jm_generate g = {in.count, in.seed};
    JM_TRY(jm_register_generate(jm_req_env(q), &g, &made, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 1024));
    jm_json_w_mint(&r.w, "made", made.made);
    jm_json_w_name(&r.w, "categories");
    jm_json_w_open(&r.w, '{');
    for (size_t i = 0; i < JM_GENERATED_KINDS; i++)
        jm_json_w_mint(&r.w, jm_generated_name(i), made.of[i]);
    jm_json_w_close(&r.w, '}');
    return jm_reply_send(&r, s, 201);
}

struct find_req {
    struct jm_bytes person, born_from, born_to, region, plastic, kind, rrn, reason;
    int64_t limit;
    bool number;
};
static const struct jm_msg_field find_req_fields[] = {
    JM_FIELD(find_req, person, "person", STR, 32, JM_MSG_OPT),
    JM_FIELD(find_req, born_from, "born_from", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, born_to, "born_to", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, region, "region", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, plastic, "plastic", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, kind, "kind", STR, 20, JM_MSG_OPT),
    JM_FIELD(find_req, rrn, "rrn", STR, 14, JM_MSG_OPT),
    JM_FIELD(find_req, reason, "reason", STR, 200, JM_MSG_OPT),
    JM_FIELD(find_req, number, "number", BOOL, 1, JM_MSG_OPT),
    JM_FIELD(find_req, limit, "limit", INT, 1000, JM_MSG_OPT),
};
static const struct jm_msg find_req = JM_MSG_DEF(find_req, false);

static const char *const plastic_name[] = {"none", "ordered", "ready",   "valid",
                                           "lost", "void",    "returned"};
static const char *const kind_name[] = {"", "resident", "overseas_national", "unknown_residence"};
static const char *const state_name[] = {"", "alive", "dead", "cancelled"};

static const char *nth_name(const char *const *names, size_t n, int64_t i)
{
    return names[i >= 0 && i < (int64_t)n ? i : 0];
}

/* The plastic's issue date and authority are what a clerk types from the card in hand: shown only
 * where everybody is made up (D-423). */
void jm_register_put(struct jm_json_w *w, const struct jm_register_found *f, bool plastic)
{
    char id[33];

    jm_id_format(id, &f->person);
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "person", id);
    jm_json_w_mtext(w, "name", f->name);
    jm_json_w_mtext(w, "birth_date", f->birth);
    if (f->masked[0] != '\0')
        jm_json_w_mstr(w, "number", f->masked);
    jm_json_w_mstr(w, "kind", nth_name(kind_name, JM_ARRAY_LEN(kind_name), f->kind));
    jm_json_w_mstr(w, "state", nth_name(state_name, JM_ARRAY_LEN(state_name), f->state));
    jm_json_w_mtext(w, "region", f->region);
    jm_json_w_name(w, "plastic");
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "state", nth_name(plastic_name, JM_ARRAY_LEN(plastic_name), f->plastic));
    if (plastic) {
        jm_json_w_mtext(w, "issue_date", f->issued_on);
        jm_json_w_mtext(w, "authority", f->authority);
    }
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

static enum jm_status read_number(struct jm_register_find *f, const struct jm_env *env,
                                  struct jm_bytes text, struct jm_diag *d)
{
    uint8_t digits[JM_RRN_LEN];
    enum jm_status st;

    if (text.len == 0)
        return JM_OK;
    st = jm_rrn_read(digits, text, env->synthetic, d);
    if (st == JM_OK)
        st = jm_rrn_lookup(env, f->lookup, digits);
    jm_wipe(digits, sizeof digits);
    f->has_lookup = st == JM_OK;
    return st;
}

/* Residents, unless somebody is asked for by name of their own: an id, a number, another kind. */
static enum jm_status read_kind(struct jm_register_find *f, const struct find_req *in,
                                struct jm_diag *d)
{
    f->kind = f->has_person || in->rrn.len != 0 ? 0 : JM_PERSON_RESIDENT;
    if (in->kind.len == 0)
        return JM_OK;
    for (size_t i = 1; i < JM_ARRAY_LEN(kind_name); i++)
        if (jm_bytes_eq_str(in->kind, kind_name[i])) {
            f->kind = (int64_t)i;
            return JM_OK;
        }
    f->kind = 0;
    return jm_bytes_eq_str(in->kind, "any") ? JM_OK
                                            : jm_refuse(d, JM_E_RANGE, JM_API_FIELD_FORM, "kind");
}

static enum jm_status read_find(struct jm_register_find *f, const struct find_req *in,
                                struct jm_diag *d)
{
    memset(f, 0, sizeof *f);
    f->born_from = in->born_from.len != 0 ? in->born_from : JM_BYTES("0000");
    f->born_to = in->born_to.len != 0 ? in->born_to : JM_BYTES("9999");
    f->region = in->region;
    f->limit = in->limit == 0 ? 20 : in->limit;
    f->has_person = in->person.len != 0;
    if (f->has_person && jm_id_parse(&f->person, in->person) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_FORM, "person");
    JM_TRY(read_kind(f, in, d));
    f->has_plastic = in->plastic.len != 0;
    for (size_t i = 0; i < JM_ARRAY_LEN(plastic_name); i++)
        if (jm_bytes_eq_str(in->plastic, plastic_name[i])) {
            f->plastic = (int64_t)i;
            return JM_OK;
        }
    return f->has_plastic ? jm_refuse(d, JM_E_RANGE, JM_API_FIELD_FORM, "plastic") : JM_OK;
}

static enum jm_status find(struct jm_req *q, struct jm_res *s)
{
    const struct jm_env *env = jm_req_env(q);
    struct jm_actor who = {q->who.name, JM_BYTES("local")};
    struct jm_register_found *found;
    struct jm_register_find f;
    struct find_req in;
    struct jm_reply r;
    size_t n;

    JM_TRY(jm_msg_decode(&in, &find_req, q->body, q->mem, &q->diag));
    JM_TRY(read_find(&f, &in, &q->diag));
    JM_TRY(read_number(&f, env, in.rrn, &q->diag));
    /* Masked at desks, hidden elsewhere (D-113): here only where everybody is made up. */
    if (in.number && !env->synthetic)
        return jm_refuse(&q->diag, JM_E_DENIED, JM_REGISTER_SYNTHETIC,
                         "numbers are shown, masked, at desks only");
    JM_TRY(jm_register_find(env, &found, &n, &f, in.number, &who, in.reason, q->mem));
    JM_TRY(jm_reply_open(&r, q, 1024 + n * 1536));
    jm_json_w_name(&r.w, "found");
    jm_json_w_open(&r.w, '[');
    for (size_t i = 0; i < n; i++)
        jm_register_put(&r.w, &found[i], env->synthetic);
    jm_json_w_close(&r.w, ']');
    return jm_reply_send(&r, s, 200);
}

const struct jm_route jm_register_routes[] = {
    /*       method path                         auth   act    media body max  rate  flags handler
     */
    JM_ROUTE_MSG(POST, "/local/register/generate", LOCAL, D_413, JSON, 1024, HIGH, NO_STORE,
                 generate, LOCAL_GENERATE, NULL, generate_req),
    JM_ROUTE_MSG(POST, "/local/register/find", LOCAL, D_400, JSON, 2048, HIGH, NO_STORE, find,
                 LOCAL_FIND, NULL, find_req),
};
const size_t jm_register_n_routes = JM_ARRAY_LEN(jm_register_routes);
