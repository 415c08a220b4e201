/* SPDX-License-Identifier: Apache-2.0 */
#include "host/fetch/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELD_MAX 8192 /* longest header value that is kept */

struct exchange {
    const struct jm_fetch_rules *rules;
    struct jm_http_answer *out;
    struct jm_arena *mem;
    struct jm_buf body;
    size_t max_len;
    bool has_body; /* body room is open: nothing else may be taken from the arena */
    bool is_refused;
    enum jm_status st; /* set by a callback that stops the exchange */
};

/* -- handles: per thread, one for strict rules and one for loopback, whose kept connections strict
 * ones must not reuse -- */

struct handles {
    CURL *curl[2];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool is_ready;

static void handles_free(void *p)
{
    struct handles *h = p;

    curl_easy_cleanup(h->curl[0]);
    curl_easy_cleanup(h->curl[1]);
    free(h);
}

static void init_curl(void)
{
    is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
               pthread_key_create(&key, handles_free) == 0;
}

static CURL *handle_of(bool is_loose)
{
    struct handles *h;

    if (pthread_once(&once, init_curl) != 0 || !is_ready)
        return NULL;
    if ((h = pthread_getspecific(key)) == NULL) {
        if ((h = calloc(1, sizeof *h)) == NULL)
            return NULL;
        if (pthread_setspecific(key, h) != 0) {
            free(h);
            return NULL;
        }
    }
    if (h->curl[is_loose] == NULL)
        h->curl[is_loose] = curl_easy_init();
    else
        curl_easy_reset(h->curl[is_loose]); /* keeps connections */
    return h->curl[is_loose];
}

/* ---- callbacks ---- */

static curl_socket_t on_socket(void *p, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct exchange *x = p;
    bool is_unix = x->rules->unix_path != NULL;

    if (purpose != CURLSOCKTYPE_IPCXN ||
        (is_unix ? a->family != AF_UNIX
                 : !jm_fetch_address_ok(&a->addr, x->rules->allow_loopback))) {
        x->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static bool is_named(struct jm_bytes line, const char *name, struct jm_bytes *value)
{
    size_t n = strlen(name);

    if (line.len <= n || line.ptr[n] != ':')
        return false;
    for (size_t i = 0; i < n; i++)
        if (jm_lower(line.ptr[i]) != (uint8_t)name[i])
            return false;
    struct jm_bytes v = jm_slice(line, n + 1, FIELD_MAX);
    while (v.len != 0 && (v.ptr[0] == ' ' || v.ptr[0] == '\t'))
        v = jm_slice(v, 1, SIZE_MAX);
    while (v.len != 0 && v.ptr[v.len - 1] <= ' ')
        v.len--;
    *value = v;
    return true;
}

static size_t on_header(char *p, size_t size, size_t n, void *cls)
{
    struct exchange *x = cls;
    struct jm_http_answer *out = x->out;
    const struct {
        const char *name;
        struct jm_bytes *to;
    } kept[] = {
        {"content-type", &out->content_type},
        {"dpop-nonce", &out->dpop_nonce},
        {"etag", &out->etag},
        {"oauth-client-attestation-challenge", &out->attestation_challenge},
        {"retry-after", &out->retry_after},
        {"www-authenticate", &out->www_authenticate},
    };
    struct jm_bytes line = jm_bytes(p, size * n), v;

    if (x->has_body)
        return line.len; /* a trailer */
    if (jm_bytes_starts(line, JM_BYTES("HTTP/")))
        memset(out, 0, sizeof *out); /* whatever stood in a 100 Continue */
    if (is_named(line, "date", &v)) {
        char text[64] = "";
        memcpy(text, v.ptr, v.len < sizeof text ? v.len : sizeof text - 1);
        time_t t = curl_getdate(text, NULL);
        out->date_s = t > 0 ? (int64_t)t : 0;
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(kept); i++)
        if (is_named(line, kept[i].name, &v) && kept[i].to->ptr == NULL &&
            (x->st = jm_dup(kept[i].to, x->mem, v)) != JM_OK)
            return 0;
    return line.len;
}

static size_t on_body(char *p, size_t size, size_t n, void *cls)
{
    struct exchange *x = cls;
    struct jm_bytes piece = jm_bytes(p, size * n);

    if (!x->has_body)
        x->body = jm_buf_begin(x->mem);
    x->has_body = true;
    if (piece.len > x->max_len - x->body.len)
        x->st = JM_E_LIMIT;
    else
        x->st = jm_buf_put(&x->body, piece);
    return x->st == JM_OK ? piece.len : 0;
}

/* ---- the URL ---- */

static bool is_loopback_name(const char *host)
{
    struct jm_bytes h = jm_str(host);

    if (jm_bytes_eq_str(h, "localhost") || jm_bytes_eq_str(h, "[::1]"))
        return true;
    if (!jm_bytes_starts(h, JM_BYTES("127.")))
        return false;
    for (size_t i = 0; i < h.len; i++)
        if (h.ptr[i] != '.' && (h.ptr[i] < '0' || h.ptr[i] > '9'))
            return false; /* a name that begins so */
    return true;
}

static bool is_scheme_ok(const struct jm_fetch_rules *rules, const char *scheme, const char *host)
{
    if (strcmp(scheme, "https") == 0)
        return rules->unix_path == NULL;
    return strcmp(scheme, "http") == 0 &&
           (rules->unix_path != NULL || (rules->allow_loopback && is_loopback_name(host)));
}

static enum jm_status judge_url(const struct jm_fetch_rules *rules, const char *url)
{
    char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
    enum jm_status st = JM_E_DENIED;
    CURLUcode named, secret, rc;
    CURLU *u = curl_url();

    if (u == NULL)
        return JM_E_UNAVAILABLE;
    if ((rc = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK &&
        (rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0)) == CURLUE_OK)
        rc = curl_url_get(u, CURLUPART_HOST, &host, 0);
    named = curl_url_get(u, CURLUPART_USER, &user, 0);
    secret = curl_url_get(u, CURLUPART_PASSWORD, &password, 0);
    if (rc == CURLUE_OUT_OF_MEMORY || named == CURLUE_OUT_OF_MEMORY ||
        secret == CURLUE_OUT_OF_MEMORY)
        st = JM_E_UNAVAILABLE;
    else if (rc != CURLUE_OK)
        st = JM_E_MALFORMED;
    else if (named == CURLUE_NO_USER && secret == CURLUE_NO_PASSWORD &&
             is_scheme_ok(rules, scheme, host))
        st = JM_OK;
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(u);
    return st;
}

/* ---- the exchange ---- */

static enum jm_status add_header(struct curl_slist **list, struct jm_arena *mem, const char *name,
                                 struct jm_bytes value)
{
    /* "Name;" is libcurl's way of sending an empty value. */
    const struct jm_bytes parts[] = {jm_str(name), value.len != 0 ? JM_BYTES(": ") : JM_BYTES(";"),
                                     value};
    struct jm_bytes line;

    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 0x20 || value.ptr[i] == 0x7F)
            return JM_E_MALFORMED;
    JM_TRY(jm_concat(&line, mem, parts, 3));
    struct curl_slist *longer = curl_slist_append(*list, (const char *)line.ptr);
    if (longer == NULL)
        return JM_E_UNAVAILABLE;
    *list = longer;
    return JM_OK;
}

static enum jm_status put_headers(struct curl_slist **list, const struct jm_http_ask *ask,
                                  struct jm_arena *mem)
{
    struct curl_slist *longer = curl_slist_append(*list, "Expect:");

    if (longer == NULL)
        return JM_E_UNAVAILABLE;
    *list = longer;
    if (ask->n_headers > JM_ARRAY_LEN(ask->headers))
        return JM_E_BUG;
    if (ask->accept != NULL)
        JM_TRY(add_header(list, mem, "Accept", jm_str(ask->accept)));
    if (ask->verb == JM_HTTP_POST) /* never libcurl's own guess of a form */
        JM_TRY(add_header(list, mem, "Content-Type",
                          jm_str(ask->content_type != NULL ? ask->content_type
                                                           : "application/octet-stream")));
    for (size_t i = 0; i < ask->n_headers; i++)
        JM_TRY(add_header(list, mem, ask->headers[i].name, ask->headers[i].value));
    return JM_OK;
}

static enum jm_status status_of(CURLcode rc, const struct exchange *x)
{
    if (rc == CURLE_OK)
        return JM_OK;
    if (x->st != JM_OK)
        return x->st;
    if (x->is_refused)
        return JM_E_DENIED;
    if (rc == CURLE_FILESIZE_EXCEEDED)
        return JM_E_LIMIT;
    if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_UNSUPPORTED_PROTOCOL ||
        rc == CURLE_SSL_CERTPROBLEM)
        return JM_E_DENIED;
    return rc == CURLE_URL_MALFORMAT ? JM_E_MALFORMED : JM_E_UNAVAILABLE;
}

#define SET(option, value) ok = ok && curl_easy_setopt(c, (option), (value)) == CURLE_OK

static bool set_up(CURL *c, struct exchange *x, const struct jm_http_ask *ask, const char *url)
{
    const struct jm_fetch_rules *r = x->rules;
    uint32_t ms = ask->timeout_ms == 0                ? JM_FETCH_MS_DEFAULT
                  : ask->timeout_ms > JM_FETCH_MS_MAX ? JM_FETCH_MS_MAX
                                                      : ask->timeout_ms;
    bool ok = true, one_use = ask->verb == JM_HTTP_POST || ask->n_headers > 0;

    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, r->unix_path != NULL ? "http"
                               : r->allow_loopback  ? "http,https"
                                                    : "https");
    /* and whatever else it can undo: who names none must take any (RFC 9110 12.5.3) */
    SET(CURLOPT_ACCEPT_ENCODING, "gzip");
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* jm_fetch does, looking at each address */
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, (long)ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)ms);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max_len);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, x);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, x);
    /* On a kept connection that turns out dead libcurl sends again by itself, and cannot know
     * whether the first was taken. */
    SET(CURLOPT_FRESH_CONNECT, (long)one_use);
    SET(CURLOPT_FORBID_REUSE, (long)one_use);
    if (r->unix_path != NULL)
        SET(CURLOPT_UNIX_SOCKET_PATH, r->unix_path);
    if (r->ca_file != NULL)
        SET(CURLOPT_CAINFO, r->ca_file);
    if (ask->verb == JM_HTTP_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, ask->body.len != 0 ? (const char *)ask->body.ptr : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len);
    }
    return ok;
}

static enum jm_status perform_one(CURL *c, struct exchange *x, const struct jm_http_ask *ask,
                                  const char *url, struct curl_slist *list)
{
    long status = 0;

    if (!set_up(c, x, ask, url) || curl_easy_setopt(c, CURLOPT_HTTPHEADER, list) != CURLE_OK)
        return JM_E_UNAVAILABLE;
    JM_TRY(status_of(curl_easy_perform(c), x));
    if (curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 100)
        return JM_E_UNAVAILABLE;
    x->out->status = (int)status;
    return JM_OK;
}

static bool has_moved(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* One hop on: the address is judged as the first was, and so is the socket. What the answer before
 * brought is dropped. */
static enum jm_status move_on(CURL *c, struct exchange *x, const struct jm_http_ask *ask,
                              struct curl_slist *list)
{
    char *next = NULL;
    struct jm_bytes url;

    if (curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &next) != CURLE_OK || next == NULL)
        return JM_OK; /* a redirect to nowhere is the answer */
    if (x->has_body)
        (void)jm_buf_keep(x->mem, x->body);
    x->has_body = false;
    JM_TRY(jm_dup(&url, x->mem, jm_str(next)));
    JM_TRY(judge_url(x->rules, (const char *)url.ptr));
    curl_easy_reset(c);
    memset(x->out, 0, sizeof *x->out);
    return perform_one(c, x, ask, (const char *)url.ptr, list);
}

enum jm_status jm_fetch(const struct jm_fetch_rules *rules, const struct jm_http_ask *ask,
                        struct jm_http_answer *out, struct jm_arena *mem)
{
    static const struct jm_fetch_rules strict = {false, NULL, NULL};
    struct exchange x = {.rules = rules != NULL ? rules : &strict,
                         .out = out,
                         .mem = mem,
                         .st = JM_OK};
    struct curl_slist *list = NULL;
    struct jm_bytes url;
    CURL *c;

    memset(out, 0, sizeof *out);
    x.max_len = ask->max_len == 0                 ? JM_FETCH_LEN_DEFAULT
                : ask->max_len > JM_FETCH_LEN_MAX ? JM_FETCH_LEN_MAX
                                                  : ask->max_len;
    if (ask->url.len == 0 || memchr(ask->url.ptr, 0, ask->url.len) != NULL)
        return JM_E_MALFORMED;
    if (ask->verb != JM_HTTP_GET && ask->verb != JM_HTTP_POST)
        return JM_E_BUG;
    JM_TRY(jm_dup(&url, mem, ask->url));
    JM_TRY(judge_url(x.rules, (const char *)url.ptr));
    if ((c = handle_of(x.rules->allow_loopback || x.rules->unix_path != NULL)) == NULL)
        return JM_E_UNAVAILABLE;
    enum jm_status st = put_headers(&list, ask, mem);
    if (st == JM_OK)
        st = perform_one(c, &x, ask, (const char *)url.ptr, list);
    for (unsigned left = ask->verb == JM_HTTP_GET ? ask->moves : 0;
         st == JM_OK && left > 0 && has_moved(out->status); left--)
        st = move_on(c, &x, ask, list);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(list);
    if (x.has_body)
        /* wiped with the arena even when the exchange failed */
        out->body = jm_buf_keep(mem, x.body);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}
