/* SPDX-License-Identifier: Apache-2.0 */
/* zlib unpacked in plain C: what a library packed in each of its ways comes out as it went in; what
 * is cut, bent or too long does not, and what the library refuses is refused. */
#include "unit/test.h"

#include <string.h>
#include <zlib.h>

#include "host/openssl/openssl.h"
#include "jumin/crypto.h"

#define RAW 70000
static uint8_t raw[RAW], packed[2 * RAW], unpacked[RAW + 1], theirs[RAW + 1];
static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* From zeros with a bit here and there, as status lists are, to noise. */
static void fill_raw(unsigned kind, size_t n)
{
    memset(raw, 0, n);
    for (size_t i = 0; i < n; i++)
        if (kind == 3 || (kind == 2 && i % 7 != 0) || (kind == 1 && next_random() % 500 == 0))
            raw[i] = (uint8_t)(kind == 2 ? "ministry"[next_random() % 8] : (int)next_random());
}

static struct jm_bytes pack(size_t n, int level, int strategy)
{
    z_stream z;

    memset(&z, 0, sizeof z);
    CHECK_EQ(deflateInit2(&z, level, Z_DEFLATED, 15, 8, strategy), Z_OK);
    z.next_in = raw;
    z.avail_in = (uInt)n;
    z.next_out = packed;
    z.avail_out = sizeof packed;
    CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return jm_bytes(packed, z.total_out);
}

TEST(what_the_library_packs)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_RLE, Z_HUFFMAN_ONLY};
    static const size_t sizes[] = {0, 1, 2, 300, 33000, RAW};

    for (unsigned kind = 0; kind < 4; kind++)
        for (size_t i = 0; i < JM_ARRAY_LEN(sizes); i++)
            for (size_t s = 0; s < JM_ARRAY_LEN(strategies); s++)
                for (int level = 0; level < 10; level += 3) {
                    struct jm_buf out = jm_buf(unpacked, sizes[i]);
                    struct jm_bytes in;

                    fill_raw(kind, sizes[i]);
                    in = pack(sizes[i], level, strategies[s]);
                    CHECK_OK(jm_crypto_portable.inflate(in, &out));
                    CHECK_EQ(out.len, sizes[i]);
                    CHECK(memcmp(unpacked, raw, sizes[i]) == 0);
                    out = jm_buf(unpacked, sizes[i] - 1);
                    if (sizes[i] > 0)
                        CHECK_ST(jm_crypto_portable.inflate(in, &out), JM_E_LIMIT);
                }
}

/* What comes after something else refers to nothing before it, and leaves it as it was. */
TEST(appended)
{
    struct jm_buf out = jm_buf(unpacked, 100);
    static const uint8_t far[] = {0x78, 0x9c, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01};

    fill_raw(2, 50);
    CHECK_OK(jm_buf_put(&out, JM_BYTES("before")));
    CHECK_OK(jm_crypto_portable.inflate(pack(50, 9, Z_DEFAULT_STRATEGY), &out));
    CHECK_EQ(out.len, 56);
    CHECK_ST(jm_crypto_portable.inflate(jm_bytes(far, sizeof far), &out), JM_E_MALFORMED);
    CHECK_EQ(out.len, 56);
}

TEST(cut_anywhere)
{
    struct jm_bytes in;

    fill_raw(1, 3000);
    in = pack(3000, 9, Z_DEFAULT_STRATEGY);
    for (size_t n = 0; n < in.len; n++) {
        struct jm_buf out = jm_buf(unpacked, RAW);

        CHECK_ST(jm_crypto_portable.inflate(jm_slice(in, 0, n), &out), JM_E_MALFORMED);
        CHECK_EQ(out.len, 0);
    }
    packed[in.len] = 0; /* and something behind it */
    struct jm_buf out = jm_buf(unpacked, RAW);
    CHECK_ST(jm_crypto_portable.inflate(jm_bytes(packed, in.len + 1), &out), JM_E_MALFORMED);
}

/* Bent in one or two places: both say the same of it, and where it holds, the octets are the same.
 */
TEST(bent_as_the_library_sees_it)
{
    seed = 7;
    for (unsigned i = 0; i < 20000; i++) {
        struct jm_buf mine = jm_buf(unpacked, 4000), other = jm_buf(theirs, 4000);
        struct jm_bytes in;
        enum jm_status st;

        fill_raw(1 + i % 3, 20 + i % 200);
        in = pack(20 + i % 200, i % 2 == 0 ? 9 : 0, i % 5 == 0 ? Z_FIXED : Z_DEFAULT_STRATEGY);
        for (unsigned k = 0; k < 1 + i % 2; k++)
            packed[next_random() % in.len] ^= (uint8_t)(1u << next_random() % 8);
        if (i % 3 == 0)
            memset(packed + in.len - 4, 0, 4);
        st = jm_crypto_portable.inflate(in, &mine);
        CHECK_EQ(st == JM_OK, jm_crypto_openssl.inflate(in, &other) == JM_OK);
        if (st == JM_OK)
            CHECK(mine.len == other.len && memcmp(unpacked, theirs, mine.len) == 0);
    }
}
