#!/usr/bin/env python3
"""The shipped set-ups (etc/proxies) of nginx, HAProxy and Caddy, with TLS: click, open and one-click unsubscribe go through each
over HTTP/1.1 and HTTP/2, also with a link of 20 KB; the event has the client's own address, whatever the client claims. No click is
lost or counted twice while the house is reloaded.

A proxy that is not installed is left out; where none is, the test is skipped."""
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading

from house import TOP, House, Skip, free_ports, run_test, until
from web import PAGE, links

CLIENT = "127.0.0.5"
LONG = "https://shop.test/long?" + "x" * 20000
NGINX = """daemon off;
pid %(folder)s/nginx.pid;
error_log %(folder)s/nginx.log;
events { }
http {
	access_log off;
	client_body_temp_path %(folder)s/t1; proxy_temp_path %(folder)s/t2; fastcgi_temp_path %(folder)s/t3;
	uwsgi_temp_path %(folder)s/t4; scgi_temp_path %(folder)s/t5;
	include %(file)s;
}
"""


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(folder):
    """A CA of our own, and a certificate of t.example.com under it."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a test",
        "-keyout", folder + "/ca.key", "-out", folder + "/ca.pem")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t.example.com",
        "-keyout", folder + "/key.pem", "-out", folder + "/request.pem")
    with open(folder + "/ext", "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:t.example.com\n")
    run("openssl", "x509", "-req", "-days", "2", "-in", folder + "/request.pem", "-CA", folder + "/ca.pem",
        "-CAkey", folder + "/ca.key", "-CAcreateserial", "-extfile", folder + "/ext", "-out", folder + "/cert.pem")
    with open(folder + "/both.pem", "w", encoding="ascii") as both:
        for name in ("cert.pem", "key.pem"):
            with open(folder + "/" + name, encoding="ascii") as f:
                both.write(f.read())


def shipped(folder, name, changes):
    """The shipped file, but for addresses and certificate."""
    with open(TOP + "/etc/proxies/" + name, encoding="utf-8") as f:
        text = f.read()
    for old, new in changes:
        assert old in text, "%s has no %r" % (name, old)
        text = text.replace(old, new)
    path = folder + "/" + name
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def nginx(folder, port, web):
    path = shipped(folder, "nginx.conf", [("127.0.0.1:8025", "127.0.0.1:%d" % web), ("listen 443", "listen 127.0.0.1:%d" % port),
        ("/etc/letsencrypt/live/t.example.com/fullchain.pem", folder + "/cert.pem"),
        ("/etc/letsencrypt/live/t.example.com/privkey.pem", folder + "/key.pem")])
    with open(folder + "/wrap.conf", "w", encoding="utf-8") as f:
        f.write(NGINX % {"folder": folder, "file": path})
    return ["nginx", "-e", folder + "/nginx.log", "-c", folder + "/wrap.conf", "-p", folder]


def haproxy_changes(folder, port, web):
    return [("127.0.0.1:8025", "127.0.0.1:%d" % web), ("bind :443", "bind 127.0.0.1:%d" % port),
            ("/etc/haproxy/t.example.com.pem", folder + "/both.pem")]


def haproxy(folder, port, web):
    return ["haproxy", "-db", "-f", shipped(folder, "haproxy.cfg", haproxy_changes(folder, port, web))]


def haproxy_with_proxy_protocol(folder, port, web):
    changes = [("\tserver posthouse 127.0.0.1:8025\n", ""), ("\t#server posthouse", "\tserver posthouse"),
               ("\thttp-request", "\t#http-request")]
    return ["haproxy", "-db", "-f", shipped(folder, "haproxy.cfg", changes + haproxy_changes(folder, port, web))]


def caddy(folder, port, web):
    path = shipped(folder, "Caddyfile", [("127.0.0.1:8025", "127.0.0.1:%d" % web), ("\nt.example.com {\n",
        "\n{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system %s/caddy\n}\n"
        "https://t.example.com:%d {\n\tbind 127.0.0.1\n\ttls %s/cert.pem %s/key.pem\n" % (folder, port, folder, folder))])
    return ["caddy", "run", "--config", path, "--adapter", "caddyfile"]


SETUPS = [(nginx, False), (haproxy, False), (caddy, False), (haproxy_with_proxy_protocol, True)]


@contextlib.contextmanager
def running(house, setup):
    port = free_ports(1)[0]
    words = setup(house.folder, port, house.web)
    with open(house.folder + "/%s.out" % setup.__name__, "wb") as out, subprocess.Popen(
            words, stdout=out, stderr=out, env={**os.environ, "HOME": house.folder, "XDG_CONFIG_HOME": house.folder}) as proxy:
        try:
            House.await_port(port, proxy)
            yield port
        finally:
            proxy.terminate()
            proxy.wait(20)


def curl(house, port, path, *more):
    """(status, version, Location) by a client at CLIENT that claims to be another."""
    done = subprocess.run(
        ["curl", "-sS", "-o", house.folder + "/body", "-w", "%{http_code} %{http_version} %{redirect_url}", "--max-time", "10",
         "--cacert", house.folder + "/ca.pem", "--interface", CLIENT, "--resolve", "t.example.com:%d:127.0.0.1" % port,
         "-H", "X-Forwarded-For: 203.0.113.9", "-H", "Forwarded: for=203.0.113.9", "-A", "curl", *more,
         "https://t.example.com:%d%s" % (port, path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "%s: %s" % (path[:60], done.stderr)
    return (done.stdout.split(" ", 2) + [""])[:3]


def came(house, kind, n, name):
    got = until(lambda: house.events(kind)[n:], 5, "%s through %s" % (kind, name))
    assert len(got) == 1 and got[0]["client"] == CLIENT, "%s: %s" % (name, got)


def goes_through(house, port, name):
    who = "%s@good.test" % name.replace("_", "-")
    click, pixel, wish = links(house, who)
    long_click = links(house, "long-" + who, page=LONG)[0]
    for version, flag in (("1.1", "--http1.1"), ("2", "--http2")):
        for path, page in ((click, PAGE), (long_click, LONG)):
            n = len(house.events("clicked"))
            got = curl(house, port, path, flag)
            assert got == ["302", version, page], "%s: %s" % (name, [g[:80] for g in got])
            came(house, "clicked", n, name)
        n = len(house.events("opened"))
        assert curl(house, port, pixel, flag)[:2] == ["200", version]
        with open(house.folder + "/body", "rb") as f:
            assert f.read(6) == b"GIF89a"
        came(house, "opened", n, name)
    assert curl(house, port, "/none", "--http2", "-H", "Cookie: " + "x" * 6000)[0] == "404"
    n = len(house.events("unsubscribed"))
    assert curl(house, port, wish, "--http2", "-d", "List-Unsubscribe=One-Click")[0] == "200"
    came(house, "unsubscribed", n, name)


class Visitor(threading.Thread):
    """Clicks on a kept connection until it is told to stop."""

    def __init__(self, house, port, path):
        super().__init__()
        self.port, self.path, self.stop, self.clicks, self.wrong = port, path, threading.Event(), 0, []
        self.context = ssl.create_default_context(cafile=house.folder + "/ca.pem")
        self.connection = None

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), 10, (CLIENT, 0))
        self.connection = self.context.wrap_socket(raw, server_hostname="t.example.com")

    def click(self):
        self.connection.sendall(("GET %s HTTP/1.1\r\nHost: t.example.com\r\n\r\n" % self.path).encode())
        got = b""
        while b"\r\n\r\n" not in got:
            more = self.connection.recv(4096)
            if more == b"":
                raise ConnectionError("closed without an answer")
            got += more
        if not got.startswith(b"HTTP/1.1 302 "):
            raise ConnectionError(got[:40])
        return b"\r\nconnection: close" not in got.lower()

    def run(self):
        kept = False
        while not self.stop.is_set():
            try:
                if not kept:
                    self.connect()
                kept = self.click()
                self.clicks += 1
            except OSError as error:
                self.wrong.append(str(error))
                kept = False


def reloads(house, port, name):
    """A reload of the house is nothing its visitors notice."""
    click = links(house, "reload-%s@good.test" % name.replace("_", "-"))[0]
    n = len(house.events("clicked"))
    visitors = [Visitor(house, port, click) for _ in range(4)]
    for v in visitors:
        v.start()
    for _ in range(4):
        house.ctl("reload")
        enough = sum(v.clicks for v in visitors) + 50
        until(lambda: sum(v.clicks for v in visitors) > enough, 10, "clicks after a reload")  # pylint: disable=cell-var-from-loop
    for v in visitors:
        v.stop.set()
        v.join()
    wrong, clicks = sum((v.wrong for v in visitors), []), sum(v.clicks for v in visitors)
    assert not wrong, "%s: %d of %d: %s" % (name, len(wrong), clicks, wrong[:3])
    until(lambda: len(house.events("clicked")) - n >= clicks, 5, "all events")
    assert len(house.events("clicked")) - n == clicks, "%s: %d events for %d clicks" % (name, len(house.events("clicked")) - n, clicks)
    return clicks


def main():
    there = [(setup, protocol) for setup, protocol in SETUPS if shutil.which(setup.__name__.split("_", maxsplit=1)[0])]
    if not there or not shutil.which("curl"):
        raise Skip("neither nginx nor HAProxy nor Caddy is installed, or no curl")
    with House(tenant="track clicks opens\n\tunsubscribe always\n\ttracking-url https://t.example.com/",
               tracking="trusted-proxy 127.0.0.1") as house:
        certificate(house.folder)
        house.start()
        for setup, protocol in there:
            if protocol:
                house.settings["tracking"] += "\n\tproxy-protocol yes"
                house.write_conf()
                house.ctl("reload")
            with running(house, setup) as port:
                goes_through(house, port, setup.__name__)
                clicks = reloads(house, port, setup.__name__)
            print("through %s: all, and %d clicks while the house was reloaded four times" % (setup.__name__, clicks))


run_test(main)
