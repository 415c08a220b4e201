/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code drawn by us and read by jumin-picture: as it is, light on dark, none, no PNG, too
 * large, no program. */
#include "host/qr/qr.h"

#include <png.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/test.h"

#define TEXT "openid-credential-offer://?credential_offer=%7B%22grants%22%3A%7B%7D%7D"
#define ROOM (64 * JM_MIB)

static const char *program(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);

    CHECK(n > 0);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');

    memcpy(slash, "/../jumin-picture", sizeof "/../jumin-picture");
    return path;
}

/* The picture with every pixel turned; side 0: a white one of that many pixels instead. */
static struct jm_bytes turned(struct jm_bytes png, unsigned side, struct jm_arena *mem)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_alloc_size_t size = 0;
    uint8_t *pixel, *out;

    if (side == 0)
        CHECK(png_image_begin_read_from_memory(&image, png.ptr, png.len));
    else
        image.width = image.height = side;
    image.format = PNG_FORMAT_GRAY;
    pixel = malloc((size_t)image.width * image.height);
    if (pixel == NULL)
        abort();
    if (side == 0)
        CHECK(png_image_finish_read(&image, NULL, pixel, 0, NULL));
    else
        memset(pixel, 0xFF, (size_t)side * side);
    for (size_t i = 0; side == 0 && i < (size_t)image.width * image.height; i++)
        pixel[i] = (uint8_t)~pixel[i];
    image = (png_image){.version = PNG_IMAGE_VERSION,
                        .format = PNG_FORMAT_GRAY,
                        .width = image.width,
                        .height = image.height};
    CHECK(png_image_write_to_memory(&image, NULL, &size, 0, pixel, 0, NULL));
    out = jm_alloc(mem, size, 1);
    CHECK(out != NULL && png_image_write_to_memory(&image, out, &size, 0, pixel, 0, NULL));
    free(pixel);
    return jm_bytes(out, size);
}

TEST(what_was_drawn_is_read)
{
    struct jm_arena room = arena(ROOM), *mem = &room;
    struct jm_bytes png, text;

    CHECK_ST(jm_qr_png(&png, JM_BYTES(TEXT), mem), JM_OK);
    CHECK_ST(jm_qr_read(&text, program(), png, mem), JM_OK);
    CHECK(jm_bytes_eq_str(text, TEXT));
}

TEST(a_text_has_its_bound)
{
    static char text[JM_QR_TEXT_MAX + 2];
    struct jm_arena room = arena(ROOM), *mem = &room;
    struct jm_bytes png;

    memset(text, 'a', sizeof text - 1);
    CHECK_ST(jm_qr_png(&png, jm_bytes(text, JM_QR_TEXT_MAX), mem), JM_OK);
    CHECK_ST(jm_qr_png(&png, jm_bytes(text, JM_QR_TEXT_MAX + 1), mem), JM_E_LIMIT);
    CHECK_ST(jm_qr_png(&png, jm_none(), mem), JM_E_LIMIT);
}

/* Somebody else takes the children's ends: nobody can say what became of this one. */
TEST(a_process_that_nobody_can_wait_for)
{
    struct jm_arena room = arena(ROOM), *mem = &room;
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    struct jm_bytes png, text;

    CHECK_ST(jm_qr_png(&png, JM_BYTES(TEXT), mem), JM_OK);
    CHECK_EQ(sigaction(SIGCHLD, &ignore, &before), 0);
    CHECK_ST(jm_qr_read(&text, program(), png, mem), JM_E_UNAVAILABLE);
    CHECK_EQ(sigaction(SIGCHLD, &before, NULL), 0);
    CHECK_EQ(text.len, 0);
}

TEST(light_on_dark_is_read)
{
    struct jm_arena room = arena(ROOM), *mem = &room;
    struct jm_bytes png, text;

    CHECK_ST(jm_qr_png(&png, JM_BYTES(TEXT), mem), JM_OK);
    CHECK_ST(jm_qr_read(&text, program(), turned(png, 0, mem), mem), JM_OK);
    CHECK(jm_bytes_eq_str(text, TEXT));
}

TEST(what_is_no_code_is_refused)
{
    struct jm_arena room = arena(ROOM), *mem = &room;
    struct jm_bytes png, text;

    CHECK_ST(jm_qr_png(&png, JM_BYTES(TEXT), mem), JM_OK);
    CHECK_ST(jm_qr_read(&text, program(), turned(png, 200, mem), mem), JM_E_ABSENT);
    CHECK_ST(jm_qr_read(&text, program(), turned(png, 4097, mem), mem), JM_E_MALFORMED);
    CHECK_ST(jm_qr_read(&text, program(), JM_BYTES("no picture"), mem), JM_E_MALFORMED);
    CHECK_ST(jm_qr_read(&text, program(), jm_none(), mem), JM_E_MALFORMED);
    CHECK_ST(jm_qr_read(&text, program(), jm_slice(png, 0, png.len / 2), mem), JM_E_MALFORMED);
    CHECK_ST(jm_qr_read(&text, "/nonexistent", png, mem), JM_E_UNAVAILABLE);
    CHECK(text.len == 0);
}

TEST(a_picture_beyond_the_bound_is_refused)
{
    struct jm_arena room = arena(ROOM), *mem = &room;
    uint8_t *large = calloc(1, JM_QR_PICTURE_MAX + 1);
    struct jm_bytes text;

    if (large == NULL)
        abort();
    CHECK_ST(jm_qr_read(&text, program(), jm_bytes(large, JM_QR_PICTURE_MAX + 1), mem),
             JM_E_MALFORMED);
    free(large);
}

/* A program of that one line in the place of jumin-picture. */
static enum jm_status read_by(const char *line, struct jm_bytes *text)
{
    char path[] = "/tmp/jumin-qr.XXXXXX";
    struct jm_arena room = arena(1 << 16);
    int fd = mkstemp(path);

    CHECK(fd >= 0 && dprintf(fd, "#!/bin/sh\n%s\n", line) > 0 && fchmod(fd, 0700) == 0 &&
          close(fd) == 0);
    enum jm_status st = jm_qr_read(text, path, JM_BYTES("a picture"), &room);
    (void)unlink(path);
    return st;
}

TEST(how_the_process_ended_is_what_counts)
{
    static const struct {
        const char *line;
        enum jm_status st;
    } rows[] = {{"cat >/dev/null; printf text; exit 0", JM_OK},
                {"printf text; kill -SEGV $$", JM_E_MALFORMED}, /* it broke on this picture */
                {"printf text; exit 1", JM_E_ABSENT},
                {"printf text; exit 3", JM_E_MALFORMED},
                {"printf text; exit 4", JM_E_UNAVAILABLE},
                /* whoever does not read the picture breaks no pipe of ours */
                {"printf text; exit 0; cat", JM_OK}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes text;

        ROW(CHECK_ST(read_by(rows[i].line, &text), rows[i].st) &&
                CHECK_EQ(text.len, rows[i].st == JM_OK ? 4 : 0),
            rows[i].line);
    }
}
