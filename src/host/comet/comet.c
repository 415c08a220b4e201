/* SPDX-License-Identifier: Apache-2.0 */
#include "host/comet/comet.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/crypto.h"
#include "jumin/json.h"

#define ADDRESS_LEN 20
#define PEER_MAX 80 /* octets of "id@127.0.0.1:port," */

static enum jm_status format_text(char **out, struct jm_arena *mem, size_t max, const char *format,
                                  ...) JM_PRINTF(4, 5);

static enum jm_status format_text(char **out, struct jm_arena *mem, size_t max, const char *format,
                                  ...)
{
    va_list args;
    int n;

    if ((*out = jm_alloc(mem, max, 1)) == NULL)
        return JM_E_NO_SPACE;
    va_start(args, format);
    n = vsnprintf(*out, max, format, args);
    va_end(args);
    return n >= 0 && (size_t)n < max ? JM_OK : JM_E_LIMIT;
}

/* -- CometBFT's own program -- */

static enum jm_status start_program(pid_t *pid, char *const argv[])
{
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t a;
    enum jm_status st = JM_E_UNAVAILABLE;

    if (posix_spawn_file_actions_init(&a) != 0)
        return st;
    if (posix_spawn_file_actions_addopen(&a, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(&a, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
        posix_spawn(pid, argv[0], &a, NULL, argv, environment) == 0)
        st = JM_OK;
    (void)posix_spawn_file_actions_destroy(&a);
    return st;
}

enum jm_status jm_comet_make(const char *program, const char *home, struct jm_arena *mem)
{
    char *argv[] = {NULL, NULL, NULL, NULL, NULL};
    struct stat there;
    int status = 0;
    pid_t pid;

    if (lstat(home, &there) == 0)
        return JM_E_CONFLICT;
    JM_TRY(format_text(&argv[0], mem, strlen(program) + 1, "%s", program));
    JM_TRY(format_text(&argv[1], mem, 8, "init"));
    JM_TRY(format_text(&argv[2], mem, 8, "--home"));
    JM_TRY(format_text(&argv[3], mem, strlen(home) + 1, "%s", home));
    JM_TRY(start_program(&pid, argv));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return JM_E_UNAVAILABLE;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? JM_OK : JM_E_UNAVAILABLE;
}

/* -- keys -- */

static enum jm_status read_key(struct jm_bytes *out, const struct jm_json *o, const char *type,
                               struct jm_arena *mem)
{
    struct jm_bytes text;

    if (!jm_json_is_str(jm_json_get(o, "type"), type))
        return JM_E_MALFORMED;
    JM_TRY(jm_json_str(&text, o, "value"));
    return jm_b64_decode(out, mem, text);
}

/* The first octets of the hash of a public key. */
static enum jm_status address_of(uint8_t out[ADDRESS_LEN], struct jm_bytes key)
{
    uint8_t hash[32];

    JM_TRY(jm_sha256(&jm_crypto_portable, key, hash));
    memcpy(out, hash, ADDRESS_LEN);
    return JM_OK;
}

enum jm_status jm_comet_read(struct jm_comet_node *out, struct jm_bytes voter, struct jm_bytes node,
                             struct jm_arena *mem)
{
    const struct jm_json *v, *o;
    struct jm_buf id = jm_buf(out->id, JM_COMET_ID_LEN);
    uint8_t address[ADDRESS_LEN];
    struct jm_bytes key, pair;

    *out = (struct jm_comet_node){.power = 1};
    JM_TRY(jm_json_parse(&v, voter, mem, NULL));
    JM_TRY(jm_json_parse(&o, node, mem, NULL));
    JM_TRY(read_key(&key, jm_json_get(v, "pub_key"), "tendermint/PubKeyEd25519", mem));
    /* seed ‖ public key */
    JM_TRY(read_key(&pair, jm_json_get(o, "priv_key"), "tendermint/PrivKeyEd25519", mem));
    if (key.len != JM_COMET_KEY_LEN || pair.len != 2 * JM_COMET_KEY_LEN)
        return JM_E_MALFORMED;
    JM_TRY(address_of(address, jm_slice(pair, JM_COMET_KEY_LEN, JM_COMET_KEY_LEN)));
    JM_TRY(jm_hex_put(&id, jm_bytes(address, sizeof address)));
    memcpy(out->key, key.ptr, sizeof out->key);
    return JM_OK;
}

/* -- genesis.json -- */

static enum jm_status put_validator(struct jm_json_w *w, const struct jm_comet_node *v)
{
    struct jm_bytes key = jm_bytes(v->key, sizeof v->key);
    uint8_t address[ADDRESS_LEN], text[64];
    struct jm_buf b = jm_buf(text, sizeof text);
    char power[24];

    JM_TRY(address_of(address, key));
    JM_TRY(jm_hex_put(&b, jm_bytes(address, sizeof address)));
    for (size_t i = 0; i < b.len; i++)
        if (text[i] >= 'a')
            text[i] = (uint8_t)(text[i] - 'a' + 'A');
    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "address", jm_written(b));
    jm_json_w_mopen(w, "pub_key", '{');
    jm_json_w_mstr(w, "type", "tendermint/PubKeyEd25519");
    b.len = 0;
    JM_TRY(jm_b64_put(&b, key));
    jm_json_w_mtext(w, "value", jm_written(b));
    jm_json_w_close(w, '}');
    (void)snprintf(power, sizeof power, "%llu", (unsigned long long)v->power);
    jm_json_w_mstr(w, "power", power);
    jm_json_w_mstr(w, "name", "");
    jm_json_w_close(w, '}');
    return JM_OK;
}

static enum jm_status put_genesis(struct jm_buf *out, const struct jm_comet_net *net,
                                  struct jm_bytes consensus_params)
{
    char time[21], height[24];
    struct jm_json_w w;

    jm_tdate_format(time, (int64_t)net->time);
    (void)snprintf(height, sizeof height, "%llu", (unsigned long long)net->initial_height);
    jm_json_w_init(&w, out);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "genesis_time", time);
    jm_json_w_mtext(&w, "chain_id", net->chain_id);
    jm_json_w_mstr(&w, "initial_height", height);
    jm_json_w_mraw(&w, "consensus_params", consensus_params);
    jm_json_w_mopen(&w, "validators", '[');
    for (size_t i = 0; i < net->n; i++)
        JM_TRY(put_validator(&w, &net->node[i]));
    jm_json_w_close(&w, ']');
    jm_json_w_mstr(&w, "app_hash", "");
    jm_json_w_mopen(&w, "app_state", '{');
    jm_json_w_name(&w, "jumin_genesis");
    jm_json_w_b64url(&w, net->genesis);
    jm_json_w_close(&w, '}');
    jm_json_w_close(&w, '}');
    return jm_json_w_end(&w);
}

/* Consensus parameters stay as CometBFT has made them: they are its version's. */
enum jm_status jm_comet_genesis(struct jm_bytes *out, const struct jm_comet_net *net,
                                struct jm_bytes made, struct jm_arena *mem)
{
    const struct jm_json *o, *params;
    struct jm_buf text;

    *out = jm_none();
    JM_TRY(jm_json_parse(&o, made, mem, NULL));
    if ((params = jm_json_get(o, "consensus_params")) == NULL)
        return JM_E_MALFORMED;
    JM_TRY(jm_alloc_buf(&text, mem,
                        1024 + params->raw.len + JM_B64_LEN(net->genesis.len) + 256 * net->n));
    JM_TRY(put_genesis(&text, net, params->raw));
    *out = jm_written(text);
    return JM_OK;
}

/* -- config.toml -- */

enum { OPTIONS = 21 };

/* spec/ledger.md 10: section, key, and what stands behind "key = ". */
struct option {
    const char *section, *key;
    const char *value;
};

/* Ids, or addresses, of all of them; @p but: not of that one. */
static enum jm_status join_peers(char **out, const struct jm_comet_net *net, size_t but,
                                 bool addresses, struct jm_arena *mem)
{
    size_t at = 0, max = net->n * PEER_MAX + 3;
    char *text = jm_alloc(mem, max, 1);

    if (text == NULL)
        return JM_E_NO_SPACE;
    text[at++] = '"';
    for (size_t i = 0; i < net->n; i++) {
        const char *comma = at > 1 ? "," : "";

        if (i == but)
            continue;
        if (addresses)
            at += (size_t)snprintf(text + at, max - at, "%s%s@127.0.0.1:%u", comma, net->node[i].id,
                                   (unsigned)(net->port + JM_COMET_PORT_STEP * i));
        else
            at += (size_t)snprintf(text + at, max - at, "%s%s", comma, net->node[i].id);
    }
    text[at] = '"';
    *out = text;
    return JM_OK;
}

static enum jm_status make_options(struct option o[OPTIONS], const struct jm_comet_net *net,
                                   size_t i, const char *socket, struct jm_arena *mem)
{
    char *app, *rpc, *p2p, *peers, *ids, *commit, *interval;
    unsigned port = (unsigned)(net->port + JM_COMET_PORT_STEP * i);

    JM_TRY(format_text(&app, mem, strlen(socket) + 16, "\"unix://%s\"", socket));
    JM_TRY(format_text(&rpc, mem, 40, "\"tcp://127.0.0.1:%u\"", port + 1));
    JM_TRY(format_text(&p2p, mem, 40, "\"tcp://127.0.0.1:%u\"", port));
    JM_TRY(format_text(&commit, mem, 24, "\"%s\"", net->timeout_commit));
    JM_TRY(format_text(&interval, mem, 24, "\"%s\"", net->empty_interval));
    JM_TRY(join_peers(&peers, net, i, true, mem));
    JM_TRY(join_peers(&ids, net, net->n, false, mem));
    const struct option all[OPTIONS] = {
        {"", "proxy_app", app},
        {"", "abci", "\"socket\""},
        {"rpc", "laddr", rpc},
        {"p2p", "laddr", p2p},
        {"p2p", "persistent_peers", peers},
        {"p2p", "flush_throttle_timeout", "\"10ms\""},
        {"p2p", "addr_book_strict", "false"},
        {"p2p", "allow_duplicate_ip", "true"},
        {"p2p", "pex", "true"},
        {"p2p", "persistent_peers_max_dial_period", "\"10s\""},
        {"p2p", "max_num_inbound_peers", "0"},
        {"p2p", "unconditional_peer_ids", ids},
        {"mempool", "recheck", "true"},
        {"mempool", "max_tx_bytes", "16384"},
        {"mempool", "size", "2000"},
        {"tx_index", "indexer", "\"null\""},
        {"consensus", "create_empty_blocks", "true"},
        {"consensus", "create_empty_blocks_interval", interval},
        {"consensus", "timeout_propose", "\"1s\""},
        {"consensus", "timeout_commit", commit},
        {"consensus", "peer_gossip_sleep_duration", "\"10ms\""},
    };

    memcpy(o, all, sizeof all);
    return JM_OK;
}

/* "key = …" of a line; empty: it is none. */
static struct jm_bytes key_of(struct jm_bytes line)
{
    size_t end = jm_bytes_until(line, 0, ' ');

    return end + 2 < line.len && line.ptr[end + 1] == '=' ? jm_slice(line, 0, end) : jm_none();
}

static struct jm_bytes section_of(struct jm_bytes line, struct jm_bytes before)
{
    if (line.len < 2 || line.ptr[0] != '[' || line.ptr[line.len - 1] != ']')
        return before;
    return jm_slice(line, 1, line.len - 2);
}

static enum jm_status put_line(struct jm_buf *out, struct jm_bytes line, const struct option *o)
{
    if (o == NULL) {
        JM_TRY(jm_buf_put(out, line));
    } else {
        JM_TRY(jm_buf_put(out, jm_str(o->key)));
        JM_TRY(jm_buf_put(out, JM_BYTES(" = ")));
        JM_TRY(jm_buf_put(out, jm_str(o->value)));
    }
    return jm_buf_put(out, JM_BYTES("\n"));
}

/* The same file with these options changed; each must stand in it, once. */
static enum jm_status change_options(struct jm_buf *out, struct jm_bytes text,
                                     const struct option o[OPTIONS])
{
    struct jm_bytes section = jm_none();
    unsigned seen[OPTIONS] = {0};

    for (size_t at = 0; at < text.len;) {
        size_t end = jm_bytes_until(text, at, '\n');
        struct jm_bytes line = jm_slice(text, at, end - at), key = key_of(line);
        const struct option *found = NULL;

        section = section_of(line, section);
        for (size_t i = 0; i < OPTIONS && key.len != 0; i++)
            if (jm_bytes_eq_str(key, o[i].key) && jm_bytes_eq_str(section, o[i].section)) {
                found = &o[i];
                seen[i]++;
            }
        JM_TRY(put_line(out, line, found));
        at = end + 1;
    }
    for (size_t i = 0; i < OPTIONS; i++)
        if (seen[i] != 1)
            return JM_E_UNSUPPORTED;
    return JM_OK;
}

/* Does it stand between quotation marks as it is? */
static bool is_plain(const char *text)
{
    struct jm_bytes t = jm_str(text);

    return jm_bytes_printable(t) && jm_bytes_until(t, 0, '"') == t.len &&
           jm_bytes_until(t, 0, '\\') == t.len;
}

enum jm_status jm_comet_config(struct jm_bytes *out, const struct jm_comet_net *net, size_t i,
                               const char *socket, struct jm_bytes made, struct jm_arena *mem)
{
    struct option o[OPTIONS];
    struct jm_buf text;
    size_t more = 1;

    *out = jm_none();
    if (net->n == 0 || net->n > JM_COMET_NODES_MAX || i >= net->n ||
        net->port + JM_COMET_PORT_STEP * net->n > UINT16_MAX)
        return JM_E_RANGE;
    if (!is_plain(socket) || !is_plain(net->timeout_commit) || !is_plain(net->empty_interval))
        return JM_E_RANGE;
    JM_TRY(make_options(o, net, i, socket, mem));
    for (size_t k = 0; k < OPTIONS; k++)
        more += strlen(o[k].key) + strlen(o[k].value) + 8;
    JM_TRY(jm_alloc_buf(&text, mem, made.len + more));
    JM_TRY(change_options(&text, made, o));
    *out = jm_written(text);
    return JM_OK;
}
