/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_json_parse, jm_json_get, jm_json_w_text
 *
 * A tree that was accepted can be written and read again: the same shape and the same texts.
 */
#include "fuzz/fuzz.h"

#include "jumin/json.h"

static uint8_t room[4 << 20], again[4 << 20];
static uint8_t text[1 << 20];

static void put(struct jm_json_w *w, const struct jm_json *v)
{
    switch (v->type) {
    case JM_JSON_NULL: jm_json_w_null(w); break;
    case JM_JSON_FALSE:
    case JM_JSON_TRUE: jm_json_w_bool(w, v->type == JM_JSON_TRUE); break;
    case JM_JSON_NUMBER: jm_json_w_raw(w, v->text); break;
    case JM_JSON_STRING: jm_json_w_text(w, v->text); break;
    case JM_JSON_ARRAY:
    case JM_JSON_OBJECT:
        jm_json_w_open(w, v->type == JM_JSON_ARRAY ? '[' : '{');
        for (const struct jm_json *e = v->child; e != NULL; e = e->next) {
            if (v->type == JM_JSON_OBJECT)
                jm_json_w_name_b(w, e->name);
            put(w, e);
        }
        jm_json_w_close(w, v->type == JM_JSON_ARRAY ? ']' : '}');
        break;
    }
}

static void same(const struct jm_json *a, const struct jm_json *b)
{
    MUST(a->type == b->type && a->n == b->n && jm_bytes_eq(a->text, b->text) &&
         jm_bytes_eq(a->name, b->name));
    a = a->child;
    b = b->child;
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        same(a, b);
    MUST(a == NULL && b == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_json *a, *b;
    struct jm_buf out = jm_buf(text, sizeof text);
    struct jm_arena mem, mem2;
    struct jm_json_w w;
    size_t at = 0;

    jm_arena_init(&mem, room, sizeof room);
    jm_arena_init(&mem2, again, sizeof again);
    if (jm_json_parse(&a, jm_bytes(data, size), &mem, &at) != JM_OK) {
        MUST(a == NULL && at <= size);
    } else {
        jm_json_w_init(&w, &out);
        put(&w, a);
        if (jm_json_w_end(&w) == JM_OK &&
            jm_json_parse(&b, jm_written(out), &mem2, NULL) != JM_E_NO_SPACE) {
            MUST(b != NULL);
            same(a, b);
        }
    }
    jm_arena_reset(&mem);
    jm_arena_reset(&mem2);
    return 0;
}
