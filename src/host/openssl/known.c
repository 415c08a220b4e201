/* SPDX-License-Identifier: Apache-2.0 */
/* Tables are made by what 1.1 has for the generator of a group: 3.0 has no other way to them. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "host/openssl/known.h"

#include <openssl/bn.h>
#include <pthread.h>
#include <string.h>

/* Who comes more often displaces who comes least: whenever there is no place, that one counts for
 * half. */
struct entry {
    uint8_t point[65];
    uint64_t uses; /* 0: free */
    EC_GROUP *by;
    bool is_being_made;
};

static struct {
    pthread_mutex_t lock;
    struct entry entry[JM_KNOWN_MAX];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The lock is held. Null: all others come more often. */
static struct entry *entry_of(const uint8_t point[65], unsigned uses)
{
    struct entry *least = &known.entry[0];

    for (size_t i = 0; i < JM_KNOWN_MAX; i++) {
        struct entry *e = &known.entry[i];

        if (e->uses != 0 && memcmp(e->point, point, sizeof e->point) == 0)
            return e;
        if (e->uses < least->uses)
            least = e;
    }
    if (least->is_being_made)
        return NULL;
    if (least->uses > uses) {
        least->uses -= least->uses / 2;
        return NULL;
    }
    EC_GROUP_free(least->by);
    *least = (struct entry){.uses = 0};
    memcpy(least->point, point, sizeof least->point);
    return least;
}

/* Null: no memory, or no point of the curve. */
static EC_GROUP *make_table(const uint8_t point[65], const EC_GROUP *curve)
{
    EC_GROUP *by = EC_GROUP_dup(curve);
    EC_POINT *q = EC_POINT_new(curve);
    bool ok = by != NULL && q != NULL && EC_POINT_oct2point(curve, q, point, 65, NULL) == 1 &&
              EC_GROUP_set_generator(by, q, EC_GROUP_get0_order(curve),
                                     EC_GROUP_get0_cofactor(curve)) == 1 &&
              EC_GROUP_precompute_mult(by, NULL) == 1;

    EC_POINT_free(q);
    if (ok)
        return by;
    EC_GROUP_free(by);
    return NULL;
}

EC_GROUP *jm_known_key(const uint8_t point[65], unsigned uses, const EC_GROUP *curve)
{
    EC_GROUP *by = NULL, *made;

    if (EC_GROUP_method_of(curve) == EC_GFp_mont_method())
        return NULL;
    pthread_mutex_lock(&known.lock);
    struct entry *e = entry_of(point, uses);
    if (e == NULL)
        goto out;
    e->uses += uses;
    if (e->by == NULL && !e->is_being_made && e->uses >= JM_KNOWN_FROM) {
        e->is_being_made = true; /* so that it stays where it is, and nobody else makes it */
        pthread_mutex_unlock(&known.lock);
        made = make_table(point, curve);
        pthread_mutex_lock(&known.lock);
        e->is_being_made = false;
        e->by = made;
        e->uses = made == NULL ? 1 : e->uses;
    }
    by = e->by == NULL ? NULL : EC_GROUP_dup(e->by);
out:
    pthread_mutex_unlock(&known.lock);
    return by;
}

/* -- a check -- */

struct scratch {
    BN_CTX *ctx;
    EC_POINT *a, *b;
};

/* r and s from 1 to the order less one; u1 = e/s, u2 = r/s. */
static enum jm_status read_numbers(BIGNUM *r, BIGNUM *u1, BIGNUM *u2, const BIGNUM *order,
                                   const uint8_t digest[32], const uint8_t sig[64], BN_CTX *ctx)
{
    BIGNUM *s = BN_CTX_get(ctx), *w = BN_CTX_get(ctx), *e = BN_CTX_get(ctx);

    if (e == NULL || BN_bin2bn(sig, 32, r) == NULL || BN_bin2bn(sig + 32, 32, s) == NULL ||
        BN_bin2bn(digest, 32, e) == NULL)
        return JM_E_UNAVAILABLE;
    if (BN_is_zero(r) || BN_cmp(r, order) >= 0 || BN_is_zero(s) || BN_cmp(s, order) >= 0)
        return JM_E_SIGNATURE;
    return BN_mod_inverse(w, s, order, ctx) != NULL && BN_mod_mul(u1, e, w, order, ctx) == 1 &&
                   BN_mod_mul(u2, r, w, order, ctx) == 1
               ? JM_OK
               : JM_E_UNAVAILABLE;
}

static enum jm_status check_numbers(const EC_GROUP *curve, const EC_GROUP *by,
                                    const uint8_t digest[32], const uint8_t sig[64],
                                    const struct scratch *t)
{
    const BIGNUM *order = EC_GROUP_get0_order(curve);
    BIGNUM *r = BN_CTX_get(t->ctx), *u1 = BN_CTX_get(t->ctx), *u2 = BN_CTX_get(t->ctx),
           *x = BN_CTX_get(t->ctx);

    if (x == NULL)
        return JM_E_UNAVAILABLE;
    JM_TRY(read_numbers(r, u1, u2, order, digest, sig, t->ctx));
    if (EC_POINT_mul(curve, t->a, u1, NULL, NULL, t->ctx) != 1 ||
        EC_POINT_mul(by, t->b, u2, NULL, NULL, t->ctx) != 1 ||
        EC_POINT_add(curve, t->a, t->a, t->b, t->ctx) != 1)
        return JM_E_UNAVAILABLE;
    if (EC_POINT_is_at_infinity(curve, t->a) == 1)
        return JM_E_SIGNATURE;
    if (EC_POINT_get_affine_coordinates(curve, t->a, x, NULL, t->ctx) != 1 ||
        BN_nnmod(x, x, order, t->ctx) != 1)
        return JM_E_UNAVAILABLE;
    return BN_cmp(x, r) == 0 ? JM_OK : JM_E_SIGNATURE;
}

enum jm_status jm_known_verify(const EC_GROUP *curve, const EC_GROUP *by, const uint8_t digest[32],
                               const uint8_t sig[64])
{
    struct scratch t = {BN_CTX_new(), EC_POINT_new(curve), EC_POINT_new(curve)};
    enum jm_status st = JM_E_UNAVAILABLE;

    if (t.ctx != NULL && t.a != NULL && t.b != NULL) {
        BN_CTX_start(t.ctx);
        st = check_numbers(curve, by, digest, sig, &t);
        BN_CTX_end(t.ctx);
    }
    EC_POINT_free(t.a);
    EC_POINT_free(t.b);
    BN_CTX_free(t.ctx);
    return st;
}
