/* SPDX-License-Identifier: Apache-2.0 */
/* The story: one citizen, a neighbour, a clerk, a bank, a hospital and a bookshop that asks for too
 * much. */
#include <stdlib.h>
#include <string.h>

#include "demo/demo.h"
#include "jumin/form.h"

#define DAY_ONE "2025-01-15T00:00:00Z" /* the pilot of D-062: nine municipalities are open */
#define CENTRE "3017000000"            /* Seo-gu, Daejeon: open */
#define OPEN_REGION "3017"
#define CLOSED_REGION "11" /* Seoul: opens on 14 March */
#define PUBLISHED_MS 10000
#define SETTLED 10 /* looks, some 10 ms apart */

struct person {
    const char *id, *name, *date, *authority;
    const char *family, *given; /* as a bank has read them */
};

static struct person citizen, neighbour;
static const char *pin, *bank_body, *loss_of_second;

/* What went wrong, unless somebody has said so already. */
static void note_failure(struct demo *d)
{
    if (d->got == NULL)
        d->got = d->code;
}

static void came_to(struct demo *d, bool ok, const char *word)
{
    if (ok)
        d->got = word;
    else
        note_failure(d);
}

/* -- an authority and its people -- */

static void make_authority(struct demo *d)
{
    bool ok = RUN(d, "authority", "init", "--synthetic", "--name", "Saebyeol", "--ledger",
                  "--clock-start", DAY_ONE);

    pin = demo_text(d, NULL, "trust_hash");
    ok = ok && SERVE(d, "authority", "signer", "ledger", "issuer", "provider", "status");
    came_to(d, ok, "serving");
}

static void make_population(struct demo *d)
{
    came_to(d, RUN(d, "authority", "register", "generate", "--count", "1000", "--seed", "1"),
            "1000 people");
}

static void add_clerk(struct demo *d)
{
    bool ok = RUN(d, "authority", "staff", "keygen", "--out", demo_path(d, "kim.key"));
    struct jm_bytes jwk = d->answer->raw;

    ok = ok && demo_write(d, "kim.jwk", jm_cstr(d->cmd, jwk)) &&
         RUN(d, "authority", "staff", "add", "kim", "--role", "clerk", "--centre", CENTRE, "--key",
             demo_path(d, "kim.jwk"));
    came_to(d, ok, "may sign in");
}

#define DESK(d, verb, ...) \
    RUN(d, "authority", "desk", verb, "--as", demo_path(d, "kim.key"), __VA_ARGS__)
#define DESK_LIST(d, verb) RUN(d, "authority", "desk", verb, "--as", demo_path(d, "kim.key"))

static bool find_person(struct demo *d, struct person *p, const char *const *words)
{
    const char *all[16] = {"register", "find", "--limit", "1"};
    size_t n = 4;

    while (*words != NULL && n < 15)
        all[n++] = *words++;
    all[n] = NULL;
    if (!demo_run(d, "authority", all))
        return false;
    *p = (struct person){.id = demo_text(d, NULL, "person"),
                         .name = demo_text(d, NULL, "name"),
                         .date = demo_text(d, "plastic", "issue_date"),
                         .authority = demo_text(d, "plastic", "authority")};
    return true;
}
#define FIND(d, p, ...) find_person(d, p, (const char *const[]){__VA_ARGS__, NULL})

static void find_people(struct demo *d)
{
    bool ok = FIND(d, &citizen, "--region", OPEN_REGION, "--min-age", "30", "--max-age", "50",
                   "--plastic", "valid") &&
              FIND(d, &neighbour, "--region", OPEN_REGION, "--min-age", "60", "--plastic", "valid");

    came_to(d, ok, "found");
}

/* -- relying parties -- */

#define PHOTO_ID "org.iso.23220.photoid.1"
#define MDOC(ns, name) \
    "{\"format\":\"mso_mdoc\",\"type\":\"" PHOTO_ID "\",\"path\":[\"" ns "\",\"" name "\"]}"
#define SDJWT(name) \
    "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:jumin:kr:resident:1\",\"path\":[\"" name "\"]}"
#define SERVICE(id, ko, en, claims)                                                           \
    "{\"id\":\"" id "\",\"purpose\":{\"ko\":\"" ko "\",\"en\":\"" en                          \
    "\"},\"legal_basis\":\"금융실명법 제3조\","                                               \
    "\"privacy_uri\":\"https://"                                                              \
    "privacy.example\",\"retention_days\":0,\"channels\":[\"remote\"],\"cross_device\":true," \
    "\"status_max_age_s\":0,\"claims\":[" claims "]}"
#define PARTY(id, ko, en, number, sector, services)                                              \
    "{\"id\":\"" id "\",\"name\":{\"ko\":\"" ko "\",\"en\":\"" en "\"},\"identifier\":\"" number \
    "\",\"sector\":\"" sector "\","                                                              \
    "\"public_body\":false,\"services\":[" services "]}"
#define NAME_AND_AGE SDJWT("full_name") "," SDJWT("age_over_19")
#define NAME_AND_AGE_MDOC                  \
    MDOC("org.iso.23220.1", "family_name") \
    "," MDOC("org.iso.23220.1", "given_name") "," MDOC("org.iso.23220.1", "age_over_19")

struct party {
    const char *home, *name, *services, *service[2];
};

/* clang-format off */
static const struct party bank = {
    "bank", "Hanbit Bank",
    PARTY("hanbit-bank", "한빛은행", "Hanbit Bank", "110-81-00001", "FINANCE",
          SERVICE("account", "계좌 개설", "Opening an account", NAME_AND_AGE) ","
          SERVICE("vault", "금고 이용", "Using a vault", NAME_AND_AGE_MDOC)),
    {"account", "vault"}};
static const struct party hospital = {
    "hospital", "Dasol Hospital",
    PARTY("dasol-hospital", "다솔병원", "Dasol Hospital", "110-82-00002", "HEALTH",
          SERVICE("reception", "진료 접수", "Reception", NAME_AND_AGE) ","
          SERVICE("ward", "병실 출입", "Entering a ward", NAME_AND_AGE_MDOC)),
    {"reception", "ward"}};
static const struct party bookshop = {
    "bookshop", "Sonamu Books",
    PARTY("sonamu-books", "소나무서점", "Sonamu Books", "110-83-00003", "RETAIL",
          SERVICE("adult", "성인 도서", "Books for adults", SDJWT("age_over_19")) ","
          SERVICE("club", "독자 모임", "Readers' club", NAME_AND_AGE)),
    {"adult", "club"}};
/* The register of services, after somebody has looked again at what a readers' club needs. */
static const char bookshop_narrowed[] =
    PARTY("sonamu-books", "소나무서점", "Sonamu Books", "110-83-00003", "RETAIL",
          SERVICE("adult", "성인 도서", "Books for adults", SDJWT("age_over_19")) ","
          SERVICE("club", "독자 모임", "Readers' club", SDJWT("age_over_19")));
/* clang-format on */

const char *demo_trust_hash(void)
{
    return pin;
}

static bool is_registered(struct demo *d, const struct party *p, const char *services)
{
    const char *json = jm_format(d->cmd->mem, "%s.json", p->home);
    const char *pem =
        jm_format(d->cmd->mem, "%s%s.pem", p->home, services == p->services ? "" : "-again");
    bool ok = demo_write(d, json, services) &&
              RUN(d, "authority", "rp", "register", "--request",
                  demo_path(d, jm_format(d->cmd->mem, "%s/verifier/request.csr", p->home)),
                  "--services", demo_path(d, json), "--cert-out", demo_path(d, pem), "--yes");

    if (ok)
        pin = demo_text(d, NULL, "trust_hash");
    return ok;
}

/* A file that its owner edits. */
static bool short_requests(struct demo *d, const char *home)
{
    const char *name = jm_format(d->cmd->mem, "%s/jumin.conf", home),
               *text = jm_cstr(d->cmd, demo_read(d, name));
    const char *at = strstr(text, "[verifier]\n");

    return at != NULL && demo_write(d, name,
                                    jm_format(d->cmd->mem, "%.*s[verifier]\nrequest_ttl = 5\n%s",
                                              (int)(at - text), text, at + 11));
}

static bool open_party(struct demo *d, const struct party *p)
{
    const char *json = demo_path(d, jm_format(d->cmd->mem, "%s.json", p->home)),
               *pem = demo_path(d, jm_format(d->cmd->mem, "%s.pem", p->home));
    bool ok = RUN(d, p->home, "init", "--verifier", "--name", p->name, "--trust", demo_set(d),
                  "--pin", pin) &&
              is_registered(d, p, p->services) &&
              RUN(d, p->home, "trust", "import", demo_set(d), "--pin", pin) &&
              RUN(d, p->home, "verifier", "enroll", pem, "--services", json);

    for (size_t i = 0; i < 2; i++)
        ok = ok && RUN(d, p->home, "verifier", "key", "add", "--service", p->service[i],
                       "--key-file", demo_path(d, jm_format(d->cmd->mem, "%s.key", p->service[i])));
    if (ok && p == &bookshop)
        ok = short_requests(d, p->home);
    return ok && SERVE(d, p->home, "signer", "verifier");
}

static void register_parties(struct demo *d)
{
    came_to(d, open_party(d, &bank) && open_party(d, &hospital) && open_party(d, &bookshop),
            "serving");
}

/* -- wallets -- */

static const char *words_of(struct demo *d, const char *phone)
{
    return demo_path(d, jm_format(d->cmd->mem, "%s.words", phone));
}

static bool new_phone(struct demo *d, const char *phone)
{
    return demo_write(d, jm_format(d->cmd->mem, "%s.words", phone),
                      jm_format(d->cmd->mem, "words that only the owner of %s knows\n", phone)) &&
           RUN(d, phone, "init", "--wallet", "--trust", demo_set(d), "--pin", pin,
               "--passphrase-file", words_of(d, phone));
}

#define WALLET(d, phone, verb, ...) \
    RUN(d, phone, "wallet", verb, "--passphrase-file", words_of(d, phone), __VA_ARGS__)

static bool open_case(struct demo *d, const struct person *p, const char *png, const char **here)
{
    bool ok = DESK(d, "open", "--person", p->id, "--route", "qr", "--issue-date", p->date,
                   "--authority", p->authority, "--qr", demo_path(d, png));

    *here = demo_text(d, NULL, "case");
    return ok;
}

/* The wallet reads the picture and is bound; both ends show the same sign. */
static bool is_scanned(struct demo *d, const char *phone, const char *png, const char *here)
{
    struct jm_bytes sign;

    if (RUN(d, phone, "wallet", "receive", "--passphrase-file", words_of(d, phone),
            demo_path(d, png)) ||
        strcmp(d->code, "JM_WALLET_MATCH_CODE_NEEDED") != 0 ||
        jm_json_str(&sign, d->first, "sign") != JM_OK)
        return false;
    if (!DESK(d, "show", here) || !demo_is(d, "state", "SCANNED"))
        return false;
    if (demo_is(d, "sign", jm_cstr(d->cmd, sign)))
        return true;
    d->got = "the signs differ";
    return false;
}

static bool is_received(struct demo *d, const char *phone, const char *here)
{
    const char *code = jm_format(d->cmd->mem, "%s.code", phone);

    return DESK(d, "code", here) && demo_write(d, code, demo_text(d, NULL, "tx_code")) &&
           WALLET(d, phone, "receive", "--continue", "--tx-code-file", demo_path(d, code));
}

static const char *desk_case;

static void desk_opens(struct demo *d)
{
    came_to(d, new_phone(d, "phone") && open_case(d, &citizen, "desk.png", &desk_case), "QR drawn");
}

static void phone_scans(struct demo *d)
{
    came_to(d, is_scanned(d, "phone", "desk.png", desk_case), "one sign on both screens");
}

static void card_comes(struct demo *d)
{
    bool ok = is_received(d, "phone", desk_case);
    int64_t copies = 0;

    ok = ok && jm_json_int(&copies, jm_json_get(d->answer, "copies")) == JM_OK &&
         DESK(d, "show", desk_case) && demo_is(d, "state", "ISSUED");
    came_to(d, ok, jm_format(d->cmd->mem, "%lld copies", (long long)copies));
}

/* -- showing -- */

static const char *asked, *asked_uri;

static const char *key_of(struct demo *d, const char *service)
{
    return demo_path(d, jm_format(d->cmd->mem, "%s.key", service));
}

static bool ask_holder(struct demo *d, const struct party *p, size_t service)
{
    bool ok = RUN(d, p->home, "verifier", "request", "--service", p->service[service], "--key-file",
                  key_of(d, p->service[service]), "--qr", demo_path(d, "ask.png"));

    asked = demo_text(d, NULL, "id");
    asked_uri = demo_text(d, NULL, "request_uri");
    return ok;
}

/* Where the answer to the last request goes: it stands in the request that everybody with its
 * address may read. */
static const char *answer_to(struct demo *d)
{
    const char *at = strstr(asked_uri, "/request/");

    return at == NULL ? ""
                      : jm_format(d->cmd->mem, "%.*s/response/%s", (int)(at - asked_uri), asked_uri,
                                  at + 9);
}

static const char *claims_of(size_t service)
{
    return service == 0 ? "full_name,age_over_19" : "family_name,given_name,age_over_19";
}

static bool is_shown(struct demo *d, const char *phone, size_t service)
{
    return WALLET(d, phone, "respond", "--approve", claims_of(service), demo_path(d, "ask.png"));
}

static bool is_written(struct demo *d, const char *phone, size_t service, const char *file)
{
    return WALLET(d, phone, "respond", "--approve", claims_of(service), "--out", demo_path(d, file),
                  demo_path(d, "ask.png"));
}

static bool is_judged(struct demo *d, const struct party *p, size_t service, const char *keep)
{
    return RUN(d, p->home, "verifier", "result", asked, "--key-file",
               key_of(d, p->service[service]), "--wait", "10", "--presentation",
               demo_path(d, keep));
}

static void bank_accepts(struct demo *d)
{
    bool ok =
        ask_holder(d, &bank, 0) && is_shown(d, "phone", 0) && is_judged(d, &bank, 0, "bank-0");

    if (ok && strcmp(demo_text(d, "claims", "full_name"), citizen.name) != 0)
        d->got = "another name";
    else if (ok &&
             jm_json_get(jm_json_get(d->answer, "claims"), "age_over_19")->type != JM_JSON_TRUE)
        d->got = "not 19";
    else
        came_to(d, ok, "accepted: name, 19 or older");
}

static void replay_answer(struct demo *d)
{
    bool ok = ask_holder(d, &bank, 1) && is_written(d, "phone", 1, "answer");

    bank_body = answer_to(d);
    ok = ok && demo_post(d, bank_body, "answer") && is_judged(d, &bank, 1, "bank-1");
    citizen.family = demo_text(d, "claims", "family_name");
    citizen.given = demo_text(d, "claims", "given_name");
    /* The very same octets would hear the first outcome: a client may send them again by itself. */
    if (!ok ||
        !demo_write(d, "another",
                    jm_format(d->cmd->mem, "%s&again=1", jm_cstr(d->cmd, demo_read(d, "answer")))))
        note_failure(d);
    else if (demo_post(d, bank_body, "another"))
        d->got = "accepted twice";
}

static bool does_present(struct demo *d, const char *phone, const struct party *p, size_t service,
                         const char *keep)
{
    return ask_holder(d, p, service) && is_shown(d, phone, service) &&
           is_judged(d, p, service, keep);
}

static void hospital_accepts(struct demo *d)
{
    came_to(d,
            does_present(d, "phone", &hospital, 0, "hospital-0") &&
                does_present(d, "phone", &hospital, 1, "hospital-1"),
            "accepted");
}

static const char *sentence_of(struct demo *d, size_t octets, size_t shared)
{
    return shared < DEMO_CHANCE
               ? "nothing shared"
               : jm_format(d->cmd->mem, "%zu of %zu octets shared", shared, octets);
}

/* In both formats, against the neighbour's copies; and the same comparison must find that a copy is
 * equal to itself. */
static void compare_unlinkable(struct demo *d)
{
    const struct jm_bytes value[] = {jm_str(citizen.name), jm_str(citizen.family),
                                     jm_str(citizen.given)};

    if (!does_present(d, "neighbour", &bank, 0, "neighbour-0") ||
        !does_present(d, "neighbour", &bank, 1, "neighbour-1")) {
        note_failure(d);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct jm_bytes a = demo_read(d, i == 0 ? "bank-0" : "bank-1"),
                        b = demo_read(d, i == 0 ? "hospital-0" : "hospital-1"),
                        c = demo_read(d, i == 0 ? "neighbour-0" : "neighbour-1");
        size_t shared, same, octets;

        if (demo_compare(&same, &octets, a, a, c, value, 3, d->cmd->mem) != JM_OK ||
            same < DEMO_CHANCE ||
            demo_compare(&shared, &octets, a, b, c, value, 3, d->cmd->mem) != JM_OK) {
            d->got = "cannot be compared";
            return;
        }
        d->got = sentence_of(d, octets, shared);
        if (shared >= DEMO_CHANCE)
            return;
    }
}

/* -- refused at the desk -- */

static void no_case_for(struct demo *d, const struct person *p, bool found)
{
    if (!found)
        note_failure(d);
    else if (DESK(d, "open", "--person", p->id, "--issue-date",
                  p->date[0] == '\0' ? "2024-01-02" : p->date, "--authority",
                  p->authority[0] == '\0' ? "-" : p->authority))
        d->got = "a case was opened";
}

static void refuse_sixteen(struct demo *d)
{
    struct person p;
    bool found = FIND(d, &p, "--min-age", "16", "--max-age", "16");

    no_case_for(d, &p, found);
}

static void no_plastic(struct demo *d)
{
    struct person p;
    bool found = FIND(d, &p, "--region", OPEN_REGION, "--min-age", "18", "--plastic", "none");

    if (!found)
        found = FIND(d, &p, "--min-age", "18", "--plastic", "none");
    no_case_for(d, &p, found);
}

static void not_open(struct demo *d)
{
    struct person p;
    bool found = FIND(d, &p, "--region", CLOSED_REGION, "--min-age", "18", "--plastic", "valid");

    no_case_for(d, &p, found);
}

/* -- other phones -- */

static void scan_photographed(struct demo *d)
{
    const char *here = "";
    bool ok = new_phone(d, "neighbour") && new_phone(d, "thief") &&
              open_case(d, &neighbour, "desk.png", &here) &&
              is_scanned(d, "neighbour", "desk.png", here);

    if (!ok)
        note_failure(d);
    else if (RUN(d, "thief", "wallet", "receive", "--passphrase-file", words_of(d, "thief"),
                 demo_path(d, "desk.png")))
        d->got = "a second phone got it";
    else
        d->got = d->code;
    desk_case = here;
}

static void clerk_is_told(struct demo *d)
{
    bool ok = DESK(d, "show", desk_case) && jm_json_get(d->answer, "second_phone") != NULL &&
              jm_json_get(d->answer, "second_phone")->type == JM_JSON_TRUE;

    came_to(d, ok && is_received(d, "neighbour", desk_case),
            "second phone tried; the first one is served");
}

static bool takes_over(struct demo *d)
{
    const char *here = "";
    bool ok = new_phone(d, "second") && open_case(d, &citizen, "desk.png", &here) &&
              is_scanned(d, "second", "desk.png", here) && is_received(d, "second", here);

    loss_of_second = demo_text(d, NULL, "loss_code");
    return ok;
}

static struct jm_bytes read_lists(struct demo *d)
{
    const struct jm_json *all, *list;
    struct jm_bytes each[32], out;
    size_t n = 0;

    if (jm_json_parse(&all,
                      demo_get(d,
                               jm_format(d->cmd->mem, "%s/l", demo_url(d, "authority", "status")),
                               "application/json"),
                      d->cmd->mem, NULL) != JM_OK ||
        (list = jm_json_get(all, "status_lists")) == NULL)
        return jm_none();
    for (const struct jm_json *l = list->child; l != NULL && n < 32; l = l->next) {
        each[n++] = demo_get(d, jm_cstr(d->cmd, l->text), "application/statuslist+jwt");
        each[n++] = demo_get(d, jm_cstr(d->cmd, l->text), "application/statuslist+cwt");
    }
    return jm_concat(&out, d->cmd->mem, each, n) == JM_OK ? out : jm_none();
}

/* Until the lists that everybody reads are others than @p before, and all of them are out: they
 * come one after another. */
static bool is_published(struct demo *d, struct jm_bytes before)
{
    struct jm_bytes now = read_lists(d), last = before;
    unsigned still = 0;

    for (uint64_t until = demo_ms() + PUBLISHED_MS; demo_ms() < until && still < SETTLED;
         now = read_lists(d)) {
        still = jm_bytes_eq(now, before) || !jm_bytes_eq(now, last) ? 0 : still + 1;
        last = now;
        demo_nap();
    }
    if (still < SETTLED)
        d->got = "no list was published";
    return still >= SETTLED;
}

static void second_phone(struct demo *d)
{
    bool ok = ask_holder(d, &bank, 0) && is_written(d, "phone", 0, "old-answer");
    const char *where = answer_to(d);
    struct jm_bytes before = read_lists(d);

    ok = ok && takes_over(d) && is_published(d, before);
    if (!ok)
        note_failure(d);
    else if (demo_post(d, where, "old-answer"))
        d->got = "the first phone's copy was accepted";
}

static void first_phone_ends(struct demo *d)
{
    if (RUN(d, "phone", "wallet", "refresh", "--passphrase-file", words_of(d, "phone")))
        d->got = "refreshed";
}

/* -- loss -- */

static void phone_lost(struct demo *d)
{
    bool ok = ask_holder(d, &bank, 0) && is_written(d, "second", 0, "lost-answer");
    const char *where = answer_to(d);
    struct jm_bytes before = read_lists(d);

    ok = ok && demo_write(d, "loss", loss_of_second) &&
         RUN(d, "authority", "lost", "--loss-code-file", demo_path(d, "loss"), "--issuer",
             demo_url(d, "authority", "issuer"), "phone") &&
         is_published(d, before);
    if (!ok)
        note_failure(d);
    else if (demo_post(d, where, "lost-answer"))
        d->got = "a lost phone was accepted";
}

static void release_hold(struct demo *d)
{
    bool ok = DESK(d, "resume", "--person", citizen.id, "--issue-date", citizen.date, "--authority",
                   citizen.authority) &&
              RUN(d, "second", "wallet", "refresh", "--passphrase-file", words_of(d, "second")) &&
              does_present(d, "second", &bank, 0, "again");

    came_to(d, ok, "accepted");
}

static void plastic_lost(struct demo *d)
{
    bool ok = ask_holder(d, &bank, 1) && is_written(d, "second", 1, "last-answer");
    const char *where = answer_to(d);
    struct jm_bytes before = read_lists(d);

    ok = ok && DESK(d, "plastic-lost", "--person", citizen.id) && is_published(d, before);
    if (!ok)
        note_failure(d);
    else if (demo_post(d, where, "last-answer"))
        d->got = "a void card was accepted";
}

static void for_good(struct demo *d)
{
    if (DESK(d, "resume", "--person", citizen.id, "--issue-date", citizen.date, "--authority",
             citizen.authority))
        d->got = "resumed";
    else if (RUN(d, "second", "wallet", "refresh", "--passphrase-file", words_of(d, "second")))
        d->got = "refreshed";
    else
        no_case_for(d, &citizen, true);
}

/* -- plastic with a chip -- */

#define HOLDERS_PIN "271828"

static const char *order, *chip;

static void order_chip(struct demo *d)
{
    bool ok = DESK(d, "order", "--person", citizen.id, "--kind", "ic", "--won", "10000", "--method",
                   "card");
    struct jm_bytes id = {NULL, 0}, rule = {NULL, 0};
    int64_t won = 0;

    ok = ok && jm_json_str(&id, d->answer, "order") == JM_OK &&
         jm_json_str(&rule, d->answer, "rule") == JM_OK &&
         jm_json_int(&won, jm_json_get(d->answer, "won")) == JM_OK;
    if (ok)
        order = jm_cstr(d->cmd, id);
    came_to(d, ok,
            ok ? jm_format(d->cmd->mem, "%s: %lld won", jm_cstr(d->cmd, rule), (long long)won)
               : "");
}

static void produce_chip(struct demo *d)
{
    bool ok = RUN(d, "authority", "card", "produce", "--out", demo_path(d, "."));
    struct jm_bytes serial = {NULL, 0};

    ok = ok && jm_json_str(&serial, jm_json_get(d->answer, "orders")->child, "serial") == JM_OK;
    if (ok)
        chip = demo_path(d, jm_format(d->cmd->mem, "%s.chip", jm_cstr(d->cmd, serial)));
    came_to(d,
            ok && DESK_LIST(d, "orders") &&
                jm_json_is_str(jm_json_get(jm_json_get(d->answer, "orders")->child, "state"),
                               "READY"),
            "READY");
}

/* The holder types the PIN; the chief's key lets the reader set it. */
static void collect_chip(struct demo *d)
{
    bool ok = DESK(d, "hand-over", order);
    bool collected = ok && demo_is(d, "state", "COLLECTED");

    ok = collected && demo_write(d, "card.pin", HOLDERS_PIN) &&
         RUN(d, "authority", "staff", "keygen", "--out", demo_path(d, "chief.key")) &&
         demo_write(d, "chief.jwk", jm_cstr(d->cmd, d->answer->raw)) &&
         RUN(d, "authority", "staff", "add", "chief", "--role", "supervisor", "--centre", CENTRE,
             "--key", demo_path(d, "chief.jwk")) &&
         RUN(d, "authority", "desk", "chip-pin", "--as", demo_path(d, "chief.key"), "--person",
             citizen.id, "--reader", jm_format(d->cmd->mem, "memory:%s", chip), "--reason",
             "handed over", "--new-pin-file", demo_path(d, "card.pin"));
    came_to(d, ok, "COLLECTED");
}

static bool is_tapped(struct demo *d, const char *phone, const char *pin_file)
{
    const char *issuer = demo_url(d, "authority", "issuer");
    struct jm_buf b;

    if (jm_alloc_buf(&b, d->cmd->mem, 512) != JM_OK ||
        jm_buf_put(&b, JM_BYTES("openid-credential-offer://?")) != JM_OK ||
        jm_form_put(&b, "credential_offer_uri",
                    jm_str(jm_format(d->cmd->mem, "%s/offer", issuer))) != JM_OK)
        return false;
    return RUN(d, phone, "wallet", "tap", "--passphrase-file", words_of(d, phone), "--reader",
               jm_format(d->cmd->mem, "memory:%s", chip), "--pin-file", demo_path(d, pin_file),
               jm_cstr(d->cmd, jm_written(b)));
}

static void tap_card(struct demo *d)
{
    bool ok = new_phone(d, "third") && is_tapped(d, "third", "card.pin");
    int64_t copies = 0;

    ok = ok && jm_json_int(&copies, jm_json_get(d->answer, "copies")) == JM_OK;
    came_to(d, ok, jm_format(d->cmd->mem, "%lld copies", (long long)copies));
}

static void tap_again(struct demo *d)
{
    if (!new_phone(d, "fourth") || !is_tapped(d, "fourth", "card.pin") ||
        !does_present(d, "fourth", &bank, 0, "tapped"))
        note_failure(d);
    else if (RUN(d, "third", "wallet", "refresh", "--passphrase-file", words_of(d, "third")))
        d->got = "refreshed";
}

static void wrong_pin(struct demo *d)
{
    if (!demo_write(d, "guessed", "000000"))
        note_failure(d);
    else if (is_tapped(d, "thief", "guessed"))
        d->got = "a thief got it";
}

static void chip_lost(struct demo *d)
{
    if (!DESK(d, "plastic-lost", "--person", citizen.id))
        note_failure(d);
    else if (RUN(d, "fourth", "wallet", "refresh", "--passphrase-file", words_of(d, "fourth")))
        d->got = "refreshed";
    else if (is_tapped(d, "third", "card.pin"))
        d->got = "a lost card was accepted";
}

/* -- bad requests, bad answers -- */

static const char *expired_at;

static void over_asking(struct demo *d)
{
    bool ok = is_registered(d, &bookshop, bookshop_narrowed) &&
              RUN(d, "neighbour", "trust", "import", demo_set(d), "--pin", pin);

    if (!ok || !ask_holder(d, &bookshop, 1))
        note_failure(d);
    else if (is_shown(d, "neighbour", 0))
        d->got = "shown";
}

static void show_tampered(struct demo *d)
{
    bool ok = ask_holder(d, &bank, 0) && is_written(d, "neighbour", 0, "whole");
    const char *text = jm_cstr(d->cmd, demo_read(d, "whole"));
    size_t n = strlen(text);
    char *bent = jm_format(d->cmd->mem, "%s", text);

    bank_body = answer_to(d);
    if (!ok || n < 8) {
        note_failure(d);
        return;
    }
    bent[n - 4] = bent[n - 4] == 'A' ? 'B' : 'A'; /* in the tag of the encryption */
    if (!demo_write(d, "bent", bent) || demo_post(d, bank_body, "bent"))
        d->got = "accepted";
}

static void other_verifier(struct demo *d)
{
    if (!ask_holder(d, &hospital, 0))
        note_failure(d);
    else if (demo_post(d, answer_to(d), "whole"))
        d->got = "accepted";
}

static void show_untouched(struct demo *d)
{
    came_to(d, demo_post(d, bank_body, "whole"), "accepted");
}

static void show_expired(struct demo *d)
{
    bool ok = ask_holder(d, &bookshop, 0) &&
              WALLET(d, "neighbour", "respond", "--approve", "age_over_19", "--out",
                     demo_path(d, "late"), demo_path(d, "ask.png"));

    expired_at = answer_to(d);
    for (uint64_t until = demo_ms() + 20000; ok && demo_ms() < until; demo_nap()) {
        (void)RUN(d, bookshop.home, "verifier", "result", asked, "--key-file", key_of(d, "adult"));
        if (demo_is(d, "state", "EXPIRED"))
            break;
    }
    if (!ok)
        note_failure(d);
    else if (demo_post(d, expired_at, "late"))
        d->got = "accepted";
}

static void verify_audit(struct demo *d)
{
    came_to(d, RUN(d, "authority", "audit", "verify"), "intact");
}

const struct demo_step demo_steps[] = {
    {"authority", "serving", make_authority},
    {"population", "1000 people", make_population},
    {"clerk", "may sign in", add_clerk},
    {"people", "found", find_people},
    {"parties", "serving", register_parties},
    {"desk-opens", "QR drawn", desk_opens},
    {"phone-scans", "one sign on both screens", phone_scans},
    {"card-comes", "10 copies", card_comes},
    {"bank-accepts", "accepted: name, 19 or older", bank_accepts},
    {"replay", "JM_VER_ANSWERED", replay_answer},
    {"hospital-accepts", "accepted", hospital_accepts},
    {"photographed", "JM_WALLET_TICKET_TAKEN", scan_photographed},
    {"clerk-is-told", "second phone tried; the first one is served", clerk_is_told},
    {"unlinkable", "nothing shared", compare_unlinkable},
    {"sixteen", "JM_ELIG_UNDER_17", refuse_sixteen},
    {"no-plastic", "JM_ELIG_NO_CARD", no_plastic},
    {"not-open", "JM_ELIG_REGION_NOT_OPEN", not_open},
    {"second-phone", "JM_SDJWT_STATUS_REVOKED", second_phone},
    {"first-phone-ends", "JM_WALLET_CARD_ENDED", first_phone_ends},
    {"phone-lost", "JM_SDJWT_STATUS_REVOKED", phone_lost},
    {"released", "accepted", release_hold},
    {"plastic-lost", "JM_MDOC_STATUS_REVOKED", plastic_lost},
    {"for-good", "JM_ELIG_CARD_LOST", for_good},
    {"chip-order", "F-5: 10000 won", order_chip},
    {"chip-made", "READY", produce_chip},
    {"chip-card", "COLLECTED", collect_chip},
    {"tap", "10 copies", tap_card},
    {"tap-again", "JM_WALLET_CARD_ENDED", tap_again},
    {"wrong-pin", "JM_CARD_PIN_WRONG", wrong_pin},
    {"chip-lost", "JM_CARD_LOST", chip_lost},
    {"over-asking", "JM_WALLET_OVER_ASKING", over_asking},
    {"tampered", "JM_JOSE_JWE_OPEN", show_tampered},
    {"other-verifier", "JM_VP_RESPONSE_KEY", other_verifier},
    {"untouched", "accepted", show_untouched},
    {"expired", "JM_VER_EXPIRED", show_expired},
    {"one-suspends", "JM_WALLET_RP_BLOCKED", demo_one_suspends},
    {"two-resume", "JM_LEDGER_REFUSED", demo_two_resume},
    {"lying-registry", "JM_LEDGER_BUNDLE_TRUSTSET", demo_lying_registry},
    {"older-registry", "JM_LEDGER_BUNDLE_ROLLBACK", demo_older_registry},
    {"audit", "intact", verify_audit},
};
const size_t demo_n_steps = JM_ARRAY_LEN(demo_steps);
