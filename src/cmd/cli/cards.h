/* SPDX-License-Identifier: Apache-2.0 */
/** @file cards.h  Room: cmd/cli. The card types of a country: the files of data/profiles. */
#ifndef JUMIN_CMD_CLI_CARDS_H
#define JUMIN_CMD_CLI_CARDS_H

#include "cmd/cli/cmd.h"
#include "service/issuance/profile.h"

/** All of them, checked. @retval JM_E_USAGE JM_CMD_FILE_READ | JM_E_MALFORMED JM_DATA_PROFILE */
JM_MUST_CHECK enum jm_status jm_cmd_cards(struct jm_profiles *out, const struct jm_cmd *cmd,
                                          struct jm_diag *d);

#endif
