/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file engine.h  Room: host/store. The connections of service/sql.h: SQLite is one engine, the
 * fault-injecting test engine wraps another. A connection belongs to one thread at a time.
 */
#ifndef JUMIN_HOST_STORE_ENGINE_H
#define JUMIN_HOST_STORE_ENGINE_H

#include <stdatomic.h>

#include "service/sql.h"

enum jm_db_role { JM_DB_WRITER = 1, JM_DB_READER };

/** @p path becomes a file of mode 0600. @retval JM_E_IO cannot be opened or is no database */
JM_MUST_CHECK enum jm_status jm_sqlite_open(struct jm_db **out, const char *path,
                                            enum jm_db_role role);

/** Tests: the @p at th call (1 = next) of prepare, bind, step, column or exec on any wrapped
 * connection gives @p st. */
struct jm_fault {
    atomic_long at; /* counts down; 0 and below: nothing fails */
    enum jm_status st;
};
/** Owns @p inner. @retval JM_E_UNAVAILABLE no memory; @p out as it was, @p inner still the caller's
 */
JM_MUST_CHECK enum jm_status jm_fault_wrap(struct jm_db **out, struct jm_db *inner,
                                           struct jm_fault *fault);

#endif
