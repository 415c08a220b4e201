/* SPDX-License-Identifier: Apache-2.0 */
#include "host/qr/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define QUIET 4
#define SCALE 8

enum jm_status jm_qr_png(struct jm_bytes *png, struct jm_bytes text, struct jm_arena *mem)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY};
    QRcode *code = NULL;
    uint8_t *pixel = NULL, *out;
    png_alloc_size_t size = 0;
    enum jm_status st = JM_E_UNAVAILABLE;

    *png = jm_none();
    if (text.len == 0 || text.len > JM_QR_TEXT_MAX)
        return JM_E_LIMIT;
    if ((code = QRcode_encodeData((int)text.len, text.ptr, 0, QR_ECLEVEL_M)) == NULL)
        return JM_E_UNAVAILABLE;
    size_t n = (size_t)code->width, side = (n + 2 * QUIET) * SCALE;
    if ((pixel = malloc(side * side)) == NULL)
        goto out;
    memset(pixel, 0xFF, side * side);
    for (size_t y = 0; y < n * SCALE; y++)
        for (size_t x = 0; x < n * SCALE; x++)
            if (code->data[y / SCALE * n + x / SCALE] & 1)
                pixel[(y + QUIET * SCALE) * side + x + QUIET * SCALE] = 0;
    image.width = image.height = (png_uint_32)side;
    if (!png_image_write_to_memory(&image, NULL, &size, 0, pixel, 0, NULL))
        goto out;
    st = JM_E_NO_SPACE;
    if ((out = jm_alloc(mem, size, 1)) == NULL)
        goto out;
    if (png_image_write_to_memory(&image, out, &size, 0, pixel, 0, NULL)) {
        *png = jm_bytes(out, size);
        st = JM_OK;
    }
out:
    png_image_free(&image);
    QRcode_free(code);
    free(pixel);
    return st;
}
