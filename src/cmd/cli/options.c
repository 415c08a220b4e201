/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cli/conf.h"

const struct jm_option jm_common_options[] = {
    {"home", 0, "DIR", 0},    {"config", 0, "FILE", 0},  {"lang", 0, "ko|en", 0},
    {"json", 0, NULL, 0},     {"quiet", 'q', NULL, 0},   {"verbose", 'v', NULL, 0},
    {"no-color", 0, NULL, 0}, {"data", 0, "DIR", 0},     {"i18n", 0, "DIR", 0},
    {"help", 'h', NULL, 0},   {"version", 'V', NULL, 0},
};
const size_t jm_n_common_options = JM_ARRAY_LEN(jm_common_options);

#define PATH_OCTETS 4095 /* of Linux */

const struct jm_option_kind *jm_option_kind(const struct jm_option *o)
{
    static const struct jm_option_kind kinds[] = {
        {"DIR FILE FOLDER KEYFILE CSR READER KIND|FILE FILE|HEX VKEY|FILE", PATH_OCTETS, false},
        {"URL URI TEXT AUDIENCE NONCE", 2048, false},
        {"ROLE=URL", 2048 + 9, false},
        {"CLAIM,…", 4096, false},
        {"NAME", 640, false},
        {"ORIGIN", 255, false},
        {"NAME_VKEY_URL", 4096, false},
        {"REASON", 200, false},
        {"HASH ID", 64, false},
        {"SERVICE", 63, false},
        {"ADDRESS|none ADDRESS:PORT", 51, false},
        {"TIME", 40, false},
        {"KIND ROUTE ROLE TYPE STATE SERIAL CODE PREFIX DATE", 32, false},
        {"AGES", 16, false},
        {"ko|en", 2, false},
        {"N S DAYS SECONDS WON", INT32_MAX, true},
        {"PORT", 65535, true},
    };

    for (size_t i = 0; o->arg != NULL && i < JM_ARRAY_LEN(kinds); i++)
        if (jm_is_word_of(kinds[i].args, jm_str(o->arg)))
            return &kinds[i];
    return NULL;
}

#define WORD_MAX 64

struct parse {
    struct jm_cmd *cmd;
    int argc, at;
    char *const *argv;
    struct jm_diag *d;
};

/* -- nearest -- */

static size_t smaller_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein; words beyond WORD_MAX are far from everything. */
static size_t word_distance(const char *a, size_t len, const char *b)
{
    size_t row[WORD_MAX + 1], n = strlen(b);

    if (len > WORD_MAX || n > WORD_MAX)
        return SIZE_MAX;
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 1; i <= len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= n; k++) {
            size_t above = row[k];

            row[k] =
                smaller_of(smaller_of(row[k - 1], above) + 1, diagonal + (a[i - 1] != b[k - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

struct nearest {
    const char *word, *best;
    size_t len, distance;
};

static void consider_word(struct nearest *n, const char *known)
{
    size_t d = word_distance(n->word, n->len, known);

    if (strlen(known) > n->len && n->len >= 3 && strncmp(known, n->word, n->len) == 0)
        d = 1; /* a beginning of it */
    if (d < n->distance) {
        n->distance = d;
        n->best = known;
    }
}

/* -- options -- */

static enum jm_status refuse_usage(struct parse *p, enum jm_code code, const char *detail)
{
    return jm_refuse(p->d, JM_E_USAGE, code, detail);
}

static const struct jm_option *find_in(const struct jm_option *o, size_t n, const char *name,
                                       size_t len, char letter)
{
    for (size_t i = 0; i < n; i++)
        if (letter != 0 ? o[i].letter == letter
                        : strlen(o[i].name) == len && memcmp(o[i].name, name, len) == 0)
            return &o[i];
    return NULL;
}

static const struct jm_option *find_option(const struct parse *p, const char *name, size_t len,
                                           char letter)
{
    const struct jm_option *o = find_in(jm_common_options, jm_n_common_options, name, len, letter);

    if (o == NULL && p->cmd->row != NULL)
        o = find_in(p->cmd->row->options, p->cmd->row->n_options, name, len, letter);
    return o;
}

static enum jm_status unknown_option(struct parse *p, const char *name, size_t len)
{
    struct nearest n = {name, NULL, len, 4};

    for (size_t i = 0; i < jm_n_common_options; i++)
        consider_word(&n, jm_common_options[i].name);
    for (size_t i = 0; p->cmd->row != NULL && i < p->cmd->row->n_options; i++)
        consider_word(&n, p->cmd->row->options[i].name);
    return refuse_usage(p, JM_CMD_OPTION_UNKNOWN,
                        n.best == NULL
                            ? jm_format(p->cmd->mem, "--%.*s", (int)len, name)
                            : jm_format(p->cmd->mem, "--%.*s; --%s?", (int)len, name, n.best));
}

static bool is_common(const struct jm_option *o)
{
    return o >= jm_common_options && o < jm_common_options + jm_n_common_options;
}

static enum jm_status set_common(struct parse *p, const char *name, const char *value)
{
    struct jm_cmd_common *c = &p->cmd->common;
    const struct {
        const char *name;
        bool *set;
    } switches[] = {{"json", &c->json},
                    {"quiet", &c->quiet},
                    {"verbose", &c->verbose},
                    {"no-color", &c->no_color},
                    {"help", &p->cmd->wants_help},
                    {"version", &p->cmd->wants_version}};
    const struct {
        const char *name;
        const char **set;
    } texts[] = {{"home", &c->home},
                 {"config", &c->config},
                 {"data", &c->data_dir},
                 {"i18n", &c->i18n_dir}};

    for (size_t i = 0; i < JM_ARRAY_LEN(switches); i++)
        if (strcmp(switches[i].name, name) == 0)
            *switches[i].set = true;
    for (size_t i = 0; i < JM_ARRAY_LEN(texts); i++)
        if (strcmp(texts[i].name, name) == 0)
            *texts[i].set = value;
    if (strcmp(name, "lang") == 0) {
        if (strcmp(value, "ko") != 0 && strcmp(value, "en") != 0)
            return refuse_usage(p, JM_CMD_OPTION_VALUE, "--lang ko|en");
        c->lang = jm_lang_of(value);
    }
    return JM_OK;
}

static enum jm_status check_value(struct parse *p, const struct jm_option *o, const char *value)
{
    const struct jm_option_kind *k = jm_option_kind(o);
    uint64_t n;

    if (k == NULL || value == NULL)
        return JM_OK;
    if (k->is_number ? jm_parse_u64(&n, jm_str(value)) == JM_OK && n <= k->max
                     : strlen(value) <= k->max)
        return JM_OK;
    return refuse_usage(p, JM_CMD_OPTION_VALUE,
                        jm_format(p->cmd->mem,
                                  k->is_number ? "--%s %s: a number, at most %llu"
                                               : "--%s %s: at most %llu octets",
                                  o->name, o->arg, (unsigned long long)k->max));
}

static enum jm_status set_value(struct parse *p, const struct jm_option *o, const char *value)
{
    struct jm_cmd *cmd = p->cmd;

    if (value != NULL && value[0] == '\0')
        return refuse_usage(p, JM_CMD_OPTION_ARGUMENT,
                            jm_format(cmd->mem, "--%s %s", o->name, o->arg));
    JM_TRY(check_value(p, o, value));
    if (is_common(o))
        return set_common(p, o->name, value);
    if ((o->flags & JM_OPTION_REPEATABLE) == 0 && jm_opt_has(cmd, o->name))
        return refuse_usage(p, JM_CMD_OPTION_REPEATED, jm_format(cmd->mem, "--%s", o->name));
    if (cmd->n_values == JM_CMD_VALUES_MAX)
        return refuse_usage(p, JM_CMD_OPERANDS, "too many options");
    cmd->value[cmd->n_values++] = (struct jm_cmd_value){o, value};
    return JM_OK;
}

/* @p attached: what follows the '=' or the letter in the same word, or null. */
static enum jm_status take_option(struct parse *p, const struct jm_option *o, const char *attached)
{
    if (o->arg == NULL) {
        if (attached != NULL)
            return refuse_usage(p, JM_CMD_OPTION_VALUE,
                                jm_format(p->cmd->mem, "--%s takes no value", o->name));
        return set_value(p, o, NULL);
    }
    if (attached == NULL && p->at + 1 < p->argc)
        attached = p->argv[++p->at];
    return set_value(p, o, attached == NULL ? "" : attached);
}

static enum jm_status long_option(struct parse *p, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct jm_option *o = find_option(p, word, len, 0);

    return o == NULL ? unknown_option(p, word, len)
                     : take_option(p, o, equals == NULL ? NULL : equals + 1);
}

static enum jm_status short_options(struct parse *p, const char *word)
{
    for (; *word != '\0'; word++) {
        const struct jm_option *o = find_option(p, NULL, 0, *word);

        if (o == NULL)
            return refuse_usage(p, JM_CMD_OPTION_UNKNOWN, jm_format(p->cmd->mem, "-%c", *word));
        if (o->arg != NULL)
            return take_option(p, o, word[1] == '\0' ? NULL : word + 1);
        JM_TRY(take_option(p, o, NULL));
    }
    return JM_OK;
}

/* -- commands -- */

/* How many words from @p at on are this command's name; 0: they are not. */
static int words_of(const struct parse *p, const char *name)
{
    int n = 0;

    for (const char *word = name;; n++) {
        size_t len = strcspn(word, " ");

        if (p->at + n >= p->argc || strlen(p->argv[p->at + n]) != len ||
            memcmp(p->argv[p->at + n], word, len) != 0)
            return 0;
        if (word[len] == '\0')
            return n + 1;
        word += len + 1;
    }
}

/* An option of the common ones or of any command that begins with @p first. */
static const struct jm_option *known_option(const struct jm_command *const *table,
                                            const char *first, const char *name, size_t len,
                                            char letter)
{
    const struct jm_option *o = find_in(jm_common_options, jm_n_common_options, name, len, letter);
    size_t n = strlen(first);

    for (const struct jm_command *const *c = table; o == NULL && *c != NULL; c++)
        if (strncmp((*c)->name, first, n) == 0 && ((*c)->name[n] == ' ' || (*c)->name[n] == '\0'))
            o = find_in((*c)->options, (*c)->n_options, name, len, letter);
    return o;
}

/* Does this option word need the next one as its argument? */
static bool eats_next(const struct jm_command *const *table, const char *first, const char *word)
{
    const struct jm_option *o = NULL;

    if (word[1] == '-') {
        o = known_option(table, first, word + 2, strcspn(word + 2, "="), 0);
        return o != NULL && o->arg != NULL && strchr(word, '=') == NULL;
    }
    for (word++; *word != '\0'; word++)
        if ((o = known_option(table, first, NULL, 0, *word)) == NULL || o->arg != NULL)
            break;
    return o != NULL && o->arg != NULL && word[1] == '\0';
}

/* `desk --as FILE open`: the words of a command may stand apart. Brings them together, options
 * behind; a name cut short by the end or by what is no command stays as it was. */
static int match_words(const struct parse *p, const char *name, const int *at, int n)
{
    for (int w = 0; w < n; w++) {
        size_t len = strcspn(name, " ");

        if (strlen(p->argv[at[w]]) != len || memcmp(p->argv[at[w]], name, len) != 0)
            return 0;
        if (name[len] == '\0')
            return w + 1;
        name += len + 1;
    }
    return 0;
}

static enum jm_status gather_words(struct parse *p, const struct jm_command *const *table)
{
    int at[3] = {p->at, 0, 0}, n = 1, best = 0;
    char **argv;

    for (int i = p->at + 1; i < p->argc && n < 3 && strcmp(p->argv[i], "--") != 0; i++) {
        if (p->argv[i][0] != '-' || p->argv[i][1] == '\0')
            at[n++] = i;
        else if (eats_next(table, p->argv[p->at], p->argv[i]))
            i++;
    }
    for (const struct jm_command *const *c = table; *c != NULL; c++)
        best = match_words(p, (*c)->name, at, n) > best ? match_words(p, (*c)->name, at, n) : best;
    if (best < 2 || at[best - 1] == p->at + best - 1)
        return JM_OK;
    if ((argv = JM_NEW_N(p->cmd->mem, char *, (size_t)p->argc)) == NULL)
        return JM_E_NO_SPACE;
    memcpy(argv, p->argv, (size_t)p->argc * sizeof *argv);
    for (int w = 1; w < best; w++) {
        char *word = argv[at[w]];

        memmove(&argv[p->at + w + 1], &argv[p->at + w], (size_t)(at[w] - p->at - w) * sizeof *argv);
        argv[p->at + w] = word;
    }
    p->argv = argv;
    return JM_OK;
}

/* The first word of commands of several words. */
static bool is_group(const struct jm_command *const *table, const char *first)
{
    size_t n = strlen(first);

    for (const struct jm_command *const *c = table; *c != NULL; c++)
        if (strncmp((*c)->name, first, n) == 0 && (*c)->name[n] == ' ')
            return true;
    return false;
}

static enum jm_status find_command(struct parse *p, const struct jm_command *const *table)
{
    const char *first = p->argv[p->at], *second = p->at + 1 < p->argc ? p->argv[p->at + 1] : "";
    bool one = second[0] == '\0' || second[0] == '-';
    const char *both = one ? first : jm_format(p->cmd->mem, "%s %s", first, second);
    struct nearest n = {both, NULL, strlen(both), 4}, alone = {first, NULL, strlen(first), 3};
    int longest = 0;

    for (const struct jm_command *const *c = table; *c != NULL; c++) {
        int words = words_of(p, (*c)->name);

        if (words > longest) {
            longest = words;
            p->cmd->row = *c;
        }
        consider_word(&n, (*c)->name);
        consider_word(&alone, (*c)->name);
    }
    if (longest == 0) {
        const char *best = n.best != NULL ? n.best : alone.best,
                   *said = is_group(table, first) ? both : first;

        return refuse_usage(p, JM_CMD_COMMAND_UNKNOWN,
                            best == NULL ? said : jm_format(p->cmd->mem, "%s; %s?", said, best));
    }
    p->at += longest - 1;
    return JM_OK;
}

static enum jm_status take_operand(struct parse *p, const struct jm_command *const *table)
{
    struct jm_cmd *cmd = p->cmd;

    if (cmd->row == NULL) {
        JM_TRY(gather_words(p, table));
        return find_command(p, table);
    }
    if (cmd->n_operands == JM_CMD_OPERANDS_MAX || cmd->n_operands == cmd->row->max_operands)
        return refuse_usage(p, JM_CMD_OPERANDS,
                            jm_format(cmd->mem, "%s: %s", cmd->row->name, p->argv[p->at]));
    cmd->operand[cmd->n_operands++] = p->argv[p->at];
    return JM_OK;
}

static enum jm_status check_complete(struct parse *p)
{
    const struct jm_cmd *cmd = p->cmd;

    if (cmd->wants_help || cmd->wants_version)
        return JM_OK;
    if (cmd->row == NULL)
        return refuse_usage(p, JM_CMD_COMMAND_MISSING, "jumin --help");
    for (size_t i = 0; i < cmd->row->n_options; i++) {
        const struct jm_option *o = &cmd->row->options[i];

        if ((o->flags & JM_OPTION_REQUIRED) != 0 && !jm_opt_has(cmd, o->name))
            return refuse_usage(p, JM_CMD_OPTION_REQUIRED,
                                jm_format(cmd->mem, "--%s %s", o->name,
                                          o->arg == NULL ? "" : o->arg));
    }
    if (cmd->n_operands < cmd->row->min_operands)
        return refuse_usage(p, JM_CMD_OPERANDS,
                            jm_format(cmd->mem, "jumin %s %s", cmd->row->name, cmd->row->operands));
    return JM_OK;
}

static enum jm_status where_home_is(struct parse *p)
{
    struct jm_cmd_common *c = &p->cmd->common;
    const char *named = getenv("JUMIN_HOME"), *xdg = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");

    if (c->home != NULL)
        return JM_OK;
    if (named != NULL && named[0] != '\0')
        c->home = named;
    else if (xdg != NULL && xdg[0] == '/')
        c->home = jm_format(p->cmd->mem, "%s/jumin", xdg);
    else if (home != NULL && home[0] != '\0')
        c->home = jm_format(p->cmd->mem, "%s/.local/share/jumin", home);
    else
        c->home = "jumin-home";
    return JM_OK;
}

static void from_environment(struct jm_cmd_common *c)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *no_color = getenv("NO_COLOR");

    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        const char *v = getenv(names[i]);

        if (v != NULL && v[0] != '\0') {
            c->lang = jm_lang_of(v);
            break;
        }
    }
    c->no_color = no_color != NULL && no_color[0] != '\0';
}

/* Before anything can be refused: in what form it is to be said; and whether it can be said at all.
 */
static enum jm_status glance_ahead(struct parse *p)
{
    for (int i = 1; i < p->argc && strcmp(p->argv[i], "--") != 0; i++)
        p->cmd->common.json = p->cmd->common.json || strcmp(p->argv[i], "--json") == 0;
    for (int i = 1; i < p->argc; i++)
        if (!jm_utf8_valid(jm_str(p->argv[i]), NULL))
            return refuse_usage(p, JM_CMD_UTF8, jm_format(p->cmd->mem, "word %d", i));
    return JM_OK;
}

enum jm_status jm_options_parse(struct jm_cmd *cmd, int argc, char *const *argv,
                                const struct jm_command *const *table, struct jm_diag *d)
{
    struct parse p = {cmd, argc, 1, argv, d};
    bool only_operands = false;

    cmd->table = table;
    from_environment(&cmd->common);
    JM_TRY(where_home_is(&p)); /* so that there is one even when the rest is wrong */
    JM_TRY(glance_ahead(&p));
    for (; p.at < argc; p.at++) {
        const char *word = p.argv[p.at];

        if (only_operands || word[0] != '-' || word[1] == '\0')
            JM_TRY(take_operand(&p, table));
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-')
            JM_TRY(long_option(&p, word + 2));
        else
            JM_TRY(short_options(&p, word + 1));
    }
    return check_complete(&p);
}

/* -- asking -- */

const char *jm_opt_at(const struct jm_cmd *cmd, const char *name, size_t i)
{
    for (size_t k = 0; k < cmd->n_values; k++)
        if (strcmp(cmd->value[k].option->name, name) == 0 && i-- == 0)
            return cmd->value[k].value;
    return NULL;
}

const char *jm_opt(const struct jm_cmd *cmd, const char *name)
{
    const char *v = NULL;

    for (size_t k = 0; k < cmd->n_values; k++)
        if (strcmp(cmd->value[k].option->name, name) == 0)
            v = cmd->value[k].value;
    return v;
}

bool jm_opt_has(const struct jm_cmd *cmd, const char *name)
{
    for (size_t k = 0; k < cmd->n_values; k++)
        if (strcmp(cmd->value[k].option->name, name) == 0)
            return true;
    return false;
}

const char *jm_cmd_file(const struct jm_cmd *cmd)
{
    return cmd->n_operands == 0 ? "-" : cmd->operand[0];
}

/* -- help -- */

static const char *text_of(const struct jm_cmd *cmd, const char *prefix, const char *name,
                           const char *option)
{
    char key[128];

    (void)snprintf(key, sizeof key, "%s.%s%s%s", prefix, name, option == NULL ? "" : ".",
                   option == NULL ? "" : option);
    for (char *c = key; *c != '\0'; c++)
        if (*c == ' ')
            *c = '-';
    return jm_format(cmd->mem, "%s", jm_cmd_text(cmd, key));
}

/* Blanks that fill a column: one code point is one place in what stands there. */
static int gap_after(const char *text, int width)
{
    for (; *text != '\0'; text++)
        width -= ((unsigned char)*text & 0xc0) != 0x80;
    return width > 0 ? width : 0;
}

static void print_option(const struct jm_cmd *cmd, FILE *out, const struct jm_option *o,
                         const char *owner)
{
    const char *left = jm_format(cmd->mem, "%s%c%s--%s%s%s", o->letter != 0 ? "-" : " ",
                                 o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ", " : "  ",
                                 o->name, o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg);

    fprintf(out, "  %s%*s %s\n", left, gap_after(left, 28), "",
            text_of(cmd, "opt", owner, o->name));
}

static void print_common(const struct jm_cmd *cmd, FILE *out)
{
    fprintf(out, "\n%s\n", jm_cmd_text(cmd, "help.common"));
    for (size_t i = 0; i < jm_n_common_options; i++)
        print_option(cmd, out, &jm_common_options[i], "common");
}

void jm_help(const struct jm_cmd *cmd, FILE *out)
{
    const struct jm_command *row = cmd->row;

    if (row == NULL) {
        fprintf(out, "jumin init --synthetic\njumin inspect FILE\n\n%s\n",
                jm_cmd_text(cmd, "help.usage"));
        for (const struct jm_command *const *c = cmd->table; *c != NULL; c++)
            fprintf(out, "  %-20s %s\n", (*c)->name, text_of(cmd, "cmd", (*c)->name, NULL));
        print_common(cmd, out);
        return;
    }
    fprintf(out, "jumin %s\njumin %s\n\njumin %s%s%s%s\n%s\n", row->example[0], row->example[1],
            row->name, row->n_options > 0 ? " [OPTION…]" : "", row->operands == NULL ? "" : " ",
            row->operands == NULL ? "" : row->operands, text_of(cmd, "cmd", row->name, NULL));
    for (size_t i = 0; i < row->n_options; i++)
        print_option(cmd, out, &row->options[i], row->name);
    print_common(cmd, out);
}
