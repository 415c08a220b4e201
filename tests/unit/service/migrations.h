/* SPDX-License-Identifier: Apache-2.0 */
/* The migrations of a role, as they stand in the source. */
#ifndef JUMIN_TESTS_UNIT_SERVICE_MIGRATIONS_H
#define JUMIN_TESTS_UNIT_SERVICE_MIGRATIONS_H

#include "support/read.h"

#include <stdio.h>
#include <unistd.h>

#include "host/store/store.h"

#define MIGRATIONS_MAX 32

struct migrations { /* static: the store looks into them */
    struct jm_migration row[MIGRATIONS_MAX];
    char sql[MIGRATIONS_MAX][32768], name[MIGRATIONS_MAX][24];
};

JM_UNUSED static void all_migrations(struct jm_store_config *c, struct migrations *m,
                                     const char *role)
{
    c->migrations = m->row;
    for (c->n_migrations = 0; c->n_migrations < MIGRATIONS_MAX; c->n_migrations++) {
        size_t i = c->n_migrations;
        char path[64];

        snprintf(m->name[i], sizeof m->name[i], "%s-%03u.sql", role, (unsigned)i + 1);
        snprintf(path, sizeof path, "src/service/migrations/%s", m->name[i]);
        if (access(path, R_OK) != 0)
            return;
        struct jm_bytes text = read_file(path);
        snprintf(m->sql[i], sizeof m->sql[i], "%.*s", (int)text.len, (const char *)text.ptr);
        m->row[i] = (struct jm_migration){m->name[i], m->sql[i]};
    }
}

#endif
