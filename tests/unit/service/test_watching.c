/* SPDX-License-Identifier: Apache-2.0 */
/* A witness at work: what it stores, when it signs, what it keeps. How it judges is
 * tests/unit/ledger/test_witness.c's. */
#include "unit/ledger/ledger_kit.h"

#include "host/openssl/ed25519.h"
#include "service/signer.h"
#include "service/witness/watching.h"

#define NOW 1900000000
#define ORIGIN "o.example"

static const struct jm_secret32 log_seed = {{3}}, own_seed = {{4}}, other_seed = {{5}};
static struct jm_arena mem;
static struct jm_diag diag;

/* -- what stands behind -- */

/* What was done, in its order: L looked, S stored, X signed, E evidence; ( ) the lock. */
static struct {
    char done[32];
    struct jm_bytes last;
    char name[JM_EVIDENCE_NAME_MAX];
    struct jm_bytes piece;
    enum jm_witness_evidence kind;
    unsigned fail_store; /* the nth call; 0: none */
    unsigned stores;
    bool fail_last, fail_evidence, fail_sign;
} W;

static void did(char what)
{
    size_t n = strlen(W.done);

    CHECK(n + 1 < sizeof W.done);
    W.done[n] = what;
}

static enum jm_status f_last(void *ctx, struct jm_bytes *note, const char *id, struct jm_arena *m)
{
    (void)ctx;
    CHECK_EQ(strlen(id), JM_WITNESS_ID_LEN);
    did('L');
    *note = jm_none();
    return W.fail_last ? JM_E_IO : jm_dup(note, m, W.last);
}

static enum jm_status f_store(void *ctx, const char *id, struct jm_bytes note)
{
    (void)ctx;
    (void)id;
    did('S');
    if (++W.stores == W.fail_store)
        return JM_E_IO;
    W.last = exact(note);
    return JM_OK;
}

static enum jm_status f_evidence(void *ctx, const char *name, enum jm_witness_evidence kind,
                                 struct jm_bytes octets)
{
    (void)ctx;
    did('E');
    snprintf(W.name, sizeof W.name, "%s", name);
    W.kind = kind;
    W.piece = exact(octets);
    return W.fail_evidence ? JM_E_IO : JM_OK;
}

static void f_lock(void *ctx, bool on)
{
    (void)ctx;
    did(on ? '(' : ')');
}

static enum jm_status f_call(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                             struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    static struct jm_sig sig;

    (void)ctx;
    CHECK(op == JM_SIGN && purpose == JM_PURPOSE_COSIGN && key.len == 0 && in->n == 1);
    did('X');
    out->n = 0;
    if (W.fail_sign)
        return JM_E_UNAVAILABLE;
    CHECK_OK(jm_ed25519_sign(&sig, &own_seed, in->items[0]));
    out->items[0] = jm_sig_bytes(&sig);
    out->n = 1;
    return JM_OK;
}

static struct jm_vkey vkey_of(const char *name, const struct jm_secret32 *seed,
                              enum jm_note_type type)
{
    uint8_t *key = test_malloc(JM_ED25519_KEY_LEN);
    struct jm_vkey k;

    CHECK_OK(jm_ed25519_public(key, seed));
    CHECK_OK(jm_vkey_make(&k, jm_str(name), type, jm_bytes(key, JM_ED25519_KEY_LEN), CRYPTO));
    return k;
}

static struct jm_witness_role role;

/* Two logs; the second is the one that is asked about. */
static void begin(void)
{
    static struct jm_watched logs[2];
    static struct jm_vkey keys[2];
    static const struct jm_signer signer = {.call = f_call};

    memset(&W, 0, sizeof W);
    memset(&diag, 0, sizeof diag);
    mem = arena(1 << 20);
    CHECK_OK(jm_openssl_init());
    keys[0] = vkey_of("another", &other_seed, JM_NOTE_ED25519);
    keys[1] = vkey_of(ORIGIN, &log_seed, JM_NOTE_ED25519);
    for (size_t i = 0; i < 2; i++) {
        logs[i] = (struct jm_watched){.origin = keys[i].name, .key = &keys[i], .n = 1};
        CHECK_OK(jm_witness_id(logs[i].id, logs[i].origin, CRYPTO));
    }
    role = (struct jm_witness_role){.base.env = {.crypto = CRYPTO,
                                                 .answers = &kit_answers,
                                                 .signer = &signer},
                                    .own = vkey_of("w1", &own_seed, JM_NOTE_COSIGNATURE),
                                    .log = logs,
                                    .n = 2,
                                    .files = {NULL, f_last, f_store, f_evidence, f_lock}};
}

/* -- a log of up to eight leaves -- */

static struct jm_bytes body_of(uint64_t old, size_t size, const char *origin, bool forked,
                               const struct jm_secret32 *seed)
{
    static struct jm_hash32 leaves[8];
    struct jm_leaves all = {leaves, 8, CRYPTO};
    struct jm_nodes of = jm_leaves_nodes(&all);
    struct jm_checkpoint cp = {jm_str(origin), size, {{0}}};
    struct jm_buf b = room(4000), text = room(JM_CHECKPOINT_TEXT_MAX);
    struct jm_vkey key = vkey_of(origin, seed, JM_NOTE_ED25519);
    struct jm_proof p = {0};
    struct jm_sig sig;
    char line[40];

    for (uint64_t i = 0; i < 8; i++)
        leaves[i] = leaf_of(i + (forked ? 100 : 0));
    CHECK_OK(jm_merkle_root(&cp.root, CRYPTO, leaves, size));
    if (old != 0 && old <= size)
        CHECK_OK(jm_consistency_make(&p, &of, old, size));
    snprintf(line, sizeof line, "old %llu\n", (unsigned long long)old);
    CHECK_OK(jm_buf_put(&b, jm_str(line)));
    for (size_t i = 0; i < p.n; i++) {
        CHECK_OK(jm_b64_put(&b, jm_hash32_bytes(&p.hash[i])));
        CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    }
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_OK(jm_checkpoint_put(&text, &cp));
    CHECK_OK(jm_buf_put(&b, jm_written(text)));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_OK(jm_ed25519_sign(&sig, seed, jm_written(text)));
    CHECK_OK(jm_note_put_sig(&b, &key, jm_sig_bytes(&sig)));
    return exact(jm_written(b));
}

static struct jm_witness_answer answer;

static enum jm_status ask(uint64_t old, size_t size, bool forked)
{
    memset(W.done, 0, sizeof W.done);
    W.stores = 0;
    memset(&diag, 0, sizeof diag);
    jm_arena_reset(&mem);
    return jm_witness_add(&answer, &role, body_of(old, size, ORIGIN, forked, &log_seed), NOW, &mem,
                          &diag);
}

/* The stored note is that of the log, with a cosignature of ours that holds where @p cosigned. */
static void check_stored(uint64_t size, bool cosigned)
{
    struct jm_reading r = ledger_reading(&mem);
    struct jm_signed_note note;
    struct jm_checkpoint cp;
    struct jm_vouch v;

    if (!CHECK_OK(jm_note_read(&note, W.last, &mem)))
        return;
    CHECK_OK(jm_checkpoint_read(&cp, note.text));
    CHECK_EQ(cp.size, size);
    CHECK_OK(jm_note_vouched(&v, &note, &role.own, &r));
    CHECK(v.holds == cosigned && (!cosigned || v.time == NOW));
    CHECK_OK(jm_note_vouched(&v, &note, role.log[1].key, &r));
    CHECK(v.holds);
}

/* -- -- */

TEST(it_stores_before_it_signs_and_again_before_it_answers)
{
    begin();
    CHECK_OK(ask(0, 3, false));
    CHECK(answer.status == 200 && strcmp(W.done, "(LSXS)") == 0);
    check_stored(3, true);
    CHECK(jm_bytes_find(W.last, answer.body) != SIZE_MAX && answer.body.len != 0);
    CHECK_OK(ask(3, 7, false));
    CHECK(answer.status == 200 && strcmp(W.done, "(LSXS)") == 0);
    check_stored(7, true);
    CHECK_OK(ask(7, 7, false)); /* signed anew */
    CHECK_EQ(answer.status, 200);
    check_stored(7, true);
}

TEST(what_cannot_be_stored_is_not_signed)
{
    begin();
    W.fail_store = 1;
    CHECK_ST(ask(0, 3, false), JM_E_IO);
    CHECK(strcmp(W.done, "(LS)") == 0 && W.last.len == 0 && answer.status == 0);
    W.fail_store = 2; /* signed, and the signature does not leave */
    CHECK_ST(ask(0, 3, false), JM_E_IO);
    CHECK(strcmp(W.done, "(LSXS)") == 0 && answer.status == 0 && answer.body.len == 0);
    check_stored(3, false);
    W.fail_store = 0;
    CHECK_OK(ask(0, 3, false)); /* the log has not heard of it: 409, and the same again */
    CHECK_EQ(answer.status, 409);
    CHECK_STR(answer.body, "3\n");
    CHECK_OK(ask(3, 3, false));
    CHECK_EQ(answer.status, 200);
    check_stored(3, true);
}

TEST(a_signer_that_does_not_sign)
{
    begin();
    W.fail_sign = true;
    CHECK_ST(ask(0, 3, false), JM_E_UNAVAILABLE);
    CHECK(diag.code == JM_LEDGER_UNSIGNED && strcmp(W.done, "(LSX)") == 0 && answer.status == 0);
    check_stored(3, false);
    W.fail_sign = false;
    CHECK_OK(ask(3, 3, false));
    CHECK_EQ(answer.status, 200);
}

TEST(what_is_refused_is_neither_stored_nor_signed)
{
    static const struct {
        const char *name;
        const char *origin;
        const struct jm_secret32 *seed;
        uint64_t old;
        size_t size;
        enum jm_status st;
        enum jm_code code;
    } rows[] = {
        {"nobody's log", "a.example", &log_seed, 0, 7, JM_E_ABSENT, JM_LEDGER_UNKNOWN},
        {"another's key", ORIGIN, &other_seed, 3, 7, JM_E_DENIED, JM_LEDGER_WITNESS_KEY},
        {"an old size above the new one", ORIGIN, &log_seed, 8, 7, JM_E_RANGE,
         JM_LEDGER_WITNESS_OLD},
    };

    begin();
    CHECK_OK(ask(0, 3, false));
    const struct jm_bytes before = exact(W.last);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        memset(W.done, 0, sizeof W.done);
        memset(&diag, 0, sizeof diag);
        ROW(CHECK_ST(jm_witness_add(&answer, &role,
                                    body_of(rows[i].old, rows[i].size, rows[i].origin, false,
                                            rows[i].seed),
                                    NOW, &mem, &diag),
                     rows[i].st) &&
                CHECK_EQ(diag.code, rows[i].code) && CHECK(strpbrk(W.done, "SXE") == NULL) &&
                CHECK_EQ(answer.status, 0) && CHECK_SAME(W.last, before),
            rows[i].name);
    }
    memset(&diag, 0, sizeof diag);
    CHECK_ST(jm_witness_add(&answer, &role, JM_BYTES("old 0\n"), NOW, &mem, &diag), JM_E_MALFORMED);
    CHECK_EQ(diag.code, JM_LEDGER_WITNESS_FORM);
    W.fail_last = true;
    CHECK_ST(ask(3, 7, false), JM_E_IO);
    W.fail_last = false;
    W.last = JM_BYTES("no note\n");
    CHECK_ST(ask(3, 7, false), JM_E_DENIED);
    CHECK(diag.code == JM_LEDGER_FILE && strcmp(W.done, "(L)") == 0);
}

TEST(two_faces_are_kept_side_by_side)
{
    char name[JM_EVIDENCE_NAME_MAX];

    begin();
    CHECK_OK(ask(0, 3, false));
    const struct jm_bytes before = exact(W.last);

    CHECK_OK(ask(3, 3, true));
    CHECK(answer.status == 422 && answer.body.len == 0 && strcmp(W.done, "(LE)") == 0);
    CHECK_EQ(W.kind, JM_EVIDENCE_EQUIVOCATION);
    CHECK(jm_bytes_find(W.piece, before) != SIZE_MAX);
    CHECK(jm_bytes_starts(W.piece, JM_BYTES("jumin-witness-evidence/1\nkind equivocation\n")));
    CHECK_SAME(W.last, before);
    memcpy(name, W.name, sizeof name);
    CHECK_OK(ask(0, 3, true)); /* 409, and a face all the same; of the same name */
    CHECK(answer.status == 409 && strcmp(W.done, "(LE)") == 0 && strcmp(W.name, name) == 0);
    CHECK_OK(ask(3, 7, true)); /* what its proof does not show */
    CHECK(answer.status == 422 && strcmp(W.done, "(LE)") == 0 && strcmp(W.name, name) != 0);
    CHECK_EQ(W.kind, JM_EVIDENCE_UNPROVEN);
    W.fail_evidence = true; /* it is not answered as if it were kept */
    CHECK_ST(ask(3, 3, true), JM_E_IO);
    CHECK_EQ(answer.status, 0);
}

TEST(what_was_stored_last_is_shown)
{
    struct jm_bytes note;

    begin();
    CHECK_ST(jm_witness_last(&note, &role, jm_str(role.log[1].id), &mem, &diag), JM_E_ABSENT);
    CHECK_EQ(diag.code, JM_LEDGER_UNKNOWN);
    CHECK_OK(ask(0, 3, false));
    CHECK_OK(jm_witness_last(&note, &role, jm_str(role.log[1].id), &mem, &diag));
    CHECK_SAME(note, W.last);
    CHECK_ST(jm_witness_last(&note, &role, JM_BYTES("00"), &mem, &diag), JM_E_ABSENT);
    CHECK_EQ(note.len, 0);
}

TEST(a_stored_note_is_its_own_logs)
{
    struct jm_checkpoint cp;

    begin();
    CHECK_OK(ask(0, 3, false));
    CHECK_OK(jm_witness_stored(&cp, W.last, JM_BYTES(ORIGIN), &mem));
    CHECK_EQ(cp.size, 3);
    CHECK_ST(jm_witness_stored(&cp, W.last, JM_BYTES("another"), &mem), JM_E_DENIED);
    CHECK_ST(jm_witness_stored(&cp, jm_none(), JM_BYTES(ORIGIN), &mem), JM_E_DENIED);
}
