/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/ledger.h"
#include "jumin/light.h"

#define ENTRY_BLOCK 2

enum jm_status jm_light_anchor(const struct jm_light_trusted *t, const struct jm_crypto *c,
                               const struct jm_checkpoint *cp, struct jm_bytes entry,
                               const struct jm_hash32 *path, size_t n)
{
    struct jm_hash32 leaf, app_hash;
    struct jm_log_entry e;

    if (cp->size == 0)
        return JM_E_MALFORMED;
    JM_TRY(jm_merkle_leaf(&leaf, c, &entry, 1));
    JM_TRY(jm_inclusion_verify(c, cp->size - 1, cp->size, &leaf, path, n, &cp->root));
    JM_TRY(jm_log_entry_read(&e, entry));
    if (e.kind != ENTRY_BLOCK)
        return JM_E_MALFORMED;
    if (t->header.height < 1 || (uint64_t)t->header.height <= e.height)
        return JM_E_RANGE;
    JM_TRY(jm_app_hash(&app_hash, c, cp->size, &cp->root, e.state_size, &e.state_root));
    return jm_bytes_eq(t->header.app_hash, jm_hash32_bytes(&app_hash)) ? JM_OK : JM_E_DENIED;
}
