/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small country's ledger for tests: its actors, a record of each kind active ("aa") and suspended
 * ("ss"), transactions from a notation, signed by keys of two letters.
 *
 * Notation of CBOR, blanks between items: 12  'text'  T  F  {key value …}  [item …]
 *     #n:xx  n octets of xx        ~n   text of n letters      @k1  point of a key
 *     &n:xx  a long SEQUENCE of n octets, filled with xx       ^item SHA-256 of a string's content
 */
#ifndef JM_TEST_LTX_KIT_H
#define JM_TEST_LTX_KIT_H

#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/cbor.h"
#include "jumin/ledger.h"
#include "jumin/text.h"
#include "ledger/state_map.h"

#define LK_NOW UINT64_C(1900000000)
#define LK_CHAIN "kit-1"
#define LK_KEYS_MAX 64
#define LK_SCRATCH 65536

/* -- keys -- */

struct lk_key {
    char name[3];
    struct jm_key *key;
    struct jm_point point;
    uint8_t kid[JM_KID_LEN];
};

static struct lk_key lk_keys[LK_KEYS_MAX];
static size_t lk_n_keys;

/* From its name alone: the same in each run. */
JM_UNUSED static const struct lk_key *lk_key(const char *name)
{
    struct jm_secret32 scalar;
    struct lk_key *k = lk_keys;

    for (; k < lk_keys + lk_n_keys; k++)
        if (strncmp(k->name, name, 2) == 0)
            return k;
    if (lk_n_keys++ == LK_KEYS_MAX)
        abort();
    memcpy(k->name, name, 2);
    CHECK_OK(jm_sha256(&jm_crypto_openssl, jm_bytes(k->name, 2), scalar.octets));
    CHECK_OK(jm_key_from_scalar(&k->key, &scalar));
    CHECK_OK(jm_key_point(&k->point, k->key));
    CHECK_OK(jm_ltx_kid(k->kid, &jm_crypto_openssl, jm_point_bytes(&k->point)));
    return k;
}

/* -- notation -- */

struct lk_text {
    const char *at;
    struct jm_cbor_w *w;
};

static void lk_item(struct lk_text *t);

/* Given back by who asked. */
static struct jm_buf lk_scratch(void)
{
    struct jm_buf b = jm_buf(malloc(LK_SCRATCH), LK_SCRATCH);

    if (b.ptr == NULL)
        abort();
    return b;
}

static struct jm_bytes lk_kept(struct jm_buf b)
{
    struct jm_bytes out = exact(jm_written(b));

    free(b.ptr);
    return out;
}

static char lk_next(struct lk_text *t)
{
    t->at += strspn(t->at, " ");
    return *t->at;
}

/* Decimal; octets are two hexadecimal digits. */
static uint64_t lk_number(struct lk_text *t)
{
    size_t n = strspn(t->at, "0123456789");
    uint64_t v = 0;

    if (jm_parse_u64(&v, jm_bytes(t->at, n)) != JM_OK)
        abort();
    t->at += n;
    return v;
}

static uint8_t lk_octet(struct lk_text *t)
{
    struct jm_bytes b = test_unhex(jm_bytes(t->at, 2), t->at);

    t->at += 2;
    return b.len == 1 ? b.ptr[0] : 0;
}

/* Items up to the closing mark are written apart, and counted. */
static void lk_many(struct lk_text *t, char close)
{
    struct jm_buf b = lk_scratch();
    struct jm_cbor_w w, *outer = t->w;
    size_t n = 0;

    jm_cbor_w_init(&w, &b);
    t->w = &w;
    for (t->at++; lk_next(t) != close; n++)
        lk_item(t);
    t->at++;
    t->w = outer;
    if (close == '}')
        jm_cbor_w_map(outer, n / 2);
    else
        jm_cbor_w_array(outer, n);
    CHECK_OK(jm_cbor_w_end(&w));
    if (b.len != 0)
        jm_cbor_w_raw(outer, jm_written(b));
    free(b.ptr);
}

static void lk_filled(struct lk_text *t, bool der)
{
    size_t n = (size_t)lk_number(t);
    uint8_t *p = test_malloc(n);

    t->at++;
    memset(p, lk_octet(t), n);
    if (der && n < 260) {
        memcpy(p, "\x30\x81", 2);
        p[2] = (uint8_t)(n - 3);
    } else if (der) {
        memcpy(p, "\x30\x82", 2);
        p[2] = (uint8_t)((n - 4) >> 8);
        p[3] = (uint8_t)(n - 4);
    }
    jm_cbor_w_bytes(t->w, jm_bytes(p, n));
}

static void lk_hash(struct lk_text *t)
{
    struct jm_buf b = lk_scratch();
    struct jm_cbor_w w, *outer = t->w;
    struct jm_bytes content;
    struct jm_cbor r;
    uint8_t hash[32];

    jm_cbor_w_init(&w, &b);
    t->w = &w;
    lk_item(t);
    t->w = outer;
    jm_cbor_init(&r, jm_written(b));
    content = jm_cbor_peek(&r) == JM_CBOR_TEXT ? jm_cbor_text(&r) : jm_cbor_bytes(&r);
    CHECK_OK(jm_sha256(&jm_crypto_openssl, content, hash));
    jm_cbor_w_bytes(outer, jm_bytes(hash, sizeof hash));
    free(b.ptr);
}

static void lk_letters(struct lk_text *t)
{
    size_t n = (size_t)lk_number(t);
    uint8_t *p = test_malloc(n);

    memset(p, 'a', n);
    jm_cbor_w_text(t->w, jm_bytes(p, n));
}

static void lk_item(struct lk_text *t)
{
    char c = lk_next(t);
    const char *from = t->at + 1;

    switch (c) {
    case '{': lk_many(t, '}'); return;
    case '[': lk_many(t, ']'); return;
    case '\'':
        t->at = strchr(from, '\'') + 1;
        jm_cbor_w_text(t->w, jm_bytes(from, (size_t)(t->at - from) - 1));
        return;
    case '#':
    case '&':
        t->at++;
        lk_filled(t, c == '&');
        return;
    case '~':
        t->at++;
        lk_letters(t);
        return;
    case '^':
        t->at++;
        lk_hash(t);
        return;
    case '@':
        jm_cbor_w_bytes(t->w, jm_point_bytes(&lk_key(from)->point));
        t->at += 3;
        return;
    case 'T':
    case 'F':
        jm_cbor_w_bool(t->w, c == 'T');
        t->at++;
        return;
    default: jm_cbor_w_uint(t->w, lk_number(t)); return;
    }
}

/* Lives until the test ends. */
JM_UNUSED static struct jm_bytes lk_cbor(const char *notation)
{
    struct jm_buf b = lk_scratch();
    struct jm_cbor_w w;
    struct lk_text t = {notation, &w};

    jm_cbor_w_init(&w, &b);
    lk_item(&t);
    CHECK(lk_next(&t) == '\0');
    CHECK_OK(jm_cbor_w_end(&w));
    return lk_kept(b);
}

/* The map with another value of @p key; null: without it. */
JM_UNUSED static struct jm_bytes lk_with(struct jm_bytes map, uint64_t key, const char *value)
{
    struct jm_buf b = lk_scratch(), all = lk_scratch();
    struct jm_cbor_w w;
    struct jm_cbor r;
    bool done = value == NULL;
    size_t n, k = 0;

    jm_cbor_init(&r, map);
    jm_cbor_w_init(&w, &b);
    for (n = jm_cbor_map(&r); n > 0; n--) {
        uint64_t at = jm_cbor_uint(&r);
        struct jm_bytes item = jm_cbor_item(&r);

        if (!done && at >= key) {
            jm_cbor_w_uint(&w, key);
            jm_cbor_w_raw(&w, lk_cbor(value));
            done = true;
            k++;
        }
        if (at == key)
            continue;
        jm_cbor_w_uint(&w, at);
        jm_cbor_w_raw(&w, item);
        k++;
    }
    if (!done) {
        jm_cbor_w_uint(&w, key);
        jm_cbor_w_raw(&w, lk_cbor(value));
        k++;
    }
    CHECK_OK(jm_cbor_w_end(&w));
    jm_cbor_w_init(&w, &all);
    jm_cbor_w_map(&w, k);
    jm_cbor_w_raw(&w, jm_written(b));
    CHECK_OK(jm_cbor_w_end(&w));
    free(b.ptr);
    return lk_kept(all);
}

/* -- the country -- */

#define LK_PARAMS "{1 'kit.example/log' 2 16384 3 256 4 2592000 5 3600}"
#define LK_END "0 9007199254740991]"
#define LK_ACTOR(id, roles, keys, t) \
    "{1 '" id "' 2 1 3 {'en' '" id "'} 4 [" roles "] 5 [" keys "] 6 " t "}"
#define LK_KEY(name, holder) "[@" name " " holder " " LK_END
#define LK_TRIO(l) LK_KEY(l "1", "1") LK_KEY(l "2", "2") LK_KEY(l "3", "1")
#define LK_NODE(id, fill)                                                                 \
    "{1 '" id "' 2 1 3 'ope' 4 1 5 #32:" fill " 6 10 7 'cosigner' 8 'log' 9 'https://" id \
    ".example'}"
#define LK_POWER(id, rev, fill, power)                          \
    "{1 '" id "' 2 " rev " 3 'ope' 4 1 5 #32:" fill " 6 " power \
    " 7 'cosigner' 8 'log' 9 'https://" id ".example'}"
#define LK_NODES        \
    LK_NODE("n1", "01") \
    LK_NODE("n2", "02") \
    LK_NODE("n3", "03") LK_NODE("n4", "04") LK_NODE("n5", "05") LK_NODE("ss", "06")
/* gov: four keys of three people; three of a letter: the third is the first one's second key */
#define LK_ACTORS                                             \
    LK_ACTOR("gov", "1", LK_TRIO("g") LK_KEY("g4", "3"), "2") \
    LK_ACTOR("reg", "2", LK_TRIO("r"), "1")                   \
    LK_ACTOR("rpr", "3", LK_TRIO("p"), "1")                   \
    LK_ACTOR("sup", "4", LK_TRIO("s"), "1")                   \
    LK_ACTOR("iss", "5", LK_TRIO("i"), "2")                   \
    LK_ACTOR("pub", "6", LK_TRIO("u"), "1")                   \
    LK_ACTOR("ope", "7", LK_TRIO("o"), "1")                   \
    LK_ACTOR("acc", "5", LK_KEY("a1", "1"), "1")              \
    LK_ACTOR("aa", "5", LK_KEY("a2", "1"), "1") LK_ACTOR("ss", "5 2", LK_KEY("a3", "1"), "1")
#define LK_GENESIS_WITH(params, actors, nodes) \
    "{1 1 2 '" LK_CHAIN "' 3 1899990000 4 " params " 5 [" actors "] 6 [" nodes "] 7 #20:61 8 1}"
#define LK_GENESIS LK_GENESIS_WITH(LK_PARAMS, LK_ACTORS, LK_NODES)

#define LK_ISSUER(id) "{1 '" id "' 2 1 3 {'en' 'X'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}"
#define LK_CERT(fill) "{1 1 2 1 3 'aa' 4 &131:" fill " 5 ['doc.a'] 6 1 7 2 8 #20:01}"
#define LK_SCHEMA(type, paths) \
    "{1 '" type "' 2 1 3 1 4 1 5 #32:01 6 'https://s.example' 7 [" paths "]}"
#define LK_RP(id) "{1 '" id "' 2 1 3 {'en' 'X'} 5 [[1 '12345']] 6 F 7 'KR' 9 0 10 'sup'}"
#define LK_RPCERT(fill) "{1 #32:" fill " 2 1 3 'aa' 4 #20:01 5 2000000000}"
#define LK_USE(id, type, path)                                                           \
    "{1 'aa' 2 1 3 '" id "' 4 {'en' 'X'} 5 'https://r.example' 6 'law' 7 0 8 [[1 '" type \
    "' [[" path "]]]] 9 1 10 2 11 7}"
#define LK_WALLET(id) "{1 '" id "' 2 1 3 {'en' 'X'} 4 'iss' 6 [['android' '1']]}"
#define LK_CIRCUIT(fill) "{1 #32:" fill " 2 1 3 'system' 4 1 5 5 6 1}"
#define LK_LIST(id) \
    "{1 '" id "' 2 1 3 'pub' 4 'aa' 5 3 6 1 7 10 8 'https://l.example' 9 4 10 60 11 3600}"
#define LK_FLAG(kind, id) "{1 " kind " 2 1 3 '" id "' 4 0 5 1}"
#define LK_CRL(hash, n) "{1 " hash " 2 " n " 3 #32:07 4 'https://c.example' 5 1 6 2}"
#define LK_DID(did, n, kind, owner) "{1 '" did "' 2 " n " 3 '" n "-x' 4 " kind " 5 '" owner "'}"
#define LK_EPOCH(list) "{1 '" list "' 2 1 3 1900000000 4 1900000900 5 4 6 #32:09 7 #32:00}"
#define LK_STATE(id, to) "{1 " id " 2 2 3 " to " 4 0}"
#define LK_STATE5(id, to, second) "{1 " id " 2 2 3 " to " 4 0 5 " second "}"
#define LK_STATE3(id, to) "{1 " id " 2 3 3 " to " 4 0}"
#define LK_STATE53(id, to, second) "{1 " id " 2 3 3 " to " 4 0 5 " second "}"

struct lk_tx {
    enum jm_ltx_type type;
    const char *body;
    const char *signers; /* "g1 g2"; the first one's actor acts */
};

/* ss of each kind is suspended by the second half. */
static const struct lk_tx lk_first[] = {
    {JM_LTX_ISSUER_PUT, LK_ISSUER("aa"), "r1 r2"},
    {JM_LTX_ISSUER_PUT, LK_ISSUER("ss"), "r1 r2"},
    {JM_LTX_CERT_PUT, LK_CERT("0a"), "r1 r2"},
    {JM_LTX_CERT_PUT, LK_CERT("0b"), "r1 r2"},
    {JM_LTX_SCHEMA_PUT, LK_SCHEMA("doc.a", "['secret' 'x']"), "r1 r2"},
    {JM_LTX_SCHEMA_PUT, LK_SCHEMA("doc.s", ""), "r1 r2"},
    {JM_LTX_RP_PUT, LK_RP("aa"), "p1"},
    {JM_LTX_RP_PUT, LK_RP("ss"), "p1"},
    {JM_LTX_RPCERT_PUT, LK_RPCERT("0a"), "p1"},
    {JM_LTX_RPCERT_PUT, LK_RPCERT("0b"), "p1"},
    {JM_LTX_USE_PUT, LK_USE("aa", "doc.a", "'name'"), "p1"},
    {JM_LTX_USE_PUT, LK_USE("ss", "doc.a", "'name'"), "p1"},
    {JM_LTX_WALLET_PUT, LK_WALLET("aa"), "r1 r2"},
    {JM_LTX_WALLET_PUT, LK_WALLET("ss"), "r1 r2"},
    {JM_LTX_CIRCUIT_PUT, LK_CIRCUIT("0a"), "r1 r2"},
    {JM_LTX_CIRCUIT_PUT, LK_CIRCUIT("0b"), "r1 r2"},
    {JM_LTX_LIST_PUT, LK_LIST("aa"), "r1 r2 u1"},
    {JM_LTX_LIST_PUT, LK_LIST("ss"), "r1 r2 u1"},
    {JM_LTX_FLAG_PUT, LK_FLAG("1", "aa"), "s1"},
    {JM_LTX_ACTOR_STATE, LK_STATE("'ss'", "2"), "g1"},
    {JM_LTX_NODE_STATE, LK_STATE("'ss'", "2"), "g1 g2"},
    {JM_LTX_ISSUER_STATE, LK_STATE("'ss'", "2"), "r1"},
    {JM_LTX_CERT_STATE, LK_STATE("^&131:0b", "2"), "r1"},
    {JM_LTX_SCHEMA_STATE, LK_STATE5("'doc.s'", "2", "1"), "r1"},
    {JM_LTX_RPCERT_STATE, LK_STATE("#32:0b", "2"), "s1"},
    {JM_LTX_RP_STATE, LK_STATE("'ss'", "2"), "s1"},
    {JM_LTX_USE_STATE, LK_STATE5("'aa'", "2", "'ss'"), "s1"},
    {JM_LTX_WALLET_STATE, LK_STATE("'ss'", "2"), "r1"},
    {JM_LTX_CIRCUIT_STATE, LK_STATE("#32:0b", "2"), "r1"},
    {JM_LTX_LIST_STATE, LK_STATE("'ss'", "2"), "r1"},
};

static uint8_t lk_ledger_room[2 * JM_MIB], lk_block_room[4 * JM_MIB], lk_tx_room[JM_MIB];
static struct jm_arena lk_ledger_mem, lk_block_mem, lk_tx_mem;
static const struct jm_ledger_port lk_port = {&jm_crypto_openssl, jm_openssl_verify, NULL};
static struct jm_ledger lk_ledger;

/* -- transactions -- */

/* The actor whose keys begin with that letter. */
static const char *lk_actor_of(const char *key)
{
    static const char *const names[] = {"gov", "reg", "rpr", "sup", "iss", "pub", "ope"};
    static const char letters[] = "grpsiuo";
    const char *at = strchr(letters, key[0]);

    if (at != NULL && *at != '\0')
        return names[at - letters];
    return key[0] != 'a' ? "nobody" : key[1] == '1' ? "acc" : key[1] == '2' ? "aa" : "ss";
}

/* The next number of an actor's lane. */
JM_UNUSED static uint64_t lk_seq(const struct jm_block *b, const char *actor, uint64_t lane)
{
    char key[80];
    struct jm_bytes v;
    struct jm_cbor r;

    snprintf(key, sizeof key, "seq/%s/%u", actor, (unsigned)lane);
    v = jm_block_value(b, jm_str(key));
    jm_cbor_init(&r, v);
    return v.ptr == NULL ? 1 : jm_cbor_uint(&r) + 1;
}

JM_UNUSED static size_t lk_sign(struct jm_ltx_signature *sig, const char *signers,
                                const struct jm_hash32 *genesis, struct jm_bytes payload)
{
    size_t n = 0;

    for (const char *at = signers; *at != '\0'; at += strspn(at + 2, " ") + 2) {
        const struct lk_key *k = lk_key(at);
        struct jm_bytes data;

        memcpy(sig[n].kid, k->kid, JM_KID_LEN);
        CHECK_OK(jm_ltx_to_sign(&data, k->kid, genesis, payload, &lk_tx_mem));
        CHECK_OK(jm_key_sign(k->key, data, &sig[n++].sig));
    }
    return n;
}

/* Lives until the next one is made. */
JM_UNUSED static struct jm_bytes lk_make(const struct jm_ltx *x, const char *signers,
                                         const struct jm_hash32 *genesis)
{
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    struct jm_bytes payload, tx = jm_none();

    jm_arena_reset(&lk_tx_mem);
    CHECK_OK(jm_ltx_payload(&payload, x, &lk_tx_mem));
    CHECK_OK(jm_ltx_seal(&tx, payload, sig, lk_sign(sig, signers, genesis, payload), &lk_tx_mem));
    return tx;
}

/* As a transaction of the one who signs first, with the number that is next in @p b. */
JM_UNUSED static struct jm_ltx lk_plain(const struct jm_block *b, enum jm_ltx_type type,
                                        struct jm_bytes body, const char *signers)
{
    const char *actor = lk_actor_of(signers);

    return (struct jm_ltx){.chain_id = JM_BYTES(LK_CHAIN),
                           .type = type,
                           .actor = jm_str(actor),
                           .seq = lk_seq(b, actor, 0),
                           .not_after = LK_NOW + 3600,
                           .body = body};
}

JM_UNUSED static enum jm_ltx_code lk_apply(struct jm_block *b, struct jm_bytes tx)
{
    enum jm_ltx_code code;

    CHECK_OK(jm_block_apply(&code, b, exact(tx)));
    return code;
}

JM_UNUSED static enum jm_ltx_code lk_give(struct jm_block *b, enum jm_ltx_type type,
                                          struct jm_bytes body, const char *signers)
{
    struct jm_ltx x = lk_plain(b, type, body, signers);

    return lk_apply(b, lk_make(&x, signers, &b->base->genesis));
}

JM_UNUSED static enum jm_ltx_code lk_do(struct jm_block *b, enum jm_ltx_type type, const char *body,
                                        const char *signers)
{
    return lk_give(b, type, lk_cbor(body), signers);
}

/* -- the ledger -- */

/* A block over the country as it stands, at LK_NOW; what was begun before is gone. */
JM_UNUSED static void lk_begin(struct jm_block *b)
{
    jm_arena_reset(&lk_block_mem);
    CHECK_OK(jm_block_begin(b, &lk_ledger, lk_ledger.height + 1, LK_NOW, &lk_block_mem));
}

JM_UNUSED static void lk_commit(struct jm_block *b)
{
    CHECK_OK(jm_block_end(b));
    CHECK_OK(jm_block_commit(&lk_ledger, b));
}

/* A fresh one of genesis alone. */
JM_UNUSED static void lk_found(const char *genesis)
{
    struct jm_block b;

    CHECK_OK(jm_openssl_init());
    jm_arena_init(&lk_ledger_mem, lk_ledger_room, sizeof lk_ledger_room);
    jm_arena_init(&lk_block_mem, lk_block_room, sizeof lk_block_room);
    jm_arena_init(&lk_tx_mem, lk_tx_room, sizeof lk_tx_room);
    CHECK_OK(jm_ledger_genesis(&lk_ledger, &b, lk_cbor(genesis), &lk_port, &lk_ledger_mem,
                               &lk_block_mem));
    lk_commit(&b);
}

/* With a record of each kind. */
JM_UNUSED static void lk_country(void)
{
    struct jm_block b;

    lk_found(LK_GENESIS);
    lk_begin(&b);
    for (size_t i = 0; i < JM_ARRAY_LEN(lk_first); i++)
        ROW(CHECK_EQ(lk_do(&b, lk_first[i].type, lk_first[i].body, lk_first[i].signers), JM_LTX_OK),
            lk_first[i].body);
    lk_commit(&b);
}

#endif
