/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/role/issuer.h"
#include "cmd/cli/cards.h"

#include <string.h>

#include "host/files/files.h"
#include "host/portrait/portrait.h"
#include "jumin/jose.h"
#include "service/audit/audit.h"
#include "service/events/events.h"
#include "service/register/generate.h"
#include "service/restore/restore.h"
#include "service/tap/tap.h"
#include "service/web/routes.h"

#define GRACE_DAYS_MAX 365
#define OPEN_SHARDS 2
#define JWK_MAX (4 * JM_KIB)

size_t jm_local_tables(struct jm_http_table out[JM_ROLE_TABLES])
{
    size_t n = 0;

    out[n++] = (struct jm_http_table){jm_local_routes, jm_local_n_routes};
    out[n++] = (struct jm_http_table){jm_audit_routes, jm_audit_n_routes};
    out[n++] = (struct jm_http_table){jm_register_routes, jm_register_n_routes};
    out[n++] = (struct jm_http_table){jm_events_routes, jm_events_n_routes};
    return n;
}

static enum jm_status load_chain(struct jm_x5c *out, const struct jm_home *home, const char *name,
                                 struct jm_diag *d)
{
    out->n = 1;
    return jm_wire_cert(&out->der[0], home, name, d);
}

/* A home from before there were chip cards has none, and makes none. */
static enum jm_status load_card_chain(struct jm_x5c *out, const struct jm_home *home,
                                      struct jm_diag *d)
{
    struct jm_bytes der;
    const char *file = jm_home_path(home, "public/certs/card.der");

    out->n = 0;
    return jm_file_read(&der, file, JM_CERT_MAX, home->cmd->mem) == JM_E_ABSENT
               ? JM_OK
               : load_chain(out, home, "card", d);
}

static enum jm_status load_data(struct jm_issuer *is, const struct jm_home *home, struct jm_diag *d)
{
    static struct jm_population people;
    const struct jm_cmd *cmd = home->cmd;
    struct jm_schema *schema;
    struct jm_bytes json;

    JM_TRY(jm_cmd_data(&json, cmd, "rollout.json", d));
    JM_TRY(jm_rollout_load(&is->rollout, json, cmd->mem, d));
    JM_TRY(jm_cmd_data(&json, cmd, "fees.json", d));
    JM_TRY(jm_fees_load(&is->fees, json, cmd->mem, d));
    JM_TRY(jm_cmd_data(&json, cmd, "regions.json", d));
    JM_TRY(jm_regions_load(&is->regions, json, cmd->mem, d));
    people.regions = json;
    JM_TRY(jm_cmd_data(&people.names, cmd, "names.json", d));
    people.portrait = jm_portrait_draw;
    is->base.env.population = home->synthetic ? &people : NULL;
    JM_TRY(jm_cmd_cards(&is->types, cmd, d));
    JM_TRY(jm_profile_schemas(&schema, &is->n_schemas, &is->types, cmd->mem));
    is->schema = schema;
    return JM_OK;
}

static enum jm_status load_certificates(struct jm_issuer *is, const struct jm_home *home,
                                        struct jm_diag *d)
{
    struct jm_x5c *status = JM_NEW(home->cmd->mem, struct jm_x5c);
    struct jm_cert ds, sd;

    if (status == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(load_chain(&is->ds, home, "ds", d));
    JM_TRY(load_chain(&is->sdjwt, home, "sdjwt", d));
    JM_TRY(load_chain(&is->metadata, home, "metadata", d));
    JM_TRY(load_chain(&is->ticket, home, "ticket", d));
    JM_TRY(load_chain(status, home, "status", d));
    JM_TRY(load_card_chain(&is->card, home, d));
    JM_TRY(jm_cert_parse(&ds, is->ds.der[0]));
    JM_TRY(jm_cert_parse(&sd, is->sdjwt.der[0]));
    /* D-180 (10): copies of both end together */
    is->ds_not_after = ds.not_after < sd.not_after ? ds.not_after : sd.not_after;
    is->publication.x5c = status->der;
    is->publication.n_x5c = status->n;
    return JM_OK;
}

static enum jm_status load_audit_key(struct jm_issuer *is, const struct jm_home *home,
                                     struct jm_diag *d)
{
    const char *file = jm_home_path(home, "public/certs/audit.jwk");
    const struct jm_json *j;
    struct jm_bytes text;
    struct jm_jwk jwk;

    JM_TRY(jm_cmd_read(&text, file, JWK_MAX, home->cmd, d));
    if (jm_json_parse(&j, text, home->cmd->mem, NULL) != JM_OK || jm_jwk_read(&jwk, j) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, file);
    is->base.env.audit_key = jwk.point;
    return JM_OK;
}

/* What the trust set does not name no wallet would take: it is not offered. */
static enum jm_status keep_served(struct jm_issuer *is, const struct jm_home *home,
                                  const struct jm_issuer_record *record, struct jm_diag *d)
{
    size_t n = 0;

    for (size_t i = 0; i < is->types.n; i++) {
        const struct jm_profile *p = &is->types.profile[i];

        if (jm_issuer_serves(record, JM_FMT_MDOC, p->doctype) &&
            jm_issuer_serves(record, JM_FMT_SDJWT, p->vct))
            is->types.profile[n++] = *p;
        else
            jm_log(home, "issuer", "card type %s is not issued: the trust set does not name it",
                   jm_cstr(home->cmd, p->type));
    }
    is->types.n = n;
    return jm_profile_of(&is->types, jm_none()) != NULL
               ? JM_OK
               : jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                           "the trust set does not name the card type that is the default");
}

static enum jm_status load_list_family(struct jm_issuer *is, const struct jm_home *home,
                                       struct jm_diag *d)
{
    struct jm_issuer_record record;
    struct jm_list_record family;

    if (jm_wire_list(&family, home) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         "[status] base: no list family of the trust set begins with it");
    is->publication.prefix = family.prefix;
    is->publication.ttl = (int64_t)family.ttl;
    is->publication.exp = (int64_t)family.exp;
    is->record_id = family.issuer;
    if (jm_trust_issuer(&record, &home->trust, is->record_id) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "the trust set knows no active issuer here");
    is->country = record.country;
    return keep_served(is, home, &record, d);
}

static enum jm_status load_rules(struct jm_issuer *is, const struct jm_home *home,
                                 struct jm_diag *d)
{
    uint64_t cooldown = jm_conf_uint(&home->conf, "issuer", "tap.cooldown",
                                     home->synthetic ? 0 : JM_TAKEOVER_COOLDOWN_S);
    const char *sign_in = jm_conf_get(&home->conf, "issuer", "sign_in");
    const char *replacement = jm_conf_get(&home->conf, "issuer", "on_replacement");
    uint64_t days =
        jm_conf_uint(&home->conf, "issuer", "address.grace_days", JM_ADDRESS_GRACE_DAYS);

    if (days > GRACE_DAYS_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] address.grace_days: 0–%d",
                                   home->conf_file, GRACE_DAYS_MAX));
    if (cooldown >= JM_TAKEOVER_TTL_S)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] tap.cooldown: less than %d s",
                                   home->conf_file, JM_TAKEOVER_TTL_S));
    is->reviews_sign_in = sign_in != NULL && strcmp(sign_in, "REVIEW") == 0;
    if (sign_in != NULL && !is->reviews_sign_in && strcmp(sign_in, "AT_ONCE") != 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] sign_in: AT_ONCE, REVIEW",
                                   home->conf_file));
    is->takeover_cooldown_s = (int64_t)cooldown;
    is->address_grace_days = (int64_t)days;
    is->revoke_on_replacement = replacement != NULL && strcmp(replacement, "REVOKE") == 0;
    if (replacement != NULL && !is->revoke_on_replacement && strcmp(replacement, "REBIND") != 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] on_replacement: REBIND, REVOKE",
                                   home->conf_file));
    return JM_OK;
}

enum jm_status jm_issuer_open(struct jm_issuer *is, const struct jm_home *home,
                              struct jm_store *store, const struct jm_signer *signer,
                              struct jm_diag *d)
{
    memset(is, 0, sizeof *is);
    jm_wire_env(&is->base.env, home, store, signer);
    is->trust = home->trust;
    is->id = jm_str(home->issuer.base);
    is->base.env.synthetic = home->synthetic;
    JM_TRY(load_rules(is, home, d));
    JM_TRY(load_data(is, home, d));
    JM_TRY(load_certificates(is, home, d));
    JM_TRY(load_audit_key(is, home, d));
    JM_TRY(load_list_family(is, home, d));
    JM_TRY(jm_trust_anchors(&is->card_ca, &is->trust, JM_CERT_IACA, is->record_id, jm_none(),
                            jm_home_now(home), home->cmd->mem));
    jm_nonces_init(&is->nonces);
    jm_status_pool_init(&is->pool, OPEN_SHARDS);
    return jm_restored_at(&is->base.env, &is->nonces.since);
}

/* D-458: a store that is older than what its signer signed goes on as if nothing had happened
 * since. What else is wrong with the chain is said, and no head is signed over it; it closes no
 * door. */
enum jm_status jm_issuer_is_newest(const struct jm_issuer *is, const struct jm_home *home,
                                   struct jm_diag *d)
{
    struct jm_diag why = {0};
    enum jm_status st = jm_audit_continues(&is->base.env, NULL, &why);

    if (st == JM_E_DENIED && why.code == JM_AUDIT_RESTORED)
        return jm_refuse(d, st, why.code, NULL);
    if (st == JM_E_DENIED)
        jm_log(home, "issuer", "%s", jm_wire_reason(&why));
    return JM_OK;
}
