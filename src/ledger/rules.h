/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of spec/ledger.md 4, a row a type: what a body may hold, under which key its record
 * stands, who must have signed, what it must refer to. Private to the ledger room.
 */
#ifndef JM_LEDGER_RULES_H
#define JM_LEDGER_RULES_H

#include "ledger/shape.h"
#include "ledger/state.h"

/** Who signed: a person of an actor. One of a key that the transaction introduces has no actor. */
struct jm_signer_of {
    struct jm_bytes actor;
    uint64_t holder;
    unsigned roles; /* bit 1 << role */
};

/** One transaction being judged. */
struct jm_judging {
    struct jm_block *b;
    const struct jm_ltx *tx;
    const struct jm_ltx_row *row;
    struct jm_bytes body;
    struct jm_bytes key;        /* of its record */
    struct jm_state_record old; /* what stands there */
    struct jm_signer_of signer[JM_LTX_SIGNERS_MAX];
    size_t n_signers;
};

typedef enum jm_ltx_code jm_rule_fn(struct jm_judging *j);

enum jm_key_form { JM_KEY_NONE = 0, JM_KEY_TEXT, JM_KEY_HEX, JM_KEY_HASH, JM_KEY_UINT };
struct jm_key_part {
    enum jm_key_form form;
    uint8_t field;
};

/* How the number of a record goes on. */
enum jm_rev_form {
    JM_REV_NEXT = 0, /* the old one and 1; 1 where there was none */
    JM_REV_HIGHER,
    JM_REV_SILENT, /* not said: counted */
    JM_REV_EPOCH   /* as next, and chained: another code, and last */
};

struct jm_ltx_row {
    enum jm_ltx_type type;
    bool is_state;      /* moves a record's state */
    const char *prefix; /* of the record's key */
    struct jm_key_part part[2];
    struct jm_shape body;  /* a map */
    jm_rule_fn *cross;     /* fields against each other: BODY */
    jm_rule_fn *authority; /* AUTH, or REF where the signer is found through a record */
    jm_rule_fn *refers;    /* REF */
    enum jm_rev_form rev;
    uint8_t rev_field;
    uint8_t fixed[4]; /* members that never change; 0: no more */
    jm_rule_fn *last; /* NODESET, EPOCH; a node's key: UNIQUE */
};

/** Null: no such type. */
const struct jm_ltx_row *jm_ltx_row(uint64_t type);
/** Bodies as a genesis holds them. */
extern const struct jm_shape jm_genesis_shape;
/** An actor's body against itself. */
enum jm_ltx_code jm_actor_cross(struct jm_bytes body);

/* -- rules_auth.c -- */
jm_rule_fn jm_auth_governance, jm_auth_actor_state, jm_auth_own, jm_auth_node,
    jm_auth_two_registrars, jm_auth_registrar_state, jm_auth_rp, jm_auth_use, jm_auth_rp_state,
    jm_auth_flag, jm_auth_flag_end, jm_auth_crl, jm_auth_did, jm_auth_list, jm_auth_epoch;

/* -- rules_refs.c -- */
jm_rule_fn jm_cross_actor, jm_cross_rotate, jm_cross_node, jm_cross_cert, jm_cross_use,
    jm_cross_crl, jm_cross_did, jm_cross_epoch;
jm_rule_fn jm_refs_issuer, jm_refs_cert, jm_refs_rpcert, jm_refs_rp, jm_refs_use, jm_refs_wallet,
    jm_refs_node, jm_refs_list, jm_refs_flag;
jm_rule_fn jm_last_node, jm_last_node_state, jm_last_epoch;

/** A record that stands and has not ended. */
bool jm_rule_stands(struct jm_state_record *out, const struct jm_block *b, const char *prefix,
                    struct jm_bytes id);
/** An actor's roles, as bits. */
unsigned jm_actor_roles(struct jm_bytes body);

#endif
