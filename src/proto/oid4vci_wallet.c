/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's engine: offer → bind → (match code) → token → batches. Each step replays its book;
 * see jumin/book.h. */
#include "proto/oid4vci_engine.h"

#include <string.h>

enum jm_status jm_vci_init(struct jm_vci *e, const struct jm_vci_config *config, void *room,
                           size_t len)
{
    size_t quarter = len / 4 & ~(size_t)15;

    memset(e, 0, sizeof *e);
    if (len < 2 * JM_MIB)
        return JM_E_NO_SPACE;
    e->config = *config;
    jm_arena_init(&e->keep, room, quarter);
    jm_arena_init(&e->scratch, (uint8_t *)room + quarter, 2 * quarter);
    jm_book_init(&e->book, (uint8_t *)room + 3 * quarter, quarter);
    e->copy = JM_NEW_N(&e->keep, struct jm_vci_copy, (size_t)JM_VCI_ROUNDS_MAX * JM_VCI_BATCH_MAX);
    e->state = JM_VCI_NEW;
    e->after_token = JM_VCI_ISSUING;
    return e->copy == NULL ? JM_E_NO_SPACE : JM_OK;
}

/* -- steps -- */

static enum jm_status step_offer(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_bytes uri = e->s.offer_uri;
    struct jm_vci_offer offer;
    struct jm_vci_wire x;

    memset(&e->s, 0, sizeof e->s);
    e->s.offer_uri = uri;
    JM_TRY(jm_vci_fetch_offer(e, a, false, &x));
    JM_TRY(jm_vci_read_known_offer(e, &offer, x.json));
    if (offer.grant_code.ptr != NULL)
        JM_TRY(jm_vci_read_ticket(e, a, &offer));
    JM_TRY(jm_vci_keep_saved(e));
    e->state = offer.grant_code.ptr != NULL ? JM_VCI_BINDING : JM_VCI_DOOR;
    return JM_OK;
}

static enum jm_status step_bind(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_wallet_record provider;
    struct jm_vci_saved kept = e->s;
    const struct jm_vci_span no_keys = {0, 0};
    struct jm_bytes none;
    struct jm_vci_wire x;
    char jkt[44];
    enum jm_status st;

    if (jm_trust_any_wallet(&provider, e->config.trust) != JM_OK)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, JM_WALLET_PROVIDER,
                             "no wallet provider is registered");
    e->s.provider = provider.base;
    st = jm_vci_fetch_metadata(e, a);
    if (st == JM_OK)
        st = jm_vci_attest(e, a, jm_none(), no_keys, &e->s.attestation, &none);
    if (st == JM_OK)
        st = jm_vci_fetch_offer(e, a, true, &x);
    if (st != JM_OK) {
        e->s = kept; /* views into what is about to be dropped */
        return st;
    }
    JM_TRY(jm_jwk_thumbprint_text(jkt, e->config.crypto, &e->config.instance.point));
    JM_TRY(jm_ticket_sign(e->s.sign, e->s.jti, jm_str(jkt), e->config.crypto));
    JM_TRY(jm_vci_keep_saved(e));
    e->state = JM_VCI_BOUND;
    return JM_OK;
}

static enum jm_status step_delete(struct jm_vci *e, const struct jm_answers *a)
{
    struct jm_vci_wire x;

    JM_TRY(jm_vci_post_with_token(e, a, e->s.deletion_endpoint, JM_BYTES("{}"), &x));
    if (x.r.status != 200)
        return jm_vci_issuer_refused(e, &x, JM_WALLET_DELETE_REFUSED,
                                     "the issuer does not end the card");
    e->state = JM_VCI_DONE;
    return JM_OK;
}

/* Where it is asked, the issuer's metadata say today. */
static enum jm_status step_order(struct jm_vci *e, const struct jm_answers *a)
{
    static const char *const below[] = {[JM_CARD_ACT_ORDER] = "",
                                        [JM_CARD_ACT_PRICE] = "/price",
                                        [JM_CARD_ACT_ORDERS] = "/list",
                                        [JM_CARD_ACT_CANCEL] = "/cancel",
                                        [JM_CARD_ACT_TAKEOVER] = ""};
    struct jm_bytes url;
    struct jm_vci_wire x;

    JM_TRY(jm_vci_fetch_metadata(e, a));
    const struct jm_bytes parts[] = {e->act == JM_CARD_ACT_TAKEOVER ? e->takeover_endpoint
                                                                    : e->orders_endpoint,
                                     jm_str(below[e->act])};
    if (parts[0].len == 0)
        return jm_vci_refuse(e, JM_E_UNSUPPORTED, JM_WALLET_ORDER_REFUSED,
                             "the issuer takes no such request");
    JM_TRY(jm_concat(&url, &e->scratch, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_vci_post_with_token(e, a, url, e->asked, &x));
    if ((x.r.status != 200 && x.r.status != 201) || x.json == NULL)
        return jm_vci_issuer_refused(e, &x, JM_WALLET_ORDER_REFUSED, "the issuer says no");
    JM_TRY(jm_dup(&e->told, &e->keep, x.json->raw));
    e->state = JM_VCI_DONE;
    return JM_OK;
}

/* -- driving -- */

static enum jm_status run_steps(struct jm_vci *e)
{
    for (;;) {
        const struct jm_answers a = jm_book_answers(&e->book);
        enum jm_vci_state before = e->state;
        size_t at = e->at_round;
        enum jm_status st = JM_OK;

        jm_book_rewind(&e->book);
        switch (e->state) {
        case JM_VCI_OFFER: st = step_offer(e, &a); break;
        case JM_VCI_BINDING: st = step_bind(e, &a); break;
        case JM_VCI_TOKEN: st = jm_vci_step_token(e, &a); break;
        case JM_VCI_ISSUING: st = jm_vci_step_batch(e, &a); break;
        case JM_VCI_DELETING: st = step_delete(e, &a); break;
        case JM_VCI_ASKING: st = step_order(e, &a); break;
        case JM_VCI_DOOR: st = jm_vci_step_door(e, &a); break;
        case JM_VCI_CARD:
        case JM_VCI_SCRIPT: st = jm_vci_step_card(e); break;
        case JM_VCI_OPENING: st = jm_vci_step_opening(e, &a); break;
        case JM_VCI_FINISHING: st = jm_vci_step_finishing(e, &a); break;
        case JM_VCI_TAP:
        case JM_VCI_NEW:
        case JM_VCI_BOUND:
        case JM_VCI_DONE:
        case JM_VCI_FAILED: return JM_OK;
        }
        if (st == JM_E_PENDING)
            return JM_OK;
        jm_diag_keep(&e->diag, &e->keep);
        jm_arena_reset(&e->scratch);
        jm_book_clear(&e->book);
        /* A wrong match code ends nothing: the grant code survives at the issuer, the holder may
         * type again. */
        if (st != JM_OK && before == JM_VCI_TOKEN && e->diag.code == JM_WALLET_MATCH_CODE_WRONG) {
            e->state = JM_VCI_BOUND;
            return st;
        }
        /* the card was pulled away, or its PIN was wrong: the tap goes on */
        if (st != JM_OK && (before == JM_VCI_CARD || before == JM_VCI_SCRIPT)) {
            e->state = JM_VCI_TAP;
            return st;
        }
        if (st != JM_OK) {
            e->state = JM_VCI_FAILED;
            return st;
        }
        if (e->state == before && e->at_round == at)
            return JM_E_BUG;
    }
}

void jm_vci_end(struct jm_vci *e)
{
    if (e->keep.base == NULL)
        return;
    jm_vci_forget_pin(e);
    jm_arena_reset(&e->keep);
    jm_arena_reset(&e->scratch);
    jm_book_clear(&e->book);
    memset(e, 0, sizeof *e);
    e->state = JM_VCI_FAILED;
}

/* The chip is asked, by an engine of its own. */
static bool at_card(const struct jm_vci *e)
{
    return e->state == JM_VCI_CARD || e->state == JM_VCI_SCRIPT;
}

static size_t engine_asks(const void *self, const struct jm_ask **asks)
{
    const struct jm_vci *e = self;

    if (at_card(e)) {
        struct jm_engine reader =
            jm_card_reader_engine((struct jm_card_reader *)(uintptr_t)&e->door.reader);

        return reader.asks(reader.self, asks);
    }
    return jm_book_asks(&e->book, asks);
}

/* A step keeps the time at which it began: what it signs must not differ when it is replayed. */
static enum jm_status engine_answer(void *self, uint32_t id, const struct jm_answer *a,
                                    int64_t at_s)
{
    struct jm_vci *e = self;

    if (at_card(e)) {
        struct jm_engine reader = jm_card_reader_engine(&e->door.reader);

        if (reader.answer(reader.self, id, a, at_s) == JM_E_BUG)
            return JM_E_BUG;
        return run_steps(e);
    }
    JM_TRY(jm_book_answer(&e->book, id, a));
    jm_arena_reset(&e->scratch);
    return run_steps(e);
}

struct jm_engine jm_vci_engine(struct jm_vci *e)
{
    return (struct jm_engine){e, engine_asks, engine_answer};
}

/* What each state makes of each event; 0: refused. */
static const uint8_t next_state[JM_VCI_FAILED + 1][JM_EVENT_TIMEOUT + 1] = {
    /*                  -  START         MESSAGE       CANCEL         TIMEOUT */
    [JM_VCI_NEW] = {0, JM_VCI_OFFER, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_OFFER] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_BINDING] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_BOUND] = {0, 0, JM_VCI_TOKEN, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_TOKEN] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_ISSUING] = {0, 0, 0, 0, JM_VCI_FAILED},
    [JM_VCI_DELETING] = {0, 0, 0, 0, JM_VCI_FAILED},
    [JM_VCI_DOOR] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_TAP] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_CARD] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_OPENING] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_SCRIPT] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_FINISHING] = {0, 0, 0, JM_VCI_FAILED, JM_VCI_FAILED},
    [JM_VCI_DONE] = {0, 0, 0, 0, 0},
    [JM_VCI_FAILED] = {0, 0, 0, 0, 0},
};

enum jm_status jm_vci_event(struct jm_vci *e, enum jm_event ev, struct jm_bytes octets,
                            int64_t at_s)
{
    enum jm_vci_state to;

    if ((unsigned)e->state > JM_VCI_FAILED || (unsigned)ev > JM_EVENT_TIMEOUT)
        return JM_E_BUG;
    to = (enum jm_vci_state)next_state[e->state][ev];
    if ((int)to == 0)
        return JM_E_CONFLICT;
    e->at_s = at_s;
    memset(&e->diag, 0, sizeof e->diag);
    e->server_says = jm_none();
    e->refusal = JM_CODE_NONE;
    if (to == JM_VCI_FAILED) {
        jm_book_clear(&e->book);
        e->state = to;
        return JM_OK;
    }
    if (ev == JM_EVENT_START) {
        JM_TRY(jm_dup(&e->url, &e->keep, octets));
        if (jm_vci_read_offer_uri(e) != JM_OK) {
            e->state = JM_VCI_FAILED;
            return JM_E_MALFORMED;
        }
    } else {
        JM_TRY(jm_dup(&e->match_code, &e->keep, octets));
    }
    e->state = to;
    return run_steps(e);
}

static bool take_digits(char out[JM_CARD_PIN_LEN], struct jm_bytes digits)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
    if (digits.len != JM_CARD_PIN_LEN)
        return false;
    memcpy(out, digits.ptr, JM_CARD_PIN_LEN);
    return true;
}

enum jm_status jm_vci_tap(struct jm_vci *e, struct jm_bytes pin, struct jm_bytes can, int64_t at_s)
{
    struct jm_card_reader_config c = {.crypto = e->config.crypto,
                                      .pin = jm_bytes(e->door.pin, JM_CARD_PIN_LEN),
                                      .read = 1u << JM_EF_DG14 | 1u << JM_EF_SOD};

    if (e->state != JM_VCI_TAP)
        return JM_E_CONFLICT;
    if (!take_digits(e->door.pin, pin) || (can.len != 0 && !take_digits(e->door.can, can)))
        return JM_E_RANGE;
    if (can.len != 0)
        c.can = jm_bytes(e->door.can, JM_CARD_PIN_LEN);
    e->at_s = at_s;
    memset(&e->diag, 0, sizeof e->diag);
    jm_card_reader_end(&e->door.reader);
    JM_TRY(jm_card_reader_init(&e->door.reader, &c, e->door.reader_room, JM_VCI_READER_ROOM));
    (void)!jm_card_reader_event(&e->door.reader, JM_EVENT_START); /* its state says what came */
    e->state = JM_VCI_CARD;
    return run_steps(e);
}

int jm_vci_tap_tries(const struct jm_vci *e)
{
    return jm_card_reader_tries(&e->door.reader);
}

enum jm_status jm_vci_load(struct jm_vci *e, const struct jm_vci_saved *saved)
{
    if (e->state != JM_VCI_NEW)
        return JM_E_CONFLICT;
    e->s = *saved;
    JM_TRY(jm_vci_keep_saved(e));
    if (jm_trust_issuer_by_uri(&e->issuer, e->config.trust, e->s.issuer) != JM_OK)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN,
                             "the issuer is not registered");
    e->state = JM_VCI_BOUND;
    return JM_OK;
}

static enum jm_status with_refresh_token(struct jm_vci *e, const struct jm_vci_saved *saved,
                                         enum jm_vci_state then, int64_t at_s)
{
    JM_TRY(jm_vci_load(e, saved));
    if (e->s.refresh_token.len == 0 || (then == JM_VCI_DELETING && e->s.deletion_endpoint.len == 0))
        return JM_E_CONFLICT;
    e->at_s = at_s;
    e->after_token = then;
    e->state = JM_VCI_TOKEN;
    return run_steps(e);
}

enum jm_status jm_vci_refresh(struct jm_vci *e, const struct jm_vci_saved *saved, int64_t at_s)
{
    return with_refresh_token(e, saved, JM_VCI_ISSUING, at_s);
}

enum jm_status jm_vci_renew(struct jm_vci *e, const struct jm_vci_saved *saved, int64_t at_s)
{
    JM_TRY(jm_vci_load(e, saved));
    e->s.refresh_token = jm_none(); /* of the card that ends */
    e->door.renews = true;
    e->at_s = at_s;
    e->state = JM_VCI_DOOR;
    return run_steps(e);
}

enum jm_status jm_vci_delete(struct jm_vci *e, const struct jm_vci_saved *saved, int64_t at_s)
{
    return with_refresh_token(e, saved, JM_VCI_DELETING, at_s);
}

enum jm_status jm_vci_order(struct jm_vci *e, const struct jm_vci_saved *saved,
                            enum jm_card_act act, struct jm_bytes body, int64_t at_s)
{
    if (e->state != JM_VCI_NEW)
        return JM_E_CONFLICT;
    e->act = act;
    JM_TRY(jm_dup(&e->asked, &e->keep, body));
    return with_refresh_token(e, saved, JM_VCI_ASKING, at_s);
}

struct jm_bytes jm_vci_told(const struct jm_vci *e)
{
    return e->told;
}

enum jm_vci_state jm_vci_state(const struct jm_vci *e)
{
    return e->state;
}

const char *jm_vci_sign(const struct jm_vci *e)
{
    return e->s.sign;
}

const struct jm_diag *jm_vci_diag(const struct jm_vci *e)
{
    return &e->diag;
}

struct jm_bytes jm_vci_server_says(const struct jm_vci *e)
{
    return e->server_says;
}

enum jm_code jm_vci_refusal(const struct jm_vci *e)
{
    return e->refusal;
}

const struct jm_vci_saved *jm_vci_saved_of(const struct jm_vci *e)
{
    return &e->s;
}

enum jm_status jm_vci_result(struct jm_vci_result *out, const struct jm_vci *e)
{
    memset(out, 0, sizeof *out);
    if (e->state != JM_VCI_DONE)
        return JM_E_CONFLICT;
    *out = (struct jm_vci_result){e->s.issuer,  e->issuer.name, e->s.refresh_token,
                                  e->loss_code, e->copy,        e->n_copies};
    return JM_OK;
}
