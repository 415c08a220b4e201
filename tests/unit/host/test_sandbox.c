/* SPDX-License-Identifier: Apache-2.0 */
/* What a process gave away it has no more: each is asked of the system itself, by a child that
 * entered. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/sanitized.h"
#include "host/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/test.h"

static bool forbidden(long result)
{
    return result == -1 && errno == EPERM;
}

static bool inet(void)
{
    return forbidden(socket(AF_INET, SOCK_STREAM, 0)) &&
           forbidden(socket(AF_INET6, SOCK_DGRAM, 0)) && forbidden(socket(AF_NETLINK, SOCK_RAW, 0));
}

static bool other_program(void)
{
    char *const nothing[] = {NULL};

    return forbidden(execve("/bin/true", nothing, nothing));
}

static JM_UNUSED bool other_process(void)
{
    return forbidden(kill(getppid(), 0));
}

static bool code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED &&
           errno == EPERM &&
           mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
               MAP_FAILED;
}

static void *nothing(void *arg)
{
    return arg;
}

static bool thread(void)
{
    pthread_t t;

    return pthread_create(&t, NULL, nothing, NULL) == 0 && pthread_join(t, NULL) == 0;
}

static bool file(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
}

static JM_UNUSED bool no_file(void)
{
    return forbidden(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static bool no_local(void)
{
    return forbidden(socket(AF_UNIX, SOCK_STREAM, 0));
}

static bool twice(void)
{
    /* what was given away cannot be asked again */
    return jm_sandbox_enter(JM_SANDBOX_SIGNER) == JM_E_UNAVAILABLE;
}

static bool another_ABI(void)
{
    return forbidden(syscall(0x40000000 + 0, -1, NULL, 0)) || errno == ENOSYS; /* x32's read */
}

static bool child(enum jm_sandbox which, bool (*tried)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (jm_sandbox_begin() != JM_OK || jm_sandbox_enter(which) != JM_OK)
            _exit(2);
        _exit(tried() ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* fork() itself: what comes back in the child is not there, so the parent's answer says all. */
static JM_UNUSED bool no_child(void)
{
    return forbidden(fork());
}

static bool told(void)
{
    struct jm_limits l;

    return jm_limits_of(&l, getpid()) == JM_OK && l.no_new_privileges && l.filtered &&
           l.core == 0 && l.size_kb > 0 && l.locked_kb <= l.size_kb;
}

/* Others of the same user read neither its memory nor its descriptors; asked before the filter,
 * which does not let it ask. */
static JM_UNUSED bool becomes_unreadable(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 && jm_sandbox_begin() == JM_OK &&
                      prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
                  ? 0
                  : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

TEST(the_signer_keeps_files_threads_and_its_socket_alone)
{
    CHECK(child(JM_SANDBOX_SIGNER, file));
    CHECK(child(JM_SANDBOX_SIGNER, no_local));
    CHECK(child(JM_SANDBOX_SIGNER, thread));
    CHECK(child(JM_SANDBOX_SIGNER, told));
    CHECK(child(JM_SANDBOX_SIGNER, inet));
    CHECK(child(JM_SANDBOX_SIGNER, other_program));
    CHECK(child(JM_SANDBOX_SIGNER, code));
    CHECK(child(JM_SANDBOX_SIGNER, twice));
    CHECK(child(JM_SANDBOX_SIGNER, another_ABI));
#ifndef JM_SANITIZED /* a sanitizer's last look takes them */
    CHECK(becomes_unreadable());
    CHECK(child(JM_SANDBOX_SIGNER, other_process));
    CHECK(child(JM_SANDBOX_SIGNER, no_child));
#endif
}

TEST(a_reader_keeps_what_is_open)
{
    CHECK(child(JM_SANDBOX_READER, inet));
    CHECK(child(JM_SANDBOX_READER, no_local));
    CHECK(child(JM_SANDBOX_READER, other_program));
    CHECK(child(JM_SANDBOX_READER, code));
#ifndef JM_SANITIZED
    CHECK(child(JM_SANDBOX_READER, no_file));
    CHECK(child(JM_SANDBOX_READER, no_child));
    CHECK(child(JM_SANDBOX_READER, other_process));
#endif
}

TEST(limits_of_who_gave_away_nothing)
{
    struct jm_limits l;

    CHECK(jm_limits_of(&l, 1 << 30) == JM_E_ABSENT);
    CHECK(jm_limits_of(&l, getpid()) == JM_OK && !l.filtered);
}
