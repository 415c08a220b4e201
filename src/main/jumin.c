/* SPDX-License-Identifier: Apache-2.0 */
/* jumin: all commands. */
#include "cmd/cli/cmd.h"
#include "host/openssl/openssl.h"

int main(int argc, char **argv)
{
    return jm_run(argc, argv, jm_commands, &jm_crypto_openssl);
}
