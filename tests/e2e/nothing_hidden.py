#!/usr/bin/env python3
"""Whatever stands on disk can be seen: held mail after a restart, one held recipient of a message and the other without a
record, mail beyond what memory holds, files that cannot be read, damaged ones, and a heap of foreign ones."""
import glob
import os
import time

from house import House, run_test, until


def path_of(house, ident, place="cur/*"):
    return glob.glob("%s/spool/%s/%s" % (house.folder, place, ident))[0]


def waiting(house, names):
    """Deferred, each with its file."""
    ids = [house.send(n) for n in names]
    for i in ids:
        house.await_event("deferred", message=i)
        until(lambda i=i: glob.glob("%s/spool/cur/*/%s" % (house.folder, i)), 10, "its file")
    return ids


def held_is_seen(house):
    ids = waiting(house, ["a%d@good.test" % i for i in range(3)])
    house.ctl("hold", "-y", "--tenant", "first")
    assert house.stop() == 0
    house.start(60)
    until(lambda: len(house.rows("queue", "--state", "held", code=None)) == 3, 15, lambda: house.ctl("queue"))
    assert house.rows("status")[-1]["held"] == 3
    assert "3 deliveries released" in house.ctl("release", "-y", "--to", "a*@good.test")
    house.ctl("drop", "-y", "--tenant", "first")
    for i in ids:
        house.await_event("dropped", message=i)


def held_expires(house):
    [ident] = waiting(house, ["exp@good.test"])
    house.ctl("hold", "-y", ident)
    assert house.stop() == 0
    house.start(60)
    house.await_event("expired", 40, message=ident)
    until(lambda: not house.rows("queue", ident, code=None), 10, "gone")


def corrupt_ends(house):
    """A byte flipped in the content, one in the envelope: each ends, is listed and comes back once it is whole."""
    flipped = {}
    ids = waiting(house, ["c1@good.test", "c2@good.test"])
    assert house.stop() == 0
    for ident, what in zip(ids, (b"Hello.", b"c2@good.test")):
        path = path_of(house, ident)
        with open(path, "rb") as f:
            whole = f.read()
        at = whole.index(what)
        flipped[ident] = whole
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(b"Q")
    house.start(60)
    for ident in ids:
        end = house.await_event("bounced", 20, message=ident)
        assert end["status"] == "5.3.0", end
        until(lambda ident=ident: [r for r in house.rows("queue", "--state", "corrupt", code=None) if r.get("message") == ident], 10, "listed")
    assert house.rows("status")[-1]["corrupt"] == 2
    until(lambda: len(os.listdir(house.folder + "/spool/corrupt")) == 2, 10, "files in corrupt/")
    assert "damaged" in house.ctl("recover", ids[0], code=1) or "checksum" in house.ctl("recover", ids[0], code=1)
    for ident in ids:
        with open(path_of(house, ident, "corrupt"), "r+b") as f:
            f.write(flipped[ident])
    assert house.stop() == 0
    house.start(60)
    until(lambda: house.rows("status")[-1]["corrupt"] == 2, 10, "counted after a restart")
    house.start_sink()
    for ident, to in zip(ids, ("c1@good.test", "c2@good.test")):
        house.ctl("recover", ident)
        until(lambda ident=ident: house.events("delivered", message=ident) or (house.ctl("retry", ident, code=None) and False), 20, "delivered")
        assert len(house.mails(to)) == 1
    assert house.rows("status")[-1]["corrupt"] == 0
    house.stop_sink()


def unreadable_is_told(house):
    [ident] = waiting(house, ["u1@good.test"])
    assert house.stop() == 0
    path = path_of(house, ident)
    owner = os.stat(path)
    os.chown(path, 0, 0)
    os.chmod(path, 0o600)
    house.start(60)
    row = until(lambda: [r for r in house.rows("queue", code=None) if r.get("message") == ident], 15, "listed")[0]
    assert row["state"] == "unreadable" and "ermission" in row["reply"], row
    assert house.rows("status")[-1]["unreadable"] == 1 and ident in house.log()
    assert os.path.exists(path) and not house.events("bounced", message=ident)
    house.start_sink()
    os.chown(path, owner.st_uid, owner.st_gid)
    until(lambda: all(r["state"] != "unreadable" for r in house.rows("queue", ident, code=None)), 40, "back by itself")
    until(lambda: house.events("delivered", message=ident) or (house.ctl("retry", ident, code=None) and False), 20, "delivered")
    until(lambda: house.rows("status")[-1]["unreadable"] == 0, 10, "none left")
    house.stop_sink()


def foreign_is_one_line(house):
    assert house.stop() == 0
    for i in range(3000):
        with open("%s/spool/cur/%02x/stranger-%d" % (house.folder, i % 256, i), "w", encoding="ascii"):
            pass
    house.start(60)
    until(lambda: "have no name of a message" in house.log(), 20, "told")
    time.sleep(0.5)
    lines = [l for l in house.log().splitlines() if "stranger" in l]
    assert len(lines) == 1 and "3000 files" in lines[0], lines
    assert len([e for e in house.events("admin") if "stranger" in e.get("file", "")]) == 1


def beyond_memory(house):
    """More than memory holds: selectors see all of it."""
    house.write_conf(house.more + "queue {\n\tmemory 100\n}\n")
    assert house.stop() == 0
    house.start(60)
    for i in range(150):
        house.send("m%03d@good.test" % i)
    until(lambda: house.rows("status")[-1]["on_disk"] >= 150, 20, "all of them with a record")
    rows = house.rows("queue", "-n", "0", "--to", "m*@good.test")
    assert len(rows) == 150, len(rows)
    assert "150 deliveries held" in house.ctl("hold", "-y", "--to", "m*@good.test")
    assert "150 deliveries dropped" in house.ctl("drop", "-y", "--to", "m*@good.test")
    until(lambda: len({e["message"] for e in house.events("dropped") if e["recipient"].startswith("m")}) == 150, 20, "their ends")


class LoneHouse(House):
    """Its sink comes and goes apart from it."""

    def start(self, seconds=20):
        self.launch()
        self.await_ready(seconds)
        return self


def main():
    with LoneHouse(retry_first="1h", retry_most="1h") as house:
        house.start()
        held_is_seen(house)
        corrupt_ends(house)
        unreadable_is_told(house)
        foreign_is_one_line(house)
        beyond_memory(house)
    with LoneHouse(retry_first="1h", retry_most="1h", expire="20s") as house:
        house.start()
        held_expires(house)


run_test(main)
