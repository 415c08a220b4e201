/* SPDX-License-Identifier: Apache-2.0 */
#include "host/i18n/i18n.h"

#include <string.h>

/* Ends every string with a NUL of its own, so that jm_text() may hand out C strings. */
static enum jm_status terminate(const struct jm_json *v, struct jm_arena *mem)
{
    for (; v != NULL; v = v->next) {
        if (v->type == JM_JSON_STRING) {
            /* the tree is ours: it stands in our arena */
            struct jm_json *own = (struct jm_json *)(uintptr_t)v;

            JM_TRY(jm_dup(&own->text, mem, v->text));
        }
        JM_TRY(terminate(v->child, mem));
    }
    return JM_OK;
}

enum jm_status jm_i18n_open(struct jm_i18n_table *out, struct jm_bytes en, struct jm_bytes ko,
                            struct jm_arena *mem, size_t *at)
{
    const struct jm_bytes text[JM_LANG_COUNT] = {en, ko};

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < JM_LANG_COUNT; i++) {
        const struct jm_json *root;

        JM_TRY(jm_json_parse(&root, text[i], mem, at));
        if (root->type != JM_JSON_OBJECT)
            return JM_E_MALFORMED;
        JM_TRY(terminate(root->child, mem));
        out->root[i] = root;
    }
    return JM_OK;
}

static const struct jm_json *find(const struct jm_json *obj, struct jm_bytes key)
{
    const struct jm_json *v = jm_json_get_b(obj, key);

    if (v != NULL || obj == NULL || obj->type != JM_JSON_OBJECT)
        return v;
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] != '.' || (v = jm_json_get_b(obj, jm_slice(key, 0, i))) == NULL)
            continue;
        if ((v = find(v, jm_slice(key, i + 1, SIZE_MAX))) != NULL)
            return v;
    }
    return NULL;
}

struct jm_bytes jm_text_view(const struct jm_i18n_table *t, enum jm_lang lang, const char *key)
{
    const struct jm_json *v = find(t->root[lang], jm_str(key));

    if (v == NULL || v->type != JM_JSON_STRING)
        v = find(t->root[JM_LANG_EN], jm_str(key));
    return v == NULL || v->type != JM_JSON_STRING ? jm_none() : v->text;
}

const char *jm_text(const struct jm_i18n_table *t, enum jm_lang lang, const char *key)
{
    struct jm_bytes text = jm_text_view(t, lang, key);

    return text.ptr == NULL ? key : (const char *)text.ptr;
}

enum jm_lang jm_lang_of(const char *locale)
{
    return locale != NULL && strncmp(locale, "ko", 2) == 0 &&
                   (locale[2] == '\0' || strchr("_-.@", locale[2]) != NULL)
               ? JM_LANG_KO
               : JM_LANG_EN;
}
