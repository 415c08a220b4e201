/* SPDX-License-Identifier: Apache-2.0 */
/* What a passphrase opens: the file of a wallet, and of a signer's master key. */
#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/box.h"
#include "unit/cred/mdoc_kit.h"

static struct kit K;
static const struct jm_secret32 kek = {{1}}, other = {{2}};
static const uint8_t iv[JM_GCM_IV] = {3};

static struct jm_box fresh(void)
{
    return (struct jm_box){"jumin-toy/1",
                           JM_BYTES("sixteen octets!!"),
                           jm_bytes(iv, sizeof iv),
                           {NULL, 0}};
}

static struct jm_bytes sealed_toy(void)
{
    const struct jm_box box = fresh();
    struct jm_bytes out;

    kit_begin(&K);
    KIT_MUST(jm_box_seal(&out, &box, JM_BYTES("plain"), &kek, &jm_crypto_openssl, &K.mem));
    return out;
}

static enum jm_status open_with(struct jm_bytes *plain, struct jm_bytes octets,
                                const struct jm_secret32 *key)
{
    static uint8_t room[64];
    struct jm_buf out = jm_buf(room, sizeof room);
    enum jm_status st;
    struct jm_box box;

    JM_TRY(jm_box_read(&box, "jumin-toy/1", octets));
    st = jm_box_open(&out, &box, key, &jm_crypto_openssl);
    *plain = jm_written(out);
    return st;
}

static bool is_opened(struct jm_bytes octets)
{
    struct jm_bytes plain;

    return open_with(&plain, octets, &kek) == JM_OK;
}

TEST(opens_with_its_key_alone)
{
    struct jm_bytes octets = sealed_toy(), plain;
    struct jm_box box;

    CHECK_OK(jm_box_read(&box, "jumin-toy/1", octets));
    CHECK_STR(box.salt, "sixteen octets!!");
    CHECK_OK(open_with(&plain, octets, &kek));
    CHECK_STR(plain, "plain");
    CHECK_ST(open_with(&plain, octets, &other), JM_E_SIGNATURE);
    CHECK_EQ(plain.len, 0);
    kit_end(&K);
}

TEST(is_a_box_or_not)
{
    size_t salt[JM_BOX_SALT];
    struct jm_bytes octets = sealed_toy(), plain;
    struct jm_box box;

    CHECK_ST(jm_box_read(&box, "jumin-toy/2", octets), JM_E_MALFORMED);
    CHECK_ST(open_with(&plain,
                       kit_splice(&K, octets, JM_BYTES("\x50sixteen octets!!"),
                                  JM_BYTES("\x4fsixteen octets!")),
                       &kek),
             JM_E_MALFORMED);
    CHECK_ST(open_with(&plain,
                       kit_splice(&K, octets, JM_BYTES("\x84\x6b"), JM_BYTES("\x85\x00\x6b")),
                       &kek),
             JM_E_MALFORMED);
    /* another salt makes another key: here that is given */
    for (size_t i = 0; i < JM_BOX_SALT; i++)
        salt[i] = 14 + i;
    check_refuses_changes(octets, is_opened, salt, JM_BOX_SALT);
    kit_end(&K);
}

TEST(label_salt_and_iv_have_their_lengths)
{
    struct jm_bytes out = sealed_toy();
    struct jm_box long_label = fresh(), short_salt = fresh(), no_iv = fresh();

    long_label.label = "a label of more than thirty-two octets";
    short_salt.salt = JM_BYTES("fifteen octets!");
    no_iv.iv = jm_none();
    CHECK_ST(jm_box_seal(&out, &long_label, JM_BYTES(""), &kek, &jm_crypto_openssl, &K.mem),
             JM_E_MALFORMED);
    CHECK_EQ(out.len, 0);
    CHECK_ST(jm_box_seal(&out, &short_salt, JM_BYTES(""), &kek, &jm_crypto_openssl, &K.mem),
             JM_E_MALFORMED);
    CHECK(jm_box_seal(&out, &no_iv, JM_BYTES(""), &kek, &jm_crypto_openssl, &K.mem) != JM_OK);
    kit_end(&K);
}
