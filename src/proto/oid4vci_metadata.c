/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of the issuer and of its authorization server: addresses, and what is offered. */
#include "proto/oid4vci_engine.h"

#include "jumin/form.h"

static enum jm_status read_endpoint(struct jm_vci *e, struct jm_bytes *out,
                                    const struct jm_json *meta, const char *name, bool needed)
{
    enum jm_status st = jm_json_opt_text(out, meta, name, JM_URL_MAX);

    if (st != JM_OK || (out->ptr == NULL && needed) ||
        (out->ptr != NULL && !jm_url_allowed(*out, e->config.trust->synthetic)))
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_METADATA, name);
    return JM_OK;
}

static enum jm_status read_configuration(struct jm_vci *e, struct jm_vci_configuration *c,
                                         const struct jm_json *meta, struct jm_diag *d)
{
    const struct jm_json *j =
        jm_json_get_b(jm_json_get(meta, "credential_configurations_supported"), c->id);
    struct jm_bytes format;
    int64_t max = 1;

    if (jm_json_str(&format, j, "format") != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA,
                         "the offered card is not in the metadata");
    if (!jm_bytes_eq_str(format, "mso_mdoc") && !jm_bytes_eq_str(format, "dc+sd-jwt"))
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA,
                         "the offered card is in a format that is not known");
    c->fmt = jm_bytes_eq_str(format, "mso_mdoc") ? JM_FMT_MDOC : JM_FMT_SDJWT;
    if (jm_json_text(&c->type, j, c->fmt == JM_FMT_MDOC ? "doctype" : "vct", JM_VCI_ID_MAX) !=
        JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_METADATA, "doctype or vct is missing");
    if (!jm_issuer_serves(&e->issuer, c->fmt, c->type))
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                         "the issuer is not registered for this card");
    if (jm_json_int(&max, jm_json_get(jm_json_get(meta, "batch_credential_issuance"),
                                      "batch_size")) != JM_OK ||
        max < 1)
        max = 1;
    c->batch_max = (size_t)max;
    return JM_OK;
}

/* What this wallet does not know is passed over; of nothing that is left the first reason is told.
 */
static enum jm_status read_configurations(struct jm_vci *e, const struct jm_json *meta)
{
    struct jm_diag why = {0};
    size_t n = 0;

    for (size_t i = 0; i < e->s.n; i++)
        if (read_configuration(e, &e->s.configuration[i], meta, &why) == JM_OK)
            e->s.configuration[n++] = e->s.configuration[i];
    e->s.n = n;
    return n > 0 ? JM_OK : jm_vci_refuse(e, JM_E_DENIED, why.code, (const char *)why.detail.ptr);
}

/* A document that is there and says whose it is; a server that is away, or a login page in its
 * place, is not another issuer. */
static enum jm_status metadata_there(struct jm_vci *e, const struct jm_vci_wire *x,
                                     const char *name, const char *other)
{
    struct jm_bytes v;

    if (x->r.status >= 500)
        return jm_vci_server_refused(e, x, JM_WALLET_METADATA, "the metadata are not to be had");
    if (x->r.status != 200)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, JM_WALLET_METADATA, "the metadata are not there");
    if (x->json == NULL || x->json->type != JM_JSON_OBJECT)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, JM_WALLET_METADATA,
                             "what is there is no JSON object");
    if (jm_json_str(&v, x->json, name) != JM_OK || !jm_bytes_eq(v, e->s.issuer))
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_METADATA, other);
    return JM_OK;
}

enum jm_status jm_vci_fetch_metadata(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_vci_wire x = {.h = {.verb = JM_HTTP_GET,
                                  .accept = "application/json",
                                  .max_len = JM_VCI_METADATA_MAX}},
                       as = x;

    JM_TRY(jm_url_well_known(&x.h.url, &e->scratch, e->s.issuer, "openid-credential-issuer"));
    JM_TRY(jm_vci_exchange(e, a, &x, JM_WALLET_METADATA));
    JM_TRY(metadata_there(e, &x, "credential_issuer", "credential_issuer is another"));
    JM_TRY(read_endpoint(e, &e->s.credential_endpoint, x.json, "credential_endpoint", true));
    JM_TRY(read_endpoint(e, &e->s.nonce_endpoint, x.json, "nonce_endpoint", true));
    JM_TRY(read_endpoint(e, &e->s.deletion_endpoint, x.json, "jumin_deletion_endpoint", false));
    JM_TRY(read_endpoint(e, &e->orders_endpoint, x.json, "jumin_orders_endpoint", false));
    JM_TRY(read_endpoint(e, &e->takeover_endpoint, x.json, "jumin_takeover_endpoint", false));
    JM_TRY(read_configurations(e, x.json));
    JM_TRY(jm_url_well_known(&as.h.url, &e->scratch, e->s.issuer, "oauth-authorization-server"));
    JM_TRY(jm_vci_exchange(e, a, &as, JM_WALLET_METADATA));
    JM_TRY(metadata_there(e, &as, "issuer", "issuer of the authorization server is another"));
    JM_TRY(read_endpoint(e, &e->s.token_endpoint, as.json, "token_endpoint", true));
    JM_TRY(read_endpoint(e, &e->door.par, as.json, "pushed_authorization_request_endpoint",
                         e->state == JM_VCI_DOOR));
    JM_TRY(read_endpoint(e, &e->door.tap, as.json, "jumin_tap_endpoint",
                         e->state == JM_VCI_DOOR && !e->door.renews));
    JM_TRY(read_endpoint(e, &e->door.renewal, as.json, "jumin_renewal_endpoint", e->door.renews));
    return read_endpoint(e, &e->s.challenge_endpoint, as.json, "challenge_endpoint", false);
}
