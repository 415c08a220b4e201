/* SPDX-License-Identifier: Apache-2.0 */
/* jumin init: an authority's home, all of it, or a relying party's or a holder's (init_*.c). */
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cards.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/trustset.h"
#include "cmd/init/init_ledger.h"
#include "cmd/init/make.h"
#include "host/files/files.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/jose.h"

#define DAY ((int64_t)JM_DAY_S)
#define BEFORE_S (2 * DAY) /* certificates begin before now: copies round their times down */
#define TRUST_DAYS 90
#define CRL_DAYS 90
#define LIST_URI_MAX 44 /* octets, spec/mdoc.md 15.3 */
#define SHARDS_MAX 4096
#define ANSWER_MAX (32 * JM_KIB) /* paths are at most 4 KiB each */

enum { AT_ISSUER, AT_PROVIDER, AT_STATUS, AT_LEDGER, N_AT };
static const char *const role_names[N_AT] = {"issuer", "provider", "status", "ledger"};

struct authority {
    struct jm_making m;
    const char *base[N_AT], *listen[N_AT], *proxy[N_AT];
    size_t n_at; /* with a ledger, or without */
    struct jm_maker iaca, ds, status, sdjwt_ca, sdjwt, meta_ca, metadata, ticket, rp_ca, wallet_ca,
        attestation, audit, card;
    struct jm_bytes crl, trust;
    struct jm_trust_entries entries;
    int64_t crl_next;
    struct jm_profiles cards;
};

static enum jm_status put_file(struct authority *a, const char *name, struct jm_bytes what)
{
    return jm_cmd_write(jm_home_path(&a->m.home, name), what, 0644, a->m.cmd, a->m.d);
}

/* -- certificates -- */

/* One row a certificate: who signs it, for how long, and what it is for. */
struct cert_row {
    const char *id, *cn; /* id: of the key file */
    unsigned purpose;    /* NONE: no caller may use the key */
    size_t self, ca;     /* offsets in struct authority; equal: self-signed */
    int64_t days;
    unsigned ku;
    bool is_ca, is_mdl_ds, has_crl;
    const char *file; /* public/certs/<file>.der */
};

#define AT(member) offsetof(struct authority, member)
#define CA_KU (JM_KU_KEY_CERT_SIGN | JM_KU_CRL_SIGN)
#define SIGN_KU JM_KU_DIGITAL_SIGNATURE

static const struct cert_row cert_rows[] = {
    {"crl-1", "IACA", JM_PURPOSE_CRL, AT(iaca), AT(iaca), 9 * 365, CA_KU, true, false, false,
     "iaca"},
    {"mso-1", "Document Signer", JM_PURPOSE_MSO, AT(ds), AT(iaca), 457, SIGN_KU, false, true, true,
     "ds"},
    {"status-1", "Status Signer", JM_PURPOSE_STATUS, AT(status), AT(iaca), 457, SIGN_KU, false,
     false, true, "status"},
    {"offline-sdjwt-ca", "SD-JWT CA", JM_PURPOSE_NONE, AT(sdjwt_ca), AT(sdjwt_ca), 9 * 365, CA_KU,
     true, false, false, "sdjwt-ca"},
    {"sdjwt-1", "SD-JWT Signer", JM_PURPOSE_SDJWT, AT(sdjwt), AT(sdjwt_ca), 457, SIGN_KU, false,
     false, false, "sdjwt"},
    {"offline-metadata-ca", "Metadata CA", JM_PURPOSE_NONE, AT(meta_ca), AT(meta_ca), 9 * 365,
     CA_KU, true, false, false, "metadata-ca"},
    {"metadata-1", "Metadata Signer", JM_PURPOSE_METADATA, AT(metadata), AT(meta_ca), 457, SIGN_KU,
     false, false, false, "metadata"},
    {"ticket-1", "Desk Ticket Signer", JM_PURPOSE_TICKET, AT(ticket), AT(meta_ca), 457, SIGN_KU,
     false, false, false, "ticket"},
    {"rpcert-1", "Relying Party CA", JM_PURPOSE_RPCERT, AT(rp_ca), AT(rp_ca), 9 * 365, CA_KU, true,
     false, false, "rp-ca"},
    {"offline-wallet-ca", "Wallet Provider CA", JM_PURPOSE_NONE, AT(wallet_ca), AT(wallet_ca),
     9 * 365, CA_KU, true, false, false, "wallet-ca"},
    /* no longer than its CA, although a chip card may live 15 years */
    {"card-1", "Card Signer", JM_PURPOSE_CARD, AT(card), AT(iaca), 9 * 365, SIGN_KU, false, false,
     true, "card"},
    {"attestation-1", "Wallet Attestation Signer", JM_PURPOSE_ATTESTATION, AT(attestation),
     AT(wallet_ca), 457, SIGN_KU, false, false, false, "attestation"},
};

static struct jm_maker *maker_at(struct authority *a, size_t offset)
{
    return (struct jm_maker *)(void *)((char *)a + offset);
}

static enum jm_status make_cert(struct authority *a, const struct cert_row *r)
{
    struct jm_making *m = &a->m;
    struct jm_maker *self = maker_at(a, r->self);
    const struct jm_maker *ca = r->self == r->ca ? NULL : maker_at(a, r->ca);
    const char *base = a->base[AT_ISSUER], *cn = jm_format(m->cmd->mem, "%s %s", m->name, r->cn);
    struct jm_cert_spec spec = {.country = JM_BYTES("KR"),
                                .org = jm_str(m->name),
                                .cn = jm_str(cn),
                                .not_before = m->now - BEFORE_S,
                                .not_after = m->now - BEFORE_S + r->days * DAY - 1,
                                .ku = r->ku,
                                .ca = r->is_ca};

    JM_TRY(jm_make_pair(m, self));
    if (r->is_mdl_ds) {
        spec.eku[0] = JM_OID_EKU_MDL_DS;
        spec.eku_critical = true;
    }
    if (r->is_mdl_ds || r->self == AT(iaca))
        spec.issuer_alt_uri = jm_str(base);
    if (r->self == AT(sdjwt))
        spec.uri = jm_str(base); /* what the copies carry as iss */
    if (r->self == AT(status))
        spec.eku[0] = JM_OID_EKU_STATUS;
    if (r->self == AT(card)) {
        spec.eku[0] = JM_OID_EKU_CARD_SIGNER;
        spec.eku_critical = true;
    }
    if (r->has_crl)
        spec.crl_uri = jm_str(jm_format(m->cmd->mem, "%s/crl", a->base[AT_STATUS]));
    JM_TRY(jm_make_cert(m, self, &spec, ca));
    JM_TRY(jm_make_keep(m, r->id, r->purpose, self));
    return put_file(a, jm_format(m->cmd->mem, "public/certs/%s.der", r->file), self->cert);
}

static enum jm_status make_audit_key(struct authority *a)
{
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_make_pair(&a->m, &a->audit));
    JM_TRY(jm_alloc_buf(&b, a->m.cmd->mem, 512));
    jm_json_w_init(&w, &b);
    jm_jwk_write(&w, &a->audit.point, JM_BYTES("audit-1"), "sig", "ES256");
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(put_file(a, "public/certs/audit.jwk", jm_written(b)));
    return jm_make_keep(&a->m, "audit-1", JM_PURPOSE_AUDIT, &a->audit);
}

static enum jm_status make_keys(struct authority *a)
{
    static const char *const callers[] = {"issuer", "provider", "operator", "ledger"};

    JM_TRY(jm_make_master(&a->m));
    for (size_t i = 0; i < JM_ARRAY_LEN(cert_rows); i++)
        JM_TRY(make_cert(a, &cert_rows[i]));
    JM_TRY(make_audit_key(a));
    for (size_t i = 0; i < a->n_at && i < JM_ARRAY_LEN(callers); i++)
        JM_TRY(jm_make_caller(&a->m, callers[i]));
    return JM_OK;
}

static enum jm_status make_crl(struct authority *a)
{
    const struct jm_crl_spec spec = {.issuer_der = a->iaca.parsed.subject.der,
                                     .authority_key_id = a->iaca.parsed.ski,
                                     .number = 1,
                                     .this_update = a->m.now,
                                     .next_update = a->m.now + CRL_DAYS * DAY};
    struct jm_sig sig;
    struct jm_bytes tbs;

    a->crl_next = spec.next_update;
    JM_TRY(jm_crl_tbs(&tbs, &spec, a->m.cmd->mem));
    JM_TRY(jm_key_sign(a->iaca.key, tbs, &sig));
    JM_TRY(jm_der_signed(&a->crl, tbs, jm_sig_bytes(&sig), a->m.cmd->mem));
    return put_file(a, "public/crl", a->crl);
}

/* -- trust set -- */

#define ENTRIES_MAX (16 + 2 * JM_PROFILES_MAX)

static enum jm_status add_cert(struct authority *a, enum jm_cert_purpose purpose, const char *owner,
                               const struct jm_maker *c)
{
    struct jm_bytes doctype[JM_PROFILES_MAX];
    struct jm_arena *mem = a->m.cmd->mem;
    struct jm_bytes body, key;

    for (size_t i = 0; i < a->cards.n; i++)
        doctype[i] = a->cards.profile[i].doctype;
    JM_TRY(jm_body_cert(&body, purpose, jm_str(owner), c->cert, doctype,
                        purpose == JM_CERT_IACA ? a->cards.n : 0, mem));
    JM_TRY(jm_trust_key_hash(&key, "cert/", a->m.cmd->crypto, c->cert, mem));
    return jm_trust_entries_add(&a->entries, key, body);
}

static struct jm_i18n name_of(const char *name)
{
    struct jm_i18n n = {jm_str(name), {NULL, 0}};
    bool ascii = true;

    for (const char *c = name; *c != '\0'; c++)
        ascii = ascii && (unsigned char)*c < 0x80;
    if (ascii)
        n.en = n.ko;
    return n;
}

static enum jm_status add_issuer(struct authority *a, const char *wallet)
{
    const struct jm_making *m = &a->m;
    struct jm_type_paths types[2 * JM_PROFILES_MAX];
    size_t n = 0;
    struct jm_issuer_record issuer = {.id = jm_str(m->id),
                                      .country = JM_BYTES("KR"),
                                      .name = name_of(m->name),
                                      .state_actor = true};
    struct jm_wallet_record w = {.id = jm_str(wallet),
                                 .base = jm_str(a->base[AT_PROVIDER]),
                                 .name = name_of(m->name)};
    struct jm_list_record list = {.id = JM_BYTES("l1"),
                                  .issuer = jm_str(m->id),
                                  .bits = 1,
                                  .log2 = 20,
                                  .max_shards = SHARDS_MAX,
                                  .ttl = 900,
                                  .exp = 86400};
    struct jm_bytes body, key;

    issuer.identifier[0] = jm_str(a->base[AT_ISSUER]);
    issuer.n_identifiers = 1;
    list.prefix = jm_str(jm_format(m->cmd->mem, "%s/l/", a->base[AT_STATUS]));
    for (size_t i = 0; i < a->cards.n; i++) {
        const struct jm_profile *p = &a->cards.profile[i];

        types[n++] = (struct jm_type_paths){JM_FMT_MDOC, p->doctype, NULL, 0};
        types[n++] = (struct jm_type_paths){JM_FMT_SDJWT, p->vct, NULL, 0};
    }
    JM_TRY(jm_body_issuer(&body, &issuer, types, n, m->cmd->mem));
    JM_TRY(jm_trust_key(&key, "issuer/", issuer.id, m->cmd->mem));
    JM_TRY(jm_trust_entries_add(&a->entries, key, body));
    JM_TRY(jm_body_wallet(&body, &w, jm_str(m->id), m->cmd->mem));
    JM_TRY(jm_trust_key(&key, "wallet/", w.id, m->cmd->mem));
    JM_TRY(jm_trust_entries_add(&a->entries, key, body));
    JM_TRY(jm_body_list(&body, &list, jm_str(m->id), m->cmd->mem));
    return jm_trust_entries_add(&a->entries, JM_BYTES("list/l1"), body);
}

/* What others may know of each type: kinds of values, and what is shown to whom. */
static enum jm_status add_schemas(struct authority *a)
{
    const struct jm_cmd *cmd = a->m.cmd;
    struct jm_bytes body, key,
        uri = jm_str(
            jm_format(cmd->mem, "%s/.well-known/openid-credential-issuer", a->base[AT_ISSUER]));
    struct jm_schema *schema;
    size_t n;

    JM_TRY(jm_profile_schemas(&schema, &n, &a->cards, cmd->mem));
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_body_schema(&body, &schema[i], uri, cmd->crypto, cmd->mem));
        JM_TRY(jm_trust_key_hash(&key, "schema/", cmd->crypto, schema[i].type, cmd->mem));
        const struct jm_bytes parts[] = {key, JM_BYTES("/1")};

        JM_TRY(jm_concat(&key, cmd->mem, parts, JM_ARRAY_LEN(parts)));
        JM_TRY(jm_trust_entries_add(&a->entries, key, body));
    }
    return JM_OK;
}

static enum jm_status add_crl(struct authority *a)
{
    const struct jm_cmd *cmd = a->m.cmd;
    uint8_t ca[32], hash[32];
    struct jm_bytes body, key;

    JM_TRY(jm_sha256(cmd->crypto, a->iaca.cert, ca));
    JM_TRY(jm_sha256(cmd->crypto, a->crl, hash));
    const struct jm_crl_record r = {1, jm_bytes(hash, sizeof hash),
                                    jm_str(jm_format(cmd->mem, "%s/crl", a->base[AT_STATUS])),
                                    a->m.now, a->crl_next};

    JM_TRY(jm_body_crl(&body, jm_bytes(ca, sizeof ca), &r, cmd->mem));
    JM_TRY(jm_trust_key_hash(&key, "crl/", cmd->crypto, a->iaca.cert, cmd->mem));
    return jm_trust_entries_add(&a->entries, key, body);
}

static enum jm_status make_trust(struct authority *a)
{
    const struct jm_making *m = &a->m;
    const char *wallet = jm_format(m->cmd->mem, "%s-wallet", m->id);

    JM_TRY(jm_trust_entries_open(&a->entries, ENTRIES_MAX, m->cmd->mem));
    JM_TRY(add_issuer(a, wallet));
    JM_TRY(add_schemas(a));
    JM_TRY(add_cert(a, JM_CERT_IACA, m->id, &a->iaca));
    JM_TRY(add_cert(a, JM_CERT_STATUS_SIGNER, m->id, &a->status));
    JM_TRY(add_cert(a, JM_CERT_SDJWT_CA, m->id, &a->sdjwt_ca));
    JM_TRY(add_cert(a, JM_CERT_METADATA_CA, m->id, &a->meta_ca));
    JM_TRY(add_cert(a, JM_CERT_READER_CA, m->id, &a->rp_ca));
    JM_TRY(add_cert(a, JM_CERT_WALLET_CA, wallet, &a->wallet_ca));
    JM_TRY(add_crl(a));
    struct jm_trust_spec spec = {.synthetic = m->synthetic,
                                 .issued_at = m->now,
                                 .next_update = m->now + TRUST_DAYS * DAY,
                                 .clock_start = m->clock_start,
                                 .clock_moment = m->clock_moment,
                                 .version = 1,
                                 .entry = a->entries.e,
                                 .n = a->entries.n};

    JM_TRY(jm_trust_write(&a->trust, &spec, m->cmd->mem));
    return a->n_at == N_AT ? jm_init_ledger(&a->trust, &a->m, a->base[AT_LEDGER], a->trust) : JM_OK;
}

/* -- configuration -- */

static enum jm_status write_conf(struct authority *a)
{
    const struct jm_making *m = &a->m;
    struct jm_arena *mem = m->cmd->mem;
    const char *roles = "";

    for (size_t i = 0; i < a->n_at; i++)
        roles = jm_format(mem, "%s\n[%s]\nbase = %s\nlisten = %s\n%s", roles, role_names[i],
                          a->base[i], a->listen[i], a->proxy[i]);
    const char *policy =
        jm_format(mem,
                  "# What this home calls its own: nothing else is signed "
                  "(D-424).\n[own]\nidentifier = %s\nprovider = %s\nlist_prefix = %s/l/\n",
                  a->base[AT_ISSUER], a->base[AT_PROVIDER], a->base[AT_STATUS]);

    if (a->n_at == N_AT) {
        const char *origin;

        JM_TRY(jm_init_origin(&origin, m, a->base[AT_LEDGER]));
        policy = jm_format(mem, "%sorigin = %s\n", policy, origin);
    }
    for (size_t i = 0; i < a->cards.n; i++)
        policy = jm_format(mem, "%sdoctype = %s\nvct = %s\n", policy,
                           jm_cstr(m->cmd, a->cards.profile[i].doctype),
                           jm_cstr(m->cmd, a->cards.profile[i].vct));
    JM_TRY(jm_cmd_write(jm_home_path(&m->home, "signer/policy.conf"), jm_str(policy), 0600, m->cmd,
                        m->d));
    return jm_make_conf(
        &a->m, "authority", a->trust,
        "# Homes, sections and keys: jumin serve --check-config says what is wrong with a line.\n",
        roles);
}

/* --base ROLE=URL for each role; else loopback, where synthetic. */
static enum jm_status read_bases(struct authority *a)
{
    const struct jm_cmd *cmd = a->m.cmd;
    const char *given = jm_opt(cmd, "base-port");
    uint64_t port = 0;
    uint16_t ports[N_AT];

    if (given != NULL &&
        (jm_parse_u64(&port, jm_str(given)) != JM_OK || port == 0 || port > 65535 - N_AT))
        return jm_refuse(a->m.d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--base-port 1–65531");
    JM_TRY(jm_make_ports(&a->m, (uint16_t)port, ports, a->n_at));
    for (size_t i = 0; i < a->n_at; i++) {
        const char *v = NULL;

        for (size_t k = 0; (v = jm_opt_at(cmd, "base", k)) != NULL; k++)
            if (strncmp(v, role_names[i], strlen(role_names[i])) == 0 &&
                v[strlen(role_names[i])] == '=')
                break;
        a->listen[i] = jm_format(cmd->mem, "127.0.0.1:%u", (unsigned)ports[i]);
        a->base[i] = v != NULL        ? v + strlen(role_names[i]) + 1
                     : a->m.synthetic ? jm_format(cmd->mem, "http://%s", a->listen[i])
                                      : "";
        JM_TRY(jm_make_base(&a->m, role_names[i], a->base[i], &a->listen[i]));
        JM_TRY(jm_make_proxy(&a->m, a->base[i], &a->proxy[i]));
    }
    if (strlen(a->base[AT_STATUS]) + strlen("/l/4095") > LIST_URI_MAX)
        return jm_refuse(a->m.d, JM_E_USAGE, JM_CMD_BASE_URL,
                         jm_format(cmd->mem, "%s/l/4095: 44", a->base[AT_STATUS]));
    return JM_OK;
}

static enum jm_status read_times(struct jm_making *m)
{
    const char *start = jm_opt(m->cmd, "clock-start");
    struct jm_clock real;
    bool plain;

    jm_clock_init(&real, 0, 0);
    m->now = jm_clock_now(&real);
    if (start == NULL)
        return JM_OK;
    if (!m->synthetic)
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--clock-start, --synthetic");
    if (jm_rfc3339_parse(&m->clock_start, &plain, jm_str(start)) != JM_OK)
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                         "--clock-start 2026-11-24T00:00:00Z");
    m->clock_moment = m->now;
    m->now = m->clock_start;
    return JM_OK;
}

static void free_keys(struct authority *a)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(cert_rows); i++)
        jm_key_free(&maker_at(a, cert_rows[i].self)->key);
    jm_key_free(&a->audit.key);
    jm_wipe(&a->m.master, sizeof a->m.master);
}

static enum jm_status make_home(struct authority *a)
{
    static const char *const folders[] = {"trust",        "public",       "public/l",
                                          "public/trust", "public/certs", "run",
                                          "run/signer",   "run/provider", "run/issuer",
                                          "signer",       "signer/keys",  "signer/count",
                                          "issuer",       "provider",     "operator",
                                          "status",       "ledger",       "operator/ledger"};

    JM_TRY(jm_cmd_cards(&a->cards, a->m.cmd, a->m.d));
    a->n_at = jm_opt_has(a->m.cmd, "ledger") ? N_AT : AT_LEDGER;
    if (a->n_at != N_AT && (jm_opt_has(a->m.cmd, "log-key") || jm_opt_has(a->m.cmd, "witness")))
        return jm_refuse(a->m.d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--ledger");
    JM_TRY(read_times(&a->m));
    JM_TRY(read_bases(a));
    if (a->n_at == N_AT)
        JM_TRY(jm_init_ledger_check(&a->m));
    JM_TRY(jm_make_folders(&a->m, folders, JM_ARRAY_LEN(folders) - (a->n_at == N_AT ? 0 : 2)));
    JM_TRY(make_keys(a));
    JM_TRY(make_crl(a));
    JM_TRY(make_trust(a));
    return write_conf(a);
}

static enum jm_status answer_init(const struct authority *a)
{
    const struct jm_cmd *cmd = a->m.cmd;
    const char *hash = jm_hash_text(cmd, a->m.home.pin);
    struct jm_body b;

    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_say(cmd, "%s\n", hash);
    jm_json_w_mstr(&b.w, "home", a->m.home.dir);
    jm_json_w_mstr(&b.w, "id", a->m.id);
    jm_json_w_mstr(&b.w, "trust_hash", hash);
    for (size_t i = 0; i < N_AT; i++)
        jm_json_w_mstr(&b.w, role_names[i], a->base[i]);
    return jm_body_answer(cmd, &b);
}

static enum jm_status init_authority(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct authority *a = JM_NEW(cmd->mem, struct authority);
    enum jm_status st;

    if (a == NULL)
        return JM_E_NO_SPACE;
    jm_make_begin(&a->m, cmd, d);
    a->m.synthetic = jm_opt_has(cmd, "synthetic");
    if ((st = jm_make_name(&a->m, "Jumin")) == JM_OK) {
        a->m.id = jm_make_id(cmd, "kr-", a->m.name, "authority");
        st = make_home(a);
    }
    free_keys(a);
    return st == JM_OK ? answer_init(a) : st;
}

static bool is_there(const struct jm_cmd *cmd, const char *name)
{
    return access(jm_format(cmd->mem, "%s/%s", cmd->common.home, name), F_OK) == 0;
}

/* Its configuration is written last: keys without one are of a home that was not finished. */
static bool is_taken(const struct jm_cmd *cmd)
{
    return is_there(cmd, "jumin.conf") || is_there(cmd, "signer/master");
}

static enum jm_status remove_one(const struct jm_cmd *cmd, const char *name)
{
    return !is_there(cmd, name) || remove(jm_format(cmd->mem, "%s/%s", cmd->common.home, name)) == 0
               ? JM_OK
               : JM_E_IO;
}

static enum jm_status remove_all(const struct jm_cmd *cmd, const char *folder)
{
    struct jm_list names;
    enum jm_status st =
        jm_dir_list(&names, jm_format(cmd->mem, "%s/%s", cmd->common.home, folder), 1024, cmd->mem);

    for (size_t i = 0; st == JM_OK && i < names.n; i++)
        st = remove_one(cmd, jm_format(cmd->mem, "%s/%s", folder, jm_cstr(cmd, names.items[i])));
    return st == JM_E_ABSENT ? JM_OK : st;
}

/* The old keys go with the old master key: nothing of them could be opened any more. A ledger goes
 * with its people's keys and its log's. */
static enum jm_status remove_keys(const struct jm_cmd *cmd)
{
    JM_TRY(remove_all(cmd, "signer/keys"));
    JM_TRY(remove_all(cmd, "operator/ledger"));
    JM_TRY(remove_one(cmd, "ledger/ledger.jml"));
    return remove_one(cmd, "signer/master");
}

static enum jm_status run_init(const struct jm_cmd *cmd, struct jm_diag *d)
{
    if (is_taken(cmd)) {
        if (!jm_opt_has(cmd, "force"))
            return jm_refuse(d, JM_E_CONFLICT, JM_CMD_HOME_EXISTS, cmd->common.home);
        if (remove_keys(cmd) != JM_OK)
            return jm_refuse(d, JM_E_IO, JM_CMD_FILE_WRITE,
                             jm_format(cmd->mem, "%s/signer", cmd->common.home));
    }
    if (jm_opt_has(cmd, "wallet"))
        return jm_init_wallet(cmd, d);
    return jm_opt_has(cmd, "verifier") ? jm_init_verifier(cmd, d) : init_authority(cmd, d);
}

JM_COMMAND(init, "init", run_init, "init --synthetic --name Saebyeol",
           "init --verifier --name \"Hana Bank\" --trust set.cbor --pin HASH --home bank",
           JM_OPTIONS(JM_TAKES("name", "NAME"), JM_SWITCH("synthetic"),
                      JM_TAKES("base-port", "PORT"), JM_MANY("base", "ROLE=URL"),
                      JM_TAKES("clock-start", "TIME"), JM_SWITCH("force"), JM_SWITCH("ledger"),
                      JM_TAKES("log-key", "FILE"), JM_MANY("witness", "NAME_VKEY_URL"),
                      JM_TAKES("passphrase-file", "FILE"), JM_TAKES("proxy", "ADDRESS|none"),
                      JM_SWITCH("verifier"), JM_SWITCH("wallet"), JM_TAKES("trust", "FILE"),
                      JM_TAKES("pin", "HASH")));
