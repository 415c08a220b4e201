/* SPDX-License-Identifier: Apache-2.0 */
#include "service/witness/watching.h"

#include <stdio.h>
#include <string.h>

#include "jumin/base64.h"
#include "service/signer.h"

#define EVIDENCE_LEAD "jumin-witness-evidence/1\n"
#define EVIDENCE_HEAD 256 /* its lines */

/* One request, under the lock. */
struct adding {
    const struct jm_witness_role *w;
    const struct jm_watched *log; /* null: nobody's */
    struct jm_witness_request q;
    struct jm_witness_verdict v;
    struct jm_bytes last; /* the stored note */
    int64_t now;
    struct jm_arena *mem;
    struct jm_diag *d;
};

enum jm_status jm_witness_id(char id[JM_WITNESS_ID_LEN + 1], struct jm_bytes origin,
                             const struct jm_crypto *c)
{
    struct jm_buf b = jm_buf((uint8_t *)id, JM_WITNESS_ID_LEN);
    uint8_t hash[32];

    memset(id, 0, JM_WITNESS_ID_LEN + 1);
    JM_TRY(jm_sha256(c, origin, hash));
    return jm_hex_put(&b, jm_bytes(hash, sizeof hash));
}

enum jm_status jm_witness_stored(struct jm_checkpoint *out, struct jm_bytes note,
                                 struct jm_bytes origin, struct jm_arena *mem)
{
    struct jm_signed_note read;
    enum jm_status st = jm_note_read(&read, note, mem);

    *out = (struct jm_checkpoint){.size = 0};
    if (st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK || jm_checkpoint_read(out, read.text) != JM_OK ||
        !jm_bytes_eq(out->origin, origin))
        return JM_E_DENIED;
    return JM_OK;
}

static const struct jm_watched *find_log(const struct jm_witness_role *w, struct jm_bytes origin)
{
    for (size_t i = 0; i < w->n; i++)
        if (jm_bytes_eq(w->log[i].origin, origin))
            return &w->log[i];
    return NULL;
}

/* -- judging -- */

static enum jm_status judge_request(struct adding *a)
{
    const struct jm_env *env = &a->w->base.env;
    const struct jm_reading r = {.now = a->now,
                                 .answers = env->answers,
                                 .crypto = env->crypto,
                                 .mem = a->mem};
    struct jm_witness_log log = {.n = 0};
    struct jm_checkpoint cp;

    if (a->log == NULL)
        return jm_witness_judge(&a->v, &a->q, NULL, &r);
    log.key = a->log->key;
    log.n = a->log->n;
    JM_TRY(a->w->files.last(a->w->files.ctx, &a->last, a->log->id, a->mem));
    if (a->last.len != 0) {
        enum jm_status st = jm_witness_stored(&cp, a->last, a->log->origin, a->mem);

        if (st == JM_E_DENIED)
            return jm_refuse(a->d, st, JM_LEDGER_FILE, a->log->id);
        JM_TRY(st);
        log.has = true;
        log.size = cp.size;
        log.root = cp.root;
    }
    return jm_witness_judge(&a->v, &a->q, &log, &r);
}

/* -- signing -- */

static enum jm_status sign_it(struct jm_bytes *sig, const struct adding *a)
{
    const struct jm_signer *s = a->w->base.env.signer;
    struct jm_bytes in = a->v.to_sign, item = jm_none();
    const struct jm_list li = {&in, 1, 1};
    struct jm_list lo = {&item, 0, 1};

    if (s->call(s->ctx, JM_SIGN, JM_PURPOSE_COSIGN, jm_none(), &li, &lo) != JM_OK || lo.n != 1)
        return jm_refuse(a->d, JM_E_UNAVAILABLE, JM_LEDGER_UNSIGNED, NULL);
    *sig = item;
    return JM_OK;
}

/* The line in @p body, and the note with it in the place of our older one. */
static enum jm_status add_line(struct jm_bytes *body, struct jm_bytes *note, const struct adding *a,
                               struct jm_bytes sig)
{
    struct jm_buf b, joined;
    size_t from;

    JM_TRY(jm_alloc_buf(&b, a->mem, a->q.note.text.len + 1 + JM_NOTE_LINE_MAX));
    JM_TRY(jm_alloc_buf(&joined, a->mem, JM_NOTE_MAX + JM_NOTE_LINE_MAX));
    JM_TRY(jm_buf_put(&b, a->q.note.text));
    JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    from = b.len;
    JM_TRY(jm_note_put_cosignature(&b, &a->w->own, a->now, sig));
    *body = jm_slice(jm_written(b), from, SIZE_MAX);
    JM_TRY(jm_note_join(&joined, jm_written(b), a->q.octets, a->mem));
    *note = jm_written(joined);
    return JM_OK;
}

static enum jm_status store_and_sign(struct jm_bytes *body, const struct adding *a)
{
    const struct jm_witness_files *f = &a->w->files;
    struct jm_bytes sig, note;

    JM_TRY(f->store(f->ctx, a->log->id, a->q.octets));
    JM_TRY(sign_it(&sig, a));
    JM_TRY(add_line(body, &note, a, sig));
    return f->store(f->ctx, a->log->id, note);
}

/* -- evidence -- */

static const char *kind_word(enum jm_witness_evidence kind)
{
    return kind == JM_EVIDENCE_EQUIVOCATION ? "equivocation" : "unproven";
}

/* Named by what was signed, not by who signed it when: offered again, it is there already. */
static enum jm_status name_evidence(char name[JM_EVIDENCE_NAME_MAX], const struct adding *a)
{
    uint8_t hash[32], hex[16];
    struct jm_buf b = jm_buf(hex, sizeof hex);

    JM_TRY(jm_sha256(a->w->base.env.crypto, a->q.note.text, hash));
    JM_TRY(jm_hex_put(&b, jm_bytes(hash, 8)));
    (void)snprintf(name, JM_EVIDENCE_NAME_MAX, "%.16s-%llu-%.16s", a->log->id,
                   (unsigned long long)a->q.cp.size, (const char *)hex);
    return JM_OK;
}

static enum jm_status keep_evidence(const struct adding *a)
{
    char name[JM_EVIDENCE_NAME_MAX], head[EVIDENCE_HEAD];
    struct jm_buf b;
    int n =
        snprintf(head, sizeof head, EVIDENCE_LEAD "kind %s\ntime %lld\nstored %zu\noffered %zu\n\n",
                 kind_word(a->v.evidence), (long long)a->now, a->last.len, a->q.octets.len);

    JM_TRY(name_evidence(name, a));
    JM_TRY(jm_alloc_buf(&b, a->mem, (size_t)n + a->last.len + a->q.octets.len));
    JM_TRY(jm_buf_put(&b, jm_bytes(head, (size_t)n)));
    JM_TRY(jm_buf_put(&b, a->last));
    JM_TRY(jm_buf_put(&b, a->q.octets));
    return a->w->files.evidence(a->w->files.ctx, name, a->v.evidence, jm_written(b));
}

/* -- the two requests -- */

static enum jm_status refuse_verdict(const struct adding *a)
{
    switch (a->v.status) {
    case 404: return jm_refuse(a->d, JM_E_ABSENT, JM_LEDGER_UNKNOWN, NULL);
    case 403: return jm_refuse(a->d, JM_E_DENIED, JM_LEDGER_WITNESS_KEY, NULL);
    case 400: return jm_refuse(a->d, JM_E_RANGE, JM_LEDGER_WITNESS_OLD, NULL);
    default: return JM_OK;
    }
}

static enum jm_status add_locked(struct jm_witness_answer *out, struct adding *a)
{
    JM_TRY(judge_request(a));
    if (a->v.evidence != JM_EVIDENCE_NONE)
        JM_TRY(keep_evidence(a));
    JM_TRY(refuse_verdict(a));
    if (a->v.store)
        JM_TRY(store_and_sign(&a->v.body, a));
    *out = (struct jm_witness_answer){a->v.status, a->v.body};
    return JM_OK;
}

enum jm_status jm_witness_add(struct jm_witness_answer *out, const struct jm_witness_role *w,
                              struct jm_bytes body, int64_t now, struct jm_arena *mem,
                              struct jm_diag *d)
{
    struct adding *a = JM_NEW(mem, struct adding);
    enum jm_status st;

    *out = (struct jm_witness_answer){.status = 0};
    if (a == NULL)
        return JM_E_NO_SPACE;
    a->w = w;
    a->now = now;
    a->mem = mem;
    a->d = d;
    st = jm_witness_read(&a->q, body, mem);
    if (st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_LEDGER_WITNESS_FORM, NULL);
    a->log = find_log(w, a->q.cp.origin);
    w->files.lock(w->files.ctx, true);
    st = add_locked(out, a);
    w->files.lock(w->files.ctx, false);
    return st;
}

enum jm_status jm_witness_last(struct jm_bytes *out, const struct jm_witness_role *w,
                               struct jm_bytes id, struct jm_arena *mem, struct jm_diag *d)
{
    *out = jm_none();
    for (size_t i = 0; i < w->n; i++)
        if (jm_bytes_eq_str(id, w->log[i].id))
            JM_TRY(w->files.last(w->files.ctx, out, w->log[i].id, mem));
    return out->len != 0 ? JM_OK : jm_refuse(d, JM_E_ABSENT, JM_LEDGER_UNKNOWN, NULL);
}
