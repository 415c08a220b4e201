/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/link.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/ledger/open.h"
#include "host/fetch/fetch.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/bundle.h"
#include "jumin/cbor.h"
#include "jumin/trust_proven.h"
#include "service/ledger/serve.h"

/* What was just written is signed by witnesses a moment later. */
#define WITNESS_MS 5000
#define LOOK_MS 50

struct jm_link {
    const struct jm_home *home;
    bool is_remote;
    struct jm_ledger_here here;
    struct jm_signer *signer;
};

/* -- over HTTP -- */

static enum jm_status ask_role(struct jm_http_answer *out, const struct jm_link *l,
                               struct jm_http_ask *ask, const char *path, struct jm_diag *d)
{
    const struct jm_fetch_rules rules = {.allow_loopback = l->home->synthetic};

    ask->url = jm_str(jm_format(l->home->cmd->mem, "%s%s", l->home->ledger.base, path));
    ask->max_len = JM_BUNDLE_MAX;
    if (jm_fetch(&rules, ask, out, l->home->cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_OFFLINE, l->home->ledger.base);
    return JM_OK;
}

static enum jm_status get_octets(struct jm_bytes *out, const struct jm_link *l, const char *path,
                                 struct jm_diag *d)
{
    struct jm_http_ask ask = {.verb = JM_HTTP_GET};
    struct jm_http_answer a;

    JM_TRY(ask_role(&a, l, &ask, path, d));
    if (a.status != 200)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_UNSIGNED, l->home->ledger.base);
    *out = a.body;
    return JM_OK;
}

/* {"txid","state":"refused","code":"AUTH"} */
static enum jm_status read_refusal(const struct jm_link *l, const struct jm_http_answer *a,
                                   struct jm_diag *d)
{
    const struct jm_json *tree = NULL;
    struct jm_bytes code = jm_none();

    if (jm_json_parse(&tree, a->body, l->home->cmd->mem, NULL) == JM_OK)
        (void)!jm_json_opt_str(&code, tree, "code");
    return jm_refuse(d, a->status == 409 ? JM_E_CONFLICT : JM_E_DENIED, JM_LEDGER_REFUSED,
                     code.len == 0 ? NULL : jm_cstr(l->home->cmd, code));
}

static enum jm_status post_tx(const struct jm_link *l, struct jm_bytes tx, struct jm_diag *d)
{
    struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                              .content_type = "application/vnd.jumin.tx+cbor",
                              .body = tx};
    struct jm_http_answer a;

    JM_TRY(ask_role(&a, l, &ask, "/v1/tx", d));
    if (a.status == 200)
        return JM_OK;
    return a.status == 503 ? jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_BUSY, NULL)
                           : read_refusal(l, &a, d);
}

/* Is the quorum of the home's policy under the role's checkpoint, or is waiting of no use? */
static bool is_settled(const struct jm_link *l, const struct jm_policy *policy)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify};
    const struct jm_cmd *cmd = l->home->cmd;
    struct jm_diag ignored = {0}, why = {0};
    const struct jm_reading r = {.now = jm_home_now(l->home),
                                 .answers = &answers,
                                 .crypto = cmd->crypto,
                                 .mem = cmd->mem,
                                 .diag = &why};
    struct jm_judged_checkpoint judged;
    struct jm_bytes note;

    return get_octets(&note, l, "/checkpoint", &ignored) != JM_OK ||
           jm_checkpoint_judge(&judged, note, policy, &r) == JM_OK ||
           why.code != JM_LEDGER_BUNDLE_QUORUM;
}

static enum jm_status wait_remote(const struct jm_link *l)
{
    const struct timespec nap = {0, LOOK_MS * 1000000L};
    const struct jm_cmd *cmd = l->home->cmd;
    struct jm_bytes octets, bundle;
    struct jm_trust_root root;
    struct jm_policy policy;

    if (!jm_trust_proven_is(&octets, &bundle, l->home->trust.octets))
        return JM_E_BUG;
    JM_TRY(jm_trust_root_read(&root, octets));
    JM_TRY(jm_policy_read(&policy, root.policy, cmd->crypto, cmd->mem, NULL));
    for (unsigned ms = 0; ms < WITNESS_MS; ms += LOOK_MS) {
        size_t mark = jm_arena_mark(cmd->mem);
        bool settled = is_settled(l, &policy);

        jm_arena_back(cmd->mem, mark);
        if (settled)
            break;
        (void)nanosleep(&nap, NULL);
    }
    return JM_OK;
}

/* -- both -- */

enum jm_status jm_link_open(struct jm_link **out, const struct jm_home *home, struct jm_diag *d)
{
    static struct jm_link one; /* one a process */
    struct jm_diag why = {0};
    enum jm_status st;

    *out = NULL;
    one = (struct jm_link){.home = home};
    if (access(jm_home_path(home, "ledger/ledger.jml"), F_OK) == 0) {
        JM_TRY(jm_home_signer(&one.signer, home, "operator", d));
        st = jm_ledger_open_here(&one.here, home, one.signer, false, &why);
        if (st == JM_OK) {
            *out = &one;
            return JM_OK;
        }
        jm_signer_disconnect(&one.signer);
        if (st != JM_E_CONFLICT) { /* held by the role: it is asked */
            *d = why;
            return st;
        }
    }
    one.is_remote = true;
    *out = &one;
    return JM_OK;
}

void jm_link_close(struct jm_link **link)
{
    struct jm_link *l = *link;

    *link = NULL;
    if (l == NULL)
        return;
    jm_ledger_close_here(&l->here);
    jm_signer_disconnect(&l->signer);
}

enum jm_status jm_link_facts(struct jm_link_facts *out, struct jm_link *l, struct jm_diag *d)
{
    struct jm_bytes octets, chain, hash;
    struct jm_cbor r;

    if (l->is_remote)
        JM_TRY(get_octets(&octets, l, "/v1/actors", d));
    else
        JM_TRY(jm_ledger_actors(&octets, &l->here.engine, l->home->cmd->mem));
    jm_cbor_init(&r, octets);
    if (jm_dcbor_check(octets) != JM_OK || jm_cbor_array(&r) != 3)
        return jm_refuse(d, JM_E_MALFORMED, JM_LEDGER_FILE, "/v1/actors");
    chain = jm_cbor_text(&r);
    hash = jm_cbor_bytes(&r);
    out->chain_id = chain;
    out->actors = jm_cbor_item(&r);
    if (jm_cbor_end(&r) != JM_OK || hash.len != sizeof out->genesis.octets)
        return jm_refuse(d, JM_E_MALFORMED, JM_LEDGER_FILE, "/v1/actors");
    memcpy(out->genesis.octets, hash.ptr, hash.len);
    return JM_OK;
}

enum jm_status jm_link_submit(struct jm_link *l, struct jm_bytes tx, struct jm_diag *d)
{
    struct jm_ledger_result result;

    if (l->is_remote)
        return post_tx(l, tx, d);
    JM_TRY(l->here.engine.submit(l->here.engine.ctx, &result, tx));
    if (result.code == JM_LTX_OK)
        return JM_OK;
    return jm_refuse(d, result.code == JM_LTX_SEQ ? JM_E_CONFLICT : JM_E_DENIED, JM_LEDGER_REFUSED,
                     jm_ltx_code_name(result.code));
}

enum jm_status jm_link_bundle(struct jm_bytes *out, struct jm_link *l, struct jm_diag *d)
{
    const struct jm_bundle_wish wish = {.scope = JM_BUNDLE_ALL};

    if (l->is_remote) {
        JM_TRY(wait_remote(l));
        return get_octets(out, l, "/v1/bundle?all=1", d);
    }
    jm_push_wait(l->here.push, WITNESS_MS);
    return jm_ledger_bundle(out, &l->here.engine, &wish, l->home->cmd->mem, d);
}
