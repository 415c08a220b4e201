/* SPDX-License-Identifier: Apache-2.0 */
/* Which revocation list a verifier takes: the recorded one, or one that its CA signed later, and
 * none whose time is over. */
#include "unit/service/country.h"

#include "service/trust/trust.h"

static enum jm_status look_in(const struct jm_list_cache *cache, int64_t now)
{
    struct jm_look k = {.env = &C->v.base.env,
                        .trust = &C->v.trust,
                        .fetch = country_fetch,
                        .cache = cache,
                        .now = now};
    const struct jm_find_ask ask = {JM_FIND_CRL, C->k.iaca.subject.der, C->k.iaca.ski, false};
    struct jm_answer out = {.st = JM_E_BUG};
    enum jm_status st = jm_look_find(&k, &ask, &out, &C->k.mem);

    CHECK(st != JM_OK || jm_bytes_eq(out.octets, C->crl_der));
    jm_look_end(&k);
    return st;
}

static enum jm_status look(int64_t now)
{
    const struct jm_list_cache cache = {forgets_get, NULL, forgets_put, forgets_same, NULL};

    return look_in(&cache, now);
}

static void publish(int64_t this_update, int64_t next_update, const struct jm_key *key)
{
    const struct jm_crl_spec spec = {.issuer_der = C->k.iaca.subject.der,
                                     .authority_key_id = C->k.iaca.ski,
                                     .number = 2,
                                     .this_update = this_update,
                                     .next_update = next_update};
    struct jm_bytes tbs;

    KIT_MUST(jm_crl_tbs(&tbs, &spec, &C->k.mem));
    C->crl_der = kit_sign_der(&C->k, tbs, key);
}

TEST(a_later_list_of_the_same_ca_is_taken)
{
    static const struct {
        const char *name;
        int64_t this_update, next_update, now; /* days from now */
        bool stranger;
        enum jm_status st;
    } rows[] = {
        {"later", 0, 60, 0, false, JM_OK},
        {"later, when the recorded one is over", 0, 60, 50, false, JM_OK},
        {"later, and over itself", 0, 20, 21, false, JM_E_UNAVAILABLE},
        {"of the same moment as the recorded one, but another", -1, 60, 0, false, JM_E_UNAVAILABLE},
        {"earlier than the recorded one", -2, 60, 0, false, JM_E_UNAVAILABLE},
        {"by somebody else", 0, 60, 0, true, JM_E_UNAVAILABLE},
    };

    country_begin();
    CHECK_OK(look(KIT_NOW));
    CHECK_OK(look(KIT_NOW + 30 * KIT_DAY));
    CHECK_ST(look(KIT_NOW + 30 * KIT_DAY + 1), JM_E_UNAVAILABLE);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        publish(KIT_NOW + rows[i].this_update * KIT_DAY, KIT_NOW + rows[i].next_update * KIT_DAY,
                rows[i].stranger ? C->stranger_key : C->k.iaca_key);
        ROW(CHECK_ST(look(KIT_NOW + rows[i].now * KIT_DAY), rows[i].st), rows[i].name);
    }
    country_end();
}

static unsigned verified;

static enum jm_status count_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                   struct jm_bytes data, struct jm_bytes sig)
{
    verified++;
    return jm_openssl_verify(ctx, alg, key, data, sig);
}

/* One that its CA signed later: its signature is paid once, by the same trust set, to its end and
 * by a clock that goes forward. */
TEST(a_kept_crl_is_judged_once)
{
    static const struct {
        const char *name;
        int64_t now; /* days */
        unsigned version, verified, fetched;
        enum jm_status st;
    } rows[] = {
        {"it comes", 0, 0, 1, 1, JM_OK},
        {"kept", 0, 0, 1, 1, JM_OK},
        {"kept, on its last day", 20, 0, 1, 1, JM_OK},
        {"by another trust set", 1, 1, 2, 1, JM_OK},
        {"by a clock before it", -1, 0, 3, 1, JM_OK},
        {"it is over, and no other is there", 21, 0, 3, 2, JM_E_UNAVAILABLE},
    };

    country_begin();
    uint64_t version = C->v.trust.version;
    C->answers.verify = count_verify;
    verified = 0;
    publish(KIT_NOW, KIT_NOW + 20 * KIT_DAY, C->k.iaca_key);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        C->v.trust.version = version + rows[i].version;
        ROW(CHECK_ST(look_in(&C->v.cache, KIT_NOW + rows[i].now * KIT_DAY), rows[i].st),
            rows[i].name);
        ROW(CHECK_EQ(verified, rows[i].verified), rows[i].name);
        ROW(CHECK_EQ(C->fetched, rows[i].fetched), rows[i].name);
    }
    country_end();
}

/* What a list says of nobody's index, by what is kept; fetched: how often the outside was asked. */
static enum jm_list_fault look_list(int64_t now, uint64_t version)
{
    struct jm_look k = {.env = &C->v.base.env,
                        .trust = &C->v.trust,
                        .fetch = country_fetch,
                        .cache = &C->v.cache,
                        .max_age_s = 3000,
                        .now = now};
    const struct jm_find_ask ask = {JM_FIND_STATUS_LIST, JM_BYTES(LIST_URI), {NULL, 0}, false};
    struct jm_answer out = {.st = JM_E_BUG};
    const struct jm_status_list *list;
    unsigned value = 1;

    C->v.trust.version = version;
    CHECK_OK(jm_look_find(&k, &ask, &out, &C->k.mem));
    list = out.what;
    CHECK(list->fault != JM_LIST_OK ||
          (jm_statuslist_get(&value, list, LIST_IDX) == JM_OK && value == 0));
    jm_look_end(&k);
    return list->fault;
}

/* Kept with its octets spoilt: as long as the judgement counts nobody looks at them; by another
 * trust set, by a clock before it, and past what it rests on, they are judged anew. */
TEST(a_kept_judgement_counts_as_long_as_it_may)
{
    country_begin();
    uint64_t version = C->v.trust.version;

    CHECK_EQ(look_list(C->now, version), JM_LIST_OK);
    CHECK_EQ(C->fetched, 1);
    CHECK_EQ(C->n_kept, 1);
    C->kept[0].c.body = JM_BYTES("spoilt");
    CHECK_EQ(look_list(C->now, version), JM_LIST_OK);
    CHECK_EQ(look_list(C->now + 899, version), JM_LIST_OK);
    CHECK_EQ(look_list(C->now, version + 1), JM_LIST_TYPE);
    C->kept[0].c.asked_s -= 10; /* so that the clock alone speaks */
    CHECK_EQ(look_list(C->now - 1, version), JM_LIST_TYPE);
    C->kept[0].c.list.until = C->now + 5;
    CHECK_EQ(look_list(C->now + 5, version), JM_LIST_OK);
    CHECK_EQ(look_list(C->now + 6, version), JM_LIST_TYPE);
    C->kept[0].c.list.until = C->now + 500;
    C->kept[0].c.list.fault = JM_LIST_SIGNATURE;
    CHECK_EQ(look_list(C->now, version), JM_LIST_TYPE);
    CHECK_EQ(C->fetched, 1);
    country_end();
}

/* Asked for and unchanged: the judgement stays. */
TEST(a_list_that_has_not_changed_is_not_judged_again)
{
    country_begin();
    uint64_t version = C->v.trust.version;

    CHECK_EQ(look_list(C->now, version), JM_LIST_OK);
    C->kept[0].c.body = JM_BYTES("spoilt");
    CHECK_EQ(look_list(C->now + 900, version), JM_LIST_OK);
    CHECK_EQ(C->fetched_304, 1);
    CHECK_EQ(C->kept[0].c.asked_s, C->now + 900);
    CHECK_EQ(look_list(C->now + 1000, version), JM_LIST_OK);
    CHECK_EQ(C->fetched, 2);
    country_end();
}
