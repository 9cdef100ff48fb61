#!/usr/bin/env python3
"""MX records that name what cannot be a host: the others are used; where there are no others the mail waits, and never goes to the
domain's own address. A host that cannot be looked up in time keeps nobody from the one that can."""
from house import House, run_test, until
from internet import MailServer, Zone, own_network

ZONE = """
some.test       MX 10 mail!.some.test
some.test       MX 20 mx.well.test
bad.test        MX 10 mail!.bad.test 1
bad.test        MX 20 my/mail.bad.test 1
bad.test        A 127.0.0.22
number.test     MX 10 127.0.0.22 1
number.test     A 127.0.0.22
rootbad.test    MX 0 . 1
rootbad.test    MX 10 mail!.bad.test 1
rootbad.test    A 127.0.0.22
slow.test       MX 10 mx1.slow.test
slow.test       MX 20 mx.well.test
mx1.slow.test   SILENT
broken.test     MX 10 mx1.broken.test
broken.test     MX 20 mx.well.test
mx1.broken.test FAIL
mx.well.test    A 127.0.0.21
"""
WAIT = ("bad", "number", "rootbad")
GO = ("some", "slow", "broken")


def main():
    own_network()
    zone, well, web = Zone(ZONE), MailServer("127.0.0.21"), MailServer("127.0.0.22")
    with House(sinks={}, routes={}, more=zone.conf("\ttimeout 3s\n"), retry_first="1h", retry_most="1h") as house:
        house.start()
        house.send(*["u@%s.test" % d for d in WAIT + GO])
        until(lambda: len(house.events("delivered")) == len(GO), 20, lambda: house.ctl("queue"))
        assert sorted(well.got()) == sorted("u@%s.test" % d for d in GO), well.got()
        until(lambda: len(house.events("deferred")) == len(WAIT), 20, lambda: house.ctl("queue"))
        for e in house.events("deferred"):
            assert (e["status"], e["class"], e["category"]) == ("4.4.4", "soft", "bad-domain"), e
            assert "MX records" in e["reply"] and "cannot be a host's name" in e["reply"], e
        assert not house.events("bounced") and not web.connections, "nothing goes to the domain's own address"
        # Mended, and an operator wants a try: the DNS is asked anew.
        zone.change("".join("%s.test MX 10 mx.well.test\n" % d for d in WAIT) + "mx.well.test A 127.0.0.21\n")
        until(lambda: house.ctl("retry", "--yes", "--all", code=None) and len(house.events("delivered")) == len(WAIT + GO), 60, lambda: house.ctl("queue"))


run_test(main)
