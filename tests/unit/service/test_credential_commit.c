/* SPDX-License-Identifier: Apache-2.0 */
/* What happens between signing and committing: a register that changed meanwhile, a refresh after a move, a nonce used twice. */
#include "unit/service/office.h"

#include "service/events/events.h"
#include "service/issuance/rules_credential.c"

static struct jm_diag d;
static struct issue *x;

/* A refresh of that card, its facts read and its copies "signed". */
static void refresh(const struct jm_id *card, const char *nonce)
{
    struct jm_grant *grant = (struct jm_grant *)(void *)test_malloc(sizeof *grant);

    memset(grant, 0, sizeof *grant);
    grant->card = *card;
    grant->has_card = true;
    grant->client = JM_BYTES("wallet");
    struct jm_bytes device = office_text("SELECT hex(jkt) FROM device WHERE state = 1", JM_NO_ARGS), octets;
    MUST(jm_hex_decode(&octets, &O->mem, device));
    memcpy(grant->instance, octets.ptr, 32);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    x = (struct issue *)(void *)test_malloc(sizeof *x);
    *x = (struct issue){.is = &O->is, .grant = grant, .mem = &O->mem, .d = &d, .fmt = JM_FMT_MDOC, .now = O->now};
    x->proofs.nonce = jm_str(nonce);
    x->proofs.n = 1;
    MUST(jm_tx_read(&O->is.base.env, read_facts, x));
    x->version = x->person.version;
    x->index = (struct jm_index *)(void *)test_malloc(sizeof *x->index);
    x->copy = (struct jm_copy_row *)(void *)test_malloc(sizeof *x->copy);
    MUST(jm_status_take(&O->is.pool, &O->is.base.env, x->index, 1));
    *x->copy = (struct jm_copy_row){.fmt = JM_FMT_MDOC, .at = x->index[0], .issued = O->now, .until = O->now + JM_DAY_S};
    MUST(jm_env_id(&O->is.base.env, &x->copy->id));
}

static enum jm_status finish(void)
{
    return jm_tx_run(&O->is.base.env, commit, x);
}

static void move_to(const struct jm_person *p, const char *address)
{
    static const struct jm_actor who = {{(const uint8_t *)"office", 6}, {(const uint8_t *)"local", 5}};
    const struct jm_life_event ev = {.kind = JM_LIFE_MOVE, .source = JM_BYTES("x"), .id = jm_str(address), .person = p->id, .at = O->now,
                                     .region = JM_BYTES("1111010100"), .address = jm_str(address)};
    struct jm_life_result out;

    MUST(jm_life_event_take(&O->is, &out, &ev, &who, &O->mem, NULL));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED);
}

static struct jm_id begin(struct jm_person *p)
{
    office_begin("2025-05-01T12:00:00+09:00");
    *p = office_citizen();
    office_add(p);
    return office_issue(p);
}

TEST(a_register_that_changed_while_signing_is_not_committed)
{
    struct jm_person p;
    struct jm_id card = begin(&p);

    refresh(&card, "n1");
    move_to(&p, "somewhere else");
    CHECK_ST(finish(), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_VCI_DATA_CHANGED);
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 4); /* nothing of it is stored, not even the nonce */
    CHECK_EQ(office_number("SELECT count(*) FROM spent", JM_NO_ARGS), 0);
    CHECK_EQ(office_valid_copies(&card), 4);
    refresh(&card, "n1"); /* again, with what is true now */
    CHECK_OK(finish());
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 5);
    CHECK_EQ(office_valid_copies(&card), 1); /* the old ones died at this refresh: D-152 */
    CHECK(office_text("SELECT refresh_due FROM card", JM_NO_ARGS).len == 0);
    refresh(&card, "n2"); /* the other format: the first one's copy stays */
    CHECK_OK(finish());
    CHECK_EQ(office_valid_copies(&card), 2);
    office_end();
}

TEST(a_nonce_is_spent_once)
{
    struct jm_person p;
    struct jm_id card = begin(&p);

    refresh(&card, "n1");
    CHECK_OK(finish());
    refresh(&card, "n1");
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_NONCE);
    CHECK_EQ(office_valid_copies(&card), 5);
    office_end();
}

TEST(a_card_that_ended_while_signing_gets_no_copy)
{
    static const char *const ends[] = {"UPDATE card SET state = 4", "UPDATE card SET state = 3", "UPDATE card SET expires = 0"};

    for (size_t i = 0; i < JM_ARRAY_LEN(ends); i++) {
        struct jm_person p;
        struct jm_id card = begin(&p);

        refresh(&card, "n1");
        office_run(ends[i], JM_NO_ARGS);
        ROW(CHECK_ST(finish(), JM_E_DENIED) && CHECK_EQ(d.code, JM_VCI_CARD_NOT_ACTIVE), ends[i]);
        CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 4);
        office_end();
    }
    struct jm_person p;
    struct jm_id card = begin(&p);
    refresh(&card, "n1");
    office_run("UPDATE device SET state = 2", JM_NO_ARGS);
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_DEVICE_CLOSED);
    office_end();
}
