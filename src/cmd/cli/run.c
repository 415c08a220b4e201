/* SPDX-License-Identifier: Apache-2.0 */
/* A program: reads the command line, loads the sentences, runs one row of the table. */
#include "cmd/cli/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/sandbox/sandbox.h"

#define MEMORY (64 * JM_MIB) /* taken lazily from the system */
#define I18N_MAX (4 * JM_MIB)

static enum jm_status load_texts(struct jm_cmd *cmd, struct jm_i18n_table *table, struct jm_diag *d)
{
    const char *dir = cmd->common.i18n_dir;
    struct jm_bytes en = {NULL, 0}, ko = {NULL, 0};
    enum jm_status st = JM_OK;
    size_t at = 0;

    if (dir == NULL) {
        st = jm_cmd_embedded(&en, "i18n/en.json");
        if (st == JM_OK)
            st = jm_cmd_embedded(&ko, "i18n/ko.json");
    } else {
        st = jm_file_read(&en, jm_format(cmd->mem, "%s/en.json", dir), I18N_MAX, cmd->mem);
        if (st == JM_OK)
            st = jm_file_read(&ko, jm_format(cmd->mem, "%s/ko.json", dir), I18N_MAX, cmd->mem);
    }
    if (st == JM_OK)
        st = jm_i18n_open(table, en, ko, cmd->mem, &at);
    if (st != JM_OK)
        return jm_refuse(d, dir == NULL ? JM_E_BUG : JM_E_USAGE, JM_CMD_TEXTS, dir);
    cmd->text = table;
    return JM_OK;
}

/* What a holder types stays with these. */
static bool holds_secrets(const struct jm_command *c)
{
    return strncmp(c->name, "card ", 5) == 0 || strncmp(c->name, "wallet ", 7) == 0;
}

static int run(struct jm_cmd *cmd, int argc, char **argv, const struct jm_command *const *commands)
{
    struct jm_i18n_table table;
    struct jm_diag d = {0}, texts = {0};
    enum jm_status st = jm_options_parse(cmd, argc, argv, commands, &d);

    if (load_texts(cmd, &table, &texts) != JM_OK)
        return jm_cmd_fail(cmd, JM_E_USAGE, &texts);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->wants_version) {
        puts("jumin " JUMIN_VERSION);
        return JM_EXIT_OK;
    }
    if (cmd->wants_help) {
        jm_help(cmd, stdout);
        return JM_EXIT_OK;
    }
    if (holds_secrets(cmd->row) && (st = jm_sandbox_no_dump()) != JM_OK)
        return jm_cmd_fail(cmd, st, NULL);
    if (cmd->row->run != NULL)
        return cmd->row->run(cmd);
    st = cmd->row->work(cmd, &d);
    return st == JM_OK ? JM_EXIT_OK : jm_cmd_fail(cmd, st, &d);
}

int jm_run(int argc, char **argv, const struct jm_command *const *table,
           const struct jm_crypto *crypto)
{
    static struct jm_cmd cmd; /* large, and one a process */
    void *room = malloc(MEMORY);
    struct jm_arena mem;
    int code;

    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* one write a line: several roles share a log */
    if (room == NULL || jm_openssl_init() != JM_OK) {
        fputs("jumin: JM_E_UNAVAILABLE\n", stderr);
        free(room);
        return JM_EXIT_OUTSIDE;
    }
    jm_arena_init(&mem, room, MEMORY);
    cmd.mem = &mem;
    cmd.crypto = crypto;
    cmd.argv = argv;
    code = run(&cmd, argc, argv, table);
    if (fflush(stdout) != 0 && code == JM_EXIT_OK)
        code = JM_EXIT_OUTSIDE;
    jm_arena_reset(&mem); /* wipes what secrets stood there */
    free(room);
    return code;
}
