/* SPDX-License-Identifier: Apache-2.0 */
/* D-351: in which state a card is, as far as its wallet knows: showings left, its last day, when
 * fresh copies are due. */
#include "unit/service/wallet_way.h"

#include "jumin/civil.h"
#include "jumin/wallet.h"

static struct jm_wallet_copy copy[6];
static struct jm_wallet_card card;

static void begin(void)
{
    country_begin();
    for (size_t i = 0; i < 6; i++)
        copy[i] = (struct jm_wallet_copy){.fmt = i < 3 ? JM_FMT_MDOC : JM_FMT_SDJWT,
                                          .octets = JM_BYTES("unread"),
                                          .until = KIT_NOW + 28 * KIT_DAY};
    card = (struct jm_wallet_card){.state = JM_WCARD_ACTIVE,
                                   .received = KIT_NOW,
                                   .copy = copy,
                                   .n = 6};
}

static struct jm_wallet_face face_at(int64_t now)
{
    struct jm_wallet_face f;

    CHECK_OK(jm_wallet_face(&f, &card, now, &jm_crypto_openssl, &C->k.mem));
    return f;
}

TEST(showings_left_are_those_of_the_rarer_kind)
{
    static const struct {
        unsigned used; /* a bit a copy: three mdocs, three SD-JWTs */
        size_t left;
        enum jm_face_state state;
        bool due;
    } rows[] = {{0, 3, JM_FACE_ACTIVE, false},  {1, 2, JM_FACE_LOW, true},
                {8, 2, JM_FACE_LOW, true},      {9, 2, JM_FACE_LOW, true},
                {7, 0, JM_FACE_SPENT, true},    {0x38, 0, JM_FACE_SPENT, true},
                {0x3f, 0, JM_FACE_SPENT, true}, {3, 1, JM_FACE_LOW, true}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_wallet_face f;

        begin();
        for (size_t k = 0; k < 6; k++)
            copy[k].used = rows[i].used >> k & 1;
        f = face_at(KIT_NOW);
        CHECK_EQ(f.left, rows[i].left);
        CHECK_EQ(f.state, rows[i].state);
        CHECK_EQ(f.refresh_due, rows[i].due);
        country_end();
    }
}

TEST(copies_age)
{
    begin();
    CHECK(!face_at(KIT_NOW + 14 * KIT_DAY - 1).refresh_due);
    CHECK(face_at(KIT_NOW + 14 * KIT_DAY).refresh_due); /* half of their life */
    CHECK_EQ(face_at(KIT_NOW + 28 * KIT_DAY - 1).left, 3);
    CHECK_EQ(face_at(KIT_NOW + 28 * KIT_DAY).left, 0);
    CHECK_EQ(face_at(KIT_NOW + 28 * KIT_DAY).state, JM_FACE_SPENT);
    card.state = JM_WCARD_NOT_VALID;
    CHECK_EQ(face_at(KIT_NOW).state, JM_FACE_OFF);
    CHECK(!face_at(KIT_NOW + 20 * KIT_DAY)
               .refresh_due); /* nobody fetches copies of one that is off */
    card.n = 0;
    CHECK_EQ(face_at(KIT_NOW).left, 0);
    country_end();
}

/* D-351: what its holder must know first comes first. */
TEST(locked_and_changed)
{
    begin();
    card.changed = JM_BYTES("resident_address");
    CHECK_EQ(face_at(KIT_NOW).state, JM_FACE_CHANGED);
    CHECK_EQ(face_at(KIT_NOW + 28 * KIT_DAY).state, JM_FACE_SPENT);
    card.locked = true;
    CHECK_EQ(face_at(KIT_NOW).state, JM_FACE_LOCKED);
    CHECK_EQ(face_at(KIT_NOW + 28 * KIT_DAY).state, JM_FACE_LOCKED);
    card.state = JM_WCARD_NOT_VALID;
    CHECK_EQ(face_at(KIT_NOW).state, JM_FACE_OFF);
    country_end();
}

/* What is another, came or went; and nothing where the values are the same, however salted. */
TEST(what_has_changed)
{
    const struct {
        struct jm_sdjwt_claim was[2], is[2];
        size_t n_was, n_is;
        const char *changed;
    } rows[] = {
        {{{JM_BYTES("a"), JM_BYTES("1")}, {JM_BYTES("b"), JM_BYTES("true")}},
         {{JM_BYTES("b"), JM_BYTES("true")}, {JM_BYTES("a"), JM_BYTES("1")}},
         2,
         2,
         ""},
        {{{JM_BYTES("a"), JM_BYTES("1")}, {JM_BYTES("b"), JM_BYTES("true")}},
         {{JM_BYTES("a"), JM_BYTES("2")}, {JM_BYTES("b"), JM_BYTES("true")}},
         2,
         2,
         "a"},
        {{{JM_BYTES("a"), JM_BYTES("1")}},
         {{JM_BYTES("a"), JM_BYTES("1")}, {JM_BYTES("b"), JM_BYTES("0")}},
         1,
         2,
         "b"},
        {{{JM_BYTES("a"), JM_BYTES("1")}, {JM_BYTES("b"), JM_BYTES("0")}},
         {{JM_BYTES("b"), JM_BYTES("0")}},
         2,
         1,
         "a"},
        {{{JM_BYTES("a"), JM_BYTES("1")}}, {{JM_BYTES("a"), JM_BYTES("\"1\"")}}, 1, 1, "a"},
        {{{JM_BYTES("a"), JM_BYTES("1")}}, {{JM_BYTES("b"), JM_BYTES("1")}}, 1, 1, "b,a"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes changed;

        begin();
        const struct jm_wallet_copy was = {.fmt = JM_FMT_SDJWT,
                                           .octets = sdjwt_saying(rows[i].was, rows[i].n_was)},
                                    is = {.fmt = JM_FMT_SDJWT,
                                          .octets = sdjwt_saying(rows[i].is, rows[i].n_is)},
                                    none = {.fmt = JM_FMT_SDJWT, .octets = JM_BYTES("unread")};
        CHECK_OK(jm_wallet_changed(&changed, &was, &is, &jm_crypto_openssl, &C->k.mem));
        CHECK_STR(changed, rows[i].changed);
        CHECK(jm_wallet_changed(&changed, &none, &is, &jm_crypto_openssl, &C->k.mem) != JM_OK);
        country_end();
    }
    begin(); /* an mdoc and itself */
    copy[0].octets = copy[1].octets = mdoc_copy();
    struct jm_bytes changed;
    CHECK_OK(jm_wallet_changed(&changed, &copy[0], &copy[1], &jm_crypto_openssl, &C->k.mem));
    CHECK_EQ(changed.len, 0);
    country_end();
}

/* The last day belongs to the card, to its end in Seoul. */
TEST(the_last_day)
{
    static const struct jm_date day = {2026, 5, 4};
    static const struct {
        int64_t days; /* before the end of that day */
        enum jm_face_state state;
        int64_t left;
    } rows[] = {{92, JM_FACE_ACTIVE, 91},
                {91, JM_FACE_RENEW, 90},
                {1, JM_FACE_RENEW, 0},
                {0, JM_FACE_EXPIRED, -1}};
    int64_t end = jm_seoul_midnight(day) + KIT_DAY;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_sdjwt_claim claim = {JM_BYTES("expiry_date"), JM_BYTES("\"2026-05-04\"")};
        int64_t now = end - rows[i].days * KIT_DAY;
        struct jm_wallet_face f;

        begin();
        card.received = now;
        for (size_t k = 0; k < 6; k++)
            copy[k] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                              .octets = sdjwt_saying(&claim, 1),
                                              .until = now + 28 * KIT_DAY};
        f = face_at(now);
        CHECK_EQ(f.state, rows[i].state);
        CHECK_EQ(f.days, rows[i].left);
        CHECK(strcmp(f.expires, "2026-05-04") == 0);
        country_end();
    }
}

/* An mdoc says it as another kind of text. */
TEST(the_last_day_of_an_mdoc)
{
    struct jm_wallet_face f;

    begin();
    copy[0].octets = mdoc_copy();
    f = face_at(KIT_NOW);
    CHECK_EQ(strlen(f.expires), 10);
    CHECK(f.days > 0);
    country_end();
}
