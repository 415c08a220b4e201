/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"

static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One to three octets that are left. */
static uint8_t *put_last(uint8_t *p, const uint8_t *in, size_t left, const char *abc, bool pad)
{
    uint32_t v = (uint32_t)in[0] << 16 | (left > 1 ? (uint32_t)in[1] << 8 : 0);

    *p++ = (uint8_t)abc[v >> 18];
    *p++ = (uint8_t)abc[v >> 12 & 63];
    if (left > 1)
        *p++ = (uint8_t)abc[v >> 6 & 63];
    else if (pad)
        *p++ = '=';
    if (pad)
        *p++ = '=';
    return p;
}

static enum jm_status put_encoded(struct jm_buf *out, struct jm_bytes in, const char *abc, bool pad)
{
    size_t chars = pad ? (in.len + 2) / 3 * 4 : JM_B64_LEN(in.len), whole = in.len / 3 * 3;
    uint8_t *p;

    if (in.len > SIZE_MAX / 4 - 3 || chars > out->cap - out->len)
        return JM_E_NO_SPACE;
    p = out->ptr + out->len;
    for (size_t i = 0; i < whole; i += 3, p += 4) {
        uint32_t v = (uint32_t)in.ptr[i] << 16 | (uint32_t)in.ptr[i + 1] << 8 | in.ptr[i + 2];

        p[0] = (uint8_t)abc[v >> 18];
        p[1] = (uint8_t)abc[v >> 12 & 63];
        p[2] = (uint8_t)abc[v >> 6 & 63];
        p[3] = (uint8_t)abc[v & 63];
    }
    if (whole < in.len)
        (void)put_last(p, in.ptr + whole, in.len - whole, abc, pad);
    out->len += chars;
    return JM_OK;
}

enum jm_status jm_b64url_put(struct jm_buf *out, struct jm_bytes octets)
{
    return put_encoded(out, octets, url_alphabet, false);
}

enum jm_status jm_b64_put(struct jm_buf *out, struct jm_bytes octets)
{
    return put_encoded(out, octets, std_alphabet, true);
}

/* Value of each character; X: none of the alphabet's. */
#define X 0x80
/* clang-format off */
static const uint8_t url_value[256] = {
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X, 62,  X,  X,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61,  X,  X,  X,  X,  X,  X,
     X,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,  X,  X,  X,  X, 63,
     X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
};
static const uint8_t std_value[256] = {
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X, 62,  X,  X,  X, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61,  X,  X,  X,  X,  X,  X,
     X,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,  X,  X,  X,  X,  X,
     X, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
     X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
};
/* clang-format on */
#undef X

/* Four characters, three octets. @return a number with bit 7 set where one is none of the
 * alphabet's */
static uint32_t decode_four(uint8_t *out, const uint8_t *t, const uint8_t *value)
{
    uint32_t a = value[t[0]], b = value[t[1]], c = value[t[2]], d = value[t[3]],
             v = a << 18 | b << 12 | c << 6 | d;

    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    return a | b | c | d;
}

/* Decodes unpadded text into out, which has room for len * 3 / 4 octets. Bits that are left over
 * must be zero. */
static enum jm_status decode_text(uint8_t *out, size_t *n, struct jm_bytes t, bool url)
{
    const uint8_t *value = url ? url_value : std_value;
    size_t left = t.len % 4, whole = t.len - left;
    uint8_t last[4] = {'A', 'A', 'A', 'A'}, octets[3];
    uint32_t seen = 0; /* looked at once, at the end: most texts are right */

    *n = 0;
    if (left == 1)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < whole; i += 4, out += 3)
        seen |= decode_four(out, t.ptr + i, value);
    *n = whole / 4 * 3;
    if (left == 0)
        return (seen & 0x80) == 0 ? JM_OK : JM_E_MALFORMED;
    memcpy(last, t.ptr + whole, left);
    seen |= decode_four(octets, last, value);
    if ((seen & 0x80) != 0 || octets[2] != 0 || (left == 2 && octets[1] != 0))
        return JM_E_MALFORMED;
    memcpy(out, octets, left - 1);
    *n += left - 1;
    return JM_OK;
}

static enum jm_status decode_into(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes t,
                                  bool url)
{
    size_t n;
    uint8_t *p;

    *out = jm_none();
    if ((p = jm_alloc(mem, t.len / 4 * 3 + 3, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(decode_text(p, &n, t, url));
    *out = jm_bytes(p, n);
    return JM_OK;
}

enum jm_status jm_b64url_decode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes text)
{
    return decode_into(out, mem, text, true);
}

enum jm_status jm_b64_decode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes t)
{
    size_t pad = 0;

    *out = jm_none();
    if (t.len % 4 != 0)
        return JM_E_MALFORMED;
    while (pad < 2 && t.len > pad && t.ptr[t.len - 1 - pad] == '=')
        pad++;
    return decode_into(out, mem, jm_slice(t, 0, t.len - pad), false);
}

enum jm_status jm_b64url_exact(uint8_t *out, size_t len, struct jm_bytes text)
{
    size_t n = 0;
    enum jm_status st = JM_E_MALFORMED;

    if (text.len == JM_B64_LEN(len))
        st = decode_text(out, &n, text, true);
    if (st == JM_OK && n == len)
        return JM_OK;
    jm_wipe(out, len);
    return JM_E_MALFORMED;
}

enum jm_status jm_b64url_encode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes octets)
{
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, JM_B64_LEN(octets.len) + 1));
    JM_TRY(jm_b64url_put(&b, octets));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_hex_put(struct jm_buf *out, struct jm_bytes in)
{
    static const char digit[] = "0123456789abcdef";

    if (in.len > (out->cap - out->len) / 2)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < in.len; i++) {
        out->ptr[out->len++] = (uint8_t)digit[in.ptr[i] >> 4];
        out->ptr[out->len++] = (uint8_t)digit[in.ptr[i] & 15];
    }
    return JM_OK;
}

enum jm_status jm_hex_encode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes octets)
{
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 2 * octets.len + 1));
    JM_TRY(jm_hex_put(&b, octets));
    *out = jm_written(b);
    return JM_OK;
}

static int nibble_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum jm_status jm_hex_decode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes t)
{
    uint8_t *p;

    *out = jm_none();
    if (t.len % 2 != 0)
        return JM_E_MALFORMED;
    if ((p = jm_alloc(mem, t.len / 2 + 1, 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < t.len / 2; i++) {
        int hi = nibble_of(t.ptr[2 * i]), lo = nibble_of(t.ptr[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return JM_E_MALFORMED;
        p[i] = (uint8_t)(hi << 4 | lo);
    }
    *out = jm_bytes(p, t.len / 2);
    return JM_OK;
}
