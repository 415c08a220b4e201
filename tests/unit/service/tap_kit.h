/* SPDX-License-Identifier: Apache-2.0 */
/* A phone with a request that it pushed, a person with an IC card, its chip in the field of a
 * reader, and the issuer's rules of a tap. */
#ifndef JM_TEST_TAP_KIT_H
#define JM_TEST_TAP_KIT_H

#include "unit/proto/card_kit.h"
#include "unit/service/office.h"

#include "service/tap/parts.h"

static struct jm_person person;
static struct jm_client phone, second;
static struct jm_dpop dpop, other_dpop;
static struct jm_diag d;
static struct jm_bytes uri, keys, tap, nonce, code;
static struct jm_tap_opened opened;
static struct jm_bytes rapdu[JM_CARD_SCRIPT_MAX];
static size_t n_rapdu;

static const struct jm_actor clerk = {{(const uint8_t *)"operator", 8},
                                      {(const uint8_t *)"local", 5}};

#define VERIFIER "abcdefghijklmnopqrstuvwxyz-._~ABCDEFGHIJKLMNOP0123"

JM_UNUSED static void push_with(const struct jm_dpop *proof)
{
    static uint8_t hash[32];
    struct jm_par_req par = {.response_type = JM_BYTES("code"),
                             .client_id = phone.sub,
                             .redirect_uri = JM_BYTES("https://wallet.example/back"),
                             .method = JM_BYTES("S256"),
                             .scope = JM_BYTES("resident-sdjwt"),
                             .state = JM_BYTES("mine")};

    MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES(VERIFIER), hash));
    MUST(jm_b64url_encode(&par.challenge, &O->mem, jm_bytes(hash, 32)));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    MUST(jm_par_push(&O->is, &uri, &phone, proof, &par, &O->mem, &d));
}

JM_UNUSED static void push(void)
{
    push_with(&dpop);
}

/* A chip for that person, with the key of @p scalar, in the field. */
JM_UNUSED static enum jm_code make_chip(const char *scalar)
{
    struct jm_secret32 key = ck_scalar(scalar);
    struct jm_chip_made made;
    struct jm_point point;
    enum jm_status st;

    MUST(CC->ec_map->public_of(&point, &key));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    st = jm_chip_make(&O->is, &made, &(struct jm_chip_req){.person = person.id, .key = point},
                      &clerk, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    if (st != JM_OK)
        return d.code;
    memcpy(CK.lasting.file, made.file, sizeof made.file);
    CK.lasting.key = key;
    ck_power();
    return JM_CODE_NONE;
}

JM_UNUSED static void begin(void)
{
    static uint8_t thumbs[64];

    kit_begin(&CA);
    office_begin("2027-01-01T09:00:00+09:00");
    ck_begin();
    /* the office's key signs everything: also cards */
    signer_spec = CA.dsc_spec;
    signer_spec.cn = JM_BYTES("Synthetic card signer");
    signer_spec.eku[0] = JM_OID_EKU_CARD_SIGNER;
    signer_spec.eku[1] = jm_none();
    MUST(jm_key_point(&signer_spec.key, O->key));
    ck_certify();
    O->is.card.der[0] = signer_der;
    O->is.card.n = 1;
    O->is.card_ca = CA.anchors;
    person = office_citizen();
    person.plastic.kind = JM_PLASTIC_IC;
    office_add(&person);
    memset(&phone, 0, sizeof phone);
    phone.sub = JM_BYTES("kr-wallet");
    second = phone;
    memset(phone.jkt, 1, 32);
    memset(second.jkt, 2, 32);
    memset(dpop.jkt, 3, 32);
    memset(other_dpop.jkt, 4, 32);
    memset(thumbs, 5, 32);
    memset(thumbs + 32, 6, 32);
    keys = jm_bytes(thumbs, sizeof thumbs);
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CODE_NONE);
    push();
}

JM_UNUSED static void end(void)
{
    jm_card_reader_end(&R);
    office_end();
    kit_end(&CA);
}

JM_UNUSED static struct jm_tap_call by(const struct jm_client *c, const struct jm_dpop *p)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return (struct jm_tap_call){&O->is, c, p, &O->mem, &d};
}

JM_UNUSED static enum jm_code start_by(const struct jm_client *c, const struct jm_dpop *p)
{
    const struct jm_tap_call call = by(c, p);
    struct jm_tap_begun out = {.tap = {NULL, 0}};
    enum jm_status st = jm_tap_begin(&call, &out, uri, keys);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    tap = out.tap;
    nonce = out.nonce;
    return d.code;
}

JM_UNUSED static enum jm_code start(void)
{
    return start_by(&phone, &dpop);
}

JM_UNUSED static enum jm_code open_with(struct jm_bytes dg14, struct jm_bytes sod)
{
    const struct jm_tap_call call = by(&phone, &dpop);
    enum jm_status st = jm_tap_open(&call, &opened, tap, nonce, dg14, sod);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    if (st == JM_OK)
        nonce = opened.nonce;
    return d.code;
}

JM_UNUSED static enum jm_code open_tap(void)
{
    return open_with(CK.lasting.file[JM_EF_DG14], CK.lasting.file[JM_EF_SOD]);
}

/* The script through the reader, whose channel is open. */
JM_UNUSED static enum jm_status run_script(void)
{
    const struct jm_bytes *got;

    JM_TRY(ck_drive(jm_card_reader_script(&R, opened.script.wrap, JM_ARRAY_LEN(opened.script.wrap),
                                          opened.script.opaque, opened.script.n)));
    got = jm_card_reader_rapdus(&R, &n_rapdu);
    for (size_t i = 0; i < n_rapdu; i++)
        rapdu[i] = exact(got[i]);
    return JM_OK;
}

JM_UNUSED static enum jm_code finish_by(const struct jm_client *c, const struct jm_dpop *p)
{
    const struct jm_tap_call call = by(c, p);
    struct jm_tap_done out = {.code = {NULL, 0}};
    enum jm_status st = jm_tap_finish(&call, &out, tap, nonce, rapdu, n_rapdu);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    code = out.code;
    if (st == JM_OK)
        CHECK(jm_bytes_eq_str(out.state, "mine"));
    return d.code;
}

JM_UNUSED static enum jm_code finish(void)
{
    return finish_by(&phone, &dpop);
}

/* As far as the chip's answers. */
JM_UNUSED static void answered(void)
{
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_OK(ck_open(CK_PIN, NULL, NULL, CK_TAP));
    CHECK_EQ(open_with(jm_card_reader_file(&R, JM_EF_DG14), jm_card_reader_file(&R, JM_EF_SOD)),
             JM_CODE_NONE);
    CHECK_OK(run_script());
}

JM_UNUSED static void restart(void)
{
    ck_power();
    push();
}

#endif
