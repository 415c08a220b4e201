/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/json.h"
#include "jumin/ledger.h"
#include "jumin/trust.h"

#define VECTORS "ledger/statemachine-a.json"

static uint8_t ledger_room[4 * JM_MIB], block_room[4 * JM_MIB], json_room[4 * JM_MIB];
static struct jm_arena ledger_mem, block_mem, json_mem;
static const struct jm_ledger_port port = {&jm_crypto_openssl, jm_openssl_verify, NULL};
static const struct jm_json *story;
static struct jm_ledger ledger;
static const struct jm_json *leaf; /* of the next entry */

static uint64_t number(const struct jm_json *o, const char *name)
{
    int64_t v = -1;

    CHECK_OK(jm_json_int(&v, jm_json_get(o, name)));
    return (uint64_t)v;
}

static struct jm_bytes octets(const struct jm_json *o, const char *name)
{
    struct jm_bytes t;

    CHECK_OK(jm_json_str(&t, o, name));
    return test_unhex(t, name);
}

static void check_hash(const struct jm_json *o, const char *name, const struct jm_hash32 *is)
{
    CHECK_SAME(jm_hash32_bytes(is), octets(o, name));
}

static void read_story(void)
{
    struct jm_bytes file = vector(VECTORS);

    CHECK_OK(jm_openssl_init());
    jm_arena_init(&json_mem, json_room, sizeof json_room);
    jm_arena_init(&ledger_mem, ledger_room, sizeof ledger_room);
    jm_arena_init(&block_mem, block_room, sizeof block_room);
    CHECK_OK(jm_json_parse(&story, file, &json_mem, NULL));
    leaf = jm_json_get(story, "log_entries_sha256")->child;
}

static void check_state(const struct jm_json *o, const struct jm_block *b)
{
    CHECK_EQ(b->log.size, number(o, "log_size"));
    check_hash(o, "log_root", &b->log_root);
    CHECK_EQ(b->state_size, number(o, "state_size"));
    check_hash(o, "state_root", &b->state_root);
    check_hash(o, "trustset_sha256", &b->trust_hash);
    check_hash(o, "app_hash", &b->app_hash);
    for (size_t i = 0; i < b->n_entries; i++, leaf = leaf->next) {
        uint8_t hash[32];
        struct jm_log_entry e;

        CHECK_OK(jm_log_entry_read(&e, b->entry[i].octets));
        CHECK_OK(jm_sha256(&jm_crypto_openssl, b->entry[i].octets, hash));
        CHECK_SAME(jm_bytes(hash, 32), test_unhex(leaf->text, "leaf"));
    }
}

static void begin_story(void)
{
    struct jm_block b;

    read_story();
    CHECK_OK(jm_ledger_genesis(&ledger, &b, octets(story, "genesis"), &port, &ledger_mem,
                               &block_mem));
    CHECK_OK(jm_block_end(&b));
    check_hash(story, "genesis_hash", &ledger.genesis);
    check_state(jm_json_get(story, "after_genesis"), &b);
    CHECK_OK(jm_block_commit(&ledger, &b));
}

static void play_block(const struct jm_json *j)
{
    struct jm_block b;

    jm_arena_reset(&block_mem);
    CHECK_OK(jm_block_begin(&b, &ledger, number(j, "height"), number(j, "time"), &block_mem));
    for (const struct jm_json *t = jm_json_get(j, "txs")->child; t != NULL; t = t->next) {
        enum jm_ltx_code code;

        CHECK_OK(jm_block_apply(&code, &b, octets(t, "tx")));
        ROW(CHECK_EQ(code, number(t, "code")), "code");
        CHECK(jm_json_is_str(jm_json_get(t, "code_name"), jm_ltx_code_name(code)));
    }
    CHECK_OK(jm_block_end(&b));
    check_state(j, &b);
    CHECK_OK(jm_block_commit(&ledger, &b));
    CHECK_EQ(ledger.state.n, b.state_size);
}

TEST(the_story_of_the_vectors)
{
    begin_story();
    for (const struct jm_json *j = jm_json_get(story, "blocks")->child; j != NULL; j = j->next)
        play_block(j);
    CHECK(leaf == NULL);
}
