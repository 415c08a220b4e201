/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/bytes.h"

#include <string.h>

struct jm_bytes jm_str(const char *s)
{
    return s == NULL ? jm_none() : jm_bytes(s, strlen(s));
}

bool jm_bytes_eq_str(struct jm_bytes a, const char *s)
{
    return jm_bytes_eq(a, jm_str(s));
}

bool jm_bytes_starts(struct jm_bytes a, struct jm_bytes prefix)
{
    return a.len >= prefix.len && jm_bytes_eq(jm_slice(a, 0, prefix.len), prefix);
}

bool jm_bytes_eq_nocase(struct jm_bytes a, struct jm_bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (jm_lower(a.ptr[i]) != jm_lower(b.ptr[i]))
            return false;
    return true;
}

bool jm_bytes_printable(struct jm_bytes t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < 0x20 || t.ptr[i] == 0x7F)
            return false;
    return true;
}

int jm_bytes_cmp(struct jm_bytes a, struct jm_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = 0;

    if (n != 0) /* most differ in their first octet */
        c = a.ptr[0] != b.ptr[0] ? a.ptr[0] - b.ptr[0] : memcmp(a.ptr, b.ptr, n);
    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool jm_bytes_eq_ct(struct jm_bytes a, struct jm_bytes b)
{
    unsigned diff = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        diff |= (unsigned)(a.ptr[i] ^ b.ptr[i]);
    return diff == 0;
}

/* High bit of each octet of @p v that is zero; exact for the lowest one at least. */
static uint64_t zero_octets(uint64_t v)
{
    return (v - UINT64_C(0x0101010101010101)) & ~v & UINT64_C(0x8080808080808080);
}

size_t jm_bytes_until(struct jm_bytes t, size_t from, uint8_t octet)
{
    const uint64_t pattern = UINT64_C(0x0101010101010101) * octet;
    size_t i = from < t.len ? from : t.len;

    for (uint64_t eight; t.len - i >= 8; i += 8) {
        memcpy(&eight, t.ptr + i, 8);
        if (zero_octets(eight ^ pattern) != 0)
            break;
    }
    while (i < t.len && t.ptr[i] != octet)
        i++;
    return i;
}

size_t jm_bytes_find(struct jm_bytes hay, struct jm_bytes needle)
{
    if (needle.len == 0)
        return 0;
    for (size_t i = 0; i + needle.len <= hay.len; i++)
        if (hay.ptr[i] == needle.ptr[0] && memcmp(hay.ptr + i, needle.ptr, needle.len) == 0)
            return i;
    return SIZE_MAX;
}

void jm_wipe(void *ptr, size_t len)
{
    if (len == 0)
        return;
    memset(ptr, 0, len);
#if defined(__GNUC__) || defined(__clang__)
    /* The barrier claims to read the memory: a store that is read cannot be removed as dead. */
    __asm__ __volatile__("" : : "r"(ptr) : "memory");
#endif
}

bool jm_utf8_valid(struct jm_bytes t, size_t *at)
{
    size_t i = 0;

    while (i < t.len) {
        uint8_t c;
        size_t n;
        uint32_t cp, min;

        for (uint64_t eight; t.len - i >= 8; i += 8) { /* ASCII */
            memcpy(&eight, t.ptr + i, 8);
            if ((eight & UINT64_C(0x8080808080808080)) != 0)
                break;
        }
        if (i == t.len)
            break;
        c = t.ptr[i];
        if (c < 0x80) {
            i++;
            continue;
        }
        if (c >= 0xC2 && c <= 0xDF) {
            n = 1;
            cp = c & 0x1Fu;
            min = 0x80;
        } else if (c >= 0xE0 && c <= 0xEF) {
            n = 2;
            cp = c & 0x0Fu;
            min = 0x800;
        } else if (c >= 0xF0 && c <= 0xF4) {
            n = 3;
            cp = c & 0x07u;
            min = 0x10000;
        } else {
            goto bad;
        }
        if (n > t.len - i - 1)
            goto bad;
        for (size_t k = 1; k <= n; k++) {
            if ((t.ptr[i + k] & 0xC0) != 0x80)
                goto bad;
            cp = cp << 6 | (t.ptr[i + k] & 0x3Fu);
        }
        if (cp < min || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
            goto bad;
        i += n + 1;
    }
    return true;
bad:
    if (at != NULL)
        *at = i;
    return false;
}

enum jm_status jm_parse_u64(uint64_t *out, struct jm_bytes d)
{
    uint64_t v = 0;

    *out = 0;
    if (d.len == 0 || (d.len > 1 && d.ptr[0] == '0'))
        return JM_E_MALFORMED;
    for (size_t i = 0; i < d.len; i++) {
        if (d.ptr[i] < '0' || d.ptr[i] > '9')
            return JM_E_MALFORMED;
        uint64_t k = (uint64_t)(d.ptr[i] - '0');
        if (v > (UINT64_MAX - k) / 10)
            return JM_E_RANGE;
        v = v * 10 + k;
    }
    *out = v;
    return JM_OK;
}
