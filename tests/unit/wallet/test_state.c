/* SPDX-License-Identifier: Apache-2.0 */
/* What a wallet keeps: written and read again, each member and bound of it, and the container
 * around it. */
#include "unit/test.h"

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
    memset(&w.instance, 0xAA, sizeof w.instance);
    memset(&w.dpop, 0xBB, sizeof w.dpop);
    for (size_t i = 0; i < JM_ARRAY_LEN(copies); i++) {
        copies[i] = (struct jm_wallet_copy){.fmt = JM_FMT_MDOC,
                                            .type = JM_BYTES("t"),
                                            .octets = JM_BYTES("o"),
                                            .used = i % 2 != 0,
                                            .until = 5};
        memset(&copies[i].key, 0xCC, sizeof copies[i].key);
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

static struct jm_bytes written(const struct jm_wallet *w)
{
    struct jm_bytes out;

    KIT_MUST(jm_wallet_write(&out, w, &K.mem));
    return out;
}

static enum jm_status read_back(struct jm_bytes octets)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_wallet w;
    enum jm_status st = jm_wallet_read(&w, exact(octets), &K.mem);

    jm_arena_back(&K.mem, mark);
    return st;
}

TEST(what_was_written_is_read)
{
    struct jm_wallet w = small(), x;
    struct jm_bytes octets = written(&w);

    CHECK_OK(jm_wallet_read(&x, octets, &K.mem));
    CHECK(memcmp(&x.instance, &w.instance, sizeof w.instance) == 0 &&
          memcmp(&x.dpop, &w.dpop, sizeof w.dpop) == 0);
    CHECK(x.n_cards == 1 && x.n_events == 1 && x.card[0].n == 2 && x.card[0].copy[1].used &&
          !x.card[0].copy[0].used);
    CHECK(memcmp(&x.card[0].copy[1].key, &copies[1].key, sizeof copies[1].key) == 0);
    CHECK_STR(x.pending, "later");
    CHECK_EQ(x.event[0].badge, 3);
    for (size_t len = 0; len < octets.len; len++)
        CHECK(read_back(jm_slice(octets, 0, len)) != JM_OK);
    kit_end(&K);
}

#define S(lit) JM_BYTES(lit)

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
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x86\x6e"), S("\x87\x00\x6e"))), JM_E_MALFORMED);
    /* a key of one octet */
    CHECK_ST(read_back(kit_splice(&K, octets, instance, S("\x41\xAA"))), JM_E_MALFORMED);
    struct jm_bytes long_key, parts[2] = {S("\x58\x21\xAA"), jm_slice(instance, 2, SIZE_MAX)};
    KIT_MUST(jm_concat(&long_key, &K.mem, parts, 2));
    CHECK_ST(read_back(kit_splice(&K, octets, instance, long_key)), JM_E_MALFORMED);
    /* a card of ten members, a copy of seven, an event of seven */
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x89\x71https"), S("\x8a\x60\x71https"))),
             JM_E_MALFORMED);
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x86\x01\x61t"), S("\x87\x01\x61t\x60"))),
             JM_E_MALFORMED);
    CHECK_ST(read_back(kit_splice(&K, octets, S("\x86\x00\x62rp"), S("\x87\x00\x62rp\x60"))),
             JM_E_MALFORMED);
    kit_end(&K);
}

/* Counts: written at the bound and read; one more is refused before room is made for it. */
TEST(bounds)
{
    struct jm_wallet w = small();

    w.n_cards = JM_WALLET_CARDS_MAX;
    CHECK_OK(read_back(written(&w)));
    w.n_cards++;
    CHECK_ST(read_back(written(&w)), JM_E_LIMIT);
    w.n_cards = 1;
    cards[0].n = JM_WALLET_COPIES_MAX;
    CHECK_OK(read_back(written(&w)));
    cards[0].n++;
    CHECK_ST(read_back(written(&w)), JM_E_LIMIT);
    cards[0].n = 2;
    w.n_events = JM_WALLET_HISTORY_MAX;
    CHECK_OK(read_back(written(&w)));
    w.n_events++;
    CHECK_ST(read_back(written(&w)), JM_E_LIMIT);
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

TEST(the_container)
{
    struct jm_secret32 kek = {{1}}, other = {{2}};
    struct jm_bytes sealed, plain, salt, good_salt = S("sixteen octets!!");
    const uint8_t iv[12] = {3};

    (void)small();
    KIT_MUST(jm_wallet_seal(&sealed, S("plain"), &kek, good_salt, iv, &jm_crypto_openssl, &K.mem));
    CHECK_OK(jm_wallet_salt(&salt, sealed));
    CHECK_SAME(salt, good_salt);
    CHECK_OK(jm_wallet_open(&plain, sealed, &kek, &jm_crypto_openssl, &K.mem));
    CHECK_STR(plain, "plain");
    CHECK_ST(jm_wallet_open(&plain, sealed, &other, &jm_crypto_openssl, &K.mem), JM_E_SIGNATURE);
    CHECK_EQ(plain.len, 0);
    CHECK_ST(jm_wallet_salt(&salt,
                            kit_splice(&K, sealed, S("jumin-wallet/1"), S("jumin-wallet/2"))),
             JM_E_MALFORMED);
    CHECK_ST(jm_wallet_salt(&salt, kit_splice(&K, sealed, S("\x50sixteen octets!!"),
                                              S("\x4fsixteen octets!"))),
             JM_E_MALFORMED);
    CHECK_ST(jm_wallet_salt(&salt, kit_splice(&K, sealed, S("\x84\x6e"), S("\x85\x00\x6e"))),
             JM_E_MALFORMED);
    for (size_t len = 0; len < sealed.len; len++)
        CHECK(jm_wallet_open(&plain, exact(jm_slice(sealed, 0, len)), &kek, &jm_crypto_openssl,
                             &K.mem) != JM_OK);
    kit_end(&K);
}
