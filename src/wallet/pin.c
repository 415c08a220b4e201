/* SPDX-License-Identifier: Apache-2.0 */
/* D-357: PINs that others try first. */
#include <string.h>

#include "jumin/wallet.h"

#define DIGITS 6

static bool is_form(struct jm_bytes pin)
{
    for (size_t i = 0; i < pin.len; i++)
        if (pin.ptr[i] < '0' || pin.ptr[i] > '9')
            return false;
    return pin.len == DIGITS;
}

/* 111111, 121212, 123123, 112112. */
static bool repeats(struct jm_bytes pin)
{
    for (size_t period = 1; period <= DIGITS / 2; period++)
        if (DIGITS % period == 0 && memcmp(pin.ptr, pin.ptr + period, DIGITS - period) == 0)
            return true;
    return false;
}

/* 234567, 987654, and past the nine: 789012. */
static bool runs(struct jm_bytes pin)
{
    for (int step = 1; step < 10; step += 8) {
        size_t i = 1;

        while (i < DIGITS && pin.ptr[i] == '0' + (pin.ptr[i - 1] - '0' + step) % 10)
            i++;
        if (i == DIGITS)
            return true;
    }
    return false;
}

/* Year, month and day of two digits in any order; or year of four and one of them. */
static bool is_birth(struct jm_bytes pin, struct jm_bytes birth)
{
    /* places in YYYY-MM-DD */
    static const uint8_t ways[][DIGITS] = {{2, 3, 5, 6, 8, 9}, {2, 3, 8, 9, 5, 6},
                                           {5, 6, 8, 9, 2, 3}, {8, 9, 5, 6, 2, 3},
                                           {0, 1, 2, 3, 5, 6}, {5, 6, 0, 1, 2, 3},
                                           {0, 1, 2, 3, 8, 9}, {8, 9, 0, 1, 2, 3}};

    if (birth.len != 10)
        return false;
    for (size_t w = 0; w < JM_ARRAY_LEN(ways); w++) {
        size_t i = 0;

        while (i < DIGITS && birth.ptr[ways[w][i]] == pin.ptr[i])
            i++;
        if (i == DIGITS)
            return true;
    }
    return false;
}

enum jm_pin_fault jm_wallet_pin(struct jm_bytes pin, struct jm_bytes birth)
{
    if (!is_form(pin))
        return JM_PIN_FORM;
    if (repeats(pin))
        return JM_PIN_REPEAT;
    if (runs(pin))
        return JM_PIN_RUN;
    return is_birth(pin, birth) ? JM_PIN_BIRTH : JM_PIN_GOOD;
}
