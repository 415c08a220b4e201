/* SPDX-License-Identifier: Apache-2.0 */
/* A case as it goes on: one event for each change that a clerk would see, none twice, none for
 * whose session has ended. */
#include "unit/service/office.h"

#include "service/staff/parts.h"
#include "service/staff/passkey.h"
#include "service/web/routes.h"

static struct jm_staff kim;
static char token[44], case_text[33];
static struct jm_id case_id;
static struct jm_res told;
static struct jm_stream stream;
static uint8_t kept[JM_STREAM_LAST_MAX];

static enum jm_status session_tx(struct jm_tx *tx, void *arg)
{
    return jm_staff_rows_session(tx, arg, kim.name, 0);
}

static void begin(void)
{
    struct jm_person p = office_citizen();
    struct jm_desk_open_res opened;
    struct jm_eligibility e;
    uint8_t hash[32];

    office_begin("2025-01-15T10:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    kim = (struct jm_staff){.name = JM_BYTES("kim"),
                            .centre = JM_BYTES(OFFICE_CENTRE),
                            .role = JM_ROLE_CLERK,
                            .state = JM_STAFF_ENROLLED};
    MUST(jm_key_point(&kim.key, O->key));
    MUST(jm_staff_add(&O->is.base.env, &kim, NULL, &O->mem, NULL));
    MUST(jm_staff_token(&O->is.base.env, token, hash));
    MUST(jm_tx_run(&O->is.base.env, session_tx, hash));
    office_add(&p);
    const struct jm_desk_open_req in = {.person = p.id,
                                        .route = JM_BYTES("qr"),
                                        .issue_date = p.plastic.issued_on,
                                        .authority = p.plastic.authority};
    MUST(jm_desk_open(DESK(&kim, NULL), &opened, &in, &e));
    case_id = opened.c.id;
    jm_id_format(case_text, &case_id);
}

static const struct jm_route *route(void)
{
    for (size_t i = 0; i < jm_desk_n_routes; i++)
        if (strcmp(jm_desk_routes[i].path, "/desk/cases/{id}/events") == 0)
            return &jm_desk_routes[i];
    return NULL;
}

/* As the server does: what a stream is made of is its own. */
static void keep(void)
{
    stream = told.stream;
    memmove(kept, stream.last.ptr, stream.last.len);
    stream.last.ptr = kept;
}

static enum jm_code first(const struct jm_staff *who, const char *id, const char *last)
{
    struct jm_field field = {JM_BYTES("Last-Event-ID"), jm_str(last)};
    struct jm_req q = {.method = JM_GET,
                       .fields = &field,
                       .n_fields = 1,
                       .mem = &O->mem,
                       .now_s = O->now,
                       .svc = &O->is,
                       .who = {.session = jm_str(token), .more = who},
                       .route = route()};

    q.arg[0] = jm_str(id);
    q.diag.code = JM_CODE_NONE;
    told = (struct jm_res){.mem = &O->mem};
    if (jm_route_run(&q, &told) == JM_OK)
        keep();
    return q.diag.code;
}

static enum jm_status again(void)
{
    struct jm_req q = {.mem = &O->mem, .now_s = O->now, .svc = &O->is, .stream = &stream};

    told = (struct jm_res){.mem = &O->mem, .stream = stream};
    enum jm_status st = stream.again(&q, &told);
    if (st == JM_OK)
        keep();
    return st;
}

static bool tells(const char *word)
{
    return jm_bytes_find(told.body, jm_str(word)) != SIZE_MAX;
}

static enum jm_status bind_tx(struct jm_tx *tx, void *arg)
{
    static const uint8_t jkt[32] = {7};
    struct jm_case c;

    JM_TRY(jm_case_in(tx, &case_id, &c, arg));
    return jm_case_bind_in(tx, &c, jkt, JM_BYTES("42"));
}

static enum jm_status second_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_case_note_second(tx, &case_id);
}

TEST(each_change_is_told_once)
{
    char id[JM_STREAM_LAST_MAX + 1] = "";

    begin();
    CHECK_EQ(first(&kim, case_text, ""), JM_CODE_NONE);
    CHECK(tells("id: ") && tells("\"state\":\"CREATED\"") && tells("\n\n") && !stream.ends);
    CHECK(stream.who.len == 43 && stream.what.len <= JM_STREAM_WHAT_MAX);
    CHECK_OK(again());
    CHECK_EQ(told.body.len, 0);
    O->now++; /* fewer seconds are left: that is no event */
    CHECK_OK(again());
    CHECK_EQ(told.body.len, 0);
    MUST(jm_tx_run(&O->is.base.env, bind_tx, &O->mem));
    CHECK_OK(again());
    CHECK(tells("\"state\":\"SCANNED\"") && tells("\"sign\":\"42\""));
    MUST(jm_tx_run(&O->is.base.env, second_tx, NULL));
    CHECK_OK(again());
    CHECK(tells("\"second_phone\":true"));
    memcpy(id, stream.last.ptr, stream.last.len);
    /* whoever comes back has heard that already */
    CHECK_EQ(first(&kim, case_text, id), JM_CODE_NONE);
    CHECK_EQ(told.body.len, 0);
    CHECK_EQ(first(&kim, case_text, "something else that is longer than any id of ours"),
             JM_CODE_NONE);
    CHECK(tells("\"state\":\"SCANNED\""));
    O->now += JM_CASE_TTL_S;
    CHECK_OK(again());
    CHECK(tells("\"state\":\"EXPIRED\"") && stream.ends);
    CHECK_EQ(first(&kim, case_text, ""), JM_CODE_NONE);
    CHECK(tells("EXPIRED") && stream.ends);
    office_end();
}

TEST(nobody_else_hears_of_it)
{
    struct jm_staff other;
    uint8_t hash[32];

    begin();
    other = kim;
    other.centre = JM_BYTES("1111000000");
    CHECK_EQ(first(&other, case_text, ""), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(first(&kim, "x", ""), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(first(&kim, case_text, ""), JM_CODE_NONE);
    O->now += 100;
    CHECK_OK(again());
    /* to wait is not to work: the session comes to be idle */
    MUST(jm_sha256(&jm_crypto_openssl, jm_str(token), hash));
    CHECK_EQ(office_number("SELECT seen FROM staff_session WHERE hash = $1",
                           JM_ARGS(JM_HASH(hash))),
             O->now - 100);
    O->now += JM_SESSION_IDLE_S - 100;
    CHECK_OK(again());
    O->now++;
    CHECK_ST(again(), JM_E_UNAUTHENTICATED);
    O->now--;
    MUST(jm_staff_sign_out(&O->is.base.env, jm_str(token), kim.name));
    CHECK_ST(again(), JM_E_UNAUTHENTICATED);
    office_end();
}
