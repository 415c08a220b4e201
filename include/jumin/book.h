/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file book.h  Room: crypto. How an engine asks: its steps are written as if every answer were at
 * hand.
 *
 * A step calls the functions of jm_book_answers(). The book replays what was answered before; the
 * first call without an answer becomes the open ask and returns JM_E_PENDING, which the step hands
 * up at once. When the answer comes, the step runs again from its beginning. So the same code
 * serves synchronous callers (their own struct jm_answers) and promises (the book), and there is no
 * second implementation. Steps must be deterministic and must not act before their last answer;
 * what they leave behind they write when they end. A step that asks something else than before in
 * the same place gets no answer but JM_E_BUG: a signature that held of other octets says nothing.
 */
#ifndef JUMIN_BOOK_H
#define JUMIN_BOOK_H

#include "jumin/ask.h"

#define JM_BOOK_MAX 96 /* answers of one step */

struct jm_booked {
    struct jm_ask asked; /* what it answers: replayed to this question alone */
    uint64_t what_asked; /* sum over what FIND and HTTP point at */
    enum jm_status st;
    struct jm_bytes octets;
    const void *what;
};

struct jm_book {
    struct jm_arena mem; /* answers live here until the step ends */
    struct jm_booked done[JM_BOOK_MAX];
    size_t n, next; /* answered; next call to replay */
    struct jm_ask open;
    uint64_t what_open;
    bool is_open;
    uint32_t last_id;
    union {
        struct jm_http_ask http;
        struct jm_find_ask find;
    } what;
};

/** @p room is borrowed for as long as the book is used. */
void jm_book_init(struct jm_book *b, void *room, size_t len);
/** The step starts (again). */
void jm_book_rewind(struct jm_book *b);
/** The step has ended: its answers are wiped. A book all zero may be cleared. */
void jm_book_clear(struct jm_book *b);
struct jm_answers jm_book_answers(struct jm_book *b);
size_t jm_book_asks(const struct jm_book *b, const struct jm_ask **asks);
/** @retval JM_OK the step may run again | JM_E_BUG not asked, or of another id | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_book_answer(struct jm_book *b, uint32_t id,
                                            const struct jm_answer *a);

#endif
