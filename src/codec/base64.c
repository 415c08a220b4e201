/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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

static enum jm_status put(struct jm_buf *out, struct jm_bytes in, const char *abc, bool pad)
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
    return put(out, octets, url_alphabet, false);
}

enum jm_status jm_b64_put(struct jm_buf *out, struct jm_bytes octets)
{
    return put(out, octets, std_alphabet, true);
}

/* Value + 1 of each character of either alphabet; 0: none. What the other alphabet has is refused by the caller's pair. */
static const uint8_t value_of[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11,
    ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
    ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33,
    ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55,
    ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64, ['+'] = 63, ['/'] = 64};

static bool foreign(uint8_t c, bool url)
{
    return url ? c == '+' || c == '/' : c == '-' || c == '_';
}

/* Four characters, three octets. */
static bool decode_four(uint8_t *out, const uint8_t *t, bool url)
{
    uint32_t a = value_of[t[0]], b = value_of[t[1]], c = value_of[t[2]], d = value_of[t[3]], v;

    if (a == 0 || b == 0 || c == 0 || d == 0)
        return false;
    if ((a > 62 && foreign(t[0], url)) || (b > 62 && foreign(t[1], url)) || (c > 62 && foreign(t[2], url)) || (d > 62 && foreign(t[3], url)))
        return false;
    v = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    return true;
}

/* Decodes unpadded text into out, which has room for len * 3 / 4 octets. Bits that are left over must be zero. */
static enum jm_status decode(uint8_t *out, size_t *n, struct jm_bytes t, bool url)
{
    size_t left = t.len % 4, whole = t.len - left;
    uint8_t last[4] = {'A', 'A', 'A', 'A'}, octets[3];

    *n = 0;
    if (left == 1)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < whole; i += 4, *n += 3)
        if (!decode_four(out + *n, t.ptr + i, url))
            return JM_E_MALFORMED;
    if (left == 0)
        return JM_OK;
    memcpy(last, t.ptr + whole, left);
    if (!decode_four(octets, last, url) || octets[2] != 0 || (left == 2 && octets[1] != 0))
        return JM_E_MALFORMED;
    memcpy(out + *n, octets, left - 1);
    *n += left - 1;
    return JM_OK;
}

static enum jm_status decode_into(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes t, bool url)
{
    size_t n;
    uint8_t *p;

    *out = jm_none();
    if ((p = jm_alloc(mem, t.len / 4 * 3 + 3, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(decode(p, &n, t, url));
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
        st = decode(out, &n, text, true);
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

static int nibble(uint8_t c)
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
        int hi = nibble(t.ptr[2 * i]), lo = nibble(t.ptr[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return JM_E_MALFORMED;
        p[i] = (uint8_t)(hi << 4 | lo);
    }
    *out = jm_bytes(p, t.len / 2);
    return JM_OK;
}
