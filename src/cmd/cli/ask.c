/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/ask.h"

#include <termios.h>
#include <unistd.h>

#include "cmd/cli/home.h"

static enum jm_status ask_for(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key,
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
    if (!echo) /* before the question: what is typed at once is neither shown nor lost */
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    (void)fputs(jm_cmd_text(cmd, key), stderr);
    (void)fflush(stderr); /* a question is no whole line */
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

enum jm_status jm_ask_line(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key)
{
    return ask_for(out, cmd, key, true);
}

enum jm_status jm_ask_secret(struct jm_bytes *out, const struct jm_cmd *cmd, const char *key)
{
    return ask_for(out, cmd, key, false);
}

bool jm_ask_yes(const struct jm_cmd *cmd, const char *key)
{
    struct jm_bytes a;

    if (ask_for(&a, cmd, key, true) != JM_OK)
        return false;
    return jm_bytes_eq_str(a, "y") || jm_bytes_eq_str(a, "yes") || jm_bytes_eq_str(a, "예") ||
           jm_bytes_eq_str(a, "ㅇ");
}

enum jm_status jm_secret_file(struct jm_bytes *out, const char *path, const struct jm_cmd *cmd,
                              struct jm_diag *d)
{
    JM_TRY(jm_cmd_secret(out, path, JM_ASKED_MAX, cmd, JM_E_USAGE, d));
    while (out->len > 0 && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
        out->len--;
    return JM_OK;
}

enum jm_status jm_digits(struct jm_bytes *out, const struct jm_cmd *cmd, const char *option,
                         const char *question, size_t n, struct jm_diag *d)
{
    const char *file = jm_opt(cmd, option);

    if (file != NULL)
        JM_TRY(jm_secret_file(out, file, cmd, d));
    else if (jm_ask_secret(out, cmd, question) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED,
                         jm_format(cmd->mem, "--%s FILE", option));
    for (size_t i = 0; i < out->len; i++)
        if (out->ptr[i] < '0' || out->ptr[i] > '9')
            out->len = 0;
    return out->len == n ? JM_OK
                         : jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                                     jm_format(cmd->mem, "--%s: %zu digits", option, n));
}

enum jm_status jm_passphrase(struct jm_bytes *out, const struct jm_cmd *cmd, const char *file,
                             const char *question, bool fresh, struct jm_diag *d)
{
    if (file != NULL)
        JM_TRY(jm_secret_file(out, file, cmd, d));
    else if (question == NULL || ask_for(out, cmd, question, false) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--passphrase-file FILE");
    return out->len >= (fresh ? JM_PASSPHRASE_MIN : 1)
               ? JM_OK
               : jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                           fresh ? "--passphrase-file: 8 octets at least"
                                 : "the passphrase is empty");
}
