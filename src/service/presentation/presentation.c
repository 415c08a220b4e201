/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier, and the states of what it asks. */
#include "jumin/base64.h"
#include "service/presentation/parts.h"

const char *jm_presentation_state_name(enum jm_presentation_state s)
{
    switch (s) {
    case JM_PRESENTATION_REQUESTED: return "REQUESTED";
    case JM_PRESENTATION_FETCHED: return "FETCHED";
    case JM_PRESENTATION_ANSWERED: return "ANSWERED";
    case JM_PRESENTATION_ACCEPTED: return "ACCEPTED";
    case JM_PRESENTATION_REJECTED: return "REJECTED";
    case JM_PRESENTATION_UNDECIDED: return "UNDECIDED";
    case JM_PRESENTATION_CANCELLED: return "CANCELLED";
    case JM_PRESENTATION_EXPIRED: return "EXPIRED";
    }
    return "UNKNOWN";
}

bool jm_presentation_answerable(const struct jm_presentation *p, int64_t now)
{
    bool waits = p->state == JM_PRESENTATION_REQUESTED || p->state == JM_PRESENTATION_FETCHED,
         told = p->state == JM_PRESENTATION_REJECTED || p->state == JM_PRESENTATION_CANCELLED;

    return (waits || told) && p->nonce.ptr != NULL && p->expires > now;
}

/* -- the verifier -- */

/* The issuer that also answers for request certificates has made this trust set: its own documents
 * must be strict. */
static enum jm_status find_authority(struct jm_verifier *v, struct jm_arena *mem)
{
    for (size_t i = 0; i < v->trust.n_set; i++) {
        struct jm_bytes key = v->trust.entry[i].key;
        struct jm_anchors ca;

        if (!jm_bytes_starts(key, JM_BYTES("issuer/")))
            continue;
        JM_TRY(jm_trust_anchors(&ca, &v->trust, JM_CERT_READER_CA, jm_slice(key, 7, SIZE_MAX),
                                jm_none(), jm_env_now(&v->base.env), mem));
        if (ca.n > 0)
            v->authority = jm_slice(key, 7, SIZE_MAX);
    }
    return JM_OK;
}

enum jm_status jm_verifier_init(struct jm_verifier *v, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes rp;

    v->authority = jm_none();
    if (jm_trust_rp_by_cert(&rp, &v->trust, v->base.env.crypto, v->access) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_RP_NOT_REGISTERED, "verifier/access.der");
    JM_TRY(jm_rp_within(&v->app, &v->trust, rp, jm_env_now(&v->base.env), mem, d));
    JM_TRY(jm_vp_client_id(&v->client_id, v->access, v->base.env.crypto, mem));
    return find_authority(v, mem);
}

const struct jm_rp_service *jm_verifier_service(const struct jm_verifier *v, struct jm_bytes id)
{
    for (size_t i = 0; i < v->app.n_services; i++)
        if (jm_bytes_eq(v->app.service[i].id, id))
            return &v->app.service[i];
    return NULL;
}
