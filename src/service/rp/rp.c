/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/record.h"
#include "jumin/report.h"
#include "service/rp/rp.h"

#define SECTOR_POLICE 7
#define LONG_DAYS 1825 /* five years: "long retention" of D-304 */
#define NAME_MAX_LETTERS 64

static const char protected_claim[] = "resident_registration_number";

/* -- names -- */

enum script { OTHER = 0, ANY, LATIN, HANGUL };

/* Valid UTF-8 is given. */
static uint32_t next_letter(struct jm_bytes *b)
{
    uint8_t c = b->ptr[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t v = n == 1 ? c : c & (0xffu >> (n + 1));

    for (size_t i = 1; i < n; i++)
        v = v << 6 | (b->ptr[i] & 0x3fu);
    *b = jm_slice(*b, n, SIZE_MAX);
    return v;
}

/* Composed syllables only: jamo that compose are not NFC, filler and half-width forms are
 * confusable. */
static enum script script_of(uint32_t c)
{
    if (c >= 0xac00 && c <= 0xd7a3)
        return HANGUL;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LATIN;
    return (c >= '0' && c <= '9') || (c < 0x80 && c != 0 && strchr(" .,&()-'/", (int)c) != NULL)
               ? ANY
               : OTHER;
}

bool jm_rp_name_ok(struct jm_bytes name)
{
    enum script seen = ANY;

    if (name.len == 0 || name.len > 80 || !jm_utf8_valid(name, NULL) || name.ptr[0] == ' ' ||
        name.ptr[name.len - 1] == ' ')
        return false;
    while (name.len != 0) {
        enum script s = script_of(next_letter(&name));

        if (s == OTHER || (s != ANY && seen != ANY && s != seen))
            return false;
        if (s != ANY)
            seen = s;
    }
    return seen != ANY;
}

/* UTS 39 skeleton, as far as names that pass jm_rp_name_ok() need one: case, look-alikes of Latin
 * and digits, no blanks. */
static size_t skeleton_of(uint32_t out[NAME_MAX_LETTERS], struct jm_bytes name)
{
    static const char from[] = "01iIlLoO|5sS", to[] = "olllllooolsss";
    size_t n = 0;

    while (name.len != 0 && n < NAME_MAX_LETTERS) {
        uint32_t c = next_letter(&name);
        const char *at = c < 0x80 && c != 0 ? strchr(from, (int)c) : NULL;

        if (script_of(c) == ANY && at == NULL && !(c >= '0' && c <= '9'))
            continue;
        if (at != NULL)
            c = (uint8_t)to[at - from];
        else if (c >= 'A' && c <= 'Z')
            c = c - 'A' + 'a';
        out[n++] = c;
    }
    return n;
}

bool jm_rp_name_near(struct jm_bytes a, struct jm_bytes b)
{
    uint32_t x[NAME_MAX_LETTERS], y[NAME_MAX_LETTERS];
    size_t n = 0, m = 0, head = 0, tail = 0;

    if (a.len == 0 || b.len == 0 || !jm_utf8_valid(a, NULL) || !jm_utf8_valid(b, NULL))
        return false;
    n = skeleton_of(x, a);
    m = skeleton_of(y, b);
    if (n > m + 1 || m > n + 1)
        return false;
    while (head < n && head < m && x[head] == y[head])
        head++;
    while (tail < n - head && tail < m - head && x[n - 1 - tail] == y[m - 1 - tail])
        tail++;
    size_t left = (n > m ? n : m) - head - tail;

    /* of two letters nearly every other name is one apart */
    return left == 0 || (left == 1 && n >= 3 && m >= 3);
}

static enum jm_status name_free(const struct jm_rp_application *a, const struct jm_trust *t,
                                struct jm_bytes authority, struct jm_diag *d)
{
    const struct jm_bytes mine[] = {a->name.ko, a->name.en};
    struct jm_rp_record r;

    for (size_t k = 0; k < 2; k++) {
        if (jm_rp_name_near(mine[k], authority))
            return jm_refuse(d, JM_E_DENIED, JM_RP_NAME_TAKEN, "the authority's");
        for (size_t i = 0; i < t->n; i++) {
            if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("rp/")) ||
                jm_trust_rp(&r, t, jm_slice(t->entry[i].key, 3, SIZE_MAX)) != JM_OK ||
                jm_bytes_eq(r.id, a->id))
                continue;
            if (jm_rp_name_near(mine[k], r.name.ko) || jm_rp_name_near(mine[k], r.name.en))
                return jm_refuse(d, JM_E_DENIED, JM_RP_NAME_TAKEN, "a registered one");
        }
    }
    return JM_OK;
}

/* -- services -- */

static size_t count_letters(struct jm_bytes text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += (text.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* A law is named: "주민등록법 제24조", "Banking Act 35". */
static bool names_law(struct jm_bytes basis)
{
    static const char *const words[] = {"법", "령", "Act", "Law", "Decree", "Code"};

    for (size_t i = 0; i < JM_ARRAY_LEN(words); i++)
        if (jm_bytes_find(basis, jm_str(words[i])) != SIZE_MAX)
            return true;
    return false;
}

size_t jm_rp_claim_steps(const struct jm_rp_claim *c)
{
    size_t n = 0;

    while (n < JM_TRUST_PATH_MAX && c->path[n].ptr != NULL)
        n++;
    return n;
}

static bool is_protected(const struct jm_rp_claim *c)
{
    for (size_t i = 0; i < JM_TRUST_PATH_MAX; i++)
        if (jm_bytes_eq_str(c->path[i], protected_claim))
            return true;
    return false;
}

static bool asks_for(const struct jm_rp_service *s, const char *claim)
{
    for (size_t i = 0; i < s->n_claims; i++)
        if (jm_bytes_eq_str(s->claim[i].path[s->claim[i].fmt == JM_FMT_MDOC ? 1 : 0], claim))
            return true;
    return false;
}

static void add_notice(struct jm_rp_notices *n, const struct jm_rp_service *s, enum jm_code code)
{
    jm_record(code, JM_WARN);
    if (n != NULL && n->n < JM_RP_NOTICES_MAX)
        n->row[n->n++] = (struct jm_rp_notice){code, s->id};
}

static void lint_service(const struct jm_rp_service *s, struct jm_rp_notices *n)
{
    size_t optional = 0;

    for (size_t i = 0; i < s->n_claims; i++)
        optional += !s->claim[i].required;
    if (asks_for(s, "birth_date"))
        add_notice(n, s, JM_RP_BIRTH_DATE);
    if (asks_for(s, "resident_address"))
        add_notice(n, s, JM_RP_FULL_ADDRESS);
    if (asks_for(s, "portrait") && (s->channels & JM_CHANNEL_REMOTE) != 0)
        add_notice(n, s, JM_RP_PORTRAIT_ONLINE);
    if (optional > JM_RP_OPTIONAL_MAX)
        add_notice(n, s, JM_RP_OPTIONAL_MANY);
}

static enum jm_status privacy_uri(struct jm_bytes uri, bool synthetic, struct jm_diag *d)
{
    bool ok = jm_bytes_starts(uri, JM_BYTES("https://")) ||
              (synthetic && (jm_bytes_starts(uri, JM_BYTES("http://127.0.0.1")) ||
                             jm_bytes_starts(uri, JM_BYTES("http://localhost"))));

    for (size_t i = 0; i < uri.len; i++)
        ok = ok && uri.ptr[i] > 0x20 && uri.ptr[i] < 0x7f;
    return ok ? JM_OK : jm_refuse(d, JM_E_DENIED, JM_RP_PRIVACY_URI, NULL);
}

static enum jm_status types_served(const struct jm_rp_service *s, const struct jm_trust *t,
                                   struct jm_diag *d)
{
    struct jm_issuer_record issuer;

    for (size_t i = 0; i < s->n_claims; i++) {
        bool served = false;

        for (size_t k = 0; k < t->n_set && !served; k++)
            served = jm_bytes_starts(t->entry[k].key, JM_BYTES("issuer/")) &&
                     jm_trust_issuer(&issuer, t, jm_slice(t->entry[k].key, 7, SIZE_MAX)) == JM_OK &&
                     jm_issuer_serves(&issuer, s->claim[i].fmt, s->claim[i].type);
        if (!served)
            return jm_refuse(d, JM_E_DENIED, JM_RP_CLAIM_UNKNOWN, "type");
    }
    return JM_OK;
}

static bool needs_two(const struct jm_rp_application *a, const struct jm_rp_service *s)
{
    return s->rrn_allowed || a->sector == SECTOR_POLICE || s->retention_days > LONG_DAYS;
}

static enum jm_status judge_service(const struct jm_rp_application *a,
                                    const struct jm_rp_service *s, const struct jm_trust *t,
                                    struct jm_rp_notices *n, struct jm_diag *d)
{
    bool protected_asked = false;

    if (count_letters(s->purpose.ko) > JM_RP_PURPOSE_MAX ||
        count_letters(s->purpose.en) > JM_RP_PURPOSE_MAX)
        return jm_refuse(d, JM_E_DENIED, JM_RP_PURPOSE, NULL);
    JM_TRY(privacy_uri(s->privacy_uri, t->synthetic, d));
    JM_TRY(types_served(s, t, d));
    for (size_t i = 0; i < s->n_claims; i++)
        protected_asked = protected_asked || is_protected(&s->claim[i]);
    if (protected_asked && !s->rrn_allowed)
        return jm_refuse(d, JM_E_DENIED, JM_RP_RRN_NOT_ALLOWED, NULL);
    if (needs_two(a, s) && !names_law(s->legal_basis))
        return jm_refuse(d, JM_E_DENIED, JM_RP_LAW_MISSING, NULL);
    if (s->retention_days > 0 && s->legal_basis.len == 0)
        return jm_refuse(d, JM_E_DENIED, JM_RP_RETENTION_BASIS, NULL);
    lint_service(s, n);
    return JM_OK;
}

bool jm_rp_needs_two(const struct jm_rp_application *a)
{
    for (size_t i = 0; i < a->n_services; i++)
        if (needs_two(a, &a->service[i]))
            return true;
    return false;
}

enum jm_status jm_rp_judge(const struct jm_rp_application *a, const struct jm_trust *registry,
                           struct jm_bytes authority, bool approved, struct jm_rp_notices *notices,
                           struct jm_arena *mem, struct jm_diag *d)
{
    (void)mem;
    if (notices != NULL)
        notices->n = 0;
    if (!approved) {
        if ((a->name.ko.len != 0 && !jm_rp_name_ok(a->name.ko)) ||
            (a->name.en.len != 0 && !jm_rp_name_ok(a->name.en)))
            return jm_refuse(d, JM_E_DENIED, JM_RP_NAME, NULL);
        JM_TRY(name_free(a, registry, authority, d));
    }
    for (size_t i = 0; i < a->n_services; i++)
        JM_TRY(judge_service(a, &a->service[i], registry, notices, d));
    return approved || !jm_rp_needs_two(a)
               ? JM_OK
               : jm_refuse(d, JM_E_DENIED, JM_RP_SECOND_APPROVER, "--as and --second-as");
}

/* -- who it is -- */

enum jm_status jm_rp_replaces(const struct jm_rp_application *a, const struct jm_trust *registry,
                              struct jm_bytes ski, bool approved, struct jm_diag *d)
{
    struct jm_rp_record r;
    enum jm_status st = jm_trust_rp(&r, registry, a->id);
    const char *what = NULL;

    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    if (r.state != JM_RECORD_ACTIVE || r.flagged)
        what = "suspended";
    else if (!jm_bytes_eq(r.identifier, a->identifier))
        what = "identifier";
    else if (r.sector != a->sector)
        what = "sector";
    else if (r.public_body != a->public_body)
        what = "public_body";
    else if (!jm_bytes_eq(r.name.ko, a->name.ko) || !jm_bytes_eq(r.name.en, a->name.en))
        what = "name";
    else if (!jm_trust_rp_has_key(registry, a->id, ski))
        what = "key";
    return what == NULL || approved ? JM_OK
                                    : jm_refuse(d, JM_E_DENIED, JM_RP_SECOND_APPROVER, what);
}

/* -- within the registered use -- */

static enum jm_status beyond_use(struct jm_diag *d, enum jm_code code, struct jm_bytes service,
                                 struct jm_bytes what, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {service, JM_BYTES(": "), what};
    struct jm_bytes detail;

    JM_TRY(jm_concat(&detail, mem, parts, JM_ARRAY_LEN(parts)));
    return jm_refuse(d, JM_E_DENIED, code, (const char *)detail.ptr);
}

static enum jm_status service_within(const struct jm_rp_service *s, const struct jm_use_record *u,
                                     int64_t now, struct jm_arena *mem, struct jm_diag *d)
{
    if (u->state != JM_RECORD_ACTIVE || now < u->from || now > u->to)
        return beyond_use(d, JM_RP_NOT_REGISTERED, s->id, JM_BYTES("not valid now"), mem);
    if ((s->channels & ~u->channels) != 0)
        return beyond_use(d, JM_RP_BEYOND_USE, s->id, JM_BYTES("channels"), mem);
    if (s->retention_days > u->retention_days)
        return beyond_use(d, JM_RP_BEYOND_USE, s->id, JM_BYTES("retention_days"), mem);
    for (size_t i = 0; i < s->n_claims; i++) {
        const struct jm_rp_claim *c = &s->claim[i];
        size_t n = jm_rp_claim_steps(c);

        if (!jm_use_allows(u, c->fmt, c->type, c->path, n))
            return beyond_use(d, JM_RP_BEYOND_USE, s->id, c->path[n - 1], mem);
    }
    return JM_OK;
}

enum jm_status jm_rp_within(const struct jm_rp_application *a, const struct jm_trust *registry,
                            struct jm_bytes rp, int64_t now, struct jm_arena *mem,
                            struct jm_diag *d)
{
    struct jm_rp_record r;
    struct jm_use_record u;

    if (jm_trust_rp(&r, registry, rp) != JM_OK || r.state != JM_RECORD_ACTIVE || r.flagged ||
        !jm_bytes_eq(a->id, rp))
        return beyond_use(d, JM_RP_NOT_REGISTERED, a->id, JM_BYTES("relying party"), mem);
    for (size_t i = 0; i < a->n_services; i++) {
        if (jm_trust_use(&u, registry, rp, a->service[i].id) != JM_OK)
            return beyond_use(d, JM_RP_NOT_REGISTERED, a->service[i].id, JM_BYTES("service"), mem);
        JM_TRY(service_within(&a->service[i], &u, now, mem, d));
    }
    return JM_OK;
}

/* -- grouping -- */

enum jm_status jm_rp_types(struct jm_type_paths **out, size_t *n, const struct jm_rp_service *s,
                           struct jm_arena *mem)
{
    struct jm_type_paths *t = JM_NEW_N(mem, struct jm_type_paths, s->n_claims);
    bool done[JM_RP_CLAIMS_MAX] = {false};

    *out = t;
    *n = 0;
    if (t == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < s->n_claims; i++) {
        struct jm_bytes(*path)[JM_TRUST_PATH_MAX];
        size_t k = 0;

        if (done[i])
            continue;
        if ((path = jm_alloc(mem, s->n_claims, sizeof *path)) == NULL)
            return JM_E_NO_SPACE;
        for (size_t c = i; c < s->n_claims; c++) {
            if (done[c] || s->claim[c].fmt != s->claim[i].fmt ||
                !jm_bytes_eq(s->claim[c].type, s->claim[i].type))
                continue;
            memcpy(path[k++], s->claim[c].path, sizeof *path);
            done[c] = true;
        }
        t[*n] = (struct jm_type_paths){s->claim[i].fmt, s->claim[i].type,
                                       (const struct jm_bytes(*)[JM_TRUST_PATH_MAX])path, k};
        (*n)++;
    }
    return JM_OK;
}
