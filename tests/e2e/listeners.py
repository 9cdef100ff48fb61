#!/usr/bin/env python3
"""Listeners are changed by reload, each way there is and back again: named otherwise, another address in front, in another
order, taken away, added. Each reload is taken or refused whole; whatever the configuration in force names is served by every
worker, and nothing else listens. What stands where a Unix socket is to be is removed only if it is an old socket of ours."""
import os
import socket

from house import House, free_ports, run_test, until

CONNECTIONS = 24


def greets(where, family=socket.AF_INET):
    with socket.socket(family) as s:
        s.settimeout(10)
        s.connect(where)
        return s.recv(100).startswith(b"220")


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return False
    except ConnectionRefusedError:
        return True


def answers(port):
    try:
        return greets(("127.0.0.1", port))
    except ConnectionError:
        return False


class Listeners:
    def __init__(self, house):
        self.house, self.rest = house, None
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read()
        start = text.index("listener inbound")
        end = text.index("\n}\n", start) + 3
        self.before, self.after = text[:start], text[end:]

    def write(self, *listeners, top=""):
        text = self.before + top
        for name, addresses in listeners:
            text += "listener %s {\n\taddress %s\n\ttenant first\n}\n" % (name, " ".join(addresses))
        with open(self.house.conf_path, "w", encoding="utf-8") as f:
            f.write(text + self.after)

    def taken(self, *listeners):
        self.write(*listeners)
        self.house.ctl("reload")
        self.served(*listeners)

    def served(self, *listeners):
        for _, addresses in listeners:
            for a in addresses:
                for _ in range(CONNECTIONS):
                    if a.startswith("unix:"):
                        assert greets(a[5:], socket.AF_UNIX), a
                    else:
                        assert greets(("127.0.0.1", int(a.rsplit(":", 1)[1]))), a

    def refused(self, words, *listeners, top=""):
        self.write(*listeners, top=top)
        said = self.house.ctl("reload", code=1)
        assert words in said, said


def main():
    with House(workers=2) as house:
        one, two, other = free_ports(3)
        unix = "unix:%s/run/submit" % house.folder
        first, second = "127.0.0.1:%d" % one, "127.0.0.1:%d" % two
        conf = Listeners(house)
        now = ("inbound", [first, unix])
        conf.write(now)
        house.inbound = one
        house.start()
        conf.served(now)

        conf.taken(("inbound", [second, first, unix]))
        conf.taken(("inbound", [unix, first, second]))
        conf.taken(("other", [first, unix]), ("inbound", [second]))
        conf.taken(("inbound", [first]), ("other", [second, unix]))
        conf.taken(("inbound", [first, unix]))
        until(lambda: refused(two), 10, "an address that was taken away is closed")
        conf.taken(("inbound", [first]))
        assert not os.path.exists(unix[5:]), "a Unix socket that was taken away"
        # The same port by another address: who came while the old socket closed has to come again.
        for wider in (("inbound", ["*:%d" % one]), now):
            conf.write(wider)
            house.ctl("reload")
            until(lambda: answers(one), 10, "the port by its other address")
            conf.served(wider)

        # Refused, whole: what was in force is served as before.
        with socket.socket() as s:
            s.bind(("127.0.0.1", other))
            s.listen()
            conf.refused("in use", ("inbound", ["%s/fresh" % unix.replace("/submit", ""), "127.0.0.1:%d" % other, first, unix]))
        assert not os.path.exists(unix[5:].replace("/submit", "/fresh"))
        conf.served(now)
        conf.refused("workers", now, top="workers 3\n")
        conf.served(now)
        conf.taken(now)
        conf.served(now)
        conf.refused("twice", ("inbound", [first, unix]), ("second", [first]))
        conf.served(now)

        # What is in the way.
        way = house.folder + "/run/way"
        with open(way, "w", encoding="utf-8") as f:
            f.write("precious")
        conf.refused("not a socket", ("inbound", [first, unix, "unix:" + way]))
        with open(way, encoding="utf-8") as f:
            assert f.read() == "precious"
        os.unlink(way)
        os.symlink(house.conf_path, way)
        conf.refused("not a socket", ("inbound", [first, unix, "unix:" + way]))
        assert os.path.islink(way)
        os.unlink(way)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(way)
            s.listen()
            conf.refused("another process listens", ("inbound", [first, unix, "unix:" + way]))
        conf.taken(("inbound", [first, unix, "unix:" + way]))  # and its socket is left behind: that is no obstacle
        conf.taken(now)

        # Of the index, which lies in a folder of queued's, nothing is given away that queued put there instead.
        house.stop()
        index = house.folder + "/spool/index"
        os.rename(index, index + ".aside")
        victim = house.folder + "/victim"
        os.mkdir(victim, 0o700)
        os.symlink(victim, index)
        code, said = house.start_refused()
        assert code != 0 and "index" in said, (code, said)
        assert os.stat(victim).st_uid == 0 and os.stat(victim).st_mode & 0o777 == 0o700
        os.unlink(index)
        os.rename(index + ".aside", index)
        house.start()
        conf.served(now)
        house.send("ann@good.test")
        house.await_event("delivered", recipient="ann@good.test")


run_test(main)
