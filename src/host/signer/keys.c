/* SPDX-License-Identifier: Apache-2.0 */
#include "host/signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jumin/base64.h"
#include "jumin/box.h"
#include "jumin/cbor.h"

#define MASTER_FORMAT "jumin-master/1"
#define KEY_FORMAT "jumin-key/1"
#define HEAD_FORMAT "jumin-head/1"
#define HEAD_FILE_MAX 512
#define KEPT_FORMAT "jumin-kept/1"
#define KEPT_FILE_MAX 1024
#define SEALED_LEN (32 + JM_GCM_TAG)
#define PATH_LEN 4096
#define IDS_MAX 256

struct held {
    struct jm_held_key facts;
    struct jm_secret32 secret;
    struct jm_key *key; /* of a pair */
    uint8_t *octets;    /* what the facts' views point into */
};

struct jm_keys {
    const struct jm_signer_tools *tools;
    struct jm_key_table table;
    struct held key[JM_KEYS_MAX];
    size_t n;
    char dir[PATH_LEN];
    struct jm_secret32 head_secret; /* seals what is kept of the audit chain */
    pthread_mutex_t lock;           /* of the counts */
    int count_fd[JM_PURPOSE_LAST + 1];
    uint64_t counted[JM_PURPOSE_LAST + 1];
};

static enum jm_status path_of(char out[PATH_LEN], const char *dir, const char *sub,
                              struct jm_bytes name)
{
    int n = snprintf(out, PATH_LEN, "%s/%s%.*s", dir, sub, (int)name.len,
                     name.len == 0 ? "" : (const char *)name.ptr);

    return n > 0 && n < PATH_LEN ? JM_OK : JM_E_LIMIT;
}

/* An id is a file's name: nothing that leads elsewhere. */
static bool id_ok(struct jm_bytes id)
{
    if (id.len == 0 || id.len > 64 || id.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

/* -- master -- */

enum jm_status jm_keys_create(struct jm_secret32 *master, const char *dir,
                              struct jm_bytes passphrase, const struct jm_signer_tools *tools,
                              struct jm_arena *mem)
{
    uint8_t salt[JM_BOX_SALT], iv[JM_GCM_IV];
    const struct jm_box box = {MASTER_FORMAT,
                               jm_bytes(salt, sizeof salt),
                               jm_bytes(iv, sizeof iv),
                               {NULL, 0}};
    struct jm_bytes file = jm_none();
    char path[PATH_LEN];
    struct jm_secret32 kek;
    enum jm_status st = JM_E_BUG;

    memset(master, 0, sizeof *master);
    JM_TRY(path_of(path, dir, "master", jm_none()));
    JM_TRY(tools->random(NULL, salt, sizeof salt));
    JM_TRY(tools->random(NULL, iv, sizeof iv));
    JM_TRY(tools->random(NULL, master->octets, sizeof master->octets));
    if ((st = tools->scrypt(kek.octets, passphrase, box.salt)) == JM_OK)
        st = jm_box_seal(&file, &box, jm_bytes(master->octets, 32), &kek, tools->crypto, mem);
    if (st == JM_OK)
        st = tools->file_create(path, file, 0600);
    jm_wipe(&kek, sizeof kek);
    if (st != JM_OK)
        jm_wipe(master, sizeof *master);
    return st;
}

static enum jm_status wrong_key(struct jm_diag *d, enum jm_code code, const char *name)
{
    return jm_refuse(d, JM_E_DENIED, code, name);
}

enum jm_status jm_keys_unlock(struct jm_secret32 *master, const char *dir,
                              struct jm_bytes passphrase, const struct jm_signer_tools *tools,
                              struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_buf plain = jm_buf(master->octets, sizeof master->octets);
    struct jm_bytes file;
    char path[PATH_LEN];
    struct jm_secret32 kek;
    struct jm_box box;
    enum jm_status st;

    memset(master, 0, sizeof *master);
    JM_TRY(path_of(path, dir, "master", jm_none()));
    JM_TRY(tools->file_read(&file, path, JM_KEY_FILE_MAX, mem));
    if (jm_box_read(&box, MASTER_FORMAT, file) != JM_OK || box.sealed.len != SEALED_LEN)
        return wrong_key(d, JM_SIGNER_KEY_FILE, "master");
    if ((st = tools->scrypt(kek.octets, passphrase, box.salt)) == JM_OK)
        st = jm_box_open(&plain, &box, &kek, tools->crypto);
    jm_wipe(&kek, sizeof kek);
    if (st == JM_OK)
        return JM_OK;
    jm_wipe(master, sizeof *master);
    return st == JM_E_SIGNATURE ? wrong_key(d, JM_SIGNER_PASSPHRASE, NULL) : st;
}

/* -- one key -- */

/* The facts, in clear and authenticated: [format, id, purpose, caller, pair, point, certificate] */
static enum jm_status facts_write(struct jm_buf *out, const struct jm_held_key *k)
{
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, out);
    jm_cbor_w_array(&w, 7);
    jm_cbor_w_str(&w, KEY_FORMAT);
    jm_cbor_w_text(&w, k->id);
    jm_cbor_w_uint(&w, k->purpose);
    jm_cbor_w_text(&w, k->caller);
    jm_cbor_w_bool(&w, k->is_pair);
    jm_cbor_w_bytes(&w, k->is_pair ? jm_point_bytes(&k->point) : jm_none());
    jm_cbor_w_bytes(&w, k->cert);
    return jm_cbor_w_end(&w);
}

enum jm_status jm_keys_add(const char *dir, const struct jm_secret32 *master,
                           const struct jm_held_key *facts, const struct jm_secret32 *secret,
                           bool replace, const struct jm_signer_tools *tools, struct jm_arena *mem)
{
    uint8_t iv[JM_GCM_IV], sealed[SEALED_LEN];
    struct jm_buf aad, file, body = jm_buf(sealed, sizeof sealed);
    char path[PATH_LEN];
    struct jm_cbor_w w;

    if (!id_ok(facts->id))
        return JM_E_MALFORMED;
    JM_TRY(path_of(path, dir, "keys/", facts->id));
    JM_TRY(jm_alloc_buf(&aad, mem, JM_KEY_FILE_MAX / 2));
    JM_TRY(jm_alloc_buf(&file, mem, JM_KEY_FILE_MAX));
    JM_TRY(facts_write(&aad, facts));
    JM_TRY(tools->random(NULL, iv, sizeof iv));
    JM_TRY(tools->crypto->seal(jm_bytes(master->octets, 32), jm_bytes(iv, sizeof iv),
                               jm_written(aad), jm_bytes(secret->octets, 32), &body));
    jm_cbor_w_init(&w, &file);
    jm_cbor_w_array(&w, 3);
    jm_cbor_w_bytes(&w, jm_written(aad));
    jm_cbor_w_bytes(&w, jm_bytes(iv, sizeof iv));
    jm_cbor_w_bytes(&w, jm_written(body));
    JM_TRY(jm_cbor_w_end(&w));
    return (replace ? tools->file_write : tools->file_create)(path, jm_written(file), 0600);
}

static enum jm_status facts_read(struct jm_held_key *out, struct jm_bytes octets)
{
    struct jm_bytes point;
    struct jm_cbor r;
    uint64_t purpose;

    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != 7 || !jm_bytes_eq_str(jm_cbor_text(&r), KEY_FORMAT))
        return JM_E_MALFORMED;
    out->id = jm_cbor_text(&r);
    purpose = jm_cbor_uint(&r);
    out->caller = jm_cbor_text(&r);
    out->is_pair = jm_cbor_bool(&r);
    point = jm_cbor_bytes(&r);
    out->cert = jm_cbor_bytes(&r);
    if (jm_cbor_end(&r) != JM_OK || purpose > JM_PURPOSE_LAST || (point.len != 0) != out->is_pair)
        return JM_E_MALFORMED;
    out->purpose = (unsigned)purpose;
    if (!out->is_pair)
        return JM_OK;
    return jm_point_set(&out->point,
                        point.len == JM_ED25519_KEY_LEN ? JM_CURVE_ED25519 : JM_CURVE_P256, point);
}

static enum jm_status is_ed25519_pair(const struct jm_point *point, const struct jm_secret32 *seed,
                                      const struct jm_signer_tools *tools)
{
    uint8_t key[JM_ED25519_KEY_LEN];

    JM_TRY(tools->ed25519_public(key, seed));
    return jm_bytes_eq(jm_point_bytes(point), jm_bytes(key, sizeof key)) ? JM_OK : JM_E_MALFORMED;
}

static enum jm_status key_open(struct held *out, struct jm_bytes file, struct jm_bytes name,
                               const struct jm_secret32 *master,
                               const struct jm_signer_tools *tools)
{
    struct jm_bytes aad, iv, sealed;
    struct jm_buf plain = jm_buf(out->secret.octets, sizeof out->secret.octets);
    struct jm_point point;
    struct jm_cbor r;

    if ((out->octets = malloc(file.len)) == NULL)
        return JM_E_UNAVAILABLE;
    memcpy(out->octets, file.ptr, file.len);
    jm_cbor_init(&r, jm_bytes(out->octets, file.len));
    if (jm_cbor_array(&r) != 3)
        return JM_E_MALFORMED;
    aad = jm_cbor_bytes(&r);
    iv = jm_cbor_bytes(&r);
    sealed = jm_cbor_bytes(&r);
    if (jm_cbor_end(&r) != JM_OK || iv.len != JM_GCM_IV || sealed.len != SEALED_LEN)
        return JM_E_MALFORMED;
    JM_TRY(tools->crypto->open(jm_bytes(master->octets, 32), iv, aad, sealed, &plain));
    JM_TRY(facts_read(&out->facts, aad));
    if (!jm_bytes_eq(out->facts.id, name))
        return JM_E_MALFORMED; /* a file under another key's name */
    if (!out->facts.is_pair)
        return JM_OK;
    if (out->facts.point.curve == JM_CURVE_ED25519)
        return is_ed25519_pair(&out->facts.point, &out->secret, tools);
    JM_TRY(tools->key_from_scalar(&out->key, &out->secret));
    JM_TRY(tools->key_point(&point, out->key));
    return jm_point_eq(&point, &out->facts.point) ? JM_OK : JM_E_MALFORMED;
}

/* -- the table -- */

static const struct held *held_of(const struct jm_keys *k, const struct jm_held_key *key)
{
    for (size_t i = 0; i < k->n; i++)
        if (&k->key[i].facts == key)
            return &k->key[i];
    return NULL;
}

/* The current key is the one whose id sorts last: mso-1, mso-2 … */
static enum jm_status t_find(void *ctx, const struct jm_held_key **out, enum jm_purpose purpose,
                             struct jm_bytes caller, struct jm_bytes id)
{
    const struct jm_keys *k = ctx;

    *out = NULL;
    for (size_t i = 0; i < k->n; i++) {
        const struct jm_held_key *f = &k->key[i].facts;

        if (f->purpose != (unsigned)purpose ||
            (f->caller.len != 0 && !jm_bytes_eq(f->caller, caller)) ||
            (id.len != 0 && !jm_bytes_eq(f->id, id)))
            continue;
        if (*out == NULL || jm_bytes_cmp((*out)->id, f->id) < 0)
            *out = f;
    }
    return *out == NULL ? JM_E_ABSENT : JM_OK;
}

static enum jm_status t_sign(void *ctx, const struct jm_held_key *key, struct jm_bytes data,
                             struct jm_sig *sig)
{
    const struct jm_keys *k = ctx;
    const struct held *h = held_of(k, key);

    if (h != NULL && h->facts.point.curve == JM_CURVE_ED25519)
        return k->tools->ed25519_sign(sig, &h->secret, data);
    return h == NULL || h->key == NULL ? JM_E_BUG : k->tools->key_sign(h->key, data, sig);
}

static enum jm_status t_seal(void *ctx, const struct jm_held_key *key, struct jm_bytes aad,
                             struct jm_bytes in, struct jm_buf *out)
{
    const struct jm_keys *k = ctx;
    const struct held *h = held_of(k, key);
    uint8_t iv[JM_GCM_IV];

    if (h == NULL)
        return JM_E_BUG;
    JM_TRY(k->tools->random(NULL, iv, sizeof iv));
    JM_TRY(jm_buf_put(out, jm_bytes(iv, sizeof iv)));
    return k->tools->crypto->seal(jm_bytes(h->secret.octets, 32), jm_bytes(iv, sizeof iv), aad, in,
                                  out);
}

static enum jm_status t_open(void *ctx, const struct jm_held_key *key, struct jm_bytes aad,
                             struct jm_bytes in, struct jm_buf *out)
{
    const struct jm_keys *k = ctx;
    const struct held *h = held_of(k, key);

    if (h == NULL)
        return JM_E_BUG;
    if (in.len < JM_GCM_IV + JM_GCM_TAG)
        return JM_E_SIGNATURE;
    return k->tools->crypto->open(jm_bytes(h->secret.octets, 32), jm_slice(in, 0, JM_GCM_IV), aad,
                                  jm_slice(in, JM_GCM_IV, SIZE_MAX), out);
}

static enum jm_status t_mac(void *ctx, const struct jm_held_key *key, struct jm_bytes in,
                            uint8_t out[32])
{
    const struct jm_keys *k = ctx;
    const struct held *h = held_of(k, key);

    return h == NULL
               ? JM_E_BUG
               : k->tools->crypto->hmac(JM_SHA256, jm_bytes(h->secret.octets, 32), &in, 1, out);
}

/* -- counts -- */

/* The total of the last whole line; a torn last line (no line end) is left and counted on from the
 * one before. */
static bool last_total(uint64_t *total, int fd)
{
    char tail[256];
    off_t size = lseek(fd, 0, SEEK_END),
          from = size > (off_t)sizeof tail ? size - (off_t)sizeof tail : 0;
    ssize_t n = size <= 0 ? 0 : pread(fd, tail, (size_t)(size - from), from);
    ssize_t end = n;

    *total = 0;
    if (size < 0 || n < 0)
        return false;
    while (end > 0 && tail[end - 1] != '\n')
        end--;
    if (end == 0)
        return true;
    ssize_t start = --end;

    while (start > 0 && tail[start - 1] != ' ' && tail[start - 1] != '\n')
        start--;
    return jm_parse_u64(total, jm_bytes(tail + start, (size_t)(end - start))) == JM_OK;
}

static enum jm_status count_file(struct jm_keys *k, enum jm_purpose purpose)
{
    char path[PATH_LEN], name[16];
    int fd;

    if (k->count_fd[purpose] >= 0)
        return JM_OK;
    (void)snprintf(name, sizeof name, "%u", (unsigned)purpose);
    JM_TRY(path_of(path, k->dir, "count/", jm_str(name)));
    if ((fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        return JM_E_IO;
    if (!last_total(&k->counted[purpose], fd)) {
        (void)close(fd);
        return JM_E_IO;
    }
    k->count_fd[purpose] = fd;
    return JM_OK;
}

/* One line a batch: time, caller, items, running total. */
static enum jm_status t_count(void *ctx, enum jm_purpose purpose, struct jm_bytes caller,
                              uint64_t n, int64_t at_s)
{
    struct jm_keys *k = ctx;
    char line[96];
    enum jm_status st;

    (void)pthread_mutex_lock(&k->lock);
    st = count_file(k, purpose);
    if (st == JM_OK) {
        int len = snprintf(line, sizeof line, "%lld %.*s %llu %llu\n", (long long)at_s,
                           (int)caller.len, (const char *)caller.ptr, (unsigned long long)n,
                           (unsigned long long)(k->counted[purpose] + n));

        if (len <= 0 || (size_t)len >= sizeof line ||
            write(k->count_fd[purpose], line, (size_t)len) != len)
            st = JM_E_IO;
        else
            k->counted[purpose] += n;
    }
    (void)pthread_mutex_unlock(&k->lock);
    return st;
}

/* -- the last head of the audit chain -- */

/*
 * <dir>/head: IV(12) ‖ AES-256-GCM of CBOR [count, n, at, hash, signature, heads counted with this
 * one]. It is written before <dir>/count/8 is: a count that is ahead of it says that an older file
 * was put in its place, or that it is gone.
 */
static enum jm_status head_plain(struct jm_buf *out, const struct jm_signed_head *h, uint64_t total)
{
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, out);
    jm_cbor_w_array(&w, 6);
    jm_cbor_w_uint(&w, h->count);
    jm_cbor_w_int(&w, h->n);
    jm_cbor_w_int(&w, h->at);
    jm_cbor_w_bytes(&w, jm_bytes(h->hash, sizeof h->hash));
    jm_cbor_w_bytes(&w, jm_sig_bytes(&h->sig));
    jm_cbor_w_uint(&w, total);
    return jm_cbor_w_end(&w);
}

static enum jm_status head_parse(struct jm_signed_head *out, uint64_t *total, struct jm_bytes plain)
{
    struct jm_bytes hash, sig;
    struct jm_cbor r;

    jm_cbor_init(&r, plain);
    if (jm_cbor_array(&r) != 6)
        return JM_E_MALFORMED;
    out->count = jm_cbor_uint(&r);
    out->n = jm_cbor_int(&r);
    out->at = jm_cbor_int(&r);
    hash = jm_cbor_bytes(&r);
    sig = jm_cbor_bytes(&r);
    *total = jm_cbor_uint(&r);
    if (jm_cbor_end(&r) != JM_OK || hash.len != sizeof out->hash)
        return JM_E_MALFORMED;
    memcpy(out->hash, hash.ptr, sizeof out->hash);
    return jm_sig_set(&out->sig, JM_ALG_ES256, sig);
}

static enum jm_status counted_of(struct jm_keys *k, enum jm_purpose purpose, uint64_t *out)
{
    enum jm_status st;

    (void)pthread_mutex_lock(&k->lock);
    st = count_file(k, purpose);
    *out = k->counted[purpose];
    (void)pthread_mutex_unlock(&k->lock);
    return st;
}

static enum jm_status head_open(const struct jm_keys *k, struct jm_signed_head *out,
                                uint64_t *total)
{
    uint8_t file[HEAD_FILE_MAX], plain[HEAD_FILE_MAX];
    struct jm_buf body = jm_buf(plain, sizeof plain);
    char path[PATH_LEN];
    ssize_t n;
    int fd;

    JM_TRY(path_of(path, k->dir, "head", jm_none()));
    if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return errno == ENOENT ? JM_E_ABSENT : JM_E_IO;
    n = read(fd, file, sizeof file);
    (void)close(fd);
    if (n < JM_GCM_IV + JM_GCM_TAG)
        return n < 0 ? JM_E_IO : JM_E_MALFORMED;
    JM_TRY(k->tools->crypto->open(jm_bytes(k->head_secret.octets, 32), jm_bytes(file, JM_GCM_IV),
                                  JM_BYTES(HEAD_FORMAT),
                                  jm_bytes(file + JM_GCM_IV, (size_t)n - JM_GCM_IV), &body));
    return head_parse(out, total, jm_written(body));
}

static enum jm_status t_head(void *ctx, struct jm_signed_head *out)
{
    struct jm_keys *k = ctx;
    uint64_t counted, total = 0;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(counted_of(k, JM_PURPOSE_AUDIT, &counted));
    st = head_open(k, out, &total);
    if (st == JM_E_ABSENT)
        st = JM_OK;
    if (st == JM_OK && counted <= total)
        return JM_OK;
    memset(out, 0, sizeof *out);
    return st == JM_E_IO ? st : JM_E_DENIED;
}

static enum jm_status t_head_keep(void *ctx, const struct jm_signed_head *h)
{
    struct jm_keys *k = ctx;
    uint8_t file[HEAD_FILE_MAX], plain[HEAD_FILE_MAX];
    struct jm_buf body = jm_buf(plain, sizeof plain), out = jm_buf(file, sizeof file);
    char path[PATH_LEN];
    uint64_t counted;

    JM_TRY(path_of(path, k->dir, "head", jm_none()));
    JM_TRY(counted_of(k, JM_PURPOSE_AUDIT, &counted));
    JM_TRY(head_plain(&body, h, counted + 1));
    JM_TRY(k->tools->random(NULL, file, JM_GCM_IV));
    out.len = JM_GCM_IV;
    JM_TRY(k->tools->crypto->seal(jm_bytes(k->head_secret.octets, 32), jm_bytes(file, JM_GCM_IV),
                                  JM_BYTES(HEAD_FORMAT), jm_written(body), &out));
    return k->tools->file_write(path, jm_written(out), 0600);
}

/* -- the last text of a purpose -- */

/*
 * <dir>/kept-<purpose>-<hash of the origin>: IV(12) ‖ AES-256-GCM of the text, under the head's
 * secret; bound to its name, so that one log's cannot take another's place.
 */
#define KEPT_NAME_LEN 48

struct kept {
    char name[KEPT_NAME_LEN], path[PATH_LEN];
    uint8_t aad[sizeof KEPT_FORMAT + KEPT_NAME_LEN];
    struct jm_buf bound;
};

static enum jm_status kept_place(struct kept *x, const struct jm_keys *k, enum jm_purpose purpose,
                                 struct jm_bytes origin)
{
    uint8_t hash[32];
    struct jm_buf b = jm_buf((uint8_t *)x->name, sizeof x->name);
    char number[16];

    (void)snprintf(number, sizeof number, "%u-", (unsigned)purpose);
    JM_TRY(jm_sha256(k->tools->crypto, origin, hash));
    JM_TRY(jm_buf_put(&b, jm_str(number)));
    JM_TRY(jm_hex_put(&b, jm_bytes(hash, 16)));
    x->bound = jm_buf(x->aad, sizeof x->aad);
    JM_TRY(jm_buf_put(&x->bound, JM_BYTES(KEPT_FORMAT)));
    JM_TRY(jm_buf_put(&x->bound, jm_written(b)));
    return path_of(x->path, k->dir, "kept-", jm_written(b));
}

/* A signer is the log of one origin: gone where something was counted, it was taken away. What is
 * cosigned is of many, and one more is no wonder. */
static enum jm_status none_kept(struct jm_keys *k, enum jm_purpose purpose)
{
    uint64_t n;

    JM_TRY(counted_of(k, purpose, &n));
    return purpose != JM_PURPOSE_LOG || n == 0 ? JM_OK : JM_E_DENIED;
}

static enum jm_status t_kept(void *ctx, enum jm_purpose purpose, struct jm_bytes origin,
                             struct jm_buf *out)
{
    struct jm_keys *k = ctx;
    uint8_t file[KEPT_FILE_MAX];
    struct kept x;
    ssize_t n;
    int fd;

    JM_TRY(kept_place(&x, k, purpose, origin));
    if ((fd = open(x.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return errno == ENOENT ? none_kept(k, purpose) : JM_E_IO;
    n = read(fd, file, sizeof file);
    (void)close(fd);
    if (n < JM_GCM_IV + JM_GCM_TAG)
        return n < 0 ? JM_E_IO : JM_E_DENIED;
    return k->tools->crypto->open(jm_bytes(k->head_secret.octets, 32), jm_bytes(file, JM_GCM_IV),
                                  jm_written(x.bound),
                                  jm_bytes(file + JM_GCM_IV, (size_t)n - JM_GCM_IV), out) == JM_OK
               ? JM_OK
               : JM_E_DENIED;
}

static enum jm_status t_keep(void *ctx, enum jm_purpose purpose, struct jm_bytes origin,
                             struct jm_bytes text)
{
    const struct jm_keys *k = ctx;
    uint8_t file[KEPT_FILE_MAX];
    struct jm_buf out = jm_buf(file, sizeof file);
    struct kept x;

    JM_TRY(kept_place(&x, k, purpose, origin));
    JM_TRY(k->tools->random(NULL, file, JM_GCM_IV));
    out.len = JM_GCM_IV;
    JM_TRY(k->tools->crypto->seal(jm_bytes(k->head_secret.octets, 32), jm_bytes(file, JM_GCM_IV),
                                  jm_written(x.bound), text, &out));
    return k->tools->file_write(x.path, jm_written(out), 0600);
}

uint64_t jm_keys_counted(const struct jm_keys *k, enum jm_purpose purpose)
{
    return k->counted[purpose];
}

/* -- all of them -- */

static enum jm_status open_all(struct jm_keys *k, const struct jm_secret32 *master,
                               struct jm_arena *mem, struct jm_diag *d)
{
    char path[PATH_LEN];
    struct jm_list names;

    JM_TRY(path_of(path, k->dir, "keys", jm_none()));
    JM_TRY(k->tools->dir_list(&names, path, IDS_MAX, mem));
    for (size_t i = 0; i < names.n; i++) {
        struct jm_bytes file;
        enum jm_status st;

        if (!id_ok(names.items[i]))
            continue; /* a file being written beside */
        if (k->n == JM_KEYS_MAX)
            return JM_E_LIMIT;
        JM_TRY(path_of(path, k->dir, "keys/", names.items[i]));
        JM_TRY(k->tools->file_read(&file, path, JM_KEY_FILE_MAX, mem));
        st = key_open(&k->key[k->n++], file, names.items[i], master, k->tools);
        if (st == JM_E_SIGNATURE || jm_class_of(st) == JM_CLASS_INPUT)
            return wrong_key(d, JM_SIGNER_KEY_FILE, (const char *)names.items[i].ptr);
        JM_TRY(st);
    }
    return JM_OK;
}

enum jm_status jm_keys_open(struct jm_keys **out, const char *dir, const struct jm_secret32 *master,
                            const struct jm_signer_tools *tools, struct jm_arena *mem,
                            struct jm_diag *d)
{
    struct jm_keys *k = tools->secret_room(sizeof *k);
    enum jm_status st = JM_E_UNAVAILABLE;

    *out = NULL;
    if (k == NULL)
        return st;
    k->tools = tools;
    k->table = (struct jm_key_table){t_find, t_sign,      t_seal, t_open, t_mac, t_count,
                                     t_head, t_head_keep, t_kept, t_keep, k};
    for (size_t i = 0; i <= JM_PURPOSE_LAST; i++)
        k->count_fd[i] = -1;
    (void)pthread_mutex_init(&k->lock, NULL);
    st = strlen(dir) < sizeof k->dir ? JM_OK : JM_E_LIMIT;
    if (st == JM_OK) {
        const struct jm_bytes label = JM_BYTES(HEAD_FORMAT);

        memcpy(k->dir, dir, strlen(dir) + 1);
        st = tools->crypto->hmac(JM_SHA256, jm_bytes(master->octets, 32), &label, 1,
                                 k->head_secret.octets);
    }
    if (st == JM_OK) {
        st = open_all(k, master, mem, d);
    }
    if (st != JM_OK)
        jm_keys_close(&k);
    *out = k;
    return st;
}

const struct jm_key_table *jm_keys_table(struct jm_keys *k)
{
    return &k->table;
}

enum jm_status jm_keys_caller(struct jm_secret32 *out, const struct jm_keys *k,
                              struct jm_bytes name)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < k->n; i++) {
        const struct jm_held_key *f = &k->key[i].facts;

        if (f->purpose == JM_PURPOSE_NONE && !f->is_pair && name.len != 0 &&
            jm_bytes_eq(f->caller, name)) {
            *out = k->key[i].secret;
            return JM_OK;
        }
    }
    return JM_E_ABSENT;
}

void jm_keys_close(struct jm_keys **k)
{
    struct jm_keys *p = *k;

    *k = NULL;
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n; i++) {
        if (p->key[i].key != NULL)
            p->tools->key_free(&p->key[i].key);
        free(p->key[i].octets);
    }
    for (size_t i = 0; i <= JM_PURPOSE_LAST; i++)
        if (p->count_fd[i] >= 0)
            (void)close(p->count_fd[i]);
    (void)pthread_mutex_destroy(&p->lock);
    p->tools->secret_room_free(p, sizeof *p);
}
