/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file statuslist.h  Room: cred. Token Status List: reading, judging and building lists in JWT and
 * CWT form.
 *
 * Spec: draft-ietf-oauth-status-list-20; spec/openid4vc.md 10; spec/ledger.md 13; spec/mdoc.md 13
 */
#ifndef JUMIN_STATUSLIST_H
#define JUMIN_STATUSLIST_H

#include "jumin/jose.h"

#define JM_LIST_TOKEN_MAX (4 * JM_MIB)
#define JM_LIST_RAW_MAX (32 * JM_MIB)
#define JM_LIST_TTL_MAX_S 86400

/** In the order of the codes JM_MDOC_STATUS_UNAVAILABLE … and JM_SDJWT_STATUS_UNAVAILABLE …:
 * jm_list_code(). */
enum jm_list_fault {
    JM_LIST_UNJUDGED = 0, /* nobody has opened it: as good as not to be had */
    JM_LIST_UNAVAILABLE,  /* not to be had */
    JM_LIST_CHAIN,        /* no trusted signer */
    JM_LIST_SIGNATURE,
    JM_LIST_TYPE,    /* other typ, or unreadable */
    JM_LIST_SUBJECT, /* sub is not the uri */
    JM_LIST_EXPIRED,
    JM_LIST_STALE, /* older than the policy allows, or of a time to come */
    JM_LIST_BITS,  /* bits not 1, 2, 4, 8, or the raw array cannot be unpacked */
    JM_LIST_INDEX,
    JM_LIST_OK /* everything before was judged, and holds */
};

/** @p unavailable: JM_MDOC_STATUS_UNAVAILABLE or JM_SDJWT_STATUS_UNAVAILABLE. */
static inline enum jm_code jm_list_code(enum jm_code unavailable, enum jm_list_fault fault)
{
    return (enum jm_code)((int)unavailable +
                          (fault == JM_LIST_UNJUDGED || fault >= JM_LIST_OK ? 0 : (int)fault - 1));
}

struct jm_status_list {
    enum jm_list_fault fault; /* the first one; anything but JM_LIST_OK: no index can be read */
    unsigned faults, judged;  /* sets of 1 << fault: what was found, what was looked for */
    struct jm_bytes uri;
    int64_t iat, exp, ttl; /* seconds; ttl 0: not stated */
    int64_t ahead_s;       /* STALE since iat or nbf lie so far ahead of the clock here; else 0 */
    bool has_exp;          /* the JWT form may leave it out */
    /* the last second in which the same octets are judged alike by the same anchors: its own time
     * and that of its signer's path; of a bare key: its own */
    int64_t until;
    unsigned bits;
    struct jm_bytes raw;
};

/** How a list is judged. */
struct jm_list_policy {
    int64_t not_before_iat;     /* a list already seen for this uri: older ones are STALE; 0 none */
    const struct jm_point *key; /* instead of anchors: a bare key that is trusted (diagnosis) */
    /* do not stop at the first fault, and take any subject for an empty uri (diagnosis) */
    bool all;
};

/**
 * Judge a token: type, signer, signature, subject, times, unpacking. Never fails for what stands in
 * the token: the fault is in @p out. @p out->raw lives in @p mem. @p cwt: the CWT form is expected,
 * else the JWT form. The reading's anchors: certificates that may issue the status signer, or be
 * it; none, and nobody is trusted to sign: JM_LIST_CHAIN.
 * @retval JM_OK | JM_E_NO_SPACE | JM_E_PENDING (inside an engine)
 */
JM_MUST_CHECK enum jm_status jm_statuslist_open(struct jm_status_list *out, struct jm_bytes token,
                                                bool cwt, struct jm_bytes uri,
                                                const struct jm_list_policy *policy,
                                                const struct jm_reading *r);
/** Status value of an index. @retval JM_E_RANGE out of the list | JM_E_DENIED the list was not
 * judged, or does not hold */
JM_MUST_CHECK enum jm_status jm_statuslist_get(unsigned *value, const struct jm_status_list *list,
                                               uint64_t idx);

/** What is put into a list of ours. */
struct jm_list_spec {
    struct jm_bytes uri, raw;
    unsigned bits;
    int64_t iat, exp, ttl;
    const struct jm_bytes *x5c; /* DER, leaf first, root left out */
    size_t n_x5c;
};
/** The octets to sign with ES256; draft to finish with the signature. */
struct jm_list_draft {
    struct jm_bytes to_sign, head, payload;
    bool cwt;
};
JM_MUST_CHECK enum jm_status jm_statuslist_begin(struct jm_list_draft *out, bool cwt,
                                                 const struct jm_list_spec *spec,
                                                 const struct jm_crypto *crypto,
                                                 struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_statuslist_finish(struct jm_bytes *token,
                                                  const struct jm_list_draft *draft,
                                                  struct jm_bytes sig, struct jm_arena *mem);

#endif
