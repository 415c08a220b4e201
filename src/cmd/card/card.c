/* SPDX-License-Identifier: Apache-2.0 */
/* jumin card make: a software chip card for a person of the register. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/chip.h"

struct making {
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
    jm_body_option(b, "person", cmd, "person");
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

/* What will be printed on the card. */
static enum jm_status draw_can(struct making *m)
{
    for (size_t i = 0; i < JM_CARD_PIN_LEN;) {
        uint8_t r;

        JM_TRY(jm_random(NULL, &r, 1));
        if (r < 250)
            m->can[i++] = (char)('0' + r % 10);
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

static enum jm_status write_card(struct making *m, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL, *serial;
    struct jm_bytes octets;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(make_key(m));
    JM_TRY(draw_can(m));
    JM_TRY(jm_operate_ask(cmd, "/local/card/make", put_order, m, &answer, d));
    JM_TRY(fill_image(m, answer, cmd->mem));
    JM_TRY(jm_chip_write(&octets, &m->image, cmd->mem));
    JM_TRY(jm_cmd_write(jm_opt(cmd, "out"), octets, 0600, cmd, d));
    serial = jm_json_get(answer, "serial");
    JM_SAY(cmd, "say.chip-made", jm_cstr(cmd, serial->text), m->can);
    JM_TRY(jm_alloc_buf(&b, cmd->mem, 128));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "serial", serial->text);
    jm_json_w_mstr(&w, "can", m->can);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    return jm_answer(cmd, jm_written(b));
}

static enum jm_status run_make(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct making m = {.can = ""};
    enum jm_status st = jm_digits(&m.pin, cmd, "pin-file", "ask.new-pin", JM_CARD_PIN_LEN, d);

    if (st == JM_OK)
        st = write_card(&m, cmd, d);
    jm_wipe(&m, sizeof m);
    return st;
}

JM_COMMAND(card_make, "card make", run_make,
           "card make --person ID --pin-file FILE --out card.chip",
           "card make --person ID --pin-file - --out card.chip --json",
           JM_OPTIONS(JM_NEEDS("person", "ID"), JM_NEEDS("pin-file", "FILE"),
                      JM_NEEDS("out", "FILE")));
