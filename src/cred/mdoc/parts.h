/* SPDX-License-Identifier: Apache-2.0 */
/* The result. Private to src/cred/mdoc. */
#ifndef JM_MDOC_PARTS_H
#define JM_MDOC_PARTS_H

#include "cred/mdoc/document.h"

struct jm_mdoc_verified {
    struct jm_report report;
    const struct jm_mdoc_claims **claims;
    size_t n;
};

#endif
