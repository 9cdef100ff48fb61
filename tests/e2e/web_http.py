#!/usr/bin/env python3
"""HTTP among strangers: what is read strictly, what is refused, and that nothing keeps an open or a click uncounted."""
import time

from house import House, run_test, until
from web import PAGE, Raw, links, once

H = "Host: t.test\r\n"
REFUSED = [
    # (why, bytes, status)
    ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ("two Hosts", "GET / HTTP/1.1\r\n" + H + H + "\r\n", 400),
    ("length and coding", "POST / HTTP/1.1\r\n" + H + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("two lengths", "POST / HTTP/1.1\r\n" + H + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400),
    ("two codings", "POST / HTTP/1.1\r\n" + H + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400),
    ("a coding hidden", "POST / HTTP/1.1\r\n" + H + "Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    ("folded", "GET / HTTP/1.1\r\n" + H + "X: a\r\n b\r\n\r\n", 400),
    ("bare LF", "GET / HTTP/1.1\nHost: t\n\n", 400),
    ("bare LF inside", "GET / HTTP/1.1\r\nHost: t\nX: y\r\n\r\n", 400),
    ("NUL", "GET / HTTP/1.1\r\nHost: t\x00\r\n\r\n", 400),
    ("space before the colon", "GET / HTTP/1.1\r\nHost : t\r\n\r\n", 400),
    ("a wrong chunk", "POST / HTTP/1.1\r\n" + H + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400),
    ("PUT", "PUT /x HTTP/1.1\r\n" + H + "Content-Length: 100000000\r\n\r\nabc", 405),
    ("OPTIONS", "OPTIONS * HTTP/1.1\r\n" + H + "\r\n", 405),
    ("TRACE", "TRACE / HTTP/1.1\r\n" + H + "\r\n", 405),
    ("CONNECT", "CONNECT a.test:443 HTTP/1.1\r\n" + H + "\r\n", 405),
    ("a long line", "GET /" + "a" * 100000 + " HTTP/1.1\r\n" + H + "\r\n", 414),
    ("a long field", "GET / HTTP/1.1\r\n" + H + "Cookie: " + "a" * 40000 + "\r\n\r\n", 431),
    ("many fields", "GET / HTTP/1.1\r\n" + H + "X: y\r\n" * 200 + "\r\n", 431),
    ("a large body", "POST / HTTP/1.1\r\n" + H + "Content-Length: 9000\r\n\r\n", 413),
    ("a large chunk", "POST / HTTP/1.1\r\n" + H + "Transfer-Encoding: chunked\r\n\r\n9999\r\n", 413),
    ("HTTP/3.0", "GET / HTTP/3.0\r\n" + H + "\r\n", 505),
    ("no HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
]


def refusals(house):
    for why, text, wanted in REFUSED:
        status, ended = once(house.web, text)
        assert status == wanted and ended, "%s: %s, ended %s" % (why, status, ended)
    with Raw(house.web) as raw:
        assert raw.send("TRACE / HTTP/1.1\r\n" + H + "\r\n").answer()[1]["allow"] == "GET, HEAD, POST"


def smuggled(house, click):
    """What follows a refused request is no request."""
    before = len(house.events("clicked"))
    once(house.web, "POST / HTTP/1.1\r\n%sContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET %s HTTP/1.1\r\n%s\r\n" % (
        H, click, H))
    once(house.web, "PUT / HTTP/1.1\r\n%s\r\nGET %s HTTP/1.1\r\n%s\r\n" % (H, click, H))
    with Raw(house.web) as raw:
        assert raw.send("GET /health HTTP/1.1\r\n%s\r\n" % H).answer()[0] == 200
    assert len(house.events("clicked")) == before


def manners(house, click, pixel):
    with Raw(house.web) as raw:
        get = "GET %s HTTP/1.1\r\n%s" % (click, H)
        raw.send(get + "\r\n" + get + "\r\n" + "GET /none HTTP/1.1\r\n%s\r\n" % H + get)
        assert [raw.answer()[0] for _ in range(3)] == [302, 302, 404], "pipelined"
        raw.send("\r\n\r\n")
        status, fields, _ = raw.answer()
        assert status == 302 and fields["location"] == PAGE and "no-store" in fields["cache-control"]
        raw.send("GET http://t.test:80%s HTTP/1.1\r\n%s\r\n" % (click, H))
        assert raw.answer()[0] == 302, "absolute-form"
        raw.send("HEAD %s HTTP/1.1\r\n%s\r\n" % (pixel, H))
        status, fields, _ = raw.answer(head=True)
        assert status == 200 and fields["content-length"] == "43"
        raw.send('GET %s HTTP/1.1\r\n%sIf-None-Match: "x", *\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n'
                 "Range: bytes=0-4\r\n\r\n" % (pixel, H))
        status, fields, body = raw.answer()
        assert status == 200 and len(body) == 43 and "etag" not in fields and "last-modified" not in fields, fields
        for name in ("/robots.txt", "/health"):
            raw.send("GET %s HTTP/1.1\r\n%sIf-None-Match: *\r\n\r\n" % (name, H))
            assert raw.answer()[0] == 200, name
        raw.send("POST /none HTTP/1.1\r\n%sExpect: 100-continue\r\nContent-Length: 5\r\n\r\n" % H)
        assert raw.answer()[0] == 100
        assert raw.send("hello").answer()[0] == 404
        raw.send("POST /none HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n" % H)
        assert raw.answer()[0] == 404, "chunked"
        raw.send("GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (click, H))
        assert raw.answer()[1]["connection"] == "close" and raw.ended(5)
    assert once(house.web, "GET %s HTTP/1.0\r\n\r\n" % click) == (302, True)
    with Raw(house.web) as raw:
        for _ in range(2):
            status, fields, _ = raw.send("GET %s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" % click).answer()
            assert (status, fields["connection"]) == (302, "keep-alive")
    with Raw(house.web) as raw:
        assert raw.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").ended(5)
        assert raw.kept[:9] == b"\0\0\0\4\0\0\0\0\0" and raw.kept[9:13] == b"\0\0\x08\7" and raw.kept[-1] == 13, raw.kept


def many_pipelined(house, click):
    """More than a turn takes, in one go and behind one another."""
    with Raw(house.web) as raw:
        raw.send("GET %s HTTP/1.1\r\n%s\r\n" % (click, H) * 1000)
        assert [raw.answer()[0] for _ in range(1000)] == [302] * 1000


def drops(house, click):
    with Raw(house.web) as raw:
        for byte in "GET %s HTTP/1.1\r\n%s\r\n" % (click, H):
            raw.send(byte)
        assert raw.answer()[0] == 302


def slow(house):
    """Timeouts are one second here; a byte now and then does not make one longer."""
    with Raw(house.web) as head, Raw(house.web) as body, Raw(house.web) as idle, Raw(house.web) as nothing:
        began = time.monotonic()
        head.send("GET / HT")
        body.send("POST /x HTTP/1.1\r\n%sContent-Length: 50\r\n\r\nab" % H)
        assert idle.send("GET /health HTTP/1.1\r\n%s\r\n" % H).answer()[0] == 200
        for _ in range(4):
            time.sleep(0.2)
            head.send("T")
            body.send("c")
        assert head.answer()[0] == 408 and body.answer()[0] == 408
        assert idle.ended(5) and idle.kept == b"" and nothing.ended(5) and nothing.kept == b""
        assert time.monotonic() - began < 4
    with Raw(house.web, receive_bytes=4096) as deaf:
        deaf.socket.settimeout(5)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 20:
                deaf.send("GET /robots.txt HTTP/1.1\r\n%s\r\n" % H * 500)
        except (ConnectionError, TimeoutError):
            pass
        assert time.monotonic() - began < 15
    until(lambda: "why=reader" in house.log(), 15, "a slow reader in the log")
    assert "reason=slow" in house.log()


def reload(house, click):
    """A request in hand is answered by the old process; new ones find the new."""
    old = house.pids("trackd-web")
    with Raw(house.web) as half, Raw(house.web) as idle:
        idle.send("GET /health HTTP/1.1\r\n%s\r\n" % H)
        assert idle.answer()[0] == 200
        half.send("GET %s HTTP/1.1\r\n" % click)
        time.sleep(0.1)  # the bytes are there, but nobody says so
        house.ctl("reload")
        half.send(H + "\r\n")
        status, fields, _ = half.answer()
        assert (status, fields.get("connection")) == (302, "close") and half.ended(5)
        assert idle.ended(5)
    with Raw(house.web) as raw:
        assert raw.send("GET %s HTTP/1.1\r\n%s\r\n" % (click, H)).answer()[0] == 302
    assert house.pids("trackd-web") != old


def main():
    with House(tenant="track clicks opens", tracking="head-timeout 1s; body-timeout 1s; idle-timeout 1s; answer-timeout 1s"
               .replace("; ", "\n\t")) as house:
        house.start()
        click, pixel, _ = links(house)
        refusals(house)
        smuggled(house, click)
        manners(house, click, pixel)
        drops(house, click)
        many_pipelined(house, click)
        slow(house)
        reload(house, click)
        clicks = 5 + 1 + 2 + 1 + 1000 + 2
        until(lambda: len(house.events("clicked")) >= clicks, 5, lambda: "clicks: %d" % len(house.events("clicked")))
        assert len(house.events("clicked")) == clicks, len(house.events("clicked"))
        assert len(house.events("opened")) == 2 and len(house.events("opened", method="HEAD")) == 1
        assert house.log().count(" refused ") < 20, "a line for each refused request"


run_test(main)
