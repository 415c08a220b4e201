/* SPDX-License-Identifier: Apache-2.0 */
/* Messages by their descriptor: what every route of ours refuses before its handler sees anything.
 */
#include "unit/test.h"

#include "service/msg.h"

struct all_req {
    struct jm_bytes text, octets;
    int64_t number;
    bool flag;
    struct jm_date day;
    struct jm_id id;
    const struct jm_json *any;
    struct jm_bytes raw;
};
static const struct jm_msg_field all_req_fields[] = {
    JM_FIELD(all_req, text, "text", STR, 5, 0),
    JM_FIELD(all_req, octets, "octets", B64, 4, JM_MSG_OPT),
    JM_FIELD(all_req, number, "number", INT, 10, JM_MSG_OPT),
    JM_FIELD(all_req, flag, "flag", BOOL, 0, JM_MSG_OPT),
    JM_FIELD(all_req, day, "day", DATE, 0, JM_MSG_OPT),
    JM_FIELD(all_req, id, "id", ID, 0, JM_MSG_OPT),
    JM_FIELD(all_req, any, "any", JSON, 5, JM_MSG_OPT),
    JM_FIELD(all_req, raw, "raw", RAW, 3, JM_MSG_OPT),
};
static const struct jm_msg all_req = JM_MSG_DEF(all_req, all_req, false),
                           lax_req = JM_MSG_DEF(all_req, all_req, true);

#define T "\"text\":\"a\""
#define ID32 "0123456789abcdef0123456789abcdef"

TEST(bodies_of_json)
{
    static const struct {
        const char *body;
        enum jm_code code;
        const char *field;
    } rows[] = {
        {"{" T "}", JM_CODE_NONE, ""},
        {"{" T
         ",\"octets\":\"AAA\",\"number\":10,\"flag\":true,\"day\":\"2025-01-31\",\"id\":\"" ID32
         "\",\"any\":[1]}",
         JM_CODE_NONE, ""},
        {"{" T ",\"any\":[1,2]}", JM_CODE_NONE, ""},
        {"{" T ",\"any\":[1,23]}", JM_API_FIELD_LIMIT, "any"},
        {"{" T ",\"any\":[1, 2]}", JM_API_FIELD_LIMIT, "any"}, /* as it stands in the body */
        {"{" T ",\"raw\":\"\\u0001 a\"}", JM_CODE_NONE, ""},
        {"{" T ",\"raw\":\"abcd\"}", JM_API_FIELD_LIMIT, "raw"},
        {"{" T ",\"raw\":1}", JM_API_FIELD_TYPE, "raw"},
        {"", JM_API_JSON, ""},
        {"[]", JM_API_JSON, ""},
        {"\"text\"", JM_API_JSON, ""},
        {"{" T, JM_API_JSON, ""},
        {"{" T "}x", JM_API_JSON, ""},
        {"{" T "," T "}", JM_API_FIELD_TWICE, ""},
        {"{" T ",\"more\":1}", JM_API_FIELD_UNKNOWN, ""},
        {"{" T ",\"Text\":\"a\"}", JM_API_FIELD_UNKNOWN, ""},
        {"{}", JM_API_FIELD_MISSING, "text"},
        {"{\"number\":1}", JM_API_FIELD_MISSING, "text"},
        {"{\"text\":1}", JM_API_FIELD_TYPE, "text"},
        {"{\"text\":null}", JM_API_FIELD_TYPE, "text"},
        {"{\"text\":[\"a\"]}", JM_API_FIELD_TYPE, "text"},
        {"{\"text\":\"12345\"}", JM_CODE_NONE, ""},
        {"{\"text\":\"123456\"}", JM_API_FIELD_LIMIT, "text"},
        {"{\"text\":\"a\\n\"}", JM_API_FIELD_FORM, "text"},
        {"{\"text\":\" a\"}", JM_API_TEXT, "text"}, /* D-105 */
        {"{\"text\":\"\\u202ea\"}", JM_API_TEXT, "text"},
        {"{\"text\":\"\\u3164\"}", JM_API_TEXT, "text"},
        {"{\"text\":\"a\\u200bb\"}", JM_API_TEXT, "text"},
        {"{\"text\":\"a\\u007f\"}", JM_API_FIELD_FORM, "text"},
        {"{\"text\":\"\"}", JM_CODE_NONE, ""},
        {"{" T ",\"number\":11}", JM_API_FIELD_LIMIT, "number"},
        {"{" T ",\"number\":-1}", JM_API_FIELD_TYPE, "number"},
        {"{" T ",\"number\":1.5}", JM_API_FIELD_TYPE, "number"},
        {"{" T ",\"number\":\"1\"}", JM_API_FIELD_TYPE, "number"},
        {"{" T ",\"flag\":1}", JM_API_FIELD_TYPE, "flag"},
        {"{" T ",\"flag\":\"true\"}", JM_API_FIELD_TYPE, "flag"},
        {"{" T ",\"flag\":null}", JM_API_FIELD_TYPE, "flag"},
        {"{" T ",\"flag\":false}", JM_CODE_NONE, ""},
        {"{" T ",\"day\":\"2025-02-30\"}", JM_API_FIELD_FORM, "day"},
        {"{" T ",\"day\":20250130}", JM_API_FIELD_TYPE, "day"},
        {"{" T ",\"id\":\"" ID32 "0\"}", JM_API_FIELD_FORM, "id"},
        {"{" T ",\"id\":\"0123456789abcdef0123456789abcde\"}", JM_API_FIELD_FORM, "id"},
        {"{" T ",\"id\":\"0123456789ABCDEF0123456789abcdef\"}", JM_API_FIELD_FORM, "id"},
        {"{" T ",\"id\":\"0123456789abcdef0123456789abcde\\u0000\"}", JM_API_FIELD_FORM, "id"},
        {"{" T ",\"octets\":\"AAAA\"}", JM_CODE_NONE, ""},
        {"{" T ",\"octets\":\"AAAAAA\"}", JM_API_FIELD_LIMIT, "octets"},
        {"{" T ",\"octets\":\"AA=\"}", JM_API_FIELD_FORM, "octets"},
        {"{" T ",\"octets\":\"A+A\"}", JM_API_FIELD_FORM, "octets"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(65536);
        struct jm_diag d = {.code = JM_CODE_NONE};
        struct all_req in;
        enum jm_status st = jm_msg_decode(&in, &all_req, guarded(jm_str(rows[i].body)), &mem, &d);

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].body);
        if (rows[i].field[0] != '\0')
            ROW(CHECK_STR(d.detail, rows[i].field), rows[i].body);
    }
}

TEST(what_was_read)
{
    struct jm_arena mem = arena(65536);
    struct all_req in;
    struct jm_diag d = {0};

    CHECK_OK(jm_msg_decode(&in, &all_req,
                           JM_BYTES("{\"text\":\"\",\"octets\":\"AQID\",\"number\":10,\"flag\":"
                                    "true,\"day\":\"2025-01-31\",\"id\":\"" ID32 "\"}"),
                           &mem, &d));
    CHECK(in.text.len == 0 && in.text.ptr != NULL && in.number == 10 && in.flag &&
          in.day.day == 31 && in.any == NULL);
    CHECK_BYTES(in.octets, "010203");
    CHECK_BYTES(jm_bytes(in.id.octets, 16), ID32);
    CHECK_OK(jm_msg_decode(&in, &lax_req, JM_BYTES("{" T ",\"more\":{}}"), &mem, &d));
    CHECK(in.number == 0 && !in.flag && jm_id_is_zero(&in.id) && in.octets.len == 0);
    CHECK_OK(jm_msg_decode_none(JM_BYTES("{}"), &mem, &d));
    CHECK_ST(jm_msg_decode_none(JM_BYTES("{\"a\":1}"), &mem, &d), JM_E_MALFORMED);
    CHECK_ST(jm_msg_decode_none(jm_none(), &mem, &d), JM_E_MALFORMED);
}

struct form_req {
    struct jm_bytes text, more;
};
static const struct jm_msg_field form_req_fields[] = {JM_FIELD(form_req, text, "text", STR, 5, 0),
                                                      JM_FIELD(form_req, more, "more", STR, 5,
                                                               JM_MSG_OPT)};
static const struct jm_msg form_req = JM_MSG_DEF(form_req, form_req, false),
                           lax_form = JM_MSG_DEF(form_req, form_req, true);

TEST(bodies_of_forms)
{
    static const struct {
        const char *body;
        const struct jm_msg *msg;
        enum jm_code code;
    } rows[] = {
        {"text=a", &form_req, JM_CODE_NONE},
        {"text=12345&more=", &form_req, JM_CODE_NONE},
        {"text=123456", &form_req, JM_API_FIELD_LIMIT},
        {"text=a%0a", &form_req, JM_API_FIELD_FORM},
        {"", &form_req, JM_API_FIELD_MISSING},
        {"more=a", &form_req, JM_API_FIELD_MISSING},
        {"text=a&text=a", &form_req, JM_API_FIELD_TWICE},
        {"text=%zz", &form_req, JM_API_FORM},
        {"text=%ff", &form_req, JM_API_FORM},
        {"text=a&other=b", &form_req, JM_API_FIELD_UNKNOWN},
        {"text=a&other=b", &lax_form, JM_CODE_NONE},
        {"other=b", &lax_form, JM_API_FIELD_MISSING},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(65536);
        struct jm_diag d = {.code = JM_CODE_NONE};
        struct form_req in;
        enum jm_status st =
            jm_msg_decode_form(&in, rows[i].msg, guarded(jm_str(rows[i].body)), &mem, &d);

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].body);
    }
}

/* -- answers -- */

struct leaf_res {
    int64_t n;
};
JM_MSG(leaf_res, leaf_res, false, JM_FIELD(leaf_res, n, "n", INT, 0, 0));
struct all_res {
    struct jm_bytes text, value;
    const char *word, *nil;
    int64_t number, maybe, at;
    bool flag;
    struct jm_id id;
    struct leaf_res leaf;
    struct jm_msg_list list;
    const struct jm_json *more;
};
#define ALL_RES(msg, flag_, none)                                               \
    JM_MSG(msg, all_res, false, JM_FIELD(all_res, text, "text", STR, 0, flag_), \
           JM_FIELD(all_res, value, "value", VALUE, 0, JM_MSG_OPT),             \
           JM_FIELD(all_res, word, "word", WORD, 0, flag_),                     \
           JM_FIELD(all_res, nil, "nil", NIL, 0, JM_MSG_OPT),                   \
           JM_FIELD(all_res, number, "number", INT, 0, flag_),                  \
           JM_FIELD(all_res, maybe, "maybe", INT, 0, none),                     \
           JM_FIELD(all_res, at, "at", TIME, 0, flag_),                         \
           JM_FIELD(all_res, flag, "flag", BOOL, 0, flag_),                     \
           JM_FIELD(all_res, id, "id", ID, 0, flag_),                           \
           JM_FIELD_OF(all_res, leaf, "leaf", OBJECT, leaf_res),                \
           JM_FIELD_OF(all_res, list, "list", LIST, leaf_res),                  \
           JM_FIELD(all_res, more, "more", SPLICE, 0, 0))
ALL_RES(all_res, 0, 0);
ALL_RES(some_res, JM_MSG_OPT, JM_MSG_NONE);

static struct jm_bytes written(const struct jm_msg *m, const struct all_res *in, size_t less,
                               struct jm_arena *mem, enum jm_status *st)
{
    struct jm_json_w w;
    struct jm_buf b;

    if (jm_alloc_buf(&b, mem, jm_msg_room(m, in)) != JM_OK)
        return jm_none();
    b.cap -= less;
    jm_json_w_init(&w, &b);
    *st = jm_msg_encode(&w, m, in);
    return *st == JM_OK ? jm_written(b) : jm_none();
}

/* What an answer says stands in its table, in that order; what is empty is left out where it may
 * be. */
TEST(answers_by_their_table)
{
    static const struct leaf_res leaves[] = {{1}, {-2}};
    struct jm_arena mem = arena(65536);
    struct all_res in = {.maybe = JM_MSG_NO_INT};
    const struct jm_json *more;
    enum jm_status st;

    CHECK_OK(jm_json_parse(&more, JM_BYTES("{\"x\":[1],\"y\":null}"), &mem, NULL));
    CHECK_STR(written(&some_res, &in, 0, &mem, &st), "{\"leaf\":{\"n\":0},\"list\":[]}");
    in.maybe = 0;
    CHECK_STR(
        written(&all_res, &in, 0, &mem, &st),
        "{\"text\":\"\",\"word\":\"\",\"number\":0,\"maybe\":0,\"at\":\"1970-01-01T00:00:00Z\","
        "\"flag\":false,\"id\":\"00000000000000000000000000000000\",\"leaf\":{\"n\":0},"
        "\"list\":[]}");
    in = (struct all_res){.text = JM_BYTES("\"\x01"),
                          .value = JM_BYTES("[true]"),
                          .word = "w",
                          .nil = "null",
                          .number = INT64_MAX,
                          .maybe = 0,
                          .at = 1767225599,
                          .flag = true,
                          .id = {{1, 2}},
                          .leaf = {7},
                          .list = {leaves, JM_ARRAY_LEN(leaves)},
                          .more = more};
    struct jm_bytes full = written(&some_res, &in, 0, &mem, &st);
    CHECK_STR(full, "{\"text\":\"\\\"\\u0001\",\"value\":[true],\"word\":\"w\",\"nil\":null,"
                    "\"number\":9223372036854775807,\"maybe\":0,\"at\":\"2025-12-31T23:59:59Z\","
                    "\"flag\":true,\"id\":\"01020000000000000000000000000000\",\"leaf\":{\"n\":7},"
                    "\"list\":[{\"n\":1},{\"n\":-2}],\"x\":[1],\"y\":null}");
    CHECK(full.len <= jm_msg_room(&some_res, &in));
    CHECK(written(&some_res, &in, jm_msg_room(&some_res, &in) - full.len + 1, &mem, &st).ptr ==
          NULL);
    CHECK_EQ(st, JM_E_NO_SPACE);
}
