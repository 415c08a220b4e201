/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target: one parser or engine, deterministic, no state between calls. The first comment of
 * its file has a line "Target functions: ..."; its corpus has a seed ok-* that reaches success.
 */
#ifndef JM_FUZZ_H
#define JM_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "jumin/arena.h"
#include "jumin/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: a false one is a finding. */
#define MUST(cond) ((cond) ? (void)0 : abort())

#endif
