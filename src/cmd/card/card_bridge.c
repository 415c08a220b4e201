/* SPDX-License-Identifier: Apache-2.0 */
/* jumin card bridge: a reader for a wallet that has none. What it carries it cannot read; PIN and
 * CAN are typed on the phone. */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/cli/reader.h"
#include "cmd/operator/clerk.h"
#include "host/qr/qr.h"
#include "jumin/base64.h"

#define BATCH_MAX 16 /* commands, as the relay has it */
#define ANSWERS_MAX (24 * JM_KIB)
#define TRIES 3 /* to hear what is next: a look that waits may be cut on its way */

struct bridging {
    struct jm_clerk *c;
    struct jm_card_link *link;
    const char *at; /* path of the bridge */
    int64_t seq;
    bool is_joined;
};

static const char *path_of(const struct bridging *b, const char *end)
{
    return jm_format(b->c->cmd->mem, "%s/%s", b->at, end);
}

/* One line for programs, at once. */
static enum jm_status tell_line(const struct jm_cmd *cmd, const char *member, struct jm_bytes value)
{
    struct jm_body body;

    JM_TRY(jm_body_open(&body, cmd, 512));
    jm_json_w_mtext(&body.w, member, value);
    return jm_body_answer(cmd, &body);
}

static enum jm_status open_bridge(struct bridging *b)
{
    struct jm_clerk *c = b->c;
    const char *file = jm_opt(c->cmd, "qr");
    struct jm_bytes id, secret, code, png;

    JM_TRY(jm_clerk_body(c));
    JM_TRY(jm_clerk_send(c, "/bridge"));
    JM_TRY(jm_json_str(&id, c->answer, "bridge"));
    JM_TRY(jm_json_str(&secret, c->answer, "secret"));
    JM_TRY(jm_json_str(&code, c->answer, "code"));
    c->r.token = secret;
    b->at = jm_format(c->cmd->mem, "/bridge/%s", jm_cstr(c->cmd, id));
    if (file != NULL) {
        JM_TRY(jm_qr_png(&png, code, c->cmd->mem));
        JM_TRY(jm_cmd_write(file, png, 0600, c->cmd, &c->d));
    }
    JM_SAY(c->cmd, "say.bridge-code", jm_cstr(c->cmd, code));
    return tell_line(c->cmd, "code", code);
}

static enum jm_status say_joined(struct bridging *b, const struct jm_json *work)
{
    struct jm_bytes sign;

    if (b->is_joined || jm_json_str(&sign, work, "sign") != JM_OK)
        return JM_OK;
    b->is_joined = true;
    JM_SAY(b->c->cmd, "say.bridge-sign", jm_cstr(b->c->cmd, sign));
    return tell_line(b->c->cmd, "sign", sign);
}

/* -- a batch -- */

static enum jm_status post_removed(struct bridging *b)
{
    const struct jm_json *answer;

    JM_REMARK(b->c->cmd, "say.bridge-removed", "");
    JM_TRY(jm_clerk_body(b->c));
    jm_json_w_mint(&b->c->body.w, "seq", b->seq);
    return jm_remote_post(&b->c->r, path_of(b, "removed"), &b->c->body, &answer, &b->c->d);
}

/* One command, and its answer behind those of before. */
static enum jm_status do_one(const struct bridging *b, const struct jm_json *e, struct jm_json_w *w)
{
    struct jm_bytes capdu;
    struct jm_buf rapdu;

    if (e->type != JM_JSON_STRING || jm_b64url_decode(&capdu, b->c->cmd->mem, e->text) != JM_OK)
        return JM_E_MALFORMED;
    JM_TRY(jm_alloc_buf(&rapdu, b->c->cmd->mem, JM_CARD_RAPDU_MAX));
    JM_TRY(jm_card_link_transmit(b->link, capdu, &rapdu));
    jm_json_w_b64url(w, jm_written(rapdu));
    return JM_OK;
}

static enum jm_status do_batch(struct bridging *b, const struct jm_json *work,
                               const struct jm_json *list)
{
    const struct jm_json *answer;
    struct jm_body body;
    enum jm_status st = JM_OK;

    JM_TRY(jm_body_open(&body, b->c->cmd, ANSWERS_MAX));
    jm_json_w_mint(&body.w, "seq", b->seq);
    jm_json_w_mopen(&body.w, "rapdus", '[');
    if (jm_json_is_true(work, "reset"))
        st = jm_card_link_reset(b->link);
    for (const struct jm_json *e = list->child; e != NULL && st == JM_OK; e = e->next)
        st = do_one(b, e, &body.w);
    if (st == JM_E_MALFORMED || st == JM_E_NO_SPACE)
        return jm_refuse(&b->c->d, st, JM_API_JSON, b->c->r.base);
    if (st != JM_OK)
        return post_removed(b);
    jm_json_w_close(&body.w, ']');
    return jm_remote_post(&b->c->r, path_of(b, "rapdus"), &body, &answer, &b->c->d);
}

/* -- until somebody says that it is over -- */

/* The wallet says how it went; what it says is a code or nothing. */
static enum jm_status end_of(struct bridging *b, const struct jm_json *work)
{
    const struct jm_code_info *why;
    struct jm_bytes reason;

    JM_TRY(jm_json_opt_str(&reason, work, "reason"));
    if (reason.len != 0 && (why = jm_code_by_name(reason)) != NULL)
        return jm_refuse(&b->c->d, JM_E_DENIED, why->code, NULL);
    JM_SAY(b->c->cmd, "say.bridge-done", "");
    return JM_OK;
}

static enum jm_status look_next(const struct bridging *b, const struct jm_json **work)
{
    enum jm_status st = JM_E_UNAVAILABLE;

    for (unsigned i = 0; i < TRIES && st == JM_E_UNAVAILABLE; i++) {
        b->c->d = (struct jm_diag){0};
        st = jm_remote_call(&b->c->r, path_of(b, b->is_joined ? "next" : "next?new"), jm_none(),
                            work, &b->c->d);
    }
    return st;
}

static enum jm_status step_bridge(struct bridging *b, bool *is_over)
{
    const struct jm_json *work, *list;

    JM_TRY(look_next(b, &work));
    JM_TRY(say_joined(b, work));
    *is_over = jm_json_is_true(work, "over");
    if (*is_over)
        return end_of(b, work);
    list = jm_json_get(work, "capdus");
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n > BATCH_MAX ||
        jm_json_int(&b->seq, jm_json_get(work, "seq")) != JM_OK)
        return jm_refuse(&b->c->d, JM_E_MALFORMED, JM_API_JSON, b->c->r.base);
    return list->n == 0 ? JM_OK : do_batch(b, work, list);
}

/* Somebody stands at the phone: they need not wait for what does not come any more. */
static void give_up(struct bridging *b)
{
    const struct jm_json *answer;
    struct jm_diag unheard = {0};

    if (b->at != NULL && jm_clerk_body(b->c) == JM_OK)
        (void)!jm_remote_post(&b->c->r, path_of(b, "end"), &b->c->body, &answer, &unheard);
}

static enum jm_status work_bridge(struct jm_clerk *c)
{
    struct bridging b = {.c = c};
    struct jm_arena *mem = c->cmd->mem;
    bool is_over = false;
    enum jm_status st;

    JM_TRY(jm_clerk_find_issuer(c));
    JM_TRY(jm_cmd_reader(&b.link, c->cmd, &c->d)); /* before anybody scans */
    st = open_bridge(&b);
    while (st == JM_OK && !is_over) {
        size_t mark = jm_arena_mark(mem);

        st = step_bridge(&b, &is_over);
        if (st == JM_OK && !is_over)
            jm_arena_back(mem, mark);
    }
    if (!is_over)
        give_up(&b);
    jm_card_link_close(b.link);
    c->answer = NULL; /* it has been told */
    return st;
}

static int run_bridge(const struct jm_cmd *cmd)
{
    return jm_clerk_run(cmd, work_bridge, true);
}

JM_COMMAND_RUN(card_bridge, "card bridge", run_bridge,
               "card bridge --issuer https://issuer.example --reader pcsc --qr code.png",
               "card bridge --reader memory:card.chip --json",
               JM_OPTIONS(JM_TAKES("issuer", "URL"), JM_NEEDS("reader", "READER"),
                          JM_TAKES("qr", "FILE"), JM_TAKES("wait", "SECONDS")));
