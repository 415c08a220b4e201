/* SPDX-License-Identifier: Apache-2.0 */
/* D-420: a passkey is made by one link, once, and signs in; each thing that a browser or somebody
 * in between could have changed is refused with its own code. The authenticator is made here, with
 * real keys; the judge is the library that the issuer has. */
#include "unit/service/office.h"

#include "host/webauthn/webauthn.h"
#include "service/staff/parts.h"
#include "service/staff/passkey.h"
#include "service/web/routes.h"
#include "unit/service/call.h"

#define ID_OF_KEY JM_BYTES("a passkey of kim")
#define ORIGIN "https://issuer.example"
enum { UP = 1, UV = 4, AT = 64, ED = 128 };

static struct jm_key *key, *foreign;
static struct jm_passkey_place place;
static struct jm_diag d;
static char token[44];

/* What is wrong with what is said; all zero: nothing. */
struct spoilt {
    const char *type, *origin, *rp, *more; /* more: members of clientDataJSON */
    const char *client;                    /* instead of all of it */
    bool stale, foreign, cut_client;
    uint8_t without; /* flags that are not set */
    uint8_t with;    /* flags that are set too */
    size_t longer;   /* octets behind the end */
    size_t shorter;
    uint32_t count;
    int alg; /* of the key's COSE map; 0: ES256 */
    bool off_curve, as_map;
};

static void begin(void)
{
    struct jm_staff s = {.name = JM_BYTES("kim"),
                         .centre = JM_BYTES(OFFICE_CENTRE),
                         .role = JM_ROLE_CLERK,
                         .state = JM_STAFF_ENROLLED};

    office_begin("2025-01-15T10:00:00+09:00");
    O->is.base.env.passkeys = &jm_webauthn_fido2;
    MUST(jm_key_generate(&key));
    MUST(jm_key_generate(&foreign));
    MUST(jm_key_point(&s.key, O->key));
    MUST(jm_staff_add(&O->is.base.env, &s, NULL, &O->mem, NULL));
    s.name = JM_BYTES("lee");
    MUST(jm_staff_add(&O->is.base.env, &s, NULL, &O->mem, NULL));
    MUST(jm_passkey_place(&place, O->is.id, &O->mem));
}

static void end(void)
{
    jm_key_free(&key);
    jm_key_free(&foreign);
    office_end();
}

static struct jm_bytes client_data(const struct spoilt *x, const char *type, const char *challenge)
{
    struct jm_bytes all;

    if (x->client != NULL)
        return jm_str(x->client);
    const struct jm_bytes parts[] = {JM_BYTES("{\"type\":\""),
                                     jm_str(x->type != NULL ? x->type : type),
                                     JM_BYTES("\",\"challenge\":\""),
                                     jm_str(x->stale ? "AAAA" : challenge),
                                     JM_BYTES("\",\"origin\":\""),
                                     jm_str(x->origin != NULL ? x->origin : ORIGIN),
                                     JM_BYTES("\""),
                                     jm_str(x->more != NULL ? x->more : ",\"crossOrigin\":false"),
                                     JM_BYTES("}")};
    MUST(jm_concat(&all, &O->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_slice(all, 0, all.len - x->cut_client);
}

static void put_head(struct jm_buf *b, const struct spoilt *x, uint8_t flags)
{
    uint8_t hash[32], more[5];

    MUST(jm_sha256(&jm_crypto_openssl, jm_str(x->rp != NULL ? x->rp : "issuer.example"), hash));
    more[0] = (uint8_t)((flags & ~x->without) | x->with);
    jm_put_u32_be(more + 1, x->count);
    MUST(jm_buf_put(b, jm_bytes(hash, 32)));
    MUST(jm_buf_put(b, jm_bytes(more, 5)));
}

static void put_key(struct jm_buf *b, const struct spoilt *x)
{
    struct jm_point p;
    struct jm_cbor_w w;

    MUST(jm_key_point(&p, key));
    p.octets[40] ^= x->off_curve;
    jm_cbor_w_init(&w, b);
    jm_cbor_w_map(&w, 5);
    jm_cbor_w_int(&w, 1);
    jm_cbor_w_int(&w, 2);
    jm_cbor_w_int(&w, 3);
    jm_cbor_w_int(&w, x->alg != 0 ? x->alg : -7);
    jm_cbor_w_int(&w, -1);
    jm_cbor_w_int(&w, 1);
    jm_cbor_w_int(&w, -2);
    jm_cbor_w_bytes(&w, jm_bytes(p.octets + 1, 32));
    jm_cbor_w_int(&w, -3);
    jm_cbor_w_bytes(&w, jm_bytes(p.octets + 33, 32));
    if (x->as_map) {
        jm_cbor_w_map(&w, 1);
        jm_cbor_w_str(&w, "credProtect");
        jm_cbor_w_int(&w, 2);
    }
    MUST(jm_cbor_w_end(&w));
}

static struct jm_bytes finish(struct jm_buf *b, const struct spoilt *x)
{
    static const uint8_t rest[8] = {0};

    MUST(jm_buf_put(b, jm_bytes(rest, x->longer)));
    b->len -= x->shorter;
    return jm_written(*b);
}

static struct jm_bytes made_data(const struct spoilt *x)
{
    uint8_t head[18] = {0};
    struct jm_buf b;

    MUST(jm_alloc_buf(&b, &O->mem, 512));
    put_head(&b, x, UP | UV | AT);
    head[17] = (uint8_t)(ID_OF_KEY).len;
    MUST(jm_buf_put(&b, jm_bytes(head, sizeof head)));
    MUST(jm_buf_put(&b, ID_OF_KEY));
    put_key(&b, x);
    return finish(&b, x);
}

static struct jm_bytes shown_data(const struct spoilt *x)
{
    struct jm_buf b;

    MUST(jm_alloc_buf(&b, &O->mem, 512));
    put_head(&b, x, UP | UV);
    return finish(&b, x);
}

/* DER, as authenticators sign (WebAuthn 6.5.6). */
static struct jm_bytes der_of(const struct jm_sig *sig)
{
    struct jm_buf b;

    MUST(jm_alloc_buf(&b, &O->mem, 80));
    b.len = 2;
    for (int i = 0; i < 2; i++) {
        const uint8_t *p = sig->octets + 32 * i, *last = p + 31;
        uint8_t head[3] = {2, 0, 0};

        while (p < last && *p == 0)
            p++;
        bool pad = *p > 127;
        head[1] = (uint8_t)(last - p + 1 + pad);
        MUST(jm_buf_put(&b, jm_bytes(head, pad ? 3 : 2)));
        MUST(jm_buf_put(&b, jm_bytes(p, (size_t)(last - p + 1))));
    }
    b.ptr[0] = 0x30;
    b.ptr[1] = (uint8_t)(b.len - 2);
    return jm_written(b);
}

static const char *new_link(const char *name)
{
    int64_t until;

    MUST(jm_passkey_link(&O->is.base.env, jm_str(name), false, token, &until, &O->mem, NULL));
    CHECK_EQ(until, O->now + JM_ENROL_TTL_S);
    return token;
}

static enum jm_code enrol(const char *link, const struct spoilt *x)
{
    struct jm_passkey_begin b;
    struct jm_passkey_made in = {.token = jm_str(link), .authenticator_data = made_data(x)};
    struct jm_bytes name;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    if (jm_passkey_begin(&O->is.base.env, in.token, &b, &O->mem, &d) != JM_OK)
        return d.code;
    in.client_data = client_data(x, "webauthn.create", b.challenge);
    enum jm_status st = jm_passkey_enrol(&O->is.base.env, &place, &in, &name, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    CHECK(st != JM_OK || jm_bytes_eq_str(name, "kim"));
    return d.code;
}

static struct jm_passkey_answer last;

static struct jm_passkey_answer answer_to(const char *challenge, const struct spoilt *x)
{
    struct jm_passkey_answer a = {.id = ID_OF_KEY,
                                  .client_data = client_data(x, "webauthn.get", challenge),
                                  .authenticator_data = shown_data(x)};
    struct jm_bytes signed_octets;
    struct jm_sig sig;
    uint8_t hash[32];

    MUST(jm_sha256(&jm_crypto_openssl, a.client_data, hash));
    const struct jm_bytes parts[] = {a.authenticator_data, jm_bytes(hash, 32)};
    MUST(jm_concat(&signed_octets, &O->mem, parts, 2));
    MUST(jm_key_sign(x->foreign ? foreign : key, signed_octets, &sig));
    a.signature = der_of(&sig);
    return last = a;
}

static char session[44];

static enum jm_code come(const struct jm_passkey_answer *a)
{
    struct jm_staff who;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_passkey_session(&O->is.base.env, &place, a, session, &who, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    CHECK(st != JM_OK || jm_bytes_eq_str(who.name, "kim"));
    return d.code;
}

static enum jm_code sign_in(const struct spoilt *x)
{
    struct jm_passkey_answer a;
    char c[44];

    MUST(jm_passkey_challenge(&O->is.base.env, c));
    a = answer_to(c, x);
    return come(&a);
}

static bool holds(const char *t)
{
    struct jm_staff who;

    return jm_staff_of_session(&O->is.base.env, jm_str(t), &who, &O->mem) == JM_OK;
}

static const struct spoilt right = {.client = NULL};

TEST(a_link_makes_one_passkey)
{
    char kept[44];

    begin();
    memcpy(kept, new_link("kim"), 44);
    CHECK_EQ(enrol(kept, &right), JM_CODE_NONE);
    CHECK_EQ(enrol(kept, &right), JM_STAFF_ENROL_LINK); /* used */
    CHECK_EQ(enrol("nobody's", &right), JM_STAFF_ENROL_LINK);
    CHECK_EQ(enrol(new_link("kim"), &right), JM_STAFF_PASSKEY_TAKEN);
    memcpy(kept, new_link("kim"), 44);
    (void)new_link("kim"); /* the newer one is the one */
    CHECK_EQ(enrol(kept, &right), JM_STAFF_ENROL_LINK);
    struct jm_passkey_begin b;
    (void)new_link("kim");
    O->now += JM_ENROL_TTL_S;
    CHECK_OK(jm_passkey_begin(&O->is.base.env, jm_str(token), &b, &O->mem, NULL));
    O->now++;
    CHECK_ST(jm_passkey_begin(&O->is.base.env, jm_str(token), &b, &O->mem, NULL),
             JM_E_UNAUTHENTICATED);
    CHECK_EQ(enrol(token, &right), JM_STAFF_ENROL_LINK); /* too old */
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_ENROL' AND actor = 'kim'",
                           JM_NO_ARGS),
             1);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_LINK' AND reason = 'kim'",
                           JM_NO_ARGS),
             5);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    int64_t until;
    CHECK_ST(jm_passkey_link(&O->is.base.env, JM_BYTES("park"), false, token, &until, &O->mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_STAFF_USER_UNKNOWN);
    end();
}

/* Two who opened the same link, and both made a passkey: the first has it. */
TEST(a_link_is_the_firsts)
{
    struct jm_passkey_begin b[2];
    struct jm_bytes name;

    begin();
    (void)new_link("kim");
    for (int i = 0; i < 2; i++)
        MUST(jm_passkey_begin(&O->is.base.env, jm_str(token), &b[i], &O->mem, NULL));
    CHECK(memcmp(b[0].handle, b[1].handle, sizeof b[0].handle) == 0);
    for (int i = 0; i < 2; i++) {
        const struct jm_passkey_made in = {jm_str(token),
                                           client_data(&right, "webauthn.create", b[i].challenge),
                                           made_data(&right)};

        d = (struct jm_diag){.code = JM_CODE_NONE};
        CHECK_ST(jm_passkey_enrol(&O->is.base.env, &place, &in, &name, &O->mem, &d),
                 i == 0 ? JM_OK : JM_E_UNAUTHENTICATED);
    }
    CHECK_EQ(d.code, JM_STAFF_ENROL_LINK);
    end();
}

/* One's challenge is not another's: kim's link does not take lee's answer. */
TEST(a_challenge_is_of_its_link)
{
    struct jm_passkey_begin b;
    struct jm_bytes name;
    char lees[44];

    begin();
    memcpy(lees, new_link("lee"), 44);
    MUST(jm_passkey_begin(&O->is.base.env, jm_str(lees), &b, &O->mem, NULL));
    const struct jm_passkey_made in = {jm_str(new_link("kim")),
                                       client_data(&right, "webauthn.create", b.challenge),
                                       made_data(&right)};
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_passkey_enrol(&O->is.base.env, &place, &in, &name, &O->mem, &d),
             JM_E_UNAUTHENTICATED);
    CHECK_EQ(d.code, JM_STAFF_CHALLENGE);
    end();
}

TEST(what_a_new_passkey_must_say)
{
    static const struct {
        const char *why;
        struct spoilt x;
        enum jm_code code;
    } rows[] = {
        {"as a browser says it", {.count = 0}, JM_CODE_NONE},
        {"with an extension", {.as_map = true, .with = ED}, JM_CODE_NONE},
        {"members to come", {.more = ",\"other_keys_can_be_added_here\":\"x\""}, JM_CODE_NONE},
        {"no JSON", {.cut_client = true}, JM_STAFF_PASSKEY_FORM},
        {"no member", {.client = "{\"type\":\"webauthn.create\"}"}, JM_STAFF_PASSKEY_FORM},
        {"a sign-in", {.type = "webauthn.get"}, JM_STAFF_PASSKEY_TYPE},
        {"another challenge", {.stale = true}, JM_STAFF_CHALLENGE},
        {"another site", {.origin = "https://issuer.example.evil"}, JM_STAFF_PASSKEY_ORIGIN},
        {"another port", {.origin = ORIGIN ":8443"}, JM_STAFF_PASSKEY_ORIGIN},
        {"in a frame", {.more = ",\"crossOrigin\":true"}, JM_STAFF_PASSKEY_ORIGIN},
        {"of another place", {.rp = "example"}, JM_STAFF_PASSKEY_PLACE},
        {"nobody there", {.without = UP}, JM_STAFF_PASSKEY_UNVERIFIED},
        {"not verified", {.without = UV}, JM_STAFF_PASSKEY_UNVERIFIED},
        {"no key at all", {.without = AT}, JM_STAFF_PASSKEY_FORM},
        {"an octet behind", {.longer = 1}, JM_STAFF_PASSKEY_TRAILING},
        {"an extension that no flag says", {.as_map = true}, JM_STAFF_PASSKEY_TRAILING},
        {"no extension where a flag says one", {.with = ED}, JM_STAFF_PASSKEY_FORM},
        {"cut short", {.shorter = 1}, JM_STAFF_PASSKEY_FORM},
        {"hardly begun", {.shorter = 100}, JM_STAFF_PASSKEY_FORM},
        {"another algorithm", {.alg = -8}, JM_STAFF_PASSKEY_KEY},
        {"no point of the curve", {.off_curve = true}, JM_STAFF_PASSKEY_KEY},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        int64_t before = office_number("SELECT count(*) FROM staff_passkey", JM_NO_ARGS);

        ROW(CHECK_EQ(enrol(new_link("kim"), &rows[i].x), rows[i].code), rows[i].why);
        ROW(CHECK_EQ(office_number("SELECT count(*) FROM staff_passkey", JM_NO_ARGS) - before,
                     rows[i].code == JM_CODE_NONE),
            rows[i].why);
        office_run("DELETE FROM staff_passkey", JM_NO_ARGS);
        if (rows[i].code != JM_CODE_NONE) /* the link is not used up by what was refused */
            ROW(CHECK_EQ(enrol(token, &right), JM_CODE_NONE), rows[i].why);
        office_run("DELETE FROM staff_passkey", JM_NO_ARGS);
    }
    end();
}

TEST(what_a_passkey_must_say)
{
    static const struct {
        const char *why;
        struct spoilt x;
        enum jm_code code;
    } rows[] = {
        {"as a browser says it", {.count = 1}, JM_CODE_NONE},
        {"no JSON", {.count = 2, .cut_client = true}, JM_STAFF_PASSKEY_FORM},
        {"an enrolment", {.count = 2, .type = "webauthn.create"}, JM_STAFF_PASSKEY_TYPE},
        {"another challenge", {.count = 2, .stale = true}, JM_STAFF_CHALLENGE},
        {"another site", {.count = 2, .origin = "https://evil.example"}, JM_STAFF_PASSKEY_ORIGIN},
        {"in a frame", {.count = 2, .more = ",\"crossOrigin\":true"}, JM_STAFF_PASSKEY_ORIGIN},
        {"of another place", {.count = 2, .rp = "evil.example"}, JM_STAFF_PASSKEY_PLACE},
        {"nobody there", {.count = 2, .without = UP}, JM_STAFF_PASSKEY_UNVERIFIED},
        {"not verified", {.count = 2, .without = UV}, JM_STAFF_PASSKEY_UNVERIFIED},
        {"signed octets behind", {.count = 2, .longer = 1}, JM_STAFF_PASSKEY_TRAILING},
        {"cut short", {.count = 2, .shorter = 1}, JM_STAFF_PASSKEY_FORM},
        {"another's key", {.count = 2, .foreign = true}, JM_STAFF_PASSKEY_SIGNATURE},
        {"counted on", {.count = 2}, JM_CODE_NONE},
        {"the same count", {.count = 2}, JM_STAFF_PASSKEY_COUNTER},
        {"counted back", {.count = 1}, JM_STAFF_PASSKEY_COUNTER},
        {"counts no more", {.count = 0}, JM_STAFF_PASSKEY_COUNTER},
        {"far on", {.count = 0xFFFFFFFF}, JM_CODE_NONE},
    };

    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(sign_in(&rows[i].x), rows[i].code), rows[i].why);
    CHECK_EQ(office_number("SELECT count(*) FROM staff_session", JM_NO_ARGS), 3);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_SIGN_IN' AND actor = "
                           "'kim' AND reason = 'passkey'",
                           JM_NO_ARGS),
             3);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'PASSKEY_COUNTER' AND outcome = "
                           "'flag'",
                           JM_NO_ARGS),
             3);
    end();
}

TEST(a_passkey_that_never_counts)
{
    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    end();
}

/* A recorded answer is nobody's, and a challenge ends. */
TEST(an_answer_serves_once)
{
    const struct spoilt first = {.count = 1}, second = {.count = 2};
    struct jm_passkey_answer a;
    char c[44];

    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&first), JM_CODE_NONE);
    a = last;
    CHECK_EQ(come(&a), JM_STAFF_CHALLENGE);
    MUST(jm_passkey_challenge(&O->is.base.env, c));
    a = answer_to(c, &second);
    O->now += JM_PASSKEY_TTL_S + 1;
    CHECK_EQ(come(&a), JM_STAFF_CHALLENGE);
    MUST(jm_passkey_challenge(&O->is.base.env, c));
    a = answer_to(c, &second);
    O->now += JM_PASSKEY_TTL_S;
    CHECK_EQ(come(&a), JM_CODE_NONE);
    /* changed on its way: spent, too */
    MUST(jm_passkey_challenge(&O->is.base.env, c));
    const struct spoilt third = {.count = 3};
    a = answer_to(c, &third);
    const struct jm_passkey_answer good = a;
    a.signature = jm_slice(a.signature, 0, a.signature.len - 1);
    CHECK_EQ(come(&a), JM_STAFF_PASSKEY_SIGNATURE);
    CHECK_EQ(come(&good), JM_STAFF_CHALLENGE);
    end();
}

TEST(who_is_removed_comes_no_more)
{
    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    CHECK(holds(session));
    (void)new_link("kim");
    MUST(jm_staff_remove(&O->is.base.env, JM_BYTES("kim"), NULL, &O->mem, NULL));
    CHECK(!holds(session));
    CHECK_EQ(sign_in(&right), JM_STAFF_PASSKEY_UNKNOWN);
    CHECK_EQ(enrol(token, &right), JM_STAFF_ENROL_LINK);
    CHECK_EQ(office_number("SELECT count(*) FROM staff_passkey", JM_NO_ARGS), 0);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    int64_t until;
    CHECK_ST(jm_passkey_link(&O->is.base.env, JM_BYTES("kim"), false, token, &until, &O->mem, &d),
             JM_E_ABSENT);
    end();
}

/* A device was lost: what it can do ends when the new link is made, not when it is used. */
TEST(a_link_may_end_the_others)
{
    int64_t until;

    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    (void)new_link("kim");
    CHECK(holds(session)); /* one passkey more takes nothing away */
    MUST(jm_passkey_link(&O->is.base.env, JM_BYTES("lee"), true, token, &until, &O->mem, NULL));
    CHECK(holds(session)); /* nor does another's loss */
    MUST(jm_passkey_link(&O->is.base.env, JM_BYTES("kim"), true, token, &until, &O->mem, NULL));
    CHECK(!holds(session));
    CHECK_EQ(sign_in(&right), JM_STAFF_PASSKEY_UNKNOWN);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'STAFF_PASSKEYS_END' AND reason "
                           "= 'kim'",
                           JM_NO_ARGS),
             1);
    CHECK_EQ(enrol(token, &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    end();
}

/* Whatever rows there are: who is not staff has no passkey. */
TEST(a_passkey_is_of_who_is_staff)
{
    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    office_run("UPDATE staff SET state = 2 WHERE name = 'kim'", JM_NO_ARGS);
    CHECK_EQ(sign_in(&right), JM_STAFF_PASSKEY_UNKNOWN);
    end();
}

TEST(a_session_by_passkey_ends)
{
    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT proven FROM staff_session", JM_NO_ARGS), O->now);
    O->now += JM_SESSION_IDLE_S;
    CHECK(holds(session));
    O->now += JM_SESSION_IDLE_S + 1; /* D-420 */
    CHECK(!holds(session));
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    MUST(jm_staff_sign_out(&O->is.base.env, jm_str(session), JM_BYTES("kim")));
    CHECK(!holds(session));
    end();
}

/* Who proves themselves again, or signs in where a colleague sat, leaves no second session behind;
 * who does not come in ends none. */
TEST(the_session_before_ends)
{
    struct jm_passkey_answer a;
    char first[44], elsewhere[44], c[44];

    begin();
    CHECK_EQ(enrol(new_link("kim"), &right), JM_CODE_NONE);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    memcpy(elsewhere, session, sizeof elsewhere);
    CHECK_EQ(sign_in(&right), JM_CODE_NONE);
    memcpy(first, session, sizeof first);
    MUST(jm_passkey_challenge(&O->is.base.env, c));
    a = answer_to(c, &(const struct spoilt){.foreign = true});
    a.before = jm_str(first);
    CHECK_EQ(come(&a), JM_STAFF_PASSKEY_SIGNATURE);
    CHECK(holds(first));
    MUST(jm_passkey_challenge(&O->is.base.env, c));
    a = answer_to(c, &right);
    a.before = jm_str(first);
    CHECK_EQ(come(&a), JM_CODE_NONE);
    CHECK(holds(session) && !holds(first) && holds(elsewhere));
    end();
}

/* Passkeys are of names: a base on 127.0.0.1 is opened by its name. */
TEST(where_a_passkey_is_ours)
{
    static const struct {
        const char *base, *rp_id, *origin, *opened;
    } rows[] = {
        {"https://issuer.example", "issuer.example", "https://issuer.example",
         "https://issuer.example"},
        {"https://issuer.example:8443/kr", "issuer.example", "https://issuer.example:8443",
         "https://issuer.example:8443/kr"},
        {"http://127.0.0.1:4711", "localhost", "http://localhost:4711", "http://localhost:4711"},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_passkey_place p;

        MUST(jm_passkey_place(&p, jm_str(rows[i].base), &O->mem));
        CHECK_STR(p.rp_id, rows[i].rp_id);
        CHECK_STR(p.origin, rows[i].origin);
        CHECK_STR(p.base, rows[i].opened);
    }
    end();
}
