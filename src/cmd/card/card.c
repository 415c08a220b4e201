/* SPDX-License-Identifier: Apache-2.0 */
/* jumin card make: a software chip card for a person of the register; jumin card produce: those on
 * order. */
#include <string.h>
#include <unistd.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/chip.h"

struct making {
    const char *person, *serial; /* serial null: the valid card */
    bool transport;
    const char *out; /* file */
    struct jm_chip_image image;
    char can[JM_CARD_PIN_LEN + 1];
    struct jm_bytes pin;
    struct jm_point point;
};

static enum jm_status put_order(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;
    const struct making *m = ctx;
    struct jm_bytes key;

    (void)d;
    JM_TRY(jm_b64url_encode(&key, cmd->mem, jm_point_bytes(&m->point)));
    jm_json_w_mstr(&b->w, "person", m->person);
    if (m->serial != NULL)
        jm_json_w_mstr(&b->w, "serial", m->serial);
    if (m->transport)
        jm_json_w_mbool(&b->w, "transport", true);
    jm_json_w_mtext(&b->w, "key", key);
    return JM_OK;
}

/* The chip makes its own key. */
static enum jm_status make_key(struct making *m)
{
    struct jm_key *key = NULL;
    enum jm_status st = jm_key_generate(&key);

    if (st == JM_OK)
        st = jm_key_scalar(&m->image.key, key);
    if (st == JM_OK)
        st = jm_key_point(&m->point, key);
    jm_key_free(&key);
    return st;
}

static enum jm_status draw_digits(char out[JM_CARD_PIN_LEN])
{
    for (size_t i = 0; i < JM_CARD_PIN_LEN;) {
        uint8_t r;

        JM_TRY(jm_random(NULL, &r, 1));
        if (r < 250)
            out[i++] = (char)('0' + r % 10);
    }
    return JM_OK;
}

/* Files and PUK of the answer, passwords of our own: an image. */
static enum jm_status fill_image(struct making *m, const struct jm_json *answer,
                                 struct jm_arena *mem)
{
    static const char *const wire[JM_EF_N] =
        {[JM_EF_ACCESS] = "access", [JM_EF_DG1] = "dg1", [JM_EF_DG14] = "dg14",
         [JM_EF_SOD] = "sod",       [JM_EF_DG2] = "dg2", [JM_EF_DG11] = "dg11"};
    struct jm_bytes text;

    for (size_t i = 0; i < JM_EF_N; i++) {
        JM_TRY(jm_json_str(&text, answer, wire[i]));
        JM_TRY(jm_b64url_decode(&m->image.file[i], mem, text));
    }
    JM_TRY(jm_json_str(&text, answer, "puk"));
    if (text.len != JM_CARD_PUK_LEN)
        return JM_E_MALFORMED;
    memcpy(m->image.puk, text.ptr, JM_CARD_PUK_LEN);
    memcpy(m->image.can, m->can, JM_CARD_PIN_LEN);
    memcpy(m->image.pin, m->pin.ptr, JM_CARD_PIN_LEN);
    m->image.pin_tries = JM_CHIP_PIN_TRIES;
    m->image.puk_tries = JM_CHIP_PUK_TRIES;
    return JM_OK;
}

static enum jm_status write_card(struct making *m, struct jm_bytes *serial,
                                 const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    struct jm_bytes octets;

    JM_TRY(make_key(m));
    JM_TRY(draw_digits(m->can)); /* what will be printed on the card */
    JM_TRY(jm_operate_ask(cmd, "/local/card/make", put_order, m, &answer, d));
    JM_TRY(fill_image(m, answer, cmd->mem));
    JM_TRY(jm_chip_write(&octets, &m->image, cmd->mem));
    JM_TRY(jm_cmd_write(m->out, octets, 0600, cmd, d));
    JM_TRY(jm_json_str(serial, answer, "serial"));
    JM_SAY(cmd, "say.chip-made", jm_cstr(cmd, *serial), m->can);
    return JM_OK;
}

static enum jm_status run_make(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct making m = {.person = jm_opt(cmd, "person"), .out = jm_opt(cmd, "out")};
    enum jm_status st = jm_digits(&m.pin, cmd, "pin-file", "ask.new-pin", JM_CARD_PIN_LEN, d);
    struct jm_bytes serial = {NULL, 0};
    struct jm_body b;

    if (st == JM_OK)
        st = write_card(&m, &serial, cmd, d);
    if (st == JM_OK)
        st = jm_body_open(&b, cmd, 128);
    if (st == JM_OK) {
        jm_json_w_mtext(&b.w, "serial", serial);
        jm_json_w_mstr(&b.w, "can", m.can);
        st = jm_body_answer(cmd, &b);
    }
    jm_wipe(&m, sizeof m);
    return st;
}

JM_COMMAND(card_make, "card make", run_make,
           "card make --person ID --pin-file FILE --out card.chip",
           "card make --person ID --pin-file - --out card.chip --json",
           JM_OPTIONS(JM_NEEDS("person", "ID"), JM_NEEDS("pin-file", "FILE"),
                      JM_NEEDS("out", "FILE")));

/* -- what is on order -- */

static enum jm_status put_batch(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                struct jm_diag *d)
{
    (void)ctx, (void)d;
    jm_body_option(b, "batch", jm_operate_home(o)->cmd, "batch");
    return JM_OK;
}

static enum jm_status put_ready(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                struct jm_diag *d)
{
    const struct jm_bytes *order = ctx;

    (void)o, (void)d;
    jm_json_w_mtext(&b->w, "order", *order);
    return JM_OK;
}

static const char *chip_file(const struct jm_cmd *cmd, struct jm_bytes serial)
{
    return jm_format(cmd->mem, "%s/%s.chip", jm_opt(cmd, "out"), jm_cstr(cmd, serial));
}

/* Its PIN is that of transport: drawn, written into the chip, and forgotten. */
static enum jm_status produce_chip(const struct jm_json *o, struct jm_body *out,
                                   const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct making m = {.transport = true};
    char pin[JM_CARD_PIN_LEN];
    struct jm_bytes person, serial;
    enum jm_status st;

    JM_TRY(jm_json_str(&person, o, "person"));
    JM_TRY(jm_json_str(&serial, o, "serial"));
    m.person = jm_cstr(cmd, person);
    m.serial = jm_cstr(cmd, serial);
    m.out = chip_file(cmd, serial);
    m.pin = jm_bytes(pin, sizeof pin);
    st = draw_digits(pin);
    if (st == JM_OK)
        st = write_card(&m, &serial, cmd, d);
    if (st == JM_OK)
        jm_json_w_mstr(&out->w, "can", m.can);
    jm_wipe(pin, sizeof pin);
    jm_wipe(&m, sizeof m);
    return st;
}

/* A chip whose file was written, and whose answer was lost, is made: it is ready as it lies there.
 */
static enum jm_status produce_one(const struct jm_json *o, struct jm_body *out,
                                  const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    struct jm_bytes order, serial;

    JM_TRY(jm_json_str(&order, o, "order"));
    JM_TRY(jm_json_str(&serial, o, "serial"));
    jm_json_w_open(&out->w, '{');
    jm_json_w_mtext(&out->w, "order", order);
    jm_json_w_mtext(&out->w, "serial", serial);
    if (jm_json_is_str(jm_json_get(o, "kind"), "ic")) {
        enum jm_status st = produce_chip(o, out, cmd, d);

        if (st != JM_OK && (d->code != JM_CARD_EXISTS || access(chip_file(cmd, serial), R_OK) != 0))
            return st;
        *d = (struct jm_diag){0};
    }
    jm_json_w_close(&out->w, '}');
    return jm_operate_ask(cmd, "/local/orders/ready", put_ready, &order, &answer, d);
}

static enum jm_status run_produce(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL, *list;
    struct jm_bytes batch;
    struct jm_body out;

    JM_TRY(jm_operate_ask(cmd, "/local/orders/batch", put_batch, NULL, &answer, d));
    JM_TRY(jm_json_str(&batch, answer, "batch"));
    if ((list = jm_json_get(answer, "orders")) == NULL)
        return JM_E_MALFORMED;
    JM_SAY(cmd, "say.batch", jm_cstr(cmd, batch), jm_format(cmd->mem, "%zu", list->n));
    JM_TRY(jm_body_open(&out, cmd, 512 + 256 * list->n));
    jm_json_w_mtext(&out.w, "batch", batch);
    jm_json_w_name(&out.w, "orders");
    jm_json_w_open(&out.w, '[');
    for (const struct jm_json *o = list->child; o != NULL; o = o->next)
        JM_TRY(produce_one(o, &out, cmd, d));
    jm_json_w_close(&out.w, ']');
    return jm_body_answer(cmd, &out);
}

JM_COMMAND(card_produce, "card produce", run_produce, "card produce --out FOLDER",
           "card produce --out FOLDER --batch ID --json",
           JM_OPTIONS(JM_NEEDS("out", "FOLDER"), JM_TAKES("batch", "ID")));
