/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/wallet.h"

static const char *const says_of_itself[] = {"iss", "vct", "iat", "nbf", "exp", "cnf", "status"};

static bool is_age(struct jm_bytes id)
{
    struct jm_bytes years = jm_slice(id, 9, SIZE_MAX);
    uint64_t n;

    return jm_bytes_starts(id, JM_BYTES("age_over_")) && years.len <= 3 &&
           jm_parse_u64(&n, years) == JM_OK;
}

/* The step by which people know the claim; null view: the path begins with none. */
static struct jm_bytes claim_id(const struct jm_dcql_claim *c, enum jm_fmt fmt)
{
    return fmt == JM_FMT_MDOC && c->n_steps > 1 ? c->step[1].name : c->step[0].name;
}

/* -- what is known of the types that a query is about: jumin/schema.h -- */

static size_t types_asked(const struct jm_dcql_credential *q)
{
    return q->fmt == JM_FMT_MDOC ? q->type.len != 0 : q->vct_values == NULL ? 0 : q->vct_values->n;
}

/*
 * The flags of a claim by the schemas of all the types that the query names; of one that names
 * none, by all that are known. @p every: what they all say, else what one of them says. False: of
 * one of the types nothing is known.
 */
static bool flags_of(unsigned *every, bool *is_protected, const struct jm_trust *t,
                     const struct jm_dcql_credential *q, const struct jm_dcql_claim *c)
{
    struct jm_bytes path[JM_DCQL_PATH_MAX];
    size_t known = 0;

    *every = JM_RULE_FLAGS;
    *is_protected = false;
    for (size_t i = 0; i < c->n_steps; i++)
        path[i] = c->step[i].name;
    for (size_t i = 0; i < t->n_schemas; i++) {
        const struct jm_schema *s = &t->schema[i];
        const struct jm_rule *rule;

        if (!jm_dcql_type_fits(q, s->fmt, s->type))
            continue;
        rule = jm_schema_rule(s, path, c->n_steps);
        *every &= rule == NULL ? 0 : rule->flags;
        *is_protected = *is_protected || jm_schema_protects(s, path, c->n_steps);
        known++;
    }
    return known > 0 && known >= types_asked(q);
}

/* What an unknown verifier may be shown: an age or a region, nothing that names anybody. */
static bool is_open(const struct jm_trust *t, const struct jm_dcql_credential *q,
                    const struct jm_dcql_claim *c)
{
    bool is_protected;
    unsigned every;

    return is_age(claim_id(c, q->fmt)) ||
           (flags_of(&every, &is_protected, t, q, c) && (every & JM_RULE_OPEN) != 0);
}

/* Shown only for a registered purpose. Of a type that nothing is known of, everything but an age
 * is. */
static bool is_guarded(const struct jm_trust *t, const struct jm_dcql_credential *q,
                       const struct jm_dcql_claim *c)
{
    bool is_protected;
    unsigned every;

    return !is_age(claim_id(c, q->fmt)) &&
           (!flags_of(&every, &is_protected, t, q, c) || is_protected);
}

/* What stands in every copy of the type and is shown with it, asked for or not. */
static bool goes_anyway(const struct jm_dcql_credential *q, const struct jm_dcql_claim *c)
{
    for (size_t i = 0; q->fmt == JM_FMT_SDJWT && i < JM_ARRAY_LEN(says_of_itself); i++)
        if (jm_bytes_eq_str(c->step[0].name, says_of_itself[i]))
            return true;
    return false;
}

/* -- uses that count together -- */

/* The one that is named, or all of the relying party that run, where they stand in the set. */
struct uses {
    const struct jm_trust *t;
    struct jm_bytes rp;
    const struct jm_use_record *named; /* null: all */
    size_t first, end;
    int64_t now;
};

static bool is_running(const struct jm_use_record *u, int64_t now)
{
    return u->state == JM_RECORD_ACTIVE && u->from <= now && now < u->to &&
           (u->channels & (JM_CHANNEL_REMOTE | JM_CHANNEL_KIOSK)) != 0;
}

static bool any_allows(const struct uses *u, enum jm_fmt fmt, struct jm_bytes type,
                       const struct jm_bytes *path, size_t n)
{
    struct jm_use_record use;

    if (u->named != NULL)
        return jm_use_allows(u->named, fmt, type, path, n);
    for (size_t i = u->first; i < u->end && jm_trust_next_use(&use, &i, u->t, u->rp) == JM_OK;)
        if (is_running(&use, u->now) && jm_use_allows(&use, fmt, type, path, n))
            return true;
    return false;
}

/* @p c null: the type itself. Of an SD-JWT each vct that it lists must be allowed; a query without
 * a type means any. */
static bool is_allowed(const struct uses *u, const struct jm_dcql_credential *q,
                       const struct jm_dcql_claim *c)
{
    struct jm_bytes path[JM_DCQL_PATH_MAX];
    size_t n = c == NULL || goes_anyway(q, c) ? 0 : c->n_steps;

    for (size_t i = 0; i < n; i++)
        path[i] = c->step[i].name;
    if (q->fmt == JM_FMT_MDOC)
        return q->type.len != 0 && any_allows(u, q->fmt, q->type, path, n);
    for (const struct jm_json *v = q->vct_values == NULL ? NULL : q->vct_values->child; v != NULL;
         v = v->next)
        if (!any_allows(u, q->fmt, v->text, path, n))
            return false;
    return q->vct_values != NULL;
}

static struct jm_bytes type_of(const struct jm_dcql_credential *q)
{
    struct jm_bytes type = q->fmt == JM_FMT_MDOC   ? q->type
                           : q->vct_values == NULL ? jm_none()
                                                   : q->vct_values->child->text;

    return type.len == 0 ? JM_BYTES("*") : type;
}

/* Null view: everything is allowed. */
static struct jm_bytes first_beyond(const struct uses *u, const struct jm_dcql *dcql)
{
    for (size_t i = 0; i < dcql->n; i++) {
        const struct jm_dcql_credential *q = &dcql->credential[i];

        if (q->fmt == 0) /* nothing answers it */
            continue;
        if (!is_allowed(u, q, NULL))
            return type_of(q);
        for (size_t k = 0; k < q->n; k++)
            if (!is_allowed(u, q, &q->claim[k])) {
                struct jm_bytes id = claim_id(&q->claim[k], q->fmt);

                return id.ptr == NULL ? type_of(q) : id;
            }
    }
    return jm_none();
}

/* -- who is not known, or names no purpose: D-311 -- */

static enum jm_status refuse_beyond(struct jm_consent *out, struct jm_bytes what, enum jm_code code,
                                    const char *why, struct jm_diag *d)
{
    out->over_asked = what;
    return jm_refuse(d, JM_E_DENIED, code, why);
}

static enum jm_status judge_unknown(struct jm_consent *out, const struct jm_dcql *dcql,
                                    const struct jm_trust *t, struct jm_diag *d)
{
    static const char why[] = "an unknown verifier asks for more than age or region";

    for (size_t i = 0; i < dcql->n; i++) {
        const struct jm_dcql_credential *q = &dcql->credential[i];

        if (q->fmt == 0) /* nothing answers it */
            continue;
        if (q->n == 0) /* the card itself, with its number in a status list and its key */
            return refuse_beyond(out, type_of(q), JM_WALLET_UNKNOWN_ASKS, why, d);
        for (size_t k = 0; k < q->n; k++) {
            struct jm_bytes id = claim_id(&q->claim[k], q->fmt);

            if (!is_open(t, q, &q->claim[k]))
                return refuse_beyond(out, id.ptr == NULL ? type_of(q) : id, JM_WALLET_UNKNOWN_ASKS,
                                     why, d);
        }
    }
    return JM_OK;
}

static enum jm_status judge_blocked(struct jm_consent *out, const struct jm_dcql *dcql,
                                    const struct jm_trust *t, struct jm_diag *d)
{
    for (size_t i = 0; i < dcql->n; i++) {
        const struct jm_dcql_credential *q = &dcql->credential[i];

        for (size_t k = 0; q->fmt != 0 && k < q->n; k++)
            if (!goes_anyway(q, &q->claim[k]) && is_guarded(t, q, &q->claim[k])) {
                struct jm_bytes id = claim_id(&q->claim[k], q->fmt);

                return refuse_beyond(out, id.ptr == NULL ? type_of(q) : id, JM_WALLET_OVER_ASKING,
                                     "what is protected, without a registered purpose", d);
            }
    }
    return JM_OK;
}

/* The use that is named, where it is its own and runs; else all of them. */
static void uses_of(struct uses *u, struct jm_use_record *use, struct jm_consent *out,
                    const struct jm_vp_request *r)
{
    struct jm_use_record other;
    size_t i = 0;

    /* What the request says of itself counts only where it fits the certificate's owner. */
    if (r->use.ptr != NULL && jm_bytes_eq(r->rp, out->rp) &&
        jm_trust_use(use, u->t, out->rp, r->use) == JM_OK && is_running(use, u->now)) {
        u->named = use;
        out->use = use->id;
        out->purpose = use->purpose;
        out->legal_basis = use->legal_basis;
        out->privacy_uri = use->privacy_uri;
        out->retention_days = (int64_t)use->retention_days;
        return;
    }
    for (; jm_trust_next_use(&other, &i, u->t, out->rp) == JM_OK; u->end = i)
        if (u->end == 0)
            u->first = i - 1;
}

/* -- is it as it was: D-354 -- */

/* SHA-256 over what there was so far and the hash of @p more: no two lists of parts are one. */
static enum jm_status mix_in(uint8_t seal[32], struct jm_bytes more, const struct jm_crypto *c)
{
    uint8_t both[64];

    memcpy(both, seal, 32);
    JM_TRY(jm_sha256(c, more, both + 32));
    return jm_sha256(c, jm_bytes(both, sizeof both), seal);
}

static enum jm_status seal_of(struct jm_consent *out, const struct jm_rp_record *rp,
                              const struct jm_use_record *use, const struct jm_crypto *c)
{
    static const struct jm_use_record none = {.retention_days = 0};
    const struct jm_use_record *u = use == NULL ? &none : use;
    const uint8_t facts[] = {rp->public_body, (uint8_t)rp->sector, (uint8_t)u->retention_days,
                             (uint8_t)(u->retention_days >> 8), (uint8_t)u->channels};
    const struct jm_bytes parts[] = {rp->id,
                                     rp->name.ko,
                                     rp->name.en,
                                     rp->identifier,
                                     u->id,
                                     u->purpose.ko,
                                     u->purpose.en,
                                     u->legal_basis,
                                     u->privacy_uri,
                                     u->types,
                                     jm_bytes(facts, sizeof facts)};
    uint8_t seal[32] = {0};

    for (size_t i = 0; i < JM_ARRAY_LEN(parts); i++)
        JM_TRY(mix_in(seal, parts[i], c));
    memcpy(out->seal, seal, sizeof out->seal);
    out->sealed = true;
    return JM_OK;
}

bool jm_wallet_is_changed(const struct jm_wallet *w, const struct jm_consent *c)
{
    for (size_t i = w->n_events; c->sealed && i-- > 0;) {
        const struct jm_wallet_event *e = &w->event[i];
        bool same = jm_bytes_eq(e->rp, c->rp);

        /* what the holder refused is no sign that it is known by now */
        if (e->rp.len == 0 || jm_bytes_eq_str(e->outcome, "declined") ||
            jm_bytes_eq_str(e->outcome, "refused by wallet"))
            continue;
        if (!same && (jm_bytes_eq(e->who, c->who.ko) || jm_bytes_eq(e->who, c->who.en)))
            return true;
        if (same && e->seal.len != 0 && jm_bytes_eq(e->use, c->use))
            return !jm_bytes_eq(e->seal, jm_bytes(c->seal, sizeof c->seal));
    }
    return false;
}

enum jm_status jm_wallet_judge(struct jm_consent *out, const struct jm_vp_request *r,
                               const struct jm_trust *t, const struct jm_crypto *c, int64_t now,
                               struct jm_diag *d)
{
    struct uses u = {.t = t, .now = now};
    struct jm_use_record named;
    struct jm_rp_record rp;
    struct jm_bytes what;

    memset(out, 0, sizeof *out);
    out->badge = JM_BADGE_UNKNOWN;
    if (!r->known || jm_trust_rp_by_cert(&out->rp, t, c, r->leaf.der) != JM_OK ||
        jm_trust_rp(&rp, t, out->rp) != JM_OK)
        return judge_unknown(out, &r->dcql, t, d);
    out->who = rp.name;
    if (rp.flagged || rp.state != JM_RECORD_ACTIVE) {
        out->badge = JM_BADGE_BLOCKED;
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_RP_BLOCKED,
                         "the registry says: not compliant, suspended or ended");
    }
    out->badge = JM_BADGE_PURPOSE_UNKNOWN;
    u.rp = out->rp;
    uses_of(&u, &named, out, r);
    JM_TRY(seal_of(out, &rp, u.named, c));
    if (u.named == NULL)
        JM_TRY(judge_blocked(out, &r->dcql, t, d));
    what = first_beyond(&u, &r->dcql);
    if (what.ptr != NULL)
        return refuse_beyond(out, what, JM_WALLET_OVER_ASKING,
                             "the request asks for more than is registered", d);
    if (u.named != NULL)
        out->badge = rp.public_body ? JM_BADGE_OFFICIAL : JM_BADGE_REGISTERED;
    return JM_OK;
}
