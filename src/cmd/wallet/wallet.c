/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet: a holder without a phone. receive, refresh, report-lost, delete: what is asked and
 * what is said; respond stands in wallet_respond.c, list and show in wallet_look.c. */
#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/remote.h"
#include "cmd/wallet/wallet_run.h"

static int64_t now_of(const struct jm_wallet_run *r)
{
    return jm_home_now(&r->h.home);
}

/* -- receive -- */

static void show_sign(struct jm_wallet_run *r, const char *sign)
{
    if (r->h.cmd->common.json)
        (void)jm_cmd_json(
            jm_str(jm_format(r->h.cmd->mem, "{\"state\":\"bound\",\"sign\":\"%s\"}", sign)));
    else
        JM_SAY(r->h.cmd, "say.sign", sign);
    (void)fflush(stdout);
}

/* With neither terminal nor file the wallet says what is missing; --continue goes on. */
static enum jm_status ask_code(struct jm_wallet_run *r, const struct jm_question *q,
                               struct jm_bytes *out)
{
    const char *file = jm_opt(r->h.cmd, "tx-code-file");
    enum jm_status st;

    if (q->kind != JM_QUESTION_CODE)
        return JM_E_BUG;
    if (!jm_opt_has(r->h.cmd, "continue"))
        show_sign(r, q->sign);
    /* a file is read only now, so that a FIFO serves */
    st = file != NULL ? jm_secret_file(out, file, r->h.cmd, &r->d)
                      : jm_ask_line(out, r->h.cmd, "ask.match-code");
    if (st == JM_OK)
        return JM_OK;
    return r->d.code != JM_CODE_NONE && r->d.code != JM_CMD_FILE_READ ? JM_E_DENIED : JM_E_ABSENT;
}

static enum jm_status receive_work(struct jm_wallet_run *r)
{
    struct jm_bytes uri;

    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    r->ask = ask_code;
    if (jm_opt_has(r->h.cmd, "continue"))
        return jm_wallet_run_drive(r, jm_holder_continue(&r->e, now_of(r)));
    JM_TRY(jm_wallet_uri(&uri, r->h.cmd, &r->d));
    return jm_wallet_run_drive(r, jm_holder_receive(&r->e, uri, now_of(r)));
}

void jm_wallet_received(struct jm_wallet_run *r)
{
    const struct jm_wallet_card *card = jm_holder_card(&r->e);
    struct jm_bytes loss = jm_holder_loss_code(&r->e);

    if (r->h.cmd->common.json) {
        (void)jm_cmd_json(jm_str(jm_format(
            r->h.cmd->mem,
            "{\"state\":\"issued\",\"issuer\":\"%.*s\",\"copies\":%zu,\"loss_code\":\"%.*s\"}",
            (int)card->issuer.len, (const char *)card->issuer.ptr, card->n, (int)loss.len,
            (const char *)loss.ptr)));
        return;
    }
    JM_SAY(r->h.cmd, "say.received", jm_format(r->h.cmd->mem, "%zu", card->n),
           jm_cstr(r->h.cmd, loss));
}

static int run_receive(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = receive_work(r);
    if (st == JM_OK)
        jm_wallet_received(r);
    return jm_wallet_run_end(r, st);
}

/* -- refresh -- */

static enum jm_status refresh_work(struct jm_wallet_run *r)
{
    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    return jm_wallet_run_drive(r, jm_holder_refresh(&r->e, now_of(r)));
}

static int run_refresh(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = refresh_work(r);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(jm_str(jm_format(cmd->mem, "{\"state\":\"refreshed\",\"copies\":%zu}",
                                           jm_holder_card(&r->e)->n)));
    else if (st == JM_OK)
        JM_SAY(cmd, "say.refreshed", jm_format(cmd->mem, "%zu", jm_holder_card(&r->e)->n));
    return jm_wallet_run_end(r, st);
}

/* -- renew -- */

static enum jm_status renew_work(struct jm_wallet_run *r)
{
    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    return jm_wallet_run_drive(r, jm_holder_renew(&r->e, now_of(r)));
}

static int run_renew(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = renew_work(r);
    if (st == JM_OK)
        jm_wallet_received(r);
    return jm_wallet_run_end(r, st);
}

/* -- loss and end -- */

/* The issuer hears of it first, by the loss code, like from anybody. */
static enum jm_status report_lost(struct jm_wallet_run *r, const char *what,
                                  const struct jm_json **answer)
{
    const struct jm_wallet_card *card = &r->h.w.card[r->h.w.n_cards - 1];
    struct jm_remote remote = {.cmd = r->h.cmd, .base = jm_cstr(r->h.cmd, card->issuer)};
    struct jm_json_w w;
    struct jm_buf b;

    remote.rules.allow_loopback = r->h.home.trust.synthetic;
    JM_TRY(jm_alloc_buf(&b, r->h.cmd->mem, 256));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "loss_code", card->loss_code);
    jm_json_w_mstr(&w, "what", what);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    return jm_remote_call(&remote, "/loss", jm_written(b), answer, &r->d);
}

static enum jm_status report_work(struct jm_wallet_run *r, const char *what,
                                  const struct jm_json **answer)
{
    JM_TRY(jm_wallet_home_open_any_time(&r->h, r->h.cmd, &r->d));
    if (r->h.w.n_cards == 0)
        return jm_refuse(&r->d, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    JM_TRY(report_lost(r, what, answer));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    return jm_wallet_run_drive(r, jm_holder_lost(&r->e, now_of(r)));
}

static int run_report_lost(const struct jm_cmd *cmd)
{
    const char *what = cmd->n_operands > 0 ? cmd->operand[0] : "phone";
    const struct jm_json *answer = NULL;
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    struct jm_bytes receipt, effect;
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = report_work(r, what, &answer);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(answer->raw);
    else if (st == JM_OK && jm_json_str(&receipt, answer, "receipt") == JM_OK &&
             jm_json_str(&effect, answer, "effect") == JM_OK)
        JM_SAY(cmd, jm_bytes_eq_str(effect, "paused") ? "say.reported" : "say.reported_ended",
               jm_cstr(cmd, receipt));
    return jm_wallet_run_end(r, st);
}

static enum jm_status ask_delete(struct jm_wallet_run *r, const struct jm_question *q,
                                 struct jm_bytes *out)
{
    (void)out;
    if (q->kind != JM_QUESTION_DELETE)
        return JM_E_BUG;
    return jm_opt_has(r->h.cmd, "yes") || jm_ask_yes(r->h.cmd, "ask.delete")
               ? JM_OK
               : jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED, "--yes");
}

static enum jm_status delete_work(struct jm_wallet_run *r)
{
    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    r->ask = ask_delete;
    return jm_wallet_run_drive(r, jm_holder_delete(&r->e, now_of(r)));
}

static int run_delete(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = delete_work(r);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(JM_BYTES("{\"state\":\"deleted\"}"));
    else if (st == JM_OK)
        jm_say(cmd, "%s\n", jm_cmd_text(cmd, "say.deleted"));
    return jm_wallet_run_end(r, st);
}

static const struct jm_option receive_options[] = {
    {"passphrase-file", 0, "FILE", 0},
    {"tx-code-file", 0, "FILE", 0},
    {"continue", 0, NULL, 0},
};
const struct jm_command jm_command_wallet_receive = {
    .name = "wallet receive",
    .operands = "URI|PICTURE",
    .max_operands = 1,
    .options = receive_options,
    .n_options = JM_ARRAY_LEN(receive_options),
    .example = {"wallet receive desk.png", "wallet receive --continue --tx-code-file code"},
    .run = run_receive,
};
static const struct jm_option open_options[] = {{"passphrase-file", 0, "FILE", 0}};
const struct jm_command jm_command_wallet_refresh = {
    .name = "wallet refresh",
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet refresh", "wallet refresh --passphrase-file words"},
    .run = run_refresh,
};
const struct jm_command jm_command_wallet_renew = {
    .name = "wallet renew",
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet renew", "wallet renew --passphrase-file words --json"},
    .run = run_renew,
};
const struct jm_command jm_command_wallet_report_lost = {
    .name = "wallet report-lost",
    .operands = "phone|card|plastic",
    .max_operands = 1,
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet report-lost", "wallet report-lost plastic --json"},
    .run = run_report_lost,
};
static const struct jm_option delete_options[] = {{"passphrase-file", 0, "FILE", 0},
                                                  {"yes", 0, NULL, 0}};
const struct jm_command jm_command_wallet_delete = {
    .name = "wallet delete",
    .options = delete_options,
    .n_options = JM_ARRAY_LEN(delete_options),
    .example = {"wallet delete", "wallet delete --yes --json"},
    .run = run_delete,
};
