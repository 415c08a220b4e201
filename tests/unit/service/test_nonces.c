/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces without a row: whose they are, for how long, and what anybody's octets do. */
#include "unit/service/office.h"

static const enum jm_nonce_kind kinds[] = {JM_NONCE_C, JM_NONCE_DPOP, JM_NONCE_CHALLENGE,
                                           JM_NONCE_PROVIDER};
static const int64_t ttl[] = {300, 300, 300, 60};

static enum jm_status check(enum jm_nonce_kind kind, struct jm_bytes text)
{
    return jm_nonce_check(&O->is.nonces, &O->is.base.env, kind, text);
}

TEST(a_nonce_lives_its_time_and_is_of_its_kind)
{
    office_begin("2025-01-15T10:00:00+09:00");
    jm_nonces_init(&O->is.nonces);
    for (size_t i = 0; i < JM_ARRAY_LEN(kinds); i++) {
        int64_t begin = O->now;
        struct jm_bytes text;

        CHECK_OK(jm_nonce_make(&text, &O->is.nonces, &O->is.base.env, kinds[i], &O->mem));
        CHECK_EQ(text.len, 54);
        for (size_t k = 0; k < JM_ARRAY_LEN(kinds); k++)
            CHECK_ST(check(kinds[k], text), k == i ? JM_OK : JM_E_DENIED);
        O->now = begin - 1; /* of the future */
        CHECK_ST(check(kinds[i], text), JM_E_DENIED);
        O->now = begin + ttl[i];
        CHECK_OK(check(kinds[i], text));
        O->now++;
        CHECK_ST(check(kinds[i], text), JM_E_DENIED);
        O->now = begin;
    }
    office_end();
}

/* Times that no clock shows are refused before the signer is asked for a key of their period. */
TEST(octets_of_a_stranger_reach_no_arithmetic_and_no_signer)
{
    static const uint8_t first[] = {0x80, 0xFF, 0x7F, 0x00};
    uint8_t o[40] = {0};
    struct jm_bytes text;

    office_begin("2025-01-15T10:00:00+09:00");
    jm_nonces_init(&O->is.nonces);
    O->signer_away = true; /* asked, it would be unavailable */
    for (size_t i = 0; i < JM_ARRAY_LEN(first); i++) {
        o[0] = first[i];
        MUST(jm_b64url_encode(&text, &O->mem, jm_bytes(o, sizeof o)));
        CHECK_ST(check(JM_NONCE_C, text), JM_E_DENIED);
    }
    CHECK_ST(check(JM_NONCE_C, JM_BYTES("")), JM_E_DENIED);
    CHECK_ST(check(JM_NONCE_C, JM_BYTES("AAAA")), JM_E_DENIED);
    office_end();
}
