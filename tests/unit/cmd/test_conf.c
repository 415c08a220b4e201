/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "cmd/cli/conf.h"

static const char good[] =
    "# a home\n[home]\nname = Saebyeol City\r\nid=kr-x\n  kind = authority  \nsynthetic = "
    "no\n\n[trust]\n"
    "pin = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n[issuer]\nbase = "
    "https://id.example.kr\nlisten = [::1]:8443\nworkers = 4\n";

static enum jm_status parse(struct jm_conf *c, const char *text, struct jm_diag *d)
{
    static struct jm_arena mem;

    mem = arena(1 << 18);
    memset(d, 0, sizeof *d);
    return jm_conf_parse(c, "jumin.conf", exact(jm_str(text)), jm_home_conf_rules,
                         jm_n_home_conf_rules, &mem, d);
}

TEST(a_home_is_read)
{
    struct jm_conf c;
    struct jm_diag d;

    CHECK_OK(parse(&c, good, &d));
    CHECK(strcmp(jm_conf_get(&c, "home", "name"), "Saebyeol City") == 0);
    CHECK(strcmp(jm_conf_get(&c, "home", "kind"), "authority") == 0);
    CHECK(!jm_conf_bool(&c, "home", "synthetic"));
    CHECK_EQ(jm_conf_uint(&c, "issuer", "workers", 1), 4);
    CHECK_EQ(jm_conf_uint(&c, "status", "workers", 1), 1);
    CHECK(jm_conf_get(&c, "status", "base") == NULL);
}

TEST(each_fault_says_file_line_and_key)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"[home]\nnam = x\n", "jumin.conf:2: nam: is not known"},
        {"[hom]\n", "jumin.conf:1: [hom]: is no section"},
        {"[home\nname = x\n", "jumin.conf:1: [home: is no section"},
        {"name = x\n", "jumin.conf:1: name: stands before"},
        {"[home]\nname\n", "jumin.conf:2: name: is no `key"},
        {"[home]\n\nname =\n", "jumin.conf:3: name: has no value"},
        {"[home]\nname = x\nname = y\n", "jumin.conf:3: name: occurs more often"},
        {"[home]\nname = \xff\n", "jumin.conf:2: name: is no text"},
        {"[home]\nsynthetic = true\n", "jumin.conf:2: synthetic: must be yes or no"},
        {"[trust]\npin = 00\n", "jumin.conf:2: pin: must have 64"},
        {"[trust]\npin = 0011223344556677889gaabbccddeeff00112233445566778899aabbccddeeff\n",
         "jumin.conf:2: pin: must have 64"},
        {"[issuer]\nbase = http://id.example.kr\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nbase = https://id.example.kr/\n",
         "jumin.conf:2: base: must not have the slash"},
        {"[issuer]\nbase = https://id.example.kr/a//b\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nbase = http://127.0.0.1.example.kr\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nbase = http://127.0.0.1@example.kr\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nbase = https://\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nbase = https://x:99999\n", "jumin.conf:2: base: must be an https"},
        {"[issuer]\nlisten = 127.0.0.1\n", "jumin.conf:2: listen: must be ADDRESS:PORT"},
        {"[issuer]\nlisten = 127.0.0.1:0\n", "jumin.conf:2: listen: must be ADDRESS:PORT"},
        {"[issuer]\nlisten = ::1:80\n", "jumin.conf:2: listen: must be ADDRESS:PORT"},
        {"[issuer]\nworkers = many\n", "jumin.conf:2: workers: must be a number"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_conf c;
        struct jm_diag d;
        bool ok = CHECK_ST(parse(&c, rows[i].text, &d), JM_E_USAGE) &&
                  CHECK_EQ(d.code, JM_CMD_CONFIG) &&
                  CHECK(jm_bytes_starts(d.detail, jm_str(rows[i].says)));

        if (!ok)
            printf("    said: %.*s\n", (int)d.detail.len, (const char *)d.detail.ptr);
        ROW(ok, rows[i].text);
    }
}

TEST(urls_of_loopback)
{
    bool http;

    CHECK(jm_base_url_judge(JM_BYTES("http://127.0.0.1:80"), &http) == JM_CODE_NONE && http);
    CHECK(jm_base_url_judge(JM_BYTES("http://localhost:8080/x"), &http) == JM_CODE_NONE && http);
    CHECK(jm_base_url_judge(JM_BYTES("http://[::1]:8080"), &http) == JM_CODE_NONE && http);
    CHECK(jm_base_url_judge(JM_BYTES("https://id.example.kr"), &http) == JM_CODE_NONE && !http);
    CHECK(jm_base_url_judge(JM_BYTES("ftp://localhost"), &http) != JM_CODE_NONE);
    CHECK(jm_base_url_judge(JM_BYTES("https://a b"), &http) != JM_CODE_NONE);
    CHECK(jm_base_url_judge(JM_BYTES("https://a?b"), &http) != JM_CODE_NONE);
    CHECK(jm_base_url_judge(JM_BYTES("https://a.example/kr/v1"), &http) == JM_CODE_NONE);
    static const char *const never_asked[] = {"https://a/kr//v1", "https://a//",
                                              "https://a/./kr",   "https://a/kr/..",
                                              "https://a/k%72",   "https://a/{kr}",
                                              "https://a/k^r",    "https://a/k|r",
                                              "https://a/k`r"};
    /* what gate and router refuse in a request is no base's path */
    for (size_t i = 0; i < JM_ARRAY_LEN(never_asked); i++)
        ROW(CHECK_EQ(jm_base_url_judge(jm_str(never_asked[i]), &http), JM_CMD_BASE_URL),
            never_asked[i]);
    CHECK_EQ(jm_base_url_judge(JM_BYTES("http://127.0.0.1:80/kr/"), &http), JM_CMD_BASE_SLASH);
    CHECK_EQ(jm_base_url_judge(JM_BYTES("https://a.example/"), &http), JM_CMD_BASE_SLASH);
    /* more is wrong than the slash */
    CHECK_EQ(jm_base_url_judge(JM_BYTES("http://a.example/kr/"), &http), JM_CMD_BASE_URL);
    CHECK_EQ(jm_base_url_judge(JM_BYTES("/"), &http), JM_CMD_BASE_URL);
    CHECK_EQ(jm_base_url_judge(JM_BYTES("https://a.example/kr"), &http), JM_CODE_NONE);
}

TEST(one_value_is_replaced_and_nothing_else)
{
    struct jm_arena mem = arena(65536);
    struct jm_bytes out;

    CHECK_OK(jm_conf_edit(&out, JM_BYTES("[a]\npin = 1\n[trust]\npin = 2\nx = 3\n"), "trust", "pin",
                          "9", &mem));
    CHECK_STR(out, "[a]\npin = 1\n[trust]\npin = 9\nx = 3\n");
    CHECK_OK(
        jm_conf_edit(&out, JM_BYTES("[trust]\nx = 3\n[b]\npin = 4"), "trust", "pin", "9", &mem));
    CHECK_STR(out, "[trust]\npin = 9\nx = 3\n[b]\npin = 4");
    CHECK_OK(jm_conf_edit(&out, JM_BYTES("[trust]"), "trust", "pin", "9", &mem));
    CHECK_STR(out, "[trust]\npin = 9\n");
    CHECK_ST(jm_conf_edit(&out, JM_BYTES("[a]\n"), "trust", "pin", "9", &mem), JM_E_ABSENT);
}
