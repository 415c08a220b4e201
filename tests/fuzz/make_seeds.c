/* SPDX-License-Identifier: Apache-2.0 */
/* make_seeds FOLDER: writes the ok-* seeds of the targets that need keys, from the kit's authority.
 * Run by hand. */
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz/ledger_seeds.h"
#include "jumin/chip.h"
#include "jumin/oauth.h"
#include "jumin/oid4vci.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"
#include "jumin/statuslist.h"
#include "jumin/trust.h"
#include "jumin/wallet.h"
#include "unit/cred/mdoc_kit.h"

static void write_file(const char *root, const char *target, const char *name, struct jm_bytes what)
{
    char path[512];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", root, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    if ((out = fopen(path, "wb")) == NULL || fwrite(what.ptr, 1, what.len, out) != what.len ||
        fclose(out) != 0)
        kit_die(path, 0);
}

static struct jm_bytes sd_jwt(struct kit *k)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("age_over_19"), JM_BYTES("true")},
                                            {JM_BYTES("full_name"), JM_BYTES("\"A\"")}};
    const struct jm_bytes names[] = {JM_BYTES("age_over_19")};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("urn:x"),
                              .claim = claims,
                              .n = 2,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + KIT_DAY,
                              .status_uri = JM_BYTES("https://status.example/1"),
                              .x5c = &k->dsc_der,
                              .n_x5c = 1};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_bytes out;
    struct jm_sig sig;

    KIT_MUST(jm_key_point(&s.holder, k->device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(k, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &k->mem));
    KIT_MUST(jm_key_sign(k->dsc_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &k->mem));
    KIT_MUST(jm_sdjwt_present_begin(&p, out, names, 1,
                                    &(const struct jm_sdjwt_binding){JM_BYTES("x509_hash:a"),
                                                                     JM_BYTES("n"), KIT_NOW,
                                                                     &jm_crypto_openssl},
                                    &k->mem));
    KIT_MUST(jm_key_sign(k->device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &k->mem));
    return out;
}

/* A leaf of the kit's CA that may sign tokens: the document signer's lists would be refused. */
static struct jm_bytes token_leaf(struct kit *k)
{
    struct jm_cert_spec s = k->dsc_spec;

    s.cn = JM_BYTES("Tokens");
    s.eku[0] = s.eku[1] = jm_none();
    s.eku_critical = false;
    KIT_MUST(jm_key_point(&s.key, k->other_key));
    return kit_cert(k, &s, k->iaca_key);
}

static void vp_seeds(struct kit *k, const char *root)
{
    static const uint8_t iv[12] = {1}, z[32] = {2};
    struct jm_vp_request_spec s =
        {.response_uri = JM_BYTES("https://rp.example/response/1"),
         .nonce = JM_BYTES("n"),
         .state = JM_BYTES("s"),
         .dcql = JM_BYTES(
             "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":["
             "\"urn:x\"]},"
             "\"claims\":[{\"id\":\"c\",\"path\":[\"age_over_19\"]}],\"claim_sets\":[[\"c\"]]}]}"),
         .rp = JM_BYTES("bank"),
         .use = JM_BYTES("account"),
         .enc_kid = JM_BYTES("k"),
         .iat = KIT_NOW};
    struct jm_jwk to = {.kid = JM_BYTES("k")};
    struct jm_bytes leaf = token_leaf(k);
    struct jm_jws_draft d;
    struct jm_bytes plain = JM_BYTES("{\"vp_token\":{\"sdjwt\":[\"abc\"]},\"state\":\"s\"}"),
                    header, payload, token;
    struct jm_sig sig;

    write_file(root, "vp_response", "ok-token", plain);
    KIT_MUST(jm_key_point(&to.point, k->device_key));
    KIT_MUST(jm_jwe_seal(&token, plain,
                         &(const struct jm_jwe_spec){&to, true, &to.point, z, iv, NULL},
                         &jm_crypto_openssl, &k->mem));
    write_file(root, "vp_response", "ok-jwe", token);
    write_file(root, "vp_response", "ok-sdjwt", sd_jwt(k));
    s.enc = to.point;
    KIT_MUST(jm_vp_client_id(&s.client_id, leaf, &jm_crypto_openssl, &k->mem));
    KIT_MUST(jm_vp_request_payload(&payload, &s, &k->mem));
    KIT_MUST(jm_jws_header(&header, "oauth-authz-req+jwt", NULL, &leaf, 1, &k->mem));
    KIT_MUST(jm_jws_begin(&d, header, payload, &k->mem));
    KIT_MUST(jm_key_sign(k->other_key, d.to_sign, &sig));
    KIT_MUST(jm_jws_finish(&token, &d, jm_sig_bytes(&sig), &k->mem));
    write_file(root, "request_object", "ok-request", token);
}

static struct jm_bytes finish(struct kit *k, const struct jm_jws_draft *d, const struct jm_key *key)
{
    struct jm_bytes out;
    struct jm_sig sig;

    KIT_MUST(jm_key_sign(key, d->to_sign, &sig));
    KIT_MUST(jm_jws_finish(&out, d, jm_sig_bytes(&sig), &k->mem));
    return out;
}

static struct jm_bytes signed_by_leaf(struct kit *k, const char *typ, struct jm_bytes payload)
{
    struct jm_bytes leaf = token_leaf(k), header;
    struct jm_jws_draft d;

    KIT_MUST(jm_jws_header(&header, typ, NULL, &leaf, 1, &k->mem));
    KIT_MUST(jm_jws_begin(&d, header, payload, &k->mem));
    return finish(k, &d, k->other_key);
}

static void token_seeds(struct kit *k, const char *root)
{
    static const uint8_t raw[32] = {5};
    struct jm_bytes leaf = token_leaf(k), out;
    struct jm_list_spec list = {.uri = JM_BYTES("https://status.example/1"),
                                .raw = jm_bytes(raw, sizeof raw),
                                .bits = 1,
                                .iat = KIT_NOW,
                                .exp = KIT_NOW + KIT_DAY,
                                .ttl = 900,
                                .x5c = &leaf,
                                .n_x5c = 1};
    struct jm_list_draft d;
    struct jm_buf b;
    struct jm_json_w w;
    struct jm_point p;
    struct jm_sig sig;

    for (int cwt = 0; cwt < 2; cwt++) {
        KIT_MUST(jm_statuslist_begin(&d, cwt != 0, &list, &jm_crypto_openssl, &k->mem));
        KIT_MUST(jm_key_sign(k->other_key, d.to_sign, &sig));
        KIT_MUST(jm_statuslist_finish(&out, &d, jm_sig_bytes(&sig), &k->mem));
        write_file(root, "status_list", cwt != 0 ? "ok-cwt" : "ok-jwt", out);
    }
    write_file(root, "jose", "ok-x5c",
               signed_by_leaf(k, "a+jwt", JM_BYTES("{\"iat\":1798761600}")));
    KIT_MUST(jm_key_point(&p, k->device_key));
    KIT_MUST(jm_alloc_buf(&b, &k->mem, 512));
    jm_json_w_init(&w, &b);
    jm_jwk_write(&w, &p, JM_BYTES("k"), "enc", "ECDH-ES");
    write_file(root, "jose", "ok-jwk", jm_written(b));
    write_file(root, "sdjwt", "ok-presentation", sd_jwt(k));
}

static void offer_seeds(struct kit *k, const char *root)
{
    struct jm_bytes ticket =
        signed_by_leaf(k, "jumin-desk-ticket+jwt",
                       JM_BYTES("{\"iss\":\"https://"
                                "i.example\",\"jti\":\"j\",\"credential_configuration_ids\":[\"a\"]"
                                ",\"exp\":9999999999}"));
    const struct jm_bytes parts[] =
        {JM_BYTES("{\"credential_issuer\":\"https://"
                  "i.example\",\"credential_configuration_ids\":[\"a\"],\"grants\":{"
                  "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-authorized_"
                  "code\":\"c\",\"tx_code\":{}}},"
                  "\"jumin_ticket\":\""),
         ticket, JM_BYTES("\"}")};
    const struct jm_vci_saved s = {.issuer = JM_BYTES("https://i.example"),
                                   .grant_code = JM_BYTES("c"),
                                   .jti = JM_BYTES("j"),
                                   .offer_uri = JM_BYTES("https://i.example/o"),
                                   .token_endpoint = JM_BYTES("https://i.example/t"),
                                   .nonce_endpoint = JM_BYTES("https://i.example/n"),
                                   .credential_endpoint = JM_BYTES("https://i.example/c"),
                                   .provider = JM_BYTES("https://p.example"),
                                   .attestation = JM_BYTES("a.b.c"),
                                   .configuration = {{JM_BYTES("a"), JM_BYTES("urn:x"),
                                                      JM_FMT_SDJWT, 5}},
                                   .n = 1,
                                   .sign = "07"};
    struct jm_bytes out;

    KIT_MUST(jm_concat(&out, &k->mem, parts, 3));
    write_file(root, "offer", "ok-offer", out);
    write_file(root, "offer", "ok-reference",
               JM_BYTES(
                   "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2Fo"));
    write_file(root, "offer", "ok-bridge",
               JM_BYTES("jumin-bridge:i.example/AbCdEfGhIjKlMnOpQrSt-_"));
    write_file(root, "offer", "ok-value",
               JM_BYTES("haip-vci://"
                        "?credential_offer=%7B%22credential_issuer%22%3A%22x%22%2C%22credential_"
                        "configuration_ids%22%3A%5B%22a%22%5D%7D"));
    KIT_MUST(jm_vci_save(&out, &s, &k->mem));
    write_file(root, "offer", "ok-saved", out);
}

static void oauth_seeds(struct kit *k, const char *root)
{
    struct jm_bytes leaf = token_leaf(k), attestation, pop, key_attestation, out;
    struct jm_attestation_spec a = {.sub = JM_BYTES("w"),
                                    .iat = KIT_NOW,
                                    .exp = KIT_NOW + 100,
                                    .x5c = &leaf,
                                    .n_x5c = 1};
    struct jm_key_attestation_spec ka = {.n = 1,
                                         .nonce = JM_BYTES("n"),
                                         .key_storage = JM_BYTES("urn:jumin:key-level:1"),
                                         .iat = KIT_NOW,
                                         .exp = KIT_NOW + 100,
                                         .x5c = &leaf,
                                         .n_x5c = 1};
    const struct jm_pop_spec ps = {JM_BYTES("w"), JM_BYTES("https://i.example"),
                                   JM_BYTES("j"), JM_BYTES("c"),
                                   KIT_NOW,       0};
    struct jm_dpop_spec ds = {.htm = "POST",
                              .htu = JM_BYTES("https://i.example/token"),
                              .jti = JM_BYTES("j"),
                              .iat = KIT_NOW};
    struct jm_point point;
    struct jm_jws_draft d;

    KIT_MUST(jm_key_point(&point, k->device_key));
    ds.key = a.instance = point;
    ka.key = &point;
    KIT_MUST(jm_dpop_begin(&d, &ds, &jm_crypto_openssl, &k->mem));
    write_file(root, "oauth", "ok-dpop", finish(k, &d, k->device_key));
    KIT_MUST(jm_attestation_begin(&d, &a, &k->mem));
    attestation = finish(k, &d, k->other_key);
    KIT_MUST(jm_pop_begin(&d, &ps, &k->mem));
    pop = finish(k, &d, k->device_key);
    const struct jm_bytes pair[] = {attestation, JM_BYTES(","), pop};
    KIT_MUST(jm_concat(&out, &k->mem, pair, 3));
    write_file(root, "oauth", "ok-client", out);
    KIT_MUST(jm_key_attestation_begin(&d, &ka, &k->mem));
    key_attestation = finish(k, &d, k->other_key);
    const struct jm_bytes proofs[] = {JM_BYTES("{\"attestation\":[\""), key_attestation,
                                      JM_BYTES("\"]}")};
    KIT_MUST(jm_concat(&out, &k->mem, proofs, 3));
    write_file(root, "oauth", "ok-attestation", out);
    const struct jm_key_proof_spec kp = {.key = point,
                                         .client_id = JM_BYTES("w"),
                                         .aud = JM_BYTES("https://i.example"),
                                         .nonce = JM_BYTES("n"),
                                         .attestation = key_attestation,
                                         .iat = KIT_NOW};
    KIT_MUST(jm_key_proof_begin(&d, &kp, &k->mem));
    const struct jm_bytes jwt[] = {JM_BYTES("{\"jwt\":[\""), finish(k, &d, k->device_key),
                                   JM_BYTES("\"]}")};
    KIT_MUST(jm_concat(&out, &k->mem, jwt, 3));
    write_file(root, "oauth", "ok-proof", out);
    const struct jm_instance_proof_spec ip = {.instance = point,
                                              .aud = JM_BYTES("https://p.example"),
                                              .challenge = JM_BYTES("c"),
                                              .platform = JM_BYTES("linux"),
                                              .iat = KIT_NOW};
    KIT_MUST(jm_instance_proof_begin(&d, &ip, &k->mem));
    write_file(root, "oauth", "ok-instance", finish(k, &d, k->device_key));
}

static void trust_seeds(struct kit *k, const char *root)
{
    const struct jm_bytes doctype = JM_BYTES(KIT_DOCTYPE),
                          paths[1][JM_TRUST_PATH_MAX] = {{JM_BYTES("ns"), JM_BYTES("el")}};
    const struct jm_type_paths served[] = {{JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), NULL, 0}},
                               asked = {JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), paths, 1};
    const struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                            .country = JM_BYTES("KR"),
                                            .name = {{NULL, 0}, JM_BYTES("Dawn")},
                                            .state_actor = true,
                                            .identifier = {JM_BYTES("https://i.example")},
                                            .n_identifiers = 1};
    const struct jm_list_record list = {.id = JM_BYTES("l1"),
                                        .issuer = JM_BYTES("kr-x"),
                                        .prefix = JM_BYTES("https://s.example/l/"),
                                        .bits = 1,
                                        .log2 = 20,
                                        .max_shards = 4,
                                        .ttl = 900,
                                        .exp = 86400};
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"),
                                    .name = {{NULL, 0}, JM_BYTES("Bank")},
                                    .sector = 2};
    const struct jm_use_record use = {.rp = JM_BYTES("bank"),
                                      .id = JM_BYTES("open"),
                                      .purpose = {{NULL, 0}, JM_BYTES("Account")},
                                      .privacy_uri = JM_BYTES("https://b"),
                                      .retention_days = 3,
                                      .channels = 2,
                                      .from = 10,
                                      .to = 20};
    struct jm_bytes body[5], name, octets;
    struct jm_trust_entry e[5];
    struct jm_trust_spec s = {.synthetic = true,
                              .issued_at = KIT_NOW,
                              .next_update = KIT_NOW + 100,
                              .version = 7,
                              .entry = e,
                              .n = 5};

    KIT_MUST(jm_body_use(&body[0], &use, &asked, 1, &k->mem));
    KIT_MUST(jm_body_rp(&body[1], &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &k->mem));
    KIT_MUST(jm_body_list(&body[2], &list, JM_BYTES("kr-x"), &k->mem));
    KIT_MUST(jm_body_issuer(&body[3], &issuer, served, 1, &k->mem));
    KIT_MUST(
        jm_body_cert(&body[4], JM_CERT_IACA, JM_BYTES("kr-x"), k->iaca_der, &doctype, 1, &k->mem));
    KIT_MUST(jm_trust_key_hash(&name, "cert/", &jm_crypto_openssl, k->iaca_der, &k->mem));
    const struct jm_bytes keys[] = {JM_BYTES("use/bank/open"), JM_BYTES("rp/bank"),
                                    JM_BYTES("list/l1"), JM_BYTES("issuer/kr-x"), name};
    for (size_t i = 0; i < 5; i++) {
        e[i].key = keys[i];
        KIT_MUST(jm_record_write(&e[i].record, 1, JM_RECORD_ACTIVE, body[i], &k->mem));
    }
    KIT_MUST(jm_trust_write(&octets, &s, &k->mem));
    write_file(root, "trust", "ok-set", octets);
}

static void plain_seeds(struct kit *k, const char *root)
{
    struct jm_wallet_copy copy = {.fmt = JM_FMT_SDJWT,
                                  .type = JM_BYTES("urn:x"),
                                  .octets = JM_BYTES("a.b.c~"),
                                  .until = KIT_NOW};
    struct jm_wallet_card card = {.issuer = JM_BYTES("https://i.example"),
                                  .issuer_name = {{NULL, 0}, JM_BYTES("Dawn")},
                                  .saved = JM_BYTES("\xa0"),
                                  .received = KIT_NOW,
                                  .state = JM_WCARD_ACTIVE,
                                  .copy = &copy,
                                  .n = 1};
    struct jm_wallet_event event = {.at = KIT_NOW,
                                    .who = JM_BYTES("bank"),
                                    .use = JM_BYTES("open"),
                                    .claims = JM_BYTES("age_over_19"),
                                    .outcome = JM_BYTES("sent")};
    const struct jm_wallet w = {.card = &card, .n_cards = 1, .event = &event, .n_events = 1};
    static const uint8_t scalar[32];
    struct jm_wallet_key key = {.kept = jm_bytes(scalar, 32)}; /* of all: handles are zero */
    struct jm_bytes out;

    KIT_MUST(jm_wallet_write(&out, &w, &(struct jm_wallet_keys){&key, 1}, &k->mem));
    write_file(root, "forms", "ok-container", out);
    write_file(root, "forms", "ok-json",
               JM_BYTES("{\"s\":\"x\",\"b\":\"AAAA\",\"i\":3,\"t\":true,\"d\":\"2027-01-01\","
                        "\"id\":\"00112233445566778899aabbccddeeff\",\"any\":[1]}"));
    write_file(root, "forms", "ok-form", JM_BYTES("s=x&b=AAAA&d=2027-01-01&other=1"));
    write_file(
        root, "forms", "ok-application",
        JM_BYTES(
            "{\"id\":\"kb\",\"name\":{\"ko\":\"국민은행\",\"en\":\"Kookmin "
            "Bank\"},\"identifier\":\"1\",\"sector\":\"FINANCE\",\"services\":[{\"id\":\"account\","
            "\"purpose\":{\"ko\":\"계좌\"},\"privacy_uri\":\"https://"
            "b.example\",\"channels\":[\"remote\"],\"claims\":[{\"format\":\"dc+sd-jwt\","
            "\"type\":\"urn:x:1\",\"path\":[\"full_name\"]}]}]}"));
    write_file(root, "dcql", "ok-query",
               JM_BYTES(
                   "{\"credentials\":[{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_"
                   "value\":\"a\"},\"claims\":[{\"path\":[\"ns\",\"el\"],"
                   "\"intent_to_retain\":true}]},{\"id\":\"s\",\"format\":\"dc+sd-jwt\",\"meta\":{"
                   "\"vct_values\":[\"urn:x\"]},\"claims\":[{\"id\":\"c\","
                   "\"path\":[\"age_over_19\"],\"values\":[true]}],\"claim_sets\":[[\"c\"]]}],"
                   "\"credential_sets\":[{\"options\":[[\"m\"],[\"s\"]],\"required\":true}]}"));
    write_file(root, "gate", "ok-get",
               JM_BYTES("GET /a/b?c=d HTTP/1.1\nHost:id.example.kr\nAccept: */*\n"));
    write_file(
        root, "gate", "ok-post",
        JM_BYTES(
            "POST https://id.example.kr/t "
            "HTTP/1.1\nHost:id.example.kr\nContent-Length:3\nContent-Type:application/json\n"));
    write_file(root, "conf", "ok-home",
               JM_BYTES("# a home\n[home]\nname = A\nid=kr-x\nkind = authority\n[issuer]\nbase = "
                        "https://id.example.kr\nlisten = [::1]:8443\n"));
    write_file(root, "conf", "ok-listen", JM_BYTES("127.0.0.1:8080"));
}

static enum jm_status sign_seed(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                struct jm_bytes data, struct jm_sig *sig)
{
    const struct kit *k = ctx;

    (void)alg, (void)key;
    return jm_key_sign(k->other_key, data, sig);
}

static void card_seeds(struct kit *k, const char *root)
{
    struct jm_cert_spec cert = k->dsc_spec;
    struct jm_chip_spec spec = {.dg1 = {.serial = JM_BYTES("KRJM00000001"),
                                        .authority = JM_BYTES("1111051500"),
                                        .issued = JM_BYTES("2026-01-02")},
                                .portrait = JM_BYTES("\xff\xd8\xff\xd9"),
                                .name = JM_BYTES("김하나"),
                                .birth_date = JM_BYTES("1990-02-28"),
                                .address = JM_BYTES("서울특별시 어딘가로 1"),
                                .pin = JM_BYTES("482915"),
                                .can = JM_BYTES("123456"),
                                .puk = JM_BYTES("20263141"),
                                .key = {{1}},
                                .signed_at = KIT_NOW - KIT_DAY,
                                .until = KIT_NOW + KIT_DAY,
                                .n_x5chain = 1,
                                .signer = JM_BYTES("signer")};
    const struct jm_answers answers = {.sign = sign_seed, .ctx = k};
    struct jm_card_session session = {.sod_len = 500, .n = 7, .serial_len = 3};
    struct jm_chip_image image;
    struct jm_bytes der, out;

    cert.eku[0] = JM_OID_EKU_CARD_SIGNER;
    cert.eku[1] = jm_none();
    KIT_MUST(jm_key_point(&cert.key, k->other_key));
    der = kit_cert(k, &cert, k->iaca_key);
    spec.x5chain = &der;
    KIT_MUST(jm_card_make(&image, &spec, &jm_crypto_openssl, &answers, &k->mem));
    write_file(root, "card_sod", "ok-sod", image.file[JM_EF_SOD]);
    write_file(root, "card_files", "ok-sod", image.file[JM_EF_SOD]);
    KIT_MUST(jm_chip_write(&out, &image, &k->mem));
    write_file(root, "card_files", "ok-image", out);
    KIT_MUST(jm_card_session_write(&out, &session, &k->mem));
    write_file(root, "card_files", "ok-session", out);
}

int main(int argc, char **argv)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")},
                                        {JM_BYTES(KIT_NS_KR), JM_BYTES("resident_region")}};
    struct jm_crl_spec crl = {0};
    struct jm_mdoc_spec spec;
    struct jm_bytes is, tbs, serial = JM_BYTES("\x11\x22");
    struct kit_parts p;
    struct kit k;

    if (argc != 2)
        return 2;
    kit_begin(&k);
    spec = kit_spec(&k);
    is = kit_issue(&k, &spec);
    write_file(argv[1], "issuer_signed", "ok-copy", is);
    write_file(argv[1], "mdoc_response", "ok-two-elements", kit_present(&k, is, pick, 2));
    p = kit_parts(&k, &spec);
    p.mac = true;
    p.device_protected = JM_BYTES("\xa1\x01\x05");
    write_file(argv[1], "mdoc_response", "mac", kit_build(&k, &p));
    p = kit_parts(&k, &spec);
    p.device_ns = JM_BYTES("\xd8\x18\x58\x1b\xa1\x6f" KIT_NS "\xa1\x67"
                           "mailbox\x01");
    write_file(argv[1], "mdoc_response", "device-items", kit_build(&k, &p));
    write_file(argv[1], "cert", "ok-iaca", k.iaca_der);
    write_file(argv[1], "cert", "ok-dsc", k.dsc_der);
    crl = (struct jm_crl_spec){k.iaca.subject.der, k.iaca.ski, 1, KIT_NOW,
                               KIT_NOW + KIT_DAY,  &serial,    1};
    KIT_MUST(jm_crl_tbs(&tbs, &crl, &k.mem));
    write_file(argv[1], "cert", "ok-crl", kit_sign_der(&k, tbs, k.iaca_key));
    KIT_MUST(jm_csr_tbs(&tbs, JM_BYTES("rp.example"), &k.dsc_spec.key, &k.mem));
    write_file(argv[1], "cert", "ok-csr", kit_sign_der(&k, tbs, k.dsc_key));
    write_file(argv[1], "der", "ok-dsc", k.dsc_der);
    write_file(argv[1], "cbor", "ok-issuer-signed", is);
    vp_seeds(&k, argv[1]);
    token_seeds(&k, argv[1]);
    offer_seeds(&k, argv[1]);
    oauth_seeds(&k, argv[1]);
    trust_seeds(&k, argv[1]);
    plain_seeds(&k, argv[1]);
    ledger_seeds(argv[1], write_file);
    card_seeds(&k, argv[1]);
    kit_end(&k);
    return 0;
}
