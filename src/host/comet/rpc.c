/* SPDX-License-Identifier: Apache-2.0 */
#include "host/comet/rpc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "jumin/base64.h"
#include "jumin/json.h"

#define ANSWER_MAX (16 * JM_KIB)
#define HEAD_MAX 256
#define BODY_MAX (JM_COMET_TX_MAX * 4 / 3 + 256)
#define ROOM (HEAD_MAX + BODY_MAX + ANSWER_MAX + 64 * JM_KIB)

static int dial_rpc(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    const struct timeval wait = {JM_COMET_RPC_S, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static enum jm_status send_all(int fd, struct jm_bytes octets)
{
    while (octets.len != 0) {
        ssize_t n = send(fd, octets.ptr, octets.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return JM_E_UNAVAILABLE;
        octets = jm_slice(octets, (size_t)n, octets.len);
    }
    return JM_OK;
}

/* To the end of the connection: HTTP/1.0 has no other. */
static enum jm_status receive_all(struct jm_buf *in, int fd)
{
    while (in->len < in->cap) {
        ssize_t n = recv(fd, in->ptr + in->len, in->cap - in->len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return JM_E_UNAVAILABLE;
        if (n == 0)
            return JM_OK;
        in->len += (size_t)n;
    }
    return JM_E_UNAVAILABLE;
}

static enum jm_status put_request(struct jm_buf *out, struct jm_bytes tx, struct jm_arena *mem)
{
    char head[HEAD_MAX];
    struct jm_buf body;
    int n;

    JM_TRY(jm_alloc_buf(&body, mem, BODY_MAX));
    JM_TRY(jm_buf_put(&body, JM_BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                                      "\"broadcast_tx_sync\",\"params\":{\"tx\":\"")));
    JM_TRY(jm_b64_put(&body, tx));
    JM_TRY(jm_buf_put(&body, JM_BYTES("\"}}")));
    n = snprintf(head, sizeof head,
                 "POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 body.len);
    if (n < 0 || (size_t)n >= sizeof head)
        return JM_E_BUG;
    JM_TRY(jm_alloc_buf(out, mem, (size_t)n + body.len));
    JM_TRY(jm_buf_put(out, jm_bytes(head, (size_t)n)));
    return jm_buf_put(out, jm_written(body));
}

static enum jm_status read_answer(uint32_t *code, struct jm_bytes answer, struct jm_arena *mem)
{
    size_t head = jm_bytes_find(answer, JM_BYTES("\r\n\r\n"));
    const struct jm_json *o, *error, *v;
    int64_t n;

    if (head == SIZE_MAX ||
        jm_json_parse(&o, jm_slice(answer, head + 4, answer.len), mem, NULL) != JM_OK)
        return JM_E_UNAVAILABLE;
    if ((error = jm_json_get(o, "error")) != NULL)
        return jm_json_is_str(jm_json_get(error, "data"), "tx already exists in cache")
                   ? JM_E_CONFLICT
                   : JM_E_UNAVAILABLE;
    v = jm_json_get(jm_json_get(o, "result"), "code");
    if (v == NULL || jm_json_int(&n, v) != JM_OK || n < 0 || n > UINT32_MAX)
        return JM_E_UNAVAILABLE;
    *code = (uint32_t)n;
    return JM_OK;
}

static enum jm_status ask_rpc(uint32_t *code, uint16_t port, struct jm_bytes tx,
                              struct jm_arena *mem)
{
    struct jm_buf out, in;
    enum jm_status st;
    int fd;

    JM_TRY(put_request(&out, tx, mem));
    JM_TRY(jm_alloc_buf(&in, mem, ANSWER_MAX));
    if ((fd = dial_rpc(port)) < 0)
        return JM_E_UNAVAILABLE;
    st = send_all(fd, jm_written(out));
    if (st == JM_OK)
        st = receive_all(&in, fd);
    (void)close(fd);
    return st == JM_OK ? read_answer(code, jm_written(in), mem) : st;
}

enum jm_status jm_comet_broadcast(const struct jm_comet_rpc *rpc, uint32_t *code,
                                  struct jm_bytes tx)
{
    struct jm_arena mem;
    enum jm_status st;
    void *room;

    *code = 0;
    if (tx.len > JM_COMET_TX_MAX)
        return JM_E_LIMIT;
    if ((room = malloc(ROOM)) == NULL)
        return JM_E_UNAVAILABLE;
    jm_arena_init(&mem, room, ROOM);
    st = ask_rpc(code, rpc->port, tx, &mem);
    jm_arena_reset(&mem);
    free(room);
    return st;
}
