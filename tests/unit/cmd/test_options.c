/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "cmd/cli/cmd.h"

static const struct jm_option options[] = {{"request", 'r', "CSR", JM_OPTION_REQUIRED},
                                           {"base", 0, "ROLE=URL", JM_OPTION_REPEATABLE},
                                           {"force", 'f', NULL, 0},
                                           {"out", 'o', "FILE", 0}};
static const struct jm_command reg = {.name = "rp register",
                                      .operands = "FILE",
                                      .max_operands = 1,
                                      .options = options,
                                      .n_options = 4};
static const struct jm_command list = {.name = "rp list"}, serve = {.name = "serve",
                                                                    .operands = "ROLE…",
                                                                    .min_operands = 1,
                                                                    .max_operands = 3};
static const struct jm_command key_add = {.name = "rp key add",
                                          .operands = "ID",
                                          .max_operands = 1,
                                          .options = options,
                                          .n_options = 4};
const struct jm_command *const jm_commands[] = {&reg, &list, &serve, &key_add, NULL};

static struct jm_cmd cmd;
static struct jm_arena mem;
static struct jm_diag d;

static enum jm_status parse(const char *line)
{
    static char copy[512];
    static char *argv[32];
    int argc = 1;

    memset(&cmd, 0, sizeof cmd);
    memset(&d, 0, sizeof d);
    mem = arena(65536);
    cmd.mem = &mem;
    snprintf(copy, sizeof copy, "%s", line);
    argv[0] = copy;
    for (char *c = copy; *c != '\0'; c++)
        if (*c == ' ' && argc < 32) {
            *c = '\0';
            argv[argc++] = c + 1;
        }
    if (copy[0] == '\0' || argc == 1) {
        argv[1] = copy;
    }
    return jm_options_parse(&cmd, argc, argv, jm_commands, &d);
}

static bool says(const char *what)
{
    return jm_bytes_find(d.detail, jm_str(what)) != SIZE_MAX;
}

TEST(options_stand_before_and_after_the_command)
{
    CHECK_OK(parse("jumin --json rp register -r a --base x=1 --base=y=2 file -f --home h"));
    CHECK(cmd.row == &reg);
    CHECK(cmd.common.json);
    CHECK(strcmp(cmd.common.home, "h") == 0);
    CHECK(strcmp(jm_opt(&cmd, "request"), "a") == 0);
    CHECK(strcmp(jm_opt_at(&cmd, "base", 1), "y=2") == 0);
    CHECK(jm_opt_at(&cmd, "base", 2) == NULL);
    CHECK(jm_opt_has(&cmd, "force"));
    CHECK(!jm_opt_has(&cmd, "out"));
    CHECK(strcmp(jm_cmd_file(&cmd), "file") == 0);
    CHECK_OK(parse("jumin rp register -foX -rY"));
    CHECK(strcmp(jm_opt(&cmd, "out"), "X") == 0);
    CHECK(strcmp(jm_opt(&cmd, "request"), "Y") == 0);
    CHECK(strcmp(jm_cmd_file(&cmd), "-") == 0);
}

/* cli.md 2 writes `desk --as KEYFILE open`: options stand between the words of a command, too. */
TEST(the_words_of_a_command_may_stand_apart)
{
    static const struct {
        const char *line;
        const struct jm_command *row;
        const char *request, *operand;
    } rows[] = {
        {"jumin rp -r a register file", &reg, "a", "file"},
        {"jumin rp --request a register file", &reg, "a", "file"},
        {"jumin rp --request=a register file", &reg, "a", "file"},
        {"jumin --json rp --home h -fr a register file", &reg, "a", "file"},
        {"jumin rp -ra register -", &reg, "a", "-"},
        {"jumin rp -r list register", &reg, "list", "-"}, /* an argument is no word of the name */
        {"jumin rp -r register register", &reg, "register", "-"},
        {"jumin rp key -r a add x", &key_add, "a", "x"},
        {"jumin rp -r a key --force add x", &key_add, "a", "x"},
        {"jumin rp -f key add -r a x", &key_add, "a", "x"},
        {"jumin rp -r a register -- --x", &reg, "a", "--x"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_OK(parse(rows[i].line)) && CHECK(cmd.row == rows[i].row) &&
                CHECK(strcmp(jm_opt(&cmd, "request"), rows[i].request) == 0) &&
                CHECK(strcmp(jm_cmd_file(&cmd), rows[i].operand) == 0),
            rows[i].line);
}

TEST(two_hyphens_end_options)
{
    CHECK_OK(parse("jumin rp register -r a -- --force"));
    CHECK(strcmp(jm_cmd_file(&cmd), "--force") == 0);
    CHECK(!jm_opt_has(&cmd, "force"));
    CHECK_OK(parse("jumin rp register -r - -"));
    CHECK(strcmp(jm_opt(&cmd, "request"), "-") == 0);
    CHECK(strcmp(jm_cmd_file(&cmd), "-") == 0);
}

TEST(what_is_wrong_is_named_with_the_nearest_known_one)
{
    static const struct {
        const char *line;
        enum jm_code code;
        const char *says;
    } rows[] = {
        {"jumin rp register --reqest a", JM_CMD_OPTION_UNKNOWN, "--request?"},
        {"jumin rp register --req a", JM_CMD_OPTION_UNKNOWN, "--request?"},
        {"jumin rp register --hom a", JM_CMD_OPTION_UNKNOWN, "--home?"},
        {"jumin rp register --zzzzzzzz", JM_CMD_OPTION_UNKNOWN, "--zzzzzzzz"},
        {"jumin --force rp register -r a", JM_CMD_OPTION_UNKNOWN, "--force"},
        {"jumin rp list --force", JM_CMD_OPTION_UNKNOWN, "--force"},
        {"jumin rp register -x", JM_CMD_OPTION_UNKNOWN, "-x"},
        {"jumin rp registr -r a", JM_CMD_COMMAND_UNKNOWN, "rp register?"},
        {"jumin srve", JM_CMD_COMMAND_UNKNOWN, "serve?"},
        {"jumin xyzzyplugh", JM_CMD_COMMAND_UNKNOWN, "xyzzyplugh"},
        {"jumin --json", JM_CMD_COMMAND_MISSING, ""},
        {"jumin rp register", JM_CMD_OPTION_REQUIRED, "--request CSR"},
        {"jumin rp register -r a -r b", JM_CMD_OPTION_REPEATED, "--request"},
        {"jumin rp register -r", JM_CMD_OPTION_ARGUMENT, "--request CSR"},
        {"jumin rp register -r a --force=yes", JM_CMD_OPTION_VALUE, "--force"},
        {"jumin rp register -r a --lang=fr", JM_CMD_OPTION_VALUE, "--lang"},
        {"jumin rp register -r a b c", JM_CMD_OPERANDS, "c"},
        {"jumin rp -r a", JM_CMD_COMMAND_UNKNOWN, "rp"},
        {"jumin rp -r register", JM_CMD_COMMAND_UNKNOWN, "rp"},
        {"jumin rp -- register", JM_CMD_COMMAND_UNKNOWN, "rp"},
        {"jumin rp --json key", JM_CMD_COMMAND_UNKNOWN, "rp"},
        {"jumin rp -r a list", JM_CMD_OPTION_UNKNOWN, "-r"},
        {"jumin rp --zzzzzzzz a register", JM_CMD_COMMAND_UNKNOWN, "rp"},
        {"jumin serve", JM_CMD_OPERANDS, "ROLE"},
        {"jumin rp list x", JM_CMD_OPERANDS, "x"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        bool ok = CHECK_ST(parse(rows[i].line), JM_E_USAGE) && CHECK_EQ(d.code, rows[i].code) &&
                  CHECK(says(rows[i].says));

        ROW(ok, rows[i].line);
    }
}

TEST(help_and_version_need_nothing_else)
{
    CHECK_OK(parse("jumin --help"));
    CHECK(cmd.wants_help);
    CHECK_OK(parse("jumin rp register --help"));
    CHECK(cmd.wants_help && cmd.row == &reg);
    CHECK_OK(parse("jumin --version"));
    CHECK(cmd.wants_version);
}

TEST(exit_codes_follow_the_class_alone)
{
    CHECK_OK(parse("jumin rp list"));
    CHECK_EQ(jm_cmd_fail(&cmd, JM_OK, NULL), 0);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_USAGE, NULL), 2);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_MALFORMED, NULL), 3);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_DENIED, NULL), 1);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_ABSENT, NULL), 1);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_CONFLICT, NULL), 1);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_LIMIT, NULL), 1);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_IO, NULL), 4);
    CHECK_EQ(jm_cmd_fail(&cmd, JM_E_BUG, NULL), 70);
}
