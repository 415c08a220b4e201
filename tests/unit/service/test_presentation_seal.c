/* SPDX-License-Identifier: Apache-2.0 */
/* What lies sealed in a verifier's rows: by its own key, which the signer opens once. */
#include "jumin/cbor.h"
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
    CHECK_OK(jm_verifier_unlock(&C->v, &C->k.mem, NULL));
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
    struct jm_diag d = {0};

    CHECK_OK(jm_tx_run(&C->v.base.env, spoil_tx, moved)); /* of another row */
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem, &d), JM_E_SIGNATURE);
    CHECK_EQ(d.code, JM_SIGNER_KEY_FILE);
    CHECK_OK(jm_tx_run(&C->v.base.env, spoil_tx, spoil));
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem, NULL), JM_E_SIGNATURE);
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
    const struct asked b = {.res = res};
    CHECK_EQ(result_of(&b, "sdjwt").p.state, JM_PRESENTATION_REQUESTED); /* nobody has it */
    CHECK_ST(jm_verifier_unlock(&C->v, &C->k.mem, NULL), JM_E_UNAVAILABLE);
    C->signer.call = country_sign;
    CHECK_OK(jm_presentation_fetch(&C->v, &token, request, jm_none(), &C->k.mem, NULL));
    country_end();
}

/* A certificate was replaced while a request was open: its name is another's, and it is over. */
TEST(a_request_under_another_certificate_is_over)
{
    struct jm_bytes token;
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask("sdjwt");
    CHECK_OK(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, NULL));
    C->v.client_id = JM_BYTES("x509_hash:another");
    CHECK_ST(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_VER_EXPIRED);
    country_end();
}

/* As many checks as an answer can have are told again, and no more are taken for a report. */
TEST(a_long_report_is_told_whole)
{
    struct jm_buf b = jm_buf(test_malloc(65536), 65536);
    struct jm_bytes told;
    struct jm_report r;
    struct jm_cbor_w w;

    country_begin();
    for (size_t over = 0; over < 2; over++) {
        size_t n = JM_PRESENTED_CHECKS_MAX + over;

        b.len = 0;
        jm_cbor_w_init(&w, &b);
        jm_cbor_w_array(&w, 2);
        jm_cbor_w_uint(&w, JM_ACCEPTED);
        jm_cbor_w_array(&w, n);
        for (size_t i = 0; i < n; i++) {
            jm_cbor_w_array(&w, 5);
            jm_cbor_w_uint(&w, JM_VP_TOKEN_FORM);
            jm_cbor_w_uint(&w, JM_PASS);
            jm_cbor_w_uint(&w, 0);
            jm_cbor_w_str(&w, "");
            jm_cbor_w_str(&w, "");
        }
        KIT_MUST(jm_cbor_w_end(&w));
        size_t mark = jm_arena_mark(&C->k.mem);
        CHECK_ST(jm_report_read(&r, jm_written(b), &C->k.mem), over ? JM_E_NO_SPACE : JM_OK);
        CHECK(over || r.n == n);
        jm_arena_back(&C->k.mem, mark);
    }
    b.len = 0; /* a number that is no code's, a result that is none, an end that is missing */
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_raw(&w, JM_BYTES("\x82\x01\x81\x85\x19\xff\xff\x01\x00\x60\x60"));
    CHECK_OK(jm_report_json(&told, jm_written(b), (struct jm_sentences){0}, &C->k.mem));
    CHECK(says(told, "\"verdict\":\"accepted\"") && says(told, "\"checks\":[]"));
    b.len = 0;
    jm_cbor_w_raw(&w, JM_BYTES("\x82\x01\x81\x85\x01\x09\x00\x60\x60"));
    CHECK_ST(jm_report_json(&told, jm_written(b), (struct jm_sentences){0}, &C->k.mem), JM_E_TYPE);
    CHECK(jm_report_json(&told, jm_slice(jm_written(b), 0, 5), (struct jm_sentences){0},
                         &C->k.mem) != JM_OK);
    country_end();
}

/* -- a store of before -- */

#define OLD(id, state, code)                                                                    \
    "INSERT INTO presentation (id, request, service, client, dcql, nonce, enc_sealed, token, "  \
    "state, tries, created, expires, report, claims, claims_until, response_code) VALUES ("     \
    "randomblob(16), '" id "', 'sdjwt', 'c', '{}', 'n', x'00', 't', " state ", 0, 1700000000, " \
    "9999999999, '{}', x'00', 9999999999, " code ")"

static enum jm_status old_rows_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    JM_TRY(jm_sql_run(tx, OLD("asked", "1", "NULL"), JM_NO_ARGS));
    JM_TRY(jm_sql_run(tx, OLD("fetched", "2", "NULL"), JM_NO_ARGS));
    JM_TRY(jm_sql_run(tx, OLD("accepted", "4", "NULL"), JM_NO_ARGS));
    return jm_sql_run(tx, OLD("waits for its code", "4", "x'01'"), JM_NO_ARGS);
}

/* What the signer sealed before cannot be opened: it goes, and nothing that waited is accepted. */
TEST(an_update_ends_what_is_open)
{
    static const struct {
        const char *request;
        enum jm_presentation_state state;
    } rows[] = {{"asked", JM_PRESENTATION_EXPIRED},
                {"fetched", JM_PRESENTATION_EXPIRED},
                {"accepted", JM_PRESENTATION_ACCEPTED},
                {"waits for its code", JM_PRESENTATION_REJECTED}};

    country_begin();
    jm_store_close(&C->store);
    (void)unlink(C->path);
    open_at(4);
    CHECK_OK(jm_tx_run(&C->v.base.env, old_rows_tx, NULL));
    jm_store_close(&C->store);
    open_at(MIGRATIONS_MAX);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_presentation p;
        enum jm_status st;

        JM_READ(st, tx, &C->v.base.env,
                jm_presentation_rows_by_request(tx, jm_str(rows[i].request), &p, &C->k.mem));
        ROW(CHECK_OK(st), rows[i].request);
        ROW(CHECK_EQ(p.state, rows[i].state), rows[i].request);
        ROW(CHECK(p.nonce.ptr == NULL && p.enc_sealed.ptr == NULL && p.claims.ptr == NULL &&
                  p.report.ptr == NULL && p.response_code.ptr == NULL),
            rows[i].request);
    }
    CHECK_OK(jm_verifier_unlock(&C->v, &C->k.mem, NULL));
    country_end();
}
