#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No number in the checkout may look like a real resident registration number (D-114): six digits of a calendar date and
seven more, with or without a hyphen. Synthetic ones have month + 20. A clock value in milliseconds may look like one:
its line then says "lint-allow: clock". An allowance that nothing needs is a fault."""
import re

from lint import fault, files, read, verdict

# Not inside of a longer run of hexadecimal digits: hashes and keys.
NUMBER = re.compile(r"(?<![0-9A-Fa-f])\d\d(\d\d)(\d\d)-?\d{7}(?![0-9A-Fa-f])")
ALLOW = re.compile(r"lint-allow: clock\b")

names = files()
count = 0
for name in names:
    text = read(name)
    if text is None:
        continue
    count += 1
    for number, line in enumerate(text.split("\n"), 1):
        hits = [m.group() for m in NUMBER.finditer(line) if 1 <= int(m.group(1)) <= 12 and 1 <= int(m.group(2)) <= 31]
        allowed = ALLOW.search(line) and not name.startswith("tools/lint/synthetic.")
        if hits and not allowed:
            fault(name, number, f"{hits[0][:6]}... has the shape of a real register number: month + 20 (D-114)")
        if allowed and not hits:
            fault(name, number, "lint-allow: clock is not needed")
verdict(f"{count} text files")
