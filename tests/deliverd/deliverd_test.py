#!/usr/bin/env python3
"""deliverd end to end: we play master, queued and the servers. Usage: deliverd_test.py PROGRAM [name...]"""
import os, select, socket, struct, subprocess, sys, tempfile, threading, time, ssl
import house
from house import Role, span
from server import Server

OPEN, TRANSACT, CLOSE, ACK, OPENED, RESULT, CLOSED, UNDERWAY, SYNCED = range(1, 10)
OUTCOMES = ["delivered", "replied", "lost", "needs-7bit", "damaged", "unsent"]
STAGES = ["connect", "greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "dot", "idle"]
CAUSES = ["network", "no-tls", "tls", "certificate", "no-auth", "login"]
NONE, OPPORTUNISTIC, REQUIRED, VERIFIED = range(4)
PROGRAM = sys.argv[1]
SHORT = "".join("timeout-%s 1s\n" % w for w in
                "greeting ehlo tls auth mail rcpt data block dot rset quit idle".split())


def crc32c(data):
    table = []
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
        table.append(c)
    c = 0xFFFFFFFF
    for b in data:
        c = table[(c ^ b) & 255] ^ (c >> 8)
    return c ^ 0xFFFFFFFF


class Result:
    def __init__(self, r):
        self.number, self.session, self.transaction = r.num("Q"), r.num("I"), r.num("Q")
        self.id, self.index = r.id(), r.num("I")
        self.outcome, self.stage, self.code = OUTCOMES[r.num("B")], STAGES[r.num("B")], r.num("H")
        self.enhanced, self.text, self.server, self.address = r.span(), r.span(), r.span(), r.span()
        self.source, self.tls, self.took_ms = r.span(), r.span(), r.num("I")
        self.dsn = bool(r.num("B"))

    def __repr__(self):
        return "%s at %s %d %s %r" % (self.outcome, self.stage, self.code, self.enhanced, self.text)


class Closed:
    def __init__(self, r):
        self.session, self.stage, self.cause = r.num("I"), STAGES[r.num("B")], CAUSES[r.num("B")]
        self.stood, self.code = r.num("B"), r.num("H")
        self.enhanced, self.text, self.server, self.address = r.span(), r.span(), r.span(), r.span()

    def __repr__(self):
        return "closed at %s stood=%d %d %r" % (self.stage, self.stood, self.code, self.text)


class Opened:
    def __init__(self, r):
        self.session, self.server, self.address, self.port, self.tls = r.num("I"), r.span(), r.span(), r.num("H"), r.span()
        self.took_ms, self.flags, self.size_max = r.num("I"), r.num("B"), r.num("Q")


class Queued:
    """queued's side: opens, feeds, gathers what comes."""

    def __init__(self, conf="", level=1):
        conf = SHORT if conf == "short" else conf
        self.role = Role(PROGRAM, house.ROLE_DELIVERD, house.ROLE_QUEUED, "delivery {\n%s}\n" % conf, level=level)
        self.c, self.results, self.closed, self.opened, self.underway = self.role.peer, [], [], [], []
        self.synced = 0
        self.until(lambda: self.synced)

    def take(self, timeout=60):
        got = self.c.recv(timeout)
        assert got is not None, "deliverd closed the channel"
        t, r = got
        if t == RESULT:
            self.results.append(Result(r))
        elif t == CLOSED:
            self.closed.append(Closed(r))
        elif t == OPENED:
            self.opened.append(Opened(r))
        elif t == UNDERWAY:
            self.underway.append((r.id(), r.num("I"), r.num("I")))
        elif t == SYNCED:
            self.synced += 1

    def until(self, done, timeout=60):
        end = time.monotonic() + timeout
        while not done():
            self.take(max(0.01, end - time.monotonic()))

    def open(self, servers, session=1, tls=NONE, implicit=False, login="", password="", source="", name="localhost",
             names=()):
        hosts = b"".join(span(n) + span("127.0.0.1") + struct.pack("=H", getattr(s, "port", s))
                         for s, n in zip(servers, names or [name] * len(servers)))
        self.c.send((OPEN, struct.pack("=I", session) + span("site") + span("default") + span(source) +
                     span("relay.test") + struct.pack("=BB", tls, implicit) + span(login) + span(password) +
                     struct.pack("=I", len(servers)) + hosts))

    def feed(self, content=b"Subject: x\r\n\r\nhi\r\n", rcpts=("b@b.test", ), session=1, transaction=1, sender="a@a.test",
             eightbit=False, utf8=False, dots=None, drops=(), fd=None, crc=None, check=True, envid="", ret=0, orcpt="",
             notify=0):
        dots = (content.startswith(b".") or b"\r\n." in content) if dots is None else dots
        body = struct.pack("=IQ", session, transaction) + transaction.to_bytes(16, "big") + span(sender) + span(envid)
        body += struct.pack("=BBB", ret, eightbit | utf8 << 1 | dots << 2, len(drops))
        body += b"".join(struct.pack("=II", *d) for d in drops)
        body += struct.pack("=I", len(rcpts))
        body += b"".join(struct.pack("=I", i) + span(a) + span(orcpt) + struct.pack("=B", notify)
                         for i, a in enumerate(rcpts))
        crc = crc32c(content) if crc is None else crc
        body += struct.pack("=BQQIB", fd is not None, 0, len(content), crc, check)
        if fd is None:
            self.c.send((TRANSACT, body + span(content)))
        else:
            self.c.send((TRANSACT, body, 1), fds=[fd])

    def close(self, session=1):
        self.c.send((CLOSE, struct.pack("=IB", session, 0)))

    def ack(self, number):
        self.c.send((ACK, struct.pack("=Q", number)))

    def end(self):
        self.ack(1000000)  # all: who stops waits for results that were not acknowledged
        self.role.stop(0)
        code = self.role.wait()
        said = self.role.said()
        assert code == 0 and "runtime error" not in said, "exit %s: %s" % (code, said[-3000:])


def delivered(q, n=1, timeout=60):
    q.until(lambda: len(q.results) >= n, timeout)
    return q.results[:n]


def one(server, conf="", n=1, open_args={}, **feed):
    """One transaction to one server; the results and the queued."""
    q = Queued(conf)
    q.open([server], **open_args)
    q.feed(**feed)
    r = delivered(q, n)
    return q, r


def test_plain():
    s = Server()
    q, (r, ) = one(s)
    assert r.outcome == "delivered" and r.code == 250 and r.enhanced == "2.0.0" and r.text == "taken", r
    assert r.server == "localhost" and r.address == "127.0.0.1" and r.tls == "" and r.source == "default"
    assert s.messages == [("MAIL FROM:<a@a.test> SIZE=18", ["RCPT TO:<b@b.test>"], b"Subject: x\r\n\r\nhi\r\n")], s.messages
    q.close()
    q.until(lambda: q.closed)
    assert q.closed[0].stood and s.lines[-1] == "QUIT"
    q.end()


def test_no_pipelining_and_reuse():
    s = Server(ext=())
    q, _ = one(s)
    for i in range(2, 6):
        q.feed(transaction=i, rcpts=("x@b.test", "y@b.test"))
    rs = delivered(q, 9)
    assert all(r.outcome == "delivered" for r in rs) and len(s.messages) == 5 and s.connections == 1
    assert "RSET" not in s.lines
    q.end()


def test_many_pipelined():
    s = Server()
    q = Queued()
    q.open([s])
    for i in range(1, 201):
        q.feed(b"Subject: %d\r\n\r\n" % i + b"line\r\n" * 1500, transaction=i, check=False, crc=0)
    rs = delivered(q, 200, 30)
    assert [r.transaction for r in rs] == list(range(1, 201)) and len(s.messages) == 200
    assert all(m[2].startswith(b"Subject: %d\r\n" % (i + 1)) for i, m in enumerate(s.messages))
    q.end()


def test_dots_drops_and_large():
    content = b"Bcc: x\r\n.Dot: header\r\n\r\n" + b".\r\n..\r\n.a\r\nb.\r\n" * 40000 + b"end without line end"
    for ext in (("PIPELINING", ), ()):
        for with_fd in (False, True):
            s = Server(ext=ext)
            part = content if with_fd else content[:70000]
            f = tempfile.TemporaryFile()
            f.write(part)
            f.flush()
            q, (r, ) = one(s, content=part, drops=[(0, 8)], fd=f.fileno() if with_fd else None)
            assert r.outcome == "delivered", r
            want = part[8:] + (b"" if part.endswith(b"\r\n") else b"\r\n")
            assert s.messages[0][2] == want, (with_fd, len(s.messages[0][2]), len(want))
            q.end()


def test_damaged():
    s = Server()
    q, (r, ) = one(s, crc=7)
    assert r.outcome == "damaged" and "MAIL" not in " ".join(s.lines), (r, s.lines)
    q.end()
    f = tempfile.TemporaryFile()
    f.write(b"x" * 200000)
    f.flush()
    q, (r, ) = one(s, content=b"x" * 200000, fd=f.fileno(), crc=7)
    assert r.outcome == "damaged" and not s.messages, r
    q, (r, ) = one(s, content=b"x" * 300000, fd=f.fileno(), crc=7)
    assert r.outcome == "damaged" and "shorter" in r.text and not s.messages, r
    q.end()


def test_mixed_rcpts():
    for ext in (("PIPELINING", ), ()):
        s = Server(ext=ext, rcpt=lambda l: "550 5.1.1 who\n" [:-1] if "bad" in l else "250 ok")
        q, rs = one(s, n=3, rcpts=("bad1@t", "good@t", "bad2@t"))
        by = {r.index: r for r in rs}
        assert by[1].outcome == "delivered" and by[0].code == 550 and by[2].enhanced == "5.1.1", rs
        assert by[0].stage == "rcpt"
        q.end()


def test_all_rcpts_refused():
    for ext in (("PIPELINING", ), ()):
        for data in ("354 go", "503 5.5.1 no recipients"):
            s = Server(ext=ext, data=[data, "354 go"], rcpt=lambda l: "450 4.2.1 later" if "bad" in l else "250 ok")
            q = Queued()
            q.open([s])
            q.feed(rcpts=("bad@t", ), transaction=1)
            q.feed(rcpts=("good@t", ), transaction=2)
            q.feed(rcpts=("good@t", ), transaction=3)
            if not ext:
                s.answers["data"] = "354 go"
            rs = delivered(q, 3)
            assert [(r.outcome, r.code) for r in rs] == [("replied", 450), ("delivered", 250), ("delivered", 250)], rs
            assert [m for m in s.messages if m[1]][0][1] == ["RCPT TO:<good@t>"]
            assert s.connections == 1
            q.end()


def test_refusals_by_stage():
    for ext in (("PIPELINING", ), ()):
        for stage, at in (("mail", "mail"), ("data", "data"), ("dot", "dot")):
            s = Server(ext=ext, **{stage: ["552-5.2.2 first\n552 5.2.2 second", {"mail": "250 ok", "data": "354 go", "dot": "250 ok"}[stage]]})
            if stage == "mail":
                s.answers["data"] = ["503 5.5.1 bad sequence", "354 go"] if ext else "354 go"
                s.answers["rcpt"] = ["503 5.5.1 bad sequence", "250 ok"] if ext else "250 ok"
            q = Queued()
            q.open([s])
            q.feed(transaction=1)
            q.feed(transaction=2)
            rs = delivered(q, 2)
            assert (rs[0].outcome, rs[0].code, rs[0].stage, rs[0].enhanced, rs[0].text) == \
                ("replied", 552, at, "5.2.2", "first\nsecond"), rs
            assert rs[1].outcome == "delivered", (stage, ext, rs, s.lines)
            q.end()


def test_closed_by_stage():
    for ext in (("PIPELINING", ), ()):
        for stage in ("mail", "rcpt", "data", "dot"):
            for answer in (None, "STALL", b"421 4.3.2 going down\r\n", b"nonsense\r\n", b"250-half", b"2" * 9000, b"399 what\r\n"):
                s = Server(ext=ext, **{stage: answer})
                q = Queued("short")
                q.open([s])
                q.feed(transaction=1)
                q.feed(transaction=2)
                rs = delivered(q, 2)
                want = "replied" if answer and b"421" in (answer if isinstance(answer, bytes) else b"") else "lost"
                if answer == b"399 what\r\n" and stage == "data":
                    want = "lost"
                assert rs[0].outcome == want and rs[0].text, (stage, answer, rs)
                assert rs[1].outcome == "unsent", (stage, answer, rs)
                q.until(lambda: q.closed)
                assert q.closed[0].stood
                q.end()


def nobody_listens():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    return s


def test_never_stood():
    dead = nobody_listens()
    for answers, stage, code in (({"greeting": "554 5.7.1 go away"}, "greeting", 554), ({"greeting": None}, "greeting", 0),
                                 ({"greeting": "421 4.7.0 busy"}, "greeting", 421), ({"ehlo": "421 4.7.0 busy"}, "ehlo", 421),
                                 ({"greeting": "STALL"}, "greeting", 0), ({"ehlo": lambda l: None}, "ehlo", 0)):
        s = Server(**answers)
        q = Queued("short")
        q.open([s, dead.getsockname()[1]])
        q.feed()
        r, = delivered(q)
        q.until(lambda: q.closed)
        c = q.closed[0]
        assert r.outcome == "unsent" and not c.stood and c.text, (answers, r, c)
        assert c.code == code and (code == 0 or c.stage == stage), (answers, c)
        good = Server()
        q.open([dead.getsockname()[1], s, good], session=2)
        q.feed(session=2, transaction=2)
        q.until(lambda: len(q.results) == 2)
        assert q.results[1].outcome == "delivered", q.results
        q.end()


def test_helo_fallback():
    s = Server(ehlo=lambda l: "500 what" if l.startswith("EHLO") else "250 mx.test")
    q, (r, ) = one(s)
    assert r.outcome == "delivered" and s.messages[0][0] == "MAIL FROM:<a@a.test>", s.lines
    q.end()


def test_limits_of_server():
    s = Server(ext=("SIZE 100", ))
    q, (r, ) = one(s, content=b"x" * 200 + b"\r\n")
    assert (r.outcome, r.code, r.enhanced) == ("replied", 552, "5.3.4") and "this relay" in r.text, r
    q.feed(transaction=2, eightbit=True)
    q.feed(transaction=3, utf8=True)
    q.feed(transaction=4, rcpts=("a b@x", "x>@y", "\r\nRSET@x", '"q>q"@ok.test'))
    q.feed(transaction=5, sender="a\r\nDATA@b")
    rs = delivered(q, 8)
    assert rs[1].outcome == "needs-7bit" and (rs[2].code, rs[2].enhanced) == (550, "5.6.7"), rs
    assert [r.outcome for r in rs[3:]] == ["replied"] * 3 + ["delivered", "replied"], rs[3:]
    assert len(s.messages) == 1 and s.messages[0][1] == ['RCPT TO:<"q>q"@ok.test>'], s.messages
    q.end()


def test_dsn():
    s = Server()
    q, _ = one(s, envid="QQ314159", ret=2, orcpt="rfc822;b@b.test", notify=2 | 4, eightbit=True)
    assert s.messages[0][0] == "MAIL FROM:<a@a.test> SIZE=18 BODY=8BITMIME RET=HDRS ENVID=QQ314159", s.messages
    assert s.messages[0][1] == ["RCPT TO:<b@b.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@b.test"], s.messages
    q.end()


def wire(s):
    """As the server notes what it got."""
    return s.encode().decode("latin-1")


def test_utf8():
    """SMTPUTF8 where something needs it and the server offers it; else only what can do without goes (RFC 6531 3.5)."""
    s = Server(ext=("PIPELINING", "SMTPUTF8", "8BITMIME", "DSN"))
    q, (r, ) = one(s, rcpts=("j\u00f6@b.test", ), orcpt="utf-8;j\u00f6@b.test", eightbit=True)
    assert r.outcome == "delivered" and r.dsn, r
    assert s.messages[0][0] == "MAIL FROM:<a@a.test> BODY=8BITMIME SMTPUTF8", s.messages
    assert s.messages[0][1] == [wire("RCPT TO:<j\u00f6@b.test> ORCPT=utf-8;j\u00f6@b.test")], s.messages
    q.feed(transaction=2, orcpt="utf-8;j\u00f6@b.test")
    delivered(q, 2)
    assert s.messages[1][0] == "MAIL FROM:<a@a.test>", s.messages
    assert s.messages[1][1] == ["RCPT TO:<b@b.test> ORCPT=utf-8;j\\x{F6}@b.test"], s.messages
    q.end()
    s = Server(ext=("PIPELINING", ))
    q, rs = one(s, n=2, rcpts=("j\u00f6@b.test", "b@b.test"))
    by = {r.index: r for r in rs}
    assert (by[0].code, by[0].enhanced) == (553, "5.6.7") and by[1].outcome == "delivered" and not by[1].dsn, rs
    assert s.messages[0][:2] == ("MAIL FROM:<a@a.test>", ["RCPT TO:<b@b.test>"]), s.messages
    q.feed(transaction=2, sender="\u00e4@a.test")
    r = delivered(q, 3)[2]
    assert (r.code, r.enhanced) == (550, "5.6.7"), r
    q.end()


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key.pem", "-out",
                    folder + "/cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    os.chmod(folder, 0o755)
    os.chmod(folder + "/cert.pem", 0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    return context


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        context = certificate(folder)
        trust = "tls-authorities %s/cert.pem\n" % folder
        for policy in (OPPORTUNISTIC, REQUIRED, VERIFIED):
            s = Server(tls=context)
            q = Queued(trust)
            for i in (1, 2):
                q.open([s], session=i, tls=policy)
                q.feed(b"." * 50000 + b"\r\n.\r\n" * 9000, session=i, transaction=i)
                delivered(q, i)
                q.close(i)
                q.until(lambda: len(q.closed) == i)
            assert [r.outcome for r in q.results] == ["delivered"] * 2, q.results
            assert q.results[0].tls.startswith("TLSv1.3 ") and q.results[0].tls.endswith(" verified"), q.results[0].tls
            assert s.messages[0][2] == b"." * 50000 + b"\r\n.\r\n" * 9000
            assert s.tls_resumed == [False, True], s.tls_resumed
            q.end()
        s = Server(tls=context)
        q, (r, ) = one(s, open_args={"tls": OPPORTUNISTIC})
        assert r.outcome == "delivered" and r.tls.endswith(" unverified"), r.tls
        q.open([s], session=2, tls=VERIFIED)
        q.until(lambda: q.closed)
        assert q.closed[0].stage == "tls" and "self" in q.closed[0].text, q.closed
        q.end()
        q = Queued(trust)
        q.open([s], tls=VERIFIED, name="other.test")
        q.until(lambda: q.closed)
        assert "mismatch" in q.closed[0].text and q.closed[0].cause == "certificate", q.closed
        s = Server(implicit=True, tls=context)
        q.open([s], session=2, tls=VERIFIED, implicit=True)
        q.feed(session=2)
        assert delivered(q)[0].outcome == "delivered"
        q.end()


def test_tls_broken():
    s = Server(break_tls=True)
    q, (r, ) = one(s, open_args={"tls": OPPORTUNISTIC})
    assert r.outcome == "delivered" and r.tls == "" and s.connections == 2, r
    q.open([s], session=2, tls=REQUIRED)
    q.until(lambda: q.closed)
    assert q.closed[0].stage == "tls", q.closed
    # It is known for a while; where TLS is required it is tried all the same.
    q.open([s], session=5, tls=OPPORTUNISTIC)
    q.feed(session=5, transaction=5)
    r = delivered(q, 2)[1]
    assert r.outcome == "delivered" and r.tls == "" and s.connections == 4, (r, s.connections)
    q.open([s], session=6, tls=REQUIRED)
    q.until(lambda: len(q.closed) == 2)
    assert q.closed[1].stage == "tls" and s.connections == 5, q.closed
    q.closed.pop()
    s = Server()
    q.open([s], session=3, tls=REQUIRED)
    q.until(lambda: len(q.closed) == 2)
    assert "STARTTLS" in q.closed[1].text and q.closed[1].cause == "no-tls"
    s = Server(ehlo=lambda l: "500 what")
    q.open([s], session=4, tls=REQUIRED)
    q.until(lambda: len(q.closed) == 3)
    assert "EHLO" in q.closed[2].text and q.closed[2].cause == "no-tls", q.closed[2]
    q.end()


def test_auth():
    with tempfile.TemporaryDirectory() as folder:
        context = certificate(folder)
        s = Server(ext=("PIPELINING", "AUTH PLAIN LOGIN"), tls=context)
        q, (r, ) = one(s, open_args={"tls": REQUIRED, "login": "me", "password": "secret"})
        assert r.outcome == "delivered" and "AUTH PLAIN AG1lAHNlY3JldA==" in s.lines, s.lines
        q.open([Server(ext=("AUTH PLAIN", ))], session=2, tls=OPPORTUNISTIC, login="me", password="secret")
        q.until(lambda: q.closed)
        assert "without TLS" in q.closed[0].text and q.closed[0].cause == "no-auth"
        q.open([Server(ext=("AUTH PLAIN", ), auth="535 5.7.8 no")], session=3, login="me", password="secret")
        q.until(lambda: len(q.closed) == 2)
        assert (q.closed[1].stage, q.closed[1].code, q.closed[1].enhanced) == ("auth", 535, "5.7.8"), q.closed[1]
        assert q.closed[1].cause == "login"
        q.end()


def test_auth_other():
    """A mechanism that is offered and not there: the other one. A password that is wrong is said once."""
    for said in ("504 5.7.4 Unrecognized authentication type", "535 5.7.8 no mechanism available", "501 5.5.4 syntax"):
        s = Server(ext=("AUTH PLAIN LOGIN", ), auth=lambda l, said=said: said if "PLAIN" in l else "334 VXNlcm5hbWU6",
                   login=["334 UGFzc3dvcmQ6", "235 2.7.0 welcome"])
        q, (r, ) = one(s, open_args={"login": "me", "password": "secret"})
        assert r.outcome == "delivered" and s.lines[1:5] == ["AUTH PLAIN AG1lAHNlY3JldA==", "AUTH LOGIN", "bWU=", "c2VjcmV0"], s.lines
        q.end()
    wrong = Server(ext=("AUTH PLAIN LOGIN", ), auth="535 5.7.8 authentication failed")
    alone = Server(ext=("AUTH PLAIN", ), auth="504 5.7.4 Unrecognized authentication type")
    q = Queued("")
    for i, (s, code) in enumerate(((wrong, 535), (alone, 504))):
        q.open([s], session=i + 1, login="me", password="secret")
        q.until(lambda i=i: len(q.closed) == i + 1)
        assert (q.closed[i].stage, q.closed[i].code, q.closed[i].cause) == ("auth", code, "login"), q.closed
        assert len([l for l in s.lines if l.startswith("AUTH")]) == 1, s.lines
    q.end()


def test_idle_end():
    s = Server(dot=["250 ok", "250 ok"])
    q, _ = one(s, conf="short")
    q.until(lambda: q.closed)
    assert s.lines[-1] == "QUIT" and q.closed[0].stage == "idle"
    q.feed(transaction=9)
    assert delivered(q, 2)[1].outcome == "unsent"
    q.end()


def test_source():
    s = Server()
    q, (r, ) = one(s, open_args={"source": "127.0.0.1"})
    assert r.source == "127.0.0.1" and r.outcome == "delivered"
    q.open([s], session=2, source="::1")
    q.until(lambda: q.closed)
    assert "family" in q.closed[0].text
    q.open([s], session=3, source="192.0.2.77")
    q.until(lambda: len(q.closed) == 2)
    assert "192.0.2.77" in q.closed[1].text
    q.end()


def test_handover():
    s = Server(dot=["250 2.0.0 first", "STALL"])
    q, (first, ) = one(s)
    for i in (2, 3, 4, 5):
        q.feed(transaction=i)
    time.sleep(0.3)
    q.c.sock.close()
    q.c = q.role.new_peer()
    q.results, q.synced = [], 0
    q.until(lambda: q.synced == 1)
    assert q.results[0].id == first.id and all(r.transaction == 0 for r in q.results), q.results
    unsent = {r.id[15] for r in q.results if r.outcome == "unsent"}
    under = {u[0][15] for u in q.underway}
    assert unsent == {3, 4, 5} and under == {2}, (unsent, under)
    q.ack(q.results[-1].number)
    s2 = Server()
    q.open([s2], session=1)
    q.feed(transaction=77)
    q.until(lambda: any(r.transaction == 77 for r in q.results))
    q.role.stop(1)
    q.until(lambda: len([r for r in q.results if r.outcome == "lost"]) == 1)
    assert q.role.wait() == 0


def test_stop():
    s = Server()
    q, (r, ) = one(s)
    q.role.stop(5)
    q.until(lambda: q.closed)
    assert q.role.proc.poll() is None
    q.ack(r.number)
    assert q.role.wait(3) == 0


def test_defaults():
    role = Role(PROGRAM, house.ROLE_DELIVERD, house.ROLE_QUEUED, "hostname relay.test\n")
    assert "REACHED" not in role.selftest and "open=E" in role.selftest, role.selftest
    role.stop(1)
    assert role.wait() == 0


def test_bad_peer():
    q = Queued()
    q.c.send((TRANSACT, b"\0\0"))
    assert q.c.recv() is None
    q.c = q.role.new_peer()
    q.synced = 0
    q.until(lambda: q.synced == 1)
    q.end()


def test_memory():
    """With its memory full a worker reads no more; what waits for it is not handed back again and again."""
    go = threading.Event()
    s = Server(mail=lambda l: "250 ok" if go.wait(20) else None)
    q = Queued("memory 1M\n")
    q.open([s])
    q.until(lambda: q.opened)
    q.c.sock.setblocking(False)
    fed = 0
    try:
        for fed in range(1, 201):
            q.feed(b"x" * 100000, transaction=fed, check=False, crc=0)
    except BlockingIOError:
        fed -= 1
    assert 9 < fed < 200, fed
    q.c.sock.setblocking(True)
    go.set()
    rs = delivered(q, fed, 30)
    assert all(r.outcome == "delivered" for r in rs), rs
    q.end()


def test_dot_apart():
    """Nothing leaves with a final dot; a refused message is followed by RSET."""
    ahead = []

    def dot(_):
        time.sleep(0.05)
        ahead.append(bool(select.select([s.conn()], [], [], 0)[0]))
        return "554 5.7.1 no" if len(ahead) == 2 else "250 ok"
    s = Server(dot=dot)
    q = Queued()
    q.open([s])
    for i in range(1, 5):
        q.feed(transaction=i)
    rs = delivered(q, 4)
    assert [r.outcome for r in rs] == ["delivered", "replied", "delivered", "delivered"] and ahead == [False] * 4, (rs, ahead)
    verbs = [l.split(" ")[0].split(":")[0] for l in s.lines]
    assert verbs == ["EHLO"] + ["MAIL", "RCPT", "DATA"] * 2 + ["RSET"] + ["MAIL", "RCPT", "DATA"] * 2, verbs
    q.end()


def test_out_of_place():
    """503 where the server had carried mail before: the message was not tried. At its first it is the answer."""
    for ext in (("PIPELINING", ), ()):
        for stage, good in (("mail", "250 ok"), ("rcpt", "250 ok"), ("data", "354 go"), ("dot", "250 ok")):
            s = Server(ext=ext, **{stage: [good, "503 5.5.1 bad sequence of commands"]})
            q = Queued()
            q.open([s])
            for i in (1, 2, 3):
                q.feed(transaction=i)
            rs = delivered(q, 3)
            assert [r.outcome for r in rs] == ["delivered", "unsent", "unsent"], (stage, rs)
            q.until(lambda: q.closed)
            q.open([s], session=2)
            q.feed(transaction=4, session=2)
            r = delivered(q, 4)[3]
            assert (r.outcome, r.code) == ("replied", 503), r
            q.end()


def test_end_of_connection():
    """A connection that carried mail and ends has not failed what would follow; up to the dot nothing is in doubt."""
    for ext in (("PIPELINING", ), ()):
        for answers, second in (({"mail": ["250 ok", None]}, "unsent"), ({"mail": ["250 ok", "421 4.7.0 one each"]}, "unsent"),
                                ({"rcpt": ["250 ok", None]}, "unsent"), ({"data": ["354 go", None]}, "unsent"),
                                ({"data": ["354 go", "421 bye"]}, "unsent"), ({"dot": ["250 ok", "421 bye"]}, "replied"),
                                ({"dot": ["250 ok", None]}, "lost")):
            s = Server(ext=ext, **answers)
            q = Queued()
            q.open([s])
            q.feed(transaction=1)
            q.feed(transaction=2)
            rs = delivered(q, 2)
            assert [r.outcome for r in rs] == ["delivered", second], (answers, rs)
            q.end()
    s = Server(ehlo=b"250 mx.test\r\n421 4.3.2 no\r\n")
    q = Queued()
    q.open([s])
    q.until(lambda: q.closed)
    assert (q.closed[0].stood, q.closed[0].code) == (1, 421), q.closed
    q.end()


def test_elsewhere():
    """4yz to MAIL, or to all RCPTs: one other host is asked; what the first said stands where it says nothing."""
    for ext in (("PIPELINING", ), ()):
        for stage, code in (("mail", "451 4.3.2 busy"), ("rcpt", "450 4.2.0 later"), ("mail", "421 4.3.2 busy")):
            one, two, three = Server(ext=ext, **{stage: code}), Server(ext=ext), Server(ext=ext)
            dead = nobody_listens()
            q = Queued()
            q.open([one, two, three], names=("a.test", "b.test", "c.test"))
            q.feed(rcpts=("x@b.test", "y@b.test"))
            rs = delivered(q, 2)
            assert [r.outcome for r in rs] == ["delivered"] * 2 and rs[0].server == "b.test", (stage, rs)
            q.until(lambda: q.closed)
            q.open([one, dead.getsockname()[1]], session=2, names=("a.test", "b.test"))
            q.feed(session=2, transaction=2)
            r = delivered(q, 3)[2]
            assert (r.outcome, r.code, r.stage, r.server) == ("replied", int(code[:3]), stage, "a.test"), r
            q.open([one, one, two], session=3, names=("a.test", "b.test", "c.test"))
            q.feed(session=3, transaction=3)
            r = delivered(q, 4)[3]
            assert r.outcome == "replied" and not three.connections, r
            q.end()
    one, two = Server(rcpt=lambda l: "450 4.2.2 full" if "full" in l else "250 ok"), Server()
    q = Queued()
    q.open([one, two], names=("a.test", "b.test"))
    q.feed(rcpts=("full@b.test", "x@b.test"))
    by = {r.index: r for r in delivered(q, 2)}
    assert by[0].code == 450 and by[1].outcome == "delivered" and not two.connections, by
    q.end()


def test_too_many():
    """Recipients beyond what a server takes at once have not been tried."""
    for ext in (("PIPELINING", ), ()):
        n = []

        def rcpt(line):
            n.append(line)
            return "452 4.5.3 too many recipients" if len(n) % 5 > 3 or len(n) % 5 == 0 else "250 ok"
        s = Server(ext=ext, rcpt=rcpt)
        q = Queued()
        q.open([s, Server()], names=("a.test", "b.test"))
        q.feed(rcpts=["r%d@b.test" % i for i in range(5)])
        by = {r.index: r.outcome for r in delivered(q, 5)}
        assert by == {0: "delivered", 1: "delivered", 2: "delivered", 3: "unsent", 4: "unsent"}, by
        q.end()


def amid(content, how, tls=None):
    """A server that reads a part of the content, says how and closes over what is unread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            c, _ = listener.accept()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            c.sendall(b"220 mx.test\r\n")
            if tls is not None:
                c.recv(1000)
                c.sendall(b"250-mx.test\r\n250 STARTTLS\r\n")
                c.recv(1000)
                c.sendall(b"220 go\r\n")
                c = tls.wrap_socket(c, server_side=True)
            f = c.makefile("rb")
            for answer in (b"250 mx.test\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                f.readline()
                c.sendall(answer)
            f.read(content)
            c.sendall(how)
            f.close()
            c.close()
    threading.Thread(target=serve, daemon=True).start()
    return listener


def test_amid_content():
    """A reply amid the content is the message's, however fast we write and the server closes."""
    with tempfile.TemporaryDirectory() as folder:
        context = certificate(folder)
        f = tempfile.TemporaryFile()
        f.write((b"x" * 76 + b"\r\n") * 100000)
        f.flush()
        for how in (b"550 5.7.1 no\r\n", b"452 4.3.1 full\r\n", b"421 4.3.2 bye\r\n"):
            for tls in (None, context):
                listener = amid(30000, how, tls)
                q = Queued()
                for i in range(1, 6):
                    q.open([listener.getsockname()[1]], session=i, tls=OPPORTUNISTIC if tls else NONE)
                    q.feed((b"x" * 76 + b"\r\n") * 100000, session=i, transaction=i, fd=f.fileno(), check=False, crc=0)
                    r = delivered(q, i)[i - 1]
                    assert (r.outcome, r.code) == ("replied", int(how[:3])), (how, r)
                q.end()


def test_starttls_refused():
    """Where the policy allows it, TLS that does not come about costs a connection, no mail."""
    for answer in ("454 4.7.0 not now", "421 4.3.2 bye", "501 what", None, b"454 4.7.0 not now\r\n"):
        s = Server(starttls=answer)
        q, (r, ) = one(s, open_args={"tls": OPPORTUNISTIC})
        assert r.outcome == "delivered" and r.tls == "" and s.connections == 2, (answer, r)
        q.open([s], session=2, tls=REQUIRED)
        q.until(lambda: q.closed)
        assert (q.closed[0].stage, q.closed[0].cause) == ("tls", "tls"), (answer, q.closed)
        q.end()


def test_resumption_fails():
    """A session that cannot be resumed any more is not tried again: TLS goes on, with a new one."""
    with tempfile.TemporaryDirectory() as folder:
        context = certificate(folder)
        s = Server(tls=context)
        q, _ = one(s, open_args={"tls": OPPORTUNISTIC})
        s.break_once = True
        for i in (2, 3):
            q.open([s], session=i, tls=OPPORTUNISTIC)
            q.feed(session=i, transaction=i)
            r = delivered(q, i)[i - 1]
            assert r.outcome == "delivered" and r.tls.startswith("TLSv1.3"), r
        q.end()


def main():
    names = sys.argv[2:] or [n for n in globals() if n.startswith("test_")]
    for name in names:
        began = time.monotonic()
        globals()[name]()
        print("%-32s %5.1f s" % (name, time.monotonic() - began), flush=True)


if __name__ == "__main__":
    main()
