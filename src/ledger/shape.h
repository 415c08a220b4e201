/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the body of a transaction may hold: a table a type, values judged by shape. A value that is
 * not of its shape is BODY, a text that looks like a resident number PRIVACY. Private to the ledger
 * room.
 *
 * Spec: spec/ledger.md 4 (field kinds), 15
 */
#ifndef JM_LEDGER_SHAPE_H
#define JM_LEDGER_SHAPE_H

#include "jumin/ledger.h"

enum jm_shape_kind {
    JM_SHAPE_UINT = 1, /* lo..hi */
    JM_SHAPE_BOOL,
    JM_SHAPE_BYTES, /* lo..hi octets */
    JM_SHAPE_POINT, /* SEC1, uncompressed, on P-256 */
    JM_SHAPE_DER,   /* lo..hi octets: one SEQUENCE of long form, exact */
    JM_SHAPE_TEXT,  /* lo..hi octets */
    JM_SHAPE_ASCII, /* printable, lo..hi */
    JM_SHAPE_URI,   /* as that, https or to this machine */
    JM_SHAPE_ID,
    JM_SHAPE_COUNTRY,
    JM_SHAPE_I18N,  /* texts up to hi octets */
    JM_SHAPE_LIST,  /* lo..hi distinct ones of `of` */
    JM_SHAPE_TUPLE, /* exactly hi, of[0] to of[hi - 1] */
    JM_SHAPE_MAP    /* of field[0..hi): the whole body, or one inside */
};

struct jm_shape;
struct jm_field {
    uint8_t key;
    bool optional;
    const struct jm_shape *shape;
};
struct jm_shape {
    enum jm_shape_kind kind;
    uint64_t lo, hi;
    const struct jm_shape *of;
    const struct jm_field *field;
};

/** @p value: one item of deterministic CBOR. @retval as a transaction's: JM_LTX_OK | JM_LTX_BODY |
 * JM_LTX_PRIVACY */
enum jm_ltx_code jm_shape_judge(const struct jm_shape *s, struct jm_bytes value);
/** Exactly 13 digits, or 6, a hyphen and 7, neither inside a longer run. */
bool jm_text_is_personal(struct jm_bytes text);

#endif
