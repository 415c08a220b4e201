/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_trust_open, jm_dcbor_check, jm_trust_* (readers of records)
 *
 * A set that opens is deterministic CBOR with its keys ascending; every record of it is read
 * without a step outside, and each is found by its own key, or refused without a body.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/trust.h"

static void read_all(const struct jm_trust *t, struct jm_arena *mem)
{
    struct jm_issuer_record issuer;
    struct jm_wallet_record wallet;
    struct jm_list_record list;
    struct jm_rp_record rp;
    struct jm_use_record use;
    struct jm_crl_record crl;
    struct jm_anchors anchors;
    struct jm_bytes id;

    for (enum jm_cert_purpose p = JM_CERT_IACA; p <= JM_CERT_METADATA_CA; p++)
        if (jm_trust_anchors(&anchors, t, p, jm_none(), jm_none(), KIT_NOW, mem) == JM_OK)
            MUST(anchors.n <= t->n);
    (void)!jm_trust_issuer(&issuer, t, JM_BYTES("kr-x"));
    (void)!jm_trust_issuer_by_uri(&issuer, t, JM_BYTES("https://i.example"));
    (void)!jm_trust_wallet(&wallet, t, JM_BYTES("w"));
    (void)!jm_trust_any_wallet(&wallet, t);
    (void)!jm_trust_list(&list, t, JM_BYTES("https://s.example/l/0"));
    (void)!jm_trust_rp(&rp, t, JM_BYTES("bank"));
    (void)!jm_trust_use(&use, t, JM_BYTES("bank"), JM_BYTES("open"));
    (void)!jm_trust_rp_by_cert(&id, t, &jm_crypto_openssl, fuzz_kit.dsc_der);
    (void)!jm_trust_crl(&crl, t, &jm_crypto_openssl, fuzz_kit.iaca_der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_bytes body;
    enum jm_record_state state;
    struct jm_trust t;
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_trust_open(&t, in, &fuzz_kit.mem) == JM_OK) {
        MUST(jm_dcbor_check(in) == JM_OK && t.n_set <= t.n);
        for (size_t i = 0; i < t.n_set; i++) {
            enum jm_status st = jm_trust_find(&body, &state, &t, t.entry[i].key);

            MUST(st != JM_E_ABSENT && (st == JM_OK) == (body.ptr != NULL) &&
                 state >= JM_RECORD_ACTIVE && state <= JM_RECORD_ENDED);
        }
        read_all(&t, &fuzz_kit.mem);
    }
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
