/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/witness.h"

#include "ledger/text_parts.h"

/* -- the request -- */

static enum jm_status read_body(struct jm_witness_request *out, struct jm_bytes t,
                                struct jm_arena *mem)
{
    const struct jm_bytes word = JM_BYTES("old ");
    struct jm_bytes line;

    if (t.len > JM_WITNESS_BODY_MAX)
        return JM_E_LIMIT;
    line = jm_take_line(&t);
    if (!jm_bytes_starts(line, word) ||
        jm_parse_u64(&out->old, jm_slice(line, word.len, SIZE_MAX)) != JM_OK)
        return JM_E_MALFORMED;
    while ((line = jm_take_line(&t)).len != 0) {
        if (out->proof.n == JM_WITNESS_PROOF_MAX)
            return JM_E_LIMIT;
        JM_TRY(jm_hash32_read(&out->proof.hash[out->proof.n], line));
        out->proof.n++;
    }
    out->octets = t;
    JM_TRY(jm_note_read(&out->note, t, mem));
    return jm_checkpoint_read(&out->cp, out->note.text);
}

enum jm_status jm_witness_read(struct jm_witness_request *out, struct jm_bytes body,
                               struct jm_arena *mem)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = read_body(out, body, mem);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

/* -- the answer -- */

/* One trusted key has signed under the log's name, and no signature of any is wrong. */
static enum jm_status judge_signatures(bool *trusted, const struct jm_witness_request *q,
                                       const struct jm_witness_log *log, const struct jm_reading *r)
{
    bool any = false;

    *trusted = false;
    for (size_t i = 0; i < log->n; i++) {
        struct jm_vouch v;
        enum jm_status st = jm_note_vouched(&v, &q->note, &log->key[i], r);

        if (st == JM_E_SIGNATURE)
            return JM_OK;
        JM_TRY(st);
        any = any || (v.holds && log->key[i].type == JM_NOTE_ED25519 &&
                      jm_bytes_eq(log->key[i].name, q->cp.origin));
    }
    *trusted = any;
    return JM_OK;
}

/* Does the checkpoint continue what was stored? JM_E_DENIED: it is not shown to. */
static enum jm_status judge_growth(const struct jm_witness_request *q,
                                   const struct jm_witness_log *log, const struct jm_reading *r)
{
    struct jm_hash32 empty;

    if (q->cp.size == 0) {
        JM_TRY(jm_merkle_empty(&empty, r->crypto));
        if (!jm_hash32_eq(&empty, &q->cp.root))
            return JM_E_DENIED;
    }
    if (q->old == 0)
        return q->proof.n == 0 ? JM_OK : JM_E_DENIED;
    return jm_consistency_verify(r->crypto, q->old, q->cp.size, &log->root, &q->cp.root,
                                 q->proof.hash, q->proof.n);
}

/* Two roots of one size, or one of nothing that is not nothing's. */
static bool is_equivocation(const struct jm_witness_request *q, const struct jm_witness_log *log,
                            const struct jm_hash32 *empty)
{
    return (log->has && q->cp.size == log->size && !jm_hash32_eq(&q->cp.root, &log->root)) ||
           (q->cp.size == 0 && !jm_hash32_eq(&q->cp.root, empty));
}

static enum jm_status size_body(struct jm_bytes *out, uint64_t size, struct jm_arena *mem)
{
    uint8_t room[JM_DECIMAL_MAX + 1];
    struct jm_buf b = jm_buf(room, sizeof room);

    JM_TRY(jm_put_decimal(&b, size));
    JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    return jm_dup(out, mem, jm_written(b));
}

static enum jm_status accept_checkpoint(struct jm_witness_verdict *out,
                                        const struct jm_witness_request *q,
                                        const struct jm_reading *r)
{
    out->status = 200;
    out->store = true;
    out->size = q->cp.size;
    out->root = q->cp.root;
    return jm_cosignature_message(&out->to_sign, r->now, q->note.text, r->mem);
}

/* In the order of the specification. */
static enum jm_status judge_request(struct jm_witness_verdict *out,
                                    const struct jm_witness_request *q,
                                    const struct jm_witness_log *log, const struct jm_reading *r)
{
    uint64_t stored = log != NULL && log->has ? log->size : 0;
    struct jm_hash32 empty;
    bool trusted;
    enum jm_status st;

    out->status = 404;
    if (log == NULL)
        return JM_OK;
    JM_TRY(judge_signatures(&trusted, q, log, r));
    out->status = 403;
    if (!trusted)
        return JM_OK;
    JM_TRY(jm_merkle_empty(&empty, r->crypto));
    if (is_equivocation(q, log, &empty))
        out->evidence = JM_EVIDENCE_EQUIVOCATION;
    out->status = 400;
    if (q->old > q->cp.size)
        return JM_OK;
    out->status = 409;
    if (q->old != stored)
        return size_body(&out->body, stored, r->mem);
    st = judge_growth(q, log, r);
    if (st == JM_OK)
        return accept_checkpoint(out, q, r);
    if (st != JM_E_DENIED && st != JM_E_RANGE)
        return st;
    out->status = 422;
    if (out->evidence == JM_EVIDENCE_NONE)
        out->evidence = JM_EVIDENCE_UNPROVEN;
    return JM_OK;
}

enum jm_status jm_witness_judge(struct jm_witness_verdict *out, const struct jm_witness_request *q,
                                const struct jm_witness_log *log, const struct jm_reading *r)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = judge_request(out, q, log, r);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}
