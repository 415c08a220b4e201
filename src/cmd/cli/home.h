/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file home.h  Room: cmd. A home of spec/cli.md 4: what lies where, its configuration, pinned
 * trust set and clock.
 *
 * Opening reads jumin.conf and trust/ only; what a role or the operator owns is opened by whoever
 * needs it.
 */
#ifndef JUMIN_CMD_HOME_H
#define JUMIN_CMD_HOME_H

#include "cmd/cli/cmd.h"
#include "cmd/cli/conf.h"
#include "host/clock/clock.h"
#include "host/signer/signer.h"
#include "jumin/trust.h"
#include "service/env.h"

enum {
    JM_HOME_ANY = 0,
    JM_HOME_AUTHORITY = 1, /* else JM_E_USAGE JM_CMD_HOME_KIND */
    JM_HOME_VERIFIER = 2,
    JM_HOME_CONF_ONLY = 4, /* no trust set: clock is the real one */
    JM_HOME_WALLET = 8,
    JM_HOME_WITNESS = 16,
    /* a witness's too, which has no trust set: its clock is the real one. Without this, or
     * JM_HOME_WITNESS, such a home is JM_CMD_HOME_KIND */
    JM_HOME_SERVED = 32
};

struct jm_home_role {
    const char *base; /* null: this home has no such role */
    char address[64];
    uint16_t port;
    int64_t uid;       /* -1: not stated */
    unsigned workers;  /* 0: not stated */
    const char *proxy; /* as written: an address, "none"; null: nothing was said */
};

struct jm_home {
    const struct jm_cmd *cmd; /* options, texts, arena, crypto */
    const char *dir, *conf_file;
    const char *name, *id; /* id: of the issuer record, or the relying party's slug */
    bool is_verifier, is_wallet, is_witness, synthetic;
    struct jm_bytes conf_text;
    struct jm_conf conf;
    struct jm_home_role issuer, provider, status, verifier, ledger, witness;
    uint8_t pin[32];       /* SHA-256 of trust/set.cbor, or of its root */
    struct jm_trust trust; /* octets are null with JM_HOME_CONF_ONLY, and of a witness */
    struct jm_clock clock;
};

/**
 * The pinned hash is compared before the trust set is read. @p home is kept in place: it holds a
 * clock.
 * @retval JM_E_ABSENT JM_CMD_HOME_MISSING | JM_E_USAGE JM_CMD_CONFIG, JM_CMD_HOME_KIND |
 * JM_E_DENIED JM_TRUST_PIN
 */
JM_MUST_CHECK enum jm_status jm_home_open(struct jm_home *home, const struct jm_cmd *cmd,
                                          unsigned flags, struct jm_diag *d);
/** DIR/<name>. */
const char *jm_home_path(const struct jm_home *home, const char *name);
/** The home's trust set is one writer's at a time; taken before the home is opened, so that nobody
 * goes on from an old set.
 *  @retval JM_E_UNAVAILABLE JM_CMD_FILE_WRITE another has it | JM_E_ABSENT JM_CMD_HOME_MISSING */
JM_MUST_CHECK enum jm_status jm_home_lock(int *fd, const struct jm_cmd *cmd, struct jm_diag *d);
int64_t jm_home_now(const struct jm_home *home);
/** D-459: feeds the clock with <role>/seen, also where it is behind. @retval JM_E_UNAVAILABLE
 * JM_CMD_CLOCK_BACK: more than 60 s behind | JM_E_USAGE JM_CMD_FILE_READ the file is no time */
JM_MUST_CHECK enum jm_status jm_home_seen(struct jm_home *home, const char *role,
                                          struct jm_diag *d);
/** Keeps the highest time shown. */
JM_MUST_CHECK enum jm_status jm_home_saw(const struct jm_home *home, const char *role);
/** The signer of this home, as @p caller: secret in <caller>/signer.secret. @retval as
 * jm_signer_connect, JM_SIGNER_… in @p d */
JM_MUST_CHECK enum jm_status jm_home_signer(struct jm_signer **out, const struct jm_home *home,
                                            const char *caller, struct jm_diag *d);
/** One signature by that signer, of purpose @p purpose. */
JM_MUST_CHECK enum jm_status jm_home_sign(struct jm_sig *sig, const struct jm_signer *signer,
                                          enum jm_purpose purpose, struct jm_bytes tbs,
                                          struct jm_diag *d);
/** Time, randomness, crypto; store and signer are the caller's to fill. */
void jm_home_env(struct jm_env *env, const struct jm_home *home);
/** Functions of the other host rooms, for the signer's. */
extern const struct jm_signer_tools jm_signer_tools;

/** A line of a role's log on stderr, whole: time, role, what. */
void jm_log(const struct jm_home *home, const char *role, const char *format, ...) JM_PRINTF(3, 4);

/** A file with the diag of JM_CMD_FILE_READ naming it. */
JM_MUST_CHECK enum jm_status jm_cmd_read(struct jm_bytes *out, const char *path, size_t max,
                                         const struct jm_cmd *cmd, struct jm_diag *d);
/** The same of a file that nobody else may read: JM_E_DENIED JM_CMD_SECRET_OPEN; what else is
 * wrong is @p otherwise (JM_OK: as it is) JM_CMD_FILE_READ. */
JM_MUST_CHECK enum jm_status jm_cmd_secret(struct jm_bytes *out, const char *path, size_t max,
                                           const struct jm_cmd *cmd, enum jm_status otherwise,
                                           struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_cmd_write(const char *path, struct jm_bytes what, unsigned mode,
                                          const struct jm_cmd *cmd, struct jm_diag *d);
/** "-----BEGIN <label>-----" … with 64 characters a line. */
JM_MUST_CHECK enum jm_status jm_pem_write(struct jm_bytes *out, const char *label,
                                          struct jm_bytes der, struct jm_arena *mem);
/** DER, or the first PEM block of @p label. */
JM_MUST_CHECK enum jm_status jm_pem_or_der(struct jm_bytes *der, const char *label,
                                           struct jm_bytes file, struct jm_arena *mem);

#endif
