/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/box.h"

#include "jumin/cbor.h"

#define LABEL_MAX 32

static bool is_shaped(const struct jm_box *b)
{
    return b->salt.len == JM_BOX_SALT && b->iv.len == JM_GCM_IV && b->sealed.len >= JM_GCM_TAG;
}

enum jm_status jm_box_seal(struct jm_bytes *out, const struct jm_box *b, struct jm_bytes plain,
                           const struct jm_secret32 *kek, const struct jm_crypto *c,
                           struct jm_arena *mem)
{
    struct jm_box whole = *b;
    struct jm_buf sealed, file;
    struct jm_cbor_w w;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&sealed, mem, plain.len + JM_GCM_TAG));
    JM_TRY(c->seal(jm_bytes(kek->octets, 32), b->iv, jm_str(b->label), plain, &sealed));
    whole.sealed = jm_written(sealed);
    if (!is_shaped(&whole) || jm_str(b->label).len > LABEL_MAX)
        return JM_E_MALFORMED;
    JM_TRY(jm_alloc_buf(&file, mem, whole.sealed.len + LABEL_MAX + 64));
    jm_cbor_w_init(&w, &file);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, whole.label);
    jm_cbor_w_bytes(&w, whole.salt);
    jm_cbor_w_bytes(&w, whole.iv);
    jm_cbor_w_bytes(&w, whole.sealed);
    *out = jm_written(file);
    return jm_cbor_w_end(&w);
}

enum jm_status jm_box_read(struct jm_box *out, const char *label, struct jm_bytes octets)
{
    struct jm_cbor r;

    *out = (struct jm_box){.label = label};
    JM_TRY(jm_cbor_check(octets, NULL, NULL));
    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != 4 || !jm_bytes_eq_str(jm_cbor_text(&r), label))
        return JM_E_MALFORMED;
    out->salt = jm_cbor_bytes(&r);
    out->iv = jm_cbor_bytes(&r);
    out->sealed = jm_cbor_bytes(&r);
    return jm_cbor_end(&r) == JM_OK && is_shaped(out) ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_box_open(struct jm_buf *plain, const struct jm_box *b,
                           const struct jm_secret32 *kek, const struct jm_crypto *c)
{
    return c->open(jm_bytes(kek->octets, 32), b->iv, jm_str(b->label), b->sealed, plain);
}
