/* SPDX-License-Identifier: Apache-2.0 */
/* jumin provider admit, provider suspend: whose wallets get cards, besides our own provider's.
 * Written into the next trust set. provider withdraw: an instance that ours attests no more. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/remote.h"
#include "cmd/cli/trustset.h"
#include "cmd/ledger/ledger_keys.h"
#include "cmd/operator/operate.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/text.h"
#include "service/provider/provider.h"
#include "service/rp/rp.h"

#define NAME_MAX_OCTETS 80

struct admitting {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_wallet_record record;
    struct jm_bytes ca; /* DER */
    struct jm_diag *d;
};

/* -- what is said -- */

static enum jm_status refuse_value(const struct admitting *a, const char *what)
{
    return jm_refuse(a->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, what);
}

static enum jm_status read_name(struct admitting *a)
{
    struct jm_bytes name;

    if (jm_text_read(&name, jm_str(jm_opt(a->cmd, "name")), a->cmd->mem) != JM_OK)
        return jm_refuse(a->d, JM_E_USAGE, JM_API_TEXT, "--name");
    if (name.len > NAME_MAX_OCTETS)
        return refuse_value(a, "--name");
    a->record.name.ko = name;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 0x80)
            return JM_OK;
    a->record.name.en = name;
    return JM_OK;
}

/* The record of a root of that provider's? Keys as in spec/ledger.md 6. */
static bool is_root_of(const struct jm_trust *t, struct jm_bytes key, struct jm_bytes id)
{
    struct jm_bytes body, purpose, owner;
    enum jm_record_state state;
    struct jm_cbor p, o;

    if (!jm_bytes_starts(key, JM_BYTES("cert/")) || jm_trust_find(&body, &state, t, key) != JM_OK ||
        jm_cbor_find_int(&purpose, body, 1) != JM_OK || jm_cbor_find_int(&owner, body, 3) != JM_OK)
        return false;
    jm_cbor_init(&p, purpose);
    jm_cbor_init(&o, owner);
    return jm_cbor_uint(&p) == JM_CERT_WALLET_CA && jm_bytes_eq(jm_cbor_text(&o), id);
}

/* A root for P-256, valid now, that does nothing but vouch: with it wallets are believed, so that
 * it may be nothing else here. */
static enum jm_status read_ca(struct admitting *a)
{
    const struct jm_trust *t = &a->home.trust;
    int64_t now = jm_home_now(&a->home);
    struct jm_bytes octets, key, body;
    enum jm_record_state state;
    struct jm_cert c;

    JM_TRY(jm_cmd_read(&octets, jm_opt(a->cmd, "ca"), JM_CERT_MAX * 2, a->cmd, a->d));
    if (jm_pem_or_der(&a->ca, "CERTIFICATE", octets, a->cmd->mem) != JM_OK ||
        jm_cert_parse(&c, a->ca) != JM_OK)
        return refuse_value(a, "--ca: no certificate");
    if (!c.is_ca || !c.has_ku || (c.ku & JM_KU_KEY_CERT_SIGN) == 0 || c.key_alg != JM_KEY_P256 ||
        !jm_cert_is_self_signed(&c) || !c.sig_ok ||
        jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&c.point), c.tbs,
                          jm_sig_bytes(&c.sig)) != JM_OK)
        return refuse_value(a, "--ca: no root of a CA with a P-256 key");
    if (now < c.not_before || now > c.not_after)
        return refuse_value(a, "--ca: not valid now");
    JM_TRY(jm_trust_key_hash(&key, "cert/", a->cmd->crypto, a->ca, a->cmd->mem));
    if (jm_trust_find(&body, &state, t, key) != JM_OK || is_root_of(t, key, a->record.id))
        return JM_OK;
    return refuse_value(a, "--ca: the trust set has it for something else");
}

/* One that comes back has what admission does not ask for as it was: where its wallets are
 * attested, and on which platforms. */
static void take_over(struct admitting *a)
{
    enum jm_record_state state;
    struct jm_wallet_record old;

    if (jm_trust_wallet_in_any_state(&old, &state, &a->home.trust, a->record.id) != JM_OK)
        return;
    a->record.base = old.base;
    a->record.platforms = old.platforms;
}

static enum jm_status read_what(struct admitting *a)
{
    struct jm_wallet_record there;

    a->record.id = jm_str(jm_opt(a->cmd, "id"));
    a->record.keys_unbound = jm_opt_has(a->cmd, "keys-unbound");
    if (!jm_rp_id_ok(a->record.id))
        return refuse_value(a, "--id");
    if (jm_trust_wallet(&there, &a->home.trust, a->record.id) == JM_OK)
        return jm_refuse(a->d, JM_E_CONFLICT, JM_TRUST_EXISTS, jm_opt(a->cmd, "id"));
    take_over(a);
    JM_TRY(read_name(a));
    return read_ca(a);
}

/* -- two operators -- */

/* This provider, with these rights, onto this trust set: a signature serves for nothing else. */
static enum jm_status approve_admission(struct admitting *a)
{
    const struct jm_bytes all[] = {JM_BYTES("provider admit"),
                                   a->record.id,
                                   a->record.name.ko,
                                   a->record.keys_unbound ? JM_BYTES("unbound") : JM_BYTES("bound"),
                                   a->ca,
                                   jm_bytes(a->home.pin, sizeof a->home.pin)};

    return jm_approve_parts(a->cmd, all, JM_ARRAY_LEN(all), a->d);
}

/* -- trust set -- */

static enum jm_status next_trust(struct admitting *a, struct jm_bytes *octets)
{
    const struct jm_trust *t = &a->home.trust;
    struct jm_arena *mem = a->cmd->mem;
    struct jm_trust_entries x;
    struct jm_bytes key, cert, body;

    JM_TRY(jm_trust_entries_open(&x, t->n + 2, mem));
    JM_TRY(jm_trust_key(&key, "wallet/", a->record.id, mem));
    JM_TRY(jm_trust_key_hash(&cert, "cert/", a->cmd->crypto, a->ca, mem));
    /* one that was suspended may come back, with the root that was signed for and no other of
     * before */
    for (size_t i = 0; i < t->n; i++)
        if (!jm_bytes_eq(t->entry[i].key, key) && !is_root_of(t, t->entry[i].key, a->record.id))
            x.e[x.n++] = t->entry[i];
    JM_TRY(jm_body_wallet(&body, &a->record, jm_str(a->home.id), mem));
    JM_TRY(jm_trust_entries_add(&x, key, body));
    JM_TRY(jm_body_cert(&body, JM_CERT_WALLET_CA, a->record.id, a->ca, NULL, 0, mem));
    JM_TRY(jm_trust_entries_add(&x, cert, body));
    return jm_trust_next(octets, t, x.e, x.n, jm_home_now(&a->home), mem);
}

static enum jm_status admit_provider(struct admitting *a)
{
    struct jm_bytes octets;
    struct jm_trust next;

    JM_TRY(jm_home_open(&a->home, a->cmd, JM_HOME_AUTHORITY, a->d));
    JM_TRY(read_what(a));
    JM_TRY(next_trust(a, &octets));
    JM_TRY(jm_trust_open(&next, octets, a->cmd->mem));
    JM_TRY(jm_trust_agree(&a->home.trust, &next, a->cmd, a->d));
    JM_TRY(approve_admission(a));
    return jm_operate_pin(&a->home, "WALLET_ADMIT", a->record.id, octets, a->d);
}

static enum jm_status run_admit(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct admitting one; /* keeps the home's clock */
    int lock = -1;
    enum jm_status st = jm_home_lock(&lock, cmd, d);

    one.cmd = cmd;
    one.d = d;
    if (st == JM_OK)
        st = admit_provider(&one);
    jm_file_unlock(&lock);
    return st == JM_OK ? jm_home_say_pin(&one.home, cmd) : st;
}

JM_COMMAND(provider_admit, "provider admit", run_admit,
           "provider admit --id eu-wallet --name \"EU Wallet\" --ca eu-wallet-ca.pem --as "
           "kim.key --second-as lee.key",
           "provider admit --id eu-wallet --name \"EU Wallet\" --ca eu-wallet-ca.pem "
           "--keys-unbound --as kim.key --second-as lee.key",
           JM_OPTIONS(JM_NEEDS("id", "ID"), JM_NEEDS("name", "NAME"), JM_NEEDS("ca", "FILE"),
                      JM_SWITCH("keys-unbound"), JM_APPROVERS, JM_LEDGER_KEY_OPTION,
                      JM_SWITCH("yes")));

/* -- suspending -- */

static enum jm_status may_suspend(const struct jm_home *home, struct jm_bytes id, struct jm_diag *d)
{
    struct jm_wallet_record r;

    return jm_trust_wallet(&r, &home->trust, id) == JM_OK
               ? JM_OK
               : jm_refuse(d, JM_E_ABSENT, JM_TRUST_ABSENT, home->cmd->operand[0]);
}

static enum jm_status run_suspend(const struct jm_cmd *cmd, struct jm_diag *d)
{
    return jm_suspend(cmd,
                      &(const struct jm_suspending){"WALLET_SUSPEND", "wallet/", may_suspend,
                                                    is_root_of},
                      d);
}

JM_COMMAND(provider_suspend, "provider suspend", run_suspend, "provider suspend eu-wallet",
           "provider suspend eu-wallet --yes --json", JM_OPERANDS("ID", 1, 1),
           JM_OPTIONS(JM_SWITCH("yes"), JM_LEDGER_KEY_OPTION));

/* -- an instance -- */

static enum jm_status withdraw_here(const struct jm_home *home, const uint8_t jkt[32],
                                    struct jm_diag *d)
{
    struct jm_env env;
    enum jm_status st;

    JM_TRY(jm_wire_here(&env, home, "provider", d));
    st = jm_provider_withdraw(&env, jkt, d);
    jm_store_close(&env.store);
    return st;
}

static enum jm_status withdraw_instance(struct jm_home *home, const struct jm_cmd *cmd,
                                        struct jm_diag *d)
{
    struct jm_remote r = {.cmd = cmd};
    const struct jm_json *answer;
    struct jm_body b;
    uint8_t jkt[32];
    bool is_remote;

    if (jm_b64url_exact(jkt, sizeof jkt, jm_str(cmd->operand[0])) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPERANDS, "JKT: 43 characters of base64url");
    JM_TRY(jm_home_open(home, cmd, JM_HOME_AUTHORITY, d));
    JM_TRY(jm_remote_control(&is_remote, &r, home, "provider", d));
    if (!is_remote)
        return withdraw_here(home, jkt, d);
    JM_TRY(jm_body_open(&b, cmd, 256));
    jm_json_w_mstr(&b.w, "jkt", cmd->operand[0]);
    return jm_remote_post(&r, "/local/withdraw", &b, &answer, d);
}

static enum jm_status run_withdraw(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;

    JM_TRY(withdraw_instance(&home, cmd, d));
    jm_say(cmd, "%s\n", cmd->operand[0]);
    return jm_answer(cmd, jm_str(jm_format(cmd->mem, "{\"withdrawn\":\"%s\"}", cmd->operand[0])));
}

JM_COMMAND(provider_withdraw, "provider withdraw", run_withdraw,
           "provider withdraw NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
           "provider withdraw NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs --json",
           JM_OPERANDS("JKT", 1, 1));
