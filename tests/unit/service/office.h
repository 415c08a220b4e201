/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuing authority for tests, in one process: real rules, real store and migrations, the data
 * of data/, a clock that the test sets, and a signer that seals by writing the AAD's hash before
 * the plain text.
 */
#ifndef JM_TEST_OFFICE_H
#define JM_TEST_OFFICE_H

#include "support/read.h"
#include "unit/test.h"

#include <unistd.h>

#include "host/openssl/openssl.h"
#include "host/store/store.h"
#include "jumin/base64.h"
#include "service/desk/desk.h"
#include "service/devices/devices.h"
#include "service/register/generate.h"
#include "service/signer.h"
#include "unit/service/migrations.h"

#define OFFICE_CENTRE "3017000000" /* Seo-gu, Daejeon: pilot */
#define OFFICE_AUTHORITY "대전광역시 서구청장"

struct office {
    struct jm_issuer is;
    struct jm_population people;
    struct jm_profile profile;
    struct jm_store *store;
    struct jm_signer signer;
    struct jm_answers answers;
    struct jm_key *key;
    struct jm_arena mem;
    char dir[32], path[64];
    int64_t now;
    unsigned counter, woken;
    bool signer_away, behind;
};

static struct office *O; /* one a test */

/* A call of a clerk at its desk. */
#define DESK(by, why) (&(const struct jm_desk){&O->is, (by), &O->mem, (why)})

#define MUST(expr) office_must((expr), #expr, __LINE__)
JM_UNUSED static void office_must(enum jm_status st, const char *what, int line)
{
    if (st != JM_OK) {
        fprintf(stderr, "office.h:%d: %s: %d\n", line, what, (int)st);
        abort();
    }
}

/* "2025-01-15T09:00:00+09:00" and so on. */
JM_UNUSED static int64_t at(const char *rfc3339)
{
    int64_t s = 0;
    bool plain;

    MUST(jm_rfc3339_parse(&s, &plain, jm_str(rfc3339)));
    return s;
}

static int64_t office_now(void *ctx)
{
    (void)ctx;
    return O->now;
}

static bool office_behind(void *ctx)
{
    (void)ctx;
    return O->behind;
}

static enum jm_status office_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i += 32) {
        uint8_t h[32], in[4];

        jm_put_u32_be(in, ++O->counter);
        MUST(jm_sha256(&jm_crypto_openssl, jm_bytes(in, sizeof in), h));
        memcpy(out + i, h, len - i < 32 ? len - i : 32);
    }
    return JM_OK;
}

static struct jm_bytes office_seal(struct jm_bytes aad, struct jm_bytes plain)
{
    uint8_t *p = test_malloc(32 + plain.len);

    MUST(jm_sha256(&jm_crypto_openssl, aad, p));
    if (plain.len != 0)
        memcpy(p + 32, plain.ptr, plain.len);
    return jm_bytes(p, 32 + plain.len);
}

static enum jm_status office_sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                  struct jm_bytes key, const struct jm_list *in,
                                  struct jm_list *out)
{
    size_t n = op == JM_SIGN || op == JM_MAC ? in->n : in->n / 2;

    (void)ctx, (void)key;
    out->n = 0;
    if (O->signer_away)
        return JM_E_UNAVAILABLE;
    for (size_t i = 0; i < n; i++) {
        struct jm_sig *sig = (void *)test_malloc(sizeof *sig);
        uint8_t *p = sig->octets;

        if (op == JM_SIGN) {
            MUST(jm_key_sign(O->key, in->items[i], sig));
            out->items[i] = jm_sig_bytes(sig);
        } else if (op == JM_MAC) {
            p[0] = (uint8_t)purpose;
            MUST(jm_sha256(&jm_crypto_openssl, in->items[i], p));
            out->items[i] = jm_bytes(p, 32);
        } else if (op == JM_SEAL) {
            out->items[i] = office_seal(in->items[2 * i], in->items[2 * i + 1]);
        } else {
            MUST(jm_sha256(&jm_crypto_openssl, in->items[2 * i], p));
            if (in->items[2 * i + 1].len < 32 || memcmp(in->items[2 * i + 1].ptr, p, 32) != 0)
                return JM_E_SIGNATURE;
            out->items[i] = jm_slice(in->items[2 * i + 1], 32, SIZE_MAX);
        }
    }
    out->n = n;
    return JM_OK;
}

static enum jm_status office_portrait(struct jm_bytes *jpeg, uint32_t seed, size_t at_most,
                                      struct jm_arena *mem)
{
    uint8_t *p = jm_alloc(mem, at_most == 0 ? 64 : at_most, 1);

    if (p == NULL)
        return JM_E_NO_SPACE;
    p[0] = (uint8_t)seed;
    *jpeg = jm_bytes(p, at_most == 0 ? 64 : at_most);
    return JM_OK;
}

static void office_wake(void *ctx)
{
    (void)ctx;
    O->woken++;
}

JM_UNUSED static void office_store(void)
{
    static struct migrations all;
    struct jm_store_config c = {.path = NULL};

    all_migrations(&c, &all, "issuer");
    snprintf(O->dir, sizeof O->dir, "/tmp/jmXXXXXX");
    if (mkdtemp(O->dir) == NULL)
        abort();
    snprintf(O->path, sizeof O->path, "%s/i.db", O->dir);
    c.path = O->path;
    MUST(jm_store_open(&O->store, &c));
}

JM_UNUSED static void office_data(void)
{
    struct jm_issuer *is = &O->is;

    MUST(jm_rollout_load(&is->rollout, read_file("data/rollout.json"), &O->mem, NULL));
    O->people.regions = read_file("data/regions.json");
    MUST(jm_regions_load(&is->regions, O->people.regions, &O->mem, NULL));
    O->people.names = read_file("data/names.json");
    is->types = (struct jm_profiles){&O->profile, 1};
    MUST(jm_profile_load(&O->profile, read_file("data/profiles/resident.json"), &O->mem, NULL));
    MUST(jm_profiles_check(&is->types, NULL));
    struct jm_schema *schema;
    MUST(jm_profile_schemas(&schema, &is->n_schemas, &is->types, &O->mem));
    is->schema = schema;
    is->country = JM_BYTES("KR");
}

JM_UNUSED static void office_begin(const char *now)
{
    static struct office one;

    O = &one;
    memset(O, 0, sizeof *O);
    MUST(jm_openssl_init());
    O->mem = arena(32 << 20);
    O->now = at(now);
    MUST(jm_key_generate(&O->key));
    office_store();
    office_data();
    O->signer.call = office_sign;
    O->answers.verify = jm_openssl_verify;
    O->is.base.env = (struct jm_env){.now_s = office_now,
                                     .behind = office_behind,
                                     .random = office_random,
                                     .store = O->store,
                                     .signer = &O->signer,
                                     .crypto = &jm_crypto_openssl,
                                     .answers = &O->answers};
    O->is.id = JM_BYTES("https://issuer.example");
    O->is.base.env.synthetic = true;
    O->people.portrait = office_portrait;
    O->is.base.env.population = &O->people;
    O->is.ticket.der[0] = JM_BYTES("\x30\x00");
    O->is.ticket.n = 1;
    O->is.wake_publisher = office_wake;
    jm_status_pool_init(&O->is.pool, 1);
}

JM_UNUSED static void office_end(void)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[80];

    jm_store_close(&O->store);
    for (size_t i = 0; i < JM_ARRAY_LEN(tails); i++) {
        snprintf(name, sizeof name, "%s%s", O->path, tails[i]);
        (void)unlink(name);
    }
    (void)rmdir(O->dir);
    jm_key_free(&O->key);
}

/* -- questions to the store -- */

struct office_ask {
    const char *sql;
    const struct jm_arg *args;
    size_t n;
    int64_t number;
    struct jm_bytes text;
};

static enum jm_status office_number_tx(struct jm_tx *tx, void *arg)
{
    struct office_ask *a = arg;

    return jm_sql_int(&a->number, tx, a->sql, a->args, a->n);
}

/* One integer: office_number("SELECT ...", JM_NO_ARGS). */
JM_UNUSED static int64_t office_number(const char *sql, const struct jm_arg *args, size_t n)
{
    struct office_ask a = {.sql = sql, .args = args, .n = n};

    MUST(test_read(&O->is.base.env, office_number_tx, &a));
    return a.number;
}

static enum jm_status office_run_tx(struct jm_tx *tx, void *arg)
{
    struct office_ask *a = arg;

    return jm_sql_run(tx, a->sql, a->args, a->n);
}

JM_UNUSED static void office_run(const char *sql, const struct jm_arg *args, size_t n)
{
    struct office_ask a = {.sql = sql, .args = args, .n = n};

    MUST(jm_tx_run(&O->is.base.env, office_run_tx, &a));
}

/* What a provider keeps, in the office's store. */
JM_UNUSED static void office_provider_tables(void)
{
    office_run("CREATE TABLE instance (jkt BLOB PRIMARY KEY, platform TEXT NOT NULL, first INTEGER "
               "NOT NULL, seen INTEGER NOT NULL, state INTEGER NOT NULL) STRICT",
               JM_NO_ARGS);
    office_run("CREATE TABLE pin (id BLOB PRIMARY KEY, jkt BLOB NOT NULL, auth BLOB NOT NULL, "
               "point BLOB NOT NULL, salt BLOB, tries INTEGER NOT NULL, next INTEGER NOT NULL, "
               "live INTEGER NOT NULL, UNIQUE (jkt, live)) STRICT",
               JM_NO_ARGS);
}

static enum jm_status office_text_tx(struct jm_tx *tx, void *arg)
{
    struct office_ask *a = arg;
    struct jm_rows r;

    a->text = jm_none();
    JM_TRY(jm_sql_open(&r, tx, a->sql, a->args, a->n));
    if (jm_sql_next(&r) && !jm_col_is_null(&r))
        a->text = jm_col_text(&r, &O->mem);
    return jm_sql_end(&r);
}

/* The first row's text; the null view for none. */
JM_UNUSED static struct jm_bytes office_text(const char *sql, const struct jm_arg *args, size_t n)
{
    struct office_ask a = {.sql = sql, .args = args, .n = n};

    MUST(test_read(&O->is.base.env, office_text_tx, &a));
    return a.text;
}

/* -- people -- */

static enum jm_status office_add_tx(struct jm_tx *tx, void *arg)
{
    return jm_register_rows_add(tx, arg);
}

/* A resident of Seo-gu, Daejeon, born on 2 May 1990, with plastic of 2020. */
JM_UNUSED static struct jm_person office_citizen(void)
{
    return (struct jm_person){.kind = JM_PERSON_RESIDENT,
                              .state = JM_PERSON_ALIVE,
                              .birth = {1990, 5, 2},
                              .sex = 2,
                              .surname = JM_BYTES("김"),
                              .given = JM_BYTES("하늘"),
                              .region10 = JM_BYTES("3017010100"),
                              .road12 = JM_BYTES("301701234567"),
                              .postal = JM_BYTES("35200"),
                              .address = JM_BYTES("대전광역시 서구 둔산로 100"),
                              .address_since = {2020, 1, 2},
                              .photo_taken = {2020, 1, 2},
                              .plastic = {JM_BYTES("P000000000001"),
                                          JM_BYTES(OFFICE_AUTHORITY),
                                          JM_PLASTIC_PLAIN,
                                          JM_PLASTIC_VALID,
                                          {2020, 3, 4},
                                          0}};
}

/* Puts a person into the register; ids, number and serial are made up. @p p gets them. */
JM_UNUSED static void office_add(struct jm_person *p)
{
    struct jm_new_person n = {.p = *p};
    char number[16], *serial = (char *)test_malloc(16);

    MUST(jm_env_id(&O->is.base.env, &n.p.id));
    MUST(jm_env_id(&O->is.base.env, &n.p.rrn_row));
    MUST(jm_env_id(&O->is.base.env, &n.p.photo_row));
    snprintf(number, sizeof number, "902502-2%06u", O->counter % 1000000);
    memmove(number + 6, number + 7, 8);
    snprintf(serial, 16, "P%012u", O->counter);
    n.p.plastic.serial = jm_str(serial);
    struct jm_bytes aad;
    MUST(jm_row_aad(&aad, "rrn/sealed", &n.p.rrn_row, &O->mem));
    n.p.rrn_sealed = office_seal(aad, jm_str(number));
    MUST(jm_row_aad(&aad, "photo/sealed", &n.p.photo_row, &O->mem));
    n.p.photo_sealed = office_seal(aad, JM_BYTES("\xff\xd8\xff jpeg"));
    MUST(jm_rrn_lookup(&O->is.base.env, n.lookup, (const uint8_t *)number));
    MUST(jm_tx_run(&O->is.base.env, office_add_tx, &n));
    *p = n.p;
}

struct office_card {
    struct jm_card c;
    struct jm_device d;
    struct jm_index at[4];
};

static enum jm_status office_card_tx(struct jm_tx *tx, void *arg)
{
    struct office_card *x = arg;
    struct jm_actor who = {JM_BYTES("wallet"), JM_BYTES("wallet")};
    struct jm_change why = {&who, "ISSUED", {NULL, 0}};
    uint8_t loss[32];

    memcpy(loss, x->c.id.octets, 16);
    memcpy(loss + 16, x->c.id.octets, 16);
    JM_TRY(jm_device_add_in(tx, &x->d));
    JM_TRY(jm_card_add_in(tx, &x->c, jm_bytes(loss, 32)));
    JM_TRY(jm_card_activate_in(tx, &x->c, &why));
    for (size_t i = 0; i < JM_ARRAY_LEN(x->at); i++) {
        struct jm_copy_row copy = {.card = x->c.id,
                                   .fmt = 1 + (int64_t)i % 2,
                                   .at = x->at[i],
                                   .issued = O->now,
                                   .until = O->now + 28 * JM_DAY_S};

        JM_TRY(jm_env_random(jm_tx_env(tx), copy.jkt, sizeof copy.jkt));
        JM_TRY(jm_copy_add_in(tx, &copy));
    }
    return JM_OK;
}

/* A mobile card of that person: ACTIVE, a device, four copies whose bits are VALID. */
JM_UNUSED static struct jm_id office_issue(const struct jm_person *p)
{
    struct office_card x = {.c = {.person = p->id,
                                  .has_device = true,
                                  .type = JM_BYTES("resident"),
                                  .serial = p->plastic.serial,
                                  .issued = O->now,
                                  .expires = O->now + 3 * 365 * (int64_t)JM_DAY_S,
                                  .state = JM_CARD_PENDING},
                            .d = {.person = p->id, .level = 1, .state = JM_DEVICE_OPEN}};
    char *number = (char *)test_malloc(16);

    MUST(jm_status_take(&O->is.pool, &O->is.base.env, x.at, JM_ARRAY_LEN(x.at)));
    MUST(jm_env_id(&O->is.base.env, &x.c.id));
    MUST(jm_env_id(&O->is.base.env, &x.d.id));
    memcpy(x.d.jkt, x.d.id.octets, 16);
    x.c.device = x.d.id;
    snprintf(number, 16, "N%u", O->counter);
    x.c.number = jm_str(number);
    MUST(jm_tx_run(&O->is.base.env, office_card_tx, &x));
    return x.c.id;
}

/* Copies of a card whose bit still says VALID. */
JM_UNUSED static int64_t office_valid_copies(const struct jm_id *card)
{
    return office_number("SELECT count(*) FROM copy c JOIN status_index s ON s.shard = c.shard AND "
                         "s.idx = c.idx WHERE c.card = $1 AND s.invalid = 0",
                         JM_ARGS(JM_ID(card)));
}

JM_UNUSED static enum jm_card_state office_card_state(const struct jm_id *card)
{
    return (enum jm_card_state)office_number("SELECT state FROM card WHERE id = $1",
                                             JM_ARGS(JM_ID(card)));
}

#endif
