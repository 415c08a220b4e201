/* SPDX-License-Identifier: Apache-2.0 */
/* jumin backup: a home as it is now, to a folder; stores by SQLite's own backup, while issuing goes
 * on. */
#include "cmd/operator/backup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/commands.h"
#include "host/files/files.h"
#include "host/store/store.h"
#include "jumin/base64.h"
#include "jumin/civil.h"

#define NAMES_MAX 16384
#define DEPTH_MAX 4
#define CHUNK (256 * 1024)

/* Stores first: what is read after them may know more than they do, and is merged at a restore;
 * never the other way round. The ledger behind the signer: a log that is behind what was signed is
 * not served. */
static const char *const folders[] = {"issuer",  "provider", "verifier", "signer", "ledger",
                                      "witness", "operator", "public",   "trust",  "run"};

struct copying {
    const struct jm_cmd *cmd;
    const char *from, *to;
    struct jm_json_w w;
    struct jm_diag *d;
};

/* -- files -- */

enum jm_status jm_backup_hash(uint8_t out[32], const char *path, const struct jm_crypto *crypto)
{
    struct stat s;
    void *map = NULL;
    enum jm_status st = JM_E_IO;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return JM_E_ABSENT;
    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
        goto out;
    if (s.st_size > 0 &&
        (map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
        map = NULL;
        goto out;
    }
    st = jm_sha256(crypto, jm_bytes(map, (size_t)s.st_size), out);
    if (map != NULL)
        (void)munmap(map, (size_t)s.st_size);
out:
    (void)close(fd);
    return st;
}

static enum jm_status copy_octets(int in, int out)
{
    static uint8_t room[CHUNK];
    ssize_t n;

    while ((n = read(in, room, sizeof room)) > 0)
        for (ssize_t at = 0, k; at < n; at += k)
            if ((k = write(out, room + at, (size_t)(n - at))) <= 0)
                return JM_E_IO;
    return n == 0 && fsync(out) == 0 ? JM_OK : JM_E_IO;
}

enum jm_status jm_backup_copy(const char *from, const char *to)
{
    struct stat s;
    enum jm_status st = JM_E_IO;
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1;

    if (in < 0)
        return JM_E_ABSENT;
    if (fstat(in, &s) == 0 &&
        (out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, s.st_mode & 0777)) >= 0)
        st = copy_octets(in, out);
    if (out >= 0)
        (void)close(out);
    (void)close(in);
    return st;
}

static bool ends_with(struct jm_bytes name, const char *end)
{
    size_t n = strlen(end);

    return name.len >= n && memcmp(name.ptr + name.len - n, end, n) == 0;
}

/* What belongs to a running process, or to this machine, or is being written beside. */
static bool is_left_out(struct jm_bytes name)
{
    return ends_with(name, ".db-wal") || ends_with(name, ".db-shm") || ends_with(name, ".lock") ||
           jm_bytes_eq_str(name, "lock") || jm_bytes_eq_str(name, "place") || name.ptr[0] == '.';
}

static enum jm_status list_file(struct copying *c, const char *name)
{
    uint8_t hash[32];
    struct jm_bytes hex;

    JM_TRY(jm_backup_hash(hash, jm_format(c->cmd->mem, "%s/%s", c->to, name), c->cmd->crypto));
    JM_TRY(jm_hex_encode(&hex, c->cmd->mem, jm_bytes(hash, sizeof hash)));
    jm_json_w_open(&c->w, '{');
    jm_json_w_mstr(&c->w, "name", name);
    jm_json_w_mtext(&c->w, "sha256", hex);
    jm_json_w_close(&c->w, '}');
    return JM_OK;
}

static enum jm_status copy_file(struct copying *c, const char *name)
{
    const char *from = jm_format(c->cmd->mem, "%s/%s", c->from, name),
               *to = jm_format(c->cmd->mem, "%s/%s", c->to, name);
    enum jm_status st =
        ends_with(jm_str(name), ".db") ? jm_store_copy(from, to) : jm_backup_copy(from, to);

    return st == JM_OK ? list_file(c, name)
                       : jm_refuse(c->d, st,
                                   st == JM_E_ABSENT ? JM_CMD_FILE_READ : JM_CMD_FILE_WRITE, name);
}

static enum jm_status copy_folder(struct copying *c, const char *name, unsigned depth)
{
    const char *from = jm_format(c->cmd->mem, "%s/%s", c->from, name);
    struct jm_list names;
    struct stat s;

    if (stat(from, &s) != 0)
        return JM_OK; /* not every home has every folder */
    if (depth == DEPTH_MAX)
        return JM_E_LIMIT;
    if (jm_dir_make(jm_format(c->cmd->mem, "%s/%s", c->to, name)) != JM_OK)
        return jm_refuse(c->d, JM_E_IO, JM_CMD_FILE_WRITE, name);
    jm_json_w_open(&c->w, '{');
    /* a folder is one without a hash; it may be empty */
    jm_json_w_mstr(&c->w, "name", jm_format(c->cmd->mem, "%s/", name));
    jm_json_w_close(&c->w, '}');
    JM_TRY(jm_dir_list(&names, from, NAMES_MAX, c->cmd->mem));
    for (size_t i = 0; i < names.n; i++) {
        const char *each = jm_format(c->cmd->mem, "%s/%s", name, jm_cstr(c->cmd, names.items[i]));

        if (is_left_out(names.items[i]) ||
            lstat(jm_format(c->cmd->mem, "%s/%s", c->from, each), &s) != 0)
            continue;
        if (S_ISDIR(s.st_mode))
            JM_TRY(copy_folder(c, each, depth + 1));
        else if (S_ISREG(s.st_mode))
            JM_TRY(copy_file(c, each));
    }
    return JM_OK;
}

/* -- the command -- */

/* The list of files is written last: a backup that did not come to its end has none. */
static enum jm_status copy_home(struct copying *c, const struct jm_home *home)
{
    struct jm_buf b;
    char at[21];

    JM_TRY(jm_alloc_buf(&b, c->cmd->mem, JM_BACKUP_LIST_MAX));
    jm_tdate_format(at, jm_home_now(home));
    jm_json_w_init(&c->w, &b);
    jm_json_w_open(&c->w, '{');
    jm_json_w_mstr(&c->w, "format", JM_BACKUP_FORMAT);
    jm_json_w_mstr(&c->w, "id", home->id);
    jm_json_w_mstr(&c->w, "at", at);
    jm_json_w_mopen(&c->w, "files", '[');
    for (size_t i = 0; i < JM_ARRAY_LEN(folders); i++)
        JM_TRY(copy_folder(c, folders[i], 0));
    JM_TRY(copy_file(c, "jumin.conf"));
    jm_json_w_close(&c->w, ']');
    jm_json_w_close(&c->w, '}');
    JM_TRY(jm_json_w_end(&c->w));
    return jm_file_create(jm_format(c->cmd->mem, "%s/" JM_BACKUP_LIST, c->to), jm_written(b), 0600);
}

static enum jm_status make_backup(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    struct copying c = {.cmd = cmd, .from = cmd->common.home, .to = cmd->operand[0], .d = d};

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_ANY, d));
    if (home.is_wallet) /* D-241: keys and copies of a holder are not copied */
        return jm_refuse(d, JM_E_USAGE, JM_CMD_HOME_KIND, "wallet");
    if (access(c.to, F_OK) == 0)
        return jm_refuse(d, JM_E_CONFLICT, JM_CMD_FILE_WRITE, c.to);
    if (jm_dir_make(c.to) != JM_OK)
        return jm_refuse(d, JM_E_IO, JM_CMD_FILE_WRITE, c.to);
    return copy_home(&c, &home);
}

static enum jm_status run_backup(const struct jm_cmd *cmd, struct jm_diag *d)
{
    JM_TRY(make_backup(cmd, d));
    jm_say(cmd, "%s\n", cmd->operand[0]);
    return jm_answer(cmd, JM_BYTES("{\"backup\":true}"));
}

JM_COMMAND(backup, "backup", run_backup, "backup /mnt/safe/monday",
           "backup monday --home authority --json", JM_OPERANDS("FOLDER", 1, 1));
