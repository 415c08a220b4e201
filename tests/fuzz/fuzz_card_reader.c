/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_card_reader_event, its engine, jm_card_script, jm_card_finish. The input is
 * what a chip answers, each with two octets of length before it: without a password it never opens
 * a channel, and whatever it says the issuer believes nothing. */
#include "fuzz/fuzz.h"

#include "host/openssl/openssl.h"
#include "jumin/card.h"

static uint8_t room[64 * 1024], more[64 * 1024];
static struct jm_bytes rest;

static struct jm_bytes next(void)
{
    size_t len = rest.len < 2 ? 0 : (size_t)rest.ptr[0] << 8 | rest.ptr[1];
    struct jm_bytes v = jm_slice(rest, 2, len);

    rest = jm_slice(rest, 2 + v.len, SIZE_MAX);
    return v;
}

static void reader(bool can)
{
    static const uint8_t scalars[64] = {1, 2, 3, [32] = 4};
    const struct jm_card_reader_config config = {.crypto = &jm_crypto_openssl,
                                                 .pin = JM_BYTES("482915"),
                                                 .can = can ? JM_BYTES("123456") : jm_none(),
                                                 .read = 1u << JM_EF_DG14 | 1u << JM_EF_SOD};
    struct jm_card_reader e;
    struct jm_engine engine = jm_card_reader_engine(&e);
    const struct jm_ask *ask;
    enum jm_status st;

    MUST(jm_card_reader_init(&e, &config, room, sizeof room) == JM_OK);
    st = jm_card_reader_event(&e, JM_EVENT_START);
    for (unsigned n = 0; n < 64 && st == JM_OK && engine.asks(&e, &ask) == 1; n++) {
        const struct jm_answer a = {.kind = ask->kind,
                                    .octets = ask->kind == JM_ASK_RANDOM
                                                  ? jm_bytes(scalars, sizeof scalars)
                                                  : next()};

        st = engine.answer(&e, ask->id, &a, 0);
    }
    MUST(jm_card_reader_state(&e) != JM_READER_DONE);
    MUST(st == JM_OK || (jm_card_reader_state(&e) == JM_READER_FAILED && !e.sm.open &&
                         jm_card_reader_diag(&e)->code != JM_CODE_NONE));
    MUST(jm_card_reader_file(&e, JM_EF_DG14).len == 0);
    jm_card_reader_end(&e);
}

static void issuer(void)
{
    struct jm_card_session s = {.sod_len = 300, .n = 6, .serial_len = 1};
    struct jm_bytes rapdu[6];
    struct jm_card_proof proof;
    struct jm_diag d = {0};
    struct jm_arena mem;

    jm_arena_init(&mem, more, sizeof more);
    for (size_t i = 0; i < 6; i++)
        rapdu[i] = next();
    MUST(jm_card_finish(&proof, &s, JM_CARD_CAN, rapdu, 6, &jm_crypto_openssl, &mem, &d) != JM_OK);
    MUST(!proof.chip_authenticated && proof.sod.len == 0);
    jm_arena_reset(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MUST(jm_openssl_init() == JM_OK);
    rest = jm_bytes(data, size);
    reader(size > 0 && data[0] % 2 == 1);
    rest = jm_bytes(data, size);
    issuer();
    return 0;
}
