/* SPDX-License-Identifier: Apache-2.0 */
/* jumin init --wallet: a holder's home with an empty container. */
#include "cmd/init/make.h"
#include "cmd/wallet/wallet_home.h"

static enum jm_status make(struct jm_making *m, struct jm_trust *trust, struct jm_wallet_home *h)
{
    static const char *const folders[] = {"trust", "wallet"};

    JM_TRY(jm_make_trust(m, trust));
    JM_TRY(jm_make_folders(m, folders, JM_ARRAY_LEN(folders)));
    m->id = "wallet";
    m->home.is_wallet = true;
    JM_TRY(jm_make_conf(m, "wallet", trust->octets, "", ""));
    h->cmd = m->cmd;
    JM_TRY(jm_home_open(&h->home, m->cmd, JM_HOME_WALLET, m->d));
    return jm_wallet_home_create(h, m->d);
}

enum jm_status jm_init_wallet(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_making *m = JM_NEW(cmd->mem, struct jm_making);
    struct jm_trust *trust = JM_NEW(cmd->mem, struct jm_trust);
    struct jm_wallet_home *h = JM_NEW(cmd->mem, struct jm_wallet_home);
    enum jm_status st;

    if (m == NULL || trust == NULL || h == NULL)
        return JM_E_NO_SPACE;
    jm_make_begin(m, cmd, d);
    if ((st = jm_make_name(m, "Wallet")) == JM_OK)
        st = make(m, trust, h);
    jm_wallet_home_close(h);
    JM_TRY(st);
    jm_say(cmd, "%s\n", cmd->common.home);
    return jm_answer(cmd, jm_str(jm_format(cmd->mem, "{\"home\":\"%s\"}", cmd->common.home)));
}
