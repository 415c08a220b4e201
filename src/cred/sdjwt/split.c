/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cred/sdjwt/facts.h"
#include "jumin/base64.h"
#include "jumin/form.h"

static enum jm_status read_disclosure(struct jm_sdjwt_disclosure *d, struct jm_bytes text,
                                      const struct jm_crypto *c, struct jm_arena *mem)
{
    const struct jm_json *a;
    struct jm_bytes json;

    d->text = text;
    JM_TRY(jm_b64url_decode(&json, mem, text));
    JM_TRY(jm_json_parse(&a, json, mem, NULL));
    if (a->type != JM_JSON_ARRAY || (a->n != 2 && a->n != 3) || a->child->type != JM_JSON_STRING)
        return JM_E_MALFORMED;
    d->name = jm_none();
    d->value = a->child->next;
    if (a->n == 3) {
        if (d->value->type != JM_JSON_STRING)
            return JM_E_MALFORMED;
        d->name = d->value->text.ptr == NULL ? JM_BYTES("") : d->value->text;
        d->value = d->value->next;
    }
    return jm_sha256(c, text, d->digest);
}

static size_t count_octet(struct jm_bytes t, uint8_t what)
{
    size_t n = 0;

    for (size_t i = 0; (i = jm_bytes_until(t, i, what)) < t.len; i++)
        n++;
    return n;
}

enum jm_status jm_sdjwt_split(struct jm_sdjwt *out, struct jm_bytes t, const struct jm_crypto *c,
                              struct jm_arena *mem, struct jm_diag *d)
{
    size_t tildes = count_octet(t, '~'), from, last = 0;

    memset(out, 0, sizeof *out);
    if (t.len > JM_SDJWT_MAX || tildes > JM_SDJWT_DISCLOSURES_MAX + 1)
        return jm_refuse(d, JM_E_LIMIT, JM_SDJWT_FORM, "too long, or too many disclosures");
    if (tildes == 0)
        return jm_refuse(d, JM_E_MALFORMED, JM_SDJWT_FORM, "no tilde: not an SD-JWT");
    if ((out->disclosure = JM_NEW_N(mem, struct jm_sdjwt_disclosure, tildes)) == NULL)
        return JM_E_NO_SPACE;
    from = 0;
    for (size_t i = 0; (i = jm_bytes_until(t, i, '~')) < t.len; i++) {
        struct jm_bytes part = jm_slice(t, from, i - from);
        enum jm_status read =
            from == 0 ? JM_OK : read_disclosure(&out->disclosure[out->n], part, c, mem);
        if (from == 0)
            out->jwt = part;
        else if (read == JM_OK)
            out->n++;
        else if (read == JM_E_NO_SPACE)
            return read;
        else
            return jm_refuse(d, JM_E_MALFORMED, JM_SDJWT_DISCLOSURE_FORM,
                             "a disclosure is not [salt, name, value]");
        from = last = i + 1;
    }
    out->presented = jm_slice(t, 0, last);
    if (last < t.len)
        out->kb = jm_slice(t, last, SIZE_MAX);
    struct jm_diag inner = {0};
    enum jm_status st = jm_jws_split(&out->jws, out->jwt, NULL, mem, &inner);
    if (st != JM_OK)
        return jm_refuse(d, st, inner.code, "the issuer-signed JWT");
    struct jm_bytes typ;
    if (jm_json_str(&typ, out->jws.header, "typ") != JM_OK ||
        !(jm_bytes_eq_str(typ, "dc+sd-jwt") || jm_bytes_eq_str(typ, "vc+sd-jwt")))
        return jm_refuse(d, JM_E_DENIED, JM_SDJWT_TYP, "typ is not dc+sd-jwt");
    if ((st = jm_json_parse(&out->payload, out->jws.payload, mem, NULL)) == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK || out->payload->type != JM_JSON_OBJECT)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_PAYLOAD, "the payload is no JSON object");
    return JM_OK;
}

static enum jm_status opt_time(int64_t *out, bool *there, const struct jm_json *claims,
                               const char *name)
{
    enum jm_status st = jm_json_time(out, claims, name);

    *there = st == JM_OK;
    return st == JM_E_MISSING ? JM_OK : st;
}

enum jm_status jm_sdjwt_times(struct jm_sdjwt_facts *out, const struct jm_json *claims)
{
    bool there;

    JM_TRY(opt_time(&out->iat, &there, claims, "iat"));
    JM_TRY(opt_time(&out->nbf, &there, claims, "nbf"));
    return opt_time(&out->exp, &out->has_exp, claims, "exp");
}

enum jm_status jm_sdjwt_status(struct jm_sdjwt_facts *out, const struct jm_json *claims)
{
    const struct jm_json *status = jm_json_get(claims, "status"),
                         *list = jm_json_get(status, "status_list");
    int64_t idx;

    out->has_status = false;
    if (status == NULL)
        return JM_OK;
    if (status->type != JM_JSON_OBJECT || status->n == 0 ||
        (list != NULL && list->type != JM_JSON_OBJECT))
        return JM_E_TYPE;
    if (list == NULL)
        return JM_OK; /* another mechanism, which nobody here can look into */
    JM_TRY(jm_json_text(&out->status_uri, list, "uri", JM_URL_MAX));
    JM_TRY(jm_json_int(&idx, jm_json_get(list, "idx")));
    if (out->status_uri.len == 0 || idx < 0)
        return JM_E_RANGE;
    out->status_idx = (uint64_t)idx;
    out->has_status = true;
    return JM_OK;
}

enum jm_status jm_sdjwt_facts(struct jm_sdjwt_facts *out, const struct jm_json *claims)
{
    struct jm_jwk jwk;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_json_text(&out->vct, claims, "vct", JM_VCT_MAX));
    JM_TRY(jm_sdjwt_times(out, claims));
    JM_TRY(jm_sdjwt_status(out, claims));
    JM_TRY(jm_jwk_read(&jwk, jm_json_get(jm_json_get(claims, "cnf"), "jwk")));
    out->holder = jwk.point;
    return JM_OK;
}
