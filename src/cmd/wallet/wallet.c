/* SPDX-License-Identifier: Apache-2.0 */
/* jumin wallet: a holder without a phone. receive, list, show, refresh, delete; respond stands in
 * wallet_respond.c. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/remote.h"
#include "cmd/wallet/wallet.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"

#define ENGINE_ROOM (24 * JM_MIB)
#define BATCH 5
/* an attestation, a code, a token and eight addresses, each at its bound */
#define PENDING_ROOM (128 * JM_KIB)

/* -- one issuance -- */

struct run {
    struct jm_holder h;
    struct jm_vci e;
    struct jm_vci_key key[BATCH * JM_VCI_ROUNDS_MAX];
    struct jm_handle handle[BATCH * JM_VCI_ROUNDS_MAX];
    struct jm_arena pending; /* what of an issuance lies in the container while it runs */
    bool kept;
    struct jm_diag d;
};

/* Before the first copy is asked for, what would fetch it again is durable: neither end may die in
 * between and lose a card. */
static enum jm_status keep_token(struct run *r)
{
    if (r->kept || jm_vci_state(&r->e) != JM_VCI_ISSUING)
        return JM_OK;
    r->kept = true;
    JM_TRY(jm_vci_save(&r->h.w.pending, jm_vci_saved_of(&r->e), &r->pending));
    return jm_holder_save(&r->h, &r->d);
}

static enum jm_status name_key(struct jm_vci_key *out, struct run *r, const struct jm_handle *h)
{
    out->handle = jm_handle_bytes(h);
    return jm_platform_point(&out->point, &r->h.platform, h);
}

static enum jm_status begin(struct run *r)
{
    struct jm_vci_config c = {.trust = &r->h.home.trust,
                              .crypto = r->h.cmd->crypto,
                              .key = r->key,
                              .n_keys = BATCH * JM_VCI_ROUNDS_MAX,
                              .batch = BATCH,
                              .platform = JM_BYTES("cli")};
    void *room = jm_alloc(r->h.cmd->mem, ENGINE_ROOM, 1);

    if (room == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(name_key(&c.instance, r, &r->h.w.instance));
    JM_TRY(name_key(&c.dpop, r, &r->h.w.dpop));
    for (size_t i = 0; i < BATCH * JM_VCI_ROUNDS_MAX; i++) {
        JM_TRY(jm_platform_new_key(&r->h.platform, &r->handle[i], &r->key[i].point));
        r->key[i].handle = jm_handle_bytes(&r->handle[i]);
    }
    return jm_vci_init(&r->e, &c, room, ENGINE_ROOM);
}

/* The engine's reason, and in it what the server said. */
static enum jm_status engine_said(struct run *r, enum jm_status st)
{
    const struct jm_diag *d = jm_vci_diag(&r->e);
    struct jm_bytes says = jm_vci_server_says(&r->e);

    if (d->code == JM_CODE_NONE)
        return st;
    return jm_refuse(&r->d, st, d->code,
                     says.len == 0 ? (const char *)d->detail.ptr
                                   : jm_format(r->h.cmd->mem, "%.*s: %.*s", (int)d->detail.len,
                                               (const char *)d->detail.ptr, (int)says.len,
                                               (const char *)says.ptr));
}

static size_t run_asks(const void *self, const struct jm_ask **asks)
{
    return jm_vci_asks(&((const struct run *)self)->e, asks);
}

static enum jm_status run_answer(void *self, uint32_t id, const struct jm_answer *a, int64_t at_s)
{
    struct run *r = self;

    JM_TRY(jm_vci_answer(&r->e, id, a, at_s));
    return r->pending.cap == 0 ? JM_OK : keep_token(r);
}

static enum jm_status drive(struct run *r)
{
    const struct jm_driver d = jm_platform_driver(&r->h.platform);
    struct jm_engine e = {r, run_asks, run_answer};
    enum jm_status st = jm_drive(&d, e, JM_OK);

    return st == JM_OK ? JM_OK : engine_said(r, st);
}

static int64_t until_of(const struct jm_vci_credential *c, const struct jm_cmd *cmd)
{
    struct jm_sdjwt_facts facts;
    struct jm_mdoc_copy copy;
    struct jm_sdjwt s;

    if (c->fmt == JM_FMT_MDOC)
        return jm_mdoc_copy_read(&copy, c->octets, cmd->mem) == JM_OK ? copy.valid_until_s : 0;
    return jm_sdjwt_split(&s, c->octets, cmd->crypto, cmd->mem, NULL) == JM_OK &&
                   jm_sdjwt_facts(&facts, s.payload) == JM_OK
               ? facts.exp
               : 0;
}

/* Fresh copies replace those of the same card: a copy that was shown is of no more use. */
static enum jm_status keep(struct run *r, struct jm_wallet_card *card)
{
    struct jm_vci_result x;
    struct jm_arena *mem = r->h.cmd->mem;

    JM_TRY(jm_vci_result(&x, &r->e));
    card->issuer = x.issuer;
    card->issuer_name = x.issuer_name;
    card->received = jm_home_now(&r->h.home);
    card->state = JM_WCARD_ACTIVE;
    card->why = jm_none();
    JM_TRY(jm_vci_save(&card->saved, jm_vci_saved_of(&r->e), mem));
    if ((card->copy = JM_NEW_N(mem, struct jm_wallet_copy, x.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    if (x.loss_code.len != 0)
        card->loss_code = x.loss_code;
    card->n = x.n;
    for (size_t i = 0; i < x.n; i++) {
        const struct jm_vci_credential *c = &x.credential[i];

        card->copy[i] = (struct jm_wallet_copy){c->fmt,    c->type,
                                                c->octets, r->handle[c->key],
                                                false,     until_of(c, r->h.cmd)};
    }
    return JM_OK;
}

static enum jm_status note(struct run *r, struct jm_bytes who, const char *outcome)
{
    struct jm_wallet_event e = {jm_home_now(&r->h.home), who, jm_none(), jm_none(),
                                jm_str(outcome),         0};

    return jm_wallet_add_event(&r->h.w, &e, r->h.cmd->mem);
}

static enum jm_status match_code(struct run *r, struct jm_bytes *out)
{
    const char *file = jm_opt(r->h.cmd, "tx-code-file");

    if (file != NULL)
        /* read only now, so that a FIFO serves */
        return jm_secret_file(out, file, r->h.cmd, &r->d);
    return jm_ask_line(out, r->h.cmd, "ask.match-code");
}

static void show_sign(struct run *r)
{
    const char *sign = jm_vci_sign(&r->e);

    if (r->h.cmd->common.json)
        (void)jm_cmd_json(
            jm_str(jm_format(r->h.cmd->mem, "{\"state\":\"bound\",\"sign\":\"%s\"}", sign)));
    else
        JM_SAY(r->h.cmd, "say.sign", sign);
    (void)fflush(stdout);
}

/* With neither terminal nor file the wallet keeps its state and says what is missing; --continue
 * goes on. */
static enum jm_status wait_for_code(struct run *r)
{
    JM_TRY(jm_vci_save(&r->h.w.pending, jm_vci_saved_of(&r->e), r->h.cmd->mem));
    JM_TRY(jm_holder_save(&r->h, &r->d));
    return jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_MATCH_CODE_NEEDED, NULL);
}

static enum jm_status watch_over(struct run *r)
{
    void *room = jm_alloc(r->h.cmd->mem, PENDING_ROOM, 1);

    if (room == NULL)
        return JM_E_NO_SPACE;
    jm_arena_init(&r->pending, room, PENDING_ROOM);
    return JM_OK;
}

static enum jm_status keep_new(struct run *r)
{
    struct jm_wallet_card card;

    memset(&card, 0, sizeof card);
    JM_TRY(keep(r, &card));
    JM_TRY(jm_wallet_add_card(&r->h.w, &card, r->h.cmd->mem));
    r->h.w.pending = jm_none();
    JM_TRY(note(r, card.issuer, "received"));
    return jm_holder_save(&r->h, &r->d);
}

static enum jm_status finish(struct run *r)
{
    struct jm_bytes code;
    enum jm_status st;

    if (match_code(r, &code) != JM_OK)
        return r->d.code != JM_CODE_NONE && r->d.code != JM_CMD_FILE_READ ? JM_E_DENIED
                                                                          : wait_for_code(r);
    JM_TRY(watch_over(r));
    st = jm_vci_event(&r->e, JM_EVENT_MESSAGE, code, jm_home_now(&r->h.home));
    st = st == JM_OK ? drive(r) : engine_said(r, st);
    if (st != JM_OK) {
        /* a wrong code: the ticket lives, --continue tries again */
        if (jm_vci_state(&r->e) == JM_VCI_BOUND) {
            JM_TRY(jm_vci_save(&r->h.w.pending, jm_vci_saved_of(&r->e), r->h.cmd->mem));
            JM_TRY(jm_holder_save(&r->h, &r->d));
        }
        return st;
    }
    return keep_new(r);
}

/* The token had come, the copies had not: they are asked for again, and a loss code that is surely
 * in the holder's hands. */
static enum jm_status finish_with_token(struct run *r, const struct jm_vci_saved *saved)
{
    enum jm_status st;

    r->kept = true;
    r->e.config.new_loss_code = true;
    st = jm_vci_refresh(&r->e, saved, jm_home_now(&r->h.home));
    st = st == JM_OK ? drive(r) : engine_said(r, st);
    return st == JM_OK ? keep_new(r) : st;
}

static enum jm_status receive_work(struct run *r)
{
    struct jm_vci_saved saved;
    struct jm_bytes uri;

    JM_TRY(jm_holder_open(&r->h, r->h.cmd, &r->d));
    JM_TRY(begin(r));
    if (jm_opt_has(r->h.cmd, "continue")) {
        if (r->h.w.pending.len == 0 || jm_vci_saved_read(&saved, r->h.w.pending) != JM_OK)
            return jm_refuse(&r->d, JM_E_ABSENT, JM_WALLET_PENDING_NONE, NULL);
        if (saved.refresh_token.len != 0)
            return finish_with_token(r, &saved);
        enum jm_status st = jm_vci_load(&r->e, &saved);
        return st == JM_OK ? finish(r) : engine_said(r, st);
    }
    JM_TRY(jm_wallet_uri(&uri, r->h.cmd, &r->d));
    enum jm_status st = jm_vci_event(&r->e, JM_EVENT_START, uri, jm_home_now(&r->h.home));
    st = st == JM_OK ? drive(r) : engine_said(r, st);
    if (st != JM_OK)
        return st;
    show_sign(r);
    return finish(r);
}

static void answer_received(struct run *r)
{
    const struct jm_wallet_card *card = &r->h.w.card[r->h.w.n_cards - 1];
    struct jm_vci_result x;

    if (jm_vci_result(&x, &r->e) != JM_OK)
        return;
    if (r->h.cmd->common.json) {
        (void)jm_cmd_json(jm_str(jm_format(
            r->h.cmd->mem,
            "{\"state\":\"issued\",\"issuer\":\"%.*s\",\"copies\":%zu,\"loss_code\":\"%.*s\"}",
            (int)card->issuer.len, (const char *)card->issuer.ptr, card->n, (int)x.loss_code.len,
            (const char *)x.loss_code.ptr)));
        return;
    }
    JM_SAY(r->h.cmd, "say.received", jm_format(r->h.cmd->mem, "%zu", card->n),
           jm_cstr(r->h.cmd, x.loss_code));
}

static struct run *new_run(const struct jm_cmd *cmd)
{
    struct run *r = JM_NEW(cmd->mem, struct run);

    if (r != NULL)
        r->h.cmd = cmd;
    return r;
}

static int end_run(struct run *r, enum jm_status st)
{
    int code = st == JM_OK ? JM_EXIT_OK : jm_cmd_fail(r->h.cmd, st, &r->d);

    jm_holder_close(&r->h);
    return code;
}

static int run_receive(const struct jm_cmd *cmd)
{
    struct run *r = new_run(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = receive_work(r);
    if (st == JM_OK)
        answer_received(r);
    return end_run(r, st);
}

/* -- refresh -- */

/* What the issuer refuses for good or for now: the copies are wiped, the history stays (D-240,
 * D-361). */
static bool card_is_off(const struct run *r)
{
    enum jm_code code = jm_vci_refusal(&r->e);

    return code == JM_VCI_CARD_NOT_ACTIVE || code == JM_VCI_DEVICE_CLOSED ||
           code == JM_VCI_REFRESH_ENDED;
}

static enum jm_status refresh_card(struct run *r, struct jm_wallet_card *card)
{
    struct jm_vci_saved saved;
    enum jm_status st;

    if (jm_vci_saved_read(&saved, card->saved) != JM_OK)
        return jm_refuse(&r->d, JM_E_MALFORMED, JM_WALLET_CONTAINER, NULL);
    st = jm_vci_refresh(&r->e, &saved, jm_home_now(&r->h.home));
    st = st == JM_OK ? drive(r) : engine_said(r, st);
    if (st == JM_OK) {
        JM_TRY(keep(r, card));
        JM_TRY(note(r, card->issuer, "refreshed"));
        return jm_holder_save(&r->h, &r->d);
    }
    if (!card_is_off(r))
        return st;
    card->n = 0;
    card->state = JM_WCARD_NOT_VALID;
    JM_TRY(jm_dup(&card->why, r->h.cmd->mem, jm_vci_server_says(&r->e)));
    JM_TRY(note(r, card->issuer, "not valid now"));
    JM_TRY(jm_holder_save(&r->h, &r->d));
    memset(&r->d, 0, sizeof r->d);
    return jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_CARD_ENDED, (const char *)card->why.ptr);
}

static enum jm_status refresh_work(struct run *r)
{
    JM_TRY(jm_holder_open(&r->h, r->h.cmd, &r->d));
    if (r->h.w.n_cards == 0)
        return jm_refuse(&r->d, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    JM_TRY(begin(r));
    return refresh_card(r, &r->h.w.card[r->h.w.n_cards - 1]);
}

static int run_refresh(const struct jm_cmd *cmd)
{
    struct run *r = new_run(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = refresh_work(r);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(jm_str(jm_format(cmd->mem, "{\"state\":\"refreshed\",\"copies\":%zu}",
                                           r->h.w.card[r->h.w.n_cards - 1].n)));
    else if (st == JM_OK)
        JM_SAY(cmd, "say.refreshed", jm_format(cmd->mem, "%zu", r->h.w.card[r->h.w.n_cards - 1].n));
    return end_run(r, st);
}

/* -- loss and end -- */

static void wipe_copies(struct jm_wallet_card *card)
{
    for (size_t i = 0; i < card->n; i++)
        jm_wipe(&card->copy[i].key, sizeof card->copy[i].key);
    card->n = 0;
}

static enum jm_status report_work(struct run *r, const char *what, const struct jm_json **answer)
{
    struct jm_remote remote = {.cmd = r->h.cmd};
    struct jm_wallet_card *card;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_holder_open_any_time(&r->h, r->h.cmd, &r->d));
    if (r->h.w.n_cards == 0)
        return jm_refuse(&r->d, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    card = &r->h.w.card[r->h.w.n_cards - 1];
    remote.base = jm_cstr(r->h.cmd, card->issuer);
    remote.rules.allow_loopback = r->h.home.trust.synthetic;
    JM_TRY(jm_alloc_buf(&b, r->h.cmd->mem, 256));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "loss_code", card->loss_code);
    jm_json_w_mstr(&w, "what", what);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(jm_remote_call(&remote, "/loss", jm_written(b), answer, &r->d));
    /* D-361: a hold that is known ends the copies, whoever holds this phone now */
    wipe_copies(card);
    card->state = JM_WCARD_NOT_VALID;
    card->why = JM_BYTES("reported lost");
    JM_TRY(note(r, card->issuer, "reported lost"));
    return jm_holder_save(&r->h, &r->d);
}

static int run_report_lost(const struct jm_cmd *cmd)
{
    const char *what = cmd->n_operands > 0 ? cmd->operand[0] : "phone";
    const struct jm_json *answer = NULL;
    struct run *r = new_run(cmd);
    struct jm_bytes receipt, effect;
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = report_work(r, what, &answer);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(answer->raw);
    else if (st == JM_OK && jm_json_str(&receipt, answer, "receipt") == JM_OK &&
             jm_json_str(&effect, answer, "effect") == JM_OK)
        JM_SAY(cmd, jm_bytes_eq_str(effect, "paused") ? "say.reported" : "say.reported_ended",
               jm_cstr(cmd, receipt));
    return end_run(r, st);
}

/* The issuer ends it first: a copy that is only gone here would still be good elsewhere. The
 * history stays (D-356). */
static enum jm_status delete_work(struct run *r)
{
    struct jm_wallet_card *card;
    struct jm_vci_saved saved;
    enum jm_status st;

    JM_TRY(jm_holder_open(&r->h, r->h.cmd, &r->d));
    if (r->h.w.n_cards == 0)
        return jm_refuse(&r->d, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    if (!jm_opt_has(r->h.cmd, "yes") && !jm_ask_yes(r->h.cmd, "ask.delete"))
        return jm_refuse(&r->d, JM_E_DENIED, JM_WALLET_NOT_APPROVED, "--yes");
    card = &r->h.w.card[r->h.w.n_cards - 1];
    JM_TRY(begin(r));
    if (jm_vci_saved_read(&saved, card->saved) != JM_OK)
        return jm_refuse(&r->d, JM_E_MALFORMED, JM_WALLET_CONTAINER, NULL);
    st = jm_vci_delete(&r->e, &saved, jm_home_now(&r->h.home));
    st = st == JM_OK ? drive(r)
         : st == JM_E_CONFLICT
             ? jm_refuse(&r->d, st, JM_WALLET_DELETE_REFUSED, "the issuer offers no deletion")
             : engine_said(r, st);
    if (st != JM_OK && !card_is_off(r)) /* one that has ended before is only put away */
        return st;
    memset(&r->d, 0, sizeof r->d);
    JM_TRY(note(r, card->issuer, "deleted"));
    wipe_copies(card);
    r->h.w.n_cards--;
    return jm_holder_save(&r->h, &r->d);
}

static int run_delete(const struct jm_cmd *cmd)
{
    struct run *r = new_run(cmd);
    enum jm_status st;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    st = delete_work(r);
    if (st == JM_OK && cmd->common.json)
        (void)jm_cmd_json(JM_BYTES("{\"state\":\"deleted\"}"));
    else if (st == JM_OK)
        jm_say(cmd, "%s\n", jm_cmd_text(cmd, "say.deleted"));
    return end_run(r, st);
}

/* -- list, show -- */

static size_t unused(const struct jm_wallet_card *c, enum jm_fmt fmt, int64_t now)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->copy[i].fmt == fmt && !c->copy[i].used && c->copy[i].until > now;
    return n;
}

/* Opens the wallet, runs what only reads it, closes it. */
static int with_wallet(const struct jm_cmd *cmd, int (*read)(struct run *))
{
    struct run *r = new_run(cmd);
    int code;

    if (r == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    enum jm_status st = jm_holder_open_any_time(&r->h, cmd, &r->d);
    if (st != JM_OK)
        return end_run(r, st);
    code = read(r);
    (void)end_run(r, JM_OK);
    return code;
}

static int list_cards(struct run *r)
{
    int64_t now = jm_home_now(&r->h.home);

    for (size_t i = 0; i < r->h.w.n_cards; i++) {
        const struct jm_wallet_card *c = &r->h.w.card[i];
        bool ok = c->state == JM_WCARD_ACTIVE;
        struct jm_bytes name = c->issuer_name.ko.len != 0 && r->h.cmd->common.lang == JM_LANG_KO
                                   ? c->issuer_name.ko
                                   : c->issuer_name.en;

        if (r->h.cmd->common.json)
            (void)jm_cmd_json(jm_str(
                jm_format(r->h.cmd->mem,
                          "{\"issuer\":\"%.*s\",\"state\":\"%s\",\"mdoc\":%zu,\"sdjwt\":%zu}",
                          (int)c->issuer.len, (const char *)c->issuer.ptr,
                          ok ? "active" : "not valid", unused(c, JM_FMT_MDOC, now),
                          unused(c, JM_FMT_SDJWT, now))));
        else
            JM_SAY(r->h.cmd, ok ? "say.card" : "say.card-off", jm_cstr(r->h.cmd, name),
                   jm_format(r->h.cmd->mem, "%zu", unused(c, JM_FMT_MDOC, now)),
                   jm_format(r->h.cmd->mem, "%zu", unused(c, JM_FMT_SDJWT, now)));
    }
    if (r->h.w.n_cards == 0)
        return jm_cmd_refuse(r->h.cmd, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
    return JM_EXIT_OK;
}

static int run_list(const struct jm_cmd *cmd)
{
    return with_wallet(cmd, list_cards);
}

static void put_value(struct jm_json_w *w, const struct jm_claim *c, bool values)
{
    bool secret = false;

    for (const struct jm_claim *x = c; x != NULL; x = x->up)
        secret = secret || jm_bytes_eq_str(x->name, "resident_registration_number") ||
                 jm_bytes_eq_str(x->name, "portrait");
    jm_json_w_raw(w, values && !secret ? c->json->raw : JM_BYTES("\"*\""));
}

/* Each value that can be shown, by the name that a consent would give it. */
static void show_claims(const struct run *r, const struct jm_claims *all, const struct jm_claim *at,
                        bool carried, bool values)
{
    struct jm_bytes name;
    struct jm_json_w w;
    struct jm_buf b;

    for (const struct jm_claim *c = at->child; c != NULL; c = c->next) {
        bool here = carried || c->part != 0;

        if (c->kind != JM_CLAIM_VALUE) {
            show_claims(r, all, c, here, values);
            continue;
        }
        if (!here || jm_claim_name(&name, all, c, r->h.cmd->mem) != JM_OK ||
            jm_alloc_buf(&b, r->h.cmd->mem, 64 + 6 * name.len + c->json->raw.len) != JM_OK)
            continue;
        jm_json_w_init(&w, &b);
        if (r->h.cmd->common.json) {
            jm_json_w_open(&w, '{');
            jm_json_w_mtext(&w, "claim", name);
            jm_json_w_name(&w, "value");
        }
        put_value(&w, c, values);
        if (r->h.cmd->common.json)
            jm_json_w_close(&w, '}');
        if (jm_json_w_end(&w) != JM_OK)
            continue;
        if (r->h.cmd->common.json)
            (void)jm_cmd_json(jm_written(b));
        else
            jm_say(r->h.cmd, "%-30.*s %.*s\n", (int)name.len, (const char *)name.ptr, (int)b.len,
                   (const char *)b.ptr);
    }
}

/* Claim names of the newest card; values only with --show-values, resident number and portrait
 * never. */
static int show_card(struct run *r)
{
    const struct jm_cmd *cmd = r->h.cmd;

    for (size_t i = r->h.w.n_cards; i-- > 0;) {
        const struct jm_wallet_card *c = &r->h.w.card[i];
        struct jm_claims claims;
        struct jm_sdjwt s;

        for (size_t k = 0; k < c->n; k++) {
            if (c->copy[k].fmt != JM_FMT_SDJWT ||
                jm_sdjwt_split(&s, c->copy[k].octets, cmd->crypto, cmd->mem, NULL) != JM_OK ||
                jm_claims_of_sdjwt(&claims, &s, cmd->mem) != JM_OK)
                continue;
            show_claims(r, &claims, claims.root, false, jm_opt_has(cmd, "show-values"));
            return JM_EXIT_OK;
        }
    }
    return jm_cmd_refuse(cmd, JM_E_ABSENT, JM_WALLET_NO_CARD, NULL);
}

static int run_show(const struct jm_cmd *cmd)
{
    return with_wallet(cmd, show_card);
}

static const struct jm_option receive_options[] = {
    {"passphrase-file", 0, "FILE", 0},
    {"tx-code-file", 0, "FILE", 0},
    {"continue", 0, NULL, 0},
};
const struct jm_command jm_command_wallet_receive = {
    .name = "wallet receive",
    .operands = "URI|PICTURE",
    .max_operands = 1,
    .options = receive_options,
    .n_options = JM_ARRAY_LEN(receive_options),
    .example = {"wallet receive desk.png", "wallet receive --continue --tx-code-file code"},
    .run = run_receive,
};
static const struct jm_option open_options[] = {{"passphrase-file", 0, "FILE", 0}};
const struct jm_command jm_command_wallet_refresh = {
    .name = "wallet refresh",
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet refresh", "wallet refresh --passphrase-file words"},
    .run = run_refresh,
};
const struct jm_command jm_command_wallet_report_lost = {
    .name = "wallet report-lost",
    .operands = "phone|card|plastic",
    .max_operands = 1,
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet report-lost", "wallet report-lost plastic --json"},
    .run = run_report_lost,
};
static const struct jm_option delete_options[] = {{"passphrase-file", 0, "FILE", 0},
                                                  {"yes", 0, NULL, 0}};
const struct jm_command jm_command_wallet_delete = {
    .name = "wallet delete",
    .options = delete_options,
    .n_options = JM_ARRAY_LEN(delete_options),
    .example = {"wallet delete", "wallet delete --yes --json"},
    .run = run_delete,
};
const struct jm_command jm_command_wallet_list = {
    .name = "wallet list",
    .options = open_options,
    .n_options = JM_ARRAY_LEN(open_options),
    .example = {"wallet list", "wallet list --json"},
    .run = run_list,
};
static const struct jm_option show_options[] = {{"passphrase-file", 0, "FILE", 0},
                                                {"show-values", 0, NULL, 0}};
const struct jm_command jm_command_wallet_show = {
    .name = "wallet show",
    .options = show_options,
    .n_options = JM_ARRAY_LEN(show_options),
    .example = {"wallet show", "wallet show --show-values"},
    .run = run_show,
};
