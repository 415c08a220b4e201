/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_gate
 *
 * The input is a request head as text: "METHOD TARGET VERSION", then a field a line. What passes
 * has a path from '/', at most one length, and never a length beside a transfer coding.
 */
#include "fuzz/fuzz.h"

#include "host/http/parts.h"

static struct jm_bytes until(struct jm_bytes *rest, uint8_t stop)
{
    size_t i = 0;
    struct jm_bytes out;

    while (i < rest->len && rest->ptr[i] != stop)
        i++;
    out = jm_slice(*rest, 0, i);
    *rest = jm_slice(*rest, i + (i < rest->len), SIZE_MAX);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes rest = jm_bytes(data, size);
    struct jm_field field[JM_GATE_FIELDS_MAX];
    struct jm_gate_facts facts = {.fields = field, .origin = JM_BYTES("https://id.example.kr")};
    struct jm_gate_pass pass;
    enum jm_web_fault fault;

    facts.method = until(&rest, ' ');
    facts.target = until(&rest, ' ');
    facts.version = until(&rest, '\n');
    while (rest.len > 0 && facts.n_fields < JM_GATE_FIELDS_MAX) {
        struct jm_bytes line = until(&rest, '\n');

        field[facts.n_fields].name = until(&line, ':');
        field[facts.n_fields++].value = line;
    }
    fault = jm_gate(&pass, &facts);
    if (fault != JM_WEB_OK) {
        MUST(jm_web_http(fault) >= 400 && jm_web_http(fault) < 506);
        return 0;
    }
    MUST(pass.path.len > 0 && pass.path.ptr[0] == '/' && !(pass.has_length && pass.chunked));
    MUST(jm_bytes_find(pass.path, JM_BYTES("?")) == SIZE_MAX && jm_utf8_valid(pass.path, NULL));
    return 0;
}
