/* SPDX-License-Identifier: Apache-2.0 */
/** @file asks.h  Room: wasm. An open ask as JSON for the page, and the page's answer read. */
#ifndef JUMIN_WASM_ASKS_H
#define JUMIN_WASM_ASKS_H

#include "jumin/holder.h"
#include "jumin/json.h"

/** One member of an object that is open: "ask", null where nothing is asked. @p state: of KEEP,
 * what is to be kept. */
void jm_wasm_put_ask(struct jm_json_w *w, const struct jm_ask *ask, struct jm_bytes state);

struct jm_wasm_answer {
    uint32_t id;
    struct jm_answer a;
    struct jm_http_answer http; /* a.what, of HTTP */
    struct jm_bytes kept;       /* of NEW_KEY: what the platform wants kept */
};
/** @p ask: what it answers. Octets live in @p mem. @retval JM_E_MALFORMED no answer that a page may
 * give | JM_E_CONFLICT of another ask */
JM_MUST_CHECK enum jm_status jm_wasm_read_answer(struct jm_wasm_answer *out,
                                                 const struct jm_json *said,
                                                 const struct jm_ask *ask, struct jm_arena *mem);

/** A member in base64url. @retval JM_E_MISSING | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_wasm_octets(struct jm_bytes *out, const struct jm_json *obj,
                                            const char *name, struct jm_arena *mem);
void jm_wasm_put_octets(struct jm_json_w *w, const char *name, struct jm_bytes octets);

#endif
