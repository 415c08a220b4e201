#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each code of codes.def is given by the sources and named by a test that reaches it; an exception that is not needed fails.

Given: by its name; by its row of JM_WEB_FAULTS; as the n-th of a block that is computed (STATUS_UNAVAILABLE + fault).
Named: in tests/, or in the story that e2e.demo plays; also by the tail, where a test's macro pastes the rest.
"""
import glob
import os
import re

from lint import ROOT, fault, read, verdict

TABLE = "include/jumin/codes.def"

# Codes that no test can reach by name, each with its reason. None so far.
EXCEPTIONS = {}


def texts(*patterns):
    for pattern in patterns:
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            if os.path.isfile(path):
                yield os.path.relpath(path, ROOT), read(os.path.relpath(path, ROOT)) or ""


def names_in(text):
    found = set(re.findall(r"\bJM_[A-Z0-9]+_[A-Z0-9_]+", text))
    for macro, prefix in re.findall(r"#define (\w+)\((?:\w+)\) (JM_[A-Z0-9]+_)##", text):
        found |= {prefix + tail for tail in re.findall(rf"\b{macro}\(([A-Z0-9_]+)\)", text)}
    return found


rows = []
for line, text in enumerate((read(TABLE) or "").splitlines(), 1):
    m = re.match(r"JM_CODE\((\w+), (\w+), (0x[0-9a-f]+),", text)
    if m:
        rows.append((f"JM_{m[1]}_{m[2]}", int(m[3], 16), line))
numbers = {name: number for name, number, _ in rows}

given, named = set(), set()
for path, text in texts("src/**/*.c", "src/**/*.h", "include/jumin/*.h"):
    given |= names_in(text)
    given |= {f"JM_HTTP_{n}" for n in re.findall(r"^\s*X\((\w+),\s+\d+, JM_E_", text, re.M)}
for first, last in [("JM_MDOC_STATUS_UNAVAILABLE", "JM_MDOC_STATUS_INDEX"), ("JM_SDJWT_STATUS_UNAVAILABLE", "JM_SDJWT_STATUS_INDEX")]:
    if first in given:
        given |= {name for name, number in numbers.items() if numbers[first] <= number <= numbers[last]}
for path, text in texts("tests/**/*.c", "tests/**/*.h", "tests/**/*.sh", "tests/**/*.mjs", "src/cmd/demo/*.c"):
    named |= names_in(text)
    named |= {f"JM_HTTP_{n}" for n in re.findall(r"\bJM_WEB_([A-Z_]+)\b", text)}  # a fault of the server is its code: service/web.h

for name, _, line in rows:
    if name not in given:
        fault(TABLE, line, f"{name} is given nowhere: use it or take the row away")
    elif name not in named and name not in EXCEPTIONS:
        fault(TABLE, line, f"{name}: no test names it")
for name in EXCEPTIONS:
    if name not in numbers or name in named:
        fault("tools/lint/codes.py", 1, f"the exception for {name} is not needed")
verdict(f"{len(rows)} codes")
