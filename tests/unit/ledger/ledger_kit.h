/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of the ledger: JSON files whose members are texts, base64 and hexadecimal digits. */
#ifndef JM_TEST_LEDGER_KIT_H
#define JM_TEST_LEDGER_KIT_H

#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/jose.h"
#include "jumin/json.h"
#include "jumin/merkle.h"

#define CRYPTO (&jm_crypto_openssl)

JM_UNUSED static const struct jm_json *vector_json(const char *name, struct jm_arena *mem)
{
    const struct jm_json *j = NULL;

    CHECK_OK(jm_json_parse(&j, vector(name), mem, NULL));
    return j;
}

JM_UNUSED static const struct jm_json *child_of(const struct jm_json *j)
{
    return j == NULL ? NULL : j->child;
}

/* The null view where there is none. */
JM_UNUSED static struct jm_bytes text_of(const struct jm_json *j, const char *name)
{
    const struct jm_json *v = jm_json_get(j, name);

    return v == NULL || v->type != JM_JSON_STRING ? jm_none() : v->text;
}

JM_UNUSED static uint64_t uint_of(const struct jm_json *j, const char *name)
{
    const struct jm_json *v = jm_json_get(j, name);
    uint64_t u = 0;

    CHECK(v != NULL && jm_parse_u64(&u, v->text) == JM_OK);
    return u;
}

JM_UNUSED static struct jm_bytes unb64(struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes b = jm_none();

    CHECK_OK(jm_b64_decode(&b, mem, text));
    return b;
}

JM_UNUSED static struct jm_hash32 hash_of(struct jm_bytes octets)
{
    struct jm_hash32 h = {{0}};

    if (CHECK_EQ(octets.len, sizeof h))
        memcpy(h.octets, octets.ptr, sizeof h);
    return h;
}

static struct jm_diag kit_diag;

/* The signatures under a bundle whose every octet is changed are verified once. */
JM_UNUSED static enum jm_status kit_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                           struct jm_bytes data, struct jm_bytes sig)
{
    static struct jm_memo memo;
    uint8_t name[32];
    enum jm_status st;

    CHECK_OK(jm_memo_name(name, CRYPTO, key, data, sig));
    if (jm_memo_has(&memo, name))
        return JM_OK;
    st = jm_openssl_verify(ctx, alg, key, data, sig);
    if (st == JM_OK)
        jm_memo_keep(&memo, name);
    return st;
}

static const struct jm_answers kit_answers = {.verify = kit_verify};

/* A port that hashes so often and no more. */
static unsigned kit_hashes;
JM_UNUSED static enum jm_status kit_scarce_hash(enum jm_hash h, const struct jm_bytes *parts,
                                                size_t n, uint8_t *out)
{
    if (kit_hashes == 0)
        return JM_E_UNAVAILABLE;
    kit_hashes--;
    return CRYPTO->hash(h, parts, n, out);
}
JM_UNUSED static const struct jm_crypto kit_scarce = {.hash = kit_scarce_hash};

/* At the moment of the vectors; the reason goes into kit_diag, which is empty again. */
#define KIT_LEDGER_NOW 1900001140
JM_UNUSED static struct jm_reading ledger_reading(struct jm_arena *mem)
{
    CHECK_OK(jm_openssl_init());
    memset(&kit_diag, 0, sizeof kit_diag);
    return (struct jm_reading){.now = KIT_LEDGER_NOW,
                               .answers = &kit_answers,
                               .crypto = CRYPTO,
                               .mem = mem,
                               .diag = &kit_diag};
}

/* For what check_refuses_changes() calls: it finds the changed octets as the last that were taken.
 */
JM_UNUSED static struct jm_arena still_arena(void)
{
    static uint8_t own[64 * 1024];
    struct jm_arena mem;

    jm_arena_init(&mem, own, sizeof own);
    return mem;
}

/* The leaf that is the number itself, big-endian. */
JM_UNUSED static struct jm_hash32 leaf_of(uint64_t i)
{
    uint8_t octets[8];
    struct jm_bytes b = jm_bytes(octets, sizeof octets);
    struct jm_hash32 h;

    jm_put_u64_be(octets, i);
    CHECK_OK(jm_merkle_leaf(&h, CRYPTO, &b, 1));
    return h;
}

#endif
