/* SPDX-License-Identifier: Apache-2.0 */
/* ISO/IEC 7816-3 10 and 12.2: commands over T=0. */
#include "host/card/card.h"

#define INS_GET_RESPONSE 0xC0
#define ANSWER_MAX 258 /* octets: what one length octet can ask for, and the status word */
#define ROUNDS_MAX 40  /* of fetching, for JM_CARD_RAPDU_MAX octets in pieces of 128 */

/* Header and P3, then data: never data and Le. */
static enum jm_status write_tpdu(struct jm_buf *out, const struct jm_apdu *a)
{
    const uint8_t head[5] = {a->cla, a->ins, a->p1, a->p2,
                             (uint8_t)(a->data.len != 0 ? a->data.len : a->le)};

    JM_TRY(jm_buf_put(out, jm_bytes(head, sizeof head)));
    return jm_buf_put(out, a->data);
}

static enum jm_status exchange(jm_card_exchange *send, void *ctx, const struct jm_apdu *a,
                               struct jm_buf *answer)
{
    uint8_t room[5 + UINT8_MAX];
    struct jm_buf tpdu = jm_buf(room, sizeof room);
    enum jm_status st;

    answer->len = 0;
    JM_TRY(write_tpdu(&tpdu, a));
    st = send(ctx, jm_written(tpdu), answer);
    if (st != JM_OK)
        return st;
    return answer->len >= 2 ? JM_OK : JM_E_GONE; /* not even a status word */
}

static enum jm_status gather_answer(jm_card_exchange *send, void *ctx, struct jm_apdu a,
                                    struct jm_buf *rapdu)
{
    uint8_t room[ANSWER_MAX];
    struct jm_buf answer = jm_buf(room, sizeof room);
    bool righted = false;

    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        uint8_t sw1, sw2;

        JM_TRY(exchange(send, ctx, &a, &answer));
        sw1 = room[answer.len - 2];
        sw2 = room[answer.len - 1];
        if (sw1 == 0x6C && a.data.len == 0 && !righted) {
            a.le = sw2 == 0 ? 256 : sw2;
            righted = true;
            continue;
        }
        if (sw1 != 0x61)
            return jm_buf_put(rapdu, jm_written(answer)) == JM_OK ? JM_OK : JM_E_LIMIT;
        if (jm_buf_put(rapdu, jm_slice(jm_written(answer), 0, answer.len - 2)) != JM_OK)
            return JM_E_LIMIT;
        a = (struct jm_apdu){.ins = INS_GET_RESPONSE, .le = sw2 == 0 ? 256 : sw2};
        righted = false;
    }
    return JM_E_LIMIT;
}

enum jm_status jm_card_t0(jm_card_exchange *send, void *ctx, struct jm_bytes capdu,
                          struct jm_buf *rapdu)
{
    size_t before = rapdu->len;
    struct jm_apdu a;
    enum jm_status st;

    if (jm_apdu_read(&a, capdu) != JM_OK || a.data.len > UINT8_MAX || a.le > 256)
        return JM_E_UNSUPPORTED;
    st = gather_answer(send, ctx, a, rapdu);
    if (st != JM_OK)
        rapdu->len = before;
    return st;
}
