/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_card_sm_unwrap, jm_card_sm_open. First octet: which side. The MAC of what
 * comes is put right where the second octet is odd, so that what stands behind it is reached. */
#include "fuzz/fuzz.h"

#include "host/openssl/openssl.h"
#include "jumin/card.h"

static const struct jm_crypto *const C = &jm_crypto_openssl;

static void put_mac(uint8_t *objects, size_t len, struct jm_card_sm *s, const uint8_t *header)
{
    uint8_t counter[16] = {0}, head[16] = {0}, pad[16] = {0x80}, mac[16];
    size_t before = len < 10 ? 0 : len - 10;
    const struct jm_bytes parts[] = {jm_bytes(counter, 16), jm_bytes(head, header == NULL ? 0 : 16),
                                     jm_bytes(objects, before), jm_bytes(pad, 16 - before % 16)};

    if (len < 10)
        return;
    if (header != NULL) {
        memcpy(head, header, 4);
        head[4] = 0x80;
    }
    counter[15] = 1;
    MUST(jm_aes_cmac(C, jm_bytes(s->mac, 16), parts, 4, mac) == JM_OK);
    memcpy(objects + len - 8, mac, 8);
}

static void chips_side(struct jm_card_sm *s, uint8_t *capdu, size_t size, bool right)
{
    uint8_t room[JM_CARD_CAPDU_MAX];
    struct jm_buf data = jm_buf(room, sizeof room);
    struct jm_apdu outer, inner;
    enum jm_status st;

    if (jm_apdu_read(&outer, jm_bytes(capdu, size)) != JM_OK)
        return;
    if (right && outer.data.len > 0)
        put_mac(capdu + (outer.data.ptr - capdu), outer.data.len, s, capdu);
    st = jm_card_sm_unwrap(s, C, &outer, &data, &inner);
    MUST(s->open == (st == JM_OK));
    MUST(st == JM_OK ? inner.data.len == data.len && (data.len > 0 || inner.le > 0)
                     : data.len == 0 && inner.data.len == 0);
    MUST(right || st != JM_OK); /* nobody guesses a MAC */
}

static void readers_side(struct jm_card_sm *s, uint8_t *rapdu, size_t size, bool right)
{
    static uint8_t room[JM_CARD_RAPDU_MAX];
    struct jm_buf data = jm_buf(room, sizeof room);
    enum jm_status st;
    uint16_t sw;

    if (right && size >= 2)
        put_mac(rapdu, size - 2, s, NULL);
    st = jm_card_sm_open(s, C, jm_bytes(rapdu, size), &data, &sw);
    MUST(s->open == (st == JM_OK));
    MUST(st == JM_OK || (data.len == 0 && sw == 0));
    MUST(right || st != JM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[JM_CARD_RAPDU_MAX + 16];
    struct jm_card_sm s;

    if (size < 2 || size - 2 > sizeof copy)
        return 0;
    MUST(jm_openssl_init() == JM_OK && jm_card_sm_begin(&s, C, JM_BYTES("known to all")) == JM_OK);
    memcpy(copy, data + 2, size - 2);
    if (data[0] % 2 == 0)
        chips_side(&s, copy, size - 2, data[1] % 2 == 1);
    else
        readers_side(&s, copy, size - 2, data[1] % 2 == 1);
    return 0;
}
