/* SPDX-License-Identifier: Apache-2.0 */
/* Trust that nobody has to take on faith: withdrawing it needs one, extending it two; a registry
 * that lies is refused by everybody who looks. */
#include <stdio.h>
#include <string.h>

#include "demo/demo.h"

#define BOOKSHOP "rp/sonamu-books"

const char *demo_set(struct demo *d)
{
    const char *url =
        jm_format(d->cmd->mem, "%s/trust/set.cbor", demo_url(d, "authority", "status"));
    struct jm_bytes set = demo_get(d, url, "application/cbor");
    FILE *f = fopen(demo_path(d, "set.cbor"), "wb");

    if (f != NULL) {
        (void)fwrite(set.ptr, 1, set.len, f);
        (void)fclose(f);
    }
    return demo_path(d, "set.cbor");
}

static const char *person_key(struct demo *d, const char *name)
{
    return demo_path(d, jm_format(d->cmd->mem, "authority/operator/ledger/%s.key", name));
}

static void fail_step(struct demo *d)
{
    d->got = d->got != NULL ? d->got : d->code;
}

/* The bookshop asks again; the phone answers with what it knows. */
static bool is_refused(struct demo *d)
{
    return RUN(d, "bookshop", "verifier", "request", "--service", "adult", "--key-file",
               demo_path(d, "adult.key"), "--qr", demo_path(d, "ask.png")) &&
           !RUN(d, "neighbour", "wallet", "respond", "--passphrase-file",
                demo_path(d, "neighbour.words"), "--approve", "age_over_19",
                demo_path(d, "ask.png"));
}

void demo_one_suspends(struct demo *d)
{
    bool ok = RUN(d, "authority", "ledger", "state", BOOKSHOP, "suspended", "--ledger-key",
                  person_key(d, "supervisor.1"), "--yes") &&
              RUN(d, "neighbour", "trust", "refresh");

    if (!ok)
        fail_step(d);
    else if (!is_refused(d))
        d->got = "shown";
}

void demo_two_resume(struct demo *d)
{
    const char *one = person_key(d, "kr-saebyeol.1"), *two = person_key(d, "supervisor.1");

    if (RUN(d, "authority", "ledger", "state", BOOKSHOP, "active", "--ledger-key", one, "--yes")) {
        d->got = "resumed by one";
        return;
    }
    const char *code = d->code;

    if (!RUN(d, "authority", "ledger", "state", BOOKSHOP, "active", "--ledger-key", one,
             "--ledger-key", two, "--yes") ||
        !RUN(d, "neighbour", "trust", "refresh"))
        fail_step(d);
    else
        d->code = code;
}

static bool write_octets(const char *path, struct jm_bytes octets)
{
    FILE *f = fopen(path, "wb");
    bool ok = f != NULL && fwrite(octets.ptr, 1, octets.len, f) == octets.len;

    return (f == NULL || fclose(f) == 0) && ok;
}

/* One letter of a name in the newest bundle, on its way to the bank. */
void demo_lying_registry(struct demo *d)
{
    const char *path = demo_set(d);
    struct jm_bytes set = demo_read(d, "set.cbor"), bent;
    size_t at = jm_bytes_find(set, JM_BYTES("issuer/kr-saebyeol"));

    if (at == SIZE_MAX || jm_dup(&bent, d->cmd->mem, set) != JM_OK) {
        d->got = "no such record";
        return;
    }
    ((uint8_t *)(uintptr_t)bent.ptr)[at + 7] ^= 1;
    path = demo_path(d, "lie.cbor");
    if (!write_octets(path, bent))
        fail_step(d);
    else if (RUN(d, "bank", "trust", "import", path))
        d->got = "believed";
}

/* What was true once, after something newer was seen. */
void demo_older_registry(struct demo *d)
{
    const char *old = demo_path(d, "old.cbor");

    if (!RUN(d, "bank", "trust", "bundle", old) || !RUN(d, "bank", "trust", "refresh"))
        fail_step(d);
    else if (RUN(d, "bank", "trust", "import", old))
        d->got = "believed";
}
