/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect: status lists in both forms, alone and beside a copy. */
#include <string.h>

#include "cmd/inspect/inspect_run.h"
#include "jumin/base64.h"
#include "jumin/civil.h"

#define LIST_CHECKS_MAX 16
#define COSE_TYPE 16

bool jm_inspect_is_list_cwt(struct jm_bytes octets)
{
    struct jm_bytes head, typ;
    struct jm_cbor r;

    jm_cbor_init(&r, octets);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG)
        (void)jm_cbor_tag(&r);
    (void)jm_cbor_array(&r);
    head = jm_cbor_bytes(&r);
    if (r.st != JM_OK || jm_cbor_check(head, NULL, NULL) != JM_OK ||
        jm_cbor_find_int(&typ, head, COSE_TYPE) != JM_OK)
        return false;
    jm_cbor_init(&r, typ);
    typ = jm_cbor_text(&r);
    return jm_bytes_eq_str(typ, "application/statuslist+cwt") ||
           jm_bytes_eq_str(typ, "statuslist+cwt");
}

static struct jm_list_policy policy_of(const struct jm_inspect_run *r, bool all)
{
    return (struct jm_list_policy){.key = r->n_keys > 0 ? &r->keys[0] : NULL, .all = all};
}

/* Lists given for this address; the one whose subject it is decides. */
enum jm_status jm_inspect_find_list(struct jm_inspect_run *r, struct jm_bytes uri,
                                    struct jm_answer *out, struct jm_arena *mem)
{
    const struct jm_list_policy policy = policy_of(r, false);
    const struct jm_reading by = {r->in->now,  r->in->answers, r->in->crypto,
                                  &r->anchors, jm_none(),      mem,
                                  NULL};

    for (size_t i = 0; i < r->in->n_status; i++) {
        struct jm_status_list *list = JM_NEW(mem, struct jm_status_list);
        struct jm_bytes token = r->in->status[i], text;
        bool cwt;

        if (list == NULL)
            return JM_E_NO_SPACE;
        JM_TRY(jm_inspect_without_blanks(&text, token, mem));
        cwt = jm_bytes_find(text, JM_BYTES(".")) == SIZE_MAX ||
              jm_inspect_guess_text(token, mem) == NULL;
        if (cwt)
            JM_TRY(jm_inspect_decode(&text, token, mem));
        JM_TRY(jm_statuslist_open(list, text, cwt, uri, &policy, &by));
        if (out->what == NULL || list->fault != JM_LIST_SUBJECT)
            out->what = list;
    }
    return out->what == NULL ? JM_E_UNAVAILABLE : JM_OK;
}

static const char *reason_of(const struct jm_inspect_run *r, enum jm_list_fault fault)
{
    static const char *const texts[] = {[JM_LIST_CHAIN] = "no trusted signer",
                                        [JM_LIST_SIGNATURE] = "the signature does not verify",
                                        [JM_LIST_TYPE] =
                                            "another type, or a time that is missing or no time",
                                        [JM_LIST_SUBJECT] = "the list does not say which one it is",
                                        [JM_LIST_EXPIRED] = "the list has expired",
                                        [JM_LIST_BITS] = "the list cannot be unpacked"};

    return fault == JM_LIST_STALE
               ? jm_clock_gap("the list", r->in->now + r->list.ahead_s, r->in->now, r->mem)
               : texts[fault];
}

/* A list is its own object here: what leaves a copy undecided rejects the list. */
static void note_faults(struct jm_inspect_run *r, struct jm_findings *f, bool cwt)
{
    static const enum jm_list_fault order[] = {JM_LIST_TYPE,    JM_LIST_CHAIN,   JM_LIST_SIGNATURE,
                                               JM_LIST_SUBJECT, JM_LIST_EXPIRED, JM_LIST_STALE,
                                               JM_LIST_BITS};
    enum jm_code first = cwt ? JM_MDOC_STATUS_UNAVAILABLE : JM_SDJWT_STATUS_UNAVAILABLE;
    bool known = r->n_keys > 0 || r->anchors.n > 0;

    for (size_t i = 0; i < JM_ARRAY_LEN(order); i++) {
        enum jm_code code = (enum jm_code)((int)first + (int)order[i] - 1);
        unsigned bit = 1u << order[i];

        if (order[i] == JM_LIST_CHAIN && r->n_keys > 0)
            jm_note(f, cwt ? JM_MDOC_CHAIN_PINNED : JM_SDJWT_CHAIN_PINNED, JM_WARN, false, 0, 0,
                    jm_none(), "a bare key was given as trusted");
        else if (order[i] == JM_LIST_CHAIN && !known && (r->list.judged & bit) != 0)
            jm_inspect_note(f, code, JM_UNKNOWN, "no trust anchor and no key was given");
        else if ((r->list.faults & bit) != 0)
            jm_inspect_note(f, code, JM_FAIL, reason_of(r, order[i]));
        else
            jm_note(f, code, (r->list.judged & bit) != 0 ? JM_PASS : JM_NOT_RUN,
                    (r->list.judged & bit) != 0, 0, 0, jm_none(),
                    (r->list.judged & bit) != 0 ? NULL : "something else failed before");
    }
}

enum jm_status jm_inspect_judge_list(struct jm_inspect_run *r)
{
    const struct jm_list_policy policy = policy_of(r, true);
    const struct jm_reading by = {r->in->now, &r->answers, r->in->crypto, &r->anchors,
                                  jm_none(),  r->mem,      NULL};
    bool cwt = strcmp(r->kind, "status-list-cwt") == 0;
    struct jm_findings f;

    JM_TRY(jm_findings_init(&f, r->mem, LIST_CHECKS_MAX));
    JM_TRY(jm_statuslist_open(&r->list, r->octets, cwt, jm_none(), &policy, &by));
    note_faults(r, &f, cwt);
    /* nothing was reached */
    r->malformed = (r->list.judged & ~(1u << JM_LIST_TYPE | 1u << JM_LIST_SIGNATURE)) == 0;
    return jm_report_of(&r->report, &f);
}

void jm_inspect_put_list(struct jm_inspect_run *r)
{
    const struct jm_status_list *l = &r->list;
    struct jm_json_w *w = &r->w;
    uint64_t n = l->bits == 0 ? 0 : (uint64_t)l->raw.len * 8 / l->bits, used[4] = {0};

    jm_json_w_mtext(w, "uri", l->uri);
    jm_inspect_put_time(w, "iat", l->iat);
    if (l->exp != 0)
        jm_inspect_put_time(w, "exp", l->exp);
    if (l->ttl != 0)
        jm_json_w_mint(w, "ttl", l->ttl);
    jm_json_w_mint(w, "bits", l->bits);
    jm_json_w_mint(w, "entries", (int64_t)n);
    if (l->fault != JM_LIST_OK)
        return; /* no bit is read of a list that nobody vouches for */
    for (uint64_t i = 0; i < n; i++) {
        unsigned v = 0;

        (void)!jm_statuslist_get(&v, l, i);
        used[v > 3 ? 3 : v]++;
    }
    jm_json_w_mint(w, "valid", (int64_t)used[0]);
    jm_json_w_mint(w, "invalid", (int64_t)used[1]);
    jm_json_w_mint(w, "suspended", (int64_t)used[2]);
    jm_json_w_mint(w, "other", (int64_t)used[3]);
}
