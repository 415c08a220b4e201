/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/claims.h"

static enum jm_status head_of(struct jm_bytes *out, const struct jm_sdjwt *s, const bool *send,
                              struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, s->presented.len));
    JM_TRY(jm_buf_put(&b, s->jwt));
    JM_TRY(jm_buf_put(&b, JM_BYTES("~")));
    for (size_t i = 0; i < s->n; i++)
        if (send[i]) {
            JM_TRY(jm_buf_put(&b, s->disclosure[i].text));
            JM_TRY(jm_buf_put(&b, JM_BYTES("~")));
        }
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status key_binding(struct jm_jws_draft *out, struct jm_bytes head,
                                  const struct jm_sdjwt_binding *b, struct jm_arena *mem)
{
    struct jm_bytes header;
    struct jm_json_w w;
    struct jm_buf room;
    uint8_t hash[32];

    JM_TRY(jm_sha256(b->crypto, head, hash));
    JM_TRY(jm_alloc_buf(&room, mem, 256 + 6 * (b->aud.len + b->nonce.len)));
    jm_json_w_init(&w, &room);
    jm_json_w_open(&w, '{');
    jm_json_w_mint(&w, "iat", b->iat);
    jm_json_w_mtext(&w, "aud", b->aud);
    jm_json_w_mtext(&w, "nonce", b->nonce);
    jm_json_w_name(&w, "sd_hash");
    jm_json_w_b64url(&w, jm_bytes(hash, sizeof hash));
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_jws_header(&header, "kb+jwt", NULL, NULL, 0, mem));
    return jm_jws_begin(out, header, jm_written(room), mem);
}

static enum jm_status present_with(struct jm_sdjwt_presentation *out, const struct jm_sdjwt *s,
                                   const bool *send, const struct jm_sdjwt_binding *b,
                                   struct jm_arena *mem)
{
    JM_TRY(head_of(&out->head, s, send, mem));
    return key_binding(&out->kb, out->head, b, mem);
}

enum jm_status jm_sdjwt_present_parts_begin(struct jm_sdjwt_presentation *out,
                                            struct jm_bytes sdjwt, const size_t *part, size_t n,
                                            const struct jm_sdjwt_binding *b, struct jm_arena *mem)
{
    struct jm_sdjwt s;
    bool *send;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sdjwt_split(&s, sdjwt, b->crypto, mem, NULL));
    if ((send = JM_NEW_N(mem, bool, s.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        if (part[i] >= s.n)
            return JM_E_ABSENT;
        send[part[i]] = true;
    }
    return present_with(out, &s, send, b, mem);
}

enum jm_status jm_sdjwt_present_begin(struct jm_sdjwt_presentation *out, struct jm_bytes sdjwt,
                                      const struct jm_bytes *names, size_t n,
                                      const struct jm_sdjwt_binding *b, struct jm_arena *mem)
{
    struct jm_claims claims;
    struct jm_sdjwt s;
    bool *send;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sdjwt_split(&s, sdjwt, b->crypto, mem, NULL));
    JM_TRY(jm_claims_of_sdjwt(&claims, &s, mem));
    if ((send = JM_NEW_N(mem, bool, s.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        const struct jm_claim *x = claims.root->child;

        while (x != NULL && (x->part == 0 || !jm_bytes_eq(x->name, names[i])))
            x = x->next;
        if (x == NULL)
            return JM_E_ABSENT;
        jm_claim_parts(send, x);
    }
    return present_with(out, &s, send, b, mem);
}

enum jm_status jm_sdjwt_present_finish(struct jm_bytes *out, const struct jm_sdjwt_presentation *p,
                                       struct jm_bytes sig, struct jm_arena *mem)
{
    struct jm_bytes kb;

    *out = jm_none();
    JM_TRY(jm_jws_finish(&kb, &p->kb, sig, mem));
    const struct jm_bytes parts[] = {p->head, kb};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}
