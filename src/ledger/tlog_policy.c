/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/tlog_policy.h"

struct reader {
    struct jm_policy_log *log;
    struct jm_policy_member *member;
    size_t n_logs, n, quorum;
    bool has_quorum;
    const struct jm_crypto *crypto;
    struct jm_arena *mem;
};

/* The next field, off the front of @p line; empty: there is none. */
static struct jm_bytes take_field(struct jm_bytes *line)
{
    size_t at = 0, end;
    struct jm_bytes field;

    while (at < line->len && (line->ptr[at] == ' ' || line->ptr[at] == '\t'))
        at++;
    for (end = at; end < line->len && line->ptr[end] != ' ' && line->ptr[end] != '\t';)
        end++;
    field = jm_slice(*line, at, end - at);
    *line = jm_slice(*line, end, SIZE_MAX);
    return field;
}

/* 1 for the first; 0: there is none. */
static size_t member_named(const struct reader *p, struct jm_bytes name)
{
    for (size_t i = 0; i < p->n; i++)
        if (jm_bytes_eq(p->member[i].name, name))
            return i + 1;
    return 0;
}

/* A key that counts under two names counts twice. */
static bool key_known(const struct reader *p, struct jm_bytes key)
{
    for (size_t i = 0; i < p->n_logs; i++)
        if (jm_bytes_eq(p->log[i].key.key, key))
            return true;
    for (size_t i = 0; i < p->n; i++)
        if (!p->member[i].is_group && jm_bytes_eq(p->member[i].key.key, key))
            return true;
    return false;
}

/* A key and, perhaps, an address: the end of two kinds of lines. */
static enum jm_status read_signer(struct jm_vkey *key, struct jm_bytes *url, struct jm_bytes line,
                                  const struct reader *p)
{
    JM_TRY(jm_vkey_read(key, take_field(&line), p->crypto, p->mem));
    *url = take_field(&line);
    if (url->len == 0)
        *url = jm_none();
    if (take_field(&line).len != 0)
        return JM_E_MALFORMED;
    return key_known(p, key->key) ? JM_E_DUPLICATE : JM_OK;
}

static enum jm_status read_log(struct reader *p, struct jm_bytes line)
{
    struct jm_policy_log *log = &p->log[p->n_logs];

    if (p->n_logs == JM_POLICY_MEMBERS_MAX)
        return JM_E_LIMIT;
    JM_TRY(read_signer(&log->key, &log->url, line, p));
    if (log->key.type != JM_NOTE_ED25519)
        return JM_E_UNSUPPORTED;
    p->n_logs++;
    return JM_OK;
}

static enum jm_status name_member(struct jm_policy_member **out, struct reader *p,
                                  struct jm_bytes name)
{
    if (p->n == JM_POLICY_MEMBERS_MAX)
        return JM_E_LIMIT;
    if (jm_bytes_eq_str(name, "none"))
        return JM_E_MALFORMED;
    if (member_named(p, name) != 0)
        return JM_E_DUPLICATE;
    *out = &p->member[p->n];
    (*out)->name = name;
    return JM_OK;
}

static enum jm_status read_witness(struct reader *p, struct jm_bytes line)
{
    struct jm_policy_member *m;

    JM_TRY(name_member(&m, p, take_field(&line)));
    JM_TRY(read_signer(&m->key, &m->url, line, p));
    if (m->key.type == JM_NOTE_ED25519)
        return JM_E_UNSUPPORTED;
    p->n++;
    return JM_OK;
}

static enum jm_status need_of(unsigned *out, struct jm_bytes field, unsigned n)
{
    uint64_t k;

    if (jm_bytes_eq_str(field, "any")) {
        k = 1;
    } else if (jm_bytes_eq_str(field, "all")) {
        k = n;
    } else if (jm_parse_u64(&k, field) != JM_OK) {
        return JM_E_MALFORMED;
    }
    if (k < 1 || k > n)
        return JM_E_RANGE;
    *out = (unsigned)k;
    return JM_OK;
}

static enum jm_status read_group(struct reader *p, struct jm_bytes line)
{
    struct jm_policy_member *m;
    struct jm_bytes need, name;

    JM_TRY(name_member(&m, p, take_field(&line)));
    need = take_field(&line);
    m->is_group = true;
    while ((name = take_field(&line)).len != 0) {
        size_t i = member_named(p, name);

        if (i == 0)
            return JM_E_ABSENT;
        if (p->member[i - 1].group != 0)
            return JM_E_DUPLICATE;
        p->member[i - 1].group = p->n + 1;
        m->n++;
    }
    JM_TRY(need_of(&m->need, need, m->n));
    p->n++;
    return JM_OK;
}

static enum jm_status read_quorum(struct reader *p, struct jm_bytes line)
{
    struct jm_bytes name = take_field(&line);

    if (p->has_quorum)
        return JM_E_DUPLICATE;
    if (name.len == 0 || take_field(&line).len != 0)
        return JM_E_MALFORMED;
    p->quorum = member_named(p, name);
    if (p->quorum == 0 && !jm_bytes_eq_str(name, "none"))
        return JM_E_ABSENT;
    p->has_quorum = true;
    return JM_OK;
}

static enum jm_status read_policy_line(struct reader *p, struct jm_bytes line)
{
    static const struct {
        const char *word;
        enum jm_status (*read)(struct reader *p, struct jm_bytes line);
    } rows[] = {{"log", read_log},
                {"witness", read_witness},
                {"group", read_group},
                {"quorum", read_quorum}};
    struct jm_bytes word;

    for (size_t i = 0; i < line.len; i++)
        if ((line.ptr[i] < 0x20 && line.ptr[i] != '\t') || line.ptr[i] == 0x7F)
            return JM_E_MALFORMED;
    word = take_field(&line);
    if (word.len == 0 || word.ptr[0] == '#')
        return JM_OK;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if (jm_bytes_eq_str(word, rows[i].word))
            return rows[i].read(p, line);
    return JM_E_MALFORMED;
}

static enum jm_status read_lines(struct reader *p, struct jm_bytes text, size_t *number)
{
    size_t at;

    if (text.len > JM_POLICY_MAX)
        return JM_E_LIMIT;
    if (text.len == 0 || text.ptr[text.len - 1] != '\n' || !jm_utf8_valid(text, &at))
        return JM_E_MALFORMED;
    p->log = JM_NEW_N(p->mem, struct jm_policy_log, JM_POLICY_MEMBERS_MAX);
    p->member = JM_NEW_N(p->mem, struct jm_policy_member, JM_POLICY_MEMBERS_MAX);
    if (p->log == NULL || p->member == NULL)
        return JM_E_NO_SPACE;
    while (text.len != 0) {
        size_t end = jm_bytes_until(text, 0, '\n');

        ++*number;
        JM_TRY(read_policy_line(p, jm_slice(text, 0, end)));
        text = jm_slice(text, end + 1, SIZE_MAX);
    }
    return p->has_quorum ? JM_OK : JM_E_MISSING;
}

enum jm_status jm_policy_read(struct jm_policy *out, struct jm_bytes text,
                              const struct jm_crypto *c, struct jm_arena *mem, struct jm_diag *diag)
{
    struct reader p = {.crypto = c, .mem = mem};
    size_t number = 0;
    enum jm_status st = read_lines(&p, text, &number);

    memset(out, 0, sizeof *out);
    if (st != JM_OK) {
        if (diag != NULL && diag->code == JM_CODE_NONE)
            diag->offset = number;
        return jm_refuse(diag, st, JM_LEDGER_POLICY_FORM, NULL);
    }
    *out = (struct jm_policy){p.log, p.member, p.n_logs, p.n, p.quorum};
    return JM_OK;
}

/* -- judging -- */

/* Do the cosignatures of @p t and later alone meet the quorum? Members stand before their groups.
 */
static bool quorum_met(const struct jm_policy *p, const struct jm_vouch *vouch, int64_t t)
{
    unsigned have[JM_POLICY_MEMBERS_MAX] = {0};

    for (size_t i = 0; i < p->n; i++) {
        const struct jm_policy_member *m = &p->member[i];
        bool ok = m->is_group ? have[i] >= m->need : vouch[i].holds && vouch[i].time >= t;

        if (ok && i + 1 == p->quorum)
            return true;
        if (ok && m->group != 0)
            have[m->group - 1]++;
    }
    return false;
}

/* Each time of a cosignature is tried. 0: none meets it. */
static int64_t freshness_of(const struct jm_policy *p, const struct jm_vouch *vouch)
{
    int64_t best = 0;

    for (size_t i = 0; i < p->n; i++)
        if (vouch[i].holds && vouch[i].time > best && quorum_met(p, vouch, vouch[i].time))
            best = vouch[i].time;
    return best;
}

static enum jm_status judge_origin(const struct jm_judged_checkpoint *j, const struct jm_policy *p,
                                   bool *ours, const struct jm_reading *r)
{
    struct jm_vouch v;

    for (size_t i = 0; i < p->n_logs; i++) {
        JM_TRY(jm_note_vouched(&v, &j->note, &p->log[i].key, r));
        *ours = *ours || (v.holds && jm_bytes_eq(p->log[i].key.name, j->cp.origin));
    }
    return JM_OK;
}

static enum jm_status judge_all(struct jm_judged_checkpoint *out, struct jm_bytes octets,
                                const struct jm_policy *p, const struct jm_reading *r, bool *ours)
{
    struct jm_vouch vouch[JM_POLICY_MEMBERS_MAX] = {{0}};

    JM_TRY(jm_note_read(&out->note, octets, r->mem));
    JM_TRY(jm_checkpoint_read(&out->cp, out->note.text));
    JM_TRY(judge_origin(out, p, ours, r));
    for (size_t i = 0; i < p->n; i++) {
        if (!p->member[i].is_group)
            JM_TRY(jm_note_vouched(&vouch[i], &out->note, &p->member[i].key, r));
        if (vouch[i].time - JM_QUORUM_AHEAD_S > r->now)
            vouch[i].holds = false;
    }
    out->fresh = freshness_of(p, vouch);
    return JM_OK;
}

/* Is the note at fault, or who was to judge it? */
static bool is_of_note(enum jm_status st)
{
    return st == JM_E_MALFORMED || st == JM_E_DUPLICATE || st == JM_E_LIMIT || st == JM_E_SIGNATURE;
}

enum jm_status jm_checkpoint_judge(struct jm_judged_checkpoint *out, struct jm_bytes octets,
                                   const struct jm_policy *policy, const struct jm_reading *r)
{
    struct jm_judged_checkpoint j = {0};
    bool ours = false;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = judge_all(&j, octets, policy, r, &ours);
    if (st != JM_OK)
        return is_of_note(st) ? jm_refuse(r->diag, st, JM_LEDGER_BUNDLE_NOTE, NULL) : st;
    if (!ours)
        return jm_refuse(r->diag, JM_E_DENIED, JM_LEDGER_BUNDLE_ORIGIN, NULL);
    if (policy->quorum != 0 && j.fresh == 0)
        return jm_refuse(r->diag, JM_E_DENIED, JM_LEDGER_BUNDLE_QUORUM, NULL);
    *out = j;
    return JM_OK;
}
