/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_vci_offer_uri, jm_vci_offer_read, jm_vci_ticket_read, jm_vci_saved_read,
 * jm_vci_save
 *
 * An address gives a reference or a value, never both. What is saved and read again is saved as the
 * same octets.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/oid4vci.h"

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
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_vci_offer_uri(&reference, &value, in, &fuzz_kit.mem, NULL) == JM_OK) {
        MUST((reference.len == 0) != (value.len == 0));
        as_offer(value, &fuzz_kit.mem);
    }
    as_offer(in, &fuzz_kit.mem);
    as_saved(in, &fuzz_kit.mem);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
