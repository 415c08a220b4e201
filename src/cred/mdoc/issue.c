/* SPDX-License-Identifier: Apache-2.0 */
/* One copy in the profile that anonymous proofs need: spec/mdoc.md 15.3. */
#include "jumin/civil.h"
#include "jumin/mdoc.h"

#include <string.h>

#define SALT_LEN 16
#define SALT_EXEMPT_LEN 32
#define DIGEST_LEN 32
/* octets of randomness for one step of a permutation: a bias under 2^-55 */
#define DRAW_LEN 8
#define PROTECTED JM_BYTES("\xa1\x01\x26") /* {1: -7} and nothing else */

static size_t elements_of(const struct jm_mdoc_spec *s, struct jm_bytes ns)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += jm_bytes_eq(s->element[i].ns, ns);
    return n;
}

size_t jm_mdoc_random_len(const struct jm_mdoc_spec *s)
{
    size_t total = 0;

    for (size_t i = 0; i < s->n; i++)
        total += s->element[i].exempt ? SALT_EXEMPT_LEN : SALT_LEN;
    for (size_t i = 0; i < s->n_counts; i++) {
        size_t used = elements_of(s, s->counts[i].ns);

        if (used > s->counts[i].digests || s->counts[i].digests > JM_MDOC_ITEMS_MAX)
            return 0;
        total += DRAW_LEN * s->counts[i].digests + DIGEST_LEN * (s->counts[i].digests - used);
    }
    return total;
}

/* -- what the profile demands -- */

static enum jm_status check_element(const struct jm_mdoc_spec *s, size_t i)
{
    const struct jm_mdoc_element *e = &s->element[i];
    bool counted = false;

    for (size_t k = 0; k < s->n_counts; k++)
        counted = counted || jm_bytes_eq(s->counts[k].ns, e->ns);
    if (!counted)
        return JM_E_MISSING;
    for (size_t k = 0; k < i; k++)
        if (jm_bytes_eq(s->element[k].id, e->id)) /* circuits do not look at the namespace */
            return JM_E_DUPLICATE;
    if (e->id.len == 0 || e->id.len > JM_MDOC_ID_MAX || !jm_utf8_valid(e->id, NULL))
        return JM_E_RANGE;
    if (!e->exempt && (e->id.len > JM_ZK_ID_MAX || e->value.len > JM_ZK_VALUE_MAX))
        return JM_E_RANGE;
    return jm_cbor_check(e->value, NULL, NULL) == JM_OK ? JM_OK : JM_E_MALFORMED;
}

static enum jm_status check_spec(const struct jm_mdoc_spec *s, struct jm_bytes random)
{
    if (s->n_counts == 0 || s->n_counts > JM_MDOC_NAMESPACES_MAX || s->n > JM_MDOC_ITEMS_MAX)
        return JM_E_RANGE;
    if (s->doctype.len == 0 || s->doctype.len > JM_MDOC_ID_MAX || s->device_key.octets[0] != 4)
        return JM_E_RANGE;
    for (size_t i = 0; i < s->n_counts; i++) {
        struct jm_bytes ns = s->counts[i].ns;

        if (ns.len == 0 || ns.len > JM_MDOC_ID_MAX || s->counts[i].digests == 0)
            return JM_E_RANGE;
        for (size_t k = 0; k < i; k++)
            if (jm_bytes_eq(s->counts[k].ns, ns))
                return JM_E_DUPLICATE;
    }
    if (s->signed_s > s->valid_from_s || s->valid_from_s >= s->valid_until_s ||
        s->status_uri.len > JM_ZK_STATUS_URI_MAX)
        return JM_E_RANGE;
    for (size_t i = 0; i < s->n; i++)
        JM_TRY(check_element(s, i));
    if (jm_mdoc_random_len(s) == 0)
        return JM_E_RANGE;
    return random.len == jm_mdoc_random_len(s) ? JM_OK : JM_E_USAGE;
}

/* -- items and digests -- */

struct work {
    const struct jm_mdoc_spec *spec;
    const struct jm_crypto *crypto;
    struct jm_arena *mem;
    struct jm_bytes random; /* what is left */
    struct jm_cbor_w items;
    struct jm_buf items_buf;
};

static struct jm_bytes draw_random(struct work *w, size_t len)
{
    struct jm_bytes v = jm_slice(w->random, 0, len);

    w->random = jm_slice(w->random, len, SIZE_MAX);
    return v;
}

static uint64_t draw_below(struct work *w, uint64_t bound)
{
    struct jm_bytes r = draw_random(w, DRAW_LEN);

    return ((uint64_t)jm_u32_be(r.ptr) << 32 | jm_u32_be(r.ptr + 4)) % bound;
}

/* A fresh permutation of 0 ... n-1 (Fisher and Yates). */
static void permute_ids(struct work *w, uint16_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = (uint16_t)i;
    for (size_t i = n; i > 0; i--) {
        size_t k = (size_t)draw_below(w, i);
        uint16_t t = ids[i - 1];

        ids[i - 1] = ids[k];
        ids[k] = t;
    }
}

/* Octets of IssuerSignedItem: 48 for the map and its names, heads and contents of the rest. */
static size_t item_len(const struct jm_mdoc_element *e, uint16_t id)
{
    size_t salt = e->exempt ? SALT_EXEMPT_LEN : SALT_LEN;

    return 48 + jm_cbor_head_len(id) + jm_cbor_head_len(salt) + salt + jm_cbor_head_len(e->id.len) +
           e->id.len + e->value.len;
}

static enum jm_status put_item(struct work *w, const struct jm_mdoc_element *e, uint16_t id,
                               uint8_t digest[DIGEST_LEN])
{
    size_t start = w->items_buf.len, len = item_len(e, id), from;
    struct jm_bytes item;

    jm_cbor_w_tag(&w->items, 24);
    jm_cbor_w_bytes_head(&w->items, len);
    from = w->items_buf.len;
    /* {digestID, random, elementIdentifier, elementValue}: names with their heads, in one piece
     * each */
    jm_cbor_w_raw(&w->items, JM_BYTES("\xa4\x68"
                                      "digestID"));
    jm_cbor_w_uint(&w->items, id);
    jm_cbor_w_raw(&w->items, JM_BYTES("\x66"
                                      "random"));
    jm_cbor_w_bytes(&w->items, draw_random(w, e->exempt ? SALT_EXEMPT_LEN : SALT_LEN));
    jm_cbor_w_raw(&w->items, JM_BYTES("\x71"
                                      "elementIdentifier"));
    jm_cbor_w_text(&w->items, e->id);
    jm_cbor_w_raw(&w->items, JM_BYTES("\x6c"
                                      "elementValue"));
    jm_cbor_w_raw(&w->items, e->value);
    JM_TRY(jm_cbor_w_end(&w->items));
    if (w->items_buf.len - from != len)
        return JM_E_BUG;
    item = jm_slice(jm_written(w->items_buf), start, SIZE_MAX);
    if (!e->exempt && item.len > JM_ZK_ITEM_MAX)
        return JM_E_RANGE;
    return jm_sha256(w->crypto, item, digest);
}

/* digestID => digest, in one piece where the id is short. */
static void put_digest(struct jm_cbor_w *mso, size_t id, const uint8_t digest[DIGEST_LEN])
{
    uint8_t pair[1 + 2 + DIGEST_LEN] = {(uint8_t)id, 0x58, DIGEST_LEN};

    if (id >= 24) {
        jm_cbor_w_uint(mso, id);
        jm_cbor_w_bytes(mso, jm_bytes(digest, DIGEST_LEN));
        return;
    }
    memcpy(pair + 3, digest, DIGEST_LEN);
    jm_cbor_w_raw(mso, jm_bytes(pair, sizeof pair));
}

/* Items of one namespace; its digests into @p mso, ids ascending, decoys where no element is. */
static enum jm_status put_namespace(struct work *w, struct jm_cbor_w *mso,
                                    const struct jm_mdoc_ns_count *c)
{
    size_t used = elements_of(w->spec, c->ns), at = 0;
    uint8_t(*digest)[DIGEST_LEN] = jm_alloc(w->mem, c->digests, DIGEST_LEN);
    uint16_t *ids = JM_NEW_N(w->mem, uint16_t, c->digests);

    if (digest == NULL || ids == NULL)
        return JM_E_NO_SPACE;
    permute_ids(w, ids, c->digests);
    if (used > 0) {
        jm_cbor_w_text(&w->items, c->ns);
        jm_cbor_w_array(&w->items, used);
    }
    for (size_t i = 0; i < w->spec->n; i++) {
        if (!jm_bytes_eq(w->spec->element[i].ns, c->ns))
            continue;
        JM_TRY(put_item(w, &w->spec->element[i], ids[at], digest[ids[at]]));
        at++;
    }
    for (; at < c->digests; at++)
        memcpy(digest[ids[at]], draw_random(w, DIGEST_LEN).ptr, DIGEST_LEN);
    jm_cbor_w_text(mso, c->ns);
    jm_cbor_w_map(mso, c->digests);
    for (size_t i = 0; i < c->digests; i++)
        put_digest(mso, i, digest[i]);
    return JM_OK;
}

/* -- MSO -- */

static void put_tdate(struct jm_cbor_w *w, const char *name, int64_t at_s)
{
    char text[21];

    jm_tdate_format(text, at_s);
    jm_cbor_w_str(w, name);
    jm_cbor_w_tag(w, 0);
    jm_cbor_w_text(w, jm_bytes(text, 20));
}

static void put_rest(struct jm_cbor_w *w, const struct jm_mdoc_spec *s)
{
    jm_cbor_w_str(w, "deviceKeyInfo");
    jm_cbor_w_map(w, 1);
    jm_cbor_w_str(w, "deviceKey");
    jm_cose_w_key(w, &s->device_key);
    jm_cbor_w_str(w, "docType");
    jm_cbor_w_text(w, s->doctype);
    jm_cbor_w_str(w, "validityInfo");
    jm_cbor_w_map(w, 3);
    put_tdate(w, "signed", s->signed_s);
    put_tdate(w, "validFrom", s->valid_from_s);
    put_tdate(w, "validUntil", s->valid_until_s);
    if (s->status_uri.len == 0)
        return;
    jm_cbor_w_str(w, "status");
    jm_cbor_w_map(w, 1);
    jm_cbor_w_str(w, "status_list");
    jm_cbor_w_map(w, 2);
    jm_cbor_w_str(w, "idx");
    jm_cbor_w_uint(w, s->status_idx);
    jm_cbor_w_str(w, "uri");
    jm_cbor_w_text(w, s->status_uri);
}

static enum jm_status put_mso(struct work *w, struct jm_bytes *payload, size_t room)
{
    const struct jm_mdoc_spec *s = w->spec;
    struct jm_cbor_w mso;
    struct jm_buf b;
    size_t mark;

    JM_TRY(jm_alloc_buf(&b, w->mem, room));
    jm_cbor_w_init(&mso, &b);
    jm_cbor_w_tag(&mso, 24);
    mark = jm_cbor_w_open(&mso);
    jm_cbor_w_map(&mso, s->status_uri.len == 0 ? 6 : 7);
    jm_cbor_w_str(&mso, "version");
    jm_cbor_w_str(&mso, "1.0");
    jm_cbor_w_str(&mso, "digestAlgorithm");
    jm_cbor_w_str(&mso, "SHA-256");
    jm_cbor_w_str(&mso, "valueDigests");
    jm_cbor_w_map(&mso, s->n_counts);
    for (size_t i = 0; i < s->n_counts; i++)
        JM_TRY(put_namespace(w, &mso, &s->counts[i]));
    put_rest(&mso, s);
    jm_cbor_w_close(&mso, mark);
    JM_TRY(jm_cbor_w_end(&mso));
    *payload = jm_written(b);
    return payload->len >= JM_ZK_MSO_MIN && payload->len <= JM_ZK_MSO_MAX ? JM_OK : JM_E_RANGE;
}

enum jm_status jm_mdoc_issue_begin(struct jm_mdoc_draft *out, const struct jm_mdoc_spec *s,
                                   struct jm_bytes random, const struct jm_crypto *crypto,
                                   struct jm_arena *mem)
{
    struct work w = {s, crypto, mem, random, {NULL, JM_OK}, {NULL, 0, 0}};
    size_t items = 16, mso = 512 + s->doctype.len + s->status_uri.len, n_ns = 0;

    memset(out, 0, sizeof *out);
    JM_TRY(check_spec(s, random));
    for (size_t i = 0; i < s->n; i++)
        /* the rest of an item takes up to 97 */
        items += s->element[i].value.len + s->element[i].id.len + 104;
    for (size_t i = 0; i < s->n_counts; i++) {
        items += s->counts[i].ns.len + 8;
        mso += s->counts[i].ns.len + 8 + s->counts[i].digests * 37;
        n_ns += elements_of(s, s->counts[i].ns) > 0;
    }
    JM_TRY(jm_alloc_buf(&w.items_buf, mem, items));
    jm_cbor_w_init(&w.items, &w.items_buf);
    jm_cbor_w_map(&w.items, n_ns);
    JM_TRY(put_mso(&w, &out->payload, mso));
    JM_TRY(jm_cbor_w_end(&w.items));
    if (n_ns > 0)
        out->name_spaces = jm_written(w.items_buf);
    return jm_cose_sig_structure(&out->to_sign, mem, PROTECTED, out->payload);
}

enum jm_status jm_mdoc_issue_finish(struct jm_bytes *issuer_signed,
                                    const struct jm_mdoc_draft *draft, struct jm_bytes sig,
                                    const struct jm_bytes *x5chain, size_t n, struct jm_arena *mem)
{
    size_t room = 256 + draft->payload.len + draft->name_spaces.len;
    struct jm_cbor_w w;
    struct jm_buf b;

    *issuer_signed = jm_none();
    if (sig.len != jm_sig_len(JM_ALG_ES256))
        return JM_E_BUG;
    if (n == 0 || n > JM_X5CHAIN_MAX)
        return JM_E_USAGE;
    for (size_t i = 0; i < n; i++) {
        if (x5chain[i].len == 0 || x5chain[i].len > JM_X5CHAIN_CERT_MAX)
            return JM_E_USAGE;
        room += x5chain[i].len + 8;
    }
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, draft->name_spaces.len == 0 ? 1 : 2);
    if (draft->name_spaces.len != 0) {
        jm_cbor_w_str(&w, "nameSpaces");
        jm_cbor_w_raw(&w, draft->name_spaces);
    }
    jm_cbor_w_str(&w, "issuerAuth");
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, PROTECTED);
    jm_cose_w_x5chain(&w, x5chain, n);
    jm_cbor_w_bytes(&w, draft->payload);
    jm_cbor_w_bytes(&w, sig);
    JM_TRY(jm_cbor_w_end(&w));
    *issuer_signed = jm_written(b);
    return JM_OK;
}
