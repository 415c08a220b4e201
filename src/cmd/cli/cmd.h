/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cmd.h  Room: cmd. What a subcommand is: a row with its options and examples, one function,
 * one way to answer.
 *
 * A command's file defines `const struct jm_command jm_command_<name>`, and table/commands.c lists
 * it; that one table feeds the parser, --help and the man pages. Help texts are keys: cmd.<name>
 * and opt.<name>.<option>, blanks in the name as '-'.
 *
 * Spec: spec/cli.md
 */
#ifndef JUMIN_CMD_CMD_H
#define JUMIN_CMD_CMD_H

#include <stdarg.h>
#include <stdio.h>

#include "host/i18n/i18n.h"
#include "jumin/code.h"
#include "jumin/crypto.h"
#include "jumin/json.h"

enum jm_exit {
    JM_EXIT_OK = 0,
    JM_EXIT_NO = 1,      /* a proper negative answer */
    JM_EXIT_USAGE = 2,   /* used wrongly, bad configuration */
    JM_EXIT_INPUT = 3,   /* not what the command reads */
    JM_EXIT_OUTSIDE = 4, /* server, store, token, network */
    /* cannot be judged now; only commands that judge give it, by themselves */
    JM_EXIT_UNDECIDED = 5,
    JM_EXIT_BUG = 70
};

enum { JM_OPTION_REPEATABLE = 1, JM_OPTION_REQUIRED = 2 };

struct jm_option {
    const char *name; /* without the hyphens */
    char letter;      /* short form or 0 */
    const char *arg;  /* name of the argument, upper case; null: a switch */
    unsigned flags;
};

/* Rows of options: a switch, one with an argument, one that must be given, one that may be given
 * again. */
#define JM_SWITCH(n) {n, 0, NULL, 0}
#define JM_TAKES(n, what) {n, 0, what, 0}
#define JM_NEEDS(n, what) {n, 0, what, JM_OPTION_REQUIRED}
#define JM_MANY(n, what) {n, 0, what, JM_OPTION_REPEATABLE}
/* Two operators and their names: jm_approve(). */
#define JM_APPROVERS \
    JM_TAKES("as", "KEYFILE"), JM_TAKES("second-as", "KEYFILE"), JM_TAKES("approved-by", "NAME")
/* In a command's row: its options, its operands. */
#define JM_OPTIONS(...)                                 \
    .options = (const struct jm_option[]){__VA_ARGS__}, \
    .n_options = sizeof((const struct jm_option[]){__VA_ARGS__}) / sizeof(struct jm_option)
#define JM_OPERANDS(what, at_least, at_most) \
    .operands = what, .min_operands = at_least, .max_operands = at_most

#define JM_PLAIN .n_options = 0 /* neither */
/* A command's row: work, or run; two examples, without the leading "jumin "; operands, options. */
#define JM_COMMAND(id, words, function, first, second, ...) \
    JM_COMMAND_(id, words, .work = function, first, second, __VA_ARGS__)
#define JM_COMMAND_RUN(id, words, function, first, second, ...) \
    JM_COMMAND_(id, words, .run = function, first, second, __VA_ARGS__)
#define JM_COMMAND_(id, words, function, first, second, ...)               \
    const struct jm_command jm_command_##id = {.name = words,              \
                                               function,                   \
                                               .example = {first, second}, \
                                               __VA_ARGS__}

/* What arguments of these names may be: at most max octets; of a number at most max itself. */
struct jm_option_kind {
    const char *args;
    uint64_t max;
    bool is_number;
};

struct jm_cmd;

struct jm_command {
    const char *name;     /* "rp register" */
    const char *operands; /* "FILE…" for the help; null: none */
    size_t min_operands, max_operands;
    const struct jm_option *options;
    size_t n_options;
    const char *example[2]; /* without the leading "jumin " */
    /* one of both: its refusal is said, or it gives an enum jm_exit by itself */
    enum jm_status (*work)(const struct jm_cmd *cmd, struct jm_diag *d);
    int (*run)(const struct jm_cmd *cmd);
};

struct jm_cmd_common {
    const char *home, *config; /* home: never null; config: null means HOME/jumin.conf */
    const char *data_dir, *i18n_dir;
    enum jm_lang lang;
    bool json, quiet, verbose, no_color;
};

struct jm_cmd_value {
    const struct jm_option *option;
    const char *value; /* null for a switch */
};

#define JM_CMD_VALUES_MAX 256
#define JM_CMD_OPERANDS_MAX 256

struct jm_cmd {
    const struct jm_command *row;
    struct jm_cmd_common common;
    struct jm_cmd_value value[JM_CMD_VALUES_MAX];
    size_t n_values;
    const char *operand[JM_CMD_OPERANDS_MAX];
    size_t n_operands;
    bool wants_help, wants_version;
    char **argv; /* as the system gave it, for a program that goes on with it */
    const struct jm_command *const *table;
    const struct jm_i18n_table *text;
    const struct jm_crypto *crypto;
    struct jm_arena *mem; /* 64 MiB, for the whole run */
};

/** All commands; a null row ends the table. */
extern const struct jm_command *const jm_commands[];
extern const struct jm_option jm_common_options[];
extern const size_t jm_n_common_options;

/* -- run.c -- */

/** What main does: the words of the command line, one row of @p table, an enum jm_exit. */
int jm_run(int argc, char **argv, const struct jm_command *const *table,
           const struct jm_crypto *crypto);
/** A program of ours that stands beside this one. */
const char *jm_cmd_beside(const struct jm_cmd *cmd, const char *name);

/* -- options.c -- */

/**
 * Reads the command line into @p cmd (zeroed, mem set).
 * @retval JM_E_USAGE  the reason is in @p d: JM_CMD_COMMAND_UNKNOWN, JM_CMD_OPTION_…,
 * JM_CMD_OPERANDS; the detail names the word and, where one is near, the known one
 */
JM_MUST_CHECK enum jm_status jm_options_parse(struct jm_cmd *cmd, int argc, char *const *argv,
                                              const struct jm_command *const *table,
                                              struct jm_diag *d);
/** The kind of an option's argument; null: it takes none, or nobody has said what it may be (a test
 * refuses that). */
const struct jm_option_kind *jm_option_kind(const struct jm_option *o);
/** The option's value, the last one given; null: not given. */
const char *jm_opt(const struct jm_cmd *cmd, const char *name);
bool jm_opt_has(const struct jm_cmd *cmd, const char *name);
/** The @p i th value of a repeatable option, null beyond the last. */
const char *jm_opt_at(const struct jm_cmd *cmd, const char *name, size_t i);
/** The first operand, or "-". */
const char *jm_cmd_file(const struct jm_cmd *cmd);
void jm_help(const struct jm_cmd *cmd, FILE *out);

/* -- answer.c -- */

/** "JM_E_ABSENT" and so on. */
const char *jm_status_name(enum jm_status st);
/** `jumin: CODE: sentence: detail (next step)` on stderr; with --json the error object on stdout.
 * @p d may be null. Gives back the exit code. */
int jm_cmd_fail(const struct jm_cmd *cmd, enum jm_status st, const struct jm_diag *d);
/** The same with one more member in the JSON, @p raw being JSON already; the null view: none. */
int jm_cmd_fail_more(const struct jm_cmd *cmd, enum jm_status st, const struct jm_diag *d,
                     const char *member, struct jm_bytes raw);
/** The same for a reason known here; @p detail may be null. */
int jm_cmd_refuse(const struct jm_cmd *cmd, enum jm_status st, enum jm_code code,
                  const char *detail);
/** The answer of --json: one object, or one a line. Prints @p json and a line end on stdout. */
int jm_cmd_json(const struct jm_bytes json);
/** What a command that went well says with --json; without, nothing. @retval JM_E_IO nobody takes
 * it */
enum jm_status jm_answer(const struct jm_cmd *cmd, struct jm_bytes json);
/** A JSON object being written, for an answer or a request. */
struct jm_body {
    struct jm_buf b;
    struct jm_json_w w;
};
/** Opens it in a room of @p max octets. */
JM_MUST_CHECK enum jm_status jm_body_open(struct jm_body *b, const struct jm_cmd *cmd, size_t max);
/** The option's value as member @p member, where it was given. */
void jm_body_option(struct jm_body *b, const char *member, const struct jm_cmd *cmd,
                    const char *option);
JM_MUST_CHECK enum jm_status jm_body_close(struct jm_bytes *out, struct jm_body *b);
/** Closes it and answers with it. @retval JM_E_IO | JM_E_BUG it did not fit */
enum jm_status jm_body_answer(const struct jm_cmd *cmd, struct jm_body *b);
/** Each member of @p o on a line, `name: value`; nothing with --json. */
void jm_say_members(const struct jm_cmd *cmd, const struct jm_json *o);
/** 64 hexadecimal digits in the command's arena. */
const char *jm_hash_text(const struct jm_cmd *cmd, const uint8_t hash[32]);
/** Human answer on stdout; nothing with --json. */
void jm_say(const struct jm_cmd *cmd, const char *format, ...) JM_PRINTF(2, 3);
/** Side remark on stderr; nothing with --quiet. */
void jm_remark(const struct jm_cmd *cmd, const char *format, ...) JM_PRINTF(2, 3);
/** A sentence with {0}, {1} … replaced: JM_SAY on stdout (nothing with --json), JM_REMARK on stderr
 * (nothing with --quiet). */
void jm_say_key(const struct jm_cmd *cmd, bool remark, const char *key, const char *const *args,
                size_t n);
#define JM_SAY_ARGS_(...) \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define JM_SAY(cmd, key, ...) jm_say_key(cmd, false, key, JM_SAY_ARGS_(__VA_ARGS__))
#define JM_REMARK(cmd, key, ...) jm_say_key(cmd, true, key, JM_SAY_ARGS_(__VA_ARGS__))
/** A view as a string in the command's arena. */
const char *jm_cstr(const struct jm_cmd *cmd, struct jm_bytes b);
/** snprintf into the command's arena; "" when it is full. */
char *jm_format(struct jm_arena *mem, const char *format, ...) JM_PRINTF(2, 3);
/* -- visible.c -- */

/** Text of strangers for a terminal or a log: what controls it is written as \uXXXX, what is no
 * UTF-8 as \xXX. */
void jm_show(FILE *to, struct jm_bytes text);
/** vfprintf that shows what @p args bring; line ends of @p format are line ends. */
void jm_show_format(FILE *to, const char *format, va_list args);

/* -- data.c -- */

/** A file compiled in, by its path from the project's root. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_cmd_embedded(struct jm_bytes *out, const char *path);
/** A file of data/ ("fees.json"): compiled in, or below --data DIR, at most 4 MiB.
 * @retval JM_E_USAGE JM_CMD_FILE_READ */
JM_MUST_CHECK enum jm_status jm_cmd_data(struct jm_bytes *out, const struct jm_cmd *cmd,
                                         const char *name, struct jm_diag *d);

/** The names of the files of a folder of data/ ("profiles"), in their order: at most @p max.
 * @retval JM_E_USAGE JM_CMD_FILE_READ there is no such folder, or more files */
JM_MUST_CHECK enum jm_status jm_cmd_data_names(const char **name, size_t *n, size_t max,
                                               const struct jm_cmd *cmd, const char *folder,
                                               struct jm_diag *d);

/** The text of a key in the language asked for. */
const char *jm_cmd_text(const struct jm_cmd *cmd, const char *key);

#endif
