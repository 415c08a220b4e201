/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of ISO/IEC 7816-4, and the objects in them. */
#include "jumin/der.h"
#include "proto/card_parts.h"

#include <string.h>

#define LE_SHORT 256
#define LE_EXTENDED 65536

static uint32_t u16_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static enum jm_status read_short(struct jm_apdu *out, struct jm_bytes body)
{
    size_t lc = body.ptr[0];

    if (body.len == 1) {
        out->le = lc == 0 ? LE_SHORT : (uint32_t)lc;
        return JM_OK;
    }
    if (lc == 0 || body.len < 1 + lc || body.len > 2 + lc)
        return JM_E_MALFORMED;
    out->data = jm_slice(body, 1, lc);
    if (body.len == 2 + lc)
        out->le = body.ptr[1 + lc] == 0 ? LE_SHORT : body.ptr[1 + lc];
    return JM_OK;
}

static enum jm_status read_extended(struct jm_apdu *out, struct jm_bytes body)
{
    size_t lc = u16_be(body.ptr + 1);
    const uint8_t *le = body.ptr + 1;

    out->extended = true;
    if (body.len != 3) {
        if (lc == 0 || (body.len != 3 + lc && body.len != 5 + lc))
            return JM_E_MALFORMED;
        out->data = jm_slice(body, 3, lc);
        if (body.len == 3 + lc)
            return JM_OK;
        le = body.ptr + 3 + lc;
    }
    out->le = u16_be(le) == 0 ? LE_EXTENDED : u16_be(le);
    return JM_OK;
}

enum jm_status jm_apdu_read(struct jm_apdu *out, struct jm_bytes capdu)
{
    struct jm_bytes body = jm_slice(capdu, 4, SIZE_MAX);
    enum jm_status st = JM_OK;

    memset(out, 0, sizeof *out);
    if (capdu.len < 4)
        return JM_E_MALFORMED;
    if (capdu.len > JM_CARD_CAPDU_MAX)
        return JM_E_LIMIT;
    if (body.len >= 3 && body.ptr[0] == 0)
        st = read_extended(out, body);
    else if (body.len > 0)
        st = read_short(out, body);
    if (st != JM_OK) {
        memset(out, 0, sizeof *out);
        return st;
    }
    out->cla = capdu.ptr[0];
    out->ins = capdu.ptr[1];
    out->p1 = capdu.ptr[2];
    out->p2 = capdu.ptr[3];
    return JM_OK;
}

static void put_u16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

enum jm_status jm_apdu_write(struct jm_buf *out, const struct jm_apdu *a)
{
    bool extended = a->data.len > 255 || a->le > LE_SHORT;
    uint8_t head[7] = {a->cla, a->ins, a->p1, a->p2}, le[3] = {0};
    size_t mark = out->len, n_head = 4, n_le = a->le == 0 ? 0 : 1;

    if (a->data.len > UINT16_MAX || a->le > LE_EXTENDED)
        return JM_E_NO_SPACE;
    if (a->data.len > 0 && extended) {
        put_u16(head + 5, a->data.len);
        n_head = 7;
    } else if (a->data.len > 0) {
        head[n_head++] = (uint8_t)a->data.len;
    }
    le[0] = (uint8_t)a->le;
    if (a->le > 0 && extended) {
        n_le = a->data.len > 0 ? 2 : 3;
        put_u16(le + n_le - 2, a->le);
        if (n_le == 3)
            le[0] = 0;
    }
    if (jm_buf_put(out, jm_bytes(head, n_head)) != JM_OK || jm_buf_put(out, a->data) != JM_OK ||
        jm_buf_put(out, jm_bytes(le, n_le)) != JM_OK) {
        out->len = mark;
        return JM_E_NO_SPACE;
    }
    return JM_OK;
}

/* -- objects -- */

enum jm_status jm_card_put(struct jm_buf *out, unsigned tag, struct jm_bytes value)
{
    struct jm_der_w w;

    jm_der_w_init(&w, out);
    jm_der_w_put(&w, tag, value);
    return jm_der_w_end(&w);
}

enum jm_status jm_card_put_template(struct jm_buf *out, unsigned tag, struct jm_bytes value)
{
    uint8_t room[JM_PACE_TEMPLATE_MAX];
    struct jm_buf inner = jm_buf(room, sizeof room);

    if (tag != 0)
        JM_TRY(jm_card_put(&inner, tag, value));
    return jm_card_put(out, 0x7C, jm_written(inner));
}

enum jm_status jm_card_template(struct jm_bytes *value, unsigned tag, struct jm_bytes in)
{
    struct jm_der r, inner;

    *value = jm_none();
    jm_der_init(&r, in);
    inner = jm_der_enter(&r, 0x7C);
    if (tag != 0)
        *value = jm_der_take(&inner, tag, NULL);
    if (jm_der_end(&inner) == JM_OK && jm_der_end(&r) == JM_OK)
        return JM_OK;
    *value = jm_none();
    return JM_E_MALFORMED;
}

bool jm_card_can(const struct jm_crypto *c)
{
    return c != NULL && c->hash != NULL && c->cbc != NULL && c->ec_map != NULL;
}

bool jm_card_is_password(struct jm_bytes digits, size_t len)
{
    bool ok = digits.len == len;

    for (size_t i = 0; ok && i < len; i++)
        ok = digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
    return ok;
}
