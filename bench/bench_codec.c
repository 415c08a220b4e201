/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what arrives, in megabytes per second, beside one SHA-256 over the same octets: what must
 * be hashed anyway. */
#include <stdio.h>

#include "unit/test.h"

#include "../bench/rate.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "unit/cred/mdoc_kit.h"

struct bench {
    struct jm_bytes cbor, json, text;
    struct jm_arena mem;
};

static void check_cbor(void *ctx)
{
    struct bench *b = ctx;

    KIT_MUST(jm_cbor_check(b->cbor, NULL, NULL));
}

static void parse_json(void *ctx)
{
    struct bench *b = ctx;
    const struct jm_json *j;

    KIT_MUST(jm_json_parse(&j, b->json, &b->mem, NULL));
    jm_arena_reset(&b->mem);
}

static void decode(void *ctx)
{
    struct bench *b = ctx;
    struct jm_bytes out;

    KIT_MUST(jm_b64url_decode(&out, &b->mem, b->text));
    jm_arena_reset(&b->mem);
}

static void hash_cbor(void *ctx)
{
    struct bench *b = ctx;
    uint8_t h[32];

    KIT_MUST(jm_sha256(&jm_crypto_openssl, b->cbor, h));
}

static void line(const char *name, double per_s, size_t len, double hash_mb)
{
    double mb = per_s * (double)len / 1e6;

    printf("%-22s %8.0f MB/s   %6.1f %% of SHA-256 (%.0f MB/s), %zu octets\n", name, mb,
           100 * mb / hash_mb, hash_mb, len);
}

TEST(rates)
{
    static struct kit k;
    static struct bench b;
    struct jm_mdoc_pick pick = {JM_BYTES(KIT_NS), JM_BYTES("family_name")};
    struct jm_mdoc_spec spec;
    struct jm_json_w w;
    struct jm_buf buf;
    double hash_mb;

    kit_begin(&k);
    b.mem = arena(4 << 20);
    spec = kit_spec(&k);
    b.cbor = kit_present(&k, kit_issue(&k, &spec), &pick, 1);
    KIT_MUST(jm_alloc_buf(&buf, &k.mem, 16384));
    jm_json_w_init(&w, &buf);
    jm_json_w_open(&w, '{');
    for (int i = 0; i < 100; i++) {
        jm_json_w_name(&w, "purpose");
        buf.ptr[buf.len - 3] = (uint8_t)('0' + i / 10); /* a name of its own */
        buf.ptr[buf.len - 4] = (uint8_t)('0' + i % 10);
        jm_json_w_text(&w, JM_BYTES("계좌 개설을 위한 본인 확인, opening an account"));
    }
    jm_json_w_close(&w, '}');
    b.json = jm_written(buf);
    KIT_MUST(jm_b64url_encode(&b.text, &k.mem, b.cbor));
    hash_mb = rate(hash_cbor, &b) * (double)b.cbor.len / 1e6;
    line("cbor_check", rate(check_cbor, &b), b.cbor.len, hash_mb);
    line("json_parse", rate(parse_json, &b), b.json.len, hash_mb);
    line("base64url_decode", rate(decode, &b), b.text.len, hash_mb);
    kit_end(&k);
}
