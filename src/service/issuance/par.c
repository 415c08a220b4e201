/* SPDX-License-Identifier: Apache-2.0 */
/* Pushed authorization requests (RFC 9126): judged here, whole, before anybody sees a page. */
#include <string.h>

#include "jumin/base64.h"
#include "service/issuance/parts.h"

#define SCOPE_MAX 512 /* octets of the configurations of one type, with blanks */

struct push {
    struct jm_issuer *is;
    const struct jm_par_req *in;
    const struct jm_profile *profile; /* of all that is asked for */
    struct jm_pushed p;
    struct jm_buf scope, details;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static bool holds_word(struct jm_bytes list, struct jm_bytes word)
{
    while (list.len > 0) {
        size_t end = jm_bytes_until(list, 0, ' ');

        if (jm_bytes_eq(jm_slice(list, 0, end), word))
            return true;
        list = jm_slice(list, end + 1, SIZE_MAX);
    }
    return false;
}

bool jm_grant_lists(struct jm_bytes list, struct jm_bytes configuration)
{
    return configuration.len != 0 && holds_word(list, configuration);
}

/* One card at a time: what is asked for in one request is of one type. */
static enum jm_status ask_for(struct push *x, struct jm_buf *list, const struct jm_profile *profile,
                              struct jm_bytes id)
{
    if (x->profile != NULL && x->profile != profile)
        return jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_SCOPE, "one type of card at a time");
    x->profile = profile;
    if (holds_word(jm_written(*list), id))
        return JM_OK;
    if (list->len > 0)
        JM_TRY(jm_buf_put(list, JM_BYTES(" ")));
    return jm_buf_put(list, id);
}

/* RFC 6749 3.3: words with a blank between them. Those that nobody knows are ignored. */
static enum jm_status read_scope(struct push *x)
{
    struct jm_bytes rest = x->in->scope;

    while (rest.len > 0) {
        size_t end = jm_bytes_until(rest, 0, ' ');
        struct jm_bytes word = jm_slice(rest, 0, end);
        enum jm_fmt fmt;
        const struct jm_profile *p = jm_profile_by_configuration(&x->is->types, word, &fmt);

        if (p != NULL)
            JM_TRY(ask_for(x, &x->scope, p, word));
        rest = jm_slice(rest, end + 1, SIZE_MAX);
    }
    return JM_OK;
}

static enum jm_status bad_details(struct push *x, const char *what)
{
    return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_DETAILS, what);
}

static enum jm_status read_detail(struct push *x, const struct jm_json *e)
{
    const struct jm_json *id = jm_json_get(e, "credential_configuration_id");
    const struct jm_profile *p;
    enum jm_fmt fmt;

    if (e->type != JM_JSON_OBJECT || !jm_json_is_str(jm_json_get(e, "type"), "openid_credential"))
        return bad_details(x, "type is not openid_credential");
    if (id == NULL || id->type != JM_JSON_STRING)
        return bad_details(x, "credential_configuration_id");
    p = jm_profile_by_configuration(&x->is->types, id->text, &fmt);
    return p == NULL ? bad_details(x, "credential_configuration_id is unknown")
                     : ask_for(x, &x->details, p, id->text);
}

static enum jm_status read_details(struct push *x)
{
    const struct jm_json *j = NULL;

    if (x->in->details.ptr == NULL)
        return JM_OK;
    if (jm_json_parse(&j, x->in->details, x->mem, NULL) != JM_OK || j->type != JM_JSON_ARRAY ||
        j->n == 0)
        return bad_details(x, "an array of objects");
    for (const struct jm_json *e = j->child; e != NULL; e = e->next)
        JM_TRY(read_detail(x, e));
    return JM_OK;
}

static enum jm_status read_wanted(struct push *x)
{
    JM_TRY(jm_alloc_buf(&x->scope, x->mem, SCOPE_MAX));
    JM_TRY(jm_alloc_buf(&x->details, x->mem, SCOPE_MAX));
    JM_TRY(read_details(x));
    JM_TRY(read_scope(x));
    if (x->profile == NULL)
        return jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_SCOPE, "nothing that is issued here");
    x->p.scope = jm_written(x->scope);
    x->p.details = jm_written(x->details);
    return JM_OK;
}

/* RFC 7636: 32 octets in base64url, of S256 alone; no method is "plain". */
static enum jm_status read_challenge(struct push *x)
{
    struct jm_bytes challenge;

    if (!jm_bytes_eq_str(x->in->method, "S256"))
        return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_PKCE, "code_challenge_method");
    if (jm_b64url_decode(&challenge, x->mem, x->in->challenge) != JM_OK || challenge.len != 32)
        return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_PKCE, "code_challenge");
    memcpy(x->p.challenge, challenge.ptr, 32);
    return JM_OK;
}

/* RFC 8252 7.1: a scheme of an app's own is a domain backwards; no other scheme, and so none that a
 * browser would run or read. */
static bool is_private_scheme(struct jm_bytes uri)
{
    size_t colon = jm_bytes_until(uri, 0, ':'), dots = 0;

    if (colon == 0 || colon == uri.len)
        return false;
    for (size_t i = 0; i < colon; i++) {
        uint8_t c = jm_lower(uri.ptr[i]);

        if (c == '.')
            dots++;
        else if (!(c >= 'a' && c <= 'z') && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return dots > 0;
}

static enum jm_status read_redirect(struct push *x)
{
    struct jm_bytes uri = x->in->redirect_uri;

    if (!jm_bytes_printable(uri) || jm_bytes_until(uri, 0, '#') != uri.len ||
        jm_bytes_until(uri, 0, ' ') != uri.len || jm_bytes_until(uri, 0, '"') != uri.len ||
        jm_bytes_until(uri, 0, ';') != uri.len ||
        (!jm_url_allowed(uri, x->is->base.env.synthetic) && !is_private_scheme(uri)))
        return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_REDIRECT_URI,
                         "https, or an app's own scheme (a domain backwards)");
    x->p.redirect_uri = uri;
    return JM_OK;
}

/* dpop_jkt and a proof bind the code both; where both are there they are of one key. */
static enum jm_status read_dpop(struct push *x, const struct jm_dpop *dpop)
{
    struct jm_bytes jkt;

    if (dpop != NULL)
        memcpy(x->p.jkt, dpop->jkt, 32);
    x->p.has_jkt = dpop != NULL || x->in->dpop_jkt.ptr != NULL;
    if (x->in->dpop_jkt.ptr == NULL)
        return JM_OK;
    if (jm_b64url_decode(&jkt, x->mem, x->in->dpop_jkt) != JM_OK || jkt.len != 32)
        return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_PARAMETER, "dpop_jkt");
    if (dpop != NULL && memcmp(jkt.ptr, dpop->jkt, 32) != 0)
        return jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_DPOP_JKT, NULL);
    memcpy(x->p.jkt, jkt.ptr, 32);
    return JM_OK;
}

static enum jm_status judge_push(struct push *x, const struct jm_client *client,
                                 const struct jm_dpop *dpop)
{
    const struct jm_par_req *in = x->in;

    if (in->request_uri.ptr != NULL)
        return jm_refuse(x->d, JM_E_MALFORMED, JM_OAUTH_REQUEST_PUSHED, NULL);
    if (!jm_bytes_eq(in->client_id, client->sub))
        return jm_refuse(x->d, JM_E_UNAUTHENTICATED, JM_OAUTH_CLIENT_ID,
                         "client_id is not sub of the attestation");
    if (!jm_bytes_eq_str(in->response_type, "code"))
        return jm_refuse(x->d, JM_E_UNSUPPORTED, JM_OAUTH_RESPONSE_TYPE, NULL);
    JM_TRY(read_redirect(x));
    JM_TRY(read_challenge(x));
    JM_TRY(read_dpop(x, dpop));
    if (x->p.has_jkt && memcmp(client->jkt, x->p.jkt, 32) == 0)
        return jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_KEY_ROLE, "the DPoP key is the instance key");
    x->p.client = client->sub;
    memcpy(x->p.instance, client->jkt, 32);
    x->p.state = in->state;
    x->p.has_state = in->state.ptr != NULL;
    return read_wanted(x);
}

static enum jm_status push_tx(struct jm_tx *tx, void *arg)
{
    struct push *x = arg;

    x->p.at = jm_tx_now(tx);
    x->p.expires = x->p.at + JM_PUSHED_TTL_S;
    return jm_pushed_rows_add(tx, &x->p);
}

enum jm_status jm_par_push(struct jm_issuer *is, struct jm_bytes *request_uri,
                           const struct jm_client *client, const struct jm_dpop *dpop,
                           const struct jm_par_req *in, struct jm_arena *mem, struct jm_diag *d)
{
    struct push *x = JM_NEW(mem, struct push);
    struct jm_bytes id;

    if (x == NULL)
        return JM_E_NO_SPACE;
    *x = (struct push){.is = is, .in = in, .mem = mem, .d = d};
    JM_TRY(judge_push(x, client, dpop));
    JM_TRY(jm_random_text(&id, &is->base.env, 32, mem));
    JM_TRY(jm_sha256(is->base.env.crypto, id, x->p.uri));
    const struct jm_bytes parts[] = {JM_BYTES(JM_REQUEST_URI), id};
    JM_TRY(jm_concat(request_uri, mem, parts, JM_ARRAY_LEN(parts)));
    return jm_tx_run(&is->base.env, push_tx, x);
}
