/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet list, show: what is there. */
#include "cmd/cli/commands.h"
#include "cmd/wallet/wallet_run.h"
#include "jumin/sdjwt.h"

static size_t count_unused(const struct jm_wallet_card *c, enum jm_fmt fmt, int64_t now)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->copy[i].fmt == fmt && !c->copy[i].used && c->copy[i].until > now;
    return n;
}

static int list_cards(struct jm_wallet_run *r)
{
    int64_t now = jm_home_now(&r->h.home);

    for (size_t i = 0; i < r->h.w.n_cards; i++) {
        const struct jm_wallet_card *c = &r->h.w.card[i];
        bool ok = c->state == JM_WCARD_ACTIVE;
        struct jm_bytes name = c->issuer_name.ko.len != 0 && r->h.cmd->common.lang == JM_LANG_KO
                                   ? c->issuer_name.ko
                                   : c->issuer_name.en;

        if (r->h.cmd->common.json)
            (void)jm_cmd_json(jm_str(
                jm_format(r->h.cmd->mem,
                          "{\"issuer\":\"%.*s\",\"state\":\"%s\",\"mdoc\":%zu,\"sdjwt\":%zu}",
                          (int)c->issuer.len, (const char *)c->issuer.ptr,
                          ok ? "active" : "not valid", count_unused(c, JM_FMT_MDOC, now),
                          count_unused(c, JM_FMT_SDJWT, now))));
        else
            JM_SAY(r->h.cmd, ok ? "say.card" : "say.card-off", jm_cstr(r->h.cmd, name),
                   jm_format(r->h.cmd->mem, "%zu", count_unused(c, JM_FMT_MDOC, now)),
                   jm_format(r->h.cmd->mem, "%zu", count_unused(c, JM_FMT_SDJWT, now)));
    }
    if (r->h.w.n_cards == 0)
        return jm_cmd_refuse(r->h.cmd, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    return JM_EXIT_OK;
}

static int run_list(const struct jm_cmd *cmd)
{
    return jm_wallet_look(cmd, list_cards);
}

static void put_value(struct jm_json_w *w, const struct jm_claim *c, bool values)
{
    bool secret = false;

    for (const struct jm_claim *x = c; x != NULL; x = x->up)
        secret = secret || jm_bytes_eq_str(x->name, "resident_registration_number") ||
                 jm_bytes_eq_str(x->name, "portrait");
    jm_json_w_raw(w, values && !secret ? c->json->raw : JM_BYTES("\"*\""));
}

/* Each value that can be shown, by the name that a consent would give it. */
static void show_claims(const struct jm_wallet_run *r, const struct jm_claims *all,
                        const struct jm_claim *at, bool carried, bool values)
{
    struct jm_bytes name;
    struct jm_json_w w;
    struct jm_buf b;

    for (const struct jm_claim *c = at->child; c != NULL; c = c->next) {
        bool here = carried || c->part != 0;

        if (c->kind != JM_CLAIM_VALUE) {
            show_claims(r, all, c, here, values);
            continue;
        }
        if (!here || jm_claim_name(&name, all, c, r->h.cmd->mem) != JM_OK ||
            jm_alloc_buf(&b, r->h.cmd->mem, 64 + 6 * name.len + c->json->raw.len) != JM_OK)
            continue;
        jm_json_w_init(&w, &b);
        if (r->h.cmd->common.json) {
            jm_json_w_open(&w, '{');
            jm_json_w_mtext(&w, "claim", name);
            jm_json_w_name(&w, "value");
        }
        put_value(&w, c, values);
        if (r->h.cmd->common.json)
            jm_json_w_close(&w, '}');
        if (jm_json_w_end(&w) != JM_OK)
            continue;
        if (r->h.cmd->common.json)
            (void)jm_cmd_json(jm_written(b));
        else
            jm_say(r->h.cmd, "%-30.*s %.*s\n", (int)name.len, (const char *)name.ptr, (int)b.len,
                   (const char *)b.ptr);
    }
}

/* Claim names of the newest card; values only with --show-values, resident number and portrait
 * never. */
static int show_card(struct jm_wallet_run *r)
{
    const struct jm_cmd *cmd = r->h.cmd;

    for (size_t i = r->h.w.n_cards; i-- > 0;) {
        const struct jm_wallet_card *c = &r->h.w.card[i];
        struct jm_claims claims;
        struct jm_sdjwt s;

        for (size_t k = 0; k < c->n; k++) {
            if (c->copy[k].fmt != JM_FMT_SDJWT ||
                jm_sdjwt_split(&s, c->copy[k].octets, cmd->crypto, cmd->mem, NULL) != JM_OK ||
                jm_claims_of_sdjwt(&claims, &s, cmd->mem) != JM_OK)
                continue;
            show_claims(r, &claims, claims.root, false, jm_opt_has(cmd, "show-values"));
            return JM_EXIT_OK;
        }
    }
    return jm_cmd_refuse(cmd, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
}

static int run_show(const struct jm_cmd *cmd)
{
    return jm_wallet_look(cmd, show_card);
}

static const struct jm_option open_options[] = {{"passphrase-file", 0, "FILE", 0}};
const struct jm_command jm_command_wallet_list = {
    .name = "wallet list",
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet list", "wallet list --json"},
    .run = run_list,
};
static const struct jm_option show_options[] = {{"passphrase-file", 0, "FILE", 0},
                                                {"show-values", 0, NULL, 0}};
const struct jm_command jm_command_wallet_show = {
    .name = "wallet show",
    .options = show_options,
    .n_options = JM_ARRAY_LEN(show_options),
    .example = {"wallet show", "wallet show --show-values"},
    .run = run_show,
};
