/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet order, orders, order-cancel: plastic on order; takeover: another phone that wants
 * the card. By the card on this phone. */
#include "cmd/cli/commands.h"
#include "cmd/wallet/wallet_run.h"
#include "host/random/random.h"
#include "service/msg.h"

static enum jm_status ask_issuer(struct jm_wallet_run *r, enum jm_card_act act,
                                 struct jm_bytes body)
{
    JM_TRY(jm_wallet_home_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(jm_wallet_run_begin(r, false, false));
    return jm_wallet_run_drive(r, jm_holder_order(&r->e, act, body, jm_home_now(&r->h.home)));
}

static int run_act(const struct jm_cmd *cmd, enum jm_card_act act,
                   enum jm_status (*fill)(struct jm_body *b, const struct jm_cmd *cmd))
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    const struct jm_json *answer = NULL;
    struct jm_bytes body = jm_none();
    struct jm_body b;
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = jm_body_open(&b, cmd, 512);
    if (st == JM_OK && fill != NULL)
        st = fill(&b, cmd);
    if (st == JM_OK)
        st = jm_body_close(&body, &b);
    if (st == JM_OK)
        st = ask_issuer(r, act, body);
    if (st == JM_OK)
        st = jm_json_parse(&answer, jm_holder_told(&r->e), cmd->mem, NULL);
    if (st == JM_OK) {
        jm_say_members(cmd, answer);
        st = jm_answer(cmd, answer->raw);
    }
    return jm_wallet_run_end(r, st);
}

static enum jm_status fill_order(struct jm_body *b, const struct jm_cmd *cmd)
{
    struct jm_id order;
    char text[33];

    JM_TRY(jm_random(NULL, order.octets, sizeof order.octets));
    jm_id_format(text, &order);
    jm_json_w_mstr(&b->w, "order", text);
    jm_json_w_mstr(&b->w, "kind", jm_opt(cmd, "kind"));
    jm_body_option(b, "centre", cmd, "centre");
    return JM_OK;
}

static enum jm_status fill_cancel(struct jm_body *b, const struct jm_cmd *cmd)
{
    jm_json_w_mstr(&b->w, "order", cmd->operand[0]);
    return JM_OK;
}

static enum jm_status fill_takeover(struct jm_body *b, const struct jm_cmd *cmd)
{
    if (cmd->n_operands > 0)
        jm_json_w_mstr(&b->w, "decision", cmd->operand[0]);
    return JM_OK;
}

static int run_takeover(const struct jm_cmd *cmd)
{
    return run_act(cmd, JM_CARD_ACT_TAKEOVER, fill_takeover);
}

static enum jm_status fill_price(struct jm_body *b, const struct jm_cmd *cmd)
{
    jm_json_w_mstr(&b->w, "kind", jm_opt(cmd, "kind"));
    return JM_OK;
}

static int run_order(const struct jm_cmd *cmd)
{
    return jm_opt_has(cmd, "price") ? run_act(cmd, JM_CARD_ACT_PRICE, fill_price)
                                    : run_act(cmd, JM_CARD_ACT_ORDER, fill_order);
}

static int run_orders(const struct jm_cmd *cmd)
{
    return run_act(cmd, JM_CARD_ACT_ORDERS, NULL);
}

static int run_cancel(const struct jm_cmd *cmd)
{
    return run_act(cmd, JM_CARD_ACT_CANCEL, fill_cancel);
}

JM_COMMAND_RUN(wallet_order, "wallet order", run_order, "wallet order --kind ic",
               "wallet order --kind ic --price --json",
               JM_OPTIONS(JM_NEEDS("kind", "KIND"), JM_SWITCH("price"), JM_TAKES("centre", "CODE"),
                          JM_TAKES("passphrase-file", "FILE")));
JM_COMMAND_RUN(wallet_orders, "wallet orders", run_orders, "wallet orders", "wallet orders --json",
               JM_OPTIONS(JM_TAKES("passphrase-file", "FILE")));
JM_COMMAND_RUN(wallet_order_cancel, "wallet order-cancel", run_cancel, "wallet order-cancel ORDER",
               "wallet order-cancel ORDER --json", JM_OPERANDS("ORDER", 1, 1),
               JM_OPTIONS(JM_TAKES("passphrase-file", "FILE")));
JM_COMMAND_RUN(wallet_takeover, "wallet takeover", run_takeover, "wallet takeover",
               "wallet takeover no --json", JM_OPERANDS("yes|no", 0, 1),
               JM_OPTIONS(JM_TAKES("passphrase-file", "FILE")));
