/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet respond: what the holder is asked and what is said; what is sent stands in
 * jumin/holder.h. */
#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/wallet/wallet_run.h"

/* The next name of a list of them; null view: there is none. */
static struct jm_bytes next_name(struct jm_bytes *list)
{
    size_t end = 0;
    struct jm_bytes name;

    while (end < list->len && list->ptr[end] != ',')
        end++;
    name = list->len == 0 ? jm_none() : jm_slice(*list, 0, end);
    *list = jm_slice(*list, end + 1, SIZE_MAX);
    return name;
}

static bool is_among(struct jm_bytes list, struct jm_bytes name)
{
    struct jm_bytes one;

    while ((one = next_name(&list)).ptr != NULL)
        if (jm_bytes_eq(one, name))
            return true;
    return false;
}

/* The first name that is not in the list; null view: there is none. */
static struct jm_bytes first_beyond(struct jm_bytes names, struct jm_bytes list)
{
    struct jm_bytes one;

    while ((one = next_name(&names)).ptr != NULL && is_among(list, one))
        ;
    return one;
}

static struct jm_bytes text_of(const struct jm_wallet_run *r, const struct jm_i18n *t)
{
    bool ko = r->h.cmd->common.lang == JM_LANG_KO;

    return (ko && t->ko.len != 0) || t->en.len == 0 ? t->ko : t->en;
}

/* What need not go is off (D-352): of the ways the first that --approve covers, else the least. */
static struct jm_bytes way_of(const struct jm_question *q, const char *approved)
{
    for (size_t i = 0; approved != NULL && i < q->n_ways; i++)
        if (first_beyond(q->way[i], jm_str(approved)).ptr == NULL)
            return q->way[i];
    return q->way[q->n_ways - 1];
}

static void put_request(struct jm_wallet_run *r, const struct jm_question *q, struct jm_bytes goes)
{
    static const char *const badge[] =
        {"", "say.badge-1", "say.badge-2", "say.badge-3", "say.badge-4", "say.badge-5"};
    struct jm_cmd cmd = *r->h.cmd;
    struct jm_bytes who = text_of(r, &q->consent->who), why = text_of(r, &q->consent->purpose);

    if (who.len == 0)
        who = q->client_id;
    /* nobody is asked about what he does not see */
    cmd.common.quiet = cmd.common.quiet && jm_opt(&cmd, "approve") != NULL;
    JM_REMARK(&cmd, "say.request", jm_cstr(r->h.cmd, who),
              jm_cmd_text(r->h.cmd, badge[q->consent->badge]), jm_cstr(r->h.cmd, why),
              jm_format(r->h.cmd->mem, "%lld", (long long)q->consent->retention_days),
              jm_cstr(r->h.cmd, goes));
    if (q->consent->changed)
        JM_REMARK(&cmd, "say.request-changed", jm_cstr(r->h.cmd, who));
    for (size_t i = 0; i < q->n_ways; i++)
        if (!jm_bytes_eq(q->way[i], goes))
            JM_REMARK(&cmd, "say.request-or", jm_cstr(r->h.cmd, q->way[i]));
}

/* --approve must name every claim that goes; else a yes at a terminal; else nothing is sent. */
static enum jm_status ask_consent(struct jm_wallet_run *r, const struct jm_question *q,
                                  struct jm_bytes *out)
{
    const char *list = jm_opt(r->h.cmd, "approve");
    struct jm_bytes beyond;

    *out = way_of(q, list);
    put_request(r, q, *out);
    if (list == NULL)
        return jm_ask_yes(r->h.cmd, "ask.agree")
                   ? JM_OK
                   : jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED, NULL);
    beyond = first_beyond(*out, jm_str(list));
    return beyond.ptr == NULL
               ? JM_OK
               : jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED, jm_cstr(r->h.cmd, beyond));
}

static enum jm_status ask_holder(struct jm_wallet_run *r, const struct jm_question *q,
                                 struct jm_bytes *out)
{
    if (q->kind == JM_QUESTION_CONSENT)
        return ask_consent(r, q, out);
    if (q->kind != JM_QUESTION_TELL)
        return JM_E_BUG;
    return jm_opt(r->h.cmd, "approve") != NULL || jm_ask_yes(r->h.cmd, "ask.tell") ? JM_OK
                                                                                   : JM_E_DENIED;
}

static enum jm_status respond_to(struct jm_wallet_run *r)
{
    const char *out = jm_opt(r->h.cmd, "out");
    struct jm_bytes uri;

    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_uri(&uri, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, jm_opt(r->h.cmd, "approve") != NULL, out != NULL));
    r->ask = ask_holder;
    JM_TRY(jm_wallet_run_drive(r, jm_holder_respond(&r->e, uri, jm_home_now(&r->h.home))));
    return out == NULL ? JM_OK
                       : jm_cmd_write(out, jm_holder_shown(&r->e).body, 0600, r->h.cmd, &r->d);
}

/* Where to go on, after whatever outcome: OpenID4VP 1.0 8.2. */
static void put_json(struct jm_wallet_run *r, const char *state)
{
    struct jm_holder_shown s = jm_holder_shown(&r->e);
    struct jm_json_w w;
    struct jm_buf b;

    if (jm_alloc_buf(&b, r->h.cmd->mem,
                     256 + 6 * (s.names.len + s.redirect.len + s.response_uri.len)) != JM_OK)
        return;
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "state", state);
    jm_json_w_mint(&w, "badge", (int64_t)s.badge);
    jm_json_w_mtext(&w, "disclosed", s.names);
    jm_json_w_mtext(&w, "response_uri", s.response_uri);
    if (s.redirect.len != 0)
        jm_json_w_mtext(&w, "redirect_uri", s.redirect);
    jm_json_w_close(&w, '}');
    if (jm_json_w_end(&w) == JM_OK)
        (void)jm_cmd_json(jm_written(b));
}

static int run_respond(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    bool written = jm_opt(cmd, "out") != NULL;
    struct jm_holder_shown s;
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = respond_to(r);
    s = jm_holder_shown(&r->e);
    if (s.told != NULL)
        JM_REMARK(cmd, "say.told", s.told);
    if (s.redirect.len != 0)
        JM_REMARK(cmd, "say.redirect", jm_cstr(cmd, s.redirect));
    if (cmd->common.json && st == JM_OK)
        put_json(r, written ? "written" : "accepted");
    /* a line of its own before the error */
    else if (cmd->common.json && s.redirect.len != 0)
        put_json(r, s.told != NULL ? "declined" : "refused");
    if (st == JM_OK)
        JM_SAY(cmd, written ? "say.written" : "say.accepted", jm_cstr(cmd, s.names));
    return jm_wallet_run_end(r, st);
}

static const struct jm_option options[] = {{"passphrase-file", 0, "FILE", 0},
                                           {"approve", 0, "CLAIM,…", 0},
                                           {"out", 0, "FILE", 0}};
const struct jm_command jm_command_wallet_respond = {
    .name = "wallet respond",
    .operands = "URI|PICTURE",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .n_options = JM_ARRAY_LEN(options),
    .example = {"wallet respond bank.png",
                "wallet respond bank.png --approve family_name,age_over_19"},
    .run = run_respond,
};
