/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of the holder's engine in a home: begun, driven, ended. */
#include "cmd/wallet/wallet_run.h"

struct jm_wallet_run *jm_wallet_run_new(const struct jm_cmd *cmd)
{
    struct jm_wallet_run *r = JM_NEW(cmd->mem, struct jm_wallet_run);

    if (r != NULL)
        r->h.cmd = cmd;
    return r;
}

static enum jm_status ask_holder(void *ctx, const void *what, struct jm_bytes *out,
                                 struct jm_arena *mem)
{
    struct jm_wallet_run *r = ctx;

    (void)mem;
    *out = jm_none();
    return r->ask == NULL ? JM_E_UNAVAILABLE : r->ask(r, what, out);
}

static enum jm_status keep_state(void *ctx, const void *what)
{
    struct jm_wallet_run *r = ctx;

    return what == &r->h.w ? jm_wallet_home_save(&r->h, &r->d) : JM_E_BUG;
}

enum jm_status jm_wallet_run_begin(struct jm_wallet_run *r, bool agreed, bool hand_out)
{
    struct jm_holder_config c = {.trust = &r->h.home.trust,
                                 .crypto = r->h.cmd->crypto,
                                 .platform = JM_BYTES("cli"),
                                 .korean = r->h.cmd->common.lang == JM_LANG_KO,
                                 .agreed = agreed,
                                 .hand_out = hand_out};

    JM_TRY(jm_platform_point(&c.instance, &r->h.platform, &r->h.w.instance));
    JM_TRY(jm_platform_point(&c.dpop, &r->h.platform, &r->h.w.dpop));
    r->h.platform.holder = ask_holder;
    r->h.platform.keep = keep_state;
    r->h.platform.ctx = r;
    return jm_holder_init(&r->e, &c, &r->h.w, r->h.cmd->mem);
}

enum jm_status jm_wallet_run_drive(struct jm_wallet_run *r, enum jm_status begun)
{
    const struct jm_driver d = jm_platform_driver(&r->h.platform);
    enum jm_status st = jm_drive(&d, jm_holder_engine(&r->e), begun);

    /* what an answerer refused it has explained; all else the engine knows */
    if (st != JM_OK && r->d.code == JM_CODE_NONE)
        r->d = *jm_holder_diag(&r->e);
    return st;
}

int jm_wallet_run_end(struct jm_wallet_run *r, enum jm_status st)
{
    int code = st == JM_OK ? JM_EXIT_OK : jm_cmd_fail(r->h.cmd, st, &r->d);

    jm_holder_end(&r->e);
    jm_wallet_home_close(&r->h);
    return code;
}

int jm_wallet_look(const struct jm_cmd *cmd, int (*look)(struct jm_wallet_run *r))
{
    struct jm_wallet_run *r = jm_wallet_run_new(cmd);
    enum jm_status st;
    int code;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    if ((st = jm_wallet_home_open_any_time(&r->h, cmd, &r->d)) != JM_OK)
        return jm_wallet_run_end(r, st);
    code = look(r);
    (void)jm_wallet_run_end(r, JM_OK);
    return code;
}
