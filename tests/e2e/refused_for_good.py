#!/usr/bin/env python3
"""A 5yz ends a delivery at once, soft where the address may be well, unless its words are known to mean later; and the times of
retry-first and retry-most are what the mail waits."""
import os
import sys

from house import House, run_test, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deliverd"))
from server import Server  # noqa: E402  pylint: disable=wrong-import-position

ENDS = {"policy": "550 5.7.1 refused by policy", "no": "554 no", "full": "552 5.2.2 mailbox full", "relay": "550 5.7.1 relaying denied",
        "system": "554 5.3.0 system error", "other": "559 what", "blocked": "554 5.7.1 host blocked using bl.test"}
HARD = {"unknown": "550 5.1.1 user unknown", "virtual": "524 5.2.4 Mailing list expansion problem"}
LATER = {"rate": "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being "
                 "delivered.", "grey": "450 4.7.1 greylisted, try again later", "place": "503 5.5.1 bad sequence of commands"}


def main():
    said = {**ENDS, **HARD, **LATER}
    servers = {k: Server(rcpt=[v, "250 ok"] if k in LATER else v) for k, v in said.items()}
    more = "".join("route %s.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % (k, s.port) for k, s in servers.items())
    with House(routes={}, sinks={}, more=more, tenant="pause-bounces 0") as house:
        house.start()
        for k in said:
            house.send("ann@%s.test" % k)
        for k in {**ENDS, **HARD}:
            e = house.await_event("bounced", recipient="ann@%s.test" % k, seconds=20)
            assert e["class"] == ("hard" if k in HARD else "soft") and e["attempts"] == 1, e
            assert not house.events("deferred", recipient="ann@%s.test" % k), k
        for k in LATER:
            house.await_event("delivered", recipient="ann@%s.test" % k, seconds=20)
            e, = house.events("deferred", recipient="ann@%s.test" % k)
            assert e["retry_s"] <= 3, e
        # At once where words and status agree; 5.2.4 is the status of a list, so that one waits for a second message's answer.
        until(lambda: "ann@unknown.test" in house.ctl("suppress", "list", code=None), 10, "the dead listed")
        listed = house.ctl("suppress", "list", code=None)
        assert not [k for k in said if k != "unknown" and "ann@%s.test" % k in listed], listed
        house.send("ann@virtual.test")
        until(lambda: "ann@virtual.test" in house.ctl("suppress", "list", code=None), 10, "the dead of two answers listed")


run_test(main)
