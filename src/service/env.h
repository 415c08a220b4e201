/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file env.h  Room: service. The world as services see it: time, randomness, rows, keys, and who
 * is asking.
 *
 * One public service call = one jm_tx_run(); jm_<service>_<verb>_in(tx, ...) joins the caller's
 * transaction. What stands behind the tables of functions is the host's and wired by cmd.
 *
 * Spec: architecture.md 10
 */
#ifndef JUMIN_SERVICE_ENV_H
#define JUMIN_SERVICE_ENV_H

#include "jumin/arena.h"
#include "jumin/code.h"
#include "jumin/crypto.h"

struct jm_store;  /* service/sql.h */
struct jm_db;     /* one connection: service/sql.h */
struct jm_signer; /* service/signer.h */
struct jm_answers;
struct jm_population; /* service/register/generate.h */

/** 128 random bits: the key of every row that somebody may name. */
struct jm_id {
    uint8_t octets[16];
};

/** An id that was not given: random ones are never zero. */
static inline bool jm_id_is_zero(const struct jm_id *id)
{
    unsigned any = 0;

    for (size_t i = 0; i < sizeof id->octets; i++)
        any |= id->octets[i];
    return any == 0;
}

/** Who may call a route. There is no "none": open endpoints say PUBLIC. */
enum jm_auth {
    JM_AUTH_PUBLIC = 1,
    /* wallet instance at PAR and token (+ DPoP where the grant binds a key) */
    JM_AUTH_CLIENT_ATTESTATION,
    JM_AUTH_DPOP,          /* DPoP-bound access token */
    JM_AUTH_STAFF_SESSION, /* opaque session token of a clerk or operator */
    JM_AUTH_SERVICE_KEY,   /* bearer key of a relying party's service */
    /* operator over the control socket; refused on any other listener */
    JM_AUTH_LOCAL
};

/** The rule that says which staff may (docs/protocol/rules.md; `may` in service/staff/staff.c);
 * SELF: a caller acting for itself. Of a row of auth LOCAL, which only the operator can call, it is
 * the rule that the act falls under, and decides nothing. */
enum jm_act {
    JM_ACT_SELF = 1,
    JM_ACT_D_400,
    JM_ACT_D_401,
    JM_ACT_D_402,
    JM_ACT_D_403,
    JM_ACT_D_403_GRANT,
    JM_ACT_D_403_CHIP,
    JM_ACT_D_404,
    JM_ACT_D_405,
    JM_ACT_D_406,
    JM_ACT_D_407,
    JM_ACT_D_407_VOID,
    JM_ACT_D_407_TILL,
    JM_ACT_D_408,
    JM_ACT_D_409,
    JM_ACT_D_410,
    JM_ACT_D_411,
    JM_ACT_D_412,
    JM_ACT_D_413
};

/** The caller, as the authenticator proved it. @p how 0: nobody asked yet. Views live as long as
 * the request. */
struct jm_principal {
    enum jm_auth how;
    /* row of the staff member, instance, service or token; zero if there is none */
    struct jm_id id;
    struct jm_bytes name; /* user or service name, client_id; for the audit */
    /* JWK thumbprint (32 octets) of the proven instance or DPoP key, or empty */
    struct jm_bytes key;
    struct jm_bytes session; /* token of a staff session, or empty */
    struct jm_bytes centre;  /* desk or centre of a staff session, or empty */
    uint32_t roles;          /* bit set of the role's own making */
    int64_t step_up_s;       /* when the staff member was last verified freshly, or 0 */
    const void *more;        /* the authenticator's own record (token, session), or null */
};

/** What a passkey answered to a sign-in. Views. */
struct jm_passkey_shown {
    const struct jm_point *key;
    struct jm_bytes rp_id, client_data, authenticator_data, signature;
};
/**
 * Passkeys (WebAuthn), as their library reads and judges them. What it leaves out is
 * service/staff/passkey.c's: type, challenge, origin, trailing octets, the counter; of a new one
 * rpIdHash and flags, too.
 */
struct jm_webauthn {
    /* id and key that a new passkey's authenticatorData names. @retval JM_E_MALFORMED, also no
     * point of the curve | JM_E_UNSUPPORTED no ES256 key | JM_E_NO_SPACE | JM_E_UNAVAILABLE */
    JM_MUST_CHECK enum jm_status (*made)(struct jm_bytes *id, struct jm_point *key,
                                         struct jm_bytes authenticator_data, struct jm_arena *mem);
    /* signature, rpIdHash, user present and verified. @retval JM_E_SIGNATURE | JM_E_UNAVAILABLE */
    JM_MUST_CHECK enum jm_status (*shown)(const struct jm_passkey_shown *s);
};

/** The sentence of a code, or null where there is none. */
struct jm_sentences {
    const char *(*of)(void *ctx, const struct jm_code_info *code); /* null: none of any */
    void *ctx;
};

struct jm_env {
    int64_t (*now_s)(void *ctx); /* seconds UTC since 1970; never falls back */
    void *now_ctx;
    /* now_ctx; a time that a trusted signer has signed; may be null */
    void (*told)(void *ctx, int64_t at_s);
    /* now_ctx; D-459: the clock cannot be relied on, nothing is issued; may be null */
    bool (*behind)(void *ctx);
    /* all of len or JM_E_UNAVAILABLE */
    JM_MUST_CHECK enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    void *random_ctx;
    struct jm_store *store;
    const struct jm_signer *signer;
    const struct jm_crypto *crypto;
    /* verification of signatures; at a verifier also status lists and CRLs */
    const struct jm_answers *answers;
    const struct jm_webauthn *passkeys;     /* of an issuer */
    struct jm_sentences say;                /* in English, for error_description */
    struct jm_point audit_key;              /* public half of purpose AUDIT, of an issuer */
    bool synthetic;                         /* a home of people who cannot exist */
    const struct jm_population *population; /* what they are made of, or null */
};

static inline int64_t jm_env_now(const struct jm_env *env)
{
    return env->now_s(env->now_ctx);
}

static inline void jm_env_told(const struct jm_env *env, int64_t at_s)
{
    if (env->told != NULL)
        env->told(env->now_ctx, at_s);
}

static inline bool jm_env_behind(const struct jm_env *env)
{
    return env->behind != NULL && env->behind(env->now_ctx);
}

JM_MUST_CHECK static inline enum jm_status jm_env_random(const struct jm_env *env, void *out,
                                                         size_t len)
{
    return env->random(env->random_ctx, (uint8_t *)out, len);
}

JM_MUST_CHECK static inline enum jm_status jm_env_id(const struct jm_env *env, struct jm_id *out)
{
    return env->random(env->random_ctx, out->octets, sizeof out->octets);
}

/** base64url of @p n ≤ 32 random octets. */
JM_MUST_CHECK enum jm_status jm_random_text(struct jm_bytes *out, const struct jm_env *env,
                                            size_t n, struct jm_arena *mem);

/** An open transaction: rules pass it on, rows.c asks its connection. */
struct jm_tx {
    struct jm_db *db;
    const struct jm_env *env; /* that it was started with */
    int64_t now_s;            /* one moment for the whole of it, UTC */
};

static inline const struct jm_env *jm_tx_env(const struct jm_tx *tx)
{
    return tx->env;
}

static inline int64_t jm_tx_now(const struct jm_tx *tx)
{
    return tx->now_s;
}

/** Rows only: no signer, no network, no wait. May run again, maybe on another thread; @p arg is the
 * caller's until then. */
typedef enum jm_status jm_tx_fn(struct jm_tx *tx, void *arg);

/**
 * One write transaction; the caller waits until it is durable.
 * @retval JM_OK             durable
 * @retval JM_E_UNAVAILABLE  the store is closing or busy; JM_E_IO it failed; JM_E_BUG called inside
 * a transaction
 * @retval other             what @p fn returned; nothing of it is stored
 */
JM_MUST_CHECK enum jm_status jm_tx_run(const struct jm_env *env, jm_tx_fn *fn, void *arg);

/**
 * A consistent view of what is committed, on the caller's thread; writing in it is JM_E_BUG. At
 * most 5 s. Do not nest. Unless JM_OK nothing is open.
 */
JM_MUST_CHECK enum jm_status jm_tx_open(struct jm_tx *tx, const struct jm_env *env);
void jm_tx_close(struct jm_tx *tx);

/** st = what: an expression that reads over @p tx, a name that the macro declares. */
#define JM_READ(st, tx, env, what)        \
    do {                                  \
        struct jm_tx tx##_, *tx = &tx##_; \
        (st) = jm_tx_open(tx, env);       \
        if ((st) == JM_OK) {              \
            (st) = (what);                \
            jm_tx_close(tx);              \
        }                                 \
    } while (0)

/** What was refused, for the operator's log: nothing of the request but where it went and whence it
 * came. */
struct jm_refusal {
    const char *trace, *code; /* the same that the client was told */
    int http;
    struct jm_bytes route, client, detail;
};

struct jm_role_base { /* first member of every role's context */
    struct jm_env env;
    void (*refused)(void *ctx, const struct jm_refusal *what); /* from any thread; may be null */
    void *refused_ctx;
    const struct jm_pages *pages; /* service/web/pages.h; null: none */
};

#endif
