/* SPDX-License-Identifier: Apache-2.0 */
/* Copies are verified before they are handed out. */
#include "proto/oid4vci_engine.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"

/* One batch, as it is received. */
struct receipt {
    struct jm_vci *e;
    const struct jm_answers *a;
    const struct jm_vci_configuration *c;
    const struct jm_anchors *ca;
    struct jm_vci_span sent;
};

static size_t key_of(const struct receipt *r, const struct jm_point *p)
{
    for (size_t i = r->sent.first; i < r->sent.first + r->sent.n; i++)
        if (jm_point_eq(&r->e->config.key[i].point, p))
            return i;
    return SIZE_MAX;
}

static enum jm_status refuse_copy(struct jm_vci *e, enum jm_status st, const char *why)
{
    return jm_vci_refuse(e, st, JM_WALLET_CREDENTIAL_INVALID, why);
}

static enum jm_status refuse_report(struct jm_vci *e, const struct jm_report *report)
{
    return refuse_copy(e, JM_E_DENIED, jm_code_info(jm_report_reason(report))->name);
}

/* A wallet keeps nothing that a verifier would refuse: chain, type, digests, signature, and one of
 * the keys just sent. */
static enum jm_status accept_mdoc(const struct receipt *r, struct jm_vci_copy *out,
                                  struct jm_bytes text)
{
    struct jm_vci *e = r->e;
    struct jm_mdoc_context x = {.now = e->at_s,
                                .anchors = r->ca,
                                /* minutes old, and nobody shows them to anybody yet */
                                .policy = JM_MDOC_POLICY_WAIVED,
                                .crypto = e->config.crypto,
                                .schema = e->config.trust->schema,
                                .n_schemas = e->config.trust->n_schemas};
    const struct jm_mdoc_verified *v;
    struct jm_mdoc_copy copy;

    x.policy.strict_issuer_form = true;
    if (jm_b64url_decode(&out->octets, &e->scratch, text) != JM_OK)
        return refuse_copy(e, JM_E_MALFORMED, "not base64url");
    JM_TRY(jm_mdoc_verify_issuer_signed(&v, out->octets, r->c->type, &x, r->a, &e->scratch));
    if (jm_mdoc_claims(v, 0) == NULL)
        return refuse_report(e, jm_mdoc_report(v));
    JM_TRY(jm_mdoc_copy_read(&copy, out->octets, &e->scratch));
    out->key = key_of(r, &copy.device_key);
    return JM_OK;
}

static enum jm_status accept_sdjwt(const struct receipt *r, struct jm_vci_copy *out,
                                   struct jm_bytes text)
{
    const struct jm_sdjwt_context x = {.now = r->e->at_s,
                                       .anchors = r->ca,
                                       .vct = r->c->type,
                                       .waive_kb = true,
                                       .waive_status = true,
                                       .waive_crl = true,
                                       .crypto = r->e->config.crypto};
    const struct jm_sdjwt_verified *v;
    struct jm_sdjwt_facts facts;

    JM_TRY(jm_sdjwt_verify(&v, text, &x, r->a, &r->e->scratch));
    if (jm_sdjwt_claims(v) == NULL)
        return refuse_report(r->e, jm_sdjwt_report(v));
    JM_TRY(jm_sdjwt_facts(&facts, jm_sdjwt_claims(v)));
    out->octets = text;
    out->key = key_of(r, &facts.holder);
    return JM_OK;
}

/* Status lists are not asked for at receipt: the copies are minutes old. */
static enum jm_status find_nothing(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                                   struct jm_arena *mem)
{
    (void)ctx, (void)ask, (void)out, (void)mem;
    return JM_E_UNAVAILABLE;
}

enum jm_status jm_vci_accept(struct jm_vci *e, const struct jm_answers *asks,
                             const struct jm_vci_configuration *c, const struct jm_json *list,
                             struct jm_vci_span sent)
{
    struct jm_vci_copy got[JM_VCI_BATCH_MAX];
    struct jm_answers a = *asks;
    struct jm_anchors ca;
    const struct receipt r = {e, &a, c, &ca, sent};
    bool mdoc = c->fmt == JM_FMT_MDOC;
    size_t k = 0;

    a.find = find_nothing;
    memset(got, 0, sizeof got);
    JM_TRY(jm_trust_anchors(&ca, e->config.trust, mdoc ? JM_CERT_IACA : JM_CERT_SDJWT_CA,
                            e->issuer.id, c->type, e->at_s, &e->scratch));
    for (const struct jm_json *x = list->child; x != NULL; x = x->next, k++) {
        struct jm_bytes text;

        if (jm_json_str(&text, x, "credential") != JM_OK)
            return refuse_copy(e, JM_E_MALFORMED, "a credential is no text");
        JM_TRY(mdoc ? accept_mdoc(&r, &got[k], text) : accept_sdjwt(&r, &got[k], text));
        if (got[k].key == SIZE_MAX)
            return refuse_copy(e, JM_E_DENIED, "bound to a key that is not ours");
        for (size_t i = 0; i < k; i++)
            if (got[i].key == got[k].key)
                return refuse_copy(e, JM_E_DENIED, "two copies for one key");
    }
    for (size_t i = 0; i < k; i++) {
        struct jm_vci_copy *to = &e->copy[e->n_copies++];

        *to = got[i];
        to->fmt = c->fmt;
        to->configuration = c->id;
        to->type = c->type;
        JM_TRY(jm_dup(&to->octets, &e->keep, got[i].octets));
    }
    return JM_OK;
}
