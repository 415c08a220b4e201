/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static enum jm_status put(struct jm_buf *out, struct jm_bytes in, const char *abc, bool pad)
{
    size_t chars = pad ? (in.len + 2) / 3 * 4 : JM_B64_LEN(in.len);
    uint8_t *p;

    if (in.len > SIZE_MAX / 4 - 3 || chars > out->cap - out->len)
        return JM_E_NO_SPACE;
    p = out->ptr + out->len;
    for (size_t i = 0; i < in.len; i += 3) {
        size_t left = in.len - i;
        uint32_t v = (uint32_t)in.ptr[i] << 16;

        if (left > 1)
            v |= (uint32_t)in.ptr[i + 1] << 8;
        if (left > 2)
            v |= in.ptr[i + 2];
        *p++ = (uint8_t)abc[v >> 18];
        *p++ = (uint8_t)abc[v >> 12 & 63];
        if (left > 1)
            *p++ = (uint8_t)abc[v >> 6 & 63];
        else if (pad)
            *p++ = '=';
        if (left > 2)
            *p++ = (uint8_t)abc[v & 63];
        else if (pad)
            *p++ = '=';
    }
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

static int value(uint8_t c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Decodes unpadded text into out, which has room for len * 3 / 4 octets. */
static enum jm_status decode(uint8_t *out, size_t *n, struct jm_bytes t, bool url)
{
    uint32_t acc = 0;
    unsigned bits = 0;

    *n = 0;
    if (t.len % 4 == 1)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < t.len; i++) {
        int v = value(t.ptr[i], url);

        if (v < 0)
            return JM_E_MALFORMED;
        acc = acc << 6 | (uint32_t)v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[(*n)++] = (uint8_t)(acc >> bits);
            acc &= (1u << bits) - 1;
        }
    }
    return acc == 0 ? JM_OK : JM_E_MALFORMED;
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
