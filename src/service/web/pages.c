/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/pages.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"

static const char *media_of(struct jm_bytes name)
{
    static const char *const all[][2] = {{".html", "text/html; charset=utf-8"},
                                         {".js", "text/javascript; charset=utf-8"},
                                         {".css", "text/css; charset=utf-8"},
                                         {".svg", "image/svg+xml"},
                                         {".wasm", "application/wasm"},
                                         {".cbor", "application/cbor"},
                                         {".png", "image/png"},
                                         {".webmanifest", "application/manifest+json"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++) {
        struct jm_bytes end = jm_str(all[i][0]);

        if (name.len > end.len && jm_bytes_eq(jm_slice(name, name.len - end.len, end.len), end))
            return all[i][1];
    }
    return NULL;
}

enum jm_status jm_pages_add(struct jm_pages *p, struct jm_bytes name, struct jm_bytes octets,
                            const struct jm_crypto *crypto)
{
    struct jm_page *page = &p->page[p->n];
    struct jm_buf b;
    uint8_t hash[32];

    if (p->n == JM_PAGES_MAX)
        return JM_E_LIMIT;
    *page = (struct jm_page){.name = name, .octets = octets, .media = media_of(name)};
    if (page->media == NULL)
        return JM_E_UNSUPPORTED;
    JM_TRY(jm_sha256(crypto, octets, hash));
    b = jm_buf((uint8_t *)page->etag, sizeof page->etag - 1);
    JM_TRY(jm_buf_put(&b, JM_BYTES("\"")));
    JM_TRY(jm_b64url_put(&b, jm_bytes(hash, sizeof hash)));
    JM_TRY(jm_buf_put(&b, JM_BYTES("\"")));
    p->n++;
    return JM_OK;
}

static const struct jm_page *find_page(const struct jm_pages *p, struct jm_bytes name,
                                       const char *ending)
{
    size_t end = strlen(ending);

    for (size_t i = 0; p != NULL && i < p->n; i++)
        if (p->page[i].name.len == name.len + end && jm_bytes_starts(p->page[i].name, name) &&
            jm_bytes_eq_str(jm_slice(p->page[i].name, name.len, end), ending))
            return &p->page[i];
    return NULL;
}

#define POLICY(connect)                                                                           \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' " \
    "data: blob:; connect-src 'self'" connect                                                     \
    "; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "             \
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types jumin"

/* Nothing inline, no frame, no form that goes away, no text that becomes a script; from elsewhere
 * nothing, or no more than it says. */
static enum jm_status put_policy(struct jm_res *s, const char *policy, bool https, bool form)
{
    const struct {
        const char *name, *value;
    } all[] = {
        {"Content-Security-Policy", policy},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        /* of a form: where it was opened is told to ourselves, who compare it */
        {"Referrer-Policy", form ? "same-origin" : "no-referrer"},
        {"Permissions-Policy", form ? "camera=(), geolocation=(), microphone=()"
                                    : "camera=(self), geolocation=(), microphone=()"},
        {"Cache-Control", form ? "no-store" : "no-cache"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++)
        JM_TRY(jm_res_header(s, all[i].name, jm_str(all[i].value)));
    return https ? jm_res_header(s, "Strict-Transport-Security",
                                 JM_BYTES("max-age=63072000; includeSubDomains"))
                 : JM_OK;
}

static enum jm_status give_page(struct jm_req *q, struct jm_res *s, const char *policy)
{
    const struct jm_pages *pages = ((const struct jm_role_base *)q->svc)->pages;
    struct jm_bytes name =
        q->arg[0].len != 0 ? q->arg[0] : jm_slice(jm_str(q->route->path), 1, SIZE_MAX);
    const struct jm_page *page = find_page(pages, name, "");

    if (page == NULL && q->arg[0].len == 0)
        page = find_page(pages, name, ".html");
    if (page == NULL)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_HTTP_NOT_FOUND, NULL);
    JM_TRY(put_policy(s, policy, pages->https, false));
    JM_TRY(jm_res_header(s, "ETag", jm_str(page->etag)));
    if (jm_bytes_eq_str(jm_req_header(q, "If-None-Match", NULL), page->etag)) {
        s->http = 304;
        return JM_OK;
    }
    s->body = page->octets;
    s->media = page->media;
    return JM_OK;
}

enum jm_status jm_web_page(struct jm_req *q, struct jm_res *s)
{
    return give_page(q, s, POLICY(""));
}

enum jm_status jm_web_wallet_page(struct jm_req *q, struct jm_res *s)
{
    const struct jm_pages *pages = ((const struct jm_role_base *)q->svc)->pages;

    return give_page(q, s,
                     pages != NULL && pages->https
                         ? POLICY(" https:")
                         : POLICY(" https: http://localhost:* http://127.0.0.1:*"));
}

/* -- forms -- */

static const struct jm_place *place_of(const struct jm_place *place, size_t n, struct jm_bytes name)
{
    for (size_t i = 0; i < n; i++)
        if (jm_bytes_eq_str(name, place[i].name))
            return &place[i];
    return NULL;
}

static enum jm_status put_escaped(struct jm_buf *b, struct jm_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        struct jm_bytes out = c == '&'    ? JM_BYTES("&amp;")
                              : c == '<'  ? JM_BYTES("&lt;")
                              : c == '>'  ? JM_BYTES("&gt;")
                              : c == '"'  ? JM_BYTES("&quot;")
                              : c == '\'' ? JM_BYTES("&#39;")
                                          : jm_slice(text, i, 1);

        JM_TRY(jm_buf_put(b, out));
    }
    return JM_OK;
}

/* Where {/name} begins. */
static size_t end_of_part(struct jm_bytes page, struct jm_bytes name)
{
    for (size_t at = 0; at < page.len; at++) {
        struct jm_bytes rest;

        at = jm_bytes_until(page, at, '{');
        rest = jm_slice(page, at, name.len + 3);
        if (rest.len == name.len + 3 && rest.ptr[1] == '/' && rest.ptr[name.len + 2] == '}' &&
            jm_bytes_eq(jm_slice(rest, 2, name.len), name))
            return at;
    }
    return SIZE_MAX;
}

/* A part that is not there is passed over whole, with what stands in it. */
static enum jm_status fill_page(struct jm_buf *b, struct jm_bytes page,
                                const struct jm_place *place, size_t n)
{
    for (;;) {
        size_t open = jm_bytes_until(page, 0, '{'), end = jm_bytes_until(page, open, '}');
        uint8_t kind = open + 1 < page.len ? page.ptr[open + 1] : 0;
        struct jm_bytes name;
        const struct jm_place *p;

        JM_TRY(jm_buf_put(b, jm_slice(page, 0, open)));
        if (open == page.len)
            return JM_OK;
        name = jm_slice(page, open + 2, end - open - 2);
        page = jm_slice(page, end + 1, SIZE_MAX);
        if (kind == '/')
            continue;
        if ((kind != '=' && kind != '?') || ((p = place_of(place, n, name)) == NULL && kind == '='))
            return JM_E_BUG;
        if (kind == '=') {
            JM_TRY(put_escaped(b, p->value));
        } else if (p == NULL || p->value.len == 0) {
            size_t close = end_of_part(page, name);

            if (close == SIZE_MAX)
                return JM_E_BUG;
            page = jm_slice(page, close, SIZE_MAX);
        }
    }
}

/* Browsers hold the redirect that answers a form to the form's policy. */
static enum jm_status form_policy(const char **out, struct jm_bytes answer_to, struct jm_arena *mem)
{
    struct jm_url url;
    size_t colon = jm_bytes_until(answer_to, 0, ':');
    struct jm_bytes parts[] = {JM_BYTES("default-src 'none'; style-src 'self'; img-src 'self'; "
                                        "base-uri 'none'; frame-ancestors 'none'; form-action "
                                        "'self'"),
                               JM_BYTES(" "),
                               jm_slice(answer_to, 0, colon),
                               JM_BYTES(":"),
                               JM_BYTES(""),
                               JM_BYTES(""),
                               JM_BYTES("")};
    size_t n = answer_to.len == 0 ? 1 : 4;
    struct jm_bytes all;

    if (n > 1 && jm_url_split(&url, answer_to) == JM_OK) {
        parts[4] = JM_BYTES("//");
        parts[5] = url.host;
        n = 6;
        if (url.port.len != 0) /* with the colon that stands before it */
            parts[n++] = jm_bytes(url.port.ptr - 1, url.port.len + 1);
    }
    JM_TRY(jm_concat(&all, mem, parts, n));
    *out = (const char *)all.ptr; /* NUL-terminated, as all of jm_concat's */
    return JM_OK;
}

enum jm_status jm_web_form(struct jm_req *q, struct jm_res *s, const char *name,
                           const struct jm_place *place, size_t n, struct jm_bytes answer_to)
{
    const struct jm_pages *pages = ((const struct jm_role_base *)q->svc)->pages;
    const struct jm_page *page = find_page(pages, jm_str(name), "");
    size_t room = 0;
    const char *policy;
    struct jm_buf b;

    if (page == NULL)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_HTTP_NOT_FOUND, NULL);
    for (size_t i = 0; i < n; i++)
        room += 6 * 4 * place[i].value.len; /* each in four places at most, escaped */
    JM_TRY(jm_alloc_buf(&b, q->mem, page->octets.len + room));
    JM_TRY(fill_page(&b, page->octets, place, n));
    JM_TRY(form_policy(&policy, answer_to, q->mem));
    JM_TRY(put_policy(s, policy, pages->https, true));
    s->body = jm_written(b);
    s->media = page->media;
    return JM_OK;
}

const struct jm_route jm_page_routes[] = {
    JM_ROUTE(GET, "/ui/{file}", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, PAGE_FILE),
};
const size_t jm_page_n_routes = JM_ARRAY_LEN(jm_page_routes);
