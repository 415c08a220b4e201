/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_cert_parse, jm_csr_parse, jm_crl_parse, jm_crl_lists, jm_x509_profile,
 * jm_path_judge */
#include "fuzz/fuzz.h"

#include "jumin/path.h"

static uint8_t room[1 << 16];

static void inside(const uint8_t *data, size_t size, struct jm_bytes v)
{
    MUST(v.len == 0 || (v.ptr >= data && v.ptr + v.len <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size);
    struct jm_cert c;
    struct jm_csr csr;
    struct jm_crl crl;

    if (jm_cert_parse(&c, in) == JM_OK) {
        const struct jm_anchor a = {.cert = &c, .any_type = true};
        const struct jm_anchors anchors = {.anchor = &a, .n = 1};
        const struct jm_bytes views[] = {c.tbs,          c.serial,   c.issuer.der, c.subject.der,
                                         c.subject.cn,   c.key_bits, c.ski,        c.aki,
                                         c.eku,          c.ian,      c.san,        c.crldp,
                                         jm_cert_dns(&c)};
        struct jm_findings f;
        struct jm_arena mem;

        for (size_t i = 0; i < JM_ARRAY_LEN(views); i++)
            inside(data, size, views[i]);
        jm_arena_init(&mem, room, sizeof room);
        MUST(jm_findings_init(&f, &mem, 64) == JM_OK);
        for (int profile = JM_PROFILE_AUTO; profile <= JM_PROFILE_STATUS; profile++)
            jm_x509_profile(&f, &c, (enum jm_x509_profile)profile, &c, &jm_crypto_portable, 0,
                            false);
        MUST(f.st == JM_OK && f.n == 35);
        for (int use = JM_PATH_UNSAID; use <= JM_PATH_CERTIFICATE; use++) {
            const struct jm_path_spec spec = {.anchors = &anchors,
                                              .use = (enum jm_path_use)use,
                                              .now = c.not_before};
            struct jm_path path;

            MUST(jm_path_judge(&path, &spec, &in, 1, NULL, &mem) == JM_OK &&
                 jm_path_result(&path) != JM_NOT_RUN);
            /* nobody verified anything */
            MUST(jm_path_result(&path) != JM_PASS || use == JM_PATH_CERTIFICATE);
        }
        jm_arena_reset(&mem);
    }
    if (jm_csr_parse(&csr, in) == JM_OK)
        inside(data, size, csr.tbs);
    if (jm_crl_parse(&crl, in) == JM_OK)
        (void)jm_crl_lists(&crl, JM_BYTES("\x01"));
    return 0;
}
