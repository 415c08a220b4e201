/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"
#include "service/register/parts.h"
#include "service/signer.h"

struct jm_date jm_plastic_first(struct jm_date birth)
{
    struct jm_date d = jm_date_add_years(birth, 17);

    return d.month == 12 ? (struct jm_date){d.year + 1, 1, 1}
                         : (struct jm_date){d.year, d.month + 1, 1};
}

enum jm_status jm_person_in(struct jm_tx *tx, const struct jm_id *id, struct jm_person *out,
                            struct jm_arena *mem)
{
    return jm_register_rows_person(tx, id, out, mem);
}

enum jm_status jm_person_get(const struct jm_env *env, const struct jm_id *id,
                             struct jm_person *out, struct jm_arena *mem)
{
    enum jm_status st;

    JM_READ(st, tx, env, jm_register_rows_person(tx, id, out, mem));
    return st;
}

enum jm_status jm_person_open(const struct jm_env *env, const struct jm_person *p,
                              struct jm_bytes *rrn, struct jm_bytes *photo, struct jm_arena *mem)
{
    struct jm_bytes in[4], out[2] = {{NULL, 0}, {NULL, 0}};
    struct jm_list ins = {in, 4, 4}, outs = {out, 2, 2};

    JM_TRY(jm_row_aad(&in[0], "rrn/sealed", &p->rrn_row, mem));
    in[1] = p->rrn_sealed;
    JM_TRY(jm_row_aad(&in[2], "photo/sealed", &p->photo_row, mem));
    in[3] = p->photo_sealed;
    outs.n = p->photo_sealed.len == 0 ? 1 : 2;
    ins.n = 2 * outs.n;
    JM_TRY(env->signer->call(env->signer->ctx, JM_OPEN, JM_PURPOSE_ROW, jm_none(), &ins, &outs));
    JM_TRY(jm_dup(rrn, mem, outs.items[0]));
    *photo = jm_none();
    return outs.n == 2 ? jm_dup(photo, mem, outs.items[1]) : JM_OK;
}

enum jm_status jm_plastic_move(struct jm_tx *tx, struct jm_bytes serial, enum jm_plastic_state from,
                               enum jm_plastic_state to)
{
    return jm_plastic_move_at(tx, serial, from, to, jm_tx_now(tx));
}
