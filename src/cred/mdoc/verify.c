/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: reads and hashes at init, holds its asks open, takes answers in any order. The
 * report: report.c. */
#include "cred/mdoc/parts.h"

#include <string.h>

#include "jumin/civil.h"

/* -- asks -- */

static struct jm_ask *open_ask(struct jm_mdoc_verifier *v, enum jm_ask_kind kind, uint32_t *id)
{
    struct jm_ask *a = &v->ask[v->n_asks++];

    memset(a, 0, sizeof *a);
    a->kind = kind;
    a->id = ++v->next_id;
    *id = a->id;
    return a;
}

static void ask_verify(struct jm_mdoc_verifier *v, uint32_t *id, const struct jm_point *key,
                       struct jm_bytes data, struct jm_bytes sig)
{
    struct jm_ask *a = open_ask(v, JM_ASK_VERIFY, id);

    a->alg = JM_ALG_ES256;
    a->key = jm_point_bytes(key);
    a->data = data;
    a->sig = sig;
}

static void ask_find(struct jm_mdoc_verifier *v, uint32_t *id, struct jm_find_ask *find,
                     enum jm_find_kind kind, struct jm_bytes name, struct jm_bytes key)
{
    find->kind = kind;
    find->name = name;
    find->key = key;
    find->cwt = true;
    open_ask(v, JM_ASK_FIND, id)->what = find;
}

/* -- C: the signer's certificate -- */

static bool has_room(struct jm_mdoc_verifier *v)
{
    return v->n_asks < v->cap_asks;
}

/* The path's open ask becomes one of ours. */
static enum jm_status relay_path(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    const struct jm_ask *inner = jm_path_ask(&d->path);
    struct jm_ask *a;

    if (inner == NULL)
        return JM_OK;
    if (!has_room(v))
        return JM_E_BUG;
    a = open_ask(v, inner->kind, &d->ask_path);
    uint32_t id = a->id;
    *a = *inner;
    a->id = id;
    return JM_OK;
}

static enum jm_status begin_chain(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    const struct jm_mdoc_context *x = v->context;
    const struct jm_path_spec spec = {.anchors = x->anchors,
                                      .use = JM_PATH_MDOC,
                                      .type = d->doctype.ptr != NULL ? d->doctype : d->mso.doctype,
                                      .now = x->now,
                                      .skew_s = x->policy.cert_skew_s,
                                      .waive_crl = x->policy.waive_crl};

    if (d->issuer.n_x5chain == 0)
        return JM_OK;
    JM_TRY(jm_path_begin(&d->path, &spec, d->issuer.x5chain, d->issuer.n_x5chain, v->mem));
    d->has_path = true;
    d->dsc = d->path.n != 0 ? &d->path.chain[0] : NULL;
    return relay_path(v, d);
}

/* -- I: IssuerAuth -- */

enum fit { FIT_YES, FIT_UNKNOWN_ALG, FIT_NOT, FIT_UNSUPPORTED };

static bool is_es256(int64_t alg)
{
    return alg == JM_COSE_ES256 || alg == JM_COSE_ESP256;
}

static enum fit alg_fits(int64_t alg, enum jm_key_oid key)
{
    bool ecdsa = is_es256(alg) || alg == JM_COSE_ES384 || alg == JM_COSE_ES512;

    if (!ecdsa && alg != JM_COSE_EDDSA)
        return FIT_UNKNOWN_ALG;
    if (key == JM_KEY_P256)
        return is_es256(alg) ? FIT_YES : FIT_NOT;
    if (key == JM_KEY_EC_OTHER)
        return ecdsa && !is_es256(alg) ? FIT_UNSUPPORTED : FIT_NOT;
    return key == JM_KEY_EDDSA && !ecdsa ? FIT_UNSUPPORTED : FIT_NOT;
}

static bool check_issuer_alg(struct jm_mdoc_document *d)
{
    const struct jm_cose_sign1 *c = &d->issuer;
    bool known =
        c->has_alg && !c->alg_unprotected && alg_fits(c->alg, JM_KEY_P256) != FIT_UNKNOWN_ALG;
    enum fit fit;

    jm_mdoc_check(d, JM_MDOC_ISSUER_ALG, known, d->issuer_auth,
                  "alg is missing, stands in the unprotected header, or is none that we know");
    if (!known || d->dsc == NULL || d->dsc->key_alg == JM_KEY_OTHER)
        return false;
    fit = alg_fits(c->alg, d->dsc->key_alg);
    jm_mdoc_check(d, JM_MDOC_ISSUER_ALG_KEY, fit != FIT_NOT, d->issuer_auth,
                  "alg does not fit the signer's key");
    if (fit == FIT_UNSUPPORTED)
        jm_mdoc_fail(d, JM_MDOC_DSC_KEY, d->dsc->der, "this curve is not supported here");
    return fit == FIT_YES && d->dsc->key_uncompressed;
}

static enum jm_status check_x5t(struct jm_mdoc_document *d, const struct jm_crypto *crypto)
{
    const struct jm_cose_sign1 *c = &d->issuer;
    uint8_t hash[32];

    if (!c->has_x5t)
        jm_mdoc_excuse(d, JM_MDOC_ISSUER_X5T, "x5t is not used");
    else if (c->x5t_alg != -16)
        jm_mdoc_excuse(d, JM_MDOC_ISSUER_X5T, "x5t uses another hash than SHA-256");
    if (!c->has_x5t || c->x5t_alg != -16 || c->n_x5chain == 0)
        return JM_OK;
    JM_TRY(jm_sha256(crypto, c->x5chain[0], hash));
    jm_mdoc_check(d, JM_MDOC_ISSUER_X5T, jm_bytes_eq(c->x5t, jm_bytes(hash, sizeof hash)),
                  d->issuer_auth, "x5t is not the hash of the signer certificate");
    return JM_OK;
}

static enum jm_status begin_issuer(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    struct jm_cose_sign1 *c = &d->issuer;
    struct jm_bytes data;
    bool fits, form = c->sig.len == jm_sig_len(JM_ALG_ES256);

    if (!d->issuer_ok)
        return JM_OK;
    fits = check_issuer_alg(d);
    jm_mdoc_check(d, JM_MDOC_ISSUER_CRIT, !c->crit_unknown, d->issuer_auth,
                  "crit names what is not understood here");
    jm_mdoc_check(d, JM_MDOC_SIGNATURE_FORM, form, c->sig,
                  "the issuer's signature is not r || s of 64 octets");
    JM_TRY(check_x5t(d, v->context->crypto));
    if (!fits || !form || c->payload.ptr == NULL)
        return JM_OK;
    JM_TRY(jm_cose_sig_structure(&data, v->mem, c->protected_bstr, c->payload));
    ask_verify(v, &d->ask_issuer, &d->dsc->point, data, c->sig);
    return JM_OK;
}

/* -- A: device authentication -- */

static bool device_alg_ok(struct jm_mdoc_document *d, bool mac)
{
    const struct jm_cose_sign1 *c = &d->device;
    struct jm_bytes where = mac ? d->device_mac : d->device_sig;
    bool known = mac ? c->alg == JM_COSE_HMAC256 : alg_fits(c->alg, JM_KEY_P256) != FIT_UNKNOWN_ALG;
    bool ok = c->has_alg && !c->alg_unprotected && !c->crit_unknown && known;

    jm_mdoc_check(d, JM_MDOC_DEVICE_ALG, ok, where,
                  "alg is missing, unprotected or none that we know, or crit names what we do not");
    if (!ok || mac || d->mso.device_key_st != JM_OK)
        return ok;
    jm_mdoc_check(d, JM_MDOC_DEVICE_ALG_KEY, is_es256(c->alg), where,
                  "alg does not fit the device key");
    return is_es256(c->alg);
}

/* Reads the structure; what is verified is always what this verifier computed itself. */
static bool read_device_auth(struct jm_mdoc_document *d, bool mac, struct jm_bytes own)
{
    struct jm_bytes where = mac ? d->device_mac : d->device_sig;
    struct jm_cose_sign1 *c = &d->device;
    bool ok;

    if (jm_cose_parse(c, where, mac ? JM_COSE_TAG_MAC0 : JM_COSE_TAG_SIGN1) != JM_OK) {
        jm_mdoc_say_cbor(d, &c->fault, c->protected_bstr);
        jm_mdoc_fail(d, JM_MDOC_TYPE, where, "deviceAuth holds no COSE structure");
        return false;
    }
    jm_mdoc_form(d, JM_MDOC_COSE_TAGGED, false, !c->tagged, where, "deviceAuth carries a tag");
    if (c->fault.non_preferred != 0)
        jm_mdoc_notice(d, JM_MDOC_CBOR_NON_PREFERRED, false, c->protected_bstr,
                       "a head is longer than needed");
    ok = device_alg_ok(d, mac);
    if (own.ptr != NULL) {
        bool attached = c->payload.ptr != NULL, equal = attached && jm_bytes_eq(c->payload, own);

        jm_mdoc_check(d, JM_MDOC_DEVICE_AUTH_PAYLOAD, !attached || equal, c->payload,
                      "the attached payload is not what this session demands");
        jm_mdoc_form(d, JM_MDOC_DEVICE_AUTH_ATTACHED, false, !equal, c->payload,
                     "the payload is attached");
    }
    if (!mac && c->sig.len != jm_sig_len(JM_ALG_ES256)) {
        jm_mdoc_fail(d, JM_MDOC_SIGNATURE_FORM, c->sig,
                     "the device's signature is not r || s of 64 octets");
        ok = false;
    }
    if (mac && c->sig.len != 32) {
        jm_mdoc_fail(d, JM_MDOC_DEVICE_MAC, c->sig, "the tag has not 32 octets");
        ok = false;
    }
    return ok;
}

static bool is_authorized(const struct jm_mdoc_mso *m, const struct jm_mdoc_claim *c)
{
    struct jm_cbor r;

    if (m->auth_ns.ptr != NULL && jm_cbor_has_text(m->auth_ns, c->ns))
        return true;
    if (m->auth_elements.ptr == NULL)
        return false;
    jm_cbor_init(&r, m->auth_elements);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        struct jm_bytes ns = jm_cbor_text(&r), ids = jm_cbor_item(&r);

        if (r.st == JM_OK && jm_bytes_eq(ns, c->ns) && jm_cbor_has_text(ids, c->id))
            return true;
    }
    return false;
}

static void check_device_elements(struct jm_mdoc_document *d)
{
    if (!d->mso_ok || !d->device_ok)
        return;
    jm_mdoc_held(d, JM_MDOC_DEVICE_ELEMENT_UNAUTHORIZED);
    /* looked for with the items: a twin found there stays */
    jm_mdoc_held(d, JM_MDOC_ITEM_DEVICE_DUPLICATE);
    for (size_t i = 0; i < d->n_device_items; i++) {
        const struct jm_mdoc_claim *c = &d->device_item[i];

        if (!is_authorized(&d->mso, c))
            jm_mdoc_say_at(d, JM_MDOC_DEVICE_ELEMENT_UNAUTHORIZED, JM_FAIL, c->value, c->ns, c->id,
                           "the issuer did not authorize the device to sign this element");
    }
}

static void ask_agree(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    struct jm_ask *a;

    jm_mdoc_check(d, JM_MDOC_DEVICE_MAC_KEY, v->context->reader_key.ptr != NULL, d->device_mac,
                  "there is no reader key for this session");
    if (v->context->reader_key.ptr == NULL)
        return;
    a = open_ask(v, JM_ASK_AGREE, &d->ask_agree);
    a->alg = JM_ALG_ECDH_ES;
    a->key = v->context->reader_key;
    a->data = jm_point_bytes(&d->mso.device_key);
}

/* A signature leaves nothing to say of MACs, and the other way round. */
static void excuse_other_kind(struct jm_mdoc_document *d, bool mac)
{
    static const enum jm_code of_sig[] = {JM_MDOC_DEVICE_ALG_KEY, JM_MDOC_DEVICE_SIGNATURE};
    static const enum jm_code of_mac[] = {JM_MDOC_DEVICE_MAC_KEY, JM_MDOC_DEVICE_MAC};

    for (size_t i = 0; i < 2; i++)
        jm_mdoc_excuse(d, mac ? of_sig[i] : of_mac[i],
                       mac ? "the device used a MAC" : "the device used no MAC");
}

static enum jm_status begin_device(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    bool sig = d->device_sig.ptr != NULL, mac = d->device_mac.ptr != NULL;
    struct jm_bytes own = jm_none(), data;

    if (v->kind != JM_MDOC_DEVICE_RESPONSE)
        return JM_OK;
    check_device_elements(d);
    if (!d->device_ok || d->device_ns.ptr == NULL)
        return JM_OK;
    jm_mdoc_check(d, JM_MDOC_DEVICE_AUTH_MISSING, sig || mac, d->device_ns,
                  "deviceAuth has neither signature nor MAC");
    jm_mdoc_check(d, JM_MDOC_DEVICE_AUTH_BOTH, !(sig && mac), d->device_ns,
                  "deviceAuth has both signature and MAC");
    if (v->context->transcript.ptr == NULL)
        jm_mdoc_say(d, JM_MDOC_TRANSCRIPT_NOT_GIVEN, JM_UNKNOWN, jm_none(),
                    "no session transcript was given");
    else
        JM_TRY(jm_mdoc_device_auth(&own, v->context->transcript, d->doctype, d->device_ns, v->mem));
    if (own.ptr != NULL)
        jm_mdoc_held(d, JM_MDOC_TRANSCRIPT_NOT_GIVEN);
    if (sig == mac)
        return JM_OK;
    excuse_other_kind(d, mac);
    if (!read_device_auth(d, mac, own) || own.ptr == NULL || d->mso.device_key_st != JM_OK ||
        !d->mso_ok)
        return JM_OK;
    if (mac) {
        ask_agree(v, d);
        return JM_OK;
    }
    JM_TRY(jm_cose_sig_structure(&data, v->mem, d->device.protected_bstr, own));
    ask_verify(v, &d->ask_device, &d->mso.device_key, data, d->device.sig);
    return JM_OK;
}

/* -- init -- */

static bool is_open(const struct jm_mdoc_verifier *v, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < v->n_asks; i++)
        if (v->ask[i].id == id)
            return true;
    return false;
}

static bool holds_so_far(const struct jm_mdoc_document *d)
{
    for (size_t i = 0; i < JM_MDOC_N_CODES; i++)
        if (d->slot[i].said && (d->slot[i].result == JM_FAIL || d->slot[i].result == JM_UNKNOWN))
            return false;
    return d->has_path && jm_path_result(&d->path) == JM_PASS &&
           jm_mdoc_passed(d, JM_MDOC_ISSUER_SIGNATURE);
}

/* The list's address counts once the document holds: nobody is asked by what an unverified one
 * names. */
static enum jm_status begin_status(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d)
{
    bool busy = is_open(v, d->ask_issuer) || is_open(v, d->ask_path) || is_open(v, d->ask_device) ||
                is_open(v, d->ask_agree);

    if (d->ask_status != 0 || !d->mso_ok || d->mso.status_uri.ptr == NULL)
        return JM_OK;
    if (!v->context->policy.ask_whatever_failed && (busy || !holds_so_far(d)))
        return JM_OK;
    if (!has_room(v))
        return JM_E_BUG;
    ask_find(v, &d->ask_status, &d->find_status, JM_FIND_STATUS_LIST, d->mso.status_uri, jm_none());
    return JM_OK;
}

/* Non-preferred heads of what the issuer made count as its form. */
static void place_long_heads(struct jm_mdoc_document *d)
{
    struct jm_cbor_fault f;

    if (d->issuer_signed.ptr != NULL && jm_cbor_check(d->issuer_signed, NULL, &f) == JM_OK &&
        f.non_preferred != 0)
        jm_mdoc_notice(d, JM_MDOC_CBOR_NON_PREFERRED, true,
                       jm_slice(d->issuer_signed, f.first_non_preferred, 1),
                       "a head is longer than needed");
}

static enum jm_status judge_document(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                                     bool long_heads)
{
    bool duplicate = false;

    if (long_heads)
        place_long_heads(d);
    for (const struct jm_mdoc_document *before = v->document; before < d; before++)
        duplicate = duplicate || jm_bytes_eq(before->doctype, d->doctype);
    if (d->doctype.ptr == NULL && v->kind != JM_MDOC_DEVICE_RESPONSE)
        jm_mdoc_excuse(d, JM_MDOC_MSO_DOCTYPE, "there is no docType to compare with");
    else if (d->mso_ok && d->doctype.ptr != NULL)
        jm_mdoc_check(d, JM_MDOC_MSO_DOCTYPE, jm_bytes_eq(d->mso.doctype, d->doctype),
                      d->mso.doctype, "the MSO is for another docType");
    JM_TRY(begin_chain(v, d));
    JM_TRY(begin_issuer(v, d));
    jm_mdoc_check_mso_times(d, v->context);
    JM_TRY(jm_mdoc_check_items(d, v->context->crypto));
    jm_mdoc_check_issuing(d);
    JM_TRY(begin_device(v, d));
    JM_TRY(jm_mdoc_check_request(d, v->context, duplicate));
    return begin_status(v, d);
}

static void prepare_document(const struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                             uint16_t object)
{
    d->mem = v->mem;
    d->input = v->input;
    d->strict = v->context->policy.strict;
    d->strict_issuer = v->context->policy.strict_issuer_form;
    d->object = object;
}

static void octets_hold(struct jm_mdoc_document *d)
{
    for (enum jm_code c = JM_MDOC_CBOR_TRUNCATED; c <= JM_MDOC_CBOR_DUPLICATE_KEY; c++)
        jm_mdoc_held(d, c); /* jm_cbor_check() has looked for each of them */
}

static bool judge_octets(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d, bool *long_heads)
{
    struct jm_cbor_fault f;

    *long_heads = false;
    if (v->input.len > JM_MDOC_RESPONSE_MAX) {
        jm_mdoc_fail(d, JM_MDOC_RESPONSE_LIMIT, v->input, "longer than 4 MiB");
        return false;
    }
    if (jm_cbor_check(v->input, NULL, &f) != JM_OK) {
        jm_mdoc_say_cbor(d, &f, v->input);
        return false;
    }
    octets_hold(d);
    *long_heads = f.non_preferred != 0;
    jm_mdoc_form(d, JM_MDOC_CBOR_NON_PREFERRED, v->kind != JM_MDOC_DEVICE_RESPONSE, !*long_heads,
                 jm_slice(v->input, f.first_non_preferred, 1), "a head is longer than needed");
    return true;
}

/* All parts were read to their end: what the reader would have said of these it has said. */
static void read_through(struct jm_mdoc_document *d, bool device)
{
    static const enum jm_code by_the_reader[] = {JM_MDOC_TYPE, JM_MDOC_MISSING, JM_MDOC_EMPTY,
                                                 JM_MDOC_RESPONSE_LIMIT};

    jm_mdoc_excuse(d, JM_MDOC_VERSION, "documents have no version of their own");
    if (d->payload_ok) {
        octets_hold(d);
        jm_mdoc_held(d, JM_MDOC_CBOR_NON_PREFERRED);
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(by_the_reader); i++)
        if (d->payload_ok && d->mso_ok && d->items_ok && (d->device_ok || !device))
            jm_mdoc_held(d, by_the_reader[i]);
}

static enum jm_status read_one(const struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                               struct jm_bytes item, struct jm_bytes doctype)
{
    if (v->kind == JM_MDOC_DEVICE_RESPONSE)
        return jm_mdoc_read_document(d, item);
    d->doctype = doctype;
    if (v->kind == JM_MDOC_ISSUER_SIGNED)
        return jm_mdoc_read_issuer_signed(d, item);
    d->items_ok = true;
    jm_mdoc_excuse(d, JM_MDOC_ITEM_FORM, "there are no items around an IssuerAuth alone");
    return jm_mdoc_read_issuer_auth(d, item);
}

enum jm_status jm_mdoc_verifier_init(struct jm_mdoc_verifier *v, enum jm_mdoc_kind kind,
                                     struct jm_bytes input, struct jm_bytes doctype,
                                     const struct jm_mdoc_context *context, struct jm_arena *mem)
{
    struct jm_bytes item[JM_MDOC_DOCUMENTS_MAX] = {input}, bare;
    bool readable, long_heads;
    size_t n = 1;

    memset(v, 0, sizeof *v);
    v->context = context;
    v->mem = mem;
    v->input = input;
    v->kind = kind;
    if (context->transcript.ptr != NULL &&
        (jm_transcript_bare(&bare, context->transcript) != JM_OK ||
         bare.ptr != context->transcript.ptr))
        return JM_E_USAGE;
    if ((v->top = JM_NEW(mem, struct jm_mdoc_document)) == NULL)
        return JM_E_NO_SPACE;
    prepare_document(v, v->top, 0);
    readable = judge_octets(v, v->top, &long_heads);
    if (readable && kind == JM_MDOC_DEVICE_RESPONSE)
        JM_TRY(jm_mdoc_read_response(v->top, item, &n));
    n = readable ? n : 0;
    if ((v->document = JM_NEW_N(mem, struct jm_mdoc_document, n == 0 ? 1 : n)) == NULL ||
        (v->ask = JM_NEW_N(mem, struct jm_ask, n * JM_MDOC_ASKS_MAX + 1)) == NULL)
        return JM_E_NO_SPACE;
    v->cap_asks = n * JM_MDOC_ASKS_MAX;
    for (size_t i = 0; i < n; i++) {
        struct jm_mdoc_document *d = &v->document[i];

        prepare_document(v, d, (uint16_t)(i + 1));
        v->n_documents++;
        JM_TRY(read_one(v, d, item[i], doctype));
        read_through(d, kind == JM_MDOC_DEVICE_RESPONSE);
        JM_TRY(judge_document(v, d, long_heads));
    }
    return JM_OK;
}

/* -- answers -- */

size_t jm_mdoc_verifier_asks(const struct jm_mdoc_verifier *v, const struct jm_ask **asks)
{
    *asks = v->ask;
    return v->n_asks;
}

/* What an answer to VERIFY says of a check; a point off the curve is told apart. */
static enum jm_result result_of(enum jm_status st)
{
    return st == JM_OK                                                         ? JM_PASS
           : jm_class_of(st) == JM_CLASS_UNAVAILABLE || st == JM_E_UNSUPPORTED ? JM_UNKNOWN
                                                                               : JM_FAIL;
}

static void say_verified(struct jm_mdoc_document *d, enum jm_code code, enum jm_status st,
                         struct jm_bytes where)
{
    enum jm_result r = result_of(st);

    jm_mdoc_say(d, code, r, where,
                r == JM_PASS   ? NULL
                : r == JM_FAIL ? "the signature does not hold"
                               : "nobody could verify it");
}

static void on_issuer(struct jm_mdoc_document *d, enum jm_status st)
{
    if (st == JM_E_MALFORMED)
        jm_mdoc_fail(d, JM_MDOC_DSC_KEY, d->dsc->der, "the signer's key is no point of the curve");
    else
        say_verified(d, JM_MDOC_ISSUER_SIGNATURE, st, d->issuer_auth);
}

static void on_device(struct jm_mdoc_document *d, enum jm_status st)
{
    if (st == JM_E_MALFORMED)
        jm_mdoc_fail(d, JM_MDOC_MSO_DEVICE_KEY, d->mso_map,
                     "the device key is no point of the curve");
    else
        say_verified(d, JM_MDOC_DEVICE_SIGNATURE, st, d->device_sig);
}

static enum jm_status check_mac(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                                struct jm_bytes x)
{
    const struct jm_crypto *crypto = v->context->crypto;
    struct jm_bytes own, data;
    uint8_t salt[32], tag[JM_HASH_MAX];
    struct jm_secret32 key;
    enum jm_status st;

    JM_TRY(jm_transcript_salt(salt, crypto, v->context->transcript));
    JM_TRY(jm_mdoc_device_auth(&own, v->context->transcript, d->doctype, d->device_ns, v->mem));
    JM_TRY(jm_cose_mac_structure(&data, v->mem, d->device.protected_bstr, own));
    st = jm_hkdf_sha256(crypto, x, jm_bytes(salt, 32), JM_BYTES("EMacKey"), key.octets, 32);
    if (st == JM_OK)
        st = crypto->hmac(JM_SHA256, jm_bytes(key.octets, 32), &data, 1, tag);
    jm_wipe(&key, sizeof key);
    if (st != JM_OK)
        return st;
    if (jm_bytes_eq_ct(d->device.sig, jm_bytes(tag, 32)))
        jm_mdoc_say(d, JM_MDOC_DEVICE_MAC, JM_PASS, d->device_mac, NULL);
    else
        jm_mdoc_fail(d, JM_MDOC_DEVICE_MAC, d->device_mac, "the MAC does not hold");
    return JM_OK;
}

static enum jm_status on_agree(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                               const struct jm_answer *a)
{
    if (a->st == JM_OK && a->octets.len == 32)
        return check_mac(v, d, a->octets);
    if (a->st == JM_E_MALFORMED)
        jm_mdoc_fail(d, JM_MDOC_MSO_DEVICE_KEY, d->mso_map,
                     "the device key is no point of the curve");
    else if (result_of(a->st) == JM_UNKNOWN)
        jm_mdoc_say(d, JM_MDOC_DEVICE_MAC, JM_UNKNOWN, d->device_mac,
                    "nobody could agree on a key");
    else
        jm_mdoc_fail(d, JM_MDOC_DEVICE_MAC_KEY, d->device_mac, "no key could be agreed on");
    return JM_OK;
}

static const char *const fault_text[] = {
    [JM_LIST_UNJUDGED] = "the status list was judged by nobody",
    [JM_LIST_UNAVAILABLE] = "the status list is not to be had",
    [JM_LIST_CHAIN] = "the status list has no trusted signer",
    [JM_LIST_SIGNATURE] = "the status list's signature does not hold",
    [JM_LIST_TYPE] = "this is no status list",
    [JM_LIST_SUBJECT] = "the status list is for another address",
    [JM_LIST_EXPIRED] = "the status list has expired",
    [JM_LIST_STALE] = "the status list is older than the policy allows",
    [JM_LIST_BITS] = "the status list is not one of single bits",
    [JM_LIST_INDEX] = "the index lies outside of the status list",
};

static enum jm_list_fault look_up(unsigned *value, const struct jm_status_list *list, uint64_t idx,
                                  const struct jm_mdoc_context *ctx)
{
    if (list->fault != JM_LIST_OK)
        return list->fault;
    if (ctx->policy.status_max_age_s != JM_MDOC_ANY_AGE &&
        ctx->now - list->iat > ctx->policy.status_max_age_s)
        return JM_LIST_STALE;
    if (list->bits != 1) /* an MSO knows valid and invalid, nothing else */
        return JM_LIST_BITS;
    return jm_statuslist_get(value, list, idx) == JM_OK ? JM_LIST_OK : JM_LIST_INDEX;
}

static void no_list(struct jm_mdoc_document *d, const struct jm_mdoc_policy *policy)
{
    if (policy->waive_status)
        jm_mdoc_excuse(d, JM_MDOC_STATUS_UNAVAILABLE,
                       "no status list was given and none is demanded");
    else
        jm_mdoc_say(d, JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN, d->mso.status_uri,
                    fault_text[JM_LIST_UNAVAILABLE]);
}

static void on_status(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                      const struct jm_answer *a)
{
    const struct jm_status_list *list = a->what;
    enum jm_list_fault fault;
    unsigned value = 1;

    if (a->st != JM_OK || list == NULL) {
        no_list(d, &v->context->policy);
        return;
    }
    fault = look_up(&value, list, d->mso.status_idx, v->context);
    if (fault != JM_LIST_OK) {
        int64_t now = v->context->now;

        jm_mdoc_say(d, jm_list_code(JM_MDOC_STATUS_UNAVAILABLE, fault), JM_UNKNOWN,
                    d->mso.status_uri,
                    list->ahead_s != 0
                        ? jm_clock_gap("the status list", now + list->ahead_s, now, d->mem)
                        : fault_text[fault]);
        return;
    }
    for (fault = JM_LIST_UNAVAILABLE; fault <= JM_LIST_INDEX; fault++)
        /* that is what JM_LIST_OK says */
        jm_mdoc_held(d, jm_list_code(JM_MDOC_STATUS_UNAVAILABLE, fault));
    jm_mdoc_check(d, JM_MDOC_STATUS_REVOKED, value == 0, d->mso.status_uri,
                  "the status list says that this copy is not valid now");
}

static enum jm_status on_path(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                              const struct jm_answer *a)
{
    JM_TRY(jm_path_answer(&d->path, a));
    return relay_path(v, d);
}

static enum jm_status give_answer(struct jm_mdoc_verifier *v, struct jm_mdoc_document *d,
                                  uint32_t id, const struct jm_answer *a)
{
    if (id == d->ask_issuer)
        on_issuer(d, a->st);
    else if (id == d->ask_path)
        JM_TRY(on_path(v, d, a));
    else if (id == d->ask_device)
        on_device(d, a->st);
    else if (id == d->ask_agree)
        JM_TRY(on_agree(v, d, a));
    else if (id == d->ask_status)
        on_status(v, d, a);
    return begin_status(v, d);
}

enum jm_status jm_mdoc_verifier_answer(struct jm_mdoc_verifier *v, uint32_t id,
                                       const struct jm_answer *answer)
{
    size_t at = 0;

    while (at < v->n_asks && v->ask[at].id != id)
        at++;
    if (v->ended || at == v->n_asks || v->ask[at].kind != answer->kind)
        return JM_E_BUG; /* never asked, answered before, or an answer to something else */
    v->ask[at] = v->ask[--v->n_asks];
    for (size_t i = 0; i < v->n_documents; i++)
        JM_TRY(give_answer(v, &v->document[i], id, answer));
    return JM_OK;
}

/* -- the pump -- */

static enum jm_status pump_verifier(const struct jm_mdoc_verified **out, enum jm_mdoc_kind kind,
                                    struct jm_bytes input, struct jm_bytes doctype,
                                    const struct jm_mdoc_context *context,
                                    const struct jm_answers *answers, struct jm_arena *mem)
{
    struct jm_mdoc_verifier v;
    const struct jm_ask *ask;

    *out = NULL;
    JM_TRY(jm_mdoc_verifier_init(&v, kind, input, doctype, context, mem));
    while (jm_mdoc_verifier_asks(&v, &ask) > 0) {
        struct jm_answer a;
        uint8_t x[32] = {0};
        enum jm_status st;

        /* inside an engine of the wallet everything runs again */
        JM_TRY(jm_answers_give(&a, x, ask, answers, mem));
        st = jm_mdoc_verifier_answer(&v, ask->id, &a);
        jm_wipe(x, sizeof x);
        if (st != JM_OK)
            return st;
    }
    return jm_mdoc_verifier_end(&v, out);
}

enum jm_status jm_mdoc_verify(const struct jm_mdoc_verified **out, struct jm_bytes response,
                              const struct jm_mdoc_context *context,
                              const struct jm_answers *answers, struct jm_arena *mem)
{
    return pump_verifier(out, JM_MDOC_DEVICE_RESPONSE, response, jm_none(), context, answers, mem);
}

enum jm_status jm_mdoc_verify_issuer_signed(const struct jm_mdoc_verified **out,
                                            struct jm_bytes issuer_signed, struct jm_bytes doctype,
                                            const struct jm_mdoc_context *context,
                                            const struct jm_answers *answers, struct jm_arena *mem)
{
    return pump_verifier(out, JM_MDOC_ISSUER_SIGNED, issuer_signed, doctype, context, answers, mem);
}

enum jm_status jm_mdoc_verify_issuer_auth(const struct jm_mdoc_verified **out,
                                          struct jm_bytes issuer_auth,
                                          const struct jm_mdoc_context *context,
                                          const struct jm_answers *answers, struct jm_arena *mem)
{
    return pump_verifier(out, JM_MDOC_ISSUER_AUTH, issuer_auth, jm_none(), context, answers, mem);
}
