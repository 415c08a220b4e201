/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crypto.h  Room: crypto. Algorithm ids, key types and the port: pure functions that the core
 * needs at once.
 *
 * Private keys, public-key verification and randomness are not here: the core asks its caller for
 * them (jumin/ask.h). The port is one const table; host/openssl fills it with OpenSSL,
 * jm_crypto_portable in plain C (see there).
 */
#ifndef JUMIN_CRYPTO_H
#define JUMIN_CRYPTO_H

#include "jumin/arena.h"

/* EDDSA: Ed25519, for logs and their cosigners (jumin/note.h); nothing of a credential reads it. */
enum jm_alg { JM_ALG_NONE = 0, JM_ALG_ES256, JM_ALG_HMAC256, JM_ALG_ECDH_ES, JM_ALG_EDDSA };
enum jm_curve { JM_CURVE_NONE = 0, JM_CURVE_P256, JM_CURVE_ED25519 };
enum jm_hash {
    JM_SHA1 = 1,
    JM_SHA256,
    JM_SHA384,
    JM_SHA512
}; /* SHA-1: key identifiers; keys of PACE and chip authentication (jumin/card.h) */

#define JM_HASH_MAX 64
/* What is built: ES256 and P-256. The sizes are those of these two and of nobody's types: rooms
 * beyond this one and host/openssl ask jm_sig_len() and jm_point_set(). */
#define JM_SIG_LEN 64              /* ES256: r ‖ s; Ed25519: R ‖ S */
#define JM_ED25519_KEY_LEN 32      /* a public key: RFC 8032 5.1.5 */
#define JM_POINT_LEN 65            /* SEC1, uncompressed: 04 ‖ x ‖ y */
#define JM_POINT_COMPRESSED_LEN 33 /* SEC1: 02 or 03 ‖ x */
#define JM_SIG_MAX 132             /* ES512 */
#define JM_POINT_MAX 133           /* P-521, uncompressed */
#define JM_GCM_IV 12
#define JM_GCM_TAG 16

/** A signature that was made or read, r ‖ s; all zero: none. What is only verified is a view. */
struct jm_sig {
    uint8_t octets[JM_SIG_MAX];
    uint8_t len;
};

static inline struct jm_bytes jm_sig_bytes(const struct jm_sig *s)
{
    return jm_bytes(s->octets, s->len);
}

/** Octets of a signature by @p alg; 0: it makes none. */
size_t jm_sig_len(enum jm_alg alg);
/** @retval JM_E_MALFORMED not as long as @p alg makes them: @p out is none */
JM_MUST_CHECK enum jm_status jm_sig_set(struct jm_sig *out, enum jm_alg alg,
                                        struct jm_bytes octets);

/**
 * A public key as SEC1 octets: first octet 04; of a COSE key also 02 or 03; of Ed25519 the 32
 * octets of RFC 8032 5.1.5, which have neither x nor y. All zero: none. Whether it lies on the
 * curve the key's user finds out (VERIFY, AGREE).
 */
struct jm_point {
    enum jm_curve curve;
    uint8_t len;
    uint8_t octets[JM_POINT_MAX];
};

static inline struct jm_bytes jm_point_bytes(const struct jm_point *p)
{
    return jm_bytes(p->octets, p->len);
}

/** Octets of a coordinate; 0: no curve, or Ed25519. */
size_t jm_curve_len(enum jm_curve curve);
/** An uncompressed point, or a key of Ed25519. @retval JM_E_MALFORMED it is not 04 ‖ x ‖ y of @p
 * curve, or not 32 octets: @p out is none
 */
JM_MUST_CHECK enum jm_status jm_point_set(struct jm_point *out, enum jm_curve curve,
                                          struct jm_bytes octets);
struct jm_bytes jm_point_x(const struct jm_point *p);
struct jm_bytes jm_point_y(const struct jm_point *p); /* empty: the point is compressed, or none */
/** 04 ‖ x ‖ y of P-256, in plain C: the same answer everywhere. */
bool jm_point_on_curve(struct jm_bytes octets);
/** None equals nothing. */
bool jm_point_eq(const struct jm_point *a, const struct jm_point *b);

size_t jm_hash_len(enum jm_hash h);

/**
 * Arithmetic with whole points of P-256, as PACE needs it: WebCrypto and key stores give x alone.
 * Scalars are secrets of one use; each call multiplies by one of them, in constant time. Points in
 * and out are 04 ‖ x ‖ y. On refusal @p out is none.
 *
 * @retval JM_OK | JM_E_RANGE the scalar is zero or not below the order | JM_E_MALFORMED the point
 * is not 04 ‖ x ‖ y of the curve | JM_E_DENIED the sum is the point at infinity | JM_E_UNAVAILABLE
 */
struct jm_ec_map {
    enum jm_status (*public_of)(struct jm_point *out, const struct jm_secret32 *k); /* k·G */
    /* k·P */
    enum jm_status (*multiply)(struct jm_point *out, const struct jm_secret32 *k,
                               struct jm_bytes point);
    /* s·G + H */
    enum jm_status (*combine)(struct jm_point *out, const struct jm_secret32 *s, struct jm_bytes h);
};

#define JM_AES_BLOCK 16

struct jm_crypto {
    /** Hash of the concatenation of @p n views; @p out has jm_hash_len() octets. */
    enum jm_status (*hash)(enum jm_hash h, const struct jm_bytes *parts, size_t n, uint8_t *out);
    enum jm_status (*hmac)(enum jm_hash h, struct jm_bytes key, const struct jm_bytes *parts,
                           size_t n, uint8_t *out);
    /** AES-GCM with a key of 16 or 32 octets and 12 octets of IV; appends ciphertext ‖ tag(16). */
    enum jm_status (*seal)(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                           struct jm_bytes in, struct jm_buf *out);
    /** The reverse. @retval JM_E_SIGNATURE tag wrong: @p out unchanged */
    enum jm_status (*open)(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                           struct jm_bytes in, struct jm_buf *out);
    /** zlib (RFC 1950) to at most @p out->cap octets. @retval JM_E_LIMIT | JM_E_MALFORMED */
    enum jm_status (*inflate)(struct jm_bytes in, struct jm_buf *out);
    /** zlib; the shorter of Z_RLE and Z_HUFFMAN_ONLY. */
    enum jm_status (*deflate)(struct jm_bytes in, struct jm_buf *out);
    /** AES-CBC without padding, in place: key of 16 or 32 octets, IV of 16, @p len a multiple of
     * 16. One block with IV 0 is the block cipher itself. */
    enum jm_status (*cbc)(bool encrypt, struct jm_bytes key, const uint8_t iv[JM_AES_BLOCK],
                          uint8_t *data, size_t len);
    const struct jm_ec_map *ec_map; /* null: there is none */
};

/** Hashes, HMAC, inflate, AES-CBC and points in portable C, the last two in constant time; the
 * other entries answer JM_E_UNSUPPORTED. */
extern const struct jm_crypto jm_crypto_portable;

/** One view, SHA-256. */
JM_MUST_CHECK enum jm_status jm_sha256(const struct jm_crypto *c, struct jm_bytes in,
                                       uint8_t out[32]);
/** AES-CMAC (RFC 4493) over the concatenation of @p n views, by the port's cbc. @retval JM_OK |
 * what cbc gives: @p out is then zero */
JM_MUST_CHECK enum jm_status jm_aes_cmac(const struct jm_crypto *c, struct jm_bytes key,
                                         const struct jm_bytes *parts, size_t n,
                                         uint8_t out[JM_AES_BLOCK]);
/** RFC 5869 with SHA-256, at most 8,160 octets. */
JM_MUST_CHECK enum jm_status jm_hkdf_sha256(const struct jm_crypto *c, struct jm_bytes ikm,
                                            struct jm_bytes salt, struct jm_bytes info,
                                            uint8_t *out, size_t len);

#endif
