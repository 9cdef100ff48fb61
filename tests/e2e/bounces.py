#!/usr/bin/env python3
"""What comes back: a token ties it to its delivery and suppresses; what is forged, random or weakly tied does not."""
import hashlib
import hmac
import os
import signal
import smtplib
import time

from house import House, run_test, until

TENANT = """bounce-domain b.first.test
	feedback-address fbl@b.first.test
	replies desk@good.test
"""


class Shop(House):
    """Its tenant's programs are at 127.0.0.1; the rest of loopback is the world outside."""

    def write_conf(self, more=None):
        super().write_conf(more)
        with open(self.conf_path, encoding="utf-8") as f:
            text = f.read().replace("allow 127.0.0.0/8", "allow 127.0.0.1/32")
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(text)

    def outside(self):
        return smtplib.SMTP("127.0.0.1", self.inbound, timeout=30, source_address=("127.0.0.2", 0))

    def comes_back(self, to, content, sender=""):
        """The id under which the report was taken."""
        with self.outside() as s:
            s.ehlo("mx.good.test")
            for code, reply in (s.mail(sender), s.rcpt(to), s.data(content)):
                assert code == 250, (code, reply)
        return reply.decode().split()[-1]


def rcpt(house, address, sender=""):
    with house.outside() as s:
        s.ehlo("mx.good.test")
        assert s.mail(sender)[0] == 250
        return s.rcpt(address)


def message_id(house, mail):
    return house.await_event("received", message=mail)["message_id"]


def delivered(house, recipient, **more):
    """Sends one; (id, its bounce address, its Message-ID)."""
    mail = house.send(recipient, **more)
    house.await_event("delivered", recipient=recipient, message=mail)
    until(lambda: any(mail.encode() in content for _, content in house.mails(recipient)), 10, "the mail at the sink")
    head = [head for head, content in house.mails(recipient) if mail.encode() in content][0]
    sender = [line for line in head.splitlines() if line.lower().startswith("from:")][0]
    return mail, sender.split(":", 1)[1].strip().strip("<>"), message_id(house, mail)


def dsn(final, original_id="", reported=None, action="failed", status="5.1.1", tail=""):
    return ("From: MAILER-DAEMON@mx.good.test\r\nTo: you\r\nSubject: Undelivered Mail Returned to Sender\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.good.test\r\n\r\n"
            "Final-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user here\r\n\r\n"
            "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@first.test\r\nTo: %s\r\nSubject: A first mail\r\n"
            "%s%s\r\nHello.\r\n--b--\r\n" % (
                final, action, status, reported or final,
                "Message-ID: <%s>\r\n" % original_id if original_id else "", tail)).encode()


def arf(kind, head):
    return ("From: feedback@good.test\r\nTo: fbl@b.first.test\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\r\n"
            "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: %s\r\nUser-Agent: loop/1\r\nVersion: 1\r\n"
            "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n%sFrom: news@first.test\r\nTo: redacted@redacted.invalid\r\n"
            "Subject: A first mail\r\n\r\nHello.\r\n--b--\r\n" % (kind, head)).encode()


def letter(subject, text, headers=""):
    return ("From: Ann <ann@good.test>\r\nTo: news@first.test\r\nSubject: %s\r\nMessage-ID: <x%d@good.test>\r\n"
            "%sMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n%s\r\n" % (subject, time.time_ns(), headers, text)).encode()


def suppressed(house, address):
    return address in house.ctl("suppress", "list", code=None)


def report_of(house, report, kind, **facts):
    return house.await_event(kind, report=report, **facts)


def token_bounces(house):
    mail, back, _ = delivered(house, "late@good.test", headers=[("X-Posthouse-Campaign", "spring")])
    assert back.startswith("b+") and back.endswith("@b.first.test"), back
    report = house.comes_back(back, dsn("late@good.test"), sender="")
    e = report_of(house, report, "bounced")
    final = house.events("delivered", message=mail)[0]
    assert e["late"] and e["tie"] == "token" and e["class"] == "hard" and e["recipient"] == "late@good.test", e
    assert e["delivery"] == final["id"] and e["tenant"] == "first" and e["campaign"] == "spring", e
    assert e["site"] == final["site"] and e["source"] == final["source"], e
    assert suppressed(house, "late@good.test")
    assert "bounced after it was delivered" in house.trace(mail)
    house.send("late@good.test")
    house.await_event("suppressed", recipient="late@good.test")
    # Told twice it counts once; a forwarded address counts for the one the mail was sent to.
    again = house.comes_back(back, dsn("late@good.test"), sender="")
    assert report_of(house, again, "bounced")["repeat"]
    _, back, _ = delivered(house, "moved@good.test")
    report = house.comes_back(back, dsn("moved@home.example"), sender="")
    e = report_of(house, report, "bounced")
    assert e["recipient"] == "moved@good.test" and e["reported"] == "moved@home.example", e
    assert suppressed(house, "moved@good.test") and not suppressed(house, "moved@home.example")
    # A warning is no bounce.
    _, back, _ = delivered(house, "slow@good.test")
    report = house.comes_back(back, dsn("slow@good.test", action="delayed", status="4.4.1"), sender="")
    assert report_of(house, report, "returned")["kind"] == "delayed"
    assert not suppressed(house, "slow@good.test")


def token(house, message, expires_s, who="ann@good.test", tenant="first"):
    """An address as queued makes it (bounce_token.h), with the house's own key."""
    with open(house.folder + "/keys/bounce.key", encoding="ascii") as f:
        key_id, key = [line.split()[:2] for line in f if line.strip() and line[0] != "#"][0]

    def sign(purpose, raw, *parts):
        text = purpose + b"\0" + raw
        for part in parts:
            text += len(part).to_bytes(2, "big") + part.lower().encode()
        return hmac.new(bytes.fromhex(key), text, hashlib.sha256).digest()[:8]

    domain = "b.%s.test" % tenant
    raw = bytes([1 << 4 | int(key_id)]) + message + b"\0\0"
    raw += sign(b"posthouse bounce recipient", raw, tenant, domain, who) + int(expires_s / 3600).to_bytes(3, "big")
    raw += sign(b"posthouse bounce 2", raw, tenant, domain, "")
    bits = int.from_bytes(raw, "big") << 1
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    return "b+" + "".join(letters[bits >> 5 * i & 31] for i in range(60, -1, -1)) + "@" + domain


def forged_and_random(house):
    assert rcpt(house, token(house, b"m" * 16, time.time() + 86400))[0] == 250
    code, text = rcpt(house, token(house, b"m" * 16, time.time() - 86400))
    assert code == 550 and b"5.1.1" in text and b"expired" in text, (code, text)
    code, text = rcpt(house, "b+2" + "0" * 60 + "@b.first.test")
    assert code == 550 and b"5.7.1" in text and b"no such bounce address" in text, (code, text)
    code, text = rcpt(house, "anybody@b.first.test")
    assert code == 550 and b"5.7.1" in text, (code, text)
    _, back, _ = delivered(house, "mallory@good.test")
    wrong = back[:20] + ("0" if back[20] != "0" else "1") + back[21:]
    assert rcpt(house, wrong)[0] == 550
    # A good token of one's own, naming two others.
    body = dsn("victim@good.test").replace(
        b"\r\n\r\n--b\r\nContent-Type: message/rfc822",
        b"\r\n\r\nFinal-Recipient: rfc822; second@good.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"\r\n--b\r\nContent-Type: message/rfc822")
    report = house.comes_back(back, body, sender="")
    e = report_of(house, report, "returned")
    assert e["kind"] == "bounce", e
    assert not suppressed(house, "victim@good.test") and not suppressed(house, "mallory@good.test")


def weak(house):
    mail, _, original = delivered(house, "weak@good.test")
    report = house.comes_back("fbl@b.first.test", dsn("weak@good.test", original), sender="")
    e = report_of(house, report, "bounced")
    assert e["tie"] == "message-id" and e["message"] == mail and e["recipient"] == "weak@good.test", e
    assert not suppressed(house, "weak@good.test")
    report = house.comes_back("fbl@b.first.test", dsn("stranger@good.test", original), sender="")
    e = report_of(house, report, "returned")
    assert e["tie"] == "none" and "tenant" not in e and e["reported"] == "stranger@good.test", e
    report = house.comes_back("fbl@b.first.test", dsn("weak@good.test", "made-up@first.test"), sender="")
    assert report_of(house, report, "returned")["tie"] == "none"


def complaints(house):
    mail, back, _ = delivered(house, "angry@good.test")
    report = house.comes_back("FBL@b.first.test", arf("abuse", "Return-Path: <%s>\r\n" % back), sender="loop@good.test")
    e = report_of(house, report, "complaint")
    assert e["tie"] == "header-token" and e["recipient"] == "angry@good.test" and e["message"] == mail, e
    assert e["feedback_type"] == "abuse" and e["tenant"] == "first", e
    assert suppressed(house, "angry@good.test")
    _, back, _ = delivered(house, "content@good.test")
    report = house.comes_back("fbl@b.first.test", arf("not-spam", "Return-Path: <%s>\r\n" % back), sender="loop@good.test")
    assert report_of(house, report, "returned")["feedback_type"] == "not-spam"
    assert not suppressed(house, "content@good.test")


def answers(house):
    _, back, _ = delivered(house, "away@good.test")
    report = house.comes_back(back, letter("Out of office", "I am on vacation until Monday.",
                                             "Auto-Submitted: auto-replied\r\n"), sender="")
    e = report_of(house, report, "autoreply")
    assert e["recipient"] == "away@good.test" and e["tenant"] == "first", e
    assert not suppressed(house, "away@good.test")
    _, back, _ = delivered(house, "done@good.test")
    report = house.comes_back(back, letter("unsubscribe", "unsubscribe"), sender="done@good.test")
    report_of(house, report, "unsubscribed", recipient="done@good.test")
    assert "unsubscribed" in house.ctl("suppress", "why", "done@good.test", "--tenant", "first", code=None) or \
        suppressed(house, "done@good.test")
    _, back, _ = delivered(house, "human@good.test")
    text = "Dear shop, which of the two coats did you mean in your last letter? Kind regards, Ann"
    report = house.comes_back(back, letter("Re: A first mail", text, "In-Reply-To: <y@first.test>\r\n"), sender="ann@good.test")
    e = report_of(house, report, "reply")
    assert e["forwarded"] == "desk@good.test", e
    forwarded = house.await_mail("desk@good.test")
    assert text.encode() in forwarded[1]
    done = house.await_event("delivered", message=report)
    assert done["reason"] == "forwarded", done
    # A large one goes on as a draft; one that goes round in circles does not.
    large = text + "".join("\r\n%06d and so on" % i for i in range(12000)) + "\r\nthe very end"
    delivered(house, "human@good.test")
    report = house.comes_back(back, letter("Re: A first mail", large, "In-Reply-To: <y@first.test>\r\n"), sender="ann@good.test")
    house.await_event("delivered", message=report, reason="forwarded")
    until(lambda: any(b"the very end" in content for _, content in house.mails("desk@good.test")), 10, "the large answer")
    hops = "".join("Received: from a.test by b.test; Tue, 24 Nov 2026 00:00:00 +0000\r\n" for _ in range(26))
    report = house.comes_back(back, hops.encode() + letter("Re: A first mail", text), sender="ann@good.test")
    house.await_event("delivered", message=report, reason="not forwarded")


def loops(house):
    """Whoever writes again and again to one address is heard REPEATS_MAX times."""
    _, back, _ = delivered(house, "loop@good.test")
    reports = [house.comes_back(back, letter("Out of office", "Away.", "Auto-Submitted: auto-replied\r\n"))
               for _ in range(23)]
    for report in reports:
        house.await_event("delivered", message=report)
    assert len(house.events("autoreply", recipient="loop@good.test")) == 20
    assert "returned-too-often" in house.log()


def unreadable(house):
    """What three workers died of is told and set aside, not tried for ever."""
    _, back, _ = delivered(house, "killer@good.test")
    report = None
    for deaths in range(3):
        pid = until(lambda: house.pids("bouncd-parse"), 10, "a worker")[0][1]
        os.kill(pid, signal.SIGSTOP)
        if report is None:
            report = house.comes_back(back, dsn("killer@good.test"))
        else:
            house.ctl("retry", report)
        time.sleep(0.3) # it is with the worker by now: nothing shows that from outside
        os.kill(pid, signal.SIGKILL)
        until(lambda: len(house.events("deferred", message=report)) > deaths, 10, "put off")
        until(lambda: [p for _, p in house.pids("bouncd-parse") if p != pid], 10, "the next worker")
    house.ctl("retry", report)
    e = report_of(house, report, "returned")
    assert e["kind"] == "unreadable" and e["tie"] == "token" and e["recipient"] == "killer@good.test", e
    assert "set aside" in house.await_event("dropped", message=report)["reason"]
    until(lambda: any(report.lower() in name.lower() for name in os.listdir(house.folder + "/spool/corrupt")), 10, "the mail aside")
    assert not suppressed(house, "killer@good.test")


def soft_ones_count(house):
    """A late soft bounce counts for its day; so many days as the policy says suppress (bouncd/policy_test.c has the days)."""
    full = dsn("brim@good.test", status="5.2.2").replace(b"550 5.1.1 no such user here", b"552 5.2.2 mailbox full")
    _, back, _ = delivered(house, "brim@good.test")
    e = report_of(house, house.comes_back(back, full), "bounced")
    assert (e["class"], e["category"]) == ("soft", "mailbox-full"), e
    assert not suppressed(house, "brim@good.test"), "one day is not five"
    house.write_conf("bounces {\n\tsuppress-soft-after 1\n}\n")
    house.ctl("reload")
    _, back, _ = delivered(house, "brim@good.test")
    report_of(house, house.comes_back(back, full), "bounced")
    until(lambda: suppressed(house, "brim@good.test"), 10, "suppressed for its soft bounces")
    assert "soft-bounces" in house.ctl("suppress", "why", "brim@good.test", "-s", "first")


def numbers(house):
    def tenant():
        rows = [r for r in house.rows("bounces", "--by", "tenant", code=None) if r.get("name") == "first"]
        return rows and rows[0]["late"] >= 2 and rows[0]
    row = until(tenant, 10, "numbers of the tenant")
    assert row["complaints"] == 1 and row["delivered"] > 8, row
    for by in ("provider", "category", "campaign", "source", "site"):
        assert house.rows("bounces", "--by", by), by
    assert "first/spring" in house.ctl("bounces", "--by", "campaign", "--since", "2d")
    totals = [r for r in house.rows("stats") if r.get("tenant") == "first"][0]
    assert totals["late_hard"] >= 2 and totals["autoreply"] >= 1 and totals["reply"] >= 1, totals


def main():
    with Shop(tenant=TENANT) as house:
        house.start()
        token_bounces(house)
        forged_and_random(house)
        weak(house)
        complaints(house)
        answers(house)
        loops(house)
        numbers(house)
        unreadable(house)
        soft_ones_count(house)
        house.write_conf("bounces {\n\tsuppress-untokened yes\n}\n")
        house.ctl("reload")
        _, _, original = delivered(house, "weaker@good.test")
        house.comes_back("fbl@b.first.test", dsn("weaker@good.test", original), sender="")
        until(lambda: suppressed(house, "weaker@good.test"), 10, "a suppression without a token")
        assert house.stop() == 0


if __name__ == "__main__":
    run_test(main)
