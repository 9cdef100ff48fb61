#!/usr/bin/env python3
"""Faults of the disk under queued's store:
store_fault.py PROGRAM LIBRARY [--every N] [--from N] [--messages N] [--most N] [--jobs N] [KIND ...]

For each kind of fault, N = 1, 2, 3 ... until nothing is hit: a day of the queue runs with the Nth step of the disk going
wrong, then the store is opened again, twice. What was told accepted must live unless its end was asked for; what was told
ended must not come back; nothing is hidden; one more message is taken afterwards. Prints one line a kind of fault, one for
each hundred on the way, and what is wrong; exits 1 if a rule is broken. --jobs at once (2): they mostly wait for the disk.

    kill, after, tear       the process dies before, right after, or midway in the Nth step
    eio, enospc             the Nth step fails, and the day goes on
    while                   ten steps fail from the Nth on, and the day goes on
    then                    ten steps fail from the Nth on; thirty more, and the process dies
    lost                    the Nth write is lost, as the next sync tells once a descriptor; the process dies a little later
    slow                    every sync takes 20 ms, and the process dies before the Nth step
    flip                    dead at the middle of the day; then a byte of the journal is another, the Nth of many places
    short, gone             dead at the middle of the day; then the Nth segment is cut short, or is not there
    index-flip, -page       dead at the middle of the day; then a byte or a page of the index is another, the Nth of many
    index-short, -gone      the same; the index is cut short, or is not there
    random                  dies at a moment of chance, --most times (100)"""
import concurrent.futures, glob, os, random, subprocess, sys, tempfile, time

# kind: what fault.so is told
HOWS = {
    "kill": {"FAULT_HOW": "kill"}, "after": {"FAULT_HOW": "after"}, "tear": {"FAULT_HOW": "tear"},
    "eio": {"FAULT_HOW": "eio"}, "enospc": {"FAULT_HOW": "enospc"},
    "while": {"FAULT_HOW": "eio", "FAULT_FOR": "10"},
    "then": {"FAULT_HOW": "eio", "FAULT_FOR": "10", "FAULT_THEN": "30"},
    "lost": {"FAULT_HOW": "lost", "FAULT_THEN": "20"},
    "slow": {"FAULT_HOW": "kill", "FAULT_SLOW_MS": "20"},
}
DAMAGE = ["flip", "short", "gone", "index-flip", "index-page", "index-short", "index-gone"]
PLACES = 40  # of a byte, spread over what was written
PAGE = 4096


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

    def wrong_after_index(self, lines):
        """The index can be rebuilt: its damage costs nothing."""
        return [w for w in self.wrong(lines, True) if not w.startswith("corrupt index/")]

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


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 0x10]))


def damage_journal(spool, kind, n):
    """False: there is no such place."""
    segments = sorted(glob.glob(spool + "/spool/journal/*"))
    if n > (PLACES if kind == "flip" else len(segments)):
        return False
    path = segments[n % len(segments) if kind == "flip" else n - 1]
    if kind == "gone":
        os.unlink(path)
    elif kind == "short":
        os.truncate(path, os.path.getsize(path) // 3)
    else:
        flip(path, os.path.getsize(path) * n // (PLACES + 1))
    return True


def damage_index(spool, kind, n):
    path = spool + "/spool/index/data.mdb"
    size = os.path.getsize(path)
    if kind == "index-gone" and n == 1:
        os.unlink(path)
    elif kind == "index-short" and n < 4:
        os.truncate(path, size * n // 4 + 100)
    elif kind == "index-page" and n <= size // PAGE:
        with open(path, "r+b") as f:
            f.seek((n - 1) * PAGE)
            f.write(b"\xa5" * PAGE)
    elif kind == "index-flip" and n <= 2 * PLACES:
        # at places of its pages that differ: heads, lists of entries, keys and values
        flip(path, size * n // (2 * PLACES + 1) // PAGE * PAGE + n * 397 % PAGE)
    else:
        return False
    return True


def once_damaged(program, messages, kind, n):
    """A day that ends by a kill while it goes on, and damage to what it left."""
    of_index = kind.startswith("index-")
    with tempfile.TemporaryDirectory() as folder:
        spool = folder + "/q"
        # the index is written once a second
        told, log = until_killed(program, spool, messages, accepted=1000 if of_index else 150)
        if not (damage_index if of_index else damage_journal)(spool, kind, n):
            return None
        if of_index:
            return checked(program, spool, told.wrong_after_index, log)
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
        chance = random.Random(seed).randrange(1, int(messages[0]))
        told, log = until_killed(program, spool, messages, accepted=chance)
        wrong = checked(program, spool, lambda after: told.wrong(after, True), log)
        return wrong + ([] if len(told.accepted) >= chance else [("the day came to its end too early", log[-1500:])])


def option(args, name, otherwise):
    return int(args[args.index(name) + 1]) if name in args else otherwise


def each_n(begin, every, most, jobs, fault):
    """(N, what is wrong) in order, until one hits nothing."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting, n, ended = [], begin, False
        while True:
            while not ended and len(waiting) < jobs and (not most or n < begin + most * every):
                waiting.append((n, pool.submit(fault, n)))
                n += every
            if not waiting:
                return
            at, future = waiting.pop(0)
            wrong = future.result()
            if wrong is None:
                ended = True
            elif not ended:
                yield at, wrong


def main():
    args = sys.argv[1:]
    program, library = (os.path.abspath(a) for a in args[:2])
    rest = args[2:]
    every, begin, jobs = option(rest, "--every", 1), option(rest, "--from", 1), option(rest, "--jobs", 2)
    messages = [str(option(rest, "--messages", 28))]
    many = [str(option(rest, "--messages", 2000))]
    seed, broken = int(time.time()), 0
    kinds = [*HOWS, *DAMAGE, "random"]
    for how in [h for h in rest if h in kinds] or kinds:
        def fault(n, how=how):
            if how in HOWS:
                return once(program, library, messages, how, n)
            return once_damaged(program, many, how, n) if how in DAMAGE else once_random(program, many, seed + n)

        most, runs, n = option(rest, "--most", 100 if how == "random" else 0), 0, 0
        for n, wrong in each_n(begin, every, most, jobs, fault):
            runs += 1
            for w in wrong:
                broken += 1
                print(f"{how} {n}:", *w, sep="\n  ", flush=True)
            if runs % 100 == 0:
                print(f"{how}: {runs} so far", flush=True)
        print(f"{how}: {runs} faults, steps {begin}..{n}, {broken} broken so far", flush=True)
        if runs == 0:
            print(f"{how}: nothing was hit", flush=True)
            broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
