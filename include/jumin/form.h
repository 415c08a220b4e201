/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file form.h  Room: codec. application/x-www-form-urlencoded, percent coding, and URLs as far as
 * we need them.
 *
 * Spec: WHATWG URL 5; RFC 3986; spec/openid4vc.md 2 (a repeated name is refused)
 */
#ifndef JUMIN_FORM_H
#define JUMIN_FORM_H

#include "jumin/arena.h"

#define JM_FORM_FIELDS_MAX 64

struct jm_form_field {
    struct jm_bytes name, value;
};

struct jm_form {
    struct jm_form_field *field;
    size_t n;
};

/** '+' is a space. @retval JM_E_MALFORMED (percent, UTF-8) | JM_E_DUPLICATE | JM_E_LIMIT |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_form_parse(struct jm_form *out, struct jm_bytes in,
                                           struct jm_arena *mem);
/** Value of a field, or the null view. */
struct jm_bytes jm_form_get(const struct jm_form *f, const char *name);

/** Appends name=value, with '&' before all but the first (when @p out is empty or ends in '?').
 * @retval JM_E_NO_SPACE the room is too small */
JM_MUST_CHECK enum jm_status jm_form_put(struct jm_buf *out, const char *name,
                                         struct jm_bytes value);

#define JM_URL_MAX 2048 /* octets: of any address that a stranger names */

struct jm_url {
    /* host with brackets if IPv6; query without '?' */
    struct jm_bytes scheme, host, port, path, query;
};

/** Hierarchical URLs without user information and fragment. Path may be empty. @retval
 * JM_E_MALFORMED another form | JM_E_LIMIT beyond JM_URL_MAX */
JM_MUST_CHECK enum jm_status jm_url_split(struct jm_url *out, struct jm_bytes url);
/** Literal loopback host: localhost, 127.0.0.0/8 in four decimal parts, [::1]. */
bool jm_url_is_loopback(const struct jm_url *u);
/** https anywhere, http on loopback only where @p loopback_http. */
bool jm_url_allowed(struct jm_bytes url, bool loopback_http);
/** Is @p url of this scheme, in whatever case? RFC 3986 3.1 */
bool jm_url_scheme_is(struct jm_bytes url, const char *scheme);
/** Without the blanks and line ends around it, which come with what was pasted. */
struct jm_bytes jm_url_trim(struct jm_bytes url);
/** `scheme://host[:port]/.well-known/NAME<path>`: the well-known name inserted before the path; of
 * an authorization server without the slash at the end of the path (RFC 8414 3.1), of an issuer as
 * it is (OpenID4VCI 1.0 12.2.2). */
JM_MUST_CHECK enum jm_status jm_url_well_known(struct jm_bytes *out, struct jm_arena *mem,
                                               struct jm_bytes id, const char *name);

/** What an Accept or Accept-Encoding field gives a form, in thousandths: 1000 where the field is
 * empty, 0 where it does not take the form. The closest range wins: the form itself, then its type
 * with any subtype, then any. RFC 9110 12.4.2, 12.5.1, 12.5.3 */
unsigned jm_accept_weight(struct jm_bytes field, const char *form);

#endif
