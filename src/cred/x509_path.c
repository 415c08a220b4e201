/* SPDX-License-Identifier: Apache-2.0 */
/* The path judge: rules of the leaf, candidates and what speaks against each, signatures,
 * revocation. */
#include "jumin/path.h"

#include <string.h>

/* -- findings -- */

static int badness_of(enum jm_result r)
{
    static const int of[] =
        {[JM_NOT_RUN] = 0, [JM_PASS] = 1, [JM_WARN] = 2, [JM_UNKNOWN] = 3, [JM_FAIL] = 4};

    return of[r];
}

static void say_rule(struct jm_path *p, enum jm_path_rule rule, enum jm_result result,
                     const char *detail)
{
    if (badness_of(result) > badness_of(p->rule[rule].result))
        p->rule[rule] = (struct jm_path_finding){result, result == JM_PASS ? NULL : detail};
}

static void check_rule(struct jm_path *p, enum jm_path_rule rule, bool ok, const char *detail)
{
    say_rule(p, rule, ok ? JM_PASS : JM_FAIL, detail);
}

/* What nobody has looked at, with its reason. */
static void idle_rules(struct jm_path *p, enum jm_path_rule first, enum jm_path_rule last,
                       const char *why)
{
    for (enum jm_path_rule r = first; r <= last; r++)
        if (p->rule[r].result == JM_NOT_RUN && p->rule[r].detail == NULL)
            p->rule[r].detail = why;
}

/* -- the leaf -- */

/* One row a use: may the extension be absent, and what may it say. */
struct use {
    bool need_eku, any;
    struct jm_bytes eku[2];
};

static struct use use_of(enum jm_path_use use)
{
    switch (use) {
    case JM_PATH_MDOC: return (struct use){true, false, {JM_OID_EKU_MDL_DS, JM_OID_EKU_MDOC_DS}};
    case JM_PATH_SDJWT: return (struct use){false, false, {JM_OID_EKU_MDL_DS, JM_OID_EKU_MDOC_DS}};
    case JM_PATH_STATUS: return (struct use){false, false, {JM_OID_EKU_STATUS, {NULL, 0}}};
    case JM_PATH_REQUEST:
        return (struct use){false, false, {JM_OID_EKU_MDL_READER, JM_OID_EKU_MDOC_READER}};
    case JM_PATH_ANY:
    case JM_PATH_CERTIFICATE: return (struct use){false, true, {{NULL, 0}, {NULL, 0}}};
    case JM_PATH_CARD: return (struct use){true, false, {JM_OID_EKU_CARD_SIGNER, {NULL, 0}}};
    case JM_PATH_ATTESTATION:
    case JM_PATH_METADATA: return (struct use){false, false, {{NULL, 0}, {NULL, 0}}};
    case JM_PATH_UNSAID: break;
    }
    return (struct use){true, false, {{NULL, 0}, {NULL, 0}}}; /* no certificate fits */
}

/* Who signs the security objects of cards never signs a document, nor the other way round. */
static bool crosses_purposes(const struct jm_cert *c, enum jm_path_use use)
{
    return use == JM_PATH_MDOC ? jm_cert_has_eku(c, JM_OID_EKU_CARD_SIGNER)
           : use == JM_PATH_CARD
               ? jm_cert_has_eku(c, JM_OID_EKU_MDL_DS) || jm_cert_has_eku(c, JM_OID_EKU_MDOC_DS)
               : false;
}

static bool eku_ok(const struct jm_cert *c, const struct jm_path_spec *s)
{
    struct use u = use_of(s->use);

    if (u.any || !c->has_eku)
        return u.any || !u.need_eku;
    if (s->use == JM_PATH_CARD && s->eku.len != 0)
        u.eku[0] = s->eku;
    if (crosses_purposes(c, s->use))
        return false;
    for (size_t i = 0; i < JM_ARRAY_LEN(u.eku); i++)
        if (u.eku[i].len != 0 && jm_cert_has_eku(c, u.eku[i]))
            return true;
    return false;
}

/* Purpose, key usage and CA are notices where the signer itself is pinned. */
static void check_softly(struct jm_path *p, enum jm_path_rule rule, bool ok, const char *detail)
{
    say_rule(p, rule, ok ? JM_PASS : p->pinned ? JM_WARN : JM_FAIL, detail);
}

static void judge_leaf(struct jm_path *p)
{
    const struct jm_path_spec *s = &p->spec;
    const struct jm_cert *c = &p->chain[0];
    bool usable = c->key_alg != JM_KEY_OTHER && (c->key_alg != JM_KEY_P256 || c->key_uncompressed);

    check_rule(p, JM_PATH_LEAF_FROM, s->now >= c->not_before - s->skew_s,
               "the signer certificate is not valid yet");
    check_rule(p, JM_PATH_LEAF_UNTIL, s->now <= c->not_after + s->skew_s,
               "the signer certificate has expired");
    check_softly(p, JM_PATH_EKU, eku_ok(c, s), "extKeyUsage does not allow this use");
    if (s->use == JM_PATH_CERTIFICATE)
        idle_rules(p, JM_PATH_KU, JM_PATH_IS_CA, "a certificate alone may be a CA's");
    else if (s->use == JM_PATH_MDOC || s->use == JM_PATH_CARD)
        check_softly(p, JM_PATH_KU, c->has_ku && (c->ku & JM_KU_DIGITAL_SIGNATURE) != 0,
                     "keyUsage does not have digitalSignature");
    else
        check_softly(p, JM_PATH_KU, !c->has_ku || (c->ku & JM_KU_DIGITAL_SIGNATURE) != 0,
                     "keyUsage does not have digitalSignature");
    if (s->use != JM_PATH_CERTIFICATE)
        check_softly(p, JM_PATH_IS_CA, !c->is_ca, "the signer certificate is a CA's");
    check_rule(p, JM_PATH_CRITICAL, !c->ext_critical_unknown,
               "an extension that is not processed here is critical");
    /* Documents by other curves are told apart by their algorithm; tokens know P-256 alone. */
    check_rule(p, JM_PATH_KEY,
               s->use == JM_PATH_MDOC || s->use == JM_PATH_CERTIFICATE
                   ? usable
                   : c->key_alg == JM_KEY_P256 && c->key_uncompressed,
               "the signer's key is no uncompressed P-256 key, the only kind supported here");
}

static bool is_anchor(const struct jm_anchor *a, const struct jm_cert *c)
{
    return a->cert != NULL && jm_bytes_eq(a->cert->der, c->der);
}

static void judge_others(struct jm_path *p)
{
    bool root = false;

    for (size_t i = 0; i < p->n; i++) {
        root = root || (i > 0 && jm_cert_is_self_signed(&p->chain[i]));
        for (size_t k = 0; p->spec.anchors != NULL && k < p->spec.anchors->n; k++)
            root = root || is_anchor(&p->spec.anchors->anchor[k], &p->chain[i]);
    }
    if (p->pinned || p->spec.use == JM_PATH_CERTIFICATE)
        idle_rules(p, JM_PATH_SELF, JM_PATH_ROOT,
                   p->pinned ? "the signer itself is pinned: no path is built"
                             : "a certificate alone may be a root");
    else
        check_rule(p, JM_PATH_SELF, !jm_cert_is_self_signed(&p->chain[0]),
                   "the leaf is self-signed");
    if (!p->pinned && p->spec.use != JM_PATH_CERTIFICATE)
        say_rule(p, JM_PATH_ROOT,
                 !root                         ? JM_PASS
                 : p->spec.use == JM_PATH_MDOC ? JM_WARN
                                               : JM_FAIL,
                 "the root stands among the certificates");
}

/* -- candidates -- */

static const struct jm_anchor *anchor_at(const struct jm_path *p, size_t i)
{
    return &p->spec.anchors->anchor[i];
}

static const struct jm_cert *issuer_in(const struct jm_path *p, const struct jm_path_candidate *c,
                                       size_t i)
{
    return i < c->at ? &p->chain[i + 1] : anchor_at(p, c->anchor)->cert;
}

static bool same_key_id(const struct jm_cert *c, const struct jm_cert *ca)
{
    return c->has_aki && c->aki.len != 0 && ca->has_ski && jm_bytes_eq(c->aki, ca->ski);
}

/* By name, narrowed by key identifiers where both say one; or by key identifier under another name,
 * which NAME refuses. */
static bool may_have_issued(const struct jm_cert *ca, const struct jm_cert *c)
{
    if (!jm_bytes_eq(ca->subject.der, c->issuer.der))
        return same_key_id(c, ca);
    return !c->has_aki || c->aki.len == 0 || !ca->has_ski || jm_bytes_eq(c->aki, ca->ski);
}

static bool may_vouch(const struct jm_anchor *a, struct jm_bytes type)
{
    if (a->any_type || type.ptr == NULL)
        return true;
    for (size_t i = 0; i < a->n_types; i++)
        if (jm_bytes_eq(a->types[i], type))
            return true;
    return false;
}

/* A collector of what speaks against a candidate: its first rule, or findings. */
struct against {
    struct jm_path *say; /* null: only the rank is wanted */
    unsigned rank;
};

static void hold_against(struct against *a, enum jm_path_rule rule, bool ok, const char *detail)
{
    if (a->say != NULL)
        check_rule(a->say, rule, ok, detail);
    if (!ok && (unsigned)rule < a->rank)
        a->rank = (unsigned)rule;
}

static bool usable_ca(const struct jm_cert *ca)
{
    return jm_chain_is_ca(ca) && ca->key_alg == JM_KEY_P256 && ca->key_uncompressed;
}

static void weigh_issuer(struct against *a, const struct jm_path *p,
                         const struct jm_path_candidate *x, size_t i)
{
    const struct jm_cert *c = &p->chain[i], *ca = issuer_in(p, x, i);
    int64_t now = p->spec.now, skew = p->spec.skew_s;

    hold_against(a, JM_PATH_NAME, jm_bytes_eq(c->issuer.der, ca->subject.der),
                 "the issuer's name is not that of the CA with this key identifier");
    hold_against(a, JM_PATH_LENGTH, !ca->has_path_len || ca->path_len >= i,
                 "there are more certificates below a CA than it allows");
    hold_against(a, JM_PATH_CA, usable_ca(ca),
                 "an issuer is no CA, may not sign certificates, or has no uncompressed P-256 key");
    hold_against(a, JM_PATH_CRITICAL, !ca->ext_critical_unknown,
                 "an extension of a CA that is not processed here is critical");
    hold_against(a, JM_PATH_CA_FROM, now >= ca->not_before - skew,
                 "the CA certificate is not valid yet");
    hold_against(a, JM_PATH_CA_UNTIL, now <= ca->not_after + skew,
                 "the CA certificate has expired");
    hold_against(a, JM_PATH_SIG_ALG, c->sig_alg == JM_SIG_ECDSA_SHA256 && c->sig_alg_twice_equal,
                 "a certificate is not signed with ecdsa-with-SHA256, the only one supported here");
}

static void weigh_candidate(struct against *a, const struct jm_path *p,
                            const struct jm_path_candidate *x)
{
    const struct jm_anchor *anchor = anchor_at(p, x->anchor);
    const struct jm_cert *leaf = &p->chain[0];

    a->rank = JM_PATH_RULES;
    for (size_t i = 0; i <= x->at; i++)
        weigh_issuer(a, p, x, i);
    hold_against(a, JM_PATH_TYPE, may_vouch(anchor, p->spec.type),
                 "the CA is not trusted for this type");
    if (p->spec.use != JM_PATH_MDOC) {
        if (a->say != NULL)
            idle_rules(a->say, JM_PATH_COUNTRY, JM_PATH_STATE, "of documents alone");
        return;
    }
    hold_against(a, JM_PATH_LENGTH, x->at == 0, "a CA stands between the signer and the IACA");
    hold_against(a, JM_PATH_COUNTRY,
                 jm_bytes_eq(leaf->subject.country, anchor->cert->subject.country),
                 "the signer's country is not that of its CA");
    hold_against(a, JM_PATH_STATE,
                 leaf->subject.state.len == 0 || anchor->cert->subject.state.len == 0 ||
                     jm_bytes_eq(leaf->subject.state, anchor->cert->subject.state),
                 "the signer's state is not that of its CA");
}

static bool is_candidate(const struct jm_path *p, size_t at, size_t anchor)
{
    const struct jm_anchor *a = anchor_at(p, anchor);

    if (a->pinned || a->cert == NULL)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!may_have_issued(&p->chain[i + 1], &p->chain[i]))
            return false;
    return may_have_issued(a->cert, &p->chain[at]);
}

/* The one after @p p->trying: nothing against it first, then by how far it comes; among equals as
 * they stand. */
static bool next_candidate(struct jm_path *p)
{
    struct jm_path_candidate found = {0, 0, 0, false};

    for (size_t at = 0; at < p->n; at++)
        for (size_t k = 0; k < p->spec.anchors->n; k++) {
            struct jm_path_candidate x = {at, k, 0, true};
            struct against a = {NULL, 0};
            bool later = !p->trying.any;

            if (!is_candidate(p, at, k))
                continue;
            weigh_candidate(&a, p, &x);
            x.rank = a.rank;
            if (p->trying.any)
                later = x.rank < p->trying.rank ||
                        (x.rank == p->trying.rank &&
                         (at > p->trying.at || (at == p->trying.at && k > p->trying.anchor)));
            if (later && (!found.any || x.rank > found.rank))
                found = x;
        }
    p->trying = found;
    return found.any;
}

/* -- signatures -- */

static struct jm_ask *open_ask(struct jm_path *p, enum jm_ask_kind kind, enum jm_path_step step)
{
    memset(&p->ask, 0, sizeof p->ask);
    p->ask.kind = kind;
    p->ask.id = ++p->last_id;
    p->step = step;
    return &p->ask;
}

static void ask_verify(struct jm_path *p, enum jm_path_step step, const struct jm_cert *by,
                       struct jm_bytes tbs, const struct jm_sig *sig)
{
    struct jm_ask *a = open_ask(p, JM_ASK_VERIFY, step);

    a->alg = JM_ALG_ES256;
    a->keeps = true;
    a->key = jm_point_bytes(&by->point);
    a->data = tbs;
    a->sig = jm_sig_bytes(sig);
}

static void try_on(struct jm_path *p);

/* What speaks against the candidate that was decided on, and what its signature said. */
static void settle_path(struct jm_path *p, const struct jm_path_candidate *x,
                        enum jm_result signature, const char *detail)
{
    struct against a = {p, 0};

    p->step = JM_PATH_DONE;
    p->anchor = anchor_at(p, x->anchor);
    check_rule(p, JM_PATH_ANCHOR, true, NULL);
    weigh_candidate(&a, p, x);
    p->best = *x;
    say_rule(p, JM_PATH_SIGNATURE, signature, detail);
}

static void ask_list(struct jm_path *p)
{
    const struct jm_cert *ca = issuer_in(p, &p->best, p->list);
    struct jm_ask *a = open_ask(p, JM_ASK_FIND, JM_PATH_LIST);

    p->find = (struct jm_find_ask){.kind = JM_FIND_CRL, .name = ca->subject.der, .key = ca->ski};
    a->what = NULL; /* set when it is given out: this struct may move */
}

/* A candidate whose signatures cannot even be asked for. */
static bool is_askable(const struct jm_path *p, size_t i)
{
    const struct jm_cert *c = &p->chain[i];
    const struct jm_cert *ca = issuer_in(p, &p->trying, i);

    return c->sig_ok && c->sig_alg == JM_SIG_ECDSA_SHA256 && ca->key_alg == JM_KEY_P256 &&
           ca->key_uncompressed;
}

static void remember_best(struct jm_path *p, bool open)
{
    if (!p->best.any || (open && !p->best_open)) {
        p->best = p->trying;
        p->best_open = open;
    }
}

static void on_exhausted(struct jm_path *p)
{
    struct jm_path_candidate best = p->best;

    if (!best.any) {
        p->step = JM_PATH_DONE;
        check_rule(p, JM_PATH_ANCHOR, false, "no trusted CA has issued the signer certificate");
        idle_rules(p, JM_PATH_NAME, JM_PATH_SIGNATURE, "there is no trusted CA to compare with");
        return;
    }
    settle_path(p, &best, JM_NOT_RUN, NULL);
    p->anchor = NULL;
    if (p->best_open)
        say_rule(p, JM_PATH_SIGNATURE, JM_UNKNOWN, "nobody could verify it");
    else if (p->rule[JM_PATH_SIG_ALG].result == JM_PASS && p->rule[JM_PATH_CA].result == JM_PASS)
        say_rule(p, JM_PATH_SIGNATURE, JM_FAIL, "a certificate's signature does not hold");
    else
        idle_rules(p, JM_PATH_SIGNATURE, JM_PATH_SIGNATURE,
                   "there is no pair of algorithm and key to verify with");
}

static void on_found(struct jm_path *p)
{
    settle_path(p, &p->trying, JM_PASS, NULL);
    if (!p->spec.waive_crl)
        ask_list(p);
}

/* The next signature of the candidate, or the next candidate. */
static void advance_path(struct jm_path *p)
{
    size_t i = 0;

    while (i < p->trying.at && i < p->links && p->link[i] == JM_PASS)
        i++;
    if (i < p->trying.at && i < p->links) { /* seen before: does not hold, or nobody could say */
        remember_best(p, p->link[i] == JM_UNKNOWN);
        try_on(p);
    } else if (!is_askable(p, i)) {
        remember_best(p, false);
        try_on(p);
    } else {
        ask_verify(p, i < p->trying.at ? JM_PATH_LINK : JM_PATH_END, issuer_in(p, &p->trying, i),
                   p->chain[i].tbs, &p->chain[i].sig);
    }
}

static void try_on(struct jm_path *p)
{
    if (next_candidate(p))
        advance_path(p);
    else
        on_exhausted(p);
}

/* UNAVAILABLE and UNSUPPORTED say nothing of the signature. */
static enum jm_result result_of(const struct jm_answer *a)
{
    if (a->st == JM_OK)
        return JM_PASS;
    return jm_class_of(a->st) == JM_CLASS_UNAVAILABLE || a->st == JM_E_UNSUPPORTED ? JM_UNKNOWN
                                                                                   : JM_FAIL;
}

static void on_link(struct jm_path *p, enum jm_result r)
{
    p->link[p->links++] = r;
    advance_path(p);
}

static void on_end(struct jm_path *p, enum jm_result r)
{
    if (r == JM_PASS) {
        on_found(p);
        return;
    }
    remember_best(p, r == JM_UNKNOWN);
    try_on(p);
}

/* -- revocation -- */

static void no_list(struct jm_path *p, const char *why)
{
    p->step = JM_PATH_DONE;
    say_rule(p, JM_PATH_REVOCATION, JM_UNKNOWN, why);
}

static void on_list(struct jm_path *p, const struct jm_answer *a)
{
    const struct jm_cert *ca = jm_path_issuer(p, p->list);

    if (a->st != JM_OK || a->octets.ptr == NULL)
        no_list(p, "the revocation list is not to be had");
    else if (jm_crl_parse(&p->crl, a->octets) != JM_OK)
        no_list(p, "the revocation list cannot be read");
    else if (!jm_crl_is_of(&p->crl, ca))
        no_list(p, "the revocation list is another CA's");
    else if (ca->has_ku && (ca->ku & JM_KU_CRL_SIGN) == 0)
        no_list(p, "the CA may not sign revocation lists");
    else
        ask_verify(p, JM_PATH_LIST_SIG, ca, p->crl.tbs, &p->crl.sig);
}

/* What a rightly signed list names stays revoked, whatever its times say. */
static void on_list_sig(struct jm_path *p, enum jm_result r)
{
    const char *late = jm_crl_late(&p->crl, p->spec.now, JM_PATH_CRL_SKEW_S);

    if (r != JM_PASS) {
        no_list(p, r == JM_FAIL ? "the revocation list's signature does not hold"
                                : "nobody could verify the revocation list");
        return;
    }
    p->step = JM_PATH_DONE;
    if (jm_crl_lists(&p->crl, p->chain[p->list].serial)) {
        check_rule(p, JM_PATH_REVOKED, false,
                   p->list == 0 ? "the signer certificate has been revoked"
                                : "a CA certificate has been revoked");
        check_rule(p, JM_PATH_REVOCATION, true, NULL);
        return;
    }
    if (late != NULL) {
        no_list(p, late);
        return;
    }
    if (p->list < p->best.at) {
        p->list++;
        ask_list(p);
        return;
    }
    check_rule(p, JM_PATH_REVOCATION, true, NULL);
    check_rule(p, JM_PATH_REVOKED, true, NULL);
}

/* -- begin, answer, end -- */

/* A pinned signer; of a certificate looked at alone, the anchor that it is itself. */
static void find_pin(struct jm_path *p)
{
    const struct jm_anchors *a = p->spec.anchors;

    p->anchor = a == NULL ? NULL : jm_chain_pinned(a, &p->chain[0]);
    bool root = p->spec.use == JM_PATH_CERTIFICATE && jm_chain_is_ca(&p->chain[0]) &&
                jm_cert_is_self_signed(&p->chain[0]);
    for (size_t i = 0; root && a != NULL && i < a->n && p->anchor == NULL; i++)
        if (is_anchor(&a->anchor[i], &p->chain[0]))
            p->anchor = &a->anchor[i];
    p->pinned = p->anchor != NULL;
}

static void excuse_unseen(struct jm_path *p)
{
    idle_rules(p, 0, JM_PATH_SIGNATURE,
               p->step == JM_PATH_DONE ? "the certificates cannot be read" : NULL);
    idle_rules(p, JM_PATH_STALE, JM_PATH_STALE, "no set of anchors was given");
    idle_rules(p, JM_PATH_REVOCATION, JM_PATH_REVOKED,
               p->spec.waive_crl ? "no revocation list is demanded"
                                 : "there is no path to ask for");
    idle_rules(p, JM_PATH_PINNED, JM_PATH_PINNED, "no certificate is pinned");
}

static enum jm_status read_chain(struct jm_path *p, const struct jm_bytes *der, size_t n,
                                 struct jm_arena *mem)
{
    struct jm_cert *c = NULL;
    bool ok = true;

    check_rule(p, JM_PATH_COUNT, n > 0 && n <= JM_PATH_CERTS_MAX,
               "no certificate, or more than five");
    if (n == 0 || n > JM_PATH_CERTS_MAX)
        return JM_OK;
    if ((c = JM_NEW_N(mem, struct jm_cert, n)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        bool readable = jm_cert_parse(&c[i], der[i]) == JM_OK;

        if (readable && ok)
            p->n = i + 1;
        ok = ok && readable;
    }
    check_rule(p, JM_PATH_READ, ok, "a certificate cannot be read");
    p->chain = c;
    return JM_OK;
}

static void begin_pinned(struct jm_path *p)
{
    static const char *const why = "the signer itself is pinned: no path is built";

    if (p->anchor->pinned)
        say_rule(p, JM_PATH_PINNED, JM_WARN, "this very certificate is trusted; no path was built");
    check_rule(p, JM_PATH_ANCHOR, true, NULL);
    check_rule(p, JM_PATH_TYPE, may_vouch(p->anchor, p->spec.type),
               "the certificate is not trusted for this type");
    idle_rules(p, JM_PATH_NAME, JM_PATH_SIGNATURE, why);
    idle_rules(p, JM_PATH_REVOCATION, JM_PATH_REVOKED, why);
}

enum jm_status jm_path_begin(struct jm_path *p, const struct jm_path_spec *spec,
                             const struct jm_bytes *der, size_t n, struct jm_arena *mem)
{
    memset(p, 0, sizeof *p);
    p->spec = *spec;
    p->mem = mem;
    JM_TRY(read_chain(p, der, n, mem));
    if (spec->anchors != NULL)
        say_rule(p, JM_PATH_STALE, spec->anchors->stale ? JM_UNKNOWN : JM_PASS,
                 "the trust set is past its next update");
    if (p->n != 0) {
        find_pin(p);
        judge_leaf(p);
        judge_others(p);
    }
    if (p->n == 0 || p->rule[JM_PATH_READ].result != JM_PASS) {
        excuse_unseen(p);
        return JM_OK;
    }
    if (spec->anchors == NULL) {
        say_rule(p, JM_PATH_ANCHOR, JM_UNKNOWN, "no trust anchor was given");
        idle_rules(p, JM_PATH_NAME, JM_PATH_SIGNATURE, "there is no trusted CA to compare with");
    } else if (p->pinned) {
        begin_pinned(p);
    } else {
        try_on(p);
    }
    excuse_unseen(p);
    return JM_OK;
}

const struct jm_ask *jm_path_ask(const struct jm_path *p)
{
    struct jm_ask *a = (struct jm_ask *)(uintptr_t)&p->ask;

    if (p->step == JM_PATH_DONE)
        return NULL;
    if (p->step == JM_PATH_LIST)
        a->what = &p->find;
    return a;
}

enum jm_status jm_path_answer(struct jm_path *p, const struct jm_answer *a)
{
    if (p->step == JM_PATH_DONE || a->kind != p->ask.kind)
        return JM_E_BUG;
    switch (p->step) {
    case JM_PATH_LINK: on_link(p, result_of(a)); break;
    case JM_PATH_END: on_end(p, result_of(a)); break;
    case JM_PATH_LIST: on_list(p, a); break;
    case JM_PATH_LIST_SIG: on_list_sig(p, result_of(a)); break;
    case JM_PATH_DONE: return JM_E_BUG;
    }
    return JM_OK;
}

enum jm_status jm_path_judge(struct jm_path *p, const struct jm_path_spec *spec,
                             const struct jm_bytes *der, size_t n, const struct jm_answers *answers,
                             struct jm_arena *mem)
{
    const struct jm_ask *ask;

    JM_TRY(jm_path_begin(p, spec, der, n, mem));
    while ((ask = jm_path_ask(p)) != NULL) {
        struct jm_answer a;

        JM_TRY(jm_answers_give(&a, NULL, ask, answers, mem));
        JM_TRY(jm_path_answer(p, &a));
    }
    return JM_OK;
}

enum jm_path_rule jm_path_reason(const struct jm_path *p)
{
    for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++)
        if (p->rule[r].result == JM_FAIL)
            return r;
    for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++)
        if (p->rule[r].result == JM_UNKNOWN)
            return r;
    return JM_PATH_RULES;
}

enum jm_result jm_path_result(const struct jm_path *p)
{
    enum jm_path_rule r = jm_path_reason(p);

    if (r != JM_PATH_RULES)
        return p->rule[r].result;
    return p->step == JM_PATH_DONE && p->anchor != NULL &&
                   (p->pinned || p->rule[JM_PATH_SIGNATURE].result == JM_PASS)
               ? JM_PASS
               : JM_NOT_RUN;
}

const struct jm_cert *jm_path_issuer(const struct jm_path *p, size_t i)
{
    return p->anchor == NULL || p->pinned || i > p->best.at ? NULL : issuer_in(p, &p->best, i);
}

bool jm_path_vouched(const struct jm_path *p, const struct jm_bytes *key_id, size_t n)
{
    const size_t end = p->anchor == NULL ? 0 : p->pinned ? 1 : p->best.at + 1;

    for (size_t i = 0; i < end && i < p->n; i++)
        for (size_t k = 0; k < n && p->chain[i].has_aki && p->chain[i].aki.len != 0; k++)
            if (jm_bytes_eq(p->chain[i].aki, key_id[k]))
                return true;
    return false;
}

/* -- how the rules are called -- */

static const struct {
    enum jm_code mdoc, jose;
} names[JM_PATH_RULES] = {
    [JM_PATH_READ] = {JM_MDOC_DSC_PARSE, JM_JOSE_X5C_FORM},
    [JM_PATH_COUNT] = {JM_CODE_NONE, JM_JOSE_X5C_MISSING}, /* of mdocs the COSE reader says it */
    [JM_PATH_SELF] = {JM_CODE_NONE, JM_JOSE_X5C_SELF_SIGNED},
    [JM_PATH_ROOT] = {JM_MDOC_X5CHAIN_ROOT, JM_JOSE_X5C_ANCHOR},
    [JM_PATH_LEAF_FROM] = {JM_MDOC_DSC_NOT_YET_VALID, JM_JOSE_CHAIN_NOT_YET_VALID},
    [JM_PATH_LEAF_UNTIL] = {JM_MDOC_DSC_EXPIRED, JM_JOSE_CHAIN_EXPIRED},
    [JM_PATH_EKU] = {JM_MDOC_DSC_EKU, JM_JOSE_CHAIN_PURPOSE},
    [JM_PATH_KU] = {JM_MDOC_DSC_KEY_USAGE, JM_JOSE_CHAIN_CERTIFICATE},
    [JM_PATH_IS_CA] = {JM_MDOC_DSC_IS_CA, JM_JOSE_CHAIN_CERTIFICATE},
    [JM_PATH_CRITICAL] = {JM_MDOC_DSC_CRITICAL_EXT, JM_JOSE_CHAIN_CRITICAL},
    [JM_PATH_KEY] = {JM_MDOC_DSC_KEY, JM_JOSE_CHAIN_CERTIFICATE},
    [JM_PATH_ANCHOR] = {JM_MDOC_CHAIN_NO_ANCHOR, JM_JOSE_CHAIN_NO_ANCHOR},
    [JM_PATH_NAME] = {JM_MDOC_CHAIN_NAME, JM_JOSE_CHAIN_NAME},
    [JM_PATH_LENGTH] = {JM_MDOC_CHAIN_LENGTH, JM_JOSE_CHAIN_LENGTH},
    [JM_PATH_CA] = {JM_MDOC_CHAIN_CA, JM_JOSE_CHAIN_CERTIFICATE},
    [JM_PATH_CA_FROM] = {JM_MDOC_IACA_NOT_YET_VALID, JM_JOSE_CHAIN_NOT_YET_VALID},
    [JM_PATH_CA_UNTIL] = {JM_MDOC_IACA_EXPIRED, JM_JOSE_CHAIN_EXPIRED},
    [JM_PATH_TYPE] = {JM_MDOC_VICAL_DOCTYPE, JM_JOSE_CHAIN_TYPE},
    [JM_PATH_COUNTRY] = {JM_MDOC_DSC_COUNTRY, JM_CODE_NONE},
    [JM_PATH_STATE] = {JM_MDOC_DSC_STATE, JM_CODE_NONE},
    [JM_PATH_SIG_ALG] = {JM_MDOC_DSC_SIG_ALG, JM_JOSE_CHAIN_CERTIFICATE},
    [JM_PATH_SIGNATURE] = {JM_MDOC_CHAIN_SIGNATURE, JM_JOSE_CHAIN_SIGNATURE},
    [JM_PATH_STALE] = {JM_MDOC_TRUST_STALE, JM_TRUST_STALE},
    [JM_PATH_REVOCATION] = {JM_MDOC_DSC_REVOCATION_UNKNOWN, JM_JOSE_REVOCATION_UNKNOWN},
    [JM_PATH_REVOKED] = {JM_MDOC_DSC_REVOKED, JM_JOSE_CHAIN_REVOKED},
    [JM_PATH_PINNED] = {JM_MDOC_CHAIN_PINNED, JM_JOSE_CHAIN_PINNED},
};

enum jm_code jm_path_jose_code(enum jm_path_rule rule)
{
    return (unsigned)rule < JM_PATH_RULES ? names[rule].jose : JM_CODE_NONE;
}

enum jm_code jm_path_mdoc_code(enum jm_path_rule rule)
{
    return (unsigned)rule < JM_PATH_RULES ? names[rule].mdoc : JM_CODE_NONE;
}

enum jm_status jm_path_refusal(const struct jm_path *p, struct jm_diag *d)
{
    enum jm_path_rule r = jm_path_reason(p);

    if (jm_path_result(p) == JM_PASS)
        return JM_OK;
    if (r == JM_PATH_RULES)
        return JM_E_BUG; /* not judged yet */
    enum jm_status st = p->rule[r].result == JM_UNKNOWN ? JM_E_UNAVAILABLE
                        : r == JM_PATH_READ             ? JM_E_MALFORMED
                        : r == JM_PATH_SIGNATURE        ? JM_E_SIGNATURE
                                                        : JM_E_DENIED;
    return jm_refuse(d, st, names[r].jose, p->rule[r].detail);
}

/* A notice that was not given, a rule that the use does not have: nothing that acceptance needs. */
bool jm_path_needs(const struct jm_path *p, enum jm_path_rule r)
{
    if (r == JM_PATH_REVOCATION || r == JM_PATH_REVOKED)
        return !p->spec.waive_crl && !p->pinned;
    if (r == JM_PATH_PINNED)
        return false;
    if (r == JM_PATH_COUNTRY || r == JM_PATH_STATE)
        return !p->pinned && p->spec.use == JM_PATH_MDOC;
    if (r == JM_PATH_SELF || r == JM_PATH_ROOT)
        return !p->pinned && p->spec.use != JM_PATH_CERTIFICATE;
    if ((r == JM_PATH_KU || r == JM_PATH_IS_CA) && p->spec.use == JM_PATH_CERTIFICATE)
        return false;
    return !p->pinned || r <= JM_PATH_ANCHOR || r == JM_PATH_TYPE || r == JM_PATH_STALE;
}

/* Several rules share a code: the worst counts, and one that was needed and not looked at is worse
 * than one that held. */
static int weight_of(const struct jm_path *p, enum jm_path_rule r)
{
    enum jm_result result = p->rule[r].result;

    return result == JM_NOT_RUN   ? (jm_path_needs(p, r) ? 3 : 0)
           : result == JM_PASS    ? 1
           : result == JM_WARN    ? 2
           : result == JM_UNKNOWN ? 4
                                  : 5;
}

/* The worst rule that bears the code of @p r; JM_PATH_RULES: an earlier rule has spoken for it. */
static enum jm_path_rule spokesman_of(const struct jm_path *p, const enum jm_code *code,
                                      enum jm_path_rule r)
{
    enum jm_path_rule worst = r;

    for (enum jm_path_rule k = 0; k < JM_PATH_RULES; k++) {
        if (code[k] != code[r])
            continue;
        if (k < r)
            return JM_PATH_RULES;
        if (weight_of(p, k) > weight_of(p, worst))
            worst = k;
    }
    return worst;
}

void jm_path_note(struct jm_findings *f, const struct jm_path *p,
                  enum jm_code (*code_of)(enum jm_path_rule rule), uint16_t object)
{
    enum jm_code code[JM_PATH_RULES];

    for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++)
        code[r] = code_of(r);
    for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++) {
        enum jm_path_rule worst =
            code[r] == JM_CODE_NONE ? JM_PATH_RULES : spokesman_of(p, code, r);

        if (worst == JM_PATH_RULES)
            continue;
        if (p->rule[worst].result == JM_NOT_RUN)
            jm_expect(f, code[r], jm_path_needs(p, worst), object, jm_none(),
                      p->rule[worst].detail);
        else
            jm_note(f, code[r], p->rule[worst].result, jm_path_needs(p, worst), object, 0,
                    jm_none(), p->rule[worst].detail);
    }
}
