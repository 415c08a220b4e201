/* SPDX-License-Identifier: Apache-2.0 */
/* A holder's answer: stored slices in the order of the copy, bound to one session by the device
 * key's signature. */
#include "jumin/mdoc.h"

#include <string.h>

#define PROTECTED JM_BYTES("\xa1\x01\x26")
#define NO_DEVICE_ITEMS JM_BYTES("\xd8\x18\x41\xa0")

static bool is_picked(const struct jm_mdoc_item *it, const struct jm_mdoc_pick *pick, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (jm_bytes_eq(it->ns, pick[i].ns) && jm_bytes_eq(it->id, pick[i].id))
            return true;
    return false;
}

static bool has_element(const struct jm_mdoc_copy *c, const struct jm_mdoc_pick *pick)
{
    for (size_t i = 0; i < c->n; i++)
        if (is_picked(&c->item[i], pick, 1))
            return true;
    return false;
}

/* Items of a namespace follow one another in a copy. */
static size_t run_end(const struct jm_mdoc_copy *c, size_t from)
{
    size_t i = from;

    while (i < c->n && c->item[i].ns.ptr == c->item[from].ns.ptr)
        i++;
    return i;
}

static size_t count_picked(const struct jm_mdoc_copy *c, size_t from, size_t to,
                           const struct jm_mdoc_pick *pick, size_t n)
{
    size_t hits = 0;

    for (size_t i = from; i < to; i++)
        hits += is_picked(&c->item[i], pick, n);
    return hits;
}

static enum jm_status put_name_spaces(struct jm_bytes *out, const struct jm_mdoc_copy *c,
                                      const struct jm_mdoc_pick *pick, size_t n,
                                      struct jm_arena *mem)
{
    size_t room = 16, n_ns = 0;
    struct jm_cbor_w w;
    struct jm_buf b;

    for (size_t i = 0; i < c->n; i++)
        if (is_picked(&c->item[i], pick, n))
            room += c->item[i].item.len + c->item[i].ns.len + 16;
    for (size_t i = 0, end; i < c->n; i = end) {
        end = run_end(c, i);
        n_ns += count_picked(c, i, end, pick, n) > 0;
    }
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, n_ns);
    for (size_t i = 0, end; i < c->n; i = end) {
        size_t hits;

        end = run_end(c, i);
        if ((hits = count_picked(c, i, end, pick, n)) == 0)
            continue;
        jm_cbor_w_text(&w, c->item[i].ns);
        jm_cbor_w_array(&w, hits);
        for (size_t k = i; k < end; k++)
            if (is_picked(&c->item[k], pick, n))
                jm_cbor_w_raw(&w, c->item[k].item);
    }
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_mdoc_present_begin(struct jm_mdoc_presentation *out,
                                     struct jm_bytes issuer_signed, const struct jm_mdoc_pick *pick,
                                     size_t n, struct jm_bytes transcript, struct jm_arena *mem)
{
    struct jm_mdoc_copy c;
    struct jm_bytes bare, auth;

    memset(out, 0, sizeof *out);
    if (jm_transcript_bare(&bare, transcript) != JM_OK || bare.ptr != transcript.ptr)
        return JM_E_MALFORMED;
    JM_TRY(jm_mdoc_copy_read(&c, issuer_signed, mem));
    for (size_t i = 0; i < n; i++)
        if (!has_element(&c, &pick[i]))
            return JM_E_ABSENT;
    if (n > 0)
        JM_TRY(put_name_spaces(&out->name_spaces, &c, pick, n, mem));
    out->doctype = c.doctype;
    out->issuer_auth = c.issuer_auth;
    out->device_key = c.device_key;
    JM_TRY(jm_mdoc_device_auth(&auth, transcript, c.doctype, NO_DEVICE_ITEMS, mem));
    return jm_cose_sig_structure(&out->to_sign, mem, PROTECTED, auth);
}

enum jm_status jm_mdoc_present_finish(struct jm_bytes *device_response,
                                      const struct jm_mdoc_presentation *p, struct jm_bytes sig,
                                      struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *device_response = jm_none();
    if (sig.len != jm_sig_len(JM_ALG_ES256))
        return JM_E_BUG;
    JM_TRY(jm_alloc_buf(&b, mem, 320 + p->doctype.len + p->name_spaces.len + p->issuer_auth.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_str(&w, "version");
    jm_cbor_w_str(&w, "1.0");
    jm_cbor_w_str(&w, "documents");
    jm_cbor_w_array(&w, 1);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_str(&w, "docType");
    jm_cbor_w_text(&w, p->doctype);
    jm_cbor_w_str(&w, "issuerSigned");
    jm_cbor_w_map(&w, p->name_spaces.len == 0 ? 1 : 2);
    if (p->name_spaces.len != 0) {
        jm_cbor_w_str(&w, "nameSpaces");
        jm_cbor_w_raw(&w, p->name_spaces);
    }
    jm_cbor_w_str(&w, "issuerAuth");
    jm_cbor_w_raw(&w, p->issuer_auth);
    jm_cbor_w_str(&w, "deviceSigned");
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_str(&w, "nameSpaces");
    jm_cbor_w_raw(&w, NO_DEVICE_ITEMS);
    jm_cbor_w_str(&w, "deviceAuth");
    jm_cbor_w_map(&w, 1);
    jm_cbor_w_str(&w, "deviceSignature");
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, PROTECTED);
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_null(&w);
    jm_cbor_w_bytes(&w, sig);
    jm_cbor_w_str(&w, "status");
    jm_cbor_w_uint(&w, 0);
    JM_TRY(jm_cbor_w_end(&w));
    *device_response = jm_written(b);
    return JM_OK;
}
