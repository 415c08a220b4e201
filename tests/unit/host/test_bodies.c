/* SPDX-License-Identifier: Apache-2.0 */
/* Who may hold how much of what came: 1,600 octets are 800 for bodies of either size, of which a
 * client has 100. */
#include "unit/test.h"

#include "host/http/parts.h"

static struct jm_bodies *bodies;

static bool hold(struct jm_holding *w, const char *key, size_t octets, bool is_large)
{
    return jm_bodies_hold(bodies, w, jm_str(key), octets, is_large);
}

TEST(a_client_has_an_eighth)
{
    struct jm_holding a = {0}, b = {0}, c = {0}, none = {0};

    bodies = jm_bodies_new(1600);
    CHECK(!hold(&a, "a", 101, false) && a.octets == 0);
    CHECK(hold(&a, "a", 60, false) && hold(&b, "a", 40, false));
    CHECK(!hold(&c, "a", 1, false) && !hold(&b, "a", 41, false) && b.octets == 40);
    CHECK(hold(&c, "a", 100, true) && !hold(&c, "a", 101, true)); /* of the other half as much */
    CHECK(hold(&none, "b", 100, false) && hold(&none, "b", 0, false));
    CHECK(hold(&a, "a", 0, false) && hold(&b, "a", 100, false) && !hold(&a, "a", 1, false));
    /* twice is once */
    CHECK(hold(&b, "a", 0, false) && hold(&c, "a", 0, false) && hold(&a, "a", 0, false));
    jm_bodies_free(&bodies);
}

TEST(either_half_has_its_own_bound)
{
    struct jm_holding w[10] = {0};
    char key[2] = "a";

    bodies = jm_bodies_new(1600);
    for (size_t i = 0; i < 8; i++, key[0]++)
        CHECK(hold(&w[i], key, 100, true));
    CHECK(!hold(&w[8], "i", 1, true));
    /* grown beyond the small: refused, and as it was */
    CHECK(hold(&w[8], "i", 100, false) && !hold(&w[8], "i", 100, true) && !w[8].is_large);
    CHECK(hold(&w[3], "d", 0, true) && hold(&w[8], "i", 100, true) && hold(&w[9], "i", 100, false));
    CHECK(!hold(&w[3], "d", 1, true));
    for (size_t i = 0; i < 10; i++)
        CHECK(hold(&w[i], "x", 0, true));
    /* nothing was left held; nobody's key has no share */
    CHECK(jm_bodies_hold(bodies, &w[0], jm_none(), 800, true));
    CHECK(!jm_bodies_hold(bodies, &w[1], jm_none(), 801, false));
    CHECK(hold(&w[0], "x", 0, true));
    jm_bodies_free(&bodies);
}

TEST(keys_of_different_lengths_are_different)
{
    struct jm_holding v4 = {0}, v6 = {0}, other = {0};

    bodies = jm_bodies_new(1600);
    CHECK(jm_bodies_hold(bodies, &v4, JM_BYTES("abcd"), 100, false) &&
          jm_bodies_hold(bodies, &v6, JM_BYTES("abcdefgh"), 100, false));
    CHECK(!jm_bodies_hold(bodies, &other, JM_BYTES("abcd"), 1, false) &&
          jm_bodies_hold(bodies, &other, JM_BYTES("abce"), 1, false));
    CHECK(hold(&v4, "", 0, false) && hold(&v6, "", 0, false) && hold(&other, "", 0, false));
    jm_bodies_free(&bodies);
    jm_bodies_free(&bodies);
}
