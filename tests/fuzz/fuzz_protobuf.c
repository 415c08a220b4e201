/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_pb_next, jm_pb_int, jm_pb_bytes, jm_pb_end, jm_pb_w_int,
 * jm_pb_w_bytes_always
 *
 * What is read whole and has neither fixed values nor zeros, written again, is the same octets.
 */
#include "fuzz/fuzz.h"

#include "jumin/protobuf.h"

static uint8_t room[65536];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_buf out = jm_buf(room, sizeof room);
    bool same = true;
    struct jm_pb_w w;
    struct jm_pb r;

    if (size > sizeof room)
        return 0;
    jm_pb_init(&r, jm_bytes(data, size));
    jm_pb_w_init(&w, &out);
    while (jm_pb_next(&r)) {
        uint32_t field = r.field;

        MUST(field > 0 && field <= JM_PB_FIELD_MAX);
        if (r.wire == JM_PB_VARINT) {
            int64_t v = jm_pb_int(&r);

            same = same && v != 0;
            jm_pb_w_int(&w, field, v);
        } else if (r.wire == JM_PB_LEN) {
            struct jm_bytes v = jm_pb_bytes(&r);

            MUST(r.st != JM_OK || (v.ptr >= data && v.ptr + v.len <= data + size));
            jm_pb_w_bytes_always(&w, field, v);
        } else {
            same = false;
        }
        MUST(r.at <= size);
    }
    MUST(!jm_pb_next(&r));
    if (jm_pb_end(&r) != JM_OK || !same)
        return 0;
    MUST(jm_pb_w_end(&w) == JM_OK);
    MUST(jm_bytes_eq(jm_written(out), jm_bytes(data, size)));
    return 0;
}
