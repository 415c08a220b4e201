/* SPDX-License-Identifier: Apache-2.0 */
/* What is left in memory of a PIN and a CAN that were typed again. */
#include "unit/test.h"

#include <unistd.h>

#include "cmd/wallet/wallet_tap.c"

static enum jm_status stays(struct jm_card_link *l)
{
    (void)l;
    return JM_OK;
}

static const struct jm_card_link_ops there = {.kind = "there", .reset = stays};
static struct jm_card_link link_there = {.ops = &there};
static const struct jm_option pin_option = {.name = "pin-file"}, can_option = {.name = "can-file"};
static char pin_path[32], can_path[32];
static struct jm_cmd cmd;
static struct jm_arena mem;
static struct tapping *t;

static void put_digits(char path[32], const char *digits)
{
    int fd;

    memcpy(path, "/tmp/jmXXXXXX", sizeof "/tmp/jmXXXXXX");
    fd = mkstemp(path); /* 0600 */
    CHECK(fd >= 0);
    CHECK_EQ((size_t)write(fd, digits, strlen(digits)), strlen(digits));
    (void)close(fd);
}

static void begin(void)
{
    mem = arena(1 << 20);
    put_digits(pin_path, "482915\n");
    put_digits(can_path, "123456\n");
    cmd = (struct jm_cmd){.value = {{&pin_option, pin_path}, {&can_option, can_path}},
                          .n_values = 2,
                          .mem = &mem,
                          .common = {.quiet = true}};
    t = JM_NEW(&mem, struct tapping);
    CHECK(t != NULL);
    memset(t, 0, sizeof *t);
    t->r.h.cmd = &cmd;
    t->r.h.platform.card = &link_there;
}

static void end(void)
{
    (void)unlink(pin_path);
    (void)unlink(can_path);
}

static struct jm_bytes ask(enum jm_code why)
{
    const struct jm_question q = {.kind = JM_QUESTION_CARD, .why = why, .tries = -1};
    struct jm_bytes out = {NULL, 0};

    CHECK_OK(ask_card(&t->r, &q, &out));
    return out;
}

static bool is_zero(struct jm_bytes octets)
{
    static const uint8_t zero[6];

    return octets.len == 6 && memcmp(octets.ptr, zero, 6) == 0;
}

TEST(what_was_typed_before_is_wiped)
{
    struct jm_bytes pin, can;

    begin();
    CHECK(jm_bytes_eq_str(ask(JM_CODE_NONE), "482915"));
    pin = t->pin;
    CHECK(jm_bytes_eq_str(ask(JM_CARD_PIN_NEEDS_CAN), "482915 123456"));
    CHECK(pin.ptr == t->pin.ptr && jm_bytes_eq_str(pin, "482915")); /* not asked again */
    can = t->can;
    CHECK(jm_bytes_eq_str(ask(JM_CARD_PIN_NEEDS_CAN), "482915 123456"));
    CHECK(is_zero(can));
    CHECK(jm_bytes_eq_str(ask(JM_CODE_NONE), "482915 123456"));
    CHECK(is_zero(pin));
    end();
}

TEST(a_file_is_not_asked_twice_for_what_was_wrong)
{
    const struct jm_question wrong[] = {{.kind = JM_QUESTION_CARD, .why = JM_CARD_PIN_WRONG},
                                        {.kind = JM_QUESTION_CARD, .why = JM_CARD_CAN_WRONG},
                                        {.kind = JM_QUESTION_CARD, .why = JM_CARD_PIN_BLOCKED},
                                        {.kind = JM_QUESTION_CARD, .why = JM_CARD_SM}};
    struct jm_bytes out = {NULL, 0};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(wrong); i++) {
        struct jm_question q = wrong[i];

        q.tries = -1;
        CHECK_ST(ask_card(&t->r, &q, &out), JM_E_DENIED);
        CHECK(out.len == 0);
    }
    (void)ask(JM_CODE_NONE);
    CHECK(jm_bytes_eq_str(ask(JM_CARD_REMOVED), "482915")); /* only pulled away: the same */
    end();
}
