/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/msg.h"
#include "service/register/generate.h"

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
    struct jm_issuer *is = q->svc;
    struct generate_req in;
    struct jm_reply r;
    int64_t made;

    JM_TRY(jm_msg_decode(&in, &generate_req, q->body, q->mem, &q->diag));
    struct jm_generate g = {in.count, in.seed, is->names_json, is->regions_json, is->portrait};
    JM_TRY(jm_register_generate(is, &g, &made, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 128));
    jm_json_w_mint(&r.w, "made", made);
    return jm_reply_send(&r, s, 201);
}

struct find_req {
    struct jm_bytes person, born_from, born_to, region, plastic;
    int64_t limit;
};
static const struct jm_msg_field find_req_fields[] = {
    JM_FIELD(find_req, person, "person", STR, 32, JM_MSG_OPT),
    JM_FIELD(find_req, born_from, "born_from", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, born_to, "born_to", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, region, "region", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, plastic, "plastic", STR, 10, JM_MSG_OPT),
    JM_FIELD(find_req, limit, "limit", INT, 1000, JM_MSG_OPT),
};
static const struct jm_msg find_req = JM_MSG_DEF(find_req, false);

static const char *const plastic_name[] = {"none", "ordered", "ready", "valid", "lost", "void", "returned"};

static enum jm_status put_found(void *ctx, const struct jm_register_found *f)
{
    struct jm_reply *r = ctx;
    char id[33];

    jm_id_format(id, &f->person);
    jm_json_w_open(&r->w, '{');
    jm_json_w_mstr(&r->w, "person", id);
    jm_json_w_mtext(&r->w, "name", f->name);
    jm_json_w_mtext(&r->w, "birth_date", f->birth);
    jm_json_w_mtext(&r->w, "region", f->region);
    jm_json_w_name(&r->w, "plastic");
    jm_json_w_open(&r->w, '{');
    jm_json_w_mstr(&r->w, "state", f->plastic >= 0 && f->plastic < (int64_t)JM_ARRAY_LEN(plastic_name) ? plastic_name[f->plastic] : "none");
    jm_json_w_mtext(&r->w, "issue_date", f->issued_on);
    jm_json_w_mtext(&r->w, "authority", f->authority);
    jm_json_w_close(&r->w, '}');
    jm_json_w_close(&r->w, '}');
    return jm_json_w_end(&r->w);
}

struct finding {
    struct jm_register_find f;
    struct jm_reply *r;
    struct jm_arena *mem;
};

static enum jm_status find_tx(struct jm_tx *tx, void *arg)
{
    const struct finding *x = arg;

    return jm_register_store_find(tx, &x->f, put_found, x->r, x->mem);
}

static enum jm_status read_find(struct jm_register_find *f, struct jm_req *q)
{
    struct find_req in;

    memset(f, 0, sizeof *f);
    JM_TRY(jm_msg_decode(&in, &find_req, q->body, q->mem, &q->diag));
    f->born_from = in.born_from.len != 0 ? in.born_from : JM_BYTES("0000");
    f->born_to = in.born_to.len != 0 ? in.born_to : JM_BYTES("9999");
    f->region = in.region;
    f->limit = in.limit == 0 ? 20 : in.limit;
    f->has_person = in.person.len != 0;
    if (f->has_person && jm_id_parse(&f->person, in.person) != JM_OK)
        return jm_refuse(&q->diag, JM_E_MALFORMED, JM_API_FIELD_FORM, "person");
    f->has_plastic = in.plastic.len != 0;
    for (size_t i = 0; i < JM_ARRAY_LEN(plastic_name); i++)
        if (jm_bytes_eq_str(in.plastic, plastic_name[i])) {
            f->plastic = (int64_t)i;
            return JM_OK;
        }
    return f->has_plastic ? jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "plastic") : JM_OK;
}

static enum jm_status find(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct jm_actor who = {q->who.name, JM_BYTES("local")};
    struct finding x = {.mem = q->mem};
    struct jm_reply r;

    JM_TRY(read_find(&x.f, q));
    JM_TRY(jm_reply_open(&r, q, 1024 + (size_t)x.f.limit * 1536));
    jm_json_w_name(&r.w, "found");
    jm_json_w_open(&r.w, '[');
    x.r = &r;
    JM_TRY(jm_tx_read(&is->base.env, find_tx, &x));
    jm_json_w_close(&r.w, ']');
    JM_TRY(jm_audit(&is->base.env, &who, "REGISTER_FIND", x.f.has_person ? &x.f.person : NULL, jm_none(), "done"));
    return jm_reply_send(&r, s, 200);
}

const struct jm_route jm_register_routes[] = {
    /*       method path                         auth   act    media body max  rate  flags     handler */
    JM_ROUTE(POST, "/local/register/generate",   LOCAL, D_413, JSON, 1024,     HIGH, NO_STORE, generate, LOCAL_GENERATE),
    JM_ROUTE(POST, "/local/register/find",       LOCAL, D_400, JSON, 1024,     HIGH, NO_STORE, find,     LOCAL_FIND),
};
const size_t jm_register_n_routes = JM_ARRAY_LEN(jm_register_routes);
