/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and numbers of the ledger's texts: notes, proofs, requests. Private to the ledger room. */
#ifndef JM_LEDGER_TEXT_PARTS_H
#define JM_LEDGER_TEXT_PARTS_H

#include "jumin/bytes.h"

#define JM_DECIMAL_MAX 20

/* The line in front, without its newline, off the front of @p t. */
static inline struct jm_bytes jm_take_line(struct jm_bytes *t)
{
    size_t end = jm_bytes_until(*t, 0, '\n');
    struct jm_bytes line = jm_slice(*t, 0, end);

    *t = jm_slice(*t, end + 1, SIZE_MAX);
    return line;
}

JM_MUST_CHECK static inline enum jm_status jm_put_decimal(struct jm_buf *out, uint64_t v)
{
    uint8_t text[JM_DECIMAL_MAX];
    size_t at = sizeof text;

    do {
        text[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    return jm_buf_put(out, jm_bytes(text + at, sizeof text - at));
}

#endif
