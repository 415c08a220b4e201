/* SPDX-License-Identifier: Apache-2.0 */
/* jumin ledger keygen: the key of a log that is to be, for `jumin init --ledger --log-key`; its
 * public half goes to witnesses. */
#include "cmd/cli/commands.h"
#include "cmd/ledger/log_key.h"

static enum jm_status run_keygen(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_log_key key;
    struct jm_body b;
    struct jm_buf text;
    enum jm_status st = jm_log_key_new(&key, jm_opt(cmd, "origin"), JM_NOTE_ED25519, cmd->crypto);

    if (st == JM_E_MALFORMED)
        st = jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--origin example.kr/log");
    if (st == JM_OK)
        st = jm_log_key_write(&key, jm_opt(cmd, "out"), cmd, d);
    jm_wipe(&key.seed, sizeof key.seed);
    JM_TRY(st);
    JM_TRY(jm_alloc_buf(&text, cmd->mem, JM_NOTE_LINE_MAX));
    JM_TRY(jm_vkey_put(&text, &key.vkey));
    jm_say(cmd, "%.*s\n", (int)text.len, (const char *)text.ptr);
    JM_TRY(jm_body_open(&b, cmd, 8 * JM_KIB));
    jm_json_w_mtext(&b.w, "vkey", jm_written(text));
    return jm_body_answer(cmd, &b);
}

JM_COMMAND(ledger_keygen, "ledger keygen", run_keygen,
           "ledger keygen --origin log.example.kr/saebyeol --out log.key",
           "ledger keygen --origin log.example.kr/saebyeol --out log.key --json",
           JM_OPTIONS(JM_NEEDS("origin", "ORIGIN"), JM_NEEDS("out", "FILE")));
