/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/wallet.h"

static const char *const blocked_when_unsure[] = {"resident_registration_number", "portrait"};

/* What an unknown verifier may be shown: statements about age and region, nothing that names anybody. */
static bool harmless(struct jm_bytes id)
{
    return jm_bytes_starts(id, JM_BYTES("age_over_")) || jm_bytes_eq_str(id, "youth_act_adult") || jm_bytes_eq_str(id, "is_resident") ||
           jm_bytes_eq_str(id, "resident_region") || jm_bytes_eq_str(id, "resident_municipality") || jm_bytes_eq_str(id, "resident_state");
}

static struct jm_bytes claim_id(const struct jm_dcql_claim *c, enum jm_fmt fmt)
{
    return fmt == JM_FMT_MDOC ? c->step[1] : c->step[0];
}

/* The registered type that a query can mean; each vct it lists must be allowed. */
static bool allowed(const struct jm_use_record *u, const struct jm_dcql_credential *q, const struct jm_dcql_claim *c)
{
    struct jm_bytes path[2] = {c->step[0], c->step[1]};
    size_t n = c->n_steps > 2 ? 2 : c->n_steps;

    if (q->fmt == JM_FMT_MDOC)
        return q->type.len != 0 && jm_use_allows(u, q->fmt, q->type, path, n);
    for (const struct jm_json *v = q->vct_values == NULL ? NULL : q->vct_values->child; v != NULL; v = v->next)
        if (!jm_use_allows(u, q->fmt, v->text, path, n))
            return false;
    return q->vct_values != NULL;
}

static struct jm_bytes first_beyond(const struct jm_use_record *u, const struct jm_dcql *q)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < q->credential[i].n; k++)
            if (!allowed(u, &q->credential[i], &q->credential[i].claim[k]))
                return claim_id(&q->credential[i].claim[k], q->credential[i].fmt);
    return jm_none();
}

static enum jm_status judge_unsure(struct jm_consent *out, const struct jm_dcql *q, struct jm_diag *d)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < q->credential[i].n; k++) {
            struct jm_bytes id = claim_id(&q->credential[i].claim[k], q->credential[i].fmt);

            if (out->badge == JM_BADGE_UNKNOWN && !harmless(id)) {
                out->over_asked = id;
                return jm_refuse(d, JM_E_DENIED, JM_WALLET_UNKNOWN_ASKS, "an unknown verifier asks for more than age or region");
            }
            for (size_t b = 0; b < JM_ARRAY_LEN(blocked_when_unsure); b++)
                if (jm_bytes_eq_str(id, blocked_when_unsure[b])) {
                    out->over_asked = id;
                    return jm_refuse(d, JM_E_DENIED, JM_WALLET_OVER_ASKING, "resident number or portrait without a registered purpose");
                }
        }
    return JM_OK;
}

static bool runs(const struct jm_use_record *u, int64_t now)
{
    return u->state == JM_RECORD_ACTIVE && u->from <= now && now < u->to && (u->channels & (JM_CHANNEL_REMOTE | JM_CHANNEL_KIOSK)) != 0;
}

enum jm_status jm_wallet_judge(struct jm_consent *out, const struct jm_vp_request *r, const struct jm_trust *t, const struct jm_crypto *c,
                               int64_t now, struct jm_diag *d)
{
    struct jm_use_record use;
    struct jm_rp_record rp;

    memset(out, 0, sizeof *out);
    out->badge = JM_BADGE_UNKNOWN;
    if (!r->known || jm_trust_rp_by_cert(&out->rp, t, c, r->leaf.der) != JM_OK || jm_trust_rp(&rp, t, out->rp) != JM_OK)
        return judge_unsure(out, &r->dcql, d);
    out->who = rp.name;
    if (rp.flagged || rp.state != JM_RECORD_ACTIVE) {
        out->badge = JM_BADGE_BLOCKED;
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_RP_BLOCKED, "the registry says: not compliant, suspended or ended");
    }
    out->badge = JM_BADGE_PURPOSE_UNKNOWN;
    /* What the request says of itself counts only where it fits the certificate's owner. */
    if (r->use.ptr == NULL || !jm_bytes_eq(r->rp, out->rp) || jm_trust_use(&use, t, out->rp, r->use) != JM_OK || !runs(&use, now))
        return judge_unsure(out, &r->dcql, d);
    out->use = use.id;
    out->purpose = use.purpose;
    out->legal_basis = use.legal_basis;
    out->privacy_uri = use.privacy_uri;
    out->retention_days = (int64_t)use.retention_days;
    out->over_asked = first_beyond(&use, &r->dcql);
    if (out->over_asked.ptr != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_OVER_ASKING, "the request asks for more than the service is registered for");
    out->badge = rp.public_body ? JM_BADGE_OFFICIAL : JM_BADGE_REGISTERED;
    return JM_OK;
}
