/* SPDX-License-Identifier: Apache-2.0 */
/* What one trust set takes away from another: to be shown before anybody signs or pins it. */
#include "jumin/trust.h"

/* "use/RP/ID" as its two names. */
static bool use_of(struct jm_use_record *out, const struct jm_trust *t, struct jm_bytes key)
{
    struct jm_bytes rest = jm_slice(key, 4, SIZE_MAX);
    size_t at = jm_bytes_find(rest, JM_BYTES("/"));

    return at != SIZE_MAX &&
           jm_trust_use(out, t, jm_slice(rest, 0, at), jm_slice(rest, at + 1, SIZE_MAX)) == JM_OK;
}

/* 0: nothing is lost. */
static int loss_of(const struct jm_trust *before, const struct jm_trust *after, struct jm_bytes key)
{
    enum jm_record_state was, is;
    struct jm_use_record used, use;
    struct jm_bytes old, now;

    if (jm_trust_find(&old, &was, before, key) != JM_OK || was != JM_RECORD_ACTIVE)
        return 0;
    if (jm_trust_find(&now, &is, after, key) != JM_OK)
        return JM_LOSS_GONE;
    if (is != JM_RECORD_ACTIVE)
        return JM_LOSS_ENDED;
    if (jm_bytes_starts(key, JM_BYTES("use/")))
        return use_of(&used, before, key) && use_of(&use, after, key) && jm_use_covered(&used, &use)
                   ? 0
                   : JM_LOSS_LESS;
    return jm_bytes_eq(old, now) || jm_bytes_starts(key, JM_BYTES("crl/")) ? 0 : JM_LOSS_CHANGED;
}

size_t jm_trust_taken(const struct jm_trust *before, const struct jm_trust *after,
                      jm_trust_loss_fn *each, void *ctx)
{
    enum jm_record_state state;
    struct jm_bytes body;
    size_t n = 0;

    for (size_t i = 0; i < before->n; i++) {
        int how = jm_bytes_starts(before->entry[i].key, JM_BYTES("flag/"))
                      ? 0
                      : loss_of(before, after, before->entry[i].key);

        if (how == 0)
            continue;
        each(ctx, before->entry[i].key, (enum jm_trust_loss)how);
        n++;
    }
    for (size_t i = 0; i < after->n; i++) {
        if (!jm_bytes_starts(after->entry[i].key, JM_BYTES("flag/")) ||
            jm_trust_find(&body, &state, before, after->entry[i].key) == JM_OK)
            continue;
        each(ctx, after->entry[i].key, JM_LOSS_FLAGGED);
        n++;
    }
    return n;
}
