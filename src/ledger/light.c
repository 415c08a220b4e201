/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/light.h"

#include "jumin/protobuf.h"
#include "jumin/sort.h"

#define LEAVES 14
#define LEAF_MAX 256 /* of a header: the longest is the last block's id, 76 octets */

/* -- encodings: proto3, fields ascending -- */

static void write_time(struct jm_pb_w *w, struct jm_light_time t)
{
    jm_pb_w_int(w, 1, t.s);
    jm_pb_w_int(w, 2, t.ns);
}

static void write_block_id(struct jm_pb_w *w, const struct jm_light_block_id *id)
{
    size_t parts;

    jm_pb_w_bytes(w, 1, id->hash);
    parts = jm_pb_w_open(w, 2); /* always, also without fields */
    jm_pb_w_varint(w, 1, id->parts);
    jm_pb_w_bytes(w, 2, id->parts_hash);
    jm_pb_w_close(w, parts);
}

static void write_leaf(struct jm_pb_w *w, const struct jm_light_header *h, unsigned i)
{
    const struct jm_bytes hashes[] = {h->last_commit_hash,  h->data_hash,
                                      h->validators_hash,   h->next_validators_hash,
                                      h->consensus_hash,    h->app_hash,
                                      h->last_results_hash, h->evidence_hash,
                                      h->proposer};

    switch (i) {
    case 0:
        jm_pb_w_varint(w, 1, h->block_version);
        jm_pb_w_varint(w, 2, h->app_version);
        break;
    case 1: jm_pb_w_bytes(w, 1, h->chain_id); break;
    case 2: jm_pb_w_int(w, 1, h->height); break;
    case 3: write_time(w, h->time); break;
    case 4: write_block_id(w, &h->last_block); break;
    default: jm_pb_w_bytes(w, 1, hashes[i - 5]); break;
    }
}

enum jm_status jm_light_header_hash(struct jm_hash32 *out, const struct jm_crypto *c,
                                    const struct jm_light_header *h)
{
    struct jm_hash32 leaf[LEAVES];

    *out = (struct jm_hash32){{0}};
    for (unsigned i = 0; i < LEAVES; i++) {
        uint8_t octets[LEAF_MAX];
        struct jm_buf b = jm_buf(octets, sizeof octets);
        struct jm_bytes part;
        struct jm_pb_w w;

        jm_pb_w_init(&w, &b);
        write_leaf(&w, h, i);
        JM_TRY(jm_pb_w_end(&w));
        part = jm_written(b);
        JM_TRY(jm_merkle_leaf(&leaf[i], c, &part, 1));
    }
    return jm_merkle_root(out, c, leaf, LEAVES);
}

enum jm_status jm_light_sign_bytes(struct jm_buf *out, struct jm_bytes chain_id,
                                   const struct jm_light_vote *vote)
{
    size_t frame, part;
    struct jm_pb_w w;

    if (chain_id.len > JM_LIGHT_CHAIN_ID_MAX)
        return JM_E_RANGE;
    jm_pb_w_init(&w, out);
    frame = jm_pb_w_frame(&w);
    jm_pb_w_int(&w, 1, vote->type);
    jm_pb_w_sfixed64(&w, 2, vote->height);
    jm_pb_w_sfixed64(&w, 3, vote->round);
    if (vote->block.hash.len != 0) {
        part = jm_pb_w_open(&w, 4);
        write_block_id(&w, &vote->block);
        jm_pb_w_close(&w, part);
    }
    part = jm_pb_w_open(&w, 5);
    write_time(&w, vote->time);
    jm_pb_w_close(&w, part);
    jm_pb_w_bytes(&w, 6, chain_id);
    jm_pb_w_close(&w, frame);
    return jm_pb_w_end(&w);
}

/* -- sets of validators -- */

static int compare_power(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_light_validator *x = (const struct jm_light_validator *)list + a;
    const struct jm_light_validator *y = (const struct jm_light_validator *)list + b;

    if (x->power != y->power)
        return x->power > y->power ? -1 : 1;
    return memcmp(x->address, y->address, sizeof x->address);
}

static int compare_address(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_light_validator *v = list;

    return memcmp(v[a].address, v[b].address, sizeof v[a].address);
}

static enum jm_status take_validator(struct jm_light_validator *out, int64_t *power,
                                     const struct jm_crypto *c, const struct jm_light_validator *v)
{
    struct jm_hash32 h;

    if (v->key.len != JM_LIGHT_KEY_LEN)
        return JM_E_MALFORMED;
    if (v->power < 1 || v->power > JM_LIGHT_POWER_MAX - *power)
        return JM_E_RANGE;
    *power += v->power;
    *out = *v;
    JM_TRY(jm_sha256(c, v->key, h.octets));
    memcpy(out->address, h.octets, sizeof out->address);
    return JM_OK;
}

enum jm_status jm_light_set_make(struct jm_light_set *out, const struct jm_crypto *c,
                                 const struct jm_light_validator *v, size_t n, struct jm_arena *mem)
{
    struct jm_light_validator *taken, *ordered;
    int64_t power = 0;
    uint32_t *index;

    *out = (struct jm_light_set){0};
    if (n > JM_LIGHT_VALIDATORS_MAX)
        return JM_E_LIMIT;
    taken = JM_NEW_N(mem, struct jm_light_validator, n);
    ordered = JM_NEW_N(mem, struct jm_light_validator, n);
    index = JM_NEW_N(mem, uint32_t, n);
    if (taken == NULL || ordered == NULL || index == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        JM_TRY(take_validator(&taken[i], &power, c, &v[i]));
        index[i] = (uint32_t)i;
    }
    jm_sort(index, n, compare_address, taken);
    if (jm_sorted_twin(index, n, compare_address, taken) != n)
        return JM_E_DUPLICATE;
    jm_sort(index, n, compare_power, taken);
    for (size_t i = 0; i < n; i++)
        ordered[i] = taken[index[i]];
    *out = (struct jm_light_set){ordered, n, power};
    return JM_OK;
}

static enum jm_status validator_leaf(struct jm_hash32 *out, const struct jm_crypto *c,
                                     const struct jm_light_validator *v)
{
    uint8_t octets[64];
    struct jm_buf b = jm_buf(octets, sizeof octets);
    struct jm_bytes part;
    struct jm_pb_w w;
    size_t key;

    jm_pb_w_init(&w, &b);
    key = jm_pb_w_open(&w, 1);
    jm_pb_w_bytes(&w, 1, v->key); /* Ed25519 of the oneof */
    jm_pb_w_close(&w, key);
    jm_pb_w_int(&w, 2, v->power);
    JM_TRY(jm_pb_w_end(&w));
    part = jm_written(b);
    return jm_merkle_leaf(out, c, &part, 1);
}

enum jm_status jm_light_set_hash(struct jm_hash32 *out, const struct jm_crypto *c,
                                 const struct jm_light_set *set)
{
    struct jm_range tree = {0};

    *out = (struct jm_hash32){{0}};
    for (size_t i = 0; i < set->n; i++) {
        struct jm_hash32 leaf;

        JM_TRY(validator_leaf(&leaf, c, &set->at[i]));
        JM_TRY(jm_range_push(&tree, c, &leaf));
    }
    return jm_range_root(out, &tree, c);
}

static enum jm_status is_set_of(bool *is, const struct jm_crypto *c, const struct jm_light_set *set,
                                struct jm_bytes hash)
{
    struct jm_hash32 h;

    *is = false;
    JM_TRY(jm_light_set_hash(&h, c, set));
    *is = jm_bytes_eq(jm_hash32_bytes(&h), hash);
    return JM_OK;
}

/* -- one header -- */

static bool is_hash(struct jm_bytes h)
{
    return h.len == 0 || h.len == sizeof(struct jm_hash32);
}

static bool is_time(struct jm_light_time t)
{
    return t.s >= JM_LIGHT_YEAR_ONE && t.s < INT64_C(253402300800) && t.ns >= 0 &&
           t.ns < 1000000000;
}

static bool is_block_id(const struct jm_light_block_id *id)
{
    return is_hash(id->hash) && is_hash(id->parts_hash) && id->parts <= UINT32_MAX;
}

static bool is_header(const struct jm_light_header *h)
{
    return h->chain_id.len <= JM_LIGHT_CHAIN_ID_MAX && h->height > 0 && is_time(h->time) &&
           is_block_id(&h->last_block) && is_hash(h->last_commit_hash) && is_hash(h->data_hash) &&
           h->validators_hash.len == sizeof(struct jm_hash32) &&
           h->next_validators_hash.len == sizeof(struct jm_hash32) && is_hash(h->consensus_hash) &&
           is_hash(h->last_results_hash) && is_hash(h->evidence_hash) &&
           h->app_hash.len <= sizeof(struct jm_hash32) && h->proposer.len == JM_LIGHT_ADDRESS_LEN;
}

static bool is_commit(const struct jm_light_commit *k)
{
    return k->height > 0 && k->round >= 0 && k->round <= INT32_MAX && is_block_id(&k->block) &&
           k->block.hash.len != 0;
}

static int compare_time(struct jm_light_time a, struct jm_light_time b)
{
    if (a.s != b.s)
        return a.s < b.s ? -1 : 1;
    return a.ns < b.ns ? -1 : a.ns > b.ns;
}

enum jm_status jm_light_trust(struct jm_light_trusted *out, const struct jm_crypto *c,
                              const struct jm_light_header *header, const struct jm_light_set *next,
                              struct jm_bytes header_hash)
{
    struct jm_hash32 h;
    bool is;

    *out = (struct jm_light_trusted){0};
    if (!is_header(header))
        return JM_E_MALFORMED;
    JM_TRY(jm_light_header_hash(&h, c, header));
    JM_TRY(is_set_of(&is, c, next, header->next_validators_hash));
    if (!is || !jm_bytes_eq(jm_hash32_bytes(&h), header_hash))
        return JM_E_DENIED;
    *out = (struct jm_light_trusted){*header, *next};
    return JM_OK;
}

/* -- the step -- */

struct step {
    const struct jm_light_trusted *from;
    const struct jm_light_block *b;
    const struct jm_light_policy *policy;
    const struct jm_light_port *port;
};

static struct jm_light_time add_seconds(struct jm_light_time t, int64_t s)
{
    t.s += s; /* both are years, not ages: is_time(), is_policy() */
    return t;
}

static bool is_policy(const struct jm_light_policy *p)
{
    return is_time(p->now) && p->trusting_s >= 0 && p->trusting_s <= INT32_MAX && p->drift_s >= 0 &&
           p->drift_s <= INT32_MAX;
}

/* What takes no hash. */
static enum jm_light_fault judge_place(const struct step *s)
{
    const struct jm_light_header *h = &s->b->header, *from = &s->from->header;
    const struct jm_light_policy *p = s->policy;

    if (!is_header(h) || !is_commit(&s->b->commit))
        return JM_LIGHT_FORM;
    if (!jm_bytes_eq(h->chain_id, from->chain_id))
        return JM_LIGHT_CHAIN;
    if (compare_time(add_seconds(from->time, p->trusting_s), p->now) <= 0)
        return JM_LIGHT_EXPIRED;
    if (h->height <= from->height)
        return JM_LIGHT_HEIGHT;
    if (compare_time(h->time, from->time) <= 0)
        return JM_LIGHT_TIME;
    if (compare_time(h->time, add_seconds(p->now, p->drift_s)) >= 0)
        return JM_LIGHT_FUTURE;
    return s->b->commit.height == h->height ? JM_LIGHT_FINE : JM_LIGHT_COMMIT_HEIGHT;
}

static enum jm_status judge_hashes(enum jm_light_fault *fault, const struct step *s)
{
    const struct jm_light_header *h = &s->b->header, *from = &s->from->header;
    const struct jm_crypto *c = s->port->crypto;
    struct jm_hash32 hash;
    bool is;

    JM_TRY(jm_light_header_hash(&hash, c, h));
    if (!jm_bytes_eq(jm_hash32_bytes(&hash), s->b->commit.block.hash)) {
        *fault = JM_LIGHT_COMMIT_HASH;
        return JM_OK;
    }
    JM_TRY(is_set_of(&is, c, &s->b->set, h->validators_hash));
    if (!is) {
        *fault = JM_LIGHT_SET;
        return JM_OK;
    }
    JM_TRY(is_set_of(&is, c, &s->b->next, h->next_validators_hash));
    if (!is)
        *fault = JM_LIGHT_NEXT_SET;
    else if (h->height - 1 == from->height &&
             !jm_bytes_eq(h->validators_hash, from->next_validators_hash))
        *fault = JM_LIGHT_ADJACENT;
    return JM_OK;
}

static enum jm_status judge_signature(enum jm_light_fault *fault, const struct step *s, size_t i)
{
    const struct jm_light_commit *k = &s->b->commit;
    const struct jm_light_validator *v = &s->b->set.at[i];
    const struct jm_light_sig *sig = &k->at[i];
    const struct jm_light_vote vote = {2, k->height, k->round, k->block, sig->time};
    uint8_t octets[JM_LIGHT_SIGN_BYTES_MAX];
    struct jm_buf to_sign = jm_buf(octets, sizeof octets);
    enum jm_status st;

    if (!jm_bytes_eq(sig->address, jm_bytes(v->address, sizeof v->address)) ||
        sig->sig.len != JM_LIGHT_SIG_LEN || !is_time(sig->time)) {
        *fault = JM_LIGHT_SIGNERS;
        return JM_OK;
    }
    JM_TRY(jm_light_sign_bytes(&to_sign, s->b->header.chain_id, &vote));
    st = s->port->verify(s->port->ctx, v->key, jm_written(to_sign), sig->sig);
    if (st != JM_OK && jm_class_of(st) != JM_CLASS_UNAVAILABLE && jm_class_of(st) != JM_CLASS_BUG) {
        *fault = JM_LIGHT_SIGNATURE;
        return JM_OK;
    }
    return st;
}

/* The power of who signed for the block, of its own validators. */
static enum jm_status judge_signatures(enum jm_light_fault *fault, int64_t *power,
                                       const struct step *s)
{
    const struct jm_light_commit *k = &s->b->commit;

    *power = 0;
    if (k->n != s->b->set.n) {
        *fault = JM_LIGHT_SIGNERS;
        return JM_OK;
    }
    for (size_t i = 0; i < k->n && *fault == JM_LIGHT_FINE; i++) {
        if (k->at[i].flag == JM_LIGHT_FOR_BLOCK) {
            JM_TRY(judge_signature(fault, s, i));
            *power += s->b->set.at[i].power;
        } else if (k->at[i].flag != JM_LIGHT_ABSENT && k->at[i].flag != JM_LIGHT_FOR_NIL) {
            *fault = JM_LIGHT_SIGNERS;
        }
    }
    return JM_OK;
}

/* More than a third of those whom the trusted header names? Addresses of a set are distinct, and
 * those of signers are their keys' (judge_signature), so nobody counts twice. */
static bool is_trusted(const struct step *s)
{
    const struct jm_light_commit *k = &s->b->commit;
    const struct jm_light_set *next = &s->from->next;
    int64_t power = 0;

    for (size_t i = 0; i < next->n; i++)
        for (size_t j = 0; j < k->n; j++)
            if (k->at[j].flag == JM_LIGHT_FOR_BLOCK &&
                jm_bytes_eq(k->at[j].address,
                            jm_bytes(next->at[i].address, JM_LIGHT_ADDRESS_LEN))) {
                power += next->at[i].power;
                break;
            }
    return power > next->power / 3;
}

static enum jm_status judge_block(struct jm_light_result *result, const struct step *s)
{
    enum jm_light_fault fault = judge_place(s);
    int64_t power;

    result->fault = fault;
    if (fault != JM_LIGHT_FINE)
        return JM_OK;
    JM_TRY(judge_hashes(&result->fault, s));
    if (result->fault != JM_LIGHT_FINE)
        return JM_OK;
    JM_TRY(judge_signatures(&result->fault, &power, s));
    if (result->fault != JM_LIGHT_FINE)
        return JM_OK;
    if (s->b->header.height - 1 != s->from->header.height && !is_trusted(s)) {
        *result = (struct jm_light_result){JM_LIGHT_NOT_ENOUGH_TRUST, JM_LIGHT_TRUST};
        return JM_OK;
    }
    /* below 2^60: no overflow */
    if (power <= s->b->set.power * 2 / 3)
        result->fault = JM_LIGHT_POWER;
    else
        result->verdict = JM_LIGHT_SUCCESS;
    return JM_OK;
}

enum jm_status jm_light_step(struct jm_light_trusted *out, struct jm_light_result *result,
                             const struct jm_light_trusted *from, const struct jm_light_block *b,
                             const struct jm_light_policy *policy, const struct jm_light_port *port)
{
    const struct step s = {from, b, policy, port};

    *out = (struct jm_light_trusted){0};
    *result = (struct jm_light_result){JM_LIGHT_INVALID, JM_LIGHT_FORM};
    if (!is_policy(policy) || from->header.height == 0)
        return JM_E_RANGE;
    JM_TRY(judge_block(result, &s));
    if (result->verdict == JM_LIGHT_SUCCESS)
        *out = (struct jm_light_trusted){b->header, b->next};
    return JM_OK;
}
