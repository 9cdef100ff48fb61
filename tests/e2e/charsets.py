#!/usr/bin/env python3
"""What comes back is understood in any charset, also in the parser's sandbox, where no converter can be loaded any more."""
import base64
import smtplib

from house import House, run_test, until

LETTERS = {
    "iso-2022-jp": "不在にしております。",
    "shift_jis": "休暇中です。",
    "gb2312": "自动回复",
    "euc-kr": "부재중 알림",
    "koi8-r": "Я в отпуске.",
    "iso-8859-2": "Jestem na urlopie, automatyczna odpowiedź.",
    "windows-1253": "Είμαι εκτός γραφείου.",
    "utf-16": "Abwesenheit",
}


class Shop(House):
    """Its tenant's programs are at 127.0.0.1; the rest of loopback is the world outside."""

    def write_conf(self, more=None):
        super().write_conf(more)
        with open(self.conf_path, encoding="utf-8") as f:
            text = f.read().replace("allow 127.0.0.0/8", "allow 127.0.0.1/32")
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(text)


def bounce_address(house):
    house.send("ann@good.test")
    until(lambda: house.mails("ann@good.test"), 10, "the mail at the sink")
    head = house.mails("ann@good.test")[0][0]
    sender = [line for line in head.splitlines() if line.lower().startswith("from:")][0]
    return sender.split(":", 1)[1].strip().strip("<>")


def letter(charset, words):
    return ("From: ann@good.test\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n" % charset).encode() + base64_lines(words.encode(charset))


def base64_lines(content):
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def main():
    with Shop(tenant="bounce-domain b.first.test") as house:
        house.start()
        back = bounce_address(house)
        for n, (charset, words) in enumerate(LETTERS.items(), 1):
            with smtplib.SMTP("127.0.0.1", house.inbound, timeout=30, source_address=("127.0.0.2", 0)) as s:
                s.ehlo("mx.good.test")
                for code, reply in (s.mail(""), s.rcpt(back), s.data(letter(charset, words))):
                    assert code == 250, (charset, code, reply)
            until(lambda want=n: len(house.events("autoreply")) == want, 10,
                  lambda c=charset: "%s: %s" % (c, house.events("autoreply")))


run_test(main)
