/* SPDX-License-Identifier: Apache-2.0 */
/* A request as services see it. */
#include <string.h>
#include <sys/random.h>

#include "host/http/shared.h"

void jm_call_request(struct jm_req *q, struct jm_res *s, const struct call *c, struct jm_arena *mem)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t octets[8] = {0};

    memset(q, 0, sizeof *q);
    memset(s, 0, sizeof *s);
    if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
        memset(octets, 0, sizeof octets); /* a trace id only */
    for (size_t i = 0; i < sizeof octets; i++) {
        q->id[2 * i] = digits[octets[i] >> 4];
        q->id[2 * i + 1] = digits[octets[i] & 15];
    }
    q->route = c->match.route;
    q->method = q->route != NULL ? q->route->method : JM_GET;
    q->path = c->match.path;
    q->query = c->pass.query;
    q->fields = c->field;
    q->n_fields = c->n_fields;
    q->content_type = jm_req_header(q, "content-type", NULL);
    q->body = jm_bytes(c->body, c->body_len);
    q->client = jm_str(c->client);
    q->mem = mem;
    q->now_s = c->h->cfg.now_s(c->h->cfg.now_ctx);
    q->svc = c->h->cfg.role;
    q->fault = c->fault;
    q->is_last = c->held.is_last;
    s->mem = mem;
}
