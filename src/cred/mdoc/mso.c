/* SPDX-License-Identifier: Apache-2.0 */
#include "cred/mdoc/document.h"
#include "jumin/civil.h"

static const struct {
    const char *name, *loose;
    enum jm_hash hash;
} hashes[] = {{"SHA-256", "sha256", JM_SHA256},
              {"SHA-384", "sha384", JM_SHA384},
              {"SHA-512", "sha512", JM_SHA512}};

/* Equal but for case and hyphens. */
static bool loosely_named(struct jm_bytes t, const char *name)
{
    size_t k = 0;

    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.ptr[i];

        if (c == '-' || c == '_')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 32);
        if (name[k] == '\0' || c != (uint8_t)name[k])
            return false;
        k++;
    }
    return name[k] == '\0';
}

static void read_hash(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_mdoc_mso *m = &d->mso;

    if (!jm_mdoc_text(&m->digest_alg, item)) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, item, "digestAlgorithm is no text");
        return;
    }
    bool exact = false;

    for (size_t i = 0; i < JM_ARRAY_LEN(hashes); i++) {
        bool same = jm_bytes_eq_str(m->digest_alg, hashes[i].name);

        exact = exact || same;
        if (same || loosely_named(m->digest_alg, hashes[i].loose))
            m->hash = hashes[i].hash;
    }
    jm_mdoc_check(d, JM_MDOC_MSO_DIGEST_ALG, m->hash != 0, item,
                  "the digest algorithm is none of SHA-256, SHA-384, SHA-512");
    if (m->hash != 0)
        jm_mdoc_form(d, JM_MDOC_MSO_DIGEST_ALG_NAME, true, exact, item,
                     "the digest algorithm is spelt otherwise");
}

/* -- valueDigests: {+ ns => {+ digestID => digest}} -- */

static void take_digest(struct jm_mdoc_document *d, struct jm_bytes value, uint64_t id)
{
    struct jm_mdoc_mso *m = &d->mso;

    if (m->hash != 0 && value.len != jm_hash_len(m->hash))
        jm_mdoc_fail(d, JM_MDOC_MSO_DIGEST_LENGTH, value,
                     "a digest has another length than its algorithm's");
    if (id > INT32_MAX)
        jm_mdoc_notice(d, JM_MDOC_MSO_DIGEST_ID_RANGE, true, value, "a digest id is 2^31 or more");
    m->digest[m->n_digests++] = (struct jm_mdoc_digest){m->n_ns, id, value};
}

static bool is_beyond(struct jm_mdoc_document *d, struct jm_bytes map, bool so)
{
    if (so)
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, map, "too many namespaces or digests");
    return so;
}

static enum jm_status read_namespace(struct jm_mdoc_document *d, struct jm_cbor *r,
                                     struct jm_bytes map, size_t room)
{
    struct jm_mdoc_mso *m = &d->mso;
    size_t left;

    m->ns[m->n_ns] = jm_cbor_text(r);
    left = jm_cbor_map(r);
    if (r->st == JM_OK && left == 0)
        jm_mdoc_notice(d, JM_MDOC_MSO_DIGESTS_EMPTY, true, m->ns[m->n_ns],
                       "a namespace has no digest");
    for (; left > 0 && r->st == JM_OK; left--) {
        uint64_t id = jm_cbor_uint(r);
        struct jm_bytes value = jm_cbor_bytes(r);

        if (is_beyond(d, map, m->n_digests == JM_MDOC_DIGESTS_MAX))
            return JM_E_LIMIT;
        if (m->n_digests == room)
            return JM_E_NO_SPACE;
        if (r->st == JM_OK)
            take_digest(d, value, id);
    }
    if (r->st == JM_OK)
        m->n_ns++;
    return JM_OK;
}

/* The rest of the arena is their room: how many they are is known behind the last one. Notices take
 * none of it. */
static enum jm_status read_namespaces(struct jm_mdoc_document *d, struct jm_cbor *r,
                                      struct jm_bytes map, size_t n)
{
    struct jm_mdoc_mso *m = &d->mso;
    struct jm_buf room = jm_buf_begin(d->mem);
    enum jm_status st = JM_OK;

    m->digest = (struct jm_mdoc_digest *)(void *)room.ptr;
    for (; n > 0 && r->st == JM_OK && st == JM_OK; n--)
        st = read_namespace(d, r, map, room.cap / sizeof *m->digest);
    room.len = m->n_digests * sizeof *m->digest;
    (void)jm_buf_keep(d->mem, room);
    return st;
}

static enum jm_status read_digests(struct jm_mdoc_document *d, struct jm_bytes map)
{
    struct jm_mdoc_mso *m = &d->mso;
    enum jm_status st;
    struct jm_cbor r;
    size_t n;

    jm_cbor_init(&r, map);
    n = jm_cbor_map(&r);
    if (is_beyond(d, map, n > JM_MDOC_NAMESPACES_MAX))
        return JM_OK;
    if (r.st == JM_OK)
        jm_mdoc_form(d, JM_MDOC_MSO_DIGESTS_EMPTY, true, n != 0, map, "valueDigests has no member");
    if ((st = read_namespaces(d, &r, map, n)) != JM_OK)
        return st == JM_E_LIMIT ? JM_OK : st;
    if (jm_cbor_end(&r) != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, map, "valueDigests is not {ns: {digestID: digest}}");
        return JM_OK;
    }
    if (m->hash != 0)
        jm_mdoc_held(d, JM_MDOC_MSO_DIGEST_LENGTH);
    jm_mdoc_held(d, JM_MDOC_MSO_DIGEST_ID_RANGE);
    return JM_OK;
}

/* -- deviceKeyInfo -- */

static bool lists_text(struct jm_bytes array, struct jm_bytes text)
{
    struct jm_cbor r;

    jm_cbor_init(&r, array);
    for (size_t n = array.ptr == NULL ? 0 : jm_cbor_array(&r); n > 0 && r.st == JM_OK; n--)
        if (jm_bytes_eq(jm_cbor_text(&r), text) && r.st == JM_OK)
            return true;
    return false;
}

static bool text_array(struct jm_bytes item, size_t *n)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *n = jm_cbor_array(&r);
    for (size_t i = 0; i < *n && r.st == JM_OK; i++)
        (void)jm_cbor_text(&r);
    return jm_cbor_end(&r) == JM_OK;
}

/* Each device-signed element is looked up in these lists: they are as short as what can be looked
 * up. */
static void too_many(struct jm_mdoc_document *d, struct jm_bytes where)
{
    jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, where,
                 "too many namespaces or elements are authorized");
    d->mso.auth_ns = d->mso.auth_elements = jm_none();
}

static void read_auth_elements(struct jm_mdoc_document *d)
{
    struct jm_mdoc_mso *m = &d->mso;
    struct jm_cbor r;
    size_t n, k = 0, total = 0;

    jm_cbor_init(&r, m->auth_elements);
    n = jm_cbor_map(&r);
    if (n > JM_MDOC_NAMESPACES_MAX) {
        too_many(d, m->auth_elements);
        return;
    }
    if (r.st == JM_OK && n == 0)
        jm_mdoc_notice(d, JM_MDOC_MSO_KEYAUTH_EMPTY, true, m->auth_elements,
                       "dataElements has no member");
    for (; n > 0 && r.st == JM_OK; n--) {
        struct jm_bytes ns = jm_cbor_text(&r), ids = jm_cbor_item(&r);

        if (r.st == JM_OK && !text_array(ids, &k))
            jm_cbor_fail(&r, JM_E_TYPE);
        else if (r.st == JM_OK && (total += k) > JM_MDOC_ITEMS_MAX) {
            too_many(d, m->auth_elements);
            return;
        } else if (r.st == JM_OK && k == 0)
            jm_mdoc_notice(d, JM_MDOC_MSO_KEYAUTH_EMPTY, true, ids,
                           "a list of authorized elements is empty");
        if (r.st == JM_OK && lists_text(m->auth_ns, ns))
            jm_mdoc_notice(d, JM_MDOC_MSO_KEYAUTH_OVERLAP, true, ids,
                           "a namespace is authorized whole and by element");
    }
    if (jm_cbor_end(&r) != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, m->auth_elements, "dataElements is not {ns: [id]}");
        m->auth_elements = jm_none();
    }
}

static void no_authorizations(struct jm_mdoc_document *d, const char *why)
{
    jm_mdoc_excuse(d, JM_MDOC_MSO_KEYAUTH_EMPTY, why);
    jm_mdoc_excuse(d, JM_MDOC_MSO_KEYAUTH_OVERLAP, why);
}

static void read_authorizations(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_mdoc_mso *m = &d->mso;
    const struct jm_mdoc_member members[] = {{JM_BYTES("nameSpaces"), &m->auth_ns, false},
                                             {JM_BYTES("dataElements"), &m->auth_elements, false}};
    size_t n = 0;

    if (!jm_mdoc_members(d, item, members, JM_ARRAY_LEN(members)))
        return;
    if (m->auth_ns.ptr == NULL && m->auth_elements.ptr == NULL)
        jm_mdoc_notice(d, JM_MDOC_MSO_KEYAUTH_EMPTY, true, item, "keyAuthorizations has no member");
    if (m->auth_ns.ptr != NULL && !text_array(m->auth_ns, &n)) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, m->auth_ns,
                     "nameSpaces of keyAuthorizations is no array of texts");
        m->auth_ns = jm_none();
    } else if (n > JM_MDOC_NAMESPACES_MAX) {
        too_many(d, m->auth_ns);
    } else if (m->auth_ns.ptr != NULL && n == 0) {
        jm_mdoc_notice(d, JM_MDOC_MSO_KEYAUTH_EMPTY, true, m->auth_ns,
                       "the list of authorized namespaces is empty");
    }
    if (m->auth_elements.ptr != NULL)
        read_auth_elements(d);
    jm_mdoc_held(d, JM_MDOC_MSO_KEYAUTH_EMPTY);
    jm_mdoc_held(d, JM_MDOC_MSO_KEYAUTH_OVERLAP);
}

static void read_device_key(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes key, auth;
    const struct jm_mdoc_member members[] = {{JM_BYTES("deviceKey"), &key, true},
                                             {JM_BYTES("keyAuthorizations"), &auth, false}};
    struct jm_mdoc_mso *m = &d->mso;

    m->device_key_st = JM_E_MISSING;
    if (!jm_mdoc_members(d, item, members, JM_ARRAY_LEN(members)))
        return;
    m->device_key_st = jm_cose_key_parse(&m->device_key, key);
    if (m->device_key_st == JM_E_UNSUPPORTED)
        jm_mdoc_fail(d, JM_MDOC_MSO_DEVICE_KEY, key,
                     "the device key is no uncompressed P-256 key, the only kind supported here");
    else if (m->device_key_st != JM_OK)
        jm_mdoc_fail(d, JM_MDOC_MSO_DEVICE_KEY, key, "the device key cannot be read");
    else
        jm_mdoc_held(d, JM_MDOC_MSO_DEVICE_KEY);
    if (auth.ptr != NULL)
        read_authorizations(d, auth);
    else
        no_authorizations(d, "the device may sign no elements");
}

/* -- validityInfo, status -- */

static bool read_tdate(struct jm_mdoc_document *d, int64_t *out, struct jm_bytes item)
{
    struct jm_bytes text = jm_none();
    struct jm_cbor r;
    bool plain;

    jm_cbor_init(&r, item);
    if (jm_cbor_tag(&r) != 0)
        jm_cbor_fail(&r, JM_E_TYPE);
    text = jm_cbor_text(&r);
    if (jm_cbor_end(&r) != JM_OK || jm_rfc3339_parse(out, &plain, text) != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, item, "a time is no tdate");
        return false;
    }
    jm_mdoc_form(d, JM_MDOC_MSO_TIME_FORMAT, true, plain, item,
                 "a time has a fraction or an offset");
    return true;
}

static bool read_validity(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes at, from, until;
    const struct jm_mdoc_member members[] = {{JM_BYTES("signed"), &at, true},
                                             {JM_BYTES("validFrom"), &from, true},
                                             {JM_BYTES("validUntil"), &until, true}};
    struct jm_mdoc_mso *m = &d->mso;
    bool ok = jm_mdoc_members(d, item, members, JM_ARRAY_LEN(members));

    if (at.ptr != NULL)
        ok &= read_tdate(d, &m->signed_s, at);
    if (from.ptr != NULL)
        ok &= read_tdate(d, &m->valid_from_s, from);
    if (until.ptr != NULL)
        ok &= read_tdate(d, &m->valid_until_s, until);
    if (ok)
        jm_mdoc_form(d, JM_MDOC_MSO_TIME_ORDER, true,
                     m->signed_s <= m->valid_from_s && m->valid_from_s < m->valid_until_s, item,
                     "not signed <= validFrom < validUntil");
    return ok;
}

static void read_status(struct jm_mdoc_document *d, struct jm_bytes item)
{
    struct jm_bytes list, idx, uri;
    const struct jm_mdoc_member members[] = {{JM_BYTES("status_list"), &list, false}};
    const struct jm_mdoc_member in_list[] = {{JM_BYTES("idx"), &idx, true},
                                             {JM_BYTES("uri"), &uri, true}};
    struct jm_mdoc_mso *m = &d->mso;

    m->has_status = true;
    if (!jm_mdoc_members(d, item, members, JM_ARRAY_LEN(members)) || list.ptr == NULL)
        return;
    if (!jm_mdoc_members(d, list, in_list, JM_ARRAY_LEN(in_list)))
        return;
    if (!jm_mdoc_uint(&m->status_idx, idx) || !jm_mdoc_text(&m->status_uri, uri) ||
        m->status_uri.len == 0) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, list, "status_list is not {idx: uint, uri: text}");
        m->status_uri = jm_none();
    }
}

enum jm_status jm_mdoc_read_mso(struct jm_mdoc_document *d)
{
    struct jm_mdoc_mso *m = &d->mso;
    struct jm_bytes version, alg, digests, key, type, validity;
    const struct jm_mdoc_member members[] = {{JM_BYTES("version"), &version, true},
                                             {JM_BYTES("digestAlgorithm"), &alg, true},
                                             {JM_BYTES("valueDigests"), &digests, true},
                                             {JM_BYTES("deviceKeyInfo"), &key, true},
                                             {JM_BYTES("docType"), &type, true},
                                             {JM_BYTES("validityInfo"), &validity, true},
                                             {JM_BYTES("status"), &m->status, false}};

    d->mso_ok = jm_mdoc_members(d, d->mso_map, members, JM_ARRAY_LEN(members));
    if (version.ptr != NULL && !jm_mdoc_text(&m->version, version))
        jm_mdoc_fail(d, JM_MDOC_TYPE, version, "version of the MSO is no text");
    else if (version.ptr != NULL)
        jm_mdoc_check(d, JM_MDOC_MSO_VERSION, jm_mdoc_version_ok(m->version), version,
                      "the major version of the MSO is not 1");
    if (alg.ptr != NULL)
        read_hash(d, alg);
    if (digests.ptr != NULL)
        JM_TRY(read_digests(d, digests));
    if (key.ptr != NULL)
        read_device_key(d, key);
    if (type.ptr != NULL && !jm_mdoc_text(&m->doctype, type)) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, type, "docType of the MSO is no text");
        d->mso_ok = false;
    }
    if (validity.ptr != NULL && !read_validity(d, validity))
        d->mso_ok = false;
    if (m->status.ptr != NULL)
        read_status(d, m->status);
    return JM_OK;
}
