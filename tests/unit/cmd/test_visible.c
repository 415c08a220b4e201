/* SPDX-License-Identifier: Apache-2.0 */
/* B03: text of strangers on a terminal. */
#include "unit/test.h"

#include "cmd/cli/cmd.h"

static char shown[512];

static const char *text(FILE *f)
{
    size_t n;

    rewind(f);
    n = fread(shown, 1, sizeof shown - 1, f);
    shown[n] = '\0';
    (void)fclose(f);
    return shown;
}

static const char *show(struct jm_bytes t)
{
    FILE *f = tmpfile();

    if (f == NULL)
        abort();
    jm_show(f, t);
    return text(f);
}

JM_PRINTF(1, 2) static const char *formatted(const char *format, ...)
{
    FILE *f = tmpfile();
    va_list args;

    if (f == NULL)
        abort();
    va_start(args, format);
    jm_show_format(f, format, args);
    va_end(args);
    return text(f);
}

#define SHOWS(in, out) CHECK(strcmp(show(JM_BYTES(in)), (out)) == 0)

TEST(what_controls_a_terminal_is_written_out)
{
    SHOWS("\x1b[2J", "\\u001b[2J");
    SHOWS("a\r\nb\tc\x7f", "a\\u000d\\u000ab\\u0009c\\u007f");
    SHOWS("\xc2\x9b"
          "31m",
          "\\u009b31m");
    SHOWS("\xe2\x80\xae"
          "abc",
          "\\u202eabc");
    SHOWS("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8",
          "\\u2066\\u2069\\u061c\\u200e\\u200f\\u2028");
    SHOWS("\0x", "\\u0000x");
}

TEST(what_is_no_UTF_8_is_written_as_octets)
{
    SHOWS("\x9b"
          "31m",
          "\\x9b31m");
    SHOWS("a\xe2\x80", "a\\xe2\\x80");
    SHOWS("\xc0\x9b", "\\xc0\\x9b");
    SHOWS("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

TEST(all_else_stays)
{
    SHOWS("", "");
    SHOWS("김하나 金 \xf0\xa0\xae\xb7 é ~", "김하나 金 \xf0\xa0\xae\xb7 é ~");
    SHOWS("\xc2\xa0", "\xc2\xa0"); /* the first beyond C1 */
}

TEST(line_ends_are_those_of_the_format)
{
    CHECK(strcmp(formatted("%s: %d\n", "a\nb", 7), "a\\u000ab: 7\n") == 0);
    CHECK(strcmp(formatted("%-4.*s|\n", 2,
                           "x\x1b"
                           "9"),
                 "x\\u001b  |\n") == 0);
}
