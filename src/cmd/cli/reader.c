/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/reader.h"

#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"

enum jm_status jm_cmd_reader(struct jm_card_link **out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    static const struct jm_card_tools tools = {&jm_crypto_openssl, jm_random, jm_file_read,
                                               jm_file_write};

    return jm_card_link_open(out, jm_opt(cmd, "reader"), JM_CARD_PATIENCE_MS, &tools, cmd->mem, d);
}
