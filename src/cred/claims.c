/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/claims.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"

static struct jm_claim *add_claim(struct jm_claims *c, struct jm_claim *up, struct jm_claim **last,
                                  struct jm_arena *mem)
{
    struct jm_claim *x = JM_NEW(mem, struct jm_claim);

    if (x == NULL)
        return NULL;
    x->at = c->n++;
    x->up = up;
    if (up == NULL)
        return x;
    if (*last == NULL)
        up->child = x;
    else
        (*last)->next = x;
    *last = x;
    up->n++;
    return x;
}

/* -- SD-JWT: RFC 9901 7.1, keeping what carries what -- */

struct weave {
    struct jm_claims *c;
    const struct jm_sdjwt *s;
    size_t *by_digest; /* positions of the disclosures, ascending by digest */
    bool *used;
    struct jm_arena *mem;
};

static enum jm_status weave_claim(struct weave *w, struct jm_claim *x, const struct jm_json *in,
                                  unsigned depth);

static enum jm_status sort_disclosures(struct weave *w)
{
    w->by_digest = JM_NEW_N(w->mem, size_t, w->s->n + 1);
    w->used = JM_NEW_N(w->mem, bool, w->s->n + 1);
    if (w->by_digest == NULL || w->used == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < w->s->n; i++) {
        size_t k = i;

        for (; k > 0 && memcmp(w->s->disclosure[w->by_digest[k - 1]].digest,
                               w->s->disclosure[i].digest, 32) > 0;
             k--)
            w->by_digest[k] = w->by_digest[k - 1];
        w->by_digest[k] = i;
    }
    return JM_OK;
}

/* The position of the disclosure, SIZE_MAX for a decoy or one that is not here; the same one twice
 * is a fault. */
static enum jm_status find_disclosure(struct weave *w, const struct jm_json *digest, size_t *out)
{
    size_t from = 0, to = w->s->n;
    uint8_t d[32];

    *out = SIZE_MAX;
    if (digest->type != JM_JSON_STRING || jm_b64url_exact(d, sizeof d, digest->text) != JM_OK)
        return JM_E_MALFORMED;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = memcmp(w->s->disclosure[w->by_digest[mid]].digest, d, 32);

        if (order == 0) {
            *out = w->by_digest[mid];
            break;
        }
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    if (*out == SIZE_MAX)
        return JM_OK;
    if (w->used[*out])
        return JM_E_MALFORMED;
    w->used[*out] = true;
    return JM_OK;
}

static enum jm_status weave_disclosed(struct weave *w, struct jm_claim *up, struct jm_claim **last,
                                      size_t at, unsigned depth)
{
    const struct jm_sdjwt_disclosure *d = &w->s->disclosure[at];
    struct jm_claim *x;

    for (const struct jm_claim *o = d->name.ptr == NULL ? NULL : up->child; o != NULL; o = o->next)
        if (jm_bytes_eq(o->name, d->name))
            return JM_E_MALFORMED;
    if ((x = add_claim(w->c, up, last, w->mem)) == NULL)
        return JM_E_NO_SPACE;
    x->name = d->name;
    x->part = at + 1;
    return weave_claim(w, x, d->value, depth + 1);
}

static enum jm_status weave_object(struct weave *w, struct jm_claim *x, const struct jm_json *in,
                                   unsigned depth)
{
    const struct jm_json *sd = jm_json_get(in, "_sd");
    struct jm_claim *last = NULL;

    for (const struct jm_json *m = in->child; m != NULL; m = m->next) {
        struct jm_claim *y;

        if (m == sd || (depth == 0 && jm_bytes_eq_str(m->name, "_sd_alg")))
            continue;
        if ((y = add_claim(w->c, x, &last, w->mem)) == NULL)
            return JM_E_NO_SPACE;
        y->name = m->name.ptr == NULL ? JM_BYTES("") : m->name;
        JM_TRY(weave_claim(w, y, m, depth + 1));
    }
    if (sd != NULL && sd->type != JM_JSON_ARRAY)
        return JM_E_MALFORMED;
    for (const struct jm_json *d = sd == NULL ? NULL : sd->child; d != NULL; d = d->next) {
        size_t at;

        JM_TRY(find_disclosure(w, d, &at));
        if (at == SIZE_MAX)
            continue;
        if (w->s->disclosure[at].name.ptr == NULL)
            return JM_E_MALFORMED;
        JM_TRY(weave_disclosed(w, x, &last, at, depth));
    }
    return JM_OK;
}

static enum jm_status weave_array(struct weave *w, struct jm_claim *x, const struct jm_json *in,
                                  unsigned depth)
{
    struct jm_claim *last = NULL, *y;

    for (const struct jm_json *e = in->child; e != NULL; e = e->next) {
        const struct jm_json *digest = e->type == JM_JSON_OBJECT ? jm_json_get(e, "...") : NULL;
        size_t at = SIZE_MAX;

        if (digest != NULL) {
            JM_TRY(find_disclosure(w, digest, &at));
            if (at != SIZE_MAX && w->s->disclosure[at].name.ptr != NULL)
                return JM_E_MALFORMED;
        }
        if (at != SIZE_MAX) {
            JM_TRY(weave_disclosed(w, x, &last, at, depth));
            continue;
        }
        if ((y = add_claim(w->c, x, &last, w->mem)) == NULL)
            return JM_E_NO_SPACE;
        y->kind = JM_CLAIM_HIDDEN;
        if (digest == NULL)
            JM_TRY(weave_claim(w, y, e, depth + 1));
    }
    return JM_OK;
}

static enum jm_status weave_claim(struct weave *w, struct jm_claim *x, const struct jm_json *in,
                                  unsigned depth)
{
    if (depth > JM_JSON_DEPTH_MAX)
        return JM_E_LIMIT;
    x->kind = in->type == JM_JSON_OBJECT  ? JM_CLAIM_OBJECT
              : in->type == JM_JSON_ARRAY ? JM_CLAIM_ARRAY
                                          : JM_CLAIM_VALUE;
    if (x->kind == JM_CLAIM_OBJECT)
        return weave_object(w, x, in, depth);
    if (x->kind == JM_CLAIM_ARRAY)
        return weave_array(w, x, in, depth);
    x->json = in;
    return JM_OK;
}

enum jm_status jm_claims_of_sdjwt(struct jm_claims *out, const struct jm_sdjwt *s,
                                  struct jm_arena *mem)
{
    struct weave w = {out, s, NULL, NULL, mem};

    memset(out, 0, sizeof *out);
    out->fmt = JM_FMT_SDJWT;
    out->n_parts = s->n;
    out->x5c = jm_json_get(s->jws.header, "x5c");
    if (jm_json_opt_str(&out->type, s->payload, "vct") != JM_OK)
        return JM_E_MALFORMED;
    JM_TRY(sort_disclosures(&w));
    if ((out->root = add_claim(out, NULL, NULL, mem)) == NULL)
        return JM_E_NO_SPACE;
    return weave_claim(&w, out->root, s->payload, 0);
}

/* -- mdoc -- */

static enum jm_status add_element(struct jm_claims *c, struct jm_claim **ns, struct jm_claim **last,
                                  const struct jm_bytes path[2], struct jm_bytes value, size_t part,
                                  struct jm_arena *mem)
{
    struct jm_claim *in = c->root->child, *x, *tail;

    while (in != NULL && !jm_bytes_eq(in->name, path[0]))
        in = in->next;
    if (in == NULL) {
        if ((in = add_claim(c, c->root, ns, mem)) == NULL)
            return JM_E_NO_SPACE;
        in->kind = JM_CLAIM_OBJECT;
        in->name = path[0];
        *last = NULL;
    }
    tail = *last != NULL && (*last)->up == in ? *last : in->child;
    while (tail != NULL && tail->next != NULL)
        tail = tail->next;
    if ((x = add_claim(c, in, &tail, mem)) == NULL)
        return JM_E_NO_SPACE;
    *last = x;
    x->kind = JM_CLAIM_VALUE;
    x->name = path[1];
    x->cbor = value;
    x->part = part;
    return JM_OK;
}

static enum jm_status begin_mdoc(struct jm_claims *out, struct jm_bytes doctype, size_t n,
                                 struct jm_arena *mem)
{
    memset(out, 0, sizeof *out);
    out->fmt = JM_FMT_MDOC;
    out->type = doctype;
    out->n_parts = n;
    if ((out->root = add_claim(out, NULL, NULL, mem)) == NULL)
        return JM_E_NO_SPACE;
    out->root->kind = JM_CLAIM_OBJECT;
    return JM_OK;
}

enum jm_status jm_claims_of_copy(struct jm_claims *out, const struct jm_mdoc_copy *c,
                                 struct jm_arena *mem)
{
    struct jm_claim *ns = NULL, *last = NULL;
    struct jm_bytes *der = JM_NEW_N(mem, struct jm_bytes, JM_X5CHAIN_MAX);

    if (der == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(begin_mdoc(out, c->doctype, c->n, mem));
    memcpy(der, c->x5chain, sizeof c->x5chain);
    out->der = der;
    out->n_der = c->n_x5chain;
    for (size_t i = 0; i < c->n; i++) {
        const struct jm_bytes path[2] = {c->item[i].ns, c->item[i].id};

        JM_TRY(add_element(out, &ns, &last, path, c->item[i].value, i + 1, mem));
    }
    return JM_OK;
}

enum jm_status jm_claims_of_mdoc(struct jm_claims *out, const struct jm_mdoc_claims *c,
                                 struct jm_arena *mem)
{
    struct jm_claim *ns = NULL, *last = NULL;
    struct jm_bytes *der = JM_NEW(mem, struct jm_bytes);

    if (der == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(begin_mdoc(out, c->doctype, c->n, mem));
    if (c->dsc != NULL) {
        *der = c->dsc->der;
        out->der = der;
        out->n_der = 1;
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct jm_bytes path[2] = {c->claim[i].ns, c->claim[i].id};

        if (!c->claim[i].device_signed)
            JM_TRY(add_element(out, &ns, &last, path, c->claim[i].value, i + 1, mem));
    }
    return JM_OK;
}

/* -- values -- */

static bool is_json(const struct jm_json *a, const struct jm_json *v)
{
    int64_t x, y;

    if (a->type != v->type)
        return false;
    if (a->type == JM_JSON_NUMBER && jm_json_int(&x, a) == JM_OK && jm_json_int(&y, v) == JM_OK)
        return x == y;
    return (a->type == JM_JSON_STRING || a->type == JM_JSON_NUMBER || a->type == JM_JSON_TRUE ||
            a->type == JM_JSON_FALSE) &&
           jm_bytes_eq(a->text, v->text);
}

static bool is_octets(struct jm_bytes octets, const struct jm_json *v, struct jm_arena *mem)
{
    struct jm_bytes text;

    return v->type == JM_JSON_STRING && v->text.len >= octets.len &&
           jm_b64url_encode(&text, mem, octets) == JM_OK && jm_bytes_eq(text, v->text);
}

static bool is_cbor(struct jm_bytes item, const struct jm_json *v, struct jm_arena *mem)
{
    struct jm_cbor r;
    int64_t want;

    jm_cbor_init(&r, item);
    for (unsigned i = 0; i < JM_CBOR_DEPTH_MAX && jm_cbor_peek(&r) == JM_CBOR_TAG; i++)
        (void)jm_cbor_tag(&r);
    switch (jm_cbor_peek(&r)) {
    case JM_CBOR_UINT:
    case JM_CBOR_NINT:
        return v->type == JM_JSON_NUMBER && jm_json_int(&want, v) == JM_OK &&
               jm_cbor_int(&r) == want && r.st == JM_OK;
    case JM_CBOR_TEXT:
        return v->type == JM_JSON_STRING && jm_bytes_eq(jm_cbor_text(&r), v->text) && r.st == JM_OK;
    case JM_CBOR_BYTES: return is_octets(jm_cbor_bytes(&r), v, mem);
    case JM_CBOR_TRUE: return v->type == JM_JSON_TRUE;
    case JM_CBOR_FALSE: return v->type == JM_JSON_FALSE;
    case JM_CBOR_NONE:
    case JM_CBOR_ARRAY:
    case JM_CBOR_MAP:
    case JM_CBOR_TAG:
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE: break;
    }
    return false;
}

bool jm_claim_is(const struct jm_claim *c, const struct jm_json *v, struct jm_arena *mem)
{
    size_t mark = jm_arena_mark(mem);
    bool same = false;

    if (c->kind == JM_CLAIM_VALUE)
        same = c->json != NULL ? is_json(c->json, v) : is_cbor(c->cbor, v, mem);
    jm_arena_back(mem, mark);
    return same;
}

static bool has_authority(struct jm_bytes der, struct jm_bytes key_id)
{
    struct jm_cert cert;

    return jm_cert_parse(&cert, der) == JM_OK && cert.has_aki && cert.aki.len != 0 &&
           jm_bytes_eq(cert.aki, key_id);
}

bool jm_claims_vouched(const struct jm_claims *c, struct jm_bytes key_id, struct jm_arena *mem)
{
    const struct jm_json *x =
        c->x5c != NULL && c->x5c->type == JM_JSON_ARRAY ? c->x5c->child : NULL;
    size_t mark = jm_arena_mark(mem);
    bool found = false;
    struct jm_bytes der;

    for (size_t i = 0; i < c->n_der && !found; i++)
        found = has_authority(c->der[i], key_id);
    for (; x != NULL && !found; x = x->next)
        found = x->type == JM_JSON_STRING && jm_b64_decode(&der, mem, x->text) == JM_OK &&
                has_authority(der, key_id);
    jm_arena_back(mem, mark);
    return found;
}

/* -- paths: OpenID4VP 1.0 7.1.1 -- */

static const struct jm_claim *member_of(const struct jm_claim *obj, struct jm_bytes name)
{
    const struct jm_claim *c = obj->child;

    while (c != NULL && !jm_bytes_eq(c->name, name))
        c = c->next;
    return c;
}

/* Of one selected value; @p wrong: the step does not fit this container. */
static size_t step_into(const struct jm_claim **out, const struct jm_claim *from,
                        const struct jm_step *s, bool *wrong)
{
    const struct jm_claim *c = from->child;
    size_t n = 0;

    if (from->kind != (s->kind == JM_STEP_NAME ? JM_CLAIM_OBJECT : JM_CLAIM_ARRAY)) {
        *wrong = true;
        return 0;
    }
    if (s->kind == JM_STEP_NAME) {
        c = member_of(from, s->name);
        if (c != NULL)
            out[n++] = c;
        return n;
    }
    for (uint64_t i = 0; c != NULL; c = c->next, i++)
        if (c->kind != JM_CLAIM_HIDDEN && (s->kind == JM_STEP_ALL || i == s->index))
            out[n++] = c;
    return n;
}

size_t jm_claims_select(const struct jm_claim **out, const struct jm_claims *c,
                        const struct jm_step *step, size_t n, struct jm_arena *mem)
{
    size_t mark = jm_arena_mark(mem), n_out = 1;
    const struct jm_claim **from = (const struct jm_claim **)jm_alloc(mem, c->n, sizeof *from);
    bool wrong = from == NULL || n == 0;

    out[0] = c->root;
    for (size_t i = 0; i < n && n_out > 0 && !wrong; i++) {
        size_t n_from = n_out;

        memcpy(from, out, n_from * sizeof *from);
        n_out = 0;
        for (size_t k = 0; k < n_from && !wrong; k++)
            n_out += step_into(out + n_out, from[k], &step[i], &wrong);
    }
    jm_arena_back(mem, mark);
    return wrong ? 0 : n_out;
}

/* -- parts -- */

static void parts_beneath(bool *send, const struct jm_claim *of)
{
    for (const struct jm_claim *c = of->child; c != NULL; c = c->next) {
        if (c->part != 0)
            send[c->part - 1] = true;
        parts_beneath(send, c);
    }
}

void jm_claim_parts(bool *send, const struct jm_claim *of)
{
    for (const struct jm_claim *c = of; c != NULL; c = c->up)
        if (c->part != 0)
            send[c->part - 1] = true;
    parts_beneath(send, of);
}

enum mark { ELSEWHERE, ON_THE_WAY, CHOSEN };

/* Does anything leave, by a part that is sent, that nobody chose? */
static bool goes_beyond(const struct jm_claim *of, const bool *send, const uint8_t *mark,
                        bool carried)
{
    for (const struct jm_claim *c = of->child; c != NULL; c = c->next) {
        bool leaves = c->part != 0 || carried;

        if ((c->part != 0 && !send[c->part - 1]) || mark[c->at] == CHOSEN)
            continue;
        if ((leaves && mark[c->at] == ELSEWHERE) || goes_beyond(c, send, mark, leaves))
            return true;
    }
    return false;
}

enum jm_status jm_claims_exact(bool *exact, const struct jm_claims *c,
                               const struct jm_claim *const *chosen, size_t n, struct jm_arena *mem)
{
    size_t here = jm_arena_mark(mem);
    uint8_t *mark = JM_NEW_N(mem, uint8_t, c->n);
    bool *send = JM_NEW_N(mem, bool, c->n_parts + 1);

    *exact = false;
    if (mark == NULL || send == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        for (const struct jm_claim *up = chosen[i]->up; up != NULL && mark[up->at] == ELSEWHERE;
             up = up->up)
            mark[up->at] = ON_THE_WAY;
        mark[chosen[i]->at] = CHOSEN;
        jm_claim_parts(send, chosen[i]);
    }
    *exact = !goes_beyond(c->root, send, mark, false);
    jm_arena_back(mem, here);
    return JM_OK;
}

/* -- names for people -- */

static size_t index_of(const struct jm_claim *c)
{
    size_t i = 0;

    for (const struct jm_claim *x = c->up->child; x != c; x = x->next)
        i++;
    return i;
}

static size_t put_digits(uint8_t *end, size_t v)
{
    size_t n = 0;

    do {
        *--end = (uint8_t)('0' + v % 10);
        v /= 10;
        n++;
    } while (v != 0);
    return n;
}

static enum jm_status put_name(struct jm_buf *b, const struct jm_claim *c)
{
    uint8_t digits[20];
    size_t n;

    if (c->up == NULL)
        return JM_OK;
    JM_TRY(put_name(b, c->up));
    if (c->name.ptr != NULL) {
        if (c->up->up != NULL)
            JM_TRY(jm_buf_put(b, JM_BYTES(".")));
        return jm_buf_put(b, c->name);
    }
    n = put_digits(digits + sizeof digits, index_of(c));
    JM_TRY(jm_buf_put(b, JM_BYTES("[")));
    JM_TRY(jm_buf_put(b, jm_bytes(digits + sizeof digits - n, n)));
    return jm_buf_put(b, JM_BYTES("]"));
}

enum jm_status jm_claim_name(struct jm_bytes *out, const struct jm_claims *c,
                             const struct jm_claim *of, struct jm_arena *mem)
{
    size_t room = 1;
    struct jm_buf b;

    *out = of->name;
    if (c->fmt == JM_FMT_MDOC)
        return JM_OK;
    for (const struct jm_claim *x = of; x != NULL; x = x->up)
        room += x->name.len + 24;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    JM_TRY(put_name(&b, of));
    *out = jm_written(b);
    return JM_OK;
}
