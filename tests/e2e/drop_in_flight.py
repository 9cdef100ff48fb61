#!/usr/bin/env python3
"""Mail that a server has in hand cannot be taken back: drop and hold say so, do it to the rest, and to that one if it comes back."""
import os
import sys
import threading

from house import House, run_test, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deliverd"))
from server import Server  # noqa: E402  pylint: disable=wrong-import-position


class Slow(Server):
    """Answers the final dot when it is told to, and with what."""

    def __init__(self):
        self.has_one, self.answer, self.reply = threading.Event(), threading.Event(), ""
        super().__init__(dot=self.wait)

    def wait(self, _):
        self.has_one.set()
        assert self.answer.wait(60)
        return self.reply

    def says(self, reply):
        self.reply = reply
        self.answer.set()

    def next(self):
        self.has_one.clear()
        self.answer.clear()


def both(house, server, verb, reply):
    """One in the server's hand, one whose lane waits behind it: what the verb said."""
    server.next()
    mail = house.send("ann@slow.test", "bob@other.test")
    assert server.has_one.wait(30)
    house.await_event("deferred", recipient="bob@other.test", message=mail)
    said = house.ctl(verb, "--yes", mail)
    assert "1 delivery" in said and "1 in flight: cannot be taken back" in said, said
    assert verb in house.ctl("why", mail), house.ctl("why", mail)
    server.says(reply)
    return mail


def main():
    slow, other = Slow(), Server(mail="451 4.3.0 later")
    more = "".join("route %s.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % (name, s.port)
                   for name, s in (("slow", slow), ("other", other)))
    with House(routes={}, sinks={}, more=more, retry_first="60s", retry_most="60s") as house:
        house.start()
        mail = both(house, slow, "drop", "451 4.3.0 not now")
        dropped = house.await_event("dropped", message=mail, recipient="ann@slow.test")
        assert dropped["attempts"] == 1 and "not now" in dropped["reply"], dropped
        house.await_event("dropped", message=mail, recipient="bob@other.test")
        assert "Nothing" in house.ctl("queue", mail, code=None), house.ctl("queue", mail, code=None)

        mail = both(house, slow, "drop", "250 2.0.0 taken")
        house.await_event("delivered", message=mail, recipient="ann@slow.test")
        house.await_event("dropped", message=mail, recipient="bob@other.test")
        assert not [e for e in house.events("dropped", message=mail) if e["recipient"] == "ann@slow.test"]

        mail = both(house, slow, "hold", "451 4.3.0 not now")
        house.await_event("deferred", message=mail, recipient="ann@slow.test")
        until(lambda: [r["state"] for r in house.rows("queue", mail)] == ["held", "held"], 15, lambda: house.rows("queue", mail))

        # A kill meanwhile: it does not go out again, it is held.
        slow.next()
        mail = house.send("cid@slow.test")
        assert slow.has_one.wait(30)
        assert "1 in flight" in house.ctl("drop", "--yes", mail)
        house.kill_house()
        slow.says("451 4.3.0 not now")
        house.start()
        assert [r["state"] for r in house.rows("queue", mail)] == ["held"], house.rows("queue", mail)


run_test(main)
