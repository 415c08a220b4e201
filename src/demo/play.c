/* SPDX-License-Identifier: Apache-2.0 */
/* jumin-demo: plays the story of a small country, and ends at the first step that comes to
 * something else. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo/demo.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static bool tell_step(const struct demo *d, size_t i, const char *got, uint64_t ms)
{
    const struct demo_step *s = &demo_steps[i];
    const char *title = jm_cmd_text(d->cmd, jm_format(d->cmd->mem, "demo.%s", s->name));
    bool ok = strcmp(got, s->expected) == 0;
    struct jm_json_w w;
    struct jm_buf b;

    jm_say(d->cmd, "%2zu. %s %s\n      %s%s%s  %llu ms\n", i + 1, ok ? "✓" : "✗", title, got,
           strcmp(got, d->code) == 0 ? "" : "  ", strcmp(got, d->code) == 0 ? "" : d->code,
           (unsigned long long)ms);
    if (!ok)
        jm_say(d->cmd, "      %s: %s\n", jm_cmd_text(d->cmd, "say.demo-expected"), s->expected);
    if (!d->cmd->common.json || jm_alloc_buf(&b, d->cmd->mem, 4 * JM_KIB) != JM_OK)
        return ok;
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mint(&w, "step", (int64_t)i + 1);
    jm_json_w_mstr(&w, "title", title);
    jm_json_w_mstr(&w, "expected", s->expected);
    jm_json_w_mstr(&w, "got", got);
    jm_json_w_mstr(&w, "code", d->code);
    jm_json_w_mint(&w, "ms", (int64_t)ms);
    jm_json_w_close(&w, '}');
    if (jm_json_w_end(&w) == JM_OK)
        (void)jm_cmd_json(jm_written(b));
    (void)fflush(stdout);
    return ok;
}

static volatile sig_atomic_t interrupted;

static void heed_one(int sig)
{
    (void)sig;
    interrupted = 1;
}

/* Ctrl-C ends the story, its servers and its folder. */
static void heed_signals(void)
{
    struct sigaction a = {.sa_handler = heed_one};

    (void)sigemptyset(&a.sa_mask);
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
}

static bool play_steps(struct demo *d)
{
    for (size_t i = 0; i < demo_n_steps && !interrupted; i++) {
        uint64_t from = demo_ms();

        d->got = NULL;
        d->code = "JM_OK";
        demo_steps[i].play(d);
        if (interrupted || !tell_step(d, i, d->got != NULL ? d->got : d->code, demo_ms() - from))
            return false;
    }
    return !interrupted;
}

/* Line by line: a line end inside a value would be written out (B03). */
static void say_lines(const struct jm_cmd *cmd, const char *home, const char *urls)
{
    jm_remark(cmd, "%s\n", home);
    for (struct jm_bytes rest = jm_str(urls), line; rest.len != 0;
         rest = jm_slice(rest, line.len + 1, SIZE_MAX)) {
        line = jm_slice(rest, 0, jm_bytes_find(rest, JM_BYTES("\n")));
        jm_remark(cmd, "%.*s\n", (int)line.len, (const char *)line.ptr);
    }
}

static void say_urls(const struct demo *d)
{
    JM_REMARK(d->cmd, "say.demo-kept", d->dir);
    for (size_t i = 0; i < d->n_servers; i++)
        say_lines(d->cmd, d->server[i].home, d->server[i].urls);
    jm_remark(d->cmd, "kill");
    for (size_t i = d->n_servers; i-- > 0;)
        jm_remark(d->cmd, " %d", (int)d->server[i].pid);
    jm_remark(d->cmd, "\n");
}

int demo_play(const struct jm_cmd *cmd)
{
    struct demo d = {.cmd = cmd,
                     .keep = jm_opt_has(cmd, "keep"),
                     .apart = jm_opt_has(cmd, "apart"),
                     .code = "JM_OK"};
    const char *tmp = getenv("TMPDIR");
    char *dir = jm_format(cmd->mem, "%s/jumin-demo.XXXXXX", tmp != NULL ? tmp : "/tmp");
    uint64_t from = demo_ms();
    bool ok;

    if (mkdtemp(dir) == NULL)
        return jm_cmd_refuse(cmd, JM_E_UNAVAILABLE, JM_CMD_FILE_WRITE, dir);
    d.dir = dir;
    heed_signals();
    ok = play_steps(&d);
    if (ok)
        JM_SAY(cmd, "say.demo-end", jm_format(cmd->mem, "%zu", demo_n_steps),
               jm_format(cmd->mem, "%.1f", (double)(demo_ms() - from) / 1000));
    if (d.keep && !interrupted) {
        ok = ok && demo_pages(&d);
        say_urls(&d);
        return ok ? JM_EXIT_OK : JM_EXIT_NO;
    }
    demo_stop(&d);
    if (ok || interrupted)
        (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        JM_REMARK(cmd, "say.demo-left", dir);
    return ok ? JM_EXIT_OK : JM_EXIT_NO;
}
