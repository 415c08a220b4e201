/* SPDX-License-Identifier: Apache-2.0 */
/** @file sanitized.h  Room: base. JM_SANITIZED is defined in a build with AddressSanitizer, by
 * whichever compiler. */
#ifndef JUMIN_BASE_SANITIZED_H
#define JUMIN_BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define JM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JM_SANITIZED 1
#endif
#endif

#endif
