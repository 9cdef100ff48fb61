#!/usr/bin/env python3
"""What a tenant's block says of header fields and of hosts that are left alone is in the mail that arrives, and a word of
X-Posthouse-Track that says nothing is refused."""
import email
import smtplib
from email import policy

from house import House, run_test

TENANT = """track clicks opens
	feedback-id sender1
	header-add "X-Campaign-Tool: one" "Reply-To: <desk@first.test>"
	header-drop X-Internal"""
HTML = '<p><a href="https://shop.test/a">1</a> <a href="https://www.Partner.test/b">2</a></p>'
BARE = b"From: news@first.test\r\nTo: bea@good.test\r\nX-Internal: 7\r\nReply-To: <me@first.test>\r\nSubject: x\r\n\r\nHello.\r\n"


def head_of(house, recipient):
    return email.message_from_bytes(house.await_mail(recipient)[1], policy=policy.default)


def main():
    with House(tenant=TENANT, tracking="exclude partner.test") as house:
        house.start()
        house.send("ann@good.test", html=HTML, headers=[("X-Posthouse-Campaign", "spring sale"), ("X-Internal", "secret")])
        mail = head_of(house, "ann@good.test")
        assert mail["Feedback-ID"] == "spring_sale:first:mail:sender1", mail["Feedback-ID"]
        assert mail["X-Campaign-Tool"] == "one" and mail["Reply-To"] == "desk@first.test", mail.items()
        assert mail["X-Internal"] is None and mail["X-Posthouse-Campaign"] is None, mail.items()
        html = mail.get_body(("html", )).get_content()
        assert "https://www.Partner.test/b" in html and "https://shop.test/a" not in html, html
        house.send_bytes(["bea@good.test"], BARE)
        mail = head_of(house, "bea@good.test")
        assert mail.get_all("Reply-To") == ["me@first.test"] and mail["X-Internal"] is None, mail.items()
        assert mail["Message-ID"] and mail["Date"], mail.items()
        try:
            house.send("cid@good.test", headers=[("X-Posthouse-Track", "yes")])
            raise AssertionError("\"yes\" was taken")
        except smtplib.SMTPDataError as refusal:
            assert refusal.smtp_code == 550 and b"not \"yes\"" in refusal.smtp_error, refusal


run_test(main)
