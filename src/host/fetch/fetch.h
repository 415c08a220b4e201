/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fetch.h  Room: host/fetch. One HTTP exchange by libcurl, with a guard on every address that
 * is really connected.
 *
 * https only, no redirects, no proxy, no netrc, no cookies, nothing decompressed; caps on time and
 * size. Loopback (and http to it) only where the rules say so: pinned trust set marked synthetic.
 * Not checked: what the answer means.
 *
 * Spec: platform.md 2; openid4vc.md 2, V-11
 */
#ifndef JUMIN_HOST_FETCH_H
#define JUMIN_HOST_FETCH_H

#include <sys/socket.h>

#include "jumin/arena.h"
#include "jumin/ask.h"

#define JM_FETCH_LEN_DEFAULT ((size_t)1024 * 1024) /* octets, where max_len is 0 */
#define JM_FETCH_LEN_MAX ((size_t)32 * 1024 * 1024)
#define JM_FETCH_MS_DEFAULT 10000u /* the whole exchange, where timeout_ms is 0 */
#define JM_FETCH_MS_MAX 60000u

struct jm_fetch_rules {
    bool allow_loopback;   /* loopback addresses, and http to a loopback literal or localhost */
    const char *unix_path; /* not null: speak to this socket, whatever the URL's host; http only */
    const char *ca_file;   /* null: the system's certificates */
};

/**
 * Waits; one kept-alive handle per thread. Redirects come back as the answer they are.
 *
 * @param[in] rules null: the strict ones
 * @param[out] out cleared first; views in @p mem, about max_len + 4 KiB at most
 * @retval JM_OK            there was an answer, whatever its status
 * @retval JM_E_MALFORMED   no URL; a header value that would split the head
 * @retval JM_E_DENIED      scheme, user information, address or certificate not allowed
 * @retval JM_E_LIMIT       body longer than max_len
 * @retval JM_E_UNAVAILABLE not reachable, timed out, broken off
 * @retval JM_E_NO_SPACE    @p mem is full
 */
JM_MUST_CHECK enum jm_status jm_fetch(const struct jm_fetch_rules *rules,
                                      const struct jm_http_ask *ask, struct jm_http_answer *out,
                                      struct jm_arena *mem);

/** The guard: public unicast, or with @p allow_loopback 127.0.0.0/8 and ::1. Everything unknown is
 * refused. */
bool jm_fetch_address_ok(const struct sockaddr *a, bool allow_loopback);

#endif
