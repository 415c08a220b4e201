/* SPDX-License-Identifier: Apache-2.0 */
/* Gate and router as functions: every row of platform.md 1.3, routes, CORS, media types, limits,
 * token buckets. */
#include "unit/test.h"

#include "host/http/parts.h"

/* A head as text: "METHOD target VERSION\nname: value\n..."; the blank after the colon is dropped.
 */
struct head {
    struct jm_field field[70];
    struct jm_gate_facts facts;
};

static struct jm_bytes cut(struct jm_bytes *rest, const char *at)
{
    size_t end = jm_bytes_find(*rest, jm_str(at));
    struct jm_bytes piece = jm_slice(*rest, 0, end);

    *rest = end == SIZE_MAX ? jm_none() : jm_slice(*rest, end + 1, SIZE_MAX);
    return piece;
}

static struct jm_gate_facts *head(struct head *h, struct jm_bytes text)
{
    memset(h, 0, sizeof *h);
    struct jm_bytes line = cut(&text, "\n");
    h->facts.method = cut(&line, " ");
    h->facts.target = cut(&line, " ");
    h->facts.version = line;
    h->facts.fields = h->field;
    h->facts.origin = JM_BYTES("http://h:1");
    while (text.len != 0 && h->facts.n_fields < JM_ARRAY_LEN(h->field)) {
        line = cut(&text, "\n");
        h->field[h->facts.n_fields].name = cut(&line, ":");
        h->field[h->facts.n_fields++].value = jm_slice(line, 1, SIZE_MAX);
    }
    return &h->facts;
}

#define H "HTTP/1.1\nHost: h:1\n"

static const struct {
    const char *name;
    const char *text;
    enum jm_web_fault want;
} rows[] = {
    {"GET", "GET /a HTTP/1.1\nHost: h\n", JM_WEB_OK},
    {"1.0 without Host", "GET /a HTTP/1.0\n", JM_WEB_OK},
    {"HEAD", "HEAD /a " H, JM_WEB_OK},
    {"PUT", "PUT /a " H "Content-Length: 0\n", JM_WEB_OK},
    {"DELETE", "DELETE /a " H, JM_WEB_OK},
    {"OPTIONS", "OPTIONS /a " H, JM_WEB_OK},
    {"15 digits", "POST /a " H "Content-Length: 000000000000012\n", JM_WEB_OK},
    {"chunked", "POST /a " H "Transfer-Encoding: chunked\n", JM_WEB_OK},
    {"Chunked", "POST /a " H "Transfer-Encoding: Chunked\n", JM_WEB_OK},
    {"percent and query", "GET /a%20b?x=%C3%A9&y=/../ " H, JM_WEB_OK},
    {"own absolute form", "GET http://h:1/a " H, JM_WEB_OK},
    {"100-continue", "POST /a " H "Content-Length: 1\nExpect: 100-Continue\n", JM_WEB_OK},
    {"IPv6 host", "GET /a HTTP/1.1\nHost: [::1]:80\n", JM_WEB_OK},
    {"tab in a value", "GET /a " H "X: a\tb\n", JM_WEB_OK},
    {"UTF-8 value", "GET /a " H "X: \xC3\xA9\n", JM_WEB_OK},
    {"Accept twice", "GET /a " H "Accept: a\nAccept: b\n", JM_WEB_OK},
    {"TRACE", "TRACE /a " H, JM_WEB_METHOD_UNKNOWN},
    {"CONNECT", "CONNECT h:1 " H, JM_WEB_METHOD_UNKNOWN},
    {"lower-case method", "get /a " H, JM_WEB_METHOD_UNKNOWN},
    {"1.2", "GET /a HTTP/1.2\nHost: h\n", JM_WEB_VERSION},
    {"2.0", "GET /a HTTP/2.0\nHost: h\n", JM_WEB_VERSION},
    {"http/1.1", "GET /a http/1.1\nHost: h\n", JM_WEB_VERSION},
    {"no version", "GET /a", JM_WEB_VERSION},
    {"asterisk", "OPTIONS * " H, JM_WEB_TARGET},
    {"foreign absolute form", "GET http://evil/a " H, JM_WEB_TARGET},
    {"own origin as a prefix", "GET http://h:12/a " H, JM_WEB_TARGET},
    {"no slash", "GET a " H, JM_WEB_TARGET},
    {"fragment", "GET /a#b " H, JM_WEB_TARGET},
    {"backslash", "GET /a\\b " H, JM_WEB_TARGET},
    {"quote", "GET /a\"b " H, JM_WEB_TARGET},
    {"less", "GET /<a " H, JM_WEB_TARGET},
    {"greater", "GET /a> " H, JM_WEB_TARGET},
    {"caret", "GET /a^ " H, JM_WEB_TARGET},
    {"brace", "GET /{a} " H, JM_WEB_TARGET},
    {"bar", "GET /a|b " H, JM_WEB_TARGET},
    {"backquote", "GET /a` " H, JM_WEB_TARGET},
    {"control", "GET /a\x01 " H, JM_WEB_TARGET},
    {"DEL", "GET /a\x7F " H, JM_WEB_TARGET},
    {"raw UTF-8", "GET /\xC3\xA9 " H, JM_WEB_TARGET},
    {"percent at the end", "GET /a% " H, JM_WEB_TARGET},
    {"percent and one digit", "GET /a%4 " H, JM_WEB_TARGET},
    {"percent and no hex", "GET /a%zz " H, JM_WEB_TARGET},
    {"%00", "GET /a%00 " H, JM_WEB_TARGET},
    {"no Host", "GET /a HTTP/1.1\n", JM_WEB_HOST},
    {"two Hosts", "GET /a HTTP/1.1\nHost: h\nHost: h\n", JM_WEB_HOST},
    {"1.0 two Hosts", "GET /a HTTP/1.0\nHost: h\nHost: h\n", JM_WEB_HOST},
    {"empty Host", "GET /a HTTP/1.1\nHost: \n", JM_WEB_HOST},
    {"Host with a slash", "GET /a HTTP/1.1\nHost: h/x\n", JM_WEB_HOST},
    {"Host with user", "GET /a HTTP/1.1\nHost: u@h\n", JM_WEB_HOST},
    {"Host with blank", "GET /a HTTP/1.1\nHost: h h\n", JM_WEB_HOST},
    {"two lengths", "POST /a " H "Content-Length: 3\nContent-Length: 4\n", JM_WEB_CONTENT_LENGTH},
    {"two equal lengths", "POST /a " H "Content-Length: 3\ncontent-length: 3\n",
     JM_WEB_CONTENT_LENGTH},
    {"+3", "POST /a " H "Content-Length: +3\n", JM_WEB_CONTENT_LENGTH},
    {"-1", "POST /a " H "Content-Length: -1\n", JM_WEB_CONTENT_LENGTH},
    {"0x3", "POST /a " H "Content-Length: 0x3\n", JM_WEB_CONTENT_LENGTH},
    {"3,3", "POST /a " H "Content-Length: 3,3\n", JM_WEB_CONTENT_LENGTH},
    {"3 4", "POST /a " H "Content-Length: 3 4\n", JM_WEB_CONTENT_LENGTH},
    {"empty length", "POST /a " H "Content-Length: \n", JM_WEB_CONTENT_LENGTH},
    {"2^63", "POST /a " H "Content-Length: 9223372036854775808\n", JM_WEB_CONTENT_LENGTH},
    {"16 digits", "POST /a " H "Content-Length: 0000000000000012\n", JM_WEB_CONTENT_LENGTH},
    {"CL and TE", "POST /a " H "Content-Length: 3\nTransfer-Encoding: chunked\n",
     JM_WEB_TRANSFER_ENCODING},
    {"two TE", "POST /a " H "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
     JM_WEB_TRANSFER_ENCODING},
    {"gzip, chunked", "POST /a " H "Transfer-Encoding: gzip, chunked\n", JM_WEB_TRANSFER_ENCODING},
    {"identity", "POST /a " H "Transfer-Encoding: identity\n", JM_WEB_TRANSFER_ENCODING},
    {"xchunked", "POST /a " H "Transfer-Encoding: xchunked\n", JM_WEB_TRANSFER_ENCODING},
    {"empty TE", "POST /a " H "Transfer-Encoding: \n", JM_WEB_TRANSFER_ENCODING},
    {"TE in 1.0", "POST /a HTTP/1.0\nTransfer-Encoding: chunked\n", JM_WEB_TRANSFER_ENCODING},
    {"empty name", "GET /a " H ": a\n", JM_WEB_HEADER_NAME},
    {"blank before the colon", "POST /a " H "Content-Length : 3\n", JM_WEB_HEADER_NAME},
    {"name with a bracket", "GET /a " H "X(: a\n", JM_WEB_HEADER_NAME},
    {"name with UTF-8", "GET /a " H "X\xC3\xA9: a\n", JM_WEB_HEADER_NAME},
    {"CR in a value", "GET /a " H "X: a\rb\n", JM_WEB_HEADER_VALUE},
    {"DEL in a value", "GET /a " H "X: a\x7F\n", JM_WEB_HEADER_VALUE},
    {"two Authorization", "GET /a " H "Authorization: a\nAuthorization: a\n",
     JM_WEB_HEADER_DUPLICATE},
    {"two DPoP", "GET /a " H "DPoP: a\ndpop: a\n", JM_WEB_HEADER_DUPLICATE},
    {"two attestations", "GET /a " H "OAuth-Client-Attestation: a\nOAuth-Client-Attestation: a\n",
     JM_WEB_HEADER_DUPLICATE},
    {"two PoPs", "GET /a " H "OAuth-Client-Attestation-PoP: a\nOAuth-Client-Attestation-PoP: a\n",
     JM_WEB_HEADER_DUPLICATE},
    {"two Content-Type", "GET /a " H "Content-Type: a\nContent-Type: a\n", JM_WEB_HEADER_DUPLICATE},
    {"two Cookie", "GET /a " H "Cookie: a\nCookie: a\n", JM_WEB_HEADER_DUPLICATE},
    {"two Origin", "GET /a " H "Origin: a\nOrigin: a\n", JM_WEB_HEADER_DUPLICATE},
    {"other Expect", "POST /a " H "Expect: 200-ok\n", JM_WEB_EXPECT},
};

TEST(gate_rows)
{
    struct jm_gate_pass pass;
    struct head h;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_gate(&pass, head(&h, jm_str(rows[i].text))), rows[i].want), rows[i].name);
    CHECK_EQ(jm_gate(&pass, head(&h, JM_BYTES("GET /a " H "X: a\0b\n"))), JM_WEB_HEADER_VALUE);
}

/* I-24 */
TEST(gate_sizes)
{
    static char text[JM_GATE_TARGET_MAX + 40000];
    struct jm_gate_pass pass;
    struct head h;

    for (size_t len = JM_GATE_TARGET_MAX; len <= JM_GATE_TARGET_MAX + 1; len++) {
        snprintf(text, sizeof text, "GET /%0*d " H, (int)len - 1, 0);
        CHECK_EQ(jm_gate(&pass, head(&h, jm_str(text))),
                 len > JM_GATE_TARGET_MAX ? JM_WEB_TARGET : JM_WEB_OK);
    }
    for (size_t len = 255; len <= 256; len++) {
        snprintf(text, sizeof text, "GET /a HTTP/1.1\nHost: %0*d\n", (int)len, 0);
        CHECK_EQ(jm_gate(&pass, head(&h, jm_str(text))), len > 255 ? JM_WEB_HOST : JM_WEB_OK);
    }
    snprintf(text, sizeof text, "GET /a " H "X: %016384d\n", 0);
    CHECK_EQ(jm_gate(&pass, head(&h, jm_str(text))), JM_WEB_OK);
    snprintf(text, sizeof text, "GET /a " H "X: %033000d\n", 0);
    CHECK_EQ(jm_gate(&pass, head(&h, jm_str(text))), JM_WEB_HEADER_LIMIT);
    int at = snprintf(text, sizeof text, "GET /a " H);
    for (int i = 0; i < 64; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "X: a\n");
    CHECK_EQ(jm_gate(&pass, head(&h, jm_str(text))), JM_WEB_HEADER_LIMIT);
}

TEST(gate_splits_the_target)
{
    struct jm_gate_pass pass;
    struct head h;

    CHECK_EQ(jm_gate(&pass, head(&h, JM_BYTES("POST http://h:1/a?b=?c " H "Content-Length: 12\n"))),
             JM_WEB_OK);
    CHECK_STR(pass.path, "/a");
    CHECK_STR(pass.query, "b=?c");
    CHECK(pass.has_length && pass.length == 12 && !pass.chunked);
}

static enum jm_status none(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    (void)s;
    return JM_OK;
}

static const struct jm_route first_table[] = {
    JM_ROUTE(GET, "/a/{id}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
    JM_ROUTE(GET, "/a/new", PUBLIC, SELF, NONE, 0, LOW, NO_STORE, none, B),
    JM_ROUTE(POST, "/a/{id}", PUBLIC, SELF, JSON, 16, LOW, NONE, none, C),
    JM_ROUTE(POST, "/a/{id}/x/{y}", PUBLIC, SELF, FORM, 16, LOW, CORS, none, D),
};
static const struct jm_route second_table[] = {
    JM_ROUTE(GET, "/", PUBLIC, SELF, NONE, 0, LOW, NONE, none, E),
    JM_ROUTE(GET, "/ui/{file*}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, F),
    JM_ROUTE(POST, "/cred", PUBLIC, SELF, JSON_JWT, 16, LOW, CORS_NO_STORE, none, G),
};
static const struct jm_http_table tables[] = {{first_table, 4}, {second_table, 3}};
static const struct jm_router router = {tables, 2, {NULL, 0}};

TEST(router_finds)
{
    struct jm_match m;

    CHECK_OK(jm_router_check(&router, false, false));
    jm_router_match(&m, &router, JM_BYTES("GET"), JM_BYTES("/a/new"));
    CHECK(m.route == &first_table[1]);
    jm_router_match(&m, &router, JM_BYTES("HEAD"), JM_BYTES("/a/q%41"));
    CHECK(m.route == &first_table[0]);
    CHECK_STR(m.arg[0], "q%41");
    jm_router_match(&m, &router, JM_BYTES("POST"), JM_BYTES("/a/1/x/2"));
    CHECK(m.route == &first_table[3]);
    CHECK_STR(m.arg[1], "2");
    jm_router_match(&m, &router, JM_BYTES("GET"), JM_BYTES("/ui/b/c.js"));
    CHECK_STR(m.arg[0], "b/c.js");
    jm_router_match(&m, &router, JM_BYTES("GET"), JM_BYTES("/"));
    CHECK(m.route == &second_table[0]);
    jm_router_match(&m, &router, JM_BYTES("OPTIONS"), JM_BYTES("/cred"));
    CHECK(m.options && m.fault == JM_WEB_OK);
}

TEST(router_refuses)
{
    static const char *const paths[] = {"//",    "//a",     "/a//b",   "/a/./b",  "/a/../b", "/.",
                                        "/a/..", "/a/%2fb", "/a/%2Fb", "/a/%5cb", "/a/b%5C"};
    static const char *const absent[] = {"/a",         "/a/",  "/A/new", "/a/1/x", "/a/1/x/",
                                         "/a/1/x/2/3", "/ui/", "/ui",    "/cred/"};
    char allow[64];
    struct jm_match m;

    for (size_t i = 0; i < JM_ARRAY_LEN(paths); i++) {
        jm_router_match(&m, &router, JM_BYTES("GET"), jm_str(paths[i]));
        ROW(CHECK_EQ(m.fault, JM_WEB_PATH), paths[i]);
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(absent); i++) {
        jm_router_match(&m, &router, JM_BYTES("GET"), jm_str(absent[i]));
        ROW(CHECK_EQ(m.fault, JM_WEB_NOT_FOUND), absent[i]);
    }
    jm_router_match(&m, &router, JM_BYTES("DELETE"), JM_BYTES("/a/1"));
    CHECK_EQ(m.fault, JM_WEB_METHOD);
    jm_router_allow(allow, &m);
    CHECK_STR(jm_str(allow), "GET, HEAD, POST");
    jm_router_match(&m, &router, JM_BYTES("GET"), JM_BYTES("/cred"));
    CHECK_EQ(m.fault, JM_WEB_METHOD);
    jm_router_allow(allow, &m);
    CHECK_STR(jm_str(allow), "POST, OPTIONS");
    jm_router_match(&m, &router, JM_BYTES("OPTIONS"), JM_BYTES("/a/1"));
    CHECK_EQ(m.fault, JM_WEB_METHOD);
}

/* RFC 8414 3.1, OpenID4VCI 1.0 12.2.2: a base with a path; the well-known name before it or, as
 * some ask, behind it. */
static const struct jm_route based[] = {
    JM_ROUTE(GET, "/.well-known/x", PUBLIC, SELF, NONE, 0, LOW, CORS, none, H),
    JM_ROUTE(POST, "/token", PUBLIC, SELF, NONE, 0, LOW, NO_STORE, none, I),
    JM_ROUTE(GET, "/offer/{id}", PUBLIC, SELF, NONE, 0, LOW, NO_STORE, none, J),
};

TEST(router_below_a_base)
{
    static const struct jm_http_table table = {based, 3};
    static const struct jm_router below = {&table, 1, {(const uint8_t *)"/kr/v1", 6}};
    static const char *const absent[] = {"/token",
                                         "/offer/q",
                                         "/.well-known/x",
                                         "/kr/token",
                                         "/kr/v1",
                                         "/kr/v1/",
                                         "/kr/v12/token",
                                         "/kr/v1token",
                                         "/kr/v1xtoken",
                                         "/offer/0123456789abcdef/kr/v1",
                                         "/KR/v1/token",
                                         "/.well-known/x/kr",
                                         "/.well-known/x/kr/v1/",
                                         "/.well-known/x/kr/v2",
                                         "/.well-known/x/v1",
                                         "/.well-known/kr/v1",
                                         "/.well-known/xkr/v1",
                                         "/x/.well-known/kr/v1",
                                         "/token/kr/v1",
                                         "/.well-known/kr/v1/token",
                                         "/kr/v1/kr/v1/token",
                                         "/kr"};
    struct jm_match m;

    jm_router_match(&m, &below, JM_BYTES("POST"), JM_BYTES("/kr/v1/token"));
    CHECK(m.route == &based[1]);
    CHECK_STR(m.path, "/token");
    jm_router_match(&m, &below, JM_BYTES("GET"), JM_BYTES("/kr/v1/offer/q"));
    CHECK(m.route == &based[2]);
    CHECK_STR(m.arg[0], "q");
    jm_router_match(&m, &below, JM_BYTES("GET"), JM_BYTES("/.well-known/x/kr/v1"));
    CHECK(m.route == &based[0]);
    CHECK_STR(m.path, "/.well-known/x");
    jm_router_match(&m, &below, JM_BYTES("GET"), JM_BYTES("/kr/v1/.well-known/x"));
    CHECK(m.route == &based[0]);
    jm_router_match(&m, &below, JM_BYTES("OPTIONS"), JM_BYTES("/.well-known/x/kr/v1"));
    CHECK(m.options && m.fault == JM_WEB_OK);
    jm_router_match(&m, &below, JM_BYTES("GET"), JM_BYTES("/kr/v1/token"));
    CHECK_EQ(m.fault, JM_WEB_METHOD);
    jm_router_match(&m, &below, JM_BYTES("GET"), JM_BYTES("/kr/v1/offer/../token"));
    CHECK_EQ(m.fault, JM_WEB_PATH);
    for (size_t i = 0; i < JM_ARRAY_LEN(absent); i++) {
        jm_router_match(&m, &below, jm_str(strstr(absent[i], "token") != NULL ? "POST" : "GET"),
                        jm_str(absent[i]));
        ROW(CHECK_EQ(m.fault, JM_WEB_NOT_FOUND) && CHECK(m.route == NULL), absent[i]);
    }
}

TEST(router_checks_its_rows)
{
    static const struct {
        const char *name;
        struct jm_route row[2];
        enum jm_status want;
    } bad[] = {
        {"twice",
         {JM_ROUTE(GET, "/a", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/a", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_CONFLICT},
        {"two names",
         {JM_ROUTE(GET, "/{a}/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/a/{b}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_CONFLICT},
        {"the rest",
         {JM_ROUTE(GET, "/{a*}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/a/{b}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_CONFLICT},
        {"local",
         {JM_ROUTE(GET, "/a", LOCAL, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_USAGE},
        {"no limit",
         {JM_ROUTE(POST, "/a", PUBLIC, SELF, JSON, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_USAGE},
        {"five names",
         {JM_ROUTE(GET, "/{a}/{b}/{c}/{d}/{e}", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_USAGE},
        {"behind the rest",
         {JM_ROUTE(GET, "/{a*}/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A),
          JM_ROUTE(GET, "/b", PUBLIC, SELF, NONE, 0, LOW, NONE, none, A)},
         JM_E_USAGE},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++) {
        const struct jm_http_table t = {bad[i].row, 2};
        const struct jm_router r = {&t, 1, {NULL, 0}};
        ROW(CHECK_ST(jm_router_check(&r, false, true), bad[i].want), bad[i].name);
    }
    static const struct jm_route key[] = {
        JM_ROUTE(GET, "/a", SERVICE_KEY, SELF, NONE, 0, LOW, NONE, none, A)};
    const struct jm_http_table t = {key, 1};
    const struct jm_router r = {&t, 1, {NULL, 0}};
    CHECK_ST(jm_router_check(&r, false, false), JM_E_USAGE);
    CHECK_OK(jm_router_check(&r, false, true));
}

TEST(router_admits)
{
    static const struct {
        const char *name, *text;
        enum jm_web_fault want;
    } cases[] = {
        {"json",
         "POST /a/1 " H "Content-Length: 2\nContent-Type: Application/JSON ; charset=utf-8\n",
         JM_WEB_OK},
        {"jwt", "POST /cred " H "Content-Length: 2\nContent-Type: application/jwt\n", JM_WEB_OK},
        {"form",
         "POST /a/1/x/2 " H "Content-Length: 2\nContent-Type: application/x-www-form-urlencoded\n",
         JM_WEB_OK},
        {"foreign origin, CORS",
         "POST /cred " H
         "Content-Length: 2\nContent-Type: application/json\nOrigin: https://evil\n",
         JM_WEB_OK},
        {"own origin", "GET /a/1 " H "Origin: http://h:1\n", JM_WEB_OK},
        {"foreign origin", "GET /a/1 " H "Origin: https://evil\n", JM_WEB_ORIGIN},
        {"null origin", "GET /a/1 " H "Origin: null\n", JM_WEB_ORIGIN},
        {"wrong type", "POST /a/1 " H "Content-Length: 2\nContent-Type: text/plain\n",
         JM_WEB_MEDIA_TYPE},
        {"jwt where json", "POST /a/1 " H "Content-Length: 2\nContent-Type: application/jwt\n",
         JM_WEB_MEDIA_TYPE},
        {"longer type", "POST /a/1 " H "Content-Length: 2\nContent-Type: application/json2\n",
         JM_WEB_MEDIA_TYPE},
        {"no type", "POST /a/1 " H "Content-Length: 2\n", JM_WEB_MEDIA_TYPE},
        {"chunked without type", "POST /a/1 " H "Transfer-Encoding: chunked\n", JM_WEB_MEDIA_TYPE},
        {"no length", "POST /a/1 " H "Content-Type: application/json\n", JM_WEB_LENGTH_REQUIRED},
        {"at the limit", "POST /a/1 " H "Content-Length: 16\nContent-Type: application/json\n",
         JM_WEB_OK},
        {"over the limit", "POST /a/1 " H "Content-Length: 17\nContent-Type: application/json\n",
         JM_WEB_BODY_LIMIT},
        {"GET with a body", "GET /a/1 " H "Content-Length: 1\n", JM_WEB_BODY_LIMIT},
    };
    struct jm_gate_pass pass;
    struct jm_match m;
    struct head h;

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        ROW(CHECK_EQ(jm_gate(&pass, head(&h, jm_str(cases[i].text))), JM_WEB_OK), cases[i].name);
        jm_router_match(&m, &router, h.facts.method, pass.path);
        ROW(CHECK_EQ(jm_router_admit(&m, &pass, &h.facts), cases[i].want), cases[i].name);
    }
}

/* On loopback this server has a name, too; its port, and no other name, and not elsewhere. */
TEST(own_by_name_on_loopback)
{
    static const struct {
        const char *own, *origin;
        enum jm_web_fault want;
    } cases[] = {
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080", JM_WEB_OK},
        {"http://127.0.0.1:8080", "http://localhost:8080", JM_WEB_OK},
        {"http://127.0.0.1:8080", "http://localhost:8081", JM_WEB_ORIGIN},
        {"http://127.0.0.1:8080", "http://localhost:80800", JM_WEB_ORIGIN},
        {"http://127.0.0.1:8080", "https://localhost:8080", JM_WEB_ORIGIN},
        {"http://127.0.0.1:8080", "http://localhost.evil:8080", JM_WEB_ORIGIN},
        {"https://id.example.kr", "http://localhost:443", JM_WEB_ORIGIN},
        {"http://127.0.0.2:8080", "http://localhost:8080", JM_WEB_ORIGIN},
    };
    struct jm_gate_pass pass;
    struct jm_match m;
    struct head h;

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        CHECK_EQ(jm_gate(&pass, head(&h, JM_BYTES("GET /a/1 " H "Origin: x\n"))), JM_WEB_OK);
        h.facts.origin = jm_str(cases[i].own);
        h.field[h.facts.n_fields - 1].value = jm_str(cases[i].origin);
        jm_router_match(&m, &router, h.facts.method, pass.path);
        ROW(CHECK_EQ(jm_router_admit(&m, &pass, &h.facts), cases[i].want), cases[i].origin);
    }
}

TEST(rate_bucket)
{
    struct jm_rate_table *t = jm_rate_new();
    unsigned taken = 0;

    while (jm_rate_take(t, JM_BYTES("a"), JM_RATE_GUESS, 1000) == 0)
        taken++;
    CHECK_EQ(taken, 20);
    CHECK_EQ(jm_rate_take(t, JM_BYTES("a"), JM_RATE_LOW, 1000), 0);
    CHECK_EQ(jm_rate_take(t, JM_BYTES("a"), JM_RATE_LOSS, 1000), 0); /* sign-in does not share it */
    CHECK_EQ(jm_rate_take(t, JM_BYTES("b"), JM_RATE_GUESS, 1000), 0);
    CHECK_EQ(jm_rate_take(t, JM_BYTES("a"), JM_RATE_GUESS, 1999), 1);
    CHECK_EQ(jm_rate_take(t, JM_BYTES("a"), JM_RATE_GUESS, 2000), 0);
    /* a clock that falls back gives nothing */
    CHECK(jm_rate_take(t, JM_BYTES("a"), JM_RATE_GUESS, 500) != 0);
    jm_rate_free(&t);
}

TEST(query_parameters)
{
    struct jm_arena mem = arena(4096);
    struct jm_req q = {.query = JM_BYTES("a=1+%41&b&c=x&c=y&%zz=d&"), .mem = &mem};
    struct jm_bytes v;

    CHECK_ST(jm_req_query(&q, "a", &v), JM_E_MALFORMED); /* a broken pair spoils the whole query */
    CHECK_EQ(q.fault, JM_WEB_QUERY);
    q.query = JM_BYTES("a=1+%41&b&c=x&c=y&");
    CHECK_OK(jm_req_query(&q, "a", &v));
    CHECK_STR(v, "1 A");
    CHECK_OK(jm_req_query(&q, "b", &v));
    CHECK_EQ(v.len, 0);
    CHECK_ST(jm_req_query(&q, "c", &v), JM_E_DUPLICATE);
    CHECK_ST(jm_req_query(&q, "e", &v), JM_E_MISSING);
    q.query = JM_BYTES("e=%00");
    CHECK_ST(jm_req_query(&q, "e", &v), JM_E_MALFORMED);
    q.query = JM_BYTES("e=%ff");
    CHECK_ST(jm_req_query(&q, "e", &v), JM_E_MALFORMED);
}

TEST(response_headers_cannot_split_the_head)
{
    struct jm_arena mem = arena(4096);
    struct jm_res s = {.mem = &mem};

    CHECK_ST(jm_res_header(&s, "X", JM_BYTES("a\r\nSet-Cookie: b")), JM_E_MALFORMED);
    for (size_t i = 0; i < JM_RES_HEADERS_MAX; i++)
        CHECK_OK(jm_res_header(&s, "X", JM_BYTES("a")));
    CHECK_ST(jm_res_header(&s, "X", JM_BYTES("a")), JM_E_NO_SPACE);
}
