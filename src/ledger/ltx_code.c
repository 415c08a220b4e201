/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/ledger.h"

const char *jm_ltx_code_name(enum jm_ltx_code code)
{
    static const char *const name[] = {
        "OK",    "SIZE", "CBOR",   "VERSION", "CHAIN",   "TYPE",    "ACTOR", "EXPIRED",
        "FAR",   "SEQ",  "SIGSET", "KEY",     "SIG",     "AUTH",    "BODY",  "REV",
        "STATE", "REF",  "UNIQUE", "LIMIT",   "PRIVACY", "NODESET", "EPOCH",
    };

    return (size_t)code < JM_ARRAY_LEN(name) ? name[code] : "UNKNOWN";
}
