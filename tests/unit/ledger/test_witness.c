/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#include "host/openssl/ed25519.h"
#include "jumin/witness.h"

static struct jm_arena mem;

/* -- the vectors, step by step against one witness -- */

TEST(vectors_of_a_witness)
{
    struct jm_arena file = arena(1 << 16);
    const struct jm_json *j = vector_json("ledger/witness-a.json", &file);
    struct jm_witness_log log = {.n = 0};
    struct jm_vkey keys[8], own;
    size_t n = 0;

    mem = arena(1 << 20);
    for (const struct jm_json *k = child_of(jm_json_get(j, "log_vkeys")); k != NULL; k = k->next)
        CHECK_OK(jm_vkey_read(&keys[log.n++], k->text, CRYPTO, &mem));
    CHECK_OK(jm_vkey_read(&own, text_of(j, "witness_vkey"), CRYPTO, &mem));
    log.key = keys;
    for (const struct jm_json *row = child_of(jm_json_get(j, "steps")); row != NULL;
         row = row->next, n++) {
        const char *name = (const char *)text_of(row, "note").ptr;
        struct jm_reading r = ledger_reading(&mem);
        struct jm_witness_request q;
        struct jm_witness_verdict v;
        bool ours;

        CHECK_OK(jm_witness_read(&q, exact(text_of(row, "request")), &mem));
        ours = jm_bytes_eq(q.cp.origin, keys[0].name);
        CHECK_OK(jm_witness_judge(&v, &q, ours ? &log : NULL, &r));
        ROW(CHECK_EQ(v.status, uint_of(row, "status")), name);
        if (jm_json_get(row, "response") != NULL)
            ROW(CHECK_SAME(v.body, text_of(row, "response")), name);
        ROW(CHECK_EQ(v.store, v.status == 200) && CHECK_EQ(v.to_sign.len != 0, v.status == 200),
            name);
        if (jm_bytes_find(text_of(row, "note"), JM_BYTES("equivocation")) != SIZE_MAX)
            ROW(CHECK_EQ(v.evidence, JM_EVIDENCE_EQUIVOCATION), name);
        if (v.store) {
            log.has = true;
            log.size = v.size;
            log.root = v.root;
        }
    }
    CHECK_EQ(n, 10);
    CHECK_EQ(log.size, 19);
}

/* -- a log of our own -- */

#define N 20
static const struct jm_secret32 log_seed = {{3}}, other_seed = {{4}};
static struct jm_hash32 leaves[N];

static struct jm_vkey signer(const char *name, const struct jm_secret32 *seed,
                             enum jm_note_type type)
{
    uint8_t *key = test_malloc(JM_ED25519_KEY_LEN);
    struct jm_vkey k;

    CHECK_OK(jm_ed25519_public(key, seed));
    CHECK_OK(jm_vkey_make(&k, jm_str(name), type, jm_bytes(key, JM_ED25519_KEY_LEN), CRYPTO));
    return k;
}

static struct jm_hash32 root_at(size_t size)
{
    struct jm_hash32 h;

    for (size_t i = 0; i < N; i++)
        leaves[i] = leaf_of(i);
    CHECK_OK(jm_merkle_root(&h, CRYPTO, leaves, size));
    return h;
}

struct asked {
    uint64_t old, size, proof_from; /* proof_from 0: no proof */
    bool other_root, stranger, damaged, surplus, both;
};

static struct jm_bytes request_of(const struct asked *a)
{
    struct jm_checkpoint cp = {JM_BYTES("o.example"), a->size, root_at((size_t)a->size)};
    const struct jm_secret32 *seed = a->stranger ? &other_seed : &log_seed;
    struct jm_vkey key = signer("o.example", seed, JM_NOTE_ED25519);
    struct jm_leaves all = {leaves, N, CRYPTO};
    struct jm_nodes of = jm_leaves_nodes(&all);
    struct jm_buf b = room(8000), text = room(JM_CHECKPOINT_TEXT_MAX);
    struct jm_proof p = {0};
    struct jm_sig sig;
    char line[40];

    cp.root.octets[0] ^= a->other_root;
    if (a->proof_from != 0)
        CHECK_OK(jm_consistency_make(&p, &of, a->proof_from, a->size));
    if (a->surplus)
        p.hash[p.n++] = cp.root;
    snprintf(line, sizeof line, "old %llu\n", (unsigned long long)a->old);
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
    sig.octets[0] ^= a->damaged;
    CHECK_OK(jm_note_put_sig(&b, &key, jm_sig_bytes(&sig)));
    if (a->both) { /* another trusted key's, and wrong */
        key = signer("o.example", &other_seed, JM_NOTE_ED25519);
        CHECK_OK(jm_note_put_sig(&b, &key, jm_sig_bytes(&sig)));
    }
    return exact(jm_written(b));
}

/* Stored at size 7, or nothing. */
static struct jm_witness_verdict answer_to(const struct asked *a, bool has, size_t n_keys)
{
    struct jm_vkey keys[] = {signer("o.example", &log_seed, JM_NOTE_ED25519),
                             signer("o.example", &other_seed, JM_NOTE_ED25519)};
    struct jm_witness_log log = {keys, n_keys, has, has ? 7 : 0, root_at(has ? 7 : 0)};
    struct jm_reading r = ledger_reading(&mem);
    struct jm_witness_request q;
    struct jm_witness_verdict v = {0};

    if (!has)
        memset(&log.root, 0, sizeof log.root);
    if (CHECK_OK(jm_witness_read(&q, request_of(a), &mem)))
        CHECK_OK(jm_witness_judge(&v, &q, &log, &r));
    return v;
}

TEST(answers_in_their_order)
{
    static const struct {
        const char *name;
        struct asked a;
        bool has;
        int status;
        enum jm_witness_evidence evidence;
    } rows[] = {
        {"the first one", {.size = 7}, false, 200, JM_EVIDENCE_NONE},
        {"the first one of nothing", {.size = 0}, false, 200, JM_EVIDENCE_NONE},
        {"nothing, with another root",
         {.size = 0, .other_root = true},
         false,
         422,
         JM_EVIDENCE_EQUIVOCATION},
        {"the first one, with a proof",
         {.size = 7, .surplus = true},
         false,
         422,
         JM_EVIDENCE_UNPROVEN},
        {"grown", {.old = 7, .size = 20, .proof_from = 7}, true, 200, JM_EVIDENCE_NONE},
        {"grown by one", {.old = 7, .size = 8, .proof_from = 7}, true, 200, JM_EVIDENCE_NONE},
        {"the same again", {.old = 7, .size = 7}, true, 200, JM_EVIDENCE_NONE},
        {"the same with a proof",
         {.old = 7, .size = 7, .surplus = true},
         true,
         422,
         JM_EVIDENCE_UNPROVEN},
        {"the same size, another root",
         {.old = 7, .size = 7, .other_root = true},
         true,
         422,
         JM_EVIDENCE_EQUIVOCATION},
        {"the same size, another root, an old size of nought",
         {.old = 0, .size = 7, .other_root = true},
         true,
         409,
         JM_EVIDENCE_EQUIVOCATION},
        {"no proof", {.old = 7, .size = 20}, true, 422, JM_EVIDENCE_UNPROVEN},
        {"the proof of another size",
         {.old = 7, .size = 20, .proof_from = 6},
         true,
         422,
         JM_EVIDENCE_UNPROVEN},
        {"a hash too many",
         {.old = 7, .size = 20, .proof_from = 7, .surplus = true},
         true,
         422,
         JM_EVIDENCE_UNPROVEN},
        {"grown to another root",
         {.old = 7, .size = 20, .proof_from = 7, .other_root = true},
         true,
         422,
         JM_EVIDENCE_UNPROVEN},
        {"it was told of less",
         {.old = 6, .size = 20, .proof_from = 6},
         true,
         409,
         JM_EVIDENCE_NONE},
        {"nothing is stored",
         {.old = 6, .size = 20, .proof_from = 6},
         false,
         409,
         JM_EVIDENCE_NONE},
        {"shrunk, as it says itself", {.old = 7, .size = 6}, true, 400, JM_EVIDENCE_NONE},
        {"shrunk", {.old = 6, .size = 6}, true, 409, JM_EVIDENCE_NONE},
        {"back to nothing", {.old = 0, .size = 0}, true, 409, JM_EVIDENCE_NONE},
        {"who signed is not trusted",
         {.old = 9, .size = 7, .stranger = true},
         true,
         403,
         JM_EVIDENCE_NONE},
        {"a wrong signature", {.old = 7, .size = 7, .damaged = true}, true, 403, JM_EVIDENCE_NONE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_witness_verdict v;

        mem = arena(1 << 16);
        v = answer_to(&rows[i].a, rows[i].has, 1);
        ROW(CHECK_EQ(v.status, rows[i].status) && CHECK_EQ(v.evidence, rows[i].evidence) &&
                CHECK_EQ(v.store, rows[i].status == 200) &&
                CHECK_EQ(v.size, v.store ? rows[i].a.size : 0) &&
                CHECK_EQ(v.body.len != 0, rows[i].status == 409),
            rows[i].name);
        if (rows[i].status == 409)
            ROW(CHECK_STR(v.body, rows[i].has ? "7\n" : "0\n"), rows[i].name);
    }
}

TEST(a_wrong_signature_of_any_trusted_key_counts)
{
    const struct asked a = {.size = 7, .both = true};

    mem = arena(1 << 16);
    CHECK_EQ(answer_to(&a, false, 1).status, 200); /* the other one is nobody's here */
    CHECK_EQ(answer_to(&a, false, 2).status, 403);
}

TEST(a_key_of_another_name_or_type_is_not_the_log)
{
    const struct asked a = {.size = 7};
    struct jm_vkey keys[] = {signer("p.example", &log_seed, JM_NOTE_ED25519),
                             signer("o.example", &log_seed, JM_NOTE_COSIGNATURE)};
    struct jm_witness_log log = {.key = keys, .n = 2};
    struct jm_witness_request q;
    struct jm_witness_verdict v;

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    CHECK_OK(jm_witness_read(&q, request_of(&a), &mem));
    CHECK_OK(jm_witness_judge(&v, &q, &log, &r));
    CHECK_EQ(v.status, 403);
    CHECK_OK(jm_witness_judge(&v, &q, NULL, &r));
    CHECK_EQ(v.status, 404);
}

TEST(a_cosignature_that_was_asked_for_holds)
{
    const struct asked a = {.size = 7};
    struct jm_vkey own = signer("w.example", &other_seed, JM_NOTE_COSIGNATURE);
    struct jm_buf b = room(2000);
    struct jm_witness_verdict v;
    struct jm_witness_request q;
    struct jm_vouch vouch;
    struct jm_signed_note note;
    struct jm_sig sig;

    mem = arena(1 << 16);
    v = answer_to(&a, false, 1);
    CHECK_OK(jm_ed25519_sign(&sig, &other_seed, v.to_sign));
    CHECK_OK(jm_witness_read(&q, request_of(&a), &mem));
    CHECK_OK(jm_buf_put(&b, q.octets));
    CHECK_OK(jm_note_put_cosignature(&b, &own, KIT_LEDGER_NOW, jm_sig_bytes(&sig)));
    struct jm_reading r = ledger_reading(&mem);
    CHECK_OK(jm_note_read(&note, jm_written(b), &mem));
    CHECK_OK(jm_note_vouched(&vouch, &note, &own, &r));
    CHECK(vouch.holds && vouch.time == KIT_LEDGER_NOW);
}

TEST(a_witness_without_a_clock_or_an_answerer)
{
    const struct asked a = {.size = 7};
    struct jm_vkey key = signer("o.example", &log_seed, JM_NOTE_ED25519);
    struct jm_witness_log log = {.key = &key, .n = 1};
    struct jm_witness_request q;
    struct jm_witness_verdict v;

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    CHECK_OK(jm_witness_read(&q, request_of(&a), &mem));
    r.now = 0;
    CHECK_ST(jm_witness_judge(&v, &q, &log, &r), JM_E_RANGE);
    CHECK_EQ(v.status, 0);
    r.now = 1;
    r.answers = NULL;
    CHECK_ST(jm_witness_judge(&v, &q, &log, &r), JM_E_UNAVAILABLE);
    CHECK(v.status == 0 && !v.store);
}

TEST(a_port_that_fails_refuses_nothing)
{
    static const struct asked rows[] = {{.old = 7, .size = 20, .proof_from = 7}, {.size = 0}};
    struct jm_vkey key = signer("o.example", &log_seed, JM_NOTE_ED25519);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_witness_log log = {&key, 1, i == 0, i == 0 ? 7 : 0, root_at(7)};
        enum jm_status st = JM_E_UNAVAILABLE;
        struct jm_witness_request q;
        struct jm_witness_verdict v;

        mem = arena(1 << 17);
        struct jm_reading r = ledger_reading(&mem);
        r.crypto = &kit_scarce;
        CHECK_OK(jm_witness_read(&q, request_of(&rows[i]), &mem));
        for (unsigned n = 0; st != JM_OK && n < 40; n++) {
            kit_hashes = n;
            st = jm_witness_judge(&v, &q, &log, &r);
            CHECK(st == JM_OK || (st == JM_E_UNAVAILABLE && v.status == 0));
        }
        CHECK_OK(st);
        CHECK_EQ(v.status, 200);
    }
}

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define CP "o\n0\n" ROOT "\n\n\xE2\x80\x94 o AAAAAAE=\n"

TEST(forms_of_requests)
{
    static const struct {
        const char *name, *text;
        enum jm_status st;
    } rows[] = {
        {"whole", "old 0\n\n" CP, JM_OK},
        {"with a hash", "old 0\n" ROOT "\n\n" CP, JM_OK},
        {"empty", "", JM_E_MALFORMED},
        {"no old", "\n" CP, JM_E_MALFORMED},
        {"old in capitals", "Old 0\n\n" CP, JM_E_MALFORMED},
        {"old without a number", "old \n\n" CP, JM_E_MALFORMED},
        {"old with a leading zero", "old 00\n\n" CP, JM_E_MALFORMED},
        {"old negative", "old -1\n\n" CP, JM_E_MALFORMED},
        {"old beyond 64 bits", "old 18446744073709551616\n\n" CP, JM_E_MALFORMED},
        {"a hash too short", "old 0\nAAE=\n\n" CP, JM_E_MALFORMED},
        {"no blank line", "old 0\n" CP, JM_E_MALFORMED},
        {"no checkpoint", "old 0\n\n", JM_E_MALFORMED},
        {"no checkpoint in the note", "old 0\n\no\n\n\xE2\x80\x94 o AAAAAAE=\n", JM_E_MALFORMED},
        {"no signature", "old 0\n\no\n0\n" ROOT "\n", JM_E_MALFORMED},
        {"one key twice", "old 0\n\n" CP "\xE2\x80\x94 o AAAAAAI=\n", JM_E_DUPLICATE},
        {"carriage return", "old 0\r\n\n" CP, JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_witness_request q;

        mem = arena(1 << 13);
        ROW(CHECK_ST(jm_witness_read(&q, exact(jm_str(rows[i].text)), &mem), rows[i].st) &&
                CHECK_EQ(q.note.n, rows[i].st == JM_OK),
            rows[i].name);
    }
}

TEST(requests_have_63_hashes_at_most)
{
    struct jm_buf b = room(JM_WITNESS_BODY_MAX + 1);
    struct jm_witness_request q;
    size_t before;

    mem = arena(1 << 14);
    CHECK_OK(jm_buf_put(&b, JM_BYTES("old 1\n")));
    for (size_t i = 0; i < JM_WITNESS_PROOF_MAX; i++)
        CHECK_OK(jm_buf_put(&b, JM_BYTES(ROOT "\n")));
    before = b.len;
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n" CP)));
    CHECK_OK(jm_witness_read(&q, jm_written(b), &mem));
    CHECK_EQ(q.proof.n, JM_WITNESS_PROOF_MAX);
    b.len = before;
    CHECK_OK(jm_buf_put(&b, JM_BYTES(ROOT "\n\n" CP)));
    CHECK_ST(jm_witness_read(&q, jm_written(b), &mem), JM_E_LIMIT);
    CHECK_EQ(q.proof.n, 0);
    memset(b.ptr, 'a', b.cap);
    CHECK_ST(jm_witness_read(&q, jm_bytes(b.ptr, b.cap), &mem), JM_E_LIMIT);
}
