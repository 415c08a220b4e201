/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_webauthn_fido2.made, jm_webauthn_fido2.shown
 *
 * The input is authenticatorData of a new passkey; and, behind its first 37 octets, the signature
 * of a sign-in with it. What is taken has an id within the input and a key that is a point.
 */
#include "fuzz/fuzz.h"

#include "host/openssl/openssl.h"
#include "host/webauthn/webauthn.h"

#define AUTH_LEN 37

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[64 * JM_KIB];
    static const uint8_t hash[32] = {0};
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_point key;
    struct jm_arena mem;
    struct jm_bytes id;

    jm_arena_init(&mem, room, sizeof room);
    if (jm_webauthn_fido2.made(&id, &key, in, &mem) == JM_OK) {
        const struct jm_passkey_shown s = {&key, JM_BYTES("localhost"), jm_bytes(hash, 32),
                                           jm_slice(in, 0, AUTH_LEN), jm_slice(in, AUTH_LEN, 72)};

        MUST(id.len <= size && key.octets[0] == 4);
        MUST(jm_webauthn_fido2.shown(&s) != JM_OK); /* nobody signed */
    } else {
        MUST(id.len == 0);
    }
    jm_arena_reset(&mem);
    return 0;
}
