/* SPDX-License-Identifier: Apache-2.0 */
/* The offer fetched, without a word about ourselves or as the bound instance; issuer and ticket
 * judged. */
#include "proto/oid4vci_engine.h"

#include "jumin/form.h"

enum jm_status jm_vci_read_ticket(struct jm_vci *e, const struct jm_answers *a,
                                  const struct jm_vci_offer *offer)
{
    struct jm_anchors ca;
    struct jm_bytes jti;
    const struct jm_reading r = {e->at_s,   a,           e->config.crypto, &ca,
                                 jm_none(), &e->scratch, &e->diag};

    if (offer->ticket.ptr == NULL)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_TICKET_MISSING,
                             "the offer carries no desk ticket");
    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_METADATA_CA, e->issuer.id, jm_none(),
                            e->at_s, &e->scratch));
    JM_TRY(jm_vci_ticket_read(&jti, offer, &r));
    e->s.jti = jti;
    return JM_OK;
}

static bool under(struct jm_bytes url, struct jm_bytes base)
{
    return jm_bytes_starts(url, base) &&
           (url.len == base.len || url.ptr[base.len] == '/' || base.ptr[base.len - 1] == '/');
}

enum jm_status jm_vci_read_known_offer(struct jm_vci *e, struct jm_vci_offer *o,
                                       const struct jm_json *json)
{
    JM_TRY(jm_vci_offer_read(o, json, &e->diag));
    if (o->grant_code.ptr == NULL && !(o->by_login && e->config.taps))
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_FORM,
                             "not an offer with a pre-authorized code");
    e->s.issuer = o->issuer;
    e->s.grant_code = o->grant_code;
    e->s.match_code = o->match_code;
    for (e->s.n = 0; e->s.n < o->n; e->s.n++)
        e->s.configuration[e->s.n].id = o->id[e->s.n];
    if (jm_trust_issuer_by_uri(&e->issuer, e->config.trust, e->s.issuer) != JM_OK)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                             "the issuer is not registered");
    if (!under(e->s.offer_uri, e->s.issuer))
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                             "the offer lies elsewhere than its issuer");
    return JM_OK;
}

enum jm_status jm_vci_read_offer_uri(struct jm_vci *e)
{
    struct jm_bytes by_value;

    JM_TRY(jm_vci_offer_uri(&e->s.offer_uri, &by_value, e->url, &e->keep, &e->diag));
    return by_value.ptr == NULL ? JM_OK
                                : jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_URI,
                                                "an offer by reference is wanted");
}

enum jm_status jm_vci_fetch_offer(struct jm_vci *e, const struct jm_answers *a, bool bind,
                                  struct jm_vci_wire *x)
{
    *x = (struct jm_vci_wire){.h = {.verb = JM_HTTP_GET,
                                    .url = e->s.offer_uri,
                                    .accept = "application/json",
                                    .max_len = JM_VCI_OFFER_MAX}};
    if (bind)
        JM_TRY(jm_vci_add_client(e, a, x));
    JM_TRY(jm_vci_exchange(e, a, x, JM_WALLET_OFFER_FETCH));
    if (x->r.status == 409)
        return jm_vci_refuse(e, JM_E_CONFLICT, JM_WALLET_TICKET_TAKEN,
                             "another phone has taken this ticket");
    if (x->r.status == 404 || x->r.status == 410)
        return jm_vci_refuse(e, JM_E_GONE, JM_WALLET_OFFER_GONE, "the offer has ended");
    if (x->r.status != 200)
        return jm_vci_server_refused(e, x, JM_WALLET_OFFER_FETCH, "the offer is refused");
    return x->json != NULL
               ? JM_OK
               : jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_OFFER_FORM, "the offer is no JSON");
}
