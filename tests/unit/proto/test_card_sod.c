/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the chip: security infos, identity, and the security object with who signed it. D-221,
 * D-226 */
#include "unit/proto/card_kit.h"

/* -- the SOD -- */

static struct jm_card_sod S;
static struct jm_diag why;

static enum jm_status judged(struct jm_bytes ef)
{
    const struct jm_card_trust trust = ck_trust();
    size_t mark = jm_arena_mark(&CA.mem);
    enum jm_status st;

    why = (struct jm_diag){0};
    st = jm_card_sod_judge(&S, ef, &trust, &CA.mem, &why);
    jm_arena_back(&CA.mem, mark);
    return st;
}

static struct jm_bytes sod_of(const struct jm_chip_spec *spec)
{
    struct jm_chip_image image;

    KIT_MUST(jm_card_make(&image, spec, CC, &ck_answers, &CA.mem));
    return image.file[JM_EF_SOD];
}

TEST(a_genuine_card_is_accepted)
{
    ck_authority();
    ck_made();
    CHECK_OK(judged(CK.lasting.file[JM_EF_SOD]));
    CHECK_STR(S.serial, "KRJM00000001");
    CHECK_EQ(S.signed_at, KIT_NOW - KIT_DAY);
    CHECK_EQ(S.until, KIT_NOW + 3000 * KIT_DAY);
    CHECK_EQ(S.n, 4);
    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        CHECK_EQ(jm_card_sod_covers(&S, (enum jm_card_ef)ef, CK.lasting.file[ef], CC),
                 ef != JM_EF_ACCESS && ef != JM_EF_SOD);
    CHECK(!jm_card_sod_covers(&S, JM_EF_DG14, CK.lasting.file[JM_EF_DG1], CC));
    CHECK(!jm_card_sod_covers(&S, JM_EF_DG14, hex(CK_DG14 "00"), CC));
    kit_end(&CA);
}

static bool takes_sod(struct jm_bytes ef)
{
    return judged(ef) == JM_OK;
}

TEST(no_octet_of_an_sod_may_change)
{
    ck_authority();
    ck_made();
    check_refuses_changes(CK.lasting.file[JM_EF_SOD], takes_sod, NULL, 0);
    kit_end(&CA);
}

/* A card whose signer is made as @p change wants it. */
static void refused(const char *what, void (*change)(void), enum jm_status st, enum jm_code code)
{
    struct jm_chip_spec spec;
    enum jm_status got;

    ck_authority();
    ck_begin();
    change();
    spec = ck_spec();
    got = judged(sod_of(&spec));
    ROW(CHECK_ST(got, st), what);
    ROW(CHECK_EQ(why.code, code), what);
    CHECK_EQ(S.n, 0);
    kit_end(&CA);
}

static void without_eku(void)
{
    signer_spec.eku[0] = jm_none();
    signer_spec.eku_critical = false;
    ck_certify();
}

static void document_signer(void)
{
    signer_spec.eku[0] = JM_OID_EKU_MDL_DS;
    signer_spec.eku[1] = JM_OID_EKU_MDOC_DS;
    ck_certify();
}

static void signer_of_both(void)
{
    signer_spec.eku[1] = JM_OID_EKU_MDOC_DS;
    ck_certify();
}

static void expired(void)
{
    signer_spec.not_after = KIT_NOW - 1;
    ck_certify();
}

static void not_yet(void)
{
    signer_spec.not_before = KIT_NOW + 1;
    ck_certify();
}

/* valid now, but not yet when it signed */
static void younger_than_its_signature(void)
{
    signer_spec.not_before = KIT_NOW - KIT_DAY + 1;
    ck_certify();
}

static void too_long(void)
{
    signer_spec.not_before = KIT_NOW - 2 * KIT_DAY;
    signer_spec.not_after = KIT_NOW + 16 * 366 * KIT_DAY;
    ck_certify();
}

static void no_digital_signature(void)
{
    signer_spec.ku = JM_KU_CRL_SIGN;
    ck_certify();
}

static void self_signed(void)
{
    struct jm_cert_spec s = signer_spec;

    s.issuer_der = jm_none();
    s.authority_key_id = jm_none();
    signer_der = kit_cert(&CA, &s, signer_key);
    s.issuer_der = jm_none();
}

static void of_another_ca(void)
{
    signer_der = kit_cert(&CA, &signer_spec, CA.device_key);
}

static void another_key(void)
{
    signer_key = CA.device_key; /* the certificate names another */
}

static void chain_is_no_certificate(void)
{
    signer_der = JM_BYTES("x");
}

TEST(signers_that_may_not)
{
    refused("without its purpose", without_eku, JM_E_DENIED, JM_CARD_FORGED);
    refused("a document signer", document_signer, JM_E_DENIED, JM_CARD_FORGED);
    refused("a signer of cards and documents", signer_of_both, JM_E_DENIED, JM_CARD_FORGED);
    refused("expired", expired, JM_E_DENIED, JM_CARD_FORGED);
    refused("not valid yet", not_yet, JM_E_DENIED, JM_CARD_FORGED);
    refused("not valid when it signed", younger_than_its_signature, JM_E_DENIED, JM_CARD_FORGED);
    refused("valid for 16 years", too_long, JM_E_DENIED, JM_CARD_FORGED);
    refused("without digitalSignature", no_digital_signature, JM_E_DENIED, JM_CARD_FORGED);
    refused("self-signed", self_signed, JM_E_DENIED, JM_CARD_FORGED);
    refused("of another CA", of_another_ca, JM_E_DENIED, JM_CARD_FORGED);
    refused("with another key", another_key, JM_E_SIGNATURE, JM_CARD_FORGED);
    refused("no certificate", chain_is_no_certificate, JM_E_DENIED, JM_CARD_FORGED);
}

/* And the other way round: who signs cards signs no document. */
TEST(a_signer_of_cards_signs_no_document)
{
    struct jm_path_spec spec;
    struct jm_path path;

    ck_authority();
    spec = (struct jm_path_spec){.anchors = &CA.anchors,
                                 .use = JM_PATH_MDOC,
                                 .now = KIT_NOW,
                                 .waive_crl = true};
    for (int both = 0; both < 2; both++) {
        if (both == 1) {
            signer_spec.eku[1] = JM_OID_EKU_MDOC_DS;
            ck_certify();
        }
        CHECK_OK(jm_path_judge(&path, &spec, &signer_der, 1, &ck_answers, &CA.mem));
        CHECK_EQ(jm_path_result(&path), JM_FAIL);
        CHECK_EQ(jm_path_reason(&path), JM_PATH_EKU);
    }
    CHECK_OK(jm_path_judge(&path, &spec, &CA.dsc_der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(jm_path_result(&path), JM_PASS);
    /* the purpose is a setting */
    spec.use = JM_PATH_CARD;
    CHECK_OK(jm_path_judge(&path, &spec, &CA.dsc_der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(jm_path_reason(&path), JM_PATH_EKU);
    signer_spec.eku[0] = JM_OID_EKU_STATUS;
    signer_spec.eku[1] = jm_none();
    ck_certify();
    CHECK_OK(jm_path_judge(&path, &spec, &signer_der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(jm_path_reason(&path), JM_PATH_EKU);
    spec.eku = JM_OID_EKU_STATUS;
    CHECK_OK(jm_path_judge(&path, &spec, &signer_der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(jm_path_result(&path), JM_PASS);
    kit_end(&CA);
}

/* Ours always says one: the extension is given another name before it is signed. */
TEST(a_signer_without_key_usage_signs_no_card)
{
    struct jm_path_spec spec;
    struct jm_path path;
    struct jm_bytes tbs, der;

    ck_authority();
    spec = (struct jm_path_spec){.anchors = &CA.anchors,
                                 .use = JM_PATH_CARD,
                                 .now = KIT_NOW,
                                 .waive_crl = true};
    KIT_MUST(jm_cert_tbs(&tbs, CC, &signer_spec, &CA.mem));
    tbs = kit_swap(&CA, tbs, "\x55\x1d\x0f", "\x55\x1d\x7f", 3);
    der = kit_sign_der(&CA, tbs, CA.iaca_key);
    CHECK_OK(jm_path_judge(&path, &spec, &der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(path.rule[JM_PATH_KU].result, JM_FAIL);
    CHECK_OK(jm_path_judge(&path, &spec, &signer_der, 1, &ck_answers, &CA.mem));
    CHECK_EQ(path.rule[JM_PATH_KU].result, JM_PASS);
    kit_end(&CA);
}

TEST(times_of_the_sod)
{
    static const struct {
        const char *why;
        int64_t signed_at, until;
        enum jm_status st;
    } rows[] = {{"as it should be", -1, 1, JM_OK},
                {"until now", -100, 0, JM_OK},
                {"over", -100, -1, JM_E_DENIED},
                {"a clock that is a minute off", 60, 100, JM_OK},
                {"signed in the future", 61, 100, JM_E_DENIED}};

    ck_authority();
    ck_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_chip_spec spec = ck_spec();

        spec.signed_at = KIT_NOW + rows[i].signed_at;
        spec.until = KIT_NOW + rows[i].until;
        ROW(CHECK_ST(judged(sod_of(&spec)), rows[i].st), rows[i].why);
        if (rows[i].st != JM_OK)
            CHECK_EQ(why.code, JM_CARD_FORGED);
    }
    kit_end(&CA);
}

TEST(nobody_to_verify_with_decides_nothing)
{
    struct jm_card_trust trust;

    ck_authority();
    ck_made();
    trust = ck_trust();
    trust.answers = &(const struct jm_answers){.random = ck_random};
    CHECK_ST(jm_card_sod_judge(&S, CK.lasting.file[JM_EF_SOD], &trust, &CA.mem, &why),
             JM_E_UNAVAILABLE);
    trust = ck_trust();
    trust.waive_crl = false; /* and no list at hand */
    CHECK_ST(jm_card_sod_judge(&S, CK.lasting.file[JM_EF_SOD], &trust, &CA.mem, &why),
             JM_E_UNAVAILABLE);
    trust.anchors = &(const struct jm_anchors){0};
    why = (struct jm_diag){0};
    CHECK_ST(jm_card_sod_judge(&S, CK.lasting.file[JM_EF_SOD], &trust, &CA.mem, &why), JM_E_DENIED);
    CHECK_EQ(why.code, JM_CARD_FORGED);
    kit_end(&CA);
}

/* Shapes: the payload, taken apart and put together otherwise, without a signature that would hold.
 */
static enum jm_status read_with(struct jm_bytes from, struct jm_bytes to)
{
    struct jm_bytes ef = kit_splice(&CA, CK.lasting.file[JM_EF_SOD], from, to);

    return jm_card_sod_read(&S, ef);
}

TEST(shapes_that_are_none)
{
    struct jm_bytes ef;
    struct jm_buf big = room(JM_CARD_SOD_MAX + 1);

    ck_authority();
    ck_made();
    ef = CK.lasting.file[JM_EF_SOD];
    CHECK_OK(jm_card_sod_read(&S, ef));
    CHECK_EQ(read_with(JM_BYTES("SHA-256"), JM_BYTES("SHA-512")), JM_E_UNSUPPORTED);
    CHECK(read_with(JM_BYTES("\x43\xa1\x01\x26"), JM_BYTES("\x43\xa1\x01\x27")) != JM_OK);
    CHECK(read_with(JM_BYTES("\xa1\x18\x21"), JM_BYTES("\xa1\x18\x22")) != JM_OK);
    CHECK(read_with(JM_BYTES("\xa6\x01\x01\x02"), JM_BYTES("\xa6\x01\x02\x02")) != JM_OK);
    CHECK(read_with(JM_BYTES("\x03\xa4\x01"), JM_BYTES("\x03\xa4\x03")) != JM_OK);
    CHECK(read_with(JM_BYTES("\x05\xc0\x74"), JM_BYTES("\x05\xc1\x74")) != JM_OK);
    CHECK(read_with(JM_BYTES("\x04\x6cKRJM"), JM_BYTES("\x05\x6cKRJM")) != JM_OK);
    CHECK_ST(read_with(JM_BYTES("\x0e\x58\x20"), JM_BYTES("\x0f\x58\x20")), JM_E_MISSING);
    /* both groups, the second first */
    ef = kit_splice(&CA, ef, JM_BYTES("\x02\x58\x20"), JM_BYTES("\x01\x58\x20"));
    ef = kit_splice(&CA, ef, JM_BYTES("\x03\xa4\x01\x58\x20"), JM_BYTES("\x03\xa4\x02\x58\x20"));
    CHECK_ST(jm_card_sod_read(&S, ef), JM_E_MALFORMED);
    memset(big.ptr, 0, big.cap);
    big.ptr[0] = 0x77;
    CHECK_ST(judged(jm_bytes(big.ptr, big.cap)), JM_E_LIMIT);
    CHECK_EQ(why.code, JM_CARD_SIZE);
    CHECK(judged(JM_BYTES("\x77\x00")) != JM_OK);
    CHECK_EQ(why.code, JM_CARD_TLV);
    kit_end(&CA);
}

/* -- DG1, security infos -- */

static bool takes_dg1(struct jm_bytes ef)
{
    struct jm_card_dg1 d;

    return jm_card_dg1_read(&d, ef) == JM_OK;
}

TEST(identities_that_are_none)
{
    static const char *const rows[] =
        {"61020101", /* no map */
         "6129a40102026c4b524a4d3030303030303031036a31313131303531353030046a323032362d30312d3032",
         "612aa4010102"
         "780c4b524a4d3030303030303031036a31313131303531353030046a323032362d30312d3032",
         "6129a4010103"
         "6a31313131303531353030026c4b524a4d3030303030303031046a323032362d30312d3032",
         "6129a40101026c4b524a4d3030303030303031036a31313131303531353030046a323032362d31332d3032",
         "6128a40101026c4b524a4d3030303030303031036931313131303531353"
         "0046a323032362d30312d3032",
         "611da4010102"
         "60036a31313131303531353030046a323032362d30312d3032",
         "812ba40101026c4b524a4d3030303030303031036a31313131303531353030046a323032362d30312d3032"};
    struct jm_card_dg1 d = {.serial = JM_BYTES("x"),
                            .authority = JM_BYTES("1111051500"),
                            .issued = JM_BYTES("2026-01-02")};
    struct jm_arena mem = arena(1024);
    struct jm_bytes ef;

    CHECK(takes_dg1(hex(CK_DG1)));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK(!takes_dg1(hex(rows[i]))), rows[i]);
    for (size_t len = 0; len < 43; len++)
        CHECK(!takes_dg1(exact(jm_slice(hex(CK_DG1), 0, len))));
    CHECK(!takes_dg1(hex(CK_DG1 "00")));
    CHECK_OK(jm_card_dg1_write(&ef, &d, &mem));
    d.authority = JM_BYTES("111105150");
    CHECK_ST(jm_card_dg1_write(&ef, &d, &mem), JM_E_RANGE);
    d.authority = JM_BYTES("1111051500");
    d.serial = JM_BYTES("123456789012345678901234567890123");
    CHECK_ST(jm_card_dg1_write(&ef, &d, &mem), JM_E_RANGE);
    d.serial = jm_none();
    CHECK_ST(jm_card_dg1_write(&ef, &d, &mem), JM_E_RANGE);
}

TEST(unknown_infos_are_passed_by)
{
    struct jm_point key;

    CHECK_OK(jm_card_access_read(hex("31283012060a04007f00070202040204020102020110"
                                     "3012060a04007f0007020204020202010202010c")));
    CHECK_ST(jm_card_access_read(hex("3100")), JM_E_UNSUPPORTED);
    CHECK_ST(jm_card_access_read(hex("31143012060a04007f0007020204020402010202010c")),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_card_access_read(hex("31143012060a04007f0007020204020202010202010d")),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_card_access_read(hex("31143012060a04007f0007020204020202010102010c")),
             JM_E_UNSUPPORTED);
    CHECK(jm_card_access_read(hex(CK_ACCESS "00")) != JM_OK);
    for (size_t len = 0; len < 22; len++)
        CHECK(jm_card_access_read(exact(jm_slice(hex(CK_ACCESS), 0, len))) != JM_OK);
    CHECK_OK(jm_card_dg14_read(&key, hex(CK_DG14)));
    for (size_t len = 0; len < 125; len++) {
        CHECK(jm_card_dg14_read(&key, exact(jm_slice(hex(CK_DG14), 0, len))) != JM_OK);
        CHECK_EQ(key.len, 0);
    }
    CHECK(jm_card_dg14_read(&key, hex(CK_DG14 "00")) != JM_OK);
    /* no key; no chip authentication; one of a version that is not known; a key twice */
    CHECK_ST(jm_card_dg14_read(&key, hex("6e133111300f060a04007f00070202030202020101")),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_card_dg14_read(&key, hex("6e1531133011060a04007f000702020302020201010500")),
             JM_E_TRAILING);
    CHECK_ST(jm_card_dg14_read(&key, hex("6e243122300f060a04007f00070202030202020101"
                                         "300f060a04007f00070202030202020101")),
             JM_E_DUPLICATE);
}

TEST(two_keys_are_none)
{
    struct jm_bytes ef = hex(CK_DG14), info = jm_slice(ef, 21, 104);
    struct jm_buf out = room(300);
    struct jm_point key;

    CHECK_OK(jm_buf_put(&out, hex("6e81e43181e1300f060a04007f00070202030202020101")));
    CHECK_OK(jm_buf_put(&out, info));
    CHECK_OK(jm_buf_put(&out, info));
    CHECK_ST(jm_card_dg14_read(&key, jm_written(out)), JM_E_DUPLICATE);
}

static bool takes_dg14(struct jm_bytes ef)
{
    struct jm_point key;

    /* a changed point is another key: the SOD's digest finds it */
    return jm_card_dg14_read(&key, ef) == JM_OK &&
           jm_bytes_eq(jm_point_bytes(&key), jm_slice(hex(CK_DG14), 60, 65));
}

TEST(no_octet_of_dg14_may_change)
{
    struct jm_bytes ef = hex(CK_DG14);

    CHECK(takes_dg14(ef));
    for (size_t i = 0; i < ef.len; i++) {
        ((uint8_t *)(uintptr_t)ef.ptr)[i] ^= 1;
        CHECK(!takes_dg14(ef));
        ((uint8_t *)(uintptr_t)ef.ptr)[i] ^= 1;
    }
}

TEST(how_long_a_file_is)
{
    static const struct {
        const char *head;
        enum jm_status st;
        size_t len;
    } rows[] = {{"", JM_E_TRUNCATED, 0},
                {"75", JM_E_TRUNCATED, 0},
                {"7582", JM_E_TRUNCATED, 0},
                {"758201", JM_E_TRUNCATED, 0},
                {"7500", JM_OK, 2},
                {"757f", JM_OK, 129},
                {"758180", JM_OK, 131},
                {"75817f", JM_E_MALFORMED, 0},
                {"75820100", JM_OK, 260},
                {"758200ff", JM_E_MALFORMED, 0},
                {"75827ffb", JM_OK, 32767},
                {"75827ffc", JM_E_LIMIT, 0},
                {"7583010000", JM_E_LIMIT, 0},
                {"7580", JM_E_MALFORMED, 0},
                {"61ff", JM_E_MALFORMED, 0}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t len;

        ROW(CHECK_ST(jm_card_ef_len(&len, JM_EF_DG2, hex(rows[i].head)), rows[i].st), rows[i].head);
        CHECK_EQ(len, rows[i].len);
    }
}

/* -- making -- */

static void remade(const char *what, const struct jm_chip_spec *spec, enum jm_status st)
{
    struct jm_chip_image image;

    ROW(CHECK_ST(jm_card_make(&image, spec, CC, &ck_answers, &CA.mem), st), what);
    if (st != JM_OK)
        CHECK(image.pin[0] == 0 && image.file[JM_EF_ACCESS].len == 0);
}

TEST(what_no_card_is_made_of)
{
    struct jm_chip_spec s;
    struct jm_buf big = room(40000);

    memset(big.ptr, 0xff, big.cap);
    big.ptr[1] = 0xd8;
    ck_authority();
    ck_made();
    CHECK(jm_bytes_find(CK.lasting.file[JM_EF_DG11], JM_BYTES("\x6a"
                                                              "birth_date\xd9\x03\xec\x6a"
                                                              "1990-02-28")) != SIZE_MAX);
    CHECK(jm_bytes_find(CK.lasting.file[JM_EF_DG11], JM_BYTES("김하나")) != SIZE_MAX);
#define MADE(what, change, st) \
    s = ck_spec();             \
    change;                    \
    remade(what, &s, st)
    MADE("as it should be", (void)0, JM_OK);
    MADE("PIN", s.pin = JM_BYTES("12345"), JM_E_RANGE);
    MADE("CAN", s.can = JM_BYTES("12345x"), JM_E_RANGE);
    MADE("PUK", s.puk = JM_BYTES("123456"), JM_E_RANGE);
    MADE("portrait", s.portrait = JM_BYTES("\x89PNG"), JM_E_RANGE);
    MADE("portrait too long", s.portrait = jm_bytes(big.ptr, big.cap), JM_E_LIMIT);
    MADE("name", s.name = jm_none(), JM_E_RANGE);
    MADE("name with a line end", s.name = JM_BYTES("a\nb"), JM_E_RANGE);
    MADE("birth date", s.birth_date = JM_BYTES("1990-02-30"), JM_E_RANGE);
    MADE("serial", s.dg1.serial = jm_none(), JM_E_RANGE);
    MADE("over before it begins", s.until = s.signed_at, JM_E_RANGE);
    MADE("no certificate", s.n_x5chain = 0, JM_E_RANGE);
    MADE("nobody signs", s.signer = JM_BYTES("x"), JM_E_ABSENT);
    MADE("key", memset(&s.key, 0, sizeof s.key), JM_E_RANGE);
#undef MADE
    kit_end(&CA);
}
