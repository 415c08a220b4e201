/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file protobuf.h  Room: codec. Protocol buffers, as far as CometBFT speaks them: a sticky reader
 * of fields, a sticky writer.
 *
 * The reader takes varints and length-delimited values, passes over fixed32 and fixed64 that nobody
 * asks for, and refuses groups. A varint is taken in its shortest form alone: no encoder writes
 * another, and what is read is then what would be written. Whether a field occurs twice, or is in
 * its place, is for the message's own reader to say.
 *
 * Spec: protobuf encoding guide; spec/ledger.md 9, 11
 */
#ifndef JUMIN_PROTOBUF_H
#define JUMIN_PROTOBUF_H

#include "jumin/bytes.h"

#define JM_PB_VARINT_MAX 10       /* octets */
#define JM_PB_FIELD_MAX 536870911 /* 2^29 - 1 */

enum jm_pb_wire { JM_PB_VARINT = 0, JM_PB_FIXED64 = 1, JM_PB_LEN = 2, JM_PB_FIXED32 = 5 };

/**
 * One varint at the beginning of @p in.
 * @param[out] len its octets
 * @retval JM_OK | JM_E_TRUNCATED it goes on behind the end | JM_E_MALFORMED not shortest, or beyond
 * 64 bits
 */
JM_MUST_CHECK enum jm_status jm_varint_read(uint64_t *out, size_t *len, struct jm_bytes in);
/** Octets that @p v takes, 1 to JM_PB_VARINT_MAX. */
size_t jm_varint_len(uint64_t v);

/** A sticky reader: after the first fault there are no more fields, and the verdict says so. */
struct jm_pb {
    struct jm_bytes in;
    size_t at;
    enum jm_status st;
    uint32_t field;       /* of the value that is next, 0: none */
    enum jm_pb_wire wire; /* of that value */
};

void jm_pb_init(struct jm_pb *r, struct jm_bytes in);
/** Go to the next field, past the value of this one where it was not read. @retval false there is
 * none, or a fault: ask jm_pb_end() */
JM_MUST_CHECK bool jm_pb_next(struct jm_pb *r);
/** The value of this field; zero, empty and JM_E_TYPE where it is of another wire type. */
uint64_t jm_pb_varint(struct jm_pb *r);
/** int64, int32 and enumerations: two's complement in 64 bits. */
int64_t jm_pb_int(struct jm_pb *r);
/** Bytes, a string or a message; a view into the input, its pointer never null. */
struct jm_bytes jm_pb_bytes(struct jm_pb *r);
/** Put the reader into @p st unless it has failed before. */
void jm_pb_fail(struct jm_pb *r, enum jm_status st);
/** Verdict: all octets were fields. @retval JM_E_TRUNCATED | JM_E_MALFORMED | JM_E_UNSUPPORTED a
 * group | JM_E_TYPE | JM_E_TRAILING jm_pb_next() was not asked to the end */
JM_MUST_CHECK enum jm_status jm_pb_end(const struct jm_pb *r);

/** A sticky writer into the caller's room. What is zero or empty is not written, as proto3 has it,
 * except by those with `always`. */
struct jm_pb_w {
    struct jm_buf *out;
    enum jm_status st;
};

void jm_pb_w_init(struct jm_pb_w *w, struct jm_buf *out);
void jm_pb_w_varint(struct jm_pb_w *w, uint32_t field, uint64_t v);
void jm_pb_w_int(struct jm_pb_w *w, uint32_t field, int64_t v);
void jm_pb_w_sfixed64(struct jm_pb_w *w, uint32_t field, int64_t v);
void jm_pb_w_bytes(struct jm_pb_w *w, uint32_t field, struct jm_bytes v);
/** An element of a repeated field, a member of a oneof, a message that is whole. */
void jm_pb_w_bytes_always(struct jm_pb_w *w, uint32_t field, struct jm_bytes v);
/** A message (always written) whose fields are written in between. Its length is put before it at
 * close. Open ones are closed in the reverse order. */
size_t jm_pb_w_open(struct jm_pb_w *w, uint32_t field);
void jm_pb_w_close(struct jm_pb_w *w, size_t mark);
/** The same without a field: a frame, as a stream has them. */
size_t jm_pb_w_frame(const struct jm_pb_w *w);
/** @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_pb_w_end(const struct jm_pb_w *w);

#endif
