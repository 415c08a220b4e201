/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file der.h  Room: codec. X.690 DER as far as X.509, PKCS#10 and CRLs need it: definite, minimal
 * lengths.
 */
#ifndef JUMIN_DER_H
#define JUMIN_DER_H

#include "jumin/arena.h"

enum jm_der_tag {
    JM_DER_BOOL = 0x01,
    JM_DER_INT = 0x02,
    JM_DER_BITS = 0x03,
    JM_DER_OCTETS = 0x04,
    JM_DER_NULL = 0x05,
    JM_DER_OID = 0x06,
    JM_DER_UTF8 = 0x0C,
    JM_DER_PRINTABLE = 0x13,
    JM_DER_IA5 = 0x16,
    JM_DER_UTC = 0x17,
    JM_DER_GENTIME = 0x18,
    JM_DER_SEQ = 0x30,
    JM_DER_SET = 0x31
};
#define JM_DER_CTX(n) (0xA0u | (n))   /* constructed context tag */
#define JM_DER_CTX_P(n) (0x80u | (n)) /* primitive context tag */

struct jm_der {
    struct jm_bytes in;
    size_t at;
    enum jm_status st;
};

void jm_der_init(struct jm_der *r, struct jm_bytes in);
/** Tag of the next element, 0 at the end or after a fault. High tag numbers (31) are a fault. */
unsigned jm_der_peek(const struct jm_der *r);
/** Content of the next element, which must have @p tag. @p whole, if given: with tag and length. */
struct jm_bytes jm_der_take(struct jm_der *r, unsigned tag, struct jm_bytes *whole);
/** Any element. */
struct jm_bytes jm_der_any(struct jm_der *r, unsigned *tag, struct jm_bytes *whole);
/** As take, but absent (other tag or end) gives false and moves nothing. */
bool jm_der_opt(struct jm_der *r, unsigned tag, struct jm_bytes *content);
/** A reader over the content of a constructed element. */
struct jm_der jm_der_enter(struct jm_der *r, unsigned tag);
bool jm_der_more(const struct jm_der *r);
void jm_der_fail(struct jm_der *r, enum jm_status st);
JM_MUST_CHECK enum jm_status jm_der_end(const struct jm_der *r);

/** Seconds since 1970 of a UTCTime (1950–2049) or GeneralizedTime, both with seconds and Z only. */
JM_MUST_CHECK enum jm_status jm_der_time(int64_t *out, unsigned tag, struct jm_bytes text);

struct jm_der_w {
    struct jm_buf *out;
    enum jm_status st;
};

void jm_der_w_init(struct jm_der_w *w, struct jm_buf *out);
void jm_der_w_put(struct jm_der_w *w, unsigned tag, struct jm_bytes content);
void jm_der_w_raw(struct jm_der_w *w, struct jm_bytes der);
/** Open an element, write its content, close it: tag and length are inserted at close. */
size_t jm_der_w_open(struct jm_der_w *w);
void jm_der_w_close(struct jm_der_w *w, size_t mark, unsigned tag);
/** Unsigned integer from big-endian octets: leading zeros dropped, one added where the top bit is
 * set. */
void jm_der_w_uint(struct jm_der_w *w, struct jm_bytes be);
/** Time in UTCTime up to 2049, GeneralizedTime later. */
void jm_der_w_time(struct jm_der_w *w, int64_t at_s);
JM_MUST_CHECK enum jm_status jm_der_w_end(const struct jm_der_w *w);

#endif
