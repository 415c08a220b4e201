/* SPDX-License-Identifier: Apache-2.0 */
/* The reader: one command at a time, each stage with what it sends and what it makes of the answer.
 */
#include "jumin/der.h"
#include "proto/card_parts.h"

#include <string.h>

enum stage {
    STAGE_IDLE,
    STAGE_SELECT,
    STAGE_FILE,
    STAGE_READ,
    STAGE_RANDOM,
    STAGE_SET,
    STAGE_AUTH,
    STAGE_NEW_PIN,
    STAGE_STATUS,
    STAGE_WRAP,
    STAGE_OPAQUE,
    STAGES
};

#define SCALARS (2 * sizeof(struct jm_secret32))

struct heard {
    uint16_t sw;
    struct jm_bytes data;
};

static void end_secrets(struct jm_card_reader *e)
{
    jm_pace_end(&e->pace);
    jm_card_sm_end(&e->sm);
}

static enum jm_status fail_reader(struct jm_card_reader *e, enum jm_status st, enum jm_code code,
                                  const char *detail)
{
    end_secrets(e);
    e->asking = false;
    e->stage = STAGE_IDLE;
    e->state = JM_READER_FAILED;
    return jm_refuse(&e->diag, st, code, detail);
}

static enum jm_status refuse_sw(struct jm_card_reader *e)
{
    return fail_reader(e, JM_E_MALFORMED, JM_CARD_SW, "a status word that this step does not have");
}

/* -- asking -- */

static void open_ask(struct jm_card_reader *e, enum jm_ask_kind kind, enum stage stage)
{
    e->ask = (struct jm_ask){.kind = kind, .id = ++e->last_id};
    e->asking = true;
    e->stage = stage;
    e->state = JM_READER_BUSY;
}

static enum jm_status ask_card(struct jm_card_reader *e, const struct jm_apdu *a, enum stage stage)
{
    enum jm_status st;

    e->capdu.len = 0;
    st = e->sm.open ? jm_card_sm_wrap(&e->sm, e->config.crypto, a, &e->capdu)
                    : jm_apdu_write(&e->capdu, a);
    if (st != JM_OK)
        return fail_reader(e, st, JM_CARD_SM, "the command could not be protected");
    open_ask(e, JM_ASK_TRANSMIT, stage);
    e->ask.data = jm_written(e->capdu);
    return JM_OK;
}

/* -- files -- */

static enum jm_status ask_file(struct jm_card_reader *e, enum jm_card_ef ef)
{
    uint16_t fid = jm_card_ef_row(ef)->fid;
    const uint8_t name[2] = {(uint8_t)(fid >> 8), (uint8_t)fid};
    const struct jm_apdu a = {.ins = JM_INS_SELECT,
                              .p1 = 0x02,
                              .p2 = 0x0C,
                              .data = jm_bytes(name, sizeof name)};

    e->ef = ef;
    e->want = 0;
    e->reading = jm_buf(NULL, 0);
    return ask_card(e, &a, STAGE_FILE);
}

static enum jm_status ask_block(struct jm_card_reader *e)
{
    size_t left = e->want - e->reading.len;
    const struct jm_apdu a = {.ins = JM_INS_READ,
                              .p1 = (uint8_t)(e->reading.len >> 8),
                              .p2 = (uint8_t)e->reading.len,
                              .le = e->want == 0 || left > JM_CARD_BLOCK ? JM_CARD_BLOCK
                                                                         : (uint32_t)left};

    return ask_card(e, &a, STAGE_READ);
}

static enum jm_status read_next(struct jm_card_reader *e)
{
    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        if ((e->to_read & 1u << ef) != 0) {
            e->to_read &= ~(1u << ef);
            return ask_file(e, (enum jm_card_ef)ef);
        }
    e->stage = STAGE_IDLE;
    e->state = JM_READER_READY;
    return JM_OK;
}

static enum jm_status ask_scalars(struct jm_card_reader *e, enum jm_card_password password)
{
    e->running = password;
    open_ask(e, JM_ASK_RANDOM, STAGE_RANDOM);
    e->ask.len = SCALARS;
    return JM_OK;
}

static enum jm_status begin_access(struct jm_card_reader *e)
{
    if (jm_card_access_read(e->file[JM_EF_ACCESS]) != JM_OK)
        return fail_reader(e, JM_E_UNSUPPORTED, JM_CARD_ACCESS_INFO,
                           "EF.CardAccess offers no PACE that is known here");
    return ask_scalars(e, e->config.puk.len != 0   ? JM_CARD_PUK
                          : e->config.pin.len != 0 ? JM_CARD_PIN
                                                   : JM_CARD_CAN);
}

static enum jm_status on_file(struct jm_card_reader *e, const struct heard *h)
{
    if (h->sw == JM_SW_OK)
        return ask_block(e);
    return e->ef == JM_EF_ACCESS
               ? fail_reader(e, JM_E_UNSUPPORTED, JM_CARD_ACCESS_INFO, "there is no EF.CardAccess")
               : refuse_sw(e);
}

/* The first octets say how long it is. */
static enum jm_status size_file(struct jm_card_reader *e, struct jm_bytes head)
{
    enum jm_status st = jm_card_ef_len(&e->want, e->ef, head);

    if (st == JM_E_LIMIT)
        return fail_reader(e, st, JM_CARD_SIZE, "the file is longer than it may be");
    if (st != JM_OK)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_TLV, "the file has not its tag and length");
    st = jm_alloc_buf(&e->reading, &e->mem, e->want);
    return st == JM_OK ? JM_OK : fail_reader(e, st, JM_CARD_SIZE, "there is no room for the file");
}

static enum jm_status on_block(struct jm_card_reader *e, const struct heard *h)
{
    if (h->sw != JM_SW_OK && h->sw != JM_SW_FEWER)
        return refuse_sw(e);
    if (e->want == 0)
        JM_TRY(size_file(e, h->data));
    if (h->data.len == 0 || jm_buf_put(&e->reading, h->data) != JM_OK)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_LENGTH,
                           "more or fewer octets than the file has");
    if (e->reading.len < e->want)
        return ask_block(e);
    e->file[e->ef] = jm_written(e->reading);
    return e->ef == JM_EF_ACCESS && e->opened == JM_CARD_NO_PASSWORD ? begin_access(e)
                                                                     : read_next(e);
}

/* -- PACE -- */

static struct jm_bytes digits_of(const struct jm_card_reader *e)
{
    return e->running == JM_CARD_CAN   ? e->config.can
           : e->running == JM_CARD_PIN ? e->config.pin
                                       : e->config.puk;
}

static enum jm_status on_random(struct jm_card_reader *e, const struct jm_answer *a)
{
    struct jm_secret32 scalar[2];
    struct jm_buf data = jm_buf(e->plain.ptr, e->plain.cap);
    struct jm_apdu set = {.ins = JM_INS_MSE, .p1 = 0xC1, .p2 = 0xA4};
    enum jm_status st;

    if (a->st != JM_OK || a->octets.len != sizeof scalar)
        return fail_reader(e, a->st != JM_OK ? JM_E_UNAVAILABLE : JM_E_BUG, JM_CARD_TIMEOUT,
                           "there is no randomness");
    memcpy(scalar, a->octets.ptr, sizeof scalar);
    st = jm_pace_begin(&e->pace, e->config.crypto, JM_PACE_READER, digits_of(e), &scalar[0],
                       &scalar[1], NULL);
    jm_wipe(scalar, sizeof scalar);
    if (st == JM_OK)
        st = jm_pace_select(&data, e->running);
    if (st != JM_OK)
        return fail_reader(e, st, JM_CARD_PACE_PROTOCOL, "PACE could not be begun");
    set.data = jm_written(data);
    return ask_card(e, &set, STAGE_SET);
}

static enum jm_status need_can(struct jm_card_reader *e)
{
    if (e->running == JM_CARD_PIN && e->opened == JM_CARD_NO_PASSWORD && e->config.can.len != 0)
        return ask_scalars(e, JM_CARD_CAN);
    return fail_reader(e, JM_E_DENIED, JM_CARD_PIN_NEEDS_CAN, "one try is left");
}

static enum jm_status refuse_blocked(struct jm_card_reader *e)
{
    e->pin_tries = 0;
    return fail_reader(e, JM_E_DENIED, JM_CARD_PIN_BLOCKED, "no try is left");
}

/* Sends what the run says next; the last of four goes without the chaining bit. */
static enum jm_status ask_auth(struct jm_card_reader *e, struct jm_bytes template)
{
    const struct jm_apdu a = {.cla = e->pace.step == JM_PACE_STEPS - 1 ? 0x00 : 0x10,
                              .ins = JM_INS_AUTH,
                              .data = template,
                              .le = 256};

    return ask_card(e, &a, STAGE_AUTH);
}

static enum jm_status on_set(struct jm_card_reader *e, const struct heard *h)
{
    bool counted = (h->sw & 0xFFF0) == JM_SW_TRIES && e->running != JM_CARD_CAN;

    if (h->sw == JM_SW_BLOCKED || h->sw == JM_SW_TRIES)
        return refuse_blocked(e);
    if (h->sw == JM_SW_NOT_NOW)
        return need_can(e);
    if (h->sw == JM_SW_DATA || h->sw == JM_SW_REFERENCE)
        return fail_reader(e, JM_E_UNSUPPORTED, JM_CARD_ACCESS_INFO,
                           "the chip takes not what it offers");
    if (h->sw != JM_SW_OK && !counted)
        return refuse_sw(e);
    if (counted)
        e->pin_tries = h->sw & 0xF;
    if (counted && e->running == JM_CARD_PIN && e->pin_tries == 1 && e->opened != JM_CARD_CAN)
        return need_can(e);
    return ask_auth(e, JM_BYTES("\x7c\x00"));
}

static enum jm_status wrong_password(struct jm_card_reader *e, uint16_t sw)
{
    if (sw == JM_SW_WRONG)
        return fail_reader(e, JM_E_DENIED, JM_CARD_CAN_WRONG, "the chip refuses the CAN");
    if (sw == JM_SW_TRIES)
        return refuse_blocked(e);
    e->pin_tries = sw & 0xF;
    return fail_reader(e, JM_E_DENIED, JM_CARD_PIN_WRONG,
                       e->running == JM_CARD_PUK ? "the chip refuses the PUK"
                                                 : "the chip refuses the PIN");
}

static enum jm_status on_opened(struct jm_card_reader *e)
{
    enum jm_status st;

    jm_card_sm_end(&e->sm);
    if ((st = jm_pace_finish(&e->pace, &e->sm)) != JM_OK)
        return fail_reader(e, st, JM_CARD_PACE_PROTOCOL, "PACE is not done");
    e->opened = e->running;
    if (e->running == JM_CARD_CAN && e->config.pin.len != 0)
        return ask_scalars(e, JM_CARD_PIN);
    if (e->running == JM_CARD_PIN)
        e->pin_tries = -1; /* all of them again */
    return read_next(e);
}

static enum jm_status on_auth(struct jm_card_reader *e, const struct heard *h)
{
    struct jm_buf out = jm_buf(e->plain.ptr + JM_PACE_TEMPLATE_MAX, JM_PACE_TEMPLATE_MAX);
    bool last = e->pace.step == JM_PACE_STEPS - 1;
    enum jm_status st;

    if (last && (h->sw == JM_SW_WRONG || (h->sw & 0xFFF0) == JM_SW_TRIES))
        return wrong_password(e, h->sw);
    if (h->sw == JM_SW_NOT_NOW && e->pace.step == 0)
        return need_can(e);
    if (h->sw != JM_SW_OK)
        return refuse_sw(e);
    if (h->data.len > JM_PACE_TEMPLATE_MAX)
        return fail_reader(e, JM_E_DENIED, JM_CARD_PACE_PROTOCOL, "an answer too long");
    st = jm_pace_step(&e->pace, e->config.crypto, h->data, &out, &e->diag);
    if (st != JM_OK)
        return fail_reader(e, st, JM_CARD_PACE_PROTOCOL, "a step of PACE failed");
    return last ? on_opened(e) : ask_auth(e, jm_written(out));
}

/* -- script -- */

static enum jm_status ask_script(struct jm_card_reader *e)
{
    struct jm_apdu a;

    if (e->sm.open && e->at < e->n_wrap && jm_apdu_read(&a, e->wrap[e->at]) == JM_OK)
        return ask_card(e, &a, STAGE_WRAP);
    jm_card_sm_end(&e->sm); /* from here on the chip listens to the issuer alone */
    if (e->n_rapdu < e->n_opaque) {
        open_ask(e, JM_ASK_TRANSMIT, STAGE_OPAQUE);
        e->ask.data = e->opaque[e->n_rapdu];
        return JM_OK;
    }
    e->stage = STAGE_IDLE;
    e->state = JM_READER_DONE;
    return JM_OK;
}

static enum jm_status on_wrapped(struct jm_card_reader *e, const struct heard *h)
{
    if (h->sw != JM_SW_OK)
        return refuse_sw(e);
    e->at++;
    return ask_script(e);
}

static enum jm_status on_opaque(struct jm_card_reader *e, struct jm_bytes rapdu)
{
    enum jm_status st = jm_dup(&e->rapdu[e->n_rapdu], &e->mem, rapdu);

    if (st != JM_OK)
        return fail_reader(e, st, JM_CARD_SIZE, "there is no room for the answer");
    e->n_rapdu++;
    return ask_script(e);
}

/* -- answers -- */

static enum jm_status on_select(struct jm_card_reader *e, const struct heard *h)
{
    return h->sw == JM_SW_OK ? ask_file(e, JM_EF_ACCESS)
                             : fail_reader(e, JM_E_UNSUPPORTED, JM_CARD_NOT_RESIDENT,
                                           "the chip does not know the applet");
}

static enum jm_status on_new_pin(struct jm_card_reader *e, const struct heard *h)
{
    return h->sw == JM_SW_OK ? read_next(e) : refuse_sw(e);
}

/* Version 1, the password that this channel was opened with, tries of the PIN, chip
 * authentication. */
static enum jm_status on_status(struct jm_card_reader *e, const struct heard *h)
{
    const uint8_t *o = h->data.ptr;

    if (h->sw != JM_SW_OK)
        return refuse_sw(e);
    if (h->data.len != JM_CARD_STATUS_LEN)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_LENGTH, "the status is of another length");
    if (o[0] != 1 || o[1] != (uint8_t)e->opened || o[2] > 0xF || o[3] > 1)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_TLV, "no status of this channel");
    e->status = (struct jm_card_status){e->opened, o[2], o[3] == 1};
    return read_next(e);
}

static enum jm_status on_heard(struct jm_card_reader *e, struct jm_bytes rapdu)
{
    static enum jm_status (*const rows[STAGES])(struct jm_card_reader *e, const struct heard *h) =
        {[STAGE_SELECT] = on_select, [STAGE_FILE] = on_file,   [STAGE_READ] = on_block,
         [STAGE_SET] = on_set,       [STAGE_AUTH] = on_auth,   [STAGE_NEW_PIN] = on_new_pin,
         [STAGE_STATUS] = on_status, [STAGE_WRAP] = on_wrapped};
    struct heard h = {.data = jm_slice(rapdu, 0, rapdu.len - 2)};

    h.sw = (uint16_t)(rapdu.ptr[rapdu.len - 2] << 8 | rapdu.ptr[rapdu.len - 1]);
    if (e->sm.open) {
        struct jm_buf plain = jm_buf(e->plain.ptr + 2 * JM_PACE_TEMPLATE_MAX,
                                     e->plain.cap - 2 * JM_PACE_TEMPLATE_MAX);

        if (jm_card_sm_open(&e->sm, e->config.crypto, rapdu, &plain, &h.sw) != JM_OK)
            return fail_reader(e, JM_E_SIGNATURE, JM_CARD_SM,
                               "an answer in the channel is not the chip's");
        h.data = jm_written(plain);
    }
    return rows[e->stage] != NULL ? rows[e->stage](e, &h) : JM_E_BUG;
}

static enum jm_status answer_reader(void *self, uint32_t id, const struct jm_answer *a,
                                    int64_t at_s)
{
    struct jm_card_reader *e = self;

    (void)at_s;
    if (!e->asking || id != e->ask.id || a->kind != e->ask.kind)
        return JM_E_BUG;
    e->asking = false;
    if (e->stage == STAGE_RANDOM)
        return on_random(e, a);
    if (a->st == JM_E_GONE || a->st == JM_E_IO)
        return fail_reader(e, JM_E_UNAVAILABLE, JM_CARD_REMOVED, "the card left the field");
    if (a->st == JM_E_LIMIT || a->st == JM_E_UNSUPPORTED)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_LENGTH,
                           "longer than what goes through this reader");
    if (a->st != JM_OK)
        return fail_reader(e, JM_E_UNAVAILABLE, JM_CARD_TIMEOUT, "the card did not answer");
    if (a->octets.len < 2 || a->octets.len > JM_CARD_RAPDU_MAX)
        return fail_reader(e, JM_E_MALFORMED, JM_CARD_LENGTH, "no answer of a card is that long");
    return e->stage == STAGE_OPAQUE ? on_opaque(e, a->octets) : on_heard(e, a->octets);
}

static size_t asks_of_reader(const void *self, const struct jm_ask **asks)
{
    const struct jm_card_reader *e = self;

    *asks = e->asking ? &e->ask : NULL;
    return e->asking ? 1 : 0;
}

/* -- its outside -- */

struct jm_engine jm_card_reader_engine(struct jm_card_reader *e)
{
    return (struct jm_engine){e, asks_of_reader, answer_reader};
}

static bool is_or_none(struct jm_bytes digits, size_t len)
{
    return digits.len == 0 || jm_card_is_password(digits, len);
}

enum jm_status jm_card_reader_init(struct jm_card_reader *e,
                                   const struct jm_card_reader_config *config, void *room,
                                   size_t len)
{
    memset(e, 0, sizeof *e);
    jm_arena_init(&e->mem, room, len);
    if (!jm_card_can(config->crypto))
        return JM_E_UNSUPPORTED;
    if (!is_or_none(config->pin, JM_CARD_PIN_LEN) || !is_or_none(config->can, JM_CARD_PIN_LEN) ||
        !is_or_none(config->puk, JM_CARD_PUK_LEN) ||
        (config->puk.len != 0) == (config->pin.len != 0 || config->can.len != 0) ||
        config->read >= 1u << JM_EF_N)
        return JM_E_RANGE;
    e->config = *config;
    e->pin_tries = -1;
    JM_TRY(jm_alloc_buf(&e->capdu, &e->mem, JM_CARD_CAPDU_MAX));
    return jm_alloc_buf(&e->plain, &e->mem, JM_CARD_RAPDU_MAX + (size_t)2 * JM_PACE_TEMPLATE_MAX);
}

void jm_card_reader_end(struct jm_card_reader *e)
{
    if (e->mem.base != NULL)
        jm_arena_reset(&e->mem);
    jm_wipe(e, sizeof *e);
}

enum jm_status jm_card_reader_event(struct jm_card_reader *e, enum jm_event ev)
{
    const struct jm_apdu select = {.ins = JM_INS_SELECT,
                                   .p1 = 0x04,
                                   .p2 = 0x0C,
                                   .data = JM_CARD_AID};

    if (ev == JM_EVENT_CANCEL || ev == JM_EVENT_TIMEOUT) {
        (void)fail_reader(e, JM_E_UNAVAILABLE, JM_CARD_TIMEOUT, "ended by the caller");
        return JM_OK;
    }
    if (ev != JM_EVENT_START || e->state != JM_READER_NEW || e->plain.ptr == NULL)
        return JM_E_CONFLICT;
    e->to_read = e->config.read & ~(1u << JM_EF_ACCESS);
    return ask_card(e, &select, STAGE_SELECT);
}

enum jm_status jm_card_reader_read(struct jm_card_reader *e, enum jm_card_ef ef)
{
    if (e->state != JM_READER_READY)
        return JM_E_CONFLICT;
    e->to_read = 1u << ef;
    return read_next(e);
}

enum jm_status jm_card_reader_ask_status(struct jm_card_reader *e)
{
    const struct jm_apdu a = {.ins = JM_INS_GET, .p1 = 0x01, .le = JM_CARD_STATUS_LEN};

    if (e->state != JM_READER_READY)
        return JM_E_CONFLICT;
    return ask_card(e, &a, STAGE_STATUS);
}

enum jm_status jm_card_reader_set_pin(struct jm_card_reader *e, struct jm_bytes pin)
{
    const struct jm_apdu a = {.ins = JM_INS_RESET, .p1 = 0x02, .p2 = 0x03, .data = pin};

    if (e->state != JM_READER_READY || e->opened == JM_CARD_CAN)
        return JM_E_CONFLICT;
    if (!jm_card_is_password(pin, JM_CARD_PIN_LEN))
        return JM_E_RANGE;
    return ask_card(e, &a, STAGE_NEW_PIN);
}

/* What the issuer may have done in this channel: chip authentication. */
static bool is_ca(struct jm_bytes capdu)
{
    struct jm_apdu a;

    return jm_apdu_read(&a, capdu) == JM_OK && a.cla == 0 && a.data.len != 0 &&
           ((a.ins == JM_INS_MSE && a.p1 == 0x41 && a.p2 == 0xA4) ||
            (a.ins == JM_INS_AUTH && a.p1 == 0 && a.p2 == 0));
}

enum jm_status jm_card_reader_script(struct jm_card_reader *e, const struct jm_bytes *wrap,
                                     size_t n_wrap, const struct jm_bytes *opaque, size_t n_opaque)
{
    if (e->state != JM_READER_READY)
        return JM_E_CONFLICT;
    if (n_wrap > JM_CARD_SCRIPT_MAX || n_opaque > JM_CARD_SCRIPT_MAX)
        return JM_E_LIMIT;
    for (size_t i = 0; i < n_wrap; i++) {
        if (!is_ca(wrap[i]))
            return JM_E_DENIED;
        JM_TRY(jm_dup(&e->wrap[i], &e->mem, wrap[i]));
    }
    for (size_t i = 0; i < n_opaque; i++) {
        if (opaque[i].len > JM_CARD_CAPDU_MAX)
            return JM_E_LIMIT;
        JM_TRY(jm_dup(&e->opaque[i], &e->mem, opaque[i]));
    }
    e->n_wrap = n_wrap;
    e->n_opaque = n_opaque;
    e->at = e->n_rapdu = 0;
    return ask_script(e);
}

enum jm_card_reader_state jm_card_reader_state(const struct jm_card_reader *e)
{
    return e->state;
}

const struct jm_diag *jm_card_reader_diag(const struct jm_card_reader *e)
{
    return &e->diag;
}

int jm_card_reader_tries(const struct jm_card_reader *e)
{
    return e->pin_tries;
}

const struct jm_card_status *jm_card_reader_status(const struct jm_card_reader *e)
{
    return &e->status;
}

struct jm_bytes jm_card_reader_file(const struct jm_card_reader *e, enum jm_card_ef ef)
{
    return e->file[ef];
}

const struct jm_bytes *jm_card_reader_rapdus(const struct jm_card_reader *e, size_t *n)
{
    *n = e->state == JM_READER_DONE ? e->n_rapdu : 0;
    return e->rapdu;
}
