/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/x509.h"

bool jm_chain_is_ca(const struct jm_cert *c)
{
    return c->has_bc && c->is_ca && (!c->has_ku || (c->ku & JM_KU_KEY_CERT_SIGN) != 0);
}

const struct jm_anchor *jm_chain_pinned(const struct jm_anchors *anchors,
                                        const struct jm_cert *leaf)
{
    for (size_t i = 0; i < anchors->n; i++)
        if (anchors->anchor[i].pinned && anchors->anchor[i].cert != NULL &&
            jm_bytes_eq(anchors->anchor[i].cert->der, leaf->der))
            return &anchors->anchor[i];
    return NULL;
}

bool jm_crl_is_of(const struct jm_crl *crl, const struct jm_cert *ca)
{
    return jm_bytes_eq(crl->issuer, ca->subject.der) &&
           (crl->aki.len == 0 || !ca->has_ski || jm_bytes_eq(crl->aki, ca->ski));
}

const char *jm_crl_late(const struct jm_crl *crl, int64_t now, int64_t skew_s)
{
    if (now < crl->this_update - skew_s)
        return "the revocation list begins later than this clock says: look at the clock";
    return now > crl->next_update ? "the revocation list is past its next update" : NULL;
}
