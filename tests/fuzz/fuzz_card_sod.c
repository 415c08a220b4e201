/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_card_sod_judge. Whose signature nobody verified is never accepted, whatever
 * chain it brings; where everybody's holds, it is so only below the anchor and with its purpose. */
#include "fuzz/fuzz.h"

#include "jumin/card.h"

static uint8_t room[1 << 17];

static enum jm_status holds(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                            struct jm_bytes sig)
{
    (void)ctx, (void)alg, (void)key, (void)data, (void)sig;
    return JM_OK;
}

static enum jm_status judged(struct jm_card_sod *s, struct jm_bytes in,
                             const struct jm_answers *answers, const struct jm_anchors *anchors,
                             int64_t now)
{
    const struct jm_card_trust trust = {.anchors = anchors,
                                        .waive_crl = true,
                                        .now = now,
                                        .crypto = &jm_crypto_portable,
                                        .answers = answers};
    struct jm_diag d = {0};
    struct jm_arena mem;
    enum jm_status st;

    jm_arena_init(&mem, room, sizeof room);
    st = jm_card_sod_judge(s, in, &trust, &mem, &d);
    MUST(st == JM_OK || s->n == 0);
    jm_arena_reset(&mem);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_answers nobody = {.ctx = NULL}, everybody = {.verify = holds};
    struct jm_bytes in = jm_bytes(data, size);
    struct jm_anchor anchor = {.any_type = true};
    const struct jm_anchors anchors = {.anchor = &anchor, .n = 1}, none = {0};
    struct jm_card_sod s;
    struct jm_cert ca;
    int64_t now;

    if (jm_card_sod_read(&s, in) != JM_OK || jm_cert_parse(&ca, s.x5chain[0]) != JM_OK)
        return 0;
    now = s.signed_at;
    anchor.cert = &ca; /* the leaf itself, which is no CA */
    MUST(judged(&s, in, &nobody, &anchors, now) != JM_OK);
    MUST(judged(&s, in, &everybody, &none, now) != JM_OK);
    (void)judged(&s, in, &everybody, &anchors, now);
    return 0;
}
