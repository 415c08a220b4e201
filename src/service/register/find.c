/* SPDX-License-Identifier: Apache-2.0 */
/* Looking people up, and what a resident number may look like. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/register/parts.h"
#include "service/signer.h"

/* -- numbers -- */

enum jm_status jm_rrn_read(uint8_t out[JM_RRN_LEN], struct jm_bytes text, bool synthetic,
                           struct jm_diag *d)
{
    size_t n = 0;

    memset(out, 0, JM_RRN_LEN);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-' && i == 6 && text.len == JM_RRN_LEN + 1)
            continue;
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n == JM_RRN_LEN)
            return jm_refuse(d, JM_E_MALFORMED, JM_REGISTER_RRN_FORM, NULL);
        out[n++] = text.ptr[i];
    }
    if (n != JM_RRN_LEN)
        return jm_refuse(d, JM_E_MALFORMED, JM_REGISTER_RRN_FORM, NULL);
    int month = (out[2] - '0') * 10 + out[3] - '0';
    if (synthetic && month >= 1 && month <= 12)
        return jm_refuse(d, JM_E_DENIED, JM_REGISTER_RRN_REAL, NULL);
    if (!synthetic && month > 12)
        return jm_refuse(d, JM_E_DENIED, JM_REGISTER_RRN_SYNTHETIC, NULL);
    return JM_OK;
}

void jm_rrn_mask(char out[JM_RRN_MASKED_LEN + 1], struct jm_bytes digits)
{
    memset(out, 0, JM_RRN_MASKED_LEN + 1);
    if (digits.len != JM_RRN_LEN)
        return;
    memcpy(out, digits.ptr, 6);
    out[6] = '-';
    out[7] = (char)digits.ptr[6];
    memset(out + 8, '*', 6);
}

enum jm_status jm_rrn_lookup(const struct jm_env *env, uint8_t out[32],
                             const uint8_t digits[JM_RRN_LEN])
{
    struct jm_bytes in = jm_bytes(digits, JM_RRN_LEN), mac = {NULL, 0};
    struct jm_list ins = {&in, 1, 1}, outs = {&mac, 1, 1};

    JM_TRY(env->signer->call(env->signer->ctx, JM_MAC, JM_PURPOSE_LOOKUP, jm_none(), &ins, &outs));
    if (mac.len != 32)
        return JM_E_BUG;
    memcpy(out, mac.ptr, 32);
    return JM_OK;
}

/* -- people -- */

struct finding {
    const struct jm_register_find *f;
    struct jm_register_found *found;
    size_t n, max;
    const struct jm_actor *who;
    struct jm_bytes reason;
    struct jm_arena *mem;
};

static enum jm_status keep_found(void *ctx, const struct jm_register_found *f)
{
    struct finding *x = ctx;

    if (x->n == x->max)
        return JM_E_BUG;
    x->found[x->n++] = *f;
    return JM_OK;
}

static enum jm_status audit_tx(struct jm_tx *tx, void *arg)
{
    const struct finding *x = arg;

    if (x->n == 0)
        return jm_audit_in(tx, x->who, "REGISTER_FIND", NULL, x->reason, "nobody", NULL);
    for (size_t i = 0; i < x->n; i++)
        JM_TRY(
            jm_audit_in(tx, x->who, "REGISTER_FIND", &x->found[i].person, x->reason, "done", NULL));
    return JM_OK;
}

#define AT_ONCE 256 /* a signer takes 1,024 items a frame */

static enum jm_status mask_some(const struct jm_env *env, struct jm_register_found *found, size_t n,
                                struct jm_arena *mem)
{
    struct jm_bytes *in = JM_NEW_N(mem, struct jm_bytes, 2 * n),
                    *out = JM_NEW_N(mem, struct jm_bytes, n);
    struct jm_list ins = {in, 2 * n, 2 * n}, outs = {out, n, n};

    if (in == NULL || out == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        JM_TRY(jm_row_aad(&in[2 * i], "rrn/sealed", &found[i].rrn_row, mem));
        in[2 * i + 1] = found[i].rrn_sealed;
    }
    JM_TRY(env->signer->call(env->signer->ctx, JM_OPEN, JM_PURPOSE_ROW, jm_none(), &ins, &outs));
    for (size_t i = 0; i < n; i++)
        jm_rrn_mask(found[i].masked, outs.items[i]);
    return JM_OK;
}

static enum jm_status mask_all(const struct jm_env *env, const struct finding *x)
{
    for (size_t i = 0; i < x->n; i += AT_ONCE)
        JM_TRY(mask_some(env, x->found + i, x->n - i < AT_ONCE ? x->n - i : AT_ONCE, x->mem));
    return JM_OK;
}

enum jm_status jm_register_find(const struct jm_env *env, struct jm_register_found **out, size_t *n,
                                const struct jm_register_find *f, bool masked,
                                const struct jm_actor *who, struct jm_bytes reason,
                                struct jm_arena *mem)
{
    enum jm_status st;
    struct finding x = {.f = f, .max = (size_t)f->limit, .who = who, .reason = reason, .mem = mem};

    *out = NULL;
    *n = 0;
    if ((x.found = JM_NEW_N(mem, struct jm_register_found, x.max + 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(st, tx, env, jm_register_rows_find(tx, f, keep_found, &x, mem));
    JM_TRY(st);
    if (masked)
        JM_TRY(mask_all(env, &x));
    JM_TRY(jm_tx_run(env, audit_tx, &x));
    *out = x.found;
    *n = x.n;
    return JM_OK;
}
