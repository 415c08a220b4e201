/* SPDX-License-Identifier: Apache-2.0 */
/* Four real validators: CometBFT (JUMIN_COMETBFT, else build/tools/cometbft) and for each an
 * application of ours, all as child processes. Skipped where there is no CometBFT. */
#ifndef JUMIN_TESTS_FAULT_NET_H
#define JUMIN_TESTS_FAULT_NET_H

#include "unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "host/abci/machine.h"
#include "host/abci/server.h"
#include "host/comet/comet.h"
#include "host/comet/rpc.h"
#include "host/files/files.h"
#include "host/ledger/chain.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "unit/folder.h"

#define NODES 4
#define NET_ROOM (16 * JM_MIB)
#define PATIENCE_MS 60000
#define STORY "ledger/statemachine-a.json"
#define NAMES_MAX 512 /* transactions of one test */

struct net_node {
    char home[96], socket[112], file[112], log[112], agreed[112];
    pid_t app, comet;
};

static struct net {
    char folder[64];
    const char *program;
    struct net_node node[NODES];
    struct jm_comet_node who[NODES];
    uint16_t port;
    struct jm_bytes genesis;
    struct jm_hash32 genesis_hash;
    const struct jm_json *story;
    struct jm_arena mem, scratch;     /* scratch: of one answer */
    struct jm_hash32 sent[NAMES_MAX]; /* ids */
    size_t n_sent;
    int lies;  /* the node whose app hash is changed from now on, -1: nobody's */
    int takes; /* … that finds nothing wrong with any transaction */
} N;

static void nap(unsigned ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000L};

    (void)nanosleep(&t, NULL);
}

static int64_t net_now(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec;
}

/* -- an application: one process -- */

static struct jm_chain *net_chain;

static const struct jm_ledger *app_ledger(void *ctx)
{
    (void)ctx;
    return jm_chain_ledger(net_chain);
}

static enum jm_status app_commit(void *ctx, const struct jm_block *b)
{
    (void)ctx;
    return jm_chain_commit(net_chain, b, NULL);
}

/* The heights that CometBFT has found our app hash of: what would be cosigned. */
static int agreed_fd = -1;

static enum jm_status app_agreed(void *ctx, uint64_t height)
{
    (void)ctx;
    return pwrite(agreed_fd, &height, sizeof height, 0) == sizeof height ? JM_OK : JM_E_IO;
}

static struct jm_abci_app honest;

/* Another app hash than ours, where a file says so. */
static enum jm_status finalize_lie(void *ctx, struct jm_abci_outcome *out, enum jm_ltx_code *code,
                                   const struct jm_abci_block *block)
{
    JM_TRY(honest.finalize(ctx, out, code, block));
    if (block->n != 0)
        out->app_hash.octets[0] ^= 1;
    return JM_OK;
}

static enum jm_status check_nothing(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx,
                                    bool again)
{
    (void)ctx;
    (void)tx;
    (void)again;
    *code = JM_LTX_OK;
    return JM_OK;
}

static enum jm_status attempt_nothing(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx)
{
    JM_TRY(honest.attempt(ctx, code, tx));
    *code = JM_LTX_OK;
    return JM_OK;
}

static const struct jm_ledger_port net_port = {&jm_crypto_openssl, jm_openssl_verify, NULL};

static _Noreturn void run_app(size_t i)
{
    const struct jm_chain_config chain = {.path = N.node[i].file,
                                          .genesis = N.genesis,
                                          .port = net_port};
    const struct jm_abci_machine_config machine = {N.genesis, NULL, app_ledger, app_commit,
                                                   app_agreed};
    struct jm_abci_config config = {.path = N.node[i].socket, .version = "test"};
    struct jm_abci_machine *m = NULL;
    struct jm_abci_server *s = NULL;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)unlink(N.node[i].socket); /* of one that was killed */
    agreed_fd = open(N.node[i].agreed, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (jm_chain_open(&net_chain, &chain) != JM_OK || jm_abci_machine_new(&m, &machine) != JM_OK)
        _exit(2);
    config.app = honest = jm_abci_machine_app(m);
    if (N.lies == (int)i)
        config.app.finalize = finalize_lie;
    if (N.takes == (int)i) {
        config.app.check = check_nothing;
        config.app.attempt = attempt_nothing;
    }
    if (jm_abci_server_new(&s, &config) != JM_OK)
        _exit(3);
    _exit(jm_abci_server_run(s) == JM_OK ? 0 : 4);
}

/* -- processes -- */

static void start_app(size_t i)
{
    if ((N.node[i].app = fork()) == 0)
        run_app(i);
    for (unsigned ms = 0; ms < PATIENCE_MS && access(N.node[i].socket, F_OK) != 0; ms += 10)
        nap(10);
    CHECK(N.node[i].app > 0);
}

static void start_comet(size_t i)
{
    if ((N.node[i].comet = fork()) == 0) {
        int out = open(N.node[i].log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        (void)execl(N.program, "cometbft", "start", "--home", N.node[i].home, (char *)NULL);
        _exit(127);
    }
    CHECK(N.node[i].comet > 0);
}

static void kill_one(pid_t *pid)
{
    if (*pid > 0) {
        (void)kill(*pid, SIGKILL);
        (void)waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

/* Both, as one supervisor does: CometBFT ends when its application does. */
static void kill_node(size_t i)
{
    kill_one(&N.node[i].app);
    kill_one(&N.node[i].comet);
    (void)unlink(N.node[i].socket);
}

static void start_node(size_t i)
{
    start_app(i);
    start_comet(i);
}

/* -- RPC -- */

static int dial_rpc(size_t i)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    const struct timeval wait = {5, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_port = htons((uint16_t)(N.port + JM_COMET_PORT_STEP * i + 1));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* The member "result" of an answer, in the scratch arena of this call; null: none. */
static const struct jm_json *rpc(size_t i, const char *path)
{
    struct jm_bytes body;
    const struct jm_json *o;
    struct jm_buf in;
    size_t head;
    ssize_t n = 1;
    int fd = dial_rpc(i);

    jm_arena_reset(&N.scratch);
    if (fd < 0 || jm_alloc_buf(&in, &N.scratch, 4 * JM_MIB) != JM_OK)
        return NULL;
    (void)dprintf(fd, "GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", path);
    while (n > 0 && in.len < in.cap) {
        n = recv(fd, in.ptr + in.len, in.cap - in.len, 0);
        in.len += n > 0 ? (size_t)n : 0;
    }
    (void)close(fd);
    body = jm_written(in);
    if ((head = jm_bytes_find(body, JM_BYTES("\r\n\r\n"))) == SIZE_MAX)
        return NULL;
    if (jm_json_parse(&o, jm_slice(body, head + 4, body.len), &N.scratch, NULL) != JM_OK)
        return NULL;
    return jm_json_get(o, "result");
}

static const struct jm_json *member(const struct jm_json *o, const char *a, const char *b)
{
    return jm_json_get(jm_json_get(o, a), b);
}

/* Height of the last block, 0: none, or no answer. */
static uint64_t height_of(size_t i)
{
    const struct jm_json *h = member(rpc(i, "/status"), "sync_info", "latest_block_height");
    uint64_t v = 0;

    return h != NULL && jm_parse_u64(&v, h->text) == JM_OK ? v : 0;
}

/* Of its application. */
static uint64_t app_height_of(size_t i)
{
    const struct jm_json *h = member(rpc(i, "/abci_info"), "response", "last_block_height");
    uint64_t v = 0;

    return h != NULL && jm_parse_u64(&v, h->text) == JM_OK ? v : 0;
}

/* The last height that it would have cosigned. */
static uint64_t agreed_of(size_t i)
{
    struct jm_bytes b = read_file_or_none(N.node[i].agreed);
    uint64_t v = 0;

    if (b.len == sizeof v)
        memcpy(&v, b.ptr, sizeof v);
    return v;
}

static bool wait_height(size_t i, uint64_t height, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 20) {
        if (app_height_of(i) >= height)
            return true;
        nap(20);
    }
    printf("    node %zu: height %llu, wanted %llu\n", i, (unsigned long long)app_height_of(i),
           (unsigned long long)height);
    return false;
}

/* -- transactions -- */

static struct jm_key *key_named(const char *name)
{
    const struct jm_json *k = jm_json_get(jm_json_get(N.story, "test_keys_p256"), name);
    struct jm_secret32 scalar;
    struct jm_key *key = NULL;
    struct jm_bytes digits, octets;

    CHECK_OK(jm_json_str(&digits, k, "private"));
    octets = test_unhex(digits, name);
    memcpy(scalar.octets, octets.ptr, sizeof scalar.octets);
    CHECK_OK(jm_key_from_scalar(&key, &scalar));
    return key;
}

static void sign_with(struct jm_ltx_signature *s, const char *name, struct jm_bytes payload)
{
    struct jm_key *key = key_named(name);
    struct jm_bytes to_sign;
    struct jm_point p;

    CHECK_OK(jm_key_point(&p, key));
    CHECK_OK(jm_ltx_kid(s->kid, &jm_crypto_openssl, jm_point_bytes(&p)));
    CHECK_OK(jm_ltx_to_sign(&to_sign, s->kid, &N.genesis_hash, payload, &N.scratch));
    CHECK_OK(jm_key_sign(key, to_sign, &s->sig));
    jm_key_free(&key);
}

/* Signed by up to three named keys; its id is remembered. */
static struct jm_bytes make_tx(struct jm_ltx x, const char *const *names, size_t n)
{
    struct jm_ltx_signature sig[3];
    struct jm_bytes payload, tx = jm_none();

    jm_arena_reset(&N.scratch);
    x.chain_id = JM_BYTES("jumin-test-1");
    x.not_after = (uint64_t)net_now() + 3600;
    CHECK_OK(jm_ltx_payload(&payload, &x, &N.scratch));
    for (size_t i = 0; i < n; i++)
        sign_with(&sig[i], names[i], payload);
    CHECK_OK(jm_ltx_seal(&tx, payload, sig, n, &N.scratch));
    if (CHECK(N.n_sent < NAMES_MAX))
        CHECK_OK(jm_ltx_id(&N.sent[N.n_sent++], &jm_crypto_openssl, &N.genesis_hash, payload));
    return exact(tx);
}

static void put_name(struct jm_cbor_w *w, uint64_t key, const char *name)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_map(w, 1);
    jm_cbor_w_str(w, "en");
    jm_cbor_w_str(w, name);
}

/* A relying party, number @p seq of its registrar's lane. */
static struct jm_bytes rp_tx(uint64_t lane, uint64_t seq)
{
    struct jm_ltx x = {.type = JM_LTX_RP_PUT, .actor = JM_BYTES("moi"), .lane = lane, .seq = seq};
    static const char *const by[] = {"moi1"};
    struct jm_buf body = room(512);
    struct jm_cbor_w w;
    char id[32];

    snprintf(id, sizeof id, "shop-%u-%u", (unsigned)lane, (unsigned)seq);
    jm_cbor_w_init(&w, &body);
    jm_cbor_w_map(&w, 8);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_str(&w, id);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_uint(&w, 1);
    put_name(&w, 3, "A shop");
    jm_cbor_w_uint(&w, 5);
    jm_cbor_w_array(&w, 1);
    jm_cbor_w_array(&w, 2);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_str(&w, "123-45-67890");
    jm_cbor_w_uint(&w, 6);
    jm_cbor_w_bool(&w, false);
    jm_cbor_w_uint(&w, 7);
    jm_cbor_w_str(&w, "KR");
    jm_cbor_w_uint(&w, 9);
    jm_cbor_w_uint(&w, 110);
    jm_cbor_w_uint(&w, 10);
    jm_cbor_w_str(&w, "pipc");
    CHECK_OK(jm_cbor_w_end(&w));
    x.body = jm_written(body);
    return make_tx(x, by, 1);
}

/* What CheckTx says to it; -1: nobody answers. */
static int submit_tx(size_t i, struct jm_bytes tx)
{
    const struct jm_comet_rpc at = {(uint16_t)(N.port + JM_COMET_PORT_STEP * i + 1)};
    uint32_t code;

    return jm_comet_broadcast(&at, &code, tx) == JM_OK ? (int)code : -1;
}

/* Until nothing waits any more. */
static bool wait_quiet(size_t i, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += 20) {
        const struct jm_json *n = jm_json_get(rpc(i, "/num_unconfirmed_txs"), "n_txs");

        if (n != NULL && jm_bytes_eq_str(n->text, "0"))
            return true;
        nap(20);
    }
    return false;
}

/* -- the net -- */

static struct jm_bytes file_of(size_t i, const char *name)
{
    char path[160];

    snprintf(path, sizeof path, "%s/%s", N.node[i].home, name);
    return read_file(path);
}

static void write_of(size_t i, const char *name, struct jm_bytes what)
{
    char path[160];

    snprintf(path, sizeof path, "%s/%s", N.node[i].home, name);
    CHECK_OK(jm_file_write(path, what, 0600));
}

/* The genesis of the vectors, of now and with these validators. */
static void make_genesis(uint64_t now)
{
    struct jm_bytes digits, g, nodes, key;
    uint8_t time_item[5] = {0x1A};
    struct jm_cbor r;
    size_t at;

    CHECK_OK(jm_json_str(&digits, N.story, "genesis"));
    g = test_unhex(digits, "genesis");
    jm_put_u32_be(time_item + 1, (uint32_t)now);
    at = jm_bytes_find(g, hex("031a713fb300")); /* its time */
    if (CHECK(at != SIZE_MAX))
        memcpy((uint8_t *)(uintptr_t)g.ptr + at + 1, time_item, sizeof time_item);
    CHECK_OK(jm_cbor_find_int(&nodes, g, 6));
    jm_cbor_init(&r, nodes);
    CHECK_EQ(jm_cbor_array(&r), NODES);
    for (size_t i = 0; i < NODES; i++) {
        struct jm_cbor in;

        CHECK_OK(jm_cbor_find_int(&key, jm_cbor_item(&r), 5));
        jm_cbor_init(&in, key);
        memcpy((uint8_t *)(uintptr_t)jm_cbor_bytes(&in).ptr, N.who[i].key, JM_COMET_KEY_LEN);
    }
    CHECK_OK(jm_dup(&N.genesis, &N.mem, g));
    CHECK_OK(jm_sha256(&jm_crypto_openssl, g, N.genesis_hash.octets));
}

static void make_home(size_t i)
{
    struct net_node *n = &N.node[i];

    snprintf(n->home, sizeof n->home, "%s/node%zu", N.folder, i);
    snprintf(n->socket, sizeof n->socket, "%s/abci.sock", n->home);
    snprintf(n->file, sizeof n->file, "%s/ledger.jml", n->home);
    snprintf(n->log, sizeof n->log, "%s/log", n->home);
    snprintf(n->agreed, sizeof n->agreed, "%s/agreed", n->home);
    CHECK_OK(jm_comet_make(N.program, n->home, &N.mem));
    CHECK_OK(jm_comet_read(&N.who[i], file_of(i, "config/priv_validator_key.json"),
                           file_of(i, "config/node_key.json"), &N.mem));
}

static void begin_net(void)
{
    static uint8_t memory[NET_ROOM], scratch[NET_ROOM];
    const char *named = getenv("JUMIN_COMETBFT");
    uint64_t now = (uint64_t)net_now();
    struct jm_comet_net net;

    memset(&N, 0, sizeof N);
    N.lies = N.takes = -1;
    N.program = named != NULL && named[0] != '\0' ? named : "build/tools/cometbft";
    if (access(N.program, X_OK) != 0)
        SKIP("no CometBFT (tools/setup --cometbft, or JUMIN_COMETBFT)");
    jm_arena_init(&N.mem, memory, sizeof memory);
    jm_arena_init(&N.scratch, scratch, sizeof scratch);
    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_json_parse(&N.story, exact(vector(STORY)), &N.mem, NULL));
    snprintf(N.folder, sizeof N.folder, "/tmp/jumin-net-XXXXXX");
    CHECK(mkdtemp(N.folder) != NULL);
    N.port = (uint16_t)(20000 + getpid() % 1000 * 10);
    for (size_t i = 0; i < NODES; i++)
        make_home(i);
    make_genesis(now);
    net = (struct jm_comet_net){
        N.who, NODES, N.port, "100ms", "60s", N.genesis, JM_BYTES("jumin-test-1"), now, 1};
    for (size_t i = 0; i < NODES; i++) {
        struct jm_bytes out;

        CHECK_OK(jm_comet_config(&out, &net, i, N.node[i].socket, file_of(i, "config/config.toml"),
                                 &N.mem));
        write_of(i, "config/config.toml", out);
        CHECK_OK(jm_comet_genesis(&out, &net, file_of(i, "config/genesis.json"), &N.mem));
        write_of(i, "config/genesis.json", out);
    }
    for (size_t i = 0; i < NODES; i++)
        start_node(i);
    for (size_t i = 0; i < NODES; i++)
        CHECK(wait_height(i, 1, PATIENCE_MS));
}

static void end_net(void)
{
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    if (test_failures == 0)
        clear_away(N.folder);
    else
        printf("    left behind: %s\n", N.folder);
}

/* All stand at one height; then what is on the disks is the same, and nothing is missing. */
static void check_same(size_t first, size_t accepted)
{
    struct jm_hash32 app_hash = {{0}}, note = {{0}};

    for (size_t i = first; i < NODES; i++) {
        const struct jm_chain_config config = {.path = N.node[i].file,
                                               .genesis = N.genesis,
                                               .port = net_port};
        const struct jm_ledger *l;
        struct jm_chain *c;
        size_t found = 0;

        if (!CHECK_OK(jm_chain_open(&c, &config)))
            continue;
        l = jm_chain_ledger(c);
        for (size_t k = 0; k < N.n_sent; k++) {
            struct jm_ledger_place at;

            found += jm_chain_find(c, &at, &N.sent[k]) == JM_OK;
        }
        CHECK_EQ(found, accepted);
        if (i == first) {
            app_hash = l->app_hash;
            note = l->log_root;
        }
        CHECK_SAME(jm_hash32_bytes(&l->app_hash), jm_hash32_bytes(&app_hash));
        CHECK_SAME(jm_hash32_bytes(&l->log_root), jm_hash32_bytes(&note));
        jm_chain_close(&c);
    }
}

#endif
