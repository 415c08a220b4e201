/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of a new authority: who governs, who registers, who supervises; a genesis, and the
 * first trust set as transactions of two registrars. */
#include "cmd/init/init_ledger.h"

#include <string.h>

#include "cmd/cli/keyfile.h"
#include "cmd/ledger/changes.h"
#include "cmd/ledger/genesis.h"
#include "cmd/ledger/log_key.h"
#include "cmd/ledger/open.h"
#include "host/openssl/ed25519.h"
#include "jumin/cbor.h"
#include "jumin/trust_proven.h"
#include "service/ledger/serve.h"

#define YEARS_S (9LL * 365 * 86400)
#define N_ACTORS 3
#define WITNESS_MS 15000 /* for their answers to the first trust set */

struct founding {
    struct jm_making *m;
    const char *base, *origin;
    struct jm_log_key key[2]; /* log, node */
    struct jm_genesis_actor actor[N_ACTORS];
    struct jm_ledger_keys keys; /* of all people */
    struct jm_bytes policy, genesis;
    struct jm_ledger_here here;
};

/* -- keys -- */

enum jm_status jm_init_origin(const char **out, const struct jm_making *m, const char *base)
{
    const char *file = jm_opt(m->cmd, "log-key"), *host = strstr(base, "://");
    struct jm_log_key key;

    *out = jm_format(m->cmd->mem, "%s/%s", host == NULL ? base : host + 3, m->id);
    if (file == NULL)
        return jm_opt_has(m->cmd, "witness")
                   ? jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--log-key")
                   : JM_OK;
    JM_TRY(jm_log_key_read(&key, file, m->cmd, m->d));
    *out = jm_cstr(m->cmd, key.vkey.name);
    jm_wipe(&key.seed, sizeof key.seed);
    return JM_OK;
}

static enum jm_status keep_log_key(struct founding *f, size_t i, const char *id,
                                   enum jm_purpose purpose)
{
    struct jm_held_key facts = {.id = jm_str(id), .purpose = purpose, .is_pair = true};

    JM_TRY(jm_point_set(&facts.point, JM_CURVE_ED25519, f->key[i].vkey.key));
    return jm_keys_add(jm_home_path(&f->m->home, "signer"), &f->m->master, &facts, &f->key[i].seed,
                       true, &jm_signer_tools, f->m->cmd->mem);
}

static enum jm_status make_log_keys(struct founding *f)
{
    const struct jm_cmd *cmd = f->m->cmd;
    const char *file = jm_opt(cmd, "log-key"), *node = jm_format(cmd->mem, "%s/node/n0", f->origin);

    if (file != NULL)
        JM_TRY(jm_log_key_read(&f->key[0], file, cmd, f->m->d));
    else
        JM_TRY(jm_log_key_new(&f->key[0], f->origin, JM_NOTE_ED25519, cmd->crypto));
    JM_TRY(jm_log_key_new(&f->key[1], node, JM_NOTE_COSIGNATURE, cmd->crypto));
    JM_TRY(keep_log_key(f, 0, "log-1", JM_PURPOSE_LOG));
    return keep_log_key(f, 1, "cosign-1", JM_PURPOSE_COSIGN);
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

static enum jm_status refuse_witness(const struct jm_making *m)
{
    return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--witness 'NAME VKEY URL'");
}

/* "NAME VKEY URL" of each --witness, as a policy has it; their names in @p names. */
static enum jm_status put_witnesses(struct jm_buf *b, const char **names, const struct jm_making *m)
{
    const struct jm_cmd *cmd = m->cmd;
    const char *given;

    *names = "";
    for (size_t i = 0; (given = jm_opt_at(cmd, "witness", i)) != NULL; i++) {
        size_t name = strcspn(given, " ");
        const char *url = strrchr(given, ' ');
        bool http;

        if (url == NULL || url == given + name || strchr(given, '\n') != NULL ||
            jm_base_url_judge(jm_str(url + 1), &http) != JM_CODE_NONE || (http && !m->synthetic) ||
            jm_buf_put(b, jm_str(jm_format(cmd->mem, "witness %s\n", given))) != JM_OK)
            return refuse_witness(m);
        *names = jm_format(cmd->mem, "%s %.*s", *names, (int)name, given);
    }
    return JM_OK;
}

/* What stands behind the node's line: where there are witnesses, one of them beside it. */
static enum jm_status put_quorum(struct jm_buf *b, const struct jm_making *m)
{
    const char *names;

    JM_TRY(put_witnesses(b, &names, m));
    if (names[0] == '\0')
        return jm_buf_put(b, JM_BYTES("quorum n0\n"));
    return jm_buf_put(b, jm_str(jm_format(m->cmd->mem,
                                          "group ext any%s\ngroup both all n0 ext\n"
                                          "quorum both\n",
                                          names))) == JM_OK
               ? JM_OK
               : refuse_witness(m);
}

static enum jm_status put_policy(struct jm_buf *b, const struct jm_making *m,
                                 const struct jm_log_key *log, const struct jm_log_key *node,
                                 const char *base)
{
    struct jm_policy policy;

    JM_TRY(jm_alloc_buf(b, m->cmd->mem, JM_POLICY_MAX));
    JM_TRY(jm_buf_put(b, JM_BYTES("log ")));
    JM_TRY(jm_vkey_put(b, &log->vkey));
    JM_TRY(jm_buf_put(b, jm_str(jm_format(m->cmd->mem, " %s\nwitness n0 ", base))));
    JM_TRY(jm_vkey_put(b, &node->vkey));
    JM_TRY(jm_buf_put(b, JM_BYTES("\n")));
    JM_TRY(put_quorum(b, m));
    return jm_policy_read(&policy, jm_written(*b), m->cmd->crypto, m->cmd->mem, NULL) == JM_OK
               ? JM_OK
               : refuse_witness(m);
}

enum jm_status jm_init_ledger_check(const struct jm_making *m)
{
    struct jm_log_key log, node;
    const char *origin;
    struct jm_buf b;
    enum jm_status st;

    JM_TRY(jm_init_origin(&origin, m, "http://base"));
    if (m->clock_start != 0 && jm_opt_has(m->cmd, "witness"))
        return jm_refuse(m->d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                         "--clock-start: witnesses live in the present");
    JM_TRY(jm_log_key_new(&log, origin, JM_NOTE_ED25519, m->cmd->crypto));
    st = jm_log_key_new(&node, "n0", JM_NOTE_COSIGNATURE, m->cmd->crypto);
    if (st == JM_OK)
        st = put_policy(&b, m, &log, &node, "http://base");
    jm_wipe(&log.seed, sizeof log.seed);
    jm_wipe(&node.seed, sizeof node.seed);
    return st;
}

static enum jm_status write_policy(struct founding *f)
{
    struct jm_buf b;

    JM_TRY(put_policy(&b, f->m, &f->key[0], &f->key[1], f->base));
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
    JM_TRY(jm_ed25519_sign(&sig, &f->key[purpose == JM_PURPOSE_COSIGN].seed, in->items[0]));
    out->items[0] = jm_sig_bytes(&sig);
    out->n = 1;
    return JM_OK;
}

static int64_t founding_now(void *ctx)
{
    return ((const struct founding *)ctx)->m->now;
}

static void say_witness(void *ctx, struct jm_bytes witness, const char *what)
{
    const struct founding *f = ctx;

    jm_remark(f->m->cmd, "witness %.*s %s\n", (int)witness.len, (const char *)witness.ptr, what);
}

static enum jm_status open_ledger(struct founding *f, const struct jm_signer *signer)
{
    const struct jm_chain_config c = {.path = jm_home_path(&f->m->home, "ledger/ledger.jml"),
                                      .genesis = f->genesis,
                                      .port = {f->m->cmd->crypto, jm_openssl_verify, NULL}};
    struct jm_ledger_writer_config w = {.now_s = founding_now,
                                        .now_ctx = f,
                                        .resign_s = JM_LEDGER_RESIGN_S};
    struct jm_push_config p = {.crypto = f->m->cmd->crypto,
                               .now_s = founding_now,
                               .now_ctx = f,
                               .allow_loopback = f->m->synthetic,
                               .say = say_witness,
                               .say_ctx = f};
    struct jm_ledger_here *h = &f->here;

    JM_TRY(jm_chain_open(&h->chain, &c));
    h->seal.now_s = founding_now;
    h->seal.now_ctx = f;
    JM_TRY(jm_seal_open(&h->seal, f->policy, signer, f->m->cmd->crypto, f->m->cmd->mem));
    return jm_ledger_start(h, &w, &p);
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

    jm_push_wait(f->here.push, WITNESS_MS);
    JM_TRY(jm_ledger_bundle(&bundle, &f->here.engine, &wish, f->m->cmd->mem, f->m->d));
    JM_TRY(jm_trust_root_write(&octets, &root, f->m->cmd->mem));
    return jm_trust_proven_write(proven, octets, bundle, f->m->cmd->mem);
}

static enum jm_status found_ledger(struct jm_bytes *proven, struct founding *f,
                                   const struct jm_signer *signer, struct jm_bytes trust)
{
    JM_TRY(make_log_keys(f));
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
    JM_TRY(jm_init_origin(&f->origin, m, base));
    signer = (struct jm_signer){sign_here, f};
    st = found_ledger(proven, f, &signer, trust);
    jm_ledger_close_here(&f->here);
    jm_ledger_keys_close(&f->keys);
    for (size_t i = 0; i < JM_ARRAY_LEN(f->key); i++)
        jm_wipe(&f->key[i].seed, sizeof f->key[i].seed);
    return st;
}
