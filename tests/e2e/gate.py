#!/usr/bin/env python3
"""Bulk mail that lacks a signature or one-click unsubscribing is refused in words after its content, or said in the log;
with all of it, it goes; mail that is not bulk goes anyway."""
import smtplib

from house import House, run_test, until

CAMPAIGN = ("X-Posthouse-Campaign", "spring")
ONE_CLICK = [("List-Unsubscribe", "<https://first.test/u?1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]


def refused(house, *headers, to="ann@good.test", **more):
    try:
        house.send(to, headers=headers, **more)
    except smtplib.SMTPDataError as e:
        assert e.smtp_code == 550 and e.smtp_error.startswith(b"5.7.1 "), e
        return e.smtp_error.decode()
    raise AssertionError("it was taken")


def settings(house, text):
    house.settings["tenant"] = text
    house.write_conf()
    house.ctl("reload")


def everything_is_named(house):
    said = refused(house, CAMPAIGN)
    assert "tenant first lacks" in said and "dkim new first first.test" in said and "one-click" in said, said
    assert len(said) < 500, said
    assert "key" in refused(house, *ONE_CLICK)
    try:
        house.send(*("n%d@good.test" % i for i in range(5)))
        raise AssertionError("five recipients are bulk here")
    except smtplib.SMTPDataError as e:
        assert e.smtp_code == 550, e
    house.send("plain@good.test")
    house.await_mail("plain@good.test")


def with_a_key(house):
    house.ctl("dkim", "new", "-s", "ph1", "first", "first.test")
    house.ctl("reload")
    assert "key" in refused(house, *ONE_CLICK)  # it does not sign yet
    house.ctl("dkim", "activate", "--force", "-s", "ph1", "first", "first.test")
    house.ctl("reload")
    said = refused(house, CAMPAIGN)
    assert "one-click" in said and "key" not in said, said
    house.send("bob@good.test", headers=[CAMPAIGN, *ONE_CLICK])
    content = house.await_mail("bob@good.test")[1]
    head = content.partition(b"\r\n\r\n")[0].lower()
    signature = head[head.index(b"dkim-signature:"):].replace(b"\r\n", b"").replace(b"\t", b"").replace(b" ", b"")
    signed = signature.partition(b";h=")[2].partition(b";")[0]
    assert b"list-unsubscribe:" in signed and b"list-unsubscribe-post" in signed, signed


def with_links_of_ours(house):
    settings(house, "gate refuse\n\ttracking-url https://t.first.test/")
    house.send("cat@good.test", headers=[CAMPAIGN])
    content = house.await_mail("cat@good.test")[1]
    assert b"List-Unsubscribe: <https://t.first.test/u/" in content, content
    assert "one-click" in refused(house, ("Precedence", "bulk"))


def suppressed(house):
    house.ctl("suppress", "add", "dan@good.test")
    with house.smtp() as s:
        s.ehlo("client.test")
        s.mail("news@first.test")
        code, reply = until(lambda: (lambda r: r if r[0] == 550 else None)(s.rcpt("dan@good.test")), 10, "550 at RCPT")
        assert code == 550 and b"suppress" in reply.lower(), reply


def only_said(house):
    settings(house, "gate warn")
    house.send("eve@good.test", headers=[CAMPAIGN])
    house.await_mail("eve@good.test")
    until(lambda: [l for l in house.log().splitlines() if " gate " in l and "one-click" in l], 5, "a line in the log")


def main():
    with House(tenant="gate refuse\n\tgate-recipients 5") as house:
        house.start()
        everything_is_named(house)
        with_a_key(house)
        with_links_of_ours(house)
        suppressed(house)
        only_said(house)


run_test(main)
