/* SPDX-License-Identifier: Apache-2.0 */
/* After the story, where the servers stay up: the addresses at which a browser plays clerk,
 * citizen, counter and shop. */
#include <signal.h>
#include <string.h>

#include "demo/demo.h"

#define SERVED_MS 10000

/* On loopback a page is opened by name, since passkeys are of names. */
static const char *page_at(const struct demo *d, const char *url, const char *page)
{
    const char *number = "http://127.0.0.1";

    return strncmp(url, number, strlen(number)) != 0
               ? jm_format(d->cmd->mem, "%s%s", url, page)
               : jm_format(d->cmd->mem, "http://localhost%s%s", url + strlen(number), page);
}

static const char *key_in(struct demo *d, const char *name)
{
    const char *key = jm_cstr(d->cmd, demo_read(d, name));

    return jm_format(d->cmd->mem, "%.*s", (int)strcspn(key, "\r\n"), key);
}

/* A shop whose own page asks: its origin is known once its home is made. */
static bool open_shop(struct demo *d)
{
    const char *conf, *base;

    if (!RUN(d, "shop", "init", "--verifier", "--name", "Maru Market", "--trust", demo_set(d),
             "--pin", demo_trust_hash()))
        return false;
    conf = jm_cstr(d->cmd, demo_read(d, "shop/jumin.conf"));
    if ((base = strstr(conf, "base = ")) == NULL)
        return false;
    base += strlen("base = ");
    return demo_write(
               d, "shop.json",
               jm_format(
                   d->cmd->mem,
                   "{\"id\":\"maru-market\",\"name\":{\"ko\":\"마루마켓\",\"en\":\"Maru Market\"},"
                   "\"identifier\":\"110-84-00004\",\"sector\":\"ONLINE\",\"public_body\":false,"
                   "\"services\":[{\"id\":\"adult\",\"purpose\":{\"ko\":\"성인 확인\",\"en\":"
                   "\"Proof of age\"},\"legal_basis\":\"청소년보호법 제16조\",\"privacy_uri\":"
                   "\"https://privacy.example\",\"retention_days\":0,\"channels\":[\"remote\"],"
                   "\"origins\":[\"%.*s\"],\"claims\":[{\"format\":\"dc+sd-jwt\",\"type\":"
                   "\"urn:jumin:kr:resident:1\",\"path\":[\"age_over_19\"]}]}]}",
                   (int)strcspn(base, "\r\n"), base)) &&
           RUN(d, "authority", "rp", "register", "--request",
               demo_path(d, "shop/verifier/request.csr"), "--services", demo_path(d, "shop.json"),
               "--cert-out", demo_path(d, "shop.pem"), "--yes") &&
           RUN(d, "shop", "trust", "import", demo_set(d), "--pin",
               demo_text(d, NULL, "trust_hash")) &&
           RUN(d, "shop", "verifier", "enroll", demo_path(d, "shop.pem"), "--services",
               demo_path(d, "shop.json")) &&
           SERVE(d, "shop", "signer", "verifier");
}

/* What the story has registered since the provider began: wallets in a browser begin with it. */
static bool renew_trust(struct demo *d)
{
    const char *url =
        jm_format(d->cmd->mem, "%s/ui/trust.cbor", demo_url(d, "authority", "provider"));
    struct jm_bytes set, served;

    (void)demo_set(d);
    set = demo_read(d, "set.cbor");
    for (size_t i = 0; i < d->n_servers; i++)
        if (strcmp(d->server[i].home, "authority") == 0)
            (void)kill(d->server[i].pid, SIGHUP);
    for (uint64_t from = demo_ms(); demo_ms() - from < SERVED_MS; demo_nap()) {
        served = demo_get(d, url, "application/cbor");
        if (jm_bytes_eq(served, set))
            return true;
    }
    return false;
}

/* Somebody whom the story has not met, with the plastic in hand. */
static bool find_newcomer(struct demo *d)
{
    return RUN(d, "authority", "register", "find", "--region", "3017", "--min-age", "20",
               "--max-age", "29", "--plastic", "valid", "--limit", "1");
}

static void say_page(const struct demo *d, const char *name, const char *url)
{
    jm_remark(d->cmd, "  %s\n    %s\n",
              jm_cmd_text(d->cmd, jm_format(d->cmd->mem, "say.demo-%s", name)), url);
}

bool demo_pages(struct demo *d)
{
    const char *issuer = demo_url(d, "authority", "issuer"), *enrol;

    if (!open_shop(d) || !renew_trust(d) || !RUN(d, "authority", "staff", "enrol", "kim"))
        return false;
    enrol = demo_text(d, NULL, "link");
    jm_remark(d->cmd, "%s\n", jm_cmd_text(d->cmd, "say.demo-pages"));
    say_page(d, "page-desk", enrol);
    say_page(d, "page-wallet", page_at(d, demo_url(d, "authority", "provider"), "/wallet"));
    say_page(d, "page-check",
             page_at(d, demo_url(d, "bank", "verifier"),
                     jm_format(d->cmd->mem, "/check#key=%s&key=%s", key_in(d, "account.key"),
                               key_in(d, "vault.key"))));
    say_page(d, "page-visit", /* its session is of the address that it comes back to */
             jm_format(d->cmd->mem, "%s/visit?service=adult", demo_url(d, "shop", "verifier")));
    say_page(d, "page-loss", page_at(d, issuer, "/loss"));
    if (!find_newcomer(d))
        return false;
    JM_REMARK(d->cmd, "say.demo-newcomer", demo_text(d, NULL, "name"),
              demo_text(d, NULL, "birth_date"), demo_text(d, "plastic", "issue_date"),
              demo_text(d, "plastic", "authority"));
    return true;
}
