/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file demo.h  Room: demo. The story of a small country, told with the commands and requests
 * that a stranger has.
 *
 * Every act is a process of jumin, which stands beside this program, or an HTTP request; nothing is
 * read from a store, a log or a role's folder. What names of files, people and banks there are
 * stands in this folder and nowhere else in src/.
 */
#ifndef JUMIN_DEMO_DEMO_H
#define JUMIN_DEMO_DEMO_H

#include <sys/types.h>

#include "cmd/cli/cmd.h"
#include "jumin/json.h"

#define DEMO_SERVERS_MAX 16

struct demo_server {
    const char *home;
    const char *urls; /* "role URL" lines */
    pid_t pid;
};

struct demo {
    const struct jm_cmd *cmd;
    const char *dir;
    bool keep, apart;
    struct demo_server server[DEMO_SERVERS_MAX];
    size_t n_servers;
    int rc;                       /* of the last command */
    const struct jm_json *first;  /* its first line; never null */
    const struct jm_json *answer; /* its last line, or that of the last request; never null */
    const char *code;             /* "JM_OK", or the code of its refusal */
    const char *got;              /* what the step has come to; null: the code */
};

/* -- run.c -- */

/** DIR/<name>. */
const char *demo_path(const struct demo *d, const char *name);
/** jumin --home DIR/<home> WORDS… --json. True: exit 0. */
bool demo_run(struct demo *d, const char *home, const char *const *words);
#define RUN(d, home, ...) demo_run(d, home, (const char *const[]){__VA_ARGS__, NULL})
/**
 * Starts roles and waits until each is ready. With `apart` each is a process of its own in a view
 * of the home, DIR/<home>-<role>, in which the folders of all others are missing; commands on that
 * home then run in DIR/<home>-operator.
 */
bool demo_serve(struct demo *d, const char *home, const char *const *roles);
#define SERVE(d, home, ...) demo_serve(d, home, (const char *const[]){__VA_ARGS__, NULL})
/** Ends every server, the last one first. */
void demo_stop(struct demo *d);
/** Address of a role that @p home serves; "" if it does not. */
const char *demo_url(const struct demo *d, const char *home, const char *role);
/** A text member of the last answer, below @p of if that is given; "" if there is none. */
const char *demo_text(const struct demo *d, const char *of, const char *name);
bool demo_is(const struct demo *d, const char *name, const char *value);
/** A file of the story; 0600. */
bool demo_write(struct demo *d, const char *name, const char *text);
struct jm_bytes demo_read(struct demo *d, const char *name);
/** POSTs a file as a form. True: a 2xx. */
bool demo_post(struct demo *d, const char *url, const char *file);
/** GETs; the null view if that does not work. */
struct jm_bytes demo_get(struct demo *d, const char *url, const char *accept);
uint64_t demo_ms(void);
void demo_nap(void);

/* -- compare.c -- */

/**
 * Compares two presentations octet by octet with a third, of somebody else: what two verifiers
 * share that the third does not have would tell them that they met the same card. Disclosed values
 * are left out.
 *
 * @param[in] a      vp_token of one presentation, JSON; likewise b and, of somebody else, c
 * @param[in] value  the disclosed values, @p n
 * @param[out] shared most octets, in one run that a and b share, which no piece of c explains;
 * equal status indices count as 99
 * @param[out] octets of a that were compared
 */
JM_MUST_CHECK enum jm_status demo_compare(size_t *shared, size_t *octets, struct jm_bytes a,
                                          struct jm_bytes b, struct jm_bytes c,
                                          const struct jm_bytes *value, size_t n,
                                          struct jm_arena *mem);
/** Shorter runs come about by chance: 8 octets or base64url characters hold 48 bits and more. */
#define DEMO_CHANCE 8

/* -- registry.c -- */

/** Path of a fresh copy of the trust set that is published. */
const char *demo_set(struct demo *d);
/** Steps: who may withdraw and who may extend trust; a registry that lies. */
void demo_one_suspends(struct demo *d);
void demo_two_resume(struct demo *d);
void demo_lying_registry(struct demo *d);
void demo_older_registry(struct demo *d);

/* -- pages.c -- */

/** Opens a shop, and says where a browser plays each part. False: something did not work. */
bool demo_pages(struct demo *d);

/* -- play.c -- */

/** The command, in the place of the row's own function. */
int demo_play(const struct jm_cmd *cmd);

/* -- story.c -- */

struct demo_step {
    const char *name;     /* title: demo.<name> in i18n */
    const char *expected; /* what must come of it: a code where something is refused, else a word */
    void (*play)(struct demo *d);
};
/** Of the trust set as the authority left it last. */
const char *demo_trust_hash(void);
extern const struct demo_step demo_steps[];
extern const size_t demo_n_steps;

#endif
