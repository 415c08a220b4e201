/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_chip_command. Commands, each with its length in an octet before it: however
 * they follow each other, who does not know a password gets no right, and no try back. A command of
 * length 0 is a reset; 255 makes the memory fail from there on. */
#include "fuzz/fuzz.h"

#include "host/openssl/openssl.h"
#include "jumin/chip.h"

static struct jm_chip_image lasting;
static bool fails;
static uint8_t dice;

static enum jm_status draw(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(++dice * 37);
    return JM_OK;
}

static enum jm_status keep(void *ctx, const void *what)
{
    const struct jm_chip_image *now = what;

    (void)ctx;
    if (fails)
        return JM_E_IO;
    MUST(now->pin_tries <= lasting.pin_tries && now->puk_tries <= lasting.puk_tries);
    MUST(memcmp(now->pin, lasting.pin, sizeof now->pin) == 0);
    lasting = *now;
    return JM_OK;
}

static void command(struct jm_chip *c, struct jm_bytes capdu)
{
    static uint8_t room[JM_CARD_RAPDU_MAX];
    struct jm_buf out = jm_buf(room, sizeof room);
    uint32_t wait;

    MUST(jm_chip_command(c, capdu, &out, &wait) == JM_OK);
    MUST(out.len >= 2 && wait <= JM_CHIP_WAIT_MAX_MS);
    MUST(!c->sm.open && !c->has_next && c->password == JM_CARD_NO_PASSWORD);
    MUST(jm_bytes_find(jm_written(out), JM_BYTES("secret")) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_answers by = {.random = draw, .keep = keep};
    struct jm_chip c;

    MUST(jm_openssl_init() == JM_OK);
    lasting = (struct jm_chip_image){
        .file = {[JM_EF_ACCESS] =
                     JM_BYTES("\x31\x14\x30\x12\x06\x0a\x04\x00\x7f\x00\x07\x02\x02\x04"
                              "\x02\x02\x02\x01\x02\x02\x01\x0c"),
                 [JM_EF_DG1] = JM_BYTES("\x61\x06secret"),
                 [JM_EF_DG2] = JM_BYTES("\x75\x06secret"),
                 [JM_EF_SOD] = JM_BYTES("\x77\x06secret")},
        .key = {{1, 2, 3}},
        .pin_tries = JM_CHIP_PIN_TRIES,
        .puk_tries = JM_CHIP_PUK_TRIES};
    memcpy(lasting.pin, "482915", JM_CARD_PIN_LEN);
    memcpy(lasting.can, "123456", JM_CARD_PIN_LEN);
    memcpy(lasting.puk, "20263141", JM_CARD_PUK_LEN);
    fails = false;
    dice = 0;
    MUST(jm_chip_init(&c, &lasting, &jm_crypto_openssl, &by) == JM_OK);
    for (size_t at = 0; at < size;) {
        size_t len = data[at++];

        if (len == 0) {
            jm_chip_reset(&c);
            continue;
        }
        if (len == 255) {
            fails = true;
            continue;
        }
        if (len > size - at)
            len = size - at;
        command(&c, jm_bytes(data + at, len));
        at += len;
    }
    return 0;
}
