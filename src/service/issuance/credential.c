/* SPDX-License-Identifier: Apache-2.0 */
/* Credential endpoint: order of spec/openid4vc.md 4.4. */
#include <string.h>

#include "jumin/base64.h"
#include "service/devices/devices.h"
#include "service/issuance/parts.h"
#include "service/notices/notices.h"

struct issue {
    struct jm_issuer *is;
    const struct jm_grant *grant;
    struct jm_arena *mem;
    struct jm_diag *d;
    enum jm_fmt fmt;
    struct jm_proofs proofs;
    /* what is read first, and read again when committing */
    struct jm_person person;
    struct jm_case c;
    struct jm_card card;
    const struct jm_profile *profile; /* of what was asked for */
    struct jm_bytes configuration;
    bool first;            /* the case's card does not exist yet */
    bool plastic_missed;   /* nobody at a desk has it in hand, and its owner misses it: D-271 */
    int64_t renewed_level; /* D-310: of the card that is renewed; 0: none is */
    /* what is made in between */
    struct jm_index *index;
    struct jm_copy_row *copy;
    struct jm_device device;
    uint8_t loss_mac[32], batch[32];
    bool new_loss_code;
    int64_t now, from, until;
    int64_t version;               /* of the dataset that was signed */
    const struct jm_deferred *was; /* it was asked for before, and waited; or null */
};

static enum jm_status deny_issue(struct issue *x, enum jm_code code, const char *what)
{
    return jm_refuse(x->d, JM_E_DENIED, code, what);
}

/* -- steps 3 to 6: shape, configuration, proofs -- */

/* What is meant, whoever may have it: of an identifier the configuration that it stands for. */
static enum jm_status find_configuration(struct issue *x, const struct jm_json *named,
                                         bool identifier)
{
    enum jm_code unknown = identifier ? JM_VCI_IDENTIFIER_UNKNOWN : JM_VCI_CONFIGURATION_UNKNOWN;

    if (named->type != JM_JSON_STRING)
        return jm_refuse(x->d, JM_E_TYPE, JM_VCI_REQUEST_FORM,
                         identifier ? "credential_identifier is no text"
                                    : "credential_configuration_id is no text");
    x->configuration = named->text;
    if (identifier) {
        const struct jm_bytes end = JM_BYTES(JM_IDENTIFIER_END);
        size_t n = named->text.len - (named->text.len < end.len ? named->text.len : end.len);

        if (!jm_bytes_eq(jm_slice(named->text, n, SIZE_MAX), end))
            return jm_refuse(x->d, JM_E_ABSENT, unknown, NULL);
        x->configuration = jm_slice(named->text, 0, n);
    }
    x->profile = jm_profile_by_configuration(&x->is->types, x->configuration, &x->fmt);
    return x->profile != NULL ? JM_OK : jm_refuse(x->d, JM_E_ABSENT, unknown, NULL);
}

/* I-08, OpenID4VCI 1.0 8.2: what was granted by authorization_details is asked for by identifier,
 * what by scope by configuration. A desk's grant names neither: it is for both formats of its card.
 */
static enum jm_status is_granted(struct issue *x, bool identifier)
{
    const struct jm_grant *g = x->grant;
    bool details = jm_grant_lists(g->details, x->configuration);
    bool scope =
        jm_grant_lists(g->scope, x->configuration) || (g->scope.len == 0 && g->details.len == 0);

    if (!details && !scope)
        return jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_NOT_GRANTED, NULL);
    if (details != identifier)
        return jm_refuse(x->d, JM_E_MALFORMED, JM_VCI_REQUEST_FORM,
                         details ? "this grant is asked for by credential_identifier"
                                 : "this grant is asked for by credential_configuration_id");
    return JM_OK;
}

static enum jm_status check_request(struct issue *x, const struct jm_credential_req *in)
{
    if ((in->identifier == NULL) == (in->configuration == NULL))
        return jm_refuse(x->d, JM_E_MALFORMED, JM_VCI_REQUEST_FORM,
                         "exactly one of credential_identifier, credential_configuration_id");
    JM_TRY(find_configuration(x, in->identifier != NULL ? in->identifier : in->configuration,
                              in->identifier != NULL));
    return is_granted(x, in->identifier != NULL);
}

static enum jm_status check_proofs(struct issue *x, const struct jm_credential_req *in)
{
    const struct jm_env *env = &x->is->base.env;
    struct jm_proofs_expect e = {.client_id = x->grant->client, .max = (size_t)x->profile->batch};
    struct jm_anchors ca;
    const struct jm_reading r = {x->now, env->answers, env->crypto, &ca, x->is->id, x->mem, x->d};
    enum jm_status st;

    struct jm_wallet_record wallet;

    memcpy(e.instance_jkt, x->grant->instance, 32);
    e.instance_optional =
        jm_trust_wallet(&wallet, &x->is->trust, x->grant->client) == JM_OK && wallet.keys_unbound;
    JM_TRY(jm_trust_attesters(&ca, &x->is->trust, x->grant->client, x->now, x->mem));
    JM_TRY(jm_proofs_check(&x->proofs, in->proofs, &e, &r));
    st = jm_nonce_check(&x->is->nonces, env, JM_NONCE_C, x->proofs.nonce);
    return st == JM_E_DENIED ? deny_issue(x, JM_VCI_NONCE, "the nonce is not ours, or has expired")
                             : st;
}

/* What was announced when the card was tapped is what the first batch binds: no other key takes its
 * place on the way (D-222). */
static enum jm_status judge_announced(struct issue *x)
{
    struct jm_bytes keys = x->c.keys;

    for (size_t i = 0; keys.len != 0 && i < x->proofs.n; i++) {
        bool there = false;

        for (size_t k = 0; k + 32 <= keys.len; k += 32)
            there = there || memcmp(keys.ptr + k, x->copy[i].jkt, 32) == 0;
        if (!there)
            return deny_issue(x, JM_CARD_BINDING, "another key than was announced");
    }
    return JM_OK;
}

/* What is shown to strangers has a key of its own: the instance and the DPoP key are known to the
 * issuer by name. */
static enum jm_status prepare_keys(struct issue *x)
{
    if ((x->copy = JM_NEW_N(x->mem, struct jm_copy_row, x->proofs.n)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < x->proofs.n; i++) {
        uint8_t *jkt = x->copy[i].jkt;

        JM_TRY(jm_jwk_thumbprint(jkt, x->is->base.env.crypto, &x->proofs.key[i]));
        if (memcmp(jkt, x->grant->instance, 32) == 0 || memcmp(jkt, x->grant->jkt, 32) == 0)
            return deny_issue(x, JM_VCI_KEY_ROLE, "a copy's key is the instance or DPoP key");
    }
    return JM_OK;
}

/* -- step 7: may this caller have it now? Read before signing, and again in the transaction that
 * commits -- */

static struct jm_eligibility_facts facts_of(const struct issue *x)
{
    return (struct jm_eligibility_facts){.now = x->now,
                                         .route = x->first ? (enum jm_route_kind)x->c.route
                                                           : JM_ROUTE_QR,
                                         .kind = x->person.kind,
                                         .state = x->person.state,
                                         .birth = x->person.birth,
                                         .region = x->person.region10,
                                         .plastic = x->plastic_missed ? JM_PLASTIC_LOST
                                                                      : x->person.plastic.state,
                                         .plastic_kind = x->person.plastic.kind};
}

static enum jm_status judge_person(struct issue *x)
{
    struct jm_eligibility_facts f = facts_of(x);
    struct jm_eligibility e;

    if (f.route == JM_ROUTE_RENEWAL)
        jm_eligible_to_renew(&e, &f);
    else
        jm_eligible(&e, &f, &x->is->rollout);
    return e.n == 0 ? JM_OK : deny_issue(x, e.code[0], NULL);
}

/* D-252: every refresh asks again, whatever events should have told before. */
static enum jm_status judge_holder(struct issue *x)
{
    struct jm_eligibility_facts f = facts_of(x);
    struct jm_eligibility e;

    jm_eligible_to_hold(&e, &f);
    return e.n == 0 ? JM_OK : deny_issue(x, JM_VCI_CARD_NOT_ACTIVE, jm_code_info(e.code[0])->name);
}

static enum jm_status read_case_grant(struct jm_tx *tx, struct issue *x)
{
    enum jm_case_state at;

    JM_TRY(jm_case_in(tx, &x->grant->desk_case, &x->c, x->mem));
    at = jm_case_state_at(&x->c, jm_tx_now(tx));
    if (at != JM_CASE_CODE_OK && at != JM_CASE_ISSUED)
        return deny_issue(x, JM_VCI_CASE_ENDED, jm_case_state_name(at));
    x->first = !x->c.has_card;
    if (!x->first)
        return jm_card_in(tx, &x->c.card, &x->card, x->mem);
    memset(&x->card, 0, sizeof x->card);
    return JM_OK;
}

/* One key, one copy: a key that two copies share tells every verifier that they are one holder's
 * (I-18). */
static enum jm_status judge_keys(struct jm_tx *tx, struct issue *x)
{
    bool copy, device;

    for (size_t i = 0; i < x->proofs.n; i++) {
        JM_TRY(jm_copy_key_known_in(tx, x->copy[i].jkt, &copy));
        if (copy)
            return deny_issue(x, JM_VCI_KEY_USED, "another copy has this key");
        JM_TRY(jm_device_key_known_in(tx, x->copy[i].jkt, &device));
        if (device)
            return deny_issue(x, JM_VCI_KEY_ROLE, "a copy's key is the instance key of a device");
    }
    JM_TRY(jm_copy_key_known_in(tx, x->grant->instance, &copy));
    JM_TRY(jm_copy_key_known_in(tx, x->grant->jkt, &device));
    return copy || device
               ? deny_issue(x, JM_VCI_KEY_ROLE, "the instance or DPoP key is that of a copy")
               : JM_OK;
}

/* The phone that has the card is the one that asks. */
static enum jm_status read_device(struct jm_tx *tx, struct issue *x, const struct jm_card *card,
                                  struct jm_device *out)
{
    if (!card->has_device || jm_device_in(tx, &card->device, out) != JM_OK ||
        out->state != JM_DEVICE_OPEN || memcmp(out->jkt, x->grant->instance, 32) != 0)
        return deny_issue(x, JM_VCI_DEVICE_CLOSED, NULL);
    return JM_OK;
}

/* How its holder was known when the card was issued that is renewed; it must still be good, and on
 * the phone that asks. */
static enum jm_status read_renewed(struct jm_tx *tx, struct issue *x)
{
    struct jm_live live;
    struct jm_device dev;

    JM_TRY(jm_cards_live_of(tx, &x->c.person, &live, x->mem));
    for (size_t i = 0; i < live.n; i++)
        if (jm_bytes_eq(live.card[i].type, x->c.type) &&
            jm_card_state_at(&live.card[i], x->now) == JM_CARD_ACTIVE) {
            x->renewed_level = live.card[i].level;
            return read_device(tx, x, &live.card[i], &dev);
        }
    return deny_issue(x, JM_VCI_CARD_NOT_ACTIVE, NULL);
}

/* One phone, one person: its passkey or PIN is one person's, and so is what it shows (D-030). */
static enum jm_status judge_phone(struct jm_tx *tx, struct issue *x)
{
    bool taken;

    JM_TRY(jm_device_of_another_in(tx, x->grant->instance, &x->c.person, &taken));
    return taken ? deny_issue(x, JM_VCI_DEVICE_OTHER_PERSON, NULL) : JM_OK;
}

static enum jm_status read_state(struct jm_tx *tx, struct issue *x)
{
    struct jm_device dev;

    x->first = x->plastic_missed = false;
    if (x->grant->has_card)
        JM_TRY(jm_card_in(tx, &x->grant->card, &x->card, x->mem));
    else
        JM_TRY(read_case_grant(tx, x));
    if (jm_profile_of(&x->is->types, x->first ? x->c.type : x->card.type) != x->profile)
        return jm_refuse(x->d, JM_E_ABSENT, JM_VCI_CONFIGURATION_UNKNOWN,
                         "the offer was of another card");
    JM_TRY(jm_person_in(tx, x->first ? &x->c.person : &x->card.person, &x->person, x->mem));
    if (x->first) {
        JM_TRY(judge_announced(x));
        JM_TRY(judge_phone(tx, x));
        if (x->c.centre.len == 0) /* a clerk has the plastic in hand; nobody else is believed */
            JM_TRY(jm_plastic_missed_in(tx, &x->c.person, &x->plastic_missed));
        if (x->c.route == JM_ROUTE_RENEWAL)
            JM_TRY(read_renewed(tx, x));
        return judge_person(x);
    }
    enum jm_card_state at = jm_card_state_at(&x->card, x->now);
    if (at != JM_CARD_ACTIVE)
        /* no reason: suspended, revoked and expired look alike */
        return deny_issue(x, JM_VCI_CARD_NOT_ACTIVE, NULL);
    JM_TRY(read_device(tx, x, &x->card, &dev));
    x->device = dev;
    return judge_holder(x);
}

static enum jm_status read_facts(struct jm_tx *tx, struct issue *x)
{
    JM_TRY(read_state(tx, x));
    return judge_keys(tx, x);
}

/* -- step 8: indices, copies, signatures -- */

/* Times of all copies of a day are the same for everybody: rounded down to the day
 * (spec/openid4vc.md 4.6). */
static void set_times(struct issue *x)
{
    x->from = x->now / JM_DAY_S * JM_DAY_S;
    x->until = x->from + x->profile->copy_days * JM_DAY_S;
    if (x->until > x->card.expires)
        x->until = x->card.expires;
    if (x->until > x->is->ds_not_after - JM_DAY_S)
        x->until = x->is->ds_not_after - JM_DAY_S;
}

static enum jm_status new_card(struct issue *x)
{
    static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const struct jm_env *env = &x->is->base.env;
    uint8_t r[12];
    char *number = jm_alloc(x->mem, 13, 1);

    if (number == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_env_id(env, &x->card.id));
    JM_TRY(jm_env_id(env, &x->device.id));
    JM_TRY(jm_env_random(env, r, sizeof r));
    for (size_t i = 0; i < 12; i++)
        number[i] = digit[r[i] & 31];
    x->device.person = x->card.person = x->c.person;
    x->device.level = (int64_t)x->proofs.key_level;
    memcpy(x->device.jkt, x->grant->instance, 32);
    x->card.device = x->device.id;
    x->card.has_device = true;
    x->card.type = x->profile->type;
    x->card.serial = x->person.plastic.serial;
    x->card.number = jm_bytes(number, 12);
    x->card.issued = x->now;
    /* 23:59:59 in Seoul, three years later: D-250 */
    x->card.expires =
        jm_seoul_midnight(jm_date_add_years(jm_seoul_date(x->now), (int)x->profile->card_years)) +
        JM_DAY_S - 1;
    x->card.level = x->renewed_level != 0  ? x->renewed_level
                    : x->c.centre.len != 0 ? JM_LEVEL_PERSON
                                           : JM_LEVEL_TAP;
    x->card.state = JM_CARD_PENDING;
    return JM_OK;
}

static enum jm_status build_dataset(struct issue *x, struct jm_dataset *out)
{
    struct jm_dataset_facts f = {.person = &x->person,
                                 .document_number = x->card.number,
                                 .country = x->is->country,
                                 .issued = x->card.issued,
                                 .expires = x->card.expires,
                                 .valid_from = x->from,
                                 .key_level = (int64_t)x->proofs.key_level,
                                 .issuance_level = x->card.level,
                                 .regions = &x->is->regions};

    JM_TRY(jm_person_open(&x->is->base.env, &x->person, &f.rrn, &f.photo, x->mem));
    return jm_dataset_build(out, x->profile, x->fmt, &f, x->mem, x->d);
}

static enum jm_status random_of(struct issue *x, size_t n, struct jm_bytes *out)
{
    uint8_t *r = jm_alloc(x->mem, n, 1);

    if (r == NULL)
        return JM_E_NO_SPACE;
    *out = jm_bytes(r, n);
    return jm_env_random(&x->is->base.env, r, n);
}

static enum jm_status status_uri(struct issue *x, uint32_t shard, struct jm_bytes *out)
{
    char digits[10];
    size_t n = sizeof digits;

    do
        digits[--n] = (char)('0' + shard % 10);
    while ((shard /= 10) != 0);
    const struct jm_bytes parts[] = {x->is->publication.prefix,
                                     jm_bytes(digits + n, sizeof digits - n)};
    return jm_concat(out, x->mem, parts, 2);
}

static enum jm_status sign_all(struct issue *x, struct jm_bytes *to_sign, struct jm_bytes *sig)
{
    const struct jm_env *env = &x->is->base.env;
    size_t n = x->proofs.n;
    struct jm_list ins = {to_sign, n, n}, outs = {sig, n, n};

    memset(sig, 0, n * sizeof *sig);
    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN,
                             x->fmt == JM_FMT_MDOC ? JM_PURPOSE_MSO : JM_PURPOSE_SDJWT, jm_none(),
                             &ins, &outs));
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_dup(&sig[i], x->mem, outs.items[i]));
    return JM_OK;
}

/* The strict verifier on our own output, before anybody else sees it (spec/mdoc.md 4). */
static enum jm_status self_check(struct issue *x, struct jm_bytes issuer_signed)
{
    const struct jm_env *env = &x->is->base.env;
    struct jm_mdoc_context c = {.now = x->now,
                                .policy = JM_MDOC_POLICY_WAIVED,
                                .crypto = env->crypto};
    const struct jm_mdoc_verified *v;
    struct jm_answers a = *env->answers;
    struct jm_anchors ca;

    c.policy.strict_issuer_form = true;
    c.schema = x->is->schema;
    c.n_schemas = x->is->n_schemas;
    a.find = NULL; /* the copy is not in any list yet */
    JM_TRY(jm_trust_anchors(&ca, &x->is->trust, JM_CERT_IACA, x->is->record_id, x->profile->doctype,
                            x->now, x->mem));
    c.anchors = &ca;
    JM_TRY(jm_mdoc_verify_issuer_signed(&v, issuer_signed, x->profile->doctype, &c, &a, x->mem));
    if (jm_mdoc_claims(v, 0) != NULL)
        return JM_OK;
    return jm_refuse(x->d, JM_E_BUG, jm_report_reason(jm_mdoc_report(v)),
                     "our own copy does not verify");
}

static enum jm_status make_mdocs(struct issue *x, const struct jm_dataset *data,
                                 struct jm_credential_res *out)
{
    size_t n = x->proofs.n;
    struct jm_mdoc_draft *draft = JM_NEW_N(x->mem, struct jm_mdoc_draft, n);
    struct jm_bytes *to_sign = JM_NEW_N(x->mem, struct jm_bytes, n),
                    *sig = JM_NEW_N(x->mem, struct jm_bytes, n);

    if (draft == NULL || to_sign == NULL || sig == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        struct jm_mdoc_spec s = {.doctype = x->profile->doctype,
                                 .element = data->element,
                                 .n = data->n,
                                 .counts = x->profile->ns,
                                 .n_counts = x->profile->n_ns,
                                 .signed_s = x->from,
                                 .valid_from_s = x->from,
                                 .valid_until_s = x->until,
                                 .device_key = x->proofs.key[i],
                                 .status_idx = x->index[i].idx};
        struct jm_bytes random;

        JM_TRY(status_uri(x, x->index[i].shard, &s.status_uri));
        JM_TRY(random_of(x, jm_mdoc_random_len(&s), &random));
        JM_TRY(jm_mdoc_issue_begin(&draft[i], &s, random, x->is->base.env.crypto, x->mem));
        to_sign[i] = draft[i].to_sign;
    }
    JM_TRY(sign_all(x, to_sign, sig));
    for (size_t i = 0; i < n; i++) {
        struct jm_bytes octets;

        JM_TRY(
            jm_mdoc_issue_finish(&octets, &draft[i], sig[i], x->is->ds.der, x->is->ds.n, x->mem));
        JM_TRY(self_check(x, octets));
        JM_TRY(jm_b64url_encode(&out->copy[i], x->mem, octets));
    }
    return JM_OK;
}

static enum jm_status make_sdjwts(struct issue *x, const struct jm_dataset *data,
                                  struct jm_credential_res *out)
{
    size_t n = x->proofs.n;
    struct jm_sdjwt_draft *draft = JM_NEW_N(x->mem, struct jm_sdjwt_draft, n);
    struct jm_bytes *to_sign = JM_NEW_N(x->mem, struct jm_bytes, n),
                    *sig = JM_NEW_N(x->mem, struct jm_bytes, n);

    struct jm_bytes header;

    if (draft == NULL || to_sign == NULL || sig == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_sdjwt_header(&header, x->is->sdjwt.der, x->is->sdjwt.n, x->mem));
    for (size_t i = 0; i < n; i++) {
        struct jm_sdjwt_spec s = {.vct = x->profile->vct,
                                  .issuer = x->is->id,
                                  .claim = data->claim,
                                  .n = data->n_claims,
                                  .nested = data->nested,
                                  .iat = x->from,
                                  .nbf = x->from,
                                  .exp = x->until,
                                  .holder = x->proofs.key[i],
                                  .status_idx = x->index[i].idx,
                                  .header = header};
        struct jm_bytes random;

        JM_TRY(status_uri(x, x->index[i].shard, &s.status_uri));
        JM_TRY(random_of(x, jm_sdjwt_random_len(&s), &random));
        JM_TRY(jm_sdjwt_issue_begin(&draft[i], &s, random, x->is->base.env.crypto, x->mem));
        to_sign[i] = draft[i].jws.to_sign;
    }
    JM_TRY(sign_all(x, to_sign, sig));
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_sdjwt_issue_finish(&out->copy[i], &draft[i], sig[i], x->mem));
    return JM_OK;
}

/* -- one commit -- */

/* Is the phone that the person has the one that asks, and is another card of theirs on it? */
static bool is_shared(const struct issue *x, const struct jm_device *old,
                      const struct jm_live *live)
{
    bool others = false;

    for (size_t i = 0; i < live->n; i++)
        others = others || !jm_bytes_eq(live->card[i].type, x->card.type);
    return others && memcmp(old->jkt, x->device.jkt, sizeof old->jkt) == 0;
}

/* D-240: the new device goes live, the old one closes, in this transaction, and with it whatever
 * cards were on it: one phone a person. The card of this type ends in any case. A FRAUD or LEGAL
 * hold is not shed that way (D-177). */
static enum jm_status take_over(struct jm_tx *tx, struct issue *x, const struct jm_change *why)
{
    struct jm_change superseded = {why->who, "SUPERSEDED", {NULL, 0}};
    struct jm_device old;
    struct jm_live live;
    enum jm_status st = JM_OK;
    bool had, shared;

    JM_TRY(jm_phone_before_in(tx, &x->person, x->device.jkt, &old, &had, &live, x->mem));
    shared = had && is_shared(x, &old, &live);
    if (x->person.many)
        x->device.nth = jm_nth_of(&x->device.id);
    for (size_t i = 0; i < live.n; i++) {
        bool bound;

        if (shared && !jm_bytes_eq(live.card[i].type, x->card.type) &&
            memcmp(&live.card[i].device, &old.id, sizeof old.id) == 0)
            continue;
        JM_TRY(jm_card_has_hold(tx, &live.card[i].id, JM_HOLDS_NOT_SHED, &bound));
        if (bound)
            return deny_issue(x, JM_VCI_CARD_NOT_ACTIVE, NULL);
        JM_TRY(jm_card_revoke_in(tx, &live.card[i], !shared, &superseded));
    }
    if (shared) {
        x->card.device = old.id;
        x->device.nth = x->person.many ? jm_nth_of(&old.id) : 0;
    } else {
        if (had && (st = jm_device_close_in(tx, &old.id)) != JM_OK && st != JM_E_CONFLICT)
            return st; /* CONFLICT: it closed with its card */
        JM_TRY(jm_device_add_in(tx, &x->device));
    }
    x->card.nth = x->device.nth;
    JM_TRY(jm_card_add_in(tx, &x->card, jm_bytes(x->loss_mac, 32)));
    JM_TRY(jm_case_move(tx, &x->c.id, JM_CASE_CODE_OK, JM_CASE_ISSUED));
    JM_TRY(jm_case_set_card(tx, &x->c.id, &x->card.id));
    JM_TRY(jm_token_rows_adopt(tx, &x->c.id, &x->card.id));
    return jm_card_activate_in(tx, &x->card, why);
}

static enum jm_status add_loss_code(struct jm_tx *tx, struct issue *x, const struct jm_actor *who)
{
    JM_TRY(jm_card_add_loss_code_in(tx, &x->card.id, jm_bytes(x->loss_mac, 32)));
    JM_TRY(jm_audit_in(tx, who, "LOSS_CODE_ADDED", &x->card.person, jm_none(), "done", NULL));
    return jm_notice_in(tx, &x->card.person, "LOSS_CODE_ADDED", who->channel);
}

static enum jm_status spend_nonce(struct jm_tx *tx, struct issue *x)
{
    enum jm_status st = jm_spend_in(tx, JM_NONCE_C, x->proofs.nonce, x->now + 2 * JM_NONCE_TTL_S);

    return st == JM_E_CONFLICT ? deny_issue(x, JM_VCI_NONCE, "the nonce was spent before") : st;
}

static enum jm_status commit_batch(struct jm_tx *tx, void *arg)
{
    struct issue *x = arg;
    struct jm_actor who = {x->grant->client, JM_BYTES("wallet")};
    struct jm_change why = {&who, "ISSUED", {NULL, 0}};
    struct jm_card made = x->card;
    struct jm_device device = x->device;
    bool was_first = x->first;
    enum jm_status st = x->was != NULL ? jm_deferred_rows_end(tx, x->was->id) : spend_nonce(tx, x);

    if (x->was != NULL && st == JM_E_CONFLICT) /* of two at once one has it */
        return deny_issue(x, JM_VCI_TRANSACTION, NULL);
    JM_TRY(st);
    JM_TRY(read_facts(tx, x)); /* every precondition again */
    if (x->first != was_first)
        return jm_refuse(x->d, JM_E_CONFLICT, JM_VCI_CASE_ENDED,
                         "another request of this case came first");
    if (x->person.version != x->version)
        return jm_refuse(x->d, JM_E_UNAVAILABLE, JM_VCI_DATA_CHANGED,
                         "the register changed while this was signed: again");
    if (x->first) {
        x->card = made;
        x->device = device;
        JM_TRY(take_over(tx, x, &why));
    } else {
        if (x->new_loss_code)
            JM_TRY(add_loss_code(tx, x, &who));
        if (x->card.refresh_due.len != 0)
            JM_TRY(jm_card_refreshed_in(tx, &x->card.id));
        JM_TRY(jm_audit_in(tx, &who, "COPIES_ISSUED", &x->card.person, jm_none(), "done", NULL));
    }
    for (size_t i = 0; i < x->proofs.n; i++) {
        x->copy[i].card = x->card.id;
        JM_TRY(jm_copy_add_in(tx, &x->copy[i]));
    }
    return JM_OK;
}

static enum jm_status prepare_copies(struct issue *x)
{
    const struct jm_env *env = &x->is->base.env;
    size_t n = x->proofs.n;

    if ((x->index = JM_NEW_N(x->mem, struct jm_index, n)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_status_take(&x->is->pool, env, x->index, n));
    for (size_t i = 0; i < n; i++) {
        x->copy[i].fmt = x->fmt;
        x->copy[i].at = x->index[i];
        x->copy[i].issued = x->now;
        x->copy[i].until = x->until;
        x->copy[i].batch = x->batch;
    }
    return JM_OK;
}

static enum jm_status prepare_loss_code(struct issue *x, struct jm_credential_res *out)
{
    char loss_code[26];

    JM_TRY(jm_loss_code_new(loss_code, &x->is->base.env));
    JM_TRY(jm_loss_code_mac(&x->is->base.env, jm_str(loss_code), x->loss_mac));
    enum jm_status st = jm_dup(&out->loss_code, x->mem, jm_str(loss_code));
    jm_wipe(loss_code, sizeof loss_code);
    return st;
}

static enum jm_status begin_issue(struct issue **out, struct jm_issuer *is,
                                  const struct jm_grant *grant, struct jm_arena *mem,
                                  struct jm_diag *d)
{
    struct issue *x = *out = JM_NEW(mem, struct issue);

    if (x == NULL)
        return JM_E_NO_SPACE;
    *x = (struct issue){.is = is,
                        .grant = grant,
                        .mem = mem,
                        .d = d,
                        .now = jm_env_now(&is->base.env)};
    return jm_env_behind(&is->base.env) ? jm_refuse(d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL)
                                        : JM_OK;
}

/* What may be had, is made: facts are read. */
static enum jm_status make_batch(struct issue *x, struct jm_credential_res *out)
{
    struct jm_issuer *is = x->is;
    struct jm_dataset data;

    x->version = x->person.version;
    if (x->first)
        JM_TRY(new_card(x));
    if (x->first || x->new_loss_code)
        JM_TRY(prepare_loss_code(x, out));
    set_times(x);
    JM_TRY(jm_random_text(&out->notification_id, &is->base.env, 32, x->mem));
    JM_TRY(jm_sha256(is->base.env.crypto, out->notification_id, x->batch));
    JM_TRY(prepare_copies(x));
    JM_TRY(build_dataset(x, &data));
    out->fmt = x->fmt;
    out->n = x->proofs.n;
    if ((out->copy = JM_NEW_N(x->mem, struct jm_bytes, out->n)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(x->fmt == JM_FMT_MDOC ? make_mdocs(x, &data, out) : make_sdjwts(x, &data, out));
    JM_TRY(jm_tx_run(&is->base.env, commit_batch, x));
    if ((x->first || x->card.refresh_due.len != 0) && is->wake_publisher != NULL)
        is->wake_publisher(is->wake_ctx); /* a superseded card's copies, or stale ones */
    return JM_OK;
}

/* -- not yet: OpenID4VCI 1.0 9 -- */

static enum jm_status defer_tx(struct jm_tx *tx, void *arg)
{
    struct issue *x = arg;
    const struct jm_deferred *f = x->was;

    JM_TRY(spend_nonce(tx, x));
    JM_TRY(read_facts(tx, x));
    return jm_deferred_rows_put(tx, f);
}

/* The proofs are good and spent; their keys are what is issued to, once it was decided. */
static enum jm_status defer_issue(struct issue *x, struct jm_credential_res *out,
                                  const uint8_t *sealed_to)
{
    struct jm_deferred f = {.desk_case = x->c.id,
                            .client = x->grant->client,
                            .configuration = x->configuration,
                            .key_level = (int64_t)x->proofs.key_level,
                            .sealed = sealed_to != NULL,
                            .at = x->now};
    struct jm_buf keys;

    JM_TRY(jm_alloc_buf(&keys, x->mem, x->proofs.n * 65));
    for (size_t i = 0; i < x->proofs.n; i++)
        JM_TRY(jm_buf_put(&keys, jm_point_bytes(&x->proofs.key[i])));
    f.keys = jm_written(keys);
    memcpy(f.instance, x->grant->instance, 32);
    memcpy(f.jkt, x->grant->jkt, 32);
    if (sealed_to != NULL)
        memcpy(f.sealed_to, sealed_to, 32);
    JM_TRY(jm_random_text(&out->transaction_id, &x->is->base.env, 32, x->mem));
    JM_TRY(jm_sha256(x->is->base.env.crypto, out->transaction_id, f.id));
    out->interval_s = JM_DEFERRED_INTERVAL_S;
    x->was = &f;
    JM_TRY(jm_tx_run(&x->is->base.env, defer_tx, x));
    x->was = NULL;
    return JM_OK;
}

enum jm_status jm_credential_issue(struct jm_issuer *is, struct jm_credential_res *out,
                                   const struct jm_grant *grant, const struct jm_credential_req *in,
                                   struct jm_arena *mem, struct jm_diag *d)
{
    struct issue *x;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(begin_issue(&x, is, grant, mem, d));
    JM_TRY(check_request(x, in));
    JM_TRY(check_proofs(x, in));
    JM_TRY(prepare_keys(x));
    JM_READ(st, tx, &is->base.env, read_facts(tx, x));
    JM_TRY(st);
    if (x->first && x->c.waits == JM_CASE_WAITS)
        return defer_issue(x, out, in->sealed_to);
    x->new_loss_code = !x->first && in->new_loss_code;
    return make_batch(x, out);
}

/* Bound to subject, client, instance and DPoP key: another's is none. */
static enum jm_status find_deferred(struct jm_tx *tx, struct jm_deferred *f, const uint8_t hash[32],
                                    struct issue *x)
{
    const struct jm_grant *g = x->grant;
    enum jm_status st = jm_deferred_rows_get(tx, hash, f, x->mem);

    if (st == JM_E_ABSENT ||
        (st == JM_OK &&
         (memcmp(f->instance, g->instance, 32) != 0 || memcmp(f->jkt, g->jkt, 32) != 0 ||
          !jm_bytes_eq(f->client, g->client) || !g->has_case ||
          memcmp(&f->desk_case, &g->desk_case, sizeof f->desk_case) != 0)))
        return deny_issue(x, JM_VCI_TRANSACTION, NULL);
    return st;
}

static enum jm_status read_keys(struct issue *x, const struct jm_deferred *f)
{
    size_t n = f->keys.len / 65;
    struct jm_point *key = JM_NEW_N(x->mem, struct jm_point, n);

    if (key == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_point_set(&key[i], JM_CURVE_P256, jm_slice(f->keys, 65 * i, 65)));
    x->proofs = (struct jm_proofs){.key = key, .n = n, .key_level = (unsigned)f->key_level};
    return JM_OK;
}

struct asking {
    struct issue *x;
    const struct jm_deferred *f;
    bool other_key;
};

static enum jm_status asked_tx(struct jm_tx *tx, void *arg)
{
    const struct asking *a = arg;
    const struct jm_actor who = {a->x->grant->client, JM_BYTES("wallet")};

    if (a->other_key)
        JM_TRY(jm_audit_in(tx, &who, "DEFERRED_KEY", &a->x->c.person, a->f->configuration, "done",
                           NULL));
    return jm_deferred_rows_asked(tx, a->f->id);
}

enum jm_status jm_deferred_issue(struct jm_issuer *is, struct jm_credential_res *out,
                                 const struct jm_grant *grant, struct jm_bytes id,
                                 const uint8_t *sealed_to, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_deferred *f = JM_NEW(mem, struct jm_deferred);
    struct issue *x;
    struct asking a;
    uint8_t hash[32];
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (f == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(begin_issue(&x, is, grant, mem, d));
    JM_TRY(jm_sha256(is->base.env.crypto, id, hash));
    JM_READ(st, tx, &is->base.env, find_deferred(tx, f, hash, x));
    JM_TRY(st);
    out->transaction_id = id;
    out->interval_s = JM_DEFERRED_INTERVAL_S;
    if (x->now < f->asked + JM_DEFERRED_INTERVAL_S)
        return JM_OK; /* too fast: nothing is looked at */
    x->configuration = f->configuration;
    x->profile = jm_profile_by_configuration(&is->types, f->configuration, &x->fmt);
    if (x->profile == NULL)
        return deny_issue(x, JM_VCI_CONFIGURATION_UNKNOWN, "it is issued no more");
    JM_TRY(read_keys(x, f));
    JM_TRY(prepare_keys(x));
    JM_READ(st, tx, &is->base.env, read_facts(tx, x));
    JM_TRY(st);
    a = (struct asking){x, f,
                        sealed_to != NULL &&
                            (!f->sealed || memcmp(f->sealed_to, sealed_to, 32) != 0)};
    JM_TRY(jm_tx_run(&is->base.env, asked_tx, &a));
    if (x->first && x->c.waits == JM_CASE_WAITS)
        return JM_OK;
    out->transaction_id = jm_none();
    x->was = f;
    return make_batch(x, out);
}

/* -- the holder ends it -- */

struct ending {
    const struct jm_grant *grant;
    struct jm_arena *mem;
    struct jm_diag *d;
};

/* A FRAUD or LEGAL hold is not shed by ending the card either: a new one would be a new row without
 * it (D-177). */
static enum jm_status end_tx(struct jm_tx *tx, void *arg)
{
    const struct ending *x = arg;
    const struct jm_actor who = {x->grant->client, JM_BYTES("wallet")};
    const struct jm_change why = {&who, "HOLDER_DELETED", {NULL, 0}};
    struct jm_card card;
    enum jm_status st;
    bool bound;

    JM_TRY(jm_card_in(tx, &x->grant->card, &card, x->mem));
    JM_TRY(jm_card_has_hold(tx, &card.id, JM_HOLDS_NOT_SHED, &bound));
    if (bound)
        return jm_refuse(x->d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, NULL);
    st = jm_card_revoke_in(tx, &card, true, &why);
    return st == JM_E_CONFLICT
               ? jm_refuse(x->d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, "it has ended before")
               : st;
}

enum jm_status jm_card_delete(struct jm_issuer *is, const struct jm_grant *grant,
                              struct jm_arena *mem, struct jm_diag *d)
{
    struct ending x = {grant, mem, d};

    if (!grant->has_card)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, "there is no card yet");
    JM_TRY(jm_tx_run(&is->base.env, end_tx, &x));
    if (is->wake_publisher != NULL)
        is->wake_publisher(is->wake_ctx);
    return JM_OK;
}
