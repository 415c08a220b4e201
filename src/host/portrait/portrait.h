/* SPDX-License-Identifier: Apache-2.0 */
/** @file portrait.h  Room: host/portrait. Synthetic portraits: small JPEGs drawn by us, nobody's face. */
#ifndef JUMIN_HOST_PORTRAIT_H
#define JUMIN_HOST_PORTRAIT_H

#include "jumin/arena.h"

/** A flat face of 96 × 128 pixels, coloured by @p seed; about 2 kB in @p mem. */
JM_MUST_CHECK enum jm_status jm_portrait_draw(struct jm_bytes *jpeg, uint32_t seed, struct jm_arena *mem);

#endif
