/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of a tap as the server makes them, once the client is known: bounds of their bodies,
 * and when a limit is worth another try. */
#include "unit/service/tap_kit.h"

#include "jumin/oauth.h"
#include "service/web/routes.h"

static struct jm_key *dpop_key;
static struct jm_res s;
static struct jm_diag why;

static void begin_calls(void)
{
    struct jm_point point;

    begin();
    jm_nonces_init(&O->is.nonces);
    MUST(jm_key_generate(&dpop_key));
    MUST(jm_key_point(&point, dpop_key));
    MUST(jm_jwk_thumbprint(dpop.jkt, &jm_crypto_openssl, &point));
    push();
}

static void end_calls(void)
{
    jm_key_free(&dpop_key);
    end();
}

static struct jm_bytes proof(struct jm_bytes htu)
{
    static char jti[16];
    static unsigned n;
    struct jm_dpop_spec spec = {.htm = "POST", .htu = htu, .iat = O->now};
    struct jm_jws_draft draft;
    struct jm_bytes out;
    struct jm_sig sig;

    snprintf(jti, sizeof jti, "jti-%u", ++n);
    spec.jti = jm_str(jti);
    MUST(jm_key_point(&spec.key, dpop_key));
    MUST(jm_nonce_make(&spec.nonce, &O->is.nonces, &O->is.base.env, JM_NONCE_DPOP, &O->mem));
    MUST(jm_dpop_begin(&draft, &spec, &jm_crypto_openssl, &O->mem));
    MUST(jm_key_sign(dpop_key, draft.to_sign, &sig));
    MUST(jm_jws_finish(&out, &draft, jm_sig_bytes(&sig), &O->mem));
    return out;
}

static enum jm_code call(const char *route, struct jm_bytes path, struct jm_bytes body)
{
    const struct jm_bytes parts[] = {O->is.id, path};
    struct jm_bytes url;
    struct jm_field field = {.name = JM_BYTES("DPoP")};
    struct jm_req q = {.method = JM_POST,
                       .path = path,
                       .fields = &field,
                       .n_fields = 1,
                       .body = body,
                       .mem = &O->mem,
                       .now_s = O->now,
                       .svc = &O->is,
                       .who = {.how = JM_AUTH_CLIENT_ATTESTATION, .more = &phone}};
    enum jm_status st = JM_E_BUG;

    MUST(jm_concat(&url, &O->mem, parts, JM_ARRAY_LEN(parts)));
    field.value = proof(url);
    q.arg[0] = tap;
    s = (struct jm_res){.mem = &O->mem};
    for (size_t i = 0; i < jm_tap_n_routes; i++)
        if (strcmp(jm_tap_routes[i].path, route) == 0) {
            q.route = &jm_tap_routes[i];
            st = jm_route_run(&q, &s);
        }
    CHECK_EQ(st == JM_OK, q.diag.code == JM_CODE_NONE);
    why = q.diag;
    return q.diag.code;
}

static struct jm_bytes joined(const struct jm_bytes *parts, size_t n)
{
    struct jm_bytes out;

    MUST(jm_concat(&out, &O->mem, parts, n));
    return out;
}
#define JOIN(...)                                  \
    joined((const struct jm_bytes[]){__VA_ARGS__}, \
           sizeof(const struct jm_bytes[]){__VA_ARGS__} / sizeof(struct jm_bytes))

static enum jm_code call_begin(const char *keys_json)
{
    return call("/tap", JM_BYTES("/tap"),
                JOIN(JM_BYTES("{\"request_uri\":\""), uri, JM_BYTES("\",\"keys\":"),
                     jm_str(keys_json), JM_BYTES("}")));
}

static struct jm_bytes waits(void)
{
    for (size_t i = 0; i < s.n_headers; i++)
        if (jm_bytes_eq_str(s.header[i].name, "Retry-After"))
            return s.header[i].value;
    return jm_none();
}

#define KEY "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

TEST(keys_are_thumbprints_and_no_more_than_a_batch)
{
    static const struct {
        const char *keys;
        bool good;
    } rows[] = {{"[" KEY "]", true},
                {"[" KEY "," KEY "," KEY "," KEY "," KEY "]", true},
                {"[" KEY "," KEY "," KEY "," KEY "," KEY "," KEY "]", false},
                {"[]", false},
                {"{}", false},
                {"[1]", false},
                {"[\"AAAA\"]", false},
                {"[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]", false},
                {"[\"!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]", false}};

    begin_calls();
    CHECK_EQ(O->is.types.profile[0].batch, 5); /* as the metadata say */
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ROW(CHECK_EQ(call_begin(rows[i].keys), rows[i].good ? JM_CODE_NONE : JM_API_FIELD_FORM),
            rows[i].keys);
        if (!rows[i].good)
            ROW(CHECK(jm_bytes_eq_str(why.detail, "keys")), rows[i].keys);
        CHECK(waits().len == 0);
    }
    CHECK_EQ(office_number("SELECT count(*) FROM tap", JM_NO_ARGS), 2);
    end_calls();
}

TEST(D_222_a_limit_says_when)
{
    struct jm_bytes dg14, sod;

    begin_calls();
    for (int i = 0; i < JM_TAP_CARD_DAY_MAX; i++) {
        push();
        CHECK_EQ(start(), JM_CODE_NONE);
        CHECK_EQ(open_tap(), JM_CODE_NONE);
    }
    push();
    CHECK_EQ(start(), JM_CODE_NONE);
    MUST(jm_b64url_encode(&dg14, &O->mem, CK.lasting.file[JM_EF_DG14]));
    MUST(jm_b64url_encode(&sod, &O->mem, CK.lasting.file[JM_EF_SOD]));
    CHECK_EQ(call("/tap/{id}/open", JOIN(JM_BYTES("/tap/"), tap, JM_BYTES("/open")),
                  JOIN(JM_BYTES("{\"nonce\":\""), nonce, JM_BYTES("\",\"dg14\":\""), dg14,
                       JM_BYTES("\",\"sod\":\""), sod, JM_BYTES("\"}"))),
             JM_CARD_RATE);
    CHECK(jm_bytes_eq_str(waits(), "86400"));
    for (int i = JM_TAP_CARD_DAY_MAX + 1; i < JM_TAP_INSTANCE_HOUR_MAX; i++)
        CHECK_EQ(call_begin("[" KEY "]"), JM_CODE_NONE);
    CHECK_EQ(call_begin("[" KEY "]"), JM_CARD_RATE);
    CHECK(jm_bytes_eq_str(waits(), "3600"));
    end_calls();
}
