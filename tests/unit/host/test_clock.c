/* SPDX-License-Identifier: Apache-2.0 */
/* D-459: the highest time seen, what signers may add to it, and a clock that fell back. */
#include "unit/test.h"

#include <time.h>

#include "host/clock/clock.h"

static struct jm_clock c;

static void begin(void)
{
    jm_clock_init(&c, 2000000000, jm_clock_unheld(&(struct jm_clock){.offset_s = 0}));
}

TEST(a_clock_never_shows_less_than_it_has_shown)
{
    begin();
    int64_t shown = jm_clock_now(&c);
    CHECK(shown >= 2000000000 && shown < 2000000100);
    CHECK(!jm_clock_behind(&c));
    c.offset_s -= 50; /* the system's clock was set back */
    CHECK(jm_clock_now(&c) >= shown);
    CHECK(!jm_clock_behind(&c));
    c.offset_s -= 60;
    CHECK(jm_clock_now(&c) >= shown);
    CHECK(jm_clock_behind(&c));
    c.offset_s += 110; /* and right again */
    CHECK(!jm_clock_behind(&c));
}

TEST(the_real_time_and_a_chosen_start)
{
    struct timespec t = {0};

    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
    int64_t real = (int64_t)t.tv_sec;
    jm_clock_init(&c, 0, 0);
    CHECK(jm_clock_now(&c) >= real && jm_clock_now(&c) <= real + 5);
    jm_clock_init(&c, 1000, real);
    CHECK(jm_clock_now(&c) >= 1000 && jm_clock_now(&c) <= 1005);
    jm_clock_saw(&c, 1040);
    jm_clock_saw(&c, 1030);
    CHECK(jm_clock_now(&c) == 1040 || jm_clock_unheld(&c) > 1005);
    jm_clock_saw(&c, 5000);
    CHECK(jm_clock_now(&c) < 1100 && jm_clock_behind(&c));
}

TEST(an_earlier_run_counts)
{
    begin();
    jm_clock_saw(&c, 2000000000 + 3600);
    CHECK(jm_clock_behind(&c));
    CHECK(jm_clock_now(&c) < 2000000100); /* not shown: it may be that run's clock that was wrong */
    begin();
    jm_clock_saw(&c, 2000000000 - 3600);
    CHECK(!jm_clock_behind(&c));
    CHECK(jm_clock_now(&c) < 2000000100);
}

TEST(signers_wind_nobody_on)
{
    begin();
    jm_clock_told(&c, jm_clock_unheld(&c) + 3600);
    CHECK(jm_clock_now(&c) < 2000000100);
    jm_clock_told(&c, INT64_MAX);
    CHECK(jm_clock_now(&c) < 2000000100);
    jm_clock_told(&c, jm_clock_unheld(&c) + 62);
    CHECK(!jm_clock_behind(&c) && jm_clock_now(&c) < 2000000050);
    int64_t ahead = jm_clock_unheld(&c) + 58;
    jm_clock_told(&c, ahead);
    CHECK(jm_clock_now(&c) >= ahead);
    CHECK(!jm_clock_behind(&c)); /* a second signer adds nothing: it is our own clock that counts */
    jm_clock_told(&c, ahead + 58);
    CHECK(jm_clock_now(&c) < ahead + 58);
    c.offset_s -= 10; /* seen by a signer, then fallen back */
    CHECK(jm_clock_behind(&c));
    jm_clock_told(&c, 0);
    CHECK(jm_clock_behind(&c));
}
