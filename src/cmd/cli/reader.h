/* SPDX-License-Identifier: Apache-2.0 */
/** @file reader.h  Room: cmd/cli. Card readers as options name them: --reader KIND:ARGUMENT. */
#ifndef JUMIN_CMD_CLI_READER_H
#define JUMIN_CMD_CLI_READER_H

#include "cmd/cli/cmd.h"
#include "host/card/card.h"

/** What --wait SECONDS says, at most an hour; without one JM_CARD_PATIENCE_MS. @retval JM_E_USAGE
 * JM_CMD_OPTION_VALUE */
JM_MUST_CHECK enum jm_status jm_cmd_wait(uint32_t *ms, const struct jm_cmd *cmd, struct jm_diag *d);
/** The one of @p name; it lives as long as the command. @retval as jm_card_link_open, jm_cmd_wait
 */
JM_MUST_CHECK enum jm_status jm_cmd_reader_at(struct jm_card_link **out, const char *name,
                                              const struct jm_cmd *cmd, struct jm_diag *d);
/** The one of --reader. @retval the same */
JM_MUST_CHECK enum jm_status jm_cmd_reader(struct jm_card_link **out, const struct jm_cmd *cmd,
                                           struct jm_diag *d);

#endif
