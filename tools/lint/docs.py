#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What our documents point to is there: links to files, and paths from the root in `code`. A name with a blank to fill
(<service>, NNN, *, {ko,en}) points nowhere in particular."""
import os
import re

from lint import ROOT, TOP, fault, files, read, verdict

LINK = re.compile(r"\]\(([^)#\s]+)")
CODE = re.compile(r"`((?:%s)/[^`\s,;:]+)`" % "|".join(TOP))

count = 0
for name in files(ends=(".md",)):
    for number, line in enumerate((read(name) or "").split("\n"), 1):
        links = [os.path.join(os.path.dirname(name), to) for to in LINK.findall(line) if "://" not in to]
        paths = [to for to in CODE.findall(line) if not re.search(r"[<>*{}…]|NNN", to)]
        for path in links + paths:
            count += 1
            if not os.path.exists(os.path.join(ROOT, path)):
                fault(name, number, f"{path} is not there")
verdict(f"{count} links and paths of documents")
