/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/trust.h"
#include "ledger/get.h"
#include "ledger/trust_fill.h"

#define PATH_MAX_STEPS 8

/* -- the file -- */

static enum jm_status read_list(struct jm_trust_entry *e, size_t *n, struct jm_bytes list)
{
    struct jm_bytes prev = jm_none();
    struct jm_cbor r;

    jm_cbor_init(&r, list);
    for (size_t k = jm_cbor_array(&r); k > 0 && r.st == JM_OK; k--) {
        struct jm_trust_entry *x = &e[*n];

        if (jm_cbor_array(&r) != 2)
            jm_cbor_fail(&r, JM_E_TYPE);
        x->key = jm_cbor_text(&r);
        x->record = jm_cbor_bytes(&r);
        JM_TRY(r.st);
        if (prev.ptr != NULL && jm_bytes_cmp(prev, x->key) >= 0)
            return JM_E_MALFORMED;
        JM_TRY(jm_dcbor_check(x->record));
        prev = x->key;
        (*n)++;
    }
    return jm_cbor_end(&r);
}

static size_t list_len(struct jm_bytes list)
{
    struct jm_cbor r;

    jm_cbor_init(&r, list);
    return list.len == 0 ? 0 : jm_cbor_array(&r);
}

static enum jm_status parse_certs(struct jm_trust *t, struct jm_arena *mem)
{
    if ((t->cert = JM_NEW_N(mem, struct jm_cert, t->n)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < t->n; i++) {
        enum jm_status st = JM_OK;
        struct jm_bytes body, der;

        if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("cert/")))
            continue;
        body = jm_get_raw(t->entry[i].record, 5, &st);
        der = jm_get_string(body, 4, false, &st);
        /* One unreadable certificate must not lose the others. */
        if (st != JM_OK || jm_cert_parse(&t->cert[i], der) != JM_OK)
            memset(&t->cert[i], 0, sizeof t->cert[i]);
    }
    return JM_OK;
}

static enum jm_status read_rules(struct jm_schema *s, struct jm_bytes list, struct jm_arena *mem)
{
    struct jm_rule *rule;
    struct jm_cbor r;
    size_t n;

    jm_cbor_init(&r, list);
    n = jm_cbor_array(&r);
    if (n > JM_SCHEMA_RULES_MAX)
        return JM_E_LIMIT;
    if ((s->rule = rule = JM_NEW_N(mem, struct jm_rule, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (; s->n < n && r.st == JM_OK; s->n++, rule++) {
        uint64_t kind, flags;

        if (jm_cbor_array(&r) != 3 || (rule->n_path = jm_cbor_array(&r)) == 0 ||
            rule->n_path > JM_SCHEMA_PATH_MAX)
            return JM_E_MALFORMED;
        for (size_t k = 0; k < rule->n_path; k++)
            rule->path[k] = jm_cbor_text(&r);
        kind = jm_cbor_uint(&r);
        flags = jm_cbor_uint(&r);
        if (kind == 0 || kind >= JM_RULE_KINDS || flags > JM_RULE_FLAGS)
            return JM_E_MALFORMED;
        rule->kind = (enum jm_rule_kind)kind;
        rule->flags = (unsigned)flags;
    }
    return jm_cbor_end(&r);
}

/* Of what cannot be read nothing is known, and the others stay. */
static enum jm_status parse_schemas(struct jm_trust *t, struct jm_arena *mem)
{
    struct jm_schema *s;
    size_t n = 0;

    for (size_t i = 0; i < t->n_set; i++)
        n += jm_bytes_starts(t->entry[i].key, JM_BYTES("schema/"));
    if ((t->schema = s = JM_NEW_N(mem, struct jm_schema, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < t->n_set; i++) {
        enum jm_status st = JM_OK;
        struct jm_bytes body, list;
        uint64_t fmt;

        if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("schema/")) ||
            jm_get_uint(t->entry[i].record, 1, &st) != JM_RECORD_ACTIVE)
            continue;
        body = jm_get_raw(t->entry[i].record, 5, &st);
        fmt = jm_get_uint(body, 4, &st);
        *s = (struct jm_schema){.fmt = fmt == JM_FMT_MDOC ? JM_FMT_MDOC : JM_FMT_SDJWT,
                                .type = jm_get_string(body, 1, true, &st)};
        list = jm_get_raw(body, 8, &st);
        if (st == JM_OK && (fmt == JM_FMT_MDOC || fmt == JM_FMT_SDJWT))
            st = read_rules(s, list, mem);
        else
            st = JM_E_ABSENT; /* not of ours */
        if (st == JM_E_NO_SPACE)
            return st;
        if (st == JM_OK) {
            s++;
            t->n_schemas++;
        }
    }
    return JM_OK;
}

enum jm_status jm_trust_fill(struct jm_trust *t, struct jm_bytes set,
                             const struct jm_trust_entry *more, size_t n_more, struct jm_arena *mem)
{
    struct jm_trust_entry *e = JM_NEW_N(mem, struct jm_trust_entry, list_len(set) + n_more + 1);

    if ((t->entry = e) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_list(e, &t->n_set, set));
    if (n_more != 0)
        memcpy(e + t->n_set, more, n_more * sizeof *e);
    t->n = t->n_set + n_more;
    JM_TRY(parse_schemas(t, mem));
    return parse_certs(t, mem);
}

enum jm_status jm_trust_open(struct jm_trust *t, struct jm_bytes octets, struct jm_arena *mem)
{
    struct jm_bytes set, more = jm_none(), clock;
    enum jm_status st = JM_OK;
    struct jm_trust_entry *e;
    size_t n = 0;

    memset(t, 0, sizeof *t);
    if (octets.len > JM_TRUST_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_dcbor_check(octets));
    if (!jm_bytes_eq_str(jm_get_string(octets, 0, true, &st), "jumin-trust/1"))
        return st == JM_OK ? JM_E_UNSUPPORTED : JM_E_MALFORMED;
    t->octets = octets;
    set = jm_get_raw(octets, 1, &st);
    t->synthetic = jm_get_bool(octets, 3, &st);
    t->issued_at = jm_get_time(octets, 4, &st);
    t->version = jm_get_uint(octets, 6, &st);
    t->next_update = jm_get_time(octets, 7, &st);
    if (st != JM_OK)
        return JM_E_MALFORMED;
    if (jm_cbor_find_int(&more, octets, 2) != JM_OK)
        more = jm_none();
    if (jm_cbor_find_int(&clock, octets, 5) == JM_OK) {
        struct jm_cbor r;

        jm_cbor_init(&r, clock);
        if (jm_cbor_array(&r) != 2 || !t->synthetic)
            /* only a synthetic country may have a clock of its own (D-459) */
            return JM_E_MALFORMED;
        t->clock_start = jm_cbor_int(&r);
        t->clock_moment = jm_cbor_int(&r);
        JM_TRY(jm_cbor_end(&r));
    }
    if ((e = JM_NEW_N(mem, struct jm_trust_entry, list_len(more) + 1)) == NULL)
        return JM_E_NO_SPACE;
    if (more.len != 0)
        JM_TRY(read_list(e, &n, more));
    return jm_trust_fill(t, set, e, n, mem);
}

bool jm_trust_is_stale(const struct jm_trust *t, int64_t now)
{
    return now > t->next_update;
}

static const struct jm_trust_entry *find_in(const struct jm_trust_entry *e, size_t n,
                                            struct jm_bytes key)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = jm_bytes_cmp(e[mid].key, key);

        if (c == 0)
            return &e[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

enum jm_status jm_trust_find(struct jm_bytes *body, enum jm_record_state *state,
                             const struct jm_trust *t, struct jm_bytes key)
{
    const struct jm_trust_entry *e = find_in(t->entry, t->n_set, key);
    enum jm_status st = JM_OK;

    *body = jm_none();
    *state = JM_RECORD_ENDED;
    if (e == NULL && t->n > t->n_set)
        e = find_in(t->entry + t->n_set, t->n - t->n_set, key);
    if (e == NULL)
        return JM_E_ABSENT;
    uint64_t s = jm_get_uint(e->record, 1, &st);
    struct jm_bytes raw = jm_get_raw(e->record, 5, &st);
    if (st != JM_OK || s < 1 || s > 3)
        return JM_E_MALFORMED;
    *body = raw;
    *state = (enum jm_record_state)s;
    return JM_OK;
}

/* PREFIX id, or PREFIX id / id2, on the stack: keys are short by rule. */
static enum jm_status find_by(struct jm_bytes *body, enum jm_record_state *state,
                              const struct jm_trust *t, const char *prefix, struct jm_bytes id,
                              struct jm_bytes id2)
{
    uint8_t room[160];
    struct jm_buf b = jm_buf(room, sizeof room);

    *body = jm_none();
    *state = JM_RECORD_ENDED;
    if (jm_buf_put(&b, jm_str(prefix)) != JM_OK || jm_buf_put(&b, id) != JM_OK ||
        (id2.ptr != NULL &&
         (jm_buf_put(&b, JM_BYTES("/")) != JM_OK || jm_buf_put(&b, id2) != JM_OK)))
        return JM_E_ABSENT;
    return jm_trust_find(body, state, t, jm_written(b));
}

static enum jm_status find_by_hash(struct jm_bytes *body, enum jm_record_state *state,
                                   const struct jm_trust *t, const char *prefix,
                                   const struct jm_crypto *c, struct jm_bytes der)
{
    uint8_t hash[32], hex[64];
    struct jm_buf b = jm_buf(hex, sizeof hex);

    JM_TRY(jm_sha256(c, der, hash));
    JM_TRY(jm_hex_put(&b, jm_bytes(hash, sizeof hash)));
    return find_by(body, state, t, prefix, jm_written(b), jm_none());
}

static bool is_active(struct jm_bytes *body, const struct jm_trust *t, struct jm_bytes key)
{
    enum jm_record_state s;

    return jm_trust_find(body, &s, t, key) == JM_OK && s == JM_RECORD_ACTIVE;
}

static bool is_flagged(const struct jm_trust *t, const char *kind, struct jm_bytes id)
{
    struct jm_bytes body;
    enum jm_record_state s;

    return find_by(&body, &s, t, kind, id, jm_none()) == JM_OK && s == JM_RECORD_ACTIVE;
}

/* Of a record that is active and not flagged. */
static enum jm_status find_standing(struct jm_bytes *body, const struct jm_trust *t,
                                    const char *prefix, const char *flag, struct jm_bytes id)
{
    enum jm_record_state state;

    JM_TRY(find_by(body, &state, t, prefix, id, jm_none()));
    return state != JM_RECORD_ACTIVE || is_flagged(t, flag, id) ? JM_E_ABSENT : JM_OK;
}

enum jm_status jm_trust_issuer(struct jm_issuer_record *out, const struct jm_trust *t,
                               struct jm_bytes id)
{
    enum jm_status st = JM_OK;
    struct jm_bytes body, list;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    JM_TRY(find_standing(&body, t, "issuer/", "flag/2/", id));
    out->id = jm_get_string(body, 1, true, &st);
    out->name = jm_get_i18n(body, 3, &st);
    out->country = jm_get_string(body, 4, true, &st);
    out->state_actor = jm_get_bool(body, 5, &st);
    out->types = jm_get_raw(body, 7, &st);
    JM_TRY(st);
    if (jm_cbor_find_int(&list, body, 9) != JM_OK)
        return JM_OK;
    jm_cbor_init(&r, list);
    for (size_t n = jm_cbor_array(&r);
         n > 0 && out->n_identifiers < JM_ARRAY_LEN(out->identifier) && r.st == JM_OK; n--)
        out->identifier[out->n_identifiers++] = jm_cbor_text(&r);
    return r.st;
}

enum jm_status jm_trust_issuer_by_uri(struct jm_issuer_record *out, const struct jm_trust *t,
                                      struct jm_bytes uri)
{
    for (size_t i = 0; i < t->n_set; i++) {
        struct jm_bytes key = t->entry[i].key;

        if (!jm_bytes_starts(key, JM_BYTES("issuer/")) ||
            jm_trust_issuer(out, t, jm_slice(key, 7, SIZE_MAX)) != JM_OK)
            continue;
        for (size_t k = 0; k < out->n_identifiers; k++)
            if (jm_bytes_eq(out->identifier[k], uri))
                return JM_OK;
    }
    memset(out, 0, sizeof *out);
    return JM_E_ABSENT;
}

bool jm_issuer_serves(const struct jm_issuer_record *rec, enum jm_fmt fmt, struct jm_bytes type)
{
    struct jm_cbor r;

    jm_cbor_init(&r, rec->types);
    for (size_t n = jm_cbor_array(&r); n > 0 && r.st == JM_OK; n--) {
        (void)jm_cbor_array(&r);
        uint64_t f = jm_cbor_uint(&r);
        struct jm_bytes t = jm_cbor_text(&r);

        if (r.st == JM_OK && f == (uint64_t)fmt && jm_bytes_eq(t, type))
            return true;
    }
    return false;
}

/* May the owner of a certificate vouch at all, and for this type? Purposes 2 and 4 belong to
 * actors: no record here. */
static bool owner_ok(const struct jm_trust *t, enum jm_cert_purpose purpose, struct jm_bytes owner,
                     struct jm_bytes type)
{
    struct jm_issuer_record issuer;
    struct jm_wallet_record wallet;

    if (purpose == JM_CERT_READER_CA || purpose == JM_CERT_VICAL)
        return true;
    if (purpose == JM_CERT_WALLET_CA)
        return jm_trust_wallet(&wallet, t, owner) == JM_OK;
    if (jm_trust_issuer(&issuer, t, owner) != JM_OK)
        return false;
    if (type.ptr == NULL)
        return true;
    return jm_issuer_serves(&issuer, purpose == JM_CERT_SDJWT_CA ? JM_FMT_SDJWT : JM_FMT_MDOC,
                            type);
}

/* @p until: the last second of its record. */
static bool anchor_fits(const struct jm_trust *t, size_t i, enum jm_cert_purpose purpose,
                        struct jm_bytes owner, struct jm_bytes type, int64_t now, int64_t *until)
{
    struct jm_bytes body, who, doctypes;
    enum jm_status st = JM_OK;

    if (t->cert[i].version == 0 || !is_active(&body, t, t->entry[i].key))
        return false;
    if (jm_get_uint(body, 1, &st) != (uint64_t)purpose)
        return false;
    who = jm_get_string(body, 3, true, &st);
    int64_t from = jm_get_time(body, 6, &st), to = jm_get_time(body, 7, &st);
    *until = to;
    if (st != JM_OK || now < from || now > to || (owner.ptr != NULL && !jm_bytes_eq(who, owner)))
        return false;
    if (purpose == JM_CERT_IACA && type.ptr != NULL &&
        (jm_cbor_find_int(&doctypes, body, 5) != JM_OK || !jm_cbor_has_text(doctypes, type)))
        return false;
    return owner_ok(t, purpose, who, type);
}

enum jm_status jm_trust_anchors(struct jm_anchors *out, const struct jm_trust *t,
                                enum jm_cert_purpose purpose, struct jm_bytes owner,
                                struct jm_bytes type, int64_t now, struct jm_arena *mem)
{
    struct jm_anchor *a = JM_NEW_N(mem, struct jm_anchor, t->n_set);
    struct jm_bytes *types = JM_NEW(mem, struct jm_bytes);

    *out = (struct jm_anchors){.stale = jm_trust_is_stale(t, now)};
    if (a == NULL || types == NULL || jm_dup(types, mem, type) != JM_OK)
        return JM_E_NO_SPACE;
    out->until = out->stale ? 0 : t->next_update;
    for (size_t i = 0; i < t->n_set; i++) {
        int64_t until;

        if (!anchor_fits(t, i, purpose, owner, type, now, &until))
            continue;
        /* fits for this type, and vouches for no other */
        a[out->n++] = (struct jm_anchor){.cert = &t->cert[i],
                                         .types = types,
                                         .n_types = type.ptr == NULL ? 0 : 1};
        out->until = until < out->until ? until : out->until;
    }
    out->anchor = a;
    return JM_OK;
}

/* @p out is all zero. */
static enum jm_status read_wallet(struct jm_wallet_record *out, struct jm_bytes body)
{
    enum jm_status st = JM_OK;

    out->id = jm_get_string(body, 1, true, &st);
    out->name = jm_get_i18n(body, 3, &st);
    JM_TRY(st);
    if (jm_cbor_find_int(&out->platforms, body, 6) != JM_OK)
        out->platforms = jm_none();
    out->base = jm_get_string(body, 7, true, &st);
    JM_TRY(st == JM_E_ABSENT ? JM_OK : st);
    st = JM_OK;
    out->keys_unbound = jm_get_bool(body, 8, &st);
    return st == JM_E_ABSENT ? JM_OK : st;
}

enum jm_status jm_trust_wallet_in_any_state(struct jm_wallet_record *out,
                                            enum jm_record_state *state, const struct jm_trust *t,
                                            struct jm_bytes id)
{
    struct jm_bytes body;

    memset(out, 0, sizeof *out);
    JM_TRY(find_by(&body, state, t, "wallet/", id, jm_none()));
    return read_wallet(out, body);
}

enum jm_status jm_trust_wallet(struct jm_wallet_record *out, const struct jm_trust *t,
                               struct jm_bytes id)
{
    struct jm_bytes body;

    memset(out, 0, sizeof *out);
    JM_TRY(find_standing(&body, t, "wallet/", "flag/3/", id));
    return read_wallet(out, body);
}

enum jm_status jm_trust_attesters(struct jm_anchors *out, const struct jm_trust *t,
                                  struct jm_bytes product, int64_t now, struct jm_arena *mem)
{
    enum jm_record_state state;
    struct jm_bytes body;
    /* one that cannot be read, too */
    bool registered = find_by(&body, &state, t, "wallet/", product, jm_none()) != JM_E_ABSENT;

    return jm_trust_anchors(out, t, JM_CERT_WALLET_CA, registered ? product : jm_none(), jm_none(),
                            now, mem);
}

enum jm_status jm_trust_any_wallet(struct jm_wallet_record *out, const struct jm_trust *t)
{
    for (size_t i = 0; i < t->n_set; i++)
        if (jm_bytes_starts(t->entry[i].key, JM_BYTES("wallet/")) &&
            jm_trust_wallet(out, t, jm_slice(t->entry[i].key, 7, SIZE_MAX)) == JM_OK &&
            out->base.len != 0 && !out->keys_unbound)
            return JM_OK;
    memset(out, 0, sizeof *out);
    return JM_E_ABSENT;
}

/* 5: [[scheme, identifier]…]; the first. */
static struct jm_bytes get_identifier(struct jm_bytes body)
{
    enum jm_status st = JM_OK;
    struct jm_bytes all = jm_get_raw(body, 5, &st), id;
    struct jm_cbor r;

    jm_cbor_init(&r, all);
    if (st != JM_OK || jm_cbor_array(&r) == 0 || jm_cbor_array(&r) != 2)
        return jm_none();
    (void)jm_cbor_uint(&r);
    id = jm_cbor_text(&r);
    return r.st == JM_OK ? id : jm_none();
}

bool jm_trust_rp_has_key(const struct jm_trust *t, struct jm_bytes rp, struct jm_bytes ski)
{
    for (size_t i = 0; i < t->n; i++) {
        enum jm_status st = JM_OK;
        struct jm_bytes body;

        if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("rpcert/")) ||
            !is_active(&body, t, t->entry[i].key))
            continue;
        if (jm_bytes_eq(jm_get_string(body, 3, true, &st), rp) &&
            jm_bytes_eq(jm_get_string(body, 4, false, &st), ski) && st == JM_OK)
            return true;
    }
    return false;
}

enum jm_status jm_trust_rp(struct jm_rp_record *out, const struct jm_trust *t, struct jm_bytes id)
{
    enum jm_status st = JM_OK;
    struct jm_bytes body;
    enum jm_record_state state;

    memset(out, 0, sizeof *out);
    JM_TRY(find_by(&body, &state, t, "rp/", id, jm_none()));
    out->id = jm_get_string(body, 1, true, &st);
    out->name = jm_get_i18n(body, 3, &st);
    out->public_body = jm_get_bool(body, 6, &st);
    out->sector = jm_get_uint(body, 9, &st);
    out->identifier = get_identifier(body);
    out->state = state;
    out->flagged = is_flagged(t, "flag/1/", id);
    return st;
}

enum jm_status jm_trust_rp_by_cert(struct jm_bytes *rp, const struct jm_trust *t,
                                   const struct jm_crypto *c, struct jm_bytes der)
{
    enum jm_status st = JM_OK;
    struct jm_bytes body;
    enum jm_record_state state;

    *rp = jm_none();
    JM_TRY(find_by_hash(&body, &state, t, "rpcert/", c, der));
    if (state != JM_RECORD_ACTIVE)
        return JM_E_ABSENT;
    *rp = jm_get_string(body, 3, true, &st);
    return st;
}

enum jm_status jm_trust_use(struct jm_use_record *out, const struct jm_trust *t, struct jm_bytes rp,
                            struct jm_bytes id)
{
    enum jm_status st = JM_OK;
    struct jm_bytes body;
    enum jm_record_state state;

    memset(out, 0, sizeof *out);
    JM_TRY(find_by(&body, &state, t, "use/", rp, id));
    out->rp = jm_get_string(body, 1, true, &st);
    out->id = jm_get_string(body, 3, true, &st);
    out->purpose = jm_get_i18n(body, 4, &st);
    out->privacy_uri = jm_get_string(body, 5, true, &st);
    out->legal_basis = jm_get_string(body, 6, true, &st);
    out->retention_days = jm_get_uint(body, 7, &st);
    out->types = jm_get_raw(body, 8, &st);
    out->from = jm_get_time(body, 9, &st);
    out->to = jm_get_time(body, 10, &st);
    out->channels = jm_get_uint(body, 11, &st);
    out->state = state;
    return st;
}

static bool path_covered(struct jm_cbor *r, const struct jm_bytes *path, size_t n)
{
    bool covered = false;

    for (size_t k = jm_cbor_array(r); k > 0 && r->st == JM_OK; k--) {
        size_t len = jm_cbor_array(r);
        bool same = len <= n; /* a registered path covers what lies under it */

        for (size_t i = 0; i < len; i++) {
            struct jm_bytes step = jm_cbor_text(r);
            same = same && i < n && jm_bytes_eq(step, path[i]);
        }
        covered = covered || n == 0 || (same && len > 0);
    }
    return covered && r->st == JM_OK;
}

enum jm_status jm_trust_next_use(struct jm_use_record *out, size_t *i, const struct jm_trust *t,
                                 struct jm_bytes rp)
{
    memset(out, 0, sizeof *out);
    while (*i < t->n) {
        struct jm_bytes key = t->entry[(*i)++].key, tail = jm_slice(key, 4, SIZE_MAX);

        if (jm_bytes_starts(key, JM_BYTES("use/")) && jm_bytes_starts(tail, rp) &&
            tail.len > rp.len && tail.ptr[rp.len] == '/' &&
            jm_trust_use(out, t, rp, jm_slice(tail, rp.len + 1, SIZE_MAX)) == JM_OK)
            return JM_OK;
    }
    return JM_E_ABSENT;
}

bool jm_use_allows(const struct jm_use_record *u, enum jm_fmt fmt, struct jm_bytes type,
                   const struct jm_bytes *path, size_t n)
{
    struct jm_cbor r;
    bool allowed = false;

    jm_cbor_init(&r, u->types);
    for (size_t k = jm_cbor_array(&r); k > 0 && r.st == JM_OK; k--) {
        (void)jm_cbor_array(&r);
        bool fits = jm_cbor_uint(&r) == (uint64_t)fmt;
        fits = jm_bytes_eq(jm_cbor_text(&r), type) && fits;
        bool covered = path_covered(&r, path, n);
        allowed = allowed || (fits && covered);
    }
    return allowed && r.st == JM_OK;
}

static bool type_covered(struct jm_cbor *r, const struct jm_use_record *by)
{
    bool ok = jm_cbor_array(r) == 3;
    enum jm_fmt fmt = jm_cbor_uint(r) == JM_FMT_MDOC ? JM_FMT_MDOC : JM_FMT_SDJWT;
    struct jm_bytes type = jm_cbor_text(r);

    for (size_t k = jm_cbor_array(r); k > 0 && r->st == JM_OK; k--) {
        struct jm_bytes path[PATH_MAX_STEPS] = {{NULL, 0}};
        size_t len = jm_cbor_array(r);

        for (size_t i = 0; i < len; i++) {
            struct jm_bytes step = jm_cbor_text(r);

            if (i < PATH_MAX_STEPS)
                path[i] = step;
        }
        ok = ok && len <= PATH_MAX_STEPS && jm_use_allows(by, fmt, type, path, len);
    }
    return ok && r->st == JM_OK;
}

bool jm_use_covered(const struct jm_use_record *u, const struct jm_use_record *by)
{
    struct jm_cbor r;
    bool ok = (u->channels & ~by->channels) == 0;

    jm_cbor_init(&r, u->types);
    for (size_t k = jm_cbor_array(&r); k > 0 && r.st == JM_OK; k--)
        ok = type_covered(&r, by) && ok;
    return ok && r.st == JM_OK;
}

static enum jm_status read_family(struct jm_list_record *out, struct jm_bytes body)
{
    enum jm_status st = JM_OK;

    memset(out, 0, sizeof *out);
    out->id = jm_get_string(body, 1, true, &st);
    out->issuer = jm_get_string(body, 4, true, &st);
    out->bits = jm_get_uint(body, 6, &st);
    out->log2 = jm_get_uint(body, 7, &st);
    out->prefix = jm_get_string(body, 8, true, &st);
    out->max_shards = jm_get_uint(body, 9, &st);
    out->ttl = jm_get_uint(body, 10, &st);
    out->exp = jm_get_uint(body, 11, &st);
    return st;
}

enum jm_status jm_trust_list(struct jm_list_record *out, const struct jm_trust *t,
                             struct jm_bytes uri)
{
    for (size_t i = 0; i < t->n_set; i++) {
        struct jm_bytes body;
        uint64_t shard;

        if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("list/")) ||
            !is_active(&body, t, t->entry[i].key) || read_family(out, body) != JM_OK ||
            !jm_bytes_starts(uri, out->prefix))
            continue;
        if (jm_parse_u64(&shard, jm_slice(uri, out->prefix.len, SIZE_MAX)) == JM_OK &&
            shard < out->max_shards)
            return JM_OK;
    }
    memset(out, 0, sizeof *out);
    return JM_E_ABSENT;
}

enum jm_status jm_trust_crl(struct jm_crl_record *out, const struct jm_trust *t,
                            const struct jm_crypto *c, struct jm_bytes ca_der)
{
    enum jm_status st = JM_OK;
    struct jm_bytes body;
    enum jm_record_state state;

    memset(out, 0, sizeof *out);
    JM_TRY(find_by_hash(&body, &state, t, "crl/", c, ca_der));
    out->number = jm_get_uint(body, 2, &st);
    out->hash = jm_get_string(body, 3, false, &st);
    out->uri = jm_get_string(body, 4, true, &st);
    out->this_update = jm_get_time(body, 5, &st);
    out->next_update = jm_get_time(body, 6, &st);
    return st;
}
