/* SPDX-License-Identifier: Apache-2.0 */
#include "service/env.h"

#include "jumin/base64.h"

enum jm_status jm_random_text(struct jm_bytes *out, const struct jm_env *env, size_t n,
                              struct jm_arena *mem)
{
    uint8_t r[32];

    *out = jm_none();
    if (n > sizeof r)
        return JM_E_BUG;
    JM_TRY(jm_env_random(env, r, n));
    return jm_b64url_encode(out, mem, jm_bytes(r, n));
}
