/* SPDX-License-Identifier: Apache-2.0 */
/* jumin-demo: the story, beside the product. `jumin demo` starts it with its own command line. */
#include "demo/demo.h"
#include "cmd/cli/commands.h"
#include "host/openssl/openssl.h"

int main(int argc, char **argv)
{
    struct jm_command played = jm_command_demo;
    const struct jm_command *const table[] = {&played, NULL};

    played.run = demo_play;
    return jm_run(argc, argv, table, &jm_crypto_openssl);
}
