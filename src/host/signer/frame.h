/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frame.h  Room: host/signer. The words between the signer and its callers, on a unix socket.
 *
 * Frame: u32 length (big-endian, of what follows), CBOR [1, request, op, purpose, key id / null,
 * [octets…]]; the answer is [request, jm_status, [octets…]], on refusal with one item of four
 * octets: the enum jm_code. First two exchanges of op HELLO, purpose 0: [caller's name, nonce] →
 * [nonce]; [MAC of the caller] → [MAC of the signer], HMAC-SHA-256 with the caller's secret over
 * label, 00, name, 00, both nonces. A frame has 4 MiB at most, a batch 1,024 items.
 *
 * Spec: architecture.md 10   Req: D-424
 */
#ifndef JUMIN_HOST_SIGNER_FRAME_H
#define JUMIN_HOST_SIGNER_FRAME_H

#include "jumin/cbor.h"
#include "jumin/crypto.h"
#include "service/signer/keys.h"

#define JM_FRAME_MAX (4 * JM_MIB)
#define JM_FRAME_ITEMS_MAX 1024
#define JM_FRAME_VERSION 1
#define JM_FRAME_HELLO 0 /* operation; enum jm_sign_op begins at 1 */
#define JM_FRAME_NONCE 32

struct jm_frame_request {
    uint64_t request;
    unsigned op, purpose;
    struct jm_bytes key;
    struct jm_list in; /* views into the frame */
};

struct jm_frame_answer {
    uint64_t request;
    enum jm_status st;
    struct jm_list out;
};

/** @p body: without the length. @retval JM_OK | JM_E_MALFORMED | JM_E_UNSUPPORTED (version) |
 * JM_E_LIMIT | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_frame_request_read(struct jm_frame_request *out,
                                                   struct jm_bytes body, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_frame_answer_read(struct jm_frame_answer *out, struct jm_bytes body,
                                                  struct jm_arena *mem);
/** With the length in front. @retval JM_OK | JM_E_LIMIT | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_frame_request_write(struct jm_buf *out,
                                                    const struct jm_frame_request *q);
JM_MUST_CHECK enum jm_status jm_frame_answer_write(struct jm_buf *out,
                                                   const struct jm_frame_answer *a);
/** @p who: "caller" or "signer". */
JM_MUST_CHECK enum jm_status jm_frame_mac(uint8_t out[32], const struct jm_crypto *c,
                                          const char *who, const struct jm_secret32 *secret,
                                          struct jm_bytes name, struct jm_bytes nonce_caller,
                                          struct jm_bytes nonce_signer);

/* -- sockets: whole frames or nothing -- */

/** One frame's body into @p room. @retval JM_OK | JM_E_ABSENT (closed between frames) | JM_E_LIMIT
 * | JM_E_UNAVAILABLE */
JM_MUST_CHECK enum jm_status jm_frame_receive(struct jm_bytes *body, int fd, struct jm_buf *room);
JM_MUST_CHECK enum jm_status jm_frame_send(int fd, struct jm_bytes frame);

#endif
