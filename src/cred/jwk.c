/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/jose.h"

enum jm_status jm_jwk_read(struct jm_jwk *out, const struct jm_json *jwk)
{
    static const char *const private_member[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    size_t len = jm_curve_len(JM_CURVE_P256);
    struct jm_bytes x, y;

    memset(out, 0, sizeof *out);
    if (jwk == NULL || jwk->type != JM_JSON_OBJECT)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < JM_ARRAY_LEN(private_member); i++)
        if (jm_json_get(jwk, private_member[i]) != NULL)
            return JM_E_DENIED;
    if (!jm_json_is_str(jm_json_get(jwk, "kty"), "EC") ||
        !jm_json_is_str(jm_json_get(jwk, "crv"), "P-256"))
        return JM_E_UNSUPPORTED;
    if (jm_json_str(&x, jwk, "x") != JM_OK || jm_json_str(&y, jwk, "y") != JM_OK ||
        jm_json_opt_text(&out->kid, jwk, "kid", JM_KID_MAX) != JM_OK ||
        jm_json_opt_text(&out->alg, jwk, "alg", JM_KID_MAX) != JM_OK ||
        jm_json_opt_text(&out->use, jwk, "use", JM_KID_MAX) != JM_OK)
        return JM_E_MALFORMED;
    out->point.octets[0] = 4;
    JM_TRY(jm_b64url_exact(out->point.octets + 1, len, x));
    JM_TRY(jm_b64url_exact(out->point.octets + 1 + len, len, y));
    out->point.len = (uint8_t)(1 + 2 * len);
    out->point.curve = JM_CURVE_P256;
    return JM_OK;
}

void jm_jwk_write(struct jm_json_w *w, const struct jm_point *key, struct jm_bytes kid,
                  const char *use, const char *alg)
{
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "kty", "EC");
    jm_json_w_mstr(w, "crv", "P-256");
    jm_json_w_name(w, "x");
    jm_json_w_b64url(w, jm_point_x(key));
    jm_json_w_name(w, "y");
    jm_json_w_b64url(w, jm_point_y(key));
    if (kid.len != 0)
        jm_json_w_mtext(w, "kid", kid);
    if (use != NULL)
        jm_json_w_mstr(w, "use", use);
    if (alg != NULL)
        jm_json_w_mstr(w, "alg", alg);
    jm_json_w_close(w, '}');
}

enum jm_status jm_jwk_thumbprint(uint8_t out[32], const struct jm_crypto *c,
                                 const struct jm_point *key)
{
    uint8_t x[JM_B64_LEN(JM_POINT_MAX / 2)], y[sizeof x];
    struct jm_buf bx = jm_buf(x, sizeof x), by = jm_buf(y, sizeof y);

    JM_TRY(jm_b64url_put(&bx, jm_point_x(key)));
    JM_TRY(jm_b64url_put(&by, jm_point_y(key)));
    const struct jm_bytes parts[] = {JM_BYTES("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""),
                                     jm_written(bx), JM_BYTES("\",\"y\":\""), jm_written(by),
                                     JM_BYTES("\"}")};
    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out);
}

enum jm_status jm_jwk_thumbprint_text(char out[44], const struct jm_crypto *c,
                                      const struct jm_point *key)
{
    uint8_t t[32];
    struct jm_buf b = jm_buf(out, 43);

    out[43] = 0;
    JM_TRY(jm_jwk_thumbprint(t, c, key));
    return jm_b64url_put(&b, jm_bytes(t, sizeof t));
}
