/* SPDX-License-Identifier: Apache-2.0 */
/* D-357: which PINs are weak, and that their neighbours are not. */
#include "unit/test.h"

#include "jumin/wallet.h"

TEST(weak_and_good)
{
    static const struct {
        const char *pin;
        enum jm_pin_fault fault;
    } rows[] = {
        {"", JM_PIN_FORM},         {"12345", JM_PIN_FORM},    {"1234567", JM_PIN_FORM},
        {"12345a", JM_PIN_FORM},   {"12 456", JM_PIN_FORM},   {"000000", JM_PIN_REPEAT},
        {"777777", JM_PIN_REPEAT}, {"121212", JM_PIN_REPEAT}, {"483483", JM_PIN_REPEAT},
        {"777778", JM_PIN_GOOD},   {"121213", JM_PIN_GOOD},   {"123456", JM_PIN_RUN},
        {"654321", JM_PIN_RUN},    {"789012", JM_PIN_RUN},    {"210987", JM_PIN_RUN},
        {"123457", JM_PIN_GOOD},   {"850904", JM_PIN_BIRTH},  {"850409", JM_PIN_BIRTH},
        {"090485", JM_PIN_BIRTH},  {"040985", JM_PIN_BIRTH},  {"198509", JM_PIN_BIRTH},
        {"091985", JM_PIN_BIRTH},  {"198504", JM_PIN_BIRTH},  {"041985", JM_PIN_BIRTH},
        {"850905", JM_PIN_GOOD},   {"198510", JM_PIN_GOOD},   {"739251", JM_PIN_GOOD},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_wallet_pin(jm_str(rows[i].pin), JM_BYTES("1985-09-04")), rows[i].fault),
            rows[i].pin);
    CHECK_EQ(jm_wallet_pin(JM_BYTES("850904"), jm_none()), JM_PIN_GOOD);
    CHECK_EQ(jm_wallet_pin(JM_BYTES("850904"), JM_BYTES("1985-09")), JM_PIN_GOOD);
}
