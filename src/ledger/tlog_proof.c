/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"
#include "jumin/bundle.h"

#include "ledger/text_parts.h"

#define HEAD "c2sp.org/tlog-proof@v1\n"

/* What follows @p word in a line that begins with it; null view: it does not. */
static struct jm_bytes after_word(struct jm_bytes line, struct jm_bytes word)
{
    return jm_bytes_starts(line, word) ? jm_slice(line, word.len, SIZE_MAX) : jm_none();
}

static enum jm_status read_lines(struct jm_tlog_proof *out, struct jm_bytes t, struct jm_arena *mem)
{
    struct jm_bytes line, extra;

    if (t.len > JM_TLOG_PROOF_MAX)
        return JM_E_LIMIT;
    if (!jm_bytes_starts(t, JM_BYTES(HEAD)))
        return JM_E_MALFORMED;
    t = jm_slice(t, sizeof HEAD - 1, SIZE_MAX);
    line = jm_take_line(&t);
    extra = after_word(line, JM_BYTES("extra "));
    if (extra.ptr != NULL) {
        if (extra.len == 0)
            return JM_E_MALFORMED;
        JM_TRY(jm_b64_decode(&out->extra, mem, extra));
        line = jm_take_line(&t);
    }
    if (jm_parse_u64(&out->index, after_word(line, JM_BYTES("index "))) != JM_OK ||
        out->index >= JM_LOG_SIZE_MAX)
        return JM_E_MALFORMED;
    while ((line = jm_take_line(&t)).len != 0) {
        if (out->path.n == JM_PROOF_MAX)
            return JM_E_LIMIT;
        JM_TRY(jm_hash32_read(&out->path.hash[out->path.n], line));
        out->path.n++;
    }
    out->checkpoint = t;
    return t.len != 0 ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_tlog_proof_read(struct jm_tlog_proof *out, struct jm_bytes text,
                                  struct jm_arena *mem)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = read_lines(out, text, mem);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

enum jm_status jm_tlog_proof_put(struct jm_buf *out, const struct jm_tlog_proof *p)
{
    JM_TRY(jm_buf_put(out, JM_BYTES(HEAD)));
    if (p->extra.len != 0) {
        JM_TRY(jm_buf_put(out, JM_BYTES("extra ")));
        JM_TRY(jm_b64_put(out, p->extra));
        JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    }
    JM_TRY(jm_buf_put(out, JM_BYTES("index ")));
    JM_TRY(jm_put_decimal(out, p->index));
    JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    for (size_t i = 0; i < p->path.n; i++) {
        JM_TRY(jm_b64_put(out, jm_hash32_bytes(&p->path.hash[i])));
        JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    }
    JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    return jm_buf_put(out, p->checkpoint);
}

enum jm_status jm_tlog_proof_verify(struct jm_judged_checkpoint *out, struct jm_bytes text,
                                    struct jm_bytes entry, const struct jm_policy *policy,
                                    const struct jm_reading *r)
{
    struct jm_tlog_proof p;
    struct jm_judged_checkpoint j;
    struct jm_hash32 leaf;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = jm_tlog_proof_read(&p, text, r->mem);
    if (st != JM_OK)
        return st == JM_E_NO_SPACE ? st : jm_refuse(r->diag, st, JM_LEDGER_PROOF_FORM, NULL);
    JM_TRY(jm_checkpoint_judge(&j, p.checkpoint, policy, r));
    JM_TRY(jm_merkle_leaf(&leaf, r->crypto, &entry, 1));
    st = jm_inclusion_verify(r->crypto, p.index, j.cp.size, &leaf, p.path.hash, p.path.n,
                             &j.cp.root);
    if (st == JM_E_DENIED || st == JM_E_RANGE)
        return jm_refuse(r->diag, JM_E_DENIED, JM_LEDGER_PROOF_INCLUSION, NULL);
    JM_TRY(st);
    *out = j;
    return JM_OK;
}
