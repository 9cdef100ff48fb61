#!/usr/bin/env python3
"""How many replies a second bouncd classifies on one core: make bench-bounces.

The replies are those of tests/accuracy/phrases. "new": each differs from all others in a word, so that no verdict is
remembered. "repeated": the same ones again and again, as from a provider on a bad day."""
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOUNCD = os.path.join(os.path.abspath(os.environ.get("B", TOP + "/build")), "bin", "bouncd")
REPLIES = int(sys.argv[1]) if len(sys.argv) > 1 else 100000


def phrases():
    with open(TOP + "/tests/accuracy/phrases", encoding="utf-8") as f:
        return [line.split(" ", 1)[1].strip() for line in f if line.strip() and not line.startswith("#")]


def seconds(lines):
    """CPU of one run over them, less that of a start."""
    with tempfile.TemporaryFile("w+") as f:
        f.writelines(json.dumps({"reply": line}) + "\n" for line in lines)
        f.flush()
        f.seek(0)
        before = os.times()
        subprocess.run([BOUNCD, "--batch", "classify"], stdin=f, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def letters(n):
    word = ""
    while n:
        word += chr(ord("a") + n % 26)
        n //= 26
    return word


def main():
    known = phrases()
    start = seconds([])
    cases = {"new": ["%s %s" % (known[i % len(known)], letters(i + 1)) for i in range(REPLIES)],
             "repeated": [known[i % len(known)] for i in range(REPLIES)]}
    print("%-10s %9s %12s %10s" % ("REPLIES", "COUNT", "PER SECOND", "US EACH"))
    for name, lines in cases.items():
        took = max(seconds(lines) - start, 1e-6)
        print("%-10s %9d %12.0f %10.1f" % (name, len(lines), len(lines) / took, took / len(lines) * 1e6))
    print("start with the shipped rules: %.0f ms" % (start * 1000))


main()
