/* SPDX-License-Identifier: Apache-2.0 */
/** @file words.h  Room: cmd/table. What routes are told in. */
#ifndef JUMIN_CMD_TABLE_WORDS_H
#define JUMIN_CMD_TABLE_WORDS_H

#include "service/web/web.h"

const char *jm_method_word(enum jm_method m); /* "get" */
const char *jm_auth_word(enum jm_auth a);     /* "staff session" */

#endif
