#!/usr/bin/env python3
"""An address on the suppression list gets nothing more: a hard bounce puts it there, an operator takes it off."""
from house import House, run_test, until


def main():
    with House(sinks={"good": "unknown=nobody*"}) as house:
        house.start()
        house.send("nobody@good.test")
        house.await_event("bounced", recipient="nobody@good.test")
        until(lambda: "nobody@good.test" in house.ctl("suppress", "list"), 10, "nobody on the list")
        house.send("nobody@good.test")
        house.await_event("suppressed", recipient="nobody@good.test")
        house.ctl("suppress", "add", "ann@good.test")
        house.send("ann@good.test", "bob@good.test")
        house.await_event("suppressed", recipient="ann@good.test")
        house.await_event("delivered", recipient="bob@good.test")
        house.ctl("suppress", "rm", "ann@good.test")
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
