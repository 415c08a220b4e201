# SPDX-License-Identifier: Apache-2.0
"""A card in a virtual reader that says who it is, and to the first command nothing: stuck_card.py PORT writes "asked" then, and goes
when a line comes."""
import socket
import sys

reader = socket.create_connection(("127.0.0.1", int(sys.argv[1])))


def octets(n):
    got = b""
    while len(got) < n:
        more = reader.recv(n - len(got))
        if not more:
            sys.exit(1)
        got += more
    return got


while True:
    said = octets(int.from_bytes(octets(2), "big"))
    if said == b"\x04":
        reader.sendall(b"\x00\x05\x3b\x80\x80\x01\x01")
    elif len(said) > 1:
        break
print("asked", flush=True)
sys.stdin.readline()
