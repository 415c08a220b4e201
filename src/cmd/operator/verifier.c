/* SPDX-License-Identifier: Apache-2.0 */
/* jumin verifier enroll: a relying party takes its certificate and says what its services ask,
 * within the registered use. */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/role/verifier.h"
#include "host/openssl/openssl.h"
#include "jumin/jose.h"

#define ANSWER_MAX (64 * JM_KIB)

struct enrolling {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_bytes cert, services;
    struct jm_rp_application app;
    struct jm_diag *d;
};

/* The certificate is for the key that this home asked for. */
static enum jm_status own_key(struct enrolling *e, const struct jm_cert *leaf)
{
    struct jm_bytes octets, der;
    struct jm_csr csr;

    JM_TRY(jm_cmd_read(&octets, jm_home_path(&e->home, "verifier/request.csr"), JM_CERT_MAX * 2,
                       e->cmd, e->d));
    if (jm_pem_or_der(&der, "CERTIFICATE REQUEST", octets, e->cmd->mem) != JM_OK ||
        jm_csr_parse(&csr, der) != JM_OK)
        return jm_refuse(e->d, JM_E_MALFORMED, JM_RP_REQUEST, "verifier/request.csr");
    if (!jm_point_eq(&csr.point, &leaf->point))
        return jm_refuse(e->d, JM_E_DENIED, JM_RP_CERT_FOREIGN, NULL);
    return JM_OK;
}

static enum jm_status read_cert(struct enrolling *e)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify};
    struct jm_anchors ca;
    struct jm_bytes octets;
    struct jm_cert leaf;

    JM_TRY(jm_cmd_read(&octets, jm_cmd_file(e->cmd), JM_CERT_MAX * 2, e->cmd, e->d));
    if (jm_pem_or_der(&e->cert, "CERTIFICATE", octets, e->cmd->mem) != JM_OK ||
        jm_cert_parse(&leaf, e->cert) != JM_OK)
        return jm_refuse(e->d, JM_E_MALFORMED, JM_CMD_FILE_READ, jm_cmd_file(e->cmd));
    JM_TRY(own_key(e, &leaf));
    JM_TRY(jm_trust_anchors(&ca, &e->home.trust, JM_CERT_READER_CA, jm_none(), jm_none(),
                            jm_home_now(&e->home), e->cmd->mem));
    const struct jm_path_spec spec = {.anchors = &ca,
                                      .use = JM_PATH_REQUEST,
                                      .now = jm_home_now(&e->home),
                                      .waive_crl = true};
    struct jm_path path;
    JM_TRY(jm_path_judge(&path, &spec, &e->cert, 1, &answers, e->cmd->mem));
    return jm_path_refusal(&path, e->d);
}

static enum jm_status judge_services(struct enrolling *e)
{
    struct jm_bytes rp;

    JM_TRY(jm_cmd_read(&e->services, jm_opt(e->cmd, "services"), JM_SERVICES_MAX, e->cmd, e->d));
    JM_TRY(jm_rp_read(&e->app, e->services, e->cmd->mem, e->d));
    if (jm_trust_rp_by_cert(&rp, &e->home.trust, e->cmd->crypto, e->cert) != JM_OK)
        return jm_refuse(e->d, JM_E_DENIED, JM_RP_NOT_REGISTERED, jm_cmd_file(e->cmd));
    return jm_rp_within(&e->app, &e->home.trust, rp, jm_home_now(&e->home), e->cmd->mem, e->d);
}

static enum jm_status enroll_home(struct enrolling *e)
{
    JM_TRY(jm_home_open(&e->home, e->cmd, JM_HOME_VERIFIER, e->d));
    if (jm_trust_is_stale(&e->home.trust, jm_home_now(&e->home)))
        return jm_refuse(e->d, JM_E_UNAVAILABLE, JM_TRUST_STALE, NULL);
    JM_TRY(read_cert(e));
    JM_TRY(judge_services(e));
    JM_TRY(
        jm_cmd_write(jm_home_path(&e->home, "verifier/access.der"), e->cert, 0644, e->cmd, e->d));
    return jm_cmd_write(jm_home_path(&e->home, "verifier/services.json"), e->services, 0600, e->cmd,
                        e->d);
}

static enum jm_status run_enroll(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct enrolling *e = JM_NEW(cmd->mem, struct enrolling);
    struct jm_body b;

    if (e == NULL)
        return JM_E_NO_SPACE;
    e->cmd = cmd;
    e->d = d;
    JM_TRY(enroll_home(e));
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_json_w_mtext(&b.w, "rp", e->app.id);
    jm_json_w_mopen(&b.w, "services", '[');
    for (size_t i = 0; i < e->app.n_services; i++) {
        jm_json_w_text(&b.w, e->app.service[i].id);
        jm_say(cmd, "%s\n", jm_cstr(cmd, e->app.service[i].id));
    }
    jm_json_w_close(&b.w, ']');
    return jm_body_answer(cmd, &b);
}

JM_COMMAND(verifier_enroll, "verifier enroll", run_enroll,
           "verifier enroll bank.pem --services bank.json --home bank",
           "verifier enroll - --services bank.json --json", JM_OPERANDS("CERT", 1, 1),
           JM_OPTIONS(JM_NEEDS("services", "FILE")));
