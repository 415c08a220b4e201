/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/ask.h"

#include <string.h>

enum jm_status jm_answers_verify(const struct jm_answers *by, enum jm_alg alg, struct jm_bytes key,
                                 struct jm_bytes data, struct jm_bytes sig)
{
    return by == NULL || by->verify == NULL ? JM_E_UNAVAILABLE
                                            : by->verify(by->ctx, alg, key, data, sig);
}

/* A chain's signature is verified once. */
static enum jm_status verify(const struct jm_ask *ask, const struct jm_answers *by)
{
    struct jm_memo *memo = ask->keeps && by->memo != NULL && by->crypto != NULL ? by->memo() : NULL;
    uint8_t name[32];
    enum jm_status st;

    if (memo == NULL || jm_memo_name(name, by->crypto, ask->key, ask->data, ask->sig) != JM_OK)
        return jm_answers_verify(by, ask->alg, ask->key, ask->data, ask->sig);
    if (jm_memo_has(memo, name))
        return JM_OK;
    st = jm_answers_verify(by, ask->alg, ask->key, ask->data, ask->sig);
    if (st == JM_OK)
        jm_memo_keep(memo, name);
    return st;
}

static enum jm_status find(struct jm_answer *out, const struct jm_ask *ask,
                           const struct jm_answers *by, struct jm_arena *mem)
{
    enum jm_status st;

    out->st = JM_OK; /* unless the answer or the call says otherwise */
    st = by->find(by->ctx, ask->what, out, mem);
    out->kind = JM_ASK_FIND;
    if (st != JM_OK)
        out->st = st;
    return st == JM_E_NO_SPACE || st == JM_E_PENDING ? st : JM_OK;
}

enum jm_status jm_answers_give(struct jm_answer *out, uint8_t *secret, const struct jm_ask *ask,
                               const struct jm_answers *by, struct jm_arena *mem)
{
    memset(out, 0, sizeof *out);
    out->kind = ask->kind;
    out->st = JM_E_UNAVAILABLE;
    if (by == NULL)
        return JM_OK;
    if (ask->kind == JM_ASK_VERIFY) {
        out->st = verify(ask, by);
    } else if (ask->kind == JM_ASK_AGREE && by->agree != NULL && secret != NULL) {
        out->st = by->agree(by->ctx, ask->key, ask->data, secret);
        out->octets = jm_bytes(secret, 32);
    } else if (ask->kind == JM_ASK_FIND && by->find != NULL) {
        return find(out, ask, by, mem);
    }
    return out->st == JM_E_PENDING ? JM_E_PENDING : JM_OK;
}
