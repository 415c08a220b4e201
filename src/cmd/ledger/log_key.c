/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/log_key.h"

#include <string.h>

#include "host/files/files.h"
#include "host/openssl/ed25519.h"
#include "jumin/base64.h"

#define LEAD "PRIVATE+KEY+"
#define FILE_MAX 1024
#define SEED_LEN 33 /* type, seed */

static enum jm_status fill_public(struct jm_log_key *k, const char *name, enum jm_note_type type,
                                  const struct jm_crypto *c)
{
    JM_TRY(jm_ed25519_public(k->public_key, &k->seed));
    return jm_vkey_make(&k->vkey, jm_str(name), type, jm_bytes(k->public_key, sizeof k->public_key),
                        c);
}

enum jm_status jm_log_key_new(struct jm_log_key *out, const char *name, enum jm_note_type type,
                              const struct jm_crypto *c)
{
    memset(out, 0, sizeof *out);
    JM_TRY(jm_ed25519_new(&out->seed));
    return fill_public(out, name, type, c);
}

static enum jm_status put_line(struct jm_buf *b, const struct jm_log_key *key)
{
    uint8_t octets[SEED_LEN] = {JM_NOTE_ED25519};
    enum jm_status st;

    memcpy(octets + 1, key->seed.octets, sizeof key->seed.octets);
    JM_TRY(jm_buf_put(b, JM_BYTES(LEAD)));
    JM_TRY(jm_buf_put(b, key->vkey.name));
    JM_TRY(jm_buf_put(b, JM_BYTES("+")));
    JM_TRY(jm_hex_put(b, jm_bytes(key->vkey.id, sizeof key->vkey.id)));
    JM_TRY(jm_buf_put(b, JM_BYTES("+")));
    st = jm_b64_put(b, jm_bytes(octets, sizeof octets));
    jm_wipe(octets, sizeof octets);
    JM_TRY(st);
    return jm_buf_put(b, JM_BYTES("\n"));
}

enum jm_status jm_log_key_write(const struct jm_log_key *key, const char *path,
                                const struct jm_cmd *cmd, struct jm_diag *d)
{
    uint8_t room[FILE_MAX];
    struct jm_buf b = jm_buf(room, sizeof room);
    enum jm_status st = put_line(&b, key);

    (void)cmd;
    if (st == JM_OK)
        st = jm_file_create(path, jm_written(b), 0600);
    jm_wipe(room, sizeof room);
    return st == JM_OK ? JM_OK
                       : jm_refuse(d, st == JM_E_CONFLICT ? st : JM_E_IO, JM_CMD_FILE_WRITE, path);
}

static enum jm_status read_line(struct jm_log_key *out, struct jm_bytes line,
                                const struct jm_cmd *cmd)
{
    struct jm_bytes rest = jm_slice(line, sizeof LEAD - 1, SIZE_MAX), octets, id;
    size_t plus = jm_bytes_until(rest, 0, '+'), second = jm_bytes_until(rest, plus + 1, '+');
    uint8_t digits[2 * JM_NOTE_ID_LEN];
    struct jm_buf made = jm_buf(digits, sizeof digits);

    if (!jm_bytes_starts(line, JM_BYTES(LEAD)) || second >= rest.len)
        return JM_E_MALFORMED;
    id = jm_slice(rest, plus + 1, second - plus - 1);
    JM_TRY(jm_b64_decode(&octets, cmd->mem, jm_slice(rest, second + 1, SIZE_MAX)));
    if (octets.len != SEED_LEN || octets.ptr[0] != JM_NOTE_ED25519)
        return JM_E_MALFORMED;
    memcpy(out->seed.octets, octets.ptr + 1, sizeof out->seed.octets);
    JM_TRY(fill_public(out, jm_cstr(cmd, jm_slice(rest, 0, plus)), JM_NOTE_ED25519, cmd->crypto));
    JM_TRY(jm_hex_put(&made, jm_bytes(out->vkey.id, sizeof out->vkey.id)));
    return jm_bytes_eq(jm_written(made), id) ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_log_key_read(struct jm_log_key *out, const char *path, const struct jm_cmd *cmd,
                               struct jm_diag *d)
{
    struct jm_bytes file;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_cmd_secret(&file, path, FILE_MAX, cmd, JM_E_MALFORMED, d));
    st = read_line(out, jm_slice(file, 0, jm_bytes_until(file, 0, '\n')), cmd);
    jm_wipe((uint8_t *)(uintptr_t)file.ptr, file.len);
    if (st == JM_OK)
        return JM_OK;
    jm_wipe(out, sizeof *out);
    return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
}
