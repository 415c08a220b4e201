#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Functions that are not called here, each with what to call, and sizes of algorithms, which are no array bounds.
An exception stands on its line, with its reason:
    x = strtok(s, ","); /* lint-allow: strtok reason */
An exception that nothing needs is a fault too."""
import re

from lint import fault, files, read, strip_c, verdict

COPY = "jm_buf_put, jm_dup or memcpy with a checked length"
PRINT = "snprintf, and look at its result"
PARSE = "jm_parse_u64"
RANDOM = "the randomness of jm_env"
TIME = "the time of jm_env"
BANNED = {
    "strcpy": COPY, "stpcpy": COPY, "strcat": COPY, "strncpy": COPY, "stpncpy": COPY, "strncat": COPY, "wcscpy": COPY,
    "bcopy": "memmove", "bzero": "memset or jm_wipe", "bcmp": "memcmp or jm_bytes_eq_ct",
    "explicit_bzero": "jm_wipe", "memset_s": "jm_wipe",
    "sprintf": PRINT, "vsprintf": PRINT.replace("snprintf", "vsnprintf"),
    "strtok": "jm_bytes_find and jm_slice", "strtok_r": "jm_bytes_find and jm_slice", "strsep": "jm_bytes_find and jm_slice",
    "atoi": PARSE, "atol": PARSE, "atoll": PARSE, "atof": "integers of a smaller unit", "strtol": PARSE,
    "strtoll": PARSE, "strtoul": PARSE, "strtoull": PARSE, "strtod": "integers of a smaller unit",
    "scanf": PARSE, "sscanf": PARSE, "fscanf": PARSE, "vscanf": PARSE, "vsscanf": PARSE, "vfscanf": PARSE,
    "rand": RANDOM, "rand_r": RANDOM, "srand": RANDOM, "random": RANDOM, "srandom": RANDOM, "drand48": RANDOM,
    "lrand48": RANDOM, "mrand48": RANDOM,
    "strerror": "strerror_r",
    "gets": "fgets or getline", "alloca": "the arena",
    "gmtime": "gmtime_r", "localtime": "gmtime_r and UTC+9: civil dates are of Asia/Seoul", "localtime_r":
    "gmtime_r and UTC+9: civil dates are of Asia/Seoul", "ctime": "our own formatter", "asctime": "our own formatter",
    "mktime": "timegm",
    "time": TIME,
    "system": "posix_spawn", "popen": "posix_spawn", "tmpnam": "mkstemp", "tempnam": "mkstemp", "mktemp": "mkstemp",
    "signal": "sigaction", "setlocale": "nothing: texts are UTF-8", "gethostbyname": "getaddrinfo",
    "inet_ntoa": "inet_ntop", "inet_addr": "inet_pton", "inet_aton": "inet_pton",
    "usleep": "nanosleep, or better an event", "putenv": "nothing: the environment is read only",
    "setenv": "nothing: the environment is read only",
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(map(re.escape, BANNED)) + r")\s*\(")
# Sizes are of algorithms, and only who implements those knows them: elsewhere a signature and a key carry their length.
SIZE = re.compile(r"\b(JM_SIG_LEN|JM_POINT_LEN|JM_POINT_COMPRESSED_LEN)\b|\b(?:sig|point)\w*\[6[45]\]")
SIZES_IN = ("src/crypto/", "src/host/openssl/", "include/jumin/crypto.h", "tests/", "bench/")
ALLOW = re.compile(r"lint-allow:\s*(\w+)\s*(.*?)\s*(?:\*/|$)")

names = files("src", "include", "tests", "bench", "tools", ends=(".c", ".h"))
for name in names:
    text = read(name)
    if text is None:
        continue
    raw = text.split("\n")
    for number, line in enumerate(strip_c(text).split("\n"), 1):
        allowed = {}
        for m in ALLOW.finditer(raw[number - 1]):
            allowed[m.group(1)] = m.group(2)
            if len(m.group(2)) < 4:
                fault(name, number, f"lint-allow: {m.group(1)} gives no reason")
        for m in CALL.finditer(line):
            if m.group(1) in allowed:
                allowed[m.group(1)] = None
            else:
                fault(name, number, f"{m.group(1)}: use {BANNED[m.group(1)]}")
        for m in SIZE.finditer("" if name.startswith(SIZES_IN) else line):
            fault(name, number, f"{m.group()}: use jm_sig_len, jm_sig_set or jm_point_set")
        for banned, reason in allowed.items():
            if reason is not None:
                fault(name, number, f"lint-allow: {banned} is not needed")
verdict(f"{len(names)} files")
