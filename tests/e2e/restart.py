#!/usr/bin/env python3
"""What waits survives: queued is killed, then the whole house; the mail is delivered afterwards, exactly once."""
import os
import signal

from house import House, run_test, until


def main():
    with House() as house:
        house.start()
        house.stop_sink()  # nobody is at home: the first attempt fails
        mail = house.send("ann@good.test", "bob@good.test")
        house.await_event("deferred", message=mail)
        (_, old), = house.pids("queued")
        os.kill(old, signal.SIGKILL)
        until(lambda: any(pid != old for _, pid in house.pids("queued")), 20, "a new queued")
        house.kill()       # everything at once, as when the power goes
        house.start()
        # What the index knew of its next try, two minutes from now, may have survived too.
        until(lambda: house.ctl("retry", mail, code=None) and house.events("delivered", message=mail), 20, "a retry")
        for person in ("ann@good.test", "bob@good.test"):
            house.await_event("delivered", 30, recipient=person)
            assert len(house.mails(person)) == 1, house.mails(person)
            assert len(house.finals(person)) == 1, house.finals(person)
        assert house.stop() == 0
        house.start()      # an empty queue stays empty
        house.send("carl@good.test")
        house.await_event("delivered", recipient="carl@good.test")
        assert len(house.mails("ann@good.test")) == 1
        assert house.stop() == 0
        spool_read(house)


def spool_read(house):
    """Status says when all of the spool was looked at."""
    house.start()
    until(lambda: "spool: read\n" in house.ctl("status", code=None), 10, lambda: house.ctl("status", code=None))


run_test(main)
