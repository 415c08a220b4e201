/* SPDX-License-Identifier: Apache-2.0 */
/** @file portrait.h  Room: host/portrait. Synthetic portraits: small JPEGs drawn by us, nobody's
 * face. */
#ifndef JUMIN_HOST_PORTRAIT_H
#define JUMIN_HOST_PORTRAIT_H

#include "jumin/arena.h"

/**
 * A flat face coloured by @p seed. @p at_most 0: 96 × 128 pixels, about 2 kB in @p mem; else 240 ×
 * 320 with grain, as near below
 * @p at_most octets as a step of the quality allows (18 to 20 kB for 20,000).
 * @retval JM_E_LIMIT not even the worst quality is that small
 */
JM_MUST_CHECK enum jm_status jm_portrait_draw(struct jm_bytes *jpeg, uint32_t seed, size_t at_most,
                                              struct jm_arena *mem);

#endif
