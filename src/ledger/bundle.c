/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/bundle.h"

#include "jumin/cbor.h"
#include "jumin/trust.h"

enum { KEY_VERSION = 1, KEY_CHECKPOINT, KEY_INDEX, KEY_BLOCK, KEY_PATH, KEY_TRUST, KEY_RECORDS };
#define VERSION 1
#define ENTRY_BLOCK 2

/* A bundle as it is written, believed by nobody. */
struct form {
    struct jm_bytes checkpoint, block, trust;
    uint64_t index;
    const struct jm_hash32 *path;
    size_t n_path;
    struct jm_proven *record;
    size_t n;
};

/* -- form -- */

static enum jm_status read_hash(struct jm_hash32 *out, struct jm_cbor *r)
{
    struct jm_bytes octets = jm_cbor_bytes(r);

    if (octets.len != sizeof *out)
        return JM_E_MALFORMED;
    memcpy(out->octets, octets.ptr, sizeof *out);
    return JM_OK;
}

static enum jm_status read_path(const struct jm_hash32 **out, size_t *n, struct jm_cbor *r,
                                struct jm_arena *mem)
{
    struct jm_hash32 *path;
    size_t len = jm_cbor_array(r);

    JM_TRY(r->st);
    if (len > JM_PROOF_MAX)
        return JM_E_LIMIT;
    if ((path = JM_NEW_N(mem, struct jm_hash32, len)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < len; i++)
        JM_TRY(read_hash(&path[i], r));
    *out = path;
    *n = len;
    return r->st;
}

/* As many as jm_dcbor_check_to() has let pass. */
static enum jm_status read_records(struct form *f, struct jm_cbor *r, struct jm_arena *mem)
{
    size_t n = jm_cbor_array(r);

    JM_TRY(r->st);
    if ((f->record = JM_NEW_N(mem, struct jm_proven, n)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        struct jm_proven *p = &f->record[i];

        if (jm_cbor_array(r) != 4)
            return JM_E_MALFORMED;
        p->key = jm_cbor_text(r);
        p->value = jm_cbor_bytes(r);
        p->position = jm_cbor_uint(r);
        JM_TRY(read_path(&p->path, &p->n, r, mem));
    }
    f->n = n;
    return r->st;
}

/* The value of a key of the map, which must be the next one. */
static enum jm_status read_member(struct form *f, uint64_t key, struct jm_cbor *r,
                                  struct jm_arena *mem)
{
    if (jm_cbor_uint(r) != key)
        return JM_E_MALFORMED;
    switch (key) {
    case KEY_VERSION: return jm_cbor_uint(r) == VERSION ? JM_OK : JM_E_MALFORMED;
    case KEY_CHECKPOINT: f->checkpoint = jm_cbor_bytes(r); break;
    case KEY_INDEX: f->index = jm_cbor_uint(r); break;
    case KEY_BLOCK: f->block = jm_cbor_bytes(r); break;
    case KEY_PATH: return read_path(&f->path, &f->n_path, r, mem);
    case KEY_TRUST: f->trust = jm_cbor_bytes(r); break;
    default: return read_records(f, r, mem);
    }
    return r->st;
}

static enum jm_status read_form(struct form *f, struct jm_bytes octets, struct jm_arena *mem)
{
    struct jm_cbor r;
    size_t n;

    if (octets.len > JM_BUNDLE_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_dcbor_check_to(octets, JM_BUNDLE_RECORDS_MAX));
    jm_cbor_init(&r, octets);
    n = jm_cbor_map(&r);
    for (uint64_t key = KEY_VERSION; key <= KEY_RECORDS; key++)
        if (key != KEY_TRUST || n == KEY_RECORDS)
            JM_TRY(read_member(f, key, &r, mem));
    return jm_cbor_end(&r);
}

enum jm_status jm_log_block_read(struct jm_log_block *out, struct jm_bytes entry)
{
    struct jm_log_block b;
    uint64_t kind, time;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    if (jm_dcbor_check(entry) != JM_OK)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, entry);
    if (jm_cbor_array(&r) < 1 || r.st != JM_OK)
        return JM_E_MALFORMED;
    kind = jm_cbor_uint(&r);
    if (r.st != JM_OK || kind != ENTRY_BLOCK)
        return r.st != JM_OK ? JM_E_MALFORMED : JM_E_TYPE;
    b.height = jm_cbor_uint(&r);
    time = jm_cbor_uint(&r);
    b.n_accepted = jm_cbor_uint(&r);
    b.state_size = jm_cbor_uint(&r);
    if (read_hash(&b.state_root, &r) != JM_OK)
        return JM_E_MALFORMED;
    b.trust_len = jm_cbor_uint(&r);
    if (read_hash(&b.trust_hash, &r) != JM_OK || jm_cbor_end(&r) != JM_OK ||
        time > (uint64_t)INT64_MAX)
        return JM_E_MALFORMED;
    b.time = (int64_t)time;
    *out = b;
    return JM_OK;
}

/* -- judging -- */

enum jm_status jm_state_leaf(struct jm_hash32 *out, const struct jm_crypto *c, struct jm_bytes key,
                             struct jm_bytes value)
{
    uint8_t room[JM_STATE_KEY_LEN_MAX + 48], hash[32];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_bytes octets;
    struct jm_cbor_w w;

    memset(out, 0, sizeof *out);
    if (key.len > JM_STATE_KEY_LEN_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_sha256(c, value, hash));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 2);
    jm_cbor_w_text(&w, key);
    jm_cbor_w_bytes(&w, jm_bytes(hash, sizeof hash));
    JM_TRY(jm_cbor_w_end(&w));
    octets = jm_written(b);
    return jm_merkle_leaf(out, c, &octets, 1);
}

static enum jm_status deny_with(const struct jm_reading *r, enum jm_status st, enum jm_code code)
{
    return jm_refuse(r->diag, st, code, NULL);
}

/* Nothing that is not so is anything but a refusal; what the port says stays. */
static bool is_refusal(enum jm_status st)
{
    return st == JM_E_DENIED || st == JM_E_RANGE || st == JM_E_LIMIT;
}

static enum jm_status judge_memory(const struct jm_checkpoint *cp,
                                   const struct jm_reader_memory *memory,
                                   const struct jm_reading *r)
{
    if (memory == NULL)
        return JM_OK;
    if (cp->size < memory->size)
        return deny_with(r, JM_E_CONFLICT, JM_LEDGER_BUNDLE_ROLLBACK);
    if (memory->size != 0 && cp->size == memory->size && !jm_hash32_eq(&cp->root, &memory->root))
        return deny_with(r, JM_E_CONFLICT, JM_LEDGER_BUNDLE_FORK);
    return JM_OK;
}

/* The block entry is in the log, and the last there. */
static enum jm_status judge_block(struct jm_bundle *b, const struct form *f,
                                  const struct jm_reading *r)
{
    const struct jm_checkpoint *cp = &b->checkpoint.cp;
    struct jm_hash32 leaf;
    enum jm_status st;

    JM_TRY(jm_merkle_leaf(&leaf, r->crypto, &f->block, 1));
    st = jm_inclusion_verify(r->crypto, f->index, cp->size, &leaf, f->path, f->n_path, &cp->root);
    if (is_refusal(st) || (st == JM_OK && f->index != cp->size - 1))
        return deny_with(r, JM_E_DENIED, JM_LEDGER_BUNDLE_INCLUSION);
    JM_TRY(st);
    if (jm_log_block_read(&b->block, f->block) != JM_OK)
        return deny_with(r, JM_E_DENIED, JM_LEDGER_BUNDLE_NOTBLOCK);
    b->index = f->index;
    return JM_OK;
}

static enum jm_status judge_trust(struct jm_bundle *b, const struct form *f,
                                  const struct jm_reading *r)
{
    struct jm_hash32 hash;

    if (f->trust.ptr == NULL)
        return JM_OK;
    JM_TRY(jm_sha256(r->crypto, f->trust, hash.octets));
    if (f->trust.len != b->block.trust_len || !jm_hash32_eq(&hash, &b->block.trust_hash))
        return deny_with(r, JM_E_DENIED, JM_LEDGER_BUNDLE_TRUSTSET);
    b->trust = f->trust;
    return JM_OK;
}

static enum jm_status judge_records(struct jm_bundle *b, const struct form *f,
                                    const struct jm_reading *r)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct jm_proven *p = &f->record[i];
        struct jm_hash32 leaf;
        enum jm_status st = jm_state_leaf(&leaf, r->crypto, p->key, p->value);

        if (st == JM_OK)
            st = jm_inclusion_verify(r->crypto, p->position, b->block.state_size, &leaf, p->path,
                                     p->n, &b->block.state_root);
        if (is_refusal(st))
            return deny_with(r, JM_E_DENIED, JM_LEDGER_BUNDLE_STATE);
        JM_TRY(st);
    }
    b->record = f->record;
    b->n = f->n;
    return JM_OK;
}

static enum jm_status judge_age(struct jm_bundle *b, const struct jm_bundle_rules *rules,
                                const struct jm_reading *r)
{
    int64_t age = r->now - b->checkpoint.fresh;

    if (rules->good_s == 0 && rules->warn_s == 0)
        return JM_OK;
    if (age <= rules->good_s)
        b->age = JM_AGE_GOOD;
    else if (age <= rules->warn_s)
        b->age = JM_AGE_WARN;
    else
        return deny_with(r, JM_E_UNAVAILABLE, JM_LEDGER_BUNDLE_STALE);
    return JM_OK;
}

static enum jm_status judge_bundle(struct jm_bundle *b, struct jm_bytes octets,
                                   const struct jm_bundle_rules *rules, const struct jm_reading *r)
{
    struct form f = {.n = 0};
    enum jm_status st = read_form(&f, octets, r->mem);

    if (st != JM_OK)
        return st == JM_E_NO_SPACE ? st : deny_with(r, st, JM_LEDGER_BUNDLE_FORM);
    JM_TRY(jm_checkpoint_judge(&b->checkpoint, f.checkpoint, rules->policy, r));
    JM_TRY(judge_memory(&b->checkpoint.cp, rules->memory, r));
    JM_TRY(judge_block(b, &f, r));
    JM_TRY(judge_trust(b, &f, r));
    JM_TRY(judge_records(b, &f, r));
    JM_TRY(judge_age(b, rules, r));
    b->memory.size = b->checkpoint.cp.size;
    b->memory.root = b->checkpoint.cp.root;
    b->memory.policy_version = rules->memory == NULL ? 0 : rules->memory->policy_version;
    return JM_OK;
}

enum jm_status jm_bundle_open(struct jm_bundle *out, struct jm_bytes octets,
                              const struct jm_bundle_rules *rules, const struct jm_reading *r)
{
    size_t mark = jm_arena_mark(r->mem);
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = judge_bundle(out, octets, rules, r);
    if (st != JM_OK) {
        memset(out, 0, sizeof *out);
        jm_arena_back(r->mem, mark);
    }
    return st;
}
