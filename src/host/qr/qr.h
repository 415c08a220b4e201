/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file qr.h  Room: host/qr. QR codes as PNG pictures: drawn by libqrencode, read by libzbar in a
 * process of its own.
 *
 * Drawn: level M, quiet zone of 4 modules, 8 pixels a module, dark on light. Spec: spec/platform.md
 * 8
 */
#ifndef JUMIN_HOST_QR_H
#define JUMIN_HOST_QR_H

#include "jumin/arena.h"

#define JM_QR_TEXT_MAX 300

/** PNG in @p mem. @retval JM_E_LIMIT longer than JM_QR_TEXT_MAX */
JM_MUST_CHECK enum jm_status jm_qr_png(struct jm_bytes *png, struct jm_bytes text,
                                       struct jm_arena *mem);
#define JM_QR_PICTURE_MAX (16 * JM_MIB)
#define JM_QR_READ_MAX 4096 /* octets; a QR code holds 2,953 */
/**
 * Text of the first QR code in a PNG of at most 4096 × 4096 pixels and JM_QR_PICTURE_MAX octets,
 * dark on light or light on dark. The picture is decoded by @p program (jumin-picture), a process
 * of its own that holds nothing and ends after it.
 * @retval JM_E_MALFORMED no PNG | JM_E_ABSENT no code in it | JM_E_UNAVAILABLE the program cannot
 * be run
 */
JM_MUST_CHECK enum jm_status jm_qr_read(struct jm_bytes *text, const char *program,
                                        struct jm_bytes png, struct jm_arena *mem);

#endif
