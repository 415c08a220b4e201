/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/inspect/inspect_run.h"

#include <string.h>

#include "jumin/base64.h"

void jm_inspect_note(struct jm_findings *f, enum jm_code code, enum jm_result result,
                     const char *detail)
{
    jm_note(f, code, result, true, 0, 0, jm_none(), result == JM_PASS ? NULL : detail);
}

bool jm_inspect_is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_hex(struct jm_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') &&
            ((text.ptr[i] | 0x20) < 'a' || (text.ptr[i] | 0x20) > 'f'))
            return false;
    return text.len > 0;
}

bool jm_inspect_is_of(struct jm_bytes text, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i], low = c | 0x20;

        if ((c < '0' || c > '9') && (low < 'a' || low > 'z') && (c == 0 || strchr(more, c) == NULL))
            return false;
    }
    return text.len > 0;
}

enum jm_status jm_inspect_without_blanks(struct jm_bytes *out, struct jm_bytes text,
                                         struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, text.len + 1));
    for (size_t i = 0; i < text.len; i++)
        if (!jm_inspect_is_blank(text.ptr[i]))
            b.ptr[b.len++] = text.ptr[i];
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status from_pem(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    size_t head = jm_bytes_find(text, JM_BYTES("-----BEGIN ")), end, line;
    struct jm_bytes rest, body;

    if (head == SIZE_MAX)
        return JM_E_MALFORMED;
    rest = jm_slice(text, head, SIZE_MAX);
    line = jm_bytes_find(rest, JM_BYTES("\n"));
    end = jm_bytes_find(rest, JM_BYTES("-----END "));
    if (line == SIZE_MAX || end == SIZE_MAX || end < line)
        return JM_E_MALFORMED;
    JM_TRY(jm_inspect_without_blanks(&body, jm_slice(rest, line, end - line), mem));
    return jm_b64_decode(out, mem, body);
}

enum jm_status jm_inspect_decode(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes plain;

    *out = text;
    if (jm_bytes_find(jm_slice(text, 0, 4096), JM_BYTES("-----BEGIN ")) != SIZE_MAX)
        return from_pem(out, text, mem);
    JM_TRY(jm_inspect_without_blanks(&plain, text, mem));
    if (is_hex(plain) && plain.len % 2 == 0)
        return jm_hex_decode(out, mem, plain);
    if (jm_inspect_is_of(plain, "-_") && jm_b64url_decode(out, mem, plain) == JM_OK)
        return JM_OK;
    if (jm_inspect_is_of(plain, "+/=") && jm_b64_decode(out, mem, plain) == JM_OK)
        return JM_OK;
    *out = text;
    return JM_OK;
}
