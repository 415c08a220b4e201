/* SPDX-License-Identifier: Apache-2.0 */
/* The port with what zlib adds. A file of its own: a process that never inflates is linked without
 * it. */
#include <string.h>
#include <zlib.h>

#include "host/openssl/functions.h"
#include "host/openssl/openssl.h"

static enum jm_status o_inflate(struct jm_bytes in, struct jm_buf *out)
{
    z_stream z;
    enum jm_status st = JM_E_MALFORMED;
    int rc;

    memset(&z, 0, sizeof z);
    if (in.len > UINT32_MAX || out->cap - out->len > UINT32_MAX)
        return JM_E_BUG;
    if (inflateInit(&z) != Z_OK)
        return JM_E_UNAVAILABLE;
    z.next_in = (z_const Bytef *)(uintptr_t)in.ptr;
    z.avail_in = (uInt)in.len;
    z.next_out = out->ptr + out->len;
    z.avail_out = (uInt)(out->cap - out->len);
    rc = inflate(&z, Z_FINISH);
    if (rc == Z_STREAM_END && z.avail_in == 0) {
        out->len += z.total_out;
        st = JM_OK;
    } else if (rc == Z_BUF_ERROR && z.avail_out == 0) {
        st = JM_E_LIMIT;
    }
    inflateEnd(&z);
    return st;
}

static size_t deflate_with(int strategy, int window, struct jm_bytes in, uint8_t *out, size_t cap)
{
    z_stream z;
    size_t n = 0;

    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, 9, Z_DEFLATED, window, 8, strategy) != Z_OK)
        return 0;
    z.next_in = (z_const Bytef *)(uintptr_t)in.ptr;
    z.avail_in = (uInt)in.len;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END)
        n = z.total_out;
    deflateEnd(&z);
    return n;
}

static enum jm_status o_deflate(struct jm_bytes in, struct jm_buf *out)
{
    size_t room = out->cap - out->len, n, best;
    uint8_t *o = out->ptr + out->len;

    if (in.len > UINT32_MAX || room > UINT32_MAX)
        return JM_E_BUG;
    n = deflate_with(Z_RLE, 15, in, o, room);
    best = n;
    n = deflate_with(Z_HUFFMAN_ONLY, 15, in, o, room);
    if (n == 0 || (best != 0 && best <= n))
        n = best == 0 ? 0 : deflate_with(Z_RLE, 15, in, o, room);
    if (n == 0)
        return JM_E_NO_SPACE;
    out->len += n;
    return JM_OK;
}

enum jm_status jm_gzip(struct jm_bytes *out, struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_buf b;

    if (in.len > UINT32_MAX / 2)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, mem, in.len + in.len / 1000 + 128));
    b.len = deflate_with(Z_DEFAULT_STRATEGY, 15 + 16 /* gzip */, in, b.ptr, b.cap);
    *out = jm_written(b);
    return b.len == 0 ? JM_E_UNAVAILABLE : JM_OK;
}

const struct jm_crypto jm_crypto_openssl = {jm_openssl_hash, jm_openssl_hmac,   jm_openssl_seal,
                                            jm_openssl_open, o_inflate,         o_deflate,
                                            jm_openssl_cbc,  &jm_openssl_ec_map};
