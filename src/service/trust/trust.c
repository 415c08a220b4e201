/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/trust/trust.h"

#define LIST_MOVES 3 /* draft-ietf-oauth-status-list 8.2: who asks should follow */

static enum jm_status fetch_document(struct jm_look *k, const struct jm_http_ask *h,
                                     struct jm_http_answer *out, struct jm_arena *mem)
{
    k->missed |= k->stays;
    return k->stays ? JM_E_UNAVAILABLE : k->fetch(k->fetch_ctx, h, out, mem);
}

static enum jm_status cache_key(struct jm_bytes *out, struct jm_bytes uri, const char *kind,
                                struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {uri, jm_str(kind)};

    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

/* -- status lists -- */

static int64_t reuse_s(const struct jm_look *k, int64_t ttl)
{
    int64_t most = ttl > 0 && ttl < JM_LIST_TTL_MAX_S ? ttl : JM_LIST_TTL_MAX_S;

    return k->max_age_s < most ? k->max_age_s : most;
}

bool jm_cached_holds(const struct jm_cached *c, int64_t now, uint64_t trust_version)
{
    return c->list.fault == JM_LIST_OK && c->judged_by == trust_version && now >= c->judged_s &&
           now <= c->list.until;
}

/* Conditional GET. @p changed: other octets than the kept ones. */
static enum jm_status ask_again(struct jm_look *k, struct jm_bytes uri, bool cwt,
                                struct jm_cached *c, bool *changed, struct jm_arena *mem)
{
    struct jm_http_ask h = {.verb = JM_HTTP_GET,
                            .url = uri,
                            .accept =
                                cwt ? "application/statuslist+cwt" : "application/statuslist+jwt",
                            .max_len = JM_LIST_TOKEN_MAX,
                            .timeout_ms = JM_LOOK_TIMEOUT_MS,
                            .moves = LIST_MOVES};
    struct jm_http_answer a;

    *changed = false;
    if (c->etag.len != 0 && (c->body.len != 0 || c->list.fault == JM_LIST_OK)) {
        h.headers[0] = (struct jm_http_header){"If-None-Match", c->etag};
        h.n_headers = 1;
    }
    if (fetch_document(k, &h, &a, mem) != JM_OK)
        return JM_E_UNAVAILABLE;
    if (a.status == 304 && h.n_headers == 1) {
        c->asked_s = k->now;
        return JM_OK;
    }
    if (a.status != 200 || a.body.len == 0)
        return JM_E_UNAVAILABLE;
    c->body = a.body;
    c->etag = a.etag;
    c->asked_s = k->now;
    c->list.fault = JM_LIST_UNJUDGED;
    *changed = true;
    return JM_OK;
}

struct jm_held {
    void *held;
    struct jm_held *next;
};

/* @retval JM_E_ABSENT nothing is kept */
static enum jm_status take_kept(struct jm_look *k, struct jm_bytes key, struct jm_cached *out,
                                struct jm_arena *mem)
{
    struct jm_held *h = JM_NEW(mem, struct jm_held);

    *out = (struct jm_cached){.iat = 0};
    if (h == NULL)
        return JM_E_NO_SPACE;
    if (!k->cache->get(k->cache->ctx, key, k->now, k->trust->version, out))
        return JM_E_ABSENT;
    *h = (struct jm_held){out->held, k->held};
    k->held = h;
    return JM_OK;
}

void jm_look_end(struct jm_look *k)
{
    for (; k->held != NULL; k->held = k->held->next)
        if (k->held->held != NULL)
            k->cache->let_go(k->cache->ctx, k->held->held);
}

static void note_age(struct jm_look *k, const struct jm_cached *c)
{
    int64_t age = k->now - c->asked_s;

    if (age > k->status_age_s)
        k->status_age_s = age;
}

/* Of what came, by the signers of the family. Nothing of a list with a fault is kept: what was kept
 * before stays. */
static enum jm_status judge_list(struct jm_look *k, const struct jm_find_ask *ask,
                                 struct jm_bytes issuer, struct jm_cached *c, struct jm_arena *mem)
{
    const struct jm_list_policy policy = {.not_before_iat = c->iat};
    struct jm_anchors ca;
    const struct jm_reading r = {k->now, k->env->answers, k->env->crypto, &ca, jm_none(), mem,
                                 NULL};

    JM_TRY(jm_trust_list_signers(&ca, k->trust, issuer, k->now, mem));
    JM_TRY(jm_statuslist_open(&c->list, c->body, ask->cwt, ask->name, &policy, &r));
    c->judged_s = k->now;
    c->judged_by = k->trust->version;
    if (c->list.fault == JM_LIST_OK) {
        c->iat = c->list.iat;
        c->ttl = c->list.ttl;
    }
    return JM_OK;
}

static enum jm_status find_list(struct jm_look *k, const struct jm_find_ask *ask,
                                struct jm_answer *out, struct jm_arena *mem)
{
    struct jm_cached *c = JM_NEW(mem, struct jm_cached);
    struct jm_list_record family;
    struct jm_bytes key;
    bool asked = false, changed = false, judged;
    enum jm_status st;

    if (c == NULL)
        return JM_E_NO_SPACE;
    if (jm_trust_list(&family, k->trust, ask->name) != JM_OK)
        return JM_E_UNAVAILABLE;
    JM_TRY(cache_key(&key, ask->name, ask->cwt ? "#cwt" : "#jwt", mem));
    if ((st = take_kept(k, key, c, mem)) == JM_E_NO_SPACE)
        return st;
    if (st == JM_E_ABSENT || k->now - c->asked_s >= reuse_s(k, c->ttl) || k->now < c->asked_s) {
        JM_TRY(ask_again(k, ask->name, ask->cwt, c, &changed, mem));
        asked = true;
    }
    judged = !jm_cached_holds(c, k->now, k->trust->version);
    if (judged)
        JM_TRY(judge_list(k, ask, family.issuer, c, mem));
    out->what = &c->list;
    if (c->list.fault != JM_LIST_OK)
        return JM_OK;
    c->list.uri = ask->name;
    jm_env_told(k->env, c->list.iat);
    if (judged)
        k->cache->put(k->cache->ctx, key, c);
    else if (asked)
        k->cache->same(k->cache->ctx, key, c->asked_s);
    note_age(k, c);
    return JM_OK;
}

/* -- revocation lists -- */

static const struct jm_cert *ca_of(const struct jm_trust *t, struct jm_bytes subject,
                                   struct jm_bytes ski)
{
    for (size_t i = 0; i < t->n_set; i++)
        if (t->cert[i].version != 0 && jm_bytes_eq(t->cert[i].subject.der, subject) &&
            jm_bytes_eq(t->cert[i].ski, ski))
            return &t->cert[i];
    return NULL;
}

static bool has_hash(const struct jm_look *k, struct jm_bytes octets, struct jm_bytes hash)
{
    uint8_t got[32];

    return jm_sha256(k->env->crypto, octets, got) == JM_OK &&
           jm_bytes_eq(jm_bytes(got, sizeof got), hash);
}

/* The recorded one, or one that its CA signed later; and its time is not over. */
static bool is_current(const struct jm_look *k, const struct jm_cert *ca,
                       const struct jm_crl_record *r, struct jm_bytes octets, int64_t *until)
{
    const struct jm_answers *a = k->env->answers;
    struct jm_crl crl;

    if (octets.len == 0 || jm_crl_parse(&crl, octets) != JM_OK || k->now > crl.next_update)
        return false;
    *until = crl.next_update;
    if (has_hash(k, octets, r->hash))
        return true;
    return crl.this_update > r->this_update && jm_bytes_eq(crl.issuer, ca->subject.der) &&
           jm_bytes_eq(crl.aki, ca->ski) && a != NULL &&
           a->verify(a->ctx, JM_ALG_ES256, jm_point_bytes(&ca->point), crl.tbs,
                     jm_sig_bytes(&crl.sig)) == JM_OK;
}

static enum jm_status find_crl(struct jm_look *k, const struct jm_find_ask *ask,
                               struct jm_answer *out, struct jm_arena *mem)
{
    const struct jm_cert *ca = ca_of(k->trust, ask->name, ask->key);
    struct jm_cached c = {.iat = 0};
    struct jm_crl_record crl;
    struct jm_http_answer a;
    struct jm_bytes key;
    int64_t until = 0;
    enum jm_status st;

    if (ca == NULL || jm_trust_crl(&crl, k->trust, k->env->crypto, ca->der) != JM_OK)
        return JM_E_UNAVAILABLE;
    JM_TRY(cache_key(&key, crl.uri, "#crl", mem));
    if ((st = take_kept(k, key, &c, mem)) == JM_E_NO_SPACE)
        return st;
    /* as it was found when it came, by the same trust set */
    if (st == JM_OK && c.judged_by == k->trust->version && k->now >= c.judged_s &&
        k->now - c.judged_s <= c.ttl) {
        out->octets = c.body;
        return JM_OK;
    }
    if (st == JM_OK && is_current(k, ca, &crl, c.body, &until)) {
        out->octets = c.body;
        return JM_OK;
    }
    const struct jm_http_ask h = {.verb = JM_HTTP_GET,
                                  .url = crl.uri,
                                  .max_len = JM_LOOK_CRL_MAX,
                                  .timeout_ms = JM_LOOK_TIMEOUT_MS,
                                  .moves = LIST_MOVES};
    if (fetch_document(k, &h, &a, mem) != JM_OK || a.status != 200 ||
        !is_current(k, ca, &crl, a.body, &until))
        return JM_E_UNAVAILABLE;
    c = (struct jm_cached){.body = a.body,
                           .asked_s = k->now,
                           .iat = crl.this_update,
                           .ttl = until - k->now,
                           .judged_s = k->now,
                           .judged_by = k->trust->version};
    k->cache->put(k->cache->ctx, key, &c);
    out->octets = a.body;
    return JM_OK;
}

enum jm_status jm_look_find(void *look, const struct jm_find_ask *ask, struct jm_answer *out,
                            struct jm_arena *mem)
{
    struct jm_look *k = look;

    if (k->off)
        return JM_E_UNAVAILABLE;
    switch (ask->kind) {
    case JM_FIND_STATUS_LIST: return find_list(k, ask, out, mem);
    case JM_FIND_CRL: return find_crl(k, ask, out, mem);
    case JM_FIND_RECORD: break;
    }
    return JM_E_UNAVAILABLE;
}
