/* SPDX-License-Identifier: Apache-2.0 */
/* The security object: digests of the files, signed by a signer of resident cards. */
#include "jumin/civil.h"
#include "jumin/cose.h"
#include "proto/card_parts.h"

#include <string.h>

#define PROTECTED JM_BYTES("\xa1\x01\x26") /* {1: -7} */
#define TAG_TDATE 0
#define MEMBERS 6
#define CLOCK_SKEW_S 60
#define SIGNER_YEARS_MAX 15

/* -- reading -- */

static void read_label(struct jm_cbor *r, uint64_t label)
{
    if (jm_cbor_uint(r) != label)
        jm_cbor_fail(r, JM_E_MALFORMED);
}

static int64_t read_tdate(struct jm_cbor *r, uint64_t label)
{
    struct jm_bytes text;
    int64_t at = 0;

    read_label(r, label);
    if (jm_cbor_tag(r) != TAG_TDATE)
        jm_cbor_fail(r, JM_E_MALFORMED);
    text = jm_cbor_text(r);
    if (r->st == JM_OK && jm_tdate_parse(&at, text) != JM_OK)
        jm_cbor_fail(r, JM_E_MALFORMED);
    return at;
}

/* {group: digest}, ascending */
static void read_digests(struct jm_card_sod *out, struct jm_cbor *r)
{
    size_t n = jm_cbor_map(r);

    if (n > JM_CARD_GROUPS_MAX)
        jm_cbor_fail(r, JM_E_LIMIT);
    for (size_t i = 0; i < n && r->st == JM_OK; i++) {
        uint64_t group = jm_cbor_uint(r);
        struct jm_bytes digest = jm_cbor_bytes(r);

        if (group == 0 || group > UINT8_MAX || digest.len != sizeof out->dg[i].digest ||
            (i > 0 && group <= out->dg[i - 1].group)) {
            jm_cbor_fail(r, JM_E_MALFORMED);
            return;
        }
        out->dg[i].group = (uint8_t)group;
        memcpy(out->dg[i].digest, digest.ptr, digest.len);
        out->n = i + 1;
    }
}

static const uint8_t *digest_of(const struct jm_card_sod *s, uint8_t group)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->dg[i].group == group)
            return s->dg[i].digest;
    return NULL;
}

static enum jm_status read_payload(struct jm_card_sod *out)
{
    struct jm_cbor_fault fault;
    struct jm_bytes hash;
    struct jm_cbor r;

    JM_TRY(jm_cbor_check(out->payload, NULL, &fault));
    if (fault.non_preferred != 0)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, out->payload);
    if (jm_cbor_map(&r) != MEMBERS)
        jm_cbor_fail(&r, JM_E_MALFORMED);
    read_label(&r, 1);
    if (jm_cbor_uint(&r) != 1)
        jm_cbor_fail(&r, JM_E_UNSUPPORTED);
    read_label(&r, 2);
    hash = jm_cbor_text(&r);
    if (r.st == JM_OK && !jm_bytes_eq_str(hash, "SHA-256"))
        jm_cbor_fail(&r, JM_E_UNSUPPORTED);
    read_label(&r, 3);
    read_digests(out, &r);
    read_label(&r, 4);
    out->serial = jm_cbor_text(&r);
    out->signed_at = read_tdate(&r, 5);
    out->until = read_tdate(&r, 6);
    JM_TRY(jm_cbor_end(&r));
    if (out->serial.len == 0 || out->serial.len > JM_CARD_SERIAL_MAX)
        return JM_E_RANGE;
    for (unsigned ef = 0; ef < JM_EF_N; ef++) {
        uint8_t group = jm_card_ef_row((enum jm_card_ef)ef)->group;

        if (group != 0 && digest_of(out, group) == NULL)
            return JM_E_MISSING;
    }
    return JM_OK;
}

static enum jm_status read_sod(struct jm_card_sod *out, struct jm_bytes ef)
{
    struct jm_cose_sign1 s;
    struct jm_bytes cbor;

    JM_TRY(jm_card_cbor_of(&cbor, JM_EF_SOD, ef));
    JM_TRY(jm_cose_parse(&s, cbor, JM_COSE_TAG_SIGN1));
    if (s.tagged || !jm_bytes_eq(s.protected_bstr, PROTECTED) || s.alg_unprotected ||
        s.crit_unknown || !s.has_x5chain || s.n_x5chain == 0 || s.x5chain_protected ||
        s.x5chain_conflict || s.x5chain_limit || s.x5chain_array_of_one || s.payload.ptr == NULL ||
        s.sig.len != jm_sig_len(JM_ALG_ES256))
        return JM_E_MALFORMED;
    out->ef = ef;
    out->protected_bstr = s.protected_bstr;
    out->payload = s.payload;
    out->sig = s.sig;
    out->n_x5chain = s.n_x5chain;
    for (size_t i = 0; i < s.n_x5chain; i++)
        out->x5chain[i] = s.x5chain[i];
    return read_payload(out);
}

enum jm_status jm_card_sod_read(struct jm_card_sod *out, struct jm_bytes ef)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if ((st = read_sod(out, ef)) != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

bool jm_card_sod_covers(const struct jm_card_sod *s, enum jm_card_ef ef, struct jm_bytes octets,
                        const struct jm_crypto *c)
{
    uint8_t group = jm_card_ef_row(ef)->group, h[32];
    const uint8_t *digest = group == 0 ? NULL : digest_of(s, group);

    return digest != NULL && jm_sha256(c, octets, h) == JM_OK && memcmp(h, digest, sizeof h) == 0;
}

/* -- judging -- */

static enum jm_status refuse_forged(struct jm_diag *d, enum jm_status st, const char *why)
{
    return jm_refuse(d, st, JM_CARD_FORGED, why);
}

static enum jm_status judge_signer(struct jm_point *key, const struct jm_card_sod *s,
                                   const struct jm_card_trust *trust, struct jm_arena *mem,
                                   struct jm_diag *d)
{
    const struct jm_path_spec spec = {.anchors = trust->anchors,
                                      .use = JM_PATH_CARD,
                                      .eku = trust->eku,
                                      .now = trust->now,
                                      .waive_crl = trust->waive_crl};
    struct jm_path path;
    const struct jm_cert *c;

    JM_TRY(jm_path_judge(&path, &spec, s->x5chain, s->n_x5chain, trust->answers, mem));
    if (jm_path_result(&path) == JM_UNKNOWN)
        return jm_path_refusal(&path, d);
    if (jm_path_result(&path) != JM_PASS)
        return refuse_forged(d, JM_E_DENIED, path.rule[jm_path_reason(&path)].detail);
    c = &path.chain[0];
    if (s->signed_at < c->not_before || s->signed_at > c->not_after)
        return refuse_forged(d, JM_E_DENIED, "the signer was not valid when it signed");
    if (c->not_after - c->not_before > SIGNER_YEARS_MAX * 366 * (int64_t)JM_DAY_S)
        return refuse_forged(d, JM_E_DENIED, "the signer is valid for more than 15 years");
    *key = c->point;
    return JM_OK;
}

static enum jm_status judge_sod(const struct jm_card_sod *s, const struct jm_card_trust *trust,
                                struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes signed_octets;
    struct jm_point key;
    enum jm_status st;

    JM_TRY(judge_signer(&key, s, trust, mem, d));
    JM_TRY(jm_cose_sig_structure(&signed_octets, mem, s->protected_bstr, s->payload));
    st = jm_answers_verify(trust->answers, JM_ALG_ES256, jm_point_bytes(&key), signed_octets,
                           s->sig);
    if (st == JM_E_UNAVAILABLE || st == JM_E_PENDING)
        return st;
    if (st != JM_OK)
        return refuse_forged(d, JM_E_SIGNATURE, "the signature of the SOD does not hold");
    if (s->signed_at > trust->now + CLOCK_SKEW_S || s->signed_at >= s->until)
        return refuse_forged(d, JM_E_DENIED, "the SOD was signed in the future");
    if (s->until < trust->now)
        return refuse_forged(d, JM_E_DENIED, "the SOD is no longer valid");
    return JM_OK;
}

enum jm_status jm_card_sod_judge(struct jm_card_sod *out, struct jm_bytes ef,
                                 const struct jm_card_trust *trust, struct jm_arena *mem,
                                 struct jm_diag *d)
{
    enum jm_status st = jm_card_sod_read(out, ef);

    if (st == JM_E_LIMIT)
        return jm_refuse(d, st, JM_CARD_SIZE, "the SOD is longer than it may be");
    if (st != JM_OK)
        return jm_refuse(d, st, JM_CARD_TLV, "the SOD cannot be read");
    if ((st = judge_sod(out, trust, mem, d)) != JM_OK)
        memset(out, 0, sizeof *out);
    return st;
}

/* -- writing -- */

static void write_tdate(struct jm_cbor_w *w, uint64_t label, int64_t at_s)
{
    char text[21];

    jm_tdate_format(text, at_s);
    jm_cbor_w_uint(w, label);
    jm_cbor_w_tag(w, TAG_TDATE);
    jm_cbor_w_text(w, jm_str(text));
}

static enum jm_status write_digests(struct jm_cbor_w *w, const struct jm_card_sod_spec *spec,
                                    const struct jm_crypto *c)
{
    static const enum jm_card_ef order[] = {JM_EF_DG1, JM_EF_DG2, JM_EF_DG11, JM_EF_DG14};
    uint8_t h[32];

    jm_cbor_w_map(w, JM_ARRAY_LEN(order));
    for (size_t i = 0; i < JM_ARRAY_LEN(order); i++) {
        if (spec->ef[order[i]].len == 0)
            return JM_E_RANGE;
        JM_TRY(jm_sha256(c, spec->ef[order[i]], h));
        jm_cbor_w_uint(w, jm_card_ef_row(order[i])->group);
        jm_cbor_w_bytes(w, jm_bytes(h, sizeof h));
    }
    return JM_OK;
}

static enum jm_status write_payload(struct jm_bytes *out, const struct jm_card_sod_spec *spec,
                                    const struct jm_crypto *c, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 512));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, MEMBERS);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_str(&w, "SHA-256");
    jm_cbor_w_uint(&w, 3);
    JM_TRY(write_digests(&w, spec, c));
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_text(&w, spec->serial);
    write_tdate(&w, 5, spec->signed_at);
    write_tdate(&w, 6, spec->until);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status write_cose(struct jm_bytes *out, const struct jm_card_sod_spec *spec,
                                 struct jm_bytes payload, const struct jm_sig *sig,
                                 struct jm_arena *mem)
{
    size_t len = payload.len + 160;
    struct jm_cbor_w w;
    struct jm_buf b;

    for (size_t i = 0; i < spec->n_x5chain; i++)
        len += spec->x5chain[i].len + 8;
    JM_TRY(jm_alloc_buf(&b, mem, len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, PROTECTED);
    jm_cose_w_x5chain(&w, spec->x5chain, spec->n_x5chain);
    jm_cbor_w_bytes(&w, payload);
    jm_cbor_w_bytes(&w, jm_sig_bytes(sig));
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_card_sod_write(struct jm_bytes *out, const struct jm_card_sod_spec *spec,
                                 const struct jm_crypto *c, const struct jm_answers *answers,
                                 struct jm_arena *mem)
{
    struct jm_bytes payload, to_sign, cose;
    struct jm_card_sod check;
    struct jm_sig sig;
    struct jm_buf b;

    *out = jm_none();
    if (spec->n_x5chain == 0 || spec->n_x5chain > JM_X5CHAIN_MAX || answers->sign == NULL)
        return JM_E_RANGE;
    JM_TRY(write_payload(&payload, spec, c, mem));
    JM_TRY(jm_cose_sig_structure(&to_sign, mem, PROTECTED, payload));
    JM_TRY(answers->sign(answers->ctx, JM_ALG_ES256, spec->signer, to_sign, &sig));
    JM_TRY(write_cose(&cose, spec, payload, &sig, mem));
    JM_TRY(jm_alloc_buf(&b, mem, cose.len + 8));
    JM_TRY(jm_card_put(&b, jm_card_ef_row(JM_EF_SOD)->tag, cose));
    JM_TRY(jm_card_sod_read(&check, jm_written(b))); /* what no reader takes is not made */
    *out = jm_written(b);
    return JM_OK;
}
