/* SPDX-License-Identifier: Apache-2.0 */
/** @file openapi.h  Room: cmd/table. The routes as a document of OpenAPI, and words for them. */
#ifndef JUMIN_CMD_TABLE_OPENAPI_H
#define JUMIN_CMD_TABLE_OPENAPI_H

#include "cmd/cli/commands.h"
#include "cmd/role/roles.h"
#include "host/http/http.h"
#include "jumin/json.h"
#include "service/msg.h"

const char *jm_method_word(enum jm_method m); /* "get" */
const char *jm_auth_word(enum jm_auth a);     /* "staff session" */
/** Members of the document. */
void jm_openapi_put(struct jm_json_w *w, const struct jm_cmd *cmd);

#endif
