/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer's half of a tap: all commands of its channel before any answer, then all answers. */
#include "jumin/cbor.h"
#include "proto/card_parts.h"

#include <string.h>

/* order of the script */
enum { AT_STATUS, AT_SELECT_DG1, AT_DG1, AT_SELECT_SOD, AT_SOD };
#define SESSION_MEMBERS 8

static uint16_t reads_of(size_t len)
{
    return (uint16_t)((len + JM_CARD_BLOCK - 1) / JM_CARD_BLOCK);
}

/* -- commands -- */

static enum jm_status put_plain(struct jm_bytes *out, const struct jm_apdu *a, struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 16 + a->data.len));
    JM_TRY(jm_apdu_write(&b, a));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status put_opaque(struct jm_card_script *out, struct jm_card_sm *sm,
                                 const struct jm_crypto *c, const struct jm_apdu *a,
                                 struct jm_arena *mem)
{
    struct jm_buf b;

    if (out->n == JM_CARD_SCRIPT_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, mem, 64));
    JM_TRY(jm_card_sm_wrap(sm, c, a, &b));
    sm->counter++; /* the answer's */
    out->opaque[out->n++] = jm_written(b);
    return JM_OK;
}

static enum jm_status put_select(struct jm_card_script *out, struct jm_card_sm *sm,
                                 const struct jm_crypto *c, enum jm_card_ef ef,
                                 struct jm_arena *mem)
{
    uint16_t fid = jm_card_ef_row(ef)->fid;
    const uint8_t name[2] = {(uint8_t)(fid >> 8), (uint8_t)fid};
    const struct jm_apdu a = {.ins = JM_INS_SELECT,
                              .p1 = 0x02,
                              .p2 = 0x0C,
                              .data = jm_bytes(name, sizeof name)};

    return put_opaque(out, sm, c, &a, mem);
}

static enum jm_status put_reads(struct jm_card_script *out, struct jm_card_sm *sm,
                                const struct jm_crypto *c, size_t len, struct jm_arena *mem)
{
    for (size_t at = 0; at < len; at += JM_CARD_BLOCK) {
        const struct jm_apdu a = {.ins = JM_INS_READ,
                                  .p1 = (uint8_t)(at >> 8),
                                  .p2 = (uint8_t)at,
                                  .le = JM_CARD_BLOCK};

        JM_TRY(put_opaque(out, sm, c, &a, mem));
    }
    return JM_OK;
}

static enum jm_status put_script(struct jm_card_script *out, struct jm_card_sm *sm,
                                 const struct jm_crypto *c, size_t sod_len, struct jm_arena *mem)
{
    const struct jm_apdu status = {.ins = JM_INS_GET, .p1 = 0x01, .le = JM_CARD_STATUS_LEN};

    JM_TRY(put_opaque(out, sm, c, &status, mem));
    JM_TRY(put_select(out, sm, c, JM_EF_DG1, mem));
    JM_TRY(put_reads(out, sm, c, 1, mem));
    JM_TRY(put_select(out, sm, c, JM_EF_SOD, mem));
    return put_reads(out, sm, c, sod_len, mem);
}

static enum jm_status put_wrap(struct jm_card_script *out, const struct jm_point *ephemeral,
                               struct jm_arena *mem)
{
    struct jm_apdu set = {.ins = JM_INS_MSE, .p1 = 0x41, .p2 = 0xA4, .data = jm_card_ca_select()},
                   auth = {.ins = JM_INS_AUTH, .le = 256};
    uint8_t room[JM_PACE_TEMPLATE_MAX];
    struct jm_buf b = jm_buf(room, sizeof room);

    JM_TRY(jm_card_put_template(&b, 0x80, jm_point_bytes(ephemeral)));
    auth.data = jm_written(b);
    JM_TRY(put_plain(&out->wrap[0], &set, mem));
    return put_plain(&out->wrap[1], &auth, mem);
}

static enum jm_status open_session(struct jm_card_session *s, struct jm_card_sm *sm,
                                   const struct jm_card_sod *sod, const struct jm_point *key,
                                   const struct jm_secret32 *ephemeral, const struct jm_crypto *c,
                                   struct jm_diag *d)
{
    struct jm_point shared;
    enum jm_status st = c->ec_map->multiply(&shared, ephemeral, jm_point_bytes(key));

    if (st == JM_E_MALFORMED)
        return jm_refuse(d, JM_E_DENIED, JM_CARD_POINT, "the chip's key is not on the curve");
    if (st == JM_OK)
        st = jm_card_sm_begin(sm, c, jm_point_x(&shared));
    jm_wipe(&shared, sizeof shared);
    JM_TRY(st);
    memcpy(s->enc, sm->enc, sizeof s->enc);
    memcpy(s->mac, sm->mac, sizeof s->mac);
    for (size_t i = 0; i < sod->n; i++)
        if (sod->dg[i].group == jm_card_ef_row(JM_EF_DG1)->group)
            memcpy(s->dg1_digest, sod->dg[i].digest, sizeof s->dg1_digest);
    JM_TRY(jm_sha256(c, sod->ef, s->sod_digest));
    s->sod_len = (uint16_t)sod->ef.len;
    s->serial_len = (uint8_t)sod->serial.len;
    memcpy(s->serial, sod->serial.ptr, sod->serial.len);
    return JM_OK;
}

enum jm_status jm_card_script(struct jm_card_script *out, struct jm_card_session *session,
                              const struct jm_card_sod *sod, const struct jm_point *key,
                              const struct jm_secret32 *ephemeral, const struct jm_crypto *c,
                              struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_card_sm sm;
    struct jm_point point;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    memset(session, 0, sizeof *session);
    memset(&sm, 0, sizeof sm);
    if (!jm_card_can(c))
        return JM_E_UNSUPPORTED;
    if (sod->ef.len == 0 || sod->ef.len > JM_CARD_SOD_MAX || sod->serial.len == 0 ||
        sod->serial.len > JM_CARD_SERIAL_MAX)
        return JM_E_BUG;
    if ((st = c->ec_map->public_of(&point, ephemeral)) == JM_OK)
        st = open_session(session, &sm, sod, key, ephemeral, c, d);
    if (st == JM_OK)
        st = put_wrap(out, &point, mem);
    if (st == JM_OK)
        st = put_script(out, &sm, c, sod->ef.len, mem);
    session->n = (uint16_t)out->n;
    jm_card_sm_end(&sm);
    if (st != JM_OK) {
        jm_wipe(session, sizeof *session);
        memset(out, 0, sizeof *out);
    }
    return st;
}

/* -- between -- */

enum jm_status jm_card_session_write(struct jm_bytes *out, const struct jm_card_session *s,
                                     struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 192));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, SESSION_MEMBERS);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_bytes(&w, jm_bytes(s->enc, sizeof s->enc));
    jm_cbor_w_bytes(&w, jm_bytes(s->mac, sizeof s->mac));
    jm_cbor_w_bytes(&w, jm_bytes(s->dg1_digest, sizeof s->dg1_digest));
    jm_cbor_w_bytes(&w, jm_bytes(s->sod_digest, sizeof s->sod_digest));
    jm_cbor_w_uint(&w, s->sod_len);
    jm_cbor_w_uint(&w, s->n);
    jm_cbor_w_bytes(&w, jm_bytes(s->serial, s->serial_len));
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

static void take_octets(struct jm_cbor *r, uint8_t *out, size_t len)
{
    struct jm_bytes v = jm_cbor_bytes(r);

    if (v.len != len)
        jm_cbor_fail(r, JM_E_MALFORMED);
    else
        memcpy(out, v.ptr, len);
}

static enum jm_status read_session(struct jm_card_session *out, struct jm_bytes octets)
{
    struct jm_bytes serial;
    uint64_t len, n;
    struct jm_cbor r;

    JM_TRY(jm_cbor_check(octets, NULL, NULL));
    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != SESSION_MEMBERS || jm_cbor_uint(&r) != 1)
        return JM_E_MALFORMED;
    take_octets(&r, out->enc, sizeof out->enc);
    take_octets(&r, out->mac, sizeof out->mac);
    take_octets(&r, out->dg1_digest, sizeof out->dg1_digest);
    take_octets(&r, out->sod_digest, sizeof out->sod_digest);
    len = jm_cbor_uint(&r);
    n = jm_cbor_uint(&r);
    serial = jm_cbor_bytes(&r);
    JM_TRY(jm_cbor_end(&r));
    if (len == 0 || len > JM_CARD_SOD_MAX || n != AT_SOD + (uint64_t)reads_of((size_t)len) ||
        serial.len == 0 || serial.len > JM_CARD_SERIAL_MAX)
        return JM_E_RANGE;
    out->sod_len = (uint16_t)len;
    out->n = (uint16_t)n;
    out->serial_len = (uint8_t)serial.len;
    memcpy(out->serial, serial.ptr, serial.len);
    return JM_OK;
}

enum jm_status jm_card_session_read(struct jm_card_session *out, struct jm_bytes octets)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if ((st = read_session(out, octets)) != JM_OK)
        jm_wipe(out, sizeof *out);
    return st;
}

/* -- answers -- */

struct told {
    uint16_t sw;
    struct jm_bytes data;
};

/* Every MAC in its place, before anything is looked at. */
static enum jm_status open_all(struct told *told, const struct jm_card_session *s,
                               const struct jm_bytes *rapdu, const struct jm_crypto *c,
                               struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_card_sm sm = {.open = true};
    enum jm_status st = JM_OK;

    memcpy(sm.enc, s->enc, sizeof sm.enc);
    memcpy(sm.mac, s->mac, sizeof sm.mac);
    for (size_t i = 0; i < s->n && st == JM_OK; i++) {
        struct jm_buf b;

        sm.counter++; /* the command's */
        st = jm_alloc_buf(&b, mem, rapdu[i].len);
        if (st == JM_OK)
            st = jm_card_sm_open(&sm, c, rapdu[i], &b, &told[i].sw);
        told[i].data = jm_written(b);
    }
    jm_card_sm_end(&sm);
    return st == JM_E_SIGNATURE ? jm_refuse(d, st, JM_CARD_CHIP_AUTH,
                                            "an answer is not that of the chip with this key")
                                : st;
}

static bool sw_fits(const struct told *t, size_t i)
{
    bool reads = i == AT_DG1 || i >= AT_SOD;

    return t->sw == JM_SW_OK || (reads && t->sw == JM_SW_FEWER);
}

static enum jm_status judge_status(struct jm_card_proof *out, struct jm_bytes status,
                                   enum jm_card_password want, struct jm_diag *d)
{
    if (status.len != JM_CARD_STATUS_LEN || status.ptr[0] != 1)
        return jm_refuse(d, JM_E_MALFORMED, JM_CARD_TLV, "a session status of another version");
    if (status.ptr[1] < JM_CARD_CAN || status.ptr[1] > JM_CARD_PUK ||
        (want == JM_CARD_PIN && status.ptr[1] != JM_CARD_PIN))
        return jm_refuse(d, JM_E_DENIED, JM_CARD_PIN_REQUIRED,
                         "the channel was opened without the PIN");
    if (status.ptr[3] != 1)
        return jm_refuse(d, JM_E_DENIED, JM_CARD_CHIP_AUTH,
                         "the chip says that it was not authenticated");
    out->password = (enum jm_card_password)status.ptr[1];
    out->pin_tries = status.ptr[2];
    out->chip_authenticated = true;
    return JM_OK;
}

static enum jm_status judge_dg1(struct jm_card_proof *out, const struct jm_card_session *s,
                                struct jm_bytes ef, const struct jm_crypto *c, struct jm_diag *d)
{
    uint8_t h[32];

    JM_TRY(jm_sha256(c, ef, h));
    if (memcmp(h, s->dg1_digest, sizeof h) != 0)
        return jm_refuse(d, JM_E_DENIED, JM_CARD_FORGED, "DG1 is not the one that was signed");
    if (jm_card_dg1_read(&out->dg1, ef) != JM_OK ||
        !jm_bytes_eq(out->dg1.serial, jm_bytes(s->serial, s->serial_len)))
        return jm_refuse(d, JM_E_DENIED, JM_CARD_FORGED, "DG1 and SOD name two cards");
    return JM_OK;
}

static enum jm_status judge_same_sod(struct jm_card_proof *out, const struct jm_card_session *s,
                                     const struct told *told, const struct jm_crypto *c,
                                     struct jm_arena *mem, struct jm_diag *d)
{
    uint8_t h[32];
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, s->sod_len));
    for (size_t i = AT_SOD; i < s->n; i++)
        if (jm_buf_put(&b, told[i].data) != JM_OK)
            return jm_refuse(d, JM_E_DENIED, JM_CARD_FORGED, "the SOD of the chip is longer");
    JM_TRY(jm_sha256(c, jm_written(b), h));
    if (b.len != s->sod_len || memcmp(h, s->sod_digest, sizeof h) != 0)
        return jm_refuse(d, JM_E_DENIED, JM_CARD_FORGED, "the chip has another SOD");
    out->sod = jm_written(b);
    return JM_OK;
}

static enum jm_status judge_answers(struct jm_card_proof *out, const struct jm_card_session *s,
                                    enum jm_card_password want, const struct jm_bytes *rapdu,
                                    const struct jm_crypto *c, struct jm_arena *mem,
                                    struct jm_diag *d)
{
    struct told told[JM_CARD_SCRIPT_MAX] = {{0}};

    JM_TRY(open_all(told, s, rapdu, c, mem, d));
    for (size_t i = 0; i < s->n; i++)
        if (!sw_fits(&told[i], i))
            return jm_refuse(d, JM_E_MALFORMED, JM_CARD_SW, "the chip refuses a command");
    JM_TRY(judge_status(out, told[AT_STATUS].data, want, d));
    JM_TRY(judge_dg1(out, s, told[AT_DG1].data, c, d));
    return judge_same_sod(out, s, told, c, mem, d);
}

enum jm_status jm_card_finish(struct jm_card_proof *out, const struct jm_card_session *s,
                              enum jm_card_password want, const struct jm_bytes *rapdu, size_t n,
                              const struct jm_crypto *c, struct jm_arena *mem, struct jm_diag *d)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (s->n < AT_SOD || s->n > JM_CARD_SCRIPT_MAX || !jm_card_can(c))
        return JM_E_BUG;
    if (n != s->n)
        return jm_refuse(d, JM_E_CONFLICT, JM_CARD_SESSION_STATE,
                         "not as many answers as there were commands");
    if ((st = judge_answers(out, s, want, rapdu, c, mem, d)) != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}
