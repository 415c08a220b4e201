/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/x509.h"

bool jm_chain_is_ca(const struct jm_cert *c)
{
    return c->has_bc && c->is_ca && (!c->has_ku || (c->ku & JM_KU_KEY_CERT_SIGN) != 0);
}

static bool may_have_issued(const struct jm_cert *ca, const struct jm_cert *leaf)
{
    if (!jm_chain_is_ca(ca) || !jm_bytes_eq(ca->subject.der, leaf->issuer.der))
        return false;
    return !leaf->has_aki || leaf->aki.len == 0 || !ca->has_ski || jm_bytes_eq(leaf->aki, ca->ski);
}

const struct jm_anchor *jm_chain_next(const struct jm_anchors *anchors, const struct jm_cert *leaf,
                                      const struct jm_anchor *after)
{
    size_t i = after == NULL ? 0 : (size_t)(after - anchors->anchor) + 1;

    for (; i < anchors->n; i++)
        if (!anchors->anchor[i].pinned && may_have_issued(anchors->anchor[i].cert, leaf))
            return &anchors->anchor[i];
    return NULL;
}

const struct jm_anchor *jm_chain_pinned(const struct jm_anchors *anchors, const struct jm_cert *leaf)
{
    for (size_t i = 0; i < anchors->n; i++)
        if (anchors->anchor[i].pinned && jm_bytes_eq(anchors->anchor[i].cert->der, leaf->der))
            return &anchors->anchor[i];
    return NULL;
}

const char *jm_crl_fault(const struct jm_crl *crl, const struct jm_cert *ca, int64_t now)
{
    if (!jm_bytes_eq(crl->issuer, ca->subject.der) || (crl->aki.len != 0 && ca->has_ski && !jm_bytes_eq(crl->aki, ca->ski)))
        return "the revocation list is another CA's";
    return now < crl->this_update || now > crl->next_update ? "the revocation list is not current" : NULL;
}
