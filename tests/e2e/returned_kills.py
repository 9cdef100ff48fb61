#!/usr/bin/env python3
"""Whoever is killed as mail comes back, and at whatever moment: each report ends in its one event and its one suppression."""
import os
import signal
import time

from bounces import TENANT, Shop, delivered, dsn
from house import run_test, until

KILLED = ("bouncd", "bouncd-parse", "queued", "trackd-stats")
ROUNDS = 2


def kill(house, role):
    for _, pid in house.pids(role):
        os.kill(pid, signal.SIGKILL)


def back_again(house, role, before):
    until(lambda: [p for _, p in house.pids(role) if p not in before] and role in house.ctl("status", code=None), 20, role)


def files(house):
    """Messages there are; a queued that was killed early finds some of them a while after its start."""
    return [name for _, _, names in os.walk(house.folder + "/spool/cur") for name in names]


def settled(house):
    if "messages: 0" in house.ctl("status", code=None) and not files(house):
        return True
    house.ctl("retry", "--yes", "--to", "*@b.first.test", code=None)
    time.sleep(0.2)
    return False


def main():
    with Shop(tenant=TENANT) as house:
        house.start()
        reports, addresses = {}, []
        for n in range(ROUNDS):
            for role in KILLED:
                address = "%s%d@good.test" % (role.replace("-", ""), n)
                _, back, _ = delivered(house, address)
                before = [p for _, p in house.pids(role)]
                reports[house.comes_back(back, dsn(address))] = address
                time.sleep(n * 0.002) # a moment later each round
                kill(house, role)
                back_again(house, role, before)
                addresses.append(address)
        until(lambda: settled(house), 60, lambda: house.ctl("status"))
        events = [e for e in house.events("bounced") if e.get("report") in reports]
        assert {e["report"] for e in events} == set(reports), set(reports) - {e["report"] for e in events}
        for report, address in reports.items():
            mine = [e for e in events if e["report"] == report]
            assert {e["recipient"] for e in mine} == {address} and len({e["id"] for e in mine}) == 1, mine
        listed = house.ctl("suppress", "list")
        for address in addresses:
            assert listed.count(address) == 1, (address, listed)
        assert house.stop() == 0


run_test(main)
