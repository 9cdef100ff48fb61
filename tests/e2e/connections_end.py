#!/usr/bin/env python3
"""Servers that end connections, refuse them, or take few recipients: mail goes on, and says what they said.

A server that closes after each message, or answers 421 to the next, or 452 and nothing else any more; one that takes one message a connection by our own limit; one
that lets us in and then says 421; greetings and logins that are refused; recipients beyond what fits a transaction."""
import os
import sys
import time

from house import House, run_test, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deliverd"))
from server import Server  # noqa: E402  pylint: disable=wrong-import-position

ROUTE = "route {0}.test {{\n\tto 127.0.0.1:{1}\n\t{2}\n}}\n"
MAILS = 12


def each_second(answer):
    """Good for one mail of a connection, then the answer."""
    def mail(_):
        first = not hasattr(Server.local, "carried")  # a thread is a connection
        Server.local.carried = True
        return "250 ok" if first else answer
    return mail


def closes_at(code, text):
    return ("%s %s\r\n" % (code, text)).encode()


def main():
    busy = Server(ehlo=b"250 mx.test\r\n421 4.3.2 no mail today\r\n")
    few = Server(mail=lambda l: few.asked.clear() or "250 ok",
                 rcpt=lambda l: few.asked.append(l) or ("250 ok" if len(few.asked) <= 3 else "452 4.5.3 too many recipients"))
    few.asked = []
    kinds = {"closes": Server(mail=each_second(None)), "dismisses": Server(mail=each_second("421 4.7.0 one mail a connection")),
             "tired": Server(mail=each_second("452 4.5.3 Too many recipients: Too many messages sent")),
             "limited": Server(), "busy": busy, "few": few,
             "blocked": Server(greeting=closes_at(554, "5.7.1 Service unavailable; client host blocked using bl.test")),
             "login": Server(ext=("AUTH PLAIN", ), auth="535 5.7.8 authentication failed")}
    more = "".join(ROUTE.format(k, s.port, "tls none" + ("\n\tlogin me\n\tpassword secret" if k == "login" else ""))
                   for k, s in kinds.items())
    more += "site few {\n\tdomain few.test\n\tconnections 1\n}\n"
    more += "site limited {\n\tdomain limited.test\n\tmessages-per-connection 1\n}\n"
    # Whoever takes two connections and refuses the third has refused no mail.
    with House(routes={"two.test": "two"}, sinks={"two": "connections=2 slow=50"}, more=more, retry_first="60s", retry_most="60s", tenant="track clicks") as house:
        house.start()
        for k in ("closes", "dismisses", "tired", "limited"):
            for i in range(MAILS):
                house.send("u%d@%s.test" % (i, k), html="<p><a href='https://first.test/'>x</a></p>")
        house.send(*["u%d@few.test" % i for i in range(8)])
        for i in range(5 * MAILS):
            house.send("u%d@two.test" % i)
        began = time.monotonic()
        for k in ("busy", "blocked", "login"):
            house.send("ann@%s.test" % k)
        for k in ("closes", "dismisses", "tired", "limited"):
            for i in range(MAILS):
                house.await_event("delivered", recipient="u%d@%s.test" % (i, k), seconds=30)
        for i in range(5 * MAILS):
            house.await_event("delivered", recipient="u%d@two.test" % i, seconds=30)
        for i in range(8):
            house.await_event("delivered", recipient="u%d@few.test" % i, seconds=30)
        for k in ("closes", "dismisses", "tired", "limited", "few", "two"):
            assert not [e for e in house.events("deferred") if e["recipient"].endswith(k + ".test")], house.events("deferred")
            assert k == "two" or len(kinds[k].messages) == len({str(m) for m in kinds[k].messages}), k
        # The words of a server that ended its connections stand with the lane, and are told once; nothing is slowed by them.
        lane = [r for r in house.rows("lanes") if r["site"] == "dismisses.test"][0]
        assert "ended by the server" in lane["held_by"] and "421 4.7.0 one mail a connection" in lane["held_by"], lane
        assert (lane["state"], lane["share"]) == ("normal", 1000), lane
        told = [e for e in house.events("lane", site="dismisses.test")]
        assert [(e["what"], "one mail a connection" in e["reply"]) for e in told] == [("dismissed", True)], told
        assert kinds["limited"].connections <= 2 * MAILS, kinds["limited"].connections

        said = house.await_event("deferred", recipient="ann@blocked.test", seconds=30)
        assert said["category"] == "blocked-source" and "bl.test" in said["reply"] and said["class"] == "soft", said
        said = house.await_event("deferred", recipient="ann@login.test", seconds=30)
        assert said["category"] == "auth-failure" and "authentication failed" in said["reply"], said
        said = house.await_event("deferred", recipient="ann@busy.test", seconds=30)
        assert "no mail today" in said["reply"] and said["category"] != "network", said
        # Whoever lets us in and takes nothing is tried ever less often.
        until(lambda: time.monotonic() > began + 5, 10, "some seconds")
        assert busy.connections <= 4, busy.connections


run_test(main)
