#!/usr/bin/env python3
"""Links of plain text are tracked where the tenant or the mail asks; mail that asks and is left alone says so in an event."""
import email
import http.client
import re
from email import policy

from house import House, run_test

PAGE = "https://shop.test/page?a=1&b=2#here"
TEXT = "Hello,\r\nsee %s. And:\r\n> http://quoted.test/\r\n-- \r\nhttp://signature.test/\r\n" % PAGE
SIGNED = ("DKIM-Signature: v=1; a=rsa-sha256; d=%s; s=other; c=relaxed/relaxed; h=from; bh=AAAA; b=AAAA\r\n"
          "Content-Type: text/html\r\n\r\n<a href=\"%s\">x</a>\r\n")
SEALED = ("Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n\r\n"
          "--b\r\nContent-Type: text/html\r\n\r\n<a href=\"%s\">x</a>\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
STRANGE = "Content-Type: text/html; charset=x-none\r\n\r\n<a href=\"%s\">x</a>\r\n"
BROKEN = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href=\"%s\">x</a>\r\n"


def leads_to(house, link):
    connection = http.client.HTTPConnection("127.0.0.1", house.web, timeout=10)
    connection.request("GET", link.split(":%d" % house.web, 1)[1])
    return connection.getresponse().headers["Location"]


def text_of(content):
    return email.message_from_bytes(content, policy=policy.default).get_content()


def main():
    with House(tenant="track clicks opens text") as house:
        house.start()
        house.send("ann@good.test", text=TEXT)
        _, content = house.await_mail("ann@good.test")
        text = text_of(content)
        links = re.findall(r"http://127\.0\.0\.1:%d/c/[A-Za-z0-9_-]*\?t" % house.web, text)
        assert len(links) == 1 and leads_to(house, links[0]) == PAGE, text
        assert text.replace(links[0], PAGE).splitlines() == TEXT.splitlines(), text
        house.send("bea@good.test", text=TEXT, headers=[("X-Posthouse-Track", "clicks, opens")])
        assert PAGE in text_of(house.await_mail("bea@good.test")[1])
        for i, (reason, rest) in enumerate((("signed", SIGNED % ("first.test", PAGE)), ("sealed", SEALED % PAGE),
                                            ("malformed", BROKEN % PAGE),
                                            ("malformed", STRANGE % PAGE))):
            to = "c%d@good.test" % i
            house.send_bytes([to], ("From: news@first.test\r\nTo: %s\r\nSubject: x\r\nMIME-Version: 1.0\r\n%s" % (to, rest)).encode())
            told = house.await_event("untracked", recipient=to)
            assert told["reason"] == reason and told["tenant"], told
            assert PAGE.encode() in house.await_mail(to)[1]
        house.await_event("delivered", recipient="c2@good.test")
        for to in ("ann@good.test", "bea@good.test"):
            assert not house.events("untracked", recipient=to)


run_test(main)
