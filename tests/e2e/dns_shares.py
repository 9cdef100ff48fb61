#!/usr/bin/env python3
"""A tenant whose domains' name servers never answer keeps no other tenant waiting; nor its own new domains for those that failed."""
import time

from house import House, free_ports, run_test, until
from internet import MailServer, Zone, own_network

DEAD, FRESH = 600, 12
ZONE = "".join("d%d.hole.test SILENT\n" % i for i in range(DEAD)) + \
    "".join("f%d.test MX 10 mx.f%d.test\nmx.f%d.test A 127.0.0.21\n" % (i, i, i) for i in range(FRESH))
SECOND = "listener other {{\n\taddress 127.0.0.1:{0}\n\ttenant second\n\tallow 127.0.0.0/8\n}}\n" \
    "tenant second {{\n\tdomain second.test\n}}\n"


def delivered_within(house, seconds, number, **kw):
    began = time.monotonic()
    house.send("a@f%d.test" % number, **kw)
    until(lambda: house.events("delivered", recipient="a@f%d.test" % number), seconds, "a new domain beside %d dead ones" % DEAD)
    return time.monotonic() - began


def main():
    own_network()
    other, = free_ports(1)
    zone, server = Zone(ZONE), MailServer("127.0.0.21")
    with House(sinks={}, routes={}, listener="max-recipients 1000", more=zone.conf("\ttimeout 5s\n") + SECOND.format(other),
               retry_first="3s", retry_most="6s") as house:
        house.start()
        second = {"port": other, "sender": "news@second.test"}
        delivered_within(house, 15, 0, **second)
        for k in range(0, DEAD, 100):
            house.send(*["u@d%d.hole.test" % i for i in range(k, k + 100)])
        until(lambda: zone.asked("d0.hole.test", 15) > 0, 15, "they are asked for")
        times = []
        for number in range(1, 9):  # while they hold places, give them up, and are tried again
            times.append(delivered_within(house, 5, number, **second))
            time.sleep(2)
        print("a new domain of another tenant, beside %d dead ones: %s s" % (DEAD, " ".join("%.2f" % t for t in times)))
        until(lambda: len({e["recipient"] for e in house.events("deferred")}) == DEAD, 60, "all of them were given up once")
        print("one of the same tenant, once they only wait for another try: %.2f s" % delivered_within(house, 5, 10))
        tries = zone.asked("d1.hole.test", 15)
        deferred = [e for e in house.events("deferred", recipient="u@d1.hole.test")]
        assert all(e["status"] == "4.4.3" for e in deferred), deferred
        assert tries < 40, "a domain that is dead is asked about less and less: %d questions" % tries
        assert server.got("f10.test")


run_test(main)
