/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between a wallet and our verifier, and a copy of each format: for tests of a wallet's
 * presentation. On top of the country. */
#ifndef JM_TEST_WALLET_WAY_H
#define JM_TEST_WALLET_WAY_H

#include "unit/service/country.h"

/* What stands between wallet and verifier. */
static struct {
    struct jm_bytes request; /* instead of the verifier's; null view: its own */
    const char *body;        /* of the answer to a response; null: {} */
    int status;              /* 0: 200 */
    int fetch;               /* status of the request object; 0: 200, below 0: nobody answers */
    bool lost;               /* the response is taken, its answer never comes */
    unsigned posts;
} way;

JM_UNUSED static struct jm_http_answer serve(const struct jm_http_ask *h)
{
    struct jm_http_answer out = {.status = 200};
    struct jm_form f;
    struct jm_diag d = {0};
    enum jm_status st;

    if (jm_bytes_starts(h->url, JM_BYTES(VERIFIER "/request/")) && way.fetch != 0) {
        out.status = way.fetch;
        return out;
    }
    if (jm_bytes_starts(h->url, JM_BYTES(VERIFIER "/request/")) && way.request.ptr != NULL) {
        out.body = way.request;
        return out;
    }
    if (jm_bytes_starts(h->url, JM_BYTES(VERIFIER "/request/"))) {
        KIT_MUST(jm_form_parse(&f, h->body, &C->k.mem));
        st = jm_presentation_fetch(&C->v, &out.body,
                                   jm_slice(h->url, sizeof VERIFIER "/request/" - 1, SIZE_MAX),
                                   jm_form_get(&f, "wallet_nonce"), &C->k.mem, &d);
    } else {
        st = post(jm_slice(h->url, sizeof VERIFIER "/response/" - 1, SIZE_MAX), h->body, NULL) ==
                     JM_CODE_NONE
                 ? JM_OK
                 : JM_E_DENIED;
        out.body = way.body == NULL ? JM_BYTES("{}") : jm_str(way.body);
        way.posts++;
        if (way.status != 0) {
            out.status = way.status;
            return out;
        }
    }
    out.status = st == JM_OK ? 200 : 400;
    return out;
}

JM_UNUSED static struct jm_bytes sdjwt_saying(const struct jm_sdjwt_claim *claims, size_t n)
{
    struct jm_sdjwt_spec s = {.vct = JM_BYTES(VCT),
                              .claim = claims,
                              .n = n,
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

    KIT_MUST(jm_key_point(&s.holder, C->k.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&C->k, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &C->k.mem));
    KIT_MUST(jm_key_sign(C->sd_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, jm_sig_bytes(&sig), &C->k.mem));
    return copy;
}

JM_UNUSED static struct jm_bytes sdjwt_copy(void)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("age_over_19"), JM_BYTES("true")},
                                            {JM_BYTES("full_name"), JM_BYTES("\"홍길동\"")}};

    return sdjwt_saying(claims, 2);
}

JM_UNUSED static struct jm_bytes mdoc_copy(void)
{
    struct jm_mdoc_spec spec = kit_spec(&C->k);

    spec.status_uri = JM_BYTES(LIST_URI);
    spec.status_idx = LIST_IDX;
    return kit_issue(&C->k, &spec);
}

static struct jm_presentation_res asked_for;

JM_UNUSED static struct jm_presentation_result outcome(const char *service)
{
    struct jm_presentation_result out;

    KIT_MUST(jm_presentation_result(&C->v, &out, jm_str(service), &asked_for.id, jm_none(),
                                    &C->k.mem, NULL));
    return out;
}

/* The request object of the verifier for what was asked for last, with its payload changed by @p
 * change and signed by @p key. */
JM_UNUSED static struct jm_bytes resigned(struct jm_bytes (*change)(struct jm_bytes),
                                          const struct jm_key *key, struct jm_bytes cert)
{
    struct jm_bytes token, payload, header, out;
    struct jm_jws_draft draft;
    struct jm_sig sig;
    size_t dot;

    KIT_MUST(jm_presentation_fetch(&C->v, &token,
                                   jm_slice(asked_for.request_uri, sizeof VERIFIER "/request/" - 1,
                                            SIZE_MAX),
                                   jm_none(), &C->k.mem, NULL));
    token = jm_slice(token, jm_bytes_find(token, JM_BYTES(".")) + 1, SIZE_MAX);
    dot = jm_bytes_find(token, JM_BYTES("."));
    KIT_MUST(jm_b64url_decode(&payload, &C->k.mem, jm_slice(token, 0, dot)));
    KIT_MUST(jm_jws_header(&header, "oauth-authz-req+jwt", NULL, &cert, 1, &C->k.mem));
    KIT_MUST(jm_jws_begin(&draft, header, change(payload), &C->k.mem));
    KIT_MUST(jm_key_sign(key, draft.to_sign, &sig));
    KIT_MUST(jm_jws_finish(&out, &draft, jm_sig_bytes(&sig), &C->k.mem));
    return out;
}

JM_UNUSED static struct jm_bytes es384(struct jm_bytes payload)
{
    struct jm_bytes copy = exact(payload);
    uint8_t *p = test_heap[test_heap_n - 1];

    for (size_t i = 0; i + 5 <= copy.len; i++)
        if (memcmp(p + i, "ES256", 5) == 0)
            memcpy(p + i, "ES384", 5);
    return copy;
}

JM_UNUSED static struct jm_bytes with_transaction_data(struct jm_bytes payload)
{
    const struct jm_bytes parts[] = {jm_slice(payload, 0, payload.len - 1),
                                     JM_BYTES(",\"transaction_data\":[\"AA\"]}")};
    struct jm_bytes out;

    KIT_MUST(jm_concat(&out, &C->k.mem, parts, 2));
    return out;
}

/* A request of its own, by GET: without a wallet's nonce. */
JM_UNUSED static char *requested(void)
{
    char *get = (char *)test_malloc(512);

    KIT_MUST(jm_presentation_request(&C->v, &asked_for, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
    snprintf(get, 512, "openid4vp://?client_id=%.*s&request_uri=%.*s", (int)C->v.client_id.len,
             (const char *)C->v.client_id.ptr, (int)asked_for.request_uri.len,
             (const char *)asked_for.request_uri.ptr);
    return get;
}

#endif
