#!/usr/bin/env python3
"""What waits is seen after a restart, held or not; what was dropped stays away, until undrop brings all of it back."""
from house import House, run_test, until


def waiting(house):
    return {(r["recipient"], r["state"]) for r in house.rows("queue", code=None) if "recipient" in r}


def main():
    with House(retry_first="1h", retry_most="1h") as house:
        house.start()
        house.stop_sink()
        held, gone = house.send("ann@good.test"), house.send("bob@good.test", "carl@good.test")
        for mail in (held, gone):
            house.await_event("deferred", message=mail)
        until(lambda: ("carl@good.test", "deferred") in waiting(house), 10, "carl deferred")
        house.ctl("hold", held)
        house.ctl("drop", "--yes", gone)
        house.await_event("dropped", recipient="carl@good.test")
        house.kill()
        house.start()
        until(lambda: waiting(house) == {("ann@good.test", "held")}, 10, lambda: waiting(house))
        assert not house.mails("bob@good.test")
        assert "2 deliveries" in house.ctl("undrop", gone)
        house.ctl("undrop", gone, code=None)  # a second time changes nothing
        for person in ("bob@good.test", "carl@good.test"):
            house.await_mail(person)
            assert len(house.mails(person)) == 1


run_test(main)
