/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/routes.h"
#include "base/record.h"
#include "service/msg.h"
#include "service/web/fail.h"
#include "service/witness/watching.h"

#define TEXT_MEDIA "text/plain; charset=utf-8"

static enum jm_status add_checkpoint(struct jm_req *q, struct jm_res *s)
{
    struct jm_witness_answer a;

    JM_TRY(jm_witness_add(&a, q->svc, q->body, q->now_s, q->mem, &q->diag));
    s->http = a.status;
    s->body = a.body;
    s->media = a.status == 409 ? JM_WITNESS_SIZE_TYPE : TEXT_MEDIA;
    if (a.status == 422) { /* the protocol says so; no class of ours does */
        jm_record(JM_LEDGER_WITNESS_FORK, JM_FAIL);
        s->media = NULL;
        s->body = JM_BYTES("{\"error\":{\"code\":\"JM_LEDGER_WITNESS_FORK\"}}");
    }
    return JM_OK;
}

static enum jm_status get_last(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_witness_last(&s->body, q->svc, q->arg[0], q->mem, &q->diag));
    JM_TRY(jm_res_header(s, "Cache-Control", JM_BYTES("no-cache")));
    s->media = TEXT_MEDIA;
    return JM_OK;
}

const struct jm_route jm_witness_routes[] = {
    /*       method path                auth    act   media body max      rate  flags handler */
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE(POST, "/add-checkpoint", PUBLIC, SELF, ANY, JM_WITNESS_BODY_MAX, LOW, NO_STORE,
             add_checkpoint, WITNESS_ADD),
    JM_ROUTE(GET, "/{id}/checkpoint", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_last, WITNESS_LAST),
};
const size_t jm_witness_n_routes = JM_ARRAY_LEN(jm_witness_routes);
