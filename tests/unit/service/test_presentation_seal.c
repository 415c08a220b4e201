/* SPDX-License-Identifier: Apache-2.0 */
/* What lies sealed in a verifier's rows: by its own key, which the signer opens once. */
#include "service/presentation/parts.h"
#include "unit/service/country.h"

#define ENC "presentation/enc"

static struct jm_id id_of(uint8_t first)
{
    return (struct jm_id){{first}};
}

static enum jm_status no_signer(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    (void)ctx, (void)op, (void)purpose, (void)key, (void)in, (void)out;
    return JM_E_UNAVAILABLE;
}

TEST(a_value_opens_where_it_was_sealed)
{
    const struct jm_bytes plain = JM_BYTES("a scalar, thirty-two octets long");
    const struct jm_id id = id_of(1), other = id_of(2);
    struct jm_bytes sealed, again, out;

    country_begin();
    CHECK_OK(jm_value_seal(&sealed, &C->v, ENC, &id, plain, &C->k.mem));
    CHECK_EQ(sealed.len, plain.len + JM_GCM_IV + JM_GCM_TAG);
    CHECK_OK(jm_value_open(&out, &C->v, ENC, &id, sealed, &C->k.mem));
    CHECK_SAME(out, plain);
    CHECK_OK(jm_value_seal(&again, &C->v, ENC, &id, plain, &C->k.mem));
    CHECK(!jm_bytes_eq(again, sealed)); /* nobody sees that two are the same */

    CHECK_ST(jm_value_open(&out, &C->v, ENC, &other, sealed, &C->k.mem), JM_E_SIGNATURE);
    CHECK_ST(jm_value_open(&out, &C->v, "presentation/claims", &id, sealed, &C->k.mem),
             JM_E_SIGNATURE);
    CHECK(out.ptr == NULL);
    for (size_t len = 0; len < sealed.len; len++)
        CHECK_ST(jm_value_open(&out, &C->v, ENC, &id, exact(jm_slice(sealed, 0, len)), &C->k.mem),
                 JM_E_SIGNATURE);
    for (size_t i = 0; i < sealed.len; i++) {
        struct jm_bytes changed = exact(sealed);

        ((uint8_t *)test_heap[test_heap_n - 1])[i] ^= 1;
        CHECK_ST(jm_value_open(&out, &C->v, ENC, &id, changed, &C->k.mem), JM_E_SIGNATURE);
    }
    C->v.row_key.octets[0] ^= 1;
    CHECK_ST(jm_value_open(&out, &C->v, ENC, &id, sealed, &C->k.mem), JM_E_SIGNATURE);
    country_end();
}

TEST(the_key_is_the_same_after_a_restart)
{
    const struct jm_id id = id_of(1);
    struct jm_bytes sealed, out;

    country_begin();
    CHECK_OK(jm_value_seal(&sealed, &C->v, ENC, &id, JM_BYTES("x"), &C->k.mem));
    memset(&C->v.row_key, 0, sizeof C->v.row_key);
    CHECK_ST(jm_value_open(&out, &C->v, ENC, &id, sealed, &C->k.mem), JM_E_SIGNATURE);
    CHECK_OK(jm_verifier_unlock(&C->v, &C->k.mem));
    CHECK_OK(jm_value_open(&out, &C->v, ENC, &id, sealed, &C->k.mem));
    country_end();
}

static enum jm_status spoil_tx(struct jm_tx *tx, void *arg)
{
    return jm_sql_run(tx, arg, JM_NO_ARGS);
}

TEST(a_key_that_was_changed_opens_nothing)
{
    char spoil[] = "UPDATE row_key SET sealed = zeroblob(60)",
         moved[] = "UPDATE row_key SET id = zeroblob(16)";

    country_begin();
    CHECK_OK(jm_tx_run(&C->v.base.env, spoil_tx, moved)); /* of another row */
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem), JM_E_SIGNATURE);
    CHECK_OK(jm_tx_run(&C->v.base.env, spoil_tx, spoil));
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem), JM_E_SIGNATURE);
    country_end();
}

/* The signer is asked when a verifier starts and when a wallet fetches, and for nothing else. */
TEST(without_a_signer_answers_are_judged_and_requests_are_not_signed)
{
    const struct lie truth = {.aes128 = false};
    struct jm_presentation_res res;
    struct jm_bytes token;

    country_begin();
    struct asked a = ask("sdjwt");
    C->signer.call = no_signer;
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), NULL), JM_CODE_NONE);
    struct jm_presentation_result r = result_of(&a, "sdjwt");
    CHECK_EQ(r.p.state, JM_PRESENTATION_ACCEPTED);
    CHECK(says(r.claims, "\"age_over_19\":true"));

    CHECK_OK(jm_presentation_request(&C->v, &res, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
    struct jm_bytes request = jm_slice(res.request_uri, strlen(VERIFIER "/request/"), SIZE_MAX);
    CHECK_ST(jm_presentation_fetch(&C->v, &token, request, jm_none(), &C->k.mem, NULL),
             JM_E_UNAVAILABLE);
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem), JM_E_UNAVAILABLE);
    C->signer.call = country_sign;
    CHECK_OK(jm_presentation_fetch(&C->v, &token, request, jm_none(), &C->k.mem, NULL));
    country_end();
}
