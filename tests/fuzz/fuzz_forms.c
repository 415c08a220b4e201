/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_msg_decode, jm_msg_decode_form, jm_rp_read, jm_wallet_read, jm_box_read
 *
 * Bodies by descriptors, a relying party's application, a wallet's container. A refused body says
 * why with one of the codes of JM_API; a body that is taken stays within its maxima. A container
 * that is read can be written.
 */
#include "fuzz/fuzz.h"

#include "jumin/box.h"
#include "jumin/wallet.h"
#include "service/msg.h"
#include "service/rp/rp.h"

static uint8_t memory[8 << 20];

struct body {
    struct jm_bytes s, b;
    int64_t i;
    bool t;
    struct jm_date date;
    struct jm_id id;
    const struct jm_json *any;
};
static const struct jm_msg_field body_fields[] = {
    JM_FIELD(body, s, "s", STR, 16, 0),
    JM_FIELD(body, b, "b", B64, 16, JM_MSG_OPT),
    JM_FIELD(body, i, "i", INT, 9, JM_MSG_OPT),
    JM_FIELD(body, t, "t", BOOL, 1, JM_MSG_OPT),
    JM_FIELD(body, date, "d", DATE, 1, JM_MSG_OPT),
    JM_FIELD(body, id, "id", ID, 1, JM_MSG_OPT),
    JM_FIELD(body, any, "any", JSON, 1, JM_MSG_OPT),
};
static const struct jm_msg body = JM_MSG_DEF(body, body, false);
static const struct jm_msg_field texts_fields[] = {JM_FIELD(body, s, "s", STR, 16, 0),
                                                   JM_FIELD(body, b, "b", B64, 16, JM_MSG_OPT),
                                                   JM_FIELD(body, date, "d", DATE, 1, JM_MSG_OPT)};
static const struct jm_msg texts = JM_MSG_DEF(texts, body, true);

static void as_body(struct jm_bytes in, bool form, struct jm_arena *mem)
{
    struct body out = {.i = 0};
    struct jm_diag d = {0};
    enum jm_status st = form ? jm_msg_decode_form(&out, &texts, in, mem, &d)
                             : jm_msg_decode(&out, &body, in, mem, &d);

    if (st == JM_OK)
        MUST(out.s.len <= 16 && out.b.len <= 16 && out.i >= 0 && out.i <= 9);
    else
        MUST(st == JM_E_NO_SPACE || (d.code >= JM_API_JSON && d.code <= JM_API_FIELD_TWICE));
}

static void as_container(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_wallet_keys keys;
    struct jm_wallet w;
    struct jm_bytes out;
    struct jm_box box;

    if (jm_wallet_read(&w, &keys, in, mem) == JM_OK) {
        MUST(w.n_cards <= JM_WALLET_CARDS_MAX && w.n_events <= JM_WALLET_HISTORY_MAX);
        MUST(jm_wallet_write(&out, &w, &keys, mem) == JM_OK);
    }
    if (jm_box_read(&box, JM_WALLET_LABEL, in) == JM_OK)
        MUST(box.salt.len == JM_BOX_SALT && box.sealed.len >= JM_GCM_TAG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_rp_application a;
    struct jm_arena mem;

    jm_arena_init(&mem, memory, sizeof memory);
    as_body(in, false, &mem);
    as_body(in, true, &mem);
    if (jm_rp_read(&a, in, &mem, NULL) == JM_OK)
        MUST(a.n_services > 0 && a.n_services <= JM_RP_SERVICES_MAX &&
             a.service[0].n_claims <= JM_RP_CLAIMS_MAX);
    as_container(in, &mem);
    jm_arena_reset(&mem);
    return 0;
}
