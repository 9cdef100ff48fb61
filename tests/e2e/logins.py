#!/usr/bin/env python3
"""Who guesses passwords delays himself: while 70 connections guess, customers beside them log in at once, whatever is guessed at
and wherever from; and guessing gets slow. What a login takes is printed."""
import base64
import socket
import threading
import time

from house import House, free_ports, run_test

GUESSERS, LOGINS, WITHIN_S = 70, 20, 2.0  # 0.2 s by itself; a busy machine hashes slowly

SUBMISSION = """listener submission {
	address 127.0.0.1:%d
	auth required
	auth-without-tls yes
	client-connections 1000
	max-errors 20
}
tenant second {
	domain second.test
}
"""


class Client:
    def __init__(self, port, source):
        self.s = socket.create_connection(("127.0.0.1", port), 60, source_address=(source, 0))
        self.f = self.s.makefile("rb")
        self.f.readline()
        self.say("EHLO c.test")

    def say(self, line):
        self.s.sendall(line.encode() + b"\r\n")
        reply = self.f.readline()
        while reply[3:4] == b"-":
            reply = self.f.readline()
        return reply[:3].decode()

    def login(self, name, password):
        return self.say("AUTH PLAIN " + base64.b64encode(("\0%s\0%s" % (name, password)).encode()).decode())

    def close(self):
        self.f.close()
        self.s.close()


class Guessers:
    """Ask as fast as they are answered, over connections that are opened anew when they are closed."""

    def __init__(self, port, name, source):
        self.port, self.name, self.source = port, name, source
        self.over = threading.Event()
        self.answers, self.clients = {}, {}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(GUESSERS)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *failed):
        self.over.set()
        for c in list(self.clients.values()):  # some are made to wait long
            try:
                c.s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for t in self.threads:
            t.join(60)

    def run(self, i):
        n = 0
        while not self.over.is_set():
            try:
                self.clients[i] = c = Client(self.port, self.source(i))
                while not self.over.is_set():
                    n += 1
                    code = c.login(self.name(i, n), "guess%d" % n)
                    with self.lock:
                        self.answers[code] = self.answers.get(code, 0) + 1
                    if code not in ("535", "454"):
                        break
                    time.sleep(0.02)  # we share the cores with what we measure
                c.close()
            except OSError:
                time.sleep(0.02)


def took(port, name, source):
    """How long a login took, in seconds."""
    began = time.monotonic()
    c = Client(port, source)
    code = c.login(name, "secret")
    c.close()
    assert code == "235", "%s from %s: %s" % (name, source, code)
    return time.monotonic() - began


def attacked(port, rule, customers, name, source):
    """Customers log in, each for himself, while that is guessed."""
    with Guessers(port, name, source) as g:
        time.sleep(1)
        times = sorted(took(port, who, where) for who, where in customers)
    print("%s: %d logins, median %.3f s, worst %.3f s; guesses %s" % (
        rule, len(times), times[len(times) // 2], times[-1], g.answers))
    assert times[len(times) // 2] < WITHIN_S, times


def main():
    port = free_ports(1)[0]
    with House(more=SUBMISSION % port) as house:
        for i in range(LOGINS):
            house.ctl("user", "add", "cold%d" % i, "--tenant", "first", "--no-reload", text="secret\n")
        house.ctl("user", "add", "ann", "--tenant", "first", "--no-reload", text="secret\n")
        house.start()
        cold = [("cold%d" % i, "127.0.7.%d" % i) for i in range(LOGINS)]
        attacked(port, "one address, many logins; customers beside it, none seen before", cold,
                 lambda i, n: "u%d.%d" % (i, n), lambda i: "127.0.7.200")
        took(port, "ann", "127.0.8.1")
        attacked(port, "the customer's own login from elsewhere", [("ann", "127.0.8.1")] * LOGINS,
                 lambda i, n: "ann", lambda i: "127.0.9.1")
        attacked(port, "many addresses of one network", [("ann", "127.0.8.1")] * LOGINS,
                 lambda i, n: "u%d.%d" % (i, n), lambda i: "127.0.10.%d" % (i + 1))
        attacked(port, "the customer's own address", [("ann", "127.0.8.1")] * LOGINS,
                 lambda i, n: "u%d.%d" % (i, n), lambda i: "127.0.8.1")
        with Guessers(port, lambda i, n: "cold1", lambda i: "127.0.11.1") as g:
            time.sleep(3)
        assert g.answers.get("535", 0) < 40, g.answers
        assert "secret" not in house.log() and "guess1" not in house.log()


if __name__ == "__main__":
    run_test(main)
