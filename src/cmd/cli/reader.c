/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/reader.h"

#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"

#define WAIT_S_MAX 3600

enum jm_status jm_cmd_wait(uint32_t *ms, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *wait = jm_opt(cmd, "wait");
    uint64_t seconds;

    *ms = JM_CARD_PATIENCE_MS;
    if (wait == NULL)
        return JM_OK;
    if (jm_parse_u64(&seconds, jm_str(wait)) != JM_OK || seconds > WAIT_S_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--wait: 3600 seconds");
    *ms = (uint32_t)seconds * 1000;
    return JM_OK;
}

enum jm_status jm_cmd_reader_at(struct jm_card_link **out, const char *name,
                                const struct jm_cmd *cmd, struct jm_diag *d)
{
    static const struct jm_card_tools tools = {&jm_crypto_openssl, jm_random,    jm_file_read,
                                               jm_file_write,      jm_file_lock, jm_file_unlock};
    uint32_t wait_ms;

    JM_TRY(jm_cmd_wait(&wait_ms, cmd, d));
    return jm_card_link_open(out, name, wait_ms, &tools, cmd->mem, d);
}

enum jm_status jm_cmd_reader(struct jm_card_link **out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    return jm_cmd_reader_at(out, jm_opt(cmd, "reader"), cmd, d);
}
