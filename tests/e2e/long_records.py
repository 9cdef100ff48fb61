#!/usr/bin/env python3
"""What people send may be of any length: what one process tells another of it is never too long, and no role dies of it."""
from house import House, run_test, until
from report import Report

LONG = ".".join(["d" * 60] * 3)
SINKS = {"good": "", "unknown": "unknown=nobody*"}
ROUTES = {"good.test": "good", "*.good.test": "good", "unknown.test": "unknown", "first.test": "good"}
MORE = """queue {
	return-size 512K
}
site many {
	domain good.test
	recipients 1000
}
"""


def head(subject):
    return (b"From: News <news@first.test>\r\nTo: you@good.test\r\nSubject: %s\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n"
            b"Message-ID: <%d@first.test>\r\n\r\n" % (subject, abs(hash(subject))))


def lines(size):
    return (b"x" * 70 + b"\r\n") * (size // 72)


def signed_to_many(house, size):
    """Signed bytes that are rewritten in memory, and addresses as long as they may be."""
    to = ["%s@%s.good.test" % (("u%02d-%d-" % (i, size)).ljust(60, "q"), LONG) for i in range(100)]
    house.send_bytes(to, head(b"signed %d" % size) + lines(size))
    until(lambda: all(house.mails(a) for a in to), 30, "100 recipients have the mail of %d bytes" % size)
    assert b"DKIM-Signature" in house.mails(to[0])[0][1]


def ordinary_to_a_thousand(house):
    to = ["recipient%04d@department%04d.good.test" % (i, i) for i in range(1000)]
    house.send_bytes(to, head(b"a thousand") + lines(90 * 1024))
    until(lambda: len(house.events("delivered", recipient=to[-1])) > 0 and
          sum(e["recipient"].startswith("recipient") for e in house.events("delivered")) == 1000, 60, "a thousand delivered")


def bounce_with_all_of_it(house):
    """A bounce message as large as return-size lets it be."""
    content = head(b"comes back") + lines(400 * 1024)
    with house.smtp() as s:
        s.ehlo("client.test")
        assert s.mail("news@first.test", ["RET=FULL"])[0] == 250 and s.rcpt("nobody@unknown.test")[0] == 250
        assert s.data(content)[0] == 250
    back = until(lambda: [c for _, c in house.mails("news@first.test")], 30, "the bounce message")[0]
    assert Report(back).third.get_content_type() == "message/rfc822" and len(back) > 400 * 1024


def long_header_fields(house):
    """Fields that are copied into the envelope or an event."""
    fields = b"".join(b"X-Posthouse-%s: %s\r\n" % (name, b"\x01\x02 " * 3000) for name in (b"Tags", b"Campaign"))
    house.send_bytes(["ann@good.test"], fields + head(b"long fields").replace(b"<", b"<" + b"m" * 9000, 2))
    house.await_event("delivered", recipient="ann@good.test")


def main():
    with House(sinks=SINKS, routes=ROUTES, tenant="sign yes", listener="session-memory 2M", more=MORE) as house:
        house.ctl("dkim", "new", "-s", "s1", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "-s", "s1", "first", "first.test")
        house.start()
        for size in (40, 88, 94, 96, 200):
            signed_to_many(house, size * 1024)
        ordinary_to_a_thousand(house)
        bounce_with_all_of_it(house)
        long_header_fields(house)
        died = [line for line in house.log().splitlines() if "role-died" in line]
        assert not died, died


run_test(main)
