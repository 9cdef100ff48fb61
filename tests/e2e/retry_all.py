#!/usr/bin/env python3
"""What an operator does to all that waits is done to all of it, far more than memory holds: counted before, a total after."""
from house import House, run_test, until

COUNT = 600
SMALL = "queue {\n\tmemory 100\n\tsegment-size 1M\n}\n"
ALL = ("--all", "--yes")


def status(house):
    return house.rows("status")[-1]


def on_disk(house):
    return status(house)["on_disk"]


def states(house):
    return {(r["state"], r["recipient"]) for r in house.rows("queue", "--limit", "0", code=None) if "recipient" in r}


def fill(house):
    with house.smtp() as s:
        for i in range(COUNT):
            s.sendmail("news@first.test", ["p%03d@good.test" % i], "From: news@first.test\r\nSubject: x\r\n\r\n" + "Hello.\r\n" * 1000)
    until(lambda: on_disk(house) == COUNT and status(house)["messages"] < COUNT / 2, 60, lambda: status(house))


def refusals(house):
    for verb in ("hold", "release", "retry", "drop"):
        house.ctl(verb, "--yes", code=2)
        house.ctl(verb, "--yes", "--to", "*", code=2)
        house.ctl(verb, "--yes", "--all", "--to", "p001@good.test", code=2)


def main():
    with House(more=SMALL, retry_first="1h", retry_most="1h") as house:
        house.start()
        house.stop_sink()
        fill(house)
        refusals(house)
        for which in (("--all",), ("--to", "p*@good.test")):
            said = house.ctl("retry", "--dry-run", *which)
            assert said.startswith("%d deliveries" % COUNT), said
        assert len(states(house)) == COUNT

        said = house.ctl("hold", *ALL)
        assert "%d deliveries held" % COUNT in said, said
        assert {s for s, _ in states(house)} == {"held"}
        until(lambda: status(house)["messages"] < COUNT / 2, 20, lambda: status(house))
        house.ctl("retry", *ALL, code=1)

        house.start_sink()
        said = house.ctl("release", "--yes", "--to", "p0*@good.test")
        assert "100 deliveries released" in said, said
        said = house.ctl("drop", "--yes", "--to", "p1*@good.test")
        assert "100 deliveries dropped" in said, said
        house.kill_house()
        house.start()
        said = house.ctl("release", *ALL)
        assert "%d deliveries released" % (COUNT - 200) in said, said
        house.ctl("retry", *ALL, code=None)  # who came to a lane that still waited to connect
        until(lambda: len({e["recipient"] for e in house.events("delivered")}) == COUNT - 100, 60,
              lambda: "%d delivered, %s" % (len(house.events("delivered")), status(house)))
        assert len(house.events("dropped")) == 100

        house.stop_sink()
        fill(house)
        house.start_sink()
        said = house.ctl("retry", *ALL)
        assert "%d deliveries to be tried now" % COUNT in said, said
        until(lambda: on_disk(house) == 0, 60, lambda: status(house))
        assert len(house.mails()) == 2 * COUNT - 100


run_test(main)
