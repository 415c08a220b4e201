/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_vci_offer_uri, jm_vci_offer_read, jm_vci_ticket_read, jm_vci_saved_read,
 * jm_vci_save, jm_wallet_bridge
 *
 * An address gives a reference or a value, never both. What is saved and read again is saved as the
 * same octets. Behind a reader's code stands an issuer of the trust set, or nothing.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/wallet.h"

static struct jm_trust trust;

/* One issuer, https://i.example. */
static void make_trust(struct jm_arena *mem)
{
    const struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                            .country = JM_BYTES("KR"),
                                            .name = {{NULL, 0}, JM_BYTES("Issuer")},
                                            .identifier = {JM_BYTES("https://i.example")},
                                            .n_identifiers = 1};
    const struct jm_type_paths served = {JM_FMT_SDJWT, JM_BYTES("urn:x"), NULL, 0};
    struct jm_trust_entry e[1] = {{JM_BYTES("issuer/kr-x"), {NULL, 0}}};
    struct jm_trust_spec s = {.issued_at = KIT_NOW,
                              .next_update = KIT_NOW + 100,
                              .version = 1,
                              .synthetic = true,
                              .entry = e,
                              .n = 1};
    struct jm_bytes body, octets;

    MUST(jm_body_issuer(&body, &issuer, &served, 1, mem) == JM_OK &&
         jm_record_write(&e[0].record, 1, JM_RECORD_ACTIVE, body, mem) == JM_OK &&
         jm_trust_write(&octets, &s, mem) == JM_OK && jm_trust_open(&trust, octets, mem) == JM_OK);
}

static void as_bridge(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_bytes reference, value;
    struct jm_wallet_bridge b;

    if (jm_wallet_bridge(&b, in, &trust, mem, NULL) != JM_OK) {
        MUST(b.issuer.len == 0 && b.code.len == 0 && b.offer.len == 0);
        return;
    }
    MUST(jm_wallet_is_bridge(in) && b.code.len == 22 &&
         jm_bytes_eq_str(b.issuer, "https://i.example"));
    MUST(jm_vci_offer_uri(&reference, &value, b.offer, mem, NULL) == JM_OK &&
         jm_bytes_eq_str(reference, "https://i.example/offer"));
}

static void as_offer(struct jm_bytes in, struct jm_arena *mem)
{
    const struct jm_json *json;
    struct jm_vci_offer o;
    struct jm_bytes jti;

    if (jm_json_parse(&json, in, mem, NULL) != JM_OK || jm_vci_offer_read(&o, json, NULL) != JM_OK)
        return;
    MUST(o.n > 0 && o.n <= JM_VCI_CONFIGURATIONS_MAX &&
         (o.grant_code.ptr == NULL || o.grant_code.len > 0));
    if (o.ticket.ptr != NULL && jm_vci_ticket_read(&jti, &o, FUZZ_READING("")) == JM_OK)
        MUST(jti.ptr != NULL);
}

static void as_saved(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_vci_saved s, again;
    struct jm_bytes out, twice;

    if (jm_vci_saved_read(&s, in) != JM_OK)
        return;
    MUST(s.n <= JM_VCI_CONFIGURATIONS_MAX);
    MUST(jm_vci_save(&out, &s, mem) == JM_OK && jm_vci_saved_read(&again, out) == JM_OK);
    MUST(jm_vci_save(&twice, &again, mem) == JM_OK && jm_bytes_eq(out, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_bytes reference, value;
    size_t mark;

    fuzz_begin();
    if (trust.octets.len == 0)
        make_trust(&fuzz_kit.mem);
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_vci_offer_uri(&reference, &value, in, &fuzz_kit.mem, NULL) == JM_OK) {
        MUST((reference.len == 0) != (value.len == 0));
        as_offer(value, &fuzz_kit.mem);
    }
    as_offer(in, &fuzz_kit.mem);
    as_saved(in, &fuzz_kit.mem);
    as_bridge(in, &fuzz_kit.mem);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
