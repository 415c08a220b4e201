/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that knows scalars of a holder's keys: where they lie, and where not any more. */
#include "unit/test.h"

#include "cmd/wallet/platform.h"
#include "host/openssl/openssl.h"

static struct jm_home home;
static struct jm_arena mem;
static struct jm_platform p;
static struct jm_secret32 scalar[2];
static uint8_t plain[2][32]; /* as an opened container holds them */

static enum jm_status begin(size_t len)
{
    struct jm_wallet_key key[2];
    const struct jm_wallet_keys keys = {key, 2};

    CHECK_OK(jm_openssl_init());
    mem = arena(8 * JM_MIB);
    for (size_t i = 0; i < 2; i++) {
        struct jm_key *k;

        CHECK_OK(jm_key_generate(&k));
        CHECK_OK(jm_key_scalar(&scalar[i], k));
        jm_key_free(&k);
        memcpy(plain[i], scalar[i].octets, 32);
        key[i] = (struct jm_wallet_key){jm_wallet_handle(i + 1), jm_bytes(plain[i], 32)};
    }
    key[1].kept.len = len;
    return jm_platform_init(&p, &home, &keys, &mem);
}

static bool lies_in_table(const struct jm_secret32 *s)
{
    const uint8_t *table = (const uint8_t *)(const void *)p.key;

    for (size_t i = 0; i + 32 <= p.cap * sizeof *p.key; i++)
        if (memcmp(table + i, s->octets, 32) == 0)
            return true;
    return false;
}

static enum jm_status sign(uint64_t n, struct jm_sig *sig)
{
    const struct jm_handle h = jm_wallet_handle(n);
    const struct jm_driver d = jm_platform_driver(&p);

    return d.by.sign(d.by.ctx, JM_ALG_ES256, jm_handle_bytes(&h), JM_BYTES("x"), sig);
}

TEST(keys_are_taken_over)
{
    static const uint8_t zero[32];
    struct jm_wallet_keys back;
    struct jm_point point;
    struct jm_sig sig;

    CHECK_OK(begin(32));
    for (size_t i = 0; i < 2; i++) {
        CHECK(memcmp(plain[i], zero, 32) == 0); /* not there any more */
        CHECK(lies_in_table(&scalar[i]));
        const struct jm_handle h = jm_wallet_handle(i + 1);
        CHECK_OK(jm_platform_point(&point, &p, &h));
        CHECK_OK(sign(i + 1, &sig));
        CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&point), JM_BYTES("x"),
                                   jm_sig_bytes(&sig)));
    }
    CHECK_OK(jm_platform_keys(&back, &p, &mem));
    CHECK_EQ(back.n, 2);
    CHECK_SAME(back.key[1].kept, jm_bytes(scalar[1].octets, 32));
    jm_platform_end(&p);
    CHECK(!lies_in_table(&scalar[0]) && !lies_in_table(&scalar[1]));
    CHECK_ST(sign(1, &sig), JM_E_ABSENT);
}

TEST(what_is_no_scalar)
{
    CHECK_ST(begin(31), JM_E_MALFORMED);
    jm_platform_end(&p);
    CHECK_ST(begin(0), JM_E_MALFORMED);
    jm_platform_end(&p);
}

TEST(keys_are_forgotten)
{
    const struct jm_handle gone[3] = {jm_wallet_handle(1), jm_wallet_handle(9),
                                      jm_wallet_handle(1)};
    struct jm_sig sig;

    CHECK_OK(begin(32));
    const struct jm_driver d = jm_platform_driver(&p);
    CHECK_OK(d.by.forget(d.by.ctx, jm_bytes(gone[0].octets, sizeof gone)));
    CHECK(!lies_in_table(&scalar[0]) && lies_in_table(&scalar[1]));
    CHECK_ST(sign(1, &sig), JM_E_ABSENT);
    CHECK_OK(sign(2, &sig));
    CHECK_EQ(p.n, 1);
    const struct jm_handle last = jm_wallet_handle(2);
    CHECK_OK(d.by.forget(d.by.ctx, jm_handle_bytes(&last)));
    CHECK(!lies_in_table(&scalar[1])); /* nor where it stood before it moved */
    CHECK_ST(sign(2, &sig), JM_E_ABSENT);
    jm_platform_end(&p);
}

/* A handle is given once; there are only so many fresh keys. */
TEST(fresh_keys)
{
    struct jm_handle h, first;
    struct jm_point point;
    struct jm_sig sig;

    CHECK_OK(begin(32));
    const struct jm_driver d = jm_platform_driver(&p);
    CHECK_OK(d.by.new_key(d.by.ctx, &first, &point));
    h = jm_wallet_handle(3);
    CHECK_SAME(jm_handle_bytes(&first), jm_handle_bytes(&h));
    CHECK_OK(sign(3, &sig));
    CHECK_OK(d.by.forget(d.by.ctx, jm_handle_bytes(&first)));
    CHECK_OK(d.by.new_key(d.by.ctx, &h, &point));
    CHECK(memcmp(&h, &first, sizeof h) != 0);
    for (size_t i = p.n; i < 2 + JM_PLATFORM_NEW_MAX; i++)
        CHECK_OK(d.by.new_key(d.by.ctx, &h, &point));
    CHECK_ST(d.by.new_key(d.by.ctx, &h, &point), JM_E_LIMIT);
    CHECK_ST(sign(0, &sig), JM_E_ABSENT);
    CHECK_ST(d.by.agree(d.by.ctx, JM_BYTES("short"), jm_point_bytes(&point), sig.octets),
             JM_E_ABSENT);
    /* nobody asks the holder, nobody keeps anything: said, not pretended */
    CHECK_ST(d.by.keep(d.by.ctx, NULL), JM_E_UNAVAILABLE);
    struct jm_bytes typed;
    CHECK_ST(d.by.holder(d.by.ctx, NULL, &typed, &mem), JM_E_UNAVAILABLE);
    jm_platform_end(&p);
}
