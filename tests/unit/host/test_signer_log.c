/* SPDX-License-Identifier: Apache-2.0 */
/* The signer over checkpoints of a log: one that grows is signed, nothing behind what was signed,
 * nothing that is not its own; what it keeps of it stands sealed on the disk. */
#include "unit/test.h"

#include "host/files/files.h"
#include "host/openssl/ed25519.h"
#include "host/openssl/openssl.h"
#include "host/signer/signer.h"
#include "jumin/note.h"
#include "service/signer/signer.h"
#include "unit/folder.h"

#define NOW INT64_C(1796083200)
#define ORIGIN "o.example/log"

static const struct jm_signer_tools tools =
    {&jm_crypto_openssl, jm_openssl_random,      jm_openssl_scrypt,
     jm_key_from_scalar, jm_key_point,           jm_key_sign,
     jm_key_free,        jm_ed25519_public,      jm_ed25519_sign,
     jm_file_read,       jm_file_create,         jm_file_write,
     jm_dir_list,        jm_openssl_secret_room, jm_openssl_secret_room_free};
static char dir[64];
static struct jm_secret32 master;
static struct jm_arena mem;
static struct jm_keys *keys;
static struct jm_sign_own own;
static struct jm_sign_service service;

static const char *in_dir(const char *name)
{
    char *path = (char *)test_malloc(128);

    snprintf(path, 128, "%s/%s", dir, name);
    return path;
}

static void add_ed25519(const char *id, enum jm_purpose purpose)
{
    struct jm_held_key k = {.id = jm_str(id), .purpose = (unsigned)purpose, .is_pair = true};
    struct jm_secret32 seed;

    CHECK_OK(jm_ed25519_new(&seed));
    k.point.curve = JM_CURVE_ED25519;
    k.point.len = JM_ED25519_KEY_LEN;
    CHECK_OK(jm_ed25519_public(k.point.octets, &seed));
    CHECK_OK(jm_keys_add(dir, &master, &k, &seed, false, &tools, &mem));
}

static void add_es256(const char *id, enum jm_purpose purpose)
{
    struct jm_held_key k = {.id = jm_str(id), .purpose = (unsigned)purpose, .is_pair = true};
    struct jm_secret32 scalar;
    struct jm_key *key;

    CHECK_OK(jm_key_generate(&key));
    CHECK_OK(jm_key_point(&k.point, key));
    CHECK_OK(jm_key_scalar(&scalar, key));
    jm_key_free(&key);
    CHECK_OK(jm_keys_add(dir, &master, &k, &scalar, false, &tools, &mem));
}

static void reopen(void)
{
    if (keys != NULL)
        jm_keys_close(&keys);
    CHECK_OK(jm_keys_open(&keys, dir, &master, &tools, &mem, NULL));
    own = (struct jm_sign_own){.origin = {JM_BYTES(ORIGIN)}, .n_origins = 1};
    service = (struct jm_sign_service){.own = &own,
                                       .keys = jm_keys_table(keys),
                                       .crypto = &jm_crypto_openssl};
}

/* A folder of its own for each test. */
static void start(void)
{
    CHECK_OK(jm_openssl_init());
    mem = arena(4 << 20);
    snprintf(dir, sizeof dir, "/tmp/jumin-signer-log-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    CHECK_OK(jm_dir_make(in_dir("keys")));
    CHECK_OK(jm_dir_make(in_dir("count")));
    CHECK_OK(jm_keys_create(&master, dir, JM_BYTES("open sesame"), &tools, &mem));
    add_ed25519("log-1", JM_PURPOSE_LOG);
    add_ed25519("cosign-1", JM_PURPOSE_COSIGN);
    reopen();
}

static void finish(void)
{
    jm_keys_close(&keys);
    clear_away(dir);
}

/* -- one call -- */

/* What LOG or COSIGN signs over a checkpoint of @p size whose root is full of @p root. */
static struct jm_bytes text_of(enum jm_purpose purpose, const char *origin, uint64_t size,
                               uint8_t root, int64_t time)
{
    struct jm_checkpoint cp = {jm_str(origin), size, {{0}}};
    struct jm_buf b = room(JM_CHECKPOINT_TEXT_MAX + 64);
    char lead[64];

    memset(cp.root.octets, root, sizeof cp.root.octets);
    snprintf(lead, sizeof lead, "cosignature/v1\ntime %lld\n", (long long)time);
    if (purpose == JM_PURPOSE_COSIGN)
        CHECK_OK(jm_buf_put(&b, jm_str(lead)));
    CHECK_OK(jm_checkpoint_put(&b, &cp));
    return jm_written(b);
}

static enum jm_code call(enum jm_sign_op op, enum jm_purpose purpose, const char *key,
                         struct jm_list in, struct jm_list *out)
{
    const struct jm_sign_request q = {JM_BYTES("ledger"), op,   purpose, jm_str(key),
                                      in.items,           in.n, NOW};
    struct jm_diag d = {0};
    enum jm_status st = jm_sign_serve(&service, &q, out, &mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    if (st != JM_OK)
        CHECK_EQ(out->n, 0);
    return d.code;
}

static enum jm_code sign(enum jm_purpose purpose, struct jm_bytes text)
{
    const struct jm_held_key *k;
    struct jm_bytes in[] = {text}, items[2];
    struct jm_list out = {items, 0, 2};
    enum jm_code code = call(JM_SIGN, purpose, "", (struct jm_list){in, 1, 1}, &out);

    if (code == JM_CODE_NONE && CHECK_EQ(out.n, 1)) {
        CHECK_OK(service.keys->find(service.keys->ctx, &k, purpose, JM_BYTES("ledger"), jm_none()));
        CHECK_OK(jm_ed25519_verify(jm_point_bytes(&k->point), text, items[0]));
    }
    return code;
}

static enum jm_code sign_size(enum jm_purpose purpose, uint64_t size, uint8_t root)
{
    return sign(purpose, text_of(purpose, ORIGIN, size, root, NOW));
}

/* The last text; null: there is none, or it is not told. */
static struct jm_bytes head_of(enum jm_purpose purpose, enum jm_code want)
{
    struct jm_bytes in[] = {JM_BYTES(ORIGIN)}, items[2];
    struct jm_list out = {items, 0, 2};

    CHECK_EQ(call(JM_HEAD, purpose, "", (struct jm_list){in, 1, 1}, &out), want);
    return out.n == 0 ? jm_none() : items[0];
}

static const enum jm_purpose purposes[] = {JM_PURPOSE_LOG, JM_PURPOSE_COSIGN};

/* -- tests -- */

TEST(a_log_that_grows_is_signed_and_nothing_behind_it)
{
    start();
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        enum jm_purpose p = purposes[i];

        CHECK(head_of(p, JM_CODE_NONE).ptr == NULL);
        CHECK_EQ(sign_size(p, 5, 1), JM_CODE_NONE);
        CHECK_EQ(sign_size(p, 5, 1), JM_CODE_NONE); /* the same again */
        CHECK_EQ(sign_size(p, 5, 2), JM_SIGNER_CHECKPOINT);
        CHECK_EQ(sign_size(p, 4, 1), JM_SIGNER_CHECKPOINT);
        CHECK_EQ(sign_size(p, 0, 1), JM_SIGNER_CHECKPOINT);
        CHECK_EQ(sign_size(p, 9, 3), JM_CODE_NONE);
        CHECK_EQ(sign_size(p, 5, 1), JM_SIGNER_CHECKPOINT);
        CHECK_SAME(head_of(p, JM_CODE_NONE), text_of(p, ORIGIN, 9, 3, NOW));
        reopen(); /* and after a restart */
        CHECK_EQ(sign_size(p, 8, 3), JM_SIGNER_CHECKPOINT);
        CHECK_EQ(sign_size(p, 9, 4), JM_SIGNER_CHECKPOINT);
        CHECK_SAME(head_of(p, JM_CODE_NONE), text_of(p, ORIGIN, 9, 3, NOW));
        CHECK_EQ(sign_size(p, 10, 4), JM_CODE_NONE);
        CHECK_EQ(jm_keys_counted(keys, p), 4);
    }
    finish();
}

TEST(another_origin_and_another_form)
{
    static const char *const bad[] = {"", "x", ORIGIN "\n5\n", "cosignature/v1\n", ORIGIN "\n05\n"};

    start();
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        enum jm_purpose p = purposes[i], other = purposes[1 - i];
        struct jm_bytes good = text_of(p, ORIGIN, 5, 1, NOW);

        CHECK_EQ(sign(p, text_of(p, "p.example/log", 5, 1, NOW)), JM_SIGNER_NAME);
        CHECK_EQ(sign(p, text_of(p, ORIGIN "x", 5, 1, NOW)), JM_SIGNER_NAME);
        CHECK_EQ(sign(p, text_of(other, ORIGIN, 5, 1, NOW)), JM_SIGNER_FORM);
        for (size_t k = 0; k < JM_ARRAY_LEN(bad); k++)
            CHECK(sign(p, jm_str(bad[k])) != JM_CODE_NONE);
        for (size_t len = 0; len < good.len; len++)
            CHECK(sign(p, exact(jm_slice(good, 0, len))) != JM_CODE_NONE);
        own.n_origins = 0; /* a home without a ledger */
        CHECK_EQ(sign(p, good), JM_SIGNER_NAME);
        own.n_origins = 1;
        CHECK(head_of(p, JM_CODE_NONE).ptr == NULL); /* none of it was kept */
        CHECK_EQ(sign(p, good), JM_CODE_NONE);
    }
    finish();
}

TEST(a_cosignature_is_of_now)
{
    enum jm_purpose p = JM_PURPOSE_COSIGN;

    start();
    CHECK(sign(p, text_of(p, ORIGIN, 5, 1, NOW + 86400)) != JM_CODE_NONE);
    CHECK(sign(p, text_of(p, ORIGIN, 5, 1, NOW - 86400)) != JM_CODE_NONE);
    CHECK(sign(p, text_of(p, ORIGIN, 5, 1, 0)) != JM_CODE_NONE);
    CHECK_EQ(sign(p, text_of(p, ORIGIN, 5, 1, NOW)), JM_CODE_NONE);
    finish();
}

TEST(one_at_a_time)
{
    struct jm_bytes in[2], items[2];
    struct jm_list out = {items, 0, 2};

    start();
    in[0] = text_of(JM_PURPOSE_LOG, ORIGIN, 5, 1, NOW);
    in[1] = text_of(JM_PURPOSE_LOG, ORIGIN, 6, 1, NOW);
    CHECK_EQ(call(JM_SIGN, JM_PURPOSE_LOG, "", (struct jm_list){in, 2, 2}, &out),
             JM_SIGNER_OPERATION);
    CHECK_EQ(call(JM_SIGN, JM_PURPOSE_LOG, "", (struct jm_list){in, 0, 2}, &out),
             JM_SIGNER_OPERATION);
    finish();
}

/* A log's signatures are Ed25519: a key of the other kind under its purpose signs nothing. */
TEST(a_key_of_another_kind)
{
    start();
    add_es256("log-2", JM_PURPOSE_LOG);
    add_es256("cosign-2", JM_PURPOSE_COSIGN);
    reopen();
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        struct jm_bytes in[] = {text_of(purposes[i], ORIGIN, 5, 1, NOW)}, items[2];
        struct jm_list out = {items, 0, 2};

        CHECK_EQ(call(JM_SIGN, purposes[i], i == 0 ? "log-2" : "cosign-2",
                      (struct jm_list){in, 1, 1}, &out),
                 JM_SIGNER_OPERATION);
        CHECK_EQ(call(JM_SIGN, purposes[i], i == 0 ? "log-1" : "cosign-1",
                      (struct jm_list){in, 1, 1}, &out),
                 JM_CODE_NONE);
    }
    finish();
}

/* Named by the hash of the origin. */
static const char *kept_of(enum jm_purpose p)
{
    return in_dir(p == JM_PURPOSE_LOG ? "kept-16-0f42b7558f0e876174b8ce8e99f9a472"
                                      : "kept-17-0f42b7558f0e876174b8ce8e99f9a472");
}

/* What is kept is gone, cut, changed, or the other purpose's: nothing is signed any more. */
TEST(what_is_kept_is_what_was_written)
{
    start();
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        enum jm_purpose p = purposes[i];
        struct jm_bytes file;

        CHECK_EQ(sign_size(p, 5, 1), JM_CODE_NONE);
        CHECK_OK(jm_file_read(&file, kept_of(p), 1024, &mem));
        for (size_t k = 0; k < file.len; k++) {
            struct jm_bytes changed = exact(file);

            ((uint8_t *)test_heap[test_heap_n - 1])[k] ^= 1;
            CHECK_OK(jm_file_write(kept_of(p), changed, 0600));
            CHECK_EQ(sign_size(p, 6, 1), JM_SIGNER_HEAD_STATE);
            CHECK(head_of(p, JM_SIGNER_HEAD_STATE).ptr == NULL);
            CHECK_OK(jm_file_write(kept_of(p), exact(jm_slice(file, 0, k)), 0600));
            CHECK_EQ(sign_size(p, 6, 1), JM_SIGNER_HEAD_STATE);
        }
        if (p == JM_PURPOSE_LOG) { /* a witness has as many as it has logs */
            CHECK_EQ(remove(kept_of(p)), 0);
            CHECK_EQ(sign_size(p, 6, 1), JM_SIGNER_HEAD_STATE);
            reopen();
            CHECK_EQ(sign_size(p, 6, 1), JM_SIGNER_HEAD_STATE);
            CHECK(head_of(p, JM_SIGNER_HEAD_STATE).ptr == NULL);
        }
        CHECK_OK(jm_file_write(kept_of(p), file, 0600));
        CHECK_EQ(sign_size(p, 6, 1), JM_CODE_NONE);
    }
    finish();
}
