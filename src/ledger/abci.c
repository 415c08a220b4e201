/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/abci.h"

#include "jumin/protobuf.h"

/* -- the messages as tables: fields in ascending order, each with its place in a struct -- */

enum kind {
    UINT,       /* uint64_t */
    UINT32,     /* uint32_t */
    INT,        /* int64_t */
    OCTETS,     /* struct jm_bytes, absent when empty */
    MESSAGE,    /* struct jm_bytes, absent when its pointer is null */
    INSIDE,     /* a struct in place, always written */
    KEY,        /* members tag to `last` of a oneof of octets: struct jm_abci_validator */
    LIST,       /* struct jm_abci_txs */
    VALIDATORS, /* struct jm_abci_validators */
    RESULTS     /* struct jm_abci_results */
};

struct shape;

struct field {
    uint8_t tag, last;
    uint8_t kind;
    uint16_t place;
    const struct shape *inside;
};

struct shape {
    const struct field *field;
    size_t n;
};

#define SHAPE(rows) {(rows), JM_ARRAY_LEN(rows)}
#define REQ(member) offsetof(struct jm_abci_request, u.member)
#define RES(member) offsetof(struct jm_abci_response, u.member)

static const struct field time_fields[] = {
    {1, 1, INT, offsetof(struct jm_abci_time, s), NULL},
    {2, 2, INT, offsetof(struct jm_abci_time, ns), NULL},
};
static const struct shape shape_time = SHAPE(time_fields);

static const struct field key_fields[] = {{1, 5, KEY, 0, NULL}};
static const struct shape shape_key = SHAPE(key_fields);
static const struct field validator_fields[] = {
    {1, 1, INSIDE, 0, &shape_key},
    {2, 2, INT, offsetof(struct jm_abci_validator, power), NULL},
};
static const struct shape shape_validator = SHAPE(validator_fields);

#define RESULT(member) offsetof(struct jm_abci_result, member)
static const struct field result_fields[] = {
    {1, 1, UINT32, RESULT(code), NULL},      {2, 2, OCTETS, RESULT(data), NULL},
    {3, 3, OCTETS, RESULT(log), NULL},       {4, 4, OCTETS, RESULT(info), NULL},
    {5, 5, INT, RESULT(gas_wanted), NULL},   {6, 6, INT, RESULT(gas_used), NULL},
    {8, 8, OCTETS, RESULT(codespace), NULL},
};
static const struct shape shape_result = SHAPE(result_fields);

static const struct field req_echo[] = {{1, 1, OCTETS, REQ(echo.message), NULL}};
static const struct field req_info[] = {
    {1, 1, OCTETS, REQ(info.version), NULL},
    {2, 2, UINT, REQ(info.block_version), NULL},
    {3, 3, UINT, REQ(info.p2p_version), NULL},
    {4, 4, OCTETS, REQ(info.abci_version), NULL},
};
static const struct field req_init_chain[] = {
    {1, 1, INSIDE, REQ(init_chain.time), &shape_time},
    {2, 2, OCTETS, REQ(init_chain.chain_id), NULL},
    {3, 3, MESSAGE, REQ(init_chain.consensus_params), NULL},
    {4, 4, VALIDATORS, REQ(init_chain.validators), NULL},
    {5, 5, OCTETS, REQ(init_chain.app_state), NULL},
    {6, 6, INT, REQ(init_chain.initial_height), NULL},
};
static const struct field req_query[] = {
    {1, 1, OCTETS, REQ(query.data), NULL},
    {2, 2, OCTETS, REQ(query.path), NULL},
    {3, 3, INT, REQ(query.height), NULL},
    {4, 4, UINT, REQ(query.prove), NULL},
};
static const struct field req_check_tx[] = {
    {1, 1, OCTETS, REQ(check_tx.tx), NULL},
    {2, 2, INT, REQ(check_tx.type), NULL},
};
static const struct field req_offer[] = {
    {1, 1, MESSAGE, REQ(offer_snapshot.snapshot), NULL},
    {2, 2, OCTETS, REQ(offer_snapshot.app_hash), NULL},
};
static const struct field req_load[] = {
    {1, 1, UINT, REQ(load_chunk.height), NULL},
    {2, 2, UINT, REQ(load_chunk.format), NULL},
    {3, 3, UINT, REQ(load_chunk.chunk), NULL},
};
static const struct field req_apply[] = {
    {1, 1, UINT, REQ(apply_chunk.index), NULL},
    {2, 2, OCTETS, REQ(apply_chunk.chunk), NULL},
    {3, 3, OCTETS, REQ(apply_chunk.sender), NULL},
};
static const struct field req_prepare[] = {
    {1, 1, INT, REQ(block.max_tx_bytes), NULL},
    {2, 2, LIST, REQ(block.txs), NULL},
    {3, 3, MESSAGE, REQ(block.last_commit), NULL},
    {4, 4, LIST, REQ(block.misbehavior), NULL},
    {5, 5, INT, REQ(block.height), NULL},
    {6, 6, INSIDE, REQ(block.time), &shape_time},
    {7, 7, OCTETS, REQ(block.next_validators_hash), NULL},
    {8, 8, OCTETS, REQ(block.proposer), NULL},
};
static const struct field req_block[] = {
    {1, 1, LIST, REQ(block.txs), NULL},
    {2, 2, MESSAGE, REQ(block.last_commit), NULL},
    {3, 3, LIST, REQ(block.misbehavior), NULL},
    {4, 4, OCTETS, REQ(block.hash), NULL},
    {5, 5, INT, REQ(block.height), NULL},
    {6, 6, INSIDE, REQ(block.time), &shape_time},
    {7, 7, OCTETS, REQ(block.next_validators_hash), NULL},
    {8, 8, OCTETS, REQ(block.proposer), NULL},
};
static const struct field req_extend[] = {
    {1, 1, OCTETS, REQ(vote.hash), NULL},
    {2, 2, INT, REQ(vote.height), NULL},
};
static const struct field req_verify[] = {
    {1, 1, OCTETS, REQ(vote.hash), NULL},
    {2, 2, OCTETS, REQ(vote.address), NULL},
    {3, 3, INT, REQ(vote.height), NULL},
    {4, 4, OCTETS, REQ(vote.extension), NULL},
};

static const struct field res_exception[] = {{1, 1, OCTETS, RES(exception.error), NULL}};
static const struct field res_echo[] = {{1, 1, OCTETS, RES(echo.message), NULL}};
static const struct field res_info[] = {
    {1, 1, OCTETS, RES(info.data), NULL},
    {2, 2, OCTETS, RES(info.version), NULL},
    {3, 3, UINT, RES(info.app_version), NULL},
    {4, 4, INT, RES(info.last_block_height), NULL},
    {5, 5, OCTETS, RES(info.last_block_app_hash), NULL},
};
static const struct field res_init_chain[] = {
    {1, 1, MESSAGE, RES(init_chain.consensus_params), NULL},
    {2, 2, VALIDATORS, RES(init_chain.validators), NULL},
    {3, 3, OCTETS, RES(init_chain.app_hash), NULL},
};
static const struct field res_query[] = {
    {1, 1, UINT32, RES(query.code), NULL}, {3, 3, OCTETS, RES(query.log), NULL},
    {4, 4, OCTETS, RES(query.info), NULL}, {5, 5, INT, RES(query.index), NULL},
    {6, 6, OCTETS, RES(query.key), NULL},  {7, 7, OCTETS, RES(query.value), NULL},
    {9, 9, INT, RES(query.height), NULL},  {10, 10, OCTETS, RES(query.codespace), NULL},
};
static const struct field res_commit[] = {{3, 3, INT, RES(commit.retain_height), NULL}};
static const struct field res_offer[] = {{1, 1, INT, RES(snapshot.result), NULL}};
static const struct field res_load[] = {{1, 1, OCTETS, RES(snapshot.chunk), NULL}};
static const struct field res_prepare[] = {{1, 1, LIST, RES(txs), NULL}};
static const struct field res_process[] = {{1, 1, INT, RES(verdict.status), NULL}};
static const struct field res_extend[] = {{1, 1, OCTETS, RES(vote.extension), NULL}};
static const struct field res_block[] = {
    {2, 2, RESULTS, RES(block.results), NULL},
    {3, 3, VALIDATORS, RES(block.updates), NULL},
    {4, 4, MESSAGE, RES(block.param_updates), NULL},
    {5, 5, OCTETS, RES(block.app_hash), NULL},
};

/* A check_tx response is a result that stands in place of the message. */
#define RESULT_IN_PLACE(member) (RES(check_tx) + offsetof(struct jm_abci_result, member))
static const struct field res_check_tx[] = {
    {1, 1, UINT32, RESULT_IN_PLACE(code), NULL},      {2, 2, OCTETS, RESULT_IN_PLACE(data), NULL},
    {3, 3, OCTETS, RESULT_IN_PLACE(log), NULL},       {4, 4, OCTETS, RESULT_IN_PLACE(info), NULL},
    {5, 5, INT, RESULT_IN_PLACE(gas_wanted), NULL},   {6, 6, INT, RESULT_IN_PLACE(gas_used), NULL},
    {8, 8, OCTETS, RESULT_IN_PLACE(codespace), NULL},
};

/* 9: the table of messages, with the numbers of both oneofs; 0: there is none. */
static const struct {
    uint8_t request, response;
    struct shape req, res;
} messages[JM_ABCI_KINDS] = {
    [JM_ABCI_EXCEPTION] = {0, 1, {NULL, 0}, SHAPE(res_exception)},
    [JM_ABCI_ECHO] = {1, 2, SHAPE(req_echo), SHAPE(res_echo)},
    [JM_ABCI_FLUSH] = {2, 3, {NULL, 0}, {NULL, 0}},
    [JM_ABCI_INFO] = {3, 4, SHAPE(req_info), SHAPE(res_info)},
    [JM_ABCI_INIT_CHAIN] = {5, 6, SHAPE(req_init_chain), SHAPE(res_init_chain)},
    [JM_ABCI_QUERY] = {6, 7, SHAPE(req_query), SHAPE(res_query)},
    [JM_ABCI_CHECK_TX] = {8, 9, SHAPE(req_check_tx), SHAPE(res_check_tx)},
    [JM_ABCI_COMMIT] = {11, 12, {NULL, 0}, SHAPE(res_commit)},
    [JM_ABCI_LIST_SNAPSHOTS] = {12, 13, {NULL, 0}, {NULL, 0}},
    [JM_ABCI_OFFER_SNAPSHOT] = {13, 14, SHAPE(req_offer), SHAPE(res_offer)},
    [JM_ABCI_LOAD_SNAPSHOT_CHUNK] = {14, 15, SHAPE(req_load), SHAPE(res_load)},
    [JM_ABCI_APPLY_SNAPSHOT_CHUNK] = {15, 16, SHAPE(req_apply), SHAPE(res_offer)},
    [JM_ABCI_PREPARE_PROPOSAL] = {16, 17, SHAPE(req_prepare), SHAPE(res_prepare)},
    [JM_ABCI_PROCESS_PROPOSAL] = {17, 18, SHAPE(req_block), SHAPE(res_process)},
    [JM_ABCI_EXTEND_VOTE] = {18, 19, SHAPE(req_extend), SHAPE(res_extend)},
    [JM_ABCI_VERIFY_VOTE_EXTENSION] = {19, 20, SHAPE(req_verify), SHAPE(res_process)},
    [JM_ABCI_FINALIZE_BLOCK] = {20, 21, SHAPE(req_block), SHAPE(res_block)},
};

/* -- reading -- */

static void *room_for(const struct field *f, void *base)
{
    return (uint8_t *)base + f->place;
}

static enum jm_status read_shape(void *base, const struct shape *shape, struct jm_bytes in,
                                 struct jm_arena *mem);

/* How often field @p tag stands in a message that can be read. */
static enum jm_status count_field(size_t *n, struct jm_bytes in, uint32_t tag)
{
    struct jm_pb r;

    *n = 0;
    jm_pb_init(&r, in);
    while (jm_pb_next(&r))
        *n += r.field == tag;
    return jm_pb_end(&r);
}

static enum jm_status read_list(struct jm_abci_txs *out, struct jm_bytes in, uint32_t tag,
                                struct jm_arena *mem)
{
    struct jm_bytes *at;
    struct jm_pb r;
    size_t i = 0;

    JM_TRY(count_field(&out->n, in, tag));
    at = JM_NEW_N(mem, struct jm_bytes, out->n < JM_ABCI_TXS_MAX ? out->n : JM_ABCI_TXS_MAX);
    if (at == NULL)
        return JM_E_NO_SPACE;
    out->at = at;
    jm_pb_init(&r, in);
    while (jm_pb_next(&r)) {
        if (r.field != tag)
            continue;
        struct jm_bytes v = jm_pb_bytes(&r);

        if (i < JM_ABCI_TXS_MAX)
            at[i] = v;
        i++;
    }
    return jm_pb_end(&r);
}

/* A list of messages, each of @p size octets in memory. */
static enum jm_status read_messages(void **out, size_t *n, size_t size, size_t max,
                                    const struct shape *shape, struct jm_bytes in, uint32_t tag,
                                    struct jm_arena *mem)
{
    struct jm_pb r;
    uint8_t *at;

    JM_TRY(count_field(n, in, tag));
    if (*n > max)
        return JM_E_LIMIT;
    if ((at = jm_alloc(mem, *n, size)) == NULL)
        return JM_E_NO_SPACE;
    *out = at;
    jm_pb_init(&r, in);
    while (jm_pb_next(&r)) {
        if (r.field != tag)
            continue;
        struct jm_bytes v = jm_pb_bytes(&r);

        if (r.st == JM_OK)
            JM_TRY(read_shape(at, shape, v, mem));
        at += size;
    }
    return jm_pb_end(&r);
}

static enum jm_status read_many(void *place, const struct field *f, struct jm_bytes in,
                                struct jm_arena *mem)
{
    void *at = NULL;

    if (f->kind == LIST)
        return read_list(place, in, f->tag, mem);
    if (f->kind == VALIDATORS) {
        struct jm_abci_validators *v = place;

        JM_TRY(read_messages(&at, &v->n, sizeof *v->at, JM_ABCI_VALIDATORS_MAX, &shape_validator,
                             in, f->tag, mem));
        v->at = at;
    } else {
        struct jm_abci_results *v = place;

        JM_TRY(read_messages(&at, &v->n, sizeof *v->at, JM_ABCI_TXS_MAX, &shape_result, in, f->tag,
                             mem));
        v->at = at;
    }
    return JM_OK;
}

/* A field that may stand once; those of lists were read with the first of them. */
static enum jm_status read_once(void *place, const struct field *f, struct jm_pb *r,
                                struct jm_arena *mem)
{
    struct jm_abci_validator *v = place;

    switch ((enum kind)f->kind) {
    case UINT: *(uint64_t *)place = jm_pb_varint(r); break;
    case UINT32: {
        uint64_t n = jm_pb_varint(r);

        if (n > UINT32_MAX)
            return JM_E_RANGE;
        *(uint32_t *)place = (uint32_t)n;
        break;
    }
    case INT: *(int64_t *)place = jm_pb_int(r); break;
    case OCTETS:
    case MESSAGE: *(struct jm_bytes *)place = jm_pb_bytes(r); break;
    case INSIDE: {
        struct jm_bytes in = jm_pb_bytes(r);

        return r->st != JM_OK ? r->st : read_shape(place, f->inside, in, mem);
    }
    case KEY:
        v->key_type = r->field;
        v->key = jm_pb_bytes(r);
        break;
    case LIST:
    case VALIDATORS:
    case RESULTS: break;
    }
    return r->st;
}

static bool is_list(const struct field *f)
{
    return f->kind == LIST || f->kind == VALIDATORS || f->kind == RESULTS;
}

static const struct field *field_of(const struct shape *shape, uint32_t tag, uint32_t *bit)
{
    for (size_t i = 0; i < shape->n; i++)
        if (tag >= shape->field[i].tag && tag <= shape->field[i].last) {
            *bit = UINT32_C(1) << i;
            return &shape->field[i];
        }
    return NULL;
}

/* @p base was cleared. Depth is that of the tables. */
static enum jm_status read_shape(void *base, const struct shape *shape, struct jm_bytes in,
                                 struct jm_arena *mem)
{
    uint32_t seen = 0, bit = 0;
    struct jm_pb r;

    jm_pb_init(&r, in);
    while (jm_pb_next(&r)) {
        const struct field *f = field_of(shape, r.field, &bit);

        if (f == NULL)
            continue;
        if ((seen & bit) != 0 && !is_list(f))
            return JM_E_DUPLICATE;
        if (!is_list(f))
            JM_TRY(read_once(room_for(f, base), f, &r, mem));
        else if ((seen & bit) == 0)
            JM_TRY(read_many(room_for(f, base), f, in, mem));
        seen |= bit;
    }
    return jm_pb_end(&r);
}

enum jm_status jm_abci_frame(struct jm_bytes *body, size_t *used, struct jm_bytes in)
{
    uint64_t len;
    size_t head;

    *body = jm_none();
    *used = 0;
    JM_TRY(jm_varint_read(&len, &head, in));
    if (len > JM_ABCI_FRAME_MAX)
        return JM_E_LIMIT;
    if (len > in.len - head)
        return JM_E_TRUNCATED;
    *body = jm_slice(in, head, (size_t)len);
    *used = head + (size_t)len;
    return JM_OK;
}

/* The one message of a Request or Response, and which. */
static enum jm_status read_kind(enum jm_abci_kind *kind, struct jm_bytes *message, bool response,
                                struct jm_bytes body)
{
    enum jm_status st = JM_E_MISSING;
    struct jm_pb r;

    *kind = JM_ABCI_NONE;
    jm_pb_init(&r, body);
    while (jm_pb_next(&r)) {
        if (st != JM_E_MISSING)
            return JM_E_DUPLICATE;
        st = JM_E_UNSUPPORTED;
        for (unsigned k = 1; k < JM_ABCI_KINDS; k++) {
            if (r.field != (response ? messages[k].response : messages[k].request))
                continue;
            *kind = (enum jm_abci_kind)k;
            *message = jm_pb_bytes(&r);
            st = JM_OK;
            break;
        }
    }
    JM_TRY(jm_pb_end(&r));
    return st;
}

enum jm_status jm_abci_read_request(struct jm_abci_request *out, struct jm_bytes body,
                                    struct jm_arena *mem)
{
    struct jm_bytes message;
    enum jm_abci_kind kind;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(read_kind(&kind, &message, false, body));
    st = read_shape(out, &messages[kind].req, message, mem);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    else
        out->kind = kind;
    return st;
}

enum jm_status jm_abci_read_response(struct jm_abci_response *out, struct jm_bytes body,
                                     struct jm_arena *mem)
{
    struct jm_bytes message;
    enum jm_abci_kind kind;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(read_kind(&kind, &message, true, body));
    st = read_shape(out, &messages[kind].res, message, mem);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    else
        out->kind = kind;
    return st;
}

/* -- writing -- */

static void write_shape(struct jm_pb_w *w, const void *base, const struct shape *shape);

static void write_message(struct jm_pb_w *w, uint32_t tag, const void *base,
                          const struct shape *shape)
{
    size_t mark = jm_pb_w_open(w, tag);

    write_shape(w, base, shape);
    jm_pb_w_close(w, mark);
}

static void write_many(struct jm_pb_w *w, const void *place, const struct field *f)
{
    if (f->kind == LIST) {
        const struct jm_abci_txs *v = place;

        if (v->n > JM_ABCI_TXS_MAX && w->st == JM_OK)
            w->st = JM_E_LIMIT;
        for (size_t i = 0; i < v->n && w->st == JM_OK; i++)
            jm_pb_w_bytes_always(w, f->tag, v->at[i]);
    } else if (f->kind == VALIDATORS) {
        const struct jm_abci_validators *v = place;

        for (size_t i = 0; i < v->n && w->st == JM_OK; i++)
            write_message(w, f->tag, &v->at[i], &shape_validator);
    } else {
        const struct jm_abci_results *v = place;

        for (size_t i = 0; i < v->n && w->st == JM_OK; i++)
            write_message(w, f->tag, &v->at[i], &shape_result);
    }
}

static void write_field(struct jm_pb_w *w, const void *place, const struct field *f)
{
    const struct jm_bytes *octets = place;
    const struct jm_abci_validator *v = place;

    switch ((enum kind)f->kind) {
    case UINT: jm_pb_w_varint(w, f->tag, *(const uint64_t *)place); break;
    case UINT32: jm_pb_w_varint(w, f->tag, *(const uint32_t *)place); break;
    case INT: jm_pb_w_int(w, f->tag, *(const int64_t *)place); break;
    case OCTETS: jm_pb_w_bytes(w, f->tag, *octets); break;
    case MESSAGE:
        if (octets->ptr != NULL)
            jm_pb_w_bytes_always(w, f->tag, *octets);
        break;
    case INSIDE: write_message(w, f->tag, place, f->inside); break;
    case KEY:
        if (v->key_type != 0)
            jm_pb_w_bytes_always(w, v->key_type, v->key);
        break;
    case LIST:
    case VALIDATORS:
    case RESULTS: write_many(w, place, f); break;
    }
}

static void write_shape(struct jm_pb_w *w, const void *base, const struct shape *shape)
{
    for (size_t i = 0; i < shape->n; i++)
        write_field(w, (const uint8_t *)base + shape->field[i].place, &shape->field[i]);
}

static enum jm_status write_frame(struct jm_buf *out, uint8_t tag, const void *base,
                                  const struct shape *shape)
{
    size_t before = out->len, frame;
    enum jm_status st;
    struct jm_pb_w w;

    if (tag == 0)
        return JM_E_UNSUPPORTED;
    jm_pb_w_init(&w, out);
    frame = jm_pb_w_frame(&w);
    write_message(&w, tag, base, shape);
    st = jm_pb_w_end(&w);
    if (st == JM_OK && out->len - before > JM_ABCI_FRAME_MAX)
        st = JM_E_LIMIT;
    if (st == JM_OK) {
        jm_pb_w_close(&w, frame);
        st = jm_pb_w_end(&w);
    }
    if (st != JM_OK)
        out->len = before;
    return st;
}

enum jm_status jm_abci_write_request(struct jm_buf *out, const struct jm_abci_request *in)
{
    if (in->kind <= JM_ABCI_NONE || in->kind >= JM_ABCI_KINDS)
        return JM_E_UNSUPPORTED;
    return write_frame(out, messages[in->kind].request, in, &messages[in->kind].req);
}

enum jm_status jm_abci_write_response(struct jm_buf *out, const struct jm_abci_response *in)
{
    if (in->kind <= JM_ABCI_NONE || in->kind >= JM_ABCI_KINDS)
        return JM_E_UNSUPPORTED;
    return write_frame(out, messages[in->kind].response, in, &messages[in->kind].res);
}
