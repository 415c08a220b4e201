/* SPDX-License-Identifier: Apache-2.0 */
/* jumin trust renew: revocation list and trust set signed anew before their time is over; for a
 * timer with --if-due. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/cli/trustset.h"
#include "cmd/ledger/ledger_keys.h"
#include "cmd/operator/operate.h"
#include "host/files/files.h"
#include "jumin/der.h"
#include "service/trust/trust.h"

#define DAY 86400
#define CRL_DAYS 90
#define SERIALS_MAX 4096

struct renewing {
    const struct jm_cmd *cmd;
    struct jm_home home;
    const struct jm_cert *ca;
    struct jm_crl_record rec;
    struct jm_bytes crl; /* the new one */
    struct jm_signer *signer;
    int64_t now;
    struct jm_diag *d;
};

/* The CA of this set that has a revocation list. */
static enum jm_status find_ca(struct renewing *r)
{
    const struct jm_trust *t = &r->home.trust;

    for (size_t i = 0; i < t->n_set; i++)
        if (t->cert[i].version != 0 &&
            jm_trust_crl(&r->rec, t, r->cmd->crypto, t->cert[i].der) == JM_OK) {
            r->ca = &t->cert[i];
            return JM_OK;
        }
    return jm_refuse(r->d, JM_E_ABSENT, JM_TRUST_CRL, "none in the trust set");
}

/* What was revoked stays revoked: the serials of the list that stands there, which is the recorded
 * one or none is signed. */
static enum jm_status read_serials(struct renewing *r, struct jm_bytes *out, size_t *n)
{
    const char *path = jm_home_path(&r->home, "public/crl");
    struct jm_bytes octets;
    struct jm_crl crl;
    struct jm_der d;
    uint8_t hash[32];

    *n = 0;
    JM_TRY(jm_cmd_read(&octets, path, JM_LOOK_CRL_MAX, r->cmd, r->d));
    JM_TRY(jm_sha256(r->cmd->crypto, octets, hash));
    if (!jm_bytes_eq(jm_bytes(hash, sizeof hash), r->rec.hash) ||
        jm_crl_parse(&crl, octets) != JM_OK)
        return jm_refuse(r->d, JM_E_DENIED, JM_TRUST_CRL, path);
    jm_der_init(&d, crl.revoked);
    while (jm_der_more(&d)) {
        struct jm_der e = jm_der_enter(&d, JM_DER_SEQ);

        if (*n == SERIALS_MAX)
            return jm_refuse(r->d, JM_E_LIMIT, JM_TRUST_CRL, path);
        out[(*n)++] = jm_der_take(&e, JM_DER_INT, NULL);
    }
    return jm_der_end(&d) == JM_OK ? JM_OK : jm_refuse(r->d, JM_E_MALFORMED, JM_TRUST_CRL, path);
}

static enum jm_status make_crl(struct renewing *r)
{
    struct jm_bytes *list = JM_NEW_N(r->cmd->mem, struct jm_bytes, SERIALS_MAX), tbs;
    struct jm_sig sig;
    struct jm_crl_spec spec = {.issuer_der = r->ca->subject.der,
                               .authority_key_id = r->ca->ski,
                               .number = r->rec.number + 1,
                               .this_update = r->now,
                               .next_update = r->now + CRL_DAYS * DAY,
                               .serials = list};

    if (list == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_serials(r, list, &spec.n));
    JM_TRY(jm_crl_tbs(&tbs, &spec, r->cmd->mem));
    JM_TRY(jm_home_sign(&sig, r->signer, JM_PURPOSE_CRL, tbs, r->d));
    r->rec.number = spec.number;
    r->rec.this_update = spec.this_update;
    r->rec.next_update = spec.next_update;
    return jm_der_signed(&r->crl, tbs, jm_sig_bytes(&sig), r->cmd->mem);
}

/* The same records but for that of the list. */
static enum jm_status next_set(struct renewing *r, struct jm_bytes *octets)
{
    const struct jm_trust *t = &r->home.trust;
    struct jm_trust_entry *e = JM_NEW_N(r->cmd->mem, struct jm_trust_entry, t->n);
    struct jm_bytes key, body;
    uint8_t ca[32], hash[32];

    if (e == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_sha256(r->cmd->crypto, r->ca->der, ca));
    JM_TRY(jm_sha256(r->cmd->crypto, r->crl, hash));
    r->rec.hash = jm_bytes(hash, sizeof hash);
    JM_TRY(jm_body_crl(&body, jm_bytes(ca, sizeof ca), &r->rec, r->cmd->mem));
    JM_TRY(jm_trust_key_hash(&key, "crl/", r->cmd->crypto, r->ca->der, r->cmd->mem));
    for (size_t i = 0; i < t->n; i++) {
        e[i] = t->entry[i];
        if (jm_bytes_eq(e[i].key, key))
            JM_TRY(
                jm_record_write(&e[i].record, r->rec.number, JM_RECORD_ACTIVE, body, r->cmd->mem));
    }
    return jm_trust_next(octets, t, e, t->n, r->now, r->cmd->mem);
}

/* The list first: whoever has the older set takes a later list of the same CA, whoever has the
 * newer one needs it. */
static enum jm_status renew_set(struct renewing *r)
{
    struct jm_bytes octets;

    JM_TRY(jm_home_signer(&r->signer, &r->home, "operator", r->d));
    JM_TRY(make_crl(r));
    JM_TRY(next_set(r, &octets));
    JM_TRY(jm_cmd_write(jm_home_path(&r->home, "public/crl"), r->crl, 0644, r->cmd, r->d));
    return jm_operate_pin(&r->home, "TRUST_RENEW", jm_str(r->home.id), octets, r->d);
}

/* @p done: something was due. */
static enum jm_status renew_if_due(struct renewing *r, bool *done)
{
    const char *days = jm_opt(r->cmd, "if-due");
    uint64_t n = 0;
    int lock = -1;
    enum jm_status st;

    *done = false;
    if (days != NULL && (jm_parse_u64(&n, jm_str(days)) != JM_OK || n > CRL_DAYS))
        return jm_refuse(r->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--if-due: 0–90");
    JM_TRY(jm_home_lock(&lock, r->cmd, r->d));
    st = jm_home_open(&r->home, r->cmd, JM_HOME_AUTHORITY, r->d);
    if (st == JM_OK)
        st = find_ca(r);
    if (st == JM_OK) {
        r->now = jm_home_now(&r->home);
        *done = days == NULL ||
                jm_trust_ends(&r->home.trust, r->cmd->crypto) < r->now + (int64_t)n * DAY;
        if (*done)
            st = renew_set(r);
    }
    jm_signer_disconnect(&r->signer);
    jm_file_unlock(&lock);
    return st;
}

static enum jm_status run_renew(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct renewing r; /* keeps the home's clock */
    bool done;

    r.cmd = cmd;
    r.d = d;
    JM_TRY(renew_if_due(&r, &done));
    return jm_home_say_pin(&r.home, cmd);
}

JM_COMMAND(trust_renew, "trust renew", run_renew, "trust renew", "trust renew --if-due 30",
           JM_OPTIONS(JM_TAKES("if-due", "DAYS"), JM_LEDGER_KEY_OPTION));
