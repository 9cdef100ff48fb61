#!/usr/bin/env python3
"""No verdict within five seconds means deferred, never final; one retry by an operator is an attempt, also in a back-off."""
import os
import signal

from house import FINAL, House, run_test, until


def main():
    with House(sinks={"good": "unknown=nobody*"}, retry_first="1h", retry_most="1h") as house:
        house.start()
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")
        ((_, bouncd),) = house.pids("bouncd")
        os.kill(bouncd, signal.SIGSTOP)
        try:
            mail = house.send("nobody@good.test")
            deferred = house.await_event("deferred", message=mail, seconds=10)
            assert "550" in deferred["reply"] and "class" not in deferred, deferred
            assert not [e for e in house.events(message=mail) if e["event"] in FINAL]
        finally:
            try:
                os.kill(bouncd, signal.SIGCONT)
            except ProcessLookupError:
                pass  # the master takes a silent role for dead
        # Now it is said; but nobody answers at first, and the lane backs off.
        house.stop_sink()
        house.send("bob@good.test")
        house.await_event("lane", what="unreachable", seconds=30)
        house.await_event("deferred", recipient="bob@good.test")
        house.start_sink()
        house.ctl("retry", "--yes", "--to", "bob@good.test")
        house.await_event("delivered", recipient="bob@good.test", seconds=3)
        until(lambda: house.pids("bouncd"), 10, "bouncd")
        house.ctl("retry", "--yes", mail)  # bouncd knew by itself meanwhile, and may have put it on its list
        (final,) = until(lambda: [e for e in house.events(message=mail) if e["event"] in FINAL], 15, "an end")
        assert final["event"] in ("bounced", "suppressed"), final


run_test(main)
