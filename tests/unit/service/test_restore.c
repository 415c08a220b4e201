/* SPDX-License-Identifier: Apache-2.0 */
/* D-458: a store that comes back from a copy revives nothing, and a copy is of one moment while
 * issuing goes on. */
#include "unit/service/rows.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "jumin/x509.h"
#include "service/audit/audit.h"
#include "service/nonces/nonces.h"
#include "service/restore/restore.h"

#define SHARDS 2

/* -- a place where lists are published -- */

static struct published {
    uint8_t token[4][1 << 16];
    size_t len[4], puts;
} P;

static enum jm_status put(void *ctx, uint32_t shard, bool cwt, struct jm_bytes token)
{
    (void)ctx;
    if (cwt)
        return JM_OK;
    CHECK(shard < 4 && token.len <= sizeof P.token[0]);
    memcpy(P.token[shard], token.ptr, token.len);
    P.len[shard] = token.len;
    P.puts++;
    return JM_OK;
}

static enum jm_status get(void *ctx, uint32_t shard, struct jm_bytes *token, struct jm_arena *mem)
{
    (void)ctx, (void)mem;
    *token = jm_bytes(P.token[shard], P.len[shard]);
    return P.len[shard] == 0 ? JM_E_ABSENT : JM_OK;
}

/* Lists by R.key; heads by the signer's rules. */
static enum jm_status sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                           struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    static struct jm_sig sig[2];

    if (op == JM_MAC) {
        CHECK_OK(jm_sha256(&jm_crypto_openssl, in->items[0], sig[0].octets));
        out->items[0] = jm_bytes(sig[0].octets, 32);
        out->n = 1;
        return JM_OK;
    }
    if (purpose != JM_PURPOSE_STATUS)
        return rows_sign(ctx, op, purpose, key, in, out);
    for (size_t i = 0; i < in->n && i < 2; i++) {
        CHECK_OK(jm_key_sign(R.key, in->items[i], &sig[i]));
        out->items[i] = jm_sig_bytes(&sig[i]);
    }
    out->n = in->n;
    return JM_OK;
}

static struct jm_bytes cert;
static struct jm_publication pub;

static void begin(void)
{
    struct jm_cert_spec spec = {.country = JM_BYTES("KR"),
                                .cn = JM_BYTES("Status"),
                                .not_before = ROWS_NOW - 10,
                                .not_after = ROWS_NOW + 100000000,
                                .ku = JM_KU_DIGITAL_SIGNATURE};
    struct jm_sig sig;
    struct jm_bytes tbs;

    rows_begin();
    memset(&P, 0, sizeof P);
    R.signer.call = sign;
    spec.key = R.point;
    spec.serial[0] = 1;
    CHECK_OK(jm_cert_tbs(&tbs, &jm_crypto_openssl, &spec, &R.mem));
    CHECK_OK(jm_key_sign(R.key, tbs, &sig));
    CHECK_OK(jm_der_signed(&cert, tbs, jm_sig_bytes(&sig), &R.mem));
    pub = (struct jm_publication){.prefix = JM_BYTES("https://s.example/l/"),
                                  .x5c = &cert,
                                  .n_x5c = 1,
                                  .ttl = 60,
                                  .exp = 3600,
                                  .put = put,
                                  .get = get};
}

static enum jm_status publish(enum jm_code *code)
{
    struct jm_diag d = {0};
    enum jm_status st = jm_status_publish(&R.env, &pub, NULL, &R.mem, &d);

    *code = d.code;
    return st;
}

struct one {
    const char *sql;
    int64_t v;
};

static enum jm_status one_tx(struct jm_tx *tx, void *arg)
{
    struct one *o = arg;

    return jm_sql_int(&o->v, tx, o->sql, JM_NO_ARGS);
}

static int64_t number(const char *sql)
{
    struct one o = {sql, -1};

    CHECK_OK(test_read(&R.env, one_tx, &o));
    return o.v;
}

static bool bit(uint32_t shard, uint32_t idx)
{
    uint8_t *raw = test_malloc(JM_LIST_RAW_LEN);

    CHECK_OK(jm_status_published(raw, &R.env, &pub, shard, jm_bytes(P.token[shard], P.len[shard]),
                                 &R.mem, NULL));
    return (raw[idx / 8] & 1u << idx % 8) != 0;
}

/* -- the drill -- */

/* Card 1 and card 2, ACTIVE, of two persons, each with a copy and tokens; a running case; somebody
 * signed in. */
static void issue(struct jm_index at[2])
{
    struct jm_status_pool pool;
    char sql[512];

    jm_status_pool_init(&pool, SHARDS);
    CHECK_OK(jm_status_take(&pool, &R.env, at, 2));
    for (int i = 0; i < 2; i++) {
        snprintf(
            sql, sizeof sql,
            "INSERT INTO card (id, person, type, serial, number, issued, expires, state) VALUES "
            "(x'0%d0000000000000000000000000000ff', x'0%d0000000000000000000000000000aa', "
            "'resident', 's', 'n%d', 1, %d, 2)",
            i + 1, i + 1, i, ROWS_NOW + 1000000);
        rows_do(sql);
        snprintf(sql, sizeof sql,
                 "INSERT INTO copy (card, fmt, shard, idx, jkt, issued, until) VALUES "
                 "(x'0%d0000000000000000000000000000ff', 1, "
                 "%u, %u, zeroblob(32), 1, 2)",
                 i + 1, (unsigned)at[i].shard, (unsigned)at[i].idx);
        rows_do(sql);
        snprintf(
            sql, sizeof sql,
            "INSERT INTO token (hash, kind, card, instance, jkt, client, created, expires) VALUES "
            "(x'0%d', 2, x'0%d0000000000000000000000000000ff', zeroblob(32), zeroblob(32), 'c', 1, "
            "%d)",
            i + 1, i + 1, ROWS_NOW + 1000000);
        rows_do(sql);
    }
    rows_do("INSERT INTO desk_case (id, person, centre, clerk, route, serial, state, opened, "
            "scan_by, case_by, offer, code, jti, ticket, tries, second) "
            "VALUES (zeroblob(16), x'03', '3017000000', 'kim', 1, 's', 2, 1, 2, 3, x'01', x'02', "
            "'j', 't', 0, 0)");
    rows_do("INSERT INTO staff_session (hash, name, seen, created) VALUES (x'01', 'kim', 1, 1)");
    rows_do("INSERT INTO staff_challenge (hash, name, expires) VALUES (x'01', 'kim', 1)");
}

static void row(const char *act)
{
    const struct jm_actor kim = {JM_BYTES("kim"), JM_BYTES("desk")};

    R.now += 20;
    CHECK_OK(jm_audit(&R.env, &kim, act, NULL, jm_none(), "done"));
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
}

static enum jm_status revoke_tx(struct jm_tx *tx, void *arg)
{
    JM_TRY(jm_copies_invalidate_in(tx, arg));
    return jm_sql_run(tx, "UPDATE card SET state = 4 WHERE id = $1",
                      JM_ARGS(JM_ID((const struct jm_id *)arg)));
}

static void bring_back(const char *copy)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char name[100];

    jm_store_close(&R.store);
    for (size_t i = 0; i < JM_ARRAY_LEN(tails); i++) {
        snprintf(name, sizeof name, "%s%s", R.path, tails[i]);
        (void)unlink(name);
    }
    CHECK_EQ(rename(copy, R.path), 0);
    rows_open();
}

TEST(what_comes_back_revives_nothing)
{
    struct jm_id card = {{1, [15] = 0xff}};
    struct jm_restored out = {0};
    struct jm_audit_verdict v;
    struct jm_status_pool pool;
    struct jm_nonces nonces;
    struct jm_bytes nonce;
    struct jm_index at[2], next[20];
    struct jm_diag d = {0};
    enum jm_code code;
    char copy[100];
    uint8_t *raw = test_malloc(JM_LIST_RAW_LEN);

    begin();
    issue(at);
    row("CARD_ISSUED");
    CHECK_OK(publish(&code));
    snprintf(copy, sizeof copy, "%s/copy.db", R.dir);
    CHECK_OK(jm_store_copy(R.path, copy));
    /* after the copy: card 1 is revoked, and everybody can see it */
    CHECK_OK(jm_tx_run(&R.env, revoke_tx, &card));
    row("CARD_REVOKED");
    CHECK_OK(publish(&code));
    CHECK(bit(at[0].shard, at[0].idx));
    jm_nonces_init(&nonces);
    CHECK_OK(jm_nonce_make(&nonce, &nonces, &R.env, JM_NONCE_C, &R.mem));
    bring_back(copy);

    /* it notices by itself: issuer and publisher */
    CHECK_EQ(number("SELECT state FROM card WHERE number = 'n0'"), 2);
    CHECK_ST(jm_audit_continues(&R.env, NULL, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_AUDIT_RESTORED);
    size_t puts = P.puts;

    rows_do("UPDATE shard SET dirty = dirty + 1");
    CHECK_ST(publish(&code), JM_E_DENIED);
    CHECK_EQ(code, JM_STATUS_AHEAD);
    CHECK_EQ(P.puts - puts, SHARDS - 1); /* the list that knows more stays; the other goes on */
    CHECK(bit(at[0].shard, at[0].idx));

    /* what ends */
    d = (struct jm_diag){0};
    CHECK_OK(jm_restore_begin(&R.env, &out, &d));
    for (uint32_t s = 0; s < SHARDS; s++) {
        CHECK_OK(jm_status_published(raw, &R.env, &pub, s, jm_bytes(P.token[s], P.len[s]), &R.mem,
                                     NULL));
        CHECK_OK(jm_restore_merge(&R.env, s, raw, &out, &R.mem));
    }
    CHECK_EQ(out.bits, 1);
    CHECK_EQ(out.held, 1);
    CHECK_OK(jm_restore_end(&R.env, SHARDS, &out));
    CHECK(out.tokens == 2 && out.cases == 1 && out.lost == 1 && out.first_shard == SHARDS);
    CHECK_EQ(number("SELECT count(*) FROM token"), 0);
    CHECK_EQ(number("SELECT count(*) FROM staff_session"), 0);
    CHECK_EQ(number("SELECT count(*) FROM staff_challenge"), 0);
    CHECK_EQ(number("SELECT count(*) FROM desk_case WHERE state = 6 AND reason = 'RESTORED'"), 1);
    /* on hold until somebody looks */
    CHECK_EQ(number("SELECT state FROM card WHERE number = 'n0'"), 3);
    CHECK_EQ(number("SELECT state FROM card WHERE number = 'n1'"), 2);

    /* and goes on */
    CHECK_OK(publish(&code));
    CHECK(bit(at[0].shard, at[0].idx));
    CHECK(!bit(at[1].shard, at[1].idx));
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
    CHECK_EQ(v.code, JM_CODE_NONE);
    CHECK(v.gaps == 1 && v.lost == 1);
    jm_status_pool_init(&pool, SHARDS);
    CHECK_OK(jm_status_take(&pool, &R.env, next, 20));
    for (size_t i = 0; i < 20; i++)
        CHECK(next[i].shard >= SHARDS && next[i].shard < 2 * SHARDS);
    /* nonces of before are nobody's */
    CHECK_OK(jm_nonce_check(&nonces, &R.env, JM_NONCE_C, nonce));
    CHECK_OK(jm_restored_at(&R.env, &nonces.since));
    CHECK_EQ(nonces.since, R.now);
    CHECK_ST(jm_nonce_check(&nonces, &R.env, JM_NONCE_C, nonce), JM_E_DENIED);
    R.now++;
    CHECK_OK(jm_nonce_make(&nonce, &nonces, &R.env, JM_NONCE_C, &R.mem));
    CHECK_OK(jm_nonce_check(&nonces, &R.env, JM_NONCE_C, nonce));

    /* once more is harmless */
    out = (struct jm_restored){0};
    CHECK_OK(jm_restore_begin(&R.env, &out, &d));
    CHECK_OK(jm_restore_end(&R.env, SHARDS, &out));
    CHECK(out.lost == 0 && out.tokens == 0 && out.cases == 0);
    CHECK_OK(jm_audit_sign_head(&R.env, &R.mem, NULL));
    CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
    CHECK(v.code == JM_CODE_NONE && v.gaps == 1);
    rows_end();
}

/* A copy that a refresh has put out of use is INVALID, and its card is well: nobody waits for that.
 */
TEST(a_stale_copy_holds_no_card)
{
    static uint8_t raw[JM_LIST_RAW_LEN];
    struct jm_restored out = {0};
    struct jm_index at[2];

    begin();
    issue(at);
    rows_do("UPDATE copy SET stale = 1");
    memset(raw, 0xff, sizeof raw);
    CHECK_OK(jm_restore_merge(&R.env, at[0].shard, raw, &out, &R.mem));
    CHECK_EQ(out.bits, JM_LIST_ENTRIES);
    CHECK_EQ(out.held, 0);
    CHECK_OK(jm_restore_merge(&R.env, at[0].shard, raw, &out, &R.mem)); /* bits only ever grow */
    CHECK_EQ(out.bits, JM_LIST_ENTRIES);
    /* a shard that this store never opened */
    CHECK_OK(jm_restore_merge(&R.env, 3, raw, &out, &R.mem));
    CHECK_EQ(number("SELECT count(*) FROM status_index WHERE shard = 3 AND invalid = 1"),
             JM_LIST_ENTRIES);
    rows_end();
}

static enum jm_status away(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                           struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    (void)ctx, (void)op, (void)purpose, (void)key, (void)in;
    out->n = 0;
    return JM_E_UNAVAILABLE;
}

TEST(a_chain_that_was_changed_is_not_one_that_was_brought_back)
{
    struct jm_restored out = {0};
    struct jm_diag d = {0};

    begin();
    row("CARD_ISSUED");
    row("CARD_ISSUED");
    rows_do("DELETE FROM audit WHERE n = 2");
    CHECK_ST(jm_restore_begin(&R.env, &out, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_AUDIT_TRUNCATED);
    /* an older store, but one that was written on for longer than it lost */
    rows_do("DELETE FROM audit_mark");
    rows_do("UPDATE audit SET n = 2, hash = zeroblob(32) WHERE n = 1");
    d = (struct jm_diag){0};
    CHECK_ST(jm_restore_begin(&R.env, &out, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_AUDIT_REWRITTEN);
    R.signer.call = away;
    CHECK_ST(jm_restore_begin(&R.env, &out, NULL), JM_E_UNAVAILABLE);
    rows_end();
}

TEST(what_stands_there_is_a_list_of_ours)
{
    uint8_t *raw = test_malloc(JM_LIST_RAW_LEN);
    struct jm_index at[2];
    enum jm_code code;

    begin();
    issue(at);
    CHECK_OK(publish(&code));
    struct jm_bytes good = exact(jm_bytes(P.token[0], P.len[0]));

    R.now += 100000; /* its end has passed long ago: it is ours all the same */
    CHECK_OK(jm_status_published(raw, &R.env, &pub, 0, good, &R.mem, NULL));
    struct jm_diag d = {0};

    /* another shard's */
    CHECK_ST(jm_status_published(raw, &R.env, &pub, 1, good, &R.mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_STATUS_UNREADABLE);
    CHECK_ST(jm_status_published(raw, &R.env, &pub, 0, jm_slice(good, 0, good.len - 1), &R.mem,
                                 NULL),
             JM_E_DENIED);
    CHECK_ST(jm_status_published(raw, &R.env, &pub, 0, JM_BYTES("a.b.c"), &R.mem, NULL),
             JM_E_DENIED);
    P.token[0][P.len[0] - 5] ^= 1; /* in the signature */
    CHECK_ST(publish(&code), JM_E_DENIED);
    CHECK_EQ(code, JM_STATUS_UNREADABLE);
    rows_end();
}

/* -- copies -- */

static atomic_bool over;
static atomic_int made;

static enum jm_status issue_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_actor kim = {JM_BYTES("kim"), JM_BYTES("desk")};
    int i = *(int *)arg;

    JM_TRY(jm_sql_run(tx, "INSERT INTO status_index (shard, idx, invalid) VALUES (0, $1, 0)",
                      JM_ARGS(JM_I(i))));
    JM_TRY(jm_audit_in(tx, &kim, "CARD_ISSUED", NULL, jm_none(), "done", NULL));
    return jm_sql_run(
        tx,
        "INSERT INTO copy (card, fmt, shard, idx, jkt, issued, until) VALUES (x'01', 1, 0, $1, "
        "zeroblob(2000), 1, 2)",
        JM_ARGS(JM_I(i)));
}

static void *issuing(void *arg)
{
    (void)arg;
    for (int i = 0; !over; i++) {
        if (jm_tx_run(&R.env, issue_tx, &i) == JM_OK)
            made++;
    }
    return NULL;
}

/* Whatever is being issued: each copy has whole transactions, whole chains, and is not older than
 * when it was begun. */
TEST(a_copy_is_of_one_moment_while_issuing_goes_on)
{
    char name[5][64], path[64];
    pthread_t t;
    int before[5];

    begin();
    over = false;
    made = 0;
    CHECK_EQ(pthread_create(&t, NULL, issuing, NULL), 0);
    for (size_t i = 0; i < 5; i++) {
        int at_least = made + 50;

        while (made < at_least)
            (void)sched_yield();
        before[i] = made;
        snprintf(name[i], sizeof name[i], "%s/copy%zu.db", R.dir, i);
        CHECK_OK(jm_store_copy(R.path, name[i]));
    }
    over = true;
    (void)pthread_join(t, NULL);
    CHECK_ST(jm_store_copy(R.path, name[0]), JM_E_CONFLICT); /* never over another */
    CHECK_ST(jm_store_copy("/nonexistent/i.db", "/nonexistent/j.db"), JM_E_ABSENT);
    jm_store_close(&R.store);
    memcpy(path, R.path, sizeof path);
    for (size_t i = 0; i < 5; i++) {
        struct jm_audit_verdict v;

        memcpy(R.path, name[i], sizeof R.path);
        rows_open();
        CHECK(number("SELECT count(*) FROM copy") >= before[i]);
        CHECK_EQ(number("SELECT (SELECT count(*) FROM copy) - (SELECT count(*) FROM status_index)"),
                 0);
        CHECK_EQ(number("SELECT (SELECT count(*) FROM copy) - (SELECT count(*) FROM audit)"), 0);
        CHECK_OK(jm_audit_verify(&R.env, &R.point, &v, &R.mem));
        CHECK_EQ(v.code, JM_CODE_NONE);
        jm_store_close(&R.store);
    }
    memcpy(R.path, path, sizeof path);
    rows_open();
    rows_end();
}
