/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card.h  Room: proto. The chip of an IC resident card: its files, PACE, secure messaging,
 * chip authentication; the reader's engine and the issuer's half of a tap.
 *
 * What the reader learns proves nothing to anybody else: the issuer believes what comes through the
 * channel of its own ephemeral key (jm_card_script, jm_card_finish). Not checked here: the register
 * (serial, chip key, state of the plastic), sessions, nonces and limits; revocation of a signer
 * where the caller waives it. The software chip stands in jumin/chip.h.
 *
 * Spec: spec/iccard.md; ICAO Doc 9303-11; BSI TR-03110; ISO/IEC 7816-4   Req: D-220 … D-226
 */
#ifndef JUMIN_CARD_H
#define JUMIN_CARD_H

#include "jumin/drive.h"
#include "jumin/path.h"

/* -- APDUs -- */

#define JM_CARD_DATA_MAX 4096 /* octets of one answer in plain */
/* of one command, protected or not: the longest that a chip takes */
#define JM_CARD_CAPDU_MAX 1024
#define JM_CARD_RAPDU_MAX JM_TRANSMIT_MAX /* the data, protected */
/* the most that an answer of short length carries in a channel */
#define JM_CARD_BLOCK 223

struct jm_apdu {
    uint8_t cla, ins, p1, p2;
    struct jm_bytes data;
    uint32_t le;   /* octets wanted, 0: no Le; 256 for 00, 65,536 for 0000 */
    bool extended; /* three octets of Lc, or two or three of Le */
};

/** @retval JM_OK | JM_E_MALFORMED no command of ISO/IEC 7816-3 12.1 | JM_E_LIMIT over
 * JM_CARD_CAPDU_MAX */
JM_MUST_CHECK enum jm_status jm_apdu_read(struct jm_apdu *out, struct jm_bytes capdu);
/** Appends it, short where it can be. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_apdu_write(struct jm_buf *out, const struct jm_apdu *a);

enum jm_sw {
    JM_SW_OK = 0x9000,
    JM_SW_FEWER = 0x6282, /* fewer octets than asked */
    JM_SW_WRONG = 0x6300, /* wrong CAN */
    JM_SW_TRIES = 0x63C0, /* | tries that are left */
    JM_SW_MEMORY = 0x6581,
    JM_SW_LENGTH = 0x6700,
    JM_SW_NO_RIGHT = 0x6982,
    JM_SW_BLOCKED = 0x6983,
    JM_SW_NOT_NOW = 0x6985, /* not selected, or the last PIN try without the CAN */
    JM_SW_NO_FILE = 0x6986,
    JM_SW_CHANNEL = 0x6988,
    JM_SW_DATA = 0x6A80,
    JM_SW_NOT_FOUND = 0x6A82,
    JM_SW_REFERENCE = 0x6A88,
    JM_SW_BEYOND = 0x6B00,
    JM_SW_COMMAND = 0x6D00, /* unknown, or out of place */
    JM_SW_CLASS = 0x6E00
};

/* -- files -- */

#define JM_CARD_AID JM_BYTES("\xf0\x4a\x55\x4d\x49\x4e\x01")
#define JM_CARD_DG1_MAX 200
#define JM_CARD_DG14_MAX 512
#define JM_CARD_SOD_MAX 4096
#define JM_CARD_EF_MAX 32767
#define JM_CARD_SERIAL_MAX 32
#define JM_CARD_AUTHORITY_LEN 10

enum jm_card_ef {
    JM_EF_ACCESS, /* EF.CardAccess: readable before PACE */
    JM_EF_DG1,    /* identity of the card */
    JM_EF_DG14,   /* key of chip authentication */
    JM_EF_SOD,    /* digests, signed */
    JM_EF_DG2,    /* portrait; these two only after PACE with the PIN */
    JM_EF_DG11,   /* name, birth date, address */
    JM_EF_N
};
struct jm_card_ef_row {
    uint16_t fid;
    uint8_t tag;   /* of the one BER-TLV that the file is */
    uint8_t group; /* data group number in the SOD, 0: none */
    bool needs_pin;
    size_t max; /* octets of the whole file */
};
/** Never null for @p ef below JM_EF_N. */
const struct jm_card_ef_row *jm_card_ef_row(enum jm_card_ef ef);
/**
 * How long a file is, out of its first octets.
 * @retval JM_OK | JM_E_TRUNCATED more octets are needed (at most 4) | JM_E_MALFORMED another tag,
 * or no minimal length | JM_E_LIMIT longer than its row allows
 */
JM_MUST_CHECK enum jm_status jm_card_ef_len(size_t *len, enum jm_card_ef ef, struct jm_bytes head);

/** What a card offers for PACE: the rows of spec/iccard.md 1.2 that are built. */
JM_MUST_CHECK enum jm_status jm_card_access_write(struct jm_bytes *out, struct jm_arena *mem);
/** @retval JM_OK it offers ours | JM_E_UNSUPPORTED it does not | JM_E_MALFORMED and kin */
JM_MUST_CHECK enum jm_status jm_card_access_read(struct jm_bytes ef);
/** The key of chip authentication. Whether it lies on the curve its user finds out. */
JM_MUST_CHECK enum jm_status jm_card_dg14_write(struct jm_bytes *out, const struct jm_point *key,
                                                struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_card_dg14_read(struct jm_point *key, struct jm_bytes ef);

struct jm_card_dg1 {
    struct jm_bytes serial, authority, issued; /* text; issued: YYYY-MM-DD */
};
/** @retval JM_OK | JM_E_RANGE a member is not as spec/iccard.md 1.1 wants it | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_card_dg1_write(struct jm_bytes *out, const struct jm_card_dg1 *in,
                                               struct jm_arena *mem);
/** Views into @p ef. @retval JM_OK | JM_E_MALFORMED and kin, JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_card_dg1_read(struct jm_card_dg1 *out, struct jm_bytes ef);

#define JM_CARD_GROUPS_MAX 16
struct jm_card_sod {
    struct jm_bytes ef; /* whole; the views below point into it */
    struct {
        uint8_t group;
        uint8_t digest[32];
    } dg[JM_CARD_GROUPS_MAX];
    size_t n;
    struct jm_bytes serial;
    int64_t signed_at, until; /* s UTC */
    struct jm_bytes protected_bstr, payload, sig;
    struct jm_bytes x5chain[JM_PATH_CERTS_MAX];
    size_t n_x5chain;
};
/** Its shape alone: nothing in it is to be believed. @retval JM_OK | JM_E_MALFORMED and kin,
 * JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_card_sod_read(struct jm_card_sod *out, struct jm_bytes ef);
/** Does it say this digest of the whole EF? False also where it names no such group. */
JM_MUST_CHECK bool jm_card_sod_covers(const struct jm_card_sod *s, enum jm_card_ef ef,
                                      struct jm_bytes octets, const struct jm_crypto *c);

struct jm_card_trust {
    const struct jm_anchors *anchors; /* CAs of card signers */
    struct jm_bytes eku;              /* content of the OID; empty: JM_OID_EKU_CARD_SIGNER */
    bool waive_crl;
    int64_t now; /* s UTC */
    const struct jm_crypto *crypto;
    const struct jm_answers *answers; /* VERIFY, FIND of revocation lists */
};
/**
 * Reads a SOD and judges it: chain, purpose and times of the signer (at signing and now), its
 * signature, the times of the SOD. DG14 and the register are the caller's next checks.
 *
 * @retval JM_OK | JM_E_MALFORMED and kin: JM_CARD_TLV; JM_E_LIMIT: JM_CARD_SIZE | JM_E_DENIED,
 * JM_E_SIGNATURE: JM_CARD_FORGED | JM_E_UNAVAILABLE it could not be decided | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_card_sod_judge(struct jm_card_sod *out, struct jm_bytes ef,
                                               const struct jm_card_trust *trust,
                                               struct jm_arena *mem, struct jm_diag *d);

struct jm_card_sod_spec {
    /* whole EFs; empty: the group is not named. DG1, DG2, DG11, DG14 must be there */
    struct jm_bytes ef[JM_EF_N];
    struct jm_bytes serial;
    int64_t signed_at, until;
    const struct jm_bytes *x5chain; /* of the card signer, leaf first */
    size_t n_x5chain;
    struct jm_bytes signer; /* handle of its key, for SIGN */
};
JM_MUST_CHECK enum jm_status jm_card_sod_write(struct jm_bytes *out,
                                               const struct jm_card_sod_spec *spec,
                                               const struct jm_crypto *c,
                                               const struct jm_answers *answers,
                                               struct jm_arena *mem);

/* -- secure messaging -- */

/** A channel: keys and send counter. Wiped by jm_card_sm_end(), and by every fault. */
struct jm_card_sm {
    uint8_t enc[16], mac[16];
    uint64_t counter; /* of the last command or answer */
    bool open;
};

/** The key for @p use out of a shared secret: SHA-1(secret ‖ use), the first 16 octets. */
JM_MUST_CHECK enum jm_status jm_card_kdf(uint8_t key[16], const struct jm_crypto *c,
                                         struct jm_bytes secret, uint32_t use);
/** Both keys out of x of the shared point; the counter is 0. */
JM_MUST_CHECK enum jm_status jm_card_sm_begin(struct jm_card_sm *s, const struct jm_crypto *c,
                                              struct jm_bytes shared_x);
void jm_card_sm_end(struct jm_card_sm *s);
/** Reader: appends the command, protected. It has data or Le. @retval JM_OK | JM_E_NO_SPACE |
 * JM_E_BUG no channel, nothing to protect | JM_E_LIMIT the counter has reached its end */
JM_MUST_CHECK enum jm_status jm_card_sm_wrap(struct jm_card_sm *s, const struct jm_crypto *c,
                                             const struct jm_apdu *command, struct jm_buf *out);
/** Reader: appends what the answer carries. Nothing is decrypted before its MAC held. @retval JM_OK
 * | JM_E_SIGNATURE whatever is not as it must be: the channel has ended */
JM_MUST_CHECK enum jm_status jm_card_sm_open(struct jm_card_sm *s, const struct jm_crypto *c,
                                             struct jm_bytes rapdu, struct jm_buf *data,
                                             uint16_t *sw);
/** Chip: the command inside of @p outer; its data is appended to @p data. @retval as
 * jm_card_sm_open() */
JM_MUST_CHECK enum jm_status jm_card_sm_unwrap(struct jm_card_sm *s, const struct jm_crypto *c,
                                               const struct jm_apdu *outer, struct jm_buf *data,
                                               struct jm_apdu *inner);
/** Chip: appends the protected answer. @retval JM_OK | JM_E_NO_SPACE | JM_E_BUG */
JM_MUST_CHECK enum jm_status jm_card_sm_answer(struct jm_card_sm *s, const struct jm_crypto *c,
                                               struct jm_bytes data, uint16_t sw,
                                               struct jm_buf *out);

/* -- PACE -- */

enum jm_card_password { JM_CARD_NO_PASSWORD = 0, JM_CARD_CAN = 2, JM_CARD_PIN, JM_CARD_PUK };
#define JM_CARD_PIN_LEN 6 /* digits; the CAN's as well */
#define JM_CARD_PUK_LEN 8
#define JM_PACE_TEMPLATE_MAX 80 /* octets of a template `7C …` */
#define JM_PACE_STEPS 4         /* nonce, map, agree, token */

enum jm_pace_role { JM_PACE_READER = 1, JM_PACE_CHIP };

/** One run, of either side. Wiped at its end and by every fault; no step can be taken twice. */
struct jm_pace {
    enum jm_pace_role role;
    unsigned step; /* 0 … 3; 4: the channel's keys are there */
    bool failed;
    uint8_t password_key[16], nonce[16];
    struct jm_secret32 map, agree; /* scalars */
    struct jm_point own, base;     /* what was sent last; G' */
    uint8_t enc[16], mac[16], own_token[8], peer_token[8];
};

/**
 * @param[in] password  its digits
 * @param[in] map       a scalar, fresh and uniform; copied
 * @param[in] agree     another
 * @param[in] nonce     the chip's 16 random octets; null for the reader
 */
JM_MUST_CHECK enum jm_status jm_pace_begin(struct jm_pace *p, const struct jm_crypto *c,
                                           enum jm_pace_role role, struct jm_bytes password,
                                           const struct jm_secret32 *map,
                                           const struct jm_secret32 *agree, const uint8_t *nonce);
/**
 * The next step: takes the other side's template, appends our own (the reader's last one is empty).
 *
 * @retval JM_OK | JM_E_DENIED another object than the step's: JM_CARD_PACE_PROTOCOL; a point that
 * is none, or our own: JM_CARD_POINT | JM_E_SIGNATURE the token does not
 * hold: JM_CARD_PACE_PROTOCOL; for a chip the password is wrong | JM_E_BUG over, or failed before
 */
JM_MUST_CHECK enum jm_status jm_pace_step(struct jm_pace *p, const struct jm_crypto *c,
                                          struct jm_bytes in, struct jm_buf *out,
                                          struct jm_diag *d);
/** After the last step, and the end of it. @retval JM_E_BUG not done */
JM_MUST_CHECK enum jm_status jm_pace_finish(struct jm_pace *p, struct jm_card_sm *channel);
void jm_pace_end(struct jm_pace *p);

/** Data of MSE:Set AT for PACE, and for chip authentication. */
JM_MUST_CHECK enum jm_status jm_pace_select(struct jm_buf *out, enum jm_card_password password);
struct jm_bytes jm_card_ca_select(void);

/* -- the reader -- */

#define JM_CARD_SCRIPT_MAX 40 /* commands of one kind in a script */

enum jm_card_reader_state {
    JM_READER_NEW,
    JM_READER_BUSY,
    JM_READER_READY, /* the channel is open; what was asked for has been read */
    JM_READER_DONE,  /* the script has run: the chip answers the issuer alone */
    JM_READER_FAILED /* jm_card_reader_diag() says why; a new engine starts from SELECT */
};

struct jm_card_reader_config {
    const struct jm_crypto *crypto;
    /* Digits; borrowed until the channel is open, never copied but into the run. With both, the CAN
     * is used where the chip wants it before the PIN's last try; a PUK excludes both. */
    struct jm_bytes pin, can, puk;
    unsigned read; /* 1 << JM_EF_…, in the order of the enum; a tap: DG14 and SOD */
};

/** What the chip says of its channel. */
struct jm_card_status {
    enum jm_card_password password; /* that opened it */
    uint8_t pin_tries;              /* that are left */
    bool chip_authenticated;
};

/** In the caller's memory; no pointers into itself but to its room. */
struct jm_card_reader {
    enum jm_card_reader_state state;
    struct jm_card_reader_config config;
    struct jm_arena mem;
    struct jm_ask ask;
    uint32_t last_id;
    bool asking;
    unsigned stage;
    enum jm_card_password running; /* whose PACE runs */
    enum jm_card_password opened;  /* of the channel */
    struct jm_pace pace;
    struct jm_card_sm sm;
    int pin_tries; /* that are left, where the chip has said it; -1 */
    enum jm_card_ef ef;
    unsigned to_read;
    struct jm_buf reading;
    size_t want; /* octets of the file, 0: not known yet */
    struct jm_bytes file[JM_EF_N];
    struct jm_bytes wrap[JM_CARD_SCRIPT_MAX], opaque[JM_CARD_SCRIPT_MAX], rapdu[JM_CARD_SCRIPT_MAX];
    size_t n_wrap, n_opaque, at, n_rapdu;
    struct jm_card_status status;
    struct jm_buf capdu, plain;
    struct jm_diag diag;
};

/** @p room: 64 KiB hold a tap, 128 KiB every file. @retval JM_E_NO_SPACE the room is too small |
 * JM_E_RANGE a password that is none | JM_E_UNSUPPORTED a port without what PACE needs */
JM_MUST_CHECK enum jm_status jm_card_reader_init(struct jm_card_reader *e,
                                                 const struct jm_card_reader_config *config,
                                                 void *room, size_t len);
/** Wipes keys and everything that was read. */
void jm_card_reader_end(struct jm_card_reader *e);
struct jm_engine jm_card_reader_engine(struct jm_card_reader *e);
/** START: SELECT, EF.CardAccess, PACE, then what is to be read. CANCEL: FAILED. */
JM_MUST_CHECK enum jm_status jm_card_reader_event(struct jm_card_reader *e, enum jm_event ev);
/** READY: one file more. */
JM_MUST_CHECK enum jm_status jm_card_reader_read(struct jm_card_reader *e, enum jm_card_ef ef);
/** READY: the status of the channel, then in `status` of jm_card_reader_status(). */
JM_MUST_CHECK enum jm_status jm_card_reader_ask_status(struct jm_card_reader *e);
/** READY, in a channel of PIN or PUK: another PIN, six digits, borrowed until the answer. */
JM_MUST_CHECK enum jm_status jm_card_reader_set_pin(struct jm_card_reader *e, struct jm_bytes pin);
/** READY: the issuer's commands: @p wrap (chip authentication, nothing else) goes through this
 * reader's channel and must be answered 9000, @p opaque as it is. Octets are copied. Then DONE.
 * @retval JM_E_LIMIT more than JM_CARD_SCRIPT_MAX of a kind | JM_E_CONFLICT not READY */
JM_MUST_CHECK enum jm_status jm_card_reader_script(struct jm_card_reader *e,
                                                   const struct jm_bytes *wrap, size_t n_wrap,
                                                   const struct jm_bytes *opaque, size_t n_opaque);
enum jm_card_reader_state jm_card_reader_state(const struct jm_card_reader *e);
const struct jm_diag *jm_card_reader_diag(const struct jm_card_reader *e);
/** Tries of the PIN (or PUK) that are left, where the chip has said it; -1. */
int jm_card_reader_tries(const struct jm_card_reader *e);
/** All zero where nobody asked. Lives as the engine. */
const struct jm_card_status *jm_card_reader_status(const struct jm_card_reader *e);
/** Empty: not read. Lives as the engine. */
struct jm_bytes jm_card_reader_file(const struct jm_card_reader *e, enum jm_card_ef ef);
/** DONE: the answers to @p opaque, in order. */
const struct jm_bytes *jm_card_reader_rapdus(const struct jm_card_reader *e, size_t *n);

/* -- the issuer -- */

/** What stays between `open` and `finish`. Secret: it opens the channel. No pointers. */
struct jm_card_session {
    uint8_t enc[16], mac[16];
    uint8_t dg1_digest[32], sod_digest[32];
    uint16_t sod_len, n;
    uint8_t serial_len;
    uint8_t serial[JM_CARD_SERIAL_MAX];
};

struct jm_card_script {
    struct jm_bytes wrap[2]; /* for the wallet's channel: MSE, GENERAL AUTHENTICATE */
    struct jm_bytes opaque[JM_CARD_SCRIPT_MAX];
    size_t n;
};

/**
 * All commands of the issuer's channel, before any answer: session status, DG1, SOD.
 *
 * @param[out] session  wiped unless JM_OK
 * @param[in] sod   judged; its `ef` is what the chip must give again
 * @param[in] key   of DG14, which the SOD covers and the register knows
 * @param[in] ephemeral  fresh and uniform; the caller wipes it
 * @retval JM_OK | JM_E_DENIED @p key is not on the curve: JM_CARD_POINT | JM_E_RANGE the scalar
 * is none: draw another | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_card_script(
    struct jm_card_script *out, struct jm_card_session *session, const struct jm_card_sod *sod,
    const struct jm_point *key, const struct jm_secret32 *ephemeral, const struct jm_crypto *c,
    struct jm_arena *mem, struct jm_diag *d);
/** CBOR of a session, to be sealed in a row, and back. */
JM_MUST_CHECK enum jm_status jm_card_session_write(struct jm_bytes *out,
                                                   const struct jm_card_session *s,
                                                   struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_card_session_read(struct jm_card_session *out,
                                                  struct jm_bytes octets);

struct jm_card_proof {
    enum jm_card_password password; /* by which the wallet's channel was opened */
    uint8_t pin_tries;
    bool chip_authenticated;
    struct jm_card_dg1 dg1;
    struct jm_bytes sod; /* the EF; views live in the arena */
};
/**
 * The chip's answers, in the order of the script. @p out is all zero unless JM_OK: then this chip
 * holds the key of DG14, gave these files, and was opened by @p want.
 *
 * @param[in] want  JM_CARD_PIN; JM_CARD_CAN: whichever password (a desk's look at the plastic)
 * @retval JM_OK | JM_E_CONFLICT another number of answers: JM_CARD_SESSION_STATE | JM_E_SIGNATURE
 * JM_CARD_CHIP_AUTH | JM_E_MALFORMED JM_CARD_SW, JM_CARD_TLV | JM_E_DENIED JM_CARD_PIN_REQUIRED,
 * JM_CARD_CHIP_AUTH, JM_CARD_FORGED | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_card_finish(struct jm_card_proof *out,
                                            const struct jm_card_session *s,
                                            enum jm_card_password want,
                                            const struct jm_bytes *rapdu, size_t n,
                                            const struct jm_crypto *c, struct jm_arena *mem,
                                            struct jm_diag *d);

#endif
