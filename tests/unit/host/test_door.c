/* SPDX-License-Identifier: Apache-2.0 */
/* Who is shown out when, and who never is. Sockets are pairs: shown out is what the other end reads
 * as the end. */
#include "unit/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "host/http/parts.h"

#define SEATS 24

static const struct jm_door_times times = {.first_ms = 5000,
                                           .head_ms = 10000,
                                           .body_ms = 10000,
                                           .answer_ms = 60000,
                                           .idle_ms = 15000,
                                           .octets_per_s = 1000};
static struct jm_door *door;
static struct jm_seat *seat[SEATS];
static int near_end[SEATS], far_end[SEATS];
static size_t n;

static void begin(size_t per_address, size_t in_all)
{
    door = jm_door_new(&times, per_address, in_all);
    n = 0;
}

static size_t enter_as(const char *key, bool proxy, uint64_t now)
{
    int pair[2] = {-1, -1};

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    near_end[n] = pair[0];
    far_end[n] = pair[1];
    seat[n] = jm_door_enter(door, near_end[n], jm_str(key), proxy, now);
    CHECK(seat[n] != NULL);
    return n++;
}

static size_t enter(const char *key, uint64_t now)
{
    return enter_as(key, false, now);
}

static bool out(size_t i)
{
    char octet;

    return recv(far_end[i], &octet, 1, MSG_DONTWAIT) == 0;
}

static void end(void)
{
    for (size_t i = 0; i < n; i++) {
        jm_door_leave(door, seat[i]);
        close(near_end[i]);
        close(far_end[i]);
    }
    jm_door_free(&door);
    CHECK(door == NULL);
}

TEST(each_part_of_a_request_has_its_time)
{
    begin(100, 100);
    size_t silent = enter("a", 0), headless = enter("a", 0), bodiless = enter("a", 0),
           slow = enter("a", 0), asked = enter("a", 0);
    for (size_t i = headless; i <= asked; i++)
        jm_door_head(door, seat[i], 4000);
    for (size_t i = bodiless; i <= asked; i++)
        jm_door_body(door, seat[i], JM_BYTES("a"), false, i == slow ? 7000 : 0, 5000);
    jm_door_works(door, seat[asked], 5000);
    CHECK_EQ(jm_door_sweep(door, 4999), 0);
    CHECK_EQ(jm_door_sweep(door, 5000), 1);
    CHECK(out(silent));
    CHECK_EQ(jm_door_sweep(door, 13999), 0);
    CHECK_EQ(jm_door_sweep(door, 14000), 1);
    CHECK(out(headless));
    CHECK_EQ(jm_door_sweep(door, 14999), 0);
    CHECK_EQ(jm_door_sweep(door, 15000), 1);
    CHECK(out(bodiless));
    CHECK_EQ(jm_door_sweep(door, 21999), 0);
    /* ten seconds, and one for each thousand octets announced */
    CHECK_EQ(jm_door_sweep(door, 22000), 1);
    CHECK(out(slow));
    CHECK_EQ(jm_door_sweep(door, 1000000), 0); /* the work is ours, not the client's */
    jm_door_answer(door, seat[asked], 1000000);
    CHECK_EQ(jm_door_sweep(door, 1059999), 0);
    jm_door_again(door, seat[asked], 1059999);
    CHECK_EQ(jm_door_sweep(door, 1074998), 0);
    CHECK_EQ(jm_door_sweep(door, 1074999), 1);
    CHECK(out(asked));
    size_t deaf = enter("b", 2000000);
    jm_door_head(door, seat[deaf], 2000000);
    jm_door_body(door, seat[deaf], JM_BYTES("b"), false, 0, 2000000);
    jm_door_answer(door, seat[deaf], 2000000);
    CHECK_EQ(jm_door_sweep(door, 2059999), 0);
    CHECK_EQ(jm_door_sweep(door, 2060000), 1);
    end();
}

TEST(an_address_makes_room_for_itself)
{
    begin(3, 100);
    for (uint64_t i = 0; i < 3; i++)
        (void)enter("a", i);
    size_t other = enter("b", 0);
    CHECK(!out(0)); /* at the bound */
    size_t fourth = enter("a", 3);
    CHECK(out(0) && !out(1) && !out(fourth) && !out(other));
    /* a body that comes stays before one who says nothing */
    jm_door_body(door, seat[1], JM_BYTES("a"), false, 0, 4);
    (void)enter("a", 5);
    CHECK(out(2) && !out(1));
    end();
}

TEST(who_is_answered_or_reports_a_loss_stays)
{
    begin(3, 100);
    size_t loss = enter("a", 0), work = enter("a", 1), body = enter("a", 2);
    jm_door_body(door, seat[loss], JM_BYTES("a"), true, 0, 3);
    jm_door_body(door, seat[work], JM_BYTES("a"), false, 0, 3);
    jm_door_works(door, seat[work], 4);
    jm_door_body(door, seat[body], JM_BYTES("a"), false, 0, 3);
    size_t fresh = enter("a", 5);
    CHECK(!out(loss) && !out(work) && out(body) && !out(fresh));
    jm_door_works(door, seat[fresh], 6);
    size_t late = enter("a", 7); /* nobody there to be shown out: the newcomer */
    CHECK(out(late) && !out(loss) && !out(work) && !out(fresh));
    end();
}

TEST(a_full_house_makes_room)
{
    begin(100, 4);
    size_t first = enter("a", 0), second = enter("b", 1);
    (void)enter("c", 2);
    (void)enter("d", 3);
    jm_door_works(door, seat[first], 4);
    size_t fifth = enter("e", 5);
    CHECK(!out(first) && out(second) && !out(fifth));
    for (uint64_t i = 0; i < 10; i++)
        CHECK(!out(enter("f", 6 + i))); /* whoever comes is let in */
    CHECK(!out(first));
    end();
}

TEST(a_proxy_speaks_for_many_and_each_of_them_has_the_limit)
{
    begin(2, 100);
    for (uint64_t i = 0; i < 8; i++)
        CHECK(!out(enter_as("p", true, i)));
    jm_door_body(door, seat[0], JM_BYTES("x"), false, 0, 10);
    jm_door_body(door, seat[1], JM_BYTES("x"), false, 0, 11);
    jm_door_body(door, seat[2], JM_BYTES("y"), false, 0, 12);
    CHECK(!out(0) && !out(1) && !out(2));
    jm_door_body(door, seat[3], JM_BYTES("x"), false, 0, 13);
    CHECK(out(0) && !out(1) && !out(2) && !out(3));
    jm_door_again(door, seat[1], 14); /* answered: the proxy's own again */
    jm_door_body(door, seat[4], JM_BYTES("x"), false, 0, 15);
    CHECK(!out(3) && !out(1) && !out(4));
    end();
}
