/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sandbox.h  Room: host/sandbox. A process gives away what it does not need: for good, for
 * itself and all its threads.
 *
 * Linux on x86-64 and AArch64. Spec: architecture.md 10 (the signer), prctl(2), seccomp(2),
 * mlockall(2)
 */
#ifndef JUMIN_HOST_SANDBOX_H
#define JUMIN_HOST_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "jumin/status.h"

/**
 * First thing in main: no new privileges, no core dumps, not readable by others of the same user
 * (ptrace, /proc/PID/mem), memory locked where there is no limit (keys stand on libcrypto's own
 * locked heap). A build with a sanitizer stays readable: it reads itself at its end.
 * @retval JM_E_UNAVAILABLE the system refuses one of them, other than the lock of memory
 */
JM_MUST_CHECK enum jm_status jm_sandbox_begin(void);
/** Of it the part for whoever holds a PIN for a while: no core dumps, not readable by others of the
 * same user. @retval JM_E_UNAVAILABLE the system refuses one of them */
JM_MUST_CHECK enum jm_status jm_sandbox_no_dump(void);
enum jm_sandbox {
    /* files, its threads, connections to the socket that is there; no exec, no fork, no other
       socket */
    JM_SANDBOX_SIGNER = 1,
    JM_SANDBOX_READER /* what is open: reads, writes, ends */
};
/** From here on all else fails with EPERM. @retval JM_E_UNAVAILABLE the system has no seccomp
 * filters */
JM_MUST_CHECK enum jm_status jm_sandbox_enter(enum jm_sandbox which);

/** What the system says of a process, from /proc/PID. */
struct jm_limits {
    bool no_new_privileges, filtered;
    uint64_t core, locked_kb, size_kb; /* core: octets, UINT64_MAX for no limit */
};
/** @retval JM_E_ABSENT no such process, or no /proc */
JM_MUST_CHECK enum jm_status jm_limits_of(struct jm_limits *out, pid_t pid);

#endif
