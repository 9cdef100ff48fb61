#!/usr/bin/env python3
"""Connections and rates of networks, and whom a proxy in front is believed: X-Forwarded-For, Forwarded, the PROXY protocol.

The networks are those of 127.0.0.0/8: every one of its addresses is this machine's."""
import select
import socket
import struct

from house import House, run_test, until
from web import Raw, links, once

H = "Host: t.test\r\n"
HEALTH = "GET /health HTTP/1.1\r\n%s\r\n" % H
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def restarted(house, tracking):
    house.settings["tracking"] = "\n\t".join(tracking.split("; "))
    house.write_conf()
    house.ctl("reload")


def connections(house):
    """Beyond the limit a connection hears 503 at once, without having asked; those inside go on."""
    restarted(house, "connections 20")
    inside = [Raw(house.web) for _ in range(20)]
    for raw in inside:
        assert raw.send(HEALTH).answer()[0] == 200
    for _ in range(50):
        with Raw(house.web) as raw:
            status, fields, _ = raw.answer()
            assert status == 503 and fields["connection"] == "close" and int(fields["retry-after"]) > 0 and raw.ended(5)
    assert inside[7].send(HEALTH).answer()[0] == 200
    inside.pop().socket.close()
    until(lambda: once(house.web, HEALTH.replace(H, H + "Connection: close\r\n"))[0] == 200, 5, "a place that came free")
    for raw in inside:
        raw.socket.close()
    assert 0 < house.log().count("reason=connections") < 5


def networks(house):
    """127.1.1.0/24 has its share, 127.1.2.0/24 another; whom a trusted proxy names counts, and not the proxy."""
    restarted(house, "exempt 192.0.2.1; network-connections 5; network-rate 1/h; network-burst 10; trusted-proxy 127.9.9.9")
    many = [Raw(house.web, source="127.1.1.%d" % i) for i in range(1, 9)]
    got = [raw.send(HEALTH).answer()[0] for raw in many]
    assert got == [200] * 5 + [503] * 3, got
    for raw in many[5:]:
        assert raw.ended(5)
    got = [many[0].send(HEALTH).answer() for _ in range(6)]
    assert [g[0] for g in got] == [200] * 5 + [429] and "retry-after" in got[5][1], got
    with Raw(house.web, source="127.1.2.1") as other:
        assert other.send(HEALTH).answer()[0] == 200
    proxy = [Raw(house.web, source="127.9.9.9") for _ in range(12)]
    for number, raw in enumerate(proxy):
        named = HEALTH.replace(H, H + "X-Forwarded-For: 198.51.%d.1\r\n" % number)
        assert raw.send(named).answer()[0] == 200
    got = [proxy[0].send(HEALTH.replace(H, H + "X-Forwarded-For: 198.51.100.%d\r\n" % i)).answer()[0] for i in range(12)]
    assert got == [200] * 10 + [429] * 2, got
    for raw in many + proxy:
        raw.socket.close()
    assert "reason=network-rate" in house.log() and "reason=network-connections" in house.log()


def memory(house):
    """Requests that came in part take no more than the buffers; who sends whole small ones does not notice."""
    restarted(house, "buffers 1M")
    halves = [Raw(house.web) for _ in range(40)]
    for raw in halves:
        raw.send("GET /" + "a" * 60000)
    def answered():
        return select.select([raw.socket for raw in halves], [], [], 0)[0]
    with Raw(house.web) as small:
        assert small.send(HEALTH).answer()[0] == 200
        until(lambda: len(answered()) >= 20, 20, lambda: "%d of 40 refused" % len(answered()))
        refused = answered()
        for raw in halves:
            if raw.socket in refused:
                assert raw.answer()[0] == 503
        assert small.send(HEALTH).answer()[0] == 200
        others = [raw for raw in halves if raw.socket not in refused]
        assert others and others[0].send(" HTTP/1.1\r\n%s\r\n" % H).answer()[0] in (404, 503)
    for raw in halves:
        raw.socket.close()
    assert "reason=buffers" in house.log()


def clicked_by(house, click, client, *fields, source=None):
    text = "GET %s HTTP/1.1\r\n%sConnection: close\r\n%s\r\n" % (click, H, "".join(f + "\r\n" for f in fields))
    before = len(house.events("clicked"))
    assert once(house.web, text, source=source)[0] == 302, fields
    until(lambda: len(house.events("clicked")) == before + 1, 5, "the click's event")
    got = house.events("clicked")[-1]["client"]
    assert got == client, "%s: %s instead of %s" % (fields, got, client)


def named(house, click):
    restarted(house, "trusted-proxy 127.9.9.0/24 10.0.0.0/8")
    proxy = "127.9.9.9"
    clicked_by(house, click, "127.0.0.1", "X-Forwarded-For: 198.51.100.1")
    clicked_by(house, click, "198.51.100.1", "X-Forwarded-For: 203.0.113.1, 198.51.100.1", source=proxy)
    clicked_by(house, click, "198.51.100.1", "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 198.51.100.1, 10.0.0.7", source=proxy)
    clicked_by(house, click, "2001:db8::1", 'Forwarded: for=203.0.113.1, for="[2001:db8::1]:443";proto=https', source=proxy)
    clicked_by(house, click, proxy, "Forwarded: for=unknown", source=proxy)
    clicked_by(house, click, "198.51.100.1", "Forwarded: for=203.0.113.1", "X-Forwarded-For: 198.51.100.1", source=proxy)


def unix_socket(house, click):
    """Who comes over a Unix socket is a proxy."""
    path = house.folder + "/run/web"
    restarted(house, "listen unix:" + path)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(("GET %s HTTP/1.1\r\n%sX-Forwarded-For: 198.51.100.44\r\nConnection: close\r\n\r\n" % (click, H)).encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 302")
    house.await_event("clicked", client="198.51.100.44")


def v2(command, family, body):
    return V2 + struct.pack("!BBH", command, family, len(body)) + body


def proxy_protocol(house, click):
    house.settings["tracking"] = "proxy-protocol yes"
    house.write_conf()
    assert "name the proxies with trusted-proxy" in house.ctl("-n", code=78)
    restarted(house, "proxy-protocol yes; trusted-proxy 127.9.9.9")
    get = ("GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (click, H)).encode()
    address = bytes([198, 51, 100, 7, 10, 0, 0, 1]) + struct.pack("!HH", 4242, 443)
    headers = [(b"PROXY TCP4 198.51.100.6 10.0.0.1 4242 443\r\n", "198.51.100.6"),
               (b"PROXY UNKNOWN\r\n", "127.9.9.9"),
               (v2(0x21, 0x11, address), "198.51.100.7"),
               (v2(0x21, 0x11, address + b"\x20\0\x05abcde"), "198.51.100.7"),
               (v2(0x20, 0, b""), "127.9.9.9")]
    for header, client in headers:
        with Raw(house.web, source="127.9.9.9") as raw:
            for at in range(len(header)):  # in drops
                raw.send(header[at:at + 1])
            assert raw.send(get).answer()[0] == 302
        until(lambda: house.events("clicked")[-1]["client"] == client, 5, "client %s" % client)  # pylint: disable=cell-var-from-loop
    before = len(house.events("clicked"))
    for bad in (get, b"PROXY TCP4 nonsense\r\n" + get, v2(0x21, 0x11, b"abc") + get, V2 + b"\x21\x11\xff\xff" + get):
        with Raw(house.web, source="127.9.9.9") as raw:
            assert raw.send(bad).answer() is None, bad
    status, ended = once(house.web, headers[0][0] + get)  # from an address that may not say so
    assert status == 400 and ended
    assert len(house.events("clicked")) == before
    assert "reason=proxy-protocol" in house.log()


def main():
    with House(tenant="track clicks opens") as house:
        house.start()
        click = links(house)[0]
        connections(house)
        networks(house)
        memory(house)
        named(house, click)
        unix_socket(house, click)
        proxy_protocol(house, click)


run_test(main)
