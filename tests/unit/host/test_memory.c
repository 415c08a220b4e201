/* SPDX-License-Identifier: Apache-2.0 */
/* Where the system has no memory, nothing breaks and nothing is half done: each allocation in turn
 * is the one that fails. */
#include "unit/test.h"

#include <sys/stat.h>

#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/qr/qr.h"
#include "support/scarce.h"

#ifdef SCARCE
struct tried {
    enum jm_status st;
    struct jm_arena mem;
    char path[64];
    struct jm_bytes text;
    struct jm_key *key;
    struct jm_sig sig;
};

static void write_file(void *ctx)
{
    struct tried *t = ctx;

    t->st = jm_file_write(t->path, t->text, 0600);
}

/* Either the old one or the new one, whole. */
static void file_is_whole(void *ctx, bool was_short)
{
    struct tried *t = ctx;
    struct jm_bytes got;
    size_t mark = jm_arena_mark(&t->mem);

    CHECK(t->st == JM_OK || (was_short && jm_class_of(t->st) == JM_CLASS_UNAVAILABLE));
    CHECK_OK(jm_file_read(&got, t->path, 64, &t->mem));
    CHECK(jm_bytes_eq_str(got, "new") || (t->st != JM_OK && jm_bytes_eq_str(got, "old")));
    jm_arena_back(&t->mem, mark);
    if (t->st == JM_OK)
        CHECK_OK(jm_file_write(t->path, JM_BYTES("old"), 0600));
}

TEST(a_file_is_replaced_or_not)
{
    struct tried t = {.mem = arena(4096),
                      .path = "/tmp/jumin-memory.XXXXXX",
                      .text = JM_BYTES("new")};
    int fd = mkstemp(t.path);

    CHECK(fd >= 0 && close(fd) == 0);
    CHECK_OK(jm_file_write(t.path, JM_BYTES("old"), 0600));
    scarce_each(write_file, file_is_whole, &t);
    CHECK_EQ(unlink(t.path), 0);
}

static void draw(void *ctx)
{
    struct tried *t = ctx;
    size_t mark = jm_arena_mark(&t->mem);

    t->st = jm_qr_png(&t->text, JM_BYTES("text"), &t->mem);
    jm_arena_back(&t->mem, mark);
}

static void refused_or_done(void *ctx, bool was_short)
{
    struct tried *t = ctx;

    CHECK(t->st == JM_OK || was_short);
}

TEST(a_picture_is_drawn_or_not)
{
    struct tried t = {.mem = arena(1 << 20)};

    scarce_each(draw, refused_or_done, &t);
}

static void sign(void *ctx)
{
    struct tried *t = ctx;

    t->st = jm_key_sign(t->key, JM_BYTES("octets"), &t->sig);
}

static void holds(void *ctx, bool was_short)
{
    struct tried *t = ctx;
    struct jm_point point;

    CHECK_OK(jm_key_point(&point, t->key));
    CHECK(t->st == JM_OK || was_short);
    CHECK_EQ(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&point), JM_BYTES("octets"),
                               jm_sig_bytes(&t->sig)) == JM_OK,
             t->st == JM_OK);
}

static void verify(void *ctx)
{
    struct tried *t = ctx;
    struct jm_point point;

    t->st = jm_key_point(&point, t->key);
    if (t->st == JM_OK)
        t->st = jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&point), JM_BYTES("others"),
                                  jm_sig_bytes(&t->sig));
}

static void never_holds(void *ctx, bool was_short)
{
    (void)was_short;
    CHECK(((struct tried *)ctx)->st != JM_OK);
}

static void seal(void *ctx)
{
    struct tried *t = ctx;
    uint8_t key[32] = {1}, iv[JM_GCM_IV] = {2}, out[64];
    struct jm_buf sealed = jm_buf(out, sizeof out),
                  plain = jm_buf(t->sig.octets, sizeof t->sig.octets);

    t->st = jm_crypto_openssl.seal(jm_bytes(key, 32), jm_bytes(iv, sizeof iv), jm_none(),
                                   JM_BYTES("secret"), &sealed);
    if (t->st == JM_OK)
        t->st = jm_crypto_openssl.open(jm_bytes(key, 32), jm_bytes(iv, sizeof iv), jm_none(),
                                       jm_written(sealed), &plain);
    if (t->st == JM_OK)
        CHECK(jm_bytes_eq_str(jm_written(plain), "secret"));
}

static void agree(void *ctx)
{
    struct tried *t = ctx;
    struct jm_point point;

    t->st = jm_key_point(&point, t->key);
    if (t->st == JM_OK)
        t->st = jm_key_agree(t->key, jm_point_bytes(&point), t->sig.octets);
}

TEST(a_signature_is_made_and_holds_or_not)
{
    struct tried t = {.st = JM_OK};

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_key_generate(&t.key));
    scarce_each(sign, holds, &t);
    scarce_each(verify, never_holds, &t);
    scarce_each(seal, refused_or_done, &t);
    scarce_each(agree, refused_or_done, &t);
    jm_key_free(&t.key);
}
#else
TEST(memory_that_ends)
{
    SKIP("a sanitizer has an allocator of its own");
}
#endif
