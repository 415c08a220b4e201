/* SPDX-License-Identifier: Apache-2.0 */
#include "service/msg.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/text.h"

enum jm_status jm_id_parse(struct jm_id *out, struct jm_bytes hex)
{
    static const char digit[] = "0123456789abcdef";

    memset(out, 0, sizeof *out);
    if (hex.len != 32)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < 32; i++) {
        const char *p = hex.ptr[i] == 0 ? NULL : strchr(digit, hex.ptr[i]);

        if (p == NULL)
            return JM_E_MALFORMED;
        out->octets[i / 2] = (uint8_t)(out->octets[i / 2] << 4 | (p - digit));
    }
    return JM_OK;
}

void jm_id_format(char out[33], const struct jm_id *id)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = digit[id->octets[i] >> 4];
        out[2 * i + 1] = digit[id->octets[i] & 15];
    }
    out[32] = 0;
}

/* D-105: one form of each text, at every door. */
enum jm_status jm_msg_text_read(struct jm_bytes *text, const char *name, struct jm_arena *mem,
                                struct jm_diag *d)
{
    enum jm_status st = jm_text_read(text, *text, mem);

    return st == JM_OK || st == JM_E_NO_SPACE ? st : jm_refuse(d, st, JM_API_TEXT, name);
}

static enum jm_status put_text(void *to, const struct jm_msg_field *f, struct jm_bytes t,
                               struct jm_arena *mem, struct jm_diag *d)
{
    if (f->kind != JM_MSG_DATE && f->kind != JM_MSG_ID && t.len > f->max)
        return jm_refuse(d, JM_E_LIMIT, JM_API_FIELD_LIMIT, f->name);
    switch ((int)f->kind) { /* of a body or of an answer: each has its own */
    case JM_MSG_RAW: *(struct jm_bytes *)to = t; return JM_OK;
    case JM_MSG_STR:
        if (!jm_bytes_printable(t))
            return jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_FORM, f->name);
        *(struct jm_bytes *)to = t.ptr == NULL ? JM_BYTES("") : t;
        return jm_msg_text_read(to, f->name, mem, d);
    case JM_MSG_DATE:
        return jm_date_parse(to, t) == JM_OK
                   ? JM_OK
                   : jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_FORM, f->name);
    case JM_MSG_ID:
        return jm_id_parse(to, t) == JM_OK
                   ? JM_OK
                   : jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_FORM, f->name);
    case JM_MSG_B64: {
        enum jm_status st = jm_b64url_decode(to, mem, t);
        return st == JM_OK || st == JM_E_NO_SPACE
                   ? st
                   : jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_FORM, f->name);
    }
    default: return JM_E_BUG; /* no text */
    }
}

static enum jm_status put_value(void *to, const struct jm_msg_field *f, const struct jm_json *v,
                                struct jm_arena *mem, struct jm_diag *d)
{
    int64_t n;

    switch ((int)f->kind) { /* of a body or of an answer: each has its own */
    case JM_MSG_INT:
        if (jm_json_int(&n, v) != JM_OK || n < 0)
            return jm_refuse(d, JM_E_TYPE, JM_API_FIELD_TYPE, f->name);
        if ((uint64_t)n > f->max)
            return jm_refuse(d, JM_E_LIMIT, JM_API_FIELD_LIMIT, f->name);
        *(int64_t *)to = n;
        return JM_OK;
    case JM_MSG_BOOL:
        if (v->type != JM_JSON_TRUE && v->type != JM_JSON_FALSE)
            return jm_refuse(d, JM_E_TYPE, JM_API_FIELD_TYPE, f->name);
        *(bool *)to = v->type == JM_JSON_TRUE;
        return JM_OK;
    case JM_MSG_JSON:
        if (v->raw.len > f->max)
            return jm_refuse(d, JM_E_LIMIT, JM_API_FIELD_LIMIT, f->name);
        *(const struct jm_json **)to = v;
        return JM_OK;
    default: break;
    }
    if (v->type != JM_JSON_STRING)
        return jm_refuse(d, JM_E_TYPE, JM_API_FIELD_TYPE, f->name);
    return put_text(to, f, v->text, mem, d);
}

static const struct jm_msg_field *field_of(const struct jm_msg *m, struct jm_bytes name)
{
    for (size_t i = 0; i < m->n; i++)
        if (jm_bytes_eq_str(name, m->field[i].name))
            return &m->field[i];
    return NULL;
}

enum jm_status jm_msg_decode(void *out, const struct jm_msg *m, struct jm_bytes body,
                             struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *j;
    enum jm_status st = jm_json_parse(&j, body, mem, d == NULL ? NULL : &d->offset);

    memset(out, 0, m->size);
    if (st == JM_E_NO_SPACE)
        return st;
    if (st == JM_E_DUPLICATE)
        return jm_refuse(d, st, JM_API_FIELD_TWICE, "a member stands twice");
    if (st != JM_OK || j->type != JM_JSON_OBJECT)
        return jm_refuse(d, JM_E_MALFORMED, JM_API_JSON, "the body is no JSON object");
    for (const struct jm_json *v = j->child; v != NULL; v = v->next) {
        const struct jm_msg_field *f = field_of(m, v->name);

        if (f == NULL && !m->ignore_unknown)
            return jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_UNKNOWN, "a member is not known here");
        if (f != NULL)
            JM_TRY(put_value((char *)out + f->offset, f, v, mem, d));
    }
    for (size_t i = 0; i < m->n; i++)
        if (!(m->field[i].flags & JM_MSG_OPT) && jm_json_get(j, m->field[i].name) == NULL)
            return jm_refuse(d, JM_E_MISSING, JM_API_FIELD_MISSING, m->field[i].name);
    return JM_OK;
}

const struct jm_msg jm_msg_none = {"none", NULL, 0, 0, false};

enum jm_status jm_msg_decode_none(struct jm_bytes body, struct jm_arena *mem, struct jm_diag *d)
{
    char out[1];

    return jm_msg_decode(out, &jm_msg_none, body, mem, d);
}

enum jm_status jm_msg_decode_form(void *out, const struct jm_msg *m, struct jm_bytes body,
                                  struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_form form;
    enum jm_status st = jm_form_parse(&form, body, mem);

    memset(out, 0, m->size);
    if (st == JM_E_NO_SPACE)
        return st;
    if (st == JM_E_DUPLICATE)
        return jm_refuse(d, st, JM_API_FIELD_TWICE, "a parameter stands twice");
    if (st != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_API_FORM, "the body is no form");
    for (size_t i = 0; i < form.n; i++) {
        const struct jm_msg_field *f = field_of(m, form.field[i].name);

        if (f == NULL && !m->ignore_unknown)
            return jm_refuse(d, JM_E_MALFORMED, JM_API_FIELD_UNKNOWN,
                             "a parameter is not known here");
        if (f != NULL)
            JM_TRY(put_text((char *)out + f->offset, f, form.field[i].value, mem, d));
    }
    for (size_t i = 0; i < m->n; i++)
        if (!(m->field[i].flags & JM_MSG_OPT) && jm_form_get(&form, m->field[i].name).ptr == NULL)
            return jm_refuse(d, JM_E_MISSING, JM_API_FIELD_MISSING, m->field[i].name);
    return JM_OK;
}

/* -- answers -- */

static struct jm_bytes text_at(const struct jm_msg_field *f, const void *at)
{
    return f->kind == JM_MSG_WORD || f->kind == JM_MSG_NIL ? jm_str(*(const char *const *)at)
                                                           : *(const struct jm_bytes *)at;
}

static bool is_empty(const struct jm_msg_field *f, const void *at)
{
    switch ((int)f->kind) { /* of a body or of an answer: each has its own */
    case JM_MSG_INT:
    case JM_MSG_TIME: return *(const int64_t *)at == (f->flags == JM_MSG_NONE ? JM_MSG_NO_INT : 0);
    case JM_MSG_BOOL: return !*(const bool *)at;
    case JM_MSG_ID: return jm_id_is_zero(at);
    case JM_MSG_OBJECT:
    case JM_MSG_FIXED:
    case JM_MSG_PART:
    case JM_MSG_SAID:
    case JM_MSG_SPLICE: return false;
    case JM_MSG_LIST:
    case JM_MSG_MAP:
    case JM_MSG_TEXTS: return ((const struct jm_msg_list *)at)->n == 0;
    default: return text_at(f, at).len == 0;
    }
}

static const void *item_at(const struct jm_msg_field *f, const struct jm_msg_list *list, size_t i)
{
    return (const char *)list->item + i * f->of->size;
}

/* What stands before it in a list or a map. */
static size_t room_of_name(const struct jm_msg_field *f, const struct jm_bytes *item)
{
    return f->kind == JM_MSG_MAP ? 4 + 6 * item->len : 1;
}

size_t jm_msg_room(const struct jm_msg *m, const void *in)
{
    size_t room = 2;

    for (size_t i = 0; i < m->n; i++) {
        const struct jm_msg_field *f = &m->field[i];
        const void *at = (const char *)in + f->offset;
        const struct jm_msg_list *list = at;

        room += strlen(f->name) + 48; /* quotes, colon, comma, and a number, an id or a time */
        if (f->kind == JM_MSG_OBJECT || f->kind == JM_MSG_PART)
            room += jm_msg_room(f->of, at);
        else if (f->kind == JM_MSG_LIST || f->kind == JM_MSG_MAP)
            for (size_t k = 0; k < list->n; k++)
                room +=
                    room_of_name(f, item_at(f, list, k)) + jm_msg_room(f->of, item_at(f, list, k));
        else if (f->kind == JM_MSG_TEXTS)
            for (size_t k = 0; k < list->n; k++)
                room += 3 + 6 * ((const struct jm_bytes *)list->item)[k].len;
        else if (f->kind == JM_MSG_FIXED)
            room += strlen(f->fixed);
        else if (f->kind == JM_MSG_SPLICE && *(const struct jm_json *const *)at != NULL)
            room += (*(const struct jm_json *const *)at)->raw.len;
        else if (f->kind == JM_MSG_VALUE)
            room += text_at(f, at).len;
        else if (f->kind == JM_MSG_STR || f->kind == JM_MSG_WORD)
            room += 6 * text_at(f, at).len; /* every character an escape */
    }
    return room;
}

static void splice_members(struct jm_json_w *w, const struct jm_json *object)
{
    for (const struct jm_json *m = object == NULL ? NULL : object->child; m != NULL; m = m->next) {
        jm_json_w_name_b(w, m->name);
        jm_json_w_raw(w, m->raw);
    }
}

static enum jm_status put_items(struct jm_json_w *w, const struct jm_msg_field *f,
                                const struct jm_msg_list *list)
{
    bool map = f->kind == JM_MSG_MAP;

    jm_json_w_open(w, map ? '{' : '[');
    for (size_t i = 0; i < list->n; i++) {
        const void *item = item_at(f, list, i);

        if (map)
            jm_json_w_name_b(w, *(const struct jm_bytes *)item);
        JM_TRY(jm_msg_encode(w, f->of, item));
    }
    jm_json_w_close(w, map ? '}' : ']');
    return w->st;
}

static enum jm_status put_member(struct jm_json_w *w, const struct jm_msg_field *f, const void *at)
{
    const struct jm_msg_list *list = at;
    char text[40];

    if (f->kind != JM_MSG_SPLICE && f->kind != JM_MSG_PART)
        jm_json_w_name(w, f->name);
    switch ((int)f->kind) { /* of a body or of an answer: each has its own */
    case JM_MSG_STR:
    case JM_MSG_WORD: jm_json_w_text(w, text_at(f, at)); break;
    case JM_MSG_INT: jm_json_w_int(w, *(const int64_t *)at); break;
    case JM_MSG_BOOL: jm_json_w_bool(w, *(const bool *)at); break;
    case JM_MSG_VALUE: jm_json_w_raw(w, text_at(f, at)); break;
    case JM_MSG_NIL: jm_json_w_null(w); break;
    case JM_MSG_ID:
        jm_id_format(text, at);
        jm_json_w_text(w, jm_str(text));
        break;
    case JM_MSG_TIME:
        jm_tdate_format(text, *(const int64_t *)at);
        jm_json_w_text(w, jm_str(text));
        break;
    case JM_MSG_SPLICE: splice_members(w, *(const struct jm_json *const *)at); break;
    case JM_MSG_SAID:
        if (*(const int64_t *)at < 0)
            jm_json_w_null(w);
        else
            jm_json_w_int(w, *(const int64_t *)at);
        break;
    case JM_MSG_OBJECT: return jm_msg_encode(w, f->of, at);
    case JM_MSG_PART: return jm_msg_members(w, f->of, at);
    case JM_MSG_FIXED: jm_json_w_raw(w, jm_str(f->fixed)); break;
    case JM_MSG_TEXTS:
        jm_json_w_open(w, '[');
        for (size_t i = 0; i < list->n; i++)
            jm_json_w_text(w, ((const struct jm_bytes *)list->item)[i]);
        jm_json_w_close(w, ']');
        break;
    case JM_MSG_LIST:
    case JM_MSG_MAP: return put_items(w, f, list);
    default: return JM_E_BUG; /* of bodies alone */
    }
    return JM_OK;
}

enum jm_status jm_msg_members(struct jm_json_w *w, const struct jm_msg *m, const void *in)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct jm_msg_field *f = &m->field[i];
        const void *at = (const char *)in + f->offset;

        if (!(f->flags & JM_MSG_OPT) || !is_empty(f, at))
            JM_TRY(put_member(w, f, at));
    }
    return w->st;
}

enum jm_status jm_msg_encode(struct jm_json_w *w, const struct jm_msg *m, const void *in)
{
    jm_json_w_open(w, '{');
    JM_TRY(jm_msg_members(w, m, in));
    jm_json_w_close(w, '}');
    return w->st;
}

enum jm_status jm_msg_text(struct jm_bytes *out, const struct jm_msg *m, const void *in,
                           struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, jm_msg_room(m, in)));
    jm_json_w_init(&w, &b);
    JM_TRY(jm_msg_encode(&w, m, in));
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}
