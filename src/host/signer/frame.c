/* SPDX-License-Identifier: Apache-2.0 */
#include "host/signer/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum jm_status read_list(struct jm_list *out, struct jm_cbor *r, struct jm_arena *mem)
{
    size_t n = jm_cbor_array(r); /* shape() has bounded it */

    memset(out, 0, sizeof *out);
    if ((out->items = JM_NEW_N(mem, struct jm_bytes, n)) == NULL)
        return JM_E_NO_SPACE;
    out->cap = n;
    for (size_t i = 0; i < n; i++)
        out->items[i] = jm_cbor_bytes(r);
    out->n = n;
    return JM_OK;
}

static enum jm_status open_shape(struct jm_cbor *r, struct jm_bytes body, size_t members)
{
    static const struct jm_cbor_limits limits = {3, JM_FRAME_ITEMS_MAX};
    struct jm_cbor_fault fault;
    enum jm_status st = jm_cbor_check(body, &limits, &fault);

    if (st != JM_OK)
        return st == JM_E_LIMIT ? JM_E_LIMIT : JM_E_MALFORMED;
    jm_cbor_init(r, body);
    return jm_cbor_array(r) == members ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_frame_request_read(struct jm_frame_request *out, struct jm_bytes body,
                                     struct jm_arena *mem)
{
    struct jm_cbor r;
    uint64_t version, op, purpose;

    memset(out, 0, sizeof *out);
    JM_TRY(open_shape(&r, body, 6));
    version = jm_cbor_uint(&r);
    out->request = jm_cbor_uint(&r);
    op = jm_cbor_uint(&r);
    purpose = jm_cbor_uint(&r);
    if (jm_cbor_peek(&r) == JM_CBOR_NULL)
        jm_cbor_null(&r);
    else
        out->key = jm_cbor_text(&r);
    JM_TRY(read_list(&out->in, &r, mem));
    if (jm_cbor_end(&r) != JM_OK || op > JM_OP_LAST || purpose > JM_PURPOSE_LAST)
        return JM_E_MALFORMED;
    out->op = (unsigned)op;
    out->purpose = (unsigned)purpose;
    return version == JM_FRAME_VERSION ? JM_OK : JM_E_UNSUPPORTED;
}

enum jm_status jm_frame_answer_read(struct jm_frame_answer *out, struct jm_bytes body,
                                    struct jm_arena *mem)
{
    struct jm_cbor r;
    uint64_t st;

    memset(out, 0, sizeof *out);
    JM_TRY(open_shape(&r, body, 3));
    out->request = jm_cbor_uint(&r);
    st = jm_cbor_uint(&r);
    JM_TRY(read_list(&out->out, &r, mem));
    if (jm_cbor_end(&r) != JM_OK || st > 0xffff)
        return JM_E_MALFORMED;
    out->st =
        (enum jm_status)st; // NOLINT: a number of another process; only its class is looked at
    return JM_OK;
}

static size_t begin_frame(struct jm_buf *out)
{
    out->len = out->cap < 4 ? out->cap : 4;
    return out->len;
}

static enum jm_status finish_frame(struct jm_buf *out, const struct jm_cbor_w *w)
{
    if (jm_cbor_w_end(w) != JM_OK || out->len < 4)
        return JM_E_NO_SPACE;
    if (out->len - 4 > JM_FRAME_MAX)
        return JM_E_LIMIT;
    jm_put_u32_be(out->ptr, (uint32_t)(out->len - 4));
    return JM_OK;
}

static void write_list(struct jm_cbor_w *w, const struct jm_list *list)
{
    jm_cbor_w_array(w, list->n);
    for (size_t i = 0; i < list->n; i++)
        jm_cbor_w_bytes(w, list->items[i]);
}

enum jm_status jm_frame_request_write(struct jm_buf *out, const struct jm_frame_request *q)
{
    struct jm_cbor_w w;

    if (begin_frame(out) < 4)
        return JM_E_NO_SPACE;
    if (q->in.n > JM_FRAME_ITEMS_MAX)
        return JM_E_LIMIT;
    jm_cbor_w_init(&w, out);
    jm_cbor_w_array(&w, 6);
    jm_cbor_w_uint(&w, JM_FRAME_VERSION);
    jm_cbor_w_uint(&w, q->request);
    jm_cbor_w_uint(&w, q->op);
    jm_cbor_w_uint(&w, q->purpose);
    if (q->key.len == 0)
        jm_cbor_w_null(&w);
    else
        jm_cbor_w_text(&w, q->key);
    write_list(&w, &q->in);
    return finish_frame(out, &w);
}

enum jm_status jm_frame_answer_write(struct jm_buf *out, const struct jm_frame_answer *a)
{
    struct jm_cbor_w w;

    if (begin_frame(out) < 4)
        return JM_E_NO_SPACE;
    jm_cbor_w_init(&w, out);
    jm_cbor_w_array(&w, 3);
    jm_cbor_w_uint(&w, a->request);
    jm_cbor_w_uint(&w, (uint64_t)a->st);
    write_list(&w, &a->out);
    return finish_frame(out, &w);
}

enum jm_status jm_frame_mac(uint8_t out[32], const struct jm_crypto *c, const char *who,
                            const struct jm_secret32 *secret, struct jm_bytes name,
                            struct jm_bytes nonce_caller, struct jm_bytes nonce_signer)
{
    const struct jm_bytes parts[] = {JM_BYTES("jumin-signer/1 "),
                                     jm_str(who),
                                     JM_BYTES("\0"),
                                     name,
                                     JM_BYTES("\0"),
                                     nonce_caller,
                                     nonce_signer};

    return c->hmac(JM_SHA256, jm_bytes(secret->octets, sizeof secret->octets), parts,
                   JM_ARRAY_LEN(parts), out);
}

static enum jm_status receive_all(int fd, uint8_t *to, size_t len, bool may_end)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(fd, to + got, len - got, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && got == 0 && may_end)
            return JM_E_ABSENT;
        if (n <= 0)
            return JM_E_UNAVAILABLE;
        got += (size_t)n;
    }
    return JM_OK;
}

enum jm_status jm_frame_receive(struct jm_bytes *body, int fd, struct jm_buf *room)
{
    uint8_t head[4];
    uint32_t len;

    *body = jm_none();
    JM_TRY(receive_all(fd, head, sizeof head, true));
    len = jm_u32_be(head);
    if (len == 0 || len > JM_FRAME_MAX || len > room->cap)
        return JM_E_LIMIT;
    JM_TRY(receive_all(fd, room->ptr, len, false));
    room->len = len;
    *body = jm_written(*room);
    return JM_OK;
}

enum jm_status jm_frame_send(int fd, struct jm_bytes frame)
{
    while (frame.len != 0) {
        ssize_t n = send(fd, frame.ptr, frame.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return JM_E_UNAVAILABLE;
        frame = jm_slice(frame, (size_t)n, SIZE_MAX);
    }
    return JM_OK;
}
