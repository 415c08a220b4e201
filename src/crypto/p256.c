/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of P-256 in plain C, for where there is no library: the same instructions and the same
 * addresses whatever the scalar.
 *
 * Coordinates are in Montgomery form, eight limbs of 32 bits, always below p. Points are
 * projective; one formula adds any two of them, equal, opposite or at infinity (J. Renes, C.
 * Costello, L. Batina, Complete addition formulas for prime order elliptic curves, 2016, for a =
 * -3), so that nothing has to be told apart. A scalar is taken in windows of four bits; of the
 * table each entry is read each time.
 */
#include "crypto/p256.h"

#include <string.h>

#define LIMBS 8
#define WINDOW 16 /* multiples of a point: four bits */

struct num {
    uint32_t v[LIMBS]; /* least significant first */
};

struct point {
    struct num x, y, z; /* x/z, y/z; z 0: infinity */
};

static const struct num P = {{0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000,
                              0x00000000, 0x00000001, 0xffffffff}};
static const struct num ORDER = {{0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff,
                                  0xffffffff, 0x00000000, 0xffffffff}};
/* 2^256 and 2^512 modulo p; b, and the base point, in Montgomery form */
static const struct num ONE = {{0x00000001, 0x00000000, 0x00000000, 0xffffffff, 0xffffffff,
                                0xffffffff, 0xfffffffe, 0x00000000}};
static const struct num SQUARE = {{0x00000003, 0x00000000, 0xffffffff, 0xfffffffb, 0xfffffffe,
                                   0xffffffff, 0xfffffffd, 0x00000004}};
static const struct num B = {{0x29c4bddf, 0xd89cdf62, 0x78843090, 0xacf005cd, 0xf7212ed6,
                              0xe5a220ab, 0x04874834, 0xdc30061d}};
static const struct num GX = {{0x18a9143c, 0x79e730d4, 0x5fedb601, 0x75ba95fc, 0x77622510,
                               0x79fb732b, 0xa53755c6, 0x18905f76}};
static const struct num GY = {{0xce95560a, 0xddf25357, 0xba19e45c, 0x8b4ab8e4, 0xdd21f325,
                               0xd2e88688, 0x25885d85, 0x8571ff18}};

/* -- numbers modulo p -- */

/* a - b; all ones where it went below zero, else 0 */
static uint32_t subtract_raw(struct num *out, const struct num *a, const struct num *b)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t d = (uint64_t)a->v[i] - b->v[i] - borrow;

        out->v[i] = (uint32_t)d;
        borrow = d >> 63;
    }
    return (uint32_t)(0 - borrow);
}

/* @p in where @p mask is all ones, else what stands there */
static void choose_num(struct num *out, const struct num *in, uint32_t mask)
{
    for (size_t i = 0; i < LIMBS; i++)
        out->v[i] = (out->v[i] & ~mask) | (in->v[i] & mask);
}

/* @p high ‖ @p a, below 2p, to below p */
static void reduce_once(struct num *a, uint32_t high)
{
    struct num less;
    uint32_t below = subtract_raw(&less, a, &P);

    /* keep a only where it is below p and nothing stands above it */
    choose_num(a, &less, ~(below & (high - 1))); /* high: 0 or 1 */
    jm_wipe(&less, sizeof less);
}

static void add_num(struct num *out, const struct num *a, const struct num *b)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->v[i] + b->v[i];
        out->v[i] = (uint32_t)carry;
        carry >>= 32;
    }
    reduce_once(out, (uint32_t)carry);
}

static void sub_num(struct num *out, const struct num *a, const struct num *b)
{
    uint32_t mask = subtract_raw(out, a, b);
    uint64_t carry = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)out->v[i] + (P.v[i] & mask);
        out->v[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* a · b / 2^256: p ends in 32 ones, so that each step's factor is the limb itself */
static void mul_num(struct num *out, const struct num *a, const struct num *b)
{
    uint32_t t[LIMBS + 2] = {0};

    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t c = 0;

        for (size_t j = 0; j < LIMBS; j++) {
            c += (uint64_t)a->v[j] * b->v[i] + t[j];
            t[j] = (uint32_t)c;
            c >>= 32;
        }
        c += t[LIMBS];
        t[LIMBS] = (uint32_t)c;
        t[LIMBS + 1] = (uint32_t)(c >> 32);
        uint32_t m = t[0];
        c = ((uint64_t)m * P.v[0] + t[0]) >> 32;
        for (size_t j = 1; j < LIMBS; j++) {
            c += (uint64_t)m * P.v[j] + t[j];
            t[j - 1] = (uint32_t)c;
            c >>= 32;
        }
        c += t[LIMBS];
        t[LIMBS - 1] = (uint32_t)c;
        t[LIMBS] = t[LIMBS + 1] + (uint32_t)(c >> 32);
    }
    memcpy(out->v, t, sizeof out->v);
    reduce_once(out, t[LIMBS]);
    jm_wipe(t, sizeof t);
}

/* 1/a by a^(p-2), whose bits are known to all; 0 gives 0 */
static void invert_num(struct num *out, const struct num *a)
{
    struct num r = ONE, x = *a;
    uint32_t e[LIMBS];

    memcpy(e, P.v, sizeof e);
    e[0] -= 2;
    for (size_t i = 0; i < 32 * LIMBS; i++) {
        if ((e[i / 32] >> i % 32 & 1) != 0)
            mul_num(&r, &r, &x);
        mul_num(&x, &x, &x);
    }
    *out = r;
    jm_wipe(&r, sizeof r);
    jm_wipe(&x, sizeof x);
}

/* all ones where it is 0, else 0 */
static uint32_t zero_mask(const struct num *a)
{
    uint32_t any = 0;

    for (size_t i = 0; i < LIMBS; i++)
        any |= a->v[i];
    return (uint32_t)(((uint64_t)any - 1) >> 32);
}

static void read_num(struct num *out, const uint8_t octets[32])
{
    for (size_t i = 0; i < LIMBS; i++)
        out->v[i] = jm_u32_be(octets + 28 - 4 * i);
}

/* -- points -- */

static void add_point(struct point *out, const struct point *p, const struct point *q)
{
    struct num xx, yy, zz, xy, yz, xz, s, t, u;

    mul_num(&xx, &p->x, &q->x);
    mul_num(&yy, &p->y, &q->y);
    mul_num(&zz, &p->z, &q->z);
    /* x1·y2 + x2·y1 and its like, out of one product each */
    add_num(&s, &p->x, &p->y);
    add_num(&t, &q->x, &q->y);
    mul_num(&xy, &s, &t);
    sub_num(&xy, &xy, &xx);
    sub_num(&xy, &xy, &yy);
    add_num(&s, &p->y, &p->z);
    add_num(&t, &q->y, &q->z);
    mul_num(&yz, &s, &t);
    sub_num(&yz, &yz, &yy);
    sub_num(&yz, &yz, &zz);
    add_num(&s, &p->x, &p->z);
    add_num(&t, &q->x, &q->z);
    mul_num(&xz, &s, &t);
    sub_num(&xz, &xz, &xx);
    sub_num(&xz, &xz, &zz);
    /* s = 3(xz - b·zz); t = 3(b·xz - 3zz - xx); u = 3xx - 3zz */
    mul_num(&u, &B, &zz);
    sub_num(&u, &xz, &u);
    add_num(&s, &u, &u);
    add_num(&s, &s, &u);
    add_num(&u, &zz, &zz);
    add_num(&zz, &u, &zz);
    mul_num(&t, &B, &xz);
    sub_num(&t, &t, &zz);
    sub_num(&t, &t, &xx);
    add_num(&u, &t, &t);
    add_num(&t, &u, &t);
    add_num(&u, &xx, &xx);
    add_num(&u, &u, &xx);
    sub_num(&u, &u, &zz);
    /* x = xy(yy + s) - yz·t; y = (yy + s)(yy - s) + u·t; z = yz(yy - s) + xy·u */
    add_num(&xx, &yy, &s);
    sub_num(&zz, &yy, &s);
    mul_num(&out->x, &xy, &xx);
    mul_num(&s, &yz, &t);
    sub_num(&out->x, &out->x, &s);
    mul_num(&out->y, &xx, &zz);
    mul_num(&s, &u, &t);
    add_num(&out->y, &out->y, &s);
    mul_num(&out->z, &yz, &zz);
    mul_num(&s, &xy, &u);
    add_num(&out->z, &out->z, &s);
}

static const struct point INFINITY_POINT = {
    .y = {{0x00000001, 0x00000000, 0x00000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe,
           0x00000000}}};

/* Reads every entry. */
static void look_up(struct point *out, const struct point table[WINDOW], uint32_t at)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint32_t mask = (uint32_t)(((uint64_t)(i ^ at) - 1) >> 32);

        choose_num(&out->x, &table[i].x, mask);
        choose_num(&out->y, &table[i].y, mask);
        choose_num(&out->z, &table[i].z, mask);
    }
}

static void multiply_point(struct point *out, const struct jm_secret32 *k, const struct point *p)
{
    struct point table[WINDOW], entry, r = INFINITY_POINT;

    table[0] = INFINITY_POINT;
    for (size_t i = 1; i < WINDOW; i++)
        add_point(&table[i], &table[i - 1], p);
    for (size_t i = 0; i < 2 * sizeof k->octets; i++) {
        for (int bit = 0; bit < 4; bit++)
            add_point(&r, &r, &r);
        look_up(&entry, table, (uint32_t)k->octets[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15);
        add_point(&r, &r, &entry);
    }
    *out = r;
    jm_wipe(table, sizeof table);
    jm_wipe(&entry, sizeof entry);
    jm_wipe(&r, sizeof r);
}

/* -- in and out -- */

static bool is_scalar(const struct jm_secret32 *k)
{
    struct num n, less;
    uint32_t ok;

    read_num(&n, k->octets);
    ok = subtract_raw(&less, &n, &ORDER) & ~zero_mask(&n);
    jm_wipe(&n, sizeof n);
    jm_wipe(&less, sizeof less);
    return ok != 0;
}

/* y² = x³ - 3x + b, with both below p */
static bool read_point(struct point *out, struct jm_bytes octets)
{
    struct num left, right, t;

    if (octets.len != JM_POINT_LEN || octets.ptr[0] != 4)
        return false;
    read_num(&out->x, octets.ptr + 1);
    read_num(&out->y, octets.ptr + 33);
    if (subtract_raw(&t, &out->x, &P) == 0 || subtract_raw(&t, &out->y, &P) == 0)
        return false;
    mul_num(&out->x, &out->x, &SQUARE);
    mul_num(&out->y, &out->y, &SQUARE);
    out->z = ONE;
    mul_num(&right, &out->x, &out->x);
    sub_num(&right, &right, &ONE);
    sub_num(&right, &right, &ONE);
    sub_num(&right, &right, &ONE);
    mul_num(&right, &right, &out->x);
    add_num(&right, &right, &B);
    mul_num(&left, &out->y, &out->y);
    sub_num(&left, &left, &right);
    return zero_mask(&left) != 0;
}

static void write_num(uint8_t out[32], const struct num *a, const struct num *z)
{
    static const struct num one = {{1}};
    struct num n;

    mul_num(&n, a, z);
    mul_num(&n, &n, &one); /* out of Montgomery form */
    for (size_t i = 0; i < LIMBS; i++)
        jm_put_u32_be(out + 28 - 4 * i, n.v[i]);
    jm_wipe(&n, sizeof n);
}

static enum jm_status give_point(struct jm_point *out, struct point *p)
{
    uint8_t octets[JM_POINT_LEN] = {4};
    enum jm_status st = JM_E_DENIED;
    struct num z;

    if (zero_mask(&p->z) == 0) {
        invert_num(&z, &p->z);
        write_num(octets + 1, &p->x, &z);
        write_num(octets + 33, &p->y, &z);
        st = jm_point_set(out, JM_CURVE_P256, jm_bytes(octets, sizeof octets));
        jm_wipe(&z, sizeof z);
    }
    jm_wipe(octets, sizeof octets);
    jm_wipe(p, sizeof *p);
    return st;
}

static const struct point *base_point(struct point *out)
{
    *out = (struct point){GX, GY, ONE};
    return out;
}

static enum jm_status p_public_of(struct jm_point *out, const struct jm_secret32 *k)
{
    struct point g, r;

    memset(out, 0, sizeof *out);
    if (!is_scalar(k))
        return JM_E_RANGE;
    multiply_point(&r, k, base_point(&g));
    return give_point(out, &r);
}

static enum jm_status p_multiply(struct jm_point *out, const struct jm_secret32 *k,
                                 struct jm_bytes point)
{
    struct point p, r;

    memset(out, 0, sizeof *out);
    if (!is_scalar(k))
        return JM_E_RANGE;
    if (!read_point(&p, point))
        return JM_E_MALFORMED;
    multiply_point(&r, k, &p);
    jm_wipe(&p, sizeof p); /* PACE's base is a secret */
    return give_point(out, &r);
}

static enum jm_status p_combine(struct jm_point *out, const struct jm_secret32 *s,
                                struct jm_bytes h)
{
    struct point g, p, r;

    memset(out, 0, sizeof *out);
    if (!is_scalar(s))
        return JM_E_RANGE;
    if (!read_point(&p, h))
        return JM_E_MALFORMED;
    multiply_point(&r, s, base_point(&g));
    add_point(&r, &r, &p);
    jm_wipe(&p, sizeof p);
    return give_point(out, &r);
}

const struct jm_ec_map jm_portable_ec_map = {p_public_of, p_multiply, p_combine};

bool jm_point_on_curve(struct jm_bytes octets)
{
    struct point p;

    return read_point(&p, octets);
}
