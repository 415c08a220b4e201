/* SPDX-License-Identifier: Apache-2.0 */
/* Key files, frames, and a signer over a real socket with a caller on the other side. */
#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/files/files.h"
#include "host/openssl/ed25519.h"
#include "host/openssl/openssl.h"
#include "host/signer/signer.h"
#include "jumin/cbor.h"
#include "service/signer/signer.h"
#include "unit/folder.h"

static const struct jm_signer_tools tools =
    {&jm_crypto_openssl, jm_openssl_random,      jm_openssl_scrypt,
     jm_key_from_scalar, jm_key_point,           jm_key_sign,
     jm_key_free,        jm_ed25519_public,      jm_ed25519_sign,
     jm_file_read,       jm_file_create,         jm_file_write,
     jm_dir_list,        jm_openssl_secret_room, jm_openssl_secret_room_free};
static char dir[64];
static struct jm_secret32 master, audit_secret, caller_secret;

static const char *in_dir(const char *name)
{
    char *path = (char *)test_malloc(128);

    snprintf(path, 128, "%s/%s", dir, name);
    return path;
}

static void add(const char *id, unsigned purpose, const char *caller, bool pair,
                struct jm_arena *mem)
{
    struct jm_held_key k = {jm_str(id), purpose, jm_str(caller), pair, {0}, {NULL, 0}};
    struct jm_secret32 secret;

    if (pair) {
        struct jm_key *key;

        CHECK_OK(jm_key_generate(&key));
        CHECK_OK(jm_key_point(&k.point, key));
        CHECK_OK(jm_key_scalar(&secret, key));
        jm_key_free(&key);
    } else {
        CHECK_OK(jm_openssl_random(NULL, secret.octets, sizeof secret.octets));
    }
    CHECK_OK(jm_keys_add(dir, &master, &k, &secret, false, &tools, mem));
    if (pair)
        audit_secret = secret;
    else if (purpose == JM_PURPOSE_NONE)
        caller_secret = secret;
}

static bool made;

/* One folder for all tests: scrypt costs half a second. */
static void make(struct jm_arena *mem)
{
    if (made)
        return;
    made = true;
    CHECK_OK(jm_openssl_init());
    snprintf(dir, sizeof dir, "/tmp/jumin-signer-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    CHECK_OK(jm_dir_make(in_dir("keys")));
    CHECK_OK(jm_dir_make(in_dir("count")));
    CHECK_OK(jm_keys_create(&master, dir, JM_BYTES("open sesame"), &tools, mem));
    add("audit-1", JM_PURPOSE_AUDIT, "", true, mem);
    add("row-issuer-1", JM_PURPOSE_ROW, "issuer", false, mem);
    add("nonce-issuer-1", JM_PURPOSE_NONCE, "issuer", false, mem);
    add("caller-issuer", JM_PURPOSE_NONE, "issuer", false, mem);
}

TEST(the_passphrase_opens_and_nothing_else_does)
{
    struct jm_arena mem = arena(1 << 20);
    struct jm_secret32 got;
    struct jm_diag d = {0};

    make(&mem);
    CHECK_OK(jm_keys_unlock(&got, dir, JM_BYTES("open sesame"), &tools, &mem, &d));
    CHECK(memcmp(&got, &master, sizeof got) == 0);
    CHECK_ST(jm_keys_unlock(&got, dir, JM_BYTES("open sesam"), &tools, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_SIGNER_PASSPHRASE);
    CHECK_ST(jm_keys_create(&got, dir, JM_BYTES("x"), &tools, &mem), JM_E_CONFLICT);
}

TEST(a_changed_octet_of_a_key_file_is_seen)
{
    struct jm_arena mem = arena(4 << 20);
    struct jm_bytes file;
    struct jm_keys *k;

    make(&mem);
    CHECK_OK(jm_file_read(&file, in_dir("keys/audit-1"), JM_KEY_FILE_MAX, &mem));
    for (size_t i = 0; i < file.len; i++) {
        struct jm_bytes changed = exact(file);
        struct jm_diag d = {0};
        uint8_t *p = test_heap[test_heap_n - 1];
        size_t mark = jm_arena_mark(&mem);

        p[i] ^= 1;
        CHECK_OK(jm_file_write(in_dir("keys/audit-1"), changed, 0600));
        CHECK_ST(jm_keys_open(&k, dir, &master, &tools, &mem, &d), JM_E_DENIED);
        CHECK_EQ(d.code, JM_SIGNER_KEY_FILE);
        jm_arena_back(&mem, mark);
    }
    CHECK_OK(jm_file_write(in_dir("keys/audit-1"), file, 0600));
    /* under another key's name */
    struct jm_diag d = {0};

    CHECK_OK(jm_file_write(in_dir("keys/audit-2"), file, 0600));
    CHECK_ST(jm_keys_open(&k, dir, &master, &tools, &mem, &d), JM_E_DENIED);
    CHECK_EQ(unlink(in_dir("keys/audit-2")), 0);
    CHECK_OK(jm_keys_open(&k, dir, &master, &tools, &mem, NULL));
    jm_keys_close(&k);
}

/* A key's name is a file's: nothing in it leads elsewhere. */
TEST(a_key_has_a_name_of_letters)
{
    static const char *const bad[] = {"", "../up", "a/b", ".hidden", "A", "a b", "a\n"};
    struct jm_arena mem = arena(1 << 20);
    const struct jm_secret32 secret = {{1}};

    make(&mem);
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++) {
        const struct jm_held_key k =
            {jm_str(bad[i]), JM_PURPOSE_ROW, JM_BYTES("issuer"), false, {0}, {NULL, 0}};

        ROW(CHECK_ST(jm_keys_add(dir, &master, &k, &secret, false, &tools, &mem), JM_E_MALFORMED),
            bad[i]);
    }
}

/* Rightly sealed, and still of a purpose that nobody knows here: of a later version, say. */
TEST(a_key_of_an_unknown_purpose_is_not_opened)
{
    struct jm_arena mem = arena(1 << 20);
    struct jm_diag d = {0};
    struct jm_keys *k;

    make(&mem);
    add("later-1", JM_PURPOSE_LAST + 1, "", false, &mem);
    CHECK_ST(jm_keys_open(&k, dir, &master, &tools, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_SIGNER_KEY_FILE);
    CHECK_EQ(unlink(in_dir("keys/later-1")), 0);
    add("latest-1", JM_PURPOSE_LAST, "", false, &mem);
    CHECK_OK(jm_keys_open(&k, dir, &master, &tools, &mem, NULL));
    jm_keys_close(&k);
    CHECK_EQ(unlink(in_dir("keys/latest-1")), 0);
}

/* The facts of a pair name its point, whole; those of a secret none. */
TEST(a_key_of_another_form_is_not_opened)
{
    static const struct jm_point points[] = {{JM_CURVE_NONE, 0, {0}},
                                             {JM_CURVE_P256, JM_POINT_COMPRESSED_LEN, {2, 1}},
                                             {JM_CURVE_P256, JM_POINT_LEN - 1, {4, 1}},
                                             {JM_CURVE_P256, JM_POINT_LEN + 1, {4, 1}},
                                             {JM_CURVE_P256, JM_POINT_LEN, {4, 1}}, /* another */
                                             {JM_CURVE_P256, JM_POINT_MAX, {4, 1}}};
    struct jm_arena mem = arena(1 << 20);
    const struct jm_secret32 secret = {{1}};

    make(&mem);
    for (size_t i = 0; i < JM_ARRAY_LEN(points); i++) {
        const struct jm_held_key k = {.id = JM_BYTES("odd-1"),
                                      .purpose = JM_PURPOSE_MSO,
                                      .is_pair = true,
                                      .point = points[i]};
        struct jm_diag d = {0};
        struct jm_keys *keys;

        CHECK_OK(jm_keys_add(dir, &master, &k, &secret, true, &tools, &mem));
        CHECK_ST(jm_keys_open(&keys, dir, &master, &tools, &mem, &d), JM_E_DENIED);
        CHECK_EQ(d.code, JM_SIGNER_KEY_FILE);
    }
    CHECK_EQ(unlink(in_dir("keys/odd-1")), 0);
}

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1796083200;
}

struct running {
    struct jm_keys *keys;
    struct jm_sign_own own;
    struct jm_sign_service service;
    struct jm_signer_server *server;
    const char *path;
};

static void start(struct running *r, struct jm_arena *mem)
{
    memset(r, 0, sizeof *r);
    make(mem);
    CHECK_OK(jm_keys_open(&r->keys, dir, &master, &tools, mem, NULL));
    r->service = (struct jm_sign_service){.own = &r->own,
                                          .keys = jm_keys_table(r->keys),
                                          .crypto = &jm_crypto_openssl};
    r->path = in_dir("signer.sock");
    const struct jm_signer_server_config c = {.path = r->path,
                                              .tools = &tools,
                                              .keys = r->keys,
                                              .serve = jm_sign_serve,
                                              .service = &r->service,
                                              .now_s = now};

    CHECK_OK(jm_signer_server_start(&r->server, &c));
}

static void stop(struct running *r)
{
    jm_signer_server_stop(&r->server);
    jm_keys_close(&r->keys);
}

static struct jm_signer_dial dial_as(const struct running *r, const char *caller)
{
    return (struct jm_signer_dial){.path = r->path,
                                   .caller = caller,
                                   .secret = caller_secret,
                                   .crypto = &jm_crypto_openssl,
                                   .random = jm_openssl_random};
}

/* A head over the row after @p last, and that row. */
static void next_head(struct jm_bytes in[2], const struct jm_signed_head *last,
                      struct jm_arena *mem)
{
    struct jm_signed_head h = {.count = last->count + 1, .n = last->n + 1, .at = now(NULL)};
    uint8_t *head = test_malloc(JM_HEAD_MAX);
    struct jm_cbor_w w;
    struct jm_buf b;

    CHECK_OK(jm_alloc_buf(&b, mem, 128));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 10);
    jm_cbor_w_str(&w, "jumin-audit/1");
    jm_cbor_w_int(&w, h.n);
    CHECK_OK(jm_cbor_w_end(&w));
    in[1] = jm_written(b);
    CHECK_OK(jm_row_hash(h.hash, in[1], last->hash, &jm_crypto_openssl));
    CHECK_OK(jm_head_octets(&in[0], &h, head));
}

static struct jm_signed_head last_of(const struct running *r)
{
    const struct jm_key_table *t = jm_keys_table(r->keys);
    struct jm_signed_head h;

    CHECK_OK(t->head(t->ctx, &h));
    return h;
}

TEST(a_caller_signs_seals_opens_and_macs_over_the_socket)
{
    struct jm_arena mem = arena(4 << 20);
    struct running r;
    struct jm_signer *signer;
    struct jm_bytes head, in[4], out[4];
    struct jm_list li = {in, 1, 4}, lo = {out, 0, 4};

    start(&r, &mem);
    const struct jm_signer_dial d = dial_as(&r, "issuer");

    CHECK_OK(jm_signer_connect(&signer, &d));
    struct jm_signed_head last = last_of(&r);

    next_head(in, &last, &mem);
    head = in[0];
    li.n = 2;
    uint64_t before = jm_keys_counted(r.keys, JM_PURPOSE_AUDIT);

    CHECK_OK(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &li, &lo));
    CHECK_EQ(lo.n, 1);
    struct jm_key *key;
    struct jm_point point;

    CHECK_OK(jm_key_from_scalar(&key, &audit_secret));
    CHECK_OK(jm_key_point(&point, key));
    jm_key_free(&key);
    CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&point), head, out[0]));
    CHECK_EQ(jm_keys_counted(r.keys, JM_PURPOSE_AUDIT), before + 1);
    CHECK_OK(signer->call(signer->ctx, JM_HEAD, JM_PURPOSE_AUDIT, jm_none(),
                          &(struct jm_list){NULL, 0, 0}, &lo));
    CHECK_EQ(lo.n, 2);
    CHECK(jm_bytes_eq(out[0], head));
    CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&point), head, out[1]));

    in[0] = JM_BYTES("person 1");
    in[1] = JM_BYTES("secret");
    in[2] = JM_BYTES("person 2");
    in[3] = JM_BYTES("");
    li.n = 4;
    CHECK_OK(signer->call(signer->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(), &li, &lo));
    CHECK_EQ(lo.n, 2);
    in[1] = out[0]; /* views of the last answer may be inputs */
    in[3] = out[1];
    CHECK_OK(
        signer->call(signer->ctx, JM_OPEN, JM_PURPOSE_ROW, JM_BYTES("row-issuer-1"), &li, &lo));
    CHECK_STR(out[0], "secret");
    CHECK_EQ(out[1].len, 0);
    in[0] = JM_BYTES("person 2");
    CHECK_OK(signer->call(signer->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(),
                          &(struct jm_list){in, 2, 4}, &lo));
    in[0] = JM_BYTES("person 3");
    in[1] = out[0];
    CHECK_ST(signer->call(signer->ctx, JM_OPEN, JM_PURPOSE_ROW, jm_none(),
                          &(struct jm_list){in, 2, 4}, &lo),
             JM_E_SIGNATURE);

    CHECK_OK(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(),
                          &(struct jm_list){in, 1, 4}, &lo));
    CHECK_EQ(out[0].len, 32);
    CHECK_ST(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(),
                          &(struct jm_list){in, 2, 4}, &(struct jm_list){out, 0, 1}),
             JM_E_NO_SPACE);
    /* all or none, and each refusal with its reason */
    in[0] = head;
    in[1] = hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(),
                          &(struct jm_list){in, 2, 4}, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_CHAIN);
    CHECK_EQ(lo.n, 0);
    CHECK_EQ(jm_keys_counted(r.keys, JM_PURPOSE_AUDIT), before + 1);
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_RPCERT, jm_none(),
                          &(struct jm_list){in, 1, 4}, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_PURPOSE_FOREIGN);
    CHECK_ST(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_ROW, jm_none(),
                          &(struct jm_list){in, 1, 4}, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_OPERATION);
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_MSO, jm_none(),
                          &(struct jm_list){in, 1, 4}, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_KEY_UNKNOWN);
    jm_signer_disconnect(&signer);
    stop(&r);
}

/* The last head is the signer's own memory: over a restart too, and not where somebody was at the
 * file. */
TEST(the_last_head_outlives_a_restart_and_is_no_others)
{
    struct jm_arena mem = arena(16 << 20);
    struct jm_signed_head none = {0}, first, second, h;
    struct jm_bytes in[2], old, newest;
    struct running r;

    start(&r, &mem);
    const struct jm_key_table *t = jm_keys_table(r.keys);

    first = last_of(&r);
    first.count++;
    CHECK_OK(t->head_keep(t->ctx, &first));
    CHECK_OK(t->count(t->ctx, JM_PURPOSE_AUDIT, JM_BYTES("issuer"), 1, 0));
    CHECK_OK(jm_file_read(&old, in_dir("head"), 512, &mem));
    second = first;
    second.count++;
    second.n = 77;
    CHECK_OK(t->head_keep(t->ctx, &second));
    h = last_of(&r); /* kept, and the count not written yet: a crash there */
    CHECK_EQ(h.n, 77);
    CHECK_OK(t->count(t->ctx, JM_PURPOSE_AUDIT, JM_BYTES("issuer"), 1, 0));
    stop(&r);
    start(&r, &mem);
    t = jm_keys_table(r.keys);
    h = last_of(&r);
    CHECK(h.count == second.count && h.n == 77 && memcmp(h.hash, second.hash, sizeof h.hash) == 0);
    CHECK_SAME(jm_sig_bytes(&h.sig), jm_sig_bytes(&second.sig));
    CHECK_OK(jm_file_read(&newest, in_dir("head"), 512, &mem));

    struct jm_signer *signer;
    struct jm_bytes out[1];
    struct jm_list li = {in, 2, 2}, lo = {out, 0, 1};
    const struct jm_signer_dial d = dial_as(&r, "issuer");

    CHECK_OK(jm_signer_connect(&signer, &d));
    next_head(in, &first, &mem); /* the one that was signed before, with other rows */
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &li, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_CHAIN);
    next_head(in, &none, &mem);
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &li, &lo),
             JM_E_DENIED);
    CHECK_OK(jm_file_write(in_dir("head"), old, 0600)); /* an older file of its own */
    CHECK_ST(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &li, &lo),
             JM_E_DENIED);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_HEAD_STATE);
    CHECK_EQ(unlink(in_dir("head")), 0);
    CHECK_ST(t->head(t->ctx, &h), JM_E_DENIED);
    CHECK_EQ(h.count, 0);
    for (size_t i = 0; i < newest.len; i++) {
        struct jm_bytes changed = exact(newest);

        ((uint8_t *)test_heap[test_heap_n - 1])[i] ^= 1;
        CHECK_OK(jm_file_write(in_dir("head"), changed, 0600));
        CHECK_ST(t->head(t->ctx, &h), JM_E_DENIED);
    }
    static const uint8_t lens[] = {0, JM_SIG_LEN - 1, JM_SIG_LEN + 1, JM_SIG_MAX};
    for (size_t i = 0; i < JM_ARRAY_LEN(lens); i++) {
        second.sig.len = lens[i];
        CHECK_OK(t->head_keep(t->ctx, &second));
        CHECK_ST(t->head(t->ctx, &h), JM_E_DENIED);
        CHECK_OK(jm_file_write(in_dir("head"), newest, 0600));
        CHECK_OK(t->head(t->ctx, &h));
    }
    CHECK_OK(jm_file_write(in_dir("head"), jm_slice(newest, 0, 20), 0600));
    CHECK_ST(t->head(t->ctx, &h), JM_E_DENIED);
    CHECK_OK(jm_file_write(in_dir("head"), newest, 0600));
    h = last_of(&r);
    next_head(in, &h, &mem);
    CHECK_OK(signer->call(signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &li, &lo));
    jm_signer_disconnect(&signer);
    stop(&r);
}

static struct jm_bytes kept_of(const struct jm_key_table *t, enum jm_purpose purpose,
                               const char *origin, enum jm_status want)
{
    struct jm_buf b = jm_buf(test_malloc(512), 512);

    CHECK_ST(t->kept(t->ctx, purpose, jm_str(origin), &b), want);
    return jm_written(b);
}

static const char *kept_file(unsigned purpose, const char *origin)
{
    char name[64], *at = name + snprintf(name, sizeof name, "kept-%u-", purpose);
    uint8_t hash[32];

    CHECK_OK(jm_sha256(&jm_crypto_openssl, jm_str(origin), hash));
    for (size_t i = 0; i < 16; i++)
        at += snprintf(at, 3, "%02x", hash[i]);
    return in_dir(name);
}

/* Each log has a memory of its own, over a restart too; one's is not taken for another's. */
TEST(what_was_signed_last_is_kept_of_each_log)
{
    struct jm_arena mem = arena(16 << 20);
    struct jm_bytes a, b;
    struct running r;

    start(&r, &mem);
    const struct jm_key_table *t = jm_keys_table(r.keys);

    CHECK_EQ(kept_of(t, JM_PURPOSE_COSIGN, "a", JM_OK).len, 0);
    CHECK_OK(t->keep(t->ctx, JM_PURPOSE_COSIGN, JM_BYTES("a"), JM_BYTES("of a")));
    CHECK_OK(t->keep(t->ctx, JM_PURPOSE_COSIGN, JM_BYTES("b"), JM_BYTES("of b")));
    CHECK_OK(t->keep(t->ctx, JM_PURPOSE_LOG, JM_BYTES("a"), JM_BYTES("as a log")));
    stop(&r);
    start(&r, &mem);
    t = jm_keys_table(r.keys);
    CHECK_STR(kept_of(t, JM_PURPOSE_COSIGN, "a", JM_OK), "of a");
    CHECK_STR(kept_of(t, JM_PURPOSE_COSIGN, "b", JM_OK), "of b");
    CHECK_STR(kept_of(t, JM_PURPOSE_LOG, "a", JM_OK), "as a log");
    CHECK_EQ(kept_of(t, JM_PURPOSE_LOG, "b", JM_OK).len, 0);
    CHECK_OK(jm_file_read(&a, kept_file(JM_PURPOSE_COSIGN, "a"), 1024, &mem));
    CHECK_OK(jm_file_read(&b, kept_file(JM_PURPOSE_COSIGN, "b"), 1024, &mem));
    CHECK_OK(jm_file_write(kept_file(JM_PURPOSE_COSIGN, "a"), b, 0600));
    (void)kept_of(t, JM_PURPOSE_COSIGN, "a", JM_E_DENIED);
    for (size_t i = 0; i < a.len; i++) {
        struct jm_bytes changed = exact(a);

        ((uint8_t *)test_heap[test_heap_n - 1])[i] ^= 1;
        CHECK_OK(jm_file_write(kept_file(JM_PURPOSE_COSIGN, "a"), changed, 0600));
        (void)kept_of(t, JM_PURPOSE_COSIGN, "a", JM_E_DENIED);
    }
    CHECK_OK(jm_file_write(kept_file(JM_PURPOSE_COSIGN, "a"), jm_slice(a, 0, 20), 0600));
    (void)kept_of(t, JM_PURPOSE_COSIGN, "a", JM_E_DENIED);
    CHECK_OK(jm_file_write(kept_file(JM_PURPOSE_COSIGN, "a"), a, 0600));
    CHECK_STR(kept_of(t, JM_PURPOSE_COSIGN, "a", JM_OK), "of a");
    stop(&r);
}

TEST(a_socket_has_a_name_of_so_many_octets)
{
    struct jm_arena mem = arena(1 << 20);
    struct jm_signer_server *server;
    char path[256];

    make(&mem);
    memset(path, 'a', sizeof path);
    for (size_t len = 107; len <= 108; len++) { /* of sun_path, and its NUL */
        int n = snprintf(path, sizeof path, "%s/", dir);

        path[n] = 'a';
        path[len] = '\0';
        const struct jm_signer_server_config c = {.path = path,
                                                  .tools = &tools,
                                                  .serve = jm_sign_serve,
                                                  .now_s = now};
        enum jm_status st = jm_signer_server_start(&server, &c);
        CHECK_ST(st, len == 107 ? JM_OK : JM_E_LIMIT);
        if (st == JM_OK)
            jm_signer_server_stop(&server);
        path[len] = 'a';
    }
}

TEST(a_wrong_secret_and_a_foreign_name_are_refused)
{
    struct jm_arena mem = arena(4 << 20);
    struct running r;
    struct jm_signer *signer;

    start(&r, &mem);
    struct jm_signer_dial d = dial_as(&r, "issuer");

    d.secret.octets[0] ^= 1;
    CHECK_ST(jm_signer_connect(&signer, &d), JM_E_UNAUTHENTICATED);
    CHECK(signer == NULL);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_CALLER_UNKNOWN);
    d = dial_as(&r, "operator");
    CHECK_ST(jm_signer_connect(&signer, &d), JM_E_UNAUTHENTICATED);
    stop(&r);
    d = dial_as(&r, "issuer");
    CHECK_ST(jm_signer_connect(&signer, &d), JM_E_UNAVAILABLE);
    CHECK_EQ(jm_signer_reason(), JM_SIGNER_OFFLINE);
}

/* Sits at the socket and knows the frames, but not the secret. */
struct impostor {
    int listener;
    struct jm_list answer[2]; /* to the two frames of a greeting */
};

static void *impose(void *arg)
{
    const struct impostor *i = arg;
    struct jm_arena mem = {0};
    uint8_t *space = malloc(1 << 16), frame[4096], octets[512];
    int fd = accept(i->listener, NULL, NULL);

    jm_arena_init(&mem, space, 1 << 16);
    for (size_t k = 0; k < 2; k++) {
        struct jm_buf in = jm_buf(frame, sizeof frame), out = jm_buf(octets, sizeof octets);
        struct jm_frame_request q;
        struct jm_bytes body;

        if (jm_frame_receive(&body, fd, &in) != JM_OK ||
            jm_frame_request_read(&q, body, &mem) != JM_OK ||
            jm_frame_answer_write(&out, &(struct jm_frame_answer){q.request, JM_OK,
                                                                  i->answer[k]}) != JM_OK ||
            jm_frame_send(fd, jm_written(out)) != JM_OK)
            break;
    }
    (void)close(fd);
    free(space);
    return NULL;
}

TEST(who_does_not_know_the_secret_is_no_signer)
{
    static const uint8_t zeros[32];
    struct jm_bytes nonce = jm_bytes(zeros, JM_FRAME_NONCE), mac = jm_bytes(zeros, 32),
                    two[2] = {mac, mac}, brief = jm_bytes(zeros, 31);
    const struct {
        const char *name;
        struct jm_list first, second;
    } rows[] = {{"another tag", {&nonce, 1, 1}, {&mac, 1, 1}},
                {"two tags", {&nonce, 1, 1}, {two, 2, 2}},
                {"no tag", {&nonce, 1, 1}, {NULL, 0, 0}},
                {"a shorter tag", {&nonce, 1, 1}, {&brief, 1, 1}},
                {"a shorter nonce", {&brief, 1, 1}, {&mac, 1, 1}},
                {"no nonce", {NULL, 0, 0}, {&mac, 1, 1}}};
    struct jm_arena mem = arena(1 << 20);
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    make(&mem);
    snprintf(a.sun_path, sizeof a.sun_path, "%s/impostor.sock", dir);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct impostor who = {socket(AF_UNIX, SOCK_STREAM, 0), {rows[i].first, rows[i].second}};
        const struct jm_signer_dial d = {.path = a.sun_path,
                                         .caller = "issuer",
                                         .secret = caller_secret,
                                         .crypto = &jm_crypto_openssl,
                                         .random = jm_openssl_random};
        struct jm_signer *signer = NULL;
        pthread_t t;

        CHECK(bind(who.listener, (const struct sockaddr *)&a, sizeof a) == 0 &&
              listen(who.listener, 4) == 0);
        CHECK_EQ(pthread_create(&t, NULL, impose, &who), 0);
        ROW(CHECK_ST(jm_signer_connect(&signer, &d), JM_E_DENIED), rows[i].name);
        pthread_join(t, NULL);
        CHECK(close(who.listener) == 0 && unlink(a.sun_path) == 0);
    }
}

TEST(a_signer_started_anew_is_dialled_once_more)
{
    struct jm_arena mem = arena(8 << 20);
    struct running r;
    struct jm_signer *signer;
    struct jm_bytes in[1], out[1];
    struct jm_list li = {in, 1, 1}, lo = {out, 0, 1};

    start(&r, &mem);
    const struct jm_signer_dial d = dial_as(&r, "issuer");

    CHECK_OK(jm_signer_connect(&signer, &d));
    stop(&r);
    in[0] = JM_BYTES("x");
    CHECK_ST(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &li, &lo),
             JM_E_UNAVAILABLE);
    start(&r, &mem);
    CHECK_OK(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &li, &lo));
    stop(&r);
    start(&r, &mem);
    CHECK_OK(signer->call(signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &li, &lo));
    struct jm_signer_server *second;
    const struct jm_signer_server_config c = {.path = r.path,
                                              .tools = &tools,
                                              .keys = r.keys,
                                              .serve = jm_sign_serve,
                                              .service = &r.service,
                                              .now_s = now};

    CHECK_ST(jm_signer_server_start(&second, &c), JM_E_CONFLICT);
    jm_signer_disconnect(&signer);
    stop(&r);
}

static struct jm_signer *shared;
static atomic_int failures;

static void *many(void *arg)
{
    struct jm_bytes in[2] = {jm_str(arg), jm_str(arg)}, out[1];
    struct jm_list li = {in, 1, 2}, lo = {out, 0, 1};
    uint8_t first[32];

    for (int i = 0; i < 200; i++) {
        if (shared->call(shared->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &li, &lo) != JM_OK ||
            out[0].len != 32)
            failures++;
        else if (i == 0)
            memcpy(first, out[0].ptr, 32);
        else if (memcmp(first, out[0].ptr, 32) != 0)
            failures++;
    }
    return NULL;
}

TEST(threads_share_a_few_connections)
{
    struct jm_arena mem = arena(4 << 20);
    struct running r;
    pthread_t t[6];
    char name[6][4];

    start(&r, &mem);
    struct jm_signer_dial d = dial_as(&r, "issuer");

    d.connections_max = 3;
    CHECK_OK(jm_signer_connect(&shared, &d));
    for (size_t i = 0; i < 6; i++) {
        snprintf(name[i], sizeof name[i], "%zu", i);
        CHECK_EQ(pthread_create(&t[i], NULL, many, name[i]), 0);
    }
    for (size_t i = 0; i < 6; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(failures, 0);
    jm_signer_disconnect(&shared);
    stop(&r);
}

TEST(frames_are_refused_changed_or_cut)
{
    struct jm_arena mem = arena(1 << 20);
    struct jm_bytes item = JM_BYTES("x");
    struct jm_frame_request q = {5, JM_SIGN, JM_PURPOSE_MSO, JM_BYTES("mso-1"), {&item, 1, 1}},
                            back;
    struct jm_frame_answer a = {5, JM_E_DENIED, {&item, 1, 1}}, aback;
    struct jm_buf b = room(256);

    CHECK_OK(jm_frame_request_write(&b, &q));
    CHECK_EQ(jm_u32_be(b.ptr), b.len - 4);
    CHECK_OK(jm_frame_request_read(&back, jm_slice(jm_written(b), 4, SIZE_MAX), &mem));
    CHECK_EQ(back.request, 5);
    CHECK_STR(back.key, "mso-1");
    CHECK_STR(back.in.items[0], "x");
    for (size_t i = 4; i < b.len; i++)
        CHECK(jm_frame_request_read(&back, jm_slice(jm_written(b), 4, i - 4), &mem) != JM_OK);
    CHECK_ST(jm_frame_request_read(&back, hex("8601050101f681"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_frame_request_read(&back, hex("860205010 1f680"), &mem), JM_E_UNSUPPORTED);
    CHECK_ST(jm_frame_request_read(&back, hex("860105181801f680"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_frame_request_read(&back, hex("8601050118fff680"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_frame_request_read(&back, hex("8601050101f68161 61"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_frame_request_read(&back, hex("8501050101f6"), &mem), JM_E_MALFORMED);
    CHECK_OK(jm_frame_answer_write(&b, &a));
    CHECK_OK(jm_frame_answer_read(&aback, jm_slice(jm_written(b), 4, SIZE_MAX), &mem));
    CHECK_EQ(aback.st, JM_E_DENIED);
    CHECK_ST(jm_frame_answer_read(&aback, hex("83051a00010000 80"), &mem), JM_E_MALFORMED);
    q.in.n = JM_FRAME_ITEMS_MAX + 1;
    CHECK_ST(jm_frame_request_write(&b, &q), JM_E_LIMIT);
}

/* Whoever ends between frames has ended; within one he has broken off. */
TEST(a_frame_that_breaks_off)
{
    static const uint8_t frame[] = {0, 0, 0, 4, 0x83, 1};

    for (size_t sent = 0; sent <= sizeof frame; sent++) {
        uint8_t octets[64];
        struct jm_buf in = jm_buf(octets, sizeof octets);
        struct jm_bytes body;
        int fd[2];

        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0 &&
              write(fd[0], frame, sent) == (ssize_t)sent && close(fd[0]) == 0);
        CHECK_ST(jm_frame_receive(&body, fd[1], &in), sent == 0 ? JM_E_ABSENT : JM_E_UNAVAILABLE);
        CHECK_EQ(close(fd[1]), 0);
    }
}

TEST(a_frame_has_so_many_items)
{
    /* 1,024 of them or a few more follow, all empty */
    static const uint8_t head[] = {0x86, 1, 5, 1, 1, 0xf6, 0x99, 4};
    struct jm_arena mem = arena(1 << 20);
    struct jm_frame_request back;
    uint8_t octets[sizeof head + 1 + JM_FRAME_ITEMS_MAX + 1];

    memset(octets, 0x40, sizeof octets);
    memcpy(octets, head, sizeof head);
    for (uint8_t more = 0; more < 2; more++) {
        octets[sizeof head] = more;
        CHECK_ST(jm_frame_request_read(&back, exact(jm_bytes(octets, sizeof octets - 1 + more)),
                                       &mem),
                 more ? JM_E_LIMIT : JM_OK);
    }
}

TEST(the_folder_is_cleared_away)
{
    clear_away(dir);
    CHECK(access(dir, F_OK) != 0);
}
