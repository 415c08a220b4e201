/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/ask.h"

#include <termios.h>
#include <unistd.h>

#include "host/files/files.h"

static enum jm_status ask(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key,
                          bool echo)
{
    struct termios shown, hidden;
    char *line = jm_alloc(cmd->mem, JM_ASKED_MAX, 1);
    ssize_t n;

    *out = jm_none();
    if (line == NULL || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return JM_E_ABSENT;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(jm_cmd_text(cmd, key), stderr);
    (void)fflush(stderr); /* a question is no whole line */
    if (!echo)
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    n = read(STDIN_FILENO, line, JM_ASKED_MAX);
    if (!echo) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)fputc('\n', stderr);
    }
    if (n <= 0)
        return JM_E_ABSENT;
    *out = jm_bytes(line, line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n);
    return JM_OK;
}

enum jm_status jm_ask_secret(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key)
{
    return ask(out, cmd, key, false);
}

enum jm_status jm_ask_line(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key)
{
    return ask(out, cmd, key, true);
}

bool jm_ask_yes(const struct jm_cmd *cmd, const char *key)
{
    struct jm_bytes a;

    if (ask(&a, cmd, key, true) != JM_OK)
        return false;
    return jm_bytes_eq_str(a, "y") || jm_bytes_eq_str(a, "yes") || jm_bytes_eq_str(a, "예") ||
           jm_bytes_eq_str(a, "ㅇ");
}

enum jm_status jm_secret_file(struct jm_bytes *out, const char *path, const struct jm_cmd *cmd,
                              struct jm_diag *d)
{
    enum jm_status st = jm_file_read_secret(out, path, JM_ASKED_MAX, cmd->mem);

    if (st == JM_E_DENIED)
        return jm_refuse(d, st, JM_CMD_SECRET_OPEN, path);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, path);
    while (out->len > 0 && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
        out->len--;
    return JM_OK;
}
