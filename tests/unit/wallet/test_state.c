/* SPDX-License-Identifier: Apache-2.0 */
/* What a wallet keeps: written and read again, each member and bound of it, and the container
 * around it. */
#include "unit/test.h"

#include <stddef.h>

#include "jumin/cbor.h"
#include "jumin/wallet.h"
#include "unit/cred/mdoc_kit.h"

static struct kit K;
static struct jm_wallet_copy copies[JM_WALLET_COPIES_MAX + 1];
static struct jm_wallet_card cards[JM_WALLET_CARDS_MAX + 1];
static struct jm_wallet_event events[JM_WALLET_HISTORY_MAX + 1];

static struct jm_wallet small(void)
{
    struct jm_wallet w = {.card = cards,
                          .n_cards = 1,
                          .event = events,
                          .n_events = 1,
                          .pending = JM_BYTES("later")};

    kit_begin(&K);
    w.instance = jm_wallet_handle(1);
    w.dpop = jm_wallet_handle(2);
    for (size_t i = 0; i < JM_ARRAY_LEN(copies); i++) {
        copies[i] = (struct jm_wallet_copy){.fmt = JM_FMT_MDOC,
                                            .type = JM_BYTES("t"),
                                            .octets = JM_BYTES("o"),
                                            .used = i % 2 != 0,
                                            .until = 5};
        copies[i].key = jm_wallet_handle(3);
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(cards); i++)
        cards[i] = (struct jm_wallet_card){.issuer = JM_BYTES("https://i.example"),
                                           .state = JM_WCARD_ACTIVE,
                                           .copy = copies,
                                           .n = 2};
    for (size_t i = 0; i < JM_ARRAY_LEN(events); i++)
        events[i] = (struct jm_wallet_event){.at = (int64_t)i, .who = JM_BYTES("rp"), .badge = 3};
    return w;
}

/* What a platform keeps of its keys: here 32 octets each. */
static const uint8_t kept[3][32] = {{0xAA}, {0xBB}, {0xCC}};

static enum jm_status write_to(struct jm_bytes *out, const struct jm_wallet *w)
{
    struct jm_wallet_key key[3];

    for (size_t i = 0; i < 3; i++)
        key[i] = (struct jm_wallet_key){jm_wallet_handle(i + 1), jm_bytes(kept[i], 32)};
    return jm_wallet_write(out, w, &(struct jm_wallet_keys){key, 3}, &K.mem);
}

static struct jm_bytes written(const struct jm_wallet *w)
{
    struct jm_bytes out;

    KIT_MUST(write_to(&out, w));
    return out;
}

static enum jm_status read_back(struct jm_bytes octets)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_wallet_keys keys;
    struct jm_wallet w;
    enum jm_status st = jm_wallet_read(&w, &keys, exact(octets), &K.mem);

    jm_arena_back(&K.mem, mark);
    return st;
}

TEST(what_was_written_is_read)
{
    struct jm_wallet w = small(), x;
    struct jm_wallet_keys keys;

    cards[0].locked = w.no_history = true;
    cards[0].contact = 7;
    w.counter = 9;
    cards[0].changed = JM_BYTES("resident_address");
    events[0].rp = JM_BYTES("bank");
    events[0].seal = JM_BYTES("12345678");
    struct jm_bytes octets = written(&w);
    CHECK_OK(jm_wallet_read(&x, &keys, octets, &K.mem));
    CHECK(x.n_cards == 1 && x.n_events == 1 && x.card[0].n == 2 && x.card[0].copy[1].used &&
          !x.card[0].copy[0].used);
    /* each key under a handle of its own, with what was kept of it */
    CHECK_EQ(keys.n, 4);
    const struct jm_handle *named[] = {&x.instance, &x.dpop, &x.card[0].copy[0].key,
                                       &x.card[0].copy[1].key};
    for (size_t i = 0; i < 4; i++) {
        CHECK_SAME(jm_handle_bytes(named[i]), jm_handle_bytes(&keys.key[i].handle));
        CHECK_SAME(keys.key[i].kept, jm_bytes(kept[i < 3 ? i : 2], 32));
        for (size_t k = 0; k < i; k++)
            CHECK(memcmp(named[i], named[k], sizeof *named[i]) != 0);
    }
    struct jm_bytes again;
    CHECK_OK(jm_wallet_write(&again, &x, &keys, &K.mem));
    CHECK_SAME(again, octets);
    CHECK_STR(x.pending, "later");
    CHECK_EQ(x.event[0].badge, 3);
    CHECK(x.card[0].locked && x.card[0].contact == 7 && x.no_history && x.counter == 9);
    CHECK_STR(x.card[0].changed, "resident_address");
    CHECK_STR(x.event[0].rp, "bank");
    CHECK_STR(x.event[0].seal, "12345678");
    for (size_t len = 0; len < octets.len; len++)
        CHECK(read_back(jm_slice(octets, 0, len)) != JM_OK);
    kit_end(&K);
}

#define S(lit) JM_BYTES(lit)

/* A container of before: what it does not have is nothing. */
TEST(an_earlier_container_is_read)
{
    struct jm_wallet w = small(), x;
    struct jm_wallet_keys keys;
    struct jm_bytes octets = kit_splice(&K, written(&w), S("\x88\x6e"), S("\x86\x6e"));

    octets = kit_splice(&K, octets, S("\x8c\x71https"), S("\x89\x71https"));
    octets = kit_splice(&K, octets, S("\xf4\x00\x60\x81"), S("\x81"));
    octets = kit_splice(&K, octets, S("\x88\x00\x62rp"), S("\x86\x00\x62rp"));
    octets = kit_splice(&K, octets, S("\x03\x60\x40\x45later\xf4\x00"), S("\x03\x45later"));
    CHECK_OK(jm_wallet_read(&x, &keys, octets, &K.mem));
    CHECK(x.n_cards == 1 && x.n_events == 1 && x.card[0].n == 2 && !x.card[0].locked &&
          !x.no_history && x.counter == 0 && x.card[0].contact == 0 && x.card[0].changed.len == 0);
    CHECK(x.event[0].rp.len == 0 && x.event[0].seal.len == 0);
    CHECK_STR(x.pending, "later");
    kit_end(&K);
}

TEST(each_member_has_its_form)
{
    struct jm_wallet w = small();
    struct jm_bytes octets = written(&w), instance = jm_slice(octets, 16, 34);
    struct jm_bytes label = S("\x6e"
                              "jumin-wallet/1");

    CHECK_SAME(jm_slice(octets, 1, 15), label);
    CHECK_EQ(octets.ptr[16], 0x58);
    CHECK_ST(read_back(kit_splice(&K, octets, label,
                                  S("\x6e"
                                    "jumin-wallet/2"))),
             JM_E_UNSUPPORTED);
    CHECK_ST(read_back(kit_splice(&K, octets, label, S("\x01"))), JM_E_MALFORMED);
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x88\x6e"), S("\x89\x00\x6e"))), JM_E_MALFORMED);
    octets = kit_splice(&K, octets, S("\x88\x6e"), S("\x87\x6e")); /* one of between */
    CHECK_OK(read_back(jm_slice(octets, 0, octets.len - 1)));
    octets = written(&w);
    /* of a key stands something, and not much */
    CHECK_ST(read_back(kit_splice(&K, octets, instance, S("\x40"))), JM_E_MALFORMED);
    CHECK_OK(read_back(kit_splice(&K, octets, instance, S("\x41\xAA"))));
    for (size_t n = JM_WALLET_KEPT_MAX; n <= JM_WALLET_KEPT_MAX + 1; n++) {
        uint8_t more[2 + JM_WALLET_KEPT_MAX + 1] = {0x58, (uint8_t)n};

        CHECK_ST(read_back(kit_splice(&K, octets, instance, jm_bytes(more, 2 + n))),
                 n == JM_WALLET_KEPT_MAX ? JM_OK : JM_E_MALFORMED);
    }
    /* a card of thirteen members, a copy of seven, an event of nine */
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x8c\x71https"), S("\x8d\x60\x71https"))),
             JM_E_MALFORMED);
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x86\x01\x61t"), S("\x87\x01\x61t\x60"))),
             JM_E_MALFORMED);
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x88\x00\x62rp"), S("\x89\x00\x62rp\x60"))),
             JM_E_MALFORMED);
    kit_end(&K);
}

/* @p octets with @p more before what follows @p mark, and @p head grown by one. */
static struct jm_bytes one_more(struct jm_bytes octets, struct jm_bytes head,
                                struct jm_bytes head_more, struct jm_bytes more)
{
    const struct jm_bytes parts[2] = {head_more, more};
    struct jm_bytes both;

    KIT_MUST(jm_concat(&both, &K.mem, parts, 2));
    return kit_splice(&K, octets, head, both);
}

/* Counts: written at the bound and read; one more is neither written nor read. */
TEST(bounds)
{
    struct jm_wallet w = small();
    const struct jm_bytes copy = S("\x86\x01\x61t\x41o\x58\x20"), event = S("\x88\x00\x62rp");
    struct jm_bytes octets, out, a_card, a_copy, an_event;

    octets = written(&w);
    a_copy = jm_slice(octets, jm_bytes_find(octets, copy), copy.len + 32 + 2);
    an_event = jm_slice(octets, jm_bytes_find(octets, event), event.len + 6);
    size_t card_at = jm_bytes_find(octets, S("\x8c\x71https"));
    a_card = jm_slice(octets, card_at,
                      jm_bytes_find(octets, event) - 1 - card_at); /* up to the list of events */
    const struct jm_bytes next[2] = {a_card, S("\x8c\x71https")};
    struct jm_bytes with_next;
    KIT_MUST(jm_concat(&with_next, &K.mem, next, 2));
    w.n_cards = JM_WALLET_CARDS_MAX;
    octets = written(&w);
    CHECK_OK(read_back(octets));
    w.n_cards++;
    CHECK_ST(write_to(&out, &w), JM_E_LIMIT);
    CHECK_EQ(out.len, 0);
    CHECK_ST(read_back(one_more(octets, S("\x90\x8c\x71https"), S("\x91"), with_next)), JM_E_LIMIT);
    w.n_cards = 1;
    cards[0].n = JM_WALLET_COPIES_MAX;
    octets = written(&w);
    CHECK_OK(read_back(octets));
    cards[0].n++;
    CHECK_ST(write_to(&out, &w), JM_E_LIMIT);
    CHECK_ST(read_back(one_more(octets, S("\x99\x02\x00"), S("\x99\x02\x01"), a_copy)), JM_E_LIMIT);
    cards[0].n = 2;
    w.n_events = JM_WALLET_HISTORY_MAX;
    octets = written(&w);
    CHECK_OK(read_back(octets));
    w.n_events++;
    CHECK_ST(write_to(&out, &w), JM_E_LIMIT);
    CHECK_ST(read_back(one_more(octets, S("\x99\x10\x00"), S("\x99\x10\x01"), an_event)),
             JM_E_LIMIT);
    kit_end(&K);
}

static uint8_t long_text[JM_WALLET_CLAIMS_MAX + 1];

/* Each member of an event at its bound, and one octet beyond: neither added, written nor read. */
TEST(events_have_bounds)
{
    static const struct {
        const char *name;
        size_t at, max;
    } rows[] = {{"who", offsetof(struct jm_wallet_event, who), JM_WALLET_WHO_MAX},
                {"use", offsetof(struct jm_wallet_event, use), JM_WALLET_USE_MAX},
                {"claims", offsetof(struct jm_wallet_event, claims), JM_WALLET_CLAIMS_MAX},
                {"outcome", offsetof(struct jm_wallet_event, outcome), JM_WALLET_OUTCOME_MAX}};

    memset(long_text, 'x', sizeof long_text);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_wallet w = small();
        struct jm_wallet_event *e = &events[0];
        struct jm_bytes *member = (struct jm_bytes *)(void *)((char *)e + rows[i].at);
        struct jm_bytes octets, longer, out, parts[2];
        uint8_t head[5] = {0x7A, 0, 0, 0, 0}; /* a length in four octets, which a reader refuses */

        *member = jm_bytes(long_text, rows[i].max);
        octets = written(&w);
        ROW(CHECK_OK(read_back(octets)) && CHECK_OK(jm_wallet_add_event(&w, e, &K.mem)),
            rows[i].name);
        *member = jm_bytes(long_text, rows[i].max + 1);
        ROW(CHECK_ST(write_to(&out, &w), JM_OK), rows[i].name); /* the added one */
        w.event = events;
        w.n_events = 1;
        ROW(CHECK_ST(write_to(&out, &w), JM_E_LIMIT), rows[i].name);
        ROW(CHECK_ST(jm_wallet_add_event(&w, e, &K.mem), JM_E_LIMIT), rows[i].name);
        CHECK(w.n_events == 1 && w.event == events);
        /* as somebody else would have written it */
        size_t n = rows[i].max + 1,
               h = n < 256     ? 2
                   : n < 65536 ? 3
                               : 5,
               before = rows[i].max < 24      ? 1
                        : rows[i].max < 256   ? 2
                        : rows[i].max < 65536 ? 3
                                              : 5;
        head[0] = (uint8_t)(h == 2 ? 0x78 : h == 3 ? 0x79 : 0x7A);
        for (size_t k = 1; k < h; k++)
            head[k] = (uint8_t)(n >> 8 * (h - 1 - k));
        parts[0] = jm_bytes(head, h);
        parts[1] = jm_bytes(long_text, n);
        KIT_MUST(jm_concat(&longer, &K.mem, parts, 2));
        size_t at = jm_bytes_find(octets, jm_bytes(long_text, rows[i].max));
        octets =
            kit_splice(&K, octets, jm_slice(octets, at - before, before + rows[i].max), longer);
        ROW(CHECK_ST(read_back(octets), JM_E_LIMIT), rows[i].name);
        kit_end(&K);
    }
    for (int64_t badge = -1; badge <= JM_BADGE_BLOCKED + 1; badge++) {
        struct jm_wallet w = small();
        struct jm_bytes out, octets = written(&w);
        bool good = badge >= 0 && badge <= JM_BADGE_BLOCKED;
        uint8_t as = (uint8_t)(badge < 0 ? 0x20 : badge);

        events[0].badge = badge;
        CHECK_ST(write_to(&out, &w), good ? JM_OK : JM_E_LIMIT);
        CHECK_ST(jm_wallet_add_event(&w, &events[0], &K.mem), good ? JM_OK : JM_E_LIMIT);
        const struct jm_bytes tail = S("\x62rp\x60\x60\x60\x03"),
                              parts[2] = {S("\x62rp\x60\x60\x60"), {&as, 1}};
        KIT_MUST(jm_concat(&out, &K.mem, parts, 2));
        CHECK_ST(read_back(kit_splice(&K, octets, tail, out)), good ? JM_OK : JM_E_LIMIT);
        kit_end(&K);
    }
}

/* The history never grows the container beyond what is read: the oldest events go. */
TEST(the_oldest_events_go)
{
    struct jm_wallet w = small();
    struct jm_wallet_event e = {.at = 7, .claims = jm_bytes(long_text, JM_WALLET_CLAIMS_MAX)};
    struct jm_arena mem = arena(64 * JM_MIB);

    w.n_events = JM_WALLET_HISTORY_MAX;
    CHECK_OK(jm_wallet_add_event(&w, &e, &mem));
    CHECK_EQ(w.n_events, JM_WALLET_HISTORY_MAX);
    CHECK_EQ(w.event[0].at, 1);
    CHECK_EQ(w.event[w.n_events - 1].at, 7);
    for (int i = 0; i < 100; i++)
        CHECK_OK(jm_wallet_add_event(&w, &e, &mem));
    CHECK_EQ(w.n_events, JM_WALLET_HISTORY_OCTETS_MAX / (JM_WALLET_CLAIMS_MAX + 96));
    kit_end(&K);
}

/* A container that is too long to be opened is not written. */
TEST(as_long_as_a_container)
{
    struct jm_wallet w = small();
    struct jm_bytes out;

    w.pending.len = JM_WALLET_MAX;
    CHECK_ST(write_to(&out, &w), JM_E_LIMIT);
    kit_end(&K);
}

/* Keys that nobody names are not written; a name without a key writes nothing. */
TEST(keys_of_a_container)
{
    struct jm_wallet w = small(), x;
    struct jm_wallet_key key[4];
    struct jm_wallet_keys keys = {key, 4}, back;
    struct jm_bytes out;

    for (size_t i = 0; i < 4; i++)
        key[i] = (struct jm_wallet_key){jm_wallet_handle(4 - i), jm_bytes(long_text, 7 + i)};
    CHECK_OK(jm_wallet_write(&out, &w, &keys, &K.mem));
    CHECK_OK(jm_wallet_read(&x, &back, out, &K.mem));
    CHECK(back.n == 4 && back.key[0].kept.len == 10 && back.key[1].kept.len == 9 &&
          back.key[2].kept.len == 8);
    key[3].handle = jm_wallet_handle(9);
    CHECK_ST(jm_wallet_write(&out, &w, &keys, &K.mem), JM_E_BUG);
    CHECK_EQ(out.len, 0);
    keys.n = 0;
    CHECK_ST(jm_wallet_write(&out, &w, &keys, &K.mem), JM_E_BUG);
    keys.n = 4;
    key[3] = (struct jm_wallet_key){jm_wallet_handle(1), jm_none()};
    CHECK_ST(jm_wallet_write(&out, &w, &keys, &K.mem), JM_E_LIMIT);
    key[3].kept = jm_bytes(long_text, JM_WALLET_KEPT_MAX + 1);
    CHECK_ST(jm_wallet_write(&out, &w, &keys, &K.mem), JM_E_LIMIT);
    CHECK_EQ(out.len, 0);
    kit_end(&K);
}

TEST(a_card_more_than_sixteen)
{
    struct jm_wallet w = small();

    w.n_cards = JM_WALLET_CARDS_MAX - 1;
    CHECK_OK(jm_wallet_add_card(&w, &cards[0], &K.mem));
    CHECK_EQ(w.n_cards, JM_WALLET_CARDS_MAX);
    CHECK_ST(jm_wallet_add_card(&w, &cards[0], &K.mem), JM_E_LIMIT);
    CHECK_EQ(w.n_cards, JM_WALLET_CARDS_MAX);
    kit_end(&K);
}

/* D-356: its holder takes one event out; the others stay as they were, in their order. */
TEST(an_event_is_dropped)
{
    static const size_t at[] = {0, 1, 2};

    for (size_t i = 0; i < JM_ARRAY_LEN(at); i++) {
        struct jm_wallet w = small();
        int64_t before = -1;

        w.n_events = 3;
        CHECK_ST(jm_wallet_drop_event(&w, 3), JM_E_RANGE);
        CHECK_OK(jm_wallet_drop_event(&w, at[i]));
        CHECK_EQ(w.n_events, 2);
        for (size_t k = 0; k < w.n_events; k++) {
            CHECK(w.event[k].at != (int64_t)at[i] && w.event[k].at > before);
            before = w.event[k].at;
        }
        CHECK_OK(jm_wallet_drop_event(&w, 1));
        CHECK_OK(jm_wallet_drop_event(&w, 0));
        CHECK_ST(jm_wallet_drop_event(&w, 0), JM_E_RANGE);
        kit_end(&K);
    }
}
