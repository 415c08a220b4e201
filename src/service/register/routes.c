/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/msg.h"
#include "service/register/generate.h"
#include "service/web/routes.h"

struct generate_req {
    int64_t count, seed;
};
JM_MSG(generate_req, generate_req, false, JM_FIELD(generate_req, count, "count", INT, 100000, 0),
       JM_FIELD(generate_req, seed, "seed", INT, 2147483647, 0));

#define OF(id, wire) JM_FIELD(jm_generated, of[JM_GENERATED_##id], wire, INT, 0, 0),
static const struct jm_msg_field category_fields[] = {JM_GENERATED_KINDS_OF(OF)};
static const struct jm_msg categories = {"categories", category_fields, JM_GENERATED_KINDS,
                                         sizeof(struct jm_generated), false};
struct generate_res {
    struct jm_generated made;
};
JM_MSG(generate_res, generate_res, false, JM_FIELD(generate_res, made.made, "made", INT, 0, 0),
       JM_FIELD_OF(generate_res, made, "categories", OBJECT, categories));

static enum jm_status generate_people(struct jm_req *q, struct jm_res *s)
{
    const struct generate_req *in = q->in;
    const struct jm_generate g = {in->count, in->seed};
    struct generate_res *out = q->out;

    (void)s;
    return jm_register_generate(jm_req_env(q), &g, &out->made, q->mem, &q->diag);
}

struct find_req {
    struct jm_bytes person, born_from, born_to, region, plastic, kind, rrn, reason;
    int64_t limit;
    bool number;
};
JM_MSG(find_req, find_req, false, JM_FIELD(find_req, person, "person", STR, 32, JM_MSG_OPT),
       JM_FIELD(find_req, born_from, "born_from", STR, 10, JM_MSG_OPT),
       JM_FIELD(find_req, born_to, "born_to", STR, 10, JM_MSG_OPT),
       JM_FIELD(find_req, region, "region", STR, 10, JM_MSG_OPT),
       JM_FIELD(find_req, plastic, "plastic", STR, 10, JM_MSG_OPT),
       JM_FIELD(find_req, kind, "kind", STR, 20, JM_MSG_OPT),
       JM_FIELD(find_req, rrn, "rrn", STR, 14, JM_MSG_OPT),
       JM_FIELD(find_req, reason, "reason", STR, 200, JM_MSG_OPT),
       JM_FIELD(find_req, number, "number", BOOL, 1, JM_MSG_OPT),
       JM_FIELD(find_req, limit, "limit", INT, 1000, JM_MSG_OPT));

static const char *const plastic_name[] = {"none", "ordered", "ready",   "valid",
                                           "lost", "void",    "returned"};
static const char *const kind_name[] = {"", "resident", "overseas_national", "unknown_residence"};
static const char *const state_name[] = {"", "alive", "dead", "cancelled"};

static const char *nth_name(const char *const *names, size_t n, int64_t i)
{
    return names[i >= 0 && i < (int64_t)n ? i : 0];
}

#define ROW(member, wire, kind, flags) JM_FIELD(jm_register_row, member, wire, kind, 0, flags)
#define PLASTIC(member, wire, kind, flags) JM_FIELD(jm_plastic_row, member, wire, kind, 0, flags)
JM_MSG(plastic_row, jm_plastic_row, false, PLASTIC(state, "state", WORD, 0),
       PLASTIC(issued_on, "issue_date", STR, JM_MSG_OPT),
       PLASTIC(authority, "authority", STR, JM_MSG_OPT));
JM_MSG(register_row, jm_register_row, false, ROW(person, "person", ID, 0),
       ROW(name, "name", STR, 0), ROW(birth, "birth_date", STR, 0),
       ROW(number, "number", WORD, JM_MSG_OPT), ROW(kind, "kind", WORD, 0),
       ROW(state, "state", WORD, 0), ROW(region, "region", STR, 0),
       JM_FIELD_OF(jm_register_row, plastic, "plastic", OBJECT, plastic_row));
static const struct jm_msg_field found_fields[] = {
    JM_FIELD_OF(jm_register_rows, found, "found", LIST, register_row)};
const struct jm_msg jm_register_rows_res = {"found_res", found_fields, 1,
                                            sizeof(struct jm_register_rows), false};

/* The plastic's issue date and authority are what a clerk types from the card in hand: shown only
 * where everybody is made up (D-423). */
enum jm_status jm_register_put(struct jm_register_rows *out, const struct jm_register_found *f,
                               size_t n, bool plastic, struct jm_arena *mem)
{
    struct jm_register_row *row = JM_NEW_N(mem, struct jm_register_row, n + 1);

    if (row == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++, f++) {
        row[i] =
            (struct jm_register_row){.person = f->person,
                                     .name = f->name,
                                     .birth = f->birth,
                                     .region = f->region,
                                     .number = f->masked,
                                     .kind = nth_name(kind_name, JM_ARRAY_LEN(kind_name), f->kind),
                                     .state =
                                         nth_name(state_name, JM_ARRAY_LEN(state_name), f->state),
                                     .plastic.state =
                                         nth_name(plastic_name, JM_ARRAY_LEN(plastic_name),
                                                  f->plastic)};
        if (plastic) {
            row[i].plastic.issued_on = f->issued_on;
            row[i].plastic.authority = f->authority;
        }
    }
    out->found = (struct jm_msg_list){row, n};
    return JM_OK;
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

static enum jm_status find_persons(struct jm_req *q, struct jm_res *s)
{
    const struct jm_env *env = jm_req_env(q);
    struct jm_actor who = {q->who.name, JM_BYTES("local")};
    const struct find_req *in = q->in;
    struct jm_register_found *found;
    struct jm_register_find f;
    size_t n;

    (void)s;
    JM_TRY(read_find(&f, in, &q->diag));
    JM_TRY(read_number(&f, env, in->rrn, &q->diag));
    /* Masked at desks, hidden elsewhere (D-113): here only where everybody is made up. */
    if (in->number && !env->synthetic)
        return jm_refuse(&q->diag, JM_E_DENIED, JM_REGISTER_SYNTHETIC,
                         "numbers are shown, masked, at desks only");
    JM_TRY(jm_register_find(env, &found, &n, &f, in->number, &who, in->reason, q->mem));
    return jm_register_put(q->out, found, n, env->synthetic, q->mem);
}

const struct jm_route jm_register_routes[] = {
    /*       method path                         auth   act    media body max  rate  flags handler
     */
    JM_ROUTE_MSG(POST, "/local/register/generate", LOCAL, D_413, JSON, 1024, HIGH, NO_STORE,
                 generate_people, LOCAL_GENERATE, .message = &generate_req, .answer = &generate_res,
                 .http = 201),
    JM_ROUTE_MSG(POST, "/local/register/find", LOCAL, D_400, JSON, 2048, HIGH, NO_STORE,
                 find_persons, LOCAL_FIND, .message = &find_req, .answer = &jm_register_rows_res),
};
const size_t jm_register_n_routes = JM_ARRAY_LEN(jm_register_routes);
