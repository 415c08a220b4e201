/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file passkey.h  Room: service/staff. Sign-in by passkey (WebAuthn): a link by which one is made,
 * once; from then on the passkey alone says who comes.
 *
 * Everything that the library behind env->passkeys leaves out is checked here. A challenge is taken
 * by the first answer to it, whatever comes of that.
 *
 * Spec: spec/domain.md D-420; spec/platform.md 3.5; WebAuthn Level 2, 7.1 and 7.2
 */
#ifndef JUMIN_SERVICE_STAFF_PASSKEY_H
#define JUMIN_SERVICE_STAFF_PASSKEY_H

#include "service/staff/staff.h"

#define JM_ENROL_TTL_S 900   /* of a link */
#define JM_PASSKEY_TTL_S 300 /* of a challenge: somebody looks for a finger */
/* as base64url */
#define JM_PASSKEY_ID_MAX 1364 /* of 1,023 octets: WebAuthn 4 */
#define JM_CLIENT_DATA_MAX 1024
#define JM_AUTHENTICATOR_DATA_MAX 2752
#define JM_USER_HANDLE_LEN 16

/** Where passkeys are ours: of a base on 127.0.0.1 its name, since passkeys are of names. */
struct jm_passkey_place {
    struct jm_bytes rp_id, origin, base; /* base: as a browser opens it */
};
JM_MUST_CHECK enum jm_status jm_passkey_place(struct jm_passkey_place *out, struct jm_bytes base,
                                              struct jm_arena *mem);

/**
 * The operator's link for a member of staff; one that was given before is void. @p ends_others: a
 * device was lost, and the passkeys and sessions that there are end now.
 * @retval JM_E_ABSENT JM_STAFF_USER_UNKNOWN
 */
JM_MUST_CHECK enum jm_status jm_passkey_link(const struct jm_env *env, struct jm_bytes name,
                                             bool ends_others, char token[44], int64_t *expires,
                                             struct jm_arena *mem, struct jm_diag *d);

struct jm_passkey_begin {
    struct jm_bytes name;
    uint8_t handle[JM_USER_HANDLE_LEN]; /* the same for each passkey of theirs; says nothing */
    char challenge[44];
};
/** Whose link it is, and what their new passkey signs. The link stays. @retval
 * JM_E_UNAUTHENTICATED JM_STAFF_ENROL_LINK unknown, used, or too old */
JM_MUST_CHECK enum jm_status jm_passkey_begin(const struct jm_env *env, struct jm_bytes token,
                                              struct jm_passkey_begin *out, struct jm_arena *mem,
                                              struct jm_diag *d);

struct jm_passkey_made {
    struct jm_bytes token, client_data, authenticator_data;
};
/**
 * The passkey is theirs from here on, and the link is used.
 * @retval JM_E_UNAUTHENTICATED JM_STAFF_ENROL_LINK, JM_STAFF_CHALLENGE | INPUT
 * JM_STAFF_PASSKEY_FORM, JM_STAFF_PASSKEY_TRAILING, JM_STAFF_PASSKEY_KEY | JM_E_DENIED
 * JM_STAFF_PASSKEY_TYPE, JM_STAFF_PASSKEY_ORIGIN, JM_STAFF_PASSKEY_PLACE,
 * JM_STAFF_PASSKEY_UNVERIFIED | JM_E_CONFLICT JM_STAFF_PASSKEY_TAKEN
 */
JM_MUST_CHECK enum jm_status jm_passkey_enrol(const struct jm_env *env,
                                              const struct jm_passkey_place *at,
                                              const struct jm_passkey_made *in,
                                              struct jm_bytes *name, struct jm_arena *mem,
                                              struct jm_diag *d);

/** For whoever will answer it. */
JM_MUST_CHECK enum jm_status jm_passkey_challenge(const struct jm_env *env, char out[44]);

struct jm_passkey_answer {
    struct jm_bytes id, client_data, authenticator_data, signature;
    struct jm_bytes before; /* the session token that the same browser held; or none */
};
/**
 * A session for whose passkey it is; the one before ends in the same transaction.
 * @retval JM_E_UNAUTHENTICATED JM_STAFF_CHALLENGE, JM_STAFF_PASSKEY_UNKNOWN (also of who was
 * removed), JM_STAFF_PASSKEY_SIGNATURE, JM_STAFF_PASSKEY_COUNTER (a copy of it was used: flagged) |
 * else as jm_passkey_enrol
 */
JM_MUST_CHECK enum jm_status jm_passkey_session(const struct jm_env *env,
                                                const struct jm_passkey_place *at,
                                                const struct jm_passkey_answer *in, char token[44],
                                                struct jm_staff *who, struct jm_arena *mem,
                                                struct jm_diag *d);
/** Nobody holds this session any more. */
JM_MUST_CHECK enum jm_status jm_staff_sign_out(const struct jm_env *env, struct jm_bytes token,
                                               struct jm_bytes name);

#endif
