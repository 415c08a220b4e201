/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/trust_proven.h"

#include "jumin/cbor.h"
#include "jumin/sort.h"
#include "ledger/get.h"
#include "ledger/trust_fill.h"

#define FILE_FORMAT "jumin-trust/2"
#define ROOT_FORMAT "jumin-root/1"

enum jm_status jm_trust_root_write(struct jm_bytes *out, const struct jm_trust_root *root,
                                   struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, root->policy.len + 64));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, root->clock_start != 0 ? 4 : 3);
    jm_cbor_w_uint(&w, 0);
    jm_cbor_w_str(&w, ROOT_FORMAT);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_bytes(&w, root->policy);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_bool(&w, root->synthetic);
    if (root->clock_start != 0) {
        jm_cbor_w_uint(&w, 3);
        jm_cbor_w_array(&w, 2);
        jm_cbor_w_uint(&w, (uint64_t)root->clock_start);
        jm_cbor_w_uint(&w, (uint64_t)root->clock_moment);
    }
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_trust_proven_write(struct jm_bytes *out, struct jm_bytes root,
                                     struct jm_bytes bundle, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, root.len + bundle.len + 64));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_uint(&w, 0);
    jm_cbor_w_str(&w, FILE_FORMAT);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_bytes(&w, root);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_bytes(&w, bundle);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

bool jm_trust_proven_is(struct jm_bytes *root, struct jm_bytes *bundle, struct jm_bytes octets)
{
    enum jm_status st = JM_OK;

    *root = *bundle = jm_none();
    if (octets.len > JM_TRUST_FILE_MAX || jm_dcbor_check(octets) != JM_OK ||
        !jm_bytes_eq_str(jm_get_string(octets, 0, true, &st), FILE_FORMAT))
        return false;
    *root = jm_get_string(octets, 1, false, &st);
    *bundle = jm_get_string(octets, 2, false, &st);
    return st == JM_OK;
}

enum jm_status jm_trust_root_read(struct jm_trust_root *out, struct jm_bytes octets)
{
    enum jm_status st = JM_OK;
    struct jm_trust_root root;
    struct jm_bytes clock;

    *out = (struct jm_trust_root){0};
    root = *out;
    if (jm_dcbor_check_to(octets, 4) != JM_OK ||
        !jm_bytes_eq_str(jm_get_string(octets, 0, true, &st), ROOT_FORMAT))
        return JM_E_MALFORMED;
    root.policy = jm_get_string(octets, 1, false, &st);
    root.synthetic = jm_get_bool(octets, 2, &st);
    if (st != JM_OK)
        return JM_E_MALFORMED;
    if (jm_cbor_find_int(&clock, octets, 3) == JM_OK) {
        struct jm_cbor r;

        jm_cbor_init(&r, clock);
        if (jm_cbor_array(&r) != 2 || !root.synthetic)
            /* only a synthetic country may have a clock of its own (D-459) */
            return JM_E_MALFORMED;
        root.clock_start = jm_cbor_int(&r);
        root.clock_moment = jm_cbor_int(&r);
        if (jm_cbor_end(&r) != JM_OK)
            return JM_E_MALFORMED;
    }
    *out = root;
    return JM_OK;
}

static int by_key(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_proven *r = list;

    return jm_bytes_cmp(r[a].key, r[b].key);
}

/* The records that were proven one by one, in the order of their keys; epochs are no matter of
 * trust. */
static enum jm_status sort_records(struct jm_trust_entry **out, size_t *n,
                                   const struct jm_bundle *b, struct jm_arena *mem)
{
    uint32_t *index = JM_NEW_N(mem, uint32_t, b->n + 1);
    struct jm_trust_entry *e = JM_NEW_N(mem, struct jm_trust_entry, b->n + 1);

    *out = e;
    *n = 0;
    if (index == NULL || e == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < b->n; i++)
        index[i] = (uint32_t)i;
    jm_sort(index, b->n, by_key, b->record);
    if (jm_sorted_twin(index, b->n, by_key, b->record) != b->n)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < b->n; i++) {
        const struct jm_proven *r = &b->record[index[i]];

        if (jm_trust_set_has(r->key))
            continue; /* it stands in the set */
        JM_TRY(jm_dcbor_check(r->value));
        e[(*n)++] = (struct jm_trust_entry){r->key, r->value};
    }
    return JM_OK;
}

static enum jm_status prove_bundle(struct jm_trust *t, const struct jm_trust_root *root,
                                   struct jm_bytes octets, const struct jm_reader_memory *seen,
                                   const struct jm_reading *r)
{
    struct jm_bundle_rules rules = {.memory = seen};
    struct jm_trust_entry *more;
    struct jm_policy policy;
    struct jm_bundle b;
    size_t n;

    if (jm_policy_read(&policy, root->policy, r->crypto, r->mem, NULL) != JM_OK)
        return JM_E_MALFORMED;
    rules.policy = &policy;
    JM_TRY(jm_bundle_open(&b, octets, &rules, r));
    if (b.trust.ptr == NULL)
        return JM_E_MALFORMED;
    t->synthetic = root->synthetic;
    t->clock_start = root->clock_start;
    t->clock_moment = root->clock_moment;
    t->issued_at = b.checkpoint.fresh;
    t->next_update = b.checkpoint.fresh + JM_FRESH_GOOD_S;
    t->version = b.memory.size;
    t->log_root = b.memory.root;
    t->proven = true;
    JM_TRY(sort_records(&more, &n, &b, r->mem));
    return jm_trust_fill(t, b.trust, more, n, r->mem);
}

enum jm_status jm_trust_prove(struct jm_trust *out, struct jm_bytes octets, const uint8_t pin[32],
                              const struct jm_reader_memory *seen, const struct jm_reading *r)
{
    struct jm_bytes root_octets, bundle;
    struct jm_trust t = {.octets = octets};
    struct jm_trust_root root;
    uint8_t hash[32];

    *out = (struct jm_trust){0};
    if (!jm_trust_proven_is(&root_octets, &bundle, octets))
        return JM_E_MALFORMED;
    JM_TRY(jm_sha256(r->crypto, root_octets, hash));
    if (memcmp(hash, pin, sizeof hash) != 0)
        return jm_refuse(r->diag, JM_E_DENIED, JM_TRUST_PIN, NULL);
    JM_TRY(jm_trust_root_read(&root, root_octets));
    JM_TRY(prove_bundle(&t, &root, bundle, seen, r));
    *out = t;
    return JM_OK;
}
