/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 by the plain functions of 1.1: those of 3.0 take memory and locks for each hash, and there
 * are dozens to a document. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "host/openssl/openssl.h"
#include "host/openssl/ed25519.h"
#include "host/openssl/functions.h"
#include "host/openssl/known.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Fetched once: the implicit fetch behind EVP_sha256() takes a process-wide lock. */
static struct {
    EVP_CIPHER *gcm128, *gcm256, *cbc128, *cbc256;
    EVP_KDF *scrypt;
    EVP_PKEY *template_key; /* any P-256 key: its parameters are copied */
    EC_GROUP *group;
} lib;

/* What a thread keeps for itself is freed when it ends: a server may have a thread a connection. */
static pthread_key_t thread_end;
static void free_thread(void *unused);

/* What is fetched at its first use and finds no memory is never fetched again: such a process could
 * not sign until its end. */
static bool used_once(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    uint8_t digest[32] = {0}, sig[80];
    size_t len = sizeof sig;
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_sign(ctx, sig, &len, digest, sizeof digest) == 1 &&
              EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_verify(ctx, sig, len, digest, sizeof digest) == 1 &&
              EVP_PKEY_derive_init(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

enum jm_status jm_openssl_init(void)
{
    if (lib.template_key != NULL)
        return JM_OK;
    lib.gcm128 = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    lib.gcm256 = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    lib.cbc128 = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    lib.cbc256 = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    lib.scrypt = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    if (lib.gcm128 == NULL || lib.gcm256 == NULL || lib.cbc128 == NULL || lib.cbc256 == NULL ||
        lib.scrypt == NULL)
        return JM_E_UNAVAILABLE;
    if (pthread_key_create(&thread_end, free_thread) != 0)
        return JM_E_UNAVAILABLE;
    if (lib.group == NULL)
        lib.group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (lib.group == NULL || jm_openssl_ec_map_init() != JM_OK || jm_ed25519_init() != JM_OK)
        return JM_E_UNAVAILABLE;
    lib.template_key = EVP_EC_gen("P-256");
    if (lib.template_key != NULL && used_once(lib.template_key))
        return JM_OK;
    EVP_PKEY_free(lib.template_key);
    lib.template_key = NULL;
    return JM_E_UNAVAILABLE;
}

/* a power of two: the keys of the largest signer are a quarter of it */
#define SECRET_HEAP (512 * JM_KIB)
#define SECRET_LEAST 32

enum jm_status jm_openssl_secret_heap(void)
{
    /* 2: not locked */
    return CRYPTO_secure_malloc_init(SECRET_HEAP, SECRET_LEAST) != 0 ? JM_OK : JM_E_UNAVAILABLE;
}

void *jm_openssl_secret_room(size_t len)
{
    return OPENSSL_secure_zalloc(len);
}

void jm_openssl_secret_room_free(void *room, size_t len)
{
    OPENSSL_secure_clear_free(room, len);
}

static void keeps_something(void)
{
    if (pthread_getspecific(thread_end) == NULL)
        (void)pthread_setspecific(thread_end, &lib);
}

/* One row a hash of the plain functions; SHA-384 shares the state of SHA-512. */
union hash_state {
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
};

typedef bool hash_row(union hash_state *s, struct jm_bytes first, const struct jm_bytes *parts,
                      size_t n, uint8_t *out);

#define HASH_ROW(name, member, INIT, UPDATE, FINAL)                                            \
    static bool name(union hash_state *s, struct jm_bytes first, const struct jm_bytes *parts, \
                     size_t n, uint8_t *out)                                                   \
    {                                                                                          \
        bool ok = INIT(&s->member) == 1 && UPDATE(&s->member, first.ptr, first.len) == 1;      \
                                                                                               \
        for (size_t i = 0; i < n; i++)                                                         \
            ok = ok && UPDATE(&s->member, parts[i].ptr, parts[i].len) == 1;                    \
        return ok && FINAL(out, &s->member) == 1;                                              \
    }
HASH_ROW(hash_sha1, sha1, SHA1_Init, SHA1_Update, SHA1_Final)
HASH_ROW(hash_sha256, sha256, SHA256_Init, SHA256_Update, SHA256_Final)
HASH_ROW(hash_sha384, sha512, SHA384_Init, SHA384_Update, SHA384_Final)
HASH_ROW(hash_sha512, sha512, SHA512_Init, SHA512_Update, SHA512_Final)

/* Null: no hash of ours. */
static hash_row *row_of(enum jm_hash h)
{
    static hash_row *const rows[] = {[JM_SHA1] = hash_sha1,
                                     [JM_SHA256] = hash_sha256,
                                     [JM_SHA384] = hash_sha384,
                                     [JM_SHA512] = hash_sha512};

    return (unsigned)h < JM_ARRAY_LEN(rows) ? rows[h] : NULL;
}

enum jm_status jm_openssl_hash(enum jm_hash h, const struct jm_bytes *parts, size_t n, uint8_t *out)
{
    hash_row *row = row_of(h);
    union hash_state s;

    if (row == NULL)
        return JM_E_BUG;
    return row(&s, jm_none(), parts, n, out) ? JM_OK : JM_E_UNAVAILABLE;
}

/* RFC 2104 over the plain functions: the library's own takes memory and fetches its hash by name
 * for each. */
enum jm_status jm_openssl_hmac(enum jm_hash h, struct jm_bytes key, const struct jm_bytes *parts,
                               size_t n, uint8_t *out)
{
    const size_t block = h == JM_SHA384 || h == JM_SHA512 ? SHA512_CBLOCK : SHA256_CBLOCK;
    hash_row *row = row_of(h);
    uint8_t pad[SHA512_CBLOCK] = {0}, inner[SHA512_DIGEST_LENGTH];
    const struct jm_bytes digest = jm_bytes(inner, jm_hash_len(h));
    union hash_state s;
    bool ok = true;

    if (row == NULL)
        return JM_E_BUG;
    if (key.len > block)
        ok = row(&s, key, NULL, 0, pad);
    else if (key.len != 0)
        memcpy(pad, key.ptr, key.len);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36;
    ok = ok && row(&s, jm_bytes(pad, block), parts, n, inner);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    ok = ok && row(&s, jm_bytes(pad, block), &digest, 1, out);
    jm_wipe(pad, sizeof pad);
    jm_wipe(inner, sizeof inner);
    jm_wipe(&s, sizeof s);
    return ok ? JM_OK : JM_E_UNAVAILABLE;
}

static const EVP_CIPHER *gcm_begin(struct jm_bytes key, struct jm_bytes iv)
{
    if (iv.len != JM_GCM_IV)
        return NULL;
    return key.len == 16 ? lib.gcm128 : key.len == 32 ? lib.gcm256 : NULL;
}

enum jm_status jm_openssl_seal(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                               struct jm_bytes in, struct jm_buf *out)
{
    const EVP_CIPHER *cipher = gcm_begin(key, iv);
    enum jm_status st = JM_E_UNAVAILABLE;
    EVP_CIPHER_CTX *ctx;
    int n = 0;

    if (cipher == NULL || in.len > INT32_MAX || aad.len > INT32_MAX)
        return JM_E_BUG;
    if (in.len + JM_GCM_TAG > out->cap - out->len)
        return JM_E_NO_SPACE;
    if ((ctx = EVP_CIPHER_CTX_new()) == NULL)
        return JM_E_UNAVAILABLE;
    uint8_t *o = out->ptr + out->len;
    if (EVP_EncryptInit_ex2(ctx, cipher, key.ptr, iv.ptr, NULL) == 1 &&
        (aad.len == 0 || EVP_EncryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1) &&
        (in.len == 0 || EVP_EncryptUpdate(ctx, o, &n, in.ptr, (int)in.len) == 1) &&
        EVP_EncryptFinal_ex(ctx, o + in.len, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, JM_GCM_TAG, o + in.len) == 1) {
        out->len += in.len + JM_GCM_TAG;
        st = JM_OK;
    }
    EVP_CIPHER_CTX_free(ctx);
    return st;
}

enum jm_status jm_openssl_open(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                               struct jm_bytes in, struct jm_buf *out)
{
    const EVP_CIPHER *cipher = gcm_begin(key, iv);
    enum jm_status st = JM_E_SIGNATURE;
    EVP_CIPHER_CTX *ctx;
    uint8_t tag[JM_GCM_TAG];
    int n = 0;

    if (cipher == NULL || in.len > INT32_MAX || aad.len > INT32_MAX)
        return JM_E_BUG;
    if (in.len < JM_GCM_TAG)
        return JM_E_SIGNATURE;
    size_t len = in.len - JM_GCM_TAG;
    if (len > out->cap - out->len)
        return JM_E_NO_SPACE;
    if ((ctx = EVP_CIPHER_CTX_new()) == NULL)
        return JM_E_UNAVAILABLE;
    uint8_t *o = out->ptr + out->len;
    memcpy(tag, in.ptr + len, sizeof tag);
    if (EVP_DecryptInit_ex2(ctx, cipher, key.ptr, iv.ptr, NULL) == 1 &&
        (aad.len == 0 || EVP_DecryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1) &&
        (len == 0 || EVP_DecryptUpdate(ctx, o, &n, in.ptr, (int)len) == 1) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, JM_GCM_TAG, tag) == 1 &&
        EVP_DecryptFinal_ex(ctx, o + len, &n) == 1) {
        out->len += len;
        st = JM_OK;
    } else {
        jm_wipe(o, len);
    }
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return st;
}

enum jm_status jm_openssl_cbc(bool encrypt, struct jm_bytes key, const uint8_t iv[JM_AES_BLOCK],
                              uint8_t *data, size_t len)
{
    const EVP_CIPHER *cipher = key.len == 16 ? lib.cbc128 : key.len == 32 ? lib.cbc256 : NULL;
    EVP_CIPHER_CTX *ctx;
    int n = 0;
    bool ok;

    if (cipher == NULL || len % JM_AES_BLOCK != 0 || len > INT32_MAX)
        return JM_E_BUG;
    if (len == 0)
        return JM_OK;
    if ((ctx = EVP_CIPHER_CTX_new()) == NULL)
        return JM_E_UNAVAILABLE;
    ok = EVP_CipherInit_ex2(ctx, cipher, key.ptr, iv, encrypt, NULL) == 1 &&
         EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
         EVP_CipherUpdate(ctx, data, &n, data, (int)len) == 1 && (size_t)n == len;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? JM_OK : JM_E_UNAVAILABLE;
}

/* The two that need zlib: jm_crypto_openssl has them. */
static enum jm_status o_flate(struct jm_bytes in, struct jm_buf *out)
{
    (void)in;
    (void)out;
    return JM_E_UNSUPPORTED;
}

const struct jm_crypto jm_crypto_libcrypto = {jm_openssl_hash, jm_openssl_hmac,   jm_openssl_seal,
                                              jm_openssl_open, o_flate,           o_flate,
                                              jm_openssl_cbc,  &jm_openssl_ec_map};

/* -- keys -- */

struct jm_key {
    EVP_PKEY *pkey;
    struct jm_point point;
    uint64_t serial; /* names the key in the caches of threads, where an address could come again */
};
static _Atomic uint64_t last_serial;

/* The library would also take infinity and hybrid forms. Compressed points are taken from COSE keys
 * alone (RFC 9053 7.1.1). */
static bool is_point(struct jm_bytes p)
{
    return (p.len == JM_POINT_LEN && p.ptr[0] == 4) ||
           (p.len == JM_POINT_COMPRESSED_LEN && (p.ptr[0] == 2 || p.ptr[0] == 3));
}

static EVP_PKEY *public_key(struct jm_bytes point)
{
    EVP_PKEY *k;

    if (!is_point(point) || (k = EVP_PKEY_new()) == NULL)
        return NULL;
    if (EVP_PKEY_copy_parameters(k, lib.template_key) == 1 &&
        EVP_PKEY_set1_encoded_public_key(k, point.ptr, point.len) == 1)
        return k;
    EVP_PKEY_free(k);
    ERR_clear_error();
    return NULL;
}

#define CACHE 64
#define SIGNERS 16
/* A key and its context are made once a slot; another point is put into the same key, which costs
 * an eighth. */
struct slot {
    uint8_t point[JM_POINT_LEN];
    size_t len; /* 0: no point stands in the key */
    EVP_PKEY *key;
    EVP_PKEY_CTX *ctx;
    unsigned uses; /* of the point */
    EC_GROUP *by;  /* the point's table; null: it has none */
};
static _Thread_local struct slot cache[CACHE];
static _Thread_local uint8_t newest[CACHE / 2];
static _Thread_local struct signing {
    uint64_t serial; /* of the key; serials are never used again */
    EVP_PKEY_CTX *ctx;
} signers[SIGNERS];

static void free_thread(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < CACHE; i++) {
        EVP_PKEY_CTX_free(cache[i].ctx);
        EVP_PKEY_free(cache[i].key);
        EC_GROUP_free(cache[i].by);
        cache[i] = (struct slot){.len = 0};
    }
    for (size_t i = 0; i < SIGNERS; i++) {
        EVP_PKEY_CTX_free(signers[i].ctx);
        signers[i] = (struct signing){0, NULL};
    }
}

static bool make_slot(struct slot *s, struct jm_bytes point)
{
    if ((s->key = public_key(point)) == NULL)
        return false;
    if ((s->ctx = EVP_PKEY_CTX_new(s->key, NULL)) != NULL && EVP_PKEY_verify_init(s->ctx) == 1) {
        keeps_something();
        return true;
    }
    EVP_PKEY_CTX_free(s->ctx);
    EVP_PKEY_free(s->key);
    *s = (struct slot){.len = 0};
    return false;
}

static void drop_table(struct slot *s)
{
    EC_GROUP_free(s->by);
    s->by = NULL;
}

/* Pairs of slots, the one used last stays: issuer keys do, while holder keys (one use each)
 * displace one another beside them. */
static struct slot *slot_of(struct jm_bytes point)
{
    struct slot *pair, *s;
    size_t at;

    if (!is_point(point))
        return NULL;
    at = (point.ptr[1] ^ point.ptr[point.len - 32]) % (CACHE / 2);
    pair = &cache[2 * at];
    for (uint8_t i = 0; i < 2; i++)
        if (pair[i].len == point.len && memcmp(pair[i].point, point.ptr, point.len) == 0) {
            newest[at] = i;
            return &pair[i];
        }
    newest[at] ^= 1;
    s = &pair[newest[at]];
    s->len = s->uses = 0;
    drop_table(s);
    if (s->key == NULL ? !make_slot(s, point)
                       : EVP_PKEY_set1_encoded_public_key(s->key, point.ptr, point.len) != 1) {
        ERR_clear_error();
        return NULL;
    }
    s->len = point.len;
    memcpy(s->point, point.ptr, point.len);
    return s;
}

/* Tables outlive their place among the known: a thread holds no more than there are places. */
static void make_room_for_table(void)
{
    size_t n = 0;

    for (size_t i = 0; i < CACHE; i++)
        if (cache[i].by != NULL && ++n >= JM_KNOWN_MAX)
            drop_table(&cache[i]);
}

/* A holder's key comes once. What comes again in this thread may have a table already; what nobody
 * signed with counts for nobody. */
static void note_use(struct slot *s)
{
    s->uses++;
    if (s->len != JM_POINT_LEN || (s->uses != 2 && s->uses % JM_KNOWN_EACH != 0))
        return;
    drop_table(s);
    make_room_for_table();
    s->by = jm_known_key(s->point, s->uses == 2 ? 1 : JM_KNOWN_EACH, lib.group);
}

/* r ‖ s → DER; 72 octets at most. */
static size_t sig_der(uint8_t out[72], const uint8_t *raw)
{
    size_t n = 2;

    for (size_t i = 0; i < 2; i++) {
        const uint8_t *v = raw + 32 * i;
        size_t len = 32;

        for (; len > 1 && *v == 0; v++)
            len--;
        out[n++] = 0x02;
        out[n++] = (uint8_t)(len + (*v >> 7));
        if (*v & 0x80)
            out[n++] = 0;
        memcpy(out + n, v, len);
        n += len;
    }
    out[0] = 0x30;
    out[1] = (uint8_t)(n - 2);
    return n;
}

static bool sig_raw(uint8_t *out, const uint8_t *der, size_t len)
{
    size_t at = 2;

    for (size_t i = 0; i < 2; i++) {
        if (at + 2 > len || der[at] != 0x02)
            return false;
        size_t n = der[at + 1];
        const uint8_t *v = der + at + 2;
        at += 2 + n;
        if (at > len)
            return false;
        for (; n > 0 && *v == 0; v++)
            n--;
        if (n > 32)
            return false;
        memcpy(out + 32 * i + 32 - n, v, n);
    }
    return true;
}

enum jm_status jm_openssl_verify(void *unused, enum jm_alg alg, struct jm_bytes key,
                                 struct jm_bytes data, struct jm_bytes sig)
{
    uint8_t der[72], digest[32];
    struct slot *s;
    enum jm_status st = JM_E_UNAVAILABLE;

    (void)unused;
    if (alg == JM_ALG_EDDSA)
        return jm_ed25519_verify(key, data, sig);
    if (alg != JM_ALG_ES256)
        return JM_E_UNSUPPORTED;
    if (sig.len != JM_SIG_LEN)
        return JM_E_SIGNATURE;
    if ((s = slot_of(key)) == NULL)
        return JM_E_MALFORMED;
    JM_TRY(jm_openssl_hash(JM_SHA256, &data, 1, digest));
    if (s->by != NULL)
        st = jm_known_verify(lib.group, s->by, digest, sig.ptr);
    if (st == JM_E_UNAVAILABLE) /* no table, or no memory to use it */
        st = EVP_PKEY_verify(s->ctx, der, sig_der(der, sig.ptr), digest, sizeof digest) == 1
                 ? JM_OK
                 : JM_E_SIGNATURE;
    if (st == JM_OK)
        note_use(s);
    ERR_clear_error(); /* of a table that could not be made, too */
    return st;
}

struct jm_memo *jm_openssl_memo(void)
{
    static _Thread_local struct jm_memo memo;

    return &memo;
}

static enum jm_status adopt_pkey(struct jm_key **out, EVP_PKEY *pkey)
{
    struct jm_key *k = OPENSSL_zalloc(sizeof *k);
    size_t len = 0;

    if (k != NULL && pkey != NULL &&
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, k->point.octets,
                                        JM_POINT_LEN, &len) == 1 &&
        len == JM_POINT_LEN && k->point.octets[0] == 4) {
        k->point.curve = JM_CURVE_P256;
        k->point.len = JM_POINT_LEN;
        k->pkey = pkey;
        k->serial = atomic_fetch_add(&last_serial, 1) + 1;
        *out = k;
        return JM_OK;
    }
    EVP_PKEY_free(pkey);
    OPENSSL_free(k);
    return JM_E_UNAVAILABLE;
}

enum jm_status jm_key_generate(struct jm_key **out)
{
    *out = NULL;
    return adopt_pkey(out, EVP_EC_gen("P-256"));
}

/* A scalar from the library's private randomness, and its point by the group that is there: EVP
 * makes a group and a key around them first, which costs more than the point. */
static enum jm_status new_scalar(BIGNUM *d, EC_POINT *pt, BN_CTX *ctx, struct jm_secret32 *scalar,
                                 struct jm_point *point)
{
    BN_set_flags(d, BN_FLG_CONSTTIME);
    do {
        if (BN_priv_rand_range(d, EC_GROUP_get0_order(lib.group)) != 1)
            return JM_E_UNAVAILABLE;
    } while (BN_is_zero(d));
    if (EC_POINT_mul(lib.group, pt, d, NULL, NULL, ctx) != 1 ||
        EC_POINT_point2oct(lib.group, pt, POINT_CONVERSION_UNCOMPRESSED, point->octets,
                           JM_POINT_LEN, ctx) != JM_POINT_LEN ||
        BN_bn2binpad(d, scalar->octets, sizeof scalar->octets) != (int)sizeof scalar->octets)
        return JM_E_UNAVAILABLE;
    point->curve = JM_CURVE_P256;
    point->len = JM_POINT_LEN;
    return JM_OK;
}

enum jm_status jm_scalar_new(struct jm_secret32 *scalar, struct jm_point *point)
{
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *d = BN_secure_new();
    EC_POINT *pt = EC_POINT_new(lib.group);
    enum jm_status st = JM_E_UNAVAILABLE;

    memset(scalar, 0, sizeof *scalar);
    memset(point, 0, sizeof *point);
    if (ctx != NULL && d != NULL && pt != NULL)
        st = new_scalar(d, pt, ctx, scalar, point);
    EC_POINT_free(pt);
    BN_clear_free(d);
    BN_CTX_free(ctx);
    if (st != JM_OK)
        jm_wipe(scalar, sizeof *scalar);
    return st;
}

enum jm_status jm_key_from_scalar(struct jm_key **out, const struct jm_secret32 *scalar)
{
    enum jm_status st = JM_E_RANGE;
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = NULL;
    EC_GROUP *g = NULL;
    EC_POINT *pt = NULL;
    BIGNUM *d = NULL;
    uint8_t native[32];
    uint8_t pub[JM_POINT_LEN];
    char group[] = "P-256";
    OSSL_PARAM p[4] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                       OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native),
                       OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof pub),
                       OSSL_PARAM_construct_end()};

    *out = NULL;
    if ((g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)) == NULL ||
        (pt = EC_POINT_new(g)) == NULL || (d = BN_secure_new()) == NULL ||
        BN_bin2bn(scalar->octets, 32, d) == NULL) {
        st = JM_E_UNAVAILABLE;
        goto out;
    }
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(g)) >= 0)
        goto out;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    st = JM_E_UNAVAILABLE;
    if (EC_POINT_mul(g, pt, d, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(g, pt, POINT_CONVERSION_UNCOMPRESSED, pub, sizeof pub, NULL) !=
            sizeof pub ||
        BN_bn2nativepad(d, native, sizeof native) != (int)sizeof native)
        goto out;
    if ((ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL)) == NULL ||
        EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, p) != 1)
        goto out;
    st = adopt_pkey(out, pkey);
out:
    EVP_PKEY_CTX_free(ctx);
    EC_POINT_free(pt);
    EC_GROUP_free(g);
    BN_clear_free(d);
    jm_wipe(native, sizeof native);
    return st;
}

enum jm_status jm_key_scalar(struct jm_secret32 *out, const struct jm_key *key)
{
    BIGNUM *d = NULL;
    enum jm_status st = JM_E_UNAVAILABLE;

    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
        BN_bn2binpad(d, out->octets, 32) == 32)
        st = JM_OK;
    BN_clear_free(d);
    return st;
}

enum jm_status jm_key_point(struct jm_point *out, const struct jm_key *key)
{
    *out = key->point;
    return JM_OK;
}

static EVP_PKEY_CTX *signer_of(const struct jm_key *key)
{
    struct signing *s = &signers[key->serial % SIGNERS];
    EVP_PKEY_CTX *ctx;

    if (s->serial == key->serial)
        return s->ctx;
    if ((ctx = EVP_PKEY_CTX_new(key->pkey, NULL)) == NULL || EVP_PKEY_sign_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    EVP_PKEY_CTX_free(s->ctx);
    *s = (struct signing){key->serial, ctx};
    keeps_something();
    return ctx;
}

enum jm_status jm_key_sign(const struct jm_key *key, struct jm_bytes data, struct jm_sig *sig)
{
    EVP_PKEY_CTX *ctx = signer_of(key);
    uint8_t der[80], digest[32];
    size_t len = sizeof der;

    memset(sig, 0, sizeof *sig);
    if (ctx == NULL || jm_openssl_hash(JM_SHA256, &data, 1, digest) != JM_OK ||
        EVP_PKEY_sign(ctx, der, &len, digest, sizeof digest) != 1 ||
        !sig_raw(sig->octets, der, len))
        return JM_E_UNAVAILABLE;
    sig->len = JM_SIG_LEN;
    return JM_OK;
}

/* What ECDH does, with neither our own point nor the order times the peer's: on this curve, whose
 * cofactor is one, every point but infinity will do, and an octet string of 65 is never that. */
static enum jm_status agree_on(BIGNUM *d, EC_POINT *peer, EC_POINT *shared, BIGNUM *x, BN_CTX *ctx,
                               const struct jm_secret32 *scalar, struct jm_bytes octets,
                               uint8_t out[32])
{
    if (BN_bin2bn(scalar->octets, 32, d) == NULL)
        return JM_E_UNAVAILABLE;
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(lib.group)) >= 0)
        return JM_E_RANGE;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (!is_point(octets) || EC_POINT_oct2point(lib.group, peer, octets.ptr, octets.len, ctx) != 1)
        return JM_E_MALFORMED;
    return EC_POINT_mul(lib.group, shared, NULL, peer, d, ctx) == 1 &&
                   EC_POINT_get_affine_coordinates(lib.group, shared, x, NULL, ctx) == 1 &&
                   BN_bn2binpad(x, out, 32) == 32
               ? JM_OK
               : JM_E_UNAVAILABLE;
}

enum jm_status jm_scalar_agree(const struct jm_secret32 *scalar, struct jm_bytes peer,
                               uint8_t x[32])
{
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *d = BN_secure_new(), *shared_x = BN_secure_new();
    EC_POINT *other = EC_POINT_new(lib.group), *shared = EC_POINT_new(lib.group);
    enum jm_status st = JM_E_UNAVAILABLE;

    if (ctx != NULL && d != NULL && shared_x != NULL && other != NULL && shared != NULL)
        st = agree_on(d, other, shared, shared_x, ctx, scalar, peer, x);
    EC_POINT_free(other);
    EC_POINT_clear_free(shared);
    BN_clear_free(d);
    BN_clear_free(shared_x);
    BN_CTX_free(ctx);
    ERR_clear_error();
    return st;
}

enum jm_status jm_key_agree(const struct jm_key *key, struct jm_bytes peer, uint8_t x[32])
{
    EVP_PKEY *other = public_key(peer);
    EVP_PKEY_CTX *ctx = NULL;
    enum jm_status st = JM_E_MALFORMED;
    size_t len = 32;

    if (other == NULL)
        goto out;
    st = JM_E_UNAVAILABLE;
    if ((ctx = EVP_PKEY_CTX_new(key->pkey, NULL)) != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer(ctx, other) == 1 && EVP_PKEY_derive(ctx, x, &len) == 1 &&
        len == 32)
        st = JM_OK;
out:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    ERR_clear_error();
    return st;
}

void jm_key_free(struct jm_key **key)
{
    struct signing *s;

    if (*key == NULL)
        return;
    /* other threads' contexts hold the key until they sign with another, or end */
    s = &signers[(*key)->serial % SIGNERS];
    if (s->serial == (*key)->serial) {
        EVP_PKEY_CTX_free(s->ctx);
        *s = (struct signing){0, NULL};
    }
    EVP_PKEY_free((*key)->pkey);
    OPENSSL_clear_free(*key, sizeof **key);
    *key = NULL;
}

enum jm_status jm_openssl_random(void *unused, uint8_t *out, size_t len)
{
    (void)unused;
    if (len > INT32_MAX)
        return JM_E_BUG;
    return RAND_bytes(out, (int)len) == 1 ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_openssl_scrypt(uint8_t out[32], struct jm_bytes passphrase, struct jm_bytes salt)
{
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(lib.scrypt);
    uint64_t n = 1u << 17, max = UINT64_C(256) << 20;
    uint32_t r = 8, p = 1;
    OSSL_PARAM params[7] = {OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
                                                              (void *)(uintptr_t)passphrase.ptr,
                                                              passphrase.len),
                            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                                              (void *)(uintptr_t)salt.ptr,
                                                              salt.len),
                            OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                            OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                            OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                            OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &max),
                            OSSL_PARAM_construct_end()};
    int ok = ctx != NULL && EVP_KDF_derive(ctx, out, 32, params) == 1;

    EVP_KDF_CTX_free(ctx);
    return ok ? JM_OK : JM_E_UNAVAILABLE;
}
