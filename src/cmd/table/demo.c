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

JM_COMMAND_RUN(demo, "demo", run_demo, "demo", "demo --keep --json",
               JM_OPTIONS(JM_SWITCH("keep"), JM_SWITCH("apart")));
