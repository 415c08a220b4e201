/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/cards.h"

enum jm_status jm_cmd_cards(struct jm_profiles *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *name[JM_PROFILES_MAX];
    struct jm_bytes json;

    out->n = 0;
    if ((out->profile = JM_NEW_N(cmd->mem, struct jm_profile, JM_PROFILES_MAX)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_cmd_data_names(name, &out->n, JM_PROFILES_MAX, cmd, "profiles", d));
    for (size_t i = 0; i < out->n; i++) {
        JM_TRY(jm_cmd_data(&json, cmd, name[i], d));
        JM_TRY(jm_profile_load(&out->profile[i], json, cmd->mem, d));
    }
    return jm_profiles_check(out, d);
}
