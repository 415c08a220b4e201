/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/sdjwt.h"

#define SALT 16
#define DECOYS 4 /* digests without a disclosure: the count of claims does not show */

size_t jm_sdjwt_random_len(const struct jm_sdjwt_spec *spec)
{
    return SALT * (spec->n + DECOYS);
}

static enum jm_status put_disclosure(struct jm_buf *all, uint8_t digest[32], const struct jm_sdjwt_claim *claim,
                                     struct jm_bytes salt, const struct jm_crypto *c, struct jm_arena *mem)
{
    size_t mark = jm_arena_mark(mem), start;
    struct jm_buf b;
    struct jm_json_w w;

    JM_TRY(jm_alloc_buf(&b, mem, 64 + 6 * claim->name.len + claim->json.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '[');
    jm_json_w_b64url(&w, salt);
    jm_json_w_text(&w, claim->name);
    jm_json_w_raw(&w, claim->json);
    jm_json_w_close(&w, ']');
    JM_TRY(jm_json_w_end(&w));
    start = all->len;
    JM_TRY(jm_b64url_put(all, jm_written(b)));
    JM_TRY(jm_sha256(c, jm_bytes(all->ptr + start, all->len - start), digest));
    jm_arena_back(mem, mark);
    return jm_buf_put(all, JM_BYTES("~"));
}

static void sort_digests(uint8_t (*d)[32], size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint8_t t[32];
        size_t k = i;

        memcpy(t, d[i], 32);
        for (; k > 0 && memcmp(d[k - 1], t, 32) > 0; k--)
            memcpy(d[k], d[k - 1], 32);
        memcpy(d[k], t, 32);
    }
}

static void put_status(struct jm_json_w *w, const struct jm_sdjwt_spec *s)
{
    if (s->status_uri.len == 0)
        return;
    jm_json_w_name(w, "status");
    jm_json_w_open(w, '{');
    jm_json_w_name(w, "status_list");
    jm_json_w_open(w, '{');
    jm_json_w_mint(w, "idx", (int64_t)s->status_idx);
    jm_json_w_mtext(w, "uri", s->status_uri);
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

static enum jm_status payload(struct jm_bytes *out, const struct jm_sdjwt_spec *s, uint8_t (*digest)[32], size_t n,
                              struct jm_arena *mem)
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
    jm_json_w_name(&w, "cnf");
    jm_json_w_open(&w, '{');
    jm_json_w_name(&w, "jwk");
    jm_jwk_write(&w, &s->holder, jm_none(), NULL, NULL);
    jm_json_w_close(&w, '}');
    put_status(&w, s);
    jm_json_w_mstr(&w, "_sd_alg", "sha-256");
    jm_json_w_name(&w, "_sd");
    jm_json_w_open(&w, '[');
    for (size_t i = 0; i < n; i++)
        jm_json_w_b64url(&w, jm_bytes(digest[i], 32));
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_sdjwt_issue_begin(struct jm_sdjwt_draft *out, const struct jm_sdjwt_spec *s, struct jm_bytes random,
                                    const struct jm_crypto *c, struct jm_arena *mem)
{
    size_t n = s->n + DECOYS, room = 16;
    uint8_t(*digest)[32] = jm_alloc(mem, n, 32);
    struct jm_bytes header, body;
    struct jm_buf all;

    memset(out, 0, sizeof *out);
    if (digest == NULL)
        return JM_E_NO_SPACE;
    if (random.len != jm_sdjwt_random_len(s) || s->n > JM_SDJWT_DISCLOSURES_MAX - DECOYS)
        return JM_E_BUG;
    for (size_t i = 0; i < s->n; i++)
        room += (96 + 6 * s->claim[i].name.len + s->claim[i].json.len) * 4 / 3 + 4;
    JM_TRY(jm_alloc_buf(&all, mem, room));
    JM_TRY(jm_buf_put(&all, JM_BYTES("~")));
    for (size_t i = 0; i < s->n; i++)
        JM_TRY(put_disclosure(&all, digest[i], &s->claim[i], jm_slice(random, SALT * i, SALT), c, mem));
    for (size_t i = s->n; i < n; i++)
        JM_TRY(jm_sha256(c, jm_slice(random, SALT * i, SALT), digest[i]));
    sort_digests(digest, n);
    JM_TRY(payload(&body, s, digest, n, mem));
    JM_TRY(jm_jws_header(&header, "dc+sd-jwt", NULL, s->x5c, s->n_x5c, mem));
    out->disclosures = jm_written(all);
    return jm_jws_begin(&out->jws, header, body, mem);
}

enum jm_status jm_sdjwt_issue_finish(struct jm_bytes *sdjwt, const struct jm_sdjwt_draft *draft,
                                     const uint8_t sig[JM_SIG_LEN], struct jm_arena *mem)
{
    struct jm_bytes jws;

    *sdjwt = jm_none();
    JM_TRY(jm_jws_finish(&jws, &draft->jws, sig, mem));
    const struct jm_bytes parts[] = {jws, draft->disclosures};
    return jm_concat(sdjwt, mem, parts, JM_ARRAY_LEN(parts));
}

/* -- presenting -- */

static enum jm_status head_of(struct jm_bytes *out, const struct jm_sdjwt *s, const struct jm_bytes *names, size_t n,
                              struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, s->presented.len));
    JM_TRY(jm_buf_put(&b, s->jwt));
    JM_TRY(jm_buf_put(&b, JM_BYTES("~")));
    for (size_t k = 0; k < n; k++) {
        bool found = false;

        for (size_t i = 0; i < s->n && !found; i++) {
            if (s->disclosure[i].name.ptr == NULL || !jm_bytes_eq(s->disclosure[i].name, names[k]))
                continue;
            found = true;
            JM_TRY(jm_buf_put(&b, s->disclosure[i].text));
            JM_TRY(jm_buf_put(&b, JM_BYTES("~")));
        }
        if (!found)
            return JM_E_ABSENT;
    }
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_sdjwt_present_begin(struct jm_sdjwt_presentation *out, struct jm_bytes sdjwt, const struct jm_bytes *names,
                                      size_t n, struct jm_bytes aud, struct jm_bytes nonce, int64_t iat,
                                      const struct jm_crypto *c, struct jm_arena *mem)
{
    struct jm_bytes header;
    struct jm_sdjwt s;
    struct jm_buf b;
    struct jm_json_w w;
    uint8_t hash[32];

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sdjwt_split(&s, sdjwt, c, mem, NULL));
    JM_TRY(head_of(&out->head, &s, names, n, mem));
    JM_TRY(jm_sha256(c, out->head, hash));
    JM_TRY(jm_alloc_buf(&b, mem, 256 + 6 * (aud.len + nonce.len)));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mint(&w, "iat", iat);
    jm_json_w_mtext(&w, "aud", aud);
    jm_json_w_mtext(&w, "nonce", nonce);
    jm_json_w_name(&w, "sd_hash");
    jm_json_w_b64url(&w, jm_bytes(hash, sizeof hash));
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_jws_header(&header, "kb+jwt", NULL, NULL, 0, mem));
    return jm_jws_begin(&out->kb, header, jm_written(b), mem);
}

enum jm_status jm_sdjwt_present_finish(struct jm_bytes *out, const struct jm_sdjwt_presentation *p,
                                       const uint8_t sig[JM_SIG_LEN], struct jm_arena *mem)
{
    struct jm_bytes kb;

    *out = jm_none();
    JM_TRY(jm_jws_finish(&kb, &p->kb, sig, mem));
    const struct jm_bytes parts[] = {p->head, kb};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}
