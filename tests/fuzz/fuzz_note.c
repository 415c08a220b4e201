/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_note_read, jm_vkey_read, jm_checkpoint_read, jm_note_vouched
 *
 * What is read is written again to the same octets. */
#include "fuzz/fuzz.h"

#include "fuzz/ledger_context.h"
#include "jumin/base64.h"

static uint8_t room[512 * 1024], text[JM_NOTE_MAX + 64];

static void write_again(const struct jm_signed_note *n, struct jm_bytes in)
{
    struct jm_buf b = jm_buf(text, sizeof text);

    MUST(jm_buf_put(&b, n->text) == JM_OK && jm_buf_put(&b, JM_BYTES("\n")) == JM_OK);
    for (size_t i = 0; i < n->n; i++) {
        const struct jm_note_sig *s = &n->sig[i];

        MUST(jm_note_name_ok(s->name) && s->octets.len > 0);
        MUST(jm_buf_put(&b, JM_BYTES("\xE2\x80\x94 ")) == JM_OK &&
             jm_buf_put(&b, s->name) == JM_OK && jm_buf_put(&b, JM_BYTES(" ")) == JM_OK);
        /* the octets stand behind their id in memory */
        MUST(jm_b64_put(&b, jm_bytes(s->octets.ptr - JM_NOTE_ID_LEN,
                                     s->octets.len + JM_NOTE_ID_LEN)) == JM_OK);
        MUST(jm_buf_put(&b, JM_BYTES("\n")) == JM_OK);
    }
    MUST(jm_bytes_eq(jm_written(b), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size);
    struct jm_buf b = jm_buf(text, sizeof text);
    struct jm_checkpoint cp;
    struct jm_arena mem;
    struct jm_vouch v;
    struct jm_signed_note n;
    struct jm_vkey k;

    fl_begin();
    jm_arena_init(&mem, room, sizeof room);
    struct jm_reading r = fl_reading(&mem);
    if (jm_note_read(&n, in, &mem) == JM_OK) {
        MUST(n.n >= 1 && n.n <= JM_NOTE_SIGS_MAX && n.text.ptr[n.text.len - 1] == '\n');
        write_again(&n, in);
        if (jm_checkpoint_read(&cp, n.text) == JM_OK)
            MUST(jm_checkpoint_put(&b, &cp) == JM_OK && jm_bytes_eq(jm_written(b), n.text));
        if (jm_note_vouched(&v, &n, &fl.cosigner[0], &r) == JM_OK)
            MUST(v.holds == (v.time > 0));
    }
    b.len = 0;
    if (jm_vkey_read(&k, in, FL_CRYPTO, &mem) == JM_OK)
        MUST(jm_vkey_put(&b, &k) == JM_OK && jm_bytes_eq(jm_written(b), in));
    jm_arena_reset(&mem);
    return 0;
}
