/* SPDX-License-Identifier: Apache-2.0 */
/* jumin staff keygen: a person's own key to sign in by challenge; the public half goes to `staff
 * add`. */
#include "cmd/cli/commands.h"
#include "cmd/cli/keyfile.h"
#include "jumin/jose.h"

static enum jm_status work(const struct jm_cmd *cmd, struct jm_buf *jwk, struct jm_key **key,
                           struct jm_diag *d)
{
    struct jm_point point;
    struct jm_json_w w;
    char kid[44];

    JM_TRY(jm_key_generate(key));
    JM_TRY(jm_key_point(&point, *key));
    JM_TRY(jm_keyfile_write(jm_opt(cmd, "out"), *key, cmd, d));
    JM_TRY(jm_jwk_thumbprint_text(kid, cmd->crypto, &point));
    JM_TRY(jm_alloc_buf(jwk, cmd->mem, 512));
    jm_json_w_init(&w, jwk);
    jm_jwk_write(&w, &point, jm_str(kid), "sig", "ES256");
    return jm_json_w_end(&w);
}

static int run(const struct jm_cmd *cmd)
{
    struct jm_key *key = NULL;
    struct jm_diag d = {0};
    struct jm_buf jwk;
    enum jm_status st = work(cmd, &jwk, &key, &d);

    jm_key_free(&key);
    return st == JM_OK ? jm_cmd_json(jm_written(jwk)) : jm_cmd_fail(cmd, st, &d);
}

JM_COMMAND(staff_keygen, "staff keygen", run, "staff keygen --out kim.key",
           "staff keygen --out kim.key >kim.jwk", JM_OPTIONS(JM_NEEDS("out", "FILE")));
