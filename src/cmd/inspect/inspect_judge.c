/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: guesses what it is, loads what was given beside, has it judged, answers. */
#include <string.h>

#include "cmd/inspect/inspect_run.h"
#include "jumin/json.h"

/* -- what is it -- */

static bool has_member(struct jm_bytes map, const char *name)
{
    struct jm_bytes v;

    return jm_cbor_find_text(&v, map, name) == JM_OK;
}

static const char *guess_map(struct jm_bytes map)
{
    if (has_member(map, "issuerAuth"))
        return "issuer-signed";
    if (has_member(map, "valueDigests"))
        return "mobile-security-object";
    return has_member(map, "documents") || (has_member(map, "version") && has_member(map, "status"))
               ? "device-response"
               : NULL;
}

/* Name of the kind in CBOR or DER, or null. */
static const char *guess_octets(struct jm_bytes octets)
{
    struct jm_cbor r;
    size_t n;

    if (octets.len > 2 && octets.ptr[0] == 0x30)
        return "certificate";
    jm_cbor_init(&r, octets);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG) {
        uint64_t tag = jm_cbor_tag(&r);

        if (tag == 24) {
            struct jm_bytes in = jm_cbor_bytes(&r);

            jm_cbor_init(&r, in);
            return jm_cbor_peek(&r) == JM_CBOR_MAP ? guess_map(in)
                   : jm_cbor_array(&r) == 3        ? "session-transcript"
                                                   : NULL;
        }
    }
    if (jm_cbor_peek(&r) == JM_CBOR_MAP)
        return guess_map(octets);
    if (jm_cbor_peek(&r) != JM_CBOR_ARRAY)
        return NULL;
    n = jm_cbor_array(&r);
    return n == 4   ? (jm_inspect_is_list_cwt(octets) ? "status-list-cwt" : "issuer-auth")
           : n == 3 ? "session-transcript"
                    : NULL;
}

/* -- one run -- */

static enum jm_status refuse_option(struct jm_diag *d, const char *option)
{
    return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, option);
}

/* A bare key, where JSON stands instead of a certificate. */
static enum jm_status load_key(struct jm_inspect_run *r, struct jm_bytes text)
{
    const struct jm_json *json;
    struct jm_jwk jwk;

    if (r->n_keys == JM_INSPECT_KEYS_MAX || jm_json_parse(&json, text, r->mem, NULL) != JM_OK ||
        jm_jwk_read(&jwk, json) != JM_OK)
        return JM_E_USAGE;
    r->keys[r->n_keys++] = jwk.point;
    return JM_OK;
}

static bool is_json(struct jm_bytes text)
{
    size_t i = 0;

    while (i < text.len && jm_inspect_is_blank(text.ptr[i]))
        i++;
    return i < text.len && text.ptr[i] == '{';
}

static enum jm_status load_anchors(struct jm_inspect_run *r, struct jm_diag *d)
{
    const struct jm_inspect_in *in = r->in;
    size_t n = in->n_anchors + in->n_pinned, used = 0;
    struct jm_anchor *a = JM_NEW_N(r->mem, struct jm_anchor, n + 1);
    struct jm_cert *c = JM_NEW_N(r->mem, struct jm_cert, n + 1);

    r->keys = JM_NEW_N(r->mem, struct jm_point, n + 1);
    if (a == NULL || c == NULL || r->keys == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        struct jm_bytes text = i < in->n_anchors ? in->anchor[i] : in->pinned[i - in->n_anchors],
                        der;

        if (i >= in->n_anchors && is_json(text)) {
            if (load_key(r, text) != JM_OK)
                return refuse_option(d, "pinned");
            continue;
        }
        if (jm_inspect_decode(&der, text, r->mem) != JM_OK || jm_cert_parse(&c[used], der) != JM_OK)
            return refuse_option(d, i >= in->n_anchors ? "pinned" : "anchor");
        a[used] =
            (struct jm_anchor){.cert = &c[used], .pinned = i >= in->n_anchors, .any_type = true};
        used++;
    }
    r->anchors = (struct jm_anchors){.anchor = a, .n = used};
    return JM_OK;
}

static enum jm_status find_fn(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                              struct jm_arena *mem)
{
    struct jm_inspect_run *r = ctx;

    if (ask->kind == JM_FIND_STATUS_LIST)
        return jm_inspect_find_list(r, ask->name, out, mem);
    if (ask->kind != JM_FIND_CRL || r->crl.ptr == NULL)
        return JM_E_UNAVAILABLE;
    out->octets = r->crl;
    return JM_OK;
}

static enum jm_status verify_fn(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                struct jm_bytes data, struct jm_bytes sig)
{
    const struct jm_inspect_run *r = ctx;

    return r->in->answers->verify(r->in->answers->ctx, alg, key, data, sig);
}

static enum jm_status agree_fn(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32])
{
    const struct jm_inspect_run *r = ctx;

    return r->in->answers->agree == NULL ? JM_E_UNAVAILABLE
                                         : r->in->answers->agree(r->in->answers->ctx, key, peer, x);
}

static enum jm_status prepare_run(struct jm_inspect_run *r, struct jm_diag *d)
{
    const struct jm_inspect_in *in = r->in;

    JM_TRY(load_anchors(r, d));
    if (in->crl.ptr != NULL && jm_inspect_decode(&r->crl, in->crl, r->mem) != JM_OK)
        return refuse_option(d, "crl");
    if (in->transcript.ptr != NULL &&
        (jm_inspect_decode(&r->transcript, in->transcript, r->mem) != JM_OK ||
         jm_transcript_bare(&r->transcript, r->transcript) != JM_OK))
        return refuse_option(d, "transcript");
    r->answers =
        (struct jm_answers){.verify = verify_fn, .agree = agree_fn, .find = find_fn, .ctx = r};
    r->ctx.now = in->now;
    r->ctx.transcript = r->transcript;
    r->ctx.anchors = r->anchors.n == 0 ? NULL : &r->anchors;
    r->ctx.policy = JM_MDOC_POLICY_DEFAULT;
    r->ctx.policy.strict = in->strict;
    r->ctx.policy.waive_status = in->n_status == 0; /* what was given is demanded */
    r->ctx.policy.waive_crl = r->crl.ptr == NULL;
    r->ctx.policy.ask_whatever_failed = true; /* nothing is fetched: lists are those given */
    r->ctx.crypto = in->crypto;
    r->ctx.schema = in->schema;
    r->ctx.n_schemas = in->n_schemas;
    r->ctx.reader_key = in->reader_key;
    return JM_OK;
}

static const char *verdict_of(const struct jm_inspect_run *r, int *exit_code)
{
    static const char *const names[] =
        {[JM_UNDECIDED] = "undecided", [JM_ACCEPTED] = "accepted", [JM_REJECTED] = "rejected"};
    static const int codes[] = {[JM_UNDECIDED] = 5, [JM_ACCEPTED] = 0, [JM_REJECTED] = 1};

    *exit_code = r->malformed ? 3 : codes[r->report.verdict];
    return r->malformed ? "malformed" : names[r->report.verdict];
}

static const struct jm_inspect_kind kinds[] = {
    {"device-response", false, jm_inspect_judge_mdoc, jm_inspect_put_documents},
    {"issuer-signed", false, jm_inspect_judge_mdoc, jm_inspect_put_documents},
    {"issuer-auth", false, jm_inspect_judge_mdoc, jm_inspect_put_documents},
    {"mobile-security-object", false, jm_inspect_judge_cbor, jm_inspect_put_mso},
    {"session-transcript", false, jm_inspect_judge_cbor, jm_inspect_put_transcript},
    {"certificate", false, jm_inspect_judge_certificate, jm_inspect_put_certificate},
    {"sd-jwt", true, jm_inspect_judge_sdjwt, jm_inspect_put_token},
    {"jws", true, jm_inspect_judge_jws, jm_inspect_put_token},
    {"jwe", true, jm_inspect_judge_jwe, jm_inspect_put_token},
    {"status-list-token", true, jm_inspect_judge_list, jm_inspect_put_list},
    {"status-list-cwt", false, jm_inspect_judge_list, jm_inspect_put_list},
    {"offer", true, jm_inspect_judge_offer, jm_inspect_put_offer},
    {"request-object", true, jm_inspect_judge_request, jm_inspect_put_token},
};

static const struct jm_inspect_kind *kind_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < JM_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

bool jm_inspect_knows(const char *kind)
{
    return kind_of(kind) != NULL;
}

/* What it is, and its octets: decoded, or a text as it stands but for blanks. */
static const struct jm_inspect_kind *recognise_kind(struct jm_inspect_run *r)
{
    const char *text =
        r->in->kind != NULL ? r->in->kind : jm_inspect_guess_text(r->in->input, r->mem);
    const struct jm_inspect_kind *kind = kind_of(text);

    if (kind == NULL || !kind->is_text ||
        jm_inspect_trim(&r->octets, text, r->in->input, r->mem) != JM_OK) {
        if (jm_inspect_decode(&r->octets, r->in->input, r->mem) != JM_OK)
            r->octets = r->in->input;
        if (kind == NULL)
            kind = kind_of(guess_octets(r->octets));
    }
    r->kind = kind == NULL ? NULL : kind->name;
    return kind;
}

enum jm_status jm_inspect(const struct jm_inspect_in *in, struct jm_buf *json, int *exit_code,
                          struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_inspect_run *r = JM_NEW(mem, struct jm_inspect_run);
    const struct jm_inspect_kind *kind;
    const char *word;

    *exit_code = 70;
    if (r == NULL)
        return JM_E_NO_SPACE;
    r->in = in;
    r->mem = mem;
    if ((kind = recognise_kind(r)) == NULL)
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_CMD_KIND, in->kind);
    JM_TRY(prepare_run(r, d));
    JM_TRY(kind->judge(r));
    word = verdict_of(r, exit_code);
    jm_json_w_init(&r->w, json);
    jm_json_w_open(&r->w, '{');
    jm_json_w_mstr(&r->w, "kind", r->kind);
    jm_json_w_mstr(&r->w, "verdict", word);
    jm_inspect_put_time(&r->w, "at", in->now);
    if (r->malformed)
        jm_json_w_mint(&r->w, "detail", (int64_t)r->malformed_at);
    JM_TRY(jm_inspect_put_report(r));
    jm_json_w_mopen(&r->w, "content", '{');
    if (!r->malformed)
        kind->put(r);
    jm_json_w_close(&r->w, '}');
    jm_json_w_close(&r->w, '}');
    return jm_json_w_end(&r->w);
}
