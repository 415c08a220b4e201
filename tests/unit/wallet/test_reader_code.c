/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a reader elsewhere: of an authority that the wallet knows, or of nobody. */
#include "unit/test.h"

#include "jumin/wallet.h"
#include "unit/cred/jose_kit.h"

#define CODE "AbCdEfGhIjKlMnOpQrSt-_"

static struct jm_trust t;
static struct jm_diag why;

static void begin(bool synthetic)
{
    const struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                            .country = JM_BYTES("KR"),
                                            .name = {{NULL, 0}, JM_BYTES("Issuer")},
                                            .identifier = {JM_BYTES("https://id.example:8443/kr"),
                                                           JM_BYTES("http://localhost:81")},
                                            .n_identifiers = 2};
    const struct jm_type_paths served = {JM_FMT_SDJWT, JM_BYTES("urn:x"), NULL, 0};
    struct jm_trust_entry e[1] = {{JM_BYTES("issuer/kr-x"), {NULL, 0}}};
    struct jm_trust_spec s = {.issued_at = KIT_NOW,
                              .next_update = KIT_NOW + 100,
                              .version = 1,
                              .synthetic = synthetic,
                              .entry = e,
                              .n = 1};
    struct jm_bytes body, octets;

    kit_begin(&K);
    KIT_MUST(jm_body_issuer(&body, &issuer, &served, 1, &K.mem));
    KIT_MUST(jm_record_write(&e[0].record, 1, JM_RECORD_ACTIVE, body, &K.mem));
    KIT_MUST(jm_trust_write(&octets, &s, &K.mem));
    KIT_MUST(jm_trust_open(&t, octets, &K.mem));
}

static enum jm_status read_code(struct jm_wallet_bridge *out, const char *text)
{
    why = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_wallet_bridge(out, jm_str(text), &t, &K.mem, &why);
}

TEST(a_code_names_an_authority_that_the_wallet_knows)
{
    struct jm_wallet_bridge b;

    begin(true);
    CHECK_OK(read_code(&b, " jumin-bridge:id.example:8443/kr/" CODE "\n"));
    CHECK(jm_bytes_eq_str(b.issuer, "https://id.example:8443/kr"));
    CHECK(jm_bytes_eq_str(b.code, CODE));
    CHECK(jm_bytes_eq_str(b.offer, "openid-credential-offer://?credential_offer_uri="
                                   "https%3A%2F%2Fid.example%3A8443%2Fkr%2Foffer"));
    CHECK_OK(read_code(&b, "jumin-bridge:localhost:81/" CODE));
    CHECK(jm_bytes_eq_str(b.issuer, "http://localhost:81"));
    kit_end(&K);
    /* bare http in a practice country alone */
    begin(false);
    CHECK_ST(read_code(&b, "jumin-bridge:localhost:81/" CODE), JM_E_DENIED);
    CHECK_OK(read_code(&b, "jumin-bridge:id.example:8443/kr/" CODE));
    kit_end(&K);
}

TEST(what_is_no_code_of_an_authority_leads_nowhere)
{
    static const struct {
        const char *text;
        enum jm_status st;
    } rows[] = {
        {"", JM_E_MALFORMED},
        {"jumin-bridge:", JM_E_MALFORMED},
        {"openid-credential-offer://?credential_offer_uri=x", JM_E_MALFORMED},
        {"jumin-bridge:/" CODE, JM_E_MALFORMED},
        {"jumin-bridge:id.example:8443/kr/" CODE "A", JM_E_MALFORMED},
        {"jumin-bridge:id.example:8443/kr/bCdEfGhIjKlMnOpQrSt-_", JM_E_MALFORMED},
        {"jumin-bridge:id.example:8443/kr/AbCdEfGhIjKlMnOpQrSt+_", JM_E_MALFORMED},
        {"jumin-bridge:id.example:8443/" CODE, JM_E_DENIED},
        {"jumin-bridge:id.example/kr/" CODE, JM_E_DENIED},
        {"jumin-bridge:evil.example/" CODE, JM_E_DENIED},
        {"jumin-bridge:evil.example/id.example:8443/kr/" CODE, JM_E_DENIED},
        {"jumin-bridge:id.example:8443/kr@evil.example/" CODE, JM_E_DENIED},
    };
    struct jm_wallet_bridge b;

    begin(true);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ROW(CHECK_ST(read_code(&b, rows[i].text), rows[i].st), rows[i].text);
        CHECK_EQ(why.code, rows[i].st == JM_E_DENIED ? JM_CARD_BRIDGE_ISSUER : JM_CODE_NONE);
        CHECK(b.issuer.len == 0 && b.code.len == 0 && b.offer.len == 0);
    }
    kit_end(&K);
}
