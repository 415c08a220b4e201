/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of a new authority: who governs, who registers, who supervises; a genesis, and the
 * first trust set as transactions of two registrars. */
#include "cmd/init/init_ledger.h"

#include <string.h>

#include "cmd/cli/keyfile.h"
#include "cmd/ledger/changes.h"
#include "cmd/ledger/genesis.h"
#include "cmd/ledger/open.h"
#include "host/openssl/ed25519.h"
#include "jumin/cbor.h"
#include "jumin/trust_proven.h"
#include "service/ledger/serve.h"

#define YEARS_S (9LL * 365 * 86400)
#define N_ACTORS 3
#define POLICY_ROOM 1024

struct founding {
    struct jm_making *m;
    const char *base, *origin;
    struct jm_secret32 seed[2]; /* log, node */
    struct jm_vkey vkey[2];
    uint8_t public_key[2][JM_ED25519_KEY_LEN];
    struct jm_genesis_actor actor[N_ACTORS];
    struct jm_ledger_keys keys; /* of all people */
    struct jm_bytes policy, genesis;
    struct jm_ledger_here here;
};

const char *jm_init_origin(const struct jm_making *m, const char *base)
{
    const char *host = strstr(base, "://");

    return jm_format(m->cmd->mem, "%s/%s", host == NULL ? base : host + 3, m->id);
}

/* -- keys -- */

static enum jm_status make_log_key(struct founding *f, size_t i)
{
    static const char *const id[] = {"log-1", "cosign-1"};
    static const enum jm_purpose purpose[] = {JM_PURPOSE_LOG, JM_PURPOSE_COSIGN};
    static const enum jm_note_type type[] = {JM_NOTE_ED25519, JM_NOTE_COSIGNATURE};
    struct jm_held_key facts = {.id = jm_str(id[i]), .purpose = purpose[i], .is_pair = true};
    struct jm_bytes key = jm_bytes(f->public_key[i], JM_ED25519_KEY_LEN);
    const char *name = i == 0 ? f->origin : jm_format(f->m->cmd->mem, "%s/node/n0", f->origin);

    JM_TRY(jm_ed25519_new(&f->seed[i]));
    JM_TRY(jm_ed25519_public(f->public_key[i], &f->seed[i]));
    JM_TRY(jm_point_set(&facts.point, JM_CURVE_ED25519, key));
    JM_TRY(jm_keys_add(jm_home_path(&f->m->home, "signer"), &f->m->master, &facts, &f->seed[i],
                       true, &jm_signer_tools, f->m->cmd->mem));
    return jm_vkey_make(&f->vkey[i], jm_str(name), type[i], key, f->m->cmd->crypto);
}

static enum jm_status make_person(struct founding *f, struct jm_genesis_actor *a)
{
    struct jm_ledger_key *k = &f->keys.key[f->keys.n];
    struct jm_maker pair = {0};
    const char *path;

    JM_TRY(jm_make_pair(f->m, &pair));
    f->keys.n++;
    k->key = pair.key;
    k->point = pair.point;
    JM_TRY(jm_ltx_kid(k->kid, f->m->cmd->crypto, jm_point_bytes(&pair.point)));
    a->person[a->n_people++] = pair.point;
    path = jm_format(f->m->cmd->mem, "%s/%s.%zu.key", jm_home_path(&f->m->home, "operator/ledger"),
                     jm_cstr(f->m->cmd, a->id), a->n_people);
    return jm_keyfile_write(path, pair.key, f->m->cmd, f->m->d);
}

static enum jm_status make_actor(struct founding *f, size_t i, const char *id, const char *name,
                                 const enum jm_actor_role *role, size_t n_roles, size_t people,
                                 uint64_t threshold)
{
    struct jm_genesis_actor *a = &f->actor[i];

    *a = (struct jm_genesis_actor){.id = jm_str(id),
                                   .name = jm_str(name),
                                   .role = role,
                                   .n_roles = n_roles,
                                   .threshold = threshold};
    for (size_t k = 0; k < people; k++)
        JM_TRY(make_person(f, a));
    return JM_OK;
}

static enum jm_status make_actors(struct founding *f)
{
    static const enum jm_actor_role govern[] = {JM_ACTOR_GOVERNANCE},
                                    supervise[] = {JM_ACTOR_SUPERVISOR},
                                    work[] = {JM_ACTOR_REGISTRAR, JM_ACTOR_RP_REGISTRAR,
                                              JM_ACTOR_ISSUER, JM_ACTOR_PUBLISHER};

    JM_TRY(make_actor(f, 0, "gov", "Governance", govern, 1, 3, 2));
    JM_TRY(make_actor(f, 1, f->m->id, "Authority", work, JM_ARRAY_LEN(work), 2, 1));
    return make_actor(f, 2, "supervisor", "Supervisor", supervise, 1, 2, 1);
}

/* -- genesis -- */

static enum jm_status write_policy(struct founding *f)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, f->m->cmd->mem, POLICY_ROOM));
    JM_TRY(jm_buf_put(&b, JM_BYTES("log ")));
    JM_TRY(jm_vkey_put(&b, &f->vkey[0]));
    JM_TRY(jm_buf_put(&b, jm_str(jm_format(f->m->cmd->mem, " %s\nwitness n0 ", f->base))));
    JM_TRY(jm_vkey_put(&b, &f->vkey[1]));
    JM_TRY(jm_buf_put(&b, JM_BYTES("\nquorum n0\n")));
    f->policy = jm_written(b);
    return JM_OK;
}

static enum jm_status write_genesis(struct founding *f)
{
    const struct jm_genesis_spec s = {.chain_id =
                                          jm_str(jm_format(f->m->cmd->mem, "%.47s-1", f->m->id)),
                                      .origin = jm_str(f->origin),
                                      .policy = f->policy,
                                      .now = f->m->now,
                                      .keys_until = f->m->now + YEARS_S,
                                      .actor = f->actor,
                                      .n = N_ACTORS};

    JM_TRY(jm_genesis_write(&f->genesis, &s, f->m->cmd->mem));
    return jm_cmd_write(jm_home_path(&f->m->home, "ledger/genesis.cbor"), f->genesis, 0644,
                        f->m->cmd, f->m->d);
}

/* -- the first transactions -- */

/* The keys are at hand: no signer runs yet. */
static enum jm_status sign_here(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    static _Thread_local struct jm_sig sig;
    const struct founding *f = ctx;

    (void)key;
    out->n = 0;
    if (op != JM_SIGN)
        return JM_OK;
    JM_TRY(jm_ed25519_sign(&sig, &f->seed[purpose == JM_PURPOSE_COSIGN], in->items[0]));
    out->items[0] = jm_sig_bytes(&sig);
    out->n = 1;
    return JM_OK;
}

static int64_t founding_now(void *ctx)
{
    return ((const struct founding *)ctx)->m->now;
}

static enum jm_status open_ledger(struct founding *f, const struct jm_signer *signer)
{
    const struct jm_chain_config c = {.path = jm_home_path(&f->m->home, "ledger/ledger.jml"),
                                      .genesis = f->genesis,
                                      .port = {f->m->cmd->crypto, jm_openssl_verify, NULL}};
    struct jm_ledger_writer_config w = {.now_s = founding_now,
                                        .now_ctx = f,
                                        .resign_s = JM_LEDGER_RESIGN_S};
    struct jm_ledger_here *h = &f->here;

    JM_TRY(jm_chain_open(&h->chain, &c));
    h->seal.now_s = founding_now;
    h->seal.now_ctx = f;
    JM_TRY(jm_seal_open(&h->seal, f->policy, signer, f->m->cmd->crypto, f->m->cmd->mem));
    w.chain = h->chain;
    w.seal = jm_seal_of(&h->seal);
    JM_TRY(jm_ledger_writer_start(&h->writer, &w));
    h->engine = jm_ledger_writer_engine(h->writer);
    return JM_OK;
}

static enum jm_status submit_here(void *ctx, struct jm_bytes tx, struct jm_diag *d)
{
    struct founding *f = ctx;
    struct jm_ledger_result r;

    JM_TRY(f->here.engine.submit(f->here.engine.ctx, &r, tx));
    return r.code == JM_LTX_OK
               ? JM_OK
               : jm_refuse(d, JM_E_DENIED, JM_LEDGER_REFUSED, jm_ltx_code_name(r.code));
}

static enum jm_status apply_trust(struct founding *f, struct jm_bytes octets)
{
    struct jm_ledger_acting a = {.cmd = f->m->cmd,
                                 .keys = &f->keys,
                                 .actor = jm_str(f->m->id),
                                 .now = f->m->now,
                                 .submit = submit_here,
                                 .ctx = f};
    struct jm_bytes facts, hash;
    struct jm_trust trust;
    struct jm_cbor r;

    JM_TRY(jm_trust_open(&trust, octets, f->m->cmd->mem));
    JM_TRY(jm_ledger_actors(&facts, &f->here.engine, f->m->cmd->mem));
    jm_cbor_init(&r, facts);
    (void)jm_cbor_array(&r);
    a.facts.chain_id = jm_cbor_text(&r);
    hash = jm_cbor_bytes(&r);
    if (hash.len != sizeof a.facts.genesis.octets)
        return JM_E_BUG;
    memcpy(a.facts.genesis.octets, hash.ptr, hash.len);
    a.facts.actors = jm_cbor_item(&r);
    return jm_ledger_change(&a, NULL, &trust, f->m->d);
}

static enum jm_status prove_trust(struct jm_bytes *proven, struct founding *f)
{
    const struct jm_trust_root root = {f->policy, f->m->synthetic, f->m->clock_start,
                                       f->m->clock_moment};
    const struct jm_bundle_wish wish = {.scope = JM_BUNDLE_ALL};
    struct jm_bytes octets, bundle;

    JM_TRY(jm_ledger_bundle(&bundle, &f->here.engine, &wish, f->m->cmd->mem, f->m->d));
    JM_TRY(jm_trust_root_write(&octets, &root, f->m->cmd->mem));
    return jm_trust_proven_write(proven, octets, bundle, f->m->cmd->mem);
}

static enum jm_status found_ledger(struct jm_bytes *proven, struct founding *f,
                                   const struct jm_signer *signer, struct jm_bytes trust)
{
    JM_TRY(make_log_key(f, 0));
    JM_TRY(make_log_key(f, 1));
    JM_TRY(make_actors(f));
    JM_TRY(write_policy(f));
    JM_TRY(write_genesis(f));
    JM_TRY(open_ledger(f, signer));
    JM_TRY(apply_trust(f, trust));
    return prove_trust(proven, f);
}

enum jm_status jm_init_ledger(struct jm_bytes *proven, struct jm_making *m, const char *base,
                              struct jm_bytes trust)
{
    struct founding *f = JM_NEW(m->cmd->mem, struct founding);
    struct jm_signer signer;
    enum jm_status st;

    *proven = jm_none();
    if (f == NULL)
        return JM_E_NO_SPACE;
    f->m = m;
    f->base = base;
    f->origin = jm_init_origin(m, base);
    signer = (struct jm_signer){sign_here, f};
    st = found_ledger(proven, f, &signer, trust);
    jm_ledger_close_here(&f->here);
    jm_ledger_keys_close(&f->keys);
    jm_wipe(f->seed, sizeof f->seed);
    return st;
}
