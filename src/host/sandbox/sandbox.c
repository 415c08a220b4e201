/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS, mlockall's flags */
#endif
#include "host/sandbox/sandbox.h"
#include "base/sanitized.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jumin/bytes.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the list of system calls is written for x86-64 and AArch64"
#endif

/* -- memory -- */

/* A limit that is not "none" would let later threads fail to start: all pages are locked only where
 * there is no limit, or a capability stands above it, which shows when the limit is nought. */
static void lock_all(void)
{
    struct rlimit had, none;

    if (getrlimit(RLIMIT_MEMLOCK, &had) != 0)
        return;
    none = had;
    if (had.rlim_cur != RLIM_INFINITY) {
        none.rlim_cur = 0;
        (void)setrlimit(RLIMIT_MEMLOCK, &none);
    }
    (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    (void)setrlimit(RLIMIT_MEMLOCK, &had);
}

enum jm_status jm_sandbox_no_dump(void)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return JM_E_UNAVAILABLE;
#ifndef JM_SANITIZED
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return JM_E_UNAVAILABLE;
#endif
    return JM_OK;
}

enum jm_status jm_sandbox_begin(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return JM_E_UNAVAILABLE;
    JM_TRY(jm_sandbox_no_dump());
    lock_all(); /* doctor tells what came of it */
    return JM_OK;
}

/* -- system calls -- */

/* What both need: memory, the end, what the C library does by itself. */
static const int common[] = {
#ifdef JM_SANITIZED /* it looks for leaks at the end, from a process beside */
    SYS_clone,
    SYS_ptrace,
    SYS_prctl,
    SYS_wait4,
    SYS_openat,
    SYS_getdents64,
    SYS_readlinkat,
    SYS_process_vm_readv,
    SYS_getppid,
    SYS_prlimit64,
    SYS_pipe2,
    SYS_personality,
    SYS_uname,
    SYS_kill,
    SYS_sysinfo,
#ifdef SYS_readlink
    SYS_readlink,
    SYS_open,
#endif
#endif
    SYS_read,
    SYS_write,
    SYS_writev,
    SYS_close,
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigreturn,
    SYS_rt_sigprocmask,
    SYS_rt_sigaction,
    SYS_sigaltstack,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_gettimeofday,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_restart_syscall,
    SYS_fstat,
    SYS_newfstatat,
    SYS_lseek,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getrusage};

/* Its threads, its files, the connections that it takes, its signals: what a demo, a reload and an
 * end were seen to use, and what stands for the same on the other architecture. No fork: clone is a
 * thread's or nothing. No new socket. */
static const int signer[] = {
#ifdef SYS_poll /* x86-64 has kept the older ones */
    SYS_poll,   SYS_rename,   SYS_unlink,
#endif
    SYS_openat, SYS_pread64,  SYS_fsync,   SYS_fchmod,          SYS_renameat,        SYS_unlinkat,
    SYS_fcntl,  SYS_geteuid,  SYS_accept4, SYS_getsockopt,      SYS_setsockopt,      SYS_recvfrom,
    SYS_sendto, SYS_shutdown, SYS_ppoll,   SYS_rt_sigtimedwait, SYS_set_robust_list, SYS_rseq};

#define INSTRUCTIONS_MAX 512
#define LOAD(member)     \
    (struct sock_filter) \
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define IS(value, then, otherwise) \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (then), (otherwise))
#define RETURN(what) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (what))
#define NOT_ALLOWED (SECCOMP_RET_ERRNO | EPERM)

struct program {
    struct sock_filter op[INSTRUCTIONS_MAX];
    size_t n;
};

static void put_op(struct program *p, struct sock_filter op)
{
    if (p->n < INSTRUCTIONS_MAX)
        p->op[p->n++] = op;
}

static void allow_calls(struct program *p, const int *call, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_op(p, IS(call[i], 0, 1));
        put_op(p, RETURN(SECCOMP_RET_ALLOW));
    }
}

/* Allowed by one argument: it has a bit of `must` (0: whatever) and none of `must_not`. */
static const struct looked_at {
    int call;
    unsigned arg;
    uint32_t must, must_not;
    /* no code but what was linked */
} memory[] = {{SYS_mmap, 2, 0, PROT_EXEC}, {SYS_mprotect, 2, 0, PROT_EXEC}},
  threads[] = {{SYS_clone, 0, CLONE_THREAD, 0}};

static void look_at(struct program *p, const struct looked_at *rule, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct looked_at *r = &rule[i];

        put_op(p, IS(r->call, 0, 5));
        put_op(p, LOAD(args[r->arg]));
        put_op(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, r->must_not, 2, 0));
        put_op(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
                                               r->must == 0 ? UINT32_MAX : r->must, 0,
                                               r->must == 0 ? 0 : 1));
        put_op(p, RETURN(SECCOMP_RET_ALLOW));
        put_op(p, RETURN(NOT_ALLOWED));
    }
}

enum jm_status jm_sandbox_enter(enum jm_sandbox which)
{
    static struct program p;
    struct sock_fprog f;

    p.n = 0;
    put_op(&p, LOAD(arch));
    put_op(&p, IS(ARCH, 1, 0));
    put_op(&p, RETURN(SECCOMP_RET_KILL_PROCESS));
    put_op(&p, LOAD(nr));
    /* its flags lie in memory, where no filter looks: the C library takes clone instead */
    put_op(&p, IS(SYS_clone3, 0, 1));
    put_op(&p, RETURN(SECCOMP_RET_ERRNO | ENOSYS));
    allow_calls(&p, common, JM_ARRAY_LEN(common));
    look_at(&p, memory, JM_ARRAY_LEN(memory));
    if (which == JM_SANDBOX_SIGNER) {
        allow_calls(&p, signer, JM_ARRAY_LEN(signer));
        look_at(&p, threads, JM_ARRAY_LEN(threads));
    }
    put_op(&p, RETURN(NOT_ALLOWED));
    if (p.n == INSTRUCTIONS_MAX)
        return JM_E_BUG;
    f = (struct sock_fprog){(unsigned short)p.n, p.op};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &f) == 0
               ? JM_OK
               : JM_E_UNAVAILABLE;
}

/* -- what holds of a process -- */

static enum jm_status proc_file(char *out, size_t cap, pid_t pid, const char *name)
{
    char path[64];
    FILE *f;
    size_t n;

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    if ((f = fopen(path, "re")) == NULL)
        return JM_E_ABSENT;
    n = fread(out, 1, cap - 1, f);
    (void)fclose(f);
    out[n] = '\0';
    return JM_OK;
}

/* The number after a label at the beginning of a line; "unlimited" is UINT64_MAX. */
static uint64_t number_after(const char *text, const char *label)
{
    size_t len = strlen(label);
    uint64_t out;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, label, len) != 0)
            continue;
        line += len + strspn(line + len, " \t:");
        if (strncmp(line, "unlimited", 9) == 0)
            return UINT64_MAX;
        return jm_parse_u64(&out, jm_bytes(line, strspn(line, "0123456789"))) == JM_OK ? out : 0;
    }
    return 0;
}

enum jm_status jm_limits_of(struct jm_limits *out, pid_t pid)
{
    char text[4 * JM_KIB]; /* both are about half of it */

    memset(out, 0, sizeof *out);
    JM_TRY(proc_file(text, sizeof text, pid, "status"));
    out->no_new_privileges = number_after(text, "NoNewPrivs") == 1;
    out->filtered = number_after(text, "Seccomp:") == 2;
    out->locked_kb = number_after(text, "VmLck");
    out->size_kb = number_after(text, "VmSize");
    JM_TRY(proc_file(text, sizeof text, pid, "limits"));
    out->core = number_after(text, "Max core file size");
    return JM_OK;
}
