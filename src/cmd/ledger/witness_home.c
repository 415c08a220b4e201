/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/witness_home.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "host/files/files.h"

#define PATH_LEN 2048
#define LOGS_MAX (JM_WATCHED_KEYS_MAX * 512)

/* -- which logs -- */

enum jm_status jm_watched_add(struct jm_watched_logs *out, struct jm_bytes text,
                              const struct jm_cmd *cmd)
{
    struct jm_vkey key;

    JM_TRY(jm_vkey_read(&key, text, cmd->crypto, cmd->mem));
    if (key.type != JM_NOTE_ED25519)
        return JM_E_TYPE;
    for (size_t i = 0; i < out->n_keys; i++)
        if (jm_bytes_eq(out->key[i].name, key.name) && jm_bytes_eq(out->key[i].key, key.key))
            return JM_OK;
    if (out->n_keys == JM_ARRAY_LEN(out->key))
        return JM_E_LIMIT;
    out->key[out->n_keys++] = key;
    return JM_OK;
}

enum jm_status jm_watched_sort(struct jm_watched_logs *logs, const struct jm_cmd *cmd)
{
    size_t at = 0;

    logs->n = 0;
    while (at < logs->n_keys) {
        struct jm_watched *w = &logs->log[logs->n];

        if (logs->n++ == JM_ARRAY_LEN(logs->log))
            return JM_E_LIMIT;
        *w = (struct jm_watched){.origin = logs->key[at].name, .key = &logs->key[at]};
        JM_TRY(jm_witness_id(w->id, w->origin, cmd->crypto));
        for (size_t i = at; i < logs->n_keys; i++)
            if (jm_bytes_eq(logs->key[i].name, w->origin)) {
                struct jm_vkey key = logs->key[i];

                logs->key[i] = logs->key[at + w->n];
                logs->key[at + w->n++] = key;
            }
        at += w->n;
    }
    return JM_OK;
}

static enum jm_status read_logs(struct jm_watched_logs *logs, const struct jm_home *home,
                                struct jm_diag *d)
{
    const char *path = jm_home_path(home, "witness/logs");
    struct jm_bytes text;

    JM_TRY(jm_cmd_read(&text, path, LOGS_MAX, home->cmd, d));
    while (text.len != 0) {
        size_t end = jm_bytes_until(text, 0, '\n');
        enum jm_status st = jm_watched_add(logs, jm_slice(text, 0, end), home->cmd);

        if (st != JM_OK)
            return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, path);
        text = jm_slice(text, end + 1, SIZE_MAX);
    }
    return jm_watched_sort(logs, home->cmd) == JM_OK
               ? JM_OK
               : jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, path);
}

enum jm_status jm_witness_home(struct jm_watched_logs *logs, struct jm_vkey *own,
                               const struct jm_home *home, struct jm_diag *d)
{
    const char *path = jm_home_path(home, "witness/vkey");
    struct jm_bytes text;

    memset(logs, 0, sizeof *logs);
    JM_TRY(jm_cmd_read(&text, path, JM_NOTE_LINE_MAX, home->cmd, d));
    if (jm_vkey_read(own, jm_slice(text, 0, jm_bytes_until(text, 0, '\n')), home->cmd->crypto,
                     home->cmd->mem) != JM_OK ||
        own->type != JM_NOTE_COSIGNATURE)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, path);
    return read_logs(logs, home, d);
}

/* -- what is kept -- */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void lock_files(void *ctx, bool on)
{
    (void)ctx;
    (void)(on ? pthread_mutex_lock(&one_at_a_time) : pthread_mutex_unlock(&one_at_a_time));
}

/* The command's arena is not a worker's to take from. */
static enum jm_status path_in(char path[PATH_LEN], const struct jm_home *home, const char *folder,
                              const char *name)
{
    int n = snprintf(path, PATH_LEN, "%s/witness/%s/%s", home->dir, folder, name);

    return n > 0 && n < PATH_LEN ? JM_OK : JM_E_LIMIT;
}

static enum jm_status read_last(void *ctx, struct jm_bytes *note, const char *id,
                                struct jm_arena *mem)
{
    char path[PATH_LEN];
    enum jm_status st;

    *note = jm_none();
    JM_TRY(path_in(path, ctx, "last", id));
    st = jm_file_read(note, path, JM_NOTE_MAX + JM_NOTE_LINE_MAX, mem);
    return st == JM_E_ABSENT ? JM_OK : st == JM_OK || st == JM_E_NO_SPACE ? st : JM_E_IO;
}

static enum jm_status store_last(void *ctx, const char *id, struct jm_bytes note)
{
    char path[PATH_LEN];

    JM_TRY(path_in(path, ctx, "last", id));
    return jm_file_write(path, note, 0600) == JM_OK ? JM_OK : JM_E_IO;
}

static bool has_room(const struct jm_home *home, enum jm_witness_evidence kind)
{
    static uint8_t room[JM_EVIDENCE_MAX * (JM_EVIDENCE_NAME_MAX + 64)]; /* under the lock */
    char path[PATH_LEN];
    struct jm_arena mem;
    struct jm_list names;

    jm_arena_init(&mem, room, sizeof room);
    return path_in(path, home, "evidence", "") == JM_OK &&
           jm_dir_list(&names, path, JM_EVIDENCE_MAX, &mem) == JM_OK &&
           names.n <
               (kind == JM_EVIDENCE_EQUIVOCATION ? JM_EVIDENCE_MAX : JM_EVIDENCE_UNPROVEN_MAX);
}

static enum jm_status keep_piece(void *ctx, const char *name, enum jm_witness_evidence kind,
                                 struct jm_bytes octets)
{
    const struct jm_home *home = ctx;
    const char *word = kind == JM_EVIDENCE_EQUIVOCATION ? "EQUIVOCATION" : "not shown to continue";
    char path[PATH_LEN];
    enum jm_status st;

    JM_TRY(path_in(path, home, "evidence", name));
    if (!has_room(home, kind)) {
        jm_log(home, "witness", "%s, and no more room for evidence: %s", word, name);
        return JM_OK;
    }
    st = jm_file_create(path, octets, 0600);
    if (st == JM_OK)
        jm_log(home, "witness", "%s: kept evidence/%s", word, name);
    return st == JM_OK || st == JM_E_CONFLICT ? JM_OK : JM_E_IO;
}

struct jm_witness_files jm_witness_files_of(const struct jm_home *home)
{
    return (struct jm_witness_files){(void *)(uintptr_t)home, read_last, store_last, keep_piece,
                                     lock_files};
}
