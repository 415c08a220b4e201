/* SPDX-License-Identifier: Apache-2.0 */
/* A handler called as the server calls it, once the caller is known: of a table of routes by its
 * path. */
#ifndef JM_TEST_CALL_H
#define JM_TEST_CALL_H

#include "unit/test.h"

#include "service/web/web.h"

static struct jm_diag called; /* code and detail of the last refusal */
static struct jm_bytes answered;

JM_UNUSED static enum jm_code call(const struct jm_route *routes, size_t n, const char *path,
                                   void *svc, const struct jm_principal *who, const char *arg,
                                   const char *body, struct jm_arena *mem)
{
    struct jm_req q = {.method = JM_POST,
                       .path = jm_str(path),
                       .body = jm_str(body),
                       .mem = mem,
                       .svc = svc,
                       .who = *who};
    struct jm_res s = {.mem = mem};
    enum jm_status st = JM_E_BUG;

    q.arg[0] = jm_str(arg == NULL ? "" : arg);
    q.diag.code = JM_CODE_NONE;
    for (size_t i = 0; i < n; i++)
        if (strcmp(routes[i].path, path) == 0 && routes[i].method != JM_GET) {
            q.route = &routes[i];
            st = jm_route_run(&q, &s);
        }
    CHECK(q.route != NULL);
    CHECK_EQ(st == JM_OK, q.diag.code == JM_CODE_NONE);
    CHECK(st == JM_OK || s.body.len == 0);
    called = q.diag;
    answered = s.body;
    return q.diag.code;
}

#endif
