/* SPDX-License-Identifier: Apache-2.0 */
/* What lasts without power, as CBOR: {1 version, 2 [file…], 3 key, 4 PIN, 5 CAN, 6 PUK, 7 PIN
 * tries, 8 PUK tries, 9 wrong CANs}. */
#include "jumin/cbor.h"
#include "jumin/chip.h"
#include "proto/card_parts.h"

#include <string.h>

#define VERSION 1
#define MEMBERS 9

static bool is_image(const struct jm_chip_image *i)
{
    bool ok = i->pin_tries <= JM_CHIP_PIN_TRIES && i->puk_tries <= JM_CHIP_PUK_TRIES &&
              jm_card_is_password(jm_bytes(i->pin, sizeof i->pin), JM_CARD_PIN_LEN) &&
              jm_card_is_password(jm_bytes(i->can, sizeof i->can), JM_CARD_PIN_LEN) &&
              jm_card_is_password(jm_bytes(i->puk, sizeof i->puk), JM_CARD_PUK_LEN);

    for (unsigned ef = 0; ok && ef < JM_EF_N; ef++) {
        size_t len;

        ok = i->file[ef].len == 0 ||
             (jm_card_ef_len(&len, (enum jm_card_ef)ef, i->file[ef]) == JM_OK &&
              len == i->file[ef].len);
    }
    return ok;
}

enum jm_status jm_chip_write(struct jm_bytes *out, const struct jm_chip_image *image,
                             struct jm_arena *mem)
{
    size_t len = 256;
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    if (!is_image(image))
        return JM_E_RANGE;
    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        len += image->file[ef].len + 8;
    JM_TRY(jm_alloc_buf(&b, mem, len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, MEMBERS);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, VERSION);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_array(&w, JM_EF_N);
    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        jm_cbor_w_bytes(&w, image->file[ef]);
    jm_cbor_w_uint(&w, 3);
    jm_cbor_w_bytes(&w, jm_bytes(image->key.octets, sizeof image->key.octets));
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_bytes(&w, jm_bytes(image->pin, sizeof image->pin));
    jm_cbor_w_uint(&w, 5);
    jm_cbor_w_bytes(&w, jm_bytes(image->can, sizeof image->can));
    jm_cbor_w_uint(&w, 6);
    jm_cbor_w_bytes(&w, jm_bytes(image->puk, sizeof image->puk));
    jm_cbor_w_uint(&w, 7);
    jm_cbor_w_uint(&w, image->pin_tries);
    jm_cbor_w_uint(&w, 8);
    jm_cbor_w_uint(&w, image->puk_tries);
    jm_cbor_w_uint(&w, 9);
    jm_cbor_w_uint(&w, image->can_wrong);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

static void read_key(struct jm_cbor *r, uint64_t key)
{
    if (jm_cbor_uint(r) != key)
        jm_cbor_fail(r, JM_E_MALFORMED);
}

static void read_octets(struct jm_cbor *r, uint64_t key, uint8_t *out, size_t len)
{
    struct jm_bytes v;

    read_key(r, key);
    v = jm_cbor_bytes(r);
    if (v.len != len)
        jm_cbor_fail(r, JM_E_MALFORMED);
    else if (len > 0)
        memcpy(out, v.ptr, len);
}

static uint8_t read_count(struct jm_cbor *r, uint64_t key)
{
    uint64_t v;

    read_key(r, key);
    v = jm_cbor_uint(r);
    if (v > UINT8_MAX)
        jm_cbor_fail(r, JM_E_RANGE);
    return (uint8_t)v;
}

static enum jm_status read_image(struct jm_chip_image *i, struct jm_bytes octets)
{
    struct jm_cbor r;

    jm_cbor_init(&r, octets);
    if (jm_cbor_map(&r) != MEMBERS)
        jm_cbor_fail(&r, JM_E_MALFORMED);
    read_key(&r, 1);
    if (jm_cbor_uint(&r) != VERSION)
        jm_cbor_fail(&r, JM_E_UNSUPPORTED);
    read_key(&r, 2);
    if (jm_cbor_array(&r) != JM_EF_N)
        jm_cbor_fail(&r, JM_E_MALFORMED);
    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        i->file[ef] = jm_cbor_bytes(&r);
    read_octets(&r, 3, i->key.octets, sizeof i->key.octets);
    read_octets(&r, 4, i->pin, sizeof i->pin);
    read_octets(&r, 5, i->can, sizeof i->can);
    read_octets(&r, 6, i->puk, sizeof i->puk);
    i->pin_tries = read_count(&r, 7);
    i->puk_tries = read_count(&r, 8);
    i->can_wrong = read_count(&r, 9);
    JM_TRY(jm_cbor_end(&r));
    return is_image(i) ? JM_OK : JM_E_RANGE;
}

enum jm_status jm_chip_read(struct jm_chip_image *out, struct jm_bytes octets)
{
    struct jm_cbor_fault fault;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (octets.len > JM_CHIP_IMAGE_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_cbor_check(octets, NULL, &fault));
    if ((st = read_image(out, octets)) != JM_OK)
        jm_wipe(out, sizeof *out);
    return st;
}
