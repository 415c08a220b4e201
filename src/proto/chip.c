/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's commands: one table, and a right asked for in each that gives something away. */
#include "jumin/chip.h"

#include <string.h>

#include "jumin/der.h"
#include "proto/card_parts.h"

#define CHAIN 0x10
#define SM_BITS 0x0C

struct reply {
    uint16_t sw;
    struct jm_bytes data; /* in the image, or in @p room */
    struct jm_buf room;
    uint32_t wait_ms;
};

/* -- session -- */

static void end_run(struct jm_chip *c)
{
    jm_pace_end(&c->pace);
    c->running = c->ca_set = false;
    c->set = JM_CARD_NO_PASSWORD;
}

static void drop_channel(struct jm_chip *c)
{
    end_run(c);
    jm_card_sm_end(&c->sm);
    jm_card_sm_end(&c->next);
    c->has_next = c->ca_done = false;
    c->password = c->next_password = JM_CARD_NO_PASSWORD;
}

void jm_chip_reset(struct jm_chip *c)
{
    drop_channel(c);
    c->selected = c->has_file = false;
}

void jm_chip_end(struct jm_chip *c)
{
    jm_wipe(c, sizeof *c);
}

enum jm_status jm_chip_init(struct jm_chip *c, const struct jm_chip_image *image,
                            const struct jm_crypto *crypto, const struct jm_answers *by)
{
    memset(c, 0, sizeof *c);
    if (!jm_card_can(crypto) || by->random == NULL || by->keep == NULL)
        return JM_E_UNSUPPORTED;
    c->image = *image;
    c->crypto = crypto;
    c->by = *by;
    jm_chip_reset(c);
    return JM_OK;
}

static enum jm_status keep_image(struct jm_chip *c)
{
    return c->by.keep(c->by.ctx, &c->image);
}

/* -- SELECT, READ BINARY -- */

static void select_applet(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    jm_chip_reset(c);
    c->selected = a->p2 == 0x0C && jm_bytes_eq(a->data, JM_CARD_AID);
    r->sw = c->selected ? JM_SW_OK : JM_SW_NOT_FOUND;
}

static void select_file(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    c->has_file = false;
    r->sw = JM_SW_COMMAND;
    if (a->p1 != 0x02 || a->p2 != 0x0C)
        return;
    r->sw = JM_SW_LENGTH;
    if (a->data.len != 2)
        return;
    for (unsigned ef = 0; ef < JM_EF_N && !c->has_file; ef++)
        if (jm_card_ef_row((enum jm_card_ef)ef)->fid ==
            (unsigned)(a->data.ptr[0] << 8 | a->data.ptr[1])) {
            c->has_file = c->image.file[ef].len > 0;
            c->file = (enum jm_card_ef)ef;
        }
    r->sw = c->has_file ? JM_SW_OK : JM_SW_NOT_FOUND;
}

static bool may_read(const struct jm_chip *c)
{
    if (c->file == JM_EF_ACCESS)
        return true;
    return c->sm.open && c->password != JM_CARD_NO_PASSWORD &&
           (c->password == JM_CARD_PIN || !jm_card_ef_row(c->file)->needs_pin);
}

static void read_binary(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    size_t offset = (size_t)a->p1 << 8 | a->p2;
    size_t most = a->extended ? JM_CARD_DATA_MAX : c->sm.open ? JM_CARD_BLOCK : 256;

    r->sw = JM_SW_COMMAND;
    if ((a->p1 & 0x80) != 0)
        return;
    r->sw = JM_SW_LENGTH;
    if (a->data.len != 0 || a->le == 0)
        return;
    r->sw = JM_SW_NO_FILE;
    if (!c->has_file)
        return;
    r->sw = JM_SW_NO_RIGHT;
    if (!may_read(c))
        return;
    r->sw = JM_SW_BEYOND;
    if (offset >= c->image.file[c->file].len)
        return;
    r->data = jm_slice(c->image.file[c->file], offset, a->le < most ? a->le : most);
    r->sw = r->data.len < a->le ? JM_SW_FEWER : JM_SW_OK;
}

/* -- passwords -- */

static struct jm_bytes password_of(const struct jm_chip *c, enum jm_card_password p)
{
    return p == JM_CARD_CAN   ? jm_bytes(c->image.can, sizeof c->image.can)
           : p == JM_CARD_PIN ? jm_bytes(c->image.pin, sizeof c->image.pin)
                              : jm_bytes(c->image.puk, sizeof c->image.puk);
}

static bool is_blocked(const struct jm_chip *c, enum jm_card_password p)
{
    /* without a PUK left nothing opens it */
    return c->image.puk_tries == 0 || (p == JM_CARD_PIN && c->image.pin_tries == 0);
}

/* The last try is for who has read the digits on the card. */
static bool wants_can(const struct jm_chip *c)
{
    return c->set == JM_CARD_PIN && c->image.pin_tries == 1 &&
           !(c->sm.open && c->password == JM_CARD_CAN);
}

static uint32_t can_wait(const struct jm_chip *c)
{
    unsigned over = c->image.can_wrong < JM_CHIP_CAN_FREE ? 0 : c->image.can_wrong - 2u;
    uint32_t wait = JM_CHIP_WAIT_MS;

    if (over == 0)
        return 0;
    for (; over > 1 && wait < JM_CHIP_WAIT_MAX_MS; over--)
        wait *= 2;
    return wait;
}

static enum jm_status count_try(struct jm_chip *c)
{
    if (is_blocked(c, c->set))
        return JM_E_DENIED;
    if (c->set == JM_CARD_PIN)
        c->image.pin_tries--;
    else if (c->set == JM_CARD_PUK)
        c->image.puk_tries--;
    else if (c->image.can_wrong < UINT8_MAX)
        c->image.can_wrong++;
    return keep_image(c);
}

static enum jm_status restore_tries(struct jm_chip *c)
{
    if (c->set == JM_CARD_PIN)
        c->image.pin_tries = JM_CHIP_PIN_TRIES;
    else if (c->set == JM_CARD_PUK)
        c->image.puk_tries = JM_CHIP_PUK_TRIES;
    else
        c->image.can_wrong = 0;
    return keep_image(c);
}

static uint16_t tries_left(const struct jm_chip *c, enum jm_card_password p)
{
    return JM_SW_TRIES | (p == JM_CARD_PIN ? c->image.pin_tries : c->image.puk_tries);
}

/* -- MSE:Set AT -- */

static bool read_set(struct jm_bytes in, struct jm_bytes *oid, struct jm_bytes *reference)
{
    struct jm_bytes parameter;
    struct jm_der r;

    jm_der_init(&r, in);
    *oid = jm_der_take(&r, 0x80, NULL);
    *reference = jm_der_take(&r, 0x83, NULL);
    if (jm_der_opt(&r, 0x84, &parameter) &&
        !(parameter.len == 1 && parameter.ptr[0] == JM_PACE_PARAMETER))
        return false;
    return jm_der_end(&r) == JM_OK && reference->len == 1;
}

static void set_pace(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    struct jm_bytes oid, reference;
    enum jm_card_password p;

    r->sw = JM_SW_DATA;
    if (!read_set(a->data, &oid, &reference) || !jm_bytes_eq(oid, JM_OID_PACE))
        return;
    r->sw = JM_SW_REFERENCE;
    if (reference.ptr[0] < JM_CARD_CAN || reference.ptr[0] > JM_CARD_PUK)
        return;
    p = (enum jm_card_password)reference.ptr[0];
    r->sw = JM_SW_COMMAND;
    if (c->sm.open && !(c->password == JM_CARD_CAN && p == JM_CARD_PIN))
        return;
    r->sw = JM_SW_BLOCKED;
    if (is_blocked(c, p))
        return;
    c->set = p;
    r->sw = JM_SW_OK;
    if ((p == JM_CARD_PIN && c->image.pin_tries < JM_CHIP_PIN_TRIES) ||
        (p == JM_CARD_PUK && c->image.puk_tries < JM_CHIP_PUK_TRIES))
        r->sw = tries_left(c, p);
    if (p == JM_CARD_CAN)
        r->wait_ms = can_wait(c);
}

static void set_ca(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    r->sw = JM_SW_COMMAND;
    if (!c->sm.open || c->ca_done)
        return;
    r->sw = JM_SW_DATA;
    if (!jm_bytes_eq(a->data, jm_card_ca_select()))
        return;
    c->ca_set = true;
    r->sw = JM_SW_OK;
}

static void set_environment(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    r->sw = JM_SW_COMMAND;
    if (a->p2 == 0xA4 && a->p1 == 0xC1)
        set_pace(c, a, r);
    else if (a->p2 == 0xA4 && a->p1 == 0x41)
        set_ca(c, a, r);
}

/* -- GENERAL AUTHENTICATE -- */

static enum jm_status begin_pace(struct jm_chip *c)
{
    struct {
        struct jm_secret32 map, agree;
        uint8_t nonce[16];
    } fresh;
    enum jm_status st = c->by.random(c->by.ctx, (uint8_t *)&fresh, sizeof fresh);

    if (st == JM_OK)
        st = jm_pace_begin(&c->pace, c->crypto, JM_PACE_CHIP, password_of(c, c->set), &fresh.map,
                           &fresh.agree, fresh.nonce);
    c->running = st == JM_OK;
    jm_wipe(&fresh, sizeof fresh);
    return st;
}

/* The reader's token: the try is gone before it is looked at. */
static void judge_token(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    enum jm_status st;

    r->sw = JM_SW_MEMORY;
    if (count_try(c) != JM_OK)
        return;
    st = jm_pace_step(&c->pace, c->crypto, a->data, &r->room, NULL);
    if (st != JM_OK) {
        r->sw = c->set == JM_CARD_CAN ? JM_SW_WRONG : tries_left(c, c->set);
        return;
    }
    if (restore_tries(c) != JM_OK || jm_pace_finish(&c->pace, &c->next) != JM_OK) {
        r->room.len = 0;
        return;
    }
    c->next_password = c->set;
    c->has_next = true;
    r->sw = JM_SW_OK;
}

static void step_pace(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    bool last = c->running && c->pace.step == JM_PACE_STEPS - 1;

    r->sw = JM_SW_COMMAND;
    if (last != (a->cla == 0)) {
        end_run(c);
        return;
    }
    if (last) {
        judge_token(c, a, r);
        end_run(c);
        return;
    }
    r->sw = JM_SW_NOT_NOW;
    if (!c->running && wants_can(c)) {
        end_run(c);
        return;
    }
    r->sw = JM_SW_MEMORY;
    if (c->running || begin_pace(c) == JM_OK)
        r->sw = jm_pace_step(&c->pace, c->crypto, a->data, &r->room, NULL) == JM_OK ? JM_SW_OK
                                                                                    : JM_SW_DATA;
    if (r->sw != JM_SW_OK)
        end_run(c);
}

static void step_ca(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    struct jm_point shared;
    struct jm_bytes point;

    c->ca_set = false;
    r->sw = JM_SW_COMMAND;
    if (a->cla != 0)
        return;
    r->sw = JM_SW_DATA;
    if (jm_card_template(&point, 0x80, a->data) != JM_OK ||
        c->crypto->ec_map->multiply(&shared, &c->image.key, point) != JM_OK)
        return;
    if (jm_card_sm_begin(&c->next, c->crypto, jm_point_x(&shared)) == JM_OK &&
        jm_card_put_template(&r->room, 0, jm_none()) == JM_OK) {
        c->has_next = c->ca_done = true;
        c->next_password = c->password;
        r->sw = JM_SW_OK;
    }
    jm_wipe(&shared, sizeof shared);
}

static void general_authenticate(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    r->sw = JM_SW_COMMAND;
    if (a->p1 != 0 || a->p2 != 0)
        end_run(c);
    else if (c->set != JM_CARD_NO_PASSWORD)
        step_pace(c, a, r);
    else if (c->ca_set)
        step_ca(c, a, r);
    r->data = jm_written(r->room);
}

/* -- the rest -- */

static void session_status(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    const uint8_t status[4] = {1, (uint8_t)c->password, c->image.pin_tries, c->ca_done};

    r->sw = JM_SW_COMMAND;
    if (a->p1 != 1 || a->p2 != 0)
        return;
    r->sw = JM_SW_NO_RIGHT;
    if (!c->sm.open)
        return;
    r->sw = JM_SW_LENGTH;
    if (a->data.len != 0 || a->le < sizeof status)
        return;
    if (jm_buf_put(&r->room, jm_bytes(status, sizeof status)) == JM_OK)
        r->sw = JM_SW_OK;
    r->data = jm_written(r->room);
}

static void reset_retry_counter(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    struct jm_chip_image before = c->image;

    r->sw = JM_SW_COMMAND;
    if (a->p1 != 2 || a->p2 != 3)
        return;
    r->sw = JM_SW_NO_RIGHT;
    if (!c->sm.open || (c->password != JM_CARD_PIN && c->password != JM_CARD_PUK))
        return;
    r->sw = JM_SW_DATA;
    if (!jm_card_is_password(a->data, JM_CARD_PIN_LEN))
        return;
    memcpy(c->image.pin, a->data.ptr, JM_CARD_PIN_LEN);
    c->image.pin_tries = JM_CHIP_PIN_TRIES;
    r->sw = JM_SW_OK;
    if (keep_image(c) != JM_OK) {
        c->image = before;
        r->sw = JM_SW_MEMORY;
    }
    jm_wipe(&before, sizeof before);
}

static void run_command(struct jm_chip *c, const struct jm_apdu *a, struct reply *r)
{
    static const struct {
        uint8_t ins;
        void (*run)(struct jm_chip *c, const struct jm_apdu *a, struct reply *r);
    } rows[] = {{JM_INS_MSE, set_environment},       {JM_INS_RESET, reset_retry_counter},
                {JM_INS_AUTH, general_authenticate}, {JM_INS_SELECT, select_file},
                {JM_INS_READ, read_binary},          {JM_INS_GET, session_status}};

    r->sw = JM_SW_COMMAND;
    if (a->ins != JM_INS_AUTH) {
        end_run(c); /* nothing may stand between the steps of a run */
        if (a->cla != 0)
            return;
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if (rows[i].ins == a->ins)
            rows[i].run(c, a, r);
}

/* -- in and out -- */

/* The answer is the old channel's; the new one starts with the next command. */
static void start_next(struct jm_chip *c)
{
    if (!c->has_next)
        return;
    if (c->next_password != c->password)
        c->ca_done = false;
    c->sm = c->next;
    c->password = c->next_password;
    jm_card_sm_end(&c->next);
    c->has_next = false;
}

static enum jm_status put_plain(struct jm_buf *out, const struct reply *r)
{
    const uint8_t sw[2] = {(uint8_t)(r->sw >> 8), (uint8_t)r->sw};

    JM_TRY(jm_buf_put(out, r->data));
    return jm_buf_put(out, jm_bytes(sw, sizeof sw));
}

static void run_protected(struct jm_chip *c, const struct jm_apdu *outer, struct reply *r,
                          struct jm_buf *out)
{
    uint8_t room[JM_CARD_CAPDU_MAX];
    struct jm_buf data = jm_buf(room, sizeof room);
    struct jm_apdu a;
    bool ok = jm_card_sm_unwrap(&c->sm, c->crypto, outer, &data, &a) == JM_OK;

    if (ok) {
        run_command(c, &a, r);
        ok = jm_card_sm_answer(&c->sm, c->crypto, r->data, r->sw, out) == JM_OK;
    }
    if (!ok) {
        drop_channel(c);
        *r = (struct reply){.sw = JM_SW_CHANNEL};
    }
    jm_wipe(room, sizeof room);
}

/* True: the answer was written, protected. */
static bool take_command(struct jm_chip *c, struct jm_bytes capdu, struct reply *r,
                         struct jm_buf *out)
{
    struct jm_apdu a;
    bool open = c->sm.open;

    if (jm_apdu_read(&a, capdu) != JM_OK) {
        drop_channel(c);
        r->sw = JM_SW_LENGTH;
    } else if ((a.cla & ~(CHAIN | SM_BITS)) != 0 ||
               ((a.cla & SM_BITS) != 0 && (a.cla & SM_BITS) != SM_BITS)) {
        drop_channel(c);
        r->sw = JM_SW_CLASS;
    } else if (a.cla == 0 && a.ins == JM_INS_SELECT && a.p1 == 0x04) {
        select_applet(c, &a, r);
    } else if (!c->selected) {
        r->sw = JM_SW_NOT_NOW;
    } else if ((a.cla & SM_BITS) == 0 && !open) {
        run_command(c, &a, r);
    } else if ((a.cla & SM_BITS) == 0) {
        drop_channel(c);
        r->sw = JM_SW_NO_RIGHT;
    } else if (!open) {
        r->sw = JM_SW_CHANNEL;
    } else {
        run_protected(c, &a, r, out);
        return r->sw != JM_SW_CHANNEL;
    }
    return false;
}

enum jm_status jm_chip_command(struct jm_chip *c, struct jm_bytes capdu, struct jm_buf *rapdu,
                               uint32_t *wait_ms)
{
    uint8_t room[JM_PACE_TEMPLATE_MAX];
    struct reply r = {.sw = JM_SW_COMMAND, .room = jm_buf(room, sizeof room)};
    enum jm_status st = JM_OK;

    *wait_ms = 0;
    if (rapdu->cap - rapdu->len < JM_CARD_RAPDU_MAX)
        return JM_E_NO_SPACE;
    if (!take_command(c, capdu, &r, rapdu))
        st = put_plain(rapdu, &r);
    start_next(c);
    *wait_ms = r.wait_ms;
    return st;
}
