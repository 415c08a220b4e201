/* SPDX-License-Identifier: Apache-2.0 */
/* D-208, D-403: who asks for a fresh photo does not grant it; it takes the place of the old one,
 * once, and what is no picture for a card is not taken. */
#include "unit/service/office.h"

#include "service/desk/parts.h"
#include "service/staff/staff.h"

static struct jm_staff kim, boss, other_boss, far;
static struct jm_person p;
static struct jm_id ask;
static struct jm_diag d;

static struct jm_staff staff(const char *name, const char *centre, enum jm_staff_role role)
{
    return (struct jm_staff){.name = jm_str(name),
                             .centre = jm_str(centre),
                             .role = role,
                             .state = JM_STAFF_ENROLLED};
}

static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    kim = staff("kim", OFFICE_CENTRE, JM_ROLE_CLERK);
    boss = staff("boss", OFFICE_CENTRE, JM_ROLE_SUPERVISOR);
    other_boss = staff("other", OFFICE_CENTRE, JM_ROLE_SUPERVISOR);
    far = staff("far", "1111000000", JM_ROLE_SUPERVISOR);
    p = office_citizen();
    office_add(&p);
}

/* -- what a photo is -- */

#define QUANT "ff db 00 04 00 00 "
#define FRAME "ff c0 00 11 08 02 58 01 e0 03 01 22 00 02 11 01 03 11 01 " /* 480 × 600, colour */
#define SCAN "ff da 00 0c 03 01 00 02 11 03 11 00 3f 00 12 34 "
#define JFIF "ff e0 00 10 4a 46 49 46 00 01 01 00 00 01 00 01 00 00 "

static enum jm_code code_of(struct jm_bytes jpeg)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_photo_check(jpeg, &d);
    CHECK_ST(st, d.code == JM_CODE_NONE ? JM_OK : JM_E_MALFORMED);
    return d.code;
}

TEST(what_a_card_can_carry)
{
    static const struct {
        const char *why, *octets;
        bool good;
    } rows[] = {
        {"a portrait", "ff d8 " JFIF QUANT FRAME SCAN "ff d9", true},
        {"without JFIF", "ff d8 " QUANT FRAME SCAN "ff d9", true},
        {"progressive",
         "ff d8 ff c2 00 11 08 02 58 01 e0 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9", true},
        {"as high as wide",
         "ff d8 ff c0 00 11 08 00 c8 00 c8 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9", true},
        {"nothing", "", false},
        {"a PNG", "89 50 4e 47 0d 0a 1a 0a", false},
        {"begun and ended", "ff d8 ff d9", false},
        {"no frame", "ff d8 " QUANT SCAN "ff d9", false},
        {"no scan", "ff d8 " QUANT FRAME "ff d9", false},
        {"two frames", "ff d8 " FRAME FRAME SCAN "ff d9", false},
        {"lossless", "ff d8 ff c3 00 11 08 02 58 01 e0 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9",
         false},
        {"grey", "ff d8 ff c0 00 0b 08 02 58 01 e0 01 01 11 00 " SCAN "ff d9", false},
        {"twelve bits",
         "ff d8 ff c0 00 11 0c 02 58 01 e0 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9", false},
        {"wider than high",
         "ff d8 ff c0 00 11 08 01 e0 02 58 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9", false},
        {"199 wide", "ff d8 ff c0 00 11 08 02 58 00 c7 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9",
         false},
        {"1201 high",
         "ff d8 ff c0 00 11 08 04 b1 01 e0 03 01 22 00 02 11 01 03 11 01 " SCAN "ff d9", false},
        {"where and when it was taken", "ff d8 ff e1 00 08 45 78 69 66 00 00 " FRAME SCAN "ff d9",
         false},
        {"a comment", "ff d8 ff fe 00 03 41 " FRAME SCAN "ff d9", false},
        {"something behind it", "ff d8 " FRAME SCAN "ff d9 00", false},
        {"a segment longer than all", "ff d8 ff db ff ff 00 " FRAME SCAN "ff d9", false},
        {"a segment of no length", "ff d8 ff db 00 01 " FRAME SCAN "ff d9", false},
        {"a short frame", "ff d8 ff c0 00 07 08 02 58 01 e0 " SCAN "ff d9", false},
    };
    struct jm_bytes good;

    office_begin("2025-01-15T10:00:00+09:00");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(code_of(hex(rows[i].octets)),
                     rows[i].good ? JM_CODE_NONE : JM_REGISTER_PHOTO_FORM),
            rows[i].why);
    good = hex(rows[0].octets);
    for (size_t n = 0; n < good.len; n++)
        CHECK_EQ(code_of(exact(jm_slice(good, 0, n))), JM_REGISTER_PHOTO_FORM);
    uint8_t *large = jm_alloc(&O->mem, JM_PHOTO_MAX + 1, 1);
    memcpy(large, good.ptr, good.len);
    large[JM_PHOTO_MAX - 2] = large[JM_PHOTO_MAX - 1] = 0xff;
    large[JM_PHOTO_MAX - 1] = 0xd9;
    CHECK_EQ(code_of(jm_bytes(large, JM_PHOTO_MAX)), JM_CODE_NONE);
    large[JM_PHOTO_MAX - 1] = 0xff;
    large[JM_PHOTO_MAX] = 0xd9;
    CHECK_EQ(code_of(jm_bytes(large, JM_PHOTO_MAX + 1)), JM_REGISTER_PHOTO_FORM);
    office_end();
}

/* -- asked and granted -- */

static struct jm_bytes picture(void)
{
    return hex("ff d8 " JFIF QUANT FRAME SCAN "ff d9");
}

static enum jm_code ask_as(const struct jm_staff *by, const struct jm_id *person, const char *why)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_desk_photo_ask(DESK(by, &d), &ask, person, jm_str(why));
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code grant_as(const struct jm_staff *by, const struct jm_id *id,
                             struct jm_bytes jpeg, const char *why)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_desk_photo_grant(DESK(by, &d), id, jpeg, jm_str(why));
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static struct jm_person now_there(struct jm_bytes *photo)
{
    struct jm_bytes number;
    struct jm_person there;

    MUST(jm_person_get(&O->is.base.env, &p.id, &there, &O->mem));
    MUST(jm_person_open(&O->is.base.env, &there, &number, photo, &O->mem));
    return there;
}

TEST(a_fresh_photo_takes_the_place_of_the_old)
{
    struct jm_bytes photo, old;
    struct jm_person was, is;
    struct jm_photo_ask *asks;
    size_t n;

    begin();
    struct jm_id card = office_issue(&p);
    was = now_there(&old);
    CHECK_EQ(ask_as(&kim, &p.id, "twelve years old"), JM_CODE_NONE);
    MUST(jm_desk_photo_asks(DESK(&boss, &d), &asks, &n));
    CHECK(n == 1 && asks[0].by.len == 0 && jm_bytes_eq_str(asks[0].reason, "twelve years old"));
    CHECK_EQ(grant_as(&boss, &ask, picture(), "taken here"), JM_CODE_NONE);
    is = now_there(&photo);
    CHECK_SAME(photo, picture());
    CHECK(is.photo_taken.year == 2025 && is.photo_taken.month == 1 && is.photo_taken.day == 15);
    CHECK_EQ(is.version, was.version + 1);
    CHECK_EQ(office_number("SELECT count(*) FROM photo WHERE person = $1", JM_ARGS(JM_ID(&p.id))),
             2);
    CHECK_EQ(office_number("SELECT count(*) FROM card WHERE id = $1 AND refresh_due = 'PORTRAIT'",
                           JM_ARGS(JM_ID(&card))),
             1);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'PHOTO_ASK' AND actor = 'kim' AND "
                      "subject = $1 AND reason = 'twelve years old'",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'PHOTO_OVERRIDE' AND actor = "
                           "'boss' AND subject = $1 AND reason = 'taken here'",
                           JM_ARGS(JM_ID(&p.id))),
             1);
    CHECK_EQ(
        office_number("SELECT count(*) FROM notice WHERE kind = 'PHOTO_OVERRIDE' AND person = $1",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_EQ(grant_as(&other_boss, &ask, picture(), "again"), JM_DESK_PHOTO_ASK_ENDED);
    MUST(jm_desk_photo_asks(DESK(&kim, &d), &asks, &n));
    CHECK(n == 1 && jm_bytes_eq_str(asks[0].by, "boss"));
    office_end();
}

static enum jm_status sweep_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_photo_rows_sweep(tx, jm_tx_now(tx) - JM_PHOTO_ASK_TTL_S);
}

TEST(who_may_not_grant)
{
    struct jm_id nobody = {{9}}, first;
    struct jm_bytes photo, old;
    struct jm_photo_ask *asks;
    size_t n;

    begin();
    (void)now_there(&old);
    CHECK_EQ(ask_as(&kim, &nobody, "x"), JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(ask_as(&kim, &p.id, ""), JM_API_FIELD_MISSING);
    CHECK_EQ(ask_as(&boss, &p.id, "x"), JM_CODE_NONE);
    CHECK_EQ(grant_as(&boss, &ask, picture(), "x"), JM_DESK_PHOTO_SECOND); /* who asked */
    CHECK_EQ(grant_as(&far, &ask, picture(), "x"), JM_DESK_PHOTO_ASK_UNKNOWN);
    CHECK_EQ(grant_as(&other_boss, &nobody, picture(), "x"), JM_DESK_PHOTO_ASK_UNKNOWN);
    CHECK_EQ(grant_as(&other_boss, &ask, picture(), ""), JM_API_FIELD_MISSING);
    CHECK_EQ(grant_as(&other_boss, &ask, hex("ff d8 ff d9"), "x"), JM_REGISTER_PHOTO_FORM);
    other_boss.has_person = true;
    other_boss.person = p.id;
    CHECK_EQ(grant_as(&other_boss, &ask, picture(), "x"), JM_DESK_OWN_CASE);
    CHECK_EQ(ask_as(&other_boss, &p.id, "x"), JM_DESK_OWN_CASE);
    other_boss.has_person = false;
    O->signer_away = true;
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_desk_photo_grant(DESK(&other_boss, &d), &ask, picture(), JM_BYTES("x")),
             JM_E_UNAVAILABLE);
    O->signer_away = false;
    first = ask; /* asked anew: one is open for a person */
    CHECK_EQ(ask_as(&kim, &p.id, "y"), JM_CODE_NONE);
    CHECK_EQ(grant_as(&other_boss, &first, picture(), "x"), JM_DESK_PHOTO_ASK_UNKNOWN);
    MUST(jm_desk_photo_asks(DESK(&far, &d), &asks, &n));
    CHECK_EQ(n, 0);
    O->now += JM_PHOTO_ASK_TTL_S;
    MUST(jm_desk_photo_asks(DESK(&boss, &d), &asks, &n));
    CHECK_EQ(n, 1);
    O->now++;
    CHECK_EQ(grant_as(&boss, &ask, picture(), "x"), JM_DESK_PHOTO_ASK_ENDED);
    MUST(jm_desk_photo_asks(DESK(&boss, &d), &asks, &n));
    CHECK_EQ(n, 0);
    (void)now_there(&photo);
    CHECK_SAME(photo, old);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'PHOTO_OVERRIDE'", JM_NO_ARGS),
             0);
    MUST(jm_tx_run(&O->is.base.env, sweep_tx, NULL));
    CHECK_EQ(office_number("SELECT count(*) FROM photo_ask", JM_NO_ARGS), 0);
    office_end();
}

/* Who is to grant it sees whom it is about, masked, and that is written down. */
TEST(whom_it_is_about)
{
    struct jm_register_found *found;
    size_t n;

    begin();
    CHECK_EQ(ask_as(&kim, &p.id, "x"), JM_CODE_NONE);
    const struct jm_desk_find_req in = {.reason = JM_BYTES("photo"), .ask = ask};
    CHECK_OK(jm_desk_find(DESK(&boss, &d), &found, &n, &in));
    CHECK(n == 1 && memcmp(&found[0].person, &p.id, sizeof p.id) == 0);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'REGISTER_FIND' AND actor = 'boss' "
                      "AND subject = $1",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_ST(jm_desk_find(DESK(&far, &d), &found, &n, &in), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PHOTO_ASK_UNKNOWN);
    CHECK_EQ(grant_as(&boss, &ask, picture(), "x"), JM_CODE_NONE);
    CHECK_ST(jm_desk_find(DESK(&boss, &d), &found, &n, &in), JM_E_CONFLICT);
    office_end();
}
