/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction against a block's view: the checks in their order (spec/ledger.md 3), then the
 * record. */
#include "ledger/apply.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"

#define SEQ_KEY_MAX (4 + JM_LEDGER_ID_MAX + 2)
#define STATE_FIELD 3
#define REASON_FIELD 4

/* -- who acts -- */

static void seq_key(struct jm_buf *out, const struct jm_ltx *x)
{
    uint8_t lane = (uint8_t)('0' + x->lane);

    if (jm_buf_put(out, JM_BYTES("seq/")) != JM_OK || jm_buf_put(out, x->actor) != JM_OK ||
        jm_buf_put(out, JM_BYTES("/")) != JM_OK || jm_buf_put(out, jm_bytes(&lane, 1)) != JM_OK)
        out->len = 0; /* no actor has such a name */
}

static uint64_t last_seq(const struct jm_block *b, struct jm_bytes key)
{
    struct jm_bytes v = jm_block_value(b, key);
    struct jm_cbor r;

    jm_cbor_init(&r, v);
    return v.ptr == NULL ? 0 : jm_cbor_uint(&r);
}

static enum jm_ltx_code check_actor(struct jm_judging *j)
{
    uint8_t room[SEQ_KEY_MAX];
    struct jm_buf key = jm_buf(room, sizeof room);
    const struct jm_ltx *x = j->tx;
    uint64_t now = j->b->time;
    struct jm_state_record actor;

    jm_block_record(&actor, j->b, "actor/", x->actor);
    if (actor.state != 1)
        return JM_LTX_ACTOR;
    if (now > x->not_after)
        return JM_LTX_EXPIRED;
    if (x->not_after - now > j->b->base->params.window)
        return JM_LTX_FAR;
    seq_key(&key, x);
    return x->seq == last_seq(j->b, jm_written(key)) + 1 ? JM_LTX_OK : JM_LTX_SEQ;
}

/* -- keys that a body brings -- */

struct key_entry {
    struct jm_bytes pub;
    uint64_t holder, from, to;
    uint8_t kid[JM_KID_LEN];
};

static enum jm_status read_key(struct key_entry *out, struct jm_cbor *r, const struct jm_crypto *c)
{
    (void)jm_cbor_array(r);
    out->pub = jm_cbor_bytes(r);
    out->holder = jm_cbor_uint(r);
    out->from = jm_cbor_uint(r);
    out->to = jm_cbor_uint(r);
    return jm_ltx_kid(out->kid, c, out->pub);
}

/* The entry of a key in an actor's body. @retval JM_E_ABSENT */
static enum jm_status find_key(struct key_entry *out, struct jm_bytes body,
                               const uint8_t kid[JM_KID_LEN], const struct jm_crypto *c)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(body, 5, &n);

    for (; n > 0; n--) {
        JM_TRY(read_key(out, &r, c));
        if (memcmp(out->kid, kid, JM_KID_LEN) == 0)
            return JM_OK;
    }
    return JM_E_ABSENT;
}

static bool brings_keys(const struct jm_judging *j)
{
    return j->row->type == JM_LTX_ACTOR_PUT || j->row->type == JM_LTX_ACTOR_ROTATE;
}

static enum jm_ltx_code check_unique(struct jm_judging *j)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(j->body, 5, &n);
    struct key_entry k;

    for (; n > 0; n--) {
        struct jm_bytes owner;

        if (read_key(&k, &r, j->b->base->port.crypto) != JM_OK)
            return JM_LTX_UNIQUE;
        owner = jm_block_key_owner(j->b, k.kid);
        if (owner.ptr != NULL && !jm_bytes_eq(owner, jm_body_text(j->body, 1)))
            return JM_LTX_UNIQUE;
    }
    return JM_LTX_OK;
}

/* -- signatures -- */

/* Whose key it is, or that the transaction brings it. */
static enum jm_ltx_code find_signer(struct jm_signer_of *out, struct key_entry *k,
                                    struct jm_judging *j, const uint8_t kid[JM_KID_LEN])
{
    const struct jm_crypto *c = j->b->base->port.crypto;
    struct jm_bytes owner = jm_block_key_owner(j->b, kid);
    struct jm_state_record actor;

    *out = (struct jm_signer_of){0};
    if (owner.ptr != NULL) {
        jm_block_record(&actor, j->b, "actor/", owner);
        if (actor.state != 1 || find_key(k, actor.body, kid, c) != JM_OK)
            return JM_LTX_KEY;
        out->actor = owner;
        out->holder = k->holder;
        out->roles = jm_actor_roles(actor.body);
    } else if (!brings_keys(j) || find_key(k, j->body, kid, c) != JM_OK)
        return JM_LTX_KEY;
    return j->b->time >= k->from && j->b->time <= k->to ? JM_LTX_OK : JM_LTX_KEY;
}

/* @retval JM_OK @p code says | what the host could not do */
static enum jm_status verify_one(enum jm_ltx_code *code, struct jm_judging *j,
                                 const struct jm_ltx_signature *s, struct jm_bytes pub)
{
    const struct jm_ledger_port *p = &j->b->base->port;
    size_t mark = jm_arena_mark(j->b->mem);
    struct jm_bytes data;
    enum jm_status st;

    if (p->verify == NULL)
        return JM_OK;
    JM_TRY(jm_ltx_to_sign(&data, s->kid, &j->b->base->genesis, j->tx->payload, j->b->mem));
    st = p->verify(p->ctx, JM_ALG_ES256, pub, data, jm_bytes(s->sig, JM_SIG_LEN));
    jm_arena_back(j->b->mem, mark);
    if (st == JM_OK)
        return JM_OK;
    if (jm_class_of(st) != JM_CLASS_INPUT && jm_class_of(st) != JM_CLASS_DENIED)
        return st;
    *code = JM_LTX_SIG;
    return JM_OK;
}

static enum jm_status check_signatures(enum jm_ltx_code *code, struct jm_judging *j,
                                       const struct jm_ltx_signature *sig, size_t n)
{
    for (size_t i = 0; i < n && *code == JM_LTX_OK; i++) {
        struct key_entry k;

        *code = find_signer(&j->signer[i], &k, j, sig[i].kid);
        if (*code == JM_LTX_OK)
            JM_TRY(verify_one(code, j, &sig[i], k.pub));
    }
    j->n_signers = n;
    return JM_OK;
}

static bool has_kid(const struct jm_ltx_signature *sig, size_t n, const uint8_t kid[JM_KID_LEN])
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(sig[i].kid, kid, JM_KID_LEN) == 0)
            return true;
    return false;
}

/* Every key that is new here has signed; so has the one who acts. */
static enum jm_ltx_code check_possession(struct jm_judging *j, const struct jm_ltx_signature *sig,
                                         size_t n)
{
    bool primary = false;

    if (brings_keys(j)) {
        size_t keys;
        struct jm_cbor r = jm_body_list_at(j->body, 5, &keys);
        struct key_entry k;

        for (; keys > 0; keys--)
            if (read_key(&k, &r, j->b->base->port.crypto) != JM_OK ||
                (jm_block_key_owner(j->b, k.kid).ptr == NULL && !has_kid(sig, n, k.kid)))
                return JM_LTX_AUTH;
    }
    for (size_t i = 0; i < n; i++)
        primary = primary || jm_bytes_eq(j->signer[i].actor, j->tx->actor);
    return primary ? JM_LTX_OK : JM_LTX_AUTH;
}

/* -- the record -- */

static enum jm_status put_number(struct jm_buf *out, uint64_t v)
{
    uint8_t digits[20];
    size_t n = sizeof digits;

    do {
        digits[--n] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    return jm_buf_put(out, jm_bytes(digits + n, sizeof digits - n));
}

static enum jm_status put_part(struct jm_buf *out, const struct jm_judging *j,
                               struct jm_key_part part)
{
    struct jm_bytes v = jm_body_text(j->body, part.field);
    uint8_t hash[32];

    switch (part.form) {
    case JM_KEY_NONE: return JM_OK;
    case JM_KEY_TEXT: return jm_buf_put(out, v);
    case JM_KEY_HEX: return jm_hex_put(out, jm_body_bytes(j->body, part.field));
    case JM_KEY_UINT: return put_number(out, jm_body_uint(j->body, part.field));
    case JM_KEY_HASH:
        if (v.ptr == NULL)
            v = jm_body_bytes(j->body, part.field);
        JM_TRY(jm_sha256(j->b->base->port.crypto, v, hash));
        return jm_hex_put(out, jm_bytes(hash, sizeof hash));
    }
    return JM_E_BUG;
}

static enum jm_status make_key(struct jm_buf *out, const struct jm_judging *j)
{
    JM_TRY(jm_buf_put(out, jm_str(j->row->prefix)));
    JM_TRY(put_part(out, j, j->row->part[0]));
    if (j->row->part[1].form == JM_KEY_NONE)
        return JM_OK;
    JM_TRY(jm_buf_put(out, JM_BYTES("/")));
    return put_part(out, j, j->row->part[1]);
}

static bool rev_goes_on(const struct jm_judging *j)
{
    uint64_t rev = jm_body_uint(j->body, j->row->rev_field);

    switch (j->row->rev) {
    case JM_REV_NEXT: return rev == j->old.rev + 1;
    case JM_REV_HIGHER: return j->old.state == 0 || rev > j->old.rev;
    case JM_REV_SILENT:
    case JM_REV_EPOCH: break;
    }
    return true;
}

static enum jm_ltx_code check_put(struct jm_judging *j)
{
    const struct jm_ltx_row *row = j->row;

    if (j->old.state == 3 && row->type != JM_LTX_FLAG_PUT)
        return JM_LTX_STATE;
    if (j->old.state == 1 && row->type == JM_LTX_FLAG_PUT)
        return JM_LTX_STATE;
    if (!rev_goes_on(j))
        return JM_LTX_REV;
    if (row->refers != NULL && row->refers(j) != JM_LTX_OK)
        return JM_LTX_REF;
    for (size_t i = 0; i < JM_ARRAY_LEN(row->fixed) && row->fixed[i] != 0; i++)
        if (j->old.state != 0 && !jm_bytes_eq(jm_body_raw(j->old.body, row->fixed[i]),
                                              jm_body_raw(j->body, row->fixed[i])))
            return JM_LTX_UNIQUE;
    return JM_LTX_OK;
}

static enum jm_ltx_code check_state(struct jm_judging *j)
{
    uint64_t to = jm_body_uint(j->body, STATE_FIELD);

    if (j->old.state == 0)
        return JM_LTX_REF;
    if (jm_body_uint(j->body, 2) != j->old.rev + 1)
        return JM_LTX_REV;
    if (j->row->type == JM_LTX_ACTOR_STATE && jm_bytes_eq_str(jm_body_text(j->body, 1), "gov"))
        return JM_LTX_STATE;
    return j->old.state == 3 || j->old.state == to ? JM_LTX_STATE : JM_LTX_OK;
}

static enum jm_ltx_code check_record(struct jm_judging *j)
{
    enum jm_ltx_code code = j->row->is_state ? check_state(j) : check_put(j);

    return code == JM_LTX_OK && j->row->last != NULL ? j->row->last(j) : code;
}

/* -- writing -- */

/* The rotated actor's body: the old one with other keys and another number. */
static enum jm_status rotated_body(struct jm_bytes *out, const struct jm_judging *j)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, j->b->mem, j->old.body.len + j->body.len + 16));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 6);
    for (int64_t key = 1; key <= 6; key++) {
        jm_cbor_w_int(&w, key);
        jm_cbor_w_raw(&w, jm_body_raw(key == 2 || key == 5 ? j->body : j->old.body, key));
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

/* The keys that an actor's record names now are his, the others nobody's. */
static enum jm_status move_keys(struct jm_judging *j, struct jm_bytes body)
{
    const struct jm_crypto *c = j->b->base->port.crypto;
    const struct jm_bytes from[] = {j->old.body, body};
    struct key_entry k;

    for (size_t i = j->old.state == 0; i < JM_ARRAY_LEN(from); i++) {
        size_t n;
        struct jm_cbor r = jm_body_list_at(from[i], 5, &n);

        for (; n > 0; n--) {
            JM_TRY(read_key(&k, &r, c));
            JM_TRY(jm_block_own_key(j->b, k.kid, i == 0 ? jm_none() : jm_body_text(body, 1)));
        }
    }
    return JM_OK;
}

void jm_params_read(struct jm_ledger_params *out, struct jm_bytes body)
{
    *out = (struct jm_ledger_params){.origin = jm_body_text(body, 1),
                                     .max_tx = jm_body_uint(body, 2),
                                     .max_block_txs = jm_body_uint(body, 3),
                                     .window = jm_body_uint(body, 4),
                                     .epoch_skew = jm_body_uint(body, 5)};
}

static enum jm_status write_record(struct jm_judging *j, uint64_t index)
{
    struct jm_state_record r = j->old;

    r.updated = index;
    r.rev = j->old.rev + 1;
    if (j->row->is_state) {
        r.state = jm_body_uint(j->body, STATE_FIELD);
        r.reason = jm_body_uint(j->body, REASON_FIELD);
        return jm_block_put_record(j->b, j->key, &r);
    }
    if (j->old.state == 0)
        r.created = index;
    if (j->old.state == 0 || j->old.state == 3)
        r.state = 1;
    if (j->row->rev == JM_REV_HIGHER)
        r.rev = jm_body_uint(j->body, j->row->rev_field);
    r.body = j->body;
    if (j->row->type == JM_LTX_ACTOR_ROTATE)
        JM_TRY(rotated_body(&r.body, j));
    if (brings_keys(j))
        JM_TRY(move_keys(j, r.body));
    JM_TRY(jm_block_put_record(j->b, j->key, &r));
    if (j->row->type == JM_LTX_GOV_PARAMS)
        jm_params_read(&j->b->params, j->body);
    return JM_OK;
}

static enum jm_status write_seq(struct jm_judging *j)
{
    uint8_t key[SEQ_KEY_MAX], room[9];
    struct jm_buf k = jm_buf(key, sizeof key), v = jm_buf(room, sizeof room);
    struct jm_cbor_w w;

    seq_key(&k, j->tx);
    jm_cbor_w_init(&w, &v);
    jm_cbor_w_uint(&w, j->tx->seq);
    JM_TRY(jm_cbor_w_end(&w));
    return jm_block_set(j->b, jm_written(k), jm_written(v));
}

/* -- in order -- */

static enum jm_ltx_code check_head(struct jm_judging *j, struct jm_ltx *x, struct jm_bytes octets)
{
    const struct jm_ledger *base = j->b->base;

    if (octets.len > base->params.max_tx)
        return JM_LTX_SIZE;
    if (jm_ltx_read(x, octets) != JM_OK)
        return JM_LTX_CBOR;
    if (x->version != JM_LEDGER_VERSION)
        return JM_LTX_VERSION;
    if (!jm_bytes_eq(x->chain_id, base->chain_id))
        return JM_LTX_CHAIN;
    if ((j->row = jm_ltx_row(x->type)) == NULL)
        return JM_LTX_TYPE;
    j->body = x->body;
    return check_actor(j);
}

static enum jm_ltx_code check_body(struct jm_judging *j)
{
    enum jm_ltx_code code = jm_shape_judge(&j->row->body, j->body);

    if (code == JM_LTX_OK && j->row->cross != NULL)
        code = j->row->cross(j);
    return code == JM_LTX_OK && brings_keys(j) ? check_unique(j) : code;
}

enum jm_status jm_ltx_judge(enum jm_ltx_code *code, struct jm_block *b, struct jm_bytes octets,
                            uint64_t index)
{
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    uint8_t room[JM_STATE_KEY_MAX];
    struct jm_buf key = jm_buf(room, sizeof room);
    struct jm_ltx x;
    struct jm_judging j = {.b = b, .tx = &x};
    size_t n = 0;

    *code = check_head(&j, &x, octets);
    if (*code == JM_LTX_OK && (jm_ltx_signatures(sig, &n, &x) != JM_OK || n == 0))
        *code = JM_LTX_SIGSET;
    if (*code == JM_LTX_OK)
        *code = check_body(&j);
    if (*code == JM_LTX_OK)
        JM_TRY(check_signatures(code, &j, sig, n));
    if (*code == JM_LTX_OK)
        *code = check_possession(&j, sig, n);
    if (*code == JM_LTX_OK && (*code = j.row->authority(&j)) == JM_LTX_OK) {
        JM_TRY(make_key(&key, &j));
        j.key = jm_written(key);
        jm_record_read(&j.old, jm_block_value(b, j.key));
        *code = check_record(&j);
    }
    if (*code != JM_LTX_OK)
        return JM_OK;
    JM_TRY(write_record(&j, index));
    return write_seq(&j);
}
