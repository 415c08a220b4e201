#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What our programs are linked with: each with its own libraries and no other, and none with libeac (GPL-3), by whatever way; that
is for one program of the tests. linked.py BUILD reads the programs (readelf, ldd) and every link line of build.ninja."""
import os
import re
import subprocess
import sys

from lint import fault, verdict

MAY = {
    "jumin": "crypto curl fido2 jpeg microhttpd pcsclite png16 qrencode sqlite3 z",
    "jumin-signer": "crypto",
    "jumin-picture": "png16 zbar",
    "jumin-demo": "crypto curl z",
}
SYSTEM = {"c", "m", "gcc_s"}
NEVER = re.compile(r"libeac\b")
ORACLE = "tests/oracle_eac"

build = sys.argv[1]


def told(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


for program, may in MAY.items():
    path = os.path.join(build, program)
    needed = set(re.findall(r"\(NEEDED\).*\[lib([^\]]+?)\.so", told("readelf", "-d", path)))
    for library in sorted(needed - SYSTEM - set(may.split())):
        fault(program, 1, f"is linked with lib{library}")
    if NEVER.search(told("ldd", path)):
        fault(program, 1, "loads libeac")

# A link line and what follows of it, indented.
links = 0
with open(os.path.join(build, "build.ninja")) as f:
    for m in re.finditer(r"^build (.+?): C_\w*LINKER\w*.*\n(?:  .*\n)*", f.read(), re.M):
        links += 1
        if NEVER.search(m.group()) and m.group(1) != ORACLE:
            fault(m.group(1), 1, "is linked with libeac")
verdict(f"{len(MAY)} programs, {links} link lines")
