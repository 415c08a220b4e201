/* SPDX-License-Identifier: Apache-2.0 */
/* PACE, ECDH with generic mapping on P-256, both sides: one table of steps a role. */
#include "proto/card_parts.h"

#include <string.h>

#define TOKEN_LEN 8

void jm_pace_end(struct jm_pace *p)
{
    jm_wipe(p, sizeof *p);
    p->failed = true;
}

enum jm_status jm_pace_begin(struct jm_pace *p, const struct jm_crypto *c, enum jm_pace_role role,
                             struct jm_bytes password, const struct jm_secret32 *map,
                             const struct jm_secret32 *agree, const uint8_t *nonce)
{
    memset(p, 0, sizeof *p);
    p->failed = true;
    JM_TRY(jm_card_kdf(p->password_key, c, password, 3));
    p->failed = false;
    p->role = role;
    p->map = *map;
    p->agree = *agree;
    if (nonce != NULL)
        memcpy(p->nonce, nonce, sizeof p->nonce);
    return JM_OK;
}

/* -- points -- */

static enum jm_status refuse_point(struct jm_diag *d, const char *why)
{
    return jm_refuse(d, JM_E_DENIED, JM_CARD_POINT, why);
}

/* What the port says of a point of the other side. */
static enum jm_status judge_point(enum jm_status st, struct jm_diag *d)
{
    return jm_class_of(st) == JM_CLASS_INPUT || st == JM_E_DENIED
               ? refuse_point(d, "not on the curve, or infinity comes of it")
               : st;
}

static enum jm_status take_peer(struct jm_point *peer, const struct jm_pace *p,
                                struct jm_bytes octets, struct jm_diag *d)
{
    if (jm_point_set(peer, JM_CURVE_P256, octets) != JM_OK)
        return refuse_point(d, "no uncompressed point");
    return jm_point_eq(peer, &p->own) ? refuse_point(d, "our own point came back") : JM_OK;
}

/* H = map · peer; G' = nonce · G + H */
static enum jm_status map_base(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes octets,
                               struct jm_diag *d)
{
    struct jm_point peer, h;
    struct jm_secret32 s = {{0}};
    enum jm_status st = take_peer(&peer, p, octets, d);

    memset(&h, 0, sizeof h);
    memcpy(s.octets + 16, p->nonce, 16);
    if (st == JM_OK)
        st = judge_point(c->ec_map->multiply(&h, &p->map, jm_point_bytes(&peer)), d);
    if (st == JM_OK)
        st = judge_point(c->ec_map->combine(&p->base, &s, jm_point_bytes(&h)), d);
    jm_wipe(&s, sizeof s);
    jm_wipe(&h, sizeof h);
    jm_wipe(&p->map, sizeof p->map);
    jm_wipe(p->nonce, sizeof p->nonce);
    return st;
}

/* MAC over the public key object with that point; the first eight octets. */
static enum jm_status make_token(uint8_t token[TOKEN_LEN], const struct jm_pace *p,
                                 const struct jm_crypto *c, const struct jm_point *point)
{
    const struct jm_bytes parts[] = {JM_BYTES("\x7f\x49\x4f\x06\x0a"), JM_OID_PACE,
                                     JM_BYTES("\x86\x41"), jm_point_bytes(point)};
    uint8_t mac[JM_AES_BLOCK];
    enum jm_status st = jm_aes_cmac(c, jm_bytes(p->mac, 16), parts, JM_ARRAY_LEN(parts), mac);

    memcpy(token, mac, TOKEN_LEN);
    jm_wipe(mac, sizeof mac);
    return st;
}

/* K = x of agree · peer, the keys, both tokens: each covers the other side's point. */
static enum jm_status agree_keys(struct jm_pace *p, const struct jm_crypto *c,
                                 struct jm_bytes octets, struct jm_diag *d)
{
    struct jm_point peer, shared;
    enum jm_status st = take_peer(&peer, p, octets, d);

    memset(&shared, 0, sizeof shared);
    if (st == JM_OK)
        st = judge_point(c->ec_map->multiply(&shared, &p->agree, jm_point_bytes(&peer)), d);
    if (st == JM_OK)
        st = jm_card_kdf(p->enc, c, jm_point_x(&shared), 1);
    if (st == JM_OK)
        st = jm_card_kdf(p->mac, c, jm_point_x(&shared), 2);
    if (st == JM_OK)
        st = make_token(p->own_token, p, c, &peer);
    if (st == JM_OK)
        st = make_token(p->peer_token, p, c, &p->own);
    jm_wipe(&shared, sizeof shared);
    jm_wipe(&p->agree, sizeof p->agree);
    jm_wipe(&p->base, sizeof p->base);
    return st;
}

static enum jm_status check_token(const struct jm_pace *p, struct jm_bytes token, struct jm_diag *d)
{
    return jm_bytes_eq_ct(token, jm_bytes(p->peer_token, TOKEN_LEN))
               ? JM_OK
               : jm_refuse(d, JM_E_SIGNATURE, JM_CARD_PACE_PROTOCOL,
                           "the other side's token does not hold");
}

/* -- steps -- */

static enum jm_status crypt_nonce(struct jm_pace *p, const struct jm_crypto *c, bool encrypt,
                                  uint8_t out[16])
{
    static const uint8_t zero[16];
    enum jm_status st = c->cbc(encrypt, jm_bytes(p->password_key, 16), zero, out, 16);

    jm_wipe(p->password_key, sizeof p->password_key);
    return st;
}

static enum jm_status reader_nonce(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                   struct jm_buf *out, struct jm_diag *d)
{
    if (in.len != sizeof p->nonce)
        return jm_refuse(d, JM_E_DENIED, JM_CARD_PACE_PROTOCOL, "a nonce of another length");
    memcpy(p->nonce, in.ptr, sizeof p->nonce);
    JM_TRY(crypt_nonce(p, c, false, p->nonce));
    JM_TRY(c->ec_map->public_of(&p->own, &p->map));
    return jm_card_put_template(out, 0x81, jm_point_bytes(&p->own));
}

static enum jm_status reader_map(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                 struct jm_buf *out, struct jm_diag *d)
{
    JM_TRY(map_base(p, c, in, d));
    JM_TRY(c->ec_map->multiply(&p->own, &p->agree, jm_point_bytes(&p->base)));
    return jm_card_put_template(out, 0x83, jm_point_bytes(&p->own));
}

static enum jm_status reader_agree(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                   struct jm_buf *out, struct jm_diag *d)
{
    JM_TRY(agree_keys(p, c, in, d));
    return jm_card_put_template(out, 0x85, jm_bytes(p->own_token, TOKEN_LEN));
}

static enum jm_status reader_token(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                   struct jm_buf *out, struct jm_diag *d)
{
    (void)c, (void)out;
    return check_token(p, in, d);
}

static enum jm_status chip_nonce(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                 struct jm_buf *out, struct jm_diag *d)
{
    uint8_t z[16];

    (void)in, (void)d;
    memcpy(z, p->nonce, sizeof z);
    JM_TRY(crypt_nonce(p, c, true, z));
    return jm_card_put_template(out, 0x80, jm_bytes(z, sizeof z));
}

static enum jm_status chip_map(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                               struct jm_buf *out, struct jm_diag *d)
{
    JM_TRY(c->ec_map->public_of(&p->own, &p->map));
    JM_TRY(map_base(p, c, in, d));
    return jm_card_put_template(out, 0x82, jm_point_bytes(&p->own));
}

static enum jm_status chip_agree(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                 struct jm_buf *out, struct jm_diag *d)
{
    JM_TRY(c->ec_map->multiply(&p->own, &p->agree, jm_point_bytes(&p->base)));
    JM_TRY(agree_keys(p, c, in, d));
    return jm_card_put_template(out, 0x84, jm_point_bytes(&p->own));
}

static enum jm_status chip_token(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                                 struct jm_buf *out, struct jm_diag *d)
{
    (void)c;
    JM_TRY(check_token(p, in, d));
    return jm_card_put_template(out, 0x86, jm_bytes(p->own_token, TOKEN_LEN));
}

enum jm_status jm_pace_step(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                            struct jm_buf *out, struct jm_diag *d)
{
    static const struct {
        unsigned tag; /* of what comes in; 0: nothing */
        enum jm_status (*run)(struct jm_pace *p, const struct jm_crypto *c, struct jm_bytes in,
                              struct jm_buf *out, struct jm_diag *d);
    } steps[2][JM_PACE_STEPS] =
        {{{0x80, reader_nonce}, {0x82, reader_map}, {0x84, reader_agree}, {0x86, reader_token}},
         {{0, chip_nonce}, {0x81, chip_map}, {0x83, chip_agree}, {0x85, chip_token}}};
    size_t role = p->role == JM_PACE_CHIP ? 1 : 0, mark = out->len;
    struct jm_bytes value;
    enum jm_status st;

    if (p->failed || p->step >= JM_PACE_STEPS)
        return JM_E_BUG;
    if (jm_card_template(&value, steps[role][p->step].tag, in) != JM_OK)
        st = jm_refuse(d, JM_E_DENIED, JM_CARD_PACE_PROTOCOL, "not the object of this step");
    else
        st = steps[role][p->step].run(p, c, value, out, d);
    if (st != JM_OK) {
        out->len = mark;
        jm_pace_end(p);
        return st;
    }
    p->step++;
    return JM_OK;
}

enum jm_status jm_pace_finish(struct jm_pace *p, struct jm_card_sm *channel)
{
    bool done = !p->failed && p->step == JM_PACE_STEPS;

    memset(channel, 0, sizeof *channel);
    if (done) {
        memcpy(channel->enc, p->enc, sizeof channel->enc);
        memcpy(channel->mac, p->mac, sizeof channel->mac);
        channel->open = true;
    }
    jm_pace_end(p);
    return done ? JM_OK : JM_E_BUG;
}

enum jm_status jm_pace_select(struct jm_buf *out, enum jm_card_password password)
{
    const uint8_t reference = (uint8_t)password;

    JM_TRY(jm_card_put(out, 0x80, JM_OID_PACE));
    return jm_card_put(out, 0x83, jm_bytes(&reference, 1));
}

struct jm_bytes jm_card_ca_select(void)
{
    return JM_BYTES("\x80\x0a\x04\x00\x7f\x00\x07\x02\x02\x03\x02\x02");
}
