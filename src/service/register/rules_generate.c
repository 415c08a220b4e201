/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/register/generate.h"
#include "service/signer.h"

#define BATCH 100

struct people {
    struct jm_issuer *is;
    const struct jm_generate *g;
    const struct jm_json *surnames, *given, *places;
    struct jm_new_person *one;
    struct jm_bytes *rrn, *photo;
    size_t n;
    int64_t number; /* of the next person */
    uint8_t dice[32];
    size_t used;
    struct jm_arena *mem;
};

/* SHA-256 of seed, person and counter: the same people on every machine. */
static uint32_t roll(struct people *p, uint32_t sides)
{
    uint32_t v;

    if (p->used + 4 > sizeof p->dice) {
        struct jm_bytes all = jm_bytes(p->dice, sizeof p->dice);

        if (jm_sha256(p->is->base.env.crypto, all, p->dice) != JM_OK)
            return 0;
        p->used = 0;
    }
    v = jm_u32_be(p->dice + p->used);
    p->used += 4;
    return v % sides;
}

static enum jm_status seed_dice(struct people *p)
{
    uint8_t s[16];

    jm_put_u64_be(s, (uint64_t)p->g->seed);
    jm_put_u64_be(s + 8, (uint64_t)p->number);
    p->used = 0;
    return jm_sha256(p->is->base.env.crypto, jm_bytes(s, sizeof s), p->dice);
}

static const struct jm_json *nth(const struct jm_json *list, uint32_t i)
{
    const struct jm_json *e = list->child;

    while (i-- > 0 && e->next != NULL)
        e = e->next;
    return e;
}

static struct jm_bytes column(const struct jm_json *row, uint32_t i)
{
    const struct jm_json *e = row->child;

    while (i-- > 0 && e != NULL)
        e = e->next;
    return e == NULL ? jm_none() : e->text;
}

/* Every tenth is sixteen, every fiftieth was born on 29 February; the rest is spread over the ages. */
static struct jm_date birth_of(struct people *p, struct jm_date today)
{
    struct jm_date d = {today.year - 17 - (int)roll(p, 70), 1 + (int)roll(p, 12), 1 + (int)roll(p, 28)};

    if (p->number % 10 == 3)
        d = (struct jm_date){today.year - 16, today.month, 1};
    if (p->number % 50 == 7)
        d = (struct jm_date){2000 - 4 * (int)roll(p, 10), 2, 29};
    return d;
}

/* YYMMDD with month + 20, century and sex digit, six seeded digits. Numbers of one population differ by the person's number. */
static enum jm_status rrn_of(struct people *p, const struct jm_person *x, struct jm_bytes *out)
{
    uint8_t *t = jm_alloc(p->mem, 14, 1);
    int parts[3] = {x->birth.year % 100, x->birth.month + 20, x->birth.day};
    uint32_t tail = (uint32_t)(p->number % 1000) * 1000 + roll(p, 1000);

    if (t == NULL)
        return JM_E_NO_SPACE;
    for (int i = 0; i < 3; i++) {
        t[2 * i] = (uint8_t)('0' + parts[i] / 10);
        t[2 * i + 1] = (uint8_t)('0' + parts[i] % 10);
    }
    t[6] = (uint8_t)('0' + (x->birth.year >= 2000 ? 2 : 0) + (int)x->sex);
    for (int i = 12; i > 6; i--, tail /= 10)
        t[i] = (uint8_t)('0' + tail % 10);
    *out = jm_bytes(t, 13);
    return JM_OK;
}

static enum jm_status digits(struct people *p, struct jm_bytes prefix, size_t n, struct jm_bytes *out)
{
    uint8_t *t = jm_alloc(p->mem, prefix.len + n + 1, 1);

    if (t == NULL)
        return JM_E_NO_SPACE;
    memcpy(t, prefix.ptr, prefix.len);
    for (size_t i = 0; i < n; i++)
        t[prefix.len + i] = (uint8_t)('0' + roll(p, 10));
    *out = jm_bytes(t, prefix.len + n);
    return JM_OK;
}

static enum jm_status place_of(struct people *p, struct jm_person *x)
{
    const struct jm_json *m = nth(p->places, roll(p, (uint32_t)p->places->n));
    struct jm_bytes code, ko, number;

    JM_TRY(jm_json_str(&code, m, "code"));
    JM_TRY(jm_json_str(&ko, m, "ko"));
    JM_TRY(jm_json_str(&x->plastic.authority, m, "authority"));
    JM_TRY(digits(p, code, 5, &x->region10));
    JM_TRY(digits(p, code, 7, &x->road12));
    JM_TRY(digits(p, JM_BYTES(""), 5, &x->postal));
    JM_TRY(digits(p, JM_BYTES("1"), 2, &number));
    const struct jm_bytes parts[] = {ko, JM_BYTES(" 새별로 "), number};
    return jm_concat(&x->address, p->mem, parts, JM_ARRAY_LEN(parts));
}

static void plastic_of(struct people *p, struct jm_person *x, struct jm_date today)
{
    int age = jm_age(x->birth, today);

    x->plastic.state = age < 17 || p->number % 20 == 11 ? (enum jm_plastic_state)0 : p->number % 25 == 13 ? JM_PLASTIC_LOST : JM_PLASTIC_VALID;
    x->plastic.kind = p->number % 3 == 0 ? JM_PLASTIC_IC : JM_PLASTIC_PLAIN;
    x->plastic.issued_on = (struct jm_date){today.year - 1 - (int)roll(p, 1 + (uint32_t)(age > 18 ? age - 18 : 0) % 20), 1 + (int)roll(p, 12),
                                            1 + (int)roll(p, 28)};
}

static enum jm_status person(struct people *p, struct jm_new_person *n, struct jm_bytes *rrn, struct jm_bytes *photo)
{
    const struct jm_json *s = nth(p->surnames, roll(p, (uint32_t)p->surnames->n)), *g = nth(p->given, roll(p, (uint32_t)p->given->n));
    struct jm_date today = jm_seoul_date(jm_env_now(&p->is->base.env));
    struct jm_person *x = &n->p;

    memset(n, 0, sizeof *n);
    JM_TRY(jm_env_id(&p->is->base.env, &x->id));
    JM_TRY(jm_env_id(&p->is->base.env, &x->rrn_row));
    JM_TRY(jm_env_id(&p->is->base.env, &x->photo_row));
    x->kind = JM_PERSON_RESIDENT;
    x->state = p->number % 97 == 41 ? JM_PERSON_DEAD : JM_PERSON_ALIVE;
    x->birth = birth_of(p, today);
    x->sex = 1 + (int64_t)roll(p, 2);
    x->surname = column(s, 0);
    x->given = column(g, 0);
    x->surname_latin = column(s, 2);
    x->given_latin = column(g, 2);
    const struct jm_bytes hanja[] = {column(s, 1), column(g, 1)};
    if (hanja[1].len != 0)
        JM_TRY(jm_concat(&x->hanja, p->mem, hanja, 2));
    JM_TRY(place_of(p, x));
    x->address_since = (struct jm_date){today.year - 1 - (int)roll(p, 10), 1 + (int)roll(p, 12), 1 + (int)roll(p, 28)};
    x->photo_taken = (struct jm_date){today.year - 1, 1 + (int)roll(p, 12), 1 + (int)roll(p, 28)};
    plastic_of(p, x, today);
    JM_TRY(digits(p, JM_BYTES("P"), 12, &x->plastic.serial));
    JM_TRY(p->g->portrait(photo, roll(p, UINT32_MAX), p->mem));
    return rrn_of(p, x, rrn);
}

/* Sealed in one call, looked up by a MAC of another. */
static enum jm_status seal(struct people *p)
{
    const struct jm_signer *s = p->is->base.env.signer;
    size_t n = p->n;
    struct jm_bytes *in = JM_NEW_N(p->mem, struct jm_bytes, 4 * n), *out = JM_NEW_N(p->mem, struct jm_bytes, 2 * n);
    struct jm_list ins = {in, 4 * n, 4 * n}, outs = {out, 2 * n, 2 * n};

    if (in == NULL || out == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_row_aad(&in[4 * i], "rrn/sealed", &p->one[i].p.rrn_row, p->mem));
        in[4 * i + 1] = p->rrn[i];
        JM_TRY(jm_row_aad(&in[4 * i + 2], "photo/sealed", &p->one[i].p.photo_row, p->mem));
        in[4 * i + 3] = p->photo[i];
    }
    JM_TRY(s->call(s->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(), &ins, &outs));
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_dup(&p->one[i].p.rrn_sealed, p->mem, outs.items[2 * i]));
        JM_TRY(jm_dup(&p->one[i].p.photo_sealed, p->mem, outs.items[2 * i + 1]));
    }
    memset(out, 0, 2 * n * sizeof *out);
    struct jm_list macs = {p->rrn, n, n}, mac_out = {out, n, n};
    JM_TRY(s->call(s->ctx, JM_MAC, JM_PURPOSE_LOOKUP, jm_none(), &macs, &mac_out));
    for (size_t i = 0; i < n; i++) {
        if (mac_out.items[i].len != 32)
            return JM_E_BUG;
        memcpy(p->one[i].lookup, mac_out.items[i].ptr, 32);
    }
    return JM_OK;
}

static enum jm_status add_tx(struct jm_tx *tx, void *arg)
{
    const struct people *p = arg;

    for (size_t i = 0; i < p->n; i++)
        JM_TRY(jm_register_store_add(tx, &p->one[i]));
    return JM_OK;
}

enum jm_status jm_register_generate(struct jm_issuer *is, const struct jm_generate *g, int64_t *made, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *names, *regions;
    struct people p = {.is = is, .g = g, .mem = mem};

    *made = 0;
    if (!is->synthetic)
        return jm_refuse(d, JM_E_DENIED, JM_REGISTER_SYNTHETIC, "only a synthetic authority generates people");
    if (jm_json_parse(&names, g->names, mem, NULL) != JM_OK || jm_json_parse(&regions, g->regions, mem, NULL) != JM_OK ||
        (p.surnames = jm_json_get(names, "surnames")) == NULL || (p.given = jm_json_get(names, "given")) == NULL ||
        (p.places = jm_json_get(regions, "municipalities")) == NULL || p.surnames->n == 0 || p.given->n == 0 || p.places->n == 0)
        return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "names or municipalities");
    for (int64_t left = g->count; left > 0; left -= (int64_t)p.n) {
        size_t mark = jm_arena_mark(mem);

        p.n = left < BATCH ? (size_t)left : BATCH;
        p.one = JM_NEW_N(mem, struct jm_new_person, p.n);
        p.rrn = JM_NEW_N(mem, struct jm_bytes, p.n);
        p.photo = JM_NEW_N(mem, struct jm_bytes, p.n);
        if (p.one == NULL || p.rrn == NULL || p.photo == NULL)
            return JM_E_NO_SPACE;
        for (size_t i = 0; i < p.n; i++, p.number++) {
            JM_TRY(seed_dice(&p));
            JM_TRY(person(&p, &p.one[i], &p.rrn[i], &p.photo[i]));
        }
        JM_TRY(seal(&p));
        enum jm_status st = jm_tx_run(&is->base.env, add_tx, &p);
        if (st == JM_E_CONFLICT)
            return jm_refuse(d, st, JM_REGISTER_EXISTS, "these people are in the register already: another --seed");
        JM_TRY(st);
        *made += (int64_t)p.n;
        jm_arena_back(mem, mark);
    }
    return JM_OK;
}
