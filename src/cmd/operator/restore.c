/* SPDX-License-Identifier: Apache-2.0 */
/* jumin restore: a home, or a role's folder of it, back from a backup; and --here: what a copy no
 * longer knows ends (D-458). */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/commands.h"
#include "cmd/operator/backup.h"
#include "cmd/role/issuer.h"
#include "host/files/files.h"
#include "jumin/base64.h"
#include "service/restore/restore.h"

#define LISTS_MAX 16384

/* -- files -- */

struct restoring {
    const struct jm_cmd *cmd;
    const char *from, *to, *role; /* role: null for all */
    const struct jm_json *files;
    struct jm_diag *d;
};

/* A name of the list leads nowhere else than below the folder. */
static bool name_ok(struct jm_bytes name)
{
    return name.len > 0 && name.len < 256 && name.ptr[0] != '/' &&
           jm_bytes_find(name, JM_BYTES("..")) == SIZE_MAX &&
           jm_bytes_find(name, JM_BYTES("//")) == SIZE_MAX;
}

static bool is_folder(struct jm_bytes name)
{
    return name.ptr[name.len - 1] == '/';
}

static bool is_wanted(const struct restoring *r, struct jm_bytes name)
{
    size_t n = r->role == NULL ? 0 : strlen(r->role);

    return r->role == NULL ||
           (name.len > n && memcmp(name.ptr, r->role, n) == 0 && name.ptr[n] == '/');
}

static enum jm_status refuse_backup(const struct restoring *r, const char *name)
{
    return jm_refuse(r->d, JM_E_DENIED, JM_STORE_BACKUP, name);
}

static enum jm_status read_list(struct restoring *r)
{
    struct jm_bytes text;
    const struct jm_json *j;

    if (jm_file_read(&text, jm_format(r->cmd->mem, "%s/" JM_BACKUP_LIST, r->from),
                     JM_BACKUP_LIST_MAX, r->cmd->mem) != JM_OK ||
        jm_json_parse(&j, text, r->cmd->mem, NULL) != JM_OK ||
        !jm_json_is_str(jm_json_get(j, "format"), JM_BACKUP_FORMAT))
        return refuse_backup(r, JM_BACKUP_LIST);
    r->files = jm_json_get(j, "files");
    return r->files != NULL && r->files->type == JM_JSON_ARRAY ? JM_OK
                                                               : refuse_backup(r, JM_BACKUP_LIST);
}

/* Every file is what it was, before the first one is written. */
static enum jm_status check_files(const struct restoring *r)
{
    bool any = false;

    for (const struct jm_json *f = r->files->child; f != NULL; f = f->next) {
        struct jm_bytes name, hex, want;
        uint8_t hash[32];

        if (jm_json_str(&name, f, "name") != JM_OK || !name_ok(name))
            return refuse_backup(r, JM_BACKUP_LIST);
        if (is_folder(name))
            continue;
        if (jm_json_str(&hex, f, "sha256") != JM_OK ||
            jm_hex_decode(&want, r->cmd->mem, hex) != JM_OK)
            return refuse_backup(r, JM_BACKUP_LIST);
        if (jm_backup_hash(hash, jm_format(r->cmd->mem, "%s/%s", r->from, jm_cstr(r->cmd, name)),
                           r->cmd->crypto) != JM_OK ||
            !jm_bytes_eq(want, jm_bytes(hash, sizeof hash)))
            return refuse_backup(r, jm_cstr(r->cmd, name));
        any = any || is_wanted(r, name);
    }
    return any ? JM_OK : refuse_backup(r, r->role == NULL ? JM_BACKUP_LIST : r->role);
}

/* The folders of a name, from the top. */
static enum jm_status make_folders(const struct restoring *r, const char *name)
{
    for (const char *at = strchr(name, '/'); at != NULL; at = strchr(at + 1, '/'))
        if (jm_dir_make(jm_format(r->cmd->mem, "%s/%.*s", r->to, (int)(at - name), name)) != JM_OK)
            return jm_refuse(r->d, JM_E_IO, JM_CMD_FILE_WRITE, name);
    return JM_OK;
}

static enum jm_status copy_files(const struct restoring *r)
{
    for (const struct jm_json *f = r->files->child; f != NULL; f = f->next) {
        struct jm_bytes name = jm_none();
        const char *n;

        JM_TRY(jm_json_str(&name, f, "name"));
        if (!is_wanted(r, name))
            continue;
        n = jm_cstr(r->cmd, name);
        JM_TRY(make_folders(r, n));
        if (!is_folder(name) && jm_backup_copy(jm_format(r->cmd->mem, "%s/%s", r->from, n),
                                               jm_format(r->cmd->mem, "%s/%s", r->to, n)) != JM_OK)
            return jm_refuse(r->d, JM_E_IO, JM_CMD_FILE_WRITE, n);
    }
    return JM_OK;
}

/* A store without its place is new: these say that they are not. */
static enum jm_status mark_copied(const struct restoring *r)
{
    static const char *const roles[] = {"issuer", "provider"};

    for (size_t i = 0; i < JM_ARRAY_LEN(roles); i++) {
        const char *db = jm_format(r->cmd->mem, "%s/%s/%s.db", r->to, roles[i], roles[i]);

        if (access(db, F_OK) == 0 && (r->role == NULL || strcmp(r->role, roles[i]) == 0))
            JM_TRY(jm_cmd_write(jm_format(r->cmd->mem, "%s/%s/place", r->to, roles[i]),
                                JM_BYTES("restored\n"), 0600, r->cmd, r->d));
    }
    return JM_OK;
}

static enum jm_status bring_back(struct restoring *r)
{
    const char *place = r->role == NULL ? r->to : jm_format(r->cmd->mem, "%s/%s", r->to, r->role);

    if (r->role != NULL && (strchr(r->role, '/') != NULL || !name_ok(jm_str(r->role))))
        return jm_refuse(r->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--role");
    JM_TRY(read_list(r));
    JM_TRY(check_files(r));
    if (access(place, F_OK) == 0)
        return jm_refuse(r->d, JM_E_CONFLICT, JM_CMD_HOME_EXISTS, place);
    if (r->role == NULL && jm_dir_make(r->to) != JM_OK)
        return jm_refuse(r->d, JM_E_IO, JM_CMD_FILE_WRITE, r->to);
    JM_TRY(copy_files(r));
    return mark_copied(r);
}

/* -- what ends -- */

struct ending {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_issuer is;
    struct jm_store *store;
    struct jm_signer *signer;
    struct jm_restored out;
    uint32_t next_shard;
    uint8_t raw[JM_LIST_RAW_LEN];
    struct jm_diag *d;
};

static enum jm_status merge_file(struct ending *e, const char *path, uint32_t shard)
{
    size_t mark = jm_arena_mark(e->cmd->mem);
    struct jm_diag why = {0};
    struct jm_bytes token;

    JM_TRY(jm_cmd_read(&token, path, JM_LIST_TOKEN_MAX, e->cmd, e->d));
    if (jm_status_published(e->raw, &e->is.base.env, &e->is.publication, shard, token, e->cmd->mem,
                            &why) != JM_OK)
        return jm_refuse(e->d, JM_E_DENIED, JM_STATUS_UNREADABLE, path);
    JM_TRY(jm_restore_merge(&e->is.base.env, shard, e->raw, &e->out, e->cmd->mem));
    jm_arena_back(e->cmd->mem, mark);
    return JM_OK;
}

static enum jm_status merge_folder(struct ending *e, const char *folder)
{
    struct jm_list names;
    enum jm_status st = jm_dir_list(&names, folder, LISTS_MAX, e->cmd->mem);

    if (st != JM_OK)
        return jm_refuse(e->d, JM_E_USAGE, JM_CMD_FILE_READ, folder);
    for (size_t i = 0; i < names.n; i++) {
        struct jm_bytes name = names.items[i];
        uint64_t shard;

        if (name.len < 5 || memcmp(name.ptr + name.len - 4, ".jwt", 4) != 0 ||
            jm_parse_u64(&shard, jm_slice(name, 0, name.len - 4)) != JM_OK || shard >= UINT32_MAX)
            continue;
        JM_TRY(merge_file(e, jm_format(e->cmd->mem, "%s/%s", folder, jm_cstr(e->cmd, name)),
                          (uint32_t)shard));
        if (shard >= e->next_shard)
            e->next_shard = (uint32_t)shard + 1;
    }
    return JM_OK;
}

static enum jm_status end_all(struct ending *e)
{
    const char *also = jm_opt(e->cmd, "published");

    JM_TRY(jm_home_open(&e->home, e->cmd, JM_HOME_AUTHORITY, e->d));
    JM_TRY(jm_home_signer(&e->signer, &e->home, "issuer", e->d));
    JM_TRY(jm_wire_store_any(&e->store, &e->home, "issuer", e->d));
    JM_TRY(jm_issuer_open(&e->is, &e->home, e->store, e->signer, e->d));
    JM_TRY(jm_restore_begin(&e->is.base.env, &e->out, e->d));
    JM_TRY(merge_folder(e, jm_home_path(&e->home, "public/l")));
    if (also != NULL)
        JM_TRY(merge_folder(e, also));
    JM_TRY(jm_restore_end(&e->is.base.env, e->next_shard, &e->out));
    JM_TRY(jm_wire_place_keep(&e->home, "issuer", e->d));
    if (access(jm_home_path(&e->home, "provider/provider.db"), F_OK) != 0)
        return JM_OK;
    /* its rows are devices seen and challenges of a minute: nothing to end */
    return jm_wire_place_keep(&e->home, "provider", e->d);
}

static enum jm_status say_restored(const struct ending *e)
{
    const struct jm_restored *o = &e->out;
    const long long n[] = {o->bits, o->held, o->tokens, o->cases, o->lost, o->first_shard};
    const char *t[JM_ARRAY_LEN(n)];

    for (size_t i = 0; i < JM_ARRAY_LEN(n); i++)
        t[i] = jm_format(e->cmd->mem, "%lld", n[i]);
    if (e->cmd->common.json)
        return jm_answer(e->cmd, jm_str(jm_format(e->cmd->mem,
                                                  "{\"bits\":%s,\"held\":%s,\"tokens\":%s,"
                                                  "\"cases\":%s,\"lost\":%s,\"first_shard\":%s}",
                                                  t[0], t[1], t[2], t[3], t[4], t[5])));
    JM_SAY(e->cmd, "say.restored", t[0], t[1], t[2], t[3], t[4], t[5]);
    return JM_OK;
}

static enum jm_status end_here(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct ending one; /* large, and keeps the home's clock */
    enum jm_status st;

    one.cmd = cmd;
    one.d = d;
    st = end_all(&one);
    jm_store_close(&one.store);
    jm_signer_disconnect(&one.signer);
    return st == JM_OK ? say_restored(&one) : st;
}

/* -- the command -- */

static enum jm_status run_restore(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct restoring r = {.cmd = cmd,
                          .from = cmd->n_operands == 0 ? NULL : cmd->operand[0],
                          .to = cmd->common.home,
                          .role = jm_opt(cmd, "role")};

    if (jm_opt_has(cmd, "here") == (r.from != NULL) || (r.from == NULL && r.role != NULL))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPERANDS, "FOLDER, or --here");
    if (r.from == NULL)
        return end_here(cmd, d);
    r.d = d;
    JM_TRY(bring_back(&r));
    JM_SAY(cmd, "say.brought-back", r.to);
    return jm_answer(cmd, JM_BYTES("{\"restored\":true}"));
}

JM_COMMAND(restore, "restore", run_restore, "restore /mnt/safe/monday --home authority",
           "restore --here --published lists --home authority", JM_OPERANDS("[FOLDER]", 0, 1),
           JM_OPTIONS(JM_TAKES("role", "FOLDER"), JM_SWITCH("here"),
                      JM_TAKES("published", "FOLDER")));
