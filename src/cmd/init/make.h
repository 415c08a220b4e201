/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file make.h  Room: cmd. What `init` makes a home of: folders, keys, certificates. Private to
 * init*.c.
 */
#ifndef JUMIN_CMD_MAKE_H
#define JUMIN_CMD_MAKE_H

#include "cmd/cli/trustset.h"
#include "host/openssl/openssl.h"

/** A key pair being made, with its certificate. */
struct jm_maker {
    struct jm_key *key;
    struct jm_point point;
    struct jm_bytes cert; /* DER */
    struct jm_cert parsed;
};

struct jm_making {
    const struct jm_cmd *cmd;
    struct jm_home home; /* dir and cmd only, while it is being made */
    const char *name, *id;
    bool synthetic;
    int64_t now, clock_start, clock_moment;
    struct jm_secret32 master;
    const char *proxy; /* as --proxy or the answer said; null: not known yet */
    struct jm_diag *d;
};

/** The home that --home names, being made; @p m is zeroed. */
void jm_make_begin(struct jm_making *m, const struct jm_cmd *cmd, struct jm_diag *d);
/** The set of --trust, whose hash is --pin: is the home synthetic? @retval JM_E_USAGE
 * JM_CMD_OPTION_REQUIRED | as jm_trust_from_file */
JM_MUST_CHECK enum jm_status jm_make_trust(struct jm_making *m, struct jm_trust *out);
/** Pins @p trust; jumin.conf: @p head, then name, id, kind, pin, then @p sections. */
JM_MUST_CHECK enum jm_status jm_make_conf(struct jm_making *m, const char *kind,
                                          struct jm_bytes trust, const char *head,
                                          const char *sections);
/** --name, or @p otherwise: as it stands in certificates, trust set and jumin.conf (D-105).
 *  @retval JM_E_USAGE JM_API_TEXT characters that nobody sees or that combine, a line end, a blank
 * at its end */
JM_MUST_CHECK enum jm_status jm_make_name(struct jm_making *m, const char *otherwise);
JM_MUST_CHECK enum jm_status jm_make_folders(struct jm_making *m, const char *const *names,
                                             size_t n);
/** Master key under the passphrase: of --passphrase-file, or a random one kept in signer/passphrase
 * where synthetic. */
JM_MUST_CHECK enum jm_status jm_make_master(struct jm_making *m);
JM_MUST_CHECK enum jm_status jm_make_pair(struct jm_making *m, struct jm_maker *out);
/** Certificate over @p out->point by @p ca (null: self-signed); @p spec's names, times, usage are
 * given, the rest is filled. */
JM_MUST_CHECK enum jm_status jm_make_cert(struct jm_making *m, struct jm_maker *out,
                                          struct jm_cert_spec *spec, const struct jm_maker *ca);
/** Seals the pair into signer/keys. */
JM_MUST_CHECK enum jm_status jm_make_keep(struct jm_making *m, const char *id, unsigned purpose,
                                          const struct jm_maker *pair);
/** The secret that caller and signer share: <caller>/signer.secret and a key file. */
JM_MUST_CHECK enum jm_status jm_make_caller(struct jm_making *m, const char *caller);
/** Free loopback ports: @p base + i, or of the system's choosing when 0. */
JM_MUST_CHECK enum jm_status jm_make_ports(struct jm_making *m, uint16_t base, uint16_t *ports,
                                           size_t n);
/**
 * What stands before a role of address @p base: --proxy, or who makes the home is asked where @p
 * base is https. @p line: "proxy = …\n", or empty where nothing is said and nothing needs to be.
 * @retval JM_E_USAGE JM_CMD_OPTION_REQUIRED nobody says | JM_CMD_OPTION_VALUE neither an address
 * nor none
 */
JM_MUST_CHECK enum jm_status jm_make_proxy(struct jm_making *m, const char *base,
                                           const char **line);
/**
 * Judges a role's base URL. One on loopback that names its port says where the role listens, too:
 * @p listen is set then.
 * @retval JM_E_USAGE JM_CMD_BASE_SLASH | JM_CMD_BASE_URL
 */
JM_MUST_CHECK enum jm_status jm_make_base(const struct jm_making *m, const char *role,
                                          const char *base, const char **listen);
/** "kr-" and what of the name a registry id may have; @p fallback when nothing is left. */
const char *jm_make_id(const struct jm_cmd *cmd, const char *prefix, const char *name,
                       const char *fallback);

JM_MUST_CHECK enum jm_status jm_init_verifier(const struct jm_cmd *cmd, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_init_wallet(const struct jm_cmd *cmd, struct jm_diag *d);

#endif
