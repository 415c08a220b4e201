/* SPDX-License-Identifier: Apache-2.0 */
#include "host/qr/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#define QUIET 4
#define SCALE 8
#define SIDE_MAX 4096

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

static enum jm_status scan(struct jm_bytes *text, const uint8_t *gray, unsigned w, unsigned h, struct jm_arena *mem)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    enum jm_status st = JM_E_ABSENT;

    if (scanner == NULL || image == NULL) {
        st = JM_E_UNAVAILABLE;
        goto out;
    }
    (void)zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    (void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    (void)zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, w, h);
    zbar_image_set_data(image, gray, (unsigned long)w * h, NULL);
    if (zbar_scan_image(scanner, image) > 0) {
        const zbar_symbol_t *s = zbar_image_first_symbol(image);

        if (s != NULL)
            st = jm_dup(text, mem, jm_bytes(zbar_symbol_get_data(s), zbar_symbol_get_data_length(s)));
    }
out:
    if (image != NULL)
        zbar_image_destroy(image);
    if (scanner != NULL)
        zbar_image_scanner_destroy(scanner);
    return st;
}

enum jm_status jm_qr_read(struct jm_bytes *text, struct jm_bytes png, struct jm_arena *mem)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum jm_status st = JM_E_MALFORMED;
    const png_color white = {255, 255, 255};
    uint8_t *gray = NULL;

    *text = jm_none();
    if (!png_image_begin_read_from_memory(&image, png.ptr, png.len))
        return JM_E_MALFORMED;
    image.format = PNG_FORMAT_GRAY;
    if (image.width > SIDE_MAX || image.height > SIDE_MAX || (gray = malloc((size_t)image.width * image.height)) == NULL)
        goto out;
    if (png_image_finish_read(&image, &white, gray, 0, NULL))
        st = scan(text, gray, image.width, image.height, mem);
out:
    png_image_free(&image);
    free(gray);
    return st;
}
