/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/json.h"

TEST(documents_accepted_and_refused)
{
    static const struct {
        const char *text;
        enum jm_status st;
    } rows[] = {
        {"{}", JM_OK},
        {" [ 1 , -2.5e+3 , true , false , null , \"x\" ] ", JM_OK},
        {"\"\\u00e9\\ud83d\\ude00\\n\\/\"", JM_OK},
        {"0", JM_OK},
        {"-0", JM_OK},
        {"{\"a\":{\"a\":1}}", JM_OK},
        {"", JM_E_MALFORMED},
        {"{", JM_E_MALFORMED},
        {"[1,]", JM_E_MALFORMED},
        {"{\"a\":1,}", JM_E_MALFORMED},
        {"{a:1}", JM_E_MALFORMED},
        {"{\"a\" 1}", JM_E_MALFORMED},
        {"01", JM_E_TRAILING},
        {"1.", JM_E_MALFORMED},
        {".5", JM_E_MALFORMED},
        {"+1", JM_E_MALFORMED},
        {"1e", JM_E_MALFORMED},
        {"NaN", JM_E_MALFORMED},
        {"tru", JM_E_MALFORMED},
        {"'a'", JM_E_MALFORMED},
        {"\"\\x\"", JM_E_MALFORMED},
        {"\"\\u12\"", JM_E_MALFORMED},
        {"\"\\ud800\"", JM_E_MALFORMED},
        {"\"\\udc00\"", JM_E_MALFORMED},
        {"\"a\nb\"", JM_E_MALFORMED},
        {"\"\xc3\x28\"", JM_E_MALFORMED},
        {"\xef\xbb\xbf{}", JM_E_MALFORMED},
        {"{} {}", JM_E_TRAILING},
        {"{\"a\":1,\"a\":2}", JM_E_DUPLICATE},
        {"{\"a\":1,\"\\u0061\":2}", JM_E_DUPLICATE},
        {"/* */ 1", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(65536);
        const struct jm_json *j;
        enum jm_status st = jm_json_parse(&j, exact(jm_str(rows[i].text)), &mem, NULL);

        if (rows[i].st == JM_E_TRAILING) /* malformed or trailing: refused */
            ROW(CHECK(st == JM_E_TRAILING || st == JM_E_MALFORMED), rows[i].text);
        else
            ROW(CHECK_EQ(st, rows[i].st), rows[i].text);
        CHECK((j != NULL) == (st == JM_OK));
    }
}

TEST(depth_at_its_edge)
{
    for (size_t n = 31; n <= 34; n++) {
        struct jm_arena mem = arena(65536);
        struct jm_buf b = room(2 * n);
        const struct jm_json *j;

        memset(b.ptr, '[', n);
        memset(b.ptr + n, ']', n);
        CHECK_ST(jm_json_parse(&j, jm_bytes(b.ptr, 2 * n), &mem, NULL),
                 n <= JM_JSON_DEPTH_MAX ? JM_OK : JM_E_LIMIT);
    }
}

TEST(members_and_their_types)
{
    struct jm_arena mem = arena(65536);
    const struct jm_json *j;
    struct jm_bytes s;
    int64_t t;

    CHECK_OK(jm_json_parse(&j,
                           JM_BYTES("{\"s\":\"a\\u00e9\",\"n\":12.9,\"z\":\"a\\u0000b\",\"neg\":-1,"
                                    "\"big\":1e300,\"o\":{},\"i\":7}"),
                           &mem, NULL));
    CHECK_OK(jm_json_str(&s, j, "s"));
    CHECK_STR(s, "a\xc3\xa9");
    CHECK_ST(jm_json_str(&s, j, "n"), JM_E_TYPE);
    CHECK_ST(jm_json_str(&s, j, "none"), JM_E_MISSING);
    CHECK_ST(jm_json_str(&s, j, "z"), JM_E_TYPE);
    CHECK_OK(jm_json_opt_str(&s, j, "none"));
    CHECK(s.ptr == NULL);
    CHECK_OK(jm_json_time(&t, j, "n"));
    CHECK_EQ(t, 12);
    CHECK_ST(jm_json_time(&t, j, "neg"), JM_E_RANGE);
    CHECK(jm_json_time(&t, j, "big") != JM_OK);
    CHECK_ST(jm_json_time(&t, j, "s"), JM_E_TYPE);
    CHECK_OK(jm_json_int(&t, jm_json_get(j, "i")));
    CHECK_EQ(t, 7);
    CHECK(jm_json_int(&t, jm_json_get(j, "n")) != JM_OK);
    CHECK(jm_json_get(jm_json_get(j, "o"), "x") == NULL);
    CHECK(jm_json_get(NULL, "x") == NULL);
}

TEST(writer_escapes_and_separates)
{
    struct jm_buf b = room(256);
    struct jm_json_w w;

    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "a\"b", "\n\x01\\");
    jm_json_w_name(&w, "l");
    jm_json_w_open(&w, '[');
    jm_json_w_int(&w, -1);
    jm_json_w_bool(&w, true);
    jm_json_w_null(&w);
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    CHECK_OK(jm_json_w_end(&w));
    CHECK_STR(jm_written(b), "{\"a\\\"b\":\"\\u000a\\u0001\\\\\",\"l\":[-1,true,null]}");
    b = room(3);
    jm_json_w_init(&w, &b);
    jm_json_w_text(&w, JM_BYTES("long"));
    CHECK_ST(jm_json_w_end(&w), JM_E_NO_SPACE);
}

/* A text that ends in the middle: nothing behind it is read. */
TEST(cut_anywhere)
{
    static const char whole[] =
        " {\"a\\\\b\\u0041\" : [ \"c\\\"\" , -1.5e3 , true,false,null ] , \"d\":{} } ";
    struct jm_arena mem = arena(65536);
    const struct jm_json *j;

    CHECK_OK(jm_json_parse(&j, guarded(jm_str(whole)), &mem, NULL));
    for (size_t len = 0; len + 2 < sizeof whole; len++)
        CHECK_ST(jm_json_parse(&j, guarded(jm_slice(jm_str(whole), 0, len)), &mem, NULL),
                 JM_E_MALFORMED);
    CHECK_ST(jm_json_parse(&j, guarded(JM_BYTES("\"a\\")), &mem, NULL), JM_E_MALFORMED);
    CHECK_ST(jm_json_parse(&j, guarded(JM_BYTES("\"abc")), &mem, NULL), JM_E_MALFORMED);
    CHECK_ST(jm_json_parse(&j, guarded(JM_BYTES("\"")), &mem, NULL), JM_E_MALFORMED);
    CHECK_ST(jm_json_parse(&j, guarded(JM_BYTES("[1,")), &mem, NULL), JM_E_MALFORMED);
}

TEST(members_and_elements_are_counted)
{
    struct jm_arena mem = arena(16 * JM_MIB);
    char *text = (char *)test_malloc(2 * JM_MIB);
    const struct jm_json *j;

    for (int more = 0; more < 2; more++) {
        size_t at = 0;

        text[at++] = '{';
        for (int i = 0; i < JM_JSON_MEMBERS_MAX + more; i++)
            at += (size_t)snprintf(text + at, 32, "%s\"m%d\":1", i == 0 ? "" : ",", i);
        text[at++] = '}';
        CHECK_ST(jm_json_parse(&j, jm_bytes((uint8_t *)text, at), &mem, NULL),
                 more ? JM_E_LIMIT : JM_OK);
        at = 0;
        text[at++] = '[';
        for (int i = 0; i < 65536 + more; i++)
            at += (size_t)snprintf(text + at, 32, "%s1", i == 0 ? "" : ",");
        text[at++] = ']';
        CHECK_ST(jm_json_parse(&j, jm_bytes((uint8_t *)text, at), &mem, NULL),
                 more ? JM_E_LIMIT : JM_OK);
        jm_arena_reset(&mem);
    }
}

TEST(no_time_is_negative)
{
    static const char *const bad[] = {"{\"exp\":-0}", "{\"exp\":-5}", "{\"exp\":-0.5}",
                                      "{\"exp\":-5e-3}", "{\"exp\":-1e1}"};
    struct jm_arena mem = arena(8192);
    const struct jm_json *j;
    int64_t at = 7;

    CHECK_OK(jm_json_parse(&j, JM_BYTES("{\"exp\":5e-3}"), &mem, NULL));
    CHECK_OK(jm_json_time(&at, j, "exp"));
    CHECK_EQ(at, 0);
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++) {
        CHECK_OK(jm_json_parse(&j, jm_str(bad[i]), &mem, NULL));
        ROW(CHECK_ST(jm_json_time(&at, j, "exp"), JM_E_RANGE), bad[i]);
    }
}
