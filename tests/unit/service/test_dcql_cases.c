/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a wallet holds, what is asked, what must happen: each case three times, in the wallet, in
 * the verifier and in the over-asking check; and the verifier once more against a wallet that shows
 * everything it has.
 */
#include "support/read.h"
#include "unit/service/country.h"

#include "jumin/cbor.h"
#include "jumin/wallet.h"
#include "service/presentation/parts.h"

static const struct jm_json *file;

static struct jm_bytes cbor_of(const struct jm_json *v)
{
    struct jm_cbor_w w;
    struct jm_buf b;
    int64_t n;

    KIT_MUST(jm_alloc_buf(&b, &C->k.mem, v->text.len + 16));
    jm_cbor_w_init(&w, &b);
    if (v->type == JM_JSON_NUMBER && jm_json_int(&n, v) == JM_OK) {
        jm_cbor_w_int(&w, n);
    } else if (v->type != JM_JSON_STRING) {
        jm_cbor_w_bool(&w, v->type == JM_JSON_TRUE);
    } else if (jm_bytes_starts(v->text, JM_BYTES("1004("))) {
        jm_cbor_w_tag(&w, 1004);
        jm_cbor_w_text(&w, jm_slice(v->text, 6, v->text.len - 8));
    } else {
        jm_cbor_w_text(&w, v->text);
    }
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

static struct jm_bytes mdoc_of(const struct jm_json *card)
{
    const struct jm_json *ns = jm_json_get(card, "elements")->child;
    struct jm_mdoc_element e[8];
    const struct jm_mdoc_ns_count count = {ns->name, 8};
    struct jm_mdoc_spec spec = kit_spec(&C->k);

    spec.n = 0;
    for (const struct jm_json *x = ns->child; x != NULL; x = x->next)
        e[spec.n++] = (struct jm_mdoc_element){ns->name, x->name, cbor_of(x), false};
    spec.element = e;
    spec.counts = &count;
    spec.n_counts = 1;
    spec.status_uri = JM_BYTES(LIST_URI);
    spec.status_idx = LIST_IDX;
    return kit_issue(&C->k, &spec);
}

static struct jm_bytes sdjwt_of(const struct jm_json *card, const bool *nested)
{
    struct jm_sdjwt_claim claim[8];
    struct jm_sdjwt_spec s = {.vct = JM_BYTES(VCT),
                              .claim = claim,
                              .nested = nested,
                              .iat = KIT_NOW - KIT_DAY,
                              .nbf = KIT_NOW - KIT_DAY,
                              .exp = KIT_NOW + 20 * KIT_DAY,
                              .status_uri = JM_BYTES(LIST_URI),
                              .status_idx = LIST_IDX,
                              .x5c = &C->sd,
                              .n_x5c = 1};
    struct jm_sdjwt_draft d;
    struct jm_bytes copy;
    struct jm_sig sig;

    for (const struct jm_json *x = jm_json_get(card, "selective")->child; x != NULL; x = x->next)
        claim[s.n++] = (struct jm_sdjwt_claim){x->name, x->raw};
    if (jm_json_str(&s.issuer, jm_json_get(card, "always"), "iss") != JM_OK)
        s.issuer = jm_none();
    KIT_MUST(jm_key_point(&s.holder, C->k.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&C->k, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &C->k.mem));
    KIT_MUST(jm_key_sign(C->sd_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, jm_sig_bytes(&sig), &C->k.mem));
    return copy;
}

static const bool all_nested[8] = {true, true, true, true, true, true, true, true};

static struct jm_wallet_copy copy_of(const struct jm_json *card)
{
    bool mdoc = jm_json_is_str(jm_json_get(card, "format"), "mso_mdoc");

    return (struct jm_wallet_copy){.fmt = mdoc ? JM_FMT_MDOC : JM_FMT_SDJWT,
                                   .type = mdoc ? JM_BYTES(KIT_DOCTYPE) : JM_BYTES(VCT),
                                   .octets = mdoc ? mdoc_of(card) : sdjwt_of(card, all_nested),
                                   .until = KIT_NOW + 20 * KIT_DAY};
}

static const char *query_of(const struct jm_json *c, enum jm_fmt fmt, const char *more)
{
    const struct jm_json *sets = jm_json_get(c, "claim_sets"), *claims = jm_json_get(c, "claims");
    char *out = (char *)test_malloc(4096);

    snprintf(out, 4096,
             "{\"credentials\":[{\"id\":\"a\",\"format\":\"%s\",\"meta\":{%s},\"claims\":%.*s%s%.*"
             "s%s}]}",
             fmt == JM_FMT_MDOC ? "mso_mdoc" : "dc+sd-jwt",
             fmt == JM_FMT_MDOC ? "\"doctype_value\":\"" KIT_DOCTYPE "\""
                                : "\"vct_values\":[\"" VCT "\"]",
             (int)claims->raw.len, (const char *)claims->raw.ptr,
             sets == NULL ? "" : ",\"claim_sets\":", sets == NULL ? 0 : (int)sets->raw.len,
             sets == NULL ? "" : (const char *)sets->raw.ptr, more);
    return out;
}

static enum jm_status parse(struct jm_dcql *q, const char *json)
{
    const struct jm_json *j;

    KIT_MUST(jm_json_parse(&j, jm_str(json), &C->k.mem, NULL));
    return jm_dcql_parse(q, j, &C->k.mem, NULL);
}

/* -- the presentation, and what a verifier makes of it -- */

static struct asked request; /* whose nonce and address every presentation is bound to */

static struct jm_bytes shown(const struct jm_wallet_copy *copy, const size_t *part, size_t n)
{
    struct jm_sdjwt_presentation p;
    struct jm_mdoc_pick pick[8];
    struct jm_mdoc_copy m;
    struct jm_bytes out;
    uint8_t thumb[32];
    struct jm_sig sig;

    if (copy->fmt == JM_FMT_SDJWT) {
        KIT_MUST(
            jm_sdjwt_present_parts_begin(&p, copy->octets, part, n,
                                         &(const struct jm_sdjwt_binding){request.r.client_id,
                                                                          request.r.nonce, C->now,
                                                                          &jm_crypto_openssl},
                                         &C->k.mem));
        KIT_MUST(jm_key_sign(C->k.device_key, p.kb.to_sign, &sig));
        KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &C->k.mem));
        return out;
    }
    KIT_MUST(jm_mdoc_copy_read(&m, copy->octets, &C->k.mem));
    for (size_t i = 0; i < n; i++)
        pick[i] = (struct jm_mdoc_pick){m.item[part[i]].ns, m.item[part[i]].id};
    KIT_MUST(jm_jwk_thumbprint(thumb, &jm_crypto_openssl, &request.r.enc.point));
    KIT_MUST(jm_transcript_oid4vp(&C->k.transcript, &jm_crypto_openssl, request.r.client_id,
                                  request.r.nonce, jm_bytes(thumb, 32), request.r.response_uri,
                                  &C->k.mem));
    KIT_MUST(jm_b64url_encode(&out, &C->k.mem, kit_present(&C->k, copy->octets, pick, n)));
    return out;
}

static enum jm_status by_request(struct jm_tx *tx, void *arg)
{
    return jm_presentation_rows_by_request(tx, request.id, arg, &C->k.mem);
}

static enum jm_status find_list(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                                struct jm_arena *mem)
{
    struct jm_judging *j = ctx;

    return jm_look_find(&j->look, ask, out, mem);
}

static enum jm_status verify_plain(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                   struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx;
    return jm_openssl_verify(NULL, alg, key, data, sig);
}

/* The verdict over one presentation under a query of the case, and the claims that surface. */
static bool unasked; /* was something noticed that nobody asked for? */

static enum jm_verdict judged(struct jm_bytes *claims, enum jm_code *why, const char *query,
                              struct jm_bytes presentation)
{
    struct jm_judging *j = JM_NEW(&C->k.mem, struct jm_judging);
    struct jm_presentation p;
    const struct jm_json *accepted;
    struct jm_report r;
    char *plain = (char *)test_malloc(presentation.len + 512);

    KIT_MUST(test_read(&C->v.base.env, by_request, &p));
    p.dcql = jm_str(query);
    *j = (struct jm_judging){.v = &C->v,
                             .p = &p,
                             .service = jm_verifier_service(&C->v, JM_BYTES("sdjwt")),
                             .mem = &C->k.mem,
                             .now = C->now};
    j->look = (struct jm_look){.env = &C->v.base.env,
                               .trust = &C->v.trust,
                               .fetch = C->v.fetch,
                               .cache = &C->v.cache,
                               .now = C->now,
                               .status_age_s = -1};
    j->answers = (struct jm_answers){.verify = verify_plain, .find = find_list, .ctx = j};
    snprintf(plain, presentation.len + 512, "{\"vp_token\":{\"a\":[\"%.*s\"]},\"state\":\"%.*s\"}",
             (int)presentation.len, (const char *)presentation.ptr, (int)request.r.state.len,
             (const char *)request.r.state.ptr);
    KIT_MUST(jm_judge(j, jm_str(plain)));
    jm_look_end(&j->look);
    KIT_MUST(jm_report_of(&r, &j->f));
    *why = jm_report_reason(&r);
    unasked = jm_report_has(&r, JM_SDJWT_CLAIM_NOT_REQUESTED, JM_WARN) ||
              jm_report_has(&r, JM_MDOC_ELEMENT_NOT_REQUESTED, JM_WARN);
    *claims = jm_none();
    if (r.verdict != JM_ACCEPTED)
        return r.verdict;
    KIT_MUST(jm_accepted_json(claims, j));
    KIT_MUST(jm_json_parse(&accepted, *claims, &C->k.mem, NULL));
    *claims = jm_json_get(accepted, "claims")->raw;
    return r.verdict;
}

/* -- what of a presentation is there: "address.lines[0].text" -- */

static struct jm_claims tree_of(struct jm_bytes presentation)
{
    struct jm_claims out;
    struct jm_sdjwt s;

    KIT_MUST(jm_sdjwt_split(&s, presentation, &jm_crypto_openssl, &C->k.mem, NULL));
    KIT_MUST(jm_claims_of_sdjwt(&out, &s, &C->k.mem));
    return out;
}

static bool has(const struct jm_claims *t, const struct jm_claim *at, struct jm_bytes name)
{
    struct jm_bytes own;

    if (at->kind == JM_CLAIM_HIDDEN)
        return false;
    KIT_MUST(jm_claim_name(&own, t, at, &C->k.mem));
    if (at->up != NULL && jm_bytes_eq(own, name))
        return true;
    for (const struct jm_claim *c = at->child; c != NULL; c = c->next)
        if (has(t, c, name))
            return true;
    return false;
}

/* Is @p name one of the list, above one, or below one? */
static bool related(const struct jm_json *list, struct jm_bytes name)
{
    for (const struct jm_json *e = list->child; e != NULL; e = e->next)
        if (jm_bytes_starts(e->text, name) || jm_bytes_starts(name, e->text))
            return true;
    return false;
}

/* Nothing was disclosed but what the case sends, what lies beneath and what leads there. */
static bool only_sent(const struct jm_claims *t, const struct jm_claim *at,
                      const struct jm_json *send)
{
    struct jm_bytes own;

    if (at->kind == JM_CLAIM_HIDDEN)
        return true;
    KIT_MUST(jm_claim_name(&own, t, at, &C->k.mem));
    if (at->part != 0 && !related(send, own))
        return false;
    for (const struct jm_claim *c = at->child; c != NULL; c = c->next)
        if (!only_sent(t, c, send))
            return false;
    return true;
}

static bool check_sent(const struct jm_json *c, const struct jm_wallet_pick *p,
                       struct jm_bytes presentation)
{
    const struct jm_json *send = jm_json_get(c, "send"), *not = jm_json_get(c, "not_sent");
    bool ok = true;

    if (p->copy->fmt == JM_FMT_MDOC) {
        ok = CHECK_EQ(p->n_parts, send->n) && CHECK_EQ(p->n_shown, send->n);
        for (size_t i = 0; i < p->n_shown; i++)
            ok = CHECK(related(send, p->shown[i])) && ok;
        return ok;
    }
    struct jm_claims t = tree_of(presentation);
    for (const struct jm_json *e = send->child; e != NULL; e = e->next)
        ok = CHECK(has(&t, t.root, e->text)) && ok;
    for (const struct jm_json *e = not== NULL ? NULL : not->child; e != NULL; e = e->next)
        ok = CHECK(!has(&t, t.root, e->text)) && ok;
    for (size_t i = 0; i < p->n_shown; i++)
        ok = CHECK(related(send, p->shown[i])) && ok;
    return CHECK(only_sent(&t, t.root, send)) && ok;
}

static struct jm_bytes everything(const struct jm_wallet_copy *copy)
{
    size_t part[64], n;
    struct jm_mdoc_copy m;
    struct jm_sdjwt s;

    if (copy->fmt == JM_FMT_MDOC) {
        KIT_MUST(jm_mdoc_copy_read(&m, copy->octets, &C->k.mem));
        n = m.n;
    } else {
        KIT_MUST(jm_sdjwt_split(&s, copy->octets, &jm_crypto_openssl, &C->k.mem, NULL));
        n = s.n;
    }
    for (size_t i = 0; i < n; i++)
        part[i] = i;
    return shown(copy, part, n);
}

/* The exact presentation and one of the whole card are judged alike, and the same surfaces. */
static bool check_verifier(const char *query, const struct jm_wallet_copy *copy,
                           struct jm_bytes exact_one)
{
    struct jm_bytes narrow, wide;
    enum jm_code why;
    bool ok;

    if (exact_one.ptr == NULL)
        return CHECK_EQ(judged(&wide, &why, query, everything(copy)), JM_REJECTED) &&
               CHECK(why == JM_VP_QUERY_UNMET || why == JM_SDJWT_CLAIM_MISSING ||
                     why == JM_MDOC_ELEMENT_MISSING);
    ok = CHECK_EQ(judged(&narrow, &why, query, exact_one), JM_ACCEPTED) && CHECK(!unasked);
    ok = CHECK_EQ(judged(&wide, &why, query, everything(copy)), JM_ACCEPTED) && ok;
    return CHECK(narrow.len > 2) && CHECK_SAME(wide, narrow) && ok;
}

static bool run_case(const struct jm_json *c)
{
    const struct jm_json *hold = jm_json_get(c, "hold"), *none = jm_json_get(c, "none");
    struct jm_wallet_copy copy[2];
    struct jm_wallet_card card[2];
    struct jm_wallet w = {.card = card};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_diag d = {0};
    struct jm_dcql q;
    size_t n;

    for (const struct jm_json *h = hold->child; h != NULL; h = h->next) {
        copy[w.n_cards] = copy_of(jm_json_get_b(jm_json_get(file, "holds"), h->text));
        card[w.n_cards] =
            (struct jm_wallet_card){.state = JM_WCARD_ACTIVE, .copy = &copy[w.n_cards], .n = 1};
        w.n_cards++;
    }
    const char *query = query_of(c, copy[0].fmt, "");
    enum jm_status st = parse(&q, query);
    if (jm_json_get(c, "refused") != NULL)
        return CHECK_ST(st, JM_E_MALFORMED);
    if (!CHECK_OK(st))
        return false;
    st = jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d);
    if (none != NULL)
        return CHECK_ST(st, JM_E_ABSENT) && CHECK_EQ(d.code, JM_WALLET_NO_CREDENTIAL) &&
               CHECK_EQ(n, 0) && check_verifier(query, &copy[w.n_cards - 1], jm_none());
    if (!CHECK_OK(st) || !CHECK_EQ(n, 1))
        return false;
    struct jm_bytes presentation = shown(pick[0].copy, pick[0].part, pick[0].n_parts);
    return check_sent(c, &pick[0], presentation) &&
           check_verifier(query, pick[0].copy, presentation);
}

TEST(wallet_and_verifier)
{
    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    request = ask("sdjwt");
    for (const struct jm_json *c = jm_json_get(file, "cases")->child; c != NULL; c = c->next) {
        size_t here = jm_arena_mark(&C->k.mem);
        char name[96];

        snprintf(name, sizeof name, "%.*s", (int)jm_json_get(c, "id")->text.len,
                 (const char *)jm_json_get(c, "id")->text.ptr);
        ROW(run_case(c), name);
        jm_arena_back(&C->k.mem, here);
    }
    country_end();
}

/* -- over-asking: what is registered, and what is asked -- */

static void registered(const struct jm_json *claims, enum jm_fmt fmt, bool another)
{
    struct jm_rp_service *s = &C->v.app.service[0];

    C->v.app.n_services = 1;
    s->id = JM_BYTES("case");
    s->n_claims = 0;
    for (const struct jm_json *c = claims->child; c != NULL; c = c->next) {
        struct jm_rp_claim *x = &s->claim[s->n_claims++];
        size_t n = 0;

        *x = (struct jm_rp_claim){.fmt = fmt,
                                  .type =
                                      fmt == JM_FMT_MDOC ? JM_BYTES(KIT_DOCTYPE) : JM_BYTES(VCT)};
        for (const struct jm_json *p = jm_json_get(c, "path")->child;
             p != NULL && p->type == JM_JSON_STRING && n < (fmt == JM_FMT_MDOC ? 2u : 6u);
             p = p->next)
            x->path[n++] = another ? JM_BYTES("other") : p->text;
    }
    make_trust();
}

static enum jm_code over_asking(const char *query, struct jm_bytes *what)
{
    struct jm_vp_request r = {.known = true, .rp = JM_BYTES("bank"), .use = JM_BYTES("case")};
    struct jm_consent consent;
    struct jm_diag d = {0};

    KIT_MUST(jm_cert_parse(&r.leaf, C->access));
    KIT_MUST(parse(&r.dcql, query));
    enum jm_status st = jm_wallet_judge(&consent, &r, &C->v.trust, &jm_crypto_openssl, C->now, &d);
    *what = consent.over_asked;
    CHECK_EQ(st == JM_OK, consent.badge == JM_BADGE_REGISTERED);
    return d.code;
}

TEST(each_case_against_what_is_registered)
{
    struct jm_dcql q;
    struct jm_bytes what;

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    for (const struct jm_json *c = jm_json_get(file, "cases")->child; c != NULL; c = c->next) {
        bool mdoc = jm_bytes_eq_str(jm_json_get(c, "hold")->child->text, "md"), open = true, ok;
        enum jm_fmt fmt = mdoc ? JM_FMT_MDOC : JM_FMT_SDJWT;
        const struct jm_json *claims = jm_json_get(c, "claims");
        size_t mark = jm_arena_mark(&C->k.mem);
        const char *query = query_of(c, fmt, "");
        char name[96];

        if (parse(&q, query) != JM_OK)
            continue;
        for (size_t i = 0; i < q.credential[0].n; i++)
            open = open && jm_bytes_eq_str(q.credential[0].claim[i].step[0].name, "iss");
        registered(claims, fmt, false);
        ok = CHECK_EQ(over_asking(query, &what), JM_CODE_NONE);
        registered(claims, fmt, true);
        ok = CHECK_EQ(over_asking(query, &what), open ? JM_CODE_NONE : JM_WALLET_OVER_ASKING) && ok;
        snprintf(name, sizeof name, "%.*s", (int)jm_json_get(c, "id")->text.len,
                 (const char *)jm_json_get(c, "id")->text.ptr);
        ROW(ok, name);
        jm_arena_back(&C->k.mem, mark);
    }
    country_end();
}

TEST(a_registered_path_covers_what_lies_under_it_and_nothing_above)
{
    static const struct {
        const char *name, *registered, *asked;
        enum jm_code code;
    } rows[] = {
        {"the same", "[{\"path\":[\"address\",\"region\"]}]",
         "[{\"path\":[\"address\",\"region\"]}]", JM_CODE_NONE},
        {"beneath", "[{\"path\":[\"address\"]}]", "[{\"path\":[\"address\",\"lines\",0,\"text\"]}]",
         JM_CODE_NONE},
        {"an index beneath", "[{\"path\":[\"nationalities\"]}]",
         "[{\"path\":[\"nationalities\",1]}]", JM_CODE_NONE},
        {"all elements beneath", "[{\"path\":[\"nationalities\"]}]",
         "[{\"path\":[\"nationalities\",null]}]", JM_CODE_NONE},
        {"above", "[{\"path\":[\"address\",\"region\"]}]", "[{\"path\":[\"address\"]}]",
         JM_WALLET_OVER_ASKING},
        {"beside", "[{\"path\":[\"address\",\"region\"]}]", "[{\"path\":[\"address\",\"street\"]}]",
         JM_WALLET_OVER_ASKING},
        {"all where one name is registered", "[{\"path\":[\"address\",\"region\"]}]",
         "[{\"path\":[\"address\",null]}]", JM_WALLET_OVER_ASKING},
        {"an index where a name is registered", "[{\"path\":[\"address\",\"region\"]}]",
         "[{\"path\":[\"address\",0]}]", JM_WALLET_OVER_ASKING},
        {"begins with all", "[{\"path\":[\"address\"]}]", "[{\"path\":[null]}]",
         JM_WALLET_OVER_ASKING},
        {"the second of two", "[{\"path\":[\"address\"]}]",
         "[{\"path\":[\"address\"]},{\"path\":[\"full_name\"]}]", JM_WALLET_OVER_ASKING},
    };
    struct jm_bytes what;

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_json *claims;
        char *query = (char *)test_malloc(1024);

        KIT_MUST(jm_json_parse(&claims, jm_str(rows[i].registered), &C->k.mem, NULL));
        registered(claims, JM_FMT_SDJWT, false);
        snprintf(query, 1024,
                 "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_"
                 "values\":[\"" VCT "\"]},\"claims\":%s}]}",
                 rows[i].asked);
        ROW(CHECK_EQ(over_asking(query, &what), rows[i].code) &&
                CHECK((what.ptr == NULL) == (rows[i].code == JM_CODE_NONE)),
            rows[i].name);
    }
    country_end();
}

/* -- what the cases do not say -- */

static struct jm_wallet_copy held[4];
static struct jm_wallet_card cards[4];

/* One card each; @p flat: its claims are disclosures of the top level only. */
static struct jm_wallet holder_of(const char *names, bool flat)
{
    struct jm_wallet w = {.card = cards};
    struct jm_bytes list = jm_str(names);

    while (list.len > 0) {
        size_t end = jm_bytes_find(list, JM_BYTES(" "));
        const struct jm_json *card =
            jm_json_get_b(jm_json_get(file, "holds"), jm_slice(list, 0, end));

        held[w.n_cards] = copy_of(card);
        if (flat)
            held[w.n_cards].octets = sdjwt_of(card, NULL);
        cards[w.n_cards] =
            (struct jm_wallet_card){.state = JM_WCARD_ACTIVE, .copy = &held[w.n_cards], .n = 1};
        w.n_cards++;
        list = end == SIZE_MAX ? jm_none() : jm_slice(list, end + 1, SIZE_MAX);
    }
    return w;
}

/* What goes, as query:name,name;query:…; null: nothing may. */
static bool answers(const struct jm_wallet *w, const char *query, const char *want)
{
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_dcql q;
    char got[256] = "";
    size_t n, at = 0;

    KIT_MUST(parse(&q, query));
    enum jm_status st =
        jm_wallet_choose(pick, &n, w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, NULL);
    for (size_t i = 0; st == JM_OK && i < n; i++) {
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s:", i == 0 ? "" : ";",
                               (int)pick[i].query->id.len, (const char *)pick[i].query->id.ptr);
        for (size_t k = 0; k < pick[i].n_shown; k++)
            at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", k == 0 ? "" : ",",
                                   (int)pick[i].shown[k].len, (const char *)pick[i].shown[k].ptr);
    }
    return CHECK_ST(st, want == NULL ? JM_E_ABSENT : JM_OK) &&
           (want == NULL || CHECK_STR(jm_str(got), want));
}

#define ONE(claims)                                                                             \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" VCT \
    "\"]}" claims "}]}"
#define SD_(id, more) \
    "{\"id\":\"" id "\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" VCT "\"]}" more "}"
#define MD_(id, more)                                                                       \
    "{\"id\":\"" id "\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" KIT_DOCTYPE \
    "\"}" more "}"
#define NAME_ ",\"claims\":[{\"path\":[\"full_name\"]}]"
#define AGE_ ",\"claims\":[{\"path\":[\"age_over_19\"]}]"
#define SEX_ ",\"claims\":[{\"path\":[\"org.iso.18013.5.1\",\"sex\"]}]"

TEST(nothing_goes_that_was_not_asked)
{
    static const struct {
        const char *name, *hold;
        bool flat;
        const char *query, *want;
    } rows[] = {
        {"no claims: the holder reads the type", "sd", false, ONE(""), "a:" VCT},
        {"a step deeper than the claim", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"full_name\",\"x\"]}]"), NULL},
        {"a member that is not there", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"address\",\"nosuch\"]}]"), NULL},
        {"the same in a flat card", "sd", true,
         ONE(",\"claims\":[{\"path\":[\"address\",\"nosuch\"]}]"), NULL},
        {"a flat card cannot give a member alone", "sd", true,
         ONE(",\"claims\":[{\"path\":[\"address\",\"region\"]}]"), NULL},
        {"nor an element", "sd", true, ONE(",\"claims\":[{\"path\":[\"nationalities\",0]}]"), NULL},
        {"but the whole", "sd", true, ONE(",\"claims\":[{\"path\":[\"address\"]}]"), "a:address"},
        {"a set that it can give is taken instead", "sd", true,
         ONE(",\"claims\":[{\"id\":\"r\",\"path\":[\"address\",\"region\"]},{\"id\":\"n\",\"path\":"
             "[\"full_name\"]}],\"claim_sets\":[[\"r\"],[\"n\"]]"),
         "a:full_name"},
        {"a nested card is taken instead", "sd2 sd", false,
         ONE(",\"claims\":[{\"path\":[\"address\",\"lines\",1]}]"), "a:address.lines[1]"},
        {"what lies beneath another is told once", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"address\",\"region\"]},{\"path\":[\"address\"]}]"),
         "a:address"},
        {"each once, by whatever path", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"nationalities\",0]},{\"path\":[\"nationalities\",null]}]"),
         "a:nationalities[0],nationalities[1]"},
        {"the first set that is whole, and it alone", "sd", false,
         ONE(",\"claims\":[{\"id\":\"x\",\"path\":[\"nosuch\"]},{\"id\":\"n\",\"path\":[\"full_"
             "name\"]},{\"id\":\"a\",\"path\":[\"age_over_19\"]}],"
             "\"claim_sets\":[[\"n\",\"x\"],[\"a\"],[\"n\"]]"),
         "a:age_over_19"},
        {"no set is whole", "sd", false,
         ONE(",\"claims\":[{\"id\":\"x\",\"path\":[\"nosuch\"]},{\"id\":\"n\",\"path\":[\"full_"
             "name\"]}],\"claim_sets\":[[\"n\",\"x\"]]"),
         NULL},
        {"1 is not true", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"age_over_19\"],\"values\":[1]}]"), NULL},
        {"a number by its value", "sd", false,
         ONE(",\"claims\":[{\"path\":[\"height_cm\"],\"values\":[171,172]}]"), "a:height_cm"},
        {"one of several takes one", "sd sd", false, ONE(AGE_), "a:age_over_19"},
        {"multiple takes one of each card", "sd sd2 sd", false, ONE(",\"multiple\":true" NAME_),
         "a:full_name;a:full_name;a:full_name"},
        {"multiple: of those that fit", "sd2 sd", false, ONE(",\"multiple\":true" AGE_),
         "a:age_over_19"},
        {"two queries take two copies", "sd sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," SD_("b", NAME_) "]}", "a:age_over_19;b:full_name"},
        {"one copy answers one query", "sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," SD_("b", NAME_) "]}", NULL},
        {"without sets each is required", "sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," MD_("b", SEX_) "]}", NULL},
        {"the first whole option", "sd md", false,
         "{\"credentials\":[" SD_("a", AGE_) "," MD_(
             "b", SEX_) "],\"credential_sets\":[{\"options\":[[\"b\"],[\"a\"]]}]}",
         "b:sex"},
        {"the second option", "sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," MD_(
             "b", SEX_) "],\"credential_sets\":[{\"options\":[[\"b\"],[\"a\"]]}]}",
         "a:age_over_19"},
        {"half an option is none", "sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," MD_(
             "b", SEX_) "],\"credential_sets\":[{\"options\":[[\"b\",\"a\"]]}]}",
         NULL},
        {"an optional set is left out", "sd", false,
         "{\"credentials\":[" SD_("a", AGE_) "," MD_(
             "b", SEX_) "],\"credential_sets\":[{\"options\":[[\"a\"]]},{\"options\":[[\"b\"]],"
                        "\"required\":false}]}",
         "a:age_over_19"},
        {"an optional set alone that cannot be: nothing", "sd", false,
         "{\"credentials\":[" MD_(
             "b", SEX_) "],\"credential_sets\":[{\"options\":[[\"b\"]],\"required\":false}]}",
         NULL},
    };

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t mark = jm_arena_mark(&C->k.mem);
        struct jm_wallet w = holder_of(rows[i].hold, rows[i].flat);

        ROW(answers(&w, rows[i].query, rows[i].want), rows[i].name);
        jm_arena_back(&C->k.mem, mark);
    }
    country_end();
}

/* Sixteen queries with long names: the holder reads the last one, too. */
TEST(all_that_goes_is_shown)
{
    static struct jm_wallet_copy copies[JM_DCQL_CREDENTIALS_MAX];
    struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE,
                                  .copy = copies,
                                  .n = JM_DCQL_CREDENTIALS_MAX};
    const struct jm_wallet w = {.card = &card, .n_cards = 1};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    char *json = (char *)test_malloc(16384), *long_name = (char *)test_malloc(300);
    const struct jm_json *held_json;
    struct jm_bytes names;
    struct jm_dcql q;
    size_t at, n, seen = 0;

    country_begin();
    memset(long_name, 'n', 299);
    long_name[299] = '\0';
    snprintf(json, 16384, "{\"selective\":{\"%s\":1,\"last\":2}}", long_name);
    KIT_MUST(jm_json_parse(&held_json, exact(jm_str(json)), &C->k.mem, NULL));
    for (size_t i = 0; i < JM_ARRAY_LEN(copies); i++)
        copies[i] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                            .type = JM_BYTES(VCT),
                                            .octets = sdjwt_of(held_json, NULL),
                                            .until = KIT_NOW + KIT_DAY};
    copies[0].octets = JM_BYTES("none that can be read"); /* and it stands in nobody's way */
    at = (size_t)snprintf(json, 16384, "{\"credentials\":[");
    for (int i = 0; i < JM_DCQL_CREDENTIALS_MAX - 1; i++)
        at += (size_t)
            snprintf(json + at, 16384 - at,
                     "%s{\"id\":\"q%d\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" VCT
                     "\"]},\"claims\":[{\"path\":[\"%s\"]}]}",
                     i == 0 ? "" : ",", i, i == JM_DCQL_CREDENTIALS_MAX - 2 ? "last" : long_name);
    snprintf(json + at, 16384 - at, "]}");
    KIT_MUST(parse(&q, json));
    CHECK_OK(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, NULL));
    CHECK_EQ(n, JM_DCQL_CREDENTIALS_MAX - 1);
    CHECK_OK(jm_wallet_shown(&names, pick, n, &C->k.mem));
    CHECK_EQ(names.len, 14 * 300 + 4);
    for (size_t i = 0; i < names.len; i++)
        seen += names.ptr[i] == ',';
    CHECK_EQ(seen, 14);
    CHECK_STR(jm_slice(names, names.len - 5, 5), ",last");
    country_end();
}

/* D-113: whoever is registered for an object around the number has no right to the number. */
TEST(a_resident_number_is_asked_by_its_name)
{
    static const char json[] = "{\"selective\":{\"person\":{\"name\":\"A\",\"ids\":{\"resident_"
                               "registration_number\":\"1\",\"x\":2}}}}";
    struct jm_wallet_copy copy = {.fmt = JM_FMT_SDJWT,
                                  .type = JM_BYTES(VCT),
                                  .until = KIT_NOW + KIT_DAY};
    struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE, .copy = &copy, .n = 1};
    const struct jm_wallet w = {.card = &card, .n_cards = 1};
    const struct jm_json *held_json;

    country_begin();
    KIT_MUST(jm_json_parse(&held_json, jm_str(json), &C->k.mem, NULL));
    copy.octets = sdjwt_of(held_json, all_nested);
    CHECK(answers(&w, ONE(",\"claims\":[{\"path\":[\"person\"]}]"), NULL));
    CHECK(answers(&w, ONE(",\"claims\":[{\"path\":[\"person\",\"ids\"]}]"), NULL));
    CHECK(answers(
        &w,
        ONE(",\"claims\":[{\"path\":[\"person\",\"name\"]},{\"path\":[\"person\",\"ids\",\"x\"]}]"),
        "a:person.name,person.ids.x"));
    CHECK(answers(
        &w, ONE(",\"claims\":[{\"path\":[\"person\",\"ids\",\"resident_registration_number\"]}]"),
        "a:person.ids.resident_registration_number"));
    country_end();
}

/* A wallet short of room says so, and not that it has no card. */
TEST(no_room_is_no_answer)
{
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    bool enough = false;
    struct jm_dcql q;
    size_t n;

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    struct jm_wallet w = holder_of("sd md", false);
    KIT_MUST(parse(&q, "{\"credentials\":[" SD_("a", AGE_) "," MD_("b", SEX_) "]}"));
    for (size_t room = 64; room < 4 * JM_MIB && !enough; room += room / 8) {
        struct jm_arena small = arena(room);
        enum jm_status st =
            jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &small, NULL);

        enough = st == JM_OK;
        if (!enough && !CHECK_ST(st, JM_E_NO_SPACE))
            break;
        CHECK_EQ(n, enough ? 2 : 0);
    }
    CHECK(enough);
    country_end();
}

/* OpenID4VP 1.0 6.1.1: the authority key identifier of a certificate in the chain; unknown kinds
 * name nobody. */
TEST(trusted_authorities_are_obeyed)
{
    struct jm_cert ca, iaca;
    struct jm_bytes sd, md;

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    KIT_MUST(jm_cert_parse(&ca, C->sdca));
    KIT_MUST(jm_cert_parse(&iaca, C->k.iaca_der));
    KIT_MUST(jm_b64url_encode(&sd, &C->k.mem, ca.ski));
    KIT_MUST(jm_b64url_encode(&md, &C->k.mem, iaca.ski));
    const struct {
        const char *name, *kind, *format;
        struct jm_bytes value;
        bool fits;
    } rows[] = {
        {"its CA", "aki", "sd", sd, true},
        {"another's CA", "aki", "sd", md, false},
        {"no base64url", "aki", "sd", JM_BYTES("a+b="), false},
        {"a trusted list", "etsi_tl", "sd", sd, false},
        {"mdoc: its CA", "aki", "md", md, true},
        {"mdoc: another's CA", "aki", "md", sd, false},
        {"part of its key identifier", "aki", "sd", jm_slice(sd, 0, 4), false},
    };
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        bool mdoc = strcmp(rows[i / 2].format, "md") == 0;
        struct jm_wallet w = holder_of(rows[i / 2].format, false);
        const struct jm_json *claims;
        char *query = (char *)test_malloc(1024), *more = (char *)test_malloc(256);

        snprintf(more, 256,
                 ",\"trusted_authorities\":[%s{\"type\":\"%s\",\"values\":[\"AAAA\",\"%.*s\"]}]",
                 i % 2 == 0
                     ? ""
                     : "{\"type\":\"openid_federation\",\"values\":[\"https://f.example\"]},",
                 rows[i / 2].kind, (int)rows[i / 2].value.len, (const char *)rows[i / 2].value.ptr);
        KIT_MUST(
            jm_json_parse(&claims,
                          mdoc ? JM_BYTES(
                                     "{\"claims\":[{\"path\":[\"org.iso.18013.5.1\",\"sex\"]}]}")
                               : JM_BYTES("{\"claims\":[{\"path\":[\"age_over_19\"]}]}"),
                          &C->k.mem, NULL));
        snprintf(query, 1024, "%s", query_of(claims, held[0].fmt, more));
        ROW(answers(&w, query,
                    !rows[i / 2].fits ? NULL
                    : mdoc            ? "a:sex"
                                      : "a:age_over_19"),
            rows[i / 2].name);
    }
    country_end();
}

/* V-04, below the top level: what surfaces is what was asked, and what was not is told once. */
TEST(what_lies_beside_a_nested_claim_does_not_surface)
{
    struct jm_bytes claims;
    enum jm_code why;

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    request = ask("sdjwt");
    (void)holder_of("sd", false);
    const struct jm_json *card = jm_json_get(jm_json_get(file, "holds"), "sd"),
                         *address = jm_json_get(jm_json_get(card, "selective"), "address");
    const struct jm_bytes name = JM_BYTES("address");
    struct jm_sdjwt_presentation p;
    struct jm_bytes out;
    struct jm_sig sig;
    CHECK(address != NULL);
    KIT_MUST(jm_sdjwt_present_begin(&p, held[0].octets, &name, 1,
                                    &(const struct jm_sdjwt_binding){request.r.client_id,
                                                                     request.r.nonce, C->now,
                                                                     &jm_crypto_openssl},
                                    &C->k.mem));
    KIT_MUST(jm_key_sign(C->k.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &C->k.mem));
    CHECK_EQ(judged(&claims, &why, ONE(",\"claims\":[{\"path\":[\"address\",\"region\"]}]"), out),
             JM_ACCEPTED);
    CHECK_STR(claims, "{\"address\":{\"region\":\"세종특별자치시\"}}");
    CHECK(unasked);
    CHECK_EQ(judged(&claims, &why, ONE(",\"claims\":[{\"path\":[\"address\"]}]"), out),
             JM_ACCEPTED);
    CHECK(!unasked);
    country_end();
}

/* A wallet that shows a claim with a value that was not among those asked for is refused, in both
 * formats. */
TEST(a_verifier_looks_at_values_and_sets_itself)
{
    static const struct {
        const char *name, *hold, *query;
        enum jm_code code;
    } rows[] = {
        {"SD-JWT: another value", "sd",
         ONE(",\"claims\":[{\"path\":[\"age_over_19\"],\"values\":[false]}]"), JM_VP_QUERY_UNMET},
        {"SD-JWT: no set is whole", "sd2",
         ONE(",\"claims\":[{\"id\":\"a\",\"path\":[\"age_over_19\"]},{\"id\":\"h\",\"path\":["
             "\"height_cm\"]}],\"claim_sets\":[[\"a\"],[\"h\"]]"),
         JM_VP_QUERY_UNMET},
        {"SD-JWT: a required claim is missing", "sd2", ONE(AGE_), JM_SDJWT_CLAIM_MISSING},
        {"mdoc: another value", "md",
         "{\"credentials\":[" MD_(
             "a", ",\"claims\":[{\"path\":[\"org.iso.18013.5.1\",\"sex\"],\"values\":[1]}]") "]}",
         JM_VP_QUERY_UNMET},
        {"SD-JWT: another authority", "sd",
         ONE(",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"AAAA\"]}]" AGE_),
         JM_SDJWT_ISSUER_NOT_ALLOWED},
        {"an authority of a kind that nobody knows", "sd",
         ONE(",\"trusted_authorities\":[{\"type\":\"openid_federation\",\"values\":[\"https://"
             "f.example\"]}]" AGE_),
         JM_VP_QUERY_UNMET},
        {"mdoc: another authority", "md",
         "{\"credentials\":[" MD_(
             "a", ",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"AAAA\"]}],\"claims\":["
                  "{\"path\":[\"org.iso.18013.5.1\",\"sex\"]}]") "]}",
         JM_MDOC_ISSUER_NOT_ALLOWED},
    };
    struct jm_bytes claims;
    enum jm_code why;

    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    request = ask("sdjwt");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        (void)holder_of(rows[i].hold, false);
        ROW(CHECK_EQ(judged(&claims, &why, rows[i].query, everything(&held[0])), JM_REJECTED) &&
                CHECK_EQ(why, rows[i].code) && CHECK(claims.ptr == NULL),
            rows[i].name);
    }
    country_end();
}

/* As many presentations as are judged at once, and one more. */
TEST(presentations_of_one_answer_are_counted)
{
    country_begin();
    KIT_MUST(
        jm_json_parse(&file, read_file("tests/unit/service/dcql_cases.json"), &C->k.mem, NULL));
    request = ask("sdjwt");
    (void)holder_of("sd", false);
    const struct jm_bytes one = everything(&held[0]);
    for (size_t n = JM_PRESENTED_MAX; n <= JM_PRESENTED_MAX + 1; n++) {
        struct jm_bytes claims;
        struct jm_buf b;
        enum jm_code why;

        KIT_MUST(jm_alloc_buf(&b, &C->k.mem, n * (one.len + 3)));
        for (size_t i = 0; i < n; i++) {
            KIT_MUST(jm_buf_put(&b, i == 0 ? JM_BYTES("") : JM_BYTES("\",\"")));
            KIT_MUST(jm_buf_put(&b, one));
        }
        CHECK_EQ(judged(&claims, &why, ONE(",\"multiple\":true" AGE_), jm_written(b)),
                 n == JM_PRESENTED_MAX ? JM_ACCEPTED : JM_REJECTED);
        CHECK(n == JM_PRESENTED_MAX || why == JM_VP_TOKEN_FORM);
    }
    country_end();
}
