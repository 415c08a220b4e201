/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tap of an IC resident card over memory, on one core: PACE with the PIN, DG14 and SOD, chip
 * authentication, the issuer's script. What the chip, the reader and the issuer compute, apart and
 * together; how many commands and octets there are. Then what the air adds, modelled: 424 kbit/s
 * each way, five octets and 0.3 ms around each frame of 256, 1 ms in which a chip thinks.
 */
#include "unit/proto/card_kit.h"

#include "../bench/rate.h"

static struct {
    struct jm_arena mem;
    struct jm_secret32 ephemeral;
    struct jm_card_trust trust;
    struct jm_card_script script;
    struct jm_card_session session;
    struct jm_bytes told[JM_CARD_SCRIPT_MAX];
    size_t n;
    double chip_s;
    unsigned taps;
} B;

static enum jm_status timed_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    double from = now();
    enum jm_status st = ck_transmit(ctx, capdu, rapdu);

    B.chip_s += now() - from;
    return st;
}

static void drive(enum jm_status begun)
{
    struct jm_answers by = ck_answers;
    struct jm_arena mem;

    by.transmit = timed_transmit;
    jm_arena_init(&mem, ck_scratch, sizeof ck_scratch);
    KIT_MUST(jm_drive(&(struct jm_driver){.by = by, .now = ck_now, .mem = &mem},
                      jm_card_reader_engine(&R), begun));
}

static void issuer_open(void *unused)
{
    struct jm_card_sod sod;
    struct jm_point key;

    (void)unused;
    jm_arena_reset(&B.mem);
    KIT_MUST(jm_card_sod_judge(&sod, CK.lasting.file[JM_EF_SOD], &B.trust, &B.mem, NULL));
    if (!jm_card_sod_covers(&sod, JM_EF_DG14, CK.lasting.file[JM_EF_DG14], CC))
        kit_die("DG14", 0);
    KIT_MUST(jm_card_dg14_read(&key, CK.lasting.file[JM_EF_DG14]));
    KIT_MUST(jm_card_script(&B.script, &B.session, &sod, &key, &B.ephemeral, CC, &B.mem, NULL));
}

static void issuer_finish(void *unused)
{
    struct jm_card_proof proof;
    size_t mark = jm_arena_mark(&B.mem);

    (void)unused;
    KIT_MUST(jm_card_finish(&proof, &B.session, JM_CARD_PIN, B.told, B.n, CC, &B.mem, NULL));
    jm_arena_back(&B.mem, mark);
}

static unsigned to_read = CK_TAP;

static void one_tap(void *unused)
{
    const struct jm_card_reader_config config = {.crypto = CC,
                                                 .pin = JM_BYTES(CK_PIN),
                                                 .read = to_read};
    const struct jm_bytes *told;

    jm_card_reader_end(&R);
    ck_power();
    KIT_MUST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    drive(jm_card_reader_event(&R, JM_EVENT_START));
    issuer_open(unused);
    drive(jm_card_reader_script(&R, B.script.wrap, 2, B.script.opaque, B.script.n));
    told = jm_card_reader_rapdus(&R, &B.n);
    memcpy(B.told, told, B.n * sizeof *told);
    issuer_finish(unused);
    B.taps++;
}

static void line(const char *name, double ms)
{
    printf("%-44s %8.3f ms\n", name, ms);
}

#define LINK_BIT_S 424e3
#define FRAME 256
#define FRAME_MORE 5
#define FRAME_S 0.3e-3
#define THINKS_S 1e-3

/* Seconds of a tap's commands and answers on the air. */
static double on_air(void)
{
    double octets = (double)(CK.octets_in + CK.octets_out);
    double frames = octets / FRAME + 2 * CK.apdus; /* each begins one of its own */

    return (octets + frames * FRAME_MORE) * 8 / LINK_BIT_S + frames * FRAME_S + CK.apdus * THINKS_S;
}

/* The largest file, 60,000 octets being more than one can have: what is beyond is counted on. */
TEST(a_tap_with_a_portrait_over_the_air)
{
    static uint8_t picture[JM_CARD_EF_MAX] = {0x75, 0x82, 0x7f, 0xfb, 0xff, 0xd8};
    double alone, whole, each;
    unsigned commands;

    ck_authority();
    ck_made();
    B.mem = arena(64 * JM_KIB);
    B.ephemeral = ck_scalar(CK_ISSUER_KEY);
    B.trust = ck_trust();
    CK.lasting.file[JM_EF_DG2] = jm_bytes(picture, sizeof picture);
    CK.octets_in = CK.octets_out = 0;
    one_tap(NULL);
    alone = on_air();
    to_read = CK_TAP | 1u << JM_EF_DG2;
    CK.octets_in = CK.octets_out = 0;
    one_tap(NULL);
    whole = on_air();
    commands = CK.apdus;
    each = (whole - alone) / sizeof picture;
    printf("on the air: a tap %.2f s; with a portrait of %zu octets %u commands, %.2f s; of 60,000 "
           "%.2f s\n",
           alone, sizeof picture, commands, whole, alone + 60000 * each);
    to_read = CK_TAP;
    kit_end(&CA);
}

TEST(one_tap_of_a_card)
{
    double tap, open, finish;

    ck_authority();
    ck_made();
    B.mem = arena(64 * JM_KIB);
    B.ephemeral = ck_scalar(CK_ISSUER_KEY);
    B.trust = ck_trust();
    one_tap(NULL);
    printf("%u commands, %zu octets to the chip, %zu back; SOD %zu\n", CK.apdus, CK.octets_in,
           CK.octets_out, CK.lasting.file[JM_EF_SOD].len);
    B.chip_s = 0;
    B.taps = 0;
    tap = 1e3 / rate(one_tap, NULL);
    line("a tap: chip, reader, issuer", tap);
    line("of it the chip (mean)", 1e3 * B.chip_s / B.taps);
    one_tap(NULL); /* answers for the session at hand */
    finish = 1e3 / rate(issuer_finish, NULL);
    open = 1e3 / rate(issuer_open, NULL);
    line("issuer: open (two signatures, the script)", open);
    line("issuer: finish", finish);
    kit_end(&CA);
}
