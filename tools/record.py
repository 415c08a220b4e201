#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Was each code of codes.def given while the tests ran, with the result of its severity? usage: record.py FILE

FILE: what tests/support/record.c wrote, an octet a code, bit r for result r of jumin/report.h.
"""
import re
import sys

WANT = {"R": 1 << 2, "N": 1 << 2 | 1 << 3, "U": 1 << 4}  # FAIL; FAIL or WARN; UNKNOWN

with open(sys.argv[1], "rb") as f:
    record = f.read()
rows = re.findall(r"^JM_CODE\((\w+), (\w+), (0x[0-9a-f]+), \w+, \w, (\w),", open("include/jumin/codes.def").read(), re.M)
missing = [f"JM_{area}_{name}" for area, name, number, severity in rows if not record[int(number, 16)] & WANT[severity]]
for name in missing:
    print(f"{name}: no test made the program give it")
print(f"{len(rows)} codes, {len(missing)} never given")
sys.exit(1 if missing else 0)
