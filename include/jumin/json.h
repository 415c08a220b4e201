/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json.h  Room: codec. RFC 8259, strict: UTF-8, no duplicate members, bounded depth, nothing
 * behind the end.
 *
 * A document is judged once and stands as a tree in the arena; texts without escapes are views into
 * the input. Numbers keep their spelling. Spec: RFC 8259; spec/openid4vc.md 2
 */
#ifndef JUMIN_JSON_H
#define JUMIN_JSON_H

#include "jumin/arena.h"

#define JM_JSON_DEPTH_MAX 32
#define JM_JSON_MEMBERS_MAX 1024 /* of one object; arrays: 65,536 elements */

enum jm_json_type {
    JM_JSON_NULL = 1,
    JM_JSON_FALSE,
    JM_JSON_TRUE,
    JM_JSON_NUMBER,
    JM_JSON_STRING,
    JM_JSON_ARRAY,
    JM_JSON_OBJECT
};

struct jm_json {
    enum jm_json_type type;
    struct jm_bytes name;        /* decoded member name, when inside an object */
    struct jm_bytes text;        /* decoded string, or the number as spelt */
    struct jm_bytes raw;         /* the value's octets in the input */
    const struct jm_json *child; /* first element or member */
    const struct jm_json *next;
    size_t n; /* elements or members */
};

/**
 * @param[out] out  tree in @p mem, views into @p in; null on failure
 * @param[out] at   octet offset of a fault, if given
 * @retval JM_OK | JM_E_MALFORMED | JM_E_DUPLICATE | JM_E_LIMIT (depth, counts) | JM_E_TRAILING |
 * JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_json_parse(const struct jm_json **out, struct jm_bytes in,
                                           struct jm_arena *mem, size_t *at);

/** Member by name; null if @p obj is null, no object, or has none. */
const struct jm_json *jm_json_get(const struct jm_json *obj, const char *name);
const struct jm_json *jm_json_get_b(const struct jm_json *obj, struct jm_bytes name);

/** The string of member @p name. @retval JM_E_MISSING | JM_E_TYPE (also a NUL inside) */
JM_MUST_CHECK enum jm_status jm_json_str(struct jm_bytes *out, const struct jm_json *obj,
                                         const char *name);
/** As jm_json_str, but absent gives JM_OK and the empty view with null ptr. */
JM_MUST_CHECK enum jm_status jm_json_opt_str(struct jm_bytes *out, const struct jm_json *obj,
                                             const char *name);
/** The same with at most @p max octets. @retval JM_E_LIMIT it has more */
JM_MUST_CHECK enum jm_status jm_json_text(struct jm_bytes *out, const struct jm_json *obj,
                                          const char *name, size_t max);
JM_MUST_CHECK enum jm_status jm_json_opt_text(struct jm_bytes *out, const struct jm_json *obj,
                                              const char *name, size_t max);
/** NumericDate (RFC 7519 2): any JSON number from 0 to 2^53, 1.8e9 too; a fraction is floored.
 * @retval JM_E_MISSING | JM_E_TYPE | JM_E_RANGE */
JM_MUST_CHECK enum jm_status jm_json_time(int64_t *out, const struct jm_json *obj,
                                          const char *name);
/** An integer written as one. */
JM_MUST_CHECK enum jm_status jm_json_int(int64_t *out, const struct jm_json *value);
bool jm_json_is_str(const struct jm_json *v, const char *s);
/** Is there a member of this name, and is it true? */
bool jm_json_is_true(const struct jm_json *object, const char *name);

/** Sticky writer; commas are its own. */
struct jm_json_w {
    struct jm_buf *out;
    enum jm_status st;
    bool comma;
};

void jm_json_w_init(struct jm_json_w *w, struct jm_buf *out);
void jm_json_w_open(struct jm_json_w *w, char bracket); /* '{' or '[' */
void jm_json_w_close(struct jm_json_w *w, char bracket);
void jm_json_w_name(struct jm_json_w *w, const char *name);
void jm_json_w_name_b(struct jm_json_w *w, struct jm_bytes name);
void jm_json_w_text(struct jm_json_w *w, struct jm_bytes v);
void jm_json_w_int(struct jm_json_w *w, int64_t v);
void jm_json_w_bool(struct jm_json_w *w, bool v);
void jm_json_w_null(struct jm_json_w *w);
void jm_json_w_raw(struct jm_json_w *w, struct jm_bytes json); /* one value, already JSON */
void jm_json_w_b64url(struct jm_json_w *w, struct jm_bytes octets);
struct jm_cbor;
/** The next CBOR item, as RFC 8949 6.1 has it: octets are base64url, tags fall away, members whose
 * name is neither text nor a number too; too deep, and what JSON does not know, is null. */
void jm_json_w_cbor(struct jm_json_w *w, struct jm_cbor *c);
/* member = name + value */
void jm_json_w_mstr(struct jm_json_w *w, const char *name, const char *v);
void jm_json_w_mtext(struct jm_json_w *w, const char *name, struct jm_bytes v);
void jm_json_w_mint(struct jm_json_w *w, const char *name, int64_t v);
void jm_json_w_mbool(struct jm_json_w *w, const char *name, bool v);
void jm_json_w_mopen(struct jm_json_w *w, const char *name, char bracket);
void jm_json_w_mraw(struct jm_json_w *w, const char *name, struct jm_bytes json);
JM_MUST_CHECK enum jm_status jm_json_w_end(const struct jm_json_w *w);

#endif
