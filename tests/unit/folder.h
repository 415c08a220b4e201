/* SPDX-License-Identifier: Apache-2.0 */
/** @file folder.h  Removing a folder that a test made. Include after unit/test.h. */
#ifndef JUMIN_TESTS_UNIT_FOLDER_H
#define JUMIN_TESTS_UNIT_FOLDER_H

#include "host/files/files.h"

/* A folder of the test's own, removed when the program ends. */
static void clear_away(const char *path)
{
    struct jm_arena names = arena(1 << 18);
    struct jm_list list;

    if (jm_dir_list(&list, path, 1024, &names) == JM_OK)
        for (size_t i = 0; i < list.n; i++) {
            char sub[256];

            snprintf(sub, sizeof sub, "%s/%s", path, (const char *)list.items[i].ptr);
            clear_away(sub);
        }
    (void)remove(path);
}

#endif
