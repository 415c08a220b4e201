/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/register/generate.h"
#include "service/signer.h"

#define BATCH 100
#define LARGE_PORTRAIT 20000 /* octets; the dataset takes no more than JM_PHOTO_MAX */

struct people {
    const struct jm_env *env;
    const struct jm_generate *g;
    const struct jm_json *surnames, *given, *rare, *longest, *roads, *places;
    struct jm_new_person *one;
    struct jm_bytes *rrn, *photo;
    size_t n;
    int64_t number; /* of the next person */
    uint8_t dice[32];
    size_t used;
    struct jm_arena *mem;
};

/* What a person is made for: a hundred slots, each hundred people have each once. The rest are
 * ordinary. */
enum slot {
    CHILD = 7,
    SIXTEEN = 9,
    NO_PLASTIC = 11,
    ORDERED,
    READY,
    LOST,
    OVERSEAS,
    DEAD,
    LEAP_DAY,
    RARE,
    LONG,
    LARGE,
    NOWHERE,
    CANCELLED,
    CHIP = 31
};

/* 37 and 100 have no common divisor: neighbours differ, and a few people are not all of them
 * special. */
static int64_t slot_of(int64_t number)
{
    return (number * 37 + 50) % 100;
}

/* SHA-256 over context, seed and number: the same on every machine, and no two contexts share a
 * draw. */
static enum jm_status derive_seed(struct people *p, const char *context, uint8_t out[32])
{
    uint8_t numbers[16];
    struct jm_bytes all;

    jm_put_u64_be(numbers, (uint64_t)p->g->seed);
    jm_put_u64_be(numbers + 8, (uint64_t)p->number);
    const struct jm_bytes parts[] = {JM_BYTES("jumin-generate/1 "), jm_str(context),
                                     jm_bytes(numbers, sizeof numbers)};
    JM_TRY(jm_concat(&all, p->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_sha256(p->env->crypto, all, out);
}

static enum jm_status derive_id(struct people *p, const char *context, struct jm_id *out)
{
    uint8_t hash[32];

    JM_TRY(derive_seed(p, context, hash));
    memcpy(out->octets, hash, sizeof out->octets);
    return JM_OK;
}

static uint32_t roll_dice(struct people *p, uint32_t sides)
{
    uint32_t v;

    if (p->used + 4 > sizeof p->dice) {
        struct jm_bytes all = jm_bytes(p->dice, sizeof p->dice);

        if (jm_sha256(p->env->crypto, all, p->dice) != JM_OK)
            return 0;
        p->used = 0;
    }
    v = jm_u32_be(p->dice + p->used);
    p->used += 4;
    return v % sides;
}

static enum jm_status seed_dice(struct people *p)
{
    p->used = 0;
    return derive_seed(p, "dice", p->dice);
}

static const struct jm_json *nth_of(const struct jm_json *list, uint32_t i)
{
    const struct jm_json *e = list->child;

    while (i-- > 0 && e->next != NULL)
        e = e->next;
    return e;
}

static struct jm_bytes column_of(const struct jm_json *row, uint32_t i)
{
    const struct jm_json *e = row->child;

    while (i-- > 0 && e != NULL)
        e = e->next;
    return e == NULL ? jm_none() : e->text;
}

static struct jm_date days_after(struct jm_date d, int64_t days)
{
    return jm_civil_from_days(jm_days_from_civil(d) + days);
}

/* From @p from to @p to, both possible. */
static struct jm_date date_between(struct people *p, struct jm_date from, struct jm_date to)
{
    int64_t days = jm_days_from_civil(to) - jm_days_from_civil(from);

    return days <= 0 ? to : days_after(from, (int64_t)roll_dice(p, (uint32_t)days + 1));
}

/* Somebody of that age today. */
static struct jm_date born_for(struct people *p, struct jm_date today, int age)
{
    return date_between(p, days_after(jm_date_add_years(today, -age - 1), 1),
                        jm_date_add_years(today, -age));
}

static struct jm_date birth_of(struct people *p, struct jm_date today)
{
    int64_t slot = slot_of(p->number);
    int year = today.year - 20 - (int)roll_dice(p, 60);

    if (slot < CHILD)
        return born_for(p, today, (int)roll_dice(p, 16));
    if (slot < SIXTEEN)
        return born_for(p, today, 16);
    if (slot == LEAP_DAY)
        return (struct jm_date){year - year % 4, 2, 29};
    /* some ordinary ones are too young for plastic */
    return born_for(p, today,
                    slot < CHIP ? 18 + (int)roll_dice(p, 70) : 17 + (int)roll_dice(p, 71));
}

/* YYMMDD with month + 20, century and sex digit, six digits. 387631 and 1000000 have no common
 * divisor: no two people of one population share the six, and the seed moves them. */
static enum jm_status rrn_of(struct people *p, const struct jm_person *x, struct jm_bytes *out)
{
    uint8_t *t = jm_alloc(p->mem, 14, 1);
    int parts[3] = {x->birth.year % 100, x->birth.month + 20, x->birth.day};
    uint64_t tail = ((uint64_t)p->number * 387631u + (uint64_t)p->g->seed * 7919u) % 1000000u;

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

static enum jm_status draw_digits(struct people *p, struct jm_bytes prefix, size_t n,
                                  struct jm_bytes *out)
{
    uint8_t *t = jm_alloc(p->mem, prefix.len + n + 1, 1);

    if (t == NULL)
        return JM_E_NO_SPACE;
    memcpy(t, prefix.ptr, prefix.len);
    for (size_t i = 0; i < n; i++)
        t[prefix.len + i] = (uint8_t)('0' + roll_dice(p, 10));
    *out = jm_bytes(t, prefix.len + n);
    return JM_OK;
}

static enum jm_status place_of(struct people *p, struct jm_person *x)
{
    const struct jm_json *m = nth_of(p->places, roll_dice(p, (uint32_t)p->places->n));
    struct jm_bytes code, ko, number;

    JM_TRY(jm_json_str(&code, m, "code"));
    JM_TRY(jm_json_str(&ko, m, "ko"));
    JM_TRY(jm_json_str(&x->plastic.authority, m, "authority"));
    JM_TRY(draw_digits(p, code, 5, &x->region10));
    JM_TRY(draw_digits(p, code, 7, &x->road12));
    JM_TRY(draw_digits(p, JM_BYTES(""), 5, &x->postal));
    JM_TRY(draw_digits(p, JM_BYTES("1"), 2, &number));
    const struct jm_bytes parts[] = {ko, JM_BYTES(" "),
                                     nth_of(p->roads, roll_dice(p, (uint32_t)p->roads->n))->text,
                                     JM_BYTES(" "), number};
    return jm_concat(&x->address, p->mem, parts, JM_ARRAY_LEN(parts));
}

/* Twelve digits: seven of chance and the person's number, so that no two of a population are the
 * same. */
static enum jm_status serial_of(struct people *p, struct jm_bytes *out)
{
    uint8_t *t = jm_alloc(p->mem, 13, 1);
    int64_t n = p->number;

    if (t == NULL)
        return JM_E_NO_SPACE;
    t[0] = 'P';
    for (int i = 1; i <= 7; i++)
        t[i] = (uint8_t)('0' + roll_dice(p, 10));
    for (int i = 12; i > 7; i--, n /= 10)
        t[i] = (uint8_t)('0' + n % 10);
    *out = jm_bytes(t, 13);
    return JM_OK;
}

static enum jm_plastic_state plastic_state(int64_t slot)
{
    return slot == NO_PLASTIC - 1 || slot == NO_PLASTIC - 2 ? (enum jm_plastic_state)0
           : slot == ORDERED                                ? JM_PLASTIC_ORDERED
           : slot == READY                                  ? JM_PLASTIC_READY
           : slot == LOST                                   ? JM_PLASTIC_LOST
           : slot == DEAD                                   ? JM_PLASTIC_RETURNED
           : slot == CANCELLED                              ? JM_PLASTIC_VOID
                                                            : JM_PLASTIC_VALID;
}

/* Never dated before the holder could have it (D-061), a chip never before there were any. */
static enum jm_status plastic_of(struct people *p, struct jm_person *x, struct jm_date today)
{
    static const struct jm_date chips = {2024, 12, 27};
    struct jm_date first = jm_plastic_first(x->birth), from = first;
    int64_t slot = slot_of(p->number);

    if (jm_date_cmp(first, today) > 0 ||
        (x->plastic.state = plastic_state(slot)) == (enum jm_plastic_state)0)
        return JM_OK;
    if (slot == ORDERED || slot == READY || (slot >= CHIP && slot < CHIP + 10))
        from = jm_date_cmp(first, chips) > 0 ? first : chips;
    x->plastic.issued_on = date_between(p, jm_date_cmp(from, today) > 0 ? first : from, today);
    x->plastic.kind = jm_date_cmp(x->plastic.issued_on, chips) >= 0 && slot % 2 == 1
                          ? JM_PLASTIC_IC
                          : JM_PLASTIC_PLAIN;
    x->photo_taken = days_after(x->plastic.issued_on, -(int64_t)roll_dice(p, 180));
    return serial_of(p, &x->plastic.serial);
}

static enum jm_status name_of(struct people *p, struct jm_person *x)
{
    int64_t slot = slot_of(p->number);
    const struct jm_json *list = slot == RARE   ? p->rare
                                 : slot == LONG ? p->longest
                                                : p->given,
                         *g = nth_of(list, roll_dice(p, (uint32_t)list->n));
    const struct jm_json *s = nth_of(p->surnames, roll_dice(p, (uint32_t)p->surnames->n));

    for (int tries = 0; slot == LONG && tries < 100 && column_of(s, 0).len != 6; tries++)
        /* two syllables: eighty code points in all */
        s = nth_of(p->surnames, roll_dice(p, (uint32_t)p->surnames->n));
    const struct jm_bytes hanja[] = {column_of(s, 1), column_of(g, 1)};
    x->surname = column_of(s, 0);
    x->given = column_of(g, 0);
    x->surname_latin = column_of(s, 2);
    x->given_latin = column_of(g, 2);
    return hanja[1].len == 0 ? JM_OK : jm_concat(&x->hanja, p->mem, hanja, 2);
}

static enum jm_status make_person(struct people *p, struct jm_new_person *n, struct jm_bytes *rrn,
                                  struct jm_bytes *photo)
{
    struct jm_date today = jm_seoul_date(jm_env_now(p->env));
    int64_t slot = slot_of(p->number);
    struct jm_person *x = &n->p;

    memset(n, 0, sizeof *n);
    *photo = jm_none();
    JM_TRY(derive_id(p, "person", &x->id));
    JM_TRY(derive_id(p, "rrn", &x->rrn_row));
    JM_TRY(derive_id(p, "photo", &x->photo_row));
    x->kind = slot == OVERSEAS  ? JM_PERSON_OVERSEAS
              : slot == NOWHERE ? JM_PERSON_UNKNOWN_RESIDENCE
                                : JM_PERSON_RESIDENT;
    x->state = slot == DEAD        ? JM_PERSON_DEAD
               : slot == CANCELLED ? JM_PERSON_CANCELLED
                                   : JM_PERSON_ALIVE;
    x->birth = birth_of(p, today);
    x->sex = 1 + (int64_t)roll_dice(p, 2);
    JM_TRY(name_of(p, x));
    JM_TRY(place_of(p, x));
    x->address_since =
        date_between(p,
                     jm_date_cmp(x->birth, days_after(today, -4000)) > 0 ? x->birth
                                                                         : days_after(today, -4000),
                     today);
    JM_TRY(plastic_of(p, x, today));
    if (x->photo_taken.year != 0) /* taken in with an order for plastic: D-103 */
        JM_TRY(p->env->population->portrait(photo, roll_dice(p, UINT32_MAX),
                                            slot == LARGE ? LARGE_PORTRAIT : 0, p->mem));
    return rrn_of(p, x, rrn);
}

/* -- what has been made -- */

static size_t code_points(struct jm_bytes utf8)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.len; i++)
        n += (utf8.ptr[i] & 0xC0) != 0x80;
    return n;
}

static bool beyond_bmp(struct jm_bytes utf8)
{
    for (size_t i = 0; i < utf8.len; i++)
        if (utf8.ptr[i] >= 0xF0)
            return true;
    return false;
}

static void count_person(struct jm_generated *c, const struct jm_person *x, struct jm_bytes photo,
                         struct jm_date today)
{
    int age = jm_age(x->birth, today);
    const bool is[JM_GENERATED_KINDS] = {
        [JM_GENERATED_CHILD] = age < 16,
        [JM_GENERATED_SIXTEEN] = age == 16,
        [JM_GENERATED_NO_PLASTIC] = age >= 17 && (int)x->plastic.state == 0,
        [JM_GENERATED_ORDERED] = x->plastic.state == JM_PLASTIC_ORDERED,
        [JM_GENERATED_READY] = x->plastic.state == JM_PLASTIC_READY,
        [JM_GENERATED_VALID] = x->plastic.state == JM_PLASTIC_VALID,
        [JM_GENERATED_LOST] = x->plastic.state == JM_PLASTIC_LOST,
        [JM_GENERATED_CHIP] = x->plastic.kind == JM_PLASTIC_IC,
        [JM_GENERATED_OVERSEAS] = x->kind == JM_PERSON_OVERSEAS,
        [JM_GENERATED_UNKNOWN_RESIDENCE] = x->kind == JM_PERSON_UNKNOWN_RESIDENCE,
        [JM_GENERATED_DEAD] = x->state == JM_PERSON_DEAD,
        [JM_GENERATED_CANCELLED] = x->state == JM_PERSON_CANCELLED,
        [JM_GENERATED_LEAP_DAY] = x->birth.month == 2 && x->birth.day == 29,
        [JM_GENERATED_RARE_HANJA] = beyond_bmp(x->hanja),
        [JM_GENERATED_LONG_NAME] = code_points(x->surname) + code_points(x->given) == 80,
        [JM_GENERATED_LARGE_PORTRAIT] = photo.len >= 18000,
    };

    for (size_t i = 0; i < JM_GENERATED_KINDS; i++)
        c->of[i] += is[i];
    c->made++;
}

/* Sealed in one call, looked up by a MAC of another. Who has no plastic has no photo. */
static enum jm_status seal_people(struct people *p)
{
    const struct jm_signer *s = p->env->signer;
    size_t n = p->n, k = 0;
    struct jm_bytes *in = JM_NEW_N(p->mem, struct jm_bytes, 4 * n),
                    *out = JM_NEW_N(p->mem, struct jm_bytes, 2 * n);

    if (in == NULL || out == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_row_aad(&in[k++], "rrn/sealed", &p->one[i].p.rrn_row, p->mem));
        in[k++] = p->rrn[i];
        if (p->photo[i].len == 0)
            continue;
        JM_TRY(jm_row_aad(&in[k++], "photo/sealed", &p->one[i].p.photo_row, p->mem));
        in[k++] = p->photo[i];
    }
    struct jm_list ins = {in, k, k}, outs = {out, k / 2, k / 2};
    JM_TRY(s->call(s->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(), &ins, &outs));
    k = 0;
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_dup(&p->one[i].p.rrn_sealed, p->mem, outs.items[k++]));
        if (p->photo[i].len != 0)
            JM_TRY(jm_dup(&p->one[i].p.photo_sealed, p->mem, outs.items[k++]));
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
        JM_TRY(jm_register_rows_add(tx, &p->one[i]));
    return JM_OK;
}

static const struct jm_json *list_of(const struct jm_json *file, const char *name)
{
    const struct jm_json *list = jm_json_get(file, name);

    return list != NULL && list->type == JM_JSON_ARRAY && list->n > 0 ? list : NULL;
}

static enum jm_status read_data(struct people *p, struct jm_diag *d)
{
    const struct jm_json *names, *regions;

    if (jm_json_parse(&names, p->env->population->names, p->mem, NULL) != JM_OK ||
        jm_json_parse(&regions, p->env->population->regions, p->mem, NULL) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "names or regions");
    p->surnames = list_of(names, "surnames");
    p->given = list_of(names, "given");
    p->rare = list_of(names, "rare");
    p->longest = list_of(names, "long");
    p->roads = list_of(names, "roads");
    p->places = list_of(regions, "municipalities");
    if (p->surnames == NULL || p->given == NULL || p->rare == NULL || p->longest == NULL ||
        p->roads == NULL || p->places == NULL)
        return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "names or municipalities");
    return JM_OK;
}

enum jm_status jm_register_generate(const struct jm_env *env, const struct jm_generate *g,
                                    struct jm_generated *made, struct jm_arena *mem,
                                    struct jm_diag *d)
{
    struct people p = {.env = env, .g = g, .mem = mem};
    struct jm_date today = jm_seoul_date(jm_env_now(env));

    memset(made, 0, sizeof *made);
    if (!env->synthetic || env->population == NULL)
        return jm_refuse(d, JM_E_DENIED, JM_REGISTER_SYNTHETIC,
                         "only a synthetic authority generates people");
    JM_TRY(read_data(&p, d));
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
            JM_TRY(make_person(&p, &p.one[i], &p.rrn[i], &p.photo[i]));
        }
        JM_TRY(seal_people(&p));
        enum jm_status st = jm_tx_run(env, add_tx, &p);
        if (st == JM_E_CONFLICT)
            return jm_refuse(d, st, JM_REGISTER_EXISTS,
                             "these people are in the register already: another --seed");
        JM_TRY(st);
        for (size_t i = 0; i < p.n; i++)
            count_person(made, &p.one[i].p, p.photo[i], today);
        jm_arena_back(mem, mark);
    }
    return JM_OK;
}
