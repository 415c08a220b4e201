/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: found by their names and by nothing else, each under the one policy, again only when they
 * have changed. */
#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "service/web/pages.h"

static struct jm_pages pages;
static struct jm_res s;
static struct jm_diag d;

static void begin(bool https)
{
    memset(&pages, 0, sizeof pages);
    pages.https = https;
    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_pages_add(&pages, JM_BYTES("loss.html"), JM_BYTES("<!doctype html>"),
                          &jm_crypto_openssl));
    CHECK_OK(jm_pages_add(&pages, JM_BYTES("loss.js"), JM_BYTES("let a"), &jm_crypto_openssl));
}

static jm_handler *handler = jm_web_page;

static enum jm_status get(const char *path, const char *file, const char *etag)
{
    static struct jm_arena mem;
    struct jm_role_base base = {.pages = &pages};
    const struct jm_route route = {.path = path};
    const struct jm_field field = {JM_BYTES("if-none-match"), jm_str(etag)};
    struct jm_req q = {.svc = &base,
                       .route = &route,
                       .arg = {jm_str(file)},
                       .fields = &field,
                       .n_fields = etag == NULL ? 0 : 1};
    enum jm_status st;

    mem = arena(1 << 14);
    memset(&s, 0, sizeof s);
    s.mem = q.mem = &mem;
    st = handler(&q, &s);
    d = q.diag;
    return st;
}

static struct jm_bytes header(const char *name)
{
    for (size_t i = 0; i < s.n_headers; i++)
        if (jm_bytes_eq_str(s.header[i].name, name))
            return s.header[i].value;
    return jm_none();
}

TEST(a_page_by_its_row_and_a_file_by_its_name)
{
    begin(false);
    CHECK_OK(get("/loss", NULL, NULL));
    CHECK_STR(s.body, "<!doctype html>");
    CHECK(strcmp(s.media, "text/html; charset=utf-8") == 0);
    CHECK_OK(get("/ui/{file}", "loss.js", NULL));
    CHECK_STR(s.body, "let a");
    CHECK(strcmp(s.media, "text/javascript; charset=utf-8") == 0);
}

TEST(what_is_no_page_is_not_there)
{
    static const char *const none[] = {"loss",    "loss.htm",  "loss.jss", "oss.js",
                                       "../loss", "loss.js/x", "LOSS.JS"};

    begin(false);
    for (size_t i = 0; i < JM_ARRAY_LEN(none); i++) {
        ROW(CHECK_ST(get("/ui/{file}", none[i], NULL), JM_E_ABSENT), none[i]);
        CHECK_EQ(d.code, JM_HTTP_NOT_FOUND);
        CHECK_EQ(s.body.len, 0);
    }
    CHECK_ST(get("/desk", NULL, NULL), JM_E_ABSENT);
    memset(&pages, 0, sizeof pages);
    CHECK_ST(get("/loss", NULL, NULL), JM_E_ABSENT);
}

TEST(the_policy_stands_on_every_one)
{
    static const char *const must[] = {"default-src 'none'", "script-src 'self'",
                                       "form-action 'none'", "frame-ancestors 'none'",
                                       "base-uri 'none'",    "require-trusted-types-for 'script'",
                                       "trusted-types jumin"};
    static const char *const never[] = {"'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*"};

    for (int https = 0; https < 2; https++) {
        begin(https != 0);
        CHECK_OK(get("/ui/{file}", "loss.js", NULL));
        for (size_t i = 0; i < JM_ARRAY_LEN(must); i++)
            CHECK(jm_bytes_find(header("Content-Security-Policy"), jm_str(must[i])) != SIZE_MAX);
        for (size_t i = 0; i < JM_ARRAY_LEN(never); i++)
            CHECK(jm_bytes_find(header("Content-Security-Policy"), jm_str(never[i])) == SIZE_MAX);
        CHECK_STR(header("Cross-Origin-Opener-Policy"), "same-origin");
        CHECK_STR(header("Cross-Origin-Resource-Policy"), "same-origin");
        CHECK_STR(header("Referrer-Policy"), "no-referrer");
        CHECK_EQ(header("Strict-Transport-Security").len != 0, https != 0);
    }
}

TEST(not_twice_what_the_browser_has)
{
    char etag[48], other[48];

    begin(false);
    CHECK_OK(get("/ui/{file}", "loss.js", NULL));
    snprintf(etag, sizeof etag, "%.*s", (int)header("ETag").len, (const char *)header("ETag").ptr);
    CHECK_OK(get("/ui/{file}", "loss.js", etag));
    CHECK_EQ(s.http, 304);
    CHECK_EQ(s.body.len, 0);
    CHECK_OK(get("/loss", NULL, etag)); /* of another one */
    CHECK_EQ(s.http, 0);
    CHECK(s.body.len != 0);
    snprintf(other, sizeof other, "%.*s", (int)header("ETag").len,
             (const char *)header("ETag").ptr);
    CHECK(strcmp(etag, other) != 0);
}

TEST(no_more_than_there_is_room_and_no_other_kind)
{
    char name[JM_PAGES_MAX][16];

    begin(false);
    CHECK_ST(jm_pages_add(&pages, JM_BYTES("key.pem"), JM_BYTES("x"), &jm_crypto_openssl),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_pages_add(&pages, JM_BYTES(".js"), JM_BYTES("x"), &jm_crypto_openssl),
             JM_E_UNSUPPORTED);
    CHECK_ST(get("/ui/{file}", "key.pem", NULL), JM_E_ABSENT);
    for (size_t i = 2; i < JM_PAGES_MAX; i++) {
        snprintf(name[i], sizeof name[i], "%zu.css", i);
        CHECK_OK(jm_pages_add(&pages, jm_str(name[i]), JM_BYTES(""), &jm_crypto_openssl));
    }
    CHECK_ST(jm_pages_add(&pages, JM_BYTES("more.css"), JM_BYTES(""), &jm_crypto_openssl),
             JM_E_LIMIT);
    CHECK_EQ(pages.n, JM_PAGES_MAX);
}

/* The wallet reaches others, by https; by http on loopback alone, and where it is itself not under
 * TLS. Nothing else is wider. */
TEST(what_the_wallet_may_reach)
{
    struct jm_bytes policy;

    for (int https = 0; https < 2; https++) {
        begin(https != 0);
        handler = jm_web_wallet_page;
        CHECK_OK(get("/loss", NULL, NULL));
        handler = jm_web_page;
        policy = header("Content-Security-Policy");
        CHECK_EQ(jm_bytes_find(policy, JM_BYTES("connect-src 'self' https: http://localhost:* "
                                                "http://127.0.0.1:*;")) != SIZE_MAX,
                 https == 0);
        CHECK_EQ(jm_bytes_find(policy, JM_BYTES("connect-src 'self' https:;")) != SIZE_MAX,
                 https != 0);
        CHECK(jm_bytes_find(policy, JM_BYTES("script-src 'self' 'wasm-unsafe-eval';")) != SIZE_MAX);
        CHECK(jm_bytes_find(policy, JM_BYTES("default-src 'none'")) != SIZE_MAX);
        CHECK(jm_bytes_find(policy, JM_BYTES("form-action 'none'")) != SIZE_MAX);
    }
}
