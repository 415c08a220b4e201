/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the browser may call. Only this room uses export_name. The module allocates nothing and
 * imports nothing: the page writes a JSON object into the room, calls, and reads another. It calls
 * _initialize() first, and renews its view of the memory after each call.
 *
 *   {"do":"open","trust":…,"pin":…,"at":…,"verdicts":[…],"state":…|"keys":[{"kept":…},…]}  →
 * {"keys":[{"handle","kept"}…],…,"state" of a new one}, or {"ask"}: of a set that a ledger proves,
 * the next signature; the page opens again with its verdict behind the others
 *   {"do":"begin","op":…,"uri":…,"body":…,"instance":…,"dpop":…,"korean":…,"at":…}  →
 * {"state","ask"}
 *   {"do":"answer","id":…,"st":…,"octets":…,"http":…,"kept":…,"at":…}      → {"state","ask"}
 *   {"do":"look","at":…}    → the cards, the history
 *   {"do":"reveal"}         → {"claims":[{"name","value"}…]} of the newest card, to its holder
 *   {"do":"pin","pin":…}    → {"fault"}: why it may not be the PIN; empty: it may
 *   {"do":"loss"}           → {"issuer","loss_code"} of it
 *   {"do":"forget","event":…} → {"state"} without that event of the history
 *   {"do":"lock","on":…}    → {"state"}: no card answers, or they do again
 *   {"do":"seen"}           → {"state"}: its holder knows what has changed
 *   {"do":"history","on":…} → {"state"}: whether one is kept
 *   {"do":"sort","text":…}  → {"op"}, the operation that a link is for; none: not ours; of a reader
 * elsewhere also {"issuer","code","offer"}, or "why" it is none
 *
 * Octets are base64url. Private keys are handles here: `kept` is what the page has wrapped, and
 * only it can open. The holder's engine is jumin/holder.h; nothing is decided twice.
 */
#include <string.h>

#include "asks.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/form.h"
#include "jumin/trust_proven.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

#define ROOM (16 * JM_MIB)
#define KEYS_MAX (JM_WALLET_COPIES_MAX + 64)

static uint8_t room[ROOM], memory[48 * JM_MIB], scratch[24 * JM_MIB];

static struct {
    struct jm_arena mem, call; /* of what is open; of one call */
    struct jm_trust trust;
    struct jm_wallet w;
    struct jm_wallet_key key[KEYS_MAX];
    size_t n_keys;
    uint64_t last; /* handle */
    struct jm_holder h;
    bool is_open, has_begun;
} now;

/* -- keys: what the page keeps of them -- */

static enum jm_status add_key(struct jm_handle *out, struct jm_bytes kept)
{
    struct jm_wallet_key *k = &now.key[now.n_keys];

    if (now.n_keys == KEYS_MAX || kept.len == 0 || kept.len > JM_WALLET_KEPT_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_dup(&k->kept, &now.mem, kept));
    *out = k->handle = jm_wallet_handle(++now.last);
    now.n_keys++;
    return JM_OK;
}

static void forget_keys(struct jm_bytes handles)
{
    for (size_t at = 0; at + JM_HANDLE_LEN <= handles.len; at += JM_HANDLE_LEN)
        for (size_t i = 0; i < now.n_keys; i++)
            if (jm_bytes_eq(jm_handle_bytes(&now.key[i].handle),
                            jm_slice(handles, at, JM_HANDLE_LEN)))
                now.key[i--] = now.key[--now.n_keys];
}

/* -- open -- */

/* What the page has said of each signature, in their order; the first without a verdict is asked.
 */
struct verdicts {
    const struct jm_json *next;
    struct jm_ask ask;
};

static enum jm_status take_verdict(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                   struct jm_bytes data, struct jm_bytes sig)
{
    struct verdicts *v = ctx;
    const struct jm_json *said = v->next;

    if (said == NULL) { /* what is judged gives its memory back: the question outlives it */
        v->ask = (struct jm_ask){.kind = JM_ASK_VERIFY, .id = 1, .alg = alg};
        JM_TRY(jm_dup(&v->ask.key, &now.call, key));
        JM_TRY(jm_dup(&v->ask.data, &now.call, data));
        JM_TRY(jm_dup(&v->ask.sig, &now.call, sig));
        return JM_E_PENDING;
    }
    v->next = said->next;
    if (jm_json_is_str(said, "ok"))
        return JM_OK;
    return jm_json_is_str(said, "unavailable") ? JM_E_UNAVAILABLE : JM_E_SIGNATURE;
}

static enum jm_status prove_trust(const struct jm_json *said, struct jm_bytes octets,
                                  struct jm_bytes root, struct jm_json_w *w)
{
    const struct jm_json *list = jm_json_get(said, "verdicts");
    struct verdicts v = {.next = list == NULL ? NULL : list->child};
    const struct jm_answers answers = {.verify = take_verdict, .ctx = &v};
    struct jm_reading r = {.answers = &answers, .crypto = &jm_crypto_portable, .mem = &now.mem};
    struct jm_trust_root facts;
    uint8_t pin[32];
    enum jm_status st;

    JM_TRY(jm_trust_root_read(&facts, root));
    JM_TRY(jm_json_int(&r.now, jm_json_get(said, "at")));
    if (facts.clock_start != 0)
        r.now += facts.clock_start - facts.clock_moment;
    JM_TRY(jm_sha256(&jm_crypto_portable, root, pin));
    st = jm_trust_prove(&now.trust, octets, pin, NULL, &r);
    if (st == JM_E_PENDING)
        jm_wasm_put_ask(w, &v.ask, jm_none());
    if (st == JM_OK)
        jm_wasm_put_octets(w, "root", jm_bytes(pin, sizeof pin));
    return st;
}

static enum jm_status open_trust(const struct jm_json *said, struct jm_json_w *w)
{
    struct jm_bytes octets, pin, root, bundle;
    uint8_t hash[32];

    JM_TRY(jm_wasm_octets(&octets, said, "trust", &now.mem));
    JM_TRY(jm_wasm_octets(&pin, said, "pin", &now.call));
    JM_TRY(jm_sha256(&jm_crypto_portable, octets, hash));
    if (!jm_bytes_eq(pin, jm_bytes(hash, sizeof hash)))
        return JM_E_DENIED;
    if (jm_trust_proven_is(&root, &bundle, octets))
        return prove_trust(said, octets, root, w);
    return jm_trust_open(&now.trust, octets, &now.mem);
}

/* A new wallet: its two keys, instance and DPoP. */
static enum jm_status open_new(const struct jm_json *said)
{
    const struct jm_json *keys = jm_json_get(said, "keys");
    struct jm_handle *const to[] = {&now.w.instance, &now.w.dpop};
    const struct jm_json *k = keys == NULL ? NULL : keys->child;
    struct jm_bytes kept;

    for (size_t i = 0; i < JM_ARRAY_LEN(to); i++, k = k->next) {
        if (k == NULL)
            return JM_E_MISSING;
        JM_TRY(jm_wasm_octets(&kept, k, "kept", &now.call));
        JM_TRY(add_key(to[i], kept));
    }
    return JM_OK;
}

static enum jm_status open_state(const struct jm_json *said)
{
    struct jm_wallet_keys keys;
    struct jm_bytes octets;

    JM_TRY(jm_wasm_octets(&octets, said, "state", &now.mem));
    JM_TRY(jm_wallet_read(&now.w, &keys, octets, &now.mem));
    if (keys.n > KEYS_MAX)
        return JM_E_LIMIT;
    memcpy(now.key, keys.key, keys.n * sizeof *keys.key);
    now.n_keys = keys.n;
    now.last = keys.n;
    return JM_OK;
}

/* What the page keeps at once: a wallet whose keys were lost by a reload would be another one. */
static enum jm_status put_state(struct jm_json_w *w)
{
    struct jm_wallet_keys keys = {now.key, now.n_keys};
    struct jm_bytes state;

    JM_TRY(jm_wallet_write(&state, &now.w, &keys, &now.call));
    jm_wasm_put_octets(w, "state", state);
    return JM_OK;
}

static enum jm_status do_open(const struct jm_json *said, struct jm_json_w *w)
{
    struct jm_wallet_record provider;
    enum jm_status st;

    jm_arena_reset(&now.mem);
    now.n_keys = now.last = 0;
    now.is_open = now.has_begun = false;
    memset(&now.w, 0, sizeof now.w);
    st = open_trust(said, w);
    if (st != JM_OK)
        return st == JM_E_PENDING ? JM_OK : st;
    JM_TRY(jm_json_get(said, "state") == NULL ? open_new(said) : open_state(said));
    now.is_open = true;
    jm_json_w_mopen(w, "keys", '[');
    for (size_t i = 0; i < now.n_keys; i++) {
        jm_json_w_open(w, '{');
        jm_wasm_put_octets(w, "handle", jm_handle_bytes(&now.key[i].handle));
        jm_wasm_put_octets(w, "kept", now.key[i].kept);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
    jm_json_w_mint(w, "version", (int64_t)now.trust.version);
    jm_json_w_mint(w, "issued", now.trust.issued_at);
    if (jm_trust_any_wallet(&provider, &now.trust) == JM_OK)
        jm_json_w_mtext(w, "provider", provider.base);
    jm_wasm_put_octets(w, "instance", jm_handle_bytes(&now.w.instance));
    jm_wasm_put_octets(w, "dpop", jm_handle_bytes(&now.w.dpop));
    return jm_json_get(said, "state") == NULL ? put_state(w) : JM_OK;
}

/* The page tells the real time; a synthetic country may have one of its own (D-459). */
static enum jm_status read_time(int64_t *at, const struct jm_json *said)
{
    JM_TRY(jm_json_int(at, jm_json_get(said, "at")));
    if (now.trust.synthetic && now.trust.clock_start != 0)
        *at += now.trust.clock_start - now.trust.clock_moment;
    return JM_OK;
}

/* -- one operation -- */

static const struct jm_ask *open_ask(void)
{
    const struct jm_ask *ask;

    return jm_holder_asks(&now.h, &ask) > 0 ? ask : NULL;
}

static enum jm_status put_step(struct jm_json_w *w)
{
    static const char *const names[] = {[JM_HOLDER_IDLE] = "idle",
                                        [JM_HOLDER_WORKING] = "working",
                                        [JM_HOLDER_DONE] = "done",
                                        [JM_HOLDER_FAILED] = "failed"};
    const struct jm_diag *d = jm_holder_diag(&now.h);
    const struct jm_ask *ask = open_ask();
    struct jm_wallet_keys keys = {now.key, now.n_keys};
    struct jm_bytes state = jm_none();

    if (ask != NULL && ask->kind == JM_ASK_KEEP)
        JM_TRY(jm_wallet_write(&state, &now.w, &keys, &now.call));
    jm_json_w_mstr(w, "state", names[jm_holder_state(&now.h)]);
    if (d->code != JM_CODE_NONE) {
        jm_json_w_mstr(w, "code", jm_code_info(d->code)->name);
        jm_json_w_mtext(w, "detail", d->detail);
    }
    if (jm_holder_state(&now.h) == JM_HOLDER_DONE && jm_holder_loss_code(&now.h).len != 0)
        jm_json_w_mtext(w, "loss_code", jm_holder_loss_code(&now.h));
    if (ask == NULL && jm_holder_shown(&now.h).redirect.len != 0)
        jm_json_w_mtext(w, "redirect", jm_holder_shown(&now.h).redirect);
    if (jm_holder_state(&now.h) == JM_HOLDER_DONE && jm_holder_told(&now.h).len != 0) {
        jm_json_w_name(w, "told");
        jm_json_w_raw(w, jm_holder_told(&now.h));
    }
    jm_wasm_put_ask(w, ask, state);
    return JM_OK;
}

static enum jm_status read_point(struct jm_point *out, const struct jm_json *said, const char *name)
{
    struct jm_bytes octets;

    JM_TRY(jm_wasm_octets(&octets, said, name, &now.call));
    return jm_point_set(out, JM_CURVE_P256, octets) == JM_OK ? JM_OK : JM_E_MALFORMED;
}

/* What the issuer is asked by the card: its answer is told as it came. */
static enum jm_status begin_asking(const struct jm_json *said, const struct jm_json *op, int64_t at)
{
    static const struct {
        const char *name;
        enum jm_card_act act;
    } all[] = {{"order", JM_CARD_ACT_ORDER},
               {"order-price", JM_CARD_ACT_PRICE},
               {"orders", JM_CARD_ACT_ORDERS},
               {"order-cancel", JM_CARD_ACT_CANCEL},
               {"takeover", JM_CARD_ACT_TAKEOVER}};
    struct jm_bytes body;

    JM_TRY(jm_json_opt_str(&body, said, "body"));
    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++)
        if (jm_json_is_str(op, all[i].name))
            return jm_holder_order(&now.h, all[i].act, body.len == 0 ? JM_BYTES("{}") : body, at);
    return JM_E_UNSUPPORTED;
}

static enum jm_status begin_op(const struct jm_json *said, int64_t at)
{
    const struct jm_json *op = jm_json_get(said, "op");
    struct jm_bytes uri;

    JM_TRY(jm_json_opt_str(&uri, said, "uri"));
    JM_TRY(jm_dup(&uri, &now.mem, uri));
    if (jm_json_is_str(op, "receive"))
        return jm_holder_receive(&now.h, uri, at);
    if (jm_json_is_str(op, "continue"))
        return jm_holder_continue(&now.h, at);
    if (jm_json_is_str(op, "refresh"))
        return jm_holder_refresh(&now.h, at);
    if (jm_json_is_str(op, "delete"))
        return jm_holder_delete(&now.h, at);
    if (jm_json_is_str(op, "lost"))
        return jm_holder_lost(&now.h, at);
    if (jm_json_is_str(op, "check"))
        return jm_holder_check(&now.h, at);
    if (jm_json_is_str(op, "respond"))
        return jm_holder_respond(&now.h, uri, at);
    if (jm_json_is_str(op, "tap"))
        return jm_holder_tap(&now.h, uri, at);
    if (jm_json_is_str(op, "renew"))
        return jm_holder_renew(&now.h, at);
    return begin_asking(said, op, at);
}

/* What an operation refuses is its state's to say. */
static enum jm_status do_begin(const struct jm_json *said, struct jm_json_w *w)
{
    struct jm_holder_config c = {.trust = &now.trust,
                                 .crypto = &jm_crypto_portable,
                                 .platform = JM_BYTES("web"),
                                 .looks = true,
                                 .korean = jm_json_is_true(said, "korean")};
    enum jm_status st;
    int64_t at;

    if (!now.is_open || now.has_begun)
        return JM_E_CONFLICT;
    JM_TRY(read_time(&at, said));
    JM_TRY(read_point(&c.instance, said, "instance"));
    JM_TRY(read_point(&c.dpop, said, "dpop"));
    JM_TRY(jm_holder_init(&now.h, &c, &now.w, &now.mem));
    now.has_begun = true;
    st = begin_op(said, at);
    if (st != JM_OK && jm_holder_diag(&now.h)->code == JM_CODE_NONE)
        return st;
    return put_step(w);
}

static enum jm_status do_answer(const struct jm_json *said, struct jm_json_w *w)
{
    const struct jm_ask *ask = now.has_begun ? open_ask() : NULL;
    struct jm_wasm_answer *x = JM_NEW(&now.call, struct jm_wasm_answer);
    uint8_t key[JM_HANDLE_LEN + JM_POINT_MAX];
    struct jm_handle handle;
    enum jm_status st;
    int64_t at;

    if (x == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_time(&at, said));
    JM_TRY(jm_wasm_read_answer(x, said, ask, &now.call));
    if (ask->kind == JM_ASK_NEW_KEY && x->a.st == JM_OK) {
        if (x->a.octets.len > JM_POINT_MAX)
            return JM_E_MALFORMED;
        JM_TRY(add_key(&handle, x->kept));
        memcpy(key, handle.octets, sizeof handle);
        memcpy(key + sizeof handle, x->a.octets.ptr, x->a.octets.len);
        x->a.octets = jm_bytes(key, sizeof handle + x->a.octets.len);
        jm_wasm_put_octets(w, "handle", jm_handle_bytes(&handle));
    }
    if (ask->kind == JM_ASK_FORGET && x->a.st == JM_OK)
        forget_keys(ask->data);
    st = jm_holder_answer(&now.h, x->id, &x->a, at);
    return st == JM_E_BUG ? st : put_step(w);
}

/* -- what there is -- */

static enum jm_status put_card(struct jm_json_w *w, const struct jm_wallet_card *c, int64_t at)
{
    static const char *const states[] =
        {[JM_FACE_ACTIVE] = "active", [JM_FACE_RENEW] = "renew",     [JM_FACE_LOW] = "low",
         [JM_FACE_SPENT] = "spent",   [JM_FACE_EXPIRED] = "expired", [JM_FACE_OFF] = "off",
         [JM_FACE_LOCKED] = "locked", [JM_FACE_CHANGED] = "changed"};
    size_t mark = jm_arena_mark(&now.mem);
    struct jm_wallet_face face;

    JM_TRY(jm_wallet_face(&face, c, at, &jm_crypto_portable, &now.mem));
    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "issuer", c->issuer);
    jm_json_w_mtext(w, "issuer_ko", c->issuer_name.ko);
    jm_json_w_mtext(w, "issuer_en", c->issuer_name.en);
    jm_json_w_mstr(w, "state", states[face.state]);
    jm_json_w_mbool(w, "active", c->state == JM_WCARD_ACTIVE);
    jm_json_w_mtext(w, "why", c->why);
    jm_json_w_mint(w, "received", c->received);
    jm_json_w_mint(w, "copies", (int64_t)c->n);
    jm_json_w_mint(w, "left", (int64_t)face.left);
    jm_json_w_mstr(w, "expires", face.expires);
    jm_json_w_mint(w, "days", face.days);
    jm_json_w_mbool(w, "refresh_due", face.refresh_due);
    jm_json_w_mbool(w, "can_report", c->loss_code.len != 0);
    jm_json_w_mint(w, "contact", c->contact);
    jm_json_w_mtext(w, "changed", c->changed);
    jm_json_w_close(w, '}');
    jm_arena_back(&now.mem, mark);
    return JM_OK;
}

static enum jm_status put_claims(struct jm_json_w *w, const struct jm_claims *all,
                                 const struct jm_claim *of)
{
    struct jm_bytes name;
    struct jm_cbor r;

    for (const struct jm_claim *c = of->child; c != NULL; c = c->next) {
        JM_TRY(put_claims(w, all, c));
        if (c->kind != JM_CLAIM_VALUE || c->part == 0)
            continue;
        JM_TRY(jm_claim_name(&name, all, c, &now.call));
        jm_json_w_open(w, '{');
        jm_json_w_mtext(w, "name", name);
        jm_json_w_name(w, "value");
        if (c->json != NULL) {
            jm_json_w_raw(w, c->json->raw);
        } else {
            jm_cbor_init(&r, c->cbor);
            jm_json_w_cbor(w, &r);
        }
        jm_json_w_close(w, '}');
    }
    return JM_OK;
}

/* To the holder's own eyes (D-350): what the newest card says. And the code that reports its loss.
 */
static enum jm_status do_reveal(struct jm_json_w *w)
{
    const struct jm_wallet_card *card;
    size_t mark = jm_arena_mark(&now.mem);
    struct jm_claims claims;
    enum jm_status st;

    if (!now.is_open || now.w.n_cards == 0 || now.w.card[now.w.n_cards - 1].n == 0)
        return JM_E_ABSENT;
    card = &now.w.card[now.w.n_cards - 1];
    JM_TRY(jm_wallet_claims(&claims, &card->copy[0], &jm_crypto_portable, &now.mem));
    jm_json_w_mopen(w, "claims", '[');
    st = put_claims(w, &claims, claims.root);
    jm_json_w_close(w, ']');
    jm_arena_back(&now.mem, mark);
    return st;
}

/* May this be the PIN? By the day of birth of the newest card, where there is one. */
static enum jm_status do_pin(const struct jm_json *said, struct jm_json_w *w)
{
    static const char *const faults[] = {[JM_PIN_GOOD] = "",
                                         [JM_PIN_FORM] = "form",
                                         [JM_PIN_REPEAT] = "repeat",
                                         [JM_PIN_RUN] = "run",
                                         [JM_PIN_BIRTH] = "birth"};
    const struct jm_wallet_card *card =
        now.is_open && now.w.n_cards > 0 ? &now.w.card[now.w.n_cards - 1] : NULL;
    struct jm_bytes pin, birth = jm_none();
    size_t mark = jm_arena_mark(&now.mem);
    struct jm_claims claims;

    JM_TRY(jm_json_opt_str(&pin, said, "pin"));
    if (card != NULL && card->n > 0 &&
        jm_wallet_claims(&claims, &card->copy[0], &jm_crypto_portable, &now.mem) == JM_OK)
        JM_TRY(jm_wallet_day(&birth, &claims, "birth_date", &now.call));
    jm_arena_back(&now.mem, mark);
    jm_json_w_mstr(w, "fault", faults[jm_wallet_pin(pin, birth)]);
    return JM_OK;
}

/* What a report of a loss is made of: where it goes, and the code. */
static enum jm_status do_loss(struct jm_json_w *w)
{
    const struct jm_wallet_card *card;

    if (!now.is_open || now.w.n_cards == 0)
        return JM_E_ABSENT;
    card = &now.w.card[now.w.n_cards - 1];
    jm_json_w_mtext(w, "issuer", card->issuer);
    jm_json_w_mtext(w, "loss_code", card->loss_code);
    return JM_OK;
}

/* Where its holder asks for deletion, of what was given; as the registry has it by now. */
static struct jm_bytes privacy_of(const struct jm_wallet_event *e)
{
    struct jm_use_record use;

    return e->claims.len != 0 && e->use.len != 0 &&
                   jm_trust_use(&use, &now.trust, e->rp, e->use) == JM_OK
               ? use.privacy_uri
               : jm_none();
}

static void put_event(struct jm_json_w *w, const struct jm_wallet_event *e)
{
    jm_json_w_open(w, '{');
    jm_json_w_mint(w, "at", e->at);
    jm_json_w_mtext(w, "who", e->who);
    jm_json_w_mtext(w, "rp", e->rp);
    jm_json_w_mtext(w, "use", e->use);
    jm_json_w_mtext(w, "claims", e->claims);
    jm_json_w_mtext(w, "outcome", e->outcome);
    jm_json_w_mint(w, "badge", e->badge);
    jm_json_w_mtext(w, "privacy_uri", privacy_of(e));
    jm_json_w_close(w, '}');
}

static enum jm_status do_look(const struct jm_json *said, struct jm_json_w *w)
{
    int64_t at;

    if (!now.is_open)
        return JM_E_CONFLICT;
    JM_TRY(read_time(&at, said));
    jm_json_w_mopen(w, "cards", '[');
    for (size_t i = 0; i < now.w.n_cards; i++)
        JM_TRY(put_card(w, &now.w.card[i], at));
    jm_json_w_close(w, ']');
    jm_json_w_mopen(w, "history", '[');
    for (size_t i = 0; i < now.w.n_events; i++)
        put_event(w, &now.w.event[i]);
    jm_json_w_close(w, ']');
    jm_json_w_mbool(w, "keeps_history", !now.w.no_history);
    jm_json_w_mbool(w, "pending", now.w.pending.len != 0);
    return JM_OK;
}

/* One event of the history goes; what is left is kept by the page. */
static enum jm_status do_forget(const struct jm_json *said, struct jm_json_w *w)
{
    int64_t at;

    if (!now.is_open || now.has_begun)
        return JM_E_CONFLICT;
    JM_TRY(jm_json_int(&at, jm_json_get(said, "event")));
    if (at < 0)
        return JM_E_RANGE;
    JM_TRY(jm_wallet_drop_event(&now.w, (size_t)at));
    return put_state(w);
}

/* D-356: whether there is a history. What stands there stays until its holder deletes it. */
static enum jm_status do_history(const struct jm_json *said, struct jm_json_w *w)
{
    if (!now.is_open || now.has_begun)
        return JM_E_CONFLICT;
    now.w.no_history = !jm_json_is_true(said, "on");
    return put_state(w);
}

static enum jm_status change_newest(struct jm_wallet_card **card)
{
    if (!now.is_open || now.has_begun)
        return JM_E_CONFLICT;
    if (now.w.n_cards == 0)
        return JM_E_ABSENT;
    *card = &now.w.card[now.w.n_cards - 1];
    return JM_OK;
}

static enum jm_status do_lock(const struct jm_json *said, struct jm_json_w *w)
{
    struct jm_wallet_card *newest;

    JM_TRY(change_newest(&newest));
    for (size_t i = 0; i < now.w.n_cards; i++) /* an earlier one that can still answer, too */
        now.w.card[i].locked = jm_json_is_true(said, "on");
    return put_state(w);
}

static enum jm_status do_seen(struct jm_json_w *w)
{
    struct jm_wallet_card *card;

    JM_TRY(change_newest(&card));
    card->changed = jm_none();
    return put_state(w);
}

/* Of an authority that the wallet knows, or it says why not. */
static enum jm_status put_bridge(struct jm_json_w *w, struct jm_bytes text)
{
    struct jm_diag d = {.code = JM_CODE_NONE};
    struct jm_wallet_bridge b;
    enum jm_status st;

    if (!now.is_open)
        return JM_E_CONFLICT;
    st = jm_wallet_bridge(&b, text, &now.trust, &now.call, &d);
    if (st == JM_E_MALFORMED)
        return JM_OK;
    jm_json_w_mstr(w, "op", "tap");
    if (st == JM_E_DENIED) {
        jm_json_w_mstr(w, "why", jm_code_info(d.code)->name);
        return JM_OK;
    }
    JM_TRY(st);
    jm_json_w_mtext(w, "issuer", b.issuer);
    jm_json_w_mtext(w, "code", b.code);
    jm_json_w_mtext(w, "offer", b.offer);
    return JM_OK;
}

/* What a code or a link is for: an operation, or none of ours. */
static enum jm_status do_sort(const struct jm_json *said, struct jm_json_w *w)
{
    struct jm_bytes text;

    JM_TRY(jm_json_opt_str(&text, said, "text"));
    text = jm_url_trim(text);
    if (jm_vci_is_offer(text))
        jm_json_w_mstr(w, "op", "receive");
    else if (jm_vp_is_invocation(text))
        jm_json_w_mstr(w, "op", "respond");
    else if (jm_wallet_is_bridge(text))
        return put_bridge(w, text);
    return JM_OK;
}

/* -- exports -- */

static enum jm_status do_call(struct jm_bytes in, struct jm_json_w *w)
{
    const struct jm_json *said, *what;

    JM_TRY(jm_json_parse(&said, in, &now.call, NULL));
    what = jm_json_get(said, "do");
    if (jm_json_is_str(what, "open"))
        return do_open(said, w);
    if (jm_json_is_str(what, "begin"))
        return do_begin(said, w);
    if (jm_json_is_str(what, "answer"))
        return do_answer(said, w);
    if (jm_json_is_str(what, "look"))
        return do_look(said, w);
    if (jm_json_is_str(what, "reveal"))
        return do_reveal(w);
    if (jm_json_is_str(what, "loss"))
        return do_loss(w);
    if (jm_json_is_str(what, "pin"))
        return do_pin(said, w);
    if (jm_json_is_str(what, "forget"))
        return do_forget(said, w);
    if (jm_json_is_str(what, "history"))
        return do_history(said, w);
    if (jm_json_is_str(what, "lock"))
        return do_lock(said, w);
    if (jm_json_is_str(what, "seen"))
        return do_seen(w);
    if (jm_json_is_str(what, "sort"))
        return do_sort(said, w);
    return JM_E_UNSUPPORTED;
}

uint32_t jm_wasm_version(void);
uint8_t *jm_wasm_room(void);
uint32_t jm_wasm_room_len(void);
uint32_t jm_wasm_call(uint32_t len);

/* Of the interface between module and page: raised whenever an export changes its meaning. */
uint32_t EXPORT(jm_wasm_version)(void)
{
    return 5;
}

uint8_t *EXPORT(jm_wasm_room)(void)
{
    return room;
}

uint32_t EXPORT(jm_wasm_room_len)(void)
{
    return sizeof room;
}

/* Octets of the answer in the room; {"error": status} of what the page has done wrong; 0: there is
 * no room for it. */
uint32_t EXPORT(jm_wasm_call)(uint32_t len)
{
    struct jm_bytes in;
    struct jm_buf out = jm_buf(room, sizeof room);
    struct jm_json_w w;
    enum jm_status st;

    if (now.mem.base == NULL) {
        jm_arena_init(&now.mem, memory, sizeof memory);
        jm_arena_init(&now.call, scratch, sizeof scratch);
    }
    jm_arena_reset(&now.call);
    if (len > sizeof room || jm_dup(&in, &now.call, jm_bytes(room, len)) != JM_OK)
        return 0;
    jm_wipe(room, len); /* a PIN may have stood there */
    jm_json_w_init(&w, &out);
    jm_json_w_open(&w, '{');
    if ((st = do_call(in, &w)) != JM_OK) {
        out = jm_buf(room, sizeof room);
        jm_json_w_init(&w, &out);
        jm_json_w_open(&w, '{');
        jm_json_w_mint(&w, "error", st);
    }
    jm_json_w_close(&w, '}');
    return jm_json_w_end(&w) == JM_OK ? (uint32_t)out.len : 0;
}
