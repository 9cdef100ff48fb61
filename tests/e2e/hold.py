#!/usr/bin/env python3
"""hold, release, retry, drop: what operators do to waiting mail, and what is left of it."""
from house import House, run_test, until


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        house.stop_sink()
        kept, gone = house.send("ann@good.test"), house.send("bob@good.test")
        house.await_event("deferred", message=kept)
        house.await_event("deferred", message=gone)
        house.start_sink()
        house.ctl("hold", kept)
        assert "held" in house.ctl("-j", "queue"), house.ctl("queue")
        house.ctl("drop", "--yes", "--reason", "a test", gone)
        dropped = house.await_event("dropped", message=gone)
        assert "a test" in str(dropped) or house.events("admin", reason="a test"), dropped
        house.ctl("release", kept)
        until(lambda: house.ctl("retry", kept, code=None) and house.events("delivered", message=kept), 20,
              "delivered, retried again and again: its lane had found nobody at home")
        for _ in range(3):  # the message ended; its file may still stand for a moment, and must not come back
            assert not house.rows("queue", kept, code=None), house.ctl("queue", kept)
            house.ctl("retry", kept, code=None)
        until(lambda: not [r for r in house.rows("queue", code=None) if "message" in r or "id" in r], 10, "an empty queue")
        assert not house.mails("bob@good.test")
        assert len(house.mails("ann@good.test")) == 1 and len(house.events("delivered", message=kept)) == 1


run_test(main)
