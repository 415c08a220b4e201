/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer is killed at random points of 200 issuances; fifty wallets redeem one offer at once.
 */
#include "fault/country.h"

#include <sqlite3.h>

#define ISSUANCES 200
#define RACERS 50

/* -- the killer -- */

static atomic_bool stop_killing;
static unsigned kills;

static void *killer_main(void *arg)
{
    uint32_t r;

    (void)arg;
    while (!atomic_load(&stop_killing)) {
        KIT(jm_random(NULL, (uint8_t *)&r, sizeof r));
        nap(1 + r % 160); /* an issuance takes about 80 ms */
        kill_issuer();
        kills++;
        start_issuer();
    }
    return NULL;
}

/* -- an issuance that is not told of it -- */

static bool outage(const struct phone *p, enum jm_status st)
{
    enum jm_code code = jm_vci_diag(&p->e)->code;

    return jm_class_of(st) == JM_CLASS_UNAVAILABLE || code == JM_WALLET_SERVER_UNAVAILABLE;
}

static bool try_to_finish(struct phone *p, const char *code)
{
    struct jm_vci_saved saved;
    enum jm_status st;

    KIT(jm_vci_saved_read(&saved, p->saved));
    wake_up(p, saved.refresh_token.len != 0);
    if (saved.refresh_token.len != 0) {
        st = jm_vci_refresh(&p->e, &saved, jm_home_now(&p->home));
    } else {
        st = jm_vci_load(&p->e, &saved);
        if (st == JM_OK)
            st = jm_vci_event(&p->e, JM_EVENT_MESSAGE, jm_str(code), jm_home_now(&p->home));
    }
    st = go_on(p, st);
    if (st == JM_OK && jm_vci_state(&p->e) == JM_VCI_DONE)
        return true;
    if (st == JM_OK || !outage(p, st)) {
        struct jm_bytes says = jm_vci_server_says(&p->e);

        fprintf(stderr, "%s: %.*s\n", jm_code_info(jm_vci_diag(&p->e)->code)->name, (int)says.len,
                (const char *)says.ptr);
        give_up("an issuance ended otherwise than by an outage");
    }
    return false;
}

static void issue(struct phone *p, struct citizen *who, struct call *c)
{
    char code[8];

    open_case(who, c);
    if (scan(p, who->uri) != JM_CODE_NONE)
        give_up("not bound");
    match_code(who, c, code);
    for (uint64_t until = jm_clock_monotonic_ms() + PATIENCE_MS; !try_to_finish(p, code); nap(5))
        if (jm_clock_monotonic_ms() > until)
            give_up("an issuance never ended");
}

/* -- what is in the store, and what the wallets hold -- */

static sqlite3 *rows;

static int64_t ask_rows(const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t v = -1;

    if (sqlite3_prepare_v2(rows, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        v = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return v;
}

struct held {
    uint64_t shard, idx;
};

static struct held held_of(const struct jm_vci_copy *c, struct jm_arena *mem)
{
    struct jm_sdjwt_facts facts = {.status_idx = UINT64_MAX};
    struct jm_mdoc_copy copy;
    struct jm_bytes uri;
    struct jm_sdjwt s;
    uint64_t idx;
    struct held h;

    if (c->fmt == JM_FMT_MDOC) {
        KIT(jm_mdoc_copy_read(&copy, c->octets, mem));
        uri = copy.status_uri;
        idx = copy.status_idx;
    } else {
        KIT(jm_sdjwt_split(&s, c->octets, &jm_crypto_openssl, mem, NULL));
        KIT(jm_sdjwt_facts(&facts, s.payload));
        uri = facts.status_uri;
        idx = facts.status_idx;
    }
    h.idx = idx;
    KIT(jm_parse_u64(&h.shard, jm_slice(uri, uri.len - 1, 1)));
    return h;
}

/* Each held copy is a row of a live card, valid, and nobody else's. */
static void look_at(const struct phone *p, struct held *all, size_t *n)
{
    struct jm_arena mem = arena(4 * JM_MIB);
    struct jm_vci_result x;

    KIT(jm_vci_result(&x, &p->e));
    CHECK_EQ(x.n, KEYS);
    CHECK(x.loss_code.len != 0);
    for (size_t i = 0; i < x.n; i++) {
        struct held h = held_of(&x.copy[i], &mem);
        char sql[320];

        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM copy JOIN card ON card.id = copy.card JOIN status_index s "
                 "ON s.shard = copy.shard AND s.idx = copy.idx "
                 "WHERE copy.shard = %u AND copy.idx = %u AND card.state = 2 AND s.invalid = 0",
                 (unsigned)h.shard, (unsigned)h.idx);
        CHECK_EQ(ask_rows(sql), 1);
        for (size_t k = 0; k < *n; k++)
            if (all[k].shard == h.shard && all[k].idx == h.idx)
                CHECK(!"an index twice");
        all[(*n)++] = h;
        jm_arena_reset(&mem);
    }
}

static void open_rows(void)
{
    char path[96];

    snprintf(path, sizeof path, "%s/a/issuer/issuer.db", C.dir);
    if (sqlite3_open_v2(path, &rows, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        give_up(path);
}

TEST(killed_at_random_points_of_200_issuances)
{
    struct citizen *who = calloc(ISSUANCES, sizeof *who);
    struct phone **phone = calloc(ISSUANCES, sizeof *phone);
    struct held *all = calloc((size_t)ISSUANCES * KEYS, sizeof *all);
    pthread_t killer;
    size_t n = 0;

    country_begin(600);
    struct call c = {.mem = arena(2 * JM_MIB)};
    CHECK_EQ(read_citizens(who, ISSUANCES), ISSUANCES);
    atomic_store(&stop_killing, false);
    CHECK(pthread_create(&killer, NULL, killer_main, NULL) == 0);
    for (size_t i = 0; i < ISSUANCES; i++) {
        phone[i] = new_phone();
        issue(phone[i], &who[i], &c);
    }
    atomic_store(&stop_killing, true);
    (void)pthread_join(killer, NULL);
    country_stop();
    open_rows();
    CHECK_EQ(ask_rows("SELECT count(*) FROM card WHERE state = 2"), ISSUANCES);
    CHECK_EQ(ask_rows("SELECT count(*) FROM card WHERE state <> 2"), 0);
    CHECK_EQ(ask_rows("SELECT count(*) FROM device WHERE state = 1"), ISSUANCES);
    CHECK_EQ(ask_rows("SELECT count(*) FROM card c WHERE (SELECT count(DISTINCT fmt) FROM copy "
                      "WHERE card = c.id) <> 2"),
             0);
    CHECK_EQ(ask_rows("SELECT count(*) FROM card c WHERE c.loss IS NULL"), 0);
    CHECK_EQ(ask_rows("SELECT count(*) FROM card_event WHERE event = 'CARD_ACTIVE'"), ISSUANCES);
    for (size_t i = 0; i < ISSUANCES; i++) {
        look_at(phone[i], all, &n);
        end_phone(phone[i]);
    }
    CHECK_EQ(n, (size_t)ISSUANCES * KEYS);
    fprintf(stderr, "%d issuances, %u kills\n", ISSUANCES, kills);
    CHECK(kills >= 50);
    (void)sqlite3_close(rows);
    country_end();
    free(who);
    free(phone);
    free(all);
}

/* -- the race -- */

struct racer {
    pthread_t thread;
    struct phone *phone;
    const char *uri, *code;
    enum jm_code scanned;
    bool finished;
};

static pthread_barrier_t line;

static void *race_to_scan(void *arg)
{
    struct racer *r = arg;

    (void)pthread_barrier_wait(&line);
    r->scanned = scan(r->phone, r->uri);
    return NULL;
}

static void *race_to_finish(void *arg)
{
    struct racer *r = arg;
    struct jm_vci_saved saved;
    enum jm_status st;

    KIT(jm_vci_saved_read(&saved, r->phone->saved));
    wake_up(r->phone, false);
    (void)pthread_barrier_wait(&line);
    st = jm_vci_load(&r->phone->e, &saved);
    if (st == JM_OK)
        st = jm_vci_event(&r->phone->e, JM_EVENT_MESSAGE, jm_str(r->code),
                          jm_home_now(&r->phone->home));
    st = go_on(r->phone, st);
    r->finished = st == JM_OK && jm_vci_state(&r->phone->e) == JM_VCI_DONE;
    return NULL;
}

static void run_race(struct racer *r, void *(*runner)(void *))
{
    (void)pthread_barrier_init(&line, NULL, RACERS);
    for (size_t i = 0; i < RACERS; i++)
        if (pthread_create(&r[i].thread, NULL, runner, &r[i]) != 0)
            give_up("threads");
    for (size_t i = 0; i < RACERS; i++)
        (void)pthread_join(r[i].thread, NULL);
    (void)pthread_barrier_destroy(&line);
}

static size_t count(const struct racer *r, enum jm_code code)
{
    size_t n = 0;

    for (size_t i = 0; i < RACERS; i++)
        n += r[i].scanned == code;
    return n;
}

TEST(fifty_wallets_one_offer)
{
    static struct racer r[RACERS];
    struct citizen who;
    char code[8];

    country_begin(100);
    struct call c = {.mem = arena(2 * JM_MIB)};
    CHECK_EQ(read_citizens(&who, 1), 1);
    open_case(&who, &c);
    for (size_t i = 0; i < RACERS; i++)
        r[i] = (struct racer){.phone = new_phone(), .uri = who.uri};
    run_race(r, race_to_scan);
    CHECK_EQ(count(r, JM_CODE_NONE), 1);
    CHECK_EQ(count(r, JM_WALLET_TICKET_TAKEN), RACERS - 1);
    match_code(&who, &c, code);
    for (size_t i = 0; i < RACERS; i++) {
        /* the one that was bound gets the card, whoever else knows the match code */
        if (r[i].scanned == JM_CODE_NONE)
            CHECK(try_to_finish(r[i].phone, code));
        end_phone(r[i].phone);
    }
    country_stop();
    open_rows();
    CHECK_EQ(ask_rows("SELECT count(*) FROM card WHERE state = 2"), 1);
    CHECK_EQ(ask_rows("SELECT count(*) FROM copy"), KEYS);
    CHECK_EQ(ask_rows("SELECT second FROM desk_case"), 1);
    (void)sqlite3_close(rows);
    country_end();
}

/* -- wallets that show no sign: bound at the token endpoint (D-204, D-205) -- */

/* The grant code, as anybody may read it who has seen the QR: an unattested look binds
 * nothing. */
static struct jm_bytes code_of(const char *offer, struct jm_arena *mem)
{
    const struct jm_fetch_rules here = {.allow_loopback = true};
    const struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                                    .url = jm_str(offer),
                                    .max_len = JM_MIB,
                                    .timeout_ms = 10000};
    const struct jm_json *j, *grant;
    struct jm_http_answer a;
    struct jm_bytes grant_code;

    KIT(jm_fetch(&here, &ask, &a, mem));
    KIT(jm_json_parse(&j, a.body, mem, NULL));
    grant = jm_json_get(jm_json_get(j, "grants"),
                        "urn:ietf:params:oauth:grant-type:pre-authorized_code");
    KIT(jm_json_str(&grant_code, grant, "pre-authorized_code"));
    return grant_code;
}

static void *race_to_redeem(void *arg)
{
    struct racer *r = arg;
    struct jm_vci_saved saved;
    enum jm_status st;

    KIT(jm_vci_saved_read(&saved, r->phone->saved));
    saved.grant_code = jm_str(r->uri);
    wake_up(r->phone, false);
    (void)pthread_barrier_wait(&line);
    st = jm_vci_load(&r->phone->e, &saved);
    if (st == JM_OK)
        st = jm_vci_event(&r->phone->e, JM_EVENT_MESSAGE, jm_str(r->code),
                          jm_home_now(&r->phone->home));
    st = go_on(r->phone, st);
    r->scanned = jm_vci_diag(&r->phone->e)->code;
    r->finished = st == JM_OK && jm_vci_state(&r->phone->e) == JM_VCI_DONE;
    return NULL;
}

TEST(fifty_wallets_redeem_one_code)
{
    static struct racer r[RACERS];
    static struct citizen who[RACERS + 1];
    struct jm_arena mem;
    char offer[256], code[8];
    size_t winner = RACERS;

    country_begin(300);
    struct call c = {.mem = arena(2 * JM_MIB)};
    mem = arena(JM_MIB);
    CHECK_EQ(read_citizens(who, RACERS + 1), RACERS + 1);
    /* each learns the issuer, and gets an attestation, by an offer of its own */
    for (size_t i = 0; i < RACERS; i++) {
        r[i] = (struct racer){.phone = new_phone(), .code = "000000"};
        open_case(&who[i + 1], &c);
        CHECK_EQ(scan(r[i].phone, who[i + 1].uri), JM_CODE_NONE);
    }
    open_case(&who[0], &c);
    snprintf(offer, sizeof offer, "%.*s", (int)member(&c, "credential_offer_uri").len,
             (const char *)member(&c, "credential_offer_uri").ptr);
    const char *spent = jm_format(&mem, "%.*s", (int)code_of(offer, &mem).len,
                                  (const char *)code_of(offer, &mem).ptr);
    for (size_t i = 0; i < RACERS; i++)
        r[i].uri = spent;
    run_race(r, race_to_redeem);
    CHECK_EQ(count(r, JM_WALLET_TICKET_TAKEN), RACERS - 1);
    for (size_t i = 0; i < RACERS; i++)
        if (r[i].scanned != JM_WALLET_TICKET_TAKEN)
            winner = i;
    if (CHECK(winner < RACERS)) {
        CHECK(jm_bytes_find(jm_vci_server_says(&r[winner].phone->e),
                            JM_BYTES("JM_VCI_TX_CODE_NOT_READY")) != SIZE_MAX);
        match_code(&who[0], &c, code); /* the clerk may read it out now: somebody is bound */
        for (size_t i = 0; i < RACERS; i++)
            r[i].code = code;
        run_race(r, race_to_redeem);
        for (size_t i = 0; i < RACERS; i++)
            CHECK_EQ(r[i].finished, i == winner);
    }
    country_stop();
    open_rows();
    CHECK_EQ(ask_rows("SELECT count(*) FROM card"), 1);
    CHECK_EQ(ask_rows("SELECT count(*) FROM copy"), KEYS);
    (void)sqlite3_close(rows);
    for (size_t i = 0; i < RACERS; i++)
        end_phone(r[i].phone);
    country_end();
}

/* Fifty copies of one wallet: its codes may be redeemed again while there is no card, and still
 * there is one card. */
TEST(one_wallet_fifty_times_at_once)
{
    static struct racer r[RACERS];
    struct citizen who;
    size_t finished = 0;
    char code[8];

    country_begin(100);
    struct call c = {.mem = arena(2 * JM_MIB)};
    CHECK_EQ(read_citizens(&who, 1), 1);
    open_case(&who, &c);
    for (size_t i = 0; i < RACERS; i++) {
        r[i] = (struct racer){.phone = new_phone(), .code = code};
        if (i == 0)
            CHECK_EQ(scan(r[0].phone, who.uri), JM_CODE_NONE);
        r[i].phone->instance = r[0].phone->instance;
        r[i].phone->dpop = r[0].phone->dpop;
        r[i].phone->saved = r[0].phone->saved;
    }
    match_code(&who, &c, code);
    run_race(r, race_to_finish);
    for (size_t i = 0; i < RACERS; i++)
        finished += r[i].finished;
    CHECK(finished <= 1); /* whose tokens were replaced got nothing */
    country_stop();
    open_rows();
    CHECK(ask_rows("SELECT count(*) FROM card") <= 1);
    CHECK_EQ(ask_rows("SELECT count(*) FROM card WHERE state = 2"), (int64_t)finished);
    CHECK_EQ(ask_rows("SELECT count(*) FROM device WHERE state = 1"), (int64_t)finished);
    fprintf(stderr, "%zu of %d\n", finished, RACERS);
    (void)sqlite3_close(rows);
    for (size_t i = 0; i < RACERS; i++)
        end_phone(r[i].phone);
    country_end();
}
