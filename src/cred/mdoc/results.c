/* SPDX-License-Identifier: Apache-2.0 */
/* Every check gets its result: what was found, PASS for what was looked at and held, NOT_RUN with
 * its reason. */
#include "cred/mdoc/parts.h"

#define N_TOP (JM_MDOC_RESPONSE_LIMIT - JM_MDOC_CBOR_TRUNCATED + 1)
#define N_X509 (JM_X509_NAME_ORDER_BYTES - JM_X509_LIFETIME + 1)

/* -- what the path judge found -- */

/* Notices of the path follow the policy about form, all but the pinned signer. */
static void say_rule(struct jm_mdoc_document *d, enum jm_path_rule rule)
{
    const struct jm_path_finding *f = &d->path.rule[rule];
    enum jm_code code = jm_path_mdoc_code(rule);

    if (code == JM_CODE_NONE)
        return;
    if (f->result == JM_WARN && rule != JM_PATH_PINNED)
        jm_mdoc_notice(d, code, true, d->path.chain[0].der, f->detail);
    else if (f->result != JM_NOT_RUN)
        jm_mdoc_say(d, code, f->result, d->path.n == 0 ? d->issuer_auth : d->path.chain[0].der,
                    f->detail);
    else if (!jm_path_needs(&d->path, rule))
        jm_mdoc_excuse(d, code, f->detail);
    else
        jm_mdoc_unsaid(d, code, code, f->detail);
}

static void say_path(struct jm_mdoc_document *d, const struct jm_mdoc_policy *policy)
{
    if (d->has_path)
        for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++)
            say_rule(d, r);
    jm_mdoc_excuse(d, JM_MDOC_CHAIN_PINNED, "no certificate is pinned");
    if (policy->waive_crl) {
        jm_mdoc_excuse(d, JM_MDOC_DSC_REVOKED, "no revocation list is demanded");
        jm_mdoc_excuse(d, JM_MDOC_DSC_REVOCATION_UNKNOWN, "no revocation list is demanded");
    }
}

/* Once the path is judged. */
static void say_authority(struct jm_mdoc_document *d, const struct jm_mdoc_request *q)
{
    if (q == NULL)
        return;
    if (q->n_authorities == 0) {
        jm_mdoc_excuse(d, JM_MDOC_ISSUER_NOT_ALLOWED, "the request names no authorities");
        return;
    }
    if (d->has_path && d->path.anchor != NULL)
        jm_mdoc_check(d, JM_MDOC_ISSUER_NOT_ALLOWED,
                      jm_path_vouched(&d->path, q->authority, q->n_authorities), d->dsc->der,
                      "the request asked for cards of other authorities");
}

/* -- why the rest did not run -- */

static void say_status(struct jm_mdoc_document *d, const struct jm_mdoc_policy *policy)
{
    const char *why = !d->mso_ok ? "the MSO cannot be read"
                                 : "no status list was judged: something else failed before";

    if (d->mso_ok && !d->mso.has_status) { /* follows the policy in both modes */
        jm_mdoc_say(d, JM_MDOC_STATUS_NONE, policy->waive_status ? JM_WARN : JM_FAIL, d->mso_map,
                    "the MSO has no status");
        why = "the MSO has no status";
    } else if (d->mso_ok) {
        jm_mdoc_held(d, JM_MDOC_STATUS_NONE);
        if (d->mso.status_uri.ptr == NULL && !policy->waive_status) {
            jm_mdoc_say(d, JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN, d->mso.status,
                        "the MSO's status is of a kind not supported here");
            why = "the MSO's status is of a kind not supported here";
        }
    }
    for (enum jm_code c = JM_MDOC_STATUS_REVOKED; c <= JM_MDOC_STATUS_NONE; c++)
        if (policy->waive_status || (d->mso_ok && !d->mso.has_status))
            jm_mdoc_excuse(d, c, why);
    jm_mdoc_unsaid(d, JM_MDOC_STATUS_REVOKED, JM_MDOC_STATUS_NONE, why);
}

static void no_device_part(struct jm_mdoc_document *d)
{
    for (enum jm_code c = JM_MDOC_DEVICE_AUTH_MISSING; c <= JM_MDOC_TRANSCRIPT_NOT_GIVEN; c++)
        jm_mdoc_excuse(d, c, "there is no device-signed part");
    jm_mdoc_excuse(d, JM_MDOC_ITEM_DEVICE_DUPLICATE, "there is no device-signed part");
}

/* Reasons alone: what nobody has looked at stays NOT_RUN, and nothing is accepted without it. */
static void explain_gaps(struct jm_mdoc_document *d)
{
    static const struct {
        enum jm_code first, last;
        const char *why;
    } rows[] = {
        {JM_MDOC_CBOR_TRUNCATED, JM_MDOC_COSE_TAGGED, "the document cannot be read to its end"},
        {JM_MDOC_RESPONSE_LIMIT, JM_MDOC_RESPONSE_LIMIT, "the document cannot be read to its end"},
        {JM_MDOC_X5CHAIN_MISSING, JM_MDOC_X5CHAIN_LIMIT, "issuerAuth cannot be read"},
        {JM_MDOC_DSC_PARSE, JM_MDOC_TRUST_STALE, "there is no signer certificate to look at"},
        {JM_MDOC_ISSUER_COSE, JM_MDOC_ISSUER_X5T, "issuerAuth cannot be read"},
        {JM_MDOC_ISSUER_SIGNATURE, JM_MDOC_ISSUER_SIGNATURE,
         "the signature could not be judged for lack of key or form"},
        {JM_MDOC_MSO_VERSION, JM_MDOC_MSO_KEYAUTH_OVERLAP,
         "there is no MSO or no signer certificate to look at"},
        {JM_MDOC_ITEM_FORM, JM_MDOC_ITEM_RANDOM_REPEATED,
         "there are no items or no digests to compare"},
        {JM_MDOC_DEVICE_AUTH_MISSING, JM_MDOC_TRANSCRIPT_NOT_GIVEN,
         "the device-signed part could not be judged for lack of key, form or transcript"},
        {JM_MDOC_DOCTYPE_NOT_REQUESTED, JM_MDOC_MSO_SEEN, "the items cannot be read"},
        {JM_MDOC_CHAIN_CA, JM_MDOC_CHAIN_CA, "there is no signer certificate to look at"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        jm_mdoc_unsaid(d, rows[i].first, rows[i].last, rows[i].why);
}

static void settle_document(struct jm_mdoc_document *d, const struct jm_mdoc_verifier *v)
{
    say_path(d, &v->context->policy);
    say_authority(d, v->context->request);
    if (v->kind != JM_MDOC_DEVICE_RESPONSE)
        no_device_part(d);
    say_status(d, &v->context->policy);
    explain_gaps(d);
}

static void settle_top(struct jm_mdoc_document *d, const struct jm_mdoc_verifier *v)
{
    jm_mdoc_excuse(d, JM_MDOC_COSE_TAGGED, "signatures stand in the documents");
    for (enum jm_code c = JM_MDOC_TYPE;
         c <= JM_MDOC_RESPONSE_LIMIT && v->kind != JM_MDOC_DEVICE_RESPONSE; c++)
        jm_mdoc_excuse(d, c, "this is no DeviceResponse");
    jm_mdoc_unsaid(d, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_RESPONSE_LIMIT, "the octets cannot be read");
}

/* -- putting it together -- */

static void emit_checks(struct jm_findings *f, const struct jm_mdoc_document *d, enum jm_code first,
                        enum jm_code last)
{
    const char *same = NULL; /* neighbours mostly share their reason: it is measured once */
    struct jm_bytes detail = jm_none();

    for (enum jm_code code = first; code <= last; code++) {
        const struct jm_mdoc_slot *s = &d->slot[code - JM_MDOC_FIRST];
        /* room was counted; codes of an object are distinct */
        struct jm_check *c = &f->check[f->n++];

        c->code = code;
        c->result = s->result;
        c->required = !s->excused;
        c->said = s->said;
        c->object = d->object;
        c->offset = s->offset > UINT32_MAX ? UINT32_MAX : (uint32_t)s->offset;
        c->path = s->path;
        if (s->detail != same)
            detail = jm_str(same = s->detail);
        c->detail = detail;
    }
}

static enum jm_status emit_x509(struct jm_findings *f, const struct jm_mdoc_document *d,
                                const struct jm_mdoc_context *ctx)
{
    /* of this object alone: no need to look further back */
    struct jm_findings own = {.check = f->check + f->n, .cap = N_X509};

    if (d->dsc != NULL)
        jm_x509_profile(&own, d->dsc, JM_PROFILE_DSC,
                        d->path.pinned ? NULL : jm_path_issuer(&d->path, 0), ctx->crypto, d->object,
                        d->strict || d->strict_issuer);
    f->n += own.n;
    f->highest = JM_MDOC_LAST > own.highest ? JM_MDOC_LAST : own.highest;
    return own.st;
}

static enum jm_status collect_claims(const struct jm_mdoc_claims **out, struct jm_mdoc_document *d,
                                     struct jm_arena *mem)
{
    struct jm_mdoc_claims *c = &d->claims;
    struct jm_mdoc_claim *to =
        JM_NEW_N(mem, struct jm_mdoc_claim, d->n_items + d->n_device_items + 1);

    if (to == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < d->n_items; i++)
        if (d->keep[i])
            to[c->n++] =
                (struct jm_mdoc_claim){d->item[i].ns, d->item[i].id, d->item[i].value, false};
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
    c->anchor = d->path.anchor;
    *out = c;
    return JM_OK;
}

/* What is still open was not answered by anybody. */
static enum jm_status say_open(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    static const char *const why = "nobody answered";

    for (size_t i = 0; i < v->n_asks; i++) {
        uint32_t id = v->ask[i].id;

        if (id == d->ask_issuer)
            jm_mdoc_say(d, JM_MDOC_ISSUER_SIGNATURE, JM_UNKNOWN, d->issuer_auth, why);
        else if (id == d->ask_device)
            jm_mdoc_say(d, JM_MDOC_DEVICE_SIGNATURE, JM_UNKNOWN, d->device_sig, why);
        else if (id == d->ask_agree)
            jm_mdoc_say(d, JM_MDOC_DEVICE_MAC, JM_UNKNOWN, d->device_mac, why);
        else if (id == d->ask_status && !v->context->policy.waive_status)
            jm_mdoc_say(d, JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN, d->mso.status_uri, why);
    }
    for (const struct jm_ask *open = jm_path_ask(&d->path); d->has_path && open != NULL;
         open = jm_path_ask(&d->path))
        JM_TRY(jm_path_answer(&d->path,
                              &(struct jm_answer){.kind = open->kind, .st = JM_E_UNAVAILABLE}));
    return JM_OK;
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
    JM_TRY(jm_findings_init(&f, v->mem, N_TOP + v->n_documents * (JM_MDOC_N_CODES + N_X509)));
    settle_top(v->top, v);
    emit_checks(&f, v->top, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_RESPONSE_LIMIT);
    for (size_t i = 0; i < v->n_documents; i++) {
        struct jm_mdoc_document *d = &v->document[i];

        JM_TRY(say_open(v, d));
        settle_document(d, v);
        emit_checks(&f, d, JM_MDOC_CBOR_TRUNCATED, JM_MDOC_COSE_TAGGED);
        emit_checks(&f, d, JM_MDOC_RESPONSE_LIMIT, JM_MDOC_LAST);
        JM_TRY(emit_x509(&f, d, v->context));
        JM_TRY(collect_claims(&r->claims[i], d, v->mem));
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
