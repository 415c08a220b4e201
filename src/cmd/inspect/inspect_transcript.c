/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jumin inspect transcript: every hash on the way to a SessionTranscript, for each handover that
 * the inputs allow; with a response, which handover and which input the device signature was made
 * over. Spec: spec/cli.md 3; spec/mdoc.md 7
 */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/inspect/inspect_print.h"
#include "cmd/inspect/inspect_run.h"
#include "host/clock/clock.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"

#define FILE_MAX (16 * JM_MIB)
#define ANSWER_MAX (4 * JM_MIB)

enum input {
    ENGAGEMENT,
    READER_KEY,
    HANDOVER, /* CBOR */
    CLIENT_ID,
    NONCE,
    RESPONSE_URI,
    ORIGIN,
    ENDPOINT,
    ENCRYPTION_INFO,
    MDOC_NONCE, /* texts */
    THUMBPRINT, /* octets, may be absent */
    N_INPUTS
};

static const char *const names[N_INPUTS] = {"engagement", "reader-key", "handover",
                                            "client-id",  "nonce",      "response-uri",
                                            "origin",     "endpoint",   "encryption-info",
                                            "mdoc-nonce", "jwk"};

struct handover {
    const char *name, *label; /* label: null where no hash is carried */
    enum input info[4];
    size_t n;
};

/* spec/mdoc.md 7, the superseded ones last: they explain, nothing accepts them. */
static const struct handover handovers[] = {
    {"qr", NULL, {ENGAGEMENT, READER_KEY}, 2},
    {"file", NULL, {ENGAGEMENT, READER_KEY, HANDOVER}, 3},
    {"oid4vp", "OpenID4VPHandover", {CLIENT_ID, NONCE, THUMBPRINT, RESPONSE_URI}, 4},
    {"dcapi", "OpenID4VPDCAPIHandover", {ORIGIN, NONCE, THUMBPRINT}, 3},
    {"iae", "OpenID4VCIIAEHandover", {ENDPOINT, NONCE, THUMBPRINT}, 3},
    {"iso-dcapi", "dcapi", {ENCRYPTION_INFO, ORIGIN}, 2},
    {"dcapi-draft24", "OpenID4VPDCAPIHandover", {ORIGIN, CLIENT_ID, NONCE}, 3},
    {"oid4vp-2024", NULL, {CLIENT_ID, MDOC_NONCE, RESPONSE_URI, NONCE}, 4},
};

struct job {
    const struct jm_cmd *cmd;
    struct jm_arena *mem;
    struct jm_bytes in[N_INPUTS], response;
    struct jm_key *reader;
    int64_t now;
    struct jm_json_w w;
};

/* -- inputs -- */

static enum jm_status read_file(struct jm_bytes *out, const struct job *j, const char *path,
                                struct jm_diag *d)
{
    if (jm_file_read(out, path, FILE_MAX, j->mem) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
    return JM_OK;
}

static enum jm_status read_cbor(struct job *j, enum input i, struct jm_diag *d)
{
    const char *path = jm_opt(j->cmd, names[i]);
    struct jm_bytes text, v;

    if (path == NULL)
        return JM_OK;
    JM_TRY(read_file(&text, j, path, d));
    if (jm_inspect_decode(&v, text, j->mem) != JM_OK || jm_cbor_check(v, NULL, NULL) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, names[i]);
    j->in[i] = v;
    return JM_OK;
}

/* DeviceEngagementBytes and EReaderKeyBytes are tag 24; what came bare is wrapped. */
static enum jm_status wrap_input(struct job *j, enum input i)
{
    struct jm_bytes v = j->in[i];
    struct jm_cbor r;
    struct jm_cbor_w w;
    struct jm_buf b;

    jm_cbor_init(&r, v);
    if (v.ptr == NULL || jm_cbor_peek(&r) == JM_CBOR_TAG)
        return JM_OK;
    JM_TRY(jm_alloc_buf(&b, j->mem, v.len + 16));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_tag(&w, 24);
    jm_cbor_w_bytes(&w, v);
    j->in[i] = jm_written(b);
    return jm_cbor_w_end(&w);
}

static enum jm_status read_jwk(struct job *j, struct jm_diag *d)
{
    const char *path = jm_opt(j->cmd, names[THUMBPRINT]);
    const struct jm_json *json;
    struct jm_bytes text;
    struct jm_jwk jwk;
    uint8_t *print;

    if (path == NULL ||
        (strlen(path) == 64 && jm_hex_decode(&j->in[THUMBPRINT], j->mem, jm_str(path)) == JM_OK))
        return JM_OK;
    JM_TRY(read_file(&text, j, path, d));
    if (jm_json_parse(&json, text, j->mem, NULL) != JM_OK || jm_jwk_read(&jwk, json) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, names[THUMBPRINT]);
    if ((print = jm_alloc(j->mem, 32, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_jwk_thumbprint(print, j->cmd->crypto, &jwk.point));
    j->in[THUMBPRINT] = jm_bytes(print, 32);
    return JM_OK;
}

static bool is_named(const char *handover)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(handovers); i++)
        if (strcmp(handovers[i].name, handover) == 0)
            return true;
    return false;
}

static enum jm_status load_job(struct job *j, struct jm_diag *d)
{
    const char *handover = jm_opt(j->cmd, names[HANDOVER]);
    struct jm_bytes text;

    for (enum input i = CLIENT_ID; i < THUMBPRINT; i++)
        j->in[i] = jm_str(jm_opt(j->cmd, names[i]));
    JM_TRY(read_cbor(j, ENGAGEMENT, d));
    JM_TRY(read_cbor(j, READER_KEY, d));
    JM_TRY(wrap_input(j, ENGAGEMENT));
    JM_TRY(wrap_input(j, READER_KEY));
    if (handover != NULL && !is_named(handover))
        JM_TRY(read_cbor(j, HANDOVER, d));
    JM_TRY(read_jwk(j, d));
    JM_TRY(jm_inspect_load_key(&j->reader, j->cmd, d));
    if (j->cmd->n_operands == 0)
        return JM_OK;
    JM_TRY(read_file(&text, j, j->cmd->operand[0], d));
    return jm_inspect_decode(&j->response, text, j->mem);
}

/* -- one transcript -- */

struct built {
    struct jm_bytes info, bare;
};

static bool is_possible(const struct job *j, const struct handover *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->info[i] != THUMBPRINT && j->in[h->info[i]].ptr == NULL)
            return false;
    return true;
}

/* TS 18013-7:2024: [SHA-256([client_id, mdocNonce]), SHA-256([response_uri, mdocNonce]), nonce] */
static enum jm_status build_2024(struct built *out, const struct job *j)
{
    const struct jm_info_item client[] = {{j->in[CLIENT_ID], false}, {j->in[MDOC_NONCE], false}};
    const struct jm_info_item uri[] = {{j->in[RESPONSE_URI], false}, {j->in[MDOC_NONCE], false}};
    struct jm_bytes a, b, handover;
    uint8_t ha[32], hb[32];

    JM_TRY(jm_transcript_info(&a, client, 2, j->mem));
    JM_TRY(jm_transcript_info(&b, uri, 2, j->mem));
    JM_TRY(jm_sha256(j->cmd->crypto, a, ha));
    JM_TRY(jm_sha256(j->cmd->crypto, b, hb));
    const struct jm_info_item all[] = {{jm_bytes(ha, 32), true},
                                       {jm_bytes(hb, 32), true},
                                       {j->in[NONCE], false}};
    JM_TRY(jm_transcript_info(&handover, all, 3, j->mem));
    return jm_transcript_session(&out->bare, jm_none(), jm_none(), handover, j->mem);
}

static enum jm_status build_transcript(struct built *out, const struct job *j,
                                       const struct handover *h)
{
    struct jm_info_item item[4];

    *out = (struct built){{NULL, 0}, {NULL, 0}};
    if (h->label == NULL)
        return h->info[0] == CLIENT_ID
                   ? build_2024(out, j)
                   : jm_transcript_session(&out->bare, j->in[ENGAGEMENT], j->in[READER_KEY],
                                           h->n == 3 ? j->in[HANDOVER] : jm_none(), j->mem);
    for (size_t i = 0; i < h->n; i++)
        item[i] = (struct jm_info_item){j->in[h->info[i]], h->info[i] == THUMBPRINT};
    JM_TRY(jm_transcript_info(&out->info, item, h->n, j->mem));
    return jm_transcript_hashed(&out->bare, j->cmd->crypto, h->label, out->info, j->mem);
}

static enum jm_status agree_reader(void *ctx, struct jm_bytes key, struct jm_bytes peer,
                                   uint8_t x[32])
{
    const struct job *j = ctx;

    (void)key;
    return j->reader == NULL ? JM_E_ABSENT : jm_key_agree(j->reader, peer, x);
}

/* Was every document of the response signed, or authenticated, over this transcript? */
static enum jm_status signature_holds(bool *out, struct job *j, struct jm_bytes bare)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify,
                                       .agree = agree_reader,
                                       .ctx = j};
    struct jm_mdoc_context x = {.now = j->now,
                                .transcript = bare,
                                .policy = JM_MDOC_POLICY_DEFAULT,
                                .crypto = j->cmd->crypto,
                                .reader_key = j->reader == NULL ? jm_none() : JM_BYTES("reader")};
    const struct jm_mdoc_verified *v;
    const struct jm_report *r;
    size_t mark = jm_arena_mark(j->mem), passed = 0, failed = 0;

    JM_TRY(jm_mdoc_verify(&v, j->response, &x, &answers, j->mem));
    r = jm_mdoc_report(v);
    for (size_t i = 0; i < r->n; i++) {
        const struct jm_check *c = &r->checks[i];
        bool device = c->code == JM_MDOC_DEVICE_SIGNATURE || c->code == JM_MDOC_DEVICE_MAC;

        passed += device && c->result == JM_PASS;
        failed += device && c->result == JM_FAIL;
    }
    jm_arena_back(j->mem, mark);
    *out = passed > 0 && failed == 0;
    return JM_OK;
}

/* -- what might have been meant -- */

static enum jm_status left_out(struct jm_bytes *v, const struct job *j)
{
    (void)j;
    *v = jm_none();
    return JM_OK;
}

static enum jm_status without_prefix(struct jm_bytes *v, const struct job *j)
{
    size_t colon = jm_bytes_find(*v, JM_BYTES(":"));

    (void)j;
    *v = colon == SIZE_MAX ? *v : jm_slice(*v, colon + 1, SIZE_MAX);
    return JM_OK;
}

static enum jm_status with_prefix(struct jm_bytes *v, const struct job *j, const char *prefix,
                                  struct jm_bytes rest)
{
    const struct jm_bytes parts[] = {jm_str(prefix), rest};

    return jm_concat(v, j->mem, parts, 2);
}

static enum jm_status san_dns(struct jm_bytes *v, const struct job *j)
{
    struct jm_url u;

    return jm_url_split(&u, j->in[RESPONSE_URI]) == JM_OK
               ? with_prefix(v, j, "x509_san_dns:", u.host)
               : JM_OK;
}

static enum jm_status web_origin(struct jm_bytes *v, const struct job *j)
{
    return with_prefix(v, j, "web-origin:", j->in[ORIGIN]);
}

static enum jm_status origin_prefix(struct jm_bytes *v, const struct job *j)
{
    return with_prefix(v, j, "origin:", *v);
}

static enum jm_status other_slash(struct jm_bytes *v, const struct job *j)
{
    const struct jm_bytes parts[] = {*v, JM_BYTES("/")};

    if (v->len == 0 || v->ptr[v->len - 1] != '/')
        return jm_concat(v, j->mem, parts, 2);
    v->len--;
    return JM_OK;
}

static const struct {
    enum input input;
    const char *how;
    enum jm_status (*change)(struct jm_bytes *v, const struct job *j);
} variants[] = {
    {THUMBPRINT, "left out: the response was not encrypted", left_out},
    {CLIENT_ID, "without its prefix", without_prefix},
    {CLIENT_ID, "x509_san_dns: and the host of the response_uri", san_dns},
    {CLIENT_ID, "web-origin: and the origin", web_origin},
    {RESPONSE_URI, "a slash at its end more or less", other_slash},
    {ORIGIN, "a slash at its end more or less", other_slash},
    {ORIGIN, "with origin: before it", origin_prefix},
    {ORIGIN, "without its prefix", without_prefix},
    {ENDPOINT, "a slash at its end more or less", other_slash},
    {ENGAGEMENT, "null", left_out},
    {READER_KEY, "null", left_out},
};

struct explained {
    const struct handover *handover;
    const char *input, *how;
};

static bool is_used(const struct handover *h, enum input i)
{
    for (size_t k = 0; k < h->n; k++)
        if (h->info[k] == i)
            return true;
    return false;
}

static enum jm_status try_variants(struct explained *out, struct job *j, const struct handover *h)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(variants) && out->handover == NULL; i++) {
        struct jm_bytes *v = &j->in[variants[i].input], kept = *v;
        struct built b;
        bool ok = false;
        enum jm_status st;

        if (!is_used(h, variants[i].input) || kept.ptr == NULL)
            continue;
        st = variants[i].change(v, j);
        if (st == JM_OK)
            st = build_transcript(&b, j, h);
        if (st == JM_OK)
            st = signature_holds(&ok, j, b.bare);
        *v = kept;
        JM_TRY(st);
        if (ok)
            *out = (struct explained){h, names[variants[i].input], variants[i].how};
    }
    return JM_OK;
}

/* -- what is written -- */

static void put_hex(struct job *j, const char *name, struct jm_bytes octets)
{
    struct jm_inspect_run r = {.mem = j->mem, .w = j->w};

    jm_inspect_put_hex(&r, name, octets);
    j->w = r.w;
}

static void put_hash(struct job *j, const char *name, struct jm_bytes octets)
{
    uint8_t hash[32];

    if (jm_sha256(j->cmd->crypto, octets, hash) == JM_OK)
        put_hex(j, name, jm_bytes(hash, 32));
}

static void put_built(struct job *j, const struct handover *h, const struct built *b, bool judged,
                      bool ok)
{
    uint8_t salt[32];

    jm_json_w_open(&j->w, '{');
    jm_json_w_mstr(&j->w, "handover", h->name);
    if (b->info.ptr != NULL) {
        put_hex(j, "handoverInfo", b->info);
        put_hash(j, "handoverInfoSha256", b->info);
    }
    if (j->in[ENGAGEMENT].ptr != NULL && h->info[0] == ENGAGEMENT) {
        put_hash(j, "deviceEngagementBytesSha256", j->in[ENGAGEMENT]);
        put_hash(j, "eReaderKeyBytesSha256", j->in[READER_KEY]);
    }
    put_hex(j, "sessionTranscript", b->bare);
    put_hash(j, "sessionTranscriptSha256", b->bare);
    if (jm_transcript_salt(salt, j->cmd->crypto, b->bare) == JM_OK)
        put_hex(j, "sessionTranscriptBytesSha256", jm_bytes(salt, 32));
    if (judged)
        jm_json_w_mbool(&j->w, "deviceSignature", ok);
    jm_json_w_close(&j->w, '}');
}

static bool is_asked(const struct job *j, const struct handover *h)
{
    const char *handover = jm_opt(j->cmd, names[HANDOVER]);

    return handover == NULL || strcmp(handover, h->name) == 0 ||
           (h->n == 3 && h->info[2] == HANDOVER && !is_named(handover));
}

/* Prints every handover that the inputs allow; the asked ones judge, the others may explain. */
static enum jm_status put_handovers(struct job *j, struct explained *out, bool *holds_as_given,
                                    size_t *n)
{
    jm_json_w_mopen(&j->w, "handovers", '[');
    for (size_t i = 0; i < JM_ARRAY_LEN(handovers); i++) {
        const struct handover *h = &handovers[i];
        struct built b;
        bool ok = false;

        if (!is_possible(j, h))
            continue;
        JM_TRY(build_transcript(&b, j, h));
        if (j->response.ptr != NULL)
            JM_TRY(signature_holds(&ok, j, b.bare));
        *holds_as_given = *holds_as_given || (ok && is_asked(j, h));
        *n += is_asked(j, h);
        if (ok && out->handover == NULL)
            *out = (struct explained){h, NULL, NULL};
        put_built(j, h, &b, j->response.ptr != NULL, ok);
    }
    jm_json_w_close(&j->w, ']');
    return JM_OK;
}

static void put_explained(struct job *j, const struct explained *x)
{
    if (x->handover == NULL)
        return;
    jm_json_w_mopen(&j->w, "explained", '{');
    jm_json_w_mstr(&j->w, "handover", x->handover->name);
    if (x->input != NULL) {
        jm_json_w_mstr(&j->w, "input", x->input);
        jm_json_w_mstr(&j->w, "how", x->how);
    }
    jm_json_w_close(&j->w, '}');
}

static enum jm_status put_verdict(struct job *j, bool ok, const struct explained *x)
{
    struct jm_inspect_run r = {.mem = j->mem,
                               .w = j->w,
                               .in = &(struct jm_inspect_in){.say = jm_inspect_sentences(j->cmd)},
                               .kind = "transcript"};
    bool judged = j->response.ptr != NULL;
    struct jm_findings f;

    JM_TRY(jm_findings_init(&f, j->mem, 2));
    jm_inspect_note(&f, JM_MDOC_TYPE, JM_PASS, NULL);
    if (judged)
        jm_inspect_note(&f, JM_MDOC_DEVICE_SIGNATURE, ok ? JM_PASS : JM_FAIL,
                        x->handover == NULL
                            ? "none of the handovers, nor a usual mistake, explains it"
                            : "it was made over other inputs: see explained");
    JM_TRY(jm_report_of(&r.report, &f));
    jm_json_w_mstr(&r.w, "verdict", ok || !judged ? "accepted" : "rejected");
    jm_inspect_put_time(&r.w, "at", j->now);
    JM_TRY(jm_inspect_put_report(&r));
    j->w = r.w;
    return JM_OK;
}

/* The content is written first, beside, because the verdict stands before it. */
static enum jm_status put_answer(struct job *j, struct jm_buf *json, bool *ok, struct jm_diag *d)
{
    struct explained x = {NULL, NULL, NULL};
    struct jm_buf content;
    size_t n = 0;

    *ok = false;
    JM_TRY(jm_alloc_buf(&content, j->mem, ANSWER_MAX));
    jm_json_w_init(&j->w, &content);
    jm_json_w_open(&j->w, '{');
    JM_TRY(put_handovers(j, &x, ok, &n));
    if (n == 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED,
                         "--handover: an input of it was not given");
    for (size_t i = 0; i < JM_ARRAY_LEN(handovers) && j->response.ptr != NULL && x.handover == NULL;
         i++)
        if (is_possible(j, &handovers[i]))
            JM_TRY(try_variants(&x, j, &handovers[i]));
    put_explained(j, &x);
    jm_json_w_close(&j->w, '}');
    JM_TRY(jm_json_w_end(&j->w));
    jm_json_w_init(&j->w, json);
    jm_json_w_open(&j->w, '{');
    jm_json_w_mstr(&j->w, "kind", "transcript");
    JM_TRY(put_verdict(j, *ok, &x));
    jm_json_w_mraw(&j->w, "content", jm_written(content));
    jm_json_w_close(&j->w, '}');
    return jm_json_w_end(&j->w);
}

static int run_transcript(const struct jm_cmd *cmd)
{
    struct job j = {.cmd = cmd, .mem = cmd->mem};
    struct jm_diag d = {0};
    struct jm_buf json = {0};
    struct jm_clock clock;
    enum jm_status st;
    bool ok = false;

    jm_clock_init(&clock, 0, 0);
    j.now = jm_clock_now(&clock);
    st = load_job(&j, &d);
    if (st == JM_OK)
        st = jm_alloc_buf(&json, cmd->mem, ANSWER_MAX);
    if (st == JM_OK)
        st = put_answer(&j, &json, &ok, &d);
    jm_key_free(&j.reader);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->common.json && jm_cmd_json(jm_written(json)) != JM_EXIT_OK)
        return JM_EXIT_OUTSIDE;
    jm_inspect_print(cmd, jm_written(json));
    return ok || j.response.ptr == NULL ? JM_EXIT_OK : JM_EXIT_NO;
}

JM_COMMAND_RUN(
    inspect_transcript, "inspect transcript", run_transcript,
    "inspect transcript --handover oid4vp --client-id x509_san_dns:rp.example --nonce N "
    "--response-uri https://rp.example/r response.cbor",
    "inspect transcript --engagement engagement.hex --reader-key reader.hex --handover qr",
    JM_OPERANDS("[RESPONSE]", 0, 1),
    JM_OPTIONS(JM_TAKES("handover", "KIND|FILE"), JM_TAKES("engagement", "FILE"),
               JM_TAKES("reader-key", "FILE"), JM_TAKES("client-id", "TEXT"),
               JM_TAKES("nonce", "TEXT"), JM_TAKES("response-uri", "URI"),
               JM_TAKES("origin", "TEXT"), JM_TAKES("endpoint", "URI"),
               JM_TAKES("encryption-info", "TEXT"), JM_TAKES("mdoc-nonce", "TEXT"),
               JM_TAKES("jwk", "FILE|HEX"), JM_TAKES("device-key", "FILE")));
