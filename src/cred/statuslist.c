/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/statuslist.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/jose.h"

/* Header labels and claims of the CWT form. */
enum {
    COSE_ALG = 1,
    COSE_CRIT = 2,
    COSE_TYPE = 16,
    COSE_X5CHAIN = 33,
    CWT_SUB = 2,
    CWT_EXP = 4,
    CWT_NBF = 5,
    CWT_IAT = 6
};
#define CWT_LIST 65533
#define CWT_TTL 65534
#define CWT_TYPE_NAME "application/statuslist+cwt"

struct open {
    struct jm_status_list *out;
    const struct jm_list_policy *policy;
    const struct jm_reading *r;
    struct jm_bytes lst; /* compressed */
    enum jm_status st;   /* JM_E_PENDING or JM_E_NO_SPACE ends everything */
    int64_t nbf;
};

/* No longer than its anchors, its signer's path, itself. */
static void bound_life(struct open *o, int64_t until)
{
    if (until < o->out->until)
        o->out->until = until;
}

static void bound_by_path(struct open *o, const struct jm_path *p)
{
    bound_life(o, o->r->anchors->until);
    for (size_t i = 0; i < p->n; i++)
        bound_life(o, p->chain[i].not_after);
    if (p->anchor != NULL)
        bound_life(o, p->anchor->cert->not_after);
}

/* One question: true where it holds, or where a linter wants to hear the rest all the same. The
 * first fault stays. */
static bool passes_check(struct open *o, enum jm_list_fault kind, enum jm_list_fault found)
{
    if (o->st != JM_OK)
        return false;
    o->out->judged |= 1u << kind;
    if (found == JM_LIST_OK)
        return true;
    o->out->judged |= 1u << found;
    o->out->faults |= 1u << found;
    if (o->out->fault == JM_LIST_UNJUDGED)
        o->out->fault = found;
    return o->policy->all;
}

/* The answer is still to come, or there is no room: nothing is said of the list. */
static bool is_broken_off(struct open *o, enum jm_status st)
{
    if ((st == JM_E_PENDING || st == JM_E_NO_SPACE) && o->st == JM_OK)
        o->st = st;
    return o->st != JM_OK;
}

static enum jm_list_fault judge_subject(struct open *o, struct jm_bytes sub, struct jm_bytes uri)
{
    if (uri.ptr != NULL || !o->policy->all)
        return jm_bytes_eq(sub, uri) ? JM_LIST_OK : JM_LIST_SUBJECT;
    o->out->uri = sub; /* a list alone says itself whose it is */
    return sub.len > 0 ? JM_LIST_OK : JM_LIST_SUBJECT;
}

static enum jm_list_fault jwt_list(struct open *o, const struct jm_json *list)
{
    struct jm_bytes lst;
    enum jm_status st;
    int64_t bits;

    if (jm_json_int(&bits, jm_json_get(list, "bits")) != JM_OK ||
        jm_json_str(&lst, list, "lst") != JM_OK || bits < 1 || bits > 8)
        return JM_LIST_BITS;
    o->out->bits = (unsigned)bits;
    st = jm_b64url_decode(&o->lst, o->r->mem, lst);
    return is_broken_off(o, st) || st == JM_OK ? JM_LIST_OK : JM_LIST_BITS;
}

/* A time that stands there is one, or this is no list: never as if it were absent. */
static bool opt_time(int64_t *out, bool *there, const struct jm_json *c, const char *name)
{
    enum jm_status st = jm_json_time(out, c, name);

    *there = st == JM_OK;
    return st == JM_OK || st == JM_E_MISSING;
}

static bool jwt_times(struct open *o, const struct jm_json *c)
{
    bool nbf, ttl;

    return jm_json_time(&o->out->iat, c, "iat") == JM_OK &&
           opt_time(&o->out->exp, &o->out->has_exp, c, "exp") &&
           opt_time(&o->nbf, &nbf, c, "nbf") && opt_time(&o->out->ttl, &ttl, c, "ttl") &&
           (!ttl || o->out->ttl > 0);
}

static bool jwt_claims(struct open *o, const struct jm_json *c, struct jm_bytes uri)
{
    struct jm_bytes sub = {NULL, 0};

    return passes_check(o, JM_LIST_SUBJECT,
                        jm_json_str(&sub, c, "sub") == JM_OK ? judge_subject(o, sub, uri)
                                                             : JM_LIST_SUBJECT) &&
           passes_check(o, JM_LIST_TYPE, jwt_times(o, c) ? JM_LIST_OK : JM_LIST_TYPE) &&
           passes_check(o, JM_LIST_BITS, jwt_list(o, jm_json_get(c, "status_list")));
}

/* By the bare key that is trusted, else by x5c. */
static bool verify_jwt(struct open *o, struct jm_jws *jws, const struct jm_jws_unverified *u)
{
    const struct jm_path_spec spec = jm_path_of(o->r, JM_PATH_STATUS);
    struct jm_path path;
    enum jm_status st;

    if (o->policy->key != NULL) {
        st = jm_jws_verify(jws, u, o->policy->key, o->r->answers, o->r->mem, NULL);
        if (is_broken_off(o, st))
            return false;
        o->out->judged |= 1u << JM_LIST_CHAIN;
        return passes_check(o, JM_LIST_SIGNATURE, st == JM_OK ? JM_LIST_OK : JM_LIST_SIGNATURE);
    }
    st = jm_jws_path(&path, u, &spec, o->r->answers, o->r->mem, NULL);
    if (is_broken_off(o, st))
        return false;
    if (!passes_check(o, JM_LIST_CHAIN,
                      st == JM_OK && jm_path_result(&path) == JM_PASS ? JM_LIST_OK
                                                                      : JM_LIST_CHAIN) ||
        st != JM_OK || path.n == 0)
        return false;
    bound_by_path(o, &path);
    st = jm_jws_verify(jws, u, &path.chain[0].point, o->r->answers, o->r->mem, NULL);
    if (is_broken_off(o, st))
        return false;
    return passes_check(o, JM_LIST_SIGNATURE, st == JM_OK ? JM_LIST_OK : JM_LIST_SIGNATURE);
}

static bool open_jwt(struct open *o, struct jm_bytes token, struct jm_bytes uri)
{
    const struct jm_json *claims;
    struct jm_jws_unverified u;
    struct jm_diag d = {0};
    struct jm_jws jws;
    enum jm_status st =
        jm_jws_split_long(&u, token, JM_LIST_TOKEN_MAX, "statuslist+jwt", o->r->mem, &d);

    if (is_broken_off(o, st))
        return false;
    if (st != JM_OK) {
        (void)passes_check(o, JM_LIST_TYPE,
                           d.code == JM_JOSE_SIGNATURE ? JM_LIST_SIGNATURE : JM_LIST_TYPE);
        return false;
    }
    if (!passes_check(o, JM_LIST_TYPE, JM_LIST_OK) || !verify_jwt(o, &jws, &u))
        return false;
    if (o->out->faults == 0)
        claims = jm_jws_claims(&jws);
    else if (jm_json_parse(&claims, u.payload, o->r->mem, NULL) != JM_OK)
        return false;
    return jwt_claims(o, claims, uri);
}

struct cwt {
    struct jm_bytes protected_bstr, payload, sig, x5c[JM_PATH_CERTS_MAX];
    size_t n_x5c;
};

static void read_x5chain(struct cwt *out, struct jm_bytes item, struct jm_cbor *verdict)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    size_t n = jm_cbor_peek(&r) == JM_CBOR_ARRAY ? jm_cbor_array(&r) : 1;
    if (n > JM_PATH_CERTS_MAX)
        jm_cbor_fail(verdict, JM_E_LIMIT);
    else
        for (out->n_x5c = 0; out->n_x5c < n && r.st == JM_OK; out->n_x5c++)
            out->x5c[out->n_x5c] = jm_cbor_bytes(&r);
    jm_cbor_fail(verdict, jm_cbor_end(&r));
}

static enum jm_status read_cwt(struct cwt *out, struct jm_bytes token)
{
    struct jm_bytes v;
    struct jm_cbor r, p;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_cbor_check(token, NULL, NULL));
    jm_cbor_init(&r, token);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG && jm_cbor_tag(&r) != 18)
        jm_cbor_fail(&r, JM_E_TYPE);
    if (jm_cbor_array(&r) != 4)
        jm_cbor_fail(&r, JM_E_TYPE);
    out->protected_bstr = jm_cbor_bytes(&r);
    (void)jm_cbor_item(&r);
    out->payload = jm_cbor_bytes(&r);
    out->sig = jm_cbor_bytes(&r);
    JM_TRY(jm_cbor_end(&r));
    JM_TRY(jm_cbor_check(out->protected_bstr, NULL, NULL));
    JM_TRY(jm_cbor_check(out->payload, NULL, NULL));
    jm_cbor_init(&p, out->protected_bstr);
    JM_TRY(jm_cbor_find_int(&v, out->protected_bstr, COSE_ALG));
    if (!jm_bytes_eq(v, JM_BYTES("\x26"))) /* −7 */
        return JM_E_UNSUPPORTED;
    if (jm_cbor_find_int(&v, out->protected_bstr, COSE_CRIT) == JM_OK)
        return JM_E_UNSUPPORTED; /* nothing beyond what stands here is understood */
    JM_TRY(jm_cbor_find_int(&v, out->protected_bstr, COSE_TYPE));
    jm_cbor_init(&p, v);
    v = jm_cbor_text(&p);
    if (!jm_bytes_eq_str(v, CWT_TYPE_NAME) && !jm_bytes_eq_str(v, "statuslist+cwt"))
        return JM_E_TYPE;
    if (jm_cbor_find_int(&v, out->protected_bstr, COSE_X5CHAIN) == JM_OK)
        read_x5chain(out, v, &p);
    return p.st;
}

static enum jm_status sig_structure(struct jm_bytes *out, struct jm_bytes protected_bstr,
                                    struct jm_bytes payload, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, protected_bstr.len + payload.len + 48));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, "Signature1");
    jm_cbor_w_bytes(&w, protected_bstr);
    jm_cbor_w_bytes(&w, jm_none());
    jm_cbor_w_bytes(&w, payload);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status find_time(int64_t *out, struct jm_bytes map, int64_t key)
{
    struct jm_bytes v;
    struct jm_cbor r;

    *out = 0;
    if (jm_cbor_find_int(&v, map, key) != JM_OK)
        return JM_E_MISSING;
    jm_cbor_init(&r, v);
    *out = jm_cbor_int(&r);
    return jm_cbor_end(&r) == JM_OK && *out >= 0 ? JM_OK : JM_E_TYPE;
}

/* exp is mandatory in this form. */
static bool cwt_times(struct open *o, struct jm_bytes map)
{
    enum jm_status nbf = find_time(&o->nbf, map, CWT_NBF),
                   ttl = find_time(&o->out->ttl, map, CWT_TTL);

    o->out->has_exp = find_time(&o->out->exp, map, CWT_EXP) == JM_OK;
    return find_time(&o->out->iat, map, CWT_IAT) == JM_OK && o->out->has_exp && nbf != JM_E_TYPE &&
           ttl != JM_E_TYPE && (ttl == JM_E_MISSING || o->out->ttl > 0);
}

static enum jm_list_fault cwt_list(struct open *o, struct jm_bytes map)
{
    struct jm_bytes v, list, bits;
    struct jm_cbor r;

    if (jm_cbor_find_int(&list, map, CWT_LIST) != JM_OK ||
        jm_cbor_find_text(&bits, list, "bits") != JM_OK ||
        jm_cbor_find_text(&v, list, "lst") != JM_OK)
        return JM_LIST_BITS;
    jm_cbor_init(&r, bits);
    uint64_t n = jm_cbor_uint(&r);
    if (r.st != JM_OK || n < 1 || n > 8)
        return JM_LIST_BITS;
    o->out->bits = (unsigned)n;
    jm_cbor_init(&r, v);
    o->lst = jm_cbor_bytes(&r);
    return r.st == JM_OK ? JM_LIST_OK : JM_LIST_BITS;
}

static bool cwt_claims(struct open *o, struct jm_bytes map, struct jm_bytes uri)
{
    struct jm_bytes v, sub = {NULL, 0};
    struct jm_cbor r;

    if (jm_cbor_find_int(&v, map, CWT_SUB) == JM_OK) {
        jm_cbor_init(&r, v);
        sub = jm_cbor_text(&r);
    }
    if (!passes_check(o, JM_LIST_SUBJECT,
                      sub.ptr != NULL ? judge_subject(o, sub, uri) : JM_LIST_SUBJECT))
        return false;
    return passes_check(o, JM_LIST_TYPE, cwt_times(o, map) ? JM_LIST_OK : JM_LIST_TYPE) &&
           passes_check(o, JM_LIST_BITS, cwt_list(o, map));
}

/* Whose key signs: the bare one that is trusted, else that of a leaf below a trusted CA. */
static bool cwt_signer(struct open *o, struct jm_point *key, const struct cwt *cwt)
{
    const struct jm_path_spec spec = jm_path_of(o->r, JM_PATH_STATUS);
    struct jm_path path;

    if (o->policy->key != NULL) {
        *key = *o->policy->key;
        o->out->judged |= 1u << JM_LIST_CHAIN;
        return true;
    }
    if (is_broken_off(o, jm_path_judge(&path, &spec, cwt->x5c, cwt->n_x5c, o->r->answers,
                                       o->r->mem)) ||
        !passes_check(o, JM_LIST_CHAIN,
                      jm_path_result(&path) == JM_PASS ? JM_LIST_OK : JM_LIST_CHAIN) ||
        path.n == 0)
        return false;
    bound_by_path(o, &path);
    *key = path.chain[0].point;
    return true;
}

static bool verify_cwt(struct open *o, const struct cwt *cwt)
{
    struct jm_bytes to_verify;
    struct jm_point key;
    enum jm_status st;

    if (!cwt_signer(o, &key, cwt))
        return o->policy->all && o->st == JM_OK;
    if (is_broken_off(o, sig_structure(&to_verify, cwt->protected_bstr, cwt->payload, o->r->mem)))
        return false;
    st = cwt->sig.len == jm_sig_len(JM_ALG_ES256)
             ? jm_answers_verify(o->r->answers, JM_ALG_ES256, jm_point_bytes(&key), to_verify,
                                 cwt->sig)
             : JM_E_SIGNATURE;
    return !is_broken_off(o, st) &&
           passes_check(o, JM_LIST_SIGNATURE, st == JM_OK ? JM_LIST_OK : JM_LIST_SIGNATURE);
}

static bool open_cwt(struct open *o, struct jm_bytes token, struct jm_bytes uri)
{
    struct cwt cwt;

    if (read_cwt(&cwt, token) != JM_OK) {
        (void)passes_check(o, JM_LIST_TYPE, JM_LIST_TYPE);
        return false;
    }
    return verify_cwt(o, &cwt) && cwt_claims(o, cwt.payload, uri);
}

static enum jm_list_fault unpack_bits(struct open *o)
{
    struct jm_status_list *l = o->out;
    struct jm_buf room;
    enum jm_status st;

    if (l->bits != 1 && l->bits != 2 && l->bits != 4 && l->bits != 8)
        return JM_LIST_BITS;
    room = jm_buf_begin(o->r->mem);
    if (room.cap > JM_LIST_RAW_MAX)
        room.cap = JM_LIST_RAW_MAX;
    st = o->r->crypto->inflate(o->lst, &room);
    l->raw = jm_buf_keep(o->r->mem, room);
    if (st == JM_E_LIMIT && room.cap < JM_LIST_RAW_MAX) /* our room is what is too small */
        (void)is_broken_off(o, JM_E_NO_SPACE);
    return st == JM_OK ? JM_LIST_OK : JM_LIST_BITS;
}

static bool judge_times(struct open *o)
{
    struct jm_status_list *l = o->out;
    int64_t now = o->r->now, from = l->iat > o->nbf ? l->iat : o->nbf;
    bool stale = from > now + JM_CLOCK_SKEW_S || l->iat < o->policy->not_before_iat;

    l->ahead_s = from > now + JM_CLOCK_SKEW_S ? from - now : 0;
    if (l->has_exp)
        bound_life(o, l->exp - 1);
    return passes_check(o, JM_LIST_EXPIRED,
                        l->has_exp && l->exp <= now ? JM_LIST_EXPIRED : JM_LIST_OK) &&
           passes_check(o, JM_LIST_STALE, stale ? JM_LIST_STALE : JM_LIST_OK);
}

enum jm_status jm_statuslist_open(struct jm_status_list *out, struct jm_bytes token, bool cwt,
                                  struct jm_bytes uri, const struct jm_list_policy *policy,
                                  const struct jm_reading *r)
{
    static const unsigned whole = 1u << JM_LIST_TYPE | 1u << JM_LIST_CHAIN |
                                  1u << JM_LIST_SIGNATURE | 1u << JM_LIST_SUBJECT |
                                  1u << JM_LIST_EXPIRED | 1u << JM_LIST_STALE | 1u << JM_LIST_BITS;
    struct open o = {out, policy, r, {NULL, 0}, JM_OK, 0};

    memset(out, 0, sizeof *out);
    out->uri = uri;
    out->until = INT64_MAX;
    if (token.len > JM_LIST_TOKEN_MAX)
        (void)passes_check(&o, JM_LIST_TYPE, JM_LIST_TYPE);
    else if ((cwt ? open_cwt(&o, token, uri) : open_jwt(&o, token, uri)) && judge_times(&o))
        (void)passes_check(&o, JM_LIST_BITS, unpack_bits(&o));
    if (o.st != JM_OK)
        memset(out, 0, sizeof *out);
    else if (out->faults == 0 && (out->judged & whole) == whole)
        out->fault = JM_LIST_OK;
    return o.st;
}

enum jm_status jm_statuslist_get(unsigned *value, const struct jm_status_list *l, uint64_t idx)
{
    uint64_t per = 8 / (l->bits == 0 ? 8 : l->bits);
    unsigned mask = (1u << l->bits) - 1;

    *value = 0;
    if (l->fault != JM_LIST_OK)
        return JM_E_DENIED;
    if (l->bits == 0 || idx / per >= l->raw.len)
        return JM_E_RANGE;
    *value = (unsigned)l->raw.ptr[idx / per] >> (idx % per * l->bits) & mask;
    return JM_OK;
}

/* -- building -- */

static enum jm_status begin_jwt(struct jm_list_draft *out, const struct jm_list_spec *s,
                                struct jm_bytes lst, struct jm_arena *mem)
{
    struct jm_bytes header;
    struct jm_jws_draft d;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 256 + s->uri.len + JM_B64_LEN(lst.len)));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "sub", s->uri);
    jm_json_w_mint(&w, "iat", s->iat);
    jm_json_w_mint(&w, "exp", s->exp);
    jm_json_w_mint(&w, "ttl", s->ttl);
    jm_json_w_mopen(&w, "status_list", '{');
    jm_json_w_mint(&w, "bits", s->bits);
    jm_json_w_name(&w, "lst");
    jm_json_w_b64url(&w, lst);
    jm_json_w_close(&w, '}');
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_jws_header(&header, "statuslist+jwt", NULL, s->x5c, s->n_x5c, mem));
    JM_TRY(jm_jws_begin(&d, header, jm_written(b), mem));
    out->to_sign = d.to_sign;
    return JM_OK;
}

static enum jm_status cwt_head(struct jm_bytes *out, const struct jm_list_spec *s,
                               struct jm_arena *mem)
{
    size_t room = 64;
    struct jm_cbor_w w;
    struct jm_buf b;

    for (size_t i = 0; i < s->n_x5c; i++)
        room += s->x5c[i].len + 4;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_int(&w, COSE_ALG);
    jm_cbor_w_int(&w, -7);
    jm_cbor_w_int(&w, COSE_TYPE);
    jm_cbor_w_str(&w, CWT_TYPE_NAME);
    jm_cbor_w_int(&w, COSE_X5CHAIN);
    if (s->n_x5c != 1)
        jm_cbor_w_array(&w, s->n_x5c);
    for (size_t i = 0; i < s->n_x5c; i++)
        jm_cbor_w_bytes(&w, s->x5c[i]);
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

static enum jm_status begin_cwt(struct jm_list_draft *out, const struct jm_list_spec *s,
                                struct jm_bytes lst, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(cwt_head(&out->head, s, mem));
    JM_TRY(jm_alloc_buf(&b, mem, 96 + s->uri.len + lst.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 5);
    jm_cbor_w_int(&w, CWT_SUB);
    jm_cbor_w_text(&w, s->uri);
    jm_cbor_w_int(&w, CWT_EXP);
    jm_cbor_w_int(&w, s->exp);
    jm_cbor_w_int(&w, CWT_IAT);
    jm_cbor_w_int(&w, s->iat);
    jm_cbor_w_int(&w, CWT_LIST);
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_str(&w, "bits");
    jm_cbor_w_uint(&w, s->bits);
    jm_cbor_w_str(&w, "lst");
    jm_cbor_w_bytes(&w, lst);
    jm_cbor_w_int(&w, CWT_TTL);
    jm_cbor_w_int(&w, s->ttl);
    JM_TRY(jm_cbor_w_end(&w));
    out->payload = jm_written(b);
    return sig_structure(&out->to_sign, out->head, out->payload, mem);
}

enum jm_status jm_statuslist_begin(struct jm_list_draft *out, bool cwt,
                                   const struct jm_list_spec *s, const struct jm_crypto *crypto,
                                   struct jm_arena *mem)
{
    struct jm_buf lst;

    memset(out, 0, sizeof *out);
    out->cwt = cwt;
    JM_TRY(jm_alloc_buf(&lst, mem, s->raw.len + s->raw.len / 64 + 1024));
    JM_TRY(crypto->deflate(s->raw, &lst));
    return cwt ? begin_cwt(out, s, jm_written(lst), mem) : begin_jwt(out, s, jm_written(lst), mem);
}

enum jm_status jm_statuslist_finish(struct jm_bytes *token, const struct jm_list_draft *d,
                                    struct jm_bytes sig, struct jm_arena *mem)
{
    struct jm_jws_draft jws = {d->to_sign};
    struct jm_cbor_w w;
    struct jm_buf b;

    *token = jm_none();
    if (!d->cwt)
        return jm_jws_finish(token, &jws, sig, mem);
    if (sig.len != jm_sig_len(JM_ALG_ES256))
        return JM_E_BUG;
    JM_TRY(jm_alloc_buf(&b, mem, d->head.len + d->payload.len + sig.len + 32));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_tag(&w, 18);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, d->head);
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_bytes(&w, d->payload);
    jm_cbor_w_bytes(&w, sig);
    *token = jm_written(b);
    return jm_cbor_w_end(&w);
}
