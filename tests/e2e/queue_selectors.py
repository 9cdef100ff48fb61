#!/usr/bin/env python3
"""One language selects for every verb: states are words of one list, an age, a reply, a source, a configured site's name; the
beginning of an id stands for one message; queue says how many there are; what was dropped is listed and comes back, whole
messages and single recipients; bounce and expire tell the sender."""
import os
import re
import subprocess

from house import BIN, TOP, House, run_test, until

MORE = """site slowly {
	domain slow.test
	message-rate 1/h
}
"""


def recipients(house, *words):
    return {r["recipient"] for r in house.rows("queue", *words, code=None) if "recipient" in r}


def states(house):
    """Those that wait, by the words of common/delivery_state.c; each has its line in the manual."""
    with open(TOP + "/common/delivery_state.c", encoding="utf-8") as f:
        words = re.findall(r"= \{ \"(\w+)\", '", f.read())
    with open(TOP + "/man/posthouse.1", encoding="utf-8") as f:
        manual = f.read()
    assert "sending" in words and "corrupt" in words, words
    for word in words:
        if word != "ended":
            assert "\n.It Cm %s\n" % word in manual, word
            house.ctl("queue", "--state", word, code=None if recipients(house, "--state", word) else 1)
    said = house.ctl("queue", "--state", "sednign", code=2)
    assert "sednign" in said and "sending" in said, said


def selected(house, ids):
    assert recipients(house, "--state", "lane") == {"b1@slow.test", "b2@slow.test"} or \
        recipients(house, "--state", "lane") == {"b2@slow.test"}, house.ctl("queue")
    assert recipients(house, "--state", "DEFERRED") == {"ann@dead.test", "bob@dead.test"}, house.ctl("queue")
    assert "b2@slow.test" in recipients(house, "--site", "slowly"), house.ctl("lanes")
    assert recipients(house, "--site", "slowly") == recipients(house, "--to", "*@slow.test")
    assert "ann@dead.test" in recipients(house, "--reply", "refused"), house.ctl("queue")
    assert recipients(house, "--reply", "no such words") == set()
    assert recipients(house, "--older", "1d") == set()
    until(lambda: "ann@dead.test" in recipients(house, "--older", "1s", "--tenant", "first"), 5, "a second old")
    assert recipients(house, "--source", "nowhere") == set()
    assert "b2@slow.test" in recipients(house, "--source", "*")  or house.ctl("queue", "--source", "*", code=2)
    for bad in (["--older", "soon"], ["--site", ""], ["--all", "--to", "x@y"]):
        house.ctl("queue", *bad, code=2)
    same = os.path.commonprefix(ids)
    for verb in ("queue", "hold", "why"):
        said = house.ctl(verb, same, code=2)
        assert "several messages begin" in said, said
    assert "1 of " in house.ctl("queue", "--limit", "1").splitlines()[-1]


def reasons(house, ident):
    for word in (ident, "ann@dead.test", "dead.test", "first"):
        assert "ann@dead.test" in house.ctl("why", word), word
    for word in ("slowly", "slow.test"):
        said = house.ctl("why", word)
        assert "b2@slow.test" in said and "message-rate" in said, said
    house.ctl("why", "nobody@nowhere.test", code=1)


def dropped(house, ident):
    """One recipient of two, then the other: each comes back."""
    house.ctl("drop", "--yes", "--to", "ann@dead.test")
    house.await_event("dropped", recipient="ann@dead.test")
    until(lambda: recipients(house, "--trash") == {"ann@dead.test"}, 10, lambda: house.ctl("queue", "--trash", code=None))
    assert recipients(house, ident) == {"bob@dead.test"}
    assert house.rows("undrop", "--dry-run", ident) == [{"verb": "undrop", "count": 1}]
    assert recipients(house, ident) == {"bob@dead.test"}
    assert "1 delivery" in house.ctl("undrop", ident)
    until(lambda: recipients(house, ident) == {"ann@dead.test", "bob@dead.test"}, 10, lambda: house.ctl("queue"))
    house.ctl("hold", ident)
    house.ctl("drop", "--yes", ident)
    until(lambda: recipients(house, "--trash", "--tenant", "first") == {"ann@dead.test", "bob@dead.test"}, 10,
          lambda: house.ctl("queue", "--trash", code=None))
    assert recipients(house, "--state", "dropped") == {"ann@dead.test", "bob@dead.test"}
    assert recipients(house, "--trash", "--to", "nobody@x.test") == set()
    house.ctl("undrop", "--from", "other@first.test", "--yes", code=1)
    assert "2 deliveries (to *@dead.test)" in house.ctl("undrop", "--dry-run", "--to", "*@dead.test")
    until(lambda: "2 deliveries" in house.ctl("undrop", "--yes", "--to", "*@dead.test", code=None), 10, "undrop")
    until(lambda: recipients(house, ident) == {"ann@dead.test", "bob@dead.test"}, 10, lambda: house.ctl("queue"))
    house.ctl("undrop", ident, code=1)


def ended(house):
    house.ctl("bounce", "--yes", "--reason", "wrong list", "--to", "ann@dead.test")
    bounced = house.await_event("bounced", recipient="ann@dead.test")
    assert "postmaster" in bounced["reply"], bounced
    house.ctl("expire", "--yes", "--to", "bob@dead.test")
    house.await_event("expired", recipient="bob@dead.test")
    house.await_event("admin", verb="bounce", reason="wrong list")
    until(lambda: len([m for m in house.mails("news@first.test") if b"dead.test" in m[1]]) == 2, 15, "two bounce messages")
    assert recipients(house, "--to", "*@dead.test") == set()


def main():
    with House(routes={"good.test": "good", "first.test": "good"}, retry_first="1h", retry_most="1h",
               more=MORE + "route dead.test {\n\tto 127.0.0.1:9\n\ttls none\n}\n") as house:
        house.write_conf(house.more + "route slow.test {\n\tto 127.0.0.1:%d\n\ttls none\n}\n" % house.sink_ports["good"])
        house.start()
        ids = [house.send("ann@dead.test", "bob@dead.test")] + [house.send("b%d@slow.test" % i) for i in range(3)]
        house.await_event("deferred", recipient="ann@dead.test")
        house.await_event("deferred", recipient="bob@dead.test")
        until(lambda: "b2@slow.test" in recipients(house, "--state", "lane"), 10, lambda: house.ctl("queue"))
        states(house)
        selected(house, ids)
        reasons(house, ids[0])
        dropped(house, ids[0])
        ended(house)
        queued = subprocess.run([BIN + "/mailq"], env={**os.environ, "POSTHOUSE_CONF": house.conf_path}, capture_output=True,
                                text=True, check=True).stdout
        assert "b2@slow.test" in queued, queued


run_test(main)
