/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pages.h  Room: service/web. Pages for browsers: files that were built into the program, and
 * the headers that every one of them carries.
 *
 * A page is a row GET /<name> whose handler is jm_web_page: it answers that file or <name>.html, or
 * with an argument that file, unless the browser has it. No page says a thing of a person by
 * itself: it asks the same routes that everybody asks.
 *
 * Spec: platform.md 7.2
 */
#ifndef JUMIN_SERVICE_WEB_PAGES_H
#define JUMIN_SERVICE_WEB_PAGES_H

#include "service/web/web.h"

#define JM_PAGES_MAX 64

struct jm_page {
    struct jm_bytes name, octets; /* of the program */
    const char *media;
    char etag[48];
};
struct jm_pages {
    struct jm_page page[JM_PAGES_MAX];
    size_t n;
    bool https; /* of the base URL: browsers are told to stay there */
};

/** Takes one in. @retval JM_E_LIMIT too many | JM_E_UNSUPPORTED an ending that no page has */
JM_MUST_CHECK enum jm_status jm_pages_add(struct jm_pages *p, struct jm_bytes name,
                                          struct jm_bytes octets, const struct jm_crypto *crypto);

/** @retval JM_E_ABSENT there is no such file | 304 and no body where If-None-Match names it */
jm_handler jm_web_page;
/** The wallet's: it asks issuers, verifiers and lists that it does not know beforehand, by https,
 * or on loopback where it comes from there itself. */
jm_handler jm_web_wallet_page;

/** What stands in a form's place `{=name}`; a part `{?name}…{/name}` is there where it is not
 * empty.
 */
struct jm_place {
    const char *name;
    struct jm_bytes value;
};
/**
 * A page that works without script: the file @p name with its places filled, escaped for HTML. Its
 * form goes to this origin, and from there to @p answer_to, an address, or nowhere if empty; nobody
 * keeps it.
 * @retval JM_E_BUG a place that the file names and nobody fills
 */
JM_MUST_CHECK enum jm_status jm_web_form(struct jm_req *q, struct jm_res *s, const char *name,
                                         const struct jm_place *place, size_t n,
                                         struct jm_bytes answer_to);

/** The files that pages are made of: GET /ui/{file}. */
extern const struct jm_route jm_page_routes[];
extern const size_t jm_page_n_routes;

#endif
