/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked: the query of a service, the request object, its invocation. */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"
#include "service/presentation/parts.h"
#include "service/signer.h"

/* -- DCQL -- */

static bool first_of_group(const struct jm_rp_service *s, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (s->claim[i].fmt == s->claim[at].fmt && jm_bytes_eq(s->claim[i].type, s->claim[at].type))
            return false;
    return true;
}

static bool same_group(const struct jm_rp_claim *a, const struct jm_rp_claim *b)
{
    return a->fmt == b->fmt && jm_bytes_eq(a->type, b->type);
}

/* "mdoc", "sdjwt"; a second type of one format gets a number. */
static void put_query_id(struct jm_json_w *w, const struct jm_rp_service *s, size_t at)
{
    const char *const base = s->claim[at].fmt == JM_FMT_MDOC ? "mdoc" : "sdjwt";
    uint8_t room[16];
    struct jm_buf b = jm_buf(room, sizeof room);
    uint8_t n = 0;

    for (size_t i = 0; i < at; i++)
        if (s->claim[i].fmt == s->claim[at].fmt && first_of_group(s, i))
            n++;
    if (jm_buf_put(&b, jm_str(base)) != JM_OK)
        return;
    if (n > 0) {
        uint8_t digits[2] = {(uint8_t)('0' + (n + 1) / 10), (uint8_t)('0' + (n + 1) % 10)};

        if (jm_buf_put(&b, jm_bytes(digits + (n < 9), n < 9 ? 1 : 2)) != JM_OK)
            return;
    }
    jm_json_w_text(w, jm_written(b));
}

static void put_claim_id(struct jm_json_w *w, size_t i)
{
    uint8_t id[3] = {'c', (uint8_t)('0' + i / 10), (uint8_t)('0' + i % 10)};

    jm_json_w_text(w, jm_bytes(id, sizeof id));
}

static void put_claim(struct jm_json_w *w, const struct jm_rp_service *s, size_t i, bool with_id)
{
    const struct jm_rp_claim *c = &s->claim[i];

    jm_json_w_open(w, '{');
    if (with_id) {
        jm_json_w_name(w, "id");
        put_claim_id(w, i);
    }
    jm_json_w_mopen(w, "path", '[');
    for (size_t k = 0; k < jm_rp_claim_steps(c); k++)
        jm_json_w_text(w, c->path[k]);
    jm_json_w_close(w, ']');
    if (c->fmt == JM_FMT_MDOC)
        jm_json_w_mbool(w, "intent_to_retain", s->retention_days > 0);
    jm_json_w_close(w, '}');
}

/* The required ones and those optional ones whose bits are set, the first one's the highest of @p
 * n; of more than there are bits for, the last ones go by the lowest together. */
static void put_claim_set(struct jm_json_w *w, const struct jm_rp_service *s, size_t at,
                          unsigned chosen, size_t n)
{
    jm_json_w_open(w, '[');
    for (size_t i = at; i < s->n_claims; i++) {
        if (!same_group(&s->claim[i], &s->claim[at]))
            continue;
        if (s->claim[i].required || (chosen >> (n - 1) & 1) != 0)
            put_claim_id(w, i);
        n -= !s->claim[i].required && n > 1;
    }
    jm_json_w_close(w, ']');
}

static unsigned bits_in(unsigned x)
{
    return x == 0 ? 0 : (x & 1) + bits_in(x >> 1);
}

/* Each optional one is the holder's to give or not (D-352): all of them first, then fewer; where
 * nothing is required, one at least. */
static void put_claim_sets(struct jm_json_w *w, const struct jm_rp_service *s, size_t at,
                           size_t n_required, size_t n_optional)
{
    size_t n = n_optional < JM_RP_OPTIONAL_MAX ? n_optional : JM_RP_OPTIONAL_MAX;

    jm_json_w_mopen(w, "claim_sets", '[');
    for (size_t many = n + 1; many-- > (n_required == 0);)
        for (unsigned chosen = 1U << n; chosen-- > 0;)
            if (bits_in(chosen) == many)
                put_claim_set(w, s, at, chosen, n);
    jm_json_w_close(w, ']');
}

static void put_credential(struct jm_json_w *w, const struct jm_rp_service *s, size_t at)
{
    const struct jm_rp_claim *first = &s->claim[at];
    size_t n = 0, n_required = 0;

    for (size_t i = at; i < s->n_claims; i++)
        if (same_group(&s->claim[i], first)) {
            n++;
            n_required += s->claim[i].required;
        }
    jm_json_w_open(w, '{');
    jm_json_w_name(w, "id");
    put_query_id(w, s, at);
    jm_json_w_mstr(w, "format", first->fmt == JM_FMT_MDOC ? "mso_mdoc" : "dc+sd-jwt");
    jm_json_w_mopen(w, "meta", '{');
    if (first->fmt == JM_FMT_MDOC) {
        jm_json_w_mtext(w, "doctype_value", first->type);
    } else {
        jm_json_w_mopen(w, "vct_values", '[');
        jm_json_w_text(w, first->type);
        jm_json_w_close(w, ']');
    }
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "claims", '[');
    for (size_t i = at; i < s->n_claims; i++)
        if (same_group(&s->claim[i], first))
            put_claim(w, s, i, n_required < n);
    jm_json_w_close(w, ']');
    if (n_required < n)
        put_claim_sets(w, s, at, n_required, n - n_required);
    jm_json_w_close(w, '}');
}

enum jm_status jm_presentation_dcql(struct jm_bytes *out, const struct jm_rp_service *s,
                                    struct jm_arena *mem)
{
    size_t groups = 0, room = 512;
    struct jm_json_w w;
    struct jm_buf b;

    *out = jm_none();
    for (size_t i = 0; i < s->n_claims; i++)
        room += 256 + 6 * (s->claim[i].type.len + 64 * jm_rp_claim_steps(&s->claim[i])) +
                (first_of_group(s, i) ? (1U << JM_RP_OPTIONAL_MAX) * 8 * s->n_claims : 0);
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mopen(&w, "credentials", '[');
    for (size_t i = 0; i < s->n_claims; i++)
        if (first_of_group(s, i)) {
            put_credential(&w, s, i);
            groups++;
        }
    jm_json_w_close(&w, ']');
    if (groups > 1) {
        jm_json_w_mopen(&w, "credential_sets", '[');
        jm_json_w_open(&w, '{');
        jm_json_w_mopen(&w, "options", '[');
        for (size_t i = 0; i < s->n_claims; i++) {
            if (!first_of_group(s, i))
                continue;
            jm_json_w_open(&w, '[');
            put_query_id(&w, s, i);
            jm_json_w_close(&w, ']');
        }
        jm_json_w_close(&w, ']');
        jm_json_w_close(&w, '}');
        jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

/* -- the request object -- */

static enum jm_status own_address(struct jm_bytes *out, const struct jm_verifier *v,
                                  const char *path, struct jm_bytes request, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {v->url, jm_str(path), request};

    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status sign_request(struct jm_verifier *v, struct jm_bytes *token,
                                   const struct jm_presentation *p, struct jm_bytes wallet_nonce,
                                   struct jm_arena *mem)
{
    const struct jm_env *env = &v->base.env;
    struct jm_vp_request_spec spec = {.client_id = p->client_id,
                                      .nonce = p->nonce,
                                      .state = p->request,
                                      .dcql = p->dcql,
                                      .wallet_nonce = wallet_nonce,
                                      .rp = v->app.id,
                                      .use = p->service,
                                      .enc = p->enc,
                                      .enc_kid = p->kid,
                                      /* fetched again it says the same (V-12) */
                                      .iat =
                                          wallet_nonce.ptr == NULL ? p->created : jm_env_now(env)};
    struct jm_bytes header, payload, sig = {NULL, 0};
    struct jm_jws_draft draft;

    JM_TRY(own_address(&spec.response_uri, v, "/response/", p->request, mem));
    JM_TRY(jm_vp_request_payload(&payload, &spec, mem));
    JM_TRY(jm_jws_header(&header, "oauth-authz-req+jwt", NULL, &v->access, 1, mem));
    JM_TRY(jm_jws_begin(&draft, header, payload, mem));
    struct jm_list in = {&draft.to_sign, 1, 1}, out = {&sig, 0, 1};
    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN, JM_PURPOSE_REQUEST, jm_none(), &in, &out));
    return jm_jws_finish(token, &draft, sig, mem);
}

static enum jm_status make_key(struct jm_verifier *v, struct jm_presentation *p,
                               struct jm_arena *mem)
{
    struct jm_secret32 scalar;
    enum jm_status st = v->new_key(v->ctx, &scalar, &p->enc);

    if (st == JM_OK)
        st = jm_value_seal(&p->enc_sealed, v, "presentation/enc", &p->id,
                           jm_bytes(scalar.octets, sizeof scalar.octets), mem);
    jm_wipe(&scalar, sizeof scalar);
    return st;
}

static enum jm_status add_tx(struct jm_tx *tx, void *arg)
{
    return jm_presentation_rows_add(tx, arg);
}

static enum jm_status write_invocation(struct jm_bytes *out, const struct jm_presentation *p,
                                       struct jm_bytes request_uri, struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 128 + 3 * (p->client_id.len + request_uri.len)));
    JM_TRY(jm_buf_put(&b, JM_BYTES("openid4vp://?")));
    JM_TRY(jm_form_put(&b, "client_id", p->client_id));
    JM_TRY(jm_form_put(&b, "request_uri", request_uri));
    JM_TRY(jm_form_put(&b, "request_uri_method", JM_BYTES("post")));
    *out = jm_written(b);
    return JM_OK;
}

static bool is_of_origin(const struct jm_rp_service *s, struct jm_bytes url)
{
    for (size_t i = 0; i < s->n_origins; i++) {
        struct jm_bytes rest = jm_slice(url, s->origin[i].len, SIZE_MAX);

        if (jm_bytes_starts(url, s->origin[i]) &&
            (rest.len == 0 || rest.ptr[0] == '/' || rest.ptr[0] == '?'))
            return true;
    }
    return false;
}

static bool may_return(const struct jm_verifier *v, const struct jm_rp_service *s,
                       struct jm_bytes to)
{
    for (size_t i = 0; i < to.len; i++)
        if (to.ptr[i] <= 0x20 || to.ptr[i] >= 0x7F || to.ptr[i] == '#')
            return false;
    return to.len <= JM_PRESENTATION_RETURN_MAX && jm_url_allowed(to, v->trust.synthetic) &&
           is_of_origin(s, to);
}

/* On the same device where a page of the service asks (V-07), across devices where it may (V-08).
 */
static enum jm_status check_flow(const struct jm_verifier *v, const struct jm_rp_service *s,
                                 const struct jm_return *back, struct jm_diag *d)
{
    if (back != NULL)
        return (s->channels & JM_CHANNEL_REMOTE) != 0 && may_return(v, s, back->to)
                   ? JM_OK
                   : jm_refuse(d, JM_E_DENIED, JM_VER_ORIGIN, NULL);
    if (!s->cross_device || (s->channels & (JM_CHANNEL_REMOTE | JM_CHANNEL_KIOSK)) == 0)
        return jm_refuse(d, JM_E_DENIED, JM_VER_CROSS_DEVICE,
                         s->cross_device ? "channels" : "cross_device");
    return JM_OK;
}

enum jm_status jm_presentation_request(struct jm_verifier *v, struct jm_presentation_res *out,
                                       struct jm_bytes service, const struct jm_return *back,
                                       struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_env *env = &v->base.env;
    const struct jm_rp_service *s = jm_verifier_service(v, service);
    struct jm_presentation p = {.state = JM_PRESENTATION_REQUESTED};

    memset(out, 0, sizeof *out);
    if (s == NULL)
        return jm_refuse(d, JM_E_ABSENT, JM_VER_SERVICE_UNKNOWN, NULL);
    JM_TRY(check_flow(v, s, back, d));
    if (back != NULL) {
        p.return_to = back->to;
        p.session = back->session;
    }
    JM_TRY(jm_env_id(env, &p.id));
    JM_TRY(jm_random_text(&p.request, env, 32, mem));
    JM_TRY(jm_random_text(&p.nonce, env, 32, mem));
    JM_TRY(jm_random_text(&p.kid, env, 16, mem));
    p.service = s->id;
    p.client_id = v->client_id;
    p.created = jm_env_now(env);
    p.expires = p.created + v->ttl_s;
    JM_TRY(jm_presentation_dcql(&p.dcql, s, mem));
    JM_TRY(make_key(v, &p, mem));
    JM_TRY(jm_tx_run(env, add_tx, &p));
    out->id = p.id;
    out->expires = p.expires;
    JM_TRY(own_address(&out->request_uri, v, "/request/", p.request, mem));
    return write_invocation(&out->invocation, &p, out->request_uri, mem);
}

/* -- a wallet fetches it -- */

struct fetching {
    struct jm_bytes request;
    struct jm_presentation p;
    struct jm_arena *mem;
};

static enum jm_status fetched_tx(struct jm_tx *tx, void *arg)
{
    const struct fetching *f = arg;

    return jm_presentation_rows_fetched(tx, &f->p.id);
}

static bool is_printable(struct jm_bytes t)
{
    if (t.len == 0 || t.len > JM_PRESENTATION_WALLET_NONCE_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < 0x21 || t.ptr[i] > 0x7E)
            return false;
    return true;
}

enum jm_status jm_presentation_fetch(struct jm_verifier *v, struct jm_bytes *token,
                                     struct jm_bytes request, struct jm_bytes wallet_nonce,
                                     struct jm_arena *mem, struct jm_diag *d)
{
    struct fetching f = {.request = request, .mem = mem};
    enum jm_status st;

    *token = jm_none();
    JM_READ(st, tx, &v->base.env, jm_presentation_rows_by_request(tx, request, &f.p, mem));
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    /* asked under a certificate that was replaced: nobody could prove that name any more */
    if (st != JM_OK || !jm_presentation_answerable(&f.p, jm_env_now(&v->base.env)) ||
        !jm_bytes_eq(f.p.client_id, v->client_id))
        return jm_refuse(d, JM_E_ABSENT, JM_VER_EXPIRED, NULL);
    if (wallet_nonce.ptr != NULL && !is_printable(wallet_nonce))
        return jm_refuse(d, JM_E_DENIED, JM_VP_NONCE_FORM, "wallet_nonce");
    JM_TRY(sign_request(v, token, &f.p, wallet_nonce, mem));
    return f.p.state == JM_PRESENTATION_REQUESTED ? jm_tx_run(&v->base.env, fetched_tx, &f) : JM_OK;
}
