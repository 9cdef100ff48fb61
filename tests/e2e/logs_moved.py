#!/usr/bin/env python3
"""Log and event files that are moved away, as logrotate does it, are opened anew: at a reload, by posthouse log reopen, by SIGUSR1.
No line is lost, nothing counts twice or not at all, trace finds what came before and after; a crash behind it tells no end twice.
A reload of a house in order logs no warning."""
import collections
import glob
import json
import os
import signal

from house import BIN, House, run_test, until


def move(house, n):
    for name in ["posthouse.log"] + ["events/%s.jsonl" % r for r in ("queued", "bouncd", "trackd-web")]:
        path = os.path.join(house.folder, name)
        if os.path.exists(path):
            os.rename(path, "%s.%d" % (path, n))


def read(house, name):
    path = os.path.join(house.folder, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def counted(house):
    return sum(r["delivered"] for r in house.rows("stats", code=None) if "delivered" in r)


def moved(house, n, reopen):
    """One message before, one after."""
    before, after = "before%d@good.test" % n, "after%d@good.test" % n
    house.send(before)
    house.await_event("delivered", recipient=before)
    move(house, n)
    reopen()
    until(lambda: os.path.exists(house.folder + "/events/queued.jsonl") and
          os.path.exists(house.folder + "/posthouse.log"), 10, "the new files")
    until(lambda: {os.readlink(link) for _, pid in house.pids() for link in glob.glob("/proc/%d/fd/*" % pid)
                   if os.path.exists(link) and os.access(link, os.R_OK)} and
          house.send("settle%d@good.test" % n) and 'settle%d@' % n in read(house, "events/queued.jsonl"), 20, "it goes over")
    house.send(after)
    house.await_event("delivered", recipient=after)
    until(lambda: after in read(house, "posthouse.log"), 10, "the new log")
    assert before in read(house, "events/queued.jsonl.%d" % n) and before not in read(house, "events/queued.jsonl")
    assert before in read(house, "posthouse.log.%d" % n)
    for who in (before, after):
        until(lambda who=who: "delivered" in house.ctl("trace", who, code=None), 10, who)


def whole(house):
    """Each line of each file is one event, each id stands once."""
    ids = collections.Counter()
    for name in glob.glob(house.folder + "/events/*.jsonl*"):
        for line in read(house, name[len(house.folder) + 1:]).splitlines():
            ids[json.loads(line)["id"]] += 1
    assert max(ids.values()) == 1, [i for i, n in ids.items() if n > 1]


def main():
    with House() as house:
        house.start()
        moved(house, 1, lambda: house.ctl("reload"))
        moved(house, 2, lambda: house.ctl("log", "reopen"))
        moved(house, 3, lambda: os.kill(house.master.pid, signal.SIGUSR1))
        house.ctl("suppress", "add", "gone@good.test")
        assert "gone@good.test" in read(house, "events/bouncd.jsonl")
        delivered = sum(read(house, name[len(house.folder) + 1:]).count('"delivered"')
                        for name in glob.glob(house.folder + "/events/queued.jsonl*"))
        until(lambda: counted(house) == delivered, 15, lambda: (counted(house), delivered))
        assert house.ctl("log", "close", code=2)
        # Moved, and the house dies before it has made its ends final: the tail is in the moved file.
        house.send("last@good.test")
        house.await_event("delivered", recipient="last@good.test")
        move(house, 4)
        house.ctl("log", "reopen")
        house.kill_house()
        house.launch()
        house.await_ready()
        house.send("anew@good.test")
        house.await_event("delivered", recipient="anew@good.test")
        whole(house)
        until(lambda: counted(house) >= delivered + 2, 15, lambda: counted(house))
        # What a reload says in a house that is in order.
        until(lambda: "anew@good.test" in read(house, "posthouse.log"), 10, "the log")
        at = len(house.log())
        house.ctl("reload")
        house.send("reloaded@good.test")
        house.await_event("delivered", recipient="reloaded@good.test")
        until(lambda: len([r for r in house.rows("status") if r.get("state") == "ready"]) == len(house.pids()), 20, "drained")
        bad = [line for line in house.log()[at:].splitlines() if " level=" in line]
        assert not bad, bad


assert BIN
run_test(main)
