/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_vp_request_read, jm_dcql_parse
 *
 * Signatures count as good here, so that the claims are reached; certificates are judged as they
 * are. What is read has a nonce, an address that a wallet may answer to, and a query with at least
 * one credential.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/form.h"
#include "jumin/oid4vp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_vp_expect any = {.strangers = false};
    struct jm_vp_request r;
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_vp_request_read(&r, jm_bytes(data, size), &any, FUZZ_READING("")) == JM_OK) {
        MUST(r.nonce.len > 0 && r.dcql.n > 0 && r.enc.point.octets[0] == 4);
        MUST(jm_url_allowed(r.response_uri, false));
    }
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
