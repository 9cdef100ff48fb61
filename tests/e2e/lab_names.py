#!/usr/bin/env python3
"""Names that do not exist on the Internet (.test, .invalid, .localhost, home.arpa) exist where a name server of the lab says so;
without one they are known not to, and nobody is asked."""
import os
import sys

from house import TOP, House, run_test

sys.path.insert(0, os.path.join(TOP, "tests", "dns"))
from zone_server import ZoneServer  # noqa: E402  pylint: disable=wrong-import-position,import-error

DOMAINS = ["lab.test", "lab.invalid", "lab.localhost", "lab.home.arpa"]


def main():
    server = ZoneServer("".join("%s MX 5 mx.%s\nmx.%s A 127.0.0.2\n" % (d, d, d) for n in DOMAINS for d in (n, "two." + n)))
    with House(sinks={}, routes={}, more="resolver {\n\tserver 127.0.0.1@%d\n\tallow-private 127.0.0.0/8\n}\n" % server.port) as house:
        house.start()
        for domain in DOMAINS:
            house.send("ann@" + domain)
            found = house.await_event("deferred", recipient="ann@" + domain)    # nobody listens there
            assert found["stage"] == "connect" and "mx." + domain in found["reply"], found
        house.write_conf("resolver {\n\ttimeout 5s\n}\n")
        house.ctl("reload")
        for domain in DOMAINS:
            house.send("bob@two." + domain)
            found = house.await_event("bounced", recipient="bob@two." + domain)
            assert found["category"] == "bad-domain", found


run_test(main)
