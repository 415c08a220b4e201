/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_card_t0. A command, its length in an octet before it, then what a card says
 * to each TPDU, likewise: whatever it says, an answer has a status word, and a TPDU goes one way.
 */
#include "fuzz/fuzz.h"

#include "host/card/card.h"

static struct jm_bytes left;

static struct jm_bytes take_piece(void)
{
    size_t len = left.len == 0 ? 0 : left.ptr[0];
    struct jm_bytes piece = jm_slice(left, 1, len);

    left = jm_slice(left, 1 + piece.len, SIZE_MAX);
    return piece;
}

static enum jm_status say_piece(void *ctx, struct jm_bytes tpdu, struct jm_buf *answer)
{
    (void)ctx;
    MUST(tpdu.len == 5 || (tpdu.ptr[4] != 0 && tpdu.len == 5 + (size_t)tpdu.ptr[4]));
    MUST(answer->len == 0);
    if (left.len == 0)
        return JM_E_GONE;
    return jm_buf_put(answer, take_piece()) == JM_OK ? JM_OK : JM_E_LIMIT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[600]; /* small: the limit is reached */
    struct jm_buf out = jm_buf(room, sizeof room);
    enum jm_status st;
    struct jm_bytes capdu;

    left = jm_bytes(data, size);
    capdu = take_piece();
    out.len = 7;
    st = jm_card_t0(say_piece, NULL, capdu, &out);
    MUST(st == JM_OK ? out.len >= 9 : out.len == 7);
    if (st == JM_OK)
        MUST(room[out.len - 2] != 0x61);
    return 0;
}
