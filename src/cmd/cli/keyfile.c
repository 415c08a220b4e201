/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/keyfile.h"

#include <string.h>

#include "cmd/cli/home.h"
#include "host/files/files.h"

static const char label[] = "JUMIN STAFF KEY";
#define FILE_MAX 1024

enum jm_status jm_keyfile_read(struct jm_key **out, const char *path, const struct jm_cmd *cmd,
                               struct jm_diag *d)
{
    struct jm_secret32 scalar;
    struct jm_bytes file, octets;
    size_t mark = jm_arena_mark(cmd->mem);
    enum jm_status st;

    *out = NULL;
    JM_TRY(jm_cmd_secret(&file, path, FILE_MAX, cmd, JM_E_MALFORMED, d));
    st = jm_pem_or_der(&octets, label, file, cmd->mem);
    if (st == JM_OK && octets.len != sizeof scalar.octets)
        st = JM_E_MALFORMED;
    if (st == JM_OK) {
        memcpy(scalar.octets, octets.ptr, sizeof scalar.octets);
        st = jm_key_from_scalar(out, &scalar);
        jm_wipe(&scalar, sizeof scalar);
    }
    jm_arena_back(cmd->mem, mark);
    return st == JM_OK ? JM_OK : jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
}

enum jm_status jm_keyfile_write(const char *path, const struct jm_key *key,
                                const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_secret32 scalar;
    size_t mark = jm_arena_mark(cmd->mem);
    struct jm_bytes pem = {NULL, 0};
    enum jm_status st = jm_key_scalar(&scalar, key);

    if (st == JM_OK)
        st = jm_pem_write(&pem, label, jm_bytes(scalar.octets, sizeof scalar.octets), cmd->mem);
    if (st == JM_OK)
        st = jm_file_create(path, pem, 0600);
    jm_wipe(&scalar, sizeof scalar);
    jm_arena_back(cmd->mem, mark);
    return st == JM_OK ? JM_OK
                       : jm_refuse(d, st == JM_E_CONFLICT ? st : JM_E_IO, JM_CMD_FILE_WRITE, path);
}

struct jm_bytes jm_keyfile_staff(const char *path)
{
    const char *slash = strrchr(path, '/');

    path = slash == NULL ? path : slash + 1;
    return jm_bytes(path, strcspn(path, "."));
}
