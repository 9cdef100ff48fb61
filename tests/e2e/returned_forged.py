#!/usr/bin/env python3
"""Whoever received one mail holds one good token. Whatever he forges with it, he can end his own mail and nobody else's:
also while trackd-stats is away, and also at another tenant's domain."""
import os
import signal

from bounces import Shop, TENANT, arf, delivered, dsn, letter, rcpt, report_of, suppressed, token
from house import run_test, until

MORE = """tenant second {
	domain second.test
	allow 127.9.9.9
	bounce-domain b.second.test
	feedback-address fbl@b.second.test
}
"""
VICTIM = "victim@good.test"


def two(final, original):
    return dsn(final).replace(b"Final-Recipient", b"Original-Recipient: rfc822; %s\r\nFinal-Recipient" % original.encode())


def several(*addresses):
    body = dsn(addresses[0])
    for a in addresses[1:]:
        body = body.replace(b"\r\n\r\n--b\r\nContent-Type: message/rfc822",
                            b"\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                            b"\r\n--b\r\nContent-Type: message/rfc822" % a.encode())
    return body


def complaint_of(address, back):
    return arf("abuse", "Return-Path: <%s>\r\nTo: %s\r\n" % (back, address)).replace(
        b"Version: 1\r\n", b"Version: 1\r\nOriginal-Rcpt-To: <%s>\r\nOriginal-Mail-From: <%s>\r\n" % (
            address.encode(), back.encode()))


def forgeries(house, who):
    """Each is told, and none is about the victim. who: a recipient that no other call has."""
    _, back, _ = delivered(house, who)
    made = [
        (back, dsn(VICTIM), ""),
        (back, two(VICTIM, VICTIM), ""),
        (back, two(who, VICTIM), ""),
        (back, two("alias@elsewhere.example", VICTIM), VICTIM),
        (back, several(VICTIM, "second@good.test"), ""),
        (back, several(who, VICTIM), ""),
        (back, dsn(VICTIM, reported=VICTIM), VICTIM),
        (back, letter("unsubscribe", "unsubscribe"), VICTIM),
        ("fbl@b.first.test", complaint_of(VICTIM, back), ""),
        ("fbl@b.second.test", complaint_of(VICTIM, back), ""),
        ("fbl@b.first.test", complaint_of(VICTIM, back.replace("b.first", "b.second")), ""),
    ]
    for to, body, sender in made:
        report = house.comes_back(to, body, sender)
        house.await_event("delivered", message=report)
        told = [e for e in house.events() if e.get("report") == report]
        assert len(told) == 1, told
        assert told[0].get("recipient", who).lower() == who, told
        assert told[0].get("tenant", "first") == "first", told
        assert not suppressed(house, VICTIM), body
    return back


def honest(house, who):
    """The report names the address that the token was made for: it counts, whoever else is away."""
    _, back, _ = delivered(house, who)
    e = report_of(house, house.comes_back(back, dsn(who)), "bounced")
    assert e["recipient"] == who and e["tenant"] == "first", e
    until(lambda: suppressed(house, who), 10, "the honest bounce on the list")
    _, back, _ = delivered(house, "out-" + who)
    e = report_of(house, house.comes_back(back, letter("unsubscribe", "unsubscribe"), "out-" + who), "unsubscribed")
    assert e["recipient"] == "out-" + who, e
    until(lambda: suppressed(house, "out-" + who), 10, "who asked out on the list")


def other_domains(house, back):
    local = back.split("@")[0]
    assert rcpt(house, back)[0] == 250
    code, text = rcpt(house, local + "@b.second.test")
    assert code == 550 and b"no such bounce address" in text, (code, text)
    old = token(house, b"m" * 16, 0, who="ann@good.test")
    code, text = rcpt(house, old)
    assert code == 550 and b"expired" in text, (code, text)


def main():
    with Shop(tenant=TENANT, more=MORE) as house:
        house.start()
        back = forgeries(house, "mallory@good.test")
        other_domains(house, back)
        honest(house, "ann@good.test")
        stats = house.pids("trackd-stats")[0][1]
        os.kill(stats, signal.SIGSTOP)
        try:
            honest(house, "bob@good.test")
        finally:
            os.kill(stats, signal.SIGCONT)
        # The index has forgotten everything, and what it has counts for nothing.
        assert house.stop() == 0
        os.remove(house.folder + "/state/stats/deliveries.mdb")
        for name in ("queued", "bouncd", "trackd-web"):
            os.truncate(house.folder + "/events/%s.jsonl" % name, 0)
        house.start()
        local, domain = back.split("@")
        report = house.comes_back(local.upper() + "@" + domain, dsn(VICTIM))
        e = house.await_event("bounced", report=report)
        assert "recipient" not in e and e["reported"] == VICTIM, e
        assert not suppressed(house, VICTIM)
        assert house.stop() == 0


if __name__ == "__main__":
    run_test(main)
