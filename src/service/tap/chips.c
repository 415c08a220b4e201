/* SPDX-License-Identifier: Apache-2.0 */
/* Chips are made for people's IC cards: what the authority signs, and what it keeps. */
#include <string.h>

#include "jumin/civil.h"
#include "service/audit/audit.h"
#include "service/notices/notices.h"
#include "service/register/register.h"
#include "service/signer.h"
#include "service/tap/parts.h"

#define CHIP_YEARS 10 /* or as long as its signer's certificate */

struct making {
    struct jm_issuer *is;
    const struct jm_chip_req *in;
    const struct jm_actor *who;
    struct jm_person person;
    struct jm_plastic plastic;
    struct jm_chip_row row;
    struct jm_arena *mem;
    struct jm_diag *d;
};

/* The valid one, or that of the serial while it is on its way. */
static enum jm_status find_plastic(struct jm_tx *tx, struct making *o)
{
    static const enum jm_plastic_state states[] = {JM_PLASTIC_VALID, JM_PLASTIC_READY,
                                                   JM_PLASTIC_ORDERED};

    for (size_t i = 0; i < JM_ARRAY_LEN(states); i++) {
        enum jm_status st = jm_plastic_in_state(tx, &o->in->person, states[i], &o->plastic, o->mem);

        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
        if (st == JM_OK && o->plastic.kind == JM_PLASTIC_IC &&
            (o->in->serial.len == 0 || jm_bytes_eq(o->plastic.serial, o->in->serial)))
            return JM_OK;
    }
    return jm_refuse(o->d, JM_E_ABSENT, JM_CARD_PLAIN, NULL);
}

static enum jm_status find_holder(struct jm_tx *tx, struct making *o)
{
    struct jm_chip_row there;
    enum jm_status st = jm_person_in(tx, &o->in->person, &o->person, o->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(o->d, st, JM_REGISTER_NOT_FOUND, NULL);
    JM_TRY(st);
    JM_TRY(find_plastic(tx, o));
    st = jm_chip_rows_of(tx, o->plastic.serial, &there, o->mem);
    return st == JM_OK         ? jm_refuse(o->d, JM_E_CONFLICT, JM_CARD_EXISTS, NULL)
           : st == JM_E_ABSENT ? JM_OK
                               : st;
}

/* Digits without a bias. */
static enum jm_status draw_digits(char *out, size_t n, const struct jm_env *env)
{
    for (size_t i = 0; i < n;) {
        uint8_t r;

        JM_TRY(jm_env_random(env, &r, 1));
        if (r < 250)
            out[i++] = (char)('0' + r % 10);
    }
    out[n] = 0;
    return JM_OK;
}

/* The signer, as the engine wants one. */
static enum jm_status sign_card(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                struct jm_bytes data, struct jm_sig *sig)
{
    const struct jm_env *env = ctx;
    struct jm_bytes in[1] = {data}, out[1] = {{NULL, 0}};
    struct jm_list ins = {in, 1, 1}, outs = {out, 1, 1};

    (void)key;
    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN, JM_PURPOSE_CARD, jm_none(), &ins, &outs));
    return jm_sig_set(sig, alg, outs.items[0]);
}

static enum jm_status make_files(struct making *o, struct jm_chip_made *out,
                                 const struct jm_point *key)
{
    const struct jm_env *env = &o->is->base.env;
    const struct jm_person *p = &o->person;
    const struct jm_bytes names[] = {p->surname, p->given};
    struct jm_answers answers = {.sign = sign_card};
    struct jm_chip_spec spec = {.dg1 = {.serial = o->plastic.serial},
                                .address = p->address,
                                .signed_at = jm_env_now(env),
                                .x5chain = o->is->card.der,
                                .n_x5chain = o->is->card.n};
    char issued[11], birth[11];
    struct jm_bytes rrn;
    struct jm_cert cert;

    answers.ctx = (void *)(uintptr_t)env;
    JM_TRY(jm_cert_parse(&cert, o->is->card.der[0]));
    spec.until = jm_seoul_midnight(jm_date_add_years(jm_seoul_date(spec.signed_at), CHIP_YEARS));
    if (spec.until > cert.not_after - JM_DAY_S)
        spec.until = cert.not_after - JM_DAY_S;
    jm_date_format(issued, o->plastic.issued_on);
    jm_date_format(birth, p->birth);
    spec.dg1.issued = jm_str(issued);
    spec.dg1.authority = p->region10;
    spec.birth_date = jm_str(birth);
    JM_TRY(jm_concat(&spec.name, o->mem, names, 2));
    JM_TRY(jm_person_open(env, p, &rrn, &spec.portrait, o->mem));
    return jm_card_files(out->file, key, &spec, env->crypto, &answers, o->mem);
}

static enum jm_status make_tx(struct jm_tx *tx, void *arg)
{
    struct making *o = arg;
    enum jm_status st;

    JM_TRY(find_holder(tx, o));
    st = jm_chip_rows_add(tx, &o->row);
    if (st == JM_E_CONFLICT)
        return jm_refuse(o->d, st, JM_CARD_EXISTS, NULL);
    JM_TRY(st);
    return jm_audit_in(tx, o->who, "CHIP_MADE", &o->person.id, jm_none(), "done", NULL);
}

enum jm_status jm_chip_make(struct jm_issuer *is, struct jm_chip_made *out,
                            const struct jm_chip_req *in, const struct jm_actor *who,
                            struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct making o = {.is = is, .in = in, .who = who, .mem = mem, .d = d};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (is->card.n == 0)
        return jm_refuse(d, JM_E_ABSENT, JM_CARD_NO_SIGNER, NULL);
    JM_READ(st, tx, env, find_holder(tx, &o));
    JM_TRY(st);
    JM_TRY(make_files(&o, out, &in->key));
    JM_TRY(draw_digits(out->puk, JM_CARD_PUK_LEN, env));
    JM_TRY(jm_env_id(env, &o.row.id));
    JM_TRY(jm_row_cipher(&o.row.puk, env, true, "chip/puk", &o.row.id, jm_str(out->puk), mem));
    o.row.person = in->person;
    o.row.serial = out->serial = o.plastic.serial;
    o.row.pin = !in->transport;
    memcpy(o.row.key, in->key.octets, sizeof o.row.key);
    return jm_tx_run(env, make_tx, &o);
}

/* -- a desk sets a PIN -- */

static enum jm_status valid_chip_in(struct jm_tx *tx, const struct jm_id *person,
                                    struct jm_chip_row *chip, struct jm_arena *mem)
{
    struct jm_plastic plastic;

    JM_TRY(jm_plastic_in_state(tx, person, JM_PLASTIC_VALID, &plastic, mem));
    return jm_chip_rows_of(tx, plastic.serial, chip, mem);
}

enum jm_status jm_chip_is_transport(const struct jm_issuer *is, const struct jm_id *person,
                                    bool *is_so, struct jm_arena *mem)
{
    struct jm_chip_row chip;
    enum jm_status st;

    *is_so = false;
    JM_READ(st, tx, &is->base.env, valid_chip_in(tx, person, &chip, mem));
    *is_so = st == JM_OK && !chip.pin;
    return st == JM_E_ABSENT ? JM_OK : st;
}

struct unlocking {
    const struct jm_id *person;
    const struct jm_actor *who;
    struct jm_bytes reason;
    struct jm_chip_row chip;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static enum jm_status unlock_tx(struct jm_tx *tx, void *arg)
{
    struct unlocking *u = arg;
    struct jm_person p;
    enum jm_status st = jm_person_in(tx, u->person, &p, u->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(u->d, st, JM_REGISTER_NOT_FOUND, NULL);
    JM_TRY(st);
    st = valid_chip_in(tx, u->person, &u->chip, u->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(u->d, st, JM_CARD_PLAIN, NULL);
    JM_TRY(st);
    JM_TRY(jm_chip_rows_pin(tx, &u->chip.id));
    JM_TRY(jm_audit_in(tx, u->who, "CHIP_UNLOCK", u->person, u->reason, "done", NULL));
    return jm_notice_in(tx, u->person, "CHIP_UNLOCKED", u->who->channel);
}

enum jm_status jm_chip_unlock(struct jm_issuer *is, struct jm_bytes *serial, struct jm_bytes *puk,
                              const struct jm_id *person, const struct jm_actor *who,
                              struct jm_bytes reason, struct jm_arena *mem, struct jm_diag *d)
{
    struct unlocking u = {.person = person, .who = who, .reason = reason, .mem = mem, .d = d};

    JM_TRY(jm_tx_run(&is->base.env, unlock_tx, &u));
    *serial = u.chip.serial;
    return jm_row_cipher(puk, &is->base.env, false, "chip/puk", &u.chip.id, u.chip.puk, mem);
}
