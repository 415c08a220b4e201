/* SPDX-License-Identifier: Apache-2.0 */
/* The driver: each kind of ask gets the answer of its answerer, and what nobody answers is refused.
 */
#include "jumin/drive.h"

#include "unit/test.h"

/* An engine that asks one thing after another and remembers what it was told. */
static struct toy {
    struct jm_ask ask;
    size_t left;
    enum jm_status answers_with;
    struct jm_answer told;
    uint8_t octets[512];
    int http;
    int64_t at_s;
} toy;

static size_t toy_asks(const void *self, const struct jm_ask **asks)
{
    const struct toy *t = self;

    *asks = &t->ask;
    return t->left;
}

static enum jm_status toy_answer(void *self, uint32_t id, const struct jm_answer *a, int64_t at_s)
{
    struct toy *t = self;

    CHECK_EQ(id, t->ask.id);
    CHECK_EQ(a->kind, t->ask.kind);
    t->told = *a;
    t->at_s = at_s;
    if (a->octets.len > 0)
        memcpy(t->octets, a->octets.ptr, a->octets.len);
    if (a->kind == JM_ASK_HTTP && a->st == JM_OK)
        t->http = ((const struct jm_http_answer *)a->what)->status;
    t->left--;
    t->ask.id++;
    return t->answers_with;
}

static unsigned calls;

static enum jm_status verify(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig)
{
    (void)ctx, (void)alg, (void)key, (void)data, (void)sig;
    calls++;
    return JM_E_SIGNATURE;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           struct jm_sig *sig)
{
    (void)ctx, (void)alg, (void)data;
    calls++;
    memset(sig->octets, handle.ptr[0], JM_SIG_LEN);
    sig->len = JM_SIG_LEN;
    return JM_OK;
}

static enum jm_status agree(void *ctx, struct jm_bytes handle, struct jm_bytes peer, uint8_t x[32])
{
    (void)ctx, (void)peer;
    calls++;
    memset(x, handle.ptr[0], 32);
    return JM_OK;
}

static enum jm_status fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    calls++;
    memset(out, 7, len);
    return JM_OK;
}

static enum jm_status no_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    (void)ctx;
    memset(handle, 1, sizeof *handle);
    memset(point, 2, sizeof *point);
    return JM_E_LIMIT;
}

static enum jm_status new_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    (void)no_key(ctx, handle, point);
    *point = (struct jm_point){JM_CURVE_P256, JM_POINT_LEN, {4}};
    calls++;
    return JM_OK;
}

static enum jm_status forget(void *ctx, struct jm_bytes handles)
{
    (void)ctx;
    calls++;
    return handles.len == 16 ? JM_OK : JM_E_BUG;
}

static enum jm_status keep(void *ctx, const void *what)
{
    (void)ctx;
    calls++;
    return what == &toy ? JM_OK : JM_E_BUG;
}

static enum jm_status seal_with(void *ctx, struct jm_bytes key, struct jm_bytes iv,
                                struct jm_bytes aad, struct jm_bytes in, struct jm_buf *out)
{
    static const uint8_t sealed[64] = {'s'};

    (void)ctx, (void)key;
    calls++;
    CHECK_EQ(iv.len, JM_GCM_IV);
    CHECK_EQ(aad.len, 2);
    return jm_buf_put(out, jm_bytes(sealed, in.len + JM_GCM_TAG));
}

static enum jm_status http(void *ctx, const struct jm_http_ask *ask, struct jm_http_answer *out,
                           struct jm_arena *mem)
{
    (void)ctx;
    calls++;
    out->status = 204;
    return ask->verb == JM_HTTP_GET ? jm_dup(&out->body, mem, JM_BYTES("x")) : JM_E_UNAVAILABLE;
}

static enum jm_status holder(void *ctx, const void *what, struct jm_bytes *out,
                             struct jm_arena *mem)
{
    (void)ctx, (void)what;
    calls++;
    return jm_dup(out, mem, JM_BYTES("yes"));
}

static enum jm_status transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    (void)ctx;
    calls++;
    CHECK_EQ(rapdu->cap - rapdu->len, JM_TRANSMIT_MAX);
    return jm_buf_put(rapdu, capdu.len == 4 ? JM_BYTES("r\x90") : jm_none()) == JM_OK &&
                   capdu.len == 4
               ? JM_OK
               : JM_E_GONE;
}

static int64_t now(void *ctx)
{
    (void)ctx;
    return 42;
}

static struct jm_arena mem;

static enum jm_status drive(const struct jm_answers *by, enum jm_status begun)
{
    const struct jm_driver d = {.by = *by, .now = now, .mem = &mem};

    calls = 0;
    return jm_drive(&d, (struct jm_engine){&toy, toy_asks, toy_answer}, begun);
}

static const struct jm_answers all = {.verify = verify,
                                      .sign = sign,
                                      .agree = agree,
                                      .random = fill,
                                      .http = http,
                                      .holder = holder,
                                      .new_key = new_key,
                                      .forget = forget,
                                      .keep = keep,
                                      .seal = seal_with,
                                      .transmit = transmit};

TEST(each_ask_has_its_answerer)
{
    static const struct jm_http_ask get = {.verb = JM_HTTP_GET};
    static const uint8_t handles[16] = {9};
    static const struct {
        struct jm_ask ask;
        enum jm_status st;
        size_t len;
        uint8_t first;
    } rows[] = {
        {{.kind = JM_ASK_VERIFY}, JM_E_SIGNATURE, 0, 0},
        {{.kind = JM_ASK_SIGN, .key = {handles, 8}}, JM_OK, JM_SIG_LEN, 9},
        {{.kind = JM_ASK_AGREE, .key = {handles, 8}}, JM_OK, 32, 9},
        {{.kind = JM_ASK_RANDOM, .len = JM_DRIVE_RANDOM_MAX}, JM_OK, JM_DRIVE_RANDOM_MAX, 7},
        {{.kind = JM_ASK_HTTP, .what = &get}, JM_OK, 0, 0},
        {{.kind = JM_ASK_HOLDER}, JM_OK, 3, 'y'},
        {{.kind = JM_ASK_NEW_KEY}, JM_OK, JM_HANDLE_LEN + JM_POINT_LEN, 1},
        {{.kind = JM_ASK_FORGET, .data = {handles, 16}}, JM_OK, 0, 0},
        {{.kind = JM_ASK_KEEP, .what = &toy}, JM_OK, 0, 0},
        {{.kind = JM_ASK_SEAL, .data = {handles, 3}, .sig = {handles, 14}},
         JM_OK,
         3 + JM_GCM_TAG,
         's'},
        {{.kind = JM_ASK_TRANSMIT, .data = {handles, 4}}, JM_OK, 2, 'r'},
        {{.kind = JM_ASK_TRANSMIT, .data = {handles, 5}}, JM_E_GONE, 0, 0},
    };

    mem = arena(8192);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t mark = jm_arena_mark(&mem);

        toy = (struct toy){.ask = rows[i].ask, .left = 1};
        CHECK_OK(drive(&all, JM_OK));
        CHECK_EQ(calls, 1);
        CHECK_ST(toy.told.st, rows[i].st);
        CHECK_EQ(toy.told.octets.len, rows[i].len);
        CHECK_EQ(toy.octets[0], rows[i].first);
        CHECK_EQ(toy.at_s, 42);
        CHECK_EQ(jm_arena_mark(&mem), mark);
    }
    toy = (struct toy){.ask = {.kind = JM_ASK_HTTP, .what = &get}, .left = 1};
    CHECK_OK(drive(&all, JM_OK));
    CHECK_EQ(toy.http, 204);
    toy = (struct toy){.ask = {.kind = JM_ASK_RANDOM, .len = 2}, .left = 3};
    CHECK_OK(drive(&all, JM_OK));
    CHECK_EQ(calls, 3);
}

/* Nobody's answer is no answer: never JM_OK, never octets. */
TEST(what_nobody_answers)
{
    static const struct jm_answers none = {.ctx = NULL};
    struct jm_answers poor = all;

    mem = arena(4096);
    for (int kind = JM_ASK_SIGN; kind <= JM_ASK_TRANSMIT; kind++) {
        toy = (struct toy){.ask = {.kind = (enum jm_ask_kind)kind, .len = 8}, .left = 1};
        CHECK_OK(drive(&none, JM_OK));
        CHECK_ST(toy.told.st, JM_E_UNAVAILABLE);
        CHECK_EQ(toy.told.octets.len, 0);
    }
    toy = (struct toy){.ask = {.kind = JM_ASK_SEND}, .left = 1};
    CHECK_OK(drive(&all, JM_OK));
    CHECK_ST(toy.told.st, JM_E_UNAVAILABLE);
    /* more than is given at once */
    toy = (struct toy){.ask = {.kind = JM_ASK_RANDOM, .len = JM_DRIVE_RANDOM_MAX + 1}, .left = 1};
    CHECK_OK(drive(&all, JM_OK));
    CHECK_ST(toy.told.st, JM_E_UNAVAILABLE);
    CHECK_EQ(calls, 0);
    /* an answerer that fails half-way hands nothing on */
    poor.new_key = no_key;
    toy = (struct toy){.ask = {.kind = JM_ASK_NEW_KEY}, .left = 1};
    CHECK_OK(drive(&poor, JM_OK));
    CHECK_ST(toy.told.st, JM_E_LIMIT);
    CHECK_EQ(toy.told.octets.len, 0);
}

TEST(a_fault_ends_it)
{
    mem = arena(4096);
    toy = (struct toy){.ask = {.kind = JM_ASK_RANDOM, .len = 2}, .left = 3};
    CHECK_ST(drive(&all, JM_E_DENIED), JM_E_DENIED); /* it never began */
    CHECK_EQ(calls, 0);
    CHECK_EQ(toy.left, 3);
    toy.answers_with = JM_E_CONFLICT;
    CHECK_ST(drive(&all, JM_OK), JM_E_CONFLICT);
    CHECK_EQ(calls, 1);
    CHECK_EQ(toy.left, 2);
}
