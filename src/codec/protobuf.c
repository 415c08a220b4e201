/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/protobuf.h"

enum jm_status jm_varint_read(uint64_t *out, size_t *len, struct jm_bytes in)
{
    uint64_t v = 0;

    *out = 0;
    *len = 0;
    for (size_t i = 0; i < JM_PB_VARINT_MAX; i++) {
        uint8_t octet;

        if (i == in.len)
            return JM_E_TRUNCATED;
        octet = in.ptr[i];
        /* the tenth octet has room for one bit */
        if (i == JM_PB_VARINT_MAX - 1 && octet > 1)
            return JM_E_MALFORMED;
        v |= (uint64_t)(octet & 0x7F) << 7 * i;
        if (octet < 0x80) {
            if (octet == 0 && i > 0)
                return JM_E_MALFORMED;
            *out = v;
            *len = i + 1;
            return JM_OK;
        }
    }
    return JM_E_MALFORMED;
}

size_t jm_varint_len(uint64_t v)
{
    size_t n = 1;

    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

/* -- reader -- */

void jm_pb_init(struct jm_pb *r, struct jm_bytes in)
{
    *r = (struct jm_pb){.in = in};
}

void jm_pb_fail(struct jm_pb *r, enum jm_status st)
{
    if (r->st == JM_OK)
        r->st = st;
}

static uint64_t take_varint(struct jm_pb *r)
{
    uint64_t v;
    size_t len;
    enum jm_status st = jm_varint_read(&v, &len, jm_slice(r->in, r->at, JM_PB_VARINT_MAX));

    if (st != JM_OK)
        jm_pb_fail(r, st);
    r->at += len;
    return v;
}

static struct jm_bytes take_octets(struct jm_pb *r, uint64_t len)
{
    struct jm_bytes v;

    if (r->st != JM_OK)
        return jm_none();
    if (len > r->in.len - r->at) {
        jm_pb_fail(r, JM_E_TRUNCATED);
        return jm_none();
    }
    v = jm_slice(r->in, r->at, (size_t)len);
    r->at += v.len;
    return v;
}

static void skip_value(struct jm_pb *r)
{
    switch (r->wire) {
    case JM_PB_VARINT: (void)take_varint(r); break;
    case JM_PB_FIXED64: (void)take_octets(r, 8); break;
    case JM_PB_LEN: (void)take_octets(r, take_varint(r)); break;
    case JM_PB_FIXED32: (void)take_octets(r, 4); break;
    }
}

bool jm_pb_next(struct jm_pb *r)
{
    uint64_t key;

    if (r->field != 0)
        skip_value(r);
    r->field = 0;
    if (r->st != JM_OK || r->at == r->in.len)
        return false;
    key = take_varint(r);
    if (r->st != JM_OK)
        return false;
    if (key >> 3 == 0 || key >> 3 > JM_PB_FIELD_MAX) {
        jm_pb_fail(r, JM_E_MALFORMED);
        return false;
    }
    switch (key & 7) {
    case JM_PB_VARINT: r->wire = JM_PB_VARINT; break;
    case JM_PB_FIXED64: r->wire = JM_PB_FIXED64; break;
    case JM_PB_LEN: r->wire = JM_PB_LEN; break;
    case JM_PB_FIXED32: r->wire = JM_PB_FIXED32; break;
    default: jm_pb_fail(r, JM_E_UNSUPPORTED); return false;
    }
    r->field = (uint32_t)(key >> 3);
    return true;
}

static bool has_value(struct jm_pb *r, enum jm_pb_wire wire)
{
    if (r->field == 0 || r->wire != wire)
        jm_pb_fail(r, JM_E_TYPE);
    r->field = 0;
    return r->st == JM_OK;
}

uint64_t jm_pb_varint(struct jm_pb *r)
{
    return has_value(r, JM_PB_VARINT) ? take_varint(r) : 0;
}

int64_t jm_pb_int(struct jm_pb *r)
{
    uint64_t v = jm_pb_varint(r);

    return v <= INT64_MAX ? (int64_t)v : -(int64_t)(UINT64_MAX - v) - 1;
}

struct jm_bytes jm_pb_bytes(struct jm_pb *r)
{
    return has_value(r, JM_PB_LEN) ? take_octets(r, take_varint(r)) : jm_none();
}

enum jm_status jm_pb_end(const struct jm_pb *r)
{
    if (r->st != JM_OK)
        return r->st;
    return r->field == 0 && r->at == r->in.len ? JM_OK : JM_E_TRAILING;
}

/* -- writer -- */

void jm_pb_w_init(struct jm_pb_w *w, struct jm_buf *out)
{
    w->out = out;
    w->st = JM_OK;
}

static size_t put_varint(uint8_t out[JM_PB_VARINT_MAX], uint64_t v)
{
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

static void write_octets(struct jm_pb_w *w, struct jm_bytes v)
{
    if (w->st == JM_OK)
        w->st = jm_buf_put(w->out, v);
}

static void write_varint(struct jm_pb_w *w, uint64_t v)
{
    uint8_t octets[JM_PB_VARINT_MAX];
    size_t n = put_varint(octets, v);

    write_octets(w, jm_bytes(octets, n));
}

static void write_key(struct jm_pb_w *w, uint32_t field, enum jm_pb_wire wire)
{
    write_varint(w, (uint64_t)field << 3 | (unsigned)wire);
}

void jm_pb_w_varint(struct jm_pb_w *w, uint32_t field, uint64_t v)
{
    if (v == 0)
        return;
    write_key(w, field, JM_PB_VARINT);
    write_varint(w, v);
}

void jm_pb_w_int(struct jm_pb_w *w, uint32_t field, int64_t v)
{
    jm_pb_w_varint(w, field, (uint64_t)v);
}

void jm_pb_w_sfixed64(struct jm_pb_w *w, uint32_t field, int64_t v)
{
    uint8_t octets[8];

    if (v == 0)
        return;
    write_key(w, field, JM_PB_FIXED64);
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)((uint64_t)v >> 8 * i);
    write_octets(w, jm_bytes(octets, sizeof octets));
}

void jm_pb_w_bytes_always(struct jm_pb_w *w, uint32_t field, struct jm_bytes v)
{
    write_key(w, field, JM_PB_LEN);
    write_varint(w, v.len);
    write_octets(w, v);
}

void jm_pb_w_bytes(struct jm_pb_w *w, uint32_t field, struct jm_bytes v)
{
    if (v.len != 0)
        jm_pb_w_bytes_always(w, field, v);
}

size_t jm_pb_w_frame(const struct jm_pb_w *w)
{
    return w->out->len;
}

size_t jm_pb_w_open(struct jm_pb_w *w, uint32_t field)
{
    write_key(w, field, JM_PB_LEN);
    return jm_pb_w_frame(w);
}

void jm_pb_w_close(struct jm_pb_w *w, size_t mark)
{
    uint8_t octets[JM_PB_VARINT_MAX];
    size_t len, n;

    if (w->st != JM_OK)
        return;
    len = w->out->len - mark;
    n = put_varint(octets, len);
    if (n > w->out->cap - w->out->len) {
        w->st = JM_E_NO_SPACE;
        return;
    }
    if (len != 0)
        memmove(w->out->ptr + mark + n, w->out->ptr + mark, len);
    memcpy(w->out->ptr + mark, octets, n);
    w->out->len += n;
}

enum jm_status jm_pb_w_end(const struct jm_pb_w *w)
{
    return w->st;
}
