/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/form.h"
#include "jumin/text.h"
#include "service/msg.h"
#include "service/rp/rp.h"

static enum jm_status bad_form(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_RP_SERVICES_FORM, what);
}

/* D-105: what people read, and others compare, has one form. */
static enum jm_status read_i18n(struct jm_i18n *out, const struct jm_json *obj, const char *name,
                                struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *v = jm_json_get(obj, name);

    if (jm_json_opt_str(&out->ko, v, "ko") != JM_OK ||
        jm_json_opt_str(&out->en, v, "en") != JM_OK || (out->ko.len == 0 && out->en.len == 0))
        return bad_form(d, name);
    JM_TRY(jm_msg_text_read(&out->ko, name, mem, d));
    return jm_msg_text_read(&out->en, name, mem, d);
}

bool jm_rp_id_ok(struct jm_bytes id)
{
    if (id.len < 2 || id.len > 63)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!alnum && (i == 0 || i == id.len - 1 || (c != '.' && c != '-')))
            return false;
    }
    return true;
}

static enum jm_status get_text(struct jm_bytes *out, const struct jm_json *obj, const char *name,
                               size_t max, bool need, struct jm_diag *d)
{
    if (jm_json_opt_str(out, obj, name) != JM_OK || out->len > max || (need && out->len == 0))
        return bad_form(d, name);
    return JM_OK;
}

static enum jm_status read_flag(bool *out, const struct jm_json *obj, const char *name,
                                bool if_absent, struct jm_diag *d)
{
    const struct jm_json *v = jm_json_get(obj, name);

    *out = v == NULL ? if_absent : v->type == JM_JSON_TRUE;
    return v == NULL || v->type == JM_JSON_TRUE || v->type == JM_JSON_FALSE ? JM_OK
                                                                            : bad_form(d, name);
}

static enum jm_status read_number(uint64_t *out, const struct jm_json *obj, const char *name,
                                  uint64_t max, struct jm_diag *d)
{
    const struct jm_json *v = jm_json_get(obj, name);
    int64_t n = 0;

    *out = 0;
    if (v != NULL && (jm_json_int(&n, v) != JM_OK || n < 0 || (uint64_t)n > max))
        return bad_form(d, name);
    *out = (uint64_t)n;
    return JM_OK;
}

static enum jm_status read_claim(struct jm_rp_claim *out, const struct jm_json *v,
                                 struct jm_diag *d)
{
    const struct jm_json *path = jm_json_get(v, "path");
    struct jm_bytes format;
    size_t n = 0;

    JM_TRY(get_text(&format, v, "format", 16, true, d));
    JM_TRY(get_text(&out->type, v, "type", 200, true, d));
    JM_TRY(read_flag(&out->required, v, "required", true, d));
    if (!jm_bytes_eq_str(format, "mso_mdoc") && !jm_bytes_eq_str(format, "dc+sd-jwt"))
        return bad_form(d, "format");
    out->fmt = jm_bytes_eq_str(format, "mso_mdoc") ? JM_FMT_MDOC : JM_FMT_SDJWT;
    if (path == NULL || path->type != JM_JSON_ARRAY || path->n == 0 ||
        path->n > JM_TRUST_PATH_MAX || (out->fmt == JM_FMT_MDOC && path->n != 2))
        return bad_form(d, "path");
    for (const struct jm_json *p = path->child; p != NULL; p = p->next) {
        if (p->type != JM_JSON_STRING || p->text.len == 0 || p->text.len > 64)
            return bad_form(d, "path");
        out->path[n++] = p->text;
    }
    return JM_OK;
}

static enum jm_status read_channels(uint64_t *out, const struct jm_json *v, struct jm_diag *d)
{
    static const struct {
        const char *name;
        uint64_t bit;
    } known[] = {{"proximity", JM_CHANNEL_PROXIMITY},
                 {"remote", JM_CHANNEL_REMOTE},
                 {"kiosk", JM_CHANNEL_KIOSK}};

    *out = 0;
    if (v == NULL || v->type != JM_JSON_ARRAY || v->n == 0)
        return bad_form(d, "channels");
    for (const struct jm_json *c = v->child; c != NULL; c = c->next) {
        uint64_t bit = 0;

        for (size_t i = 0; i < JM_ARRAY_LEN(known); i++)
            if (jm_json_is_str(c, known[i].name))
                bit = known[i].bit;
        if (bit == 0)
            return jm_refuse(d, JM_E_MALFORMED, JM_RP_CHANNEL, NULL);
        *out |= bit;
    }
    return JM_OK;
}

/* Scheme and host, and nothing behind: what a browser calls an origin. */
static bool is_origin(struct jm_bytes v)
{
    size_t at = jm_bytes_find(v, JM_BYTES("://"));
    struct jm_bytes host = jm_slice(v, at == SIZE_MAX ? v.len : at + 3, SIZE_MAX);

    if (!jm_url_allowed(v, true) || host.len == 0)
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] <= 0x20 || host.ptr[i] >= 0x7F || strchr("/?#@\\", host.ptr[i]) != NULL)
            return false;
    return true;
}

static enum jm_status read_origins(struct jm_rp_service *out, const struct jm_json *v,
                                   struct jm_diag *d)
{
    if (v == NULL)
        return JM_OK;
    if (v->type != JM_JSON_ARRAY || v->n > JM_RP_ORIGINS_MAX)
        return bad_form(d, "origins");
    for (const struct jm_json *o = v->child; o != NULL; o = o->next) {
        if (o->type != JM_JSON_STRING || o->text.len > 200 || !is_origin(o->text))
            return bad_form(d, "origins");
        out->origin[out->n_origins++] = o->text;
    }
    return JM_OK;
}

/* "levels": {"key": 1, "verification": 2, "issuance": 1} */
static enum jm_status read_levels(struct jm_rp_service *out, const struct jm_json *v,
                                  struct jm_diag *d)
{
    uint64_t k, u, i;

    JM_TRY(read_number(&k, v, "key", 3, d));
    JM_TRY(read_number(&u, v, "verification", 2, d));
    JM_TRY(read_number(&i, v, "issuance", 2, d));
    out->level_k = (unsigned)k;
    out->level_u = (unsigned)u;
    out->level_i = (unsigned)i;
    return JM_OK;
}

static enum jm_status read_service(struct jm_rp_service *out, const struct jm_json *v,
                                   struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *claims = jm_json_get(v, "claims");

    JM_TRY(get_text(&out->id, v, "id", 63, true, d));
    if (!jm_rp_id_ok(out->id))
        return bad_form(d, "id");
    JM_TRY(read_i18n(&out->purpose, v, "purpose", mem, d));
    JM_TRY(get_text(&out->legal_basis, v, "legal_basis", 80, false, d));
    JM_TRY(jm_msg_text_read(&out->legal_basis, "legal_basis", mem, d));
    JM_TRY(get_text(&out->privacy_uri, v, "privacy_uri", 300, true, d));
    JM_TRY(read_number(&out->retention_days, v, "retention_days", 36500, d));
    out->status_max_age_s = JM_RP_STATUS_MAX_AGE_S;
    if (jm_json_get(v, "status_max_age_s") != NULL)
        JM_TRY(read_number(&out->status_max_age_s, v, "status_max_age_s", 86400, d));
    JM_TRY(read_flag(&out->rrn_allowed, v, "rrn_allowed", false, d));
    JM_TRY(read_flag(&out->cross_device, v, "cross_device", false, d));
    JM_TRY(read_channels(&out->channels, jm_json_get(v, "channels"), d));
    JM_TRY(read_levels(out, jm_json_get(v, "levels"), d));
    JM_TRY(read_origins(out, jm_json_get(v, "origins"), d));
    if (claims == NULL || claims->type != JM_JSON_ARRAY || claims->n == 0 ||
        claims->n > JM_RP_CLAIMS_MAX)
        return bad_form(d, "claims");
    for (const struct jm_json *c = claims->child; c != NULL; c = c->next)
        JM_TRY(read_claim(&out->claim[out->n_claims++], c, d));
    return JM_OK;
}

static enum jm_status read_sector(uint64_t *out, const struct jm_json *root, struct jm_diag *d)
{
    static const char *const names[] = {"PUBLIC",    "FINANCE", "HEALTH", "TELECOM", "RETAIL",
                                        "TRANSPORT", "POLICE",  "ONLINE", "OTHER"};
    struct jm_bytes v;

    JM_TRY(get_text(&v, root, "sector", 16, true, d));
    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++)
        if (jm_bytes_eq_str(v, names[i])) {
            *out = i + 1;
            return JM_OK;
        }
    return jm_refuse(d, JM_E_MALFORMED, JM_RP_SECTOR, NULL);
}

enum jm_status jm_rp_read(struct jm_rp_application *out, struct jm_bytes json, struct jm_arena *mem,
                          struct jm_diag *d)
{
    const struct jm_json *root, *services;

    memset(out, 0, sizeof *out);
    if (jm_json_parse(&root, json, mem, NULL) != JM_OK || root->type != JM_JSON_OBJECT)
        return bad_form(d, "JSON");
    JM_TRY(get_text(&out->id, root, "id", 63, true, d));
    if (!jm_rp_id_ok(out->id))
        return bad_form(d, "id");
    JM_TRY(read_i18n(&out->name, root, "name", mem, d));
    JM_TRY(get_text(&out->identifier, root, "identifier", 40, true, d));
    JM_TRY(jm_msg_text_read(&out->identifier, "identifier", mem, d));
    JM_TRY(get_text(&out->domain, root, "domain", 253, false, d));
    JM_TRY(read_sector(&out->sector, root, d));
    JM_TRY(read_flag(&out->public_body, root, "public_body", false, d));
    services = jm_json_get(root, "services");
    if (services == NULL || services->type != JM_JSON_ARRAY || services->n == 0 ||
        services->n > JM_RP_SERVICES_MAX)
        return bad_form(d, "services");
    if ((out->service = JM_NEW_N(mem, struct jm_rp_service, services->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *s = services->child; s != NULL; s = s->next) {
        JM_TRY(read_service(&out->service[out->n_services++], s, mem, d));
        for (size_t i = 0; i + 1 < out->n_services; i++)
            if (jm_bytes_eq(out->service[i].id, out->service[out->n_services - 1].id))
                return bad_form(d, "id occurs twice");
    }
    return JM_OK;
}
