/* SPDX-License-Identifier: Apache-2.0 */
/* make_seeds FOLDER: writes the ok-* seeds of the certificate and mdoc targets, from the kit's authority. Run by hand. */
#include <stdio.h>
#include <sys/stat.h>

#include "unit/cred/mdoc_kit.h"

static void write_file(const char *root, const char *target, const char *name, struct jm_bytes what)
{
    char path[512];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", root, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    if ((out = fopen(path, "wb")) == NULL || fwrite(what.ptr, 1, what.len, out) != what.len || fclose(out) != 0)
        kit_die(path, 0);
}

int main(int argc, char **argv)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}, {JM_BYTES(KIT_NS_KR), JM_BYTES("resident_region")}};
    struct jm_crl_spec crl = {0};
    struct jm_mdoc_spec spec;
    struct jm_bytes is, tbs, serial = JM_BYTES("\x11\x22");
    struct kit_parts p;
    struct kit k;

    if (argc != 2)
        return 2;
    kit_begin(&k);
    spec = kit_spec(&k);
    is = kit_issue(&k, &spec);
    write_file(argv[1], "issuer_signed", "ok-copy", is);
    write_file(argv[1], "mdoc_response", "ok-two-elements", kit_present(&k, is, pick, 2));
    p = kit_parts(&k, &spec);
    p.mac = true;
    p.device_protected = JM_BYTES("\xa1\x01\x05");
    write_file(argv[1], "mdoc_response", "mac", kit_build(&k, &p));
    p = kit_parts(&k, &spec);
    p.device_ns = JM_BYTES("\xd8\x18\x58\x1b\xa1\x6f" KIT_NS "\xa1\x67" "mailbox\x01");
    write_file(argv[1], "mdoc_response", "device-items", kit_build(&k, &p));
    write_file(argv[1], "cert", "ok-iaca", k.iaca_der);
    write_file(argv[1], "cert", "ok-dsc", k.dsc_der);
    crl = (struct jm_crl_spec){k.iaca.subject.der, k.iaca.ski, 1, KIT_NOW, KIT_NOW + KIT_DAY, &serial, 1};
    KIT_MUST(jm_crl_tbs(&tbs, &crl, &k.mem));
    write_file(argv[1], "cert", "ok-crl", kit_sign_der(&k, tbs, k.iaca_key));
    KIT_MUST(jm_csr_tbs(&tbs, JM_BYTES("rp.example"), &k.dsc_spec.key, &k.mem));
    write_file(argv[1], "cert", "ok-csr", kit_sign_der(&k, tbs, k.dsc_key));
    write_file(argv[1], "der", "ok-dsc", k.dsc_der);
    write_file(argv[1], "cbor", "ok-issuer-signed", is);
    kit_end(&k);
    return 0;
}
