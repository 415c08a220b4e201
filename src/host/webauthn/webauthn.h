/* SPDX-License-Identifier: Apache-2.0 */
/** @file webauthn.h  Room: host/webauthn. Passkeys, as libfido2 reads and judges them. Any thread.
 */
#ifndef JUMIN_HOST_WEBAUTHN_H
#define JUMIN_HOST_WEBAUTHN_H

#include "service/env.h"

/** @note Not checked here, nor by the library: see struct jm_webauthn. */
extern const struct jm_webauthn jm_webauthn_fido2;

#endif
