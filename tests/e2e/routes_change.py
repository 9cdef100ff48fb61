#!/usr/bin/env python3
"""Limits of a domain hold that domain alone, before and after a reload; a route's host is looked up as a host; what waits when a
route or an MX set changes goes by the new one."""
import time

from house import House, run_test, until
from internet import MailServer, Zone, own_network

ZONE = """
slow.test          MX 10 mx1.hosting.test 30
other.test         MX 10 mx1.hosting.test
mx1.hosting.test   A 127.0.0.21
mx2.hosting.test   A 127.0.0.22
smart.test         MX 10 mx2.hosting.test
smart.test         A 127.0.0.23
null.test          MX 0 .
null.test          A 127.0.0.24
"""
LIMITS = "site ours {\n\tdomain slow.test\n\tmessage-rate 12/min\n\tconnections 2\n}\n"
ROUTES = """route named.test {{
	to smart.test:{port}
	tls none
}}
route listed.test {{
	to 127.0.0.29:{port} null.test:{port}
	tls none
}}
"""
MOVED = """route moved.test {{
	to 127.0.0.1:{port}
	tls none
	{more}
}}
site moved.test {{
	message-rate 1/h
}}
"""


def connections_max(house):
    return {(r["site"], r["limits"]): r["connections_max"] for r in house.rows("lanes") if r["site"] == "hosting.test"}


def limits_of_a_domain(house):
    house.send("a@other.test")
    house.send("a@slow.test")
    until(lambda: len(house.events("delivered")) == 2, 15, "two")
    want = {("hosting.test", ""): 20, ("hosting.test", "ours"): 2}
    assert connections_max(house) == want, connections_max(house)
    house.ctl("reload")
    house.send("b@slow.test")
    house.send("b@other.test")
    until(lambda: len(house.events("delivered")) == 4, 15, "two more")
    assert connections_max(house) == want, connections_max(house)
    house.write_conf(house.more.replace("connections 2", "connections 3"))
    house.ctl("reload")
    assert connections_max(house) == {**want, ("hosting.test", "ours"): 3}, connections_max(house)


def the_set_changes(house, zone, old, new):
    """Twelve a minute: what waits when the answer runs out goes to the hosts of the next one, and the old one gets no more."""
    house.send(*["w%d@slow.test" % i for i in range(3)])
    for i in range(10):
        house.send("x%d@slow.test" % i)
    zone.change(ZONE.replace("mx1.hosting.test 30", "mx2.hosting.test 30"))
    changed, seen = time.monotonic(), len(old.got("slow.test"))
    until(lambda: new.got("slow.test"), 60, "mail at the new host")
    seen = len(old.got("slow.test"))
    house.write_conf(house.more.replace("12/min", "6000/min"))
    house.ctl("reload")
    until(lambda: len(old.got("slow.test")) + len(new.got("slow.test")) == 15, 30, "all of it")
    assert len(old.got("slow.test")) == seen, "the old host got more"
    assert time.monotonic() - changed < 90
    house.send("c@other.test")
    until(lambda: old.got("c@other.test"), 15, "the other domain stays where it is")


def hosts_of_routes(house, servers):
    """Not by their MX: the A records of the name; and all the names that are written."""
    mx, smart, null = servers
    house.send("r@named.test", "r@listed.test")
    until(lambda: smart.got("r@named.test") and null.got("r@listed.test"), 20, "both")
    house.ctl("reload")
    house.send("s@named.test", "s@listed.test")
    until(lambda: smart.got("s@named.test") and null.got("s@listed.test"), 20, "both after a reload")
    assert not mx.got("named.test"), mx.got()


def a_route_that_changes(house, first, second):
    """What waits in its lane is sent on the new route's terms, or by no route where there is none any more."""
    for n in range(4):
        house.send("m%d@moved.test" % n)
    until(lambda: len(first.got()) == 1, 15, "one an hour")
    house.write_conf(house.more.replace(MOVED.format(port=first.port, more=""),
                                        MOVED.format(port=second.port, more="login us\n\tpassword our-password").replace("moved.test", "*.test")))
    house.ctl("reload")
    until(lambda: len(second.got("moved.test")) >= 1, 15, "the new route")
    assert len(first.got()) == 1
    assert not house.events("deferred") and not house.events("bounced"), house.events("bounced")


def main():
    own_network()
    zone = Zone(ZONE)
    old, new = MailServer("127.0.0.21"), MailServer("127.0.0.22")
    servers = [MailServer(a, 2525) for a in ("127.0.0.22", "127.0.0.23", "127.0.0.24")]
    first, second = MailServer("127.0.0.1", 0), MailServer("127.0.0.1", 0, login=True)
    with House(sinks={}, routes={}, retry_first="1h", retry_most="1h",
               more=zone.conf() + LIMITS + ROUTES.format(port=2525) + MOVED.format(port=first.port, more="")) as house:
        house.start()
        limits_of_a_domain(house)
        the_set_changes(house, zone, old, new)
        hosts_of_routes(house, servers)
        a_route_that_changes(house, first, second)


run_test(main)
