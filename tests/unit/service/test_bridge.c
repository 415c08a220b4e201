/* SPDX-License-Identifier: Apache-2.0 */
/* A reader elsewhere (spec/iccard.md 3.4): who may call, in which order, how much at once, and when
 * it is over. */
#include "unit/service/office.h"

#include "service/bridge/bridge.h"
#include "service/web/routes.h"

static struct jm_bridges *bridges;
static struct jm_res s;
static struct jm_diag why;
static const struct jm_json *said;
static bool is_last;
static const char *client;
static char bridge[40], reader[64], code[128], wallet[64];

static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    bridges = (void *)test_malloc(sizeof *bridges);
    jm_bridges_init(bridges);
    O->is.bridges = bridges;
    O->is.id = JM_BYTES("https://id.example:8443/kr");
    is_last = false;
    client = "203.0.113.7";
}

static enum jm_code ask(enum jm_method method, const char *path, const char *id, const char *secret,
                        const char *query, const char *body)
{
    char bearer[80];
    struct jm_field field = {JM_BYTES("Authorization"), jm_bytes((const uint8_t *)bearer, 0)};
    struct jm_req q = {.method = method,
                       .path = jm_str(path),
                       .query = jm_str(query),
                       .fields = &field,
                       .n_fields = secret[0] != 0,
                       .body = jm_str(body),
                       .client = jm_str(client),
                       .mem = &O->mem,
                       .now_s = O->now,
                       .svc = &O->is,
                       .is_last = is_last,
                       .who = {.how = JM_AUTH_PUBLIC}};
    enum jm_status st = JM_E_BUG;

    field.value.len = (size_t)snprintf(bearer, sizeof bearer, "Bearer %s", secret);
    q.arg[0] = jm_str(id);
    q.diag.code = JM_CODE_NONE;
    s = (struct jm_res){.mem = &O->mem};
    for (size_t i = 0; i < jm_bridge_n_routes; i++)
        if (strcmp(jm_bridge_routes[i].path, path) == 0) {
            q.route = &jm_bridge_routes[i];
            st = jm_route_run(&q, &s);
        }
    CHECK(q.route != NULL);
    CHECK_EQ(st == JM_OK, q.diag.code == JM_CODE_NONE);
    said = NULL;
    if (st == JM_OK)
        MUST(jm_json_parse(&said, s.body, &O->mem, NULL));
    why = q.diag;
    return q.diag.code;
}

static void take(char *out, size_t room, const char *name)
{
    struct jm_bytes text;

    MUST(jm_json_str(&text, said, name));
    CHECK(text.len < room);
    memcpy(out, text.ptr, text.len);
    out[text.len] = 0;
}

static enum jm_code open_one(void)
{
    enum jm_code c = ask(JM_POST, "/bridge", "", "", "", "{}");

    if (c != JM_CODE_NONE)
        return c;
    take(bridge, sizeof bridge, "bridge");
    take(reader, sizeof reader, "secret");
    take(code, sizeof code, "code");
    return c;
}

static enum jm_code join(const char *text)
{
    char body[200];

    snprintf(body, sizeof body, "{\"code\":\"%s\"}", text);
    return ask(JM_POST, "/bridge/join", "", "", "", body);
}

static const char *code_of(const char *text)
{
    return strrchr(text, '/') + 1;
}

static void pair(void)
{
    CHECK_EQ(open_one(), JM_CODE_NONE);
    CHECK_EQ(join(code_of(code)), JM_CODE_NONE);
    take(wallet, sizeof wallet, "secret");
}

static enum jm_code next(const char *query)
{
    return ask(JM_GET, "/bridge/{id}/next", bridge, reader, query, "");
}

static enum jm_code apdu(const char *body)
{
    return ask(JM_POST, "/bridge/{id}/apdu", bridge, wallet, "", body);
}

static enum jm_code rapdus(const char *body)
{
    return ask(JM_POST, "/bridge/{id}/rapdus", bridge, reader, "", body);
}

static enum jm_code removed(const char *body)
{
    return ask(JM_POST, "/bridge/{id}/removed", bridge, reader, "", body);
}

static enum jm_code end_by(const char *secret, const char *body)
{
    return ask(JM_POST, "/bridge/{id}/end", bridge, secret, "", body);
}

static bool says(const char *text)
{
    return jm_bytes_find(s.body, jm_str(text)) != SIZE_MAX;
}

TEST(a_code_is_scanned_once_and_both_screens_show_one_sign)
{
    char sign[4], other[4], first[128];

    begin();
    CHECK_EQ(open_one(), JM_CODE_NONE);
    CHECK_EQ(s.http, 201);
    CHECK(says("\"expires_in\":120") && strlen(reader) == JM_BRIDGE_SECRET_LEN);
    CHECK(strncmp(code, "jumin-bridge:id.example:8443/kr/", 32) == 0 &&
          strlen(code_of(code)) == JM_BRIDGE_CODE_LEN);
    memcpy(first, code, sizeof first);
    /* nobody has scanned: the reader waits, whether it asks for news or for work */
    CHECK_EQ(next("new"), JM_CODE_NONE);
    CHECK(s.bells.waits != 0 && s.bells.wait_ms == JM_BRIDGE_WAIT_MS && !says("sign"));
    const uint64_t bell = s.bells.waits;
    CHECK_EQ(join(code_of(first)), JM_CODE_NONE);
    CHECK(s.bells.rings == bell);
    take(wallet, sizeof wallet, "secret");
    take(sign, sizeof sign, "sign");
    CHECK(strlen(sign) == 2 && strcmp(wallet, reader) != 0);
    CHECK_EQ(next("new"), JM_CODE_NONE);
    CHECK_EQ(s.bells.waits, 0);
    take(other, sizeof other, "sign");
    CHECK(strcmp(sign, other) == 0);
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK_EQ(s.bells.waits, bell); /* for work */
    is_last = true;
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(s.bells.waits == 0 && says("\"capdus\":[]"));
    is_last = false;
    /* first scan wins, and no other code is one */
    CHECK_EQ(join(code_of(first)), JM_CARD_BRIDGE_TAKEN);
    CHECK_EQ(join("AAAAAAAAAAAAAAAAAAAAAA"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(join(first), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE); /* who was first goes on */
    office_end();
}

TEST(a_code_and_a_pair_end)
{
    begin();
    CHECK_EQ(open_one(), JM_CODE_NONE);
    O->now += JM_BRIDGE_CODE_TTL_S - 1;
    CHECK_EQ(next(""), JM_CODE_NONE);
    O->now++;
    CHECK_EQ(join(code_of(code)), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(next(""), JM_CARD_BRIDGE_OVER);
    pair();
    O->now += JM_BRIDGE_PAIR_TTL_S - 1;
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    O->now++;
    CHECK_EQ(next(""), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(removed("{\"seq\":1}"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(end_by(wallet, "{}"), JM_CARD_BRIDGE_OVER);
    memcpy(bridge, "x", 2);
    CHECK_EQ(next(""), JM_CARD_BRIDGE_OVER);
    /* nothing of them is left */
    for (size_t i = 0; i < sizeof bridges->all; i++)
        CHECK(((const uint8_t *)bridges->all)[i] == 0);
    office_end();
}

TEST(who_ends_it_says_why)
{
    begin();
    pair();
    CHECK_EQ(end_by(wallet, "{\"reason\":\"JM_CARD_PIN_BLOCKED\"}"), JM_CODE_NONE);
    const uint64_t bell = s.bells.rings;
    CHECK_EQ(end_by(wallet, "{}"), JM_CODE_NONE); /* what stands stays */
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(s.bells.waits == 0 && says("\"over\":true") && says("JM_CARD_PIN_BLOCKED"));
    CHECK_EQ(next(""), JM_CARD_BRIDGE_OVER); /* both know, nothing is left */
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_OVER);
    pair();
    CHECK_EQ(end_by(wallet, "{\"reason\":\"whatever somebody writes\"}"), JM_CODE_NONE);
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(says("\"over\":true") && !says("reason"));
    pair();
    CHECK_EQ(end_by(reader, "{}"), JM_CODE_NONE);
    CHECK(s.bells.rings != bell && s.bells.rings != 0);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_OVER);
    CHECK_EQ(open_one(), JM_CODE_NONE);
    CHECK_EQ(end_by(reader, "{}"), JM_CODE_NONE);
    CHECK_EQ(join(code_of(code)), JM_CARD_BRIDGE_OVER);
    office_end();
}

TEST(a_batch_goes_there_and_its_answers_come_back)
{
    begin();
    pair();
    CHECK_EQ(apdu("{\"seq\":1,\"reset\":true,\"capdus\":[\"AKQEDAc\",\"ALAAAAA\"]}"), JM_CODE_NONE);
    CHECK(s.bells.waits != 0 && s.bells.rings != 0 && s.bells.waits != s.bells.rings);
    const uint64_t bell = s.bells.waits;
    /* asked again it is the same, and rings nobody */
    is_last = true;
    CHECK_EQ(apdu("{\"seq\":1,\"reset\":true,\"capdus\":[\"AKQEDAc\",\"ALAAAAA\"]}"), JM_CODE_NONE);
    CHECK(s.bells.waits == 0 && s.bells.rings == 0 && says("\"pending\":true"));
    is_last = false;
    for (int i = 0; i < 2; i++) { /* an answer that was lost is told again */
        CHECK_EQ(next(""), JM_CODE_NONE);
        CHECK(s.bells.waits == 0 && says("\"seq\":1") && says("\"reset\":true") &&
              says("[\"AKQEDAc\",\"ALAAAAA\"]"));
    }
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\",\"AQKQAA\"]}"), JM_CODE_NONE);
    CHECK_EQ(s.bells.rings, bell);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(apdu("{\"seq\":1,\"reset\":true,\"capdus\":[\"AKQEDAc\",\"ALAAAAA\"]}"),
                 JM_CODE_NONE);
        CHECK(s.bells.waits == 0 && says("[\"kAA\",\"AQKQAA\"]") && says("\"pending\":false"));
    }
    CHECK_EQ(apdu("{\"seq\":2,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(says("\"seq\":2") && says("\"reset\":false"));
    /* the card goes, and comes again */
    CHECK_EQ(removed("{\"seq\":2}"), JM_CODE_NONE);
    CHECK_EQ(apdu("{\"seq\":2,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    CHECK(says("\"removed\":true") && says("\"rapdus\":[]") && s.bells.waits == 0);
    CHECK_EQ(apdu("{\"seq\":3,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    office_end();
}

TEST(each_number_comes_once_and_in_its_order)
{
    begin();
    pair();
    CHECK_EQ(apdu("{\"seq\":0,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(apdu("{\"seq\":2,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(rapdus("{\"seq\":0,\"rapdus\":[\"kAA\"]}"),
             JM_CARD_BRIDGE_SEQ); /* nothing was asked */
    CHECK_EQ(removed("{\"seq\":0}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKU\"]}"), JM_CARD_BRIDGE_SEQ); /* another under it */
    CHECK_EQ(apdu("{\"seq\":1,\"reset\":true,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(apdu("{\"seq\":2,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_SEQ); /* before its answer */
    CHECK_EQ(rapdus("{\"seq\":2,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\",\"kAA\"]}"), JM_API_FIELD_FORM);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CODE_NONE);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_SEQ); /* replayed */
    CHECK_EQ(removed("{\"seq\":1}"), JM_CARD_BRIDGE_SEQ);
    CHECK_EQ(apdu("{\"seq\":2,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CARD_BRIDGE_SEQ); /* what was */
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_SEQ);
    office_end();
}

TEST(a_reader_that_does_not_answer_is_given_up)
{
    begin();
    pair();
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    O->now += JM_BRIDGE_BATCH_S;
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"), JM_CARD_TIMEOUT);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[\"kAA\"]}"), JM_CARD_BRIDGE_SEQ); /* too late */
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(s.bells.waits != 0 && says("\"capdus\":[]"));
    CHECK_EQ(apdu("{\"seq\":2,\"reset\":true,\"capdus\":[\"AKQ\"]}"), JM_CODE_NONE);
    CHECK_EQ(next(""), JM_CODE_NONE);
    CHECK(says("\"seq\":2"));
    office_end();
}

TEST(a_side_is_whoever_has_its_secret)
{
    static const char *const strangers[] = {"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    char first[40], first_wallet[64];

    begin();
    CHECK_EQ(open_one(), JM_CODE_NONE);
    wallet[0] = 0;
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"AKQ\"]}"),
             JM_CARD_BRIDGE_SECRET); /* nobody has joined */
    pair();
    memcpy(first, bridge, sizeof first);
    memcpy(first_wallet, wallet, sizeof first_wallet);
    pair();
    for (size_t i = 0; i < JM_ARRAY_LEN(strangers); i++) {
        CHECK_EQ(ask(JM_GET, "/bridge/{id}/next", bridge, strangers[i], "", ""),
                 JM_CARD_BRIDGE_SECRET);
        CHECK_EQ(ask(JM_POST, "/bridge/{id}/rapdus", bridge, strangers[i], "",
                     "{\"seq\":1,\"rapdus\":[\"kAA\"]}"),
                 JM_CARD_BRIDGE_SECRET);
        CHECK_EQ(ask(JM_POST, "/bridge/{id}/apdu", bridge, strangers[i], "",
                     "{\"seq\":1,\"capdus\":[\"AKQ\"]}"),
                 JM_CARD_BRIDGE_SECRET);
        CHECK_EQ(end_by(strangers[i], "{}"), JM_CARD_BRIDGE_SECRET);
    }
    /* of the other side, and of another bridge */
    CHECK_EQ(ask(JM_GET, "/bridge/{id}/next", bridge, wallet, "", ""), JM_CARD_BRIDGE_SECRET);
    CHECK_EQ(ask(JM_POST, "/bridge/{id}/removed", bridge, wallet, "", "{\"seq\":1}"),
             JM_CARD_BRIDGE_SECRET);
    CHECK_EQ(ask(JM_POST, "/bridge/{id}/apdu", bridge, reader, "",
                 "{\"seq\":1,\"capdus\":[\"AKQ\"]}"),
             JM_CARD_BRIDGE_SECRET);
    CHECK_EQ(ask(JM_POST, "/bridge/{id}/apdu", bridge, first_wallet, "",
                 "{\"seq\":1,\"capdus\":[\"AKQ\"]}"),
             JM_CARD_BRIDGE_SECRET);
    CHECK_EQ(ask(JM_POST, "/bridge/{id}/apdu", first, first_wallet, "",
                 "{\"seq\":1,\"capdus\":[\"AKQ\"]}"),
             JM_CODE_NONE);
    office_end();
}

/* @p n texts of @p len octets each. */
static char *batch(const char *member, size_t n, size_t len)
{
    static char body[40000];
    size_t at = (size_t)snprintf(body, sizeof body, "{\"seq\":1,\"%s\":[", member);

    for (size_t i = 0; i < n; i++) {
        body[at++] = '"';
        for (size_t k = 0; k < (len * 4 + 2) / 3; k++)
            body[at++] = 'A';
        body[at++] = '"';
        body[at++] = i + 1 < n ? ',' : ']';
    }
    memcpy(body + at, "}", 2);
    return body;
}

TEST(batches_are_bounded)
{
    begin();
    pair();
    CHECK_EQ(apdu(batch("capdus", 17, 3)), JM_CARD_BRIDGE_SIZE);
    CHECK_EQ(apdu(batch("capdus", 1, JM_BRIDGE_OCTETS_MAX + 2)), JM_CARD_BRIDGE_SIZE);
    CHECK_EQ(apdu(batch("capdus", 2, JM_BRIDGE_OCTETS_MAX / 2 + 1)), JM_CARD_BRIDGE_SIZE);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[]}"), JM_API_FIELD_FORM);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":{}}"), JM_API_FIELD_FORM);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[1]}"), JM_API_FIELD_FORM);
    CHECK_EQ(apdu("{\"seq\":1,\"capdus\":[\"*\"]}"), JM_API_FIELD_FORM);
    CHECK_EQ(apdu(batch("capdus", 16, JM_BRIDGE_OCTETS_MAX / 16)), JM_CODE_NONE);
    CHECK_EQ(rapdus(batch("rapdus", 17, 2)), JM_CARD_BRIDGE_SIZE);
    CHECK_EQ(rapdus("{\"seq\":1,\"rapdus\":[]}"), JM_API_FIELD_FORM);
    CHECK_EQ(rapdus(batch("rapdus", 16, JM_BRIDGE_OCTETS_MAX / 16)), JM_CODE_NONE);
    CHECK_EQ(apdu(batch("capdus", 16, JM_BRIDGE_OCTETS_MAX / 16)), JM_CODE_NONE);
    CHECK(s.body.len > JM_BRIDGE_OCTETS_MAX);
    office_end();
}

TEST(bridges_are_bounded_of_one_address_and_of_all)
{
    char address[16];

    begin();
    for (size_t i = 0; i < JM_BRIDGES_EACH_MAX; i++)
        CHECK_EQ(open_one(), JM_CODE_NONE);
    CHECK_EQ(open_one(), JM_CARD_BRIDGE_MANY);
    for (size_t i = JM_BRIDGES_EACH_MAX; i < JM_BRIDGES_MAX; i++) {
        snprintf(address, sizeof address, "203.0.113.%zu", 100 + i / JM_BRIDGES_EACH_MAX);
        client = address;
        CHECK_EQ(open_one(), JM_CODE_NONE);
    }
    client = "203.0.113.99";
    CHECK_EQ(open_one(), JM_CARD_BRIDGE_MANY);
    O->now += JM_BRIDGE_CODE_TTL_S;
    CHECK_EQ(open_one(), JM_CODE_NONE);
    client = "";
    CHECK_EQ(open_one(), JM_CODE_NONE);
    office_end();
}
