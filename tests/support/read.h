/* SPDX-License-Identifier: Apache-2.0 */
/** @file read.h  A read over a function, where a test has one for jm_tx_run() as well. */
#ifndef JUMIN_TESTS_SUPPORT_READ_H
#define JUMIN_TESTS_SUPPORT_READ_H

#include "service/env.h"

static inline enum jm_status test_read(const struct jm_env *env, jm_tx_fn *fn, void *arg)
{
    enum jm_status st;

    JM_READ(st, tx, env, fn(tx, arg));
    return st;
}

#endif
