/* SPDX-License-Identifier: Apache-2.0 */
/* A tap: begun for a pushed request, opened with what the phone read, finished with what the chip
 * told the issuer (spec/iccard.md 3). */
#include <string.h>

#include "jumin/base64.h"
#include "service/audit/audit.h"
#include "service/devices/devices.h"
#include "service/notices/notices.h"
#include "service/register/register.h"
#include "service/signer.h"
#include "service/tap/parts.h"

#define SESSION "tap/session"
#define HOUR_S 3600
#define CARD_HEX 16 /* digits of a card's keyed hash */

struct tap_step {
    const struct jm_tap_call *c;
    struct jm_tap t;
    struct jm_bytes nonce; /* as it came, and then the next one */
    uint8_t next[32];      /* hash of that */
    /* as the audit knows it: */
    enum jm_code why;
    char card[CARD_HEX + 1]; /* empty: nothing was read that the authority signed */
    struct jm_id person;     /* whose card proved itself */
    bool proven;
};

static const struct jm_env *env_of(const struct jm_tap_call *c)
{
    return &c->is->base.env;
}

static enum jm_status refuse_tap(struct tap_step *x, enum jm_status st, enum jm_code code)
{
    x->why = code;
    return jm_refuse(x->c->d, st, code, NULL);
}

static enum jm_status next_nonce(struct tap_step *x)
{
    JM_TRY(jm_random_text(&x->nonce, env_of(x->c), 32, x->c->mem));
    return jm_sha256(env_of(x->c)->crypto, x->nonce, x->next);
}

/* -- begun -- */

struct beginning {
    struct tap_step x;
    struct jm_bytes request_uri;
    struct jm_tap_begun *out;
};

static enum jm_status begin_tx(struct jm_tx *tx, void *arg)
{
    struct beginning *b = arg;
    const struct jm_tap_call *c = b->x.c;
    struct jm_tap *t = &b->x.t;
    struct jm_pushed p;
    int64_t n;

    JM_TRY(jm_pushed_hash(t->pushed, b->request_uri, c->is, c->d));
    JM_TRY(jm_pushed_in(tx, &p, t->pushed, c->client->sub, c->mem, c->d));
    if (memcmp(p.instance, c->client->jkt, 32) != 0 ||
        (p.has_jkt && memcmp(p.jkt, c->dpop->jkt, 32) != 0))
        return refuse_tap(&b->x, JM_E_DENIED, JM_CARD_BINDING);
    JM_TRY(jm_tap_rows_of_instance(tx, c->client->jkt, jm_tx_now(tx) - HOUR_S, &n));
    b->out->wait_s = n >= JM_TAP_INSTANCE_HOUR_MAX ? HOUR_S : 0;
    if (b->out->wait_s != 0)
        return refuse_tap(&b->x, JM_E_RATE, JM_CARD_RATE);
    JM_TRY(jm_tap_rows_end_of(tx, t->pushed));
    t->at = jm_tx_now(tx);
    t->expires = t->at + JM_TAP_TTL_S;
    JM_TRY(jm_tap_rows_add(tx, t));
    return jm_pushed_keep(tx, &p, t->expires); /* while the card is held to the phone */
}

enum jm_status jm_tap_begin(const struct jm_tap_call *c, struct jm_tap_begun *out,
                            struct jm_bytes request_uri, struct jm_bytes keys)
{
    struct beginning *b = JM_NEW(c->mem, struct beginning);
    char hex[33];

    memset(out, 0, sizeof *out);
    if (b == NULL)
        return JM_E_NO_SPACE;
    *b = (struct beginning){{.c = c}, request_uri, out};
    if (c->is->card.n == 0)
        return jm_refuse(c->d, JM_E_ABSENT, JM_CARD_NO_SIGNER, NULL);
    if (jm_env_behind(env_of(c)))
        return jm_refuse(c->d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL);
    JM_TRY(jm_env_id(env_of(c), &b->x.t.id));
    JM_TRY(next_nonce(&b->x));
    memcpy(b->x.t.nonce, b->x.next, 32);
    memcpy(b->x.t.instance, c->client->jkt, 32);
    memcpy(b->x.t.jkt, c->dpop->jkt, 32);
    b->x.t.client = c->client->sub;
    b->x.t.keys = keys;
    JM_TRY(jm_tx_run(env_of(c), begin_tx, b));
    jm_id_format(hex, &b->x.t.id);
    out->nonce = b->x.nonce;
    return jm_dup(&out->tap, c->mem, jm_str(hex));
}

/* -- what open and finish have in common -- */

/* Alive, the same instance and DPoP key, and its last nonce. */
static enum jm_status find_tap(struct jm_tx *tx, struct tap_step *x, const struct jm_id *id)
{
    const struct jm_tap_call *c = x->c;
    enum jm_status st = jm_tap_rows_in(tx, id, &x->t, c->mem);
    uint8_t hash[32];

    if (st == JM_E_ABSENT)
        return refuse_tap(x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_TRY(st);
    if (memcmp(x->t.instance, c->client->jkt, 32) != 0 || memcmp(x->t.jkt, c->dpop->jkt, 32) != 0 ||
        !jm_bytes_eq(x->t.client, c->client->sub))
        return refuse_tap(x, JM_E_DENIED, JM_CARD_BINDING);
    if ((x->t.stands != JM_TAP_CREATED && x->t.stands != JM_TAP_OPENED) ||
        jm_tx_now(tx) >= x->t.expires)
        return refuse_tap(x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_TRY(jm_sha256(env_of(c)->crypto, x->nonce, hash));
    return memcmp(hash, x->t.nonce, 32) == 0 ? JM_OK : refuse_tap(x, JM_E_CONFLICT, JM_CARD_NONCE);
}

static enum jm_status start_step(struct tap_step *x, struct jm_bytes tap)
{
    struct jm_id id;
    enum jm_status st;

    if (jm_id_parse(&id, tap) != JM_OK)
        return refuse_tap(x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_READ(st, tx, env_of(x->c), find_tap(tx, x, &id));
    return st;
}

/* A serial number is a name: what goes into the audit log tells two cards apart, and only those who
 * have the key which they are. Not in a transaction: the signer is asked. */
static enum jm_status know_card(struct tap_step *x, struct jm_bytes serial)
{
    struct jm_buf hex = jm_buf(x->card, CARD_HEX);
    uint8_t mac[32];

    JM_TRY(jm_code_mac(mac, env_of(x->c), "card", serial));
    return jm_hex_put(&hex, jm_bytes(mac, CARD_HEX / 2));
}

static enum jm_status note_tap(struct jm_tx *tx, const struct tap_step *x, const char *outcome)
{
    const struct jm_actor who = {x->c->client->sub, JM_BYTES("wallet")};
    const char *why = x->why == JM_CODE_NONE ? "" : jm_code_info(x->why)->name;
    char id[33];
    struct jm_bytes reason;

    jm_id_format(id, &x->t.id);
    const struct jm_bytes parts[] = {jm_str(id), jm_str(x->card[0] == 0 ? "" : " card:"),
                                     jm_str(x->card), jm_str(why[0] == 0 ? "" : " "), jm_str(why)};
    JM_TRY(jm_concat(&reason, x->c->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_audit_in(tx, &who, "CARD_TAP", x->proven ? &x->person : NULL, reason, outcome, NULL);
}

static enum jm_status end_tx(struct jm_tx *tx, void *arg)
{
    struct tap_step *x = arg;
    enum jm_status st = jm_tap_rows_end(tx, &x->t, JM_TAP_REFUSED, jm_code_info(x->why)->name);

    if (st == JM_E_CONFLICT)
        return JM_OK; /* it has moved on meanwhile */
    JM_TRY(st);
    if (x->why == JM_CARD_COOLDOWN)
        JM_TRY(jm_takeover_ask_in(tx, &x->person, x->c->client->jkt));
    return note_tap(tx, x, "refused");
}

/* The tap is over. What is wrong with the card is for the audit; its bearer hears one word. */
static enum jm_status end_tap(struct tap_step *x, enum jm_status st)
{
    static const enum jm_code hidden[] = {JM_CARD_FORGED, JM_CARD_CHIP_AUTH, JM_CARD_PIN_REQUIRED,
                                          JM_CARD_TLV,    JM_CARD_SIZE,      JM_CARD_SW,
                                          JM_CARD_POINT};

    if (x->why == JM_CODE_NONE || st == JM_E_UNAVAILABLE || st == JM_E_NO_SPACE || st == JM_E_BUG)
        return st;
    JM_TRY(jm_tx_run(env_of(x->c), end_tx, x));
    for (size_t i = 0; i < JM_ARRAY_LEN(hidden); i++)
        if (x->why == hidden[i]) {
            x->c->d->detail = jm_none();
            x->c->d->code = JM_CARD_NOT_ACCEPTED;
            return JM_E_DENIED;
        }
    return st;
}

/* -- opened -- */

struct opening {
    struct tap_step x;
    struct jm_card_sod sod;
    struct jm_point key;
    struct jm_card_session session;
    struct jm_bytes sealed;
    struct jm_tap_opened *out;
};

/* Is it a card of ours, and which? What the phone read is believed as far as the authority signed
 * it. */
static enum jm_status judge_files(struct opening *o, struct jm_bytes dg14, struct jm_bytes sod)
{
    const struct jm_tap_call *c = o->x.c;
    const struct jm_env *env = env_of(c);
    const struct jm_card_trust trust = {.anchors = &c->is->card_ca,
                                        .waive_crl = true,
                                        .now = jm_env_now(env),
                                        .crypto = env->crypto,
                                        .answers = env->answers};
    enum jm_status st;

    st = jm_card_sod_judge(&o->sod, sod, &trust, c->mem, c->d);
    if (st != JM_OK) {
        o->x.why = c->d->code;
        return st;
    }
    JM_TRY(know_card(&o->x, o->sod.serial));
    if (!jm_card_sod_covers(&o->sod, JM_EF_DG14, dg14, env->crypto) ||
        jm_card_dg14_read(&o->key, dg14) != JM_OK)
        return refuse_tap(&o->x, JM_E_DENIED, JM_CARD_FORGED);
    return JM_OK;
}

static enum jm_status judge_chip(struct jm_tx *tx, struct opening *o)
{
    struct jm_bytes before = o->x.t.serial; /* what this tap was opened with, if it was */
    struct jm_chip_row chip;
    int64_t n;
    enum jm_status st = jm_chip_rows_of(tx, o->sod.serial, &chip, o->x.c->mem);

    if (st == JM_E_ABSENT ||
        (st == JM_OK && !jm_bytes_eq(jm_point_bytes(&o->key), jm_bytes(chip.key, 65))))
        return refuse_tap(&o->x, JM_E_DENIED, JM_CARD_FORGED);
    JM_TRY(st);
    if (before.len != 0 && !jm_bytes_eq(before, o->sod.serial)) /* or it would count for one card */
        return refuse_tap(&o->x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_TRY(jm_tap_rows_of_card(tx, o->sod.serial, jm_tx_now(tx) - JM_DAY_S, &n));
    o->out->wait_s = n >= JM_TAP_CARD_DAY_MAX && before.len == 0 ? JM_DAY_S : 0;
    return o->out->wait_s == 0 ? JM_OK : refuse_tap(&o->x, JM_E_RATE, JM_CARD_RATE);
}

/* A key that nobody has seen, for this one look at the card; gone with the session. */
static enum jm_status prepare_script(struct opening *o, struct jm_card_script *script)
{
    const struct jm_tap_call *c = o->x.c;
    struct jm_secret32 ephemeral;
    struct jm_bytes octets;
    enum jm_status st;

    do {
        JM_TRY(jm_env_random(env_of(c), ephemeral.octets, sizeof ephemeral.octets));
        st = jm_card_script(script, &o->session, &o->sod, &o->key, &ephemeral, env_of(c)->crypto,
                            c->mem, c->d);
        jm_wipe(&ephemeral, sizeof ephemeral);
    } while (st == JM_E_RANGE);
    if (st != JM_OK)
        o->x.why = c->d->code;
    JM_TRY(st);
    JM_TRY(jm_card_session_write(&octets, &o->session, c->mem));
    jm_wipe(&o->session, sizeof o->session);
    return jm_row_cipher(&o->sealed, env_of(c), true, SESSION, &o->x.t.id, octets, c->mem);
}

static enum jm_status open_tx(struct jm_tx *tx, void *arg)
{
    struct opening *o = arg;
    enum jm_status st;

    JM_TRY(judge_chip(tx, o));
    st = jm_tap_rows_open(tx, &o->x.t, o->x.next, o->sod.serial, o->sealed);
    return st == JM_E_CONFLICT ? refuse_tap(&o->x, st, JM_CARD_NONCE) : st;
}

enum jm_status jm_tap_open(const struct jm_tap_call *c, struct jm_tap_opened *out,
                           struct jm_bytes tap, struct jm_bytes nonce, struct jm_bytes dg14,
                           struct jm_bytes sod)
{
    struct opening *o = JM_NEW(c->mem, struct opening);
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (o == NULL)
        return JM_E_NO_SPACE;
    *o = (struct opening){.x = {.c = c, .nonce = nonce}, .out = out};
    JM_TRY(start_step(&o->x, tap));
    if (o->x.t.opens >= JM_TAP_OPENS_MAX)
        return refuse_tap(&o->x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    st = judge_files(o, dg14, sod);
    if (st == JM_OK)
        JM_READ(st, tx, env_of(c), judge_chip(tx, o));
    if (st == JM_OK)
        st = prepare_script(o, &out->script);
    if (st != JM_OK)
        return end_tap(&o->x, st);
    JM_TRY(next_nonce(&o->x));
    out->nonce = o->x.nonce;
    return jm_tx_run(env_of(c), open_tx, o);
}

/* -- finished -- */

struct finishing {
    struct tap_step x;
    struct jm_card_proof proof;
    struct jm_proven who;
    int64_t wait_s;
    struct jm_bytes state;
    bool refused; /* the rows say so */
};

static enum jm_status prove_card(struct finishing *f, const struct jm_bytes *rapdu, size_t n)
{
    const struct jm_tap_call *c = f->x.c;
    struct jm_card_session s;
    struct jm_bytes octets;
    enum jm_status st;

    JM_TRY(jm_row_cipher(&octets, env_of(c), false, SESSION, &f->x.t.id, f->x.t.session, c->mem));
    JM_TRY(jm_card_session_read(&s, octets));
    st = jm_card_finish(&f->proof, &s, JM_CARD_PIN, rapdu, n, env_of(c)->crypto, c->mem, c->d);
    jm_wipe(&s, sizeof s);
    if (st != JM_OK)
        f->x.why = c->d->code;
    return st;
}

/* Only now, of a card that has proven itself: is it still the person's, and is the phone theirs? */
static enum jm_status judge_plastic(struct jm_tx *tx, struct finishing *f)
{
    struct jm_chip_row chip;
    struct jm_person person;
    bool missed, taken;

    JM_TRY(jm_chip_rows_of(tx, f->x.t.serial, &chip, f->x.c->mem));
    JM_TRY(jm_person_in(tx, &chip.person, &person, f->x.c->mem));
    f->who.person = f->x.person = chip.person;
    f->x.proven = true;
    if (!jm_bytes_eq(person.plastic.serial, chip.serial))
        return refuse_tap(&f->x, JM_E_DENIED, JM_CARD_VOID);
    if (!chip.pin) /* nobody knows it */
        return refuse_tap(&f->x, JM_E_DENIED, JM_CARD_TRANSPORT);
    JM_TRY(jm_plastic_missed_in(tx, &chip.person, &missed));
    if (person.plastic.state == JM_PLASTIC_LOST || missed)
        return refuse_tap(&f->x, JM_E_DENIED, JM_CARD_LOST);
    if (person.plastic.state != JM_PLASTIC_VALID)
        return refuse_tap(&f->x, JM_E_DENIED, JM_CARD_VOID);
    JM_TRY(jm_device_of_another_in(tx, f->x.c->client->jkt, &chip.person, &taken));
    return taken ? refuse_tap(&f->x, JM_E_DENIED, JM_CARD_OTHER_PERSON) : JM_OK;
}

static enum jm_status finish_tx(struct jm_tx *tx, void *arg)
{
    struct finishing *f = arg;
    const struct jm_tap_call *c = f->x.c;
    struct jm_pushed p;
    enum jm_status st = jm_tap_rows_end(tx, &f->x.t, JM_TAP_SPENT, "");

    if (st == JM_E_CONFLICT) /* of two at once one wins */
        return refuse_tap(&f->x, st, JM_CARD_SESSION_STATE);
    JM_TRY(st);
    JM_TRY(judge_plastic(tx, f));
    JM_TRY(jm_takeover_judge_in(tx, c->is, &f->who.person, c->client->jkt, &f->wait_s, c->mem));
    if (f->wait_s != 0)
        return refuse_tap(&f->x, JM_E_RATE, JM_CARD_COOLDOWN);
    JM_TRY(jm_pushed_in(tx, &p, f->x.t.pushed, c->client->sub, c->mem, c->d));
    f->state = p.has_state ? p.state : jm_none();
    JM_TRY(jm_authorize_complete_in(tx, c->is, &p, &f->who, c->mem, c->d));
    JM_TRY(note_tap(tx, &f->x, "done"));
    return jm_notice_in(tx, &f->who.person, "CARD_TAPPED", JM_BYTES("wallet"));
}

enum jm_status jm_tap_finish(const struct jm_tap_call *c, struct jm_tap_done *out,
                             struct jm_bytes tap, struct jm_bytes nonce,
                             const struct jm_bytes *rapdu, size_t n)
{
    struct finishing *f = JM_NEW(c->mem, struct finishing);
    enum jm_status st;

    if (f == NULL)
        return JM_E_NO_SPACE;
    *f = (struct finishing){.x = {.c = c, .nonce = nonce}};
    JM_TRY(start_step(&f->x, tap));
    if (f->x.t.stands != JM_TAP_OPENED)
        return refuse_tap(&f->x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_TRY(know_card(&f->x, f->x.t.serial));
    st = prove_card(f, rapdu, n);
    if (st != JM_OK)
        return end_tap(&f->x, st);
    f->who.route = JM_ROUTE_TAP;
    f->who.jkt = c->dpop->jkt;
    f->who.keys = f->x.t.keys;
    JM_TRY(jm_code_new(&out->code, &f->who, env_of(c), c->mem));
    st = jm_tx_run(env_of(c), finish_tx, f);
    if (st != JM_OK && c->d->code != JM_CODE_NONE && f->x.why == JM_CODE_NONE)
        f->x.why = c->d->code; /* of the person: JM_ELIG_… */
    out->state = f->state;
    out->wait_s = f->wait_s;
    return st == JM_OK ? JM_OK : end_tap(&f->x, st);
}

/* -- given up -- */

struct giving_up {
    struct tap_step x;
    const struct jm_id *id;
    const char *reason;
};

static enum jm_status abort_tx(struct jm_tx *tx, void *arg)
{
    struct giving_up *g = arg;
    enum jm_status st = jm_tap_rows_in(tx, g->id, &g->x.t, g->x.c->mem);

    if (st == JM_E_ABSENT || (st == JM_OK && memcmp(g->x.t.instance, g->x.c->client->jkt, 32) != 0))
        return refuse_tap(&g->x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    JM_TRY(st);
    st = jm_tap_rows_end(tx, &g->x.t, JM_TAP_ABANDONED, g->reason);
    return st == JM_E_CONFLICT ? JM_OK : st; /* it is over anyway */
}

enum jm_status jm_tap_abort(const struct jm_tap_call *c, struct jm_bytes tap,
                            struct jm_bytes reason)
{
    const struct jm_code_info *code = jm_code_by_name(reason); /* and no free text */
    struct jm_id id;
    struct giving_up g = {{.c = c}, &id, code == NULL ? "" : code->name};

    if (jm_id_parse(&id, tap) != JM_OK)
        return refuse_tap(&g.x, JM_E_CONFLICT, JM_CARD_SESSION_STATE);
    return jm_tx_run(env_of(c), abort_tx, &g);
}
