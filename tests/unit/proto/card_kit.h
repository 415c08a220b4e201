/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip in memory, and the strings of spec/iccard.md 7 that it is made of. Keys there are public:
 * scalars of SHA-256 over labels. Between reader and chip stands whatever a test puts there.
 */
#ifndef JM_TEST_CARD_KIT_H
#define JM_TEST_CARD_KIT_H

#include "unit/test.h"

#include "jumin/chip.h"
#include "unit/cred/mdoc_kit.h"

#define CK_X2 "53e0f617d9679d8083bc338076ce95c5960cd5a398c51e2343a4b0c44cf0d039"
#define CK_Y2 "6309f82aca2b28c5f8117f9c7b86721ff07f4e9fcb696ecacf2bac17895baa1b"
#define CK_X1 "a710c42dd602b7a36492df332b9b7e3f7369a4178daa20909d2d88bcad63066a"
#define CK_Y1 "5286155bbe43ab76b4035f4955975539f6d21222a242274b737cfc7291ff0a78"
#define CK_CHIP_KEY "cbfb8f6a40fa90f2d8de140c447458675f3e445724d8578af9db403eb6294fdf"
#define CK_ISSUER_KEY "c651c025b2e79c4fee775dad5717f21784ea52b54f51742a7d61f032e18a20dc"
#define CK_NONCE "5ecc2e97ed91314028bdf63ec0e7a6a0"
#define CK_ACCESS "31143012060a04007f0007020204020202010202010c"
#define CK_DG1 \
    "6129a40101026c4b524a4d3030303030303031036a31313131303531353030046a323032362d30312d3032"
#define CK_DG14                                                                                \
    "6e7b3179300f060a04007f000702020302020201013066060904007f00070202010230593013"             \
    "06072a8648ce3d020106082a8648ce3d03010703420004a79eab9e4df141f611b678ede92c772ee8fa1e3102" \
    "5dd595c8f25ba64206c0d68c457027e2a35ea4ebd1a680b32627291e6a7863ab5a698f5e89b5c8f3d26fb8"
#define CK_PIN "482915"
#define CK_CAN "123456"
#define CK_PUK "20263141"

static const struct jm_crypto *const CC = &jm_crypto_openssl;

JM_UNUSED static struct jm_secret32 ck_scalar(const char *digits)
{
    struct jm_bytes b = hex(digits);
    struct jm_secret32 s = {{0}};

    memcpy(s.octets, b.ptr, b.len);
    return s;
}

/* Memory of a test that was taken since: for what is done thousands of times, and for those whom
 * check_refuses_changes() calls, since it looks for its own block on top. */
JM_UNUSED static void ck_back(size_t mark)
{
    while (test_heap_n > mark)
        free(test_heap[--test_heap_n]);
}

/* Everything that one test needs of a card. */
static struct card_kit {
    struct jm_chip chip;
    struct jm_chip_image lasting;  /* what survives the loss of power */
    unsigned keeps, keep_fails_at; /* from the nth on; 0: never */
    struct jm_bytes fixed;         /* what RANDOM gives first */
    uint64_t seed;
    unsigned apdus, dies_at; /* the nth command is not answered; 0: never */
    bool dies_before;        /* and not even done */
    enum jm_status dies_as;  /* JM_OK: JM_E_GONE */
    size_t octets_in, octets_out;
    uint32_t waited_ms;
    /* changes an answer or a command on its way */
    void (*spoil_command)(struct jm_buf *capdu, unsigned n);
    void (*spoil_answer)(struct jm_buf *rapdu, unsigned n);
} CK;

JM_UNUSED static enum jm_status ck_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        if (CK.fixed.len > 0) {
            out[i] = CK.fixed.ptr[0];
            CK.fixed = jm_slice(CK.fixed, 1, SIZE_MAX);
            continue;
        }
        CK.seed = CK.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(CK.seed >> 56);
    }
    return JM_OK;
}

JM_UNUSED static enum jm_status ck_keep(void *ctx, const void *what)
{
    (void)ctx;
    CK.keeps++;
    if (CK.keep_fails_at != 0 && CK.keeps >= CK.keep_fails_at)
        return JM_E_IO;
    CK.lasting = *(const struct jm_chip_image *)what;
    return JM_OK;
}

JM_UNUSED static enum jm_status ck_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    uint8_t room[JM_CARD_CAPDU_MAX + 16];
    struct jm_buf command = jm_buf(room, sizeof room);
    uint32_t wait;

    (void)ctx;
    CK.apdus++;
    if (CK.apdus == CK.dies_at && CK.dies_before)
        return CK.dies_as == JM_OK ? JM_E_GONE : CK.dies_as;
    KIT_MUST(jm_buf_put(&command, capdu));
    if (CK.spoil_command != NULL)
        CK.spoil_command(&command, CK.apdus);
    KIT_MUST(jm_chip_command(&CK.chip, jm_written(command), rapdu, &wait));
    CK.waited_ms += wait;
    CK.octets_in += command.len;
    CK.octets_out += rapdu->len;
    if (CK.apdus == CK.dies_at)
        return CK.dies_as == JM_OK ? JM_E_GONE : CK.dies_as;
    if (CK.spoil_answer != NULL)
        CK.spoil_answer(rapdu, CK.apdus);
    return JM_OK;
}

/* A signer of cards below the kit's CA. */
static struct kit CA;
static struct jm_cert_spec signer_spec;
static struct jm_key *signer_key;
static struct jm_bytes signer_der;

JM_UNUSED static enum jm_status ck_sign(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                        struct jm_bytes data, struct jm_sig *sig)
{
    (void)ctx, (void)alg;
    return jm_bytes_eq_str(key, "signer") ? jm_key_sign(signer_key, data, sig) : JM_E_ABSENT;
}

JM_UNUSED static const struct jm_answers ck_answers = {.random = ck_random,
                                                       .sign = ck_sign,
                                                       .verify = jm_openssl_verify,
                                                       .keep = ck_keep,
                                                       .transmit = ck_transmit};

/* Into the field (again): what was kept, and nothing else. */
JM_UNUSED static void ck_power(void)
{
    KIT_MUST(jm_chip_init(&CK.chip, &CK.lasting, CC, &ck_answers));
    CK.apdus = 0;
}

JM_UNUSED static void ck_begin(void)
{
    memset(&CK, 0, sizeof CK);
    KIT_MUST(jm_openssl_init());
    CK.seed = 1;
    CK.lasting = (struct jm_chip_image){.file = {[JM_EF_ACCESS] = hex(CK_ACCESS),
                                                 [JM_EF_DG1] = hex(CK_DG1),
                                                 [JM_EF_DG14] = hex(CK_DG14),
                                                 [JM_EF_SOD] = hex("7703010203"),
                                                 [JM_EF_DG2] = hex("7504ffd8ffd9"),
                                                 [JM_EF_DG11] = hex("6b01a0")},
                                        .key = ck_scalar(CK_CHIP_KEY),
                                        .pin_tries = JM_CHIP_PIN_TRIES,
                                        .puk_tries = JM_CHIP_PUK_TRIES};
    memcpy(CK.lasting.pin, CK_PIN, JM_CARD_PIN_LEN);
    memcpy(CK.lasting.can, CK_CAN, JM_CARD_PIN_LEN);
    memcpy(CK.lasting.puk, CK_PUK, JM_CARD_PUK_LEN);
    ck_power();
}

/* -- an authority that makes cards -- */

JM_UNUSED static void ck_certify(void)
{
    signer_der = kit_cert(&CA, &signer_spec, CA.iaca_key);
}

/* Before ck_begin() of a test that wants more than the known answers. End with kit_end(&CA). */
JM_UNUSED static void ck_authority(void)
{
    kit_begin(&CA);
    signer_key = CA.other_key;
    signer_spec = CA.dsc_spec;
    signer_spec.cn = JM_BYTES("Synthetic card signer");
    signer_spec.eku[0] = JM_OID_EKU_CARD_SIGNER;
    signer_spec.eku[1] = jm_none();
    KIT_MUST(jm_key_point(&signer_spec.key, signer_key));
    ck_certify();
}

JM_UNUSED static struct jm_chip_spec ck_spec(void)
{
    return (struct jm_chip_spec){.dg1 = {.serial = JM_BYTES("KRJM00000001"),
                                         .authority = JM_BYTES("1111051500"),
                                         .issued = JM_BYTES("2026-01-02")},
                                 .portrait = JM_BYTES("\xff\xd8\xff\xe0 a picture \xff\xd9"),
                                 .name = JM_BYTES("김하나"),
                                 .birth_date = JM_BYTES("1990-02-28"),
                                 .address = JM_BYTES("서울특별시 어딘가로 1"),
                                 .pin = JM_BYTES(CK_PIN),
                                 .can = JM_BYTES(CK_CAN),
                                 .puk = JM_BYTES(CK_PUK),
                                 .key = ck_scalar(CK_CHIP_KEY),
                                 .signed_at = KIT_NOW - KIT_DAY,
                                 .until = KIT_NOW + 3000 * KIT_DAY,
                                 .x5chain = &signer_der,
                                 .n_x5chain = 1,
                                 .signer = JM_BYTES("signer")};
}

/* A card of that authority in the field. */
JM_UNUSED static void ck_made(void)
{
    struct jm_chip_spec spec = ck_spec();

    ck_begin();
    KIT_MUST(jm_card_make(&CK.lasting, &spec, CC, &ck_answers, &CA.mem));
    ck_power();
}

JM_UNUSED static struct jm_card_trust ck_trust(void)
{
    return (struct jm_card_trust){.anchors = &CA.anchors,
                                  .waive_crl = true,
                                  .now = KIT_NOW,
                                  .crypto = CC,
                                  .answers = &ck_answers};
}

/* -- the reader's engine, driven -- */

static uint8_t ck_room[128 * JM_KIB], ck_scratch[16 * JM_KIB];
static struct jm_card_reader R;
#define CK_TAP (1u << JM_EF_DG14 | 1u << JM_EF_SOD)

JM_UNUSED static int64_t ck_now(void *ctx)
{
    (void)ctx;
    return KIT_NOW;
}

JM_UNUSED static enum jm_status ck_drive(enum jm_status begun)
{
    struct jm_arena mem;

    jm_arena_init(&mem, ck_scratch, sizeof ck_scratch);
    return jm_drive(&(struct jm_driver){.by = ck_answers, .now = ck_now, .mem = &mem},
                    jm_card_reader_engine(&R), begun);
}

JM_UNUSED static enum jm_status ck_open(const char *pin, const char *can, const char *puk,
                                        unsigned read)
{
    const struct jm_card_reader_config config = {.crypto = CC,
                                                 .pin = jm_str(pin),
                                                 .can = jm_str(can),
                                                 .puk = jm_str(puk),
                                                 .read = read};

    jm_card_reader_end(&R);
    KIT_MUST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    return ck_drive(jm_card_reader_event(&R, JM_EVENT_START));
}

/* One command, its answer. */
JM_UNUSED static struct jm_bytes ck_send(struct jm_bytes capdu)
{
    struct jm_buf out = room(JM_CARD_RAPDU_MAX);

    KIT_MUST(ck_transmit(NULL, capdu, &out));
    return exact(jm_written(out));
}

JM_UNUSED static unsigned ck_sw(struct jm_bytes rapdu)
{
    return rapdu.len < 2 ? 0 : (unsigned)(rapdu.ptr[rapdu.len - 2] << 8 | rapdu.ptr[rapdu.len - 1]);
}

/* Sends what @p digits say; the status word. */
JM_UNUSED static unsigned ck_say(const char *digits)
{
    return ck_sw(ck_send(hex(digits)));
}

/* PACE by hand, in clear; the status word of the first refusal, or 9000 with @p sm open. */
JM_UNUSED static unsigned ck_pace(struct jm_card_sm *sm, enum jm_card_password password,
                                  const char *value)
{
    struct jm_buf data = room(64), out = room(JM_PACE_TEMPLATE_MAX);
    struct jm_secret32 x = ck_scalar(CK_X1), y = ck_scalar(CK_Y1);
    struct jm_bytes r;
    struct jm_pace p;
    unsigned sw = 0;

    memset(sm, 0, sizeof *sm);
    KIT_MUST(jm_pace_select(&data, password));
    for (int i = -1; i <= JM_PACE_STEPS - 1; i++) {
        struct jm_apdu a = {.cla = i < 3 ? 0x10 : 0, .ins = 0x86, .le = 256};
        struct jm_buf capdu = room(256);

        if (i < 0)
            a = (struct jm_apdu){.ins = 0x22, .p1 = 0xC1, .p2 = 0xA4, .data = jm_written(data)};
        else
            a.data = i == 0 ? hex("7c00") : jm_written(out);
        KIT_MUST(jm_apdu_write(&capdu, &a));
        r = ck_send(jm_written(capdu));
        sw = ck_sw(r);
        if (sw != 0x9000 && !(i < 0 && (sw & 0xFFF0) == 0x63C0))
            return sw;
        if (i < 0)
            KIT_MUST(jm_pace_begin(&p, CC, JM_PACE_READER, jm_str(value), &x, &y, NULL));
        out.len = 0;
        if (i >= 0)
            KIT_MUST(jm_pace_step(&p, CC, jm_slice(r, 0, r.len - 2), &out, NULL));
    }
    KIT_MUST(jm_pace_finish(&p, sm));
    return sw;
}

/* A command through a channel; the status word inside, 0 where the channel broke. */
JM_UNUSED static unsigned ck_through(struct jm_card_sm *sm, const char *digits,
                                     struct jm_bytes *data)
{
    struct jm_buf capdu = room(JM_CARD_CAPDU_MAX), out = room(JM_CARD_RAPDU_MAX);
    struct jm_apdu a;
    uint16_t sw;

    KIT_MUST(jm_apdu_read(&a, hex(digits)));
    KIT_MUST(jm_card_sm_wrap(sm, CC, &a, &capdu));
    if (jm_card_sm_open(sm, CC, ck_send(jm_written(capdu)), &out, &sw) != JM_OK)
        return 0;
    if (data != NULL)
        *data = exact(jm_written(out));
    return sw;
}

#endif
