/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet respond: who asks what and why, a yes, and only then an answer. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/wallet/wallet.h"
#include "jumin/mdoc.h"

#define ENGINE_ROOM (6 * JM_MIB)

struct run {
    struct jm_holder h;
    struct jm_vp e;
    struct jm_handle ephemeral;
    struct jm_consent consent;
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_vp_choice choice[JM_WALLET_PICKS_MAX];
    size_t n;
    struct jm_bytes names; /* of all that goes */
    struct jm_diag d;
};

static enum jm_status engine_said(struct run *r, enum jm_status st)
{
    const struct jm_diag *d = jm_vp_diag(&r->e);

    return d->code == JM_CODE_NONE ? st
                                   : jm_refuse(&r->d, st, d->code, (const char *)d->detail.ptr);
}

static enum jm_status drive(struct run *r, enum jm_status st)
{
    const struct jm_driver d = jm_platform_driver(&r->h.platform);

    st = jm_drive(&d, jm_vp_engine(&r->e), st);
    return st == JM_OK ? JM_OK : engine_said(r, st);
}

static bool among(struct jm_bytes list, struct jm_bytes name)
{
    for (size_t from = 0; from <= list.len;) {
        size_t end = from;

        while (end < list.len && list.ptr[end] != ',')
            end++;
        if (jm_bytes_eq(jm_slice(list, from, end - from), name))
            return true;
        from = end + 1;
    }
    return false;
}

static struct jm_bytes text_of(const struct run *r, const struct jm_i18n *t)
{
    bool ko = r->h.cmd->common.lang == JM_LANG_KO;

    return (ko && t->ko.len != 0) || t->en.len == 0 ? t->ko : t->en;
}

static void put_request(struct run *r)
{
    static const char *const badge[] =
        {"", "say.badge-1", "say.badge-2", "say.badge-3", "say.badge-4", "say.badge-5"};
    struct jm_cmd cmd = *r->h.cmd;
    struct jm_bytes who = text_of(r, &r->consent.who), why = text_of(r, &r->consent.purpose),
                    id = jm_vp_request_of(&r->e)->client_id;

    if (who.len == 0)
        who = id;
    /* nobody is asked about what he does not see */
    cmd.common.quiet = cmd.common.quiet && jm_opt(&cmd, "approve") != NULL;
    JM_REMARK(&cmd, "say.request", jm_cstr(r->h.cmd, who),
              jm_cmd_text(r->h.cmd, badge[r->consent.badge]), jm_cstr(r->h.cmd, why),
              jm_format(r->h.cmd->mem, "%lld", (long long)r->consent.retention_days),
              jm_cstr(r->h.cmd, r->names));
}

/* --approve must name every claim that would go; else a yes at a terminal; else nothing is sent. */
static enum jm_status approved(struct run *r)
{
    const char *list = jm_opt(r->h.cmd, "approve");

    if (list == NULL)
        return jm_ask_yes(r->h.cmd, "ask.agree")
                   ? JM_OK
                   : jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED, NULL);
    for (size_t p = 0; p < r->n; p++)
        for (size_t i = 0; i < r->pick[p].n_shown; i++)
            if (!among(jm_str(list), r->pick[p].shown[i])) {
                struct jm_bytes name = r->pick[p].shown[i];

                return jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED,
                                 jm_format(r->h.cmd->mem, "%.*s", (int)name.len,
                                           (const char *)name.ptr));
            }
    return JM_OK;
}

static enum jm_status note(struct run *r, const char *outcome)
{
    struct jm_bytes who = text_of(r, &r->consent.who);
    struct jm_wallet_event e = {jm_home_now(&r->h.home), who,
                                r->consent.use,          r->names,
                                jm_str(outcome),         (int64_t)r->consent.badge};

    JM_TRY(jm_wallet_add_event(&r->h.w, &e, r->h.cmd->mem));
    return jm_holder_save(&r->h, &r->d);
}

static enum jm_status fetch_and_judge(struct run *r)
{
    struct jm_vp_config c = {.trust = &r->h.home.trust, .crypto = r->h.cmd->crypto};
    void *room = jm_alloc(r->h.cmd->mem, ENGINE_ROOM, 1);
    struct jm_bytes uri;

    if (room == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_wallet_uri(&uri, r->h.cmd, &r->d));
    JM_TRY(jm_platform_new_key(&r->h.platform, &r->ephemeral, &c.ephemeral_point));
    c.ephemeral = jm_handle_bytes(&r->ephemeral);
    JM_TRY(jm_vp_init(&r->e, &c, room, ENGINE_ROOM));
    JM_TRY(drive(r, jm_vp_event(&r->e, JM_EVENT_START, uri, jm_home_now(&r->h.home))));
    return jm_wallet_judge(&r->consent, jm_vp_request_of(&r->e), &r->h.home.trust, r->h.cmd->crypto,
                           jm_home_now(&r->h.home), &r->d);
}

static enum jm_status choose(struct run *r)
{
    JM_TRY(jm_wallet_choose(r->pick, &r->n, &r->h.w, &jm_vp_request_of(&r->e)->dcql,
                            jm_home_now(&r->h.home), r->h.cmd->crypto, r->h.cmd->mem, &r->d));
    for (size_t i = 0; i < r->n; i++) {
        struct jm_wallet_pick *p = &r->pick[i];

        r->choice[i] = (struct jm_vp_choice){p->query->id,    p->copy->fmt,
                                             p->copy->octets, jm_handle_bytes(&p->copy->key),
                                             p->part,         p->n_parts};
    }
    return jm_wallet_shown(&r->names, r->pick, r->n, r->h.cmd->mem);
}

/*
 * A registered verifier that waits is told, once the holder has answered: a "no" and "no such card"
 * sound alike. What goes wrong on the way changes nothing of why.
 */
static void tell(struct run *r, const char *error)
{
    const struct jm_driver d = jm_platform_driver(&r->h.platform);
    enum jm_status st =
        jm_drive(&d, jm_vp_engine(&r->e), jm_vp_decline(&r->e, error, jm_home_now(&r->h.home)));

    if (st == JM_OK && jm_vp_state(&r->e) == JM_VP_TOLD)
        JM_REMARK(r->h.cmd, "say.told", error);
}

/* The request is good and cannot be answered: its sender may know, if the holder wants that. */
static enum jm_status unanswerable(struct run *r, enum jm_status st)
{
    enum jm_code code = r->d.code;

    if (jm_opt(r->h.cmd, "approve") != NULL || jm_ask_yes(r->h.cmd, "ask.tell"))
        tell(r, code == JM_VP_FORMATS || code == JM_VP_FORMAT ? "vp_formats_not_supported"
                                                              : "invalid_transaction_data");
    return st;
}

static enum jm_status decide(struct run *r)
{
    enum jm_status st = choose(r);

    /* --approve is the holder's answer, given beforehand; else nobody has answered anything */
    if (st != JM_OK) {
        if (jm_opt(r->h.cmd, "approve") != NULL && (st == JM_E_ABSENT || st == JM_E_GONE))
            tell(r, "access_denied");
        return st;
    }
    put_request(r);
    if ((st = approved(r)) == JM_OK)
        return JM_OK;
    JM_TRY(note(r, "declined"));
    tell(r, "access_denied");
    return st;
}

static enum jm_status sent(struct run *r)
{
    enum jm_status st =
        drive(r, jm_vp_event(&r->e, JM_EVENT_MESSAGE, jm_none(), jm_home_now(&r->h.home)));

    if (st == JM_OK && jm_vp_state(&r->e) == JM_VP_REFUSED)
        st = jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_VERIFIER_REFUSED,
                       jm_format(r->h.cmd->mem, "%.*s", (int)r->e.reason.len,
                                 (const char *)r->e.reason.ptr));
    return st;
}

static enum jm_status respond(struct run *r)
{
    const char *out = jm_opt(r->h.cmd, "out");
    enum jm_status st;

    JM_TRY(jm_holder_open(&r->h, r->h.cmd, &r->d));
    st = fetch_and_judge(r);
    if (st != JM_OK && jm_vp_state(&r->e) == JM_VP_UNANSWERABLE)
        return unanswerable(r, st);
    if (st != JM_OK) {
        /* refused here, by what the registry says: the holder finds it in the history */
        if (r->consent.badge != 0)
            JM_TRY(note(r, "refused by wallet"));
        return st;
    }
    JM_TRY(decide(r));
    JM_TRY(drive(r, jm_vp_agree(&r->e, r->choice, r->n, jm_home_now(&r->h.home))));
    for (size_t i = 0; i < r->n; i++)
        r->pick[i].copy->used = true; /* and durable, before the first octet leaves */
    JM_TRY(note(r, out != NULL ? "written" : "sent"));
    return out != NULL ? jm_cmd_write(out, jm_vp_body(&r->e), 0600, r->h.cmd, &r->d) : sent(r);
}

/* Where to go on, after whatever outcome: OpenID4VP 1.0 8.2. */
static void put_json(struct run *r, const char *state)
{
    struct jm_bytes next = jm_vp_redirect(&r->e), to = r->e.request.response_uri;
    struct jm_json_w w;
    struct jm_buf b;

    if (jm_alloc_buf(&b, r->h.cmd->mem, 256 + 6 * (r->names.len + next.len + to.len)) != JM_OK)
        return;
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "state", state);
    jm_json_w_mint(&w, "badge", (int64_t)r->consent.badge);
    jm_json_w_mtext(&w, "disclosed", r->names);
    jm_json_w_mtext(&w, "response_uri", to);
    if (next.len != 0)
        jm_json_w_mtext(&w, "redirect_uri", next);
    jm_json_w_close(&w, '}');
    if (jm_json_w_end(&w) == JM_OK)
        (void)jm_cmd_json(jm_written(b));
}

static void put_redirect(struct run *r)
{
    if (jm_vp_redirect(&r->e).len != 0)
        JM_REMARK(r->h.cmd, "say.redirect", jm_cstr(r->h.cmd, jm_vp_redirect(&r->e)));
}

static int run_respond(const struct jm_cmd *cmd)
{
    struct run *r = JM_NEW(cmd->mem, struct run);
    bool written = jm_opt(cmd, "out") != NULL;
    enum jm_status st;
    int code;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    r->h.cmd = cmd;
    st = respond(r);
    put_redirect(r);
    if (cmd->common.json && st == JM_OK)
        put_json(r, written ? "written" : "accepted");
    /* a line of its own before the error */
    else if (cmd->common.json && jm_vp_redirect(&r->e).len != 0)
        put_json(r, jm_vp_state(&r->e) == JM_VP_TOLD ? "declined" : "refused");
    if (st == JM_OK)
        JM_SAY(cmd, written ? "say.written" : "say.accepted", jm_cstr(cmd, r->names));
    code = st == JM_OK ? JM_EXIT_OK : jm_cmd_fail(cmd, st, &r->d);
    jm_holder_close(&r->h);
    return code;
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
