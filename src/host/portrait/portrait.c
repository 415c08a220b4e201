/* SPDX-License-Identifier: Apache-2.0 */
#include "host/portrait/portrait.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define W 96
#define H 128

static bool inside(int x, int y, int cx, int cy, int rx, int ry)
{
    int dx = x - cx, dy = y - cy;

    return dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry;
}

static void pixel(uint8_t rgb[3], int x, int y, uint32_t seed)
{
    uint8_t shade = (uint8_t)(seed & 63);
    uint32_t c = 0xDDE6EE; /* paper */

    if (inside(x, y, 48, 140, 46, 44))
        c = 0x304060u + (seed >> 6 & 0x3F) * 0x010203u; /* clothes */
    if (inside(x, y, 48, 56, 30, 38))
        c = 0x201810u + (seed >> 12 & 0x1F) * 0x020101u; /* hair */
    if (inside(x, y, 48, 62, 24, 31))
        c = 0xE0B898u - shade * 0x010101u;
    if (inside(x, y, 38, 58, 3, 2) || inside(x, y, 58, 58, 3, 2) || inside(x, y, 48, 78, 7, 2))
        c = 0x402020u;
    rgb[0] = (uint8_t)(c >> 16);
    rgb[1] = (uint8_t)(c >> 8);
    rgb[2] = (uint8_t)c;
}

enum jm_status jm_portrait_draw(struct jm_bytes *jpeg, uint32_t seed, struct jm_arena *mem)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr e;
    unsigned char *out = NULL;
    unsigned long len = 0;
    uint8_t row[W * 3];
    JSAMPROW rows[1] = {row};
    enum jm_status st;

    *jpeg = jm_none();
    c.err = jpeg_std_error(&e);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &len);
    c.image_width = W;
    c.image_height = H;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 70, TRUE);
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++)
            pixel(row + 3 * x, x, y, seed);
        (void)jpeg_write_scanlines(&c, rows, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    st = jm_dup(jpeg, mem, jm_bytes(out, len));
    free(out);
    return st;
}
