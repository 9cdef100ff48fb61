#!/usr/bin/env python3
"""A server that is away for some seconds: its mail waits in silence and goes as soon as it is back, not minutes later. One 421 does
not make a lane crawl. Mail that was never tried expires. A route to a host that cannot be found bounces nobody, and says so."""
import time

from house import House, free_ports, run_test, until
from internet import MailServer

ROUTES = """
route away.test {
	to 127.0.0.1:%d
	tls none
}
route busy.test {
	to 127.0.0.1:%d
	tls none
}
route paced.test {
	to 127.0.0.1:%d
	tls none
}
route lost.test {
	to no-such-host.invalid
	tls none
}
site paced {
	domain paced.test
	message-rate 1/h
}
resolver {
	server 127.0.0.1@9
	timeout 1s
}
"""
N = 10


def outage(house, port):
    """Down for 8 seconds. What came in meanwhile is there within 10 seconds of its end, told of once."""
    for i in range(N):
        house.send("old%d@away.test" % i)
    began = time.monotonic()
    until(lambda: len(house.events("deferred", recipient="old0@away.test")) == 1, 15, "its event that it waits")
    row = house.rows("queue", "--to", "old0@away.test")[0]
    assert row["attempts"] >= 1 and row["category"] == "network", row
    time.sleep(max(0, began + 8 - time.monotonic()))
    server = MailServer("127.0.0.1", port)
    back = time.monotonic()
    until(lambda: len(server.got("old")) == N, 20, lambda: "%d of %d; %s" % (len(server.got()), N, house.rows("lanes")))
    print("all were there %.1f s after the server was" % (time.monotonic() - back))
    assert time.monotonic() - back < 12, "it was back for long"
    waited = [e["recipient"] for e in house.events("deferred") if e["recipient"].endswith("@away.test")]
    assert len(waited) == len(set(waited)), "each is told of once: %s" % waited


def one_421(house, server):
    server.slow = 1
    began = time.monotonic()
    for i in range(80):
        house.send("u%d@busy.test" % i)
    until(lambda: len(server.got("busy")) >= 79, 20, lambda: "%d; %s" % (len(server.got()), house.rows("lanes")))
    print("79 of 80 went in %.1f s" % (time.monotonic() - began))
    lane = [r for r in house.rows("lanes") if r["site"] == "busy.test"][0]
    assert lane["rate_per_minute"] == 1800 and lane["state"] == "slowed", lane


def never_tried(house, server):
    """Its stream gives up after 8 s, and the next permit comes in an hour."""
    house.send("first@paced.test")
    until(lambda: server.got("first@"), 10, "the one that may go")
    house.send("late@paced.test")
    e = house.await_event("expired", recipient="late@paced.test", seconds=20)
    assert e["attempts"] == 0, e
    assert not server.got("late@")


def lost_host(house):
    house.send("ann@lost.test")
    house.await_event("deferred", recipient="ann@lost.test", seconds=20)
    assert not house.events("bounced"), house.events("bounced")
    warnings = [r["warning"] for r in house.rows("status") if "warning" in r]
    assert len(warnings) == 1 and "no-such-host.invalid" in warnings[0], warnings


def main():
    away, busy, paced = free_ports(3)
    servers = MailServer("127.0.0.1", busy), MailServer("127.0.0.1", paced)
    more = ROUTES % (away, busy, paced)
    with House(sinks={}, routes={}, more=more, retry_first="2m", retry_most="1h") as house:
        house.start()
        outage(house, away)
        one_421(house, servers[0])
        lost_host(house)
    with House(sinks={}, routes={}, more=more) as house:
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read()
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text.replace("expire 1h", "expire 8s"))
        house.start()
        never_tried(house, servers[1])


run_test(main)
