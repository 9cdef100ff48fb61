#!/usr/bin/env python3
"""A site that takes nothing of one tenant's content, which two messages have heard: that tenant is suspended there, the others go
on."""
from house import House, free_ports, run_test, until

SECOND = "listener other {{\n\taddress 127.0.0.1:{0}\n\ttenant second\n\tallow 127.0.0.0/8\n}}\n" \
    "tenant second {{\n\tdomain second.test\n}}\n"
SPAM = "once-450+4.7.1+message+content+rejected+as+spam@good.test"


def main():
    other = free_ports(1)[0]
    with House(more=SECOND.format(other), retry_first="1h", retry_most="1h") as house:
        house.start()
        alone = house.send(SPAM.replace("spam@", "spam+alone@"))
        deferred = house.await_event("deferred", message=alone)
        assert deferred["category"] == "spam-content", deferred
        passes = house.send("zoe@good.test")
        house.await_event("delivered", message=passes)
        first = house.send(SPAM)
        deferred = house.await_event("deferred", message=first)
        assert deferred["category"] == "spam-content" and deferred["retry_s"] > 600, deferred
        said = house.await_event("lane", what="tenant-suspended")
        assert (said["tenant"], said["site"]) == ("first", "good.test"), said
        held = house.send("ann@good.test")
        away = house.await_event("deferred", message=held)
        assert "tenant first is suspended" in away["reply"] and away["retry_s"] > 600, away
        assert "tenant first is suspended" in house.ctl("why", held)
        assert "tenant first is suspended" in house.ctl("lanes")
        house.send("bob@good.test", sender="news@second.test", port=other)
        house.await_event("delivered", recipient="bob@good.test")
        assert not house.mails("ann@good.test")

        # One attempt by an operator's word; a release lets all of them go.
        house.ctl("retry", "--yes", first)
        house.await_event("delivered", message=first)
        assert not house.mails("ann@good.test")
        house.ctl("lanes", "release", "good.test", "--reason", "it was a mistake")
        house.await_event("delivered", message=held, seconds=5)
        assert house.events("admin", verb="lane-release", reason="it was a mistake")

        # The same by the tenant's own release.
        for more in "again", "and-again":
            house.send(SPAM.replace("spam@", "spam+%s@" % more))
        until(lambda: len(house.events("lane", what="tenant-suspended")) == 2, 10, "suspended again")
        held = house.send("carl@good.test")
        house.await_event("deferred", message=held)
        house.ctl("tenants", "release", "first")
        house.await_event("delivered", message=held, seconds=5)


run_test(main)
