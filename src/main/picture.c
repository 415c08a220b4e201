/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jumin-picture: a PNG on stdin, the text of its first QR code on stdout. Pictures come from
 * strangers: they are decoded here, in a process that holds nothing, may only read and write what
 * is open, and ends after one picture. Ends with 0; with 1, no QR code in it; with 3, no PNG; with
 * 4, the system does not give what it takes. Spec: host/qr/qr.h
 */
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zbar.h>

#include "host/qr/qr.h"
#include "host/sandbox/sandbox.h"

#define SIDE_MAX 4096

enum { OK, NONE, MALFORMED = 3, OUTSIDE };

static zbar_image_scanner_t *scanner(void)
{
    zbar_image_scanner_t *s = zbar_image_scanner_create();

    if (s == NULL)
        return NULL;
    (void)zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    (void)zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    (void)zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    return s;
}

static int scan(const uint8_t *gray, unsigned w, unsigned h)
{
    zbar_image_scanner_t *s = scanner();
    zbar_image_t *image = zbar_image_create();
    const zbar_symbol_t *found;

    if (s == NULL || image == NULL)
        return OUTSIDE;
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, w, h);
    zbar_image_set_data(image, gray, (unsigned long)w * h, NULL);
    if (zbar_scan_image(s, image) <= 0 || (found = zbar_image_first_symbol(image)) == NULL)
        return NONE;
    size_t len = zbar_symbol_get_data_length(found);

    return len <= JM_QR_READ_MAX && fwrite(zbar_symbol_get_data(found), 1, len, stdout) == len &&
                   fflush(stdout) == 0
               ? OK
               : OUTSIDE;
}

/* ISO/IEC 18004 allows light on dark, and screens at night show it so. */
static int scan_both(uint8_t *gray, unsigned w, unsigned h)
{
    int found = scan(gray, w, h);

    if (found != NONE)
        return found;
    for (size_t i = 0; i < (size_t)w * h; i++)
        gray[i] = (uint8_t)~gray[i];
    return scan(gray, w, h);
}

static int decode(const uint8_t *octets, size_t len)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {255, 255, 255};
    uint8_t *gray;

    if (!png_image_begin_read_from_memory(&image, octets, len))
        return MALFORMED;
    image.format = PNG_FORMAT_GRAY;
    if (image.width > SIDE_MAX || image.height > SIDE_MAX)
        return MALFORMED;
    if ((gray = malloc((size_t)image.width * image.height)) == NULL)
        return OUTSIDE;
    return png_image_finish_read(&image, &white, gray, 0, NULL)
               ? scan_both(gray, image.width, image.height)
               : MALFORMED;
}

int main(void)
{
    uint8_t *octets = malloc(JM_QR_PICTURE_MAX + 1);
    size_t len;

    if (octets == NULL || jm_sandbox_begin() != JM_OK ||
        jm_sandbox_enter(JM_SANDBOX_READER) != JM_OK)
        return OUTSIDE;
    len = fread(octets, 1, JM_QR_PICTURE_MAX + 1, stdin);
    /* what it took ends with it */
    _exit(len > JM_QR_PICTURE_MAX ? MALFORMED : decode(octets, len));
}
