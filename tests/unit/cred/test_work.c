/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a reader does for what a stranger sends: edges of our own code run, counted by the
 * compiler in the sanitizer builds (tests/support/record.c), over a family of inputs that grow. At
 * most a small constant per octet, whatever stands in them.
 */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/sdjwt.h"
#include "jumin/statuslist.h"
#include "support/record.h"
#include "unit/cred/jose_kit.h"

#ifndef JUMIN_RECORD
uint64_t record_work(void)
{
    return 0; /* not counted in this build: the inputs run all the same */
}
#endif

#define ROOM (64 * JM_MIB)

static uint8_t *room_of_inputs, *work_room;

static struct jm_buf fresh(void)
{
    if (room_of_inputs == NULL)
        room_of_inputs = malloc(ROOM);
    return jm_buf(room_of_inputs, ROOM);
}

typedef void make_fn(struct jm_buf *b, size_t n);
typedef void read_fn(struct jm_bytes in, struct jm_arena *mem);

static uint64_t work_of(read_fn *read, struct jm_bytes in)
{
    struct jm_arena mem;
    uint64_t before;

    if (work_room == NULL)
        work_room = malloc(ROOM);
    jm_arena_init(&mem, work_room, ROOM);
    before = record_work();
    read(in, &mem);
    before = record_work() - before;
    jm_arena_reset(&mem);
    return before;
}

/* Twice, eight times as long: at most @p most edges an octet beyond what any input costs. */
static bool in_proportion(const char *name, make_fn *make, read_fn *read, size_t n, uint64_t most,
                          uint64_t base)
{
    bool ok = true;

    for (size_t k = n; k <= 8 * n; k *= 8) {
        struct jm_buf b = fresh();
        uint64_t done;

        make(&b, k);
        done = work_of(read, jm_written(b));
        if (getenv("JUMIN_WORK_PRINT") != NULL)
            printf("%-40s %8zu octets %12llu edges %6.1f\n", name, b.len, (unsigned long long)done,
                   (double)done / (double)b.len);
        ok = CHECK(done <= base + most * b.len) && ok;
    }
    return ok;
}

/* -- CBOR -- */

static void cbor_head(struct jm_buf *b, unsigned major, uint64_t n)
{
    uint8_t h[9] = {(uint8_t)(major << 5 | 27)};

    jm_put_u64_be(h + 1, n);
    KIT_MUST(jm_buf_put(b, jm_bytes(h, n < 24 ? 1 : 9)));
    if (n < 24)
        b->ptr[b->len - 1] = (uint8_t)(major << 5 | n);
}

static void descending_keys(struct jm_buf *b, size_t n)
{
    cbor_head(b, 5, n);
    for (size_t i = n; i > 0; i--) {
        cbor_head(b, 0, 23 + i);
        cbor_head(b, 0, 0);
    }
}

static void keys_of_one_prefix(struct jm_buf *b, size_t n)
{
    char text[220];

    memset(text, 'a', sizeof text);
    cbor_head(b, 5, n);
    for (size_t i = n; i > 0; i--) {
        snprintf(text + 190, 24, "%06zu", i);
        cbor_head(b, 3, 196);
        KIT_MUST(jm_buf_put(b, jm_bytes(text, 196)));
        cbor_head(b, 0, 0);
    }
}

static void keys_that_are_arrays(struct jm_buf *b, size_t n)
{
    cbor_head(b, 5, n);
    for (size_t i = n; i > 0; i--) {
        cbor_head(b, 4, 20);
        for (size_t k = 0; k < 19; k++)
            cbor_head(b, 0, 1);
        cbor_head(b, 0, i);
        cbor_head(b, 0, 0);
    }
}

/* Maps in maps, each unordered, each with the next behind its largest key. */
static void nested_unordered(struct jm_buf *b, size_t n)
{
    for (unsigned depth = 0; depth < 14; depth++) {
        cbor_head(b, 5, n + 1);
        for (size_t i = n; i > 0; i--) {
            cbor_head(b, 0, 23 + i);
            cbor_head(b, 0, 0);
        }
        cbor_head(b, 0, 0);
    }
    cbor_head(b, 0, 0);
}

static void many_small_maps(struct jm_buf *b, size_t n)
{
    cbor_head(b, 4, n);
    for (size_t i = 0; i < n; i++) {
        cbor_head(b, 5, 16);
        for (uint64_t k = 16; k > 0; k--) {
            cbor_head(b, 0, k);
            cbor_head(b, 0, 0);
        }
    }
}

static void deep_tags(struct jm_buf *b, size_t n)
{
    cbor_head(b, 4, n);
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 12; k++)
            cbor_head(b, 6, 1);
        cbor_head(b, 0, 0);
    }
}

static void read_cbor(struct jm_bytes in, struct jm_arena *mem)
{
    (void)mem;
    (void)!jm_cbor_check(in, NULL, NULL);
}

TEST(cbor)
{
    CHECK(in_proportion("descending keys", descending_keys, read_cbor, 120, 200, 1000));
    CHECK(in_proportion("keys of one prefix", keys_of_one_prefix, read_cbor, 120, 200, 1000));
    CHECK(in_proportion("keys that are arrays", keys_that_are_arrays, read_cbor, 120, 200, 1000));
    CHECK(in_proportion("nested, unordered", nested_unordered, read_cbor, 100, 200, 1000));
    CHECK(in_proportion("many small maps", many_small_maps, read_cbor, 500, 200, 1000));
    CHECK(in_proportion("deep tags", deep_tags, read_cbor, 500, 200, 1000));
}

/* -- JSON -- */

static void put(struct jm_buf *b, const char *text)
{
    KIT_MUST(jm_buf_put(b, jm_str(text)));
}

static void object_of_many(struct jm_buf *b, size_t n)
{
    char t[40];

    put(b, "{");
    for (size_t i = 0; i < n; i++) {
        snprintf(t, sizeof t, "%s\"%zu\":1", i == 0 ? "" : ",", i);
        put(b, t);
    }
    put(b, "}");
}

static void objects_of_sixteen(struct jm_buf *b, size_t n)
{
    put(b, "[");
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            put(b, ",");
        object_of_many(b, 16);
    }
    put(b, "]");
}

static void deepest(struct jm_buf *b, size_t n)
{
    put(b, "[");
    for (size_t k = 0; k < n; k++)
        put(b, k == 0 ? "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
                      : ",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    put(b, "]");
}

static void escapes(struct jm_buf *b, size_t n)
{
    put(b, "\"");
    for (size_t k = 0; k < n; k++)
        put(b, "\\ud83d\\ude00");
    put(b, "\"");
}

static void unclosed_texts(struct jm_buf *b, size_t n)
{
    put(b, "[");
    for (size_t k = 0; k < n; k++)
        put(b, "\"\\\"\",");
}

static void read_json(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_json *j;

    (void)!jm_json_parse(&j, in, mem, NULL);
}

TEST(json)
{
    CHECK(in_proportion("an object of many", object_of_many, read_json, 128, 200, 1000));
    CHECK(in_proportion("objects of sixteen", objects_of_sixteen, read_json, 500, 200, 1000));
    CHECK(in_proportion("deepest", deepest, read_json, 500, 200, 1000));
    CHECK(in_proportion("escapes", escapes, read_json, 2000, 200, 1000));
    CHECK(in_proportion("unclosed", unclosed_texts, read_json, 2000, 200, 1000));
}

/* -- forms -- */

static void fields(struct jm_buf *b, size_t n)
{
    for (size_t k = 0; k < n; k++)
        put(b, k == 0 ? "a=%41" : "&");
}

static void percent(struct jm_buf *b, size_t n)
{
    put(b, "a=");
    for (size_t k = 0; k < n; k++)
        put(b, "%41");
}

static void read_form(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_form f;

    (void)!jm_form_parse(&f, in, mem);
}

TEST(forms)
{
    CHECK(in_proportion("separators", fields, read_form, 5000, 200, 1000));
    CHECK(in_proportion("percent", percent, read_form, 5000, 200, 1000));
}

/* -- SD-JWT -- */

static struct jm_point issuer;

static const char *hash_of(const char *text)
{
    uint8_t h[32];

    KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_str(text), h));
    return b64(jm_bytes(h, 32));
}

static void signed_with(struct jm_buf *b, struct jm_buf *payload, const char *tail)
{
    struct jm_bytes text;
    struct jm_sig sig;
    size_t start = b->len;

    put(b, b64(JM_BYTES("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}")));
    put(b, ".");
    KIT_MUST(jm_b64url_put(b, jm_written(*payload)));
    text = jm_bytes(b->ptr + start, b->len - start);
    KIT_MUST(jm_key_sign(K.dsc_key, text, &sig));
    put(b, ".");
    KIT_MUST(jm_b64url_put(b, jm_sig_bytes(&sig)));
    put(b, "~");
    put(b, tail);
}

/* n decoys, and n / 4 disclosures of one claim each. */
static void digests_and_disclosures(struct jm_buf *b, size_t n)
{
    struct jm_buf payload, tail;
    char t[100];

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    KIT_MUST(jm_alloc_buf(&payload, &K.mem, 128 * JM_KIB));
    KIT_MUST(jm_alloc_buf(&tail, &K.mem, 128 * JM_KIB));
    put(&payload, "{\"vct\":\"urn:x\",\"exp\":1798761700,\"_sd\":[");
    for (size_t i = 0; i < n; i++) {
        const char *d;
        size_t mark = jm_arena_mark(&K.mem);

        snprintf(t, sizeof t, "[\"s%zu\",\"c%zu\",1]", i, i);
        d = b64(jm_str(t));
        put(&payload, i == 0 ? "\"" : ",\"");
        put(&payload, hash_of(d));
        put(&payload, "\"");
        if (i % 4 == 0) {
            put(&tail, d);
            put(&tail, "~");
        }
        jm_arena_back(&K.mem, mark);
    }
    put(&payload, "]}");
    KIT_MUST(jm_buf_put(&tail, jm_bytes("", 1)));
    signed_with(b, &payload, (const char *)tail.ptr);
    kit_end(&K);
}

/* One large value, whose digest stands everywhere: it may be woven in once. */
static void one_digest_everywhere(struct jm_buf *b, size_t n)
{
    struct jm_buf payload, big;

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    KIT_MUST(jm_alloc_buf(&payload, &K.mem, 128 * JM_KIB));
    KIT_MUST(jm_alloc_buf(&big, &K.mem, 256 * JM_KIB));
    put(&big, "[\"s\",[");
    for (size_t i = 0; i < 2000; i++)
        put(&big, i == 0 ? "[]" : ",[]");
    put(&big, "]]");
    struct jm_bytes text;
    KIT_MUST(jm_b64url_encode(&text, &K.mem, jm_written(big)));
    uint8_t h[32];
    KIT_MUST(jm_sha256(&jm_crypto_openssl, text, h));
    const char *digest = b64(jm_bytes(h, 32));
    put(&payload, "{\"vct\":\"urn:x\",\"exp\":1798761700,\"l\":[");
    for (size_t i = 0; i < n; i++) {
        put(&payload, i == 0 ? "{\"...\":\"" : ",{\"...\":\"");
        put(&payload, digest);
        put(&payload, "\"}");
    }
    put(&payload, "]}");
    signed_with(b, &payload, "");
    KIT_MUST(jm_buf_put(b, text));
    put(b, "~");
    kit_end(&K);
}

static void read_sdjwt(struct jm_bytes in, struct jm_arena *mem)
{
    static const struct jm_answers answers = {.verify = jm_openssl_verify};
    const struct jm_sdjwt_context x = {.now = KIT_NOW,
                                       .waive_kb = true,
                                       .waive_status = true,
                                       .waive_crl = true,
                                       .crypto = &jm_crypto_openssl,
                                       .issuer_key = &issuer};
    const struct jm_sdjwt_verified *v;

    (void)!jm_sdjwt_verify(&v, in, &x, &answers, mem);
}

TEST(sd_jwt)
{
    CHECK(in_proportion("digests and disclosures", digests_and_disclosures, read_sdjwt, 120, 300,
                        60000));
    CHECK(
        in_proportion("one digest everywhere", one_digest_everywhere, read_sdjwt, 120, 300, 60000));
}

/* -- mdoc -- */

#define MOST_DOC 400 /* edges an octet, of all checks of a document together */

static void text_item(struct jm_buf *b, const char *t)
{
    cbor_head(b, 3, strlen(t));
    put(b, t);
}

static void wrapped(struct jm_buf *out, struct jm_buf *inner)
{
    cbor_head(out, 6, 24);
    cbor_head(out, 2, inner->len);
    KIT_MUST(jm_buf_put(out, jm_written(*inner)));
}

/* A response of one document with @p n items of one digestID, name and salt each, and an MSO of 8 n
 * digests. */
static void items_and_digests(struct jm_buf *b, size_t n)
{
    struct jm_buf ns, mso, payload, item, auth;
    char name[28];

    kit_begin(&K);
    KIT_MUST(jm_alloc_buf(&ns, &K.mem, 256 * JM_KIB));
    KIT_MUST(jm_alloc_buf(&mso, &K.mem, 512 * JM_KIB));
    KIT_MUST(jm_alloc_buf(&payload, &K.mem, 600 * JM_KIB));
    KIT_MUST(jm_alloc_buf(&item, &K.mem, 4096));
    KIT_MUST(jm_alloc_buf(&auth, &K.mem, 700 * JM_KIB));
    cbor_head(&ns, 5, 1);
    text_item(&ns, "n");
    cbor_head(&ns, 4, n);
    for (size_t i = n; i > 0; i--) {
        item.len = 0;
        snprintf(name, sizeof name, "e%06zu", i);
        cbor_head(&item, 5, 4);
        text_item(&item, "digestID");
        cbor_head(&item, 0, i);
        text_item(&item, "random");
        cbor_head(&item, 2, 16);
        put(&item, "0123456789abcdef");
        text_item(&item, "elementIdentifier");
        text_item(&item, name);
        text_item(&item, "elementValue");
        cbor_head(&item, 0, 0);
        wrapped(&ns, &item);
    }
    cbor_head(&mso, 5, 6);
    text_item(&mso, "version");
    text_item(&mso, "1.0");
    text_item(&mso, "digestAlgorithm");
    text_item(&mso, "SHA-256");
    text_item(&mso, "docType");
    text_item(&mso, "d");
    text_item(&mso, "valueDigests");
    cbor_head(&mso, 5, 1);
    text_item(&mso, "n");
    cbor_head(&mso, 5, 2 * n);
    for (size_t i = 2 * n; i > 0; i--) {
        cbor_head(&mso, 0, 100 + i);
        cbor_head(&mso, 2, 23);
        put(&mso, "0123456789abcdef0123456");
    }
    text_item(&mso, "deviceKeyInfo");
    cbor_head(&mso, 5, 0);
    text_item(&mso, "validityInfo");
    cbor_head(&mso, 5, 3);
    static const char *const times[] = {"signed", "validFrom", "validUntil"};
    for (size_t i = 0; i < 3; i++) {
        text_item(&mso, times[i]);
        cbor_head(&mso, 6, 0);
        text_item(&mso, "2027-01-01T00:00:00Z");
    }
    wrapped(&payload, &mso);
    cbor_head(&auth, 4, 4);
    cbor_head(&auth, 2, 3);
    put(&auth, "\xa1\x01\x26");
    cbor_head(&auth, 5, 0);
    cbor_head(&auth, 2, payload.len);
    KIT_MUST(jm_buf_put(&auth, jm_written(payload)));
    cbor_head(&auth, 2, 0);
    cbor_head(b, 5, 3);
    text_item(b, "version");
    text_item(b, "1.0");
    text_item(b, "status");
    cbor_head(b, 0, 0);
    text_item(b, "documents");
    cbor_head(b, 4, 1);
    cbor_head(b, 5, 2);
    text_item(b, "docType");
    text_item(b, "d");
    text_item(b, "issuerSigned");
    cbor_head(b, 5, 2);
    text_item(b, "nameSpaces");
    KIT_MUST(jm_buf_put(b, jm_written(ns)));
    text_item(b, "issuerAuth");
    KIT_MUST(jm_buf_put(b, jm_written(auth)));
    kit_end(&K);
}

static void empty_documents(struct jm_buf *b, size_t n)
{
    cbor_head(b, 5, 3);
    text_item(b, "version");
    text_item(b, "1.0");
    text_item(b, "status");
    cbor_head(b, 0, 0);
    text_item(b, "documents");
    cbor_head(b, 4, 16);
    for (size_t i = 0; i < 16; i++) {
        cbor_head(b, 5, 1);
        text_item(b, "errors");
        cbor_head(b, 4, n);
        for (size_t k = 0; k < n; k++)
            cbor_head(b, 5, 0);
    }
}

static void read_response(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_anchors nobody = {.n = 0};
    const struct jm_mdoc_context x = {.now = KIT_NOW,
                                      .anchors = &nobody,
                                      .crypto = &jm_crypto_openssl};
    const struct jm_mdoc_verified *v;

    (void)!jm_mdoc_verify(&v, in, &x, NULL, mem);
}

TEST(documents)
{
    CHECK(
        in_proportion("items and digests", items_and_digests, read_response, 60, MOST_DOC, 100000));
    CHECK(in_proportion("empty documents", empty_documents, read_response, 100, MOST_DOC, 1500000));
}
