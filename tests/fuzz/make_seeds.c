/* SPDX-License-Identifier: Apache-2.0 */
/* make_seeds FOLDER: writes the ok-* seeds of the certificate and mdoc targets, from the kit's authority. Run by hand. */
#include <stdio.h>
#include <sys/stat.h>

#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"
#include "unit/cred/mdoc_kit.h"

static void write_file(const char *root, const char *target, const char *name, struct jm_bytes what)
{
    char path[512];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", root, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    if ((out = fopen(path, "wb")) == NULL || fwrite(what.ptr, 1, what.len, out) != what.len || fclose(out) != 0)
        kit_die(path, 0);
}

static struct jm_bytes sd_jwt(struct kit *k)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("age_over_19"), JM_BYTES("true")}, {JM_BYTES("full_name"), JM_BYTES("\"A\"")}};
    const struct jm_bytes names[] = {JM_BYTES("age_over_19")};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("urn:x"), .claim = claims, .n = 2, .iat = KIT_NOW, .nbf = KIT_NOW, .exp = KIT_NOW + KIT_DAY,
                              .status_uri = JM_BYTES("https://status.example/1"), .x5c = &k->dsc_der, .n_x5c = 1};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_bytes out;
    uint8_t sig[JM_SIG_LEN];

    KIT_MUST(jm_key_point(&s.holder, k->device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(k, jm_sdjwt_random_len(&s)), &jm_crypto_openssl, &k->mem));
    KIT_MUST(jm_key_sign(k->dsc_key, d.jws.to_sign, sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, sig, &k->mem));
    KIT_MUST(jm_sdjwt_present_begin(&p, out, names, 1, JM_BYTES("x509_hash:a"), JM_BYTES("n"), KIT_NOW, &jm_crypto_openssl, &k->mem));
    KIT_MUST(jm_key_sign(k->device_key, p.kb.to_sign, sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, sig, &k->mem));
    return out;
}

static void vp_seeds(struct kit *k, const char *root)
{
    static const uint8_t iv[12] = {1}, z[32] = {2};
    struct jm_vp_request_spec s = {.response_uri = JM_BYTES("https://rp.example/response/1"), .nonce = JM_BYTES("n"), .state = JM_BYTES("s"),
                                   .dcql = JM_BYTES("{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]},"
                                                    "\"claims\":[{\"id\":\"c\",\"path\":[\"age_over_19\"]}],\"claim_sets\":[[\"c\"]]}]}"),
                                   .rp = JM_BYTES("bank"), .use = JM_BYTES("account"), .enc_kid = JM_BYTES("k"), .iat = KIT_NOW};
    struct jm_jwk to = {.kid = JM_BYTES("k")};
    struct jm_jws_draft d;
    struct jm_bytes plain = JM_BYTES("{\"vp_token\":{\"sdjwt\":[\"abc\"]},\"state\":\"s\"}"), header, payload, token;
    uint8_t sig[JM_SIG_LEN];

    write_file(root, "vp_response", "ok-token", plain);
    KIT_MUST(jm_key_point(&to.point, k->device_key));
    KIT_MUST(jm_jwe_seal(&token, plain, &to, true, &to.point, z, iv, &jm_crypto_openssl, &k->mem));
    write_file(root, "vp_response", "ok-jwe", token);
    write_file(root, "vp_response", "ok-sdjwt", sd_jwt(k));
    s.enc = to.point;
    KIT_MUST(jm_vp_client_id(&s.client_id, k->dsc_der, &jm_crypto_openssl, &k->mem));
    KIT_MUST(jm_vp_request_payload(&payload, &s, &k->mem));
    KIT_MUST(jm_jws_header(&header, "oauth-authz-req+jwt", NULL, &k->dsc_der, 1, &k->mem));
    KIT_MUST(jm_jws_begin(&d, header, payload, &k->mem));
    KIT_MUST(jm_key_sign(k->dsc_key, d.to_sign, sig));
    KIT_MUST(jm_jws_finish(&token, &d, sig, &k->mem));
    write_file(root, "request_object", "ok-request", token);
}

int main(int argc, char **argv)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}, {JM_BYTES(KIT_NS_KR), JM_BYTES("resident_region")}};
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
    p.device_ns = JM_BYTES("\xd8\x18\x58\x1b\xa1\x6f" KIT_NS "\xa1\x67" "mailbox\x01");
    write_file(argv[1], "mdoc_response", "device-items", kit_build(&k, &p));
    write_file(argv[1], "cert", "ok-iaca", k.iaca_der);
    write_file(argv[1], "cert", "ok-dsc", k.dsc_der);
    crl = (struct jm_crl_spec){k.iaca.subject.der, k.iaca.ski, 1, KIT_NOW, KIT_NOW + KIT_DAY, &serial, 1};
    KIT_MUST(jm_crl_tbs(&tbs, &crl, &k.mem));
    write_file(argv[1], "cert", "ok-crl", kit_sign_der(&k, tbs, k.iaca_key));
    KIT_MUST(jm_csr_tbs(&tbs, JM_BYTES("rp.example"), &k.dsc_spec.key, &k.mem));
    write_file(argv[1], "cert", "ok-csr", kit_sign_der(&k, tbs, k.dsc_key));
    write_file(argv[1], "der", "ok-dsc", k.dsc_der);
    write_file(argv[1], "cbor", "ok-issuer-signed", is);
    vp_seeds(&k, argv[1]);
    kit_end(&k);
    return 0;
}
