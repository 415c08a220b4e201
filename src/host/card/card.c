/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/card.h"

#include <string.h>

enum jm_status jm_card_link_open(struct jm_card_link **out, const char *reader, uint32_t wait_ms,
                                 const struct jm_card_tools *tools, struct jm_arena *mem,
                                 struct jm_diag *d)
{
    static const struct jm_card_link_ops *const rows[] = {&jm_card_link_memory, &jm_card_link_vpcd,
                                                          &jm_card_link_pcsc};
    size_t kind = strcspn(reader, ":");

    *out = NULL;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_card_link *l;
        enum jm_status st;

        if (strlen(rows[i]->kind) != kind || strncmp(rows[i]->kind, reader, kind) != 0)
            continue;
        if ((l = JM_NEW(mem, struct jm_card_link)) == NULL)
            return JM_E_NO_SPACE;
        *l = (struct jm_card_link){rows[i], tools, mem, wait_ms, NULL};
        st = l->ops->open(l, reader[kind] == ':' ? reader + kind + 1 : "", d);
        if (st == JM_OK)
            *out = l;
        else
            l->ops->close(l);
        return st;
    }
    return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE,
                     "--reader pcsc[:NAME], vpcd:PORT or memory:FILE");
}

enum jm_status jm_card_link_reset(struct jm_card_link *l)
{
    return l->ops->reset(l);
}

enum jm_status jm_card_link_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    struct jm_card_link *l = ctx;

    return l->ops->transmit(l, capdu, rapdu);
}

void jm_card_link_close(struct jm_card_link *l)
{
    if (l != NULL)
        l->ops->close(l);
}
