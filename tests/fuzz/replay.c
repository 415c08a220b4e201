/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay FOLDER: gives each corpus file once to the target, without libFuzzer. An empty corpus
 * fails, as does one without a seed ok-*: such a target may never have seen anything but refusals.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void feed(const char *path)
{
    FILE *in = fopen(path, "rb");
    struct stat info;
    uint8_t *data;

    if (in == NULL || fstat(fileno(in), &info) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    /* Exactly the file's size, so that AddressSanitizer sees an over-read. */
    data = malloc((size_t)info.st_size);
    if (info.st_size != 0 && (data == NULL || fread(data, (size_t)info.st_size, 1, in) != 1)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(in);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that crashed */
    LLVMFuzzerTestOneInput(data, (size_t)info.st_size);
    free(data);
}

int main(int argc, char **argv)
{
    const struct dirent *entry;
    unsigned n = 0, good = 0;
    DIR *dir;

    if (argc != 2 || (dir = opendir(argv[1])) == NULL) {
        fprintf(stderr, "replay: no corpus folder%s%s\n", argc == 2 ? " " : "",
                argc == 2 ? argv[1] : "");
        return 1;
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        feed(path);
        n++;
        good += strncmp(entry->d_name, "ok-", 3) == 0;
    }
    closedir(dir);
    printf("%u inputs, %u of them ok-*\n", n, good);
    if (good == 0) {
        fprintf(stderr, "replay: %s has no seed ok-* that reaches success\n", argv[1]);
        return 1;
    }
    return 0;
}
