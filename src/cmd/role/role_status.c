/* SPDX-License-Identifier: Apache-2.0 */
/* The status role: files of public/ by GET, nothing else. Any static web server can replace it. */
#include <string.h>

#include "base/record.h"
#include "cmd/role/role_http.h"
#include "host/files/files.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"
#include "jumin/report.h"
#include "jumin/statuslist.h"
#include "jumin/trust_proven.h"

#define TICK_S 60
#define CWT "application/statuslist+cwt"
#define JWT "application/statuslist+jwt"
#define TTL_DEFAULT_S 900
#define LISTS_MAX 12288 /* files: three files a shard */
#define ARENA (JM_TRUST_FILE_MAX + JM_MIB)

struct status {
    const struct jm_home *home;
    const char *dir;
    uint64_t ttl_s;
};

static struct status status;
static struct jm_served served;

static struct jm_bytes request_header(const struct jm_req *q, const char *name)
{
    return jm_req_header(q, name, NULL);
}

static enum jm_status entity_tag(struct jm_bytes *out, const struct status *s, struct jm_bytes body,
                                 struct jm_arena *mem)
{
    uint8_t hash[32];
    struct jm_bytes hex;

    JM_TRY(jm_sha256(s->home->cmd->crypto, body, hash));
    JM_TRY(jm_hex_encode(&hex, mem, jm_bytes(hash, 16)));
    const struct jm_bytes parts[] = {JM_BYTES("\""), hex, JM_BYTES("\"")};

    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status put_file(struct jm_req *q, struct jm_res *r, const char *name,
                               const char *media)
{
    const struct status *s = q->svc;
    struct jm_bytes tag, asked = request_header(q, "if-none-match");
    char path[4096], age[48];
    enum jm_status st;
    int n = snprintf(path, sizeof path, "%s/%s", s->dir, name);

    if (n <= 0 || (size_t)n >= sizeof path)
        return JM_E_LIMIT;
    st = jm_file_read(&r->body, path, JM_TRUST_FILE_MAX, q->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(&q->diag, st, JM_API_NOT_PUBLISHED, NULL);
    JM_TRY(st);
    JM_TRY(entity_tag(&tag, s, r->body, q->mem));
    (void)snprintf(age, sizeof age, "public, max-age=%llu", (unsigned long long)s->ttl_s);
    JM_TRY(jm_res_header(r, "Cache-Control", jm_str(age)));
    JM_TRY(jm_res_header(r, "ETag", tag));
    r->media = media;
    if (asked.len != 0 && jm_bytes_find(asked, tag) != SIZE_MAX) {
        r->http = 304;
        r->body = jm_none();
    }
    return JM_OK;
}

/* ?time= asks for a list as it was: not offered (draft-ietf-oauth-status-list 8.4). */
static bool asks_history(struct jm_req *q)
{
    struct jm_bytes v;

    return jm_req_query(q, "time", &v) != JM_E_MISSING;
}

static enum jm_status get_list(struct jm_req *q, struct jm_res *r)
{
    struct jm_bytes accept = request_header(q, "accept"),
                    coding = request_header(q, "accept-encoding");
    bool cwt = jm_accept_weight(accept, CWT) > jm_accept_weight(accept, JWT);
    char name[64];
    uint64_t shard;

    if (asks_history(q)) {
        r->http = 501; /* the draft says so; no class of ours does */
        jm_record(JM_API_HISTORY, JM_FAIL);
        r->body = JM_BYTES("{\"error\":{\"code\":\"JM_API_HISTORY\"}}");
        return JM_OK;
    }
    if (jm_parse_u64(&shard, q->arg[0]) != JM_OK || shard > 4095)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_API_NOT_PUBLISHED, NULL);
    (void)snprintf(name, sizeof name, "l/%u.%s", (unsigned)shard, cwt ? "cwt" : "jwt");
    JM_TRY(jm_res_header(r, "Vary", JM_BYTES("Accept, Accept-Encoding")));
    if (!cwt && coding.len != 0 && jm_accept_weight(coding, "gzip") > 0) {
        char zip[sizeof name + 3];
        enum jm_status st;

        (void)snprintf(zip, sizeof zip, "%s.gz", name);
        st = put_file(q, r, zip, JWT);
        if (st != JM_E_ABSENT) /* the lists of an older issuer have none */
            return st == JM_OK ? jm_res_header(r, "Content-Encoding", JM_BYTES("gzip")) : st;
        q->diag = (struct jm_diag){0};
    }
    return put_file(q, r, name, cwt ? CWT : JWT);
}

/* Token Status List, aggregation: the addresses of all lists that there are. */
static enum jm_status get_aggregation(struct jm_req *q, struct jm_res *r)
{
    const struct status *s = q->svc;
    struct jm_list names;
    struct jm_json_w w;
    struct jm_buf b;
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/l", s->dir);

    if (len <= 0 || (size_t)len >= sizeof path)
        return JM_E_LIMIT;
    JM_TRY(jm_dir_list(&names, path, LISTS_MAX, q->mem));
    JM_TRY(jm_alloc_buf(&b, q->mem, 64 + names.n * (strlen(s->home->status.base) + 16)));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mopen(&w, "status_lists", '[');
    for (size_t i = 0; i < names.n; i++) {
        size_t n = names.items[i].len;
        const struct jm_bytes parts[] = {jm_str(s->home->status.base), JM_BYTES("/l/"),
                                         jm_slice(names.items[i], 0, n < 4 ? 0 : n - 4)};
        struct jm_bytes uri;

        if (n < 5 || !jm_bytes_eq_str(jm_slice(names.items[i], n - 4, 4), ".jwt"))
            continue;
        JM_TRY(jm_concat(&uri, q->mem, parts, JM_ARRAY_LEN(parts)));
        jm_json_w_text(&w, uri);
    }
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    r->body = jm_written(b);
    return jm_json_w_end(&w);
}

static enum jm_status get_crl(struct jm_req *q, struct jm_res *r)
{
    return put_file(q, r, "crl", "application/pkix-crl");
}

static enum jm_status trust_set(struct jm_req *q, struct jm_res *r)
{
    return put_file(q, r, "trust/set.cbor", "application/cbor");
}

static const struct jm_route routes[] = {
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, STATUS_HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE(GET, "/l", PUBLIC, SELF, NONE, 0, HIGH, CORS, get_aggregation, STATUS_AGGREGATION),
    JM_ROUTE(GET, "/l/{shard}", PUBLIC, SELF, NONE, 0, HIGH, CORS, get_list, STATUS_LIST),
    JM_ROUTE(GET, "/crl", PUBLIC, SELF, NONE, 0, HIGH, CORS, get_crl, STATUS_CRL),
    JM_ROUTE(GET, "/trust/set.cbor", PUBLIC, SELF, NONE, 0, HIGH, CORS, trust_set, STATUS_TRUST),
};
static size_t status_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    out[0] = (struct jm_http_table){routes, JM_ARRAY_LEN(routes)};
    return control ? 0 : 1;
}

static uint64_t ttl_of(const struct jm_home *home)
{
    struct jm_list_record record;

    return jm_wire_list(&record, home) == JM_OK ? record.ttl : TTL_DEFAULT_S;
}

static enum jm_status open_status(const struct jm_home *home, struct jm_diag *d)
{
    (void)d;
    status = (struct status){home, jm_home_path(home, "public"), ttl_of(home)};
    return JM_OK;
}

static enum jm_status start_status(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &status, .arena_size = ARENA};

    return jm_served_start(&served, &jm_role_status, home, c, d);
}

static void swap_in(void *arg)
{
    const uint64_t *ttl_s = arg;

    status.ttl_s = *ttl_s;
}

/* Files are read at each request: the time for which they may be kept is all that the trust set
 * gives. */
static enum jm_status reload_status(const struct jm_home *home, struct jm_diag *d)
{
    uint64_t ttl_s = ttl_of(home);

    (void)d;
    jm_served_between(&served, swap_in, &ttl_s);
    return JM_OK;
}

static void stop_status(void)
{
    jm_served_stop(&served);
}

JM_ROLE(status, JM_HOME_AUTHORITY, TICK_S, NULL);
