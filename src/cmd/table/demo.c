/* SPDX-License-Identifier: Apache-2.0 */
/* jumin demo: the story is a program of its own, beside this one. */
#include <unistd.h>

#include "cmd/cli/commands.h"

static int run_demo(const struct jm_cmd *cmd)
{
    const char *program = jm_cmd_beside(cmd, "jumin-demo");

    (void)execv(program, cmd->argv);
    return jm_cmd_refuse(cmd, JM_E_UNAVAILABLE, JM_CMD_FILE_READ, program);
}

static const struct jm_option options[] = {{"keep", 0, NULL, 0}, {"apart", 0, NULL, 0}};
const struct jm_command jm_command_demo = {
    .name = "demo",
    .options = options,
    .n_options = JM_ARRAY_LEN(options),
    .example = {"demo", "demo --keep --json"},
    .run = run_demo,
};
