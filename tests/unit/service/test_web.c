/* SPDX-License-Identifier: Apache-2.0 */
/* How a bare status is called over HTTP: by its class alone. What handlers give has a code of its
 * own (e2e.routes). */
#include "unit/test.h"

#include "service/web/web.h"

TEST(a_bare_status_is_called_by_its_class)
{
    static const struct {
        enum jm_status st;
        const char *name;
        int http;
    } rows[] = {
        {JM_E_MALFORMED, "JM_HTTP_BAD_REQUEST", 400},
        {JM_E_UNSUPPORTED, "JM_HTTP_BAD_REQUEST", 400},
        {JM_E_UNAUTHENTICATED, "JM_HTTP_UNAUTHENTICATED", 401},
        {JM_E_DENIED, "JM_HTTP_DENIED", 403},
        {JM_E_SIGNATURE, "JM_HTTP_DENIED", 403},
        {JM_E_ABSENT, "JM_HTTP_ABSENT", 404},
        {JM_E_GONE, "JM_HTTP_GONE", 410},
        {JM_E_CONFLICT, "JM_HTTP_CONFLICT", 409},
        {JM_E_LIMIT, "JM_HTTP_LIMIT", 413},
        {JM_E_UNAVAILABLE, "JM_HTTP_UNAVAILABLE", 503},
        {JM_E_BUG, "JM_HTTP_BUG", 500},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        enum jm_web_fault f = jm_web_of_status(rows[i].st);

        ROW(CHECK_STR(jm_str(jm_web_name(f)), rows[i].name) &&
                CHECK_EQ(jm_web_http(f), rows[i].http),
            rows[i].name);
    }
}

/* Every fault of the server has its row in the table of codes, of the class that its status says.
 */
TEST(every_fault_has_its_code)
{
    for (int f = JM_WEB_OK + 1; f < (int)JM_WEB_FAULT_END; f++) {
        const struct jm_code_info *info =
            jm_code_by_name(jm_str(jm_web_name((enum jm_web_fault)f)));

        ROW(CHECK(info != NULL) &&
                CHECK_EQ(info->class_, jm_class_of(jm_web_status((enum jm_web_fault)f))),
            jm_web_name((enum jm_web_fault)f));
    }
}

/* What is no digit gives no octet, even where it would have made a letter. */
TEST(escapes_of_an_address)
{
    static const char *const bad[] = {"%", "a%4", "%g0%90%80%80", "%4g", "%-1", "%00", "%ff"};
    struct jm_arena mem = arena(4096);
    struct jm_bytes out;

    CHECK_OK(jm_percent_decode(&out, &mem, JM_BYTES("%F0%90%80%80+"), true));
    CHECK_STR(out, "\xF0\x90\x80\x80 ");
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_percent_decode(&out, &mem, guarded(jm_str(bad[i])), true),
                     JM_E_MALFORMED) &&
                CHECK_EQ(out.len, 0),
            bad[i]);
}
