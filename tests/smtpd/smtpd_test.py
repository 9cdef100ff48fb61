#!/usr/bin/env python3
"""smtpd and smtpd-auth end to end: we play master, queued and clients. Usage: smtpd_test.py PROGRAM [name...]

smtpd-auth stands beside PROGRAM."""
import base64, crypt, os, socket, ssl, subprocess, sys, tempfile, time
from players import House, Client

BIN = os.path.dirname(sys.argv[1])
CONF = """hostname relay.example
tenant acme {
	domain acme.example news.acme.example
	bounce-domain bounce.acme.example
	track clicks
}
tenant quiet {
	domain quiet.example
	suppress-at-rcpt yes
}
accept in.example { }
listener inbound {
	address 127.0.0.1:25
	timeout-command 2s
	max-errors 5
	client-connections 40
}
listener local {
	address 127.0.0.1:26
	tenant acme
	allow 127.0.0.0/8
	max-size 3M
	line-ends strict
	header-size 64K
	session-memory 64K
}
listener repair {
	address 127.0.0.1:27
	tenant acme
	allow 127.0.0.0/8
	line-ends repair
	smtputf8 no
}
listener submission {
	address 127.0.0.1:28
	tls starttls
	tls-certificate /dev/null
	tls-key secret
	auth required
}
listener asking {
	address 127.0.0.1:31
	tenant quiet
	allow 127.0.0.0/8
}
listener slow {
	address 127.0.0.1:32
	timeout-data 2s
	timeout-command 2s
}
listener many {
	address 127.0.0.1:33
	client-connections 1000
}
listener plain {
	address 127.0.0.1:30
	tls starttls
	tls-certificate /dev/null
	tls-key secret
	auth optional
	auth-without-tls yes
	nul-bytes replace
	max-errors 1000
}
listener smtps {
	address 127.0.0.1:29
	tls implicit
	tls-certificate /dev/null
	tls-key secret
	auth optional
}
"""
NAMES = ["inbound", "local", "repair", "submission", "plain", "smtps", "asking", "slow", "many"]
MAIL = "From: a@acme.example\r\nSubject: x\r\n\r\nhello\r\n.\r\n"


def certificate():
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", d + "/k", "-out", d + "/c",
                        "-subj", "/CN=relay.example", "-days", "2"], check=True, capture_output=True)
        return open(d + "/c").read(), open(d + "/k").read()


CERT, KEY = certificate()
USERS = "# logins\nann:acme:%s\nbob:nobody:%s\n" % (crypt.crypt("secret", crypt.METHOD_SHA256), crypt.crypt("x", crypt.METHOD_SHA256))


def house(conf=CONF, **kw):
    secrets = []
    for n in ("submission", "plain", "smtps"):
        secrets += [("tls-cert " + n, CERT), ("tls-key " + n, KEY)]
    return House(BIN + "/smtpd", conf, NAMES, secrets, BIN + "/smtpd-auth", USERS, **kw)


def hello(h, name):
    c = Client(h.ports[name])
    c.ehlo = c.say("EHLO c.example")
    return c


def until(look, seconds=10):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "not within %d s" % seconds
        time.sleep(0.02)


def is_(got, want):
    assert got.startswith(want), "%r is not %r" % (got, want)


def tls(c):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(c)


def b64(s):
    return base64.b64encode(s.encode()).decode()


# ---- the cases ----

def taken(h):
    c = hello(h, "local")
    got = c.mail("a@acme.example", ["x@There.Example", "y@there.example"], MAIL)
    is_(got[-1], "250 2.0.0 queued as ")
    e, f, data = h.queued.messages[-1]
    assert e.sender == "a@acme.example" and e.tenant == "acme" and e.client == "127.0.0.1", vars(e)
    assert [r[0] for r in e.rcpts] == ["x@there.example", "y@there.example"]
    text = data.decode()
    assert text.startswith("Received: from c.example ([127.0.0.1])\r\n\tby relay.example with ESMTP id "), text
    assert "\r\nDate: " in text and "\r\nMessage-ID: <" in text and text.endswith("\r\n\r\nhello\r\n"), text
    assert f.header == text.index("\r\n\r\n") + 4 and not f.flags
    is_(c.say("QUIT"), "221 2.0.0")
    assert c.closed()


def pipelined(h):
    c = hello(h, "local")
    one = "MAIL FROM:<a@acme.example>\r\nRCPT TO:<x@t.example>\r\nDATA\r\n"
    n = len(h.queued.messages)
    c.raw(one)
    for want in ("250", "250", "354"):
        is_(c.reply(), want)
    c.raw(MAIL + one)
    for want in ("250 2.0.0", "250", "250", "354"):
        is_(c.reply(), want)
    c.raw(MAIL + "QUIT\r\n")
    is_(c.reply(), "250 2.0.0")
    is_(c.reply(), "221")
    assert len(h.queued.messages) == n + 2
    c = hello(h, "local")  # more replies than leave in one piece
    c.raw("NOOP\r\n" * 30000)
    for _ in range(30000):
        is_(c.reply(), "250 2.0.0")


def bytewise(h):
    c = Client(h.ports["local"])
    for b in "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<x@t.example>\r\nDATA\r\n":
        c.raw(b)
    for want in ("250", "250", "250", "354"):
        is_(c.reply(), want)
    for b in "From: a@acme.example\r\nSubject: y\r\n\r\n..dot\r\n.\r\n":
        c.raw(b)
    is_(c.reply(), "250")
    e, f, data = h.queued.messages[-1]
    assert data.endswith(b"\r\n\r\n.dot\r\n") and f.flags == 2, (data, f.flags)


def line_ends(h):
    c = hello(h, "local")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\nhi\n.\nMAIL FROM:<e@acme.example>\r\n.\r\n")[-1], "550 5.6.0")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\nhi\r.\r\n.\r\n")[-1], "550 5.6.0")
    c.raw("NOOP\n")
    is_(c.reply(), "500 5.5.2")
    is_(c.say("NO\rOP"), "500 5.5.2")
    is_(c.say("NOOP\0"), "500 5.5.2")
    c = hello(h, "repair")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\nSubject: x\n\nhi\n.\nthere\r\n.\r\n")[-1], "250")
    assert h.queued.messages[-1][2].endswith(b"\r\n\r\nhi\r\n.\r\nthere\r\n"), h.queued.messages[-1][2]


def line_ends_of_tenants(h):
    """A tenant's clients may end lines as they like; strangers not; and a message ends with CRLF alone."""
    c = hello(h, "asking")
    c.raw("NOOP\nMAIL FROM:<a@quiet.example>\nRCPT TO:<x@t.example>\nDATA\n")
    for want in ("250", "250", "250", "354"):
        is_(c.reply(), want)
    c.raw("From: a@quiet.example\nSubject: x\n\nhi\n.\nMAIL FROM:<e@quiet.example>\n.\r\nthere\n\r\n.\r\n")
    is_(c.reply(), "250 2.0.0")
    data = h.queued.messages[-1][2]
    assert data.endswith(b"\r\n\r\nhi\r\n.\r\nMAIL FROM:<e@quiet.example>\r\n.\r\nthere\r\n\r\n"), data
    is_(c.say("NOOP"), "250")
    c = hello(h, "plain")
    c.raw("NOOP\n")
    is_(c.reply(), "500 5.5.2")
    is_(c.say("AUTH PLAIN " + b64("\0ann\0secret")), "235")
    c.raw("NOOP\n")
    is_(c.reply(), "250")
    is_(c.say("STARTTLS"), "220")
    c.s, c.rest = tls(c.s), b""
    c.raw("NOOP\n")
    is_(c.reply(), "500 5.5.2")
    is_(hello(h, "inbound").mail("z@z.example", ["u@in.example"], "Subject: x\n\nx\r\n.\r\n")[-1], "550 5.6.0")


def large(h):
    c = hello(h, "local")
    body = ("%s\r\n" % ("l" * 70)) * 20000
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\n" + body + ".\r\n")[-1], "250")
    assert h.queued.messages[-1][2].endswith(body.encode()[-5000:]) and len(h.queued.messages[-1][2]) > len(body)
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\n" + body * 3 + ".\r\n")[-1], "552 5.3.4")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\n" + "m" * 64000 + "\r\n.\r\n")[-1], "250")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\n" + "m" * 70000 + "\r\n.\r\n")[-1], "550 5.6.0")
    is_(c.mail("a@acme.example", ["x@t.example"], "Subject: x\r\n" * 9000 + "\r\n.\r\n")[-1], "552 5.3.4")
    is_(c.mail("a@acme.example", ["x@t.example"], "Received: x\r\n" * 101 + "\r\n.\r\n")[-1], "554 5.4.6")
    is_(c.say("MAIL FROM:<a@acme.example> SIZE=99999999"), "552 5.3.4")
    is_(c.say("MAIL FROM:<a@acme.example> SIZE=1000"), "250")
    assert len(h.queued.dropped) == 1, h.queued.dropped


def drafts_awaited(h):
    """Sixty at once that send what is large wait for the queue's files, whole or not; only a full disk is 452."""
    h.queued.give = False
    content = "From: a@acme.example\r\nSubject: x\r\n\r\n" + ("%s\r\n" % ("l" * 70)) * 1400
    many = [hello(h, "local") for _ in range(60)]
    for c in many:
        for line in ("MAIL FROM:<a@acme.example>", "RCPT TO:<x@t.example>"):
            is_(c.say(line), "250")
        is_(c.say("DATA"), "354")
    for i, c in enumerate(many):
        c.raw(content if i % 2 else content + ".\r\nNOOP\r\n")
    until(lambda: h.queued.withheld >= 60 + 4)
    h.queued.no_draft(452, "4.3.1 the queue's disk is full")
    h.queued.give = True
    h.queued.hand_out(h.queued.withheld - 1)
    got = []
    for i, c in enumerate(many):
        if i % 2:
            c.raw(".\r\nNOOP\r\n")
        got.append(c.reply())
        is_(c.reply(), "250")
    assert [r[:9] for r in got].count("250 2.0.0") == 59, got
    assert [r[:9] for r in got].count("452 4.3.1") == 1, got
    assert {len(m[2]) > len(content) for m in h.queued.messages} == {True}


def draft_gone(h):
    """The queue goes away while sessions wait for its files, one with all of its content sent, one with half: both hear 451."""
    content = "From: a@acme.example\r\nSubject: x\r\n\r\n" + ("%s\r\n" % ("l" * 70)) * 1400

    def large():
        c = hello(h, "local")
        for line in ("MAIL FROM:<a@acme.example>", "RCPT TO:<x@t.example>"):
            is_(c.say(line), "250")
        is_(c.say("DATA"), "354")
        return c

    q = h.queued
    until(lambda: q.wanted + q.withheld >= 4)  # asked for as the queue came, and given
    q.give = False
    holders = [large() for _ in range(q.wanted)]
    for i, c in enumerate(holders):
        c.raw(content)
        until(lambda: q.withheld == i + 1)  # who takes one of those asks for one more
    waiting = []
    for end in (".\r\n", ""):
        asked = q.withheld
        waiting.append(large())
        waiting[-1].raw(content + end)
        until(lambda: q.withheld >= asked + 2)  # who finds none asks for his own beside
    q.chan.sock.shutdown(socket.SHUT_RDWR)
    is_(waiting[0].reply(), "451 4.3.0")
    waiting[1].raw(content + ".\r\n")
    is_(waiting[1].reply(), "451 4.3.0")
    for c in holders:
        c.raw(".\r\n")
        is_(c.reply(), "451 4.3.0")
    h.new_queued()
    for c in waiting + holders:
        is_(c.say("NOOP"), "250")
    until(lambda: h.queued.wanted >= 4)
    is_(waiting[0].mail("a@acme.example", ["x@t.example"], content + ".\r\n")[-1], "250")
    assert len(h.queued.messages) == 1 and not q.messages


def unread(h):
    """Who sends on and on and hardly reads what is answered is not kept for longer than one who says nothing."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", h.ports["inbound"]))
    s.setblocking(False)
    began, over = time.monotonic(), False
    while not over and time.monotonic() - began < 30:
        try:
            for _ in range(100):
                s.send(b"NOOP\r\n" * 1000)
        except BlockingIOError:
            pass
        except OSError:
            over = True
        try:
            s.recv(3000)
        except BlockingIOError:
            pass
        except OSError:
            over = True
        time.sleep(0.05)
    assert over and time.monotonic() - began < 15, time.monotonic() - began


def recipients(h):
    c = hello(h, "local")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    for i in range(1000):
        got = c.say("RCPT TO:<%s%d@t.example>" % ("u" * 40, i))
        if not got.startswith("250"):
            break
    is_(got, "452 4.3.1")
    is_(c.say("RSET"), "250")
    c = hello(h, "repair")
    c.raw("MAIL FROM:<a@acme.example>\r\n" + "".join("RCPT TO:<%s%d@t.example>\r\n" % ("u" * 20, i) for i in range(1001)) + "DATA\r\n")
    got = [c.reply() for _ in range(1003)]
    is_(got[1000], "250")
    is_(got[1001], "452 4.5.3")
    is_(got[1002], "354")
    c.raw(MAIL)
    is_(c.reply(), "250 2.0.0")
    assert len(h.queued.messages[-1][0].rcpts) == 1000


def recipients_again(h):
    """One given twice is one; those beyond max-recipients are no errors, and the message goes to those that were taken."""
    c = hello(h, "repair")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    c.raw("".join("RCPT TO:<%s%d@t.example>\r\n" % ("u" * 50, i) for i in range(1100)) + "DATA\r\n")
    got = [c.reply()[:9] for _ in range(1101)]
    assert got == ["250 2.1.5"] * 1000 + ["452 4.5.3"] * 100 + ["354 go ah"], got
    c.raw(MAIL)
    is_(c.reply(), "250 2.0.0")
    assert len(h.queued.messages[-1][0].rcpts) == 1000
    is_(c.mail("a@acme.example", ["x@t.example", "y@t.example", "x@T.example", "X@t.example", "x@t.example"], MAIL)[-1], "250 2.0.0")
    assert [r[0] for r in h.queued.messages[-1][0].rcpts] == ["x@t.example", "y@t.example", "X@t.example"]


def errors_forgiven(h):
    c = hello(h, "inbound")  # five errors at most
    for _ in range(6):
        is_(c.say("XYZZY"), "500")
        is_(c.say("XYZZY"), "500")
        is_(c.mail("z@z.example", ["u@in.example"], "Subject: x\r\n\r\nx\r\n.\r\n")[-1], "250")
    h.queued.answer = (550, "5.1.1 suppressed")
    c = hello(h, "asking")
    is_(c.say("MAIL FROM:<a@quiet.example>"), "250")
    for _ in range(30):
        is_(c.say("RCPT TO:<gone@t.example>"), "550 5.1.1")
    h.queued.answer = (0, "")
    is_(c.say("RCPT TO:<x@t.example>"), "250")


def policy(h):
    c = hello(h, "inbound")
    is_(c.mail("z@z.example", ["x@elsewhere.example"], "")[1], "550 5.7.1")
    is_(c.say("RCPT TO:<u@IN.example>"), "250 2.1.5")
    is_(c.say("RCPT TO:<>"), "553 5.1.3")
    is_(c.say("DATA"), "354")
    c.raw("Subject: from outside\r\n\r\nx\r\n.\r\n")
    is_(c.reply(), "250")
    e, f, data = h.queued.messages[-1]
    assert e.tenant == "" and b"Message-ID" not in data
    is_(c.say("MAIL FROM:<>"), "250")
    h.queued.answer = (550, "5.1.1 no such bounce address")
    is_(c.say("RCPT TO:<b+xyz@bounce.acme.example>"), "550 5.1.1")
    assert h.queued.asked[-1] == (2, "acme", "b+xyz@bounce.acme.example"), h.queued.asked
    h.queued.answer = (0, "")
    is_(c.say("RCPT TO:<b+abc@bounce.acme.example>"), "250")
    is_(c.say("RCPT TO:<Postmaster>"), "250")
    is_(c.say("RCPT TO:<abuse@relay.example>"), "250")
    c = hello(h, "local")
    is_(c.say("MAIL FROM:<a@sub.acme.example>"), "550 5.7.1")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: Me <me@evil.example>\r\n\r\n.\r\n")[-1], "550 5.7.1")
    is_(c.mail("", ["x@t.example"], "From: \"a@evil.example\" (me)\r\n <me@News.acme.example>\r\n\r\n.\r\n")[-1], "250")
    is_(c.mail("a@acme.example", ["x@t.example"], "Subject: x\r\n\r\n.\r\n")[-1], "250")
    assert b"\r\nFrom: a@acme.example\r\n" in h.queued.messages[-1][2], h.queued.messages[-1][2]
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSender: x@evil.example\r\n\r\n.\r\n")[-1], "550 5.7.1")
    is_(c.mail("a@acme.example", ["x@t.example"], "From: \"me <a@acme.example>\r\n\r\n.\r\n")[-1], "550 5.6.0 From: a quote is not closed")
    is_(c.mail("", ["x@t.example"], "From: MAILER-DAEMON@web1.lan (Mail Delivery System)\r\n\r\n.\r\n")[-1], "250")


def utf8(h):
    """RFC 6531: characters beyond ASCII in a transaction that says SMTPUTF8; domains are kept in A-labels."""
    c = hello(h, "local")
    assert "SMTPUTF8" in c.ehlo, c.ehlo
    is_(c.say("MAIL FROM:<\u00e4@acme.example>".encode()), "553 5.6.7")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    is_(c.say("RCPT TO:<j\u00f6@t.example>".encode()), "553 5.6.7")
    is_(c.say("RCPT TO:<x@t.example> ORCPT=utf-8;j\u00f6@t.example".encode()), "553 5.6.7")
    is_(c.say("RCPT TO:<x@t.example> ORCPT=utf-8;j\\x{F6}@t.example"), "250")
    is_(c.say("RSET"), "250")
    is_(c.say("MAIL FROM:<\u00e4@acme.example> BODY=8BITMIME SMTPUTF8".encode()), "250")
    is_(c.say("RCPT TO:<j\u00f6@B\u00fccher.example> ORCPT=utf-8;j\u00f6@b\u00fccher.example".encode()), "250")
    is_(c.say(b"RCPT TO:<j\xf6@t.example>"), "553 5.6.7")
    is_(c.say("DATA"), "354")
    c.raw("From: \u00c4 <a@acme.example>\r\nSubject: gr\u00fc\u00dfe\r\n\r\nx\r\n.\r\n".encode())
    is_(c.reply(), "250")
    e, f, data = h.queued.messages[-1]
    assert e.flags & 2 and f.flags == 5, (e.flags, f.flags)
    assert e.sender == "\u00e4@acme.example".encode().decode("latin-1"), e.sender
    assert e.rcpts[0][0] == "j\u00f6@xn--bcher-kva.example".encode().decode("latin-1"), e.rcpts
    assert b" with UTF8SMTP id " in data and b"\tfor " not in data, data
    c = hello(h, "repair")
    assert "SMTPUTF8" not in c.ehlo, c.ehlo
    is_(c.say("MAIL FROM:<a@acme.example> SMTPUTF8"), "555 5.5.4")
    is_(c.say("MAIL FROM:<\u00e4@acme.example>".encode()), "553 5.6.7")


def headers(h):
    c = hello(h, "local")
    is_(c.say("MAIL FROM:<a@acme.example> BODY=8BITMIME RET=HDRS ENVID=abc+2B"), "250")
    is_(c.say("RCPT TO:<x@t.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@t.example"), "250")
    is_(c.say("RCPT TO:<y@t.example> NOTIFY=NEVER,DELAY"), "501 5.5.4")
    is_(c.say("RCPT TO:<y@t.example> FOO=1"), "555 5.5.4")
    is_(c.say("DATA"), "354")
    c.raw("From: a@acme.example\r\nX-Posthouse-Campaign: spring\r\nDate: now\r\nMessage-Id: <1@a>\r\nX-Posthouse-Tags: a b\r\n c\r\n"
          "X-Posthouse-Track: opens\r\n\r\n\xe9\r\n.\r\n")
    is_(c.reply(), "250")
    e, f, data = h.queued.messages[-1]
    assert (e.campaign, e.tags, e.ret, e.envid) == ("spring", "a b c", 2, "abc+2B"), vars(e)
    assert e.flags == 1 | 8 | 64 and f.flags == 1 and e.rcpts[0][1:3] == ("rfc822;x@t.example", 2 | 8), (e.flags, f.flags, e.rcpts)
    assert [data[a:a + n].split(b":")[0] for a, n in f.drops] == [b"X-Posthouse-Campaign", b"X-Posthouse-Tags"], f.drops
    assert data[f.drops[1][0]:][:f.drops[1][1]].endswith(b"opens\r\n") and data.count(b"Date") == 1


def logins(h):
    c = hello(h, "submission")
    assert "STARTTLS" in c.ehlo and "AUTH" not in c.ehlo
    is_(c.say("AUTH PLAIN " + b64("\0ann\0secret")), "538 5.7.11")
    is_(c.say("MAIL FROM:<a@acme.example>"), "530 5.7.0")
    c.raw("STARTTLS\r\nEHLO evil.example\r\n")
    is_(c.reply(), "220")
    time.sleep(0.05)
    c.s, c.rest = tls(c.s), b""
    is_(c.say("MAIL FROM:<a@acme.example>"), "503")
    assert "AUTH PLAIN LOGIN" in c.say("EHLO c.example")
    is_(c.say("AUTH PLAIN"), "334 ")
    is_(c.say("*"), "501 5.7.0")
    is_(c.say("AUTH PLAIN !!!"), "501 5.5.2")
    is_(c.say("AUTH PLAIN " + b64("\0ann\0wrong")), "535 5.7.8")
    is_(c.say("AUTH PLAIN " + b64("\0zoe\0wrong")), "535 5.7.8")
    is_(c.say("AUTH PLAIN " + b64("\0bob\0x")), "535 5.7.8")  # a tenant that is none
    is_(c.say("AUTH PLAIN"), "334 ")
    is_(c.say(b64("\0ann\0secret")), "235 2.7.0")
    is_(c.say("AUTH PLAIN"), "503")
    is_(c.mail("a@acme.example", ["x@t.example"], MAIL)[-1], "250")
    e, _, data = h.queued.messages[-1]
    assert e.login == "ann" and b"with ESMTPSA id" in data and b"ann" not in data.split(b"Subject")[0]
    c = Client(0, sock=tls(socket.create_connection(("127.0.0.1", h.ports["smtps"]))))
    is_(c.say("EHLO c.example"), "250")
    is_(c.say("AUTH LOGIN"), "334 VXNlcm5hbWU6")
    is_(c.say(b64("ann")), "334 UGFzc3dvcmQ6")
    is_(c.say(b64("secret")), "235")
    body = ("%s\r\n" % ("l" * 70)) * 9000
    is_(c.mail("a@acme.example", ["x@t.example"], "From: a@acme.example\r\nSubject: x\r\n\r\n" + body + ".\r\n")[-1], "250")
    assert h.queued.messages[-1][2].endswith(body.encode())
    is_(c.say("QUIT"), "221")


def starttls_forgets(h):
    """RFC 3207 4.2: login, name and transaction are those of nobody after it."""
    c = hello(h, "plain")
    is_(c.say("AUTH PLAIN " + b64("\0ann\0secret")), "235")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    is_(c.say("RCPT TO:<x@elsewhere.example>"), "250")
    is_(c.say("STARTTLS"), "220")
    c.s, c.rest = tls(c.s), b""
    is_(c.say("MAIL FROM:<a@acme.example>"), "503")
    assert "AUTH PLAIN LOGIN" in c.say("EHLO c.example")
    is_(c.say("RCPT TO:<x@elsewhere.example>"), "503")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    is_(c.say("RCPT TO:<x@elsewhere.example>"), "550 5.7.1")
    is_(c.mail("a@acme.example", [], "")[0], "503")
    is_(c.say("RSET"), "250")
    got = c.mail("z@z.example", ["u@in.example"], "Subject: x\r\n\r\nx\r\n.\r\n")
    is_(got[-1], "250 2.0.0")
    e, _, data = h.queued.messages[-1]
    assert e.login == "" and e.tenant == "" and b"with ESMTPS id" in data, (e.login, e.tenant, data)
    is_(c.say("AUTH PLAIN " + b64("\0ann\0secret")), "235")


def split(h):
    """What a line means does not depend on how it comes: the same replies, whole, cut at each place, and byte by byte."""
    long = "AUTH PLAIN " + "QUFB" * 1000
    said = ("EHLO c.example\r\nMAIL FROM:<a@b.example> SIZE=10\r\nrcpt to:<u@in.example>\r\nRSET\r\nNOOP x\nVRFY a\r\nBAD\rLINE\r\nHELP\r\n"
            "MAIL FROM:<>\r\nRCPT TO:<u@in.example>\r\nDATA\r\n"
            "Subject: x\r\n\r\n..a\r\n.\r\n" "AUTH LOGIN\r\n*\r\nQUIT\r\n")

    def replies(pieces):
        c = Client(h.ports["plain"], greet=False)
        c.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for p in pieces:
            c.raw(p)
            if len(pieces) == 2:
                time.sleep(0.001)
        got = []
        try:
            while True:
                got.append(c.reply().partition(" queued as ")[0])
        except EOFError:
            return got
    whole = replies([said])
    assert [g[:3] for g in whole] == "220 250 250 250 250 500 252 500 214 250 250 354 250 334 501 221".split(), whole
    assert replies(list(said)) == whole
    for at in range(1, len(said)):
        got = replies([said[:at], said[at:]])
        assert got == whole, (at, got)
    for line in (long, "AUTH PLAIN " + "QUFB" * 3072, "NOOP " + "x" * 2043, "NOOP " + "x" * 2044, "NOOP " + "x" * 9000,
                 "AUTH PLAIN " + "QUFB" * 3100):
        text = "EHLO c.example\r\n%s\r\nQUIT\r\n" % line
        whole = replies([text])
        for at in (17, 30, 2000, 2063, 2064, 2065, 2066, 4000, 9000, 12300, len(text) - 7, len(text) - 8, len(text) - 9):
            assert replies([text[:at], text[at:]]) == whole, (len(line), at, whole)


def not_smtp(h):
    for said in ("GET / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c.example\r\nMAIL FROM:<a@acme.example>\r\n", "POST / HTTP/1.1\r\n",
                 "CONNECT a.test:25 HTTP/1.1\r\n", "OPTIONS * HTTP/1.0\n", "SSH-2.0-x\r\n", b"\x16\x03\x01\x02\x00\x01"):
        c = Client(h.ports["plain"])
        c.raw(said)
        is_(c.reply(), "500 5.5.2")
        assert c.closed(), said


def nul_bytes(h):
    text = "From: a@acme.example\r\nSubject: x\0y\r\n\r\nh\0\r\n.\r\n"
    c = hello(h, "local")
    is_(c.mail("a@acme.example", ["x@t.example"], text)[-1], "550 5.6.0")
    c = hello(h, "plain")
    is_(c.mail("a@z.example", ["u@in.example"], text)[-1], "250 2.0.0")
    data = h.queued.messages[-1][2]
    assert b"Subject: x y\r\n" in data and data.endswith(b"\r\n\r\nh \r\n"), data


def routed(h):
    c = hello(h, "inbound")
    is_(c.say("MAIL FROM:<z@z.example>"), "250")
    for local in ("u%there.example", "there.example!u", '"u@there.example"'):
        is_(c.say("RCPT TO:<%s@in.example>" % local), "550 5.7.1")
    c = hello(h, "local")
    is_(c.say("MAIL FROM:<a@acme.example>"), "250")
    is_(c.say("RCPT TO:<u%there.example@in.example>"), "250")


def slow(h):
    """A byte now and then keeps nobody: neither in a content nor in a line without an end."""
    a, b = hello(h, "slow"), hello(h, "slow")
    for line in ("MAIL FROM:<z@z.example>", "RCPT TO:<u@in.example>"):
        is_(a.say(line), "250")
    is_(a.say("DATA"), "354")
    b.raw("X" * 3000)
    is_(b.reply(), "500 5.5.2")
    began = time.monotonic()
    for c in (a, b):
        c.s.settimeout(0.2)
    got = {}
    while len(got) < 2 and time.monotonic() - began < 20:
        for c in (a, b):
            if c in got:
                continue
            try:
                c.raw("x")
                got[c] = c.reply()
            except TimeoutError:
                pass
    assert len(got) == 2 and time.monotonic() - began < 10, (got, time.monotonic() - began)
    is_(got[a], "421 4.4.2")
    is_(got[b], "421 4.4.2")


def headers_at_once(h):
    """400 strangers that each begin a header of 250 KB do not fill memory."""
    many = []
    for i in range(400):
        c = hello(h, "many")
        for line in ("MAIL FROM:<z@z.example>", "RCPT TO:<u@in.example>"):
            is_(c.say(line), "250")
        is_(c.say("DATA"), "354")
        many.append(c)
    for c in many:
        c.raw("X-A: %s\r\n" % ("a" * 900) * 250)
    rest = "X: y\r\n\r\nx\r\n.\r\n"
    is_(hello(h, "many").mail("z@z.example", ["u@in.example"], "Subject: x\r\n\r\nx\r\n.\r\n")[-1], "250 2.0.0")
    for line in open("/proc/%d/status" % h.smtpd.proc.pid):
        if line.startswith("VmRSS"):
            assert int(line.split()[1]) < 90000, line
    codes = []
    for c in many:
        c.raw(rest)
        codes.append(c.reply()[:3])
    assert set(codes) == {"250", "452"}, codes


def limits(h):
    c = hello(h, "inbound")
    for _ in range(4):
        is_(c.say("XYZZY"), "500 5.5.2")
    is_(c.say("X" * 5000), "500 5.5.2")
    is_(c.reply(), "421 4.7.0")
    assert c.closed()
    many = [Client(h.ports["inbound"]) for _ in range(40)]
    is_(Client(h.ports["inbound"]).greeting, "421 4.7.0")
    is_(many[0].say("QUIT"), "221")
    time.sleep(0.1)
    c = Client(h.ports["inbound"])
    is_(c.greeting, "220")
    time.sleep(2.2)
    is_(c.reply(), "421 4.4.2")
    assert c.closed()


def queue_away(h):
    c = hello(h, "local")
    h.queued.ack = (452, "4.3.1 disk is full")
    is_(c.mail("a@acme.example", ["x@t.example"], MAIL)[-1], "452 4.3.1")
    h.queued.ack = (0, "")
    h.queued.state(452, "4.3.1 no space")
    time.sleep(0.1)
    is_(c.say("MAIL FROM:<a@acme.example>"), "452 4.3.1")
    h.queued.state(0, "")
    time.sleep(0.1)
    h.queued.hold = True
    for line in ("MAIL FROM:<a@acme.example>", "RCPT TO:<x@t.example>"):
        is_(c.say(line), "250")
    is_(c.say("DATA"), "354")
    c.raw(MAIL)
    time.sleep(0.1)
    h.queued.chan.sock.shutdown(socket.SHUT_RDWR)
    is_(c.reply(), "451 4.3.0")
    is_(c.say("MAIL FROM:<a@acme.example>"), "451 4.3.2")
    h.new_queued()
    time.sleep(0.1)
    is_(c.mail("a@acme.example", ["x@t.example"], MAIL)[-1], "250")
    h.queued.say(b"\7" * 16)  # an acknowledgement of nothing
    is_(c.say("NOOP"), "250")


def stopping(h):
    idle, busy = hello(h, "local"), hello(h, "local")
    h.queued.hold = True
    for line in ("MAIL FROM:<a@acme.example>", "RCPT TO:<x@t.example>"):
        is_(busy.say(line), "250")
    h.smtpd.stop(5)
    is_(idle.reply(), "421 4.3.2")
    assert idle.closed()
    is_(busy.say("DATA"), "354")
    busy.raw(MAIL)
    time.sleep(0.1)
    h.queued.say(h.queued.held[0])
    is_(busy.reply(), "250 2.0.0")
    is_(busy.reply(), "421 4.3.2")
    assert h.smtpd.proc.wait(5) == 0


def memory(h):
    """PSS of an idle session."""
    def pss():
        for line in open("/proc/%d/smaps_rollup" % h.smtpd.proc.pid):
            if line.startswith("Pss:"):
                return int(line.split()[1])
    hello(h, "local")
    before = pss()
    many = [hello(h, "local") for _ in range(90)]
    each = (pss() - before) / len(many)
    print("  %.1f KB an idle session" % each)
    assert each < 12


CASES = [starttls_forgets, split, not_smtp, nul_bytes, routed, recipients_again, errors_forgiven, line_ends_of_tenants, slow, headers_at_once, taken, drafts_awaited, draft_gone, unread, pipelined, bytewise, line_ends, large, recipients, policy, utf8, headers, logins, memory, queue_away, limits, stopping]


def main():
    failed = 0
    for case in CASES:
        if sys.argv[2:] and case.__name__ not in sys.argv[2:]:
            continue
        h = house()
        try:
            case(h)
            assert h.smtpd.proc.poll() in (None, 0), "smtpd died with %s" % h.smtpd.proc.poll()
            print("ok %s" % case.__name__)
        except Exception as e:
            failed += 1
            print("not ok %s: %s: %s (line %s)" % (case.__name__, type(e).__name__, e, e.__traceback__.tb_next and e.__traceback__.tb_next.tb_lineno))
            print("".join("     " + l + "\n" for l in h.smtpd.said().splitlines()[-12:]))
        h.end()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
