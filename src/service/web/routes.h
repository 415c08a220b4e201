/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file routes.h  Room: service/web. What the services answer by HTTP: the route tables of their
 * routes.c, and who proves the callers. For cmd, which puts them before a server.
 */
#ifndef JUMIN_SERVICE_WEB_ROUTES_H
#define JUMIN_SERVICE_WEB_ROUTES_H

#include "service/web/web.h"

#define JM_ROUTES(service)                                \
    extern const struct jm_route jm_##service##_routes[]; \
    extern const size_t jm_##service##_n_routes

/* -- issuer -- */

JM_ROUTES(audit);
JM_ROUTES(bridge);
JM_ROUTES(desk);
JM_ROUTES(events);
JM_ROUTES(issuance);
JM_ROUTES(orders);
JM_ROUTES(register);
JM_ROUTES(tap);
JM_ROUTES(local); /* the operator's, for the control socket alone (auth LOCAL) */

/** The same session token that scripts send as Bearer, of a browser: read on rows of auth
 * STAFF_SESSION, all of them desk routes, and ended by a sign-in of the same browser. */
#define JM_DESK_COOKIE "__Host-jumin-desk"

/** Of a browser that has the page /authorize open: its form goes with this alone. */
#define JM_AUTHORIZE_COOKIE "__Host-jumin-authorize"

struct jm_dpop;
/** The DPoP proof of this request: single, proven, fresh by our nonce (else JM_OAUTH_DPOP_NONCE and
 * a DPoP-Nonce header), its jti unused. @p access_token: null view at the token endpoint. */
JM_MUST_CHECK enum jm_status jm_dpop_of(struct jm_req *q, struct jm_res *s,
                                        struct jm_bytes access_token, struct jm_dpop *out);

/** The next DPoP nonce, for whoever was served. */
JM_MUST_CHECK enum jm_status jm_issuer_dpop_nonce(struct jm_req *q, struct jm_res *s);

/** The authenticator of all routes of the role; fills q->who. `more`: struct jm_client
 * (attestation), struct jm_grant (DPoP). */
enum jm_status jm_issuer_auth(void *role, struct jm_req *q, struct jm_res *s);
/** For a row of auth DPOP, before its body comes: is there a token of ours? Whether it is the
 * caller's is asked later. */
jm_handler jm_issuer_look;

/* -- ledger: struct jm_ledger_role (service/ledger/serve.h) -- */

JM_ROUTES(ledger);

/* -- witness: struct jm_witness_role (service/witness/watching.h) -- */

JM_ROUTES(witness);

/* -- provider -- */

JM_ROUTES(provider);
JM_ROUTES(provider_local); /* of its operator, for the control socket alone */
/** The authenticator: PUBLIC, and LOCAL wants the operator's secret. */
enum jm_status jm_provider_auth(void *role, struct jm_req *q, struct jm_res *s);

/* -- verifier -- */

JM_ROUTES(presentation);
/** A visitor's session on the page /visit, from asking to what came of it. */
#define JM_VISIT_COOKIE "__Host-jumin-visit"
JM_ROUTES(presentation_local); /* of its operator, for the control socket alone */
/** The authenticator: SERVICE_KEY gives who.name the service, LOCAL wants the operator's secret. */
enum jm_status jm_verifier_auth(void *role, struct jm_req *q, struct jm_res *s);

#endif
