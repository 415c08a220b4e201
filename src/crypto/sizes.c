/* SPDX-License-Identifier: Apache-2.0 */
/* Which algorithm has which sizes: an algorithm more is a line more here, and no other type. */
#include <string.h>

#include "jumin/crypto.h"

size_t jm_sig_len(enum jm_alg alg)
{
    static const uint8_t len[] = {[JM_ALG_ES256] = JM_SIG_LEN};

    return (unsigned)alg < JM_ARRAY_LEN(len) ? len[alg] : 0;
}

enum jm_status jm_sig_set(struct jm_sig *out, enum jm_alg alg, struct jm_bytes octets)
{
    memset(out, 0, sizeof *out);
    if (octets.len == 0 || octets.len != jm_sig_len(alg))
        return JM_E_MALFORMED;
    memcpy(out->octets, octets.ptr, octets.len);
    out->len = (uint8_t)octets.len;
    return JM_OK;
}
