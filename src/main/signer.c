/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jumin-signer: the one process that holds keys. Linked with libcrypto alone, which the linker
 * holds: a call into anything else does not link. `jumin serve` starts it with its own command
 * line, so it knows `serve` and nothing else.
 */
#include <stdio.h>

#include "cmd/role/roles.h"
#include "host/openssl/openssl.h"
#include "host/sandbox/sandbox.h"

static int serve(const struct jm_cmd *cmd)
{
    static struct jm_home home;
    struct jm_diag d = {0};
    enum jm_status st = jm_home_open(&home, cmd, JM_HOME_SERVED, &d);
    const sigset_t s = jm_role_signals();

    if (st == JM_OK && home.is_wallet)
        st = jm_refuse(&d, JM_E_USAGE, JM_CMD_ROLE_UNKNOWN, "signer");
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    (void)sigprocmask(SIG_BLOCK, &s, NULL);
    return jm_role_run(&jm_role_signer, &home);
}

static const struct jm_command command_serve = {.name = "serve",
                                                .operands = "signer",
                                                .min_operands = 1,
                                                /* those of `jumin serve all` */
                                                .max_operands = JM_ROLES_MAX,
                                                JM_OPTIONS(JM_TAKES("passphrase-file", "FILE")),
                                                .example = {"serve signer",
                                                            "serve signer --passphrase-file FILE"},
                                                .run = serve};

int main(int argc, char **argv)
{
    static const struct jm_command *const table[] = {&command_serve, NULL};
    if (jm_sandbox_begin() != JM_OK || jm_openssl_secret_heap() != JM_OK) {
        fputs("jumin-signer: JM_E_UNAVAILABLE\n", stderr);
        return JM_EXIT_OUTSIDE;
    }
    return jm_run(argc, argv, table, &jm_crypto_libcrypto);
}
