/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/schema.h"

const struct jm_rule *jm_schema_rule(const struct jm_schema *s, const struct jm_bytes *path,
                                     size_t n)
{
    for (size_t i = 0; s != NULL && i < s->n; i++) {
        size_t k = 0;

        if (s->rule[i].n_path != n)
            continue;
        /* from the end: that is where they differ */
        while (k < n && jm_bytes_eq(s->rule[i].path[n - 1 - k], path[n - 1 - k]))
            k++;
        if (k == n)
            return &s->rule[i];
    }
    return NULL;
}

bool jm_schema_protects(const struct jm_schema *s, const struct jm_bytes *path, size_t n)
{
    for (size_t i = 0; s != NULL && i < s->n; i++) {
        const struct jm_rule *r = &s->rule[i];
        size_t k = 0;

        if ((r->flags & JM_RULE_PROTECTED) == 0)
            continue;
        while (k < n && k < r->n_path && (path[k].ptr == NULL || jm_bytes_eq(path[k], r->path[k])))
            k++;
        if (k == n || k == r->n_path)
            return true;
    }
    return false;
}
