#!/usr/bin/env python3
"""`silence 5s`, the least there may be: healthy roles live through it, and through a master that was kept from running;
one that hangs is killed and replaced, also while it drains after a reload."""
import os
import signal
import time

from house import ROLES, House, run_test, until

SILENCE_S = 5


def gone(pid):
    return not os.path.exists("/proc/%d" % pid)


def all_up_for(house, seconds):
    rows = [r for r in house.rows("status", code=None) if r.get("role") in ROLES]
    return len(rows) == len(ROLES) and all(r["state"] == "ready" and r["up_s"] >= seconds for r in rows)


def main():
    with House() as house:
        house.write_conf("silence %ds\n" % SILENCE_S)
        house.start()
        first = dict(house.pids())
        until(lambda: all_up_for(house, 2 * SILENCE_S + 2), 40, lambda: house.ctl("status", code=None))
        assert dict(house.pids()) == first and "role-silent" not in house.log()

        os.kill(house.master.pid, signal.SIGSTOP)
        time.sleep(SILENCE_S + 3)  # as a suspended machine: there is nothing to see meanwhile
        os.kill(house.master.pid, signal.SIGCONT)
        until(lambda: all_up_for(house, 4 * SILENCE_S), 40, lambda: house.ctl("status", code=None))
        assert dict(house.pids()) == first and "role-silent" not in house.log()

        hangs = first["bouncd-parse"]
        os.kill(hangs, signal.SIGSTOP)
        until(lambda: gone(hangs), 30, "the end of a role that hangs")
        until(lambda: house.pids("bouncd-parse"), 20, "another one in its place")
        assert "role-silent" in house.log()

        drains = first["smtpd"]
        os.kill(drains, signal.SIGSTOP)
        house.ctl("reload")
        until(lambda: gone(drains), 30, "the end of a role that hangs while it drains")
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
