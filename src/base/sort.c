/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/sort.h"

/* Heap sort: the largest stands first; what is behind @p n is done. */
static void sink(uint32_t *index, size_t at, size_t n, jm_compare_fn *compare, const void *list)
{
    uint32_t moved = index[at];

    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && compare(list, index[child], index[child + 1]) < 0)
            child++;
        if (compare(list, moved, index[child]) >= 0)
            break;
        index[at] = index[child];
    }
    index[at] = moved;
}

/* Lists mostly come in order. */
static bool ascends(const uint32_t *index, size_t n, jm_compare_fn *compare, const void *list)
{
    for (size_t i = 1; i < n; i++)
        if (compare(list, index[i - 1], index[i]) > 0)
            return false;
    return true;
}

void jm_sort(uint32_t *index, size_t n, jm_compare_fn *compare, const void *list)
{
    if (ascends(index, n, compare, list))
        return;
    for (size_t i = n / 2; i-- > 0;)
        sink(index, i, n, compare, list);
    for (size_t end = n; end-- > 1;) {
        uint32_t largest = index[0];

        index[0] = index[end];
        index[end] = largest;
        sink(index, 0, end, compare, list);
    }
}

size_t jm_sorted_twin(const uint32_t *index, size_t n, jm_compare_fn *compare, const void *list)
{
    for (size_t i = 1; i < n; i++)
        if (compare(list, index[i - 1], index[i]) == 0)
            return i;
    return n;
}
