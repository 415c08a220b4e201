/* SPDX-License-Identifier: Apache-2.0 */
/* What is registered, for people and programs without proofs: of what is committed. */
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "jumin/trust.h"
#include "service/ledger/serve.h"

#define ROOM (4 * JM_MIB)
#define KEY_MAX 160

static void put_as_of(struct jm_json_w *w, const struct jm_ledger *l, struct jm_arena *mem)
{
    struct jm_bytes hex;

    jm_json_w_mopen(w, "as_of", '{');
    jm_json_w_mint(w, "size", (int64_t)l->log.size);
    if (jm_hex_encode(&hex, mem, jm_hash32_bytes(&l->log_root)) == JM_OK)
        jm_json_w_mtext(w, "root", hex);
    jm_json_w_close(w, '}');
}

struct row {
    uint64_t rev, state;
    struct jm_bytes body;
};

static struct row read_row(struct jm_bytes record)
{
    struct jm_bytes v;
    struct row r = {0};
    struct jm_cbor c;

    if (jm_cbor_find_int(&v, record, 0) == JM_OK) {
        jm_cbor_init(&c, v);
        r.rev = jm_cbor_uint(&c);
    }
    if (jm_cbor_find_int(&v, record, 1) == JM_OK) {
        jm_cbor_init(&c, v);
        r.state = jm_cbor_uint(&c);
    }
    if (jm_cbor_find_int(&v, record, 5) == JM_OK)
        r.body = v;
    return r;
}

static void put_item(struct jm_json_w *w, struct jm_bytes key, const struct row *r)
{
    static const char *const states[] = {"", "active", "suspended", "ended"};
    struct jm_cbor c;

    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "key", key);
    jm_json_w_mstr(w, "state", states[r->state & 3]);
    jm_json_w_mint(w, "rev", (int64_t)r->rev);
    jm_json_w_name(w, "body");
    jm_cbor_init(&c, r->body);
    jm_json_w_cbor(w, &c);
    jm_json_w_close(w, '}');
}

static void put_items(struct jm_json_w *w, const struct jm_ledger *l, const struct jm_listing *how)
{
    struct jm_bytes next = jm_none(), value, from = how->prefix;
    size_t at, n = 0;

    if (jm_bytes_cmp(how->after, from) > 0)
        from = how->after;
    (void)!jm_state_find(&value, &at, &l->state, from);
    jm_json_w_mopen(w, "items", '[');
    for (; at < l->state.n && jm_bytes_starts(l->state.row[at].key, how->prefix); at++) {
        struct row r = read_row(l->state.row[at].value);

        if (jm_bytes_eq(l->state.row[at].key, how->after) ||
            (how->state != 0 && r.state != how->state))
            continue;
        if (n++ == how->limit)
            break;
        next = l->state.row[at].key;
        put_item(w, next, &r);
    }
    jm_json_w_close(w, ']');
    if (n > how->limit)
        jm_json_w_mtext(w, "next", next);
}

enum jm_status jm_ledger_list(struct jm_bytes *out, const struct jm_ledger_engine *e,
                              const struct jm_listing *how, struct jm_arena *mem)
{
    struct jm_ledger_view v;
    struct jm_json_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, ROOM));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    e->open(e->ctx, &v);
    put_as_of(&w, v.state, mem);
    put_items(&w, v.state, how);
    e->close(e->ctx);
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

/* -- may it ask that -- */

static struct row find_row(const struct jm_ledger *l, const char *prefix, struct jm_bytes a,
                           struct jm_bytes b)
{
    uint8_t room[KEY_MAX];
    struct jm_buf key = jm_buf(room, sizeof room);
    struct jm_bytes value;

    if (jm_buf_put(&key, jm_str(prefix)) != JM_OK || jm_buf_put(&key, a) != JM_OK ||
        (b.ptr != NULL &&
         (jm_buf_put(&key, JM_BYTES("/")) != JM_OK || jm_buf_put(&key, b) != JM_OK)) ||
        jm_state_find(&value, NULL, &l->state, jm_written(key)) != JM_OK)
        return (struct row){0};
    return read_row(value);
}

static int64_t time_of(struct jm_bytes body, int64_t key)
{
    struct jm_bytes v;
    struct jm_cbor r;

    if (jm_cbor_find_int(&v, body, key) != JM_OK)
        return 0;
    jm_cbor_init(&r, v);
    return jm_cbor_int(&r);
}

/* Null: it may. */
static const char *why_not(const struct jm_ledger *l, const struct jm_use_question *q)
{
    struct row rp = find_row(l, "rp/", q->rp, jm_none()), use = find_row(l, "use/", q->rp, q->use);
    struct jm_use_record u = {0};

    if (rp.state == 0 || use.state == 0)
        return "unknown";
    if (rp.state != 1 || use.state != 1)
        return "suspended";
    if (find_row(l, "flag/1/", q->rp, jm_none()).state == 1)
        return "flagged";
    if (q->now < time_of(use.body, 9) || q->now > time_of(use.body, 10))
        return "not_valid_now";
    if (jm_cbor_find_int(&u.types, use.body, 8) != JM_OK)
        return "unknown";
    return jm_use_allows(&u, q->fmt, q->type, q->path, q->n_path) ? NULL : "beyond_use";
}

enum jm_status jm_ledger_check_use(struct jm_bytes *out, const struct jm_ledger_engine *e,
                                   const struct jm_use_question *q, struct jm_arena *mem)
{
    struct jm_ledger_view v;
    struct jm_json_w w;
    const char *why;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 1024));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    e->open(e->ctx, &v);
    why = why_not(v.state, q);
    jm_json_w_mbool(&w, "allowed", why == NULL);
    jm_json_w_mstr(&w, "reason", why == NULL ? "registered" : why);
    put_as_of(&w, v.state, mem);
    e->close(e->ctx);
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}
