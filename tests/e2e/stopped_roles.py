#!/usr/bin/env python3
"""Each role is stopped for a while, or killed, in turn and under load: nothing hangs afterwards, nothing is lost, nothing sent twice."""
import os
import signal
import threading
import time

from house import ROLES, House, run_test, until

SINKS = {"good": "", "unknown": "unknown=nobody*"}
ROUTES = {"good.test": "good", "unknown.test": "unknown", "first.test": "good", "back.test": "good"}
STOPPED_S = 1.5


class Load:
    """Mail of some kinds, one after the other, until it is told to end. What was answered with 250 counts."""

    def __init__(self, house, name):
        self.house, self.name = house, name
        self.sent, self.over = [], False
        self.threads = [threading.Thread(target=self.run, args=(k,)) for k in range(3)]

    def run(self, k):
        n = 0
        while not self.over:
            n += 1
            to = "%s.%d.%d@good.test" % (self.name, k, n)
            try:
                self.house.send(to, html="<p><a href='https://shop.test/%d'>go</a></p>" % n if k == 1 else None,
                                text="x" * 70 * (2000 if k == 2 else 10))
                self.sent.append(to)
            except OSError:  # smtplib's errors are of this kind: refused for now, nothing was promised
                time.sleep(0.05)
            if n % 10 == 0:
                self.bounced(k, n)
            time.sleep(0.02)

    def bounced(self, k, n):
        to = "nobody.%s.%d.%d@unknown.test" % (self.name, k, n)
        try:
            self.house.send(to)
            self.sent.append(to)
        except OSError:
            pass

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *unused):
        self.over = True
        for t in self.threads:
            t.join(60)


def pid_of(house, role):
    return next((pid for name, pid in house.pids(role) if name == role), None)


def all_ended(house, load, seconds):
    """A final event for each, within that time."""
    def missing():
        ended = {e["recipient"] for e in house.events() if e["event"] in ("delivered", "bounced")}
        return [to for to in load.sent if to not in ended]
    until(lambda: not missing(), seconds, lambda: "an end of %d of %d: %s" % (len(missing()), len(load.sent), missing()[:5]))


def stopped(house):
    for role in ROLES:
        with Load(house, "stopped." + role) as load:
            time.sleep(0.3)
            pid = pid_of(house, role)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOPPED_S)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.5)
        all_ended(house, load, 60)
        assert pid_of(house, role) == pid, "%s was stopped for %s s, and started anew" % (role, STOPPED_S)
        twice = [to for to in load.sent if len(house.events("delivered", recipient=to)) > 1]
        assert not twice, twice


def killed(house):
    for role in ROLES:
        with Load(house, "killed." + role) as load:
            time.sleep(0.3)
            pid = until(lambda r=role: pid_of(house, r), 20, role)
            os.kill(pid, signal.SIGKILL)
            until(lambda r=role, p=pid: pid_of(house, r) not in (None, p), 30, "a new " + role)
            time.sleep(1)
        all_ended(house, load, 90)


def rewriter_behind(house):
    """More than any queue between two processes holds, while the rewriter reads nothing."""
    pid = pid_of(house, "trackd-rewrite")
    os.kill(pid, signal.SIGSTOP)
    to = ["behind%d@good.test" % i for i in range(400)]
    for a in to:
        house.send(a, text=("y" * 70 + "\n") * 800)
    time.sleep(1)
    os.kill(pid, signal.SIGCONT)
    until(lambda: all(house.events("delivered", recipient=a) for a in to[-20:]), 90, "400 signed mails of 57 KB")
    until(lambda: sum(e["recipient"].startswith("behind") for e in house.events("delivered")) == 400, 60, "all of them")
    house.send("after@good.test")
    house.await_event("delivered", recipient="after@good.test")
    assert pid_of(house, "trackd-rewrite") == pid


def main():
    more = "site good {\n\tdomain good.test\n\tconnections 400\n}\n"
    with House(sinks=SINKS, routes=ROUTES, tenant="sign yes\n\ttrack clicks", more=more) as house:
        house.ctl("dkim", "new", "-s", "s1", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "-s", "s1", "first", "first.test")
        house.start()
        rewriter_behind(house)
        stopped(house)
        killed(house)
        assert not [line for line in house.log().splitlines() if "peer-closed" in line]


run_test(main)
