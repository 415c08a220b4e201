/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file msg.h  Room: service. Messages as descriptors: one table decodes, bounds and documents a
 * body.
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
    JM_MSG_STR = 1, /* struct jm_bytes, at most max octets, no control characters */
    JM_MSG_INT,     /* int64_t, 0 … max */
    JM_MSG_BOOL,    /* bool */
    JM_MSG_DATE,    /* struct jm_date from YYYY-MM-DD */
    JM_MSG_ID,      /* struct jm_id from 32 hex digits */
    JM_MSG_B64,     /* struct jm_bytes from base64url */
    /* const struct jm_json *: any value, whose text in the body has at most max octets */
    JM_MSG_JSON,
    /* struct jm_bytes, at most max octets, as they came: of public standards, judged by whoever
       reads them */
    JM_MSG_RAW
};

enum { JM_MSG_OPT = 1 };

/* Every member has its bound here, in octets as they are decoded (numbers: the greatest); `jumin
 * describe` tells it, e2e.bounds tries it. */
struct jm_msg_field {
    const char *name;
    enum jm_msg_kind kind;
    size_t offset, max;
    unsigned flags;
};

struct jm_msg {
    const char *name;
    const struct jm_msg_field *field;
    size_t n;
    bool ignore_unknown; /* messages of public standards; our own refuse what they do not know */
};

#define JM_FIELD(type, member, wire, kind, max, flags) \
    {wire, JM_MSG_##kind, offsetof(struct type, member), (size_t)(max), flags}
#define JM_TIME_MAX                                                               \
    253402300799 /* 9999-12-31T23:59:59Z: the last moment that RFC 3339 can write \
                  */
#define JM_MSG_DEF(msg, ignore) \
    {#msg, msg##_fields, sizeof(msg##_fields) / sizeof((msg##_fields)[0]), ignore}

/** @p out is zeroed first. Absent optional fields stay zero. @retval JM_OK or INPUT with a JM_API_*
 * code and the field's name */
JM_MUST_CHECK enum jm_status jm_msg_decode(void *out, const struct jm_msg *m, struct jm_bytes body,
                                           struct jm_arena *mem, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_msg_decode_form(void *out, const struct jm_msg *m,
                                                struct jm_bytes body, struct jm_arena *mem,
                                                struct jm_diag *d);

/** For routes that ask nothing: an object without members. */
extern const struct jm_msg jm_msg_none;
JM_MUST_CHECK enum jm_status jm_msg_decode_none(struct jm_bytes body, struct jm_arena *mem,
                                                struct jm_diag *d);

/** 32 hex digits. */
JM_MUST_CHECK enum jm_status jm_id_parse(struct jm_id *out, struct jm_bytes hex);
void jm_id_format(char out[33], const struct jm_id *id);

#endif
