/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/trust.h"

enum jm_status jm_trust_list_signers(struct jm_anchors *out, const struct jm_trust *t,
                                     struct jm_bytes issuer, int64_t now, struct jm_arena *mem)
{
    static const enum jm_cert_purpose purposes[] = {JM_CERT_STATUS_SIGNER, JM_CERT_IACA,
                                                    JM_CERT_SDJWT_CA};
    struct jm_anchors a[JM_ARRAY_LEN(purposes)];
    struct jm_anchor *all;
    size_t room = 1;

    *out = (struct jm_anchors){.until = INT64_MAX};
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        JM_TRY(jm_trust_anchors(&a[i], t, purposes[i], issuer, jm_none(), now, mem));
        room += a[i].n;
        out->until = a[i].until < out->until ? a[i].until : out->until;
    }
    if ((all = JM_NEW_N(mem, struct jm_anchor, room)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++)
        for (size_t j = 0; j < a[i].n; j++) {
            all[out->n] = a[i].anchor[j];
            /* registered itself: no path is built */
            all[out->n++].pinned = !jm_chain_is_ca(a[i].anchor[j].cert);
        }
    out->anchor = all;
    return JM_OK;
}
