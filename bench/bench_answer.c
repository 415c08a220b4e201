/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verifier's whole work for one answer per second on one core: form, JWE, mdoc or SD-JWT with its chain, status list from
 * memory, report, two durable transactions of SQLite. Beside it: the same commits alone, and the public-key operations alone.
 */
#include <stdio.h>

#include "../bench/rate.h"
#include "unit/service/country.h"

#define ANSWERS 40
#define REPEATS 10

static enum jm_status nothing_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_verification_store_sweep(tx, JM_BYTES("{}"));
}

static void commit(void *ctx)
{
    (void)ctx;
    KIT_MUST(jm_tx_run(&C->v.base.env, nothing_tx, NULL));
}

/* Requests and answers are made outside the time that counts; the country's memory holds some forty. */
static double answers(const char *service, const char *query)
{
    static const struct lie truth = {.aes128 = false};
    double spent = 0;

    for (int r = 0; r < REPEATS; r++) {
        struct jm_bytes id[ANSWERS], body[ANSWERS];

        country_begin();
        for (size_t i = 0; i < ANSWERS; i++) {
            struct asked a = ask(service);

            id[i] = a.id;
            body[i] = body_of(&a, query, &truth);
        }
        double from = now();
        for (size_t i = 0; i < ANSWERS; i++)
            if (post(id[i], body[i], NULL) != JM_CODE_NONE)
                kit_die("not accepted", 0);
        spent += now() - from;
        country_end();
    }
    return REPEATS * ANSWERS / spent;
}

TEST(rates)
{
    double commits, mdoc, sdjwt;

    country_begin();
    commits = rate(commit, NULL);
    country_end();
    mdoc = answers("patient", "mdoc");
    sdjwt = answers("sdjwt", "sdjwt");
    printf("answer_mdoc             %8.0f /s, status list from memory; durable transactions alone: %.0f /s\n", mdoc, commits);
    printf("answer_sdjwt            %8.0f /s, status list asked for each time\n", sdjwt);
}
