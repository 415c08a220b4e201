/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#include "host/openssl/ed25519.h"
#include "jumin/book.h"
#include "jumin/bundle.h"
#include "jumin/cbor.h"
#include "jumin/trust.h"

static struct jm_arena mem;

static struct jm_policy policy_a(void)
{
    struct jm_policy p;

    CHECK_OK(jm_policy_read(&p, vector("ledger/policy-a.txt"), CRYPTO, &mem, NULL));
    return p;
}

static const struct jm_json *proofs(void)
{
    struct jm_arena *file = JM_NEW(&mem, struct jm_arena);

    *file = arena(1 << 18);
    return vector_json("ledger/proofs-a.json", file);
}

static struct jm_bytes unhex(struct jm_bytes digits)
{
    return test_unhex(digits, "a vector");
}

/* -- tlog-proof -- */

static struct jm_policy changes_policy;
static struct jm_bytes changes_entry;

static bool accepts_proof(struct jm_bytes text)
{
    struct jm_arena own = still_arena();
    struct jm_reading r = ledger_reading(&own);
    struct jm_judged_checkpoint j;

    return jm_tlog_proof_verify(&j, text, changes_entry, &changes_policy, &r) == JM_OK;
}

TEST(vectors_of_proofs)
{
    size_t n = 0;

    mem = arena(1 << 18);
    changes_policy = policy_a();
    for (const struct jm_json *row = child_of(jm_json_get(proofs(), "tlog_proofs")); row != NULL;
         row = row->next, n++) {
        struct jm_bytes text = exact(text_of(row, "tlog_proof"));
        struct jm_reading r = ledger_reading(&mem);
        struct jm_buf again = room(text.len);
        struct jm_judged_checkpoint j;
        struct jm_tlog_proof p;

        changes_entry = unhex(text_of(row, "entry"));
        CHECK_OK(jm_tlog_proof_verify(&j, text, changes_entry, &changes_policy, &r));
        CHECK_EQ(j.cp.size, 19);
        CHECK_OK(jm_tlog_proof_read(&p, text, &mem));
        CHECK_EQ(p.index, uint_of(row, "index"));
        CHECK(p.extra.ptr == NULL);
        CHECK_OK(jm_tlog_proof_put(&again, &p));
        CHECK_SAME(jm_written(again), text);
        for (size_t cap = 0; cap < text.len; cap += 7) {
            struct jm_buf small = room(cap);

            CHECK_ST(jm_tlog_proof_put(&small, &p), JM_E_NO_SPACE);
        }
        CHECK_ST(jm_tlog_proof_verify(&j, text, JM_BYTES("another entry"), &changes_policy, &r),
                 JM_E_DENIED);
        CHECK_EQ(kit_diag.code, JM_LEDGER_PROOF_INCLUSION);
        if (n == 3)
            check_refuses_changes(text, accepts_proof, NULL, 0);
    }
    CHECK_EQ(n, 4);
}

TEST(vectors_of_consistency)
{
    size_t n = 0;

    mem = arena(1 << 18);
    for (const struct jm_json *row = child_of(jm_json_get(proofs(), "consistency")); row != NULL;
         row = row->next, n++) {
        struct jm_hash32 root1 = hash_of(unhex(text_of(row, "root1"))),
                         root2 = hash_of(unhex(text_of(row, "root2")));
        struct jm_proof p = {0};

        for (const struct jm_json *e = child_of(jm_json_get(row, "proof")); e != NULL; e = e->next)
            p.hash[p.n++] = hash_of(unhex(e->text));
        CHECK_OK(jm_consistency_verify(CRYPTO, uint_of(row, "size1"), uint_of(row, "size2"), &root1,
                                       &root2, p.hash, p.n));
    }
    CHECK(n > 4);
}

#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define HEAD "c2sp.org/tlog-proof@v1\n"

TEST(forms_of_proofs)
{
    static const struct {
        const char *name, *text;
        enum jm_status st;
    } rows[] = {
        {"whole", HEAD "index 0\n" HASH "\ncheckpoint", JM_OK},
        {"without hashes", HEAD "index 7\n\nc", JM_OK},
        {"extra", HEAD "extra AAE=\nindex 7\n\nc", JM_OK},
        {"empty", "", JM_E_MALFORMED},
        {"another version", "c2sp.org/tlog-proof@v2\nindex 0\n\nc", JM_E_MALFORMED},
        {"no index", HEAD HASH "\nc", JM_E_MALFORMED},
        {"index without a number", HEAD "index \n\nc", JM_E_MALFORMED},
        {"index with a leading zero", HEAD "index 01\n\nc", JM_E_MALFORMED},
        {"index negative", HEAD "index -1\n\nc", JM_E_MALFORMED},
        {"index too large", HEAD "index 9223372036854775807\n\nc", JM_E_MALFORMED},
        {"index twice", HEAD "index 1\nindex 1\n\nc", JM_E_MALFORMED},
        {"extra behind the index", HEAD "index 1\nextra AAE=\n\nc", JM_E_MALFORMED},
        {"extra twice", HEAD "extra AAE=\nextra AAE=\nindex 1\n\nc", JM_E_MALFORMED},
        {"extra empty", HEAD "extra \nindex 1\n\nc", JM_E_MALFORMED},
        {"extra not base64", HEAD "extra !\nindex 1\n\nc", JM_E_MALFORMED},
        {"a hash too short", HEAD "index 1\nAAE=\n\nc", JM_E_MALFORMED},
        {"no blank line", HEAD "index 1\n" HASH, JM_E_MALFORMED},
        {"no checkpoint", HEAD "index 1\n" HASH "\n", JM_E_MALFORMED},
        {"carriage return", HEAD "index 1\r\n\nc", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_tlog_proof p;

        mem = arena(1 << 12);
        ROW(CHECK_ST(jm_tlog_proof_read(&p, exact(jm_str(rows[i].text)), &mem), rows[i].st) &&
                CHECK_EQ(p.checkpoint.len != 0, rows[i].st == JM_OK),
            rows[i].name);
    }
}

TEST(faults_of_proofs_have_their_codes)
{
    struct jm_judged_checkpoint j;
    struct jm_buf b = room(4000);
    struct jm_tlog_proof p;

    mem = arena(1 << 18);
    struct jm_policy policy = policy_a();
    struct jm_reading r = ledger_reading(&mem);
    const struct jm_json *row = child_of(jm_json_get(proofs(), "tlog_proofs"));
    struct jm_bytes entry = unhex(text_of(row, "entry"));
    CHECK_ST(jm_tlog_proof_verify(&j, JM_BYTES("c2sp.org"), entry, &policy, &r), JM_E_MALFORMED);
    CHECK_EQ(kit_diag.code, JM_LEDGER_PROOF_FORM);
    CHECK_OK(jm_tlog_proof_read(&p, text_of(row, "tlog_proof"), &mem));
    p.index = 19; /* behind the end */
    CHECK_OK(jm_tlog_proof_put(&b, &p));
    r = ledger_reading(&mem);
    CHECK_ST(jm_tlog_proof_verify(&j, jm_written(b), entry, &policy, &r), JM_E_DENIED);
    CHECK_EQ(kit_diag.code, JM_LEDGER_PROOF_INCLUSION);
    b.len = 0;
    p.checkpoint = JM_BYTES("t\n\n");
    CHECK_OK(jm_tlog_proof_put(&b, &p));
    r = ledger_reading(&mem);
    CHECK_ST(jm_tlog_proof_verify(&j, jm_written(b), entry, &policy, &r), JM_E_MALFORMED);
    CHECK_EQ(kit_diag.code, JM_LEDGER_BUNDLE_NOTE);
}

TEST(extra_is_read_and_written)
{
    static const char text[] = HEAD "extra AAE=\nindex 7\n" HASH "\nc";
    struct jm_buf again = room(sizeof text);
    struct jm_tlog_proof p;

    mem = arena(1 << 12);
    CHECK_OK(jm_tlog_proof_read(&p, jm_str(text), &mem));
    CHECK_BYTES(p.extra, "0001");
    CHECK_OK(jm_tlog_proof_put(&again, &p));
    CHECK_STR(jm_written(again), text);
}

TEST(a_proof_of_too_many_hashes)
{
    struct jm_buf b = room(JM_TLOG_PROOF_MAX + 1);
    struct jm_tlog_proof p;

    mem = arena(1 << 12);
    CHECK_OK(jm_buf_put(&b, JM_BYTES(HEAD "index 1\n")));
    for (size_t i = 0; i <= JM_PROOF_MAX; i++)
        CHECK_OK(jm_buf_put(&b, JM_BYTES(HASH)));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\nc")));
    CHECK_ST(jm_tlog_proof_read(&p, jm_written(b), &mem), JM_E_LIMIT);
    CHECK_EQ(p.path.n, 0);
    memset(b.ptr, 'a', b.cap);
    CHECK_ST(jm_tlog_proof_read(&p, jm_bytes(b.ptr, b.cap), &mem), JM_E_LIMIT);
}

/* -- the vectors' bundle -- */

static struct jm_bundle_rules rules_of(const struct jm_policy *p)
{
    return (
        struct jm_bundle_rules){.policy = p, .good_s = JM_FRESH_GOOD_S, .warn_s = JM_FRESH_WARN_S};
}

static bool accepts_bundle(struct jm_bytes octets)
{
    struct jm_arena own = still_arena();
    struct jm_reading r = ledger_reading(&own);
    struct jm_bundle_rules rules = rules_of(&changes_policy);
    struct jm_bundle b;

    return jm_bundle_open(&b, octets, &rules, &r) == JM_OK;
}

TEST(the_bundle_of_the_vectors)
{
    struct jm_bundle b;
    struct jm_bytes value, text;
    uint64_t version;

    mem = arena(1 << 18);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_policy p = policy_a();
    struct jm_bundle_rules rules = rules_of(&p);
    CHECK_OK(jm_bundle_open(&b, unhex(text_of(proofs(), "bundle")), &rules, &r));
    CHECK_EQ(b.checkpoint.cp.size, 19);
    CHECK_EQ(b.checkpoint.fresh, 1900001120);
    CHECK_EQ(b.index, 18);
    CHECK_EQ(b.block.height, 7);
    CHECK_EQ(b.block.time, 1900001060);
    CHECK_EQ(b.block.n_accepted, 2);
    CHECK_EQ(b.block.state_size, 25);
    CHECK_EQ(b.trust.len, b.block.trust_len);
    CHECK_EQ(b.n, 3);
    CHECK_EQ(b.age, JM_AGE_GOOD);
    CHECK_EQ(b.memory.size, 19);
    CHECK(jm_hash32_eq(&b.memory.root, &b.checkpoint.cp.root));
    CHECK_OK(jm_bundle_find(&value, &b, JM_BYTES("rp/bank-a")));
    CHECK_EQ(value.len, 83);
    CHECK_ST(jm_bundle_find(&value, &b, JM_BYTES("rp/bank-b")), JM_E_ABSENT);
    CHECK_OK(jm_bundle_policy(&version, &text, &b));
    CHECK_EQ(version, 1);
    CHECK_OK(jm_policy_read(&p, text, CRYPTO, &mem, NULL));
    /* use/… is the last key of 25, nothing lies behind it; its neighbours are not here */
    CHECK(jm_bundle_proves_absent(&b, JM_BYTES("wallet/x")));
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("rp/bank-b")));
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("rp/bank-a")));
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("a")));
}

TEST(the_bundle_without_its_trust_set)
{
    struct jm_bundle b;
    struct jm_bytes text;
    uint64_t version = 1;

    mem = arena(1 << 18);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_policy p = policy_a();
    struct jm_bundle_rules rules = rules_of(&p);
    CHECK_OK(jm_bundle_open(&b, unhex(text_of(proofs(), "bundle_without_trustset")), &rules, &r));
    CHECK(b.trust.ptr == NULL);
    CHECK_ST(jm_bundle_policy(&version, &text, &b), JM_E_ABSENT);
    CHECK_EQ(version, 0);
}

/* An octet set to another value each, all of them, and the rest of what may be done to it where the
 * bundle is shorter. */
TEST(each_octet_of_the_bundle_counts)
{
    struct jm_bytes whole;
    uint8_t *changed;

    mem = arena(1 << 18);
    changes_policy = policy_a();
    whole = unhex(text_of(proofs(), "bundle"));
    CHECK(accepts_bundle(whole));
    changed = test_malloc(whole.len);
    memcpy(changed, whole.ptr, whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        changed[i] ^= (uint8_t)(1u << i % 8);
        CHECK(!accepts_bundle(jm_bytes(changed, whole.len)));
        changed[i] = (uint8_t)~whole.ptr[i];
        CHECK(!accepts_bundle(jm_bytes(changed, whole.len)));
        changed[i] = whole.ptr[i];
    }
    check_refuses_changes(unhex(text_of(proofs(), "bundle_without_trustset")), accepts_bundle, NULL,
                          0);
}

TEST(a_bundle_is_judged_by_promises)
{
    static struct jm_book book;
    uint8_t *own = test_malloc(1 << 16);
    enum jm_status st;
    struct jm_bundle b;
    size_t asked = 0;

    mem = arena(1 << 18);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_policy p = policy_a();
    struct jm_bundle_rules rules = rules_of(&p);
    struct jm_bytes octets = unhex(text_of(proofs(), "bundle"));
    jm_book_init(&book, own, 1 << 16);
    struct jm_answers by = jm_book_answers(&book);
    r.answers = &by;
    while ((st = jm_bundle_open(&b, octets, &rules, &r)) == JM_E_PENDING && asked++ < 10) {
        const struct jm_ask *ask;
        struct jm_answer a = {.kind = JM_ASK_VERIFY};

        CHECK_EQ(jm_book_asks(&book, &ask), 1);
        a.st = jm_openssl_verify(NULL, ask->alg, ask->key, ask->data, ask->sig);
        CHECK_OK(jm_book_answer(&book, ask->id, &a));
        jm_book_rewind(&book);
    }
    CHECK_OK(st);
    CHECK_EQ(asked, 5);
    CHECK_EQ(b.n, 3);
}

TEST(a_bundle_in_little_room)
{
    static uint8_t own[64 * 1024];
    struct jm_bytes octets;
    enum jm_status st = JM_E_NO_SPACE;
    struct jm_bundle b;

    mem = arena(1 << 18);
    struct jm_policy p = policy_a();
    struct jm_bundle_rules rules = rules_of(&p);
    octets = unhex(text_of(proofs(), "bundle"));
    for (size_t cap = 0; st == JM_E_NO_SPACE && cap < sizeof own; cap += 64) {
        struct jm_arena small;

        jm_arena_init(&small, own, cap);
        struct jm_reading r = ledger_reading(&small);
        st = jm_bundle_open(&b, octets, &rules, &r);
        CHECK(st == JM_OK || (st == JM_E_NO_SPACE && kit_diag.code == JM_CODE_NONE && b.n == 0));
    }
    CHECK_OK(st);
}

/* -- a bundle of our own: each fault has its code -- */

static const struct jm_secret32 log_seed = {{1}}, cosigner_seed = {{2}};

/* What a bundle is made of; a test changes a member before it is made. */
struct made {
    struct jm_bytes origin, trust, block, key[3], value[3];
    int64_t time;
    uint64_t index; /* of the block entry, in a log of three */
    uint64_t state_size;
    bool no_cosignature, damaged_signature, other_root;
    struct jm_log_block says;
};

static struct jm_vkey made_key(const char *name, enum jm_note_type type,
                               const struct jm_secret32 *seed)
{
    uint8_t *key = test_malloc(JM_ED25519_KEY_LEN);
    struct jm_vkey k;

    CHECK_OK(jm_ed25519_public(key, seed));
    CHECK_OK(jm_vkey_make(&k, jm_str(name), type, jm_bytes(key, JM_ED25519_KEY_LEN), CRYPTO));
    return k;
}

static struct jm_policy made_policy(void)
{
    struct jm_policy_log *log = JM_NEW(&mem, struct jm_policy_log);
    struct jm_policy_member *m = JM_NEW(&mem, struct jm_policy_member);

    log->key = made_key("o.example", JM_NOTE_ED25519, &log_seed);
    m->key = made_key("w.example", JM_NOTE_COSIGNATURE, &cosigner_seed);
    m->name = JM_BYTES("w");
    return (struct jm_policy){log, m, 1, 1, 1};
}

static struct made good(void)
{
    return (struct made){.origin = JM_BYTES("o.example"),
                         .trust = JM_BYTES("\x80"),
                         .key = {JM_BYTES("epoch/a"), JM_BYTES("rp/b"), JM_BYTES("use/c")},
                         .value = {JM_BYTES("\x01"), JM_BYTES("\x02"), JM_BYTES("\x03")},
                         .time = KIT_LEDGER_NOW - 10,
                         .index = 2,
                         .state_size = 3,
                         .says = {.height = 9, .time = 5, .n_accepted = 1}};
}

static struct jm_bytes checkpoint_made(const struct made *m, const struct jm_hash32 *root)
{
    struct jm_checkpoint cp = {m->origin, 3, *root};
    struct jm_vkey log = made_key("o.example", JM_NOTE_ED25519, &log_seed),
                   cosigner = made_key("w.example", JM_NOTE_COSIGNATURE, &cosigner_seed);
    struct jm_buf b = room(1000);
    struct jm_bytes text, message;
    struct jm_sig sig;

    if (m->other_root)
        cp.root.octets[0] ^= 1;
    CHECK_OK(jm_checkpoint_put(&b, &cp));
    text = jm_written(b);
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_OK(jm_ed25519_sign(&sig, &log_seed, text));
    sig.octets[0] ^= m->damaged_signature;
    CHECK_OK(jm_note_put_sig(&b, &log, jm_sig_bytes(&sig)));
    if (!m->no_cosignature) {
        CHECK_OK(jm_cosignature_message(&message, m->time, text, &mem));
        CHECK_OK(jm_ed25519_sign(&sig, &cosigner_seed, message));
        CHECK_OK(jm_note_put_cosignature(&b, &cosigner, m->time, jm_sig_bytes(&sig)));
    }
    return jm_written(b);
}

static struct jm_bytes block_made(const struct jm_log_block *says)
{
    struct jm_buf b = room(200);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 8);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_uint(&w, says->height);
    jm_cbor_w_uint(&w, (uint64_t)says->time);
    jm_cbor_w_uint(&w, says->n_accepted);
    jm_cbor_w_uint(&w, says->state_size);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&says->state_root));
    jm_cbor_w_uint(&w, says->trust_len);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&says->trust_hash));
    CHECK_OK(jm_cbor_w_end(&w));
    return jm_written(b);
}

static struct jm_bytes bundle_made(struct made *m)
{
    struct jm_hash32 leaf[3], state[3], root;
    struct jm_leaves log = {leaf, 3, CRYPTO}, rows = {state, 3, CRYPTO};
    struct jm_nodes log_nodes = jm_leaves_nodes(&log), state_nodes = jm_leaves_nodes(&rows);
    struct jm_proof path, paths[3];
    struct jm_proven proven[3];
    struct jm_buf b = room(4000);

    for (size_t i = 0; i < 3; i++)
        CHECK_OK(jm_state_leaf(&state[i], CRYPTO, m->key[i], m->value[i]));
    CHECK_OK(jm_merkle_root(&m->says.state_root, CRYPTO, state, 3));
    m->says.state_size = m->state_size;
    m->says.trust_len += m->trust.len;
    CHECK_OK(jm_sha256(CRYPTO, m->trust, m->says.trust_hash.octets));
    if (m->block.ptr == NULL)
        m->block = block_made(&m->says);
    for (size_t i = 0; i < 3; i++) {
        leaf[i] = leaf_of(i);
        if (i == m->index)
            CHECK_OK(jm_merkle_leaf(&leaf[i], CRYPTO, &m->block, 1));
        CHECK_OK(jm_inclusion_make(&paths[i], &state_nodes, i, 3));
        proven[i] = (struct jm_proven){m->key[i], m->value[i], i, paths[i].hash, paths[i].n};
    }
    CHECK_OK(jm_merkle_root(&root, CRYPTO, leaf, 3));
    CHECK_OK(jm_inclusion_make(&path, &log_nodes, m->index, 3));
    const struct jm_bundle_spec spec = {.checkpoint = checkpoint_made(m, &root),
                                        .block = m->block,
                                        .trust = m->trust,
                                        .index = m->index,
                                        .path = &path,
                                        .record = proven,
                                        .n = 3};
    CHECK_OK(jm_bundle_put(&b, &spec));
    for (size_t cap = 0; cap < b.len; cap += 97) {
        struct jm_buf small = room(cap);

        CHECK_ST(jm_bundle_put(&small, &spec), JM_E_NO_SPACE);
    }
    return exact(jm_written(b));
}

static struct jm_bundle opened;

static enum jm_code code_of(struct jm_bytes octets, const struct jm_reader_memory *memory,
                            int64_t later_s)
{
    struct jm_policy p = made_policy();
    struct jm_reading r = ledger_reading(&mem);
    struct jm_bundle_rules rules = rules_of(&p);
    enum jm_status st;

    rules.memory = memory;
    r.now += later_s;
    st = jm_bundle_open(&opened, octets, &rules, &r);
    CHECK_EQ(st == JM_OK, kit_diag.code == JM_CODE_NONE);
    CHECK_EQ(st == JM_OK, opened.checkpoint.cp.size == 3);
    return kit_diag.code;
}

TEST(each_fault_has_its_code)
{
    struct made m;

    mem = arena(1 << 18);
    m = good();
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_CODE_NONE);
    CHECK_EQ(opened.block.height, 9);
    CHECK_EQ(code_of(JM_BYTES("\xa0"), NULL, 0), JM_LEDGER_BUNDLE_FORM);
    m = good();
    m.damaged_signature = true;
    m.no_cosignature = true; /* the first fault counts */
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_NOTE);
    m = good();
    m.origin = JM_BYTES("p.example");
    m.no_cosignature = true;
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_ORIGIN);
    m = good();
    m.no_cosignature = true;
    m.other_root = true;
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_QUORUM);
    m = good();
    m.other_root = true;
    m.block = JM_BYTES("\x80");
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_INCLUSION);
    m = good();
    m.index = 1; /* in the log, and not the last of it: an older state under a fresh checkpoint */
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_INCLUSION);
    m = good();
    m.block = JM_BYTES("\x83\x00\x61\x61\x41\x00");
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_NOTBLOCK);
    m = good();
    m.says.trust_len = 1;
    m.state_size = 4;
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_TRUSTSET);
    m = good();
    m.state_size = 5;
    m.time = 1;
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_STATE);
    m = good();
    m.time = 1;
    CHECK_EQ(code_of(bundle_made(&m), NULL, 0), JM_LEDGER_BUNDLE_STALE);
}

TEST(another_trust_set_of_the_same_length)
{
    struct made m = good();
    struct jm_bytes octets;
    uint8_t *changed;

    mem = arena(1 << 18);
    m.trust = JM_BYTES("\x82\x01\x02");
    octets = bundle_made(&m);
    changed = test_malloc(octets.len);
    memcpy(changed, octets.ptr, octets.len);
    changed[jm_bytes_find(octets, JM_BYTES("\x43\x82\x01\x02")) + 3]++;
    CHECK_EQ(code_of(octets, NULL, 0), JM_CODE_NONE);
    CHECK_EQ(code_of(jm_bytes(changed, octets.len), NULL, 0), JM_LEDGER_BUNDLE_TRUSTSET);
}

TEST(a_reader_does_not_go_back)
{
    struct jm_reader_memory seen = {.policy_version = 6};
    struct jm_bytes octets;
    struct made m = good();

    mem = arena(1 << 18);
    octets = bundle_made(&m);
    CHECK_EQ(code_of(octets, &seen, 0), JM_CODE_NONE);
    seen = opened.memory;
    CHECK(seen.size == 3 && seen.policy_version == 6);
    CHECK_EQ(code_of(octets, &seen, 0), JM_CODE_NONE);
    seen.root.octets[31] ^= 1;
    CHECK_EQ(code_of(octets, &seen, 0), JM_LEDGER_BUNDLE_FORK);
    seen.size = 4;
    CHECK_EQ(code_of(octets, &seen, 0), JM_LEDGER_BUNDLE_ROLLBACK);
    seen.size = 2;
    CHECK_EQ(code_of(octets, &seen, 0), JM_CODE_NONE);
    m = good();
    m.other_root = true; /* rollback and fork come before inclusion */
    seen = opened.memory;
    CHECK_EQ(code_of(bundle_made(&m), &seen, 0), JM_LEDGER_BUNDLE_FORK);
}

TEST(how_old_a_bundle_is)
{
    struct made m = good();
    struct jm_bundle_rules rules = {0};
    struct jm_bytes octets;

    mem = arena(1 << 18);
    octets = bundle_made(&m);
    CHECK_EQ(code_of(octets, NULL, JM_FRESH_GOOD_S - 10), JM_CODE_NONE);
    CHECK_EQ(opened.age, JM_AGE_GOOD);
    CHECK_EQ(code_of(octets, NULL, JM_FRESH_GOOD_S - 9), JM_CODE_NONE);
    CHECK_EQ(opened.age, JM_AGE_WARN);
    CHECK_EQ(code_of(octets, NULL, JM_FRESH_WARN_S - 10), JM_CODE_NONE);
    CHECK_EQ(opened.age, JM_AGE_WARN);
    CHECK_EQ(code_of(octets, NULL, JM_FRESH_WARN_S - 9), JM_LEDGER_BUNDLE_STALE);
    /* no incident was declared */
    struct jm_policy p = made_policy();
    struct jm_reading r = ledger_reading(&mem);
    rules = rules_of(&p);
    rules.warn_s = 0;
    r.now += JM_FRESH_GOOD_S - 9;
    CHECK_ST(jm_bundle_open(&opened, octets, &rules, &r), JM_E_UNAVAILABLE);
    /* on the way to the present policy */
    rules.good_s = 0;
    r.now += 100 * JM_FRESH_GOOD_S;
    CHECK_OK(jm_bundle_open(&opened, octets, &rules, &r));
    CHECK_EQ(opened.age, JM_AGE_UNJUDGED);
}

TEST(a_port_that_fails_refuses_nothing)
{
    struct made m = good();
    struct jm_judged_checkpoint j;
    enum jm_status st = JM_E_UNAVAILABLE;
    struct jm_bytes octets;

    mem = arena(1 << 18);
    octets = bundle_made(&m);
    struct jm_policy p = made_policy();
    struct jm_reading r = ledger_reading(&mem);
    struct jm_bundle_rules rules = rules_of(&p);
    r.crypto = &kit_scarce;
    for (unsigned n = 0; st != JM_OK && n < 40; n++) {
        kit_hashes = n;
        st = jm_bundle_open(&opened, octets, &rules, &r);
        CHECK(st == JM_OK || (st == JM_E_UNAVAILABLE && kit_diag.code == JM_CODE_NONE));
    }
    CHECK_OK(st);
    p = policy_a();
    st = JM_E_UNAVAILABLE;
    const struct jm_json *row = child_of(jm_json_get(proofs(), "tlog_proofs"));
    for (unsigned n = 0; st != JM_OK && n < 40; n++) {
        kit_hashes = n;
        st = jm_tlog_proof_verify(&j, text_of(row, "tlog_proof"), unhex(text_of(row, "entry")), &p,
                                  &r);
        CHECK(st == JM_OK || (st == JM_E_UNAVAILABLE && kit_diag.code == JM_CODE_NONE));
    }
    CHECK_OK(st);
}

TEST(absence_takes_two_neighbours)
{
    struct jm_proven rows[] = {{JM_BYTES("b"), {NULL, 0}, 0, NULL, 0},
                               {JM_BYTES("d"), {NULL, 0}, 1, NULL, 0},
                               {JM_BYTES("h"), {NULL, 0}, 3, NULL, 0}};
    struct jm_bundle b = {.record = rows, .n = 3, .block = {.state_size = 4}};
    static const struct {
        const char *key;
        bool absent;
    } all[] = {{"a", true},  {"b", false}, {"c", true},  {"d", false},
               {"e", false}, {"g", false}, {"h", false}, {"i", true}};

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++)
        ROW(CHECK_EQ(jm_bundle_proves_absent(&b, jm_str(all[i].key)), all[i].absent), all[i].key);
    b.block.state_size = 5;
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("i")));
    rows[0].position = 1;
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("a")));
    b.n = 0;
    CHECK(!jm_bundle_proves_absent(&b, JM_BYTES("a")));
    b.block.state_size = 0;
    CHECK(jm_bundle_proves_absent(&b, JM_BYTES("a")));
}

TEST(block_entries)
{
#define H32 "5820 0000000000000000000000000000000000000000000000000000000000000000"
    static const struct {
        const char *name, *hex;
        enum jm_status st;
    } rows[] = {
        {"whole", "88 02 01 02 03 04" H32 "05" H32, JM_OK},
        {"a transaction", "84 01 01 00 41 00", JM_E_TYPE},
        {"genesis", "83 00 61 61 41 00", JM_E_TYPE},
        {"empty", "80", JM_E_MALFORMED},
        {"no array", "02", JM_E_MALFORMED},
        {"kind is a text", "81 61 61", JM_E_MALFORMED},
        {"an item less", "87 02 01 02 03 04" H32 "05", JM_E_MALFORMED},
        {"an item more", "89 02 01 02 03 04" H32 "05" H32 "00", JM_E_MALFORMED},
        {"a short root", "88 02 01 02 03 04 41 00 05" H32, JM_E_MALFORMED},
        {"a short trust hash", "88 02 01 02 03 04" H32 "05 41 00", JM_E_MALFORMED},
        {"a text for the height", "88 02 61 61 02 03 04" H32 "05" H32, JM_E_MALFORMED},
        {"a time beyond", "88 02 01 1b 8000000000000000 03 04" H32 "05" H32, JM_E_MALFORMED},
        {"longer than needed", "88 02 18 01 02 03 04" H32 "05" H32, JM_E_MALFORMED},
        {"octets behind", "88 02 01 02 03 04" H32 "05" H32 "00", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_log_block b;

        ROW(CHECK_ST(jm_log_block_read(&b, hex(rows[i].hex)), rows[i].st) &&
                CHECK_EQ(b.height, rows[i].st == JM_OK),
            rows[i].name);
    }
}

TEST(forms_of_bundles)
{
#define A "a6 01 01 02 41 61 03 00 04 41 80 05 80 "
    static const struct {
        const char *name, *hex;
    } rows[] = {
        {"empty", ""},
        {"no map", "80"},
        {"another version", "a6 01 02 02 41 61 03 00 04 41 80 05 80 07 80"},
        {"no records", "a5 01 01 02 41 61 03 00 04 41 80 05 80"},
        {"a key in the place of another", "a6 01 01 02 41 61 03 00 04 41 80 05 80 08 80"},
        {"trust set and no records", A "06 41 80"},
        {"an eighth key", "a8 01 01 02 41 61 03 00 04 41 80 05 80 06 41 80 07 80 08 80"},
        {"checkpoint is a text", "a6 01 01 02 61 61 03 00 04 41 80 05 80 07 80"},
        {"a short hash", "a6 01 01 02 41 61 03 00 04 41 80 05 81 41 00 07 80"},
        {"a record of three", A "07 81 83 61 61 41 00 00"},
        {"a record of five", A "07 81 85 61 61 41 00 00 80 00"},
        {"a record's key is octets", A "07 81 84 41 61 41 00 00 80"},
        {"octets behind", A "07 80 00"},
        {"longer than needed", A "07 98 00"},
    };
    struct jm_buf many = room(JM_PROOF_MAX * 40);

    mem = arena(1 << 16);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(code_of(hex(rows[i].hex), NULL, 0), JM_LEDGER_BUNDLE_FORM), rows[i].name);
    CHECK_EQ(code_of(hex(A "07 80"), NULL, 0), JM_LEDGER_BUNDLE_NOTE);
    CHECK_OK(jm_buf_put(&many, hex("a6 01 01 02 41 61 03 00 04 41 80 05 98 41")));
    for (size_t i = 0; i <= JM_PROOF_MAX; i++)
        CHECK_OK(jm_buf_put(&many, hex(H32)));
    CHECK_OK(jm_buf_put(&many, hex("07 80")));
    CHECK_EQ(code_of(jm_written(many), NULL, 0), JM_LEDGER_BUNDLE_FORM);
    struct jm_policy p = made_policy();
    struct jm_bundle_rules rules = rules_of(&p);
    struct jm_reading r = ledger_reading(&mem);
    uint8_t *large = test_malloc(JM_BUNDLE_MAX + 1);
    memset(large, 0, JM_BUNDLE_MAX + 1);
    CHECK_ST(jm_bundle_open(&opened, jm_bytes(large, JM_BUNDLE_MAX + 1), &rules, &r), JM_E_LIMIT);
    CHECK_EQ(kit_diag.code, JM_LEDGER_BUNDLE_FORM);
}

TEST(policies_in_trust_sets)
{
    static const struct {
        const char *name, *hex;
        enum jm_status st;
    } rows[] = {
        {"whole", "81 82 66 706f6c696379 4b a1 05 a2 01 02 02 44 61 62 63 0a 00", JM_E_MALFORMED},
        {"version 2", "81 82 66 706f6c696379 49 a1 05 a2 01 02 02 42 61 0a", JM_OK},
        {"none", "80", JM_E_ABSENT},
        {"another key", "81 82 66 706f6c696378 49 a1 05 a2 01 02 02 42 61 0a", JM_E_ABSENT},
        {"no body", "81 82 66 706f6c696379 43 a1 04 01", JM_E_MALFORMED},
        {"no text", "81 82 66 706f6c696379 45 a1 05 a1 01 02", JM_E_MALFORMED},
        {"three in an entry", "81 83 66 706f6c696379 41 00 00", JM_E_MALFORMED},
        {"octets behind", "80 00", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bundle b = {.trust = hex(rows[i].hex)};
        struct jm_bytes text;
        uint64_t version;

        ROW(CHECK_ST(jm_bundle_policy(&version, &text, &b), rows[i].st) &&
                CHECK_EQ(version, rows[i].st == JM_OK ? 2 : 0) &&
                CHECK_EQ(text.len, rows[i].st == JM_OK ? 2 : 0),
            rows[i].name);
    }
}

TEST(leaves_of_a_state)
{
    uint8_t longest[JM_STATE_KEY_LEN_MAX + 1];
    struct jm_hash32 leaf, want;
    struct jm_bytes octets;

    CHECK_OK(jm_state_leaf(&leaf, CRYPTO, JM_BYTES("a"), JM_BYTES("")));
    octets = hex("82 61 61 5820 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_OK(jm_merkle_leaf(&want, CRYPTO, &octets, 1));
    CHECK(jm_hash32_eq(&leaf, &want));
    memset(longest, 'a', sizeof longest);
    CHECK_OK(jm_state_leaf(&leaf, CRYPTO, jm_bytes(longest, sizeof longest - 1), jm_none()));
    CHECK_ST(jm_state_leaf(&leaf, CRYPTO, jm_bytes(longest, sizeof longest), jm_none()),
             JM_E_LIMIT);
}
