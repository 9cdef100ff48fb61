#!/usr/bin/env python3
"""A signature made with a key of `posthouse dkim new` verifies, also over rewritten content, and over the 7-bit form that a server
without 8BITMIME gets, and where From has the U-labels of a domain whose key is kept in A-labels."""
import re

from house import House, Skip, run_test

try:
    import dkim
except ImportError:
    dkim = None

EIGHT_BIT = ("From: news@first.test\r\nTo: bob@old.test\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
             "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe\r\n").encode()


def main():
    if dkim is None:
        raise Skip("python3-dkim is not there")
    with House({"good": "smtputf8=yes", "old": "8bitmime=no"}, {"good.test": "good", "old.test": "old"},
               tenant="track clicks opens\n\tdomain xn--bcher-kva.test") as house:
        said = house.ctl("dkim", "new", "first", "first.test")
        house.ctl("dkim", "activate", "--force", "first", "first.test")
        key = b"".join(re.findall(rb'"([^"]*)"', said.encode()))
        assert b"p=" in key, said
        house.ctl("dkim", "new", "first", "xn--bcher-kva.test")
        house.ctl("dkim", "activate", "--force", "first", "xn--bcher-kva.test")
        house.start()
        house.send("ann@good.test", text="Grüße\n", html='<p>Grüße <a href="https://shop.test/">x</a></p>')
        _, content = house.await_mail("ann@good.test")
        asked = []

        def dns(name, timeout=5):
            asked.append((name, timeout))
            return key
        assert b"DKIM-Signature" in content
        assert dkim.verify(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=dns), asked
        assert b"first.test" in asked[0][0] if isinstance(asked[0][0], bytes) else "first.test" in asked[0][0]
        house.send_bytes(["bob@old.test"], EIGHT_BIT)
        _, content = house.await_mail("bob@old.test")
        assert content.isascii() and dkim.verify(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=dns), content
        # A key signs for what is below its domain too, where that has none of its own.
        house.send_bytes(["dan@good.test"], EIGHT_BIT.replace(b"news@first.test", b"news@mail.first.test"), "news@first.test")
        _, content = house.await_mail("dan@good.test")
        assert b"d=first.test" in content and dkim.verify(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=dns), content
        content = EIGHT_BIT.replace(b"news@first.test", "news@b\u00fccher.test".encode())
        with house.smtp() as s:
            s.ehlo("client.test")
            s.command_encoding = "utf-8"
            assert s.mail("news@b\u00fccher.test", ["SMTPUTF8", "BODY=8BITMIME"])[0] == 250
            assert s.rcpt("eve@good.test")[0] == 250 and s.data(content)[0] == 250
        _, content = house.await_mail("eve@good.test")
        assert b"d=xn--bcher-kva.test" in content, content
        # 8-bit bytes of a header are not what 8BITMIME is about: the mail goes, its body in 7 bits, and goes once.
        house.send_bytes(["cid@old.test"], EIGHT_BIT.replace(b"Subject: x", "Subject: Gr\u00fc\u00dfe".encode()))
        _, content = house.await_mail("cid@old.test")
        head, body = content.replace(b"\r\n", b"\n").split(b"\n\n", 1)
        assert "Subject: Gr\u00fc\u00dfe".encode() in head and body.isascii(), content


run_test(main)
