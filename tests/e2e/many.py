#!/usr/bin/env python3
"""A message to 900 recipients at three domains: each gets it once and has one final event."""
from collections import Counter

from house import House, run_test, until

COUNT = 900


def main():
    routes = {"one.test": "good", "two.test": "good", "three.test": "good"}
    people = ["p%d@%s" % (i, list(routes)[i % 3]) for i in range(COUNT)]
    with House(routes=routes) as house:
        house.start()
        mail = house.send(*people)
        until(lambda: len(house.events("delivered", message=mail)) >= COUNT, 60,
              lambda: "%d delivered" % len(house.events("delivered")))
        taken = Counter(line[4:] for head, _ in house.mails() for line in head.split("\n") if line.startswith("to: "))
        assert taken == Counter(people), taken - Counter(people)
        assert len({e["recipient"] for e in house.events("delivered", message=mail)}) == COUNT


run_test(main)
