/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file conf.h  Room: cmd. jumin.conf and signer/policy.conf: sections of `key = value`, '#' begins
 * a line that is no entry.
 *
 * Every section, key and value is judged against a table when the file is read; a fault says file,
 * line and key.
 */
#ifndef JUMIN_CMD_CONF_H
#define JUMIN_CMD_CONF_H

#include "jumin/arena.h"
#include "jumin/code.h"

#define JM_CONF_MAX (64 * JM_KIB)
#define JM_CONF_ROWS_MAX 256

enum jm_conf_kind {
    JM_CONF_TEXT = 1,
    JM_CONF_URL,
    JM_CONF_LISTEN,
    JM_CONF_HEX32,
    JM_CONF_UINT,
    JM_CONF_BOOL
};

struct jm_conf_rule {
    const char *section, *key; /* words: each of the sections may have each of the keys */
    enum jm_conf_kind kind;
    unsigned many; /* may occur so often; 0: once */
};

struct jm_conf_row {
    struct jm_bytes section, key, value; /* NUL-terminated copies */
    unsigned line;
};

struct jm_conf {
    struct jm_conf_row *row;
    size_t n;
};

/** Is it one of these words, which blanks part? */
bool jm_is_word_of(const char *words, struct jm_bytes word);

extern const struct jm_conf_rule jm_home_conf_rules[];
extern const size_t jm_n_home_conf_rules;

/** @p file: for the messages. @retval JM_E_USAGE JM_CMD_CONFIG, "file:line: key: what" |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_conf_parse(struct jm_conf *out, const char *file,
                                           struct jm_bytes text, const struct jm_conf_rule *rules,
                                           size_t n_rules, struct jm_arena *mem, struct jm_diag *d);
/** Null when it is not there. */
const char *jm_conf_get(const struct jm_conf *c, const char *section, const char *key);
/** The @p i th of a key that may occur several times. */
const char *jm_conf_at(const struct jm_conf *c, const char *section, const char *key, size_t i);
uint64_t jm_conf_uint(const struct jm_conf *c, const char *section, const char *key,
                      uint64_t if_absent);
bool jm_conf_bool(const struct jm_conf *c, const char *section, const char *key);
/** The text with the value of one key replaced, or its line added at the section's end. @retval
 * JM_E_ABSENT no such section */
JM_MUST_CHECK enum jm_status jm_conf_edit(struct jm_bytes *out, struct jm_bytes text,
                                          const char *section, const char *key, const char *value,
                                          struct jm_arena *mem);
/** "127.0.0.1:8080", "[::1]:8080". @p address has room for 64. */
bool jm_listen_parse(char address[64], uint16_t *port, struct jm_bytes text);
/** @retval JM_CODE_NONE | JM_CMD_BASE_SLASH only the slash at its end is wrong | JM_CMD_BASE_URL */
enum jm_code jm_base_url_judge(struct jm_bytes url, bool *is_loopback_http);

#endif
