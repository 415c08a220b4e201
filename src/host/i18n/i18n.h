/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file i18n.h  Room: host/i18n. Sentences of the program, by key: i18n/ko.json and en.json,
 * compiled in or from a folder.
 *
 * A key is the path of members joined by dots ("code.JM_MDOC_EMPTY"); members may themselves
 * contain dots.
 */
#ifndef JUMIN_HOST_I18N_H
#define JUMIN_HOST_I18N_H

#include "jumin/json.h"

enum jm_lang { JM_LANG_EN = 0, JM_LANG_KO };
#define JM_LANG_COUNT 2

struct jm_i18n_table {
    const struct jm_json *root[JM_LANG_COUNT];
};

/** Trees in @p mem, views into the octets, which must outlive the table; texts are NUL-terminated
 * copies.
 *  @p at: octet offset of a fault. @retval JM_OK | JM_E_MALFORMED | JM_E_NO_SPACE and what
 * jm_json_parse() says */
JM_MUST_CHECK enum jm_status jm_i18n_open(struct jm_i18n_table *out, struct jm_bytes en,
                                          struct jm_bytes ko, struct jm_arena *mem, size_t *at);
/** The sentence, or the null view when neither this language nor English has one. */
struct jm_bytes jm_text_view(const struct jm_i18n_table *t, enum jm_lang lang, const char *key);
/** The same as a string; the key itself when there is none: a missing sentence is seen, never a
 * crash. */
const char *jm_text(const struct jm_i18n_table *t, enum jm_lang lang, const char *key);
/**
 * D-472: the form of a Korean particle that follows @p text, of @p pair: the one after a consonant,
 * a stroke, the one after a vowel ("을/를", "으로/로"). By the last syllable; digits and Latin
 * letters by how they are read (an ending L, M, N, R and NG have a consonant, R only as a capital:
 * "QR", "server"); closing marks are passed over.
 * @return a view into @p pair; all of it where nobody knows how @p text ends
 */
struct jm_bytes jm_particle(struct jm_bytes text, struct jm_bytes pair);
/** "ko", "ko_KR.UTF-8", "ko-KR" …: Korean; all else English. Null: English. */
enum jm_lang jm_lang_of(const char *locale);

#endif
