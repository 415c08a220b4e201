/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of keys that come often, while several threads want them. Making one stops where the test
 * says, and goes on when it says so: nothing here depends on who is faster. */
#include "unit/test.h"

#define OPENSSL_API_COMPAT 0x10101000L
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

#include "host/openssl/openssl.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned made; /* tables that somebody began to make */
    bool stops, goes_on;
} maker = {.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER};

/* The first one waits to be let on. */
static int make_and_wait(EC_GROUP *group, BN_CTX *ctx)
{
    pthread_mutex_lock(&maker.lock);
    bool waits = maker.stops && maker.made == 0;
    maker.made++;
    pthread_cond_broadcast(&maker.turn);
    while (waits && !maker.goes_on)
        pthread_cond_wait(&maker.turn, &maker.lock);
    pthread_mutex_unlock(&maker.lock);
    return EC_GROUP_precompute_mult(group, ctx);
}

#define EC_GROUP_precompute_mult(group, ctx) make_and_wait(group, ctx)
#include "host/openssl/known.c"

#define OFTEN (1000u * JM_KNOWN_FROM)

static EC_GROUP *curve;
static struct jm_point keys[JM_KNOWN_MAX + 1];

static void begin(void)
{
    CHECK_OK(jm_openssl_init());
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    CHECK(curve != NULL);
    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++) {
        struct jm_key *k = NULL;

        CHECK_OK(jm_key_generate(&k));
        CHECK_OK(jm_key_point(&keys[i], k));
        jm_key_free(&k);
    }
    maker.made = 0;
    maker.stops = maker.goes_on = false;
}

static void end(void)
{
    for (size_t i = 0; i < JM_KNOWN_MAX; i++) {
        EC_GROUP_free(known.entry[i].by);
        known.entry[i] = (struct entry){.uses = 0};
    }
    EC_GROUP_free(curve);
}

/* Is it a table of that key and of no other? Frees it. */
static bool is_table_of(EC_GROUP *by, const struct jm_point *key)
{
    uint8_t octets[65];
    bool same = by != NULL &&
                EC_POINT_point2oct(by, EC_GROUP_get0_generator(by), POINT_CONVERSION_UNCOMPRESSED,
                                   octets, sizeof octets, NULL) == sizeof octets &&
                memcmp(octets, key->octets, sizeof octets) == 0;

    EC_GROUP_free(by);
    return same;
}

static EC_GROUP *comes(size_t i, unsigned uses)
{
    return jm_known_key(keys[i].octets, uses, curve);
}

static void *first_caller(void *out)
{
    *(EC_GROUP **)out = comes(0, JM_KNOWN_FROM);
    return NULL;
}

/* Somebody is making the table of the first key, and waits. */
static pthread_t begin_making(EC_GROUP **out)
{
    pthread_t thread;

    maker.stops = true;
    CHECK_EQ(pthread_create(&thread, NULL, first_caller, out), 0);
    pthread_mutex_lock(&maker.lock);
    while (maker.made == 0)
        pthread_cond_wait(&maker.turn, &maker.lock);
    pthread_mutex_unlock(&maker.lock);
    return thread;
}

static void let_on(pthread_t thread)
{
    pthread_mutex_lock(&maker.lock);
    maker.goes_on = true;
    pthread_cond_broadcast(&maker.turn);
    pthread_mutex_unlock(&maker.lock);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

TEST(a_table_is_made_once_the_key_has_come_often)
{
    begin();
    CHECK(comes(0, JM_KNOWN_FROM - 1) == NULL);
    CHECK_EQ(maker.made, 0);
    CHECK(is_table_of(comes(0, 1), &keys[0]));
    CHECK(is_table_of(comes(0, 1), &keys[0]));
    CHECK_EQ(maker.made, 1);
    end();
}

TEST(of_two_threads_one_makes_the_table_and_the_other_does_without)
{
    EC_GROUP *got = NULL;
    pthread_t thread;

    begin();
    thread = begin_making(&got);
    CHECK(comes(0, JM_KNOWN_FROM) == NULL); /* and does not wait either */
    CHECK_EQ(maker.made, 1);
    let_on(thread);
    CHECK(is_table_of(got, &keys[0]));
    CHECK(is_table_of(comes(0, 1), &keys[0]));
    CHECK_EQ(maker.made, 1);
    end();
}

/* Its place is not given away meanwhile: another key would get this one's table. */
TEST(a_table_that_is_being_made_keeps_its_place)
{
    EC_GROUP *got = NULL;
    pthread_t thread;

    begin();
    thread = begin_making(&got);
    for (size_t i = 1; i < JM_KNOWN_MAX; i++)
        CHECK(is_table_of(comes(i, OFTEN), &keys[i]));
    CHECK(comes(JM_KNOWN_MAX, OFTEN) == NULL); /* the least is the one that is being made */
    let_on(thread);
    CHECK(is_table_of(got, &keys[0]));
    CHECK(is_table_of(comes(JM_KNOWN_MAX, OFTEN), &keys[JM_KNOWN_MAX])); /* now it is displaced */
    end();
}

/* Many who come now and then do not keep away who comes all the time. */
TEST(who_comes_now_and_then_ages_nobody_but_the_least)
{
    begin();
    for (size_t i = 1; i < JM_KNOWN_MAX; i++)
        CHECK(is_table_of(comes(i, OFTEN), &keys[i]));
    for (unsigned n = JM_KNOWN_EACH; n < JM_KNOWN_FROM; n += JM_KNOWN_EACH) {
        CHECK(comes(0, JM_KNOWN_EACH) == NULL);
        for (size_t k = 0; k < 3; k++) { /* the last place is fought for by others */
            keys[JM_KNOWN_MAX].octets[64] ^= 1;
            CHECK(comes(JM_KNOWN_MAX, 1) == NULL);
        }
    }
    for (size_t i = 1; i < JM_KNOWN_MAX; i++)
        CHECK_EQ(known.entry[i - 1].uses, OFTEN);
    end();
}

/* The generic ladder ignores tables, and is slower by one. */
TEST(a_method_without_use_for_tables_has_none)
{
    BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new();
    EC_GROUP *fast;

    begin();
    fast = curve;
    CHECK(EC_GROUP_get_curve(fast, p, a, b, NULL) == 1);
    curve = EC_GROUP_new(EC_GFp_mont_method());
    CHECK(curve != NULL && EC_GROUP_set_curve(curve, p, a, b, NULL) == 1);
    CHECK(comes(0, OFTEN) == NULL);
    CHECK_EQ(maker.made, 0);
    EC_GROUP_free(fast);
    BN_free(p);
    BN_free(a);
    BN_free(b);
    end();
}
