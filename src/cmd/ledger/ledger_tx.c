/* SPDX-License-Identifier: Apache-2.0 */
/* jumin ledger tx new | sign | show | submit: one transaction, whose signatures may be gathered for
 * days, in different places. A draft is the same envelope with fewer signatures. */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/ledger/json_cbor.h"
#include "cmd/ledger/link.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"

#define BODY_MAX (64 * JM_KIB)
#define ANSWER_MAX (64 * JM_KIB)
#define DAY 86400
#define DAYS_DEFAULT 7

static const struct {
    const char *name;
    enum jm_ltx_type type;
} types[] = {
    {"gov.params", JM_LTX_GOV_PARAMS},
    {"actor.put", JM_LTX_ACTOR_PUT},
    {"actor.state", JM_LTX_ACTOR_STATE},
    {"actor.rotate", JM_LTX_ACTOR_ROTATE},
    {"node.put", JM_LTX_NODE_PUT},
    {"node.state", JM_LTX_NODE_STATE},
    {"policy.put", JM_LTX_POLICY_PUT},
    {"issuer.put", JM_LTX_ISSUER_PUT},
    {"issuer.state", JM_LTX_ISSUER_STATE},
    {"cert.put", JM_LTX_CERT_PUT},
    {"cert.state", JM_LTX_CERT_STATE},
    {"schema.put", JM_LTX_SCHEMA_PUT},
    {"schema.state", JM_LTX_SCHEMA_STATE},
    {"rpcert.put", JM_LTX_RPCERT_PUT},
    {"rpcert.state", JM_LTX_RPCERT_STATE},
    {"rp.put", JM_LTX_RP_PUT},
    {"rp.state", JM_LTX_RP_STATE},
    {"use.put", JM_LTX_USE_PUT},
    {"use.state", JM_LTX_USE_STATE},
    {"wallet.put", JM_LTX_WALLET_PUT},
    {"wallet.state", JM_LTX_WALLET_STATE},
    {"flag.put", JM_LTX_FLAG_PUT},
    {"flag.state", JM_LTX_FLAG_STATE},
    {"crl.put", JM_LTX_CRL_PUT},
    {"did.log", JM_LTX_DID_LOG},
    {"circuit.put", JM_LTX_CIRCUIT_PUT},
    {"circuit.state", JM_LTX_CIRCUIT_STATE},
    {"list.put", JM_LTX_LIST_PUT},
    {"list.state", JM_LTX_LIST_STATE},
    {"status.epoch", JM_LTX_STATUS_EPOCH},
};

static const char *type_name(uint64_t type)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(types); i++)
        if ((uint64_t)types[i].type == type)
            return types[i].name;
    return "?";
}

static enum jm_status type_of(uint64_t *out, const char *name, struct jm_diag *d)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0) {
            *out = (uint64_t)types[i].type;
            return JM_OK;
        }
    return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--type: rp.put, actor.state …");
}

/* -- new -- */

static uint64_t next_seq(const struct jm_link_facts *f, const char *actor, struct jm_arena *mem)
{
    const char *want = jm_format(mem, "seq/%s/0", actor);
    struct jm_cbor r, v;

    jm_cbor_init(&r, f->actors);
    for (size_t n = jm_cbor_array(&r); n > 0; n--) {
        (void)jm_cbor_array(&r);
        bool is = jm_bytes_eq_str(jm_cbor_text(&r), want);

        jm_cbor_init(&v, jm_cbor_bytes(&r));
        if (is)
            return jm_cbor_uint(&v) + 1;
    }
    return 1;
}

static enum jm_status read_body(struct jm_bytes *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *file = jm_opt(cmd, "body");
    const struct jm_json *tree;
    struct jm_bytes text;

    JM_TRY(jm_cmd_read(&text, file, BODY_MAX, cmd, d));
    if (jm_json_parse(&tree, text, cmd->mem, NULL) != JM_OK ||
        jm_json_to_cbor(out, tree, cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, file);
    return JM_OK;
}

static enum jm_status valid_for(int64_t *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *days = jm_opt(cmd, "valid");
    uint64_t n = DAYS_DEFAULT;

    if (days != NULL && (jm_parse_u64(&n, jm_str(days)) != JM_OK || n < 1 || n > 30))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--valid 1–30");
    *out = (int64_t)n * DAY;
    return JM_OK;
}

static enum jm_status say_tx(const struct jm_cmd *cmd, struct jm_bytes octets,
                             const struct jm_hash32 *genesis)
{
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    struct jm_hash32 id;
    struct jm_body b;
    struct jm_cbor r;
    struct jm_ltx x;
    size_t n;

    JM_TRY(jm_ltx_read(&x, octets));
    JM_TRY(jm_ltx_signatures(sig, &n, &x));
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    if (genesis != NULL) {
        JM_TRY(jm_ltx_id(&id, cmd->crypto, genesis, x.payload));
        jm_json_w_mstr(&b.w, "txid", jm_hash_text(cmd, id.octets));
    }
    jm_json_w_mstr(&b.w, "type", type_name(x.type));
    jm_json_w_mtext(&b.w, "chain", x.chain_id);
    jm_json_w_mtext(&b.w, "actor", x.actor);
    jm_json_w_mint(&b.w, "seq", (int64_t)x.seq);
    jm_json_w_mint(&b.w, "not_after", (int64_t)x.not_after);
    jm_json_w_mint(&b.w, "signatures", (int64_t)n);
    jm_json_w_name(&b.w, "body");
    jm_cbor_init(&r, x.body);
    jm_json_w_cbor(&b.w, &r);
    jm_say(cmd, "%s %.*s seq %llu, %zu signatures\n", type_name(x.type), (int)x.actor.len,
           (const char *)x.actor.ptr, (unsigned long long)x.seq, n);
    return jm_body_answer(cmd, &b);
}

static enum jm_status write_tx(struct jm_bytes tx, const struct jm_cmd *cmd,
                               const struct jm_hash32 *genesis, struct jm_diag *d)
{
    JM_TRY(jm_cmd_write(jm_opt(cmd, "out"), tx, 0644, cmd, d));
    return say_tx(cmd, tx, genesis);
}

static enum jm_status facts_of(struct jm_link_facts *out, struct jm_home *home,
                               const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_link *l;
    enum jm_status st;

    JM_TRY(jm_home_open(home, cmd, JM_HOME_AUTHORITY, d));
    JM_TRY(jm_link_open(&l, home, d));
    st = jm_link_facts(out, l, d);
    jm_link_close(&l);
    return st;
}

static enum jm_status run_new(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    const char *actor = jm_opt(cmd, "actor");
    struct jm_ltx x = {.actor = jm_str(actor)};
    struct jm_bytes payload, tx;
    struct jm_link_facts facts;
    int64_t valid;

    JM_TRY(type_of(&x.type, jm_opt(cmd, "type"), d));
    JM_TRY(valid_for(&valid, cmd, d));
    JM_TRY(read_body(&x.body, cmd, d));
    JM_TRY(facts_of(&facts, &home, cmd, d));
    x.chain_id = facts.chain_id;
    x.seq = next_seq(&facts, actor, cmd->mem);
    x.not_after = (uint64_t)(jm_home_now(&home) + valid);
    if (jm_ltx_payload(&payload, &x, cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, jm_opt(cmd, "body"));
    JM_TRY(jm_ltx_seal(&tx, payload, NULL, 0, cmd->mem));
    return write_tx(tx, cmd, &facts.genesis, d);
}

/* -- sign, show, submit -- */

static enum jm_status read_tx(struct jm_ltx *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_bytes octets;

    JM_TRY(jm_cmd_read(&octets, jm_cmd_file(cmd), JM_LTX_MAX, cmd, d));
    return jm_ltx_read(out, octets) == JM_OK
               ? JM_OK
               : jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, jm_cmd_file(cmd));
}

/* --genesis, for who has no line to the ledger; else as it says. */
static enum jm_status genesis_of(struct jm_hash32 *out, struct jm_home *home,
                                 const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *hex = jm_opt(cmd, "genesis");
    struct jm_link_facts facts;
    struct jm_bytes octets;

    if (hex == NULL) {
        JM_TRY(facts_of(&facts, home, cmd, d));
        *out = facts.genesis;
        return JM_OK;
    }
    JM_TRY(jm_home_open(home, cmd, JM_HOME_ANY, d));
    if (jm_hex_decode(&octets, cmd->mem, jm_str(hex)) != JM_OK || octets.len != sizeof out->octets)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--genesis: 64 hexadecimal digits");
    memcpy(out->octets, octets.ptr, sizeof out->octets);
    return JM_OK;
}

static bool all_keys(const void *ctx, const uint8_t *kid)
{
    (void)ctx;
    (void)kid;
    return true;
}

/* The signatures that are there, and those of these keys; a key that has signed signs anew. */
static enum jm_status add_signatures(struct jm_bytes *out, const struct jm_ltx *x,
                                     struct jm_bytes added, struct jm_arena *mem)
{
    struct jm_ltx_signature *all = JM_NEW_N(mem, struct jm_ltx_signature, JM_LTX_SIGNERS_MAX),
                            *more = JM_NEW_N(mem, struct jm_ltx_signature, JM_LTX_SIGNERS_MAX);
    struct jm_ltx y;
    size_t n, m;

    if (all == NULL || more == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_ltx_read(&y, added));
    JM_TRY(jm_ltx_signatures(all, &n, x));
    JM_TRY(jm_ltx_signatures(more, &m, &y));
    for (size_t i = 0; i < m; i++) {
        size_t k = 0;

        while (k < n && memcmp(all[k].kid, more[i].kid, JM_KID_LEN) != 0)
            k++;
        if (k == JM_LTX_SIGNERS_MAX)
            return JM_E_LIMIT;
        all[k] = more[i];
        n += k == n;
    }
    return jm_ltx_seal(out, x->payload, all, n, mem);
}

static enum jm_status run_sign(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    struct jm_ledger_keys keys;
    struct jm_hash32 genesis;
    struct jm_bytes added, tx;
    struct jm_ltx x;
    enum jm_status st;

    JM_TRY(read_tx(&x, cmd, d));
    JM_TRY(genesis_of(&genesis, &home, cmd, d));
    JM_TRY(jm_ledger_keys_open(&keys, &home, d));
    st = jm_ledger_sign(&added, x.payload, &genesis, &keys, all_keys, NULL, cmd->mem, d);
    jm_ledger_keys_close(&keys);
    JM_TRY(st);
    JM_TRY(add_signatures(&tx, &x, added, cmd->mem));
    return write_tx(tx, cmd, &genesis, d);
}

static enum jm_status run_show(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_ltx x;

    JM_TRY(read_tx(&x, cmd, d));
    return say_tx(cmd, x.octets, NULL);
}

static enum jm_status run_submit(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    struct jm_link_facts facts;
    struct jm_link *l;
    struct jm_ltx x;
    enum jm_status st;

    JM_TRY(read_tx(&x, cmd, d));
    JM_TRY(jm_home_open(&home, cmd, JM_HOME_AUTHORITY, d));
    JM_TRY(jm_link_open(&l, &home, d));
    st = jm_link_facts(&facts, l, d);
    if (st == JM_OK)
        st = jm_link_submit(l, x.octets, d);
    jm_link_close(&l);
    return st == JM_OK ? say_tx(cmd, x.octets, &facts.genesis) : st;
}

JM_COMMAND(
    ledger_tx_new, "ledger tx new", run_new,
    "ledger tx new --type actor.put --actor gov --body actor.json --out draft.tx",
    "ledger tx new --type policy.put --actor gov --body policy.json --valid 30 --out draft.tx",
    JM_OPTIONS(JM_NEEDS("type", "TYPE"), JM_NEEDS("actor", "ID"), JM_NEEDS("body", "FILE"),
               JM_TAKES("valid", "DAYS"), JM_NEEDS("out", "FILE")));
JM_COMMAND(ledger_tx_sign, "ledger tx sign", run_sign,
           "ledger tx sign draft.tx --ledger-key gov.1.key --out draft.tx",
           "ledger tx sign draft.tx --ledger-key gov.2.key --genesis HASH --out draft.tx",
           JM_OPERANDS("FILE", 1, 1),
           JM_OPTIONS(JM_LEDGER_KEY_OPTION, JM_TAKES("genesis", "HASH"), JM_NEEDS("out", "FILE")));
JM_COMMAND(ledger_tx_show, "ledger tx show", run_show, "ledger tx show draft.tx",
           "ledger tx show draft.tx --json", JM_OPERANDS("FILE", 1, 1));
JM_COMMAND(ledger_tx_submit, "ledger tx submit", run_submit, "ledger tx submit draft.tx",
           "ledger tx submit draft.tx --json", JM_OPERANDS("FILE", 1, 1));
