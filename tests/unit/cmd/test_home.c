/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a home, pinning, and which trust set may follow which. */
#include "unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/cmd.h"
#include "cmd/cli/conf.h"
#include "cmd/cli/trustset.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "unit/folder.h"

static char dir[64];
static struct jm_cmd cmd;
static struct jm_arena mem;
static struct jm_home home;

static struct jm_bytes set(uint64_t version, bool synthetic)
{
    struct jm_trust_spec spec = {.synthetic = synthetic,
                                 .issued_at = 1796083200,
                                 .next_update = 1796083200 + 86400,
                                 .version = version,
                                 .clock_start = synthetic ? 1796083200 : 0,
                                 .clock_moment = synthetic ? 1700000000 : 0};
    struct jm_bytes out;

    CHECK_OK(jm_trust_write(&out, &spec, &mem));
    return out;
}

static void make(bool synthetic)
{
    static const char conf[] =
        "[home]\nname = x\nid = kr-x\nkind = verifier\nsynthetic = %s\n[trust]\npin = %064d\n";
    char text[256], path[96];

    CHECK_OK(jm_openssl_init());
    memset(&cmd, 0, sizeof cmd);
    mem = arena(4 << 20);
    cmd.mem = &mem;
    cmd.crypto = &jm_crypto_openssl;
    if (dir[0] != '\0')
        clear_away(dir);
    snprintf(dir, sizeof dir, "/tmp/jumin-home-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/trust", dir);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/signer", dir);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(text, sizeof text, conf, synthetic ? "yes" : "no", 0);
    cmd.common.home = dir;
    memset(&home, 0, sizeof home);
    home.cmd = &cmd;
    home.dir = dir;
    home.is_verifier = true;
    home.conf_file = jm_home_path(&home, "jumin.conf");
    home.conf_text = exact(jm_str(text));
    CHECK_OK(jm_home_pin(&home, set(3, synthetic), NULL));
}

TEST(a_home_opens_with_the_pinned_set_only)
{
    struct jm_diag d = {0};

    make(true);
    CHECK_OK(jm_home_open(&home, &cmd, JM_HOME_VERIFIER, NULL));
    CHECK_EQ(home.trust.version, 3);
    CHECK(jm_home_now(&home) > 1796083200); /* the authority's clock is followed */
    CHECK_ST(jm_home_open(&home, &cmd, JM_HOME_AUTHORITY, &d), JM_E_USAGE);
    CHECK_EQ(d.code, JM_CMD_HOME_KIND);
    CHECK_OK(jm_file_write(jm_home_path(&home, "trust/set.cbor"), set(4, true), 0644));
    d = (struct jm_diag){0};
    CHECK_ST(jm_home_open(&home, &cmd, 0, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_TRUST_PIN);
    cmd.common.home = "/nonexistent";
    d = (struct jm_diag){0};
    CHECK_ST(jm_home_open(&home, &cmd, 0, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_CMD_HOME_MISSING);
}

TEST(a_crash_between_pinning_and_renaming_leaves_a_home_that_opens)
{
    make(false);
    struct jm_bytes old = set(3, false);

    CHECK_OK(jm_home_open(&home, &cmd, 0, NULL));
    CHECK_OK(jm_home_pin(&home, set(4, false), NULL));
    CHECK_EQ(rename(jm_home_path(&home, "trust/set.cbor"), jm_home_path(&home, "trust/set.next")),
             0);
    CHECK_OK(jm_file_write(jm_home_path(&home, "trust/set.cbor"), old, 0644));
    CHECK_OK(jm_home_open(&home, &cmd, 0, NULL));
    CHECK_EQ(home.trust.version, 4);
}

TEST(a_real_home_does_not_open_with_a_synthetic_set)
{
    struct jm_diag d = {0};

    make(true);
    struct jm_bytes conf;

    CHECK_OK(jm_conf_edit(&conf, home.conf_text, "home", "synthetic", "no", &mem));
    CHECK_OK(jm_file_write(home.conf_file, conf, 0644));
    CHECK_ST(jm_home_open(&home, &cmd, 0, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_TRUST_SYNTHETIC);
}

TEST(trust_sets_never_go_back_and_never_turn_synthetic)
{
    struct jm_trust now = {.version = 5}, next = {.version = 6};
    struct jm_diag d = {0};

    CHECK_OK(jm_trust_may_follow(&now, &next, &d));
    next.version = 5;
    CHECK_ST(jm_trust_may_follow(&now, &next, &d), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_TRUST_ROLLBACK);
    next.version = 4;
    CHECK_ST(jm_trust_may_follow(&now, &next, NULL), JM_E_CONFLICT);
    next.version = 7;
    next.synthetic = true;
    d = (struct jm_diag){0};
    CHECK_ST(jm_trust_may_follow(&now, &next, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_TRUST_SYNTHETIC);
    now.synthetic = true;
    CHECK_OK(jm_trust_may_follow(&now, &next, NULL));
    next.synthetic = false; /* the home would not open any more */
    d = (struct jm_diag){0};
    CHECK_ST(jm_trust_may_follow(&now, &next, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_TRUST_SYNTHETIC);
}

TEST(a_clock_that_fell_back_is_seen)
{
    struct jm_diag d = {0};

    make(true);
    CHECK_OK(jm_home_open(&home, &cmd, 0, NULL));
    CHECK_OK(jm_home_seen(&home, "signer", NULL)); /* nothing seen yet */
    CHECK_OK(jm_home_saw(&home, "signer"));
    CHECK_OK(jm_home_open(&home, &cmd, 0, NULL));
    CHECK_OK(jm_home_seen(&home, "signer", NULL));
    CHECK_OK(jm_file_write(jm_home_path(&home, "signer/seen"), JM_BYTES("9999999999\n"), 0600));
    CHECK_ST(jm_home_seen(&home, "signer", &d), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_CMD_CLOCK_BACK);
    CHECK(jm_clock_behind(&home.clock)); /* while it runs, too */
    CHECK(jm_home_now(&home) < 9999999999);
    CHECK_OK(jm_home_saw(&home, "signer"));
    CHECK_OK(jm_home_open(&home, &cmd, 0, NULL));
    CHECK(!jm_clock_behind(&home.clock));
    CHECK_ST(jm_home_seen(&home, "signer", NULL), JM_E_UNAVAILABLE); /* it was kept */
    CHECK_OK(jm_file_write(jm_home_path(&home, "signer/seen"), JM_BYTES("99999999999999999999\n"),
                           0600));
    CHECK_ST(jm_home_seen(&home, "signer", NULL), JM_E_USAGE);
    CHECK_OK(jm_file_write(jm_home_path(&home, "signer/seen"), JM_BYTES("soon\n"), 0600));
    CHECK_ST(jm_home_seen(&home, "signer", NULL), JM_E_USAGE);
}

TEST(one_writer_has_the_trust_set)
{
    struct jm_diag d = {0};
    int first = -1, second = -1;

    make(true);
    CHECK_OK(jm_home_lock(&first, &cmd, NULL));
    CHECK_ST(jm_home_lock(&second, &cmd, &d), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_CMD_FILE_WRITE);
    jm_file_unlock(&first);
    CHECK_OK(jm_home_lock(&second, &cmd, NULL));
    jm_file_unlock(&second);
    cmd.common.home = "/nonexistent";
    d = (struct jm_diag){0};
    CHECK_ST(jm_home_lock(&first, &cmd, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_CMD_HOME_MISSING);
}

static enum jm_status answer(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                             struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    (void)op, (void)purpose, (void)key, (void)in;
    out->items[0] = *(const struct jm_bytes *)ctx;
    out->n = 1;
    return JM_OK;
}

TEST(a_signature_of_another_length_is_not_taken)
{
    static const uint8_t octets[JM_SIG_MAX] = {1};
    struct jm_sig sig;

    for (size_t len = 0; len <= JM_SIG_MAX; len++) {
        struct jm_bytes given = exact(jm_bytes(octets, len));
        const struct jm_signer signer = {answer, &given};

        CHECK_ST(jm_home_sign(&sig, &signer, JM_PURPOSE_CRL, JM_BYTES("octets"), NULL),
                 len == JM_SIG_LEN ? JM_OK : JM_E_BUG);
        CHECK_EQ(sig.len, len == JM_SIG_LEN ? JM_SIG_LEN : 0);
    }
}

TEST(the_folder_is_cleared_away)
{
    clear_away(dir);
    CHECK(access(dir, F_OK) != 0);
}
