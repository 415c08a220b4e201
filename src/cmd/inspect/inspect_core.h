/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inspect_core.h  Room: cmd. What is this, and does it hold: the judging and the JSON of
 * `jumin inspect`.
 *
 * No files, no options, no clock: inspect.c gives octets as they were read. Kinds here:
 * device-response, issuer-signed, issuer-auth, mobile-security-object, session-transcript,
 * certificate, sd-jwt, jws, jwe, status-list-token, status-list-cwt, offer, request-object. Nothing
 * is fetched: an offer by reference stays undecided. Spec: spec/cli.md 3
 */
#ifndef JUMIN_CMD_INSPECT_CORE_H
#define JUMIN_CMD_INSPECT_CORE_H

#include "jumin/mdoc.h"
#include "service/env.h"

struct jm_inspect_in {
    /* as read: binary, hex, base64, base64url or PEM */
    struct jm_bytes input;
    const char *kind;                                /* null: guessed from the octets */
    const struct jm_bytes *anchor, *pinned, *status; /* each encoded like the input */
    size_t n_anchors, n_pinned, n_status;
    struct jm_bytes crl, transcript; /* none: not given */
    struct jm_bytes audience, nonce; /* of a key binding; none: not given */
    const struct jm_schema *schema;  /* what is known of types */
    size_t n_schemas;
    int64_t now;
    bool strict, show_values;
    const struct jm_crypto *crypto;
    const struct jm_answers *answers; /* verify; agree for device MACs */
    struct jm_bytes reader_key;       /* handle for agree, or none */
    struct jm_sentences say;
};

/** Octets out of binary, hex, base64, base64url (blanks and line ends skipped) or the first block
 * of PEM. */
JM_MUST_CHECK enum jm_status jm_inspect_decode(struct jm_bytes *out, struct jm_bytes text,
                                               struct jm_arena *mem);
bool jm_inspect_knows(const char *kind);
/**
 * Appends one JSON object to @p json and gives the exit code: 0 accepted, 1 rejected, 5 undecided,
 * 3 malformed.
 * @retval JM_OK | JM_E_UNSUPPORTED (a kind of somebody else) | JM_E_USAGE (an input beside cannot
 * be read; the option stands in @p d) | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_inspect(const struct jm_inspect_in *in, struct jm_buf *json,
                                        int *exit_code, struct jm_arena *mem, struct jm_diag *d);

#endif
