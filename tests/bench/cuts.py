#!/usr/bin/env python3
"""cuts.py [FLUSH_MS ...]: how many recipients a power cut would have sent to twice, at each moment of ten seconds at 300
messages a second: those whose server has said 250 and whose end is not on disk. FLUSH_MS: so much longer each sync takes.

A library in queued tells when each end was durable; nothing has to be cut, so each moment counts. TMPDIR says on which disk.
On a machine that does other things it measures these."""
import os
import shutil
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import house as houses  # noqa: E402
from house import House, run_test, until  # noqa: E402

RATE, SECONDS = 300, 10
FIRST_S = 2  # what a start does is not looked at


def programs_with_library(folder, slow_ms):
    """A folder of the programs, in which queued is started with fault.so."""
    there, real = folder + "/programs", houses.BIN
    os.mkdir(there)
    for name in os.listdir(real):
        if name == "posthoused": # finds the others where it lies
            shutil.copy(real + "/" + name, there + "/" + name)
        elif name != "queued":
            os.symlink(real + "/" + name, there + "/" + name)
    with open(there + "/queued", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nLD_PRELOAD=%s/fault.so FAULT_DURABLE=%s/durable FAULT_SLOW_MS=%d FAULT_SLOW_FROM_MS=1000 exec %s/queued \"$@\"\n"
                % (os.path.dirname(real), folder, slow_ms, real))
    os.chmod(there + "/queued", stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    return there


def times(path, recipient, second):
    with open(path, encoding="ascii") as f:
        return {w[recipient]: float(w[second]) for w in map(str.split, f)}


def at_risk(taken, durable):
    """[(how many, for how long)] between two changes, in order of time."""
    steps = sorted([(t, 1) for r, t in taken.items() if r in durable] + [(max(durable[r], t), -1) for r, t in taken.items() if r in durable])
    begin, n, found = steps[0][0] + FIRST_S, 0, []
    for (at, step), (after, _) in zip(steps, steps[1:]):
        n += step
        if at > begin:
            found.append((n, after - at))
    return found


def measured(slow_ms):
    real = houses.BIN
    with House(sinks={}, routes={}) as house:
        port = houses.free_ports(1)[0]
        house.write_conf("route * {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % port)
        houses.BIN = programs_with_library(house.folder, slow_ms)
        try:
            house.start()
        finally:
            houses.BIN = real
        count = RATE * SECONDS
        taken = house.folder + "/taken"
        with subprocess.Popen([real + "/bench-sink", "-o", taken, "-e", str(count), "-l", "127.0.0.1:%d" % port],
                              stdout=subprocess.PIPE, text=True) as sink:
            house.await_port(port, sink)
            subprocess.run([real + "/bench-gen", "-n", str(count), "-r", str(RATE), "-f", "bench@first.test", "127.0.0.1:%d" % house.inbound],
                           stdout=subprocess.DEVNULL, check=True)
            until(lambda: len(house.events("delivered")) == count, 30, "all of it")
            time.sleep(0.2)
            sink.terminate()
            said = sink.communicate()[0]
        assert "again=0" in said, said
        return at_risk(times(taken, 1, 4), times(house.folder + "/durable", 1, 0))


def main():
    for slow_ms in [int(a) for a in sys.argv[1:]] or [0, 2, 5]:
        found = measured(slow_ms)
        whole = sum(s for _, s in found)
        share = {k: sum(s for n, s in found if n >= k) / whole for k in (1, 2, 3, 4, 5, 10, 20)}
        print("flush + %d ms: mean %.2f, most %d; %s" % (slow_ms, sum(n * s for n, s in found) / whole, max(n for n, _ in found),
                                                    " ".join("%d+: %.2f%%" % (k, 100 * s) for k, s in share.items())), flush=True)


run_test(main)
