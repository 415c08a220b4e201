/* SPDX-License-Identifier: Apache-2.0 */
/* data/ and i18n/: compiled in, or from the folders named on the command line. */
#include <string.h>

#include "cmd/cli/cmd.h"
#include "host/files/embedded.h"
#include "host/files/files.h"

#define DATA_MAX (4 * JM_MIB) /* the full table of regions has some 300 kB */

enum jm_status jm_cmd_embedded(struct jm_bytes *out, const char *path)
{
    *out = jm_none();
    for (size_t i = 0; i < jm_embedded_count; i++)
        if (strcmp(jm_embedded_files[i].path, path) == 0) {
            *out = jm_bytes(jm_embedded_files[i].octets, jm_embedded_files[i].len);
            return JM_OK;
        }
    return JM_E_ABSENT;
}

enum jm_status jm_cmd_data(struct jm_bytes *out, const struct jm_cmd *cmd, const char *name,
                           struct jm_diag *d)
{
    const char *path =
        jm_format(cmd->mem, "%s/%s", cmd->common.data_dir == NULL ? "data" : cmd->common.data_dir,
                  name);
    enum jm_status st = cmd->common.data_dir == NULL ? jm_cmd_embedded(out, path)
                                                     : jm_file_read(out, path, DATA_MAX, cmd->mem);

    return st == JM_OK ? JM_OK : jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, path);
}
