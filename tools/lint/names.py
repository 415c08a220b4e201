#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names that say where one is, in a backtrace too: a static function of a file over 100 lines has two words, and no two
files of the core and the services have one name, but for the rows and routes of each service and the two formats."""
import os
import re

from lint import fault, files, read, strip_c, verdict

LINES_MAX = 100
STATIC = re.compile(r"^static [^=;{}()]*?(\w+)\(", re.M)
SHARED = {"rows.c", "routes.c"}
FORMATS = ("src/cred/mdoc/", "src/cred/sdjwt/")

n, at = 0, {}
for name in files("src", ends=(".c",)):
    code = strip_c(read(name))
    if code.count("\n") > LINES_MAX:
        for m in STATIC.finditer(code):
            n += 1
            if "_" not in m.group(1).strip("_"):
                fault(name, code.count("\n", 0, m.start()) + 1, f"{m.group(1)}: of what? two words in a long file")
    base = os.path.basename(name)
    if name.startswith(("src/host/", "src/cmd/", "src/demo/", "src/main/")) or base in SHARED:
        continue
    other = at.setdefault(base, name)
    if other != name and not (other.startswith(FORMATS) and name.startswith(FORMATS)):
        fault(name, 1, f"{other} has the same name")
verdict(f"{n} static functions in long files, {len(at)} files of the core and the services")
