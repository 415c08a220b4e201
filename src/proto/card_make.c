/* SPDX-License-Identifier: Apache-2.0 */
/* Personalisation: the files of a new chip, signed, with its passwords and counters. */
#include "jumin/cbor.h"
#include "jumin/chip.h"
#include "jumin/civil.h"
#include "proto/card_parts.h"

#include <string.h>

#define TEXT_MAX 512
#define TAG_FULL_DATE 1004

static bool is_text(struct jm_bytes t)
{
    return t.len > 0 && t.len <= TEXT_MAX && jm_bytes_printable(t) && jm_utf8_valid(t, NULL);
}

static enum jm_status wrap_file(struct jm_bytes *out, enum jm_card_ef ef, struct jm_bytes content,
                                struct jm_arena *mem)
{
    struct jm_buf b;

    if (content.len + 4 > jm_card_ef_row(ef)->max)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, mem, content.len + 4));
    JM_TRY(jm_card_put(&b, jm_card_ef_row(ef)->tag, content));
    *out = jm_written(b);
    return JM_OK;
}

/* Element ids as documents have them, in the order of deterministic CBOR. */
static enum jm_status write_dg11(struct jm_bytes *out, const struct jm_chip_spec *spec,
                                 struct jm_arena *mem)
{
    struct jm_date date;
    struct jm_cbor_w w;
    struct jm_buf b;

    if (!is_text(spec->name) || !is_text(spec->address) ||
        jm_date_parse(&date, spec->birth_date) != JM_OK)
        return JM_E_RANGE;
    JM_TRY(jm_alloc_buf(&b, mem, spec->name.len + spec->address.len + 96));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_str(&w, "full_name");
    jm_cbor_w_text(&w, spec->name);
    jm_cbor_w_str(&w, "birth_date");
    jm_cbor_w_tag(&w, TAG_FULL_DATE);
    jm_cbor_w_text(&w, spec->birth_date);
    jm_cbor_w_str(&w, "resident_address");
    jm_cbor_w_text(&w, spec->address);
    JM_TRY(jm_cbor_w_end(&w));
    return wrap_file(out, JM_EF_DG11, jm_written(b), mem);
}

static enum jm_status write_passwords(struct jm_chip_image *out, const struct jm_chip_spec *spec)
{
    if (!jm_card_is_password(spec->pin, JM_CARD_PIN_LEN) ||
        !jm_card_is_password(spec->can, JM_CARD_PIN_LEN) ||
        !jm_card_is_password(spec->puk, JM_CARD_PUK_LEN))
        return JM_E_RANGE;
    memcpy(out->pin, spec->pin.ptr, spec->pin.len);
    memcpy(out->can, spec->can.ptr, spec->can.len);
    memcpy(out->puk, spec->puk.ptr, spec->puk.len);
    out->pin_tries = JM_CHIP_PIN_TRIES;
    out->puk_tries = JM_CHIP_PUK_TRIES;
    out->key = spec->key;
    return JM_OK;
}

enum jm_status jm_card_files(struct jm_bytes file[JM_EF_N], const struct jm_point *key,
                             const struct jm_chip_spec *spec, const struct jm_crypto *c,
                             const struct jm_answers *answers, struct jm_arena *mem)
{
    struct jm_card_sod_spec sod = {.serial = spec->dg1.serial,
                                   .signed_at = spec->signed_at,
                                   .until = spec->until,
                                   .x5chain = spec->x5chain,
                                   .n_x5chain = spec->n_x5chain,
                                   .signer = spec->signer};

    if (!jm_bytes_starts(spec->portrait, JM_BYTES("\xff\xd8\xff")) ||
        spec->until <= spec->signed_at)
        return JM_E_RANGE;
    JM_TRY(jm_card_access_write(&file[JM_EF_ACCESS], mem));
    JM_TRY(jm_card_dg1_write(&file[JM_EF_DG1], &spec->dg1, mem));
    JM_TRY(jm_card_dg14_write(&file[JM_EF_DG14], key, mem));
    JM_TRY(wrap_file(&file[JM_EF_DG2], JM_EF_DG2, spec->portrait, mem));
    JM_TRY(write_dg11(&file[JM_EF_DG11], spec, mem));
    file[JM_EF_SOD] = jm_none();
    memcpy(sod.ef, file, sizeof sod.ef);
    return jm_card_sod_write(&file[JM_EF_SOD], &sod, c, answers, mem);
}

static enum jm_status make_image(struct jm_chip_image *out, const struct jm_chip_spec *spec,
                                 const struct jm_crypto *c, const struct jm_answers *answers,
                                 struct jm_arena *mem)
{
    struct jm_point point;

    JM_TRY(write_passwords(out, spec));
    JM_TRY(c->ec_map->public_of(&point, &spec->key));
    return jm_card_files(out->file, &point, spec, c, answers, mem);
}

enum jm_status jm_card_make(struct jm_chip_image *out, const struct jm_chip_spec *spec,
                            const struct jm_crypto *c, const struct jm_answers *answers,
                            struct jm_arena *mem)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (!jm_card_can(c))
        return JM_E_UNSUPPORTED;
    if ((st = make_image(out, spec, c, answers, mem)) != JM_OK)
        jm_wipe(out, sizeof *out);
    return st;
}
