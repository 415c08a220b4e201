/* SPDX-License-Identifier: Apache-2.0 */
/* The server: its connections, begin and end. What a request is: call.c. */
#include "host/http/http.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host/clock/clock.h"
#include "host/http/shared.h"
#include "host/socket/socket.h"

#define CONNECTION_MEMORY (48 * JM_KIB) /* platform.md 1.1 */
#define STOP_WAIT_S 2
#define SWEEP_MS 100       /* how often the door looks whose time is over */
#define OCTETS_PER_S 16384 /* the slowest body that is waited for */
#define SPARE 256          /* connections that are being shown out, while others come */
#define FILES_MIN 4096     /* descriptors asked for, where the system lets us */

/* ---- connections ---- */

/*
 * Who comes while the server stops is shown the door at once. Not by MHD_quiesce_daemon: with
 * epoll, 0.9.75 takes the listening socket out twice where a thread wakes in between, and ends the
 * process over it.
 */
static enum MHD_Result on_accept(void *cls, const struct sockaddr *from, socklen_t len)
{
    struct jm_http *h = cls;

    (void)from, (void)len;
    pthread_mutex_lock(&h->lock);
    enum MHD_Result may = h->is_stopping ? MHD_NO : MHD_YES;
    pthread_mutex_unlock(&h->lock);
    return may;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **seat,
                          enum MHD_ConnectionNotificationCode what)
{
    struct jm_http *h = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *fd =
            MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct call who = {.h = h};
        struct jm_bytes key = jm_call_address(&who, info != NULL ? info->client_addr : NULL);

        *seat = h->door == NULL || fd == NULL
                    ? NULL
                    : jm_door_enter(h->door, fd->connect_fd, key, jm_call_is_proxy(&who),
                                    jm_clock_monotonic_ms());
    } else if (*seat != NULL) { /* before the library closes the socket */
        jm_door_leave(h->door, *seat);
        *seat = NULL;
    }
}

static void *sweep_main(void *arg)
{
    struct jm_http *h = arg;
    struct timespec until;

    pthread_mutex_lock(&h->lock);
    while (!h->is_stopping) {
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SWEEP_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&h->swept, &h->lock, &until);
        pthread_mutex_unlock(&h->lock);
        (void)jm_door_sweep(h->door, jm_clock_monotonic_ms());
        jm_stream_sweep(h, jm_clock_monotonic_ms());
        jm_held_sweep(h, jm_clock_monotonic_ms());
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* ---- start and stop ---- */

static enum jm_status listen_at(struct jm_http *h)
{
    if (h->cfg.unix_path == NULL)
        return jm_listen_tcp(&h->fd, &h->port, h->cfg.address, h->cfg.port);
    JM_TRY(jm_listen_unix(&h->fd, h->cfg.unix_path));
    h->owns_path = true;
    return JM_OK;
}

static int64_t system_now(void *ctx)
{
    struct timespec t = {0};

    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec;
}

static void fill_defaults(struct jm_http_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->address == NULL)
        c->address = "127.0.0.1";
    if (c->fail == NULL)
        c->fail = jm_web_fail;
    if (c->now_s == NULL)
        c->now_s = system_now;
    if (c->io_threads < 2)
        c->io_threads = cores > 2 && cores < 256 ? (unsigned)cores : 2;
    if (c->workers == 0)
        c->workers = 16;
    if (c->queue_max == 0)
        c->queue_max = 1024;
    if (c->bodies_max == 0)
        c->bodies_max = 64 * JM_MIB;
    if (c->arena_size == 0)
        c->arena_size = JM_MIB;
    if (c->connections_max == 0)
        c->connections_max = 1000;
    if (c->per_address_max == 0)
        c->per_address_max = 256;
    if (c->timeout_s == 0)
        c->timeout_s = 15;
    if (c->first_ms == 0)
        c->first_ms = 5000;
    if (c->head_ms == 0)
        c->head_ms = 10000;
    if (c->body_ms == 0)
        c->body_ms = 10000;
    if (c->answer_ms == 0)
        c->answer_ms = 60000;
}

/* Enough descriptors for all who may be connected: a server that cannot accept any more answers
 * nobody. */
static void more_files(rlim_t n)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= n)
        return;
    r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max >= n ? n : r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}

/* What one request gave back the next takes: not by way of the system. */
static void keep_memory(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, 32 * 1024 * 1024);
    (void)mallopt(M_TOP_PAD, 1024 * 1024);
}

static enum jm_status open_door(struct jm_http *h)
{
    const struct jm_door_times t = {h->cfg.first_ms,  h->cfg.head_ms,           h->cfg.body_ms,
                                    h->cfg.answer_ms, h->cfg.timeout_s * 1000u, OCTETS_PER_S};

    if (h->cfg.unix_path != NULL)
        return JM_OK;
    more_files(h->cfg.connections_max + SPARE > FILES_MIN ? h->cfg.connections_max + SPARE
                                                          : FILES_MIN);
    if ((h->door = jm_door_new(&t, h->cfg.per_address_max, h->cfg.connections_max)) == NULL)
        return JM_E_UNAVAILABLE;
    h->has_sweeper = pthread_create(&h->sweeper, NULL, sweep_main, h) == 0;
    return h->has_sweeper ? JM_OK : JM_E_UNAVAILABLE;
}

static enum jm_status start_daemon(struct jm_http *h)
{
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
                                 on_accept, h, jm_call_step, h, MHD_OPTION_LISTEN_SOCKET, h->fd,
                                 MHD_OPTION_THREAD_POOL_SIZE, h->cfg.io_threads,
                                 /* the door's to keep; each thread has its share */
                                 MHD_OPTION_CONNECTION_LIMIT,
                                 h->cfg.io_threads * (h->cfg.connections_max + SPARE),
                                 MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
                                 MHD_OPTION_CONNECTION_TIMEOUT, h->cfg.timeout_s,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                                 MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
                                 jm_call_begin, h, MHD_OPTION_NOTIFY_COMPLETED, jm_call_end, h,
                                 MHD_OPTION_END);
    return h->daemon != NULL ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_http_start(struct jm_http **out, const struct jm_http_config *config)
{
    enum jm_status st = JM_E_BUG;
    struct jm_http *h = calloc(1, sizeof *h);

    *out = NULL;
    if (h == NULL)
        return JM_E_UNAVAILABLE;
    keep_memory();
    h->cfg = *config;
    h->fd = -1;
    h->work_on = jm_call_work;
    h->router = (struct jm_router){config->tables, config->n_tables, config->below};
    fill_defaults(&h->cfg);
    (void)sigaction(SIGPIPE, &(const struct sigaction){.sa_handler = SIG_IGN}, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->idle, NULL);
    pthread_cond_init(&h->quiet, NULL);
    pthread_cond_init(&h->swept, NULL);
    if ((st = jm_router_check(&h->router, config->unix_path != NULL, config->auth != NULL)) !=
        JM_OK)
        goto out;
    st = JM_E_UNAVAILABLE;
    if (!h->cfg.rate_off && config->unix_path == NULL && (h->rate = jm_rate_new()) == NULL)
        goto out;
    if ((h->bodies = jm_bodies_new(h->cfg.bodies_max)) == NULL)
        goto out;
    if ((st = listen_at(h)) != JM_OK)
        goto out;
    if ((st = open_door(h)) != JM_OK || (st = jm_pool_start(h)) != JM_OK ||
        (st = start_daemon(h)) != JM_OK)
        goto out;
    *out = h;
    h = NULL;
out:
    jm_http_stop(&h);
    return st;
}

uint16_t jm_http_port(const struct jm_http *h)
{
    return h->port;
}

void jm_http_between(struct jm_http *h, void (*fn)(void *), void *arg)
{
    pthread_mutex_lock(&h->lock);
    h->is_paused = true;
    while (h->serving != 0)
        pthread_cond_wait(&h->quiet, &h->lock);
    pthread_mutex_unlock(&h->lock);
    fn(arg);
    pthread_mutex_lock(&h->lock);
    h->is_paused = false;
    jm_pool_wake(h);
    pthread_mutex_unlock(&h->lock);
}

static void wait_idle(struct jm_http *h)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    pthread_mutex_lock(&h->lock);
    while (h->active != 0 && pthread_cond_timedwait(&h->idle, &h->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&h->lock);
}

void jm_http_stop(struct jm_http **server)
{
    struct jm_http *h = *server;

    if (h == NULL)
        return;
    *server = NULL;
    pthread_mutex_lock(&h->lock);
    h->is_stopping = true;
    jm_pool_wake(h);
    pthread_cond_broadcast(&h->swept);
    pthread_mutex_unlock(&h->lock);
    if (h->has_sweeper)
        pthread_join(h->sweeper, NULL);
    jm_pool_stop(h); /* resumes every suspended connection first */
    jm_stream_stop(h);
    jm_held_stop(h);
    wait_idle(h);
    if (h->daemon != NULL)
        MHD_stop_daemon(h->daemon); /* which closes the listening socket */
    else if (h->fd >= 0)
        close(h->fd);
    if (h->owns_path)
        (void)unlink(h->cfg.unix_path);
    jm_rate_free(&h->rate);
    jm_door_free(&h->door);
    jm_bodies_free(&h->bodies);
    pthread_cond_destroy(&h->idle);
    pthread_cond_destroy(&h->quiet);
    pthread_cond_destroy(&h->swept);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
