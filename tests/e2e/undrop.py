#!/usr/bin/env python3
"""What waits is seen after a restart, held or not; what was dropped stays away, until undrop brings all of it back."""
from house import House, run_test, until


def waiting(house):
    return {(r["recipient"], r["state"]) for r in house.rows("queue", code=None) if "recipient" in r}


def waits(house, person):
    """Its server is away: it was put off, or lines up until the server is back."""
    return any((person, state) in waiting(house) for state in ("deferred", "lane", "in its lane"))


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        house.stop_sink()
        held, gone = house.send("ann@good.test"), house.send("bob@good.test", "carl@good.test")
        for mail in (held, gone):
            house.await_event("deferred", message=mail)
        until(lambda: waits(house, "carl@good.test"), 10, lambda: waiting(house))
        house.ctl("hold", held)
        house.ctl("drop", "--yes", gone)
        house.await_event("dropped", recipient="carl@good.test")
        house.kill()
        house.start()
        until(lambda: waiting(house) == {("ann@good.test", "held")}, 10, lambda: waiting(house))
        assert not house.mails("bob@good.test")
        assert "2 deliveries" in house.ctl("undrop", gone)
        house.ctl("undrop", gone, code=None)  # a second time changes nothing
        # Dropped and brought back while nobody answers, then the house dies: what was brought back is still there.
        house.stop_sink()
        again = house.send("dora@good.test", "eve@good.test")
        house.await_event("deferred", message=again)
        until(lambda: waits(house, "eve@good.test"), 10, lambda: waiting(house))
        house.ctl("drop", "--yes", again)
        house.await_event("dropped", recipient="eve@good.test")
        until(lambda: "2 deliveries" in house.ctl("undrop", again, code=None), 10, "undrop")
        house.kill()
        house.start()
        for mail in (gone, again):
            house.ctl("retry", "--yes", mail, code=None)  # where it is not on its way already
        for person in ("bob@good.test", "carl@good.test", "dora@good.test", "eve@good.test"):
            house.await_mail(person)
            assert len(house.mails(person)) == 1


run_test(main)
