/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPACE (libeac, GPL-3) as a process of its own: the other side of PACE and of secure messaging,
 * for tests. It is never installed, and nothing of ours is linked with it: what is said goes over
 * pipes, a line a call, in hexadecimal digits.
 *
 *     begin ACCESS PASSWORD KIND   EF.CardAccess, digits as octets, 02 CAN 03 PIN 04 PUK
 *     nonce-own | nonce-peer Z     the chip's, encrypted; the reader's half of it
 *     map-own | map-peer POINT     generic mapping
 *     key-own | key-peer POINT     ephemeral keys; the second derives the keys of the channel
 *     token-own | token-peer T
 *     channel                      secure messaging from here on
 *     wrap CAPDU | open RAPDU      the reader's half
 *     unwrap CAPDU | answer RAPDU  the chip's
 *
 * The answer is a line of digits, `ok`, or `no`. Objects of ISO/IEC 7816-4 are put together here;
 * keys, IV, padding, cipher and MAC are OpenPACE's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eac/eac.h>
#include <eac/pace.h>

#define LINE_MAX_ 16384
#define OCTETS_MAX 8192
#define MAC_LEN 8
#define BLOCK 16

struct octets {
    uint8_t at[OCTETS_MAX];
    size_t len;
};

static EAC_CTX *ctx;
static PACE_SEC *secret;
static BUF_MEM *peer; /* its ephemeral key */

static BUF_MEM *mem_of(const uint8_t *octets, size_t len)
{
    BUF_MEM *b = BUF_MEM_new();

    if (b == NULL || BUF_MEM_grow(b, len) != len)
        abort();
    if (len > 0)
        memcpy(b->data, octets, len);
    return b;
}

static int say(const BUF_MEM *b)
{
    if (b == NULL)
        return 0;
    for (size_t i = 0; i < b->length; i++)
        printf("%02x", (uint8_t)b->data[i]);
    printf("\n");
    return 1;
}

static int say_octets(const struct octets *o)
{
    for (size_t i = 0; i < o->len; i++)
        printf("%02x", o->at[i]);
    printf("\n");
    return 1;
}

static unsigned digit(char c)
{
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                  : 16;
}

static int unhex(struct octets *out, const char *digits)
{
    out->len = 0;
    for (; digits[0] != '\0'; digits += 2) {
        unsigned high = digit(digits[0]), low = digit(digits[1]);

        if (high > 15 || low > 15 || out->len == OCTETS_MAX)
            return 0;
        out->at[out->len++] = (uint8_t)(high << 4 | low);
    }
    return 1;
}

/* The next word of a line, which is cut behind it; "" at its end. */
static const char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \n");
    size_t len = strcspn(word, " \n");

    *line = word + len + (word[len] != '\0');
    word[len] = '\0';
    return word;
}

static void put(struct octets *o, const void *what, size_t len)
{
    if (len > OCTETS_MAX - o->len)
        abort();
    if (len > 0)
        memcpy(o->at + o->len, what, len);
    o->len += len;
}

static void put_object(struct octets *o, uint8_t tag, const void *value, size_t len)
{
    uint8_t head[4] = {tag, (uint8_t)len};
    size_t n = 2;

    if (len > 255) {
        head[1] = 0x82, head[2] = (uint8_t)(len >> 8), head[3] = (uint8_t)len;
        n = 4;
    } else if (len > 127) {
        head[1] = 0x81, head[2] = (uint8_t)len;
        n = 3;
    }
    put(o, head, n);
    put(o, value, len);
}

/* The object with this tag at *at; 0: another one, or none. */
static int take_object(const struct octets *o, size_t *at, uint8_t tag, const uint8_t **value,
                       size_t *len)
{
    size_t p = *at, n;

    if (p + 2 > o->len || o->at[p] != tag)
        return 0;
    n = o->at[p + 1];
    p += 2;
    if (n == 0x81 && p < o->len) {
        n = o->at[p++];
    } else if (n == 0x82 && p + 1 < o->len) {
        n = (size_t)(o->at[p] << 8 | o->at[p + 1]);
        p += 2;
    }
    if (n > o->len - p)
        return 0;
    *value = o->at + p;
    *len = n;
    *at = p + n;
    return 1;
}

/* -- PACE -- */

static int begin(const struct octets *access, const struct octets *digits,
                 const struct octets *kind)
{
    if (ctx != NULL)
        EAC_CTX_clear_free(ctx);
    if (secret != NULL)
        PACE_SEC_clear_free(secret);
    ctx = EAC_CTX_new();
    secret = NULL;
    if (ctx == NULL || kind->len != 1 ||
        EAC_CTX_init_ef_cardaccess(access->at, access->len, ctx) != 1)
        return 0;
    ctx->tr_version = EAC_TR_VERSION_2_02;
    secret = PACE_SEC_new((const char *)digits->at, digits->len, (enum s_type)kind->at[0]);
    return secret != NULL;
}

static int take_key(const struct octets *point)
{
    if (peer != NULL)
        BUF_MEM_free(peer);
    peer = mem_of(point->at, point->len);
    return PACE_STEP3B_compute_shared_secret(ctx, peer) == 1 && PACE_STEP3C_derive_keys(ctx) == 1;
}

/* -- secure messaging -- */

static BUF_MEM *mac_of(const struct octets *header, const struct octets *objects)
{
    struct octets all = {.len = 0};
    BUF_MEM *plain, *padded, *mac;

    if (header->len > 0) {
        plain = mem_of(header->at, header->len);
        padded = EAC_add_iso_pad(ctx, plain);
        put(&all, padded->data, padded->length);
        BUF_MEM_free(plain);
        BUF_MEM_free(padded);
    }
    put(&all, objects->at, objects->len);
    plain = mem_of(all.at, all.len);
    padded = EAC_add_iso_pad(ctx, plain);
    mac = EAC_authenticate(ctx, padded);
    BUF_MEM_free(plain);
    BUF_MEM_free(padded);
    return mac;
}

static int put_cipher(struct octets *o, const uint8_t *data, size_t len)
{
    struct octets value = {.len = 0};
    BUF_MEM *plain = mem_of(data, len), *padded = EAC_add_iso_pad(ctx, plain),
            *cipher = padded == NULL ? NULL : EAC_encrypt(ctx, padded);

    if (cipher == NULL)
        return 0;
    put(&value, "\x01", 1);
    put(&value, cipher->data, cipher->length);
    put_object(o, 0x87, value.at, value.len);
    BUF_MEM_free(plain);
    BUF_MEM_free(padded);
    BUF_MEM_free(cipher);
    return 1;
}

static int put_plain(struct octets *o, const uint8_t *value, size_t len)
{
    BUF_MEM *cipher, *padded, *plain;

    if (len < 1 + BLOCK || value[0] != 1)
        return 0;
    cipher = mem_of(value + 1, len - 1);
    padded = EAC_decrypt(ctx, cipher);
    plain = padded == NULL ? NULL : EAC_remove_iso_pad(padded);
    if (plain == NULL)
        return 0;
    put(o, plain->data, plain->length);
    BUF_MEM_free(cipher);
    BUF_MEM_free(padded);
    BUF_MEM_free(plain);
    return 1;
}

static int mac_holds(const struct octets *header, const struct octets *objects, const uint8_t *mac,
                     size_t len)
{
    BUF_MEM *own = mac_of(header, objects);
    int holds =
        own != NULL && own->length == MAC_LEN && len == MAC_LEN && memcmp(own->data, mac, len) == 0;

    if (own != NULL)
        BUF_MEM_free(own);
    return holds;
}

/* A short command: header, Lc and data, Le. */
static int split(const struct octets *capdu, const uint8_t **data, size_t *len, const uint8_t **le)
{
    *data = *le = NULL;
    *len = 0;
    if (capdu->len == 4)
        return 1;
    if (capdu->len > 5) {
        *len = capdu->at[4];
        *data = capdu->at + 5;
        if (*len == 0 || (capdu->len != 5 + *len && capdu->len != 6 + *len))
            return 0;
    }
    if (capdu->len == 5 || capdu->len == 6 + *len)
        *le = capdu->at + capdu->len - 1;
    return capdu->len >= 5;
}

static int wrap(const struct octets *capdu)
{
    struct octets header = {.len = 0}, objects = {.len = 0}, out = {.len = 0};
    const uint8_t *data, *le;
    size_t len;
    BUF_MEM *mac;
    uint8_t lc;

    if (!split(capdu, &data, &len, &le) || EAC_increment_ssc(ctx) != 1)
        return 0;
    put(&header, capdu->at, 4);
    header.at[0] |= 0x0C;
    if (len > 0 && !put_cipher(&objects, data, len))
        return 0;
    if (le != NULL)
        put_object(&objects, 0x97, le, 1);
    if ((mac = mac_of(&header, &objects)) == NULL)
        return 0;
    put_object(&objects, 0x8E, mac->data, mac->length);
    BUF_MEM_free(mac);
    lc = (uint8_t)objects.len;
    put(&out, header.at, 4);
    put(&out, &lc, 1);
    put(&out, objects.at, objects.len);
    put(&out, "\0", 1);
    return say_octets(&out);
}

static int unwrap(const struct octets *capdu)
{
    struct octets header = {.len = 0}, objects = {.len = 0}, covered = {.len = 0}, out = {.len = 0},
                  plain = {.len = 0};
    const uint8_t *data, *le, *value = NULL, *want = NULL, *mac;
    size_t len, at = 0, n_value = 0, n_want = 0, n_mac;
    uint8_t lc;

    if (!split(capdu, &data, &len, &le) || EAC_increment_ssc(ctx) != 1)
        return 0;
    put(&header, capdu->at, 4);
    put(&objects, data, len);
    (void)take_object(&objects, &at, 0x87, &value, &n_value);
    (void)take_object(&objects, &at, 0x97, &want, &n_want);
    put(&covered, objects.at, at);
    if (!take_object(&objects, &at, 0x8E, &mac, &n_mac) || at != objects.len ||
        !mac_holds(&header, &covered, mac, n_mac))
        return 0;
    if (value != NULL && !put_plain(&plain, value, n_value))
        return 0;
    header.at[0] &= 0xF3;
    put(&out, header.at, 4);
    lc = (uint8_t)plain.len;
    if (plain.len > 0)
        put(&out, &lc, 1);
    put(&out, plain.at, plain.len);
    put(&out, want, n_want);
    return say_octets(&out);
}

static int answer(const struct octets *rapdu)
{
    struct octets none = {.len = 0}, objects = {.len = 0};
    const uint8_t *sw = rapdu->at + rapdu->len - 2;
    BUF_MEM *mac;

    if (rapdu->len < 2 || EAC_increment_ssc(ctx) != 1)
        return 0;
    if (rapdu->len > 2 && !put_cipher(&objects, rapdu->at, rapdu->len - 2))
        return 0;
    put_object(&objects, 0x99, sw, 2);
    if ((mac = mac_of(&none, &objects)) == NULL)
        return 0;
    put_object(&objects, 0x8E, mac->data, mac->length);
    BUF_MEM_free(mac);
    put(&objects, sw, 2);
    return say_octets(&objects);
}

static int open_answer(const struct octets *rapdu)
{
    struct octets none = {.len = 0}, objects = {.len = 0}, covered = {.len = 0}, out = {.len = 0};
    const uint8_t *value = NULL, *sw, *mac;
    size_t at = 0, n_value = 0, n_sw, n_mac;

    if (rapdu->len < 2 || EAC_increment_ssc(ctx) != 1)
        return 0;
    put(&objects, rapdu->at, rapdu->len - 2);
    (void)take_object(&objects, &at, 0x87, &value, &n_value);
    if (!take_object(&objects, &at, 0x99, &sw, &n_sw) || n_sw != 2 ||
        memcmp(sw, rapdu->at + rapdu->len - 2, 2) != 0)
        return 0;
    put(&covered, objects.at, at);
    if (!take_object(&objects, &at, 0x8E, &mac, &n_mac) || at != objects.len ||
        !mac_holds(&none, &covered, mac, n_mac))
        return 0;
    if (value != NULL && !put_plain(&out, value, n_value))
        return 0;
    put(&out, sw, 2);
    return say_octets(&out);
}

/* -- lines -- */

static int ok(int is_so)
{
    if (is_so)
        printf("ok\n");
    return is_so;
}

static int do_what(const char *verb, const struct octets in[3])
{
    BUF_MEM *given = mem_of(in[0].at, in[0].len);
    int done = 0;

    if (strcmp(verb, "begin") == 0)
        done = ok(begin(&in[0], &in[1], &in[2]));
    else if (strcmp(verb, "nonce-own") == 0)
        done = say(PACE_STEP1_enc_nonce(ctx, secret));
    else if (strcmp(verb, "nonce-peer") == 0)
        done = ok(PACE_STEP2_dec_nonce(ctx, secret, given) == 1);
    else if (strcmp(verb, "map-own") == 0)
        done = say(PACE_STEP3A_generate_mapping_data(ctx));
    else if (strcmp(verb, "map-peer") == 0)
        done = ok(PACE_STEP3A_map_generator(ctx, given) == 1);
    else if (strcmp(verb, "key-own") == 0)
        done = say(PACE_STEP3B_generate_ephemeral_key(ctx));
    else if (strcmp(verb, "key-peer") == 0)
        done = ok(take_key(&in[0]));
    else if (strcmp(verb, "token-own") == 0)
        done = say(PACE_STEP3D_compute_authentication_token(ctx, peer));
    else if (strcmp(verb, "token-peer") == 0)
        done = ok(PACE_STEP3D_verify_authentication_token(ctx, given) == 1);
    else if (strcmp(verb, "channel") == 0)
        done = ok(EAC_CTX_set_encryption_ctx(ctx, EAC_ID_PACE) == 1 && EAC_reset_ssc(ctx) == 1);
    else if (strcmp(verb, "wrap") == 0)
        done = wrap(&in[0]);
    else if (strcmp(verb, "open") == 0)
        done = open_answer(&in[0]);
    else if (strcmp(verb, "unwrap") == 0)
        done = unwrap(&in[0]);
    else if (strcmp(verb, "answer") == 0)
        done = answer(&in[0]);
    BUF_MEM_free(given);
    return done;
}

int main(void)
{
    static char line[LINE_MAX_];
    static struct octets in[3];

    EAC_init();
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *at = line;
        const char *verb = next_word(&at);
        int fits = 1;

        for (size_t i = 0; i < 3; i++)
            fits = unhex(&in[i], next_word(&at)) && fits;
        if (!fits || !do_what(verb, in))
            printf("no\n");
        (void)fflush(stdout);
    }
    return 0;
}
