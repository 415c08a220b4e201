/* SPDX-License-Identifier: Apache-2.0 */
/* A book gives an answer to the question that it answers, and to no other. */
#include "jumin/book.h"

#include "unit/test.h"

#define KEY JM_BYTES("key")
#define DATA JM_BYTES("data")
#define SIG JM_BYTES("signature")
#define URL JM_BYTES("https://a.example/")

static struct jm_arena mem;
static struct jm_book book;
static struct jm_answers by;

static const struct jm_ask *open_ask(void)
{
    const struct jm_ask *ask = NULL;

    return jm_book_asks(&book, &ask) == 1 ? ask : NULL;
}

static void begin(void)
{
    mem = arena(1 << 17);
    jm_book_init(&book, jm_alloc(&mem, 1 << 16, 1), 1 << 16);
    by = jm_book_answers(&book);
}

static enum jm_status give(struct jm_answer a)
{
    const struct jm_ask *ask = open_ask();

    return ask == NULL ? JM_E_ABSENT : jm_book_answer(&book, ask->id, &a);
}

static enum jm_status verify(struct jm_bytes key, struct jm_bytes data, struct jm_bytes sig)
{
    return by.verify(by.ctx, JM_ALG_ES256, key, data, sig);
}

TEST(an_answer_is_replayed_to_its_question_again_and_again)
{
    begin();
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}));
    for (int i = 0; i < 3; i++) {
        jm_book_rewind(&book);
        CHECK_OK(verify(KEY, DATA, SIG));
        CHECK(open_ask() == NULL);
    }
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_PENDING); /* the next one is a question of its own */
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_E_SIGNATURE}));
    jm_book_rewind(&book);
    CHECK_OK(verify(KEY, DATA, SIG));
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_SIGNATURE);
    jm_book_clear(&book);
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_PENDING);
}

/* A signature that held of other octets, by another key, by another algorithm, says nothing. */
TEST(a_signature_that_held_of_something_else)
{
    begin();
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}));
    const struct {
        const char *name;
        enum jm_alg alg;
        struct jm_bytes key, data, sig;
    } rows[] = {{"another key", JM_ALG_ES256, JM_BYTES("kez"), DATA, SIG},
                {"other octets", JM_ALG_ES256, KEY, JM_BYTES("datb"), SIG},
                {"fewer", JM_ALG_ES256, KEY, JM_BYTES("dat"), SIG},
                {"another signature", JM_ALG_ES256, KEY, DATA, JM_BYTES("signaturf")},
                {"another algorithm", JM_ALG_ECDH_ES, KEY, DATA, SIG}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        jm_book_rewind(&book);
        ROW(CHECK_ST(by.verify(by.ctx, rows[i].alg, rows[i].key, rows[i].data, rows[i].sig),
                     JM_E_BUG) &&
                CHECK(open_ask() == NULL),
            rows[i].name);
    }
    jm_book_rewind(&book);
    CHECK_OK(verify(KEY, DATA, SIG));
}

TEST(another_kind_of_question_another_length)
{
    uint8_t out[32];

    begin();
    CHECK_ST(by.random(by.ctx, out, 32), JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){JM_ASK_RANDOM, JM_OK,
                                     JM_BYTES("0123456789abcdef0123456789abcdef"), NULL}));
    jm_book_rewind(&book);
    CHECK_ST(by.random(by.ctx, out, 16), JM_E_BUG);
    CHECK_ST(by.agree(by.ctx, KEY, DATA, out), JM_E_BUG);
    CHECK_OK(by.random(by.ctx, out, 32));
    CHECK(memcmp(out, "0123456789abcdef", 16) == 0);
}

TEST(a_list_that_was_asked_for_by_another_name)
{
    const struct jm_find_ask asked = {JM_FIND_STATUS_LIST, URL, jm_none(), false};
    const struct jm_find_ask others[] = {{JM_FIND_CRL, URL, jm_none(), false},
                                         {JM_FIND_STATUS_LIST, JM_BYTES("https://b.example/"),
                                          jm_none(), false},
                                         {JM_FIND_STATUS_LIST, URL, KEY, false},
                                         {JM_FIND_STATUS_LIST, URL, jm_none(), true},
                                         {JM_FIND_STATUS_LIST, jm_none(), URL, false}};
    struct jm_answer a;

    begin();
    CHECK_ST(by.find(by.ctx, &asked, &a, &mem), JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){JM_ASK_FIND, JM_OK, JM_BYTES("list"), NULL}));
    for (size_t i = 0; i < JM_ARRAY_LEN(others); i++) {
        jm_book_rewind(&book);
        CHECK_ST(by.find(by.ctx, &others[i], &a, &mem), JM_E_BUG);
    }
    jm_book_rewind(&book);
    CHECK_OK(by.find(by.ctx, &asked, &a, &mem));
    CHECK_STR(a.octets, "list");
}

TEST(a_reply_to_another_request)
{
    const struct jm_http_ask asked = {.verb = JM_HTTP_POST,
                                      .url = URL,
                                      .content_type = "a/b",
                                      .accept = "c/d",
                                      .body = DATA,
                                      .headers = {{"DPoP", KEY}},
                                      .n_headers = 1};
    struct jm_http_answer out, reply = {.status = 200, .body = JM_BYTES("ok")};

    begin();
    CHECK_ST(by.http(by.ctx, &asked, &out, &mem), JM_E_PENDING);
    /* 200 of nothing */
    CHECK_ST(give((struct jm_answer){.kind = JM_ASK_HTTP, .st = JM_OK}), JM_E_BUG);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_HTTP, .st = JM_OK, .what = &reply}));
    for (int i = 0; i < 9; i++) {
        struct jm_http_ask other = asked;

        if (i == 0)
            other.verb = JM_HTTP_GET;
        if (i == 1)
            other.url = JM_BYTES("https://a.example/2");
        if (i == 2)
            other.content_type = NULL;
        if (i == 3)
            other.accept = "e/f";
        if (i == 4)
            other.body = KEY;
        if (i == 5)
            other.headers[0].name = "X";
        if (i == 6)
            other.headers[0].value = SIG;
        if (i == 7)
            other.n_headers = 0;
        if (i == 8)
            other.moves = 1;
        jm_book_rewind(&book);
        CHECK_ST(by.http(by.ctx, &other, &out, &mem), JM_E_BUG);
    }
    jm_book_rewind(&book);
    CHECK_OK(by.http(by.ctx, &asked, &out, &mem));
    CHECK_STR(out.body, "ok");
}

TEST(answers_that_nobody_asked_for)
{
    begin();
    const struct jm_answer a = {.kind = JM_ASK_VERIFY, .st = JM_OK};
    CHECK_ST(jm_book_answer(&book, 1, &a), JM_E_BUG);
    CHECK_ST(verify(KEY, DATA, SIG), JM_E_PENDING);
    uint32_t id = open_ask()->id;
    CHECK_ST(jm_book_answer(&book, id + 1, &a), JM_E_BUG);
    CHECK_ST(jm_book_answer(&book, id, &(struct jm_answer){.kind = JM_ASK_SIGN, .st = JM_OK}),
             JM_E_BUG);
    struct jm_answer zeros;
    memset(&zeros, 0, sizeof zeros);
    CHECK_ST(jm_book_answer(&book, id, &zeros), JM_E_BUG);
    CHECK_OK(jm_book_answer(&book, id, &a));
    CHECK_ST(jm_book_answer(&book, id, &a), JM_E_BUG);
}

/* An answer of another length is the caller's fault: no key or signature is made of it. */
TEST(a_signature_and_a_key_are_answered_whole)
{
    static const uint8_t octets[JM_HANDLE_LEN + JM_POINT_MAX] = {1, [JM_HANDLE_LEN] = 4};
    struct jm_handle handle;
    struct jm_point point;
    struct jm_sig sig;

    for (size_t len = 0; len <= sizeof octets; len++) {
        const struct jm_bytes given = exact(jm_bytes(octets, len));

        begin();
        CHECK_ST(by.sign(by.ctx, JM_ALG_ES256, KEY, DATA, &sig), JM_E_PENDING);
        CHECK_OK(give((struct jm_answer){JM_ASK_SIGN, JM_OK, given, NULL}));
        jm_book_rewind(&book);
        CHECK_ST(by.sign(by.ctx, JM_ALG_ES256, KEY, DATA, &sig),
                 len == JM_SIG_LEN ? JM_OK : JM_E_BUG);
        begin();
        CHECK_ST(by.new_key(by.ctx, &handle, &point), JM_E_PENDING);
        CHECK_OK(give((struct jm_answer){JM_ASK_NEW_KEY, JM_OK, given, NULL}));
        jm_book_rewind(&book);
        CHECK_ST(by.new_key(by.ctx, &handle, &point),
                 len == JM_HANDLE_LEN + JM_POINT_LEN ? JM_OK : JM_E_BUG);
    }
}

/* IV and AAD are part of the question; an answer of another length is none. */
TEST(what_is_sealed_is_answered_whole)
{
    static const uint8_t octets[3 + JM_GCM_TAG] = {7}, iv[JM_GCM_IV] = {1}, other[JM_GCM_IV] = {2};
    const struct jm_bytes good = jm_bytes(octets, sizeof octets);
    uint8_t room[64];
    struct jm_buf out = jm_buf(room, sizeof room);

    begin();
    for (size_t len = 0; len <= sizeof octets; len++) {
        jm_book_clear(&book);
        CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(iv, sizeof iv), DATA, JM_BYTES("abc"), &out),
                 JM_E_PENDING);
        CHECK_EQ(open_ask()->sig.len, JM_GCM_IV + DATA.len);
        CHECK_OK(give((struct jm_answer){.kind = JM_ASK_SEAL, .octets = jm_slice(good, 0, len)}));
        jm_book_rewind(&book);
        CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(iv, sizeof iv), DATA, JM_BYTES("abc"), &out),
                 len == sizeof octets ? JM_OK : JM_E_BUG);
    }
    CHECK_SAME(jm_written(out), good);
    jm_book_rewind(&book);
    CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(other, sizeof other), DATA, JM_BYTES("abc"), &out),
             JM_E_BUG);
    jm_book_rewind(&book);
    CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(iv, sizeof iv), JM_BYTES("else"), JM_BYTES("abc"), &out),
             JM_E_BUG);
    jm_book_clear(&book);
    CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(iv, sizeof iv), DATA, JM_BYTES("abc"), &out),
             JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_SEAL, .st = JM_E_UNAVAILABLE}));
    jm_book_rewind(&book);
    CHECK_ST(by.seal(by.ctx, KEY, jm_bytes(iv, sizeof iv), DATA, JM_BYTES("abc"), &out),
             JM_E_UNAVAILABLE);
}

/* The command is part of the question; a card that has gone is an answer. */
TEST(a_card_answers_the_command_that_it_got)
{
    uint8_t room[8];
    struct jm_buf out = jm_buf(room, sizeof room);

    begin();
    CHECK_ST(by.transmit(by.ctx, DATA, &out), JM_E_PENDING);
    CHECK_EQ(open_ask()->kind, JM_ASK_TRANSMIT);
    CHECK_SAME(open_ask()->data, DATA);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_TRANSMIT, .octets = JM_BYTES("\x90\x00")}));
    jm_book_rewind(&book);
    CHECK_OK(by.transmit(by.ctx, DATA, &out));
    CHECK_BYTES(jm_written(out), "9000");
    jm_book_rewind(&book);
    CHECK_ST(by.transmit(by.ctx, JM_BYTES("else"), &out), JM_E_BUG);
    jm_book_clear(&book);
    CHECK_ST(by.transmit(by.ctx, DATA, &out), JM_E_PENDING);
    CHECK_OK(give((struct jm_answer){.kind = JM_ASK_TRANSMIT, .st = JM_E_GONE}));
    jm_book_rewind(&book);
    CHECK_ST(by.transmit(by.ctx, DATA, &out), JM_E_GONE);
    CHECK_EQ(out.len, 2);
}
