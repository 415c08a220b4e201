/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ask.h  Room: crypto. What an engine of the core wants from its caller, and how it is
 * answered.
 *
 * An engine holds open asks, all independent: answer them in any order, at once or by a promise.
 * Private keys, verification, randomness, network, records and the holder are asks; the time comes
 * with every answer.
 */
#ifndef JUMIN_ASK_H
#define JUMIN_ASK_H

#include "jumin/memo.h"

#define JM_HANDLE_LEN 8

/** Names a private key that the platform keeps; all zero: none. The key itself never enters an
 * engine. */
struct jm_handle {
    uint8_t octets[JM_HANDLE_LEN];
};

static inline struct jm_bytes jm_handle_bytes(const struct jm_handle *h)
{
    return jm_bytes(h->octets, sizeof h->octets);
}

enum jm_ask_kind {
    JM_ASK_SIGN = 1, /* key: handle, data: octets → octets: r ‖ s */
    /* key: point, of Ed25519 its 32 octets; data, sig → st JM_OK or JM_E_SIGNATURE; JM_E_MALFORMED:
     * no point of the curve */
    JM_ASK_VERIFY,
    JM_ASK_AGREE,  /* key: handle, data: the peer's point → octets: x of the shared point, 32 */
    JM_ASK_RANDOM, /* len → octets */
    JM_ASK_HTTP,   /* what: struct jm_http_ask → what: struct jm_http_answer */
    JM_ASK_SEND,   /* data: a message for the peer of a session → st */
    JM_ASK_FIND,   /* what: struct jm_find_ask → octets or what, JM_E_ABSENT, JM_E_UNAVAILABLE */
    /* what: struct jm_question or another question of the engine → st, octets: what was typed */
    JM_ASK_HOLDER,
    JM_ASK_NEW_KEY, /* → octets: handle ‖ point of a fresh P-256 key */
    JM_ASK_FORGET,  /* data: handles, one after another: their keys are wiped → st */
    JM_ASK_KEEP,    /* what: the engine's state, such as struct jm_wallet: made durable → st */
    /* key: AES-GCM key, data: plaintext, sig: IV(12) ‖ AAD → octets: ciphertext ‖ tag */
    JM_ASK_SEAL,
    /* data: a command for the chip card → octets: its answer, status word last; JM_E_GONE: it has
     * left the field, JM_E_UNAVAILABLE: it does not answer in time */
    JM_ASK_TRANSMIT
};

#define JM_TRANSMIT_MAX 4160 /* octets of one answer of a chip card */

struct jm_ask { /* views live until the answer */
    enum jm_ask_kind kind;
    uint32_t id; /* the answer repeats it; a foreign or repeated id is JM_E_BUG */
    enum jm_alg alg;
    /* key: handle (SIGN, AGREE) or public octets; data: octets, never a digest */
    struct jm_bytes key, data, sig;
    size_t len; /* RANDOM */
    /* VERIFY: of a certificate or a list, which will be asked again: jumin/memo.h */
    bool keeps;
    const void *what; /* struct jm_http_ask, jm_find_ask, jm_question, jm_wallet */
};

struct jm_answer {         /* all zero: no answer, refused by every engine */
    enum jm_ask_kind kind; /* of the ask that it answers */
    enum jm_status st;
    struct jm_bytes octets;
    const void *what;
};

enum jm_event { JM_EVENT_START = 1, JM_EVENT_MESSAGE, JM_EVENT_CANCEL, JM_EVENT_TIMEOUT };

enum jm_http_verb { JM_HTTP_GET = 1, JM_HTTP_POST };

struct jm_http_header {
    const char *name;
    struct jm_bytes value;
};

/** One exchange: a form, or what carries a header of its own, goes out once, whatever comes back. A
 * redirect is an answer like others, except for the first `moves` of a GET, each address of which
 * is judged as the first was; bodies longer than max_len are JM_E_LIMIT. */
struct jm_http_ask {
    enum jm_http_verb verb;
    struct jm_bytes url;
    const char *content_type; /* null: no body */
    const char *accept;       /* null: any */
    struct jm_bytes body;
    struct jm_http_header headers[4];
    size_t n_headers;
    size_t max_len;
    uint32_t timeout_ms;
    uint8_t moves; /* 0: none is followed */
};

/** JM_OK means that there was an answer, whatever its status. Views live as the answer's arena. */
struct jm_http_answer {
    int status;
    struct jm_bytes body, content_type;
    struct jm_bytes dpop_nonce, attestation_challenge, etag, retry_after, www_authenticate;
    int64_t date_s; /* of the Date header, 0 without */
};

enum jm_find_kind {
    /* name: uri → what: struct jm_status_list, judged (jumin/statuslist.h) */
    JM_FIND_STATUS_LIST = 1,
    /* name: subject DER of the CA, key: its key identifier → octets: CRL */
    JM_FIND_CRL,
    JM_FIND_RECORD /* name: registry key such as rp/<id> → octets: record */
};

struct jm_find_ask {
    enum jm_find_kind kind;
    struct jm_bytes name, key;
    bool cwt; /* STATUS_LIST: the CWT form is wanted, else the JWT form */
};

/** Synchronous answers, a function a kind: the program fills it for threads, tests with what they
 * like; jumin/drive.h answers engines from it. */
struct jm_answers {
    enum jm_status (*verify)(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig);
    enum jm_status (*sign)(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                           struct jm_sig *sig);
    enum jm_status (*agree)(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32]);
    enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    enum jm_status (*find)(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                           struct jm_arena *mem);
    enum jm_status (*http)(void *ctx, const struct jm_http_ask *ask, struct jm_http_answer *out,
                           struct jm_arena *mem);
    enum jm_status (*holder)(void *ctx, const void *what, struct jm_bytes *out,
                             struct jm_arena *mem);
    enum jm_status (*new_key)(void *ctx, struct jm_handle *handle, struct jm_point *point);
    enum jm_status (*forget)(void *ctx, struct jm_bytes handles);
    enum jm_status (*keep)(void *ctx, const void *what);
    /* appends ciphertext ‖ tag(16); a driver takes the port's where this is null */
    enum jm_status (*seal)(void *ctx, struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                           struct jm_bytes in, struct jm_buf *out);
    /* appends the chip card's answer */
    enum jm_status (*transmit)(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu);
    void *ctx;
    struct jm_memo *(*memo)(void);  /* this thread's; may be null, and may give null */
    const struct jm_crypto *crypto; /* for the memo, and for SEAL */
};

/**
 * Answer one VERIFY, AGREE or FIND by the function of its kind; without one, or without @p by,
 * JM_E_UNAVAILABLE is the answer.
 *
 * @param[out] secret  32 octets for AGREE, into which @p out points: the caller wipes them; null:
 * AGREE is not answered
 * @retval JM_OK | JM_E_NO_SPACE | JM_E_PENDING (inside an engine: the answer is still to come)
 */
JM_MUST_CHECK enum jm_status jm_answers_give(struct jm_answer *out, uint8_t *secret,
                                             const struct jm_ask *ask, const struct jm_answers *by,
                                             struct jm_arena *mem);
/** The same for callers that have no ask: a signature. Never JM_OK unless somebody verified it. */
JM_MUST_CHECK enum jm_status jm_answers_verify(const struct jm_answers *by, enum jm_alg alg,
                                               struct jm_bytes key, struct jm_bytes data,
                                               struct jm_bytes sig);

#endif
