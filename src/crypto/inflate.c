/* SPDX-License-Identifier: Apache-2.0 */
/* zlib (RFC 1950) of DEFLATE (RFC 1951) unpacked in plain C, for who has no library: a browser's
 * core. Codes are read bit by bit, shortest first. */
#include "crypto/inflate.h"

#define LENGTHS_MAX 320 /* of literals and distances together */
#define BITS_MAX 15

struct stream {
    struct jm_bytes in;
    size_t at;
    uint32_t bit, n_bits;
    struct jm_buf *out;
    size_t from; /* where this stream's output begins */
    enum jm_status st;
};

/* count[n]: codes of n bits; symbol: all of them, in the order of their codes. */
struct tree {
    uint16_t count[BITS_MAX + 1], symbol[LENGTHS_MAX];
};

static unsigned take_bits(struct stream *s, unsigned n)
{
    unsigned got;

    while (s->n_bits < n) {
        if (s->at == s->in.len) {
            s->st = JM_E_MALFORMED;
            return 0;
        }
        s->bit |= (uint32_t)s->in.ptr[s->at++] << s->n_bits;
        s->n_bits += 8;
    }
    got = s->bit & ((1u << n) - 1);
    s->bit >>= n;
    s->n_bits -= n;
    return got;
}

static void put_octet(struct stream *s, uint8_t o)
{
    if (s->out->len == s->out->cap)
        s->st = JM_E_LIMIT;
    else
        s->out->ptr[s->out->len++] = o;
}

/* @retval JM_E_MALFORMED lengths that no code has, or from which some code is missing; @p lone:
 * none, or one of one bit, will do. */
static enum jm_status plant_tree(struct tree *t, const uint8_t *length, size_t n, bool lone)
{
    uint16_t at[BITS_MAX + 1] = {0};
    size_t codes = 0;
    int left = 1;

    *t = (struct tree){.count = {0}};
    for (size_t i = 0; i < n; i++)
        t->count[length[i]]++;
    t->count[0] = 0;
    for (size_t b = 1; b <= BITS_MAX; b++) {
        left = 2 * left - t->count[b];
        codes += t->count[b];
        if (left < 0)
            return JM_E_MALFORMED;
        if (b < BITS_MAX)
            at[b + 1] = (uint16_t)(at[b] + t->count[b]);
    }
    for (size_t i = 0; i < n; i++)
        if (length[i] != 0)
            t->symbol[at[length[i]]++] = (uint16_t)i;
    return left == 0 || (lone && codes == t->count[1] && codes <= 1) ? JM_OK : JM_E_MALFORMED;
}

static unsigned read_symbol(struct stream *s, const struct tree *t)
{
    int code = 0, first = 0, index = 0;

    for (size_t b = 1; b <= BITS_MAX && s->st == JM_OK; b++) {
        int count = t->count[b];

        code |= (int)take_bits(s, 1);
        if (code - first < count)
            return t->symbol[index + code - first];
        index += count;
        first = 2 * (first + count);
        code *= 2;
    }
    if (s->st == JM_OK)
        s->st = JM_E_MALFORMED;
    return 0;
}

static void copy_back(struct stream *s, size_t distance, size_t n)
{
    if (distance > s->out->len - s->from) {
        s->st = JM_E_MALFORMED;
        return;
    }
    for (size_t i = 0; i < n && s->st == JM_OK; i++)
        put_octet(s, s->out->ptr[s->out->len - distance]);
}

static void read_codes(struct stream *s, const struct tree *literals, const struct tree *distances)
{
    static const uint16_t base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258},
                          away[] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                    33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                    1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    static const uint8_t more[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

    while (s->st == JM_OK) {
        unsigned symbol = read_symbol(s, literals), distance;
        size_t n;

        if (symbol == 256)
            return;
        if (symbol < 256) {
            if (s->st == JM_OK)
                put_octet(s, (uint8_t)symbol);
            continue;
        }
        if (symbol - 257 >= JM_ARRAY_LEN(base)) {
            s->st = JM_E_MALFORMED;
            return;
        }
        n = base[symbol - 257] + (size_t)take_bits(s, more[symbol - 257]);
        distance = read_symbol(s, distances);
        if (distance >= JM_ARRAY_LEN(away)) {
            s->st = JM_E_MALFORMED;
            return;
        }
        copy_back(s, away[distance] + (size_t)take_bits(s, distance < 2 ? 0 : distance / 2 - 1), n);
    }
}

static void read_stored(struct stream *s)
{
    size_t n;

    s->bit = s->n_bits = 0; /* to the next octet */
    n = take_bits(s, 16);
    if (take_bits(s, 16) != (~n & 0xffff) || n > s->in.len - s->at)
        s->st = JM_E_MALFORMED;
    for (size_t i = 0; i < n && s->st == JM_OK; i++)
        put_octet(s, s->in.ptr[s->at++]);
}

static void read_fixed(struct stream *s)
{
    uint8_t length[LENGTHS_MAX];
    struct tree literals, distances;

    for (size_t i = 0; i < 288; i++)
        length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    for (size_t i = 288; i < LENGTHS_MAX; i++)
        length[i] = 5;
    (void)plant_tree(&literals, length, 288, false);
    (void)plant_tree(&distances, length + 288, 32, false);
    read_codes(s, &literals, &distances);
}

/* Lengths of both trees, themselves coded; a run goes over from one to the other. */
static void read_lengths(struct stream *s, const struct tree *t, uint8_t *length, size_t n)
{
    for (size_t i = 0; i < n && s->st == JM_OK;) {
        unsigned symbol = read_symbol(s, t);
        uint8_t what = 0;
        size_t times;

        if (symbol < 16) {
            length[i++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == 16 && i > 0)
            what = length[i - 1];
        else if (symbol == 16)
            s->st = JM_E_MALFORMED;
        times = symbol == 16   ? 3 + take_bits(s, 2)
                : symbol == 17 ? 3 + take_bits(s, 3)
                               : 11 + take_bits(s, 7);
        if (times > n - i)
            s->st = JM_E_MALFORMED;
        for (size_t k = 0; k < times && s->st == JM_OK; k++)
            length[i++] = what;
    }
}

static void read_dynamic(struct stream *s)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    size_t n_literals = 257 + (size_t)take_bits(s, 5), n_distances = 1 + (size_t)take_bits(s, 5),
           n_codes = 4 + (size_t)take_bits(s, 4);
    uint8_t length[LENGTHS_MAX] = {0};
    struct tree literals, distances;

    for (size_t i = 0; i < n_codes; i++)
        length[order[i]] = (uint8_t)take_bits(s, 3);
    if (s->st != JM_OK || n_literals > 286 || plant_tree(&literals, length, 19, false) != JM_OK) {
        s->st = JM_E_MALFORMED;
        return;
    }
    read_lengths(s, &literals, length, n_literals + n_distances);
    if (s->st != JM_OK || length[256] == 0 ||
        plant_tree(&literals, length, n_literals, true) != JM_OK ||
        plant_tree(&distances, length + n_literals, n_distances, true) != JM_OK) {
        s->st = JM_E_MALFORMED;
        return;
    }
    read_codes(s, &literals, &distances);
}

static uint32_t adler_sum(const uint8_t *o, size_t n)
{
    uint32_t a = 1, b = 0;

    for (size_t i = 0; i < n; i++) {
        a = (a + o[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static bool ends_with(struct jm_bytes in, uint32_t sum)
{
    for (size_t i = 0; i < 4; i++)
        if (in.ptr[in.len - 4 + i] != (uint8_t)(sum >> 8 * (3 - i)))
            return false;
    return true;
}

enum jm_status jm_inflate(struct jm_bytes in, struct jm_buf *out)
{
    struct stream s = {.in = in, .at = 2, .out = out, .from = out->len};
    size_t len = out->len;
    unsigned last = 0;

    /* no dictionary, a window of at most 32 KiB */
    if (in.len < 6 || (in.ptr[0] & 0x0f) != 8 || in.ptr[0] >> 4 > 7 ||
        (in.ptr[0] << 8 | in.ptr[1]) % 31 != 0 || (in.ptr[1] & 0x20) != 0)
        return JM_E_MALFORMED;
    while (last == 0 && s.st == JM_OK) {
        last = take_bits(&s, 1);
        switch (take_bits(&s, 2)) {
        case 0: read_stored(&s); break;
        case 1: read_fixed(&s); break;
        case 2: read_dynamic(&s); break;
        default: s.st = JM_E_MALFORMED;
        }
    }
    if (s.st == JM_OK &&
        (in.len - s.at != 4 || !ends_with(in, adler_sum(out->ptr + len, out->len - len))))
        s.st = JM_E_MALFORMED;
    if (s.st != JM_OK)
        out->len = len;
    return s.st;
}
