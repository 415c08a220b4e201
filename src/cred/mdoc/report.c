/* SPDX-License-Identifier: Apache-2.0 */
/* Every check gets its result: what was found, PASS for what was looked at and held, NOT_RUN with its reason. */
#include "cred/mdoc/verify.h"

#define N_X509 (JM_X509_NAME_ORDER_BYTES - JM_X509_LIFETIME + 1)

static void pass(struct jm_mdoc_document *d, enum jm_code first, enum jm_code last)
{
    jm_mdoc_settle(d, first, last, JM_PASS, true, NULL);
}

/* Could not be looked at: nothing is accepted then. */
static void blocked(struct jm_mdoc_document *d, enum jm_code first, enum jm_code last, const char *why)
{
    jm_mdoc_settle(d, first, last, JM_NOT_RUN, true, why);
}

/* Has nothing to look at here. */
static void idle(struct jm_mdoc_document *d, enum jm_code first, enum jm_code last, const char *why)
{
    jm_mdoc_settle(d, first, last, JM_NOT_RUN, false, why);
}

static void pass_if(struct jm_mdoc_document *d, bool looked, enum jm_code first, enum jm_code last, const char *why)
{
    if (looked)
        pass(d, first, last);
    else
        blocked(d, first, last, why);
}

static void settle_chain(struct jm_mdoc_document *d, bool demand_crl)
{
    static const char *const no_chain = "there is no signer certificate to look at";
    static const char *const no_anchor = "there is no trusted CA to compare with";
    static const char *const pinned = "the signer itself is pinned: no path is built";

    pass_if(d, d->issuer_ok, JM_MDOC_X5CHAIN_MISSING, JM_MDOC_X5CHAIN_LIMIT, "issuerAuth cannot be read");
    pass_if(d, d->dsc != NULL, JM_MDOC_DSC_PARSE, JM_MDOC_DSC_PARSE, no_chain);
    pass_if(d, d->anchor != NULL, JM_MDOC_CHAIN_NO_ANCHOR, JM_MDOC_CHAIN_NO_ANCHOR, no_chain);
    if (d->pinned) {
        idle(d, JM_MDOC_CHAIN_SIGNATURE, JM_MDOC_CHAIN_LENGTH, pinned);
        idle(d, JM_MDOC_IACA_NOT_YET_VALID, JM_MDOC_IACA_EXPIRED, pinned);
        idle(d, JM_MDOC_DSC_COUNTRY, JM_MDOC_DSC_SIG_ALG, pinned);
    } else {
        blocked(d, JM_MDOC_CHAIN_SIGNATURE, JM_MDOC_CHAIN_SIGNATURE, no_anchor);
        pass_if(d, d->anchor != NULL, JM_MDOC_CHAIN_NAME, JM_MDOC_CHAIN_LENGTH, no_anchor);
        pass_if(d, d->anchor != NULL, JM_MDOC_IACA_NOT_YET_VALID, JM_MDOC_IACA_EXPIRED, no_anchor);
        pass_if(d, d->anchor != NULL, JM_MDOC_DSC_COUNTRY, JM_MDOC_DSC_SIG_ALG, no_anchor);
    }
    pass_if(d, d->dsc != NULL, JM_MDOC_DSC_NOT_YET_VALID, JM_MDOC_DSC_EXPIRED, no_chain);
    pass_if(d, d->dsc != NULL, JM_MDOC_DSC_EKU, JM_MDOC_DSC_CRITICAL_EXT, no_chain);
    pass_if(d, d->dsc != NULL, JM_MDOC_DSC_KEY, JM_MDOC_DSC_KEY, no_chain);
    jm_mdoc_settle(d, JM_MDOC_DSC_REVOKED, JM_MDOC_DSC_REVOKED, JM_NOT_RUN, demand_crl,
                   demand_crl ? "there is no revocation list to look into" : "no revocation list is demanded");
    pass_if(d, d->anchor != NULL, JM_MDOC_VICAL_DOCTYPE, JM_MDOC_VICAL_DOCTYPE, no_anchor);
    pass_if(d, d->issuer_ok, JM_MDOC_X5CHAIN_FORM, JM_MDOC_X5CHAIN_ROOT, "issuerAuth cannot be read");
    pass_if(d, d->anchor != NULL, JM_MDOC_CHAIN_PINNED, JM_MDOC_CHAIN_PINNED, no_anchor);
    if (demand_crl)
        jm_mdoc_say(d, JM_MDOC_DSC_REVOCATION_UNKNOWN,
                    jm_mdoc_slot(d, JM_MDOC_DSC_REVOCATION_UNKNOWN)->said ? JM_PASS : JM_UNKNOWN, jm_none(),
                    "there is no revocation list for this signer");
    idle(d, JM_MDOC_DSC_REVOCATION_UNKNOWN, JM_MDOC_DSC_REVOCATION_UNKNOWN, "no revocation list is demanded");
    pass_if(d, d->anchor != NULL, JM_MDOC_TRUST_STALE, JM_MDOC_TRUST_STALE, no_anchor);
}

static void settle_issuer(struct jm_mdoc_document *d)
{
    static const char *const no_cose = "issuerAuth cannot be read";

    pass_if(d, d->issuer_ok, JM_MDOC_ISSUER_COSE, JM_MDOC_ISSUER_ALG, no_cose);
    pass_if(d, d->issuer_ok && d->dsc != NULL && !jm_mdoc_failed(d, JM_MDOC_ISSUER_ALG), JM_MDOC_ISSUER_ALG_KEY,
            JM_MDOC_ISSUER_ALG_KEY, "there is no pair of algorithm and key to compare");
    pass_if(d, d->issuer_ok, JM_MDOC_ISSUER_CRIT, JM_MDOC_SIGNATURE_FORM, no_cose);
    if (d->issuer.has_x5t)
        pass_if(d, d->issuer.n_x5chain != 0, JM_MDOC_ISSUER_X5T, JM_MDOC_ISSUER_X5T,
                "there is no certificate to compare with");
    else
        idle(d, JM_MDOC_ISSUER_X5T, JM_MDOC_ISSUER_X5T, "x5t is not used");
    blocked(d, JM_MDOC_ISSUER_SIGNATURE, JM_MDOC_ISSUER_SIGNATURE,
            "the signature could not be judged for lack of key or form");
}

static void settle_mso(struct jm_mdoc_document *d)
{
    static const char *const no_mso = "the MSO cannot be read";
    bool read = d->mso_ok;

    pass_if(d, read, JM_MDOC_MSO_VERSION, JM_MDOC_MSO_DIGEST_ALG, no_mso);
    if (read && d->doctype.ptr == NULL)
        idle(d, JM_MDOC_MSO_DOCTYPE, JM_MDOC_MSO_DOCTYPE, "there is no docType to compare with");
    pass_if(d, read, JM_MDOC_MSO_DOCTYPE, JM_MDOC_MSO_DOCTYPE, no_mso);
    pass_if(d, read && d->dsc != NULL, JM_MDOC_MSO_SIGNED_OUTSIDE_DSC, JM_MDOC_MSO_SIGNED_OUTSIDE_DSC,
            "there is no signer certificate or MSO to compare");
    pass_if(d, read, JM_MDOC_MSO_NOT_YET_VALID, JM_MDOC_MSO_TIME_ORDER, no_mso);
    pass_if(d, read && d->dsc != NULL, JM_MDOC_MSO_OUTLIVES_DSC, JM_MDOC_MSO_OUTLIVES_DSC,
            "there is no signer certificate or MSO to compare");
    pass_if(d, read, JM_MDOC_MSO_DIGEST_ID_RANGE, JM_MDOC_MSO_KEYAUTH_OVERLAP, no_mso);
}

static void settle_items(struct jm_mdoc_document *d, bool has_device)
{
    pass_if(d, d->items_ok, JM_MDOC_ITEM_FORM, JM_MDOC_ITEM_FORM, "the items cannot be read");
    pass_if(d, d->items_ok && d->mso_ok, JM_MDOC_ITEM_NAMESPACE_UNKNOWN, JM_MDOC_ITEM_DIGEST_ID_UNKNOWN,
            "there are no digests to compare with");
    pass_if(d, d->items_ok && d->mso_ok && d->mso.hash != 0, JM_MDOC_ITEM_DIGEST_MISMATCH, JM_MDOC_ITEM_DIGEST_MISMATCH,
            "there are no digests to compare with");
    pass_if(d, d->items_ok, JM_MDOC_ITEM_DUPLICATE_DIGEST_ID, JM_MDOC_ITEM_DUPLICATE_ELEMENT,
            "the items cannot be read");
    if (!has_device)
        idle(d, JM_MDOC_ITEM_DEVICE_DUPLICATE, JM_MDOC_ITEM_DEVICE_DUPLICATE, "there is no device-signed part");
    pass_if(d, d->items_ok, JM_MDOC_ITEM_DEVICE_DUPLICATE, JM_MDOC_ITEM_DEVICE_DUPLICATE, "the items cannot be read");
    idle(d, JM_MDOC_ISSUING_COUNTRY, JM_MDOC_ISSUING_JURISDICTION,
         "the element was not given or has nothing to compare with");
    pass_if(d, d->items_ok, JM_MDOC_ITEM_RANDOM_SHORT, JM_MDOC_ITEM_RANDOM_REPEATED, "the items cannot be read");
}

static void settle_device(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    bool read = d->device_ok, sig = d->device_sig.ptr != NULL, mac = d->device_mac.ptr != NULL,
         one = read && sig != mac;
    static const char *const none = "there is no single device signature or MAC to look at";
    static const char *const unread = "the device-signed part cannot be read";

    pass_if(d, read, JM_MDOC_DEVICE_AUTH_MISSING, JM_MDOC_DEVICE_AUTH_BOTH, unread);
    pass_if(d, one && ctx->transcript.ptr != NULL, JM_MDOC_DEVICE_AUTH_PAYLOAD, JM_MDOC_DEVICE_AUTH_PAYLOAD,
            "there is nothing to compare an attached payload with");
    pass_if(d, one, JM_MDOC_DEVICE_ALG, JM_MDOC_DEVICE_ALG, none);
    if (one && mac) {
        idle(d, JM_MDOC_DEVICE_ALG_KEY, JM_MDOC_DEVICE_SIGNATURE, "the device used a MAC");
        pass(d, JM_MDOC_DEVICE_MAC_KEY, JM_MDOC_DEVICE_MAC_KEY);
        blocked(d, JM_MDOC_DEVICE_MAC, JM_MDOC_DEVICE_MAC,
                "the MAC could not be judged for lack of key, form or transcript");
    } else {
        pass_if(d, one && !jm_mdoc_failed(d, JM_MDOC_DEVICE_ALG), JM_MDOC_DEVICE_ALG_KEY, JM_MDOC_DEVICE_ALG_KEY, none);
        blocked(d, JM_MDOC_DEVICE_SIGNATURE, JM_MDOC_DEVICE_SIGNATURE,
                "the signature could not be judged for lack of key, form or transcript");
        idle(d, JM_MDOC_DEVICE_MAC_KEY, JM_MDOC_DEVICE_MAC, "the device used no MAC");
    }
    pass_if(d, read && d->mso_ok, JM_MDOC_DEVICE_ELEMENT_UNAUTHORIZED, JM_MDOC_DEVICE_ELEMENT_UNAUTHORIZED, unread);
    pass_if(d, one && ctx->transcript.ptr != NULL, JM_MDOC_DEVICE_AUTH_ATTACHED, JM_MDOC_DEVICE_AUTH_ATTACHED,
            "there is nothing to compare an attached payload with");
    pass_if(d, ctx->transcript.ptr != NULL, JM_MDOC_TRANSCRIPT_NOT_GIVEN, JM_MDOC_TRANSCRIPT_NOT_GIVEN,
            "no transcript");
}

static void settle_status(struct jm_mdoc_document *d, const struct jm_mdoc_policy *policy)
{
    bool judged = jm_mdoc_slot(d, JM_MDOC_STATUS_REVOKED)->said;

    if (!d->mso_ok) {
        jm_mdoc_settle(d, JM_MDOC_STATUS_REVOKED, JM_MDOC_STATUS_NONE, JM_NOT_RUN, policy->demand_status,
                       "the MSO cannot be read");
        return;
    }
    if (!d->mso.has_status) { /* follows the policy in both modes */
        jm_mdoc_say(d, JM_MDOC_STATUS_NONE, policy->demand_status ? JM_FAIL : JM_WARN, d->mso_map,
                    "the MSO has no status");
        idle(d, JM_MDOC_STATUS_REVOKED, JM_MDOC_STATUS_INDEX, "the MSO has no status");
    } else if (d->mso.status_uri.ptr == NULL) {
        jm_mdoc_say(d, JM_MDOC_STATUS_UNAVAILABLE, policy->demand_status ? JM_UNKNOWN : JM_NOT_RUN, d->mso.status,
                    "the MSO's status is of a kind not supported here");
    }
    if (judged)
        jm_mdoc_settle(d, JM_MDOC_STATUS_REVOKED, JM_MDOC_STATUS_INDEX, JM_PASS, policy->demand_status, NULL);
    jm_mdoc_settle(d, JM_MDOC_STATUS_REVOKED, JM_MDOC_STATUS_INDEX, JM_NOT_RUN, false, "no status list was judged");
    pass(d, JM_MDOC_STATUS_NONE, JM_MDOC_STATUS_NONE);
}

static void settle_request(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    idle(d, JM_MDOC_ISSUER_NOT_ALLOWED, JM_MDOC_ISSUER_NOT_ALLOWED, "the caller limits issuers by its anchors");
    idle(d, JM_MDOC_MSO_SEEN, JM_MDOC_MSO_SEEN, "what was seen before is the caller's to know");
    if (ctx->request == NULL) {
        idle(d, JM_MDOC_DOCTYPE_NOT_REQUESTED, JM_MDOC_MSO_SEEN, "nothing was asked");
        return;
    }
    idle(d, JM_MDOC_CARD_EXPIRED, JM_MDOC_CARD_EXPIRED, "expiry_date was not given");
    pass(d, JM_MDOC_DOCTYPE_NOT_REQUESTED, JM_MDOC_AGE_ANSWER);
    pass(d, JM_MDOC_DOCUMENT_DUPLICATE, JM_MDOC_DOCUMENT_DUPLICATE);
    pass(d, JM_MDOC_ELEMENT_NOT_REQUESTED, JM_MDOC_ELEMENT_TYPE);
}

static void settle_document(struct jm_mdoc_document *d, const struct jm_mdoc_verifier *v)
{
    bool has_device = v->kind == JM_MDOC_DEVICE_RESPONSE;

    pass(d, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_COSE_TAGGED);
    pass(d, JM_MDOC_RESPONSE_LIMIT, JM_MDOC_RESPONSE_LIMIT);
    settle_chain(d, v->context->policy.demand_crl);
    settle_issuer(d);
    settle_mso(d);
    settle_items(d, has_device);
    if (has_device)
        settle_device(d, v->context);
    else
        idle(d, JM_MDOC_DEVICE_AUTH_MISSING, JM_MDOC_TRANSCRIPT_NOT_GIVEN, "there is no device-signed part");
    settle_status(d, &v->context->policy);
    settle_request(d, v->context);
}

static void settle_top(struct jm_mdoc_document *d, const struct jm_mdoc_verifier *v)
{
    bool unread = false;

    for (enum jm_code c = JM_MDOC_CBOR_TRUNCATED; c <= JM_MDOC_CBOR_DUPLICATE_KEY; c++)
        unread = unread || jm_mdoc_failed(d, c);
    unread = unread ||
             (jm_mdoc_failed(d, JM_MDOC_RESPONSE_LIMIT) && v->n_documents == 0 && v->input.len > JM_MDOC_RESPONSE_MAX);
    pass_if(d, !unread, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_CBOR_NON_PREFERRED, "the octets cannot be read");
    if (v->kind == JM_MDOC_DEVICE_RESPONSE)
        pass_if(d, !unread, JM_MDOC_EMPTY, JM_MDOC_RESPONSE_LIMIT, "the octets cannot be read");
    else
        idle(d, JM_MDOC_EMPTY, JM_MDOC_RESPONSE_LIMIT, "this is no DeviceResponse");
}

/* -- putting it together --------------------------------------------------------------------------------------------- */

static void emit(struct jm_findings *f, const struct jm_mdoc_document *d, enum jm_code first, enum jm_code last)
{
    for (enum jm_code code = first; code <= last; code++) {
        const struct jm_mdoc_slot *s = &d->slot[code - JM_MDOC_FIRST];
        struct jm_check *c = &f->check[f->n++]; /* room was counted; codes of an object are distinct */

        c->code = code;
        c->result = s->result;
        c->required = s->required;
        c->object = d->object;
        c->offset = s->offset > UINT32_MAX ? UINT32_MAX : (uint32_t)s->offset;
        c->path = s->path;
        c->detail = jm_str(s->detail);
    }
}

static enum jm_status emit_x509(struct jm_findings *f, const struct jm_mdoc_document *d,
                                const struct jm_mdoc_context *ctx)
{
    struct jm_findings own = {f->check + f->n, 0, N_X509,
                              JM_OK}; /* noted once per object: no need to look further back */

    if (d->dsc != NULL)
        jm_x509_profile(&own, d->dsc, JM_PROFILE_DSC, d->pinned || d->anchor == NULL ? NULL : d->anchor->cert,
                        ctx->crypto, d->object, d->strict || d->strict_issuer);
    f->n += own.n;
    return own.st;
}

static enum jm_status collect_claims(const struct jm_mdoc_claims **out, struct jm_mdoc_document *d,
                                     struct jm_arena *mem)
{
    struct jm_mdoc_claims *c = &d->claims;
    struct jm_mdoc_claim *to = JM_NEW_N(mem, struct jm_mdoc_claim, d->n_items + d->n_device_items + 1);

    if (to == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < d->n_items; i++)
        if (d->keep[i])
            to[c->n++] = (struct jm_mdoc_claim){d->item[i].ns, d->item[i].id, d->item[i].value, false};
    for (size_t i = 0; i < d->n_device_items; i++)
        if (d->keep[d->n_items + i])
            to[c->n++] = d->device_item[i];
    c->claim = to;
    c->doctype = d->doctype.ptr != NULL ? d->doctype : d->mso.doctype;
    c->status_uri = d->mso.status_uri;
    c->status_idx = d->mso.status_idx;
    c->signed_s = d->mso.signed_s;
    c->valid_from_s = d->mso.valid_from_s;
    c->valid_until_s = d->mso.valid_until_s;
    c->device_key = d->mso.device_key;
    c->mso = d->issuer.payload;
    c->dsc = d->dsc;
    c->anchor = d->pinned || d->anchored ? d->anchor : NULL;
    *out = c;
    return JM_OK;
}

/* What is still open was not answered by anybody. */
static void say_open(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    static const char *const why = "nobody answered";

    for (size_t i = 0; i < v->n_asks; i++) {
        uint32_t id = v->ask[i].id;

        if (id == d->ask_issuer)
            jm_mdoc_say(d, JM_MDOC_ISSUER_SIGNATURE, JM_UNKNOWN, d->issuer_auth, why);
        else if (id == d->ask_chain)
            jm_mdoc_say(d, JM_MDOC_CHAIN_SIGNATURE, JM_UNKNOWN, d->dsc->der, why);
        else if (id == d->ask_device)
            jm_mdoc_say(d, JM_MDOC_DEVICE_SIGNATURE, JM_UNKNOWN, d->device_sig, why);
        else if (id == d->ask_agree)
            jm_mdoc_say(d, JM_MDOC_DEVICE_MAC, JM_UNKNOWN, d->device_mac, why);
        else if (id == d->ask_status && v->context->policy.demand_status)
            jm_mdoc_say(d, JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN, d->mso.status_uri, why);
        else if (id == d->ask_crl || id == d->ask_crl_sig)
            jm_mdoc_say(d, JM_MDOC_DSC_REVOCATION_UNKNOWN, JM_UNKNOWN, d->dsc->der, why);
    }
}

enum jm_status jm_mdoc_verifier_end(struct jm_mdoc_verifier *v, const struct jm_mdoc_verified **out)
{
    struct jm_mdoc_verified *r;
    struct jm_findings f;

    *out = NULL;
    if (v->ended)
        return JM_E_BUG;
    v->ended = true;
    if ((r = JM_NEW(v->mem, struct jm_mdoc_verified)) == NULL ||
        (r->claims = JM_NEW_N(v->mem, const struct jm_mdoc_claims *, v->n_documents + 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_findings_init(&f, v->mem, (v->n_documents + 1) * (JM_MDOC_N_CODES + N_X509)));
    settle_top(&v->document[0], v);
    emit(&f, &v->document[0], JM_MDOC_CBOR_TRUNCATED, JM_MDOC_RESPONSE_LIMIT);
    for (size_t i = 1; i <= v->n_documents; i++) {
        struct jm_mdoc_document *d = &v->document[i];

        say_open(v, d);
        settle_document(d, v);
        emit(&f, d, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_COSE_TAGGED);
        emit(&f, d, JM_MDOC_RESPONSE_LIMIT, JM_MDOC_LAST);
        JM_TRY(emit_x509(&f, d, v->context));
        JM_TRY(collect_claims(&r->claims[i - 1], d, v->mem));
    }
    r->n = v->n_documents;
    JM_TRY(jm_report_of(&r->report, &f));
    if (r->n == 0 && r->report.verdict == JM_ACCEPTED) /* nothing was shown */
        r->report.verdict = JM_REJECTED;
    *out = r;
    return JM_OK;
}

const struct jm_report *jm_mdoc_report(const struct jm_mdoc_verified *v)
{
    return &v->report;
}

size_t jm_mdoc_documents(const struct jm_mdoc_verified *v)
{
    return v->n;
}

const struct jm_mdoc_claims *jm_mdoc_claims(const struct jm_mdoc_verified *v, size_t document)
{
    return v->report.verdict == JM_ACCEPTED && document < v->n ? v->claims[document] : NULL;
}

const struct jm_mdoc_claims *jm_mdoc_unverified(const struct jm_mdoc_verified *v, size_t document)
{
    return document < v->n ? v->claims[document] : NULL;
}
