/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sort.h  Room: base. Order for lists that a stranger filled: n log n comparisons whatever
 * stands in them, in place.
 */
#ifndef JUMIN_SORT_H
#define JUMIN_SORT_H

#include "jumin/bytes.h"

/** Below 0, 0, above 0 as @p a sorts before, with, behind @p b. @p list as given to jm_sort():
 * indices stand for its things. */
typedef int jm_compare_fn(const void *list, uint32_t a, uint32_t b);

/** Put the @p n indices into the order of @p compare. Not stable. No memory, no recursion. */
void jm_sort(uint32_t *index, size_t n, jm_compare_fn *compare, const void *list);
/** After jm_sort(): the first place in @p index whose thing equals the one before it, or @p n. */
size_t jm_sorted_twin(const uint32_t *index, size_t n, jm_compare_fn *compare, const void *list);

#endif
