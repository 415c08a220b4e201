/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: reads files and options, prints what inspect_judge.c found. */
#include "cmd/cli/cards.h"
#include "cmd/cli/commands.h"
#include "cmd/inspect/inspect_core.h"
#include "cmd/inspect/inspect_print.h"
#include "host/clock/clock.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/civil.h"

#define INPUT_MAX (16 * JM_MIB)
#define BESIDE_MAX (8 * JM_MIB)
#define FILES_MAX 64

struct job {
    const struct jm_cmd *cmd;
    struct jm_inspect_in in;
    struct jm_bytes anchor[FILES_MAX], pinned[FILES_MAX], status[FILES_MAX];
    struct jm_key *reader;
};

static enum jm_status read_file(struct jm_bytes *out, const struct job *j, const char *path,
                                size_t max, struct jm_diag *d)
{
    enum jm_status st = jm_file_read(out, path, max, j->cmd->mem);

    return st == JM_OK ? st : jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, path);
}

static enum jm_status read_all(const struct jm_bytes **out, size_t *n, struct jm_bytes *to,
                               const struct job *j, const char *option, struct jm_diag *d)
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

static enum jm_status agree_reader(void *ctx, struct jm_bytes key, struct jm_bytes peer,
                                   uint8_t x[32])
{
    const struct job *j = ctx;

    (void)key;
    return j->reader == NULL ? JM_E_ABSENT : jm_key_agree(j->reader, peer, x);
}

/* -- options -- */

static enum jm_status load_job(struct job *j, struct jm_diag *d)
{
    const struct jm_cmd *cmd = j->cmd;
    const char *at = jm_opt(cmd, "at"), *crl = jm_opt(cmd, "crl"),
               *transcript = jm_opt(cmd, "transcript");
    struct jm_clock clock;
    struct jm_profiles cards;
    struct jm_schema *schema;
    bool plain;

    jm_clock_init(&clock, 0, 0);
    j->in.kind = jm_opt(cmd, "as");
    if (j->in.kind != NULL && !jm_inspect_knows(j->in.kind))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                         jm_format(cmd->mem, "as %s", j->in.kind));
    j->in.audience = jm_str(jm_opt(cmd, "audience"));
    j->in.nonce = jm_str(jm_opt(cmd, "nonce"));
    j->in.strict = jm_opt_has(cmd, "strict");
    j->in.show_values = jm_opt_has(cmd, "show-values");
    j->in.crypto = cmd->crypto;
    j->in.say = jm_inspect_sentences(cmd);
    j->in.now = jm_clock_now(&clock);
    if (at != NULL && jm_rfc3339_parse(&j->in.now, &plain, jm_str(at)) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "at");
    JM_TRY(jm_cmd_cards(&cards, cmd, d));
    JM_TRY(jm_profile_schemas(&schema, &j->in.n_schemas, &cards, cmd->mem));
    j->in.schema = schema;
    JM_TRY(read_file(&j->in.input, j, jm_cmd_file(cmd), INPUT_MAX, d));
    JM_TRY(read_all(&j->in.anchor, &j->in.n_anchors, j->anchor, j, "anchor", d));
    JM_TRY(read_all(&j->in.pinned, &j->in.n_pinned, j->pinned, j, "pinned", d));
    JM_TRY(read_all(&j->in.status, &j->in.n_status, j->status, j, "status", d));
    if (crl != NULL)
        JM_TRY(read_file(&j->in.crl, j, crl, BESIDE_MAX, d));
    if (transcript != NULL)
        JM_TRY(read_file(&j->in.transcript, j, transcript, BESIDE_MAX, d));
    JM_TRY(jm_inspect_load_key(&j->reader, cmd, d));
    if (j->reader != NULL)
        j->in.reader_key = JM_BYTES("reader");
    return JM_OK;
}

static int run_inspect(const struct jm_cmd *cmd)
{
    static struct job j;
    const struct jm_answers answers = {.verify = jm_openssl_verify,
                                       .agree = agree_reader,
                                       .ctx = &j};
    struct jm_diag d = {0};
    struct jm_buf json = {0};
    enum jm_status st;
    int code = JM_EXIT_BUG;

    j.cmd = cmd;
    j.in.answers = &answers;
    st = load_job(&j, &d);
    if (st == JM_OK)
        st = jm_alloc_buf(&json, cmd->mem, INPUT_MAX);
    if (st == JM_OK)
        st = jm_inspect(&j.in, &json, &code, cmd->mem, &d);
    jm_key_free(&j.reader);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->common.json && jm_cmd_json(jm_written(json)) != JM_EXIT_OK)
        return JM_EXIT_OUTSIDE;
    jm_inspect_print(cmd, jm_written(json));
    return code;
}

JM_COMMAND_RUN(inspect, "inspect", run_inspect,
               "inspect response.cbor --anchor iaca.pem --transcript transcript.hex",
               "inspect dsc.pem --anchor iaca.pem --strict --json", JM_OPERANDS("[FILE]", 0, 1),
               JM_OPTIONS(JM_TAKES("as", "KIND"), JM_MANY("anchor", "FILE"),
                          JM_MANY("pinned", "FILE"), JM_TAKES("crl", "FILE"),
                          JM_TAKES("at", "TIME"), JM_TAKES("transcript", "FILE"),
                          JM_TAKES("device-key", "FILE"), JM_TAKES("audience", "AUDIENCE"),
                          JM_TAKES("nonce", "NONCE"), JM_MANY("status", "FILE"),
                          JM_SWITCH("strict"), JM_SWITCH("show-values")));
