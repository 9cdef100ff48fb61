#!/usr/bin/env python3
"""Faults of the disk under queued's store: store_fault.py PROGRAM LIBRARY [--every N] [--messages N] [--most N] [KIND ...]

For each kind of fault, N = 1, 2, 3 ... until nothing is hit: a day of the queue runs with the Nth step of the disk going
wrong, then the store is opened again, twice. What was told accepted must live unless its end was asked for; what was told
ended must not come back; nothing is hidden; one more message is taken afterwards. Prints one line a kind of fault; exits 1
if a rule is broken.

    kill, after, tear       the process dies before, right after, or midway in the Nth step
    eio, enospc             the Nth step fails, and the day goes on
    while                   ten steps fail from the Nth on, and the day goes on
    then                    ten steps fail from the Nth on; thirty more, and the process dies
    lost                    the Nth write is lost, as the next sync tells once a descriptor; the process dies a little later
    slow                    every sync takes 20 ms, and the process dies before the Nth step
    flip                    dead at the middle of the day; then a byte of the journal is another, the Nth of many places
    short, gone             dead at the middle of the day; then the Nth segment is cut short, or is not there
    random                  dies at a moment of chance, --most times (100)"""
import glob, os, random, subprocess, sys, tempfile, time

# kind: what fault.so is told
HOWS = {
    "kill": {"FAULT_HOW": "kill"}, "after": {"FAULT_HOW": "after"}, "tear": {"FAULT_HOW": "tear"},
    "eio": {"FAULT_HOW": "eio"}, "enospc": {"FAULT_HOW": "enospc"},
    "while": {"FAULT_HOW": "eio", "FAULT_FOR": "10"},
    "then": {"FAULT_HOW": "eio", "FAULT_FOR": "10", "FAULT_THEN": "30"},
    "lost": {"FAULT_HOW": "lost", "FAULT_THEN": "20"},
    "slow": {"FAULT_HOW": "kill", "FAULT_SLOW_MS": "20"},
}
DAMAGE = ["flip", "short", "gone"]
PLACES = 40  # of flip, spread over what was written


def run(args, env):
    p = subprocess.run(args, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
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

    def wrong(self, lines, torn):
        """torn: the last group may not have been finished, and is told so."""
        lives = {w[1]: w[2] for w in (line.split() for line in lines) if w[:1] == ["lives"]}
        for line in lines:
            words = line.split()
            if words[0] in ("damaged", "corrupt", "closed") and not (torn and "never finished" in line):
                yield line
        if "checked" not in lines:
            yield "the check did not come to its end: " + str(lines[-1:])
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

    def wrong_after_damage(self, lines):
        """What is missing or came back must have been told, and be no more than was told."""
        told = [line for line in lines if line.startswith("corrupt journal/")]
        wrong = [w for w in self.wrong(lines, True) if not w.startswith("corrupt journal/")]
        most = 0
        for line in told:
            words = line.split()
            most += int(words[words.index("records") - 1]) if "records" in words else 10**6
        return [w for w in wrong if "lost" not in w and "came back" not in w] + (wrong if len(wrong) > 3 * most else [])


def checked(program, spool, judge, log):
    """The store is opened twice; the second time must say no worse."""
    for _ in range(2):
        _, lines, errors = run([program, "check", spool], {})
        wrong = list(judge(lines))
        if wrong:
            return [(*wrong[:10], log[-1500:], errors[-1500:])]
    return []


def once(program, library, messages, how, n):
    """None: nothing was hit; else what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        spool = folder + "/q"
        env = {"LD_PRELOAD": library, "FAULT_AT": str(n), "FAULT_COUNT": folder + "/count", **HOWS[how]}
        code, lines, log = run([program, "work", spool, *messages], env)
        if code >= 0 and os.path.exists(folder + "/count") and int(open(folder + "/count").read()) < n:
            return None
        told = Told(lines)
        # then it ends of itself, and the start that follows sets the index aside
        no_index = code > 0 and "the index is damaged" in log
        died = code < 0 or no_index
        aside = no_index or not told.accepted # a first start that failed leaves an empty one

        def judge(after):
            return told.wrong([line for line in after if not (aside and line.startswith("corrupt index/"))], died)

        wrong = checked(program, spool, judge, log)
        if not died and "afterwards" not in lines and not any(line.startswith("closed") for line in lines):
            wrong.append(("nothing was accepted afterwards", log[-1500:]))
        return wrong


def damage(spool, kind, n):
    """False: there is no such place."""
    segments = sorted(glob.glob(spool + "/spool/journal/*"))
    if kind != "flip":
        if n > len(segments):
            return False
        path = segments[n - 1]
        if kind == "gone":
            os.unlink(path)
        else:
            os.truncate(path, os.path.getsize(path) // 3)
        return True
    if n > PLACES:
        return False
    path = segments[n % len(segments)]
    at = os.path.getsize(path) * n // (PLACES + 1)
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 0x10]))
    return True


def once_damaged(program, messages, kind, n):
    """A day that ends by a kill while it goes on, and damage to what it left."""
    with tempfile.TemporaryDirectory() as folder:
        spool = folder + "/q"
        told, log = until_killed(program, spool, messages, accepted=150)
        if not damage(spool, kind, n):
            return None
        _, lines, errors = run([program, "check", spool], {})
        wrong = told.wrong_after_damage(lines)
        return [(*wrong[:10], log[-500:], errors[-2500:])] if wrong else []


def accepted_in(path):
    with open(path, "rb") as f:
        return f.read().count(b"accepted")


def until_killed(program, spool, messages, after_s=60, accepted=10**6):
    """Killed after that time, or when so many messages are accepted."""
    with open(spool + ".out", "w+b") as out, open(spool + ".log", "w+b") as log:
        with subprocess.Popen([program, "work", spool, *messages], stdout=out, stderr=log) as p:
            ends = time.time() + after_s
            while p.poll() is None and time.time() < ends and accepted_in(out.name) < accepted:
                time.sleep(0.01)
            p.kill()
        out.seek(0)
        log.seek(0)
        return Told(out.read().decode(errors="replace").splitlines()), log.read().decode(errors="replace")


def once_random(program, messages, seed):
    with tempfile.TemporaryDirectory() as folder:
        spool = folder + "/q"
        told, log = until_killed(program, spool, messages, random.Random(seed).uniform(0.05, 1.5))
        return checked(program, spool, lambda after: told.wrong(after, True), log)


def option(args, name, otherwise):
    return int(args[args.index(name) + 1]) if name in args else otherwise


def main():
    args = sys.argv[1:]
    program, library = (os.path.abspath(a) for a in args[:2])
    rest = args[2:]
    every, most, broken = option(rest, "--every", 1), option(rest, "--most", 0), 0
    messages = [str(option(rest, "--messages", 28))]
    many = [str(option(rest, "--messages", 2000))]
    seed = int(time.time())
    for how in [h for h in rest if h in HOWS or h in DAMAGE or h == "random"] or [*HOWS, *DAMAGE]:
        n, runs = 1, 0
        while not most or runs < most:
            if how in HOWS:
                wrong = once(program, library, messages, how, n)
            elif how in DAMAGE:
                wrong = once_damaged(program, many, how, n)
            else:
                wrong = once_random(program, many, seed + n) if runs < (most or 100) else None
            if wrong is None:
                break
            runs += 1
            for w in wrong:
                broken += 1
                print(f"{how} {n}:", *w, sep="\n  ", flush=True)
            n += every
        print(f"{how}: {runs} faults, steps 1..{n}, {broken} broken so far", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
