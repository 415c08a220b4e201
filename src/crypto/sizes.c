/* SPDX-License-Identifier: Apache-2.0 */
/* Which algorithm has which sizes: an algorithm more is a line more here, and no other type. */
#include <string.h>

#include "jumin/crypto.h"

size_t jm_sig_len(enum jm_alg alg)
{
    static const uint8_t len[] = {[JM_ALG_ES256] = JM_SIG_LEN, [JM_ALG_EDDSA] = JM_SIG_LEN};

    return (unsigned)alg < JM_ARRAY_LEN(len) ? len[alg] : 0;
}

enum jm_status jm_sig_set(struct jm_sig *out, enum jm_alg alg, struct jm_bytes octets)
{
    memset(out, 0, sizeof *out);
    if (octets.len == 0 || octets.len != jm_sig_len(alg))
        return JM_E_MALFORMED;
    memcpy(out->octets, octets.ptr, octets.len);
    out->len = (uint8_t)octets.len;
    return JM_OK;
}

size_t jm_curve_len(enum jm_curve curve)
{
    static const uint8_t len[] = {[JM_CURVE_P256] = JM_POINT_LEN / 2};

    return (unsigned)curve < JM_ARRAY_LEN(len) ? len[curve] : 0;
}

enum jm_status jm_point_set(struct jm_point *out, enum jm_curve curve, struct jm_bytes octets)
{
    size_t n = jm_curve_len(curve);

    memset(out, 0, sizeof *out);
    if (curve == JM_CURVE_ED25519 ? octets.len != JM_ED25519_KEY_LEN
                                  : n == 0 || octets.len != 1 + 2 * n || octets.ptr[0] != 4)
        return JM_E_MALFORMED;
    memcpy(out->octets, octets.ptr, octets.len);
    out->len = (uint8_t)octets.len;
    out->curve = curve;
    return JM_OK;
}

struct jm_bytes jm_point_x(const struct jm_point *p)
{
    return jm_slice(jm_point_bytes(p), 1, jm_curve_len(p->curve));
}

struct jm_bytes jm_point_y(const struct jm_point *p)
{
    return jm_slice(jm_point_bytes(p), 1 + jm_curve_len(p->curve), SIZE_MAX);
}

bool jm_point_eq(const struct jm_point *a, const struct jm_point *b)
{
    return a->len != 0 && a->curve == b->curve && jm_bytes_eq(jm_point_bytes(a), jm_point_bytes(b));
}
