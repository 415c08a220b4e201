/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/open.h"

#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/trust_proven.h"

#define GENESIS_MAX 65536

static enum jm_status open_chain(struct jm_ledger_here *h, const struct jm_home *home,
                                 struct jm_diag *d)
{
    struct jm_chain_config c = {.path = jm_home_path(home, "ledger/ledger.jml"),
                                .port = {home->cmd->crypto, jm_openssl_verify, NULL}};
    enum jm_status st;

    JM_TRY(jm_cmd_read(&c.genesis, jm_home_path(home, "ledger/genesis.cbor"), GENESIS_MAX,
                       home->cmd, d));
    st = jm_chain_open(&h->chain, &c);
    return st == JM_OK || st == JM_E_CONFLICT ? st
                                              : jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE, c.path);
}

static enum jm_status open_seal(struct jm_ledger_here *h, const struct jm_home *home,
                                const struct jm_signer *signer, struct jm_diag *d)
{
    struct jm_bytes octets, bundle;
    struct jm_trust_root root;

    if (!jm_trust_proven_is(&octets, &bundle, home->trust.octets) ||
        jm_trust_root_read(&root, octets) != JM_OK ||
        jm_seal_open(&h->seal, root.policy, signer, home->cmd->crypto, home->cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_TRUST_MALFORMED, "trust/set.cbor");
    h->seal.now_s = jm_clock_now;
    h->seal.now_ctx = (void *)(uintptr_t)&home->clock;
    return jm_seal_follows(&h->seal, h->chain, d);
}

enum jm_status jm_ledger_start(struct jm_ledger_here *h, struct jm_ledger_writer_config *w,
                               struct jm_push_config *p)
{
    p->chain = w->chain = h->chain;
    p->policy = &h->seal.policy;
    JM_TRY(jm_push_start(&h->push, p));
    w->seal = jm_seal_of(&h->seal);
    w->told = jm_push_told;
    w->told_ctx = h->push;
    JM_TRY(jm_ledger_writer_start(&h->writer, w));
    h->engine = jm_ledger_writer_engine(h->writer);
    return JM_OK;
}

static void say_witness(void *ctx, struct jm_bytes witness, const char *what)
{
    jm_log(ctx, "ledger", "witness %.*s %s", (int)witness.len, (const char *)witness.ptr, what);
}

enum jm_status jm_ledger_open_here(struct jm_ledger_here *h, const struct jm_home *home,
                                   const struct jm_signer *signer, bool says, struct jm_diag *d)
{
    void *clock = (void *)(uintptr_t)&home->clock;
    struct jm_ledger_writer_config w = {.now_s = jm_clock_now,
                                        .now_ctx = clock,
                                        .resign_s = JM_LEDGER_RESIGN_S};
    struct jm_push_config p = {.crypto = home->cmd->crypto,
                               .now_s = jm_clock_now,
                               .now_ctx = clock,
                               .allow_loopback = home->synthetic,
                               .say = says ? say_witness : NULL,
                               .say_ctx = (void *)(uintptr_t)home};
    enum jm_status st;

    *h = (struct jm_ledger_here){0};
    st = open_chain(h, home, d);
    if (st == JM_OK)
        st = open_seal(h, home, signer, d);
    if (st == JM_OK)
        st = jm_ledger_start(h, &w, &p);
    if (st != JM_OK)
        jm_ledger_close_here(h);
    return st;
}

void jm_ledger_close_here(struct jm_ledger_here *h)
{
    jm_ledger_writer_stop(&h->writer);
    jm_push_stop(&h->push);
    jm_chain_close(&h->chain);
}
