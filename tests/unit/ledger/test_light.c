/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "unit/test.h"

#include "host/openssl/ed25519.h"
#include "jumin/base64.h"
#include "jumin/light.h"

static const struct jm_crypto *crypto = &jm_crypto_portable;

static enum jm_status verify(void *ctx, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig)
{
    ++*(unsigned *)ctx;
    return jm_ed25519_verify(key, data, sig);
}

static unsigned verified;
static const struct jm_light_port port = {&jm_crypto_portable, verify, &verified};

static struct jm_bytes text_of(const struct jm_json *o, const char *name)
{
    struct jm_bytes v;

    CHECK_OK(jm_json_str(&v, o, name));
    return v;
}

/* -- encodings -- */

static struct jm_light_block_id block_id_of(const struct jm_json *o, struct jm_arena *mem)
{
    const struct jm_json *parts = jm_json_get(o, "parts");
    struct jm_light_block_id id = {0};
    int64_t total;

    CHECK_OK(jm_hex_decode(&id.hash, mem, text_of(o, "hash")));
    CHECK_OK(jm_hex_decode(&id.parts_hash, mem, text_of(parts, "hash")));
    CHECK_OK(jm_json_int(&total, jm_json_get(parts, "total")));
    id.parts = (uint64_t)total;
    return id;
}

/* The reader wants a commit beside: the header's own. */
static struct jm_light_header header_of(const struct jm_json *o, struct jm_arena *mem)
{
    struct jm_buf b = room(o->raw.len + 512);
    struct jm_light_commit commit;
    struct jm_light_header h;
    const struct jm_json *root;

    CHECK_OK(jm_buf_put(&b, JM_BYTES("{\"header\":")));
    CHECK_OK(jm_buf_put(&b, o->raw));
    CHECK_OK(jm_buf_put(&b, JM_BYTES(",\"commit\":{\"height\":\"1\",\"round\":0,\"block_id\":{"
                                     "\"hash\":\"\",\"parts\":{\"total\":0,\"hash\":\"\"}},"
                                     "\"signatures\":[]}}")));
    CHECK_OK(jm_json_parse(&root, jm_written(b), mem, NULL));
    CHECK_OK(jm_light_read_signed_header(&h, &commit, root, mem));
    return h;
}

static void check_vote(const struct jm_json *v, struct jm_arena *mem)
{
    const struct jm_json *o = jm_json_get(v, "vote"), *id = jm_json_get(o, "block_id");
    struct jm_light_vote vote = {0};
    struct jm_buf out = room(JM_LIGHT_SIGN_BYTES_MAX);
    struct jm_bytes want;

    CHECK_OK(jm_json_int(&vote.type, jm_json_get(o, "type")));
    CHECK_OK(jm_json_int(&vote.height, jm_json_get(o, "height")));
    CHECK_OK(jm_json_int(&vote.round, jm_json_get(o, "round")));
    CHECK_OK(jm_json_int(&vote.time.s, jm_json_get(o, "seconds")));
    if (id != NULL)
        vote.block = block_id_of(id, mem);
    CHECK_OK(jm_light_sign_bytes(&out, text_of(v, "chain_id"), &vote));
    CHECK_OK(jm_hex_decode(&want, mem, text_of(v, "want")));
    CHECK_SAME(jm_written(out), want);
}

static void check_merkle(const struct jm_json *v, struct jm_arena *mem)
{
    struct jm_range tree = {0};
    struct jm_hash32 root;
    struct jm_bytes want;

    for (const struct jm_json *l = jm_json_get(v, "leaves")->child; l != NULL; l = l->next) {
        struct jm_hash32 leaf;
        struct jm_bytes octets;

        CHECK_OK(jm_hex_decode(&octets, mem, l->text));
        CHECK_OK(jm_merkle_leaf(&leaf, crypto, &octets, 1));
        CHECK_OK(jm_range_push(&tree, crypto, &leaf));
    }
    CHECK_OK(jm_range_root(&root, &tree, crypto));
    CHECK_OK(jm_hex_decode(&want, mem, text_of(v, "want")));
    CHECK_SAME(jm_hash32_bytes(&root), want);
}

TEST(encodings_of_cometbft)
{
    struct jm_bytes file = vector("ledger/cometbft-encodings.json"), want;
    struct jm_arena mem = arena(1 << 18);
    const struct jm_json *all;
    unsigned n = 0;

    CHECK_OK(jm_json_parse(&all, file, &mem, NULL));
    for (const struct jm_json *v = all->child; v != NULL; v = v->next, n++) {
        const struct jm_json *kind = jm_json_get(v, "kind");

        if (jm_json_is_str(kind, "merkle")) {
            check_merkle(v, &mem);
        } else if (jm_json_is_str(kind, "vote")) {
            check_vote(v, &mem);
        } else {
            struct jm_light_header h = header_of(jm_json_get(v, "header"), &mem);
            struct jm_hash32 hash;

            CHECK_OK(jm_light_header_hash(&hash, crypto, &h));
            CHECK_OK(jm_hex_decode(&want, &mem, text_of(v, "want")));
            CHECK_SAME(jm_hash32_bytes(&hash), want);
        }
    }
    CHECK_EQ(n, 6);
}

/* -- steps -- */

/* A step of the vectors: the block, and what is trusted. */
struct story {
    struct jm_light_trusted trusted;
    struct jm_light_policy policy;
    struct jm_light_block block;
    unsigned verdicts[3], steps;
    void (*each)(struct story *s, const struct jm_light_block *b, enum jm_light_verdict want);
};

static enum jm_light_verdict verdict_of(const struct jm_json *v)
{
    return jm_json_is_str(v, "SUCCESS")            ? JM_LIGHT_SUCCESS
           : jm_json_is_str(v, "NOT_ENOUGH_TRUST") ? JM_LIGHT_NOT_ENOUGH_TRUST
                                                   : JM_LIGHT_INVALID;
}

static const struct jm_json *validators(const struct jm_json *o, const char *name)
{
    return jm_json_get(jm_json_get(o, name), "validators");
}

static void begin_story(struct story *s, const struct jm_json *o, struct jm_arena *mem)
{
    struct jm_light_commit commit;
    struct jm_light_header header;
    struct jm_light_set next;
    uint64_t ns;

    CHECK_OK(jm_light_read_signed_header(&header, &commit, jm_json_get(o, "signed_header"), mem));
    CHECK_OK(jm_light_read_set(&next, crypto, validators(o, "next_validator_set"), mem));
    CHECK_OK(jm_light_trust(&s->trusted, crypto, &header, &next, commit.block.hash));
    CHECK_OK(jm_parse_u64(&ns, text_of(o, "trusting_period")));
    s->policy.trusting_s = (int64_t)(ns / 1000000000);
}

static void next_step(struct story *s, const struct jm_json *o, struct jm_arena *mem)
{
    const struct jm_json *block = jm_json_get(o, "block");
    enum jm_light_verdict want = verdict_of(jm_json_get(o, "verdict"));
    struct jm_light_trusted trusted;
    struct jm_light_result result;
    struct jm_light_block b;

    CHECK_OK(jm_light_read_time(&s->policy.now, text_of(o, "now")));
    CHECK_OK(jm_light_read_signed_header(&b.header, &b.commit, jm_json_get(block, "signed_header"),
                                         mem));
    CHECK_OK(jm_light_read_set(&b.set, crypto, validators(block, "validator_set"), mem));
    CHECK_OK(jm_light_read_set(&b.next, crypto, validators(block, "next_validator_set"), mem));
    CHECK_OK(jm_light_step(&trusted, &result, &s->trusted, &b, &s->policy, &port));
    if (!CHECK_EQ(result.verdict, want))
        printf("    fault %d\n", (int)result.fault);
    CHECK_EQ(result.fault == JM_LIGHT_FINE, want == JM_LIGHT_SUCCESS);
    CHECK_EQ(trusted.header.height != 0, want == JM_LIGHT_SUCCESS);
    if (s->each != NULL)
        s->each(s, &b, want);
    if (result.verdict == JM_LIGHT_SUCCESS)
        s->trusted = trusted;
    s->verdicts[want]++;
    s->steps++;
}

static void tell(struct story *s, const char *name)
{
    struct jm_bytes file;
    struct jm_arena mem = arena(1 << 20);
    const struct jm_json *o;
    char path[300];

    snprintf(path, sizeof path, "ledger/light-client/%s", name);
    file = vector(path);
    if (!CHECK_OK(jm_json_parse(&o, file, &mem, NULL)))
        return;
    begin_story(s, jm_json_get(o, "initial"), &mem);
    for (const struct jm_json *i = jm_json_get(o, "input")->child; i != NULL; i = i->next)
        next_step(s, i, &mem);
}

static void tell_all(struct story *s)
{
    DIR *dir = opendir(vector_path("ledger/light-client"));
    struct dirent *e;

    if (dir == NULL)
        SKIP("no vectors (JUMIN_VECTORS)");
    while ((e = readdir(dir)) != NULL)
        if (strstr(e->d_name, ".json") != NULL)
            tell(s, e->d_name);
    closedir(dir);
}

TEST(stories_of_the_model)
{
    struct story s = {0};

    tell_all(&s);
    CHECK_EQ(s.steps, 62);
    CHECK_EQ(s.verdicts[JM_LIGHT_SUCCESS], 28);
    CHECK_EQ(s.verdicts[JM_LIGHT_NOT_ENOUGH_TRUST], 27);
    CHECK_EQ(s.verdicts[JM_LIGHT_INVALID], 7);
    CHECK(verified > 62);
}

/* -- refusals: a chain of our own, with signatures that are hashes -- */

#define VALIDATORS 4

static uint8_t keys[VALIDATORS + 1][JM_LIGHT_KEY_LEN];

static struct jm_bytes key_of(unsigned i)
{
    memset(keys[i], (int)i + 1, JM_LIGHT_KEY_LEN);
    return jm_bytes(keys[i], JM_LIGHT_KEY_LEN);
}

static void toy_sign(uint8_t sig[JM_LIGHT_SIG_LEN], struct jm_bytes key, struct jm_bytes data)
{
    const struct jm_bytes one[] = {key, data}, two[] = {data, key};

    CHECK_OK(crypto->hash(JM_SHA256, one, 2, sig));
    CHECK_OK(crypto->hash(JM_SHA256, two, 2, sig + 32));
}

static enum jm_status toy_verify(void *ctx, struct jm_bytes key, struct jm_bytes data,
                                 struct jm_bytes sig)
{
    uint8_t want[JM_LIGHT_SIG_LEN];

    if (ctx != NULL)
        return *(enum jm_status *)ctx;
    toy_sign(want, key, data);
    return jm_bytes_eq(sig, jm_bytes(want, sizeof want)) ? JM_OK : JM_E_SIGNATURE;
}

static const struct jm_light_port toy = {&jm_crypto_portable, toy_verify, NULL};

/* A header of height @p height over one set of validators, signed by all of them. */
struct made {
    struct jm_arena mem;
    struct jm_light_block b;
    struct jm_light_sig sig[VALIDATORS];
    uint8_t octets[VALIDATORS][JM_LIGHT_SIG_LEN], address[VALIDATORS][JM_LIGHT_ADDRESS_LEN];
    struct jm_hash32 hash, set, next;
    uint8_t proposer[JM_LIGHT_ADDRESS_LEN];
    int64_t power[VALIDATORS];
};

static void sign_again(struct made *m)
{
    struct jm_light_commit *k = &m->b.commit;

    CHECK_OK(jm_light_header_hash(&m->hash, crypto, &m->b.header));
    k->block.hash = jm_hash32_bytes(&m->hash);
    for (unsigned i = 0; i < m->b.set.n && i < VALIDATORS; i++) {
        const struct jm_light_validator *v = &m->b.set.at[i];
        struct jm_light_vote vote = {2, k->height, k->round, k->block, m->sig[i].time};
        struct jm_buf b = room(JM_LIGHT_SIGN_BYTES_MAX);

        CHECK_OK(jm_light_sign_bytes(&b, m->b.header.chain_id, &vote));
        toy_sign(m->octets[i], v->key, jm_written(b));
        memcpy(m->address[i], v->address, sizeof v->address);
        m->sig[i].sig = jm_bytes(m->octets[i], JM_LIGHT_SIG_LEN);
        m->sig[i].address = jm_bytes(m->address[i], JM_LIGHT_ADDRESS_LEN);
    }
}

static void hash_sets(struct made *m)
{
    CHECK_OK(jm_light_set_hash(&m->set, crypto, &m->b.set));
    CHECK_OK(jm_light_set_hash(&m->next, crypto, &m->b.next));
    m->b.header.validators_hash = jm_hash32_bytes(&m->set);
    m->b.header.next_validators_hash = jm_hash32_bytes(&m->next);
}

static void make_block(struct made *m, int64_t height, int64_t time_s)
{
    struct jm_light_validator v[VALIDATORS];

    *m = (struct made){.mem = arena(8192)};
    for (unsigned i = 0; i < VALIDATORS; i++)
        v[i] = (struct jm_light_validator){.key = key_of(i), .power = 1};
    CHECK_OK(jm_light_set_make(&m->b.set, crypto, v, VALIDATORS, &m->mem));
    m->b.next = m->b.set;
    m->b.header = (struct jm_light_header){
        .block_version = 11,
        .app_version = 1,
        .chain_id = JM_BYTES("jumin-test-1"),
        .height = height,
        .time = {time_s, 5},
        .proposer = jm_bytes(m->proposer, sizeof m->proposer),
    };
    m->b.commit = (struct jm_light_commit){.height = height, .round = 1, .n = VALIDATORS};
    m->b.commit.at = m->sig;
    for (unsigned i = 0; i < VALIDATORS; i++)
        m->sig[i] =
            (struct jm_light_sig){.flag = JM_LIGHT_FOR_BLOCK, .time = {time_s + 1, (int32_t)i}};
    hash_sets(m);
    sign_again(m);
}

#define NOW_S 2000

static const struct jm_light_policy policy = {{NOW_S, 0}, 1000, 10};

static void trust_block(struct jm_light_trusted *out, struct made *m)
{
    CHECK_OK(jm_light_trust(out, crypto, &m->b.header, &m->b.next, jm_hash32_bytes(&m->hash)));
}

/* What is wrong with a block of height 5 (after 4) or 9. */
static void no_change(struct made *m)
{
    (void)m;
}
static void other_chain(struct made *m)
{
    m->b.header.chain_id = JM_BYTES("jumin-test-2");
    sign_again(m);
}
static void same_height(struct made *m)
{
    m->b.header.height = m->b.commit.height = 4;
    sign_again(m);
}
static void same_time(struct made *m)
{
    m->b.header.time = (struct jm_light_time){1500, 5};
    sign_again(m);
}
static void a_nanosecond_later(struct made *m)
{
    m->b.header.time = (struct jm_light_time){1500, 6};
    sign_again(m);
}
static void ahead_by_the_drift(struct made *m)
{
    m->b.header.time = (struct jm_light_time){NOW_S + 10, 0};
    sign_again(m);
}
static void ahead_by_less(struct made *m)
{
    m->b.header.time = (struct jm_light_time){NOW_S + 9, 999999999};
    sign_again(m);
}
static void commit_of_another_height(struct made *m)
{
    m->b.commit.height++;
    sign_again(m);
}
static void commit_of_another_header(struct made *m)
{
    m->b.header.app_version++;
}
static void another_app_hash(struct made *m)
{
    m->b.header.app_hash = m->b.header.validators_hash;
}
static void fewer_validators(struct made *m)
{
    m->b.set.n--;
}
static void fewer_next(struct made *m)
{
    m->b.next.n--;
}
static void one_replaced(struct made *m)
{
    struct jm_light_validator v[VALIDATORS];

    for (unsigned i = 0; i < VALIDATORS; i++)
        v[i] = (struct jm_light_validator){.key = key_of(i + 1), .power = 1};
    CHECK_OK(jm_light_set_make(&m->b.set, crypto, v, VALIDATORS, &m->mem));
    hash_sets(m);
    sign_again(m);
}
static void one_signs_of_the_old(struct made *m)
{
    one_replaced(m);
    for (unsigned i = 0, old = 0; i < VALIDATORS; i++)
        if (!jm_bytes_eq(m->b.set.at[i].key, key_of(VALIDATORS)) && old++ > 0)
            m->sig[i].flag = JM_LIGHT_ABSENT;
}
static void two_sign_of_the_old(struct made *m)
{
    one_replaced(m);
    for (unsigned i = 0, old = 0; i < VALIDATORS; i++)
        if (!jm_bytes_eq(m->b.set.at[i].key, key_of(VALIDATORS)) && old++ > 1)
            m->sig[i].flag = JM_LIGHT_ABSENT;
}
static void a_signer_too_few(struct made *m)
{
    m->b.commit.n--;
}
static void address_of_another(struct made *m)
{
    m->sig[0].address = m->sig[1].address;
}
static void signature_of_another(struct made *m)
{
    m->sig[0].sig = m->sig[1].sig;
}
static void the_last_is_wrong(struct made *m)
{
    m->octets[VALIDATORS - 1][63] ^= 1;
}
static void signature_too_short(struct made *m)
{
    m->sig[0].sig.len--;
}
static void another_time_of_a_vote(struct made *m)
{
    m->sig[2].time.ns++;
}
static void another_round(struct made *m)
{
    m->b.commit.round++;
}
static void other_parts(struct made *m)
{
    m->b.commit.block.parts++;
}
static void a_flag_that_is_none(struct made *m)
{
    m->sig[0].flag = 4;
}
static void one_absent(struct made *m)
{
    m->sig[3].flag = JM_LIGHT_ABSENT;
}
static void two_absent(struct made *m)
{
    one_absent(m);
    m->sig[2].flag = JM_LIGHT_ABSENT;
}
static void two_for_nil(struct made *m)
{
    m->sig[2].flag = m->sig[3].flag = JM_LIGHT_FOR_NIL;
}
static void height_below_one(struct made *m)
{
    m->b.header.height = -1;
}
static void hash_too_short(struct made *m)
{
    m->b.header.data_hash = JM_BYTES("x");
    sign_again(m);
}
static void round_zero(struct made *m)
{
    m->b.commit.round = 0;
    sign_again(m);
}
static void last_hash_too_short(struct made *m)
{
    m->b.header.last_block.hash = JM_BYTES("x");
    sign_again(m);
}
static void last_parts_too_short(struct made *m)
{
    m->b.header.last_block.parts_hash = JM_BYTES("x");
    sign_again(m);
}
static void no_validators_hash(struct made *m)
{
    m->b.header.validators_hash = jm_none();
    sign_again(m);
}
static void no_proposer(struct made *m)
{
    m->b.header.proposer = jm_none();
    sign_again(m);
}
static void too_many_nanoseconds(struct made *m)
{
    m->b.header.time.ns = 1000000000;
    sign_again(m);
}
static void commit_for_nil(struct made *m)
{
    m->b.commit.block.hash = jm_none();
}
static void round_below_zero(struct made *m)
{
    m->b.commit.round = -1;
    sign_again(m);
}

TEST(steps_of_our_own)
{
    static const struct {
        const char *name;
        int64_t height;
        void (*change)(struct made *m);
        enum jm_light_fault fault;
    } rows[] = {
        {"the next height", 5, no_change, JM_LIGHT_FINE},
        {"a later height", 9, no_change, JM_LIGHT_FINE},
        {"three of four signed", 5, one_absent, JM_LIGHT_FINE},
        {"three of four signed, later", 9, one_absent, JM_LIGHT_FINE},
        {"two of the trusted ones and the new one", 9, two_sign_of_the_old, JM_LIGHT_FINE},
        {"a nanosecond behind the trusted one", 5, a_nanosecond_later, JM_LIGHT_FINE},
        {"less ahead than clocks may differ", 5, ahead_by_less, JM_LIGHT_FINE},
        {"a commit of round 0", 5, round_zero, JM_LIGHT_FINE},
        {"the last block's hash too short", 5, last_hash_too_short, JM_LIGHT_FORM},
        {"its parts' hash too short", 5, last_parts_too_short, JM_LIGHT_FORM},
        {"height below one", 5, height_below_one, JM_LIGHT_FORM},
        {"a hash too short", 5, hash_too_short, JM_LIGHT_FORM},
        {"no hash of validators", 5, no_validators_hash, JM_LIGHT_FORM},
        {"no proposer", 5, no_proposer, JM_LIGHT_FORM},
        {"a second of nanoseconds", 5, too_many_nanoseconds, JM_LIGHT_FORM},
        {"a commit for nil", 5, commit_for_nil, JM_LIGHT_FORM},
        {"a round below zero", 5, round_below_zero, JM_LIGHT_FORM},
        {"another chain", 5, other_chain, JM_LIGHT_CHAIN},
        {"the same height", 5, same_height, JM_LIGHT_HEIGHT},
        {"the same time", 5, same_time, JM_LIGHT_TIME},
        {"ahead of the clock", 5, ahead_by_the_drift, JM_LIGHT_FUTURE},
        {"commit of another height", 5, commit_of_another_height, JM_LIGHT_COMMIT_HEIGHT},
        {"commit of another header", 5, commit_of_another_header, JM_LIGHT_COMMIT_HASH},
        {"another app hash", 5, another_app_hash, JM_LIGHT_COMMIT_HASH},
        {"a validator left out", 5, fewer_validators, JM_LIGHT_SET},
        {"a next validator left out", 5, fewer_next, JM_LIGHT_NEXT_SET},
        {"next, but another set", 5, one_replaced, JM_LIGHT_ADJACENT},
        {"fewer signatures than validators", 5, a_signer_too_few, JM_LIGHT_SIGNERS},
        {"one under the address of another", 5, address_of_another, JM_LIGHT_SIGNERS},
        {"a signature too short", 5, signature_too_short, JM_LIGHT_SIGNERS},
        {"a flag that is none", 5, a_flag_that_is_none, JM_LIGHT_SIGNERS},
        {"one with the signature of another", 5, signature_of_another, JM_LIGHT_SIGNATURE},
        {"wrong behind two thirds", 5, the_last_is_wrong, JM_LIGHT_SIGNATURE},
        {"signed at another time", 5, another_time_of_a_vote, JM_LIGHT_SIGNATURE},
        {"signed for another round", 5, another_round, JM_LIGHT_SIGNATURE},
        {"signed for other parts", 5, other_parts, JM_LIGHT_SIGNATURE},
        {"one of the trusted ones", 9, one_signs_of_the_old, JM_LIGHT_TRUST},
        {"two of four signed", 5, two_absent, JM_LIGHT_POWER},
        {"two of four signed, later", 9, two_absent, JM_LIGHT_POWER},
        {"two signed for nil", 5, two_for_nil, JM_LIGHT_POWER},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_light_trusted from, out;
        struct jm_light_result r;
        struct made a, m;
        bool ok;

        make_block(&a, 4, 1500);
        trust_block(&from, &a);
        make_block(&m, rows[i].height, 1600);
        rows[i].change(&m);
        ok = CHECK_OK(jm_light_step(&out, &r, &from, &m.b, &policy, &toy)) &&
             CHECK_EQ(r.fault, rows[i].fault) &&
             CHECK_EQ(r.verdict, rows[i].fault == JM_LIGHT_FINE    ? JM_LIGHT_SUCCESS
                                 : rows[i].fault == JM_LIGHT_TRUST ? JM_LIGHT_NOT_ENOUGH_TRUST
                                                                   : JM_LIGHT_INVALID) &&
             CHECK_EQ(out.header.height, rows[i].fault == JM_LIGHT_FINE ? rows[i].height : 0);
        ROW(ok, rows[i].name);
    }
}

TEST(trust_ends)
{
    struct jm_light_policy p = policy;
    struct jm_light_trusted from, out;
    struct jm_light_result r;
    struct made a, m;

    make_block(&a, 4, 1500);
    trust_block(&from, &a);
    make_block(&m, 5, 1600);
    p.now = (struct jm_light_time){2500, 4};
    CHECK_OK(jm_light_step(&out, &r, &from, &m.b, &p, &toy));
    CHECK_EQ(r.verdict, JM_LIGHT_SUCCESS);
    p.now.ns = 5;
    CHECK_OK(jm_light_step(&out, &r, &from, &m.b, &p, &toy));
    CHECK_EQ(r.fault, JM_LIGHT_EXPIRED);
    p.trusting_s = -1;
    CHECK_ST(jm_light_step(&out, &r, &from, &m.b, &p, &toy), JM_E_RANGE);
    p = policy;
    p.drift_s = -1;
    CHECK_ST(jm_light_step(&out, &r, &from, &m.b, &p, &toy), JM_E_RANGE);
    p = policy;
    p.now.ns = -1;
    CHECK_ST(jm_light_step(&out, &r, &from, &m.b, &p, &toy), JM_E_RANGE);
    from = (struct jm_light_trusted){0};
    CHECK_ST(jm_light_step(&out, &r, &from, &m.b, &policy, &toy), JM_E_RANGE);
    CHECK_EQ(r.verdict, JM_LIGHT_INVALID);
}

TEST(who_cannot_verify_decides_nothing)
{
    enum jm_status st = JM_E_UNAVAILABLE;
    const struct jm_light_port none = {&jm_crypto_portable, toy_verify, &st};
    struct jm_light_trusted from, out;
    struct jm_light_result r;
    struct made a, m;

    make_block(&a, 4, 1500);
    trust_block(&from, &a);
    make_block(&m, 5, 1600);
    CHECK_ST(jm_light_step(&out, &r, &from, &m.b, &policy, &none), JM_E_UNAVAILABLE);
    CHECK_EQ(out.header.height, 0);
    st = JM_E_MALFORMED; /* no point of the curve */
    CHECK_OK(jm_light_step(&out, &r, &from, &m.b, &policy, &none));
    CHECK_EQ(r.fault, JM_LIGHT_SIGNATURE);
}

TEST(the_first_header)
{
    struct jm_light_trusted out;
    struct jm_hash32 other;
    struct made a;

    make_block(&a, 4, 1500);
    other = a.hash;
    other.octets[31] ^= 1;
    CHECK_ST(jm_light_trust(&out, crypto, &a.b.header, &a.b.next, jm_hash32_bytes(&other)),
             JM_E_DENIED);
    CHECK_ST(jm_light_trust(&out, crypto, &a.b.header, &a.b.next, jm_none()), JM_E_DENIED);
    a.b.next.n--;
    CHECK_ST(jm_light_trust(&out, crypto, &a.b.header, &a.b.next, jm_hash32_bytes(&a.hash)),
             JM_E_DENIED);
    a.b.header.height = 0;
    CHECK_ST(jm_light_trust(&out, crypto, &a.b.header, &a.b.next, jm_hash32_bytes(&a.hash)),
             JM_E_MALFORMED);
    CHECK_EQ(out.header.height, 0);
}

TEST(sets)
{
    struct jm_light_validator v[VALIDATORS];
    struct jm_arena mem = arena(1 << 14);
    struct jm_light_set set;

    for (unsigned i = 0; i < VALIDATORS; i++)
        v[i] = (struct jm_light_validator){.key = key_of(i), .power = 1 + (int64_t)i % 2};
    CHECK_OK(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem));
    CHECK_EQ(set.power, 6);
    CHECK(set.at[0].power == 2 && set.at[1].power == 2 && set.at[2].power == 1);
    CHECK(memcmp(set.at[0].address, set.at[1].address, JM_LIGHT_ADDRESS_LEN) < 0);
    CHECK(memcmp(set.at[2].address, set.at[3].address, JM_LIGHT_ADDRESS_LEN) < 0);
    CHECK_OK(jm_light_set_make(&set, crypto, v, 0, &mem));
    v[1].power = JM_LIGHT_POWER_MAX - 4;
    CHECK_OK(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem));
    v[1].power++;
    CHECK_ST(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem), JM_E_RANGE);
    v[1].power = 0;
    CHECK_ST(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem), JM_E_RANGE);
    v[1].power = 3;
    v[1].key = v[2].key;
    CHECK_ST(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem), JM_E_DUPLICATE);
    v[1].key.len--;
    CHECK_ST(jm_light_set_make(&set, crypto, v, VALIDATORS, &mem), JM_E_MALFORMED);
    CHECK_ST(jm_light_set_make(&set, crypto, v, JM_LIGHT_VALIDATORS_MAX + 1, &mem), JM_E_LIMIT);
    CHECK(set.n == 0 && set.at == NULL);
    for (size_t cap = 0; cap < 128; cap += 8) {
        struct jm_arena little = arena(cap);

        CHECK_ST(jm_light_set_make(&set, crypto, v, VALIDATORS, &little), JM_E_NO_SPACE);
    }
}

TEST(sign_bytes_at_their_limits)
{
    struct jm_light_vote vote = {2, INT64_MAX, INT32_MAX, {{NULL, 0}, UINT32_MAX, {NULL, 0}}, {0}};
    struct jm_bytes hash = hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    uint8_t id[JM_LIGHT_CHAIN_ID_MAX + 1];
    struct jm_buf out = room(JM_LIGHT_SIGN_BYTES_MAX);

    memset(id, 'a', sizeof id);
    vote.block.hash = vote.block.parts_hash = hash;
    vote.time = (struct jm_light_time){JM_LIGHT_YEAR_ONE, 999999999};
    CHECK_OK(jm_light_sign_bytes(&out, jm_bytes(id, JM_LIGHT_CHAIN_ID_MAX), &vote));
    out.len = 0;
    CHECK_ST(jm_light_sign_bytes(&out, jm_bytes(id, sizeof id), &vote), JM_E_RANGE);
    out = room(16);
    CHECK_ST(jm_light_sign_bytes(&out, jm_none(), &vote), JM_E_NO_SPACE);
}

/* -- reading -- */

TEST(times)
{
    static const struct {
        const char *in;
        int64_t s;
        int32_t ns;
        bool ok;
    } rows[] = {
        {"1970-01-01T00:00:01Z", 1, 0, true},
        {"1970-01-01T00:23:20.5Z", 1400, 500000000, true},
        {"2020-11-18T12:39:10.160570315Z", 1605703150, 160570315, true},
        {"0001-01-01T00:00:00Z", JM_LIGHT_YEAR_ONE, 0, true},
        {"1970-01-01T00:00:01.9Z", 1, 900000000, true},
        {"1970-01-01T00:00:01", 0, 0, false},
        {"1970-01-01T00:00:011", 0, 0, false},
        {"1970-01-01T00:00:Z", 0, 0, false},
        {"1970-01-01T00:00:01.Z", 0, 0, false},
        {"1970-01-01T00:00:01,5Z", 0, 0, false},
        {"1970-01-01T00:00:01.1234567890Z", 0, 0, false},
        {"1970-01-01T00:00:01.-1Z", 0, 0, false},
        {"1970-01-01T00:00:01+00:00", 0, 0, false},
        {"1970-13-01T00:00:01Z", 0, 0, false},
        {"", 0, 0, false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_light_time t;
        bool ok = CHECK_ST(jm_light_read_time(&t, exact(jm_str(rows[i].in))),
                           rows[i].ok ? JM_OK : JM_E_MALFORMED) &&
                  CHECK_EQ(t.s, rows[i].s) && CHECK_EQ(t.ns, rows[i].ns);

        ROW(ok, rows[i].in);
    }
}

#define BLOCK_ID "{\"hash\":\"\",\"parts\":{\"total\":1,\"hash\":\"\"}}"
#define HEADER                                                                                     \
    "{\"version\":{\"block\":\"11\",\"app\":\"1\"},\"chain_id\":\"c\",\"height\":\"7\","           \
    "\"time\":\"1970-01-01T00:00:01Z\",\"last_block_id\":" BLOCK_ID ",\"last_commit_hash\":\"\","  \
    "\"data_hash\":\"\",\"validators_hash\":\"AA\",\"next_validators_hash\":\"\","                 \
    "\"consensus_hash\":\"\",\"app_hash\":\"\",\"last_results_hash\":\"\",\"evidence_hash\":\"\"," \
    "\"proposer_address\":\"\"}"
#define COMMIT                                             \
    "{\"height\":\"7\",\"round\":2,\"block_id\":" BLOCK_ID \
    ",\"signatures\":[{\"block_id_flag\":1,"               \
    "\"validator_address\":\"\",\"timestamp\":\"0001-01-01T00:00:00Z\",\"signature\":null}]}"

static enum jm_status read_signed(struct jm_bytes text)
{
    struct jm_arena mem = arena(16384);
    struct jm_light_commit commit;
    struct jm_light_header header;
    const struct jm_json *o;
    enum jm_status st;

    CHECK_OK(jm_json_parse(&o, text, &mem, NULL));
    st = jm_light_read_signed_header(&header, &commit, o, &mem);
    if (st == JM_OK) {
        CHECK_EQ(header.height, 7);
        CHECK_EQ(commit.round, 2);
        CHECK_EQ(commit.n, 1);
        CHECK_BYTES(header.validators_hash, "aa");
    } else {
        CHECK(header.height == 0 && commit.n == 0);
    }
    return st;
}

/* The text with the first @p from replaced. */
static struct jm_bytes replaced(const char *from, const char *to)
{
    struct jm_bytes text = JM_BYTES("{\"header\":" HEADER ",\"commit\":" COMMIT "}");
    size_t at = jm_bytes_find(text, jm_str(from));
    struct jm_buf out = room(2048);

    CHECK(at != SIZE_MAX);
    CHECK_OK(jm_buf_put(&out, jm_slice(text, 0, at)));
    CHECK_OK(jm_buf_put(&out, jm_str(to)));
    CHECK_OK(jm_buf_put(&out, jm_slice(text, at + strlen(from), text.len)));
    return exact(jm_written(out));
}

TEST(signed_headers)
{
    static const struct {
        const char *from, *to;
        enum jm_status st;
    } rows[] = {
        {"", "", JM_OK},
        {",\"app\":\"1\"", "", JM_OK},
        {"\"parts\"", "\"part_set_header\"", JM_OK},
        {"\"last_block_id\":" BLOCK_ID, "\"last_block_id\":null", JM_OK},
        {"\"header\"", "\"head\"", JM_E_MISSING},
        {"\"commit\"", "\"comm\"", JM_E_MISSING},
        {"\"commit\":{", "\"commit\":[],\"x\":{", JM_E_TYPE},
        {"\"version\"", "\"vers\"", JM_E_MISSING},
        {"\"block\":\"11\"", "\"block\":\"-1\"", JM_E_MALFORMED},
        {"\"block\":\"11\"", "\"block\":-1", JM_E_RANGE},
        {"\"block\":\"11\"", "\"block\":true", JM_E_TYPE},
        {"\"height\":\"7\"", "\"height\":\"9223372036854775808\"", JM_E_RANGE},
        {"\"height\":\"7\"", "\"height\":\"07\"", JM_E_MALFORMED},
        {"\"chain_id\":\"c\"", "\"chain_id\":1", JM_E_TYPE},
        {"00:00:01Z", "00:00:01", JM_E_MALFORMED},
        {"\"AA\"", "\"AAA\"", JM_E_MALFORMED},
        {"\"AA\"", "\"GG\"", JM_E_MALFORMED},
        {"\"app_hash\":\"\",", "", JM_E_MISSING},
        {"\"proposer_address\":\"\"", "\"proposer_address\":null", JM_E_TYPE},
        {"\"signatures\":[", "\"signatures\":null,\"x\":[", JM_E_TYPE},
        {"\"signatures\":[", "\"x\":[", JM_E_MISSING},
        {"\"signature\":null", "\"signature\":\"A\"", JM_E_MALFORMED},
        {"\"signature\":null", "\"signature\":7", JM_E_TYPE},
        {"\"block_id_flag\":1,", "", JM_E_MISSING},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(read_signed(replaced(rows[i].from, rows[i].to)), rows[i].st), rows[i].to);
}

TEST(validators_as_told)
{
    static const struct {
        const char *name, *text;
        enum jm_status st;
    } rows[] = {
        {"one",
         "[{\"address\":\"72CD6E8422C407FB6D098690F1130B7DED7EC2F7\",\"pub_key\":{\"type\":"
         "\"tendermint/PubKeyEd25519\",\"value\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"},"
         "\"voting_power\":\"1\"}]",
         JM_OK},
        {"the address of another",
         "[{\"address\":\"73CD6E8422C407FB6D098690F1130B7DED7EC2F7\",\"pub_key\":{\"type\":"
         "\"tendermint/PubKeyEd25519\",\"value\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"},"
         "\"voting_power\":\"1\"}]",
         JM_E_DENIED},
        {"a key of another kind",
         "[{\"address\":\"72CD6E8422C407FB6D098690F1130B7DED7EC2F7\",\"pub_key\":{\"type\":"
         "\"tendermint/PubKeySecp256k1\",\"value\":"
         "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"},\"voting_power\":\"1\"}]",
         JM_E_UNSUPPORTED},
        {"no key", "[{\"address\":\"\",\"voting_power\":\"1\"}]", JM_E_MISSING},
        {"no object", "[1]", JM_E_MISSING},
        {"no array", "{}", JM_E_TYPE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(8192);
        struct jm_light_set set;
        const struct jm_json *o;

        CHECK_OK(jm_json_parse(&o, jm_str(rows[i].text), &mem, NULL));
        ROW(CHECK_ST(jm_light_read_set(&set, crypto, o, &mem), rows[i].st), rows[i].name);
        CHECK_EQ(set.n, rows[i].st == JM_OK);
    }
}
