#!/usr/bin/env python3
"""More mail comes back than the parsers take: it waits in the queue, no peer is closed as stuck, nothing is called unreadable, and
each is settled once they read again."""
import os
import signal
import threading

from bounces import TENANT, Shop, delivered, dsn
from house import run_test, until

MAILS, THREADS = 600, 4


def flood(house, back):
    def some():
        with house.outside() as s:
            s.ehlo("mx.good.test")
            for _ in range(MAILS // THREADS):
                for code, reply in (s.mail(""), s.rcpt(back), s.data(content)):
                    assert code == 250, (code, reply)

    content = dsn("flood@good.test", tail=("X-Filler: " + "x" * 500 + "\r\n") * 110)
    assert 48000 < len(content) < 64000, len(content)
    threads = [threading.Thread(target=some) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def waiting(house):
    return int(house.ctl("status").split("messages:")[1].split()[0])


def main():
    with Shop(tenant=TENANT) as house:
        house.start()
        _, back, _ = delivered(house, "flood@good.test")
        workers = [pid for _, pid in until(lambda: house.pids("bouncd-parse"), 10, "workers")]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        flood(house, back)
        put_off = until(lambda: house.events("deferred"), 10, "what is too much is put off")
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        until(lambda: waiting(house) <= len(house.events("deferred")), 30, lambda: house.ctl("status"))
        assert len(put_off) > 0 and waiting(house) < MAILS
        while waiting(house):
            before = waiting(house)
            house.ctl("retry", "--yes", "--to", back, code=None) # 1: they went meanwhile
            until(lambda: waiting(house) < before, 30, lambda: house.ctl("status"))
        log = house.log()
        for word in ("peer-closed", "parser-gone", "unreadable"):
            assert word not in log, word
        assert [pid for _, pid in house.pids("bouncd-parse")] == workers
        reports = [e["report"] for e in house.events("bounced", recipient="flood@good.test")]
        assert 0 < len(reports) == len(set(reports)), "a report is told once"
        assert house.stop() == 0


run_test(main)
