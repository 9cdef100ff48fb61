"""A small internet on loopback for tests of routing: mail servers on port 25 of addresses of their own, and a name server.

    own_network()                       # this process and its children: port 25 is free here
    zone = Zone("a.test MX 10 mx.a.test\\nmx.a.test A 127.0.0.8")
    server = MailServer("127.0.0.8")
    with House(more=zone.conf()) as house: ...
"""
import ctypes
import os
import socket
import subprocess
import sys
import threading

from house import Skip

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../dns"))
from zone_server import ZoneServer, zone_read  # noqa: E402

CLONE_NEWNET = 0x40000000


def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise Skip("no network namespace of its own")
    if subprocess.run(["ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        raise Skip("ip(8) is missing")


class Zone:
    """What the name server says; change() changes it while it runs."""

    def __init__(self, text):
        self.server = ZoneServer(text)

    def change(self, text):
        self.server.zone = zone_read(text)

    def asked(self, name, kind):
        return self.server.asked.count((name, kind))

    def conf(self, more=""):
        return "resolver {\n\tserver 127.0.0.1@%d\n\tallow-private 127.0.0.0/8\n%s}\n" % (self.server.port, more)


class MailServer:
    """Takes all mail and remembers who it was for. manner: "silent" never greets, "stuck" never answers MAIL; both can be changed
    while it runs. login: AUTH is offered, and mail without it is refused."""

    def __init__(self, address, port=25, manner="", login=False):
        self.manner, self.login = manner, login
        self.mails, self.connections, self.at_once, self.most_at_once = [], 0, 0, 0
        self.lock = threading.Lock()
        self.listener = socket.create_server((address, port), backlog=200)
        self.slow = 0  # the next so many MAIL are answered 421
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def count(self, more):
        with self.lock:
            self.connections += more > 0
            self.at_once += more
            self.most_at_once = max(self.most_at_once, self.at_once)

    def accept(self):
        while True:
            c, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(c, ), daemon=True).start()

    def serve(self, c):
        self.count(1)
        try:
            with c, c.makefile("rb") as f:
                if self.manner == "silent":
                    f.read()
                else:
                    self.talk(c, f)
        except OSError:
            pass
        self.count(-1)

    def talk(self, c, f):
        rcpts, known = [], False
        c.sendall(b"220 mx ESMTP\r\n")
        for line in f:
            verb = line[:4].upper()
            if verb == b"EHLO":
                c.sendall(b"250-mx\r\n250-PIPELINING\r\n" + (b"250-AUTH PLAIN\r\n" if self.login else b"") + b"250 8BITMIME\r\n")
            elif verb == b"AUTH":
                known = True
                c.sendall(b"235 2.7.0 welcome\r\n")
            elif verb == b"MAIL" and self.manner == "stuck":
                f.read()
            elif verb == b"MAIL" and self.slow > 0:
                self.slow -= 1
                c.sendall(b"421 4.7.0 too many messages, slow down\r\n")
                return
            elif verb == b"MAIL" and self.login and not known:
                c.sendall(b"530 5.7.0 log in first\r\n")
            elif verb == b"RCPT":
                rcpts.append(line.split(b"<")[1].split(b">")[0].decode())
                c.sendall(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                c.sendall(b"354 go on\r\n")
                while f.readline() not in (b".\r\n", b""):
                    pass
                self.mails.append(rcpts)
                rcpts = []
                c.sendall(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                c.sendall(b"221 bye\r\n")
                return
            else:
                c.sendall(b"250 ok\r\n")

    def got(self, *words):
        """The recipients it took whose address has one of these words; all without any."""
        return [r for m in self.mails for r in m if not words or any(w in r for w in words)]
