/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file note.h  Room: ledger. Signed notes, the keys that verify them, checkpoints and
 * cosignatures.
 *
 * A note is a text, a blank line, and lines "— name base64(id ‖ signature)". A checkpoint is a note
 * whose text is origin, size and root. Whose signatures are enough says a policy
 * (jumin/tlog_policy.h).
 *
 * Type 6 (ML-DSA-44) keys are read and written; their signatures count as those of unknown keys
 * until a library verifies them.
 *
 * Spec: C2SP signed-note, tlog-checkpoint, tlog-cosignature; spec/ledger.md 7
 */
#ifndef JUMIN_NOTE_H
#define JUMIN_NOTE_H

#include "jumin/jose.h"
#include "jumin/merkle.h"

#define JM_NOTE_MAX (64 * JM_KIB)
#define JM_NOTE_SIGS_MAX 64
#define JM_NOTE_NAME_MAX 255
#define JM_NOTE_ID_LEN 4
#define JM_NOTE_LINE_MAX 4096 /* octets of a signature's line, or of a key's text: type 6 fits */
#define JM_CHECKPOINT_TEXT_MAX (JM_NOTE_NAME_MAX + 70)

enum jm_note_type { JM_NOTE_ED25519 = 1, JM_NOTE_COSIGNATURE = 4, JM_NOTE_COSIGNATURE_MLDSA = 6 };

struct jm_vkey {
    struct jm_bytes name, key;
    enum jm_note_type type;
    uint8_t id[JM_NOTE_ID_LEN];
};

/** May it be a name: 1 to 255 octets of UTF-8, without spaces of any script, control characters,
 * and `+`? */
bool jm_note_name_ok(struct jm_bytes name);
/** @retval JM_OK | JM_E_MALFORMED the name is none, or the key not as long as its type has them |
 * JM_E_UNSUPPORTED another type | what the port says */
JM_MUST_CHECK enum jm_status jm_vkey_make(struct jm_vkey *out, struct jm_bytes name,
                                          enum jm_note_type type, struct jm_bytes key,
                                          const struct jm_crypto *c);
/** `name+id+base64(type ‖ key)`; the key lives in @p mem, the name in @p text. @retval as
 * jm_vkey_make | JM_E_NO_SPACE | JM_E_LIMIT | JM_E_MALFORMED also: the id is another's */
JM_MUST_CHECK enum jm_status jm_vkey_read(struct jm_vkey *out, struct jm_bytes text,
                                          const struct jm_crypto *c, struct jm_arena *mem);
/** Appends. @retval JM_OK | JM_E_MALFORMED its octets are not as long as its type has them |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_vkey_put(struct jm_buf *out, const struct jm_vkey *key);

struct jm_note_sig {
    struct jm_bytes name, octets; /* what follows the id */
    uint8_t id[JM_NOTE_ID_LEN];
};

struct jm_signed_note {
    struct jm_bytes text; /* its last newline included */
    const struct jm_note_sig *sig;
    size_t n;
};

/** Judges the form of a note. Views into @p octets and @p mem. @retval JM_OK | JM_E_MALFORMED |
 * JM_E_DUPLICATE two signatures of one key | JM_E_LIMIT | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_note_read(struct jm_signed_note *out, struct jm_bytes octets,
                                          struct jm_arena *mem);

/** What a note says of one key. */
struct jm_vouch {
    bool holds;   /* it has signed */
    int64_t time; /* of a cosignature, s UTC, above 0; else 0 */
};
/** @retval JM_OK @p out says whether there is a signature, and it holds | JM_E_SIGNATURE there is
 * one, and it does not: the whole note is refused | JM_E_PENDING (inside an engine) | JM_E_NO_SPACE
 * | what the answerer says */
JM_MUST_CHECK enum jm_status jm_note_vouched(struct jm_vouch *out,
                                             const struct jm_signed_note *note,
                                             const struct jm_vkey *key, const struct jm_reading *r);

/** What a cosigner signs: of @p text at @p time, s UTC above 0. @retval JM_OK | JM_E_RANGE |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_cosignature_message(struct jm_bytes *out, int64_t time,
                                                    struct jm_bytes text, struct jm_arena *mem);
/** Appends the line of a signature over the text (type 1). @retval JM_OK | JM_E_TYPE the key is
 * of another type | JM_E_MALFORMED no signature of it | JM_E_NO_SPACE nothing was written */
JM_MUST_CHECK enum jm_status jm_note_put_sig(struct jm_buf *out, const struct jm_vkey *by,
                                             struct jm_bytes sig);
/** The same of a signature over jm_cosignature_message() (type 4). @retval also JM_E_RANGE */
JM_MUST_CHECK enum jm_status jm_note_put_cosignature(struct jm_buf *out, const struct jm_vkey *by,
                                                     int64_t time, struct jm_bytes sig);

/**
 * Appends @p first, and from @p more the lines of those keys that have not signed @p first: two
 * notes over one text as one. Whether a signature holds is not looked at.
 *
 * @param mem  for what is read of the two
 * @retval JM_OK | JM_E_CONFLICT over another text | as jm_note_read | JM_E_LIMIT too many lines |
 * JM_E_NO_SPACE; what was appended then is of no use
 */
JM_MUST_CHECK enum jm_status jm_note_join(struct jm_buf *out, struct jm_bytes first,
                                          struct jm_bytes more, struct jm_arena *mem);

struct jm_checkpoint {
    struct jm_bytes origin;
    uint64_t size; /* below 2^63 */
    struct jm_hash32 root;
};
/** Three lines and nothing more. @retval JM_OK | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_checkpoint_read(struct jm_checkpoint *out, struct jm_bytes text);
/** Appends the text, without the blank line. @retval JM_OK | JM_E_RANGE no origin or size |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_checkpoint_put(struct jm_buf *out, const struct jm_checkpoint *cp);

/** A hash as 44 characters of base64. @retval JM_OK | JM_E_MALFORMED; @p out is zero then */
JM_MUST_CHECK enum jm_status jm_hash32_read(struct jm_hash32 *out, struct jm_bytes base64);

#endif
