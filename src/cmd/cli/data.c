/* SPDX-License-Identifier: Apache-2.0 */
/* data/ and i18n/: compiled in, or from the folders named on the command line. */
#include <dirent.h>
#include <stdlib.h>
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

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum jm_status jm_cmd_data_names(const char **name, size_t *n, size_t max, const struct jm_cmd *cmd,
                                 const char *folder, struct jm_diag *d)
{
    const char *dir = cmd->common.data_dir, *prefix = jm_format(cmd->mem, "data/%s/", folder),
               *path = jm_format(cmd->mem, "%s/%s", dir == NULL ? "data" : dir, folder);
    bool too_many = false;
    struct dirent *e;
    DIR *open = NULL;

    *n = 0;
    for (size_t i = 0; dir == NULL && i < jm_embedded_count; i++)
        if (strncmp(jm_embedded_files[i].path, prefix, strlen(prefix)) == 0) {
            if ((too_many = *n == max))
                break;
            name[(*n)++] = jm_embedded_files[i].path + strlen("data/");
        }
    if (dir != NULL && (open = opendir(path)) == NULL)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, path);
    while (open != NULL && (e = readdir(open)) != NULL && !too_many)
        if (e->d_name[0] != '.' && !(too_many = *n == max))
            name[(*n)++] = jm_format(cmd->mem, "%s/%s", folder, e->d_name);
    if (open != NULL)
        (void)closedir(open);
    if (too_many || *n == 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, path);
    qsort(name, *n, sizeof *name, by_name);
    return JM_OK;
}
