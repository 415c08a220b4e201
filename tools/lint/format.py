#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C stands as the formatter writes it (make fmt), in 100 columns, where it is told to keep off too. Rows of .def are tables."""
import os
import re
import subprocess

from lint import ROOT, fault, files, read, verdict

COLUMNS = 100
TOOL = "clang-format-19"

names = files("src", "include", "tests", "bench", "tools", ends=(".c", ".h"))
for name in names:
    for number, line in enumerate((read(name) or "").split("\n"), 1):
        if len(line) > COLUMNS:
            fault(name, number, f"{len(line)} columns, {COLUMNS} is the most")

said = subprocess.run([TOOL, "--dry-run", "--Werror", "--ferror-limit=1", *names], cwd=ROOT,
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout.decode()
for m in re.finditer(r"^(\S+?):(\d+):\d+: error: (.*)$", said, re.M):
    fault(os.path.relpath(os.path.join(ROOT, m.group(1)), ROOT), int(m.group(2)), m.group(3) + " (make fmt)")
verdict(f"{len(names)} files")
