/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JM_TEST_RECORD_H
#define JM_TEST_RECORD_H

#include <stdint.h>

/* Edges of the rooms' code that this thread has run so far. */
uint64_t record_work(void);

#endif
