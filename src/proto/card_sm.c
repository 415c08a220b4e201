/* SPDX-License-Identifier: Apache-2.0 */
/* Secure messaging, both sides: AES-CBC with an IV of the counter, CMAC over counter and objects.
 */
#include "jumin/der.h"
#include "proto/card_parts.h"

#include <string.h>

#define COUNTER_END (UINT64_C(1) << 32)
#define MAC_LEN 8
#define SM_BITS 0x0C
enum { DO_CIPHER = 0x87, DO_MAC = 0x8E, DO_LE = 0x97, DO_SW = 0x99 };

enum jm_status jm_card_kdf(uint8_t key[16], const struct jm_crypto *c, struct jm_bytes secret,
                           uint32_t use)
{
    uint8_t number[4], out[JM_HASH_MAX];
    const struct jm_bytes parts[2] = {secret, jm_bytes(number, sizeof number)};
    enum jm_status st;

    jm_put_u32_be(number, use);
    memset(key, 0, 16);
    if ((st = c->hash(JM_SHA1, parts, 2, out)) == JM_OK)
        memcpy(key, out, 16);
    jm_wipe(out, sizeof out);
    return st;
}

void jm_card_sm_end(struct jm_card_sm *s)
{
    jm_wipe(s, sizeof *s);
}

enum jm_status jm_card_sm_begin(struct jm_card_sm *s, const struct jm_crypto *c,
                                struct jm_bytes shared_x)
{
    enum jm_status st;

    memset(s, 0, sizeof *s);
    if ((st = jm_card_kdf(s->enc, c, shared_x, 1)) != JM_OK ||
        (st = jm_card_kdf(s->mac, c, shared_x, 2)) != JM_OK) {
        jm_card_sm_end(s);
        return st;
    }
    s->open = true;
    return JM_OK;
}

/* -- what both directions have in common -- */

static enum jm_status next_counter(struct jm_card_sm *s, uint8_t out[16])
{
    if (!s->open)
        return JM_E_BUG;
    if (s->counter + 1 >= COUNTER_END)
        return JM_E_LIMIT;
    s->counter++;
    memset(out, 0, 16);
    jm_put_u64_be(out + 8, s->counter);
    return JM_OK;
}

/* padded, in @p data of @p len octets with room for 16 more */
static size_t pad_block(uint8_t *data, size_t len)
{
    size_t end = (len / 16 + 1) * 16;

    memset(data + len, 0, end - len);
    data[len] = 0x80;
    return end;
}

/* False: no padding of ISO/IEC 9797-1 method 2, or nothing before it. */
static bool strip_padding(const uint8_t *data, size_t *len)
{
    size_t n = *len;

    while (n > 0 && *len - n < 15 && data[n - 1] == 0)
        n--;
    if (n < 2 || data[n - 1] != 0x80)
        return false;
    *len = n - 1;
    return true;
}

static enum jm_status run_cipher(const struct jm_card_sm *s, const struct jm_crypto *c,
                                 const uint8_t counter[16], bool encrypt, uint8_t *data, size_t len)
{
    static const uint8_t zero[16];
    uint8_t iv[16];
    enum jm_status st;

    memcpy(iv, counter, sizeof iv);
    if ((st = c->cbc(true, jm_bytes(s->enc, 16), zero, iv, sizeof iv)) == JM_OK)
        st = c->cbc(encrypt, jm_bytes(s->enc, 16), iv, data, len);
    jm_wipe(iv, sizeof iv);
    return st;
}

/* Over counter ‖ padded header ‖ objects, padded; without a header for answers. */
static enum jm_status mac_of(uint8_t out[16], const struct jm_card_sm *s, const struct jm_crypto *c,
                             const uint8_t counter[16], const uint8_t *header,
                             struct jm_bytes objects)
{
    uint8_t head[16] = {0}, end[16] = {0x80};
    const struct jm_bytes parts[4] = {jm_bytes(counter, 16),
                                      jm_bytes(head, header == NULL ? 0 : 16), objects,
                                      jm_bytes(end, 16 - objects.len % 16)};

    if (header != NULL) {
        memcpy(head, header, 4);
        head[4] = 0x80;
    }
    return jm_aes_cmac(c, jm_bytes(s->mac, 16), parts, 4, out);
}

/* Appends 87 len 01 ‖ ciphertext. */
static enum jm_status put_cipher(const struct jm_card_sm *s, const struct jm_crypto *c,
                                 const uint8_t counter[16], struct jm_bytes plain,
                                 struct jm_buf *out)
{
    size_t padded = (plain.len / 16 + 1) * 16, len = 1 + padded, at = out->len;
    uint8_t head[5] = {DO_CIPHER, 0x82, (uint8_t)(len >> 8), (uint8_t)len};
    size_t n = 4;

    if (len < 0x80) {
        head[1] = (uint8_t)len;
        n = 2;
    } else if (len < 0x100) {
        head[1] = 0x81;
        head[2] = (uint8_t)len;
        n = 3;
    }
    head[n++] = 1;
    if (plain.len > UINT16_MAX / 2 || n + padded > out->cap - out->len)
        return JM_E_NO_SPACE;
    memcpy(out->ptr + at, head, n);
    memcpy(out->ptr + at + n, plain.ptr, plain.len);
    (void)pad_block(out->ptr + at + n, plain.len);
    out->len = at + n + padded;
    return run_cipher(s, c, counter, true, out->ptr + at + n, padded);
}

static enum jm_status put_mac(const struct jm_card_sm *s, const struct jm_crypto *c,
                              const uint8_t counter[16], const uint8_t *header, size_t from,
                              struct jm_buf *out)
{
    uint8_t mac[16];

    JM_TRY(mac_of(mac, s, c, counter, header, jm_bytes(out->ptr + from, out->len - from)));
    return jm_card_put(out, DO_MAC, jm_bytes(mac, MAC_LEN));
}

/* Decrypts what is in 87 to the end of @p data. */
static enum jm_status take_cipher(const struct jm_card_sm *s, const struct jm_crypto *c,
                                  const uint8_t counter[16], struct jm_bytes value,
                                  struct jm_buf *data)
{
    size_t len = value.len - 1;
    uint8_t *at = data->ptr + data->len;

    if (value.len < 17 || len % 16 != 0 || value.ptr[0] != 1)
        return JM_E_SIGNATURE;
    if (len > data->cap - data->len)
        return JM_E_NO_SPACE;
    memcpy(at, value.ptr + 1, len);
    JM_TRY(run_cipher(s, c, counter, false, at, len));
    if (!strip_padding(at, &len)) {
        jm_wipe(at, len);
        return JM_E_SIGNATURE;
    }
    data->len += len;
    return JM_OK;
}

/* A fault ends the channel; what was written goes. */
static enum jm_status end_with(struct jm_card_sm *s, enum jm_status st, struct jm_buf *out,
                               size_t mark)
{
    if (st == JM_OK)
        return JM_OK;
    jm_wipe(out->ptr + mark, out->len - mark);
    out->len = mark;
    jm_card_sm_end(s);
    return st == JM_E_MALFORMED ? JM_E_SIGNATURE : st;
}

/* -- the reader's side -- */

static enum jm_status wrap_objects(struct jm_card_sm *s, const struct jm_crypto *c,
                                   const struct jm_apdu *a, struct jm_apdu *outer,
                                   struct jm_buf *objects)
{
    uint8_t counter[16], le[2] = {(uint8_t)(a->le >> 8), (uint8_t)a->le};
    const uint8_t header[4] = {a->cla | SM_BITS, a->ins, a->p1, a->p2};
    bool wide = a->le > 256;

    if (a->data.len == 0 && a->le == 0)
        return JM_E_BUG;
    JM_TRY(next_counter(s, counter));
    if (a->data.len > 0)
        JM_TRY(put_cipher(s, c, counter, a->data, objects));
    if (a->le > 0)
        JM_TRY(jm_card_put(objects, DO_LE, wide ? jm_bytes(le, 2) : jm_bytes(le + 1, 1)));
    JM_TRY(put_mac(s, c, counter, header, 0, objects));
    *outer = *a;
    outer->cla |= SM_BITS;
    outer->data = jm_written(*objects);
    outer->le = wide || objects->len > 255 ? 65536 : 256;
    return JM_OK;
}

enum jm_status jm_card_sm_wrap(struct jm_card_sm *s, const struct jm_crypto *c,
                               const struct jm_apdu *command, struct jm_buf *out)
{
    uint8_t room[JM_CARD_CAPDU_MAX];
    struct jm_buf objects = jm_buf(room, sizeof room);
    size_t mark = out->len;
    struct jm_apdu outer;
    enum jm_status st = wrap_objects(s, c, command, &outer, &objects);

    if (st == JM_OK)
        st = jm_apdu_write(out, &outer);
    if (st != JM_OK)
        jm_wipe(room, sizeof room); /* what was not encrypted yet */
    return end_with(s, st, out, mark);
}

static enum jm_status open_answer(struct jm_card_sm *s, const struct jm_crypto *c,
                                  struct jm_bytes rapdu, struct jm_buf *data, uint16_t *sw)
{
    uint8_t counter[16], mac[16];
    struct jm_bytes cipher_value = jm_none(), sw_value, mac_value, mac_whole;
    bool has_cipher;
    struct jm_der r;

    JM_TRY(next_counter(s, counter));
    if (rapdu.len < 2)
        return JM_E_SIGNATURE;
    jm_der_init(&r, jm_slice(rapdu, 0, rapdu.len - 2));
    has_cipher = jm_der_opt(&r, DO_CIPHER, &cipher_value);
    sw_value = jm_der_take(&r, DO_SW, NULL);
    mac_value = jm_der_take(&r, DO_MAC, &mac_whole);
    if (jm_der_end(&r) != JM_OK || sw_value.len != 2 || mac_value.len != MAC_LEN)
        return JM_E_SIGNATURE;
    JM_TRY(mac_of(mac, s, c, counter, NULL, jm_slice(r.in, 0, r.in.len - mac_whole.len)));
    if (!jm_bytes_eq_ct(jm_bytes(mac, MAC_LEN), mac_value) ||
        !jm_bytes_eq(sw_value, jm_slice(rapdu, rapdu.len - 2, 2)))
        return JM_E_SIGNATURE;
    *sw = (uint16_t)(sw_value.ptr[0] << 8 | sw_value.ptr[1]);
    return has_cipher ? take_cipher(s, c, counter, cipher_value, data) : JM_OK;
}

enum jm_status jm_card_sm_open(struct jm_card_sm *s, const struct jm_crypto *c,
                               struct jm_bytes rapdu, struct jm_buf *data, uint16_t *sw)
{
    size_t mark = data->len;
    enum jm_status st;

    *sw = 0;
    st = end_with(s, open_answer(s, c, rapdu, data, sw), data, mark);
    if (st != JM_OK)
        *sw = 0;
    return st;
}

/* -- the chip's side -- */

/* `97`: one octet, or two where the command is extended. */
static bool read_le(uint32_t *le, struct jm_bytes v, bool extended)
{
    if (v.len == 1)
        *le = v.ptr[0] == 0 ? 256 : v.ptr[0];
    else if (v.len == 2 && extended)
        *le = (v.ptr[0] | v.ptr[1]) == 0 ? 65536 : (uint32_t)v.ptr[0] << 8 | v.ptr[1];
    else
        return false;
    return true;
}

static enum jm_status unwrap_command(struct jm_card_sm *s, const struct jm_crypto *c,
                                     const struct jm_apdu *outer, struct jm_buf *data,
                                     struct jm_apdu *inner)
{
    const uint8_t header[4] = {outer->cla, outer->ins, outer->p1, outer->p2};
    struct jm_bytes cipher_value, le_value, mac_value, mac_whole;
    bool has_cipher, has_le;
    uint8_t counter[16], mac[16];
    size_t mark = data->len;
    uint32_t le = 0;
    struct jm_der r;

    JM_TRY(next_counter(s, counter));
    jm_der_init(&r, outer->data);
    has_cipher = jm_der_opt(&r, DO_CIPHER, &cipher_value);
    has_le = jm_der_opt(&r, DO_LE, &le_value);
    mac_value = jm_der_take(&r, DO_MAC, &mac_whole);
    if (jm_der_end(&r) != JM_OK || mac_value.len != MAC_LEN || (!has_cipher && !has_le) ||
        (has_le && !read_le(&le, le_value, outer->extended)) ||
        outer->le != (outer->extended ? 65536 : 256))
        return JM_E_SIGNATURE;
    JM_TRY(mac_of(mac, s, c, counter, header, jm_slice(r.in, 0, r.in.len - mac_whole.len)));
    if (!jm_bytes_eq_ct(jm_bytes(mac, MAC_LEN), mac_value))
        return JM_E_SIGNATURE;
    if (has_cipher)
        JM_TRY(take_cipher(s, c, counter, cipher_value, data));
    *inner = (struct jm_apdu){.cla = outer->cla & (uint8_t)~SM_BITS,
                              .ins = outer->ins,
                              .p1 = outer->p1,
                              .p2 = outer->p2,
                              .data = jm_bytes(data->ptr + mark, data->len - mark),
                              .le = le,
                              .extended = outer->extended};
    return JM_OK;
}

enum jm_status jm_card_sm_unwrap(struct jm_card_sm *s, const struct jm_crypto *c,
                                 const struct jm_apdu *outer, struct jm_buf *data,
                                 struct jm_apdu *inner)
{
    size_t mark = data->len;

    memset(inner, 0, sizeof *inner);
    return end_with(s, unwrap_command(s, c, outer, data, inner), data, mark);
}

static enum jm_status put_answer(struct jm_card_sm *s, const struct jm_crypto *c,
                                 struct jm_bytes data, const uint8_t status[2], struct jm_buf *out)
{
    size_t mark = out->len;
    uint8_t counter[16];

    JM_TRY(next_counter(s, counter));
    if (data.len > 0)
        JM_TRY(put_cipher(s, c, counter, data, out));
    JM_TRY(jm_card_put(out, DO_SW, jm_bytes(status, 2)));
    JM_TRY(put_mac(s, c, counter, NULL, mark, out));
    return jm_buf_put(out, jm_bytes(status, 2));
}

enum jm_status jm_card_sm_answer(struct jm_card_sm *s, const struct jm_crypto *c,
                                 struct jm_bytes data, uint16_t sw, struct jm_buf *out)
{
    const uint8_t status[2] = {(uint8_t)(sw >> 8), (uint8_t)sw};
    size_t mark = out->len;

    return end_with(s, put_answer(s, c, data, status, out), out, mark);
}
