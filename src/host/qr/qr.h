/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file qr.h  Room: host/qr. QR codes as PNG pictures: drawn by libqrencode, read by libzbar.
 *
 * Drawn: level M, quiet zone of 4 modules, 8 pixels a module, dark on light. Spec: spec/platform.md 8
 */
#ifndef JUMIN_HOST_QR_H
#define JUMIN_HOST_QR_H

#include "jumin/arena.h"

#define JM_QR_TEXT_MAX 300

/** PNG in @p mem. @retval JM_E_LIMIT longer than JM_QR_TEXT_MAX */
JM_MUST_CHECK enum jm_status jm_qr_png(struct jm_bytes *png, struct jm_bytes text, struct jm_arena *mem);
/** Text of the first QR code in a PNG of at most 4096 × 4096 pixels. @retval JM_E_MALFORMED no PNG | JM_E_ABSENT no code in it */
JM_MUST_CHECK enum jm_status jm_qr_read(struct jm_bytes *text, struct jm_bytes png, struct jm_arena *mem);

#endif
