/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verifier's whole work for one answer per second on one core: form, JWE, mdoc or SD-JWT with its
 * chain, status list from memory, report, two durable transactions of SQLite. One after another
 * each waits for the disk twice; a server with more connections commits them in groups.
 */
#include <stdio.h>

#include "../bench/rate.h"
#include "unit/service/country.h"

#define ANSWERS 40
#define REPEATS 10

static enum jm_status nothing_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_presentation_rows_sweep(tx, JM_BYTES("{}"), JM_BYTES("{}"));
}

static void commit(void *ctx)
{
    (void)ctx;
    KIT_MUST(jm_tx_run(&C->v.base.env, nothing_tx, NULL));
}

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Requests and answers are made outside the time that counts; the country's memory holds some
 * forty. */
static double answers(const char *service, const char *query, double *by_cpu)
{
    static const struct lie truth = {.aes128 = false};
    double spent = 0, worked = 0;

    for (int r = 0; r < REPEATS; r++) {
        struct jm_bytes id[ANSWERS], body[ANSWERS];

        country_begin();
        for (size_t i = 0; i < ANSWERS; i++) {
            struct asked a = ask(service);

            id[i] = a.id;
            body[i] = body_of(&a, query, &truth);
        }
        double from = now(), work = cpu();
        for (size_t i = 0; i < ANSWERS; i++)
            if (post(id[i], body[i], NULL) != JM_CODE_NONE)
                kit_die("not accepted", 0);
        spent += now() - from;
        worked += cpu() - work;
        country_end();
    }
    *by_cpu = REPEATS * ANSWERS / worked;
    return REPEATS * ANSWERS / spent;
}

TEST(rates)
{
    double commits, mdoc, sdjwt, mdoc_cpu, sdjwt_cpu;

    country_begin();
    commits = rate(commit, NULL);
    country_end();
    mdoc = answers("patient", "mdoc", &mdoc_cpu);
    sdjwt = answers("sdjwt", "sdjwt", &sdjwt_cpu);
    printf("answer_mdoc             %8.0f /s one after another, %.0f /s by processor time; list "
           "from memory\n",
           mdoc, mdoc_cpu);
    printf("answer_sdjwt            %8.0f /s one after another, %.0f /s by processor time; list "
           "asked for each time\n",
           sdjwt, sdjwt_cpu);
    printf("transactions            %8.0f /s that change nothing; each answer writes two durably\n",
           commits);
}
