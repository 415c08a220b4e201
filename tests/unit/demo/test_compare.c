/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison of the demo: finds what two copies share and the third has not, and nothing else.
 */
#include "unit/test.h"

#include "demo/demo.h"
#include "jumin/base64.h"

static struct jm_arena mem;

/* {"q":["<part>.<part>~"]} */
static struct jm_bytes token(const char *first, const char *second)
{
    struct jm_bytes a, b, out;

    CHECK_OK(jm_b64url_encode(&a, &mem, jm_str(first)));
    CHECK_OK(jm_b64url_encode(&b, &mem, jm_str(second)));
    const struct jm_bytes parts[] = {JM_BYTES("{\"q\":[\""), a, JM_BYTES("."), b,
                                     JM_BYTES("~\"]}")};
    CHECK_OK(jm_concat(&out, &mem, parts, JM_ARRAY_LEN(parts)));
    return out;
}

#define HEAD "{\"alg\":\"ES256\",\"x5c\":\"the same certificate for all of us\"}"

TEST(what_is_shared_with_everybody_counts_nothing)
{
    struct jm_bytes value[] = {JM_BYTES("Hong Gildong")};
    static const struct {
        const char *name, *a, *b, *c;
        size_t at_least, at_most;
    } rows[] = {
        {"only structure", "{\"idx\":1234,\"salt\":\"abcdefghijkl\"}",
         "{\"idx\":777,\"salt\":\"mnopqrstuvwx\"}", "{\"idx\":5,\"salt\":\"ABCDEFGHIJKL\"}", 0, 3},
        {"a value that was disclosed", "{\"idx\":1234,\"n\":\"Hong Gildong\",\"s\":\"abcdefgh\"}",
         "{\"idx\":777,\"n\":\"Hong Gildong\",\"s\":\"ijklmnop\"}",
         "{\"idx\":5,\"n\":\"Kim Cheolsu\",\"s\":\"QRSTUVWX\"}", 0, 3},
        {"a salt used twice", "{\"idx\":1234,\"salt\":\"abcdefghijkl\"}",
         "{\"idx\":777,\"salt\":\"abcdefghijkl\"}", "{\"idx\":5,\"salt\":\"ABCDEFGHIJKL\"}", 12,
         15},
        {"somewhere else in the other", "{\"idx\":1234,\"salt\":\"abcdefghijkl\",\"x\":\"!\"}",
         "{\"idx\":777,\"k\":\"abcdefghijkl\"}", "{\"idx\":5,\"salt\":\"?\"}", 12, 15},
        {"one index", "{\"idx\":1234,\"salt\":\"abcdefghijkl\"}",
         "{\"idx\":1234,\"salt\":\"mnopqrstuvwx\"}", "{\"idx\":5,\"salt\":\"ABCDEFGHIJKL\"}", 99,
         99},
    };

    mem = arena(8 << 20);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t shared, octets;

        CHECK_OK(demo_compare(&shared, &octets, token(HEAD, rows[i].a), token(HEAD, rows[i].b),
                              token(HEAD, rows[i].c), value, 1, &mem));
        ROW(CHECK(shared >= rows[i].at_least && shared <= rows[i].at_most), rows[i].name);
        CHECK(octets > sizeof HEAD);
    }
}

TEST(what_is_no_presentation_is_refused)
{
    static const char *const rows[] = {"",
                                       "[]",
                                       "{}",
                                       "{\"q\":[]}",
                                       "{\"q\":[\"a\",\"b\"]}",
                                       "{\"q\":[\"!!\"]}",
                                       "{\"q\":[\"e30\"],\"r\":[\"e30\"]}",
                                       "{\"q\":[\"e30\"]}"};
    struct jm_bytes good;
    size_t shared, octets;

    mem = arena(8 << 20);
    good = token(HEAD, "{\"idx\":1}");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK(demo_compare(&shared, &octets, jm_str(rows[i]), good, good, NULL, 0, &mem) !=
                  JM_OK),
            rows[i]);
}
