/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/base64.h"

TEST(rfc_4648_both_ways)
{
    static const char *const rows[][3] = {{"", "", ""},
                                          {"f", "Zg", "Zg=="},
                                          {"fo", "Zm8", "Zm8="},
                                          {"foo", "Zm9v", "Zm9v"},
                                          {"foob", "Zm9vYg", "Zm9vYg=="},
                                          {"\xfb\xff", "-_8", "+/8="}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(256);
        struct jm_buf b = room(16);
        struct jm_bytes v;

        CHECK_OK(jm_b64url_encode(&v, &mem, jm_str(rows[i][0])));
        CHECK_STR(v, rows[i][1]);
        CHECK_OK(jm_b64url_decode(&v, &mem, exact(jm_str(rows[i][1]))));
        CHECK_STR(v, rows[i][0]);
        CHECK_OK(jm_b64_put(&b, jm_str(rows[i][0])));
        CHECK_STR(jm_written(b), rows[i][2]);
        CHECK_OK(jm_b64_decode(&v, &mem, exact(jm_str(rows[i][2]))));
        CHECK_STR(v, rows[i][0]);
    }
}

TEST(refusals)
{
    static const char *const url[] = {"Z",    "Zg==", "Zh",     "Zm9",   "Zm 8",
                                      "Zm+v", "Zm/v", "Zm9v\n", "Zm9v=", "Zm\x80v"};
    static const char *const padded[] = {"Zg",       "Zg=",  "Zh==", "Z===",     "====",
                                         "Zm9v====", "Zm-v", "Zm_v", "Zg==Zg==", "Zm 8="};
    static const char *const digits[] = {"0", "0g", "00 ", " 00", "0x00"};
    struct jm_arena mem = arena(4096);
    uint8_t out[32];
    struct jm_bytes v;

    for (size_t i = 0; i < JM_ARRAY_LEN(url); i++)
        ROW(CHECK_ST(jm_b64url_decode(&v, &mem, exact(jm_str(url[i]))), JM_E_MALFORMED), url[i]);
    for (size_t i = 0; i < JM_ARRAY_LEN(padded); i++)
        ROW(CHECK_ST(jm_b64_decode(&v, &mem, exact(jm_str(padded[i]))), JM_E_MALFORMED), padded[i]);
    for (size_t i = 0; i < JM_ARRAY_LEN(digits); i++)
        ROW(CHECK_ST(jm_hex_decode(&v, &mem, exact(jm_str(digits[i]))), JM_E_MALFORMED), digits[i]);
    CHECK_OK(jm_b64url_exact(out, 32, JM_BYTES("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")));
    CHECK_EQ(out[31], 31);
    CHECK_ST(jm_b64url_exact(out, 32, JM_BYTES("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg")),
             JM_E_MALFORMED);
    CHECK_EQ(out[31], 0);
    CHECK_ST(jm_b64url_exact(out, 32, JM_BYTES("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAA")),
             JM_E_MALFORMED);
}
