/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vpcd_frames.h  Room: host/card, private. Frames of a virtual reader: two octets of length,
 * the most significant first, then as many, both ways.
 *
 * Spec: spec/iccard.md 5.1
 */
#ifndef JUMIN_HOST_CARD_VPCD_FRAMES_H
#define JUMIN_HOST_CARD_VPCD_FRAMES_H

#include "jumin/bytes.h"

#define JM_VPCD_MAX 65535

/* What the reader says in a frame of one octet. */
enum { JM_VPCD_OFF = 0, JM_VPCD_ON = 1, JM_VPCD_RESET = 2, JM_VPCD_ATR = 4 };

/** No delay of the system's own between two frames. */
void jm_vpcd_begin(int fd);
/** @retval JM_E_GONE the other side is away | JM_E_LIMIT more than JM_VPCD_MAX octets */
JM_MUST_CHECK enum jm_status jm_vpcd_send(int fd, struct jm_bytes payload);
/** Appends the payload of the next one. @param wait_ms  for all of it; -1: for ever
 * @retval JM_E_GONE the stream has ended | JM_E_UNAVAILABLE not in time | JM_E_LIMIT longer than
 * the room: the stream is of no use any more */
JM_MUST_CHECK enum jm_status jm_vpcd_receive(int fd, struct jm_buf *out, int64_t wait_ms);

#endif
