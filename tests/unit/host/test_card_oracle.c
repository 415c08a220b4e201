/* SPDX-License-Identifier: Apache-2.0 */
/* Our chip and our reader against OpenPACE, in a process of its own (tests/oracle/eac.c): PACE and
 * secure messaging with AES-128 on P-256, each of us in each role. Without libeac-dev it is
 * skipped. spec/iccard.md 8 */
#include "unit/proto/card_kit.h"

#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t pid;
    FILE *to, *from;
} oracle;

static void begin_oracle(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
    int there[2], back[2];

    path[n < 0 ? 0 : n] = '\0';
    if (strrchr(path, '/') == NULL)
        SKIP("no /proc");
    memcpy(strrchr(path, '/'), "/oracle_eac", sizeof "/oracle_eac");
    if (access(path, X_OK) != 0)
        SKIP("no libeac-dev (OpenPACE)");
    KIT_MUST(pipe(there) == 0 && pipe(back) == 0 ? JM_OK : JM_E_IO);
    oracle.pid = fork();
    if (oracle.pid == 0) {
        (void)dup2(there[0], STDIN_FILENO);
        (void)dup2(back[1], STDOUT_FILENO);
        close(there[1]);
        close(back[0]);
        (void)execl(path, path, (char *)NULL);
        _exit(127);
    }
    close(there[0]);
    close(back[1]);
    oracle.to = fdopen(there[1], "w");
    oracle.from = fdopen(back[0], "r");
}

static void end_oracle(void)
{
    int status = -1;

    (void)fclose(oracle.to);
    (void)fclose(oracle.from);
    CHECK(waitpid(oracle.pid, &status, 0) == oracle.pid && status == 0);
}

static const char *digits_of(struct jm_bytes b)
{
    char *out = (char *)test_malloc(2 * b.len + 1);

    out[0] = '\0';
    for (size_t i = 0; i < b.len; i++)
        snprintf(out + 2 * i, 3, "%02x", b.ptr[i]);
    return out;
}

/* What it says to a verb: octets; empty for ok, null for no. */
static struct jm_bytes ask_oracle(const char *verb, struct jm_bytes a)
{
    static char line[16384];

    fprintf(oracle.to, "%s %s\n", verb, digits_of(a));
    (void)fflush(oracle.to);
    if (fgets(line, sizeof line, oracle.from) == NULL || strcmp(line, "no\n") == 0)
        return jm_none();
    return strcmp(line, "ok\n") == 0 ? JM_BYTES("") : test_unhex(jm_str(line), verb);
}

static bool agrees(const char *verb, struct jm_bytes a)
{
    return ask_oracle(verb, a).ptr != NULL;
}

static bool oracle_knows(const char *digits, const char *kind)
{
    char line[256];

    snprintf(line, sizeof line, "begin %s", CK_ACCESS);
    fprintf(oracle.to, "%s %s %s\n", line, digits_of(jm_str(digits)), kind);
    (void)fflush(oracle.to);
    return fgets(line, sizeof line, oracle.from) != NULL && strcmp(line, "ok\n") == 0;
}

/* -- OpenPACE as the reader, our chip -- */

/* GENERAL AUTHENTICATE with one object; what the answer's object @p want has. */
static struct jm_bytes general(unsigned tag, struct jm_bytes value, unsigned want, unsigned *sw)
{
    struct jm_buf template = room(JM_PACE_TEMPLATE_MAX), capdu = room(256);
    struct jm_apdu a = {.cla = tag == 0x85 ? 0x00 : 0x10, .ins = 0x86, .le = 256};
    struct jm_bytes r;

    template.ptr[0] = 0x7C;
    template.ptr[1] = (uint8_t)(tag == 0 ? 0 : value.len + 2);
    template.len = 2;
    if (tag != 0) {
        const uint8_t head[2] = {(uint8_t)tag, (uint8_t)value.len};

        KIT_MUST(jm_buf_put(&template, jm_bytes(head, 2)));
        KIT_MUST(jm_buf_put(&template, value));
    }
    a.data = jm_written(template);
    KIT_MUST(jm_apdu_write(&capdu, &a));
    r = ck_send(jm_written(capdu));
    *sw = ck_sw(r);
    if (*sw != 0x9000 || r.len < 6 || r.ptr[2] != want)
        return jm_none();
    return exact(jm_slice(r, 4, r.len - 6));
}

/* The status word of the first refusal; 9000: a channel that both sides have. */
static unsigned openpace_reads(const char *digits, const char *kind)
{
    unsigned sw = 0;
    struct jm_bytes own;
    char set[64];

    ck_power();
    CHECK_EQ(ck_say("00a4040c07f04a554d494e01"), 0x9000);
    snprintf(set, sizeof set, "0022c1a40f800a04007f000702020402028301%s", kind);
    sw = ck_say(set);
    if (sw != 0x9000 && (sw & 0xFFF0) != 0x63C0)
        return sw;
    CHECK(oracle_knows(digits, kind));
    CHECK(agrees("nonce-peer", general(0, jm_none(), 0x80, &sw)));
    own = ask_oracle("map-own", jm_none());
    CHECK_EQ(own.len, 65);
    CHECK(agrees("map-peer", general(0x81, own, 0x82, &sw)));
    own = ask_oracle("key-own", jm_none());
    CHECK(agrees("key-peer", general(0x83, own, 0x84, &sw)));
    own = ask_oracle("token-own", jm_none());
    CHECK_EQ(own.len, 8);
    own = general(0x85, own, 0x86, &sw);
    if (sw == 0x9000)
        CHECK(agrees("token-peer", own) && agrees("channel", jm_none()));
    return sw;
}

/* A command through OpenPACE's channel: what our chip says in it. */
static struct jm_bytes through(const char *capdu)
{
    return ask_oracle("open", ck_send(ask_oracle("wrap", hex(capdu))));
}

TEST(openpace_reads_our_chip)
{
    begin_oracle();
    ck_begin();
    CHECK_EQ(openpace_reads(CK_PIN, "03"), 0x9000);
    CHECK_BYTES(through("00ca010004"), "01030300 9000");
    CHECK_BYTES(through("00a4020c020101"), "9000");
    CHECK_BYTES(through("00b00000df"), CK_DG1 "6282");
    CHECK_BYTES(through("00a4020c020102"), "9000"); /* the portrait: of the PIN */
    CHECK_BYTES(through("00b0000002"), "7504 9000");
    CHECK_BYTES(through("00a4020c020999"), "6a82");
    CHECK_BYTES(through("002c020306373731313232"), "9000");
    CHECK(memcmp(CK.lasting.pin, "771122", 6) == 0);
    CHECK_EQ(openpace_reads(CK_CAN, "02"), 0x9000);
    CHECK_BYTES(through("00ca010004"), "01020300 9000");
    CHECK_BYTES(through("00a4020c020102"), "9000");
    CHECK_BYTES(through("00b0000002"), "6982");
    CHECK_EQ(openpace_reads(CK_PUK, "04"), 0x9000);
    CHECK_BYTES(through("002c020306343832393135"), "9000");
    end_oracle();
}

TEST(openpace_with_a_wrong_password_is_no_reader_of_our_chip)
{
    begin_oracle();
    ck_begin();
    CHECK_EQ(openpace_reads("482916", "03"), 0x63C2);
    CHECK_EQ(openpace_reads("123457", "02"), 0x6300);
    CHECK_EQ(openpace_reads(CK_PIN, "02"), 0x6300);
    CHECK_EQ(openpace_reads(CK_PIN, "03"), 0x9000);
    end_oracle();
}

TEST(our_chip_and_openpace_refuse_each_others_changed_octets)
{
    struct jm_bytes capdu;

    begin_oracle();
    ck_begin();
    CHECK_EQ(openpace_reads(CK_PIN, "03"), 0x9000);
    capdu = ask_oracle("wrap", hex("00ca010004"));
    ((uint8_t *)(uintptr_t)capdu.ptr)[capdu.len - 2] ^= 1;
    CHECK_EQ(ck_sw(ck_send(capdu)), 0x6988);
    CHECK_EQ(openpace_reads(CK_PIN, "03"), 0x9000);
    capdu = ck_send(ask_oracle("wrap", hex("00ca010004")));
    ((uint8_t *)(uintptr_t)capdu.ptr)[4] ^= 1;
    CHECK(!agrees("open", capdu));
    CHECK_EQ(openpace_reads(CK_PIN, "03"), 0x9000);
    capdu = ask_oracle("wrap", hex("00ca010004"));
    (void)ck_send(capdu);
    CHECK_EQ(ck_sw(ck_send(capdu)), 0x6988); /* again: the counter has gone on */
    end_oracle();
}

/* -- OpenPACE as the chip, our reader -- */

static bool their_channel, their_spoil;
static enum jm_card_ef their_file;
static unsigned their_commands;

static enum jm_status say(struct jm_buf *out, unsigned tag, struct jm_bytes value)
{
    const uint8_t head[4] = {0x7C, (uint8_t)(value.len + 2), (uint8_t)tag, (uint8_t)value.len};

    if (value.ptr == NULL)
        return jm_buf_put(out, JM_BYTES("\x63\x00"));
    JM_TRY(jm_buf_put(out, jm_bytes(head, sizeof head)));
    JM_TRY(jm_buf_put(out, value));
    return jm_buf_put(out, JM_BYTES("\x90\x00"));
}

static enum jm_status say_block(struct jm_buf *out, const struct jm_apdu *a)
{
    struct jm_bytes left =
        jm_slice(CK.lasting.file[their_file], (size_t)(a->p1 << 8 | a->p2), SIZE_MAX);

    JM_TRY(jm_buf_put(out, jm_slice(left, 0, a->le)));
    return jm_buf_put(out, left.len < a->le ? JM_BYTES("\x62\x82") : JM_BYTES("\x90\x00"));
}

/* Files and the status, as a chip has them. */
static enum jm_status their_command(const struct jm_apdu *a, struct jm_buf *out)
{
    if (a->ins == 0xCA)
        return jm_buf_put(out, JM_BYTES("\x01\x02\x03\x00\x90\x00"));
    if (a->ins == 0xB0)
        return say_block(out, a);
    if (a->ins == 0xA4 && a->p1 == 0x02)
        their_file = jm_bytes_eq(a->data, JM_BYTES("\x01\x1c")) ? JM_EF_ACCESS : JM_EF_DG1;
    return jm_buf_put(out, JM_BYTES("\x90\x00"));
}

static enum jm_status their_step(struct jm_bytes template, struct jm_buf *out)
{
    struct jm_bytes value = exact(jm_slice(template, 4, SIZE_MAX));

    if (template.len == 2)
        return say(out, 0x80, ask_oracle("nonce-own", jm_none()));
    if (template.ptr[2] == 0x81) {
        struct jm_bytes own = ask_oracle("map-own", jm_none());

        return say(out, 0x82, agrees("map-peer", value) ? own : jm_none());
    }
    if (template.ptr[2] == 0x83) {
        struct jm_bytes own = ask_oracle("key-own", jm_none());

        return say(out, 0x84, agrees("key-peer", value) ? own : jm_none());
    }
    if (!agrees("token-peer", value))
        return say(out, 0x86, jm_none());
    value = ask_oracle("token-own", jm_none());
    their_channel = agrees("channel", jm_none());
    return say(out, 0x86, value);
}

static enum jm_status transmit_there(void *ctx, struct jm_bytes capdu, struct jm_buf *out)
{
    struct jm_buf plain = room(JM_CARD_RAPDU_MAX);
    struct jm_bytes inside = capdu;
    struct jm_apdu a;

    (void)ctx;
    their_commands++;
    if (their_channel && (inside = ask_oracle("unwrap", capdu)).ptr == NULL)
        return jm_buf_put(out, JM_BYTES("\x69\x88"));
    JM_TRY(jm_apdu_read(&a, inside));
    if (a.ins == 0x86)
        return their_step(a.data, out);
    JM_TRY(their_command(&a, &plain));
    if (!their_channel)
        return jm_buf_put(out, jm_written(plain));
    inside = ask_oracle("answer", jm_written(plain));
    if (their_spoil)
        ((uint8_t *)(uintptr_t)inside.ptr)[inside.len - 3] ^= 1;
    return jm_buf_put(out, inside);
}

static enum jm_status drive_there(enum jm_status begun)
{
    struct jm_arena mem = arena(16 * JM_KIB);

    return jm_drive(&(struct jm_driver){.by = {.random = ck_random, .transmit = transmit_there},
                                        .now = ck_now,
                                        .mem = &mem},
                    jm_card_reader_engine(&R), begun);
}

/* Our reader with @p own at a chip that has @p theirs. */
static enum jm_status we_read(const char *own, const char *theirs, unsigned read)
{
    const struct jm_card_reader_config config = {.crypto = CC, .can = jm_str(own), .read = read};

    ck_begin();
    their_channel = their_spoil = false;
    their_commands = 0;
    CHECK(oracle_knows(theirs, "02"));
    jm_card_reader_end(&R);
    KIT_MUST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    return drive_there(jm_card_reader_event(&R, JM_EVENT_START));
}

TEST(our_reader_reads_a_chip_of_openpace)
{
    begin_oracle();
    CHECK_OK(we_read(CK_CAN, CK_CAN, 1u << JM_EF_DG1));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG1), CK.lasting.file[JM_EF_DG1]);
    CHECK_OK(drive_there(jm_card_reader_ask_status(&R)));
    CHECK_EQ(jm_card_reader_status(&R)->pin_tries, 3);
    CHECK(their_commands > 10);
    end_oracle();
}

TEST(our_reader_refuses_a_chip_of_openpace_that_does_not_know)
{
    begin_oracle();
    CHECK_ST(we_read(CK_CAN, "123457", 0), JM_E_DENIED);
    CHECK_EQ(jm_card_reader_diag(&R)->code, JM_CARD_CAN_WRONG);
    CHECK_OK(we_read(CK_CAN, CK_CAN, 0));
    their_spoil = true;
    CHECK_ST(drive_there(jm_card_reader_ask_status(&R)), JM_E_SIGNATURE);
    CHECK_EQ(jm_card_reader_diag(&R)->code, JM_CARD_SM);
    end_oracle();
}
