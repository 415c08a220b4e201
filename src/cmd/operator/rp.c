/* SPDX-License-Identifier: Apache-2.0 */
/* jumin rp register, rp suspend: judges the services, signs the request certificate, writes the
 * next trust set. */
#include <string.h>

#include "cmd/cli/cards.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/home.h"
#include "cmd/cli/keyfile.h"
#include "cmd/cli/trustset.h"
#include "cmd/ledger/ledger_keys.h"
#include "cmd/operator/operate.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "service/rp/rp.h"
#include "service/staff/staff.h"

#define SERVICES_MAX (256 * JM_KIB)
#define VALID_S (1186LL * 86400) /* ISO/IEC 18013-5 Annex B: at most 1,187 days */
#define BACK_S 3600
#define ANSWER_MAX (64 * JM_KIB)

struct registering {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_rp_application app;
    struct jm_rp_notices notices;
    struct jm_csr csr;
    struct jm_signer *signer;
    struct jm_bytes cert;
    struct jm_cert parsed;
    struct jm_bytes request, services; /* as read: what is approved */
    struct jm_trust_entries next;
    int64_t now;
    struct jm_diag *d;
};

static enum jm_status read_request(struct registering *r)
{
    const char *file = jm_opt(r->cmd, "request");
    struct jm_bytes octets, der;

    JM_TRY(jm_cmd_read(&octets, file, JM_CERT_MAX * 2, r->cmd, r->d));
    r->request = octets;
    if (jm_pem_or_der(&der, "CERTIFICATE REQUEST", octets, r->cmd->mem) != JM_OK ||
        jm_csr_parse(&r->csr, der) != JM_OK)
        return jm_refuse(r->d, JM_E_MALFORMED, JM_RP_REQUEST, file);
    if (jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&r->csr.point), r->csr.tbs,
                          jm_sig_bytes(&r->csr.sig)) != JM_OK)
        return jm_refuse(r->d, JM_E_SIGNATURE, JM_RP_REQUEST, file);
    return JM_OK;
}

/* A claim of the card, or of an SD-JWT an object that holds some. */
static bool is_claim_of(const struct jm_profile *p, const struct jm_rp_claim *c)
{
    size_t n = jm_rp_claim_steps(c), k;

    for (size_t i = 0; i < p->n; i++) {
        const struct jm_profile_claim *has = &p->claim[i];

        if (c->fmt == JM_FMT_MDOC && jm_bytes_eq(has->ns, c->path[0]) &&
            jm_bytes_eq(has->id, c->path[1]))
            return true;
        for (k = 0; c->fmt == JM_FMT_SDJWT && k < n && k < has->n_path &&
                    jm_bytes_eq(has->path[k], c->path[k]);)
            k++;
        if (c->fmt == JM_FMT_SDJWT && k == n)
            return true;
    }
    return false;
}

/* A claim of a card of ours must be one that it has. */
static enum jm_status claims_known(struct registering *r)
{
    struct jm_profiles all;

    JM_TRY(jm_cmd_cards(&all, r->cmd, r->d));
    for (size_t i = 0; i < r->app.n_services; i++)
        for (size_t k = 0; k < r->app.service[i].n_claims; k++) {
            const struct jm_rp_claim *c = &r->app.service[i].claim[k];

            for (size_t p = 0; p < all.n; p++)
                if (jm_bytes_eq(c->type, c->fmt == JM_FMT_MDOC ? all.profile[p].doctype
                                                               : all.profile[p].vct) &&
                    !is_claim_of(&all.profile[p], c))
                    return jm_refuse(r->d, JM_E_DENIED, JM_RP_CLAIM_UNKNOWN,
                                     jm_cstr(r->cmd, c->path[jm_rp_claim_steps(c) - 1]));
        }
    return JM_OK;
}

/* -- two operators -- */

/* @p approved: two operators have proven it. One alone is nobody here. */
static enum jm_status read_approval(struct registering *r, bool *approved)
{
    /* this request, these services, onto this trust set: a signature serves for nothing else */
    const struct jm_bytes all[] = {r->services, r->request,
                                   jm_bytes(r->home.pin, sizeof r->home.pin)};

    *approved = false;
    if (!jm_approvers_given(r->cmd))
        return JM_OK;
    JM_TRY(jm_approve_parts(r->cmd, all, JM_ARRAY_LEN(all), r->d));
    *approved = true;
    return JM_OK;
}

static enum jm_status read_services(struct registering *r)
{
    uint8_t ski[JM_SKI_LEN];
    struct jm_bytes json;
    bool approved;

    JM_TRY(jm_cmd_read(&json, jm_opt(r->cmd, "services"), SERVICES_MAX, r->cmd, r->d));
    JM_TRY(jm_rp_read(&r->app, json, r->cmd->mem, r->d));
    r->services = json;
    JM_TRY(claims_known(r));
    JM_TRY(read_approval(r, &approved));
    JM_TRY(jm_key_id(ski, r->cmd->crypto, &r->csr.point));
    JM_TRY(jm_rp_replaces(&r->app, &r->home.trust, jm_bytes(ski, sizeof ski), approved, r->d));
    return jm_rp_judge(&r->app, &r->home.trust, jm_str(r->home.name), approved, &r->notices,
                       r->cmd->mem, r->d);
}

/* -- certificate -- */

static enum jm_status make_cert(struct registering *r)
{
    struct jm_anchors ca;
    struct jm_cert_spec spec = {.country = JM_BYTES("KR"),
                                .org = r->app.name.en.len != 0 ? r->app.name.en : r->app.name.ko,
                                .cn = r->app.name.en.len != 0 ? r->app.name.en : r->app.name.ko,
                                .not_before = r->now - BACK_S,
                                .not_after = r->now - BACK_S + VALID_S,
                                .key = r->csr.point,
                                .ku = JM_KU_DIGITAL_SIGNATURE,
                                .eku = {JM_OID_EKU_MDL_READER},
                                .eku_critical = true,
                                .dns = r->app.domain};
    struct jm_sig sig;
    struct jm_bytes tbs;

    JM_TRY(jm_trust_anchors(&ca, &r->home.trust, JM_CERT_READER_CA, jm_none(), jm_none(), r->now,
                            r->cmd->mem));
    if (ca.n == 0)
        return jm_refuse(r->d, JM_E_ABSENT, JM_RP_NOT_REGISTERED, "CA");
    if (spec.not_after > ca.anchor[ca.n - 1].cert->not_after)
        spec.not_after = ca.anchor[ca.n - 1].cert->not_after;
    spec.issuer_der = ca.anchor[ca.n - 1].cert->subject.der;
    spec.authority_key_id = ca.anchor[ca.n - 1].cert->ski;
    spec.crl_uri = r->home.status.base == NULL
                       ? jm_none()
                       : jm_str(jm_format(r->cmd->mem, "%s/crl", r->home.status.base));
    JM_TRY(jm_random(NULL, spec.serial, sizeof spec.serial));
    JM_TRY(jm_cert_tbs(&tbs, r->cmd->crypto, &spec, r->cmd->mem));
    JM_TRY(jm_home_sign(&sig, r->signer, JM_PURPOSE_RPCERT, tbs, r->d));
    JM_TRY(jm_der_signed(&r->cert, tbs, jm_sig_bytes(&sig), r->cmd->mem));
    return jm_cert_parse(&r->parsed, r->cert);
}

/* -- trust set -- */

static enum jm_status add_use(struct registering *r, const struct jm_rp_service *s)
{
    const struct jm_use_record u = {.rp = r->app.id,
                                    .id = s->id,
                                    .purpose = s->purpose,
                                    .privacy_uri = s->privacy_uri,
                                    .legal_basis =
                                        s->legal_basis.len != 0 ? s->legal_basis : JM_BYTES("-"),
                                    .retention_days = s->retention_days,
                                    .channels = s->channels,
                                    .from = r->parsed.not_before,
                                    .to = r->parsed.not_after,
                                    .state = JM_RECORD_ACTIVE};
    const struct jm_bytes parts[] = {JM_BYTES("use/"), r->app.id, JM_BYTES("/"), s->id};
    struct jm_type_paths *types;
    struct jm_bytes key, body;
    size_t n;

    JM_TRY(jm_rp_types(&types, &n, s, r->cmd->mem));
    JM_TRY(jm_body_use(&body, &u, types, n, r->cmd->mem));
    JM_TRY(jm_concat(&key, r->cmd->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_trust_entries_add(&r->next, key, body);
}

static enum jm_status add_rp(struct registering *r)
{
    const struct jm_rp_record rp = {.id = r->app.id,
                                    .name = r->app.name,
                                    .public_body = r->app.public_body,
                                    .sector = r->app.sector,
                                    .state = JM_RECORD_ACTIVE};
    struct jm_bytes key, body;

    JM_TRY(jm_body_rp(&body, &rp, JM_BYTES("KR"), r->app.identifier, JM_BYTES("supervisor"),
                      r->cmd->mem));
    JM_TRY(jm_trust_key(&key, "rp/", r->app.id, r->cmd->mem));
    return jm_trust_entries_add(&r->next, key, body);
}

static enum jm_status add_rpcert(struct registering *r)
{
    struct jm_bytes key, body;
    uint8_t hash[32];

    JM_TRY(jm_sha256(r->cmd->crypto, r->cert, hash));
    JM_TRY(jm_body_rpcert(&body, jm_bytes(hash, sizeof hash), r->app.id, r->parsed.ski,
                          r->parsed.not_after, r->cmd->mem));
    JM_TRY(jm_trust_key_hash(&key, "rpcert/", r->cmd->crypto, r->cert, r->cmd->mem));
    return jm_trust_entries_add(&r->next, key, body);
}

/* A second registration takes the place of the first: its rp and use records, not its certificates,
 * which run out. */
static bool is_replaced(const struct registering *r, struct jm_bytes key)
{
    struct jm_bytes rest = jm_slice(key, 3, SIZE_MAX);

    if (jm_bytes_starts(key, JM_BYTES("rp/")))
        return jm_bytes_eq(rest, r->app.id);
    if (!jm_bytes_starts(key, JM_BYTES("use/")))
        return false;
    rest = jm_slice(key, 4, SIZE_MAX);
    return jm_bytes_starts(rest, r->app.id) && rest.len > r->app.id.len &&
           rest.ptr[r->app.id.len] == '/';
}

/* The next trust set; before there is a certificate, all but that. */
static enum jm_status next_trust(struct registering *r, struct jm_bytes *octets)
{
    const struct jm_trust *t = &r->home.trust;

    JM_TRY(jm_trust_entries_open(&r->next, t->n + r->app.n_services + 2, r->cmd->mem));
    for (size_t i = 0; i < t->n; i++)
        if (!is_replaced(r, t->entry[i].key))
            r->next.e[r->next.n++] = t->entry[i];
    JM_TRY(add_rp(r));
    if (r->cert.len != 0)
        JM_TRY(add_rpcert(r));
    for (size_t i = 0; i < r->app.n_services; i++)
        JM_TRY(add_use(r, &r->app.service[i]));
    return jm_trust_next(octets, t, r->next.e, r->next.n, r->now, r->cmd->mem);
}

/* What is taken away is shown, and somebody says yes, before anything is signed. */
static enum jm_status show_taken(struct registering *r)
{
    struct jm_trust next;
    struct jm_bytes octets;

    JM_TRY(next_trust(r, &octets));
    JM_TRY(jm_trust_open(&next, octets, r->cmd->mem));
    return jm_trust_agree(&r->home.trust, &next, r->cmd, r->d);
}

static enum jm_status pin_set(struct registering *r)
{
    struct jm_rp_record there;
    bool replaces = jm_trust_rp(&there, &r->home.trust, r->app.id) == JM_OK;
    struct jm_bytes octets;

    JM_TRY(next_trust(r, &octets));
    return jm_operate_pin(&r->home, replaces ? "RP_REPLACE" : "RP_REGISTER", r->app.id, octets,
                          r->d);
}

/* -- the command -- */

static enum jm_status register_rp(struct registering *r)
{
    struct jm_bytes pem = {NULL, 0};
    int lock = -1;
    enum jm_status st;

    JM_TRY(jm_home_lock(&lock, r->cmd, r->d)); /* two operators, one trust set */
    st = jm_home_open(&r->home, r->cmd, JM_HOME_AUTHORITY, r->d);
    r->now = jm_home_now(&r->home);
    if (st == JM_OK)
        st = read_request(r);
    if (st == JM_OK)
        st = read_services(r);
    if (st == JM_OK)
        st = jm_home_signer(&r->signer, &r->home, "operator", r->d);
    if (st == JM_OK)
        st = show_taken(r);
    if (st == JM_OK)
        st = make_cert(r);
    if (st == JM_OK)
        st = jm_pem_write(&pem, "CERTIFICATE", r->cert, r->cmd->mem);
    if (st == JM_OK)
        st = jm_cmd_write(jm_opt(r->cmd, "cert-out"), pem, 0644, r->cmd, r->d);
    if (st == JM_OK)
        st = pin_set(r);
    jm_signer_disconnect(&r->signer);
    jm_file_unlock(&lock);
    return st;
}

static enum jm_status answer_rp(const struct registering *r)
{
    const char *hash = jm_hash_text(r->cmd, r->home.pin);
    struct jm_body b;

    JM_TRY(jm_body_open(&b, r->cmd, ANSWER_MAX));
    for (size_t i = 0; i < r->notices.n; i++) {
        const char *name = jm_code_info(r->notices.row[i].code)->name;

        jm_remark(r->cmd, "%s: %s: %s\n", name, jm_cstr(r->cmd, r->notices.row[i].service),
                  jm_cmd_text(r->cmd, jm_format(r->cmd->mem, "code.%s", name)));
    }
    jm_say(r->cmd, "%s\n", hash);
    jm_json_w_mtext(&b.w, "rp", r->app.id);
    jm_json_w_mstr(&b.w, "trust_hash", hash);
    jm_json_w_mint(&b.w, "trust_version", (int64_t)r->home.trust.version);
    jm_json_w_mopen(&b.w, "warn", '[');
    for (size_t i = 0; i < r->notices.n; i++)
        jm_json_w_text(&b.w, jm_str(jm_code_info(r->notices.row[i].code)->name));
    jm_json_w_close(&b.w, ']');
    return jm_body_answer(r->cmd, &b);
}

static enum jm_status run_register(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct registering *r = JM_NEW(cmd->mem, struct registering);
    enum jm_status st;

    if (r == NULL)
        return JM_E_NO_SPACE;
    r->cmd = cmd;
    r->d = d;
    st = register_rp(r);
    return st == JM_OK ? answer_rp(r) : st;
}

JM_COMMAND(rp_register, "rp register", run_register,
           "rp register --request bank.csr --services bank.json --cert-out bank.pem",
           "rp register --request police.csr --services police.json --cert-out police.pem "
           "--as kim.key --second-as lee.key",
           JM_OPTIONS(JM_NEEDS("request", "CSR"), JM_NEEDS("services", "FILE"),
                      JM_NEEDS("cert-out", "FILE"), JM_APPROVERS, JM_LEDGER_KEY_OPTION,
                      JM_SWITCH("yes")));

/* -- suspending -- */

static enum jm_status may_suspend(const struct jm_home *home, struct jm_bytes id, struct jm_diag *d)
{
    struct jm_rp_record r;

    return jm_trust_rp(&r, &home->trust, id) == JM_OK && r.state == JM_RECORD_ACTIVE
               ? JM_OK
               : jm_refuse(d, JM_E_ABSENT, JM_RP_NOT_REGISTERED, home->cmd->operand[0]);
}

static enum jm_status run_suspend(const struct jm_cmd *cmd, struct jm_diag *d)
{
    return jm_suspend(cmd, &(const struct jm_suspending){"RP_SUSPEND", "rp/", may_suspend, NULL},
                      d);
}

JM_COMMAND(rp_suspend, "rp suspend", run_suspend, "rp suspend hana-bank",
           "rp suspend hana-bank --yes --json", JM_OPERANDS("ID", 1, 1),
           JM_OPTIONS(JM_SWITCH("yes"), JM_LEDGER_KEY_OPTION));
