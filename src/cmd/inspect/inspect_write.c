/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
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

/* A device response names the document, where the check itself names nothing. */
static enum jm_status path_of(struct jm_bytes *out, const struct jm_inspect_run *r,
                              const struct jm_check *c)
{
    char text[sizeof "documents[65535]"];

    *out = jm_none();
    if (c->path.len != 0 && jm_utf8_valid(c->path, NULL))
        *out = c->path;
    else if (c->object != 0 && strcmp(r->kind, "device-response") == 0 &&
             snprintf(text, sizeof text, "documents[%u]", c->object - 1u) > 0)
        return jm_dup(out, r->mem, jm_str(text));
    return JM_OK;
}

enum jm_status jm_inspect_put_report(struct jm_inspect_run *r)
{
    struct jm_report_msg told;
    struct jm_check_msg *check;

    JM_TRY(jm_report_tell(&told, &check, &r->report, r->in->say, r->mem));
    for (size_t i = 0; i < r->report.n; i++)
        JM_TRY(path_of(&check[i].path, r, &r->report.checks[i]));
    return jm_msg_members(&r->w, &jm_report_msg, &told);
}
