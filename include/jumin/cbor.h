/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cbor.h  Room: codec. RFC 8949: judge once, read in place, write shortest heads.
 *
 * jm_cbor_check() judges an item whole (well-formed, definite, no duplicate keys, UTF-8, limits;
 * embedded CBOR of tag 24 included); the reader then walks views into the same octets. The reader
 * alone does not look for duplicate keys: give it only what was checked. Re-encoding never happens:
 * hash the slices that were received.
 *
 * Spec: RFC 8949; spec/mdoc.md 2
 */
#ifndef JUMIN_CBOR_H
#define JUMIN_CBOR_H

#include "jumin/bytes.h"

#define JM_CBOR_DEPTH_MAX 16     /* levels, each embedded tag 24 counts as one more */
#define JM_CBOR_ENTRIES_MAX 4096 /* of one array or map */
/* of one map whose keys do not ascend: beyond it is JM_CBOR_LIMIT */
#define JM_CBOR_UNORDERED_MAX 1024

enum jm_cbor_type {
    JM_CBOR_NONE = 0, /* end of input or fault */
    JM_CBOR_UINT,
    JM_CBOR_NINT,
    JM_CBOR_BYTES,
    JM_CBOR_TEXT,
    JM_CBOR_ARRAY,
    JM_CBOR_MAP,
    JM_CBOR_TAG,
    JM_CBOR_FALSE,
    JM_CBOR_TRUE,
    JM_CBOR_NULL,
    JM_CBOR_SIMPLE /* other simple values, floats, undefined */
};

enum jm_cbor_fault_kind {
    JM_CBOR_OK = 0,
    JM_CBOR_TRUNCATED,
    JM_CBOR_TRAILING,
    JM_CBOR_RESERVED, /* additional information 28..30, or a simple value < 32 in two octets */
    JM_CBOR_INDEFINITE,
    JM_CBOR_UTF8,
    JM_CBOR_DEPTH,
    JM_CBOR_LIMIT,
    JM_CBOR_DUPLICATE_KEY
};

/** What a check found. @p notices: non-preferred heads, where the first one stands. */
struct jm_cbor_fault {
    enum jm_cbor_fault_kind kind;
    size_t at; /* octet offset in the checked input */
    size_t non_preferred, first_non_preferred;
};

struct jm_cbor_limits {
    unsigned depth;
    size_t entries;
};

/**
 * Judge one whole item. @p limits null: the defaults above.
 * @retval JM_OK | JM_E_TRUNCATED | JM_E_TRAILING | JM_E_DUPLICATE | JM_E_LIMIT | JM_E_MALFORMED;
 * kind and offset in @p fault
 */
JM_MUST_CHECK enum jm_status jm_cbor_check(struct jm_bytes in, const struct jm_cbor_limits *limits,
                                           struct jm_cbor_fault *fault);

/** A sticky reader: after the first fault every read gives zero and the verdict says so. */
struct jm_cbor {
    struct jm_bytes in;
    size_t at;
    enum jm_status st;
};

void jm_cbor_init(struct jm_cbor *r, struct jm_bytes in);
enum jm_cbor_type jm_cbor_peek(const struct jm_cbor *r);
uint64_t jm_cbor_uint(struct jm_cbor *r);
/** Signed integer in the range of int64_t, else JM_E_RANGE. */
int64_t jm_cbor_int(struct jm_cbor *r);
struct jm_bytes jm_cbor_bytes(struct jm_cbor *r);
struct jm_bytes jm_cbor_text(struct jm_cbor *r);
/** Number of elements / pairs that follow. */
size_t jm_cbor_array(struct jm_cbor *r);
size_t jm_cbor_map(struct jm_cbor *r);
uint64_t jm_cbor_tag(struct jm_cbor *r);
bool jm_cbor_bool(struct jm_cbor *r);
void jm_cbor_null(struct jm_cbor *r);
/** The next item whole, its own head and tags included, unread. */
struct jm_bytes jm_cbor_item(struct jm_cbor *r);
/** `#6.24(bstr)`: the content of the byte string. @p whole, if given: the slice with tag and head.
 */
struct jm_bytes jm_cbor_embedded(struct jm_cbor *r, struct jm_bytes *whole);
/** Put the reader into @p st unless it has failed before. */
void jm_cbor_fail(struct jm_cbor *r, enum jm_status st);
/** Verdict: everything read was right and nothing is left. @retval the first fault | JM_E_TRAILING
 */
JM_MUST_CHECK enum jm_status jm_cbor_end(const struct jm_cbor *r);

/** Does an array hold this text? What is no array of texts holds none behind its first fault. */
bool jm_cbor_has_text(struct jm_bytes array, struct jm_bytes text);
/** Value of a text or integer key of a map item, as a slice. @retval JM_E_ABSENT not there;
 * JM_E_TYPE @p map is no map */
JM_MUST_CHECK enum jm_status jm_cbor_find_text(struct jm_bytes *value, struct jm_bytes map,
                                               const char *key);
JM_MUST_CHECK enum jm_status jm_cbor_find_int(struct jm_bytes *value, struct jm_bytes map,
                                              int64_t key);

/** A sticky writer into the caller's room; shortest heads, definite lengths. */
struct jm_cbor_w {
    struct jm_buf *out;
    enum jm_status st;
};

void jm_cbor_w_init(struct jm_cbor_w *w, struct jm_buf *out);
void jm_cbor_w_uint(struct jm_cbor_w *w, uint64_t v);
void jm_cbor_w_int(struct jm_cbor_w *w, int64_t v);
void jm_cbor_w_bytes(struct jm_cbor_w *w, struct jm_bytes v);
/** The head of a byte string of @p len octets, which the caller writes next. */
void jm_cbor_w_bytes_head(struct jm_cbor_w *w, size_t len);
void jm_cbor_w_text(struct jm_cbor_w *w, struct jm_bytes v);
void jm_cbor_w_str(struct jm_cbor_w *w, const char *v);
void jm_cbor_w_array(struct jm_cbor_w *w, size_t n);
void jm_cbor_w_map(struct jm_cbor_w *w, size_t n);
void jm_cbor_w_tag(struct jm_cbor_w *w, uint64_t tag);
void jm_cbor_w_bool(struct jm_cbor_w *w, bool v);
void jm_cbor_w_null(struct jm_cbor_w *w);
/** Octets that are already one encoded item (or a run of them). */
void jm_cbor_w_raw(struct jm_cbor_w *w, struct jm_bytes item);
/** A byte string whose content is written in between: open, write, close. The head is inserted at
 * close. */
size_t jm_cbor_w_open(struct jm_cbor_w *w);
void jm_cbor_w_close(struct jm_cbor_w *w, size_t mark);
/** @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_cbor_w_end(const struct jm_cbor_w *w);

/** Octets of a head with this argument, shortest form. */
size_t jm_cbor_head_len(uint64_t arg);

#endif
