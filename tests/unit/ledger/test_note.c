/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#include "host/openssl/ed25519.h"
#include "jumin/note.h"

static struct jm_arena mem;

static struct jm_vkey key_of(struct jm_bytes text)
{
    struct jm_vkey k;

    CHECK_OK(jm_vkey_read(&k, text, CRYPTO, &mem));
    return k;
}

/* How many of the keys have signed; -1: the note is refused. */
static int signatures(struct jm_bytes octets, const struct jm_json *keys, struct jm_bytes *text)
{
    struct jm_reading r = ledger_reading(&mem);
    struct jm_signed_note note;
    struct jm_vouch v;
    int n = 0;

    if (jm_note_read(&note, octets, &mem) != JM_OK)
        return -1;
    *text = note.text;
    for (const struct jm_json *k = child_of(keys); k != NULL; k = k->next) {
        struct jm_vkey key = key_of(k->text);

        if (jm_note_vouched(&v, &note, &key, &r) != JM_OK)
            return -1;
        n += v.holds;
        CHECK(v.holds == (v.time > 0) || key.type == JM_NOTE_ED25519);
    }
    return n;
}

TEST(vectors_of_notes)
{
    struct jm_arena file = arena(1 << 18);
    const struct jm_json *rows = vector_json("ledger/notes-a.json", &file);
    size_t n = 0;

    for (const struct jm_json *row = child_of(rows); row != NULL; row = row->next, n++) {
        struct jm_bytes text = jm_none(), octets;
        int got;

        mem = arena(1 << 16);
        octets = exact(unb64(text_of(row, "input_b64"), &mem));
        got = signatures(octets, jm_json_get(row, "vkeys"), &text);
        if (jm_json_is_true(row, "valid"))
            ROW(CHECK_EQ(got, uint_of(row, "good_signatures")) &&
                    CHECK_SAME(text, text_of(row, "text")),
                (const char *)text_of(row, "note").ptr);
        else
            ROW(CHECK(got <= 0), (const char *)text_of(row, "note").ptr);
    }
    CHECK_EQ(n, 17);
}

TEST(the_example_of_c2sp)
{
    struct jm_arena file = arena(1 << 14);
    const struct jm_json *j = vector_json("ledger/c2sp-note-example.json", &file);
    struct jm_buf again = room(200);
    struct jm_signed_note note;
    struct jm_vouch v;

    mem = arena(1 << 15);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_vkey key = key_of(text_of(j, "vkey"));
    CHECK_STR(key.name, "example.com/foo");
    CHECK_EQ(key.type, JM_NOTE_ED25519);
    CHECK_OK(jm_note_read(&note, exact(text_of(j, "note")), &mem));
    CHECK_STR(note.text, "This is an example message.\n");
    CHECK_OK(jm_note_vouched(&v, &note, &key, &r));
    CHECK(v.holds && v.time == 0);
    CHECK_OK(jm_vkey_put(&again, &key));
    CHECK_SAME(jm_written(again), text_of(j, "vkey"));
}

/* -- what is made here is read here -- */

static const struct jm_secret32 seed = {{42}};

static struct jm_vkey own_key(enum jm_note_type type)
{
    uint8_t *key = test_malloc(JM_ED25519_KEY_LEN);
    struct jm_vkey k;

    CHECK_OK(jm_ed25519_public(key, &seed));
    CHECK_OK(jm_vkey_make(&k, JM_BYTES("log.example/x"), type, jm_bytes(key, JM_ED25519_KEY_LEN),
                          CRYPTO));
    return k;
}

static struct jm_bytes signed_note(enum jm_note_type type, int64_t time)
{
    struct jm_vkey k = own_key(type);
    struct jm_buf b = room(2000);
    struct jm_bytes text = JM_BYTES("a\n\nb\n"), message = text;
    struct jm_sig sig;

    if (type == JM_NOTE_COSIGNATURE)
        CHECK_OK(jm_cosignature_message(&message, time, text, &mem));
    CHECK_OK(jm_ed25519_sign(&sig, &seed, message));
    CHECK_OK(jm_buf_put(&b, text));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    if (type == JM_NOTE_COSIGNATURE)
        CHECK_OK(jm_note_put_cosignature(&b, &k, time, jm_sig_bytes(&sig)));
    else
        CHECK_OK(jm_note_put_sig(&b, &k, jm_sig_bytes(&sig)));
    return exact(jm_written(b));
}

static struct jm_vkey accepted_key;

static bool accepts(struct jm_bytes octets)
{
    struct jm_arena own = still_arena();
    struct jm_reading r = ledger_reading(&own);
    struct jm_signed_note note;
    struct jm_vouch v;

    return jm_note_read(&note, octets, &own) == JM_OK &&
           jm_note_vouched(&v, &note, &accepted_key, &r) == JM_OK && v.holds;
}

TEST(a_note_is_refused_changed)
{
    mem = arena(1 << 16);
    accepted_key = own_key(JM_NOTE_ED25519);
    check_refuses_changes(signed_note(JM_NOTE_ED25519, 0), accepts, NULL, 0);
    accepted_key = own_key(JM_NOTE_COSIGNATURE);
    check_refuses_changes(signed_note(JM_NOTE_COSIGNATURE, 1900000000), accepts, NULL, 0);
}

TEST(a_cosignature_says_when)
{
    struct jm_signed_note note;
    struct jm_vouch v;

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_vkey k = own_key(JM_NOTE_COSIGNATURE);
    CHECK_OK(jm_note_read(&note, signed_note(JM_NOTE_COSIGNATURE, INT64_MAX), &mem));
    CHECK_OK(jm_note_vouched(&v, &note, &k, &r));
    CHECK(v.holds && v.time == INT64_MAX);
}

TEST(a_time_of_nought_or_beyond_is_none)
{
    static const uint8_t first[] = {0, 0x80, 0xFF};
    struct jm_bytes text = JM_BYTES("t\n"), message;
    struct jm_note_sig line = {JM_BYTES("log.example/x"), {NULL, 0}, {0}};
    struct jm_signed_note note = {text, &line, 1};
    struct jm_vouch v;

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_vkey k = own_key(JM_NOTE_COSIGNATURE);
    memcpy(line.id, k.id, sizeof line.id);
    CHECK_ST(jm_cosignature_message(&message, 0, text, &mem), JM_E_RANGE);
    CHECK_ST(jm_cosignature_message(&message, -1, text, &mem), JM_E_RANGE);
    for (size_t i = 0; i < sizeof first; i++) { /* signed all the same, with the decimal of a u64 */
        static const char *const when[] = {"0", "9223372036854775808", "18374686479671623680"};
        const struct jm_bytes parts[] = {JM_BYTES("cosignature/v1\ntime "), jm_str(when[i]),
                                         JM_BYTES("\n"), text};
        uint8_t octets[72] = {first[i]};
        struct jm_sig sig;

        CHECK_OK(jm_concat(&message, &mem, parts, JM_ARRAY_LEN(parts)));
        CHECK_OK(jm_ed25519_sign(&sig, &seed, message));
        memcpy(octets + 8, sig.octets, sig.len);
        line.octets = jm_bytes(octets, sizeof octets);
        CHECK_ST(jm_note_vouched(&v, &note, &k, &r), JM_E_SIGNATURE);
    }
}

TEST(a_key_is_its_name_too)
{
    struct jm_signed_note note;
    struct jm_vouch v = {true, 1};

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_vkey k = own_key(JM_NOTE_ED25519), other;
    CHECK_OK(jm_note_read(&note, signed_note(JM_NOTE_ED25519, 0), &mem));
    CHECK_OK(jm_vkey_make(&other, JM_BYTES("log.example/y"), k.type, k.key, CRYPTO));
    CHECK_OK(jm_note_vouched(&v, &note, &other, &r));
    CHECK(!v.holds && v.time == 0);
    /* nor the same id under another name, or another id under the same */
    memcpy(other.id, k.id, sizeof other.id);
    CHECK_OK(jm_note_vouched(&v, &note, &other, &r));
    CHECK(!v.holds);
    k.id[0] ^= 1;
    CHECK_OK(jm_note_vouched(&v, &note, &k, &r));
    CHECK(!v.holds);
}

TEST(who_cannot_verify_says_so)
{
    struct jm_signed_note note;
    struct jm_vouch v;
    struct jm_answers nobody = {0};

    mem = arena(1 << 16);
    struct jm_reading r = ledger_reading(&mem);
    struct jm_vkey k = own_key(JM_NOTE_ED25519);
    r.answers = &nobody;
    CHECK_OK(jm_note_read(&note, signed_note(JM_NOTE_ED25519, 0), &mem));
    CHECK_ST(jm_note_vouched(&v, &note, &k, &r), JM_E_UNAVAILABLE);
    CHECK(!v.holds);
}

TEST(mldsa_keys_are_read_and_never_vouch)
{
    uint8_t key[1312] = {1}, octets[8 + 64] = {[7] = 1};
    struct jm_vkey k, again;
    struct jm_note_sig line = {JM_BYTES("w"), jm_bytes(octets, sizeof octets), {0}};
    struct jm_signed_note note = {JM_BYTES("t\n"), &line, 1};
    struct jm_buf b = room(JM_NOTE_LINE_MAX);
    struct jm_vouch v;

    mem = arena(1 << 14);
    struct jm_reading r = ledger_reading(&mem);
    CHECK_OK(jm_vkey_make(&k, JM_BYTES("w"), JM_NOTE_COSIGNATURE_MLDSA, jm_bytes(key, sizeof key),
                          CRYPTO));
    CHECK_OK(jm_vkey_put(&b, &k));
    CHECK_OK(jm_vkey_read(&again, exact(jm_written(b)), CRYPTO, &mem));
    CHECK_SAME(again.key, k.key);
    memcpy(line.id, k.id, sizeof line.id);
    CHECK_OK(jm_note_vouched(&v, &note, &k, &r));
    CHECK(!v.holds);
    CHECK_ST(jm_vkey_make(&k, JM_BYTES("w"), JM_NOTE_COSIGNATURE_MLDSA, jm_bytes(key, 32), CRYPTO),
             JM_E_MALFORMED);
}

TEST(what_is_no_key)
{
#define GOOD "AXtOgeToftXYvvQVRd1xJ81KIX3IyYQ/vtGgX2FRwScT"
    static const struct {
        const char *name, *text;
        enum jm_status st;
    } rows[] = {
        {"whole", "log.example/a0+1a8c91a5+" GOOD, JM_OK},
        {"empty", "", JM_E_MALFORMED},
        {"no id", "log.example/a0", JM_E_MALFORMED},
        {"no key", "log.example/a0+1a8c91a5", JM_E_MALFORMED},
        {"empty key", "log.example/a0+1a8c91a5+", JM_E_MALFORMED},
        {"no name", "+1a8c91a5+" GOOD, JM_E_MALFORMED},
        {"another's id", "log.example/a0+1a8c91a4+" GOOD, JM_E_MALFORMED},
        {"id in capitals", "log.example/a0+1A8C91A5+" GOOD, JM_E_MALFORMED},
        {"short id", "log.example/a0+1a8c91+" GOOD, JM_E_MALFORMED},
        {"space in the name", "log example+1a8c91a5+" GOOD, JM_E_MALFORMED},
        {"not base64", "log.example/a0+1a8c91a5+!" GOOD, JM_E_MALFORMED},
        {"base64 not canonical", "log.example/a0+1a8c91a5+AXtOgeQ", JM_E_MALFORMED},
        {"key too short", "log.example/a0+1a8c91a5+AXtOgeTo", JM_E_MALFORMED},
        {"type 2", "log.example/a0+1a8c91a5+AntOgeToftXYvvQVRd1xJ81KIX3IyYQ/vtGgX2FRwScT",
         JM_E_UNSUPPORTED},
        {"type 0", "log.example/a0+1a8c91a5+AHtOgeToftXYvvQVRd1xJ81KIX3IyYQ/vtGgX2FRwScT",
         JM_E_UNSUPPORTED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_vkey k;

        mem = arena(1 << 12);
        ROW(CHECK_ST(jm_vkey_read(&k, exact(jm_str(rows[i].text)), CRYPTO, &mem), rows[i].st) &&
                CHECK_EQ(k.key.len, rows[i].st == JM_OK ? 32 : 0),
            rows[i].name);
    }
}

TEST(names)
{
    static const struct {
        const char *name;
        bool ok;
    } rows[] = {{"a", true},
                {"ledger.example.kr/jumin-test", true},
                {"\xEC\x9B\x90\xEC\x9E\xA5", true},
                {"", false},
                {"a b", false},
                {"a+b", false},
                {"a\tb", false},
                {"a\x7F", false},
                {"a\xC2\xA0", false},
                {"\xE1\x9A\x80", false},
                {"\xE2\x80\x89", false},
                {"\xE2\x80\xA8", false},
                {"\xE2\x80\xAF", false},
                {"\xE2\x81\x9F", false},
                {"\xE3\x80\x80", false},
                {"\xC2\x85", false},
                {"\xE2\x80\x8B", true}, /* no space */
                {"\xC2\xA1", true},
                {"\xE1\x9A\x81", true},
                {"\xE1\x9B\x80", true},
                {"\xE2\x81\x9E", true},
                {"\xE3\x80\x81", true},
                {"\xE3\x81\x80", true},
                {"\xFF", false}};
    uint8_t longest[JM_NOTE_NAME_MAX + 1];

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_note_name_ok(exact(jm_str(rows[i].name))), rows[i].ok), rows[i].name);
    memset(longest, 'a', sizeof longest);
    CHECK(jm_note_name_ok(jm_bytes(longest, JM_NOTE_NAME_MAX)));
    CHECK(!jm_note_name_ok(jm_bytes(longest, sizeof longest)));
}

#define LINE(name, sig) "\xE2\x80\x94 " name " " sig "\n"

TEST(forms_of_notes)
{
    static const struct {
        const char *name, *text;
        enum jm_status st;
    } rows[] = {
        {"whole", "t\n\n" LINE("k", "AAAAAAE="), JM_OK},
        {"two keys", "t\n\n" LINE("k", "AAAAAAE=") LINE("k", "AAAAAQE="), JM_OK},
        {"empty", "", JM_E_MALFORMED},
        {"a newline", "\n", JM_E_MALFORMED},
        {"no signature", "t\n\n", JM_E_MALFORMED},
        {"no text", "\n\n" LINE("k", "AAAAAAE="), JM_E_MALFORMED},
        {"one key twice", "t\n\n" LINE("k", "AAAAAAE=") LINE("k", "AAAAAAI="), JM_E_DUPLICATE},
        {"an id alone", "t\n\n" LINE("k", "AAAAAA=="), JM_E_MALFORMED},
        {"no signature in the line", "t\n\n" LINE("k", ""), JM_E_MALFORMED},
        {"no space", "t\n\n\xE2\x80\x94 k\n", JM_E_MALFORMED},
        {"no name", "t\n\n" LINE("", "AAAAAAE="), JM_E_MALFORMED},
        {"base64url", "t\n\n" LINE("k", "AAAA_AE="), JM_E_MALFORMED},
        {"base64 not canonical", "t\n\n" LINE("k", "AAAAAAF="), JM_E_MALFORMED},
        {"a space behind", "t\n\n\xE2\x80\x94 k AAAAAAE= \n", JM_E_MALFORMED},
        {"carriage return", "t\r\n\n" LINE("k", "AAAAAAE="), JM_E_MALFORMED},
        {"delete", "t\x7F\n\n" LINE("k", "AAAAAAE="), JM_E_MALFORMED},
        {"text between the lines", "t\n\n" LINE("k", "AAAAAAE=") "t\n", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_signed_note note;

        mem = arena(1 << 13);
        ROW(CHECK_ST(jm_note_read(&note, exact(jm_str(rows[i].text)), &mem), rows[i].st) &&
                CHECK_EQ(note.n != 0, rows[i].st == JM_OK),
            rows[i].name);
    }
}

TEST(limits_of_notes)
{
    struct jm_buf b = room(JM_NOTE_MAX + 1);
    struct jm_signed_note note;

    CHECK_OK(jm_buf_put(&b, JM_BYTES("t\n\n")));
    for (unsigned i = 0; i <= JM_NOTE_SIGS_MAX; i++) {
        char line[40];

        mem = arena(1 << 14);
        if (i != 0)
            CHECK_OK(jm_note_read(&note, jm_written(b), &mem));
        CHECK_EQ(i == 0 ? 0 : note.n, i);
        snprintf(line, sizeof line, LINE("k%u", "AAAAAAE="), i);
        CHECK_OK(jm_buf_put(&b, jm_str(line)));
    }
    mem = arena(1 << 14);
    CHECK_ST(jm_note_read(&note, jm_written(b), &mem), JM_E_LIMIT);
    mem = arena(64);
    CHECK_ST(jm_note_read(&note, jm_slice(jm_written(b), 0, 19), &mem), JM_E_NO_SPACE);
    memset(b.ptr, 'a', b.cap);
    CHECK_ST(jm_note_read(&note, jm_bytes(b.ptr, b.cap), &mem), JM_E_LIMIT);
}

TEST(lines_are_made_whole_or_not)
{
    static const uint8_t sig[64] = {1};
    struct jm_buf b = room(400);

    mem = arena(1 << 12);
    struct jm_vkey log = own_key(JM_NOTE_ED25519), cosigner = own_key(JM_NOTE_COSIGNATURE);
    CHECK_ST(jm_note_put_sig(&b, &cosigner, jm_bytes(sig, 64)), JM_E_TYPE);
    CHECK_ST(jm_note_put_cosignature(&b, &log, 1, jm_bytes(sig, 64)), JM_E_TYPE);
    CHECK_ST(jm_note_put_cosignature(&b, &cosigner, 0, jm_bytes(sig, 64)), JM_E_RANGE);
    CHECK_ST(jm_note_put_sig(&b, &log, jm_bytes(sig, 63)), JM_E_MALFORMED);
    CHECK_EQ(b.len, 0);
    CHECK_OK(jm_note_put_cosignature(&b, &cosigner, 1, jm_bytes(sig, 64)));
    for (size_t cap = 0, len = b.len; cap < len; cap++) {
        struct jm_buf small = room(cap);

        CHECK_ST(jm_note_put_cosignature(&small, &cosigner, 1, jm_bytes(sig, 64)), JM_E_NO_SPACE);
        CHECK_EQ(small.len, 0);
    }
}

/* -- checkpoints -- */

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

TEST(checkpoints)
{
    static const struct {
        const char *name, *text;
        bool ok;
    } rows[] = {
        {"whole", "o.example/l\n0\n" ROOT "\n", true},
        {"largest", "o\n9223372036854775807\n" ROOT "\n", true},
        {"too large", "o\n9223372036854775808\n" ROOT "\n", false},
        {"empty", "", false},
        {"no origin", "\n0\n" ROOT "\n", false},
        {"origin with a space", "o l\n0\n" ROOT "\n", false},
        {"leading zero", "o\n00\n" ROOT "\n", false},
        {"a sign", "o\n+1\n" ROOT "\n", false},
        {"no size", "o\n\n" ROOT "\n", false},
        {"a space behind the size", "o\n1 \n" ROOT "\n", false},
        {"root too short", "o\n1\n47DEQpj8HBSa\n", false},
        {"root not canonical", "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", false},
        {"root of 33 octets", "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", false},
        {"root of 31 octets", "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", false},
        {"no root", "o\n1\n", false},
        {"no newline", "o\n1\n" ROOT, false},
        {"an extension", "o\n1\n" ROOT "\nmore\n", false},
        {"an empty line", "o\n1\n" ROOT "\n\n", false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf again = room(JM_CHECKPOINT_TEXT_MAX);
        struct jm_checkpoint cp;

        ROW(CHECK_ST(jm_checkpoint_read(&cp, exact(jm_str(rows[i].text))),
                     rows[i].ok ? JM_OK : JM_E_MALFORMED),
            rows[i].name);
        if (rows[i].ok) {
            CHECK_OK(jm_checkpoint_put(&again, &cp));
            CHECK_STR(jm_written(again), rows[i].text);
        } else {
            CHECK(cp.origin.ptr == NULL && cp.size == 0);
        }
    }
}

TEST(what_is_no_checkpoint_is_not_written)
{
    struct jm_checkpoint cp = {JM_BYTES("o"), JM_LOG_SIZE_MAX, {{0}}};
    struct jm_buf b = room(JM_CHECKPOINT_TEXT_MAX);

    CHECK_OK(jm_checkpoint_put(&b, &cp));
    for (size_t cap = 0, len = b.len; cap < len; cap++) {
        struct jm_buf small = room(cap);

        CHECK_ST(jm_checkpoint_put(&small, &cp), JM_E_NO_SPACE);
    }
    cp.size++;
    CHECK_ST(jm_checkpoint_put(&b, &cp), JM_E_RANGE);
    cp = (struct jm_checkpoint){JM_BYTES("o o"), 1, {{0}}};
    CHECK_ST(jm_checkpoint_put(&b, &cp), JM_E_RANGE);
}

TEST(keys_are_made_of_names_and_octets_of_their_length)
{
    uint8_t octets[33] = {1};
    struct jm_buf b = room(200);
    struct jm_vkey k;

    CHECK_ST(jm_vkey_make(&k, JM_BYTES("a b"), JM_NOTE_ED25519, jm_bytes(octets, 32), CRYPTO),
             JM_E_MALFORMED);
    CHECK_ST(jm_vkey_make(&k, JM_BYTES("a"), JM_NOTE_ED25519, jm_bytes(octets, 33), CRYPTO),
             JM_E_MALFORMED);
    CHECK_ST(jm_vkey_make(&k, JM_BYTES("a"), (enum jm_note_type)2, jm_bytes(octets, 32), CRYPTO),
             JM_E_UNSUPPORTED);
    CHECK(k.key.ptr == NULL);
    CHECK_OK(jm_vkey_make(&k, JM_BYTES("a"), JM_NOTE_ED25519, jm_bytes(octets, 32), CRYPTO));
    k.key.len = 31;
    CHECK_ST(jm_vkey_put(&b, &k), JM_E_MALFORMED);
    CHECK_EQ(b.len, 0);
}

TEST(lines_have_an_end)
{
    struct jm_buf b = room(2 * JM_NOTE_LINE_MAX);
    struct jm_signed_note note;
    struct jm_vkey k;

    mem = arena(1 << 15);
    CHECK_OK(jm_buf_put(&b, JM_BYTES("t\n\n\xE2\x80\x94 k ")));
    while (b.len < 3 + JM_NOTE_LINE_MAX - 4)
        CHECK_OK(jm_buf_put(&b, JM_BYTES("AAAA")));
    CHECK_OK(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_OK(jm_note_read(&note, jm_written(b), &mem));
    b.len--;
    CHECK_OK(jm_buf_put(&b, JM_BYTES("AAAAAAAA\n")));
    CHECK_ST(jm_note_read(&note, jm_written(b), &mem), JM_E_LIMIT);
    CHECK_ST(jm_vkey_read(&k, jm_bytes(b.ptr, JM_NOTE_LINE_MAX + 1), CRYPTO, &mem), JM_E_LIMIT);
}

static struct jm_bytes joined_of(const char *first, const char *more, enum jm_status want)
{
    struct jm_buf b = room(4 * JM_NOTE_LINE_MAX);

    CHECK_ST(jm_note_join(&b, jm_str(first), jm_str(more), &mem), want);
    return want == JM_OK ? exact(jm_written(b)) : jm_none();
}

TEST(two_notes_over_one_text_are_one)
{
    struct jm_buf small = room(20);
    char many[64][80];
    struct jm_buf full = room(8000);

    mem = arena(1 << 16);
    CHECK_STR(joined_of("t\n\n" LINE("a", "AAAAAQE="),
                        "t\n\n" LINE("b", "AAAAAgE=") LINE("a", "AAAAAQM=") LINE("c", "AAAABAE="),
                        JM_OK),
              "t\n\n" LINE("a", "AAAAAQE=") LINE("b", "AAAAAgE=") LINE("c", "AAAABAE="));
    /* another id of that name is another key */
    CHECK_STR(joined_of("t\n\n" LINE("a", "AAAAAQE="), "t\n\n" LINE("a", "AAAAAQI="), JM_OK),
              "t\n\n" LINE("a", "AAAAAQE="));
    CHECK_STR(joined_of("t\n\n" LINE("a", "AAAAAQE="), "t\n\n" LINE("a", "AAABAQE="), JM_OK),
              "t\n\n" LINE("a", "AAAAAQE=") LINE("a", "AAABAQE="));
    (void)joined_of("t\n\n" LINE("a", "AAAAAQE="), "u\n\n" LINE("b", "AAAAAgE="), JM_E_CONFLICT);
    (void)joined_of("t\n\n" LINE("a", "AAAAAQE="), "t\n", JM_E_MALFORMED);
    (void)joined_of("", "t\n\n" LINE("b", "AAAAAgE="), JM_E_MALFORMED);
    CHECK_ST(jm_note_join(&small, JM_BYTES("t\n\n" LINE("a", "AAAAAQE=")),
                          JM_BYTES("t\n\n" LINE("b", "AAAAAgE=")), &mem),
             JM_E_NO_SPACE);
    CHECK_OK(jm_buf_put(&full, JM_BYTES("t\n\n")));
    for (size_t i = 0; i < JM_NOTE_SIGS_MAX; i++) {
        snprintf(many[i], sizeof many[i], LINE("k%zu", "AAAAAQE="), i);
        CHECK_OK(jm_buf_put(&full, jm_str(many[i])));
    }
    struct jm_buf out = room(16000);
    CHECK_OK(jm_note_join(&out, jm_written(full), jm_written(full), &mem));
    CHECK_SAME(jm_written(out), jm_written(full));
    out.len = 0;
    CHECK_ST(jm_note_join(&out, jm_written(full), JM_BYTES("t\n\n" LINE("x", "AAAAAQE=")), &mem),
             JM_E_LIMIT);
}
