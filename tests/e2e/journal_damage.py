#!/usr/bin/env python3
"""A bit of a message in the journal is another after a crash: its recipient has one final event and its sender a bounce, which
no later start tells again; the messages before and behind it are delivered."""
import glob
import os
import signal

from house import House, run_test, until


def flip(folder, mark):
    for path in glob.glob(folder + "/spool/journal/*"):
        with open(path, "r+b") as f:
            at = f.read().find(mark)
            if at >= 0:
                f.seek(at)
                f.write(bytes([mark[0] ^ 1]))
                return
    raise AssertionError("the journal does not hold it")


def main():
    with House(routes={"good.test": "good", "first.test": "good"}) as house:
        house.start()
        for _, pid in house.pids("deliverd"): # so that all of it is in the journal alone
            os.kill(pid, signal.SIGSTOP)
        for n in range(3):
            house.send("r%d@good.test" % n, text="This is number%d of three.\n" % n)
        house.kill_house()
        flip(house.folder, b"number1 of")
        house.start()
        for who in ("r0@good.test", "r2@good.test", "news@first.test"):
            house.await_mail(who)
        until(lambda: "messages: 0" in house.ctl("status"), 15, lambda: house.ctl("status"))
        for again in range(2):
            finals = house.finals("r1@good.test").values()
            assert [(e["event"], "damaged" in e["reply"]) for e in finals] == [("bounced", True)], finals
            assert len(house.mails("news@first.test")) == 1 and not house.mails("r1@good.test")
            if not again:
                house.kill_house()
                house.start()
        assert house.stop() == 0


run_test(main)
