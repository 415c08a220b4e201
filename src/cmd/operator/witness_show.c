/* SPDX-License-Identifier: Apache-2.0 */
/* jumin witness show: what a witness watches, what it signed last, what did not continue. */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/ledger/witness_home.h"
#include "host/files/files.h"
#include "jumin/base64.h"
#include "jumin/civil.h"

#define LEAD "jumin-witness-evidence/1\n"
#define PIECE_MAX (3 * JM_NOTE_MAX)
#define ANSWER_MAX (2 * JM_MIB)

struct piece {
    struct jm_bytes name, kind, offered;
    int64_t time;
    struct jm_checkpoint cp; /* that was offered */
};

/* -- evidence -- */

/* "word value\n" off the front. */
static bool take_word(struct jm_bytes *value, struct jm_bytes *rest, const char *word)
{
    size_t end = jm_bytes_until(*rest, 0, '\n');
    struct jm_bytes line = jm_slice(*rest, 0, end);

    *rest = jm_slice(*rest, end + 1, SIZE_MAX);
    *value = jm_slice(line, strlen(word) + 1, SIZE_MAX);
    return jm_bytes_starts(line, jm_str(word)) && value->len != 0;
}

static bool take_number(uint64_t *value, struct jm_bytes *rest, const char *word)
{
    struct jm_bytes text;

    return take_word(&text, rest, word) && jm_parse_u64(value, text) == JM_OK;
}

static bool read_piece(struct piece *out, struct jm_bytes octets, struct jm_arena *mem)
{
    struct jm_bytes rest = jm_slice(octets, sizeof LEAD - 1, SIZE_MAX);
    struct jm_signed_note note;
    uint64_t time, stored, offered;

    if (!jm_bytes_starts(octets, JM_BYTES(LEAD)) || !take_word(&out->kind, &rest, "kind") ||
        !take_number(&time, &rest, "time") || !take_number(&stored, &rest, "stored") ||
        !take_number(&offered, &rest, "offered") || time > INT64_MAX || rest.len == 0 ||
        stored > rest.len - 1 || offered != rest.len - 1 - stored)
        return false;
    out->time = (int64_t)time;
    out->offered = jm_slice(rest, 1 + (size_t)stored, SIZE_MAX);
    return jm_note_read(&note, out->offered, mem) == JM_OK &&
           jm_checkpoint_read(&out->cp, note.text) == JM_OK;
}

static enum jm_status show_piece(struct jm_json_w *w, struct jm_bytes name,
                                 const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_cmd *cmd = home->cmd;
    const char *path = jm_format(cmd->mem, "%s/witness/evidence/%s", home->dir, jm_cstr(cmd, name));
    struct piece p = {.name = name};
    struct jm_bytes octets;
    char at[21];

    JM_TRY(jm_cmd_read(&octets, path, PIECE_MAX, cmd, d));
    if (!read_piece(&p, octets, cmd->mem))
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
    jm_tdate_format(at, p.time);
    jm_say(cmd, "! %.*s %s %.*s %llu evidence/%.*s\n", (int)p.kind.len, (const char *)p.kind.ptr,
           at, (int)p.cp.origin.len, (const char *)p.cp.origin.ptr, (unsigned long long)p.cp.size,
           (int)name.len, (const char *)name.ptr);
    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "file", name);
    jm_json_w_mtext(w, "kind", p.kind);
    jm_json_w_mstr(w, "time", at);
    jm_json_w_mtext(w, "origin", p.cp.origin);
    jm_json_w_mint(w, "size", (int64_t)p.cp.size);
    jm_json_w_close(w, '}');
    return JM_OK;
}

static enum jm_status show_evidence(struct jm_json_w *w, const struct jm_home *home,
                                    struct jm_diag *d)
{
    const char *path = jm_home_path(home, "witness/evidence");
    struct jm_list names;

    if (jm_dir_list(&names, path, JM_EVIDENCE_MAX, home->cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_IO, JM_CMD_FILE_READ, path);
    jm_json_w_mopen(w, "evidence", '[');
    for (size_t i = 0; i < names.n; i++) {
        size_t mark = jm_arena_mark(home->cmd->mem);

        JM_TRY(show_piece(w, names.items[i], home, d));
        jm_arena_back(home->cmd->mem, mark);
    }
    jm_json_w_close(w, ']');
    return JM_OK;
}

/* -- logs -- */

static enum jm_status show_log(struct jm_json_w *w, const struct jm_watched *log,
                               const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_witness_files files = jm_witness_files_of(home);
    struct jm_checkpoint cp = {.size = 0};
    struct jm_bytes note;

    JM_TRY(files.last(files.ctx, &note, log->id, home->cmd->mem));
    if (note.len != 0 && jm_witness_stored(&cp, note, log->origin, home->cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE, log->id);
    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "origin", log->origin);
    jm_json_w_mstr(w, "id", log->id);
    if (note.len != 0) {
        jm_json_w_mint(w, "size", (int64_t)cp.size);
        jm_json_w_name(w, "root");
        jm_json_w_b64url(w, jm_hash32_bytes(&cp.root));
    }
    jm_json_w_close(w, '}');
    if (note.len == 0)
        jm_say(home->cmd, "%.*s –\n", (int)log->origin.len, (const char *)log->origin.ptr);
    else
        jm_say(home->cmd, "%.*s %llu\n", (int)log->origin.len, (const char *)log->origin.ptr,
               (unsigned long long)cp.size);
    return JM_OK;
}

static enum jm_status run_show(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    static struct jm_watched_logs logs;
    struct jm_vkey vkey;
    struct jm_buf own;
    struct jm_body b;

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_WITNESS, d));
    JM_TRY(jm_witness_home(&logs, &vkey, &home, d));
    JM_TRY(jm_alloc_buf(&own, cmd->mem, JM_NOTE_LINE_MAX));
    JM_TRY(jm_vkey_put(&own, &vkey));
    jm_say(cmd, "%s %.*s %s\n", home.name, (int)own.len, (const char *)own.ptr,
           home.witness.base == NULL ? "" : home.witness.base);
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_json_w_mstr(&b.w, "name", home.name);
    jm_json_w_mtext(&b.w, "vkey", jm_written(own));
    jm_json_w_mopen(&b.w, "logs", '[');
    for (size_t i = 0; i < logs.n; i++)
        JM_TRY(show_log(&b.w, &logs.log[i], &home, d));
    jm_json_w_close(&b.w, ']');
    JM_TRY(show_evidence(&b.w, &home, d));
    return jm_body_answer(cmd, &b);
}

JM_COMMAND(witness_show, "witness show", run_show, "witness show --home w1",
           "witness show --home w1 --json", JM_PLAIN);
