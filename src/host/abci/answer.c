/* SPDX-License-Identifier: Apache-2.0 */
#include "host/abci/answer.h"

#include "jumin/base64.h"
#include "jumin/json.h"
#include "jumin/protobuf.h"

#define GENESIS_MAX JM_MIB /* octets of app_state */

static const char codespace[] = "jumin";

/* A request that is answered: what it is answered with, and what is to be said where it may not
 * come. */
struct turn {
    struct jm_abci_state *s;
    const struct jm_abci_app *app;
    const struct jm_abci_request *in;
    struct jm_abci_response *out;
    struct jm_arena *mem;
    const char *broken;
};

static enum jm_status refuse_turn(struct turn *t, const char *why)
{
    t->broken = why;
    return JM_OK;
}

/* -- at any time -- */

static enum jm_status answer_echo(struct turn *t)
{
    t->out->u.echo.message = t->in->u.echo.message;
    return JM_OK;
}

static enum jm_status answer_nothing(struct turn *t)
{
    (void)t;
    return JM_OK;
}

static enum jm_status answer_info(struct turn *t)
{
    struct jm_hash32 *hash = JM_NEW(t->mem, struct jm_hash32);
    struct jm_abci_tip tip;

    if (hash == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(t->app->tip(t->app->ctx, &tip));
    t->out->u.info.data = JM_BYTES("jumin");
    t->out->u.info.version = jm_str(t->s->version);
    t->out->u.info.app_version = JM_LEDGER_VERSION;
    if (tip.height != 0) {
        *hash = tip.app_hash;
        t->out->u.info.last_block_height = (int64_t)tip.height;
        t->out->u.info.last_block_app_hash = jm_hash32_bytes(hash);
    }
    return JM_OK;
}

/* 9, rule 8: reads are files and HTTP. */
static enum jm_status answer_query(struct turn *t)
{
    t->out->u.query.code = 1;
    t->out->u.query.log = JM_BYTES("nothing is read by ABCI");
    t->out->u.query.codespace = jm_str(codespace);
    return JM_OK;
}

static void put_code(struct jm_abci_result *out, enum jm_ltx_code code)
{
    if (code == JM_LTX_OK)
        return;
    out->code = (uint32_t)code;
    out->log = jm_str(jm_ltx_code_name(code));
    out->codespace = jm_str(codespace);
}

static enum jm_status answer_check(struct turn *t)
{
    const struct jm_bytes tx = t->in->u.check_tx.tx;
    bool again = t->in->u.check_tx.type == JM_ABCI_CHECK_AGAIN;
    enum jm_ltx_code code = JM_LTX_SIZE;

    if (t->s->next == 0)
        return refuse_turn(t, "CheckTx before InitChain");
    if (tx.len <= JM_LTX_MAX)
        JM_TRY(t->app->check(t->app->ctx, &code, tx, again));
    put_code(&t->out->u.check_tx, code);
    return JM_OK;
}

static enum jm_status answer_offer(struct turn *t)
{
    t->out->u.snapshot.result = JM_ABCI_SNAPSHOT_REJECT;
    return JM_OK;
}

static enum jm_status answer_chunk(struct turn *t)
{
    t->out->u.snapshot.result = JM_ABCI_SNAPSHOT_ABORT;
    return JM_OK;
}

static enum jm_status answer_extension(struct turn *t)
{
    t->out->u.verdict.status = JM_ABCI_ACCEPT;
    return JM_OK;
}

/* -- InitChain -- */

/* Rule 9: may validators have keys of this kind? consensus_params: 3 validator: 1 pub_key_types. */
static bool allows_key(struct jm_bytes params, uint32_t key_type)
{
    const struct jm_bytes name = key_type == JM_ABCI_KEY_ED25519   ? JM_BYTES("ed25519")
                                 : key_type == JM_ABCI_KEY_MLDSA65 ? JM_BYTES("mldsa65")
                                                                   : jm_none();
    bool is_allowed = false;
    struct jm_pb r, in;

    jm_pb_init(&r, params);
    while (jm_pb_next(&r)) {
        if (r.field != 3)
            continue;
        jm_pb_init(&in, jm_pb_bytes(&r));
        while (jm_pb_next(&in))
            if (in.field == 1 && jm_bytes_eq(jm_pb_bytes(&in), name))
                is_allowed = name.len != 0;
        if (jm_pb_end(&in) != JM_OK)
            return false;
    }
    return jm_pb_end(&r) == JM_OK && is_allowed;
}

/* {"jumin_genesis":"<base64url>"}, nothing else. */
static enum jm_status read_app_state(struct jm_bytes *genesis, struct jm_bytes state,
                                     struct jm_arena *mem)
{
    const struct jm_json *o;
    struct jm_bytes text;

    if (state.len > GENESIS_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_json_parse(&o, state, mem, NULL));
    if (o->type != JM_JSON_OBJECT || o->n != 1)
        return JM_E_MALFORMED;
    JM_TRY(jm_json_str(&text, o, "jumin_genesis"));
    return jm_b64url_decode(genesis, mem, text);
}

static enum jm_status answer_start(struct turn *t)
{
    const struct jm_abci_validators v = t->in->u.init_chain.validators;
    const struct jm_abci_time time = t->in->u.init_chain.time;
    int64_t height = t->in->u.init_chain.initial_height;
    struct jm_hash32 *hash = JM_NEW(t->mem, struct jm_hash32);
    struct jm_abci_start start = {.chain_id = t->in->u.init_chain.chain_id,
                                  .time = (uint64_t)time.s,
                                  .initial_height = (uint64_t)height,
                                  .validator = v.at,
                                  .n_validators = v.n};
    struct jm_abci_tip tip;
    enum jm_status st;

    if (hash == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(t->app->tip(t->app->ctx, &tip));
    if (tip.height != 0)
        return refuse_turn(t, "InitChain, but there are blocks");
    if (height < 1 || time.s < 0 || time.ns != 0)
        return refuse_turn(t, "InitChain with a height or a time as a genesis has none");
    if (read_app_state(&start.genesis, t->in->u.init_chain.app_state, t->mem) != JM_OK)
        return refuse_turn(t, "app_state is not {\"jumin_genesis\": base64url}");
    for (size_t i = 0; i < v.n; i++)
        if (!allows_key(t->in->u.init_chain.consensus_params, v.at[i].key_type))
            return refuse_turn(t, "a validator's key is not of pub_key_types");
    st = t->app->start(t->app->ctx, hash, &start);
    if (st == JM_E_DENIED)
        return refuse_turn(t, "another genesis than ours");
    JM_TRY(st);
    t->out->u.init_chain.app_hash = jm_hash32_bytes(hash);
    t->s->next = start.initial_height;
    t->s->finalized = false;
    return JM_OK;
}

/* -- heights -- */

static bool is_next(const struct turn *t)
{
    return t->s->next != 0 && t->in->u.block.height > 0 &&
           (uint64_t)t->in->u.block.height == t->s->next && t->in->u.block.time.s >= 0;
}

/* What a transaction takes in a list of them. */
static uint64_t listed_len(struct jm_bytes tx)
{
    return 1 + jm_varint_len(tx.len) + (uint64_t)tx.len;
}

/* Rule 3: in order, without what fails, as many as there is room for. */
static enum jm_status choose_txs(struct turn *t, struct jm_bytes *chosen, size_t *n, uint64_t room)
{
    const struct jm_abci_txs txs = t->in->u.block.txs;

    for (size_t i = 0; i < txs.n && i < JM_ABCI_TXS_MAX && *n < JM_BLOCK_TXS_MAX; i++) {
        enum jm_ltx_code code;

        if (txs.at[i].len > JM_LTX_MAX || listed_len(txs.at[i]) > room)
            continue;
        JM_TRY(t->app->attempt(t->app->ctx, &code, txs.at[i]));
        if (code != JM_LTX_OK)
            continue;
        room -= listed_len(txs.at[i]);
        chosen[(*n)++] = txs.at[i];
    }
    return JM_OK;
}

static enum jm_status answer_prepare(struct turn *t)
{
    int64_t room = t->in->u.block.max_tx_bytes;
    struct jm_bytes *chosen = JM_NEW_N(t->mem, struct jm_bytes, JM_BLOCK_TXS_MAX);
    enum jm_status st;
    size_t n = 0;

    if (chosen == NULL)
        return JM_E_NO_SPACE;
    if (!is_next(t) || t->s->finalized)
        return refuse_turn(t, "PrepareProposal of another height");
    st = t->app->begin(t->app->ctx, t->s->next, (uint64_t)t->in->u.block.time.s);
    if (st == JM_E_RANGE)
        return JM_OK; /* an empty block does no harm */
    JM_TRY(st);
    st = choose_txs(t, chosen, &n, room < 0 ? 0 : (uint64_t)room);
    t->app->drop(t->app->ctx);
    t->out->u.txs = (struct jm_abci_txs){chosen, n};
    return st;
}

/* Rule 4: the same for everybody, whatever the state; what fails has its code in the block. */
static enum jm_status answer_process(struct turn *t)
{
    const struct jm_abci_txs txs = t->in->u.block.txs;
    bool is_fit = txs.n <= JM_BLOCK_TXS_MAX;

    if (!is_next(t) || t->s->finalized)
        return refuse_turn(t, "ProcessProposal of another height");
    for (size_t i = 0; i < txs.n && is_fit; i++)
        is_fit = txs.at[i].len <= JM_LTX_MAX;
    t->out->u.verdict.status = is_fit ? JM_ABCI_ACCEPT : JM_ABCI_REJECT;
    return JM_OK;
}

static enum jm_status put_outcome(struct turn *t, const struct jm_abci_outcome *o)
{
    struct jm_abci_validator *v = JM_NEW(t->mem, struct jm_abci_validator);
    struct jm_hash32 *hash = JM_NEW(t->mem, struct jm_hash32);

    if (v == NULL || hash == NULL)
        return JM_E_NO_SPACE;
    *hash = o->app_hash;
    t->out->u.block.app_hash = jm_hash32_bytes(hash);
    if (!o->has_update)
        return JM_OK;
    if (o->update.key_type > UINT32_MAX || o->update.power > INT64_MAX)
        return JM_E_BUG;
    *v = (struct jm_abci_validator){(uint32_t)o->update.key_type, o->update.key,
                                    (int64_t)o->update.power};
    t->out->u.block.updates = (struct jm_abci_validators){v, 1};
    return JM_OK;
}

/* Rule 5. A block that is decided and cannot be worked out leaves nothing but to stop. */
static enum jm_status answer_finalize(struct turn *t)
{
    const struct jm_abci_txs txs = t->in->u.block.txs;
    struct jm_abci_result *result;
    struct jm_abci_outcome outcome = {0};
    enum jm_ltx_code *code;

    if (!is_next(t))
        return refuse_turn(t, "FinalizeBlock of another height");
    if (txs.n > JM_ABCI_TXS_MAX)
        return JM_E_LIMIT;
    result = JM_NEW_N(t->mem, struct jm_abci_result, txs.n);
    code = JM_NEW_N(t->mem, enum jm_ltx_code, txs.n);
    if (result == NULL || code == NULL)
        return JM_E_NO_SPACE;
    const struct jm_abci_block block = {t->s->next, (uint64_t)t->in->u.block.time.s, txs.at, txs.n};

    t->s->finalized = false;
    JM_TRY(t->app->finalize(t->app->ctx, &outcome, code, &block));
    for (size_t i = 0; i < txs.n; i++)
        put_code(&result[i], code[i]);
    t->out->u.block.results = (struct jm_abci_results){result, txs.n};
    JM_TRY(put_outcome(t, &outcome));
    t->s->finalized = true;
    return JM_OK;
}

/* Rules 6, 7: never commit what was not asked, answer when it is durable. retain_height 0. */
static enum jm_status answer_commit(struct turn *t)
{
    if (!t->s->finalized)
        return refuse_turn(t, "Commit without FinalizeBlock");
    JM_TRY(t->app->commit(t->app->ctx));
    t->s->finalized = false;
    t->s->next++;
    return JM_OK;
}

static enum jm_status (*const answers[JM_ABCI_KINDS])(struct turn *t) = {
    [JM_ABCI_ECHO] = answer_echo,
    [JM_ABCI_FLUSH] = answer_nothing,
    [JM_ABCI_INFO] = answer_info,
    [JM_ABCI_INIT_CHAIN] = answer_start,
    [JM_ABCI_QUERY] = answer_query,
    [JM_ABCI_CHECK_TX] = answer_check,
    [JM_ABCI_COMMIT] = answer_commit,
    [JM_ABCI_LIST_SNAPSHOTS] = answer_nothing,
    [JM_ABCI_OFFER_SNAPSHOT] = answer_offer,
    [JM_ABCI_LOAD_SNAPSHOT_CHUNK] = answer_nothing,
    [JM_ABCI_APPLY_SNAPSHOT_CHUNK] = answer_chunk,
    [JM_ABCI_PREPARE_PROPOSAL] = answer_prepare,
    [JM_ABCI_PROCESS_PROPOSAL] = answer_process,
    [JM_ABCI_EXTEND_VOTE] = answer_nothing,
    [JM_ABCI_VERIFY_VOTE_EXTENSION] = answer_extension,
    [JM_ABCI_FINALIZE_BLOCK] = answer_finalize,
};

static void say_exception(struct jm_abci_response *out, const char *why)
{
    *out = (struct jm_abci_response){.kind = JM_ABCI_EXCEPTION};
    out->u.exception.error = jm_str(why);
}

enum jm_status jm_abci_state_begin(struct jm_abci_state *s, const struct jm_abci_app *app,
                                   const char *version)
{
    struct jm_abci_tip tip;

    *s = (struct jm_abci_state){.app = app, .version = version};
    JM_TRY(app->tip(app->ctx, &tip));
    if (tip.height != 0)
        s->next = tip.height + 1;
    return JM_OK;
}

enum jm_status jm_abci_answer(struct jm_abci_state *s, struct jm_abci_response *out,
                              const char **broken, const struct jm_abci_request *in,
                              struct jm_arena *mem)
{
    struct turn t = {s, s->app, in, out, mem, NULL};
    enum jm_status st = JM_E_BUG;

    *broken = NULL;
    *out = (struct jm_abci_response){.kind = in->kind};
    if (in->kind > JM_ABCI_NONE && in->kind < JM_ABCI_KINDS && answers[in->kind] != NULL)
        st = answers[in->kind](&t);
    if (st != JM_OK)
        say_exception(out, "the application stops");
    else if (t.broken != NULL)
        say_exception(out, t.broken);
    *broken = t.broken;
    return st;
}
