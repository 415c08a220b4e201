/* SPDX-License-Identifier: Apache-2.0 */
#include "cred/mdoc/chain.h"

static enum jm_status why_no_anchor(struct jm_mdoc_document *d, const struct jm_anchors *anchors)
{
    struct jm_bytes where = d->dsc->der;

    for (size_t i = 0; i < anchors->n; i++) {
        const struct jm_cert *ca = anchors->anchor[i].cert;

        if (jm_chain_is_ca(ca) && d->dsc->has_aki && ca->has_ski && jm_bytes_eq(d->dsc->aki, ca->ski) &&
            !anchors->anchor[i].pinned) {
            jm_mdoc_fail(d, JM_MDOC_CHAIN_NAME, where,
                         "the issuer's name is not that of the CA with this key identifier");
            return JM_OK;
        }
    }
    if (d->issuer.n_x5chain > 1) {
        struct jm_cert *above = JM_NEW(d->mem, struct jm_cert);

        if (above == NULL)
            return JM_E_NO_SPACE;
        if (jm_cert_parse(above, d->issuer.x5chain[1]) == JM_OK && jm_chain_is_ca(above) &&
            jm_bytes_eq(above->subject.der, d->dsc->issuer.der) && !jm_cert_is_self_signed(above) &&
            jm_chain_next(anchors, above, NULL) != NULL) {
            jm_mdoc_fail(d, JM_MDOC_CHAIN_LENGTH, d->issuer.x5chain[1], "a CA stands between the signer and the IACA");
            return JM_OK;
        }
    }
    jm_mdoc_fail(d, JM_MDOC_CHAIN_NO_ANCHOR, where, "no trusted CA has issued the signer certificate");
    return JM_OK;
}

static bool serves(const struct jm_anchor *a, struct jm_bytes doctype)
{
    for (size_t i = 0; i < a->n_doctypes; i++)
        if (jm_bytes_eq(a->doctypes[i], doctype))
            return true;
    return a->n_doctypes == 0;
}

static enum jm_status look_for_root(struct jm_mdoc_document *d)
{
    for (size_t i = 1; i < d->issuer.n_x5chain; i++) {
        struct jm_cert *c = JM_NEW(d->mem, struct jm_cert);

        if (c == NULL)
            return JM_E_NO_SPACE;
        if (jm_cert_parse(c, d->issuer.x5chain[i]) == JM_OK && jm_cert_is_self_signed(c))
            jm_mdoc_notice(d, JM_MDOC_X5CHAIN_ROOT, true, d->issuer.x5chain[i], "the root stands in x5chain");
    }
    return JM_OK;
}

enum jm_status jm_mdoc_find_anchor(struct jm_mdoc_document *d, const struct jm_anchors *anchors)
{
    struct jm_bytes doctype = d->doctype.ptr != NULL ? d->doctype : d->mso.doctype;

    JM_TRY(look_for_root(d));
    if (anchors == NULL) {
        jm_mdoc_say(d, JM_MDOC_CHAIN_NO_ANCHOR, JM_UNKNOWN, d->dsc->der, "no trust anchor was given");
        return JM_OK;
    }
    if (anchors->stale)
        jm_mdoc_say(d, JM_MDOC_TRUST_STALE, JM_UNKNOWN, jm_none(), "the trust set is past its next update");
    if ((d->anchor = jm_chain_pinned(anchors, d->dsc)) != NULL) {
        d->pinned = true;
        jm_mdoc_say(d, JM_MDOC_CHAIN_PINNED, JM_WARN, d->dsc->der, "this very signer is trusted; no path was built");
    } else if ((d->anchor = jm_chain_next(anchors, d->dsc, NULL)) == NULL) {
        return why_no_anchor(d, anchors);
    }
    if (!serves(d->anchor, doctype))
        jm_mdoc_fail(d, JM_MDOC_VICAL_DOCTYPE, d->dsc->der, "the CA is not trusted for this docType");
    return JM_OK;
}

/* EKU, key usage and CA findings are notices where the signer itself is pinned. */
static void soft(struct jm_mdoc_document *d, enum jm_code code, const char *what)
{
    if (d->pinned)
        jm_mdoc_notice(d, code, true, d->dsc->der, what);
    else
        jm_mdoc_fail(d, code, d->dsc->der, what);
}

static void check_iaca(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    const struct jm_cert *ca = d->anchor->cert, *c = d->dsc;

    if (ctx->now < ca->not_before - ctx->policy.cert_skew_s)
        jm_mdoc_fail(d, JM_MDOC_IACA_NOT_YET_VALID, jm_none(), "the IACA certificate is not valid yet");
    if (ctx->now > ca->not_after + ctx->policy.cert_skew_s)
        jm_mdoc_fail(d, JM_MDOC_IACA_EXPIRED, jm_none(), "the IACA certificate has expired");
    if (!jm_bytes_eq(c->subject.country, ca->subject.country))
        jm_mdoc_fail(d, JM_MDOC_DSC_COUNTRY, c->der, "the signer's country is not that of its CA");
    if (c->subject.state.len != 0 && ca->subject.state.len != 0 && !jm_bytes_eq(c->subject.state, ca->subject.state))
        jm_mdoc_fail(d, JM_MDOC_DSC_STATE, c->der, "the signer's state is not that of its CA");
    if (c->sig_alg != JM_SIG_ECDSA_SHA256 || !c->sig_alg_twice_equal)
        jm_mdoc_fail(d, JM_MDOC_DSC_SIG_ALG, c->der,
                     "the certificate is not signed with ecdsa-with-SHA256, the only one supported here");
    else if (ca->key_alg != JM_KEY_P256 || !ca->key_uncompressed)
        jm_mdoc_fail(d, JM_MDOC_DSC_SIG_ALG, c->der,
                     "the CA's key is no uncompressed P-256 key, the only kind supported here");
    else if (!c->sig_ok)
        jm_mdoc_fail(d, JM_MDOC_CHAIN_SIGNATURE, c->der, "the certificate's signature is malformed");
}

void jm_mdoc_check_dsc(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    const struct jm_cert *c = d->dsc;

    if (ctx->now < c->not_before - ctx->policy.cert_skew_s)
        jm_mdoc_fail(d, JM_MDOC_DSC_NOT_YET_VALID, c->der, "the signer certificate is not valid yet");
    if (ctx->now > c->not_after + ctx->policy.cert_skew_s)
        jm_mdoc_fail(d, JM_MDOC_DSC_EXPIRED, c->der, "the signer certificate has expired");
    if (!jm_cert_has_eku(c, JM_OID_EKU_MDL_DS) && !jm_cert_has_eku(c, JM_OID_EKU_MDOC_DS))
        soft(d, JM_MDOC_DSC_EKU, "extKeyUsage does not name document signing");
    if (!c->has_ku || (c->ku & JM_KU_DIGITAL_SIGNATURE) == 0)
        soft(d, JM_MDOC_DSC_KEY_USAGE, "keyUsage does not have digitalSignature");
    if (c->is_ca)
        soft(d, JM_MDOC_DSC_IS_CA, "the signer certificate is a CA's");
    if (c->ext_critical_unknown)
        jm_mdoc_fail(d, JM_MDOC_DSC_CRITICAL_EXT, c->der, "an unknown extension is critical");
    if (c->key_alg == JM_KEY_OTHER || (c->key_alg == JM_KEY_P256 && !c->key_uncompressed))
        jm_mdoc_fail(d, JM_MDOC_DSC_KEY, c->der, "the signer's key is no uncompressed elliptic curve key");
    if (d->anchor != NULL && !d->pinned)
        check_iaca(d, ctx);
}

bool jm_mdoc_crl_ok(struct jm_mdoc_document *d, struct jm_bytes octets, int64_t now)
{
    const struct jm_cert *ca = d->anchor->cert;
    const char *why = NULL;

    if (jm_crl_parse(&d->crl, octets) != JM_OK)
        why = "the revocation list cannot be read";
    else
        why = jm_crl_fault(&d->crl, ca, now);
    if (why != NULL)
        jm_mdoc_say(d, JM_MDOC_DSC_REVOCATION_UNKNOWN, JM_UNKNOWN, d->dsc->der, why);
    return why == NULL;
}
