/* SPDX-License-Identifier: Apache-2.0 */
/* PACE, both sides against each other: steps in their order, points that are none, wrong passwords,
 * and not one octet that may change. D-220, D-226 */
#include "unit/proto/card_kit.h"

static struct jm_pace reader, chip;
static struct jm_buf said; /* what was sent last */

static void both(const char *readers, const char *chips)
{
    struct jm_secret32 x1 = ck_scalar(CK_X1), y1 = ck_scalar(CK_Y1), x2 = ck_scalar(CK_X2),
                       y2 = ck_scalar(CK_Y2);

    KIT_MUST(jm_openssl_init());
    KIT_MUST(jm_pace_begin(&reader, CC, JM_PACE_READER, jm_str(readers), &x1, &y1, NULL));
    KIT_MUST(jm_pace_begin(&chip, CC, JM_PACE_CHIP, jm_str(chips), &x2, &y2, hex(CK_NONCE).ptr));
    said = room(JM_PACE_TEMPLATE_MAX);
    KIT_MUST(jm_buf_put(&said, JM_BYTES("\x7c\x00")));
}

/* The next message, of chip and reader in turn. */
static enum jm_status turn(unsigned n, struct jm_diag *d)
{
    struct jm_buf out = room(JM_PACE_TEMPLATE_MAX);
    enum jm_status st =
        jm_pace_step(n % 2 == 0 ? &chip : &reader, CC, exact(jm_written(said)), &out, d);

    said = out;
    return st;
}

TEST(one_password_is_one_channel)
{
    struct jm_card_sm a, b;

    both(CK_PIN, CK_PIN);
    for (unsigned n = 0; n < 8; n++)
        CHECK_OK(turn(n, NULL));
    CHECK_OK(jm_pace_finish(&reader, &a));
    CHECK_OK(jm_pace_finish(&chip, &b));
    CHECK(memcmp(&a, &b, sizeof a) == 0 && a.open && a.counter == 0);
    CHECK_BYTES(jm_bytes(a.enc, 16), "900401d52b790a677d790ca400752308");
    CHECK_ST(jm_pace_finish(&reader, &a), JM_E_BUG);
    CHECK(!a.open);
}

TEST(another_password_is_found_by_the_chip_first)
{
    struct jm_diag d = {0};
    struct jm_card_sm sm;

    both("482916", CK_PIN);
    for (unsigned n = 0; n < 6; n++)
        CHECK_OK(turn(n, NULL));
    CHECK_ST(turn(6, &d), JM_E_SIGNATURE);
    CHECK_EQ(d.code, JM_CARD_PACE_PROTOCOL);
    CHECK_EQ(said.len, 0);
    CHECK_ST(jm_pace_finish(&chip, &sm), JM_E_BUG);
    CHECK_ST(jm_pace_finish(&reader, &sm), JM_E_BUG); /* a step early */
    CHECK_BYTES(jm_bytes(reader.enc, 16), "00000000000000000000000000000000");
}

/* The message before turn @p at, changed; does the receiver take it? */
static unsigned changed_at;

static bool takes_changed(struct jm_bytes message)
{
    size_t mark = test_heap_n;
    bool ok;

    both(CK_PIN, CK_PIN);
    for (unsigned n = 0; n < changed_at; n++)
        KIT_MUST(turn(n, NULL));
    said = room(message.len + JM_PACE_TEMPLATE_MAX);
    KIT_MUST(jm_buf_put(&said, message));
    /* a nonce is noticed by what comes of it: at the chip's token check */
    ok = turn(changed_at, NULL) == JM_OK;
    for (unsigned n = changed_at + 1; ok && n < 8; n++)
        ok = turn(n, NULL) == JM_OK;
    ck_back(mark);
    return ok;
}

/* In a browser's engine, where this is ten times as slow, some. */
#ifdef __wasm__
#define EACH 9
#else
#define EACH 1
#endif

TEST(no_octet_of_any_message_may_change)
{
    for (changed_at = 0; changed_at < 8; changed_at++) {
        struct jm_bytes message;

        both(CK_PIN, CK_PIN);
        for (unsigned n = 0; n < changed_at; n++)
            KIT_MUST(turn(n, NULL));
        message = exact(jm_written(said));
        if (changed_at == 1 || changed_at == 0 || changed_at >= 6) {
            check_refuses_changes(message, takes_changed, NULL, 0);
            continue;
        }
        /* points: each octet once, not each bit */
        CHECK(takes_changed(message));
        for (size_t i = 0; i < message.len; i += EACH) {
            ((uint8_t *)(uintptr_t)message.ptr)[i] ^= 1;
            CHECK(!takes_changed(message));
            ((uint8_t *)(uintptr_t)message.ptr)[i] ^= 1;
            CHECK(!takes_changed(exact(jm_slice(message, 0, i))));
        }
    }
}

TEST(points_that_are_none)
{
    static const struct {
        const char *why, *point;
    } rows[] = {
        {"off the curve", "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c297"
                          "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
        {"infinity", "00"},
        {"infinity, long", "0400000000000000000000000000000000000000000000000000000000000000000"
                           "000000000000000000000000000000000000000000000000000000000000000"},
        {"compressed", "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"},
        {"hybrid", "076b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (unsigned at = 2; at <= 5; at++) {
            static const uint8_t tags[] = {0, 0, 0x81, 0x82, 0x83, 0x84};
            struct jm_bytes point = hex(rows[i].point);
            uint8_t head[4] = {0x7C, (uint8_t)(point.len + 2), tags[at], (uint8_t)point.len};
            struct jm_diag d = {0};

            both(CK_PIN, CK_PIN);
            for (unsigned n = 0; n < at; n++)
                KIT_MUST(turn(n, NULL));
            said = room(JM_PACE_TEMPLATE_MAX);
            KIT_MUST(jm_buf_put(&said, jm_bytes(head, 4)));
            KIT_MUST(jm_buf_put(&said, point));
            ROW(CHECK_ST(turn(at, &d), JM_E_DENIED), rows[i].why);
            CHECK_EQ(d.code, JM_CARD_POINT);
            CHECK((at % 2 == 0 ? chip : reader).failed);
        }
}

TEST(an_echo_is_refused_by_both)
{
    for (unsigned at = 2; at <= 5; at++) {
        struct jm_diag d = {0};
        struct jm_point own;

        both(CK_PIN, CK_PIN);
        for (unsigned n = 0; n < at; n++)
            KIT_MUST(turn(n, NULL));
        if (at % 2 == 0) { /* what the chip is about to send; a peer could only guess it */
            struct jm_pace ahead = chip;
            struct jm_buf out = room(JM_PACE_TEMPLATE_MAX);

            KIT_MUST(jm_pace_step(&ahead, CC, exact(jm_written(said)), &out, NULL));
            own = ahead.own;
        } else {
            own = reader.own;
        }
        memcpy(said.ptr + 4, own.octets, own.len);
        CHECK_ST(turn(at, &d), JM_E_DENIED);
        CHECK_EQ(d.code, JM_CARD_POINT);
    }
}

/* A map chosen so that s·G + H is infinity: H = -s·G. The chip's own scalar makes it. */
TEST(a_base_at_infinity_is_refused)
{
    struct jm_secret32 one = ck_scalar("00000000000000000000000000000000"
                                       "00000000000000000000000000000001"),
                       s = {{0}}, x1 = ck_scalar(CK_X1), y1 = ck_scalar(CK_Y1);
    struct jm_buf nonce = room(32), out = room(JM_PACE_TEMPLATE_MAX);
    struct jm_diag d = {0};
    struct jm_point sg;
    uint8_t minus[32];
    unsigned borrow = 0;
    static const uint8_t p[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    (void)x1;
    KIT_MUST(jm_openssl_init());
    memcpy(s.octets + 16, hex(CK_NONCE).ptr, 16);
    KIT_MUST(CC->ec_map->public_of(&sg, &s));
    for (int i = 31; i >= 0; i--) {
        int v = (int)p[i] - (int)sg.octets[33 + i] - (int)borrow;

        borrow = v < 0;
        minus[i] = (uint8_t)(v + (borrow ? 256 : 0));
    }
    /* the reader's map is 1, so that H is what the chip sends: -s·G */
    KIT_MUST(jm_pace_begin(&reader, CC, JM_PACE_READER, JM_BYTES(CK_PIN), &one, &y1, NULL));
    KIT_MUST(jm_buf_put(&nonce, hex("7c1280103eb00ce404681922c40c58b43b017c95")));
    CHECK_OK(jm_pace_step(&reader, CC, jm_written(nonce), &out, NULL));
    said = room(JM_PACE_TEMPLATE_MAX);
    KIT_MUST(jm_buf_put(&said, hex("7c438241")));
    KIT_MUST(jm_buf_put(&said, jm_bytes(sg.octets, 33)));
    KIT_MUST(jm_buf_put(&said, jm_bytes(minus, 32)));
    out.len = 0;
    CHECK_ST(jm_pace_step(&reader, CC, jm_written(said), &out, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_POINT);
}

TEST(no_step_is_skipped_or_taken_twice)
{
    for (unsigned at = 0; at < 8; at++)
        for (unsigned other = 0; other < 8; other++) {
            struct jm_bytes messages[9];

            both(CK_PIN, CK_PIN);
            for (unsigned n = 0; n < 8; n++) {
                messages[n] = exact(jm_written(said));
                KIT_MUST(turn(n, NULL));
            }
            if (other == at)
                continue;
            both(CK_PIN, CK_PIN);
            for (unsigned n = 0; n < at; n++)
                KIT_MUST(turn(n, NULL));
            said = room(JM_PACE_TEMPLATE_MAX);
            KIT_MUST(jm_buf_put(&said, messages[other]));
            CHECK_ST(turn(at, NULL), JM_E_DENIED);
            CHECK_ST(turn(at, NULL), JM_E_BUG); /* and it is over */
        }
    both(CK_PIN, CK_PIN);
    for (unsigned n = 0; n < 8; n++)
        KIT_MUST(turn(n, NULL));
    CHECK_ST(turn(8, NULL), JM_E_BUG);
}
