/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/home.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/trust_judge.h"
#include "host/files/files.h"
#include "host/openssl/ed25519.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "jumin/base64.h"

const struct jm_signer_tools jm_signer_tools = {&jm_crypto_libcrypto,
                                                jm_random,
                                                jm_openssl_scrypt,
                                                jm_key_from_scalar,
                                                jm_key_point,
                                                jm_key_sign,
                                                jm_key_free,
                                                jm_ed25519_public,
                                                jm_ed25519_sign,
                                                jm_file_read,
                                                jm_file_create,
                                                jm_file_write,
                                                jm_dir_list,
                                                jm_openssl_secret_room,
                                                jm_openssl_secret_room_free};

/* -- files -- */

enum jm_status jm_cmd_read(struct jm_bytes *out, const char *path, size_t max,
                           const struct jm_cmd *cmd, struct jm_diag *d)
{
    enum jm_status st = jm_file_read(out, path, max, cmd->mem);

    return st == JM_OK ? JM_OK
                       : jm_refuse(d, st == JM_E_LIMIT ? JM_E_LIMIT : JM_E_MALFORMED,
                                   JM_CMD_FILE_READ, path);
}

enum jm_status jm_cmd_secret(struct jm_bytes *out, const char *path, size_t max,
                             const struct jm_cmd *cmd, enum jm_status otherwise, struct jm_diag *d)
{
    enum jm_status st = jm_file_read_secret(out, path, max, cmd->mem);

    if (st == JM_OK || st == JM_E_DENIED)
        return st == JM_OK ? st : jm_refuse(d, st, JM_CMD_SECRET_OPEN, path);
    return jm_refuse(d, otherwise == JM_OK ? st : otherwise, JM_CMD_FILE_READ, path);
}

enum jm_status jm_cmd_write(const char *path, struct jm_bytes what, unsigned mode,
                            const struct jm_cmd *cmd, struct jm_diag *d)
{
    (void)cmd;
    return jm_file_write(path, what, (mode_t)mode) == JM_OK
               ? JM_OK
               : jm_refuse(d, JM_E_IO, JM_CMD_FILE_WRITE, path);
}

enum jm_status jm_pem_write(struct jm_bytes *out, const char *label, struct jm_bytes der,
                            struct jm_arena *mem)
{
    size_t cap = der.len * 2 + 128;
    struct jm_buf b, line;

    JM_TRY(jm_alloc_buf(&b, mem, cap));
    JM_TRY(jm_alloc_buf(&line, mem, cap));
    JM_TRY(jm_b64_put(&line, der));
    const struct jm_bytes head[] = {JM_BYTES("-----BEGIN "), jm_str(label), JM_BYTES("-----\n")};
    const struct jm_bytes foot[] = {JM_BYTES("-----END "), jm_str(label), JM_BYTES("-----\n")};

    for (size_t i = 0; i < 3; i++)
        JM_TRY(jm_buf_put(&b, head[i]));
    for (size_t at = 0; at < line.len; at += 64) {
        JM_TRY(jm_buf_put(&b, jm_slice(jm_written(line), at, 64)));
        JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    }
    for (size_t i = 0; i < 3; i++)
        JM_TRY(jm_buf_put(&b, foot[i]));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_pem_or_der(struct jm_bytes *der, const char *label, struct jm_bytes file,
                             struct jm_arena *mem)
{
    const char *begin = jm_format(mem, "-----BEGIN %s-----", label),
               *end = jm_format(mem, "-----END %s-----", label);
    size_t from = jm_bytes_find(file, jm_str(begin)), to;
    struct jm_bytes body;
    struct jm_buf b;

    *der = file;
    if (from == SIZE_MAX)
        return JM_OK;
    body = jm_slice(file, from + strlen(begin), SIZE_MAX);
    if ((to = jm_bytes_find(body, jm_str(end))) == SIZE_MAX)
        return JM_E_MALFORMED;
    JM_TRY(jm_alloc_buf(&b, mem, to));
    for (size_t i = 0; i < to; i++)
        if (body.ptr[i] != '\n' && body.ptr[i] != '\r' && body.ptr[i] != ' ')
            JM_TRY(jm_buf_put(&b, jm_slice(body, i, 1)));
    return jm_b64_decode(der, mem, jm_written(b));
}

/* -- opening -- */

const char *jm_home_path(const struct jm_home *home, const char *name)
{
    return jm_format(home->cmd->mem, "%s/%s", home->dir, name);
}

static void role_read(struct jm_home_role *out, const struct jm_conf *c, const char *role)
{
    const char *listen = jm_conf_get(c, role, "listen");

    memset(out, 0, sizeof *out);
    out->base = jm_conf_get(c, role, "base");
    out->uid = (int64_t)jm_conf_uint(c, role, "uid", UINT64_MAX);
    out->workers = (unsigned)jm_conf_uint(c, role, "workers", 0);
    out->proxy = jm_conf_get(c, role, "proxy");
    if (listen != NULL)
        /* judged when the file was read */
        (void)jm_listen_parse(out->address, &out->port, jm_str(listen));
}

/* Of the kinds of homes, is it one that the flags take? */
static bool is_wanted(const struct jm_home *h, unsigned flags, bool is_authority)
{
    if (h->is_witness)
        return (flags & (JM_HOME_WITNESS | JM_HOME_SERVED)) != 0;
    return (h->is_verifier || h->is_wallet || is_authority) && (flags & JM_HOME_WITNESS) == 0 &&
           ((flags & JM_HOME_AUTHORITY) == 0 || is_authority) &&
           ((flags & JM_HOME_VERIFIER) == 0 || h->is_verifier) &&
           ((flags & JM_HOME_WALLET) == 0 || h->is_wallet);
}

static enum jm_status read_config(struct jm_home *h, unsigned flags, struct jm_diag *d)
{
    const char *kind, *pin;
    struct jm_bytes octets;

    JM_TRY(jm_conf_parse(&h->conf, h->conf_file, h->conf_text, jm_home_conf_rules,
                         jm_n_home_conf_rules, h->cmd->mem, d));
    kind = jm_conf_get(&h->conf, "home", "kind");
    pin = jm_conf_get(&h->conf, "trust", "pin");
    h->name = jm_conf_get(&h->conf, "home", "name");
    h->id = jm_conf_get(&h->conf, "home", "id");
    h->synthetic = jm_conf_bool(&h->conf, "home", "synthetic");
    h->is_witness = kind != NULL && strcmp(kind, "witness") == 0;
    if (kind == NULL || (pin == NULL && !h->is_witness) || h->name == NULL || h->id == NULL)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(h->cmd->mem, "%s: %s", h->conf_file,
                                   kind == NULL      ? "kind"
                                   : pin == NULL     ? "pin"
                                   : h->name == NULL ? "name"
                                                     : "id"));
    h->is_verifier = strcmp(kind, "verifier") == 0;
    h->is_wallet = strcmp(kind, "wallet") == 0;
    if (!is_wanted(h, flags, strcmp(kind, "authority") == 0))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_HOME_KIND,
                         jm_format(h->cmd->mem, "%s: kind = %s", h->conf_file, kind));
    role_read(&h->witness, &h->conf, "witness");
    if (h->is_witness)
        return JM_OK;
    JM_TRY(jm_hex_decode(&octets, h->cmd->mem, jm_str(pin)));
    memcpy(h->pin, octets.ptr, sizeof h->pin);
    role_read(&h->issuer, &h->conf, "issuer");
    role_read(&h->provider, &h->conf, "provider");
    role_read(&h->status, &h->conf, "status");
    role_read(&h->verifier, &h->conf, "verifier");
    role_read(&h->ledger, &h->conf, "ledger");
    return JM_OK;
}

static bool is_pinned(const struct jm_home *h, struct jm_bytes octets)
{
    uint8_t hash[32];

    return jm_trust_pin_of(hash, octets, h->cmd->crypto) == JM_OK &&
           memcmp(hash, h->pin, sizeof hash) == 0;
}

/* set.cbor, or set.next where a crash came between pinning and renaming. */
static enum jm_status read_trust(struct jm_home *h, struct jm_diag *d)
{
    static const char *const names[] = {"trust/set.cbor", "trust/set.next"};

    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        size_t mark = jm_arena_mark(h->cmd->mem);
        struct jm_bytes octets;
        enum jm_status st =
            jm_file_read(&octets, jm_home_path(h, names[i]), JM_TRUST_FILE_MAX, h->cmd->mem);

        if (st == JM_OK && is_pinned(h, octets)) {
            JM_TRY(jm_trust_judge(&h->trust, octets, h->pin, names[i], h->cmd, d));
            return h->trust.synthetic == h->synthetic
                       ? JM_OK
                       : jm_refuse(d, JM_E_DENIED, JM_TRUST_SYNTHETIC, names[i]);
        }
        jm_arena_back(h->cmd->mem, mark);
    }
    return jm_refuse(d, JM_E_DENIED, JM_TRUST_PIN, "trust/set.cbor");
}

enum jm_status jm_home_open(struct jm_home *h, const struct jm_cmd *cmd, unsigned flags,
                            struct jm_diag *d)
{
    enum jm_status st;

    memset(h, 0, sizeof *h);
    h->cmd = cmd;
    h->dir = cmd->common.home;
    h->conf_file = cmd->common.config != NULL ? cmd->common.config : jm_home_path(h, "jumin.conf");
    jm_clock_init(&h->clock, 0, 0);
    st = jm_file_read(&h->conf_text, h->conf_file, JM_CONF_MAX, cmd->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_ABSENT, JM_CMD_HOME_MISSING, h->conf_file);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, h->conf_file);
    JM_TRY(read_config(h, flags, d));
    if ((flags & JM_HOME_CONF_ONLY) != 0 || h->is_witness)
        return JM_OK;
    JM_TRY(read_trust(h, d));
    if (h->trust.synthetic && h->trust.clock_start != 0)
        jm_clock_init(&h->clock, h->trust.clock_start, h->trust.clock_moment);
    jm_clock_told(&h->clock, h->trust.issued_at);
    return JM_OK;
}

enum jm_status jm_home_lock(int *fd, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *path = jm_format(cmd->mem, "%s/trust/lock", cmd->common.home);
    enum jm_status st = jm_file_lock(fd, path);

    if (st == JM_E_ABSENT)
        return jm_refuse(d, st, JM_CMD_HOME_MISSING, cmd->common.home);
    return st == JM_OK ? JM_OK : jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_FILE_WRITE, path);
}

/* -- time -- */

int64_t jm_home_now(const struct jm_home *home)
{
    /* only its highest time changes, atomically */
    return jm_clock_now((void *)(uintptr_t)&home->clock);
}

/* Digits and a line end. */
static enum jm_status seen_of(uint64_t *out, struct jm_bytes text)
{
    JM_TRY(jm_parse_u64(out, jm_slice(text, 0, text.len == 0 ? 0 : text.len - 1)));
    return *out <= INT64_MAX ? JM_OK : JM_E_RANGE;
}

enum jm_status jm_home_seen(struct jm_home *home, const char *role, struct jm_diag *d)
{
    struct jm_bytes text;
    uint64_t seen = 0;
    enum jm_status st =
        jm_file_read(&text, jm_home_path(home, jm_format(home->cmd->mem, "%s/seen", role)), 64,
                     home->cmd->mem);

    if (st == JM_E_ABSENT)
        return JM_OK;
    if (st != JM_OK || seen_of(&seen, text) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ,
                         jm_format(home->cmd->mem, "%s/seen", role));
    jm_clock_saw(&home->clock, (int64_t)seen);
    return jm_clock_behind(&home->clock) ? jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_CLOCK_BACK, role)
                                         : JM_OK;
}

static int64_t seen_in(const char *path)
{
    char text[32];
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(text, 1, sizeof text, f);
    uint64_t seen = 0;

    if (f != NULL)
        (void)fclose(f);
    return seen_of(&seen, jm_bytes(text, n)) == JM_OK ? (int64_t)seen : 0;
}

enum jm_status jm_home_saw(const struct jm_home *home, const char *role)
{
    char path[4096], text[32];
    int n = snprintf(path, sizeof path, "%s/%s/seen", home->dir, role);
    int64_t now = jm_home_now(home);

    if (n <= 0 || (size_t)n >= sizeof path)
        return JM_E_LIMIT;
    if (seen_in(path) >= now)
        return JM_OK; /* a clock that fell back must not wipe out that it did */
    (void)snprintf(text, sizeof text, "%" PRId64 "\n", now);
    return jm_file_write(path, jm_str(text), 0600);
}

void jm_home_env(struct jm_env *env, const struct jm_home *home)
{
    *env = (struct jm_env){.now_s = jm_clock_now,
                           .now_ctx = (void *)(uintptr_t)&home->clock,
                           .told = jm_clock_told,
                           .behind = jm_clock_behind,
                           .random = jm_random,
                           .crypto = home->cmd->crypto};
}

enum jm_status jm_home_signer(struct jm_signer **out, const struct jm_home *home,
                              const char *caller, struct jm_diag *d)
{
    const char *file = jm_home_path(home, jm_format(home->cmd->mem, "%s/signer.secret", caller));
    struct jm_signer_dial dial = {.path = jm_home_path(home, "run/signer/signer.sock"),
                                  .caller = caller,
                                  .crypto = home->cmd->crypto,
                                  .random = jm_random};
    struct jm_bytes secret;
    enum jm_status st;

    *out = NULL;
    JM_TRY(jm_cmd_secret(&secret, file, sizeof dial.secret, home->cmd, JM_OK, d));
    if (secret.len != sizeof dial.secret)
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, file);
    memcpy(dial.secret.octets, secret.ptr, secret.len);
    st = jm_signer_connect(out, &dial);
    jm_wipe(&dial, sizeof dial);
    return st == JM_OK ? JM_OK : jm_refuse(d, st, jm_signer_reason(), caller);
}

enum jm_status jm_home_sign(struct jm_sig *sig, const struct jm_signer *signer,
                            enum jm_purpose purpose, struct jm_bytes tbs, struct jm_diag *d)
{
    struct jm_bytes in = tbs, out = jm_none();
    const struct jm_list li = {&in, 1, 1};
    struct jm_list lo = {&out, 0, 1};
    enum jm_status st = signer->call(signer->ctx, JM_SIGN, purpose, jm_none(), &li, &lo);

    if (st != JM_OK)
        return jm_refuse(d, st, jm_signer_reason(), NULL);
    return lo.n == 1 && jm_sig_set(sig, JM_ALG_ES256, out) == JM_OK ? JM_OK : JM_E_BUG;
}
