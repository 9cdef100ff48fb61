#!/usr/bin/env python3
"""deliverd-resolve end to end: we play master, queued and the name server. Usage: deliverd_resolve_test.py PROGRAM [name...]"""
import os, struct, sys, time
import house
from house import Role, span
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../dns"))
from zone_server import ZoneServer

ASK, HOST, ANSWER = 1, 2, 3
MAIL_DOMAIN, HOST_OF_ROUTE = range(2)
STATUS = ["ok", "no-domain", "null-mx", "no-host", "refused", "loop", "bad-mx", "later"]
PROGRAM = sys.argv[1]

ZONE = """
plain.test      MX 20 mx2.plain.test
plain.test      MX 10 mx1.plain.test 120
mx1.plain.test  A 198.51.100.1
mx1.plain.test  AAAA 2001:db8::1
mx2.plain.test  A 198.51.100.2
implicit.test   A 198.51.100.3
alias.test      CNAME plain.test
null.test       MX 0 .
loop.test       MX 10 relay.test
loop2.test      MX 10 mx1.plain.test
loop2.test      MX 20 RELAY.test
loop2.test      MX 30 mx2.plain.test
private.test    MX 10 in.private.test
in.private.test A 10.1.2.3
in.private.test A 127.0.0.1
half.test       MX 10 in.half.test
in.half.test    A 192.168.7.7
in.half.test    A 198.51.100.4
allowed.test    A 127.0.0.9
mapped.test     AAAA ::ffff:10.0.0.1
nothing.test    TXT hello
deaf.test       SILENT
broken.test     FAIL
mxbroken.test   MX 10 broken.test
mxbroken2.test  MX 10 broken.test
mxbroken2.test  MX 20 mx1.plain.test
nohost.test     MX 10 gone.plain.test
two.test        MX 10 mx1.plain.test
two.test        MX 10 a.other.test
a.other.test    A 198.51.100.5
short.test      MX 10 mx.short.test 1
mx.short.test   A 198.51.100.6 1
badmx.test      MX 10 mail!.badmx.test
badmx.test      A 198.51.100.8
badnull.test    MX 0 .
badnull.test    MX 10 198.51.100.8
onebad.test     MX 10 mail!.badmx.test
onebad.test     MX 20 mx1.plain.test
last.test       MX 10 own59.test
nullhost.test   MX 0 .
nullhost.test   A 198.51.100.7
""" + "".join("big.test MX %d h%d.some-long-name-to-fill-it.big.test\nh%d.some-long-name-to-fill-it.big.test A 198.51.100.%d\n"
              % (i, i, i, i) for i in range(1, 61)) + \
    "".join("even.test MX 5 e%d.even.test\ne%d.even.test A 198.51.100.%d\n" % (i, i, i) for i in range(1, 9))


class Asker:
    def __init__(self, conf=""):
        self.server = ZoneServer(ZONE)
        text = "hostname relay.test\nresolver {\nserver 127.0.0.1@%d\nallow-private 127.0.0.9\n%s\n}\n" % (self.server.port, conf)
        self.role = Role(PROGRAM, house.ROLE_RESOLVE, house.ROLE_QUEUED, text)
        self.n, self.hosts, self.answers = 0, {}, {}

    def begin(self, domain, kind=MAIL_DOMAIN, tenant=1, again=False):
        self.n += 1
        self.role.peer.send((ASK, struct.pack("=QBBQ", self.n, kind, again, tenant) + span(domain)))
        return self.n

    def finish(self, n):
        while n not in self.answers:
            t, r = self.role.peer.recv(12)
            number = r.num("Q")
            if t == HOST:
                self.hosts.setdefault(number, []).append((r.num("H"), r.span(), r.span()))
            else:
                self.answers[number] = (STATUS[r.num("B")], r.num("I"), r.span(), r.span())
        return self.answers[n] + (self.hosts.get(n, []), )

    def ask(self, domain, **kw):
        return self.finish(self.begin(domain, **kw))


def main():
    a = Asker("timeout 2s")
    status, ttl, site, text, hosts = a.ask("plain.test")
    assert (status, ttl, site) == ("ok", 120, "plain.test"), (status, ttl, site, text)
    assert hosts == [(10, "mx1.plain.test", "198.51.100.1"), (10, "mx1.plain.test", "2001:db8::1"),
                     (20, "mx2.plain.test", "198.51.100.2")], hosts
    assert a.ask("alias.test")[2:] == ("plain.test", "", hosts)
    assert a.ask("implicit.test")[4] == [(0, "implicit.test", "198.51.100.3")]
    assert a.ask("implicit.test")[2] == "implicit.test"
    for domain, want in (("null.test", "null-mx"), ("loop.test", "loop"), ("private.test", "refused"), ("mapped.test", "refused"),
                         ("badmx.test", "bad-mx"), ("badnull.test", "bad-mx"),
                         ("nothing.test", "no-host"), ("absent.test", "no-domain"), ("broken.test", "later"),
                         ("mxbroken.test", "later"), ("nohost.test", "no-host"), ("", "no-domain"), ("a b", "no-domain"),
                         ("x" * 300, "no-domain"), ("x" * 70 + ".test", "later"), ("[10.0.0.1]", "refused"),
                         ("[127.0.0.1]", "refused"), ("[IPv6:::1]", "refused"), ("[300.1.1.1]", "no-domain")):
        status, ttl, _, text, hosts = a.ask(domain)
        assert status == want and text and not hosts and ttl == 60, (domain, status, ttl, text, hosts)
    assert [h[:2] for h in a.ask("onebad.test")[4]] == [(20, "mx1.plain.test")] * 2
    began = time.monotonic()
    assert a.ask("deaf.test")[0] == "later" and time.monotonic() - began < 4
    assert [h[1] for h in a.ask("loop2.test")[4]] == ["mx1.plain.test"] * 2
    assert [h[2] for h in a.ask("half.test")[4]] == ["198.51.100.4"]
    assert [h[2] for h in a.ask("allowed.test")[4]] == ["127.0.0.9"]
    assert [h[2] for h in a.ask("mxbroken2.test")[4]] == ["198.51.100.1", "2001:db8::1"]
    assert a.ask("two.test")[2] == "a.other.test+mx1.plain.test"
    assert a.ask("short.test")[1] == 30
    assert a.ask("[198.51.100.9]")[2:] == ("198.51.100.9", "", [(0, "198.51.100.9", "198.51.100.9")])
    assert a.ask("[IPv6:2001:db8::5]")[4] == [(0, "2001:db8::5", "2001:db8::5")]
    big = a.ask("big.test")
    assert big[0] == "ok" and [h[0] for h in big[4]] == list(range(1, 21)) and big[2] == "big.test", big
    firsts = {a.ask("even.test")[4][0][1] for _ in range(60)}
    assert len(firsts) > 3, firsts
    # A route's host is a host: its own addresses, whatever its MX says, and no null MX closes it.
    assert a.ask("mx2.plain.test", kind=HOST_OF_ROUTE)[4] == [(0, "mx2.plain.test", "198.51.100.2")]
    assert a.ask("nullhost.test", kind=HOST_OF_ROUTE)[4] == [(0, "nullhost.test", "198.51.100.7")]
    assert a.ask("nullhost.test")[0] == "null-mx"
    assert a.ask("loop2.test", kind=HOST_OF_ROUTE)[0] == "no-host"
    # As many names as a relay may have are known as its own.
    named = Asker("own-name %s" % " ".join("own%d.test" % i for i in range(60)) )
    assert named.ask("last.test")[0] == "loop", named.ask("last.test")
    named.role.stop(1)
    numbers = [a.begin("[198.51.100.9]" if i % 3 else "plain.test") for i in range(3000)]
    assert all(a.finish(n)[0] == "ok" for n in numbers)
    a.begin("deaf.test")
    a.role.peer.sock.close()
    a.role.peer = a.role.new_peer()
    assert a.ask("plain.test")[0] == "ok"
    assert "REACHED" not in a.role.selftest
    a.role.stop(1)
    assert a.role.wait() == 0, a.role.said()
    print("deliverd-resolve: all as it should be; sandbox %s" % a.role.selftest)


if __name__ == "__main__":
    main()
