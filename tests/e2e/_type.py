# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: type.py LINES COMMAND… types a line of the file LINES at each question, and prints what was to be seen."""
import os
import pty
import sys

lines = open(sys.argv[1]).read().split()
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = asked = b""
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:
        break  # it has ended
    if not got:
        break
    seen, asked = seen + got, asked + got
    if asked.endswith(b": ") and lines:
        os.write(terminal, lines.pop(0).encode() + b"\n")
        asked = b""
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
