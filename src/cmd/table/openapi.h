/* SPDX-License-Identifier: Apache-2.0 */
/** @file openapi.h  Room: cmd/table. The routes of all roles as an OpenAPI document. */
#ifndef JUMIN_CMD_TABLE_OPENAPI_H
#define JUMIN_CMD_TABLE_OPENAPI_H

#include "cmd/cli/commands.h"
#include "cmd/role/roles.h"
#include "host/http/http.h"
#include "jumin/json.h"
#include "service/msg.h"

/** Members of the document. */
void jm_openapi_put(struct jm_json_w *w, const struct jm_cmd *cmd);

#endif
