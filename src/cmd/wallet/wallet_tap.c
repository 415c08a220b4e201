/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet tap: a card without a visit, by an IC resident card at a reader. */
#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/reader.h"
#include "cmd/wallet/wallet_run.h"

struct tapping {
    struct jm_wallet_run r; /* first: what asks is given this */
    struct jm_bytes pin, can;
    unsigned tries;
};

static void wipe_digits(struct jm_bytes *digits)
{
    jm_wipe((uint8_t *)(uintptr_t)digits->ptr, digits->len);
    *digits = jm_none();
}

/* @p option names a file; without one a person is asked. What was typed before is gone. */
static enum jm_status read_digits(struct jm_bytes *out, struct jm_wallet_run *r, const char *option,
                                  const char *question)
{
    const char *file = jm_opt(r->h.cmd, option);

    wipe_digits(out);
    return file != NULL ? jm_secret_file(out, file, r->h.cmd, &r->d)
                        : jm_ask_secret(out, r->h.cmd, question);
}

static enum jm_status type_digits(struct tapping *t, struct jm_bytes *out)
{
    const struct jm_bytes parts[] = {t->pin, JM_BYTES(" "), t->can};

    return jm_concat(out, t->r.h.cmd->mem, parts, t->can.len == 0 ? 1 : 3);
}

/* What a file said is not said again, unless the card was only pulled away. */
static enum jm_status ask_card(struct jm_wallet_run *r, const struct jm_question *q,
                               struct jm_bytes *out)
{
    struct tapping *t = (struct tapping *)(void *)r;
    bool removed = q->why == JM_CARD_REMOVED || q->why == JM_CARD_TIMEOUT;
    bool wants_can = q->why == JM_CARD_PIN_NEEDS_CAN || q->why == JM_CARD_CAN_WRONG;
    bool first = q->why == JM_CODE_NONE;

    if (q->kind != JM_QUESTION_CARD)
        return JM_E_BUG;
    if (q->tries >= 0 && !first)
        JM_SAY(r->h.cmd, "say.card-tries", jm_format(r->h.cmd->mem, "%d", q->tries));
    if (++t->tries > 8 || (!first && !removed && !wants_can &&
                           (jm_opt(r->h.cmd, "pin-file") != NULL || q->why != JM_CARD_PIN_WRONG)))
        return JM_E_DENIED;
    if (q->why == JM_CARD_CAN_WRONG && jm_opt(r->h.cmd, "can-file") != NULL)
        return JM_E_DENIED;
    JM_TRY(jm_card_link_reset(r->h.platform.card));
    if (wants_can)
        JM_TRY(read_digits(&t->can, r, "can-file", "ask.card-can"));
    if (first || q->why == JM_CARD_PIN_WRONG)
        JM_TRY(read_digits(&t->pin, r, "pin-file", "ask.card-pin"));
    return type_digits(t, out);
}

static enum jm_status tap_work(struct tapping *t)
{
    struct jm_wallet_run *r = &t->r;
    struct jm_card_link *link;
    struct jm_bytes uri;

    JM_TRY(jm_wallet_uri(&uri, r->h.cmd, &r->d));
    JM_TRY(jm_cmd_reader(&link, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    r->h.platform.card = link;
    JM_TRY(jm_wallet_run_begin(r, false, false));
    r->ask = ask_card;
    return jm_wallet_run_drive(r, jm_holder_tap(&r->e, uri, jm_home_now(&r->h.home)));
}

static int run_tap(const struct jm_cmd *cmd)
{
    struct tapping *t = JM_NEW(cmd->mem, struct tapping);
    struct jm_card_link *link;
    enum jm_status st;

    if (t == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    t->r.h.cmd = cmd;
    st = tap_work(t);
    link = t->r.h.platform.card;
    if (st == JM_OK)
        jm_wallet_received(&t->r);
    wipe_digits(&t->pin);
    wipe_digits(&t->can);
    jm_card_link_close(link);
    return jm_wallet_run_end(&t->r, st);
}

JM_COMMAND_RUN(wallet_tap, "wallet tap", run_tap, "wallet tap OFFER --reader memory:card.chip",
               "wallet tap OFFER --reader memory:card.chip --pin-file pin --json",
               JM_OPERANDS("URI|PICTURE", 1, 1),
               JM_OPTIONS(JM_NEEDS("reader", "READER"), JM_TAKES("pin-file", "FILE"),
                          JM_TAKES("can-file", "FILE"), JM_TAKES("passphrase-file", "FILE")));
