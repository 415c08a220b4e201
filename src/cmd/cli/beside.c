/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cmd.h"

#define PATH_LEN 4096

const char *jm_cmd_beside(const struct jm_cmd *cmd, const char *name)
{
    char self[PATH_LEN];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (n <= 0)
        return name;
    self[n] = '\0';
    slash = strrchr(self, '/');
    return jm_format(cmd->mem, "%.*s/%s", (int)(slash - self), self, name);
}
