/* SPDX-License-Identifier: Apache-2.0 */
/* What events are called, and what of a person each is about. */
#include "service/events/parts.h"

static const struct {
    const char *name, *part;
} kinds[] = {
    [JM_LIFE_MOVE] = {"move", "address"},
    [JM_LIFE_NAME] = {"name", "name"},
    [JM_LIFE_RRN] = {"rrn", "rrn"},
    [JM_LIFE_RECORD] = {"record", "record"},
    [JM_LIFE_DEATH] = {"death", "status"},
    [JM_LIFE_EMIGRATION] = {"emigration", "status"},
    [JM_LIFE_CANCELLED] = {"cancelled", "status"},
    [JM_LIFE_UNKNOWN_RESIDENCE] = {"unknown-residence", "status"},
    [JM_LIFE_PLASTIC_LOST] = {"plastic-lost", "plastic"},
    [JM_LIFE_PLASTIC_FOUND] = {"plastic-found", "plastic"},
    [JM_LIFE_PLASTIC_REPLACED] = {"plastic-replaced", "plastic"},
    [JM_LIFE_PLASTIC_ISSUED] = {"plastic-issued", "plastic"},
    [JM_LIFE_PLASTIC_CONFISCATED] = {"plastic-confiscated", "plastic"},
    [JM_LIFE_PLASTIC_COLLECTED] = {"plastic-collected", "plastic"},
    [JM_LIFE_RELIEF] = {"relief", "relief"},
    [JM_LIFE_TURNS_17] = {"turns-17", "age"},
};

enum jm_life_kind jm_life_kind_of(struct jm_bytes name)
{
    for (size_t i = 1; i < JM_ARRAY_LEN(kinds); i++)
        if (jm_bytes_eq_str(name, kinds[i].name))
            return (enum jm_life_kind)i;
    return (enum jm_life_kind)0;
}

const char *jm_life_kind_name(enum jm_life_kind kind)
{
    return (unsigned)kind < JM_ARRAY_LEN(kinds) && kinds[kind].name != NULL ? kinds[kind].name : "";
}

const char *jm_life_outcome_name(enum jm_life_outcome o)
{
    static const char *const name[] = {"", "applied", "unchanged", "late", "replayed"};

    return (unsigned)o < JM_ARRAY_LEN(name) ? name[o] : "";
}

const char *jm_life_part(enum jm_life_kind kind)
{
    return kinds[kind].part;
}
