#!/usr/bin/env python3
"""More mail waits for a slow site than the queue's memory holds: mail of others goes at once, and the site's own all goes, by its
rate, a window of it in memory and the rest from the disk."""
import time

from house import House, free_ports, run_test, until
from internet import MailServer

CONF = """
queue {
	memory 100
}
site slow {
	domain slow.test
	message-rate %s
}
route slow.test {
	to 127.0.0.1:%d
	tls none
}
route good.test {
	to 127.0.0.1:%d
	tls none
}
"""
N = 350


def flood(house):
    with house.smtp() as s:
        for i in range(N):
            s.sendmail("news@first.test", ["u%03d@slow.test" % i], b"From: news@first.test\r\nSubject: x\r\n\r\nx\r\n")


def main():
    slow_port, good_port = free_ports(2)
    slow, good = MailServer("127.0.0.1", slow_port), MailServer("127.0.0.1", good_port)
    with House(sinks={}, routes={}, more=CONF % ("30/min", slow_port, good_port)) as house:
        house.start()
        flood(house)
        waiting = [r["waiting"] for r in house.rows("lanes") if r["site"] == "slow.test"][0]
        assert waiting > 150, "more waits than fits: %d" % waiting
        began = time.monotonic()
        for i in range(20):
            house.send("v%d@good.test" % i)
        until(lambda: len(good.got()) == 20, 15, lambda: "%d of 20; %s" % (len(good.got()), house.rows("lanes")))
        print("with %d before it others' mail took %.1f s" % (waiting, time.monotonic() - began))
        house.write_conf(CONF % ("50/s", slow_port, good_port))
        house.ctl("reload")
        until(lambda: len(set(slow.got())) == N, 60, lambda: "%d of %d; %s" % (len(slow.got()), N, house.rows("lanes")))
        assert len(slow.got()) == N, "each once"
        assert not house.events("deferred"), "to wait for one's turn is no failure"


run_test(main)
