/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

TEST(what_is_given_is_zeroed_aligned_and_apart)
{
    struct jm_arena mem = arena(1024);
    uint8_t *a = jm_alloc(&mem, 3, 1), *b = jm_alloc(&mem, 1, 40), *c = jm_alloc(&mem, 2, 8);

    if (!CHECK(a != NULL && b != NULL && c != NULL))
        return;
    CHECK_EQ((uintptr_t)a % 16, 0);
    CHECK_EQ((uintptr_t)b % 16, 0);
    CHECK_EQ((uintptr_t)c % 16, 0);
    CHECK(b >= a + 3 && c >= b + 40);
    for (size_t i = 0; i < 40; i++)
        CHECK_EQ(b[i], 0);
}

TEST(a_crooked_room_is_straightened)
{
    struct jm_buf r = room(256);
    struct jm_arena mem;

    jm_arena_init(&mem, r.ptr + 1, 255);
    CHECK_EQ((uintptr_t)jm_alloc(&mem, 1, 1) % 16, 0);
    jm_arena_init(&mem, r.ptr + 1, 14);
    CHECK(jm_alloc(&mem, 1, 1) == NULL);
}

TEST(no_room_gives_nothing)
{
    struct jm_arena mem;
    struct jm_buf buf;

    jm_arena_init(&mem, NULL, 0);
    CHECK(jm_alloc(&mem, 1, 1) == NULL);
    jm_arena_init(&mem, NULL, 100);
    CHECK(jm_alloc(&mem, 1, 1) == NULL);
    CHECK_ST(jm_alloc_buf(&buf, &mem, 1), JM_E_NO_SPACE);
    CHECK(buf.ptr == NULL && buf.cap == 0);
    jm_arena_reset(&mem);
}

TEST(a_full_arena_refuses_and_stays_usable)
{
    struct jm_arena mem = arena(256);
    size_t before;

    CHECK(jm_alloc(&mem, 257, 1) == NULL);
    CHECK(jm_alloc(&mem, 1, SIZE_MAX) == NULL);
    CHECK(jm_alloc(&mem, 1, SIZE_MAX - 15) == NULL);
    before = jm_arena_mark(&mem);
    CHECK_EQ(before, 0);
    CHECK(jm_alloc(&mem, 64, 1) != NULL);
    CHECK(jm_alloc(&mem, 240, 1) == NULL);
    CHECK(jm_alloc(&mem, 64, 1) != NULL);
}

TEST(overflowing_sizes_are_refused)
{
    struct jm_arena mem = arena(256);

    CHECK(jm_alloc(&mem, SIZE_MAX, 2) == NULL);
    CHECK(jm_alloc(&mem, SIZE_MAX / 2 + 1, 2) == NULL);
    CHECK(jm_alloc(&mem, SIZE_MAX / 16 + 2, 16) == NULL);
    CHECK_EQ(mem.used, 0);
}

TEST(zero_octets_give_a_pointer)
{
    struct jm_arena mem = arena(256);

    CHECK(jm_alloc(&mem, 0, 8) != NULL);
    CHECK(jm_alloc(&mem, 8, 0) != NULL);
}

TEST(reset_wipes_what_was_used)
{
    struct jm_buf r = room(256);
    struct jm_arena mem;
    uint8_t *p;

    jm_arena_init(&mem, r.ptr, r.cap);
    if (!CHECK((p = jm_alloc(&mem, 100, 1)) != NULL))
        return;
    memset(p, 0xA5, 100);
    jm_arena_reset(&mem);
    CHECK_EQ(mem.used, 0);
    CHECK_EQ(mem.high, 0);
    if (!CHECK((p = jm_buf_begin(&mem).ptr) != NULL))
        return;
    for (size_t i = 0; i < 100; i++)
        CHECK_EQ(p[i], 0);
}

TEST(going_back_to_a_mark_wipes_and_frees)
{
    struct jm_arena mem = arena(256);
    uint8_t *kept = jm_alloc(&mem, 16, 1), *p;
    size_t mark = jm_arena_mark(&mem);

    p = jm_alloc(&mem, 32, 1);
    if (!CHECK(kept != NULL && p != NULL))
        return;
    memset(kept, 1, 16);
    memset(p, 0xA5, 32);
    jm_arena_back(&mem, mark);
    CHECK_EQ(jm_arena_mark(&mem), mark);
    CHECK_EQ(kept[15], 1);
    CHECK(jm_buf_begin(&mem).ptr == p);
    CHECK_EQ(p[31], 0);
    jm_arena_back(&mem, mark + 1000); /* not a mark of before: nothing happens */
    CHECK_EQ(jm_arena_mark(&mem), mark);
}

TEST(copies_end_with_a_nul_that_is_not_counted)
{
    struct jm_arena mem = arena(256);
    struct jm_bytes out = JM_BYTES("x"), parts[] = {JM_BYTES("ab"), jm_none(), JM_BYTES("c")};

    CHECK_OK(jm_dup(&out, &mem, exact(JM_BYTES("abc"))));
    CHECK_STR(out, "abc");
    CHECK_EQ(out.ptr[3], 0);
    CHECK_OK(jm_concat(&out, &mem, parts, 3));
    CHECK_STR(out, "abc");
    CHECK_OK(jm_concat(&out, &mem, NULL, 0));
    CHECK_EQ(out.len, 0);
    CHECK(out.ptr != NULL);
}

TEST(copies_that_do_not_fit_clear_their_result)
{
    struct jm_arena mem = arena(64);
    struct jm_bytes out = JM_BYTES("x"), parts[] = {jm_bytes("a", SIZE_MAX), JM_BYTES("b")};

    CHECK_ST(jm_dup(&out, &mem, jm_bytes("a", 65)), JM_E_NO_SPACE);
    CHECK(out.ptr == NULL && out.len == 0);
    out = JM_BYTES("x");
    CHECK_ST(jm_concat(&out, &mem, parts, 2), JM_E_NO_SPACE);
    CHECK(out.ptr == NULL && out.len == 0);
    CHECK_ST(jm_concat(&out, &mem, parts, 1), JM_E_NO_SPACE);
    CHECK_EQ(mem.used, 0);
}

TEST(the_rest_as_a_buffer)
{
    struct jm_arena mem = arena(256);
    struct jm_buf b = jm_buf_begin(&mem);
    struct jm_bytes kept;
    uint8_t *next;

    CHECK(b.cap >= 240 && b.cap <= 256);
    CHECK_OK(jm_buf_put(&b, JM_BYTES("hello")));
    kept = jm_buf_keep(&mem, b);
    CHECK_STR(kept, "hello");
    next = jm_alloc(&mem, 1, 1);
    CHECK(next != NULL && next >= kept.ptr + 5);
    CHECK_STR(kept, "hello");
    b = jm_buf_begin(&mem);
    while (jm_buf_put(&b, JM_BYTES("x")) == JM_OK)
        ;
    CHECK_EQ(b.len, b.cap);
    CHECK_EQ(jm_buf_keep(&mem, b).len, b.cap);
    CHECK(jm_alloc(&mem, 1, 1) == NULL);
}
