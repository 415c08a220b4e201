/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/form.h"

TEST(forms)
{
    struct jm_arena mem = arena(65536);
    struct jm_form f;

    CHECK_OK(jm_form_parse(&f, exact(JM_BYTES("a=1+2&b=%EA%B0%80&c=&d")), &mem));
    CHECK_EQ(f.n, 4);
    CHECK_STR(jm_form_get(&f, "a"), "1 2");
    CHECK_STR(jm_form_get(&f, "b"), "\xea\xb0\x80");
    CHECK_EQ(jm_form_get(&f, "c").len, 0);
    CHECK(jm_form_get(&f, "e").ptr == NULL);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=1&a=2"), &mem), JM_E_DUPLICATE);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=1&%61=2"), &mem), JM_E_DUPLICATE);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=%"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=%4"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=%zz"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_form_parse(&f, JM_BYTES("a=%ff"), &mem), JM_E_MALFORMED);
}

TEST(fields_at_their_limit)
{
    for (unsigned n = 63; n <= 65; n++) {
        struct jm_arena mem = arena(65536);
        struct jm_buf b = room(1024);
        struct jm_form f;

        for (unsigned i = 0; i < n; i++) {
            char name[8];

            snprintf(name, sizeof name, "f%u", i);
            CHECK_OK(jm_form_put(&b, name, JM_BYTES("x")));
        }
        CHECK_ST(jm_form_parse(&f, jm_written(b), &mem),
                 n <= JM_FORM_FIELDS_MAX ? JM_OK : JM_E_LIMIT);
    }
}

TEST(put_escapes)
{
    struct jm_buf b = room(64);

    CHECK_OK(jm_form_put(&b, "a", JM_BYTES("x y&z=\xea\xb0\x80")));
    CHECK_OK(jm_form_put(&b, "b", JM_BYTES("~-._")));
    CHECK(jm_bytes_find(jm_written(b), JM_BYTES("&z")) == SIZE_MAX);
    CHECK(jm_bytes_find(jm_written(b), JM_BYTES("&b=~-._")) != SIZE_MAX);
    b = room(2);
    CHECK_ST(jm_form_put(&b, "a", JM_BYTES("x")), JM_E_NO_SPACE);
}

TEST(urls)
{
    static const char *const bad[] = {"",
                                      "https",
                                      "https:",
                                      "https://",
                                      "https:///a",
                                      "//rp.example",
                                      "https://u@rp.example/",
                                      "https://u:p@rp.example/",
                                      "https://rp.example/#f",
                                      "https://rp.example:99999/",
                                      "https://rp.example:/x y",
                                      "https://rp .example/",
                                      "https://[::1/",
                                      "/a",
                                      "https://:443/",
                                      "https://[::1]x80/",
                                      "https://[::1]80/",
                                      "https://[::1"};
    struct jm_arena mem = arena(4096);
    struct jm_bytes out;
    struct jm_url u;

    CHECK_OK(jm_url_split(&u, JM_BYTES("https://rp.example:8443/a/b?c=d")));
    CHECK_STR(u.scheme, "https");
    CHECK_STR(u.host, "rp.example");
    CHECK_STR(u.port, "8443");
    CHECK_STR(u.path, "/a/b");
    CHECK_STR(u.query, "c=d");
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_url_split(&u, guarded(jm_str(bad[i]))), JM_E_MALFORMED), bad[i]);
    CHECK(jm_url_allowed(JM_BYTES("https://rp.example/"), false));
    CHECK(jm_url_allowed(JM_BYTES("http://127.0.0.1:80/"), true));
    CHECK(jm_url_allowed(JM_BYTES("http://[::1]:80/"), true));
    CHECK(jm_url_allowed(JM_BYTES("http://localhost/"), true));
    CHECK(!jm_url_allowed(JM_BYTES("http://127.0.0.1/"), false));
    CHECK(!jm_url_allowed(JM_BYTES("http://rp.example/"), true));
    CHECK(!jm_url_allowed(JM_BYTES("http://127.0.0.1.rp.example/"), true));
    CHECK(!jm_url_allowed(JM_BYTES("http://localhost.rp.example/"), true));
    CHECK(!jm_url_allowed(JM_BYTES("ftp://rp.example/"), true));
    CHECK(!jm_url_allowed(JM_BYTES("javascript:alert(1)"), true));
    CHECK_OK(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example/tenant"),
                               "openid-credential-issuer"));
    CHECK_STR(out, "https://iss.example/.well-known/openid-credential-issuer/tenant");
    CHECK_OK(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example/tenant/a/"),
                               "openid-credential-issuer"));
    CHECK_STR(out, "https://iss.example/.well-known/openid-credential-issuer/tenant/a/");
    CHECK_OK(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example:8443/tenant/a/"),
                               "oauth-authorization-server"));
    /* RFC 8414 3.1 */
    CHECK_STR(out, "https://iss.example:8443/.well-known/oauth-authorization-server/tenant/a");
    CHECK_OK(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example/"),
                               "oauth-authorization-server"));
    CHECK_STR(out, "https://iss.example/.well-known/oauth-authorization-server");
    CHECK_ST(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example/t?x=1"), "x"),
             JM_E_MALFORMED);
    CHECK_OK(jm_url_well_known(&out, &mem, JM_BYTES("https://iss.example"), "x"));
    CHECK_STR(out, "https://iss.example/.well-known/x");
}

/* B17: schemes have no case (RFC 3986 3.1), and what is pasted brings blanks along. */
TEST(addresses_as_people_paste_them)
{
    static const struct {
        const char *url;
        bool same;
    } rows[] = {{"openid4vp://?a", true}, {"OPENID4VP://?a", true},
                {"OpenId4vp:x", true},    {"openid4vp", false},
                {"openid4vp2:", false},   {"openid4v:", false},
                {" openid4vp:", false},   {"", false}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_url_scheme_is(jm_str(rows[i].url), "openid4vp"), rows[i].same),
            rows[i].url);
    CHECK_STR(jm_url_trim(JM_BYTES(" \t\r\na b\n ")), "a b");
    CHECK_EQ(jm_url_trim(JM_BYTES(" \n")).len, 0);
    CHECK_EQ(jm_url_trim(jm_none()).len, 0);
}

/* What is no digit is no octet either, even where the octets it would give were letters. */
TEST(escapes_are_two_digits)
{
    static const char *const bad[] = {"a=%", "a=%4", "a=%g0%90%80%80", "a=%4g", "a=%-1", "%zz=1"};
    struct jm_arena mem = arena(65536);
    struct jm_form f;

    CHECK_OK(jm_form_parse(&f, JM_BYTES("a=%F0%90%80%80"), &mem));
    CHECK_STR(jm_form_get(&f, "a"), "\xF0\x90\x80\x80");
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_form_parse(&f, guarded(jm_str(bad[i])), &mem), JM_E_MALFORMED), bad[i]);
}

/* B13, RFC 9110 12.4.2 and 12.5.1: 0 is "not acceptable", the closest range says. */
TEST(what_a_client_takes)
{
    static const struct {
        const char *field, *form;
        unsigned weight;
    } rows[] = {
        {"", "application/jwt", 1000},
        {" ", "application/jwt", 1000},
        {"application/jwt", "application/jwt", 1000},
        {"Application/JWT", "application/jwt", 1000},
        {"application/json", "application/jwt", 0},
        {"application/json, application/jwt;q=0", "application/jwt", 0},
        {"application/jwt;q=0, */*", "application/jwt", 0},
        {"*/*, application/jwt;q=0", "application/jwt", 0},
        {"application/*;q=0.5, */*;q=0.1", "application/jwt", 500},
        {"text/*;q=0.5, */*;q=0.1", "application/jwt", 100},
        {"application/jwt ; v=1 ;\tQ=0.123 ;q=1", "application/jwt", 123},
        {"application/jwt;q=1.000", "application/jwt", 1000},
        {"application/jwt;q=1.001", "application/jwt", 0},
        {"application/jwt;q=0.1234", "application/jwt", 0},
        {"application/jwt;q=x", "application/jwt", 0},
        {"application/jwt;q=", "application/jwt", 0},
        {"application/jwt;q=0,9", "application/jwt", 0},
        {"application/jwts", "application/jwt", 0},
        {"jwt", "application/jwt", 0},
        {"gzip", "gzip", 1000},
        {"identity, *;q=0.2", "gzip", 200},
        {"*, gzip;q=0", "gzip", 0},
        {"br", "gzip", 0},
        {",,gzip,", "gzip", 1000},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_accept_weight(guarded(jm_str(rows[i].field)), rows[i].form),
                     rows[i].weight),
            rows[i].field);
}
