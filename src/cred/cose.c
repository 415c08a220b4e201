/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/cose.h"

#include <string.h>

enum { LABEL_ALG = 1, LABEL_CRIT = 2, LABEL_TYPE = 16, LABEL_X5CHAIN = 33, LABEL_X5T = 34 };

static bool is_understood(int64_t label)
{
    return label == LABEL_ALG || label == LABEL_X5CHAIN || label == LABEL_X5T;
}

/* crit = [+ label]; what it names must be understood (RFC 9052 3.1). */
static bool crit_ok(struct jm_bytes item)
{
    struct jm_cbor r;
    size_t n;

    jm_cbor_init(&r, item);
    n = jm_cbor_array(&r);
    if (n == 0)
        return false;
    while (n-- > 0 && r.st == JM_OK) {
        if (jm_cbor_peek(&r) == JM_CBOR_TEXT || !is_understood(jm_cbor_int(&r)))
            return false;
    }
    return jm_cbor_end(&r) == JM_OK;
}

static enum jm_status read_x5chain(struct jm_cose_sign1 *out, struct jm_bytes item)
{
    struct jm_cbor r;
    size_t n = 1;
    bool array;

    jm_cbor_init(&r, item);
    array = jm_cbor_peek(&r) == JM_CBOR_ARRAY;
    if (array)
        n = jm_cbor_array(&r);
    out->has_x5chain = true;
    out->x5chain_array_of_one = array && n == 1;
    for (size_t i = 0; i < n && r.st == JM_OK; i++) {
        struct jm_bytes cert = jm_cbor_bytes(&r);

        if (i >= JM_X5CHAIN_MAX || cert.len > JM_X5CHAIN_CERT_MAX)
            out->x5chain_limit = true;
        else
            out->x5chain[out->n_x5chain++] = cert;
    }
    return jm_cbor_end(&r);
}

/* x5t = [hash algorithm, hash] */
static enum jm_status read_x5t(struct jm_cose_sign1 *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    if (jm_cbor_array(&r) != 2)
        jm_cbor_fail(&r, JM_E_TYPE);
    out->has_x5t = true;
    if (jm_cbor_peek(&r) == JM_CBOR_TEXT)
        (void)jm_cbor_text(&r);
    else
        out->x5t_alg = jm_cbor_int(&r);
    out->x5t = jm_cbor_bytes(&r);
    return jm_cbor_end(&r);
}

static enum jm_status read_alg(struct jm_cose_sign1 *out, struct jm_bytes item, bool protected_)
{
    struct jm_cbor r;

    if (!protected_) {
        out->alg_unprotected = true;
        return JM_OK;
    }
    jm_cbor_init(&r, item);
    out->has_alg = true;
    if (jm_cbor_peek(&r) == JM_CBOR_TEXT) /* registered as a name: none that we know */
        return JM_OK;
    out->alg = jm_cbor_int(&r);
    return jm_cbor_end(&r);
}

/* One header map. @p x5chain receives the item of label 33. */
static enum jm_status read_header(struct jm_cose_sign1 *out, struct jm_bytes map, bool protected_,
                                  struct jm_bytes *x5chain)
{
    struct jm_cbor r;

    jm_cbor_init(&r, map);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        enum jm_cbor_type t = jm_cbor_peek(&r);
        int64_t label = 0;
        struct jm_bytes v;

        if (t == JM_CBOR_UINT || t == JM_CBOR_NINT)
            label = jm_cbor_int(&r);
        else
            (void)jm_cbor_item(&r);
        v = jm_cbor_item(&r);
        if (r.st != JM_OK)
            break;
        switch (label) {
        case LABEL_ALG: JM_TRY(read_alg(out, v, protected_)); break;
        case LABEL_CRIT: out->crit_unknown = out->crit_unknown || !protected_ || !crit_ok(v); break;
        case LABEL_TYPE:
            if (protected_)
                out->type = v;
            break;
        case LABEL_X5CHAIN: *x5chain = v; break;
        case LABEL_X5T: JM_TRY(read_x5t(out, v)); break;
        default: break;
        }
    }
    return jm_cbor_end(&r);
}

static enum jm_status read_headers(struct jm_cose_sign1 *out, struct jm_bytes unprotected)
{
    struct jm_bytes in_protected = jm_none(), in_unprotected = jm_none();

    if (out->protected_bstr.len != 0) {
        JM_TRY(jm_cbor_check(out->protected_bstr, NULL, &out->fault));
        JM_TRY(read_header(out, out->protected_bstr, true, &in_protected));
    }
    JM_TRY(read_header(out, unprotected, false, &in_unprotected));
    out->x5chain_protected = in_protected.ptr != NULL;
    out->x5chain_conflict = in_protected.ptr != NULL && in_unprotected.ptr != NULL &&
                            !jm_bytes_eq(in_protected, in_unprotected);
    if (in_unprotected.ptr == NULL)
        in_unprotected = in_protected;
    return in_unprotected.ptr == NULL ? JM_OK : read_x5chain(out, in_unprotected);
}

enum jm_status jm_cose_parse(struct jm_cose_sign1 *out, struct jm_bytes item, uint64_t tag)
{
    struct jm_bytes unprotected;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    jm_cbor_init(&r, item);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG) {
        out->tagged = true;
        if (jm_cbor_tag(&r) != tag)
            return JM_E_TYPE;
    }
    if (jm_cbor_array(&r) != 4)
        jm_cbor_fail(&r, JM_E_TYPE);
    out->protected_bstr = jm_cbor_bytes(&r);
    unprotected = jm_cbor_item(&r);
    if (jm_cbor_peek(&r) == JM_CBOR_NULL)
        jm_cbor_null(&r);
    else
        out->payload = jm_cbor_bytes(&r);
    out->sig = jm_cbor_bytes(&r);
    JM_TRY(jm_cbor_end(&r));
    return read_headers(out, unprotected);
}

static enum jm_status sig_structure(struct jm_bytes *out, struct jm_arena *mem, const char *context,
                                    struct jm_bytes protected_bstr, struct jm_bytes payload)
{
    struct jm_cbor_w w;
    struct jm_buf b;
    size_t len;

    *out = jm_none();
    if (!jm_add_ok(protected_bstr.len, payload.len, &len) || !jm_add_ok(len, 40, &len))
        return JM_E_NO_SPACE;
    JM_TRY(jm_alloc_buf(&b, mem, len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, context);
    jm_cbor_w_bytes(&w, protected_bstr);
    jm_cbor_w_bytes(&w, jm_none());
    jm_cbor_w_bytes(&w, payload);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_cose_sig_structure(struct jm_bytes *out, struct jm_arena *mem,
                                     struct jm_bytes protected_bstr, struct jm_bytes payload)
{
    return sig_structure(out, mem, "Signature1", protected_bstr, payload);
}

enum jm_status jm_cose_mac_structure(struct jm_bytes *out, struct jm_arena *mem,
                                     struct jm_bytes protected_bstr, struct jm_bytes payload)
{
    return sig_structure(out, mem, "MAC0", protected_bstr, payload);
}

void jm_cose_w_x5chain(struct jm_cbor_w *w, const struct jm_bytes *x5chain, size_t n)
{
    jm_cbor_w_map(w, n == 0 ? 0 : 1);
    if (n == 0)
        return;
    jm_cbor_w_uint(w, LABEL_X5CHAIN);
    if (n > 1)
        jm_cbor_w_array(w, n);
    for (size_t i = 0; i < n; i++)
        jm_cbor_w_bytes(w, x5chain[i]);
}

enum jm_status jm_cose_key_parse(struct jm_point *out, struct jm_bytes item)
{
    size_t len = jm_curve_len(JM_CURVE_P256);
    struct jm_bytes x = jm_none(), y = jm_none();
    int64_t kty = 0, crv = 0;
    bool has_sign = false, sign = false;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    jm_cbor_init(&r, item);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        enum jm_cbor_type t = jm_cbor_peek(&r);
        int64_t label = 0;

        if (t == JM_CBOR_UINT || t == JM_CBOR_NINT)
            label = jm_cbor_int(&r);
        else
            (void)jm_cbor_item(&r);
        t = jm_cbor_peek(&r);
        if (label == 1 && t != JM_CBOR_TEXT) {
            kty = jm_cbor_int(&r);
        } else if (label == -1 && t != JM_CBOR_TEXT) {
            crv = jm_cbor_int(&r);
        } else if (label == -2) {
            x = jm_cbor_bytes(&r);
        } else if (label == -3 && (t == JM_CBOR_TRUE || t == JM_CBOR_FALSE)) {
            has_sign = true;
            sign = jm_cbor_bool(&r);
        } else if (label == -3) {
            y = jm_cbor_bytes(&r);
        } else {
            (void)jm_cbor_item(&r);
        }
    }
    JM_TRY(jm_cbor_end(&r));
    if (kty == 0 || crv == 0 || x.ptr == NULL)
        return JM_E_MALFORMED;
    if (kty != 2 || crv != 1)
        return JM_E_UNSUPPORTED;
    if (x.len != len || (has_sign ? y.ptr != NULL : y.len != len)) /* leading zeros are kept */
        return JM_E_MALFORMED;
    /* RFC 9053 7.1.1: y, or which of the two it is */
    *out = (struct jm_point){JM_CURVE_P256,
                             (uint8_t)(1 + len + y.len),
                             {has_sign ? (sign ? 3 : 2) : 4}};
    memcpy(out->octets + 1, x.ptr, len);
    if (!has_sign)
        memcpy(out->octets + 1 + len, y.ptr, len);
    return JM_OK;
}

void jm_cose_w_key(struct jm_cbor_w *w, const struct jm_point *key)
{
    jm_cbor_w_map(w, 4);
    jm_cbor_w_int(w, 1);
    jm_cbor_w_int(w, 2);
    jm_cbor_w_int(w, -1);
    jm_cbor_w_int(w, 1);
    jm_cbor_w_int(w, -2);
    jm_cbor_w_bytes(w, jm_point_x(key));
    jm_cbor_w_int(w, -3);
    jm_cbor_w_bytes(w, jm_point_y(key));
}
