#!/usr/bin/env python3
"""Complaints and bounces that come back after the delivery count for the tenant's shares; too many of them pause it."""
from bounces import TENANT, Shop, arf, delivered, dsn
from house import run_test, until

LIMITS = "\tpause-least 4\n\tpause-bounces 30%\n\tpause-complaints 20%\n\tpause-least-complaints 2\n"


def tenant(house):
    return [r for r in house.rows("tenants") if r["tenant"] == "first"][0]


def main():
    with Shop(tenant=TENANT + LIMITS) as house:
        house.start()
        backs = [delivered(house, "p%d@good.test" % i)[1] for i in range(4)]

        # One complaint is below what must have come, however large its share; a report of it again adds nothing.
        for _ in range(2):
            house.comes_back("fbl@b.first.test", arf("abuse", "Return-Path: <%s>\r\n" % backs[0]), sender="loop@good.test")
        until(lambda: tenant(house)["complaints"] == 1, 10, lambda: tenant(house))
        assert tenant(house)["state"] == "good", tenant(house)
        house.comes_back("fbl@b.first.test", arf("abuse", "Return-Path: <%s>\r\n" % backs[1]), sender="loop@good.test")
        paused = house.await_event("tenant", what="paused")
        assert paused["complaint_percent"] == "50.000" and "complaints are" in paused["reason"], paused
        assert "posthouse.conf:" in paused["limit"], paused
        house.ctl("tenants", "release", "first", "--reason", "apologies were made")

        # Late bounces: two of four delivered.
        backs = [delivered(house, "q%d@good.test" % i)[1] for i in range(4)]
        assert tenant(house)["state"] == "good", tenant(house)
        for i in range(2):
            house.comes_back(backs[i], dsn("q%d@good.test" % i))
        until(lambda: len(house.events("tenant", what="paused")) == 2, 10, lambda: tenant(house))
        assert tenant(house)["bounced_late"] == 2 and "hard bounces are" in tenant(house)["why"], tenant(house)


run_test(main)
