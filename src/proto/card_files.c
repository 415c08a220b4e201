/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the chip: one TLV each; security infos in DER, the card's identity in CBOR. */
#include "jumin/cbor.h"
#include "jumin/civil.h"
#include "jumin/der.h"
#include "proto/card_parts.h"

#include <string.h>

#define OID_EC_KEY JM_BYTES("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_P256 JM_BYTES("\x2a\x86\x48\xce\x3d\x03\x01\x07")
#define INFOS_MAX 512

const struct jm_card_ef_row *jm_card_ef_row(enum jm_card_ef ef)
{
    static const struct jm_card_ef_row rows[JM_EF_N] =
        {[JM_EF_ACCESS] = {0x011C, 0x31, 0, false, INFOS_MAX},
         [JM_EF_DG1] = {0x0101, 0x61, 1, false, JM_CARD_DG1_MAX},
         [JM_EF_DG14] = {0x010E, 0x6E, 14, false, JM_CARD_DG14_MAX},
         [JM_EF_SOD] = {0x011D, 0x77, 0, false, JM_CARD_SOD_MAX},
         [JM_EF_DG2] = {0x0102, 0x75, 2, true, JM_CARD_EF_MAX},
         [JM_EF_DG11] = {0x010B, 0x6B, 11, true, JM_CARD_EF_MAX}};

    return &rows[ef];
}

enum jm_status jm_card_ef_len(size_t *len, enum jm_card_ef ef, struct jm_bytes head)
{
    const struct jm_card_ef_row *row = jm_card_ef_row(ef);
    size_t n, value = 0;

    *len = 0;
    if (head.len < 1)
        return JM_E_TRUNCATED;
    if (head.ptr[0] != row->tag)
        return JM_E_MALFORMED;
    if (head.len < 2)
        return JM_E_TRUNCATED;
    n = head.ptr[1] < 0x80 ? 0 : head.ptr[1] & 0x7Fu;
    if (head.ptr[1] >= 0x80 && (n == 0 || n > 2))
        return n == 0 ? JM_E_MALFORMED : JM_E_LIMIT;
    if (head.len < 2 + n)
        return JM_E_TRUNCATED;
    if (n == 0)
        value = head.ptr[1];
    for (size_t i = 0; i < n; i++)
        value = value << 8 | head.ptr[2 + i];
    if ((n == 1 && value < 0x80) || (n == 2 && value < 0x100))
        return JM_E_MALFORMED;
    if (2 + n + value > row->max)
        return JM_E_LIMIT;
    *len = 2 + n + value;
    return JM_OK;
}

/* -- security infos -- */

static bool is_number(struct jm_bytes v, uint8_t n)
{
    return v.len == 1 && v.ptr[0] == n;
}

static void write_number(struct jm_der_w *w, uint8_t n)
{
    jm_der_w_put(w, JM_DER_INT, jm_bytes(&n, 1));
}

enum jm_status jm_card_access_write(struct jm_bytes *out, struct jm_arena *mem)
{
    size_t set, info;
    struct jm_buf b;
    struct jm_der_w w;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 64));
    jm_der_w_init(&w, &b);
    set = jm_der_w_open(&w);
    info = jm_der_w_open(&w);
    jm_der_w_put(&w, JM_DER_OID, JM_OID_PACE);
    write_number(&w, 2);
    write_number(&w, JM_PACE_PARAMETER);
    jm_der_w_close(&w, info, JM_DER_SEQ);
    jm_der_w_close(&w, set, JM_DER_SET);
    JM_TRY(jm_der_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

/* PACEInfo with our version and parameter; every other info is passed by. */
static bool is_our_pace(struct jm_der info)
{
    struct jm_bytes oid = jm_der_take(&info, JM_DER_OID, NULL), version, parameter;

    if (!jm_bytes_eq(oid, JM_OID_PACE))
        return false;
    version = jm_der_take(&info, JM_DER_INT, NULL);
    parameter = jm_der_take(&info, JM_DER_INT, NULL);
    return jm_der_end(&info) == JM_OK && is_number(version, 2) &&
           is_number(parameter, JM_PACE_PARAMETER);
}

enum jm_status jm_card_access_read(struct jm_bytes ef)
{
    bool found = false;
    struct jm_der r, set;

    if (ef.len > INFOS_MAX)
        return JM_E_LIMIT;
    jm_der_init(&r, ef);
    set = jm_der_enter(&r, JM_DER_SET);
    while (jm_der_more(&set)) {
        struct jm_der info = jm_der_enter(&set, JM_DER_SEQ);

        found = is_our_pace(info) || found;
    }
    JM_TRY(jm_der_end(&set));
    JM_TRY(jm_der_end(&r));
    return found ? JM_OK : JM_E_UNSUPPORTED;
}

static void write_public_key(struct jm_der_w *w, const struct jm_point *key)
{
    uint8_t bits[1 + JM_POINT_MAX] = {0};
    size_t spki = jm_der_w_open(w), alg = jm_der_w_open(w);

    memcpy(bits + 1, key->octets, key->len);
    jm_der_w_put(w, JM_DER_OID, OID_EC_KEY);
    jm_der_w_put(w, JM_DER_OID, OID_P256);
    jm_der_w_close(w, alg, JM_DER_SEQ);
    jm_der_w_put(w, JM_DER_BITS, jm_bytes(bits, (size_t)1 + key->len));
    jm_der_w_close(w, spki, JM_DER_SEQ);
}

enum jm_status jm_card_dg14_write(struct jm_bytes *out, const struct jm_point *key,
                                  struct jm_arena *mem)
{
    size_t file, set, info;
    struct jm_buf b;
    struct jm_der_w w;

    *out = jm_none();
    if (key->curve != JM_CURVE_P256 || jm_point_y(key).len == 0)
        return JM_E_RANGE;
    JM_TRY(jm_alloc_buf(&b, mem, 256));
    jm_der_w_init(&w, &b);
    file = jm_der_w_open(&w);
    set = jm_der_w_open(&w);
    info = jm_der_w_open(&w);
    jm_der_w_put(&w, JM_DER_OID, JM_OID_CA);
    write_number(&w, 1);
    jm_der_w_close(&w, info, JM_DER_SEQ);
    info = jm_der_w_open(&w);
    jm_der_w_put(&w, JM_DER_OID, JM_OID_PK_ECDH);
    write_public_key(&w, key);
    jm_der_w_close(&w, info, JM_DER_SEQ);
    jm_der_w_close(&w, set, JM_DER_SET);
    jm_der_w_close(&w, file, jm_card_ef_row(JM_EF_DG14)->tag);
    JM_TRY(jm_der_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status read_public_key(struct jm_point *key, struct jm_der *info)
{
    struct jm_der spki = jm_der_enter(info, JM_DER_SEQ), alg = jm_der_enter(&spki, JM_DER_SEQ);
    struct jm_bytes ec = jm_der_take(&alg, JM_DER_OID, NULL), curve, bits;

    curve = jm_der_take(&alg, JM_DER_OID, NULL);
    bits = jm_der_take(&spki, JM_DER_BITS, NULL);
    JM_TRY(jm_der_end(&alg));
    JM_TRY(jm_der_end(&spki));
    JM_TRY(jm_der_end(info));
    if (!jm_bytes_eq(ec, OID_EC_KEY) || !jm_bytes_eq(curve, OID_P256))
        return JM_E_UNSUPPORTED;
    if (key->len != 0)
        return JM_E_DUPLICATE;
    if (bits.len < 1 || bits.ptr[0] != 0)
        return JM_E_MALFORMED;
    return jm_point_set(key, JM_CURVE_P256, jm_slice(bits, 1, SIZE_MAX));
}

/* What is known goes to @p key and @p known; what is not is passed by. */
static enum jm_status read_ca_info(struct jm_der *set, struct jm_point *key, bool *known)
{
    struct jm_der info = jm_der_enter(set, JM_DER_SEQ);
    struct jm_bytes oid = jm_der_take(&info, JM_DER_OID, NULL), version;

    if (jm_bytes_eq(oid, JM_OID_PK_ECDH))
        return read_public_key(key, &info);
    if (!jm_bytes_eq(oid, JM_OID_CA))
        return info.st;
    version = jm_der_take(&info, JM_DER_INT, NULL);
    JM_TRY(jm_der_end(&info));
    if (*known)
        return JM_E_DUPLICATE;
    *known = is_number(version, 1);
    return JM_OK;
}

enum jm_status jm_card_dg14_read(struct jm_point *key, struct jm_bytes ef)
{
    enum jm_status st = ef.len > JM_CARD_DG14_MAX ? JM_E_LIMIT : JM_OK;
    struct jm_der r, file, set;
    bool known = false;

    memset(key, 0, sizeof *key);
    jm_der_init(&r, ef);
    file = jm_der_enter(&r, jm_card_ef_row(JM_EF_DG14)->tag);
    set = jm_der_enter(&file, JM_DER_SET);
    while (st == JM_OK && jm_der_more(&set))
        st = read_ca_info(&set, key, &known);
    if (st == JM_OK)
        st = jm_der_end(&set);
    if (st == JM_OK)
        st = jm_der_end(&file);
    if (st == JM_OK)
        st = jm_der_end(&r);
    if (st == JM_OK && (!known || key->len == 0))
        st = JM_E_UNSUPPORTED;
    if (st != JM_OK)
        memset(key, 0, sizeof *key);
    return st;
}

/* -- DG1 -- */

static bool is_dg1(const struct jm_card_dg1 *d)
{
    struct jm_date date;

    return d->serial.len > 0 && d->serial.len <= JM_CARD_SERIAL_MAX &&
           jm_bytes_printable(d->serial) && d->authority.len == JM_CARD_AUTHORITY_LEN &&
           jm_bytes_printable(d->authority) && jm_date_parse(&date, d->issued) == JM_OK;
}

enum jm_status jm_card_dg1_write(struct jm_bytes *out, const struct jm_card_dg1 *in,
                                 struct jm_arena *mem)
{
    uint8_t room[JM_CARD_DG1_MAX];
    struct jm_buf content = jm_buf(room, sizeof room), b;
    struct jm_cbor_w w;

    *out = jm_none();
    if (!is_dg1(in))
        return JM_E_RANGE;
    jm_cbor_w_init(&w, &content);
    jm_cbor_w_map(&w, 4);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_text(&w, in->serial);
    jm_cbor_w_uint(&w, 3);
    jm_cbor_w_text(&w, in->authority);
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_text(&w, in->issued);
    JM_TRY(jm_cbor_w_end(&w));
    JM_TRY(jm_alloc_buf(&b, mem, JM_CARD_DG1_MAX));
    JM_TRY(jm_card_put(&b, jm_card_ef_row(JM_EF_DG1)->tag, jm_written(content)));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_card_cbor_of(struct jm_bytes *cbor, enum jm_card_ef ef, struct jm_bytes octets)
{
    struct jm_cbor_fault fault;
    struct jm_der r;

    *cbor = jm_none();
    if (octets.len > jm_card_ef_row(ef)->max)
        return JM_E_LIMIT;
    jm_der_init(&r, octets);
    *cbor = jm_der_take(&r, jm_card_ef_row(ef)->tag, NULL);
    JM_TRY(jm_der_end(&r));
    JM_TRY(jm_cbor_check(*cbor, NULL, &fault));
    return fault.non_preferred == 0 ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_card_dg1_read(struct jm_card_dg1 *out, struct jm_bytes ef)
{
    struct jm_card_dg1 dg1;
    struct jm_bytes cbor;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_card_cbor_of(&cbor, JM_EF_DG1, ef));
    jm_cbor_init(&r, cbor);
    if (jm_cbor_map(&r) != 4 || jm_cbor_uint(&r) != 1 || jm_cbor_uint(&r) != 1 ||
        jm_cbor_uint(&r) != 2)
        return JM_E_MALFORMED;
    dg1.serial = jm_cbor_text(&r);
    if (jm_cbor_uint(&r) != 3)
        return JM_E_MALFORMED;
    dg1.authority = jm_cbor_text(&r);
    if (jm_cbor_uint(&r) != 4)
        return JM_E_MALFORMED;
    dg1.issued = jm_cbor_text(&r);
    JM_TRY(jm_cbor_end(&r));
    if (!is_dg1(&dg1))
        return JM_E_RANGE;
    *out = dg1;
    return JM_OK;
}
