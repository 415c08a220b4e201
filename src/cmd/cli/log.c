/* SPDX-License-Identifier: Apache-2.0 */
/* What a role says while it runs: one line each, on stderr, with the time and the role. */
#include <stdarg.h>

#include "cmd/cli/home.h"
#include "jumin/civil.h"

#define LINE_MAX_LEN 1024

void jm_log(const struct jm_home *home, const char *role, const char *format, ...)
{
    char line[LINE_MAX_LEN], at[21];
    va_list args;
    int n, m;

    if (home->cmd->common.quiet)
        return;
    jm_tdate_format(at, jm_home_now(home));
    n = snprintf(line, sizeof line, "%s %s: ", at, role);
    va_start(args, format);
    m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    n += m < 0 ? 0 : m >= (int)sizeof line - n - 1 ? (int)sizeof line - n - 2 : m;
    flockfile(stderr); /* one line, whoever else writes */
    jm_show(stderr, jm_bytes(line, (size_t)n));
    (void)fputc('\n', stderr);
    funlockfile(stderr);
}
