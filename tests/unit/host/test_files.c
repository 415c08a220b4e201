/* SPDX-License-Identifier: Apache-2.0 */
/* Files, clock and random octets. */
#include "unit/test.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/clock/clock.h"
#include "host/files/files.h"
#include "host/random/random.h"

TEST(files_in_and_out)
{
    char dir[] = "/tmp/jmXXXXXX", sub[64], path[80], other[80];
    struct jm_arena mem = arena(8192), tiny = arena(64);
    struct jm_bytes got;
    struct jm_list list;
    struct stat info;
    int fd, again;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(sub, sizeof sub, "%s/sub", dir);
    snprintf(path, sizeof path, "%s/b", sub);
    snprintf(other, sizeof other, "%s/a", sub);
    CHECK_OK(jm_dir_make(sub));
    CHECK_OK(jm_dir_make(sub));
    CHECK(stat(sub, &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK_ST(jm_file_read(&got, path, 10, &mem), JM_E_ABSENT);
    CHECK_OK(jm_file_create(path, JM_BYTES("first"), 0600));
    CHECK_ST(jm_file_create(path, JM_BYTES("other"), 0600), JM_E_CONFLICT);
    CHECK_OK(jm_file_read(&got, path, 5, &mem));
    CHECK_STR(got, "first");
    CHECK(got.ptr[5] == 0);
    CHECK_ST(jm_file_read(&got, path, 4, &mem), JM_E_LIMIT);
    CHECK(got.ptr == NULL);
    CHECK_OK(jm_file_write(path, JM_BYTES(""), 0644));
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0644 && info.st_size == 0);
    CHECK_OK(jm_file_read(&got, path, 4, &mem));
    CHECK_EQ(got.len, 0);
    CHECK_ST(jm_file_read_secret(&got, path, 4, &mem), JM_E_DENIED);
    CHECK_OK(jm_file_write(path, JM_BYTES("s"), 0600));
    CHECK_OK(jm_file_read_secret(&got, path, 4, &mem));
    CHECK_OK(jm_file_write(other, jm_bytes(exact(jm_bytes(test_malloc(100), 100)).ptr, 100), 0600));
    CHECK_ST(jm_file_read(&got, other, 100, &tiny), JM_E_NO_SPACE);
    CHECK_OK(jm_dir_list(&list, sub, 2, &mem)); /* nothing was left beside */
    CHECK_EQ(list.n, 2);
    CHECK_STR(list.items[0], "a");
    CHECK_STR(list.items[1], "b");
    CHECK_ST(jm_dir_list(&list, sub, 1, &mem), JM_E_LIMIT);
    CHECK_OK(jm_file_lock(&fd, other));
    CHECK_ST(jm_file_lock(&again, other), JM_E_CONFLICT);
    jm_file_unlock(&fd);
    CHECK_OK(jm_file_lock(&fd, other));
    jm_file_unlock(&fd);
    CHECK(chmod(sub, 0755) == 0);
    CHECK_ST(jm_dir_make(sub), JM_E_DENIED);
    CHECK(unlink(path) == 0 && unlink(other) == 0 && rmdir(sub) == 0 && rmdir(dir) == 0);
}

TEST(random_octets_differ)
{
    uint8_t a[1000], b[1000];

    CHECK_OK(jm_random(NULL, a, sizeof a));
    CHECK_OK(jm_random(NULL, b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
}
