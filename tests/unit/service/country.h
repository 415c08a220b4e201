/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A country for tests of the verifier: certificates of every kind, a trust set written by hand, a
 * signer in this process, lists and a CRL that a test can spoil, a verifier over a real store, and
 * a wallet that a test can make lie.
 */
#ifndef JM_TEST_COUNTRY_H
#define JM_TEST_COUNTRY_H

#include "unit/test.h"

#include <unistd.h>

#include "host/store/store.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/sdjwt.h"
#include "service/presentation/parts.h"
#include "service/signer.h"
#include "unit/cred/mdoc_kit.h"
#include "unit/service/migrations.h"

#define LIST_URI "https://status.example/l/3"
#define LIST_IDX 412
#define VCT "urn:jumin:kr:resident:1"
#define VERIFIER "https://bank.example"
#define SHOP "https://shop.example:8443"
#define ISSUER "https://issuer.example"

enum list_mode {
    LIST_GOOD,
    LIST_REVOKED,
    LIST_AWAY,
    LIST_404,
    LIST_EMPTY,
    LIST_OTHER_TYPE,
    LIST_DS_SIGNED,
    LIST_STRANGER_SIGNED,
    LIST_BAD_SIGNATURE,
    LIST_OTHER_SUBJECT,
    LIST_EXPIRED,
    LIST_OLDER,
    LIST_AHEAD, /* made by a clock five minutes ahead */
    LIST_TWO_BITS,
    LIST_SHORT
};

struct country {
    struct kit k;
    struct jm_key *sdca_key, *sd_key, *status_key, *reader_key, *access_key, *stranger_key;
    struct jm_bytes sdca, sd, status, reader_ca, access, stranger, crl_der;
    struct jm_trust trust;
    struct jm_verifier v;
    struct jm_store *store;
    struct jm_signer signer;
    struct jm_answers answers;
    char dir[32], path[64];
    int64_t now;
    unsigned char counter;
    /* the outside */
    enum list_mode list;
    int64_t list_iat, told; /* told: the highest signed time that the role was told */
    bool crl_away, crl_other, behind;
    unsigned fetched, fetched_304;
    struct {
        struct jm_bytes key, body, etag;
        struct jm_cached c;
    } kept[8];
    size_t n_kept;
    struct jm_bytes signed_out[2];
    uint8_t signed_room[2][4096];
    struct jm_bytes x5c_of_list;
};

static struct country *C; /* one a test */

/* -- world -- */

static int64_t country_now(void *ctx)
{
    (void)ctx;
    return C->now;
}

static void country_told(void *ctx, int64_t at_s)
{
    (void)ctx;
    C->told = at_s > C->told ? at_s : C->told;
}

static enum jm_status country_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i += 32) {
        uint8_t h[32], in[2] = {++C->counter, (uint8_t)i};

        KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_bytes(in, 2), h));
        memcpy(out + i, h, len - i < 32 ? len - i : 32);
    }
    return JM_OK;
}

static enum jm_status country_sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                   struct jm_bytes key, const struct jm_list *in,
                                   struct jm_list *out)
{
    static const uint8_t master[32] = {7};
    struct jm_buf b = jm_buf(C->signed_room[0], sizeof C->signed_room[0]);
    uint8_t iv[12] = {0};

    (void)ctx, (void)key;
    out->n = 0;
    if (op == JM_SIGN) {
        CHECK_EQ(purpose, JM_PURPOSE_REQUEST);
        struct jm_sig sig;

        KIT_MUST(jm_key_sign(C->access_key, in->items[0], &sig));
        KIT_MUST(jm_buf_put(&b, jm_sig_bytes(&sig)));
    } else if (op == JM_SEAL) {
        iv[0] = ++C->counter;
        KIT_MUST(jm_buf_put(&b, jm_bytes(iv, 12)));
        KIT_MUST(jm_crypto_openssl.seal(jm_bytes(master, 32), jm_bytes(iv, 12), in->items[0],
                                        in->items[1], &b));
    } else {
        JM_TRY(jm_crypto_openssl.open(jm_bytes(master, 32), jm_slice(in->items[1], 0, 12),
                                      in->items[0], jm_slice(in->items[1], 12, SIZE_MAX), &b));
    }
    out->items[0] = jm_written(b);
    out->n = 1;
    return JM_OK;
}

static enum jm_status country_new_key(void *ctx, struct jm_secret32 *scalar, struct jm_point *point)
{
    struct jm_key *k = NULL;

    (void)ctx;
    KIT_MUST(jm_key_generate(&k));
    KIT_MUST(jm_key_scalar(scalar, k));
    KIT_MUST(jm_key_point(point, k));
    jm_key_free(&k);
    return JM_OK;
}

static enum jm_status country_agree(void *ctx, const struct jm_secret32 *scalar,
                                    struct jm_bytes peer, uint8_t x[32])
{
    struct jm_key *k = NULL;
    enum jm_status st;

    (void)ctx;
    KIT_MUST(jm_key_from_scalar(&k, scalar));
    st = jm_key_agree(k, peer, x);
    jm_key_free(&k);
    return st;
}

static bool country_behind(void *ctx)
{
    (void)ctx;
    return C->behind;
}

/* -- lists -- */

static struct jm_bytes list_token(bool cwt)
{
    enum list_mode m = C->list;
    uint8_t *raw = test_malloc(1024);
    struct jm_sig sig;
    const struct jm_key *key = m == LIST_DS_SIGNED         ? C->k.dsc_key
                               : m == LIST_STRANGER_SIGNED ? C->stranger_key
                                                           : C->status_key;
    struct jm_list_spec s = {.uri = m == LIST_OTHER_SUBJECT ? JM_BYTES("https://status.example/l/4")
                                                            : JM_BYTES(LIST_URI),
                             .raw = jm_bytes(raw, m == LIST_SHORT ? 8 : 1024),
                             .bits = m == LIST_TWO_BITS ? 2 : 1,
                             .iat = C->list_iat,
                             .exp = m == LIST_EXPIRED ? C->now : C->now + 3600,
                             .ttl = 900,
                             .n_x5c = 1};
    struct jm_list_draft d;
    struct jm_bytes token;

    memset(raw, 0, 1024);
    if (m == LIST_REVOKED)
        raw[LIST_IDX / 8] = (uint8_t)(1u << LIST_IDX % 8);
    C->x5c_of_list = m == LIST_DS_SIGNED         ? C->k.dsc_der
                     : m == LIST_STRANGER_SIGNED ? C->stranger
                                                 : C->status;
    s.x5c = &C->x5c_of_list;
    if (m == LIST_OLDER)
        s.iat = C->list_iat - 100;
    if (m == LIST_AHEAD)
        s.iat = C->now + 300;
    KIT_MUST(jm_statuslist_begin(&d, m == LIST_OTHER_TYPE ? !cwt : cwt, &s, &jm_crypto_openssl,
                                 &C->k.mem));
    KIT_MUST(jm_key_sign(key, d.to_sign, &sig));
    if (m == LIST_BAD_SIGNATURE)
        sig.octets[20] ^= 1;
    KIT_MUST(jm_statuslist_finish(&token, &d, jm_sig_bytes(&sig), &C->k.mem));
    return token;
}

static enum jm_status country_fetch(void *ctx, const struct jm_http_ask *ask,
                                    struct jm_http_answer *out, struct jm_arena *mem)
{
    (void)ctx;
    memset(out, 0, sizeof *out);
    C->fetched++;
    CHECK_EQ(ask->verb, JM_HTTP_GET);
    if (jm_bytes_eq_str(ask->url, "https://status.example/crl")) {
        if (C->crl_away)
            return JM_E_UNAVAILABLE;
        out->status = 200;
        out->body = C->crl_other ? C->access : C->crl_der;
        return JM_OK;
    }
    CHECK_STR(ask->url, LIST_URI);
    if (C->list == LIST_AWAY)
        return JM_E_UNAVAILABLE;
    out->status = C->list == LIST_404 ? 404 : 200;
    out->etag = JM_BYTES("\"good\"");
    if (ask->n_headers == 1 && C->list == LIST_GOOD) {
        CHECK_STR(ask->headers[0].value, "\"good\"");
        out->status = 304;
        C->fetched_304++;
    } else if (C->list != LIST_EMPTY) {
        out->body = list_token(strstr(ask->accept, "cwt") != NULL);
    }
    return jm_dup(&out->body, mem, out->body);
}

/* What was taken and not given back. */
static int kept_held;

static void kept_let_go(void *ctx, void *held)
{
    (void)ctx;
    CHECK(held == &kept_held);
    kept_held--;
}

static bool kept_get(void *ctx, struct jm_bytes key, int64_t now, uint64_t trust_version,
                     struct jm_cached *out)
{
    (void)ctx;
    for (size_t i = 0; i < C->n_kept; i++)
        if (jm_bytes_eq(C->kept[i].key, key)) {
            *out = C->kept[i].c;
            if (jm_cached_holds(out, now, trust_version))
                out->body = jm_none();
            else
                out->list.raw = jm_none();
            out->held = &kept_held;
            kept_held++;
            return true;
        }
    return false;
}

static void kept_put(void *ctx, struct jm_bytes key, const struct jm_cached *c)
{
    size_t i = 0;

    (void)ctx;
    while (i < C->n_kept && !jm_bytes_eq(C->kept[i].key, key))
        i++;
    if (i == JM_ARRAY_LEN(C->kept))
        return;
    C->n_kept += i == C->n_kept;
    C->kept[i].key = exact(key);
    C->kept[i].c = *c;
    C->kept[i].c.body = exact(c->body);
    C->kept[i].c.etag = exact(c->etag);
    C->kept[i].c.list.raw = exact(c->list.raw);
}

static void kept_same(void *ctx, struct jm_bytes key, int64_t asked_s)
{
    (void)ctx;
    for (size_t i = 0; i < C->n_kept; i++)
        if (jm_bytes_eq(C->kept[i].key, key))
            C->kept[i].c.asked_s = asked_s;
}

/* Nothing is kept. */
static inline bool forgets_get(void *ctx, struct jm_bytes key, int64_t now, uint64_t trust_version,
                               struct jm_cached *out)
{
    (void)ctx, (void)key, (void)now, (void)trust_version, (void)out;
    return false;
}

static inline void forgets_put(void *ctx, struct jm_bytes key, const struct jm_cached *c)
{
    (void)ctx, (void)key, (void)c;
}

static inline void forgets_same(void *ctx, struct jm_bytes key, int64_t asked_s)
{
    (void)ctx, (void)key, (void)asked_s;
}

/* -- certificates and trust set -- */

static struct jm_bytes make_cert(const char *cn, const struct jm_key *own,
                                 const struct jm_key *issuer, struct jm_bytes issuer_der, bool ca,
                                 struct jm_bytes eku)
{
    struct jm_cert up;
    struct jm_cert_spec s =
        {.serial = {(uint8_t)cn[0], 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1,
                    (uint8_t)cn[1]},
         .country = JM_BYTES("KR"),
         .cn = jm_str(cn),
         .not_before = KIT_NOW - 40 * KIT_DAY,
         .not_after = KIT_NOW + 400 * KIT_DAY,
         .ku = ca ? JM_KU_KEY_CERT_SIGN | JM_KU_CRL_SIGN : JM_KU_DIGITAL_SIGNATURE,
         .ca = ca,
         .eku = {eku}};

    KIT_MUST(jm_key_point(&s.key, own));
    if (strcmp(cn, "Issuer") == 0)
        s.uri = JM_BYTES(ISSUER); /* what an SD-JWT may carry as iss */
    if (issuer_der.len != 0) {
        KIT_MUST(jm_cert_parse(&up, issuer_der));
        s.issuer_der = up.subject.der;
        s.authority_key_id = up.ski;
    }
    return kit_cert(&C->k, &s, issuer);
}

static void make_certs(void)
{
    C->sdca_key = kit_key(11);
    C->sd_key = kit_key(12);
    C->status_key = kit_key(13);
    C->reader_key = kit_key(14);
    C->access_key = kit_key(15);
    C->stranger_key = kit_key(16);
    C->sdca = make_cert("SD CA", C->sdca_key, C->sdca_key, jm_none(), true, jm_none());
    C->sd = make_cert("Issuer", C->sd_key, C->sdca_key, C->sdca, false, jm_none());
    C->status =
        make_cert("Lists", C->status_key, C->k.iaca_key, C->k.iaca_der, false, JM_OID_EKU_STATUS);
    C->reader_ca = make_cert("Reader CA", C->reader_key, C->reader_key, jm_none(), true, jm_none());
    C->access =
        make_cert("Bank", C->access_key, C->reader_key, C->reader_ca, false, JM_OID_EKU_MDL_READER);
    C->stranger =
        make_cert("Nobody", C->stranger_key, C->stranger_key, jm_none(), false, JM_OID_EKU_STATUS);
}

struct trust_draft {
    struct jm_trust_entry e[24];
    size_t n;
};

static void add(struct trust_draft *t, struct jm_bytes key, struct jm_bytes body)
{
    t->e[t->n].key = key;
    KIT_MUST(jm_record_write(&t->e[t->n++].record, 1, JM_RECORD_ACTIVE, body, &C->k.mem));
}

static void add_cert(struct trust_draft *t, enum jm_cert_purpose purpose, struct jm_bytes der)
{
    const struct jm_bytes doctype = JM_BYTES(KIT_DOCTYPE);
    struct jm_bytes key, body;

    KIT_MUST(jm_body_cert(&body, purpose, JM_BYTES("kr-x"), der, &doctype, purpose == JM_CERT_IACA,
                          &C->k.mem));
    KIT_MUST(jm_trust_key_hash(&key, "cert/", &jm_crypto_openssl, der, &C->k.mem));
    add(t, key, body);
}

static void add_issuer(struct trust_draft *t)
{
    const struct jm_type_paths served[] = {{JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), NULL, 0},
                                           {JM_FMT_SDJWT, JM_BYTES(VCT), NULL, 0}};
    struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                      .country = JM_BYTES("KR"),
                                      .name = {JM_BYTES("새벽시"), JM_BYTES("Saebyeol")}};
    const struct jm_list_record list = {.id = JM_BYTES("l1"),
                                        .issuer = JM_BYTES("kr-x"),
                                        .prefix = JM_BYTES("https://status.example/l/"),
                                        .bits = 1,
                                        .log2 = 20,
                                        .max_shards = 16,
                                        .ttl = 900,
                                        .exp = 86400};
    struct jm_crl_record crl = {1,
                                {NULL, 0},
                                JM_BYTES("https://status.example/crl"),
                                KIT_NOW - KIT_DAY,
                                KIT_NOW + 30 * KIT_DAY};
    const struct jm_crl_spec spec = {.issuer_der = C->k.iaca.subject.der,
                                     .authority_key_id = C->k.iaca.ski,
                                     .number = 1,
                                     .this_update = crl.this_update,
                                     .next_update = crl.next_update};
    struct jm_bytes key, body, tbs;
    static const struct jm_rule rules[] = {
        {{JM_BYTES_OF("key_level")}, 1, JM_RULE_UINT, JM_RULE_KEY_LEVEL},
        {{JM_BYTES_OF("issuance_level")}, 1, JM_RULE_UINT, JM_RULE_ISSUE_LEVEL},
    };
    const struct jm_schema schema = {JM_FMT_SDJWT, JM_BYTES(VCT), rules, JM_ARRAY_LEN(rules)};
    uint8_t hash[32], ca[32];

    issuer.identifier[0] = JM_BYTES("https://i.example");
    issuer.n_identifiers = 1;
    KIT_MUST(jm_body_issuer(&body, &issuer, served, 2, &C->k.mem));
    add(t, JM_BYTES("issuer/kr-x"), body);
    KIT_MUST(jm_body_schema(&body, &schema, JM_BYTES("https://i.example"), &jm_crypto_openssl,
                            &C->k.mem));
    add(t, JM_BYTES("schema/x/1"), body);
    KIT_MUST(jm_body_schema(&body, &kit_schema, JM_BYTES("https://i.example"), &jm_crypto_openssl,
                            &C->k.mem));
    add(t, JM_BYTES("schema/y/1"), body);
    KIT_MUST(jm_body_list(&body, &list, JM_BYTES("kr-x"), &C->k.mem));
    add(t, JM_BYTES("list/l1"), body);
    KIT_MUST(jm_crl_tbs(&tbs, &spec, &C->k.mem));
    C->crl_der = kit_sign_der(&C->k, tbs, C->k.iaca_key);
    KIT_MUST(jm_sha256(&jm_crypto_openssl, C->crl_der, hash));
    KIT_MUST(jm_sha256(&jm_crypto_openssl, C->k.iaca_der, ca));
    crl.hash = jm_bytes(hash, 32);
    KIT_MUST(jm_body_crl(&body, jm_bytes(ca, 32), &crl, &C->k.mem));
    KIT_MUST(jm_trust_key_hash(&key, "crl/", &jm_crypto_openssl, C->k.iaca_der, &C->k.mem));
    add(t, key, body);
}

static void add_party(struct trust_draft *t)
{
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"),
                                    .name = {JM_BYTES("은행"), JM_BYTES("Bank")},
                                    .sector = 2};
    struct jm_bytes key, body;
    struct jm_cert access;
    uint8_t hash[32];

    KIT_MUST(jm_body_rp(&body, &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &C->k.mem));
    add(t, JM_BYTES("rp/bank"), body);
    KIT_MUST(jm_cert_parse(&access, C->access));
    KIT_MUST(jm_sha256(&jm_crypto_openssl, C->access, hash));
    KIT_MUST(jm_body_rpcert(&body, jm_bytes(hash, 32), JM_BYTES("bank"), access.ski,
                            access.not_after, &C->k.mem));
    KIT_MUST(jm_trust_key_hash(&key, "rpcert/", &jm_crypto_openssl, C->access, &C->k.mem));
    add(t, key, body);
    for (size_t i = 0; i < C->v.app.n_services; i++) {
        const struct jm_rp_service *s = &C->v.app.service[i];
        const struct jm_use_record use = {.rp = rp.id,
                                          .id = s->id,
                                          .purpose = s->purpose,
                                          .privacy_uri = s->privacy_uri,
                                          .legal_basis = JM_BYTES("법"),
                                          .channels = s->channels,
                                          .from = KIT_NOW - KIT_DAY,
                                          .to = KIT_NOW + 100 * KIT_DAY};
        const struct jm_bytes parts[] = {JM_BYTES("use/bank/"), s->id};
        struct jm_type_paths *types;
        size_t n;

        KIT_MUST(jm_rp_types(&types, &n, s, &C->k.mem));
        KIT_MUST(jm_body_use(&body, &use, types, n, &C->k.mem));
        KIT_MUST(jm_concat(&key, &C->k.mem, parts, 2));
        add(t, key, body);
    }
}

static void make_trust(void)
{
    struct trust_draft *t = (struct trust_draft *)(void *)test_malloc(sizeof *t);
    struct jm_bytes octets;

    memset(t, 0, sizeof *t);
    add_issuer(t);
    add_cert(t, JM_CERT_IACA, C->k.iaca_der);
    add_cert(t, JM_CERT_SDJWT_CA, C->sdca);
    add_cert(t, JM_CERT_STATUS_SIGNER, C->status);
    add_cert(t, JM_CERT_READER_CA, C->reader_ca);
    add_party(t);
    struct jm_trust_spec spec = {.issued_at = KIT_NOW - KIT_DAY,
                                 .next_update = KIT_NOW + 7 * KIT_DAY,
                                 .version = 1,
                                 .entry = t->e,
                                 .n = t->n};
    KIT_MUST(jm_trust_write(&octets, &spec, &C->k.mem));
    KIT_MUST(jm_trust_open(&C->v.trust, octets, &C->k.mem));
}

/* -- the verifier -- */

#define CLAIM_MDOC(ns, el, more)                                                                  \
    "{\"format\":\"mso_mdoc\",\"type\":\"" KIT_DOCTYPE "\",\"path\":[\"" ns "\",\"" el "\"]" more \
    "}"
#define CLAIM_SD(name, more) \
    "{\"format\":\"dc+sd-jwt\",\"type\":\"" VCT "\",\"path\":[\"" name "\"]" more "}"
#define SERVICE(id, more, claims)                                                 \
    "{\"id\":\"" id "\",\"purpose\":{\"ko\":\"계좌\"},\"privacy_uri\":\"https://" \
    "b.example\",\"channels\":[\"remote\"]" more ",\"claims\":[" claims "]}"
#define AGE_M CLAIM_MDOC(KIT_NS, "age_over_19", "")
#define NAME_M CLAIM_MDOC(KIT_NS, "family_name", ",\"required\":false")
#define AGE_S CLAIM_SD("age_over_19", "")
#define NAME_S CLAIM_SD("full_name", ",\"required\":false")

#define CROSS ",\"cross_device\":true"
#define NOW CROSS ",\"status_max_age_s\":0"
#define LEVEL(name, n) NOW ",\"levels\":{\"" name "\":" n "}"

/* clang-format off */
static const char services_json[] =
    "{\"id\":\"bank\",\"name\":{\"ko\":\"은행\",\"en\":\"Bank\"},"
    "\"identifier\":\"1\",\"sector\":\"FINANCE\",\"services\":["
    SERVICE("mdoc", NOW, AGE_M "," NAME_M) "," SERVICE("sdjwt", NOW, AGE_S "," NAME_S) ","
    SERVICE("both", NOW, AGE_S "," AGE_M) ","
    SERVICE("patient", CROSS ",\"status_max_age_s\":600", AGE_M) ","
    SERVICE("high", LEVEL("key", "2"), AGE_S "," CLAIM_SD("key_level", "")) ","
    SERVICE("unshown", LEVEL("issuance", "2"), AGE_S) ","
    SERVICE("factors", LEVEL("verification", "2"), AGE_S) ","
    SERVICE("town", NOW,
            "{\"format\":\"dc+sd-jwt\",\"type\":\"" VCT "\",\"path\":[\"home\",\"town\"]}") ","
    SERVICE("home", NOW, CLAIM_SD("home", "")) ","
    SERVICE("shop", ",\"origins\":[\"" SHOP "\",\"" VERIFIER "\"]", CLAIM_SD("age_over_19", "")) ","
    SERVICE("counter", "", AGE_M) "]}";
/* clang-format on */

/* The store as it was after the first @n migrations. */
static void open_at(size_t n)
{
    static struct migrations all;
    struct jm_store_config c = {.path = C->path};

    all_migrations(&c, &all, "verifier");
    c.n_migrations = n < c.n_migrations ? n : c.n_migrations;
    KIT_MUST(jm_store_open(&C->store, &c));
    C->v.base.env.store = C->store;
}

static void open_store(void)
{
    snprintf(C->dir, sizeof C->dir, "/tmp/jmXXXXXX");
    if (mkdtemp(C->dir) == NULL)
        kit_die("mkdtemp", 0);
    snprintf(C->path, sizeof C->path, "%s/v.db", C->dir);
    open_at(MIGRATIONS_MAX);
}

static void country_begin(void)
{
    static struct country one;

    C = &one;
    memset(C, 0, sizeof *C);
    kit_begin(&C->k);
    C->now = KIT_NOW;
    C->list_iat = KIT_NOW - 60;
    make_certs();
    KIT_MUST(jm_rp_read(&C->v.app, jm_str(services_json), &C->k.mem, NULL));
    make_trust();
    open_store();
    C->signer.call = country_sign;
    C->answers.verify = jm_openssl_verify;
    C->v.base.env = (struct jm_env){.now_s = country_now,
                                    .told = country_told,
                                    .random = country_random,
                                    .store = C->store,
                                    .signer = &C->signer,
                                    .crypto = &jm_crypto_openssl,
                                    .answers = &C->answers};
    C->v.ttl_s = JM_PRESENTATION_TTL_S;
    C->v.url = JM_BYTES(VERIFIER);
    C->v.access = C->access;
    C->v.cache = (struct jm_list_cache){kept_get, kept_let_go, kept_put, kept_same, NULL};
    C->v.new_key = country_new_key;
    C->v.agree = country_agree;
    C->v.fetch = country_fetch;
    C->v.clock_behind = country_behind;
    KIT_MUST(jm_verifier_init(&C->v, &C->k.mem, NULL));
    KIT_MUST(jm_verifier_unlock(&C->v, &C->k.mem, NULL));
}

static void country_end(void)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    struct jm_key **const keys[] = {&C->sdca_key,   &C->sd_key,     &C->status_key,
                                    &C->reader_key, &C->access_key, &C->stranger_key};
    char name[80];

    CHECK_EQ(kept_held, 0);
    jm_store_close(&C->store);
    for (size_t i = 0; i < JM_ARRAY_LEN(tails); i++) {
        snprintf(name, sizeof name, "%s%s", C->path, tails[i]);
        (void)unlink(name);
    }
    (void)rmdir(C->dir);
    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++)
        jm_key_free(keys[i]);
    jm_key_free(&C->k.reader_key);
    kit_end(&C->k);
}

/* -- the wallet -- */

/* What a lying wallet does otherwise; zero: the truth. */
struct lie {
    const char *nonce, *client_id, *response_uri, *state, *vct, *name_in_token, *claim, *more;
    size_t flood; /* so many claims more, all shown */
    bool other_thumbprint, other_device, other_issuer, expired, early, no_kb, no_status,
        foreign_list, as_string, twice, empty, no_age, other_kid, no_kid, wrong_key, aes128,
        unrequested, late_kb;
    int64_t key_level;
};

struct asked {
    struct jm_presentation_res res;
    struct jm_vp_request r;
    struct jm_bytes id; /* in the URL */
};

/* A request of the country's verifier, as a wallet reads it. */
JM_UNUSED static enum jm_status read_back(struct jm_vp_request *out, struct jm_bytes token,
                                          struct jm_bytes wallet_nonce, const struct jm_anchors *ca,
                                          struct jm_diag *d)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify};
    const struct jm_vp_expect x = {.client_id = C->v.client_id, .wallet_nonce = wallet_nonce};
    const struct jm_reading r = {C->now, &answers, &jm_crypto_openssl, ca, jm_none(), &C->k.mem, d};

    return jm_vp_request_read(out, token, &x, &r);
}

/* @p back: on the same device. */
JM_UNUSED static struct asked ask_back(const char *service, const struct jm_return *back)
{
    struct jm_anchors ca;
    struct jm_bytes token;
    struct asked a;

    memset(&a, 0, sizeof a);
    if (!CHECK_OK(jm_presentation_request(&C->v, &a.res, jm_str(service), back, &C->k.mem, NULL)))
        return a;
    a.id = jm_slice(a.res.request_uri, sizeof VERIFIER "/request/" - 1, SIZE_MAX);
    CHECK_OK(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, NULL));
    KIT_MUST(jm_trust_anchors(&ca, &C->v.trust, JM_CERT_READER_CA, jm_none(), jm_none(), C->now,
                              &C->k.mem));
    CHECK_OK(read_back(&a.r, token, jm_none(), &ca, NULL));
    return a;
}

JM_UNUSED static struct asked ask(const char *service)
{
    return ask_back(service, NULL);
}

static struct jm_bytes or_text(const char *lie, struct jm_bytes truth)
{
    return lie == NULL ? truth : jm_str(lie);
}

static struct jm_bytes present_mdoc(const struct asked *a, const struct lie *l)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), l->no_age ? JM_BYTES("family_name")
                                                                     : JM_BYTES("age_over_19")},
                                        {JM_BYTES(KIT_NS), JM_BYTES("issuing_country")}};
    struct jm_mdoc_spec spec = kit_spec(&C->k);
    struct jm_key *const device = C->k.device_key, *const dsc = C->k.dsc_key;
    struct jm_bytes copy, response, text;
    uint8_t thumb[32];

    spec.status_uri = l->no_status      ? jm_none()
                      : l->foreign_list ? JM_BYTES("https://elsewhere.example/l/3")
                                        : JM_BYTES(LIST_URI);
    spec.status_idx = LIST_IDX;
    if (l->expired) {
        spec.signed_s = spec.valid_from_s = KIT_NOW - 20 * KIT_DAY;
        spec.valid_until_s = KIT_NOW - KIT_DAY;
    }
    if (l->early)
        spec.valid_from_s = KIT_NOW + KIT_DAY;
    if (l->other_issuer)
        C->k.dsc_key = C->k.other_key;
    copy = kit_issue(&C->k, &spec);
    C->k.dsc_key = dsc;
    KIT_MUST(jm_jwk_thumbprint(thumb, &jm_crypto_openssl, &a->r.enc.point));
    thumb[5] ^= l->other_thumbprint;
    KIT_MUST(jm_transcript_oid4vp(&C->k.transcript, &jm_crypto_openssl,
                                  or_text(l->client_id, a->r.client_id),
                                  or_text(l->nonce, a->r.nonce), jm_bytes(thumb, 32),
                                  or_text(l->response_uri, a->r.response_uri), &C->k.mem));
    if (l->other_device)
        C->k.device_key = C->k.other_key;
    response = kit_present(&C->k, copy, pick, l->unrequested ? 2 : 1);
    C->k.device_key = device;
    KIT_MUST(jm_b64url_encode(&text, &C->k.mem, response));
    return text;
}

static struct jm_bytes present_sdjwt(const struct asked *a, const struct lie *l)
{
    const struct jm_sdjwt_claim some[] =
        {{JM_BYTES("age_over_19"), JM_BYTES("true")},
         {JM_BYTES("full_name"), JM_BYTES("\"홍길동\"")},
         {JM_BYTES("key_level"), l->key_level == 2 ? JM_BYTES("2") : JM_BYTES("1")},
         {JM_BYTES("address"), JM_BYTES("\"서울\"")},
         {JM_BYTES("resident_number"), JM_BYTES("\"902502-2000001\"")},
         {JM_BYTES("home"), JM_BYTES("{\"town\":\"대전\",\"street\":\"둔산로 100\"}")}};
    struct jm_sdjwt_claim *claims =
        (struct jm_sdjwt_claim *)(void *)test_malloc(sizeof some + l->flood * sizeof *some);
    struct jm_bytes *names = (struct jm_bytes *)(void *)test_malloc((2 + l->flood) * sizeof *names);
    names[0] = l->claim != NULL ? jm_str(l->claim) : JM_BYTES("age_over_19");
    names[1] = l->unrequested ? or_text(l->more, JM_BYTES("address")) : JM_BYTES("key_level");
    memcpy(claims, some, sizeof some);
    for (size_t i = 0; i < l->flood; i++) {
        char *name = (char *)test_malloc(32);

        snprintf(name, 32, "more_%zu", i);
        claims[JM_ARRAY_LEN(some) + i] = (struct jm_sdjwt_claim){jm_str(name), JM_BYTES("true")};
        names[2 + i] = jm_str(name);
    }
    struct jm_sdjwt_spec s = {.vct = or_text(l->vct, JM_BYTES(VCT)),
                              .claim = claims,
                              .n = JM_ARRAY_LEN(some) + l->flood,
                              .iat = KIT_NOW - KIT_DAY,
                              .nbf = KIT_NOW - KIT_DAY,
                              .exp = KIT_NOW + 20 * KIT_DAY,
                              .status_idx = LIST_IDX,
                              .x5c = &C->sd,
                              .n_x5c = 1};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_bytes copy, out;
    struct jm_sig sig;

    s.status_uri = l->no_status      ? jm_none()
                   : l->foreign_list ? JM_BYTES("https://elsewhere.example/l/3")
                                     : JM_BYTES(LIST_URI);
    if (l->expired)
        s.exp = KIT_NOW - JM_CLOCK_SKEW_S;
    if (l->early)
        s.nbf = KIT_NOW + KIT_DAY;
    KIT_MUST(jm_key_point(&s.holder, C->k.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&C->k, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &C->k.mem));
    KIT_MUST(jm_key_sign(l->other_issuer ? C->k.other_key : C->sd_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, jm_sig_bytes(&sig), &C->k.mem));
    KIT_MUST(
        jm_sdjwt_present_begin(&p, copy, names,
                               l->flood != 0                         ? 2 + l->flood
                               : l->unrequested || l->key_level != 0 ? 2
                                                                     : 1,
                               &(const struct jm_sdjwt_binding){or_text(l->client_id,
                                                                        a->r.client_id),
                                                                or_text(l->nonce, a->r.nonce),
                                                                C->now - (l->late_kb ? 400 : 0),
                                                                &jm_crypto_openssl},
                               &C->k.mem));
    KIT_MUST(jm_key_sign(l->other_device ? C->k.other_key : C->k.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &C->k.mem));
    return l->no_kb ? p.head : out;
}

/* The payload of the answer: vp_token and state. */
static struct jm_bytes plain_of(const struct asked *a, const char *query, const struct lie *l)
{
    struct jm_bytes text = strcmp(query, "mdoc") == 0 ? present_mdoc(a, l) : present_sdjwt(a, l);
    struct jm_json_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &C->k.mem, 1024 + 3 * text.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_name(&w, "vp_token");
    jm_json_w_open(&w, '{');
    if (!l->empty) {
        jm_json_w_name(&w, l->name_in_token != NULL ? l->name_in_token : query);
        if (!l->as_string)
            jm_json_w_open(&w, '[');
        jm_json_w_text(&w, text);
        if (l->twice)
            jm_json_w_text(&w, text);
        if (!l->as_string)
            jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    jm_json_w_mtext(&w, "state", or_text(l->state, a->r.state));
    jm_json_w_close(&w, '}');
    KIT_MUST(jm_json_w_end(&w));
    return jm_written(b);
}

static struct jm_bytes sealed(const struct asked *a, struct jm_bytes plain, const struct lie *l)
{
    static const uint8_t iv[12] = {1, 2, 3};
    struct jm_jwk to = a->r.enc;
    struct jm_key *ephemeral = NULL;
    struct jm_point epk, other;
    struct jm_bytes jwe;
    uint8_t z[32];

    if (l->other_kid)
        to.kid = JM_BYTES("somebody-else");
    if (l->no_kid)
        to.kid = jm_none();
    KIT_MUST(jm_key_point(&other, C->k.other_key));
    if (l->wrong_key)
        to.point = other;
    KIT_MUST(jm_key_generate(&ephemeral));
    KIT_MUST(jm_key_point(&epk, ephemeral));
    KIT_MUST(jm_key_agree(ephemeral, jm_point_bytes(&to.point), z));
    jm_key_free(&ephemeral);
    KIT_MUST(jm_jwe_seal(&jwe, plain,
                         &(const struct jm_jwe_spec){&to, !l->aes128, &epk, z, iv, NULL},
                         &jm_crypto_openssl, &C->k.mem));
    return jwe;
}

static struct jm_bytes form_of(const char *name, struct jm_bytes value)
{
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &C->k.mem, 64 + 3 * value.len));
    KIT_MUST(jm_form_put(&b, name, value));
    return jm_written(b);
}

JM_UNUSED static struct jm_bytes body_of(const struct asked *a, const char *query,
                                         const struct lie *l)
{
    return form_of("response", sealed(a, plain_of(a, query, l), l));
}

/* Sends to a verifier with so much room; gives the code of a refusal, JM_CODE_NONE when it was
 * taken. */
JM_UNUSED static enum jm_code post_within(size_t size, struct jm_bytes id, struct jm_bytes body,
                                          enum jm_status *st)
{
    void *room = malloc(size);
    struct jm_arena mem;
    struct jm_diag d = {0};
    enum jm_status got;

    jm_arena_init(&mem, room, size);
    got = jm_presentation_answer(&C->v, id, body, NULL, &mem, &d);
    jm_arena_reset(&mem);
    jm_arena_init(&mem, NULL, 0);
    free(room);
    if (st != NULL)
        *st = got;
    return got == JM_OK ? JM_CODE_NONE : d.code;
}

JM_UNUSED static enum jm_code post(struct jm_bytes id, struct jm_bytes body, enum jm_status *st)
{
    return post_within(8 * JM_MIB, id, body, st);
}

JM_UNUSED static struct jm_presentation_result result_of(const struct asked *a, const char *service)
{
    struct jm_presentation_result out;

    CHECK_OK(jm_presentation_result(&C->v, &out, jm_str(service), &a->res.id, jm_none(), &C->k.mem,
                                    NULL));
    return out;
}

JM_UNUSED static bool says(struct jm_bytes report, const char *text)
{
    return jm_bytes_find(report, jm_str(text)) != SIZE_MAX;
}

#endif
