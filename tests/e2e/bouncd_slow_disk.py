#!/usr/bin/env python3
"""bouncd's disk takes 6 s a flush, and a role that is silent for 5 s is killed: bouncd is not, whatever it writes; its answers come,
and none before what they tell is on disk."""
import os
import shutil
import stat
import threading
import time

import house as houses
from bounces import TENANT, Shop, delivered, dsn
from house import run_test, until

SLOW_S, SILENCE_S, FROM_S = 6, 5, 6


def slow_programs(folder):
    """A folder of the programs, in which bouncd is started with a slow disk."""
    there, real = folder + "/slow-bin", houses.BIN
    os.mkdir(there)
    for name in os.listdir(real):
        if name == "posthoused": # finds the others where it lies
            shutil.copy(real + "/" + name, there + "/" + name)
        elif name != "bouncd":
            os.symlink(real + "/" + name, there + "/" + name)
    with open(there + "/bouncd", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nLD_PRELOAD=%s/fault.so FAULT_SLOW_MS=%d FAULT_SLOW_FROM_MS=%d exec %s/bouncd \"$@\"\n"
                % (os.path.dirname(real), SLOW_S * 1000, FROM_S * 1000, real))
    os.chmod(there + "/bouncd", stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    return there


def timed(call):
    began = time.monotonic()
    call()
    return time.monotonic() - began


def main():
    with Shop(tenant=TENANT) as house:
        houses.BIN = slow_programs(house.folder)
        house.write_conf("silence %ds\n" % SILENCE_S)
        house.start()
        began = time.monotonic()
        first = house.pids("bouncd")
        backs = [delivered(house, "gone%d@good.test" % n)[1] for n in range(4)]
        until(lambda: time.monotonic() > began + FROM_S + 1, 60, "the disk that is slow from here on")
        asked = time.monotonic()
        reports = [house.comes_back(back, dsn("gone%d@good.test" % n)) for n, back in enumerate(backs)]
        took = {}

        def person(*words):
            took[words[:2]] = timed(lambda: house.ctl(*words, code=None))
        calls = (("suppress", "add", "hand@good.test"), ("links", "block", "https://evil.example/x"), ("forget", "ann@good.test", "--yes"))
        people = [threading.Thread(target=person, args=words) for words in calls]
        for p in people:
            p.start()
        for report in reports:
            house.await_event("delivered", message=report, reason="bounce", seconds=120)
        assert time.monotonic() - asked >= 2 * SLOW_S, "answered before the event and the list were on disk"
        for p in people:
            p.join()
        assert all(s >= SLOW_S for s in took.values()), took
        listed = house.ctl("suppress", "list", code=None)
        assert all("gone%d@good.test" % n in listed for n in range(4)) and "hand@good.test" in listed, listed
        assert "evil.example" in house.ctl("links", "list", code=None)
        assert house.pids("bouncd") == first and "role-silent" not in house.log(), house.log()[-3000:]
        house.stop() # copies what changed: some more flushes
        assert "role-silent" not in house.log()


run_test(main)
