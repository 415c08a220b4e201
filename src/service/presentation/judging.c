/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of one answer, in the order of openid4vc.md 6.3; nothing here talks to a wallet. */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "service/presentation/parts.h"

#define OBJECTS_EACH 32 /* object numbers of one presentation in the report */
/* claims of one presentation that nobody asked for: so many are named, all are dropped */
#define UNASKED_TOLD 8

static void note_answer(struct jm_judging *j, enum jm_code code, enum jm_result result,
                        struct jm_bytes path, const char *why)
{
    jm_note(&j->f, code, result, true, 0, 0, path, why);
}

/* Checks of one presentation join the report, their paths below the query's id. */
static enum jm_status join_report(struct jm_judging *j, const struct jm_report *r,
                                  struct jm_bytes query, size_t i)
{
    size_t unasked = 0;

    for (size_t k = 0; k < r->n; k++) {
        const struct jm_check *c = &r->checks[k];
        const struct jm_bytes parts[] = {query, JM_BYTES("/"), c->path};
        struct jm_bytes path = query;

        if (c->code == JM_MDOC_MSO_SEEN)
            continue; /* ours to say */
        if (c->code == JM_SDJWT_CLAIM_NOT_REQUESTED && c->result == JM_WARN &&
            ++unasked > UNASKED_TOLD)
            continue;
        if (c->path.len != 0)
            JM_TRY(jm_concat(&path, j->mem, parts, JM_ARRAY_LEN(parts)));
        jm_note(&j->f, c->code, c->result, c->required, (uint16_t)(i * OBJECTS_EACH + c->object),
                c->offset, path, (const char *)c->detail.ptr);
    }
    return j->f.st;
}

/* -- what was asked -- */

static bool in_set(const struct jm_json *set, struct jm_bytes id)
{
    for (const struct jm_json *e = set->child; e != NULL; e = e->next)
        if (jm_bytes_eq(e->text, id))
            return true;
    return false;
}

/* No set goes without it. */
static bool is_required(const struct jm_dcql_credential *q, const struct jm_dcql_claim *c)
{
    for (const struct jm_json *s = q->claim_sets == NULL ? NULL : q->claim_sets->child; s != NULL;
         s = s->next)
        if (!in_set(s, c->id))
            return false;
    return true;
}

/* Top-level names of the query's claims, required ones first: for the reports of the formats. */
static enum jm_status asked_of(struct jm_judging *j, const struct jm_presented *p,
                               struct jm_mdoc_pick **out, size_t *n, size_t *n_required)
{
    const struct jm_dcql_credential *q = p->query;
    struct jm_mdoc_pick *pick = JM_NEW_N(j->mem, struct jm_mdoc_pick, q->n + 1);

    *n = *n_required = 0;
    if (pick == NULL)
        return JM_E_NO_SPACE;
    for (int optional = 0; optional < 2; optional++) {
        for (size_t i = 0; i < q->n; i++)
            if (is_required(q, &q->claim[i]) == (optional == 0))
                pick[(*n)++] =
                    (struct jm_mdoc_pick){q->claim[i].step[0].name, q->claim[i].n_steps > 1
                                                                        ? q->claim[i].step[1].name
                                                                        : jm_none()};
        if (optional == 0)
            *n_required = *n;
    }
    *out = pick;
    return JM_OK;
}

/* The first part below the top level that nobody asked for; the top level the format's own report
 * tells. */
static const struct jm_claim *first_unasked(const struct jm_claim *of, const bool *asked)
{
    for (const struct jm_claim *c = of->child; c != NULL; c = c->next) {
        const struct jm_claim *below =
            c->part != 0 && c->up->up != NULL && !asked[c->part - 1] ? c : first_unasked(c, asked);

        if (below != NULL)
            return below;
    }
    return NULL;
}

static enum jm_status note_unasked(struct jm_judging *j, const struct jm_presented *p, size_t i)
{
    bool *asked = JM_NEW_N(j->mem, bool, p->claims.n_parts + 1);
    const struct jm_claim *c;
    struct jm_bytes name;

    if (asked == NULL)
        return JM_E_NO_SPACE;
    for (size_t k = 0; k < p->asked.n; k++)
        jm_claim_parts(asked, p->asked.claim[k]);
    if (p->claims.fmt == JM_FMT_MDOC || (c = first_unasked(p->claims.root, asked)) == NULL)
        return JM_OK;
    JM_TRY(jm_claim_name(&name, &p->claims, c, j->mem));
    const struct jm_bytes parts[] = {p->query->id, JM_BYTES("/"), name};
    JM_TRY(jm_concat(&name, j->mem, parts, JM_ARRAY_LEN(parts)));
    jm_note(&j->f, JM_SDJWT_CLAIM_NOT_REQUESTED, JM_WARN, false, (uint16_t)(i * OBJECTS_EACH), 0,
            name, "not asked for: dropped");
    return JM_OK;
}

/* The same judgement as the wallet's: paths, values, sets, authorities. What it does not name never
 * surfaces (V-04). */
static enum jm_status judge_query(struct jm_judging *j, struct jm_presented *p, size_t i)
{
    enum jm_status st = jm_dcql_match(&p->asked, p->query, &p->claims, j->mem);

    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    jm_note(&j->f, JM_VP_QUERY_UNMET, st == JM_OK ? JM_PASS : JM_FAIL, true,
            (uint16_t)(i * OBJECTS_EACH), 0, p->query->id,
            st == JM_OK ? NULL : "what is shown does not answer the query");
    return st == JM_OK ? note_unasked(j, p, i) : JM_OK;
}

/* -- mdoc -- */

static bool has_anchor(const struct jm_anchors *in, const struct jm_anchor *anchor)
{
    for (size_t i = 0; anchor != NULL && i < in->n; i++)
        if (jm_bytes_eq(in->anchor[i].cert->der, anchor->cert->der))
            return true;
    return false;
}

/* Those of the authority that made the trust set. */
static enum jm_status own_anchors(struct jm_anchors *out, const struct jm_judging *j,
                                  struct jm_bytes type)
{
    *out = (struct jm_anchors){.n = 0};
    return j->v->authority.ptr == NULL ? JM_OK
                                       : jm_trust_anchors(out, &j->v->trust, JM_CERT_IACA,
                                                          j->v->authority, type, j->now, j->mem);
}

/* Documents of our own authority keep to its form, and their lists of certificates are asked for.
 */
static void judge_whole(struct jm_mdoc_policy *policy, bool own)
{
    policy->waive_status = false;
    policy->strict_issuer_form = own;
    policy->waive_crl = !own;
}

/*
 * First without lists: nobody is told by a fetch of what does not hold anyway, and whose it is
 * shows. Where nothing is fetched, and all who may have issued it are of one kind, once is enough.
 */
static enum jm_status verify_mdoc(const struct jm_mdoc_verified **out, struct jm_judging *j,
                                  struct jm_bytes octets, struct jm_mdoc_context *x,
                                  struct jm_bytes type)
{
    const struct jm_mdoc_claims *shown;
    struct jm_anchors own;

    JM_TRY(own_anchors(&own, j, type));
    if (j->look.stays && (own.n == 0 || own.n == x->anchors->n)) {
        judge_whole(&x->policy, own.n != 0);
        return jm_mdoc_verify(out, octets, x, &j->answers, j->mem);
    }
    j->look.off = true;
    JM_TRY(jm_mdoc_verify(out, octets, x, &j->answers, j->mem));
    j->look.off = false;
    if (jm_mdoc_report(*out)->verdict == JM_REJECTED)
        return JM_OK;
    shown = jm_mdoc_unverified(*out, 0);
    judge_whole(&x->policy, shown != NULL && has_anchor(&own, shown->anchor));
    return jm_mdoc_verify(out, octets, x, &j->answers, j->mem);
}

/* A copy is meant to be shown once: a second time is told, and refuses nothing by itself. */
static enum jm_status note_seen(struct jm_judging *j, struct jm_presented *p,
                                const struct jm_mdoc_claims *c, size_t i)
{
    enum jm_status st;
    bool seen = false;

    JM_TRY(jm_sha256(j->v->base.env.crypto, c->mso, p->mso_hash));
    p->mso_until = c->valid_until_s + 60;
    JM_READ(st, tx, &j->v->base.env, jm_presentation_rows_seen(tx, p->mso_hash, &seen));
    JM_TRY(st);
    jm_note(&j->f, JM_MDOC_MSO_SEEN, seen ? JM_WARN : JM_PASS, false,
            (uint16_t)(i * OBJECTS_EACH + 1), 0, p->query->id,
            seen ? "this copy was shown to this verifier before" : NULL);
    return JM_OK;
}

static enum jm_status judge_mdoc(struct jm_judging *j, struct jm_presented *p, struct jm_bytes text,
                                 size_t i)
{
    struct jm_mdoc_request request = {.doctype = p->type};
    struct jm_mdoc_context x = {.now = j->now,
                                .schema = j->v->trust.schema,
                                .n_schemas = j->v->trust.n_schemas,
                                .transcript = j->transcript,
                                .request = &request,
                                .policy = JM_MDOC_POLICY_WAIVED,
                                .crypto = j->v->base.env.crypto};
    const struct jm_mdoc_verified *verified;
    const struct jm_mdoc_claims *shown;
    struct jm_mdoc_pick *pick;
    struct jm_anchors anchors;
    struct jm_bytes octets;

    if (jm_b64url_decode(&octets, j->mem, text) != JM_OK) {
        note_answer(j, JM_VP_TOKEN_FORM, JM_FAIL, p->query->id, "a presentation is no base64url");
        return JM_OK;
    }
    JM_TRY(asked_of(j, p, &pick, &request.n, &request.n_required));
    request.asked = pick;
    JM_TRY(jm_dcql_key_ids(&request.authority, &request.n_authorities, p->query, j->mem));
    JM_TRY(
        jm_trust_anchors(&anchors, &j->v->trust, JM_CERT_IACA, jm_none(), p->type, j->now, j->mem));
    x.anchors = &anchors;
    JM_TRY(verify_mdoc(&verified, j, octets, &x, p->type));
    if (jm_mdoc_documents(verified) > 1) { /* what each of them is does not matter */
        note_answer(j, JM_VP_TOKEN_FORM, JM_FAIL, p->query->id, "a presentation is one document");
        return JM_OK;
    }
    JM_TRY(join_report(j, jm_mdoc_report(verified), p->query->id, i));
    if (jm_mdoc_claims(verified, 0) != NULL) {
        JM_TRY(jm_claims_of_mdoc(&p->claims, jm_mdoc_claims(verified, 0), j->mem));
        JM_TRY(judge_query(j, p, i));
    }
    shown =
        jm_mdoc_report(verified)->verdict == JM_REJECTED ? NULL : jm_mdoc_unverified(verified, 0);
    return shown == NULL ? JM_OK : note_seen(j, p, shown, i);
}

/* -- SD-JWT -- */

/* Where an array was shown in part, positions still count as the issuer counted: so from the
 * presentation itself. */
static enum jm_status claims_of(struct jm_judging *j, struct jm_presented *p, struct jm_bytes text)
{
    struct jm_sdjwt s;
    enum jm_status st = jm_sdjwt_split(&s, text, j->v->base.env.crypto, j->mem, NULL);

    if (st == JM_OK)
        st = jm_claims_of_sdjwt(&p->claims, &s, j->mem);
    return st == JM_OK || st == JM_E_NO_SPACE ? st : JM_E_BUG; /* it has been verified */
}

static enum jm_status judge_sdjwt(struct jm_judging *j, struct jm_presented *p,
                                  struct jm_bytes text, size_t i)
{
    struct jm_sdjwt_context x = {.now = j->now,
                                 .vct = p->type,
                                 .aud = j->p->client_id,
                                 .nonce = j->p->nonce,
                                 .judge_claims = true,
                                 .waive_crl = true,
                                 .crypto = j->v->base.env.crypto};
    const struct jm_sdjwt_verified *verified;
    struct jm_bytes *name;
    struct jm_mdoc_pick *pick;
    struct jm_anchors anchors;

    JM_TRY(asked_of(j, p, &pick, &x.n_asked, &x.n_required));
    if ((name = JM_NEW_N(j->mem, struct jm_bytes, x.n_asked + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t k = 0; k < x.n_asked; k++)
        name[k] = pick[k].ns;
    x.asked = name;
    JM_TRY(jm_dcql_key_ids(&x.authority, &x.n_authorities, p->query, j->mem));
    JM_TRY(jm_trust_anchors(&anchors, &j->v->trust, JM_CERT_SDJWT_CA, jm_none(), p->type, j->now,
                            j->mem));
    x.anchors = &anchors;
    JM_TRY(jm_sdjwt_verify(&verified, text, &x, &j->answers, j->mem));
    JM_TRY(join_report(j, jm_sdjwt_report(verified), p->query->id, i));
    if (jm_sdjwt_claims(verified) == NULL)
        return JM_OK;
    JM_TRY(claims_of(j, p, text));
    return judge_query(j, p, i);
}

/* -- levels: D-310 -- */

static int64_t number_of(const struct jm_claim *c)
{
    struct jm_cbor r;
    int64_t v = -1;

    if (c->json != NULL)
        return jm_json_int(&v, c->json) == JM_OK ? v : -1;
    jm_cbor_init(&r, c->cbor);
    v = jm_cbor_int(&r);
    return jm_cbor_end(&r) == JM_OK ? v : -1;
}

/* What the schema of the type says to be that level, where it was asked for and shown. */
static int64_t level_of(const struct jm_judging *j, const struct jm_presented *p, unsigned flag)
{
    const struct jm_trust *t = &j->v->trust;
    const struct jm_schema *s = jm_schema_of(t->schema, t->n_schemas, p->claims.fmt, p->type);

    for (size_t i = 0; i < p->asked.n; i++) {
        const struct jm_claim *c = p->asked.claim[i];
        const struct jm_bytes path[] = {c->up->name, c->name};
        size_t skip = p->claims.fmt == JM_FMT_MDOC ? 0 : 1;
        const struct jm_rule *rule = jm_schema_rule(s, path + skip, JM_ARRAY_LEN(path) - skip);

        if (c->kind == JM_CLAIM_VALUE && rule != NULL && (rule->flags & flag) != 0 &&
            (skip == 0 || c->up->up == NULL))
            return number_of(c);
    }
    return -1;
}

static void check_level(struct jm_judging *j, const struct jm_presented *p, const char *name,
                        unsigned asked, int64_t shown)
{
    bool ok = asked <= 1 || shown >= (int64_t)asked;

    if (asked == 0 || p->claims.root == NULL)
        return; /* not stated, or nothing to judge */
    jm_note(&j->f, JM_VER_LEVEL, ok ? JM_PASS : JM_FAIL, true, 0, 0, jm_str(name),
            ok          ? NULL
            : shown < 0 ? "the level is not shown"
                        : "the level is lower than the service asks");
}

static void check_levels(struct jm_judging *j, const struct jm_presented *p)
{
    int64_t key = level_of(j, p, JM_RULE_KEY_LEVEL), issuance = level_of(j, p, JM_RULE_ISSUE_LEVEL);

    check_level(j, p, "key_level", j->service->level_k, key);
    check_level(j, p, "issuance_level", j->service->level_i, issuance);
    if (j->service->level_u > 1)
        jm_note(&j->f, JM_VER_LEVEL, JM_UNKNOWN, true, 0, 0, JM_BYTES("verification_level"),
                "no answer shows how the holder was verified");
    if (key >= 0)
        j->key_level = key;
    if (issuance >= 0)
        j->issuance_level = issuance;
}

/* -- the whole -- */

static enum jm_status prepare_judging(struct jm_judging *j)
{
    const struct jm_env *env = &j->v->base.env;
    const struct jm_bytes parts[] = {j->v->url, JM_BYTES("/response/"), j->p->request};
    const struct jm_json *query;
    struct jm_bytes response_uri;
    uint8_t thumb[32];

    JM_TRY(jm_json_parse(&query, j->p->dcql, j->mem, NULL));
    JM_TRY(jm_dcql_parse(&j->dcql, query, j->mem, NULL));
    JM_TRY(jm_concat(&response_uri, j->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_jwk_thumbprint(thumb, env->crypto, &j->p->enc));
    return jm_transcript_oid4vp(&j->transcript, env->crypto, j->p->client_id, j->p->nonce,
                                jm_bytes(thumb, sizeof thumb), response_uri, j->mem);
}

/* Room for what can be said of them: it is wiped afterwards, so no more than is wanted. */
static enum jm_status make_room(struct jm_judging *j, const struct jm_json *vp_token)
{
    size_t n = 0;

    for (const struct jm_json *a = vp_token == NULL ? NULL : vp_token->child; a != NULL;
         a = a->next)
        for (const struct jm_json *e = a->child; e != NULL && n < JM_PRESENTED_MAX; e = e->next)
            n++;
    return jm_findings_init(&j->f, j->mem, (n + 1) * JM_PRESENTED_CHECKS);
}

static enum jm_status judge_one(struct jm_judging *j, const struct jm_dcql_credential *q,
                                struct jm_bytes text)
{
    struct jm_presented *p = &j->presented[j->n];
    size_t i = j->n++;

    p->query = q;
    p->type = q->fmt == JM_FMT_MDOC ? q->type : q->vct_values->child->text;
    JM_TRY(q->fmt == JM_FMT_MDOC ? judge_mdoc(j, p, text, i) : judge_sdjwt(j, p, text, i));
    check_levels(j, p);
    return JM_OK;
}

static enum jm_status judge_answer(struct jm_judging *j, const struct jm_json *answer)
{
    const struct jm_dcql_credential *q = NULL;

    for (size_t k = 0; k < j->dcql.n; k++)
        if (jm_bytes_eq(j->dcql.credential[k].id, answer->name))
            q = &j->dcql.credential[k];
    if (q == NULL)
        return JM_E_BUG; /* jm_vp_token_read has looked */
    for (const struct jm_json *e = answer->child; e != NULL; e = e->next) {
        if (j->n == JM_PRESENTED_MAX) {
            note_answer(j, JM_VP_TOKEN_FORM, JM_FAIL, jm_none(),
                        "more presentations than are judged at once");
            return JM_OK;
        }
        JM_TRY(judge_one(j, q, e->text));
    }
    return JM_OK;
}

enum jm_status jm_judge(struct jm_judging *j, struct jm_bytes plain)
{
    struct jm_vp_token token = {.vp_token = NULL};
    struct jm_diag d = {0};
    enum jm_status st;

    j->key_level = j->issuance_level = -1;
    JM_TRY(prepare_judging(j));
    st = jm_vp_token_read(&token, plain, &j->dcql, j->mem, &d);
    if (st == JM_E_NO_SPACE)
        return st;
    JM_TRY(make_room(j, st == JM_OK ? token.vp_token : NULL));
    if (j->v->clock_behind != NULL && j->v->clock_behind(j->v->ctx))
        note_answer(j, JM_CMD_CLOCK_BACK, JM_UNKNOWN, jm_none(), "this clock has fallen back");
    if (st != JM_OK) {
        note_answer(j, d.code, JM_FAIL, jm_none(), (const char *)d.detail.ptr);
        return JM_OK;
    }
    if (!jm_bytes_eq(token.state, j->p->request)) {
        note_answer(j, JM_VP_RESPONSE_STATE, JM_FAIL, jm_none(),
                    "state is not that of this request");
        return JM_OK;
    }
    note_answer(j, JM_VP_RESPONSE_STATE, JM_PASS, jm_none(), NULL);
    note_answer(j, JM_VP_TOKEN_FORM, JM_PASS, jm_none(), NULL);
    j->vp_token = token.vp_token->raw;
    for (const struct jm_json *a = token.vp_token->child; a != NULL; a = a->next)
        JM_TRY(judge_answer(j, a));
    return j->f.st;
}
