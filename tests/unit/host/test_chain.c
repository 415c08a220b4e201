/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.jml and the chain over it: written, reopened, cut at every octet, changed at every bit;
 * proofs; the writer under many threads, and where the disk says no. */
#include "unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "host/ledger/file.h"
#include "host/ledger/writer.h"
#include "unit/folder.h"
#include "unit/ledger/ltx_kit.h"

#define BLOCKS 4
#define THREADS 16
#define EACH 8

static char folder[64], file[96];
static struct jm_bytes genesis;
static struct jm_hash32 app[BLOCKS + 1]; /* after each block */
static uint64_t end_of[BLOCKS + 1];      /* of the file, too */

/* -- a folder, a chain in it -- */

static enum jm_status open_at(struct jm_chain **c, struct jm_bytes of, bool all)
{
    const struct jm_chain_config config = {file, of, lk_port, all};

    return jm_chain_open(c, &config);
}

static struct jm_chain *open_good(void)
{
    struct jm_chain *c;

    CHECK_OK(open_at(&c, genesis, false));
    if (c == NULL)
        abort();
    return c;
}

static void new_folder(void)
{
    lk_found(LK_GENESIS);
    genesis = lk_cbor(LK_GENESIS);
    if (folder[0] != '\0')
        clear_away(folder);
    snprintf(folder, sizeof folder, "/tmp/jm-chain-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/ledger.jml", folder);
}

static uint64_t size_of_file(void)
{
    FILE *in = fopen(file, "rb");
    long n;

    if (in == NULL || fseek(in, 0, SEEK_END) != 0)
        abort();
    n = ftell(in);
    fclose(in);
    return (uint64_t)n;
}

static void put_file(struct jm_bytes octets)
{
    FILE *out = fopen(file, "wb");

    if (out == NULL || fwrite(octets.ptr, 1, octets.len, out) != octets.len || fclose(out) != 0)
        abort();
}

/* One block of one list-like record. */
static struct jm_hash32 add_block(struct jm_chain *c, const char *id)
{
    const struct jm_ledger *l = jm_chain_ledger(c);
    char body[512];
    struct jm_block b;

    jm_arena_reset(&lk_block_mem);
    CHECK_OK(jm_block_begin(&b, l, l->height + 1, LK_NOW, &lk_block_mem));
    snprintf(body, sizeof body, "{1 'https://%s' 2 1 3 1 4 1 5 #32:01 6 'https://s.example' 7 []}",
             id);
    CHECK_EQ(lk_do(&b, JM_LTX_SCHEMA_PUT, body, "r1 r2"), JM_LTX_OK);
    CHECK_OK(jm_block_end(&b));
    CHECK_OK(jm_chain_commit(c, &b, NULL));
    return jm_chain_ledger(c)->app_hash;
}

/* A file of some blocks; what it was like after each of them. */
static void make_file(void)
{
    struct jm_chain *c;

    new_folder();
    c = open_good();
    app[0] = jm_chain_ledger(c)->app_hash;
    CHECK(jm_hash32_eq(&app[0], &lk_ledger.app_hash));
    end_of[0] = size_of_file();
    for (unsigned i = 1; i <= BLOCKS; i++) {
        char id[8];

        snprintf(id, sizeof id, "b%u", i);
        app[i] = add_block(c, id);
        end_of[i] = size_of_file();
    }
    jm_chain_close(&c);
    CHECK_EQ(size_of_file(), end_of[BLOCKS]);
}

/* -- reopening -- */

TEST(reopened_it_has_the_same_hashes)
{
    make_file();
    for (unsigned all = 0; all < 2; all++) {
        struct jm_chain *c;

        CHECK_OK(open_at(&c, genesis, all != 0));
        CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[BLOCKS]));
        CHECK_EQ(jm_chain_ledger(c)->height, BLOCKS);
        CHECK_EQ(jm_chain_ledger(c)->log.size, 2 + 2 * BLOCKS);
        jm_chain_close(&c);
        CHECK_EQ(size_of_file(), end_of[BLOCKS]);
    }
}

static unsigned blocks_before(uint64_t len)
{
    unsigned n = 0;

    while (n < BLOCKS && end_of[n + 1] <= len)
        n++;
    return n;
}

TEST(cut_at_every_octet_of_the_last_two_blocks)
{
    struct jm_bytes whole;

    make_file();
    whole = read_file(file);
    for (size_t len = end_of[BLOCKS - 2]; len < whole.len; len++) {
        unsigned n = blocks_before(len);
        struct jm_chain *c;

        put_file(jm_slice(whole, 0, len));
        c = open_good();
        CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[n]));
        CHECK_EQ(size_of_file(), end_of[n]);
        if (len % 16 == 0) { /* and it goes on */
            struct jm_hash32 after = add_block(c, "next");

            jm_chain_close(&c);
            c = open_good();
            CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &after));
        }
        jm_chain_close(&c);
    }
}

/* Before its first commit there is nothing to lose: it begins anew. */
TEST(cut_within_its_first_block)
{
    struct jm_bytes whole;

    make_file();
    whole = read_file(file);
    for (size_t len = 0; len < end_of[0]; len += 7) {
        struct jm_chain *c;

        put_file(jm_slice(whole, 0, len));
        c = open_good();
        CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[0]));
        CHECK_EQ(size_of_file(), end_of[0]);
        jm_chain_close(&c);
    }
}

TEST(every_bit_before_the_last_commit)
{
    struct jm_bytes whole;
    uint8_t *p;

    make_file();
    whole = read_file(file);
    p = test_malloc(whole.len);
    memcpy(p, whole.ptr, whole.len);
    for (size_t i = 0; i < end_of[BLOCKS - 1]; i++) {
        struct jm_chain *c;
        enum jm_status st;

        p[i] ^= (uint8_t)(1u << i % 8);
        put_file(jm_bytes(p, whole.len));
        st = open_at(&c, genesis, false);
        CHECK_ST(st, i < JM_JML_HEADER ? JM_E_UNSUPPORTED : JM_E_MALFORMED);
        CHECK(c == NULL);
        CHECK_EQ(size_of_file(), whole.len); /* nothing is cut off */
        jm_chain_close(&c);
        p[i] = whole.ptr[i];
    }
}

/* A fault in the last block, behind which no commit holds: as if it had never been. */
TEST(every_bit_of_the_last_block)
{
    struct jm_bytes whole;
    uint8_t *p;

    make_file();
    whole = read_file(file);
    p = test_malloc(whole.len);
    memcpy(p, whole.ptr, whole.len);
    for (size_t i = end_of[BLOCKS - 1]; i < whole.len; i++) {
        struct jm_chain *c;
        enum jm_status st;

        p[i] ^= (uint8_t)(1u << i % 8);
        put_file(jm_bytes(p, whole.len));
        st = open_at(&c, genesis, false);
        if (st == JM_OK)
            CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[BLOCKS - 1]));
        else
            CHECK_ST(st, JM_E_MALFORMED); /* its entry is broken, its commit holds */
        jm_chain_close(&c);
        p[i] = whole.ptr[i];
    }
}

/* A record moved, doubled, left out: its place is part of its check. */
TEST(records_in_other_places)
{
    struct jm_bytes whole;
    struct jm_chain *c;
    uint8_t *p;
    size_t b1, b2;

    make_file();
    whole = read_file(file);
    b1 = end_of[1] - end_of[0];
    b2 = end_of[2] - end_of[1];
    CHECK_EQ(b1, b2);
    p = test_malloc(whole.len + b1);
    memcpy(p, whole.ptr, whole.len);
    memcpy(p + whole.len, whole.ptr + end_of[BLOCKS - 1], b1);
    put_file(jm_bytes(p, whole.len + b1)); /* the last block once more */
    c = open_good();
    CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[BLOCKS]));
    jm_chain_close(&c);
    CHECK_EQ(size_of_file(), whole.len);
    memcpy(p + end_of[0], whole.ptr + end_of[1], b1); /* a block in another's place */
    put_file(jm_bytes(p, whole.len));
    CHECK_ST(open_at(&c, genesis, false), JM_E_MALFORMED);
    memcpy(p, whole.ptr, end_of[2]);
    memcpy(p + end_of[2], whole.ptr + end_of[3], whole.len - end_of[3]);
    put_file(jm_bytes(p, whole.len - b1)); /* one left out: the rest is in another place */
    c = open_good();
    CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &app[2]));
    jm_chain_close(&c);
}

/* -- records that hold, and say what is not so -- */

struct forged {
    struct jm_block_entry entry[3];
    size_t n;
    struct jm_jml_commit commit;
};

static enum jm_status skip_entry(void *ctx, uint64_t offset, struct jm_bytes octets)
{
    (void)ctx;
    (void)offset;
    (void)octets;
    return JM_OK;
}

static enum jm_status skip_commit(void *ctx, const struct jm_jml_commit *c)
{
    (void)ctx;
    (void)c;
    return JM_OK;
}

static void append(const struct forged *x)
{
    const struct jm_jml_reader none = {skip_entry, skip_commit, NULL};
    struct jm_jml f;
    uint64_t at[3];

    CHECK_OK(jm_jml_open(&f, file, &lk_ledger.genesis, &none, &jm_crypto_openssl));
    CHECK_OK(jm_jml_append(&f, x->entry, x->n, &x->commit, at, &jm_crypto_openssl));
    jm_jml_close(&f);
}

/* The next block as it should be, for changes. */
static struct forged next_block(void)
{
    struct jm_chain *c = open_good();
    struct forged x = {.n = 2};
    struct jm_bytes whole = read_file(file);

    add_block(c, "forged");
    for (uint64_t i = 0; i < 2; i++)
        CHECK_OK(jm_chain_entry(c, &x.entry[i].octets, 2 + 2 * BLOCKS + i, &lk_tx_mem));
    for (size_t i = 0; i < 2; i++)
        x.entry[i].octets = exact(x.entry[i].octets);
    x.commit = (struct jm_jml_commit){jm_chain_ledger(c)->height, LK_NOW,
                                      jm_chain_ledger(c)->log.size, jm_chain_ledger(c)->app_hash};
    jm_chain_close(&c);
    put_file(whole);
    return x;
}

TEST(what_a_file_says_is_worked_out_again)
{
    struct jm_bytes before;
    struct forged x, y;
    struct jm_chain *c;

    make_file();
    before = read_file(file);
    x = next_block();
    for (unsigned i = 0; i <= 9; i++) {
        bool good = i == 0;

        y = x;
        if (i == 1)
            y.commit.height++;
        else if (i == 2)
            y.commit.time++;
        else if (i == 3)
            y.commit.log_size++;
        else if (i == 4)
            y.commit.app_hash.octets[31] ^= 1;
        else if (i == 5)
            y.n = 1; /* without the block's entry */
        else if (i == 6) {
            y.entry[0] = y.entry[1];
            y.n = 1;
        } else if (i == 7) {
            y.entry[2] = y.entry[1];
            y.n = 3;
        } else if (i == 8)
            y.commit.height = BLOCKS; /* does not rise */
        else if (i == 9)
            y.entry[1].octets = lk_cbor("[2 5 1900000000 1 30 #32:00 5 #32:00]");
        put_file(before);
        append(&y);
        CHECK_ST(open_at(&c, genesis, false), good ? JM_OK : JM_E_MALFORMED);
        jm_chain_close(&c);
    }
}

/* Signatures are checked again where one asks for it. */
TEST(a_forged_signature_is_found_by_who_verifies_all)
{
    struct jm_bytes before;
    struct forged x;
    struct jm_chain *c;
    struct jm_ltx t;
    struct jm_log_entry e;
    struct jm_block b;
    enum jm_ltx_code code;
    struct jm_ledger_port port = lk_port;

    make_file();
    before = read_file(file);
    x = next_block();
    put_file(before);
    CHECK_OK(jm_log_entry_read(&e, x.entry[0].octets));
    CHECK_OK(jm_ltx_read(&t, e.octets));
    ((uint8_t *)(uintptr_t)e.octets.ptr)[e.octets.len - 1] ^= 1; /* of the last signature */
    c = open_good();
    {
        struct jm_ledger *l = (struct jm_ledger *)(uintptr_t)jm_chain_ledger(c);

        l->port.verify = NULL; /* whoever forges does not check */
        jm_arena_reset(&lk_block_mem);
        CHECK_OK(jm_block_begin(&b, l, l->height + 1, LK_NOW, &lk_block_mem));
        CHECK_OK(jm_block_apply(&code, &b, e.octets));
        CHECK_EQ(code, JM_LTX_OK);
        CHECK_OK(jm_block_end(&b));
        CHECK_OK(jm_chain_commit(c, &b, NULL));
        l->port = port;
    }
    jm_chain_close(&c);
    CHECK_OK(open_at(&c, genesis, false));
    jm_chain_close(&c);
    CHECK_ST(open_at(&c, genesis, true), JM_E_MALFORMED);
}

/* -- whose file it is -- */

TEST(a_file_of_another_genesis)
{
    struct jm_chain *c;
    struct jm_bytes other;

    make_file();
    other = lk_with(genesis, 3, "1899990001");
    CHECK_ST(open_at(&c, other, false), JM_E_UNSUPPORTED);
    CHECK(c == NULL);
    CHECK_ST(open_at(&c, jm_slice(genesis, 1, SIZE_MAX), false), JM_E_MALFORMED);
    put_file(lk_cbor("#100:00"));
    CHECK_ST(open_at(&c, genesis, false), JM_E_UNSUPPORTED);
    CHECK_EQ(size_of_file(), 102);
}

TEST(one_has_it_open)
{
    struct jm_chain *c, *d;

    make_file();
    c = open_good();
    CHECK_ST(open_at(&d, genesis, false), JM_E_CONFLICT);
    CHECK(d == NULL);
    jm_chain_close(&c);
    c = open_good();
    jm_chain_close(&c);
}

TEST(a_link_in_its_place)
{
    char other[128];
    struct jm_chain *c;

    make_file();
    snprintf(other, sizeof other, "%s/other", folder);
    CHECK(rename(file, other) == 0 && symlink(other, file) == 0);
    CHECK_ST(open_at(&c, genesis, false), JM_E_DENIED);
    CHECK(unlink(file) == 0 && rename(other, file) == 0);
    snprintf(file, sizeof file, "%s/none/ledger.jml", folder);
    CHECK_ST(open_at(&c, genesis, false), JM_E_IO);
}

/* -- what readers ask -- */

static void check_state_proofs(struct jm_chain *c, const struct jm_ledger *l)
{
    for (size_t i = 0; i < l->state.n; i++) {
        struct jm_proof p;

        CHECK_OK(jm_chain_state_proof(c, &p, i));
        CHECK_OK(jm_inclusion_verify(&jm_crypto_openssl, i, l->state.n, &l->state.row[i].leaf,
                                     p.hash, p.n, &l->state_root));
    }
}

static void check_log_proofs(struct jm_chain *c, const struct jm_ledger_view *v)
{
    const struct jm_ledger *l = v->state;

    for (uint64_t i = 0; i < l->log.size; i++) {
        struct jm_arena mem = arena(JM_LEDGER_ENTRY_MAX);
        struct jm_bytes octets;
        struct jm_hash32 leaf;
        struct jm_proof p;

        CHECK_OK(jm_chain_entry(c, &octets, i, &mem));
        CHECK_OK(jm_merkle_leaf(&leaf, &jm_crypto_openssl, &octets, 1));
        CHECK_OK(jm_inclusion_make(&p, &v->log, i, l->log.size));
        CHECK_OK(jm_inclusion_verify(&jm_crypto_openssl, i, l->log.size, &leaf, p.hash, p.n,
                                     &l->log_root));
        jm_arena_reset(&mem);
    }
}

static void check_finds(struct jm_chain *c, const struct jm_ledger *l)
{
    unsigned found = 0;

    for (uint64_t i = 0; i < l->log.size; i++) {
        struct jm_arena mem = arena(JM_LEDGER_ENTRY_MAX);
        struct jm_ledger_place at;
        struct jm_log_entry e;
        struct jm_bytes octets;
        struct jm_hash32 id;
        struct jm_ltx x;

        CHECK_OK(jm_chain_entry(c, &octets, i, &mem));
        CHECK_OK(jm_log_entry_read(&e, octets));
        if (e.kind == 1) {
            CHECK_OK(jm_ltx_read(&x, e.octets));
            CHECK_OK(jm_ltx_id(&id, &jm_crypto_openssl, &l->genesis, x.payload));
            CHECK_OK(jm_chain_find(c, &at, &id));
            CHECK(at.index == i && at.height == e.height);
            id.octets[31] ^= 1;
            CHECK_ST(jm_chain_find(c, &at, &id), JM_E_ABSENT);
            found++;
        }
        jm_arena_reset(&mem);
    }
    CHECK_EQ(found, BLOCKS);
}

TEST(proofs_entries_and_ids)
{
    struct jm_ledger_view v;
    struct jm_chain *c;
    struct jm_proof p;
    struct jm_bytes none;

    make_file();
    c = open_good();
    jm_chain_view(c, &v);
    check_state_proofs(c, v.state);
    check_log_proofs(c, &v);
    check_finds(c, v.state);
    CHECK_ST(jm_chain_state_proof(c, &p, v.state->state.n), JM_E_RANGE);
    CHECK_ST(jm_chain_entry(c, &none, v.state->log.size, &lk_tx_mem), JM_E_RANGE);
    CHECK_EQ(v.checkpoint.len, 0);
    jm_chain_done(c);
    add_block(c, "more"); /* the tree of the state is made anew */
    jm_chain_view(c, &v);
    check_state_proofs(c, v.state);
    jm_chain_done(c);
    jm_chain_close(&c);
}

/* -- the writer -- */

static int64_t now_of_test(void *ctx)
{
    (void)ctx;
    return (int64_t)LK_NOW;
}

static enum jm_status sign_nothing(void *ctx, struct jm_buf *note, uint64_t size,
                                   const struct jm_hash32 *root)
{
    (void)ctx;
    (void)size;
    (void)root;
    return jm_buf_put(note, JM_BYTES("a note"));
}

static struct jm_bytes txs[THREADS][EACH];

/* A lane each of two actors: eight lanes of the registrar of RPs, eight of the registrar. */
static void make_txs(void)
{
    struct jm_block b;

    lk_begin(&b);
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < EACH; i++) {
            const char *signers = t < 8 ? "p1" : "r1 r2";
            char body[512];
            struct jm_ltx x;

            if (t < 8)
                snprintf(body, sizeof body,
                         "{1 'rp%u.%u' 2 1 3 {'en' 'X'} 5 [[1 '1']] 6 F 7 'KR' 9 0 10 'sup'}", t,
                         i);
            else
                snprintf(body, sizeof body, "{1 #32:%02x 2 1 3 'system' 4 1 5 5 6 1}", t * 16 + i);
            x = lk_plain(&b, t < 8 ? JM_LTX_RP_PUT : JM_LTX_CIRCUIT_PUT, lk_cbor(body), signers);
            x.lane = t % 8;
            x.seq = i + 1;
            txs[t][i] = exact(lk_make(&x, signers, &lk_ledger.genesis));
        }
}

struct submitter {
    const struct jm_ledger_engine *e;
    unsigned t;
    struct jm_ledger_result out[EACH], again[EACH];
    enum jm_status st[EACH], st_again[EACH];
};

static void *submit_all(void *arg)
{
    struct submitter *s = arg;

    for (unsigned i = 0; i < EACH; i++) {
        s->st[i] = s->e->submit(s->e->ctx, &s->out[i], txs[s->t][i]);
        s->st_again[i] = s->e->submit(s->e->ctx, &s->again[i], txs[s->t][i]);
    }
    return NULL;
}

static void start_writer(struct jm_ledger_writer **w, struct jm_ledger_engine *e,
                         struct jm_chain *c)
{
    const struct jm_ledger_writer_config config = {.chain = c,
                                                   .seal = {sign_nothing, NULL},
                                                   .now_s = now_of_test,
                                                   .resign_s = 60};

    CHECK_OK(jm_ledger_writer_start(w, &config));
    *e = jm_ledger_writer_engine(*w);
}

TEST(many_submit_and_each_is_answered)
{
    static struct submitter s[THREADS];
    static bool seen[4096];
    pthread_t thread[THREADS];
    struct jm_ledger_writer *w;
    struct jm_ledger_engine e;
    struct jm_ledger_view v;
    struct jm_hash32 after;
    struct jm_chain *c;

    new_folder();
    make_txs();
    c = open_good();
    start_writer(&w, &e, c);
    for (unsigned t = 0; t < THREADS; t++) {
        s[t] = (struct submitter){.e = &e, .t = t};
        CHECK(pthread_create(&thread[t], NULL, submit_all, &s[t]) == 0);
    }
    for (unsigned t = 0; t < THREADS; t++)
        CHECK(pthread_join(thread[t], NULL) == 0);
    memset(seen, 0, sizeof seen);
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < EACH; i++) {
            uint64_t at = s[t].out[i].at.index;

            CHECK_OK(s[t].st[i]);
            CHECK_EQ(s[t].out[i].code, JM_LTX_OK);
            CHECK_OK(s[t].st_again[i]);
            CHECK_EQ(s[t].again[i].code, JM_LTX_SEQ);
            if (CHECK(at < sizeof seen && !seen[at]))
                seen[at] = true;
        }
    e.open(e.ctx, &v);
    CHECK_STR(v.checkpoint, "a note");
    after = v.state->app_hash;
    CHECK(v.state->log.size >= 2 + THREADS * EACH + 1);
    e.close(e.ctx);
    jm_ledger_writer_stop(&w);
    jm_chain_close(&c);
    CHECK_OK(open_at(&c, genesis, true));
    CHECK(jm_hash32_eq(&jm_chain_ledger(c)->app_hash, &after));
    jm_chain_close(&c);
}

TEST(a_refused_one_leaves_no_block)
{
    struct jm_ledger_writer *w;
    struct jm_ledger_engine e;
    struct jm_ledger_result out;
    struct jm_chain *c;
    uint64_t size;

    new_folder();
    make_txs();
    c = open_good();
    size = size_of_file();
    start_writer(&w, &e, c);
    CHECK_OK(e.submit(e.ctx, &out, JM_BYTES("\x80")));
    CHECK_EQ(out.code, JM_LTX_CBOR);
    CHECK_OK(e.submit(e.ctx, &out, txs[0][1]));
    CHECK_EQ(out.code, JM_LTX_SEQ);
    CHECK_EQ(size_of_file(), size);
    jm_ledger_writer_stop(&w);
    CHECK_EQ(jm_chain_ledger(c)->height, 0);
    jm_chain_close(&c);
}

/* -- the disk says no -- */

/* A child that submits until the file may not grow: tells each acknowledged one by a pipe. */
_Noreturn static void submit_until_full(int tell, uint64_t limit)
{
    const struct rlimit size = {limit, limit}, none = {0, 0};
    struct jm_ledger_writer *w;
    struct jm_ledger_engine e;
    struct jm_ledger_result out;
    struct jm_chain *c = open_good();
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGXFSZ, &ignore, NULL);
    if (freopen("/dev/null", "w", stderr) == NULL)
        _exit(3);
    if (setrlimit(RLIMIT_FSIZE, &size) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        _exit(3);
    start_writer(&w, &e, c);
    for (unsigned i = 0; i < EACH; i++)
        if (e.submit(e.ctx, &out, txs[0][i]) == JM_OK && out.code == JM_LTX_OK)
            (void)!write(tell, "x", 1);
    _exit(0);
}

static void check_full_at(uint64_t limit)
{
    unsigned acknowledged = 0;
    struct jm_chain *c;
    int ends[2], status;
    char one;
    pid_t child;

    new_folder();
    make_txs();
    c = open_good();
    jm_chain_close(&c);
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    if ((child = fork()) == 0)
        submit_until_full(ends[1], limit);
    close(ends[1]);
    while (read(ends[0], &one, 1) == 1)
        acknowledged++;
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(acknowledged < EACH);
    c = open_good();
    CHECK_EQ(lk_seq(&(const struct jm_block){.base = jm_chain_ledger(c)}, "rpr", 0) - 1,
             acknowledged);
    add_block(c, "again");
    jm_chain_close(&c);
    c = open_good();
    jm_chain_close(&c);
}

TEST(a_full_disk_ends_the_process_and_loses_nothing)
{
    uint64_t first;

    make_file();
    first = end_of[0];
    for (uint64_t more = 1; more < 1600; more += 123)
        check_full_at(first + more);
    clear_away(folder);
}
