/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/cbor.h"
#include "jumin/json.h"

static void put_item(struct jm_json_w *w, struct jm_cbor *c, unsigned depth);

/* JSON has names that are text: a number becomes its digits, what is neither falls away. */
static bool put_key(struct jm_json_w *w, struct jm_cbor *c)
{
    enum jm_cbor_type t = jm_cbor_peek(c);
    uint8_t room[24];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_json_w digits;

    if (t == JM_CBOR_TEXT) {
        jm_json_w_name_b(w, jm_cbor_text(c));
    } else if (t == JM_CBOR_UINT || t == JM_CBOR_NINT) {
        jm_json_w_init(&digits, &b);
        jm_json_w_int(&digits, jm_cbor_int(c));
        jm_json_w_name_b(w, jm_written(b));
    } else {
        (void)jm_cbor_item(c);
        return false;
    }
    return true;
}

static void put_items(struct jm_json_w *w, struct jm_cbor *c, unsigned depth, bool map)
{
    jm_json_w_open(w, map ? '{' : '[');
    for (size_t n = map ? jm_cbor_map(c) : jm_cbor_array(c); n > 0 && c->st == JM_OK; n--) {
        if (map && !put_key(w, c))
            (void)jm_cbor_item(c);
        else
            put_item(w, c, depth + 1);
    }
    jm_json_w_close(w, map ? '}' : ']');
}

static void put_item(struct jm_json_w *w, struct jm_cbor *c, unsigned depth)
{
    switch (depth > JM_CBOR_DEPTH_MAX ? JM_CBOR_NONE : jm_cbor_peek(c)) {
    case JM_CBOR_UINT:
    case JM_CBOR_NINT: jm_json_w_int(w, jm_cbor_int(c)); return;
    case JM_CBOR_BYTES: jm_json_w_b64url(w, jm_cbor_bytes(c)); return;
    case JM_CBOR_TEXT: jm_json_w_text(w, jm_cbor_text(c)); return;
    case JM_CBOR_TRUE:
    case JM_CBOR_FALSE: jm_json_w_bool(w, jm_cbor_bool(c)); return;
    case JM_CBOR_TAG:
        (void)jm_cbor_tag(c);
        put_item(w, c, depth + 1);
        return;
    case JM_CBOR_ARRAY: put_items(w, c, depth, false); return;
    case JM_CBOR_MAP: put_items(w, c, depth, true); return;
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE:
    case JM_CBOR_NONE: break;
    }
    (void)jm_cbor_item(c);
    jm_json_w_null(w);
}

void jm_json_w_cbor(struct jm_json_w *w, struct jm_cbor *c)
{
    put_item(w, c, 0);
}
