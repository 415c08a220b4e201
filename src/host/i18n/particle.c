/* SPDX-License-Identifier: Apache-2.0 */
/* D-472: the particle that follows a value. web/ui/particle.ts does the same for pages. */
#include <string.h>

#include "host/i18n/i18n.h"

enum final { FINAL_UNKNOWN, FINAL_NONE, FINAL_RIEUL, FINAL_OTHER };

/* The last code point, which goes from @p text; 0: there is none. */
static uint32_t take_last(struct jm_bytes *text)
{
    size_t n = 1;
    uint32_t c;

    if (text->len == 0)
        return 0;
    while (n < 4 && n < text->len && (text->ptr[text->len - n] & 0xC0) == 0x80)
        n++;
    text->len -= n;
    c = text->ptr[text->len];
    c = n == 1 ? c : c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (text->ptr[text->len + i] & 0x3F);
    return c;
}

static bool is_closing(uint32_t c)
{
    static const uint32_t marks[] = {0x2019, 0x201D, 0x300B, 0x300D, 0x300F, 0x3011};

    for (size_t i = 0; i < JM_ARRAY_LEN(marks); i++)
        if (c == marks[i])
            return true;
    return c != 0 && c < 0x80 && strchr(" \"'.,!?:;)]}>", (int)c) != NULL;
}

static enum final final_of(struct jm_bytes text)
{
    uint32_t c = take_last(&text);

    while (is_closing(c))
        c = take_last(&text);
    if (c >= 0xAC00 && c <= 0xD7A3)
        return (c - 0xAC00) % 28 == 0   ? FINAL_NONE
               : (c - 0xAC00) % 28 == 8 ? FINAL_RIEUL
                                        : FINAL_OTHER;
    if (c == 0 || c >= 0x80)
        return FINAL_UNKNOWN;
    if (strchr("178LlR", (int)c) != NULL)
        return FINAL_RIEUL;
    if (strchr("036MmNn", (int)c) != NULL ||
        ((c == 'g' || c == 'G') && (take_last(&text) | 32) == 'n'))
        return FINAL_OTHER;
    return FINAL_NONE;
}

struct jm_bytes jm_particle(struct jm_bytes text, struct jm_bytes pair)
{
    size_t stroke = jm_bytes_find(pair, JM_BYTES("/"));
    enum final f = final_of(text);
    bool ro = jm_bytes_starts(pair, JM_BYTES("으로"));

    if (f == FINAL_UNKNOWN || stroke == SIZE_MAX)
        return pair;
    return f == FINAL_OTHER || (f == FINAL_RIEUL && !ro) ? jm_slice(pair, 0, stroke)
                                                         : jm_slice(pair, stroke + 1, SIZE_MAX);
}
