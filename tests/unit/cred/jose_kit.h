/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens from JSON texts as they stand, so that a test may write what no writer of ours would. On
 * top of the mdoc kit. */
#ifndef JM_TEST_JOSE_KIT_H
#define JM_TEST_JOSE_KIT_H

#include <stdarg.h>
#include <stdio.h>

#include "jumin/base64.h"
#include "jumin/jose.h"
#include "unit/cred/mdoc_kit.h"

static struct kit K;
static const struct jm_answers by_openssl = {.verify = jm_openssl_verify};

/* Who reads tokens here: https://as.example at the kit's time, trusting @p ca. */
#define READING_UNDER(ca, d)                                           \
    (&(const struct jm_reading){.now = KIT_NOW,                        \
                                .answers = &by_openssl,                \
                                .crypto = &jm_crypto_openssl,          \
                                .anchors = (ca),                       \
                                .aud = JM_BYTES("https://as.example"), \
                                .mem = &K.mem,                         \
                                .diag = (d)})
#define READING(d) READING_UNDER(&K.anchors, d)

/* "…%s…" with texts of the kit's arena. */
JM_UNUSED JM_PRINTF(1, 2) static const char *text_of(const char *format, ...)
{
    char *out = jm_alloc(&K.mem, 16384, 1);
    va_list ap;

    if (out == NULL)
        kit_die("text_of: the kit's room is full", 0);
    va_start(ap, format);
    vsnprintf(out, 16384, format, ap);
    va_end(ap);
    return out;
}

JM_UNUSED static const char *b64(struct jm_bytes b)
{
    struct jm_bytes t;

    KIT_MUST(jm_b64url_encode(&t, &K.mem, b));
    return text_of("%.*s", (int)t.len, (const char *)t.ptr);
}

/* @p n letters, and @p n times an item with commas between: for what is tried at its bound and one
 * beyond. */
JM_UNUSED static const char *letters(size_t n)
{
    char *t = jm_alloc(&K.mem, n + 1, 1);

    memset(t, 'x', n);
    t[n] = 0;
    return t;
}

JM_UNUSED static const char *listed(const char *item, size_t n)
{
    size_t len = strlen(item);
    char *t = jm_alloc(&K.mem, n * (len + 1) + 1, 1);

    for (size_t i = 0; i < n; i++) {
        memcpy(t + i * (len + 1), item, len);
        t[i * (len + 1) + len] = i + 1 < n ? ',' : 0;
    }
    t[n * (len + 1)] = 0;
    return t;
}

JM_UNUSED static const char *jwk_of(const struct jm_key *key)
{
    struct jm_point p;

    KIT_MUST(jm_key_point(&p, key));
    return text_of("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                   b64(jm_bytes(p.octets + 1, 32)), b64(jm_bytes(p.octets + 33, 32)));
}

JM_UNUSED static struct jm_bytes token_of(const char *header, const char *payload,
                                          const struct jm_key *key)
{
    const char *input = text_of("%s.%s", b64(jm_str(header)), b64(jm_str(payload)));
    struct jm_sig sig;

    KIT_MUST(jm_key_sign(key, jm_str(input), &sig));
    return jm_str(text_of("%s.%s", input, b64(jm_sig_bytes(&sig))));
}

JM_UNUSED static const char *x5c_of(struct jm_bytes der)
{
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &K.mem, der.len * 2));
    KIT_MUST(jm_b64_put(&b, der));
    return text_of("%.*s", (int)b.len, (const char *)b.ptr);
}

JM_UNUSED static const struct jm_json *parsed(struct jm_bytes text)
{
    const struct jm_json *j = NULL;

    CHECK_OK(jm_json_parse(&j, text, &K.mem, NULL));
    return j;
}

JM_UNUSED static struct jm_bytes member(const struct jm_json *j, const char *name)
{
    struct jm_bytes v = {NULL, 0};

    CHECK_OK(jm_json_str(&v, j, name));
    return v;
}

/* A leaf of the kit's CA that may sign tokens. */
JM_UNUSED static struct jm_bytes leaf_of(const struct jm_key *key, const char *cn)
{
    struct jm_cert_spec s = K.dsc_spec;

    s.cn = jm_str(cn);
    s.eku[0] = s.eku[1] = jm_none();
    s.eku_critical = false;
    s.uri = JM_BYTES("https://i.example");
    KIT_MUST(jm_key_point(&s.key, key));
    return kit_cert(&K, &s, K.iaca_key);
}

#endif
