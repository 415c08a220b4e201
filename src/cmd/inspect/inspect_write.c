/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cmd/inspect/inspect_run.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/json.h"

void jm_inspect_put_time(struct jm_json_w *w, const char *name, int64_t at_s)
{
    char text[21];

    jm_tdate_format(text, at_s);
    jm_json_w_mstr(w, name, text);
}

void jm_inspect_put_hex(struct jm_inspect_run *r, const char *name, struct jm_bytes octets)
{
    struct jm_bytes text = jm_none();

    if (jm_hex_encode(&text, r->mem, octets) == JM_OK)
        jm_json_w_mtext(&r->w, name, text);
}

void jm_inspect_put_cbor(struct jm_json_w *w, struct jm_cbor *c, unsigned depth)
{
    size_t n;

    if (depth > JM_CBOR_DEPTH_MAX) {
        (void)jm_cbor_item(c);
        jm_json_w_null(w);
        return;
    }
    switch (jm_cbor_peek(c)) {
    case JM_CBOR_UINT:
    case JM_CBOR_NINT: jm_json_w_int(w, jm_cbor_int(c)); return;
    case JM_CBOR_BYTES: jm_json_w_b64url(w, jm_cbor_bytes(c)); return;
    case JM_CBOR_TEXT: jm_json_w_text(w, jm_cbor_text(c)); return;
    case JM_CBOR_TRUE:
    case JM_CBOR_FALSE: jm_json_w_bool(w, jm_cbor_bool(c)); return;
    case JM_CBOR_TAG:
        (void)jm_cbor_tag(c);
        jm_inspect_put_cbor(w, c, depth + 1);
        return;
    case JM_CBOR_ARRAY:
        jm_json_w_open(w, '[');
        for (n = jm_cbor_array(c); n > 0; n--)
            jm_inspect_put_cbor(w, c, depth + 1);
        jm_json_w_close(w, ']');
        return;
    case JM_CBOR_MAP:
        jm_json_w_open(w, '{');
        for (n = jm_cbor_map(c); n > 0; n--) {
            if (jm_cbor_peek(c) == JM_CBOR_TEXT) {
                jm_json_w_name_b(w, jm_cbor_text(c));
            } else if (jm_cbor_peek(c) == JM_CBOR_UINT) {
                uint8_t digits[20];
                uint64_t v = jm_cbor_uint(c);
                size_t at = sizeof digits;

                do
                    digits[--at] = (uint8_t)('0' + v % 10);
                while ((v /= 10) != 0);
                jm_json_w_name_b(w, jm_bytes(digits + at, sizeof digits - at));
            } else {
                (void)jm_cbor_item(c);
                jm_json_w_name(w, "?");
            }
            jm_inspect_put_cbor(w, c, depth + 1);
        }
        jm_json_w_close(w, '}');
        return;
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE:
    case JM_CBOR_NONE: break;
    }
    (void)jm_cbor_item(c);
    jm_json_w_null(w);
}

/* No copy of a person's picture or number, and no secret that redeems something, unless asked for.
 */
bool jm_inspect_masked(const struct jm_inspect_run *r, struct jm_bytes id)
{
    static const char *const names[] = {"portrait",
                                        "picture",
                                        "resident_registration_number",
                                        "personal_administrative_number",
                                        "pre-authorized_code",
                                        "vp_token"};

    for (size_t i = 0; i < JM_ARRAY_LEN(names) && !r->in->show_values; i++)
        if (jm_bytes_eq_str(id, names[i]))
            return true;
    return false;
}

void jm_inspect_put_json(struct jm_inspect_run *r, const struct jm_json *v, unsigned depth)
{
    struct jm_json_w *w = &r->w;
    bool deep = v->type == JM_JSON_OBJECT || v->type == JM_JSON_ARRAY;

    if (jm_inspect_masked(r, v->name) || depth > JM_JSON_DEPTH_MAX) {
        jm_json_w_text(w, JM_BYTES("***"));
    } else if (!deep) {
        jm_json_w_raw(w, v->raw);
    } else {
        jm_json_w_open(w, v->type == JM_JSON_OBJECT ? '{' : '[');
        for (const struct jm_json *e = v->child; e != NULL; e = e->next) {
            if (v->type == JM_JSON_OBJECT)
                jm_json_w_name_b(w, e->name);
            jm_inspect_put_json(r, e, depth + 1);
        }
        jm_json_w_close(w, v->type == JM_JSON_OBJECT ? '}' : ']');
    }
}

static const char *result_name(enum jm_result r)
{
    static const char *const names[] = {[JM_NOT_RUN] = "skip",
                                        [JM_PASS] = "pass",
                                        [JM_FAIL] = "fail",
                                        [JM_WARN] = "warn",
                                        [JM_UNKNOWN] = "unknown"};

    return names[r];
}

static void put_path(struct jm_inspect_run *r, const struct jm_check *c)
{
    uint8_t text[] = "documents[00]";
    unsigned i = c->object - 1u;

    if (c->path.len != 0 && jm_utf8_valid(c->path, NULL)) {
        jm_json_w_mtext(&r->w, "path", c->path);
    } else if (c->object == 0 || strcmp(r->kind, "device-response") != 0) {
        jm_json_w_mstr(&r->w, "path", "");
    } else if (i < 10) {
        text[10] = (uint8_t)('0' + i);
        text[11] = ']';
        jm_json_w_mtext(&r->w, "path", jm_bytes(text, 12));
    } else {
        text[10] = (uint8_t)('0' + i / 10);
        text[11] = (uint8_t)('0' + i % 10);
        jm_json_w_mtext(&r->w, "path", jm_bytes(text, 13));
    }
}

void jm_inspect_put_checks(struct jm_inspect_run *r)
{
    struct jm_json_w *w = &r->w;

    jm_json_w_mopen(w, "checks", '[');
    for (size_t i = 0; i < r->report.n; i++) {
        const struct jm_check *c = &r->report.checks[i];
        const struct jm_code_info *info = jm_code_info(c->code);
        const char *sentence =
            r->in->sentence == NULL ? NULL : r->in->sentence(r->in->ctx, c->code);
        char by[2] = {info->by, '\0'};

        jm_json_w_open(w, '{');
        jm_json_w_mstr(w, "code", info->name);
        jm_json_w_mstr(w, "check", sentence == NULL ? info->name : sentence);
        jm_json_w_mstr(w, "clause", info->rule);
        jm_json_w_mstr(w, "result", result_name(c->result));
        put_path(r, c);
        jm_json_w_mstr(w, "by", by);
        if (c->result != JM_PASS)
            jm_json_w_mtext(w, "reason", c->detail);
        if (c->offset != 0)
            jm_json_w_mint(w, "offset", c->offset);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

/* Names of the codes with this result, each once, sorted. */
void jm_inspect_put_names(struct jm_inspect_run *r, const char *list, enum jm_result result)
{
    const char *last = "";

    jm_json_w_mopen(&r->w, list, '[');
    for (;;) {
        const char *next = NULL;

        for (size_t i = 0; i < r->report.n; i++) {
            const char *name = jm_code_info(r->report.checks[i].code)->name;

            if (r->report.checks[i].result == result && strcmp(name, last) > 0 &&
                (next == NULL || strcmp(name, next) < 0))
                next = name;
        }
        if (next == NULL)
            break;
        jm_json_w_text(&r->w, jm_str(next));
        last = next;
    }
    jm_json_w_close(&r->w, ']');
}
