/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/light.h"

#define TEXT_MAX 256

/* A sticky reader of members: after the first fault everything is empty. */
struct from {
    const struct jm_json *o;
    struct jm_arena *mem;
    enum jm_status st;
};

static struct jm_bytes take_text(struct from *f, const char *name)
{
    struct jm_bytes v = jm_none();

    if (f->st == JM_OK)
        f->st = jm_json_text(&v, f->o, name, TEXT_MAX);
    return f->st == JM_OK ? v : jm_none();
}

/* Amino's JSON writes 64-bit numbers as texts, others as numbers. */
static int64_t take_int(struct from *f, const char *name)
{
    const struct jm_json *v = jm_json_get(f->o, name);
    int64_t n = 0;
    uint64_t u = 0;

    if (f->st != JM_OK)
        return 0;
    if (v == NULL)
        f->st = JM_E_MISSING;
    else if (v->type == JM_JSON_NUMBER)
        f->st = jm_json_int(&n, v);
    else if (v->type != JM_JSON_STRING)
        f->st = JM_E_TYPE;
    else if ((f->st = jm_parse_u64(&u, v->text)) == JM_OK && u > INT64_MAX)
        f->st = JM_E_RANGE;
    if (f->st == JM_OK && n < 0)
        f->st = JM_E_RANGE;
    return f->st != JM_OK ? 0 : v->type == JM_JSON_NUMBER ? n : (int64_t)u;
}

static struct jm_bytes take_hex(struct from *f, const char *name)
{
    struct jm_bytes text = take_text(f, name), v = jm_none();

    if (f->st == JM_OK)
        f->st = jm_hex_decode(&v, f->mem, text);
    return f->st == JM_OK ? v : jm_none();
}

static struct jm_bytes take_b64(struct from *f, const char *name)
{
    struct jm_bytes text = take_text(f, name), v = jm_none();

    if (f->st == JM_OK)
        f->st = jm_b64_decode(&v, f->mem, text);
    return f->st == JM_OK ? v : jm_none();
}

static struct from take_object(struct from *f, const char *name)
{
    struct from in = {jm_json_get(f->o, name), f->mem, f->st};

    if (in.st == JM_OK && in.o == NULL)
        in.st = JM_E_MISSING;
    else if (in.st == JM_OK && in.o->type != JM_JSON_OBJECT)
        in.st = JM_E_TYPE;
    return in;
}

enum jm_status jm_light_read_time(struct jm_light_time *out, struct jm_bytes text)
{
    uint8_t whole[20];
    int32_t ns = 0, unit = 100000000;

    *out = (struct jm_light_time){0};
    if (text.len < sizeof whole || text.ptr[text.len - 1] != 'Z')
        return JM_E_MALFORMED;
    if (text.len != sizeof whole) {
        if (text.ptr[19] != '.' || text.len < 22 || text.len > 30)
            return JM_E_MALFORMED;
        for (size_t i = 20; i < text.len - 1; i++, unit /= 10) {
            if (text.ptr[i] < '0' || text.ptr[i] > '9')
                return JM_E_MALFORMED;
            ns += (text.ptr[i] - '0') * unit;
        }
    }
    memcpy(whole, text.ptr, sizeof whole);
    whole[19] = 'Z';
    JM_TRY(jm_tdate_parse(&out->s, jm_bytes(whole, sizeof whole)));
    out->ns = ns;
    return JM_OK;
}

static struct jm_light_time take_time(struct from *f, const char *name)
{
    struct jm_bytes text = take_text(f, name);
    struct jm_light_time t = {0};

    if (f->st == JM_OK)
        f->st = jm_light_read_time(&t, text);
    return t;
}

static struct jm_light_block_id take_block_id(struct from *f, const char *name)
{
    struct jm_light_block_id id = {0};
    struct from in = take_object(f, name), parts;
    const char *set = jm_json_get(in.o, "parts") != NULL ? "parts" : "part_set_header";

    id.hash = take_hex(&in, "hash");
    parts = take_object(&in, set);
    id.parts = (uint64_t)take_int(&parts, "total");
    id.parts_hash = take_hex(&parts, "hash");
    f->st = parts.st;
    return id;
}

static enum jm_status read_header(struct jm_light_header *h, struct from *f)
{
    struct from version = take_object(f, "version");
    const struct jm_json *last = jm_json_get(f->o, "last_block_id");

    h->block_version = (uint64_t)take_int(&version, "block");
    if (jm_json_get(version.o, "app") != NULL) /* 0 is left out */
        h->app_version = (uint64_t)take_int(&version, "app");
    f->st = version.st;
    h->chain_id = take_text(f, "chain_id");
    h->height = take_int(f, "height");
    h->time = take_time(f, "time");
    if (last != NULL && last->type != JM_JSON_NULL)
        h->last_block = take_block_id(f, "last_block_id");
    h->last_commit_hash = take_hex(f, "last_commit_hash");
    h->data_hash = take_hex(f, "data_hash");
    h->validators_hash = take_hex(f, "validators_hash");
    h->next_validators_hash = take_hex(f, "next_validators_hash");
    h->consensus_hash = take_hex(f, "consensus_hash");
    h->app_hash = take_hex(f, "app_hash");
    h->last_results_hash = take_hex(f, "last_results_hash");
    h->evidence_hash = take_hex(f, "evidence_hash");
    h->proposer = take_hex(f, "proposer_address");
    return f->st;
}

static enum jm_status read_sig(struct jm_light_sig *s, struct from *f)
{
    const struct jm_json *sig = jm_json_get(f->o, "signature");

    s->flag = take_int(f, "block_id_flag");
    s->address = take_hex(f, "validator_address");
    s->time = take_time(f, "timestamp");
    if (sig != NULL && sig->type != JM_JSON_NULL) /* who is absent has none */
        s->sig = take_b64(f, "signature");
    return f->st;
}

static enum jm_status read_commit(struct jm_light_commit *k, struct from *f)
{
    const struct jm_json *list = jm_json_get(f->o, "signatures");
    struct jm_light_sig *sig;
    size_t i = 0;

    k->height = take_int(f, "height");
    k->round = take_int(f, "round");
    k->block = take_block_id(f, "block_id");
    JM_TRY(f->st);
    if (list == NULL || list->type != JM_JSON_ARRAY)
        return list == NULL ? JM_E_MISSING : JM_E_TYPE;
    if (list->n > JM_LIGHT_VALIDATORS_MAX)
        return JM_E_LIMIT;
    if ((sig = JM_NEW_N(f->mem, struct jm_light_sig, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *s = list->child; s != NULL; s = s->next, i++) {
        struct from in = {s, f->mem, JM_OK};

        JM_TRY(read_sig(&sig[i], &in));
    }
    k->at = sig;
    k->n = list->n;
    return JM_OK;
}

enum jm_status jm_light_read_signed_header(struct jm_light_header *header,
                                           struct jm_light_commit *commit, const struct jm_json *o,
                                           struct jm_arena *mem)
{
    struct from f = {o, mem, JM_OK}, in;
    enum jm_status st;

    *header = (struct jm_light_header){0};
    *commit = (struct jm_light_commit){0};
    in = take_object(&f, "header");
    st = read_header(header, &in);
    if (st == JM_OK) {
        in = take_object(&f, "commit");
        st = read_commit(commit, &in);
    }
    if (st != JM_OK) {
        *header = (struct jm_light_header){0};
        *commit = (struct jm_light_commit){0};
    }
    return st;
}

static enum jm_status read_validator(struct jm_light_validator *v, const struct jm_crypto *c,
                                     struct from *f)
{
    struct from key = take_object(f, "pub_key");
    struct jm_bytes told;
    struct jm_hash32 h;

    if (key.st == JM_OK && !jm_json_is_str(jm_json_get(key.o, "type"), "tendermint/PubKeyEd25519"))
        return JM_E_UNSUPPORTED;
    v->key = take_b64(&key, "value");
    f->st = key.st;
    v->power = take_int(f, "voting_power");
    told = take_hex(f, "address");
    JM_TRY(f->st);
    JM_TRY(jm_sha256(c, v->key, h.octets));
    return jm_bytes_eq(told, jm_bytes(h.octets, JM_LIGHT_ADDRESS_LEN)) ? JM_OK : JM_E_DENIED;
}

enum jm_status jm_light_read_set(struct jm_light_set *out, const struct jm_crypto *c,
                                 const struct jm_json *array, struct jm_arena *mem)
{
    struct jm_light_validator *v;
    size_t i = 0;

    *out = (struct jm_light_set){0};
    if (array == NULL || array->type != JM_JSON_ARRAY)
        return array == NULL ? JM_E_MISSING : JM_E_TYPE;
    if (array->n > JM_LIGHT_VALIDATORS_MAX)
        return JM_E_LIMIT;
    v = JM_NEW_N(mem, struct jm_light_validator, array->n);
    if (v == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *o = array->child; o != NULL; o = o->next, i++) {
        struct from f = {o, mem, JM_OK};

        JM_TRY(read_validator(&v[i], c, &f));
    }
    return jm_light_set_make(out, c, v, array->n, mem);
}
