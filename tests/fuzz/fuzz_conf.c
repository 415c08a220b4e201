/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_conf_parse, jm_conf_edit, jm_listen_parse, jm_base_url_judge
 *
 * A home's jumin.conf. A fault is told with the file's name; a text that is read and then edited is
 * read again with the new value.
 */
#include "fuzz/fuzz.h"

#include "cmd/cli/conf.h"

static uint8_t memory[4 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_bytes out;
    struct jm_conf c;
    struct jm_diag d = {0};
    struct jm_arena mem;
    uint16_t port;
    char address[64];
    bool loopback;

    jm_arena_init(&mem, memory, sizeof memory);
    if (jm_conf_parse(&c, "f", in, jm_home_conf_rules, jm_n_home_conf_rules, &mem, &d) == JM_OK) {
        if (jm_conf_edit(&out, in, "home", "name", "Another", &mem) == JM_OK &&
            jm_conf_get(&c, "home", "name") != NULL) {
            MUST(jm_conf_parse(&c, "f", out, jm_home_conf_rules, jm_n_home_conf_rules, &mem,
                               NULL) == JM_OK);
            MUST(strcmp(jm_conf_get(&c, "home", "name"), "Another") == 0);
        }
    } else if (d.code != JM_CODE_NONE) {
        MUST(d.code == JM_CMD_CONFIG && jm_bytes_starts(d.detail, JM_BYTES("f:")));
    }
    if (jm_listen_parse(address, &port, in))
        MUST(port != 0 && strlen(address) < sizeof address);
    (void)jm_base_url_judge(in, &loopback);
    jm_arena_reset(&mem);
    return 0;
}
