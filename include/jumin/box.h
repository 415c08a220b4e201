/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file box.h  Room: crypto. What a passphrase opens: CBOR [label, salt, iv, AES-256-GCM], the
 * label authenticated with it, the key scrypt of passphrase and salt.
 *
 * Spec: architecture.md 6
 */
#ifndef JUMIN_BOX_H
#define JUMIN_BOX_H

#include "jumin/arena.h"
#include "jumin/crypto.h"

#define JM_BOX_SALT 16

struct jm_box {
    const char *label; /* what it is and in which version; 32 octets at most */
    struct jm_bytes salt, iv, sealed;
};

/** A box of label, salt and iv, which were drawn for it. @retval JM_E_MALFORMED one of them has
 * another length | JM_E_NO_SPACE | the crypto port's */
JM_MUST_CHECK enum jm_status jm_box_seal(struct jm_bytes *out, const struct jm_box *b,
                                         struct jm_bytes plain, const struct jm_secret32 *kek,
                                         const struct jm_crypto *c, struct jm_arena *mem);
/** Views into @p octets: the salt is what the key is derived by. @retval JM_E_MALFORMED it is no
 * box of this label */
JM_MUST_CHECK enum jm_status jm_box_read(struct jm_box *out, const char *label,
                                         struct jm_bytes octets);
/** Appends the plaintext, sealed.len - JM_GCM_TAG octets. @retval JM_E_SIGNATURE wrong passphrase,
 * or the box was changed: nothing is appended | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_box_open(struct jm_buf *plain, const struct jm_box *b,
                                         const struct jm_secret32 *kek, const struct jm_crypto *c);

#endif
