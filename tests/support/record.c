/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into every program of the sanitizer builds, into no other. Where JUMIN_RECORD names a
 * file, it is mapped, so that what was noted survives whatever ends the process: per code one
 * octet, bit r for result r (jumin/report.h); then how many edges of the program's own code were
 * run (counted by the compiler: -fsanitize-coverage), summed over all processes.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/record.h"
#include "support/record.h"

#define CODES 0x2000
#define SIZE (CODES + 64)
#define FLUSH 4096

static uint8_t *page;
static _Thread_local uint64_t mine; /* edges of this thread, ever */
static _Thread_local uint32_t pending;

__attribute__((constructor, no_sanitize("coverage"))) static void open_record(void)
{
    const char *path = getenv("JUMIN_RECORD");
    struct stat st;
    void *at;
    int fd;

    if (path == NULL || (fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return;
    if (fstat(fd, &st) == 0 && (st.st_size >= SIZE || ftruncate(fd, SIZE) == 0) &&
        (at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED)
        page = at;
    close(fd);
}

__attribute__((no_sanitize("coverage"))) void jm_record(unsigned code, unsigned result)
{
    if (page != NULL && code < CODES && result < 8)
        atomic_fetch_or((_Atomic uint8_t *)(void *)(page + code), (uint8_t)(1u << result));
}

__attribute__((no_sanitize("coverage"))) uint64_t record_work(void)
{
    return mine;
}

void __sanitizer_cov_trace_pc(void);

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_trace_pc(void)
{
    mine++;
    if (++pending < FLUSH)
        return;
    pending = 0;
    if (page != NULL)
        atomic_fetch_add((_Atomic uint64_t *)(void *)(page + CODES), FLUSH);
}
