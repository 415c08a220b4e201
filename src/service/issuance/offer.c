/* SPDX-License-Identifier: Apache-2.0 */
/* Offers by reference, the desk ticket, binding, match codes, loss codes. */
#include <string.h>

#include "jumin/base64.h"
#include "service/issuance/parts.h"
#include "service/signer.h"

enum jm_status jm_code_mac(uint8_t out[32], const struct jm_env *env, const char *label,
                           struct jm_bytes octets)
{
    uint8_t room[128];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_bytes in[1], o[1] = {{NULL, 0}};
    struct jm_list ins = {in, 1, 1}, outs = {o, 1, 1};

    JM_TRY(jm_buf_put(&b, jm_str(label)));
    JM_TRY(jm_buf_put(&b, jm_bytes("", 1)));
    JM_TRY(jm_buf_put(&b, octets));
    in[0] = jm_written(b);
    JM_TRY(env->signer->call(env->signer->ctx, JM_MAC, JM_PURPOSE_CODE, jm_none(), &ins, &outs));
    if (outs.items[0].len != 32)
        return JM_E_BUG;
    memcpy(out, outs.items[0].ptr, 32);
    return JM_OK;
}

/* The grant code belongs to the offer: whoever may read the offer gets the same one, and only its
 * hash is stored. */
static enum jm_status grant_code_of(struct jm_bytes *out, const struct jm_env *env,
                                    struct jm_bytes offer_id, struct jm_arena *mem)
{
    uint8_t m[32];

    JM_TRY(jm_code_mac(m, env, "pre-authorized_code", offer_id));
    return jm_b64url_encode(out, mem, jm_bytes(m, sizeof m));
}

/* Both formats of a card. */
static enum jm_status configurations_of(struct jm_msg_list *out, const struct jm_issuer *is,
                                        struct jm_bytes type, struct jm_arena *mem)
{
    const struct jm_profile *p = jm_profile_of(&is->types, type);
    struct jm_bytes *id = JM_NEW_N(mem, struct jm_bytes, 2);

    if (p == NULL)
        return JM_E_GONE; /* issued no more */
    if (id == NULL)
        return JM_E_NO_SPACE;
    id[0] = p->mdoc_configuration;
    id[1] = p->sdjwt_configuration;
    *out = (struct jm_msg_list){id, 2};
    return JM_OK;
}

struct ticket {
    struct jm_bytes iss, jti, centre, desk;
    struct jm_msg_list configurations;
    int64_t iat, exp;
};
#define TICKET(member, wire, kind) JM_FIELD(ticket, member, wire, kind, 0, 0)
JM_MSG(ticket, ticket, false, TICKET(iss, "iss", STR), TICKET(jti, "jti", STR),
       TICKET(centre, "centre", STR), TICKET(desk, "desk", STR),
       TICKET(configurations, "credential_configuration_ids", TEXTS), TICKET(iat, "iat", INT),
       TICKET(exp, "exp", INT));

static enum jm_status ticket_payload(struct jm_bytes *out, const struct jm_issuer *is,
                                     const struct jm_case *c, struct jm_bytes desk,
                                     struct jm_arena *mem)
{
    struct ticket t = {.iss = is->id,
                       .jti = c->jti,
                       .centre = c->centre,
                       .desk = desk,
                       .iat = c->opened,
                       .exp = c->opened + JM_QR_TTL_S + JM_CASE_TTL_S / 2};

    JM_TRY(configurations_of(&t.configurations, is, c->type, mem));
    return jm_msg_text(out, &ticket, &t, mem);
}

enum jm_status jm_sign_one(const struct jm_env *env, enum jm_purpose purpose,
                           struct jm_bytes octets, struct jm_sig *sig)
{
    struct jm_bytes in[1] = {octets}, out[1] = {{NULL, 0}};
    struct jm_list ins = {in, 1, 1}, outs = {out, 1, 1};

    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN, purpose, jm_none(), &ins, &outs));
    return jm_sig_set(sig, JM_ALG_ES256, out[0]) == JM_OK ? JM_OK : JM_E_BUG;
}

enum jm_status jm_offer_make(struct jm_issuer *is, struct jm_case *c, struct jm_bytes desk,
                             struct jm_bytes *uri, struct jm_arena *mem)
{
    const struct jm_env *env = &is->base.env;
    struct jm_bytes offer, grant_code, payload, header;
    struct jm_jws_draft d;
    struct jm_sig sig;

    JM_TRY(jm_random_text(&offer, env, 32, mem));
    JM_TRY(jm_random_text(&c->jti, env, 16, mem));
    JM_TRY(grant_code_of(&grant_code, env, offer, mem));
    JM_TRY(jm_sha256(env->crypto, offer, c->offer));
    JM_TRY(jm_sha256(env->crypto, grant_code, c->grant_code));
    JM_TRY(ticket_payload(&payload, is, c, desk, mem));
    JM_TRY(
        jm_jws_header(&header, "jumin-desk-ticket+jwt", NULL, is->ticket.der, is->ticket.n, mem));
    JM_TRY(jm_jws_begin(&d, header, payload, mem));
    JM_TRY(jm_sign_one(env, JM_PURPOSE_TICKET, d.to_sign, &sig));
    JM_TRY(jm_jws_finish(&c->ticket, &d, jm_sig_bytes(&sig), mem));
    const struct jm_bytes parts[] = {is->id, JM_BYTES("/offer/"), offer};
    return jm_concat(uri, mem, parts, JM_ARRAY_LEN(parts));
}

JM_MSG(offer_grant, jm_offer_grant, false,
       JM_FIELD(jm_offer_grant, grant_code, "pre-authorized_code", STR, 0, 0),
       JM_FIXED("tx_code", "{\"input_mode\":\"numeric\",\"length\":6}"));
JM_MSG(offer_grants, jm_offer_grants, false,
       JM_FIELD_OF(jm_offer_grants, pre_authorized, JM_GRANT_PRE_AUTHORIZED, OBJECT, offer_grant));
static const struct jm_msg_field jm_offer_res_fields[] = {
    JM_FIELD(jm_offer, issuer, "credential_issuer", STR, 0, 0),
    JM_FIELD(jm_offer, configurations, "credential_configuration_ids", TEXTS, 0, 0),
    JM_FIELD_OF(jm_offer, grants, "grants", OBJECT, offer_grants),
    JM_FIELD(jm_offer, ticket, "jumin_ticket", STR, 0, 0),
};
const struct jm_msg jm_offer_res = JM_MSG_DEF(jm_offer_res, jm_offer, false);

static const struct jm_msg_field jm_open_offer_res_fields[] = {
    JM_FIELD(jm_offer, issuer, "credential_issuer", STR, 0, 0),
    JM_FIELD(jm_offer, configurations, "credential_configuration_ids", TEXTS, 0, 0),
    JM_FIXED("grants", "{\"authorization_code\":{}}"),
};
const struct jm_msg jm_open_offer_res = JM_MSG_DEF(jm_open_offer_res, jm_offer, false);

enum jm_status jm_offer_open(struct jm_offer *out, const struct jm_issuer *is, struct jm_bytes type,
                             struct jm_arena *mem, struct jm_diag *d)
{
    enum jm_status st = configurations_of(&out->configurations, is, type, mem);

    out->issuer = is->id;
    return st == JM_E_GONE ? jm_refuse(d, JM_E_ABSENT, JM_VCI_OFFER_UNKNOWN, NULL) : st;
}

struct offer_tx {
    const uint8_t *hash;
    const struct jm_client *client;
    char jkt[44];
    struct jm_case c;
    struct jm_arena *mem;
    struct jm_diag *d;
    bool taken;
    const struct jm_crypto *crypto;
};

static enum jm_status offer_in(struct jm_tx *tx, void *arg)
{
    struct offer_tx *o = arg;
    enum jm_case_state at;
    enum jm_status st;
    char sign[3];

    o->taken = false;
    JM_TRY(jm_case_by_offer(tx, o->hash, &o->c, o->mem));
    at = jm_case_state_at(&o->c, jm_tx_now(tx));
    if (at != JM_CASE_CREATED && at != JM_CASE_SCANNED)
        return JM_E_GONE;
    if (o->client == NULL)
        return JM_OK;
    JM_TRY(jm_ticket_sign(sign, o->c.jti, jm_str(o->jkt), o->crypto));
    struct jm_bytes s;
    JM_TRY(jm_dup(&s, o->mem, jm_str(sign)));
    st = jm_case_bind_in(tx, &o->c, o->client->jkt, s);
    if (st != JM_E_CONFLICT)
        return st;
    o->taken = true; /* committed: the clerk is told that a second phone tried */
    return jm_case_note_second(tx, &o->c.id);
}

enum jm_status jm_offer_read(struct jm_offer *out, struct jm_issuer *is, struct jm_bytes id,
                             const struct jm_client *client, struct jm_arena *mem,
                             struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct offer_tx o = {.client = client, .mem = mem, .d = d, .crypto = env->crypto};
    uint8_t hash[32];
    enum jm_status st;

    JM_TRY(jm_sha256(env->crypto, id, hash));
    o.hash = hash;
    if (client != NULL)
        JM_TRY(jm_jwk_thumbprint_text(o.jkt, env->crypto, &client->instance));
    if (client != NULL)
        st = jm_tx_run(env, offer_in, &o);
    else
        JM_READ(st, tx, env, offer_in(tx, &o));
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_ABSENT, JM_VCI_OFFER_UNKNOWN, NULL);
    if (st == JM_E_GONE)
        return jm_refuse(d, JM_E_GONE, JM_VCI_OFFER_GONE, NULL);
    JM_TRY(st);
    if (o.taken)
        return jm_refuse(d, JM_E_CONFLICT, JM_VCI_TICKET_TAKEN, "ticket_taken");
    out->issuer = is->id;
    out->ticket = o.c.ticket;
    JM_TRY(configurations_of(&out->configurations, is, o.c.type, mem));
    return grant_code_of(&out->grants.pre_authorized.grant_code, env, id, mem);
}

/* -- match codes -- */

enum jm_status jm_match_code_mac(uint8_t out[32], const struct jm_env *env, const struct jm_id *c,
                                 struct jm_bytes digits)
{
    uint8_t room[16 + JM_MATCH_CODE_LEN];
    struct jm_buf b = jm_buf(room, sizeof room);

    if (digits.len != JM_MATCH_CODE_LEN)
        return JM_E_MALFORMED;
    JM_TRY(jm_buf_put(&b, jm_bytes(c->octets, sizeof c->octets)));
    JM_TRY(jm_buf_put(&b, digits));
    return jm_code_mac(out, env, "tx_code", jm_written(b));
}

struct match_code_tx {
    const struct jm_id *id;
    const uint8_t *mac;
};

static enum jm_status match_code_in(struct jm_tx *tx, void *arg)
{
    const struct match_code_tx *c = arg;

    return jm_case_set_match_code(tx, c->id, c->mac);
}

enum jm_status jm_match_code_new(struct jm_issuer *is, const struct jm_id *c,
                                 char digits[JM_MATCH_CODE_LEN + 1], struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct match_code_tx t = {c, NULL};
    uint8_t r[4], mac[32];
    uint32_t v;
    enum jm_status st;

    do
        JM_TRY(jm_env_random(env, r, sizeof r));
    /* a multiple of a million: every match code equally likely */
    while ((v = jm_u32_be(r)) >= 4294000000u);
    v %= 1000000;
    for (size_t i = JM_MATCH_CODE_LEN; i-- > 0; v /= 10)
        digits[i] = (char)('0' + v % 10);
    digits[JM_MATCH_CODE_LEN] = 0;
    JM_TRY(jm_match_code_mac(mac, env, c, jm_str(digits)));
    t.mac = mac;
    st = jm_tx_run(env, match_code_in, &t);
    return st == JM_E_CONFLICT ? jm_refuse(d, st, JM_DESK_NOT_BOUND,
                                           "no phone is bound to this case, or it has ended")
                               : st;
}

/* -- loss codes: 100 random bits as 20 characters of Crockford's alphabet, and a check character --
 */

static const char loss_alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int loss_value(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 32);
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    for (int i = 0; i < 32; i++)
        if ((uint8_t)loss_alphabet[i] == c)
            return i;
    return -1;
}

static int loss_check(const uint8_t v[20])
{
    int sum = 0;

    for (int i = 0; i < 20; i++)
        /* 31 is prime: any single change and any swap of neighbours shows */
        sum = (sum * 3 + v[i]) % 31;
    return sum;
}

enum jm_status jm_loss_code_new(char out[26], const struct jm_env *env)
{
    uint8_t r[20];
    size_t n = 0;

    JM_TRY(jm_env_random(env, r, sizeof r));
    for (size_t i = 0; i < 20; i++) {
        r[i] &= 31;
        if (i > 0 && i % 5 == 0)
            out[n++] = '-';
        out[n++] = loss_alphabet[r[i]];
    }
    out[n++] = '-';
    out[n++] = loss_alphabet[loss_check(r)];
    out[n] = 0;
    jm_wipe(r, sizeof r);
    return JM_OK;
}

enum jm_status jm_loss_code_mac(const struct jm_env *env, struct jm_bytes loss_code,
                                uint8_t mac[32])
{
    uint8_t v[21];
    size_t n = 0;

    for (size_t i = 0; i < loss_code.len; i++) {
        int x;

        if (loss_code.ptr[i] == '-' || loss_code.ptr[i] == ' ')
            continue;
        if (n == sizeof v || (x = loss_value(loss_code.ptr[i])) < 0)
            return JM_E_MALFORMED;
        v[n++] = (uint8_t)x;
    }
    if (n != sizeof v || v[20] != loss_check(v))
        return JM_E_MALFORMED;
    return jm_code_mac(mac, env, "loss", jm_bytes(v, 20));
}
