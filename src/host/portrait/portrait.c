/* SPDX-License-Identifier: Apache-2.0 */
#include "host/portrait/portrait.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define MAX_W 240
#define SMALL_W 96
#define LARGE_W 240
#define SMALL_QUALITY 70
#define LARGE_BEST 95

/* Drawn in a space of 96 × 128, whatever the size. */
static bool is_inside(int x, int y, int cx, int cy, int rx, int ry)
{
    int dx = x - cx, dy = y - cy;

    return dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry;
}

static void paint_pixel(uint8_t rgb[3], int x, int y, uint32_t seed)
{
    uint8_t shade = (uint8_t)(seed & 63);
    uint32_t c = 0xDDE6EE; /* paper */

    if (is_inside(x, y, 48, 140, 46, 44))
        c = 0x304060u + (seed >> 6 & 0x3F) * 0x010203u; /* clothes */
    if (is_inside(x, y, 48, 56, 30, 38))
        c = 0x201810u + (seed >> 12 & 0x1F) * 0x020101u; /* hair */
    if (is_inside(x, y, 48, 62, 24, 31))
        c = 0xE0B898u - shade * 0x010101u;
    if (is_inside(x, y, 38, 58, 3, 2) || is_inside(x, y, 58, 58, 3, 2) ||
        is_inside(x, y, 48, 78, 7, 2))
        c = 0x402020u;
    rgb[0] = (uint8_t)(c >> 16);
    rgb[1] = (uint8_t)(c >> 8);
    rgb[2] = (uint8_t)c;
}

/* Grain as of a camera in a dim room: it is what makes a file large. */
static void add_grain(uint8_t rgb[3], uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    for (int i = 0; i < 3; i++) {
        int v = rgb[i] + (int)(*state >> 24 & 15) - 7;

        rgb[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static void draw_face(unsigned char **out, unsigned long *len, int width, int quality,
                      uint32_t seed)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr e;
    uint8_t row[MAX_W * 3];
    JSAMPROW rows[1] = {row};
    uint32_t state = seed | 1;
    int height = width * 4 / 3;

    c.err = jpeg_std_error(&e);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, out, len);
    c.image_width = (JDIMENSION)width;
    c.image_height = (JDIMENSION)height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, quality, TRUE);
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            paint_pixel(row + 3 * x, x * SMALL_W / width, y * SMALL_W / width, seed);
            if (width > SMALL_W)
                add_grain(row + 3 * x, &state);
        }
        (void)jpeg_write_scanlines(&c, rows, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
}

enum jm_status jm_portrait_draw(struct jm_bytes *jpeg, uint32_t seed, size_t at_most,
                                struct jm_arena *mem)
{
    unsigned char *out = NULL;
    unsigned long len = 0;
    enum jm_status st;

    *jpeg = jm_none();
    if (at_most == 0)
        draw_face(&out, &len, SMALL_W, SMALL_QUALITY, seed);
    for (int quality = LARGE_BEST; at_most != 0 && quality > 0; quality--) {
        free(out);
        out = NULL;
        len = 0;
        draw_face(&out, &len, LARGE_W, quality, seed);
        if (len <= at_most)
            break;
    }
    st = at_most != 0 && len > at_most ? JM_E_LIMIT : jm_dup(jpeg, mem, jm_bytes(out, len));
    free(out);
    return st;
}
