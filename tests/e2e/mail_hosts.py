#!/usr/bin/env python3
"""Which of a domain's hosts a connection is made to, and when none is made at all.

Equal ones are drawn for each connection; one that puts a message off is followed by another at once; many connections that fail together
are one failure; where the rate lets nothing pass no connection is opened."""
import socket
import time

from house import House, run_test, until
from internet import MailServer, Zone, own_network

EQUAL = ["127.0.0.%d" % i for i in range(31, 35)]
ZONE = "".join("equal.test MX 10 mx%d.equal.test\nmx%d.equal.test A %s\n" % (i, i, a) for i, a in enumerate(EQUAL)) + """
busy.test      MX 10 mx1.busy.test
busy.test      MX 20 mx2.busy.test
mx1.busy.test  A 127.0.0.41
mx2.busy.test  A 127.0.0.42
paced.test     MX 10 mx.paced.test
mx.paced.test  A 127.0.0.43
dies.test      MX 10 mx.dies.test
mx.dies.test   A 127.0.0.44
"""
LIMITS = """
site equal.test {
	messages-per-connection 1
}
site paced.test {
	message-rate 1/h
}
site dies.test {
	recipients 1
}
queue {
	session-idle 1s
}
"""


class Unhurried:
    """The lines of a client, each MAIL a while later."""

    def __init__(self, f):
        self.f = f

    def __iter__(self):
        for line in self.f:
            time.sleep(0.1 if line[:4].upper() == b"MAIL" else 0)
            yield line

    def readline(self):
        return self.f.readline()


class Mortal(MailServer):
    """Can die with all its connections, and come back."""

    def __init__(self, address):
        self.open, self.address = set(), address
        super().__init__(address)

    def accept(self):
        try:
            super().accept()
        except OSError:
            pass # it died

    def serve(self, c):
        self.open.add(c)
        super().serve(c)
        self.open.discard(c)

    def talk(self, c, f):
        super().talk(c, Unhurried(f))

    def die(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in list(self.open):
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def back(self):
        return MailServer(self.address)


class PutsOff(MailServer):
    """4yz to MAIL, or to each RCPT."""
    verb = b"MAIL"

    def talk(self, c, f):
        c.sendall(b"220 mx ESMTP\r\n")
        for line in f:
            verb = line[:4].upper()
            if verb == b"QUIT":
                c.sendall(b"221 bye\r\n")
                return
            c.sendall(b"451 4.3.2 not now\r\n" if verb == self.verb or verb == b"DATA" else b"250 ok\r\n")


def failures(house):
    return [l for l in house.log().splitlines() if " unreachable " in l and "site=dies.test" in l]


def equals_are_drawn(house, servers):
    for i in range(48):
        house.send("u%d@equal.test" % i)
    until(lambda: sum(len(s.got()) for s in servers) == 48, 30, lambda: house.ctl("lanes"))
    got = [len(s.got()) for s in servers]
    print("48 connections to four equal hosts: %s" % got)
    assert min(got) >= 2, got # one in 10 000 runs has a host with less than two of 48


def the_next_at_once(house):
    first, second = PutsOff("127.0.0.41"), MailServer("127.0.0.42")
    for i, verb in enumerate((b"MAIL", b"RCPT")):
        PutsOff.verb = verb
        began = time.monotonic()
        house.send("u%d@busy.test" % i, "v%d@busy.test" % i)
        until(lambda n=i: len(second.got()) == 2 * (n + 1), 10, lambda: house.ctl("queue"))
        assert time.monotonic() - began < 5 and first.connections >= i + 1
    assert not house.events("deferred"), house.events("deferred")


def no_permit_no_connection(house):
    server = MailServer("127.0.0.43")
    house.send("first@paced.test")
    until(lambda: server.got("first@") and server.at_once == 0, 20, "the one that may go, and its connection's end")
    for i in range(5):
        house.send("late%d@paced.test" % i)
    until(lambda: [r["waiting"] for r in house.rows("lanes") if r["site"] == "paced.test"] == [5], 10, lambda: house.ctl("lanes"))
    house.ctl("retry", "--yes", "--to", "late*@paced.test", code=None)
    time.sleep(3) # nothing is to happen
    assert server.connections == 1, "a connection without a permit: %d" % server.connections
    held = [r["held_by"] for r in house.rows("lanes") if r["site"] == "paced.test"][0]
    assert "message-rate" in held, held


def together_is_once(house):
    """Some connections are let in, work, and their host dies; what is made anew fails together. One failure is five seconds."""
    server = Mortal("127.0.0.44")
    for i in range(0, 400, 100):
        house.send(*["u%d@dies.test" % n for n in range(i, i + 100)])
    until(lambda: server.at_once >= 6 and len(server.got()) > 10, 20, lambda: house.ctl("lanes"))
    server.die()
    until(lambda: len(failures(house)) > 1, 10, "they all fail")
    again = server.back()
    began = time.monotonic()
    until(lambda: len(again.got()) >= 200, 20, lambda: house.ctl("lanes"))
    took = time.monotonic() - began
    print("%d connections had failed; %.1f s after their host was back its mail was there" % (len(failures(house)), took))
    assert took < 9, "one failure is a back-off of 5 s, two in a row would be 10 more"


def main():
    own_network()
    zone = Zone(ZONE)
    with House(sinks={}, routes={}, more=zone.conf() + LIMITS, retry_first="1h", retry_most="1h") as house:
        house.start()
        equals_are_drawn(house, [MailServer(a) for a in EQUAL])
        the_next_at_once(house)
        no_permit_no_connection(house)
        together_is_once(house)


run_test(main)
