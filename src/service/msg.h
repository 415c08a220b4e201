/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file msg.h  Room: service. Messages as descriptors: one table decodes, bounds and documents a
 * body, one writes and documents an answer.
 *
 * Spec: style.md 4   Req: I-23
 */
#ifndef JUMIN_SERVICE_MSG_H
#define JUMIN_SERVICE_MSG_H

#include "jumin/civil.h"
#include "jumin/code.h"
#include "jumin/form.h"
#include "jumin/json.h"
#include "service/env.h"

enum jm_msg_kind {
    /* struct jm_bytes, at most max octets; no control characters, no blank at an end, letters
       composed: the one form of a text (jumin/text.h) */
    JM_MSG_STR = 1,
    JM_MSG_INT,  /* int64_t, 0 … max */
    JM_MSG_BOOL, /* bool */
    JM_MSG_DATE, /* struct jm_date from YYYY-MM-DD */
    JM_MSG_ID,   /* struct jm_id from 32 hex digits */
    JM_MSG_B64,  /* struct jm_bytes from base64url */
    /* const struct jm_json *: any value, whose text in the body has at most max octets */
    JM_MSG_JSON,
    /* struct jm_bytes, at most max octets, as they came: of public standards, judged by whoever
       reads them */
    JM_MSG_RAW,
    /* of answers alone */
    JM_MSG_WORD,  /* const char * */
    JM_MSG_TIME,  /* int64_t, s UTC, as 2025-01-31T09:00:00Z */
    JM_MSG_VALUE, /* struct jm_bytes: one JSON value as text */
    JM_MSG_NIL,   /* null, where the const char * says something; else a splice has it, or nobody */
    JM_MSG_SPLICE, /* const struct jm_json *: an object, whose members stand among those around */
    JM_MSG_PART,   /* the same of a struct of message `of` */
    JM_MSG_SAID,   /* int64_t, null where it is negative */
    JM_MSG_OBJECT, /* a struct of message `of` */
    JM_MSG_LIST,   /* struct jm_msg_list of such */
    /* struct jm_msg_list of such that begin with a struct jm_bytes: an object in which that names
       the member */
    JM_MSG_MAP,
    JM_MSG_TEXTS, /* struct jm_msg_list of struct jm_bytes: an array of strings */
    JM_MSG_FIXED, /* nothing: always the value `fixed` */
    JM_MSG_KINDS
};

/* A body: may be missing. An answer: is left out where it is empty, zero or false; NONE: an INT
 * that may be zero, and is left out where it is JM_MSG_NO_INT. */
enum { JM_MSG_OPT = 1, JM_MSG_NONE = 3 };
#define JM_MSG_NO_INT INT64_MIN

struct jm_msg;
/* Every member of a body has its bound here, in octets as they are decoded (numbers: the greatest);
 * `jumin describe` tells it, e2e.bounds tries it. */
struct jm_msg_field {
    const char *name;
    enum jm_msg_kind kind;
    size_t offset, max;
    unsigned flags;
    const struct jm_msg *of; /* OBJECT, LIST, MAP, PART; of a SPLICE what it is, or null */
    const char *fixed;       /* FIXED: JSON */
};

struct jm_msg {
    const char *name;
    const struct jm_msg_field *field;
    size_t n;
    size_t size;         /* of the struct */
    bool ignore_unknown; /* messages of public standards; our own refuse what they do not know */
};

struct jm_msg_list {
    const void *item;
    size_t n;
};

#define JM_FIELD(type, member, wire, kind, max, flags) \
    {wire, JM_MSG_##kind, offsetof(struct type, member), (size_t)(max), flags, NULL, NULL}
#define JM_FIELD_OF(type, member, wire, kind, msg) \
    {wire, JM_MSG_##kind, offsetof(struct type, member), 0, 0, &(msg), NULL}
#define JM_FIXED(wire, json) {wire, JM_MSG_FIXED, 0, 0, 0, NULL, json}
#define JM_TIME_MAX                                                               \
    253402300799 /* 9999-12-31T23:59:59Z: the last moment that RFC 3339 can write \
                  */
/** A message @p id of struct @p type: JM_FIELD(…) for each member. */
#define JM_MSG(id, type, ignore, ...)                               \
    static const struct jm_msg_field id##_fields[] = {__VA_ARGS__}; \
    static const struct jm_msg id = JM_MSG_DEF(id, type, ignore)
/* The same of an array id_fields that stands already. */
#define JM_MSG_DEF(id, type, ignore) \
    {#id, id##_fields, sizeof(id##_fields) / sizeof((id##_fields)[0]), sizeof(struct type), ignore}

/** @p out is zeroed first. Absent optional fields stay zero. @retval JM_OK or INPUT with a JM_API_*
 * code and the field's name */
JM_MUST_CHECK enum jm_status jm_msg_decode(void *out, const struct jm_msg *m, struct jm_bytes body,
                                           struct jm_arena *mem, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_msg_decode_form(void *out, const struct jm_msg *m,
                                                struct jm_bytes body, struct jm_arena *mem,
                                                struct jm_diag *d);

/** A text of a message of ours in its one form (D-105). @retval code JM_API_TEXT of @p name */
JM_MUST_CHECK enum jm_status jm_msg_text_read(struct jm_bytes *text, const char *name,
                                              struct jm_arena *mem, struct jm_diag *d);
/** Appends the object. @retval JM_E_NO_SPACE it does not fit */
JM_MUST_CHECK enum jm_status jm_msg_encode(struct jm_json_w *w, const struct jm_msg *m,
                                           const void *in);
/** Its members alone, into an object that is open. */
JM_MUST_CHECK enum jm_status jm_msg_members(struct jm_json_w *w, const struct jm_msg *m,
                                            const void *in);
/** The object as a text of its own, in @p mem. */
JM_MUST_CHECK enum jm_status jm_msg_text(struct jm_bytes *out, const struct jm_msg *m,
                                         const void *in, struct jm_arena *mem);
/** Octets that it takes at most. */
size_t jm_msg_room(const struct jm_msg *m, const void *in);

/** For routes that ask nothing: an object without members. */
extern const struct jm_msg jm_msg_none;
JM_MUST_CHECK enum jm_status jm_msg_decode_none(struct jm_bytes body, struct jm_arena *mem,
                                                struct jm_diag *d);

/** 32 hex digits. */
JM_MUST_CHECK enum jm_status jm_id_parse(struct jm_id *out, struct jm_bytes hex);
void jm_id_format(char out[33], const struct jm_id *id);

#endif
