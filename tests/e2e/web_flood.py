#!/usr/bin/env python3
"""Twenty thousand connections from 250 addresses at a server that takes 1000: each of the others hears 503 and is closed,
those inside are answered meanwhile, descriptors stay bounded, and the log stays short. Then without any descriptor left."""
import os
import resource
import selectors
import socket
import subprocess
import time

from house import House, Skip, run_test, until
from web import Raw

CONNECTIONS = int(os.environ.get("FLOOD", "20000"))
INSIDE = 1000
HEALTH = b"GET /health HTTP/1.1\r\nHost: t.test\r\n\r\n"


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


class Flood:
    """Connections that ask at once and are held open until the other side closes them."""

    def __init__(self, house, count):
        self.house, self.count, self.started, self.ended, self.refused, self.reset = house, count, 0, 0, 0, 0
        self.most = 0
        self.selector = selectors.DefaultSelector()

    def start_one(self):
        s = socket.socket()
        s.setblocking(False)
        s.bind(("127.0.%d.%d" % (1 + self.started % 250 // 25, 1 + self.started % 25), 0))
        s.connect_ex(("127.0.0.1", self.house.web))
        self.selector.register(s, selectors.EVENT_WRITE, b"")
        self.started += 1

    def end(self, key):
        self.selector.unregister(key.fileobj)
        key.fileobj.close()
        self.ended += 1
        self.refused += key.data.startswith(b"HTTP/1.1 503 ")
        self.reset += key.data == b""

    def on_ready(self, key, mask):
        try:
            if mask & selectors.EVENT_WRITE:
                self.selector.modify(key.fileobj, selectors.EVENT_READ, b"")
                key.fileobj.send(HEALTH)
                return
            got = key.fileobj.recv(4096)
        except OSError:
            got = b""
        if got == b"":
            self.end(key)
        else:
            self.selector.modify(key.fileobj, selectors.EVENT_READ, key.data + got)

    def run(self, pid, look):
        end = time.monotonic() + 120
        while self.ended < self.count:
            assert time.monotonic() < end, "%d started, %d ended" % (self.started, self.ended)
            for _ in range(min(200, self.count - self.started)):
                self.start_one()
            for key, mask in self.selector.select(0.1):
                self.on_ready(key, mask)
            self.most = max(self.most, descriptors(pid))
            look()


def fill(house, count):
    inside = [Raw(house.web, source="127.200.%d.1" % (i % 200)) for i in range(count)]
    for raw in inside:
        assert raw.send(HEALTH).answer()[0] == 200
    return inside


def too_many(house, pid):
    inside = fill(house, INSIDE)
    answered = []

    def look():
        began = time.monotonic()
        assert inside[len(answered) % INSIDE].send(HEALTH).answer()[0] == 200
        answered.append(time.monotonic() - began)
    flood = Flood(house, CONNECTIONS)
    began = time.monotonic()
    flood.run(pid, look)
    print("%d connections in %.1f s: %d heard 503, %d were closed without a word; descriptors at most %d; %d answers inside "
          "meanwhile, slowest %.0f ms" % (flood.ended, time.monotonic() - began, flood.refused, flood.reset, flood.most,
                                          len(answered), max(answered) * 1000))
    assert flood.refused >= 0.99 * CONNECTIONS and flood.most < INSIDE + 1300
    for raw in inside:
        raw.socket.close()
    assert house.log().count(" refused ") < 60, "a line for each"
    until(lambda: descriptors(pid) < 100, 10, lambda: "descriptors: %d" % descriptors(pid))


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def no_descriptors(house, pid, idle):
    """As if the kernel had no more for the process: still an answer, and no spinning."""
    until(lambda: descriptors(pid) <= idle, 20, lambda: "descriptors: %d, idle %d" % (descriptors(pid), idle))
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        ids = dict(line.split()[:2] for line in f if line.startswith(("Uid:", "Gid:")))
    few = descriptors(pid) + 20
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=%d:%d" % (few, few)], user=int(ids["Uid:"]),
                   group=int(ids["Gid:"]), extra_groups=[], check=True)
    held = [Raw(house.web) for _ in range(60)]
    for raw in held:
        raw.send(HEALTH)
    got = [(raw.answer() or [0])[0] for raw in held]
    assert got.count(200) >= 15 and got.count(503) >= 20, got
    before = cpu_s(pid)
    time.sleep(1)
    assert cpu_s(pid) - before < 0.3, "it spins"
    for raw in held:
        raw.socket.close()
    with Raw(house.web) as raw:
        until(lambda: raw.send(HEALTH).answer()[0] == 200, 5, "an answer")
    assert "reason=descriptors" in house.log()


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5000:
        raise Skip("open files are limited to %d" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    with House(tracking="connections %d" % INSIDE) as house:
        house.start()
        pid = house.pids("trackd-web")[0][1]
        idle = descriptors(pid)
        too_many(house, pid)
        no_descriptors(house, pid, idle)


run_test(main)
