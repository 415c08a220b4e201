/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/init/make.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/ask.h"
#include "host/files/files.h"
#include "host/http/http.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/text.h"

static const char *path_of(const struct jm_making *m, const char *name)
{
    return jm_home_path(&m->home, name);
}

void jm_make_begin(struct jm_making *m, const struct jm_cmd *cmd, struct jm_diag *d)
{
    m->cmd = m->home.cmd = cmd;
    m->d = d;
    m->home.dir = cmd->common.home;
    m->home.conf_file = cmd->common.config != NULL ? cmd->common.config : path_of(m, "jumin.conf");
}

/* mkdir -p of the home itself: its parents are the user's own business, the last folder is ours
 * alone. */
static enum jm_status home_folder(const char *dir, struct jm_arena *mem)
{
    char *p = jm_format(mem, "%s", dir);

    for (char *slash = strchr(p[0] == '\0' ? p : p + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(p, 0700) != 0 && errno != EEXIST)
            return JM_E_IO;
        *slash = '/';
    }
    return jm_dir_make(dir);
}

enum jm_status jm_make_folders(struct jm_making *m, const char *const *names, size_t n)
{
    enum jm_status st = home_folder(m->home.dir, m->cmd->mem);
    const char *at = m->home.dir;

    for (size_t i = 0; st == JM_OK && i < n; i++)
        st = jm_dir_make(at = path_of(m, names[i]));
    if (st == JM_E_DENIED)
        return jm_refuse(m->d, st, JM_CMD_HOME_MODE, at);
    return st == JM_OK ? JM_OK : jm_refuse(m->d, JM_E_IO, JM_CMD_FILE_WRITE, at);
}

static enum jm_status random_passphrase(struct jm_making *m, struct jm_bytes *out)
{
    uint8_t octets[24];
    enum jm_status st;

    JM_TRY(jm_random(NULL, octets, sizeof octets));
    st = jm_b64url_encode(out, m->cmd->mem, jm_bytes(octets, sizeof octets));
    jm_wipe(octets, sizeof octets);
    JM_TRY(st);
    return jm_cmd_write(path_of(m, "signer/passphrase"), *out, 0600, m->cmd, m->d);
}

enum jm_status jm_make_master(struct jm_making *m)
{
    const char *file = jm_opt(m->cmd, "passphrase-file");
    struct jm_bytes words;

    JM_TRY(file == NULL && m->synthetic ? random_passphrase(m, &words)
                                        : jm_passphrase(&words, m->cmd, file, NULL, true, m->d));
    return jm_keys_create(&m->master, path_of(m, "signer"), words, &jm_signer_tools, m->cmd->mem);
}

enum jm_status jm_make_pair(struct jm_making *m, struct jm_maker *out)
{
    (void)m;
    memset(out, 0, sizeof *out);
    JM_TRY(jm_key_generate(&out->key));
    return jm_key_point(&out->point, out->key);
}

enum jm_status jm_make_cert(struct jm_making *m, struct jm_maker *out, struct jm_cert_spec *spec,
                            const struct jm_maker *ca)
{
    uint8_t own_id[JM_SKI_LEN];
    struct jm_sig sig;
    struct jm_bytes tbs;

    JM_TRY(jm_random(NULL, spec->serial, sizeof spec->serial));
    spec->key = out->point;
    if (ca != NULL) {
        spec->issuer_der = ca->parsed.subject.der;
        spec->authority_key_id = ca->parsed.ski;
    }
    JM_TRY(jm_key_id(own_id, m->cmd->crypto, &out->point));
    JM_TRY(jm_cert_tbs(&tbs, m->cmd->crypto, spec, m->cmd->mem));
    JM_TRY(jm_key_sign(ca == NULL ? out->key : ca->key, tbs, &sig));
    JM_TRY(jm_der_signed(&out->cert, tbs, jm_sig_bytes(&sig), m->cmd->mem));
    return jm_cert_parse(&out->parsed, out->cert);
}

static enum jm_status keep_key(struct jm_making *m, const struct jm_held_key *facts,
                               const struct jm_secret32 *secret)
{
    return jm_keys_add(path_of(m, "signer"), &m->master, facts, secret, true, &jm_signer_tools,
                       m->cmd->mem);
}

enum jm_status jm_make_keep(struct jm_making *m, const char *id, unsigned purpose,
                            const struct jm_maker *pair)
{
    const struct jm_held_key facts = {jm_str(id), purpose,     {NULL, 0},
                                      true,       pair->point, pair->cert};
    struct jm_secret32 scalar;
    enum jm_status st = jm_key_scalar(&scalar, pair->key);

    if (st == JM_OK)
        st = keep_key(m, &facts, &scalar);
    jm_wipe(&scalar, sizeof scalar);
    return st;
}

/* Roles with a control socket know the operator by the hash of what its clients send: base64url of
 * the shared secret. */
static enum jm_status keep_operator_hash(struct jm_making *m, const struct jm_secret32 *secret)
{
    const char *const roles[] = {m->home.is_verifier ? "verifier" : "issuer", "provider"};
    uint8_t token[44], hash[32];
    struct jm_buf b = jm_buf(token, sizeof token);

    JM_TRY(jm_b64url_put(&b, jm_bytes(secret->octets, sizeof secret->octets)));
    JM_TRY(jm_sha256(m->cmd->crypto, jm_written(b), hash));
    jm_wipe(token, sizeof token);
    for (size_t i = 0; i < (m->home.is_verifier ? 1u : 2u); i++)
        JM_TRY(jm_cmd_write(path_of(m, jm_format(m->cmd->mem, "%s/operator.sha256", roles[i])),
                            jm_bytes(hash, sizeof hash), 0600, m->cmd, m->d));
    return JM_OK;
}

/* A fresh secret key of a purpose and caller. */
static enum jm_status make_secret(struct jm_making *m, const char *id, unsigned purpose,
                                  const char *caller)
{
    const struct jm_held_key facts = {.id = jm_str(id),
                                      .purpose = purpose,
                                      .caller = jm_str(caller)};
    struct jm_secret32 secret;
    enum jm_status st = jm_random(NULL, secret.octets, sizeof secret.octets);

    if (st == JM_OK)
        st = keep_key(m, &facts, &secret);
    if (st == JM_OK && purpose == JM_PURPOSE_NONE)
        st = jm_cmd_write(path_of(m, jm_format(m->cmd->mem, "%s/signer.secret", caller)),
                          jm_bytes(secret.octets, sizeof secret.octets), 0600, m->cmd, m->d);
    if (st == JM_OK && purpose == JM_PURPOSE_NONE && strcmp(caller, "operator") == 0)
        st = keep_operator_hash(m, &secret);
    jm_wipe(&secret, sizeof secret);
    return st;
}

enum jm_status jm_make_caller(struct jm_making *m, const char *caller)
{
    static const struct {
        const char *kind;
        enum jm_purpose purpose;
    } secrets[] = {{"row", JM_PURPOSE_ROW},
                   {"lookup", JM_PURPOSE_LOOKUP},
                   {"code", JM_PURPOSE_CODE},
                   {"nonce", JM_PURPOSE_NONCE}};
    /* The rows that a caller may have are the service's to know; a key that nobody may use is
     * harmless, but not made. */
    const bool issuer = strcmp(caller, "issuer") == 0, provider = strcmp(caller, "provider") == 0;

    JM_TRY(make_secret(m, jm_format(m->cmd->mem, "caller-%s", caller), JM_PURPOSE_NONE, caller));
    for (size_t i = 0; i < JM_ARRAY_LEN(secrets); i++) {
        if ((secrets[i].purpose == JM_PURPOSE_LOOKUP && !issuer) ||
            (secrets[i].purpose == JM_PURPOSE_CODE && !issuer && !provider))
            continue;
        JM_TRY(make_secret(m, jm_format(m->cmd->mem, "%s-%s-1", secrets[i].kind, caller),
                           secrets[i].purpose, caller));
    }
    return JM_OK;
}

/* -- ports -- */

static int hold_port(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(*port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&a, sizeof a) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
        (void)close(fd);
        return -1;
    }
    *port = ntohs(a.sin_port);
    return fd;
}

/* All are held until the last is found, so that none is given twice. */
enum jm_status jm_make_ports(struct jm_making *m, uint16_t base, uint16_t *ports, size_t n)
{
    int fds[8];
    size_t held = 0;

    for (; held < n && held < JM_ARRAY_LEN(fds); held++) {
        ports[held] = (uint16_t)(base == 0 ? 0 : base + held);
        if ((fds[held] = hold_port(&ports[held])) < 0)
            break;
    }
    for (size_t i = 0; i < held; i++)
        (void)close(fds[i]);
    return held == n ? JM_OK
                     : jm_refuse(m->d, JM_E_UNAVAILABLE, JM_CMD_PORT,
                                 jm_format(m->cmd->mem, "127.0.0.1:%u", (unsigned)ports[held]));
}

enum jm_status jm_make_name(struct jm_making *m, const char *otherwise)
{
    const char *given = jm_opt(m->cmd, "name");
    struct jm_bytes name;

    m->name = otherwise;
    if (given == NULL)
        return JM_OK;
    if (jm_text_read(&name, jm_str(given), m->cmd->mem) != JM_OK)
        return jm_refuse(m->d, JM_E_USAGE, JM_API_TEXT, "--name");
    m->name = jm_cstr(m->cmd, name);
    return JM_OK;
}

enum jm_status jm_make_base(const struct jm_making *m, const char *role, const char *base,
                            const char **listen)
{
    bool http;
    enum jm_code fault = jm_base_url_judge(jm_str(base), &http);
    struct jm_url u;

    if (fault == JM_CODE_NONE && http && !m->synthetic)
        fault = JM_CMD_BASE_URL;
    if (fault != JM_CODE_NONE)
        return jm_refuse(m->d, JM_E_USAGE, fault,
                         jm_format(m->cmd->mem, "--base %s=%s", role, base));
    if (!http || jm_url_split(&u, jm_str(base)) != JM_OK || u.port.len == 0)
        return JM_OK;
    *listen =
        jm_format(m->cmd->mem, "%s:%s",
                  jm_bytes_eq_str(u.host, "localhost") ? "127.0.0.1" : jm_cstr(m->cmd, u.host),
                  jm_cstr(m->cmd, u.port));
    return JM_OK;
}

enum jm_status jm_make_proxy(struct jm_making *m, const char *base, const char **line)
{
    struct jm_bytes said;

    *line = "";
    if (m->proxy == NULL)
        m->proxy = jm_opt(m->cmd, "proxy");
    if (m->proxy == NULL && strncmp(base, "https://", 8) != 0)
        return JM_OK;
    if (m->proxy == NULL && jm_ask_line(&said, m->cmd, "ask.proxy") == JM_OK && said.len != 0)
        m->proxy = jm_cstr(m->cmd, said);
    if (m->proxy == NULL)
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--proxy ADDRESS, or none");
    if (strcmp(m->proxy, "none") != 0 && !jm_http_is_address(m->proxy))
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--proxy ADDRESS, or none");
    *line = jm_format(m->cmd->mem, "proxy = %s\n", m->proxy);
    return JM_OK;
}

const char *jm_make_id(const struct jm_cmd *cmd, const char *prefix, const char *name,
                       const char *fallback)
{
    char *id = jm_format(cmd->mem, "%s%s", prefix, name);
    size_t n = strlen(prefix);

    for (const char *c = name; *c != '\0' && n < 48; c++) {
        if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'))
            id[n++] = *c;
        else if (*c >= 'A' && *c <= 'Z')
            id[n++] = (char)(*c - 'A' + 'a');
        else if (n > strlen(prefix) && id[n - 1] != '-')
            id[n++] = '-';
    }
    while (n > strlen(prefix) && id[n - 1] == '-')
        n--;
    if (n < strlen(prefix) + 2)
        return jm_format(cmd->mem, "%s%s", prefix, fallback);
    id[n] = '\0';
    return id;
}

/* -- trust and configuration -- */

enum jm_status jm_make_trust(struct jm_making *m, struct jm_trust *out)
{
    const char *file = jm_opt(m->cmd, "trust"), *pin = jm_opt(m->cmd, "pin");

    if (file == NULL || pin == NULL)
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED,
                         file == NULL ? "--trust FILE" : "--pin HASH");
    JM_TRY(jm_trust_from_file(out, file, pin, m->cmd, m->d));
    m->synthetic = out->synthetic;
    return JM_OK;
}

enum jm_status jm_make_conf(struct jm_making *m, const char *kind, struct jm_bytes trust,
                            const char *head, const char *sections)
{
    m->home.conf_text = jm_str(jm_format(
        m->cmd->mem,
        "%s[home]\nname = %s\nid = %s\nkind = %s\nsynthetic = %s\n\n[trust]\npin = %064d\n%s", head,
        m->name, m->id, kind, m->synthetic ? "yes" : "no", 0, sections));
    return jm_home_pin(&m->home, trust, m->d);
}
