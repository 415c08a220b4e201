/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file text.h  Room: codec. Text that people write and others compare: one form of it, and nothing
 * in it that nobody sees.
 *
 * Spec: domain D-105; Unicode 14, 3.12 (Hangul) and UAX 15 (NFC)
 */
#ifndef JUMIN_TEXT_H
#define JUMIN_TEXT_H

#include "jumin/arena.h"

/**
 * A text in NFC: single jamo are composed (in @p mem; else @p out is @p in). What would need tables
 * to compose is refused instead, so that what is taken is in NFC: combining marks, compatibility
 * ideographs.
 * @retval JM_E_MALFORMED no UTF-8, a blank at an end, an invisible, directing, filling or
 * separating character, a mark that combines
 */
JM_MUST_CHECK enum jm_status jm_text_read(struct jm_bytes *out, struct jm_bytes in,
                                          struct jm_arena *mem);

#endif
