/* SPDX-License-Identifier: Apache-2.0 */
/* Copies are verified before they are handed out. */
#include "proto/oid4vci_engine.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"

static size_t key_of(const struct jm_vci *e, const struct jm_point *p, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        if (jm_point_eq(&e->config.key[i].point, p))
            return i;
    return SIZE_MAX;
}

/* A wallet keeps nothing that a verifier would refuse: chain, type, digests, signature, and one of
 * the keys just sent. */
static enum jm_status accept_mdoc(struct jm_vci *e, const struct jm_answers *a,
                                  const struct jm_vci_configuration *c, struct jm_vci_copy *out,
                                  struct jm_bytes text, size_t first, size_t n)
{
    const struct jm_mdoc_verified *v;
    struct jm_mdoc_context x = {0};
    struct jm_mdoc_copy copy;
    struct jm_anchors ca;

    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_IACA, e->issuer.id, c->type, e->at_s,
                            &e->scratch));
    x.now = e->at_s;
    x.anchors = &ca;
    /* the copies are minutes old, and nobody shows them to anybody yet */
    x.policy = JM_MDOC_POLICY_WAIVED;
    x.policy.strict_issuer_form = true;
    x.crypto = e->config.crypto;
    x.schema = e->config.trust->schema;
    x.n_schemas = e->config.trust->n_schemas;
    if (jm_b64url_decode(&out->octets, &e->scratch, text) != JM_OK)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID, "not base64url");
    JM_TRY(jm_mdoc_verify_issuer_signed(&v, out->octets, c->type, &x, a, &e->scratch));
    if (jm_mdoc_claims(v, 0) == NULL)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                             jm_code_info(jm_report_reason(jm_mdoc_report(v)))->name);
    JM_TRY(jm_mdoc_copy_read(&copy, out->octets, &e->scratch));
    out->key = key_of(e, &copy.device_key, first, n);
    return JM_OK;
}

static enum jm_status accept_sdjwt(struct jm_vci *e, const struct jm_answers *a,
                                   const struct jm_vci_configuration *c, struct jm_vci_copy *out,
                                   struct jm_bytes text, size_t first, size_t n)
{
    const struct jm_sdjwt_verified *v;
    struct jm_sdjwt_context x = {0};
    struct jm_sdjwt_facts facts;
    struct jm_anchors ca;

    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_SDJWT_CA, e->issuer.id, c->type, e->at_s,
                            &e->scratch));
    x.now = e->at_s;
    x.anchors = &ca;
    x.vct = c->type;
    x.waive_kb = x.waive_status = x.waive_crl = true;
    x.crypto = e->config.crypto;
    JM_TRY(jm_sdjwt_verify(&v, text, &x, a, &e->scratch));
    if (jm_sdjwt_claims(v) == NULL)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                             jm_code_info(jm_report_reason(jm_sdjwt_report(v)))->name);
    JM_TRY(jm_sdjwt_facts(&facts, jm_sdjwt_claims(v)));
    out->octets = text;
    out->key = key_of(e, &facts.holder, first, n);
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
                             size_t first, size_t n)
{
    struct jm_vci_copy got[JM_VCI_BATCH_MAX];
    struct jm_answers a = *asks;
    size_t k = 0;

    a.find = find_nothing;
    memset(got, 0, sizeof got);
    for (const struct jm_json *x = list->child; x != NULL; x = x->next, k++) {
        struct jm_bytes text;

        if (jm_json_str(&text, x, "credential") != JM_OK)
            return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_CREDENTIAL_INVALID,
                                 "a credential is no text");
        JM_TRY(c->fmt == JM_FMT_MDOC ? accept_mdoc(e, &a, c, &got[k], text, first, n)
                                     : accept_sdjwt(e, &a, c, &got[k], text, first, n));
        if (got[k].key == SIZE_MAX)
            return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                                 "bound to a key that is not ours");
        for (size_t i = 0; i < k; i++)
            if (got[i].key == got[k].key)
                return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_CREDENTIAL_INVALID,
                                     "two copies for one key");
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
