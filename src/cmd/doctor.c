/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/commands.h"

static int run(const struct jm_cmd *cmd)
{
    jm_say(cmd, "ok\n");
    return JM_EXIT_OK;
}

const struct jm_command jm_command_doctor = {
    .name = "doctor", .example = {"doctor", "doctor --json"}, .run = run};
