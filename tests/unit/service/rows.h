/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer's store in a folder of its own, with real migrations, real randomness and verification,
 * and a signer that signs with one key. */
#ifndef JUMIN_TESTS_UNIT_SERVICE_ROWS_H
#define JUMIN_TESTS_UNIT_SERVICE_ROWS_H

#include "support/read.h"
#include "unit/test.h"

#include <unistd.h>

#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "host/store/store.h"
#include "jumin/ask.h"
#include "service/env.h"
#include "service/signer/signer.h"
#include "unit/folder.h"
#include "unit/service/migrations.h"

#define ROWS_NOW 1700000000

static struct rows {
    char dir[32], path[64];
    struct jm_store *store;
    struct jm_key *key;
    struct jm_point point;
    uint8_t room[JM_HEAD_MAX], sig[JM_SIG_MAX];
    struct jm_held_key held;
    /* what the signer keeps, in a place that the store does not reach */
    struct jm_signed_head head;
    struct jm_signer signer;
    struct jm_answers answers;
    struct jm_env env;
    struct jm_arena mem;
    int64_t now;
} R;

static int64_t rows_now(void *ctx)
{
    (void)ctx;
    return R.now;
}

static enum jm_status rows_find(void *ctx, const struct jm_held_key **out, enum jm_purpose purpose,
                                struct jm_bytes caller, struct jm_bytes id)
{
    (void)ctx, (void)caller, (void)id;
    R.held.purpose = (unsigned)purpose;
    R.held.is_pair = true;
    *out = &R.held;
    return JM_OK;
}

static enum jm_status rows_key_sign(void *ctx, const struct jm_held_key *key, struct jm_bytes data,
                                    struct jm_sig *sig)
{
    (void)ctx, (void)key;
    return jm_key_sign(R.key, data, sig);
}

static enum jm_status rows_count(void *ctx, enum jm_purpose purpose, struct jm_bytes caller,
                                 uint64_t n, int64_t at_s)
{
    (void)ctx, (void)purpose, (void)caller, (void)n, (void)at_s;
    return JM_OK;
}

static enum jm_status rows_head(void *ctx, struct jm_signed_head *out)
{
    (void)ctx;
    *out = R.head;
    return JM_OK;
}

static enum jm_status rows_head_keep(void *ctx, const struct jm_signed_head *h)
{
    (void)ctx;
    R.head = *h;
    return JM_OK;
}

/* The signer's own rules, with its keys in memory; what it answers is copied, as over a socket. */
static enum jm_status rows_sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    static const struct jm_key_table table = {.find = rows_find,
                                              .sign = rows_key_sign,
                                              .count = rows_count,
                                              .head = rows_head,
                                              .head_keep = rows_head_keep};
    static const struct jm_sign_own own;
    struct jm_sign_service s = {.own = &own, .keys = &table, .crypto = &jm_crypto_openssl};
    const struct jm_sign_request q =
        {JM_BYTES("issuer"), (unsigned)op, (unsigned)purpose, key, in->items, in->n, R.now};
    size_t mark = jm_arena_mark(&R.mem);
    enum jm_status st = jm_sign_serve(&s, &q, out, &R.mem, NULL);

    (void)ctx;
    for (size_t i = 0; st == JM_OK && i < out->n; i++) {
        uint8_t *room = out->n == 2 && i == 0 ? R.room : R.sig;

        memcpy(room, out->items[i].ptr, out->items[i].len);
        out->items[i] = jm_bytes(room, out->items[i].len);
    }
    jm_arena_back(&R.mem, mark);
    return st;
}

/* The store at R.path, made or brought up to date. */
static void rows_open(void)
{
    static struct migrations all;
    struct jm_store_config c = {.path = R.path};

    all_migrations(&c, &all, "issuer");
    CHECK_OK(jm_store_open(&R.store, &c));
    R.env.store = R.store;
}

static void rows_begin(void)
{
    memset(&R, 0, sizeof R);
    CHECK_OK(jm_openssl_init());
    snprintf(R.dir, sizeof R.dir, "/tmp/jmXXXXXX");
    CHECK(mkdtemp(R.dir) != NULL);
    snprintf(R.path, sizeof R.path, "%s/i.db", R.dir);
    rows_open();
    CHECK_OK(jm_key_generate(&R.key));
    CHECK_OK(jm_key_point(&R.point, R.key));
    R.now = ROWS_NOW;
    R.mem = arena(16 << 20);
    R.signer.call = rows_sign;
    R.answers.verify = jm_openssl_verify;
    R.env = (struct jm_env){.now_s = rows_now,
                            .random = jm_random,
                            .store = R.store,
                            .signer = &R.signer,
                            .crypto = &jm_crypto_openssl,
                            .answers = &R.answers};
}

static void rows_end(void)
{
    jm_store_close(&R.store);
    jm_key_free(&R.key);
    clear_away(R.dir);
}

struct rows_sql {
    const char *sql;
};

static enum jm_status rows_sql_tx(struct jm_tx *tx, void *arg)
{
    return jm_sql_run(tx, ((const struct rows_sql *)arg)->sql, JM_NO_ARGS);
}

/* What somebody with the disk could do. */
static inline void rows_do(const char *sql)
{
    struct rows_sql s = {sql};

    CHECK_OK(jm_tx_run(&R.env, rows_sql_tx, &s));
}

#endif
