#!/usr/bin/env python3
"""kill -9 of roles, and of all at once, at random moments under load: nothing acknowledged is lost or changed.

    soak.py [--rounds N] [--seed N] [--rate N]      N kills of each role, and N of the whole house

Without --rounds: ten kills of random roles, as `make check` has it. Prints its seed; the same seed kills in the same
order. Each acknowledged message must arrive unchanged, each recipient have one final event; duplicates are counted.
"""
import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import time

from house import BIN, FINAL, ROLES, TOP, House, free_ports, run_test, until


CONNECTIONS = 10


class Load:
    """bench-gen into the house, bench-sink behind it."""

    def __init__(self, house, port, rate):
        self.record, self.list = house.folder + "/record", house.folder + "/list"
        self.out = house.folder + "/bench-sink.out"
        with open(self.out, "wb") as out:
            self.sink = subprocess.Popen([BIN + "/bench-sink", "-l", "127.0.0.1:%d" % port, "-o", self.list], stdout=out)
        House.await_port(port, self.sink)
        self.house, self.rate, self.gen = house, rate, None

    def begin(self):
        with open(self.house.folder + "/gen.out", "wb") as out:
            self.gen = subprocess.Popen([BIN + "/bench-gen", "-c", str(CONNECTIONS), "-n", "0", "-t", "36000", "-r", str(self.rate), "-s", "4096",
                                         "-k", "-f", "bench@first.test", "-d", "sink.test", "-o", self.record, "-w", "20",
                                         "127.0.0.1:%d" % self.house.inbound], stdout=out)

    def end(self):
        self.gen.send_signal(signal.SIGTERM)
        self.gen.wait(60)

    def arrivals(self):
        """What the sink has counted by now: {word: number}."""
        size = os.path.getsize(self.out)
        self.sink.send_signal(signal.SIGUSR1)

        def answer():
            with open(self.out, encoding="ascii") as f:
                f.seek(size)
                text = f.read()
            return text if "cpu_s=" in text else None
        return dict(word.split("=") for word in until(answer, 10, "the sink's summary").split()[1:])

    def acknowledged(self):
        with open(self.record, encoding="ascii") as f:
            return {tuple(line.split()[1:3]) for line in f if line.startswith("ok ")}

    def stop(self):
        for proc in (self.gen, self.sink):
            if proc is not None and proc.poll() is None:
                proc.terminate()
                proc.wait(30)


def kill_role(house, role, rng):
    """Kills one process of it and waits for its successor."""
    before = house.pids(role)
    pid = rng.choice(before)[1]
    os.kill(pid, signal.SIGKILL)

    def again():
        now = house.pids(role)
        return len(now) >= len(before) and all(p != pid for _, p in now)
    until(again, 60, "a new " + role)


def kill_all(house):
    house.kill_house()
    house.launch()
    house.await_ready(60)


def queue_is_empty(house):
    return not [row for row in house.rows("queue", code=None) if "message" in row or "id" in row]


def compare(house, load):
    """One final event a recipient: counted by event id, since a crash may write an event again under its id."""
    check = subprocess.run([TOP + "/tests/bench/check", "--duplicates", load.record, load.list], capture_output=True, text=True,
                           check=False)
    print(check.stdout.strip())
    # What was under way when the generator was stopped stands in no record, and may have arrived: one a connection at most.
    facts = dict(word.split("=") for word in check.stdout.splitlines()[0].split())
    assert facts["lost"] == facts["changed"] == "0" and int(facts["unasked"]) <= CONNECTIONS, check.stdout + check.stderr
    ends = collections.defaultdict(set)
    received = set()
    for event in house.events():
        if event["event"] in FINAL:
            ends[event["message"], event["recipient"]].add(event["id"])
        elif event["event"] == "received":
            received.add(event["message"])
    several = {key: ids for key, ids in ends.items() if len(ids) != 1}
    assert not several, "more than one final event: %s" % list(several.items())[:5]
    missing = received - {message for message, _ in ends}
    assert not missing, "%d without a final event: %s" % (len(missing), sorted(missing)[:5])
    return len(ends)


def plan(args, rng):
    kills = [(role, ) for role in ROLES + ["all"] for _ in range(args.rounds)] if args.rounds else \
        [(rng.choice(["smtpd", "queued", "queued", "deliverd", "bouncd", "trackd-rewrite", "all"]), ) for _ in range(args.short)]
    rng.shuffle(kills)
    return [role for role, in kills]


def soak(args):
    rng = random.Random(args.seed)
    port, = free_ports(1)
    route = "route sink.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % port
    with House(sinks={}, routes={}, more=route, workers=2) as house:
        load = Load(house, port, args.rate)
        try:
            house.start()
            load.begin()
            done = collections.Counter()
            for role in plan(args, rng):
                time.sleep(rng.uniform(0.05, args.pause))  # the random moment
                if role == "all":
                    kill_all(house)
                else:
                    kill_role(house, role, rng)
                done[role] += 1
                assert load.gen.poll() is None, "the generator ended"
            time.sleep(1)
            load.end()
            until(lambda: queue_is_empty(house), 120, "an empty queue")
            load.arrivals()
            ends = compare(house, load)
            print("kills: %s; %d recipients ended" % (", ".join("%s %d" % k for k in sorted(done.items())), ends))
        finally:
            load.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--short", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--pause", type=float, default=1.0)
    args = parser.parse_args()
    print("seed %d, %d messages a second" % (args.seed, args.rate), flush=True)
    soak(args)


if __name__ == "__main__":
    run_test(main)
    sys.exit(0)
