/* SPDX-License-Identifier: Apache-2.0 */
/* jumin desk order, orders, order-cancel, hand-over: plastic on order, at a desk; takeover. */
#include "cmd/cli/commands.h"
#include "cmd/operator/clerk.h"
#include "host/random/random.h"
#include "service/msg.h"

/* What was taken, where something was. */
static enum jm_status put_payment(struct jm_clerk *c)
{
    const char *taken = jm_opt(c->cmd, "won");
    uint64_t won;

    jm_body_option(&c->body, "method", c->cmd, "method");
    if (taken == NULL)
        return JM_OK;
    if (jm_parse_u64(&won, jm_str(taken)) != JM_OK)
        return jm_refuse(&c->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--won");
    jm_json_w_mint(&c->body.w, "won", (int64_t)won);
    return JM_OK;
}

static enum jm_status work_order(struct jm_clerk *c)
{
    struct jm_id order;
    char text[33];

    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    JM_TRY(jm_random(NULL, order.octets, sizeof order.octets));
    jm_id_format(text, &order);
    jm_json_w_mstr(&c->body.w, "order", text);
    jm_json_w_mstr(&c->body.w, "person", jm_opt(c->cmd, "person"));
    jm_json_w_mstr(&c->body.w, "kind", jm_opt(c->cmd, "kind"));
    jm_body_option(&c->body, "reason", c->cmd, "reason");
    jm_body_option(&c->body, "authority", c->cmd, "authority");
    jm_body_option(&c->body, "centre", c->cmd, "centre");
    JM_TRY(put_payment(c));
    return jm_clerk_send(c, "/desk/orders");
}

static enum jm_status work_orders(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    return jm_remote_call(&c->r, "/desk/orders", jm_none(), &c->answer, &c->d);
}

static enum jm_status work_cancel(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/orders/%s/cancel", c->cmd->operand[0]));
}

static enum jm_status work_hand_over(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_body_option(&c->body, "taker", c->cmd, "taker");
    jm_body_option(&c->body, "proof", c->cmd, "proof");
    JM_TRY(put_payment(c));
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/orders/%s/collect", c->cmd->operand[0]));
}

/* D-223: what the person who stands there says about a phone that wants their card. */
static enum jm_status work_takeover(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    if (c->cmd->n_operands > 0)
        jm_json_w_mstr(&c->body.w, "decision", c->cmd->operand[0]);
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/persons/%s/takeover",
                                      jm_opt(c->cmd, "person")));
}

/* What was applied for from afar, and a clerk's word about it. */
static enum jm_status work_applications(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    return jm_remote_call(&c->r, "/desk/applications", jm_none(), &c->answer, &c->d);
}

static enum jm_status work_decide(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "decision", c->cmd->operand[1]);
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/applications/%s", c->cmd->operand[0]));
}

#define RUNS(which)                                    \
    static int run_##which(const struct jm_cmd *cmd)   \
    {                                                  \
        return jm_clerk_run(cmd, work_##which, false); \
    }
RUNS(order)
RUNS(orders)
RUNS(cancel)
RUNS(hand_over)
RUNS(takeover)
RUNS(applications)
RUNS(decide)

JM_COMMAND_RUN(desk_order, "desk order", run_order,
               "desk order --as kim.key --person ID --kind ic --won 10000 --method cash",
               "desk order --as kim.key --person ID --kind ic --reason natural_wear --json",
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_NEEDS("person", "ID"), JM_NEEDS("kind", "KIND"),
                          JM_TAKES("reason", "KIND"), JM_TAKES("authority", "NAME"),
                          JM_TAKES("centre", "CODE"), JM_TAKES("won", "WON"),
                          JM_TAKES("method", "KIND")));
JM_COMMAND_RUN(desk_orders, "desk orders", run_orders, "desk orders --as kim.key",
               "desk orders --as kim.key --json", JM_OPTIONS(JM_CLERK_OPTIONS));
JM_COMMAND_RUN(desk_order_cancel, "desk order-cancel", run_cancel,
               "desk order-cancel --as kim.key ORDER --reason 'changed their mind'",
               "desk order-cancel --as kim.key ORDER --reason 'changed their mind' --json",
               JM_OPERANDS("ORDER", 1, 1),
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_NEEDS("reason", "REASON")));
JM_COMMAND_RUN(desk_hand_over, "desk hand-over", run_hand_over, "desk hand-over --as kim.key ORDER",
               "desk hand-over --as kim.key ORDER --won 10000 --method card --json",
               JM_OPERANDS("ORDER", 1, 1),
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_TAKES("won", "WON"), JM_TAKES("method", "KIND"),
                          JM_TAKES("taker", "ID"), JM_TAKES("proof", "TEXT")));
JM_COMMAND_RUN(desk_takeover, "desk takeover", run_takeover,
               "desk takeover --as kim.key --person ID yes",
               "desk takeover --as kim.key --person ID --json", JM_OPERANDS("yes|no", 0, 1),
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_NEEDS("person", "ID")));
JM_COMMAND_RUN(desk_applications, "desk applications", run_applications,
               "desk applications --as kim.key", "desk applications --as kim.key --json",
               JM_OPTIONS(JM_CLERK_OPTIONS));
JM_COMMAND_RUN(desk_decide, "desk decide", run_decide,
               "desk decide --as kim.key CASE yes --reason 'known at the centre'",
               "desk decide --as kim.key CASE no --reason 'photo of a child' --json",
               JM_OPERANDS("CASE yes|no", 2, 2),
               JM_OPTIONS(JM_CLERK_OPTIONS, JM_NEEDS("reason", "REASON")));
