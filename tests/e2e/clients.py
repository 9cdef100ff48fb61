#!/usr/bin/env python3
"""Who is one client: an IPv4 client is itself at a socket of both families too, for limits, networks, logs and Received;
what a worker that was killed had counted is given back, whoever comes after it."""
import os
import signal
import socket

from house import House, Skip, free_ports, run_test, until

BOTH = """listener star {
	address *:%d
	client-connections 3
	tenant first
	allow ::ffff:127.0.5.0/120
}
listener six {
	address [::]:%d
	client-connections 3
}
"""


def connected(port, source):
    """(socket, code of the greeting)."""
    s = socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
    return s, s.recv(1000)[:3]


def code(port, source):
    s, code_ = connected(port, source)
    s.close()
    return code_


def each_is_counted_alone(port, network):
    one, other = network + ".1", network + ".2"
    held = [connected(port, one) for _ in range(3)]
    assert [c for _, c in held] == [b"220"] * 3, held
    assert code(port, one) == b"421"
    assert code(port, other) == b"220"
    for s, _ in held:
        s.close()
    until(lambda: code(port, one) == b"220", 5, "places that were left are free")


def sent(house, port, source, to):
    with socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0)) as s, s.makefile("rb") as f:
        f.readline()
        for line in (b"EHLO c.test", b"MAIL FROM:<news@first.test>", b"RCPT TO:<%s>" % to.encode(), b"DATA"):
            s.sendall(line + b"\r\n")
            reply = f.readline()
            while reply[3:4] == b"-":
                reply = f.readline()
            assert reply[:3] in (b"250", b"354"), reply
        s.sendall(b"From: news@first.test\r\nSubject: x\r\n\r\nx\r\n.\r\n")
        assert f.readline()[:3] == b"250"
    return house.await_mail(to)[1]


def the_dead_hold_nothing(house):
    for _ in range(3):
        held = [connected(house.inbound, "127.0.3.1") for _ in range(3)]
        assert [c for _, c in held] == [b"220"] * 3, held
        assert code(house.inbound, "127.0.3.1") == b"421"
        old = {pid for _, pid in house.pids("smtpd")}
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(house.pids("smtpd")) == len(old) and not old & {p for _, p in house.pids("smtpd")}, 20, "new workers")
        for s, _ in held:
            s.close()


def main():
    if not socket.has_dualstack_ipv6():
        raise Skip("this machine has no socket of both families")
    star, six = free_ports(2)
    with House(more=BOTH % (star, six), listener="client-connections 3", workers=2) as house:
        house.start()
        each_is_counted_alone(star, "127.0.1")
        each_is_counted_alone(six, "127.0.2")
        content = sent(house, star, "127.0.5.9", "ann@good.test")
        assert b"([127.0.5.9])" in content.partition(b"Subject")[0], content
        assert "client=127.0.5.9 " in house.log() and "client=::ffff" not in house.log()
        assert "counts alone" not in house.log()
        the_dead_hold_nothing(house)


if __name__ == "__main__":
    run_test(main)
