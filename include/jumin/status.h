/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h  Room: base. What every fallible function returns, and the attributes that we use.
 *
 * The high byte of a status is its class; only the class decides HTTP status, exit code and whether
 * trying again can help. Why something was refused travels as an enum jm_code in struct jm_diag or
 * in a report (jumin/code.h).
 */
#ifndef JUMIN_STATUS_H
#define JUMIN_STATUS_H

#if defined(__GNUC__) || defined(__clang__)
#define JM_MUST_CHECK __attribute__((warn_unused_result))
#define JM_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define JM_UNUSED __attribute__((unused))
#else
#define JM_MUST_CHECK
#define JM_PRINTF(f, a)
#define JM_UNUSED
#endif

enum jm_class {
    JM_CLASS_OK = 0,
    JM_CLASS_INPUT = 1,       /* 400: the input is not what is read here */
    JM_CLASS_DENIED = 2,      /* 401/403: well formed, refused */
    JM_CLASS_ABSENT = 3,      /* 404/410 */
    JM_CLASS_CONFLICT = 4,    /* 409: state is not what the caller thought */
    JM_CLASS_LIMIT = 5,       /* 413/429 */
    JM_CLASS_UNAVAILABLE = 6, /* 503: the only class worth trying again */
    JM_CLASS_BUG = 7          /* 500: our own defect */
};

enum jm_status {
    JM_OK = 0,
    JM_E_MALFORMED = 0x0101, /* cannot be read as its kind */
    JM_E_TRUNCATED = 0x0102, /* ends too early */
    JM_E_TRAILING = 0x0103,  /* octets after the end */
    JM_E_TYPE = 0x0104,      /* another kind of value stands here */
    JM_E_MISSING = 0x0105,   /* a required member is absent */
    JM_E_DUPLICATE = 0x0106, /* a member, key or field occurs twice */
    JM_E_RANGE = 0x0107,     /* value outside of what is allowed */
    JM_E_UNSUPPORTED = 0x0108,
    JM_E_USAGE = 0x0109, /* used wrongly by a person: option, configuration */
    JM_E_DENIED = 0x0201,
    JM_E_UNAUTHENTICATED = 0x0202,
    JM_E_SIGNATURE = 0x0203, /* a signature, MAC or tag does not hold */
    JM_E_ABSENT = 0x0301,
    JM_E_GONE = 0x0302, /* was there, has ended */
    JM_E_CONFLICT = 0x0401,
    JM_E_LIMIT = 0x0501,    /* too long, too many, too deep */
    JM_E_NO_SPACE = 0x0502, /* the caller's room is full */
    JM_E_RATE = 0x0503,
    JM_E_UNAVAILABLE = 0x0601,
    JM_E_IO = 0x0602,
    /* inside of engines: an ask is open, the step runs again with its answer */
    JM_E_PENDING = 0x0603,
    JM_E_BUG = 0x0701
};

static inline enum jm_class jm_class_of(enum jm_status st)
{
    return (enum jm_class)((unsigned)st >> 8);
}

/* For functions that own nothing. */
#define JM_TRY(expr)                        \
    do {                                    \
        enum jm_status jm_try_st_ = (expr); \
        if (jm_try_st_ != JM_OK)            \
            return jm_try_st_;              \
    } while (0)

#endif
