/* SPDX-License-Identifier: Apache-2.0 */
/* What a refusal tells the client and what it tells the operator: the same code, the same trace,
 * nothing of the request. */
#include "unit/test.h"

#include "service/web/fail.h"

static struct {
    char trace[17], code[64];
    int http;
    unsigned n;
} told;

static void tell(void *ctx, const struct jm_refusal *r)
{
    (void)ctx;
    snprintf(told.trace, sizeof told.trace, "%s", r->trace);
    snprintf(told.code, sizeof told.code, "%s", r->code);
    told.http = r->http;
    told.n++;
    CHECK(jm_bytes_eq_str(r->route, "/local/x") || r->route.len == 0);
}

static struct jm_bytes fail(enum jm_status st, enum jm_code code, bool routed, struct jm_arena *mem)
{
    static const struct jm_route route = {.path = "/local/x"};
    struct jm_role_base base = {.refused = tell};
    struct jm_req q = {.id = "00112233445566ff",
                       .route = routed ? &route : NULL,
                       .diag = {.code = code},
                       .mem = mem};
    struct jm_res s = {.mem = mem, .http = jm_web_http(jm_web_of_status(st))};

    jm_fail(&base, &q, &s, st);
    CHECK_EQ(told.http, s.http);
    return s.body;
}

TEST(the_operator_finds_what_the_client_was_told)
{
    static const struct {
        enum jm_status st;
        enum jm_code code;
        const char *name;
        int http;
    } rows[] = {
        {JM_E_DENIED, JM_STAFF_ROLE, "JM_STAFF_ROLE", 403},
        /* a full disk: not the client's, and not its address */
        {JM_E_IO, JM_CODE_NONE, "JM_API_STORE", 503},
        {JM_E_UNAVAILABLE, JM_CODE_NONE, "JM_HTTP_UNAVAILABLE", 503},
        {JM_E_IO, JM_STAFF_ROLE, "JM_STAFF_ROLE", 503},
    };
    struct jm_arena mem = arena(1 << 16);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes body = fail(rows[i].st, rows[i].code, i % 2 == 0, &mem);

        CHECK_EQ(told.n, i + 1);
        ROW(CHECK(strcmp(told.code, rows[i].name) == 0) && CHECK_EQ(told.http, rows[i].http),
            rows[i].name);
        CHECK(strcmp(told.trace, "00112233445566ff") == 0);
        ROW(CHECK(jm_bytes_find(body, jm_str(rows[i].name)) != SIZE_MAX), rows[i].name);
        CHECK(jm_bytes_find(body, jm_str(told.trace)) != SIZE_MAX);
    }
}

/* docs/protocol/errors.md: programs read the code from its member; other routes have it elsewhere.
 */
TEST(an_oauth_error_says_its_code_in_a_member)
{
    static const struct jm_route oauth = {.path = "/local/x", .flags = JM_FLAG_CORS},
                                 plain = {.path = "/local/x"},
                                 anybody = {.path = "/local/x", .flags = JM_FLAG_ANYBODY};
    static const struct {
        const struct jm_route *route;
        enum jm_web_fault fault;
        const char *code;
    } rows[] = {
        {&oauth, JM_WEB_OK, "JM_VCI_CARD_NOT_ACTIVE"},
        {&plain, JM_WEB_OK, NULL},
        {&anybody, JM_WEB_OK, NULL},
        {&oauth, JM_WEB_BUSY, NULL}, /* the door, not the endpoint, answers */
        {NULL, JM_WEB_OK, NULL},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(1 << 16);
        struct jm_role_base base = {.refused = NULL};
        struct jm_req q = {.id = "00112233445566ff",
                           .route = rows[i].route,
                           .fault = rows[i].fault,
                           .diag = {.code = JM_VCI_CARD_NOT_ACTIVE},
                           .mem = &mem};
        struct jm_res s = {.mem = &mem, .http = 400};
        const struct jm_json *json, *code;

        jm_fail(&base, &q, &s, JM_E_DENIED);
        CHECK_OK(jm_json_parse(&json, s.body, &mem, NULL));
        code = jm_json_get(json, "jumin_code");
        CHECK_EQ(code != NULL, rows[i].code != NULL);
        if (code != NULL)
            CHECK_STR(code->text, rows[i].code);
    }
}

/* RFC 9110 10.2.3: one Retry-After, the server's where it has said when. */
TEST(an_answer_says_once_when_to_come_again)
{
    struct jm_role_base base = {.refused = NULL};

    for (int said = 0; said < 2; said++)
        for (int busy = 0; busy < 2; busy++) {
            struct jm_arena mem = arena(1 << 16);
            struct jm_req q = {.id = "00112233445566ff",
                               .fault = busy ? JM_WEB_BUSY : JM_WEB_RATE,
                               .mem = &mem};
            struct jm_res s = {.mem = &mem, .http = jm_web_http(q.fault)};
            size_t n = 0;

            if (said)
                CHECK_OK(jm_res_header(&s, "Retry-After", JM_BYTES("7")));
            jm_fail(&base, &q, &s, jm_web_status(q.fault));
            for (size_t i = 0; i < s.n_headers; i++)
                if (jm_bytes_eq_str(s.header[i].name, "Retry-After")) {
                    n++;
                    CHECK_STR(s.header[i].value, said ? "7" : "2");
                }
            CHECK_EQ(n, 1);
        }
}
