/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between a reader's engine and a chip: software chips in this process and over a
 * virtual reader, both halves of it; T=0. D-225; spec/iccard.md 4, 5.1 */
#include "unit/proto/card_kit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/card/card.h"
#include "host/files/files.h"
#include "host/random/random.h"
#include "host/socket/socket.h"

static char file[] = "/tmp/jumin-card-XXXXXX", name[64];
static struct jm_diag why;
static struct jm_arena links;

static void write_chip(void)
{
    struct jm_arena mem = arena(JM_CHIP_IMAGE_MAX + 8192);
    struct jm_bytes octets;

    CHECK_OK(jm_chip_write(&octets, &CK.lasting, &mem));
    CHECK_OK(jm_file_write(file, octets, 0600));
}

static struct jm_chip_image kept(void)
{
    struct jm_chip_image image;

    memset(&image, 0, sizeof image);
    CHECK_OK(jm_chip_read(&image, read_file(file)));
    return image;
}

static void remove_chip(void)
{
    char lock[80];

    snprintf(lock, sizeof lock, "%s.lock", file);
    (void)unlink(lock);
    (void)unlink(file);
}

/* The chip of card_kit.h in a file. */
static void begin(void)
{
    static bool made;

    if (!made) {
        int fd = mkstemp(file);

        CHECK(fd >= 0 && close(fd) == 0);
        snprintf(name, sizeof name, "memory:%s", file);
        (void)atexit(remove_chip);
        made = true;
    }
    ck_begin();
    write_chip();
    links = arena(1 << 20);
    why = (struct jm_diag){0};
}

static enum jm_status drive(struct jm_card_link *l, enum jm_status begun)
{
    struct jm_arena mem = arena(16 * JM_KIB);

    return jm_drive(&(struct jm_driver){.by = {.random = jm_random,
                                               .transmit = jm_card_link_transmit,
                                               .ctx = l},
                                        .now = ck_now,
                                        .mem = &mem},
                    jm_card_reader_engine(&R), begun);
}

static enum jm_status open_chip(struct jm_card_link *l, const char *pin, const char *can)
{
    const struct jm_card_reader_config config = {.crypto = CC,
                                                 .pin = jm_str(pin),
                                                 .can = jm_str(can),
                                                 .read = 1u << JM_EF_DG1};

    jm_card_reader_end(&R);
    KIT_MUST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    return drive(l, jm_card_reader_event(&R, JM_EVENT_START));
}

static const struct jm_card_tools tools = {&jm_crypto_openssl, jm_random,    jm_file_read,
                                           jm_file_write,      jm_file_lock, jm_file_unlock};

static struct jm_card_link *link_to(const char *reader, uint32_t wait_ms)
{
    struct jm_card_link *l = NULL;

    why = (struct jm_diag){0};
    return jm_card_link_open(&l, reader, wait_ms, &tools, &links, &why) == JM_OK ? l : NULL;
}

/* -- memory -- */

TEST(a_chip_in_a_file_keeps_its_tries)
{
    struct jm_card_link *l;

    begin();
    if (!CHECK((l = link_to(name, 0)) != NULL))
        return;
    CHECK_ST(open_chip(l, "000000", NULL), JM_E_DENIED);
    CHECK_EQ(kept().pin_tries, 2);
    CHECK_OK(jm_card_link_reset(l));
    CHECK_OK(open_chip(l, CK_PIN, NULL));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG1), CK.lasting.file[JM_EF_DG1]);
    CHECK_OK(drive(l, jm_card_reader_set_pin(&R, JM_BYTES("771122"))));
    jm_card_link_close(l);
    CHECK_EQ(kept().pin_tries, 3);
    CHECK(memcmp(kept().pin, "771122", JM_CARD_PIN_LEN) == 0);
    jm_card_link_close(NULL);
}

TEST(a_chip_in_a_file_is_held_by_one)
{
    struct jm_card_link *l, *second;

    begin();
    l = link_to(name, 0);
    CHECK(l != NULL && link_to(name, 0) == NULL);
    CHECK_EQ(why.code, JM_CARD_BUSY);
    CHECK_ST(open_chip(l, "000000", NULL), JM_E_DENIED);
    jm_card_link_close(l);
    second = link_to(name, 0);
    if (!CHECK(second != NULL))
        return;
    CHECK_ST(open_chip(second, "000000", NULL), JM_E_DENIED);
    CHECK_EQ(kept().pin_tries, 1); /* it counts on from what the first left */
    jm_card_link_close(second);
}

TEST(a_reader_that_is_none_has_its_code)
{
    static const struct {
        const char *reader;
        enum jm_code code;
    } rows[] = {{"memory:/nonexistent/card.chip", JM_CARD_NO_READER},
                {"memory:/dev/null", JM_CARD_NOT_RESIDENT},
                {"memory", JM_CARD_NO_READER},
                {"mem:x", JM_CMD_OPTION_VALUE},
                {"memoryx:x", JM_CMD_OPTION_VALUE},
                {"", JM_CMD_OPTION_VALUE},
                {"vpcd", JM_CMD_OPTION_VALUE},
                {"vpcd:", JM_CMD_OPTION_VALUE},
                {"vpcd:0", JM_CMD_OPTION_VALUE},
                {"vpcd:65536", JM_CMD_OPTION_VALUE},
                {"vpcd:12x", JM_CMD_OPTION_VALUE},
                {"pcsc:no reader has this name", JM_CARD_NO_READER}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        CHECK(link_to(rows[i].reader, 0) == NULL);
        ROW(CHECK_EQ(why.code, rows[i].code), rows[i].reader);
    }
}

/* -- both halves of a virtual reader -- */

/* None of those that the system gives to who connects: who tries until somebody listens could meet
 * himself. */
static uint16_t free_port(void)
{
    uint16_t port = 0, bound = 0;
    enum jm_status st;
    int fd;

    do {
        KIT_MUST(jm_random(NULL, (uint8_t *)&port, sizeof port));
        port = (uint16_t)(10000 + port % 20000);
        st = jm_listen_tcp(&fd, &bound, "127.0.0.1", port);
        close(fd);
    } while (st != JM_OK);
    return port;
}

static const char *vpcd(uint16_t port)
{
    char *out = (char *)test_malloc(16);

    snprintf(out, 16, "vpcd:%u", (unsigned)port);
    return out;
}

/* A card in another thread: our own, or octets that it says after the reader has said @p after. */
struct other_side {
    uint16_t port;
    struct jm_card_link *card;
    struct {
        size_t after; /* octets that came */
        struct jm_bytes says;
    } line[4];
    size_t n;
    bool stays; /* until the reader hangs up */
    enum jm_status st;
};

static int come_to(uint16_t port)
{
    const struct sockaddr_in a = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};

    for (;;) { /* until the reader listens */
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
            return fd;
        close(fd);
    }
}

static void *be_other(void *arg)
{
    struct other_side *o = arg;
    struct jm_diag d = {0};
    uint8_t octet;
    char place[32];
    size_t came = 0;
    int fd;

    if (o->card != NULL) {
        snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)o->port);
        o->st = jm_card_lend(o->card, place, 10000, &d);
        return NULL;
    }
    fd = come_to(o->port);
    for (size_t i = 0; i < o->n; i++) {
        while (came < o->line[i].after && recv(fd, &octet, 1, 0) == 1)
            came++;
        (void)send(fd, o->line[i].says.ptr, o->line[i].says.len, MSG_NOSIGNAL);
    }
    while (o->stays && recv(fd, &octet, 1, 0) == 1)
        came++;
    close(fd);
    return NULL;
}

static struct jm_card_link *meet(struct other_side *o, pthread_t *t, uint32_t wait_ms)
{
    o->port = free_port();
    CHECK(pthread_create(t, NULL, be_other, o) == 0);
    return link_to(vpcd(o->port), wait_ms);
}

TEST(a_chip_comes_to_a_virtual_reader)
{
    struct jm_arena mem = arena(1 << 20);
    struct other_side o = {.st = JM_E_BUG};
    struct jm_card_link *l;
    pthread_t t;

    begin();
    CHECK_OK(jm_card_link_open(&o.card, name, 0, &tools, &mem, &why));
    l = meet(&o, &t, 10000);
    if (CHECK(l != NULL)) {
        CHECK_OK(open_chip(l, NULL, CK_CAN));
        CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG1), CK.lasting.file[JM_EF_DG1]);
        CHECK_OK(jm_card_link_reset(l)); /* the channel is gone, the chip answers in clear */
        CHECK_OK(open_chip(l, CK_PIN, NULL));
        CHECK_OK(drive(l, jm_card_reader_read(&R, JM_EF_DG2)));
        CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG2), CK.lasting.file[JM_EF_DG2]);
        jm_card_link_close(l);
    }
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_OK(o.st);
    jm_card_link_close(o.card);
}

/* Power off, power on, ATR? */
#define HELLO 9
#define ATR "\x00\x05\x3b\x80\x80\x01\x01"
/* and the command of the tests below */
#define COMMAND JM_BYTES("\x00\xca\x01\x00\x04")
#define AFTER_COMMAND (HELLO + 2 + 5)

TEST(a_card_of_a_virtual_reader_that_fails_has_its_code)
{
    static const struct {
        const char *row;
        struct jm_bytes says;
        enum jm_code code;
        bool stays;
    } rows[] = {
        {"goes at once", {NULL, 0}, JM_CARD_REMOVED, false},
        {"goes inside of its answer", {(const uint8_t *)"\x00\x05\x3b", 3}, JM_CARD_REMOVED, false},
        {"an ATR of one octet", {(const uint8_t *)"\x00\x01\x3b", 3}, JM_CARD_NOT_RESIDENT, true},
        {"an ATR beyond 33", {(const uint8_t *)"\x00\x22\x3b", 3}, JM_CARD_NOT_RESIDENT, true},
        {"says nothing", {NULL, 0}, JM_CARD_TIMEOUT, true},
        {"says half", {(const uint8_t *)"\x00", 1}, JM_CARD_TIMEOUT, true}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct other_side o = {.line = {{HELLO, rows[i].says}}, .n = 1, .stays = rows[i].stays};
        pthread_t t;

        ROW(CHECK(meet(&o, &t, rows[i].code == JM_CARD_TIMEOUT ? 200 : 10000) == NULL) &&
                CHECK_EQ(why.code, rows[i].code),
            rows[i].row);
        CHECK(pthread_join(t, NULL) == 0);
    }
    CHECK(link_to(vpcd(free_port()), 1) == NULL); /* nobody comes */
    CHECK_EQ(why.code, JM_CARD_TIMEOUT);
}

TEST(a_virtual_reader_is_held_by_one)
{
    uint16_t port = 0;
    int fd;

    begin();
    CHECK_OK(jm_listen_tcp(&fd, &port, "127.0.0.1", 0));
    CHECK(link_to(vpcd(port), 0) == NULL);
    CHECK_EQ(why.code, JM_CARD_BUSY);
    close(fd);
}

TEST(an_answer_that_does_not_come_takes_the_card_out)
{
    static const struct {
        const char *row;
        struct jm_bytes says;
        enum jm_status st;
        bool stays;
    } rows[] = {{"goes", {NULL, 0}, JM_E_GONE, false},
                {"goes inside", {(const uint8_t *)"\x00\x02\x90", 3}, JM_E_GONE, false},
                {"says nothing", {NULL, 0}, JM_E_UNAVAILABLE, true},
                {"longer than the room", {(const uint8_t *)"\xff\xff", 2}, JM_E_LIMIT, true}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct other_side o = {.line = {{HELLO, JM_BYTES(ATR)}, {AFTER_COMMAND, rows[i].says}},
                               .n = 2,
                               .stays = rows[i].stays};
        struct jm_buf out = room(JM_CARD_RAPDU_MAX);
        struct jm_card_link *l;
        pthread_t t;

        l = meet(&o, &t, rows[i].st == JM_E_UNAVAILABLE ? 300 : 10000);
        if (CHECK(l != NULL)) {
            ROW(CHECK_ST(jm_card_link_transmit(l, COMMAND, &out), rows[i].st) &&
                    CHECK_EQ(out.len, 0) &&
                    /* what comes late is no answer to the next one */
                    CHECK_ST(jm_card_link_transmit(l, COMMAND, &out), JM_E_GONE),
                rows[i].row);
        }
        CHECK(pthread_join(t, NULL) == 0);
        jm_card_link_close(l);
    }
}

TEST(a_card_that_went_may_come_back)
{
    struct jm_arena mem = arena(1 << 20);
    struct other_side gone = {.line = {{HELLO, JM_BYTES(ATR)}, {HELLO + 1, {NULL, 0}}}, .n = 2},
                      back = {.st = JM_E_BUG};
    struct jm_card_link *l;
    pthread_t t;

    begin();
    CHECK_OK(jm_card_link_open(&back.card, name, 0, &tools, &mem, &why));
    l = meet(&gone, &t, 10000);
    if (!CHECK(l != NULL))
        return;
    CHECK(open_chip(l, NULL, CK_CAN) != JM_OK);
    CHECK_EQ(jm_card_reader_diag(&R)->code, JM_CARD_REMOVED);
    CHECK(pthread_join(t, NULL) == 0);
    back.port = gone.port;
    CHECK(pthread_create(&t, NULL, be_other, &back) == 0);
    CHECK_OK(jm_card_link_reset(l));
    CHECK_OK(open_chip(l, NULL, CK_CAN));
    jm_card_link_close(l);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_OK(back.st);
    jm_card_link_close(back.card);
}

/* -- the card's half, frame by frame -- */

static unsigned resets, asked;
static enum jm_status asked_st;

static enum jm_status count_reset(struct jm_card_link *l)
{
    (void)l;
    resets++;
    return JM_OK;
}

static enum jm_status say_back(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    (void)l;
    asked++;
    JM_TRY(jm_buf_put(rapdu, jm_slice(capdu, 0, 1)));
    JM_TRY(jm_buf_put(rapdu, JM_BYTES("\x90\x00")));
    return asked_st;
}

static const struct jm_card_link_ops echo = {"echo", NULL, count_reset, say_back, NULL};

/* What the card says to @p said, after which the reader hangs up. */
static struct jm_bytes hear(struct jm_bytes said, bool by_octets, enum jm_status want)
{
    struct jm_arena mem = arena(1 << 18);
    struct jm_card_link l = {&echo, &tools, &mem, 0, NULL};
    uint8_t told[4096];
    size_t n = 0;
    ssize_t got;
    int fd[2];

    resets = asked = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    for (size_t i = 0; i < said.len; i += by_octets ? 1 : said.len)
        CHECK(write(fd[0], said.ptr + i, by_octets ? 1 : said.len) > 0);
    CHECK(shutdown(fd[0], SHUT_WR) == 0);
    CHECK_ST(jm_card_slot(&l, fd[1]), want);
    close(fd[1]);
    while ((got = read(fd[0], told + n, sizeof told - n)) > 0)
        n += (size_t)got;
    close(fd[0]);
    return exact(jm_bytes(told, n));
}

TEST(a_chip_in_a_slot_does_what_the_reader_says)
{
    static const struct {
        const char *row, *said, *told;
        unsigned resets, asked;
    } rows[] = {{"nothing", "", "", 0, 0},
                {"ATR", "0001 04", "0005 3b80800101", 0, 0},
                {"power off, on, reset", "0001 00 0001 01 0001 02", "", 3, 0},
                {"no frame of this protocol", "0001 03 0001 05 0001 ff", "", 0, 0},
                {"an empty frame", "0000 0001 04", "0005 3b80800101", 0, 0},
                {"a command", "0004 00a40400", "0003 009000", 0, 1},
                {"two at once", "0004 00a40400 0005 00ca010004", "0003 009000 0003 009000", 0, 2},
                {"two octets are a command", "0002 0102", "0003 019000", 0, 1},
                {"ends inside of a length", "0001 04 00", "0005 3b80800101", 0, 0},
                {"ends inside of a frame", "0004 00a404", "", 0, 0}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (int by_octets = 0; by_octets < 2; by_octets++)
            ROW(CHECK_BYTES(hear(hex(rows[i].said), by_octets == 1, JM_OK), rows[i].told) &&
                    CHECK_EQ(resets, rows[i].resets) && CHECK_EQ(asked, rows[i].asked),
                rows[i].row);
    asked_st = JM_E_NO_SPACE; /* a chip that fails says nothing more */
    CHECK_BYTES(hear(hex("0004 00a40400 0001 04"), false, JM_E_NO_SPACE), "");
    asked_st = JM_OK;
}

TEST(a_chip_goes_nowhere_but_to_loopback)
{
    static const char *const places[] = {"0.0.0.0:35963",   "192.0.2.1:35963", "localhost:35963",
                                         "127.0.0.1",       "127.0.0.1:",      "127.0.0.1:0",
                                         "127.0.0.1:65536", "127.0.0.1:1x",    ":35963",
                                         "128.0.0.1:35963", "[::1]:35963",     ""};
    struct jm_card_link l = {&echo, &tools, &links, 0, NULL};
    char place[32];

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(places); i++) {
        why = (struct jm_diag){0};
        ROW(CHECK_ST(jm_card_lend(&l, places[i], 0, &why), JM_E_USAGE) &&
                CHECK_EQ(why.code, JM_CMD_OPTION_VALUE),
            places[i]);
    }
    why = (struct jm_diag){0};
    snprintf(place, sizeof place, "127.0.0.1:%u", (unsigned)free_port());
    CHECK_ST(jm_card_lend(&l, place, 0, &why), JM_E_UNAVAILABLE);
    CHECK_EQ(why.code, JM_CARD_NO_READER);
}

/* -- T=0 -- */

static struct jm_card_link *behind;
static uint8_t ready[JM_CARD_RAPDU_MAX];
static struct jm_buf full; /* what the card has ready, with its status word */
static size_t fetched;
static unsigned tpdus;

static enum jm_status say_ready(struct jm_buf *answer, size_t asked_for)
{
    size_t left = full.len - 2 - fetched;

    if (left == 0)
        return jm_buf_put(answer, jm_slice(jm_written(full), fetched, 2));
    if (asked_for == 0)
        return jm_buf_put(answer,
                          left > 100
                              ? JM_BYTES("\x61\x64")
                              : (struct jm_bytes){(const uint8_t[]){0x61, (uint8_t)left}, 2});
    if (asked_for > left)
        return jm_buf_put(answer, (struct jm_bytes){(const uint8_t[]){0x6C, (uint8_t)left}, 2});
    JM_TRY(jm_buf_put(answer, jm_slice(jm_written(full), fetched, asked_for)));
    fetched += asked_for;
    return full.len - 2 == fetched ? jm_buf_put(answer, jm_slice(jm_written(full), fetched, 2))
                                   : say_ready(answer, 0);
}

/* A card of T=0 around the software chip: each TPDU goes one way alone. */
static enum jm_status speak_t0(void *ctx, struct jm_bytes tpdu, struct jm_buf *answer)
{
    uint8_t room_[300];
    struct jm_buf capdu = jm_buf(room_, sizeof room_);
    size_t p3 = tpdu.ptr[4];

    (void)ctx;
    tpdus++;
    CHECK(tpdu.len == 5 || tpdu.len == 5 + p3);
    if (tpdu.ptr[1] == 0xC0)
        return say_ready(answer, p3 == 0 ? 256 : p3);
    fetched = 0;
    full = jm_buf(ready, sizeof ready);
    JM_TRY(jm_buf_put(&capdu, tpdu.len == 5 && p3 == 0 && tpdu.ptr[1] == 0xA4 ? jm_slice(tpdu, 0, 4)
                                                                              : tpdu));
    if (tpdu.len > 5 && (tpdu.ptr[0] & 0x0C) == 0x0C)
        JM_TRY(jm_buf_put(&capdu, JM_BYTES("\x00")));
    if (tpdu.len > 5 && tpdu.ptr[1] == 0x86 && (tpdu.ptr[0] & 0x0C) == 0)
        JM_TRY(jm_buf_put(&capdu, JM_BYTES("\x00")));
    JM_TRY(jm_card_link_transmit(behind, jm_written(capdu), &full));
    return say_ready(answer, tpdu.len == 5 && p3 != 0 ? p3 : 0);
}

static enum jm_status over_t0(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    (void)l;
    return jm_card_t0(speak_t0, NULL, capdu, rapdu);
}

TEST(a_tap_goes_over_T0)
{
    static const struct jm_card_link_ops ops = {"t0", NULL, count_reset, over_t0, NULL};
    struct jm_card_link l = {&ops, &tools, &links, 0, NULL};

    begin();
    behind = link_to(name, 0);
    CHECK_OK(open_chip(&l, CK_PIN, NULL));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG1), CK.lasting.file[JM_EF_DG1]);
    CHECK_OK(drive(&l, jm_card_reader_read(&R, JM_EF_DG2)));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG2), CK.lasting.file[JM_EF_DG2]);
    CHECK(tpdus > 20);
    jm_card_link_close(behind);
}

static const char *const *t0_says;
static struct jm_bytes t0_heard[64];
static size_t t0_at;

static enum jm_status say_listed(void *ctx, struct jm_bytes tpdu, struct jm_buf *answer)
{
    (void)ctx;
    t0_heard[t0_at] = exact(tpdu);
    if (t0_says[t0_at] == NULL) /* the last one for ever */
        return jm_buf_put(answer, hex("6110"));
    return jm_buf_put(answer, hex(t0_says[t0_at++]));
}

TEST(what_a_card_says_over_T0)
{
    static const struct {
        const char *row, *capdu, *says[5], *rapdu;
        enum jm_status st;
        size_t n;
        const char *last; /* TPDU */
    } rows[] =
        {{"no data: P3 is 00", "00a40400", {"9000"}, "9000", JM_OK, 1, "00a4040000"},
         {"data without Le", "00a4040c02011c", {"9000"}, "9000", JM_OK, 1, "00a4040c02011c"},
         {"data and Le: the Le stays here",
          "0086000002 7c00 00",
          {"6104", "010203049000"},
          "010203049000",
          JM_OK,
          2,
          "00c0000004"},
         {"in two pieces",
          "0086000002 7c00 00",
          {"6102", "01026101", "039000"},
          "0102039000",
          JM_OK,
          3,
          "00c0000001"},
         {"61 00 is 256", "0086000002 7c00 00", {"6100", "6a80"}, "6a80", JM_OK, 2, "00c0000000"},
         {"another length", "00b0000010", {"6c02", "01029000"}, "01029000", JM_OK, 2, "00b0000002"},
         {"another length twice", "00b0000010", {"6c02", "6c03"}, "6c03", JM_OK, 2, "00b0000002"},
         {"6C after data is the card's",
          "00a4040c02011c",
          {"6c02"},
          "6c02",
          JM_OK,
          1,
          "00a4040c02011c"},
         {"a length put right, then fetched",
          "00b0000010",
          {"6c02", "016101", "029000"},
          "01029000",
          JM_OK,
          3,
          "00c0000001"},
         {"no status word", "00a40400", {"90"}, "", JM_E_GONE, 1, "00a4040000"},
         {"no end", "00b0000010", {NULL}, "", JM_E_LIMIT, 0, "00c0000010"},
         {"an extended command", "00b000000001 01", {"9000"}, "", JM_E_UNSUPPORTED, 0, NULL},
         {"no command", "00b000", {"9000"}, "", JM_E_UNSUPPORTED, 0, NULL}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf out = room(JM_CARD_RAPDU_MAX);

        t0_says = rows[i].says;
        t0_at = 0;
        ROW(CHECK_ST(jm_card_t0(say_listed, NULL, hex(rows[i].capdu), &out), rows[i].st) &&
                CHECK_BYTES(jm_written(out), rows[i].rapdu) && CHECK_EQ(t0_at, rows[i].n) &&
                (rows[i].last == NULL ||
                 CHECK_BYTES(t0_heard[t0_at == 0 ? 0 : t0_at - 1], rows[i].last)),
            rows[i].row);
    }
    {
        struct jm_buf small = room(3);

        t0_says = rows[3].says;
        t0_at = 0;
        CHECK_ST(jm_card_t0(say_listed, NULL, hex(rows[3].capdu), &small), JM_E_LIMIT);
        CHECK_EQ(small.len, 0);
    }
}
