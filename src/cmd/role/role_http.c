/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/role/role_http.h"

#include <string.h>

#define CONTROL_WORKERS 2

/* A base is scheme://host[:port][/path]: whose requests are ours, and where our routes begin. */
static void split_base(struct jm_http_config *config, const char *base)
{
    struct jm_bytes b = jm_str(base), rest;
    size_t scheme = jm_bytes_find(b, JM_BYTES("://"));

    rest = jm_slice(b, scheme == SIZE_MAX ? b.len : scheme + 3, SIZE_MAX);
    config->below = jm_slice(rest, jm_bytes_until(rest, 0, '/'), SIZE_MAX);
    config->origin = jm_slice(b, 0, b.len - config->below.len);
}

/* TLS ends before us, so that a home made for real has somebody in front: without a word nobody
 * knows whose address is whose. */
enum jm_status jm_role_proxy(const char **out, const struct jm_home *home,
                             const struct jm_role *role, struct jm_diag *d)
{
    const struct jm_home_role *where = jm_role_place(home, role);
    const char *at = where == NULL ? NULL : where->proxy;

    *out = NULL;
    if (where == NULL || where->base == NULL)
        return JM_OK;
    if (at == NULL && strncmp(where->base, "https://", 8) == 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_PROXY,
                         jm_format(home->cmd->mem, "%s: [%s] proxy = ADDRESS, or none",
                                   home->conf_file, role->name));
    if (at == NULL || strcmp(at, "none") == 0)
        return JM_OK;
    if (!jm_http_is_address(at))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [%s] proxy: an address, or none",
                                   home->conf_file, role->name));
    *out = at;
    return JM_OK;
}

enum jm_status jm_served_open(struct jm_served *s, const struct jm_role *role,
                              const struct jm_home *home, struct jm_diag *d)
{
    JM_TRY(jm_role_clock(home, role->name, d));
    JM_TRY(jm_home_signer(&s->signer, home, role->name, d));
    return jm_wire_store(&s->store, home, role->name, d);
}

static enum jm_status start_control(struct jm_served *s, const struct jm_role *role,
                                    const struct jm_home *home, struct jm_http_config c)
{
    c.n_tables = role->tables(s->local, true);
    if (c.n_tables == 0 || s->no_control)
        return JM_OK;
    c.tables = s->local;
    c.unix_path =
        jm_home_path(home, jm_format(home->cmd->mem, "run/%s/%s.sock", role->name, role->name));
    c.workers = CONTROL_WORKERS;
    c.rate_off = true;
    return jm_http_start(&s->control, &c);
}

enum jm_status jm_served_start(struct jm_served *s, const struct jm_role *role,
                               const struct jm_home *home, struct jm_http_config c,
                               struct jm_diag *d)
{
    const struct jm_home_role *where = jm_role_place(home, role);
    enum jm_status st;

    if (where == NULL || where->base == NULL || where->port == 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [%s] base, listen", home->conf_file,
                                   role->name));
    JM_TRY(jm_role_proxy(&c.proxy, home, role, d));
    c.now_s = jm_clock_now;
    c.now_ctx = (void *)(uintptr_t)&home->clock;
    JM_TRY(start_control(s, role, home, c));
    c.n_tables = role->tables(s->open, false);
    c.tables = s->open;
    c.address = where->address;
    c.port = where->port;
    c.workers = where->workers;
    split_base(&c, where->base);
    st = jm_http_start(&s->http, &c);
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_PORT,
                         jm_format(home->cmd->mem, "%s:%u", where->address, (unsigned)where->port));
    if (st == JM_OK)
        jm_role_ready(home, role->name, where->base);
    return st;
}

struct between {
    struct jm_http *control;
    void (*fn)(void *arg);
    void *arg;
};

static void control_too(void *arg)
{
    const struct between *b = arg;

    if (b->control == NULL)
        b->fn(b->arg);
    else
        jm_http_between(b->control, b->fn, b->arg);
}

void jm_served_between(struct jm_served *s, void (*fn)(void *arg), void *arg)
{
    jm_http_between(s->http, control_too, &(struct between){s->control, fn, arg});
}

void jm_served_stop(struct jm_served *s)
{
    jm_http_stop(&s->http);
    jm_http_stop(&s->control);
}

void jm_served_close(struct jm_served *s)
{
    jm_store_close(&s->store);
    jm_signer_disconnect(&s->signer);
}

enum jm_status jm_served_operator(uint8_t hash[32], const struct jm_role *role,
                                  const struct jm_home *home, struct jm_diag *d)
{
    const char *name = jm_format(home->cmd->mem, "%s/operator.sha256", role->name);
    struct jm_bytes octets;

    JM_TRY(jm_cmd_read(&octets, jm_home_path(home, name), 64, home->cmd, d));
    if (octets.len != 32)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, name);
    memcpy(hash, octets.ptr, 32);
    return JM_OK;
}
