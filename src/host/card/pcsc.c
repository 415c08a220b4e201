/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of the PC/SC service: one card, exclusively and in one transaction, without power
 * afterwards. */
#include <string.h>
#include <winscard.h>

#include "host/card/card.h"
#include "host/clock/clock.h"

#define READERS_MAX 16 /* PCSCLITE_MAX_READERS_CONTEXTS */
#define LOOKS_MS 1000  /* the service looks at each reader more often than that */
#define NAMES_MAX 2048 /* READERS_MAX times MAX_READERNAME */

struct pcsc_reader {
    const char *wanted; /* in the reader's name; "": any */
    SCARDCONTEXT service;
    SCARDHANDLE card;
    bool has_service, has_card;
    DWORD protocol;
    char names[NAMES_MAX];
    SCARD_READERSTATE state[READERS_MAX];
    DWORD n;
};

/* -- what the service says -- */

static enum jm_code code_of(LONG rv)
{
    static const struct {
        LONG rv;
        enum jm_code code;
    } rows[] = {{SCARD_E_SHARING_VIOLATION, JM_CARD_BUSY},
                {SCARD_W_REMOVED_CARD, JM_CARD_REMOVED},
                {SCARD_E_NO_SMARTCARD, JM_CARD_REMOVED},
                {SCARD_W_RESET_CARD, JM_CARD_REMOVED},
                {SCARD_W_UNPOWERED_CARD, JM_CARD_REMOVED},
                {SCARD_E_NOT_TRANSACTED, JM_CARD_REMOVED},
                {SCARD_F_COMM_ERROR, JM_CARD_REMOVED},
                {SCARD_E_TIMEOUT, JM_CARD_TIMEOUT},
                {SCARD_W_UNRESPONSIVE_CARD, JM_CARD_NOT_RESIDENT},
                {SCARD_W_UNSUPPORTED_CARD, JM_CARD_NOT_RESIDENT},
                {SCARD_E_PROTO_MISMATCH, JM_CARD_NOT_RESIDENT}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if (rows[i].rv == rv)
            return rows[i].code;
    return JM_CARD_NO_READER; /* no service, no reader, or they went */
}

static enum jm_status refuse_reader(const struct jm_card_link *l, LONG rv, struct jm_diag *d)
{
    enum jm_code code = code_of(rv);
    struct jm_bytes why;

    if (jm_dup(&why, l->mem, jm_str(pcsc_stringify_error(rv))) != JM_OK)
        why = JM_BYTES("");
    return jm_refuse(d, code == JM_CARD_NOT_RESIDENT ? JM_E_MALFORMED : JM_E_UNAVAILABLE, code,
                     (const char *)why.ptr);
}

static enum jm_status fault_of(LONG rv)
{
    if (rv == SCARD_E_INSUFFICIENT_BUFFER)
        return JM_E_LIMIT;
    return code_of(rv) == JM_CARD_TIMEOUT ? JM_E_UNAVAILABLE : JM_E_GONE;
}

/* -- a reader, a card -- */

static LONG list_readers(struct pcsc_reader *r)
{
    DWORD len = sizeof r->names;
    LONG rv = SCardListReaders(r->service, NULL, r->names, &len);

    r->n = 0;
    if (rv != SCARD_S_SUCCESS)
        return rv;
    for (const char *name = r->names; *name != '\0' && r->n < READERS_MAX; name += strlen(name) + 1)
        if (strstr(name, r->wanted) != NULL)
            r->state[r->n++] = (SCARD_READERSTATE){.szReader = name};
    return r->n > 0 ? SCARD_S_SUCCESS : SCARD_E_UNKNOWN_READER;
}

static DWORD left_until(uint64_t until)
{
    uint64_t now = jm_clock_monotonic_ms();

    return now < until ? (DWORD)(until - now) : 0;
}

/* The first reader with a card in it. */
static LONG await_card(struct pcsc_reader *r, uint64_t until, const char **name)
{
    for (DWORD i = 0; i < r->n; i++)
        r->state[i].dwCurrentState = SCARD_STATE_UNAWARE;
    for (;;) {
        LONG rv = SCardGetStatusChange(r->service, left_until(until), r->state, r->n);

        if (rv != SCARD_S_SUCCESS)
            return rv;
        for (DWORD i = 0; i < r->n; i++) {
            if ((r->state[i].dwEventState & SCARD_STATE_PRESENT) != 0) {
                *name = r->state[i].szReader;
                return SCARD_S_SUCCESS;
            }
            r->state[i].dwCurrentState = r->state[i].dwEventState;
        }
    }
}

/* The service believed in a card that has gone: until it has looked again. */
static void await_change(struct pcsc_reader *r, uint64_t until)
{
    DWORD left = left_until(until);

    for (DWORD i = 0; i < r->n; i++)
        r->state[i].dwCurrentState = r->state[i].dwEventState;
    (void)SCardGetStatusChange(r->service, left < LOOKS_MS ? left : LOOKS_MS, r->state, r->n);
}

static LONG take_card(struct pcsc_reader *r, uint32_t wait_ms)
{
    uint64_t until = jm_clock_monotonic_ms() + wait_ms;
    const char *name = NULL;
    LONG rv = list_readers(r);

    while (rv == SCARD_S_SUCCESS) {
        rv = await_card(r, until, &name);
        if (rv == SCARD_S_SUCCESS)
            rv = SCardConnect(r->service, name, SCARD_SHARE_EXCLUSIVE,
                              SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &r->card, &r->protocol);
        if (rv == SCARD_S_SUCCESS) {
            r->has_card = true;
            return SCardBeginTransaction(r->card);
        }
        if (code_of(rv) == JM_CARD_REMOVED && left_until(until) > 0) {
            await_change(r, until);
            rv = SCARD_S_SUCCESS;
        }
    }
    return rv;
}

static void leave_card(struct pcsc_reader *r)
{
    if (r->has_card) {
        (void)SCardEndTransaction(r->card, SCARD_UNPOWER_CARD);
        (void)SCardDisconnect(r->card, SCARD_UNPOWER_CARD);
    }
    r->has_card = false;
}

/* -- the row -- */

static enum jm_status open_reader(struct jm_card_link *l, const char *argument, struct jm_diag *d)
{
    struct pcsc_reader *r = JM_NEW(l->mem, struct pcsc_reader);
    LONG rv;

    if (r == NULL)
        return JM_E_NO_SPACE;
    memset(r, 0, sizeof *r);
    r->wanted = argument;
    l->own = r;
    rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &r->service);
    if (rv == SCARD_S_SUCCESS) {
        r->has_service = true;
        rv = take_card(r, l->wait_ms);
    }
    return rv == SCARD_S_SUCCESS ? JM_OK : refuse_reader(l, rv, d);
}

static enum jm_status reset_card(struct jm_card_link *l)
{
    struct pcsc_reader *r = l->own;

    leave_card(r);
    return take_card(r, l->wait_ms) == SCARD_S_SUCCESS ? JM_OK : JM_E_GONE;
}

static enum jm_status hand_over(void *ctx, struct jm_bytes octets, struct jm_buf *answer)
{
    const struct pcsc_reader *r = ctx;
    DWORD len = answer->cap - answer->len;
    LONG rv = SCardTransmit(r->card, r->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
                            octets.ptr, octets.len, NULL, answer->ptr + answer->len, &len);

    if (rv != SCARD_S_SUCCESS)
        return fault_of(rv);
    if (len < 2) /* so drivers say that the card went: an answer has a status word */
        return JM_E_GONE;
    answer->len += len;
    return JM_OK;
}

static enum jm_status ask_card(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    struct pcsc_reader *r = l->own;

    if (!r->has_card)
        return JM_E_GONE;
    return r->protocol == SCARD_PROTOCOL_T0 ? jm_card_t0(hand_over, r, capdu, rapdu)
                                            : hand_over(r, capdu, rapdu);
}

static void close_reader(struct jm_card_link *l)
{
    struct pcsc_reader *r = l->own;

    if (r == NULL)
        return;
    leave_card(r);
    if (r->has_service)
        (void)SCardReleaseContext(r->service);
}

static enum jm_status name_readers(struct jm_bytes *out, struct pcsc_reader *r,
                                   struct jm_arena *mem)
{
    struct jm_bytes name[2 * READERS_MAX];
    size_t n = 0;

    if (list_readers(r) != SCARD_S_SUCCESS)
        return JM_E_ABSENT;
    for (DWORD i = 0; i < r->n; i++) {
        if (n > 0)
            name[n++] = JM_BYTES(", ");
        name[n++] = jm_str(r->state[i].szReader);
    }
    return jm_concat(out, mem, name, n);
}

enum jm_status jm_card_readers(struct jm_bytes *out, struct jm_arena *mem)
{
    struct pcsc_reader *r = JM_NEW(mem, struct pcsc_reader);
    enum jm_status st;

    *out = jm_none();
    if (r == NULL)
        return JM_E_NO_SPACE;
    memset(r, 0, sizeof *r);
    r->wanted = "";
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &r->service) != SCARD_S_SUCCESS)
        return JM_E_UNAVAILABLE;
    st = name_readers(out, r, mem);
    (void)SCardReleaseContext(r->service);
    return st;
}

const struct jm_card_link_ops jm_card_link_pcsc = {"pcsc", open_reader, reset_card, ask_card,
                                                   close_reader};
