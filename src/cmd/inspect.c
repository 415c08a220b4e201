/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: reads files and options, prints what inspect_core.c judged. */
#include "cmd/inspect_core.h"

#include <string.h>

#include "cmd/commands.h"
#include "host/clock/clock.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/der.h"
#include "jumin/json.h"

#define INPUT_MAX (16 * JM_MIB)
#define BESIDE_MAX (8 * JM_MIB)
#define FILES_MAX 64

struct job {
    const struct jm_cmd *cmd;
    struct jm_inspect_in in;
    struct jm_bytes anchor[FILES_MAX], pinned[FILES_MAX], status[FILES_MAX];
    struct jm_key *reader;
};

static enum jm_status read_file(struct jm_bytes *out, const struct job *j, const char *path, size_t max,
                                struct jm_diag *d)
{
    enum jm_status st = jm_file_read(out, path, max, j->cmd->mem);

    return st == JM_OK ? st : jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
}

static enum jm_status read_all(const struct jm_bytes **out, size_t *n, struct jm_bytes *to, const struct job *j,
                               const char *option, struct jm_diag *d)
{
    const char *path;

    for (*n = 0; (path = jm_opt_at(j->cmd, option, *n)) != NULL; (*n)++) {
        if (*n == FILES_MAX)
            return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_REPEATED, option);
        JM_TRY(read_file(&to[*n], j, path, BESIDE_MAX, d));
    }
    *out = to;
    return JM_OK;
}

/* -- the reader's private key: JWK, PEM (SEC1 or PKCS#8), or 32 octets ------------------------------------------------- */

static bool from_sec1(struct jm_secret32 *s, struct jm_bytes der)
{
    struct jm_der r, seq;
    struct jm_bytes d;

    jm_der_init(&r, der);
    seq = jm_der_enter(&r, JM_DER_SEQ);
    (void)jm_der_take(&seq, JM_DER_INT, NULL);
    d = jm_der_take(&seq, JM_DER_OCTETS, NULL);
    if (seq.st != JM_OK || d.len != sizeof s->octets)
        return false;
    memcpy(s->octets, d.ptr, d.len);
    return true;
}

static bool from_pkcs8(struct jm_secret32 *s, struct jm_bytes der)
{
    struct jm_der r, seq;
    struct jm_bytes inner;

    jm_der_init(&r, der);
    seq = jm_der_enter(&r, JM_DER_SEQ);
    (void)jm_der_take(&seq, JM_DER_INT, NULL);
    (void)jm_der_take(&seq, JM_DER_SEQ, NULL);
    inner = jm_der_take(&seq, JM_DER_OCTETS, NULL);
    return seq.st == JM_OK && from_sec1(s, inner);
}

static bool read_scalar(struct jm_secret32 *s, struct jm_bytes text, struct jm_arena *mem)
{
    const struct jm_json *jwk;
    struct jm_bytes v;

    if (jm_json_parse(&jwk, text, mem, NULL) == JM_OK && jwk->type == JM_JSON_OBJECT)
        return jm_json_str(&v, jwk, "d") == JM_OK && jm_b64url_exact(s->octets, sizeof s->octets, v) == JM_OK;
    if (jm_inspect_decode(&v, text, mem) != JM_OK)
        return false;
    if (v.len != sizeof s->octets)
        return from_sec1(s, v) || from_pkcs8(s, v);
    memcpy(s->octets, v.ptr, v.len);
    return true;
}

static enum jm_status load_reader_key(struct job *j, struct jm_diag *d)
{
    const char *path = jm_opt(j->cmd, "device-key");
    struct jm_secret32 s;
    struct jm_bytes text;
    enum jm_status st;

    if (path == NULL)
        return JM_OK;
    st = jm_file_read_secret(&text, path, BESIDE_MAX, j->cmd->mem);
    if (st != JM_OK)
        return jm_refuse(d, st == JM_E_DENIED ? st : JM_E_MALFORMED,
                         st == JM_E_DENIED ? JM_CMD_SECRET_OPEN : JM_CMD_FILE_READ, path);
    st = read_scalar(&s, text, j->cmd->mem) ? jm_key_from_scalar(&j->reader, &s) : JM_E_MALFORMED;
    jm_wipe(&s, sizeof s);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "device-key");
    j->in.reader_key = JM_BYTES("reader");
    return JM_OK;
}

static enum jm_status agree(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32])
{
    const struct job *j = ctx;

    (void)key;
    return j->reader == NULL ? JM_E_ABSENT : jm_key_agree(j->reader, peer, x);
}

/* -- options ------------------------------------------------------------------------------------------------------------- */

static const char *sentence(void *ctx, enum jm_code code)
{
    const struct job *j = ctx;

    return jm_cmd_text(j->cmd, jm_format(j->cmd->mem, "code.%s", jm_code_info(code)->name));
}

static enum jm_status load(struct job *j, struct jm_diag *d)
{
    const struct jm_cmd *cmd = j->cmd;
    const char *at = jm_opt(cmd, "at"), *crl = jm_opt(cmd, "crl"), *transcript = jm_opt(cmd, "transcript");
    struct jm_clock clock;
    bool plain;

    jm_clock_init(&clock, 0, 0);
    j->in.kind = jm_opt(cmd, "as");
    j->in.strict = jm_opt_has(cmd, "strict");
    j->in.show_values = jm_opt_has(cmd, "show-values");
    j->in.crypto = cmd->crypto;
    j->in.sentence = sentence;
    j->in.ctx = j;
    j->in.now = jm_clock_now(&clock);
    if (at != NULL && jm_rfc3339_parse(&j->in.now, &plain, jm_str(at)) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "at");
    JM_TRY(read_file(&j->in.input, j, jm_cmd_file(cmd), INPUT_MAX, d));
    JM_TRY(read_all(&j->in.anchor, &j->in.n_anchors, j->anchor, j, "anchor", d));
    JM_TRY(read_all(&j->in.pinned, &j->in.n_pinned, j->pinned, j, "pinned", d));
    JM_TRY(read_all(&j->in.status, &j->in.n_status, j->status, j, "status", d));
    if (crl != NULL)
        JM_TRY(read_file(&j->in.crl, j, crl, BESIDE_MAX, d));
    if (transcript != NULL)
        JM_TRY(read_file(&j->in.transcript, j, transcript, BESIDE_MAX, d));
    return load_reader_key(j, d);
}

/* -- for people ------------------------------------------------------------------------------------------------------------ */

static struct jm_bytes str_of(const struct jm_json *obj, const char *name)
{
    const struct jm_json *v = jm_json_get(obj, name);

    return v == NULL ? jm_none() : v->text;
}

static void print_tree(const struct jm_cmd *cmd, const struct jm_json *v, int indent)
{
    for (const struct jm_json *e = v->child; e != NULL; e = e->next) {
        bool deep = e->type == JM_JSON_OBJECT || e->type == JM_JSON_ARRAY;
        struct jm_bytes text = e->type == JM_JSON_STRING ? e->text : deep ? jm_none() : e->raw;

        jm_say(cmd, "%*s%.*s%s%.*s\n", indent, "", (int)e->name.len, e->name.len == 0 ? "" : (const char *)e->name.ptr,
               e->name.len == 0 ? "-" : ": ", (int)text.len, text.len == 0 ? "" : (const char *)text.ptr);
        if (deep)
            print_tree(cmd, e, indent + 2);
    }
}

static void print(const struct jm_cmd *cmd, struct jm_bytes json)
{
    const struct jm_json *j;

    if (cmd->common.json || jm_json_parse(&j, json, cmd->mem, NULL) != JM_OK)
        return;
    struct jm_bytes kind = str_of(j, "kind"), verdict = str_of(j, "verdict"), at = str_of(j, "at");
    jm_say(cmd, "%.*s: %.*s (%.*s)\n", (int)kind.len, (const char *)kind.ptr, (int)verdict.len,
           (const char *)verdict.ptr, (int)at.len, (const char *)at.ptr);
    for (const struct jm_json *c = jm_json_get(j, "checks")->child; c != NULL; c = c->next) {
        struct jm_bytes result = str_of(c, "result"), code = str_of(c, "code"), text = str_of(c, "check"),
                        path = str_of(c, "path"), reason = str_of(c, "reason");
        bool shown = !jm_bytes_eq_str(result, "pass") && (cmd->common.verbose || !jm_bytes_eq_str(result, "skip"));

        if (shown)
            jm_say(cmd, "%-7.*s %.*s: %.*s%s%.*s (%.*s)\n", (int)result.len, (const char *)result.ptr, (int)code.len,
                   (const char *)code.ptr, (int)text.len, (const char *)text.ptr, path.len == 0 ? "" : ": ",
                   (int)path.len, path.len == 0 ? "" : (const char *)path.ptr, (int)reason.len,
                   reason.len == 0 ? "" : (const char *)reason.ptr);
    }
    print_tree(cmd, jm_json_get(j, "content"), 0);
}

static int run(const struct jm_cmd *cmd)
{
    static struct job j;
    const struct jm_answers answers = {.verify = jm_openssl_verify, .agree = agree, .ctx = &j};
    struct jm_diag d = {0};
    struct jm_buf json = {0};
    enum jm_status st;
    int code = JM_EXIT_BUG;

    j.cmd = cmd;
    j.in.answers = &answers;
    st = load(&j, &d);
    if (st == JM_OK)
        st = jm_alloc_buf(&json, cmd->mem, INPUT_MAX);
    if (st == JM_OK)
        st = jm_inspect(&j.in, &json, &code, cmd->mem);
    jm_key_free(&j.reader);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->common.json && jm_cmd_json(jm_written(json)) != JM_EXIT_OK)
        return JM_EXIT_OUTSIDE;
    print(cmd, jm_written(json));
    return code;
}

static const struct jm_option options[] = {
    {"as", 0, "KIND", 0},
    {"anchor", 0, "FILE", JM_OPTION_REPEATABLE},
    {"pinned", 0, "FILE", JM_OPTION_REPEATABLE},
    {"crl", 0, "FILE", 0},
    {"at", 0, "TIME", 0},
    {"transcript", 0, "FILE", 0},
    {"device-key", 0, "FILE", 0},
    {"status", 0, "FILE", JM_OPTION_REPEATABLE},
    {"strict", 0, NULL, 0},
    {"show-values", 0, NULL, 0},
};
const struct jm_command jm_command_inspect = {
    .name = "inspect",
    .operands = "[FILE]",
    .min_operands = 0,
    .max_operands = 1,
    .options = options,
    .n_options = JM_ARRAY_LEN(options),
    .example = {"inspect response.cbor --anchor iaca.pem --transcript transcript.hex",
                "inspect dsc.pem --anchor iaca.pem --strict --json"},
    .run = run,
};
