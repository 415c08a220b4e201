/* SPDX-License-Identifier: Apache-2.0 */
/* Text for a terminal: whoever wrote what is shown, it moves no cursor, clears no screen and turns
 * no line around (B03). */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cmd.h"

#define LINE_END                                                                    \
    0xFF /* no octet of UTF-8: stands for a line end that the program itself writes \
          */

/* Octets of the character at @p at, its code point in @p c; 1 and the octet itself where it is no
 * UTF-8. */
static size_t character(uint32_t *c, struct jm_bytes t, size_t at, bool *valid)
{
    uint8_t first = t.ptr[at];
    size_t n = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;

    *valid = jm_utf8_valid(jm_slice(t, at, n), NULL) && at + n <= t.len;
    *c = first;
    if (!*valid || n == 1)
        return 1;
    *c = first & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        *c = *c << 6 | (t.ptr[at + i] & 0x3Fu);
    return n;
}

/* C0, DEL, C1; marks, embeddings, overrides and isolates of direction; line and paragraph
 * separator. */
static bool controls(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void jm_show(FILE *to, struct jm_bytes text)
{
    size_t plain = 0;

    for (size_t at = 0; at < text.len;) {
        uint32_t c;
        bool valid, line_end = text.ptr[at] == LINE_END;
        size_t n = character(&c, text, at, &valid);

        if (valid && !controls(c)) {
            at += n;
            continue;
        }
        (void)fwrite(text.ptr + plain, 1, at - plain, to);
        if (line_end)
            (void)fputc('\n', to);
        else
            fprintf(to, valid ? "\\u%04x" : "\\x%02x", (unsigned)c);
        plain = at += n;
    }
    if (plain < text.len)
        (void)fwrite(text.ptr + plain, 1, text.len - plain, to);
}

#ifdef __clang__
/* the format of the caller, checked there: its line ends are marked */
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#endif
void jm_show_format(FILE *to, const char *format, va_list args)
{
    size_t n = strlen(format) + 1;
    char *own = malloc(n), *out;
    va_list again;
    int len;

    va_copy(again, args);
    if (own != NULL) {
        for (size_t i = 0; i < n; i++)
            own[i] = (char)(format[i] == '\n' ? LINE_END : format[i]);
        len = vsnprintf(NULL, 0, own, args);
        if (len >= 0 && (out = malloc((size_t)len + 1)) != NULL) {
            (void)vsnprintf(out, (size_t)len + 1, own, again);
            jm_show(to, jm_bytes(out, (size_t)len));
            jm_wipe(out, (size_t)len);
            free(out);
        }
    }
    free(own);
    va_end(again);
}
