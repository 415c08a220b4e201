/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/role/wire.h"

#include <pthread.h>
#include <string.h>

#include "host/files/embedded.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "service/web/pages.h"

#define MIGRATIONS_MAX 64

/* The table stands in the order of paths: numbers decide. Octets are not NUL-terminated: copies
 * are. */
static enum jm_status migrations_of(struct jm_migration *out, size_t *n, const char *role,
                                    struct jm_arena *mem)
{
    const char *prefix = jm_format(mem, "src/service/migrations/%s-", role);

    *n = 0;
    for (size_t i = 0; i < jm_embedded_count; i++) {
        struct jm_bytes sql;

        if (strncmp(jm_embedded_files[i].path, prefix, strlen(prefix)) != 0)
            continue;
        if (*n == MIGRATIONS_MAX)
            return JM_E_BUG;
        JM_TRY(jm_dup(&sql, mem, jm_bytes(jm_embedded_files[i].octets, jm_embedded_files[i].len)));
        out[*n].name = jm_embedded_files[i].path + strlen(prefix) - strlen(role) - 1;
        out[(*n)++].sql = (const char *)sql.ptr;
    }
    return JM_OK;
}

/* -- the log -- */

struct voice { /* a role is a process: there is one */
    const struct jm_home *home;
    const char *role;
    pthread_mutex_t lock;
    int64_t second;
    unsigned said;
};

static struct voice voice = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void log_store(void *ctx, const char *what)
{
    const struct jm_home *home = ctx;

    jm_log(home, voice.role == NULL ? "store" : voice.role, "store: %s", what);
}

/* A stranger who is refused a thousand times a second writes no thousand lines. @p more: to be said
 * now. */
static bool may_say(struct voice *v, unsigned *more)
{
    int64_t now = jm_home_now(v->home);
    bool may;

    *more = 0;
    (void)pthread_mutex_lock(&v->lock);
    if (now != v->second) {
        *more = v->said > JM_LOG_A_SECOND ? v->said - JM_LOG_A_SECOND : 0;
        v->second = now;
        v->said = 0;
    }
    may = ++v->said <= JM_LOG_A_SECOND;
    (void)pthread_mutex_unlock(&v->lock);
    return may;
}

static void log_refusal(void *ctx, const struct jm_refusal *r)
{
    struct voice *v = ctx;
    unsigned more;

    if (!may_say(v, &more))
        return;
    if (more != 0)
        jm_log(v->home, v->role, "%u more refusals in that second", more);
    jm_log(v->home, v->role, "refused %d %s trace %s %.*s from %.*s%s%.*s", r->http, r->code,
           r->trace, (int)r->route.len, r->route.len == 0 ? "" : (const char *)r->route.ptr,
           (int)r->client.len, r->client.len == 0 ? "" : (const char *)r->client.ptr,
           r->detail.len == 0 ? "" : ": ", (int)r->detail.len,
           r->detail.len == 0 ? "" : (const char *)r->detail.ptr);
}

enum jm_status jm_wire_pages(struct jm_role_base *role, const struct jm_home *home,
                             const char *base, bool with_trust)
{
    static const char folder[] = "pages/";
    static struct jm_pages pages; /* of this process */

    pages.n = 0;
    pages.https = jm_bytes_starts(jm_str(base), JM_BYTES("https:"));
    for (size_t i = 0; i < jm_pages_count; i++) {
        const struct jm_embedded *f = &jm_pages_files[i];

        JM_TRY(jm_pages_add(&pages, jm_str(f->path + sizeof folder - 1),
                            jm_bytes(f->octets, f->len), home->cmd->crypto));
    }
    if (with_trust)
        JM_TRY(jm_pages_add(&pages, JM_BYTES("trust.cbor"), home->trust.octets, home->cmd->crypto));
    role->pages = &pages;
    return JM_OK;
}

void jm_wire_log(struct jm_role_base *base, const struct jm_home *home, const char *role)
{
    voice.home = home;
    voice.role = role;
    base->refused = log_refusal;
    base->refused_ctx = &voice;
}

const char *jm_wire_reason(const struct jm_diag *d)
{
    enum jm_code code = d->code == JM_CODE_NONE ? jm_signer_reason() : d->code;

    return code == JM_CODE_NONE ? "" : jm_code_info(code)->name;
}

enum jm_status jm_wire_store_any(struct jm_store **out, const struct jm_home *home,
                                 const char *role, struct jm_diag *d)
{
    struct jm_migration *m = JM_NEW_N(home->cmd->mem, struct jm_migration, MIGRATIONS_MAX);
    struct jm_store_config c = {.path = jm_home_path(home, jm_format(home->cmd->mem, "%s/%s.db",
                                                                     role, role)),
                                .migrations = m,
                                .log = log_store,
                                .log_ctx = (void *)(uintptr_t)home};
    enum jm_status st;

    *out = NULL;
    if (m == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(migrations_of(m, &c.n_migrations, role, home->cmd->mem));
    st = jm_store_open(out, &c);
    return st == JM_OK
               ? st
               : jm_refuse(d, st, st == JM_E_CONFLICT ? JM_STORE_BUSY : JM_STORE_FAULT, c.path);
}

/* -- where a store lies -- */

static const char *db_path(const struct jm_home *home, const char *role)
{
    return jm_home_path(home, jm_format(home->cmd->mem, "%s/%s.db", role, role));
}

enum jm_status jm_wire_place_keep(const struct jm_home *home, const char *role, struct jm_diag *d)
{
    const char *path = jm_home_path(home, jm_format(home->cmd->mem, "%s/place", role));
    char place[JM_PLACE_MAX];

    if (jm_file_place(place, db_path(home, role)) != JM_OK)
        return jm_refuse(d, JM_E_IO, JM_STORE_FAULT, role);
    return jm_cmd_write(path, jm_str(place), 0600, home->cmd, d);
}

static enum jm_status check_place(const struct jm_home *home, const char *role, struct jm_diag *d)
{
    const char *path = jm_home_path(home, jm_format(home->cmd->mem, "%s/place", role));
    char place[JM_PLACE_MAX];
    struct jm_bytes kept;
    enum jm_status st = jm_file_read(&kept, path, JM_PLACE_MAX, home->cmd->mem);

    if (st == JM_E_ABSENT)
        return jm_wire_place_keep(home, role, d); /* made just now */
    if (st != JM_OK || jm_file_place(place, db_path(home, role)) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_FILE_READ, path);
    return jm_bytes_eq_str(kept, place)
               ? JM_OK
               : jm_refuse(d, JM_E_DENIED, JM_STORE_COPIED, db_path(home, role));
}

enum jm_status jm_wire_store(struct jm_store **out, const struct jm_home *home, const char *role,
                             struct jm_diag *d)
{
    enum jm_status st;

    JM_TRY(jm_wire_store_any(out, home, role, d));
    /* a verifier's rows are of minutes, and issue nothing */
    st = home->is_verifier ? JM_OK : check_place(home, role, d);
    if (st != JM_OK)
        jm_store_close(out);
    return st;
}

enum jm_status jm_wire_cert(struct jm_bytes *out, const struct jm_home *home, const char *name,
                            struct jm_diag *d)
{
    return jm_cmd_read(out,
                       jm_home_path(home, jm_format(home->cmd->mem, "public/certs/%s.der", name)),
                       JM_CERT_MAX, home->cmd, d);
}

static enum jm_status no_find(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                              struct jm_arena *mem)
{
    (void)ctx, (void)ask, (void)out, (void)mem;
    return JM_E_UNAVAILABLE;
}

/* Verification and randomness by OpenSSL, for any thread; nothing else is answered. */
static const struct jm_answers answers = {.verify = jm_openssl_verify,
                                          .random = jm_random,
                                          .find = no_find,
                                          .memo = jm_openssl_memo,
                                          .crypto = &jm_crypto_openssl};

/* A report has sixty of them: looked up once, row by row of the table of codes. */
static const char *sentences[JM_CODE_ROWS];

static const char *sentence_of(void *ctx, const struct jm_code_info *code)
{
    (void)ctx;
    return sentences[code - jm_code_info(JM_CODE_NONE)];
}

static void read_sentences(const struct jm_i18n_table *text)
{
    for (size_t i = 0; i < JM_CODE_ROWS; i++) {
        char key[128];

        (void)snprintf(key, sizeof key, "code.%s", jm_code_info(JM_CODE_NONE)[i].name);
        sentences[i] = jm_text(text, JM_LANG_EN, key);
    }
}

void jm_wire_env(struct jm_env *env, const struct jm_home *home, struct jm_store *store,
                 const struct jm_signer *signer)
{
    jm_home_env(env, home);
    env->store = store;
    env->signer = signer;
    env->answers = &answers;
    read_sentences(home->cmd->text);
    env->say = (struct jm_sentences){sentence_of, NULL};
}

enum jm_status jm_wire_here(struct jm_env *env, const struct jm_home *home, const char *role,
                            struct jm_diag *d)
{
    struct jm_store *store;
    enum jm_status st = jm_wire_store(&store, home, role, d);

    if (st == JM_OK)
        jm_wire_env(env, home, store, NULL);
    return st == JM_E_CONFLICT ? JM_E_UNAVAILABLE : st;
}

enum jm_status jm_wire_list(struct jm_list_record *out, const struct jm_home *home)
{
    return home->status.base == NULL
               ? JM_E_ABSENT
               : jm_trust_list(out, &home->trust,
                               jm_str(jm_format(home->cmd->mem, "%s/l/0", home->status.base)));
}
