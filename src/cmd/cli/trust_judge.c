/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/trust_judge.h"

#include "host/openssl/openssl.h"

enum jm_status jm_trust_pin_of(uint8_t pin[32], struct jm_bytes octets, const struct jm_crypto *c)
{
    struct jm_bytes root, bundle;

    return jm_sha256(c, jm_trust_proven_is(&root, &bundle, octets) ? root : octets, pin);
}

/* In the time that the root says, which is the home's own. */
static enum jm_status prove_set(struct jm_trust *out, struct jm_bytes octets, struct jm_bytes root,
                                const uint8_t pin[32], const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify};
    struct jm_trust_root r;
    struct jm_clock clock;

    JM_TRY(jm_trust_root_read(&r, root));
    jm_clock_init(&clock, r.clock_start, r.clock_moment);
    const struct jm_reading reading = {.now = jm_clock_now(&clock),
                                       .answers = &answers,
                                       .crypto = cmd->crypto,
                                       .mem = cmd->mem,
                                       .diag = d};

    return jm_trust_prove(out, octets, pin, NULL, &reading);
}

enum jm_status jm_trust_judge(struct jm_trust *out, struct jm_bytes octets, const uint8_t pin[32],
                              const char *name, const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_bytes root, bundle;
    uint8_t is[32];
    enum jm_status st;

    *out = (struct jm_trust){0};
    JM_TRY(jm_trust_pin_of(is, octets, cmd->crypto));
    if (memcmp(is, pin, sizeof is) != 0)
        return jm_refuse(d, JM_E_DENIED, JM_TRUST_PIN, name);
    if (jm_trust_proven_is(&root, &bundle, octets))
        st = prove_set(out, octets, root, pin, cmd, d);
    else
        st = jm_trust_open(out, octets, cmd->mem);
    if (st == JM_OK || d->code != JM_CODE_NONE)
        return st;
    return jm_refuse(d, JM_E_MALFORMED, JM_TRUST_MALFORMED, name);
}
