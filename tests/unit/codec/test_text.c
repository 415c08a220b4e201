/* SPDX-License-Identifier: Apache-2.0 */
/* D-105, B02: text is compared in NFC, and holds nothing that nobody sees. */
#include "jumin/text.h"

#include "unit/test.h"

TEST(jamo_become_syllables)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},
        {"Kim, Hana 7", "Kim, Hana 7"},
        {"김하나", "김하나"},
        {"\u1100\u1175\u11b7", "김"},
        {"\u1112\u1161\u1102\u1161", "하나"},
        {"가\u11a8", "각"},       /* a syllable grows */
        {"각\u11a8", "각\u11a8"}, /* a full one does not */
        {"\u1100\u1100\u1161", "\u1100가"},
        {"\u1100 \u1161", "\u1100 \u1161"},
        {"a\u1161b", "a\u1161b"},
        {"힣\u11c2", "힣\u11c2"},
        {"\u1112\u1175\u11c2", "힣"},
        {"金 é Đặng \U00020bb7", "金 é Đặng \U00020bb7"},
    };
    struct jm_arena mem = arena(4096);
    struct jm_bytes out;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_OK(jm_text_read(&out, guarded(jm_str(rows[i].in)), &mem)) &&
                CHECK_STR(out, rows[i].out),
            rows[i].in);
}

TEST(what_nobody_sees_is_refused)
{
    static const char *const rows[] = {
        " a",
        "a ",
        " ",
        "a\x1f",
        "a\x7f",
        "\xc2\x85",
        "\u00a0",
        "a\u00ad",
        "\u034f",
        "\u061c",
        "\u115f",
        "\u1160",
        "\u180e",
        "a\u200b"
        "b",
        "\u200d",
        "\u200e",
        "\u2028",
        "\u202e"
        "a",
        "\u2066",
        "\u3000",
        "\u3164",
        "\ufe0f",
        "\ufeff",
        "\uffa0",
        "\ufffe",
        "\uffff",
        "\U0001fffe",
        "\U000e0001",
        "\U000e0100",
        "e\u0301",
        "\u0301",
        "\u0344",
        "\u212b",
        "\u2126",
        "\uf900",
        "\U0002f800",
        "\u0e38",
        "\xff",
        "\xed\xa0\x80",
        "\xc2",
    };
    struct jm_arena mem = arena(4096);
    struct jm_bytes out;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_text_read(&out, guarded(jm_str(rows[i])), &mem), JM_E_MALFORMED), rows[i]);
}

TEST(there_is_room_or_there_is_none)
{
    struct jm_arena mem = arena(1);
    struct jm_bytes out;

    CHECK_ST(jm_text_read(&out, JM_BYTES("\u1100\u1161"), &mem), JM_E_NO_SPACE);
    CHECK_OK(jm_text_read(&out, JM_BYTES("가"), &mem));
}
