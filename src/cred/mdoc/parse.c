/* SPDX-License-Identifier: Apache-2.0 */
#include "cred/mdoc/document.h"

/* Room for what was counted; never a request for nothing. */
#define ROOM_FOR(mem, type, n) JM_NEW_N((mem), type, (n) == 0 ? 1 : (n))

static bool id_ok(struct jm_mdoc_document *d, struct jm_bytes id, enum jm_code form,
                  struct jm_bytes where)
{
    if (id.len == 0)
        jm_mdoc_fail(d, form, where, "an identifier must not be empty");
    else if (id.len > JM_MDOC_ID_MAX)
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, where, "an identifier is too long");
    else
        return true;
    return false;
}

/* -- DeviceResponse -- */

static void read_documents(struct jm_mdoc_document *d, struct jm_bytes array,
                           struct jm_bytes documents[JM_MDOC_DOCUMENTS_MAX], size_t *n)
{
    struct jm_cbor r;
    size_t count;

    jm_cbor_init(&r, array);
    count = jm_cbor_array(&r);
    if (r.st != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, array, "documents is no array");
        return;
    }
    jm_mdoc_form(d, JM_MDOC_EMPTY, false, count != 0, array, "documents has no member");
    if (count > JM_MDOC_DOCUMENTS_MAX) {
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, array, "too many documents");
        return;
    }
    for (; *n < count; (*n)++)
        documents[*n] = jm_cbor_item(&r);
}

/* Error lists say nothing that is judged, but each array and map in them has a member: [+ {+
 * docType => code}], and of a document {+ ns => {+ id => code}}. */
static void check_filled(struct jm_mdoc_document *d, struct jm_bytes item, unsigned depth)
{
    struct jm_cbor r;
    bool map;
    size_t n;

    jm_cbor_init(&r, item);
    map = jm_cbor_peek(&r) == JM_CBOR_MAP;
    n = map ? jm_cbor_map(&r) : jm_cbor_array(&r);
    if (r.st != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, item, "a list of errors is expected here");
        return;
    }
    jm_mdoc_form(d, JM_MDOC_EMPTY, false, n != 0, item, "a list of errors has no member");
    for (; n > 0 && depth > 1 && r.st == JM_OK; n--) {
        if (map)
            (void)jm_cbor_item(&r);
        check_filled(d, jm_cbor_item(&r), depth - 1);
    }
}

enum jm_status jm_mdoc_read_response(struct jm_mdoc_document *d,
                                     struct jm_bytes documents[JM_MDOC_DOCUMENTS_MAX], size_t *n)
{
    struct jm_bytes version, docs, errors, status, text = jm_none();
    const struct jm_mdoc_member m[] = {{JM_BYTES("version"), &version, true},
                                       {JM_BYTES("documents"), &docs, false},
                                       {JM_BYTES("documentErrors"), &errors, false},
                                       {JM_BYTES("status"), &status, true}};
    uint64_t code = 0;

    *n = 0;
    if (!jm_mdoc_is_map(d->input)) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, d->input, "a DeviceResponse is a map");
        return JM_OK;
    }
    (void)jm_mdoc_members(d, d->input, m, JM_ARRAY_LEN(m));
    if (version.ptr != NULL && !jm_mdoc_text(&text, version))
        jm_mdoc_fail(d, JM_MDOC_TYPE, version, "version is no text");
    else if (version.ptr != NULL)
        jm_mdoc_check(d, JM_MDOC_VERSION, jm_mdoc_version_ok(text), version,
                      "the major version is not 1");
    if (docs.ptr != NULL)
        read_documents(d, docs, documents, n);
    else
        jm_mdoc_held(d, JM_MDOC_EMPTY);
    if (errors.ptr != NULL)
        check_filled(d, errors, 2);
    if (status.ptr != NULL && !jm_mdoc_uint(&code, status))
        jm_mdoc_fail(d, JM_MDOC_TYPE, status, "status is no unsigned integer");
    else if (status.ptr != NULL)
        jm_mdoc_check(d, JM_MDOC_RESPONSE_STATUS, code == 0, status, "status is not 0");
    jm_mdoc_check(d, JM_MDOC_RESPONSE_STATUS_DOCUMENTS, code == 0 || *n == 0, status,
                  "there are documents although status is not 0");
    if (!jm_mdoc_failed(d, JM_MDOC_RESPONSE_LIMIT))
        jm_mdoc_check(d, JM_MDOC_RESPONSE_EMPTY, code != 0 || *n != 0, d->input,
                      "there is no document");
    /* The reader came to its end: what it would have said of these it has said. */
    jm_mdoc_held(d, JM_MDOC_TYPE);
    jm_mdoc_held(d, JM_MDOC_MISSING);
    jm_mdoc_held(d, JM_MDOC_RESPONSE_LIMIT);
    return JM_OK;
}

/* -- device-signed -- */

/* {* ns => {+ id => any}}: counts first, then fills. */
static bool walk_device_items(struct jm_mdoc_document *d, struct jm_mdoc_claim *out, size_t *n)
{
    struct jm_cbor r;
    size_t n_ns;

    *n = 0;
    jm_cbor_init(&r, d->device_ns_map);
    n_ns = jm_cbor_map(&r);
    if (n_ns > JM_MDOC_NAMESPACES_MAX) {
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, d->device_ns_map, "too many namespaces");
        return false;
    }
    for (; n_ns > 0 && r.st == JM_OK; n_ns--) {
        struct jm_bytes ns = jm_cbor_text(&r);
        size_t left = jm_cbor_map(&r);

        if (r.st == JM_OK)
            jm_mdoc_form(d, JM_MDOC_EMPTY, false, left != 0, ns,
                         "a device-signed namespace has no element");
        for (; left > 0 && r.st == JM_OK; left--) {
            struct jm_bytes id = jm_cbor_text(&r), value = jm_cbor_item(&r);

            if (r.st != JM_OK || !id_ok(d, ns, JM_MDOC_TYPE, ns) || !id_ok(d, id, JM_MDOC_TYPE, id))
                break;
            if (*n >= JM_MDOC_ITEMS_MAX) {
                jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, d->device_ns_map, "too many elements");
                return false;
            }
            if (out != NULL)
                out[*n] = (struct jm_mdoc_claim){ns, id, value, true};
            (*n)++;
        }
    }
    if (jm_cbor_end(&r) == JM_OK)
        return true;
    jm_mdoc_fail(d, JM_MDOC_TYPE, d->device_ns_map, "DeviceNameSpaces is not {ns: {id: value}}");
    return false;
}

static enum jm_status read_device_signed(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes ns, auth;
    const struct jm_mdoc_member m[] = {{JM_BYTES("nameSpaces"), &ns, true},
                                       {JM_BYTES("deviceAuth"), &auth, false}};
    const struct jm_mdoc_member a[] = {{JM_BYTES("deviceSignature"), &d->device_sig, false},
                                       {JM_BYTES("deviceMac"), &d->device_mac, false}};
    size_t n;

    if (!jm_mdoc_members(d, item, m, JM_ARRAY_LEN(m)))
        return JM_OK;
    d->device_ok = true;
    if (auth.ptr == NULL)
        jm_mdoc_fail(d, JM_MDOC_DEVICE_AUTH_MISSING, item, "there is no deviceAuth");
    else if (!jm_mdoc_members(d, auth, a, JM_ARRAY_LEN(a)))
        d->device_ok = false;
    if (!jm_mdoc_embedded(&d->device_ns_map, ns)) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, ns,
                     "device-signed nameSpaces is no byte string under tag 24");
        d->device_ok = false;
        return JM_OK;
    }
    d->device_ns = ns;
    if (!walk_device_items(d, NULL, &n)) {
        d->device_ok = false;
        return JM_OK;
    }
    if ((d->device_item = ROOM_FOR(d->mem, struct jm_mdoc_claim, n)) == NULL)
        return JM_E_NO_SPACE;
    (void)walk_device_items(d, d->device_item, &d->n_device_items);
    return JM_OK;
}

/* -- issuer-signed -- */

enum { HAS_ID = 1, HAS_RANDOM = 2, HAS_NAME = 4, HAS_VALUE = 8, HAS_ALL = 15 };

/* IssuerSignedItem, its keys in any order. */
static bool read_item(struct jm_mdoc_item *out, struct jm_bytes map)
{
    struct jm_cbor r;
    unsigned has = 0;

    jm_cbor_init(&r, map);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        struct jm_bytes key = jm_none();

        if (jm_cbor_peek(&r) == JM_CBOR_TEXT)
            key = jm_cbor_text(&r);
        else
            (void)jm_cbor_item(&r);
        if (jm_bytes_eq_str(key, "digestID")) {
            out->digest_id = jm_cbor_uint(&r);
            has |= HAS_ID;
        } else if (jm_bytes_eq_str(key, "random")) {
            out->random = jm_cbor_bytes(&r);
            has |= HAS_RANDOM;
        } else if (jm_bytes_eq_str(key, "elementIdentifier")) {
            out->id = jm_cbor_text(&r);
            has |= HAS_NAME;
        } else if (jm_bytes_eq_str(key, "elementValue")) {
            out->value = jm_cbor_item(&r);
            has |= HAS_VALUE;
        } else {
            (void)jm_cbor_item(&r);
        }
    }
    return jm_cbor_end(&r) == JM_OK && has == HAS_ALL;
}

static size_t count_items(struct jm_bytes name_spaces)
{
    struct jm_cbor r;
    size_t total = 0;

    jm_cbor_init(&r, name_spaces);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        struct jm_cbor a;

        (void)jm_cbor_item(&r);
        jm_cbor_init(&a, jm_cbor_item(&r));
        total += jm_cbor_array(&a);
    }
    return total;
}

static void read_namespace(struct jm_mdoc_document *d, struct jm_bytes ns, struct jm_bytes items)
{
    struct jm_cbor r;
    size_t n;

    jm_cbor_init(&r, items);
    n = jm_cbor_array(&r);
    if (r.st == JM_OK)
        jm_mdoc_form(d, JM_MDOC_EMPTY, false, n != 0, items, "a namespace has no item");
    for (; n > 0 && r.st == JM_OK; n--) {
        struct jm_mdoc_item it = {ns, jm_none(), jm_none(), jm_none(), jm_none(), 0};
        struct jm_bytes content = jm_cbor_embedded(&r, &it.item);

        if (r.st != JM_OK)
            break;
        if (!read_item(&it, content))
            jm_mdoc_say_at(d, JM_MDOC_ITEM_FORM, JM_FAIL, it.item, ns, jm_none(),
                           "this is no IssuerSignedItem");
        else if (id_ok(d, it.id, JM_MDOC_ITEM_FORM, it.item))
            d->item[d->n_items++] = it;
    }
    if (jm_cbor_end(&r) != JM_OK)
        jm_mdoc_say_at(d, JM_MDOC_ITEM_FORM, JM_FAIL, items, ns, jm_none(),
                       "a namespace is not an array of tagged items");
}

static enum jm_status read_items(struct jm_mdoc_document *d)
{
    struct jm_cbor r;
    size_t n, total;

    d->items_ok = true;
    if (d->name_spaces.ptr == NULL) {
        jm_mdoc_held(d, JM_MDOC_ITEM_FORM);
        return JM_OK;
    }
    jm_cbor_init(&r, d->name_spaces);
    n = jm_cbor_map(&r);
    total = count_items(d->name_spaces);
    if (r.st != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, d->name_spaces, "nameSpaces is no map");
        d->items_ok = false;
        return JM_OK;
    }
    if (n > JM_MDOC_NAMESPACES_MAX || total > JM_MDOC_ITEMS_MAX) {
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, d->name_spaces, "too many namespaces or items");
        d->items_ok = false;
        return JM_OK;
    }
    jm_mdoc_form(d, JM_MDOC_EMPTY, false, n != 0, d->name_spaces, "nameSpaces has no member");
    if ((d->item = ROOM_FOR(d->mem, struct jm_mdoc_item, total)) == NULL)
        return JM_E_NO_SPACE;
    for (; n > 0 && r.st == JM_OK; n--) {
        struct jm_bytes ns = jm_none();

        if (jm_cbor_peek(&r) == JM_CBOR_TEXT)
            ns = jm_cbor_text(&r);
        else
            (void)jm_cbor_item(&r);
        struct jm_bytes items = jm_cbor_item(&r);
        if (id_ok(d, ns, JM_MDOC_ITEM_FORM, items))
            read_namespace(d, ns, items);
    }
    jm_mdoc_held(d, JM_MDOC_ITEM_FORM);
    return JM_OK;
}

static void check_x5chain(struct jm_mdoc_document *d)
{
    const struct jm_cose_sign1 *c = &d->issuer;

    jm_mdoc_check(d, JM_MDOC_X5CHAIN_CONFLICT, !c->x5chain_conflict, d->issuer_auth,
                  "x5chain differs between the two headers");
    jm_mdoc_check(d, JM_MDOC_X5CHAIN_LIMIT, !c->x5chain_limit, d->issuer_auth,
                  "x5chain is too long");
    jm_mdoc_check(d, JM_MDOC_X5CHAIN_MISSING, c->n_x5chain != 0 || c->x5chain_limit, d->issuer_auth,
                  "there is no certificate of the document signer");
    jm_mdoc_form(d, JM_MDOC_X5CHAIN_FORM, true, !c->x5chain_array_of_one,
                 c->n_x5chain != 0 ? c->x5chain[0] : d->issuer_auth,
                 "a single certificate stands in an array");
}

enum jm_status jm_mdoc_read_issuer_auth(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_cose_sign1 *c = &d->issuer;
    struct jm_cbor_fault f;

    d->issuer_auth = item;
    if (jm_cose_parse(c, item, JM_COSE_TAG_SIGN1) != JM_OK) {
        jm_mdoc_say_cbor(d, &c->fault, c->protected_bstr);
        jm_mdoc_fail(d, JM_MDOC_ISSUER_COSE, item, "issuerAuth is no COSE_Sign1");
        return JM_OK;
    }
    d->issuer_ok = true;
    jm_mdoc_held(d, JM_MDOC_ISSUER_COSE);
    jm_mdoc_form(d, JM_MDOC_COSE_TAGGED, true, !c->tagged, item, "issuerAuth carries a tag");
    if (c->fault.non_preferred != 0)
        jm_mdoc_notice(d, JM_MDOC_CBOR_NON_PREFERRED, true, c->protected_bstr,
                       "a head is longer than needed");
    check_x5chain(d);
    if (c->payload.ptr == NULL || !jm_mdoc_embedded(&d->mso_map, c->payload)) {
        jm_mdoc_fail(d, JM_MDOC_ISSUER_PAYLOAD, item, "the payload is no byte string under tag 24");
        return JM_OK;
    }
    if (c->payload.len > JM_MDOC_MSO_MAX) {
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, c->payload, "the MSO is too long");
        return JM_OK;
    }
    if (jm_cbor_check(c->payload, NULL, &f) != JM_OK) {
        jm_mdoc_say_cbor(d, &f, c->payload);
        return JM_OK;
    }
    d->payload_ok = true;
    if (f.non_preferred != 0)
        jm_mdoc_notice(d, JM_MDOC_CBOR_NON_PREFERRED, true,
                       jm_slice(c->payload, f.first_non_preferred, 1),
                       "a head is longer than needed");
    jm_mdoc_check(d, JM_MDOC_ISSUER_PAYLOAD, jm_mdoc_is_map(d->mso_map), d->mso_map,
                  "the payload holds no map");
    if (jm_mdoc_failed(d, JM_MDOC_ISSUER_PAYLOAD))
        return JM_OK;
    return jm_mdoc_read_mso(d);
}

enum jm_status jm_mdoc_read_issuer_signed(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes auth;
    const struct jm_mdoc_member m[] = {{JM_BYTES("nameSpaces"), &d->name_spaces, false},
                                       {JM_BYTES("issuerAuth"), &auth, true}};

    d->issuer_signed = item;
    (void)jm_mdoc_members(d, item, m, JM_ARRAY_LEN(m));
    if (auth.ptr != NULL)
        JM_TRY(jm_mdoc_read_issuer_auth(d, auth));
    return read_items(d);
}

enum jm_status jm_mdoc_read_document(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes type, issuer, device, errors;
    const struct jm_mdoc_member m[] = {{JM_BYTES("docType"), &type, true},
                                       {JM_BYTES("issuerSigned"), &issuer, true},
                                       {JM_BYTES("deviceSigned"), &device, false},
                                       {JM_BYTES("errors"), &errors, false}};

    (void)jm_mdoc_members(d, item, m, JM_ARRAY_LEN(m));
    if (type.ptr != NULL && !jm_mdoc_text(&d->doctype, type))
        jm_mdoc_fail(d, JM_MDOC_TYPE, type, "docType is no text");
    else if (type.ptr != NULL)
        (void)id_ok(d, d->doctype, JM_MDOC_TYPE, type);
    if (errors.ptr != NULL)
        check_filled(d, errors, 2);
    if (issuer.ptr != NULL)
        JM_TRY(jm_mdoc_read_issuer_signed(d, issuer));
    if (device.ptr != NULL)
        return read_device_signed(d, device);
    jm_mdoc_fail(d, JM_MDOC_DEVICE_AUTH_MISSING, item, "there is no deviceSigned");
    return JM_OK;
}
