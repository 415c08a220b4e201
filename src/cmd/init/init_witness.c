/* SPDX-License-Identifier: Apache-2.0 */
/* jumin witness init: a home whose one key cosigns what logs publish, and which logs. It has no
 * trust set: a witness believes nobody, it compares. */
#include <string.h>
#include <unistd.h>

#include "cmd/cli/commands.h"
#include "cmd/init/make.h"
#include "cmd/ledger/log_key.h"
#include "cmd/ledger/witness_home.h"

#define LOG_FILE_MAX (64 * JM_KIB)
#define ANSWER_MAX (32 * JM_KIB)

struct founding {
    struct jm_making m;
    struct jm_log_key own;
    struct jm_bytes vkey; /* its text */
    struct jm_watched_logs logs;
    const char *base, *listen, *proxy;
};

/* -- the logs -- */

/* Lines of `log <vkey> …` (a policy), or of a key alone. */
static enum jm_status add_file(struct founding *f, const char *path)
{
    const struct jm_bytes word = JM_BYTES("log ");
    size_t before = f->logs.n_keys;
    struct jm_bytes text;

    JM_TRY(jm_cmd_read(&text, path, LOG_FILE_MAX, f->m.cmd, f->m.d));
    while (text.len != 0) {
        size_t end = jm_bytes_until(text, 0, '\n');
        struct jm_bytes line = jm_slice(text, 0, end);

        text = jm_slice(text, end + 1, SIZE_MAX);
        if (jm_bytes_starts(line, word))
            line = jm_slice(line, word.len, SIZE_MAX);
        line = jm_slice(line, 0, jm_bytes_until(line, 0, ' '));
        if (jm_watched_add(&f->logs, line, f->m.cmd) == JM_E_LIMIT)
            return jm_refuse(f->m.d, JM_E_LIMIT, JM_CMD_OPTION_VALUE, "--log");
    }
    return f->logs.n_keys != before
               ? JM_OK
               : jm_refuse(f->m.d, JM_E_MALFORMED, JM_LEDGER_POLICY_FORM, path);
}

static enum jm_status read_logs(struct founding *f)
{
    const char *given;

    for (size_t i = 0; (given = jm_opt_at(f->m.cmd, "log", i)) != NULL; i++) {
        enum jm_status st = jm_watched_add(&f->logs, jm_str(given), f->m.cmd);

        if (st == JM_E_LIMIT || st == JM_E_TYPE)
            return jm_refuse(f->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--log");
        if (st != JM_OK)
            JM_TRY(add_file(f, given));
    }
    if (f->logs.n_keys == 0)
        return jm_refuse(f->m.d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--log VKEY|FILE");
    return jm_watched_sort(&f->logs, f->m.cmd) == JM_OK
               ? JM_OK
               : jm_refuse(f->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--log");
}

static enum jm_status write_logs(const struct founding *f)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, f->m.cmd->mem, f->logs.n_keys * JM_NOTE_LINE_MAX));
    for (size_t i = 0; i < f->logs.n_keys; i++) {
        JM_TRY(jm_vkey_put(&b, &f->logs.key[i]));
        JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    }
    return jm_cmd_write(jm_home_path(&f->m.home, "witness/logs"), jm_written(b), 0644, f->m.cmd,
                        f->m.d);
}

/* -- the home -- */

static enum jm_status read_place(struct founding *f)
{
    const struct jm_cmd *cmd = f->m.cmd;
    const char *port_text = jm_opt(cmd, "base-port"), *base = jm_opt(cmd, "base");
    uint64_t port = 0;
    uint16_t got;

    if (port_text != NULL &&
        (jm_parse_u64(&port, jm_str(port_text)) != JM_OK || port == 0 || port > 65535))
        return jm_refuse(f->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--base-port 1–65535");
    JM_TRY(jm_make_ports(&f->m, (uint16_t)port, &got, 1));
    f->listen = jm_format(cmd->mem, "127.0.0.1:%u", (unsigned)got);
    f->base = base != NULL     ? base
              : f->m.synthetic ? jm_format(cmd->mem, "http://%s", f->listen)
                               : "";
    JM_TRY(jm_make_base(&f->m, "witness", f->base, &f->listen));
    return jm_make_proxy(&f->m, f->base, &f->proxy);
}

static enum jm_status make_key(struct founding *f)
{
    struct jm_held_key facts = {.id = JM_BYTES("cosign-1"),
                                .purpose = JM_PURPOSE_COSIGN,
                                .is_pair = true};
    struct jm_making *m = &f->m;
    struct jm_buf b;

    JM_TRY(jm_log_key_new(&f->own, m->name, JM_NOTE_COSIGNATURE, m->cmd->crypto));
    JM_TRY(jm_point_set(&facts.point, JM_CURVE_ED25519, f->own.vkey.key));
    JM_TRY(jm_keys_add(jm_home_path(&m->home, "signer"), &m->master, &facts, &f->own.seed, true,
                       &jm_signer_tools, m->cmd->mem));
    JM_TRY(jm_alloc_buf(&b, m->cmd->mem, JM_NOTE_LINE_MAX));
    JM_TRY(jm_vkey_put(&b, &f->own.vkey));
    f->vkey = jm_written(b);
    return jm_cmd_write(jm_home_path(&m->home, "witness/vkey"), f->vkey, 0644, m->cmd, m->d);
}

static enum jm_status write_conf(const struct founding *f)
{
    const struct jm_making *m = &f->m;
    struct jm_arena *mem = m->cmd->mem;
    const char *policy = "# Of which logs checkpoints are cosigned: nothing else is.\n[own]\n";

    for (size_t i = 0; i < f->logs.n; i++)
        policy = jm_format(mem, "%sorigin = %s\n", policy, jm_cstr(m->cmd, f->logs.log[i].origin));
    JM_TRY(jm_cmd_write(jm_home_path(&m->home, "signer/policy.conf"), jm_str(policy), 0600, m->cmd,
                        m->d));
    return jm_cmd_write(
        m->home.conf_file,
        jm_str(jm_format(mem,
                         "[home]\nname = %s\nid = %s\nkind = witness\nsynthetic = %s\n\n"
                         "[witness]\nbase = %s\nlisten = %s\n%s",
                         m->name, m->id, m->synthetic ? "yes" : "no", f->base, f->listen,
                         f->proxy)),
        0644, m->cmd, m->d);
}

static enum jm_status make_home(struct founding *f)
{
    static const char *const folders[] = {"run",          "run/signer",      "signer",
                                          "signer/keys",  "signer/count",    "witness",
                                          "witness/last", "witness/evidence"};

    JM_TRY(read_logs(f));
    JM_TRY(read_place(f));
    JM_TRY(jm_make_folders(&f->m, folders, JM_ARRAY_LEN(folders)));
    JM_TRY(jm_make_master(&f->m));
    JM_TRY(make_key(f));
    JM_TRY(jm_make_caller(&f->m, "witness"));
    JM_TRY(write_logs(f));
    return write_conf(f);
}

static enum jm_status found_witness(struct founding *f)
{
    JM_TRY(jm_make_name(&f->m, "witness"));
    if (!jm_note_name_ok(jm_str(f->m.name)))
        return jm_refuse(f->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--name witness.example.kr");
    if (access(f->m.home.conf_file, F_OK) == 0)
        return jm_refuse(f->m.d, JM_E_CONFLICT, JM_CMD_HOME_EXISTS, f->m.home.dir);
    f->m.id = jm_make_id(f->m.cmd, "", f->m.name, "witness");
    return make_home(f);
}

static enum jm_status run_init(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct founding *f = JM_NEW(cmd->mem, struct founding);
    struct jm_body b;
    enum jm_status st;

    if (f == NULL)
        return JM_E_NO_SPACE;
    jm_make_begin(&f->m, cmd, d);
    f->m.synthetic = jm_opt_has(cmd, "synthetic");
    st = found_witness(f);
    jm_wipe(&f->own.seed, sizeof f->own.seed);
    jm_wipe(&f->m.master, sizeof f->m.master);
    JM_TRY(st);
    jm_say(cmd, "%s %.*s %s\n", f->m.name, (int)f->vkey.len, (const char *)f->vkey.ptr, f->base);
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_json_w_mstr(&b.w, "home", f->m.home.dir);
    jm_json_w_mstr(&b.w, "name", f->m.name);
    jm_json_w_mtext(&b.w, "vkey", f->vkey);
    jm_json_w_mstr(&b.w, "witness", f->base);
    return jm_body_answer(cmd, &b);
}

JM_COMMAND(witness_init, "witness init", run_init,
           "witness init --name w1.example.kr --log VKEY --base https://w1.example.kr --home w1",
           "witness init --synthetic --name w1 --log policy --home w1",
           JM_OPTIONS(JM_NEEDS("name", "NAME"), JM_MANY("log", "VKEY|FILE"), JM_SWITCH("synthetic"),
                      JM_TAKES("base", "URL"), JM_TAKES("base-port", "PORT"),
                      JM_TAKES("passphrase-file", "FILE"), JM_TAKES("proxy", "ADDRESS|none")));
