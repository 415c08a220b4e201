/* SPDX-License-Identifier: Apache-2.0 */
/** @file random.h  Room: host/random. The kernel's random octets. */
#ifndef JUMIN_HOST_RANDOM_H
#define JUMIN_HOST_RANDOM_H

#include "jumin/bytes.h"

/** All of @p len or nothing (zeroed). @p ctx is not used. @retval JM_E_UNAVAILABLE the kernel gives
 * none */
JM_MUST_CHECK enum jm_status jm_random(void *ctx, uint8_t *out, size_t len);

#endif
