/* SPDX-License-Identifier: Apache-2.0 */
/** @file reader.h  Room: cmd/cli. Card readers as options name them: --reader KIND:ARGUMENT. */
#ifndef JUMIN_CMD_CLI_READER_H
#define JUMIN_CMD_CLI_READER_H

#include "cmd/cli/cmd.h"
#include "host/card/card.h"

/** The one of --reader; it lives as long as the command. @retval as jm_card_link_open */
JM_MUST_CHECK enum jm_status jm_cmd_reader(struct jm_card_link **out, const struct jm_cmd *cmd,
                                           struct jm_diag *d);

#endif
