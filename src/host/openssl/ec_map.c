/* SPDX-License-Identifier: Apache-2.0 */
/* Whole points of P-256. The library's call for two scalars at once is not constant-time: each call
 * here has one. */
#include "host/openssl/functions.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

static EC_GROUP *group;

enum jm_status jm_openssl_ec_map_init(void)
{
    if (group == NULL)
        group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    return group != NULL ? JM_OK : JM_E_UNAVAILABLE;
}

struct work {
    BN_CTX *ctx;
    BIGNUM *k;
    EC_POINT *in, *out;
};

static void end_work(struct work *w)
{
    EC_POINT_clear_free(w->in);
    EC_POINT_clear_free(w->out);
    BN_clear_free(w->k);
    BN_CTX_free(w->ctx);
    ERR_clear_error();
}

static enum jm_status begin_work(struct work *w, const struct jm_secret32 *k)
{
    *w = (struct work){BN_CTX_secure_new(), BN_secure_new(), EC_POINT_new(group),
                       EC_POINT_new(group)};
    if (w->ctx == NULL || w->k == NULL || w->in == NULL || w->out == NULL ||
        BN_bin2bn(k->octets, sizeof k->octets, w->k) == NULL)
        return JM_E_UNAVAILABLE;
    if (BN_is_zero(w->k) || BN_cmp(w->k, EC_GROUP_get0_order(group)) >= 0)
        return JM_E_RANGE;
    BN_set_flags(w->k, BN_FLG_CONSTTIME);
    return JM_OK;
}

/* Of the curve, and not infinity, which 65 octets never are. */
static enum jm_status take_point(struct work *w, struct jm_bytes octets)
{
    return octets.len == JM_POINT_LEN && octets.ptr[0] == 4 &&
                   EC_POINT_oct2point(group, w->in, octets.ptr, octets.len, w->ctx) == 1
               ? JM_OK
               : JM_E_MALFORMED;
}

static enum jm_status give_point(struct jm_point *out, const struct work *w)
{
    uint8_t octets[JM_POINT_LEN];
    enum jm_status st;

    if (EC_POINT_is_at_infinity(group, w->out))
        return JM_E_DENIED;
    if (EC_POINT_point2oct(group, w->out, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets,
                           w->ctx) != sizeof octets)
        return JM_E_UNAVAILABLE;
    st = jm_point_set(out, JM_CURVE_P256, jm_bytes(octets, sizeof octets));
    jm_wipe(octets, sizeof octets);
    return st;
}

static enum jm_status o_public_of(struct jm_point *out, const struct jm_secret32 *k)
{
    struct work w;
    enum jm_status st = begin_work(&w, k);

    memset(out, 0, sizeof *out);
    if (st == JM_OK && EC_POINT_mul(group, w.out, w.k, NULL, NULL, w.ctx) != 1)
        st = JM_E_UNAVAILABLE;
    if (st == JM_OK)
        st = give_point(out, &w);
    end_work(&w);
    return st;
}

static enum jm_status o_multiply(struct jm_point *out, const struct jm_secret32 *k,
                                 struct jm_bytes point)
{
    struct work w;
    enum jm_status st = begin_work(&w, k);

    memset(out, 0, sizeof *out);
    if (st == JM_OK)
        st = take_point(&w, point);
    if (st == JM_OK && EC_POINT_mul(group, w.out, NULL, w.in, w.k, w.ctx) != 1)
        st = JM_E_UNAVAILABLE;
    if (st == JM_OK)
        st = give_point(out, &w);
    end_work(&w);
    return st;
}

static enum jm_status o_combine(struct jm_point *out, const struct jm_secret32 *s,
                                struct jm_bytes h)
{
    struct work w;
    enum jm_status st = begin_work(&w, s);

    memset(out, 0, sizeof *out);
    if (st == JM_OK)
        st = take_point(&w, h);
    if (st == JM_OK && (EC_POINT_mul(group, w.out, w.k, NULL, NULL, w.ctx) != 1 ||
                        EC_POINT_add(group, w.out, w.out, w.in, w.ctx) != 1))
        st = JM_E_UNAVAILABLE;
    if (st == JM_OK)
        st = give_point(out, &w);
    end_work(&w);
    return st;
}

const struct jm_ec_map jm_openssl_ec_map = {o_public_of, o_multiply, o_combine};
