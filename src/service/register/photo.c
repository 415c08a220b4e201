/* SPDX-License-Identifier: Apache-2.0 */
/* A photo that comes in: is it one that a card can carry, and sealed as the register keeps it. */
#include "service/register/register.h"
#include "service/signer.h"

static size_t u16_at(struct jm_bytes b, size_t at)
{
    return (size_t)b.ptr[at] << 8 | b.ptr[at + 1];
}

static enum jm_status bad_photo(struct jm_diag *d, const char *why)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_REGISTER_PHOTO_FORM, why);
}

/* ITU-T T.81 B.2.2: eight bits, in colour, upright, of a size that a card carries. */
static enum jm_status check_frame(struct jm_bytes segment, struct jm_diag *d)
{
    if (segment.len < 8)
        return bad_photo(d, "frame");
    size_t high = u16_at(segment, 3), wide = u16_at(segment, 5);
    if (segment.ptr[2] != 8 || segment.ptr[7] != 3)
        return bad_photo(d, "not in colour");
    return high >= wide && wide >= JM_PHOTO_SIDE_MIN && high <= JM_PHOTO_SIDE_MAX
               ? JM_OK
               : bad_photo(d, "size, or not upright");
}

enum jm_status jm_photo_check(struct jm_bytes jpeg, struct jm_diag *d)
{
    enum { SOF0 = 0xC0, SOF2 = 0xC2, DHT = 0xC4, SOS = 0xDA, DQT = 0xDB, DRI = 0xDD, APP0 = 0xE0 };
    bool framed = false;

    if (jpeg.len < 4 || jpeg.len > JM_PHOTO_MAX || u16_at(jpeg, 0) != 0xFFD8 ||
        u16_at(jpeg, jpeg.len - 2) != 0xFFD9)
        return bad_photo(d, "no JPEG, or too large");
    for (size_t at = 2; at + 4 <= jpeg.len;) {
        unsigned marker = jpeg.ptr[at + 1];
        size_t len = u16_at(jpeg, at + 2);
        struct jm_bytes segment = jm_slice(jpeg, at + 2, len);

        if (jpeg.ptr[at] != 0xFF || len < 2 || segment.len != len)
            return bad_photo(d, "segments");
        if (marker == SOS)
            return framed ? JM_OK : bad_photo(d, "no frame");
        if (marker >= SOF0 && marker <= SOF2) {
            if (framed)
                return bad_photo(d, "two frames");
            JM_TRY(check_frame(segment, d));
            framed = true;
        } else if (marker != DHT && marker != DQT && marker != DRI && marker != APP0) {
            return bad_photo(d, "it carries more than a picture");
        }
        at += 2 + len;
    }
    return bad_photo(d, "no picture");
}

enum jm_status jm_photo_seal(const struct jm_env *env, struct jm_person *p, struct jm_bytes jpeg,
                             struct jm_arena *mem)
{
    struct jm_bytes in[2], out = {NULL, 0};
    struct jm_list ins = {in, 2, 2}, outs = {&out, 1, 1};

    JM_TRY(jm_env_id(env, &p->photo_row));
    JM_TRY(jm_row_aad(&in[0], "photo/sealed", &p->photo_row, mem));
    in[1] = jpeg;
    JM_TRY(env->signer->call(env->signer->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(), &ins, &outs));
    return jm_dup(&p->photo_sealed, mem, out);
}
