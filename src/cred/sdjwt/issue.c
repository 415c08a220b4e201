/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/sdjwt.h"

#define SALT 16
#define DECOYS 4 /* digests without a disclosure: the count of claims does not show */

/* A nested value stands behind one of these; more of them, inside texts, cost a few octets. */
static size_t nested_max(struct jm_bytes json)
{
    size_t n = 0;

    for (size_t i = 0; i < json.len; i++)
        n += json.ptr[i] == '{' || json.ptr[i] == '[' || json.ptr[i] == ',';
    return n;
}

static size_t nested_of(const struct jm_sdjwt_spec *s, size_t i)
{
    return s->nested != NULL && s->nested[i] ? nested_max(s->claim[i].json) : 0;
}

size_t jm_sdjwt_random_len(const struct jm_sdjwt_spec *spec)
{
    size_t n = spec->n + DECOYS;

    for (size_t i = 0; i < spec->n; i++)
        n += nested_of(spec, i);
    return SALT * n;
}

/* Disclosures of one credential, in the order in which they were made: what is nested before what
 * holds it. */
struct making {
    struct jm_buf all;
    struct jm_bytes random; /* what is left of it */
    size_t n;
    const struct jm_crypto *c;
    struct jm_arena *mem;
};

/* @p name null: an element of an array. */
static enum jm_status put_disclosure(struct making *m, uint8_t digest[32],
                                     const struct jm_bytes *name, struct jm_bytes json)
{
    size_t mark = jm_arena_mark(m->mem), start = m->all.len;
    struct jm_buf b;
    struct jm_json_w w;

    if (m->random.len < SALT || ++m->n > JM_SDJWT_DISCLOSURES_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, m->mem, 64 + (name == NULL ? 0 : 6 * name->len) + json.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '[');
    jm_json_w_b64url(&w, jm_slice(m->random, 0, SALT));
    if (name != NULL)
        jm_json_w_text(&w, *name);
    jm_json_w_raw(&w, json);
    jm_json_w_close(&w, ']');
    JM_TRY(jm_json_w_end(&w));
    m->random = jm_slice(m->random, SALT, SIZE_MAX);
    JM_TRY(jm_b64url_put(&m->all, jm_written(b)));
    JM_TRY(jm_sha256(m->c, jm_bytes(m->all.ptr + start, m->all.len - start), digest));
    jm_arena_back(m->mem, mark);
    return jm_buf_put(&m->all, JM_BYTES("~"));
}

static void sort_digests(uint8_t (*d)[32], size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint8_t t[32];
        size_t k = i;

        memcpy(t, d[i], 32);
        for (;
             k > 0 && (d[k - 1][0] > t[0] || (d[k - 1][0] == t[0] && memcmp(d[k - 1], t, 32) > 0));
             k--)
            memcpy(d[k], d[k - 1], 32);
        memcpy(d[k], t, 32);
    }
}

static void put_digests(struct jm_json_w *w, bool is_array, uint8_t (*digest)[32], size_t n)
{
    if (!is_array)
        sort_digests(digest, n); /* no order of members shows */
    jm_json_w_open(w, is_array ? '[' : '{');
    if (!is_array) {
        jm_json_w_mopen(w, "_sd", '[');
    }
    for (size_t i = 0; i < n; i++) {
        if (is_array) {
            jm_json_w_open(w, '{');
            jm_json_w_name(w, "...");
        }
        jm_json_w_b64url(w, jm_bytes(digest[i], 32));
        if (is_array)
            jm_json_w_close(w, '}');
    }
    if (!is_array)
        jm_json_w_close(w, ']');
    jm_json_w_close(w, is_array ? ']' : '}');
}

/* RFC 9901 4.2.6: each member and element below becomes a disclosure of its own; @p out: what is
 * left of the value. */
static enum jm_status hide_nested(struct making *m, struct jm_bytes *out, const struct jm_json *v)
{
    bool is_array = v->type == JM_JSON_ARRAY;
    uint8_t(*digest)[32];
    struct jm_json_w w;
    struct jm_buf b;
    size_t n = 0;

    *out = v->raw;
    if ((v->type != JM_JSON_OBJECT && !is_array) || v->n == 0)
        return JM_OK;
    if ((digest = jm_alloc(m->mem, v->n, 32)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = v->child; e != NULL; e = e->next) {
        struct jm_bytes inner;

        JM_TRY(hide_nested(m, &inner, e));
        JM_TRY(put_disclosure(m, digest[n++], is_array ? NULL : &e->name, inner));
    }
    JM_TRY(jm_alloc_buf(&b, m->mem, 16 + 64 * n));
    jm_json_w_init(&w, &b);
    put_digests(&w, is_array, digest, n);
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

static enum jm_status put_claim(struct making *m, uint8_t digest[32],
                                const struct jm_sdjwt_claim *claim, bool nested)
{
    const struct jm_json *v;
    struct jm_bytes left = claim->json;

    if (nested) {
        JM_TRY(jm_json_parse(&v, claim->json, m->mem, NULL));
        JM_TRY(hide_nested(m, &left, v));
    }
    return put_disclosure(m, digest, &claim->name, left);
}

static void put_status(struct jm_json_w *w, const struct jm_sdjwt_spec *s)
{
    if (s->status_uri.len == 0)
        return;
    jm_json_w_mopen(w, "status", '{');
    jm_json_w_mopen(w, "status_list", '{');
    jm_json_w_mint(w, "idx", (int64_t)s->status_idx);
    jm_json_w_mtext(w, "uri", s->status_uri);
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

static enum jm_status write_payload(struct jm_bytes *out, const struct jm_sdjwt_spec *s,
                                    uint8_t (*digest)[32], size_t n, struct jm_arena *mem)
{
    struct jm_buf b;
    struct jm_json_w w;

    JM_TRY(jm_alloc_buf(&b, mem, 1024 + s->vct.len + s->issuer.len + s->status_uri.len + n * 48));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    if (s->issuer.len != 0)
        jm_json_w_mtext(&w, "iss", s->issuer);
    jm_json_w_mtext(&w, "vct", s->vct);
    jm_json_w_mint(&w, "iat", s->iat);
    jm_json_w_mint(&w, "nbf", s->nbf);
    jm_json_w_mint(&w, "exp", s->exp);
    jm_json_w_mopen(&w, "cnf", '{');
    jm_json_w_name(&w, "jwk");
    jm_jwk_write(&w, &s->holder, jm_none(), NULL, NULL);
    jm_json_w_close(&w, '}');
    put_status(&w, s);
    jm_json_w_mstr(&w, "_sd_alg", "sha-256");
    jm_json_w_mopen(&w, "_sd", '[');
    for (size_t i = 0; i < n; i++)
        jm_json_w_b64url(&w, jm_bytes(digest[i], 32));
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_sdjwt_issue_begin(struct jm_sdjwt_draft *out, const struct jm_sdjwt_spec *s,
                                    struct jm_bytes random, const struct jm_crypto *c,
                                    struct jm_arena *mem)
{
    size_t n = s->n + DECOYS, room = 16;
    uint8_t(*digest)[32] = jm_alloc(mem, n, 32);
    struct making m = {.random = random, .c = c, .mem = mem};
    struct jm_bytes header, body;

    memset(out, 0, sizeof *out);
    if (digest == NULL)
        return JM_E_NO_SPACE;
    if (random.len != jm_sdjwt_random_len(s) || s->n > JM_SDJWT_DISCLOSURES_MAX - DECOYS)
        return JM_E_BUG;
    for (size_t i = 0; i < s->n; i++) {
        size_t nested = nested_of(s, i), texts = s->claim[i].name.len + s->claim[i].json.len;

        room += (160 * (nested + 1) + (nested > 0 ? 6 * texts : 5 * s->claim[i].name.len + texts)) *
                    4 / 3 +
                4;
    }
    JM_TRY(jm_alloc_buf(&m.all, mem, room));
    JM_TRY(jm_buf_put(&m.all, JM_BYTES("~")));
    for (size_t i = 0; i < s->n; i++)
        JM_TRY(put_claim(&m, digest[i], &s->claim[i], s->nested != NULL && s->nested[i]));
    for (size_t i = s->n; i < n; i++)
        JM_TRY(jm_sha256(c, jm_slice(random, random.len - SALT * (n - i), SALT), digest[i]));
    sort_digests(digest, n);
    JM_TRY(write_payload(&body, s, digest, n, mem));
    header = s->header;
    if (header.len == 0)
        JM_TRY(jm_sdjwt_header(&header, s->x5c, s->n_x5c, mem));
    out->disclosures = jm_written(m.all);
    return jm_jws_begin_with(&out->jws, header, body, mem);
}

enum jm_status jm_sdjwt_header(struct jm_bytes *text, const struct jm_bytes *x5c, size_t n,
                               struct jm_arena *mem)
{
    struct jm_bytes header;

    *text = jm_none();
    JM_TRY(jm_jws_header(&header, "dc+sd-jwt", NULL, x5c, n, mem));
    return jm_b64url_encode(text, mem, header);
}

enum jm_status jm_sdjwt_issue_finish(struct jm_bytes *sdjwt, const struct jm_sdjwt_draft *draft,
                                     struct jm_bytes sig, struct jm_arena *mem)
{
    struct jm_bytes jws;

    *sdjwt = jm_none();
    JM_TRY(jm_jws_finish(&jws, &draft->jws, sig, mem));
    const struct jm_bytes parts[] = {jws, draft->disclosures};
    return jm_concat(sdjwt, mem, parts, JM_ARRAY_LEN(parts));
}
