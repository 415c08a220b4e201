/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_apdu_read, jm_card_ef_len, jm_card_access_read, jm_card_dg14_read,
 * jm_card_dg1_read, jm_card_sod_read, jm_card_session_read, jm_chip_read. What is accepted is
 * written again as it was. */
#include "fuzz/fuzz.h"

#include "jumin/chip.h"

static uint8_t room[1 << 18];

static void inside(struct jm_bytes in, struct jm_bytes v)
{
    MUST(v.len == 0 || (v.ptr >= in.ptr && v.ptr + v.len <= in.ptr + in.len));
}

static void files(struct jm_bytes in, struct jm_arena *mem)
{
    struct jm_card_dg1 dg1;
    struct jm_card_sod sod;
    struct jm_point key;
    struct jm_bytes again;
    size_t len;

    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        if (jm_card_ef_len(&len, (enum jm_card_ef)ef, in) == JM_OK)
            MUST(len >= 2 && len <= jm_card_ef_row((enum jm_card_ef)ef)->max);
    (void)!jm_card_access_read(in);
    if (jm_card_dg14_read(&key, in) == JM_OK)
        MUST(jm_card_dg14_write(&again, &key, mem) == JM_OK);
    if (jm_card_dg1_read(&dg1, in) == JM_OK) {
        inside(in, dg1.serial);
        MUST(jm_card_dg1_write(&again, &dg1, mem) == JM_OK && jm_bytes_eq(again, in));
    }
    if (jm_card_sod_read(&sod, in) == JM_OK) {
        inside(in, sod.payload);
        inside(in, sod.serial);
        MUST(sod.n >= 4 && sod.n_x5chain > 0);
        MUST(jm_card_ef_len(&len, JM_EF_SOD, in) == JM_OK && len == in.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), again;
    struct jm_card_session session;
    struct jm_chip_image image;
    struct jm_arena mem;
    struct jm_apdu a;

    jm_arena_init(&mem, room, sizeof room);
    files(in, &mem);
    if (jm_apdu_read(&a, in) == JM_OK) {
        struct jm_buf out;

        inside(in, a.data);
        MUST(jm_alloc_buf(&out, &mem, in.len + 8) == JM_OK && jm_apdu_write(&out, &a) == JM_OK);
        MUST(out.len <= in.len);
    }
    if (jm_card_session_read(&session, in) == JM_OK)
        MUST(jm_card_session_write(&again, &session, &mem) == JM_OK);
    if (jm_chip_read(&image, in) == JM_OK)
        MUST(jm_chip_write(&again, &image, &mem) == JM_OK);
    jm_arena_reset(&mem);
    return 0;
}
