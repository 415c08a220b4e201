/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jumin/cbor.h"

#define MAGIC JM_BYTES("JMLEDG\x00\x01")
#define CHECK_LEN 8
#define COMMIT_MAX 80

enum { KIND_ENTRY = 1, KIND_COMMIT };

struct record {
    uint8_t kind;
    struct jm_bytes payload;
};

/* -- records -- */

static enum jm_status check_of(uint8_t out[32], uint64_t offset, struct jm_bytes lead,
                               struct jm_bytes payload, const struct jm_crypto *c)
{
    uint8_t at[8];
    const struct jm_bytes parts[] = {jm_bytes(at, sizeof at), lead, payload};

    jm_put_u64_be(at, offset);
    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out);
}

/* The record at @p offset, if one that holds is there. */
static bool read_record(struct record *out, struct jm_bytes file, uint64_t offset,
                        const struct jm_crypto *c)
{
    struct jm_bytes rest = jm_slice(file, offset, SIZE_MAX);
    uint8_t check[32];
    size_t len;

    if (rest.len < JM_JML_OVERHEAD)
        return false;
    len = jm_u32_be(rest.ptr);
    if (len > JM_JML_RECORD_MAX || rest.len - JM_JML_OVERHEAD < len)
        return false;
    out->kind = rest.ptr[4];
    out->payload = jm_slice(rest, 5, len);
    return (out->kind == KIND_ENTRY || out->kind == KIND_COMMIT) &&
           check_of(check, offset, jm_slice(rest, 0, 5), out->payload, c) == JM_OK &&
           memcmp(check, rest.ptr + 5 + len, CHECK_LEN) == 0;
}

static enum jm_status put_record(struct jm_buf *out, uint64_t offset, uint8_t kind,
                                 struct jm_bytes payload, const struct jm_crypto *c)
{
    uint8_t lead[5], check[32];

    jm_put_u32_be(lead, (uint32_t)payload.len);
    lead[4] = kind;
    JM_TRY(check_of(check, offset, jm_bytes(lead, sizeof lead), payload, c));
    JM_TRY(jm_buf_put(out, jm_bytes(lead, sizeof lead)));
    JM_TRY(jm_buf_put(out, payload));
    return jm_buf_put(out, jm_bytes(check, CHECK_LEN));
}

static enum jm_status write_commit(struct jm_buf *out, const struct jm_jml_commit *x)
{
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, out);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_uint(&w, x->height);
    jm_cbor_w_uint(&w, x->time);
    jm_cbor_w_uint(&w, x->log_size);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&x->app_hash));
    return jm_cbor_w_end(&w);
}

static enum jm_status read_commit(struct jm_jml_commit *out, struct jm_bytes payload)
{
    struct jm_bytes hash;
    struct jm_cbor r;

    jm_cbor_init(&r, payload);
    if (jm_cbor_array(&r) != 4)
        return JM_E_MALFORMED;
    out->height = jm_cbor_uint(&r);
    out->time = jm_cbor_uint(&r);
    out->log_size = jm_cbor_uint(&r);
    hash = jm_cbor_bytes(&r);
    if (jm_cbor_end(&r) != JM_OK || hash.len != sizeof out->app_hash.octets)
        return JM_E_MALFORMED;
    memcpy(out->app_hash.octets, hash.ptr, hash.len);
    return JM_OK;
}

/* -- opening -- */

/* The end of the last commit before the first fault; *fault: where that is. */
static uint64_t find_end(uint64_t *fault, struct jm_bytes file, const struct jm_crypto *c)
{
    uint64_t at = JM_JML_HEADER, end = JM_JML_HEADER;
    struct record r;

    while (read_record(&r, file, at, c)) {
        at += r.payload.len + JM_JML_OVERHEAD;
        if (r.kind == KIND_COMMIT)
            end = at;
    }
    *fault = at;
    return end;
}

/* A commit that holds, anywhere behind a fault: what stands before it was there once. */
static bool commit_behind(struct jm_bytes file, uint64_t fault, const struct jm_crypto *c)
{
    struct record r;

    for (uint64_t at = fault + 1; at + JM_JML_OVERHEAD <= file.len; at++)
        if (file.ptr[at + 4] == KIND_COMMIT && file.ptr[at] == 0 && file.ptr[at + 1] == 0 &&
            read_record(&r, file, at, c))
            return true;
    return false;
}

static enum jm_status tell_all(const struct jm_jml_reader *to, struct jm_bytes file, uint64_t end,
                               const struct jm_crypto *c)
{
    for (uint64_t at = JM_JML_HEADER; at < end;) {
        struct jm_jml_commit commit;
        struct record r;

        if (!read_record(&r, file, at, c))
            return JM_E_MALFORMED;
        if (r.kind == KIND_ENTRY) {
            JM_TRY(to->entry(to->ctx, at, r.payload));
        } else {
            JM_TRY(read_commit(&commit, r.payload));
            JM_TRY(to->commit(to->ctx, &commit));
        }
        at += r.payload.len + JM_JML_OVERHEAD;
    }
    return JM_OK;
}

static enum jm_status sync_folder(const char *path)
{
    char room[4096];
    int fd, n = snprintf(room, sizeof room, "%s", path);
    enum jm_status st;

    if (n < 0 || (size_t)n >= sizeof room)
        return JM_E_IO;
    if ((fd = open(dirname(room), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return JM_E_IO;
    st = fsync(fd) == 0 ? JM_OK : JM_E_IO;
    (void)close(fd);
    return st;
}

static enum jm_status write_all(int fd, struct jm_bytes what, uint64_t at)
{
    for (size_t done = 0; done < what.len;) {
        ssize_t n = pwrite(fd, what.ptr + done, what.len - done, (off_t)(at + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return JM_E_IO;
        done += (size_t)n;
    }
    return JM_OK;
}

static enum jm_status write_header(struct jm_jml *f, const char *path,
                                   const struct jm_hash32 *genesis)
{
    uint8_t header[JM_JML_HEADER];

    memcpy(header, MAGIC.ptr, MAGIC.len);
    memcpy(header + MAGIC.len, genesis->octets, sizeof genesis->octets);
    JM_TRY(write_all(f->fd, jm_bytes(header, sizeof header), 0));
    if (ftruncate(f->fd, JM_JML_HEADER) != 0 || fsync(f->fd) != 0)
        return JM_E_IO;
    f->end = JM_JML_HEADER;
    return sync_folder(path);
}

static enum jm_status recover_file(struct jm_jml *f, struct jm_bytes file,
                                   const struct jm_hash32 *genesis, const struct jm_jml_reader *to,
                                   const struct jm_crypto *c)
{
    uint64_t fault;

    if (!jm_bytes_starts(file, MAGIC) ||
        !jm_bytes_eq(jm_slice(file, MAGIC.len, 32), jm_hash32_bytes(genesis)))
        return JM_E_UNSUPPORTED;
    f->end = find_end(&fault, file, c);
    if (commit_behind(file, fault, c))
        return JM_E_MALFORMED;
    JM_TRY(tell_all(to, file, f->end, c));
    if (f->end == file.len)
        return JM_OK;
    return ftruncate(f->fd, (off_t)f->end) == 0 && fsync(f->fd) == 0 ? JM_OK : JM_E_IO;
}

static enum jm_status open_file(struct jm_jml *f, const char *path, const struct jm_hash32 *genesis,
                                const struct jm_jml_reader *to, const struct jm_crypto *c)
{
    enum jm_status st;
    struct stat s;
    void *map;

    f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0 || fstat(f->fd, &s) != 0)
        return errno == EACCES || errno == ELOOP ? JM_E_DENIED : JM_E_IO;
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        return JM_E_CONFLICT;
    if (s.st_size < JM_JML_HEADER) /* made, and not yet said what it is */
        return write_header(f, path, genesis);
    map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, f->fd, 0);
    if (map == MAP_FAILED)
        return JM_E_IO;
    st = recover_file(f, jm_bytes(map, (size_t)s.st_size), genesis, to, c);
    (void)munmap(map, (size_t)s.st_size);
    return st;
}

enum jm_status jm_jml_open(struct jm_jml *out, const char *path, const struct jm_hash32 *genesis,
                           const struct jm_jml_reader *r, const struct jm_crypto *c)
{
    enum jm_status st;

    *out = (struct jm_jml){-1, 0};
    st = open_file(out, path, genesis, r, c);
    if (st != JM_OK)
        jm_jml_close(out);
    return st;
}

/* -- writing and reading -- */

static enum jm_status put_group(struct jm_buf *out, const struct jm_jml *f,
                                const struct jm_block_entry *entry, size_t n,
                                const struct jm_jml_commit *commit, uint64_t *at,
                                const struct jm_crypto *c)
{
    uint8_t room[COMMIT_MAX];
    struct jm_buf b = jm_buf(room, sizeof room);

    for (size_t i = 0; i < n; i++) {
        at[i] = f->end + out->len;
        JM_TRY(put_record(out, at[i], KIND_ENTRY, entry[i].octets, c));
    }
    JM_TRY(write_commit(&b, commit));
    return put_record(out, f->end + out->len, KIND_COMMIT, jm_written(b), c);
}

enum jm_status jm_jml_append(struct jm_jml *f, const struct jm_block_entry *entry, size_t n,
                             const struct jm_jml_commit *commit, uint64_t *at,
                             const struct jm_crypto *c)
{
    size_t room = COMMIT_MAX + JM_JML_OVERHEAD;
    enum jm_status st;
    struct jm_buf b;

    for (size_t i = 0; i < n; i++)
        room += entry[i].octets.len + JM_JML_OVERHEAD;
    b = jm_buf(malloc(room), room);
    if (b.ptr == NULL)
        return JM_E_NO_SPACE;
    st = put_group(&b, f, entry, n, commit, at, c);
    if (st == JM_OK)
        st = write_all(f->fd, jm_written(b), f->end);
    if (st == JM_OK && fdatasync(f->fd) != 0)
        st = JM_E_IO;
    if (st == JM_OK)
        f->end += b.len;
    free(b.ptr);
    return st;
}

enum jm_status jm_jml_entry(struct jm_bytes *out, const struct jm_jml *f, uint64_t offset,
                            struct jm_arena *mem)
{
    uint8_t lead[5];
    struct jm_buf b;
    size_t len;

    *out = jm_none();
    if (pread(f->fd, lead, sizeof lead, (off_t)offset) != (ssize_t)sizeof lead)
        return JM_E_IO;
    len = jm_u32_be(lead);
    if (len > JM_JML_RECORD_MAX || lead[4] != KIND_ENTRY)
        return JM_E_IO;
    JM_TRY(jm_alloc_buf(&b, mem, len));
    if (pread(f->fd, b.ptr, len, (off_t)offset + 5) != (ssize_t)len)
        return JM_E_IO;
    *out = jm_bytes(b.ptr, len);
    return JM_OK;
}

void jm_jml_close(struct jm_jml *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}
