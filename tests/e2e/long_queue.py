#!/usr/bin/env python3
"""A queue of MANY deliveries (12 000 unless told otherwise; 1000000 takes a while to make) is held, released and dropped as a whole or in part
while new mail goes on: each verb acts on all that it says, once, and what it did stands after a kill."""
import os
import subprocess
import threading
import time

from house import BIN, House, run_test, until

MANY = int(os.environ.get("MANY", "12000"))
ALL = ("--yes", "--from", "news@first.test")


class Flow:
    """Mail that comes in and goes out meanwhile; the longest it took."""

    def __init__(self, house):
        self.house, self.over, self.worst, self.n = house, False, 0, 0
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def run(self):
        while not self.over:
            began = time.monotonic()
            to = "flow%d-%d@well.test" % (int(began * 1000), self.n)
            self.house.send(to, sender="flow@first.test")
            until(lambda: self.house.mails(to), 60, "mail that flows meanwhile")
            self.worst = max(self.worst, time.monotonic() - began)
            self.n += 1


def verb(house, want, *words):
    with Flow(house) as flow:
        began = time.monotonic()
        said = house.ctl(*words)
        took = time.monotonic() - began
    print("%-50s %5.1f s, %d mails meanwhile, the slowest %.2f s" % (" ".join(words), took, flow.n, flow.worst), flush=True)
    assert any(line.startswith(want) for line in said.splitlines()), (want, said)


def main():
    with House(routes={"good.test": "good", "well.test": "well"}, sinks={"good": "", "well": ""}, retry_first="1h", retry_most="1h",
               expire="2h") as house:
        house.start()
        house.stop()
        subprocess.run([BIN + "/spool-fill", house.folder + "/spool", str(MANY), "1"], check=True)
        house.start(60)
        verb(house, "%d deliveries" % MANY, "retry", "--dry-run", *ALL[1:])
        verb(house, "%d deliveries held" % MANY, "hold", *ALL)
        house.kill_house()
        house.start(60)
        verb(house, "%d deliveries" % MANY, "release", "--dry-run", *ALL[1:])
        verb(house, "%d deliveries dropped" % (MANY // 10), "drop", "--yes", "--to", "p*7-0@*")
        verb(house, "%d deliveries released" % (MANY // 10), "release", "--yes", "--to", "p*3-0@*")
        if MANY > 50000:
            return
        until(lambda: len(house.events("delivered", site="good.test")) == MANY // 10, 120, lambda: house.rows("status"))
        verb(house, "%d deliveries released" % (MANY - MANY // 5), "release", *ALL)
        until(lambda: len(house.events("delivered", site="good.test")) >= MANY - MANY // 10, 240, lambda: house.rows("status"))
        ended = [e["recipient"] for e in house.events("delivered", site="good.test") + house.events("dropped")]
        assert len(ended) == len(set(ended)) == MANY, (len(ended), len(set(ended)))


run_test(main)
