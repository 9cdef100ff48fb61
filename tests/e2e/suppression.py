#!/usr/bin/env python3
"""An address on the suppression list gets nothing more: a hard bounce puts it there, an operator takes it off; what waits in the
queue is stopped too; the event says who, why and since when."""
import json
import smtplib
import time

from house import House, run_test, until


def listed(house, *words):
    return house.ctl("suppress", "list", *words)


def by_bounce(house):
    house.send("nobody@good.test")
    bounced = house.await_event("bounced", recipient="nobody@good.test")
    until(lambda: "nobody@good.test" in listed(house), 10, "nobody on the list")
    house.send("nobody@good.test")
    event = house.await_event("suppressed", recipient="nobody@good.test")
    assert (event["scope"], event["reason"]) == ("first", "hard-bounce"), event
    assert event["source"] == bounced["message"], (event, bounced)


def by_hand(house):
    house.ctl("suppress", "add", "ann@good.test", "--note", "she called")
    assert house.events("admin", verb="suppress-add")[0]["reason"] == "she called"
    house.send("ann@good.test", "bob@good.test")
    event = house.await_event("suppressed", recipient="ann@good.test")
    assert event["reason"] == "by-hand" and "scope" not in event, event
    house.await_event("delivered", recipient="bob@good.test")
    house.ctl("suppress", "rm", "ann@good.test")
    house.send("ann@good.test")
    house.await_event("delivered", recipient="ann@good.test")


def by_campaign(house):
    house.ctl("suppress", "add", "cat@good.test", "-s", "first/spring", "-r", "unsubscribed")
    house.send("cat@good.test", headers=[("X-Posthouse-Campaign", "Spring")])
    event = house.await_event("suppressed", recipient="cat@good.test")
    assert (event["scope"], event["reason"]) == ("first/spring", "unsubscribed"), event
    house.send("cat@good.test", headers=[("X-Posthouse-Campaign", "autumn")])
    house.await_event("delivered", recipient="cat@good.test")
    assert "first/spring" in house.ctl("suppress", "why", "CAT@good.test")
    assert "not suppressed" in house.ctl("suppress", "why", "cat@good.test", "-s", "other", code=1)


def stopped_in_the_queue(house):
    """Mail waits; meanwhile the address is suppressed: the copy in the queue ends."""
    house.send("dan@slow.test")
    house.await_event("deferred", recipient="dan@slow.test")
    house.ctl("suppress", "add", "dan@slow.test", "-s", "first", "-r", "complaint")
    event = house.await_event("suppressed", recipient="dan@slow.test")
    assert (event["scope"], event["reason"]) == ("first", "complaint"), event


def any_spelling(house, way):
    """One entry, however it is written when it is added, at RCPT and as the delivery is due."""
    for added, sent, kept in (("Fay@Good.test", '"fay"@good.test', "fay@good.test"),
                              ('"gus"@good.test', "GUS@good.TEST", "gus@good.test"),
                              ("hal@B\u00fccher.test", "hal@xn--bcher-kva.test", "hal@xn--bcher-kva.test"),
                              ("ian@[IPv6:2001:DB8:0::1]", "ian@[IPv6:2001:db8::1]", "ian@[ipv6:2001:db8::1]")):
        house.ctl("suppress", "add", added, "-s", "first")
        assert kept in house.ctl("suppress", "why", sent), added
        if way == "due":
            mail = house.send(sent)
            house.await_event("suppressed", message=mail)
        else:
            with house.smtp() as s:
                s.ehlo("client.test")
                s.mail("news@first.test")
                code, reply = s.rcpt(sent)
                assert code == 550, (code, reply)
        house.ctl("suppress", "rm", sent, "-s", "first")
        assert "not suppressed" in house.ctl("suppress", "why", sent, code=1), added


def refused_at_rcpt(house):
    house.ctl("suppress", "add", "eve@good.test", "-s", "first")
    with smtplib.SMTP("127.0.0.1", house.inbound, timeout=30) as s:
        s.ehlo("client.test")
        s.mail("news@first.test")
        code, text = s.rcpt("eve@good.test")
        assert code == 550 and b"5.7.1" in text and b"by-hand" in text, (code, text)
        assert s.rcpt("fay@good.test")[0] == 250


def runs_out(house):
    house.ctl("suppress", "add", "gil@good.test", "--for", "1s")
    time.sleep(1.1)
    assert "not suppressed" in house.ctl("suppress", "why", "gil@good.test", code=1)
    until(lambda: "gil@good.test" not in house.ctl("suppress", "list", code=None), 10, "gil swept")
    house.send("gil@good.test")
    house.await_event("delivered", recipient="gil@good.test")


def there_and_back(house):
    """Export, forget all, import: the same list; bad lines are named."""
    before = house.ctl("suppress", "export")
    rows = before.splitlines()
    assert rows[0] == "address,scope,reason,time,expires,event" and len(rows) > 4, before
    as_json = house.ctl("-j", "suppress", "export")
    assert len(as_json.splitlines()) == len(rows) - 1
    for line in as_json.splitlines():
        row = json.loads(line)
        house.ctl("suppress", "rm", row["address"], "-s", row["scope"])
    assert "Nobody" in house.ctl("suppress", "list", code=1)
    house.ctl("suppress", "import", "--dry-run", text=before)
    assert len(house.ctl("suppress", "export").splitlines()) == 1
    said = house.ctl("suppress", "import", text=before + "no address\n", code=1)
    assert "standard input:%d: not an address" % (len(rows) + 1) in said, said
    assert sorted(house.ctl("suppress", "export").splitlines()) == sorted(rows)
    house.ctl("suppress", "import", "--skip-bad", "--replace", text=as_json + "no address\n")
    assert sorted(house.ctl("suppress", "export").splitlines()) == sorted(rows)
    counted = [e["count"] for e in house.events("admin", verb="suppress-import")]
    assert counted == [len(rows) - 1] * 2, counted


def forgotten(house):
    house.ctl("suppress", "add", "hal@good.test", "-s", "first")
    said = house.ctl("forget", "hal@good.test", code=2)
    assert "--keep-suppressed" in said and "--yes" in said, said
    house.ctl("forget", "--yes", "--keep-suppressed", "hal@good.test")
    assert "hal@" not in listed(house)
    assert "by-hand" in house.ctl("suppress", "why", "hal@good.test")
    house.send("ann@good.test")
    with smtplib.SMTP("127.0.0.1", house.inbound, timeout=30) as s:
        s.ehlo("client.test")
        s.mail("news@first.test")
        assert s.rcpt("hal@good.test")[0] == 550
    house.ctl("forget", "-y", "hal@good.test")
    assert "not suppressed" in house.ctl("suppress", "why", "hal@good.test", code=1)


def survives(house):
    """What was answered is on disk: all killed at once; then stored as hashes."""
    before = sorted(house.ctl("suppress", "export").splitlines())
    house.ctl("suppress", "add", "ida@good.test")
    house.kill_house()
    house.write_conf("bounces {\n\tsuppression-store hashed\n}\n")
    house.start()
    until(lambda: "@" not in house.ctl("suppress", "export"), 10, "hashes alone")
    assert len(house.ctl("suppress", "export").splitlines()) == len(before) + 1
    assert "by-hand" in house.ctl("suppress", "why", "ida@good.test")
    house.send("ida@good.test")
    house.await_event("suppressed", recipient="ida@good.test")
    assert "may be mailed" in house.ctl("suppress", "rm", "ida@good.test")


def main():
    with House(sinks={"good": "unknown=nobody*", "slow": 'rcpt="451 4.3.0 later"'},
               routes={"good.test": "good", "slow.test": "slow"}) as house:
        house.start()
        by_bounce(house)
        by_hand(house)
        by_campaign(house)
        stopped_in_the_queue(house)
        any_spelling(house, "due")
        house.settings["tenant"] = "suppress-at-rcpt yes"
        house.write_conf()
        house.ctl("reload")
        refused_at_rcpt(house)
        any_spelling(house, "rcpt")
        house.settings["tenant"] = ""
        house.write_conf()
        house.ctl("reload")
        runs_out(house)
        there_and_back(house)
        house.settings["tenant"] = "suppress-at-rcpt yes"
        house.write_conf()
        house.ctl("reload")
        forgotten(house)
        house.settings["tenant"] = ""
        survives(house)


run_test(main)
