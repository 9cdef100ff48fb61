#!/usr/bin/env python3
"""Domains of one provider are limited and learned together; where the mail of each may go is its own MX set, always.

Whoever waits for hosts that are dead or hang keeps nobody else of the provider waiting."""
import time

from house import House, run_test, until
from internet import MailServer, Zone, own_network

# All of hosting.test: one site. "near" and "twin" have the same set, "wide" shares its best host, "spare" only its second.
ZONE = """
near.test          MX 10 vps1.hosting.test
twin.test          MX 10 vps1.hosting.test
wide.test          MX 10 vps1.hosting.test
wide.test          MX 20 vps3.hosting.test
spare.test         MX 10 vps4.hosting.test
spare.test         MX 20 vps1.hosting.test
far.test           MX 10 vps2.hosting.test 30
vps1.hosting.test  A 127.0.0.21
vps2.hosting.test  A 127.0.0.22 30
vps3.hosting.test  A 127.0.0.23
vps4.hosting.test  A 127.0.0.24
"""
DEAD = "".join("dead%d.test MX 10 dead%d.hosting.test\ndead%d.hosting.test A 127.0.0.%d\n" % (i, i, i, 100 + i) for i in range(12))


def lanes(house):
    return {(r["site"], r.get("limits", "")): r for r in house.rows("lanes")}


def each_to_its_own(house, servers):
    near, far, third, fourth = servers
    for i in range(4):  # connections stand, close, and stand again; answers are old and new
        for domain in ("near", "far", "twin", "wide", "spare"):
            house.send("u%d@%s.test" % (i, domain))
        until(lambda n=i: len(house.events("delivered")) == 5 * (n + 1), 20, "round %d" % i)
        time.sleep(0.1 if i % 2 else 1.5)  # session-idle is 1s: with connections at hand, and without
    assert sorted(set(r.split("@")[1] for r in near.got())) == ["near.test", "twin.test", "wide.test"], near.got()
    assert set(r.split("@")[1] for r in far.got()) == {"far.test"}, far.got()
    assert set(r.split("@")[1] for r in fourth.got()) == {"spare.test"}, fourth.got()
    assert not third.got(), third.got()
    for e in house.events("delivered"):
        domain = e["recipient"].split("@")[1]
        want = {"far.test": "vps2.hosting.test", "spare.test": "vps4.hosting.test"}.get(domain, "vps1.hosting.test")
        assert (e["site"], e["server"]) == ("hosting.test", want), e
    assert near.connections < 10, "domains with the same host use its connections together: %d" % near.connections
    assert [k for k in lanes(house)] == [("hosting.test", "")], lanes(house)


def dead_and_hanging(house, well):
    """Twelve domains with hosts that refuse, never greet, or never answer MAIL, and thirty mails each; who is well does not wait."""
    hanging = [MailServer("127.0.0.%d" % (100 + i), manner="silent" if i % 2 else "stuck") for i in range(8)]  # 8..11: nobody listens
    for i in range(12):
        house.send(*["u%d@dead%d.test" % (k, i) for k in range(30)], sender="bulk@first.test")
    until(lambda: sum(s.connections for s in hanging) >= 8, 20, "they are tried")
    before, began = len(well.got()), time.monotonic()
    for i in range(5):
        house.send("v%d@near.test" % i)
    until(lambda: len(well.got()) == before + 5, 5, "mail for hosts that are well")
    print("beside 12 dead sets of hosts mail took %.2f s" % (time.monotonic() - began))
    assert all(s.most_at_once == 1 for s in hanging), "one connection each, until one answers: %s" % [s.most_at_once for s in hanging]
    why = house.ctl("lanes")
    assert "cannot be reached" in why, why
    row = lanes(house)[("hosting.test", "")]
    assert row["host_sets_failing"] >= 4 and row["connections"] <= 20, row


def a_full_lane(house, well):
    """As many hanging hosts as the lane may have connections: their turn ends, and others have theirs."""
    before = len(well.got())
    house.write_conf(house.more + "site hosting.test {\n\tconnections 4\n}\n")
    house.ctl("reload")
    for k in range(3):
        house.send("w%d@near.test" % k)
    until(lambda: len(well.got()) == before + 3, 40, lambda: house.ctl("lanes"))


def main():
    own_network()
    zone = Zone(ZONE + DEAD)
    servers = [MailServer("127.0.0.2%d" % i) for i in (1, 2, 3, 4)]
    with House(sinks={}, routes={}, retry_first="1h", retry_most="1h", listener="max-recipients 100",
               more=zone.conf() + "queue {\n\tsession-idle 1s\n}\n") as house:
        house.start()
        each_to_its_own(house, servers)
        dead_and_hanging(house, servers[0])
        a_full_lane(house, servers[0])


run_test(main)
