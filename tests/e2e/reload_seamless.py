#!/usr/bin/env python3
"""A reload is nothing that mail or its senders notice: under load nothing is refused, put off or sent twice, and a session goes on
with its old worker; who had been connected to an address that is given up is served; a worker that is draining ends what it has
and takes nothing new; and what it has is known to a queue that is started while it drains."""
import os
import random
import signal
import smtplib
import socket
import threading
import time

from house import House, free_ports, run_test, until

MESSAGE = "From: news@first.test\r\nTo: %s\r\nSubject: hello\r\n\r\nHello.\r\n%s"


class Server:
    """Takes mail; each final dot is answered when `dot` says so."""

    def __init__(self, dot=lambda rcpt: None):
        self.dot, self.seen, self.sessions, self.lock = dot, [], 0, threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.door.accept()
            self.sessions += 1
            threading.Thread(target=self.session, args=(peer, self.sessions), daemon=True).start()

    def session(self, peer, number):
        def say(text):
            peer.sendall(text.encode() + b"\r\n")
        try:
            with peer, peer.makefile("rb") as lines:
                say("220 mx.test")
                rcpt = None
                for line in lines:
                    word = line[:4].upper()
                    if word == b"EHLO":
                        say("250-mx.test\r\n250 8BITMIME")
                    elif word == b"DATA":
                        say("354 go ahead")
                        while next(lines) != b".\r\n":
                            pass
                        with self.lock:
                            self.seen.append((rcpt, number, time.monotonic()))
                        self.dot(rcpt)
                        say("250 taken")
                    elif word == b"QUIT":
                        return say("221 bye")
                    else:
                        if word == b"RCPT":
                            rcpt = line.split(b"<")[1].split(b">")[0].decode()
                        say("250 ok")
        except (OSError, StopIteration):
            pass

    def times(self, rcpt):
        return sum(1 for r, _, _ in self.seen if r == rcpt)


def route(server, limits=""):
    return "route good.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\nsite one {\n\tdomain good.test\n\t%s\n}\n" % (server.port, limits)


def house_for(server, limits="", **more):
    return House(sinks={}, routes={}, more=route(server, limits), **more)


def set_deadline(house, seconds):
    house.write_conf()
    with open(house.conf_path, encoding="utf-8") as f:
        text = f.read()
    with open(house.conf_path, "w", encoding="utf-8") as f:
        f.write(text.replace("stop-deadline 5s", "stop-deadline %ds" % seconds))


class Sender(threading.Thread):
    """Sends until it is told to end, some messages a session. What went wrong is its fault."""

    def __init__(self, house, name, large=False):
        super().__init__(daemon=True)
        self.house, self.label, self.large, self.over = house, name, large, False
        self.sent, self.wrong = [], []

    def run(self):
        body = "x" * 70 + "\r\n"
        try:
            while not self.over:
                with self.house.smtp() as s:
                    for _ in range(random.randrange(1, 8)):
                        to = "%s-%d@good.test" % (self.label, len(self.sent))
                        s.sendmail("news@first.test", [to], MESSAGE % (to, body * (1500 if self.large else 1)))
                        self.sent.append(to)
                        time.sleep(0.02)
        except (OSError, smtplib.SMTPException) as e:
            self.wrong.append(repr(e))


def under_load(reloads=20):
    server = Server(lambda rcpt: time.sleep(0.02))
    with house_for(server, "connections 4", tenant="sign yes") as house:
        set_deadline(house, 60)
        house.start()
        house.ctl("dkim", "new", "-s", "s1", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "-s", "s1", "first", "first.test")
        senders = [Sender(house, "a"), Sender(house, "b"), Sender(house, "c", large=True)]
        with house.smtp() as through:  # one session from before the first reload until after the last
            through.ehlo("client.test")
            for s in senders:
                s.start()
            for i in range(reloads):
                house.ctl("reload")
                to = "through-%d@good.test" % i
                through.sendmail("news@first.test", [to], MESSAGE % (to, ""))
                senders[0].sent.append(to)
            for s in senders:
                s.over = True
            for s in senders:
                s.join(30)
        sent = [to for s in senders for to in s.sent]
        assert not any(s.wrong for s in senders), [s.wrong for s in senders]
        late = house.events("deferred")
        assert not late, late[:3]
        until(lambda: len(house.events("delivered")) >= len(sent), 60,
              lambda: [(to, house.events(recipient=to)) for to in sent if not house.events("delivered", recipient=to)])
        twice = [to for to in sent if server.times(to) != 1]
        assert not twice, [(to, server.times(to)) for to in twice]
        late = house.events("deferred")
        assert not late, late[:3]


def slow_server():
    """Two connections, each busy with one message after the other: at a reload each ends what it has, and no more."""
    server = Server(lambda rcpt: time.sleep(0.3))
    with house_for(server, "connections 2") as house:
        house.start()
        for i in range(40):
            house.send("slow-%d@good.test" % i)
        until(lambda: len(server.seen) >= 4, 20, "a start")
        before = set(n for _, n, _ in server.seen)
        house.ctl("reload")
        at = time.monotonic()
        until(lambda: len(house.events("delivered")) >= 40, 60, lambda: len(house.events("delivered")))
        old = [r for r, n, t in server.seen if n in before and t > at]
        assert len(old) <= 4, old
        assert all(server.times("slow-%d@good.test" % i) == 1 for i in range(40)), server.seen
        assert not house.events("deferred")


def queue_killed_while_draining():
    """The answer to a dot comes to a worker of the old generation, and the queue that asked is dead."""
    go = threading.Event()
    server = Server(lambda rcpt: go.wait(30))
    with house_for(server) as house:
        set_deadline(house, 30)
        house.start()
        house.send("ann@good.test")
        until(lambda: server.seen, 20, "the message is there")
        with house.smtp() as s:
            s.ehlo("client.test")
            house.ctl("reload")
            queued = house.pids("queued")[0][1]
            os.kill(queued, signal.SIGKILL)
            until(lambda: house.pids("queued") and house.pids("queued")[0][1] != queued, 30, "another queue")
            # Also the old worker of smtpd has the new queue.
            until(lambda: s.mail("news@first.test")[0] == 250, 30, "MAIL is taken")
            assert s.rcpt("bob@good.test")[0] == 250
            go.set()
            assert s.data((MESSAGE % ("bob@good.test", "")).encode())[0] == 250
        house.await_event("delivered", recipient="ann@good.test", seconds=30)
        house.await_event("delivered", recipient="bob@good.test", seconds=30)
        assert server.times("ann@good.test") == 1, server.seen
        assert not house.events("deferred")


def sessions_go_on():
    server = Server()
    with house_for(server, listener="auth required\n\tauth-without-tls yes") as house:
        house.ctl("user", "add", "ann", "--tenant", "first", "--no-reload", text="secret\n")
        house.start()
        s = house.smtp()
        s.ehlo("client.test")
        smtpd = house.pids("smtpd")[0][1]
        house.ctl("reload")
        until(lambda: [p for _, p in house.pids("smtpd")] != [smtpd], 20, "another smtpd")
        assert s.noop()[0] == 250
        assert s.login("ann", "secret")[0] == 235
        s.sendmail("news@first.test", ["ann@good.test"], MESSAGE % ("ann@good.test", ""))
        house.await_event("delivered", recipient="ann@good.test")
        # Its deadline ends it, with a word.
        s.sock.settimeout(20)
        assert s.getreply()[0] == 421


def backlog_is_served():
    """The kernel had connected them, and the worker had not taken them in, when their address was given up."""
    server = Server()
    with house_for(server) as house:
        set_deadline(house, 20)
        house.start()
        smtpd, old = house.pids("smtpd")[0][1], house.inbound
        os.kill(smtpd, signal.SIGSTOP)
        waiting = [socket.create_connection(("127.0.0.1", old), 20) for _ in range(20)]
        house.settings["inbound"] = house.inbound = free_ports(1)[0]
        set_deadline(house, 20)
        house.ctl("reload")
        os.kill(smtpd, signal.SIGCONT)
        for i, peer in enumerate(waiting):
            s = smtplib.SMTP()
            s.sock, s.file = peer, None
            assert s.getreply()[0] == 220
            s.ehlo("client.test")
            s.sendmail("news@first.test", ["w%d@good.test" % i], MESSAGE % ("w%d@good.test" % i, ""))
            s.quit()
        house.send("new@good.test")
        until(lambda: len(house.events("delivered")) >= 21, 30, lambda: len(house.events("delivered")))


def main():
    sessions_go_on()
    backlog_is_served()
    slow_server()
    queue_killed_while_draining()
    under_load()


run_test(main)
