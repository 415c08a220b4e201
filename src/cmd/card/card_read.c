/* SPDX-License-Identifier: Apache-2.0 */
/* jumin card info, jumin card pin: a chip card at a reader, opened by what its holder knows. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/reader.h"
#include "cmd/operator/clerk.h"
#include "host/random/random.h"

#define ROOM (64 * JM_KIB)

struct session {
    const struct jm_cmd *cmd;
    struct jm_card_link *link;
    struct jm_card_reader reader;
    struct jm_card_reader_config config; /* crypto, what is read, and the passwords */
    struct jm_bytes new_pin;
};

/* -- the engine, driven -- */

static int64_t no_time(void *ctx)
{
    (void)ctx;
    return 0; /* of no use to this engine */
}

static enum jm_status drive_reader(struct session *s, enum jm_status begun)
{
    return jm_drive(&(struct jm_driver){.by = {.random = jm_random,
                                               .transmit = jm_card_link_transmit,
                                               .ctx = s->link},
                                        .now = no_time,
                                        .mem = s->cmd->mem},
                    jm_card_reader_engine(&s->reader), begun);
}

/* Why it failed, and how many tries are left where the card said it. */
static enum jm_status reader_refused(const struct session *s, enum jm_status st, struct jm_diag *d)
{
    int tries = jm_card_reader_tries(&s->reader);

    *d = *jm_card_reader_diag(&s->reader);
    if (d->code == JM_CARD_PIN_WRONG && tries > 0)
        d->detail = jm_str(jm_format(s->cmd->mem,
                                     s->config.puk.len != 0 ? "tries of the PUK left: %d"
                                                            : "tries of the PIN left: %d",
                                     tries));
    return st;
}

static enum jm_status open_chip(struct session *s, struct jm_diag *d)
{
    void *room = jm_alloc(s->cmd->mem, ROOM, 1);
    enum jm_status st;

    if (room == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_card_reader_init(&s->reader, &s->config, room, ROOM));
    st = drive_reader(s, jm_card_reader_event(&s->reader, JM_EVENT_START));
    return st == JM_OK ? JM_OK : reader_refused(s, st, d);
}

/* The card wants the printed digits before the last try: who sits at a terminal is asked. */
static enum jm_status open_again(struct session *s, enum jm_status refused, struct jm_diag *d)
{
    struct jm_diag unasked = {0};

    jm_card_reader_end(&s->reader);
    if (jm_digits(&s->config.can, s->cmd, "can-file", "ask.card-can", JM_CARD_PIN_LEN, &unasked) !=
        JM_OK)
        return refused;
    *d = (struct jm_diag){0};
    if (jm_card_link_reset(s->link) != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_REMOVED, "it did not come back");
    return open_chip(s, d);
}

static enum jm_status begin_session(struct session *s, struct jm_diag *d)
{
    const struct jm_cmd *cmd = s->cmd;
    enum jm_status st;

    JM_REMARK(cmd, "say.chip-hold", "");
    JM_TRY(jm_cmd_reader(&s->link, cmd, d));
    st = open_chip(s, d);
    if (st != JM_OK && d->code == JM_CARD_PIN_NEEDS_CAN && !jm_opt_has(cmd, "can-file"))
        return open_again(s, st, d);
    return st;
}

static void end_session(struct session *s)
{
    jm_card_reader_end(&s->reader);
    jm_card_link_close(s->link);
    jm_wipe(s, sizeof *s);
}

/* -- info -- */

static enum jm_status say_info(const struct session *s, struct jm_diag *d)
{
    const struct jm_card_status *status = jm_card_reader_status(&s->reader);
    const struct jm_cmd *cmd = s->cmd;
    struct jm_card_dg1 dg1;
    struct jm_body b;

    if (jm_card_dg1_read(&dg1, jm_card_reader_file(&s->reader, JM_EF_DG1)) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_CARD_TLV, "DG1");
    JM_SAY(cmd, "say.chip-info", jm_cstr(cmd, dg1.serial), jm_cstr(cmd, dg1.authority),
           jm_cstr(cmd, dg1.issued), jm_format(cmd->mem, "%u", (unsigned)status->pin_tries));
    JM_TRY(jm_body_open(&b, cmd, 512));
    jm_json_w_mtext(&b.w, "serial", dg1.serial);
    jm_json_w_mtext(&b.w, "authority", dg1.authority);
    jm_json_w_mtext(&b.w, "issued", dg1.issued);
    jm_json_w_mstr(&b.w, "opened_by", status->password == JM_CARD_CAN ? "can" : "pin");
    jm_json_w_mint(&b.w, "pin_tries", status->pin_tries);
    jm_json_w_mbool(&b.w, "chip_authenticated", status->chip_authenticated);
    return jm_body_answer(cmd, &b);
}

static enum jm_status run_info(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct session s = {.cmd = cmd, .config = {.crypto = cmd->crypto, .read = 1u << JM_EF_DG1}};
    enum jm_status st =
        jm_digits(&s.config.can, cmd, "can-file", "ask.card-can", JM_CARD_PIN_LEN, d);

    if (st == JM_OK)
        st = begin_session(&s, d);
    if (st == JM_OK) {
        st = drive_reader(&s, jm_card_reader_ask_status(&s.reader));
        st = st == JM_OK ? say_info(&s, d) : reader_refused(&s, st, d);
    }
    end_session(&s);
    return st;
}

/* -- pin -- */

/* Who types it types it twice. */
static enum jm_status new_pin(struct session *s, struct jm_diag *d)
{
    struct jm_bytes again;

    JM_TRY(jm_digits(&s->new_pin, s->cmd, "new-pin-file", "ask.new-pin", JM_CARD_PIN_LEN, d));
    if (jm_opt_has(s->cmd, "new-pin-file"))
        return JM_OK;
    JM_TRY(jm_digits(&again, s->cmd, "new-pin-file", "ask.new-pin-again", JM_CARD_PIN_LEN, d));
    return jm_bytes_eq_ct(again, s->new_pin)
               ? JM_OK
               : jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "the new PIN: typed in two ways");
}

static enum jm_status passwords_of(struct session *s, struct jm_diag *d)
{
    const struct jm_cmd *cmd = s->cmd;

    if (jm_opt_has(cmd, "puk-file")) {
        if (jm_opt_has(cmd, "pin-file") || jm_opt_has(cmd, "can-file"))
            return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                             "--puk-file goes without --pin-file and --can-file");
        JM_TRY(jm_digits(&s->config.puk, cmd, "puk-file", "", JM_CARD_PUK_LEN, d));
        return new_pin(s, d);
    }
    JM_TRY(jm_digits(&s->config.pin, cmd, "pin-file", "ask.card-pin", JM_CARD_PIN_LEN, d));
    if (jm_opt_has(cmd, "can-file"))
        JM_TRY(jm_digits(&s->config.can, cmd, "can-file", "", JM_CARD_PIN_LEN, d));
    return new_pin(s, d);
}

static enum jm_status answer_set(const struct session *s)
{
    struct jm_body b;

    JM_SAY(s->cmd, "say.pin-set", "");
    JM_TRY(jm_body_open(&b, s->cmd, 64));
    jm_json_w_mstr(&b.w, "pin", s->config.puk.len != 0 ? "reset" : "changed");
    return jm_body_answer(s->cmd, &b);
}

static enum jm_status run_pin(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct session s = {.cmd = cmd, .config = {.crypto = cmd->crypto}};
    enum jm_status st = passwords_of(&s, d);

    if (st == JM_OK)
        st = begin_session(&s, d);
    if (st == JM_OK) {
        st = drive_reader(&s, jm_card_reader_set_pin(&s.reader, s.new_pin));
        st = st == JM_OK ? answer_set(&s) : reader_refused(&s, st, d);
    }
    end_session(&s);
    return st;
}

/* -- at a desk: its holder types a new PIN, the PUK comes from the register -- */

static enum jm_status unlock_chip(struct session *s, struct jm_clerk *c)
{
    struct jm_bytes puk;

    JM_TRY(new_pin(s, &c->d)); /* before anybody's PUK leaves the register */
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    JM_TRY(jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/persons/%s/chip",
                                      jm_opt(c->cmd, "person"))));
    JM_TRY(jm_json_str(&puk, c->answer, "puk"));
    s->config.puk = puk;
    JM_TRY(begin_session(s, &c->d));
    return drive_reader(s, jm_card_reader_set_pin(&s->reader, s->new_pin));
}

static enum jm_status work_chip_pin(struct jm_clerk *c)
{
    struct session s = {.cmd = c->cmd, .config = {.crypto = c->cmd->crypto}};
    enum jm_status st = unlock_chip(&s, c);

    if (st != JM_OK && c->d.code == JM_CODE_NONE)
        st = reader_refused(&s, st, &c->d);
    if (st == JM_OK)
        st = answer_set(&s);
    c->answer = NULL; /* the PUK is nobody's to read */
    end_session(&s);
    return st;
}

static int run_chip_pin(const struct jm_cmd *cmd)
{
    return jm_clerk_run(cmd, work_chip_pin, true);
}

JM_COMMAND_RUN(desk_chip_pin, "desk chip-pin", run_chip_pin,
               "desk chip-pin --as boss.key --person ID --reader pcsc --reason 'handed over'",
               "desk chip-pin --as boss.key --person ID --reader memory:card.chip --reason 'PIN "
               "forgotten' --new-pin-file FILE",
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_NEEDS("person", "ID"), JM_NEEDS("reader", "READER"),
                          JM_NEEDS("reason", "REASON"), JM_TAKES("new-pin-file", "FILE"),
                          JM_TAKES("wait", "SECONDS")));

/* -- run -- */

static enum jm_status run_run(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_card_link *chip = NULL;
    uint32_t wait_ms;
    enum jm_status st;

    JM_TRY(jm_cmd_wait(&wait_ms, cmd, d));
    JM_TRY(jm_cmd_reader_at(&chip, jm_format(cmd->mem, "memory:%s", jm_cmd_file(cmd)), cmd, d));
    st = jm_card_lend(chip, jm_opt(cmd, "vpcd"), wait_ms, d);
    jm_card_link_close(chip);
    return st;
}

JM_COMMAND(card_info, "card info", run_info, "card info --reader pcsc --can-file FILE",
           "card info --reader memory:card.chip --can-file - --json",
           JM_OPTIONS(JM_NEEDS("reader", "READER"), JM_TAKES("can-file", "FILE"),
                      JM_TAKES("wait", "SECONDS")));
JM_COMMAND(card_pin, "card pin", run_pin,
           "card pin --reader pcsc --pin-file FILE --new-pin-file FILE",
           "card pin --reader pcsc --puk-file FILE --new-pin-file FILE",
           JM_OPTIONS(JM_NEEDS("reader", "READER"), JM_TAKES("pin-file", "FILE"),
                      JM_TAKES("can-file", "FILE"), JM_TAKES("puk-file", "FILE"),
                      JM_TAKES("new-pin-file", "FILE"), JM_TAKES("wait", "SECONDS")));
JM_COMMAND(card_run, "card run", run_run, "card run card.chip --vpcd 127.0.0.1:35963",
           "card run card.chip --vpcd 127.0.0.1:35964 --wait 60", JM_OPERANDS("FILE", 1, 1),
           JM_OPTIONS(JM_NEEDS("vpcd", "ADDRESS:PORT"), JM_TAKES("wait", "SECONDS")));
