/* SPDX-License-Identifier: Apache-2.0 */
/* Two presentations of one card, and one of another: do the two share anything that would betray
 * it? */
#include <string.h>

#include "demo/demo.h"
#include "jumin/base64.h"

#define SAME_INDEX 99
#define KNOWN_PIECE 6 /* octets */

/* An mdoc is one base64url; an SD-JWT is many, between points and tildes. */
static enum jm_status unwrap_item(struct jm_bytes *out, struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes part;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, text.len + 1));
    for (size_t from = 0; from < text.len;) {
        size_t end = from;

        while (end < text.len && text.ptr[end] != '.' && text.ptr[end] != '~')
            end++;
        JM_TRY(jm_b64url_decode(&part, mem, jm_slice(text, from, end - from)));
        JM_TRY(jm_buf_put(&b, part));
        if (end < text.len)
            JM_TRY(jm_buf_put(&b, jm_slice(text, end, 1)));
        from = end + 1;
    }
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status presentation_in(struct jm_bytes *out, struct jm_bytes json,
                                      struct jm_arena *mem)
{
    const struct jm_json *j;

    JM_TRY(jm_json_parse(&j, json, mem, NULL));
    if (j->type != JM_JSON_OBJECT || j->n != 1 || j->child->type != JM_JSON_ARRAY ||
        j->child->n != 1)
        return JM_E_MALFORMED;
    return unwrap_item(out, j->child->child->text, mem);
}

/* The number after the name "idx", as its octets stand there. */
static struct jm_bytes index_of(struct jm_bytes p)
{
    size_t at = jm_bytes_find(p, JM_BYTES("idx"));
    size_t len = 0;

    if (at == SIZE_MAX)
        return jm_none();
    p = jm_slice(p, at + 3, 12);
    if (jm_bytes_starts(p, JM_BYTES("\":"))) {
        p = jm_slice(p, 2, SIZE_MAX);
        while (len < p.len && p.ptr[len] >= '0' && p.ptr[len] <= '9')
            len++;
        return jm_slice(p, 0, len);
    }
    return jm_slice(p, 0,
                    p.len == 0 || p.ptr[0] < 0x18 ? 1
                    : p.ptr[0] == 0x18            ? 2
                    : p.ptr[0] == 0x19            ? 3
                                                  : 5);
}

/* Octets of a disclosed value are left out: no run goes through one. */
static void leave_out(bool *out, struct jm_bytes a, const struct jm_bytes *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0, found;
             value[i].len != 0 &&
             (found = jm_bytes_find(jm_slice(a, at, SIZE_MAX), value[i])) != SIZE_MAX;
             at += found + value[i].len)
            memset(out + at + found, true, value[i].len);
}

/* For every octet of @p a: how long a run that begins there occurs in @p b as well. */
static enum jm_status common_runs(uint32_t *run, struct jm_bytes a, struct jm_bytes b,
                                  const bool *out, struct jm_arena *mem)
{
    uint32_t *row = JM_NEW_N(mem, uint32_t, b.len + 1);

    if (row == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = a.len; i-- > 0;) {
        run[i] = 0;
        for (size_t j = 0; j < b.len; j++) { /* row[j + 1] still is that of the octet after */
            row[j] = out[i] || a.ptr[i] != b.ptr[j] ? 0 : row[j + 1] + 1;
            if (row[j] > run[i])
                run[i] = row[j];
        }
    }
    return JM_OK;
}

/* Structure, certificate, times: what the third has too, in pieces that are no accident. Counted up
 * to each octet. */
static void count_new(uint32_t *fresh, const uint32_t *known, size_t len)
{
    size_t until = 0;

    fresh[0] = 0;
    for (size_t i = 0; i < len; i++) {
        if (known[i] >= KNOWN_PIECE && i + known[i] > until)
            until = i + known[i];
        fresh[i + 1] = fresh[i] + (i >= until);
    }
}

static enum jm_status most_shared(size_t *most, struct jm_bytes a, struct jm_bytes b,
                                  struct jm_bytes c, const struct jm_bytes *value, size_t n,
                                  struct jm_arena *mem)
{
    uint32_t *shared = JM_NEW_N(mem, uint32_t, a.len + 1),
             *known = JM_NEW_N(mem, uint32_t, a.len + 1),
             *fresh = JM_NEW_N(mem, uint32_t, a.len + 1);
    bool *out = JM_NEW_N(mem, bool, a.len + 1);

    *most = 0;
    if (shared == NULL || known == NULL || fresh == NULL || out == NULL)
        return JM_E_NO_SPACE;
    leave_out(out, a, value, n);
    JM_TRY(common_runs(shared, a, b, out, mem));
    JM_TRY(common_runs(known, a, c, out, mem));
    count_new(fresh, known, a.len);
    for (size_t i = 0; i < a.len; i++)
        if (fresh[i + shared[i]] - fresh[i] > *most)
            *most = fresh[i + shared[i]] - fresh[i];
    return JM_OK;
}

enum jm_status demo_compare(size_t *shared, size_t *octets, struct jm_bytes a, struct jm_bytes b,
                            struct jm_bytes c, const struct jm_bytes *value, size_t n,
                            struct jm_arena *mem)
{
    struct jm_bytes x, y, z, index;

    JM_TRY(presentation_in(&x, a, mem));
    JM_TRY(presentation_in(&y, b, mem));
    JM_TRY(presentation_in(&z, c, mem));
    *octets = x.len;
    JM_TRY(most_shared(shared, x, y, z, value, n, mem));
    index = index_of(x);
    if (index.len == 0)
        return JM_E_MALFORMED;
    if (jm_bytes_eq(index, index_of(y)))
        *shared = SAME_INDEX;
    return JM_OK;
}
