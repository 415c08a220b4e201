# SPDX-License-Identifier: Apache-2.0
"""What the lints share: the files of the checkout, C without comments and strings, the way to report."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOP = ("include", "src", "tests", "bench", "tools", "web", "data", "i18n", "docs", "cmake")


def files(*under, ends=()):
    """Files of the checkout, tracked or new but not ignored; in a source archive without git, those of our folders."""
    try:
        # safe.directory: the checkout may belong to another user than the one that runs the tests.
        out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
                              "--exclude-standard"], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout
        names = [n for n in out.decode().split("\0") if n]
    except (OSError, subprocess.CalledProcessError):
        names = [f for f in os.listdir(ROOT) if os.path.isfile(os.path.join(ROOT, f))]
        for top in TOP:
            for folder, folders, inside in os.walk(os.path.join(ROOT, top)):
                folders[:] = [f for f in folders if f != "node_modules"]
                names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in inside]
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(ROOT, n))
                  and (not under or n.startswith(tuple(u + "/" for u in under)))
                  and (not ends or n.endswith(tuple(ends))))


def read(name):
    """The text, or None for what is not text."""
    with open(os.path.join(ROOT, name), "rb") as f:
        octets = f.read()
    if b"\0" in octets:
        return None
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None


def strip_c(text):
    """C with comments, strings and character constants blanked out, line by line in place."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


faults = []


def fault(name, line, what):
    faults.append((name, line, what))


def verdict(what):
    for name, line, text in sorted(faults)[:50]:
        print(f"{name}:{line}: {text}")
    if len(faults) > 50:
        print("...")
    if faults:
        print(f"{len(faults)} faults")
        sys.exit(1)
    print(what)
