/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer's store in a folder of its own, with real migrations, real randomness and verification, and a signer that signs with one key. */
#ifndef JUMIN_TESTS_UNIT_SERVICE_ROWS_H
#define JUMIN_TESTS_UNIT_SERVICE_ROWS_H

#include "unit/test.h"

#include <unistd.h>

#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "host/store/store.h"
#include "jumin/ask.h"
#include "service/env.h"
#include "service/signer.h"
#include "unit/folder.h"

#define ROWS_NOW 1700000000

static struct rows {
    char dir[32], path[64];
    struct jm_store *store;
    struct jm_key *key;
    struct jm_point point;
    uint8_t sig[JM_SIG_LEN];
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

static enum jm_status rows_sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose, struct jm_bytes key, const struct jm_list *in,
                                struct jm_list *out)
{
    (void)ctx, (void)purpose, (void)key;
    if (op != JM_SIGN || in->n != 1 || jm_key_sign(R.key, in->items[0], R.sig) != JM_OK)
        return JM_E_BUG;
    out->items[0] = jm_bytes(R.sig, sizeof R.sig);
    out->n = 1;
    return JM_OK;
}

static void rows_begin(void)
{
    static const char *const names[] = {"issuer-001.sql", "issuer-002.sql"};
    static struct jm_migration m[JM_ARRAY_LEN(names)];
    static char sql[JM_ARRAY_LEN(names)][32768];
    struct jm_store_config c = {.path = R.path, .migrations = m, .n_migrations = JM_ARRAY_LEN(names)};

    memset(&R, 0, sizeof R);
    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        char path[64];

        snprintf(path, sizeof path, "src/host/store/migrations/%s", names[i]);
        struct jm_bytes text = read_file(path);
        CHECK(text.len < sizeof sql[i]);
        snprintf(sql[i], sizeof sql[i], "%.*s", (int)text.len, (const char *)text.ptr);
        m[i] = (struct jm_migration){names[i], sql[i]};
    }
    snprintf(R.dir, sizeof R.dir, "/tmp/jmXXXXXX");
    CHECK(mkdtemp(R.dir) != NULL);
    snprintf(R.path, sizeof R.path, "%s/i.db", R.dir);
    CHECK_OK(jm_store_open(&R.store, &c));
    CHECK_OK(jm_key_generate(&R.key));
    CHECK_OK(jm_key_point(&R.point, R.key));
    R.now = ROWS_NOW;
    R.mem = arena(16 << 20);
    R.signer.call = rows_sign;
    R.answers.verify = jm_openssl_verify;
    R.env = (struct jm_env){.now_s = rows_now, .random = jm_random, .store = R.store, .signer = &R.signer, .crypto = &jm_crypto_openssl,
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
