#!/usr/bin/env python3
"""Faults of the disk under queued's store: store_fault.py PROGRAM LIBRARY [--every N] [--messages N] [HOW ...]

For each kind of fault, N = 1, 2, 3 ... until nothing is hit: a day of the queue runs with the Nth step of the disk going
wrong, then the store is opened again. What was told accepted must live unless its end was asked for; what was told ended
must not come back. Prints one line a kind of fault; exits 1 if a rule is broken."""
import os, subprocess, sys, tempfile

HOWS = ["kill", "after", "tear", "eio", "enospc"]


def run(args, env):
    p = subprocess.run(args, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return p.returncode, p.stdout.decode(errors="replace").splitlines(), p.stderr.decode(errors="replace")


class Told:
    """What the program said before it ended."""

    def __init__(self, lines):
        self.accepted, self.asked, self.ended, self.dropped = {}, set(), set(), set()
        self.stopped = "stopped" in lines
        for words in (line.split() for line in lines):
            if words[:1] == ["accepted"]:
                self.accepted[words[1]] = int(words[2])
            elif words[:1] == ["asked"]:
                self.asked.add((words[1], int(words[2])))
            elif words[:1] == ["ended"]:
                self.ended.add((words[1], int(words[2])))
            elif words[:1] == ["dropped"]:
                self.dropped.add(words[1])

    def wrong(self, lines):
        lives = {w[1]: w[2] for w in (line.split() for line in lines) if w[:1] == ["lives"]}
        for line in lines:
            if line.split()[0] in ("damaged", "corrupt", "closed"):
                yield line
        if "checked" not in lines:
            yield "the check did not come to its end"
        for ident, rcpts in self.accepted.items():
            marks = lives.get(ident)
            if ident in self.dropped:
                continue
            for i in range(rcpts):
                is_open = marks is not None and marks[i] == "o"
                if (ident, i) in self.ended and is_open:
                    yield f"{ident} {i} was ended and came back"
                elif (ident, i) not in self.asked and not is_open:
                    yield f"{ident} {i} was accepted and is lost"


def once(program, library, messages, how, n):
    """None: nothing was hit; else what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        spool = folder + "/q"
        env = {"LD_PRELOAD": library, "FAULT_AT": str(n), "FAULT_HOW": how, "FAULT_COUNT": folder + "/count"}
        code, lines, log = run([program, "work", spool, *messages], env)
        if code >= 0 and os.path.exists(folder + "/count") and int(open(folder + "/count").read()) < n:
            return None
        told = Told(lines)
        _, after, log_after = run([program, "check", spool], {})
        wrong = list(told.wrong(after))
        return [(*wrong, log[-1500:], log_after[-1500:])] if wrong else []


def main():
    args = sys.argv[1:]
    program, library = (os.path.abspath(a) for a in args[:2])
    rest = args[2:]
    every = int(rest[rest.index("--every") + 1]) if "--every" in rest else 1
    messages = [rest[rest.index("--messages") + 1]] if "--messages" in rest else []
    hows = [h for h in rest if h in HOWS] or HOWS
    broken = 0
    for how in hows:
        n, runs = 1, 0
        while (wrong := once(program, library, messages, how, n)) is not None:
            runs += 1
            for w in wrong:
                broken += 1
                print(f"{how} {n}:", *w, sep="\n  ", flush=True)
            n += every
        print(f"{how}: {runs} faults, steps 1..{n}, {broken} broken so far", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
