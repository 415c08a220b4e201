/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/table/words.h"

const char *jm_method_word(enum jm_method m)
{
    static const char *const words[] =
        {[JM_GET] = "get", [JM_POST] = "post", [JM_PUT] = "put", [JM_DELETE] = "delete"};

    return words[m];
}

const char *jm_auth_word(enum jm_auth a)
{
    static const char *const names[] = {[JM_AUTH_PUBLIC] = "public",
                                        [JM_AUTH_CLIENT_ATTESTATION] = "client attestation",
                                        [JM_AUTH_DPOP] = "dpop",
                                        [JM_AUTH_STAFF_SESSION] = "staff session",
                                        [JM_AUTH_SERVICE_KEY] = "service key",
                                        [JM_AUTH_LOCAL] = "local"};

    return names[a];
}
