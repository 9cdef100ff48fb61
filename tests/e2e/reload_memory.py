#!/usr/bin/env python3
"""Mail flows over thirty reloads, each with other sources, streams and limits: queued keeps the configuration in force, and
those alone that lanes still have a source of."""
import re

from house import House, run_test, until

RELOADS = 30


def conf(n):
    return ("source s%d {\n\taddress 127.0.0.1\n}\nstream kind%d {\n\tretry-first %ds\n}\nsite good.test {\n\tconnections %d\n}\n"
            % (n % 3, n, n + 5, n % 4 + 1))


def configurations(house):
    return [int(n) for n in re.findall(r" reloaded .*configurations=(\d+)", house.log())]


def main():
    with House() as house:
        house.start()
        for n in range(RELOADS):
            house.write_conf(conf(n))
            house.ctl("reload")
            house.send("w%d@good.test" % n)
            until(lambda n=n: len(configurations(house)) == n + 1, 20, house.log)
        until(lambda: len(house.events("delivered")) == RELOADS, 30, "all of it")
        kept = configurations(house)
        assert max(kept) <= 4, kept # one in force, and one for each source of a lane that it lacks


run_test(main)
