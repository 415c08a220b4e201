/* SPDX-License-Identifier: Apache-2.0 */
/* jumin staff keygen: a person's own key to sign in by challenge; the public half goes to `staff
 * add`. */
#include "cmd/cli/commands.h"
#include "cmd/cli/keyfile.h"
#include "jumin/jose.h"

static enum jm_status put_jwk(struct jm_body *b, const struct jm_cmd *cmd, struct jm_key **key,
                              struct jm_diag *d)
{
    struct jm_point point;
    char kid[44];

    JM_TRY(jm_key_generate(key));
    JM_TRY(jm_key_point(&point, *key));
    JM_TRY(jm_keyfile_write(jm_opt(cmd, "out"), *key, cmd, d));
    JM_TRY(jm_jwk_thumbprint_text(kid, cmd->crypto, &point));
    JM_TRY(jm_alloc_buf(&b->b, cmd->mem, 512));
    jm_json_w_init(&b->w, &b->b);
    jm_jwk_write(&b->w, &point, jm_str(kid), "sig", "ES256");
    return jm_json_w_end(&b->w);
}

static enum jm_status run_keygen(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_key *key = NULL;
    struct jm_body jwk;
    enum jm_status st = put_jwk(&jwk, cmd, &key, d);

    jm_key_free(&key);
    JM_TRY(st);
    return jm_cmd_json(jm_written(jwk.b)) == JM_EXIT_OK ? JM_OK : JM_E_IO;
}

JM_COMMAND(staff_keygen, "staff keygen", run_keygen, "staff keygen --out kim.key",
           "staff keygen --out kim.key >kim.jwk", JM_OPTIONS(JM_NEEDS("out", "FILE")));
