/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/pages.h"

#include <string.h>

#include "jumin/base64.h"

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
static enum jm_status put_policy(struct jm_res *s, const char *policy, bool https)
{
    const struct {
        const char *name, *value;
    } all[] = {
        {"Content-Security-Policy", policy},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"Permissions-Policy", "camera=(self), geolocation=(), microphone=()"},
        {"Cache-Control", "no-cache"},
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
    JM_TRY(put_policy(s, policy, pages->https));
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

const struct jm_route jm_page_routes[] = {
    JM_ROUTE(GET, "/ui/{file}", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, PAGE_FILE),
};
const size_t jm_page_n_routes = JM_ARRAY_LEN(jm_page_routes);
