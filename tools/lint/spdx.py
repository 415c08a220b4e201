#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each source states its licence in one of its first three lines."""
from lint import fault, files, read, verdict

ENDS = (".c", ".h", ".def", ".sh", ".py", ".js", ".mjs", ".ts", ".tsx", ".cmake", "CMakeLists.txt", "Makefile")
names = [n for n in files(ends=ENDS) if not n.startswith("tests/vectors/")]
for n in files("tools"):
    if n not in names and (read(n) or "").startswith("#!"):
        names.append(n)
for name in names:
    if not any("SPDX-License-Identifier: " in line for line in (read(name) or "").split("\n")[:3]):
        fault(name, 1, "no SPDX-License-Identifier: Apache-2.0")
verdict(f"{len(names)} sources")
