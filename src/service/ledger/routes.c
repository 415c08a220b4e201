/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/routes.h"
#include "jumin/base64.h"
#include "jumin/bundle.h"
#include "jumin/tile.h"
#include "service/ledger/serve.h"
#include "service/msg.h"
#include "service/web/fail.h"

#define BUNDLE_MEDIA "application/vnd.jumin.bundle+cbor"
#define TILE_ENTRIES_MAX (JM_TILE_WIDTH * (JM_LTX_MAX + 64) + 65536)
#define TEXT_MEDIA "text/plain; charset=utf-8"
#define OCTETS_MEDIA "application/octet-stream"
#define LISTED_MAX 500 /* records of one answer */
#define FOR_EVER JM_BYTES("public, max-age=31536000, immutable")
#define AGAIN JM_BYTES("no-cache")

/* -- the log -- */

static enum jm_status get_checkpoint(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_ledger_view v;
    enum jm_status st;

    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    s->media = TEXT_MEDIA;
    r->engine.open(r->engine.ctx, &v);
    st = v.checkpoint.len == 0 ? jm_refuse(&q->diag, JM_E_UNAVAILABLE, JM_LEDGER_UNSIGNED, NULL)
                               : jm_dup(&s->body, q->mem, v.checkpoint);
    r->engine.close(r->engine.ctx);
    return st;
}

/* Hashes of one tile, or the entries of one bundle. */
static enum jm_status fill_tile(struct jm_buf *out, const struct jm_ledger_role *r,
                                const struct jm_ledger_view *v, const struct jm_tile *t,
                                struct jm_arena *mem)
{
    for (uint64_t i = 0; i < t->width; i++) {
        uint64_t index = t->n * JM_TILE_WIDTH + i;
        struct jm_hash32 hash;
        struct jm_bytes entry;

        if (t->entries) {
            JM_TRY(r->engine.entry(r->engine.ctx, &entry, index, mem));
            JM_TRY(jm_entry_put(out, entry));
        } else {
            JM_TRY(v->log.node(v->log.ctx, &hash, 8u * t->level, index));
            JM_TRY(jm_buf_put(out, jm_hash32_bytes(&hash)));
        }
    }
    return JM_OK;
}

static enum jm_status no_such(struct jm_req *q)
{
    return jm_refuse(&q->diag, JM_E_ABSENT, JM_LEDGER_UNKNOWN, NULL);
}

static enum jm_status get_tile(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_ledger_view v;
    struct jm_tile t;
    struct jm_buf b;
    enum jm_status st;

    if (jm_tile_parse(&t, jm_slice(q->path, jm_bytes_find(q->path, JM_BYTES("tile/")), SIZE_MAX)) !=
        JM_OK)
        return no_such(q);
    JM_TRY(jm_alloc_buf(&b, q->mem, t.entries ? TILE_ENTRIES_MAX : JM_TILE_WIDTH * 32));
    r->engine.open(r->engine.ctx, &v);
    st = jm_tile_width(t.level, t.n, v.state->log.size) < t.width
             ? JM_E_ABSENT
             : fill_tile(&b, r, &v, &t, q->mem);
    r->engine.close(r->engine.ctx);
    if (st == JM_E_ABSENT)
        return no_such(q);
    JM_TRY(st);
    JM_TRY(jm_res_header(s, "Cache-Control", FOR_EVER));
    s->media = OCTETS_MEDIA;
    s->body = jm_written(b);
    return JM_OK;
}

/* -- bundles and proofs -- */

static enum jm_status read_wish(struct jm_bundle_wish *out, struct jm_req *q)
{
    struct jm_bytes all;

    *out = (struct jm_bundle_wish){.scope = JM_BUNDLE_EPOCHS};
    if (jm_req_query(q, "rp", &out->party) == JM_OK)
        out->scope = JM_BUNDLE_PARTY;
    else if (jm_req_query(q, "all", &all) == JM_OK)
        out->scope = JM_BUNDLE_ALL;
    out->without_set = jm_req_query(q, "bare", &all) == JM_OK;
    return JM_OK;
}

static enum jm_status tag_of(struct jm_bytes *out, struct jm_req *q, struct jm_bytes body)
{
    uint8_t hash[32];
    struct jm_bytes hex;

    JM_TRY(jm_sha256(jm_req_env(q)->crypto, body, hash));
    JM_TRY(jm_hex_encode(&hex, q->mem, jm_bytes(hash, 16)));
    const struct jm_bytes parts[] = {JM_BYTES("\""), hex, JM_BYTES("\"")};

    return jm_concat(out, q->mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status get_bundle(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_bytes tag, asked = jm_req_header(q, "if-none-match", NULL);
    struct jm_bundle_wish wish;

    JM_TRY(read_wish(&wish, q));
    JM_TRY(jm_ledger_bundle(&s->body, &r->engine, &wish, q->mem, &q->diag));
    JM_TRY(tag_of(&tag, q, s->body));
    JM_TRY(jm_res_header(s, "ETag", tag));
    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    s->media = BUNDLE_MEDIA;
    if (asked.len != 0 && jm_bytes_find(asked, tag) != SIZE_MAX) {
        s->http = 304;
        s->body = jm_none();
    }
    return JM_OK;
}

static enum jm_status put_proof(struct jm_buf *out, struct jm_req *q, uint64_t index)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_tlog_proof proof = {.index = index};
    struct jm_ledger_view v;
    enum jm_status st;

    r->engine.open(r->engine.ctx, &v);
    proof.checkpoint = v.checkpoint;
    if (v.checkpoint.len == 0)
        st = jm_refuse(&q->diag, JM_E_UNAVAILABLE, JM_LEDGER_UNSIGNED, NULL);
    else if (index >= v.state->log.size)
        st = no_such(q);
    else
        st = jm_inclusion_make(&proof.path, &v.log, index, v.state->log.size);
    if (st == JM_OK)
        st = jm_tlog_proof_put(out, &proof);
    r->engine.close(r->engine.ctx);
    return st;
}

static enum jm_status get_proof(struct jm_req *q, struct jm_res *s)
{
    struct jm_buf b;
    uint64_t index;

    if (jm_parse_u64(&index, q->arg[0]) != JM_OK)
        return no_such(q);
    JM_TRY(jm_alloc_buf(&b, q->mem, JM_TLOG_PROOF_MAX));
    JM_TRY(put_proof(&b, q, index));
    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    s->media = TEXT_MEDIA;
    s->body = jm_written(b);
    return JM_OK;
}

/* One record, proven; with 404 the proof that there is none. */
static enum jm_status get_state(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    const struct jm_bundle_wish wish =
        {.scope = JM_BUNDLE_KEY,
         .key = jm_slice(q->path, jm_bytes_find(q->path, JM_BYTES("/v1/state/")) + 10, SIZE_MAX),
         .without_set = true};
    struct jm_ledger_view v;
    struct jm_bytes value;

    r->engine.open(r->engine.ctx, &v);
    if (jm_state_find(&value, NULL, &v.state->state, wish.key) != JM_OK)
        s->http = 404;
    r->engine.close(r->engine.ctx);
    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    s->media = BUNDLE_MEDIA;
    return jm_ledger_bundle(&s->body, &r->engine, &wish, q->mem, &q->diag);
}

/* -- listings -- */

static uint64_t state_named(struct jm_bytes name)
{
    static const char *const names[] = {"active", "suspended", "ended"};

    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++)
        if (jm_bytes_eq_str(name, names[i]))
            return i + 1;
    return 0;
}

static enum jm_status list_records(struct jm_req *q, struct jm_res *s, const char *prefix)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_listing l = {.prefix = jm_str(prefix), .limit = LISTED_MAX};
    struct jm_bytes state;

    if (jm_req_query(q, "state", &state) == JM_OK && (l.state = state_named(state)) == 0)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "state");
    (void)!jm_req_query(q, "after", &l.after);
    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    return jm_ledger_list(&s->body, &r->engine, &l, q->mem);
}

static enum jm_status get_issuers(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "issuer/");
}

static enum jm_status get_certs(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "cert/");
}

static enum jm_status get_schemas(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "schema/");
}

static enum jm_status get_wallets(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "wallet/");
}

static enum jm_status get_nodes(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "node/");
}

static enum jm_status get_rps(struct jm_req *q, struct jm_res *s)
{
    return list_records(q, s, "rp/");
}

static enum jm_status get_uses(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bytes parts[] = {JM_BYTES("use/"), q->arg[0], JM_BYTES("/")};
    struct jm_bytes prefix;

    JM_TRY(jm_concat(&prefix, q->mem, parts, JM_ARRAY_LEN(parts)));
    return list_records(q, s, (const char *)prefix.ptr);
}

/* ?path=a.b: names of a claim from the top, dots between; of an mdoc namespace and element, a slash
 * between. */
static void split_path(struct jm_use_question *u, struct jm_bytes path)
{
    uint8_t between = u->fmt == JM_FMT_MDOC ? '/' : '.';

    for (size_t at = 0; path.len != 0 && at <= path.len && u->n_path < JM_ARRAY_LEN(u->path);) {
        size_t end = jm_bytes_until(path, at, between);

        u->path[u->n_path++] = jm_slice(path, at, end - at);
        at = end + 1;
    }
}

static enum jm_status check_use(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_use_question u = {.now = q->now_s};
    struct jm_bytes fmt, path = jm_none();

    if (jm_req_query(q, "rp", &u.rp) != JM_OK || jm_req_query(q, "use", &u.use) != JM_OK ||
        jm_req_query(q, "fmt", &fmt) != JM_OK || jm_req_query(q, "type", &u.type) != JM_OK)
        return jm_refuse(&q->diag, JM_E_MISSING, JM_API_FIELD_MISSING, "rp, use, fmt, type");
    u.fmt = jm_bytes_eq_str(fmt, "mso_mdoc") ? JM_FMT_MDOC : JM_FMT_SDJWT;
    (void)!jm_req_query(q, "path", &path);
    split_path(&u, path);
    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    return jm_ledger_check_use(&s->body, &r->engine, &u, q->mem);
}

static enum jm_status get_actors(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;

    JM_TRY(jm_res_header(s, "Cache-Control", AGAIN));
    s->media = "application/cbor";
    return jm_ledger_actors(&s->body, &r->engine, q->mem);
}

/* -- transactions -- */

struct tx_res {
    struct jm_bytes txid, state, code;
    int64_t height, index;
};
JM_MSG(tx_res, tx_res, false, JM_FIELD(tx_res, txid, "txid", STR, 0, 0),
       JM_FIELD(tx_res, state, "state", STR, 0, 0),
       JM_FIELD(tx_res, code, "code", STR, 0, JM_MSG_OPT),
       JM_FIELD(tx_res, height, "height", INT, 0, JM_MSG_OPT),
       JM_FIELD(tx_res, index, "index", INT, 0, JM_MSG_OPT));

static enum jm_status put_id(struct tx_res *out, struct jm_req *q, const struct jm_hash32 *id)
{
    return jm_hex_encode(&out->txid, q->mem, jm_hash32_bytes(id));
}

static enum jm_status post_tx(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_ledger_result result;
    struct tx_res *out = q->out;
    struct jm_ledger_view v;
    struct jm_hash32 id;
    struct jm_ltx x;
    enum jm_status st;

    if (jm_ltx_read(&x, q->body) != JM_OK)
        return jm_refuse(&q->diag, JM_E_MALFORMED, JM_LEDGER_REFUSED, "CBOR");
    r->engine.open(r->engine.ctx, &v);
    st = jm_ltx_id(&id, jm_req_env(q)->crypto, &v.state->genesis, x.payload);
    r->engine.close(r->engine.ctx);
    JM_TRY(st);
    st = r->engine.submit(r->engine.ctx, &result, q->body);
    if (st != JM_OK)
        return jm_refuse(&q->diag, st, JM_LEDGER_BUSY, NULL);
    JM_TRY(put_id(out, q, &id));
    if (result.code != JM_LTX_OK) {
        s->http = result.code == JM_LTX_SEQ ? 409 : 403;
        out->state = JM_BYTES("refused");
        out->code = jm_str(jm_ltx_code_name(result.code));
        return JM_OK;
    }
    out->state = JM_BYTES("committed");
    out->height = (int64_t)result.at.height;
    out->index = (int64_t)result.at.index;
    return JM_OK;
}

static enum jm_status get_tx(struct jm_req *q, struct jm_res *s)
{
    const struct jm_ledger_role *r = q->svc;
    struct jm_ledger_place at = {0, 0};
    struct tx_res *out = q->out;
    struct jm_ledger_view v;
    struct jm_bytes octets;
    struct jm_hash32 id;
    enum jm_status st;

    (void)s;
    if (jm_hex_decode(&octets, q->mem, q->arg[0]) != JM_OK || octets.len != sizeof id)
        return no_such(q);
    memcpy(id.octets, octets.ptr, sizeof id);
    r->engine.open(r->engine.ctx, &v);
    st = r->engine.find(r->engine.ctx, &at, &id);
    r->engine.close(r->engine.ctx);
    if (st != JM_OK)
        return no_such(q);
    out->state = JM_BYTES("committed");
    out->height = (int64_t)at.height;
    out->index = (int64_t)at.index;
    return put_id(out, q, &id);
}

const struct jm_route jm_ledger_routes[] = {
    /*       method path                auth    act   media body max      rate  flags handler */
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE(GET, "/checkpoint", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_checkpoint,
             LEDGER_CHECKPOINT),
    JM_ROUTE(GET, "/tile/{path*}", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_tile, LEDGER_TILE),
    JM_ROUTE(GET, "/v1/bundle", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_bundle, LEDGER_BUNDLE),
    JM_ROUTE(GET, "/v1/proof/{index}", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_proof,
             LEDGER_PROOF),
    JM_ROUTE(GET, "/v1/state/{key*}", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_state,
             LEDGER_STATE),
    JM_ROUTE(GET, "/v1/issuers", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_issuers, LEDGER_ISSUERS),
    JM_ROUTE(GET, "/v1/certs", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_certs, LEDGER_CERTS),
    JM_ROUTE(GET, "/v1/schemas", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_schemas, LEDGER_SCHEMAS),
    JM_ROUTE(GET, "/v1/wallets", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_wallets, LEDGER_WALLETS),
    JM_ROUTE(GET, "/v1/nodes", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_nodes, LEDGER_NODES),
    JM_ROUTE(GET, "/v1/rps", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_rps, LEDGER_RPS),
    JM_ROUTE(GET, "/v1/rps/check", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, check_use, LEDGER_CHECK),
    JM_ROUTE(GET, "/v1/rps/{rp}/uses", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_uses, LEDGER_USES),
    JM_ROUTE(GET, "/v1/actors", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_actors, LEDGER_ACTORS),
    JM_ROUTE_MSG(POST, "/v1/tx", PUBLIC, SELF, ANY, JM_LTX_MAX, LOW, NO_STORE, post_tx, LEDGER_TX,
                 .answer = &tx_res),
    JM_ROUTE_MSG(GET, "/v1/tx/{txid}", PUBLIC, SELF, NONE, 0, HIGH, ANYBODY, get_tx, LEDGER_TX_GET,
                 .answer = &tx_res),
};
const size_t jm_ledger_n_routes = JM_ARRAY_LEN(jm_ledger_routes);
