/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test harness: include it once per program and write
 *
 *     TEST(refuses_a_trailing_octet)
 *     {
 *         CHECK_ST(jm_x_parse(&x, hex("a0 00")), JM_E_TRAILING);
 *     }
 *
 * A failing check prints its place and the test goes on. The program exits 1 when a check failed,
 * 77 (skipped for ctest) when nothing ran because every test said SKIP, else 0. An argument runs
 * only the tests whose name contains it. Memory from exact(), hex(), read_file() and the like lives
 * until the test ends and has exactly the size of what it holds, so that AddressSanitizer sees the
 * first octet read too many. Programs run in the source folder: file names are relative to it.
 */
#ifndef JM_TEST_H
#define JM_TEST_H

#ifndef __wasm__
#include <setjmp.h>
#include <sys/mman.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jumin/arena.h"
#include "jumin/bytes.h"
#include "jumin/status.h"

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};

static struct test_case *test_first, **test_last = &test_first;
static unsigned test_failures; /* of the running test */
static unsigned test_checks;
static const char *test_skipped;
#ifdef __wasm__
/* A module cannot jump: its host calls the test, and takes it off the stack (tests/wasm/node.mjs).
 */
#define TEST_HOST(name) __attribute__((import_module("node"), import_name(name)))
TEST_HOST("run") void test_host_run(void (*test)(void));
TEST_HOST("leave") _Noreturn void test_host_leave(void);
#else
static jmp_buf test_leave;
#endif
static void **test_heap;
static size_t test_heap_n;

#define TEST(name)                                                      \
    static void name(void);                                             \
    __attribute__((constructor)) static void test_register_##name(void) \
    {                                                                   \
        static struct test_case test_case_ = {#name, name, NULL};       \
        *test_last = &test_case_;                                       \
        test_last = &test_case_.next;                                   \
    }                                                                   \
    static void name(void)

/* -- checks -- */

JM_UNUSED static bool test_note(bool ok, const char *file, int line, const char *what)
{
    test_checks++;
    if (!ok) {
        test_failures++;
        printf("%s:%d: %s\n", file, line, what);
    }
    return ok;
}

JM_UNUSED static bool test_eq(long long a, long long b, const char *file, int line,
                              const char *what)
{
    bool ok = test_note(a == b, file, line, what);

    if (!ok)
        printf("    %lld (0x%llx), expected %lld (0x%llx)\n", a, (unsigned long long)a, b,
               (unsigned long long)b);
    return ok;
}

JM_UNUSED static void test_dump(const char *label, struct jm_bytes b)
{
    printf("    %s (%zu) ", label, b.len);
    for (size_t i = 0; i < b.len && i < 256; i++)
        printf("%02x", b.ptr[i]);
    printf("%s\n", b.len > 256 ? "..." : "");
}

JM_UNUSED static bool test_same(struct jm_bytes got, struct jm_bytes want, bool text,
                                const char *file, int line, const char *what)
{
    bool ok =
        test_note(got.len == want.len && (got.len == 0 || memcmp(got.ptr, want.ptr, got.len) == 0),
                  file, line, what);

    if (!ok && text) {
        printf("    got      \"%.*s\"\n", (int)got.len, got.len == 0 ? "" : (const char *)got.ptr);
        printf("    expected \"%.*s\"\n", (int)want.len,
               want.len == 0 ? "" : (const char *)want.ptr);
    } else if (!ok) {
        test_dump("got     ", got);
        test_dump("expected", want);
    }
    return ok;
}

/* Each gives true when it holds, so that a test may stop: if (!CHECK(p != NULL)) return; */
#define CHECK(cond) test_note((cond), __FILE__, __LINE__, "CHECK(" #cond ")")
/* Integers and enums. */
#define CHECK_EQ(got, want)                                          \
    test_eq((long long)(got), (long long)(want), __FILE__, __LINE__, \
            "CHECK_EQ(" #got ", " #want ")")
/* A status: CHECK_ST(jm_f(...), JM_E_X); CHECK_OK(jm_f(...)). */
#define CHECK_ST(expr, want)                                          \
    test_eq((long long)(expr), (long long)(want), __FILE__, __LINE__, \
            "CHECK_ST(" #expr ", " #want ")")
#define CHECK_OK(expr) CHECK_ST(expr, JM_OK)
/* A view against hexadecimal digits, a view, or a C string. */
#define CHECK_BYTES(got, want_hex)                             \
    test_same((got), hex(want_hex), false, __FILE__, __LINE__, \
              "CHECK_BYTES(" #got ", " #want_hex ")")
#define CHECK_SAME(got, want) \
    test_same((got), (want), false, __FILE__, __LINE__, "CHECK_SAME(" #got ", " #want ")")
#define CHECK_STR(got, want) \
    test_same((got), jm_str(want), true, __FILE__, __LINE__, "CHECK_STR(" #got ", " #want ")")
/* Leaves the test at once, from any depth. */
#ifdef __wasm__
#define SKIP(reason) (test_skipped = (reason), test_host_leave())
#else
#define SKIP(reason) (test_skipped = (reason), longjmp(test_leave, 1))
#endif
/* For tables: names the row of the checks that just failed. */
#define ROW(ok, name) ((ok) ? (void)0 : (void)printf("    in row: %s\n", (name)))

/* -- memory of exact size -- */

JM_UNUSED static uint8_t *test_malloc(size_t len)
{
    void *p = malloc(len);
    void **grown = realloc(test_heap, (test_heap_n + 1) * sizeof *grown);

    if ((p == NULL && len != 0) || grown == NULL)
        abort();
    test_heap = grown;
    test_heap[test_heap_n++] = p;
    return p;
}

/* A copy in a heap block of exactly that size. */
JM_UNUSED static struct jm_bytes exact(struct jm_bytes b)
{
    uint8_t *p = test_malloc(b.len);

    if (b.len != 0)
        memcpy(p, b.ptr, b.len);
    return jm_bytes(p, b.len);
}

/* A copy that ends where a page ends and the next one may not be read: what reads an octet too many
 * dies in every build. */
#ifdef __wasm__
#define guarded(b) exact(b)
#else
JM_UNUSED static struct jm_bytes guarded(struct jm_bytes b)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), len = (b.len / page + 1) * page;
    uint8_t *p = mmap(NULL, len + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + len, page, PROT_NONE) != 0)
        abort();
    if (b.len != 0)
        memcpy(p + len - b.len, b.ptr, b.len);
    return jm_bytes(p + len - b.len, b.len);
}
#endif

/* Room of exactly that size. */
JM_UNUSED static struct jm_buf room(size_t cap)
{
    return jm_buf(test_malloc(cap), cap);
}

/* An arena over fresh memory that offers @p cap octets or a little more. */
JM_UNUSED static struct jm_arena arena(size_t cap)
{
    struct jm_arena mem;

    jm_arena_init(&mem, test_malloc(cap), cap);
    return mem;
}

/* From hexadecimal digits of either case; blanks and line ends between octets are skipped. */
JM_UNUSED static struct jm_bytes test_unhex(struct jm_bytes digits, const char *where)
{
    uint8_t *tmp = malloc(digits.len / 2 + 1);
    size_t n = 0;
    unsigned acc = 1;
    struct jm_bytes out;

    if (tmp == NULL)
        abort();
    for (size_t i = 0; i < digits.len; i++) {
        unsigned c = digits.ptr[i], v;

        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        if (c >= '0' && c <= '9') {
            v = c - '0';
        } else if ((c | 0x20u) >= 'a' && (c | 0x20u) <= 'f') {
            v = (c | 0x20u) - 'a' + 10;
        } else {
            test_note(false, where, 0, "not hexadecimal");
            break;
        }
        acc = acc << 4 | v;
        if (acc >= 0x100) {
            tmp[n++] = (uint8_t)acc;
            acc = 1;
        }
    }
    if (acc != 1)
        test_note(false, where, 0, "odd number of hexadecimal digits");
    out = exact(jm_bytes(tmp, n));
    free(tmp);
    return out;
}

JM_UNUSED static struct jm_bytes hex(const char *digits)
{
    return test_unhex(jm_str(digits), digits);
}

/* -- files -- */

/* The null view when there is no such file. */
JM_UNUSED static struct jm_bytes read_file_or_none(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *tmp = NULL;
    size_t len = 0, cap = 0, n;
    struct jm_bytes out;

    if (in == NULL)
        return jm_none();
    do {
        if (len == cap) {
            cap = cap == 0 ? 65536 : cap * 2;
            if ((tmp = realloc(tmp, cap)) == NULL)
                abort();
        }
        n = fread(tmp + len, 1, cap - len, in);
        len += n;
    } while (n != 0);
    fclose(in);
    out = exact(jm_bytes(tmp, len));
    free(tmp);
    return out;
}

/* A missing file fails the test and gives the null view. */
JM_UNUSED static struct jm_bytes read_file(const char *path)
{
    struct jm_bytes b = read_file_or_none(path);

    if (b.ptr == NULL)
        test_note(false, path, 0, "cannot be read");
    return b;
}

JM_UNUSED static struct jm_bytes read_hex_file(const char *path)
{
    return test_unhex(read_file(path), path);
}

/* Vectors that are not ours: $JUMIN_VECTORS, else a folder beside the checkout. May not exist. */
JM_UNUSED static const char *vectors_dir(void)
{
    const char *dir = getenv("JUMIN_VECTORS");

    return dir != NULL && dir[0] != '\0' ? dir : JM_TEST_VECTORS;
}

JM_UNUSED static const char *vector_path(const char *name)
{
    size_t len = strlen(vectors_dir()) + strlen(name) + 2;
    char *path = (char *)test_malloc(len);

    snprintf(path, len, "%s/%s", vectors_dir(), name);
    return path;
}

/* A file below vectors_dir(). Without the vectors at all the test is skipped; a single missing file
 * fails. */
JM_UNUSED static struct jm_bytes vector(const char *name)
{
    if (read_file_or_none(vector_path("README.md")).ptr == NULL)
        SKIP("no vectors (JUMIN_VECTORS)");
    return read_file(vector_path(name));
}

JM_UNUSED static struct jm_bytes vector_hex(const char *name)
{
    return test_unhex(vector(name), name);
}

/* -- every valid vector is also fed changed -- */

/*
 * Feeds each proper prefix, the vector with one octet appended, and the vector with each octet
 * changed in turn; none may be accepted. Offsets where a change is legitimately accepted stand in
 * @p except (n of them), with the reason beside. @p accepts must be true for the vector itself.
 */
JM_UNUSED static void check_refuses_changes(struct jm_bytes valid, bool (*accepts)(struct jm_bytes),
                                            const size_t *except, size_t n)
{
    char what[80];

    CHECK(accepts(exact(valid)));
    for (size_t len = 0; len < valid.len; len++) {
        snprintf(what, sizeof what, "accepts the prefix of %zu octets", len);
        test_note(!accepts(exact(jm_slice(valid, 0, len))), __FILE__, __LINE__, what);
    }
    for (unsigned extra = 0; extra < 256; extra += 255) {
        uint8_t *p = test_malloc(valid.len + 1);

        if (valid.len != 0)
            memcpy(p, valid.ptr, valid.len);
        p[valid.len] = (uint8_t)extra;
        snprintf(what, sizeof what, "accepts an appended octet %02x", extra);
        test_note(!accepts(jm_bytes(p, valid.len + 1)), __FILE__, __LINE__, what);
    }
    for (size_t i = 0; i < valid.len; i++) {
        struct jm_bytes changed = exact(valid);
        bool excused = false;

        for (size_t k = 0; k < n; k++)
            excused = excused || except[k] == i;
        if (excused)
            continue;
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *p = test_heap[test_heap_n - 1];

            p[i] = (uint8_t)(valid.ptr[i] ^ 1u << bit);
            snprintf(what, sizeof what, "accepts octet %zu changed from %02x to %02x", i,
                     valid.ptr[i], p[i]);
            test_note(!accepts(changed), __FILE__, __LINE__, what);
        }
    }
}

/* -- main -- */

static void test_free_all(void)
{
    while (test_heap_n != 0)
        free(test_heap[--test_heap_n]);
    free(test_heap);
    test_heap = NULL;
}

static bool test_run(const struct test_case *t, unsigned *skipped)
{
    test_failures = 0;
    test_skipped = NULL;
#ifdef __wasm__
    test_host_run(t->run);
#else
    if (setjmp(test_leave) == 0)
        t->run();
#endif
    test_free_all();
    if (test_failures != 0) {
        printf("FAIL %s\n", t->name);
    } else if (test_skipped != NULL) {
        printf("skip %s: %s\n", t->name, test_skipped);
        (*skipped)++;
    } else {
        printf("ok   %s\n", t->name);
    }
    fflush(stdout);
    return test_failures == 0;
}

int main(int argc, char **argv)
{
    unsigned run = 0, failed = 0, skipped = 0;

    for (const struct test_case *t = test_first; t != NULL; t = t->next) {
        if (argc > 1 && strstr(t->name, argv[1]) == NULL)
            continue;
        run++;
        if (!test_run(t, &skipped))
            failed++;
    }
    printf("%u tests, %u failed, %u skipped, %u checks\n", run, failed, skipped, test_checks);
    if (failed != 0 || run == 0)
        return 1;
    return skipped == run ? 77 : 0;
}

#endif
