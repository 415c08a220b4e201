#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/protocol/rules.md: every rule has its row, the tests that a row names name the rule, and none names one that is not built."""
import os
import re

from lint import ROOT, fault, files, read, verdict

PAGE = "docs/protocol/rules.md"
RANGES = {"I": (1, 24), "V": (1, 15), "C": (1, 5), "D": (400, 474)}
HOLES = {f"D-{n}" for n in (*range(414, 420), *range(425, 450), *range(460, 470))}

tests = {name: read(name) or "" for name in files("tests", ends=(".c", ".h", ".mjs", ".sh"))}
seen = {}
named = 0
for number, line in enumerate(read(PAGE).split("\n"), 1):
    m = re.match(r"\| ([IVCD]-\d+) \| ([^|]+) \| (.+) \|$", line)
    if not m:
        continue
    rule, _, where = m.groups()
    if rule in seen:
        fault(PAGE, number, f"{rule} stands twice")
    seen[rule] = number
    if re.match(r"not built: \S", where):
        for name in tests:
            if re.search(rf"\b{rule}\b", tests[name]):
                fault(name, 1, f"{rule} is not built, says {PAGE}")
        continue
    files = re.sub(r" \(.*\)$", "", where).split()
    for name in files:
        if not re.match(r"(tests|tools/lint)/", name) or not os.path.isfile(os.path.join(ROOT, name)):
            fault(PAGE, number, f"{rule}: {name} is no test")
        elif not re.search(rf"\b{rule}\b", read(name)):
            fault(PAGE, number, f"{rule}: {name} does not name it")
        named += 1
for area, (first, last) in RANGES.items():
    for n in range(first, last + 1):
        rule = f"{area}-{n:02d}"
        if rule not in seen and rule not in HOLES:
            fault(PAGE, 1, f"{rule} has no row")
verdict(f"{len(seen)} rules, named {named} times")
