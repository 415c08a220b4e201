/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* statx */
#endif
#include "host/files/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum jm_status status_of(int e)
{
    switch (e) {
    case ENOENT:
    case ENOTDIR: return JM_E_ABSENT;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP: return JM_E_DENIED;
    case EEXIST: return JM_E_CONFLICT;
    default: return JM_E_IO;
    }
}

static enum jm_status read_all(struct jm_bytes *out, int fd, size_t max, struct jm_arena *mem)
{
    struct jm_buf b = jm_buf_begin(mem);
    enum jm_status st = JM_E_BUG;
    ssize_t n;

    for (;;) {
        size_t want = b.cap - b.len < max - b.len + 1 ? b.cap - b.len : max - b.len + 1;
        if (want == 0) {
            st = JM_E_NO_SPACE;
            break;
        }
        n = read(fd, b.ptr + b.len, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            st = n == 0 ? JM_OK : status_of(errno);
            break;
        }
        b.len += (size_t)n;
        if (b.len > max) {
            st = JM_E_LIMIT;
            break;
        }
    }
    if (st == JM_OK && b.len == b.cap)
        st = JM_E_NO_SPACE;
    size_t len = b.len;
    if (st == JM_OK)
        b.ptr[b.len++] = 0;
    /* so that a failed reading is wiped with the arena, too */
    struct jm_bytes kept = jm_buf_keep(mem, b);
    *out = st == JM_OK ? jm_slice(kept, 0, len) : jm_none();
    return st;
}

static enum jm_status read_file(struct jm_bytes *out, const char *path, size_t max,
                                struct jm_arena *mem, bool is_secret)
{
    bool is_stdin = !is_secret && strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum jm_status st;
    struct stat info;

    *out = jm_none();
    if (fd < 0)
        return status_of(errno);
    if (fstat(fd, &info) != 0)
        st = JM_E_IO;
    else if (is_secret &&
             ((!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) || (info.st_mode & 077) != 0 ||
              (info.st_uid != geteuid() && info.st_uid != 0)))
        st = JM_E_DENIED;
    else
        st = read_all(out, fd, max, mem);
    if (!is_stdin)
        close(fd);
    return st;
}

enum jm_status jm_file_read(struct jm_bytes *out, const char *path, size_t max,
                            struct jm_arena *mem)
{
    return read_file(out, path, max, mem, false);
}

enum jm_status jm_file_read_secret(struct jm_bytes *out, const char *path, size_t max,
                                   struct jm_arena *mem)
{
    return read_file(out, path, max, mem, true);
}

static enum jm_status write_all(int fd, struct jm_bytes what)
{
    while (what.len != 0) {
        ssize_t n = write(fd, what.ptr, what.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return JM_E_IO;
        what = jm_slice(what, (size_t)n, SIZE_MAX);
    }
    return fsync(fd) == 0 ? JM_OK : JM_E_IO;
}

static enum jm_status sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL   ? strdup(".")
                : slash == path ? strdup("/")
                                : strndup(path, (size_t)(slash - path));
    enum jm_status st = JM_E_IO;

    if (dir == NULL)
        return JM_E_UNAVAILABLE;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        st = fsync(fd) == 0 ? JM_OK : JM_E_IO;
        close(fd);
    }
    free(dir);
    return st;
}

static enum jm_status replace_file(const char *path, struct jm_bytes what, mode_t mode,
                                   bool may_exist)
{
    size_t len = strlen(path) + sizeof ".XXXXXX";
    char *beside = malloc(len);
    enum jm_status st;
    int fd;

    if (beside == NULL)
        return JM_E_UNAVAILABLE;
    (void)snprintf(beside, len, "%s.XXXXXX", path);
    if ((fd = mkstemp(beside)) < 0) {
        st = status_of(errno);
        free(beside);
        return st;
    }
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    st = fchmod(fd, mode) == 0 ? write_all(fd, what) : JM_E_IO;
    close(fd);
    if (st == JM_OK && (may_exist ? rename(beside, path) : link(beside, path)) != 0)
        st = status_of(errno);
    if (st != JM_OK || !may_exist)
        (void)unlink(beside);
    free(beside);
    return st == JM_OK ? sync_folder(path) : st;
}

enum jm_status jm_file_write(const char *path, struct jm_bytes what, mode_t mode)
{
    return replace_file(path, what, mode, true);
}

enum jm_status jm_file_create(const char *path, struct jm_bytes what, mode_t mode)
{
    return replace_file(path, what, mode, false);
}

enum jm_status jm_dir_make(const char *path)
{
    struct stat info;

    if (mkdir(path, 0700) == 0)
        return sync_folder(path);
    if (errno != EEXIST)
        return status_of(errno);
    if (lstat(path, &info) != 0)
        return status_of(errno);
    return S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 077) == 0
               ? JM_OK
               : JM_E_DENIED;
}

static int by_octets(const void *a, const void *b)
{
    return jm_bytes_cmp(*(const struct jm_bytes *)a, *(const struct jm_bytes *)b);
}

static enum jm_status list_open(struct jm_list *out, DIR *dir, size_t max, struct jm_arena *mem)
{
    const struct dirent *e;

    if ((out->items = JM_NEW_N(mem, struct jm_bytes, max)) == NULL)
        return JM_E_NO_SPACE;
    out->cap = max;
    for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (out->n == max)
            return JM_E_LIMIT;
        JM_TRY(jm_dup(&out->items[out->n], mem, jm_str(e->d_name)));
        out->n++;
    }
    return errno == 0 ? JM_OK : JM_E_IO;
}

enum jm_status jm_dir_list(struct jm_list *out, const char *path, size_t max, struct jm_arena *mem)
{
    DIR *dir = opendir(path);

    memset(out, 0, sizeof *out);
    if (dir == NULL)
        return status_of(errno);
    enum jm_status st = list_open(out, dir, max, mem);
    (void)closedir(dir);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    else if (out->n != 0)
        qsort(out->items, out->n, sizeof *out->items, by_octets);
    return st;
}

enum jm_status jm_file_lock(int *fd, const char *path)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return status_of(errno);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return JM_OK;
    enum jm_status st = errno == EWOULDBLOCK ? JM_E_CONFLICT : JM_E_IO;
    jm_file_unlock(fd);
    return st;
}

void jm_file_unlock(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum jm_status jm_file_place(char out[JM_PLACE_MAX], const char *path)
{
    struct statx s;

    out[0] = '\0';
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &s) != 0)
        return status_of(errno);
    (void)snprintf(out, JM_PLACE_MAX, "%llu %lld\n", (unsigned long long)s.stx_ino,
                   (s.stx_mask & STATX_BTIME) == 0 ? 0 : (long long)s.stx_btime.tv_sec);
    return JM_OK;
}
