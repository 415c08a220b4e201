/* SPDX-License-Identifier: Apache-2.0 */
/* D-472: particles by rule; the pages try the same cases (tests/e2e/particles.mjs). */
#include "unit/test.h"

#include "host/files/files.h"
#include "host/i18n/i18n.h"

#define CASES "tests/unit/host/particles.json"

TEST(a_particle_fits_what_stands_before_it)
{
    struct jm_arena mem = arena(1 << 18);
    const struct jm_json *root;
    struct jm_bytes octets;
    size_t n = 0;

    CHECK_OK(jm_file_read(&octets, CASES, 1 << 16, &mem));
    CHECK_OK(jm_json_parse(&root, octets, &mem, NULL));
    for (const struct jm_json *c = root->child; c != NULL; c = c->next, n++) {
        const struct jm_json *text = c->child, *pair = text->next, *want = pair->next;

        ROW(CHECK_SAME(jm_particle(text->text, pair->text), want->text), "particles.json");
    }
    CHECK(n >= 40);
}

/* Of octets that are no text nothing is known; of a pair that is none, all of it. */
TEST(a_particle_of_no_text)
{
    static const char *const texts[] = {"\xea", "\xb0\x80", "\xff", "\xf0\x9f", "a\x80"};

    for (size_t i = 0; i < JM_ARRAY_LEN(texts); i++)
        CHECK(jm_particle(exact(jm_str(texts[i])), JM_BYTES("을/를")).len != 0);
    CHECK_STR(jm_particle(JM_BYTES("값"), JM_BYTES("을")), "을");
    CHECK_EQ(jm_particle(JM_BYTES("값"), jm_none()).len, 0);
}
