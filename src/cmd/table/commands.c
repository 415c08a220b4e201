/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of commands: parser, help and man pages read it. */
#include "cmd/cli/commands.h"

#define ROW(name) &jm_command_##name,
const struct jm_command *const jm_commands[] = {JM_COMMANDS(ROW) NULL};
