/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_jml_open, jm_jml_entry
 *
 * What is told of a file, it tells again when it is opened once more: nothing but what stood behind
 * the last commit is cut off. The header is put in front, so that the octets behind it are read. */
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz/ltx_context.h"
#include "host/ledger/file.h"

struct told {
    size_t entries, commits;
    uint64_t last;
};

static enum jm_status tell_entry(void *ctx, uint64_t offset, struct jm_bytes octets)
{
    struct told *t = ctx;

    MUST(octets.len <= JM_JML_RECORD_MAX && offset >= JM_JML_HEADER);
    t->entries++;
    t->last = offset;
    return JM_OK;
}

static enum jm_status tell_commit(void *ctx, const struct jm_jml_commit *c)
{
    (void)c;
    ((struct told *)ctx)->commits++;
    return JM_OK;
}

static enum jm_status read_once(struct told *t, struct jm_jml *f, const char *path)
{
    const struct jm_jml_reader r = {tell_entry, tell_commit, t};

    *t = (struct told){0, 0, 0};
    return jm_jml_open(f, path, &lx.genesis, &r, LX_CRYPTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[2 * JM_JML_RECORD_MAX];
    char path[] = "/tmp/jumin-fuzz-jml-XXXXXX";
    int fd = mkstemp(path);
    struct told first, again;
    struct jm_arena mem;
    struct jm_bytes octets;
    struct jm_jml f;

    lx_begin();
    MUST(fd >= 0 && write(fd, "JMLEDG\0\1", 8) == 8);
    MUST(write(fd, lx.genesis.octets, 32) == 32);
    MUST(size == 0 || write(fd, data, size) == (ssize_t)size);
    close(fd);
    jm_arena_init(&mem, room, sizeof room);
    if (read_once(&first, &f, path) == JM_OK) {
        if (first.entries > 0)
            MUST(jm_jml_entry(&octets, &f, first.last, &mem) == JM_OK);
        jm_jml_close(&f);
        MUST(read_once(&again, &f, path) == JM_OK);
        MUST(again.entries == first.entries && again.commits == first.commits);
        jm_jml_close(&f);
    }
    jm_arena_reset(&mem);
    MUST(unlink(path) == 0);
    return 0;
}
