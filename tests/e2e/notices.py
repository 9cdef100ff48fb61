#!/usr/bin/env python3
"""The bounce messages we make, read by Python's email package: failed, delayed, relayed, in UTF-8, in 7 bits, in a digest."""
import time

from house import House, run_test, until
from report import Report

SENDER = "news@first.test"
SINKS = {"good": "", "dsn": "dsn=yes smtputf8=yes", "unknown": "unknown=nobody* full=full*",
         "old": "8bitmime=no", "slow": 'mail="451 4.3.1 disk is busy"'}
ROUTES = {"good.test": "good", "dsn.test": "dsn", "unknown.test": "unknown", "slow.test": "slow", "first.test": "good", "mail.first.test": "old",
          "xn--bcher-kva.test": "unknown"}


def submit(house, to, options=(), mail_options=(), sender=SENDER, body=b"Hello.\r\n", head=b""):
    """One mail with DSN parameters; its id and its Message-ID."""
    ident = "<%d@first.test>" % time.time_ns()
    content = (b"From: Ann <%s>\r\nTo: some@where.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= to all\r\n"
               b"Message-ID: %s\r\n" % (SENDER.encode(), ident.encode())) + head + b"\r\n" + body
    with house.smtp() as s:
        s.ehlo("client.test")
        s.command_encoding = "utf-8"
        code, reply = s.mail(sender, mail_options)
        assert code == 250, reply
        for i, r in enumerate(to):
            code, reply = s.rcpt(r, options[i] if i < len(options) else ())
            assert code == 250, (r, reply)
        code, reply = s.data(content)
        assert code == 250, reply
    return reply.decode().split()[-1], ident, content


def reports(house, about=None):
    found = [Report(content) for _, content in house.mails(SENDER)]
    return [r for r in found if about is None or about in (r.mail["References"] or "")]


def report(house, about, n=1):
    found = until(lambda: len(reports(house, about)) >= n and reports(house, about), 20, "%d reports about %s" % (n, about))
    assert len(found) == n, [r.text for r in found]
    return found[-1]


def failed(house):
    mail, ident, content = submit(
        house, ["nobody@unknown.test", "nobody2@unknown.test", "full@unknown.test", "never@unknown.test"],
        [["ORCPT=rfc822;no+2Bbody@list.test", "NOTIFY=FAILURE"], [], [], []], ["RET=FULL", "ENVID=order+2042"])
    r = report(house, ident)
    head, _ = house.mails(SENDER)[-1]
    assert "\nfrom: \n" in head + "\n", head
    assert r.mail["In-Reply-To"] == ident and r.mail["From"].addresses[0].addr_spec == "mailer-daemon@relay.test"
    assert str(r.mail["Subject"]) == "Undelivered: Gr\u00fc\u00dfe to all", r.mail["Subject"]
    assert r.fields["Reporting-MTA"] == "dns; relay.test" and r.fields["Original-Envelope-Id"] == "order 42"
    assert r.fields["Received-From-MTA"] == "dns; client.test" and r.fields["Arrival-Date"]
    one = r.of("nobody@unknown.test")
    assert one["Original-Recipient"] == "rfc822;no+body@list.test" and one["Action"] == "failed"
    assert one["Status"] == "5.1.1" and one["Remote-MTA"] == "dns; [127.0.0.1]", dict(one)
    assert one["Diagnostic-Code"].startswith("smtp; 550 5.1.1 "), one["Diagnostic-Code"]
    assert one["Final-Log-ID"] == mail and one["Last-Attempt-Date"] and not one["Will-Retry-Until"]
    assert len(r.recipients) in (2, 3), r.text  # the full one may be tried again
    assert "Your message \"Gr\u00fc\u00dfe to all\"" in r.text and "there is no such mailbox" in r.text, r.text
    assert "    <nobody@unknown.test>\n    <nobody2@unknown.test>\n" in r.text, r.text
    assert r.third.get_content_type() == "message/rfc822"
    back = content.replace(b"\r\n", b"\n")
    assert r.third.get_content().as_bytes().replace(b"\r\n", b"\n").endswith(back.split(b"\n\n", 1)[1])
    assert r.third.get_content()["Message-ID"] == ident
    ours = r.ours()
    assert ours["kind"] == "bounce" and ours["recipients"][0]["address"] == "nobody@unknown.test", ours
    assert ours["recipients"][0]["category"] == "bad-mailbox", ours


def too_large_for_whole(house):
    _, ident, _ = submit(house, ["nobody-large@unknown.test"], [], ["RET=FULL"], body=(b"x" * 70 + b"\r\n") * 1024)
    r = report(house, ident)
    assert r.third.get_content_type() == "text/rfc822-headers" and r.headers()[0]["Message-ID"] == ident


def not_asked_for(house):
    """NEVER and SUCCESS alone say nothing of failures; nothing answers the null sender."""
    mails = [submit(house, ["nobody-never@unknown.test"], [["NOTIFY=NEVER"]])[:2],
             submit(house, ["nobody-other@unknown.test"], [["NOTIFY=SUCCESS,DELAY"]])[:2],
             submit(house, ["nobody-null@unknown.test"], sender="")[:2]]
    for mail, _ in mails:
        house.await_event("bounced", message=mail)
    time.sleep(1.5)
    assert not [i for _, i in mails if reports(house, i)]


def success(house):
    """At a server without DSN the sender hears of it from us; with DSN it is that server's to tell (RFC 3461 5.2)."""
    mail, ident, _ = submit(house, ["ann@good.test", "bob@dsn.test", "cid@good.test"],
                            [["NOTIFY=SUCCESS", "ORCPT=rfc822;ann@list.test"], ["NOTIFY=SUCCESS,FAILURE"], []],
                            ["ENVID=q1", "RET=FULL"])
    for to in ("ann@good.test", "bob@dsn.test", "cid@good.test"):
        house.await_event("delivered", message=mail, recipient=to)
    r = report(house, ident)
    assert len(r.recipients) == 1, r.text
    one = r.of("ann@good.test")
    assert one["Action"] == "relayed" and one["Status"].startswith("2.") and r.third.get_content_type() == "text/rfc822-headers"
    assert str(r.mail["Subject"]).startswith("Relayed: ") and "does not report" in " ".join(r.text.split())
    said = [line for line in house.mails("bob@dsn.test")[0][0].splitlines() if line.startswith("said: ")]
    assert "RET=FULL ENVID=q1" in said[0] and said[1].endswith("<bob@dsn.test> NOTIFY=SUCCESS,FAILURE"), said
    said = house.mails("ann@good.test")[0][0]
    assert "NOTIFY" not in said and "ENVID" not in said, said


def delayed(house):
    """Once for a recipient, when an attempt fails at that age; a start in between does not say it again."""
    mail, ident, _ = submit(house, ["ann@slow.test", "bob@slow.test", "cid@slow.test"], [[], [], ["NOTIFY=FAILURE"]])
    r = report(house, ident)
    assert sorted(x["Final-Recipient"] for x in r.recipients) == ["rfc822; ann@slow.test", "rfc822; bob@slow.test"], r.text
    one = r.of("ann@slow.test")
    assert one["Action"] == "delayed" and one["Status"] == "4.3.1" and one["Will-Retry-Until"], dict(one)
    assert "We go on trying until" in " ".join(r.text.split()) and str(r.mail["Subject"]).startswith("Delayed: ")
    assert r.ours()["kind"] == "delayed"
    time.sleep(2)
    house.stop()
    house.start()
    n = len(house.events("deferred", message=mail))
    until(lambda: len(house.events("deferred", message=mail)) > n + 2, 20, "attempts after the start")
    time.sleep(1)
    assert len(reports(house, ident)) == 1
    house.ctl("drop", mail, "-y", code=None)


def utf8(house):
    """RFC 6531 and 6533: passed on where it is taken, else told of in UTF-8."""
    to = ["j\u00f6@dsn.test", "j\u00f6@good.test", "ann@good.test"]
    mail, ident, _ = submit(house, to, [[], ["ORCPT=utf-8;j\u00f6rg@good.test"], []], ["SMTPUTF8", "BODY=8BITMIME"])
    house.await_event("delivered", message=mail, recipient=to[0])
    house.await_event("delivered", message=mail, recipient=to[2])
    bounced = house.await_event("bounced", message=mail, recipient=to[1])
    assert bounced["status"] == "5.6.7", bounced
    r = report(house, ident)
    assert r.utf8 and len(r.recipients) == 1
    one = r.recipients[0]
    assert one["Final-Recipient"] == "utf-8; j\u00f6@good.test" and one["Status"] == "5.6.7", dict(one)
    assert one["Original-Recipient"] == "utf-8; j\u00f6rg@good.test"
    assert one["Diagnostic-Code"].startswith("x-posthouse; ") and "beyond" in r.text, r.text
    said = [m for m in house.mails() if "j\u00f6@dsn.test" in m[0].encode("latin-1", "replace").decode("utf-8", "replace")
            or "j\u00f6@dsn.test" in m[0]]
    assert said and " SMTPUTF8" in said[0][0], [m[0] for m in house.mails()]
    # a header beyond ASCII goes nowhere without SMTPUTF8
    mail, ident, _ = submit(house, ["ann@good.test"], [], ["SMTPUTF8"], head="X-Name: \u00c4\r\n".encode())
    r = report(house, ident)
    assert r.utf8 and r.third.get_content_type() == "message/global-headers"
    assert r.recipients[0]["Status"] == "5.6.7"
    # a domain is in A-labels from the beginning: no server needs SMTPUTF8 for it, and people see its letters
    _, ident, _ = submit(house, ["nobody-there@b\u00fccher.test"], [], ["SMTPUTF8"])
    r = report(house, ident)
    assert not r.utf8 and r.of("nobody-there@xn--bcher-kva.test")["Status"] == "5.1.1"
    assert "<nobody-there@b\u00fccher.test> (nobody-there@xn--bcher-kva.test)" in r.text, r.text


def seven_bits(house):
    """To a server without 8BITMIME: what came back is its header alone, encoded where it has to be (RFC 6522 3)."""
    sender, body = "news@mail.first.test", "Gr\u00fc\u00dfe.\r\n".encode()
    head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    for i, (options, more) in enumerate(((["RET=FULL"], ""), (["RET=FULL"], "X-Name: \u00c4\r\n"), (["RET=HDRS"], "X-Name: \u00c4\r\n"))):
        to = "nobody7%d@unknown.test" % i
        _, ident, _ = submit(house, [to], [], options + ["BODY=8BITMIME"], sender, body, (head + more).encode())
        found = until(lambda ident=ident: [c for _, c in house.mails(sender) if ident.encode() in c], 20, "a report in 7 bits")
        assert len(found) == 1 and found[0].isascii(), found
        r = Report(found[0])
        assert r.of(to)["Status"] == "5.1.1" and r.ours()["kind"] == "bounce", r.ours()
        assert r.third.get_content_type() == "text/rfc822-headers", r.third.get_content_type()
        assert r.headers()[0]["Message-ID"] == ident, r.headers()[0]
        assert not more or "\u00c4".encode() in r.third.get_payload(decode=True), r.third


def digest():
    """Failures of one sender in one message, which a kill does not lose; and nothing is sent a second time for it."""
    with House(SINKS, ROUTES, tenant="notify-digest 6s") as house:
        house.start()
        first = [submit(house, ["nobody%d@unknown.test" % i]) for i in range(3)]
        until(lambda: house.sink and refused(house) == 3, 15, "three refusals")
        time.sleep(2.5)  # the index is written behind
        assert not house.events("bounced"), "ended before its notice"
        house.kill_house()
        house.launch()
        house.await_ready()
        last, ident, _ = submit(house, ["nobody3@unknown.test"])
        for mail, _, _ in first:
            house.await_event("bounced", 40, message=mail)
        house.await_event("bounced", 40, message=last)
        assert refused(house) == 4, "an answer that was known was asked for again"
        until(lambda: sum(len(r.recipients) for r in reports(house)) >= 4, 20, "the digest")
        found = reports(house)
        assert sum(len(r.recipients) for r in found) == 4 and len(found) <= 2, [r.text for r in found]
        r = max(found, key=lambda r: len(r.recipients))
        assert len(r.recipients) >= 3 and r.third.get_content_type() == "multipart/mixed"
        assert sorted(h["Message-ID"] for h in r.headers())[0] in {i for _, i, _ in first}
        assert "Undelivered: %d messages" % len(r.recipients) == r.mail["Subject"]
        assert {x["Final-Log-ID"] for x in r.recipients} <= {m for m, _, _ in first} | {last}
        assert house.stop() == 0


def refused(house):
    with open(house.folder + "/sink.log", encoding="utf-8") as f:
        return sum("RCPT TO:<nobody" in line for line in f)


def main():
    with House(SINKS, ROUTES) as house:
        with open(house.conf_path, encoding="utf-8") as f:
            text = f.read().replace("\texpire 1h\n", "\texpire 1h\n\tdelay-notice 2s\n")
        with open(house.conf_path, "w", encoding="utf-8") as f:
            f.write(text)
        house.start()
        for case in (failed, too_large_for_whole, not_asked_for, success, utf8, seven_bits, delayed):
            case(house)
        assert house.stop() == 0
    digest()


if __name__ == "__main__":
    run_test(main)
