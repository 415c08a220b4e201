/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cred/sdjwt/facts.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/sort.h"
#include "jumin/statuslist.h"

#define DIGESTS_MAX 1024
#define DIGEST_TEXT_LEN 43 /* characters of base64url */
#define CHECKS_MAX 96

struct jm_sdjwt_verified {
    struct jm_report report;
    const struct jm_json *claims;
};

/* -- RFC 9901 7.1: put the disclosed values where their digests stand -- */

struct weave {
    const struct jm_sdjwt *s;
    struct jm_arena *mem;
    /* disclosures in the order of their digests */
    uint32_t by_digest[JM_SDJWT_DISCLOSURES_MAX + 1];
    uint8_t (*seen)[32];
    size_t n_seen, most;
    bool used[JM_SDJWT_DISCLOSURES_MAX + 1];
    enum jm_code fault;
};

static enum jm_status bad_weave(struct weave *w, enum jm_code code)
{
    if (w->fault == JM_CODE_NONE)
        w->fault = code;
    return JM_E_DENIED;
}

static int compare_disclosures(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_sdjwt *s = list;

    return memcmp(s->disclosure[a].digest, s->disclosure[b].digest, 32);
}

static int compare_seen(const void *list, uint32_t a, uint32_t b)
{
    const uint8_t *seen = list;

    return memcmp(seen + (size_t)32 * a, seen + (size_t)32 * b, 32);
}

/* The disclosure with this digest, or null. Once woven in it is never again: values would multiply.
 */
static enum jm_status disclosed_by(struct weave *w, const uint8_t digest[32],
                                   const struct jm_sdjwt_disclosure **out)
{
    size_t lo = 0, hi = w->s->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2, at = w->by_digest[mid];
        int d = memcmp(w->s->disclosure[at].digest, digest, 32);

        if (d == 0) {
            bool again = w->used[at];

            w->used[at] = true;
            *out = &w->s->disclosure[at];
            return again ? bad_weave(w, JM_SDJWT_DIGEST_TWICE) : JM_OK;
        }
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return JM_OK;
}

static enum jm_status weave_value(struct weave *w, struct jm_json *out, const struct jm_json *in,
                                  unsigned depth);

/* The disclosure of a digest, or null: a decoy, or one that was not disclosed. That each stands
 * once is looked at in the end. */
static enum jm_status find_hidden(struct weave *w, const struct jm_json *digest,
                                  const struct jm_sdjwt_disclosure **out)
{
    uint8_t d[32];

    *out = NULL;
    if (digest->type != JM_JSON_STRING || jm_b64url_exact(d, sizeof d, digest->text) != JM_OK)
        return bad_weave(w, JM_SDJWT_SD_FORM);
    if (w->n_seen == w->most)
        return bad_weave(w, JM_SDJWT_SD_FORM);
    memcpy(w->seen[w->n_seen++], d, 32);
    return disclosed_by(w, d, out);
}

static enum jm_status append_member(struct weave *w, struct jm_json *parent, struct jm_json ***tail,
                                    struct jm_bytes name, const struct jm_json *value,
                                    unsigned depth)
{
    struct jm_json *m = JM_NEW(w->mem, struct jm_json);

    if (m == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(weave_value(w, m, value, depth + 1));
    m->name = name;
    m->next = NULL;
    **tail = m;
    *tail = (struct jm_json **)(uintptr_t)&m->next;
    parent->n++;
    return JM_OK;
}

static bool has_member(const struct jm_json *obj, struct jm_bytes name)
{
    return jm_json_get_b(obj, name) != NULL;
}

/* What says whose the credential is and how long it lives never hides behind a digest. */
static bool is_always_open(struct jm_bytes name)
{
    static const char *const names[] = {"iss", "nbf",           "exp",      "cnf",
                                        "vct", "vct#integrity", "aka_vcts", "status"};

    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++)
        if (jm_bytes_eq_str(name, names[i]))
            return true;
    return false;
}

/* Nor does anything in them: digests below the claims of a credential's life are refused, disclosed
 * or not. */
static bool hides_some(const struct jm_json *v)
{
    if (v->type != JM_JSON_OBJECT && v->type != JM_JSON_ARRAY)
        return false;
    for (const struct jm_json *m = v->child; m != NULL; m = m->next)
        if (jm_bytes_eq_str(m->name, "_sd") || jm_bytes_eq_str(m->name, "...") || hides_some(m))
            return true;
    return false;
}

static enum jm_status weave_digests(struct weave *w, struct jm_json *out, struct jm_json ***tail,
                                    const struct jm_json *sd, unsigned depth)
{
    if (sd->type != JM_JSON_ARRAY)
        return bad_weave(w, JM_SDJWT_SD_FORM);
    for (const struct jm_json *d = sd->child; d != NULL; d = d->next) {
        const struct jm_sdjwt_disclosure *x;

        JM_TRY(find_hidden(w, d, &x));
        if (x == NULL)
            continue;
        if (x->name.ptr == NULL)
            return bad_weave(w, JM_SDJWT_DISCLOSURE_FORM);
        if (jm_bytes_eq_str(x->name, "_sd") || jm_bytes_eq_str(x->name, "...") ||
            has_member(out, x->name) || (depth == 1 && is_always_open(x->name)))
            return bad_weave(w, JM_SDJWT_CLAIM_NAME);
        JM_TRY(append_member(w, out, tail, x->name, x->value, depth));
    }
    return JM_OK;
}

static enum jm_status weave_object(struct weave *w, struct jm_json *out, const struct jm_json *in,
                                   unsigned depth)
{
    struct jm_json **tail = (struct jm_json **)(uintptr_t)&out->child;
    const struct jm_json *sd = jm_json_get(in, "_sd");

    for (const struct jm_json *m = in->child; m != NULL; m = m->next) {
        if (m == sd)
            continue;
        if (jm_bytes_eq_str(m->name, "_sd_alg")) {
            if (depth > 1)
                return bad_weave(w, JM_SDJWT_SD_ALG);
            continue;
        }
        if (jm_bytes_eq_str(m->name, "..."))
            return bad_weave(w, JM_SDJWT_SD_FORM);
        if (depth == 1 && is_always_open(m->name) && hides_some(m))
            return bad_weave(w, JM_SDJWT_CLAIM_NAME);
        JM_TRY(append_member(w, out, &tail, m->name, m, depth));
    }
    return sd == NULL ? JM_OK : weave_digests(w, out, &tail, sd, depth);
}

static enum jm_status weave_array(struct weave *w, struct jm_json *out, const struct jm_json *in,
                                  unsigned depth)
{
    struct jm_json **tail = (struct jm_json **)(uintptr_t)&out->child;

    for (const struct jm_json *e = in->child; e != NULL; e = e->next) {
        const struct jm_json *hidden = e->type == JM_JSON_OBJECT ? jm_json_get(e, "...") : NULL;
        const struct jm_sdjwt_disclosure *x;

        if (hidden == NULL) {
            JM_TRY(append_member(w, out, &tail, jm_none(), e, depth));
            continue;
        }
        if (e->n != 1)
            return bad_weave(w, JM_SDJWT_SD_FORM);
        JM_TRY(find_hidden(w, hidden, &x));
        if (x == NULL)
            continue;
        if (x->name.ptr != NULL)
            return bad_weave(w, JM_SDJWT_DISCLOSURE_FORM);
        JM_TRY(append_member(w, out, &tail, jm_none(), x->value, depth));
    }
    return JM_OK;
}

static enum jm_status weave_value(struct weave *w, struct jm_json *out, const struct jm_json *in,
                                  unsigned depth)
{
    struct jm_bytes name = out->name;

    if (depth > JM_JSON_DEPTH_MAX)
        return bad_weave(w, JM_SDJWT_SD_FORM);
    *out = *in;
    out->name = name;
    out->next = NULL;
    if (in->type != JM_JSON_OBJECT && in->type != JM_JSON_ARRAY)
        return JM_OK;
    out->child = NULL;
    out->n = 0;
    return in->type == JM_JSON_OBJECT ? weave_object(w, out, in, depth)
                                      : weave_array(w, out, in, depth);
}

/* -- the checks -- */

struct run {
    const struct jm_sdjwt_context *x;
    const struct jm_answers *answers;
    struct jm_arena *mem;
    struct jm_findings f;
    struct jm_sdjwt s;
    const struct jm_json *claims;
    struct jm_sdjwt_facts facts;
    struct jm_path path;
    bool have_holder, status_ok;
};

static void check_that(struct run *r, enum jm_code code, bool ok, const char *why)
{
    jm_note(&r->f, code, ok ? JM_PASS : JM_FAIL, true, 0, 0, jm_none(), why);
}

static void leave_unknown(struct run *r, enum jm_code code, const char *why)
{
    jm_note(&r->f, code, JM_UNKNOWN, true, 0, 0, jm_none(), why);
}

static void excuse_check(struct run *r, enum jm_code code, const char *why)
{
    jm_excuse(&r->f, code, 0, why);
}

/* Inside of an engine the answer is still to come: the whole verification runs again then. */
static bool is_pending(struct run *r, enum jm_status st)
{
    if (st != JM_E_PENDING && st != JM_E_NO_SPACE)
        return false;
    if (r->f.st == JM_OK)
        r->f.st = st;
    return true;
}

static const enum jm_code of_kb[] = {JM_SDJWT_KB_MISSING, JM_SDJWT_KB_FORM,  JM_SDJWT_KB_SIGNATURE,
                                     JM_SDJWT_KB_CONTEXT, JM_SDJWT_KB_NONCE, JM_SDJWT_KB_AUDIENCE,
                                     JM_SDJWT_KB_IAT,     JM_SDJWT_KB_HASH};

/* Every check that a report has, as if nobody had come to it. */
static void expect_all(struct run *r)
{
    static const enum jm_code always[] = {JM_SDJWT_FORM,
                                          JM_SDJWT_TYP,
                                          JM_SDJWT_DISCLOSURE_FORM,
                                          JM_SDJWT_VCT,
                                          JM_SDJWT_ISSUER_CHAIN,
                                          JM_SDJWT_ISSUER_SIGNATURE,
                                          JM_SDJWT_ISSUER_NAME,
                                          JM_SDJWT_ISSUER_NOT_ALLOWED,
                                          JM_SDJWT_SD_ALG,
                                          JM_SDJWT_SD_FORM,
                                          JM_SDJWT_CLAIM_NAME,
                                          JM_SDJWT_DIGEST_TWICE,
                                          JM_SDJWT_DISCLOSURE_TWICE,
                                          JM_SDJWT_DISCLOSURE_UNREFERENCED,
                                          JM_SDJWT_TIME,
                                          JM_SDJWT_EXPIRED,
                                          JM_SDJWT_NOT_YET_VALID,
                                          JM_SDJWT_HOLDER_KEY,
                                          JM_SDJWT_CARD_EXPIRED,
                                          JM_SDJWT_STATUS_FORM,
                                          JM_SDJWT_STATUS_NONE,
                                          JM_SDJWT_STATUS_REVOKED};
    static const char *const why = "something before it failed";

    for (size_t i = 0; i < JM_ARRAY_LEN(always); i++)
        jm_expect(&r->f, always[i], true, 0, jm_none(), why);
    for (size_t i = 0; i < JM_ARRAY_LEN(of_kb); i++)
        jm_expect(&r->f, of_kb[i], true, 0, jm_none(), why);
    for (enum jm_list_fault k = JM_LIST_UNAVAILABLE; k <= JM_LIST_INDEX; k++)
        jm_expect(&r->f, jm_list_code(JM_SDJWT_STATUS_UNAVAILABLE, k), true, 0, jm_none(), why);
}

/* -- the issuer -- */

static void by_bare_key(struct run *r)
{
    enum jm_status st = jm_jws_holds(&r->s.jws, r->x->issuer_key, r->answers, NULL);

    if (is_pending(r, st))
        return;
    jm_note(&r->f, JM_SDJWT_CHAIN_PINNED, JM_WARN, false, 0, 0, jm_none(),
            "a bare key was given as trusted");
    excuse_check(r, JM_SDJWT_ISSUER_CHAIN, "a bare key was given as trusted");
    excuse_check(r, JM_SDJWT_ISSUER_NAME, "a bare key has no name to compare with");
    excuse_check(r, JM_SDJWT_ISSUER_NOT_ALLOWED, "a bare key was given as trusted");
    if (st == JM_OK || st == JM_E_SIGNATURE || st == JM_E_DENIED)
        check_that(r, JM_SDJWT_ISSUER_SIGNATURE, st == JM_OK,
                   "the issuer's signature does not verify");
    else
        leave_unknown(r, JM_SDJWT_ISSUER_SIGNATURE, "nobody could verify it");
}

/* RFC 7519 4.1.1 against the certificate: the issuer's identifier is a name of the leaf's. */
static void check_issuer_name(struct run *r, const struct jm_cert *leaf)
{
    const struct jm_json *iss = jm_json_get(r->s.payload, "iss");

    if (iss == NULL)
        excuse_check(r, JM_SDJWT_ISSUER_NAME, "the credential names no issuer");
    else
        check_that(r, JM_SDJWT_ISSUER_NAME,
                   iss->type == JM_JSON_STRING && jm_cert_names_uri(leaf, iss->text),
                   "iss is no name of the signer's certificate");
}

static void check_authority(struct run *r)
{
    if (r->x->n_authorities == 0)
        excuse_check(r, JM_SDJWT_ISSUER_NOT_ALLOWED, "the request names no authorities");
    else if (r->path.anchor != NULL)
        check_that(r, JM_SDJWT_ISSUER_NOT_ALLOWED,
                   jm_path_vouched(&r->path, r->x->authority, r->x->n_authorities),
                   "the request asked for cards of other authorities");
}

/* The summary of the path, whose rules stand in the report by names of their own. */
static void note_path(struct run *r, enum jm_status st, const struct jm_diag *d)
{
    enum jm_path_rule reason = jm_path_reason(&r->path);
    enum jm_result result = st == JM_OK ? jm_path_result(&r->path) : JM_FAIL;

    if (st == JM_OK)
        jm_path_note(&r->f, &r->path, jm_path_jose_code, 0);
    else
        jm_note(&r->f, d->code, JM_FAIL, true, 0, 0, jm_none(), (const char *)d->detail.ptr);
    jm_note(&r->f, JM_SDJWT_ISSUER_CHAIN, result, true, 0, 0, jm_none(),
            st != JM_OK               ? (const char *)d->detail.ptr
            : reason == JM_PATH_RULES ? NULL
                                      : r->path.rule[reason].detail);
    if (r->path.pinned)
        jm_note(&r->f, JM_SDJWT_CHAIN_PINNED, JM_WARN, false, 0, 0, jm_none(),
                "this very certificate is trusted; no path was built");
}

static void check_issuer(struct run *r)
{
    const struct jm_path_spec spec = {.anchors = r->x->anchors,
                                      .use = JM_PATH_SDJWT,
                                      .type =
                                          r->facts.vct.ptr != NULL ? r->facts.vct : JM_BYTES(""),
                                      .now = r->x->now,
                                      .waive_crl = r->x->waive_crl};
    struct jm_diag d = {0};
    enum jm_status st;

    if (r->x->issuer_key != NULL) {
        by_bare_key(r);
        return;
    }
    st = jm_jws_path(&r->path, &r->s.jws, &spec, r->answers, r->mem, &d);
    if (is_pending(r, st))
        return;
    if (r->x->anchors == NULL && d.code == JM_JOSE_X5C_MISSING) {
        leave_unknown(r, JM_SDJWT_ISSUER_CHAIN,
                      "no anchor was given, and the credential has no certificate");
        return;
    }
    note_path(r, st, &d);
    if (st != JM_OK || r->path.n == 0)
        return;
    check_issuer_name(r, &r->path.chain[0]);
    check_authority(r);
    if (jm_path_result(&r->path) == JM_FAIL || r->path.chain[0].key_alg != JM_KEY_P256)
        return;
    st = jm_jws_holds(&r->s.jws, &r->path.chain[0].point, r->answers, NULL);
    if (is_pending(r, st))
        return;
    if (st == JM_OK || st == JM_E_SIGNATURE || st == JM_E_DENIED || st == JM_E_MALFORMED)
        check_that(r, JM_SDJWT_ISSUER_SIGNATURE, st == JM_OK,
                   "the issuer's signature does not verify");
    else
        leave_unknown(r, JM_SDJWT_ISSUER_SIGNATURE, "nobody could verify it");
}

/* Orders the disclosures, and looks for one that was sent twice. */
static void order_disclosures(struct run *r, struct weave *w)
{
    for (size_t i = 0; i < r->s.n; i++)
        w->by_digest[i] = (uint32_t)i;
    jm_sort(w->by_digest, r->s.n, compare_disclosures, &r->s);
    if (jm_sorted_twin(w->by_digest, r->s.n, compare_disclosures, &r->s) != r->s.n)
        check_that(r, JM_SDJWT_DISCLOSURE_TWICE, false, "a disclosure stands twice");
}

/* A value that stands in the credential more than once would be woven in more than once: bounded by
 * the digests, then refused. */
static enum jm_status digests_once(struct weave *w)
{
    uint32_t *index = JM_NEW_N(w->mem, uint32_t, w->n_seen + 1);

    if (index == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < w->n_seen; i++)
        index[i] = (uint32_t)i;
    jm_sort(index, w->n_seen, compare_seen, w->seen);
    return jm_sorted_twin(index, w->n_seen, compare_seen, w->seen) == w->n_seen
               ? JM_OK
               : bad_weave(w, JM_SDJWT_DIGEST_TWICE);
}

static void check_disclosures(struct run *r)
{
    static const enum jm_code woven[] = {JM_SDJWT_SD_FORM, JM_SDJWT_CLAIM_NAME,
                                         JM_SDJWT_DIGEST_TWICE, JM_SDJWT_DISCLOSURE_TWICE};
    struct weave *w = JM_NEW(r->mem, struct weave);
    struct jm_json *root = JM_NEW(r->mem, struct jm_json);
    const struct jm_json *alg = jm_json_get(r->s.payload, "_sd_alg");
    size_t most = r->s.presented.len / DIGEST_TEXT_LEN + 1; /* each digest takes its text */
    bool all_used = true;
    enum jm_status st;

    most = most < DIGESTS_MAX ? most : DIGESTS_MAX;
    if (w == NULL || root == NULL || (w->seen = jm_alloc(r->mem, most, 32)) == NULL) {
        r->f.st = JM_E_NO_SPACE;
        return;
    }
    w->s = &r->s;
    w->mem = r->mem;
    w->most = most;
    check_that(r, JM_SDJWT_SD_ALG, alg == NULL || jm_json_is_str(alg, "sha-256"),
               "_sd_alg is not sha-256");
    order_disclosures(r, w);
    st = weave_value(w, root, r->s.payload, 1);
    /* a name there already may be the same digest again */
    if (st == JM_OK || w->fault == JM_SDJWT_CLAIM_NAME) {
        enum jm_status once = digests_once(w);

        if (once == JM_E_DENIED)
            w->fault = JM_SDJWT_DIGEST_TWICE;
        st = st == JM_OK || once == JM_E_NO_SPACE ? once : st;
    }
    if (st == JM_E_NO_SPACE) {
        r->f.st = st;
        return;
    }
    if (st != JM_OK) {
        check_that(r, w->fault, false, "digests and disclosures do not fit together");
        return;
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(woven); i++)
        check_that(r, woven[i], true, NULL); /* a fault noted before stays */
    for (size_t i = 0; i < r->s.n; i++) {    /* a twin was told of as such */
        size_t at = w->by_digest[i];
        bool twin =
            (i > 0 && compare_disclosures(&r->s, w->by_digest[i - 1], w->by_digest[i]) == 0) ||
            (i + 1 < r->s.n &&
             compare_disclosures(&r->s, w->by_digest[i], w->by_digest[i + 1]) == 0);

        all_used = all_used && (w->used[at] || twin);
    }
    check_that(r, JM_SDJWT_DISCLOSURE_UNREFERENCED, all_used, "a disclosure belongs to no digest");
    if (all_used)
        r->claims = root;
}

static void check_times(struct run *r)
{
    const struct jm_sdjwt_facts *f = &r->facts;
    bool ok = jm_sdjwt_times(&r->facts, r->s.payload) == JM_OK,
         dated = f->has_exp || f->has_status || !r->status_ok;
    int64_t now = r->x->now, from;

    check_that(r, JM_SDJWT_TIME, ok, "iat, nbf or exp is there and is no time");
    if (!ok)
        return;
    from = f->nbf > f->iat ? f->nbf : f->iat;
    check_that(r, JM_SDJWT_EXPIRED, dated && (!f->has_exp || now - JM_CLOCK_SKEW_S < f->exp),
               dated ? "expired" : "neither exp nor status");
    if (from <= now + JM_CLOCK_SKEW_S)
        check_that(r, JM_SDJWT_NOT_YET_VALID, true, NULL);
    else
        check_that(r, JM_SDJWT_NOT_YET_VALID, false,
                   jm_clock_gap(f->nbf > f->iat ? "nbf" : "iat", from, now, r->mem));
}

static void check_facts(struct run *r)
{
    const struct jm_json *cnf = jm_json_get(r->s.payload, "cnf");
    struct jm_jwk jwk;

    r->have_holder = jm_jwk_read(&jwk, jm_json_get(cnf, "jwk")) == JM_OK;
    if (r->have_holder)
        r->facts.holder = jwk.point;
    if (cnf == NULL && r->x->waive_kb && r->s.kb.ptr == NULL)
        excuse_check(r, JM_SDJWT_HOLDER_KEY,
                     "the credential is bound to nobody, and no binding was asked for");
    else
        check_that(r, JM_SDJWT_HOLDER_KEY, r->have_holder, "cnf.jwk is no public P-256 key");
    check_that(r, JM_SDJWT_VCT,
               r->facts.vct.len > 0 &&
                   (r->x->vct.ptr == NULL || jm_bytes_eq(r->facts.vct, r->x->vct)),
               "vct is missing or another");
    r->status_ok = jm_sdjwt_status(&r->facts, r->s.payload) == JM_OK;
    check_that(r, JM_SDJWT_STATUS_FORM, r->status_ok,
               "status is there and names no list and index");
    check_times(r);
}

/* It was made for this session: its maker's clock and ours agree (spec/openid4vc.md 8). */
static void check_kb_times(struct run *r, const struct jm_json *c)
{
    int64_t iat, now = r->x->now;
    struct jm_diag d = {0};
    bool fits;

    if (jm_json_time(&iat, c, "iat") != JM_OK) {
        check_that(r, JM_SDJWT_KB_FORM, false, "iat is missing or no time");
        return;
    }
    fits = iat >= now - JM_KB_IAT_PAST_S && iat <= now + JM_KB_IAT_FUTURE_S;
    if (fits && jm_jwt_times(c, now, false, r->mem, &d) == JM_OK)
        check_that(r, JM_SDJWT_KB_IAT, true, NULL);
    else
        check_that(r, JM_SDJWT_KB_IAT, false,
                   fits ? (const char *)d.detail.ptr : jm_clock_gap("iat", iat, now, r->mem));
}

static void check_kb_claims(struct run *r, const struct jm_json *c)
{
    struct jm_bytes v;
    uint8_t hash[32], got[32];

    if (r->x->nonce.ptr == NULL || r->x->aud.ptr == NULL) {
        leave_unknown(r, JM_SDJWT_KB_CONTEXT, "audience and nonce were not given");
    } else {
        check_that(r, JM_SDJWT_KB_CONTEXT, true, NULL);
        check_that(r, JM_SDJWT_KB_NONCE,
                   jm_json_str(&v, c, "nonce") == JM_OK && jm_bytes_eq(v, r->x->nonce),
                   "another nonce");
        check_that(r, JM_SDJWT_KB_AUDIENCE,
                   jm_json_str(&v, c, "aud") == JM_OK && jm_bytes_eq(v, r->x->aud),
                   "another audience");
    }
    check_kb_times(r, c);
    check_that(r, JM_SDJWT_KB_HASH,
               jm_sha256(r->x->crypto, r->s.presented, hash) == JM_OK &&
                   jm_json_str(&v, c, "sd_hash") == JM_OK &&
                   jm_b64url_exact(got, sizeof got, v) == JM_OK && memcmp(hash, got, 32) == 0,
               "sd_hash is not that of what was presented");
}

static void check_kb(struct run *r)
{
    struct jm_jws_unverified u;
    struct jm_diag d = {0};
    struct jm_jws jws;
    enum jm_status st;

    if (r->s.kb.ptr == NULL) {
        for (size_t i = 0; i < JM_ARRAY_LEN(of_kb) && r->x->waive_kb; i++)
            excuse_check(r, of_kb[i], "no holder binding was asked for");
        if (!r->x->waive_kb)
            check_that(r, JM_SDJWT_KB_MISSING, false, "no KB-JWT");
        return;
    }
    check_that(r, JM_SDJWT_KB_MISSING, true, NULL);
    st = jm_jws_split(&u, r->s.kb, "kb+jwt", r->mem, &d);
    if (is_pending(r, st))
        return;
    check_that(r, JM_SDJWT_KB_FORM, st == JM_OK, (const char *)d.detail.ptr);
    if (st != JM_OK || !r->have_holder)
        return;
    st = jm_jws_verify(&jws, &u, &r->facts.holder, r->answers, r->mem, &d);
    if (is_pending(r, st))
        return;
    if (st == JM_OK || st == JM_E_SIGNATURE || st == JM_E_DENIED || st == JM_E_MALFORMED)
        check_that(r, JM_SDJWT_KB_SIGNATURE, st == JM_OK, "the holder's signature does not verify");
    else
        leave_unknown(r, JM_SDJWT_KB_SIGNATURE, "nobody could verify it");
    if (st == JM_OK)
        check_kb_claims(r, jm_jws_claims(&jws));
}

static bool is_among(struct jm_bytes name, const struct jm_bytes *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (jm_bytes_eq(name, list[i]))
            return true;
    return false;
}

static void check_asked(struct run *r)
{
    const struct jm_json *expiry = jm_json_get(r->claims, "expiry_date");
    struct jm_date until;

    if (expiry == NULL)
        excuse_check(r, JM_SDJWT_CARD_EXPIRED, "expiry_date was not given");
    else if (expiry->type != JM_JSON_STRING || jm_date_parse(&until, expiry->text) != JM_OK)
        check_that(r, JM_SDJWT_CARD_EXPIRED, false, "expiry_date is no date");
    else
        check_that(r, JM_SDJWT_CARD_EXPIRED, jm_date_cmp(jm_seoul_date(r->x->now), until) <= 0,
                   "the card has expired");
    if (!r->x->judge_claims)
        return;
    for (size_t i = 0; i < r->x->n_asked; i++) {
        bool there = jm_json_get_b(r->claims, r->x->asked[i]) != NULL;

        if (i < r->x->n_required)
            jm_note(&r->f, JM_SDJWT_CLAIM_MISSING, there ? JM_PASS : JM_FAIL, true, 0, 0,
                    r->x->asked[i], there ? NULL : "a required claim is missing");
    }
    /* of the top level; what lies below the query judges */
    for (const struct jm_json *m = r->claims->child; m != NULL; m = m->next)
        if (jm_json_get_b(r->s.payload, m->name) == NULL &&
            !is_among(m->name, r->x->asked, r->x->n_asked))
            jm_note(&r->f, JM_SDJWT_CLAIM_NOT_REQUESTED, JM_WARN, false, 0, 0, m->name,
                    "not asked for: dropped");
}

/* What was not asked for does not surface, whoever sent it (V-04). */
static void drop_unwanted(struct run *r)
{
    static const char *const kept[] = {"iss", "vct", "iat", "nbf", "exp"};
    struct jm_json *root = (struct jm_json *)(uintptr_t)r->claims;
    const struct jm_json **tail;

    if (r->claims == NULL || !r->x->judge_claims)
        return;
    tail = &root->child;
    root->n = 0;
    for (const struct jm_json *m = root->child, *next; m != NULL; m = next) {
        bool keep = is_among(m->name, r->x->asked, r->x->n_asked);

        next = m->next;
        for (size_t i = 0; i < JM_ARRAY_LEN(kept); i++)
            keep = keep || jm_bytes_eq_str(m->name, kept[i]);
        if (!keep)
            continue;
        *tail = m;
        tail = &((struct jm_json *)(uintptr_t)m)->next;
        root->n++;
    }
    *tail = NULL;
}

/* Everything but the status: no address of a credential that nobody vouches for is ever asked. */
static bool holds_so_far(const struct run *r)
{
    for (size_t i = 0; i < r->f.n; i++) {
        const struct jm_check *c = &r->f.check[i];
        bool of_status = c->code >= JM_SDJWT_STATUS_REVOKED && c->code <= JM_SDJWT_STATUS_NONE;

        if (c->result == JM_FAIL || c->result == JM_UNKNOWN ||
            (c->required && !c->said && !of_status))
            return false;
    }
    return true;
}

static void excuse_status(struct run *r, const char *why)
{
    excuse_check(r, JM_SDJWT_STATUS_REVOKED, why);
    for (enum jm_list_fault k = JM_LIST_UNAVAILABLE; k <= JM_LIST_INDEX; k++)
        excuse_check(r, jm_list_code(JM_SDJWT_STATUS_UNAVAILABLE, k), why);
}

static void look_up(struct run *r, const struct jm_status_list *list)
{
    unsigned value = 1;

    if (list->fault != JM_LIST_OK) {
        leave_unknown(r, jm_list_code(JM_SDJWT_STATUS_UNAVAILABLE, list->fault),
                      list->ahead_s != 0
                          ? jm_clock_gap("the status list", r->x->now + list->ahead_s, r->x->now,
                                         r->mem)
                          : "no fresh status");
    } else if (jm_statuslist_get(&value, list, r->facts.status_idx) != JM_OK) {
        leave_unknown(r, JM_SDJWT_STATUS_INDEX, "the index is not in the list");
    } else {
        for (enum jm_list_fault k = JM_LIST_UNAVAILABLE; k <= JM_LIST_INDEX; k++)
            /* that is what JM_LIST_OK says */
            check_that(r, jm_list_code(JM_SDJWT_STATUS_UNAVAILABLE, k), true, NULL);
        check_that(r, JM_SDJWT_STATUS_REVOKED, value == 0, "the list says: not valid now");
    }
}

static void ask_status(struct run *r)
{
    const struct jm_find_ask find = {JM_FIND_STATUS_LIST, r->facts.status_uri, {NULL, 0}, false};
    const struct jm_ask ask = {.kind = JM_ASK_FIND, .what = &find};
    struct jm_answer a;

    if (is_pending(r, jm_answers_give(&a, NULL, &ask, r->answers, r->mem)))
        return;
    if (a.st == JM_OK && a.what != NULL)
        look_up(r, a.what);
    else if (!r->x->waive_status)
        leave_unknown(r, JM_SDJWT_STATUS_UNAVAILABLE, "the status list is not to be had");
}

static void check_status(struct run *r)
{
    if (!r->status_ok)
        return;
    if (jm_json_get(r->s.payload, "status") == NULL) {
        jm_note(&r->f, JM_SDJWT_STATUS_NONE, r->x->waive_status ? JM_WARN : JM_FAIL, true, 0, 0,
                jm_none(), "the credential names no status list");
        excuse_status(r, "the credential names no status list");
        return;
    }
    check_that(r, JM_SDJWT_STATUS_NONE, true, NULL);
    if (!r->facts.has_status) {
        if (!r->x->waive_status)
            leave_unknown(r, JM_SDJWT_STATUS_UNAVAILABLE,
                          "the credential's status is of a kind not supported here");
    } else if (r->x->ask_whatever_failed || holds_so_far(r)) {
        ask_status(r);
    }
    if (r->x->waive_status)
        excuse_status(r, "no status list was given, and none is demanded");
}

static enum jm_status finish_run(struct run *r, struct jm_sdjwt_verified *v)
{
    drop_unwanted(r);
    v->claims = r->claims;
    return jm_report_of(&v->report, &r->f);
}

static void judge_copy(struct run *r)
{
    static const enum jm_code read[] = {JM_SDJWT_FORM, JM_SDJWT_TYP, JM_SDJWT_DISCLOSURE_FORM};

    for (size_t i = 0; i < JM_ARRAY_LEN(read); i++)
        check_that(r, read[i], true, NULL); /* jm_sdjwt_split() has judged them */
    if (jm_json_text(&r->facts.vct, r->s.payload, "vct", JM_VCT_MAX) != JM_OK)
        r->facts.vct = jm_none();
    check_issuer(r);
    if (r->f.st == JM_OK)
        check_disclosures(r);
    check_facts(r);
    if (r->f.st == JM_OK)
        check_kb(r);
    if (r->claims != NULL)
        check_asked(r);
    if (r->f.st == JM_OK)
        check_status(r);
}

enum jm_status jm_sdjwt_verify(const struct jm_sdjwt_verified **out, struct jm_bytes presentation,
                               const struct jm_sdjwt_context *context,
                               const struct jm_answers *answers, struct jm_arena *mem)
{
    struct jm_sdjwt_verified *v = JM_NEW(mem, struct jm_sdjwt_verified);
    struct run *r = JM_NEW(mem, struct run);
    struct jm_diag d = {0};
    size_t tildes = 0;
    enum jm_status st;

    *out = NULL;
    if (v == NULL || r == NULL)
        return JM_E_NO_SPACE;
    r->x = context;
    r->answers = answers;
    r->mem = mem;
    for (size_t i = 0; (i = jm_bytes_until(presentation, i, '~')) < presentation.len &&
                       tildes < JM_SDJWT_DISCLOSURES_MAX;
         i++)
        tildes++;
    JM_TRY(jm_findings_init(&r->f, mem, CHECKS_MAX + 2 * tildes + context->n_asked));
    expect_all(r);
    st = jm_sdjwt_split(&r->s, presentation, context->crypto, mem, &d);
    if (st == JM_E_NO_SPACE)
        return st;
    if (st == JM_OK)
        judge_copy(r);
    else
        jm_note(&r->f, d.code == JM_CODE_NONE ? JM_SDJWT_FORM : d.code, JM_FAIL, true, 0, d.offset,
                jm_none(), (const char *)d.detail.ptr);
    JM_TRY(finish_run(r, v));
    *out = v;
    return JM_OK;
}

const struct jm_report *jm_sdjwt_report(const struct jm_sdjwt_verified *v)
{
    return &v->report;
}

const struct jm_json *jm_sdjwt_claims(const struct jm_sdjwt_verified *v)
{
    return v->report.verdict == JM_ACCEPTED ? v->claims : NULL;
}

const struct jm_json *jm_sdjwt_unverified(const struct jm_sdjwt_verified *v)
{
    return v->claims;
}
