/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/inspect/inspect_print.h"

#include <string.h>

#include "cmd/cli/home.h"
#include "cmd/inspect/inspect_core.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/der.h"
#include "jumin/json.h"

#define KEY_FILE_MAX (64 * JM_KIB)

/* -- the reader's private key: JWK, PEM (SEC1 or PKCS#8), or 32 octets -- */

static bool from_sec1(struct jm_secret32 *s, struct jm_bytes der)
{
    struct jm_der r, seq;
    struct jm_bytes d;

    jm_der_init(&r, der);
    seq = jm_der_enter(&r, JM_DER_SEQ);
    (void)jm_der_take(&seq, JM_DER_INT, NULL);
    d = jm_der_take(&seq, JM_DER_OCTETS, NULL);
    if (seq.st != JM_OK || d.len != sizeof s->octets)
        return false;
    memcpy(s->octets, d.ptr, d.len);
    return true;
}

static bool from_pkcs8(struct jm_secret32 *s, struct jm_bytes der)
{
    struct jm_der r, seq;
    struct jm_bytes inner;

    jm_der_init(&r, der);
    seq = jm_der_enter(&r, JM_DER_SEQ);
    (void)jm_der_take(&seq, JM_DER_INT, NULL);
    (void)jm_der_take(&seq, JM_DER_SEQ, NULL);
    inner = jm_der_take(&seq, JM_DER_OCTETS, NULL);
    return seq.st == JM_OK && from_sec1(s, inner);
}

static bool read_scalar(struct jm_secret32 *s, struct jm_bytes text, struct jm_arena *mem)
{
    const struct jm_json *jwk;
    struct jm_bytes v;

    if (jm_json_parse(&jwk, text, mem, NULL) == JM_OK && jwk->type == JM_JSON_OBJECT)
        return jm_json_str(&v, jwk, "d") == JM_OK &&
               jm_b64url_exact(s->octets, sizeof s->octets, v) == JM_OK;
    if (jm_inspect_decode(&v, text, mem) != JM_OK)
        return false;
    if (v.len != sizeof s->octets)
        return from_sec1(s, v) || from_pkcs8(s, v);
    memcpy(s->octets, v.ptr, v.len);
    return true;
}

enum jm_status jm_inspect_load_key(struct jm_key **out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *path = jm_opt(cmd, "device-key");
    struct jm_secret32 s;
    struct jm_bytes text;
    enum jm_status st;

    *out = NULL;
    if (path == NULL)
        return JM_OK;
    JM_TRY(jm_cmd_secret(&text, path, KEY_FILE_MAX, cmd, JM_E_MALFORMED, d));
    st = read_scalar(&s, text, cmd->mem) ? jm_key_from_scalar(out, &s) : JM_E_MALFORMED;
    jm_wipe(&s, sizeof s);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "device-key");
    return JM_OK;
}

static const char *sentence_of(void *cmd, const struct jm_code_info *code)
{
    const struct jm_cmd *c = cmd;

    return jm_cmd_text(c, jm_format(c->mem, "code.%s", code->name));
}

struct jm_sentences jm_inspect_sentences(const struct jm_cmd *cmd)
{
    return (struct jm_sentences){sentence_of, (void *)(uintptr_t)cmd};
}

/* -- for people -- */

static const char *str_of(const struct jm_cmd *cmd, const struct jm_json *obj, const char *name)
{
    const struct jm_json *v = jm_json_get(obj, name);

    return v == NULL ? "" : jm_cstr(cmd, v->text);
}

static void print_tree(const struct jm_cmd *cmd, const struct jm_json *v, int indent)
{
    for (const struct jm_json *e = v->child; e != NULL; e = e->next) {
        bool deep = e->type == JM_JSON_OBJECT || e->type == JM_JSON_ARRAY;
        struct jm_bytes text = e->type == JM_JSON_STRING ? e->text : deep ? jm_none() : e->raw;

        jm_say(cmd, "%*s%s%s%s\n", indent, "", jm_cstr(cmd, e->name), e->name.len == 0 ? "-" : ": ",
               jm_cstr(cmd, text));
        if (deep)
            print_tree(cmd, e, indent + 2);
    }
}

void jm_inspect_print(const struct jm_cmd *cmd, struct jm_bytes json)
{
    const struct jm_json *j;

    if (cmd->common.json || jm_json_parse(&j, json, cmd->mem, NULL) != JM_OK)
        return;
    jm_say(cmd, "%s: %s (%s)\n", str_of(cmd, j, "kind"), str_of(cmd, j, "verdict"),
           str_of(cmd, j, "at"));
    for (const struct jm_json *c = jm_json_get(j, "checks")->child; c != NULL; c = c->next) {
        const char *result = str_of(cmd, c, "result"), *path = str_of(cmd, c, "path");

        if (strcmp(result, "pass") != 0 && (cmd->common.verbose || strcmp(result, "skip") != 0))
            jm_say(cmd, "%-7s %s: %s%s%s (%s)\n", result, str_of(cmd, c, "code"),
                   str_of(cmd, c, "check"), path[0] == '\0' ? "" : ": ", path,
                   str_of(cmd, c, "reason"));
    }
    print_tree(cmd, jm_json_get(j, "content"), 0);
}
