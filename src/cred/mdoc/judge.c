/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a document that need nobody else: digests, times, what was asked. */
#include "cred/mdoc/document.h"
#include "jumin/civil.h"
#include "jumin/sort.h"

#include <string.h>

/* -- items -- */

static void say_item(struct jm_mdoc_document *d, enum jm_code code, const struct jm_mdoc_item *it,
                     const char *detail)
{
    jm_mdoc_say_at(d, code, JM_FAIL, it->item, it->ns, it->id, detail);
}

/* -- orders: what a stranger filled is searched, never compared each with each -- */

static int by_digest_id(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_mdoc_item *x = &((const struct jm_mdoc_document *)list)->item[a],
                              *y = &((const struct jm_mdoc_document *)list)->item[b];
    int d = jm_bytes_cmp(x->ns, y->ns);

    return d != 0 ? d : x->digest_id < y->digest_id ? -1 : x->digest_id > y->digest_id;
}

static int by_name(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_mdoc_item *x = &((const struct jm_mdoc_document *)list)->item[a],
                              *y = &((const struct jm_mdoc_document *)list)->item[b];
    int d = jm_bytes_cmp(x->ns, y->ns);

    return d != 0 ? d : jm_bytes_cmp(x->id, y->id);
}

static int by_random(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_mdoc_document *d = list;

    return jm_bytes_cmp(d->item[a].random, d->item[b].random);
}

static int order_digests(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_mdoc_digest *x = &((const struct jm_mdoc_mso *)list)->digest[a],
                                *y = &((const struct jm_mdoc_mso *)list)->digest[b];

    return x->ns != y->ns ? (x->ns < y->ns ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

static const struct jm_mdoc_item *twin_by(struct jm_mdoc_document *d, uint32_t *index,
                                          jm_compare_fn *order)
{
    size_t twin;

    for (size_t i = 0; i < d->n_items; i++)
        index[i] = (uint32_t)i;
    jm_sort(index, d->n_items, order, d);
    twin = jm_sorted_twin(index, d->n_items, order, d);
    return twin == d->n_items ? NULL : &d->item[index[twin]];
}

/* Is there an issuer-signed element of this name? @p index: in the order of names. */
static bool has_item(const struct jm_mdoc_document *d, const uint32_t *index, struct jm_bytes ns,
                     struct jm_bytes id)
{
    size_t lo = 0, hi = d->n_items;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct jm_mdoc_item *it = &d->item[index[mid]];
        int c = jm_bytes_cmp(it->ns, ns);

        if (c == 0 && (c = jm_bytes_cmp(it->id, id)) == 0)
            return true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static enum jm_status check_twins(struct jm_mdoc_document *d)
{
    uint32_t *index = JM_NEW_N(d->mem, uint32_t, d->n_items + 1);
    const struct jm_mdoc_item *twin;

    if (index == NULL)
        return JM_E_NO_SPACE;
    if ((twin = twin_by(d, index, by_digest_id)) != NULL)
        say_item(d, JM_MDOC_ITEM_DUPLICATE_DIGEST_ID, twin,
                 "two items of a namespace have the same digestID");
    if ((twin = twin_by(d, index, by_random)) != NULL)
        jm_mdoc_notice(d, JM_MDOC_ITEM_RANDOM_REPEATED, true, twin->item,
                       "two items have the same random value");
    if ((twin = twin_by(d, index, by_name)) != NULL)
        say_item(d, JM_MDOC_ITEM_DUPLICATE_ELEMENT, twin, "an element occurs twice in a namespace");
    for (size_t i = 0; i < d->n_device_items; i++)
        if (has_item(d, index, d->device_item[i].ns, d->device_item[i].id))
            jm_mdoc_say_at(d, JM_MDOC_ITEM_DEVICE_DUPLICATE, JM_FAIL, d->device_item[i].value,
                           d->device_item[i].ns, d->device_item[i].id,
                           "an element is both issuer-signed and device-signed");
    return JM_OK;
}

static const struct jm_mdoc_digest *find_digest(const struct jm_mdoc_mso *m, const uint32_t *index,
                                                size_t ns, uint64_t id)
{
    size_t lo = 0, hi = m->n_digests;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct jm_mdoc_digest *x = &m->digest[index[mid]];

        if (x->ns == ns && x->id == id)
            return x;
        if (x->ns < ns || (x->ns == ns && x->id < id))
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static enum jm_status check_digest(struct jm_mdoc_document *d, const struct jm_mdoc_item *it,
                                   const uint32_t *index, const struct jm_crypto *crypto)
{
    const struct jm_mdoc_mso *m = &d->mso;
    const struct jm_mdoc_digest *found;
    uint8_t hash[JM_HASH_MAX];
    size_t ns = 0;

    while (ns < m->n_ns && !jm_bytes_eq(m->ns[ns], it->ns))
        ns++;
    if (ns == m->n_ns) {
        say_item(d, JM_MDOC_ITEM_NAMESPACE_UNKNOWN, it,
                 "the MSO has no digests for this namespace");
        return JM_OK;
    }
    if ((found = find_digest(m, index, ns, it->digest_id)) == NULL) {
        say_item(d, JM_MDOC_ITEM_DIGEST_ID_UNKNOWN, it, "the MSO has no digest with this digestID");
        return JM_OK;
    }
    if (m->hash == 0)
        return JM_OK;
    JM_TRY(crypto->hash(m->hash, &it->item, 1, hash));
    if (!jm_bytes_eq_ct(found->value, jm_bytes(hash, jm_hash_len(m->hash))))
        say_item(d, JM_MDOC_ITEM_DIGEST_MISMATCH, it,
                 "the element is not the one that the issuer signed");
    return JM_OK;
}

static enum jm_status check_digests(struct jm_mdoc_document *d, const struct jm_crypto *crypto)
{
    uint32_t *index = JM_NEW_N(d->mem, uint32_t, d->mso.n_digests + 1);

    if (index == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < d->mso.n_digests; i++)
        index[i] = (uint32_t)i;
    jm_sort(index, d->mso.n_digests, order_digests, &d->mso);
    for (size_t i = 0; i < d->n_items; i++)
        JM_TRY(check_digest(d, &d->item[i], index, crypto));
    return JM_OK;
}

enum jm_status jm_mdoc_check_items(struct jm_mdoc_document *d, const struct jm_crypto *crypto)
{
    static const enum jm_code looked_for[] = {JM_MDOC_ITEM_RANDOM_SHORT,
                                              JM_MDOC_ITEM_DUPLICATE_DIGEST_ID,
                                              JM_MDOC_ITEM_DUPLICATE_ELEMENT,
                                              JM_MDOC_ITEM_RANDOM_REPEATED};
    static const enum jm_code compared[] = {JM_MDOC_ITEM_NAMESPACE_UNKNOWN,
                                            JM_MDOC_ITEM_DIGEST_ID_UNKNOWN};

    if (!d->items_ok)
        return JM_OK;
    for (size_t i = 0; i < d->n_items; i++) {
        if (d->item[i].random.len < 16)
            jm_mdoc_notice(d, JM_MDOC_ITEM_RANDOM_SHORT, true, d->item[i].item,
                           "a random value has under 16 octets");
    }
    JM_TRY(check_twins(d));
    if (d->mso_ok)
        JM_TRY(check_digests(d, crypto));
    for (size_t i = 0; i < JM_ARRAY_LEN(looked_for); i++)
        jm_mdoc_held(d, looked_for[i]);
    for (size_t i = 0; i < JM_ARRAY_LEN(compared) && d->mso_ok; i++)
        jm_mdoc_held(d, compared[i]);
    if (d->mso_ok && d->mso.hash != 0)
        jm_mdoc_held(d, JM_MDOC_ITEM_DIGEST_MISMATCH);
    return JM_OK;
}

/* -- times of the MSO -- */

void jm_mdoc_check_mso_times(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    const struct jm_mdoc_mso *m = &d->mso;

    if (!d->mso_ok)
        return;
    jm_mdoc_check(d, JM_MDOC_MSO_NOT_YET_VALID,
                  ctx->now >= m->valid_from_s - ctx->policy.mso_skew_s, d->mso_map,
                  "validFrom is still to come");
    jm_mdoc_check(d, JM_MDOC_MSO_EXPIRED, ctx->now <= m->valid_until_s + ctx->policy.mso_skew_s,
                  d->mso_map, "validUntil has passed");
    if (d->dsc == NULL)
        return;
    jm_mdoc_check(d, JM_MDOC_MSO_SIGNED_OUTSIDE_DSC,
                  m->signed_s >= d->dsc->not_before && m->signed_s <= d->dsc->not_after, d->mso_map,
                  "signed lies outside of the signer certificate's validity");
    jm_mdoc_form(d, JM_MDOC_MSO_OUTLIVES_DSC, true, m->valid_until_s <= d->dsc->not_after,
                 d->mso_map, "validUntil is later than the signer certificate's end");
}

/* -- where it was issued -- */

/* Elements that the standards name alike in all their namespaces (ISO/IEC 18013-5 7.2.1, 23220-2).
 */
static bool is_standard(struct jm_bytes ns)
{
    return jm_bytes_starts(ns, JM_BYTES("org.iso."));
}

void jm_mdoc_check_issuing(struct jm_mdoc_document *d)
{
    for (size_t i = 0; i < d->n_items && d->dsc != NULL; i++) {
        const struct jm_mdoc_item *it = &d->item[i];
        struct jm_bytes text = jm_none(), state = d->dsc->subject.state;

        if (!is_standard(it->ns))
            continue;
        if (jm_bytes_eq_str(it->id, "issuing_country")) {
            jm_mdoc_say(d, JM_MDOC_ISSUING_COUNTRY, JM_PASS, it->item, NULL);
            if (!jm_mdoc_text(&text, it->value) || !jm_bytes_eq(text, d->dsc->subject.country))
                say_item(d, JM_MDOC_ISSUING_COUNTRY, it,
                         "issuing_country is not the country of the signer certificate");
        } else if (jm_bytes_eq_str(it->id, "issuing_jurisdiction") && state.len != 0) {
            jm_mdoc_say(d, JM_MDOC_ISSUING_JURISDICTION, JM_PASS, it->item, NULL);
            if (!jm_mdoc_text(&text, it->value) || !jm_bytes_eq(text, state))
                say_item(d, JM_MDOC_ISSUING_JURISDICTION, it,
                         "issuing_jurisdiction is not the state of the signer certificate");
        }
    }
    if (d->dsc != NULL && d->items_ok) {
        jm_mdoc_excuse(d, JM_MDOC_ISSUING_COUNTRY, "the element was not given");
        jm_mdoc_excuse(d, JM_MDOC_ISSUING_JURISDICTION,
                       "the element was not given, or the certificate names no state");
    }
}

/* -- the request -- */

/* NN of age_over_NN, or -1. */
static int age_of(struct jm_bytes id)
{
    if (id.len != 11 || !jm_bytes_starts(id, JM_BYTES("age_over_")) || id.ptr[9] < '0' ||
        id.ptr[9] > '9' || id.ptr[10] < '0' || id.ptr[10] > '9')
        return -1;
    return (id.ptr[9] - '0') * 10 + (id.ptr[10] - '0');
}

static bool is_cbor(struct jm_bytes value, uint8_t octet)
{
    return value.len == 1 && value.ptr[0] == octet;
}

/* Does age_over_MM = value answer the question for age_over_NN? */
static bool answers_age(int asked, int nn, struct jm_bytes value)
{
    return (is_cbor(value, 0xF5) && nn >= asked) || (is_cbor(value, 0xF4) && nn <= asked);
}

static bool is_asked(const struct jm_mdoc_request *q, struct jm_bytes ns, struct jm_bytes id)
{
    for (size_t i = 0; i < q->n; i++)
        if (jm_bytes_eq(q->asked[i].ns, ns) && jm_bytes_eq(q->asked[i].id, id))
            return true;
    return false;
}

/* An age statement that was not asked for in this form: does it answer one that was? */
static bool answers_some_age(const struct jm_mdoc_request *q, struct jm_bytes ns,
                             struct jm_bytes id, struct jm_bytes value, bool *asked_any)
{
    int nn = age_of(id);

    *asked_any = false;
    for (size_t i = 0; i < q->n && nn >= 0; i++) {
        int asked = age_of(q->asked[i].id);

        if (asked < 0 || !jm_bytes_eq(q->asked[i].ns, ns))
            continue;
        *asked_any = true;
        if (answers_age(asked, nn, value))
            return true;
    }
    return false;
}

static void check_kept(struct jm_mdoc_document *d, const struct jm_mdoc_request *q, bool *keep,
                       struct jm_bytes ns, struct jm_bytes id, struct jm_bytes value)
{
    bool asked_any = false;

    *keep = is_asked(q, ns, id) || answers_some_age(q, ns, id, value, &asked_any);
    if (*keep)
        return;
    if (asked_any)
        jm_mdoc_say_at(d, JM_MDOC_AGE_ANSWER, JM_FAIL, value, ns, id,
                       "this statement does not answer the age that was asked for");
    else /* follows the policy in both modes: the value is dropped */
        jm_mdoc_say_at(d, JM_MDOC_ELEMENT_NOT_REQUESTED, JM_WARN, value, ns, id,
                       "not asked for; its value is dropped");
}

static bool is_shown(const struct jm_mdoc_document *d, struct jm_bytes ns, struct jm_bytes id)
{
    int asked = age_of(id);

    for (size_t i = 0; i < d->n_items; i++) {
        const struct jm_mdoc_item *it = &d->item[i];
        int nn = asked < 0 ? -1 : age_of(it->id);

        if (jm_bytes_eq(it->ns, ns) &&
            (jm_bytes_eq(it->id, id) || (nn >= 0 && answers_age(asked, nn, it->value))))
            return true;
    }
    for (size_t i = 0; i < d->n_device_items; i++)
        if (jm_bytes_eq(d->device_item[i].ns, ns) && jm_bytes_eq(d->device_item[i].id, id))
            return true;
    return false;
}

/* -- kinds of values -- */

static bool full_date(struct jm_date *out, struct jm_bytes value)
{
    struct jm_cbor r;
    struct jm_bytes text;

    jm_cbor_init(&r, value);
    if (jm_cbor_tag(&r) != 1004)
        return false;
    text = jm_cbor_text(&r);
    return jm_cbor_end(&r) == JM_OK && jm_date_parse(out, text) == JM_OK;
}

static bool kind_ok(enum jm_rule_kind kind, struct jm_bytes value)
{
    struct jm_date date;
    struct jm_bytes text;
    uint64_t n;

    switch (kind) {
    case JM_RULE_TEXT: return jm_mdoc_text(&text, value);
    case JM_RULE_DATE:
        /* birth_date may be {birth_date, mask} */
        return full_date(&date, value) || jm_mdoc_is_map(value);
    case JM_RULE_BOOL: return is_cbor(value, 0xF4) || is_cbor(value, 0xF5);
    case JM_RULE_UINT: return jm_mdoc_uint(&n, value);
    case JM_RULE_BYTES: return jm_mdoc_bstr(&text, value);
    case JM_RULE_KINDS: break;
    }
    return false;
}

static void check_value(struct jm_mdoc_document *d, const struct jm_schema *known,
                        const struct jm_mdoc_item *it, int64_t now)
{
    const struct jm_bytes path[] = {it->ns, it->id};
    const struct jm_rule *rule = jm_schema_rule(known, path, JM_ARRAY_LEN(path));
    struct jm_date end;

    if (rule != NULL && !kind_ok(rule->kind, it->value))
        jm_mdoc_say_at(d, JM_MDOC_ELEMENT_TYPE, d->strict || d->strict_issuer ? JM_FAIL : JM_WARN,
                       it->item, it->ns, it->id, "the value is of another type than its element's");
    if (!is_standard(it->ns) || !jm_bytes_eq_str(it->id, "expiry_date") ||
        !full_date(&end, it->value))
        return;
    jm_mdoc_say(d, JM_MDOC_CARD_EXPIRED, JM_PASS, it->item, NULL);
    if (jm_date_cmp(end, jm_seoul_date(now)) < 0)
        say_item(d, JM_MDOC_CARD_EXPIRED, it, "the card has expired");
}

static void check_values(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx)
{
    const struct jm_schema *known = jm_schema_of(ctx->schema, ctx->n_schemas, JM_FMT_MDOC,
                                                 d->mso_ok ? d->mso.doctype : d->doctype);

    for (size_t i = 0; i < d->n_items; i++)
        check_value(d, known, &d->item[i], ctx->now);
    if (!d->items_ok)
        return;
    if (known != NULL)
        jm_mdoc_held(d, JM_MDOC_ELEMENT_TYPE);
    else
        jm_mdoc_excuse(d, JM_MDOC_ELEMENT_TYPE, "nothing is known of the elements of this docType");
    jm_mdoc_excuse(d, JM_MDOC_CARD_EXPIRED, "expiry_date was not given");
}

static void nothing_asked(struct jm_mdoc_document *d)
{
    static const enum jm_code of_requests[] = {JM_MDOC_DOCTYPE_NOT_REQUESTED,
                                               JM_MDOC_ELEMENT_MISSING,
                                               JM_MDOC_AGE_ANSWER,
                                               JM_MDOC_ISSUER_NOT_ALLOWED,
                                               JM_MDOC_ELEMENT_NOT_REQUESTED,
                                               JM_MDOC_DOCUMENT_DUPLICATE};

    for (size_t i = 0; i < JM_ARRAY_LEN(of_requests); i++)
        jm_mdoc_excuse(d, of_requests[i], "nothing was asked");
}

enum jm_status jm_mdoc_check_request(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx,
                                     bool duplicate)
{
    const struct jm_mdoc_request *q = ctx->request;

    jm_mdoc_excuse(d, JM_MDOC_MSO_SEEN, "what was seen before is the caller's to know");
    check_values(d, ctx);
    if ((d->keep = JM_NEW_N(d->mem, bool, d->n_items + d->n_device_items + 1)) == NULL)
        return JM_E_NO_SPACE;
    if (q == NULL) {
        memset(d->keep, true, d->n_items + d->n_device_items);
        nothing_asked(d);
        return JM_OK;
    }
    jm_mdoc_check(d, JM_MDOC_DOCTYPE_NOT_REQUESTED, jm_bytes_eq(d->doctype, q->doctype), d->doctype,
                  "this docType was not asked for");
    jm_mdoc_check(d, JM_MDOC_DOCUMENT_DUPLICATE, !duplicate, d->doctype,
                  "a second document of one docType");
    if (!d->items_ok)
        return JM_OK;
    for (size_t i = 0; i < d->n_items; i++)
        check_kept(d, q, &d->keep[i], d->item[i].ns, d->item[i].id, d->item[i].value);
    for (size_t i = 0; i < d->n_device_items; i++)
        check_kept(d, q, &d->keep[d->n_items + i], d->device_item[i].ns, d->device_item[i].id,
                   d->device_item[i].value);
    for (size_t i = 0; i < q->n_required && i < q->n; i++)
        if (!is_shown(d, q->asked[i].ns, q->asked[i].id))
            jm_mdoc_say_at(d, JM_MDOC_ELEMENT_MISSING, JM_FAIL, jm_none(), q->asked[i].ns,
                           q->asked[i].id, "a required element was not given");
    jm_mdoc_held(d, JM_MDOC_ELEMENT_MISSING);
    jm_mdoc_held(d, JM_MDOC_AGE_ANSWER);
    jm_mdoc_held(d, JM_MDOC_ELEMENT_NOT_REQUESTED);
    return JM_OK;
}
