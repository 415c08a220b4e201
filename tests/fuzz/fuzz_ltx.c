/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_ltx_read, jm_ltx_signatures, jm_block_apply, jm_block_end, jm_log_entry_read
 *
 * What is refused changes nothing; what is accepted is one entry that reads back. */
#include "fuzz/fuzz.h"

#include "fuzz/ltx_context.h"

static uint8_t room[512 * 1024];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size);
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    struct jm_log_entry e;
    enum jm_ltx_code code;
    struct jm_arena mem;
    struct jm_block b;
    struct jm_ltx x;
    size_t n = 0;

    lx_begin();
    jm_arena_init(&mem, room, sizeof room);
    (void)!jm_log_entry_read(&e, in);
    bool reads = jm_ltx_read(&x, in) == JM_OK;
    bool is_signed = reads && jm_ltx_signatures(sig, &n, &x) == JM_OK && n > 0;
    MUST(jm_block_begin(&b, &lx, lx.height + 1, LX_NOW, &mem) == JM_OK);
    MUST(jm_block_apply(&code, &b, in) == JM_OK);
    MUST(jm_block_end(&b) == JM_OK);
    if (code == JM_LTX_OK) {
        MUST(is_signed && b.n_accepted == 1 && b.n_entries == 2);
        MUST(jm_log_entry_read(&e, b.entry[0].octets) == JM_OK && jm_bytes_eq(e.octets, in));
        MUST(jm_block_apply(&code, &b, in) == JM_OK && code == JM_LTX_SEQ);
    } else {
        MUST(b.n_entries == 0 && b.state.n == 0 && b.keys.n == 0);
        MUST(jm_hash32_eq(&b.app_hash, &lx.app_hash));
    }
    jm_arena_reset(&mem);
    return 0;
}
