/* SPDX-License-Identifier: Apache-2.0 */
/* jumin init --verifier: a relying party's home with its request key and the certificate request
 * for it. */
#include <string.h>

#include "cmd/cli/trustset.h"
#include "cmd/init/make.h"
#include "host/files/files.h"

struct party {
    struct jm_making m;
    struct jm_trust trust;
    struct jm_maker request;
    const char *base, *listen, *proxy;
};

static enum jm_status read_place(struct party *p)
{
    const struct jm_cmd *cmd = p->m.cmd;
    const char *port_text = jm_opt(cmd, "base-port"), *base = jm_opt(cmd, "base");
    uint64_t port = 0;
    uint16_t got;

    if (port_text != NULL &&
        (jm_parse_u64(&port, jm_str(port_text)) != JM_OK || port == 0 || port > 65535))
        return jm_refuse(p->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--base-port 1–65535");
    JM_TRY(jm_make_ports(&p->m, (uint16_t)port, &got, 1));
    p->listen = jm_format(cmd->mem, "127.0.0.1:%u", (unsigned)got);
    if (base != NULL && strncmp(base, "verifier=", 9) == 0)
        base += 9;
    p->base = base != NULL     ? base
              : p->m.synthetic ? jm_format(cmd->mem, "http://%s", p->listen)
                               : "";
    JM_TRY(jm_make_base(&p->m, "verifier", p->base, &p->listen));
    return jm_make_proxy(&p->m, p->base, &p->proxy);
}

static enum jm_status make_request(struct party *p)
{
    struct jm_making *m = &p->m;
    struct jm_sig sig;
    struct jm_bytes tbs, der, pem;

    JM_TRY(jm_make_pair(m, &p->request));
    JM_TRY(jm_csr_tbs(&tbs, jm_str(m->name), &p->request.point, m->cmd->mem));
    JM_TRY(jm_key_sign(p->request.key, tbs, &sig));
    JM_TRY(jm_der_signed(&der, tbs, jm_sig_bytes(&sig), m->cmd->mem));
    JM_TRY(jm_pem_write(&pem, "CERTIFICATE REQUEST", der, m->cmd->mem));
    JM_TRY(jm_make_keep(m, "request-1", JM_PURPOSE_REQUEST, &p->request));
    return jm_cmd_write(jm_home_path(&m->home, "verifier/request.csr"), pem, 0644, m->cmd, m->d);
}

static enum jm_status write_conf(struct party *p)
{
    struct jm_making *m = &p->m;
    const char *section = jm_format(m->cmd->mem, "\n[verifier]\nbase = %s\nlisten = %s\n%s",
                                    p->base, p->listen, p->proxy);
    const char *policy = jm_format(
        m->cmd->mem,
        "# What this home calls its own: nothing else is signed (D-424).\n[own]\nverifier = %s\n",
        p->base);

    JM_TRY(jm_cmd_write(jm_home_path(&m->home, "signer/policy.conf"), jm_str(policy), 0600, m->cmd,
                        m->d));
    return jm_make_conf(m, "verifier", p->trust.octets, "", section);
}

static enum jm_status make_party(struct party *p)
{
    static const char *const folders[] = {"trust",        "run",      "run/signer",
                                          "run/verifier", "signer",   "signer/keys",
                                          "signer/count", "verifier", "operator"};
    struct jm_making *m = &p->m;

    JM_TRY(jm_make_trust(m, &p->trust));
    JM_TRY(read_place(p));
    JM_TRY(jm_make_folders(m, folders, JM_ARRAY_LEN(folders)));
    JM_TRY(jm_make_master(m));
    JM_TRY(make_request(p));
    JM_TRY(jm_make_caller(m, "verifier"));
    JM_TRY(jm_make_caller(m, "operator"));
    return write_conf(p);
}

enum jm_status jm_init_verifier(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct party *p = JM_NEW(cmd->mem, struct party);
    struct jm_body b;
    const char *request_file;
    enum jm_status st;

    if (p == NULL)
        return JM_E_NO_SPACE;
    jm_make_begin(&p->m, cmd, d);
    p->m.home.is_verifier = true;
    request_file = jm_home_path(&p->m.home, "verifier/request.csr");
    if ((st = jm_make_name(&p->m, "Relying party")) == JM_OK) {
        p->m.id = jm_make_id(cmd, "", p->m.name, "party");
        st = make_party(p);
    }
    jm_key_free(&p->request.key);
    jm_wipe(&p->m.master, sizeof p->m.master);
    JM_TRY(st);
    jm_say(cmd, "%s\n", request_file);
    JM_TRY(jm_body_open(&b, cmd, 16 * JM_KIB)); /* paths are at most 4 KiB each */
    jm_json_w_mstr(&b.w, "home", p->m.home.dir);
    jm_json_w_mstr(&b.w, "request", request_file);
    jm_json_w_mstr(&b.w, "verifier", p->base);
    return jm_body_answer(cmd, &b);
}
