/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/note.h"

#include "jumin/base64.h"

#include "ledger/text_parts.h"

#define DASH "\xE2\x80\x94 " /* U+2014 and a space */
#define TIME_LEN 8
#define MLDSA44_KEY_LEN 1312
#define MLDSA44_SIG_LEN 2420

/* -- names and keys -- */

/* Spaces of Unicode beyond ASCII, as UTF-8. */
static bool has_wide_space(struct jm_bytes t)
{
    for (size_t i = 0; i + 1 < t.len; i++) {
        const uint8_t *p = t.ptr + i;

        if (p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0))
            return true; /* U+0085, U+00A0 */
        if (i + 2 >= t.len)
            continue;
        if ((p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80) ||                 /* U+1680 */
            (p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0x80 && p[2] <= 0x8A) || /* U+2000 … 200A */
            (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF)) ||
            (p[0] == 0xE2 && p[1] == 0x81 && p[2] == 0x9F) || /* U+205F */
            (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80))   /* U+3000 */
            return true;
    }
    return false;
}

bool jm_note_name_ok(struct jm_bytes name)
{
    size_t at;

    return name.len >= 1 && name.len <= JM_NOTE_NAME_MAX && jm_utf8_valid(name, &at) &&
           jm_bytes_printable(name) && jm_bytes_until(name, 0, ' ') == name.len &&
           jm_bytes_until(name, 0, '+') == name.len && !has_wide_space(name);
}

static size_t key_len_of(enum jm_note_type type)
{
    switch (type) {
    case JM_NOTE_ED25519:
    case JM_NOTE_COSIGNATURE: return JM_ED25519_KEY_LEN;
    case JM_NOTE_COSIGNATURE_MLDSA: return MLDSA44_KEY_LEN;
    }
    return 0;
}

enum jm_status jm_vkey_make(struct jm_vkey *out, struct jm_bytes name, enum jm_note_type type,
                            struct jm_bytes key, const struct jm_crypto *c)
{
    const uint8_t number = (uint8_t)type;
    const struct jm_bytes parts[] = {name, JM_BYTES("\n"), jm_bytes(&number, 1), key};
    uint8_t hash[32];

    memset(out, 0, sizeof *out);
    if (key_len_of(type) == 0)
        return JM_E_UNSUPPORTED;
    if (!jm_note_name_ok(name) || key.len != key_len_of(type))
        return JM_E_MALFORMED;
    JM_TRY(c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), hash));
    out->name = name;
    out->key = key;
    out->type = type;
    memcpy(out->id, hash, sizeof out->id);
    return JM_OK;
}

static enum jm_status read_key(struct jm_vkey *out, struct jm_bytes text, const struct jm_crypto *c,
                               struct jm_arena *mem)
{
    size_t plus = jm_bytes_until(text, 0, '+'), second = jm_bytes_until(text, plus + 1, '+');
    struct jm_bytes octets, id = jm_slice(text, plus + 1, second - plus - 1);
    uint8_t digits[2 * JM_NOTE_ID_LEN];
    struct jm_buf made = jm_buf(digits, sizeof digits);

    if (text.len > JM_NOTE_LINE_MAX)
        return JM_E_LIMIT;
    if (second >= text.len)
        return JM_E_MALFORMED;
    JM_TRY(jm_b64_decode(&octets, mem, jm_slice(text, second + 1, SIZE_MAX)));
    if (octets.len < 1)
        return JM_E_MALFORMED;
    JM_TRY(jm_vkey_make(out, jm_slice(text, 0, plus), (enum jm_note_type)octets.ptr[0],
                        jm_slice(octets, 1, SIZE_MAX), c));
    JM_TRY(jm_hex_put(&made, jm_bytes(out->id, sizeof out->id)));
    return jm_bytes_eq(jm_written(made), id) ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_vkey_read(struct jm_vkey *out, struct jm_bytes text, const struct jm_crypto *c,
                            struct jm_arena *mem)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    st = read_key(out, text, c, mem);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

enum jm_status jm_vkey_put(struct jm_buf *out, const struct jm_vkey *key)
{
    uint8_t octets[1 + MLDSA44_KEY_LEN] = {(uint8_t)key->type};

    if (key->key.len != key_len_of(key->type))
        return JM_E_MALFORMED;
    memcpy(octets + 1, key->key.ptr, key->key.len);
    JM_TRY(jm_buf_put(out, key->name));
    JM_TRY(jm_buf_put(out, JM_BYTES("+")));
    JM_TRY(jm_hex_put(out, jm_bytes(key->id, sizeof key->id)));
    JM_TRY(jm_buf_put(out, JM_BYTES("+")));
    return jm_b64_put(out, jm_bytes(octets, 1 + key->key.len));
}

/* -- reading -- */

static enum jm_status read_sig(struct jm_note_sig *out, struct jm_bytes line, struct jm_arena *mem)
{
    const size_t dash = sizeof DASH - 1;
    size_t end = jm_bytes_until(line, dash, ' ');
    struct jm_bytes octets;

    if (line.len > JM_NOTE_LINE_MAX)
        return JM_E_LIMIT;
    if (!jm_bytes_starts(line, JM_BYTES(DASH)))
        return JM_E_MALFORMED;
    out->name = jm_slice(line, dash, end - dash);
    if (!jm_note_name_ok(out->name))
        return JM_E_MALFORMED;
    JM_TRY(jm_b64_decode(&octets, mem, jm_slice(line, end + 1, SIZE_MAX)));
    if (octets.len <= JM_NOTE_ID_LEN)
        return JM_E_MALFORMED;
    memcpy(out->id, octets.ptr, sizeof out->id);
    out->octets = jm_slice(octets, JM_NOTE_ID_LEN, SIZE_MAX);
    return JM_OK;
}

static bool same_key(const struct jm_note_sig *s, const uint8_t *id, struct jm_bytes name)
{
    return memcmp(s->id, id, JM_NOTE_ID_LEN) == 0 && jm_bytes_eq(s->name, name);
}

static enum jm_status read_sigs(struct jm_signed_note *out, struct jm_bytes lines,
                                struct jm_arena *mem)
{
    struct jm_note_sig *sig = JM_NEW_N(mem, struct jm_note_sig, JM_NOTE_SIGS_MAX);

    if (sig == NULL)
        return JM_E_NO_SPACE;
    out->sig = sig;
    while (lines.len != 0) {
        size_t end = jm_bytes_until(lines, 0, '\n');

        if (out->n == JM_NOTE_SIGS_MAX)
            return JM_E_LIMIT;
        JM_TRY(read_sig(&sig[out->n], jm_slice(lines, 0, end), mem));
        for (size_t i = 0; i < out->n; i++)
            if (same_key(&sig[i], sig[out->n].id, sig[out->n].name))
                return JM_E_DUPLICATE;
        out->n++;
        lines = jm_slice(lines, end + 1, SIZE_MAX);
    }
    return out->n == 0 ? JM_E_MALFORMED : JM_OK;
}

/* Newlines are the only control characters. */
static bool is_note_text(struct jm_bytes t)
{
    size_t at;

    for (size_t i = 0; i < t.len; i++)
        if ((t.ptr[i] < 0x20 && t.ptr[i] != '\n') || t.ptr[i] == 0x7F)
            return false;
    return jm_utf8_valid(t, &at);
}

enum jm_status jm_note_read(struct jm_signed_note *out, struct jm_bytes octets,
                            struct jm_arena *mem)
{
    size_t blank = octets.len;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (octets.len > JM_NOTE_MAX)
        return JM_E_LIMIT;
    if (octets.len == 0 || octets.ptr[octets.len - 1] != '\n' || !is_note_text(octets))
        return JM_E_MALFORMED;
    while (blank >= 2 && (octets.ptr[blank - 1] != '\n' || octets.ptr[blank - 2] != '\n'))
        blank--;
    if (blank < 3) /* the text has one octet at least before its newline */
        return JM_E_MALFORMED;
    st = read_sigs(out, jm_slice(octets, blank, SIZE_MAX), mem);
    out->text = jm_slice(octets, 0, blank - 1);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

static bool has_signed(const struct jm_signed_note *note, const struct jm_note_sig *s)
{
    for (size_t i = 0; i < note->n; i++)
        if (same_key(&note->sig[i], s->id, s->name))
            return true;
    return false;
}

enum jm_status jm_note_join(struct jm_buf *out, struct jm_bytes first, struct jm_bytes more,
                            struct jm_arena *mem)
{
    struct jm_signed_note a, b;
    struct jm_bytes lines;

    JM_TRY(jm_note_read(&a, first, mem));
    JM_TRY(jm_note_read(&b, more, mem));
    if (!jm_bytes_eq(a.text, b.text))
        return JM_E_CONFLICT;
    lines = jm_slice(more, b.text.len + 1, SIZE_MAX);
    JM_TRY(jm_buf_put(out, first));
    for (size_t i = 0, n = a.n; i < b.n; i++) {
        struct jm_bytes line = jm_take_line(&lines);

        if (has_signed(&a, &b.sig[i]))
            continue;
        if (n++ == JM_NOTE_SIGS_MAX)
            return JM_E_LIMIT;
        JM_TRY(jm_buf_put(out, line));
        JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    }
    return JM_OK;
}

/* -- verifying -- */

static int64_t time_of(const uint8_t *p)
{
    uint64_t t = (uint64_t)jm_u32_be(p) << 32 | jm_u32_be(p + 4);

    return t <= (uint64_t)INT64_MAX ? (int64_t)t : 0;
}

static enum jm_status verify_sig(struct jm_vouch *out, const struct jm_note_sig *s,
                                 const struct jm_vkey *key, struct jm_bytes text,
                                 const struct jm_reading *r)
{
    struct jm_bytes sig = s->octets;

    if (key->type == JM_NOTE_COSIGNATURE) {
        if (sig.len <= TIME_LEN || (out->time = time_of(sig.ptr)) <= 0)
            return JM_E_SIGNATURE;
        sig = jm_slice(sig, TIME_LEN, SIZE_MAX);
        JM_TRY(jm_cosignature_message(&text, out->time, text, r->mem));
    }
    if (sig.len != jm_sig_len(JM_ALG_EDDSA))
        return JM_E_SIGNATURE;
    JM_TRY(jm_answers_verify(r->answers, JM_ALG_EDDSA, key->key, text, sig));
    out->holds = true;
    return JM_OK;
}

enum jm_status jm_note_vouched(struct jm_vouch *out, const struct jm_signed_note *note,
                               const struct jm_vkey *key, const struct jm_reading *r)
{
    enum jm_status st = JM_OK;

    memset(out, 0, sizeof *out);
    if (key->type == JM_NOTE_COSIGNATURE_MLDSA)
        return JM_OK;
    for (size_t i = 0; i < note->n && !out->holds && st == JM_OK; i++)
        if (same_key(&note->sig[i], key->id, key->name))
            st = verify_sig(out, &note->sig[i], key, note->text, r);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    return st == JM_E_MALFORMED ? JM_E_SIGNATURE : st; /* no point of the curve */
}

/* -- making -- */

enum jm_status jm_cosignature_message(struct jm_bytes *out, int64_t time, struct jm_bytes text,
                                      struct jm_arena *mem)
{
    uint8_t digits[JM_DECIMAL_MAX];
    struct jm_buf t = jm_buf(digits, sizeof digits);
    struct jm_bytes parts[] = {JM_BYTES("cosignature/v1\ntime "), {NULL, 0}, JM_BYTES("\n"), text};

    *out = jm_none();
    if (time <= 0)
        return JM_E_RANGE;
    JM_TRY(jm_put_decimal(&t, (uint64_t)time));
    parts[1] = jm_written(t);
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status put_line(struct jm_buf *out, const struct jm_vkey *by, struct jm_bytes octets)
{
    JM_TRY(jm_buf_put(out, JM_BYTES(DASH)));
    JM_TRY(jm_buf_put(out, by->name));
    JM_TRY(jm_buf_put(out, JM_BYTES(" ")));
    JM_TRY(jm_b64_put(out, octets));
    return jm_buf_put(out, JM_BYTES("\n"));
}

/* A line whole or not at all. */
static enum jm_status put_whole(struct jm_buf *out, const struct jm_vkey *by, struct jm_bytes time,
                                struct jm_bytes sig)
{
    uint8_t octets[JM_NOTE_ID_LEN + TIME_LEN + JM_SIG_MAX];
    struct jm_buf all = jm_buf(octets, sizeof octets);
    size_t before = out->len;
    enum jm_status st;

    if (sig.len != jm_sig_len(JM_ALG_EDDSA))
        return JM_E_MALFORMED;
    JM_TRY(jm_buf_put(&all, jm_bytes(by->id, sizeof by->id)));
    JM_TRY(jm_buf_put(&all, time));
    JM_TRY(jm_buf_put(&all, sig));
    if ((st = put_line(out, by, jm_written(all))) != JM_OK)
        out->len = before;
    return st;
}

enum jm_status jm_note_put_sig(struct jm_buf *out, const struct jm_vkey *by, struct jm_bytes sig)
{
    return by->type == JM_NOTE_ED25519 ? put_whole(out, by, jm_none(), sig) : JM_E_TYPE;
}

enum jm_status jm_note_put_cosignature(struct jm_buf *out, const struct jm_vkey *by, int64_t time,
                                       struct jm_bytes sig)
{
    uint8_t t[TIME_LEN];

    if (by->type != JM_NOTE_COSIGNATURE)
        return JM_E_TYPE;
    if (time <= 0)
        return JM_E_RANGE;
    jm_put_u64_be(t, (uint64_t)time);
    return put_whole(out, by, jm_bytes(t, sizeof t), sig);
}

/* -- checkpoints -- */

enum jm_status jm_hash32_read(struct jm_hash32 *out, struct jm_bytes base64)
{
    uint8_t room[64];
    struct jm_arena mem;
    struct jm_bytes octets;

    memset(out, 0, sizeof *out);
    jm_arena_init(&mem, room, sizeof room);
    if (base64.len != 44 || jm_b64_decode(&octets, &mem, base64) != JM_OK ||
        octets.len != sizeof *out)
        return JM_E_MALFORMED;
    memcpy(out->octets, octets.ptr, sizeof *out);
    return JM_OK;
}

enum jm_status jm_checkpoint_read(struct jm_checkpoint *out, struct jm_bytes text)
{
    struct jm_checkpoint cp = {0};

    memset(out, 0, sizeof *out);
    if (text.len == 0 || text.ptr[text.len - 1] != '\n')
        return JM_E_MALFORMED;
    cp.origin = jm_take_line(&text);
    if (!jm_note_name_ok(cp.origin) || jm_parse_u64(&cp.size, jm_take_line(&text)) != JM_OK ||
        cp.size > JM_LOG_SIZE_MAX || jm_hash32_read(&cp.root, jm_take_line(&text)) != JM_OK ||
        text.len != 0)
        return JM_E_MALFORMED;
    *out = cp;
    return JM_OK;
}

enum jm_status jm_checkpoint_put(struct jm_buf *out, const struct jm_checkpoint *cp)
{
    if (!jm_note_name_ok(cp->origin) || cp->size > JM_LOG_SIZE_MAX)
        return JM_E_RANGE;
    JM_TRY(jm_buf_put(out, cp->origin));
    JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    JM_TRY(jm_put_decimal(out, cp->size));
    JM_TRY(jm_buf_put(out, JM_BYTES("\n")));
    JM_TRY(jm_b64_put(out, jm_hash32_bytes(&cp->root)));
    return jm_buf_put(out, JM_BYTES("\n"));
}
