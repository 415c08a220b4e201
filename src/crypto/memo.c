/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/memo.h"

#include <string.h>

enum jm_status jm_memo_name(uint8_t name[32], const struct jm_crypto *c, struct jm_bytes key,
                            struct jm_bytes data, struct jm_bytes sig)
{
    /* where one ends and the next begins */
    const uint8_t lengths[2] = {(uint8_t)key.len, (uint8_t)sig.len};
    const struct jm_bytes parts[] = {jm_bytes(lengths, sizeof lengths), key, sig, data};

    memset(name, 0, 32);
    if (key.len > UINT8_MAX || sig.len > UINT8_MAX)
        return JM_E_LIMIT;
    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), name);
}

bool jm_memo_has(const struct jm_memo *m, const uint8_t name[32])
{
    static const uint8_t none[32];
    const uint8_t(*set)[32] = m->held[name[0] % JM_MEMO_SETS];

    for (size_t i = 0; i < JM_MEMO_WAYS && memcmp(name, none, 32) != 0; i++)
        if (memcmp(set[i], name, 32) == 0)
            return true;
    return false;
}

void jm_memo_keep(struct jm_memo *m, const uint8_t name[32])
{
    size_t set = name[0] % JM_MEMO_SETS;

    memcpy(m->held[set][m->next[set]], name, 32);
    m->next[set] = (uint8_t)((m->next[set] + 1) % JM_MEMO_WAYS);
}
