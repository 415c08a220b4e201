/* SPDX-License-Identifier: Apache-2.0 */
/* A stored copy, read but not verified. */
#include "cred/mdoc/document.h"

#include <string.h>

enum jm_status jm_mdoc_copy_read(struct jm_mdoc_copy *out, struct jm_bytes issuer_signed,
                                 struct jm_arena *mem)
{
    struct jm_mdoc_document *d = JM_NEW(mem, struct jm_mdoc_document);
    const struct jm_mdoc_mso *m;

    memset(out, 0, sizeof *out);
    if (d == NULL)
        return JM_E_NO_SPACE;
    if (issuer_signed.len > JM_MDOC_RESPONSE_MAX)
        return JM_E_LIMIT;
    if (jm_cbor_check(issuer_signed, NULL, NULL) != JM_OK)
        return JM_E_MALFORMED;
    d->mem = mem;
    d->input = issuer_signed;
    JM_TRY(jm_mdoc_read_issuer_signed(d, issuer_signed));
    if (!d->mso_ok || !d->items_ok || jm_mdoc_failed(d, JM_MDOC_ITEM_FORM) ||
        jm_mdoc_failed(d, JM_MDOC_TYPE))
        return jm_mdoc_failed(d, JM_MDOC_RESPONSE_LIMIT) ? JM_E_LIMIT : JM_E_MALFORMED;
    m = &d->mso;
    out->doctype = m->doctype;
    out->item = d->item;
    out->n = d->n_items;
    out->device_key = m->device_key;
    out->signed_s = m->signed_s;
    out->valid_from_s = m->valid_from_s;
    out->valid_until_s = m->valid_until_s;
    out->has_status = m->status_uri.ptr != NULL;
    out->status_uri = m->status_uri;
    out->status_idx = m->status_idx;
    out->issuer_auth = d->issuer_auth;
    out->digest_alg = m->digest_alg;
    out->mso = d->mso_map;
    out->n_x5chain = d->issuer.n_x5chain;
    memcpy(out->x5chain, d->issuer.x5chain, sizeof out->x5chain);
    return JM_OK;
}
