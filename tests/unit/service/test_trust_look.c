/* SPDX-License-Identifier: Apache-2.0 */
/* Which revocation list a verifier takes: the recorded one, or one that its CA signed later, and
 * none whose time is over. */
#include "unit/service/country.h"

#include "service/trust/trust.h"

static bool nothing_kept(void *ctx, struct jm_bytes key, struct jm_cached *out,
                         struct jm_arena *mem)
{
    (void)ctx, (void)key, (void)out, (void)mem;
    return false;
}

static void keep_nothing(void *ctx, struct jm_bytes key, const struct jm_cached *c)
{
    (void)ctx, (void)key, (void)c;
}

static enum jm_status look(int64_t now)
{
    const struct jm_list_cache cache = {nothing_kept, keep_nothing, NULL};
    struct jm_look k = {.env = &C->v.base.env,
                        .trust = &C->v.trust,
                        .fetch = country_fetch,
                        .cache = &cache,
                        .now = now};
    const struct jm_find_ask ask = {JM_FIND_CRL, C->k.iaca.subject.der, C->k.iaca.ski, false};
    struct jm_answer out = {.st = JM_E_BUG};
    enum jm_status st = jm_look_find(&k, &ask, &out, &C->k.mem);

    CHECK(st != JM_OK || jm_bytes_eq(out.octets, C->crl_der));
    return st;
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
