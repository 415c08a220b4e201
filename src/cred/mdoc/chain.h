/* SPDX-License-Identifier: Apache-2.0 */
/* The signer's certificate: path, times, profile. Private to src/cred/mdoc. */
#ifndef JM_MDOC_CHAIN_H
#define JM_MDOC_CHAIN_H

#include "cred/mdoc/document.h"

/* Looks for who may have issued d->dsc. Says why where nobody did. */
enum jm_status jm_mdoc_find_anchor(struct jm_mdoc_document *d, const struct jm_anchors *anchors);
/* Everything about d->dsc and its anchor but signatures and revocation. */
void jm_mdoc_check_dsc(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx);
/* A CRL as found: may it be asked to verify? */
bool jm_mdoc_crl_ok(struct jm_mdoc_document *d, struct jm_bytes octets, int64_t now);

#endif
