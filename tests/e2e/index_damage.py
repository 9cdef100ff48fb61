#!/usr/bin/env python3
"""The index of what waits is cut short, has bad pages, or failed while it was used: queued comes up, says so, takes new mail,
and what waited is there."""
import os

from house import House, run_test, until


def cut(path):
    os.truncate(path, os.stat(path).st_size // 2)


def garbage(path):
    with open(path, "r+b") as f:
        for at in range(3 * 4096, os.stat(path).st_size, 4096):
            f.seek(at)
            f.write(b"\xa5" * 4096)


def suspect(path):
    with open(os.path.dirname(path) + "/suspect", "w", encoding="ascii"):
        pass


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        house.stop_sink()
        ids = [house.send("w%d@good.test" % i) for i in range(20)]
        for i in ids:
            house.await_event("deferred", message=i)
        for n, harm in enumerate((cut, garbage, suspect), 1):
            assert house.stop() == 0
            harm(house.folder + "/spool/index/data.mdb")
            house.launch()
            house.await_ready(60)
            until(lambda: len(house.rows("queue", code=None)) == 20, 30, lambda: house.ctl("queue", code=None))
            assert len(house.events("admin", verb="corrupt", file="index/data.mdb")) == n, house.events("admin")
            assert os.path.exists(house.folder + "/spool/index/data.mdb.damaged")
        house.start_sink()
        house.send("new@good.test")
        house.ctl("retry", "-y", "--tenant", "first", code=None)
        until(lambda: len(house.events("delivered")) == 21 or (house.ctl("retry", "-y", "--tenant", "first", code=None) and False), 30, "all of it")
        assert len(house.mails()) == 21


run_test(main)
