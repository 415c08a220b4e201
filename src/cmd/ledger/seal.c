/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/seal.h"

#define ROOM (4 * JM_KIB)

enum jm_status jm_seal_open(struct jm_seal *s, struct jm_bytes policy,
                            const struct jm_signer *signer, const struct jm_crypto *c,
                            struct jm_arena *mem)
{
    s->signer = signer;
    JM_TRY(jm_policy_read(&s->policy, policy, c, mem, NULL));
    return s->policy.n_logs != 0 && s->policy.n != 0 && !s->policy.member[0].is_group
               ? JM_OK
               : JM_E_MALFORMED;
}

static enum jm_status sign_by(struct jm_bytes *sig, const struct jm_seal *s,
                              enum jm_purpose purpose, struct jm_bytes what)
{
    struct jm_bytes item;
    struct jm_list in = {&what, 1, 1}, out = {&item, 0, 1};

    JM_TRY(s->signer->call(s->signer->ctx, JM_SIGN, purpose, jm_none(), &in, &out));
    *sig = item;
    return out.n == 1 ? JM_OK : JM_E_UNAVAILABLE;
}

/* Text, blank line, the log's signature, the node's cosignature. */
static enum jm_status sign_note(void *ctx, struct jm_buf *note, uint64_t size,
                                const struct jm_hash32 *root)
{
    const struct jm_seal *s = ctx;
    const struct jm_vkey *log = &s->policy.log[0].key, *node = &s->policy.member[0].key;
    const struct jm_checkpoint cp = {log->name, size, *root};
    int64_t now = s->now_s(s->now_ctx);
    struct jm_bytes text, message, sig;
    struct jm_arena mem;
    uint8_t room[ROOM];

    jm_arena_init(&mem, room, sizeof room);
    JM_TRY(jm_checkpoint_put(note, &cp));
    JM_TRY(jm_dup(&text, &mem, jm_written(*note)));
    JM_TRY(jm_buf_put(note, JM_BYTES("\n")));
    JM_TRY(sign_by(&sig, s, JM_PURPOSE_LOG, text));
    JM_TRY(jm_note_put_sig(note, log, sig));
    JM_TRY(jm_cosignature_message(&message, now, text, &mem));
    JM_TRY(sign_by(&sig, s, JM_PURPOSE_COSIGN, message));
    return jm_note_put_cosignature(note, node, now, sig);
}

struct jm_chain_seal jm_seal_of(struct jm_seal *s)
{
    return (struct jm_chain_seal){sign_note, s};
}

/* -- what was signed before -- */

/* The root that the log had at @p size. */
static enum jm_status root_at(struct jm_hash32 *out, const struct jm_ledger_view *v, uint64_t size)
{
    struct jm_range r = {0};

    for (uint64_t at = 0; at < size;) {
        unsigned level = 0;

        while (level < JM_LOG_LEVEL_MAX && at % (UINT64_C(2) << level) == 0 &&
               at + (UINT64_C(2) << level) <= size)
            level++;
        JM_TRY(v->log.node(v->log.ctx, &r.node[r.n++], level, at >> level));
        at += UINT64_C(1) << level;
    }
    r.size = size;
    return jm_range_root(out, &r, v->log.crypto);
}

static enum jm_status is_behind(bool *is, const struct jm_ledger_view *v,
                                const struct jm_checkpoint *last)
{
    struct jm_hash32 root;

    *is = true;
    if (v->state->log.size < last->size)
        return JM_OK;
    JM_TRY(root_at(&root, v, last->size));
    *is = !jm_hash32_eq(&root, &last->root);
    return JM_OK;
}

enum jm_status jm_seal_follows(const struct jm_seal *s, struct jm_chain *chain, struct jm_diag *d)
{
    struct jm_bytes item, origin = s->policy.log[0].key.name;
    struct jm_list in = {&origin, 1, 1}, out = {&item, 0, 1};
    struct jm_checkpoint last;
    struct jm_ledger_view v;
    enum jm_status st;
    bool is;

    JM_TRY(s->signer->call(s->signer->ctx, JM_HEAD, JM_PURPOSE_LOG, jm_none(), &in, &out));
    if (out.n == 0)
        return JM_OK;
    JM_TRY(jm_checkpoint_read(&last, item));
    jm_chain_view(chain, &v);
    st = is_behind(&is, &v, &last);
    jm_chain_done(chain);
    JM_TRY(st);
    return is ? jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE, "behind what was signed") : JM_OK;
}
