/* SPDX-License-Identifier: Apache-2.0 */
/* Files of CometBFT's homes, without CometBFT; with it: tests/fault/fault_comet.c. */
#include "unit/test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "host/comet/comet.h"
#include "host/comet/rpc.h"
#include "host/socket/socket.h"
#include "jumin/json.h"

#define MADE                                                                               \
    "# a comment = kept\nproxy_app = \"tcp://127.0.0.1:26658\"\nmoniker = \"x\"\n"         \
    "abci = \"socket\"\n\n[rpc]\nladdr = \"tcp://127.0.0.1:26657\"\ncors = []\n"           \
    "[p2p]\nladdr = \"tcp://0.0.0.0:26656\"\npersistent_peers = \"\"\n"                    \
    "addr_book_strict = true\nmax_num_inbound_peers = 40\nunconditional_peer_ids = \"\"\n" \
    "persistent_peers_max_dial_period = \"0s\"\nflush_throttle_timeout = \"100ms\"\n"      \
    "pex = true\nallow_duplicate_ip = false\n[mempool]\nrecheck = true\nsize = 5000\n"     \
    "max_tx_bytes = 1048576\n[consensus]\ntimeout_propose = \"3s\"\ntimeout_commit = "     \
    "\"1s\"\ncreate_empty_blocks = true\ncreate_empty_blocks_interval = \"0s\"\n"          \
    "peer_gossip_sleep_duration = \"100ms\"\n[tx_index]\nindexer = \"kv\"\n"

static const struct jm_comet_node nodes[] = {
    {{1}, "1111111111111111111111111111111111111111", 1},
    {{2}, "2222222222222222222222222222222222222222", 1},
    {{3}, "3333333333333333333333333333333333333333", 7},
};

static struct jm_comet_net net_of(size_t n)
{
    return (struct jm_comet_net){nodes,
                                 n,
                                 JM_COMET_P2P_PORT,
                                 "1s",
                                 "60s",
                                 JM_BYTES("\xA8\x01\x01"),
                                 JM_BYTES("jumin-test-1"),
                                 1900000000,
                                 1};
}

static bool has_line(struct jm_bytes text, const char *line)
{
    char want[300];

    snprintf(want, sizeof want, "\n%s\n", line);
    return jm_bytes_find(text, jm_str(want)) != SIZE_MAX;
}

TEST(config_of_one_of_three)
{
    static const char *const lines[] = {
        "# a comment = kept\nproxy_app = \"unix:///d/node1/abci.sock\"\nmoniker = \"x\"",
        "abci = \"socket\"\n\n[rpc]\nladdr = \"tcp://127.0.0.1:26667\"\ncors = []",
        "[p2p]\nladdr = \"tcp://127.0.0.1:26666\"",
        "persistent_peers = \"1111111111111111111111111111111111111111@127.0.0.1:26656,"
        "3333333333333333333333333333333333333333@127.0.0.1:26676\"",
        "unconditional_peer_ids = \"1111111111111111111111111111111111111111,"
        "2222222222222222222222222222222222222222,3333333333333333333333333333333333333333\"",
        "flush_throttle_timeout = \"10ms\"",
        "addr_book_strict = false",
        "allow_duplicate_ip = true",
        "pex = true",
        "persistent_peers_max_dial_period = \"10s\"",
        "max_num_inbound_peers = 0",
        "recheck = true",
        "max_tx_bytes = 16384",
        "size = 2000",
        "indexer = \"null\"",
        "create_empty_blocks = true",
        "create_empty_blocks_interval = \"60s\"",
        "timeout_propose = \"1s\"",
        "timeout_commit = \"1s\"",
        "peer_gossip_sleep_duration = \"10ms\"",
    };
    struct jm_comet_net net = net_of(3);
    struct jm_arena mem = arena(1 << 16);
    struct jm_buf all = room(1 << 13);
    struct jm_bytes out;

    CHECK_OK(jm_comet_config(&out, &net, 1, "/d/node1/abci.sock", exact(JM_BYTES(MADE)), &mem));
    CHECK_OK(jm_buf_put(&all, JM_BYTES("\n")));
    CHECK_OK(jm_buf_put(&all, out));
    for (size_t i = 0; i < JM_ARRAY_LEN(lines); i++)
        ROW(CHECK(has_line(jm_written(all), lines[i])), lines[i]);
    /* written once more: nothing changes */
    CHECK_OK(jm_comet_config(&out, &net, 1, "/d/node1/abci.sock", exact(out), &mem));
    CHECK_SAME(out, jm_slice(jm_written(all), 1, all.len));
}

static struct jm_bytes changed(const char *from, const char *to)
{
    struct jm_bytes text = JM_BYTES(MADE);
    size_t at = jm_bytes_find(text, jm_str(from));
    struct jm_buf out = room(4096);

    CHECK(at != SIZE_MAX);
    CHECK_OK(jm_buf_put(&out, jm_slice(text, 0, at)));
    CHECK_OK(jm_buf_put(&out, jm_str(to)));
    CHECK_OK(jm_buf_put(&out, jm_slice(text, at + strlen(from), text.len)));
    return exact(jm_written(out));
}

TEST(another_version_of_the_file_is_refused)
{
    static const char *const rows[][2] = {
        {"proxy_app = ", "application = "},
        {"indexer = ", "index = "},
        {"pex = true\n", "pex = true\npex = true\n"},
        {"[tx_index]", "[index]"},
        {"[rpc]\n", ""},
        {"[mempool]", "[mempool.old]"},
        {"flush_throttle_timeout", "flush-throttle"},
        {"pex = true", "#pex = true"},
        {"pex = true", "pex=true"},
    };
    struct jm_comet_net net = net_of(3);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(1 << 16);
        struct jm_bytes out;

        ROW(CHECK_ST(jm_comet_config(&out, &net, 1, "/s", changed(rows[i][0], rows[i][1]), &mem),
                     JM_E_UNSUPPORTED),
            rows[i][1]);
        CHECK(out.ptr == NULL);
    }
}

TEST(nets_that_are_none)
{
    struct jm_comet_net net = net_of(3);
    struct jm_arena mem = arena(1 << 16), little = arena(64);
    struct jm_bytes out;

    CHECK_ST(jm_comet_config(&out, &net, 3, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
    CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &little), JM_E_NO_SPACE);
    net.n = 0;
    CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
    net.n = JM_COMET_NODES_MAX + 1;
    CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
    net = net_of(3);
    net.port = 65535 - 30;
    CHECK_OK(jm_comet_config(&out, &net, 2, "/s", JM_BYTES(MADE), &mem));
    net.port++;
    CHECK_ST(jm_comet_config(&out, &net, 2, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
}

TEST(texts_that_would_be_more_than_texts)
{
    static const char *const rows[] = {"/d\"\npex = false", "/d\\n", "/d\n", "/d\x7f"};
    struct jm_arena mem = arena(1 << 16);
    struct jm_comet_net net = net_of(1);
    struct jm_bytes out;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        CHECK_ST(jm_comet_config(&out, &net, 0, rows[i], JM_BYTES(MADE), &mem), JM_E_RANGE);
        net.timeout_commit = rows[i];
        CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
        net.timeout_commit = "1s";
        net.empty_interval = rows[i];
        CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem), JM_E_RANGE);
        net.empty_interval = "60s";
    }
    net.timeout_commit = "100000000000000000000s"; /* 22 and quotation marks: no room */
    CHECK_ST(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem), JM_E_LIMIT);
    net.timeout_commit = "10000000000000000000s";
    CHECK_OK(jm_comet_config(&out, &net, 0, "/s", JM_BYTES(MADE), &mem));
}

TEST(genesis)
{
    struct jm_comet_net net = net_of(3);
    struct jm_arena mem = arena(1 << 16);
    const struct jm_json *o, *v;
    struct jm_bytes out;

    CHECK_OK(jm_comet_genesis(&out, &net,
                              JM_BYTES("{\"chain_id\":\"other\",\"consensus_params\":{\"block\":{"
                                       "\"max_bytes\":\"22020096\"}},\"app_state\":{}}"),
                              &mem));
    CHECK_OK(jm_json_parse(&o, exact(out), &mem, NULL));
    CHECK(jm_json_is_str(jm_json_get(o, "genesis_time"), "2030-03-17T17:46:40Z"));
    CHECK(jm_json_is_str(jm_json_get(o, "chain_id"), "jumin-test-1"));
    CHECK(jm_json_is_str(jm_json_get(o, "initial_height"), "1"));
    CHECK(jm_json_is_str(jm_json_get(jm_json_get(o, "app_state"), "jumin_genesis"), "qAEB"));
    CHECK_STR(jm_json_get(o, "consensus_params")->raw, "{\"block\":{\"max_bytes\":\"22020096\"}}");
    v = jm_json_get(o, "validators");
    if (!CHECK_EQ(v->n, 3))
        return;
    v = v->child;
    CHECK(jm_json_is_str(jm_json_get(v, "power"), "1"));
    CHECK(jm_json_is_str(jm_json_get(jm_json_get(v, "pub_key"), "value"),
                         "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    CHECK(jm_json_is_str(jm_json_get(v, "address"), "01D0FABD251FCBBE2B93B4B927B26AD2A1A99077"));
    CHECK(jm_json_is_str(jm_json_get(v->next->next, "power"), "7"));
    CHECK_ST(jm_comet_genesis(&out, &net, JM_BYTES("{}"), &mem), JM_E_MALFORMED);
    CHECK_ST(jm_comet_genesis(&out, &net, JM_BYTES("{"), &mem), JM_E_MALFORMED);
    CHECK(out.ptr == NULL);
}

#define VOTER(type, key) JM_BYTES("{\"pub_key\":{\"type\":\"" type "\",\"value\":\"" key "\"}}")
#define OWN(type, key) JM_BYTES("{\"priv_key\":{\"type\":\"" type "\",\"value\":\"" key "\"}}")
#define KEY "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
/* 32 octets of 5, then the key above */
#define PAIR \
    "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define PUBLIC "tendermint/PubKeyEd25519"
#define PRIVATE "tendermint/PrivKeyEd25519"

TEST(who_a_node_is)
{
    const struct {
        struct jm_bytes voter, node;
        enum jm_status st;
    } rows[] = {
        {VOTER(PUBLIC, KEY), OWN(PRIVATE, PAIR), JM_OK},
        {VOTER("tendermint/PubKeySecp256k1", KEY), OWN(PRIVATE, PAIR), JM_E_MALFORMED},
        {VOTER(PUBLIC, KEY), OWN(PUBLIC, PAIR), JM_E_MALFORMED},
        {VOTER(PUBLIC, PAIR), OWN(PRIVATE, PAIR), JM_E_MALFORMED},
        {VOTER(PUBLIC, KEY), OWN(PRIVATE, KEY), JM_E_MALFORMED},
        {VOTER(PUBLIC, "A"), OWN(PRIVATE, PAIR), JM_E_MALFORMED},
        {JM_BYTES("{}"), OWN(PRIVATE, PAIR), JM_E_MALFORMED},
        {VOTER(PUBLIC, KEY), JM_BYTES("{}"), JM_E_MALFORMED},
        {JM_BYTES(""), OWN(PRIVATE, PAIR), JM_E_MALFORMED},
        {VOTER(PUBLIC, KEY), JM_BYTES("{"), JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(1 << 14);
        struct jm_comet_node n;

        if (!CHECK_ST(jm_comet_read(&n, exact(rows[i].voter), exact(rows[i].node), &mem),
                      rows[i].st))
            printf("    row %zu\n", i);
        if (rows[i].st == JM_OK) {
            CHECK_EQ(n.key[0], 1);
            CHECK_EQ(n.power, 1);
            CHECK_STR(jm_str(n.id), "01d0fabd251fcbbe2b93b4b927b26ad2a1a99077");
        }
    }
}

TEST(a_program_that_is_none)
{
    struct jm_arena mem = arena(4096);

    CHECK_ST(jm_comet_make("/nowhere/cometbft", "/nowhere/home", &mem), JM_E_UNAVAILABLE);
    CHECK_ST(jm_comet_make("/bin/false", "/nowhere/home", &mem), JM_E_UNAVAILABLE);
    CHECK_ST(jm_comet_make("/bin/true", "/tmp", &mem), JM_E_CONFLICT);
}

/* -- RPC: a server of one answer -- */

struct clerk {
    pthread_t thread;
    int fd;
    const char *says;
    uint8_t heard[4096];
    size_t len;
};

static void *answer_once(void *arg)
{
    struct clerk *c = arg;
    int fd = accept(c->fd, NULL, NULL);
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && c->len < sizeof c->heard &&
           jm_bytes_find(jm_bytes(c->heard, c->len), JM_BYTES("}}")) == SIZE_MAX) {
        n = recv(fd, c->heard + c->len, sizeof c->heard - c->len, 0);
        c->len += n > 0 ? (size_t)n : 0;
    }
    (void)!send(fd, c->says, strlen(c->says), MSG_NOSIGNAL);
    (void)close(fd);
    return NULL;
}

static enum jm_status ask_clerk(uint32_t *code, struct clerk *c, const char *says)
{
    const struct jm_bytes tx = JM_BYTES("\x01\x02\x03");
    struct jm_comet_rpc rpc;
    enum jm_status st;

    *c = (struct clerk){.says = says};
    CHECK_OK(jm_listen_tcp(&c->fd, &rpc.port, "127.0.0.1", 0));
    /* it waits for whom it takes */
    CHECK_EQ(fcntl(c->fd, F_SETFL, 0), 0);
    CHECK_EQ(pthread_create(&c->thread, NULL, answer_once, c), 0);
    st = jm_comet_broadcast(&rpc, code, tx);
    (void)pthread_join(c->thread, NULL);
    (void)close(c->fd);
    return st;
}

#define HEAD "HTTP/1.0 200 OK\r\n\r\n"

TEST(broadcast)
{
    static const struct {
        const char *says;
        enum jm_status st;
        uint32_t code;
    } rows[] = {
        {HEAD "{\"result\":{\"code\":0,\"log\":\"\"}}", JM_OK, 0},
        {HEAD "{\"result\":{\"code\":9,\"log\":\"SEQ\"}}", JM_OK, 9},
        {HEAD "{\"error\":{\"code\":-32603,\"data\":\"tx already exists in cache\"}}",
         JM_E_CONFLICT, 0},
        {HEAD "{\"error\":{\"code\":-32603,\"data\":\"mempool is full\"}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{\"error\":{\"code\":-32603}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{\"result\":{\"code\":-1}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{\"result\":{\"code\":4294967296}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{\"result\":{\"code\":\"0\"}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{\"result\":{}}", JM_E_UNAVAILABLE, 0},
        {HEAD "{}", JM_E_UNAVAILABLE, 0},
        {HEAD "{", JM_E_UNAVAILABLE, 0},
        {"HTTP/1.0 200 OK\r\n", JM_E_UNAVAILABLE, 0},
        {"", JM_E_UNAVAILABLE, 0},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint32_t code = 7;
        struct clerk c;

        ROW(CHECK_ST(ask_clerk(&code, &c, rows[i].says), rows[i].st), rows[i].says);
        CHECK_EQ(code, rows[i].code);
        CHECK(jm_bytes_find(jm_bytes(c.heard, c.len),
                            JM_BYTES("\"method\":\"broadcast_tx_sync\",\"params\":{\"tx\":"
                                     "\"AQID\"}}")) != SIZE_MAX);
        CHECK(jm_bytes_find(jm_bytes(c.heard, c.len), JM_BYTES("\r\nContent-Length: 76\r\n")) !=
              SIZE_MAX);
    }
}

TEST(broadcast_to_nobody)
{
    static uint8_t zeros[JM_COMET_TX_MAX + 1];
    struct jm_comet_rpc rpc = {1};
    uint32_t code;

    CHECK_ST(jm_comet_broadcast(&rpc, &code, jm_bytes(zeros, JM_COMET_TX_MAX)), JM_E_UNAVAILABLE);
    CHECK_ST(jm_comet_broadcast(&rpc, &code, jm_bytes(zeros, sizeof zeros)), JM_E_LIMIT);
}
