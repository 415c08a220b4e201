/* SPDX-License-Identifier: Apache-2.0 */
#include "service/signer.h"
#include "jumin/base64.h"

enum jm_status jm_row_aad(struct jm_bytes *out, const char *table_column, const struct jm_id *row,
                          struct jm_arena *mem)
{
    struct jm_bytes hex;

    JM_TRY(jm_hex_encode(&hex, mem, jm_bytes(row->octets, sizeof row->octets)));
    const struct jm_bytes parts[] = {jm_str(table_column), JM_BYTES("/"), hex};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

enum jm_status jm_row_cipher(struct jm_bytes *out, const struct jm_env *env, bool seal,
                             const char *what, const struct jm_id *row, struct jm_bytes in,
                             struct jm_arena *mem)
{
    struct jm_bytes ins[2], result = {NULL, 0};
    struct jm_list a = {ins, 2, 2}, b = {&result, 0, 1};

    *out = jm_none();
    JM_TRY(jm_row_aad(&ins[0], what, row, mem));
    ins[1] = in;
    JM_TRY(env->signer->call(env->signer->ctx, seal ? JM_SEAL : JM_OPEN, JM_PURPOSE_ROW, jm_none(),
                             &a, &b));
    return jm_dup(out, mem, result);
}
